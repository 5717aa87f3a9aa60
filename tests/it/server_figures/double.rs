//! A server double: the tables and the SQL of `OpenObserve`, played by `SQLite`, behind the connector's calls.
//!
//! `SQLite` takes nearly all of the SQL as it stands. What it lacks is put in here: `approx_percentile_cont` (exact here, by nearest
//! rank), `strpos`, `lpad`, `rpad`, a `lower` for all letters, and `TRY_CAST`.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection as Database, config::DbConfig, params_from_iter};
use serde_json::{Map, Value, json};

use spanwise::connect::Connector;
use spanwise::job::{Head, HttpCall, Input, Method, Outcome};
use spanwise::protocol::{
    Access, Answer, Connection, Credentials, Failure, OnServer, Reply, Request, Secret, ServerQuery, ServerScope,
};

pub(crate) type Row = Map<String, Value>;

/// All time that a window can hold.
pub(crate) const ALWAYS: (u64, u64) = (1, 4_000_000_000_000_000);

/// Columns that are numbers.
const NUMBERS: [&str; 6] = ["_timestamp", "duration", "end_time", "flags", "start_time", "status_code"];

pub(crate) struct Server {
    database: Database,
    columns: Vec<String>,
    /// The SQL of all questions so far.
    pub(crate) asked: Vec<String>,
}

/// Durations of one group.
struct Percentile;

impl Aggregate<(Vec<i64>, f64), Option<i64>> for Percentile {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<(Vec<i64>, f64)> {
        Ok((Vec::new(), 0.0))
    }

    fn step(&self, context: &mut Context<'_>, state: &mut (Vec<i64>, f64)) -> rusqlite::Result<()> {
        state.0.push(context.get(0)?);
        state.1 = context.get(1)?;
        Ok(())
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "percents are few")]
    fn finalize(&self, _: &mut Context<'_>, state: Option<(Vec<i64>, f64)>) -> rusqlite::Result<Option<i64>> {
        let Some((mut values, share)) = state else { return Ok(None) };
        values.sort_unstable();
        let percent = (share * 100.0).round() as usize;
        let rank = (values.len() * percent).div_ceil(100).max(1);
        Ok(values.get(rank - 1).copied())
    }
}

fn functions(database: &Database) {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let text = |context: &Context<'_>, at: usize| -> Option<String> {
        match context.get_raw(at) {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Text(text) | ValueRef::Blob(text) => Some(String::from_utf8_lossy(text).into_owned()),
        }
    };
    database.create_aggregate_function("approx_percentile_cont", 2, flags, Percentile).unwrap();
    database
        .create_scalar_function("lower", 1, flags, move |context| Ok(text(context, 0).map(|text| text.to_lowercase())))
        .unwrap();
    database
        .create_scalar_function("strpos", 2, flags, move |context| {
            let found = text(context, 0).zip(text(context, 1));
            Ok(found.map(|(text, part)| text.find(&part).map_or(0, |at| i64::try_from(text[..at].chars().count()).unwrap() + 1)))
        })
        .unwrap();
    for name in ["lpad", "rpad"] {
        database
            .create_scalar_function(name, 3, flags, move |context| {
                let length = usize::try_from(context.get::<i64>(1)?).unwrap();
                let fill: String = context.get(2)?;
                Ok(text(context, 0).map(|text| {
                    let missing = length.saturating_sub(text.chars().count());
                    let fill: String = fill.chars().cycle().take(missing).collect();
                    let padded = if name == "lpad" { [fill, text].concat() } else { [text, fill].concat() };
                    padded.chars().take(length).collect::<String>()
                }))
            })
            .unwrap();
    }
    database
        .create_scalar_function("try_cast_bigint", 1, flags, move |context| {
            Ok(text(context, 0).and_then(|text| text.trim().parse::<i64>().ok()))
        })
        .unwrap();
    database
        .create_scalar_function("try_cast_double", 1, flags, move |context| {
            Ok(text(context, 0).and_then(|text| text.trim().parse::<f64>().ok()))
        })
        .unwrap();
}

/// `TRY_CAST(x AS DOUBLE)`, which is no call, as a call.
fn with_try_cast(sql: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(at) = rest.find("TRY_CAST(") {
        let inner = &rest[at + "TRY_CAST(".len()..];
        let mut depth = 1;
        let end = inner.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let (value, kind) = inner[..end.unwrap()].rsplit_once(" AS ").unwrap();
        out.extend([&rest[..at], "try_cast_", &kind.to_lowercase(), "(", value, ")"]);
        rest = &inner[end.unwrap() + 1..];
    }
    out.push_str(rest);
    out
}

impl Server {
    pub(crate) fn new(rows: &[Row]) -> Self {
        let database = Database::open_in_memory().unwrap();
        // A name in quotes is a name, and no text where there is no such column.
        for config in [DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_DQS_DDL] {
            database.set_db_config(config, false).unwrap();
        }
        functions(&database);
        let mut columns: Vec<String> = rows.iter().flat_map(|row| row.keys().cloned()).collect();
        columns.extend(["_timestamp", "start_time", "end_time", "duration", "trace_id", "span_id"].map(str::to_owned));
        columns.sort_unstable();
        columns.dedup();
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let typed = columns.iter().map(|name| {
            let kind = if NUMBERS.contains(&name.as_str()) { "INTEGER" } else { "TEXT" };
            format!("{} {kind}", quoted(name))
        });
        let typed = typed.collect::<Vec<_>>().join(", ");
        database.execute_batch(&format!("CREATE TABLE spans ({typed}); BEGIN")).unwrap();
        let places = vec!["?"; columns.len()].join(", ");
        let mut insert = database.prepare(&format!("INSERT INTO spans VALUES ({places})")).unwrap();
        for row in rows {
            let cells = columns.iter().map(|column| match row.get(column) {
                None | Some(Value::Null) => Cell::Null,
                Some(Value::Number(number)) => Cell::Integer(number.as_i64().unwrap()),
                Some(Value::String(text)) => Cell::Text(text.clone()),
                Some(other) => panic!("a cell of {other}"),
            });
            insert.execute(params_from_iter(cells)).unwrap();
        }
        drop(insert);
        database.execute_batch("COMMIT; CREATE INDEX by_id ON spans (span_id)").unwrap();
        Self { database, columns, asked: Vec::new() }
    }

    /// The columns of the stream.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Everything in a window, by what the connector asks and says.
    pub(crate) fn ask_within(&mut self, window: (u64, u64), query: ServerQuery, request: Request) -> Result<Reply, Failure> {
        let connection =
            Connection { base: "http://o2.example".to_owned(), org: "default".to_owned(), stream: "the \"stream\"".to_owned() };
        let access =
            Access { connection, credentials: Credentials { user: "u".to_owned(), secret: Secret("secret".to_owned()) } };
        let scope = ServerScope { access, window, query };
        let mut connector = Connector;
        let mut job = connector.begin(0, Request::OnServer(Box::new(OnServer { scope, request })));
        for _ in 0..1000 {
            match connector.step(&mut job, &|| true) {
                Outcome::Calling { call, .. } => {
                    let (status, body) = self.answer(&call);
                    let head = Head { status, content_type: "application/json".to_owned(), retry_after_seconds: None };
                    connector.input(&mut job, Input::Head(head));
                    connector.input(&mut job, Input::Bytes(body.to_string().into_bytes()));
                    connector.input(&mut job, Input::End);
                }
                Outcome::Working(_) => {}
                Outcome::Done(Answer::Reply(reply)) => return Ok(reply),
                Outcome::Done(Answer::Failed(failure)) => return Err(failure),
                outcome => panic!("{outcome:?}"),
            }
        }
        panic!("no end");
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        self.ask_within(ALWAYS, ServerQuery::default(), request).unwrap()
    }

    fn answer(&mut self, call: &HttpCall) -> (u16, Value) {
        if call.method == Method::Get {
            assert!(call.url.contains("/schema?"), "{}", call.url);
            let column = |name: &String| json!({"name": name, "type": "Utf8"});
            return (200, json!({"schema": self.columns.iter().map(column).collect::<Vec<_>>()}));
        }
        let body: Value = serde_json::from_str(call.body.as_ref().unwrap()).unwrap();
        let query = &body["query"];
        let sql = query["sql"].as_str().unwrap();
        self.asked.push(sql.to_owned());
        match self.rows(sql, (&query["start_time"], &query["end_time"]), query["size"].as_u64().unwrap()) {
            Ok(rows) => (200, json!({"took": 3, "hits": rows, "total": rows.len(), "scan_records": 10})),
            Err(error) => (400, json!({"code": 400, "message": format!("{error} in {sql}")})),
        }
    }

    /// The rows of a question. A view of the stream's name stands for the window.
    pub(crate) fn rows(&self, sql: &str, (from, to): (&Value, &Value), size: u64) -> rusqlite::Result<Vec<Value>> {
        assert!(size > 0, "a server would give 1000 rows and be silent: {sql}");
        self.database.execute_batch(&format!(
            "DROP VIEW IF EXISTS \"the \"\"stream\"\"\"; CREATE TEMP VIEW \"the \"\"stream\"\"\" AS \
             SELECT * FROM spans WHERE _timestamp >= {from} AND _timestamp < {to}"
        ))?;
        let mut statement = self.database.prepare(&format!("{} LIMIT {size}", with_try_cast(sql)))?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut found = Vec::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut cells = Row::new();
            for (at, name) in names.iter().enumerate() {
                let cell = match row.get::<_, Cell>(at)? {
                    Cell::Null => continue,
                    Cell::Integer(number) => json!(number),
                    Cell::Real(number) => json!(number),
                    Cell::Text(text) => json!(text),
                    Cell::Blob(_) => panic!("a blob"),
                };
                cells.insert(name.clone(), cell);
            }
            found.push(Value::Object(cells));
        }
        Ok(found)
    }
}

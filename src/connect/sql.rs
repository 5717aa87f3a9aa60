//! Questions in SQL, one after another.

use serde_json::{Value, json};

use super::answer::{self, Body};
use super::catalog;
use super::client::{Client, Patience, Question};
use super::figures::{Figures, Next};
use super::rows::{Cell, Row, SqlAnswer, SqlQuery};
use super::trouble::Trouble;
use crate::protocol::{Failure, FailureCode, OnServer, Reply};

/// Figures that still want more after so many rounds are lost in a loop.
const MAX_ROUNDS: usize = 64;

/// A name in SQL: of a column, of a stream.
pub(super) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// A text in SQL.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

/// The body of a search. Without a size a server gives 1,000 rows, and does not say that there are more.
pub(super) fn body(sql: &str, (start, end): (u64, u64), from: u64, size: u32) -> String {
    json!({"query": {"sql": sql, "start_time": start, "end_time": end, "from": from, "size": size}}).to_string()
}

/// How a question is asked.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    /// When it is asked again.
    pub(super) patience: Patience,
    /// What is asked for, as it follows "Asking for".
    pub(super) what: &'a str,
    /// Bytes and spans that have come before.
    pub(super) before: (u64, u64),
}

/// Asks one question.
pub(super) async fn ask(client: &Client, query: &SqlQuery, asking: Asking<'_>) -> Result<SqlAnswer, Trouble> {
    let Asking { patience, what, before } = asking;
    let window = answer::window(query.window)?;
    let body = body(&query.sql, window, 0, query.size);
    let path = ["api", &client.org, "_search"];
    let question = Question { body: Some(&body), patience, before, ..Question::get(&path, &[("type", "traces")], what) };
    let bytes = client.ask(question).await?;
    let body: Body<Vec<Value>> = answer::read(client, &bytes, "an answer to a search")?;
    let beside = body.beside(client, window);
    let mut rows = Vec::with_capacity(body.hits.len());
    for hit in body.hits {
        let Value::Object(columns) = hit else {
            return Err(Trouble::Garbled { expected: "rows of columns", found: client.words(&hit.to_string()) });
        };
        rows.push(Row(columns.into_iter().filter_map(|(column, value)| Some((column, cell(value)?))).collect()));
    }
    Ok(SqlAnswer {
        rows,
        took_millis: beside.took_millis,
        scanned: beside.scanned,
        cut_to: beside.cut_to,
        remarks: beside.remarks,
    })
}

fn cell(value: Value) -> Option<Cell> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(Cell::Bool(value)),
        Value::String(text) => Some(Cell::Text(text)),
        Value::Number(number) => {
            let whole = number.as_u64().map(i128::from).or_else(|| number.as_i64().map(i128::from));
            whole.map(Cell::Integer).or_else(|| number.as_f64().map(Cell::Float))
        }
        nested @ (Value::Array(_) | Value::Object(_)) => Some(Cell::Text(nested.to_string())),
    }
}

/// Asks all that figures want.
pub(super) async fn figures(client: &Client, request: OnServer) -> Result<Reply, Failure> {
    // Without them some conditions cannot be named; what can be answered without is answered.
    let columns = catalog::columns(client).await.unwrap_or_default();
    let mut figures = Figures::new(request, columns);
    let mut answers = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let queries = match figures.next(answers) {
            Next::Ask(queries) => queries,
            Next::Done(result) => return result,
        };
        answers = Vec::with_capacity(queries.len());
        for (at, query) in queries.iter().enumerate() {
            let what = format!("figures, query {} of {}", at + 1, queries.len());
            let answer = ask(client, query, Asking { patience: Patience::Usual, what: &what, before: (0, 0) })
                .await
                .map_err(|trouble| trouble.failure())?;
            answers.push(answer);
        }
    }
    Err(Failure {
        code: FailureCode::BadQuery,
        headline: "The server's answers lead nowhere.".to_owned(),
        detail: format!("Expected to be done after {MAX_ROUNDS} rounds of queries."),
        remedy: "Choose another time range or another condition.".to_owned(),
    })
}

//! What is sought, as SQL: the one place where a form, a filter's words and brushes become conditions on a server's columns.
//!
//! | what | becomes |
//! | --- | --- |
//! | the query | a condition on a span; a trace is meant where one of its spans fulfils all of it |
//! | a word of the filter | a condition on a span; a trace is meant where one of its spans fulfils it |
//! | a brush on spans | a condition on the very span |
//! | a brush on traces | bounds on what `GROUP BY trace_id` comes to |
//!
//! *Times.* `start_time` and `end_time` are nanoseconds (`UInt64`), `duration` microseconds (floor; wrapped where the end is
//! before the start). Bounds are held against `end_time - start_time`, which counts 0 where the end is not after the start, as
//! everywhere; `duration` only spares the server some spans. More than [`LONGEST`] counts as that: it fits a `BIGINT`, a start
//! added. *Text.* All attributes are text, so they are compared as numbers where the value that is sought is one; a whole one
//! without passing through a double.
//!
//! *Invariant.* What comes from outside is in quotes, which it cannot leave: `'` and `"` are doubled, NUL is dropped. SQL that a
//! person wrote stands in parentheses, which it cannot leave either.

mod columns;
mod raw;

pub(super) use columns::Columns;

use crate::connect::sql::{name, text};
use crate::protocol::{AttributeCondition, Brush, Comparison, Group, Population, Selection, ServerQuery, SpanKind, StatusCode};
use crate::traceql::split;

/// The longest duration that is counted in full: 221 years, in nanoseconds.
const LONGEST: u64 = 7_000_000_000_000_000_000;

/// A condition that nothing fulfils.
const NOTHING: &str = "1 = 0";

/// A condition in SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// What stands after `WHERE`; empty: none.
    pub(super) sql: String,
    /// What it leaves out, and what nothing can fulfil, as sentences.
    pub(super) remarks: Vec<String>,
}

/// The condition on a span for the list of traces, which takes no other: all of it must hold for one and the same span, and
/// brushes on whole traces are left out. `alias` is what the table is called; empty: nothing.
pub(super) fn conditions(query: &ServerQuery, selection: &Selection, columns: &[String], alias: &str) -> Conditions {
    let mut writer = Writer::new(columns);
    let table = Table(alias);
    let mut all = writer.query(query, table);
    writer.leave_out_query(selection);
    let words = words(selection);
    all.extend(words.iter().map(|word| word_condition(word, table)));
    let (of_traces, of_spans) = brushes(selection);
    for brush in &of_spans {
        all.extend(writer.span_brush(brush, table));
    }
    if !of_traces.is_empty() {
        writer.remark("Brushes on whole traces do not narrow the list on the server".to_owned());
    }
    if 1 < usize::from(*query != ServerQuery::default()) + words.len() + usize::from(!of_spans.is_empty()) {
        writer
            .remark("On the server, one span of a trace must fulfil all conditions and hold all words of the filter".to_owned());
    }
    writer.finish(&all)
}

/// What figures count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    /// The stream.
    pub(super) stream: &'a str,
    /// What is sought.
    pub(super) query: &'a ServerQuery,
    /// What narrows it further.
    pub(super) selection: &'a Selection,
    /// Of this trace alone, whatever else is said.
    pub(super) trace_id: Option<&'a str>,
    /// The stream's columns.
    pub(super) columns: &'a [String],
}

impl Sought<'_> {
    /// The condition on what is counted: a span of the table of this name; or of one of several, where each but the first comes
    /// with what must hold for it to count. The first is what traces are found by.
    pub(super) fn spans(&self, tables: &[(&str, &str)]) -> Conditions {
        let mut writer = Writer::new(self.columns);
        let first = tables.first().map(|(alias, _)| *alias).unwrap_or_default();
        let mut all = self.traces_of(&mut writer, Table(first));
        if self.trace_id.is_none() {
            let (_, of_spans) = brushes(self.selection);
            let mut either: Vec<String> = Vec::new();
            for (alias, counts) in tables {
                let mut own: Vec<String> = of_spans.iter().flat_map(|brush| writer.span_brush(brush, Table(alias))).collect();
                if !own.is_empty() {
                    own.extend((!counts.is_empty()).then(|| (*counts).to_owned()));
                    either.push(own.join(" AND "));
                }
            }
            match either.as_slice() {
                [] => {}
                [one] => all.push(one.clone()),
                _ => all.push(format!("(({}))", either.join(") OR ("))),
            }
        }
        writer.finish(&all)
    }

    /// The condition on all spans of the traces that are counted: those that hold a span that is.
    pub(super) fn traces(&self) -> Conditions {
        let mut writer = Writer::new(self.columns);
        let mut all = self.traces_of(&mut writer, Table(""));
        if self.trace_id.is_none() {
            let (_, of_spans) = brushes(self.selection);
            let own: Vec<String> = of_spans.iter().flat_map(|brush| writer.span_brush(brush, Table(""))).collect();
            if !own.is_empty() {
                all.push(self.in_traces_with(&own.join(" AND "), Table("")));
            }
        }
        writer.finish(&all)
    }

    fn traces_of(&self, writer: &mut Writer<'_>, table: Table<'_>) -> Vec<String> {
        if let Some(trace_id) = self.trace_id {
            return vec![format!("{} = {}", table.column("trace_id"), text(&trace_id.to_lowercase()))];
        }
        let mut all = Vec::new();
        let of_query = writer.query(self.query, Table(""));
        if !of_query.is_empty() {
            all.push(self.in_traces_with(&of_query.join(" AND "), table));
        }
        writer.leave_out_query(self.selection);
        for word in words(self.selection) {
            all.push(self.in_traces_with(&word_condition(&word, Table("")), table));
        }
        for brush in brushes(self.selection).0 {
            let having = writer.trace_brush(brush);
            if !having.is_empty() {
                all.push(format!(
                    "{} IN (SELECT trace_id FROM {} GROUP BY trace_id HAVING {})",
                    table.column("trace_id"),
                    name(self.stream),
                    having.join(" AND ")
                ));
            }
        }
        all
    }

    fn in_traces_with(&self, condition: &str, table: Table<'_>) -> String {
        let stream = name(self.stream);
        format!("{} IN (SELECT trace_id FROM {stream} WHERE {condition})", table.column("trace_id"))
    }
}

/// A table by the name that its columns are called by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a>(pub(super) &'a str);

impl Table<'_> {
    /// A column of it; `column` is SQL already.
    pub(super) fn column(self, column: &str) -> String {
        if self.0.is_empty() { column.to_owned() } else { format!("{}.{column}", self.0) }
    }

    /// A span's start, nanoseconds, as a `BIGINT`. One that does not fit is in no window.
    pub(super) fn start(self) -> String {
        format!("CAST({} AS BIGINT)", self.column("start_time"))
    }

    /// A span's duration, nanoseconds, as a `BIGINT`.
    pub(super) fn duration(self) -> String {
        let [start, end, micros] = ["start_time", "end_time", "duration"].map(|column| self.column(column));
        format!(
            "CASE WHEN {end} <= {start} THEN 0 WHEN {micros} >= {} THEN {LONGEST} ELSE CAST({end} - {start} AS BIGINT) END",
            LONGEST / 1000
        )
    }

    /// 1 where a span failed, else 0.
    pub(super) fn failed(self) -> String {
        format!("CASE WHEN {} = 'ERROR' THEN 1 ELSE 0 END", self.column("span_status"))
    }

    /// A span's status: `ERROR`, `OK` or `UNSET`.
    pub(super) fn status(self) -> String {
        let status = self.column("span_status");
        format!("CASE WHEN {status} = 'ERROR' THEN 'ERROR' WHEN {status} = 'OK' THEN 'OK' ELSE 'UNSET' END")
    }

    /// A span's kind as its number, a text.
    pub(super) fn kind(self) -> String {
        let kinds = KINDS.iter().skip(1).map(|&kind| format!(" WHEN {} THEN '{}'", self.is_kind(&[kind]), kind as u8));
        format!("CASE{} ELSE '0' END", kinds.collect::<String>())
    }

    /// Whether a span is of one of these kinds.
    pub(super) fn is_kind(self, kinds: &[SpanKind]) -> String {
        let forms = kinds.iter().flat_map(|&kind| [format!("'{}'", kind as u8), format!("'SPAN_KIND_{}'", kind_name(kind))]);
        format!("{} IN ({})", self.column("span_kind"), forms.collect::<Vec<_>>().join(", "))
    }
}

/// All kinds, by number.
pub(super) const KINDS: [SpanKind; 6] =
    [SpanKind::Unspecified, SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];

const fn kind_name(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified => "UNSPECIFIED",
        SpanKind::Internal => "INTERNAL",
        SpanKind::Server => "SERVER",
        SpanKind::Client => "CLIENT",
        SpanKind::Producer => "PRODUCER",
        SpanKind::Consumer => "CONSUMER",
    }
}

/// A number of nanoseconds, which SQL reads as a `BIGINT`.
fn number(nanos: u64) -> u64 {
    nanos.min(i64::MAX.unsigned_abs())
}

/// What the root of a trace says, as an aggregate of its spans: of those without a parent the earliest, else the earliest of all.
///
/// The least of texts that begin with what is compared: whether there is a parent, then the start, then the id.
pub(super) fn of_root(value: &str, parent: &str) -> String {
    let is_root = format!("{parent} IS NULL OR {parent} = ''");
    let order = "lpad(CAST(start_time AS VARCHAR), 20, '0') || rpad(span_id, 16, '0')";
    format!("substr(MIN(CASE WHEN {is_root} THEN '0' ELSE '1' END || {order} || {value}), 38)")
}

/// The words of a filter, in lower case, each once. A query behind them is answered where the spans are.
fn words(selection: &Selection) -> Vec<String> {
    let mut words: Vec<String> = split(&selection.filter).0.split_whitespace().map(str::to_lowercase).collect();
    words.sort();
    words.dedup();
    words
}

fn word_condition(word: &str, table: Table<'_>) -> String {
    let columns = ["service_name", "operation_name", "trace_id"];
    let holds = columns.map(|column| format!("strpos(lower({}), {}) > 0", table.column(column), text(word)));
    format!("({})", holds.join(" OR "))
}

/// The brushes on traces, and those on spans.
fn brushes(selection: &Selection) -> (Vec<&Brush>, Vec<&Brush>) {
    selection.brushes.iter().partition(|brush| brush.of == Population::Traces)
}

/// Bounds of which both are included.
fn within(value: &str, (low, high): (u64, u64)) -> String {
    format!("{value} >= {} AND {value} <= {}", number(low), number(high))
}

/// Writes conditions, and notes what they cannot say.
struct Writer<'a> {
    columns: Columns<'a>,
    remarks: Vec<String>,
}

impl<'a> Writer<'a> {
    const fn new(columns: &'a [String]) -> Self {
        Self { columns: Columns(columns), remarks: Vec::new() }
    }

    fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    fn leave_out_query(&mut self, selection: &Selection) {
        let (_, query) = split(&selection.filter);
        if !query.is_empty() {
            self.remark(format!("The server was asked without the query, which is answered over loaded spans alone: {query}"));
        }
    }

    fn finish(self, all: &[String]) -> Conditions {
        Conditions { sql: all.join(" AND "), remarks: self.remarks }
    }

    fn query(&mut self, query: &ServerQuery, table: Table<'_>) -> Vec<String> {
        let ServerQuery { service, operation, status, min_duration, max_duration, attributes, sql } = query;
        let mut all = Vec::new();
        for (column, value) in [("service_name", service), ("operation_name", operation)] {
            if !value.is_empty() {
                all.push(format!("{} = {}", table.column(column), text(value)));
            }
        }
        all.extend(status.map(|status| status_condition(status, table)));
        all.extend(duration_condition(*min_duration, *max_duration, table));
        for condition in attributes {
            all.push(self.attribute(condition, table));
        }
        if !sql.trim().is_empty() {
            match raw::check(sql) {
                Ok(()) => all.push(format!("({})", sql.trim())),
                Err(why) => {
                    self.remark(format!("The SQL condition was not used, and so nothing is found: {why}"));
                    all.push(NOTHING.to_owned());
                }
            }
        }
        all
    }

    /// The value of an attribute as SQL, NULL where it is not there; `None`: no column is of this name.
    fn value(&mut self, key: &str, table: Table<'_>) -> Option<String> {
        let value = self.columns.value(key, table);
        if value.is_none() {
            self.remark(format!("The stream has no column for the attribute \"{key}\""));
        }
        value
    }

    fn attribute(&mut self, condition: &AttributeCondition, table: Table<'_>) -> String {
        let AttributeCondition { key, operator, value } = condition;
        let Some(column) = self.value(key, table) else {
            // What is not there is unlike any value.
            return if *operator == Comparison::NotEqual { "1 = 1".to_owned() } else { NOTHING.to_owned() };
        };
        match operator {
            Comparison::Equal => format!("{column} = {}", text(value)),
            Comparison::NotEqual => format!("({column} IS NULL OR {column} <> {})", text(value)),
            Comparison::Greater => compared(&column, ">", value),
            Comparison::Less => compared(&column, "<", value),
            Comparison::Contains => format!("strpos({column}, {}) > 0", text(value)),
            Comparison::Exists => format!("{column} IS NOT NULL"),
        }
    }

    fn span_brush(&mut self, brush: &Brush, table: Table<'_>) -> Vec<String> {
        let Brush { of: _, start, duration, errors_only, group } = brush;
        let mut all = Vec::new();
        all.extend(start.map(|bounds| within(&table.start(), bounds)));
        if let Some((low, high)) = *duration {
            all.extend(duration_condition(Some(low), Some(high), table));
        }
        if *errors_only {
            all.push(status_condition(StatusCode::Error, table));
        }
        match group {
            None | Some(Group::All) => {}
            Some(Group::Other) => all.push(NOTHING.to_owned()),
            Some(Group::Service(service)) => all.push(format!("{} = {}", table.column("service_name"), text(service))),
            Some(Group::Operation { service, name }) => {
                all.push(format!("{} = {}", table.column("service_name"), text(service)));
                all.push(format!("{} = {}", table.column("operation_name"), text(name)));
            }
            Some(Group::Kind(kind)) => all.push(format!("{} = '{}'", table.kind(), *kind as u8)),
            Some(Group::Status(status)) => all.push(status_condition(*status, table)),
            Some(Group::Attribute { key, value }) => match (self.value(key, table), value) {
                (Some(column), Some(value)) => all.push(format!("{column} = {}", text(value))),
                (Some(column), None) => all.push(format!("{column} IS NULL")),
                (None, Some(_)) => all.push(NOTHING.to_owned()),
                // No span has it.
                (None, None) => {}
            },
        }
        all
    }

    /// What a trace must come to.
    fn trace_brush(&mut self, brush: &Brush) -> Vec<String> {
        let Brush { of: _, start, duration, errors_only, group } = brush;
        let span = Table("");
        let parent = self.columns.parent(span);
        let mut all = Vec::new();
        all.extend(start.map(|bounds| within(&format!("MIN({})", span.start()), bounds)));
        all.extend(duration.map(|bounds| within(&trace_duration(), bounds)));
        if *errors_only {
            all.push(format!("MAX({}) = 1", span.failed()));
        }
        let root = |value: &str, wanted: &str| format!("{} = {}", of_root(value, &parent), text(wanted));
        match group {
            None | Some(Group::All) => {}
            Some(Group::Other) => all.push(NOTHING.to_owned()),
            Some(Group::Service(service)) => all.push(root("service_name", service)),
            Some(Group::Operation { service, name }) => {
                all.push(root("service_name", service));
                all.push(root("operation_name", name));
            }
            Some(Group::Kind(kind)) => all.push(root(&span.kind(), &(*kind as u8).to_string())),
            Some(Group::Status(status)) => {
                all.push(format!("{} = '{}'", trace_status(&parent), status_name(*status)));
            }
            Some(Group::Attribute { key, value }) => match (self.value(key, span), value) {
                (Some(column), value) => {
                    let wanted = value.as_ref().map_or_else(|| "-".to_owned(), |value| format!("+{value}"));
                    all.push(root(&maybe(&column), &wanted));
                }
                (None, Some(_)) => all.push(NOTHING.to_owned()),
                (None, None) => {}
            },
        }
        all
    }
}

/// A value that may not be there as a text that always is.
pub(super) fn maybe(value: &str) -> String {
    format!("COALESCE('+' || {value}, '-')")
}

/// A trace's duration, as an aggregate of its spans: from the earliest start to the latest end.
pub(super) fn trace_duration() -> String {
    let span = Table("");
    format!("MAX({} + {}) - MIN({})", span.start(), span.duration(), span.start())
}

/// A trace's status, as an aggregate of its spans: Error where any failed, else what its root says.
pub(super) fn trace_status(parent: &str) -> String {
    let span = Table("");
    format!("CASE WHEN MAX({}) = 1 THEN 'ERROR' ELSE {} END", span.failed(), of_root(&span.status(), parent))
}

const fn status_name(status: StatusCode) -> &'static str {
    match status {
        StatusCode::Unset => "UNSET",
        StatusCode::Ok => "OK",
        StatusCode::Error => "ERROR",
    }
}

fn status_condition(status: StatusCode, table: Table<'_>) -> String {
    let column = table.column("span_status");
    match status {
        StatusCode::Unset => format!("({column} IS NULL OR {column} NOT IN ('OK', 'ERROR'))"),
        StatusCode::Ok | StatusCode::Error => format!("{column} = '{}'", status_name(status)),
    }
}

fn duration_condition(least: Option<u64>, most: Option<u64>, table: Table<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(least) = least.filter(|&least| least != 0) {
        // Wrapped microseconds of an end before the start are more than any: no span is lost by this.
        all.push(format!("{} >= {}", table.column("duration"), number(least) / 1000));
        all.push(format!("{} >= {}", table.duration(), number(least)));
    }
    if let Some(most) = most {
        all.push(format!("{} <= {}", table.duration(), number(most)));
    }
    all
}

/// A comparison as numbers where the value is one, else as texts.
fn compared(column: &str, operator: &str, value: &str) -> String {
    let value = value.trim();
    if let Ok(whole) = value.parse::<i64>() {
        // What is no whole number there may be another one, for which a double will do.
        let (exact, near) = (format!("TRY_CAST({column} AS BIGINT)"), format!("TRY_CAST({column} AS DOUBLE)"));
        return format!("({exact} {operator} {whole} OR {exact} IS NULL AND {near} {operator} {whole})");
    }
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() => format!("TRY_CAST({column} AS DOUBLE) {operator} {number:?}"),
        _ => format!("{column} {operator} {}", text(value)),
    }
}

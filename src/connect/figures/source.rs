//! What figures are taken of, as a table in SQL: one row for each span or trace that is counted, with the same few columns.
//!
//! | column | what it holds |
//! | --- | --- |
//! | `sw_t` | start, nanoseconds |
//! | `sw_d` | duration, nanoseconds |
//! | `sw_f` | 1 where it failed, else 0 |
//! | `sw_u` | 1 where the end is before the start; of a trace, where that of all spans is |
//! | `sw_g`, `sw_h` | what it is told apart by |
//!
//! No column of a stream is likely to be called so: `GROUP BY` means these.

use std::fmt::Write as _;

use crate::connect::condition::{Columns, Sought, Table, maybe, of_root, trace_duration, trace_status};
use crate::connect::sql::{name, text};
use crate::protocol::{ExampleKind, Group, GroupBy, Population, StatusCode};

/// Columns of percentiles, and what they ask for.
pub(super) const PERCENTILES: [(&str, &str); 4] = [("sw_p50", "0.5"), ("sw_p90", "0.9"), ("sw_p95", "0.95"), ("sw_p99", "0.99")];

/// Columns of examples, and what they are examples of.
pub(super) const EXAMPLES: [(&str, ExampleKind); 3] =
    [("sw_x1", ExampleKind::Fastest), ("sw_x2", ExampleKind::Slowest), ("sw_x3", ExampleKind::Failing)];

/// A table of what is counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// What stands after `FROM`.
    pub(super) from: String,
    /// What the condition leaves out.
    pub(super) remarks: Vec<String>,
    /// The columns that it is told apart by: none, one, or two.
    pub(super) keys: &'static [&'static str],
}

/// The spans or traces that are counted, told apart.
pub(super) fn source(sought: Sought<'_>, of: Population, by: &GroupBy) -> Source {
    let span = Table("");
    let columns = Columns(sought.columns);
    let parent = columns.parent(span);
    let of_traces = of == Population::Traces;
    let mut remarks = Vec::new();
    let value = |value: String| if of_traces { of_root(&value, &parent) } else { value };
    let service = || value("COALESCE(service_name, '')".to_owned());
    let keys: Vec<String> = match by {
        GroupBy::Nothing => Vec::new(),
        GroupBy::Service => vec![service()],
        GroupBy::Operation => vec![service(), value("COALESCE(operation_name, '')".to_owned())],
        GroupBy::Kind => vec![value(span.kind())],
        GroupBy::Status if of_traces => vec![trace_status(&parent)],
        GroupBy::Status => vec![span.status()],
        GroupBy::Attribute(key) => {
            if let Some(own) = columns.value(key, span) {
                vec![value(maybe(&own))]
            } else {
                remarks.push(format!("The stream has no column for the attribute \"{key}\""));
                // A text that all have, by a way that is an aggregate where it has to be.
                vec![value("'-'".to_owned())]
            }
        }
    };
    let mut select = if of_traces {
        format!(
            "SELECT trace_id, MIN({}) AS sw_t, {} AS sw_d, MAX({}) AS sw_f, MIN({}) AS sw_u",
            span.start(),
            trace_duration(),
            span.failed(),
            unended()
        )
    } else {
        let ids = "trace_id, span_id";
        let [t, d, f] = [span.start(), span.duration(), span.failed()];
        format!("SELECT {ids}, {t} AS sw_t, {d} AS sw_d, {f} AS sw_f, {} AS sw_u", unended())
    };
    let names: &'static [&'static str] = match keys.len() {
        0 => &[],
        1 => &["sw_g"],
        _ => &["sw_g", "sw_h"],
    };
    for (key, name) in keys.iter().zip(names) {
        _ = write!(select, ", {key} AS {name}");
    }
    let conditions = if of_traces { sought.traces() } else { sought.spans(&[("", "")]) };
    remarks.extend(conditions.remarks);
    _ = write!(select, " FROM {}", name(sought.stream));
    if !conditions.sql.is_empty() {
        _ = write!(select, " WHERE {}", conditions.sql);
    }
    if of_traces {
        select.push_str(" GROUP BY trace_id");
    }
    Source { from: format!("({select}) AS sw"), remarks, keys: names }
}

fn unended() -> &'static str {
    "CASE WHEN end_time < start_time THEN 1 ELSE 0 END"
}

/// Counts, sums, extremes and percentiles of a duration.
///
/// The sum comes in two, since it may be more than a `BIGINT` holds: whole seconds, and the nanoseconds of what is left.
pub(super) fn stats_columns(duration: &str) -> String {
    let mut columns = format!(
        "COUNT(*) AS sw_n, SUM(sw_f) AS sw_e, MIN({duration}) AS sw_lo, MAX({duration}) AS sw_hi, \
         SUM({duration} / 1000000000) AS sw_ts, SUM({duration} % 1000000000) AS sw_tn"
    );
    columns.push_str(&percentile_columns(duration));
    columns
}

/// The percentiles alone, each after a comma.
pub(super) fn percentile_columns(duration: &str) -> String {
    PERCENTILES.map(|(column, rank)| format!(", approx_percentile_cont({duration}, {rank}) AS {column}")).concat()
}

/// The columns of a span that an example is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Example<'a> {
    pub(super) duration: &'a str,
    pub(super) start: &'a str,
    pub(super) span_id: &'a str,
    pub(super) name: &'a str,
}

/// The fastest span, the slowest, and the slowest that failed, each as a text that begins with what is compared; after a comma.
pub(super) fn example_columns(example: Example<'_>) -> String {
    let Example { duration, start, span_id, name } = example;
    let padded = |number: &str| format!("lpad(CAST({number} AS VARCHAR), 19, '0')");
    let text = |start: &str| {
        let (duration, start) = (padded(duration), padded(start));
        format!("{duration} || '/' || {start} || '/' || trace_id || '/' || {span_id} || '/' || {name}")
    };
    let down = text(&format!("{} - {start}", i64::MAX));
    let [fastest, slowest, failing] = EXAMPLES.map(|(column, _)| column);
    format!(", MIN({}) AS {fastest}, MAX({down}) AS {slowest}, MAX(CASE WHEN sw_f = 1 THEN {down} END) AS {failing}", text(start))
}

/// The bin of a duration, by where it stands between edges: the engine's bins, to the nanosecond.
pub(super) fn duration_bin(duration: &str, edges: &[u64]) -> String {
    let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
    let mut bin = String::from("CASE");
    for (at, edge) in inner.iter().enumerate() {
        // None is longer than a BIGINT holds, so an edge that is not one lies above all.
        _ = write!(bin, " WHEN {duration} < {} THEN {at}", (*edge).min(i64::MAX.unsigned_abs()));
    }
    // One bin alone: an expression all the same, as a mere number after GROUP BY would be a position.
    if inner.is_empty() { format!("{duration} * 0") } else { format!("{bin} ELSE {} END", inner.len()) }
}

/// The bin of a start: of bins of one width from a time on.
pub(super) fn time_bin(start: u64, step: u64) -> String {
    format!("(sw_t - {start}) / {}", step.max(1))
}

/// Whether what is counted is of a group.
pub(super) fn is_group(group: &Group) -> String {
    let is = |column: &str, value: &str| format!("{column} = {}", text(value));
    match group {
        Group::All | Group::Other => "1 = 1".to_owned(),
        Group::Service(service) => is("sw_g", service),
        Group::Operation { service, name } => format!("{} AND {}", is("sw_g", service), is("sw_h", name)),
        Group::Kind(kind) => is("sw_g", &(*kind as u8).to_string()),
        Group::Status(StatusCode::Unset) => is("sw_g", "UNSET"),
        Group::Status(StatusCode::Ok) => is("sw_g", "OK"),
        Group::Status(StatusCode::Error) => is("sw_g", "ERROR"),
        Group::Attribute { value, .. } => is("sw_g", &value.as_ref().map_or_else(|| "-".to_owned(), |value| format!("+{value}"))),
    }
}

/// The place of a group among those that are shown, or that of all others.
pub(super) fn slot(groups: &[Group]) -> String {
    let cases = groups.iter().enumerate().map(|(at, group)| format!(" WHEN {} THEN {at}", is_group(group)));
    format!("CASE{} ELSE {} END", cases.collect::<String>(), groups.len())
}

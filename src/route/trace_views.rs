//! The trace page's part of the address beyond the waterfall: how the trace is shown, its colors, its span table.

use super::TraceAddress;
use super::columns::{self, Widths};
use super::percent::{self, Query};
use super::selection::{group_by, group_by_text};
use crate::protocol::{GroupBy, LogLevel, TableColumn};

/// How a trace is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TraceMode {
    /// As a waterfall.
    #[default]
    Waterfall,
    /// As a flame graph.
    Flame,
    /// As a table of its spans.
    Table,
    /// As the list of its log records.
    Logs,
}

/// What bars are colored by, and whether the critical path is drawn on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceColors {
    /// [`GroupBy::Nothing`] is the service.
    pub by: GroupBy,
    /// The critical path is drawn, and its breakdown is open.
    pub critical: bool,
}

/// What the span table shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableAddress {
    /// Up to two keys to group by.
    pub group: Vec<GroupBy>,
    /// Columns beside the usual ones: attributes and other fields.
    pub added: Vec<TableColumn>,
    /// Columns whose width was chosen, by their names in an address.
    pub widths: Widths,
    /// What to sort by; `None`: by duration, of groups by their totals.
    pub sort: Option<TableColumn>,
    /// Largest first.
    pub descending: bool,
}

impl Default for TableAddress {
    /// The longest first.
    fn default() -> Self {
        Self { group: Vec::new(), added: Vec::new(), widths: Widths::new(), sort: None, descending: true }
    }
}

const COLUMNS: [(TableColumn, &str); 17] = [
    (TableColumn::Service, "service"),
    (TableColumn::Name, "name"),
    (TableColumn::Kind, "kind"),
    (TableColumn::Status, "status"),
    (TableColumn::Start, "start"),
    (TableColumn::Duration, "duration"),
    (TableColumn::SelfTime, "self"),
    (TableColumn::Critical, "critical"),
    (TableColumn::Depth, "depth"),
    (TableColumn::Children, "children"),
    (TableColumn::Events, "events"),
    (TableColumn::SpanId, "id"),
    (TableColumn::Count, "count"),
    (TableColumn::Errors, "errors"),
    (TableColumn::Total, "total"),
    (TableColumn::P50, "p50"),
    (TableColumn::P95, "p95"),
];

/// The name of a column of the span table in an address.
pub fn table_column_name(column: &TableColumn) -> String {
    match column {
        TableColumn::Field(text) => format!("field:{text}"),
        TableColumn::Attribute(key) => format!("attr:{key}"),
        TableColumn::Group(at) => format!("group{at}"),
        TableColumn::Max => "max".to_owned(),
        plain => COLUMNS.iter().find_map(|(known, name)| (known == plain).then(|| (*name).to_owned())).unwrap_or_default(),
    }
}

fn column(text: &str) -> Option<TableColumn> {
    match text {
        "max" => Some(TableColumn::Max),
        "group0" => Some(TableColumn::Group(0)),
        "group1" => Some(TableColumn::Group(1)),
        _ => match (text.strip_prefix("attr:"), text.strip_prefix("field:")) {
            (Some(key), _) => Some(TableColumn::Attribute(key.to_owned())),
            (None, Some(field)) => Some(TableColumn::Field(field.to_owned())),
            (None, None) => COLUMNS.iter().find_map(|(column, name)| (*name == text).then(|| column.clone())),
        },
    }
}

const LEVELS: [(LogLevel, &str); 7] = [
    (LogLevel::Unspecified, ""),
    (LogLevel::Trace, "trace"),
    (LogLevel::Debug, "debug"),
    (LogLevel::Info, "info"),
    (LogLevel::Warn, "warn"),
    (LogLevel::Error, "error"),
    (LogLevel::Fatal, "fatal"),
];

fn level(text: &str) -> LogLevel {
    LEVELS.iter().find(|(_, name)| *name == text).map_or(LogLevel::Unspecified, |&(level, _)| level)
}

fn level_name(level: LogLevel) -> &'static str {
    LEVELS.iter().find(|&&(known, _)| known == level).map_or("", |&(_, name)| name)
}

pub(super) fn read(trace: &mut TraceAddress, key: &str, value: &str) {
    match key {
        "as" => {
            trace.mode = match value {
                "flame" => TraceMode::Flame,
                "table" => TraceMode::Table,
                "logs" => TraceMode::Logs,
                _ => TraceMode::Waterfall,
            }
        }
        "color" => trace.colors.by = group_by(value),
        "clocks" => trace.adjusted = value == "adjusted",
        "logs" => trace.fold.logs = value == "rows",
        "severity" => trace.least = level(value),
        "critical" => trace.colors.critical = value == "1",
        "group" => trace.table.group = value.split(',').take(2).map(|part| group_by(&percent::decode(part))).collect(),
        "columns" => {
            trace.table.added = columns::list(value).take(columns::COLUMNS_MAX).map(|text| columns::added(&text)).collect();
        }
        "w" => trace.table.widths = columns::widths(value),
        "sort" => trace.table.sort = column(value),
        "dir" => trace.table.descending = value != "asc",
        _ => trace.flame.read(key, value),
    }
}

pub(super) fn write(trace: &TraceAddress, query: &mut Query) {
    match trace.mode {
        TraceMode::Waterfall => {}
        TraceMode::Flame => query.text("as", "flame"),
        TraceMode::Table => query.text("as", "table"),
        TraceMode::Logs => query.text("as", "logs"),
    }
    query.text("color", &group_by_text(&trace.colors.by));
    if trace.colors.critical {
        query.number("critical", 1);
    }
    if trace.adjusted {
        query.text("clocks", "adjusted");
    }
    if trace.fold.logs {
        query.text("logs", "rows");
    }
    query.text("severity", level_name(trace.least));
    let listed = |parts: Vec<String>| parts.join(",");
    query.text("group", &listed(trace.table.group.iter().map(|by| percent::encode(&group_by_text(by))).collect()));
    query.text("columns", &columns::list_text(trace.table.added.iter().filter_map(columns::added_text)));
    if let Some(sort) = &trace.table.sort {
        query.text("sort", &table_column_name(sort));
    }
    if !trace.table.descending {
        query.text("dir", "asc");
    }
    query.text("w", &columns::widths_text(&trace.table.widths));
    trace.flame.write(query);
}

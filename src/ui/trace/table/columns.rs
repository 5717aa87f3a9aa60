//! The span table's columns: which there are, what they are called, and how wide they are.

use leptos::prelude::GetUntracked as _;

use crate::protocol::{GroupBy, TableColumn, TableRequest};
use crate::route::{COLUMNS_MAX, TableAddress, Widths, field_words, table_column_name, width_of};
use crate::ui::trace::colors::by_words;
use crate::ui::trace::state::TraceState;

/// Columns of a table whose rows are spans.
const OF_SPANS: [TableColumn; 9] = [
    TableColumn::Service,
    TableColumn::Name,
    TableColumn::Kind,
    TableColumn::Status,
    TableColumn::Start,
    TableColumn::Duration,
    TableColumn::SelfTime,
    TableColumn::Critical,
    TableColumn::Children,
];

/// Columns of a table whose rows are groups, behind their keys.
const OF_GROUPS: [TableColumn; 7] = [
    TableColumn::Count,
    TableColumn::Errors,
    TableColumn::Total,
    TableColumn::SelfTime,
    TableColumn::P50,
    TableColumn::P95,
    TableColumn::Max,
];

/// The columns of a table.
pub(super) fn columns(table: &TableAddress) -> Vec<TableColumn> {
    if group_keys(table).is_empty() {
        return OF_SPANS.into_iter().chain(table.added.iter().take(COLUMNS_MAX).cloned()).collect();
    }
    let keys = (0..).zip(group_keys(table)).map(|(at, _)| TableColumn::Group(at));
    keys.chain(OF_GROUPS).collect()
}

/// What it is grouped by; an address may name nothing twice.
pub(super) fn group_keys(table: &TableAddress) -> Vec<GroupBy> {
    table.group.iter().filter(|by| **by != GroupBy::Nothing).take(2).cloned().collect()
}

/// What it is sorted by: what the address says, if that is a column of it.
pub(super) fn sort(table: &TableAddress) -> TableColumn {
    let plain = if group_keys(table).is_empty() { TableColumn::Duration } else { TableColumn::Total };
    table.sort.clone().filter(|sort| columns(table).contains(sort)).unwrap_or(plain)
}

/// What is asked for a window of it.
pub(super) fn request(state: TraceState, table: &TableAddress, filter: String, offset: u32, limit: u32) -> TableRequest {
    TableRequest {
        trace_id: state.trace_id(),
        filter,
        group: group_keys(table),
        columns: columns(table),
        sort: sort(table),
        descending: table.descending,
        offset,
        limit,
        adjusted: state.adjusted().get_untracked(),
    }
}

/// What a column is called.
pub(super) fn words(column: &TableColumn, group: &[GroupBy]) -> String {
    match column {
        TableColumn::Service => "Service",
        TableColumn::Name => "Name",
        TableColumn::Kind => "Kind",
        TableColumn::Status => "Status",
        TableColumn::Start => "Start",
        TableColumn::Duration => "Duration",
        TableColumn::SelfTime => "Self",
        TableColumn::Critical => "Critical",
        TableColumn::Depth => "Level",
        TableColumn::Children => "Children",
        TableColumn::Events => "Events",
        TableColumn::SpanId => "Span id",
        TableColumn::Count => "Spans",
        TableColumn::Errors => "Errors",
        TableColumn::Total => "Total",
        TableColumn::P50 => "p50",
        TableColumn::P95 => "p95",
        TableColumn::Max => "Max",
        TableColumn::Attribute(key) => return key.clone(),
        TableColumn::Field(text) => return field_words(text).to_owned(),
        TableColumn::Group(at) => return group.get(usize::from(*at)).map_or_else(String::new, by_words),
    }
    .to_owned()
}

/// Whether it holds numbers, which stand at the right and of which the largest are wanted first.
pub(super) const fn is_number(column: &TableColumn) -> bool {
    match column {
        TableColumn::Start
        | TableColumn::Duration
        | TableColumn::SelfTime
        | TableColumn::Critical
        | TableColumn::Depth
        | TableColumn::Children
        | TableColumn::Events
        | TableColumn::Count
        | TableColumn::Errors
        | TableColumn::Total
        | TableColumn::P50
        | TableColumn::P95
        | TableColumn::Max => true,
        TableColumn::Service
        | TableColumn::Name
        | TableColumn::Kind
        | TableColumn::Status
        | TableColumn::SpanId
        | TableColumn::Attribute(_)
        | TableColumn::Field(_)
        | TableColumn::Group(_) => false,
    }
}

/// Its least width in pixels, and how much of what is left it takes.
const fn width(column: &TableColumn) -> (u32, u32) {
    match column {
        TableColumn::Name => (200, 3),
        TableColumn::Service => (140, 1),
        TableColumn::Group(_) => (180, 2),
        TableColumn::Attribute(_) | TableColumn::Field(_) => (150, 1),
        TableColumn::Status => (110, 1),
        TableColumn::Duration | TableColumn::Total => (132, 0),
        TableColumn::SpanId => (150, 0),
        TableColumn::Kind
        | TableColumn::Start
        | TableColumn::SelfTime
        | TableColumn::Critical
        | TableColumn::P50
        | TableColumn::P95
        | TableColumn::Max => (96, 0),
        TableColumn::Depth | TableColumn::Children | TableColumn::Events | TableColumn::Count | TableColumn::Errors => (84, 0),
    }
}

/// The columns' widths for the style sheet, and the least width of all together.
pub(super) fn tracks(columns: &[TableColumn], chosen: &Widths) -> (String, String) {
    let of = |column: &TableColumn| match width_of(chosen, &table_column_name(column)) {
        Some(css_px) => (u32::from(css_px), 0),
        None => width(column),
    };
    let tracks: Vec<String> = columns
        .iter()
        .map(|column| match of(column) {
            (least, 0) => format!("{least}px"),
            (least, share) => format!("minmax({least}px, {share}fr)"),
        })
        .collect();
    let least: u32 = columns.iter().map(|column| of(column).0).sum();
    (tracks.join(" "), format!("{}px", least + 32))
}

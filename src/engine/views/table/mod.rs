//! A trace's spans as a table: sorted, filtered or grouped once, then a window of it at a time.
//!
//! Rows are sorted by what their cells show: numbers as numbers, before texts. Of equal ones the earlier row comes first, in
//! either direction, and so do rows that have a value before those that have none.

mod columns;
mod groups;

use std::rc::Rc;

use super::field::MAX_COLUMNS;
use super::find::found;
use super::{find_trace, group, span_id, usize_of};
use crate::base::len_u32;
use crate::engine::caches::{Caches, Recent, TraceTables};
use crate::model::{Dataset, SpanIdx, StatusCode, TraceIdx};
use crate::protocol::{Failure, GroupBy, TableColumn, TableRequest, TableRow, TableView};
use columns::Columns;
use groups::GroupTable;

/// Rows in a window, at most: far more than a screen shows.
const MAX_ROWS: u32 = 4096;

/// Keys to group by, at most.
const MAX_KEYS: usize = 2;

/// What is kept of tables.
#[derive(Debug, Default)]
pub(in crate::engine) struct TableCaches {
    /// The groups.
    groups: Recent<GroupsKey, GroupTable>,
    /// The rows in order.
    orders: Recent<OrderKey, Order>,
}

/// Trace and clocks, filter, keys to group by.
type GroupsKey = ((TraceIdx, bool), String, Vec<GroupBy>);

/// Rows in order: spans by their places in the trace, or groups.
#[derive(Debug)]
struct Order {
    rows: Vec<u32>,
}

/// Trace and clocks, filter, keys to group by, column and direction to sort by.
type OrderKey = ((TraceIdx, bool), String, Vec<GroupBy>, TableColumn, bool);

/// A window of the table.
pub(in crate::engine) fn table(dataset: &Dataset, caches: &mut Caches, request: &TableRequest) -> Result<TableView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    let tables = TraceTables::by(dataset, caches, trace, request.adjusted);
    let columns = Columns { dataset, tables: &tables };
    let keys: Vec<GroupBy> = request.group.iter().take(MAX_KEYS).cloned().collect();
    let groups = (!keys.is_empty()).then(|| grouped(caches, columns, trace, &request.filter, &keys));
    let order = order(caches, columns, trace, request, groups.as_deref(), keys);
    let offset = request.offset.min(len_u32(order.rows.len()));
    let window = order.rows.iter().skip(usize_of(offset)).take(usize_of(request.limit.min(MAX_ROWS)));
    let wanted = request.columns.get(..MAX_COLUMNS).unwrap_or(&request.columns);
    let row = |&at: &u32| match &groups {
        None => span_row(columns, wanted, tables.span(usize_of(at))),
        Some(groups) => group_row(columns, wanted, groups, usize_of(at)),
    };
    Ok(TableView {
        total: groups.as_ref().map_or(tables.rows.len(), |groups| groups.unfiltered),
        matched: len_u32(order.rows.len()),
        offset,
        rows: window.map(row).collect(),
    })
}

fn span_row(columns: Columns<'_>, wanted: &[TableColumn], span: SpanIdx) -> TableRow {
    let dataset = columns.dataset;
    TableRow {
        span_id: span_id(dataset, span),
        service: dataset.service(span).0,
        has_error: dataset.spans.status[span] == StatusCode::Error,
        cells: wanted.iter().map(|column| columns.cell(column, span)).collect(),
        groups: Vec::new(),
    }
}

fn group_row(columns: Columns<'_>, wanted: &[TableColumn], groups: &GroupTable, at: usize) -> TableRow {
    let Some(facts) = groups.rows.get(at) else { return TableRow::default() };
    let dataset = columns.dataset;
    TableRow {
        span_id: span_id(dataset, facts.longest),
        service: dataset.service(facts.longest).0,
        has_error: facts.errors != 0,
        cells: wanted.iter().map(|column| groups.cell(columns, column, facts)).collect(),
        groups: groups.keys.iter().map(|by| group::name(dataset, by, facts.first)).collect(),
    }
}

/// The groups, from the cache if they are there.
fn grouped(caches: &mut Caches, columns: Columns<'_>, trace: TraceIdx, filter: &str, keys: &[GroupBy]) -> Rc<GroupTable> {
    let key = ((trace, columns.tables.is_moved), filter.to_owned(), keys.to_vec());
    if let Some(groups) = caches.table.groups.get(&key) {
        return groups;
    }
    let found = found(columns.dataset, caches, trace, filter);
    let groups = GroupTable::new(columns, found.as_deref(), keys);
    caches.table.groups.put(key, groups)
}

/// The rows in order, from the cache if they are there.
fn order(
    caches: &mut Caches,
    columns: Columns<'_>,
    trace: TraceIdx,
    request: &TableRequest,
    groups: Option<&GroupTable>,
    keys: Vec<GroupBy>,
) -> Rc<Order> {
    let clocks = (trace, columns.tables.is_moved);
    let key = (clocks, request.filter.clone(), keys, request.sort.clone(), request.descending);
    if let Some(order) = caches.table.orders.get(&key) {
        return order;
    }
    let rows = if let Some(groups) = groups {
        groups.order(columns, &request.sort, request.descending)
    } else {
        let members: Vec<(SpanIdx, u32)> = match found(columns.dataset, caches, trace, &request.filter) {
            None => columns.tables.rows.iter().zip(0..).collect(),
            Some(found) => found.spans.iter().map(|at| (columns.tables.span(at), len_u32(at))).collect(),
        };
        columns.order(&request.sort, &members, request.descending)
    };
    caches.table.orders.put(key, Order { rows })
}

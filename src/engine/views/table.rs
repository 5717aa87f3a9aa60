//! A trace's spans as a table: sorted, filtered or grouped once, then a window of it at a time.

use super::find_trace;
use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{Failure, TableRequest, TableView};

/// What is kept of tables.
#[derive(Debug, Default)]
pub(in crate::engine) struct TableCaches {}

/// A window of the table.
pub(in crate::engine) fn table(dataset: &Dataset, _caches: &mut Caches, request: &TableRequest) -> Result<TableView, Failure> {
    find_trace(dataset, &request.trace_id)?;
    Ok(TableView::default())
}

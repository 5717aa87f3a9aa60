//! The table of operations: rate, errors, duration.

use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{RedRequest, RedView};

/// What is kept of the table.
#[derive(Debug, Default)]
pub(in crate::engine) struct RedCaches {}

/// A window of the table.
pub(in crate::engine) fn red(_dataset: &Dataset, _caches: &mut Caches, _request: &RedRequest) -> RedView {
    RedView::default()
}

//! A part of a flame graph.

use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{Failure, FlameRequest, FlameView};

/// What is kept of flame graphs.
#[derive(Debug, Default)]
pub(in crate::engine) struct FlameCaches {}

/// The part.
pub(in crate::engine) fn flame(_dataset: &Dataset, _caches: &mut Caches, _request: &FlameRequest) -> Result<FlameView, Failure> {
    Ok(FlameView::default())
}

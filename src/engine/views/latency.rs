//! The latency charts' figures.

use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{LatencyRequest, LatencyView};

/// What is kept of the charts.
#[derive(Debug, Default)]
pub(in crate::engine) struct LatencyCaches {}

/// The charts.
pub(in crate::engine) fn latency(
    _dataset: &Dataset,
    _palette: &[u8],
    _caches: &mut Caches,
    _request: &LatencyRequest,
) -> LatencyView {
    LatencyView::default()
}

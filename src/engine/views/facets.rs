//! The facets of a selection.

use super::select::select;
use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{FacetsRequest, FacetsView};

/// The facets.
#[inline(never)]
pub(in crate::engine) fn facets(dataset: &Dataset, _palette: &[u8], caches: &mut Caches, request: &FacetsRequest) -> FacetsView {
    let selected = select(dataset, caches, &request.selection);
    FacetsView { facets: Vec::new(), spans: selected.count(dataset) as u64 }
}

//! What a text in the query box is, and what clicks make of it.

use crate::engine::caches::Caches;
use crate::model::Dataset;
use crate::protocol::{QueryRequest, QueryView, RewriteRequest};

/// What the text is.
pub(in crate::engine) fn query(_dataset: &Dataset, _caches: &mut Caches, request: &QueryRequest) -> QueryView {
    QueryView { text: request.text.clone(), ..QueryView::default() }
}

/// The query, changed.
pub(in crate::engine) fn rewritten(request: &RewriteRequest) -> String {
    request.text.clone()
}

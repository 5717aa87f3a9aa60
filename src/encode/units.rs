//! The pieces in which writers are handed spans, and the order that OTLP wants them in.

use super::rows::SpanRows;
use super::shown::Shown;
use crate::model::{ResourceIdx, ScopeIdx, SpanIdx, TraceIdx};

/// Spans that are written at once.
#[derive(Clone, Copy)]
pub(super) struct Unit<'a> {
    /// Ascending.
    pub(super) spans: &'a [SpanIdx],
    /// The trace of the first.
    pub(super) trace: TraceIdx,
    pub(super) is_first_of_trace: bool,
    pub(super) is_last_of_trace: bool,
    /// All that is written.
    pub(super) rows: &'a SpanRows,
}

/// Spans by resource, then scope, then row.
pub(super) fn by_resource_and_scope(shown: &Shown<'_>, spans: &[SpanIdx]) -> Vec<(ResourceIdx, ScopeIdx, SpanIdx)> {
    let mut sorted: Vec<_> = spans.iter().map(|&span| (shown.resource_of(span), shown.scope_of(span), span)).collect();
    crate::base::sort_short(&mut sorted, Ord::cmp);
    sorted
}

//! The pieces in which writers are handed spans, and the order that OTLP wants them in.

use super::rows::SpanRows;
use super::shown::Shown;
use crate::base::IdxRange;
use crate::model::{LogIdx, ResourceIdx, ScopeIdx, SpanIdx, TraceIdx};

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

/// Log records that are written at once, all of a trace. They come once all spans are written.
#[derive(Clone, Copy)]
pub(super) struct LogUnit {
    pub(super) logs: IdxRange<LogIdx>,
    pub(super) is_last_of_trace: bool,
}

/// Log records by resource, then scope, then row; as they stand where order would be lost: those of a span and a time are read back in the
/// order in which they were written.
pub(super) fn logs_by_resource_and_scope(shown: &Shown<'_>, logs: IdxRange<LogIdx>) -> Vec<(ResourceIdx, ScopeIdx, LogIdx)> {
    let mut sorted: Vec<_> = logs.iter().map(|log| (shown.resource_of_log(log), shown.scope_of_log(log), log)).collect();
    let is_tie = |a: LogIdx, b: LogIdx| shown.place_of_log(a) == shown.place_of_log(b);
    let has_ties = sorted.windows(2).any(|pair| matches!(pair, [a, b] if (a.0, a.1) != (b.0, b.1) && is_tie(a.2, b.2)));
    if !has_ties {
        crate::base::sort_short(&mut sorted, Ord::cmp);
    }
    sorted
}

/// Spans by resource, then scope, then row.
pub(super) fn by_resource_and_scope(shown: &Shown<'_>, spans: &[SpanIdx]) -> Vec<(ResourceIdx, ScopeIdx, SpanIdx)> {
    let mut sorted: Vec<_> = spans.iter().map(|&span| (shown.resource_of(span), shown.scope_of(span), span)).collect();
    crate::base::sort_short(&mut sorted, Ord::cmp);
    sorted
}

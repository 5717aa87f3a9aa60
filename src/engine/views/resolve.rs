//! Which trace and span is meant by ids that come from a header, a log or a note.
//!
//! A trace's id of 64 bits and one of 128 bits that ends with it are the same trace to propagators (`OpenZipkin`, b3-propagation,
//! `TraceId`), so either leads to the other. 16 digits that nothing else is said of may also be a span's.

use super::{span_id, trace_id};
use crate::base::text::{u64_from_hex, u128_from_hex};
use crate::model::{Dataset, SpanIdx, SpanKey, TraceIdx, TraceKey};
use crate::protocol::{ResolveRequest, ResolvedView};

/// What they mean.
pub(in crate::engine) fn resolve(dataset: &Dataset, request: &ResolveRequest) -> ResolvedView {
    let (trace, span) = match (&request.trace_id, request.span_id.as_deref().filter(|id| !id.is_empty())) {
        (Some(id), Some(span)) => {
            let trace = find_trace(dataset, id);
            (trace, trace.and_then(|trace| dataset.find_span_by_text(trace, span)))
        }
        (Some(id), None) => match find_trace(dataset, id) {
            Some(trace) => (Some(trace), None),
            None => at_span(dataset, find_span(dataset, id)),
        },
        (None, Some(span)) => at_span(dataset, find_span(dataset, span)),
        (None, None) => (None, None),
    };
    ResolvedView { trace_id: trace.map(|trace| trace_id(dataset, trace)), span_id: span.map(|span| span_id(dataset, span)) }
}

fn at_span(dataset: &Dataset, span: Option<SpanIdx>) -> (Option<TraceIdx>, Option<SpanIdx>) {
    (span.map(|span| dataset.spans.trace[span]), span)
}

/// The trace of this id, or else of one that ends like it.
fn find_trace(dataset: &Dataset, id: &str) -> Option<TraceIdx> {
    let short = u64_from_hex(id.as_bytes()).filter(|&number| number != 0);
    let long = u128_from_hex(id.as_bytes()).filter(|&number| number != 0);
    let written_so = dataset.find_trace_by_text(id);
    written_so
        .or_else(|| dataset.find_trace(TraceKey::from_number(u128::from(short?))))
        .or_else(|| {
            let ends_so = |key: &TraceKey| matches!(key, TraceKey::Regular(number) if Some(low(*number)) == short);
            short.and_then(|_| dataset.traces.key.iter().find_map(|(trace, key)| ends_so(key).then_some(trace)))
        })
        .or_else(|| {
            let low = low(long?);
            let padded = dataset.find_trace(TraceKey::from_number(u128::from(low)));
            padded.or_else(|| dataset.find_trace_by_text(&format!("{low:016x}")))
        })
}

/// The lower 64 bits.
fn low(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default()
}

/// The first span of this id, in whichever trace.
fn find_span(dataset: &Dataset, id: &str) -> Option<SpanIdx> {
    let key = match u64_from_hex(id.as_bytes()) {
        Some(number) => SpanKey::from_number(number),
        None => SpanKey::Text(dataset.strings.find(id)?),
    };
    let spans = &dataset.spans;
    let raw = match key {
        SpanKey::Missing => return None,
        SpanKey::Regular(number) => number,
        SpanKey::Text(text) => u64::from(text.0),
    };
    // The number tells almost all apart, at a gigabyte a second and more.
    spans.id.iter().filter(|&(_, &id)| id == raw).map(|(span, _)| span).find(|&span| spans.key(span) == key)
}

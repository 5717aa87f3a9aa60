//! Links: where each leads, and which lead to a span.

use super::super::dataset::Dataset;
use super::super::ids::{SpanIdx, SpanKey, TraceIdx, TraceKey};
use crate::base::{BitSet, Column, FastMap, Idx as _, sort_few};

/// The spans with these ids, `u32::MAX` where they are not here. One pass over the ids, one over the spans of the traces they name.
pub(super) fn find_spans(dataset: &Dataset, trace_keys: &[TraceKey], span_keys: &[SpanKey]) -> Vec<SpanIdx> {
    let mut wanted: FastMap<(TraceIdx, SpanKey), SpanIdx> = FastMap::default();
    let mut traces = BitSet::new(dataset.traces.len());
    for (&key, &span) in trace_keys.iter().zip(span_keys) {
        if let Some(trace) = dataset.find_trace(key)
            && span != SpanKey::Missing
        {
            wanted.insert((trace, span), SpanIdx(u32::MAX));
            traces.insert(trace.usize());
        }
    }
    for trace in traces.iter() {
        let trace = TraceIdx::from_u32(crate::base::len_u32(trace));
        for span in dataset.traces.spans[trace].iter() {
            if let Some(found) = wanted.get_mut(&(trace, dataset.spans.key(span))) {
                *found = span;
            }
        }
    }
    let found = |(&key, &span): (&TraceKey, &SpanKey)| wanted.get(&(dataset.find_trace(key)?, span)).copied();
    trace_keys.iter().zip(span_keys).map(|keys| found(keys).unwrap_or(SpanIdx(u32::MAX))).collect()
}

/// Finds the spans that links lead to, both ways.
pub(super) fn resolve(dataset: &mut Dataset) {
    let targets = find_spans(dataset, dataset.links.trace.as_slice(), dataset.links.span.as_slice());
    dataset.link_target = Column::from_vec(targets);
    for (span, &links) in dataset.spans.links.iter() {
        let targets = dataset.link_target.slice(links).iter().filter(|target| target.0 != u32::MAX);
        dataset.linked_from.extend(targets.map(|&target| (target, span)));
    }
    sort_few(&mut dataset.linked_from, Ord::cmp);
    dataset.linked_from.dedup();
}

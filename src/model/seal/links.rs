//! Links: where each leads, and which lead to a span.

use super::super::dataset::Dataset;
use super::super::ids::{SpanIdx, SpanKey, TraceIdx};
use crate::base::{BitSet, Column, FastMap, Idx as _, sort_few};

/// Finds the spans that links lead to, both ways. One pass over the links, one over the spans of the traces they name.
pub(super) fn resolve(dataset: &mut Dataset) {
    let n_links = dataset.links.trace.len();
    dataset.link_target = Column::from_vec(vec![SpanIdx(u32::MAX); n_links]);
    let mut wanted: FastMap<(TraceIdx, SpanKey), SpanIdx> = FastMap::default();
    let mut traces = BitSet::new(dataset.traces.len());
    for (link, &key) in dataset.links.trace.iter() {
        let span = dataset.links.span[link];
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
    for (link, &key) in dataset.links.trace.iter() {
        let target = dataset.find_trace(key).and_then(|trace| wanted.get(&(trace, dataset.links.span[link])).copied());
        dataset.link_target[link] = target.unwrap_or(SpanIdx(u32::MAX));
    }
    for (span, &links) in dataset.spans.links.iter() {
        let targets = dataset.link_target.slice(links).iter().filter(|target| target.0 != u32::MAX);
        dataset.linked_from.extend(targets.map(|&target| (target, span)));
    }
    sort_few(&mut dataset.linked_from, Ord::cmp);
    dataset.linked_from.dedup();
}

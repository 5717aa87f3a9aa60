//! A trace's heading.

use super::clocks::clocks;
use super::{find_trace, owned, trace_id};
use crate::base::Idx as _;
use crate::engine::caches::{Caches, TraceTables};
use crate::model::{Dataset, SourceIdx};
use crate::protocol::{Failure, TraceView};

/// Groups fold by default in traces with more spans than this: what a reader scrolls through within a minute, at a screen of
/// some 40 rows a second.
pub(super) const GROUPS_FOLD_ABOVE: u32 = 2000;

/// The heading.
pub(in crate::engine) fn trace(dataset: &Dataset, caches: &mut Caches, id: &str) -> Result<TraceView, Failure> {
    let trace = find_trace(dataset, id)?;
    let tables = TraceTables::of(dataset, caches, trace);
    let (traces, spans) = (&dataset.traces, &dataset.spans);
    let rows = traces.spans[trace];
    let root = traces.root[trace];
    let mut from_source = vec![false; dataset.report.sources.len()];
    for source in spans.source.slice(rows) {
        if let Some(from) = from_source.get_mut(source.usize()) {
            *from = true;
        }
    }
    let named = |(source, _): (SourceIdx, _)| from_source.get(source.usize()).copied().unwrap_or(false);
    Ok(TraceView {
        trace_id: trace_id(dataset, trace),
        root_name: owned(dataset, spans.name[root]),
        root_service: dataset.service(root).0,
        first_span: rows.start,
        spans: rows.len(),
        start: traces.start[trace],
        duration: traces.duration(trace),
        errors: traces.errors[trace],
        services: traces.service_list.slice(traces.services[trace]).iter().map(|&(service, spans)| (service.0, spans)).collect(),
        depth: traces.depth[trace],
        roots: traces.roots[trace],
        marked: tables.marked.clone(),
        events: spans.events.slice(rows).iter().map(|events| events.len()).sum(),
        links: spans.links.slice(rows).iter().map(|links| links.len()).sum(),
        logs: dataset.logs_of_trace(trace).len(),
        exemplars: dataset.exemplars_of_trace(trace).len(),
        clocks: clocks(dataset, &tables),
        sources: dataset.report.sources.iter().filter(|&entry| named(entry)).map(|(_, source)| source.name.clone()).collect(),
        groups_fold: GROUPS_FOLD_ABOVE < rows.len(),
    })
}

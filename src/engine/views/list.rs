//! The trace list: filtered and sorted once, then a window of it at a time.

use std::cmp::Ordering;
use std::rc::Rc;

use super::select::{normal, select};
use super::{owned, trace_id, usize_of};
use crate::base::len_u32;
use crate::engine::caches::Caches;
use crate::model::{Dataset, TraceIdx};
use crate::protocol::{Selection, SortColumn, TraceRow, TracesRequest, TracesView};

/// Services named in a row, at most: as many dots as fit.
const MAX_SERVICES: usize = 12;

/// Rows in a window, at most: far more than a screen shows.
const MAX_ROWS: u32 = 4096;

/// Traces that match a filter, in an order.
#[derive(Debug)]
pub(in crate::engine) struct TraceList {
    /// The traces.
    pub(in crate::engine) order: Vec<TraceIdx>,
    /// The longest of them, nanoseconds.
    pub(in crate::engine) longest: u64,
}

/// A window of the trace list.
pub(in crate::engine) fn traces(dataset: &Dataset, caches: &mut Caches, request: &TracesRequest) -> TracesView {
    let list = list(dataset, caches, &request.selection, request.sort, request.descending);
    let offset = request.offset.min(len_u32(list.order.len()));
    let window = list.order.iter().skip(usize_of(offset)).take(usize_of(request.limit.min(MAX_ROWS)));
    TracesView {
        matched: len_u32(list.order.len()),
        found: 0,
        unjudged: 0,
        offset,
        rows: window.map(|&trace| row(dataset, trace)).collect(),
        longest: list.longest,
    }
}

/// The traces that match, in the order of the data set: by start.
pub(super) fn matching(dataset: &Dataset, caches: &mut Caches, selection: &Selection) -> Rc<TraceList> {
    list(dataset, caches, selection, SortColumn::Start, false)
}

fn list(dataset: &Dataset, caches: &mut Caches, selection: &Selection, sort: SortColumn, descending: bool) -> Rc<TraceList> {
    let key = (normal(selection), sort, descending);
    if let Some(list) = caches.lists.get(&key) {
        return list;
    }
    if sort == SortColumn::Start && !descending {
        let order = select(dataset, caches, selection).traces.clone();
        let longest = order.iter().map(|&trace| dataset.traces.duration(trace)).max().unwrap_or(0);
        return caches.lists.put(key, TraceList { order, longest });
    }
    let by_start = matching(dataset, caches, selection);
    let mut order = by_start.order.clone();
    // The sort is stable, so of equal traces the earlier comes first, in either direction.
    order.sort_by(|&a, &b| {
        let ordering = compare(dataset, sort, a, b);
        if descending { ordering.reverse() } else { ordering }
    });
    caches.lists.put(key, TraceList { order, longest: by_start.longest })
}

fn compare(dataset: &Dataset, sort: SortColumn, a: TraceIdx, b: TraceIdx) -> Ordering {
    let traces = &dataset.traces;
    match sort {
        SortColumn::Name => {
            let name = |trace: TraceIdx| {
                let root = traces.root[trace];
                (dataset.service_name(dataset.service(root)), dataset.str(dataset.spans.name[root]))
            };
            name(a).cmp(&name(b))
        }
        SortColumn::Duration => traces.duration(a).cmp(&traces.duration(b)),
        SortColumn::Spans => traces.spans[a].len().cmp(&traces.spans[b].len()),
        SortColumn::Services => traces.services[a].len().cmp(&traces.services[b].len()),
        SortColumn::Errors => traces.errors[a].cmp(&traces.errors[b]),
        SortColumn::Start => traces.start[a].cmp(&traces.start[b]),
    }
}

fn row(dataset: &Dataset, trace: TraceIdx) -> TraceRow {
    let traces = &dataset.traces;
    let root = traces.root[trace];
    let services = traces.service_list.slice(traces.services[trace]);
    TraceRow {
        trace_id: trace_id(dataset, trace),
        root_name: owned(dataset, dataset.spans.name[root]),
        root_service: dataset.service(root).0,
        has_root: traces.roots[trace] != 0,
        start: traces.start[trace],
        duration: traces.duration(trace),
        spans: traces.spans[trace].len(),
        errors: traces.errors[trace],
        orphans: traces.orphans[trace],
        services: services.iter().take(MAX_SERVICES).map(|(service, _)| service.0).collect(),
        service_count: len_u32(services.len()),
        depth: traces.depth[trace],
        is_loaded: true,
    }
}

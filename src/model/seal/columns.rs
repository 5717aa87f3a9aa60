//! The columns of a batch put in the data set's order, and back.

use super::super::batch::Batch;
use super::super::dataset::{Dataset, Traces};
use super::super::ids::{SpanIdx, TraceIdx, TraceKey};
use super::super::report::ImportReport;
use super::super::spans::{ResourceIdx, ScopeIdx, SpanMark, SpanMarks, Spans};
use super::forest::Forest;
use crate::base::{Column, FastMap, Idx, Sparse, len_u32};

/// Puts the columns in order. Services, traces and links are still empty.
pub(super) fn arrange(batch: Batch, forest: &Forest, trace_keys: Vec<TraceKey>) -> Dataset {
    let Batch {
        strings,
        attributes,
        spans,
        events,
        links,
        mut logs,
        mut exemplars,
        resources,
        scopes,
        resource_of_slot,
        scope_of_slot,
        ..
    } = batch;
    let Spans {
        trace: _,
        id,
        parent_id,
        name,
        start,
        end,
        kind,
        status,
        marks,
        flags,
        resource,
        scope,
        attributes: attribute_rows,
        events: event_rows,
        links: link_rows,
        source,
        status_message,
        trace_state,
        unknown_kind,
        dropped_attributes,
        dropped_events,
        dropped_links,
        ..
    } = spans;
    let order = forest.order.as_slice();
    let n = order.len();
    // Each old column is dropped as soon as the new one stands, so that one column at a time is there twice.
    let gathered = Spans {
        id: take(id, order),
        parent_id: take(parent_id, order),
        name: take(name, order),
        start: take(start, order),
        end: take(end, order),
        kind: take(kind, order),
        status: take(status, order),
        marks: Column::from_vec(
            take(marks, order).as_slice().iter().zip(&forest.marks).map(|(a, b)| SpanMarks(a.0 | b.0)).collect(),
        ),
        flags: take(flags, order),
        resource: Column::from_vec(take_mapped(&resource, order, |slot| resource_of_slot.as_slice().get(slot.usize()).copied())),
        scope: Column::from_vec(take_mapped(&scope, order, |slot| scope_of_slot.as_slice().get(slot.usize()).copied())),
        attributes: take(attribute_rows, order),
        events: take(event_rows, order),
        links: take(link_rows, order),
        source: take(source, order),
        parent: Column::from_vec(forest.parent.clone()),
        depth: Column::from_vec(forest.depth.clone()),
        subtree_end: Column::from_vec(forest.subtree_end.clone()),
        trace: Column::from_vec(trace_column(forest, n)),
        ..Spans::default()
    };
    let is_sparse_empty = status_message.is_empty()
        && trace_state.is_empty()
        && unknown_kind.is_empty()
        && dropped_attributes.is_empty()
        && dropped_events.is_empty()
        && dropped_links.is_empty();
    let mut spans = gathered;
    if !is_sparse_empty {
        let n_old = order.iter().map(|&old| old as usize + 1).max().unwrap_or(0);
        let mut new_of_old: Column<SpanIdx, SpanIdx> = Column::from_vec(vec![SpanIdx(u32::MAX); n_old]);
        for (new, &old) in order.iter().enumerate() {
            new_of_old[SpanIdx(old)] = SpanIdx(len_u32(new));
        }
        spans.status_message = renumber(&status_message, &new_of_old);
        spans.trace_state = renumber(&trace_state, &new_of_old);
        spans.unknown_kind = renumber(&unknown_kind, &new_of_old);
        spans.dropped_attributes = renumber(&dropped_attributes, &new_of_old);
        spans.dropped_events = renumber(&dropped_events, &new_of_old);
        spans.dropped_links = renumber(&dropped_links, &new_of_old);
    }
    let resource = |slot: &mut ResourceIdx| *slot = resource_of_slot.as_slice().get(slot.usize()).copied().unwrap_or_default();
    logs.resource.as_mut_slice().iter_mut().for_each(resource);
    exemplars.resource.as_mut_slice().iter_mut().for_each(resource);
    let scope = |slot: &mut ScopeIdx| *slot = scope_of_slot.as_slice().get(slot.usize()).copied().unwrap_or_default();
    logs.scope.as_mut_slice().iter_mut().for_each(scope);
    let mut strings = strings;
    strings.shrink();
    let mut trace_of_key = FastMap::default();
    for (at, &key) in trace_keys.iter().enumerate() {
        trace_of_key.insert(key, TraceIdx(len_u32(at)));
    }
    Dataset {
        strings,
        attributes: attributes.shrunk(),
        spans,
        events,
        links,
        logs,
        exemplars,
        resources,
        scopes,
        traces: Traces { key: Column::from_vec(trace_keys), ..Traces::default() },
        trace_of_key,
        ..Dataset::default()
    }
}

/// The batch that seals to this data set again.
pub(super) fn take_apart(dataset: Dataset) -> (Batch, ImportReport) {
    let Dataset { strings, attributes, mut spans, events, links, logs, exemplars, resources, scopes, traces, report, .. } =
        dataset;
    // Only what the file itself gave rise to stays marked; linking marks the rest anew.
    const KEPT: [SpanMark; 4] = [SpanMark::TextId, SpanMark::TextParentId, SpanMark::IrregularId, SpanMark::Merged];
    for marks in spans.marks.as_mut_slice() {
        let mut kept = SpanMarks::default();
        KEPT.into_iter().filter(|&mark| marks.has(mark)).for_each(|mark| kept.add(mark));
        *marks = kept;
    }
    spans.parent = Column::default();
    spans.depth = Column::default();
    spans.subtree_end = Column::default();
    let mut batch = Batch::default();
    batch.strings = strings;
    batch.attributes = attributes;
    batch.events = events;
    batch.links = links;
    // Their resources and scopes are slots of the same numbers.
    batch.logs = logs;
    batch.exemplars = exemplars;
    batch.readopt(&resources, &scopes, traces.key.as_slice());
    batch.spans = spans;
    (batch, report)
}

fn take<I: Idx, T: Copy>(column: Column<I, T>, order: &[u32]) -> Column<I, T> {
    let is_in_order = order.len() == column.len() && order.iter().enumerate().all(|(at, &old)| at == old as usize);
    if is_in_order {
        let mut rows = column.into_vec();
        rows.shrink_to_fit();
        return Column::from_vec(rows);
    }
    column.gather(order)
}

fn take_mapped<T: Copy + Default>(column: &Column<SpanIdx, T>, order: &[u32], map: impl Fn(T) -> Option<T>) -> Vec<T> {
    order.iter().map(|&old| map(column[SpanIdx(old)]).unwrap_or_default()).collect()
}

fn trace_column(forest: &Forest, n: usize) -> Vec<TraceIdx> {
    let mut traces = Vec::with_capacity(n);
    for (at, rows) in forest.rows_of_trace.iter().enumerate() {
        traces.resize(rows.end as usize, TraceIdx(len_u32(at)));
    }
    traces
}

fn renumber<T: Copy>(column: &Sparse<SpanIdx, T>, new_of_old: &Column<SpanIdx, SpanIdx>) -> Sparse<SpanIdx, T> {
    let pairs = column.iter().filter_map(|(old, value)| Some((*new_of_old.row(old)?, value)));
    Sparse::from_unsorted(pairs.filter(|(new, _)| new.0 != u32::MAX).collect())
}

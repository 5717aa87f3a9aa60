//! The service and trace tables, and the marks that need a span's parent at hand.

use super::super::dataset::Dataset;
use super::super::ids::{ServiceIdx, SpanIdx, TraceIdx};
use super::super::report::{Example, FindingKind};
use super::super::spans::{ResourceIdx, SpanMark, StatusCode};
use crate::base::{Column, FastMap, IdxRange, StrId, len_u32, sort_few, sort_short};

/// Makes the service table: those that have spans, by name.
pub(super) fn services(dataset: &mut Dataset) {
    let mut spans_of_resource: Column<ResourceIdx, u32> = Column::from_vec(vec![0; dataset.resources.service.len()]);
    for &resource in dataset.spans.resource.as_slice() {
        spans_of_resource[resource] += 1;
    }
    let used = spans_of_resource.iter().filter(|&(_, &spans)| spans != 0);
    let mut names: Vec<StrId> = used.map(|(resource, _)| dataset.resources.service[resource]).collect();
    sort_few(&mut names, |&a, &b| dataset.strings.get(a).cmp(dataset.strings.get(b)));
    names.dedup();
    let place: FastMap<StrId, ServiceIdx> = names.iter().enumerate().map(|(at, &name)| (name, ServiceIdx(len_u32(at)))).collect();
    let services = &mut dataset.services;
    services.spans = Column::from_vec(vec![0; names.len()]);
    services.name = Column::from_vec(names);
    for (resource, &name) in dataset.resources.service.iter() {
        let service = place.get(&name).copied().unwrap_or_default();
        services.of_resource.push(service);
        if let Some(spans) = services.spans.as_mut_slice().get_mut(service.0 as usize) {
            *spans += spans_of_resource[resource];
        }
    }
}

/// Tells of spans whose resource names no service: they belong to the first one, which has no name.
pub(super) fn unnamed_service(dataset: &mut Dataset) {
    if dataset.services.name.as_slice().first() != Some(&StrId::EMPTY) {
        return;
    }
    let count = dataset.services.spans.as_slice().first().copied().unwrap_or_default();
    let Some(first) = dataset.spans.id.range().iter().find(|&span| dataset.service(span) == ServiceIdx(0)) else { return };
    let example = Example {
        source: dataset.spans.source[first],
        note: format!(
            "span {} of trace {}",
            dataset.spans.key(first).display(&dataset.strings),
            dataset.traces.key[dataset.spans.trace[first]].display(&dataset.strings)
        ),
        ..Example::default()
    };
    dataset.report.add_many(FindingKind::NoService, count.into(), || example);
}

/// Makes the trace table, and marks what is odd about spans' times.
pub(super) fn traces(dataset: &mut Dataset, rows_of_trace: Vec<IdxRange<SpanIdx>>) {
    let mut counter = ServiceCounter { spans: Column::from_vec(vec![0; dataset.services.name.len()]), met: Vec::new() };
    for (at, &rows) in rows_of_trace.iter().enumerate() {
        one_trace(dataset, TraceIdx(len_u32(at)), rows, &mut counter);
    }
    dataset.traces.spans = Column::from_vec(rows_of_trace);
}

struct ServiceCounter {
    spans: Column<ServiceIdx, u32>,
    met: Vec<ServiceIdx>,
}

fn one_trace(dataset: &mut Dataset, trace: TraceIdx, rows: IdxRange<SpanIdx>, counter: &mut ServiceCounter) {
    let (mut start, mut end) = (0, 0);
    let (mut errors, mut roots, mut orphans, mut depth) = (0, 0, 0, 0);
    let mut first_root = None;
    let mut first_orphan = None;
    for span in rows.iter() {
        let service = dataset.service(span);
        if counter.spans[service] == 0 {
            counter.met.push(service);
        }
        counter.spans[service] += 1;
        time_marks(dataset, trace, span);

        let spans = &dataset.spans;
        if spans.start[span] != 0 && (start == 0 || spans.start[span] < start) {
            start = spans.start[span];
        }
        end = end.max(spans.drawn_end(span));
        errors += u32::from(spans.status[span] == StatusCode::Error);
        depth = depth.max(spans.depth[span]);
        if spans.parent_key(span) == super::super::ids::SpanKey::Missing {
            roots += 1;
            first_root = first_root.or(Some(span));
        } else if spans.marks[span].has(SpanMark::Orphan) {
            orphans += 1;
            first_orphan = first_orphan.or(Some(span));
        }
    }
    let traces = &mut dataset.traces;
    traces.root.push(first_root.or(first_orphan).or_else(|| rows.first()).unwrap_or_default());
    traces.start.push(start);
    traces.end.push(end.max(start));
    traces.errors.push(errors);
    traces.roots.push(roots);
    traces.orphans.push(orphans);
    traces.depth.push(depth);
    let list = &mut traces.service_list;
    let from = len_u32(list.len());
    let ServiceCounter { spans: counted, met } = &mut *counter;
    sort_short(met, |&a, &b| counted[b].cmp(&counted[a]).then(a.cmp(&b)));
    for service in counter.met.drain(..) {
        list.push((service, counter.spans[service]));
        counter.spans[service] = 0;
    }
    traces.services.push(IdxRange::new(from, len_u32(list.len())));
}

fn time_marks(dataset: &mut Dataset, trace: TraceIdx, span: SpanIdx) {
    let spans = &mut dataset.spans;
    let (start, end) = (spans.start[span], spans.end[span]);
    let mut marks = spans.marks[span];
    let mut found = None;
    if start == 0 {
        marks.add(SpanMark::NoStart);
        found = Some(FindingKind::NoStart);
    }
    if end == 0 {
        marks.add(SpanMark::Unfinished);
        found = Some(FindingKind::Unfinished);
    } else if end < start {
        marks.add(SpanMark::EndBeforeStart);
        found = Some(FindingKind::EndBeforeStart);
    }
    if let Some(parent) = spans.parent(span)
        && start != 0
        && spans.start[parent] != 0
    {
        let starts_before = start < spans.start[parent];
        let ends_after = spans.end[parent] != 0 && spans.drawn_end(parent) < spans.drawn_end(span);
        if starts_before {
            marks.add(SpanMark::StartsBeforeParent);
        }
        if ends_after {
            marks.add(SpanMark::EndsAfterParent);
        }
        if starts_before || ends_after {
            add(dataset, trace, span, FindingKind::OutsideParent);
        }
    }
    dataset.spans.marks[span] = marks;
    if let Some(kind) = found {
        add(dataset, trace, span, kind);
    }
}

fn add(dataset: &mut Dataset, trace: TraceIdx, span: SpanIdx, kind: FindingKind) {
    let (spans, traces, strings) = (&dataset.spans, &dataset.traces, &dataset.strings);
    dataset.report.add(kind, || Example {
        source: spans.source[span],
        note: format!("span {} of trace {}", spans.key(span).display(strings), traces.key[trace].display(strings)),
        ..Example::default()
    });
}

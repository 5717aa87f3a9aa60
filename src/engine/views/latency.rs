//! The latency charts' figures.

use std::rc::Rc;

use super::figures::{exactness, stats};
use super::group::{color, grouping, name, trace_groups};
use super::red::self_times;
use super::select::{normal, select};
use super::usize_of;
use crate::analysis::{
    self, EXACT_LIMIT, Grouping, Latency, LatencyCall, LatencyFigures, LatencyPlan, MAX_TOP, Selected, SpanGroupIdx,
};
use crate::base::{Idx as _, len_u32};
use crate::engine::caches::{Caches, Recent};
use crate::engine::palette::{self, FreeSlots};
use crate::model::{Dataset, SpanIdx, SpanMark, StatusCode, TraceIdx};
use crate::protocol::{Group, GroupBy, HeatCell, LatencyGroup, LatencyRequest, LatencyView, Population, TimeBin};

/// Bins of time, at most.
const MAX_TIME_BINS: u32 = 500;

/// What is kept of the charts.
#[derive(Debug, Default)]
pub(in crate::engine) struct LatencyCaches {
    views: Recent<LatencyRequest, LatencyView>,
}

/// The charts.
pub(in crate::engine) fn latency(
    dataset: &Dataset,
    palette: &[u8],
    caches: &mut Caches,
    request: &LatencyRequest,
) -> LatencyView {
    let request = LatencyRequest {
        selection: normal(&request.selection),
        of: request.of,
        by: request.by.clone(),
        top: request.top.clamp(1, len_u32(MAX_TOP)),
        time_bins: request.time_bins.min(MAX_TIME_BINS),
    };
    if let Some(view) = caches.latency.views.get(&request) {
        return LatencyView::clone(&view);
    }
    let selected = select(dataset, caches, &request.selection);
    let grouping = (request.by != GroupBy::Nothing).then(|| grouping(dataset, caches, &request.by));
    let plan = LatencyPlan {
        time_bins: request.time_bins,
        groups: grouping.as_ref().map_or(0, |grouping| grouping.groups.len()),
        top: usize_of(request.top),
        exact_limit: EXACT_LIMIT,
    };
    let found = match request.of {
        Population::Spans => of_spans(dataset, caches, &selected, grouping.as_deref(), plan),
        Population::Traces => of_traces(dataset, &selected, &request.by, grouping.as_deref(), plan),
    };
    let view = view(dataset, palette, &request.by, grouping.as_deref(), &found);
    LatencyView::clone(&caches.latency.views.put(request, view))
}

/// Whether a span has an end that is not before its start.
fn has_end(dataset: &Dataset, span: SpanIdx) -> bool {
    let marks = dataset.spans.marks[span];
    !marks.has(SpanMark::Unfinished) && !marks.has(SpanMark::EndBeforeStart)
}

fn of_spans(
    dataset: &Dataset,
    caches: &mut Caches,
    selected: &Selected,
    grouping: Option<&Grouping>,
    plan: LatencyPlan,
) -> Latency {
    let spans = &dataset.spans;
    let self_times: Rc<[u64]> = self_times(dataset, caches);
    let call = |span: SpanIdx| LatencyCall {
        start: spans.start[span],
        duration: spans.duration(span),
        self_time: self_times.get(span.usize()).copied().unwrap_or(0),
        failed: spans.status[span] == StatusCode::Error,
        has_end: has_end(dataset, span),
        group: grouping.map(|grouping| grouping.of(span)).unwrap_or_default(),
    };
    analysis::latency(|| selected.rows(dataset).map(call), plan)
}

fn of_traces(dataset: &Dataset, selected: &Selected, by: &GroupBy, grouping: Option<&Grouping>, plan: LatencyPlan) -> Latency {
    let traces = &dataset.traces;
    let group_of = grouping.map(|grouping| trace_groups(dataset, by, grouping));
    let call = |trace: TraceIdx| {
        let duration = traces.duration(trace);
        LatencyCall {
            start: traces.start[trace],
            duration,
            // Nothing of a trace is done by another.
            self_time: duration,
            failed: traces.errors[trace] != 0,
            has_end: duration != 0 || traces.spans[trace].iter().any(|span| has_end(dataset, span)),
            group: group_of.as_ref().map(|group_of| group_of(trace)).unwrap_or_default(),
        }
    };
    analysis::latency(|| selected.traces.iter().copied().map(call), plan)
}

fn view(dataset: &Dataset, palette: &[u8], by: &GroupBy, grouping: Option<&Grouping>, found: &Latency) -> LatencyView {
    let mut colors = FreeSlots::default();
    let mut shown = |group: &Option<SpanGroupIdx>| match group.zip(grouping) {
        Some((group, grouping)) => {
            let group = grouping.groups[group];
            let slot = color(dataset, palette, by, group);
            (name(dataset, by, group.first), if *by == GroupBy::Service { slot } else { colors.take(slot) })
        }
        None => (Group::Other, palette::NONE),
    };
    let groups = found.groups.iter().map(|(group, figures)| {
        let (group, color) = shown(group);
        latency_group(group, color, figures)
    });
    LatencyView {
        start: found.time.start,
        step: found.time.step,
        n_bins: found.time.n,
        window: found.window,
        edges: found.edges.clone(),
        exactness: exactness(found.is_exact),
        groups: groups.collect(),
        all: latency_group(Group::All, palette::NONE, &found.all),
        group_count: found.group_count,
        heat: found
            .heat
            .iter()
            .map(|&(time, duration, cell)| HeatCell {
                time,
                duration,
                count: u64::from(cell.count),
                errors: u64::from(cell.errors),
            })
            .collect(),
        without_start: found.without_start,
        without_end: found.without_end,
        basis: None,
    }
}

fn latency_group(group: Group, color: u8, figures: &LatencyFigures) -> LatencyGroup {
    let over_time = figures.over_time.iter().map(|(cell, percentiles)| TimeBin {
        count: u64::from(cell.count),
        errors: u64::from(cell.errors),
        p50: percentiles.p50,
        p90: percentiles.p90,
        p95: percentiles.p95,
        p99: percentiles.p99,
    });
    LatencyGroup {
        group,
        color,
        stats: stats(&figures.tally, figures.percentiles),
        counts: figures.by_duration.iter().map(|cell| u64::from(cell.count)).collect(),
        errors: figures.by_duration.iter().map(|cell| u64::from(cell.errors)).collect(),
        over_time: over_time.collect(),
    }
}

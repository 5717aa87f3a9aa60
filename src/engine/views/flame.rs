//! A part of a flame graph: laid out once, then what is in view of it, no finer than pixels.
//!
//! Frames that are narrower than a pixel are drawn as one where they begin within the same few pixels of a lane: an answer has
//! no more of them than fit on the screen, however many spans there are. In a merged graph they stand for all below them too.

use std::rc::Rc;

use super::find::{Found, Needle, found, strings_holding};
use super::query::matched;
use super::select::{normal, select};
use super::{find_trace, owned, span_id, trace_id, usize_of};
use crate::analysis::{FlameChart, FrameIdx, MergedFlame, Selected, Widths};
use crate::base::{BitSet, Idx as _, IdxRange, len_u32, merge_sorted, sort_few, sort_few_by_key};
use crate::engine::caches::{Caches, Recent, TraceTables};
use crate::model::{Dataset, SpanIdx, StatusCode, TraceIdx};
use crate::protocol::{Failure, FlameFrame, FlameLayout, FlameRequest, FlameSource, FlameView, Selection};
use crate::traceql::split;

/// Pixels across, at most: more than any screen has.
const MAX_COLUMNS: u32 = 16_384;

/// Lanes in an answer, at most.
const MAX_LANES: u32 = 512;

/// Frames above the root frame, at most: the nearest ones.
const MAX_ANCESTORS: usize = 256;

/// Frames that are too narrow are joined where they begin within so many pixels.
const CELL_PIXELS: u64 = 4;

/// What is kept of flame graphs.
#[derive(Debug, Default)]
pub(in crate::engine) struct FlameCaches {
    charts: Recent<(TraceIdx, bool), FlameChart>,
    merged: Recent<MergedKey, MergedFlame>,
    /// Frames of a merged graph that hold what is sought.
    found: Recent<(MergedKey, String), BitSet>,
}

/// What a merged graph is of.
#[derive(Debug, PartialEq, Eq)]
enum MergedKey {
    /// A trace, by its files' times or adjusted ones.
    Trace(TraceIdx, bool),
    Selection(Selection),
}

/// The part.
pub(in crate::engine) fn flame(dataset: &Dataset, caches: &mut Caches, request: &FlameRequest) -> Result<FlameView, Failure> {
    let trace = match &request.source {
        FlameSource::Trace { trace_id } => Some(find_trace(dataset, trace_id)?),
        FlameSource::Selection(_) => None,
    };
    // Many traces have no time in common.
    let widths = match (request.layout, trace) {
        (FlameLayout::Time, Some(trace)) => {
            let sought = Sought::new(dataset, caches, Some(trace), &request.find);
            return Ok(chart_view(dataset, caches, trace, request, sought.as_ref()));
        }
        (FlameLayout::Time | FlameLayout::Total, _) => Widths::Total,
        (FlameLayout::SelfTime, _) => Widths::SelfTime,
    };
    let graph = merged(dataset, caches, trace, request);
    let found = found_frames(dataset, caches, trace, request, &graph);
    Ok(merged_view(dataset, &graph, widths, request, found.as_deref()))
}

/// What is sought: in a trace what its other views seek, too; in many traces a text held against names and services, a query, or both.
#[derive(Default)]
struct Sought {
    /// Names by symbol, and services.
    words: Option<(Rc<BitSet>, Vec<bool>)>,
    /// Spans of many traces.
    queried: Option<BitSet>,
    /// Spans by their place in the trace, and the trace's first row.
    in_trace: Option<(u32, Rc<Found>)>,
}

impl Sought {
    fn new(dataset: &Dataset, caches: &mut Caches, trace: Option<TraceIdx>, text: &str) -> Option<Self> {
        if let Some(trace) = trace {
            let first = dataset.traces.spans[trace].start;
            return found(dataset, caches, trace, text).map(|found| Self { in_trace: Some((first, found)), ..Self::default() });
        }
        let (words, query) = split(text);
        let words = (!words.is_empty()).then(|| {
            let needle = Needle::new(words);
            let services = dataset.services.name.iter().map(|(service, _)| needle.is_in(dataset.service_name(service)));
            (strings_holding(dataset, caches, words), services.collect())
        });
        let queried = (!query.is_empty()).then(|| {
            let mut spans = BitSet::new(dataset.spans.len());
            for span in matched(dataset, caches, query).rows(dataset) {
                spans.insert(span.usize());
            }
            spans
        });
        (words.is_some() || queried.is_some()).then_some(Self { words, queried, in_trace: None })
    }

    fn is_in(&self, dataset: &Dataset, span: SpanIdx) -> bool {
        self.words.as_ref().is_none_or(|(names, services)| {
            names.has(dataset.spans.name[span].usize()) || services.get(dataset.service(span).usize()).copied().unwrap_or(false)
        }) && self.queried.as_ref().is_none_or(|queried| queried.has(span.usize()))
            && self
                .in_trace
                .as_ref()
                .is_none_or(|(first, found)| span.0.checked_sub(*first).is_some_and(|at| found.spans.has(usize_of(at))))
    }

    /// The frames that hold a span in which it is. By words alone, all spans of a frame are alike.
    fn frames(&self, dataset: &Dataset, graph: &MergedFlame, selected: &Selected) -> BitSet {
        if self.queried.is_some() || self.in_trace.is_some() {
            return graph.holding(dataset, selected, &|span| self.is_in(dataset, span));
        }
        let mut frames = BitSet::new(graph.frames.len());
        for (idx, frame) in graph.frames.iter() {
            if self.is_in(dataset, frame.longest) {
                frames.insert(idx.usize());
            }
        }
        frames
    }
}

/// A frame, or neighbors that are drawn as one.
#[derive(Clone, Copy)]
struct Drawn {
    id: u32,
    lane: u32,
    start: u64,
    width: u64,
    count: u32,
    total: u64,
    self_time: u64,
    errors: u32,
    /// The span that names it: the longest one of a frame; of many frames, that of the widest.
    span: SpanIdx,
    found: bool,
    is_many: bool,
}

impl Drawn {
    fn frame(self, dataset: &Dataset) -> FlameFrame {
        FlameFrame {
            id: self.id,
            lane: self.lane,
            start: self.start,
            width: self.width,
            service: dataset.service(self.span).0,
            name: if self.is_many { String::new() } else { owned(dataset, dataset.spans.name[self.span]) },
            count: self.count,
            total: self.total,
            self_time: self.self_time,
            errors: self.errors,
            span_id: span_id(dataset, self.span),
            trace_id: trace_id(dataset, dataset.spans.trace[self.span]),
            found: self.found,
            is_many: self.is_many,
        }
    }
}

/// What is in view, as it is gathered: frames of a lane come from the left.
struct View {
    from: u64,
    first_lane: u32,
    /// What is narrower than this is too narrow.
    narrow: u64,
    /// Frames that are too narrow are joined within cells of this width.
    cell: u64,
    drawn: Vec<Drawn>,
    /// By lane: what narrow frames are being joined into, with its widest frame's width, and where its cell ends.
    open: Vec<Option<(Drawn, u64, u64)>>,
}

impl View {
    fn new(request: &FlameRequest, from: u64, width: u64) -> Self {
        let columns = u64::from(request.columns.clamp(1, MAX_COLUMNS));
        Self {
            from,
            first_lane: request.first_lane,
            narrow: width.div_ceil(columns).max(1),
            cell: (width / columns).saturating_mul(CELL_PIXELS).max(width % columns * CELL_PIXELS / columns).max(1),
            drawn: Vec::new(),
            open: vec![None; usize_of(request.lanes.min(MAX_LANES))],
        }
    }

    /// The lanes in view.
    fn lanes(&self) -> std::ops::Range<u32> {
        self.first_lane..self.first_lane.saturating_add(len_u32(self.open.len()))
    }

    fn add(&mut self, frame: Drawn) {
        let at = frame.lane.checked_sub(self.first_lane).map(usize_of);
        let Some(open) = at.and_then(|at| self.open.get_mut(at)) else { return };
        let is_narrow = frame.width < self.narrow;
        if let Some((block, widest, cell_end)) = open {
            if is_narrow && frame.start < *cell_end {
                if *widest < frame.width {
                    (block.id, block.span, *widest) = (frame.id, frame.span, frame.width);
                }
                block.width = (frame.start + frame.width).saturating_sub(block.start).max(block.width);
                block.count = block.count.saturating_add(frame.count);
                block.total = block.total.saturating_add(frame.total);
                block.self_time = block.self_time.saturating_add(frame.self_time);
                block.errors = block.errors.saturating_add(frame.errors);
                block.found |= frame.found;
                block.is_many = true;
                return;
            }
            self.drawn.push(*block);
            *open = None;
        }
        if is_narrow {
            let cells = frame.start.saturating_sub(self.from) / self.cell;
            let cell_end = self.from.saturating_add((cells + 1).saturating_mul(self.cell));
            *open = Some((frame, frame.width, cell_end));
        } else {
            self.drawn.push(frame);
        }
    }

    /// The frames, by lane, then from the left.
    fn finish(mut self, dataset: &Dataset) -> Vec<FlameFrame> {
        self.drawn.extend(self.open.into_iter().flatten().map(|(block, ..)| block));
        sort_few_by_key(&mut self.drawn, |frame| (frame.lane, frame.start));
        self.drawn.into_iter().map(|frame| frame.frame(dataset)).collect()
    }
}

fn chart_view(
    dataset: &Dataset,
    caches: &mut Caches,
    trace: TraceIdx,
    request: &FlameRequest,
    sought: Option<&Sought>,
) -> FlameView {
    let tables = TraceTables::by(dataset, caches, trace, request.adjusted);
    let key = (trace, tables.is_moved);
    let chart = match caches.flame.charts.get(&key) {
        Some(chart) => chart,
        None if tables.is_moved => {
            let chart = FlameChart::of_moved(dataset, tables.rows, |span| tables.shift(dataset, span));
            caches.flame.charts.put(key, chart)
        }
        None => caches.flame.charts.put(key, FlameChart::of(dataset, tables.rows)),
    };
    let (spans, rows) = (&dataset.spans, tables.rows);
    // From the trace's start; a span without a start of its own stands there.
    let interval = |span: SpanIdx| {
        let (start, end) = (tables.start_of(dataset, span), tables.end_of(dataset, span));
        (start.saturating_sub(tables.start), end.saturating_sub(tables.start))
    };
    let draw = |span: SpanIdx, lane: u32| {
        let (start, end) = interval(span);
        Drawn {
            id: span.0 - rows.start,
            lane,
            start,
            width: end - start,
            count: 1,
            total: end - start,
            self_time: tables.times.self_time.get(tables.at(span)).copied().unwrap_or(0),
            errors: u32::from(spans.status[span] == StatusCode::Error),
            span,
            found: sought.is_some_and(|sought| sought.is_in(dataset, span)),
            is_many: false,
        }
    };

    let root = request.root.filter(|&root| root < rows.len()).map(|root| SpanIdx(rows.start + root));
    let (origin, end) = root.map_or_else(|| (0, dataset.traces.duration(trace)), interval);
    let (top_lane, lanes) = match root.map(|root| root.0 - rows.start) {
        None => (0, chart.lanes()),
        Some(root) => (chart.lane_of(root), chart.height_of(root)),
    };
    let inside = root.map_or(rows, |root| IdxRange::new(root.0, spans.subtree_end[root]));
    // What outlives the root frame is seen by whoever asks for that time.
    let (from, to) = match request.to {
        0 => (request.from.clamp(origin, end), end),
        to => (request.from.min(to), to.min(dataset.traces.duration(trace)).max(request.from.min(to))),
    };
    let mut view = View::new(request, from, to - from);
    for lane in view.lanes().start..view.lanes().end.min(lanes) {
        let in_lane = chart.in_lane(top_lane + lane);
        let ends_before = |&at: &u32| {
            let (start, end) = interval(tables.span(usize_of(at)));
            end < from || (end == from && start < from)
        };
        let first = in_lane.partition_point(ends_before);
        let in_view = in_lane.iter().skip(first).map(|&at| tables.span(usize_of(at)));
        for span in in_view.take_while(|&span| interval(span).0 <= to).filter(|&span| inside.contains(span)) {
            view.add(draw(span, lane));
        }
    }

    let mut above: Vec<SpanIdx> =
        std::iter::successors(root.and_then(|root| spans.parent(root)), |&span| spans.parent(span)).take(MAX_ANCESTORS).collect();
    above.reverse();
    let (found, found_width) = sought.map_or((0, 0), |sought| {
        let mut found = 0;
        let mut intervals = Vec::new();
        for span in rows.iter().filter(|&span| sought.is_in(dataset, span)) {
            found += 1;
            let is_above = root.is_some_and(|root| span < root && root.0 < spans.subtree_end[span]);
            if inside.contains(span) || is_above {
                let (from, to) = interval(span);
                intervals.push((from.max(origin), to.min(end)));
            }
        }
        sort_few(&mut intervals, Ord::cmp);
        merge_sorted(&mut intervals);
        (found, intervals.iter().map(|(start, end)| end - start).sum())
    });
    FlameView {
        whole: end - origin,
        origin,
        lanes,
        frames: view.finish(dataset),
        ancestors: (0..).zip(above).map(|(lane, span)| draw(span, lane).frame(dataset)).collect(),
        found,
        found_width,
        traces: 1,
        spans: u64::from(rows.len()),
        squeezed: 0,
    }
}

fn merged_key(trace: Option<TraceIdx>, request: &FlameRequest) -> MergedKey {
    match &request.source {
        FlameSource::Selection(selection) => MergedKey::Selection(normal(selection)),
        FlameSource::Trace { .. } => MergedKey::Trace(trace.unwrap_or_default(), request.adjusted),
    }
}

/// The frames of a merged graph in which is what is sought, from the cache if they are there; `None` where nothing is.
fn found_frames(
    dataset: &Dataset,
    caches: &mut Caches,
    trace: Option<TraceIdx>,
    request: &FlameRequest,
    graph: &MergedFlame,
) -> Option<Rc<BitSet>> {
    let key = (merged_key(trace, request), request.find.clone());
    if let Some(found) = caches.flame.found.get(&key) {
        return Some(found);
    }
    let sought = Sought::new(dataset, caches, trace, &request.find)?;
    let frames = match &key.0 {
        MergedKey::Trace(trace, _) => sought.frames(dataset, graph, &Selected::trace(*trace)),
        MergedKey::Selection(selection) => sought.frames(dataset, graph, &select(dataset, caches, selection)),
    };
    Some(caches.flame.found.put(key, frames))
}

/// The merged graph, from the cache if it is there.
fn merged(dataset: &Dataset, caches: &mut Caches, trace: Option<TraceIdx>, request: &FlameRequest) -> Rc<MergedFlame> {
    let key = merged_key(trace, request);
    if let Some(graph) = caches.flame.merged.get(&key) {
        return graph;
    }
    let graph = match &key {
        MergedKey::Trace(trace, adjusted) => {
            let tables = TraceTables::by(dataset, caches, *trace, *adjusted);
            MergedFlame::by(dataset, &Selected::trace(*trace), &|_| tables.times.self_time.clone())
        }
        MergedKey::Selection(selection) => MergedFlame::of(dataset, &select(dataset, caches, selection)),
    };
    caches.flame.merged.put(key, graph)
}

fn merged_view(
    dataset: &Dataset,
    graph: &MergedFlame,
    widths: Widths,
    request: &FlameRequest,
    sought: Option<&BitSet>,
) -> FlameView {
    let frames = &graph.frames;
    let draw = |idx: FrameIdx, lane: u32| {
        let (frame, (start, width)) = (&frames[idx], graph.place(idx, widths));
        Drawn {
            id: idx.0,
            lane,
            start,
            width,
            count: frame.count,
            total: frame.total,
            self_time: frame.self_time,
            errors: frame.errors,
            span: frame.longest,
            found: sought.is_some_and(|sought| sought.has(idx.usize())),
            is_many: false,
        }
    };
    let root = request.root.map(FrameIdx).filter(|&root| frames.row(root).is_some());
    let (origin, whole) = root.map_or_else(|| (0, graph.width(widths)), |root| graph.place(root, widths));
    let (top_lane, first, end) = match root {
        None => (0, 0, len_u32(frames.len())),
        Some(root) => (frames[root].lane, root.0, frames[root].subtree_end),
    };
    let inside = || (first..end).map(FrameIdx);
    let mut view = View::new(request, origin, whole);
    let last_lane = view.lanes().end;
    let mut next = first;
    while next < end {
        let (idx, frame) = (FrameIdx(next), &frames[FrameIdx(next)]);
        let lane = frame.lane - top_lane;
        view.add(draw(idx, lane));
        // What is below a frame is no wider; what is below the last lane is out of view.
        let goes_on = view.narrow <= graph.place(idx, widths).1 && lane + 1 < last_lane;
        next = if goes_on { next + 1 } else { frame.subtree_end };
    }

    let mut above: Vec<FrameIdx> =
        std::iter::successors(root.and_then(|root| graph.parent(root)), |&idx| graph.parent(idx)).take(MAX_ANCESTORS).collect();
    above.reverse();
    let (mut found, mut found_width, mut counted_until) = (0, 0, 0);
    if let Some(sought) = sought {
        for (idx, frame) in frames.iter().filter(|(idx, _)| sought.has(idx.usize())) {
            found += 1;
            if counted_until <= idx.0 {
                counted_until = frame.subtree_end;
                let (start, width) = graph.place(idx, widths);
                found_width += (start + width).min(origin + whole).saturating_sub(start.max(origin));
            }
        }
    }
    FlameView {
        whole,
        origin,
        lanes: inside().map(|idx| frames[idx].lane + 1 - top_lane).max().unwrap_or(0),
        frames: view.finish(dataset),
        ancestors: (0..).zip(above).map(|(lane, idx)| draw(idx, lane).frame(dataset)).collect(),
        found,
        found_width,
        traces: graph.traces,
        spans: graph.spans,
        squeezed: if widths == Widths::Total { graph.squeezed } else { 0 },
    }
}

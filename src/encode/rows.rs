//! Which spans are written, and in what pieces.

use crate::base::{BitSet, Idx, IdxRange, len_u32};
use crate::model::{Dataset, ExemplarIdx, LogIdx, SpanIdx, TraceIdx};

/// Spans in a unit, at most: what is written between two looks at the clock.
const UNIT_SPANS: usize = 512;

/// Rows of a data set, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanRows {
    ranges: Vec<IdxRange<SpanIdx>>,
    count: u64,
}

impl SpanRows {
    /// One range: a trace, a subtree, everything.
    pub fn range(rows: IdxRange<SpanIdx>) -> Self {
        let mut new = Self::default();
        new.add(rows);
        new
    }

    /// All rows.
    pub fn all(dataset: &Dataset) -> Self {
        Self::range(dataset.spans.id.range())
    }

    /// All rows of traces.
    pub fn of_traces(dataset: &Dataset, traces: &[TraceIdx]) -> Self {
        let mut ranges: Vec<_> = traces.iter().filter_map(|&trace| dataset.traces.spans.row(trace).copied()).collect();
        crate::base::sort_few_by_key(&mut ranges, |range| range.start);
        let mut new = Self::default();
        for range in ranges {
            new.add(range);
        }
        new
    }

    /// Those rows of traces that are in a set.
    pub fn of_set(dataset: &Dataset, traces: &[TraceIdx], set: &BitSet) -> Self {
        let mut new = Self::default();
        for range in &Self::of_traces(dataset, traces).ranges {
            for span in range.iter().filter(|span| set.has(span.usize())) {
                new.add(IdxRange::new(span.0, span.0 + 1));
            }
        }
        new
    }

    fn add(&mut self, rows: IdxRange<SpanIdx>) {
        if rows.is_empty() {
            return;
        }
        self.count += u64::from(rows.len());
        match self.ranges.last_mut() {
            Some(last) if last.end == rows.start => last.end = rows.end,
            _ => self.ranges.push(rows),
        }
    }

    /// Spans.
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// Traces that they are of.
    pub fn traces(&self, dataset: &Dataset) -> u64 {
        let mut n = 0;
        self.for_each_trace(dataset, |_, _| n += 1);
        n
    }

    /// Each trace that they are of, and whether all of its rows are here.
    fn for_each_trace(&self, dataset: &Dataset, mut visit: impl FnMut(TraceIdx, bool)) {
        let mut last = None;
        for range in &self.ranges {
            let mut row = SpanIdx(range.start);
            // From trace to trace, not from span to span.
            while range.contains(row) {
                let trace = dataset.spans.trace[row];
                let rows = dataset.traces.spans.row(trace).copied().unwrap_or_default();
                if last.replace(trace) != Some(trace) {
                    visit(trace, range.start <= rows.start && rows.end <= range.end);
                }
                row = SpanIdx(rows.end.max(row.0 + 1));
            }
        }
    }

    /// The log records that go with them: those of these spans; of whole traces all; and of all that is open also those of no trace that
    /// is here. A range for each trace, or more.
    pub(super) fn logs(&self, dataset: &Dataset) -> Vec<IdxRange<LogIdx>> {
        let of_trace = |trace| dataset.logs_of_trace(trace);
        self.going_along(dataset, dataset.logs.len(), of_trace, |log| dataset.span_of_log(log))
    }

    /// The exemplars that belong to them in the same way.
    pub(super) fn exemplars(&self, dataset: &Dataset) -> u64 {
        let of_trace = |trace| dataset.exemplars_of_trace(trace);
        let ranges: Vec<IdxRange<ExemplarIdx>> =
            self.going_along(dataset, dataset.exemplars.len(), of_trace, |at| dataset.span_of_exemplar(at));
        ranges.iter().map(|range| u64::from(range.len())).sum()
    }

    fn going_along<I: Idx>(
        &self,
        dataset: &Dataset,
        n: usize,
        of_trace: impl Fn(TraceIdx) -> IdxRange<I>,
        span_of: impl Fn(I) -> Option<SpanIdx>,
    ) -> Vec<IdxRange<I>> {
        let mut found: Vec<IdxRange<I>> = Vec::new();
        if n == 0 {
            return found;
        }
        // Those of traces that are here stand first.
        let mut placed = 0;
        self.for_each_trace(dataset, |trace, is_whole| {
            let range = of_trace(trace);
            placed = placed.max(range.end);
            if is_whole {
                found.extend((!range.is_empty()).then_some(range));
                return;
            }
            let mut run: Option<IdxRange<I>> = None;
            for at in range.iter() {
                if !span_of(at).is_some_and(|span| self.has(span)) {
                    found.extend(run.take());
                    continue;
                }
                let row = at.to_u32();
                run = Some(IdxRange::new(run.map_or(row, |run| run.start), row + 1));
            }
            found.extend(run);
        });
        let rest = IdxRange::new(placed, len_u32(n));
        if self.count == dataset.spans.len() as u64 && !rest.is_empty() {
            found.push(rest);
        }
        found
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether the row is one of them.
    pub fn has(&self, span: SpanIdx) -> bool {
        let at = self.ranges.partition_point(|range| range.end <= span.0);
        self.ranges.get(at).is_some_and(|range| range.contains(span))
    }

    /// Those within some rows.
    pub(super) fn within(&self, rows: IdxRange<SpanIdx>) -> impl Iterator<Item = SpanIdx> + '_ {
        let from = self.ranges.partition_point(|range| range.end <= rows.start);
        let ranges = self.ranges.get(from..).unwrap_or_default().iter().take_while(move |range| range.start < rows.end);
        ranges.flat_map(move |range| IdxRange::<SpanIdx>::new(range.start.max(rows.start), range.end.min(rows.end)).iter())
    }
}

/// A place among rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    range: usize,
    /// Rows taken of the range.
    taken: u32,
}

impl Cursor {
    /// The next row.
    pub(super) fn next(&mut self, rows: &SpanRows) -> Option<SpanIdx> {
        let range = rows.ranges.get(self.range)?;
        let span = SpanIdx(range.start + self.taken);
        self.taken += 1;
        if range.end <= span.0 + 1 {
            (self.range, self.taken) = (self.range + 1, 0);
        }
        Some(span)
    }

    /// The next rows, up to as many as make a unit, into `unit`; no further than their trace, if that matters.
    pub(super) fn unit(&mut self, rows: &SpanRows, trace_of: Option<&dyn Fn(SpanIdx) -> TraceIdx>, unit: &mut Vec<SpanIdx>) {
        unit.clear();
        while unit.len() < UNIT_SPANS {
            let before = *self;
            let Some(span) = self.next(rows) else { return };
            if let (Some(trace_of), Some(&first)) = (trace_of, unit.first())
                && trace_of(first) != trace_of(span)
            {
                *self = before;
                return;
            }
            unit.push(span);
        }
    }
}

/// A place among log records.
#[derive(Clone, Debug, Default)]
pub(super) struct LogCursor {
    /// What is left, last first.
    left: Vec<IdxRange<LogIdx>>,
}

impl LogCursor {
    /// Before the first of those that go with rows.
    pub(super) fn new(dataset: &Dataset, rows: &SpanRows) -> Self {
        let mut left = rows.logs(dataset);
        left.reverse();
        Self { left }
    }

    /// The next ones, as many as make a unit, all of a trace; and whether it has no more. `None` at the end.
    pub(super) fn unit(&mut self, dataset: &Dataset) -> Option<(IdxRange<LogIdx>, bool)> {
        let range = self.left.pop()?;
        let end = range.end.min(range.start.saturating_add(len_u32(UNIT_SPANS)));
        if end < range.end {
            self.left.push(IdxRange::new(end, range.end));
        }
        let trace = |range: &IdxRange<LogIdx>| range.first().and_then(|log| dataset.trace_of_log(log));
        let goes_on = self.left.last().is_some_and(|next| trace(next) == trace(&range));
        Some((IdxRange::new(range.start, end), !goes_on))
    }
}

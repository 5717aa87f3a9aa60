//! Which spans are written, and in what pieces.

use crate::base::{BitSet, Idx as _, IdxRange};
use crate::model::{Dataset, SpanIdx, TraceIdx};

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
        let (mut n, mut last) = (0, None);
        for range in &self.ranges {
            let mut row = SpanIdx(range.start);
            // From trace to trace, not from span to span.
            while range.contains(row) {
                let trace = dataset.spans.trace[row];
                n += u64::from(last.replace(trace) != Some(trace));
                row = SpanIdx(dataset.traces.spans.row(trace).map_or(range.end, |rows| rows.end.max(row.0 + 1)));
            }
        }
        n
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

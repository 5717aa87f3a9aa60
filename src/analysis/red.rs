//! The table of operations: rate, errors and duration of each service and span name, with self time and critical path.
//!
//! One pass over the spans sums up; a sort of their durations puts each operation's spans in order, so that its percentiles
//! and examples are looked up, not searched. Beyond the limit of exactness a second pass sketches the percentiles instead. A
//! span costs no allocation, and 4 bytes of what is kept.

use super::grouping::Grouping;
use super::quantile::{Percentiles, Quantiles, Tally};
use super::selected::Selected;
use crate::base::{Idx as _, IdxRange, sort_by_value};
use crate::model::{Dataset, SpanIdx, StatusCode};

crate::define_index!(
    /// A place in the list of spans by operation.
    pub OperationSpanIdx
);

/// Operations, in the order in which they first come in the data set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Those that have a selected span.
    pub operations: Vec<Operation>,
    /// All of them together.
    pub all: Tally,
    /// Percentiles of all of them together.
    pub percentiles: Percentiles,
    /// Nanoseconds of selected spans on critical paths.
    pub critical: u64,
    /// Earliest and latest start of spans that have one; zeros if none has.
    pub window: (u64, u64),
    /// Whether percentiles are exact.
    pub is_exact: bool,
    /// The spans, operation by operation; where percentiles are exact, by duration in each, then by row.
    spans: Vec<SpanIdx>,
}

/// A service and a span name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// A span of it, selected or not.
    pub member: SpanIdx,
    /// Sums.
    pub tally: Tally,
    /// Percentiles of the durations.
    pub percentiles: Percentiles,
    /// Nanoseconds on critical paths.
    pub critical: u64,
    spans: IdxRange<OperationSpanIdx>,
}

/// Spans that show what an operation's figures mean. Of equal ones the first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examples {
    /// The shortest.
    pub fastest: SpanIdx,
    /// The one whose duration is the median; of a sketch, the nearest to it.
    pub median: SpanIdx,
    /// The longest.
    pub slowest: SpanIdx,
    /// The longest that failed.
    pub failing: Option<SpanIdx>,
}

/// What is known of each span of the data set.
#[derive(Clone, Copy, Debug)]
pub struct SpanTimes<'a> {
    /// Self times, by row.
    pub own: &'a [u64],
    /// Nanoseconds on the critical path, by row.
    pub critical: &'a [u64],
}

impl Operations {
    /// Sums up the selected spans; `grouping` is by operation.
    pub fn new(dataset: &Dataset, selected: &Selected, grouping: &Grouping, times: SpanTimes<'_>, exact_limit: usize) -> Self {
        let spans = &dataset.spans;
        let n_spans = selected.count(dataset);
        let mut found = Self { is_exact: n_spans <= exact_limit, window: (u64::MAX, 0), ..Self::default() };
        let mut sums: Vec<(Tally, u64)> = vec![Default::default(); grouping.groups.len()];
        let mut pairs: Vec<(u64, u32)> = Vec::with_capacity(if found.is_exact { n_spans } else { 0 });
        selected.rows(dataset).for_each(|span| {
            let Some((tally, critical)) = sums.get_mut(grouping.of(span).usize()) else { return };
            let at = |column: &[u64]| column.get(span.usize()).copied().unwrap_or(0);
            let duration = spans.duration(span);
            tally.add(duration, at(times.own), spans.status[span] == StatusCode::Error);
            *critical = critical.saturating_add(at(times.critical));
            let start = spans.start[span];
            if start != 0 {
                found.window = (found.window.0.min(start), found.window.1.max(start));
            }
            if found.is_exact {
                pairs.push((duration, span.to_u32()));
            }
        });
        if found.window.1 == 0 {
            found.window = (0, 0);
        }
        // Where the next span of each group goes.
        let mut next = Vec::with_capacity(sums.len());
        let mut end = 0;
        for (&(tally, critical), (_, group)) in sums.iter().zip(grouping.groups.iter()) {
            next.push(end);
            if tally.count == 0 {
                continue;
            }
            let range = IdxRange::new(end, end + tally.count);
            end += tally.count;
            let percentiles = Percentiles::default();
            found.operations.push(Operation { member: group.first, tally, percentiles, critical, spans: range });
            found.all.merge(&tally);
            found.critical = found.critical.saturating_add(critical);
        }
        found.spans = vec![SpanIdx::default(); end as usize];
        let mut place = |spans: &mut [SpanIdx], span: SpanIdx| {
            let Some(next) = next.get_mut(grouping.of(span).usize()) else { return };
            if let Some(slot) = spans.get_mut(*next as usize) {
                *slot = span;
            }
            *next += 1;
        };
        if found.is_exact {
            sort_by_value(&mut pairs);
            for &(_, row) in &pairs {
                place(&mut found.spans, SpanIdx(row));
            }
            found.percentiles = Percentiles::at_ranks(found.all.count, |at| pairs.get(at).map(|pair| pair.0));
        } else {
            selected.rows(dataset).for_each(|span| place(&mut found.spans, span));
            let mut all = Quantiles::sketched(1);
            for &span in &found.spans {
                all.push(0, spans.duration(span));
            }
            found.percentiles = all.of(0);
        }
        for operation in &mut found.operations {
            let members = slice(&found.spans, operation.spans);
            operation.percentiles = if found.is_exact {
                Percentiles::at_ranks(operation.tally.count, |at| members.get(at).map(|&span| spans.duration(span)))
            } else {
                let mut sketch = Quantiles::sketched(1);
                for &span in members {
                    sketch.push(0, spans.duration(span));
                }
                sketch.of(0)
            };
        }
        found
    }

    /// The selected spans of an operation.
    pub fn spans(&self, operation: &Operation) -> &[SpanIdx] {
        slice(&self.spans, operation.spans)
    }

    /// Spans to look at.
    pub fn examples(&self, dataset: &Dataset, operation: &Operation) -> Option<Examples> {
        let spans = &dataset.spans;
        let members = self.spans(operation);
        let failed = |span: &SpanIdx| spans.status[*span] == StatusCode::Error;
        // Of equal durations the first row is meant also where the longest is looked for.
        let longest = |a: &SpanIdx, b: &SpanIdx| spans.duration(*a).cmp(&spans.duration(*b)).then(b.cmp(a));
        let p50 = operation.percentiles.p50;
        if !self.is_exact {
            let distance = |span: &SpanIdx| (spans.duration(*span).abs_diff(p50), *span);
            return Some(Examples {
                fastest: members.iter().copied().min_by_key(|span| (spans.duration(*span), *span))?,
                median: members.iter().copied().min_by_key(distance)?,
                slowest: members.iter().copied().max_by(longest)?,
                failing: members.iter().copied().filter(failed).max_by(longest),
            });
        }
        let from = |duration: u64| {
            let (_, rest) = members.split_at(members.partition_point(|&span| spans.duration(span) < duration));
            rest.iter().copied()
        };
        let failing = members.iter().rev().find(|span| operation.tally.errors != 0 && failed(span));
        Some(Examples {
            fastest: from(0).next()?,
            median: from(p50).next()?,
            slowest: from(operation.tally.max).next()?,
            failing: failing.and_then(|&span| from(spans.duration(span)).find(failed)),
        })
    }

    /// Calls of an operation and those that failed, in `bins` parts of the window; of a time that no whole nanoseconds part
    /// equally, the last ones are shorter.
    pub fn over_time(&self, dataset: &Dataset, operation: &Operation, bins: u32) -> (Vec<u32>, Vec<u32>) {
        let spans = &dataset.spans;
        let (from, to) = self.window;
        let mut counts = vec![0; bins as usize];
        let mut errors = counts.clone();
        // Both ends are in the window, so it is a nanosecond longer than their difference.
        let width = (to - from).checked_div(u64::from(bins)).map_or(1, |width| width.saturating_add(1));
        for &span in self.spans(operation) {
            let Some(after) = spans.start[span].checked_sub(from).filter(|_| spans.start[span] != 0) else { continue };
            let bin = usize::try_from(after / width).unwrap_or(usize::MAX);
            if let (Some(count), Some(failed)) = (counts.get_mut(bin), errors.get_mut(bin)) {
                *count += 1;
                *failed += u32::from(spans.status[span] == StatusCode::Error);
            }
        }
        (counts, errors)
    }
}

fn slice(spans: &[SpanIdx], range: IdxRange<OperationSpanIdx>) -> &[SpanIdx] {
    spans.get(range.start as usize..range.end as usize).unwrap_or_default()
}

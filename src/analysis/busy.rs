//! When a span's children were running.

use crate::base::{merge_sorted, sort_few};
use crate::model::{Dataset, SpanIdx};

/// The union of the children's times, clipped to the span, as offsets from its start: ascending, disjoint, at most `limit`.
pub fn busy(dataset: &Dataset, span: SpanIdx, limit: usize) -> Vec<(u64, u64)> {
    busy_shifted(dataset, span, limit, &|_| 0)
}

/// The same where the times of each span are moved by so much.
pub fn busy_shifted(dataset: &Dataset, span: SpanIdx, limit: usize, shift: &dyn Fn(SpanIdx) -> i64) -> Vec<(u64, u64)> {
    let spans = &dataset.spans;
    let (start, end) = (spans.start[span], spans.drawn_end(span));
    let own = shift(span);
    let mut intervals: Vec<(u64, u64)> = spans
        .children(span)
        .map(|child| {
            let moved = shift(child).saturating_sub(own);
            let at = |time: u64| time.saturating_add_signed(moved);
            (at(spans.start[child]).max(start), at(spans.drawn_end(child)).min(end))
        })
        .filter(|(from, to)| from < to)
        .map(|(from, to)| (from - start, to - start))
        .collect();
    // Children of several processes are moved past each other.
    if !intervals.is_sorted() {
        sort_few(&mut intervals, Ord::cmp);
    }
    merge_sorted(&mut intervals);
    thin_out(&mut intervals, limit);
    intervals
}

/// Joins the intervals that are nearest to each other until at most `limit` are left. They stand in order and do not touch.
pub fn thin_out(intervals: &mut Vec<(u64, u64)>, limit: usize) {
    let limit = limit.max(1);
    if intervals.len() <= limit {
        return;
    }
    let gap = |pair: &[(u64, u64)]| match pair {
        [a, b] => b.0.saturating_sub(a.1),
        _ => 0,
    };
    // The widest gaps stay; of equal ones the first.
    let mut gaps: Vec<(u64, usize)> = intervals.windows(2).map(gap).zip(0..).collect();
    sort_few(&mut gaps, |a, b| b.0.cmp(&a.0));
    gaps.truncate(limit - 1);
    let mut cuts: Vec<usize> = gaps.into_iter().map(|(_, before)| before).collect();
    sort_few(&mut cuts, Ord::cmp);
    cuts.push(intervals.len() - 1);
    let mut first = 0;
    let mut joined = Vec::with_capacity(cuts.len());
    for last in cuts {
        if let (Some(from), Some(to)) = (intervals.get(first), intervals.get(last)) {
            joined.push((from.0, to.1));
        }
        first = last + 1;
    }
    *intervals = joined;
}

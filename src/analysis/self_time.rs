//! Self time: a span's duration less the union of its children's, each clipped to the span.

use super::busy::busy_shifted;
use crate::base::IdxRange;
use crate::model::{Dataset, SpanIdx};

/// What a pass over the children tells of each row of a trace, in the order of the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildTimes {
    /// Nanoseconds in which no child was running.
    pub self_time: Vec<u64>,
    /// Direct children.
    pub children: Vec<u32>,
}

/// Self times and child counts of rows that make up whole trees.
///
/// Siblings stand in order of their starts, and each comes after its parent: so one pass over the rows, with the place up to
/// which each parent's time is covered, sees every union grow from left to right.
pub fn child_times(dataset: &Dataset, rows: IdxRange<SpanIdx>) -> ChildTimes {
    let spans = &dataset.spans;
    let mut times =
        ChildTimes { self_time: rows.iter().map(|span| spans.duration(span)).collect(), children: vec![0; rows.len() as usize] };
    // Up to where the children so far cover each row.
    let mut reached: Vec<u64> = rows.iter().map(|span| spans.start[span]).collect();
    for span in rows.iter() {
        let Some(parent) = spans.parent(span).filter(|&parent| rows.contains(parent)) else { continue };
        let at = (parent.0 - rows.start) as usize;
        let (Some(self_time), Some(children), Some(reached)) =
            (times.self_time.get_mut(at), times.children.get_mut(at), reached.get_mut(at))
        else {
            continue;
        };
        *children += 1;
        let start = spans.start[span].max(*reached);
        let end = spans.drawn_end(span).min(spans.drawn_end(parent));
        if start < end {
            *self_time -= end - start;
            *reached = end;
        }
    }
    times
}

/// The same where the times of each span are moved by so much, and siblings out of their order.
pub fn child_times_moved(dataset: &Dataset, rows: IdxRange<SpanIdx>, shift: &dyn Fn(SpanIdx) -> i64) -> ChildTimes {
    let mut times = child_times(dataset, rows);
    for ((span, self_time), &children) in rows.iter().zip(&mut times.self_time).zip(&times.children) {
        if children != 0 {
            let busy: u64 = busy_shifted(dataset, span, usize::MAX, shift).iter().map(|(from, to)| to - from).sum();
            *self_time = dataset.spans.duration(span) - busy;
        }
    }
    times
}

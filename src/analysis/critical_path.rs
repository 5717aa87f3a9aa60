//! The critical path of a trace: the spans, and the parts of them, whose shortening would shorten the trace.
//!
//! ```text
//!   checkout   ├──────────────────────────┤     read from the end to the start:
//!     cart       ├─────┤                        checkout's own, after bank has ended
//!     stock      ├───────────┤                  bank: no other child ends later
//!     bank                   ├───────┤          stock: it ended when bank began
//!                                               checkout's own, before stock
//!   path       ▔▔oooooooooooo▔▔▔▔▔▔▔▔▔▔▔▔       cart is not on it: stock went on for longer
//! ```
//! The definition is that of CRISP (Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures",
//! USENIX ATC 2022) and of Jaeger's page: from the end of a span walk back; of its children that have ended by then, the one
//! that ended last is what the span waited for, so the path is the child's until the child began, and from there the walk goes
//! on; what no such child covers is the span's own. Of children that end together the first one to start is taken. A child that
//! was still running when a later one on the path began did not hold that one up, and is not on the path.
//!
//! *What outlives its parent* is clipped to it, on both sides, as Jaeger's `sanitizeOverFlowingChildren` does, and so is all
//! below it: up to the parent's end the child may have been waited for, beyond it nobody waits. A child that begins after its
//! parent has ended is on no path. So the path of a trace with one root is exactly as long as that root, whatever runs on in the
//! background; [`CriticalPath::outliving`] counts what does. Kinds are not consulted: a consumer that runs on is clipped by its
//! times, and one that its producer awaits is waited for.
//!
//! *Several roots, and orphans*, are children of one that is as long as the trace: the path goes through those that ended last,
//! and where none of them runs it has a gap, which is nobody's. *A span whose time is not known* (no start, no end, or an end
//! before its start) is looked through: its children stand in its place. A span of no length takes no part.
//!
//! Children are sorted by end, and only those of spans on the path: n log n at worst, for one parent of all.

use std::cmp::Reverse;

use crate::base::{IdxRange, len_u32, sort_short};
use crate::model::{Dataset, SpanIdx};

/// Where each span of a trace is on the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CriticalPath {
    /// (span, start, end): absolute times, ascending and disjoint.
    pub parts: Vec<(SpanIdx, u64, u64)>,
    /// Spans that run on after their parent has ended.
    pub outliving: u32,
    first_row: u32,
    /// Where the parts of each row stand in `by_row`; one more than there are rows. Empty where there is no part.
    starts: Vec<u32>,
    /// Positions in `parts`, by row, then ascending.
    by_row: Vec<u32>,
}

/// What is left to be walked: a span from one time to another, or a part that is a span's own.
struct Stretch {
    span: SpanIdx,
    from: u64,
    to: u64,
    is_own: bool,
}

/// A child that a span may have waited for, to be sorted by which is asked first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Child {
    end: Reverse<u64>,
    span: SpanIdx,
    start: u64,
}

impl CriticalPath {
    /// The path of the trace that has these rows.
    pub fn of(dataset: &Dataset, rows: IdxRange<SpanIdx>) -> Self {
        Self::of_moved(dataset, rows, |_| 0)
    }

    /// The same where the times of each span are moved by so much.
    pub fn of_moved(dataset: &Dataset, rows: IdxRange<SpanIdx>, shift: impl Fn(SpanIdx) -> i64) -> Self {
        let times = Times { dataset, shift };
        let mut path = Self { outliving: times.outliving(rows), first_row: rows.start, ..Self::default() };
        let mut children = Vec::new();
        // The earliest stretch on top, so that parts come in order.
        let mut rest = Vec::new();
        times.walk_back(None, rows, (0, u64::MAX), &mut children, &mut rest);
        while let Some(Stretch { span, from, to, is_own }) = rest.pop() {
            let below = dataset.spans.below(span);
            if is_own || below.is_empty() {
                path.parts.push((span, from, to));
            } else {
                times.walk_back(Some(span), below, (from, to), &mut children, &mut rest);
            }
        }
        path.index(rows.len());
        path
    }

    /// The parts of a span that are its own, ascending.
    pub fn parts_of(&self, span: SpanIdx) -> impl Iterator<Item = (u64, u64)> + '_ {
        let at = span.0.wrapping_sub(self.first_row) as usize;
        let bound = |at: usize| self.starts.get(at).map(|&start| start as usize);
        let range = bound(at).zip(bound(at.wrapping_add(1)));
        let parts = range.and_then(|(start, end)| self.by_row.get(start..end)).unwrap_or_default();
        parts.iter().filter_map(|&part| self.parts.get(part as usize)).map(|&(_, from, to)| (from, to))
    }

    /// How long a span itself is on the path.
    pub fn time_of(&self, span: SpanIdx) -> u64 {
        self.parts_of(span).map(|(from, to)| to - from).sum()
    }

    /// How long the path is.
    pub fn total(&self) -> u64 {
        self.parts.iter().map(|&(_, from, to)| to - from).sum()
    }

    /// Lists the parts by row.
    fn index(&mut self, n_rows: u32) {
        if self.parts.is_empty() {
            return;
        }
        // Counted one place further on, summed up, then each start is moved on as its parts are put in place, and so ends as
        // the start of the next row.
        let mut starts = vec![0; n_rows as usize + 2];
        let at = |span: SpanIdx| span.0.wrapping_sub(self.first_row) as usize;
        for &(span, ..) in &self.parts {
            if let Some(count) = starts.get_mut(at(span) + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut by_row = vec![0; self.parts.len()];
        for (part, &(span, ..)) in (0..).zip(&self.parts) {
            if let Some(next) = starts.get_mut(at(span) + 1) {
                if let Some(slot) = by_row.get_mut(*next as usize) {
                    *slot = part;
                }
                *next += 1;
            }
        }
        starts.truncate(n_rows as usize + 1);
        (self.starts, self.by_row) = (starts, by_row);
    }
}

/// When spans ran, by clocks that are moved.
struct Times<'a, F> {
    dataset: &'a Dataset,
    shift: F,
}

impl<F: Fn(SpanIdx) -> i64> Times<'_, F> {
    fn start(&self, span: SpanIdx) -> u64 {
        self.dataset.spans.start[span].saturating_add_signed((self.shift)(span))
    }

    fn drawn_end(&self, span: SpanIdx) -> u64 {
        self.dataset.spans.drawn_end(span).saturating_add_signed((self.shift)(span))
    }

    /// Whether it is known when a span ran.
    #[inline]
    fn is_timed(&self, span: SpanIdx) -> bool {
        let (start, end) = (self.dataset.spans.start[span], self.dataset.spans.end[span]);
        start != 0 && start <= end
    }

    /// Walks back over a span from the end of `within` to its start, and leaves what it meets on `rest`, the latest first. Without
    /// a span, it walks over the tops of the trees in `below`.
    fn walk_back(
        &self,
        span: Option<SpanIdx>,
        below: IdxRange<SpanIdx>,
        within: (u64, u64),
        children: &mut Vec<Child>,
        rest: &mut Vec<Stretch>,
    ) {
        children.clear();
        let mut next = below.first();
        while let Some(child) = next.filter(|&child| below.contains(child)) {
            let is_timed = self.is_timed(child);
            next = Some(SpanIdx(if is_timed { self.dataset.spans.subtree_end[child] } else { child.0 + 1 }));
            let (start, end) = (self.start(child).max(within.0), self.drawn_end(child).min(within.1));
            if is_timed && start < end {
                children.push(Child { end: Reverse(end), start, span: child });
            }
        }
        sort_short(children, Ord::cmp);
        let own = |from: u64, to: u64, rest: &mut Vec<Stretch>| {
            if let Some(span) = span.filter(|_| from < to) {
                rest.push(Stretch { span, from, to, is_own: true });
            }
        };
        let mut time = within.1;
        for &Child { end: Reverse(end), start, span: child } in &*children {
            if end <= time {
                own(end, time, rest);
                rest.push(Stretch { span: child, from: start, to: end, is_own: false });
                time = start;
            }
        }
        own(within.0, time, rest);
    }

    /// How many spans end after their parent, where it is known when both ran.
    fn outliving(&self, rows: IdxRange<SpanIdx>) -> u32 {
        let outlives = |&span: &SpanIdx| {
            let parent = self.dataset.spans.parent(span).filter(|&parent| self.is_timed(parent) && self.is_timed(span));
            parent.is_some_and(|parent| self.drawn_end(parent) < self.drawn_end(span))
        };
        len_u32(rows.iter().filter(outlives).count())
    }
}

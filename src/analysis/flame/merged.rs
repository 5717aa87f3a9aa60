//! Like spans joined by the path of operations that leads to them, over any number of traces.
//!
//! ```text
//!   trace 1   GET / ─ cart ─ query          GET /  2 spans
//!                   └ cart                    cart   3 spans
//!   trace 2   GET / ─ cart ─ query              query  2 spans
//! ```
//! One pass over the rows, with the frames of the spans above at hand, finds the frame of each span; then the tree of frames is
//! put into pre-order. Siblings stand by service, then by name, as in Brendan Gregg's flame graphs: whatever is selected and
//! however widths are measured, a path is found at the same place, and its number is the same for both widths.
//!
//! *Widths.* By self time, a frame is as wide as the self times at and below it: what is below always fits. By total time it is
//! as wide as the durations of its spans; where those of its children add up to more, since they ran side by side or outlived
//! it, these are drawn narrower, so that together they fill it. Where only some spans are selected, their paths are still those
//! of the tree; a frame on the way without a selected span is as wide as what is below it.

use crate::analysis::{Selected, child_times};
use crate::base::{BitSet, Column, FastMap, Idx as _, IdxRange, StrId, len_u32, sort_few, sort_short};
use crate::model::{Dataset, ServiceIdx, SpanIdx, StatusCode};

crate::define_index!(
    /// A frame: its place in pre-order.
    pub FrameIdx
);

/// What widths are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Widths {
    /// Durations.
    Total,
    /// Self times.
    SelfTime,
}

/// The spans with one path of operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergedFrame {
    /// The frame above; `u32::MAX`: none. Read it through [`MergedFlame::parent`].
    parent: FrameIdx,
    /// The frame after the last one below.
    pub subtree_end: u32,
    /// Lane: how many frames are above.
    pub lane: u32,
    /// The service.
    pub service: ServiceIdx,
    /// The span name.
    pub name: StrId,
    /// Spans that are selected.
    pub count: u32,
    /// Sum of their durations.
    pub total: u64,
    /// Sum of their self times.
    pub self_time: u64,
    /// Those with status Error.
    pub errors: u32,
    /// The longest of them; where none is selected, any.
    pub longest: SpanIdx,
}

/// A merged flame graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergedFlame {
    /// The frames, in pre-order.
    pub frames: Column<FrameIdx, MergedFrame>,
    /// Start and width of each frame by total time.
    by_total: Column<FrameIdx, (u64, u64)>,
    /// The same by self time.
    by_self: Column<FrameIdx, (u64, u64)>,
    /// Width of all of it, by total and by self time.
    widths: (u64, u64),
    /// Frames that are narrower by total time than the durations of their spans add up to.
    pub squeezed: u32,
    /// Traces that are in it.
    pub traces: u32,
    /// Spans that are in it.
    pub spans: u64,
}

const NO_FRAME: FrameIdx = FrameIdx(u32::MAX);

impl MergedFlame {
    /// Merges what is selected.
    pub fn of(dataset: &Dataset, selected: &Selected) -> Self {
        Self::by(dataset, selected, &|rows| child_times(dataset, rows).self_time)
    }

    /// The same by the self times that it is given for rows that make up whole trees.
    pub fn by(dataset: &Dataset, selected: &Selected, self_times: &dyn Fn(IdxRange<SpanIdx>) -> Vec<u64>) -> Self {
        let mut tree = Tree::default();
        let mut spans = 0;
        for rows in selected.ranges(dataset) {
            tree.above.clear();
            for (span, self_time) in rows.iter().zip(self_times(rows)) {
                let is_selected = selected.has(span);
                spans += u64::from(is_selected);
                tree.add(dataset, span, is_selected.then_some(self_time));
            }
        }
        let mut flame = Self { frames: tree.in_order(dataset), traces: len_u32(selected.traces.len()), spans, ..Self::default() };
        (flame.by_self, flame.widths.1) = flame.places(Widths::SelfTime, &mut 0);
        let mut squeezed = 0;
        (flame.by_total, flame.widths.0) = flame.places(Widths::Total, &mut squeezed);
        flame.squeezed = squeezed;
        flame
    }

    /// The frame above.
    pub fn parent(&self, frame: FrameIdx) -> Option<FrameIdx> {
        self.frames.row(frame).map(|frame| frame.parent).filter(|&parent| parent != NO_FRAME)
    }

    /// Start and width of a frame.
    pub fn place(&self, frame: FrameIdx, widths: Widths) -> (u64, u64) {
        let places = match widths {
            Widths::Total => &self.by_total,
            Widths::SelfTime => &self.by_self,
        };
        places.row(frame).copied().unwrap_or_default()
    }

    /// Width of all of it.
    pub fn width(&self, widths: Widths) -> u64 {
        match widths {
            Widths::Total => self.widths.0,
            Widths::SelfTime => self.widths.1,
        }
    }

    /// The frames of what is selected that hold a span of some: the rows walked again, each frame found below the one above.
    pub fn holding(&self, dataset: &Dataset, selected: &Selected, is_one: &dyn Fn(SpanIdx) -> bool) -> BitSet {
        let mut holding = BitSet::new(self.frames.len());
        let below: FastMap<(FrameIdx, ServiceIdx, StrId), FrameIdx> =
            self.frames.iter().map(|(idx, frame)| ((frame.parent, frame.service, frame.name), idx)).collect();
        let mut above: Vec<FrameIdx> = Vec::new();
        for rows in selected.ranges(dataset) {
            above.clear();
            for span in rows.iter() {
                above.truncate(dataset.spans.depth[span].saturating_sub(1) as usize);
                let parent = above.last().copied().unwrap_or(NO_FRAME);
                // Paths that lead to nothing selected have no frame, nor has what is below them.
                let is_below_none = parent == NO_FRAME && !above.is_empty();
                let frame = below.get(&(parent, dataset.service(span), dataset.spans.name[span])).filter(|_| !is_below_none);
                above.push(frame.copied().unwrap_or(NO_FRAME));
                if let Some(frame) = frame.filter(|_| selected.has(span) && is_one(span)) {
                    holding.insert(frame.usize());
                }
            }
        }
        holding
    }

    /// Places the frames beside each other and under their parents.
    fn places(&self, widths: Widths, squeezed: &mut u32) -> (Column<FrameIdx, (u64, u64)>, u64) {
        // What each frame would be as wide as, and what its children would be together.
        let mut wanted: Vec<u64> = vec![0; self.frames.len()];
        let mut below: Vec<u64> = vec![0; self.frames.len()];
        let mut whole = 0_u64;
        for (idx, frame) in self.frames.iter().rev() {
            let (Some(wanted), Some(&children)) = (wanted.get_mut(idx.usize()), below.get(idx.usize())) else { continue };
            *wanted = match widths {
                Widths::SelfTime => frame.self_time.saturating_add(children),
                Widths::Total if frame.count == 0 => children,
                Widths::Total => frame.total,
            };
            let sum = below.get_mut(frame.parent.usize()).unwrap_or(&mut whole);
            *sum = sum.saturating_add(*wanted);
        }
        let mut places: Column<FrameIdx, (u64, u64)> = Column::with_capacity(self.frames.len());
        // How much of what its children want each frame has given away.
        let mut given: Vec<u64> = vec![0; self.frames.len()];
        let mut given_at_top = 0_u64;
        for (idx, frame) in self.frames.iter() {
            let own = wanted.get(idx.usize()).copied().unwrap_or(0);
            let parent = frame.parent.usize();
            let (start, width) = places.row(frame.parent).copied().unwrap_or((0, whole));
            // As wide as wanted where all fits; else each child gets its share of what there is. Edges are rounded, not widths,
            // so that there are no gaps.
            let room = wanted.get(parent).copied().unwrap_or(whole).max(below.get(parent).copied().unwrap_or(whole));
            let given = given.get_mut(parent).unwrap_or(&mut given_at_top);
            let left = share(width, *given, room);
            *given = given.saturating_add(own);
            let right = share(width, *given, room);
            *squeezed += u32::from(right - left < own);
            places.push((start + left, right - left));
        }
        (places, whole)
    }
}

/// `part` of `room`, where there is but `width`.
fn share(width: u64, part: u64, room: u64) -> u64 {
    if width == room {
        return part.min(width);
    }
    let share = u128::from(width) * u128::from(part) / u128::from(room.max(1));
    u64::try_from(share).unwrap_or(width).min(width)
}

/// The frames in order of first coming: each after the one above it.
#[derive(Default)]
struct Tree {
    frames: Column<FrameIdx, MergedFrame>,
    /// Operations by number, as services and names.
    operations: Vec<(ServiceIdx, StrId)>,
    number_of: FastMap<(ServiceIdx, StrId), u32>,
    /// The operation of each frame.
    operation: Vec<u32>,
    /// The frame below a frame with an operation: both numbers in one.
    below: FastMap<u64, FrameIdx>,
    /// The longest duration so far, by frame.
    longest: Vec<u64>,
    /// The frames of the spans that the next row may stand under.
    above: Vec<FrameIdx>,
}

impl Tree {
    /// Adds a row, with its self time if it is selected. Rows come in pre-order.
    fn add(&mut self, dataset: &Dataset, span: SpanIdx, self_time: Option<u64>) {
        let spans = &dataset.spans;
        self.above.truncate(spans.depth[span].saturating_sub(1) as usize);
        let parent = self.above.last().copied().unwrap_or(NO_FRAME);
        let (service, name) = (dataset.service(span), spans.name[span]);
        let operation = *self.number_of.entry((service, name)).or_insert_with(|| {
            self.operations.push((service, name));
            len_u32(self.operations.len() - 1)
        });
        let frame = *self.below.entry(u64::from(parent.0) << 32 | u64::from(operation)).or_insert_with(|| {
            self.operation.push(operation);
            self.longest.push(0);
            self.frames.push(MergedFrame { parent, service, name, longest: span, ..MergedFrame::default() })
        });
        self.above.push(frame);
        let (Some(self_time), Some(longest)) = (self_time, self.longest.get_mut(frame.usize())) else { return };
        let duration = spans.duration(span);
        let frame = &mut self.frames[frame];
        if frame.count == 0 || *longest < duration {
            (frame.longest, *longest) = (span, duration);
        }
        frame.count += 1;
        frame.total = frame.total.saturating_add(duration);
        frame.self_time = frame.self_time.saturating_add(self_time);
        frame.errors += u32::from(spans.status[span] == StatusCode::Error);
    }

    /// The frames that lead to a selected span, in pre-order, siblings by service and name.
    fn in_order(mut self, dataset: &Dataset) -> Column<FrameIdx, MergedFrame> {
        let mut kept: Column<FrameIdx, bool> =
            Column::from_vec(self.frames.as_slice().iter().map(|frame| frame.count != 0).collect());
        for (idx, frame) in self.frames.iter().rev() {
            if kept[idx] && frame.parent != NO_FRAME {
                kept[frame.parent] = true;
            }
        }
        let mut by_name: Vec<u32> = (0..len_u32(self.operations.len())).collect();
        let name = |number: u32| {
            let operation = self.operations.get(number as usize).copied().unwrap_or_default();
            (operation.0, dataset.str(operation.1))
        };
        sort_few(&mut by_name, |&a, &b| name(a).cmp(&name(b)));
        let mut rank = vec![0_u32; by_name.len()];
        for (place, number) in (0..).zip(by_name) {
            if let Some(rank) = rank.get_mut(number as usize) {
                *rank = place;
            }
        }
        // Siblings side by side, the last one first, so that a stack gives them in order. The number of no frame wraps to 0, so
        // that the top comes before all others.
        let at = |parent: FrameIdx| parent.0.wrapping_add(1) as usize;
        let of_kept = || self.frames.iter().filter(|(idx, _)| kept[*idx]);
        let mut starts = vec![0_usize; self.frames.len() + 3];
        for (_, frame) in of_kept() {
            if let Some(count) = starts.get_mut(at(frame.parent) + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut siblings = vec![(0, FrameIdx::default()); sum];
        for (idx, frame) in of_kept() {
            let operation = self.operation.get(idx.usize()).copied().unwrap_or(0);
            let rank = rank.get(operation as usize).copied().unwrap_or(0);
            if let Some(next) = starts.get_mut(at(frame.parent) + 1) {
                if let Some(slot) = siblings.get_mut(*next) {
                    *slot = (u32::MAX - rank, idx);
                }
                *next += 1;
            }
        }
        for pair in starts.windows(2) {
            if let [from, to] = *pair
                && let Some(siblings) = siblings.get_mut(from..to)
            {
                let mut sorted = siblings.to_vec();
                sort_short(&mut sorted, Ord::cmp);
                siblings.copy_from_slice(&sorted);
            }
        }
        let below = |parent: FrameIdx| {
            let range = starts.get(at(parent)).zip(starts.get(at(parent) + 1)).map(|(&from, &to)| from..to);
            range.and_then(|range| siblings.get(range)).unwrap_or_default()
        };
        let mut ordered: Column<FrameIdx, MergedFrame> = Column::with_capacity(siblings.len());
        // What is left to be placed, each with the new number of what is above it.
        let mut rest: Vec<(FrameIdx, FrameIdx)> = below(NO_FRAME).iter().map(|&(_, idx)| (idx, NO_FRAME)).collect();
        while let Some((old, parent)) = rest.pop() {
            let lane = ordered.row(parent).map_or(0, |above| above.lane + 1);
            let frame = std::mem::take(&mut self.frames[old]);
            let idx = ordered.push(MergedFrame { parent, lane, ..frame });
            rest.extend(below(old).iter().map(|&(_, child)| (child, idx)));
        }
        // Each frame's subtree ends where the next one at its lane or above stands.
        for at in (0..len_u32(ordered.len())).rev() {
            let frame = FrameIdx(at);
            let end = ordered[frame].subtree_end.max(at + 1);
            ordered[frame].subtree_end = end;
            let parent = ordered[frame].parent;
            if parent != NO_FRAME {
                ordered[parent].subtree_end = end.max(ordered[parent].subtree_end);
            }
        }
        ordered
    }
}

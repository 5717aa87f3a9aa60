//! A trace with time across and its spans in lanes, each under its parent and none on another.
//!
//! ```text
//!   lane 0   checkout ├────────────────────────────┤
//!        1     cart     ├──────┤  stock ├──────┤        one band: they follow each other
//!        2       query   ├──┤      query  ├─┤
//!        3     bank          ├───────────────┤          the next band: it runs beside them
//! ```
//! A subtree is a block, as long as all that is in it and as high as it needs. The children of a span are laid into bands below
//! it, each into the first band that is free when its block begins; a band is as high as the highest block in it. So a lane
//! holds no two spans at a time, whatever outlives its parent or starts before it. Blocks are measured from the last row up and
//! placed from the first row down: n log n for one parent of all, and nothing recurses.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::{IdxRange, sort_short};
use crate::model::{Dataset, SpanIdx};

/// The lanes of a trace's spans. A span is known by its place in the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlameChart {
    /// The lane of each span.
    lane: Vec<u32>,
    /// Lanes that each span's subtree needs, its own included.
    height: Vec<u32>,
    /// Places, by lane, then by start.
    order: Vec<u32>,
    /// Where each lane stands in `order`; one more than there are lanes.
    lane_starts: Vec<u32>,
}

/// Bands that blocks are laid into, one after the other by their beginnings.
#[derive(Default)]
struct Bands {
    /// Until when bands are taken.
    taken: BinaryHeap<Reverse<(u64, usize)>>,
    free: BinaryHeap<Reverse<usize>>,
    heights: Vec<u32>,
}

/// A subtree that is to be laid into a band, to be sorted by where it begins.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    start: u64,
    at: usize,
    band: usize,
}

impl FlameChart {
    /// Lays out the trace that has these rows.
    pub fn of(dataset: &Dataset, rows: IdxRange<SpanIdx>) -> Self {
        Self::of_moved(dataset, rows, |_| 0)
    }

    /// The same where the times of each span are moved by so much.
    pub fn of_moved(dataset: &Dataset, rows: IdxRange<SpanIdx>, shift: impl Fn(SpanIdx) -> i64) -> Self {
        let spans = &dataset.spans;
        let time = |span: SpanIdx| {
            let moved = shift(span);
            (spans.start[span].saturating_add_signed(moved), spans.drawn_end(span).saturating_add_signed(moved))
        };
        let n_rows = rows.len() as usize;
        let mut chart = Self { lane: vec![0; n_rows], height: vec![1; n_rows], ..Self::default() };
        let mut extents: Vec<(u64, u64)> = rows.iter().map(time).collect();
        let (mut bands, mut blocks) = (Bands::default(), Vec::new());
        let place = |span: SpanIdx| (span.0 - rows.start) as usize;
        for span in rows.iter().rev() {
            if spans.below(span).is_empty() {
                continue;
            }
            let mut extent = extents.get(place(span)).copied().unwrap_or_default();
            for child in spans.children(span) {
                let below = extents.get(place(child)).copied().unwrap_or_default();
                extent = (extent.0.min(below.0), extent.1.max(below.1));
                blocks.push(Block { start: below.0, at: place(child), band: 0 });
            }
            let below = chart.lay(&extents, &mut bands, &mut blocks);
            if let (Some(own), Some(height)) = (extents.get_mut(place(span)), chart.height.get_mut(place(span))) {
                *own = extent;
                *height += below;
            }
        }
        let mut next = rows.first();
        while let Some(span) = next.filter(|&span| rows.contains(span)) {
            blocks.push(Block { start: extents.get(place(span)).copied().unwrap_or_default().0, at: place(span), band: 0 });
            next = Some(SpanIdx(spans.subtree_end[span]));
        }
        let lanes = chart.lay(&extents, &mut bands, &mut blocks);
        for span in rows.iter() {
            let above = spans.parent(span).and_then(|parent| chart.lane.get(place(parent)).copied());
            if let (Some(above), Some(lane)) = (above, chart.lane.get_mut(place(span))) {
                *lane += above + 1;
            }
        }
        chart.order(rows, lanes, time);
        chart
    }

    /// Lays siblings into bands, sets their lanes as counted from the first of these, and tells how many lanes they need.
    fn lay(&mut self, extents: &[(u64, u64)], bands: &mut Bands, blocks: &mut Vec<Block>) -> u32 {
        sort_short(blocks, Ord::cmp);
        for block in &mut *blocks {
            let end = extents.get(block.at).map_or(block.start, |extent| extent.1);
            block.band = bands.take(block.start, end, self.height.get(block.at).copied().unwrap_or(1));
        }
        let mut sum = 0;
        for height in &mut bands.heights {
            sum += std::mem::replace(height, sum);
        }
        for block in blocks.drain(..) {
            if let (Some(lane), Some(&first)) = (self.lane.get_mut(block.at), bands.heights.get(block.band)) {
                *lane = first;
            }
        }
        bands.clear();
        sum
    }

    /// Lists the spans by lane.
    fn order(&mut self, rows: IdxRange<SpanIdx>, lanes: u32, time: impl Fn(SpanIdx) -> (u64, u64)) {
        let mut starts = vec![0_u32; lanes as usize + 2];
        for &lane in &self.lane {
            if let Some(count) = starts.get_mut(lane as usize + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        self.order = vec![0; self.lane.len()];
        for (at, &lane) in (0..).zip(&self.lane) {
            if let Some(next) = starts.get_mut(lane as usize + 1) {
                if let Some(slot) = self.order.get_mut(*next as usize) {
                    *slot = at;
                }
                *next += 1;
            }
        }
        starts.truncate(lanes as usize + 1);
        let key = |&at: &u32| {
            let (start, end) = time(SpanIdx(rows.start + at));
            (start, end, at)
        };
        for pair in starts.windows(2) {
            if let [from, to] = *pair
                && let Some(lane) = self.order.get_mut(from as usize..to as usize)
            {
                lane.sort_unstable_by_key(key);
            }
        }
        self.lane_starts = starts;
    }

    /// How many lanes there are.
    pub fn lanes(&self) -> u32 {
        crate::base::len_u32(self.lane_starts.len()).saturating_sub(1)
    }

    /// The lane of the span at a place in the trace.
    pub fn lane_of(&self, at: u32) -> u32 {
        self.lane.get(at as usize).copied().unwrap_or(0)
    }

    /// Lanes that the span at a place in the trace and all below it need.
    pub fn height_of(&self, at: u32) -> u32 {
        self.height.get(at as usize).copied().unwrap_or(0)
    }

    /// The spans in a lane, by their places in the trace, from the left. They do not overlap.
    pub fn in_lane(&self, lane: u32) -> &[u32] {
        let bound = |at: usize| self.lane_starts.get(at).map(|&start| start as usize);
        let range = bound(lane as usize).zip(bound(lane as usize + 1));
        range.and_then(|(from, to)| self.order.get(from..to)).unwrap_or_default()
    }
}

impl Bands {
    /// The first band that is free when a block begins.
    fn take(&mut self, start: u64, end: u64, height: u32) -> usize {
        while let Some(&Reverse((until, band))) = self.taken.peek()
            && until <= start
        {
            self.taken.pop();
            self.free.push(Reverse(band));
        }
        let band = self.free.pop().map_or(self.heights.len(), |Reverse(band)| band);
        match self.heights.get_mut(band) {
            Some(highest) => *highest = height.max(*highest),
            None => self.heights.push(height),
        }
        self.taken.push(Reverse((end, band)));
        band
    }

    fn clear(&mut self) {
        self.taken.clear();
        self.free.clear();
        self.heights.clear();
    }
}

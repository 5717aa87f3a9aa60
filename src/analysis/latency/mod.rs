//! Durations by time and by group: histograms, percentiles over time, rates, and the heatmap.
//!
//! Two passes over the calls: the first finds their bounds and the largest groups, the second counts by bin. Up to the limit
//! of exactness the second keeps durations to be sorted, and the percentiles come of one sweep over them; beyond it,
//! percentiles are sketched on the way, and nothing is kept. A call costs no allocation.

mod bins;

pub use bins::{TimeBins, decade_edges, duration_edges};

use super::grouping::SpanGroupIdx;
use super::quantile::{Percentiles, Quantiles, Tally};
use crate::base::{Idx as _, len_u32, sort_by_value};

/// What is counted: a span, or a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyCall {
    /// Start; 0 is "not set".
    pub start: u64,
    /// Nanoseconds.
    pub duration: u64,
    /// Nanoseconds that were its own.
    pub self_time: u64,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it has an end that is not before its start.
    pub has_end: bool,
    /// What it is told apart by.
    pub group: SpanGroupIdx,
}

/// How to count.
#[derive(Clone, Copy, Debug)]
pub struct LatencyPlan {
    /// Bins of time, about.
    pub time_bins: u32,
    /// Groups that there may be; 0: calls are not told apart.
    pub groups: usize,
    /// Groups that are told apart, at most, at least one and no more than [`MAX_TOP`].
    pub top: usize,
    /// Calls up to which percentiles are exact.
    pub exact_limit: usize,
}

/// Groups that are told apart, at most: more than there are colors, and few enough that each can have bins of time.
pub const MAX_TOP: usize = 50;

/// The figures of all calls and of the largest groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Bins of time.
    pub time: TimeBins,
    /// Earliest and latest start.
    pub window: (u64, u64),
    /// Edges of the bins of durations. Bin i holds `edges[i] <= d < edges[i + 1]`, the last one its upper edge too.
    pub edges: Vec<u64>,
    /// Whether percentiles are exact.
    pub is_exact: bool,
    /// All calls.
    pub all: LatencyFigures,
    /// The largest groups, then all other calls, if there are, as `None`.
    pub groups: Vec<(Option<SpanGroupIdx>, LatencyFigures)>,
    /// How many groups have a call.
    pub group_count: u32,
    /// Cells of time × duration that are not empty, by time, then by duration.
    pub heat: Vec<(u32, u32, LatencyCount)>,
    /// Calls without a start, which are in no other figure.
    pub without_start: u64,
    /// Calls with a start, but without an end after it.
    pub without_end: u64,
}

/// What is known of some calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatencyFigures {
    /// Sums.
    pub tally: Tally,
    /// Percentiles.
    pub percentiles: Percentiles,
    /// By bin of duration.
    pub by_duration: Vec<LatencyCount>,
    /// By bin of time.
    pub over_time: Vec<(LatencyCount, Percentiles)>,
}

/// Calls in a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyCount {
    /// How many.
    pub count: u32,
    /// Those that failed.
    pub errors: u32,
}

impl LatencyCount {
    #[inline]
    const fn add(&mut self, failed: bool) {
        self.count += 1;
        self.errors += failed as u32;
    }
}

/// Counts calls. They are gone through twice, and must be the same both times.
pub fn latency<I: Iterator<Item = LatencyCall>>(calls: impl Fn() -> I, plan: LatencyPlan) -> Latency {
    let bounds = Bounds::of(calls(), plan.groups);
    let n_calls: usize = bounds.count;
    let mut found = Latency {
        is_exact: n_calls <= plan.exact_limit,
        without_start: bounds.without_start,
        without_end: bounds.without_end,
        ..Latency::default()
    };
    if n_calls == 0 {
        found.is_exact = true;
        return found;
    }
    found.window = bounds.window;
    found.time = TimeBins::covering(bounds.window.0, bounds.window.1, plan.time_bins);
    found.edges = duration_edges(bounds.shortest, bounds.longest, bounds.has_zero);

    let slots = Slots::of(&bounds.of_group, plan);
    found.group_count = slots.group_count;
    let mut counter = Counter::new(&found, slots.shown.len() + usize::from(slots.has_other));
    let mut pairs: Vec<(u64, u32)> = Vec::with_capacity(if found.is_exact { n_calls } else { 0 });
    if !found.is_exact {
        counter.quantiles = Quantiles::sketched(counter.over_time.len());
    }
    calls().filter(|call| call.start != 0).for_each(|call| {
        let slot = slots.of_group.get(call.group.usize()).copied().unwrap_or(0);
        let bin = found.time.of(call.start);
        counter.count(&call, slot, bin);
        // A bin of time is below 500 and a slot below 52.
        let cell = u32::from(slot) << 16 | bin << 1 | u32::from(call.failed);
        if found.is_exact {
            pairs.push((call.duration, cell));
        } else {
            counter.measure(&found.edges, call.duration, cell);
        }
    });
    if found.is_exact {
        sort_by_value(&mut pairs);
        counter.quantiles = Quantiles::exact(counter.over_time.iter().map(|cell| cell.count));
        for &(duration, cell) in &pairs {
            counter.measure(&found.edges, duration, cell);
        }
    }
    counter.finish(&mut found, &slots);
    found
}

/// What the first pass finds.
struct Bounds {
    count: usize,
    window: (u64, u64),
    shortest: u64,
    longest: u64,
    has_zero: bool,
    of_group: Vec<u32>,
    without_start: u64,
    without_end: u64,
}

impl Bounds {
    fn of(calls: impl Iterator<Item = LatencyCall>, groups: usize) -> Self {
        let mut bounds = Self {
            count: 0,
            window: (u64::MAX, 0),
            shortest: u64::MAX,
            longest: 0,
            has_zero: false,
            of_group: vec![0; groups],
            without_start: 0,
            without_end: 0,
        };
        calls.for_each(|call| {
            if call.start == 0 {
                bounds.without_start += 1;
                return;
            }
            bounds.count += 1;
            bounds.without_end += u64::from(!call.has_end);
            bounds.window = (bounds.window.0.min(call.start), bounds.window.1.max(call.start));
            bounds.longest = bounds.longest.max(call.duration);
            if call.duration == 0 {
                bounds.has_zero = true;
            } else {
                bounds.shortest = bounds.shortest.min(call.duration);
            }
            if let Some(count) = bounds.of_group.get_mut(call.group.usize()) {
                *count += 1;
            }
        });
        bounds
    }
}

/// Which groups are told apart. Slot 0 is all calls, the shown groups follow, and the rest of the groups are the last slot.
struct Slots {
    shown: Vec<SpanGroupIdx>,
    of_group: Vec<u16>,
    has_other: bool,
    group_count: u32,
}

impl Slots {
    fn of(counts: &[u32], plan: LatencyPlan) -> Self {
        // By count, most first; of equal counts the earlier comes first.
        let mut groups: Vec<(u64, u32)> =
            counts.iter().zip(0..).filter(|(count, _)| **count != 0).map(|(&count, at)| (!u64::from(count), at)).collect();
        let group_count = len_u32(groups.len());
        let top = plan.top.clamp(1, MAX_TOP);
        let has_other = top < groups.len();
        sort_by_value(&mut groups);
        let shown: Vec<SpanGroupIdx> = groups.into_iter().take(top).map(|(_, group)| SpanGroupIdx(group)).collect();
        let slot = |at: usize| u16::try_from(at).unwrap_or(0);
        let mut of_group = vec![slot(shown.len() + 1); counts.len()];
        for (at, group) in shown.iter().enumerate() {
            if let Some(of_group) = of_group.get_mut(group.usize()) {
                *of_group = slot(at + 1);
            }
        }
        Self { shown, of_group, has_other, group_count }
    }
}

/// What the second pass counts, by slot and bin.
struct Counter {
    n_times: usize,
    n_durations: usize,
    tallies: Vec<Tally>,
    /// For each slot all of its calls, then its bins of time: the sets of the quantiles.
    over_time: Vec<LatencyCount>,
    by_duration: Vec<LatencyCount>,
    heat: Vec<LatencyCount>,
    quantiles: Quantiles,
    /// The bin of the last duration: sorted ones are mostly in the same.
    last: usize,
}

impl Counter {
    fn new(found: &Latency, n_groups: usize) -> Self {
        let n_slots = n_groups + 1;
        let (n_times, n_durations) = (found.time.n as usize, found.edges.len().saturating_sub(1));
        Self {
            n_times,
            n_durations,
            tallies: vec![Tally::default(); n_slots],
            over_time: vec![LatencyCount::default(); n_slots * (n_times + 1)],
            by_duration: vec![LatencyCount::default(); n_slots * n_durations],
            heat: vec![LatencyCount::default(); n_times * n_durations],
            quantiles: Quantiles::exact([]),
            last: 0,
        }
    }

    /// The slots that a call of this slot counts in: it, and all.
    fn slots(slot: u16) -> impl Iterator<Item = usize> {
        std::iter::once(0).chain((slot != 0).then_some(usize::from(slot)))
    }

    #[inline]
    fn count(&mut self, call: &LatencyCall, slot: u16, bin: u32) {
        for slot in Self::slots(slot) {
            if let Some(tally) = self.tallies.get_mut(slot) {
                tally.add(call.duration, call.self_time, call.failed);
            }
            let whole = slot * (self.n_times + 1);
            for cell in [whole, whole + 1 + bin as usize] {
                add(&mut self.over_time, cell, call.failed);
            }
        }
    }

    #[inline]
    fn measure(&mut self, edges: &[u64], duration: u64, cell: u32) {
        let (slot, bin, failed) = ((cell >> 16) as u16, (cell >> 1 & 0x7fff) as usize, cell & 1 == 1);
        self.last = bins::duration_bin(edges, duration, self.last);
        add(&mut self.heat, bin * self.n_durations + self.last, failed);
        for slot in Self::slots(slot) {
            add(&mut self.by_duration, slot * self.n_durations + self.last, failed);
            let whole = slot * (self.n_times + 1);
            self.quantiles.push(whole, duration);
            self.quantiles.push(whole + 1 + bin, duration);
        }
    }

    fn finish(self, found: &mut Latency, slots: &Slots) {
        found.all = self.figures(0);
        let shown = slots.shown.iter().map(|&group| Some(group));
        let other = slots.has_other.then_some(None);
        found.groups = shown.chain(other).zip(1..).map(|(group, slot)| (group, self.figures(slot))).collect();
        let cells = self.heat.iter().enumerate().filter(|(_, cell)| cell.count != 0);
        found.heat = cells.map(|(at, &cell)| (len_u32(at / self.n_durations), len_u32(at % self.n_durations), cell)).collect();
    }

    fn figures(&self, slot: usize) -> LatencyFigures {
        let whole = slot * (self.n_times + 1);
        let over_time = self.over_time.iter().enumerate().skip(whole + 1).take(self.n_times);
        LatencyFigures {
            tally: self.tallies.get(slot).copied().unwrap_or_default(),
            percentiles: self.quantiles.of(whole),
            by_duration: self.by_duration.iter().skip(slot * self.n_durations).take(self.n_durations).copied().collect(),
            over_time: over_time.map(|(set, &count)| (count, self.quantiles.of(set))).collect(),
        }
    }
}

#[inline]
fn add(cells: &mut [LatencyCount], at: usize, failed: bool) {
    if let Some(cell) = cells.get_mut(at) {
        cell.add(failed);
    }
}

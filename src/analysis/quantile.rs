//! Percentiles of many sets of values at once: exact up to a million values, beyond that from sketches.
//!
//! *Exact.* All values are sorted once, however many sets they are parted into. Fed in ascending order, a set need only know how many values are still to come before its next rank, so one sweep over the sorted values gives the
//! nearest-rank percentiles of every operation, group and bin.
//!
//! ```text
//!   values, ascending   3  4  7  7  9 …        left before the next rank
//!   of set              a  b  a  c  a          a: 2 1 0 → p50 is 9
//! ```
//! *Sketched.* Sorting takes room and time for each value, so a set of more values is a `DDSketch`: bins that grow by 2 %, each
//! of which stands for values within 1 % of its middle. Its quantiles are of the exact rank, and off by at most 1 % of the value
//! (and half a nanosecond, as they are whole). Charles Masson, Jee E. Rim, Homin K. Lee: "`DDSketch`: A Fast and
//! Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", PVLDB 12 (12), 2019.

use sketches_ddsketch::{Config, DDSketch};

use crate::base::{len_u32, sort_numbers};

/// Values in all, up to which percentiles are exact.
pub const EXACT_LIMIT: usize = 1_000_000;

/// What a sketch's percentiles are off by at most, in millionths of the value.
pub const SKETCH_ERROR_PPM: u32 = 10_000;

/// Bins of a sketch, at most: `ln(2^64) / ln(1.01 / 0.99)` = 2219 cover all of `u64`, so none are ever merged.
const SKETCH_BINS: u32 = 2304;

/// Values that a sketched set keeps as they are: about as many as take the room of a sketch, so that sketches never take
/// much more than what they stand for, and small sets stay exact.
const FEW: usize = 1024;

/// The ranks that are kept, in percent.
const PERCENTS: [u32; 4] = [50, 90, 95, 99];

/// Percentiles by nearest rank: the least value that so many of the values do not exceed. 0 of no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// The median.
    pub p50: u64,
    /// 90th.
    pub p90: u64,
    /// 95th.
    pub p95: u64,
    /// 99th.
    pub p99: u64,
}

impl Percentiles {
    const fn new([p50, p90, p95, p99]: [u64; 4]) -> Self {
        Self { p50, p90, p95, p99 }
    }

    /// Of values that stand in ascending order.
    pub fn of_sorted(values: &[u64]) -> Self {
        Self::at_ranks(len_u32(values.len()), |at| values.get(at).copied())
    }

    /// Of so many values, of which each can be asked for by its place in ascending order.
    pub fn at_ranks(count: u32, value: impl Fn(usize) -> Option<u64>) -> Self {
        Self::new(PERCENTS.map(|percent| value(rank(count, percent) as usize - 1).unwrap_or(0)))
    }
}

/// What is known of durations without sorting them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u32,
    /// Those that failed.
    pub errors: u32,
    /// The shortest; `u64::MAX` of none.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// Their sum; it stops at `u64::MAX`.
    pub total: u64,
    /// Sum of the self times, likewise.
    pub self_time: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, errors: 0, min: u64::MAX, max: 0, total: 0, self_time: 0 }
    }
}

impl Tally {
    /// Counts one.
    #[inline]
    pub fn add(&mut self, duration: u64, self_time: u64, failed: bool) {
        self.count += 1;
        self.errors += u32::from(failed);
        self.min = self.min.min(duration);
        self.max = self.max.max(duration);
        self.total = self.total.saturating_add(duration);
        self.self_time = self.self_time.saturating_add(self_time);
    }

    /// Counts all of another.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.errors += other.errors;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.total = self.total.saturating_add(other.total);
        self.self_time = self.self_time.saturating_add(other.self_time);
    }
}

/// The least of values in ascending order that at least `percent` of them do not exceed; 0 of none.
pub fn nearest_rank(sorted: &[u64], percent: u32) -> u64 {
    sorted.get(rank(len_u32(sorted.len()), percent.min(100)) as usize - 1).copied().unwrap_or(0)
}

/// The nearest rank, from 1.
fn rank(count: u32, percent: u32) -> u32 {
    let rank = (u64::from(count) * u64::from(percent)).div_ceil(100);
    u32::try_from(rank).unwrap_or(count).max(1)
}

/// Sets of values, by number.
#[derive(Debug)]
pub struct Quantiles(Sets);

#[derive(Debug)]
enum Sets {
    Exact(Sweep),
    Sketched(Vec<Sketch>),
}

impl Quantiles {
    /// Sets of so many values each, which are to be pushed in ascending order.
    pub fn exact(counts: impl IntoIterator<Item = u32>) -> Self {
        let sets: Vec<Ranked> = counts.into_iter().map(|count| Ranked { count, next: 0, values: [0; 4] }).collect();
        let left = sets.iter().map(|set| rank(set.count, PERCENTS.first().copied().unwrap_or(0))).collect();
        Self(Sets::Exact(Sweep { left, sets }))
    }

    /// Sets of any number of values, in any order.
    pub fn sketched(sets: usize) -> Self {
        Self(Sets::Sketched((0..sets).map(|_| Sketch::Few(Vec::new())).collect()))
    }

    /// Adds a value to a set.
    #[inline]
    pub fn push(&mut self, set: usize, value: u64) {
        match &mut self.0 {
            Sets::Exact(sweep) => sweep.push(set, value),
            Sets::Sketched(sketches) => {
                if let Some(sketch) = sketches.get_mut(set) {
                    sketch.push(value);
                }
            }
        }
    }

    /// The percentiles of a set; the exact ones are known once all values are in.
    pub fn of(&self, set: usize) -> Percentiles {
        match &self.0 {
            Sets::Exact(sweep) => sweep.sets.get(set).map(|set| Percentiles::new(set.values)).unwrap_or_default(),
            Sets::Sketched(sketches) => sketches.get(set).map(Sketch::percentiles).unwrap_or_default(),
        }
    }
}

#[derive(Debug)]
struct Sweep {
    /// Values before the next rank of each set, that one included. Apart from the rest, so that it stays in the cache.
    left: Vec<u32>,
    sets: Vec<Ranked>,
}

#[derive(Debug)]
struct Ranked {
    count: u32,
    /// The next of the ranks.
    next: usize,
    values: [u64; 4],
}

impl Sweep {
    #[inline]
    fn push(&mut self, set: usize, value: u64) {
        let Some(left) = self.left.get_mut(set) else { return };
        // Behind the last rank this wraps round, and there are not enough values to get to 0 again.
        *left = left.wrapping_sub(1);
        if *left == 0
            && let Some(ranked) = self.sets.get_mut(set)
        {
            *left = ranked.reached(value);
        }
    }
}

impl Ranked {
    /// Keeps the value of a rank, and says how many are to come before the next one.
    fn reached(&mut self, value: u64) -> u32 {
        let rank_at = |at: usize| PERCENTS.get(at).map(|&percent| rank(self.count, percent));
        let here = rank_at(self.next);
        let mut next = self.next;
        // Ranks of few values are the same.
        while next < PERCENTS.len() && rank_at(next) == here {
            next += 1;
        }
        let left = rank_at(next).zip(here).map_or(0, |(next, here)| next - here);
        for slot in self.values.iter_mut().take(next).skip(self.next) {
            *slot = value;
        }
        self.next = next;
        left
    }
}

#[derive(Debug)]
enum Sketch {
    Few(Vec<u64>),
    Many(Box<Many>),
}

struct Many {
    sketch: DDSketch,
    min: u64,
    max: u64,
}

impl std::fmt::Debug for Many {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values from {} to {}", self.sketch.count(), self.min, self.max)
    }
}

impl Sketch {
    fn push(&mut self, value: u64) {
        match self {
            Self::Few(values) if values.len() < FEW => values.push(value),
            Self::Few(values) => {
                let config = Config::new(f64::from(SKETCH_ERROR_PPM) / 1e6, SKETCH_BINS, 0.5);
                let mut many = Many { sketch: DDSketch::new(config), min: u64::MAX, max: 0 };
                for &value in values.iter() {
                    many.push(value);
                }
                many.push(value);
                *self = Self::Many(Box::new(many));
            }
            Self::Many(many) => many.push(value),
        }
    }

    fn percentiles(&self) -> Percentiles {
        match self {
            Self::Few(values) => {
                let mut values = values.clone();
                sort_numbers(&mut values);
                Percentiles::of_sorted(&values)
            }
            Self::Many(many) => Percentiles::new(PERCENTS.map(|percent| many.percentile(percent))),
        }
    }
}

impl Many {
    fn push(&mut self, value: u64) {
        self.sketch.add(value as f64);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, and the bounds follow")]
    fn percentile(&self, percent: u32) -> u64 {
        let count = len_u32(self.sketch.count());
        // The sketch takes the value at the rank `quantile * (count - 1)`, counted from 0 and rounded down.
        let quantile = (f64::from(rank(count, percent)) - 0.5) / (f64::from(count) - 1.0);
        let value = self.sketch.quantile(quantile.min(1.0)).ok().flatten().unwrap_or(0.0);
        (value.round() as u64).clamp(self.min, self.max)
    }
}

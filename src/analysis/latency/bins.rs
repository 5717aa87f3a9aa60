//! Edges that a person would choose: round steps of time, and preferred numbers for durations.

/// Bins of time, at least and at most.
const TIME_BINS: (u32, u32) = (4, 500);

/// The most bins of durations that are aimed at are 60, the fewest 30: in the middle between them, by ratio.
const IDEAL_BINS: f64 = 42.0;

/// Preferred numbers, in hundredths: 1-2-5, twice as many, then R10, R20 and R40 of ISO 3. All hold 1, 2 and 5.
const LADDERS: [&[u128]; 5] = [
    &[100, 200, 500],
    &[100, 150, 200, 300, 500, 700],
    &[100, 125, 160, 200, 250, 315, 400, 500, 630, 800],
    &[100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710, 800, 900],
    &[
        100, 106, 112, 118, 125, 132, 140, 150, 160, 170, 180, 190, 200, 212, 224, 236, 250, 265, 280, 300, 315, 335, 355, 375,
        400, 425, 450, 475, 500, 530, 560, 600, 630, 670, 710, 750, 800, 850, 900, 950,
    ],
];

/// Fewer bins than this say nothing about values that differ so little: their bins are of equal width.
const LEAST_BINS: usize = 20;

/// Bins of equal width are at least this part of the longest duration wide.
const FINEST_SHARE: u64 = 10_000;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Bins of time: `n` of them, each `step` wide, from `start`, a whole number of steps since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeBins {
    /// Left edge of the first.
    pub start: u64,
    /// Width; 0 where there are none.
    pub step: u64,
    /// How many.
    pub n: u32,
}

impl TimeBins {
    /// The finest round bins that cover the time from `first` up to and with `last`, and are no more than `about`.
    pub fn covering(first: u64, last: u64, about: u32) -> Self {
        let about = u64::from(about.clamp(TIME_BINS.0, TIME_BINS.1));
        let bins = |step: u64| last / step - first / step + 1;
        // What happened at one moment shows as what happened in that second.
        let step = if first == last { Some(SECOND) } else { steps().find(|&step| bins(step) <= about) };
        let step = step.or_else(|| steps().last()).unwrap_or(DAY);
        Self { start: first - first % step, step, n: u32::try_from(bins(step)).unwrap_or(TIME_BINS.1) }
    }

    /// The bin of a time that is covered.
    #[inline]
    pub fn of(&self, time: u64) -> u32 {
        let bin = (time - self.start).checked_div(self.step).unwrap_or(0);
        u32::try_from(bin).unwrap_or(u32::MAX).min(self.n.saturating_sub(1))
    }
}

/// Round steps, ascending, as far as numbers go.
fn steps() -> impl Iterator<Item = u64> {
    let decimal = |unit: u64, decades: u32| {
        (0..decades).flat_map(move |at| [1, 2, 5].map(|digit| unit.checked_mul(digit * 10_u64.pow(at)))).flatten()
    };
    decimal(1, 9)
        .chain([1, 2, 5, 10, 15, 30].map(|seconds| seconds * SECOND))
        .chain([1, 2, 5, 10, 15, 30].map(|minutes| minutes * MINUTE))
        .chain([1, 2, 3, 6, 12].map(|hours| hours * HOUR))
        .chain(decimal(DAY, 6))
}

/// Edges of bins for durations between two of which the first is not 0; ascending, at least two. A duration of 0 has the
/// first bin to itself, if there is one.
pub fn duration_edges(shortest: u64, longest: u64, has_zero: bool) -> Vec<u64> {
    let mut edges = if longest == 0 { vec![0, 1] } else { edges_between(shortest.clamp(1, longest), longest) };
    if has_zero && edges.first() != Some(&0) {
        edges.insert(0, 0);
    }
    edges
}

fn edges_between(shortest: u64, longest: u64) -> Vec<u64> {
    let decades = (longest as f64 / shortest as f64).log10();
    let badness = |ladder: &[u128]| ((decades * ladder.len() as f64).max(1.0) / IDEAL_BINS).ln().abs();
    let ladder = LADDERS.into_iter().min_by(|a, b| badness(a).total_cmp(&badness(b))).unwrap_or_default();
    let edges = covering(preferred(ladder), shortest, longest);
    if LEAST_BINS < edges.len() {
        return edges;
    }
    // The finest round step that makes few enough bins, and is not lost in the digits of its labels.
    let finest = longest / FINEST_SHARE;
    let fits = |step: &u64| finest <= *step && ((longest - shortest) / step) as f64 <= IDEAL_BINS;
    let step = steps().find(fits).unwrap_or(DAY);
    let low = shortest - shortest % step;
    covering((0..).map(|at: u64| u128::from(low) + u128::from(at) * u128::from(step)), shortest, longest)
}

/// Preferred numbers of whole nanoseconds, ascending.
fn preferred(ladder: &'static [u128]) -> impl Iterator<Item = u128> {
    (0..20_u32).flat_map(move |decade| ladder.iter().map(move |&hundredths| (hundredths * 10_u128.pow(decade) + 50) / 100))
}

/// The part of ascending edges that covers both values.
fn covering(edges: impl Iterator<Item = u128>, shortest: u64, longest: u64) -> Vec<u64> {
    let mut kept: Vec<u64> = Vec::new();
    // There must be an edge above the lower one, also where there is no number above it.
    let shortest = shortest.min(u64::MAX - 1);
    for edge in edges {
        let edge = u64::try_from(edge).unwrap_or(u64::MAX);
        if edge <= shortest {
            kept.clear();
        }
        if kept.last() != Some(&edge) {
            kept.push(edge);
        }
        // The last bin holds its upper edge too, but one bin at least there must be.
        if longest <= edge && 1 < kept.len() {
            return kept;
        }
    }
    // All that is longer than the last edge.
    kept.push(u64::MAX);
    kept
}

/// Edges at a 1, a 2 and a 5 of each decade: two at least, ascending, of which the first is not above the least value and the
/// last not below the greatest.
pub fn decade_edges(least: u64, most: u64) -> Vec<u64> {
    let steps = std::iter::successors(Some(1_u64), |decade| decade.checked_mul(10))
        .flat_map(|decade| [1, 2, 5].map(|step| decade.saturating_mul(step)));
    let mut all: Vec<u64> = std::iter::once(0).chain(steps).chain([u64::MAX]).collect();
    // Five times the last decade is more than there are nanoseconds, as is the end.
    all.dedup();
    let first = all.partition_point(|&edge| edge <= least).saturating_sub(1).min(all.len() - 2);
    let last = all.partition_point(|&edge| edge < most).max(first + 1);
    all.get(first..=last.min(all.len() - 1)).unwrap_or_default().to_vec()
}

/// The bin of a duration, tried first where the last one was.
#[inline]
pub(super) fn duration_bin(edges: &[u64], duration: u64, last: usize) -> usize {
    let holds = |bin: usize| {
        edges.get(bin).is_some_and(|&low| low <= duration) && edges.get(bin + 1).is_some_and(|&high| duration < high)
    };
    if holds(last) {
        return last;
    }
    edges.partition_point(|&edge| edge <= duration).saturating_sub(1).min(edges.len().saturating_sub(2))
}

//! Figures of groups of calls: counts, sums and quantiles of durations.

use crate::base::sort_numbers;

use crate::analysis::quantile::{Percentiles, Quantiles};

/// What some calls come to. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Median duration.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// Sum of the durations.
    pub total: u64,
    /// Sum of the self times.
    pub self_time: u64,
}

/// A call as it counts for one group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) group: u32,
    pub(super) duration: u64,
    pub(super) self_time: u64,
    pub(super) failed: bool,
}

/// The figures of each of `n_groups` groups. `exact` says whether quantiles are.
///
/// A counting sort brings the durations of each group together; each is then sorted once, or sketched.
pub(super) fn of_groups(n_groups: usize, samples: &[Sample], exact: bool) -> Vec<Figures> {
    let mut groups = vec![Figures::default(); n_groups];
    for sample in samples {
        let Some(group) = groups.get_mut(sample.group as usize) else { continue };
        group.calls += 1;
        group.errors += u64::from(sample.failed);
        group.total = group.total.saturating_add(sample.duration);
        group.self_time = group.self_time.saturating_add(sample.self_time);
    }
    let mut next = Vec::with_capacity(n_groups);
    let mut sum = 0_usize;
    for group in &groups {
        next.push(sum);
        sum += usize::try_from(group.calls).unwrap_or(0);
    }
    let mut durations = vec![0; sum];
    for sample in samples {
        let Some(at) = next.get_mut(sample.group as usize) else { continue };
        if let Some(slot) = durations.get_mut(*at) {
            *slot = sample.duration;
        }
        *at += 1;
    }
    let mut rest = durations.as_mut_slice();
    for group in &mut groups {
        let (own, others) = rest.split_at_mut_checked(usize::try_from(group.calls).unwrap_or(0)).unwrap_or_default();
        if exact {
            group.rank(own);
        } else {
            group.sketch(own);
        }
        rest = others;
    }
    groups
}

impl Figures {
    /// Quantiles by nearest rank.
    fn rank(&mut self, durations: &mut [u64]) {
        sort_numbers(durations);
        (self.min, self.max) = (durations.first().copied().unwrap_or(0), durations.last().copied().unwrap_or(0));
        self.take(Percentiles::of_sorted(durations));
    }

    /// Quantiles by sketch; the least and the greatest are exact all the same.
    fn sketch(&mut self, durations: &[u64]) {
        let mut sketch = Quantiles::sketched(1);
        for &duration in durations {
            sketch.push(0, duration);
        }
        (self.min, self.max) = (durations.iter().min().copied().unwrap_or(0), durations.iter().max().copied().unwrap_or(0));
        self.take(sketch.of(0));
    }

    fn take(&mut self, Percentiles { p50, p90, p95, p99 }: Percentiles) {
        (self.p50, self.p90, self.p95, self.p99) = (p50, p90, p95, p99);
    }
}

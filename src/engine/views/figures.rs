//! Figures of the analyses in the page's words.

use crate::analysis::{Percentiles, SKETCH_ERROR_PPM, Tally};
use crate::protocol::{Exactness, Stats};

/// Sums and percentiles.
pub(super) fn stats(tally: &Tally, percentiles: Percentiles) -> Stats {
    Stats {
        calls: u64::from(tally.count),
        errors: u64::from(tally.errors),
        p50: percentiles.p50,
        p90: percentiles.p90,
        p95: percentiles.p95,
        p99: percentiles.p99,
        min: if tally.count == 0 { 0 } else { tally.min },
        max: tally.max,
        total: tally.total,
        self_time: tally.self_time,
    }
}

/// How percentiles were found.
pub(super) const fn exactness(is_exact: bool) -> Exactness {
    if is_exact { Exactness::Exact } else { Exactness::Sketch { error_ppm: SKETCH_ERROR_PPM } }
}

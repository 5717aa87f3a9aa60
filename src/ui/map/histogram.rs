//! The durations of a node or an edge as a small histogram.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::protocol::{DurationBins, Stats};
use crate::scene::format;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 72.0;
/// Marks and their names above the bars.
const TOP: f64 = 14.0;
/// Room that a mark's name takes.
const ROOM: f64 = 26.0;

/// The histogram. Bars are the whole count, their red part what failed; lines mark the median and the 95th percentile.
pub(super) fn histogram(bins: &DurationBins, stats: &Stats) -> Option<AnyView> {
    let most = bins.counts.iter().copied().max().filter(|most| *most > 0)?;
    let (first, last) = (*bins.edges.first()?, *bins.edges.last()?);
    let step = WIDTH / bins.counts.len() as f64;
    let height = |count: u64| match count {
        0 => 0.0,
        // One in a million is seen too.
        count => (count as f64 / most as f64 * (HEIGHT - TOP)).max(1.5),
    };
    let bars = |counts: &[u64]| {
        let mut path = String::new();
        for (at, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (x, h) = (at as f64 * step, height(count));
            // Writing to a string cannot fail.
            _ = write!(path, "M{:.1} {HEIGHT:.1}v{:.1}h{:.1}v{h:.1}z", x + 0.5, -h, (step - 1.0).max(0.6));
        }
        path
    };
    let x_of = |duration: u64| {
        let at = bins.edges.partition_point(|edge| *edge <= duration).saturating_sub(1).min(bins.counts.len() - 1);
        let (from, to) = (bins.edges.get(at)?, bins.edges.get(at + 1)?);
        // Inside a bin the scale is that of the bins themselves, whatever it is: a bin is narrow.
        let share = if to > from { (duration.saturating_sub(*from)) as f64 / (to - from) as f64 } else { 0.5 };
        Some((at as f64 + share.clamp(0.0, 1.0)) * step)
    };
    let (median, slow) = (x_of(stats.p50)?, x_of(stats.p95)?);
    // Two names in one place would be none.
    let names = if slow - median < ROOM { [(median, ""), (slow, "p50, p95")] } else { [(median, "p50"), (slow, "p95")] };
    let marks = names.into_iter().map(|(x, name)| {
        let (anchor, shift) = if x > WIDTH - 2.0 * ROOM { ("end", -3.0) } else { ("start", 3.0) };
        view! {
            <line class="map-histogram__mark" x1=x x2=x y1=2.0 y2=HEIGHT />
            <text class="map-histogram__name" x=x + shift y=10.0 text-anchor=anchor>{name}</text>
        }
    });
    let label = format!(
        "Durations from {} to {}: median {}, 95th percentile {}, longest {}",
        format::duration(stats.min),
        format::duration(stats.max),
        format::duration(stats.p50),
        format::duration(stats.p95),
        format::duration(stats.max)
    );
    let failed = bars(&bins.errors);
    Some(
        view! {
            <figure class="map-histogram">
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
                    <path class="map-histogram__bars" d=bars(&bins.counts) />
                    <path class="map-histogram__errors" d=failed />
                    {marks.collect_view()}
                </svg>
                <figcaption class="map-histogram__ends">
                    <span>{format::duration(first)}</span>
                    <span>{format::duration(last)}</span>
                </figcaption>
            </figure>
        }
        .into_any(),
    )
}

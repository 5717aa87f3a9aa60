//! A chart in a few sentences, for whoever does not see it.

use std::fmt::Write as _;

use crate::scene::format::{self, TimeDigits};

use super::chart::{Cells, Chart, ChartKind};
use super::readout::rate_words;

/// What a chart shows, in words.
pub fn summary(chart: &Chart<'_>) -> String {
    let view = chart.view();
    let stats = view.all.stats;
    let counted = format::counted(stats.calls, chart.figures.noun());
    let errors = match stats.errors {
        0 => "none failed".to_owned(),
        errors => format!("{} failed ({})", format::count(errors), format::percent(errors, stats.calls)),
    };
    let mut words = match chart.kind {
        ChartKind::Histogram => {
            let busiest = chart.duration_range(chart.busiest());
            let most = busiest.map(|(from, to)| format!("; most took {} to {}", format::duration(from), format::duration(to)));
            format!(
                "{counted}, {errors}. p50 {}, p90 {}, p95 {}, p99 {}, longest {}{}.",
                format::duration(stats.p50),
                format::duration(stats.p90),
                format::duration(stats.p95),
                format::duration(stats.p99),
                format::duration(stats.max),
                most.unwrap_or_default()
            )
        }
        ChartKind::Heatmap => {
            let cells = chart.busiest();
            format!("{counted}, {errors}. Most in one cell: {}.", chart.readout(cells).words())
        }
        ChartKind::Percentiles => {
            let bins = || view.all.over_time.iter().enumerate().filter(|(_, bin)| bin.count > 0);
            let lowest = bins().map(|(_, bin)| bin.p95).min().unwrap_or(0);
            let highest = bins().max_by_key(|(at, bin)| (bin.p95, std::cmp::Reverse(*at)));
            match highest {
                Some((at, bin)) => format!(
                    "p95 between {} and {}, highest at {}.",
                    format::duration(lowest),
                    format::duration(bin.p95),
                    at_time(chart, at)
                ),
                None => String::new(),
            }
        }
        ChartKind::Rate => {
            let busiest = view.all.over_time.iter().enumerate().max_by_key(|(at, bin)| (bin.count, std::cmp::Reverse(*at)));
            let worst = view.all.over_time.iter().enumerate().max_by_key(|(at, bin)| (bin.errors, std::cmp::Reverse(*at)));
            let busiest = busiest.map(|(at, bin)| {
                format!("{counted}, {errors}. Busiest at {}: {}.", at_time(chart, at), rate_words(bin.count, view.step))
            });
            let worst = worst.filter(|(_, bin)| bin.errors > 0).map(|(at, bin)| {
                format!(" Most errors at {}: {} of {}.", at_time(chart, at), format::count(bin.errors), format::count(bin.count))
            });
            [busiest, worst].into_iter().flatten().collect()
        }
    };
    if !view.groups.is_empty() {
        let named: Vec<&str> = chart.figures.groups().take(3).map(|(_, name)| name).collect();
        let of = format::count(u64::from(view.group_count));
        // Writing to a string cannot fail.
        _ = write!(words, " In {of} groups, the largest: {}.", named.join(", "));
    }
    words
}

fn at_time(chart: &Chart<'_>, bin: usize) -> String {
    let bin = u32::try_from(bin).unwrap_or(u32::MAX);
    let (from, _) = chart.times(Cells::one(bin, 0)).unwrap_or_default();
    format::time_of_day(from, chart.frame.offset_minutes, TimeDigits::Seconds)
}

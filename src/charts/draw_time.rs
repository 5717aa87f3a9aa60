//! The charts over time: percentiles as lines, rate and errors as bars.

use plotters::prelude::DrawingBackend;

use crate::protocol::TimeBin;
use crate::scene::axis::count_ticks;

use super::axis::spread;
use super::chart::Chart;
use super::draw::{Align, DrawError, Pen, axis_left, base_line, duration_marks, fitting, time_axis};
use super::draw_histogram::stack;
use super::look::Rgb;

/// Lines' names keep so far apart.
const NAME_CSS_PX: f64 = 13.0;

/// What a line shows of a bin.
type Value = fn(&TimeBin) -> u64;

/// A line: its name, its color, and what it shows of a bin of time.
struct Line<'a> {
    name: &'static str,
    color: Rgb,
    width: u32,
    bins: &'a [TimeBin],
    value: Value,
}

/// p50, p90, p95 and p99 over time, or the p95 of each group.
pub(super) fn percentiles<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>) -> Result<(), DrawError> {
    let (view, plot) = (chart.view(), chart.plot);
    let lines: Vec<Line<'_>> = if view.groups.is_empty() {
        let bins = view.all.over_time.as_slice();
        let values: [(&str, Value); 4] =
            [("p50", |bin| bin.p50), ("p90", |bin| bin.p90), ("p95", |bin| bin.p95), ("p99", |bin| bin.p99)];
        let named = values.into_iter().zip(pen.look.quantiles);
        named.map(|((name, value), color)| Line { name, color, width: 2, bins, value }).collect()
    } else {
        // The largest group last, so that it is on top.
        let groups = view.groups.iter().rev();
        groups
            .map(|group| {
                let color = pen.look.group(group.color);
                Line { name: "", color, width: 2, bins: &group.over_time, value: |bin| bin.p95 }
            })
            .collect()
    };
    let values = || lines.iter().flat_map(|line| line.bins.iter().filter(|bin| bin.count > 0).map(line.value));
    let (Some(low), Some(high)) = (values().min(), values().max()) else {
        return time_axis(chart, pen);
    };
    let scale = LogScale::around(low, high, plot.bottom, plot.top);
    time_axis(chart, pen)?;
    let marks = duration_marks(scale.shortest(), scale.longest(), plot.bottom - plot.top, 22.0);
    axis_left(chart, pen, marks.into_iter().map(|tick| (scale.place(tick.at), tick.label)))?;
    base_line(chart, pen)?;
    let mut ends = Vec::new();
    for line in &lines {
        let mut run: Vec<(f64, f64)> = Vec::new();
        let mut last = None;
        for (at, bin) in line.bins.iter().enumerate() {
            if bin.count == 0 {
                stroke(pen, &run, line)?;
                run.clear();
                continue;
            }
            let point = (chart.x.edge(at as f64 + 0.5), scale.place((line.value)(bin)));
            last = Some(point);
            run.push(point);
        }
        stroke(pen, &run, line)?;
        ends.extend(last.map(|(x, y)| (x, y, line)));
    }
    name_lines(chart, pen, ends)
}

/// What is between two bins without figures: a line, or a dot where it is one bin.
fn stroke<DB: DrawingBackend>(pen: &Pen<'_, DB>, run: &[(f64, f64)], line: &Line<'_>) -> Result<(), DrawError> {
    match run {
        [] => Ok(()),
        [one] => pen.dot(*one, 2, line.color),
        many => pen.path(many, line.color, line.width),
    }
}

/// Names at the lines' ends, apart from each other.
fn name_lines<DB: DrawingBackend>(
    chart: &Chart<'_>,
    pen: &Pen<'_, DB>,
    mut ends: Vec<(f64, f64, &Line<'_>)>,
) -> Result<(), DrawError> {
    ends.retain(|(_, _, line)| !line.name.is_empty());
    // From the top down; of two that meet the higher percentile is above.
    ends.reverse();
    ends.sort_by(|a, b| a.1.total_cmp(&b.1));
    let sizes: Vec<(f64, f64)> = ends.iter().map(|&(_, y, _)| (y, NAME_CSS_PX)).collect();
    let tops = spread(&sizes, chart.plot.top - NAME_CSS_PX, chart.plot.bottom + NAME_CSS_PX / 2.0, 0.0);
    for ((_, _, line), top) in ends.into_iter().zip(tops) {
        pen.text(line.name, (chart.plot.right + 6.0, top + NAME_CSS_PX / 2.0), Align::Start, line.color)?;
    }
    Ok(())
}

/// Durations on a logarithmic axis of their own.
struct LogScale {
    low: f64,
    high: f64,
    bottom: f64,
    top: f64,
}

impl LogScale {
    /// With some air around them.
    fn around(low: u64, high: u64, bottom: f64, top: f64) -> Self {
        let (low, high) = ((low.max(1) as f64).ln(), (high.max(1) as f64).ln());
        let air = ((high - low) * 0.06).max(0.12);
        Self { low: (low - air).max(0.0), high: high + air, bottom, top }
    }

    fn place(&self, duration: u64) -> f64 {
        let share = ((duration.max(1) as f64).ln() - self.low) / (self.high - self.low);
        self.bottom + (self.top - self.bottom) * share
    }

    fn shortest(&self) -> u64 {
        nanos(self.low.exp().ceil())
    }

    fn longest(&self) -> u64 {
        nanos(self.high.exp().floor())
    }
}

fn nanos(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let nanos = value as u64;
    nanos
}

/// How many began, as bars in parts by group or by errors; with groups, the errors are a line.
pub(super) fn rate<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>) -> Result<(), DrawError> {
    let (view, plot) = (chart.view(), chart.plot);
    let highest = view.all.over_time.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
    let height = plot.bottom - plot.top;
    let place = |count: u64| plot.bottom - height * count as f64 / highest as f64;
    time_axis(chart, pen)?;
    let unit = RateUnit::of(highest, view.step);
    let most = fitting(height, 34.0);
    let marks = unit.ticks(highest, view.step, u64::from(most)).into_iter();
    axis_left(chart, pen, marks.map(|(count, label)| (plot.bottom - height * count / highest as f64, label)))?;
    let words = format!("{}s {}", chart.figures.noun(), unit.words);
    pen.text(&words, (plot.left, plot.top - 12.0), Align::Start, pen.look.muted)?;
    for at in 0..chart.x.count {
        let bin = |bins: &[TimeBin]| bins.get(at as usize).copied().unwrap_or_default();
        let parts: Vec<(u64, Rgb)> = if view.groups.is_empty() {
            let all = bin(&view.all.over_time);
            vec![(all.errors, pen.look.error), (all.count.saturating_sub(all.errors), pen.look.plain)]
        } else {
            view.groups.iter().map(|group| (bin(&group.over_time).count, pen.look.group(group.color))).collect()
        };
        stack(pen, chart.x.stretch(at, at), &parts, place)?;
    }
    base_line(chart, pen)?;
    if view.all.stats.errors == 0 {
        return Ok(());
    }
    if !view.groups.is_empty() {
        let middle = |at: usize| chart.x.edge(at as f64 + 0.5);
        let mut run = Vec::new();
        // A last bin without errors ends the last run.
        let bins = view.all.over_time.iter().copied().chain(std::iter::once(TimeBin::default()));
        for (at, bin) in bins.enumerate() {
            if bin.errors > 0 {
                run.push((middle(at), place(bin.errors)));
                continue;
            }
            match run.as_slice() {
                [] => {}
                [one] => {
                    pen.dot(*one, 4, pen.look.surface)?;
                    pen.dot(*one, 3, pen.look.error)?;
                }
                many => {
                    pen.path(many, pen.look.surface, 4)?;
                    pen.path(many, pen.look.error, 2)?;
                }
            }
            run.clear();
        }
    }
    let y = plot.top - 12.0;
    let words = "errors";
    let left = plot.right - pen.width_of(words);
    pen.dot((left - 8.0, y), 3, pen.look.error)?;
    pen.text(words, (left, y), Align::Start, pen.look.muted)
}

/// What rates are counted by: seconds, or what leaves a number above 1.
struct RateUnit {
    seconds: u64,
    words: &'static str,
}

impl RateUnit {
    fn of(highest: u64, step: u64) -> Self {
        let units = [(1, "per second"), (60, "per minute"), (3_600, "per hour")];
        let found = units.into_iter().find(|&(seconds, _)| Self::thousandths(highest, step, seconds) >= 1_000);
        let (seconds, words) = found.unwrap_or((3_600, "per hour"));
        Self { seconds, words }
    }

    /// So many in a step, as thousandths of a unit.
    fn thousandths(count: u64, step: u64, seconds: u64) -> u64 {
        let thousandths = u128::from(count) * 1_000_000_000_000 * u128::from(seconds) / u128::from(step.max(1));
        u64::try_from(thousandths).unwrap_or(u64::MAX)
    }

    /// Round rates up to the highest, each with the count in a step that it stands for.
    fn ticks(&self, highest: u64, step: u64, most: u64) -> Vec<(f64, String)> {
        let highest = Self::thousandths(highest, step, self.seconds);
        // Whole numbers where they are enough; thousandths are marked as 0.5 and the like.
        let whole = if highest >= 1_000 * most { 1_000 } else { 1 };
        let count = |thousandths: u64| thousandths as f64 * step as f64 / (self.seconds as f64 * 1e12);
        let ticks = count_ticks(highest / whole, most).into_iter().map(|tick| tick * whole);
        ticks.map(|tick| (count(tick), rate_label(tick))).collect()
    }
}

fn rate_label(thousandths: u64) -> String {
    let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
    if rest > 0 {
        let digits = format!("{rest:03}");
        return format!("{whole}.{}", digits.trim_end_matches('0'));
    }
    if whole < 10_000 { whole.to_string() } else { crate::scene::format::count_short(whole) }
}

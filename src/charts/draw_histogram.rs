//! The histogram of durations, with its percentiles.

use plotters::prelude::DrawingBackend;

use crate::scene::format;

use super::axis::spread;
use super::chart::{Bounds, Chart};
use super::draw::{Align, DrawError, Pen, axis_below, base_line, bin_marks, count_axis};
use super::look::Rgb;

/// Air between the percentiles' labels.
const LABEL_GAP: f64 = 8.0;
/// Air kept at the frame's edges.
const EDGE: f64 = 6.0;
/// Room that a label of the axis takes.
const DURATION_LABEL: f64 = 46.0;

/// Bars by duration, in parts by group or by errors.
pub(super) fn histogram<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>) -> Result<(), DrawError> {
    let (view, plot) = (chart.view(), chart.plot);
    let highest = view.all.counts.iter().copied().max().unwrap_or(0).max(1);
    let height = plot.bottom - plot.top;
    let place = |count: u64| plot.bottom - height * count as f64 / highest as f64;
    let Some(axis) = chart.durations() else {
        return Ok(());
    };
    count_axis(chart, pen, highest, place)?;
    let marks = bin_marks(&view.edges, plot.right - plot.left, DURATION_LABEL);
    axis_below(chart, pen, &marks, |at| axis.place(at))?;
    for bin in 0..chart.x.count {
        let at = |counts: &[u64]| counts.get(bin as usize).copied().unwrap_or(0);
        let parts: Vec<(u64, Rgb)> = if view.groups.is_empty() {
            let (count, errors) = (at(&view.all.counts), at(&view.all.errors));
            vec![(errors, pen.look.error), (count.saturating_sub(errors), pen.look.plain)]
        } else {
            view.groups.iter().map(|group| (at(&group.counts), pen.look.group(group.color))).collect()
        };
        stack(pen, chart.x.stretch(bin, bin), &parts, place)?;
    }
    base_line(chart, pen)?;
    percentile_marks(chart, pen, |at| axis.place(at))
}

/// A bar in parts, from the bottom up. What is there at all is at least a pixel high.
pub(super) fn stack<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    (left, right): (f64, f64),
    parts: &[(u64, Rgb)],
    place: impl Fn(u64) -> f64,
) -> Result<(), DrawError> {
    let (left, right) = (left.round(), right.round());
    let seam = if right - left >= 3.0 { 1.0 } else { 0.0 };
    let right = (right - seam).max(left + 1.0);
    let mut below = 0_u64;
    let mut bottom = place(0).round();
    for &(count, color) in parts {
        if count == 0 {
            continue;
        }
        below = below.saturating_add(count);
        let top = place(below).round().min(bottom - 1.0);
        pen.fill(Bounds { left, top, right, bottom }, color, 1.0)?;
        bottom = top;
    }
    Ok(())
}

/// p50, p90, p95 and p99 as lines, named above in one row in which they do not meet.
fn percentile_marks<DB: DrawingBackend>(
    chart: &Chart<'_>,
    pen: &Pen<'_, DB>,
    place: impl Fn(u64) -> f64,
) -> Result<(), DrawError> {
    let (stats, plot) = (chart.view().all.stats, chart.plot);
    let quantiles = [("p50", stats.p50), ("p90", stats.p90), ("p95", stats.p95), ("p99", stats.p99)];
    let marks = quantiles.into_iter().zip(pen.look.quantiles);
    let mut labels: Vec<(f64, String, Rgb)> =
        marks.map(|((name, at), color)| (place(at), format!("{name}\u{a0}{}", format::duration(at)), color)).collect();
    let all = |labels: &[(f64, String, Rgb)]| labels.iter().map(|(_, text, _)| pen.width_of(text) + LABEL_GAP).sum::<f64>();
    for (x, _, color) in &labels {
        pen.down(*x, plot.top - 4.0, plot.bottom, *color)?;
    }
    if all(&labels) > f64::from(chart.frame.width) - 2.0 * EDGE {
        labels.remove(1);
    }
    let sizes: Vec<(f64, f64)> = labels.iter().map(|(x, text, _)| (*x, pen.width_of(text))).collect();
    let lefts = spread(&sizes, EDGE, f64::from(chart.frame.width) - EDGE, LABEL_GAP);
    for ((x, text, color), (left, (_, width))) in labels.iter().zip(lefts.into_iter().zip(sizes)) {
        let nearest = x.clamp(left, left + width);
        if (nearest - x).abs() > 1.0 {
            pen.path(&[(nearest, plot.top - 8.0), (*x, plot.top - 3.0)], *color, 1)?;
        }
        pen.text(text, (left, plot.top - 14.0), Align::Start, *color)?;
    }
    Ok(())
}

//! What a metrics query draws, laid out: lines with gaps, spans that show a value, cells of a heatmap; and what is at a point of it.
//!
//! Steps are bins of the axis below, and a line's points stand in their middles. Marks are few enough to be elements of a page.

mod compare;
mod csv;
mod draw;
mod scale;
mod shown;
mod words;

pub use compare::{CompareRow, compare_rows};
pub use csv::series_csv;
pub use draw::series_picture_svg;
pub use scale::{ValueScale, unit_words, value_words};
pub use shown::Shown;
pub use words::{label_words, last_values, series_summary};

use std::fmt::Write as _;

use crate::protocol::{SeriesAnswer, SeriesLine, SeriesUnit, SeriesView};
use crate::scene::axis::time_ticks;

use super::axis::Bins;
use super::chart::{Bounds, Frame};
use super::draw::{fitting, log_share};

/// Lines that are drawn, at most: those that reach highest.
pub const LINES_MAX: usize = 100;
/// Spans that are drawn, at most.
pub const EXEMPLARS_MAX: usize = 200;
/// Colors of a heatmap (`--heat-0` and on).
pub const HEAT_LEVELS: u8 = 5;
/// How near a pointer is to a span that it means.
const REACH_CSS_PX: f64 = 8.0;
/// How near it is to the figures.
const AIR_CSS_PX: f64 = 6.0;
/// Room for the labels on the left and below, and for a legend or half a label on top.
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const ABOVE: f64 = 12.0;
const ABOVE_HEAT: f64 = 26.0;
const BELOW: f64 = 20.0;
/// Below this nothing can be read.
const LEAST_CSS_PX: (f64, f64) = (80.0, 40.0);
/// What a character of a label takes, in the fonts that are there: it is not measured.
const LETTER_CSS_PX: f64 = 6.3;
/// Air between labels.
const LABEL_AIR: f64 = 12.0;
/// Room for a label of the time axis, at least.
const LABEL_CSS_PX: f64 = 58.0;

/// A chart, laid out.
#[derive(Clone, Debug)]
pub struct SeriesChart<'a> {
    /// The engine's answer.
    pub view: &'a SeriesView,
    /// Where.
    pub frame: Frame,
    /// The part of the frame that holds the figures.
    pub plot: Bounds,
    /// Steps, across.
    pub x: Bins,
    /// Values, up.
    pub scale: ValueScale,
    /// The lines that are drawn, in the order of the answer.
    lines: Vec<&'a SeriesLine>,
    /// Lines that are to be shown and are not: there are too many.
    pub left_out: usize,
}

/// A mark of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where its line is, CSS pixels.
    pub place: f64,
    /// What stands there; nothing where there is no room.
    pub label: String,
    /// Where the middle of that is.
    pub label_place: f64,
}

/// A line, as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnLine<'a> {
    /// What of.
    pub line: &'a SeriesLine,
    /// Points that hang together; one alone is a dot.
    pub runs: Vec<Vec<(f64, f64)>>,
}

/// A span that shows a value, as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnExemplar<'a> {
    /// Of which line.
    pub line: &'a SeriesLine,
    /// Its place among that line's.
    pub at: usize,
    /// Where.
    pub x: f64,
    /// Where.
    pub y: f64,
}

/// A cell of a heatmap, as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnCell {
    /// Where.
    pub bounds: Bounds,
    /// Which color.
    pub level: u8,
}

impl<'a> SeriesChart<'a> {
    /// Lays a chart out. `None` where there is nothing to draw, no room for it, or a table to be made of it.
    pub fn new(view: &'a SeriesView, shown: &Shown, frame: Frame) -> Option<Self> {
        if view.steps == 0 || view.step == 0 {
            return None;
        }
        let above = if matches!(view.answer, SeriesAnswer::Heat { .. }) { ABOVE_HEAT } else { ABOVE };
        let plot = Bounds {
            left: LEFT,
            top: above + f64::from(frame.top),
            right: f64::from(frame.width) - RIGHT,
            bottom: f64::from(frame.height) - BELOW - f64::from(frame.bottom),
        };
        if plot.right - plot.left < LEAST_CSS_PX.0 || plot.bottom - plot.top < LEAST_CSS_PX.1 {
            return None;
        }
        let height = (plot.bottom, plot.top);
        let (lines, left_out, scale) = match &view.answer {
            SeriesAnswer::Lines(lines) => {
                let (lines, left_out) = drawn(lines, shown);
                let (low, high) = extent(&lines, view.unit)?;
                (lines, left_out, ValueScale::around(low, high, view.unit, height))
            }
            SeriesAnswer::Heat { edges, cells, .. } => {
                let (low, high) = (lower_edge(edges, 0)?, edges.last().copied()?);
                if cells.is_empty() {
                    return None;
                }
                (Vec::new(), 0, ValueScale::between(low, high, view.unit, height))
            }
            SeriesAnswer::Compare(_) => return None,
        };
        let x = Bins { count: view.steps, from: plot.left, to: plot.right };
        Some(Self { view, frame, plot, x, scale, lines, left_out })
    }

    /// The lines, in the order of the answer.
    pub fn lines(&self) -> Vec<DrawnLine<'a>> {
        self.lines.iter().map(|line| DrawnLine { line, runs: self.runs(line) }).collect()
    }

    fn runs(&self, line: &SeriesLine) -> Vec<Vec<(f64, f64)>> {
        let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut goes_on = false;
        for (step, point) in (0..self.view.steps).zip(&line.points) {
            let Some(value) = point.filter(|value| value.is_finite()) else {
                goes_on = false;
                continue;
            };
            let point = (self.middle(step), self.scale.place(value));
            match runs.last_mut().filter(|_| goes_on) {
                Some(run) => run.push(point),
                None => runs.push(vec![point]),
            }
            goes_on = true;
        }
        runs
    }

    /// The spans that show values, from left to right.
    pub fn exemplars(&self) -> Vec<DrawnExemplar<'a>> {
        let mut drawn = Vec::new();
        for &line in &self.lines {
            for (at, exemplar) in line.exemplars.iter().enumerate() {
                let x = self.x_from_time(exemplar.time);
                let on_line = || line.points.get(self.x.nearest(x) as usize).copied().flatten();
                let value = Some(exemplar.value).filter(|value| value.is_finite()).or_else(on_line);
                if let Some(value) = value.filter(|value| value.is_finite()) {
                    drawn.push(DrawnExemplar { line, at, x, y: self.scale.place(value) });
                }
            }
        }
        drawn.sort_by(|a, b| a.x.total_cmp(&b.x));
        drawn.truncate(EXEMPLARS_MAX);
        drawn
    }

    /// The cells of a heatmap.
    pub fn cells(&self) -> Vec<DrawnCell> {
        let SeriesAnswer::Heat { edges, cells, .. } = &self.view.answer else {
            return Vec::new();
        };
        let most = self.most();
        let cell = |&(step, bucket, count): &(u32, u32, u64)| {
            let (low, high) = (lower_edge(edges, bucket as usize)?, edges.get(bucket as usize).copied()?);
            let (left, right) = self.x.stretch(step, step);
            let (bottom, top) = (self.scale.place(low), self.scale.place(high));
            Some(DrawnCell { bounds: Bounds { left, top, right, bottom }, level: level(count, most) })
        };
        cells.iter().filter(|(step, ..)| *step < self.view.steps).filter_map(cell).collect()
    }

    /// Spans in the fullest cell of a heatmap.
    pub fn most(&self) -> u64 {
        match &self.view.answer {
            SeriesAnswer::Heat { cells, .. } => cells.iter().map(|(_, _, count)| *count).max().unwrap_or(0),
            SeriesAnswer::Lines(_) | SeriesAnswer::Compare(_) => 0,
        }
    }

    /// Marks of values, from the bottom up; where two labels would meet, the upper one is left out.
    pub fn value_marks(&self) -> Vec<Mark> {
        let mut free = f64::INFINITY;
        let marks = self.scale.ticks().into_iter().map(|(value, label)| {
            let place = self.scale.place(value);
            let fits = place + 6.0 <= free;
            if fits {
                free = place - 8.0;
            }
            Mark { place, label: if fits { label } else { String::new() }, label_place: place }
        });
        marks.collect()
    }

    /// Marks of times, from left to right, as many as there is room for.
    pub fn time_marks(&self) -> Vec<Mark> {
        let width = self.plot.right - self.plot.left;
        let css_px = |label: &str| label.chars().count() as f64 * LETTER_CSS_PX;
        let mut ticks = Vec::new();
        // Short labels first: as many as fit of those that come out.
        for most in (1..=fitting(width, LABEL_CSS_PX)).rev() {
            ticks = time_ticks(self.view.start, self.end(), most, self.frame.offset_minutes);
            let widest = ticks.iter().map(|tick| css_px(&tick.label)).fold(0.0, f64::max);
            if ticks.len() as f64 * (widest + LABEL_AIR) <= width {
                break;
            }
        }
        let marks = ticks.into_iter().map(|tick| {
            let (place, half) = (self.x_from_time(tick.at), css_px(&tick.label) / 2.0);
            let label_place = place.min(f64::from(self.frame.width) - half).max(half);
            Mark { place, label: tick.label, label_place }
        });
        marks.collect()
    }

    /// The step nearest to a point; `None` where the point is not on the figures.
    pub fn step_at(&self, x: f64, y: f64) -> Option<u32> {
        let plot = self.plot;
        let is_near = (plot.left - AIR_CSS_PX..=plot.right + AIR_CSS_PX).contains(&x)
            && (plot.top - AIR_CSS_PX..=plot.bottom + AIR_CSS_PX).contains(&y);
        is_near.then(|| self.x.nearest(x))
    }

    /// The span nearest to a point, by its place among the drawn ones, if it is near enough to be meant.
    pub fn exemplar_at(&self, x: f64, y: f64) -> Option<usize> {
        let distances = self.exemplars().into_iter().map(|drawn| (drawn.x - x).hypot(drawn.y - y)).enumerate();
        let near = distances.filter(|(_, distance)| *distance <= REACH_CSS_PX);
        near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
    }

    /// Where the lines are in a step, those that reach highest first; not more than a readout has rows.
    pub fn dots(&self, step: u32) -> Vec<(f64, f64, &'a SeriesLine)> {
        let values = self.values(step).into_iter();
        values.map(|(value, line)| (self.middle(step), self.scale.place(value), line)).take(words::ROWS_MAX).collect()
    }

    /// The middle of a step.
    pub fn middle(&self, step: u32) -> f64 {
        self.x.edge(f64::from(step) + 0.5)
    }

    /// The times of a step, first nanosecond and the one after the last.
    pub fn times(&self, step: u32) -> (u64, u64) {
        let edge = |step: u32| self.view.start.saturating_add(self.view.step.saturating_mul(u64::from(step)));
        (edge(step), edge(step.saturating_add(1)))
    }

    /// The values of a step, the greatest first.
    fn values(&self, step: u32) -> Vec<(f64, &'a SeriesLine)> {
        let value = |line: &'a SeriesLine| line.points.get(step as usize).copied().flatten().filter(|value| value.is_finite());
        let mut values: Vec<_> = self.lines.iter().filter_map(|&line| Some((value(line)?, line))).collect();
        values.sort_by(|a, b| b.0.total_cmp(&a.0));
        values
    }

    fn x_from_time(&self, at: u64) -> f64 {
        let steps = at.saturating_sub(self.view.start) as f64 / self.view.step as f64;
        self.x.edge(steps.min(f64::from(self.view.steps)))
    }

    fn end(&self) -> u64 {
        self.view.start.saturating_add(self.view.step.saturating_mul(u64::from(self.view.steps)))
    }
}

/// Whether there is nothing in an answer that could be drawn.
pub fn series_is_empty(view: &SeriesView) -> bool {
    match &view.answer {
        SeriesAnswer::Lines(lines) => !lines.iter().flat_map(|line| line.points.iter().flatten()).any(|value| value.is_finite()),
        SeriesAnswer::Heat { cells, .. } => cells.is_empty(),
        SeriesAnswer::Compare(compared) => compared.attributes.is_empty(),
    }
}

/// Points as the `d` of a path: `M0 1L2 3`.
pub fn path_text(points: &[(f64, f64)]) -> String {
    let mut text = String::with_capacity(points.len() * 12);
    for (at, (x, y)) in points.iter().enumerate() {
        // Writing to a string cannot fail.
        _ = write!(text, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
    }
    text
}

/// The lines that are shown, or those of them that reach highest; and how many are left out.
fn drawn<'a>(lines: &'a [SeriesLine], shown: &Shown) -> (Vec<&'a SeriesLine>, usize) {
    let peak = |line: &SeriesLine| line.points.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut found: Vec<(usize, f64)> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| shown.has(&label_words(&line.labels)))
        .map(|(at, line)| (at, peak(line)))
        .collect();
    let left_out = found.len().saturating_sub(LINES_MAX);
    if left_out > 0 {
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(LINES_MAX);
        found.sort_by_key(|&(at, _)| at);
    }
    (found.into_iter().filter_map(|(at, _)| lines.get(at)).collect(), left_out)
}

/// Least and greatest value; spans that show rates stand on their lines.
fn extent(lines: &[&SeriesLine], unit: SeriesUnit) -> Option<(f64, f64)> {
    let points = lines.iter().flat_map(|line| line.points.iter().flatten());
    let shows = |line: &&&SeriesLine| unit == SeriesUnit::Nanoseconds && !line.points.is_empty();
    let exemplars = lines.iter().filter(shows).flat_map(|line| line.exemplars.iter().map(|exemplar| &exemplar.value));
    let values = points.chain(exemplars).copied().filter(|value| value.is_finite());
    values.fold(None, |extent: Option<(f64, f64)>, value| {
        Some(extent.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    })
}

/// Where a bucket begins: at the edge before; the first one is as high as its neighbor, or half as high as where it ends.
fn lower_edge(edges: &[f64], bucket: usize) -> Option<f64> {
    let own = edges.get(bucket).copied()?;
    let lower = match bucket.checked_sub(1) {
        Some(before) => edges.get(before).copied()?,
        None => match edges.get(1) {
            Some(&next) if own > 0.0 && next > own => own * (own / next),
            Some(_) | None => own / 2.0,
        },
    };
    Some(lower)
}

/// The color of a cell: of a share of the fullest, on a logarithmic scale.
fn level(count: u64, most: u64) -> u8 {
    let top = HEAT_LEVELS.saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the levels")]
    let level = (log_share(count, most) * f64::from(HEAT_LEVELS)).max(0.0) as u8;
    level.min(top)
}

//! Strokes: what all charts share, from the pen to the axes, and the heatmap.

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::prelude::{Color as _, DrawingArea, DrawingBackend, IntoDrawingArea as _, RGBColor, TextStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle};

use crate::scene::axis::{AxisTick, count_ticks, duration_ticks, time_ticks};
use crate::scene::format;

use super::chart::{Bounds, Chart, ChartKind, HeatBy};
use super::look::{Look, Rgb, TEXT_CSS_PX, ramp};
use super::{draw_histogram, draw_time};

/// The backend refused; there is nothing that a chart could do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chart could not be drawn: {0}")]
pub struct DrawError(String);

/// plotters gives a font's height, browsers its size: this is between them, in its SVG backend as well.
const PLOTTERS_TEXT_SCALE: f64 = 1.24;
/// Air between labels.
const LABEL_AIR: f64 = 10.0;

/// Draws a chart, background included. `measure` gives the width of a text in pixels.
pub fn draw<DB: DrawingBackend>(
    chart: &Chart<'_>,
    backend: DB,
    look: &Look,
    measure: &dyn Fn(&str) -> f64,
) -> Result<(), DrawError> {
    let pen = Pen::new(backend, look, measure);
    pen.background()?;
    paint(chart, &pen)?;
    pen.finish()
}

/// Draws a chart onto what there is.
pub(super) fn paint<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>) -> Result<(), DrawError> {
    match chart.kind {
        ChartKind::Histogram => draw_histogram::histogram(chart, pen),
        ChartKind::Heatmap => heatmap(chart, pen),
        ChartKind::Percentiles => draw_time::percentiles(chart, pen),
        ChartKind::Rate => draw_time::rate(chart, pen),
    }
}

/// A drawing area with colors and a measure for texts.
pub(super) struct Pen<'a, DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    pub(super) look: &'a Look,
    measure: &'a dyn Fn(&str) -> f64,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

impl<'a, DB: DrawingBackend> Pen<'a, DB> {
    pub(super) fn new(backend: DB, look: &'a Look, measure: &'a dyn Fn(&str) -> f64) -> Self {
        Self { area: backend.into_drawing_area(), look, measure }
    }

    pub(super) fn background(&self) -> Result<(), DrawError> {
        let (width, height) = self.area.dim_in_pixel();
        let all = Bounds { left: 0.0, top: 0.0, right: f64::from(width), bottom: f64::from(height) };
        self.fill(all, self.look.surface, 1.0)
    }

    pub(super) fn finish(&self) -> Result<(), DrawError> {
        self.area.present().map_err(|error| DrawError(error.to_string()))
    }

    pub(super) fn width_of(&self, text: &str) -> f64 {
        (self.measure)(text)
    }

    /// A filled rectangle; nothing where rounding leaves nothing of it.
    pub(super) fn fill(&self, bounds: Bounds, color: Rgb, alpha: f64) -> Result<(), DrawError> {
        let (from, to) = ((whole(bounds.left), whole(bounds.top)), (whole(bounds.right), whole(bounds.bottom)));
        if from.0 >= to.0 || from.1 >= to.1 {
            return Ok(());
        }
        let style = rgb(color).mix(alpha).filled();
        self.area.draw(&Rectangle::new([from, to], style)).map_err(|error| DrawError(error.to_string()))
    }

    /// A line of one pixel from left to right: a rectangle, since that is crisp on every backend.
    pub(super) fn across(&self, left: f64, right: f64, y: f64, color: Rgb) -> Result<(), DrawError> {
        let y = y.round();
        self.fill(Bounds { left, top: y, right, bottom: y + 1.0 }, color, 1.0)
    }

    /// A line of one pixel from top to bottom.
    pub(super) fn down(&self, x: f64, top: f64, bottom: f64, color: Rgb) -> Result<(), DrawError> {
        let x = x.round();
        self.fill(Bounds { left: x, top, right: x + 1.0, bottom }, color, 1.0)
    }

    pub(super) fn path(&self, points: &[(f64, f64)], color: Rgb, width: u32) -> Result<(), DrawError> {
        let points: Vec<(i32, i32)> = points.iter().map(|&(x, y)| (whole(x), whole(y))).collect();
        let style = rgb(color).stroke_width(width);
        self.area.draw(&PathElement::new(points, style)).map_err(|error| DrawError(error.to_string()))
    }

    pub(super) fn dot(&self, (x, y): (f64, f64), radius: u32, color: Rgb) -> Result<(), DrawError> {
        let dot = Circle::new((whole(x), whole(y)), radius, rgb(color).filled());
        self.area.draw(&dot).map_err(|error| DrawError(error.to_string()))
    }

    /// A text whose middle is at the height of `y`.
    pub(super) fn text(&self, text: &str, (x, y): (f64, f64), align: Align, color: Rgb) -> Result<(), DrawError> {
        self.styled(text, (x, y), align, (color, TEXT_CSS_PX, FontStyle::Normal))
    }

    /// A heading.
    pub(super) fn heading(&self, text: &str, (x, y): (f64, f64)) -> Result<(), DrawError> {
        self.styled(text, (x, y), Align::Start, (self.look.ink, TEXT_CSS_PX + 2.0, FontStyle::Bold))
    }

    fn styled(
        &self,
        text: &str,
        (x, y): (f64, f64),
        align: Align,
        (color, size, weight): (Rgb, f64, FontStyle),
    ) -> Result<(), DrawError> {
        let h_pos = match align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let font = FontDesc::new(FontFamily::Name(&self.look.font), size * PLOTTERS_TEXT_SCALE, weight);
        let style = TextStyle { font, color: rgb(color).to_backend_color(), pos: Pos::new(h_pos, VPos::Center) };
        // Names come from files; what XML forbids would break the whole picture.
        let text = text.replace(|letter: char| letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}'), "\u{fffd}");
        self.area.draw(&Text::new(text.as_str(), (whole(x), whole(y)), style)).map_err(|error| DrawError(error.to_string()))
    }
}

fn rgb((red, green, blue): Rgb) -> RGBColor {
    RGBColor(red, green, blue)
}

fn whole(css_px: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, far beyond any screen")]
    let px = css_px.round() as i32;
    px
}

/// How many labels of so many pixels fit on a stretch.
pub(super) fn fitting(css_px: f64, label: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let count = (css_px / label).max(1.0) as u32;
    count
}

/// The axis of times below.
pub(super) fn time_axis<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>) -> Result<(), DrawError> {
    let view = chart.view();
    let end = view.start.saturating_add(view.step.saturating_mul(u64::from(view.n_bins)));
    let width = chart.plot.right - chart.plot.left;
    // Short labels first: as many as fit of those that come out.
    let mut ticks = Vec::new();
    for most in (1..=fitting(width, 58.0)).rev() {
        ticks = time_ticks(view.start, end, most, chart.frame.offset_minutes);
        let widest = ticks.iter().map(|tick| pen.width_of(&tick.label)).fold(0.0, f64::max);
        if ticks.len() as f64 * (widest + LABEL_AIR) <= width {
            break;
        }
    }
    axis_below(chart, pen, &ticks, |at| chart.x_from_time(at))
}

/// Lines and labels of an axis below; labels that would meet are left out.
pub(super) fn axis_below<DB: DrawingBackend>(
    chart: &Chart<'_>,
    pen: &Pen<'_, DB>,
    ticks: &[AxisTick],
    place: impl Fn(u64) -> f64,
) -> Result<(), DrawError> {
    let plot = chart.plot;
    for tick in ticks {
        pen.down(place(tick.at), plot.top, plot.bottom + 4.0, pen.look.faint)?;
    }
    // The roundest first: it is them that a reader looks for.
    let (round, rest): (Vec<&AxisTick>, Vec<&AxisTick>) = ticks.iter().partition(|tick| is_round(tick));
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for tick in round.into_iter().chain(rest) {
        let width = pen.width_of(&tick.label);
        let middle = place(tick.at).clamp(width / 2.0, (f64::from(chart.frame.width) - width / 2.0).max(width / 2.0));
        let (left, right) = (middle - width / 2.0, middle + width / 2.0);
        if taken.iter().all(|&(from, to)| right + LABEL_AIR <= from || to + LABEL_AIR <= left) {
            pen.text(&tick.label, (middle, plot.bottom + 12.0), Align::Middle, pen.look.muted)?;
            taken.push((left, right));
        }
    }
    Ok(())
}

/// Whether a duration is a power of ten of its unit.
fn is_round(tick: &AxisTick) -> bool {
    matches!(tick.label.split(format::UNIT_SPACE).next(), Some("0" | "1" | "10" | "100"))
}

/// Lines and labels of an axis on the left.
pub(super) fn axis_left<DB: DrawingBackend>(
    chart: &Chart<'_>,
    pen: &Pen<'_, DB>,
    ticks: impl IntoIterator<Item = (f64, String)>,
) -> Result<(), DrawError> {
    let plot = chart.plot;
    let mut free = f64::INFINITY;
    for (y, label) in ticks {
        pen.across(plot.left, plot.right, y, pen.look.faint)?;
        if y + 6.0 <= free {
            pen.text(&label, (plot.left - 8.0, y), Align::End, pen.look.muted)?;
            free = y - 8.0;
        }
    }
    Ok(())
}

/// The line that figures stand on.
pub(super) fn base_line<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>) -> Result<(), DrawError> {
    pen.across(chart.plot.left, chart.plot.right, chart.plot.bottom, pen.look.line)
}

/// Marks of the bins of durations on a stretch. A first bin for what lasted no time has its 0, and no marks inside.
pub(super) fn bin_marks(edges: &[u64], css_px: f64, label: f64) -> Vec<AxisTick> {
    let (zero, rest) = match edges {
        [0, rest @ ..] => (Some(AxisTick { at: 0, label: "0".to_owned() }), rest),
        rest => (None, rest),
    };
    let (Some(&shortest), Some(&longest)) = (rest.first(), rest.last()) else {
        return Vec::new();
    };
    zero.into_iter().chain(duration_marks(shortest, longest, css_px, label)).collect()
}

/// Marks of durations on a stretch, as many as there is room for.
pub(super) fn duration_marks(shortest: u64, longest: u64, css_px: f64, label: f64) -> Vec<AxisTick> {
    duration_ticks(shortest, longest, fitting(css_px, label) as usize)
}

/// Numbers on the left, from 0 to `highest`.
pub(super) fn count_axis<DB: DrawingBackend>(
    chart: &Chart<'_>,
    pen: &Pen<'_, DB>,
    highest: u64,
    place: impl Fn(u64) -> f64,
) -> Result<(), DrawError> {
    let most = fitting(chart.plot.bottom - chart.plot.top, 34.0);
    axis_left(chart, pen, count_ticks(highest, u64::from(most)).into_iter().map(|at| (place(at), short_count(at))))
}

/// `1.5k` rather than `1.50k`: what is on an axis is exact.
pub(super) fn short_count(number: u64) -> String {
    let text = format::count_short(number);
    match text.split_once('.') {
        Some((whole, rest)) => {
            let digits = rest.trim_end_matches(|letter: char| letter.is_alphabetic());
            let suffix = rest.get(digits.len()..).unwrap_or_default();
            let digits = digits.trim_end_matches('0');
            if digits.is_empty() { format!("{whole}{suffix}") } else { format!("{whole}.{digits}{suffix}") }
        }
        None => text,
    }
}

/// Cells of time and duration.
fn heatmap<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>) -> Result<(), DrawError> {
    let (view, plot) = (chart.view(), chart.plot);
    time_axis(chart, pen)?;
    if let Some(axis) = chart.durations() {
        let marks = bin_marks(&view.edges, plot.bottom - plot.top, 17.0);
        axis_left(chart, pen, marks.into_iter().map(|tick| (axis.place(tick.at), tick.label)))?;
    }
    let most = view.heat.iter().map(|cell| cell.count).max().unwrap_or(1);
    // Seams between cells only where they are large enough to have some.
    let seam = |from: f64, to: f64| if to - from >= 6.0 { 1.0 } else { 0.0 };
    for cell in &view.heat {
        let at = chart.bounds(super::chart::Cells::one(cell.time, cell.duration));
        let color = match chart.figures.heat {
            HeatBy::Count => ramp(&pen.look.heat, log_share(cell.count, most)),
            HeatBy::ErrorShare => ramp(&pen.look.failed, cell.errors as f64 / cell.count.max(1) as f64),
        };
        let (left, top) = (at.left.round(), at.top.round());
        let right = (at.right.round() - seam(at.left, at.right)).max(left + 1.0);
        let bottom = (at.bottom.round() - seam(at.top, at.bottom)).max(top + 1.0);
        pen.fill(Bounds { left, top, right, bottom }, color, 1.0)?;
    }
    base_line(chart, pen)?;
    heat_legend(chart, pen, most)
}

/// Where a count stands between 1 and the most, on a logarithmic scale.
pub(super) fn log_share(count: u64, most: u64) -> f64 {
    if most <= 1 { 1.0 } else { (count.max(1) as f64).ln() / (most as f64).ln() }
}

/// What the cells' colors mean: a ramp with its ends named, notched at powers of ten.
fn heat_legend<DB: DrawingBackend>(chart: &Chart<'_>, pen: &Pen<'_, DB>, most: u64) -> Result<(), DrawError> {
    const STEPS: u32 = 32;
    const WIDTH: f64 = 96.0;
    let y = chart.plot.top - 12.0;
    let (stops, from, to) = match chart.figures.heat {
        HeatBy::Count => {
            let noun = chart.figures.noun();
            (&pen.look.heat, "1".to_owned(), format!("{}\u{a0}{noun}s", format::count_short(most)))
        }
        HeatBy::ErrorShare => (&pen.look.failed, "0\u{a0}%".to_owned(), "100\u{a0}% failed".to_owned()),
    };
    let right = chart.plot.right - pen.width_of(&to) - 6.0;
    pen.text(&to, (chart.plot.right, y), Align::End, pen.look.muted)?;
    let left = right - WIDTH;
    for step in 0..STEPS {
        let edge = |step: u32| left + WIDTH * f64::from(step) / f64::from(STEPS);
        let at = Bounds { left: edge(step), top: y - 4.0, right: edge(step + 1), bottom: y + 4.0 };
        pen.fill(at, ramp(stops, f64::from(step) / f64::from(STEPS - 1)), 1.0)?;
    }
    if chart.figures.heat == HeatBy::Count {
        let decades = std::iter::successors(Some(10_u64), |at| at.checked_mul(10)).take_while(|&at| at < most);
        for decade in decades {
            pen.down(left + WIDTH * log_share(decade, most), y + 4.0, y + 7.0, pen.look.muted)?;
        }
    }
    pen.text(&from, (left - 6.0, y), Align::End, pen.look.muted)
}

//! A chart as a picture of its own: with a heading, and with a legend where there are groups.

use plotters::prelude::{DrawingBackend, SVGBackend};

use super::chart::{Chart, Frame};
use super::draw::{Align, DrawError, Pen, paint};
use super::look::Look;

/// Room for the heading's two lines.
const HEADING_CSS_PX: u32 = 40;
/// Height of a line of the legend.
const LINE_CSS_PX: f64 = 18.0;
/// Width of an entry of the legend, its air included.
const ENTRY_CSS_PX: f64 = 190.0;

/// What a picture is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// In a few words.
    pub title: String,
    /// What it is of: how many, when.
    pub subtitle: String,
}

/// How many pixels a picture needs above and below a chart for heading and legend.
pub fn picture_height(width: u32, groups: usize) -> (u32, u32) {
    let columns = columns(width);
    let lines = u32::try_from(groups.div_ceil(columns)).unwrap_or(u32::MAX);
    let below = if groups == 0 { 0 } else { lines.saturating_mul(18).saturating_add(8) };
    (HEADING_CSS_PX, below)
}

fn columns(width: u32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width in pixels")]
    let columns = ((f64::from(width) - 24.0) / ENTRY_CSS_PX).max(1.0) as usize;
    columns
}

/// Draws the picture on any backend. The chart's frame must have room for heading and legend, as [`picture_height`] says.
pub fn picture<DB: DrawingBackend>(
    chart: &Chart<'_>,
    heading: &Heading,
    backend: DB,
    (look, measure): (&Look, &dyn Fn(&str) -> f64),
) -> Result<(), DrawError> {
    let pen = Pen::new(backend, look, measure);
    pen.background()?;
    pen.heading(&heading.title, (12.0, 14.0))?;
    pen.text(&heading.subtitle, (12.0, 31.0), Align::Start, look.muted)?;
    paint(chart, &pen)?;
    legend(&pen, chart.frame, chart.figures.groups().map(|(group, name)| (name, group.color)))?;
    pen.finish()
}

/// Names with their colors, in the room below a chart.
pub(super) fn legend<'a, DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    entries: impl Iterator<Item = (&'a str, u8)>,
) -> Result<(), DrawError> {
    let columns = columns(frame.width);
    let top = f64::from(frame.height) - f64::from(frame.bottom) + LINE_CSS_PX / 2.0 + 2.0;
    for (at, (name, color)) in entries.enumerate() {
        let x = 16.0 + (at % columns) as f64 * ENTRY_CSS_PX;
        let y = top + (at / columns) as f64 * LINE_CSS_PX;
        pen.dot((x, y), 4, pen.look.group(color))?;
        let name = shortened(name, ENTRY_CSS_PX - 26.0, &|text| pen.width_of(text));
        pen.text(&name, (x + 10.0, y), Align::Start, pen.look.muted)?;
    }
    Ok(())
}

/// Cut to a width, so that entries do not run into each other.
fn shortened(text: &str, width: f64, measure: &dyn Fn(&str) -> f64) -> String {
    let first: String = text.chars().take(80).collect();
    if first.len() == text.len() && measure(text) <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = first.chars().collect();
    loop {
        let cut: String = kept.iter().chain(['…'].iter()).collect();
        if kept.pop().is_none() || measure(&cut) <= width {
            return cut;
        }
    }
}

/// The picture as SVG.
pub fn svg(chart: &Chart<'_>, heading: &Heading, look: &Look, measure: &dyn Fn(&str) -> f64) -> Result<String, DrawError> {
    let mut text = String::new();
    let backend = SVGBackend::with_string(&mut text, (chart.frame.width, chart.frame.height));
    picture(chart, heading, backend, (look, measure))?;
    Ok(text)
}

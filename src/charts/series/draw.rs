//! The chart as a picture of its own: the same marks, drawn with plotters, with a heading and a legend.

use plotters::prelude::{DrawingBackend, SVGBackend};

use crate::protocol::SeriesAnswer;
use crate::scene::format;

use super::super::draw::{Align, DrawError, Pen};
use super::super::export::{Heading, legend};
use super::super::look::{Look, ramp};
use super::{HEAT_LEVELS, SeriesChart, label_words};

/// The picture as SVG. The frame must have room for heading and legend, as [`super::super::picture_height`] says.
pub fn series_picture_svg(
    chart: &SeriesChart<'_>,
    heading: &Heading,
    look: &Look,
    measure: &dyn Fn(&str) -> f64,
) -> Result<String, DrawError> {
    let mut text = String::new();
    let backend = SVGBackend::with_string(&mut text, (chart.frame.width, chart.frame.height));
    picture(chart, heading, backend, (look, measure))?;
    Ok(text)
}

fn picture<DB: DrawingBackend>(
    chart: &SeriesChart<'_>,
    heading: &Heading,
    backend: DB,
    (look, measure): (&Look, &dyn Fn(&str) -> f64),
) -> Result<(), DrawError> {
    let pen = Pen::new(backend, look, measure);
    let plot = chart.plot;
    pen.background()?;
    pen.heading(&heading.title, (12.0, 14.0))?;
    pen.text(&heading.subtitle, (12.0, 31.0), Align::Start, look.muted)?;
    for mark in chart.time_marks() {
        pen.down(mark.place, plot.top, plot.bottom + 4.0, look.faint)?;
        pen.text(&mark.label, (mark.label_place, plot.bottom + 12.0), Align::Middle, look.muted)?;
    }
    for mark in chart.value_marks() {
        pen.across(plot.left, plot.right, mark.place, look.faint)?;
        pen.text(&mark.label, (plot.left - 8.0, mark.place), Align::End, look.muted)?;
    }
    let color = |level: u8| ramp(&look.heat, f64::from(level) / f64::from(HEAT_LEVELS - 1));
    for cell in chart.cells() {
        pen.fill(cell.bounds, color(cell.level), 1.0)?;
    }
    pen.across(plot.left, plot.right, plot.bottom, look.line)?;
    // The first line on top.
    let lines = chart.lines();
    for drawn in lines.iter().rev() {
        let color = look.group(drawn.line.color);
        for run in &drawn.runs {
            match run.as_slice() {
                [one] => pen.dot(*one, 2, color)?,
                many => pen.path(many, color, 2)?,
            }
        }
    }
    for drawn in chart.exemplars() {
        pen.dot((drawn.x, drawn.y), 4, look.surface)?;
        pen.dot((drawn.x, drawn.y), 3, look.group(drawn.line.color))?;
    }
    if matches!(chart.view.answer, SeriesAnswer::Heat { .. }) {
        let most = format!("{} in the darkest", format::counted(chart.most(), "span"));
        pen.text(&most, (plot.right, plot.top - 12.0), Align::End, look.muted)?;
    }
    let entries: Vec<(String, u8)> = lines.iter().map(|drawn| (label_words(&drawn.line.labels), drawn.line.color)).collect();
    legend(&pen, chart.frame, entries.iter().map(|(name, color)| (name.as_str(), *color)))?;
    pen.finish()
}

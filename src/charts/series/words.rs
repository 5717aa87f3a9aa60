//! What a metrics query draws, in words: names of lines, the readout of a step, a summary, the last values.

use crate::protocol::{SeriesAnswer, SeriesLine, SeriesView};
use crate::scene::format::{self, TimeDigits};

use super::super::readout::{Readout, ReadoutRow};
use super::{SeriesChart, lower_edge, value_words};

/// Lines that a readout lists, at most.
pub(super) const ROWS_MAX: usize = 12;
const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;
const DAY: u64 = 86_400 * SECOND;
/// How a query calls the label that `quantile_over_time` makes.
const QUANTILE: &str = "p";

/// A line's name: `cart, p95`, `http.status_code=200`. What speaks for itself goes without its key; `all` has no labels.
pub fn label_words(labels: &[(String, String)]) -> String {
    if labels.is_empty() {
        return "all".to_owned();
    }
    let words = labels.iter().map(|(key, value)| {
        if key == QUANTILE
            && let Some(percent) = percent(value)
        {
            return percent;
        }
        let is_bare = value.is_empty() || value.parse::<f64>().is_ok() || matches!(value.as_str(), "true" | "false" | "nil");
        if is_bare { format!("{}={value}", short_key(key)) } else { value.clone() }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `0.95` is p95, `0.999` is p99.9.
fn percent(quantile: &str) -> Option<String> {
    let quantile: f64 = quantile.parse().ok().filter(|quantile| (0.0..=1.0).contains(quantile))?;
    // Four decimals of a percent, without what floats leave behind.
    let percent = (quantile * 1e6).round() / 1e4;
    Some(format!("p{percent}"))
}

/// Without its scope.
fn short_key(key: &str) -> &str {
    let scopes = ["span.", "resource.", "event.", "link.", "instrumentation.", "span:", "trace:", "event:", "link:", "."];
    scopes.into_iter().find_map(|scope| key.strip_prefix(scope)).unwrap_or(key)
}

impl SeriesChart<'_> {
    /// What a step says: each line's value, or how many spans are in each bucket; the greatest first.
    pub fn readout(&self, step: u32) -> Readout {
        let (from, to) = self.times(step);
        let mut rows = match &self.view.answer {
            SeriesAnswer::Heat { edges, cells, .. } => self.bucket_rows(edges, cells, step),
            SeriesAnswer::Lines(_) | SeriesAnswer::Compare(_) => {
                let row = |(value, line): (f64, &SeriesLine)| ReadoutRow {
                    label: label_words(&line.labels),
                    value: value_words(value, self.view.unit),
                    color: Some(line.color),
                    is_error: false,
                };
                self.values(step).into_iter().map(row).collect()
            }
        };
        let more = rows.len().saturating_sub(ROWS_MAX);
        rows.truncate(ROWS_MAX);
        if more > 0 {
            rows.push(ReadoutRow { label: format!("{more} more"), ..ReadoutRow::default() });
        }
        if rows.is_empty() {
            rows.push(ReadoutRow { label: "no value".to_owned(), ..ReadoutRow::default() });
        }
        Readout { title: self.stretch_words(from, to), rows }
    }

    fn bucket_rows(&self, edges: &[f64], cells: &[(u32, u32, u64)], step: u32) -> Vec<ReadoutRow> {
        let mut here: Vec<(u32, u64)> =
            cells.iter().filter(|cell| cell.0 == step).map(|&(_, bucket, count)| (bucket, count)).collect();
        here.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let words = |value: Option<f64>| value.map_or_else(String::new, |value| value_words(value, self.view.unit));
        let row = |(bucket, count): (u32, u64)| {
            let bucket = bucket as usize;
            let label = format!("{} – {}", words(lower_edge(edges, bucket)), words(edges.get(bucket).copied()));
            ReadoutRow { label, value: format::counted(count, "span"), ..ReadoutRow::default() }
        };
        here.into_iter().map(row).collect()
    }

    /// What a span that shows a value says: its line, its value, when it began.
    pub fn exemplar_readout(&self, at: usize) -> Option<Readout> {
        let drawn = self.exemplars().into_iter().nth(at)?;
        let exemplar = drawn.line.exemplars.get(drawn.at)?;
        let title = format::absolute(exemplar.time, self.frame.offset_minutes, TimeDigits::Millis);
        let value = if exemplar.value.is_finite() { value_words(exemplar.value, self.view.unit) } else { String::new() };
        let row = ReadoutRow { label: label_words(&drawn.line.labels), value, color: Some(drawn.line.color), is_error: false };
        Some(Readout { title, rows: vec![row] })
    }

    /// A stretch of time in words, with as many digits as the steps have.
    fn stretch_words(&self, from: u64, to: u64) -> String {
        let (offset, digits) = (self.frame.offset_minutes, digits(self.view.step));
        let is_long = self.view.step.saturating_mul(u64::from(self.view.steps)) > DAY;
        let write = if is_long { format::absolute } else { format::time_of_day };
        format!("{} – {}", write(from, offset, digits), format::time_of_day(to, offset, digits))
    }
}

fn digits(step: u64) -> TimeDigits {
    if step.is_multiple_of(SECOND) {
        TimeDigits::Seconds
    } else if step.is_multiple_of(MILLI) {
        TimeDigits::Millis
    } else {
        TimeDigits::Nanos
    }
}

/// Each line's name, and its last value in words.
pub fn last_values(view: &SeriesView) -> Vec<(String, String)> {
    let SeriesAnswer::Lines(lines) = &view.answer else {
        return Vec::new();
    };
    let last = |line: &SeriesLine| line.points.iter().rev().flatten().next().copied();
    let row = |line: &SeriesLine| {
        let value = last(line).map_or_else(|| "–".to_owned(), |value| value_words(value, view.unit));
        (label_words(&line.labels), value)
    };
    lines.iter().map(row).collect()
}

/// What is drawn, in a few sentences, for whoever does not see it.
pub fn series_summary(view: &SeriesView, offset_minutes: i32) -> String {
    let end = view.start.saturating_add(view.step.saturating_mul(u64::from(view.steps)));
    let time = |at: u64| format::absolute(at, offset_minutes, digits(view.step));
    let over = format!("from {} to {}, in steps of {}", time(view.start), time(end), format::duration_exact(view.step));
    match &view.answer {
        SeriesAnswer::Lines(lines) => {
            let counted = if lines.len() == 1 { "One series".to_owned() } else { format!("{} series", lines.len()) };
            let points = lines.iter().flat_map(|line| {
                let points = (0_u64..).zip(&line.points);
                points.filter_map(move |(step, point)| Some((step, (*point).filter(|value| value.is_finite())?, line)))
            });
            let highest = points.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            let highest = highest.map(|(step, value, line)| {
                let at = time(view.start.saturating_add(view.step.saturating_mul(step)));
                format!(" Highest: {}, {} at {at}.", label_words(&line.labels), value_words(value, view.unit))
            });
            format!("{counted} {over}.{}", highest.unwrap_or_default())
        }
        SeriesAnswer::Heat { edges, cells, .. } => {
            let spans = cells.iter().map(|(_, _, count)| *count).fold(0, u64::saturating_add);
            let fullest = cells.iter().max_by_key(|&&(step, bucket, count)| (count, std::cmp::Reverse((step, bucket))));
            let fullest = fullest.and_then(|&(step, bucket, count)| {
                let (low, high) = (lower_edge(edges, bucket as usize)?, edges.get(bucket as usize).copied()?);
                let at = time(view.start.saturating_add(view.step.saturating_mul(u64::from(step))));
                let (low, high) = (value_words(low, view.unit), value_words(high, view.unit));
                Some(format!(" Most in one cell: {} from {low} to {high} at {at}.", format::count(count)))
            });
            format!("{} {over}.{}", format::counted(spans, "span"), fullest.unwrap_or_default())
        }
        SeriesAnswer::Compare(compared) => format!(
            "{} of the selection beside {} of the rest: {}.",
            format::counted(compared.selected, "span"),
            format::counted(compared.others, "span"),
            format::counted(compared.attributes.len() as u64, "attribute")
        ),
    }
}

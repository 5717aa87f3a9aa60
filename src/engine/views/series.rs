//! What a metrics query draws: its window and steps, and the answer in the words of the page.

use super::query::literal_text;
use super::select::{normal, select};
use super::{present, span_id, trace_id};
use crate::base::{BitSet, FastMap, Idx as _, len_u32};
use crate::encode::plain::text_of_value;
use crate::engine::caches::{Caches, Recent};
use crate::engine::palette::{FreeSlots, slot_of_group};
use crate::model::{Dataset, SpanIdx};
use crate::protocol::{
    CompareAttribute, CompareView, Failure, Group, Selection, SeriesAnswer, SeriesExemplar, SeriesLine, SeriesRequest,
    SeriesUnit, SeriesView,
};
use crate::scene::format;
use crate::traceql::eval::EvalValue;
use crate::traceql::eval::metrics::{
    self, Answer, Compared, HeatRow, Label, MAX_LABELS, MAX_SERIES, Notes, QUANTILE_LABEL, Series, Unit, Window,
};
use crate::traceql::tree::Literal;
use crate::traceql::{self, MAX_BYTES, print, split};

/// Steps, at most.
const MAX_STEPS: u32 = 500;
/// Spans that show values, of all series together, at most.
const MAX_EXEMPLARS: usize = 200;
/// Characters of a label, at most.
const MAX_CHARS: usize = 200;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;
/// Steps from a second on that clocks make readable, seconds.
const CLOCK: [u64; 17] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];

/// What is kept of series.
pub(in crate::engine) type SeriesCaches = Recent<SeriesRequest, SeriesView>;

/// The series.
#[inline(never)]
pub(in crate::engine) fn series(
    dataset: &Dataset,
    palette: &[u8],
    caches: &mut Caches,
    request: &SeriesRequest,
) -> Result<SeriesView, Failure> {
    let request = SeriesRequest { selection: normal(&request.selection), steps: request.steps.clamp(1, MAX_STEPS) };
    if let Some(view) = caches.series.get(&request) {
        return Ok(SeriesView::clone(&view));
    }
    let (words, text) = split(&request.selection.filter);
    let query = traceql::read(text).map_err(|trouble| present::bad_query(&trouble))?;
    let Some(window) = window(dataset, caches, &request) else {
        return Ok(SeriesView::default());
    };
    let narrowed = Selection { filter: words.to_owned(), brushes: request.selection.brushes.clone() };
    let within = within(dataset, caches, &narrowed);
    let answer = metrics::series_within(caches.evaluator(dataset), dataset, &query, window, within.as_ref());
    let view = shown(dataset, palette, window, answer.map_err(|trouble| present::bad_query(&trouble))?);
    Ok(SeriesView::clone(&caches.series.put(request, view)))
}

/// From when to when the selected traces last, in round steps that begin where clocks show round figures; nothing, if nothing is selected.
fn window(dataset: &Dataset, caches: &mut Caches, request: &SeriesRequest) -> Option<Window> {
    let selected = select(dataset, caches, &request.selection);
    let traces = &dataset.traces;
    let times = selected.traces.iter().map(|&trace| (traces.start[trace], traces.duration(trace)));
    let times = times.filter(|&(start, _)| start != 0).map(|(start, duration)| (start, start.saturating_add(duration)));
    let (start, last) = times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let end = last.saturating_add(1);
    let fits = |step: &u64| (end - (start - start % step)).div_ceil(*step) <= u64::from(request.steps);
    let step = round_steps().find(fits)?;
    let start = start - start % step;
    let steps = (end - start).div_ceil(step);
    Some(Window { start, end: start.saturating_add(steps.saturating_mul(step)), step })
}

/// 1, 2, 5, 10, 20, … ns, then what clocks have, then days.
fn round_steps() -> impl Iterator<Item = u64> {
    let powers = |times: u32| (0..times).flat_map(|power| [1, 2, 5].map(|factor| factor * 10_u64.pow(power)));
    powers(9).chain(CLOCK.map(|seconds| seconds * SECOND)).chain(powers(6).filter_map(|days| DAY.checked_mul(days)))
}

/// The spans that words and brushes let through; `None`: all.
fn within(dataset: &Dataset, caches: &mut Caches, selection: &Selection) -> Option<BitSet> {
    if selection.is_all() {
        return None;
    }
    let selected = select(dataset, caches, selection);
    Some(selected.spans.clone().unwrap_or_else(|| {
        let mut spans = BitSet::new(dataset.spans.len());
        for rows in selected.ranges(dataset) {
            spans.insert_range(rows.start as usize, rows.end as usize);
        }
        spans
    }))
}

/// The answer in the words of the page.
fn shown(dataset: &Dataset, palette: &[u8], asked: Window, answer: Answer) -> SeriesView {
    let (window, unit, answer, notes, more) = match answer {
        Answer::Series { window, series, unit, notes, .. } => {
            let (lines, hidden) = lines(dataset, palette, &series);
            (window, unit, SeriesAnswer::Lines(lines), notes, hidden)
        }
        Answer::Heat { window, rows, unit, notes, .. } => (window, unit, heat(&rows), notes, 0),
        Answer::Compare { selected, rest, rows, notes } => {
            let attributes = rows.iter().map(|row| attribute(dataset, row)).collect();
            (asked, Unit::None, SeriesAnswer::Compare(CompareView { selected, others: rest, attributes }), notes, 0)
        }
    };
    let unit = match unit {
        Unit::None => SeriesUnit::None,
        Unit::PerSecond => SeriesUnit::PerSecond,
        Unit::Nanoseconds => SeriesUnit::Nanoseconds,
    };
    let remarks = remarks(&notes, more);
    SeriesView { start: window.start, step: window.step, steps: window.steps(), unit, answer, remarks }
}

/// The lines, and how many spans that show values are on none.
fn lines(dataset: &Dataset, palette: &[u8], series: &[Series]) -> (Vec<SeriesLine>, u64) {
    let all: usize = series.iter().map(|series| series.exemplars.len()).sum();
    let every = all.div_ceil(MAX_EXEMPLARS).max(1);
    let mut colors = FreeSlots::default();
    let mut at = 0_usize;
    let mut lines = Vec::with_capacity(series.len());
    for series in series {
        let labels: Vec<(String, String)> =
            series.labels.iter().map(|(key, value)| (key.clone(), label(dataset, *value))).collect();
        let mut exemplars = Vec::new();
        for &(time, value, span) in &series.exemplars {
            // Evenly from among those of all series.
            if at.is_multiple_of(every) {
                exemplars.push(exemplar(dataset, time, value, span));
            }
            at += 1;
        }
        let color = color(dataset, palette, &series.labels, &labels, &mut colors);
        let fields = fields(dataset, &series.labels).unwrap_or_default();
        lines.push(SeriesLine { labels, fields, color, points: series.points.clone(), exemplars });
    }
    let hidden = all - lines.iter().map(|line| line.exemplars.len()).sum::<usize>();
    (lines, hidden as u64)
}

/// What the spans of a series have, as a query writes it; nothing, if none can.
fn fields(dataset: &Dataset, labels: &[Label]) -> Option<Vec<(String, String)>> {
    let fields = labels.iter().filter(|(key, _)| key != QUANTILE_LABEL);
    let field = |(key, value): &Label| {
        let value = value.unwrap_or_default();
        // The language will not have it that a resource's service has no name.
        let key = if key == "resource.service.name" && value == EvalValue::Nil { ".service.name" } else { key };
        Some((key.to_owned(), literal(dataset, value)?))
    };
    fields.map(field).collect()
}

fn exemplar(dataset: &Dataset, time: u64, value: f64, span: SpanIdx) -> SeriesExemplar {
    let trace_id = trace_id(dataset, dataset.spans.trace[span]);
    SeriesExemplar { time, value, trace_id, span_id: span_id(dataset, span) }
}

/// A service's line has the service's color; others have what their labels say, told apart while there are colors.
fn color(dataset: &Dataset, palette: &[u8], values: &[Label], labels: &[(String, String)], colors: &mut FreeSlots) -> u8 {
    if let ([(key, Some(EvalValue::String(_)))], [(_, name)]) = (values, labels)
        && key.ends_with("service.name")
    {
        let service = dataset.services.name.iter().map(|(service, _)| service);
        let service =
            service.filter(|&service| dataset.service_name(service) == name).find_map(|service| palette.get(service.usize()));
        if let Some(&slot) = service {
            return slot;
        }
    }
    let text: Vec<&str> = labels.iter().filter(|(key, _)| key != QUANTILE_LABEL).map(|(_, value)| value.as_str()).collect();
    colors.take(slot_of_group(&Group::Service(text.join(" "))))
}

/// A value as it is read.
fn label(dataset: &Dataset, value: Option<EvalValue>) -> String {
    let text = match value.unwrap_or_default() {
        EvalValue::Row(at) => text_of_value(dataset, at),
        value => match value.text(dataset) {
            Some(text) => text.into_owned(),
            None => literal(dataset, value).unwrap_or_default(),
        },
    };
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A value as a query writes it; nothing, if none can.
fn literal(dataset: &Dataset, value: EvalValue) -> Option<String> {
    Some(literal_text(match value {
        EvalValue::Nil => Literal::Nil,
        EvalValue::Bool(flag) => Literal::Bool(flag),
        EvalValue::Int(number) => Literal::Int(number),
        EvalValue::Float(number) if number.is_finite() => Literal::Float(number),
        EvalValue::Duration(nanos) => Literal::Duration(nanos),
        EvalValue::Status(status) => Literal::Status(status),
        EvalValue::Kind(kind) => Literal::Kind(kind),
        EvalValue::String(_) | EvalValue::TraceId(_) | EvalValue::SpanId(_) => {
            return value.text(dataset).map(|text| print::quoted(&text));
        }
        EvalValue::Float(_) | EvalValue::Row(_) => return None,
    }))
}

/// Cells of all series together; the buckets between the least and the greatest have a row each, be they empty.
fn heat(rows: &[HeatRow]) -> SeriesAnswer {
    let buckets = || rows.iter().map(|row| row.bucket).filter(|&bucket| bucket > 0.0 && bucket.is_finite());
    let (least, most) = (buckets().fold(f64::INFINITY, f64::min), buckets().fold(0.0, f64::max));
    // Powers of two between the least of a float and 2^64.
    let edges: Vec<f64> =
        std::iter::successors(Some(least), |edge| Some(edge * 2.0)).take_while(|&edge| edge <= most).take(2_100).collect();
    let mut cells: FastMap<(u32, u32), u64> = FastMap::default();
    for row in rows {
        let Some(bucket) = edges.iter().position(|&edge| edge >= row.bucket).filter(|_| row.bucket > 0.0) else { continue };
        for (step, point) in (0_u32..).zip(&row.points) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that became a float")]
            let count = point.map_or(0, |count| count.round() as u64);
            if count > 0 {
                let cell = cells.entry((step, len_u32(bucket))).or_default();
                *cell = cell.saturating_add(count);
            }
        }
    }
    let mut sorted: Vec<(u32, u32, u64)> = cells.into_iter().map(|((step, bucket), count)| (step, bucket, count)).collect();
    sorted.sort_unstable();
    // Rows of a series stand together.
    let series = len_u32(rows.chunk_by(|a, b| a.labels == b.labels).count());
    SeriesAnswer::Heat { edges, cells: sorted, series }
}

/// An attribute with its values as a query writes them; those that none can write are counted.
fn attribute(dataset: &Dataset, compared: &Compared) -> CompareAttribute {
    let values: Vec<(String, u64, u64)> = compared
        .values
        .iter()
        .filter_map(|value| {
            let literal = literal(dataset, value.value).filter(|literal| literal.len() < MAX_BYTES / 2)?;
            Some((literal, value.selected, value.rest))
        })
        .collect();
    let unwritten = (compared.values.len() - values.len()) as u64;
    let more = u32::try_from(compared.values_left_out.saturating_add(unwritten)).unwrap_or(u32::MAX);
    CompareAttribute { name: print::field(&compared.field), values, more }
}

/// What was left out.
fn remarks(notes: &Notes, hidden: u64) -> Vec<String> {
    let spans = |count: u64| format::counted(count, "span");
    let mut remarks = Vec::new();
    let mut remark = |count: u64, words: String| {
        if count > 0 {
            remarks.push(words);
        }
    };
    remark(
        notes.outside,
        format!("{} without a start, or outside of the time that is drawn: not counted.", spans(notes.outside)),
    );
    remark(notes.without_value, format!("{} without a number to measure: not counted.", spans(notes.without_value)));
    let series = format::count(notes.series_left_out);
    remark(notes.series_left_out, format!("{series} series of the fewest spans are left out: at most {MAX_SERIES} are made."));
    remark(
        notes.spans_left_out,
        format!(
            "{} left out: at most {} are told apart.",
            spans(notes.spans_left_out),
            format::counted(MAX_LABELS as u64, "label")
        ),
    );
    remark(notes.unpaired, format!("{} series of one side have none to be calculated with.", format::count(notes.unpaired)));
    let hidden = notes.exemplars_left_out.saturating_add(hidden);
    remark(hidden, format!("{} that show values are not drawn.", format::counted(hidden, "further span")));
    remarks
}

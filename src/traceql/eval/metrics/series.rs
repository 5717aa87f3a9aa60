//! Series: spans told apart by labels and steps, and what is measured of each heap.

use super::super::super::Trouble;
use super::super::super::print;
use super::super::super::tree::{Field, Intrinsic, Measure, Pipeline};
use super::super::field::Source;
use super::super::filter::{Run, supported};
use super::super::number::Number;
use super::super::pipeline::{State, Tally};
use super::super::value::{EvalValue, Likeness};
use super::histogram::Buckets;
use super::{
    BUCKET_LABEL, Frame, Label, MAX_EXEMPLARS, MAX_LABELS, MAX_POINTS, MAX_SERIES, Notes, QUANTILE_LABEL, Series, Unit, Window,
    measured_field, place,
};
use crate::base::FastMap;
use crate::model::{Dataset, SpanIdx};

/// A span in its step, and the number that is measured of it.
#[derive(Clone, Copy)]
struct Sample {
    span: SpanIdx,
    step: u32,
    number: Number,
}

/// The spans of a series.
struct Heap {
    values: Vec<EvalValue>,
    samples: Vec<Sample>,
}

/// What a measure makes of the spans that a pipeline leaves.
pub(super) fn measured(
    run: &mut Run<'_>,
    pipeline: &Pipeline,
    measure: &Measure,
    by: &[Field],
    window: Window,
) -> Result<Frame, Trouble> {
    for field in by.iter().chain(measured_field(measure)) {
        supported(field)?;
    }
    let dataset = run.dataset;
    let rows = run.measured_spans(pipeline)?;
    let mut notes = Notes::default();
    let mut heaps = heaps(dataset, &rows, measure, by, window, &mut notes);

    let steps = window.steps() as usize;
    let lines = match measure {
        Measure::Quantiles(_, quantiles) => quantiles.len().max(1),
        Measure::Histogram(_) => Buckets::MOST,
        _ => 1,
    };
    let most = (MAX_POINTS / steps.max(1)).clamp(1, MAX_SERIES) / lines;
    if most.max(1) < heaps.len() {
        // Sorting keeps the order of those of as many spans.
        heaps.sort_by_key(|heap| std::cmp::Reverse(heap.samples.len()));
        notes.series_left_out += (heaps.len() - most.max(1)) as u64;
        heaps.truncate(most.max(1));
    }
    let names: Vec<String> = by.iter().map(print::field).collect();
    let unit = match measured_field(measure) {
        None if *measure == Measure::Rate => Unit::PerSecond,
        Some(Field::Intrinsic(Intrinsic::Duration | Intrinsic::TraceDuration | Intrinsic::EventTimeSinceStart)) => {
            Unit::Nanoseconds
        }
        _ => Unit::None,
    };
    let mut series = Vec::new();
    for heap in heaps {
        let value = |value: &EvalValue| Some(*value).filter(|value| !value.is_nil());
        let labels: Vec<Label> = names.iter().cloned().zip(heap.values.iter().map(value)).collect();
        match measure {
            Measure::Quantiles(_, quantiles) => {
                quantiles_of(heap.samples, quantiles, &labels, window, dataset, &mut series, &mut notes);
            }
            Measure::Histogram(_) => {
                let mut buckets = Buckets::default();
                for sample in &heap.samples {
                    if !buckets.add(sample.number, sample.step as usize, steps) {
                        notes.without_value += 1;
                    }
                }
                for (bound, counts) in buckets.rows() {
                    let labels = with_label(&labels, BUCKET_LABEL, bound);
                    let points = counts.into_iter().map(|count| Some(f64::from(count))).collect();
                    series.push(Series { labels, points, exemplars: Vec::new() });
                }
            }
            _ => series.push(line(&heap.samples, measure, labels, window, dataset, &mut notes)),
        }
    }
    let is_histogram = matches!(measure, Measure::Histogram(_));
    Ok(Frame {
        labels: by.to_vec(),
        series,
        unit: if is_histogram { Unit::None } else { unit },
        notes,
        buckets: is_histogram.then_some(unit),
    })
}

fn with_label(labels: &[Label], name: &str, value: f64) -> Vec<Label> {
    labels.iter().cloned().chain([(name.to_owned(), Some(EvalValue::Float(value)))]).collect()
}

/// Spans told apart by labels, in order of first coming.
fn heaps(dataset: &Dataset, rows: &State, measure: &Measure, by: &[Field], window: Window, notes: &mut Notes) -> Vec<Heap> {
    let sources: Vec<Source> = by.iter().map(|field| Source::new(dataset, field)).collect();
    let measured = measured_field(measure).map(|field| Source::new(dataset, field));
    let mut heaps: Vec<Heap> = Vec::new();
    let mut known: FastMap<Vec<Likeness>, u32> = FastMap::default();
    let mut values = Vec::with_capacity(sources.len());
    let mut key: Vec<Likeness> = Vec::with_capacity(sources.len());
    for span in rows.spans() {
        let start = dataset.spans.start[span];
        let Some(step) = window.step_of(start).filter(|_| start != 0) else {
            notes.outside += 1;
            continue;
        };
        let number = match measured {
            // The longest stands for others.
            None => EvalValue::duration(dataset.spans.duration(span)).number(),
            Some(source) => source.first(dataset, span).number().filter(|number| !number.float().is_nan()),
        };
        let Some(number) = number else {
            notes.without_value += 1;
            continue;
        };
        values.clear();
        values.extend(sources.iter().map(|source| source.first(dataset, span)));
        key.clear();
        key.extend(values.iter().map(|value| value.likeness(dataset)));
        let next = place(heaps.len());
        let heap = match known.get(&key) {
            Some(&heap) => heap,
            None if MAX_LABELS <= heaps.len() => {
                notes.spans_left_out += 1;
                continue;
            }
            None => {
                known.insert(key.clone(), next);
                heaps.push(Heap { values: values.clone(), samples: Vec::new() });
                next
            }
        };
        if let Some(heap) = heaps.get_mut(heap as usize) {
            heap.samples.push(Sample { span, step, number });
        }
        notes.spans += 1;
    }
    // Without labels there is one series, of no spans as well.
    if heaps.is_empty() && by.is_empty() && measured.is_none() {
        heaps.push(Heap { values: Vec::new(), samples: Vec::new() });
    }
    heaps
}

/// A point for each step.
fn line(
    samples: &[Sample],
    measure: &Measure,
    labels: Vec<Label>,
    window: Window,
    dataset: &Dataset,
    notes: &mut Notes,
) -> Series {
    let steps = window.steps() as usize;
    let mut tallies = vec![Tally::default(); steps];
    // Who stands for a step: the least where the least is measured, else the greatest.
    let mut best: Vec<Option<Sample>> = vec![None; steps];
    let is_min = matches!(measure, Measure::Min(_));
    for &sample in samples {
        let at = sample.step as usize;
        let (Some(tally), Some(best)) = (tallies.get_mut(at), best.get_mut(at)) else { continue };
        tally.add(sample.number);
        let is_better = |known: Sample| {
            let order = sample.number.order(known.number);
            if is_min { order.is_lt() } else { order.is_gt() }
        };
        if best.is_none_or(is_better) {
            *best = Some(sample);
        }
    }
    let seconds = window.step as f64 / 1e9;
    let point = |tally: &Tally| match measure {
        Measure::Rate => Some(tally.count as f64 / seconds),
        Measure::Count => Some(tally.count as f64),
        _ if tally.count == 0 => None,
        Measure::Min(_) => tally.min.map(Number::float),
        Measure::Max(_) => tally.max.map(Number::float),
        Measure::Avg(_) => Some(tally.mean()),
        _ => Some(tally.sum().float()),
    };
    let points: Vec<Option<f64>> = tallies.iter().map(point).collect();
    // Of what is counted a span has no value: it stands at the point.
    let is_counted = matches!(measure, Measure::Rate | Measure::Count);
    let exemplar = |(sample, point): (&Option<Sample>, &Option<f64>)| {
        let sample = (*sample)?;
        let value = if is_counted { (*point)? } else { sample.number.float() };
        Some((dataset.spans.start[sample.span], value, sample.span))
    };
    let exemplars = thinned(best.iter().zip(&points).filter_map(exemplar).collect(), notes);
    Series { labels, points, exemplars }
}

/// At most so many, evenly from among all.
fn thinned(all: Vec<(u64, f64, SpanIdx)>, notes: &mut Notes) -> Vec<(u64, f64, SpanIdx)> {
    let every = all.len().div_ceil(MAX_EXEMPLARS).max(1);
    let len = all.len();
    let mut kept: Vec<_> = all.into_iter().step_by(every).collect();
    notes.exemplars_left_out += (len - kept.len()) as u64;
    kept.sort_by_key(|exemplar| (exemplar.0, exemplar.2));
    kept
}

/// A series for each quantile: in each step the least value that at least so many of all do not exceed.
fn quantiles_of(
    mut samples: Vec<Sample>,
    quantiles: &[f64],
    labels: &[Label],
    window: Window,
    dataset: &Dataset,
    series: &mut Vec<Series>,
    notes: &mut Notes,
) {
    samples.sort_by(|a, b| a.step.cmp(&b.step).then_with(|| a.number.order(b.number)));
    for &quantile in quantiles {
        let mut points = vec![None; window.steps() as usize];
        let mut exemplars = Vec::new();
        for of_step in samples.chunk_by(|a, b| a.step == b.step) {
            let Some(sample) = of_step.get(rank(of_step.len(), quantile)) else { continue };
            if let Some(point) = points.get_mut(sample.step as usize) {
                *point = Some(sample.number.float());
            }
            exemplars.push((dataset.spans.start[sample.span], sample.number.float(), sample.span));
        }
        series.push(Series {
            labels: with_label(labels, QUANTILE_LABEL, quantile),
            points,
            exemplars: thinned(exemplars, notes),
        });
    }
}

/// The nearest rank of a quantile, from 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, and the bounds follow")]
fn rank(len: usize, quantile: f64) -> usize {
    let exact = quantile * len as f64;
    // 0.95 of 20 is 19, whatever rounding adds behind the point.
    let whole = exact.round();
    let rank = if (exact - whole).abs() < 1e-9 * exact.max(1.0) { whole } else { exact.ceil() };
    (rank as usize).clamp(1, len.max(1)) - 1
}

//! Metrics: time series of the spans that a pipeline leaves, and what is done to them.
//!
//! Series are computed from the values themselves: quantiles are of the nearest rank and exact, unlike Tempo's, which come from
//! buckets. A step holds what starts in it, its beginning included and its end not. Durations are nanoseconds, and the numbers that a
//! query writes beside them are seconds, as they are in Tempo: `max_over_time(duration) > 5` is five seconds.
//!
//! Every bound that is met is counted in [`Notes`], and nothing is left out silently.

mod combine;
mod compare;
mod histogram;
mod series;

use super::super::Trouble;
use super::super::tree::{Field, Measure, MetricsExpr, Pipeline, Query, Root};
use super::filter::Run;
use super::pipeline::State;
use super::value::{EvalValue, Likeness};
use super::{Evaluator, placed, unsupported};
use crate::base::{BitSet, len_u32};
use crate::model::{Dataset, SpanIdx};

/// Steps of an answer, at most; a window of more gets a wider step.
pub const MAX_STEPS: u32 = 10_000;

/// Series of an answer, at most: those of the most spans stay.
pub const MAX_SERIES: usize = 1000;

/// Points of all series together, at most.
pub const MAX_POINTS: usize = 1 << 20;

/// Combinations of labels that are told apart, at most, before those of the most spans are chosen.
pub const MAX_LABELS: usize = 100_000;

/// Exemplars of a series, at most.
pub const MAX_EXEMPLARS: usize = 100;

/// The name of the label that says which quantile a series is, as in Tempo.
pub const QUANTILE_LABEL: &str = "p";

/// The name of the label that says which bucket a series counts, as in Tempo.
pub const BUCKET_LABEL: &str = "__bucket";

/// From when to when, and in steps of what, all in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub start: u64,
    /// The moment after the last.
    pub end: u64,
    /// A step's length.
    pub step: u64,
}

impl Window {
    /// The same with a step that is wide enough.
    fn bounded(self) -> Self {
        let length = self.end.saturating_sub(self.start);
        Self { step: self.step.max(length.div_ceil(u64::from(MAX_STEPS))).max(1), ..self }
    }

    /// How many steps.
    pub fn steps(self) -> u32 {
        let steps = self.end.saturating_sub(self.start).div_ceil(self.step.max(1));
        u32::try_from(steps).unwrap_or(u32::MAX)
    }

    /// The step that a moment is in.
    #[inline]
    fn step_of(self, moment: u64) -> Option<u32> {
        let is_in = self.start <= moment && moment < self.end;
        is_in.then(|| u32::try_from((moment - self.start) / self.step.max(1)).unwrap_or(u32::MAX))
    }
}

/// What numbers are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Nothing that is known.
    #[default]
    None,
    /// Spans a second.
    PerSecond,
    /// Nanoseconds.
    Nanoseconds,
}

/// A label of a series: what it is called, and its value; nothing for spans that have none.
pub type Label = (String, Option<EvalValue>);

/// A series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What its spans share; for quantiles and buckets [`QUANTILE_LABEL`] or [`BUCKET_LABEL`] last.
    pub labels: Vec<Label>,
    /// A point for each step; nothing where there is none.
    pub points: Vec<Option<f64>>,
    /// Spans that points stand for: when they start, their value in the series' unit, and which they are. By time.
    pub exemplars: Vec<(u64, f64, SpanIdx)>,
}

/// A row of a heat map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatRow {
    /// What its spans share.
    pub labels: Vec<Label>,
    /// The greatest value of its bucket: a power of two. The bucket begins behind half of it.
    pub bucket: f64,
    /// Spans in each step.
    pub points: Vec<Option<f64>>,
}

/// An attribute of those that were selected and of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The attribute.
    pub field: Field,
    /// Selected spans that have it.
    pub selected: u64,
    /// Others that have it.
    pub rest: u64,
    /// Its most frequent values among either: most selected first.
    pub values: Vec<ComparedValue>,
    /// Values that are not shown.
    pub values_left_out: u64,
}

/// A value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparedValue {
    /// The value.
    pub value: EvalValue,
    /// Selected spans with it.
    pub selected: u64,
    /// Others with it.
    pub rest: u64,
}

/// What was left out, and what went in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Spans that went in.
    pub spans: u64,
    /// Spans that matched but start outside of the window, or have no start.
    pub outside: u64,
    /// Spans that have no number where one is measured.
    pub without_value: u64,
    /// Series beyond [`MAX_SERIES`] or [`MAX_POINTS`].
    pub series_left_out: u64,
    /// Spans whose labels came after [`MAX_LABELS`] others, or whose values after as many as are told apart.
    pub spans_left_out: u64,
    /// Exemplars beyond [`MAX_EXEMPLARS`].
    pub exemplars_left_out: u64,
    /// Series of one side of an arithmetic operator that the other side has none for.
    pub unpaired: u64,
}

impl Notes {
    fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.outside += other.outside;
        self.without_value += other.without_value;
        self.series_left_out += other.series_left_out;
        self.spans_left_out += other.spans_left_out;
        self.exemplars_left_out += other.exemplars_left_out;
        self.unpaired += other.unpaired;
    }
}

/// The answer to a metrics query.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Lines.
    Series {
        /// As asked for; its step may be wider.
        window: Window,
        /// What the series are told apart by.
        labels: Vec<Field>,
        /// The series, in order of their labels.
        series: Vec<Series>,
        /// Of their points.
        unit: Unit,
        /// What was left out.
        notes: Notes,
    },
    /// A heat map.
    Heat {
        /// As asked for; its step may be wider.
        window: Window,
        /// What the rows are told apart by, beside the bucket.
        labels: Vec<Field>,
        /// By labels, then by bucket.
        rows: Vec<HeatRow>,
        /// Of the buckets.
        unit: Unit,
        /// What was left out.
        notes: Notes,
    },
    /// Attributes of the selected spans beside those of the rest.
    Compare {
        /// Selected spans.
        selected: u64,
        /// Others.
        rest: u64,
        /// The attributes, those first that tell them apart best.
        rows: Vec<Compared>,
        /// What was left out.
        notes: Notes,
    },
}

/// Series on the way to an answer.
#[derive(Clone, Debug, Default)]
struct Frame {
    labels: Vec<Field>,
    /// In order of their labels.
    series: Vec<Series>,
    unit: Unit,
    notes: Notes,
    /// Of the buckets, where the series count buckets.
    buckets: Option<Unit>,
}

/// What an expression comes to.
enum Outcome {
    Number(f64),
    Frame(Frame),
}

/// Answers a metrics query.
pub fn series(evaluator: &mut Evaluator, dataset: &Dataset, query: &Query, window: Window) -> Result<Answer, Trouble> {
    series_within(evaluator, dataset, query, window, None)
}

/// The same of some spans alone: what else its pipelines leave goes into no series.
pub fn series_within(
    evaluator: &mut Evaluator,
    dataset: &Dataset,
    query: &Query,
    window: Window,
    within: Option<&BitSet>,
) -> Result<Answer, Trouble> {
    let window = window.bounded();
    let mut run = Run { dataset, kept: &mut evaluator.kept, within };
    answer(&mut run, query, window).map_err(|trouble| placed(query, trouble))
}

fn answer(run: &mut Run<'_>, query: &Query, window: Window) -> Result<Answer, Trouble> {
    let Root::Metrics(metrics) = &query.root else { return Err(unsupported("the query asks for spans, not for series")) };
    let mut inner = &metrics.of;
    while let MetricsExpr::Inner(within) = inner
        && within.then.is_empty()
    {
        inner = &within.of;
    }
    if let MetricsExpr::Compare { pipeline, selection, top, range } = inner {
        return compare::compared(run, pipeline, selection, *top, *range, window);
    }
    let frame = match run.metrics(&metrics.of, window)? {
        Outcome::Frame(frame) => frame,
        Outcome::Number(_) => return Err(unsupported("a number alone is no series")),
    };
    let Frame { labels, series, unit, notes, buckets } = combine::applied(frame, &metrics.then);
    let Some(bucket_unit) = buckets else { return Ok(Answer::Series { window, labels, series, unit, notes }) };
    let row = |mut series: Series| {
        let bucket = series.labels.pop().and_then(|(_, value)| value?.float()).unwrap_or(0.0);
        HeatRow { labels: series.labels, bucket, points: series.points }
    };
    Ok(Answer::Heat { window, labels, rows: series.into_iter().map(row).collect(), unit: bucket_unit, notes })
}

impl Run<'_> {
    /// The spans of a pipeline that go into series.
    fn measured_spans(&mut self, pipeline: &Pipeline) -> Result<State, Trouble> {
        let mut state = self.pipeline(pipeline, State::all(self.dataset))?;
        if let Some(within) = self.within {
            state.rows.intersect(within);
        }
        Ok(state)
    }

    fn metrics(&mut self, expr: &MetricsExpr, window: Window) -> Result<Outcome, Trouble> {
        Ok(match expr {
            MetricsExpr::Series { pipeline, measure, by } => {
                let mut frame = series::measured(self, pipeline, measure, by, window)?;
                frame.series.sort_by(|a, b| combine::order(a, b, self.dataset));
                Outcome::Frame(frame)
            }
            MetricsExpr::Compare { .. } => return Err(unsupported("compare() stands alone")),
            MetricsExpr::Inner(inner) => match self.metrics(&inner.of, window)? {
                Outcome::Frame(frame) => Outcome::Frame(combine::applied(frame, &inner.then)),
                number @ Outcome::Number(_) => number,
            },
            MetricsExpr::Number(number) => Outcome::Number(*number),
            MetricsExpr::Both { left, by, right } => {
                let (left, right) = (self.metrics(left, window)?, self.metrics(right, window)?);
                combine::calculated(self.dataset, left, *by, right)
            }
        })
    }
}

/// The field that is measured, if any.
const fn measured_field(measure: &Measure) -> Option<&Field> {
    match measure {
        Measure::Rate | Measure::Count => None,
        Measure::Min(field)
        | Measure::Max(field)
        | Measure::Avg(field)
        | Measure::Sum(field)
        | Measure::Quantiles(field, _)
        | Measure::Histogram(field) => Some(field),
    }
}

/// What makes the labels of series alike.
fn likeness(labels: &[Label], dataset: &Dataset) -> Vec<(String, Likeness)> {
    labels.iter().map(|(name, value)| (name.clone(), value.unwrap_or_default().likeness(dataset))).collect()
}

/// A place in a table, from its number.
fn place(number: usize) -> u32 {
    len_u32(number)
}

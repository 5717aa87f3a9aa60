//! Pipelines: what each stage makes of the spansets that come in, for all traces at once.
//!
//! Until `by()` each trace has one spanset at most, so all of them are one set of rows. Grouped, each row also has the number of its
//! spanset; a spanset whose rows are gone is gone.

use std::rc::Rc;

use super::super::Trouble;
use super::super::tree::{Aggregate, Compare, Expr, Field, Pipeline, Relation, Scalar, Spanset, Stage};
use super::compare::numbers_hold;
use super::filter::{Run, Term, number_of, supported};
use super::number::Number;
use super::structure::related;
use super::unsupported;
use super::value::{EvalValue, Likeness};
use crate::base::{BitSet, FastMap, Idx as _, len_u32};
use crate::model::{Dataset, SpanIdx, TraceIdx};

/// Which spans form a spanset.
#[derive(Clone, Debug)]
pub(super) enum Units {
    /// Those of a trace.
    Traces,
    /// Those of a group.
    Groups(Rc<Groups>),
}

/// Spansets after `by()`.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The group of each span; `u32::MAX` for none.
    of: Vec<u32>,
    /// The trace of each group, and the values that its spans share.
    pub(super) list: Vec<(TraceIdx, Vec<EvalValue>)>,
}

impl Groups {
    #[inline]
    fn of(&self, span: SpanIdx) -> usize {
        self.of.get(span.usize()).map_or(usize::MAX, |&group| group as usize)
    }
}

impl Units {
    /// Whether two spans of one trace are of one spanset.
    #[inline]
    pub(super) fn are_one(&self, a: SpanIdx, b: SpanIdx) -> bool {
        match self {
            Self::Traces => true,
            Self::Groups(groups) => groups.of(a) == groups.of(b),
        }
    }

    /// How many things a sweep over rows has to keep: subtrees end with their trace, so traces need not be told apart.
    pub(super) fn sweeps(&self) -> usize {
        match self {
            Self::Traces => 1,
            Self::Groups(groups) => groups.list.len(),
        }
    }

    /// Which of these is about a span.
    #[inline]
    pub(super) fn sweep_of(&self, span: SpanIdx) -> usize {
        match self {
            Self::Traces => 0,
            Self::Groups(groups) => groups.of(span),
        }
    }

    /// The number of a span's spanset.
    #[inline]
    pub(super) fn of(&self, dataset: &Dataset, span: SpanIdx) -> usize {
        match self {
            Self::Traces => dataset.spans.trace[span].usize(),
            Self::Groups(groups) => groups.of(span),
        }
    }

    fn len(&self, dataset: &Dataset) -> usize {
        match self {
            Self::Traces => dataset.traces.len(),
            Self::Groups(groups) => groups.list.len(),
        }
    }

    fn are_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Traces, Self::Traces) => true,
            (Self::Groups(a), Self::Groups(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// The spansets between two stages.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) rows: BitSet,
    pub(super) units: Units,
    /// What `select()` named, in order.
    pub(super) columns: Vec<Field>,
}

impl State {
    /// All spans of all traces.
    pub(super) fn all(dataset: &Dataset) -> Self {
        Self { rows: BitSet::full(dataset.spans.len()), units: Units::Traces, columns: Vec::new() }
    }

    fn with_rows(&self, rows: BitSet) -> Self {
        Self { rows, units: self.units.clone(), columns: self.columns.clone() }
    }

    /// The spans, ascending.
    pub(super) fn spans(&self) -> impl Iterator<Item = SpanIdx> + '_ {
        self.rows.iter().map(|at| SpanIdx::from_u32(len_u32(at)))
    }
}

/// A figure: the same for all, or one of each spanset of a state, by its number.
enum Figure {
    One(Number),
    Each(State, Vec<Option<Number>>),
}

impl Run<'_> {
    /// What a pipeline makes of spansets.
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, input: State) -> Result<State, Trouble> {
        // In parentheses behind a `by()` each spanset is on its own.
        let outer = input.units.clone();
        let mut state = input;
        for stage in &pipeline.stages {
            state = match stage {
                Stage::Spanset(spanset) => self.spanset(spanset, &state)?,
                Stage::Scalars { left, by, right, .. } => self.scalar_filter(left, *by, right, &state)?,
                Stage::By(expr) => self.group(expr, &state)?,
                Stage::Coalesce => State { units: outer.clone(), ..state },
                Stage::Select(fields) => {
                    for field in fields {
                        supported(field)?;
                        if !state.columns.contains(field) {
                            state.columns.push(field.clone());
                        }
                    }
                    state
                }
            };
        }
        Ok(state)
    }

    fn spanset(&mut self, spanset: &Spanset, input: &State) -> Result<State, Trouble> {
        match spanset {
            Spanset::Filter(expr) => Ok(input.with_rows(self.truth(expr, &input.rows)?)),
            Spanset::Pipeline(pipeline) => self.pipeline(pipeline, input.clone()),
            Spanset::Both { left, by, right } => {
                // What a side groups is one set again: the operator is about spans of the spanset that came in.
                let (left, right) = (self.spanset(left, input)?, self.spanset(right, input)?);
                let rows = match by {
                    Relation::And => self.both(&input.units, left.rows, &right.rows),
                    Relation::Or => {
                        let mut rows = left.rows;
                        rows.union(&right.rows);
                        rows
                    }
                    Relation::Tree(kin, form) => related(self.dataset, &input.units, *kin, *form, &left.rows, &right.rows),
                };
                let mut state = input.with_rows(rows);
                for field in left.columns.into_iter().chain(right.columns) {
                    if !state.columns.contains(&field) {
                        state.columns.push(field);
                    }
                }
                Ok(state)
            }
        }
    }

    /// The spans of both, of spansets that have some of each.
    fn both(&self, units: &Units, a: BitSet, b: &BitSet) -> BitSet {
        let dataset = self.dataset;
        let unit = |at: usize| units.of(dataset, SpanIdx::from_u32(len_u32(at)));
        let mut in_both = BitSet::new(units.len(dataset));
        for at in a.iter() {
            in_both.insert(unit(at));
        }
        let mut in_b = BitSet::new(units.len(dataset));
        for at in b.iter() {
            in_b.insert(unit(at));
        }
        in_both.intersect(&in_b);
        let mut rows = a;
        rows.union(b);
        rows.filtered(|at| in_both.has(unit(at)))
    }

    fn group(&mut self, expr: &Expr, input: &State) -> Result<State, Trouble> {
        let (dataset, term) = (self.dataset, self.term(expr, &input.rows)?);
        let mut groups = Groups { of: vec![u32::MAX; dataset.spans.len()], list: Vec::new() };
        // Of the trace that the rows are in: none has groups of another.
        let mut known: FastMap<(usize, Likeness), u32> = FastMap::default();
        let mut before = None;
        for span in input.spans() {
            let trace = dataset.spans.trace[span];
            if before.replace(trace) != Some(trace) {
                known.clear();
            }
            let unit = input.units.of(dataset, span);
            let value = term.value(dataset, span);
            let next = len_u32(groups.list.len());
            let group = *known.entry((unit, value.likeness(dataset))).or_insert(next);
            if group == next {
                let mut values = match &input.units {
                    Units::Traces => Vec::new(),
                    Units::Groups(outer) => outer.list.get(unit).map(|group| group.1.clone()).unwrap_or_default(),
                };
                values.push(value);
                groups.list.push((trace, values));
            }
            if let Some(slot) = groups.of.get_mut(span.usize()) {
                *slot = group;
            }
        }
        Ok(State { units: Units::Groups(Rc::new(groups)), ..input.clone() })
    }

    fn scalar_filter(&mut self, left: &Scalar, by: Compare, right: &Scalar, input: &State) -> Result<State, Trouble> {
        let (left, right) = (self.scalar(left, input)?, self.scalar(right, input)?);
        let of = |figures: &[Option<Number>], unit: usize| figures.get(unit).copied().flatten();
        let (state, holds): (State, Vec<bool>) = match (left, right) {
            (Figure::One(a), Figure::One(b)) => {
                let holds = numbers_hold(by, a, b);
                (input.clone(), vec![holds; input.units.len(self.dataset)])
            }
            (Figure::Each(state, a), Figure::One(b)) => {
                (state, a.into_iter().map(|a| a.is_some_and(|a| numbers_hold(by, a, b))).collect())
            }
            (Figure::One(a), Figure::Each(state, b)) => {
                (state, b.into_iter().map(|b| b.is_some_and(|b| numbers_hold(by, a, b))).collect())
            }
            (Figure::Each(state, a), Figure::Each(other, b)) => {
                let state = joined(state, &other)?;
                let holds = (0..a.len().max(b.len()))
                    .map(|unit| of(&a, unit).zip(of(&b, unit)).is_some_and(|(a, b)| numbers_hold(by, a, b)))
                    .collect();
                (state, holds)
            }
        };
        let dataset = self.dataset;
        let rows = state
            .rows
            .filtered(|at| holds.get(state.units.of(dataset, SpanIdx::from_u32(len_u32(at)))).copied().unwrap_or(false));
        Ok(State { rows, ..state })
    }

    fn scalar(&mut self, scalar: &Scalar, input: &State) -> Result<Figure, Trouble> {
        Ok(match scalar {
            Scalar::Literal(literal) => match number_of(literal) {
                Some(number) => Figure::One(number),
                None => return Err(unsupported("only numbers and durations compare with figures")),
            },
            Scalar::Aggregate { by, of, .. } => {
                let figures = self.aggregate(*by, of.as_ref(), input)?;
                Figure::Each(input.clone(), figures)
            }
            Scalar::Pipeline(pipeline, of) => {
                let inner = self.pipeline(pipeline, input.clone())?;
                self.scalar(of, &inner)?
            }
            Scalar::Both { left, by, right, .. } => match (self.scalar(left, input)?, self.scalar(right, input)?) {
                (Figure::One(a), Figure::One(b)) => match a.calculate(*by, b) {
                    Some(number) => Figure::One(number),
                    None => return Err(unsupported("a constant is divided by zero")),
                },
                (Figure::Each(state, a), Figure::One(b)) => {
                    Figure::Each(state, a.into_iter().map(|a| a.and_then(|a| a.calculate(*by, b))).collect())
                }
                (Figure::One(a), Figure::Each(state, b)) => {
                    Figure::Each(state, b.into_iter().map(|b| b.and_then(|b| a.calculate(*by, b))).collect())
                }
                (Figure::Each(state, a), Figure::Each(other, b)) => {
                    let state = joined(state, &other)?;
                    Figure::Each(
                        state,
                        a.into_iter().zip(b).map(|(a, b)| a.zip(b).and_then(|(a, b)| a.calculate(*by, b))).collect(),
                    )
                }
            },
        })
    }

    /// An aggregate of each spanset; nothing where no span of it has a number.
    fn aggregate(&mut self, by: Aggregate, of: Option<&Expr>, input: &State) -> Result<Vec<Option<Number>>, Trouble> {
        let dataset = self.dataset;
        let mut tallies = vec![Tally::default(); input.units.len(dataset)];
        let term = of.map(|of| self.term(of, &input.rows)).transpose()?;
        for span in input.spans() {
            let Some(tally) = tallies.get_mut(input.units.of(dataset, span)) else { continue };
            match &term {
                None => tally.count += 1,
                Some(term) => {
                    if let Some(number) = Term::value(term, dataset, span).number() {
                        tally.add(number);
                    }
                }
            }
        }
        Ok(tallies.into_iter().map(|tally| tally.figure(by)).collect())
    }
}

/// The spans of both, where they stand in the same spansets.
fn joined(state: State, other: &State) -> Result<State, Trouble> {
    if !state.units.are_same(&other.units) {
        return Err(unsupported("figures of spansets that are grouped differently do not compare"));
    }
    let mut state = state;
    state.rows.union(&other.rows);
    Ok(state)
}

/// What is known of some numbers: whole ones are summed as such.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    whole: i128,
    floats: f64,
    has_float: bool,
    has_duration: bool,
    pub(super) min: Option<Number>,
    pub(super) max: Option<Number>,
}

impl Tally {
    pub(super) fn add(&mut self, number: Number) {
        self.count += 1;
        match number {
            Number::Int(number) => self.whole += i128::from(number),
            Number::Duration(nanos) => {
                self.whole += i128::from(nanos);
                self.has_duration = true;
            }
            Number::Float(number) => {
                self.floats += number;
                self.has_float = true;
            }
        }
        if self.min.is_none_or(|min| number.order(min).is_lt()) {
            self.min = Some(number);
        }
        if self.max.is_none_or(|max| number.order(max).is_gt()) {
            self.max = Some(number);
        }
    }

    pub(super) fn sum(&self) -> Number {
        match i64::try_from(self.whole) {
            Ok(sum) if !self.has_float && self.has_duration => Number::Duration(sum),
            Ok(sum) if !self.has_float => Number::Int(sum),
            _ => Number::Float(self.whole as f64 + self.floats),
        }
    }

    pub(super) fn mean(&self) -> f64 {
        (self.whole as f64 + self.floats) / self.count as f64
    }

    fn figure(self, by: Aggregate) -> Option<Number> {
        if by == Aggregate::Count {
            return i64::try_from(self.count).ok().map(Number::Int);
        }
        if self.count == 0 {
            return None;
        }
        match by {
            Aggregate::Count => None,
            Aggregate::Avg => Some(Number::Float(self.mean())),
            Aggregate::Max => self.max,
            Aggregate::Min => self.min,
            Aggregate::Sum => Some(self.sum()),
        }
    }
}

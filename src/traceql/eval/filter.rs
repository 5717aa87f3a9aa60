//! Filters: an expression over spans as the set of those for which it is true, column at a time.
//!
//! Of `a && b` the side is asked first that rules out more spans for what it costs, and the other only of the spans that it left; of
//! `a || b` the cheaper one, and the other only of those that it did not take.

use super::super::Trouble;
use super::super::regex::compile;
use super::super::tree::{Arithmetic, Compare, Expr, ExprKind, Field, Intrinsic, Literal, Scope};
use super::columns::Kept;
use super::compare::{Operand, Test, flipped, holds};
use super::field::{Source, find, of_intrinsic};
use super::number::Number;
use super::value::EvalValue;
use super::{invalid, unsupported};
use crate::base::{BitSet, Idx as _, StrId, len_u32, sort_few, sort_few_by_key};
use crate::model::{Dataset, SpanIdx};

/// A key that not more than one span in so many has is rare.
const RARE: usize = 4;

/// Spans that are asked first which side of `&&` rules out more; of fewer than its square nobody asks.
const SAMPLE: usize = 256;

/// Conditions that are asked of a sample; of more it would cost more than it tells.
const MAX_SAMPLED: usize = 16;

/// A query under way.
pub(super) struct Run<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) kept: &'a mut Kept,
    /// Spans that go into series; `None`: all that a pipeline leaves.
    pub(super) within: Option<&'a BitSet>,
}

/// An expression, prepared to be asked of one span after another.
pub(super) enum Term<'q> {
    Constant(Operand<'q>),
    Field(Source),
    Negative(Box<Self>),
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    /// The spans of which it is true, and those of which it is false.
    Truth(BitSet, BitSet),
}

impl Run<'_> {
    /// The spans of some for which an expression is true.
    pub(super) fn truth(&mut self, expr: &Expr, within: &BitSet) -> Result<BitSet, Trouble> {
        match &expr.is {
            ExprKind::Literal(Literal::Bool(true)) => Ok(within.clone()),
            ExprKind::Literal(_) | ExprKind::Negative(_) | ExprKind::Arithmetic(..) => Ok(BitSet::new(within.len())),
            ExprKind::Field(field) => {
                self.field(field, Test::new(self.dataset, Compare::Equal, &Literal::Bool(true)), within).map(|found| found.0)
            }
            ExprKind::Not(of) => self.falsity(of, within),
            ExprKind::And(..) => {
                let mut left = within.clone();
                for part in self.promising_first(parts(expr, true), within)? {
                    left = self.truth(part, &left)?;
                }
                Ok(left)
            }
            ExprKind::Or(..) => {
                let (mut rest, mut found) = (within.clone(), BitSet::new(within.len()));
                for part in parts(expr, false) {
                    let more = self.truth(part, &rest)?;
                    rest.subtract(&more);
                    found.union(&more);
                }
                Ok(found)
            }
            ExprKind::Compare(by, left, right) => self.compare(*by, left, right, within),
        }
    }

    /// The spans of some for which an expression is false; where it is no boolean it is neither.
    fn falsity(&mut self, expr: &Expr, within: &BitSet) -> Result<BitSet, Trouble> {
        match &expr.is {
            ExprKind::Literal(Literal::Bool(false)) => Ok(within.clone()),
            ExprKind::Literal(_) | ExprKind::Negative(_) | ExprKind::Arithmetic(..) => Ok(BitSet::new(within.len())),
            ExprKind::Field(field) => {
                self.field(field, Test::new(self.dataset, Compare::Equal, &Literal::Bool(false)), within).map(|found| found.0)
            }
            ExprKind::Not(_) | ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Compare(..) => {
                self.verdicts(expr, within).map(|verdicts| verdicts.1)
            }
        }
    }

    /// The spans of some for which an expression is true, and those for which it is false. What is in it is looked at once: twice would be
    /// twice at each level.
    fn verdicts(&mut self, expr: &Expr, within: &BitSet) -> Result<(BitSet, BitSet), Trouble> {
        match &expr.is {
            // A list of both is false to `!`, and so true to none.
            ExprKind::Not(of) => {
                let (mut found, negated) = self.verdicts(of, within)?;
                found.subtract(&negated);
                Ok((negated, found))
            }
            ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Compare(..) => {
                let (found, mut rest) = (self.truth(expr, within)?, within.clone());
                rest.subtract(&found);
                Ok((found, rest))
            }
            ExprKind::Literal(_) | ExprKind::Field(_) | ExprKind::Negative(_) | ExprKind::Arithmetic(..) => {
                Ok((self.truth(expr, within)?, self.falsity(expr, within)?))
            }
        }
    }

    /// The members of a conjunction, those first that rule out most spans for what they cost, as a sample of the spans has it.
    fn promising_first<'q>(&mut self, parts: Vec<&'q Expr>, within: &BitSet) -> Result<Vec<&'q Expr>, Trouble> {
        let all = within.count();
        if parts.len() < 2 || MAX_SAMPLED < parts.len() || all < SAMPLE * SAMPLE {
            return Ok(parts);
        }
        let mut place = 0_usize;
        let sample = within.filtered(|_| {
            place += 1;
            place.is_multiple_of(all / SAMPLE)
        });
        let mut ranked = Vec::with_capacity(parts.len());
        for part in parts {
            let ruled_out = share_ruled_out(&sample, &self.truth(part, &sample)?);
            ranked.push((f64::from(cost(part)) / ruled_out, part));
        }
        sort_few(&mut ranked, |a, b| a.0.total_cmp(&b.0));
        Ok(ranked.into_iter().map(|ranked| ranked.1).collect())
    }

    fn compare(&mut self, by: Compare, left: &Expr, right: &Expr, within: &BitSet) -> Result<BitSet, Trouble> {
        let (constant, other) = (folded(left), folded(right));
        match (&constant, &other) {
            (Some(Literal::Nil), Some(_)) | (Some(_), Some(Literal::Nil)) => return Ok(BitSet::new(within.len())),
            (Some(Literal::Nil), None) => return self.presence(by, right, within),
            (None, Some(Literal::Nil)) => return self.presence(by, left, within),
            _ => {}
        }
        if matches!(by, Compare::Matches | Compare::MatchesNot) {
            return self.matches(by == Compare::MatchesNot, left, right, within);
        }
        match (&left.is, constant, &right.is, other) {
            (ExprKind::Field(field), None, _, Some(with)) => Ok(self.field(field, Test::new(self.dataset, by, &with), within)?.0),
            (_, Some(with), ExprKind::Field(field), None) => {
                Ok(self.field(field, Test::new(self.dataset, flipped(by), &with), within)?.0)
            }
            _ => {
                let (a, b) = (self.term(left, within)?, self.term(right, within)?);
                let dataset = self.dataset;
                Ok(within.filtered(|at| {
                    let span = row(at);
                    a.any(dataset, span, &mut |a| b.any(dataset, span, &mut |b| holds(dataset, by, a, b)))
                }))
            }
        }
    }

    /// `x = nil`, `x != nil`.
    fn presence(&mut self, by: Compare, expr: &Expr, within: &BitSet) -> Result<BitSet, Trouble> {
        let present = if let ExprKind::Field(field) = &expr.is {
            self.field(field, Test::PRESENCE, within)?.0
        } else {
            let (term, dataset) = (self.term(expr, within)?, self.dataset);
            within.filtered(|at| term.any(dataset, row(at), &mut |_| true))
        };
        match by {
            Compare::NotEqual => Ok(present),
            Compare::Equal => {
                let mut absent = within.clone();
                absent.subtract(&present);
                Ok(absent)
            }
            _ => Ok(BitSet::new(within.len())),
        }
    }

    fn matches(&mut self, negated: bool, left: &Expr, right: &Expr, within: &BitSet) -> Result<BitSet, Trouble> {
        let ExprKind::Literal(Literal::String(pattern)) = &right.is else { return Ok(BitSet::new(within.len())) };
        let mut test = self.kept.regex(pattern, negated).map_err(|reason| invalid(right.at, reason))?;
        match &left.is {
            ExprKind::Field(field) => {
                let (found, test) = self.field(field, test, within)?;
                self.kept.keep(pattern, test);
                Ok(found)
            }
            ExprKind::Literal(Literal::String(text)) => {
                let is_match = compile(pattern).is_ok_and(|regex| regex.is_match(text)) != negated;
                Ok(if is_match { within.clone() } else { BitSet::new(within.len()) })
            }
            _ => {
                let (term, dataset) = (self.term(left, within)?, self.dataset);
                Ok(within.filtered(|at| {
                    term.any(dataset, row(at), &mut |value| match value {
                        Operand::Value(value) => test.holds(dataset, value),
                        Operand::Text(_) => false,
                    })
                }))
            }
        }
    }

    /// The spans of some whose value passes a test, and the test.
    fn field(&mut self, field: &Field, mut test: Test, within: &BitSet) -> Result<(BitSet, Test), Trouble> {
        supported(field)?;
        let dataset = self.dataset;
        let spans = &dataset.spans;
        let found = match Source::new(dataset, field) {
            Source::Nobody => BitSet::new(within.len()),
            Source::Span(key) => self.own(key, &mut test, within, BitSet::new(within.len())),
            Source::Any(key) => {
                let inherited = inherited(dataset, key, &mut test, within);
                self.own(key, &mut test, within, inherited)
            }
            Source::Resource(key) => inherited(dataset, key, &mut test, within),
            Source::Instrumentation(key) => {
                let holds: Vec<bool> = dataset
                    .scopes
                    .attributes
                    .iter()
                    .map(|(_, &rows)| {
                        find(dataset, rows, key).is_some_and(|at| test.holds(dataset, EvalValue::of_attribute(dataset, at)))
                    })
                    .collect();
                sweep(within, |span| holds.get(spans.scope[span].usize()).copied().unwrap_or(false))
            }
            Source::Intrinsic(Intrinsic::Duration) => {
                sweep(within, |span| test.holds(dataset, EvalValue::duration(spans.duration(span))))
            }
            Source::Intrinsic(Intrinsic::Name) => sweep(within, |span| test.holds(dataset, EvalValue::String(spans.name[span]))),
            Source::Intrinsic(Intrinsic::Status) => {
                sweep(within, |span| test.holds(dataset, EvalValue::Status(spans.status[span])))
            }
            Source::Intrinsic(Intrinsic::Kind) => sweep(within, |span| test.holds(dataset, EvalValue::Kind(spans.kind[span]))),
            Source::Intrinsic(
                of_trace @ (Intrinsic::TraceId | Intrinsic::TraceDuration | Intrinsic::RootName | Intrinsic::RootService),
            ) => {
                let mut found = BitSet::new(within.len());
                for (_, rows) in dataset.traces.spans.iter() {
                    let value = rows.first().map_or(EvalValue::Nil, |first| of_intrinsic(dataset, of_trace, first));
                    if test.holds(dataset, value) {
                        found.insert_range(rows.start as usize, rows.end as usize);
                    }
                }
                found.intersect(within);
                found
            }
            source => sweep(within, |span| source.any(dataset, span, &mut |value| test.holds(dataset, value))),
        };
        Ok((found, test))
    }

    /// The spans of some whose own attribute passes, and of those without it the ones that inherit one that does.
    fn own(&mut self, key: StrId, test: &mut Test, within: &BitSet, mut inherited: BitSet) -> BitSet {
        let dataset = self.dataset;
        if let Some(column) = self.kept.known(key) {
            inherited.intersect(within);
            for &(span, at) in column.iter().filter(|(span, _)| within.has(span.usize())) {
                if test.holds(dataset, EvalValue::of_attribute(dataset, at)) {
                    inherited.insert(span.usize());
                } else {
                    inherited.remove(span.usize());
                }
            }
            return inherited;
        }
        // Where few of all spans have the key, it is worth knowing which.
        let most = dataset.spans.len() / RARE;
        let is_all = within.count() == dataset.spans.len();
        let mut pairs = Vec::new();
        let found = sweep(within, |span| match find(dataset, dataset.spans.attributes[span], key) {
            Some(at) => {
                if is_all && pairs.len() <= most {
                    pairs.push((span, at));
                }
                test.holds(dataset, EvalValue::of_attribute(dataset, at))
            }
            None => inherited.has(span.usize()),
        });
        if is_all && pairs.len() <= most {
            self.kept.keep_column(key, pairs);
        }
        found
    }

    /// An expression, prepared to be asked of some spans.
    pub(super) fn term<'q>(&mut self, expr: &'q Expr, within: &BitSet) -> Result<Term<'q>, Trouble> {
        Ok(match &expr.is {
            ExprKind::Literal(literal) => Term::Constant(operand(literal)),
            ExprKind::Field(field) => {
                supported(field)?;
                Term::Field(Source::new(self.dataset, field))
            }
            ExprKind::Negative(of) => Term::Negative(Box::new(self.term(of, within)?)),
            ExprKind::Arithmetic(by, left, right) => {
                Term::Arithmetic(*by, Box::new(self.term(left, within)?), Box::new(self.term(right, within)?))
            }
            ExprKind::Not(_) | ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Compare(..) => {
                let (found, rest) = self.verdicts(expr, within)?;
                Term::Truth(found, rest)
            }
        })
    }
}

impl<'q> Term<'q> {
    /// Whether something holds for a value of a span.
    fn any(&self, dataset: &Dataset, span: SpanIdx, holds: &mut dyn FnMut(Operand<'q>) -> bool) -> bool {
        match self {
            Self::Field(source) => source.any(dataset, span, &mut |value| holds(Operand::Value(value))),
            _ => match self.first(dataset, span) {
                Operand::Value(EvalValue::Nil) => false,
                operand => holds(operand),
            },
        }
    }

    /// The value of a span; of several the first.
    pub(super) fn first(&self, dataset: &Dataset, span: SpanIdx) -> Operand<'q> {
        let number = |term: &Self| match term.first(dataset, span) {
            Operand::Value(value) => value.number(),
            Operand::Text(_) => None,
        };
        let value = match self {
            Self::Constant(operand) => return *operand,
            Self::Field(source) => source.first(dataset, span),
            Self::Negative(of) => number(of).map_or(EvalValue::Nil, |number| number.negative().into()),
            Self::Arithmetic(by, left, right) => {
                number(left).zip(number(right)).and_then(|(a, b)| a.calculate(*by, b)).map_or(EvalValue::Nil, EvalValue::from)
            }
            Self::Truth(truth, falsity) => match (truth.has(span.usize()), falsity.has(span.usize())) {
                (true, _) => EvalValue::Bool(true),
                (_, true) => EvalValue::Bool(false),
                _ => EvalValue::Nil,
            },
        };
        Operand::Value(value)
    }

    /// The same as a value; a text that is nobody's is none.
    pub(super) fn value(&self, dataset: &Dataset, span: SpanIdx) -> EvalValue {
        match self.first(dataset, span) {
            Operand::Value(value) => value,
            Operand::Text(text) => dataset.strings.find(text).map_or(EvalValue::Nil, EvalValue::String),
        }
    }
}

impl From<Number> for EvalValue {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(number) => Self::Int(number),
            Number::Float(number) => Self::Float(number),
            Number::Duration(nanos) => Self::Duration(nanos),
        }
    }
}

/// The share of a sample that is not among those that were found; never 0, as a sample is no proof.
fn share_ruled_out(sample: &BitSet, found: &BitSet) -> f64 {
    let (all, found) = (sample.count() as f64, found.count() as f64);
    (all - found + 1.0) / (all + 1.0)
}

/// Whether a field can be asked for at all.
pub(super) fn supported(field: &Field) -> Result<(), Trouble> {
    let is_of_parent = matches!(
        field,
        Field::OfParent(_)
            | Field::Intrinsic(Intrinsic::Parent)
            | Field::Attribute(Scope::Parent | Scope::ParentSpan | Scope::ParentResource, _)
    );
    if is_of_parent { Err(unsupported("the parent's fields are not supported yet")) } else { Ok(()) }
}

/// The span of a row.
#[inline]
fn row(at: usize) -> SpanIdx {
    SpanIdx::from_u32(len_u32(at))
}

/// The spans of some for which something holds.
#[inline]
fn sweep(within: &BitSet, mut holds: impl FnMut(SpanIdx) -> bool) -> BitSet {
    within.filtered(|at| holds(row(at)))
}

/// The spans of some whose resource passes a test.
fn inherited(dataset: &Dataset, key: StrId, test: &mut Test, within: &BitSet) -> BitSet {
    let holds: Vec<bool> = dataset
        .resources
        .attributes
        .iter()
        .map(|(_, &rows)| find(dataset, rows, key).is_some_and(|at| test.holds(dataset, EvalValue::of_attribute(dataset, at))))
        .collect();
    if !holds.contains(&true) {
        return BitSet::new(within.len());
    }
    sweep(within, |span| holds.get(dataset.spans.resource[span].usize()).copied().unwrap_or(false))
}

/// The members of a chain of `&&` or `||`, those first that are cheaper to ask.
fn parts(expr: &Expr, is_and: bool) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match &expr.is {
            ExprKind::And(a, b) if is_and => open.extend([&**b, &**a]),
            ExprKind::Or(a, b) if !is_and => open.extend([&**b, &**a]),
            _ => found.push(expr),
        }
    }
    sort_few_by_key(&mut found, |part| cost(part));
    found
}

/// What asking an expression of a span costs, roughly and by comparison.
fn cost(expr: &Expr) -> u32 {
    match &expr.is {
        ExprKind::Literal(_) => 0,
        ExprKind::Field(field) => match field {
            Field::Intrinsic(
                Intrinsic::Duration
                | Intrinsic::Name
                | Intrinsic::Status
                | Intrinsic::Kind
                | Intrinsic::TraceId
                | Intrinsic::TraceDuration
                | Intrinsic::RootName
                | Intrinsic::RootService,
            )
            | Field::Attribute(Scope::Resource | Scope::Instrumentation, _) => 1,
            Field::Attribute(Scope::Span, _) => 4,
            _ => 6,
        },
        ExprKind::Not(of) | ExprKind::Negative(of) => cost(of).saturating_add(1),
        ExprKind::Compare(Compare::Matches | Compare::MatchesNot, left, _) => cost(left).saturating_add(2),
        ExprKind::Compare(Compare::Equal | Compare::NotEqual, left, right) => cost(left).saturating_add(cost(right)),
        ExprKind::Compare(_, left, right) => cost(left).saturating_add(cost(right)).saturating_add(1),
        // Chains can be long, and how long does not matter.
        ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Arithmetic(..) => 12,
    }
}

/// An expression without fields as a constant.
fn folded(expr: &Expr) -> Option<Literal> {
    match &expr.is {
        ExprKind::Literal(literal) => Some(literal.clone()),
        ExprKind::Negative(of) => number_of(&folded(of)?).map(|number| literal(number.negative())),
        ExprKind::Arithmetic(by, left, right) => {
            number_of(&folded(left)?)?.calculate(*by, number_of(&folded(right)?)?).map(literal)
        }
        _ => None,
    }
}

const fn literal(number: Number) -> Literal {
    match number {
        Number::Int(number) => Literal::Int(number),
        Number::Float(number) => Literal::Float(number),
        Number::Duration(nanos) => Literal::Duration(nanos),
    }
}

pub(super) const fn number_of(literal: &Literal) -> Option<Number> {
    match literal {
        Literal::Int(number) => Some(Number::Int(*number)),
        Literal::Float(number) => Some(Number::Float(*number)),
        Literal::Duration(nanos) => Some(Number::Duration(*nanos)),
        _ => None,
    }
}

fn operand(literal: &Literal) -> Operand<'_> {
    Operand::Value(match literal {
        Literal::String(text) => return Operand::Text(text),
        Literal::Int(number) => EvalValue::Int(*number),
        Literal::Float(number) => EvalValue::Float(*number),
        Literal::Duration(nanos) => EvalValue::Duration(*nanos),
        Literal::Bool(flag) => EvalValue::Bool(*flag),
        Literal::Nil => EvalValue::Nil,
        Literal::Status(status) => EvalValue::Status(*status),
        Literal::Kind(kind) => EvalValue::Kind(*kind),
    })
}

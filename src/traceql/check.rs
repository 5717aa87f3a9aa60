//! Whether a query that parses means anything: types, what must reference a span, regular expressions, and what is not answered yet.

use std::ops::Range;

use super::lexer::{TokenKind, tokens};
use super::tree::{
    Aggregate, Compare, Expr, ExprKind, Field, Intrinsic, Literal, Measure, Metrics, MetricsExpr, Pipeline, Place, Query, Root,
    Scalar, Scope, Second, Spanset, Stage,
};
use super::trouble::{Stage as How, Trouble};
use super::words::{Metric, Sign, Word};
use super::{print, regex};

/// Says what keeps a query from being answered.
pub fn check(query: &Query) -> Result<(), Trouble> {
    let fault = match &query.root {
        Root::Spans(spans) => pipeline(spans),
        Root::Metrics(all) => metrics(all),
    };
    fault.map_err(|Fault { how, at, message, token }| {
        let text = &query.text.0;
        let mut trouble = Trouble::new(text, how, at.find(text), message, Vec::new());
        if text.is_empty() {
            // A tree that was never a text.
            trouble.token = token;
        }
        trouble
    })
}

/// What is wrong, before it has a place in a text.
struct Fault {
    how: How,
    at: At,
    message: String,
    token: String,
}

/// Where something is wrong. Not all that can be wrong knows its place; it is found by what it is, since in all that stands before
/// it nothing was wrong.
enum At {
    Place(Place),
    Field(Field),
    /// The whole number behind the first such word and its parenthesis.
    Behind(Word),
    Word(Word),
    Number(f64),
}

impl At {
    fn find(&self, text: &str) -> Range<usize> {
        if let Self::Place(place) = self {
            return place.range();
        }
        let tokens = tokens(text);
        let is_zero = |at: usize| tokens.get(at).is_some_and(|token| token.kind == TokenKind::Literal(Literal::Int(0)));
        let at = tokens.iter().enumerate().position(|(at, token)| match (self, &token.kind) {
            (Self::Field(field), TokenKind::Field(other)) => field == other,
            (Self::Behind(word), TokenKind::Word(other)) => word == other && is_zero(at + 2),
            (Self::Word(word), TokenKind::Word(other)) => word == other,
            (Self::Number(number), TokenKind::Literal(Literal::Float(other))) => number.total_cmp(other).is_eq(),
            (Self::Number(number), TokenKind::Literal(Literal::Int(other))) => number.total_cmp(&(*other as f64)).is_eq(),
            _ => false,
        });
        let behind = if matches!(self, Self::Behind(_)) { 2 } else { 0 };
        at.and_then(|at| tokens.get(at + behind)).map(|token| token.at.clone()).unwrap_or_default()
    }
}

type Checked<T> = Result<T, Fault>;

/// What an expression gives, as far as the query says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    /// Whatever the attribute holds.
    Any,
    Number,
    String,
    Bool,
    Status,
    Kind,
    Nil,
}

impl Type {
    const fn words(self) -> &'static str {
        match self {
            Self::Any => "an attribute",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Bool => "true or false",
            Self::Status => "a status",
            Self::Kind => "a kind",
            Self::Nil => "nil",
        }
    }

    const fn of_literal(literal: &Literal) -> Self {
        match literal {
            Literal::String(_) => Self::String,
            Literal::Int(_) | Literal::Float(_) | Literal::Duration(_) => Self::Number,
            Literal::Bool(_) => Self::Bool,
            Literal::Nil => Self::Nil,
            Literal::Status(_) => Self::Status,
            Literal::Kind(_) => Self::Kind,
        }
    }

    const fn of_intrinsic(intrinsic: Intrinsic) -> Self {
        match intrinsic {
            Intrinsic::Status => Self::Status,
            Intrinsic::Kind => Self::Kind,
            Intrinsic::Duration
            | Intrinsic::TraceDuration
            | Intrinsic::EventTimeSinceStart
            | Intrinsic::ChildCount
            | Intrinsic::NestedSetLeft
            | Intrinsic::NestedSetRight
            | Intrinsic::NestedSetParent => Self::Number,
            Intrinsic::Parent => Self::Any,
            Intrinsic::Name
            | Intrinsic::StatusMessage
            | Intrinsic::SpanId
            | Intrinsic::ParentId
            | Intrinsic::TraceId
            | Intrinsic::RootName
            | Intrinsic::RootService
            | Intrinsic::EventName
            | Intrinsic::LinkTraceId
            | Intrinsic::LinkSpanId
            | Intrinsic::InstrumentationName
            | Intrinsic::InstrumentationVersion => Self::String,
        }
    }

    fn of_field(field: &Field) -> Self {
        match field {
            Field::Attribute(..) => Self::Any,
            Field::Intrinsic(intrinsic) | Field::OfParent(intrinsic) => Self::of_intrinsic(*intrinsic),
        }
    }

    /// Whether an operator may stand between this and another.
    fn goes_with(self, other: Self) -> bool {
        self == other || self == Self::Any || other == Self::Any || self == Self::Nil || other == Self::Nil
    }

    const fn compares(self, by: Compare) -> bool {
        match self {
            Self::Any | Self::String => true,
            Self::Number => !matches!(by, Compare::Matches | Compare::MatchesNot),
            Self::Bool | Self::Status | Self::Kind | Self::Nil => matches!(by, Compare::Equal | Compare::NotEqual),
        }
    }
}

#[cold]
fn wrong<T>(expr: &Expr, message: String) -> Checked<T> {
    Err(Fault { how: How::Validate, at: At::Place(expr.at), message, token: print::expr(expr) })
}

#[cold]
fn wrong_at<T>(at: At, token: String, message: String) -> Checked<T> {
    Err(Fault { how: How::Validate, at, message, token })
}

fn pipeline(pipeline: &Pipeline) -> Checked<()> {
    pipeline.stages.iter().try_for_each(stage)
}

fn stage(stage: &Stage) -> Checked<()> {
    match stage {
        Stage::Spanset(set) => spanset(set),
        Stage::Scalars { left, right, at, .. } => scalars(left, right, *at),
        Stage::By(expr) => {
            if !is_of_span(expr) {
                return wrong(
                    expr,
                    format!("`by` groups spans by what they have, and `{}` is the same for all", print::expr(expr)),
                );
            }
            typed(expr).map(|_| ())
        }
        Stage::Coalesce => Ok(()),
        Stage::Select(fields) => fields.iter().try_for_each(|field| supported(field, At::Field(field.clone()))),
    }
}

fn spanset(set: &Spanset) -> Checked<()> {
    match set {
        Spanset::Filter(expr) => filter(expr),
        Spanset::Both { left, right, .. } => {
            spanset(left)?;
            spanset(right)
        }
        Spanset::Pipeline(inner) => pipeline(inner),
    }
}

/// What stands in `{ }`.
fn filter(expr: &Expr) -> Checked<()> {
    match typed(expr)? {
        Type::Any | Type::Bool => Ok(()),
        other => wrong(expr, format!("`{{ }}` holds what is true or false, and `{}` is {}", print::expr(expr), other.words())),
    }
}

fn scalars(left: &Scalar, right: &Scalar, at: Place) -> Checked<()> {
    scalar(left)?;
    scalar(right)?;
    if matches!(left, Scalar::Aggregate { .. }) && matches!(right, Scalar::Literal(_)) {
        return Ok(());
    }
    let message = "an aggregate is compared with a number on its right; arithmetic of aggregates is not supported yet".to_owned();
    Err(Fault { how: How::Unsupported, at: At::Place(at), message, token: print::scalar(left) })
}

fn scalar(scalar: &Scalar) -> Checked<()> {
    match scalar {
        Scalar::Literal(_) => Ok(()),
        Scalar::Aggregate { by, of, .. } => of.as_ref().map_or(Ok(()), |of| aggregate(*by, of)),
        Scalar::Pipeline(inner, of) => {
            pipeline(inner)?;
            self::scalar(of)
        }
        Scalar::Both { left, right, .. } => {
            self::scalar(left)?;
            self::scalar(right)
        }
    }
}

fn aggregate(by: Aggregate, of: &Expr) -> Checked<()> {
    let name = Word::Aggregate(by).text();
    match typed(of)? {
        Type::Any | Type::Number => {}
        other => return wrong(of, format!("`{name}` is of numbers, and `{}` is {}", print::expr(of), other.words())),
    }
    if is_of_span(of) {
        return Ok(());
    }
    wrong(of, format!("`{name}` is of what spans have, and `{}` is the same for all", print::expr(of)))
}

fn metrics(all: &Metrics) -> Checked<()> {
    series(&all.of)?;
    for second in &all.then {
        let (word, n) = match second {
            Second::Top(n) => (Word::Top, *n),
            Second::Bottom(n) => (Word::Bottom, *n),
            Second::Filter(..) => continue,
        };
        if n == 0 {
            return wrong_at(At::Behind(word), "0".to_owned(), format!("`{}` takes one or more", word.text()));
        }
    }
    if matches!(all.of, MetricsExpr::Compare { .. }) && !all.then.is_empty() {
        return not_after_compare("takes no stage after it");
    }
    Ok(())
}

#[cold]
fn not_after_compare(what: &str) -> Checked<()> {
    let word = Word::Metric(Metric::Compare);
    wrong_at(At::Word(word), word.text().to_owned(), format!("`compare` {what}"))
}

fn series(expr: &MetricsExpr) -> Checked<()> {
    match expr {
        MetricsExpr::Series { pipeline: spans, measure, by } => {
            pipeline(spans)?;
            measured(measure)?;
            by.iter().try_for_each(|field| supported(field, At::Field(field.clone())))
        }
        MetricsExpr::Compare { pipeline: spans, selection, top, range } => {
            pipeline(spans)?;
            filter(selection)?;
            let word = Word::Metric(Metric::Compare);
            let wrong = |message: &str| wrong_at(At::Word(word), word.text().to_owned(), message.to_owned());
            match range {
                _ if *top == 0 => wrong("`compare` shows one value or more of each attribute"),
                Some((start, end)) if *start <= 0 || *end <= 0 => {
                    wrong("`compare` is from and to a time after 1970, in nanoseconds")
                }
                Some((start, end)) if end <= start => wrong("`compare` ends after it starts"),
                _ => Ok(()),
            }
        }
        MetricsExpr::Inner(inner) => metrics(inner),
        MetricsExpr::Number(_) => Ok(()),
        MetricsExpr::Both { left, right, .. } => {
            for side in [left, right] {
                series(side)?;
                let is_compare = match &**side {
                    MetricsExpr::Compare { .. } => true,
                    MetricsExpr::Inner(inner) => matches!(inner.of, MetricsExpr::Compare { .. }),
                    _ => false,
                };
                if is_compare {
                    return not_after_compare("is not calculated with");
                }
            }
            Ok(())
        }
    }
}

fn measured(measure: &Measure) -> Checked<()> {
    let (metric, field) = match measure {
        Measure::Rate | Measure::Count => return Ok(()),
        Measure::Min(field) => (Metric::Min, field),
        Measure::Max(field) => (Metric::Max, field),
        Measure::Avg(field) => (Metric::Avg, field),
        Measure::Sum(field) => (Metric::Sum, field),
        Measure::Histogram(field) => (Metric::Histogram, field),
        Measure::Quantiles(field, quantiles) => {
            if let Some(wrong) = quantiles.iter().find(|quantile| !(0.0..=1.0).contains(*quantile)) {
                return wrong_at(At::Number(*wrong), wrong.to_string(), format!("a quantile is from 0 to 1, and {wrong} is not"));
            }
            (Metric::Quantiles, field)
        }
    };
    supported(field, At::Field(field.clone()))?;
    match Type::of_field(field) {
        Type::Any | Type::Number => Ok(()),
        other => {
            let name = Word::Metric(metric).text();
            let field_text = print::field(field);
            let message = format!("`{name}` is of numbers, and `{field_text}` is {}", other.words());
            wrong_at(At::Field(field.clone()), field_text, message)
        }
    }
}

/// Whether a field can be asked for.
fn supported(field: &Field, at: At) -> Checked<()> {
    match field {
        Field::Attribute(Scope::Parent | Scope::ParentSpan | Scope::ParentResource, _)
        | Field::OfParent(_)
        | Field::Intrinsic(Intrinsic::Parent) => {
            let token = print::field(field);
            Err(Fault { how: How::Unsupported, at, message: format!("`{token}`: `parent` is not supported yet"), token })
        }
        Field::Attribute(..) | Field::Intrinsic(_) => Ok(()),
    }
}

/// Whether the value of an expression depends on the span.
fn is_of_span(expr: &Expr) -> bool {
    match &expr.is {
        ExprKind::Literal(_) => false,
        ExprKind::Field(_) => true,
        ExprKind::Not(of) | ExprKind::Negative(of) => is_of_span(of),
        ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::Arithmetic(_, left, right) => is_of_span(left) || is_of_span(right),
    }
}

fn typed(expr: &Expr) -> Checked<Type> {
    match &expr.is {
        ExprKind::Literal(literal) => Ok(Type::of_literal(literal)),
        ExprKind::Field(field) => {
            supported(field, At::Place(expr.at))?;
            Ok(Type::of_field(field))
        }
        ExprKind::Not(of) => match typed(of)? {
            of @ (Type::Any | Type::Bool) => Ok(of),
            other => wrong(expr, format!("`!` is of what is true or false, and `{}` is {}", print::expr(of), other.words())),
        },
        ExprKind::Negative(of) => match typed(of)? {
            of @ (Type::Any | Type::Number) => Ok(of),
            other => wrong(expr, format!("`-` is of numbers, and `{}` is {}", print::expr(of), other.words())),
        },
        ExprKind::And(left, right) => logic("&&", left, right),
        ExprKind::Or(left, right) => logic("||", left, right),
        ExprKind::Compare(by, left, right) => compared(expr, *by, left, right),
        ExprKind::Arithmetic(by, left, right) => {
            let types = (typed(left)?, typed(right)?);
            for (side, of) in [(left, types.0), (right, types.1)] {
                if !matches!(of, Type::Any | Type::Number) {
                    let sign = Sign::of_arithmetic(*by).text();
                    return wrong(side, format!("`{sign}` is of numbers, and `{}` is {}", print::expr(side), of.words()));
                }
            }
            Ok(if types.0 == Type::Any { types.1 } else { types.0 })
        }
    }
}

fn logic(sign: &str, left: &Expr, right: &Expr) -> Checked<Type> {
    let types = (typed(left)?, typed(right)?);
    for (side, of) in [(left, types.0), (right, types.1)] {
        if !matches!(of, Type::Any | Type::Bool) {
            return wrong(side, format!("`{sign}` is of what is true or false, and `{}` is {}", print::expr(side), of.words()));
        }
    }
    Ok(Type::Bool)
}

fn compared(expr: &Expr, by: Compare, left: &Expr, right: &Expr) -> Checked<Type> {
    let types = (typed(left)?, typed(right)?);
    if types.1 == Type::Nil {
        if by == Compare::Equal
            && let ExprKind::Field(field) = &left.is
            && is_always_there(field)
        {
            return wrong(expr, format!("`{}` is never nil", print::field(field)));
        }
        return Ok(Type::Bool);
    }
    if !types.0.goes_with(types.1) {
        let without = unquoted(left, types.1).or_else(|| unquoted(right, types.0));
        let advice = without.map_or_else(|| "the two do not compare".to_owned(), |text| format!("write `{text}` without quotes"));
        let (left, right) = (print::expr(left), print::expr(right));
        let message = format!("`{left}` is {}, and `{right}` is {}; {advice}", types.0.words(), types.1.words());
        return wrong(expr, message);
    }
    let sign = Sign::Compare(by).text();
    for (side, of) in [(left, types.0), (right, types.1)] {
        if !of.compares(by) {
            return wrong(expr, format!("`{sign}` does not compare `{}`, which is {}", print::expr(side), of.words()));
        }
    }
    if matches!(by, Compare::Matches | Compare::MatchesNot) {
        let ExprKind::Literal(Literal::String(pattern)) = &right.is else {
            return wrong(right, format!("right of `{sign}` stands a string, which is a regular expression"));
        };
        if let Err(reason) = regex::compile(pattern) {
            return wrong(right, format!("this is no regular expression: {reason}"));
        }
    }
    Ok(Type::Bool)
}

/// What stands in the quotes of a string, if without them it is what is compared with it.
fn unquoted(expr: &Expr, wanted: Type) -> Option<&str> {
    let ExprKind::Literal(Literal::String(text)) = &expr.is else { return None };
    match tokens(text).as_slice() {
        [token] => match &token.kind {
            TokenKind::Literal(literal) if Type::of_literal(literal) == wanted => Some(text.trim()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether every span has a field.
pub(super) fn is_always_there(field: &Field) -> bool {
    match field {
        Field::Intrinsic(_) => true,
        Field::Attribute(Scope::Resource, key) => key == "service.name",
        Field::Attribute(..) | Field::OfParent(_) => false,
    }
}

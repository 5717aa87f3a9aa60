//! Queries answered the slow and obvious way: span by span on plain structures, parents by pointers, spansets as lists.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use spanwise::model::{SpanIdx, SpanKind, StatusCode};
use spanwise::traceql::regex::compile;
use spanwise::traceql::tree::{
    Aggregate, Arithmetic, Compare, Expr, ExprKind, Field, Form, Intrinsic, Kin, Literal, Pipeline, Relation, Scalar, Scope,
    Spanset, Stage,
};

use super::made::{Attributes, Given, Made};

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Plain {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Duration(i64),
    Text(String),
    /// An id, which is a text that may be written otherwise.
    Id(String),
    Status(StatusCode),
    Kind(SpanKind),
    Array(Vec<Self>),
    Other(String),
}

/// A spanset: rows of one trace, and what they are grouped by.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) rows: Vec<usize>,
    pub(crate) by: Vec<Plain>,
}

pub(crate) struct Oracle<'a> {
    made: &'a Made,
    parent: Vec<Option<usize>>,
}

impl<'a> Oracle<'a> {
    pub(crate) fn new(made: &'a Made) -> Self {
        let spans = &made.dataset.spans;
        let parent = |row: SpanIdx| spans.parent(row).map(|parent| parent.0 as usize);
        Self { made, parent: spans.id.range().iter().map(parent).collect() }
    }

    /// The spansets of each trace.
    pub(crate) fn spansets(&self, pipeline: &Pipeline) -> Vec<Set> {
        let mut found = Vec::new();
        for (_, rows) in self.made.dataset.traces.spans.iter() {
            let all = Set { rows: rows.iter().map(|row| row.0 as usize).collect(), by: Vec::new() };
            found.extend(self.pipeline(pipeline, vec![all]));
        }
        found
    }

    fn pipeline(&self, pipeline: &Pipeline, mut sets: Vec<Set>) -> Vec<Set> {
        let outer = sets.first().map(|set| set.by.clone()).unwrap_or_default();
        for stage in &pipeline.stages {
            sets = match stage {
                Stage::Spanset(spanset) => sets.into_iter().flat_map(|set| self.spanset(spanset, set)).collect(),
                Stage::Select(_) => sets,
                Stage::Coalesce => {
                    let mut rows: Vec<usize> = sets.into_iter().flat_map(|set| set.rows).collect();
                    rows.sort_unstable();
                    vec![Set { rows, by: outer.clone() }]
                }
                Stage::By(expr) => sets.into_iter().flat_map(|set| self.grouped(expr, &set)).collect(),
                Stage::Scalars { left, by, right, .. } => {
                    sets.into_iter().flat_map(|set| self.scalar_filter(left, *by, right, &set)).collect()
                }
            };
            sets.retain(|set| !set.rows.is_empty());
        }
        sets
    }

    fn grouped(&self, expr: &Expr, set: &Set) -> Vec<Set> {
        let mut groups: Vec<(String, Set)> = Vec::new();
        for &row in &set.rows {
            let value = self.first(expr, row);
            let key = likeness(&value);
            if let Some(group) = groups.iter_mut().find(|group| group.0 == key) {
                group.1.rows.push(row);
            } else {
                let by = set.by.iter().cloned().chain([value]).collect();
                groups.push((key, Set { rows: vec![row], by }));
            }
        }
        groups.into_iter().map(|group| group.1).collect()
    }

    fn spanset(&self, spanset: &Spanset, set: Set) -> Vec<Set> {
        let rows_of = |spanset: &Spanset| {
            let mut rows: Vec<usize> = self.spanset(spanset, set.clone()).into_iter().flat_map(|set| set.rows).collect();
            rows.sort_unstable();
            rows
        };
        let rows = match spanset {
            Spanset::Filter(expr) => set.rows.iter().copied().filter(|&row| self.is_true(expr, row)).collect(),
            Spanset::Pipeline(pipeline) => return self.pipeline(pipeline, vec![set]),
            Spanset::Both { left, by, right } => {
                let (a, b) = (rows_of(left), rows_of(right));
                let is_in = |rows: &Vec<usize>, row: &usize| rows.contains(row);
                match by {
                    Relation::And if a.is_empty() || b.is_empty() => Vec::new(),
                    Relation::And | Relation::Or => {
                        set.rows.iter().copied().filter(|row| is_in(&a, row) || is_in(&b, row)).collect()
                    }
                    Relation::Tree(kin, form) => {
                        let is_so = |a: usize, b: usize| self.is_so(*kin, a, b);
                        let keeps = |row: &usize| match form {
                            Form::Right => is_in(&b, row) && a.iter().any(|&a| is_so(a, *row)),
                            Form::Not => is_in(&b, row) && !a.iter().any(|&a| is_so(a, *row)),
                            Form::Union => {
                                is_in(&b, row) && a.iter().any(|&a| is_so(a, *row))
                                    || is_in(&a, row) && b.iter().any(|&b| is_so(*row, b))
                            }
                        };
                        set.rows.iter().copied().filter(keeps).collect()
                    }
                }
            }
        };
        if rows.is_empty() { Vec::new() } else { vec![Set { rows, ..set }] }
    }

    /// Whether b is so to a.
    fn is_so(&self, kin: Kin, a: usize, b: usize) -> bool {
        let is_below = |below: usize, above: usize| {
            let mut at = self.parent[below];
            while let Some(row) = at {
                if row == above {
                    return true;
                }
                at = self.parent[row];
            }
            false
        };
        match kin {
            Kin::Child => self.parent[b] == Some(a),
            Kin::Parent => self.parent[a] == Some(b),
            Kin::Descendant => is_below(b, a),
            Kin::Ancestor => is_below(a, b),
            Kin::Sibling => {
                let (one, other) = (&self.made.spans[a], &self.made.spans[b]);
                let names = |row: usize| {
                    let ids: Vec<u64> =
                        self.made.spans.iter().filter(|span| span.trace == one.trace).map(|span| span.id).collect();
                    self.parent[row].is_some() || !ids.contains(&self.made.spans[row].parent)
                };
                a != b && one.trace == other.trace && one.parent == other.parent && names(a) && names(b)
            }
        }
    }

    /// What a comparison of figures leaves of a spanset.
    fn scalar_filter(&self, left: &Scalar, by: Compare, right: &Scalar, set: &Set) -> Vec<Set> {
        let whole = vec![set.clone()];
        let (left_sets, right_sets) = (self.sets_of(left, &whole), self.sets_of(right, &whole));
        let sets = match (left_sets, right_sets) {
            (None, None) => whole,
            (Some(sets), None) | (None, Some(sets)) => sets,
            (Some(a), Some(b)) => united(a, b),
        };
        let holds = |result: &Set| {
            let key = likeness(&Plain::Array(result.by.clone()));
            let (a, b) = (self.figure(left, set, &key), self.figure(right, set, &key));
            compared(by, &a, &b).unwrap_or(false)
        };
        sets.into_iter().filter(holds).collect()
    }

    /// The spansets that a figure is of; nothing for constants.
    fn sets_of(&self, scalar: &Scalar, sets: &[Set]) -> Option<Vec<Set>> {
        match scalar {
            Scalar::Literal(_) => None,
            Scalar::Aggregate { .. } => Some(sets.to_vec()),
            Scalar::Pipeline(pipeline, of) => {
                let inner: Vec<Set> = sets.iter().flat_map(|set| self.pipeline(pipeline, vec![set.clone()])).collect();
                self.sets_of(of, &inner)
            }
            Scalar::Both { left, right, .. } => match (self.sets_of(left, sets), self.sets_of(right, sets)) {
                (Some(a), Some(b)) => Some(united(a, b)),
                (a, b) => a.or(b),
            },
        }
    }

    /// The figure of a spanset that is known by what it is grouped by.
    fn figure(&self, scalar: &Scalar, set: &Set, key: &str) -> Plain {
        match scalar {
            Scalar::Literal(literal) => plain_literal(literal),
            Scalar::Aggregate { by, of, .. } => self.aggregate(*by, of.as_ref(), &set.rows),
            Scalar::Pipeline(pipeline, of) => {
                let inner = self.pipeline(pipeline, vec![set.clone()]);
                match inner.iter().find(|inner| likeness(&Plain::Array(inner.by.clone())) == key) {
                    Some(inner) => self.figure(of, inner, key),
                    None => self.figure(of, &Set { rows: Vec::new(), ..set.clone() }, key),
                }
            }
            Scalar::Both { left, by, right, .. } => calculated(*by, &self.figure(left, set, key), &self.figure(right, set, key)),
        }
    }

    fn aggregate(&self, by: Aggregate, of: Option<&Expr>, rows: &[usize]) -> Plain {
        let Some(of) = of else { return Plain::Int(i64::try_from(rows.len()).unwrap()) };
        let values: Vec<Plain> = rows.iter().map(|&row| self.first(of, row)).filter(is_number).collect();
        let sum = || {
            let whole: i128 = values.iter().filter_map(whole).sum();
            let floats: f64 = values.iter().filter(|value| whole_of(value).is_none()).map(float).sum();
            let has_float = values.iter().any(|value| whole_of(value).is_none());
            (whole, floats, has_float)
        };
        let best = |wanted: Ordering| {
            let mut best = values.first().cloned().unwrap_or(Plain::Nil);
            for value in &values {
                let order = order(value, &best).unwrap_or_else(|| float(value).is_nan().cmp(&float(&best).is_nan()));
                if order == wanted {
                    best = value.clone();
                }
            }
            best
        };
        match by {
            Aggregate::Count => Plain::Int(i64::try_from(rows.len()).unwrap()),
            _ if values.is_empty() => Plain::Nil,
            Aggregate::Max => best(Ordering::Greater),
            Aggregate::Min => best(Ordering::Less),
            Aggregate::Avg => {
                let (whole, floats, _) = sum();
                Plain::Float((whole as f64 + floats) / values.len() as f64)
            }
            Aggregate::Sum => {
                let (whole, floats, has_float) = sum();
                match i64::try_from(whole) {
                    Ok(whole) if !has_float => Plain::Int(whole),
                    _ => Plain::Float(whole as f64 + floats),
                }
            }
        }
    }

    fn is_true(&self, expr: &Expr, row: usize) -> bool {
        matches!(self.first(expr, row), Plain::Bool(true))
            || matches!(&expr.is, ExprKind::Field(_))
                && self.all(expr, row).iter().any(|value| compared(Compare::Equal, value, &Plain::Bool(true)) == Some(true))
    }

    /// The value of an expression; of several the first.
    pub(crate) fn first(&self, expr: &Expr, row: usize) -> Plain {
        match &expr.is {
            ExprKind::Literal(literal) => plain_literal(literal),
            ExprKind::Field(_) => self.all(expr, row).into_iter().next().unwrap_or(Plain::Nil),
            ExprKind::Not(of) => {
                let holds = |flag| match &of.is {
                    // A flag among several counts as they do in comparisons.
                    ExprKind::Field(_) => {
                        self.all(of, row).iter().any(|value| compared(Compare::Equal, value, &Plain::Bool(flag)) == Some(true))
                    }
                    _ => matches!(self.first(of, row), Plain::Bool(is) if is == flag),
                };
                match (holds(false), holds(true)) {
                    (true, _) => Plain::Bool(true),
                    (_, true) => Plain::Bool(false),
                    _ => Plain::Nil,
                }
            }
            ExprKind::Negative(of) => match self.first(of, row) {
                Plain::Int(number) => number.checked_neg().map_or(Plain::Float(-(number as f64)), Plain::Int),
                Plain::Duration(number) => number.checked_neg().map_or(Plain::Float(-(number as f64)), Plain::Duration),
                Plain::Float(number) => Plain::Float(-number),
                _ => Plain::Nil,
            },
            ExprKind::And(a, b) => Plain::Bool(self.is_true(a, row) && self.is_true(b, row)),
            ExprKind::Or(a, b) => Plain::Bool(self.is_true(a, row) || self.is_true(b, row)),
            ExprKind::Arithmetic(by, a, b) => calculated(*by, &self.first(a, row), &self.first(b, row)),
            ExprKind::Compare(by, a, b) => Plain::Bool(self.compare(*by, a, b, row)),
        }
    }

    fn compare(&self, by: Compare, a: &Expr, b: &Expr, row: usize) -> bool {
        let is_nil = |expr: &Expr| matches!(expr.is, ExprKind::Literal(Literal::Nil));
        if is_nil(a) || is_nil(b) {
            let other = if is_nil(a) { b } else { a };
            if !has_field(other) {
                return false;
            }
            let is_there = !self.all(other, row).is_empty();
            return match by {
                Compare::Equal => !is_there,
                Compare::NotEqual => is_there,
                _ => false,
            };
        }
        let (a, b) = (self.all(a, row), self.all(b, row));
        a.iter().any(|a| b.iter().any(|b| compared(by, a, b) == Some(true)))
    }

    /// All values of an expression.
    fn all(&self, expr: &Expr, row: usize) -> Vec<Plain> {
        let mut values = match &expr.is {
            ExprKind::Field(field) => self.of_field(field, row),
            _ => vec![self.first(expr, row)],
        };
        values.retain(|value| !matches!(value, Plain::Nil));
        values
    }

    pub(crate) fn of_field(&self, field: &Field, row: usize) -> Vec<Plain> {
        let span = &self.made.spans[row];
        let text = |text: &str| vec![Plain::Text(text.to_owned())];
        let nanos = |nanos: u64| vec![Plain::Duration(i64::try_from(nanos).unwrap())];
        let took = |start: u64, end: u64| end.saturating_sub(start);
        let of_trace = || self.made.spans.iter().filter(|other| other.trace == span.trace);
        let nested = |row: usize| {
            // Counted by walking: every span entered before, and every one left before, is one place.
            let mut left = 1_i64;
            for (other, made) in self.made.spans.iter().enumerate() {
                if made.trace == span.trace && other < row {
                    left += if self.is_so(Kin::Ancestor, row, other) { 1 } else { 2 };
                }
            }
            let below = (0..self.parent.len()).filter(|&other| self.is_so(Kin::Descendant, row, other)).count();
            (left, left + 2 * i64::try_from(below).unwrap() + 1)
        };
        match field {
            Field::Attribute(scope, key) => match scope {
                Scope::Span => vec![attribute(&span.attributes, key)],
                Scope::Resource => vec![attribute(&span.resource, key)],
                Scope::Any => match attribute(&span.attributes, key) {
                    Plain::Nil => vec![attribute(&span.resource, key)],
                    own => vec![own],
                },
                Scope::Instrumentation => vec![attribute(&span.scope.2, key)],
                Scope::Event => span.events.iter().map(|event| attribute(&event.attributes, key)).collect(),
                Scope::Link => span.links.iter().map(|link| attribute(&link.attributes, key)).collect(),
                _ => Vec::new(),
            },
            Field::OfParent(_) => Vec::new(),
            Field::Intrinsic(intrinsic) => match intrinsic {
                Intrinsic::Duration => nanos(took(span.start, span.end)),
                Intrinsic::Name => text(span.name),
                Intrinsic::Status => vec![Plain::Status(span.status)],
                Intrinsic::StatusMessage => text(span.message),
                Intrinsic::Kind => vec![Plain::Kind(span.kind)],
                Intrinsic::Parent => Vec::new(),
                Intrinsic::SpanId => vec![Plain::Id(format!("{:016x}", span.id))],
                Intrinsic::ParentId => {
                    vec![Plain::Id(if span.parent == 0 { String::new() } else { format!("{:016x}", span.parent) })]
                }
                Intrinsic::ChildCount => {
                    vec![Plain::Int(i64::try_from(self.parent.iter().filter(|parent| **parent == Some(row)).count()).unwrap())]
                }
                Intrinsic::TraceId => vec![Plain::Id(format!("{:032x}", span.trace))],
                Intrinsic::TraceDuration => {
                    let start = of_trace().map(|span| span.start).min().unwrap();
                    nanos(took(start, of_trace().map(|span| span.end.max(span.start)).max().unwrap()))
                }
                Intrinsic::RootName => text(self.root(row).name),
                Intrinsic::RootService => text(
                    match attribute(&self.root(row).resource, "service.name") {
                        Plain::Text(name) => name,
                        _ => String::new(),
                    }
                    .as_str(),
                ),
                Intrinsic::EventName => span.events.iter().map(|event| Plain::Text(event.name.to_owned())).collect(),
                Intrinsic::EventTimeSinceStart => span
                    .events
                    .iter()
                    .map(|event| Plain::Duration(i64::try_from(event.time).unwrap() - i64::try_from(span.start).unwrap()))
                    .collect(),
                Intrinsic::LinkTraceId => span.links.iter().map(|link| Plain::Id(format!("{:032x}", link.trace))).collect(),
                Intrinsic::LinkSpanId => span.links.iter().map(|link| Plain::Id(format!("{:016x}", link.span))).collect(),
                Intrinsic::InstrumentationName => text(span.scope.0),
                Intrinsic::InstrumentationVersion => text(span.scope.1),
                Intrinsic::NestedSetLeft => vec![Plain::Int(nested(row).0)],
                Intrinsic::NestedSetRight => vec![Plain::Int(nested(row).1)],
                Intrinsic::NestedSetParent => vec![Plain::Int(match self.parent[row] {
                    Some(parent) => nested(parent).0,
                    None if span.parent == 0 => -1,
                    None => 0,
                })],
            },
        }
    }

    /// The span that a trace is named by: the first without a parent id, else the first whose parent is missing, else the first.
    fn root(&self, row: usize) -> &super::made::MadeSpan {
        let trace = self.made.spans[row].trace;
        let of_trace: Vec<_> = self.made.spans.iter().filter(|span| span.trace == trace).collect();
        let is_there = |id: u64| of_trace.iter().any(|span| span.id == id);
        let root = of_trace.iter().find(|span| span.parent == 0);
        root.or_else(|| of_trace.iter().find(|span| !is_there(span.parent))).unwrap_or(&of_trace[0])
    }
}

fn has_field(expr: &Expr) -> bool {
    match &expr.is {
        ExprKind::Literal(_) => false,
        ExprKind::Field(_) => true,
        ExprKind::Not(of) | ExprKind::Negative(of) => has_field(of),
        ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Compare(_, a, b) | ExprKind::Arithmetic(_, a, b) => {
            has_field(a) || has_field(b)
        }
    }
}

fn attribute(attributes: &Attributes, key: &str) -> Plain {
    attributes
        .iter()
        .filter(|(own, _)| *own == key)
        .map(|(_, value)| plain(value))
        .find(|value| !matches!(value, Plain::Nil))
        .unwrap_or(Plain::Nil)
}

fn plain(value: &Given) -> Plain {
    match value {
        Given::Empty => Plain::Nil,
        Given::Str(text) => Plain::Text((*text).to_owned()),
        Given::Int(number) => Plain::Int(*number),
        Given::Float(number) => Plain::Float(*number),
        Given::Bool(flag) => Plain::Bool(*flag),
        Given::Array(values) => Plain::Array(values.iter().map(plain).collect()),
        Given::Bytes | Given::Map => Plain::Other(format!("{value:?}")),
    }
}

fn plain_literal(literal: &Literal) -> Plain {
    match literal {
        Literal::String(text) => Plain::Text(text.clone()),
        Literal::Int(number) => Plain::Int(*number),
        Literal::Float(number) => Plain::Float(*number),
        Literal::Duration(nanos) => Plain::Duration(*nanos),
        Literal::Bool(flag) => Plain::Bool(*flag),
        Literal::Nil => Plain::Nil,
        Literal::Status(status) => Plain::Status(*status),
        Literal::Kind(kind) => Plain::Kind(*kind),
    }
}

pub(crate) fn likeness(value: &Plain) -> String {
    match value {
        Plain::Float(number) => format!("{:x}", number.to_bits()),
        Plain::Other(what) => what.clone(),
        Plain::Array(values) => format!("{:?}", values.iter().map(likeness).collect::<Vec<_>>()),
        value => format!("{value:?}"),
    }
}

fn is_number(value: &Plain) -> bool {
    matches!(value, Plain::Int(_) | Plain::Float(_) | Plain::Duration(_))
}

fn whole(value: &Plain) -> Option<i128> {
    whole_of(value).map(i128::from)
}

fn whole_of(value: &Plain) -> Option<i64> {
    match value {
        Plain::Int(number) | Plain::Duration(number) => Some(*number),
        _ => None,
    }
}

pub(crate) fn float(value: &Plain) -> f64 {
    match value {
        Plain::Int(number) | Plain::Duration(number) => *number as f64,
        Plain::Float(number) => *number,
        _ => f64::NAN,
    }
}

/// Integers and floats by their exact values, in 128 bits; floats beyond those exceed every integer.
fn order(a: &Plain, b: &Plain) -> Option<Ordering> {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (None, None) => float(a).partial_cmp(&float(b)),
        (Some(a), None) => {
            let b = float(b);
            if b.is_nan() {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "it saturates beyond every integer")]
            let floor = b.floor() as i128;
            Some(a.cmp(&floor).then(if b.floor() < b { Ordering::Less } else { Ordering::Equal }))
        }
        (None, Some(_)) => order(b, a).map(Ordering::reverse),
    }
}

fn calculated(by: Arithmetic, a: &Plain, b: &Plain) -> Plain {
    if !is_number(a) || !is_number(b) {
        return Plain::Nil;
    }
    let durations = [a, b].iter().filter(|value| matches!(value, Plain::Duration(_))).count();
    let in_floats = || {
        let (a, b) = (float(a), float(b));
        Plain::Float(match by {
            Arithmetic::Add => a + b,
            Arithmetic::Sub => a - b,
            Arithmetic::Mul => a * b,
            Arithmetic::Div => a / b,
            Arithmetic::Mod => a % b,
            Arithmetic::Power => a.powf(b),
        })
    };
    let (Some(x), Some(y)) = (whole(a), whole(b)) else { return in_floats() };
    let exact = match by {
        Arithmetic::Add => x + y,
        Arithmetic::Sub => x - y,
        Arithmetic::Mul => x * y,
        Arithmetic::Div | Arithmetic::Mod if y == 0 => return Plain::Nil,
        Arithmetic::Div if durations != 0 => return in_floats(),
        Arithmetic::Div => x / y,
        Arithmetic::Mod => x % y,
        Arithmetic::Power => match u32::try_from(y).ok().and_then(|y| x.checked_pow(y)) {
            Some(power) => power,
            None => return in_floats(),
        },
    };
    match i64::try_from(exact) {
        Ok(exact) if durations == 2 && matches!(by, Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mod) => {
            Plain::Duration(exact)
        }
        Ok(exact) if durations == 1 && !matches!(by, Arithmetic::Power) => Plain::Duration(exact),
        Ok(exact) => Plain::Int(exact),
        Err(_) => in_floats(),
    }
}

/// Whether a comparison holds; nothing where values do not fit.
fn compared(by: Compare, a: &Plain, b: &Plain) -> Option<bool> {
    let denied = matches!(by, Compare::NotEqual | Compare::MatchesNot);
    if let (Plain::Array(_), Plain::Array(_)) = (a, b) {
        return None;
    }
    let positive = match by {
        Compare::NotEqual => Compare::Equal,
        Compare::MatchesNot => Compare::Matches,
        by => by,
    };
    let of_elements = |outcomes: Vec<Option<bool>>| {
        let is_empty = outcomes.is_empty();
        let fits: Vec<bool> = outcomes.into_iter().flatten().collect();
        let any = fits.contains(&true);
        Some(if denied { (is_empty || !fits.is_empty()) && !any } else { any })
    };
    let element =
        |value: &Plain, a: &Plain, b: &Plain| if matches!(value, Plain::Array(_)) { None } else { compared(positive, a, b) };
    match (a, b) {
        (Plain::Array(values), _) => return of_elements(values.iter().map(|value| element(value, value, b)).collect()),
        (_, Plain::Array(values)) => return of_elements(values.iter().map(|value| element(value, a, value)).collect()),
        _ => {}
    }
    let holds = |order: Option<Ordering>| match positive {
        Compare::Equal => order == Some(Ordering::Equal),
        Compare::Less => order == Some(Ordering::Less),
        Compare::LessEqual => order.is_some_and(Ordering::is_le),
        Compare::Greater => order == Some(Ordering::Greater),
        Compare::GreaterEqual => order.is_some_and(Ordering::is_ge),
        _ => false,
    };
    let same = |is_same: bool| (positive == Compare::Equal).then_some(is_same);
    // Of the same number: in either case, without leading zeros.
    let written = |id: &str| id.to_ascii_lowercase().trim_start_matches('0').to_owned();
    let outcome = match (a, b) {
        (Plain::Id(id), Plain::Text(text)) | (Plain::Text(text), Plain::Id(id)) if positive == Compare::Equal => {
            Some(written(id) == written(text) && id.is_empty() == text.is_empty())
        }
        (Plain::Id(id), Plain::Text(_)) => return compared(by, &Plain::Text(id.clone()), b),
        (Plain::Text(_), Plain::Id(id)) => return compared(by, a, &Plain::Text(id.clone())),
        (Plain::Id(a), Plain::Id(b)) => Some(holds(Some(a.cmp(b)))),
        (Plain::Text(a), Plain::Text(b)) if positive == Compare::Matches => Some(compile(b).unwrap().is_match(a)),
        _ if positive == Compare::Matches => None,
        (Plain::Text(a), Plain::Text(b)) => Some(holds(Some(a.cmp(b)))),
        (Plain::Bool(a), Plain::Bool(b)) => same(a == b),
        (Plain::Status(a), Plain::Status(b)) => same(a == b),
        (Plain::Kind(a), Plain::Kind(b)) => same(a == b),
        _ if is_number(a) && is_number(b) => Some(holds(order(a, b))),
        _ => None,
    };
    outcome.map(|outcome| outcome != denied)
}

/// Sets of both, those that are grouped alike as one.
fn united(a: Vec<Set>, b: Vec<Set>) -> Vec<Set> {
    let mut sets: BTreeMap<String, Set> = BTreeMap::new();
    for set in a.into_iter().chain(b) {
        let known = sets.entry(likeness(&Plain::Array(set.by.clone()))).or_insert_with(|| Set { rows: Vec::new(), by: set.by });
        known.rows.extend(set.rows);
        known.rows.sort_unstable();
        known.rows.dedup();
    }
    sets.into_values().collect()
}

/// Sets by what they are grouped by, for comparison with others.
pub(crate) fn by_group(sets: &[Set]) -> BTreeMap<(usize, String), Vec<usize>> {
    sets.iter().map(|set| ((set.rows[0], likeness(&Plain::Array(set.by.clone()))), set.rows.clone())).collect()
}

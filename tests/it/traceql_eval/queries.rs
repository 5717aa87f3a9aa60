//! Random queries, as trees.

use spanwise::model::{SpanKind, StatusCode};
use spanwise::traceql::tree::{
    Aggregate, Arithmetic, Compare, Expr, ExprKind, Field, Form, Intrinsic, Kin, Literal, Pipeline, Place, Query, Relation, Root,
    Scalar, Scope, Spanset, Stage, Written,
};

use super::super::generate::Random;
use super::made::{FLOATS, INTS, KEYS, NAMES, TEXTS};

pub(crate) const SCOPES: [Scope; 6] =
    [Scope::Any, Scope::Span, Scope::Resource, Scope::Event, Scope::Link, Scope::Instrumentation];
pub(crate) const INTRINSICS: [Intrinsic; 21] = [
    Intrinsic::Duration,
    Intrinsic::Name,
    Intrinsic::Status,
    Intrinsic::StatusMessage,
    Intrinsic::Kind,
    Intrinsic::SpanId,
    Intrinsic::ParentId,
    Intrinsic::ChildCount,
    Intrinsic::TraceId,
    Intrinsic::TraceDuration,
    Intrinsic::RootName,
    Intrinsic::RootService,
    Intrinsic::EventName,
    Intrinsic::EventTimeSinceStart,
    Intrinsic::LinkTraceId,
    Intrinsic::LinkSpanId,
    Intrinsic::InstrumentationName,
    Intrinsic::InstrumentationVersion,
    Intrinsic::NestedSetLeft,
    Intrinsic::NestedSetRight,
    Intrinsic::NestedSetParent,
];
const ORDERS: [Compare; 6] =
    [Compare::Equal, Compare::NotEqual, Compare::Less, Compare::LessEqual, Compare::Greater, Compare::GreaterEqual];
const SUMS: [Arithmetic; 6] =
    [Arithmetic::Add, Arithmetic::Sub, Arithmetic::Mul, Arithmetic::Div, Arithmetic::Mod, Arithmetic::Power];
const PATTERNS: [&str; 6] = ["x|y", ".*", "", "(?i)q.*", "[^x]+", r"\w+ ?/?"];

pub(crate) fn expr(is: ExprKind) -> Expr {
    Expr { at: Place::default(), is }
}

pub(crate) fn field(random: &mut Random) -> Field {
    if random.chance(550) {
        return Field::Attribute(
            random.pick(&SCOPES),
            random.pick(&["a", "b", "http.status_code", "service.name", "nobody"]).to_owned(),
        );
    }
    Field::Intrinsic(random.pick(&INTRINSICS))
}

fn literal(random: &mut Random) -> Literal {
    match random.below(12) {
        0..=3 => {
            Literal::String(random.pick(&["x", "y", "", "GET /", "Query", "exception", "lib", "0000000000000002"]).to_owned())
        }
        4..=5 => Literal::Int(random.pick(&INTS)),
        6 => Literal::Float(random.pick(&FLOATS).max(-1.0)),
        7 => Literal::Duration(i64::try_from(random.below(40)).unwrap()),
        8 => Literal::Bool(random.chance(500)),
        9 => Literal::Status(random.pick(&[StatusCode::Unset, StatusCode::Ok, StatusCode::Error])),
        10 => Literal::Kind(random.pick(&[SpanKind::Server, SpanKind::Client])),
        _ => Literal::String(random.pick(&TEXTS).to_owned()),
    }
}

/// An expression that may be of any type.
fn operand(random: &mut Random, depth: u32) -> Expr {
    let deeper = |random: &mut Random| Box::new(operand(random, depth + 1));
    expr(match random.below(if depth < 2 { 12 } else { 9 }) {
        0..=5 => ExprKind::Field(field(random)),
        6..=8 => ExprKind::Literal(literal(random)),
        9 => ExprKind::Arithmetic(random.pick(&SUMS), deeper(random), deeper(random)),
        10 => ExprKind::Negative(deeper(random)),
        _ => truth(random, depth + 1).is,
    })
}

/// An expression that is true or false.
pub(crate) fn truth(random: &mut Random, depth: u32) -> Expr {
    let deeper = |random: &mut Random| Box::new(truth(random, depth + 1));
    let of_field = |random: &mut Random| Box::new(expr(ExprKind::Field(field(random))));
    let constant = |literal: Literal| Box::new(expr(ExprKind::Literal(literal)));
    expr(match random.below(if depth < 3 { 20 } else { 12 }) {
        0..=5 => ExprKind::Compare(random.pick(&ORDERS), of_field(random), constant(literal(random))),
        6 => ExprKind::Compare(random.pick(&ORDERS), constant(literal(random)), of_field(random)),
        7 => ExprKind::Compare(
            random.pick(&[Compare::Matches, Compare::MatchesNot]),
            of_field(random),
            constant(Literal::String(random.pick(&PATTERNS).to_owned())),
        ),
        8 => ExprKind::Compare(
            random.pick(&[Compare::Equal, Compare::NotEqual]),
            of_field(random),
            constant(Literal::String(random.pick(&NAMES).to_owned())),
        ),
        9 => ExprKind::Compare(random.pick(&[Compare::Equal, Compare::NotEqual]), of_field(random), constant(Literal::Nil)),
        10 => ExprKind::Field(Field::Attribute(random.pick(&SCOPES), random.pick(&KEYS).to_owned())),
        11 => ExprKind::Literal(Literal::Bool(random.chance(700))),
        12..=13 => {
            ExprKind::Compare(random.pick(&ORDERS), Box::new(operand(random, depth + 1)), Box::new(operand(random, depth + 1)))
        }
        14..=15 => ExprKind::And(deeper(random), deeper(random)),
        16..=17 => ExprKind::Or(deeper(random), deeper(random)),
        _ => ExprKind::Not(deeper(random)),
    })
}

fn relation(random: &mut Random) -> Relation {
    match random.below(6) {
        0 => Relation::And,
        1 => Relation::Or,
        _ => Relation::Tree(
            random.pick(&[Kin::Child, Kin::Descendant, Kin::Parent, Kin::Ancestor, Kin::Sibling]),
            random.pick(&[Form::Right, Form::Not, Form::Union]),
        ),
    }
}

fn spanset(random: &mut Random, depth: u32) -> Spanset {
    match random.below(if depth < 2 { 10 } else { 4 }) {
        0..=3 if random.chance(250) => Spanset::Filter(expr(ExprKind::Literal(Literal::Bool(true)))),
        0..=3 => Spanset::Filter(truth(random, 1)),
        4..=8 => Spanset::Both {
            left: Box::new(spanset(random, depth + 1)),
            by: relation(random),
            right: Box::new(spanset(random, depth + 1)),
        },
        _ => Spanset::Pipeline(pipeline(random, depth + 1)),
    }
}

fn aggregate(random: &mut Random) -> Scalar {
    let by = random.pick(&[Aggregate::Count, Aggregate::Avg, Aggregate::Max, Aggregate::Min, Aggregate::Sum]);
    let of = (by != Aggregate::Count).then(|| match random.below(3) {
        0 => expr(ExprKind::Field(Field::Intrinsic(Intrinsic::Duration))),
        1 => expr(ExprKind::Field(field(random))),
        _ => operand(random, 1),
    });
    Scalar::Aggregate { by, of, at: Place::default() }
}

fn scalar(random: &mut Random, depth: u32) -> Scalar {
    match random.below(if depth < 2 { 10 } else { 7 }) {
        0..=4 => aggregate(random),
        5..=6 => Scalar::Literal(match random.below(3) {
            0 => Literal::Float(2.5),
            1 => Literal::Duration(i64::try_from(random.below(30)).unwrap()),
            _ => Literal::Int(i64::try_from(random.below(6)).unwrap()),
        }),
        7 => Scalar::Pipeline(pipeline(random, 2), Box::new(aggregate(random))),
        _ => Scalar::Both {
            left: Box::new(scalar(random, depth + 1)),
            by: random.pick(&SUMS),
            right: Box::new(scalar(random, depth + 1)),
            at: Place::default(),
        },
    }
}

fn pipeline(random: &mut Random, depth: u32) -> Pipeline {
    let mut stages = vec![Stage::Spanset(spanset(random, depth))];
    for _ in 0..random.below(4) {
        stages.push(match random.below(10) {
            0..=2 => Stage::Spanset(spanset(random, depth + 1)),
            3..=5 => Stage::Scalars {
                left: scalar(random, 1),
                by: random.pick(&ORDERS),
                right: scalar(random, 1),
                at: Place::default(),
            },
            6..=7 => Stage::By(match random.below(4) {
                0..=1 => expr(ExprKind::Field(field(random))),
                2 => truth(random, 2),
                _ => expr(ExprKind::Arithmetic(
                    random.pick(&SUMS),
                    Box::new(expr(ExprKind::Field(Field::Intrinsic(Intrinsic::Duration)))),
                    Box::new(operand(random, 2)),
                )),
            }),
            8 => Stage::Select(vec![field(random)]),
            _ => Stage::Coalesce,
        });
    }
    Pipeline { stages }
}

/// A query for spans.
pub(crate) fn query(random: &mut Random) -> Query {
    Query { root: Root::Spans(pipeline(random, 0)), hints: Vec::new(), text: Written::default() }
}

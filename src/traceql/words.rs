//! The words and signs of the language, each written once.

use crate::model::{SpanKind, StatusCode};

use super::tree::{Aggregate, Arithmetic, Compare, Field, Form, Intrinsic, Kin, Literal, Relation, Scope};

/// A word that does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// `count`, `avg`, `max`, `min`, `sum`.
    Aggregate(Aggregate),
    /// `by`
    By,
    /// `coalesce`
    Coalesce,
    /// `select`
    Select,
    /// `rate` and its like.
    Metric(Metric),
    /// `topk`
    Top,
    /// `bottomk`
    Bottom,
    /// `with`
    With,
}

/// A function that makes time series of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `rate`
    Rate,
    /// `count_over_time`
    Count,
    /// `min_over_time`
    Min,
    /// `max_over_time`
    Max,
    /// `avg_over_time`
    Avg,
    /// `sum_over_time`
    Sum,
    /// `quantile_over_time`
    Quantiles,
    /// `histogram_over_time`
    Histogram,
    /// `compare`
    Compare,
}

/// Words that do something.
pub const WORDS: [(&str, Word); 20] = [
    ("count", Word::Aggregate(Aggregate::Count)),
    ("avg", Word::Aggregate(Aggregate::Avg)),
    ("max", Word::Aggregate(Aggregate::Max)),
    ("min", Word::Aggregate(Aggregate::Min)),
    ("sum", Word::Aggregate(Aggregate::Sum)),
    ("by", Word::By),
    ("coalesce", Word::Coalesce),
    ("select", Word::Select),
    ("rate", Word::Metric(Metric::Rate)),
    ("count_over_time", Word::Metric(Metric::Count)),
    ("min_over_time", Word::Metric(Metric::Min)),
    ("max_over_time", Word::Metric(Metric::Max)),
    ("avg_over_time", Word::Metric(Metric::Avg)),
    ("sum_over_time", Word::Metric(Metric::Sum)),
    ("quantile_over_time", Word::Metric(Metric::Quantiles)),
    ("histogram_over_time", Word::Metric(Metric::Histogram)),
    ("compare", Word::Metric(Metric::Compare)),
    ("topk", Word::Top),
    ("bottomk", Word::Bottom),
    ("with", Word::With),
];

/// Intrinsics by their older names, which have no scope.
pub const INTRINSICS: [(&str, Intrinsic); 13] = [
    ("duration", Intrinsic::Duration),
    ("name", Intrinsic::Name),
    ("status", Intrinsic::Status),
    ("statusMessage", Intrinsic::StatusMessage),
    ("kind", Intrinsic::Kind),
    ("parent", Intrinsic::Parent),
    // Tempo reads it without its scope as well.
    ("childCount", Intrinsic::ChildCount),
    ("rootName", Intrinsic::RootName),
    ("rootServiceName", Intrinsic::RootService),
    ("traceDuration", Intrinsic::TraceDuration),
    ("nestedSetLeft", Intrinsic::NestedSetLeft),
    ("nestedSetRight", Intrinsic::NestedSetRight),
    ("nestedSetParent", Intrinsic::NestedSetParent),
];

/// Intrinsics by their names with a scope.
pub const SCOPED_INTRINSICS: [(&str, Intrinsic); 18] = [
    ("trace:duration", Intrinsic::TraceDuration),
    ("trace:rootName", Intrinsic::RootName),
    ("trace:rootService", Intrinsic::RootService),
    ("trace:id", Intrinsic::TraceId),
    ("span:duration", Intrinsic::Duration),
    ("span:name", Intrinsic::Name),
    ("span:kind", Intrinsic::Kind),
    ("span:status", Intrinsic::Status),
    ("span:statusMessage", Intrinsic::StatusMessage),
    ("span:id", Intrinsic::SpanId),
    ("span:parentID", Intrinsic::ParentId),
    ("span:childCount", Intrinsic::ChildCount),
    ("event:name", Intrinsic::EventName),
    ("event:timeSinceStart", Intrinsic::EventTimeSinceStart),
    ("link:traceID", Intrinsic::LinkTraceId),
    ("link:spanID", Intrinsic::LinkSpanId),
    ("instrumentation:name", Intrinsic::InstrumentationName),
    ("instrumentation:version", Intrinsic::InstrumentationVersion),
];

/// Scopes of attributes, as they are written before the key. Longer ones come first.
pub const SCOPES: [(&str, Scope); 9] = [
    ("parent.resource.", Scope::ParentResource),
    ("parent.span.", Scope::ParentSpan),
    ("parent.", Scope::Parent),
    ("span.", Scope::Span),
    ("resource.", Scope::Resource),
    ("event.", Scope::Event),
    ("link.", Scope::Link),
    ("instrumentation.", Scope::Instrumentation),
    (".", Scope::Any),
];

/// Words that are constants.
pub const CONSTANTS: [(&str, Literal); 14] = [
    ("true", Literal::Bool(true)),
    ("false", Literal::Bool(false)),
    ("nil", Literal::Nil),
    ("ok", Literal::Status(StatusCode::Ok)),
    ("error", Literal::Status(StatusCode::Error)),
    ("unset", Literal::Status(StatusCode::Unset)),
    ("unspecified", Literal::Kind(SpanKind::Unspecified)),
    ("internal", Literal::Kind(SpanKind::Internal)),
    ("server", Literal::Kind(SpanKind::Server)),
    ("client", Literal::Kind(SpanKind::Client)),
    ("producer", Literal::Kind(SpanKind::Producer)),
    ("consumer", Literal::Kind(SpanKind::Consumer)),
    ("minInt", Literal::Int(i64::MIN)),
    ("maxInt", Literal::Int(i64::MAX)),
];

/// An operator or a bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `,`
    Comma,
    /// `|`
    Pipe,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `!`
    Not,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `^`
    Caret,
    /// `=` and its like. Between spansets `>`, `<` and `!~` are structural operators.
    Compare(Compare),
    /// Structural operators that are nothing else.
    Tree(Kin, Form),
}

/// Signs as they are written. Longer ones come first.
pub const SIGNS: [(&str, Sign); 35] = [
    ("!>>", Sign::Tree(Kin::Descendant, Form::Not)),
    ("!<<", Sign::Tree(Kin::Ancestor, Form::Not)),
    ("&>>", Sign::Tree(Kin::Descendant, Form::Union)),
    ("&<<", Sign::Tree(Kin::Ancestor, Form::Union)),
    ("&>", Sign::Tree(Kin::Child, Form::Union)),
    ("&<", Sign::Tree(Kin::Parent, Form::Union)),
    ("&~", Sign::Tree(Kin::Sibling, Form::Union)),
    ("!>", Sign::Tree(Kin::Child, Form::Not)),
    ("!<", Sign::Tree(Kin::Parent, Form::Not)),
    (">>", Sign::Tree(Kin::Descendant, Form::Right)),
    ("<<", Sign::Tree(Kin::Ancestor, Form::Right)),
    ("&&", Sign::And),
    ("||", Sign::Or),
    ("!=", Sign::Compare(Compare::NotEqual)),
    ("=~", Sign::Compare(Compare::Matches)),
    ("!~", Sign::Compare(Compare::MatchesNot)),
    ("<=", Sign::Compare(Compare::LessEqual)),
    (">=", Sign::Compare(Compare::GreaterEqual)),
    ("=", Sign::Compare(Compare::Equal)),
    ("<", Sign::Compare(Compare::Less)),
    (">", Sign::Compare(Compare::Greater)),
    ("~", Sign::Tree(Kin::Sibling, Form::Right)),
    ("{", Sign::OpenBrace),
    ("}", Sign::CloseBrace),
    ("(", Sign::OpenParen),
    (")", Sign::CloseParen),
    (",", Sign::Comma),
    ("|", Sign::Pipe),
    ("!", Sign::Not),
    ("+", Sign::Plus),
    ("-", Sign::Minus),
    ("*", Sign::Star),
    ("/", Sign::Slash),
    ("%", Sign::Percent),
    ("^", Sign::Caret),
];

impl Sign {
    /// As it is written.
    pub fn text(self) -> &'static str {
        SIGNS.iter().find(|(_, sign)| *sign == self).map_or("", |(text, _)| text)
    }

    /// The sign of arithmetic.
    pub const fn of_arithmetic(by: Arithmetic) -> Self {
        match by {
            Arithmetic::Add => Self::Plus,
            Arithmetic::Sub => Self::Minus,
            Arithmetic::Mul => Self::Star,
            Arithmetic::Div => Self::Slash,
            Arithmetic::Mod => Self::Percent,
            Arithmetic::Power => Self::Caret,
        }
    }

    /// What it says between spansets.
    pub const fn relation(self) -> Option<Relation> {
        match self {
            Self::And => Some(Relation::And),
            Self::Or => Some(Relation::Or),
            Self::Tree(kin, form) => Some(Relation::Tree(kin, form)),
            Self::Compare(Compare::Greater) => Some(Relation::Tree(Kin::Child, Form::Right)),
            Self::Compare(Compare::Less) => Some(Relation::Tree(Kin::Parent, Form::Right)),
            Self::Compare(Compare::MatchesNot) => Some(Relation::Tree(Kin::Sibling, Form::Not)),
            _ => None,
        }
    }
}

impl Relation {
    /// As it is written.
    pub fn text(self) -> &'static str {
        SIGNS.iter().find(|(_, sign)| sign.relation() == Some(self)).map_or("", |(text, _)| text)
    }
}

impl Word {
    /// As it is written.
    pub fn text(self) -> &'static str {
        WORDS.iter().find(|(_, word)| *word == self).map_or("", |(text, _)| text)
    }
}

impl Intrinsic {
    /// As people write it: without a scope, where there is such a name.
    pub fn text(self) -> &'static str {
        INTRINSICS.iter().chain(&SCOPED_INTRINSICS).find(|(_, intrinsic)| *intrinsic == self).map_or("", |(text, _)| text)
    }
}

/// The intrinsic of a name that stands alone.
pub fn intrinsic(name: &str) -> Option<Intrinsic> {
    INTRINSICS.iter().find(|(text, _)| *text == name).map(|(_, intrinsic)| *intrinsic)
}

/// The field that `parent.` and a key are.
pub fn of_parent(key: String, is_quoted: bool) -> Field {
    match intrinsic(&key) {
        Some(intrinsic) if !is_quoted && intrinsic != Intrinsic::Parent => Field::OfParent(intrinsic),
        _ => Field::Attribute(Scope::Parent, key),
    }
}

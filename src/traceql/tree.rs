//! What a query parses to. Constants are folded, places are kept for messages and do not count when trees are compared.

use std::ops::Range;

use crate::model::{SpanKind, StatusCode};

/// Bytes of the query's text, from the first up to before the second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

/// Two trees are alike wherever they stand.
impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: offset(range.start), end: offset(range.end) }
    }
}

impl Place {
    /// From the first byte of this to the last of another.
    #[must_use]
    pub fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }

    /// As bytes of a text.
    pub fn range(self) -> Range<usize> {
        let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        offset(self.start)..offset(self.end)
    }
}

/// The text that a query was read from, for the places of troubles. Two trees are alike whatever text they are of.
#[derive(Clone, Debug, Default)]
pub struct Written(pub String);

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What it was read from.
    pub text: Written,
    /// What it asks for.
    pub root: Root,
    /// `with(name=value, ...)`: read, and ignored.
    pub hints: Vec<(String, Literal)>,
}

/// What a query asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// Spans.
    Spans(Pipeline),
    /// Time series.
    Metrics(Metrics),
}

/// Stages, each of which takes what the one before it left. The first is always a spanset, `{ }` where none is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The stages; never empty.
    pub stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Spans of the incoming spanset that are also in this.
    Spanset(Spanset),
    /// Spansets for which a comparison of figures holds.
    Scalars {
        /// What is compared.
        left: Scalar,
        /// How.
        by: Compare,
        /// With what.
        right: Scalar,
        /// Where it is written.
        at: Place,
    },
    /// `by(expr)`: a spanset for each value.
    By(Expr),
    /// `coalesce()`: one spanset again.
    Coalesce,
    /// `select(a, b)`: the columns to show.
    Select(Vec<Field>),
}

/// An expression over spansets of a trace.
#[derive(Clone, Debug, PartialEq)]
pub enum Spanset {
    /// `{ expr }`; `{ }` is the literal true.
    Filter(Expr),
    /// `A op B`. Chains of `&&` and of `||` are balanced.
    Both {
        /// A.
        left: Box<Self>,
        /// op.
        by: Relation,
        /// B.
        right: Box<Self>,
    },
    /// A pipeline in parentheses.
    Pipeline(Pipeline),
}

/// How spans of B are to stand to spans of A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `&&`: both exist in the trace; the spans of both.
    And,
    /// `||`: the spans of either.
    Or,
    /// `>` and its like: by the tree.
    Tree(Kin, Form),
}

/// What a span of B is to a span of A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// `>`: its child.
    Child,
    /// `>>`: its descendant.
    Descendant,
    /// `<`: its parent.
    Parent,
    /// `<<`: its ancestor.
    Ancestor,
    /// `~`: its sibling.
    Sibling,
}

/// Which spans a structural operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `>`: those of B that are so to an A.
    Right,
    /// `!>`: those of B that are so to no A.
    Not,
    /// `&>`: the As and Bs that are so to each other.
    Union,
}

/// A figure of a spanset.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A number or a duration.
    Literal(Literal),
    /// `count()`, `max(expr)`.
    Aggregate {
        /// Which.
        by: Aggregate,
        /// Of what; nothing for `count`.
        of: Option<Expr>,
        /// Where it is written.
        at: Place,
    },
    /// A pipeline in parentheses that ends with an aggregate.
    Pipeline(Pipeline, Box<Self>),
    /// `+ - * / ^ %`.
    Both {
        /// Left.
        left: Box<Self>,
        /// How.
        by: Arithmetic,
        /// Right.
        right: Box<Self>,
        /// Where it is written.
        at: Place,
    },
}

/// An aggregate over the spans of a spanset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Spans.
    Count,
    /// Mean.
    Avg,
    /// Greatest.
    Max,
    /// Least.
    Min,
    /// Sum.
    Sum,
}

/// An expression over a span, and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Where.
    pub at: Place,
    /// What.
    pub is: ExprKind,
}

/// An expression over a span.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// An attribute or an intrinsic.
    Field(Field),
    /// `!x`.
    Not(Box<Expr>),
    /// `-x`.
    Negative(Box<Expr>),
    /// `x && y`. Chains of it are balanced, whatever parentheses they have, so that the tree of a long one is low.
    And(Box<Expr>, Box<Expr>),
    /// `x || y`. Chains of it are balanced, too.
    Or(Box<Expr>, Box<Expr>),
    /// `x = y` and its like. `nil` stands on the right.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// `x + y` and its like.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `"text"`.
    String(String),
    /// `5`, `minInt`.
    Int(i64),
    /// `1.5`; never NaN.
    Float(f64),
    /// `3ms`, in nanoseconds.
    Duration(i64),
    /// `true`.
    Bool(bool),
    /// `nil`.
    Nil,
    /// `ok`.
    Status(StatusCode),
    /// `server`.
    Kind(SpanKind),
}

/// What can be asked of a span by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// An attribute.
    Attribute(Scope, String),
    /// Something that spans have without attributes; through `parent.`, of the parent span.
    Intrinsic(Intrinsic),
    /// `parent.duration`: read, and not supported.
    OfParent(Intrinsic),
}

/// Where an attribute is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `.key`: the span, then its resource.
    Any,
    /// `span.key`.
    Span,
    /// `resource.key`.
    Resource,
    /// `event.key`: any event of the span.
    Event,
    /// `link.key`: any link of the span.
    Link,
    /// `instrumentation.key`: its instrumentation scope.
    Instrumentation,
    /// `parent.key`: read, and not supported.
    Parent,
    /// `parent.span.key`: read, and not supported.
    ParentSpan,
    /// `parent.resource.key`: read, and not supported.
    ParentResource,
}

/// Something that spans have without attributes. Several names may mean one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intrinsic {
    /// `duration`, `span:duration`.
    Duration,
    /// `name`, `span:name`.
    Name,
    /// `status`, `span:status`.
    Status,
    /// `statusMessage`, `span:statusMessage`.
    StatusMessage,
    /// `kind`, `span:kind`.
    Kind,
    /// `parent`: read, and not supported.
    Parent,
    /// `span:id`.
    SpanId,
    /// `span:parentID`.
    ParentId,
    /// `span:childCount`.
    ChildCount,
    /// `trace:id`.
    TraceId,
    /// `traceDuration`, `trace:duration`.
    TraceDuration,
    /// `rootName`, `trace:rootName`.
    RootName,
    /// `rootServiceName`, `trace:rootService`.
    RootService,
    /// `event:name`.
    EventName,
    /// `event:timeSinceStart`.
    EventTimeSinceStart,
    /// `link:traceID`.
    LinkTraceId,
    /// `link:spanID`.
    LinkSpanId,
    /// `instrumentation:name`.
    InstrumentationName,
    /// `instrumentation:version`.
    InstrumentationVersion,
    /// `nestedSetLeft`.
    NestedSetLeft,
    /// `nestedSetRight`.
    NestedSetRight,
    /// `nestedSetParent`.
    NestedSetParent,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `=~`; in a scalar filter never.
    Matches,
    /// `!~`; in a scalar filter never.
    MatchesNot,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Power,
}

/// An expression over time series, and what is done to its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// The series.
    pub of: MetricsExpr,
    /// `| topk(5) | > 10`.
    pub then: Vec<Second>,
}

/// An expression over time series.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricsExpr {
    /// `pipeline | rate() by (a)`.
    Series {
        /// Of which spans.
        pipeline: Pipeline,
        /// What is measured.
        measure: Measure,
        /// A series for each combination of their values.
        by: Vec<Field>,
    },
    /// `pipeline | compare({ selection }, topN, start, end)`.
    Compare {
        /// Of which spans.
        pipeline: Pipeline,
        /// What the selection is.
        selection: Expr,
        /// Values of each attribute, at most; 10 if not said.
        top: u32,
        /// From and to, Unix nanoseconds, where both are said.
        range: Option<(i64, i64)>,
    },
    /// In parentheses, with stages of its own; only where something is calculated with it.
    Inner(Box<Metrics>),
    /// A number.
    Number(f64),
    /// `+ - * /` between series that have the same labels, or with a number.
    Both {
        /// Left.
        left: Box<Self>,
        /// How; never `%` nor `^`.
        by: Arithmetic,
        /// Right.
        right: Box<Self>,
    },
}

/// What a metrics function measures.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// `rate()`: spans a second.
    Rate,
    /// `count_over_time()`.
    Count,
    /// `min_over_time(a)`.
    Min(Field),
    /// `max_over_time(a)`.
    Max(Field),
    /// `avg_over_time(a)`.
    Avg(Field),
    /// `sum_over_time(a)`.
    Sum(Field),
    /// `quantile_over_time(a, q, ...)`, each q from 0 to 1.
    Quantiles(Field, Vec<f64>),
    /// `histogram_over_time(a)`.
    Histogram(Field),
}

/// What is done to series.
#[derive(Clone, Debug, PartialEq)]
pub enum Second {
    /// `topk(n)`: in each step the n greatest.
    Top(u32),
    /// `bottomk(n)`: in each step the n least.
    Bottom(u32),
    /// `> 10`: points for which it holds. Series of durations are compared in seconds, so `> 2s` is `> 2`, as in Tempo.
    Filter(Compare, f64),
}

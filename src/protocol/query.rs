//! Queries: what a text in the query box is, what may be written next, what clicks write into it, and what it draws.

use serde::{Deserialize, Serialize};

use super::map::NodeId;
use super::selection::{Brush, Group, GroupBy, Selection};

/// Asks what a text is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryRequest {
    /// The text.
    pub text: String,
    /// Where the cursor is, in bytes; `None`: nothing is to be proposed.
    pub cursor: Option<u32>,
}

/// What a text is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryView {
    /// The text that was asked about: the answer to an older one is no longer of use.
    pub text: String,
    /// Words, or a query.
    pub kind: QueryKind,
    /// Its parts that have a color, ascending.
    pub tokens: Vec<QueryToken>,
    /// What is wrong with it.
    pub trouble: Option<QueryTrouble>,
    /// What may stand at the cursor, the best first.
    pub proposals: Vec<Proposal>,
}

/// What a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryKind {
    /// Words to be found in names, services, values and ids, or nothing.
    #[default]
    Words,
    /// A TraceQL query for spans; words before it narrow it.
    Spans,
    /// A TraceQL query for time series.
    Metrics,
}

/// A part of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryToken {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// What it is.
    pub class: TokenClass,
}

/// What a part of a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenClass {
    /// An attribute.
    Attribute,
    /// An intrinsic.
    Intrinsic,
    /// Text in quotes.
    String,
    /// A number or a duration.
    Number,
    /// A status, a kind, a boolean, `nil`.
    Word,
    /// A function or a stage.
    Function,
    /// An operator.
    Operator,
    /// A brace, a parenthesis, a comma.
    Mark,
    /// What is none of these.
    Unknown,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryTrouble {
    /// First byte.
    pub start: u32,
    /// Byte after the last; the start, where something is missing.
    pub end: u32,
    /// Line, from 1.
    pub line: u32,
    /// Character of the line, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What could stand there.
    pub expected: Vec<String>,
    /// It is right, and not supported.
    pub is_unsupported: bool,
}

/// What may stand somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// First byte of what it takes the place of.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// What is written.
    pub text: String,
    /// Where the cursor stands afterwards, in bytes of `text`.
    pub cursor: u32,
    /// What it is, for its color.
    pub class: TokenClass,
    /// What stands beside it: what it means, or of what type it is.
    pub note: String,
    /// How many spans have it, where that is known.
    pub spans: Option<u64>,
}

/// Asks for a query to be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewriteRequest {
    /// The query.
    pub text: String,
    /// What it is changed by.
    pub condition: Condition,
    /// How.
    pub change: QueryChange,
}

/// How a query is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryChange {
    /// Only spans for which it holds; taken out again if it stands there already.
    Toggle,
    /// Only spans for which it holds.
    Narrow,
    /// Only spans for which it does not hold.
    Exclude,
    /// A query of its own.
    Replace,
}

/// A condition that a click means.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// Being in a group.
    Group(Group),
    /// An attribute with a value.
    Attribute {
        /// Whose.
        owner: AttributeOwner,
        /// The key.
        key: String,
        /// The value.
        value: ConditionValue,
    },
    /// Fields with a value each, both as a query writes them.
    Fields(Vec<(String, String)>),
    /// A duration, nanoseconds: from the first, and below the second if there is one.
    Duration(u64, Option<u64>),
    /// A trace.
    Trace(String),
    /// What a region or a group of a chart lets through, but for when it began: the language has no word for that.
    Brush(Brush),
    /// Spans of the second service whose parent is of the first.
    Call(String, String),
    /// Spans, of a service if one is given, that name a node of the map as what they call.
    Peer(Option<String>, NodeId),
}

/// Whose attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AttributeOwner {
    /// The span's, or else its resource's.
    Any,
    /// The span's.
    Span,
    /// Its resource's.
    Resource,
    /// One of its events'.
    Event,
    /// One of its links'.
    Link,
    /// Its instrumentation scope's.
    Scope,
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConditionValue {
    /// Text.
    String(String),
    /// A number as it is written.
    Number(String),
    /// True or false.
    Bool(bool),
    /// Whatever it is: the attribute is there.
    Any,
}

/// Asks for the facets of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetsRequest {
    /// What is selected.
    pub selection: Selection,
    /// The attributes that have a facet, beside those that all have: scoped keys, as a query has them.
    pub attributes: Vec<String>,
    /// Values of a facet, at most.
    pub limit: u32,
}

/// The facets of a selection: what there is of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetsView {
    /// The facets, in the order in which they are shown.
    pub facets: Vec<Facet>,
    /// Spans selected.
    pub spans: u64,
}

/// Values of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// What they are values of; nothing: durations.
    pub by: GroupBy,
    /// The values: those that stand in the query first, then those with the most spans selected, then by all spans.
    pub values: Vec<FacetValue>,
    /// How many values there are.
    pub count: u32,
}

/// A value, and how many spans have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    /// What choosing it means.
    pub condition: Condition,
    /// What it is called.
    pub name: String,
    /// Its color, where it has one: a palette slot.
    pub color: Option<u8>,
    /// Spans that are selected and have it.
    pub selected: u64,
    /// Spans that have it.
    pub all: u64,
    /// It stands in the query as a condition of its own.
    pub chosen: bool,
}

/// Asks for what a metrics query draws.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRequest {
    /// The selection, whose filter is the query.
    pub selection: Selection,
    /// Steps, at most.
    pub steps: u32,
}

/// What a metrics query draws. Times are absolute nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesView {
    /// Start of the first step.
    pub start: u64,
    /// Length of a step.
    pub step: u64,
    /// Steps.
    pub steps: u32,
    /// What the values are.
    pub unit: SeriesUnit,
    /// What is drawn.
    pub answer: SeriesAnswer,
    /// What was left out, and other remarks.
    pub remarks: Vec<String>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SeriesAnswer {
    /// Lines.
    Lines(Vec<SeriesLine>),
    /// A heatmap: cells by step and bucket.
    Heat {
        /// Upper edges of the buckets, ascending; a bucket's lower edge is the edge before.
        edges: Vec<f64>,
        /// (step, bucket, spans).
        cells: Vec<(u32, u32, u64)>,
        /// Of which series, where there are several: they are added up.
        series: u32,
    },
    /// The table of `compare()`.
    Compare(CompareView),
}

impl Default for SeriesAnswer {
    fn default() -> Self {
        Self::Lines(Vec::new())
    }
}

/// What values are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeriesUnit {
    /// Numbers.
    #[default]
    None,
    /// A number a second.
    PerSecond,
    /// Nanoseconds.
    Nanoseconds,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesLine {
    /// Label and value, in the order of `by`.
    pub labels: Vec<(String, String)>,
    /// What its spans have, as [`Condition::Fields`]; empty where no query can say it.
    pub fields: Vec<(String, String)>,
    /// Its color: a palette slot.
    pub color: u8,
    /// A value for each step; `None`: there is none.
    pub points: Vec<Option<f64>>,
    /// Spans that show it.
    pub exemplars: Vec<SeriesExemplar>,
}

/// A span that shows a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesExemplar {
    /// When.
    pub time: u64,
    /// Its own value.
    pub value: f64,
    /// Its trace.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
}

/// How the values of attributes are distributed over a selection and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareView {
    /// Spans of the selection.
    pub selected: u64,
    /// The other spans.
    pub others: u64,
    /// Attributes, those that differ most first.
    pub attributes: Vec<CompareAttribute>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareAttribute {
    /// Its name, as a query has it.
    pub name: String,
    /// Value as a query writes it, spans of the selection, other spans; those with the most spans of the selection first.
    pub values: Vec<(String, u64, u64)>,
    /// Values that are not listed.
    pub more: u32,
}

//! What a field of a span holds, for filters, groups and columns of tables.

use std::cmp::Ordering;
use std::fmt;

use super::super::tree::Field;
use super::field::Source;
use super::number::Number;
use crate::base::{StrId, len_u32};
use crate::model::{AttributeIdx, Dataset, SpanIdx, SpanKey, SpanKind, StatusCode, TraceKey, Value};

/// A value. Texts are symbols of the data set that it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum EvalValue {
    /// The span has no such thing.
    #[default]
    Nil,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Nanoseconds. What is more than 292 years is 292 years.
    Duration(i64),
    /// A text.
    String(StrId),
    /// A status.
    Status(StatusCode),
    /// A kind.
    Kind(SpanKind),
    /// A trace id, which compares as its text does.
    TraceId(TraceKey),
    /// A span id, which compares as its text does.
    SpanId(SpanKey),
    /// An array, a map or bytes: the row that holds it.
    Row(AttributeIdx),
}

/// What makes two values alike, for groups.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Likeness {
    /// By type and bits.
    Bits(u8, u128),
    /// What is no plain value: by what is in it.
    Content(Box<str>),
}

impl EvalValue {
    /// The value of an attribute; none where it is there without one.
    #[inline]
    pub(super) fn of_attribute(dataset: &Dataset, at: AttributeIdx) -> Self {
        match dataset.attributes.value(at) {
            Value::Empty => Self::Nil,
            Value::String(text) => Self::String(text),
            Value::Bool(flag) => Self::Bool(flag),
            Value::Int(number) => Self::Int(number),
            Value::Double(number) => Self::Float(number),
            Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => Self::Row(at),
        }
    }

    /// A duration in nanoseconds.
    #[inline]
    pub(super) fn duration(nanos: u64) -> Self {
        Self::Duration(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// Whether there is none.
    #[inline]
    pub fn is_nil(self) -> bool {
        matches!(self, Self::Nil)
    }

    /// As a number, if it is one.
    #[inline]
    pub(super) fn number(self) -> Option<Number> {
        match self {
            Self::Int(number) => Some(Number::Int(number)),
            Self::Float(number) => Some(Number::Float(number)),
            Self::Duration(nanos) => Some(Number::Duration(nanos)),
            _ => None,
        }
    }

    /// As a float, if it is a number: nanoseconds for durations.
    pub fn float(self) -> Option<f64> {
        self.number().map(Number::float)
    }

    /// The text of what compares as a text.
    pub fn text(self, dataset: &Dataset) -> Option<std::borrow::Cow<'_, str>> {
        match self {
            Self::String(text) => Some(dataset.str(text).into()),
            Self::TraceId(id) => Some(id.display(&dataset.strings).to_string().into()),
            Self::SpanId(id) => Some(id.display(&dataset.strings).to_string().into()),
            _ => None,
        }
    }

    const fn class(self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Float(_) | Self::Duration(_) => 1,
            Self::String(_) | Self::TraceId(_) | Self::SpanId(_) => 2,
            Self::Status(_) => 3,
            Self::Kind(_) => 4,
            Self::Row(_) => 5,
            Self::Nil => 6,
        }
    }

    /// Where it stands to another in a total order: booleans, numbers by value, texts, statuses, kinds, others, none.
    pub fn order(self, other: Self, dataset: &Dataset) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(&b),
            (Self::Status(a), Self::Status(b)) => a.cmp(&b),
            (Self::Kind(a), Self::Kind(b)) => a.cmp(&b),
            (Self::String(a), Self::String(b)) => dataset.str(a).cmp(dataset.str(b)),
            (Self::TraceId(TraceKey::Regular(a)), Self::TraceId(TraceKey::Regular(b))) => a.cmp(&b),
            (Self::SpanId(SpanKey::Regular(a)), Self::SpanId(SpanKey::Regular(b))) => a.cmp(&b),
            (Self::Row(a), Self::Row(b)) => {
                dataset.attributes.tag.row(a).cmp(&dataset.attributes.tag.row(b)).then_with(|| a.cmp(&b))
            }
            _ => match (self.number(), other.number()) {
                // Numbers of the same value stand by type, so that only the same ones are equal.
                (Some(a), Some(b)) => a.order(b).then_with(|| number_type(a).cmp(&number_type(b))),
                _ => self.class().cmp(&other.class()).then_with(|| self.text(dataset).cmp(&other.text(dataset))),
            },
        }
    }

    /// What makes it alike others.
    pub(super) fn likeness(self, dataset: &Dataset) -> Likeness {
        let bits = |number: u64| u128::from(number);
        match self {
            Self::Nil => Likeness::Bits(0, 0),
            Self::Bool(flag) => Likeness::Bits(1, u128::from(flag)),
            Self::Int(number) => Likeness::Bits(2, bits(number.cast_unsigned())),
            Self::Float(number) => Likeness::Bits(3, bits(number.to_bits())),
            Self::Duration(number) => Likeness::Bits(4, bits(number.cast_unsigned())),
            Self::String(text) => Likeness::Bits(5, u128::from(text.0)),
            Self::Status(status) => Likeness::Bits(6, status as u128),
            Self::Kind(kind) => Likeness::Bits(7, kind as u128),
            Self::TraceId(TraceKey::Regular(id)) => Likeness::Bits(8, id),
            Self::TraceId(TraceKey::Text(text)) => Likeness::Bits(9, u128::from(text.0)),
            Self::TraceId(TraceKey::Missing) | Self::SpanId(SpanKey::Missing) => Likeness::Bits(5, 0),
            Self::SpanId(SpanKey::Regular(id)) => Likeness::Bits(10, bits(id)),
            Self::SpanId(SpanKey::Text(text)) => Likeness::Bits(11, u128::from(text.0)),
            Self::Row(at) => Likeness::Content(content(dataset, at).into()),
        }
    }
}

const fn number_type(number: Number) -> u8 {
    match number {
        Number::Int(_) => 0,
        Number::Float(_) => 1,
        Number::Duration(_) => 2,
    }
}

/// What is in an array, a map or bytes, told apart from everything else; never shown.
fn content(dataset: &Dataset, at: AttributeIdx) -> String {
    use fmt::Write as _;
    let attributes = &dataset.attributes;
    let mut out = String::new();
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        // Writing to a text cannot fail.
        let _infallible = match attributes.value(at) {
            Value::Array(rows) | Value::KvList(rows) => {
                open.extend(rows.iter().rev());
                write!(out, "{:?}{}[{}]", attributes.tag.row(at), attributes.key(at).0, rows.len())
            }
            Value::Bytes(bytes) => write!(out, "{bytes:?}"),
            _ => write!(out, "{:?}{}:{:?},", attributes.tag.row(at), attributes.key(at).0, attributes.payload.row(at)),
        };
    }
    out
}

/// The value of a field of a span; of several events or links, that of the first that has one. Nothing for `parent`.
pub fn value(dataset: &Dataset, field: &Field, span: SpanIdx) -> EvalValue {
    Source::new(dataset, field).first(dataset, span)
}

/// The values of a field of many spans: what leads to them is looked up once.
pub fn values(dataset: &Dataset, field: &Field, spans: impl Iterator<Item = SpanIdx>) -> Vec<EvalValue> {
    let source = Source::new(dataset, field);
    spans.map(|span| source.first(dataset, span)).collect()
}

/// Places in a trace's nested set: how often the walk through its tree has entered or left a span when it enters and leaves this one, from 1.
pub(super) fn nested_set(dataset: &Dataset, span: SpanIdx) -> (i64, i64) {
    let spans = &dataset.spans;
    let first = dataset.traces.spans.row(spans.trace[span]).map_or(0, |rows| rows.start);
    let entered = i64::from(span.0.saturating_sub(first));
    let left = 2 * entered - (i64::from(spans.depth[span]) - 1) + 1;
    let below = i64::from(spans.below(span).len());
    (left, left + 2 * below + 1)
}

/// Direct children.
pub(super) fn child_count(dataset: &Dataset, span: SpanIdx) -> i64 {
    i64::from(len_u32(dataset.spans.children(span).count()))
}

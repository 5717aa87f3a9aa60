//! One span, with all that is known of it.

use serde::{Deserialize, Serialize};

use super::logs::{ExemplarView, LogView};
use super::{Marks, SpanKind, StatusCode};

/// Enough of a span to name it and to go there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanBrief {
    /// Its trace's id.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
    /// Its row.
    pub span: u32,
    /// Its name.
    pub name: String,
    /// Its service.
    pub service: u32,
}

/// A span in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanView {
    /// Its names.
    pub brief: SpanBrief,
    /// The parent's id as the file has it; empty for a root.
    pub parent_id: String,
    /// The parent, where it is in the data set.
    pub parent: Option<SpanBrief>,
    /// Kind.
    pub kind: SpanKind,
    /// The kind's number in the file, where OpenTelemetry does not know it.
    pub kind_unknown: Option<i32>,
    /// Status.
    pub status: StatusCode,
    /// Status message; empty if none.
    pub status_message: String,
    /// Start, absolute; 0 if the file has none.
    pub start: u64,
    /// End, absolute; 0 if the file has none. As the file has it, so it may be before the start.
    pub end: u64,
    /// End less start, never below 0; nanoseconds.
    pub duration: u64,
    /// Nanoseconds in which no child was running.
    pub self_time: u64,
    /// Start of the trace, absolute.
    pub trace_start: u64,
    /// Level; roots are at 1.
    pub level: u32,
    /// Direct children.
    pub children: u32,
    /// Spans below it.
    pub descendants: u32,
    /// What the reader should know.
    pub marks: Marks,
    /// Attributes, as flattened trees.
    pub attributes: Vec<AttributeNode>,
    /// Attributes that the producer dropped.
    pub dropped_attributes: u32,
    /// Events, by time.
    pub events: Vec<EventView>,
    /// Events that the producer dropped.
    pub dropped_events: u32,
    /// Links to other spans.
    pub links: Vec<LinkView>,
    /// Links that the producer dropped.
    pub dropped_links: u32,
    /// Spans of the data set that link to this one; at most 100.
    pub linked_from: Vec<SpanBrief>,
    /// How many link to this one.
    pub linked_from_count: u32,
    /// Its log records, by time; at most 200.
    pub logs: Vec<LogView>,
    /// How many there are.
    pub logs_count: u32,
    /// The exemplars that name it, by time; at most 200.
    pub exemplars: Vec<ExemplarView>,
    /// How many there are.
    pub exemplars_count: u32,
    /// What must be added to its times for its clock to agree with the root's, as far as is known; nanoseconds.
    pub shift: i64,
    /// W3C trace state; empty if none.
    pub trace_state: String,
    /// OTLP's flags: the lower 8 bits are W3C trace flags.
    pub flags: u32,
    /// Resource attributes.
    pub resource: Vec<AttributeNode>,
    /// Resource attributes dropped.
    pub resource_dropped: u32,
    /// Resource schema URL; empty if none.
    pub resource_schema_url: String,
    /// Instrumentation scope.
    pub scope: ScopeView,
    /// The source that it came from.
    pub source: String,
    /// The log record that was asked for.
    pub log: Option<LogView>,
    /// Nanoseconds in the unit of the source's times, where that is coarser: 1000 of microseconds. 0 where they are nanoseconds.
    pub coarse_ns: u32,
}

/// An instrumentation scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScopeView {
    /// Name; empty if none.
    pub name: String,
    /// Version; empty if none.
    pub version: String,
    /// Schema URL; empty if none.
    pub schema_url: String,
    /// Attributes.
    pub attributes: Vec<AttributeNode>,
    /// Attributes dropped.
    pub dropped: u32,
}

/// A span event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventView {
    /// Name.
    pub name: String,
    /// Absolute; 0 if the file has none.
    pub time: u64,
    /// Attributes.
    pub attributes: Vec<AttributeNode>,
    /// Attributes dropped.
    pub dropped: u32,
}

/// A link from a span to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkView {
    /// The other's trace id.
    pub trace_id: String,
    /// The other's span id.
    pub span_id: String,
    /// The other, where it is in the data set.
    pub target: Option<SpanBrief>,
    /// W3C trace state; empty if none.
    pub trace_state: String,
    /// OTLP's flags.
    pub flags: u32,
    /// Attributes.
    pub attributes: Vec<AttributeNode>,
    /// Attributes dropped.
    pub dropped: u32,
}

/// A line of an attribute tree: the tree in pre-order, so that nothing recurses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeNode {
    /// Names the value in a [`TextRequest`].
    pub node: u32,
    /// 0 for an attribute itself, 1 for what is in its array or map, and so on.
    pub depth: u32,
    /// The key; in an array the position, as a number.
    pub key: String,
    /// The value.
    pub value: AttributeValue,
}

/// A value of OpenTelemetry's `AnyValue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttributeValue {
    /// Text: the first part of it, and its whole length in bytes.
    String {
        /// At most 16 KiB of it.
        text: String,
        /// Length of all of it.
        bytes: u64,
    },
    /// True or false.
    Bool(bool),
    /// 64 bits, exact.
    Int(i64),
    /// 64 bits; NaN and the infinities are legal.
    Double(f64),
    /// Bytes: the first part of them in hex, and how many there are.
    Bytes {
        /// At most 1,024 of them.
        hex: String,
        /// How many there are.
        bytes: u64,
    },
    /// An array; its values follow, one level deeper.
    Array {
        /// How many.
        len: u32,
    },
    /// A map; its values follow, one level deeper.
    KvList {
        /// How many.
        len: u32,
    },
    /// No value, which is legal.
    Empty,
}

/// Asks for a text in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextRequest {
    /// The value at [`AttributeNode::node`], in full: text as it is, bytes in base64, arrays and maps as JSON.
    Value {
        /// The node.
        node: u32,
    },
    /// The span as an OTLP JSON document of its own.
    SpanAsOtlpJson {
        /// The span's row.
        span: u32,
    },
}

/// A text in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextView {
    /// The text.
    pub text: String,
}

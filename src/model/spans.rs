//! The tables: spans, events, links, resources, scopes.

use super::ids::{SpanIdx, SpanKey, TraceIdx, TraceKey};
use super::report::SourceIdx;
use super::value::AttributeIdx;
use crate::base::{Column, IdxRange, Sparse, StrId};

crate::define_index!(
    /// A span event.
    pub EventIdx
);
crate::define_index!(
    /// A link.
    pub LinkIdx
);
crate::define_index!(
    /// A resource: what produced the telemetry. 0 is the resource without attributes.
    pub ResourceIdx
);
crate::define_index!(
    /// An instrumentation scope. 0 is the scope without a name.
    pub ScopeIdx
);

/// Span kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SpanKind {
    /// Not said, or a number that OpenTelemetry does not know.
    #[default]
    Unspecified = 0,
    /// Within an application.
    Internal = 1,
    /// Handles a remote request.
    Server = 2,
    /// Makes a remote request.
    Client = 3,
    /// Sends a message.
    Producer = 4,
    /// Handles a message.
    Consumer = 5,
}

impl SpanKind {
    /// From OTLP's number, where OpenTelemetry knows it.
    pub fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::Unspecified,
            1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => return None,
        })
    }
}

/// Status code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StatusCode {
    /// Not said.
    #[default]
    Unset = 0,
    /// Said to be fine.
    Ok = 1,
    /// Failed.
    Error = 2,
}

impl StatusCode {
    /// From OTLP's number, where OpenTelemetry knows it.
    pub fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::Unset,
            1 => Self::Ok,
            2 => Self::Error,
            _ => return None,
        })
    }
}

/// Something odd about a span that linking found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SpanMark {
    /// Its parent is not in the data set.
    Orphan,
    /// It names itself as its parent.
    SelfParent,
    /// Its ancestors form a circle, cut here.
    CycleCut,
    /// It came more than once; the most complete record was kept.
    Merged,
    /// It has no end.
    Unfinished,
    /// It ends before it starts.
    EndBeforeStart,
    /// It has no start.
    NoStart,
    /// It starts before its parent does.
    StartsBeforeParent,
    /// It ends after its parent does.
    EndsAfterParent,
    /// Its id is irregular or missing.
    IrregularId,
    /// It is a second or later root of its trace.
    ExtraRoot,
    /// Its span id is a text: the id column holds a symbol.
    TextId,
    /// Its parent id is a text: the parent id column holds a symbol.
    TextParentId,
}

/// A set of [`SpanMark`]s. The first eleven bits are those of the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanMarks(pub u16);

impl SpanMarks {
    /// Whether `mark` is in it.
    #[inline]
    pub const fn has(self, mark: SpanMark) -> bool {
        self.0 & 1 << mark as u16 != 0
    }

    /// Adds `mark`.
    #[inline]
    pub const fn add(&mut self, mark: SpanMark) {
        self.0 |= 1 << mark as u16;
    }
}

/// The span table. In a batch the tree's columns (`parent`, `depth`, `subtree_end`) are empty.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// The trace.
    pub trace: Column<SpanIdx, TraceIdx>,
    /// The id: its number, or a symbol where `TextId` is marked; 0 is none. Read it through [`Spans::key`].
    pub id: Column<SpanIdx, u64>,
    /// The parent's id, in the same form. Read it through [`Spans::parent_key`].
    pub parent_id: Column<SpanIdx, u64>,
    /// The parent's row; `u32::MAX` for roots, orphans and where a cycle was cut. Read it through [`Spans::parent`].
    pub parent: Column<SpanIdx, SpanIdx>,
    /// Level in the tree: 1 for roots, orphans and where a cycle was cut.
    pub depth: Column<SpanIdx, u32>,
    /// The row after the last one of its subtree.
    pub subtree_end: Column<SpanIdx, u32>,
    /// Name.
    pub name: Column<SpanIdx, StrId>,
    /// Start; 0 is "not set".
    pub start: Column<SpanIdx, u64>,
    /// End as the file has it; 0 is "not set", and it may lie before the start.
    pub end: Column<SpanIdx, u64>,
    /// Kind.
    pub kind: Column<SpanIdx, SpanKind>,
    /// Status.
    pub status: Column<SpanIdx, StatusCode>,
    /// What is odd about it.
    pub marks: Column<SpanIdx, SpanMarks>,
    /// OTLP flags.
    pub flags: Column<SpanIdx, u32>,
    /// Resource (in a batch: the slot that will know it).
    pub resource: Column<SpanIdx, ResourceIdx>,
    /// Scope (in a batch: the slot that will know it).
    pub scope: Column<SpanIdx, ScopeIdx>,
    /// Attributes.
    pub attributes: Column<SpanIdx, IdxRange<AttributeIdx>>,
    /// Events.
    pub events: Column<SpanIdx, IdxRange<EventIdx>>,
    /// Links.
    pub links: Column<SpanIdx, IdxRange<LinkIdx>>,
    /// Where it came from.
    pub source: Column<SpanIdx, SourceIdx>,
    /// Status messages that are not empty.
    pub status_message: Sparse<SpanIdx, StrId>,
    /// Trace states that are not empty.
    pub trace_state: Sparse<SpanIdx, StrId>,
    /// Kinds that OpenTelemetry does not know.
    pub unknown_kind: Sparse<SpanIdx, i32>,
    /// Attributes dropped by the producer, where any were.
    pub dropped_attributes: Sparse<SpanIdx, u32>,
    /// Events dropped by the producer, where any were.
    pub dropped_events: Sparse<SpanIdx, u32>,
    /// Links dropped by the producer, where any were.
    pub dropped_links: Sparse<SpanIdx, u32>,
}

/// Calls a macro with the names of all span columns that every row has, in batch and data set alike.
macro_rules! for_each_dense_column {
    ($call:ident) => {
        $call!(
            trace, id, parent_id, name, start, end, kind, status, marks, flags, resource, scope, attributes, events, links,
            source
        )
    };
}
/// Calls a macro with the names of all sparse span columns.
macro_rules! for_each_sparse_column {
    ($call:ident) => {
        $call!(status_message, trace_state, unknown_kind, dropped_attributes, dropped_events, dropped_links)
    };
}
pub(super) use {for_each_dense_column, for_each_sparse_column};

impl Spans {
    /// Spans.
    #[inline]
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// The span's id.
    #[inline]
    pub fn key(&self, span: SpanIdx) -> SpanKey {
        span_key(self.id[span], self.marks[span].has(SpanMark::TextId))
    }

    /// The parent's id as the file has it.
    #[inline]
    pub fn parent_key(&self, span: SpanIdx) -> SpanKey {
        span_key(self.parent_id[span], self.marks[span].has(SpanMark::TextParentId))
    }

    /// The parent, where it is there and the tree leads to it.
    #[inline]
    pub fn parent(&self, span: SpanIdx) -> Option<SpanIdx> {
        let parent = self.parent[span];
        (parent.0 != u32::MAX).then_some(parent)
    }

    /// The rows below a span.
    #[inline]
    pub fn below(&self, span: SpanIdx) -> IdxRange<SpanIdx> {
        IdxRange::new(span.0 + 1, self.subtree_end[span])
    }

    /// The direct children, by start.
    pub fn children(&self, span: SpanIdx) -> impl Iterator<Item = SpanIdx> + '_ {
        let end = self.subtree_end[span];
        let first = Some(SpanIdx(span.0 + 1)).filter(|child| child.0 < end);
        std::iter::successors(first, move |&child| Some(SpanIdx(self.subtree_end[child])).filter(|next| next.0 < end))
    }

    /// End less start; 0 for a span without end or start, and for one that ends before it starts.
    #[inline]
    pub fn duration(&self, span: SpanIdx) -> u64 {
        self.drawn_end(span) - self.start[span]
    }

    /// Where the span's bar ends: its end, or its start where the end is missing or before it.
    #[inline]
    pub fn drawn_end(&self, span: SpanIdx) -> u64 {
        let start = self.start[span];
        if start == 0 { 0 } else { self.end[span].max(start) }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let mut sum = self.parent.heap_bytes() + self.depth.heap_bytes() + self.subtree_end.heap_bytes();
        macro_rules! add {
            ($($column:ident),*) => { $(sum += self.$column.heap_bytes();)* };
        }
        for_each_dense_column!(add);
        for_each_sparse_column!(add);
        sum
    }
}

#[inline]
fn span_key(raw: u64, is_text: bool) -> SpanKey {
    if is_text {
        return SpanKey::Text(StrId(super::value::low(raw)));
    }
    SpanKey::from_number(raw)
}

/// The event table.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Name.
    pub name: Column<EventIdx, StrId>,
    /// Time; 0 is "not set".
    pub time: Column<EventIdx, u64>,
    /// Attributes.
    pub attributes: Column<EventIdx, IdxRange<AttributeIdx>>,
    /// Attributes dropped by the producer, where any were.
    pub dropped_attributes: Sparse<EventIdx, u32>,
}

impl Events {
    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.name.heap_bytes() + self.time.heap_bytes() + self.attributes.heap_bytes() + self.dropped_attributes.heap_bytes()
    }
}

/// The link table.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The other's trace id.
    pub trace: Column<LinkIdx, TraceKey>,
    /// The other's span id.
    pub span: Column<LinkIdx, SpanKey>,
    /// OTLP flags.
    pub flags: Column<LinkIdx, u32>,
    /// Trace state.
    pub trace_state: Column<LinkIdx, StrId>,
    /// Attributes.
    pub attributes: Column<LinkIdx, IdxRange<AttributeIdx>>,
    /// Attributes dropped by the producer, where any were.
    pub dropped_attributes: Sparse<LinkIdx, u32>,
}

impl Links {
    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.trace.heap_bytes()
            + self.span.heap_bytes()
            + self.flags.heap_bytes()
            + self.trace_state.heap_bytes()
            + self.attributes.heap_bytes()
            + self.dropped_attributes.heap_bytes()
    }
}

/// The resource table; equal ones stand once.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// Attributes.
    pub attributes: Column<ResourceIdx, IdxRange<AttributeIdx>>,
    /// `service.name`, where it is a text; else empty.
    pub service: Column<ResourceIdx, StrId>,
    /// Schema URL.
    pub schema_url: Column<ResourceIdx, StrId>,
    /// Attributes dropped by the producer.
    pub dropped_attributes: Column<ResourceIdx, u32>,
}

/// The scope table; equal ones stand once.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    /// Name.
    pub name: Column<ScopeIdx, StrId>,
    /// Version.
    pub version: Column<ScopeIdx, StrId>,
    /// Schema URL.
    pub schema_url: Column<ScopeIdx, StrId>,
    /// Attributes.
    pub attributes: Column<ScopeIdx, IdxRange<AttributeIdx>>,
    /// Attributes dropped by the producer.
    pub dropped_attributes: Column<ScopeIdx, u32>,
}

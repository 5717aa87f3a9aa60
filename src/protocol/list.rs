//! The trace list and the picture above it.

use serde::{Deserialize, Serialize};

use super::selection::Selection;

/// Asks for a window of the trace list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracesRequest {
    /// Traces that hold a selected span.
    pub selection: Selection,
    /// What to sort by.
    pub sort: SortColumn,
    /// Largest first.
    pub descending: bool,
    /// First row of the window.
    pub offset: u32,
    /// Rows in the window, at most.
    pub limit: u32,
    /// Further columns: attributes and intrinsics, as a query has them.
    pub columns: Vec<String>,
}

/// The columns of the trace list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortColumn {
    /// The root's service, then its name.
    Name,
    /// Duration of the trace.
    Duration,
    /// Number of spans.
    Spans,
    /// Number of services.
    Services,
    /// Number of spans with status Error.
    Errors,
    /// Start of the trace.
    #[default]
    Start,
    /// One of [`TracesRequest::columns`], by its place.
    Field(u8),
}

/// A window of the trace list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracesView {
    /// Traces that match the filter.
    pub matched: u32,
    /// Those among them that a server tells of and that are not here.
    pub found: u32,
    /// Traces that a server tells of, left out because only their spans could say whether they match.
    pub unjudged: u32,
    /// First row of the window.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<TraceRow>,
    /// The longest matching trace, in nanoseconds: the full width of the duration bars.
    pub longest: u64,
}

/// One trace in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRow {
    /// 32 hex digits, an irregular id's text, or empty where the spans have none.
    pub trace_id: String,
    /// Name of the root span (of the first root, or of the first orphan where the root is missing).
    pub root_name: String,
    /// Service of that span: position in [`super::DatasetView::services`].
    pub root_service: u32,
    /// A span without a parent id is there.
    pub has_root: bool,
    /// Earliest start; 0 if no span has one.
    pub start: u64,
    /// Latest end less earliest start, in nanoseconds.
    pub duration: u64,
    /// Spans.
    pub spans: u32,
    /// Spans with status Error.
    pub errors: u32,
    /// Spans whose parent is missing.
    pub orphans: u32,
    /// The services, those with the most spans first; at most 12.
    pub services: Vec<u32>,
    /// How many services there are in all.
    pub service_count: u32,
    /// Levels of the tree; 0 where that is not known.
    pub depth: u32,
    /// Its spans are here; if not, a server tells of it, and `spans` is 0 where that is not known.
    pub is_loaded: bool,
    /// Spans that the selection selects; all, where it selects whole traces.
    pub selected: u32,
    /// Its values in [`TracesRequest::columns`]: of the first selected span that has one; empty where none has.
    pub cells: Vec<String>,
    /// Nanoseconds in the unit of its root's times, as in [`super::SpanView::coarse_ns`].
    pub coarse_ns: u32,
}

/// Asks for the duration-over-time picture of the traces that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScatterRequest {
    /// As in [`TracesRequest::selection`].
    pub selection: Selection,
    /// Cells across.
    pub columns: u32,
    /// Cells down.
    pub rows: u32,
}

/// The traces, binned into cells of a grid: time across (linear), duration up (logarithmic).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScatterView {
    /// Left edge, absolute.
    pub start: u64,
    /// Right edge, absolute.
    pub end: u64,
    /// Bottom edge, nanoseconds; at least 1.
    pub shortest: u64,
    /// Top edge, nanoseconds.
    pub longest: u64,
    /// Cells that hold a trace, by column, then row.
    pub cells: Vec<ScatterCell>,
    /// Traces in the picture.
    pub matched: u32,
}

/// A cell of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScatterCell {
    /// From the left, from 0.
    pub column: u32,
    /// From the bottom, from 0.
    pub row: u32,
    /// Traces in it.
    pub count: u32,
    /// How many of them have an error.
    pub errors: u32,
    /// The trace that it opens: the longest in it.
    pub trace_id: String,
    /// That trace's root name.
    pub name: String,
    /// That trace's root service.
    pub service: u32,
    /// That trace's start, absolute.
    pub start: u64,
    /// That trace's duration, nanoseconds.
    pub duration: u64,
}

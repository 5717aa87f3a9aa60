//! What else is told of a trace, or of many: the critical path, flame graphs, the span table, colors.

use serde::{Deserialize, Serialize};

use super::selection::{Group, GroupBy, Selection};

/// Asks where the time of a trace goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalRequest {
    /// The trace.
    pub trace_id: String,
    /// Operations, at most.
    pub limit: u32,
    /// Times as they would be if the clocks agreed, as far as is known.
    pub adjusted: bool,
}

/// The critical path of a trace, by what is on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalView {
    /// Its length: the sum of all parts, nanoseconds.
    pub total: u64,
    /// Duration of the trace, nanoseconds.
    pub duration: u64,
    /// Operations, most time first.
    pub operations: Vec<CriticalRow>,
    /// How many operations are on it.
    pub operation_count: u32,
    /// Services with their time, most first.
    pub services: Vec<(u32, u64)>,
    /// Spans on it.
    pub spans: u32,
    /// Spans that run on after their parent has ended, which the path takes no part in beyond that end.
    pub outliving: u32,
}

/// An operation on the critical path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalRow {
    /// Position in the data set's services.
    pub service: u32,
    /// The span name.
    pub name: String,
    /// Nanoseconds on the path.
    pub time: u64,
    /// Spans on the path.
    pub spans: u32,
    /// Id of the span with the most time on the path.
    pub span_id: String,
}

/// Asks for a part of a flame graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FlameRequest {
    /// What is drawn.
    pub source: FlameSource,
    /// How.
    pub layout: FlameLayout,
    /// The frame that fills the width: its number in the answer before; `None`: all.
    pub root: Option<u32>,
    /// Left edge of what is shown, in the units of [`FlameView::whole`]; only for [`FlameLayout::Time`].
    pub from: u64,
    /// Right edge; 0: the end.
    pub to: u64,
    /// Pixels across: what is narrower than one is drawn together with its neighbors.
    pub columns: u32,
    /// First lane.
    pub first_lane: u32,
    /// Lanes, at most.
    pub lanes: u32,
    /// Text to be found in service or name; empty: nothing is sought.
    pub find: String,
    /// Of one trace: times as they would be if the clocks agreed, as far as is known. Durations stay as they are.
    pub adjusted: bool,
}

/// What a flame graph is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FlameSource {
    /// One trace.
    Trace {
        /// Its id.
        trace_id: String,
    },
    /// All traces of a selection.
    Selection(Selection),
}

/// How a flame graph is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FlameLayout {
    /// Time across; of one trace only.
    #[default]
    Time,
    /// Like spans joined by the path of operations that leads to them; width is the sum of durations.
    Total,
    /// The same; width is the sum of self times below and at the frame.
    SelfTime,
}

/// A part of a flame graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlameView {
    /// Width of the whole graph (or of the root frame), nanoseconds.
    pub whole: u64,
    /// Offset of the left edge of what the root frame covers.
    pub origin: u64,
    /// Lanes of the whole graph.
    pub lanes: u32,
    /// The frames in view, by lane, then from the left.
    pub frames: Vec<FlameFrame>,
    /// The frames above the root frame, outermost first: a way back up.
    pub ancestors: Vec<FlameFrame>,
    /// Frames that match the text sought, in all of the graph.
    pub found: u32,
    /// Their part of the whole's width, nanoseconds, frames within frames counted once.
    pub found_width: u64,
    /// Traces that are in it.
    pub traces: u32,
    /// Spans that are in it.
    pub spans: u64,
    /// Frames that were drawn narrower than their durations add up to, since siblings ran side by side.
    pub squeezed: u32,
}

/// A frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlameFrame {
    /// Its number in this graph.
    pub id: u32,
    /// Lane, from 0.
    pub lane: u32,
    /// Left edge, nanoseconds from the graph's left edge.
    pub start: u64,
    /// Width, nanoseconds.
    pub width: u64,
    /// Position in the data set's services.
    pub service: u32,
    /// The span name; of many narrow frames together, empty.
    pub name: String,
    /// Spans.
    pub count: u32,
    /// Sum of durations, nanoseconds.
    pub total: u64,
    /// Sum of self times, nanoseconds.
    pub self_time: u64,
    /// Spans with status Error.
    pub errors: u32,
    /// The span, or the longest of them.
    pub span_id: String,
    /// Its trace.
    pub trace_id: String,
    /// Matches the text sought.
    pub found: bool,
    /// Stands for neighbors that are too narrow to be drawn.
    pub is_many: bool,
}

/// Asks for a window of the span table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TableRequest {
    /// The trace.
    pub trace_id: String,
    /// As in [`super::Find::text`].
    pub filter: String,
    /// Up to two keys to group by, outer first; empty: a row is a span.
    pub group: Vec<GroupBy>,
    /// The columns wanted, in order.
    pub columns: Vec<TableColumn>,
    /// What to sort by.
    pub sort: TableColumn,
    /// Largest first.
    pub descending: bool,
    /// First row of the window.
    pub offset: u32,
    /// Rows in the window, at most.
    pub limit: u32,
    /// Times as they would be if the clocks agreed, as far as is known.
    pub adjusted: bool,
}

/// A column of the span table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TableColumn {
    /// The service.
    Service,
    /// The span name.
    Name,
    /// The span kind.
    Kind,
    /// The status, with its message.
    Status,
    /// Offset of the start from the trace's.
    Start,
    /// Duration.
    Duration,
    /// Self time.
    SelfTime,
    /// Time on the critical path.
    Critical,
    /// Level in the tree.
    Depth,
    /// Direct children.
    Children,
    /// Events.
    Events,
    /// The span id.
    SpanId,
    /// An attribute of the span, or else of its resource.
    Attribute(String),
    /// Of a group: its first or second key.
    Group(u8),
    /// Of a group: spans.
    Count,
    /// Of a group: spans with status Error.
    Errors,
    /// Of a group: sum of durations.
    Total,
    /// Of a group: median duration.
    P50,
    /// Of a group: 95th percentile of the duration.
    P95,
    /// Of a group: the longest.
    Max,
    /// An attribute or an intrinsic, as a query has it.
    Field(String),
}

/// A window of the span table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableView {
    /// Rows without the filter.
    pub total: u32,
    /// Rows that match.
    pub matched: u32,
    /// First row of the window.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<TableRow>,
}

/// A row of the span table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableRow {
    /// The span, or the longest one of the group.
    pub span_id: String,
    /// Its service: position in the data set's services.
    pub service: u32,
    /// Failed, or holds a span that did.
    pub has_error: bool,
    /// By column of the request.
    pub cells: Vec<TableCell>,
    /// What the row's group is, by key of the request.
    pub groups: Vec<Group>,
}

/// A cell of the span table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum TableCell {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// A number of things.
    Count(u64),
    /// Nanoseconds.
    Duration(u64),
    /// Nanoseconds from the trace's start.
    Offset(u64),
    /// A signed whole number: an attribute's.
    Int(i64),
    /// A floating-point number: an attribute's.
    Double(f64),
}

/// Asks what the colors of a trace mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LegendRequest {
    /// The trace.
    pub trace_id: String,
    /// What is colored by.
    pub by: GroupBy,
}

/// What the colors of a trace mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegendView {
    /// Group, palette slot and spans, most spans first; at most 40.
    pub entries: Vec<(Group, u8, u32)>,
    /// How many groups there are in all.
    pub count: u32,
}

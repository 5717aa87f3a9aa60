//! One trace: its heading, the rows of its waterfall, the minimap, and moving about in it.

use serde::{Deserialize, Serialize};

use super::SpanBrief;
use super::logs::LogLevel;
use super::selection::GroupBy;
use super::skew::ClockPairView;

/// OpenTelemetry's span kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SpanKind {
    /// Not said, or a number that OpenTelemetry does not know.
    #[default]
    Unspecified,
    /// Within an application.
    Internal,
    /// Handles a remote request.
    Server,
    /// Makes a remote request.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
}

impl SpanKind {
    /// OpenTelemetry's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "Unspecified",
            Self::Internal => "Internal",
            Self::Server => "Server",
            Self::Client => "Client",
            Self::Producer => "Producer",
            Self::Consumer => "Consumer",
        }
    }
}

/// OpenTelemetry's status code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StatusCode {
    /// Not said.
    #[default]
    Unset,
    /// Said to be fine.
    Ok,
    /// Failed.
    Error,
}

impl StatusCode {
    /// OpenTelemetry's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unset => "Unset",
            Self::Ok => "Ok",
            Self::Error => "Error",
        }
    }
}

/// Something about a span that the reader should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Mark {
    /// Its parent is not in the data set.
    Orphan = 0,
    /// It names itself as its parent.
    SelfParent = 1,
    /// Its ancestors form a circle, cut here.
    CycleCut = 2,
    /// It came more than once; the most complete was kept.
    Merged = 3,
    /// It has no end.
    Unfinished = 4,
    /// It ends before it starts; drawn as an instant.
    EndBeforeStart = 5,
    /// It has no start.
    NoStart = 6,
    /// It starts before its parent does.
    StartsBeforeParent = 7,
    /// It ends after its parent does.
    EndsAfterParent = 8,
    /// Its id is not 16 hex digits, or missing.
    IrregularId = 9,
    /// It is a second or later root of its trace.
    ExtraRoot = 10,
}

/// A set of [`Mark`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks(pub u16);

impl Marks {
    /// Whether `mark` is in the set.
    pub const fn has(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u16) != 0
    }
}

impl Mark {
    /// All marks, in order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Orphan,
        Self::SelfParent,
        Self::CycleCut,
        Self::Merged,
        Self::Unfinished,
        Self::EndBeforeStart,
        Self::NoStart,
        Self::StartsBeforeParent,
        Self::EndsAfterParent,
        Self::IrregularId,
        Self::ExtraRoot,
    ];
}

/// A trace's heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceView {
    /// As in the request; 32 lower-case hex digits, or an irregular id's text.
    pub trace_id: String,
    /// Name of the root span.
    pub root_name: String,
    /// Its service: position in the data set's services.
    pub root_service: u32,
    /// Row of the root span (of the first root or orphan). Rows of one trace are contiguous: `first_span..first_span + spans`.
    pub first_span: u32,
    /// Spans.
    pub spans: u32,
    /// Earliest start, absolute; offsets in all views of this trace count from here.
    pub start: u64,
    /// Latest end less earliest start, nanoseconds.
    pub duration: u64,
    /// Spans with status Error.
    pub errors: u32,
    /// Services with their span counts, most spans first.
    pub services: Vec<(u32, u32)>,
    /// Levels of the tree.
    pub depth: u32,
    /// Spans without a parent id.
    pub roots: u32,
    /// Spans per [`Mark`], in order of [`Mark::ALL`].
    pub marked: Vec<u32>,
    /// Span events in all.
    pub events: u32,
    /// Links in all.
    pub links: u32,
    /// Log records in all.
    pub logs: u32,
    /// Exemplars in all.
    pub exemplars: u32,
    /// Pairs of processes whose clocks seem to be apart.
    pub clocks: Vec<ClockPairView>,
    /// Sources that its spans came from.
    pub sources: Vec<String>,
    /// Groups of like siblings fold by default, because the trace is large.
    pub groups_fold: bool,
}

/// Which rows are open. Stateless: the whole state travels with each question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fold {
    /// `None`: spans are open by default. `Some(n)`: those at level n (roots are at 1) and deeper are closed by default.
    pub level: Option<u32>,
    /// Rows of the spans whose state differs from that default, ascending.
    pub flipped: Vec<u32>,
    /// Whether like siblings fold into one row by default.
    pub groups: GroupFold,
    /// Rows of the first members of the groups whose state differs from that default, ascending.
    pub flipped_groups: Vec<u32>,
    /// Log records have rows of their own, under their spans.
    pub logs: bool,
}

/// The default state of groups of like siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GroupFold {
    /// Folded in large traces only ([`TraceView::groups_fold`]).
    #[default]
    Auto,
    /// Folded.
    Folded,
    /// Open: every span has its own row, and there are no group rows.
    Open,
}

/// What to look for in a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Find {
    /// Text to be found in a name, service, attribute key or value, event name, log record or id; case does not matter. Empty: nothing is sought.
    pub text: String,
    /// Show only what matches, with its ancestors.
    pub only: bool,
}

/// Asks for a window of the waterfall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsRequest {
    /// The trace.
    pub trace_id: String,
    /// What is folded.
    pub fold: Fold,
    /// What is sought.
    pub find: Find,
    /// What rows are colored by; [`GroupBy::Nothing`] is the service.
    pub color: GroupBy,
    /// Times as they would be if the clocks agreed, as far as is known.
    pub adjusted: bool,
    /// First row of the window.
    pub offset: u32,
    /// Rows in the window, at most.
    pub limit: u32,
}

/// A window of the waterfall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsView {
    /// Rows that the waterfall has in this state.
    pub total: u32,
    /// First row of the window.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<Row>,
    /// Spans of the trace that match the text sought.
    pub found: u32,
}

/// One row: a span, a group of like siblings folded into one, or a log record of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The span's row in the data set; a group's first member; a log record's span.
    pub span: u32,
    /// 16 hex digits, or an irregular id's text.
    pub span_id: String,
    /// Span name; the beginning of a log record's body, or else its event name.
    pub name: String,
    /// Position in the data set's services.
    pub service: u32,
    /// Level on the screen; roots are at 1.
    pub level: u32,
    /// Bit n: the row's ancestor at level n + 1 (or the row itself) has a later sibling, so a guide runs down. Levels past 64 have none.
    pub guides: u64,
    /// Offset of the start from the trace's start, nanoseconds.
    pub start: u64,
    /// Nanoseconds; 0 for instants and unfinished spans.
    pub duration: u64,
    /// Nanoseconds in which no child was running.
    pub self_time: u64,
    /// Where children were running: (start, end) offsets from the span's own start, ascending and disjoint; at most 64, nearer ones joined.
    pub busy: Vec<(u64, u64)>,
    /// Where it is on the trace's critical path: (start, end) offsets from its own start, ascending and disjoint; at most 64, nearer
    /// ones joined.
    pub critical: Vec<(u64, u64)>,
    /// Palette slot, by what rows are colored by; past the last slot (255): none, since it lacks what is colored by.
    pub color: u8,
    /// Offsets of events from the trace's start; at most 64.
    pub events: Vec<u64>,
    /// Offsets of log records from the trace's start, with their levels; at most 64.
    pub logs: Vec<(u64, LogLevel)>,
    /// Offsets of exemplars from the trace's start; at most 64.
    pub exemplars: Vec<u64>,
    /// What was added to its times, where adjusted ones were asked for; nanoseconds.
    pub shift: i64,
    /// Span kind.
    pub kind: SpanKind,
    /// Status.
    pub status: StatusCode,
    /// What the reader should know.
    pub marks: Marks,
    /// Direct children.
    pub children: u32,
    /// Spans below it.
    pub descendants: u32,
    /// Spans below it with status Error.
    pub errors_below: u32,
    /// Open or closed; `None` if there is nothing to open.
    pub expanded: Option<bool>,
    /// Matches the text sought.
    pub found: bool,
    /// The group that this row stands for, if it is one.
    pub group: Option<GroupSummary>,
    /// The log record that this row stands for, if it is one: then it is at [`start`](Self::start), and has no duration.
    pub log: Option<RowLog>,
}

/// A log record as a row of the waterfall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowLog {
    /// Its row among the data set's log records.
    pub log: u32,
    /// Its level.
    pub level: LogLevel,
    /// Its severity as it is shown; empty if none is said.
    pub severity: String,
    /// Whether it says when it happened or was collected; else it is put where its span starts.
    pub is_timed: bool,
}

/// A group of like siblings: same parent, service and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSummary {
    /// Members.
    pub count: u32,
    /// Sum of their durations, nanoseconds.
    pub total: u64,
    /// Median duration, nanoseconds (nearest rank).
    pub p50: u64,
    /// 95th percentile of the duration, nanoseconds (nearest rank).
    pub p95: u64,
    /// Longest, nanoseconds.
    pub max: u64,
    /// Members with status Error.
    pub errors: u32,
    /// Offset of the latest end from the trace's start.
    pub end: u64,
}

/// Asks for the minimap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinimapRequest {
    /// The trace.
    pub trace_id: String,
    /// Cells across.
    pub columns: u32,
    /// Cells down, at most.
    pub lanes: u32,
    /// What cells are colored by; [`GroupBy::Nothing`] is the service.
    pub color: GroupBy,
    /// Times as they would be if the clocks agreed, as far as is known.
    pub adjusted: bool,
}

/// The whole trace, unfolded, as cells. Cell (lane, column) is at `lane * columns + column` in each vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinimapView {
    /// Cells across.
    pub columns: u32,
    /// Cells down; fewer than asked for where there are fewer spans.
    pub lanes: u32,
    /// How much is going on: 0 nothing, 255 the most.
    pub density: Vec<u8>,
    /// Palette slot that fills the cell; 16: none.
    pub color: Vec<u8>,
    /// 1 where a span with status Error is.
    pub error: Vec<u8>,
}

/// Asks where a span is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocateRequest {
    /// The trace.
    pub trace_id: String,
    /// The span's id as it stands in the address, or `None` to use `span`.
    pub span_id: Option<String>,
    /// The span's row.
    pub span: u32,
    /// What is folded now.
    pub fold: Fold,
    /// What is sought now.
    pub find: Find,
    /// One of its log records, whose row is wanted instead if it has one: [`RowLog::log`].
    pub log: Option<u32>,
}

/// Where a span is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocateView {
    /// The span.
    pub span: SpanBrief,
    /// The fold state in which it is visible: the one asked with, where it is visible already.
    pub fold: Fold,
    /// Its row among the visible ones, in that state.
    pub position: u32,
    /// The log record that was asked for, if that is its row instead.
    pub log: Option<u32>,
}

/// What to step to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Spans that match [`StepRequest::find`].
    Found,
    /// Spans with status Error.
    Error,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepDirection {
    /// Down, then from the top.
    Next,
    /// Up, then from the bottom.
    Previous,
}

/// Asks for the next span of interest, in tree order, round the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRequest {
    /// The trace.
    pub trace_id: String,
    /// What is of interest.
    pub step: Step,
    /// Which way.
    pub direction: StepDirection,
    /// Where to start, this span not included; `None`: the first or last.
    pub from: Option<u32>,
    /// The text sought.
    pub find: Find,
    /// What is folded now.
    pub fold: Fold,
}

/// The span stepped to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Spans of interest in the trace.
    pub total: u32,
    /// Which of them this is, from 1; 0 if there is none.
    pub ordinal: u32,
    /// Where it is; `None` if there is none.
    pub at: Option<LocateView>,
}

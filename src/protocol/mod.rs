//! What crosses the wire between page and worker, and nothing else.
//!
//! The page asks numbered, stateless questions; the worker gives each exactly one answer. Answers are views (the rows of a
//! window, charts already binned), never handles into the store. Times are absolute `u64` nanoseconds since the Unix
//! epoch, or `u64` nanosecond offsets where a field says so. Rows are named by their index in the open data set, which
//! the `epoch` of the request ties to that data set: a question about an older one is answered with [`FailureCode::Stale`].
//!
//! *Invariants.* Nothing here knows a table, a tree, a file or a pixel's color. The floors below never see these types.

mod export;
mod failure;
mod insight;
mod latency;
mod list;
mod logs;
mod map;
mod open;
mod portion;
mod query;
mod resolve;
mod selection;
mod server;
mod skew;
mod span;
mod trace;

pub use export::{
    ExportChange, ExportFormat, ExportNote, ExportPreview, ExportRedaction, ExportRequest, ExportScope, ExportedView,
};
pub use failure::{Failure, FailureCode};
pub use insight::{
    CriticalRequest, CriticalRow, CriticalView, FlameFrame, FlameLayout, FlameRequest, FlameSource, FlameView, LegendRequest,
    LegendView, TableCell, TableColumn, TableRequest, TableRow, TableView,
};
pub use latency::{HeatCell, LatencyGroup, LatencyRequest, LatencyView, RedColumn, RedRequest, RedRow, RedView, TimeBin};
pub use list::{ScatterCell, ScatterRequest, ScatterView, SortColumn, TraceRow, TracesRequest, TracesView};
pub use logs::{ExemplarView, LogLevel, LogRow, LogView, LogsRequest, LogsView};
pub use map::{
    MapDetailRequest, MapDetailView, MapEdge, MapFocus, MapNode, MapRequest, MapTarget, MapView, NodeId, NodeKind, OperationStats,
};
pub use open::{
    DatasetView, FindingExample, FindingView, MoreSources, OpenMode, OpenRequest, OpenStage, Origin, Progress, ReportView,
    ServiceView, Severity, SourceSpec, SourceView, Totals,
};
pub use portion::{Excess, Overflow, PartView, Portion};
pub use query::{
    AttributeOwner, CompareAttribute, CompareView, Condition, ConditionValue, Facet, FacetValue, FacetsRequest, FacetsView,
    Proposal, QueryChange, QueryKind, QueryRequest, QueryToken, QueryTrouble, QueryView, RewriteRequest, SeriesAnswer,
    SeriesExemplar, SeriesLine, SeriesRequest, SeriesUnit, SeriesView, TokenClass,
};
pub use resolve::{ResolveRequest, ResolvedView};
pub use selection::{
    Brush, DurationBins, Exactness, ExampleKind, ExampleTrace, Group, GroupBy, KeysRequest, KeysView, Population, Selection,
    Stats,
};
pub use server::{
    Access, AttributeCondition, Comparison, ConnectRequest, ConnectView, Connection, Credentials, FetchTraceRequest, FetchedView,
    FoundChange, FoundRequest, FoundTrace, OnServer, Refusal, RefusalCause, SearchRequest, SearchView, Secret, ServerBasis,
    ServerQuery, ServerScope, ServerView, StreamView, ValuesRequest,
};
pub use skew::{ClockPairView, ProcessView};
pub use span::{AttributeNode, AttributeValue, EventView, LinkView, ScopeView, SpanBrief, SpanView, TextRequest, TextView};
pub use trace::{
    Find, Fold, GroupFold, GroupSummary, LocateRequest, LocateView, Mark, Marks, MinimapRequest, MinimapView, Row, RowLog,
    RowsRequest, RowsView, SpanKind, StatusCode, Step, StepDirection, StepRequest, StepView, TraceView,
};

use serde::{Deserialize, Serialize};

/// Numbers a request; the answer carries the same number. Never reused while a page lives.
pub type RequestId = u32;

/// The generation of the open data set: grows by one each time that another one takes its place.
pub type Epoch = u32;

/// Page to worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker {
    /// A question, to be answered exactly once.
    Request {
        /// Names the question in the answer.
        id: RequestId,
        /// The data set that the question is about; 0 for questions about none.
        epoch: Epoch,
        /// What is asked.
        request: Request,
    },
    /// Gives up on a question; it is answered with [`Answer::Cancelled`] unless its answer is under way already.
    Cancel {
        /// The question.
        id: RequestId,
    },
}

/// Worker to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The first message: from now on requests are heard.
    Ready {
        /// The worker's build; the page compares it with its own.
        build: String,
    },
    /// The one answer to a request.
    Answer {
        /// The request.
        id: RequestId,
        /// What it came to.
        answer: Answer,
    },
    /// Long work is under way.
    Progress {
        /// The request that it works for.
        id: RequestId,
        /// How far it is.
        progress: Progress,
    },
    /// A panic has ended the worker; it says nothing more.
    Crashed {
        /// The panic's text and place.
        message: String,
        /// The last lines that the worker logged, oldest first.
        log: Vec<String>,
    },
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// It was done.
    Reply(Reply),
    /// It could not be done.
    Failed(Failure),
    /// The page gave up on it.
    Cancelled,
}

/// A question of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Reads sources into a data set, which replaces or joins the open one when all of it is there.
    Open(OpenRequest),
    /// Drops the data set.
    Close,
    /// The import report of the data set.
    Report,
    /// A window of the trace list.
    Traces(TracesRequest),
    /// The picture of duration over time.
    Scatter(ScatterRequest),
    /// A trace's heading.
    Trace {
        /// The trace id as it stands in the address: 32 lower-case hex digits, or an irregular id's text.
        trace_id: String,
    },
    /// A window of a trace's waterfall.
    Rows(RowsRequest),
    /// The whole trace as a small density picture.
    Minimap(MinimapRequest),
    /// Where a span stands in the waterfall, and what must be unfolded to see it.
    Locate(LocateRequest),
    /// The next or previous span of interest.
    Step(StepRequest),
    /// All that is known of one span.
    Span {
        /// The span's row.
        span: u32,
        /// One of its log records, to be told in any case: [`RowLog::log`].
        log: Option<u32>,
    },
    /// A text that a view shortened, or a form of a span for the clipboard.
    Text(TextRequest),
    /// The service map.
    Map(MapRequest),
    /// All about a node or an edge of the map.
    MapDetail(MapDetailRequest),
    /// The latency charts.
    Latency(LatencyRequest),
    /// A window of the table of operations.
    Red(RedRequest),
    /// Where the time of a trace goes.
    Critical(CriticalRequest),
    /// A part of a flame graph.
    Flame(FlameRequest),
    /// A window of a trace's span table.
    Table(TableRequest),
    /// What the colors of a trace mean.
    Legend(LegendRequest),
    /// The attribute keys that there are.
    Keys(KeysRequest),
    /// What a file of some spans would be; answered with [`Reply::ExportPreview`].
    PreviewExport(Box<ExportRequest>),
    /// A file of some spans.
    Export(Box<ExportRequest>),
    /// Traces that a server tells of join the list; answered with [`Reply::Opened`].
    Found(FoundRequest),
    /// To the connector: whether a server can be reached, and what it has.
    Connect(Box<ConnectRequest>),
    /// To the connector: a page of traces.
    Search(Box<SearchRequest>),
    /// To the connector: all spans of a trace.
    FetchTrace(Box<FetchTraceRequest>),
    /// To the connector: the columns of the stream.
    Columns(Box<Access>),
    /// To the connector: the values of a column.
    Values(Box<ValuesRequest>),
    /// To the connector: figures of a server's spans.
    OnServer(Box<OnServer>),
    /// For tests of the crash path: panics, if the build allows it.
    Crash,
    /// A window of a trace's log records.
    Logs(LogsRequest),
    /// What a text in the query box is.
    Query(QueryRequest),
    /// A query, changed by a click.
    Rewrite(Box<RewriteRequest>),
    /// The facets of a selection.
    Facets(Box<FacetsRequest>),
    /// What a metrics query draws.
    Series(Box<SeriesRequest>),
    /// Which trace and span an id means.
    Resolve(ResolveRequest),
}

/// An answer, of the kind that its request asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// To [`Request::Open`].
    Opened(DatasetView),
    /// To [`Request::Open`], where all of it is more than fits: a failure, and what could be loaded instead.
    Overflow(Box<Overflow>),
    /// To [`Request::Close`].
    Closed,
    /// To [`Request::Report`].
    Report(ReportView),
    /// To [`Request::Traces`].
    Traces(TracesView),
    /// To [`Request::Scatter`].
    Scatter(ScatterView),
    /// To [`Request::Trace`].
    Trace(TraceView),
    /// To [`Request::Rows`].
    Rows(RowsView),
    /// To [`Request::Minimap`].
    Minimap(MinimapView),
    /// To [`Request::Locate`].
    Locate(LocateView),
    /// To [`Request::Step`].
    Step(StepView),
    /// To [`Request::Span`]; boxed, since it is by far the largest.
    Span(Box<SpanView>),
    /// To [`Request::Text`].
    Text(TextView),
    /// To [`Request::Map`].
    Map(MapView),
    /// To [`Request::MapDetail`]; boxed for its size.
    MapDetail(Box<MapDetailView>),
    /// To [`Request::Latency`]; boxed for its size.
    Latency(Box<LatencyView>),
    /// To [`Request::Red`]; boxed for its size.
    Red(Box<RedView>),
    /// To [`Request::Critical`].
    Critical(CriticalView),
    /// To [`Request::Flame`].
    Flame(FlameView),
    /// To [`Request::Table`].
    Table(TableView),
    /// To [`Request::Legend`].
    Legend(LegendView),
    /// To [`Request::Keys`].
    Keys(KeysView),
    /// To [`Request::PreviewExport`]; boxed for its size.
    ExportPreview(Box<ExportPreview>),
    /// To [`Request::Export`]; the bytes come along as blobs.
    Exported(ExportedView),
    /// To [`Request::Connect`]; boxed for its size.
    Connect(Box<ConnectView>),
    /// To [`Request::Search`]; boxed for its size.
    Search(Box<SearchView>),
    /// To [`Request::FetchTrace`]; the spans come along as a blob.
    Fetched(FetchedView),
    /// To [`Request::Columns`]: names, by name.
    Columns(Vec<String>),
    /// To [`Request::Values`]: value and spans, most first.
    Values(Vec<(String, u64)>),
    /// To [`Request::Logs`].
    Logs(LogsView),
    /// To [`Request::Query`].
    Query(QueryView),
    /// To [`Request::Rewrite`].
    Rewritten(String),
    /// To [`Request::Facets`].
    Facets(FacetsView),
    /// To [`Request::Series`]; boxed for its size.
    Series(Box<SeriesView>),
    /// To [`Request::Resolve`].
    Resolved(ResolvedView),
}

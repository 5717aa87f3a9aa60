//! The places on the page that an answer is for, of which most want only the latest.

/// What a request's answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The import under way.
    Open,
    /// The import report.
    Report,
    /// The window of the trace list.
    Traces,
    /// The picture above the trace list.
    Scatter,
    /// The trace's heading.
    Trace,
    /// The window of the waterfall.
    Rows,
    /// The minimap.
    Minimap,
    /// Finding a span's place.
    Locate,
    /// Stepping to a span of interest.
    Step,
    /// The span's details.
    Span,
    /// The service map.
    Map,
    /// All about a part of the map.
    MapDetail,
    /// The latency charts.
    Latency,
    /// The window of the table of operations.
    Red,
    /// Where a trace's time goes.
    Critical,
    /// The part of a flame graph that is shown.
    Flame,
    /// The window of the span table.
    Table,
    /// What the colors of a trace mean.
    Legend,
    /// The attribute keys that there are.
    Keys,
    /// The window of a trace's log records.
    Logs,
    /// What is in the query box.
    Query,
    /// What is in the box that finds in a trace.
    FindQuery,
    /// The facets beside the list.
    Facets,
    /// What a metrics query draws.
    Series,
    /// Trying a connection.
    Connect,
    /// A page of traces of a server.
    Search,
    /// The spans of a trace of a server.
    FetchTrace,
    /// What a file would be.
    ExportPreview,
    /// A text for the clipboard; several may be under way at once.
    Text,
    /// Anything else; several may be under way at once.
    Other,
}

impl Slot {
    /// How many there are.
    pub const COUNT: usize = Self::Other as usize + 1;

    /// Whether a newer request in this slot takes the place of an older one.
    pub const fn supersedes(self) -> bool {
        match self {
            Self::Open
            | Self::Report
            | Self::Traces
            | Self::Scatter
            | Self::Trace
            | Self::Rows
            | Self::ExportPreview
            | Self::Minimap
            | Self::Locate
            | Self::Step
            | Self::Span
            | Self::Map
            | Self::MapDetail
            | Self::Latency
            | Self::Red
            | Self::Critical
            | Self::Flame
            | Self::Table
            | Self::Legend
            | Self::Keys
            | Self::Logs
            | Self::Query
            | Self::FindQuery
            | Self::Facets
            | Self::Series
            | Self::Connect
            | Self::Search
            | Self::FetchTrace => true,
            Self::Text | Self::Other => false,
        }
    }
}

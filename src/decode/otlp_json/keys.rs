//! The keys of the outline: what each asks for at its level.

/// A signal of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Logs,
    Metrics,
    Profiles,
}

/// What a frame of the outline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// An array of documents.
    Documents,
    /// A document, or a wrapper around one.
    Document,
    /// `resourceSpans` and its like, and its elements.
    Resources(Signal),
    Resource(Signal),
    /// `scopeSpans` and its like, and its elements.
    Scopes(Signal),
    Scope(Signal),
    /// `spans`, `logRecords`, `metrics`.
    Records(Signal),
    /// A metric; its `gauge`, `sum` or `histogram`; the `dataPoints` of that.
    Metric,
    MetricData,
    Points,
}

impl Level {
    pub(super) fn is_array(self) -> bool {
        match self {
            Self::Documents | Self::Resources(_) | Self::Scopes(_) | Self::Records(_) | Self::Points => true,
            Self::Document | Self::Resource(_) | Self::Scope(_) | Self::Metric | Self::MetricData => false,
        }
    }
}

/// What a key of the outline asks for.
pub(super) enum Member {
    /// An array of the envelope.
    Enter(Level, &'static str),
    /// A metric's data.
    EnterObject(Level, &'static str),
    /// A document in a wrapper.
    Unwrap(&'static str),
    Resource,
    Scope,
    SchemaUrl,
    MetricName,
    MetricUnit,
    AnswerStatus,
    /// What a server says beside its answer, or in place of one.
    Limit,
    IsPartial,
    Code,
    Message,
    Unknown,
}

/// Where the rows of a search's answer stand.
pub(super) const HITS: &str = "hits";

pub(super) fn document_member(key: &[u8]) -> Member {
    match key {
        b"resourceSpans" | b"resource_spans" => Member::Enter(Level::Resources(Signal::Traces), "resourceSpans"),
        b"batches" => Member::Enter(Level::Resources(Signal::Traces), "batches"),
        b"resourceLogs" | b"resource_logs" => Member::Enter(Level::Resources(Signal::Logs), "resourceLogs"),
        b"resourceMetrics" | b"resource_metrics" => Member::Enter(Level::Resources(Signal::Metrics), "resourceMetrics"),
        b"resourceProfiles" | b"resource_profiles" => Member::Enter(Level::Resources(Signal::Profiles), "resourceProfiles"),
        b"trace" => Member::Unwrap("trace"),
        b"result" => Member::Unwrap("result"),
        b"data" => Member::Unwrap("data"),
        b"hits" => Member::Unwrap(HITS),
        b"function_error" => Member::Limit,
        b"is_partial" => Member::IsPartial,
        b"code" => Member::Code,
        b"message" => Member::Message,
        b"status" => Member::AnswerStatus,
        b"scopeLogs" | b"scope_logs" => resource_member(key, Signal::Logs),
        b"scopeMetrics" | b"scope_metrics" => resource_member(key, Signal::Metrics),
        _ => resource_member(key, Signal::Traces),
    }
}

pub(super) fn resource_member(key: &[u8], signal: Signal) -> Member {
    let name = match (signal, key) {
        (_, b"resource") => return Member::Resource,
        (_, b"schemaUrl" | b"schema_url") => return Member::SchemaUrl,
        (Signal::Traces, b"scopeSpans" | b"scope_spans") => "scopeSpans",
        (Signal::Traces, b"instrumentationLibrarySpans" | b"instrumentation_library_spans") => "instrumentationLibrarySpans",
        (Signal::Logs, b"scopeLogs" | b"scope_logs") => "scopeLogs",
        (Signal::Logs, b"instrumentationLibraryLogs" | b"instrumentation_library_logs") => "instrumentationLibraryLogs",
        (Signal::Metrics, b"scopeMetrics" | b"scope_metrics") => "scopeMetrics",
        (Signal::Metrics, b"instrumentationLibraryMetrics" | b"instrumentation_library_metrics") => {
            "instrumentationLibraryMetrics"
        }
        _ => return Member::Unknown,
    };
    Member::Enter(Level::Scopes(signal), name)
}

pub(super) fn scope_member(key: &[u8], signal: Signal) -> Member {
    let name = match (signal, key) {
        (_, b"scope" | b"instrumentationLibrary" | b"instrumentation_library") => return Member::Scope,
        (_, b"schemaUrl" | b"schema_url") => return Member::SchemaUrl,
        (Signal::Traces, b"spans") => "spans",
        (Signal::Logs, b"logRecords" | b"log_records") => "logRecords",
        (Signal::Logs, b"logs") => "logs",
        (Signal::Metrics, b"metrics") => "metrics",
        _ => return Member::Unknown,
    };
    Member::Enter(Level::Records(signal), name)
}

pub(super) fn metric_member(key: &[u8]) -> Member {
    let name = match key {
        b"name" => return Member::MetricName,
        b"unit" => return Member::MetricUnit,
        b"gauge" => "gauge",
        b"sum" => "sum",
        b"histogram" => "histogram",
        b"exponentialHistogram" | b"exponential_histogram" => "exponentialHistogram",
        b"summary" => "summary",
        _ => return Member::Unknown,
    };
    Member::EnterObject(Level::MetricData, name)
}

//! What is looked at: all that is open, or the part that a filter and brushes leave.

use serde::{Deserialize, Serialize};

use super::trace::{SpanKind, StatusCode};

/// The part of the data set that every view but the trace page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Selection {
    /// Free text: each word must be in a service name, a span name or the id of a trace; case does not matter. Empty: all.
    pub filter: String,
    /// What narrows it further; a span is selected where all of them let it through.
    pub brushes: Vec<Brush>,
}

impl Selection {
    /// Whether it lets everything through.
    pub fn is_all(&self) -> bool {
        self.filter.trim().is_empty() && self.brushes.is_empty()
    }
}

/// A region of a chart, or a group of it. What is `None` narrows nothing. What has no start is in no region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Brush {
    /// What is measured: a span by itself, or by the trace that it is in.
    pub of: Population,
    /// Start, absolute nanoseconds: from the first up to and with the second.
    pub start: Option<(u64, u64)>,
    /// Duration, nanoseconds: from the first up to and with the second.
    pub duration: Option<(u64, u64)>,
    /// Only what failed: spans with status Error, traces that hold one.
    pub errors_only: bool,
    /// Only members of this group; a trace is of the group that its root span is of.
    pub group: Option<Group>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Population {
    /// Each span by itself.
    #[default]
    Spans,
    /// Each trace as a whole, from its earliest start to its latest end.
    Traces,
}

/// What makes spans alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GroupBy {
    /// Nothing: all are one.
    #[default]
    Nothing,
    /// The service.
    Service,
    /// The service and the span name.
    Operation,
    /// The span kind.
    Kind,
    /// The status code; of a trace, Error where any span failed.
    Status,
    /// The value of an attribute, of the span or else of its resource.
    Attribute(String),
}

/// Spans that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Group {
    /// All of them.
    #[default]
    All,
    /// Of a service.
    Service(String),
    /// Of an operation.
    Operation {
        /// The service's name.
        service: String,
        /// The span name.
        name: String,
    },
    /// Of a kind.
    Kind(SpanKind),
    /// Of a status.
    Status(StatusCode),
    /// With a value of an attribute.
    Attribute {
        /// The key.
        key: String,
        /// The value as text; `None`: the span has no such attribute.
        value: Option<String>,
    },
    /// What is in no group that is shown; cannot be brushed.
    Other,
}

/// Durations, errors and times of some calls. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Calls: spans, for what is a span.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Median duration (nearest rank).
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// Sum of the durations.
    pub total: u64,
    /// Sum of the self times.
    pub self_time: u64,
}

/// How quantiles were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exactness {
    /// From all values, sorted: nearest rank.
    #[default]
    Exact,
    /// From a sketch, whose quantiles are off by at most so many millionths of the value.
    Sketch {
        /// Relative error in millionths.
        error_ppm: u32,
    },
    /// By the server, which estimates them (a t-digest) without a bound on the error.
    Estimated,
}

/// How many values fell between edges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationBins {
    /// Edges, ascending, nanoseconds, one more than there are bins. Bin i holds `edges[i] <= d < edges[i + 1]`, the last one its upper edge too.
    pub edges: Vec<u64>,
    /// Values by bin.
    pub counts: Vec<u64>,
    /// Those among them that failed.
    pub errors: Vec<u64>,
}

/// A trace that shows what a figure means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleTrace {
    /// What it is an example of.
    pub of: ExampleKind,
    /// The trace.
    pub trace_id: String,
    /// The span in it.
    pub span_id: String,
    /// That span's name.
    pub name: String,
    /// That span's start, absolute.
    pub start: u64,
    /// That span's duration, nanoseconds.
    pub duration: u64,
}

/// What a trace is an example of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExampleKind {
    /// The shortest.
    Fastest,
    /// The one that half are not longer than.
    Median,
    /// The longest.
    Slowest,
    /// One that failed: the longest of them.
    Failing,
}

/// Asks for the attribute keys that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysRequest {
    /// In this trace alone; `None`: anywhere.
    pub trace_id: Option<String>,
}

/// The attribute keys of spans and resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysView {
    /// Key, and how many spans have it (of themselves or of their resource), most first; at most 500.
    pub keys: Vec<(String, u64)>,
}

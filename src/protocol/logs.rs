//! What other signals say about a trace: its log records, and the exemplars that mark its spans.

use serde::{Deserialize, Serialize};

use super::{AttributeNode, AttributeValue, SpanBrief};

/// A range of severity numbers, as the specification names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LogLevel {
    /// No number.
    #[default]
    Unspecified,
    /// 1 to 4.
    Trace,
    /// 5 to 8.
    Debug,
    /// 9 to 12.
    Info,
    /// 13 to 16.
    Warn,
    /// 17 to 20.
    Error,
    /// 21 to 24.
    Fatal,
}

impl LogLevel {
    /// All of them, the least first.
    pub const ALL: [Self; 7] = [Self::Unspecified, Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// Of a severity number.
    pub fn of(severity: u8) -> Self {
        Self::ALL.get(usize::from(severity.div_ceil(4))).copied().unwrap_or_default()
    }
}

/// Asks for a window of a trace's log records, by time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsRequest {
    /// The trace.
    pub trace_id: String,
    /// Text to be found in the body, severity, service, event name, an attribute key or value; case does not matter. Empty: all.
    pub find: String,
    /// Only records of at least this level.
    pub least: LogLevel,
    /// First row of the window.
    pub offset: u32,
    /// Rows in the window, at most.
    pub limit: u32,
}

/// A window of a trace's log records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsView {
    /// Records of the trace.
    pub total: u32,
    /// Those that match.
    pub matched: u32,
    /// Records of the trace per level, in order of [`LogLevel::ALL`].
    pub levels: Vec<u32>,
    /// First row of the window.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<LogRow>,
}

/// A log record in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    /// When it happened or was collected, absolute; 0 if neither is said.
    pub time: u64,
    /// Its level.
    pub level: LogLevel,
    /// Its severity as it is shown: the source's word, or else the level's with the number's rest.
    pub severity: String,
    /// Its service's name.
    pub service_name: String,
    /// Position in the data set's services, where spans are of it.
    pub service: Option<u32>,
    /// Beginning of its body, or else its event name, on one line.
    pub words: String,
    /// The span it is of, where that is here.
    pub span: Option<SpanBrief>,
}

/// A log record in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogView {
    /// When it happened, absolute; 0 if that is not said.
    pub time: u64,
    /// When it was collected, absolute; 0 if that is not said.
    pub observed: u64,
    /// Its level.
    pub level: LogLevel,
    /// Severity number; 0 if there is none.
    pub severity: i32,
    /// Its severity as it is shown.
    pub severity_words: String,
    /// Its service's name, where it is not that of the span.
    pub service_name: String,
    /// Event name; empty if none.
    pub event_name: String,
    /// Body: one flattened tree without a key, or none.
    pub body: Vec<AttributeNode>,
    /// Attributes.
    pub attributes: Vec<AttributeNode>,
    /// Attributes that the producer dropped.
    pub dropped: u32,
    /// Name of the scope; empty if none.
    pub scope: String,
}

/// An exemplar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExemplarView {
    /// Name of the metric.
    pub metric: String,
    /// Its unit; empty if none.
    pub unit: String,
    /// What was measured: an integer, a float, or nothing.
    pub value: AttributeValue,
    /// When, absolute; 0 if that is not said.
    pub time: u64,
    /// The attributes that the metric's point does not have.
    pub attributes: Vec<AttributeNode>,
}

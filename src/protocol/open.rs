//! Opening sources, the data set that comes of it, and the report on what was found in them.

use serde::{Deserialize, Serialize};

use super::{Epoch, PartView, Portion};

/// Asks to read sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRequest {
    /// Whether they replace the open data set or join it.
    pub mode: OpenMode,
    /// What to read, in this order; all of it becomes one data set.
    pub sources: Vec<SourceSpec>,
    /// How many bytes this device can hold, if the browser tells; 0 if not.
    pub memory_bytes: u64,
    /// Which of their spans to keep.
    pub portion: Portion,
}

/// What becomes of the data set that is open already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpenMode {
    /// It is dropped once the new one is complete.
    Replace,
    /// Its spans stay, and the new ones join them.
    Add,
}

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSpec {
    /// The name to show: a file's path inside the folder that was dropped, a URL, "pasted text".
    pub name: String,
    /// Its size, where that is known beforehand.
    pub size_bytes: Option<u64>,
    /// Where its bytes are.
    pub origin: Origin,
    /// What is known to be missing from it, as sentences; each becomes a finding of the report.
    pub remarks: Vec<String>,
}

/// Where the bytes of a source are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The file of this number among those that came along with the message.
    File(u32),
    /// To be fetched from this address, which the person asked for.
    Url(String),
    /// The text itself.
    Text(String),
}

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is going on.
    pub stage: OpenStage,
    /// Name of the source that is being read.
    pub source: String,
    /// Bytes read so far, over all sources, as stored (before decompression).
    pub bytes: u64,
    /// Bytes to read in all, where known.
    pub bytes_total: Option<u64>,
    /// Spans so far.
    pub spans: u64,
}

/// The stages of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpenStage {
    /// Reading for the first of two times, to find the traces that are wanted.
    Seeking,
    /// Reading and decoding.
    Reading,
    /// Building the trees.
    Linking,
    /// Looking at spans before they are written.
    Looking,
    /// Writing spans.
    Writing,
    /// A server has been asked, and has not begun to answer; what for, stands where the source's name does.
    Asking,
    /// A server could not answer, and will be asked again; why, stands where the source's name does.
    Retrying,
}

/// The open data set, in numbers and names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetView {
    /// Its generation, to be sent with each question about it.
    pub epoch: Epoch,
    /// The counts.
    pub totals: Totals,
    /// The earliest start, where any span has one.
    pub start: Option<u64>,
    /// The latest end, where any span has one.
    pub end: Option<u64>,
    /// The longest trace's duration, in nanoseconds.
    pub longest_trace: u64,
    /// All services, by name; other views name a service by its position here.
    pub services: Vec<ServiceView>,
    /// Traces that a server tells of and that are not here.
    pub found: u64,
    /// The names of the sources.
    pub sources: Vec<String>,
    /// How many findings are of severity [`Severity::DataLoss`], then [`Severity::Repaired`].
    pub findings_lost: u64,
    /// How many findings are of severity [`Severity::Repaired`].
    pub findings_repaired: u64,
    /// What was left out, where only a part was loaded.
    pub part: Option<Box<PartView>>,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceView {
    /// `service.name`; `unknown_service` for spans whose resource has none.
    pub name: String,
    /// Its slot in the palette (`--service-0` and on), the same each time for the same data.
    pub color: u8,
    /// Its spans.
    pub spans: u64,
}

/// What a data set holds, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Spans kept.
    pub spans: u64,
    /// Distinct trace ids.
    pub traces: u64,
    /// Distinct non-empty `service.name`s.
    pub services: u64,
    /// Spans with status Error.
    pub errors: u64,
    /// Spans without a parent id.
    pub roots: u64,
    /// Spans whose parent is not in the data set.
    pub orphans: u64,
    /// Span events.
    pub events: u64,
    /// Links.
    pub links: u64,
    /// Records merged because their (trace id, span id) came before.
    pub merged: u64,
    /// Things repaired: the sum of the repairing findings' counts.
    pub repaired: u64,
    /// Things skipped: the sum of the losing findings' counts.
    pub skipped: u64,
    /// Log records seen in OTLP logs exports; counted, not kept.
    pub log_records: u64,
    /// Metric data points seen in OTLP metrics exports; counted, not kept.
    pub metric_points: u64,
    /// Bytes read, as stored.
    pub bytes: u64,
    /// Bytes that the store takes in memory.
    pub bytes_stored: u64,
}

/// The import report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportView {
    /// The counts.
    pub totals: Totals,
    /// What was read, in order; at most 500.
    pub sources: Vec<SourceView>,
    /// What was odd, the worst first.
    pub findings: Vec<FindingView>,
    /// The other sources, which an archive or a folder may have by the thousand.
    pub more: MoreSources,
}

/// Sources that are not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreSources {
    /// How many.
    pub count: u64,
    /// Bytes in them, as stored.
    pub bytes: u64,
    /// Span records read from them.
    pub spans: u64,
}

/// One source in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    /// Its name.
    pub name: String,
    /// Bytes as stored.
    pub bytes: u64,
    /// Bytes after decompression.
    pub bytes_inflated: u64,
    /// What it was found to be, in words: "OTLP JSON lines, gzip".
    pub format: String,
    /// Span records read from it.
    pub spans: u64,
    /// Log records seen.
    pub log_records: u64,
    /// Metric data points seen.
    pub metric_points: u64,
}

/// One kind of finding, with how often it was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// The kind's stable name, `truncated-tail`.
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// How often.
    pub count: u64,
    /// What it means, as a fragment that follows a count: "spans end before they start".
    pub summary: String,
    /// What was done about it, and what the reader can do.
    pub remedy: String,
    /// The first few.
    pub examples: Vec<FindingExample>,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingExample {
    /// Name of the source.
    pub source: String,
    /// Byte offset in the source after decompression, where that is known.
    pub offset: Option<u64>,
    /// Line in the source, from 1, where lines mean something.
    pub line: Option<u64>,
    /// Path inside the document: `resourceSpans[0].scopeSpans[2].spans[7].traceId`.
    pub path: String,
    /// What was expected and what was found.
    pub note: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing; nothing was changed.
    Info,
    /// Something was put right.
    Repaired,
    /// Something is missing now.
    DataLoss,
}

//! What is open, given back as a file: what of it, as what, what is hidden, and what would be lost.

use serde::{Deserialize, Serialize};

use super::selection::Selection;

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportScope {
    /// A span with all that is below it.
    Subtree,
    /// A trace.
    Trace,
    /// The traces that the selection leaves in the list, whole.
    Traces,
    /// The spans that the selection leaves.
    Spans,
    /// All that is open.
    #[default]
    Everything,
}

/// What it is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportFormat {
    /// OTLP JSON, one document.
    #[default]
    OtlpJson,
    /// OTLP JSON, a document a line, each of a trace.
    OtlpJsonLines,
    /// OTLP protobuf, one message of spans.
    OtlpProto,
    /// OTLP protobuf, messages with their lengths in front.
    OtlpProtoFramed,
    /// Jaeger JSON.
    Jaeger,
    /// Zipkin JSON, version 2.
    Zipkin,
    /// Chrome's trace events.
    Chrome,
    /// A table of spans.
    Csv,
    /// A sequence diagram.
    Mermaid,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::OtlpJson,
        Self::OtlpJsonLines,
        Self::OtlpProto,
        Self::OtlpProtoFramed,
        Self::Jaeger,
        Self::Zipkin,
        Self::Chrome,
        Self::Csv,
        Self::Mermaid,
    ];
}

/// What is hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRedaction {
    /// Personal data, by keys and by what it looks like.
    pub personal: bool,
    /// Secrets, by keys and by what they look like.
    pub secrets: bool,
    /// The key, random and of one export alone, under which ids are hashed; `None`: ids stay.
    pub ids_key: Option<[u8; 16]>,
    /// Masks tell which of what they hide was equal.
    pub tells_equal: bool,
    /// Keys whose attributes are left out; `*` stands for anything.
    pub drop_keys: Vec<String>,
    /// Keys whose values are masked; `*` stands for anything.
    pub mask_keys: Vec<String>,
    /// Texts that are masked wherever they stand.
    pub mask_texts: Vec<String>,
}

/// Asks for a file, or for what it would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRequest {
    /// What is written.
    pub scope: ExportScope,
    /// The span at hand.
    pub span: Option<u32>,
    /// The trace at hand.
    pub trace_id: Option<String>,
    /// The selection at hand.
    pub selection: Selection,
    /// What it is written as.
    pub format: ExportFormat,
    /// Whether it is packed.
    pub gzip: bool,
    /// What is hidden.
    pub redaction: ExportRedaction,
    /// What the person has marked, in this data or in other.
    pub notes: Vec<ExportNote>,
    /// Whether that is written along.
    pub with_notes: bool,
}

/// A pin or a note on a span or a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportNote {
    /// The trace's id, as addresses have it.
    pub trace_id: String,
    /// The span's id; empty: it is on the trace.
    pub span_id: String,
    /// It is pinned.
    pub is_pinned: bool,
    /// The note; empty if there is none.
    pub note: String,
}

/// What a file would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPreview {
    /// What could be written, with its spans and traces.
    pub choices: Vec<(ExportScope, u64, u64)>,
    /// Spans that would be written.
    pub spans: u64,
    /// What the format cannot hold: how many, and of what.
    pub losses: Vec<(u64, String)>,
    /// By rule that hides anything: what it looks for, and in how many places it finds it.
    pub rules: Vec<(String, u64)>,
    /// Examples of what is hidden, of each rule the first few.
    pub changes: Vec<ExportChange>,
    /// Spans and traces among what would be written that the person has marked.
    pub marked: u64,
}

/// An example of what is hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportChange {
    /// Where it stands: a place, or an attribute's key.
    pub place: String,
    /// As it is, shortened.
    pub before: String,
    /// As it would be, shortened; `None`: left out.
    pub after: Option<String>,
}

/// A file was written; its bytes come along as blobs, some of them ahead with the progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedView {
    /// Spans in it.
    pub spans: u64,
    /// Bytes.
    pub bytes: u64,
}

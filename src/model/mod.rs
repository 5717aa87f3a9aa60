//! OpenTelemetry's nouns as columns.
//!
//! Decoders write a [`Batch`]: rows in the order of the file, strings interned, parents as ids. [`Dataset::seal`] turns one or
//! several batches into the frozen [`Dataset`], in which each trace is a slice of rows and each subtree a slice of that.
//!
//! *Invariants.* Nothing here knows bytes, formats, the wire or the screen. Times are `u64` nanoseconds since the Unix epoch;
//! 0 is "not set", as in OTLP. Ids keep all their bytes. What the files said is never changed, only ordered.

mod append;
mod batch;
mod dataset;
mod ids;
mod logs;
mod packed;
mod portion;
mod report;
mod seal;
mod shared_ids;
mod spans;
mod value;

pub use batch::{Batch, EventDraft, LinkDraft, Mark, ResourceSlot, ScopeSlot, SpanDraft};
pub use dataset::{Dataset, Services, Traces};
pub use ids::{ServiceIdx, SpanIdx, SpanKey, TraceIdx, TraceKey};
pub use logs::{ExemplarDraft, ExemplarIdx, Exemplars, LogDraft, LogIdx, Logs, Measured, MetricIdx};
pub use portion::{Glimpse, Part, Portion, TraceName};
pub use report::{Example, Finding, FindingKind, ImportReport, ReportMark, Severity, Source, SourceIdx};
pub use spans::{
    EventIdx, Events, LinkIdx, Links, ResourceIdx, Resources, ScopeIdx, Scopes, SpanKind, SpanMark, SpanMarks, Spans, StatusCode,
};
pub use value::{AttributeIdx, AttributeWriter, Attributes, Tag, Value};

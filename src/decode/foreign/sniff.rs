//! Whose JSON it is, by the keys in its first bytes.
//!
//! Keys are seen at any depth, with no heed to what stands around them: the beginning of a text is nearly always cut somewhere.

use super::flat::Table;
use super::relaxed::{Relaxed, is_relaxed};
use super::sdk::Sdk;
use super::{Foreign, Kind, csv};

/// What the beginning of a text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Sniff {
    /// More bytes are needed.
    More,
    /// OTLP, or what its reader names and declines.
    Otlp,
    /// Another format.
    Foreign(Foreign),
    /// A format that is known, and holds no spans that could be read.
    Declined(&'static str),
}

/// How many bytes are looked at, in turn. Looking at these lengths only makes the verdict independent of how the bytes came.
const LOOKS: [usize; 4] = [512, 4 << 10, 16 << 10, MAX_LOOK];
const MAX_LOOK: usize = 64 << 10;

/// What the text is that begins with `prefix`. With `is_all` it ends after it.
pub(in crate::decode) fn sniff(prefix: &[u8], is_all: bool) -> Sniff {
    for look in LOOKS {
        let (seen, is_end) = match prefix.get(..look) {
            Some(seen) => (seen, (is_all && seen.len() == prefix.len()) || look == MAX_LOOK),
            None if is_all => (prefix, true),
            None => return Sniff::More,
        };
        match look_at(seen, is_end) {
            Sniff::More if is_end => return Sniff::Otlp,
            Sniff::More => {}
            sniff => return sniff,
        }
    }
    Sniff::Otlp
}

fn look_at(seen: &[u8], is_end: bool) -> Sniff {
    if is_relaxed(seen) {
        let mut json = Vec::new();
        Relaxed::default().translate(seen, &mut json);
        let keys = Keys::of(&json);
        return match judge(keys, is_end) {
            Sniff::Foreign(foreign) => Sniff::Foreign(Foreign { is_relaxed: true, ..foreign }),
            // OTLP's reader takes JSON only.
            _ if is_end => Sniff::Declined("a JavaScript object literal"),
            _ => Sniff::More,
        };
    }
    let first = seen.strip_prefix(b"\xef\xbb\xbf").unwrap_or(seen).trim_ascii_start().first();
    if !matches!(first, Some(b'{' | b'[')) && (is_end || memchr::memchr(b'\n', seen).is_some()) {
        if let Some(table) = table(seen) {
            return table;
        }
        if seen.starts_with(b"# proto-file:") || memchr::memmem::find(seen, b"resource_spans {").is_some() {
            return Sniff::Declined("protobuf's text format");
        }
        if memchr::memmem::find(seen, b"ResourceSpans #0").is_some() {
            return Sniff::Declined("the collector's debug exporter text");
        }
    }
    judge(Keys::of(seen), is_end)
}

/// What the header of a table says.
fn table(seen: &[u8]) -> Option<Sniff> {
    let (separator, names) = csv::header(seen)?;
    let has = |name: &str| names.iter().any(|known| known == name);
    let of = |kind| Some(Sniff::Foreign(Foreign { separator: Some(separator), ..Foreign::of(kind) }));
    if has("traceid") && has("spanid") {
        let is_server = has("operationname") && has("spanstatus") && has("spankind");
        return of(if is_server { Kind::OpenObserve } else { Kind::Flat(Table::Csv) });
    }
    (has("traceid") && has("spans") && has("tracestarttime"))
        .then_some(Sniff::Declined("OpenObserve's list of traces as CSV, which has no spans"))
}

macro_rules! keys {
    ($($name:ident $key:literal),* $(,)?) => {
        /// A key that tells.
        #[derive(Clone, Copy)]
        enum Key { $($name),* }

        impl Key {
            fn of(key: &[u8]) -> Option<Self> {
                Some(match key {
                    $($key => Self::$name,)*
                    _ => return None,
                })
            }
        }
    };
}

keys! {
    ResourceSpans b"resourceSpans",
    ResourceSpansSnake b"resource_spans",
    ResourceLogs b"resourceLogs",
    ResourceMetrics b"resourceMetrics",
    ResourceLogsSnake b"resource_logs",
    ResourceMetricsSnake b"resource_metrics",
    ScopeSpans b"scopeSpans",
    LibrarySpans b"instrumentationLibrarySpans",
    StartNano b"startTimeUnixNano",
    StartNanoSnake b"start_time_unix_nano",
    Batches b"batches",
    Hits b"hits",
    TraceEvents b"traceEvents",
    SourceDoc b"_source",
    Index b"_index",
    TraceIdUpper b"traceID",
    SpanIdUpper b"spanID",
    OperationName b"operationName",
    ProcessId b"processID",
    Processes b"processes",
    Process b"process",
    References b"references",
    Spans b"spans",
    SpansUpper b"Spans",
    Data b"data",
    TraceIdLow b"traceIdLow",
    TraceId b"traceId",
    SpanId b"spanId",
    Id b"id",
    Timestamp b"timestamp",
    Duration b"duration",
    LocalEndpoint b"localEndpoint",
    Annotations b"annotations",
    BinaryAnnotations b"binaryAnnotations",
    BinaryAnnotationsSnake b"binary_annotations",
    Name b"name",
    ParentId b"parentId",
    TraceIdSnake b"trace_id",
    SpanIdSnake b"span_id",
    ParentIdSnake b"parent_id",
    OperationNameSnake b"operation_name",
    Context b"context",
    StartTimeSnake b"start_time",
    EndTimeSnake b"end_time",
    StartTime b"startTime",
    EndTime b"endTime",
    Kind b"kind",
    GoContext b"SpanContext",
    JsContext b"spanContext",
    JsParent b"parentSpanContext",
    JsScope b"instrumentationScope",
    JsLibrary b"instrumentationLibrary",
    Meta b"meta",
    Metrics b"metrics",
    Service b"service",
    Resource b"resource",
    Start b"start",
    Traces b"Traces",
    Segments b"Segments",
    Document b"Document",
    Subsegments b"subsegments",
    InProgress b"in_progress",
    Metadata b"metadata",
    Transaction b"transaction",
    SpanObject b"span",
    TransactionIdSnake b"transaction_id",
    DottedTraceId b"trace.id",
    DottedDuration b"duration.ms",
    Guid b"guid",
    Processor b"processor",
    Schema b"schema",
    Fields b"fields",
    Values b"values",
    DurationNanos b"durationInNanos",
    TraceGroup b"traceGroup",
    DurationNano b"durationNano",
    ServiceName b"serviceName",
    Operation b"operation",
    Resources b"resources",
    ElapsedMs b"elapsed_ms",
    ServiceAttributes b"service_attributes",
    TimeNanoSnake b"time_unix_nano",
    DurationMicros b"durationMicros",
    SpanPage b"spanPage",
    StartedAt b"startedAt",
}

/// The keys that were seen.
#[derive(Clone, Copy, Default)]
struct Keys(u128);

impl Keys {
    fn of(text: &[u8]) -> Self {
        let mut keys = Self::default();
        let mut rest = text;
        while let Some(open) = memchr::memchr(b'"', rest) {
            rest = rest.get(open + 1..).unwrap_or_default();
            let Some(close) = string_end(rest) else { break };
            let text = rest.get(..close).unwrap_or_default();
            rest = rest.get(close + 1..).unwrap_or_default();
            if rest.trim_ascii_start().first() == Some(&b':')
                && let Some(key) = Key::of(text)
            {
                keys.0 |= 1 << key as u32;
            }
        }
        keys
    }

    fn has(self, key: Key) -> bool {
        self.0 & 1 << key as u32 != 0
    }

    fn any(self, keys: &[Key]) -> bool {
        keys.iter().any(|&key| self.has(key))
    }
}

/// Where the string ends whose opening quote stands before.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// What the keys say; [`Sniff::More`] where later ones could say something else.
fn judge(keys: Keys, is_end: bool) -> Sniff {
    use Key as K;
    let has = |key: Key| keys.has(key);
    let any = |of: &[Key]| keys.any(of);
    let is = |kind: Kind| Sniff::Foreign(Foreign::of(kind));
    let otlp = [
        K::ResourceSpans,
        K::ResourceSpansSnake,
        K::ResourceLogs,
        K::ResourceMetrics,
        K::ResourceLogsSnake,
        K::ResourceMetricsSnake,
        K::ScopeSpans,
        K::LibrarySpans,
        K::StartNano,
        K::StartNanoSnake,
        K::Batches,
        K::TraceEvents,
    ];
    if any(&otlp) || has(K::Hits) && has(K::OperationNameSnake) {
        return Sniff::Otlp;
    }
    if has(K::Fields) && has(K::Values) && (has(K::Schema) || is_end) {
        return is(Kind::Flat(Table::Frame));
    }
    if has(K::ElapsedMs) && has(K::ServiceAttributes) && has(K::TraceIdSnake) && has(K::SpanIdSnake) && has(K::Start) {
        return is(Kind::OtelCli);
    }
    if has(K::TraceId) && has(K::SpanId) && has(K::DurationMicros) {
        return is(Kind::Flat(Table::Splunk));
    }
    if has(K::OperationName) && has(K::StartedAt) && any(&[K::SpanPage, K::Id]) {
        return is(Kind::Flat(Table::SumoLogic));
    }
    let is_document = any(&[K::SourceDoc, K::Index]);
    let is_jaeger = has(K::TraceIdUpper) && has(K::SpanIdUpper) && any(&[K::OperationName, K::ProcessId, K::References])
        || has(K::TraceId) && has(K::SpanId) && has(K::OperationName) && any(&[K::Process, K::References])
        || has(K::TraceIdLow);
    if is_jaeger {
        let is_wrapped = any(&[K::Spans, K::SpansUpper, K::Data, K::Processes, K::Hits]);
        return is(if is_wrapped { Kind::Jaeger } else { Kind::JaegerSpans });
    }
    if has(K::GoContext) {
        return is(Kind::Console(Sdk::Go));
    }
    if has(K::Context) && has(K::TraceIdSnake) && (has(K::StartTimeSnake) || is_end && has(K::Kind) && !has(K::Metadata)) {
        return is(Kind::Console(Sdk::Python));
    }
    if any(&[K::JsContext, K::JsParent]) || has(K::TraceId) && any(&[K::JsScope, K::JsLibrary]) {
        return is(Kind::Console(Sdk::JavaScript));
    }
    if has(K::Traces) && has(K::Segments) || has(K::Document) && has(K::Segments) {
        return is(Kind::Xray);
    }
    if has(K::TraceIdSnake)
        && has(K::Id)
        && has(K::StartTimeSnake)
        && any(&[K::Subsegments, K::InProgress, K::EndTimeSnake])
        && !has(K::SpanIdSnake)
    {
        return is(Kind::XraySegments);
    }
    if has(K::TraceIdSnake)
        && has(K::SpanIdSnake)
        && (any(&[K::Meta, K::Metrics]) || has(K::Service) && has(K::Start) && has(K::Duration))
    {
        return is(Kind::Datadog);
    }
    let is_intake = any(&[K::Transaction, K::SpanObject])
        && has(K::TraceIdSnake)
        && any(&[K::Metadata, K::TransactionIdSnake, K::ParentIdSnake, K::Duration]);
    if is_intake || is_document && has(K::Processor) || is_end && has(K::Metadata) && has(K::Service) {
        return is(Kind::Elastic);
    }
    let is_zipkin = has(K::TraceId) && has(K::Id) && !has(K::SpanId);
    let zipkins = [K::LocalEndpoint, K::BinaryAnnotations, K::Annotations];
    let is_thrift = has(K::TraceIdSnake) && has(K::Id) && has(K::BinaryAnnotationsSnake);
    if is_zipkin && any(&zipkins) || is_thrift {
        return is(Kind::Zipkin);
    }
    if any(&[K::DurationNanos, K::TraceGroup]) && has(K::TraceId) {
        return is(Kind::Flat(Table::DataPrepper));
    }
    if has(K::DottedTraceId) && any(&[K::DottedDuration, K::Guid]) && !is_document {
        return is(Kind::Flat(Table::NewRelic));
    }
    let has_ids = any(&[K::TraceIdSnake, K::TraceIdUpper, K::TraceId]) && any(&[K::SpanIdSnake, K::SpanIdUpper, K::SpanId]);
    if has_ids
        && (any(&[K::DurationNano, K::Resources]) || has(K::ServiceName) && has(K::Operation))
        && !has(K::OperationNameSnake)
    {
        return is(Kind::Flat(Table::SigNoz));
    }
    if !is_end {
        return Sniff::More;
    }
    // Go's form of OTLP's event. With it stands nothing that says whose it is.
    if has(K::TimeNanoSnake) && has(K::Name) && !any(&[K::TraceIdSnake, K::SpanIdSnake, K::Resource]) {
        return Sniff::Declined("an event that otel-cli wrote, which the span.json beside it holds too");
    }
    if is_zipkin && any(&[K::Timestamp, K::Duration, K::Name, K::ParentId]) {
        return is(Kind::Zipkin);
    }
    // Rows of whoever, if they are of spans and not of logs.
    let has_start = any(&[K::StartTimeSnake, K::StartTime, K::Timestamp]);
    if has_ids && has_start && any(&[K::Duration, K::EndTimeSnake, K::EndTime]) && !has(K::OperationNameSnake) {
        return is(Kind::Flat(Table::SigNoz));
    }
    Sniff::More
}

#[cfg(test)]
mod tests {
    use super::{Sniff, sniff};

    #[test]
    fn what_otlps_reader_reads_stays_with_it() {
        for text in [
            r#"{"resourceSpans":[]}"#,
            r#"{"batches":[]}"#,
            r#"{"traceId":"a","spanId":"b","name":"c","startTimeUnixNano":"1"}"#,
            r#"{"hits":[{"trace_id":"a","span_id":"b","operation_name":"c","start_time":1,"duration":2}]}"#,
            r#"{"trace_id":"a","span_id":"b","operation_name":"c","start_time":1,"end_time":2}"#,
            r#"{"level":"info","msg":"x","trace_id":"a","span_id":"b","timestamp":1}"#,
            r#"{"traceEvents":[{"ph":"X","ts":1}]}"#,
            "",
            "plain text",
        ] {
            assert_eq!(sniff(text.as_bytes(), true), Sniff::Otlp, "{text}");
        }
    }
}

//! What kind of JSON a source turned out to be: how its documents stand, whether they hold OTLP, and if not, whose they look like.

/// How the documents of a source stand in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonLayout {
    /// No document at all.
    #[default]
    Empty,
    /// One object.
    Document,
    /// One array of documents.
    Array,
    /// One document a line.
    Lines,
    /// Documents one after the other, with or without white space between.
    Concatenated,
}

/// What kind of JSON a source turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonShape {
    /// How its documents stand.
    pub layout: JsonLayout,
    /// Whether any of OTLP's envelopes or a bare OTLP span was seen, of whatever signal.
    pub is_otlp: bool,
    /// Where it is a server's answer: what to call it.
    pub server: Option<&'static str>,
    /// Where nothing of OTLP was seen: the format that the keys betray.
    pub foreign: Option<&'static str>,
}

macro_rules! hints {
    ($($name:ident $key:literal),* $(,)?) => {
        #[derive(Clone, Copy)]
        enum Hint { $($name),* }

        impl Hint {
            fn of(key: &[u8]) -> Option<Self> {
                Some(match key {
                    $($key => Self::$name,)*
                    _ => return None,
                })
            }
        }
    };
}

hints! {
    JaegerTraceId b"traceID",
    JaegerSpans b"spans",
    JaegerModelSpans b"Spans",
    JaegerProcesses b"processes",
    JaegerOperation b"operationName",
    ZipkinTraceId b"traceId",
    ZipkinId b"id",
    SnakeTraceId b"trace_id",
    SnakeSpanId b"span_id",
    Annotations b"annotations",
    DatadogMeta b"meta",
    DatadogMetrics b"metrics",
    Hits b"hits",
    Context b"context",
    ParentId b"parent_id",
    StartTime b"start_time",
    GoSpanContext b"SpanContext",
    GoStartTime b"StartTime",
    GoSpanKind b"SpanKind",
    XrayTraces b"Traces",
    XraySegments b"Segments",
    ChromeEvents b"traceEvents",
    ChromePhase b"ph",
    ChromeTime b"ts",
    GrafanaFrames b"frames",
    GrafanaSchema b"schema",
    SchemaUrl b"$schema",
    Threads b"threads",
}

/// The telling keys that were seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hints(u32);

impl Hints {
    pub(super) fn see(&mut self, key: &[u8]) {
        if let Some(hint) = Hint::of(key) {
            self.0 |= 1 << hint as u32;
        }
    }

    /// Whether it may be a search's answer.
    pub(super) fn has_hits(self) -> bool {
        self.0 & 1 << Hint::Hits as u32 != 0
    }

    pub(super) fn foreign(self) -> Option<&'static str> {
        use Hint as H;
        let has = |hint: Hint| self.0 & 1 << hint as u32 != 0;
        let any = |hints: &[Hint]| hints.iter().any(|&hint| has(hint));
        // The more peculiar keys first.
        Some(if has(H::ChromeEvents) || has(H::ChromePhase) && has(H::ChromeTime) {
            "Chrome trace events"
        } else if has(H::JaegerTraceId) && any(&[H::JaegerSpans, H::JaegerProcesses, H::JaegerOperation])
            || has(H::JaegerModelSpans)
        {
            "Jaeger JSON"
        } else if has(H::GoSpanContext) && any(&[H::GoSpanKind, H::GoStartTime]) {
            "OpenTelemetry Go console output"
        } else if any(&[H::XrayTraces, H::XraySegments]) {
            "AWS X-Ray JSON"
        } else if has(H::Context) && any(&[H::ParentId, H::StartTime]) {
            "OpenTelemetry Python console output"
        } else if has(H::SnakeTraceId) && has(H::SnakeSpanId) && any(&[H::DatadogMeta, H::DatadogMetrics]) {
            "Datadog JSON"
        } else if has(H::ZipkinTraceId) && has(H::ZipkinId) || has(H::SnakeTraceId) && has(H::ZipkinId) && has(H::Annotations) {
            "Zipkin JSON"
        } else if any(&[H::GrafanaFrames, H::GrafanaSchema]) {
            "Grafana data frame"
        } else if has(H::SchemaUrl) || has(H::DatadogMeta) && has(H::Threads) {
            "profile"
        } else {
            return None;
        })
    }
}

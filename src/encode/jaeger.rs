//! Jaeger's JSON, as its query service and its UI read and write it (jaeger, `internal/uimodel/model.go`).
//!
//! How OpenTelemetry is said in it: opentelemetry.io, "OpenTelemetry to Jaeger Transformation" and "OpenTelemetry Transformation to
//! non-OTLP Formats"; where these leave it open, as the collector does (opentelemetry-collector-contrib, `pkg/translator/jaeger`):
//! trace state as the tag `w3c.tracestate`, kind internal as a tag too. Times are whole microseconds, so that start and end of a
//! span are cut alike; a span that does not end lasts 0.

use super::json::JsonWriter;
use super::plain::double;
use super::shown::{Entries, Id, Shown, ShownSpan, ShownValue};
use super::units::Unit;
use super::values;
use crate::base::text::base64_from_bytes;
use crate::model::{EventIdx, ResourceIdx, SpanIdx, SpanKind, StatusCode};

/// Traces, each with the processes that its spans are of.
pub(super) struct Jaeger {
    json: JsonWriter,
    /// The resources of the trace so far; a process is called by its place here, from 1.
    processes: Vec<ResourceIdx>,
    has_begun: bool,
}

impl Jaeger {
    pub(super) fn new() -> Self {
        Self { json: JsonWriter::compact(), processes: Vec::new(), has_begun: false }
    }

    pub(super) fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        self.begin();
        if unit.is_first_of_trace {
            self.json.open_object();
            self.json.key("traceID");
            id(&mut self.json, shown.id_of_trace(unit.trace));
            self.json.key("spans");
            self.json.open_array();
            self.processes.clear();
        }
        unit.spans.iter().for_each(|&span| self.span(shown, span));
        if unit.is_last_of_trace {
            self.json.close();
            self.processes(shown);
            self.json.key("warnings");
            self.json.bare("null");
            self.json.close();
        }
        self.json.drain_into(out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.begin();
        self.json.close();
        for key in ["total", "limit", "offset"] {
            self.json.key(key);
            self.json.bare(0);
        }
        self.json.key("errors");
        self.json.bare("null");
        self.json.close();
        self.json.end_line();
        self.json.drain_into(out);
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.json.open_object();
            self.json.key("data");
            self.json.open_array();
        }
    }

    fn processes(&mut self, shown: &Shown<'_>) {
        let json = &mut self.json;
        json.key("processes");
        json.open_object();
        for (&resource, number) in self.processes.iter().zip(1_u32..) {
            json.key(&format!("p{number}"));
            json.open_object();
            json.key("serviceName");
            json.string(shown.service_name(resource).as_str());
            json.key("tags");
            json.open_array();
            for (key, value) in shown.entries(shown.resource(resource).attributes) {
                // It stands above, where it is a text.
                if key.as_str() != "service.name" || !matches!(value, ShownValue::String(_)) {
                    tag(json, shown, key.as_str(), value);
                }
            }
            json.close();
            json.close();
        }
        json.close();
    }

    fn span(&mut self, shown: &Shown<'_>, at: SpanIdx) {
        let resource = shown.resource_of(at);
        let process = self.processes.iter().position(|&known| known == resource).unwrap_or_else(|| {
            self.processes.push(resource);
            self.processes.len() - 1
        });
        let (span, json) = (shown.span(at), &mut self.json);
        json.open_object();
        json.key("traceID");
        id(json, span.trace_id);
        json.key("spanID");
        id(json, span.id);
        json.key("flags");
        json.bare(span.flags);
        json.key("operationName");
        json.string(span.name.as_str());
        references(json, shown, &span);
        json.key("startTime");
        json.bare(span.start / 1000);
        json.key("duration");
        json.bare(if span.start == 0 { 0 } else { (span.end / 1000).saturating_sub(span.start / 1000) });
        json.key("tags");
        json.open_array();
        tags(json, shown, at, &span);
        json.close();
        json.key("logs");
        json.open_array();
        span.events.iter().for_each(|event| log(json, shown, event));
        json.close();
        json.key("processID");
        json.quoted(format_args!("p{}", process + 1));
        json.key("warnings");
        json.bare("null");
        json.close();
    }
}

fn references(json: &mut JsonWriter, shown: &Shown<'_>, span: &ShownSpan<'_>) {
    json.key("references");
    json.open_array();
    let parent = (span.parent_id != Id::Missing).then_some(("CHILD_OF", span.trace_id, span.parent_id));
    let links = span.links.iter().map(|link| shown.link(link)).map(|link| ("FOLLOWS_FROM", link.trace_id, link.span_id));
    for (kind, trace_id, span_id) in parent.into_iter().chain(links) {
        json.open_object();
        json.key("refType");
        json.string(kind);
        json.key("traceID");
        id(json, trace_id);
        json.key("spanID");
        id(json, span_id);
        json.close();
    }
    json.close();
}

fn tags(json: &mut JsonWriter, shown: &Shown<'_>, at: SpanIdx, span: &ShownSpan<'_>) {
    for (key, value) in shown.entries(span.attributes) {
        tag(json, shown, key.as_str(), value);
    }
    let kind = match span.kind {
        SpanKind::Unspecified => "",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    };
    let status = match span.status {
        StatusCode::Unset => "",
        StatusCode::Ok => "OK",
        StatusCode::Error => "ERROR",
    };
    let scope = shown.scope(shown.scope_of(at));
    for (key, text) in [
        ("span.kind", kind),
        ("otel.status_code", status),
        ("otel.status_description", span.status_message.as_str()),
        ("w3c.tracestate", span.trace_state.as_str()),
        ("otel.scope.name", scope.name.as_str()),
        ("otel.scope.version", scope.version.as_str()),
    ] {
        if !text.is_empty() {
            typed(json, key, "string", |json| json.string(text));
        }
    }
    if span.status == StatusCode::Error {
        typed(json, "error", "bool", |json| json.bare(true));
    }
    for (key, count) in [
        ("otel.dropped_attributes_count", span.dropped_attributes),
        ("otel.dropped_events_count", span.dropped_events),
        ("otel.dropped_links_count", span.dropped_links),
    ] {
        if count != 0 {
            typed(json, key, "int64", |json| json.bare(count));
        }
    }
}

fn log(json: &mut JsonWriter, shown: &Shown<'_>, event: EventIdx) {
    let event = shown.event(event);
    json.open_object();
    json.key("timestamp");
    json.bare(event.time / 1000);
    json.key("fields");
    json.open_array();
    // An attribute of that key comes before the name.
    if !has_key(shown, event.attributes, "event") {
        typed(json, "event", "string", |json| json.string(event.name.as_str()));
    }
    for (key, value) in shown.entries(event.attributes) {
        tag(json, shown, key.as_str(), value);
    }
    if event.dropped_attributes != 0 {
        typed(json, "otel.event.dropped_attributes_count", "int64", |json| json.bare(event.dropped_attributes));
    }
    json.close();
    json.close();
}

fn has_key(shown: &Shown<'_>, entries: Entries, key: &str) -> bool {
    shown.entries(entries).any(|(found, _)| found.as_str() == key)
}

fn tag<'a>(json: &mut JsonWriter, shown: &Shown<'a>, key: &str, value: ShownValue<'a>) {
    match value {
        ShownValue::Bool(flag) => typed(json, key, "bool", |json| json.bare(flag)),
        ShownValue::Int(number) => typed(json, key, "int64", |json| json.bare(number)),
        ShownValue::Double(number) if number.is_finite() => typed(json, key, "float64", |json| json.bare(double(number))),
        ShownValue::Bytes(bytes) => typed(json, key, "binary", |json| json.string(&base64_from_bytes(bytes))),
        text => typed(json, key, "string", |json| json.string(&values::text(shown, text))),
    }
}

fn typed(json: &mut JsonWriter, key: &str, kind: &str, value: impl FnOnce(&mut JsonWriter)) {
    json.open_object();
    json.key("key");
    json.string(key);
    json.key("type");
    json.string(kind);
    json.key("value");
    value(json);
    json.close();
}

fn id(json: &mut JsonWriter, id: Id<'_>) {
    match id {
        Id::Text(text) => json.string(text.as_str()),
        id => json.quoted(id),
    }
}

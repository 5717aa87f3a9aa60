//! OTLP JSON (opentelemetry-proto, `docs/specification.md`, "JSON Protobuf Encoding"): ids in hex, 64-bit integers as strings,
//! enums as numbers, bytes in base64. As one document, or as JSON lines (OpenTelemetry's file exporter: one
//! `ExportTraceServiceRequest` a line), here one line for each trace. Read back, it gives equal spans.
//!
//! Log records come behind all spans: as lines of their own, each an `ExportLogsServiceRequest`; and in one document under `resourceLogs`
//! beside its `resourceSpans`. That is a name which no message of traces has, and "OTLP/JSON receivers MUST ignore message fields with
//! unknown names" (same section): whoever reads traces reads these, and whoever knows both has both.

use super::json::JsonWriter;
use super::plain::double;
use super::shown::{Entries, Id, Shown, ShownValue, Text};
use super::units::{LogUnit, Unit, by_resource_and_scope, logs_by_resource_and_scope};
use crate::base::text::base64_from_bytes;
use crate::model::{Dataset, EventIdx, LinkIdx, LogIdx, ResourceIdx, ScopeIdx, SpanIdx, StatusCode};

/// One span as a document of its own, with its resource and scope.
pub fn span_document(dataset: &Dataset, span: SpanIdx) -> String {
    let mut writer = OtlpJson { json: JsonWriter::default(), is_lines: false, is_open: false, has_logs: false };
    let shown = Shown::plain(dataset);
    writer.open(SPANS);
    writer.spans(&shown, &[span]);
    writer.json.finish()
}

/// Spans as one document, or as a document a trace.
pub(super) struct OtlpJson {
    json: JsonWriter,
    is_lines: bool,
    /// A document has begun.
    is_open: bool,
    /// The list that is open is of log records.
    has_logs: bool,
}

const SPANS: &str = "resourceSpans";
const LOGS: &str = "resourceLogs";

impl OtlpJson {
    pub(super) fn new(is_lines: bool) -> Self {
        Self { json: JsonWriter::compact(), is_lines, is_open: false, has_logs: false }
    }

    pub(super) fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        if !self.is_open {
            self.open(SPANS);
        }
        self.spans(shown, unit.spans);
        if self.is_lines && unit.is_last_of_trace {
            self.close();
        }
        self.json.drain_into(out);
    }

    pub(super) fn logs(&mut self, shown: &Shown<'_>, unit: LogUnit, out: &mut Vec<u8>) {
        if self.is_lines {
            if !self.is_open {
                self.open(LOGS);
            }
        } else if !self.has_logs {
            if !self.is_open {
                self.open(SPANS);
            }
            self.json.close();
            self.json.key(LOGS);
            self.json.open_array();
            self.has_logs = true;
        }
        let sorted = logs_by_resource_and_scope(shown, unit.logs);
        groups(&mut self.json, shown, &sorted, ["scopeLogs", "logRecords"], log_object);
        if self.is_lines && unit.is_last_of_trace {
            self.close();
        }
        self.json.drain_into(out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        if !self.is_open && !self.is_lines {
            self.open(SPANS);
        }
        if self.is_open {
            self.close();
        }
        self.json.drain_into(out);
    }

    fn open(&mut self, list: &str) {
        self.json.open_object();
        self.json.key(list);
        self.json.open_array();
        self.is_open = true;
    }

    fn close(&mut self) {
        self.json.close();
        self.json.close();
        self.json.end_line();
        self.is_open = false;
    }

    fn spans(&mut self, shown: &Shown<'_>, spans: &[SpanIdx]) {
        let sorted = by_resource_and_scope(shown, spans);
        groups(&mut self.json, shown, &sorted, ["scopeSpans", "spans"], span_object);
    }
}

/// What stands in `resourceSpans` or `resourceLogs`, which are alike but for the names of their lists and what stands in these.
fn groups<I: Copy>(
    json: &mut JsonWriter,
    shown: &Shown<'_>,
    sorted: &[(ResourceIdx, ScopeIdx, I)],
    [of_scopes, of_elements]: [&str; 2],
    write: impl Fn(&mut JsonWriter, &Shown<'_>, I),
) {
    for of_resource in sorted.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(resource, ..)) = of_resource.first() else { continue };
        json.open_object();
        resource_object(json, shown, resource);
        json.key(of_scopes);
        json.open_array();
        for of_scope in of_resource.chunk_by(|a, b| a.1 == b.1) {
            let Some(&(_, scope, _)) = of_scope.first() else { continue };
            json.open_object();
            scope_object(json, shown, scope);
            json.key(of_elements);
            json.open_array();
            for &(.., element) in of_scope {
                write(json, shown, element);
            }
            json.close();
            text(json, "schemaUrl", shown.scope(scope).schema_url);
            json.close();
        }
        json.close();
        text(json, "schemaUrl", shown.resource(resource).schema_url);
        json.close();
    }
}

fn log_object(json: &mut JsonWriter, shown: &Shown<'_>, log: LogIdx) {
    let log = shown.log(log);
    json.open_object();
    for (key, time) in [("timeUnixNano", log.time), ("observedTimeUnixNano", log.observed)] {
        if time != 0 {
            json.key(key);
            json.quoted(time);
        }
    }
    if log.severity != 0 {
        json.key("severityNumber");
        json.bare(log.severity);
    }
    text(json, "severityText", log.severity_text);
    if !log.body.is_empty() {
        json.key("body");
        let depth = json.depth();
        list(json, shown, log.body, false, depth, &[]);
    }
    attributes(json, shown, log.attributes, &[]);
    count(json, "droppedAttributesCount", log.dropped_attributes);
    count(json, "flags", log.flags);
    id(json, "traceId", log.trace_id);
    if log.span_id != Id::Missing {
        id(json, "spanId", log.span_id);
    }
    text(json, "eventName", log.event_name);
    json.close();
}

fn resource_object(json: &mut JsonWriter, shown: &Shown<'_>, resource: ResourceIdx) {
    let resource = shown.resource(resource);
    json.key("resource");
    json.open_object();
    attributes(json, shown, resource.attributes, &[]);
    count(json, "droppedAttributesCount", resource.dropped_attributes);
    json.close();
}

fn scope_object(json: &mut JsonWriter, shown: &Shown<'_>, scope: ScopeIdx) {
    let scope = shown.scope(scope);
    json.key("scope");
    json.open_object();
    text(json, "name", scope.name);
    text(json, "version", scope.version);
    attributes(json, shown, scope.attributes, &[]);
    count(json, "droppedAttributesCount", scope.dropped_attributes);
    json.close();
}

fn span_object(json: &mut JsonWriter, shown: &Shown<'_>, span: SpanIdx) {
    let own = shown.notes(span);
    let span = shown.span(span);
    json.open_object();
    id(json, "traceId", span.trace_id);
    id(json, "spanId", span.id);
    text(json, "traceState", span.trace_state);
    if span.parent_id != Id::Missing {
        id(json, "parentSpanId", span.parent_id);
    }
    count(json, "flags", span.flags);
    json.key("name");
    json.string(span.name.as_str());
    json.key("kind");
    json.bare(span.kind_number);
    for (key, time) in [("startTimeUnixNano", span.start), ("endTimeUnixNano", span.end)] {
        json.key(key);
        json.quoted(time);
    }
    attributes(json, shown, span.attributes, &own);
    count(json, "droppedAttributesCount", span.dropped_attributes);
    if !span.events.is_empty() {
        json.key("events");
        json.open_array();
        span.events.iter().for_each(|event| event_object(json, shown, event));
        json.close();
    }
    count(json, "droppedEventsCount", span.dropped_events);
    if !span.links.is_empty() {
        json.key("links");
        json.open_array();
        span.links.iter().for_each(|link| link_object(json, shown, link));
        json.close();
    }
    count(json, "droppedLinksCount", span.dropped_links);
    json.key("status");
    json.open_object();
    text(json, "message", span.status_message);
    if span.status != StatusCode::Unset {
        json.key("code");
        json.bare(span.status as u8);
    }
    json.close();
    json.close();
}

fn event_object(json: &mut JsonWriter, shown: &Shown<'_>, event: EventIdx) {
    let event = shown.event(event);
    json.open_object();
    json.key("timeUnixNano");
    json.quoted(event.time);
    text(json, "name", event.name);
    attributes(json, shown, event.attributes, &[]);
    count(json, "droppedAttributesCount", event.dropped_attributes);
    json.close();
}

fn link_object(json: &mut JsonWriter, shown: &Shown<'_>, link: LinkIdx) {
    let link = shown.link(link);
    json.open_object();
    id(json, "traceId", link.trace_id);
    id(json, "spanId", link.span_id);
    text(json, "traceState", link.trace_state);
    attributes(json, shown, link.attributes, &[]);
    count(json, "droppedAttributesCount", link.dropped_attributes);
    count(json, "flags", link.flags);
    json.close();
}

fn id(json: &mut JsonWriter, key: &str, id: Id<'_>) {
    json.key(key);
    match id {
        // The only ones that may need escapes.
        Id::Text(text) => json.string(text.as_str()),
        id => json.quoted(id),
    }
}

fn text(json: &mut JsonWriter, key: &str, value: Text<'_>) {
    if !value.is_empty() {
        json.key(key);
        json.string(value.as_str());
    }
}

fn count(json: &mut JsonWriter, key: &str, number: u32) {
    if number != 0 {
        json.key(key);
        json.bare(number);
    }
}

/// The list of attributes, arrays and maps within them from a stack of lists that wait. Behind them and in place of those with the
/// same keys stand `own`.
fn attributes(json: &mut JsonWriter, shown: &Shown<'_>, entries: Entries, own: &[(&str, ShownValue<'_>)]) {
    if entries.is_empty() && own.is_empty() {
        return;
    }
    json.key("attributes");
    json.open_array();
    let outside = json.depth() - 1;
    list(json, shown, entries, true, outside, own);
}

/// The elements of a list, or a value alone, after which the writer is as deep as `depth` says.
fn list(
    json: &mut JsonWriter,
    shown: &Shown<'_>,
    entries: Entries,
    has_keys: bool,
    depth: usize,
    own: &[(&str, ShownValue<'_>)],
) {
    // (entries to write, whether they have keys, how deep the writer is when they are done)
    let mut pending = vec![(entries, has_keys, depth)];
    while let Some((entries, has_keys, depth)) = pending.last_mut() {
        let Some((key, value)) = shown.next(entries) else {
            let depth = *depth;
            pending.pop();
            if pending.is_empty() {
                while depth + 1 < json.depth() {
                    json.close();
                }
                for &(key, value) in own {
                    own_attribute(json, key, value);
                }
            }
            while depth < json.depth() {
                json.close();
            }
            continue;
        };
        let (is_keyed, is_outermost) = (*has_keys, pending.len() == 1);
        if is_outermost && own.iter().any(|(own, _)| *own == key.as_str()) {
            continue;
        }
        let outside = json.depth();
        json.open_object();
        if is_keyed {
            json.key("key");
            json.string(key.as_str());
            json.key("value");
            json.open_object();
        }
        let (inner, key, has_keys) = match value {
            ShownValue::Array(inner) => (inner, "arrayValue", false),
            ShownValue::KvList(inner) => (inner, "kvlistValue", true),
            scalar => {
                scalar_value(json, scalar);
                while outside < json.depth() {
                    json.close();
                }
                continue;
            }
        };
        json.key(key);
        json.open_object();
        json.key("values");
        json.open_array();
        pending.push((inner, has_keys, outside));
    }
}

fn own_attribute(json: &mut JsonWriter, key: &str, value: ShownValue<'_>) {
    json.open_object();
    json.key("key");
    json.string(key);
    json.key("value");
    json.open_object();
    scalar_value(json, value);
    json.close();
    json.close();
}

fn scalar_value(json: &mut JsonWriter, value: ShownValue<'_>) {
    match value {
        ShownValue::String(text) => {
            json.key("stringValue");
            json.string(text.as_str());
        }
        ShownValue::Bool(flag) => {
            json.key("boolValue");
            json.bare(flag);
        }
        ShownValue::Int(number) => {
            json.key("intValue");
            json.quoted(number);
        }
        ShownValue::Double(number) => {
            json.key("doubleValue");
            if number.is_finite() {
                json.bare(double(number));
            } else {
                json.string(&double(number));
            }
        }
        ShownValue::Bytes(bytes) => {
            json.key("bytesValue");
            json.string(&base64_from_bytes(bytes));
        }
        ShownValue::Empty | ShownValue::Array(_) | ShownValue::KvList(_) => {}
    }
}

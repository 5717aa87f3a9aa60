//! OTLP JSON (opentelemetry-proto, `docs/specification.md`, "JSON Protobuf Encoding"): ids in hex, 64-bit integers as strings,
//! enums as numbers, bytes in base64. Read back, it gives an equal span.

use super::json::JsonWriter;
use super::plain::double;
use crate::base::text::base64_from_bytes;
use crate::base::{IdxRange, StrId};
use crate::model::{AttributeIdx, Dataset, EventIdx, LinkIdx, SpanIdx, SpanKey, StatusCode, TraceKey, Value};

/// One span as a document of its own, with its resource and scope.
pub fn span_document(dataset: &Dataset, span: SpanIdx) -> String {
    let mut json = JsonWriter::default();
    let (resource, scope) = (dataset.spans.resource[span], dataset.spans.scope[span]);
    let (resources, scopes) = (&dataset.resources, &dataset.scopes);
    json.open_object();
    json.key("resourceSpans");
    json.open_array();
    json.open_object();
    json.key("resource");
    json.open_object();
    attributes(&mut json, dataset, resources.attributes[resource]);
    count(&mut json, "droppedAttributesCount", resources.dropped_attributes[resource]);
    json.close();
    json.key("scopeSpans");
    json.open_array();
    json.open_object();
    json.key("scope");
    json.open_object();
    text(&mut json, dataset, "name", scopes.name[scope]);
    text(&mut json, dataset, "version", scopes.version[scope]);
    attributes(&mut json, dataset, scopes.attributes[scope]);
    count(&mut json, "droppedAttributesCount", scopes.dropped_attributes[scope]);
    json.close();
    json.key("spans");
    json.open_array();
    span_object(&mut json, dataset, span);
    json.close();
    text(&mut json, dataset, "schemaUrl", scopes.schema_url[scope]);
    json.close();
    json.close();
    text(&mut json, dataset, "schemaUrl", resources.schema_url[resource]);
    json.finish()
}

fn span_object(json: &mut JsonWriter, dataset: &Dataset, span: SpanIdx) {
    let spans = &dataset.spans;
    json.open_object();
    ids(json, dataset, dataset.traces.key[spans.trace[span]], spans.key(span));
    text(json, dataset, "traceState", spans.trace_state.get(span).unwrap_or_default());
    if spans.parent_key(span) != SpanKey::Missing {
        json.key("parentSpanId");
        json.string(&spans.parent_key(span).display(&dataset.strings).to_string());
    }
    count(json, "flags", spans.flags[span]);
    json.key("name");
    json.string(dataset.str(spans.name[span]));
    json.key("kind");
    json.bare(spans.unknown_kind.get(span).unwrap_or(spans.kind[span] as i32));
    for (key, time) in [("startTimeUnixNano", spans.start[span]), ("endTimeUnixNano", spans.end[span])] {
        json.key(key);
        json.string(&time.to_string());
    }
    attributes(json, dataset, spans.attributes[span]);
    count(json, "droppedAttributesCount", spans.dropped_attributes.get(span).unwrap_or(0));
    if !spans.events[span].is_empty() {
        json.key("events");
        json.open_array();
        spans.events[span].iter().for_each(|event| event_object(json, dataset, event));
        json.close();
    }
    count(json, "droppedEventsCount", spans.dropped_events.get(span).unwrap_or(0));
    if !spans.links[span].is_empty() {
        json.key("links");
        json.open_array();
        spans.links[span].iter().for_each(|link| link_object(json, dataset, link));
        json.close();
    }
    count(json, "droppedLinksCount", spans.dropped_links.get(span).unwrap_or(0));
    json.key("status");
    json.open_object();
    text(json, dataset, "message", spans.status_message.get(span).unwrap_or_default());
    if spans.status[span] != StatusCode::Unset {
        json.key("code");
        json.bare(spans.status[span] as u8);
    }
    json.close();
    json.close();
}

fn event_object(json: &mut JsonWriter, dataset: &Dataset, event: EventIdx) {
    let events = &dataset.events;
    json.open_object();
    json.key("timeUnixNano");
    json.string(&events.time[event].to_string());
    text(json, dataset, "name", events.name[event]);
    attributes(json, dataset, events.attributes[event]);
    count(json, "droppedAttributesCount", events.dropped_attributes.get(event).unwrap_or(0));
    json.close();
}

fn link_object(json: &mut JsonWriter, dataset: &Dataset, link: LinkIdx) {
    let links = &dataset.links;
    json.open_object();
    ids(json, dataset, links.trace[link], links.span[link]);
    text(json, dataset, "traceState", links.trace_state[link]);
    attributes(json, dataset, links.attributes[link]);
    count(json, "droppedAttributesCount", links.dropped_attributes.get(link).unwrap_or(0));
    count(json, "flags", links.flags[link]);
    json.close();
}

fn ids(json: &mut JsonWriter, dataset: &Dataset, trace: TraceKey, span: SpanKey) {
    json.key("traceId");
    json.string(&trace.display(&dataset.strings).to_string());
    json.key("spanId");
    json.string(&span.display(&dataset.strings).to_string());
}

fn text(json: &mut JsonWriter, dataset: &Dataset, key: &str, value: StrId) {
    if value != StrId::EMPTY {
        json.key(key);
        json.string(dataset.str(value));
    }
}

fn count(json: &mut JsonWriter, key: &str, number: u32) {
    if number != 0 {
        json.key(key);
        json.bare(number);
    }
}

/// The list of attributes, arrays and maps within them from a stack of ranges that wait.
fn attributes(json: &mut JsonWriter, dataset: &Dataset, range: IdxRange<AttributeIdx>) {
    if range.is_empty() {
        return;
    }
    json.key("attributes");
    json.open_array();
    // (rows to write, whether they have keys, how deep the writer is when they are done)
    let mut pending = vec![(range, true, json.depth() - 1)];
    while let Some((rows, has_keys, depth)) = pending.pop() {
        let Some(row) = rows.first() else {
            while depth < json.depth() {
                json.close();
            }
            continue;
        };
        pending.push((IdxRange::new(rows.start + 1, rows.end), has_keys, depth));
        let outside = json.depth();
        json.open_object();
        if has_keys {
            json.key("key");
            json.string(dataset.str(dataset.attributes.key(row)));
            json.key("value");
            json.open_object();
        }
        let inner = match dataset.attributes.value(row) {
            Value::Array(inner) => Some((inner, "arrayValue", false)),
            Value::KvList(inner) => Some((inner, "kvlistValue", true)),
            scalar => {
                scalar_value(json, dataset, scalar);
                None
            }
        };
        if let Some((inner, key, has_keys)) = inner {
            json.key(key);
            json.open_object();
            json.key("values");
            json.open_array();
            pending.push((inner, has_keys, outside));
            continue;
        }
        while outside < json.depth() {
            json.close();
        }
    }
}

fn scalar_value(json: &mut JsonWriter, dataset: &Dataset, value: Value<'_>) {
    match value {
        Value::String(text) => {
            json.key("stringValue");
            json.string(dataset.str(text));
        }
        Value::Bool(flag) => {
            json.key("boolValue");
            json.bare(flag);
        }
        Value::Int(number) => {
            json.key("intValue");
            json.string(&number.to_string());
        }
        Value::Double(number) => {
            json.key("doubleValue");
            if number.is_finite() {
                json.bare(double(number));
            } else {
                json.string(&double(number));
            }
        }
        Value::Bytes(bytes) => {
            json.key("bytesValue");
            json.string(&base64_from_bytes(bytes));
        }
        Value::Empty | Value::Array(_) | Value::KvList(_) => {}
    }
}

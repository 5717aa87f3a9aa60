//! Zipkin's JSON, version 2 (zipkin-api, `zipkin2-api.yaml`): one list of spans.
//!
//! How OpenTelemetry is said in it: opentelemetry.io, "OpenTelemetry to Zipkin Transformation" and "OpenTelemetry Transformation to
//! non-OTLP Formats"; resource attributes, which these leave open, become tags, as the collector has it
//! (opentelemetry-collector-contrib, `pkg/translator/zipkin`). All values are text. Times are whole microseconds; a span that
//! ends lasts one at least, as Zipkin has no 0.

use super::json::JsonWriter;
use super::shown::{Entries, Id, Shown, ShownSpan, ShownValue};
use super::units::Unit;
use super::values;
use crate::base::FastSet;
use crate::model::{EventIdx, SpanIdx, SpanKind, StatusCode};

/// A list of spans.
pub(super) struct Zipkin {
    json: JsonWriter,
    has_begun: bool,
    /// The keys of the tags so far: an object has each once.
    keys: FastSet<String>,
}

/// Where the called service is named, the best first, with where its port is: "Remote endpoint" there.
const REMOTE: [(&str, &str); 11] = [
    ("peer.service", ""),
    ("server.address", ""),
    ("net.peer.name", ""),
    ("network.peer.address", "network.peer.port"),
    ("server.socket.domain", ""),
    ("server.socket.address", "server.socket.port"),
    ("net.sock.peer.name", ""),
    ("net.sock.peer.addr", "net.sock.peer.port"),
    ("peer.hostname", ""),
    ("peer.address", ""),
    ("db.name", ""),
];

impl Zipkin {
    pub(super) fn new() -> Self {
        Self { json: JsonWriter::compact(), has_begun: false, keys: FastSet::default() }
    }

    pub(super) fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        self.begin();
        unit.spans.iter().for_each(|&span| self.span(shown, span));
        self.json.drain_into(out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.begin();
        self.json.close();
        self.json.end_line();
        self.json.drain_into(out);
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.json.open_array();
        }
    }

    fn span(&mut self, shown: &Shown<'_>, at: SpanIdx) {
        let span = shown.span(at);
        let json = &mut self.json;
        json.open_object();
        id(json, "traceId", span.trace_id);
        id(json, "parentId", span.parent_id);
        id(json, "id", span.id);
        if let Some(kind) = kind_name(span.kind) {
            json.key("kind");
            json.string(kind);
        }
        json.key("name");
        json.string(span.name.as_str());
        if span.start != 0 {
            json.key("timestamp");
            json.bare(span.start / 1000);
            if span.start <= span.end {
                json.key("duration");
                json.bare((span.end / 1000 - span.start / 1000).max(1));
            }
        }
        json.key("localEndpoint");
        json.open_object();
        json.key("serviceName");
        json.string(shown.service_name(shown.resource_of(at)).as_str());
        json.close();
        if matches!(span.kind, SpanKind::Client | SpanKind::Producer) {
            remote_endpoint(json, shown, span.attributes);
        }
        if !span.events.is_empty() {
            json.key("annotations");
            json.open_array();
            span.events.iter().for_each(|event| annotation(json, shown, event));
            json.close();
        }
        self.tags(shown, at, &span);
        self.json.close();
    }

    fn tags(&mut self, shown: &Shown<'_>, at: SpanIdx, span: &ShownSpan<'_>) {
        self.keys.clear();
        self.json.key("tags");
        self.json.open_object();
        // What is said of the status is no attribute's to say.
        let status = match span.status {
            StatusCode::Unset => "",
            StatusCode::Ok => "OK",
            StatusCode::Error => "ERROR",
        };
        if span.status != StatusCode::Unset {
            self.tag("otel.status_code", status);
        }
        if span.status == StatusCode::Error {
            self.tag("error", span.status_message.as_str());
        }
        let scope = shown.scope(shown.scope_of(at));
        for (key, text) in [("otel.scope.name", scope.name), ("otel.scope.version", scope.version)] {
            if !text.is_empty() {
                self.tag(key, text.as_str());
            }
        }
        for (key, count) in [
            ("otel.dropped_attributes_count", span.dropped_attributes),
            ("otel.dropped_events_count", span.dropped_events),
            ("otel.dropped_links_count", span.dropped_links),
        ] {
            if count != 0 {
                self.tag(key, &count.to_string());
            }
        }
        // A span's own come before its resource's of the same key.
        for (key, value) in shown.entries(span.attributes) {
            // Zipkin takes any `error` for one.
            if key.as_str() != "error" {
                self.tag(key.as_str(), &values::text(shown, value));
            }
        }
        for (key, value) in shown.entries(shown.resource(shown.resource_of(at)).attributes) {
            if key.as_str() != "service.name" {
                self.tag(key.as_str(), &values::text(shown, value));
            }
        }
        self.json.close();
    }

    fn tag(&mut self, key: &str, text: &str) {
        if self.keys.insert(key.to_owned()) {
            self.json.key(key);
            self.json.string(text);
        }
    }
}

const fn kind_name(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => None,
        SpanKind::Server => Some("SERVER"),
        SpanKind::Client => Some("CLIENT"),
        SpanKind::Producer => Some("PRODUCER"),
        SpanKind::Consumer => Some("CONSUMER"),
    }
}

fn remote_endpoint(json: &mut JsonWriter, shown: &Shown<'_>, attributes: Entries) {
    let named = REMOTE.iter().find_map(|(name, port)| Some((shown.find(attributes, name)?, port)));
    let Some((name, port)) = named else { return };
    json.key("remoteEndpoint");
    json.open_object();
    json.key("serviceName");
    json.string(&values::text(shown, name));
    if !port.is_empty()
        && let Some(ShownValue::Int(port)) = shown.find(attributes, port)
        && let Ok(port) = u16::try_from(port)
    {
        json.key("port");
        json.bare(port);
    }
    json.close();
}

/// `"name": {"key": "value"}`, or the name alone where there are no attributes.
fn annotation(json: &mut JsonWriter, shown: &Shown<'_>, event: EventIdx) {
    let event = shown.event(event);
    json.open_object();
    json.key("timestamp");
    json.bare(event.time / 1000);
    json.key("value");
    if shown.entries(event.attributes).next().is_none() {
        json.string(event.name.as_str());
    } else {
        let mut value = JsonWriter::compact();
        value.string(event.name.as_str());
        let mut text = value.finish();
        let mut object = JsonWriter::compact();
        values::json_object(&mut object, shown, event.attributes);
        text.push_str(": ");
        text.push_str(&object.finish());
        json.string(&text);
    }
    json.close();
}

fn id(json: &mut JsonWriter, key: &str, id: Id<'_>) {
    match id {
        Id::Missing => {}
        Id::Text(text) => {
            json.key(key);
            json.string(text.as_str());
        }
        id => {
            json.key(key);
            json.quoted(id);
        }
    }
}

//! Zipkin, version 2 and version 1.
//!
//! The shape: openzipkin/zipkin-api, `zipkin2-api.yaml` and `zipkin-api.yaml` (version 1): a list of spans, or a list of such lists as `/api/v2/traces`
//! answers. The meaning: the OpenTelemetry specification, "OpenTelemetry to Zipkin Transformation", read backwards, as the collector's
//! `pkg/translator/zipkin` does.
//!
//! | Zipkin | here |
//! | --- | --- |
//! | `traceId`, `id`, `parentId` | ids as they are written; one of 16 digits stays one of 16 digits |
//! | `timestamp`, `duration` | microseconds; without `duration` a span ends where it starts |
//! | `kind` | kind; none is internal in Zipkin, and unspecified here |
//! | `localEndpoint` | the resource: `service.name`, `host.ip`, `net.host.port` |
//! | `remoteEndpoint` | `peer.service`, `network.peer.address`, `network.peer.port` |
//! | `tags` | attributes of text; `error` sets the status, `otel.status_code` and `otel.status_description` too, and go; `otel.scope.name` and `.version` (or `otel.library.*`) become the scope |
//! | `annotations` | events |
//! | `shared` | both halves of a call have one id: told apart once the source ends (`Batch::split_shared_spans`) |
//! | `debug` | an attribute of the span |
//!
//! Version 1 has endpoints at each annotation: `sr` and `ss` make a server of the span, `cs` and `cr` a client, and tell its times where it has none
//! itself; `binaryAnnotations` are its tags, `sa` and `ca` the other's address.

use std::borrow::Cow;

use super::pen::{Id, Pen, span_id, trace_id};
use super::tape::{Item, Kind};
use super::{Format, Level, Step};
use crate::base::{IdxRange, StrId};
use crate::model::{Example, FindingKind, ResourceSlot, SpanDraft, SpanIdx, SpanKind, StatusCode};

/// A microsecond.
const US: u64 = 1000;

/// Reads spans of Zipkin.
#[derive(Default)]
pub(super) struct Zipkin {
    /// The first span of this source in the batch.
    first: Option<SpanIdx>,
}

impl Format for Zipkin {
    fn name(&self) -> &'static str {
        "Zipkin JSON"
    }

    fn coarse_ns(&self) -> u32 {
        1000
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"traceId\"", b"\"id\"", b"\"trace_id\""]
    }

    fn step(&self, level: Level, _key: &[u8], first: u8) -> Step {
        match (level, first) {
            // A list of traces, or of spans; a span a line.
            (0..=1, b'[') => Step::Enter(level + 1),
            (_, b'{') => Step::Leaf(0),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, _leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        self.first.get_or_insert_with(|| pen.next_span());
        let parts = Parts::of(item, pen);
        let (status, message) = parts.status();
        if !pen.lets_in(&parts.trace, parts.start, parts.end, status) {
            return;
        }
        let resource = parts.resource(pen);
        let scope = parts.scope(pen);
        let first_event = pen.batch.next_event();
        for event in item.get("annotations").into_iter().flat_map(Item::elements) {
            let time = event.get("timestamp").map_or(0, |time| pen.time(time, US, "annotations.timestamp"));
            let name = event.get("value").map_or(StrId::EMPTY, |name| pen.text(name, "annotations.value"));
            pen.event(time, name);
        }
        let events = IdxRange::new(first_event.0, pen.batch.next_event().0);
        parts.tags(pen);
        let attributes = pen.attributes();
        let draft = SpanDraft {
            trace: pen.trace_key(&parts.trace),
            id: pen.span_key(&span_id(item.get("id"))),
            parent: pen.span_key(&span_id(item.get_any(&["parentId", "parent_id"]))),
            name: item.get("name").map_or(StrId::EMPTY, |name| pen.text(name, "name")),
            start: parts.start,
            end: parts.end,
            kind: parts.kind,
            status,
            status_message: pen.bytes(&message),
            attributes,
            events,
            resource,
            scope,
            ..SpanDraft::default()
        };
        pen.span(&draft);
    }

    fn finish(&mut self, pen: &mut Pen<'_>) {
        let Some(first) = self.first else { return };
        if let Some((count, _)) = pen.batch.split_shared_spans(first) {
            let source = pen.ink.source;
            let note = "client and server with one id".to_owned();
            pen.report.add_many(FindingKind::SharedSpan, count, || Example { source, note, ..Example::default() });
        }
    }
}

/// What is known of a span before any of it is written.
struct Parts<'a> {
    item: Item<'a>,
    trace: Id<'a>,
    start: u64,
    end: u64,
    kind: SpanKind,
    /// The endpoint of the service itself, and the other's.
    local: Option<Item<'a>>,
    remote: Option<Item<'a>>,
}

impl<'a> Parts<'a> {
    fn of(item: Item<'a>, pen: &mut Pen<'_>) -> Self {
        let time = |name: &str, pen: &mut Pen<'_>| item.get(name).map_or(0, |time| pen.time(time, US, "timestamp"));
        let mut parts = Parts {
            item,
            trace: trace_id(item.get_any(&["traceId", "trace_id"])),
            start: time("timestamp", pen),
            end: 0,
            kind: SpanKind::Unspecified,
            local: item.get("localEndpoint"),
            remote: item.get("remoteEndpoint"),
        };
        let duration = time("duration", pen);
        parts.kind = item.get("kind").map_or(SpanKind::Unspecified, |kind| match &*kind.text() {
            b"CLIENT" => SpanKind::Client,
            b"SERVER" => SpanKind::Server,
            b"PRODUCER" => SpanKind::Producer,
            b"CONSUMER" => SpanKind::Consumer,
            _ => SpanKind::Unspecified,
        });
        let (mut first, mut last) = (u64::MAX, 0);
        for annotation in item.get("annotations").into_iter().flat_map(Item::elements) {
            let kind = annotation.get("value").map_or(SpanKind::Unspecified, |value| match &*value.text() {
                b"cs" | b"cr" => SpanKind::Client,
                b"sr" | b"ss" => SpanKind::Server,
                b"ms" => SpanKind::Producer,
                b"mr" => SpanKind::Consumer,
                _ => SpanKind::Unspecified,
            });
            let endpoint = annotation.get_any(&["endpoint", "host"]);
            if parts.local.is_none() {
                parts.local = endpoint;
            }
            if kind != SpanKind::Unspecified {
                let time = annotation.get("timestamp").map_or(0, |time| pen.time(time, US, "annotations.timestamp"));
                (first, last) = (first.min(time), last.max(time));
                if parts.kind == SpanKind::Unspecified {
                    parts.kind = kind;
                }
            }
        }
        if parts.start == 0 && first != u64::MAX {
            // Version 1 without a time of its own: what the two ends told.
            (parts.start, parts.end) = (first, last);
        } else if parts.start != 0 {
            parts.end = parts.start.saturating_add(duration);
        }
        for tag in parts.binary() {
            let endpoint = tag.get_any(&["endpoint", "host"]);
            if tag.get("key").is_some_and(|key| key.is("sa") || key.is("ca")) {
                parts.remote = parts.remote.or(endpoint);
            } else if parts.local.is_none() {
                parts.local = endpoint;
            }
        }
        parts
    }

    /// The tags of version 1.
    fn binary(&self) -> impl Iterator<Item = Item<'a>> + use<'a> {
        self.item.get_any(&["binaryAnnotations", "binary_annotations"]).into_iter().flat_map(Item::elements)
    }

    /// A tag of either version.
    fn tag(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        let new = self.item.path(&["tags", name]);
        let value = new.or_else(|| {
            self.binary().find(|tag| tag.get("key").is_some_and(|key| key.is(name))).and_then(|tag| tag.get("value"))
        });
        value.map(Item::text)
    }

    fn status(&self) -> (StatusCode, Cow<'a, [u8]>) {
        let description = self.tag("otel.status_description");
        let error = self.tag("error");
        let status = match self.tag("otel.status_code").as_deref() {
            Some(b"ERROR") => StatusCode::Error,
            Some(b"OK") if error.is_none() => StatusCode::Ok,
            _ if error.is_some() => StatusCode::Error,
            _ => StatusCode::Unset,
        };
        let words = error.filter(|words| !matches!(&**words, b"" | b"true" | b"false"));
        (status, description.or(words).unwrap_or_default())
    }

    fn resource(&self, pen: &mut Pen<'_>) -> ResourceSlot {
        pen.resource(|pen| {
            let Some(local) = self.local else { return };
            let names =
                [("serviceName", "service.name"), ("service_name", "service.name"), ("ipv4", "host.ip"), ("ipv6", "host.ip")];
            for (member, key) in names {
                if let Some(value) = local.get(member).filter(|value| value.kind() == Kind::String && !value.text().is_empty()) {
                    pen.string(key, &value.text());
                }
            }
            if let Some(port) = local.get("port").filter(|port| port.raw().bytes != b"0") {
                let key = pen.known("net.host.port");
                pen.attribute(key, port, "localEndpoint.port");
            }
        })
    }

    fn scope(&self, pen: &mut Pen<'_>) -> crate::model::ScopeSlot {
        let part = |new: &str, old: &str| self.tag(new).or_else(|| self.tag(old)).unwrap_or_default();
        let name = pen.bytes(&part("otel.scope.name", "otel.library.name"));
        let version = pen.bytes(&part("otel.scope.version", "otel.library.version"));
        pen.scope(name, version)
    }

    /// Writes the attributes of the span.
    fn tags(&self, pen: &mut Pen<'_>) {
        const TAKEN: [&[u8]; 6] = [
            b"otel.status_code",
            b"otel.status_description",
            b"otel.scope.name",
            b"otel.scope.version",
            b"otel.library.name",
            b"otel.library.version",
        ];
        for (key, value) in self.item.get("tags").into_iter().flat_map(Item::members) {
            if !TAKEN.contains(&&*key) {
                let key = pen.bytes(&key);
                pen.attribute(key, value, "tags");
            }
        }
        for tag in self.binary() {
            let (Some(key), Some(value)) = (tag.get("key"), tag.get("value")) else { continue };
            let key = key.text();
            if !TAKEN.contains(&&*key) && !matches!(&*key, b"sa" | b"ca") {
                let key = pen.bytes(&key);
                pen.attribute(key, value, "binaryAnnotations");
            }
        }
        if let Some(remote) = self.remote {
            for (member, key) in
                [("serviceName", "peer.service"), ("ipv4", "network.peer.address"), ("ipv6", "network.peer.address")]
            {
                if let Some(value) = remote.get(member).filter(|value| value.kind() == Kind::String && !value.text().is_empty()) {
                    pen.string(key, &value.text());
                }
            }
            if let Some(port) = remote.get("port").filter(|port| port.raw().bytes != b"0") {
                let key = pen.known("network.peer.port");
                pen.attribute(key, port, "remoteEndpoint.port");
            }
        }
        if self.item.get("debug").is_some_and(|debug| debug.kind() == Kind::True) {
            let key = pen.known("zipkin.debug");
            pen.ink.writer.bool(key, true);
        }
    }
}

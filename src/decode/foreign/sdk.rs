//! What OpenTelemetry's SDKs print to a console: Python, Go and JavaScript, one object a span; and JavaScript's span objects as JSON.
//!
//! Sources: opentelemetry-python `sdk/trace/__init__.py` (`ReadableSpan.to_json`), opentelemetry-go `exporters/stdout/stdouttrace` and `sdk/trace/tracetest`
//! (`SpanStub`), opentelemetry-js `sdk-trace-base/src/export/ConsoleSpanExporter.ts` (which prints JavaScript, not JSON: see `relaxed`) and `ReadableSpan.ts`.
//!
//! | | Python | Go | JavaScript |
//! | --- | --- | --- | --- |
//! | told by | `context` | `SpanContext` | `traceId` with `id`, or `spanContext` |
//! | times | RFC 3339 of microseconds | RFC 3339 of nanoseconds | microseconds with a fraction; `[seconds, nanoseconds]` |
//! | kind | its name | OTLP's number | OTLP's number less one |
//! | types of values | lost but for JSON's | kept | lost but for JSON's |
//! | missing | scope, dropped counts, flags | | flags |

use std::borrow::Cow;

use super::pen::{Id, Pen, id_of_text, span_id, trace_id};
use super::tape::{Item, Kind};
use super::{Format, Level, Step};
use crate::base::{IdxRange, StrId};
use crate::model::{EventDraft, FindingKind, LinkDraft, ScopeSlot, SpanDraft, SpanKind, StatusCode};

/// Which SDK a source was printed by; all are read, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sdk {
    Python,
    Go,
    JavaScript,
}

/// Reads spans that SDKs printed.
pub(super) struct Console {
    sdk: Sdk,
    is_coarse: bool,
}

impl Console {
    pub(super) fn new(sdk: Sdk) -> Self {
        Self { sdk, is_coarse: false }
    }

    /// A time of whatever SDK.
    fn time(&mut self, item: Option<Item<'_>>, path: &str, pen: &mut Pen<'_>) -> u64 {
        let Some(item) = item else { return 0 };
        match item.kind() {
            Kind::Array => {
                let mut parts = item.elements().map(|part| pen.time(part, 1, path));
                let (seconds, ns) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
                seconds.saturating_mul(1_000_000_000).saturating_add(ns)
            }
            Kind::Number => {
                self.is_coarse = true;
                pen.time(item, 1000, path)
            }
            _ => pen.rfc3339(item, path),
        }
    }

    fn python(&mut self, item: Item<'_>, pen: &mut Pen<'_>) {
        let Some(context) = item.get("context") else { return };
        self.is_coarse = true;
        let trace = without_0x(context.get("trace_id"), 32);
        let (start, end) =
            (self.time(item.get("start_time"), "start_time", pen), self.time(item.get("end_time"), "end_time", pen));
        let status_of =
            |item: Item<'_>| item.path(&["status", "status_code"]).map(|code| status_named(&code.text())).unwrap_or_default();
        let status = status_of(item);
        if !pen.lets_in(&trace, start, end, status) {
            return;
        }
        let resource = pen.resource(|pen| {
            // Old versions print the attributes alone.
            if let Some(resource) = item.get("resource") {
                pen.members(resource.get("attributes").or(Some(resource)), "resource");
            }
        });
        let first_link = pen.batch.next_link();
        for link in item.get("links").into_iter().flat_map(Item::elements) {
            pen.members(link.get("attributes"), "links.attributes");
            let context = link.get("context").unwrap_or(link);
            let (trace, span) = (without_0x(context.get("trace_id"), 32), without_0x(context.get("span_id"), 16));
            pen.link(&trace, &span);
        }
        let links = IdxRange::new(first_link.0, pen.batch.next_link().0);
        let first_event = pen.batch.next_event();
        for event in item.get("events").into_iter().flat_map(Item::elements) {
            pen.members(event.get("attributes"), "events.attributes");
            let time = self.time(event.get("timestamp"), "events.timestamp", pen);
            let name = text(event.get("name"), "events.name", pen);
            pen.event(time, name);
        }
        let events = IdxRange::new(first_event.0, pen.batch.next_event().0);
        pen.members(item.get("attributes"), "attributes");
        let draft = SpanDraft {
            trace: pen.trace_key(&trace),
            id: pen.span_key(&without_0x(context.get("span_id"), 16)),
            parent: pen.span_key(&without_0x(item.get("parent_id"), 16)),
            name: text(item.get("name"), "name", pen),
            start,
            end,
            kind: item.get("kind").map(|kind| kind_named(kind, pen)).unwrap_or_default(),
            status,
            status_message: text(item.path(&["status", "description"]), "status.description", pen),
            attributes: pen.attributes(),
            events,
            links,
            resource,
            scope: pen.scope(StrId::EMPTY, StrId::EMPTY),
            ..SpanDraft::default()
        };
        pen.span(&draft);
    }

    fn go(&mut self, item: Item<'_>, pen: &mut Pen<'_>) {
        let Some(context) = item.get("SpanContext") else { return };
        let trace = trace_id(context.get("TraceID"));
        let (start, end) = (self.time(item.get("StartTime"), "StartTime", pen), self.time(item.get("EndTime"), "EndTime", pen));
        let status = item.path(&["Status", "Code"]).map(|code| status_named(&code.text())).unwrap_or_default();
        if !pen.lets_in(&trace, start, end, status) {
            return;
        }
        let resource = pen.resource(|pen| pairs(item.get("Resource"), "Resource", pen));
        let scope = item.get_any(&["InstrumentationScope", "InstrumentationLibrary"]);
        let scope = scope_of(
            scope,
            ["Name", "Version", "SchemaURL"],
            |scope, pen| pairs(scope.get("Attributes"), "InstrumentationScope.Attributes", pen),
            pen,
        );
        let first_link = pen.batch.next_link();
        for link in item.get("Links").into_iter().flat_map(Item::elements) {
            pairs(link.get("Attributes"), "Links.Attributes", pen);
            let attributes = pen.attributes();
            let to = link.get("SpanContext").unwrap_or(link);
            let draft = LinkDraft {
                trace: pen.trace_key(&trace_id(to.get("TraceID"))),
                span: pen.span_key(&span_id(to.get("SpanID"))),
                trace_state: text(to.get("TraceState"), "Links.SpanContext.TraceState", pen),
                flags: flags(to.get("TraceFlags")),
                attributes,
                dropped_attributes: small(link.get("DroppedAttributeCount"), pen),
            };
            pen.batch.push_link(&draft);
        }
        let links = IdxRange::new(first_link.0, pen.batch.next_link().0);
        let first_event = pen.batch.next_event();
        for event in item.get_any(&["Events", "MessageEvents"]).into_iter().flat_map(Item::elements) {
            pairs(event.get("Attributes"), "Events.Attributes", pen);
            let draft = EventDraft {
                attributes: pen.attributes(),
                name: text(event.get("Name"), "Events.Name", pen),
                time: self.time(event.get("Time"), "Events.Time", pen),
                dropped_attributes: small(event.get("DroppedAttributeCount"), pen),
            };
            pen.batch.push_event(&draft);
        }
        let events = IdxRange::new(first_event.0, pen.batch.next_event().0);
        pairs(item.get("Attributes"), "Attributes", pen);
        let number = item.get("SpanKind").and_then(|kind| str::from_utf8(kind.raw().bytes).ok()?.parse().ok());
        let draft = SpanDraft {
            trace: pen.trace_key(&trace),
            id: pen.span_key(&span_id(context.get("SpanID"))),
            parent: pen.span_key(&span_id(item.path(&["Parent", "SpanID"]).or_else(|| item.get("ParentSpanID")))),
            name: text(item.get("Name"), "Name", pen),
            start,
            end,
            kind: number.and_then(SpanKind::from_number).unwrap_or_default(),
            status,
            status_message: text(item.path(&["Status", "Description"]), "Status.Description", pen),
            trace_state: text(context.get("TraceState"), "SpanContext.TraceState", pen),
            flags: flags(context.get("TraceFlags")),
            attributes: pen.attributes(),
            events,
            links,
            dropped_attributes: small(item.get_any(&["DroppedAttributes", "DroppedAttributeCount"]), pen),
            dropped_events: small(item.get_any(&["DroppedEvents", "DroppedMessageEventCount"]), pen),
            dropped_links: small(item.get_any(&["DroppedLinks", "DroppedLinkCount"]), pen),
            resource,
            scope,
            ..SpanDraft::default()
        };
        pen.span(&draft);
    }

    fn javascript(&mut self, item: Item<'_>, pen: &mut Pen<'_>) {
        // Printed: `traceId` and `id`. As an object: `spanContext`.
        let context = item.get_any(&["spanContext", "_spanContext"]);
        let (trace, id) = match context {
            Some(context) => (trace_id(context.get("traceId")), span_id(context.get("spanId"))),
            None => (trace_id(item.get("traceId")), span_id(item.get_any(&["id", "spanId"]))),
        };
        let start = self.time(item.get_any(&["timestamp", "startTime"]), "startTime", pen);
        let end = match (item.get("endTime"), item.get("duration")) {
            (Some(end), _) => self.time(Some(end), "endTime", pen),
            (None, duration) => start.saturating_add(self.time(duration, "duration", pen)),
        };
        let status = match item.path(&["status", "code"]).map(Item::text).as_deref() {
            Some(b"1") => StatusCode::Ok,
            Some(b"2") => StatusCode::Error,
            _ => StatusCode::Unset,
        };
        if !pen.lets_in(&trace, start, end, status) {
            return;
        }
        let resource = pen.resource(|pen| {
            pen.members(
                item.path(&["resource", "attributes"]).or_else(|| item.path(&["resource", "_attributes"])),
                "resource.attributes",
            );
        });
        let scope = item.get_any(&["instrumentationScope", "instrumentationLibrary"]);
        let scope = scope_of(scope, ["name", "version", "schemaUrl"], |_, _| {}, pen);
        let first_link = pen.batch.next_link();
        for link in item.get("links").into_iter().flat_map(Item::elements) {
            pen.members(link.get("attributes"), "links.attributes");
            let attributes = pen.attributes();
            let to = link.get("context").unwrap_or(link);
            let draft = LinkDraft {
                trace: pen.trace_key(&trace_id(to.get("traceId"))),
                span: pen.span_key(&span_id(to.get("spanId"))),
                flags: small(to.get("traceFlags"), pen),
                attributes,
                dropped_attributes: small(link.get("droppedAttributesCount"), pen),
                ..LinkDraft::default()
            };
            pen.batch.push_link(&draft);
        }
        let links = IdxRange::new(first_link.0, pen.batch.next_link().0);
        let first_event = pen.batch.next_event();
        for event in item.get("events").into_iter().flat_map(Item::elements) {
            pen.members(event.get("attributes"), "events.attributes");
            let draft = EventDraft {
                attributes: pen.attributes(),
                name: text(event.get("name"), "events.name", pen),
                time: self.time(event.get("time"), "events.time", pen),
                dropped_attributes: small(event.get("droppedAttributesCount"), pen),
            };
            pen.batch.push_event(&draft);
        }
        let events = IdxRange::new(first_event.0, pen.batch.next_event().0);
        pen.members(item.get("attributes"), "attributes");
        let kind: i64 = item.get("kind").and_then(|kind| str::from_utf8(kind.raw().bytes).ok()?.parse().ok()).unwrap_or(-1);
        let parent = item.path(&["parentSpanContext", "spanId"]).or_else(|| item.get_any(&["parentId", "parentSpanId"]));
        let draft = SpanDraft {
            trace: pen.trace_key(&trace),
            id: pen.span_key(&id),
            parent: pen.span_key(&span_id(parent)),
            name: text(item.get("name"), "name", pen),
            start,
            end,
            kind: SpanKind::from_number(kind.saturating_add(1)).unwrap_or_default(),
            status,
            status_message: text(item.path(&["status", "message"]), "status.message", pen),
            trace_state: item
                .get("traceState")
                .filter(|state| state.kind() == Kind::String)
                .map_or(StrId::EMPTY, |state| pen.text(state, "traceState")),
            flags: context.map_or(0, |context| small(context.get("traceFlags"), pen)),
            attributes: pen.attributes(),
            events,
            links,
            dropped_attributes: small(item.get("droppedAttributesCount"), pen),
            dropped_events: small(item.get("droppedEventsCount"), pen),
            dropped_links: small(item.get("droppedLinksCount"), pen),
            resource,
            scope,
            ..SpanDraft::default()
        };
        pen.span(&draft);
    }
}

impl Format for Console {
    fn name(&self) -> &'static str {
        match self.sdk {
            Sdk::Python => "OpenTelemetry Python console output",
            Sdk::Go => "OpenTelemetry Go console output",
            Sdk::JavaScript => "OpenTelemetry JavaScript spans",
        }
    }

    fn coarse_ns(&self) -> u32 {
        if self.is_coarse { 1000 } else { 0 }
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        match self.sdk {
            Sdk::Python => &[b"\"name\""],
            Sdk::Go => &[b"\"Name\"", b"\"SpanContext\""],
            Sdk::JavaScript => &[b"\"resource\"", b"\"attributes\"", b"\"name\""],
        }
    }

    fn step(&self, level: Level, _key: &[u8], first: u8) -> Step {
        match first {
            b'[' if level < 8 => Step::Enter(level + 1),
            b'{' => Step::Leaf(0),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, _leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        if item.get("SpanContext").is_some() {
            self.go(item, pen);
        } else if item.path(&["context", "trace_id"]).is_some() {
            self.python(item, pen);
        } else if item.get_any(&["spanContext", "_spanContext", "traceId"]).is_some() {
            self.javascript(item, pen);
        } else {
            pen.note(FindingKind::SkippedDocument, item, "", "expected a span");
        }
    }
}

fn scope_of(
    scope: Option<Item<'_>>,
    [name, version, url]: [&str; 3],
    attributes: impl FnOnce(Item<'_>, &mut Pen<'_>),
    pen: &mut Pen<'_>,
) -> ScopeSlot {
    let Some(scope) = scope else { return pen.scope(StrId::EMPTY, StrId::EMPTY) };
    attributes(scope, pen);
    let range = pen.attributes();
    let [name, version, url] = [name, version, url].map(|part| text(scope.get(part), "scope", pen));
    let slot = pen.batch.open_scope();
    pen.batch.set_scope(slot, name, version, url, range, 0);
    slot
}

/// Writes Go's pairs as attributes, each of the type that it names.
fn pairs(item: Option<Item<'_>>, path: &str, pen: &mut Pen<'_>) {
    for pair in item.into_iter().flat_map(Item::elements) {
        let Some(key) = pair.get("Key") else { continue };
        let key = pen.text(key, path);
        let is_float = pair.path(&["Value", "Type"]).is_some_and(|kind| kind.is("FLOAT64"));
        match pair.path(&["Value", "Value"]) {
            // Go writes 1.0 as `1`.
            Some(value) if is_float && value.kind() == Kind::Number => {
                let number = str::from_utf8(value.raw().bytes).ok().and_then(|text| text.parse().ok());
                pen.ink.writer.double(key, number.unwrap_or_default());
            }
            Some(value) => pen.attribute(key, value, path),
            None => pen.ink.writer.empty(key),
        }
    }
}

fn text(item: Option<Item<'_>>, path: &str, pen: &mut Pen<'_>) -> StrId {
    item.map_or(StrId::EMPTY, |item| pen.text(item, path))
}

fn small(item: Option<Item<'_>>, pen: &mut Pen<'_>) -> u32 {
    item.map_or(0, |item| pen.small(item, "dropped"))
}

/// Two hex digits.
fn flags(item: Option<Item<'_>>) -> u32 {
    item.and_then(|item| crate::base::text::u64_from_hex(&item.text())).and_then(|flags| u32::try_from(flags).ok()).unwrap_or(0)
}

fn without_0x(item: Option<Item<'_>>, n_hex: usize) -> Id<'_> {
    let text = item.map(Item::text).unwrap_or_default();
    let digits = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix(b"0x").unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.strip_prefix(b"0x").map(<[u8]>::to_vec).unwrap_or(text)),
    };
    id_of_text(digits, n_hex, 0)
}

fn status_named(name: &[u8]) -> StatusCode {
    let name = name.strip_prefix(b"StatusCode.").unwrap_or(name);
    match name {
        _ if name.eq_ignore_ascii_case(b"ok") => StatusCode::Ok,
        _ if name.eq_ignore_ascii_case(b"error") => StatusCode::Error,
        _ => StatusCode::Unset,
    }
}

fn kind_named(item: Item<'_>, pen: &mut Pen<'_>) -> SpanKind {
    match &*item.text() {
        b"SpanKind.INTERNAL" => SpanKind::Internal,
        b"SpanKind.SERVER" => SpanKind::Server,
        b"SpanKind.CLIENT" => SpanKind::Client,
        b"SpanKind.PRODUCER" => SpanKind::Producer,
        b"SpanKind.CONSUMER" => SpanKind::Consumer,
        _ => {
            pen.note(FindingKind::UnknownEnum, item, "kind", "");
            SpanKind::Unspecified
        }
    }
}

//! Jaeger: what its UI downloads and its API answers, its domain model as JSON, its documents in Elasticsearch and `OpenSearch`, spans one a line.
//!
//! The shapes: jaegertracing/jaeger, `internal/uimodel/model.go` (UI and API), `internal/storage/v1/elasticsearch/spanstore/.../model.go` (documents),
//! `model.proto` and `jaeger.thrift` (domain model). The meaning: the OpenTelemetry specification, "OpenTelemetry to Jaeger Transformation", read backwards.
//!
//! | Jaeger | here |
//! | --- | --- |
//! | `startTime`, `duration` | microseconds as numbers; RFC 3339 and nanoseconds in the domain model |
//! | `references` | the first `CHILD_OF` of the same trace is the parent, else the first `FOLLOWS_FROM`, else `parentSpanID` (jaeger-ui, `OtelSpanFacade.ts`); all others are links, with `opentracing.ref_type` |
//! | `process`, `processes` | the resource; a `processID` may come before the process that it names |
//! | `tags` by `type` or `vType` | attributes of that type; `binary` is base64, and hex in documents |
//! | `tag` | the same as an object, `@` for the dots in its keys |
//! | `logs` | events; the field `event` is the name |
//! | tags `span.kind`, `error`, `otel.status_code`, `otel.status_description`, `otel.scope.*`, `otel.library.*`, `w3c.tracestate` | kind, status, scope, trace state |
//! | `warnings` | the attribute `@jaeger@warnings`, as Jaeger 2 keeps them |
//! | `flags` | flags: bit 0 is "sampled" in both |

use std::borrow::Cow;

use super::pen::{Id, Pen, id_of_text, kind_of_tag, span_id, trace_id};
use super::tape::{Item, Kind};
use super::{Format, Level, Step, time};
use crate::base::text::bytes_from_base64;
use crate::base::{FastMap, IdxRange, StrId};
use crate::decode::json::number::decimal;
use crate::model::{FindingKind, LinkDraft, ResourceSlot, ScopeSlot, SpanDraft, SpanKind, StatusCode};

/// Whatever stands around lists of spans: answers, traces, batches.
const AROUND: Level = 1;
/// A list of spans.
const SPANS: Level = 2;

const SPAN: u8 = 0;
const PROCESSES: u8 = 1;
const PROCESS: u8 = 2;

/// Reads spans of Jaeger.
#[derive(Default)]
pub(super) struct Jaeger {
    /// Whether each document, or element of the one list, is a span.
    is_bare: bool,
    /// The processes of the trace at hand: by name, and the one that all its spans have.
    processes: FastMap<Vec<u8>, ResourceSlot>,
    process: Option<ResourceSlot>,
    /// Whether a time was written in microseconds.
    has_micros: bool,
}

impl Jaeger {
    /// Reads spans without anything around them.
    pub(super) fn bare() -> Self {
        Self { is_bare: true, ..Self::default() }
    }

    fn process(&mut self, name: &[u8], pen: &mut Pen<'_>) -> ResourceSlot {
        if let Some(&slot) = self.processes.get(name) {
            return slot;
        }
        let slot = pen.batch.open_resource();
        self.processes.insert(name.to_owned(), slot);
        slot
    }

    fn span(&mut self, item: Item<'_>, pen: &mut Pen<'_>) {
        // A trace that was met where a span was looked for, after damage.
        if let Some(spans) = item.get("spans") {
            if let Some(processes) = item.get("processes") {
                self.leaf(PROCESSES, processes, pen);
            }
            spans.elements().for_each(|span| self.one(span, pen));
            return;
        }
        self.one(item, pen);
    }

    fn one(&mut self, item: Item<'_>, pen: &mut Pen<'_>) {
        let trace = trace_of(item);
        let (start, end) = self.times(item, pen);
        let said = Said::of(item);
        if !pen.lets_in(&trace, start, end, said.status) {
            return;
        }
        let resource = match (item.get("process"), item.get_any(&["processID", "processId"])) {
            (Some(process), _) => pen.resource(|pen| write_process(process, pen)),
            (None, Some(name)) => self.process(&name.text(), pen),
            (None, None) => self.process.unwrap_or_else(|| pen.resource(|_| {})),
        };
        let scope = said.scope(item, pen);
        let first_link = pen.batch.next_link();
        let parent = references(item, &trace, pen);
        let links = IdxRange::new(first_link.0, pen.batch.next_link().0);
        let first_event = pen.batch.next_event();
        for log in item.get("logs").into_iter().flat_map(Item::elements) {
            let time = log.get("timestamp").map_or(0, |time| self.time(time, "logs.timestamp", pen));
            let mut name = StrId::EMPTY;
            for field in log.get("fields").into_iter().flat_map(Item::elements) {
                if name == StrId::EMPTY
                    && field.get("key").is_some_and(|key| key.is("event"))
                    && let Some(value) = value_of(field)
                {
                    name = pen.text(value, "logs.fields");
                } else {
                    write_tag(field, item.get("process").is_some(), pen);
                }
            }
            pen.event(time, name);
        }
        let events = IdxRange::new(first_event.0, pen.batch.next_event().0);
        said.attributes(item, pen);
        let attributes = pen.attributes();
        let status_message = pen.bytes(&said.message);
        let trace_state = pen.bytes(&said.trace_state);
        let draft = SpanDraft {
            trace: pen.trace_key(&trace),
            id: pen.span_key(&id_in(item, &["spanID", "spanId"])),
            parent: pen.span_key(&parent),
            name: item.get("operationName").map_or(StrId::EMPTY, |name| pen.text(name, "operationName")),
            start,
            end,
            kind: said.kind,
            status: said.status,
            status_message,
            trace_state,
            flags: item.get("flags").map_or(0, |flags| pen.small(flags, "flags")),
            attributes,
            events,
            links,
            resource,
            scope,
            ..SpanDraft::default()
        };
        pen.span(&draft);
    }

    fn time(&mut self, item: Item<'_>, path: &str, pen: &mut Pen<'_>) -> u64 {
        if item.kind() == Kind::String && item.raw().bytes.contains(&b':') {
            return pen.rfc3339(item, path);
        }
        self.has_micros = true;
        pen.time(item, 1000, path)
    }

    fn times(&mut self, item: Item<'_>, pen: &mut Pen<'_>) -> (u64, u64) {
        let Some(start) = item.get("startTime") else { return (0, 0) };
        // The domain model counts nanoseconds where it writes dates; protobuf's durations are seconds with an `s`.
        let unit = if start.kind() == Kind::String && start.raw().bytes.contains(&b':') { 1 } else { 1000 };
        let start = self.time(start, "startTime", pen);
        let duration = item.get("duration").map_or(0, |duration| {
            let seconds = duration.raw().bytes.strip_suffix(b"s").and_then(|seconds| time::scaled(seconds, 1_000_000_000));
            seconds.map_or_else(|| pen.time(duration, unit, "duration"), |(ns, _)| ns)
        });
        (start, start.saturating_add(duration))
    }
}

impl Format for Jaeger {
    fn name(&self) -> &'static str {
        "Jaeger JSON"
    }

    fn coarse_ns(&self) -> u32 {
        if self.has_micros { 1000 } else { 0 }
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"traceID\"", b"\"traceId\""]
    }

    fn step(&self, level: Level, key: &[u8], first: u8) -> Step {
        match (level, key, first) {
            (0, _, b'{') if self.is_bare => Step::Leaf(SPAN),
            (0, _, b'[') if self.is_bare => Step::Enter(SPANS),
            (AROUND, b"spans" | b"Spans", b'[') => Step::Enter(SPANS),
            (AROUND, b"processes", b'{') => Step::Leaf(PROCESSES),
            (AROUND, b"process", b'{') => Step::Leaf(PROCESS),
            (AROUND, b"_source", b'{') | (SPANS, b"", b'{') => Step::Leaf(SPAN),
            (0, ..) | (AROUND, b"" | b"data" | b"result" | b"hits", _) => Step::Enter(AROUND),
            _ => Step::Skip,
        }
    }

    fn close(&mut self, level: Level, _pen: &mut Pen<'_>) {
        if level == AROUND {
            self.processes.clear();
            self.process = None;
        }
    }

    fn leaf(&mut self, leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        match leaf {
            PROCESSES => {
                for (name, process) in item.members() {
                    let slot = self.process(&name, pen);
                    write_process(process, pen);
                    let attributes = pen.attributes();
                    pen.batch.set_resource(slot, attributes, StrId::EMPTY, 0);
                }
            }
            PROCESS => self.process = Some(pen.resource(|pen| write_process(item, pen))),
            _ => self.span(item, pen),
        }
    }
}

/// What a span's tags say that has a place of its own in OpenTelemetry.
#[derive(Default)]
struct Said<'a> {
    kind: SpanKind,
    status: StatusCode,
    message: Cow<'a, [u8]>,
    trace_state: Cow<'a, [u8]>,
    scope: [Cow<'a, [u8]>; 2],
}

impl<'a> Said<'a> {
    fn of(item: Item<'a>) -> Self {
        let mut said = Self::default();
        let mut is_error = false;
        each_tag(item, |key, value| match &*key {
            b"span.kind" => {
                said.kind = kind_of_tag(&value.text());
            }
            b"error" => is_error |= is_true(value),
            b"otel.status_code" => match &*value.text() {
                b"ERROR" => is_error = true,
                b"OK" => said.status = StatusCode::Ok,
                _ => {}
            },
            b"otel.status_description" => said.message = value.text(),
            b"w3c.tracestate" => said.trace_state = value.text(),
            b"otel.scope.name" | b"otel.library.name" => said.scope[0] = value.text(),
            b"otel.scope.version" | b"otel.library.version" => said.scope[1] = value.text(),
            _ => {}
        });
        if is_error {
            said.status = StatusCode::Error;
        }
        said
    }

    /// Whether a tag has said its thing with that.
    fn took(&self, key: &[u8], value: Item<'_>) -> bool {
        match key {
            b"span.kind" => self.kind != SpanKind::Unspecified,
            b"error" => is_true(value),
            b"otel.status_code" => matches!(&*value.text(), b"ERROR" | b"OK"),
            _ => {
                const TAKEN: [&[u8]; 6] = [
                    b"otel.status_description",
                    b"w3c.tracestate",
                    b"otel.scope.name",
                    b"otel.scope.version",
                    b"otel.library.name",
                    b"otel.library.version",
                ];
                TAKEN.contains(&key)
            }
        }
    }

    fn scope(&self, item: Item<'_>, pen: &mut Pen<'_>) -> ScopeSlot {
        let [name, version] = [pen.bytes(&self.scope[0]), pen.bytes(&self.scope[1])];
        let Some(tags) = item.get("scopeTags") else { return pen.scope(name, version) };
        tags.elements().for_each(|tag| write_tag(tag, true, pen));
        let attributes = pen.attributes();
        let slot = pen.batch.open_scope();
        pen.batch.set_scope(slot, name, version, StrId::EMPTY, attributes, 0);
        slot
    }

    /// Writes all other tags.
    fn attributes(&self, item: Item<'_>, pen: &mut Pen<'_>) {
        let is_document = item.get("process").is_some();
        for tag in item.get("tags").into_iter().flat_map(Item::elements) {
            let (key, value) = (tag.get("key").map(Item::text).unwrap_or_default(), value_of(tag));
            if !value.is_some_and(|value| self.took(&key, value)) {
                write_tag(tag, is_document, pen);
            }
        }
        for (key, value) in item.get("tag").into_iter().flat_map(Item::members) {
            let key = dotted(&key);
            if !self.took(&key, value) {
                let key = pen.bytes(&key);
                pen.attribute(key, value, "tag");
            }
        }
        if let Some(warnings) = item.get("warnings").filter(|warnings| warnings.elements().next().is_some()) {
            let key = pen.known("@jaeger@warnings");
            pen.attribute(key, warnings, "warnings");
        }
    }
}

/// Calls with each tag of a span that has a value.
fn each_tag<'a>(item: Item<'a>, mut call: impl FnMut(Cow<'a, [u8]>, Item<'a>)) {
    for tag in item.get("tags").into_iter().flat_map(Item::elements) {
        if let (Some(key), Some(value)) = (tag.get("key"), value_of(tag)) {
            call(key.text(), value);
        }
    }
    for (key, value) in item.get("tag").into_iter().flat_map(Item::members) {
        call(Cow::Owned(dotted(&key)), value);
    }
}

/// Elasticsearch has no dots in the names of fields.
fn dotted(key: &[u8]) -> Vec<u8> {
    key.iter().map(|&byte| if byte == b'@' { b'.' } else { byte }).collect()
}

fn value_of(tag: Item<'_>) -> Option<Item<'_>> {
    tag.get_any(&["value", "vStr", "vNum", "vInt64", "vLong", "vBool", "vFloat64", "vDouble", "vBlob", "vBinary"])
}

/// `true`, also as a text, and as the number that the domain model writes.
fn is_true(value: Item<'_>) -> bool {
    value.kind() == Kind::True || value.is("true") || value.kind() == Kind::Number && value.raw().bytes == b"1"
}

/// Writes a tag as an attribute of its type; what does not fit its type is a text. `hex`: binary ones are in hex.
fn write_tag(tag: Item<'_>, hex: bool, pen: &mut Pen<'_>) {
    let key = tag.get("key").map_or(StrId::EMPTY, |key| pen.text(key, "tags.key"));
    let kind = tag.get_any(&["type", "vType"]).map(Item::text).unwrap_or_default();
    // Of the domain model a value that is the type's zero is left out.
    let value = value_of(tag);
    let text = value.map(Item::text).unwrap_or_default();
    let text = text.trim_ascii();
    let whole = || decimal(if text.is_empty() { b"0" } else { text }).and_then(|number| i64::try_from(number.value).ok());
    let is = |name: &str| kind.eq_ignore_ascii_case(name.as_bytes());
    if is("bool") {
        match text {
            b"true" | b"1" => return pen.ink.writer.bool(key, true),
            b"false" | b"0" | b"" => return pen.ink.writer.bool(key, false),
            _ => {}
        }
    } else if is("int64") || is("long") {
        if let Some(number) = whole() {
            return pen.ink.writer.int(key, number);
        }
    } else if is("float64") || is("double") {
        // The domain model writes the bits of a double as a number.
        let bits = tag.get("vNum").and_then(|_| whole()).map(|bits| f64::from_bits(bits.cast_unsigned()));
        let number = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        if let Some(number) = bits.or(number).or_else(|| text.is_empty().then_some(0.0)) {
            return pen.ink.writer.double(key, number);
        }
    } else if is("binary") {
        let bytes = if hex { bytes_from_hex(text) } else { None };
        if let Some(bytes) = bytes.or_else(|| bytes_from_base64(text)) {
            return pen.ink.writer.bytes(&mut pen.batch.attributes, key, &bytes);
        }
        if let Some(value) = value {
            pen.note(FindingKind::BadBase64, value, "tags", "");
        }
    }
    match value {
        Some(value) => pen.attribute(key, value, "tags"),
        None => pen.ink.writer.string(key, StrId::EMPTY),
    }
}

fn bytes_from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = crate::base::text::hex_digit;
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
}

fn write_process(process: Item<'_>, pen: &mut Pen<'_>) {
    if let Some(name) = process.get("serviceName") {
        let (key, name) = (pen.known("service.name"), pen.text(name, "process.serviceName"));
        pen.ink.writer.string(key, name);
    }
    for tag in process.get("tags").into_iter().flat_map(Item::elements) {
        write_tag(tag, false, pen);
    }
    for (key, value) in process.get("tag").into_iter().flat_map(Item::members) {
        let key = pen.bytes(&dotted(&key));
        pen.attribute(key, value, "process.tag");
    }
}

/// The parent by the references, which for the rest become links.
fn references<'a>(item: Item<'a>, trace: &Id<'_>, pen: &mut Pen<'_>) -> Id<'a> {
    let all = || item.get("references").into_iter().flat_map(Item::elements);
    // The protobuf form leaves out `CHILD_OF`, its zero.
    let is_follows =
        |reference: Item<'_>| reference.get("refType").is_some_and(|kind| kind.is("FOLLOWS_FROM") || kind.raw().bytes == b"1");
    let is_own = |reference: &Item<'_>| trace_of(*reference) == *trace;
    let place = all()
        .position(|reference| is_own(&reference) && !is_follows(reference))
        .or_else(|| all().position(|reference| is_own(&reference)));
    for (at, reference) in all().enumerate() {
        if Some(at) == place {
            continue;
        }
        let kind = if is_follows(reference) { "follows_from" } else { "child_of" };
        pen.string("opentracing.ref_type", kind.as_bytes());
        for tag in reference.get("tags").into_iter().flat_map(Item::elements) {
            write_tag(tag, true, pen);
        }
        let attributes = pen.attributes();
        let trace_state = reference.get("traceState").map_or(StrId::EMPTY, |state| pen.text(state, "references.traceState"));
        let flags = reference.get("flags").map_or(0, |flags| pen.small(flags, "references.flags"));
        let (trace, span) = (pen.trace_key(&trace_of(reference)), pen.span_key(&id_in(reference, &["spanID", "spanId"])));
        pen.batch.push_link(&LinkDraft { trace, span, trace_state, flags, attributes, ..LinkDraft::default() });
    }
    match place.and_then(|place| all().nth(place)) {
        Some(parent) => id_in(parent, &["spanID", "spanId"]),
        None => id_in(item, &["parentSpanID", "parentSpanId"]),
    }
}

fn trace_of(item: Item<'_>) -> Id<'_> {
    // Thrift has two signed numbers.
    let half =
        |name: &str| item.get(name).and_then(|half| decimal(half.raw().bytes)).and_then(|half| i64::try_from(half.value).ok());
    match (item.get_any(&["traceID", "traceId"]), half("traceIdHigh"), half("traceIdLow")) {
        (None, high, Some(low)) => {
            let high = high.unwrap_or(0).cast_unsigned();
            let text = if high == 0 { format!("{low:016x}") } else { format!("{high:016x}{low:016x}") };
            id_of_text(Cow::Owned(text.into_bytes()), 32, 24)
        }
        (id, ..) => trace_id(id),
    }
}

/// A span's id; Thrift has a signed number.
fn id_in<'a>(item: Item<'a>, names: &[&str]) -> Id<'a> {
    match item.get_any(names) {
        Some(id) if id.kind() == Kind::Number => {
            let number = decimal(id.raw().bytes).and_then(|id| i64::try_from(id.value).ok()).unwrap_or(0);
            id_of_text(Cow::Owned(format!("{number:016x}").into_bytes()), 16, 12)
        }
        id => span_id(id),
    }
}

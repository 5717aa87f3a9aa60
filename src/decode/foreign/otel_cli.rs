//! otel-cli, `server json`: a folder `<trace id>/<span id>` of `span.json` and `event-<n>.json`, or all of them as lines.
//!
//! Until it wrote spans as Go's `encoding/json` has OTLP's messages (which OTLP's reader takes: ids in base64, names in `snake_case`, values in
//! `{"Value": {"StringValue": …}}`), it wrote a structure of its own. Sources: equinix-labs/otel-cli `otelcli/server_json.go` (`renderJson`),
//! `otlpserver/clievent.go` (`CliEvent`, `NewCliEventFromSpan`, `NewCliEventFromSpanEvent`).
//!
//! | otel-cli | here |
//! | --- | --- |
//! | `trace_id`, `span_id`, `parent_span_id` | ids in hex |
//! | `start`, `end` | RFC 3339 of nanoseconds; `elapsed_ms` and `nanos` say the same and go |
//! | `kind` | kind by its name; `event` is an event, which stands in a file of its own |
//! | `name`, `library` | the name; the scope's |
//! | `attributes` | attributes: texts as protobuf writes a value (`string_value:"x"`, `int_value:1`), which become values again; arrays and maps stay texts |
//! | `service_attributes` | the resource's attributes, of which only texts were kept |
//! | an event | a log record of its span with the event's name: its span may be in another file |
//!
//! Status, links, trace state, flags and dropped counts are not in it.

use super::pen::{Pen, kind_of_tag, span_id, trace_id};
use super::tape::{Item, Kind};
use super::{Format, Level, Step};
use crate::base::StrId;
use crate::model::{FindingKind, LogDraft, SpanDraft, StatusCode};

/// Reads spans and events of otel-cli.
#[derive(Default)]
pub(super) struct OtelCli;

impl Format for OtelCli {
    fn name(&self) -> &'static str {
        "otel-cli JSON"
    }

    fn coarse_ns(&self) -> u32 {
        0
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"trace_id\""]
    }

    fn step(&self, level: Level, _key: &[u8], first: u8) -> Step {
        match (level, first) {
            // Joined to a list by whoever gathered the files.
            (0, b'[') => Step::Enter(1),
            (0..=1, b'{') => Step::Leaf(0),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, _leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        match item.get("kind") {
            Some(kind) if kind.is("event") => event(item, pen),
            Some(_) if item.get("span_id").is_some() => span(item, pen),
            _ => pen.note(FindingKind::SkippedDocument, item, "", "expected a span or an event"),
        }
    }
}

fn time(item: Item<'_>, name: &str, pen: &mut Pen<'_>) -> u64 {
    item.get(name).map_or(0, |time| pen.rfc3339(time, name))
}

fn text(item: Item<'_>, name: &str, pen: &mut Pen<'_>) -> StrId {
    item.get(name).map_or(StrId::EMPTY, |text| pen.text(text, name))
}

fn span(item: Item<'_>, pen: &mut Pen<'_>) {
    let trace = trace_id(item.get("trace_id"));
    let (start, end) = (time(item, "start", pen), time(item, "end", pen));
    if !pen.lets_in(&trace, start, end, StatusCode::Unset) {
        return;
    }
    let resource = pen.resource(|pen| pen.members(item.get("service_attributes"), "service_attributes"));
    let library = text(item, "library", pen);
    let scope = pen.scope(library, StrId::EMPTY);
    values(item, pen);
    let draft = SpanDraft {
        trace: pen.trace_key(&trace),
        id: pen.span_key(&span_id(item.get("span_id"))),
        parent: pen.span_key(&span_id(item.get("parent_span_id"))),
        name: text(item, "name", pen),
        start,
        end,
        kind: item.get("kind").map(|kind| kind_of_tag(&kind.text())).unwrap_or_default(),
        attributes: pen.attributes(),
        resource,
        scope,
        ..SpanDraft::default()
    };
    pen.span(&draft);
}

fn event(item: Item<'_>, pen: &mut Pen<'_>) {
    let trace = trace_id(item.get("trace_id"));
    let when = time(item, "start", pen);
    let trace = pen.trace_key(&trace);
    if !pen.lets_log_in(trace, when) {
        return;
    }
    let resource = pen.resource(|pen| pen.members(item.get("service_attributes"), "service_attributes"));
    let library = text(item, "library", pen);
    let scope = pen.scope(library, StrId::EMPTY);
    values(item, pen);
    let draft = LogDraft {
        trace,
        span: pen.span_key(&span_id(item.get("span_id"))),
        time: when,
        event_name: text(item, "name", pen),
        attributes: pen.attributes(),
        resource,
        scope,
        source: pen.ink.source,
        ..LogDraft::default()
    };
    pen.batch.push_log(&draft);
}

/// Attributes from texts that protobuf made of values.
fn values(item: Item<'_>, pen: &mut Pen<'_>) {
    for (key, value) in item.get("attributes").into_iter().flat_map(Item::entries) {
        let key = pen.text(key, "attributes");
        if value.kind() == Kind::String {
            attribute(key, &value.text(), pen);
        } else {
            pen.attribute(key, value, "attributes");
        }
    }
}

fn attribute(key: StrId, text: &[u8], pen: &mut Pen<'_>) {
    // Behind the colon stands a space or none, as it pleases the library, so that nobody may rely on it.
    let after = |name: &[u8]| Some(text.strip_prefix(name)?.strip_prefix(b":")?.trim_ascii());
    let quoted = |value: &[u8]| unquoted(value.strip_prefix(b"\"")?.strip_suffix(b"\"")?);
    if let Some(value) = after(b"string_value").and_then(quoted) {
        let value = pen.bytes(&value);
        pen.ink.writer.string(key, value);
    } else if let Some(value) = after(b"bytes_value").and_then(quoted) {
        pen.ink.writer.bytes(&mut pen.batch.attributes, key, &value);
    } else if let Some(value) = after(b"int_value").and_then(|value| str::from_utf8(value).ok()?.parse().ok()) {
        pen.ink.writer.int(key, value);
    } else if let Some(value) = after(b"double_value").and_then(|value| str::from_utf8(value).ok()?.parse().ok()) {
        pen.ink.writer.double(key, value);
    } else if let Some(value @ (b"true" | b"false")) = after(b"bool_value") {
        pen.ink.writer.bool(key, value == b"true");
    } else {
        let value = pen.bytes(text);
        pen.ink.writer.string(key, value);
    }
}

/// The number of up to so many hex digits, which are taken off.
fn hex(rest: &mut &[u8], most: usize) -> Option<u32> {
    let n = rest.iter().take(most).take_while(|digit| digit.is_ascii_hexdigit()).count();
    let (digits, after) = rest.split_at_checked(n)?;
    *rest = after;
    u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

/// The bytes that a text of protobuf stands for (protobuf.dev, "Text Format Language Specification", string literals); `None` where it is none.
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'\\' {
            out.push(byte);
            rest = after;
            continue;
        }
        let (&escaped, after) = after.split_first()?;
        rest = after;
        match escaped {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'a' => out.push(0x07),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'v' => out.push(0x0b),
            b'\\' | b'"' | b'\'' | b'?' => out.push(escaped),
            b'x' | b'X' => out.push(u8::try_from(hex(&mut rest, 2)?).ok()?),
            // Up to three octal digits, of which this is the first.
            b'0'..=b'7' => {
                let from = text.len() - rest.len() - 1;
                let n = 1 + rest.iter().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
                let octal = str::from_utf8(text.get(from..from + n)?).ok()?;
                out.push(u8::from_str_radix(octal, 8).ok()?);
                rest = text.get(from + n..)?;
            }
            b'u' | b'U' => {
                let character = char::from_u32(hex(&mut rest, if escaped == b'u' { 4 } else { 8 })?)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return None,
        }
    }
    Some(out)
}

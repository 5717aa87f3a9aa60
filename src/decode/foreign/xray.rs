//! AWS X-Ray: what `BatchGetTraces` answers, and segment documents one a line.
//!
//! Sources: the X-Ray developer guide, "AWS X-Ray segment documents"; the meaning as in the collector's
//! `receiver/awsxrayreceiver/internal/translator`.
//!
//! | X-Ray | here |
//! | --- | --- |
//! | `Traces[].Segments[].Document` | a text that holds a segment, which holds subsegments |
//! | `trace_id` `1-58406520-a006649127e371903a2de979` | 32 hex digits: the eight and the twenty-four |
//! | `start_time`, `end_time` | seconds with a fraction, digit by digit, as a rule of microseconds; `in_progress` has no end |
//! | segment; subsegment with `namespace` | server; client; others internal |
//! | `name` of a segment | `service.name` and the span's name |
//! | `fault`, `error`, `throttle` | status; and attributes |
//! | `cause.exceptions` | `exception` events at the end of the span |
//! | `annotations`, `metadata`, `http`, `aws`, `sql`, `service`, `user`, `origin` | attributes: annotations by their names, HTTP by the conventions, all else under its own name |

use std::borrow::Cow;
use std::fmt::Write as _;

use super::outline::too_many;
use super::pen::{Id, Pen, id_of_text, span_id};
use super::tape::{Item, Kind, Tape, Unread};
use super::{Format, Level, Step};
use crate::base::{IdxRange, StrId};
use crate::decode::json::unescape;
use crate::model::{FindingKind, ResourceSlot, SpanDraft, SpanKind, StatusCode};

const SEGMENT: u8 = 1;
const ANSWERED: u8 = 2;

/// A second.
const S: u64 = 1_000_000_000;

/// Reads segments of X-Ray.
#[derive(Default)]
pub(super) struct Xray {
    text: Vec<u8>,
    tape: Tape,
}

impl Format for Xray {
    fn name(&self) -> &'static str {
        "AWS X-Ray JSON"
    }

    fn coarse_ns(&self) -> u32 {
        1000
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"Id\"", b"\"id\"", b"\"Document\""]
    }

    fn step(&self, level: Level, key: &[u8], first: u8) -> Step {
        match (level, key, first) {
            (0, _, b'[') => Step::Enter(4),
            (1, b"Traces" | b"traces", b'[') => Step::Enter(2),
            (1, b"Segments" | b"segments", b'[') | (2, b"Segments", b'[') => Step::Enter(3),
            // An answer or a trace.
            (0, _, b'{') | (2, b"", b'{') => Step::Enter(1),
            (3, b"", b'{') => Step::Leaf(ANSWERED),
            (4, b"", b'{') => Step::Leaf(SEGMENT),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        let document = item.get_any(&["Document", "document"]);
        match document {
            Some(document) if document.kind() == Kind::String => {
                let mut text = std::mem::take(&mut self.text);
                let mut tape = std::mem::take(&mut self.tape);
                text.clear();
                unescape(document.raw().bytes, &mut text);
                match tape.read_all(&text) {
                    Ok(()) => {
                        pen.place.text = Some(document.start());
                        segments(tape.root(&text), pen);
                        pen.place.text = None;
                    }
                    Err(Unread::TooMany) => pen.note(FindingKind::TooLarge, document, "Document", too_many()),
                    Err(Unread::Stop(_)) => pen.note(FindingKind::BrokenJson, document, "Document", "a text that is no JSON"),
                }
                (self.text, self.tape) = (text, tape);
            }
            Some(document) => segments(document, pen),
            None if leaf == SEGMENT || item.get("start_time").is_some() => segments(item, pen),
            None => pen.note(FindingKind::SkippedDocument, item, "", "expected a segment"),
        }
    }
}

/// Reads bare segments, one a document.
#[derive(Default)]
pub(super) struct Segments;

impl Format for Segments {
    fn name(&self) -> &'static str {
        "AWS X-Ray segments"
    }

    fn coarse_ns(&self) -> u32 {
        1000
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"trace_id\"", b"\"id\"", b"\"name\""]
    }

    fn step(&self, level: Level, _key: &[u8], first: u8) -> Step {
        match first {
            b'[' if level < 2 => Step::Enter(level + 1),
            b'{' => Step::Leaf(SEGMENT),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, _leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        // The daemon's line `{"format": "json", "version": 1}` stands before each.
        if item.get("start_time").is_some() {
            segments(item, pen);
        }
    }
}

/// A segment and all within it, from a stack.
fn segments(root: Item<'_>, pen: &mut Pen<'_>) {
    let trace = trace_of(root);
    let resource = pen.resource(|pen| {
        if let Some(name) = root.get("name") {
            pen.string("service.name", &name.text());
        }
        if let Some(version) = root.path(&["service", "version"]) {
            pen.string("service.version", &version.text());
        }
        if let Some(origin) = root.get("origin") {
            pen.string("aws.xray.origin", &origin.text());
        }
    });
    let mut waiting = vec![(root, root.get_any(&["parent_id"]).map(|parent| span_id(Some(parent))).unwrap_or_default(), true)];
    while let Some((item, parent, is_segment)) = waiting.pop() {
        let id = span_id(item.get("id"));
        segment(item, &trace, &id, &parent, is_segment, resource, pen);
        let from = waiting.len();
        waiting.extend(item.get("subsegments").into_iter().flat_map(Item::elements).map(|sub| (sub, id.clone(), false)));
        if let Some(new) = waiting.get_mut(from..) {
            new.reverse();
        }
    }
}

fn segment(
    item: Item<'_>,
    trace: &Id<'_>,
    id: &Id<'_>,
    parent: &Id<'_>,
    is_segment: bool,
    resource: ResourceSlot,
    pen: &mut Pen<'_>,
) {
    let start = item.get("start_time").map_or(0, |time| pen.time(time, S, "start_time"));
    let end = item.get("end_time").map_or(0, |time| pen.time(time, S, "end_time"));
    let is_set = |name: &str| item.get(name).is_some_and(|flag| flag.kind() == Kind::True);
    let is_error = ["fault", "error", "throttle"].into_iter().any(is_set);
    let status = if is_error { StatusCode::Error } else { StatusCode::Unset };
    if !pen.lets_in(trace, start, end, status) {
        return;
    }
    let mut message = StrId::EMPTY;
    let first_event = pen.batch.next_event();
    for exception in item.path(&["cause", "exceptions"]).into_iter().flat_map(Item::elements) {
        for (member, key) in [("type", "exception.type"), ("message", "exception.message")] {
            if let Some(value) = exception.get(member) {
                let text = pen.text(value, "cause.exceptions");
                let key = pen.known(key);
                pen.ink.writer.string(key, text);
                if member == "message" && message == StrId::EMPTY {
                    message = text;
                }
            }
        }
        if let Some(stack) = exception.get("stack") {
            let mut text = String::new();
            for frame in stack.elements() {
                let part = |name: &str| {
                    frame.get(name).map(|part| String::from_utf8_lossy(&part.text()).into_owned()).unwrap_or_default()
                };
                // Writing to a string cannot fail.
                writeln!(text, "\tat {} ({}:{})", part("label"), part("path"), part("line")).unwrap_or_default();
            }
            pen.string("exception.stacktrace", text.as_bytes());
        }
        let name = pen.known("exception");
        pen.event(if end == 0 { start } else { end }, name);
    }
    let events = IdxRange::new(first_event.0, pen.batch.next_event().0);
    pen.members(item.get("annotations"), "annotations");
    const HTTP: [(&[&str], &str); 6] = [
        (&["http", "request", "method"], "http.request.method"),
        (&["http", "request", "url"], "url.full"),
        (&["http", "request", "user_agent"], "user_agent.original"),
        (&["http", "request", "client_ip"], "client.address"),
        (&["http", "response", "status"], "http.response.status_code"),
        (&["http", "response", "content_length"], "http.response.body.size"),
    ];
    for (path, key) in HTTP {
        if let Some(value) = item.path(path) {
            let key = pen.known(key);
            pen.attribute(key, value, "http");
        }
    }
    for (member, key) in [
        ("metadata", "aws.xray.metadata"),
        ("aws", "aws"),
        ("sql", "aws.xray.sql"),
        ("namespace", "aws.xray.namespace"),
        ("user", "enduser.id"),
        ("fault", "aws.xray.fault"),
        ("error", "aws.xray.error"),
        ("throttle", "aws.xray.throttle"),
        ("in_progress", "aws.xray.in_progress"),
        ("precursor_ids", "aws.xray.precursor_ids"),
    ] {
        if let Some(value) = item.get(member) {
            let key = pen.known(key);
            pen.attribute(key, value, member);
        }
    }
    let first_link = pen.batch.next_link();
    for link in item.get("links").into_iter().flat_map(Item::elements) {
        let (to_trace, to_span) = (trace_of(link), span_id(link.get("id")));
        pen.link(&to_trace, &to_span);
    }
    let links = IdxRange::new(first_link.0, pen.batch.next_link().0);
    let kind = match item.get("namespace") {
        _ if is_segment => SpanKind::Server,
        Some(_) => SpanKind::Client,
        None => SpanKind::Internal,
    };
    let draft = SpanDraft {
        trace: pen.trace_key(trace),
        id: pen.span_key(id),
        parent: pen.span_key(parent),
        name: item.get("name").map_or(StrId::EMPTY, |name| pen.text(name, "name")),
        start,
        end,
        kind,
        status,
        status_message: message,
        attributes: pen.attributes(),
        events,
        links,
        resource,
        scope: pen.scope(StrId::EMPTY, StrId::EMPTY),
        ..SpanDraft::default()
    };
    pen.span(&draft);
}

/// `1-58406520-a006649127e371903a2de979` as 32 digits; anything else as it is.
fn trace_of(item: Item<'_>) -> Id<'_> {
    let text = item.get_any(&["trace_id", "TraceId"]).map(Item::text).unwrap_or_default();
    let digits: Vec<u8> = match text.strip_prefix(b"1-") {
        Some(rest) if text.len() == 35 => rest.iter().copied().filter(|&byte| byte != b'-').collect(),
        _ => return id_of_text(text, 32, 24),
    };
    id_of_text(Cow::Owned(digits), 32, 24)
}

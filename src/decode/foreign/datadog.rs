//! Datadog: spans as its tracers send them to the agent, and as agentless intake has them.
//!
//! Sources: DataDog/datadog-agent `pkg/proto/datadog/trace/span.proto`, DataDog/dd-trace-py `ddtrace/internal/encoding.py`; the meaning as in the collector's
//! `receiver/datadogreceiver/internal/translator/traces_translator.go`.
//!
//! | Datadog | here |
//! | --- | --- |
//! | `[[span]]`, `{"traces": [{"spans": [span]}]}`, spans in any list | spans |
//! | `trace_id`, `span_id`, `parent_id` | unsigned 64-bit decimals; the upper half of the trace id is `_dd.p.tid` in hex, of the first span that has it and, as there, of all others of its list |
//! | `start`, `duration` | nanoseconds |
//! | `resource` | the name: it is the operation; `name` becomes `operation.name` |
//! | `service`, `type`, `meta`, `metrics` | `service.name` of the resource (with `env`, `version`), `span.type`, attributes |
//! | `error`, `error.message` (or `error.msg`) | status |
//! | `span.kind` | kind |

use std::borrow::Cow;

use super::pen::{Id, Pen, id_of_text, kind_of_tag};
use super::tape::{Item, Kind};
use super::{Format, Level, Step};
use crate::base::text::u64_from_hex;
use crate::base::{IdxRange, StrId};
use crate::decode::json::number::decimal;
use crate::model::{FindingKind, SpanDraft, StatusCode};

/// Reads spans of Datadog.
#[derive(Default)]
pub(super) struct Datadog {
    /// The upper half of the ids in the list at hand, with the lower half that it belongs to.
    upper: Option<(u64, u64)>,
}

impl Format for Datadog {
    fn name(&self) -> &'static str {
        "Datadog JSON"
    }

    fn coarse_ns(&self) -> u32 {
        0
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"trace_id\"", b"\"service\"", b"\"name\"", b"\"span_id\""]
    }

    fn step(&self, level: Level, key: &[u8], first: u8) -> Step {
        match (level, key, first) {
            (0, _, b'[') => Step::Enter(1),
            // `{"traces": …}`, or a span a line: told apart when it is read.
            (1, _, b'[') => Step::Enter(2),
            (0..=2, _, b'{') => Step::Leaf(0),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, _leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        // Lists in lists, from a stack.
        let mut waiting = vec![item];
        while let Some(item) = waiting.pop() {
            if let Some(list) = item.get_any(&["traces", "spans", "data"]).filter(|list| list.kind() == Kind::Array) {
                self.upper = None;
                let from = waiting.len();
                waiting.extend(list.elements());
                if let Some(new) = waiting.get_mut(from..) {
                    new.reverse();
                }
            } else if item.kind() == Kind::Array {
                self.upper = None;
                let from = waiting.len();
                waiting.extend(item.elements());
                if let Some(new) = waiting.get_mut(from..) {
                    new.reverse();
                }
            } else if item.get("span_id").is_some() {
                self.span(item, pen);
            } else {
                pen.note(FindingKind::SkippedDocument, item, "", "expected a span");
            }
        }
    }
}

impl Datadog {
    fn span(&mut self, item: Item<'_>, pen: &mut Pen<'_>) {
        let meta = item.get("meta");
        let tag = |name: &str| meta.and_then(|meta| meta.get(name)).map(Item::text);
        let lower = number(item.get("trace_id"));
        let upper = tag("_dd.p.tid").and_then(|upper| u64_from_hex(&upper));
        if let (Some(upper), Ok(lower)) = (upper, &lower) {
            self.upper = Some((*lower, upper));
        }
        let trace = match lower {
            Ok(0) => Id::Missing,
            Ok(lower) => match self.upper.filter(|(of, upper)| *of == lower && *upper != 0) {
                Some((_, upper)) => Id::Number(u128::from(upper) << 64 | u128::from(lower)),
                // Without its upper half it is an id of 64 bits, which are 16 digits.
                None => id_of_text(Cow::Owned(format!("{lower:016x}").into_bytes()), 32, 24),
            },
            Err(text) => id_of_text(text, 32, 24),
        };
        let start = item.get("start").map_or(0, |time| pen.time(time, 1, "start"));
        let end = start.saturating_add(item.get("duration").map_or(0, |time| pen.time(time, 1, "duration")));
        let is_error = item.get("error").is_some_and(|error| !matches!(&*error.text(), b"0" | b"false" | b""));
        let status = if is_error { StatusCode::Error } else { StatusCode::Unset };
        if !pen.lets_in(&trace, start, end, status) {
            return;
        }
        let resource = pen.resource(|pen| {
            if let Some(service) = item.get("service") {
                pen.string("service.name", &service.text());
            }
            for (name, key) in
                [("env", "deployment.environment.name"), ("version", "service.version"), ("_dd.hostname", "host.name")]
            {
                if let Some(value) = tag(name) {
                    pen.string(key, &value);
                }
            }
        });
        for (key, value) in meta.into_iter().chain(item.get("metrics")).flat_map(Item::entries) {
            if matches!(&*key.text(), b"env" | b"version" | b"_dd.hostname" | b"span.kind" | b"_dd.p.tid") {
                continue;
            }
            let key = pen.text(key, "meta");
            pen.attribute(key, value, "meta");
        }
        for (name, key) in [("name", "operation.name"), ("type", "span.type")] {
            if let Some(value) = item.get(name).filter(|value| !value.text().is_empty()) {
                pen.string(key, &value.text());
            }
        }
        if item.get_any(&["meta_struct", "span_links", "span_events"]).is_some() {
            pen.note(FindingKind::Unmapped, item, "meta_struct, span_links, span_events", "left out");
        }
        let kind = tag("span.kind").map(|kind| kind_of_tag(&kind)).unwrap_or_default();
        let message =
            if is_error { tag("error.message").or_else(|| tag("error.msg")).unwrap_or_default() } else { Cow::default() };
        let draft = SpanDraft {
            trace: pen.trace_key(&trace),
            id: pen.span_key(&span_of(item.get("span_id"))),
            parent: pen.span_key(&span_of(item.get("parent_id"))),
            name: item.get_any(&["resource", "name"]).map_or(StrId::EMPTY, |name| pen.text(name, "resource")),
            start,
            end,
            kind,
            status,
            status_message: pen.bytes(&message),
            attributes: pen.attributes(),
            events: IdxRange::default(),
            resource,
            scope: pen.scope(StrId::EMPTY, StrId::EMPTY),
            ..SpanDraft::default()
        };
        pen.span(&draft);
    }
}

/// An unsigned decimal of 64 bits, or the text that it is not.
fn number(item: Option<Item<'_>>) -> Result<u64, Cow<'_, [u8]>> {
    let Some(item) = item else { return Ok(0) };
    let text = item.text();
    decimal(&text).filter(|number| number.plain).and_then(|number| u64::try_from(number.value).ok()).ok_or(text)
}

fn span_of(item: Option<Item<'_>>) -> Id<'_> {
    match number(item) {
        Ok(0) => Id::Missing,
        Ok(number) => Id::Number(u128::from(number)),
        Err(text) => id_of_text(text, 16, 12),
    }
}

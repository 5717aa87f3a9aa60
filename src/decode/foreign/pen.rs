//! What foreign readers write with: texts, ids, times, attributes and findings, in the words of OpenTelemetry.

use std::borrow::Cow;

use super::tape::{Item, Kind};
use super::time;
use crate::base::text::{bytes_from_base64, u64_from_hex, u128_from_hex};
use crate::base::{IdxRange, StrId, len_u32};
use crate::decode::MAX_DEPTH;
use crate::decode::json::number::decimal;
use crate::model::{
    AttributeIdx, AttributeWriter, Batch, EventDraft, Example, FindingKind, Glimpse, ImportReport, LinkDraft, ResourceSlot,
    ScopeSlot, SourceIdx, SpanDraft, SpanIdx, SpanKey, SpanKind, StatusCode, TraceKey, TraceName,
};

/// An id as a file has it, before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Id<'a> {
    /// None, empty or all zero.
    #[default]
    Missing,
    /// As many hex digits as OpenTelemetry's: 32 of a trace, 16 of a span.
    Number(u128),
    /// Anything else.
    Text(Cow<'a, [u8]>),
}

/// What all leaves of a source are written with.
#[derive(Debug, Default)]
pub(super) struct Ink {
    pub(super) source: SourceIdx,
    /// Attributes in waiting.
    pub(super) writer: AttributeWriter,
    pub(super) scratch: Vec<u8>,
    /// Span records so far, also those that were turned away.
    pub(super) spans: u64,
    /// The scope of spans that have none.
    pub(super) no_scope: Option<ScopeSlot>,
}

/// Where the leaf at hand stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The bytes that items point into.
    pub(super) window: &'a [u8],
    /// Where they begin in the source.
    pub(super) base: u64,
    /// The lines before them.
    pub(super) lines: u64,
    /// Where the text stands that items point into instead, once its escapes are resolved.
    pub(super) text: Option<usize>,
}

impl Place<'_> {
    fn line(&self, at: usize) -> u64 {
        1 + self.lines + memchr::memchr_iter(b'\n', self.window.get(..at).unwrap_or_default()).count() as u64
    }
}

/// Writes what leaves hold.
pub(super) struct Pen<'a> {
    pub(super) batch: &'a mut Batch,
    pub(super) report: &'a mut ImportReport,
    pub(super) ink: &'a mut Ink,
    pub(super) place: Place<'a>,
}

impl Pen<'_> {
    /// A finding at an item.
    pub(super) fn note(&mut self, kind: FindingKind, item: Item<'_>, path: &str, note: impl Into<String>) {
        self.note_at(kind, item.start(), path, note);
    }

    /// A finding at a place of the window.
    pub(super) fn note_at(&mut self, kind: FindingKind, at: usize, path: &str, note: impl Into<String>) {
        let (place, source) = (self.place, self.ink.source);
        let at = place.text.unwrap_or(at);
        self.report.add(kind, || Example {
            source,
            offset: Some(place.base + at as u64),
            line: Some(place.line(at)),
            path: path.to_owned(),
            note: note.into(),
        });
    }

    /// A member that has another type than its format says; `null` is as good as none.
    pub(super) fn wrong_type(&mut self, item: Item<'_>, path: &str, expected: &str) {
        if !item.is_null() {
            self.note(FindingKind::WrongType, item, path, format!("expected {expected}"));
        }
    }

    /// The symbol of a text that a file has.
    pub(super) fn text(&mut self, item: Item<'_>, path: &str) -> StrId {
        if !matches!(item.kind(), Kind::String | Kind::Number | Kind::True | Kind::False | Kind::Key) {
            self.wrong_type(item, path, "a text");
            return StrId::EMPTY;
        }
        let raw = item.raw();
        let (id, is_repaired, guessed) = if raw.escaped {
            self.ink.scratch.clear();
            let guessed = crate::decode::json::unescape(raw.bytes, &mut self.ink.scratch);
            let (id, is_repaired) = self.batch.strings.intern_bytes(&self.ink.scratch);
            (id, is_repaired, guessed)
        } else {
            let (id, is_repaired) = self.batch.strings.intern_bytes(raw.bytes);
            (id, is_repaired, false)
        };
        if guessed || is_repaired {
            self.note(
                FindingKind::BadText,
                item,
                path,
                if guessed { "an escape that stands for no character" } else { "not UTF-8" },
            );
        }
        id
    }

    /// The symbol of a text that is known to be well-formed, such as a key of OpenTelemetry's conventions.
    pub(super) fn known(&mut self, text: &str) -> StrId {
        self.batch.strings.intern(text)
    }

    /// The symbol of bytes of a file; broken characters are replaced.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> StrId {
        self.batch.strings.intern_bytes(bytes).0
    }

    /// A time in a unit of so many nanoseconds, exactly: a number or digits in a text, with a fraction or without one. 0 where there is none.
    pub(super) fn time(&mut self, item: Item<'_>, unit_ns: u64, path: &str) -> u64 {
        match time::scaled(&item.text(), unit_ns) {
            Some((ns, true)) => ns,
            Some((ns, false)) => {
                self.note(FindingKind::InexactTime, item, path, "a number with digits below a nanosecond");
                ns
            }
            None => {
                if !item.is_null() {
                    self.note(
                        FindingKind::BadNumber,
                        item,
                        path,
                        "expected a time that is not negative and fits 64 bits of nanoseconds",
                    );
                }
                0
            }
        }
    }

    /// A time of RFC 3339, such as `2022-04-27T23:53:11.533109Z`, or of a few forms like it. 0 where there is none.
    pub(super) fn rfc3339(&mut self, item: Item<'_>, path: &str) -> u64 {
        let text = item.text();
        if text.is_empty() {
            return 0;
        }
        time::rfc3339(&text).unwrap_or_else(|| {
            self.note(FindingKind::BadNumber, item, path, "expected a date and time as RFC 3339 has it");
            0
        })
    }

    /// A number that fits 32 bits; 0 where there is none.
    pub(super) fn small(&mut self, item: Item<'_>, path: &str) -> u32 {
        let number = decimal(&item.text()).and_then(|number| u32::try_from(number.value).ok());
        number.unwrap_or_else(|| {
            if !item.is_null() {
                self.note(FindingKind::BadNumber, item, path, "expected a number that fits 32 bits");
            }
            0
        })
    }

    /// The key of a trace id.
    pub(super) fn trace_key(&mut self, id: &Id<'_>) -> TraceKey {
        match id {
            Id::Missing => TraceKey::Missing,
            Id::Number(number) => TraceKey::from_number(*number),
            Id::Text(text) => TraceKey::Text(self.bytes(text)),
        }
    }

    /// The key of a span id.
    pub(super) fn span_key(&mut self, id: &Id<'_>) -> SpanKey {
        match id {
            Id::Missing => SpanKey::Missing,
            #[expect(clippy::cast_possible_truncation, reason = "it was made of 16 digits")]
            Id::Number(number) => SpanKey::from_number(*number as u64),
            Id::Text(text) => SpanKey::Text(self.bytes(text)),
        }
    }

    /// Counts a span record, and says whether it is wanted. Nothing of a span may be written before.
    pub(super) fn lets_in(&mut self, trace: &Id<'_>, start: u64, end: u64, status: StatusCode) -> bool {
        self.ink.spans += 1;
        if !self.batch.is_choosy() {
            return true;
        }
        let trace = match trace {
            Id::Missing => TraceName::default(),
            Id::Number(number) => TraceName::of_number(*number),
            Id::Text(text) => TraceName::of_text(text),
        };
        !self.batch.turns_away(&Glimpse { trace, start, end, status })
    }

    /// An attribute with the value of an item: texts, whole numbers that fit 64 bits, other numbers as doubles, truth values, lists and maps.
    /// `null` is an empty value.
    pub(super) fn attribute(&mut self, key: StrId, item: Item<'_>, path: &str) {
        // (what is left of an array or map, the key of what comes next)
        let mut open: Vec<Box<dyn Iterator<Item = (Option<Item<'_>>, Item<'_>)> + '_>> = Vec::new();
        let mut next = Some((key, item));
        loop {
            if let Some((key, item)) = next.take() {
                match item.kind() {
                    Kind::Object | Kind::Array if open.len() == MAX_DEPTH => {
                        self.note(FindingKind::TooDeep, item, path, format!("expected at most {MAX_DEPTH} levels"));
                        self.ink.writer.empty(key);
                    }
                    Kind::Object => {
                        self.ink.writer.open_map(key);
                        open.push(Box::new(item.entries().map(|(key, value)| (Some(key), value))));
                    }
                    Kind::Array => {
                        self.ink.writer.open_array(key);
                        open.push(Box::new(item.elements().map(|value| (None, value))));
                    }
                    _ => self.scalar(key, item, path),
                }
            }
            let Some(innermost) = open.last_mut() else { return };
            if let Some((key, value)) = innermost.next() {
                let key = key.map_or(StrId::EMPTY, |key| self.text(key, path));
                next = Some((key, value));
            } else {
                open.pop();
                self.ink.writer.close(&mut self.batch.attributes);
            }
        }
    }

    fn scalar(&mut self, key: StrId, item: Item<'_>, path: &str) {
        match item.kind() {
            Kind::String | Kind::Key => {
                let text = self.text(item, path);
                self.ink.writer.string(key, text);
            }
            Kind::True => self.ink.writer.bool(key, true),
            Kind::False => self.ink.writer.bool(key, false),
            Kind::Number => self.number(key, item.raw().bytes),
            Kind::Null | Kind::Object | Kind::Array => self.ink.writer.empty(key),
        }
    }

    /// A number as it is written: an integer if it is one of 64 bits, else a double.
    pub(super) fn number(&mut self, key: StrId, text: &[u8]) {
        let whole = decimal(text).filter(|number| number.plain).and_then(|number| i64::try_from(number.value).ok());
        let double = || str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        match (whole, whole.map_or_else(double, |_| None)) {
            (Some(number), _) => self.ink.writer.int(key, number),
            (None, Some(number)) => self.ink.writer.double(key, number),
            (None, None) => {
                let text = self.bytes(text);
                self.ink.writer.string(key, text);
            }
        }
    }

    /// Attributes of the members of an object; of anything else none.
    pub(super) fn members(&mut self, item: Option<Item<'_>>, path: &str) {
        for (key, value) in item.into_iter().flat_map(Item::entries) {
            let key = self.text(key, path);
            self.attribute(key, value, path);
        }
    }

    /// An attribute of text.
    pub(super) fn string(&mut self, key: &str, text: &[u8]) {
        let (key, text) = (self.known(key), self.bytes(text));
        self.ink.writer.string(key, text);
    }

    /// The attributes that were written, which become an owner's.
    pub(super) fn attributes(&mut self) -> IdxRange<AttributeIdx> {
        self.ink.writer.finish(&mut self.batch.attributes)
    }

    /// A resource of the attributes that `write` writes; equal ones are one. Nothing else may be in waiting.
    pub(super) fn resource(&mut self, write: impl FnOnce(&mut Self)) -> ResourceSlot {
        let mark = self.batch.mark();
        write(self);
        let range = self.attributes();
        self.batch.settle_resource(mark, range)
    }

    /// A scope of that name and version; `None` for neither.
    pub(super) fn scope(&mut self, name: StrId, version: StrId) -> ScopeSlot {
        if (name, version) == (StrId::EMPTY, StrId::EMPTY) {
            let batch = &mut *self.batch;
            return *self.ink.no_scope.get_or_insert_with(|| batch.open_scope());
        }
        let slot = self.batch.open_scope();
        self.batch.set_scope(slot, name, version, StrId::EMPTY, IdxRange::default(), 0);
        slot
    }

    /// The row that the next span gets.
    pub(super) fn next_span(&self) -> SpanIdx {
        SpanIdx(len_u32(self.batch.n_spans()))
    }

    /// Adds an event with the attributes in waiting. Those of one span must follow each other, before the span.
    pub(super) fn event(&mut self, time: u64, name: StrId) {
        let attributes = self.attributes();
        self.batch.push_event(&EventDraft { name, time, attributes, ..EventDraft::default() });
    }

    /// Adds a link with the attributes in waiting. Those of one span must follow each other, before the span.
    pub(super) fn link(&mut self, trace: &Id<'_>, span: &Id<'_>) {
        let attributes = self.attributes();
        let (trace, span) = (self.trace_key(trace), self.span_key(span));
        self.batch.push_link(&LinkDraft { trace, span, attributes, ..LinkDraft::default() });
    }

    /// Adds a span of this source.
    pub(super) fn span(&mut self, draft: &SpanDraft) {
        self.batch.push_span(&SpanDraft { source: self.ink.source, ..*draft });
    }
}

/// The kind that a tag `span.kind` names, in the words of its conventions.
pub(super) fn kind_of_tag(tag: &[u8]) -> SpanKind {
    match tag {
        b"internal" => SpanKind::Internal,
        b"server" => SpanKind::Server,
        b"client" => SpanKind::Client,
        b"producer" => SpanKind::Producer,
        b"consumer" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

/// A trace id: 32 hex digits, 24 characters of base64, or whatever else stands there.
pub(super) fn trace_id(item: Option<Item<'_>>) -> Id<'_> {
    id(item, 32, 24)
}

/// A span id: 16 hex digits, 12 characters of base64, or whatever else stands there.
pub(super) fn span_id(item: Option<Item<'_>>) -> Id<'_> {
    id(item, 16, 12)
}

fn id(item: Option<Item<'_>>, n_hex: usize, n_base64: usize) -> Id<'_> {
    let Some(item) = item else { return Id::Missing };
    id_of_text(item.text(), n_hex, n_base64)
}

/// The same of a text.
pub(super) fn id_of_text(text: Cow<'_, [u8]>, n_hex: usize, n_base64: usize) -> Id<'_> {
    if text.iter().all(|&byte| byte == b'0') {
        return Id::Missing;
    }
    let number = match text.len() {
        len if len == n_hex && len == 16 => u64_from_hex(&text).map(u128::from),
        len if len == n_hex => u128_from_hex(&text),
        len if len == n_base64 && text.ends_with(b"=") => bytes_from_base64(&text)
            .filter(|bytes| bytes.len() == n_hex / 2)
            .map(|bytes| bytes.iter().fold(0, |sum: u128, &byte| sum << 8 | u128::from(byte))),
        _ => None,
    };
    match number {
        Some(0) => Id::Missing,
        Some(number) => Id::Number(number),
        None => Id::Text(text),
    }
}

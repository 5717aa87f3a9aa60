//! Spans with their events and links, resources and scopes: each read from one slice.

use super::place::Context;
use super::wire::{self, FIXED32, FIXED64, LEN, Tag, VARINT, tag};
use crate::base::text::hex_from_bytes;
use crate::base::{IdxRange, StrId};
use crate::model::{
    AttributeWriter, EventDraft, FindingKind, Glimpse, LinkDraft, SpanDraft, SpanKey, SpanKind, StatusCode, TraceKey, TraceName,
};

mod span {
    use super::{FIXED32, FIXED64, LEN, VARINT, tag};
    pub(super) const TRACE_ID: u32 = tag(1, LEN);
    pub(super) const SPAN_ID: u32 = tag(2, LEN);
    pub(super) const TRACE_STATE: u32 = tag(3, LEN);
    pub(super) const PARENT_SPAN_ID: u32 = tag(4, LEN);
    pub(super) const NAME: u32 = tag(5, LEN);
    pub(super) const KIND: u32 = tag(6, VARINT);
    pub(super) const START: u32 = tag(7, FIXED64);
    pub(super) const END: u32 = tag(8, FIXED64);
    pub(super) const ATTRIBUTE: u32 = tag(9, LEN);
    pub(super) const DROPPED_ATTRIBUTES: u32 = tag(10, VARINT);
    pub(super) const EVENT: u32 = tag(11, LEN);
    pub(super) const DROPPED_EVENTS: u32 = tag(12, VARINT);
    pub(super) const LINK: u32 = tag(13, LEN);
    pub(super) const DROPPED_LINKS: u32 = tag(14, VARINT);
    pub(super) const STATUS: u32 = tag(15, LEN);
    pub(super) const FLAGS: u32 = tag(16, FIXED32);
}

/// The writers of a span's attributes, and of those of an event or link: these come in between.
#[derive(Clone, Debug, Default)]
pub(super) struct Writers {
    pub(super) span: AttributeWriter,
    pub(super) inner: AttributeWriter,
}

/// A resource or a scope, which may come in parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    pub(super) name: StrId,
    pub(super) version: StrId,
    pub(super) dropped: u32,
    pub(super) writer: AttributeWriter,
}

/// Reads one leaf.
pub(super) struct Leaf<'b> {
    pub(super) context: Context<'b>,
    pub(super) writers: &'b mut Writers,
}

impl Leaf<'_> {
    /// Reads a span; `draft` knows where it stands. One that breaks off is kept where it has its ids by then.
    pub(super) fn span(mut self, mut draft: SpanDraft) -> bool {
        let all = self.context.all;
        let mark = self.context.batch.mark();
        let first_event = self.context.batch.next_event();
        let first_link = self.context.batch.next_link();
        if let Err(rest) = self.span_fields(all, &mut draft) {
            self.context.broken(rest, "");
            if draft.trace == TraceKey::Missing || draft.id == SpanKey::Missing {
                self.context.batch.rollback(mark);
                self.writers.span.clear();
                return false;
            }
        }
        let Self { mut context, writers } = self;
        context.tell_repeated_key(&writers.span, "attributes");
        draft.attributes = writers.span.finish(&mut context.batch.attributes);
        draft.events = IdxRange::new(first_event.0, context.batch.next_event().0);
        draft.links = IdxRange::new(first_link.0, context.batch.next_link().0);
        context.batch.push_span(&draft);
        true
    }

    /// Reads the fields of a span; the error is where it breaks.
    fn span_fields<'a>(&mut self, all: &'a [u8], draft: &mut SpanDraft) -> Result<(), &'a [u8]> {
        let mut rest = all;
        let mut fields = || {
            while !rest.is_empty() {
                let before = rest;
                let tag = wire::read_tag(&mut rest)?;
                match tag.0 {
                    span::TRACE_ID => draft.trace = self.trace_id(wire::bytes(&mut rest)?),
                    span::SPAN_ID => draft.id = self.span_id(wire::bytes(&mut rest)?),
                    span::TRACE_STATE => draft.trace_state = self.context.text(wire::bytes(&mut rest)?, "traceState"),
                    span::PARENT_SPAN_ID => draft.parent = self.span_id(wire::bytes(&mut rest)?),
                    span::NAME => draft.name = self.context.key(wire::bytes(&mut rest)?, "name"),
                    span::KIND => self.kind(draft, wire::varint(&mut rest)?, before),
                    span::START => draft.start = wire::fixed64(&mut rest)?,
                    span::END => draft.end = wire::fixed64(&mut rest)?,
                    span::ATTRIBUTE => self.context.attribute(&mut self.writers.span, wire::bytes(&mut rest)?),
                    span::DROPPED_ATTRIBUTES => {
                        (draft.dropped_attributes, rest) = self.dropped(rest, "droppedAttributesCount")?;
                    }
                    span::EVENT => self.event(wire::bytes(&mut rest)?),
                    span::DROPPED_EVENTS => (draft.dropped_events, rest) = self.dropped(rest, "droppedEventsCount")?,
                    span::LINK => self.link(wire::bytes(&mut rest)?),
                    span::DROPPED_LINKS => (draft.dropped_links, rest) = self.dropped(rest, "droppedLinksCount")?,
                    span::STATUS => self.status(draft, wire::bytes(&mut rest)?),
                    span::FLAGS => draft.flags = wire::fixed32(&mut rest)?,
                    _ => rest = self.other(rest, before, tag, 16)?,
                }
            }
            Some(())
        };
        if fields().is_none() {
            return Err(rest);
        }
        Ok(())
    }

    /// A field that is not known, or not in this form; what comes after it.
    #[cold]
    pub(super) fn other<'a>(&mut self, rest: &'a [u8], before: &[u8], tag: Tag, last_known: u32) -> Option<&'a [u8]> {
        let rest = wire::skipped(rest, tag)?;
        if tag.field() <= last_known {
            self.context.wrong_type(before, "");
        }
        Some(rest)
    }

    #[inline]
    pub(super) fn trace_id(&mut self, bytes: &[u8]) -> TraceKey {
        if let Ok(bytes) = bytes.try_into() {
            return TraceKey::from_number(u128::from_be_bytes(bytes));
        }
        if bytes.iter().all(|&byte| byte == 0) {
            return TraceKey::Missing;
        }
        TraceKey::Text(self.context.batch.strings.intern(&hex_from_bytes(bytes)))
    }

    #[inline]
    pub(super) fn span_id(&mut self, bytes: &[u8]) -> SpanKey {
        if let Ok(bytes) = bytes.try_into() {
            return SpanKey::from_number(u64::from_be_bytes(bytes));
        }
        if bytes.iter().all(|&byte| byte == 0) {
            return SpanKey::Missing;
        }
        SpanKey::Text(self.context.batch.strings.intern(&hex_from_bytes(bytes)))
    }

    #[inline]
    fn kind(&mut self, draft: &mut SpanDraft, number: u64, here: &[u8]) {
        let number = enum_number(number);
        draft.unknown_kind = None;
        if let Some(kind) = SpanKind::from_number(i64::from(number)) {
            draft.kind = kind;
            return;
        }
        draft.kind = SpanKind::Unspecified;
        draft.unknown_kind = Some(number);
        self.context.note(FindingKind::UnknownEnum, here, "kind", "a number that OpenTelemetry does not know");
    }

    /// A number of what the producer dropped, and what comes after it.
    pub(super) fn dropped<'a>(&mut self, rest: &'a [u8], field: &'static str) -> Option<(u32, &'a [u8])> {
        let mut after = rest;
        let dropped = low_half(wire::varint(&mut after)?);
        if dropped != 0 {
            self.context.note_many(FindingKind::DroppedByProducer, u64::from(dropped), rest, field, "");
        }
        Some((dropped, after))
    }

    fn status(&mut self, draft: &mut SpanDraft, status: &[u8]) {
        const MESSAGE: u32 = tag(2, LEN);
        const CODE: u32 = tag(3, VARINT);
        let mut rest = status;
        let mut fields = || {
            while !rest.is_empty() {
                let before = rest;
                let tag = wire::read_tag(&mut rest)?;
                match tag.0 {
                    MESSAGE => draft.status_message = self.context.text(wire::bytes(&mut rest)?, "status.message"),
                    CODE => {
                        let code = StatusCode::from_number(i64::from(enum_number(wire::varint(&mut rest)?)));
                        draft.status = code.unwrap_or_default();
                        if code.is_none() {
                            let note = "a number that OpenTelemetry does not know";
                            self.context.note(FindingKind::UnknownEnum, before, "status.code", note);
                        }
                    }
                    // 1 is the code of OTLP before 0.5.
                    _ if tag.field() == 1 => wire::skip(&mut rest, tag)?,
                    _ => rest = self.other(rest, before, tag, 3)?,
                }
            }
            Some(())
        };
        if fields().is_none() {
            self.context.broken(rest, "status");
        }
    }

    fn event(&mut self, event: &[u8]) {
        const TIME: u32 = tag(1, FIXED64);
        const NAME: u32 = tag(2, LEN);
        const ATTRIBUTE: u32 = tag(3, LEN);
        const DROPPED: u32 = tag(4, VARINT);
        let mut rest = event;
        let mut draft = EventDraft::default();
        let mut fields = || {
            while !rest.is_empty() {
                let before = rest;
                let tag = wire::read_tag(&mut rest)?;
                match tag.0 {
                    TIME => draft.time = wire::fixed64(&mut rest)?,
                    NAME => draft.name = self.context.key(wire::bytes(&mut rest)?, "events.name"),
                    ATTRIBUTE => self.context.attribute(&mut self.writers.inner, wire::bytes(&mut rest)?),
                    DROPPED => (draft.dropped_attributes, rest) = self.dropped(rest, "events.droppedAttributesCount")?,
                    _ => rest = self.other(rest, before, tag, 4)?,
                }
            }
            Some(())
        };
        if fields().is_none() {
            self.context.broken(rest, "events");
        }
        self.context.tell_repeated_key(&self.writers.inner, "events.attributes");
        draft.attributes = self.writers.inner.finish(&mut self.context.batch.attributes);
        self.context.batch.push_event(&draft);
    }

    fn link(&mut self, link: &[u8]) {
        const TRACE_ID: u32 = tag(1, LEN);
        const SPAN_ID: u32 = tag(2, LEN);
        const TRACE_STATE: u32 = tag(3, LEN);
        const ATTRIBUTE: u32 = tag(4, LEN);
        const DROPPED: u32 = tag(5, VARINT);
        const FLAGS: u32 = tag(6, FIXED32);
        let mut rest = link;
        let mut draft = LinkDraft::default();
        let mut fields = || {
            while !rest.is_empty() {
                let before = rest;
                let tag = wire::read_tag(&mut rest)?;
                match tag.0 {
                    TRACE_ID => draft.trace = self.trace_id(wire::bytes(&mut rest)?),
                    SPAN_ID => draft.span = self.span_id(wire::bytes(&mut rest)?),
                    TRACE_STATE => draft.trace_state = self.context.text(wire::bytes(&mut rest)?, "links.traceState"),
                    ATTRIBUTE => self.context.attribute(&mut self.writers.inner, wire::bytes(&mut rest)?),
                    DROPPED => (draft.dropped_attributes, rest) = self.dropped(rest, "links.droppedAttributesCount")?,
                    FLAGS => draft.flags = wire::fixed32(&mut rest)?,
                    _ => rest = self.other(rest, before, tag, 6)?,
                }
            }
            Some(())
        };
        if fields().is_none() {
            self.context.broken(rest, "links");
        }
        self.context.tell_repeated_key(&self.writers.inner, "links.attributes");
        draft.attributes = self.writers.inner.finish(&mut self.context.batch.attributes);
        self.context.batch.push_link(&draft);
    }

    /// Reads a resource, or a part of it: a message that comes twice is one with the fields of both.
    pub(super) fn resource(mut self, resource: &mut Origin) {
        const ATTRIBUTE: u32 = tag(1, LEN);
        const DROPPED: u32 = tag(2, VARINT);
        let mut rest = self.context.all;
        let mut fields = || {
            while !rest.is_empty() {
                let before = rest;
                let tag = wire::read_tag(&mut rest)?;
                match tag.0 {
                    ATTRIBUTE => self.context.attribute(&mut resource.writer, wire::bytes(&mut rest)?),
                    DROPPED => (resource.dropped, rest) = self.dropped(rest, "resource.droppedAttributesCount")?,
                    _ => rest = self.other(rest, before, tag, 2)?,
                }
            }
            Some(())
        };
        if fields().is_none() {
            self.context.broken(rest, "resource");
        }
    }

    /// Reads a scope, or a part of it.
    pub(super) fn scope(mut self, scope: &mut Origin) {
        const NAME: u32 = tag(1, LEN);
        const VERSION: u32 = tag(2, LEN);
        const ATTRIBUTE: u32 = tag(3, LEN);
        const DROPPED: u32 = tag(4, VARINT);
        let mut rest = self.context.all;
        let mut fields = || {
            while !rest.is_empty() {
                let before = rest;
                let tag = wire::read_tag(&mut rest)?;
                match tag.0 {
                    NAME => scope.name = self.context.key(wire::bytes(&mut rest)?, "scope.name"),
                    VERSION => scope.version = self.context.key(wire::bytes(&mut rest)?, "scope.version"),
                    ATTRIBUTE => self.context.attribute(&mut scope.writer, wire::bytes(&mut rest)?),
                    DROPPED => (scope.dropped, rest) = self.dropped(rest, "scope.droppedAttributesCount")?,
                    _ => rest = self.other(rest, before, tag, 4)?,
                }
            }
            Some(())
        };
        if fields().is_none() {
            self.context.broken(rest, "scope");
        }
    }
}

/// What a portion asks of a span before it is read; as far as it can be, where it is broken.
#[inline(never)]
pub(super) fn skim(leaf: &[u8]) -> Glimpse {
    const CODE: u32 = tag(3, VARINT);
    let mut glimpse = Glimpse::default();
    let mut rest = leaf;
    let mut fields = || {
        while !rest.is_empty() {
            let tag = wire::read_tag(&mut rest)?;
            match tag.0 {
                span::TRACE_ID => {
                    let id = wire::bytes(&mut rest)?;
                    glimpse.trace = match id.try_into() {
                        Ok(bytes) => TraceName::of_number(u128::from_be_bytes(bytes)),
                        Err(_) if id.iter().all(|&byte| byte == 0) => TraceName::default(),
                        Err(_) => TraceName::of_text(hex_from_bytes(id).as_bytes()),
                    };
                }
                span::START => glimpse.start = wire::fixed64(&mut rest)?,
                span::END => glimpse.end = wire::fixed64(&mut rest)?,
                span::STATUS => {
                    let mut status = wire::bytes(&mut rest)?;
                    while let Some(tag) = wire::read_tag(&mut status) {
                        if tag.0 == CODE {
                            let code = i64::from(enum_number(wire::varint(&mut status)?));
                            glimpse.status = StatusCode::from_number(code).unwrap_or_default();
                        } else {
                            wire::skip(&mut status, tag)?;
                        }
                    }
                }
                _ => wire::skip(&mut rest, tag)?,
            }
        }
        Some(())
    };
    // The reader of what is kept says what is broken.
    _ = fields();
    glimpse
}

/// An enum's number: 32 bits, sign-extended on the wire.
#[inline]
pub(super) fn enum_number(number: u64) -> i32 {
    low_half(number).cast_signed()
}

/// Protobuf readers take the lower half of a number that is too long for its field.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is meant")]
fn low_half(number: u64) -> u32 {
    number as u32
}

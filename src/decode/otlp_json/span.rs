//! Spans with their events and links, resources and scopes.

use super::known::Owner;
use super::leaf::{Leaf, Parts};
use super::pattern::Pattern;
use crate::base::{IdxRange, StrId};
use crate::decode::json::Stop;
use crate::model::{AttributeIdx, EventDraft, EventIdx, FindingKind, LinkDraft, LinkIdx, SpanDraft};

/// Defines the members of an object: each with its name, and the `snake_case` one where that differs.
macro_rules! members {
    ($name:ident { $($member:ident $camel:literal $(or $snake:literal)?),* $(,)? }) => {
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) enum $name { $($member,)* #[default] Unknown }

        impl $name {
            #[inline]
            fn of(key: &[u8], snake_case: &mut bool) -> Self {
                // Not every object has such names.
                let _ = &snake_case;
                match key {
                    $($camel => return Self::$member,)*
                    _ => {}
                }
                match key {
                    $($($snake => { *snake_case = true; Self::$member })?)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

pub(super) use members;

members!(SpanMember {
    TraceId b"traceId" or b"trace_id",
    SpanId b"spanId" or b"span_id",
    ParentSpanId b"parentSpanId" or b"parent_span_id",
    Name b"name",
    Kind b"kind",
    Start b"startTimeUnixNano" or b"start_time_unix_nano",
    End b"endTimeUnixNano" or b"end_time_unix_nano",
    Attributes b"attributes",
    Status b"status",
    Events b"events",
    Links b"links",
    Flags b"flags",
    TraceState b"traceState" or b"trace_state",
    DroppedAttributes b"droppedAttributesCount" or b"dropped_attributes_count",
    DroppedEvents b"droppedEventsCount" or b"dropped_events_count",
    DroppedLinks b"droppedLinksCount" or b"dropped_links_count",
});

impl SpanMember {
    /// How many there are, unknown ones counted as one.
    pub(super) const COUNT: usize = Self::Unknown as usize + 1;

    /// How they are written, in their order.
    pub(super) const fn patterns() -> [Pattern<4>; Self::COUNT] {
        [
            Pattern::new(b"\"traceId\":"),
            Pattern::new(b"\"spanId\":"),
            Pattern::new(b"\"parentSpanId\":"),
            Pattern::new(b"\"name\":"),
            Pattern::new(b"\"kind\":"),
            Pattern::new(b"\"startTimeUnixNano\":"),
            Pattern::new(b"\"endTimeUnixNano\":"),
            Pattern::new(b"\"attributes\":"),
            Pattern::new(b"\"status\":"),
            Pattern::new(b"\"events\":"),
            Pattern::new(b"\"links\":"),
            Pattern::new(b"\"flags\":"),
            Pattern::new(b"\"traceState\":"),
            Pattern::new(b"\"droppedAttributesCount\":"),
            Pattern::new(b"\"droppedEventsCount\":"),
            Pattern::new(b"\"droppedLinksCount\":"),
            Pattern::NONE,
        ]
    }
}

members!(EventMember {
    Time b"timeUnixNano" or b"time_unix_nano",
    Name b"name",
    Attributes b"attributes",
    Dropped b"droppedAttributesCount" or b"dropped_attributes_count",
});

members!(LinkMember {
    TraceId b"traceId" or b"trace_id",
    SpanId b"spanId" or b"span_id",
    TraceState b"traceState" or b"trace_state",
    Attributes b"attributes",
    Dropped b"droppedAttributesCount" or b"dropped_attributes_count",
    Flags b"flags",
});

members!(StatusMember {
    Code b"code",
    Message b"message",
});

members!(OriginMember {
    Name b"name",
    Version b"version",
    Attributes b"attributes",
    Dropped b"droppedAttributesCount" or b"dropped_attributes_count",
});

/// The members that tell a bare span from another object.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::decode) struct Telling {
    pub(in crate::decode) has_trace_id: bool,
    pub(in crate::decode) has_span_id: bool,
    pub(in crate::decode) has_start: bool,
}

impl Telling {
    /// Whether the object is a span, however bare.
    pub(in crate::decode) fn is_span(self) -> bool {
        self.has_trace_id && self.has_span_id && self.has_start
    }
}

/// Whether an object that begins with this key may be a span.
pub(super) fn may_begin_span(key: &[u8]) -> bool {
    SpanMember::of(key, &mut false) != SpanMember::Unknown
}

/// A resource or a scope.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Origin {
    pub(super) name: StrId,
    pub(super) version: StrId,
    pub(super) attributes: IdxRange<AttributeIdx>,
    pub(super) dropped: u32,
}

/// The next member of an object.
macro_rules! next_member {
    ($leaf:ident, $begun:ident, $members:ident) => {
        match $leaf.cursor.next_key(&mut $begun)? {
            None => None,
            Some(raw) => {
                let Parts { scratch, snake_case, .. } = &mut *$leaf.parts;
                Some($members::of(Self::key_bytes(raw, scratch), snake_case))
            }
        }
    };
}

pub(super) use next_member;

impl Leaf<'_, '_> {
    /// The span whose `{` is here: `draft` knows where it stands, and learns the rest.
    pub(super) fn span(&mut self, draft: &mut SpanDraft, telling: &mut Telling) -> Result<(), Stop> {
        self.cursor.at += 1;
        self.parts.known.begin_owner();
        let mut begun = false;
        let mut last = SpanMember::Unknown;
        loop {
            let member = if begun && let Some(member) = self.guessed_member(last) {
                member
            } else {
                let Some(member) = next_member!(self, begun, SpanMember) else { return Ok(()) };
                self.learn_member(last, member);
                member
            };
            last = member;
            match member {
                SpanMember::TraceId => {
                    draft.trace = self.trace_id("traceId")?;
                    telling.has_trace_id = true;
                }
                SpanMember::SpanId => {
                    draft.id = self.span_id("spanId")?;
                    telling.has_span_id = true;
                }
                SpanMember::ParentSpanId => draft.parent = self.span_id("parentSpanId")?,
                SpanMember::Name => draft.name = self.name("name")?,
                SpanMember::Kind => (draft.kind, draft.unknown_kind) = self.kind()?,
                SpanMember::Start => {
                    draft.start = self.time("startTimeUnixNano")?;
                    telling.has_start = true;
                }
                SpanMember::End => draft.end = self.time("endTimeUnixNano")?,
                SpanMember::Attributes => draft.attributes = self.attributes("attributes", Owner::Span)?,
                SpanMember::Status => self.status(draft)?,
                SpanMember::Events => draft.events = self.events()?,
                SpanMember::Links => draft.links = self.links()?,
                SpanMember::Flags => draft.flags = self.small("flags")?,
                SpanMember::TraceState => draft.trace_state = self.text("traceState")?,
                SpanMember::DroppedAttributes => draft.dropped_attributes = self.dropped("droppedAttributesCount")?,
                SpanMember::DroppedEvents => draft.dropped_events = self.dropped("droppedEventsCount")?,
                SpanMember::DroppedLinks => draft.dropped_links = self.dropped("droppedLinksCount")?,
                SpanMember::Unknown => self.cursor.skip_value()?,
            }
        }
    }

    #[inline]
    pub(super) fn dropped(&mut self, field: &'static str) -> Result<u32, Stop> {
        let dropped = self.small(field)?;
        self.parts.dropped += u64::from(dropped);
        Ok(dropped)
    }

    fn status(&mut self, draft: &mut SpanDraft) -> Result<(), Stop> {
        if self.cursor.take(b"{}") || !self.enter_object("status")? {
            return Ok(());
        }
        let mut begun = false;
        while let Some(member) = next_member!(self, begun, StatusMember) {
            match member {
                StatusMember::Code => draft.status = self.status_code()?,
                StatusMember::Message => draft.status_message = self.text("status.message")?,
                StatusMember::Unknown => self.cursor.skip_value()?,
            }
        }
        Ok(())
    }

    fn events(&mut self) -> Result<IdxRange<EventIdx>, Stop> {
        let first = self.batch.next_event();
        if self.enter_array("events")? {
            let mut begun = false;
            while let Some(byte) = self.cursor.next_element(&mut begun)? {
                if byte == b'{' {
                    self.event()?;
                } else {
                    self.wrong_type(byte, "events", "expected an object")?;
                }
            }
        }
        Ok(IdxRange::new(first.0, self.batch.next_event().0))
    }

    fn event(&mut self) -> Result<(), Stop> {
        self.cursor.at += 1;
        self.parts.known.begin_owner();
        let mut event = EventDraft::default();
        let mut begun = false;
        while let Some(member) = next_member!(self, begun, EventMember) {
            match member {
                EventMember::Time => event.time = self.time("events.timeUnixNano")?,
                EventMember::Name => event.name = self.name("events.name")?,
                EventMember::Attributes => event.attributes = self.attributes("events.attributes", Owner::Event)?,
                EventMember::Dropped => event.dropped_attributes = self.dropped("events.droppedAttributesCount")?,
                EventMember::Unknown => self.cursor.skip_value()?,
            }
        }
        self.batch.push_event(&event);
        Ok(())
    }

    fn links(&mut self) -> Result<IdxRange<LinkIdx>, Stop> {
        let first = self.batch.next_link();
        if self.enter_array("links")? {
            let mut begun = false;
            while let Some(byte) = self.cursor.next_element(&mut begun)? {
                if byte == b'{' {
                    self.link()?;
                } else {
                    self.wrong_type(byte, "links", "expected an object")?;
                }
            }
        }
        Ok(IdxRange::new(first.0, self.batch.next_link().0))
    }

    fn link(&mut self) -> Result<(), Stop> {
        self.cursor.at += 1;
        let mut link = LinkDraft::default();
        let mut begun = false;
        while let Some(member) = next_member!(self, begun, LinkMember) {
            match member {
                LinkMember::TraceId => link.trace = self.trace_id("links.traceId")?,
                LinkMember::SpanId => link.span = self.span_id("links.spanId")?,
                LinkMember::TraceState => link.trace_state = self.text("links.traceState")?,
                LinkMember::Attributes => link.attributes = self.attributes("links.attributes", Owner::Link)?,
                LinkMember::Dropped => link.dropped_attributes = self.dropped("links.droppedAttributesCount")?,
                LinkMember::Flags => link.flags = self.small("links.flags")?,
                LinkMember::Unknown => self.cursor.skip_value()?,
            }
        }
        self.batch.push_link(&link);
        Ok(())
    }

    /// The resource or scope that is the next value.
    pub(super) fn origin(&mut self, field: &'static str) -> Result<Option<Origin>, Stop> {
        if !self.enter_object(field)? {
            return Ok(None);
        }
        let mut origin = Origin::default();
        let mut begun = false;
        while let Some(member) = next_member!(self, begun, OriginMember) {
            match member {
                OriginMember::Name => origin.name = self.text("name")?,
                OriginMember::Version => origin.version = self.text("version")?,
                OriginMember::Attributes => origin.attributes = self.attributes("attributes", Owner::Origin)?,
                OriginMember::Dropped => origin.dropped = self.dropped("droppedAttributesCount")?,
                OriginMember::Unknown => self.cursor.skip_value()?,
            }
        }
        if self.parts.dropped != 0 {
            let at = self.cursor.at;
            let dropped = std::mem::take(&mut self.parts.dropped);
            self.parts.notes.add_many(FindingKind::DroppedByProducer, dropped, at, field, "");
        }
        Ok(Some(origin))
    }
}

//! Rows of OpenObserve, as its `_search` answers and its exports hold them: each is a span, flattened into columns.
//!
//! ```text
//! {"hits":[{"operation_name":"GET /","service_name":"shop","http_route":"/","events":"[{…}]", …}, …]}
//!            column ─▶ field of the span, attribute of the resource or of the span
//!            `events`, `links` ─▶ texts that hold JSON, read as such
//! ```
//! Where rows stand (answers, arrays, lines, one after the other, cut, damaged) is the outline's business, as with OTLP JSON. What
//! flattening lost cannot be had back: dots are put into the names of OpenTelemetry's conventions, and the rest is told once. What OpenObserve adds is left out: its own
//! columns, a duration that wraps, and the services that it infers behind clients (`infer_service_*`), which no program sent.

mod names;

use crate::base::{FastMap, IdxRange, StrId, sort_short};
use crate::decode::json::{Cursor, Raw, Stop, unescape};
use crate::decode::otlp_json::{Leaf, Telling};
use crate::model::{AttributeWriter, Batch, EventDraft, FindingKind, LinkDraft, ResourceSlot, SpanDraft};

/// How many columns are named whose place in OpenTelemetry is not sure.
const MAX_UNSURE: usize = 20;

/// What a column holds.
#[derive(Clone, Copy, Debug)]
enum Column {
    TraceId,
    SpanId,
    Parent,
    Name,
    Kind,
    Status,
    StatusMessage,
    Start,
    End,
    Events,
    Links,
    /// What OpenObserve keeps for itself.
    Hidden,
    /// An attribute of the resource.
    Resource(StrId),
    /// An attribute of the span.
    Span(StrId),
}

/// What is known of the columns, and the resource of the row at hand.
#[derive(Clone, Debug, Default)]
pub(in crate::decode) struct Columns {
    known: FastMap<Vec<u8>, Column>,
    /// Columns that may be of the resource or of the span.
    unsure: Vec<String>,
    resource: Vec<(StrId, StrId)>,
    writer: AttributeWriter,
    text: Vec<u8>,
}

impl Columns {
    /// Whether an object that begins with this key may be a row.
    pub(in crate::decode) fn may_begin_row(key: &[u8]) -> bool {
        // Columns stand in the order of their names, and `_timestamp` is among them.
        matches!(key.first(), Some(b'_' | b'0'..=b'9'))
            || matches!(key, b"trace_id" | b"span_id" | b"operation_name" | b"service_name" | b"start_time")
    }

    /// What flattening lost, in words.
    pub(in crate::decode) fn loss(&self) -> String {
        let mut note = "expected keys and values as they were sent, but found columns of texts".to_owned();
        if !self.unsure.is_empty() {
            note.push_str("; of the resource or of the span, which is not known: ");
            note.push_str(&self.unsure.join(", "));
        }
        note
    }

    fn of(&mut self, name: &[u8], batch: &mut Batch) -> Column {
        if let Some(&column) = self.known.get(name) {
            return column;
        }
        let column = self.find(name, batch);
        self.known.insert(name.to_owned(), column);
        column
    }

    fn find(&mut self, name: &[u8], batch: &mut Batch) -> Column {
        match name {
            b"trace_id" => return Column::TraceId,
            b"span_id" => return Column::SpanId,
            b"reference_parent_span_id" => return Column::Parent,
            b"operation_name" => return Column::Name,
            b"span_kind" => return Column::Kind,
            b"span_status" | b"status_code" => return Column::Status,
            b"status_message" => return Column::StatusMessage,
            b"start_time" => return Column::Start,
            b"end_time" => return Column::End,
            b"events" => return Column::Events,
            b"links" => return Column::Links,
            // `duration` wraps where a span ends before it starts, `flags` is always 1; `infer_` is what the server guessed.
            b"_timestamp" | b"_o2_id" | b"_o2_ingest_ts" | b"_original" | b"_all" | b"duration" | b"flags" => {
                return Column::Hidden;
            }
            _ if name.starts_with(b"reference_") || name.starts_with(b"infer_service_") => return Column::Hidden,
            _ => {}
        }
        let dotted = names::dotted(name);
        let of_resource = name.strip_prefix(b"service_").map(|rest| rest.strip_prefix(b"attr_").unwrap_or(rest));
        let stripped = name.strip_prefix(b"attr_");
        let (key, is_resource) = match (of_resource, stripped) {
            (Some(b"name"), _) => (name, true),
            // A span's own `service.version` comes as a resource's `version` would, which no convention knows.
            (Some(rest), _) => {
                if dotted.is_some() {
                    (name, false)
                } else {
                    (rest, true)
                }
            }
            (None, Some(rest)) => (rest, false),
            (None, None) => (name, false),
        };
        let found = names::dotted(key);
        let is_sure = key == b"service_name" || if is_resource { found.is_some() } else { of_resource.is_none() };
        if !is_sure && self.unsure.len() < MAX_UNSURE {
            self.unsure.push(String::from_utf8_lossy(name).into_owned());
        }
        let key = batch.strings.intern_bytes(found.map_or(key, str::as_bytes)).0;
        if is_resource { Column::Resource(key) } else { Column::Span(key) }
    }

    /// The resource of the row that was read.
    fn settle(&mut self, batch: &mut Batch) -> ResourceSlot {
        let mark = batch.mark();
        // Whatever the order of columns, equal resources are one.
        sort_short(&mut self.resource, Ord::cmp);
        for (key, text) in self.resource.drain(..) {
            self.writer.string(key, text);
        }
        let range = self.writer.finish(&mut batch.attributes);
        batch.settle_resource(mark, range)
    }
}

impl<'a> Leaf<'a, '_> {
    /// The row whose `{` is here. Nothing is written unless it turns out to be one, whole.
    pub(in crate::decode) fn row(
        &mut self,
        columns: &mut Columns,
        draft: &mut SpanDraft,
        telling: &mut Telling,
    ) -> Result<(), Stop> {
        columns.resource.clear();
        let (mut events, mut links) = (None, None);
        self.cursor.at += 1;
        let mut begun = false;
        while let Some(raw) = self.cursor.next_key(&mut begun)? {
            let name = Self::key_bytes(raw, &mut self.parts.scratch);
            match columns.of(name, self.batch) {
                Column::TraceId => {
                    draft.trace = self.trace_id("trace_id")?;
                    telling.has_trace_id = true;
                }
                Column::SpanId => {
                    draft.id = self.span_id("span_id")?;
                    telling.has_span_id = true;
                }
                Column::Parent => draft.parent = self.span_id("reference_parent_span_id")?,
                Column::Name => {
                    draft.name = self.name("operation_name")?;
                    telling.has_start = true;
                }
                Column::Kind => (draft.kind, draft.unknown_kind) = self.kind()?,
                Column::Status => draft.status = self.status_code()?,
                Column::StatusMessage => draft.status_message = self.text("status_message")?,
                Column::Start => {
                    draft.start = self.time("start_time")?;
                    telling.has_start = true;
                }
                Column::End => draft.end = self.time("end_time")?,
                Column::Events => events = self.raw_text("events")?,
                Column::Links => links = self.raw_text("links")?,
                Column::Hidden => self.cursor.skip_value()?,
                Column::Span(key) => self.plain_attribute(key)?,
                Column::Resource(key) => {
                    if let Some(raw) = self.raw_text("service")? {
                        let text = self.intern(raw, "service");
                        columns.resource.push((key, text));
                    }
                }
            }
        }
        if telling.is_span() {
            draft.resource = columns.settle(self.batch);
            draft.attributes = self.parts.writer.finish(&mut self.batch.attributes);
            let (first, first_link) = (self.batch.next_event(), self.batch.next_link());
            self.inside_text(&mut columns.text, events, "events", event_row);
            self.inside_text(&mut columns.text, links, "links", link_row);
            draft.events = IdxRange::new(first.0, self.batch.next_event().0);
            draft.links = IdxRange::new(first_link.0, self.batch.next_link().0);
        }
        Ok(())
    }

    /// A text as it stands, also a number's; `null` and what is nested give none.
    fn raw_text(&mut self, field: &'static str) -> Result<Option<Raw<'a>>, Stop> {
        match self.cursor.token()? {
            b'"' => self.cursor.string().map(Some),
            byte @ (b'{' | b'[' | b'n') => self.wrong_type(byte, field, "expected a text").map(|()| None),
            _ => Ok(Some(Raw { bytes: self.cursor.scalar()?, escaped: false })),
        }
    }

    /// Reads the objects of an array of JSON that is itself a text.
    fn inside_text(
        &mut self,
        text: &mut Vec<u8>,
        raw: Option<Raw<'_>>,
        field: &'static str,
        read: fn(&mut Leaf<'_, '_>) -> Result<(), Stop>,
    ) {
        let Some(raw) = raw.filter(|raw| raw.bytes != b"[]" && !raw.bytes.is_empty()) else { return };
        text.clear();
        if unescape(raw.bytes, text) {
            self.note(FindingKind::BadText, field, "an escape that stands for no character");
        }
        let mut inner = Leaf { cursor: Cursor::new(text, 0), batch: &mut *self.batch, parts: &mut *self.parts };
        let mut begun = false;
        let outcome = inner.enter_array(field).and_then(|is_array| {
            while is_array && let Some(byte) = inner.cursor.next_element(&mut begun)? {
                if byte == b'{' {
                    inner.cursor.at += 1;
                    read(&mut inner)?;
                } else {
                    inner.wrong_type(byte, field, "expected an object")?;
                }
            }
            Ok(())
        });
        if outcome.is_err() {
            // What is whole stays.
            self.parts.writer.clear();
            self.parts.nest.clear();
            self.note(FindingKind::BrokenJson, field, "a text that is no JSON");
        }
    }

    fn link_context(&mut self, link: &mut LinkDraft) -> Result<(), Stop> {
        let mut begun = false;
        while let Some(raw) = self.cursor.next_key(&mut begun)? {
            match Self::key_bytes(raw, &mut self.parts.scratch) {
                b"traceId" => link.trace = self.trace_id("links.context.traceId")?,
                b"spanId" => link.span = self.span_id("links.context.spanId")?,
                b"traceFlags" => link.flags = self.small("links.context.traceFlags")?,
                b"traceState" => link.trace_state = self.text("links.context.traceState")?,
                _ => self.cursor.skip_value()?,
            }
        }
        Ok(())
    }

    /// An attribute of an event or a link: its key has kept its dots.
    fn dotted_attribute(&mut self, key: Raw<'a>) -> Result<(), Stop> {
        let key = self.intern(key, "attributes");
        self.plain_attribute(key)
    }
}

fn event_row(leaf: &mut Leaf<'_, '_>) -> Result<(), Stop> {
    let mut event = EventDraft::default();
    // An attribute may have the name of a fixed key, which stands first.
    let (mut named, mut timed) = (false, false);
    let mut begun = false;
    while let Some(raw) = leaf.cursor.next_key(&mut begun)? {
        match Leaf::key_bytes(raw, &mut leaf.parts.scratch) {
            b"name" if !named => {
                event.name = leaf.name("events.name")?;
                named = true;
            }
            b"_timestamp" if !timed => {
                event.time = leaf.time("events._timestamp")?;
                timed = true;
            }
            b"droppedAttributesCount" => event.dropped_attributes = leaf.small("events.droppedAttributesCount")?,
            _ => leaf.dotted_attribute(raw)?,
        }
    }
    event.attributes = leaf.parts.writer.finish(&mut leaf.batch.attributes);
    leaf.batch.push_event(&event);
    Ok(())
}

fn link_row(leaf: &mut Leaf<'_, '_>) -> Result<(), Stop> {
    let mut link = LinkDraft::default();
    let mut begun = false;
    while let Some(raw) = leaf.cursor.next_key(&mut begun)? {
        match Leaf::key_bytes(raw, &mut leaf.parts.scratch) {
            b"context" => {
                if leaf.enter_object("links.context")? {
                    leaf.link_context(&mut link)?;
                }
            }
            b"droppedAttributesCount" => link.dropped_attributes = leaf.small("links.droppedAttributesCount")?,
            _ => leaf.dotted_attribute(raw)?,
        }
    }
    link.attributes = leaf.parts.writer.finish(&mut leaf.batch.attributes);
    leaf.batch.push_link(&link);
    Ok(())
}

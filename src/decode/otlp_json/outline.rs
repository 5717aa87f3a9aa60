//! The outline: documents, resources and scopes, as a stack that can stop between any two members or elements.

use super::keys::{HITS, Level, Member, Signal, document_member, metric_member, resource_member, scope_member};
use super::leaf::Leaf;
use super::skim::Place;
use super::span::{Telling, may_begin_span};
use super::{Io, JsonLayout, OtlpJsonReader, State};
use crate::base::{IdxRange, StrId};
use crate::decode::json::{Cursor, Expected, Raw, Skipper, Stop, unescape};
use crate::decode::openobserve::Columns;
use crate::model::{AttributeIdx, FindingKind, MetricIdx, ResourceSlot, ScopeSlot, SpanDraft};

/// How many arrays and wrappers may stand around OTLP's envelope.
const MAX_WRAPPERS: usize = 4;

/// An array or object of the outline that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) level: Level,
    /// The key that it stands under; empty for elements.
    pub(super) name: &'static str,
    /// Whether a member or element was read: a comma comes before the next.
    begun: bool,
    /// Members or elements so far.
    pub(super) n: u64,
    /// What is known of the resource or scope, which is told when the frame closes.
    resource: Option<ResourceSlot>,
    scope: Option<ScopeSlot>,
    scope_name: StrId,
    scope_version: StrId,
    schema_url: StrId,
    attributes: IdxRange<AttributeIdx>,
    dropped: u32,
    /// The metric, once it has an exemplar; its name and unit stand where those of a scope do.
    pub(super) metric: Option<MetricIdx>,
}

impl Frame {
    fn new(level: Level, name: &'static str) -> Self {
        Self {
            level,
            name,
            begun: false,
            n: 0,
            resource: None,
            scope: None,
            scope_name: StrId::EMPTY,
            scope_version: StrId::EMPTY,
            schema_url: StrId::EMPTY,
            attributes: IdxRange::default(),
            dropped: 0,
            metric: None,
        }
    }

    /// A list of resources of traces, after an element.
    pub(super) fn of_resources() -> Self {
        Self { begun: true, ..Self::new(Level::Resources(Signal::Traces), "") }
    }

    /// Whether it is such a list, after an element.
    pub(super) fn is_in_resources(&self) -> bool {
        self.begun && self.level == Level::Resources(Signal::Traces)
    }

    pub(super) fn is_array(&self) -> bool {
        self.level.is_array()
    }

    pub(super) fn is_begun(&self) -> bool {
        self.begun
    }
}

/// What is known of the document at hand: a value that stands in nothing else.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and none excludes another")]
pub(super) struct Document {
    /// Where it begins in the source.
    pub(super) start: u64,
    pub(super) line: u64,
    /// Whether text stands before it on its line.
    pub(super) after_text: bool,
    /// Whether it is an array.
    pub(super) is_array: bool,
    /// Whether there is an object or array in it.
    pub(super) has_objects: bool,
    /// Whether any of it is OTLP.
    pub(super) has_telemetry: bool,
    /// Whether it has members or elements at all.
    pub(super) has_content: bool,
    /// Of an array: whether the element at hand is OTLP, and how many were not.
    element_has_telemetry: bool,
    elements_without: u64,
    pub(super) has_old_names: bool,
    is_partial: bool,
    /// Whether a server says that rows are missing, and whether in words.
    pub(super) is_limited: bool,
    pub(super) limits_told: bool,
    /// Whether it is a search's answer.
    pub(super) has_hits: bool,
    /// Whether it has the number of an error.
    pub(super) has_code: bool,
    pub(super) metric_points: u64,
    pub(super) profiles: u64,
}

impl OtlpJsonReader {
    /// A `{` or `[` that begins a document, at `self.at`.
    pub(super) fn begin_document(&mut self, io: &mut Io<'_>, byte: u8, after_text: bool) -> Result<(), Stop> {
        let line = self.line_ahead(io.window, self.at);
        let is_array = byte == b'[';
        self.document = Document {
            start: self.base + self.at as u64,
            line,
            after_text,
            is_array,
            has_objects: !is_array,
            ..Document::default()
        };
        self.message.clear();
        if is_array {
            self.at += 1;
            self.frames.push(Frame::new(Level::Documents, ""));
        } else {
            let mut cursor = Cursor::new(io.window, self.at);
            let outcome = self.begin_object(io, &mut cursor);
            self.fault = cursor.at;
            outcome?;
            if self.frames.is_empty() {
                self.end_document(io);
                return Ok(());
            }
        }
        self.state = State::Inside;
        Ok(())
    }

    /// An object that is a document or wraps one: a span without any envelope is read at once, for all else there is a frame.
    fn begin_object(&mut self, io: &mut Io<'_>, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        let start = cursor.at;
        let mut ahead = *cursor;
        ahead.at += 1;
        let in_hits = self.frames.last().is_some_and(|parent| parent.name == HITS);
        let (may_be_span, may_be_row) = match ahead.next_key(&mut false) {
            Ok(Some(key)) => (!in_hits && may_begin_span(key.bytes), in_hits || Columns::may_begin_row(key.bytes)),
            Err(Stop::End) if io.window.len() - start <= self.limit => return Err(Stop::End),
            Ok(None) | Err(_) => (false, false),
        };
        let is_span = may_be_span && self.bare_span(io, cursor, false)? || may_be_row && self.bare_span(io, cursor, true)?;
        if let Some(parent) = self.frames.last_mut() {
            parent.begun = true;
            parent.n += 1;
            self.document.has_content = true;
        }
        self.document.has_objects = true;
        self.document.element_has_telemetry = is_span;
        if is_span {
            self.see_telemetry(io);
            self.document.has_content = true;
            self.at = cursor.at;
            self.tell_notes(io, "");
        } else {
            self.at = start + 1;
            self.frames.push(Frame::new(Level::Document, ""));
        }
        Ok(())
    }

    /// Reads an object as a span, if it is one: of OTLP, or a row of OpenObserve.
    fn bare_span(&mut self, io: &mut Io<'_>, cursor: &mut Cursor<'_>, as_row: bool) -> Result<bool, Stop> {
        let limit = self.limit;
        let start = cursor.at;
        let place = if as_row { Place::Row } else { Place::Bare };
        if io.batch.is_choosy()
            && let Some(end) = self.passed_over(io, start, limit, place)
        {
            self.rows += u64::from(as_row);
            cursor.at = end;
            return Ok(true);
        }
        let (resource, scope) = *self.bare.get_or_insert_with(|| (io.batch.open_resource(), io.batch.open_scope()));
        let mut draft = SpanDraft { resource, scope, source: self.source, ..SpanDraft::default() };
        let mut telling = Telling::default();
        let snake_case = self.parts.snake_case;
        let mark = io.batch.mark();
        let mut leaf = Leaf { cursor: Cursor::within(io.window, start, limit), batch: &mut *io.batch, parts: &mut self.parts };
        let outcome =
            if as_row { leaf.row(&mut self.columns, &mut draft, &mut telling) } else { leaf.span(&mut draft, &mut telling) };
        cursor.at = leaf.cursor.at;
        if outcome.is_ok() && telling.is_span() {
            if as_row {
                self.rows += 1;
                // What is odd may stand in a text inside it; and there all statuses are names.
                self.parts.notes.gather(start, FindingKind::EnumByName);
            }
            self.push_span(io, &draft);
            return Ok(true);
        }
        io.batch.rollback(mark);
        self.parts.clear();
        match outcome {
            Err(Stop::End) if io.window.len() - start <= limit => {
                self.parts.snake_case = snake_case;
                return Err(Stop::End);
            }
            Err(broken @ Stop::Broken(_)) if telling.is_span() => {
                self.document.has_telemetry = true;
                return Err(broken);
            }
            _ => {}
        }
        self.parts.snake_case = snake_case;
        cursor.at = start;
        Ok(false)
    }

    /// The next member or element of the innermost frame.
    pub(super) fn inside(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        let Some(&frame) = self.frames.last() else {
            self.end_document(io);
            return Ok(());
        };
        // What is larger than the limit ends at it, and is told as too large.
        let mut cursor = Cursor::within(io.window, self.at, self.limit);
        let outcome = match frame.level {
            Level::Records(Signal::Traces) => self.spans_in_list(io, &mut cursor, frame),
            level if level.is_array() => self.element(io, &mut cursor, frame),
            _ => self.member(io, &mut cursor, frame),
        };
        self.fault = cursor.at;
        outcome
    }

    fn close_frame(&mut self, io: &mut Io<'_>) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some(slot) = frame.resource
            && !io.batch.drops_group(0)
        {
            io.batch.set_resource(slot, frame.attributes, frame.schema_url, frame.dropped);
        }
        if let Some(slot) = frame.scope
            && !io.batch.drops_group(1)
        {
            let (name, version) = (frame.scope_name, frame.scope_version);
            io.batch.set_scope(slot, name, version, frame.schema_url, frame.attributes, frame.dropped);
        }
        if let Some(metric) = frame.metric {
            io.batch.set_metric(metric, frame.scope_name, frame.scope_version);
        }
        let in_array = self.frames.last().is_some_and(|parent| parent.level == Level::Documents);
        if frame.level == Level::Document && in_array && frame.n != 0 && !self.document.element_has_telemetry {
            self.document.elements_without += 1;
        }
    }

    /// Closes what is open, and tells what the document was.
    pub(super) fn end_document(&mut self, io: &mut Io<'_>) {
        while !self.frames.is_empty() {
            self.close_frame(io);
        }
        let document = self.document;
        let end_line = self.line_ahead(io.window, self.at);
        self.is_lines &= document.line == end_line && self.last_line < document.line;
        self.layout = match self.layout {
            JsonLayout::Empty if document.is_array => JsonLayout::Array,
            JsonLayout::Empty => JsonLayout::Document,
            _ if self.is_lines => JsonLayout::Lines,
            _ => JsonLayout::Concatenated,
        };
        self.last_line = end_line;
        self.state = if document.after_text && !document.has_telemetry { State::Text } else { State::Between };
        let snake_case = std::mem::take(&mut self.parts.snake_case);
        let is_answer = self.tell_server_words(io);
        if document.has_telemetry {
            // The text before it was a prefix.
            self.text = None;
            let all = [
                (FindingKind::SnakeCase, u64::from(snake_case)),
                (FindingKind::OldNames, u64::from(document.has_old_names)),
                (FindingKind::PartialAnswer, u64::from(document.is_partial)),
                (FindingKind::MetricPoints, document.metric_points),
                (FindingKind::Profiles, document.profiles),
                (FindingKind::SkippedDocument, document.elements_without),
            ];
            for (kind, count) in all {
                io.report.add_many(kind, count, || self.about_document(""));
            }
        } else if !document.after_text && document.has_content && !is_answer {
            let example = self.about_document("none of OTLP's keys");
            self.tell_skipped(io, FindingKind::SkippedDocument, example);
        }
    }

    fn see_telemetry(&mut self, io: &mut Io<'_>) {
        self.document.has_telemetry = true;
        self.document.element_has_telemetry = true;
        if !self.is_otlp {
            self.is_otlp = true;
            for (kind, example) in self.skipped.drain(..) {
                io.report.add(kind, || example);
            }
        }
    }

    /// Marks that a member or element of the innermost frame was begun.
    #[inline]
    pub(super) fn begin_in_frame(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.begun = true;
            frame.n += 1;
        }
        self.document.has_content = true;
    }

    /// Skips the value at the cursor, however long.
    pub(super) fn skip_at(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        match cursor.token()? {
            b'{' | b'[' => {
                self.document.has_objects = true;
                self.state = State::Skipping(Skipper::default());
            }
            b'"' => self.state = State::Skipping(Skipper::default()),
            _ => {
                cursor.scalar()?;
            }
        }
        self.begin_in_frame();
        self.at = cursor.at;
        Ok(())
    }

    /// Skips what is not of the type that its place asks for.
    fn skip_wrong(&mut self, io: &mut Io<'_>, cursor: &mut Cursor<'_>, field: &'static str) -> Result<(), Stop> {
        let at = cursor.at;
        let is_null = cursor.token()? == b'n';
        self.skip_at(cursor)?;
        if !is_null {
            self.parts.notes.add(FindingKind::WrongType, at, "", "expected objects in a list");
            self.tell_notes(io, field);
        }
        Ok(())
    }

    fn push_frame(&mut self, io: &mut Io<'_>, at: usize, level: Level, name: &'static str) {
        self.begin_in_frame();
        let mut frame = Frame::new(level, name);
        match level {
            Level::Resource(_) => {
                io.batch.begin_group(0);
                self.resource = io.batch.open_resource();
                frame.resource = Some(self.resource);
                self.scope = ScopeSlot::default();
            }
            Level::Scope(_) => {
                io.batch.begin_group(1);
                self.scope = io.batch.open_scope();
                frame.scope = Some(self.scope);
            }
            _ => {}
        }
        self.frames.push(frame);
        self.document.has_objects = true;
        self.at = at;
    }

    /// Spans, as many as the window holds.
    fn spans_in_list<'a>(&mut self, io: &mut Io<'a>, cursor: &mut Cursor<'a>, frame: Frame) -> Result<(), Stop> {
        let mut begun = frame.begun;
        loop {
            *cursor = Cursor::within(io.window, self.at, self.limit);
            let Some(byte) = cursor.next_element(&mut begun)? else {
                self.at = cursor.at;
                self.close_frame(io);
                return Ok(());
            };
            if byte != b'{' {
                return self.skip_wrong(io, cursor, "");
            }
            let mut draft = SpanDraft { resource: self.resource, scope: self.scope, source: self.source, ..SpanDraft::default() };
            if io.batch.is_choosy()
                && let Some(end) = self.passed_over(io, cursor.at, self.limit, Place::List)
            {
                self.begin_in_frame();
                self.at = end;
                continue;
            }
            let mark = io.batch.mark();
            let mut leaf = Leaf { cursor: *cursor, batch: &mut *io.batch, parts: &mut self.parts };
            let outcome = leaf.span(&mut draft, &mut Telling::default());
            cursor.at = leaf.cursor.at;
            if outcome.is_err() {
                io.batch.rollback(mark);
                self.parts.clear();
                return outcome;
            }
            self.push_span(io, &draft);
            self.begin_in_frame();
            self.at = cursor.at;
            self.tell_notes(io, "");
        }
    }

    fn push_span(&mut self, io: &mut Io<'_>, draft: &SpanDraft) {
        io.batch.push_span(draft);
        self.spans += 1;
        if self.parts.dropped != 0 {
            let dropped = std::mem::take(&mut self.parts.dropped);
            self.parts.notes.add_many(FindingKind::DroppedByProducer, dropped, self.at, "", "");
        }
    }

    fn element<'a>(&mut self, io: &mut Io<'a>, cursor: &mut Cursor<'a>, frame: Frame) -> Result<(), Stop> {
        let mut begun = frame.begun;
        let Some(byte) = cursor.next_element(&mut begun)? else {
            self.at = cursor.at;
            self.close_frame(io);
            return Ok(());
        };
        let inner = match (frame.level, byte) {
            (Level::Documents, b'{') => return self.begin_object(io, cursor),
            (Level::Documents, b'[') if self.frames.len() < MAX_WRAPPERS => Level::Documents,
            (Level::Documents, _) => return self.skip_at(cursor),
            (Level::Resources(Signal::Profiles), _) => {
                self.skip_at(cursor)?;
                self.document.profiles += 1;
                return Ok(());
            }
            (Level::Resources(signal), b'{') => Level::Resource(signal),
            (Level::Scopes(signal), b'{') => Level::Scope(signal),
            (Level::Records(Signal::Metrics), b'{') => Level::Metric,
            (Level::Records(Signal::Logs), b'{') => return self.log(io, cursor),
            (Level::Points, b'{') => return self.point(io, cursor),
            _ => return self.skip_wrong(io, cursor, ""),
        };
        self.push_frame(io, cursor.at + 1, inner, "");
        Ok(())
    }

    fn member(&mut self, io: &mut Io<'_>, cursor: &mut Cursor<'_>, frame: Frame) -> Result<(), Stop> {
        let mut begun = frame.begun;
        let Some(raw) = cursor.next_key(&mut begun)? else {
            self.at = cursor.at;
            self.close_frame(io);
            return Ok(());
        };
        let byte = cursor.token()?;
        if matches!(byte, b'{' | b'[') && cursor.between(cursor.at - 1, cursor.at) == b"\n" {
            // No producer puts a member's value at the start of a line: the line before was cut, and this is the next document.
            return Err(Stop::Broken(Expected::Value));
        }
        let (member, is_old) = self.member_of(frame.level, raw);
        match member {
            Member::Enter(level, name) => {
                let is_envelope = matches!(frame.level, Level::Document);
                if byte == b'[' {
                    self.document.has_old_names |= is_old;
                    if is_envelope {
                        self.see_telemetry(io);
                        self.open_bare_resource(io, level);
                    }
                    self.push_frame(io, cursor.at + 1, level, name);
                    return Ok(());
                }
                self.skip_wrong(io, cursor, name)
            }
            Member::EnterObject(level, name) if byte == b'{' => {
                self.push_frame(io, cursor.at + 1, level, name);
                Ok(())
            }
            Member::Unwrap(name) if matches!(byte, b'{' | b'[') && self.frames.len() < MAX_WRAPPERS => {
                let level = if byte == b'{' { Level::Document } else { Level::Documents };
                self.document.has_hits |= name == HITS;
                self.push_frame(io, cursor.at + 1, level, name);
                Ok(())
            }
            Member::Resource | Member::Scope if byte == b'{' => {
                let name = if matches!(member, Member::Scope) { "scope" } else { "resource" };
                self.document.has_old_names |= is_old;
                if matches!(frame.level, Level::Document) {
                    self.open_bare_resource(io, Level::Scopes(Signal::Traces));
                }
                self.origin(io, cursor, name)
            }
            Member::SchemaUrl | Member::MetricName | Member::MetricUnit if byte == b'"' => self.frame_text(io, cursor, &member),
            Member::AnswerStatus if byte == b'"' => {
                self.document.is_partial |= cursor.string()?.bytes == b"PARTIAL";
                self.begin_in_frame();
                self.at = cursor.at;
                Ok(())
            }
            Member::Limit | Member::Message if matches!(byte, b'"' | b'[') => {
                self.server_words(io, cursor, matches!(member, Member::Limit))
            }
            Member::IsPartial => {
                self.document.is_limited |= byte == b't';
                self.skip_at(cursor)
            }
            Member::Code => {
                self.document.has_code |= byte.is_ascii_digit();
                self.skip_at(cursor)
            }
            _ => self.skip_at(cursor),
        }
    }

    /// A document that is a `ResourceSpans` itself needs a slot for its resource.
    fn open_bare_resource(&mut self, io: &mut Io<'_>, level: Level) {
        let Some(frame) = self.frames.last_mut() else { return };
        if !matches!(level, Level::Scopes(_)) {
            return;
        }
        let slot = *frame.resource.get_or_insert_with(|| io.batch.open_resource());
        self.resource = slot;
        self.scope = ScopeSlot::default();
    }

    fn origin(&mut self, io: &mut Io<'_>, cursor: &mut Cursor<'_>, name: &'static str) -> Result<(), Stop> {
        let mark = io.batch.mark();
        let mut leaf = Leaf { cursor: *cursor, batch: &mut *io.batch, parts: &mut self.parts };
        let outcome = leaf.origin(name);
        cursor.at = leaf.cursor.at;
        if outcome.is_err() {
            io.batch.rollback(mark);
            self.parts.clear();
        }
        let origin = outcome?;
        if let (Some(origin), Some(frame)) = (origin, self.frames.last_mut()) {
            frame.scope_name = origin.name;
            frame.scope_version = origin.version;
            frame.attributes = origin.attributes;
            frame.dropped = origin.dropped;
        }
        self.begin_in_frame();
        self.at = cursor.at;
        self.tell_notes(io, name);
        Ok(())
    }

    fn frame_text(&mut self, io: &mut Io<'_>, cursor: &mut Cursor<'_>, member: &Member) -> Result<(), Stop> {
        let mut leaf = Leaf { cursor: *cursor, batch: &mut *io.batch, parts: &mut self.parts };
        let (field, place): (_, fn(&mut Frame) -> &mut StrId) = match member {
            Member::MetricName => ("name", |frame| &mut frame.scope_name),
            Member::MetricUnit => ("unit", |frame| &mut frame.scope_version),
            _ => ("schemaUrl", |frame| &mut frame.schema_url),
        };
        let text = leaf.text(field)?;
        cursor.at = leaf.cursor.at;
        if let Some(frame) = self.frames.last_mut() {
            *place(frame) = text;
        }
        self.begin_in_frame();
        self.at = cursor.at;
        self.tell_notes(io, "");
        Ok(())
    }

    /// What a key asks for at its level, and whether it is a name of OTLP before 0.19.
    fn member_of(&mut self, level: Level, raw: Raw<'_>) -> (Member, bool) {
        let mut unescaped = Vec::new();
        let key = if raw.escaped {
            unescape(raw.bytes, &mut unescaped);
            unescaped.as_slice()
        } else {
            raw.bytes
        };
        let member = match level {
            Level::Document => {
                if !self.is_otlp {
                    self.hints.see(key);
                }
                document_member(key)
            }
            Level::Resource(signal) => resource_member(key, signal),
            Level::Scope(signal) => scope_member(key, signal),
            Level::Metric => metric_member(key),
            Level::MetricData => match key {
                b"dataPoints" | b"data_points" => Member::Enter(Level::Points, "dataPoints"),
                _ => Member::Unknown,
            },
            Level::Documents | Level::Resources(_) | Level::Scopes(_) | Level::Records(_) | Level::Points => Member::Unknown,
        };
        let is_known = !matches!(member, Member::Unknown | Member::Limit | Member::IsPartial);
        self.parts.snake_case |= is_known && key.contains(&b'_');
        (member, is_known && key.starts_with(b"instrumentation"))
    }
}

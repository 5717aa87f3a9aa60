//! Everything that is not well-formed OTLP: text between documents, broken documents, ends in the middle, what is too large.

use super::outline::Document;
use super::{Io, OtlpJsonReader, State};
use crate::decode::json::{Cursor, Expected, LineBreaks, MAX_BEGINNING, Stop, find_document_line, find_object_with};
use crate::model::{Example, FindingKind};

/// As many skipped documents and lines as the report would show of each kind.
const MAX_WAITING: usize = 1000;

impl OtlpJsonReader {
    /// The path of what is being read.
    pub(super) fn path(&self, field: &str, ahead: u64) -> String {
        let mut path = String::new();
        let innermost = self.frames.len().saturating_sub(1);
        for (at, frame) in self.frames.iter().enumerate() {
            if !path.is_empty() && !frame.name.is_empty() {
                path.push('.');
            }
            path.push_str(frame.name);
            if frame.level.is_array() {
                let n = if at == innermost { (frame.n + ahead).saturating_sub(1) } else { frame.n.saturating_sub(1) };
                path.extend(["[", n.to_string().as_str(), "]"]);
            }
        }
        if !path.is_empty() && !field.is_empty() {
            path.push('.');
        }
        path.push_str(field);
        path
    }

    /// White space and stray commas between documents; `\x1e` stands before each one in a JSON text sequence.
    pub(super) fn between(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        let rest = io.window.get(self.at..).unwrap_or_default();
        // After damage the brackets of what was broken come to their end.
        let is_gap = |byte: &u8| match byte {
            b' ' | b'\n' | b'\r' | b'\t' | b',' | b'\x1e' | 0 => true,
            b']' | b'}' => self.is_damaged,
            _ => false,
        };
        let Some(gap) = rest.iter().position(|byte| !is_gap(byte)) else {
            self.at = io.window.len();
            return Err(Stop::End);
        };
        self.at += gap;
        if let Some(&byte @ (b'{' | b'[')) = rest.get(gap) {
            return self.begin_document(io, byte, false);
        }
        self.begin_text(io);
        Ok(())
    }

    fn begin_text(&mut self, io: &Io<'_>) {
        if self.text.is_none() {
            self.text = Some((self.base + self.at as u64, self.line_ahead(io.window, self.at)));
        }
        self.state = State::Text;
    }

    /// The rest of a line that is not JSON, unless a document begins in it.
    pub(super) fn skip_text(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        let rest = io.window.get(self.at..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'{', b'\n', rest) else {
            self.at = io.window.len();
            return Err(Stop::End);
        };
        self.at += found;
        if rest.get(found) == Some(&b'{') {
            return self.begin_document(io, b'{', true);
        }
        self.end_text(io);
        Ok(())
    }

    fn end_text(&mut self, io: &mut Io<'_>) {
        self.state = State::Between;
        if let Some((offset, line)) = self.text.take() {
            let note = "expected JSON, found text".to_owned();
            let example = Example { source: self.source, offset: Some(offset), line: Some(line), path: String::new(), note };
            self.tell_skipped(io, FindingKind::SkippedText, example);
        }
    }

    /// A syntax error at `self.fault`: what is complete stays, and the next document is looked for.
    pub(super) fn broken(&mut self, io: &mut Io<'_>, expected: Expected) {
        let found = match io.window.get(self.fault) {
            Some(&byte) if byte.is_ascii_graphic() => format!("`{}`", char::from(byte)),
            Some(b'\n' | b'\r') => "the end of the line".to_owned(),
            Some(byte) => format!("byte {byte:#04x}"),
            None => "the end".to_owned(),
        };
        self.broken_at(io, &format!("expected {}, found {found}", expected.text()));
    }

    fn broken_at(&mut self, io: &mut Io<'_>, note: &str) {
        let document = self.document;
        let is_text = document.after_text || document.is_array && !document.has_objects;
        if is_text && !document.has_telemetry {
            self.frames.clear();
            self.text = self.text.or(Some((document.start, document.line)));
            self.at = self.fault;
            self.state = State::Text;
            return;
        }
        io.report.add(FindingKind::BrokenJson, || {
            let line = self.line_of(io.window, self.fault);
            self.example(self.fault, line, self.path("", 1), note.to_owned())
        });
        // Where the reading of the broken element began: from there on nothing is known to be good.
        let mut cursor = Cursor::new(io.window, self.at);
        let begun = if cursor.token().is_ok() { cursor.at } else { self.at };
        let any_line = self.line_of(io.window, begun) == document.line;
        // The line break before is part of what is looked for, the document's own beginning is not.
        let after_start = usize::try_from((document.start + 1).saturating_sub(self.base)).unwrap_or_default();
        self.at = if any_line { begun } else { begun.saturating_sub(1) }.max(after_start);
        let at = self.at;
        // It is told as a broken document, not as one without telemetry.
        self.document.has_content = false;
        self.end_document(io);
        self.at = at;
        self.state = State::Lost { any_line };
    }

    /// Goes on at the next line (in a document of several lines at one that begins with a bracket, as its own lines do not), or at
    /// the next resource before it.
    pub(super) fn find_document(&mut self, io: &Io<'_>, any_line: bool) -> Result<(), Stop> {
        const KEYS: [&[u8]; 3] = [b"\"resource\":", b"\"resourceSpans\":", b"\"resource_spans\":"];
        let (line, breaks) = if any_line {
            let gap = memchr::memchr(b'\n', io.window.get(self.at..).unwrap_or_default());
            (gap.map(|gap| self.at + gap), LineBreaks::MayNot)
        } else {
            (find_document_line(io.window, self.at), LineBreaks::May)
        };
        let before = line.and_then(|line| io.window.get(..line)).unwrap_or(io.window);
        let keys: &[&[u8]] = if self.rows == 0 { &KEYS } else { &[b"\"_timestamp\":"] };
        let resource = find_object_with(before, self.at, keys, breaks);
        let Some(found) = resource.or_else(|| line.map(|line| line + 1)) else {
            // The very end decides nothing yet.
            self.at = self.at.max(io.window.len().saturating_sub(MAX_BEGINNING));
            return Err(Stop::End);
        };
        self.is_damaged |= resource.is_some();
        self.at = found;
        self.text = None;
        self.state = State::Between;
        Ok(())
    }

    /// The window ended inside something. `true` where there is more to read in it all the same.
    pub(super) fn goes_on_after_end(&mut self, io: &mut Io<'_>) -> bool {
        let ahead = io.window.len() - self.at;
        if matches!(self.state, State::Inside) && self.limit < ahead {
            self.too_large(io);
            return true;
        }
        if !io.last {
            // A leaf is tried again when twice as much is there: so its length costs no more than in proportion.
            self.wanted = (ahead * 2).min(self.limit.saturating_add(1));
            return false;
        }
        match self.state {
            State::Start | State::Lost { .. } => false,
            State::Between | State::Text if ahead == 0 => {
                self.end_text(io);
                false
            }
            State::Between | State::Text | State::Inside | State::Skipping(_) => self.cut_off(io),
        }
    }

    /// The text ends inside a document.
    fn cut_off(&mut self, io: &mut Io<'_>) -> bool {
        let start = usize::try_from(self.document.start.saturating_sub(self.base)).unwrap_or_default();
        let from = self.at.max(start);
        if find_document_line(io.window, from).is_some() {
            // The cut is earlier: a line was cut, and others follow that were taken for its rest.
            self.fault = io.window.len();
            self.at = from;
            self.broken_at(io, "a document that does not end before the next one begins");
            return true;
        }
        let document = self.document;
        // What is being skipped was counted when it began.
        let ahead = u64::from(!matches!(self.state, State::Skipping(_)));
        self.at = from;
        if document.after_text && !document.has_telemetry {
            self.frames.clear();
            self.at = io.window.len();
            self.end_text(io);
            return false;
        }
        io.report.add(FindingKind::TruncatedTail, || {
            let line = self.line_of(io.window, from);
            self.example(from, line, self.path("", ahead), "the text ends here".to_owned())
        });
        self.document.has_content = false;
        self.at = io.window.len();
        self.end_document(io);
        false
    }

    /// The element at `self.at` is over the limit: it is skipped.
    pub(super) fn too_large(&mut self, io: &mut Io<'_>) {
        let Some(frame) = self.frames.last() else { return };
        let mut cursor = Cursor::new(io.window, self.at);
        let is_array = frame.is_array();
        let mut begun = frame.is_begun();
        let found = if is_array { cursor.next_element(&mut begun).map(|_| ()) } else { cursor.next_key(&mut begun).map(|_| ()) };
        io.report.add(FindingKind::TooLarge, || {
            let line = self.line_of(io.window, self.at);
            self.example(self.at, line, self.path("", 1), format!("over {} bytes", self.limit))
        });
        if found.and_then(|()| self.skip_at(&mut cursor)).is_err() {
            // A key without end.
            self.fault = cursor.at;
            self.broken(io, Expected::Key);
        }
    }

    /// Tells the findings of a leaf that is complete.
    #[inline]
    pub(super) fn tell_notes(&mut self, io: &mut Io<'_>, prefix: &'static str) {
        if !self.parts.notes.is_empty() {
            self.tell_notes_now(io, prefix);
        }
    }

    #[cold]
    fn tell_notes_now(&mut self, io: &mut Io<'_>, prefix: &'static str) {
        let mut notes = std::mem::take(&mut self.parts.notes);
        for note in notes.drain() {
            io.report.add_many(note.kind, note.count, || {
                let line = self.line_of(io.window, note.at);
                let mut field = prefix.to_owned();
                if !prefix.is_empty() && !note.field.is_empty() && note.field != prefix {
                    field.push('.');
                }
                field.push_str(if note.field == prefix { "" } else { note.field });
                self.example(note.at, line, self.path(&field, 0), note.text.to_owned())
            });
        }
        self.parts.notes = notes;
    }

    /// Tells that something was skipped, or keeps it until it is clear that the source is OTLP at all.
    pub(super) fn tell_skipped(&mut self, io: &mut Io<'_>, kind: FindingKind, example: Example) {
        if self.is_otlp {
            io.report.add(kind, || example);
        } else if self.skipped.len() < MAX_WAITING {
            self.skipped.push((kind, example));
        }
    }

    pub(super) fn about_document(&self, note: &str) -> Example {
        let Document { start, line, .. } = self.document;
        Example { source: self.source, offset: Some(start), line: Some(line), path: String::new(), note: note.to_owned() }
    }

    fn example(&self, at: usize, line: u64, path: String, note: String) -> Example {
        Example { source: self.source, offset: Some(self.base + at as u64), line: Some(line), path, note }
    }
}

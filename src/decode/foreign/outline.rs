//! The outline of a foreign document: lists and wrappers as a stack that can stop between any two members or elements.
//!
//! A leaf that the window cuts is read again when the window has doubled, so that a text of any size costs time in proportion to it.

use super::pen::{Ink, Pen, Place};
use super::tape::{MAX_NODES, Tape, Unread};
use super::{Format, Level, Step};
use crate::decode::json::{Cursor, Expected, LineBreaks, MAX_BEGINNING, Skipper, Stop, find_document_line, find_object_with};
use crate::model::{Batch, Example, FindingKind, ImportReport, SourceIdx};

/// How many lists and wrappers may stand in each other.
const MAX_FRAMES: usize = 16;
/// The most that one leaf may take: as much as an element of OTLP.
const MAX_LEAF: usize = 64 << 20;

/// How many bytes are shown where something else was expected.
const SHOWN: usize = 16;

fn too_long() -> String {
    format!("expected at most {} MiB", MAX_LEAF >> 20)
}

/// What is told of a leaf with too many values.
pub(super) fn too_many() -> String {
    format!("expected at most {MAX_NODES} keys and values")
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    level: Level,
    is_array: bool,
    /// A member or element was read: a comma comes before the next.
    begun: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    /// Between documents.
    Between,
    /// In a line that is no document.
    Text,
    /// In the innermost frame.
    Inside,
    /// In a value that is of no use.
    Skipping(Skipper),
    /// After damage.
    Lost,
}

/// Reads one source.
pub(super) struct Outline {
    format: Box<dyn Format>,
    ink: Ink,
    tape: Tape,
    state: State,
    frames: Vec<Frame>,
    /// What was fed and is not read yet, from `at` on.
    window: Vec<u8>,
    at: usize,
    /// Where the window begins in the source, and the lines before it.
    base: u64,
    lines: u64,
    /// How many bytes must lie ahead before what was cut is tried again.
    wanted: usize,
    /// Where the document at hand begins in the source, in which line, and how many of its values were leaves.
    document: u64,
    document_line: u64,
    /// A place in the window, and the lines up to it.
    counted: (usize, u64),
    n_leaves: u64,
}

/// What one pass works on.
struct Io<'a> {
    window: &'a [u8],
    batch: &'a mut Batch,
    report: &'a mut ImportReport,
    /// Whether nothing comes after the window.
    last: bool,
}

impl Outline {
    /// Begins a source.
    pub(super) fn new(format: Box<dyn Format>, source: SourceIdx) -> Self {
        Self {
            format,
            ink: Ink { source, ..Ink::default() },
            tape: Tape::default(),
            state: State::Start,
            frames: Vec::new(),
            window: Vec::new(),
            at: 0,
            base: 0,
            lines: 0,
            wanted: 0,
            document: 0,
            document_line: 0,
            counted: (0, 0),
            n_leaves: 0,
        }
    }

    pub(super) fn spans(&self) -> u64 {
        self.ink.spans
    }

    /// Log records so far.
    pub(super) fn log_records(&self) -> u64 {
        self.ink.logs
    }

    pub(super) fn name(&self) -> &'static str {
        self.format.name()
    }

    pub(super) fn coarse_ns(&self) -> u32 {
        self.format.coarse_ns()
    }

    pub(super) fn feed(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        self.window.extend_from_slice(bytes);
        if self.wanted <= self.window.len() - self.at {
            self.run_window(batch, report, false);
        }
    }

    pub(super) fn finish(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        // What ends a number that ends the text.
        self.window.push(b'\n');
        self.run_window(batch, report, true);
        let mut io = Io { window: &[], batch, report, last: true };
        let (format, mut pen) = self.pen(&mut io);
        format.finish(&mut pen);
    }

    fn run_window(&mut self, batch: &mut Batch, report: &mut ImportReport, last: bool) {
        let mut window = std::mem::take(&mut self.window);
        self.run(&mut Io { window: &window, batch, report, last });
        let read = window.get(..self.at).unwrap_or_default();
        self.lines += memchr::memchr_iter(b'\n', read).count() as u64;
        self.base += read.len() as u64;
        let read = read.len();
        window.drain(..read);
        self.at = 0;
        self.counted = (0, 0);
        self.window = window;
    }

    fn run(&mut self, io: &mut Io<'_>) {
        loop {
            let outcome = match self.state {
                State::Start => self.start(io),
                State::Between => self.between(io),
                State::Text => self.text(io),
                State::Inside => self.inside(io),
                State::Skipping(skipper) => self.skip(io, skipper),
                State::Lost => self.find(io),
            };
            match outcome {
                Ok(()) => self.wanted = 0,
                Err((_, Stop::End)) if io.last => {
                    self.end(io);
                    return;
                }
                Err((_, Stop::End)) => {
                    let ahead = io.window.len() - self.at.min(io.window.len());
                    if 2 * MAX_LEAF < ahead {
                        // No leaf, which ends sooner: a key, a number or a line without end.
                        self.note(io, FindingKind::TooLarge, self.at, too_long());
                        self.at = io.window.len();
                        self.state = State::Lost;
                        self.wanted = 0;
                        return;
                    }
                    // A leaf over the limit is told from one that is cut as soon as it can be; what stands in front of it takes room, too.
                    let over = MAX_LEAF + (MAX_LEAF >> 3);
                    self.wanted = if ahead < over { ahead.saturating_mul(2).min(over) } else { 2 * MAX_LEAF + 1 };
                    return;
                }
                Err((at, Stop::Broken(_))) if !io.last && io.window.len() < at + SHOWN => {
                    self.wanted = (at + SHOWN).saturating_sub(self.at);
                    return;
                }
                Err((at, Stop::Broken(expected))) => self.broken(io, at, expected),
            }
        }
    }

    fn start(&mut self, io: &Io<'_>) -> Result<(), (usize, Stop)> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if io.window.starts_with(MARK) {
            self.at = MARK.len();
        } else if !io.last && MARK.starts_with(io.window) {
            return Err((0, Stop::End));
        }
        self.state = State::Between;
        Ok(())
    }

    fn between(&mut self, io: &mut Io<'_>) -> Result<(), (usize, Stop)> {
        let mut cursor = Cursor::new(io.window, self.at);
        let byte = cursor.token().map_err(|stop| {
            // White space is read.
            self.at = cursor.at;
            (cursor.at, stop)
        })?;
        self.at = cursor.at;
        match byte {
            b'{' | b'[' => {
                self.document = self.base + self.at as u64;
                let (from, lines) = self.counted;
                let passed = io.window.get(from..self.at).unwrap_or_default();
                self.counted = (self.at, lines + memchr::memchr_iter(b'\n', passed).count() as u64);
                self.document_line = 1 + self.lines + self.counted.1;
                self.n_leaves = 0;
                self.value(io, self.at, 0, &[], byte)
            }
            // What joins documents that were cut out of a list.
            b',' | b']' => {
                self.at += 1;
                Ok(())
            }
            _ => {
                self.state = State::Text;
                Ok(())
            }
        }
    }

    /// A line that begins with something else: a log's, perhaps with a document further on.
    fn text(&mut self, io: &mut Io<'_>) -> Result<(), (usize, Stop)> {
        let rest = io.window.get(self.at..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest);
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if let Some(open) = memchr::memchr(b'{', line) {
            self.at += open;
            self.state = State::Between;
            return Ok(());
        }
        let Some(end) = end else { return Err((self.at, Stop::End)) };
        self.note(io, FindingKind::SkippedText, self.at, "");
        self.at += end + 1;
        self.state = State::Between;
        Ok(())
    }

    fn inside(&mut self, io: &mut Io<'_>) -> Result<(), (usize, Stop)> {
        let Some(&frame) = self.frames.last() else {
            self.state = State::Between;
            return Ok(());
        };
        let mut cursor = Cursor::new(io.window, self.at);
        let mut begun = frame.begun;
        let mut scratch = Vec::new();
        let next = if frame.is_array {
            cursor.next_element(&mut begun).map(|byte| byte.map(|byte| (&[][..], byte)))
        } else {
            cursor.next_key(&mut begun).and_then(|key| {
                let Some(key) = key else { return Ok(None) };
                let byte = cursor.token()?;
                let key = if key.escaped {
                    crate::decode::json::unescape(key.bytes, &mut scratch);
                    scratch.as_slice()
                } else {
                    key.bytes
                };
                Ok(Some((key, byte)))
            })
        };
        if let Some((key, byte)) = next.map_err(|stop| (cursor.at, stop))? {
            self.value(io, cursor.at, frame.level, key, byte)
        } else {
            self.at = cursor.at;
            self.frames.pop();
            let (format, mut pen) = self.pen(io);
            format.close(frame.level, &mut pen);
            self.value_ends(io);
            Ok(())
        }
    }

    /// A value that begins at `at`; what stands before it in its frame is read with it, or not at all.
    fn value(&mut self, io: &mut Io<'_>, at: usize, level: Level, key: &[u8], byte: u8) -> Result<(), (usize, Stop)> {
        let step = self.format.step(level, key, byte);
        match step {
            Step::Enter(level) if matches!(byte, b'{' | b'[') && self.frames.len() < MAX_FRAMES => {
                self.begin_in_frame();
                self.at = at + 1;
                self.frames.push(Frame { level, is_array: byte == b'[', begun: false });
                self.state = State::Inside;
                Ok(())
            }
            Step::Leaf(leaf) => {
                let (reach, unread) = match self.tape.read(io.window, at) {
                    Ok(end) => (end, None),
                    Err((_, unread @ Unread::Stop(Stop::End))) => (io.window.len(), Some(unread)),
                    Err((reach, unread)) => (reach, Some(unread)),
                };
                // However much of it is there, it is over the limit or not.
                if MAX_LEAF < reach - at {
                    self.leave_out(io, at, too_long());
                    return Ok(());
                }
                let end = match unread {
                    None => reach,
                    Some(Unread::Stop(stop)) => return Err((reach, stop)),
                    Some(Unread::TooMany) => {
                        self.leave_out(io, at, too_many());
                        return Ok(());
                    }
                };
                self.begin_in_frame();
                self.at = end;
                self.n_leaves += 1;
                let (tape, window) = (std::mem::take(&mut self.tape), io.window);
                let (format, mut pen) = self.pen(io);
                format.leaf(leaf, tape.root(window), &mut pen);
                // What a leaf left in waiting belongs to nothing.
                pen.ink.writer.clear();
                self.tape = tape;
                self.value_ends(io);
                Ok(())
            }
            Step::Enter(_) | Step::Skip => {
                if matches!(byte, b'{' | b'[' | b'"') {
                    self.begin_in_frame();
                    self.at = at;
                    self.state = State::Skipping(Skipper::default());
                    return Ok(());
                }
                let mut cursor = Cursor::new(io.window, at);
                cursor.scalar().map_err(|stop| (cursor.at, stop))?;
                self.begin_in_frame();
                self.at = cursor.at;
                self.value_ends(io);
                Ok(())
            }
        }
    }

    /// A leaf is over a limit: it is skipped, and what stands around it is read.
    fn leave_out(&mut self, io: &mut Io<'_>, at: usize, note: String) {
        self.tape = Tape::default();
        self.note(io, FindingKind::TooLarge, at, note);
        self.n_leaves += 1;
        self.begin_in_frame();
        self.at = at;
        self.state = State::Skipping(Skipper::default());
    }

    fn begin_in_frame(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.begun = true;
        }
    }

    fn value_ends(&mut self, io: &mut Io<'_>) {
        self.state = if self.frames.is_empty() { State::Between } else { State::Inside };
        if self.frames.is_empty() && self.n_leaves == 0 {
            // Its beginning may be read and gone.
            let (source, offset, line) = (self.ink.source, Some(self.document), Some(self.document_line));
            let note = format!("expected {}", self.format.name());
            io.report.add(FindingKind::SkippedDocument, || Example { source, offset, line, path: String::new(), note });
        }
    }

    fn skip(&mut self, io: &mut Io<'_>, mut skipper: Skipper) -> Result<(), (usize, Stop)> {
        let Some(end) = skipper.skip(io.window, self.at) else {
            self.at = io.window.len();
            self.state = State::Skipping(skipper);
            return Err((self.at, Stop::End));
        };
        self.at = end;
        self.value_ends(io);
        Ok(())
    }

    fn broken(&mut self, io: &mut Io<'_>, at: usize, expected: Expected) {
        let is_text = self.n_leaves == 0 && self.frames.len() <= 1 && matches!(self.state, State::Between | State::Inside);
        if is_text && self.base + at as u64 <= self.document + 16 {
            // `[main] INFO …` is no list.
            self.frames.clear();
            // What stands before may be read and gone; the bracket that begins the document is not one of the text's.
            let after_start = usize::try_from((self.document + 1).saturating_sub(self.base)).unwrap_or_default();
            self.at = at.max(self.at).max(after_start);
            self.state = State::Text;
            return;
        }
        let found = io.window.get(at..).unwrap_or_default();
        let found = String::from_utf8_lossy(found.get(..SHOWN).unwrap_or(found)).into_owned();
        self.note(io, FindingKind::BrokenJson, at, format!("expected {}, but found `{}`", expected.text(), found.escape_debug()));
        self.at = at.max(self.at);
        self.state = State::Lost;
    }

    /// Looks for where reading can go on: an object that begins as a leaf does, or a document on a new line.
    fn find(&mut self, io: &mut Io<'_>) -> Result<(), (usize, Stop)> {
        let object = find_object_with(io.window, self.at, self.format.first_keys(), LineBreaks::May);
        // A new line may begin with such an object, whose keys are not there yet.
        let is_decided = |line: &usize| object.is_some() || io.last || line + MAX_BEGINNING <= io.window.len();
        let line = find_document_line(io.window, self.at).map(|at| at + 1).filter(is_decided);
        let in_list = self.frames.iter().rposition(|frame| frame.is_array);
        match (object, line, in_list) {
            (Some(object), line, Some(list)) if line.is_none_or(|line| object <= line) => {
                while list + 1 < self.frames.len() {
                    if let Some(frame) = self.frames.pop() {
                        let (format, mut pen) = self.pen(io);
                        format.close(frame.level, &mut pen);
                    }
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.begun = false;
                }
                self.at = object;
                self.state = State::Inside;
                Ok(())
            }
            (object, line, _) => {
                let Some(at) = [object, line].into_iter().flatten().min() else {
                    // The beginning of what is looked for may stand at the window's end.
                    self.at = self.at.max(io.window.len().saturating_sub(128));
                    return Err((self.at, Stop::End));
                };
                while let Some(frame) = self.frames.pop() {
                    let (format, mut pen) = self.pen(io);
                    format.close(frame.level, &mut pen);
                }
                self.at = at;
                self.state = State::Between;
                Ok(())
            }
        }
    }

    /// The text ends in the state that it is in.
    fn end(&mut self, io: &mut Io<'_>) {
        let is_cut = match self.state {
            State::Inside | State::Skipping(_) => true,
            State::Between => self.at + 1 < io.window.len(),
            State::Start | State::Text | State::Lost => false,
        };
        if is_cut {
            self.note(io, FindingKind::TruncatedTail, self.at, "the text ends inside a value");
        }
        while let Some(frame) = self.frames.pop() {
            let (format, mut pen) = self.pen(io);
            format.close(frame.level, &mut pen);
        }
        self.at = io.window.len();
    }

    fn note(&mut self, io: &mut Io<'_>, kind: FindingKind, at: usize, note: impl Into<String>) {
        // The last byte is none of the text's, once it has ended.
        let at = at.min(io.window.len().saturating_sub(usize::from(io.last)));
        let (_, mut pen) = self.pen(io);
        pen.note_at(kind, at, "", note);
    }

    /// The format, and a pen in the place at hand.
    fn pen<'a>(&'a mut self, io: &'a mut Io<'_>) -> (&'a mut dyn Format, Pen<'a>) {
        let place = Place { window: io.window, base: self.base, lines: self.lines, text: None };
        (&mut *self.format, Pen { batch: io.batch, report: io.report, ink: &mut self.ink, place })
    }
}

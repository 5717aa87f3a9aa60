//! OTLP JSON, walked straight into the columns of a batch.
//!
//! ```text
//! chunks ─▶ window ─▶ outline: documents, resources, scopes: an explicit stack that stops anywhere
//!                        └▶ leaf: one span, resource or scope, read whole by straight-line code
//! ```
//! A leaf that the window cuts is taken back and read again when the window has doubled, so a text of any length costs time in
//! proportion to it, and the same batch and findings come out however the text was cut into chunks.
//!
//! The outline takes OTLP in all its wrappings: one document, lines, documents without anything between them, arrays of them;
//! `resourceSpans`, `resource_spans`, Tempo's `batches` and `trace`, Jaeger's `result`, a bare `ResourceSpans`, bare spans; keys in
//! any order. Log records and the exemplars of metrics that name a trace are read, the rest of them and profiles are counted. What is not JSON is skipped and told, never a reason to stop.

mod compact;
mod keys;
mod known;
mod leaf;
mod notes;
mod outline;
mod pattern;
mod record;
mod recovery;
mod server;
mod shape;
mod skim;
mod slice;
mod span;
mod value;

pub use shape::{JsonLayout, JsonShape};
pub(in crate::decode) use {leaf::Leaf, slice::SUMS, span::Telling};

use self::leaf::Parts;
use self::outline::{Document, Frame};
use self::shape::Hints;
use crate::decode::json::{Skipper, Stop};
use crate::decode::openobserve::Columns;
use crate::model::{Batch, Example, ExemplarDraft, FindingKind, ImportReport, ResourceSlot, ScopeSlot, SourceIdx};

/// How much of a chunk is at first added to what the one before has left.
const STITCH: usize = 4 << 10;
/// The most that one span, resource or scope may take, with or without an envelope around it: it is held until it is whole. Collectors
/// refuse messages of more than 4 MiB unless they are told otherwise.
const LIMIT: usize = 64 << 20;

/// Reads one source of OTLP JSON.
#[derive(Clone, Debug)]
pub struct OtlpJsonReader {
    source: SourceIdx,
    limit: usize,
    /// What was fed and is not read yet, and at least one byte before it.
    window: Vec<u8>,
    /// Where reading goes on in the window.
    at: usize,
    /// Where the window begins in the source.
    base: u64,
    /// The line breaks before `window[counted]`.
    lines: u64,
    counted: usize,
    /// How many bytes must lie ahead before a leaf that was cut is tried again.
    wanted: usize,
    /// Where the error is that was just met.
    fault: usize,
    state: State,
    frames: Vec<Frame>,
    document: Document,
    /// Where the resource and scope of the spans at hand will be known.
    resource: ResourceSlot,
    scope: ScopeSlot,
    /// The same for spans that have neither.
    bare: Option<(ResourceSlot, ScopeSlot)>,
    parts: Parts,
    /// The exemplars of the metric point at hand.
    exemplars: Vec<ExemplarDraft>,
    /// What is known of the columns of OpenObserve's rows.
    columns: Columns,
    /// Those rows so far.
    rows: u64,
    /// What a server says went wrong, in the document at hand.
    message: String,
    /// Where it first said so.
    refusal: Option<Example>,
    /// Where the line of text began that is being skipped: offset and line.
    text: Option<(u64, u64)>,
    /// Skipped text and documents wait until something of OTLP is seen: where nothing is, the whole source is what was skipped.
    skipped: Vec<(FindingKind, Example)>,
    /// Whether reading went on in the middle of a broken document.
    is_damaged: bool,
    hints: Hints,
    layout: JsonLayout,
    /// Whether each document so far stands on a line of its own.
    is_lines: bool,
    /// The line on which the last document ended.
    last_line: u64,
    is_otlp: bool,
    spans: u64,
    log_records: u64,
    metric_points: u64,
}

/// What is being read.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The very beginning.
    Start,
    /// Between documents.
    Between,
    /// A line that is not JSON.
    Text,
    /// A document.
    Inside,
    /// A value that nobody asked for.
    Skipping(Skipper),
    /// Damage: the next line is looked for that may begin a document, any line or only one that begins with a bracket.
    Lost { any_line: bool },
}

/// What one pass works on.
struct Io<'a> {
    window: &'a [u8],
    batch: &'a mut Batch,
    report: &'a mut ImportReport,
    /// Whether nothing comes after the window.
    last: bool,
}

impl OtlpJsonReader {
    /// Begins a source.
    pub fn new(source: SourceIdx) -> Self {
        Self::with_limit(source, LIMIT)
    }

    /// Begins a source in which no span may be larger than `limit` bytes.
    pub fn with_limit(source: SourceIdx, limit: usize) -> Self {
        Self {
            source,
            limit,
            window: Vec::new(),
            at: 0,
            base: 0,
            lines: 0,
            counted: 0,
            wanted: 0,
            fault: 0,
            state: State::Start,
            frames: Vec::new(),
            document: Document::default(),
            resource: ResourceSlot::default(),
            scope: ScopeSlot::default(),
            bare: None,
            parts: Parts::default(),
            exemplars: Vec::new(),
            columns: Columns::default(),
            rows: 0,
            message: String::new(),
            refusal: None,
            text: None,
            skipped: Vec::new(),
            is_damaged: false,
            hints: Hints::default(),
            layout: JsonLayout::Empty,
            is_lines: true,
            last_line: 0,
            is_otlp: false,
            spans: 0,
            log_records: 0,
            metric_points: 0,
        }
    }

    /// Takes the next bytes of the text, decompressed and in UTF-8. `batch` and `report` are the same at each call.
    pub fn feed(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        let mut taken = 0;
        while taken < bytes.len() {
            let carried = self.window.len() - taken;
            if carried == 0 || carried < self.at {
                // What earlier chunks had left is read: from here on the chunk is read where it is.
                let window = std::mem::take(&mut self.window);
                self.move_window(&window, carried);
                self.run(bytes, batch, report, false);
                self.window = window;
                self.window.clear();
                // The byte before stays: whether a bracket begins its line is asked of it.
                let read = self.at.saturating_sub(1);
                self.move_window(bytes, read);
                self.window.extend_from_slice(bytes.get(read..).unwrap_or_default());
                return;
            }
            let part = self.window.len().max(STITCH).min(bytes.len() - taken);
            // A large window grows by a quarter: doubling would not fit a small address space.
            if self.window.capacity() - self.window.len() < part {
                self.window.reserve_exact(part.max(self.window.len() / 4));
            }
            self.window.extend_from_slice(bytes.get(taken..taken + part).unwrap_or_default());
            taken += part;
            if self.wanted <= self.window.len() - self.at {
                self.run_window(batch, report, false);
            }
        }
        let window = std::mem::take(&mut self.window);
        let read = self.at.saturating_sub(1);
        self.move_window(&window, read);
        self.window = window;
        self.window.drain(..read);
    }

    /// The end of a message, which is one of a line, too: all that is there is read. Whether that is the end of a document, with
    /// nothing that waits for more.
    pub fn end_message(&mut self, batch: &mut Batch, report: &mut ImportReport) -> bool {
        self.wanted = 0;
        self.feed(b"\n", batch, report);
        matches!(self.state, State::Between) && self.at == self.window.len()
    }

    /// The end of the text: what is left is read, or told as cut off.
    pub fn finish(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        self.run_window(batch, report, true);
        self.tell_server_source(report);
    }

    /// Span records so far.
    pub fn spans(&self) -> u64 {
        self.spans
    }

    /// Log records so far.
    pub fn log_records(&self) -> u64 {
        self.log_records
    }

    /// Metric data points so far.
    pub fn metric_points(&self) -> u64 {
        self.metric_points
    }

    /// What the source turned out to be.
    pub fn shape(&self) -> JsonShape {
        let server = if self.rows != 0 || !self.is_otlp && self.hints.has_hits() {
            Some("OpenObserve")
        } else {
            (self.refusal.is_some() && !self.is_otlp).then_some("refusal as")
        };
        let foreign = if self.is_otlp { None } else { self.hints.foreign() };
        JsonShape { layout: self.layout, is_otlp: self.is_otlp, server, foreign }
    }

    fn run_window(&mut self, batch: &mut Batch, report: &mut ImportReport, last: bool) {
        let window = std::mem::take(&mut self.window);
        self.run(&window, batch, report, last);
        self.window = window;
    }

    fn run(&mut self, window: &[u8], batch: &mut Batch, report: &mut ImportReport, last: bool) {
        let mut io = Io { window, batch, report, last };
        loop {
            let outcome = match self.state {
                State::Start => self.skip_byte_order_mark(&io),
                State::Between => self.between(&mut io),
                State::Text => self.skip_text(&mut io),
                State::Inside => self.inside(&mut io),
                State::Skipping(skipper) => self.skip(&io, skipper),
                State::Lost { any_line } => self.find_document(&io, any_line),
            };
            match outcome {
                Ok(()) => self.wanted = 0,
                Err(Stop::End) if self.goes_on_after_end(&mut io) => {}
                Err(Stop::End) => break,
                Err(Stop::Broken(expected)) => self.broken(&mut io, expected),
            }
        }
    }

    fn skip_byte_order_mark(&mut self, io: &Io<'_>) -> Result<(), Stop> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if io.window.starts_with(MARK) {
            self.at = MARK.len();
        } else if !io.last && MARK.starts_with(io.window) {
            return Err(Stop::End);
        }
        self.state = State::Between;
        Ok(())
    }

    fn skip(&mut self, io: &Io<'_>, mut skipper: Skipper) -> Result<(), Stop> {
        let Some(end) = skipper.skip(io.window, self.at) else {
            self.at = io.window.len();
            self.state = State::Skipping(skipper);
            return Err(Stop::End);
        };
        self.at = end;
        self.state = State::Inside;
        Ok(())
    }

    /// Moves the window's beginning up by `by` bytes, which are read.
    fn move_window(&mut self, window: &[u8], by: usize) {
        if self.counted < by {
            self.lines += count_lines(window.get(self.counted..by).unwrap_or_default());
            self.counted = by;
        }
        self.counted -= by;
        self.at -= by;
        self.base += by as u64;
    }

    /// The line, from 1, of a place in the window.
    fn line_of(&self, window: &[u8], at: usize) -> u64 {
        let count = |from, to| count_lines(window.get(from..to).unwrap_or_default());
        1 + if at < self.counted { self.lines - count(at, self.counted) } else { self.lines + count(self.counted, at) }
    }

    /// The same where no earlier place will be asked for often: what was counted is not counted again.
    fn line_ahead(&mut self, window: &[u8], at: usize) -> u64 {
        let line = self.line_of(window, at);
        if self.counted < at {
            self.counted = at;
            self.lines = line - 1;
        }
        line
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

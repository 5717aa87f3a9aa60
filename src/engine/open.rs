//! An import: sources read one after the other into one batch, which is sealed when all of it is there.
//!
//! ```text
//!   source 0 ─ bytes ─▶ Import ─┐
//!   source 1 ─ bytes ─▶ Import ─┼─▶ batch, report ─▶ seal ─▶ the open data set
//! ```
//! Slices of a source that is large are read by helpers meanwhile, if there are any; it comes to the same.
//!
//! What could be read of one source is kept when another, or its own end, cannot be.

use super::memory::{self, Reading};
use super::told::Told;
use super::{Engine, portion, present};
use crate::decode::{Advance, Import, SIZES};
use crate::job::{Help, Input, Outcome, SourceError};
use crate::model::{Batch, Dataset, Example, FindingKind, ImportReport, SourceIdx};
use crate::protocol::{
    Answer, DatasetView, Failure, OpenMode, OpenRequest, OpenStage, Origin, Overflow, Portion, Progress, Reply,
};

/// Sources of so many bytes, as stored or inflated, are shared with helpers: it takes them a while to get ready.
const SHARED_FROM: u64 = 16 << 20;

/// An import under way.
pub(super) struct OpenJob {
    request: OpenRequest,
    batch: Batch,
    report: ImportReport,
    /// Sources that are done.
    n_done: usize,
    /// The source that is being read.
    current: Option<Current>,
    /// Bytes of the sources that are done, as stored.
    bytes_done: u64,
    /// Why sources could not be read to their ends.
    broken: Vec<SourceError>,
    stage: Stage,
    /// All sources were read once, to find the traces that are wanted.
    is_second_pass: bool,
    helpers: Helpers,
}

/// Those who read slices of large sources meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Helpers {
    /// None were asked for.
    Unasked,
    /// So many are ready.
    Ready(u32),
    /// They are not needed any more.
    Dismissed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Reading,
    /// The page has been told that sealing is next, since that is one long step.
    Announced,
}

struct Current {
    source: SourceIdx,
    import: Import,
    /// Bytes taken in, as stored.
    bytes: u64,
    /// The piece at hand, and how much of it has been read.
    piece: Vec<u8>,
    piece_read: usize,
    /// More may come of the piece, or of what is left of earlier ones.
    has_more: bool,
    /// The next piece is on its way.
    asked: bool,
    /// No more pieces come.
    ended: bool,
}

impl OpenJob {
    pub(super) fn new(request: OpenRequest) -> Self {
        // What is left out is judged span by span, in the order of the sources.
        let helpers = if request.portion == Portion::All { Helpers::Unasked } else { Helpers::Dismissed };
        Self {
            batch: portion::batch_of(request.portion),
            report: ImportReport::default(),
            n_done: 0,
            current: None,
            bytes_done: 0,
            broken: Vec::new(),
            stage: Stage::Reading,
            is_second_pass: false,
            helpers,
            request,
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        let n_done = self.n_done;
        if let Input::Helpers(n) = input {
            self.helpers = Helpers::Ready(n);
        }
        let Some(current) = &mut self.current else { return };
        match input {
            Input::Size(bytes) => {
                if let Some(source) = self.request.sources.get_mut(n_done) {
                    source.size_bytes = Some(bytes);
                }
            }
            Input::Bytes(bytes) => {
                current.piece = bytes;
                current.piece_read = 0;
                (current.has_more, current.asked) = (true, false);
            }
            Input::End => (current.ended, current.asked) = (true, false),
            Input::SliceRead { number, read } => current.import.take_back(number, read),
            // What servers answer is the connector's; helpers were counted above.
            Input::Head(_) | Input::NoAnswer(_) | Input::Awake | Input::Helpers(_) => {}
            Input::Broken(error) => {
                (current.ended, current.asked) = (true, false);
                let (source, offset) = (current.source, current.bytes);
                self.report.add(FindingKind::SourceUnreadable, || Example {
                    source,
                    offset: Some(offset),
                    note: format!("{} {}", error.headline, error.detail).trim_end().to_owned(),
                    ..Example::default()
                });
                self.broken.push(error);
            }
        }
    }

    /// Reads what is at hand. `None` once all sources are read.
    fn read(&mut self, has_time: &dyn Fn() -> bool) -> Option<Outcome> {
        loop {
            let Some(current) = &mut self.current else {
                self.begin_source()?;
                continue;
            };
            let spec = self.request.sources.get(self.n_done)?;
            if let Some(help) = current.share(&mut self.helpers, spec.size_bytes) {
                return Some(Outcome::Lending(help));
            }
            let is_full = current.import.is_full();
            if current.has_more && !is_full {
                if !current.read_piece(&mut self.batch, &mut self.report, has_time) {
                    return Some(Outcome::Working(Some(self.progress(OpenStage::Reading))));
                }
                continue;
            }
            let is_over = current.ended || current.import.is_stuck();
            if !is_over && !is_full && !current.asked {
                current.asked = true;
                current.piece = Vec::new();
                current.piece_read = 0;
                // A source that is read again is another one to whoever reads it.
                let pass = if self.is_second_pass { self.request.sources.len() } else { 0 };
                let source = u32::try_from(self.n_done + pass).unwrap_or(u32::MAX);
                let origin = spec.origin.clone();
                return Some(Outcome::Waiting { source, origin, progress: Some(self.progress(OpenStage::Reading)) });
            }
            if is_over && !current.has_more {
                current.import.end();
            }
            match current.import.advance(&mut self.batch, &mut self.report) {
                Advance::By(_) if has_time() => {}
                Advance::By(_) => return Some(Outcome::Working(Some(self.progress(OpenStage::Reading)))),
                Advance::Done if is_over => self.end_source(),
                Advance::Done | Advance::Blocked => return Some(Outcome::Blocked(Some(self.progress(OpenStage::Reading)))),
            }
        }
    }

    /// `None` if there is no further source.
    fn begin_source(&mut self) -> Option<()> {
        let spec = self.request.sources.get_mut(self.n_done)?;
        let source = self.report.begin_source(&spec.name);
        let is_seeking = self.batch.is_seeking();
        for note in if is_seeking { Vec::new() } else { std::mem::take(&mut spec.remarks) } {
            self.report.add(FindingKind::ServerLimit, || Example { source, note, ..Example::default() });
        }
        let text = match &mut spec.origin {
            Origin::Text(text) if is_seeking => Some(text.clone().into_bytes()),
            Origin::Text(text) => Some(std::mem::take(text).into_bytes()),
            Origin::File(_) | Origin::Url(_) => None,
        };
        self.current = Some(Current {
            source,
            import: Import::new(source),
            bytes: 0,
            has_more: text.is_some(),
            asked: false,
            ended: text.is_some(),
            piece: text.unwrap_or_default(),
            piece_read: 0,
        });
        Some(())
    }

    fn end_source(&mut self) {
        let Some(current) = self.current.take() else { return };
        let is_stuck = current.import.is_stuck();
        current.import.finish(&mut self.batch, &mut self.report);
        let size = self.request.sources.get(self.n_done).and_then(|source| source.size_bytes);
        let mut bytes = current.bytes;
        // A source that holds nothing to read is not read to its end, but its size is known.
        if is_stuck && let Some(size) = size {
            bytes = bytes.max(size);
            if let Some(source) = self.report.sources.as_mut_slice().get_mut(current.source.0 as usize) {
                source.bytes = bytes;
            }
        }
        self.bytes_done += bytes;
        self.n_done += 1;
    }

    /// Begins again with the first source, if it was read only to find out what to keep.
    fn begin_second_pass(&mut self) -> bool {
        if self.is_second_pass || !self.batch.begin_second_pass() {
            return false;
        }
        self.is_second_pass = true;
        self.report = ImportReport::default();
        self.broken.clear();
        (self.n_done, self.bytes_done) = (0, 0);
        true
    }

    fn progress(&self, stage: OpenStage) -> Progress {
        let stage = if self.batch.is_seeking() { OpenStage::Seeking } else { stage };
        Progress {
            stage,
            source: self.request.sources.get(self.n_done).map(|source| source.name.clone()).unwrap_or_default(),
            bytes: self.bytes_read(),
            bytes_total: self.bytes_total(),
            spans: self.batch.n_spans() as u64,
        }
    }

    fn bytes_read(&self) -> u64 {
        self.bytes_done + self.current.as_ref().map_or(0, |current| current.bytes)
    }

    fn bytes_total(&self) -> Option<u64> {
        let rest = self.request.sources.get(self.n_done..)?;
        let rest: Option<u64> = rest.iter().map(|source| source.size_bytes).sum();
        // A download may turn out longer than announced.
        Some((self.bytes_done + rest?).max(self.bytes_read()))
    }

    /// Whether anything was found that Spanwise knows, be it only to count.
    fn has_something(&self) -> bool {
        let mut sources = self.report.sources.as_slice().iter();
        self.batch.n_spans() != 0 || sources.any(|source| source.log_records != 0 || source.metric_points != 0)
    }

    fn nothing_read(&mut self) -> Failure {
        if self.broken.len() == self.request.sources.len()
            && let Some(error) = self.broken.pop()
        {
            return error;
        }
        let sources = &self.report.sources;
        let spans: u64 = sources.as_slice().iter().map(|source| source.spans).sum();
        if spans != 0 {
            return present::nothing_wanted(spans, self.batch.n_unfit() != 0);
        }
        let lines: Vec<String> = self
            .report
            .findings()
            .flat_map(|(kind, finding)| {
                finding.examples.iter().map(move |example| {
                    let name = sources.row(example.source).map_or("", |source| source.name.as_str());
                    format!("{}: {name}: {}", kind.slug(), example.note)
                })
            })
            .collect();
        present::nothing_read(self.request.sources.len(), &lines)
    }
}

impl Current {
    /// What to ask of helpers next, where the source is large enough for them.
    fn share(&mut self, helpers: &mut Helpers, size: Option<u64>) -> Option<Help> {
        let is_large = SHARED_FROM <= size.unwrap_or_default().max(self.import.inflated());
        match *helpers {
            Helpers::Unasked if is_large => {
                *helpers = Helpers::Ready(0);
                return Some(Help::Wanted);
            }
            Helpers::Ready(n) if is_large => self.import.share(n, SIZES),
            _ => {}
        }
        let slice = self.import.lend()?;
        Some(Help::Slice { number: slice.number, start: slice.start, bytes: slice.bytes })
    }

    /// Reads as much of the piece as time allows. False if some is left.
    fn read_piece(&mut self, batch: &mut Batch, report: &mut ImportReport, has_time: &dyn Fn() -> bool) -> bool {
        let mut rest = self.piece.get(self.piece_read..).unwrap_or_default();
        loop {
            if self.import.is_full() {
                return true;
            }
            let before = rest.len();
            let has_more = self.import.step(&mut rest, batch, report);
            let taken = before - rest.len();
            self.piece_read += taken;
            self.bytes += taken as u64;
            if !has_more {
                // What is not taken now never will be.
                self.bytes += rest.len() as u64;
                self.piece_read = self.piece.len();
                self.has_more = false;
                return true;
            }
            if !has_time() {
                return false;
            }
        }
    }
}

impl Engine {
    pub(super) fn step_open(&mut self, job: &mut OpenJob, has_time: &dyn Fn() -> bool) -> Outcome {
        if let Some(overflow) = self.check_memory(job) {
            return Outcome::Done(Answer::Reply(Reply::Overflow(Box::new(overflow))));
        }
        if let Some(outcome) = job.read(has_time) {
            return outcome;
        }
        if job.begin_second_pass() {
            return Outcome::Working(Some(job.progress(OpenStage::Reading)));
        }
        if !job.has_something() {
            return Outcome::Done(Answer::Failed(job.nothing_read()));
        }
        if job.stage != Stage::Announced {
            if let Helpers::Ready(_) = job.helpers {
                job.helpers = Helpers::Dismissed;
                return Outcome::Lending(Help::Over);
            }
            job.stage = Stage::Announced;
            return Outcome::Working(Some(job.progress(OpenStage::Linking)));
        }
        let batch = std::mem::take(&mut job.batch);
        let mut report = std::mem::take(&mut job.report);
        batch.tell_part(&mut report);
        Outcome::Done(Answer::Reply(Reply::Opened(self.join(job.request.mode, batch, report))))
    }

    /// Seals what was read. From here on nothing can be cancelled, so the old data set need not be held any longer.
    fn join(&mut self, mode: OpenMode, batch: Batch, report: ImportReport) -> DatasetView {
        let old = self.open.take().filter(|_| mode == OpenMode::Add);
        let mut told = Told::default();
        let (batch, report) = match old {
            None => (batch, report),
            Some(old) => {
                told = old.told;
                let (mut all, mut whole_report) = old.dataset.into_batch();
                all.append(&batch, whole_report.sources.end());
                whole_report.merge(report);
                (all, whole_report)
            }
        };
        self.adopt_beside(Dataset::seal(batch, report), told)
    }

    fn check_memory(&self, job: &mut OpenJob) -> Option<Overflow> {
        let reading = Reading {
            read: job.bytes_read(),
            total: job.bytes_total(),
            known: job.request.sources.iter().filter_map(|source| source.size_bytes).sum(),
            spans: job.batch.n_spans() as u64,
            columns: job.batch.heap_bytes() as u64,
            held: self.open.as_ref().map_or(0, |data| data.totals.bytes_stored),
        };
        portion::check(&mut job.batch, reading, memory::limit(job.request.memory_bytes))
    }
}

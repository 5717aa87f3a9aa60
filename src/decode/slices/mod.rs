//! One source read by several at once: slices of it are cut off, read elsewhere, and joined in order.
//!
//! ```text
//!            ┌─▶ cutter ─▶ queue: slice 1, slice 2, slice 3, …      a slice is lent to a helper, or read here
//!   bytes ───┘                 │         │
//!                 helpers: read_slice   read_slice
//!                              ▼         ▼
//!   the reader of the source: passes over what is read, reads what is not
//! ```
//! A slice is read in the hope that the reader of the source will stand at its beginning as its own reader did. Only when it does,
//! and when that reader ended as it began, is the slice taken; all others are read again, in order. So what comes out is what one
//! reader makes, down to the order of symbols, wherever the cuts were and whatever helpers answered.

mod cut;

use std::collections::VecDeque;

use cut::{Cutter, Kind, Start};

pub use cut::Sizes;

use super::framing::Framing;
use super::import::Head;
use super::otlp_json::{self, OtlpJsonReader};
use super::otlp_proto::{self, OtlpProtoReader};
use crate::base::SharedBytes;
use crate::model::{Batch, FindingKind, ImportReport, SourceIdx};

/// Large enough that lending costs little, small enough that several in flight weigh little and all helpers end together.
pub const SIZES: Sizes = Sizes { least: 4 << 20, most: 12 << 20 };
/// How much of a slice is read in one go.
const PIECE: usize = 256 << 10;
/// So many slices in a row that were read in vain end the cutting.
const MAX_REFUSED: u32 = 4;

/// A slice of a source that another may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its number in the source.
    pub number: u32,
    /// What [`read_slice`] must know of where it stands.
    pub start: u32,
    /// The slice.
    pub bytes: SharedBytes,
}

/// What is cut and not read yet.
#[derive(Debug)]
pub(super) struct Slices {
    sizes: Sizes,
    /// How many others read.
    helpers: u32,
    cutter: Cutter,
    queue: VecDeque<Piece>,
    /// The number of the next piece.
    number: u32,
    /// Slices in a row that could not be taken.
    n_refused: u32,
}

#[derive(Debug)]
struct Piece {
    number: u32,
    start: Option<Start>,
    bytes: SharedBytes,
    state: State,
    /// A compression breaks off after it.
    breaks_off: bool,
}

#[derive(Debug)]
enum State {
    /// Nobody reads it yet.
    Waiting,
    /// A helper reads it.
    Lent,
    /// A helper has read it.
    Read(Vec<u8>),
    /// It is read here, so far.
    Here(usize),
}

/// How the reading of the queue went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// So many bytes are behind it.
    By(u64),
    /// A helper has what comes next.
    Blocked,
    /// Nothing is left.
    Done,
}

/// What the queue is read into.
pub(super) struct Target<'a> {
    pub(super) head: &'a mut Head,
    pub(super) batch: &'a mut Batch,
    pub(super) report: &'a mut ImportReport,
    pub(super) source: SourceIdx,
}

impl Slices {
    /// For what the head reads, if it stands where that is possible.
    pub(super) fn of(head: &Head, helpers: u32, sizes: Sizes) -> Option<Self> {
        let kind = match head {
            Head::Json(_) => Kind::Json,
            Head::Protobuf(reader) => Kind::Fields(reader.to_boundary()?),
            Head::Framed(framing) => Kind::Messages(framing.to_boundary()?),
            Head::Foreign(_) | Head::Archive(_) | Head::Sniffing(_) | Head::Closed => return None,
        };
        Some(Self { sizes, helpers, cutter: Cutter::new(kind), queue: VecDeque::new(), number: 0, n_refused: 0 })
    }

    pub(super) fn set_helpers(&mut self, helpers: u32) {
        self.helpers = helpers;
    }

    /// Takes in bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.cutter.push(bytes, self.sizes);
        while let Some(cut) = self.cutter.next(self.sizes) {
            self.add(cut);
        }
    }

    /// No more bytes come before what comes next.
    pub(super) fn end(&mut self) {
        if let Some(cut) = self.cutter.rest() {
            self.add(cut);
        }
    }

    /// A compression breaks off here.
    pub(super) fn break_off(&mut self) {
        self.end();
        self.add((None, Vec::new()));
        if let Some(piece) = self.queue.back_mut() {
            piece.breaks_off = true;
        }
    }

    fn add(&mut self, (start, bytes): cut::Cut) {
        self.queue.push_back(Piece { number: self.number, start, bytes: bytes.into(), state: State::Waiting, breaks_off: false });
        self.number = self.number.wrapping_add(1);
    }

    /// Whether enough is cut.
    pub(super) fn is_full(&self) -> bool {
        2 * (self.helpers as usize) < self.queue.len()
    }

    /// Lends out a slice, if there is one for a helper.
    pub(super) fn lend(&mut self) -> Option<Slice> {
        let is_lent = |piece: &&Piece| matches!(piece.state, State::Lent);
        if 2 * self.helpers as usize <= self.queue.iter().filter(is_lent).count() {
            return None;
        }
        // Beside a single helper, reading what it leaves is as much work as joining what it reads.
        let reads_here = self.helpers == 1;
        let mut waiting = self.queue.iter_mut().filter(|piece| matches!(piece.state, State::Waiting));
        let piece = waiting.find(|piece| piece.start.is_some() && !(reads_here && piece.number.is_multiple_of(2)))?;
        piece.state = State::Lent;
        let start = Start::ALL.iter().position(|&start| Some(start) == piece.start)?;
        Some(Slice { number: piece.number, start: u32::try_from(start).ok()?, bytes: piece.bytes.clone() })
    }

    /// Takes back what was lent, with what was read, or nothing.
    pub(super) fn take_back(&mut self, number: u32, read: Vec<u8>) {
        if let Some(piece) = self.queue.iter_mut().find(|piece| piece.number == number)
            && matches!(piece.state, State::Lent)
        {
            piece.state = State::Read(read);
        }
    }

    /// Takes back all that was lent, unread.
    pub(super) fn take_back_all(&mut self) {
        for piece in &mut self.queue {
            if matches!(piece.state, State::Lent) {
                piece.state = State::Here(0);
            }
        }
    }

    /// Reads on in what is cut.
    pub(super) fn advance(&mut self, target: &mut Target<'_>) -> Advance {
        let Some(piece) = self.queue.front_mut() else { return Advance::Done };
        let len = piece.bytes.len();
        let from = match &mut piece.state {
            State::Lent => return Advance::Blocked,
            State::Waiting => 0,
            State::Here(from) => *from,
            State::Read(read) => {
                let start = piece.start.filter(|&start| !read.is_empty() && target.head.is_at(start));
                if let Some(start) = start {
                    self.n_refused = 0;
                    if target.join(start, len as u64, read).is_some() {
                        self.queue.pop_front();
                        return Advance::By(len as u64 / 4);
                    }
                } else {
                    self.n_refused += 1;
                    self.cutter.doubt(piece.start, MAX_REFUSED <= self.n_refused);
                }
                0
            }
        };
        let bytes = piece.bytes.get(from..).unwrap_or_default();
        let bytes = bytes.get(..PIECE).unwrap_or(bytes);
        let by = bytes.len();
        target.head.read(bytes, target.batch, target.report);
        piece.state = State::Here(from + by);
        if from + by == len {
            if piece.breaks_off {
                target.head.break_off(target.batch, target.report);
            }
            self.queue.pop_front();
        }
        Advance::By(by as u64)
    }
}

/// Reads a slice as a helper: what comes back is for the reader of the source, and nothing where it would be of no use.
pub fn read_slice(start: u32, bytes: &[u8]) -> Vec<u8> {
    let mut batch = Batch::default();
    let mut report = ImportReport::default();
    let source = report.begin_source("");
    let Some(&start) = Start::ALL.get(start as usize) else { return Vec::new() };
    let in_list = start == Start::Element;
    let mut head = match start {
        Start::Line | Start::Element => Head::Json(Box::new(OtlpJsonReader::of_slice(in_list))),
        Start::Field => Head::Protobuf(Box::new(OtlpProtoReader::new(source))),
        Start::Message => Head::Framed(Box::new(Framing::new(source))),
    };
    for piece in bytes.chunks(PIECE) {
        head.read(piece, &mut batch, &mut report);
    }
    let Some(sums) = head.sums(start) else { return Vec::new() };
    let mut out = Vec::new();
    for sum in sums {
        out.extend_from_slice(&sum.to_le_bytes());
    }
    for kind in FindingKind::ALL {
        out.extend_from_slice(&report.count(*kind).to_le_bytes());
    }
    batch.pack(&mut out);
    out
}

type Sums = [u64; otlp_json::SUMS];

impl Target<'_> {
    /// Takes over what a helper read of a slice that begins here; `None`, and nothing taken, where that does not say all that
    /// reading it here would come to.
    fn join(&mut self, start: Start, len: u64, read: &[u8]) -> Option<()> {
        let mut rest = read;
        let mut numbers = |n: usize| {
            let (numbers, after) = rest.split_at_checked(n * 8)?;
            rest = after;
            Some(numbers.as_chunks().0.iter().map(|&number| u64::from_le_bytes(number)).collect::<Vec<_>>())
        };
        let sums: Sums = numbers(otlp_json::SUMS)?.try_into().ok()?;
        let counts = numbers(FindingKind::ALL.len())?;
        let findings = || FindingKind::ALL.iter().copied().zip(counts.iter().copied()).filter(|&(_, count)| count != 0);
        // Where a finding stands is known here only: as long as examples are wanted, they are looked for here.
        if findings().any(|(kind, _)| self.report.wants_examples(kind)) {
            return None;
        }
        let batch = Batch::unpack(rest)?;
        for (kind, count) in findings() {
            self.report.add_many(kind, count, Default::default);
        }
        self.batch.append(&batch, self.source);
        self.head.jump(start, len, &sums);
        Some(())
    }
}

impl Head {
    /// Reads bytes, if it is known what they are.
    pub(super) fn read(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        match self {
            Self::Json(reader) => reader.feed(bytes, batch, report),
            Self::Protobuf(reader) => reader.feed_bare(bytes, batch, report),
            Self::Framed(framing) => framing.feed(bytes, batch, report),
            Self::Foreign(reader) => reader.feed(bytes, batch, report),
            Self::Archive(_) | Self::Sniffing(_) | Self::Closed => {}
        }
    }

    /// Bytes are missing here.
    pub(super) fn break_off(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        match self {
            // A line that is cut must not run on into the next one.
            Self::Json(reader) => reader.feed(b"\n", batch, report),
            Self::Foreign(reader) => reader.feed(b"\n", batch, report),
            Self::Protobuf(reader) => {
                reader.end_message(batch, report);
            }
            Self::Framed(framing) => framing.expect_damage(batch, report),
            Self::Archive(archive) => archive.break_off(batch, report),
            Self::Sniffing(_) | Self::Closed => {}
        }
    }

    fn is_at(&self, start: Start) -> bool {
        match (self, start) {
            (Self::Json(reader), Start::Line | Start::Element) => reader.is_between(start == Start::Element),
            (Self::Protobuf(reader), Start::Field) => reader.is_between(),
            (Self::Framed(framing), Start::Message) => framing.is_between(),
            _ => false,
        }
    }

    /// What was read since the start, if it ends as it began.
    fn sums(&self, start: Start) -> Option<Sums> {
        let mut all = [0; otlp_json::SUMS];
        let sums: [u64; otlp_proto::SUMS] = match self {
            Self::Json(reader) => return reader.sums(start == Start::Element),
            Self::Protobuf(reader) if self.is_at(start) => reader.sums(),
            Self::Framed(framing) if self.is_at(start) => framing.sums()?,
            _ => return None,
        };
        all.iter_mut().zip(sums).for_each(|(place, sum)| *place = sum);
        Some(all)
    }

    fn jump(&mut self, start: Start, len: u64, sums: &Sums) {
        let first = || sums.first_chunk().copied().unwrap_or_default();
        match self {
            Self::Json(reader) => reader.jump(start == Start::Element, len, sums),
            Self::Protobuf(reader) => reader.jump(len, first()),
            Self::Framed(framing) => framing.jump(len, first()),
            Self::Foreign(_) | Self::Archive(_) | Self::Sniffing(_) | Self::Closed => {}
        }
    }
}

//! Messages with their lengths in front, as the collector's file exporter writes them: protobuf, JSON, or either of them in a zstd
//! frame of its own.
//!
//! Each message is read by itself. One that is damaged costs itself: reading goes on at the next place where a length is
//! followed by the beginning of a message, also where it is the length that is wrong.

use super::detect::{MESSAGE_PEEK, Start, message_start, next_message};
use super::inflate::{Frames, MAX_RATIO, MIN_ROOM, ZSTD_MAGIC, Zstd, is_bomb};
use super::otlp_json::OtlpJsonReader;
use super::otlp_proto::{self, OtlpProtoReader};
use crate::model::{Batch, Example, FindingKind, ImportReport, SourceIdx};

/// Reads messages with their lengths in front.
pub(super) struct Framing {
    source: SourceIdx,
    state: State,
    /// Bytes that wait for the ones after them, fewer than [`MESSAGE_PEEK`].
    held: Vec<u8>,
    /// Bytes taken in. What is left to read always ends there, so a place is this less what is left.
    fed: u64,
    protobuf: OtlpProtoReader,
    json: Option<Box<OtlpJsonReader>>,
    /// Spans, log records and metric points of JSON readers that are done.
    json_counts: (u64, u64, u64),
    zstd: Option<Box<Zstd>>,
    /// Where zstd frames inflate to.
    out: Vec<u8>,
    /// Bytes that came out of zstd frames.
    inflated: u64,
    has_json: bool,
    has_protobuf: bool,
    is_stuck: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At a length.
    Length,
    /// Inside a message with so many bytes to come.
    Body(u64, Message),
    /// After damage: looking for a length.
    Seeking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Protobuf,
    Json,
    /// A zstd frame, and what is in it, where that is known.
    Zstd(Option<Inside>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Protobuf,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// More bytes may come.
    Open,
    /// These are the last.
    Here,
}

impl Framing {
    pub(super) fn new(source: SourceIdx) -> Self {
        Self {
            source,
            state: State::Length,
            held: Vec::new(),
            fed: 0,
            protobuf: OtlpProtoReader::new(source),
            json: None,
            json_counts: (0, 0, 0),
            zstd: None,
            out: Vec::new(),
            inflated: 0,
            has_json: false,
            has_protobuf: false,
            is_stuck: false,
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        self.fed += bytes.len() as u64;
        if self.held.is_empty() {
            self.read(bytes, End::Open, batch, report);
        } else {
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(bytes);
            self.read(&joined, End::Open, batch, report);
        }
    }

    pub(super) fn finish(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        let mut held = std::mem::take(&mut self.held);
        self.read(&held, End::Here, batch, report);
        // A frame that was cut may have taken others for its own content.
        while let (State::Body(missing, message), Some(zstd)) = (self.state, &mut self.zstd) {
            held = zstd.take_held();
            self.add(report, FindingKind::TruncatedTail, 0, format!("the last message lacks {missing} bytes"));
            self.end_message(message, Ending::Cut, 0, batch, report);
            self.state = State::Seeking;
            self.read(&held, End::Here, batch, report);
        }
        match self.state {
            State::Body(missing, message) => {
                self.add(report, FindingKind::TruncatedTail, 0, format!("the last message lacks {missing} bytes"));
                self.end_message(message, Ending::Cut, 0, batch, report);
            }
            State::Length if !self.held.is_empty() => {
                self.add(report, FindingKind::TruncatedTail, self.held.len(), "the length of a message is cut".to_owned());
            }
            State::Length | State::Seeking => {}
        }
        self.end_json(batch, report);
    }

    /// Tells that bytes are missing at this point, because a compression around this was damaged.
    pub(super) fn expect_damage(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        if let State::Body(_, message) = self.state {
            self.end_message(message, Ending::Cut, 0, batch, report);
        }
        self.held.clear();
        self.state = State::Seeking;
    }

    /// Whether it stands between two messages as a new reader does, with nothing but plain protobuf before.
    pub(super) fn is_between(&self) -> bool {
        self.to_boundary() == Some(0) && self.json.is_none() && self.protobuf.is_between()
    }

    /// How far the next such place is, if that is known.
    pub(super) fn to_boundary(&self) -> Option<u64> {
        match self.state {
            _ if self.zstd.is_some() => None,
            State::Length if self.held.is_empty() => Some(0),
            State::Body(left, Message::Protobuf) => Some(left),
            State::Length | State::Body(..) | State::Seeking => None,
        }
    }

    /// What it read so far, if that is anything.
    pub(super) fn sums(&self) -> Option<[u64; otlp_proto::SUMS]> {
        self.has_protobuf.then(|| self.protobuf.sums())
    }

    /// Passes over a slice of so many bytes that comes to this.
    pub(super) fn jump(&mut self, len: u64, sums: [u64; otlp_proto::SUMS]) {
        self.fed += len;
        self.has_protobuf = true;
        self.protobuf.jump(len, sums);
    }

    /// Spans, log records, metric points.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        let (a, b) = (self.json_counts, self.protobuf.counts());
        (a.0 + b.0, a.1 + b.1, a.2 + b.2)
    }

    /// Metric points and profiles that are in no finding yet.
    pub(super) fn uncounted(&self) -> (u64, u64) {
        let (_, _, metric_points) = self.protobuf.counts();
        (metric_points, self.protobuf.profiles())
    }

    /// What the messages are.
    pub(super) fn format(&self) -> String {
        let inside = match (self.has_json, self.has_protobuf) {
            (true, true) => "OTLP JSON and protobuf",
            (true, false) => "OTLP JSON",
            (false, _) => "OTLP protobuf",
        };
        format!("{inside}, length-prefixed{}", if self.zstd.is_some() { ", zstd per message" } else { "" })
    }

    /// Bytes that came out of compressed messages.
    pub(super) fn inflated(&self) -> u64 {
        self.inflated
    }

    /// Whether nothing more is read.
    pub(super) fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    fn read(&mut self, bytes: &[u8], end: End, batch: &mut Batch, report: &mut ImportReport) {
        let mut again = self.read_once(bytes, end, batch, report);
        while let Some(bytes) = again {
            again = self.read_once(&bytes, end, batch, report);
        }
    }

    /// Reads what it can; what comes back is to be read again.
    fn read_once(&mut self, bytes: &[u8], end: End, batch: &mut Batch, report: &mut ImportReport) -> Option<Vec<u8>> {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_stuck {
            match self.state {
                State::Length => {
                    let start = message_start(rest.get(..MESSAGE_PEEK).unwrap_or(rest));
                    let length = rest.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length));
                    let wanted = MESSAGE_PEEK.min(4 + usize::try_from(length).unwrap_or(MESSAGE_PEEK));
                    if rest.len() < 4 || (end == End::Open && rest.len() < wanted) {
                        self.held = rest.to_vec();
                        return None;
                    }
                    // Where messages are zstd frames nothing else is expected; elsewhere a message may begin with a field that we do
                    // not know, and its reader will tell.
                    if start == Start::Unlike || (start == Start::Possible && self.zstd.is_some()) {
                        self.add(report, self.broken(), rest.len(), "expected the length of a message".to_owned());
                        self.state = State::Seeking;
                        continue;
                    }
                    rest = rest.get(4..).unwrap_or_default();
                    if start != Start::Empty {
                        self.begin_message(u64::from(length), rest);
                    }
                }
                State::Body(left, message) => {
                    let len = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    let (piece, after) = rest.split_at_checked(len).unwrap_or_default();
                    match self.read_message(left, message, piece, after.len(), batch, report) {
                        Read::All => {
                            rest = after;
                            let message = self.known_of(message);
                            self.state = State::Body(left - len as u64, message);
                            if left == len as u64 {
                                self.end_message(message, Ending::Complete, rest.len(), batch, report);
                                self.state = State::Length;
                            }
                        }
                        Read::Lost { unread } => {
                            let mut earlier = match (message, &mut self.zstd) {
                                (Message::Zstd(_), Some(zstd)) => zstd.take_held(),
                                _ => self.protobuf.take_unread(),
                            };
                            self.end_message(self.known_of(message), Ending::Lost, rest.len(), batch, report);
                            self.state = State::Seeking;
                            if let Some(from) = (bytes.len() - after.len()).checked_sub(unread) {
                                rest = bytes.get(from..).unwrap_or_default();
                                continue;
                            }
                            // The place lies in what an earlier call was given.
                            earlier.truncate(unread.saturating_sub(piece.len()));
                            return Some([&earlier, rest].concat());
                        }
                    }
                }
                State::Seeking => match seek(rest, end) {
                    Ok(at) => {
                        rest = rest.get(at..).unwrap_or_default();
                        self.state = State::Length;
                    }
                    Err(from) => {
                        self.held = rest.get(from..).unwrap_or_default().to_vec();
                        return None;
                    }
                },
            }
        }
        None
    }

    /// The message at hand, of which what is inside may have become known while it was read.
    fn known_of(&self, message: Message) -> Message {
        if let State::Body(_, known) = self.state { known } else { message }
    }

    fn begin_message(&mut self, length: u64, rest: &[u8]) {
        // What stands behind a short message is not always there.
        let body = rest.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(rest);
        let message = match body {
            _ if body.starts_with(&ZSTD_MAGIC) => {
                if let Some(zstd) = &mut self.zstd {
                    zstd.restart();
                } else {
                    self.zstd = Some(Box::new(Zstd::new(Frames::One)));
                    self.out = vec![0; 2 * MIN_ROOM];
                }
                Message::Zstd(None)
            }
            [b'{' | b'[', ..] => {
                self.has_json = true;
                Message::Json
            }
            _ => {
                self.has_protobuf = true;
                self.protobuf.begin_message(self.fed - rest.len() as u64, Some(length));
                Message::Protobuf
            }
        };
        self.state = State::Body(length, message);
    }

    /// Reads `piece` of a message with `left` bytes to come; `behind` bytes were taken in after it.
    fn read_message(
        &mut self,
        left: u64,
        message: Message,
        piece: &[u8],
        behind: usize,
        batch: &mut Batch,
        report: &mut ImportReport,
    ) -> Read {
        match message {
            Message::Protobuf => {
                self.protobuf.feed(piece, batch, report);
                if self.protobuf.is_lost() { Read::Lost { unread: self.protobuf.n_unread() } } else { Read::All }
            }
            Message::Json => {
                self.json.get_or_insert_with(|| Box::new(OtlpJsonReader::new(self.source))).feed(piece, batch, report);
                Read::All
            }
            Message::Zstd(_) => self.read_frame(left, piece, behind, batch, report),
        }
    }

    fn read_frame(&mut self, left: u64, piece: &[u8], behind: usize, batch: &mut Batch, report: &mut ImportReport) -> Read {
        let mut rest = piece;
        loop {
            let Some(zstd) = &mut self.zstd else { return Read::All };
            let progress = zstd.step(rest, &mut self.out);
            let (is_done, n_failed) = (zstd.is_done(), zstd.n_failed());
            rest = rest.get(progress.consumed..).unwrap_or_default();
            self.inflated += progress.produced as u64;
            if is_bomb(self.fed, self.inflated) {
                self.is_stuck = true;
                let note = format!("expected at most {MAX_RATIO} times the size, but found {} MiB", self.inflated >> 20);
                self.add(report, FindingKind::ExpansionBomb, rest.len() + behind, note);
                return Read::All;
            }
            let out = std::mem::take(&mut self.out);
            self.read_inflated(out.get(..progress.produced).unwrap_or_default(), batch, report);
            self.out = out;
            if let Some(what) = progress.damage {
                self.add(report, FindingKind::BrokenCompression, rest.len() + behind, format!("{what}, in one message"));
                return Read::Lost { unread: rest.len() + n_failed };
            }
            if is_done {
                // The frame says where it ends, and the length before it should say the same.
                if rest.is_empty() && left == piece.len() as u64 {
                    return Read::All;
                }
                self.add(
                    report,
                    FindingKind::BrokenCompression,
                    rest.len() + behind,
                    "a length that is not that of its zstd frame".to_owned(),
                );
                return Read::Lost { unread: rest.len() };
            }
            if rest.is_empty() && !progress.is_full {
                return Read::All;
            }
        }
    }

    fn read_inflated(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        let (State::Body(left, Message::Zstd(known)), Some(first)) = (self.state, bytes.first()) else { return };
        let inside = known.unwrap_or(if matches!(first, b'{' | b'[') { Inside::Json } else { Inside::Protobuf });
        if known.is_none() {
            self.state = State::Body(left, Message::Zstd(Some(inside)));
            if inside == Inside::Protobuf {
                self.protobuf.begin_message(self.inflated - bytes.len() as u64, None);
            }
        }
        match inside {
            Inside::Protobuf => {
                self.has_protobuf = true;
                self.protobuf.feed(bytes, batch, report);
            }
            Inside::Json => {
                self.has_json = true;
                self.json.get_or_insert_with(|| Box::new(OtlpJsonReader::new(self.source))).feed(bytes, batch, report);
            }
        }
    }

    /// Ends a message, behind which `behind` bytes were taken in.
    fn end_message(&mut self, message: Message, ending: Ending, behind: usize, batch: &mut Batch, report: &mut ImportReport) {
        if let (Message::Zstd(_), Ending::Complete, Some(zstd)) = (message, ending, &self.zstd)
            && let Some(what) = zstd.damage_at_end()
        {
            self.add(report, FindingKind::BrokenCompression, behind, format!("{what}, in one message"));
        }
        match message {
            Message::Protobuf | Message::Zstd(Some(Inside::Protobuf)) => {
                let is_told = ending != Ending::Complete || self.protobuf.is_lost();
                if !self.protobuf.end_message(batch, report) && !is_told {
                    self.add(report, FindingKind::BrokenProtobuf, behind, "expected more bytes in the message".to_owned());
                }
            }
            // A document that is whole can have another after it; one that is not would swallow it.
            Message::Json | Message::Zstd(Some(Inside::Json)) => {
                let is_whole =
                    ending == Ending::Complete && self.json.as_mut().is_none_or(|json| json.end_message(batch, report));
                if !is_whole {
                    self.end_json(batch, report);
                }
            }
            Message::Zstd(None) => {}
        }
    }

    fn end_json(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        if let Some(mut json) = self.json.take() {
            json.finish(batch, report);
            self.json_counts.0 += json.spans();
            self.json_counts.1 += json.log_records();
            self.json_counts.2 += json.metric_points();
        }
    }

    /// The kind of finding that damage between messages is.
    fn broken(&self) -> FindingKind {
        if self.zstd.is_some() { FindingKind::BrokenCompression } else { FindingKind::BrokenProtobuf }
    }

    /// Adds a finding at the place that is `left` bytes before the end of what was taken in.
    fn add(&self, report: &mut ImportReport, kind: FindingKind, left: usize, note: String) {
        let offset = Some(self.fed - left as u64);
        report.add(kind, || Example { source: self.source, offset, line: None, path: String::new(), note });
    }
}

enum Read {
    /// All bytes were read.
    All,
    /// The message cannot be read on: so many bytes before the end of what was given, it broke.
    Lost { unread: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All its bytes came.
    Complete,
    /// The source ends in it.
    Cut,
    /// It is damaged.
    Lost,
}

/// Where the next message begins; else from where on to look again when more bytes have come.
fn seek(bytes: &[u8], end: End) -> Result<usize, usize> {
    let last = match end {
        End::Open => bytes.len().saturating_sub(MESSAGE_PEEK - 1),
        End::Here => bytes.len(),
    };
    next_message(bytes, last).ok_or(last)
}

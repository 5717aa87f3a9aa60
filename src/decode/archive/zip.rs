//! zip, forwards: each member behind its local header (APPNOTE.TXT 4.3.7), without the directory at the end.
//!
//! Deflate ends by itself, so a length that comes only in a descriptor behind the member is no hindrance. A stored member without
//! a length ends where a descriptor stands that gives its length and its checksum; by chance that is so once in 2^96 places.

use flate2::{Crc, Decompress, FlushDecompress, Status};
use memchr::memmem;

use super::{Event, Name, Nature, Step, gather, u16_at, u32_at, u64_at};

/// A local header without its name and extra fields.
const HEADER: usize = 30;
const MEMBER: &[u8] = b"PK\x03\x04";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// What begins what follows the last member: the directory, its end, the end of a zip64 directory, and a record before it.
const AFTER: [&[u8]; 4] = [b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08"];
/// How much of a stored member without a length is looked through at once.
const LOOK: usize = 64 << 10;

/// The reader.
pub(super) struct Zip {
    state: State,
    /// The beginning of what is not whole yet.
    held: Vec<u8>,
    inflate: Decompress,
    crc: Crc,
    entry: Entry,
    /// What comes behind the end of the member.
    after: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At a header.
    Header,
    /// In a member of known length.
    Stored,
    Deflated,
    /// In a stored member that ends at a descriptor that fits.
    Sought,
    /// At what may be that descriptor.
    Candidate,
    /// At the descriptor of a deflated member.
    Descriptor,
    /// Behind a member.
    Ended(Option<&'static str>),
    /// In what is not read.
    Skipping(u64),
    /// After damage: looking for a header.
    Seeking,
}

/// A member as its header tells of it, and how far it is read.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    crc: u32,
    /// Bytes in the archive and of the file, where they are known beforehand.
    packed: Option<u64>,
    size: Option<u64>,
    /// The header announces a descriptor.
    has_descriptor: bool,
    /// The checksum is of the bytes that are handed out.
    is_checked: bool,
    /// Lengths behind it have eight bytes (4.3.9.2).
    is_zip64: bool,
    /// Bytes taken, and bytes made.
    taken: u64,
    made: u64,
}

impl Default for Zip {
    fn default() -> Self {
        Self {
            state: State::Header,
            held: Vec::new(),
            inflate: Decompress::new(false),
            crc: Crc::new(),
            entry: Entry::default(),
            after: State::Header,
        }
    }
}

impl Zip {
    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        match self.state {
            State::Header => self.header(input),
            State::Stored => self.stored(input),
            State::Deflated => self.deflated(input, out),
            State::Sought => self.sought(input, out),
            State::Candidate => self.candidate(input, out),
            State::Descriptor => self.descriptor(input),
            State::Ended(damage) => {
                self.state = std::mem::replace(&mut self.after, State::Header);
                Step::new(0, Event::End(damage))
            }
            State::Skipping(0) => {
                self.state = State::Header;
                Step::new(0, Event::Passed)
            }
            State::Skipping(left) => {
                let taken = input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.state = State::Skipping(left - taken as u64);
                Step::new(taken, if taken == 0 { Event::More } else { Event::Passed })
            }
            State::Seeking => self.look(input),
        }
    }

    /// Looks for the next member.
    pub(super) fn seek(&mut self) {
        self.held.clear();
        self.state = State::Seeking;
    }

    pub(super) fn damage_at_end(&self) -> Option<&'static str> {
        match self.state {
            State::Header => Some("the archive breaks off before its directory"),
            State::Seeking => None,
            _ => Some("the archive breaks off"),
        }
    }

    fn header(&mut self, input: &[u8]) -> Step {
        let mut consumed = gather(&mut self.held, input, 4);
        let Some(signature) = self.held.get(..4) else { return Step::new(consumed, Event::More) };
        if AFTER.contains(&signature) {
            return Step::new(consumed, Event::Over);
        }
        if signature != MEMBER {
            self.state = State::Seeking;
            return Step::new(consumed, Event::Damage("expected a member of the archive, but found something else"));
        }
        consumed += gather(&mut self.held, input.get(consumed..).unwrap_or_default(), HEADER);
        if self.held.len() < HEADER {
            return Step::new(consumed, Event::More);
        }
        let name_end = HEADER + usize::from(u16_at(&self.held, 26));
        let whole = name_end + usize::from(u16_at(&self.held, 28));
        consumed += gather(&mut self.held, input.get(consumed..).unwrap_or_default(), whole);
        if self.held.len() < whole {
            return Step::new(consumed, Event::More);
        }
        let name = Name(self.held.get(HEADER..name_end).unwrap_or_default().to_vec());
        let nature = self.open(name_end, &name);
        self.held.drain(..whole);
        Step::new(consumed, Event::Begin(name, nature))
    }

    /// Reads the header that is held.
    fn open(&mut self, name_end: usize, name: &Name) -> Nature {
        let header = &self.held;
        let (flags, method) = (u16_at(header, 6), u16_at(header, 8));
        let (mut packed, mut size) = (u64::from(u32_at(header, 18)), u64::from(u32_at(header, 22)));
        // Zip64 extended information (4.5.3): what does not fit above, in this order.
        let mut is_zip64 = false;
        let mut extra = header.get(name_end..).unwrap_or_default();
        while let [_, _, _, _, after @ ..] = extra {
            let (field, rest) = after.split_at(usize::from(u16_at(extra, 2)).min(after.len()));
            if u16_at(extra, 0) == 1 {
                is_zip64 = true;
                let is_far = |number: u64| number == u64::from(u32::MAX);
                let at = if is_far(size) { 8 } else { 0 };
                if is_far(packed) && at + 8 <= field.len() {
                    packed = u64_at(field, at);
                }
                if at != 0 && 8 <= field.len() {
                    size = u64_at(field, 0);
                }
            }
            extra = rest;
        }
        let has_descriptor = flags & 8 != 0;
        // Lengths in front of a descriptor are 0, or those that some writers fill in.
        let is_known = !has_descriptor || packed != 0;
        self.crc.reset();
        self.entry = Entry {
            crc: u32_at(header, 14),
            packed: is_known.then_some(packed),
            size: (!has_descriptor).then_some(size),
            has_descriptor,
            is_checked: true,
            is_zip64,
            taken: 0,
            made: 0,
        };
        self.state = if is_known { State::Skipping(packed) } else { State::Seeking };
        if flags & 1 != 0 {
            return Nature::Unread("expected it without a password, but found it encrypted");
        }
        match method {
            0 if name.0.ends_with(b"/") && packed == 0 => return Nature::NoFile("a folder"),
            0 => self.state = if is_known { State::Stored } else { State::Sought },
            8 => {
                self.inflate.reset(false);
                self.state = State::Deflated;
                if has_descriptor {
                    self.entry.packed = None;
                }
            }
            // A zstd frame, which is told by its content as in any file.
            20 | 93 if is_known => {
                (self.entry.is_checked, self.entry.size) = (false, None);
                self.state = State::Stored;
            }
            _ => return Nature::Unread(unread_method(method)),
        }
        Nature::File
    }

    fn stored(&mut self, input: &[u8]) -> Step {
        let left = self.entry.packed.unwrap_or_default().saturating_sub(self.entry.taken);
        if left == 0 {
            self.behind();
            return Step::new(0, Event::Passed);
        }
        let taken = input.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(input);
        if taken.is_empty() {
            return Step::new(0, Event::More);
        }
        self.crc.update(taken);
        self.entry.taken += taken.len() as u64;
        self.entry.made += taken.len() as u64;
        Step::new(taken.len(), Event::Stored)
    }

    fn deflated(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let left = self.entry.packed.map(|packed| packed.saturating_sub(self.entry.taken));
        let most = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input.get(..most).unwrap_or(input), out, FlushDecompress::None);
        let (taken, made) = (self.inflate.total_in() - before_in, self.inflate.total_out() - before_out);
        self.entry.taken += taken;
        self.entry.made += made;
        let (consumed, produced) = (usize::try_from(taken).unwrap_or_default(), usize::try_from(made).unwrap_or_default());
        self.crc.update(out.get(..produced).unwrap_or_default());
        let left = left.map(|left| left - taken);
        match status {
            Ok(Status::StreamEnd) if left.is_some_and(|left| left != 0) => {
                self.after = State::Skipping(left.unwrap_or_default());
                self.state = State::Ended(Some("bytes after the end of the deflate stream"));
            }
            Ok(Status::StreamEnd) => self.behind(),
            Ok(Status::Ok | Status::BufError) if produced != 0 => {}
            Ok(Status::Ok | Status::BufError) if left == Some(0) => {
                self.state = State::Ended(Some("the deflate stream breaks off"));
            }
            Ok(Status::Ok | Status::BufError) if consumed == 0 => return Step::new(0, Event::More),
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => {
                self.after = left.map_or(State::Seeking, State::Skipping);
                self.state = State::Ended(Some("damaged deflate data"));
            }
        }
        Step::new(consumed, if produced == 0 { Event::Passed } else { Event::Inflated(produced) })
    }

    /// The member's bytes are behind.
    fn behind(&mut self) {
        self.state = if self.entry.has_descriptor { State::Descriptor } else { State::Ended(self.check(self.entry.crc)) };
    }

    fn check(&self, crc: u32) -> Option<&'static str> {
        let entry = &self.entry;
        if entry.size.is_some_and(|size| size != entry.made) {
            return Some("its length is not the one that the archive tells");
        }
        (entry.is_checked && crc != self.crc.sum()).then_some("its checksum is not the one that the archive tells")
    }

    /// A descriptor (4.3.9): a signature or none, the checksum, and two lengths of four or eight bytes.
    fn descriptor(&mut self, input: &[u8]) -> Step {
        let mut consumed = gather(&mut self.held, input, 4);
        if self.held.len() < 4 {
            return Step::new(consumed, Event::More);
        }
        if self.held.starts_with(MEMBER) || AFTER.iter().any(|after| self.held.starts_with(after)) {
            self.state = State::Ended(None);
            return Step::new(consumed, Event::Passed);
        }
        let crc_at = if self.held.starts_with(DESCRIPTOR) { 4 } else { 0 };
        consumed += gather(&mut self.held, input.get(consumed..).unwrap_or_default(), crc_at + 12);
        if self.held.len() < crc_at + 12 {
            return Step::new(consumed, Event::More);
        }
        // Which it is, the lengths tell: they are known by now. But an empty file's are zeros in both.
        let is_short = self.has_lengths(crc_at + 4, 4) && !(self.entry.made == 0 && self.entry.is_zip64);
        let end = crc_at + if is_short { 12 } else { 20 };
        consumed += gather(&mut self.held, input.get(consumed..).unwrap_or_default(), end);
        if self.held.len() < end {
            return Step::new(consumed, Event::More);
        }
        let crc = u32_at(&self.held, crc_at);
        let is_right = is_short || self.has_lengths(crc_at + 4, 8);
        self.held.drain(..end);
        let damage = if is_right { self.check(crc) } else { Some("its length is not the one that the archive tells") };
        self.state = State::Ended(damage);
        Step::new(consumed, Event::Passed)
    }

    /// Whether the lengths of so many bytes that are held there are the member's.
    fn has_lengths(&self, at: usize, width: usize) -> bool {
        let number = |at| if width == 4 { u64::from(u32_at(&self.held, at)) } else { u64_at(&self.held, at) };
        let low = |number: u64| if width == 4 { number & u64::from(u32::MAX) } else { number };
        number(at) == low(self.entry.taken) && number(at + width) == low(self.entry.made)
    }

    fn sought(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let look = input.get(..LOOK).unwrap_or(input);
        if look.is_empty() && self.held.len() < 4 {
            return Step::new(0, Event::More);
        }
        let before = self.held.len();
        self.held.extend_from_slice(look);
        let found = memmem::find(&self.held, DESCRIPTOR);
        let content = found.unwrap_or_else(|| self.held.len().saturating_sub(DESCRIPTOR.len() - 1));
        if let (Some(room), Some(bytes)) = (out.get_mut(..content), self.held.get(..content)) {
            room.copy_from_slice(bytes);
        }
        self.crc.update(out.get(..content).unwrap_or_default());
        self.entry.taken += content as u64;
        self.entry.made += content as u64;
        let mut consumed = look.len();
        if found.is_some() {
            let kept = before.max(content + DESCRIPTOR.len());
            consumed = kept - before;
            self.held.truncate(kept);
            self.state = State::Candidate;
        }
        self.held.drain(..content);
        Step::new(consumed, if content == 0 { Event::Passed } else { Event::Inflated(content) })
    }

    fn candidate(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut consumed = gather(&mut self.held, input, 16);
        if self.held.len() < 16 {
            return Step::new(consumed, Event::More);
        }
        let is_crc = u32_at(&self.held, 4) == self.crc.sum();
        let mut end = (is_crc && self.has_lengths(8, 4)).then_some(16);
        if is_crc && end.is_none() {
            consumed += gather(&mut self.held, input.get(consumed..).unwrap_or_default(), 24);
            if self.held.len() < 24 {
                return Step::new(consumed, Event::More);
            }
            end = self.has_lengths(8, 8).then_some(24);
        }
        if let Some(end) = end {
            self.held.drain(..end);
            self.state = State::Ended(None);
            return Step::new(consumed, Event::Passed);
        }
        // It is content; so is what follows, up to the next.
        if let Some(room) = out.get_mut(..DESCRIPTOR.len()) {
            room.copy_from_slice(DESCRIPTOR);
        }
        self.crc.update(DESCRIPTOR);
        self.entry.taken += DESCRIPTOR.len() as u64;
        self.entry.made += DESCRIPTOR.len() as u64;
        self.held.drain(..DESCRIPTOR.len());
        self.state = State::Sought;
        Step::new(consumed, Event::Inflated(DESCRIPTOR.len()))
    }

    fn look(&mut self, input: &[u8]) -> Step {
        let before = self.held.len();
        self.held.extend_from_slice(input);
        let marks = [MEMBER].into_iter().chain(AFTER);
        let found = marks.filter_map(|mark| memmem::find(&self.held, mark)).min();
        let Some(at) = found else {
            self.held.drain(..self.held.len().saturating_sub(MEMBER.len() - 1));
            return Step::new(input.len(), if input.is_empty() { Event::More } else { Event::Passed });
        };
        let kept = before.max(at + MEMBER.len());
        self.held.truncate(kept);
        self.held.drain(..at);
        self.state = State::Header;
        Step::new(kept - before, Event::Passed)
    }
}

/// Methods that are not read (4.4.5), by name.
const fn unread_method(method: u16) -> &'static str {
    match method {
        0 => "expected deflate, but found a stored member without a length",
        1..=6 => "expected deflate, but found one of the methods before it",
        9 => "expected deflate, but found Deflate64",
        12 => "expected deflate, but found bzip2",
        14 => "expected deflate, but found LZMA",
        20 | 93 => "expected deflate, but found zstd without a length",
        95 => "expected deflate, but found xz",
        96 => "expected deflate, but found a JPEG variant",
        97 => "expected deflate, but found WavPack",
        98 => "expected deflate, but found PPMd",
        99 => "expected it without a password, but found it encrypted",
        _ => "expected deflate, but found an unknown method",
    }
}

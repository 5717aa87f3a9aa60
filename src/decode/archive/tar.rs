//! tar, forwards: ustar (POSIX.1-1988), pax (POSIX.1-2001), GNU's long names and numbers, and what was before them all.
//!
//! Everything stands in blocks of 512 bytes, so after damage reading goes on at the next block that is a header by its checksum.

use super::{Event, Name, Nature, Step, gather};

const BLOCK: usize = 512;
/// Bytes of an extended header that are read: names and numbers, not what programs may add.
const MAX_EXTENDED: u64 = 64 << 10;

/// The reader.
#[derive(Default)]
pub(super) struct Tar {
    state: State,
    held: Vec<u8>,
    /// What extended headers tell of the next member.
    next: Extended,
    /// A block of zeros was there, as at the end.
    has_end: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// At a header.
    #[default]
    Header,
    /// In a member, with so many bytes to come, and so many to fill its last block.
    Member(u64, u64),
    /// In an extended header.
    Extended(Meaning, u64, u64),
    /// At blocks that go on with the map of a sparse file, which has so many bytes behind them.
    Map(u64),
    /// In what is not read.
    Skipping(u64),
    /// After damage: looking for a header.
    Seeking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Name,
    Pax,
}

#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Tar {
    pub(super) fn step(&mut self, input: &[u8]) -> Step {
        match self.state {
            State::Header | State::Seeking => self.header(input),
            State::Member(0, fill) => {
                self.state = State::Skipping(fill);
                Step::new(0, Event::End(None))
            }
            State::Member(left, fill) => {
                let taken = input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.state = State::Member(left - taken as u64, fill);
                Step::new(taken, if taken == 0 { Event::More } else { Event::Stored })
            }
            State::Extended(meaning, left, fill) => self.extended(input, meaning, left, fill),
            State::Map(size) => {
                let consumed = gather(&mut self.held, input, BLOCK);
                if self.held.len() < BLOCK {
                    return Step::new(consumed, Event::More);
                }
                if self.held.get(504) == Some(&0) {
                    self.state = State::Skipping(size.saturating_add(fill(size)));
                }
                self.held.clear();
                Step::new(consumed, Event::Passed)
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
        }
    }

    /// Looks for the next member. Where blocks begin is not known any more, but compression loses whole blocks seldom.
    pub(super) fn seek(&mut self) {
        self.held.clear();
        self.state = State::Seeking;
    }

    pub(super) fn damage_at_end(&self) -> Option<&'static str> {
        match self.state {
            // Some programs fill the last record with what was there before.
            State::Header | State::Skipping(0) if self.has_end => None,
            State::Seeking => None,
            State::Header => Some("the archive breaks off before its end"),
            _ => Some("the archive breaks off"),
        }
    }

    fn header(&mut self, input: &[u8]) -> Step {
        let consumed = gather(&mut self.held, input, BLOCK);
        let Some(block) = self.held.first_chunk::<BLOCK>() else { return Step::new(consumed, Event::More) };
        if *block == [0; BLOCK] {
            self.has_end = true;
            self.held.clear();
            return Step::new(consumed, Event::Passed);
        }
        if !is_header(block) {
            let is_first = self.state != State::Seeking;
            self.state = State::Seeking;
            self.held.clear();
            // After the end there may be anything.
            let damage = Event::Damage("expected a member of the archive, but found something else");
            return Step::new(consumed, if is_first && !self.has_end { damage } else { Event::Passed });
        }
        let block = *block;
        self.held.clear();
        self.has_end = false;
        Step::new(consumed, self.open(&block))
    }

    fn open(&mut self, block: &[u8; BLOCK]) -> Event {
        let written = number(block.get(124..136).unwrap_or_default());
        let kind = block.get(156).copied().unwrap_or_default();
        let meaning = match kind {
            b'L' => Some(Meaning::Name),
            b'x' | b'X' => Some(Meaning::Pax),
            _ => None,
        };
        if let Some(meaning) = meaning {
            self.state = State::Extended(meaning, written, fill(written));
            return Event::Passed;
        }
        // A long link's target, and what holds for the whole archive.
        if matches!(kind, b'K' | b'g') {
            self.state = State::Skipping(written.saturating_add(fill(written)));
            return Event::Passed;
        }
        let Extended { name, size, is_sparse } = std::mem::take(&mut self.next);
        let size = size.unwrap_or(written);
        let name = Name(name.unwrap_or_else(|| name_of(block)));
        // Of links and devices the size says nothing.
        let no_file = match kind {
            b'1' | b'2' => Some("a link"),
            b'3' | b'4' | b'6' => Some("a device"),
            b'5' => Some("a folder"),
            b'V' | b'M' | b'D' => Some("a note on the archive"),
            _ if name.0.ends_with(b"/") => Some("a folder"),
            _ => None,
        };
        if let Some(what) = no_file {
            self.state = State::Skipping(if kind == b'D' { size.saturating_add(fill(size)) } else { 0 });
            return Event::Begin(name, Nature::NoFile(what));
        }
        if kind == b'S' || is_sparse {
            let has_more = kind == b'S' && block.get(482).is_some_and(|&byte| byte != 0);
            self.state = if has_more { State::Map(size) } else { State::Skipping(size.saturating_add(fill(size))) };
            return Event::Begin(name, Nature::Unread("expected a plain file, but found a sparse one"));
        }
        self.state = State::Member(size, fill(size));
        Event::Begin(name, Nature::File)
    }

    fn extended(&mut self, input: &[u8], meaning: Meaning, left: u64, fill: u64) -> Step {
        let whole = left.saturating_add(self.held.len() as u64);
        if MAX_EXTENDED < whole {
            self.held.clear();
            self.state = State::Skipping(left.saturating_add(fill));
            return Step::new(0, Event::Damage("expected at most 64 KiB of names, but found more"));
        }
        let consumed = gather(&mut self.held, input, usize::try_from(whole).unwrap_or(usize::MAX));
        if consumed as u64 != left {
            self.state = State::Extended(meaning, left - consumed as u64, fill);
            return Step::new(consumed, Event::More);
        }
        match meaning {
            Meaning::Name => self.next.name = Some(to_nul(&self.held).to_vec()),
            Meaning::Pax => self.pax(),
        }
        self.held.clear();
        self.state = State::Skipping(fill);
        Step::new(consumed, Event::Passed)
    }

    /// Records of `length key=value\n`, where the length counts all of it.
    fn pax(&mut self) {
        let mut rest = self.held.as_slice();
        while let Some(space) = rest.iter().position(|&byte| byte == b' ') {
            let length = decimal(rest.get(..space).unwrap_or_default()).and_then(|length| usize::try_from(length).ok());
            let Some(record) = length.filter(|&length| space < length).and_then(|length| rest.get(space + 1..length)) else {
                return;
            };
            rest = rest.get(space + 1 + record.len()..).unwrap_or_default();
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            let Some(equals) = record.iter().position(|&byte| byte == b'=') else { continue };
            let value = record.get(equals + 1..).unwrap_or_default();
            match record.get(..equals).unwrap_or_default() {
                b"path" => self.next.name = Some(value.to_vec()),
                b"size" => self.next.size = decimal(value),
                key if key.starts_with(b"GNU.sparse.") => self.next.is_sparse = true,
                _ => {}
            }
        }
    }
}

/// Whether a block is a header: the sum of its bytes stands in it, those of the sum counted as spaces. Old programs added signed.
pub(in crate::decode) fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.first_chunk::<BLOCK>() else { return false };
    let Some(written) = octal(block.get(148..156).unwrap_or_default()) else { return false };
    let counted = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
    let unsigned: u64 = block.iter().enumerate().map(|(at, &byte)| u64::from(counted(at, byte))).sum();
    let negative = block.iter().enumerate().filter(|&(at, &byte)| 0x80 <= counted(at, byte)).count() as u64;
    // A block of spaces and zeros alone sums up to something as well; a name begins with neither.
    block.first().is_some_and(|&byte| byte != 0) && (written == unsigned || written + 256 * negative == unsigned)
}

/// The name that a header has room for: 100 bytes, and 155 for the folders before it, but not with GNU.
fn name_of(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = to_nul(block.get(..100).unwrap_or_default());
    let folders = to_nul(block.get(345..500).unwrap_or_default());
    if folders.is_empty() || block.get(257..263) != Some(b"ustar\0") {
        return name.to_vec();
    }
    [folders, b"/", name].concat()
}

fn to_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// What is missing to the next block.
const fn fill(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}

/// A number in octal digits, or in GNU's way: the upper bit of the first byte set, the rest in base 256.
fn number(field: &[u8]) -> u64 {
    match field {
        [0x80, rest @ ..] => rest.iter().fold(0, |sum: u64, &byte| sum.saturating_mul(256).saturating_add(u64::from(byte))),
        // Below zero, or beyond what anything holds.
        [0x81..=0xff, ..] => 0,
        _ => octal(field).unwrap_or_default(),
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii_start();
    let digits = digits.split(|&byte| matches!(byte, 0 | b' ')).next().unwrap_or_default();
    let is_number = !digits.is_empty() && digits.iter().all(|byte| matches!(byte, b'0'..=b'7'));
    is_number.then(|| digits.iter().fold(0, |sum: u64, &byte| sum.saturating_mul(8).saturating_add(u64::from(byte - b'0'))))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

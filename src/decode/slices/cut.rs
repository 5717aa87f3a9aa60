//! Where a text or stream may be cut: places that are found without reading what lies between.
//!
//! A cut is a guess. It is right in all files that programs write, and where it is wrong the reader of the whole finds that it
//! does not stand where the slice began.

use super::super::inflate::ZSTD_MAGIC;
use super::super::json::{LineBreaks, MAX_BEGINNING, find_document_line, find_object_with};
use super::super::otlp_proto::wire;

/// What a slice begins after, and where reading must therefore stand at its beginning and at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The line break between two JSON documents.
    Line,
    /// An element of a JSON document's `resourceSpans`.
    Element,
    /// A field of the outermost protobuf message.
    Field,
    /// A message with its length in front.
    Message,
}

impl Start {
    /// By number.
    pub(super) const ALL: [Self; 4] = [Self::Line, Self::Element, Self::Field, Self::Message];
}

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    /// Protobuf, bare or message by message, with how many bytes lie ahead of the next boundary.
    Fields(u64),
    Messages(u64),
    /// What cannot be cut.
    Whole,
}

/// How large slices are.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// From here on the next place is taken.
    pub least: usize,
    /// What has no such place in so many bytes is not cut.
    pub most: usize,
}

/// Bytes that come out of the cutter: a slice, or with no start something that is read where it stands.
pub(super) type Cut = (Option<Start>, Vec<u8>);

/// Cuts what comes piece by piece.
#[derive(Debug)]
pub(super) struct Cutter {
    pub(super) kind: Kind,
    /// Since the last cut.
    buffer: Vec<u8>,
    /// What the buffer begins after.
    start: Option<Start>,
    /// How much of the buffer was searched.
    searched: usize,
    /// Whether a list of resources is cut, and not lines.
    in_list: bool,
}

impl Cutter {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, buffer: Vec::new(), start: None, searched: 0, in_list: false }
    }

    /// A guess of this kind was wrong: looks for another kind of place from now on, or for none.
    pub(super) fn doubt(&mut self, start: Option<Start>, is_hopeless: bool) {
        self.in_list = start == Some(Start::Line);
        if is_hopeless {
            self.kind = Kind::Whole;
        }
    }

    /// Takes in bytes.
    pub(super) fn push(&mut self, bytes: &[u8], sizes: Sizes) {
        if self.buffer.capacity() < sizes.least {
            // One piece more than that is where most cuts are.
            self.buffer.reserve_exact(sizes.least + bytes.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// What can be cut off.
    pub(super) fn next(&mut self, sizes: Sizes) -> Option<Cut> {
        match self.kind {
            Kind::Json => self.next_text(sizes),
            Kind::Fields(ahead) => self.next_message(ahead, Start::Field, sizes),
            Kind::Messages(ahead) => self.next_message(ahead, Start::Message, sizes),
            Kind::Whole => self.rest(),
        }
    }

    /// What is left.
    pub(super) fn rest(&mut self) -> Option<Cut> {
        if self.buffer.is_empty() {
            return None;
        }
        // A list of resources ends with its document, and that is no place to cut.
        let start = self.start.filter(|&start| start != Start::Element);
        let (_, bytes) = self.cut(self.buffer.len(), None);
        Some((start, bytes))
    }

    /// Cuts off the first bytes; what comes after begins after `next`.
    fn cut(&mut self, at: usize, next: Option<Start>) -> Cut {
        let rest = self.buffer.split_off(at.min(self.buffer.len()));
        self.searched = 0;
        (std::mem::replace(&mut self.start, next), std::mem::replace(&mut self.buffer, rest))
    }

    /// All that is there, which is read where it stands.
    fn whole(&mut self) -> Cut {
        let (_, bytes) = self.cut(self.buffer.len(), None);
        (None, bytes)
    }

    fn next_text(&mut self, sizes: Sizes) -> Option<Cut> {
        let from = self.searched.max(sizes.least);
        let is_full = sizes.most <= self.buffer.len();
        let at_line = || Some((find_document_line(&self.buffer, from)? + 1, Start::Line));
        let found = if self.in_list { end_of_element(&self.buffer, from).map(|at| (at, Start::Element)) } else { at_line() };
        if let Some((at, start)) = found {
            return Some(self.cut(at, Some(start)));
        }
        self.searched = self.buffer.len().saturating_sub(MAX_BEGINNING).max(from);
        if !is_full {
            return None;
        }
        // One kind of place is sought at a time, as most texts have only one.
        self.in_list = !self.in_list;
        self.searched = 0;
        let other = if self.in_list { end_of_element(&self.buffer, sizes.least) } else { None };
        Some(match other {
            Some(at) => self.cut(at, Some(Start::Element)),
            None => self.whole(),
        })
    }

    fn next_message(&mut self, ahead: u64, start: Start, sizes: Sizes) -> Option<Cut> {
        let mut next = ahead;
        loop {
            let at = usize::try_from(next).unwrap_or(usize::MAX);
            let Some(here) = self.buffer.get(at..) else {
                // A message that is larger than a slice may be is read as it comes.
                let is_far = sizes.most < at && !self.buffer.is_empty();
                self.set_ahead(if is_far { next - self.buffer.len() as u64 } else { next });
                return is_far.then(|| self.whole());
            };
            let is_end = self.start.is_none() || sizes.least <= at;
            if is_end && at != 0 {
                self.set_ahead(0);
                return Some(self.cut(at, Some(start)));
            }
            self.start = self.start.or(Some(start));
            match length(here, start) {
                Length::Is(len) => next = next.saturating_add(len),
                Length::Cut => {
                    self.set_ahead(next);
                    return None;
                }
                Length::None => {
                    self.kind = Kind::Whole;
                    return if at == 0 { self.rest() } else { Some(self.cut(at, None)) };
                }
            }
        }
    }

    fn set_ahead(&mut self, ahead: u64) {
        if let Kind::Fields(known) | Kind::Messages(known) = &mut self.kind {
            *known = ahead;
        }
    }
}

/// The length of a message, header and all.
enum Length {
    Is(u64),
    /// More bytes are needed.
    Cut,
    /// None that can be cut at.
    None,
}

fn length(bytes: &[u8], start: Start) -> Length {
    /// A field's key and its length.
    const LONGEST: usize = 11;
    if start == Start::Field {
        let mut rest = bytes;
        let is_field = rest.split_off_first().is_some_and(|&tag| tag == 0x0a);
        return match wire::varint(&mut rest) {
            Some(len) if is_field => Length::Is(len.saturating_add((bytes.len() - rest.len()) as u64)),
            None if bytes.is_empty() || is_field && bytes.len() < LONGEST => Length::Cut,
            _ => Length::None,
        };
    }
    match bytes {
        [0, 0, 0, 0, ..] => Length::Is(4),
        // Other messages than plain protobuf are not cut.
        [_, _, _, _, rest @ ..] if matches!(rest, [b'{' | b'[', ..]) || rest.starts_with(&ZSTD_MAGIC) => Length::None,
        [a, b, c, d, _, _, _, _, ..] => Length::Is(4 + u64::from(u32::from_be_bytes([*a, *b, *c, *d]))),
        _ => Length::Cut,
    }
}

/// Where an element of a list ends that another one with a resource follows.
fn end_of_element(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let open = find_object_with(bytes, from, &[b"\"resource\":"], LineBreaks::May)?;
        let before = bytes.get(..open).and_then(|before| before.trim_ascii_end().strip_suffix(b","));
        match before.map(<[u8]>::trim_ascii_end) {
            Some(before) if before.ends_with(b"}") => return Some(before.len()),
            _ => from = open + 1,
        }
    }
}

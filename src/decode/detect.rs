//! What a source is, told by its first bytes; never by its name.
//!
//! The order is that of certainty: magic numbers, then JSON's first character, then protobuf with and without lengths in front,
//! then text of any kind, which may hold JSON on some of its lines. The one real ambiguity is `0A`: a line feed before JSON,
//! protobuf's first tag, or the top byte of a message of 160 MiB. Walking into the nested messages settles it.

use super::archive::{Kind, is_tar_header};
use super::inflate::{ByteOrder, ZSTD_MAGIC};
use super::otlp_proto::wire;

/// Formats of [`Verdict::Foreign`] that hold pages and pictures, and no data.
pub(super) const NO_DATA: [&str; 7] = ["PDF", "PNG image", "JPEG image", "WebAssembly module", "executable", "HTML page", "XML"];

/// How many bytes are looked at before giving up: beyond the longest line that a log puts in front of JSON.
const MAX_PREFIX: usize = 64 << 10;
/// The longest message that a length in front is believed to announce.
pub(super) const MAX_MESSAGE: u64 = 1 << 30;
/// The longest message that is believed where one is sought after damage.
const MAX_SOUGHT: u32 = 64 << 20;
/// Bytes from which a message's beginning can be told: a length, and tags and lengths of four nested messages.
pub(super) const MESSAGE_PEEK: usize = 32;

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// More bytes are needed to tell.
    More,
    /// Nothing, or white space.
    Empty,
    /// gzip.
    Gzip,
    /// zstd.
    Zstd,
    /// UTF-16.
    Utf16(ByteOrder),
    /// JSON, or text that may hold JSON.
    Text,
    /// Protobuf.
    Protobuf,
    /// Messages with their lengths in front.
    Framed,
    /// Several files in one.
    Archive(Kind),
    /// A known format that is not read.
    Foreign(&'static str),
    /// None of these.
    Unknown,
}

/// How many bytes are looked at, in turn: nearly all sources tell at once; a tar tells at 257, a damaged stream of messages with its
/// second one. Looking at these lengths only makes the verdict independent of how the bytes came.
const LOOKS: [usize; 3] = [16, 512, MAX_PREFIX];

/// What the source is that begins with `prefix`. With `is_all` it ends after it.
pub(super) fn detect(prefix: &[u8], is_all: bool) -> Verdict {
    for look in LOOKS {
        let verdict = match prefix.get(..look) {
            Some(seen) => look_at(seen, is_all && prefix.len() == look),
            None if is_all => look_at(prefix, true),
            None => return Verdict::More,
        };
        if verdict != Verdict::More || prefix.len() <= look {
            return verdict;
        }
    }
    Verdict::Unknown
}

fn look_at(prefix: &[u8], is_all: bool) -> Verdict {
    if let Some(verdict) = by_magic(prefix) {
        return verdict;
    }
    if let Some(order) = utf16_without_mark(prefix) {
        return Verdict::Utf16(order);
    }
    if !is_all && prefix.len() < 512 && may_be_tar(prefix) {
        return Verdict::More;
    }
    let text = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix);
    let Some(first) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        let is_given_up = MAX_PREFIX <= prefix.len();
        return if is_all {
            Verdict::Empty
        } else if is_given_up {
            Verdict::Text
        } else {
            Verdict::More
        };
    };
    if prefix.first() == Some(&0x0a) && wire::fits_traces_data(prefix) {
        return Verdict::Protobuf;
    }
    if matches!(text.get(first), Some(b'{' | b'[')) {
        return Verdict::Text;
    }
    if is_text(prefix) {
        // A tar begins with a file's name, and is known by the whole of its header.
        if !is_all && prefix.len() < 512 {
            return Verdict::More;
        }
        return foreign_text(text.get(first..).unwrap_or_default()).unwrap_or(Verdict::Text);
    }
    if let Some(verdict) = framed(prefix, is_all) {
        return verdict;
    }
    if wire::walks(prefix, is_all) {
        return Verdict::Protobuf;
    }
    if !is_all && prefix.len() < MAX_PREFIX {
        return Verdict::More;
    }
    // The length of the first message may be damaged, or the whole of it.
    let body = prefix.get(4..).unwrap_or_default();
    if body.starts_with(&ZSTD_MAGIC) || wire::fits_traces_data(body) && body.first() == Some(&0x0a) {
        return Verdict::Framed;
    }
    if next_message(prefix, prefix.len()).is_some_and(|at| is_followed_by_another(prefix.get(at..).unwrap_or_default())) {
        return Verdict::Framed;
    }
    Verdict::Unknown
}

fn by_magic(prefix: &[u8]) -> Option<Verdict> {
    const FOREIGN: &[(&[u8], &str)] = &[
        (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
        (b"\xfd7zXZ\0", "xz-compressed data"),
        (b"BZh", "bzip2-compressed data"),
        (b"\x04\x22\x4d\x18", "lz4-compressed data"),
        (b"\xff\x06\0\0sNaPpY", "snappy-compressed data"),
        (b"PAR1", "Parquet"),
        (b"ARROW1", "Arrow"),
        (b"Obj\x01", "Avro"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG image"),
        (b"\xff\xd8\xff", "JPEG image"),
        (b"\0asm", "WebAssembly module"),
        (b"\x7fELF", "executable"),
    ];
    match prefix {
        [0x1f, 0x8b, ..] => return Some(Verdict::Gzip),
        [0xff, 0xfe, ..] => return Some(Verdict::Utf16(ByteOrder::Little)),
        [0xfe, 0xff, ..] => return Some(Verdict::Utf16(ByteOrder::Big)),
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Some(Verdict::Zstd),
        _ if prefix.starts_with(&ZSTD_MAGIC) => return Some(Verdict::Zstd),
        _ => {}
    }
    // The second is an archive without members: its directory's end.
    if prefix.starts_with(b"PK\x03\x04") || prefix.starts_with(b"PK\x05\x06") {
        return Some(Verdict::Archive(Kind::Zip));
    }
    if is_tar_header(prefix) || prefix.get(257..262) == Some(b"ustar") {
        return Some(Verdict::Archive(Kind::Tar));
    }
    FOREIGN.iter().find(|(magic, _)| prefix.starts_with(magic)).map(|&(_, name)| Verdict::Foreign(name))
}

/// Whether it begins like a tar: with a file's name, which zeros fill up to 100 bytes.
fn may_be_tar(prefix: &[u8]) -> bool {
    let name = prefix.get(..100).unwrap_or(prefix);
    let end = name.iter().position(|&byte| byte == 0);
    let fill = end.and_then(|end| name.get(end..)).unwrap_or_default();
    b' ' < name.first().copied().unwrap_or_default() && !fill.is_empty() && fill.iter().all(|&byte| byte == 0)
}

/// UTF-16 that begins with JSON and has no byte order mark.
fn utf16_without_mark(prefix: &[u8]) -> Option<ByteOrder> {
    match *prefix.first_chunk::<4>()? {
        [b'{' | b'[', 0, b' '..=b'~' | b'\n' | b'\r', 0] => Some(ByteOrder::Little),
        [0, b'{' | b'[', 0, b' '..=b'~' | b'\n' | b'\r'] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Whether messages with their lengths in front begin here.
fn framed(prefix: &[u8], is_all: bool) -> Option<Verdict> {
    let mut rest = prefix;
    let mut n_fitting = 0;
    // One message that looks like telemetry is enough; where the first is damaged, three lengths that lead to each other and
    // to one such message are.
    for n_walked in 0_u32.. {
        match message_start(rest) {
            Start::Telemetry if n_walked == 0 => return Some(Verdict::Framed),
            Start::Telemetry => n_fitting += 1,
            Start::Short if rest.is_empty() && n_fitting == 0 => return None,
            Start::Short if n_fitting == 0 => return (!is_all && prefix.len() < MAX_PREFIX).then_some(Verdict::More),
            Start::Unlike => return None,
            Start::Short | Start::Empty | Start::Possible => {}
        }
        if 0 < n_fitting {
            return Some(Verdict::Framed);
        }
        let length = <[u8; 4]>::try_from(rest.get(..4)?).map(u32::from_be_bytes).ok()?;
        let Some(next) = rest.get(4 + usize::try_from(length).ok()?..) else {
            // The message goes beyond what has been seen.
            return (!is_all && prefix.len() < MAX_PREFIX).then_some(Verdict::More);
        };
        rest = next;
    }
    None
}

/// Whether the message here ends where another begins, or beyond what has been seen.
fn is_followed_by_another(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length));
    let next = usize::try_from(length).ok().and_then(|length| bytes.get(4 + length..));
    next.is_none_or(|next| next.is_empty() || message_start(next) == Start::Telemetry)
}

/// The first place before `last` where a length is followed by the beginning of a message.
pub(super) fn next_message(bytes: &[u8], last: usize) -> Option<usize> {
    (0..last).find(|&at| {
        // No more than those who seek in pieces have.
        let here = bytes.get(at..).unwrap_or_default();
        let here = here.get(..MESSAGE_PEEK).unwrap_or(here);
        let length = here.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length));
        // By chance the first test holds once in 60 bytes, all of them hardly ever.
        length != 0 && length <= MAX_SOUGHT && message_start(here) == Start::Telemetry
    })
}

/// What the bytes look like at a place where a length should stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A length, then the beginning of a message of telemetry.
    Telemetry,
    /// A length of 0: a message without fields.
    Empty,
    /// A length that is possible, then something else: the message may be damaged.
    Possible,
    /// Too few bytes to tell.
    Short,
    /// No length.
    Unlike,
}

/// Looks at a place where a length should stand.
pub(super) fn message_start(bytes: &[u8]) -> Start {
    let Some((length, body)) = bytes.split_first_chunk::<4>() else { return Start::Short };
    let length = u64::from(u32::from_be_bytes(*length));
    if length == 0 {
        return Start::Empty;
    }
    if MAX_MESSAGE < length {
        return Start::Unlike;
    }
    let body = body.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(body);
    match body {
        [] => Start::Short,
        [b'{' | b'[', b'"' | b'{' | b'}' | b' ' | b'\n' | b'\r' | b'\t', ..] => Start::Telemetry,
        _ if body.starts_with(&ZSTD_MAGIC) => Start::Telemetry,
        [0x0a, ..] if wire::fits_message(body, length) => Start::Telemetry,
        _ if body.len() < 4 && (body.len() as u64) < length => Start::Short,
        _ => Start::Possible,
    }
}

/// Whether there are no NULs and hardly any other control characters that text does not have (escape sequences color logs).
/// In protobuf every attribute has one, the tag of its value.
fn is_text(prefix: &[u8]) -> bool {
    let n_controls = prefix.iter().filter(|&&byte| matches!(byte, 1..=8 | 14..=26 | 28..=31)).count();
    n_controls <= prefix.len() / 256 && !prefix.contains(&0)
}

fn foreign_text(text: &[u8]) -> Option<Verdict> {
    let begins = |what: &[u8]| text.get(..what.len()).is_some_and(|start| start.eq_ignore_ascii_case(what));
    let name = match () {
        () if begins(b"<!doctype html") || begins(b"<html") => "HTML page",
        () if begins(b"<?xml") => "XML",
        () => return None,
    };
    Some(Verdict::Foreign(name))
}

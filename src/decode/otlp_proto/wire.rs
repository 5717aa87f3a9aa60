//! Protobuf's primitives on a slice that shrinks from the front, and whether bytes look like OTLP.
//!
//! The slice is a local of whoever reads. What is always inlined leaves it in registers; what is not takes it by value and gives back the
//! rest, for a local whose address is known elsewhere lives in memory: in wasm, reading spans took twice as long.
#![expect(clippy::inline_always, reason = "see above")]

/// A field's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct Tag(pub u32);

impl Tag {
    /// The field's number.
    #[inline]
    pub(super) const fn field(self) -> u32 {
        self.0 >> 3
    }

    /// How the value is written.
    #[inline]
    pub(super) const fn wire_type(self) -> u32 {
        self.0 & 7
    }
}

pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
pub(super) const LEN: u32 = 2;
pub(super) const GROUP: u32 = 3;
pub(super) const GROUP_END: u32 = 4;
pub(super) const FIXED32: u32 = 5;

/// The key of a field of known number and wire type.
pub(super) const fn tag(field: u32, wire_type: u32) -> u32 {
    field << 3 | wire_type
}

/// A variable-length integer; `None` at the end of the slice or past ten bytes.
#[inline(always)]
pub(in crate::decode) fn varint(buf: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = buf.split_first()?;
    if first < 0x80 {
        *buf = rest;
        return Some(u64::from(first));
    }
    // Two bytes: lengths of 128 and more.
    let (&second, rest) = rest.split_first()?;
    if second < 0x80 {
        *buf = rest;
        return Some(u64::from(first & 0x7f) | u64::from(second) << 7);
    }
    // Times, negative numbers.
    let (number, rest) = long_varint(buf)?;
    *buf = rest;
    Some(number)
}

#[inline(never)]
fn long_varint(buf: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (at, &byte) in buf.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            // The tenth byte has room for one bit.
            if at == 9 && 1 < byte {
                return None;
            }
            return Some((number, buf.get(at + 1..)?));
        }
    }
    None
}

/// A field's key; `None` where there is none, or its number is 0 or too large.
#[inline(always)]
pub(super) fn read_tag(buf: &mut &[u8]) -> Option<Tag> {
    let tag = u32::try_from(varint(buf)?).ok()?;
    (8 <= tag).then_some(Tag(tag))
}

/// A length and the bytes it announces; `None` where it goes beyond the end.
#[inline(always)]
pub(super) fn bytes<'a>(buf: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut rest = *buf;
    let len = usize::try_from(varint(&mut rest)?).ok()?;
    let (bytes, rest) = rest.split_at_checked(len)?;
    *buf = rest;
    Some(bytes)
}

/// Eight bytes, little-endian.
#[inline(always)]
pub(super) fn fixed64(buf: &mut &[u8]) -> Option<u64> {
    let (bytes, rest) = buf.split_first_chunk::<8>()?;
    *buf = rest;
    Some(u64::from_le_bytes(*bytes))
}

/// Four bytes, little-endian.
#[inline(always)]
pub(super) fn fixed32(buf: &mut &[u8]) -> Option<u32> {
    let (bytes, rest) = buf.split_first_chunk::<4>()?;
    *buf = rest;
    Some(u32::from_le_bytes(*bytes))
}

/// Passes over a field's value; `None` where it is cut or its wire type does not exist. A group ends with its own number.
#[inline(always)]
pub(super) fn skip(buf: &mut &[u8], tag: Tag) -> Option<()> {
    *buf = skipped(buf, tag)?;
    Some(())
}

/// What comes after a field's value.
#[inline(never)]
pub(super) fn skipped(buf: &[u8], tag: Tag) -> Option<&[u8]> {
    let mut rest = buf;
    if tag.wire_type() != GROUP {
        skip_plain(&mut rest, tag)?;
        return Some(rest);
    }
    let mut open = vec![tag.field()];
    while let Some(&field) = open.last() {
        let inner = read_tag(&mut rest)?;
        match inner.wire_type() {
            GROUP => open.push(inner.field()),
            GROUP_END if inner.field() == field => {
                open.pop();
            }
            _ => skip_plain(&mut rest, inner)?,
        }
    }
    Some(rest)
}

fn skip_plain(buf: &mut &[u8], tag: Tag) -> Option<()> {
    match tag.wire_type() {
        VARINT => varint(buf).map(drop),
        FIXED64 => fixed64(buf).map(drop),
        LEN => bytes(buf).map(drop),
        FIXED32 => fixed32(buf).map(drop),
        _ => None,
    }
}

/// Whether a `TracesData`, or its likes of logs and metrics, begins here: its first message holds one that is a resource, scope
/// data or a schema URL.
pub(in crate::decode) fn fits_traces_data(prefix: &[u8]) -> bool {
    fits_message(prefix, u64::MAX)
}

/// The same for a message of which `length` bytes there are, if not all of them here.
pub(in crate::decode) fn fits_message(prefix: &[u8], length: u64) -> bool {
    let mut rest = prefix;
    let mut room = length;
    // TracesData → ResourceSpans → Resource or ScopeSpans → KeyValue, Scope or Span: the first tag of each.
    for allowed in [&[0x0a_u64][..], &[0x0a, 0x12, 0x1a, 1000 << 3 | 2], &[0x0a, 0x10, 0x12, 0x1a]] {
        let before = rest.len() as u64;
        let Some(tag) = varint(&mut rest) else { return rest.len() < prefix.len() };
        if !allowed.contains(&tag) {
            return false;
        }
        if tag & 7 != 2 {
            return true;
        }
        let Some(len) = varint(&mut rest) else { return rest.is_empty() };
        let header = before - rest.len() as u64;
        if room < header || room - header < len {
            return false;
        }
        // A schema URL is a text, and an empty message has no first tag.
        if len == 0 || tag == 0x1a {
            return true;
        }
        room = len;
    }
    // What begins here is a key and its value, a scope, or a span: each starts with a text, an id or a time.
    rest.first().is_none_or(|&tag| matches!(tag & 7, 0 | 1 | 2 | 5) && 8 <= tag)
}

/// Whether the bytes are fields, one of them of OTLP's outermost message, as far as they go.
pub(in crate::decode) fn walks(prefix: &[u8], is_all: bool) -> bool {
    let mut rest = prefix;
    let mut has_data = false;
    while !rest.is_empty() {
        let mut ahead = rest;
        let Some(tag) = read_tag(&mut ahead) else { return !is_all && rest.len() < 10 && has_data };
        if tag.0 == tag_of_data() {
            has_data |= fits_message(rest, u64::MAX);
        }
        if skip(&mut ahead, tag).is_none() {
            return has_data && matches!(tag.wire_type(), VARINT | FIXED64 | LEN | FIXED32);
        }
        rest = ahead;
    }
    has_data
}

const fn tag_of_data() -> u32 {
    tag(1, LEN)
}

#[cfg(test)]
mod tests {
    use super::{fits_traces_data, long_varint, varint};

    #[test]
    fn varints() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            let mut left = number;
            while 0x7f < left {
                bytes.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
                left >>= 7;
            }
            bytes.push(u8::try_from(left).unwrap());
            assert_eq!(varint(&mut &bytes[..]), Some(number));
            assert_eq!(varint(&mut &bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(long_varint(&[0xff; 11]), None);
        assert_eq!(varint(&mut &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2][..]), None);
    }

    #[test]
    fn a_line_feed_before_json_is_no_protobuf() {
        for text in [
            "\n{\"resourceSpans\":[]}",
            "\n{\n\"a\": 1}",
            "\n[\n  {\n",
            "\n\n{\"a\":1}",
            "\n\n\n\n\n\n\n\n\n",
            "\n  \n{}",
            "\r\n{}",
        ] {
            assert!(!fits_traces_data(text.as_bytes()), "{text:?}");
        }
    }
}

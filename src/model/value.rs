//! Attributes: flat rows of key, type tag and 8-byte payload, addressed by a range per owner.
//!
//! ```text
//! {"a": 1, "b": ["x", "y"]}          row  key  tag     payload
//!                                     0   ""   String  symbol of "x"     children first,
//!                                     1   ""   String  symbol of "y"     so that both they and the
//!                                     2   a    Int     1                 owner's rows are contiguous
//!                                     3   b    Array   rows 0..2
//! owner's range: 2..4
//! ```
//! The children of an array or map are rows of the same table, written before the rows of what holds them.

use crate::base::{Column, Idx as _, IdxRange, StrId, len_u32, sort_few};

crate::define_index!(
    /// A row of the attribute table.
    pub AttributeIdx
);

/// The type of a value, as in OpenTelemetry's `AnyValue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Tag {
    /// No value, which is legal.
    #[default]
    Empty,
    /// Text.
    String,
    /// True or false.
    Bool,
    /// 64-bit signed integer.
    Int,
    /// 64-bit float.
    Double,
    /// Bytes.
    Bytes,
    /// Values in order.
    Array,
    /// Keys with values.
    KvList,
}

/// A value as it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Empty,
    /// Text.
    String(StrId),
    /// True or false.
    Bool(bool),
    /// Integer.
    Int(i64),
    /// Float.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// The rows of its values.
    Array(IdxRange<AttributeIdx>),
    /// The rows of its entries.
    KvList(IdxRange<AttributeIdx>),
}

/// The attribute table, of resources, scopes, spans, events and links alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Key; in an array, empty.
    pub key: Column<AttributeIdx, StrId>,
    /// Type.
    pub tag: Column<AttributeIdx, Tag>,
    /// A symbol, a bit pattern, or a range: start in the upper half, length in the lower.
    pub payload: Column<AttributeIdx, u64>,
    /// Byte values, one after the other.
    pub blobs: Vec<u8>,
}

impl Attributes {
    /// The key of a row.
    #[inline]
    pub fn key(&self, at: AttributeIdx) -> StrId {
        self.key.row(at).copied().unwrap_or_default()
    }

    /// The value of a row.
    pub fn value(&self, at: AttributeIdx) -> Value<'_> {
        let (Some(&tag), Some(&payload)) = (self.tag.row(at), self.payload.row(at)) else { return Value::Empty };
        match tag {
            Tag::Empty => Value::Empty,
            Tag::String => Value::String(StrId(low(payload))),
            Tag::Bool => Value::Bool(payload != 0),
            Tag::Int => Value::Int(payload.cast_signed()),
            Tag::Double => Value::Double(f64::from_bits(payload)),
            Tag::Bytes => {
                let start = high(payload) as usize;
                Value::Bytes(self.blobs.get(start..start + low(payload) as usize).unwrap_or_default())
            }
            Tag::Array => Value::Array(range_from_payload(payload)),
            Tag::KvList => Value::KvList(range_from_payload(payload)),
        }
    }

    /// Keys and values of a range.
    pub fn entries(&self, range: IdxRange<AttributeIdx>) -> impl Iterator<Item = (StrId, Value<'_>)> {
        range.iter().map(|at| (self.key(at), self.value(at)))
    }

    /// The first value with this key.
    pub fn find(&self, range: IdxRange<AttributeIdx>, key: StrId) -> Option<Value<'_>> {
        range.iter().find(|&at| self.key(at) == key).map(|at| self.value(at))
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.key.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// Whether two ranges hold the same keys and values in the same order, however deep.
    pub fn same(&self, a: IdxRange<AttributeIdx>, b: IdxRange<AttributeIdx>) -> bool {
        // Nothing is allocated but for arrays and maps.
        let mut pending = Vec::new();
        let mut next = Some((a, b));
        while let Some((a, b)) = next {
            if a.len() != b.len() {
                return false;
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if self.key(a) != self.key(b) || self.tag.row(a) != self.tag.row(b) {
                    return false;
                }
                match (self.value(a), self.value(b)) {
                    (Value::Array(a), Value::Array(b)) | (Value::KvList(a), Value::KvList(b)) => pending.push((a, b)),
                    (Value::Bytes(a), Value::Bytes(b)) if a == b => {}
                    (Value::Bytes(_), _) => return false,
                    _ if self.payload.row(a) == self.payload.row(b) => {}
                    _ => return false,
                }
            }
            next = pending.pop();
        }
        true
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.key.heap_bytes() + self.tag.heap_bytes() + self.payload.heap_bytes() + self.blobs.capacity()
    }

    /// Without the room that was reserved for growth.
    #[must_use]
    pub(super) fn shrunk(mut self) -> Self {
        self.key.vec_mut().shrink_to_fit();
        self.tag.vec_mut().shrink_to_fit();
        self.payload.vec_mut().shrink_to_fit();
        self.blobs.shrink_to_fit();
        self
    }

    pub(super) fn truncate(&mut self, rows: usize, blobs: usize) {
        self.key.truncate(rows);
        self.tag.truncate(rows);
        self.payload.truncate(rows);
        self.blobs.truncate(blobs);
    }
}

/// A payload's upper half.
#[inline]
pub(super) fn high(payload: u64) -> u32 {
    (payload >> 32) as u32
}

/// A payload's lower half.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is meant")]
pub(super) fn low(payload: u64) -> u32 {
    payload as u32
}

fn range_from_payload(payload: u64) -> IdxRange<AttributeIdx> {
    IdxRange::new(high(payload), high(payload).saturating_add(low(payload)))
}

#[inline]
pub(super) fn payload_from_range(start: u32, len: u32) -> u64 {
    u64::from(start) << 32 | u64::from(len)
}

/// Writes the attributes of one owner after another. Rows wait here until their list is complete, so that those of one
/// owner are contiguous although the contents of arrays and maps come in between.
#[derive(Clone, Debug, Default)]
pub struct AttributeWriter {
    waiting: Vec<(StrId, Tag, u64)>,
    /// Where the rows of each array or map that is open begin in `waiting`, with its key and type.
    open: Vec<(usize, StrId, Tag)>,
}

impl AttributeWriter {
    /// Drops what waits, after an error or a rollback.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.open.clear();
    }

    /// How many arrays and maps are open.
    #[inline]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Text.
    #[inline]
    pub fn string(&mut self, key: StrId, text: StrId) {
        self.waiting.push((key, Tag::String, u64::from(text.to_u32())));
    }

    /// An integer.
    #[inline]
    pub fn int(&mut self, key: StrId, number: i64) {
        self.waiting.push((key, Tag::Int, number.cast_unsigned()));
    }

    /// A float.
    #[inline]
    pub fn double(&mut self, key: StrId, number: f64) {
        self.waiting.push((key, Tag::Double, number.to_bits()));
    }

    /// True or false.
    #[inline]
    pub fn bool(&mut self, key: StrId, flag: bool) {
        self.waiting.push((key, Tag::Bool, u64::from(flag)));
    }

    /// No value.
    #[inline]
    pub fn empty(&mut self, key: StrId) {
        self.waiting.push((key, Tag::Empty, 0));
    }

    /// Bytes.
    pub fn bytes(&mut self, attributes: &mut Attributes, key: StrId, bytes: &[u8]) {
        let start = len_u32(attributes.blobs.len());
        attributes.blobs.extend_from_slice(bytes);
        self.waiting.push((key, Tag::Bytes, payload_from_range(start, len_u32(bytes.len()))));
    }

    /// Drops the last row that was written, since another takes its place.
    pub fn take_back(&mut self) {
        self.waiting.pop();
    }

    /// Begins an array; what is written until [`close`](Self::close) is in it.
    pub fn open_array(&mut self, key: StrId) {
        self.open.push((self.waiting.len(), key, Tag::Array));
    }

    /// Begins a map; what is written until [`close`](Self::close) is in it.
    pub fn open_map(&mut self, key: StrId) {
        self.open.push((self.waiting.len(), key, Tag::KvList));
    }

    /// Ends the innermost array or map.
    pub fn close(&mut self, attributes: &mut Attributes) {
        let Some((from, key, tag)) = self.open.pop() else { return };
        let range = self.flush(attributes, from);
        self.waiting.push((key, tag, payload_from_range(range.start, range.len())));
    }

    /// Ends the owner's list (and what is still open in it) and gives its rows.
    #[inline]
    pub fn finish(&mut self, attributes: &mut Attributes) -> IdxRange<AttributeIdx> {
        while !self.open.is_empty() {
            self.close(attributes);
        }
        self.flush(attributes, 0)
    }

    #[inline]
    fn flush(&mut self, attributes: &mut Attributes, from: usize) -> IdxRange<AttributeIdx> {
        let start = len_u32(attributes.key.len());
        let rows = self.waiting.get(from..).unwrap_or_default();
        attributes.key.vec_mut().extend(rows.iter().map(|row| row.0));
        attributes.tag.vec_mut().extend(rows.iter().map(|row| row.1));
        attributes.payload.vec_mut().extend(rows.iter().map(|row| row.2));
        self.waiting.truncate(from);
        IdxRange::new(start, len_u32(attributes.key.len()))
    }

    /// The first waiting key that stands twice in the innermost list, if one does.
    pub fn repeated_key(&self) -> Option<StrId> {
        let from = self.open.last().map_or(0, |open| open.0);
        let rows = self.waiting.get(from..).unwrap_or_default();
        // A list of a dozen keys is compared faster than it is hashed; a very long one is sorted.
        if rows.len() <= 48 {
            let mut rest = rows;
            while let Some(((key, ..), tail)) = rest.split_first() {
                if tail.iter().any(|row| row.0 == *key) {
                    return Some(*key);
                }
                rest = tail;
            }
            return None;
        }
        let mut keys: Vec<u32> = rows.iter().map(|row| row.0.0).collect();
        sort_few(&mut keys, u32::cmp);
        keys.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some(StrId(*a)),
            _ => None,
        })
    }
}

/// Hashes a range so that equal contents hash alike, whatever rows they stand in.
pub(super) fn hash_entries(attributes: &Attributes, range: IdxRange<AttributeIdx>) -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = crate::base::FixedState.build_hasher();
    let mut pending = Vec::new();
    let mut next = Some(range);
    while let Some(range) = next {
        hasher.write_u32(range.len());
        for at in range.iter() {
            hasher.write_u32(attributes.key(at).to_u32());
            match attributes.value(at) {
                Value::Array(inner) | Value::KvList(inner) => pending.push(inner),
                Value::Bytes(bytes) => hasher.write(bytes),
                _ => hasher.write_u64(attributes.payload.row(at).copied().unwrap_or_default()),
            }
        }
        next = pending.pop();
    }
    hasher.finish()
}

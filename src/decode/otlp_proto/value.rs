//! Attributes: a key and a value, nested as deep as it may be, without recursion.

use super::place::Context;
use super::wire::{self, FIXED64, LEN, VARINT, tag};
use crate::base::StrId;
use crate::decode::MAX_DEPTH;
use crate::model::{AttributeWriter, FindingKind};

const KEY: u32 = tag(1, LEN);
const VALUE: u32 = tag(2, LEN);
const STRING: u32 = tag(1, LEN);
const BOOL: u32 = tag(2, VARINT);
const INT: u32 = tag(3, VARINT);
const DOUBLE: u32 = tag(4, FIXED64);
const ARRAY: u32 = tag(5, LEN);
const MAP: u32 = tag(6, LEN);
const BYTES: u32 = tag(7, LEN);
/// The elements of an array or of a map.
const ELEMENT: u32 = tag(1, LEN);

/// The contents of an array or map.
#[derive(Clone, Copy)]
struct List<'a> {
    rest: &'a [u8],
    is_map: bool,
}

/// How much of a value is written.
enum Written<'a> {
    All,
    /// The value is an array or map, to be read by whoever keeps the stack.
    ButList(List<'a>),
}

/// What an `AnyValue` was found to hold.
enum Found<'a> {
    Empty,
    String(&'a [u8]),
    Bool(bool),
    Int(i64),
    Double(u64),
    Bytes(&'a [u8]),
    List(List<'a>),
}

impl Context<'_> {
    /// Reads a `KeyValue`.
    #[inline]
    pub(super) fn attribute(&mut self, writer: &mut AttributeWriter, entry: &[u8]) {
        let (key, value) = self.entry(entry);
        if let Written::ButList(list) = self.value(writer, key, value) {
            self.nested(writer, key, list);
        }
    }

    /// Reads an `AnyValue` that stands alone, as a row without a key.
    pub(super) fn lone_value(&mut self, writer: &mut AttributeWriter, value: &[u8]) {
        if let Written::ButList(list) = self.value(writer, StrId::EMPTY, value) {
            self.nested(writer, StrId::EMPTY, list);
        }
    }

    /// The key and the value of a `KeyValue`; of several the last.
    #[inline]
    fn entry<'a>(&mut self, entry: &'a [u8]) -> (StrId, &'a [u8]) {
        let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
        let mut rest = entry;
        while !rest.is_empty() {
            let before = rest;
            let read = wire::read_tag(&mut rest).and_then(|tag| match tag.0 {
                KEY => wire::bytes(&mut rest).map(|bytes| key = bytes),
                VALUE => wire::bytes(&mut rest).map(|bytes| value = bytes),
                _ => wire::skip(&mut rest, tag),
            });
            if read.is_none() {
                self.broken(before, "attributes");
                break;
            }
        }
        (self.key(key, "attributes"), value)
    }

    /// Reads an `AnyValue`; an array or map is handed back.
    #[inline]
    fn value<'a>(&mut self, writer: &mut AttributeWriter, key: StrId, value: &'a [u8]) -> Written<'a> {
        // Nearly all values are one field that is a text.
        let mut rest = value;
        if let Some((&first, tail)) = value.split_first()
            && u32::from(first) == STRING
        {
            let mut tail = tail;
            if let Some(text) = wire::bytes(&mut tail)
                && tail.is_empty()
            {
                let text = self.text(text, "attributes");
                writer.string(key, text);
                return Written::All;
            }
        }
        // Of several the last one counts, so what is written waits for the end.
        let mut found = Found::Empty;
        while !rest.is_empty() {
            let Some(after) = self.any_value_field(rest, &mut found) else {
                self.broken(rest, "attributes");
                break;
            };
            rest = after;
        }
        match found {
            Found::Empty => writer.empty(key),
            Found::String(text) => {
                let text = self.text(text, "attributes");
                writer.string(key, text);
            }
            Found::Bool(flag) => writer.bool(key, flag),
            Found::Int(number) => writer.int(key, number),
            Found::Double(bits) => writer.double(key, f64::from_bits(bits)),
            Found::Bytes(bytes) => writer.bytes(&mut self.batch.attributes, key, bytes),
            Found::List(list) => return Written::ButList(list),
        }
        Written::All
    }

    /// Reads a field of an `AnyValue`; what comes after it.
    #[inline]
    fn any_value_field<'a>(&mut self, field: &'a [u8], found: &mut Found<'a>) -> Option<&'a [u8]> {
        let mut rest = field;
        let tag = wire::read_tag(&mut rest)?;
        *found = match tag.0 {
            STRING => Found::String(wire::bytes(&mut rest)?),
            BOOL => Found::Bool(wire::varint(&mut rest)? != 0),
            INT => Found::Int(wire::varint(&mut rest)?.cast_signed()),
            DOUBLE => Found::Double(wire::fixed64(&mut rest)?),
            ARRAY => Found::List(List { rest: wire::bytes(&mut rest)?, is_map: false }),
            MAP => Found::List(List { rest: wire::bytes(&mut rest)?, is_map: true }),
            BYTES => Found::Bytes(wire::bytes(&mut rest)?),
            _ => {
                if (1..=7).contains(&tag.field()) {
                    self.wrong_type(field, "attributes");
                }
                return wire::skipped(rest, tag);
            }
        };
        Some(rest)
    }

    /// Reads an array or map with all that is in it.
    #[inline(never)]
    fn nested(&mut self, writer: &mut AttributeWriter, key: StrId, list: List<'_>) {
        let mut open = [List { rest: &[], is_map: false }; MAX_DEPTH];
        let mut depth = 0;
        let mut entering = Some((key, list));
        loop {
            if let Some((key, list)) = entering.take() {
                match open.get_mut(depth) {
                    None => {
                        self.note(FindingKind::TooDeep, list.rest, "attributes", "an array or map inside 64 others");
                        writer.empty(key);
                    }
                    Some(slot) => {
                        *slot = list;
                        depth += 1;
                        if list.is_map {
                            writer.open_map(key);
                        } else {
                            writer.open_array(key);
                        }
                    }
                }
            }
            let Some(top) = depth.checked_sub(1).and_then(|top| open.get_mut(top)) else { return };
            let before = top.rest;
            let element = if before.is_empty() {
                None
            } else {
                wire::read_tag(&mut top.rest).and_then(|tag| match tag.0 {
                    ELEMENT => wire::bytes(&mut top.rest).map(Some),
                    _ => wire::skip(&mut top.rest, tag).and(Some(None)),
                })
            };
            let is_map = top.is_map;
            match element {
                Some(None) => {}
                Some(Some(element)) => {
                    let (key, value) = if is_map { self.entry(element) } else { (StrId::EMPTY, element) };
                    if let Written::ButList(list) = self.value(writer, key, value) {
                        entering = Some((key, list));
                    }
                }
                None => {
                    if !before.is_empty() {
                        self.broken(before, "attributes");
                    }
                    if is_map {
                        self.tell_repeated_key(writer, "attributes");
                    }
                    writer.close(&mut self.batch.attributes);
                    depth -= 1;
                }
            }
        }
    }

    /// Ends an owner's list.
    #[inline]
    pub(super) fn tell_repeated_key(&mut self, writer: &AttributeWriter, field: &'static str) {
        if writer.repeated_key().is_some() {
            self.note(FindingKind::RepeatedKey, &[], field, "a key stands twice");
        }
    }
}

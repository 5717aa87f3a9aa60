//! Attribute lists and the values in them.
//!
//! Go's `encoding/json` of OTLP's messages, which otel-cli's `server json` and dumps of programs have, is read too: it calls a value
//! `{"Value": {"StringValue": …}}` (opentelemetry-proto-go, `otlp/common/v1/common.pb.go`: a oneof has no name in JSON but that of its field).
//!
//! Nearly every attribute is `{"key": …, "value": {"<type>Value": …}}` with a scalar: read straight. All else (nested values,
//! members in another order, unknown members, plain JSON maps) goes through a machine with a stack of its own.

use super::known::Owner;
use super::leaf::Leaf;
use crate::base::text::bytes_from_base64;
use crate::base::{IdxRange, StrId};
use crate::decode::MAX_DEPTH;
use crate::decode::json::{Raw, Stop};
use crate::model::{AttributeIdx, FindingKind};

/// The type of an `AnyValue`, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueKey {
    String,
    Bool,
    Int,
    Double,
    Bytes,
    Array,
    Map,
}

/// What is open while a value is read.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) enum Nest {
    /// A `KeyValue`.
    Entry(Entry),
    /// An `AnyValue`.
    Any(Any),
    /// An `ArrayValue` or `KeyValueList`.
    List(List),
    /// Its `values`.
    Values(List),
    /// An array of plain JSON.
    PlainArray { begun: bool },
    /// A map of plain JSON; `owner` where it is an owner's whole list.
    PlainMap { begun: bool, owner: bool },
    /// A value that stood before its key has been read: where to go on.
    Resume(usize),
}

/// A `KeyValue` as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::decode) struct Entry {
    begun: bool,
    key: Option<StrId>,
    /// Where its value is, which came first and waits for the key.
    waiting: Option<usize>,
    written: bool,
}

/// An `AnyValue` as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Any {
    begun: bool,
    key: StrId,
    written: bool,
    /// It is the `Value` of another one, which Go writes around it.
    is_inner: bool,
}

/// An `ArrayValue` or `KeyValueList`, or the array of its values.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct List {
    begun: bool,
    map: bool,
    /// Of values: whether they stand without the object around them.
    alone: bool,
}

/// A scalar as it stands in the text.
#[derive(Clone, Copy)]
struct Scalar<'a> {
    raw: Raw<'a>,
    quoted: bool,
}

impl<'a> Leaf<'a, '_> {
    /// An owner's attributes: OTLP's list, or a map of plain JSON as some tools write it.
    pub(super) fn attributes(&mut self, field: &'static str, owner: Owner) -> Result<IdxRange<AttributeIdx>, Stop> {
        self.parts.known.begin_list(owner);
        match self.cursor.token()? {
            b'[' => {
                self.cursor.at += 1;
                let mut begun = false;
                while let Some(byte) = self.cursor.next_element(&mut begun)? {
                    if self.usual_entry(owner) {
                        continue;
                    }
                    self.parts.known.miss_key();
                    if byte != b'{' {
                        self.wrong_type(byte, field, "expected an object")?;
                    } else if !self.simple_entry(owner)? {
                        self.cursor.at += 1;
                        self.parts.nest.push(Nest::Entry(Entry::default()));
                        self.read_nested()?;
                    }
                }
            }
            b'{' => {
                self.cursor.at += 1;
                self.parts.known.miss_key();
                self.parts.nest.push(Nest::PlainMap { begun: false, owner: true });
                self.read_nested()?;
            }
            byte => {
                self.wrong_type(byte, field, "expected a list of attributes")?;
                return Ok(IdxRange::default());
            }
        }
        let is_repeated = match self.parts.known.repeated() {
            Some(is_repeated) => is_repeated,
            None => self.parts.writer.repeated_key().is_some(),
        };
        if is_repeated {
            self.note(FindingKind::RepeatedKey, field, "a key stands twice");
        }
        Ok(self.parts.writer.finish(&mut self.batch.attributes))
    }

    fn tell_repeated_key(&mut self) {
        if self.parts.writer.repeated_key().is_some() {
            self.note(FindingKind::RepeatedKey, "attributes", "a key stands twice");
        }
    }

    /// Reads a `KeyValue` of the usual shape whole, or nothing of it.
    #[inline]
    fn simple_entry(&mut self, owner: Owner) -> Result<bool, Stop> {
        let start = self.cursor.at;
        let read = self.read_simple_entry(owner)?;
        if !read {
            self.cursor.at = start;
        }
        Ok(read)
    }

    #[inline]
    fn read_simple_entry(&mut self, owner: Owner) -> Result<bool, Stop> {
        let cursor = &mut self.cursor;
        let start = cursor.at;
        cursor.at += 1;
        let (mut entry, mut any) = (false, false);
        match cursor.next_key(&mut entry)? {
            Some(Raw { bytes: b"key", .. }) if cursor.token()? == b'"' => {}
            _ => return Ok(false),
        }
        let open = cursor.between(start, cursor.at + 1);
        let key = cursor.string()?;
        let middle = cursor.at;
        match cursor.next_key(&mut entry)? {
            Some(Raw { bytes: b"value", .. }) if cursor.token()? == b'{' => cursor.at += 1,
            _ => return Ok(false),
        }
        cursor.token()?;
        let type_at = cursor.at + 1;
        let Some(name) = cursor.next_key(&mut any)? else { return Ok(false) };
        let Some(which) = value_key(name.bytes) else { return Ok(false) };
        let first = cursor.token()?;
        let (middle, colon) = (cursor.between(middle, type_at), cursor.between(type_at + name.bytes.len() + 1, cursor.at));
        let scalar = match first {
            b'"' => Scalar { raw: cursor.string()?, quoted: true },
            b'{' | b'[' | b'n' => return Ok(false),
            _ => Scalar { raw: Raw { bytes: cursor.scalar()?, escaped: false }, quoted: false },
        };
        let end = cursor.at;
        if cursor.next_key(&mut any)?.is_some() || cursor.next_key(&mut entry)?.is_some() {
            return Ok(false);
        }
        if let Some(layout) = self.parts.layouts.get_mut(owner as usize) {
            layout.learn(open, middle, colon, cursor.between(end, cursor.at));
        }
        self.parts.snake_case |= name.bytes.contains(&b'_');
        let key = self.intern(key, "attributes");
        self.write_scalar(which, key, scalar);
        Ok(true)
    }

    /// Writes a scalar of a type that its key named.
    #[inline]
    fn write_scalar(&mut self, which: ValueKey, key: StrId, scalar: Scalar<'a>) {
        match (which, scalar.quoted) {
            (ValueKey::String, true) => {
                let text = self.intern(scalar.raw, "attributes");
                self.parts.writer.string(key, text);
            }
            (ValueKey::Int, _) => {
                let number = self.int_text(scalar.raw.bytes);
                self.parts.writer.int(key, number);
            }
            (ValueKey::Bool, _) if matches!(scalar.raw.bytes, b"true" | b"false") => {
                self.parts.writer.bool(key, scalar.raw.bytes == b"true");
            }
            (ValueKey::Double, _) => {
                let number = double(scalar.raw.bytes);
                if number.is_none() {
                    self.note(FindingKind::BadNumber, "attributes", "not a number");
                }
                self.parts.writer.double(key, number.unwrap_or_default());
            }
            (ValueKey::Bytes, true) => self.write_bytes(key, scalar.raw),
            _ => {
                self.note(FindingKind::WrongType, "attributes", "the value is not of the type that its key names");
                self.parts.writer.empty(key);
            }
        }
    }

    #[cold]
    fn write_bytes(&mut self, key: StrId, raw: Raw<'a>) {
        let text = Self::key_bytes(raw, &mut self.parts.scratch);
        if let Some(bytes) = bytes_from_base64(text) {
            self.parts.writer.bytes(&mut self.batch.attributes, key, &bytes);
            return;
        }
        self.note(FindingKind::BadBase64, "attributes", "not base64");
        let text = self.intern(raw, "attributes");
        self.parts.writer.string(key, text);
    }

    /// Reads what is on the stack, and all that it holds.
    fn read_nested(&mut self) -> Result<(), Stop> {
        while let Some(top) = self.parts.nest.pop() {
            match top {
                Nest::Entry(entry) => self.in_entry(entry)?,
                Nest::Any(any) => self.in_any(any)?,
                Nest::List(list) => self.in_list(list)?,
                Nest::Values(list) => self.in_values(list)?,
                Nest::PlainArray { mut begun } => {
                    if self.cursor.next_element(&mut begun)?.is_some() {
                        self.parts.nest.push(Nest::PlainArray { begun });
                        self.plain_value(StrId::EMPTY)?;
                    } else {
                        self.close();
                    }
                }
                Nest::PlainMap { mut begun, owner } => {
                    if let Some(raw) = self.cursor.next_key(&mut begun)? {
                        self.parts.nest.push(Nest::PlainMap { begun, owner });
                        if self.cursor.token()? == b'n' {
                            // `null`: no other scalar begins so.
                            self.cursor.scalar()?;
                            continue;
                        }
                        let key = self.intern(raw, "attributes");
                        self.plain_value(key)?;
                    } else if !owner {
                        self.tell_repeated_key();
                        self.close();
                    }
                }
                Nest::Resume(at) => self.cursor.at = at,
            }
        }
        Ok(())
    }

    fn in_entry(&mut self, mut entry: Entry) -> Result<(), Stop> {
        let Some(raw) = self.cursor.next_key(&mut entry.begun)? else {
            let key = entry.key.unwrap_or_default();
            if let Some(at) = entry.waiting {
                self.parts.nest.push(Nest::Resume(self.cursor.at));
                self.cursor.at = at;
                return self.any_value(key);
            }
            if !entry.written {
                self.parts.writer.empty(key);
            }
            return Ok(());
        };
        match Self::key_bytes(raw, &mut self.parts.scratch) {
            b"key" => entry.key = Some(self.text("attributes")?),
            b"value" => {
                if std::mem::replace(&mut entry.written, entry.key.is_some()) {
                    self.parts.writer.take_back();
                }
                if let Some(key) = entry.key {
                    entry.waiting = None;
                    self.parts.nest.push(Nest::Entry(entry));
                    return self.any_value(key);
                }
                self.cursor.token()?;
                entry.waiting = Some(self.cursor.at);
                self.cursor.skip_value()?;
            }
            _ => self.cursor.skip_value()?,
        }
        self.parts.nest.push(Nest::Entry(entry));
        Ok(())
    }

    /// An `AnyValue`; plain JSON is taken for what it says.
    fn any_value(&mut self, key: StrId) -> Result<(), Stop> {
        if self.cursor.token()? != b'{' {
            return self.plain_value(key);
        }
        self.cursor.at += 1;
        self.parts.nest.push(Nest::Any(Any { begun: false, key, written: false, is_inner: false }));
        Ok(())
    }

    fn in_any(&mut self, mut any: Any) -> Result<(), Stop> {
        let key = any.key;
        let Some(raw) = self.cursor.next_key(&mut any.begun)? else {
            if !any.written {
                self.parts.writer.empty(key);
            }
            return Ok(());
        };
        let name = Self::key_bytes(raw, &mut self.parts.scratch);
        let (which, is_snake_case) = (value_key(name), name.contains(&b'_'));
        let is_wrapper = name == b"Value" && !any.is_inner;
        let byte = self.cursor.token()?;
        if is_wrapper && byte == b'{' {
            if std::mem::replace(&mut any.written, true) {
                self.parts.writer.take_back();
            }
            self.cursor.at += 1;
            self.parts.nest.push(Nest::Any(any));
            self.parts.nest.push(Nest::Any(Any { begun: false, key, written: false, is_inner: true }));
            return Ok(());
        }
        let Some(which) = which.filter(|_| byte != b'n') else {
            self.parts.nest.push(Nest::Any(any));
            return self.cursor.skip_value();
        };
        self.parts.snake_case |= is_snake_case;
        if std::mem::replace(&mut any.written, true) {
            // Of several values the last one counts.
            self.parts.writer.take_back();
        }
        self.parts.nest.push(Nest::Any(any));
        match (which, byte) {
            (ValueKey::Array | ValueKey::Map, b'{' | b'[') => {
                let map = which == ValueKey::Map;
                if self.open(key, map)? {
                    self.cursor.at += 1;
                    let alone = byte == b'[';
                    let list = List { begun: false, map, alone };
                    self.parts.nest.push(if alone { Nest::Values(list) } else { Nest::List(list) });
                }
            }
            (ValueKey::Array | ValueKey::Map, _) | (_, b'{' | b'[') => {
                self.wrong_type(byte, "attributes", "the value is not of the type that its key names")?;
                self.parts.writer.empty(key);
            }
            (_, b'"') => {
                let raw = self.cursor.string()?;
                self.write_scalar(which, key, Scalar { raw, quoted: true });
            }
            _ => {
                let raw = Raw { bytes: self.cursor.scalar()?, escaped: false };
                self.write_scalar(which, key, Scalar { raw, quoted: false });
            }
        }
        Ok(())
    }

    fn in_list(&mut self, mut list: List) -> Result<(), Stop> {
        let Some(raw) = self.cursor.next_key(&mut list.begun)? else {
            if list.map {
                self.tell_repeated_key();
            }
            self.close();
            return Ok(());
        };
        let is_values = Self::key_bytes(raw, &mut self.parts.scratch) == b"values";
        self.parts.nest.push(Nest::List(list));
        if !is_values {
            return self.cursor.skip_value();
        }
        if self.enter_array("attributes")? {
            self.parts.nest.push(Nest::Values(List { begun: false, ..list }));
        }
        Ok(())
    }

    fn in_values(&mut self, mut list: List) -> Result<(), Stop> {
        let Some(byte) = self.cursor.next_element(&mut list.begun)? else {
            if list.alone {
                self.close();
            }
            return Ok(());
        };
        self.parts.nest.push(Nest::Values(list));
        if !list.map {
            return self.any_value(StrId::EMPTY);
        }
        if byte != b'{' {
            return self.wrong_type(byte, "attributes", "expected an object");
        }
        self.cursor.at += 1;
        self.parts.nest.push(Nest::Entry(Entry::default()));
        Ok(())
    }

    /// A value of plain JSON.
    fn plain_value(&mut self, key: StrId) -> Result<(), Stop> {
        match self.cursor.token()? {
            b'"' => {
                let raw = self.cursor.string()?;
                let text = self.intern(raw, "attributes");
                self.parts.writer.string(key, text);
            }
            byte @ (b'{' | b'[') => {
                let map = byte == b'{';
                if self.open(key, map)? {
                    self.cursor.at += 1;
                    let inner =
                        if map { Nest::PlainMap { begun: false, owner: false } } else { Nest::PlainArray { begun: false } };
                    self.parts.nest.push(inner);
                }
            }
            _ => match self.cursor.scalar()? {
                b"null" => self.parts.writer.empty(key),
                text @ (b"true" | b"false") => self.parts.writer.bool(key, text == b"true"),
                text => match (str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok()), double(text)) {
                    (Some(number), _) => self.parts.writer.int(key, number),
                    (None, number) => self.parts.writer.double(key, number.unwrap_or_default()),
                },
            },
        }
        Ok(())
    }

    /// An attribute whose value is plain JSON, whatever is in it; `null` is none.
    pub(in crate::decode) fn plain_attribute(&mut self, key: StrId) -> Result<(), Stop> {
        if self.cursor.token()? == b'n' {
            return self.cursor.skip_value();
        }
        self.plain_value(key)?;
        self.read_nested()
    }

    /// A log record's body: a value in a row without a key.
    pub(super) fn body(&mut self) -> Result<IdxRange<AttributeIdx>, Stop> {
        if self.cursor.token()? == b'n' {
            self.cursor.skip_value()?;
            return Ok(IdxRange::default());
        }
        self.any_value(StrId::EMPTY)?;
        self.read_nested()?;
        Ok(self.parts.writer.finish(&mut self.batch.attributes))
    }

    /// Opens an array or map, unless it stands too deep: then it is skipped.
    fn open(&mut self, key: StrId, map: bool) -> Result<bool, Stop> {
        if MAX_DEPTH <= self.parts.writer.depth() {
            self.note(FindingKind::TooDeep, "attributes", "an array or map inside 64 others");
            self.cursor.skip_value()?;
            self.parts.writer.empty(key);
            return Ok(false);
        }
        if map {
            self.parts.writer.open_map(key);
        } else {
            self.parts.writer.open_array(key);
        }
        Ok(true)
    }

    fn close(&mut self) {
        self.parts.writer.close(&mut self.batch.attributes);
    }
}

#[inline]
fn value_key(key: &[u8]) -> Option<ValueKey> {
    Some(match key {
        b"stringValue" | b"string_value" | b"StringValue" => ValueKey::String,
        b"intValue" | b"int_value" | b"IntValue" => ValueKey::Int,
        b"boolValue" | b"bool_value" | b"BoolValue" => ValueKey::Bool,
        b"doubleValue" | b"double_value" | b"DoubleValue" => ValueKey::Double,
        b"arrayValue" | b"array_value" | b"ArrayValue" => ValueKey::Array,
        b"kvlistValue" | b"kvlist_value" | b"kvListValue" | b"KvlistValue" => ValueKey::Map,
        b"bytesValue" | b"bytes_value" | b"BytesValue" => ValueKey::Bytes,
        _ => return None,
    })
}

pub(super) fn double(text: &[u8]) -> Option<f64> {
    str::from_utf8(text).ok()?.trim().parse().ok()
}

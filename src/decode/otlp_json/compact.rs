//! The shapes that nearly every producer writes: members in the usual order, and the same white space everywhere, mostly none.
//! What has them is read by comparing whole stretches of text; what has not is left untouched, for the reader that takes
//! everything and learns from it how this text is laid out.

use super::known::{Form, Known, Owner, Slot, Taken};
use super::leaf::{Leaf, Parts};
use super::pattern::Pattern;
use super::span::SpanMember;
use crate::base::{Interner, StrId};
use crate::decode::json::Cursor;
use crate::decode::json::number::digits;
use crate::model::AttributeWriter;

/// The stretches of text around what is of interest in `{"key": "…", "value": {"stringValue": "…"}}`.
pub(super) trait Layout {
    /// Up to the key.
    fn open(&self, cursor: &mut Cursor<'_>) -> bool;
    /// From the key's quote to the type's.
    fn middle(&self, cursor: &mut Cursor<'_>) -> bool;
    /// The type with what comes after it: a quote for texts, and for integers that are texts.
    fn string(&self, cursor: &mut Cursor<'_>) -> bool;
    fn int_text(&self, cursor: &mut Cursor<'_>) -> bool;
    fn int(&self, cursor: &mut Cursor<'_>) -> bool;
    fn bool(&self, cursor: &mut Cursor<'_>) -> bool;
    fn double(&self, cursor: &mut Cursor<'_>) -> bool;
    /// From the value to the end.
    fn close(&self, cursor: &mut Cursor<'_>) -> bool;
}

/// What nearly always stands behind a value.
const CLOSE: &[u8; 2] = b"}}";

/// No white space at all.
struct Compact;

impl Layout for Compact {
    #[inline]
    fn open(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(b"{\"key\":\"")
    }
    #[inline]
    fn middle(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(b",\"value\":{\"")
    }
    #[inline]
    fn string(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(b"stringValue\":\"")
    }
    #[inline]
    fn int_text(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(b"intValue\":\"")
    }
    #[inline]
    fn int(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(b"intValue\":")
    }
    #[inline]
    fn bool(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(b"boolValue\":")
    }
    #[inline]
    fn double(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(b"doubleValue\":")
    }
    #[inline]
    fn close(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take(CLOSE)
    }
}

/// As an attribute was laid out that was read before.
#[derive(Clone, Debug, Default)]
pub(super) struct Learned {
    open: Vec<u8>,
    middle: Vec<u8>,
    colon: Vec<u8>,
    close: Vec<u8>,
}

impl Learned {
    /// More white space than that is nobody's habit.
    const MAX_STRETCH: usize = 256;

    /// Takes over a layout.
    pub(super) fn learn(&mut self, open: &[u8], middle: &[u8], colon: &[u8], close: &[u8]) {
        for (known, new) in
            [(&mut self.open, open), (&mut self.middle, middle), (&mut self.colon, colon), (&mut self.close, close)]
        {
            if known != new && new.len() <= Self::MAX_STRETCH {
                known.clear();
                known.extend_from_slice(new);
            }
        }
    }

    fn is_known(&self) -> bool {
        !self.open.is_empty()
    }

    #[inline]
    fn typed<const N: usize>(&self, cursor: &mut Cursor<'_>, name: &[u8; N], quote: bool) -> bool {
        let start = cursor.at;
        let found = cursor.take(name) && cursor.take_all(&self.colon) && (!quote || cursor.take(b"\""));
        if !found {
            cursor.at = start;
        }
        found
    }
}

impl Layout for Learned {
    #[inline]
    fn open(&self, cursor: &mut Cursor<'_>) -> bool {
        self.is_known() && cursor.take_all(&self.open)
    }
    #[inline]
    fn middle(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take_all(&self.middle)
    }
    #[inline]
    fn string(&self, cursor: &mut Cursor<'_>) -> bool {
        self.typed(cursor, b"stringValue\"", true)
    }
    #[inline]
    fn int_text(&self, cursor: &mut Cursor<'_>) -> bool {
        self.typed(cursor, b"intValue\"", true)
    }
    #[inline]
    fn int(&self, cursor: &mut Cursor<'_>) -> bool {
        self.typed(cursor, b"intValue\"", false)
    }
    #[inline]
    fn bool(&self, cursor: &mut Cursor<'_>) -> bool {
        self.typed(cursor, b"boolValue\"", false)
    }
    #[inline]
    fn double(&self, cursor: &mut Cursor<'_>) -> bool {
        self.typed(cursor, b"doubleValue\"", false)
    }
    #[inline]
    fn close(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.take_all(&self.close)
    }
}

impl Leaf<'_, '_> {
    /// An attribute whose `{` is here, with a scalar value, laid out as most are or as one was before.
    #[inline]
    pub(super) fn usual_entry(&mut self, owner: Owner) -> bool {
        let Leaf { cursor, batch, parts } = self;
        let Parts { known, writer, layouts, .. } = &mut **parts;
        let strings = &mut batch.strings;
        let mut read = read_known(*cursor, known, writer, strings);
        if read.is_none() {
            read = read_entry(&Compact, *cursor, known, writer, strings);
        }
        if read.is_none()
            && let Some(layout) = layouts.get(owner as usize)
        {
            read = read_entry(layout, *cursor, known, writer, strings);
        }
        if let Some(end) = read {
            cursor.at = end;
        }
        read.is_some()
    }

    /// A text member that may come again, such as a name.
    #[inline]
    pub(super) fn compact_name(&mut self) -> Option<StrId> {
        let start = self.cursor.at;
        let Leaf { cursor, batch, parts } = self;
        let name = if cursor.take(b"\"") { parts.known.name(cursor, &mut batch.strings) } else { None };
        if name.is_none() {
            cursor.at = start;
        }
        name
    }

    /// The member that came after `last` in the span before, if it does again.
    #[inline]
    pub(super) fn guessed_member(&mut self, last: SpanMember) -> Option<SpanMember> {
        let guess = *self.parts.next_member.get(last as usize)?;
        let start = self.cursor.at;
        let found = self.cursor.take(b",")
            && self.cursor.token().is_ok()
            && MEMBERS.get(guess as usize).is_some_and(|member| member.take(&mut self.cursor));
        if !found {
            self.cursor.at = start;
        }
        found.then_some(guess)
    }

    /// What came after `last` this time.
    #[inline]
    pub(super) fn learn_member(&mut self, last: SpanMember, member: SpanMember) {
        if let Some(next) = self.parts.next_member.get_mut(last as usize) {
            *next = member;
        }
    }
}

/// Reads an attribute that begins as one that is expected here, and says where it ends. The cursor is a copy that nobody else sees, so that
/// it stays in registers.
#[inline]
fn read_known(start: Cursor<'_>, known: &mut Known, writer: &mut AttributeWriter, strings: &mut Interner) -> Option<usize> {
    let mut local = start;
    let cursor = &mut local;
    let (slot, form) = known.take_head(cursor)?;
    let value = Value::take(form, Some(slot), cursor, known)?;
    cursor.take(CLOSE).then_some(())?;
    let value = value.settle(slot, known, strings)?;
    value.write(known.follow(slot)?, writer);
    Some(cursor.at)
}

/// Reads an attribute and says where it ends. What is learned from it serves [`read_known`].
#[inline]
fn read_entry(
    layout: &impl Layout,
    start: Cursor<'_>,
    known: &mut Known,
    writer: &mut AttributeWriter,
    strings: &mut Interner,
) -> Option<usize> {
    let mut local = start;
    let cursor = &mut local;
    layout.open(cursor).then_some(())?;
    let key = known.take_key(cursor)?;
    layout.middle(cursor).then_some(())?;
    let form = if layout.string(cursor) {
        Form::Text
    } else if layout.int_text(cursor) {
        Form::IntText
    } else if layout.int(cursor) {
        Form::Int
    } else if layout.bool(cursor) {
        Form::Bool
    } else if layout.double(cursor) {
        Form::Double
    } else {
        return None;
    };
    let head = cursor.between(start.at, cursor.at);
    let value = Value::take(form, key.known(), cursor, known)?;
    let end = cursor.at;
    layout.close(cursor).then_some(())?;
    let slot = known.settle_key(key, strings)?;
    let value = value.settle(slot, known, strings)?;
    if cursor.between(end, cursor.at) == CLOSE {
        known.learn_head(slot, head, form);
    }
    value.write(known.follow(slot)?, writer);
    Some(cursor.at)
}

/// The value of an attribute.
enum Value<T> {
    Text(T),
    Int(i64),
    Bool(bool),
    Double(f64),
}

impl<'a> Value<Taken<'a>> {
    #[inline]
    fn take(form: Form, key: Option<Slot>, cursor: &mut Cursor<'a>, known: &Known) -> Option<Self> {
        Some(match form {
            Form::Text => Self::Text(known.take_value(key, cursor)?),
            Form::IntText => {
                let number = i64::try_from(cursor.digits_to(b'"')?).ok()?;
                cursor.at += 1;
                Self::Int(number)
            }
            Form::Int => Self::Int(i64::try_from(digits(scalar(cursor)?)?).ok()?),
            Form::Bool => {
                let flag = cursor.take(b"true");
                (flag || cursor.take(b"false")).then_some(())?;
                Self::Bool(flag)
            }
            Form::Double => Self::Double(str::from_utf8(scalar(cursor)?).ok()?.parse().ok()?),
        })
    }

    /// Nothing is interned before the whole attribute is known to be there: else the symbols would tell where the text was cut.
    #[inline]
    fn settle(self, key: Slot, known: &mut Known, strings: &mut Interner) -> Option<Value<StrId>> {
        Some(match self {
            Self::Text(text) => Value::Text(known.settle_value(key, text, strings)?),
            Self::Int(number) => Value::Int(number),
            Self::Bool(flag) => Value::Bool(flag),
            Self::Double(number) => Value::Double(number),
        })
    }
}

impl Value<StrId> {
    #[inline]
    fn write(self, key: StrId, writer: &mut AttributeWriter) {
        match self {
            Self::Text(text) => writer.string(key, text),
            Self::Int(number) => writer.int(key, number),
            Self::Bool(flag) => writer.bool(key, flag),
            Self::Double(number) => writer.double(key, number),
        }
    }
}

/// A scalar, read by a copy of the cursor: what reads it is not inlined.
#[inline]
fn scalar<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let mut ahead = *cursor;
    let text = ahead.scalar().ok()?;
    cursor.at = ahead.at;
    Some(text)
}

/// The members of a span as they are written.
static MEMBERS: [Pattern<4>; SpanMember::COUNT] = SpanMember::patterns();

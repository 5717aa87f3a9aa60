//! The shapes that nearly every producer writes: members in the usual order, and the same white space everywhere, mostly none.
//! What has them is read by comparing whole stretches of text; what has not is left untouched, for the reader that takes
//! everything and learns from it how this text is laid out.

use super::known::{Known, Owner, Pattern};
use super::leaf::{Leaf, Parts};
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
        cursor.take(b"}}")
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
        let mut read = read_entry(&Compact, *cursor, known, writer, strings);
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

/// Reads an attribute and says where it ends. The cursor is a copy that nobody else sees, so that it stays in registers.
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
    let then = |done: bool| done.then_some(());
    then(layout.open(cursor))?;
    let key = known.take_key(cursor)?;
    then(layout.middle(cursor))?;
    // Nothing is interned before the whole is known to be there: else the symbols would tell where the text was cut.
    if layout.string(cursor) {
        if let Some(text) = known.same_value(key.slot, cursor, strings) {
            then(layout.close(cursor))?;
            let id = known.settle_key(&key, strings)?;
            known.learn_value(key.slot, text);
            writer.string(id, text);
            return Some(cursor.at);
        }
        let text = cursor.plain_string_rest()?;
        then(layout.close(cursor))?;
        let id = known.settle_key(&key, strings)?;
        let (text, is_repaired) = strings.intern_bytes(text);
        then(!is_repaired)?;
        known.learn_value(key.slot, text);
        writer.string(id, text);
    } else if layout.int_text(cursor) {
        let number = i64::try_from(digits(cursor.plain_string_rest()?)?).ok()?;
        then(layout.close(cursor))?;
        writer.int(known.settle_key(&key, strings)?, number);
    } else if layout.int(cursor) {
        let number = i64::try_from(digits(scalar(cursor)?)?).ok()?;
        then(layout.close(cursor))?;
        writer.int(known.settle_key(&key, strings)?, number);
    } else if layout.bool(cursor) {
        let flag = cursor.take(b"true");
        then(flag || cursor.take(b"false"))?;
        then(layout.close(cursor))?;
        writer.bool(known.settle_key(&key, strings)?, flag);
    } else if layout.double(cursor) {
        let number = str::from_utf8(scalar(cursor)?).ok()?.parse().ok()?;
        then(layout.close(cursor))?;
        writer.double(known.settle_key(&key, strings)?, number);
    } else {
        return None;
    }
    Some(cursor.at)
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
static MEMBERS: [Pattern; SpanMember::COUNT] = SpanMember::patterns();

//! The shape that nearly every producer writes: no white space, members in the usual order. What has it is read by comparing
//! whole stretches of text; what has not is left untouched, for the reader that takes everything.

use super::known::{Owner, Pattern};
use super::leaf::Leaf;
use super::span::SpanMember;
use crate::base::StrId;
use crate::decode::json::number::digits;

impl Leaf<'_, '_> {
    /// An attribute whose `{` is here, with a scalar value.
    #[inline]
    pub(super) fn compact_entry(&mut self) -> bool {
        let start = self.cursor.at;
        let read = self.read_compact_entry();
        if read.is_none() {
            self.cursor.at = start;
        }
        read.is_some()
    }

    #[inline]
    fn read_compact_entry(&mut self) -> Option<()> {
        let Leaf { cursor, batch, parts } = self;
        let then = |done: bool| done.then_some(());
        then(cursor.take(b"{\"key\":\""))?;
        let key = parts.known.take_key(cursor)?;
        then(cursor.take(b",\"value\":{\""))?;
        // Nothing is interned before the whole is known to be there: else the symbols would tell where the text was cut.
        let (known, writer, strings) = (&mut parts.known, &mut parts.writer, &mut batch.strings);
        if cursor.take(b"stringValue\":\"") {
            if let Some(text) = known.same_value(key.slot, cursor, strings) {
                then(cursor.take(b"}}"))?;
                let id = known.settle_key(&key, strings)?;
                known.learn_value(key.slot, text);
                writer.string(id, text);
                return Some(());
            }
            let text = cursor.plain_string_rest()?;
            then(cursor.take(b"}}"))?;
            let id = known.settle_key(&key, strings)?;
            let (text, is_repaired) = strings.intern_bytes(text);
            then(!is_repaired)?;
            known.learn_value(key.slot, text);
            writer.string(id, text);
        } else if cursor.take(b"intValue\":\"") {
            let number = i64::try_from(digits(cursor.plain_string_rest()?)?).ok()?;
            then(cursor.take(b"}}"))?;
            writer.int(known.settle_key(&key, strings)?, number);
        } else if cursor.take(b"intValue\":") {
            let number = i64::try_from(cursor.digits_to(b'}')?).ok()?;
            then(cursor.take(b"}}"))?;
            writer.int(known.settle_key(&key, strings)?, number);
        } else if cursor.take(b"boolValue\":true}}") {
            writer.bool(known.settle_key(&key, strings)?, true);
        } else if cursor.take(b"boolValue\":false}}") {
            writer.bool(known.settle_key(&key, strings)?, false);
        } else if cursor.take(b"doubleValue\":") {
            let number = str::from_utf8(cursor.scalar().ok()?).ok()?.parse().ok()?;
            then(cursor.take(b"}}"))?;
            writer.double(known.settle_key(&key, strings)?, number);
        } else {
            return None;
        }
        Some(())
    }

    /// A list of attributes begins.
    #[inline]
    pub(super) fn begin_list(&mut self, owner: Owner) {
        self.parts.known.begin_list(owner);
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
        MEMBERS.get(guess as usize)?.take(&mut self.cursor).then_some(guess)
    }

    /// What came after `last` this time.
    #[inline]
    pub(super) fn learn_member(&mut self, last: SpanMember, member: SpanMember) {
        if let Some(next) = self.parts.next_member.get_mut(last as usize) {
            *next = member;
        }
    }
}

/// The members of a span, as they stand between two others.
static MEMBERS: [Pattern; SpanMember::COUNT] = SpanMember::patterns();

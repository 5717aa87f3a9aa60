//! What came before and will come again: attribute keys, names, the order of both, and the values that keys have.
//!
//! Exports repeat themselves: the keys of one span stand in the next one, in the same order, and many with the same value. So
//! the text that came last time is compared with what lies ahead, closing quote and all; where it is there, the text's end need
//! not be searched for, nor the text be hashed. A guess costs time when it is wrong and can never give a wrong text.

use crate::base::{Interner, StrId};
use crate::decode::json::Cursor;

/// How many keys and names are remembered: a few hundred are in use at a time.
const SLOTS: usize = 512;

/// Whose attributes a list holds: what came first in the last list of the kind comes first in the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Origin,
    Span,
    Event,
    Link,
}

impl Owner {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Link as usize + 1;
}

/// Up to 32 bytes to be found ahead, compared as words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    words: [u64; 4],
    masks: [u64; 4],
    len: usize,
}

impl Pattern {
    /// Matches nothing.
    pub(super) const NONE: Self = Self { words: [1, 0, 0, 0], masks: [0; 4], len: 0 };

    /// Matches these bytes.
    pub(super) const fn new(text: &[u8]) -> Self {
        let (mut words, mut masks) = ([0; 4], [0; 4]);
        let mut words_left: &mut [u64] = &mut words;
        let mut masks_left: &mut [u64] = &mut masks;
        let mut rest = text;
        // Iterators are not const.
        while let (Some((word, words)), Some((mask, masks))) = (words_left.split_first_mut(), masks_left.split_first_mut()) {
            let mut shift = 0;
            while shift < 64
                && let Some((&byte, tail)) = rest.split_first()
            {
                *word |= (byte as u64) << shift;
                *mask |= 0xff << shift;
                shift += 8;
                rest = tail;
            }
            (words_left, masks_left) = (words, masks);
        }
        Self { words, masks, len: text.len() }
    }

    /// Whether the bytes ahead begin with it.
    #[inline]
    fn matches(&self, ahead: &[u64; 4]) -> bool {
        let mut differing = 0;
        for ((word, mask), ahead) in self.words.iter().zip(&self.masks).zip(ahead) {
            differing |= ahead & mask ^ word;
        }
        differing == 0
    }

    /// Takes it, if it is ahead.
    #[inline]
    pub(super) fn take(&self, cursor: &mut Cursor<'_>) -> bool {
        let found = ahead(cursor).is_some_and(|ahead| self.matches(&ahead));
        if found {
            cursor.at += self.len;
        }
        found
    }
}

/// The next 32 bytes as words; `None` near the end of the window.
#[inline]
fn ahead(cursor: &Cursor<'_>) -> Option<[u64; 4]> {
    let bytes = cursor.rest().first_chunk::<32>()?;
    let mut words = [0; 4];
    for (word, eight) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(eight.try_into().unwrap_or_default());
    }
    Some(words)
}

/// A key or name that came before.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Its text with the closing quote.
    pattern: Pattern,
    id: StrId,
    /// The slot of the key that came after it.
    next: u16,
    /// How often the last value came again, up to three times.
    trust: u8,
    /// The last text that it had as a value, without escapes.
    value: StrId,
    /// The list in which it was met last.
    list: u32,
}

const UNUSED: Entry = Entry { pattern: Pattern::NONE, id: StrId::EMPTY, next: 0, trust: 0, value: StrId::EMPTY, list: 0 };

/// A place in the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot(u16);

/// A key that was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    pub(super) slot: Slot,
    /// Whether it is the one that was guessed: then the slot is its own.
    guessed: bool,
    pattern: Pattern,
    text: &'a [u8],
}

/// The table. It belongs to one interner.
#[derive(Clone, Debug)]
pub(super) struct Known {
    entries: Box<[Entry]>,
    /// The key that was read last in the list at hand.
    last: Slot,
    /// The list at hand.
    list: u32,
    /// Whether a key of the list at hand was met in it before, and whether all of its keys came through here.
    is_repeated: bool,
    is_complete: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            entries: vec![UNUSED; SLOTS + Owner::COUNT].into_boxed_slice(),
            last: Slot::default(),
            list: 0,
            is_repeated: false,
            is_complete: true,
        }
    }
}

impl Known {
    /// A list of attributes begins.
    #[inline]
    pub(super) fn begin_list(&mut self, owner: Owner) {
        #[expect(clippy::cast_possible_truncation, reason = "a few hundred")]
        let slot = SLOTS as u16 + owner as u16;
        self.last = Slot(slot);
        self.list = self.list.wrapping_add(1);
        self.is_repeated = false;
        self.is_complete = true;
    }

    /// A key was read without this table.
    #[inline]
    pub(super) fn miss_key(&mut self) {
        self.is_complete = false;
    }

    /// Whether a key of the list stands twice in it; `None` if the rows have to be asked.
    #[inline]
    pub(super) fn repeated(&self) -> Option<bool> {
        self.is_complete.then_some(self.is_repeated)
    }

    /// Takes the key behind whose opening quote the cursor is; `None`, and nothing taken, where it is long or escaped.
    #[inline]
    pub(super) fn take_key<'a>(&self, cursor: &mut Cursor<'a>) -> Option<Key<'a>> {
        let words = ahead(cursor)?;
        let guess = Slot(self.entries.get(usize::from(self.last.0))?.next);
        let start = cursor.at;
        if let Some(entry) = self.entries.get(usize::from(guess.0)).filter(|entry| entry.pattern.matches(&words)) {
            cursor.at += entry.pattern.len;
            return Some(Key { slot: guess, guessed: true, pattern: entry.pattern, text: &[] });
        }
        let (slot, pattern) = place(&words)?;
        cursor.at += pattern.len;
        Some(Key { slot, guessed: false, pattern, text: cursor.between(start, cursor.at - 1) })
    }

    /// The symbol of a key that was taken, now that its attribute is known to be whole; `None` where it is not UTF-8.
    #[inline]
    pub(super) fn settle_key(&mut self, key: &Key<'_>, strings: &mut Interner) -> Option<StrId> {
        if !key.guessed {
            self.settle(key, strings)?;
            self.entries.get_mut(usize::from(self.last.0))?.next = key.slot.0;
        }
        let entry = self.entries.get_mut(usize::from(key.slot.0))?;
        self.is_repeated |= entry.list == self.list;
        entry.list = self.list;
        self.last = key.slot;
        Some(entry.id)
    }

    /// Takes the name behind whose opening quote the cursor is; `None`, and nothing taken, where it is long, escaped or not UTF-8.
    #[inline]
    pub(super) fn name(&mut self, cursor: &mut Cursor<'_>, strings: &mut Interner) -> Option<StrId> {
        let (slot, pattern) = place(&ahead(cursor)?)?;
        let end = cursor.at + pattern.len;
        let key = Key { slot, guessed: false, pattern, text: cursor.between(cursor.at, end - 1) };
        let id = self.settle(&key, strings)?;
        cursor.at = end;
        Some(id)
    }

    /// Makes the slot the text's own, if it is another's.
    #[inline]
    fn settle(&mut self, key: &Key<'_>, strings: &mut Interner) -> Option<StrId> {
        let entry = self.entries.get_mut(usize::from(key.slot.0))?;
        if entry.pattern.words != key.pattern.words {
            // A key that gives way may come again in this list, unseen.
            self.is_complete &= entry.list != self.list;
            let (id, is_repaired) = strings.intern_bytes(key.text);
            if is_repaired {
                return None;
            }
            *entry = Entry { pattern: key.pattern, id, ..UNUSED };
        }
        Some(entry.id)
    }

    /// The text behind whose opening quote the cursor is, if it is the one that the key had last.
    #[inline]
    pub(super) fn same_value(&self, slot: Slot, cursor: &mut Cursor<'_>, strings: &Interner) -> Option<StrId> {
        let entry = self.entries.get(usize::from(slot.0))?;
        if entry.trust == 0 {
            return None;
        }
        let text = strings.get(entry.value).as_bytes();
        let rest = cursor.rest().strip_prefix(text)?;
        if rest.first() != Some(&b'"') {
            return None;
        }
        cursor.at += text.len() + 1;
        Some(entry.value)
    }

    /// A key has this text, which has no escapes, as a value.
    #[inline]
    pub(super) fn learn_value(&mut self, slot: Slot, value: StrId) {
        if let Some(entry) = self.entries.get_mut(usize::from(slot.0)) {
            if entry.value == value {
                entry.trust = (entry.trust + 1).min(3);
            } else {
                entry.trust = entry.trust.saturating_sub(1);
                entry.value = value;
            }
        }
    }
}

impl Pattern {
    /// The first `len` bytes of the words.
    #[inline]
    fn new_short(words: &[u64; 4], len: usize) -> Self {
        let mut pattern = Self { words: *words, masks: [0; 4], len };
        let mut bits = len * 8;
        for (word, mask) in pattern.words.iter_mut().zip(&mut pattern.masks) {
            *mask = if 64 <= bits { u64::MAX } else { !(u64::MAX << bits) };
            *word &= *mask;
            bits = bits.saturating_sub(64);
        }
        pattern
    }
}

/// The text that begins ahead, with its quote, and the slot where it is remembered; `None` where it is long or escaped.
#[inline]
fn place(words: &[u64; 4]) -> Option<(Slot, Pattern)> {
    let pattern = Pattern::new_short(words, plain_len(words)? + 1);
    let [first, second, third, fourth] = pattern.words;
    let mixed = first ^ second.rotate_left(17) ^ third.rotate_left(31) ^ fourth.rotate_left(47);
    // The upper bits of a product depend on all bits of the factor; nine of them are 512.
    Some((Slot((mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as u16), pattern))
}

/// Where the first quote is, if no backslash comes before it.
#[inline]
fn plain_len(words: &[u64; 4]) -> Option<usize> {
    let mut len = 0;
    for &word in words {
        let (quotes, backslashes) = crate::decode::json::quotes_and_backslashes(word);
        if quotes | backslashes != 0 {
            let is_quote = quotes.trailing_zeros() < backslashes.trailing_zeros();
            return is_quote.then(|| len + (quotes.trailing_zeros() / 8) as usize);
        }
        len += 8;
    }
    None
}

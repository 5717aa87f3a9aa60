//! What came before and will come again: attribute keys, names, the order of keys, and the values that they have.
//!
//! Exports repeat themselves: the keys of one span stand in the next one, in the same order, and many with the same value. So
//! what stood around a key the last time, from the brace before it to its value's first byte, is compared with what lies ahead as a
//! whole; which key to compare with is told by the one before it, and for the first by the span's name. Texts of up to 31 bytes are
//! found by their words, without the interner. A guess costs time when it is wrong and can never give a wrong text.
//!
//! Nothing here is larger than two words where it is handed on: WebAssembly copies what is by a call.

use super::pattern::{Pattern, Quoted, begins_with, place, quoted};
use crate::base::{Interner, StrId, len_u32};
use crate::decode::json::Cursor;

/// How many keys and names are remembered: a few hundred are in use at a time.
const KEYS: usize = 512;
const NAMES: usize = 512;
/// How many values: what comes once takes the place of what came before.
const VALUES: usize = 1024;
/// In how many places a key or name is looked for.
const PROBES: usize = 4;

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

/// How the value of an attribute is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A text.
    Text,
    /// An integer as a text.
    IntText,
    /// An integer as a number.
    Int,
    Bool,
    Double,
}

/// A key that came before.
#[derive(Clone, Copy, Debug)]
struct Key {
    text: Quoted,
    id: StrId,
    /// The list in which it was met last.
    list: u32,
    /// Where the last short text is that it had as a value.
    value: Slot,
    /// What stood from the `{` before it to its value, with the quote of one that is a text.
    head: Pattern<8>,
    form: Form,
}

const NO_KEY: Key = Key { text: [0; 4], id: StrId::EMPTY, list: 0, value: Slot(0), head: Pattern::NONE, form: Form::Text };

/// A name or a value that came before.
#[derive(Clone, Copy, Debug, Default)]
struct Short {
    text: Quoted,
    /// With the quote; 0 where nothing came yet.
    len: u32,
    id: StrId,
}

impl Short {
    fn new(text: &[u8], id: StrId) -> Self {
        Self { text: as_quoted(text), len: len_u32(text.len() + 1), id }
    }

    /// Whether the bytes ahead begin with it.
    #[inline]
    fn matches(&self, ahead: &Quoted) -> bool {
        self.len != 0 && begins_with(ahead, &self.text, self.len as usize)
    }
}

/// A place in one of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot(u16);

impl Slot {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "tables are small")]
    fn new(at: usize) -> Self {
        Self(at as u16)
    }

    #[inline]
    fn at(self) -> usize {
        usize::from(self.0)
    }
}

/// What comes before a key in a list: another key, or of the first the owner's name or kind.
#[derive(Clone, Copy, Debug, Default)]
struct Before(usize);

impl Before {
    const COUNT: usize = KEYS + NAMES + Owner::COUNT;

    #[inline]
    fn key(slot: Slot) -> Self {
        Self(slot.at())
    }

    #[inline]
    fn name(slot: Slot) -> Self {
        Self(KEYS + slot.at())
    }

    #[inline]
    fn owner(owner: Owner) -> Self {
        Self(KEYS + NAMES + owner as usize)
    }
}

/// A text that was taken: where it is known, or its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken<'a> {
    Known(Slot),
    New(&'a [u8]),
}

impl Taken<'_> {
    #[inline]
    pub(super) fn known(self) -> Option<Slot> {
        match self {
            Self::Known(slot) => Some(slot),
            Self::New(_) => None,
        }
    }
}

/// The tables. They belong to one interner.
#[derive(Clone, Debug)]
pub(super) struct Known {
    keys: Box<[Key]>,
    names: Box<[Short]>,
    values: Box<[Short]>,
    /// The key that came next the last time, and the one before that which was another.
    next: Box<[[Slot; 2]]>,
    /// What was read last in the list at hand.
    last: Before,
    /// The name of the owner at hand.
    name: Option<Before>,
    /// The list at hand.
    list: u32,
    /// Whether a key of the list at hand was met in it before, and whether all of its keys came through here.
    is_repeated: bool,
    is_complete: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            keys: vec![NO_KEY; KEYS].into_boxed_slice(),
            names: vec![Short::default(); NAMES].into_boxed_slice(),
            values: vec![Short::default(); VALUES].into_boxed_slice(),
            next: vec![Default::default(); Before::COUNT].into_boxed_slice(),
            last: Before::default(),
            name: None,
            list: 0,
            is_repeated: false,
            is_complete: true,
        }
    }
}

impl Known {
    /// A span or an event begins.
    #[inline]
    pub(super) fn begin_owner(&mut self) {
        self.name = None;
    }

    /// A list of attributes begins.
    #[inline]
    pub(super) fn begin_list(&mut self, owner: Owner) {
        let name = self.name.filter(|_| matches!(owner, Owner::Span | Owner::Event));
        self.last = name.unwrap_or_else(|| Before::owner(owner));
        self.list = self.list.wrapping_add(1);
        self.is_repeated = false;
        self.is_complete = true;
    }

    /// A key was read without these tables.
    #[inline]
    pub(super) fn miss_key(&mut self) {
        self.is_complete = false;
    }

    /// Whether a key of the list stands twice in it; `None` if the rows have to be asked.
    #[inline]
    pub(super) fn repeated(&self) -> Option<bool> {
        self.is_complete.then_some(self.is_repeated)
    }

    /// Takes an attribute up to its value, where it begins as one that is expected here.
    #[inline]
    pub(super) fn take_head(&self, cursor: &mut Cursor<'_>) -> Option<(Slot, Form)> {
        let ahead = cursor.words()?;
        let [first, second] = *self.next.get(self.last.0)?;
        let matching = |slot: Slot| self.keys.get(slot.at()).filter(|key| key.head.matches(&ahead));
        let (slot, key) = match matching(first) {
            Some(key) => (first, key),
            None => (second, matching(second)?),
        };
        cursor.at += key.head.len();
        Some((slot, key.form))
    }

    /// What stands from an attribute's `{` to its value is this.
    #[inline]
    pub(super) fn learn_head(&mut self, slot: Slot, text: &[u8], form: Form) {
        if let Some(key) = self.keys.get_mut(slot.at())
            && (key.form != form || key.head.len() != text.len())
        {
            key.head.learn(text);
            key.form = form;
        }
    }

    /// Takes the key behind whose opening quote the cursor is; `None`, and nothing taken, where it is long or escaped.
    #[inline]
    pub(super) fn take_key<'a>(&self, cursor: &mut Cursor<'a>) -> Option<Taken<'a>> {
        let (text, len) = quoted(cursor.words()?)?;
        let start = cursor.at;
        cursor.at += len + 1;
        let [guess, _] = *self.next.get(self.last.0)?;
        if self.keys.get(guess.at())?.text == text {
            return Some(Taken::Known(guess));
        }
        let found = find(&self.keys, text, |key| &key.text);
        Some(found.map_or_else(|| Taken::New(cursor.between(start, start + len)), Taken::Known))
    }

    /// The place of a key that was taken, now that its attribute is known to be whole; `None` where it is not UTF-8.
    #[inline]
    pub(super) fn settle_key(&mut self, key: Taken<'_>, strings: &mut Interner) -> Option<Slot> {
        match key {
            Taken::Known(slot) => Some(slot),
            Taken::New(text) => self.add_key(text, strings),
        }
    }

    #[cold]
    fn add_key(&mut self, text: &[u8], strings: &mut Interner) -> Option<Slot> {
        let id = intern(text, strings)?;
        let text = as_quoted(text);
        let slot = vacant(&self.keys, text, |key| &key.text);
        let key = self.keys.get_mut(slot.at())?;
        // A key that gives way may come again in this list, unseen.
        self.is_complete &= key.list != self.list;
        *key = Key { text, id, ..NO_KEY };
        Some(slot)
    }

    /// This key comes next in the list at hand: its symbol.
    #[inline]
    pub(super) fn follow(&mut self, slot: Slot) -> Option<StrId> {
        let next = self.next.get_mut(self.last.0)?;
        if next[0] != slot {
            *next = [slot, next[0]];
        }
        self.last = Before::key(slot);
        let key = self.keys.get_mut(slot.at())?;
        self.is_repeated |= key.list == self.list;
        key.list = self.list;
        Some(key.id)
    }

    /// Takes the name behind whose opening quote the cursor is; `None`, and nothing taken, where it is long, escaped or not UTF-8.
    #[inline]
    pub(super) fn name(&mut self, cursor: &mut Cursor<'_>, strings: &mut Interner) -> Option<StrId> {
        let (text, len) = quoted(cursor.words()?)?;
        let slot = match find(&self.names, text, |name| &name.text) {
            Some(slot) => slot,
            None => self.add_name(cursor.between(cursor.at, cursor.at + len), strings)?,
        };
        cursor.at += len + 1;
        self.name = Some(Before::name(slot));
        self.names.get(slot.at()).map(|name| name.id)
    }

    #[cold]
    fn add_name(&mut self, text: &[u8], strings: &mut Interner) -> Option<Slot> {
        let name = Short::new(text, intern(text, strings)?);
        let slot = vacant(&self.names, name.text, |name| &name.text);
        *self.names.get_mut(slot.at())? = name;
        Some(slot)
    }

    /// Takes the value of a key, if that was taken, behind whose opening quote the cursor is; `None` where there is an escape in it.
    #[inline]
    pub(super) fn take_value<'a>(&self, key: Option<Slot>, cursor: &mut Cursor<'a>) -> Option<Taken<'a>> {
        let Some(ahead) = cursor.words() else { return cursor.plain_string_rest().map(Taken::New) };
        if let Some(slot) = key.and_then(|key| self.keys.get(key.at())).map(|key| key.value)
            && let Some(value) = self.values.get(slot.at()).filter(|value| value.matches(&ahead))
        {
            cursor.at += value.len as usize;
            return Some(Taken::Known(slot));
        }
        let Some((text, len)) = quoted(ahead) else { return cursor.plain_string_rest().map(Taken::New) };
        let start = cursor.at;
        cursor.at += len + 1;
        let slot = Slot::new(place(text, VALUES));
        let is_known = self.values.get(slot.at()).is_some_and(|value| value.text == text);
        Some(if is_known { Taken::Known(slot) } else { Taken::New(cursor.between(start, start + len)) })
    }

    /// The symbol of a text that was taken; `None` where it is not UTF-8.
    #[inline]
    pub(super) fn settle_value(&mut self, key: Slot, value: Taken<'_>, strings: &mut Interner) -> Option<StrId> {
        let slot = match value {
            Taken::Known(slot) => slot,
            Taken::New(text) if text.len() < size_of::<Quoted>() => self.add_value(text, strings)?,
            Taken::New(text) => return intern(text, strings),
        };
        self.keys.get_mut(key.at())?.value = slot;
        self.values.get(slot.at()).map(|value| value.id)
    }

    fn add_value(&mut self, text: &[u8], strings: &mut Interner) -> Option<Slot> {
        let value = Short::new(text, intern(text, strings)?);
        let slot = Slot::new(place(value.text, VALUES));
        *self.values.get_mut(slot.at())? = value;
        Some(slot)
    }
}

/// Where a text is in a table, if it is there.
#[inline]
fn find<T>(table: &[T], text: Quoted, of: impl Fn(&T) -> &Quoted) -> Option<Slot> {
    probes(text, table.len()).find(|slot| table.get(slot.at()).is_some_and(|entry| *of(entry) == text))
}

/// Where a text that is not in a table is to be: where nothing is yet, else in the place of another.
fn vacant<T>(table: &[T], text: Quoted, of: impl Fn(&T) -> &Quoted) -> Slot {
    // No text is all zeros: each ends in a quote.
    let is_free = |slot: &Slot| table.get(slot.at()).is_some_and(|entry| *of(entry) == [0; 4]);
    probes(text, table.len()).find(is_free).unwrap_or_else(|| Slot::new(place(text, table.len())))
}

/// Where a text may be in a table of so many, a power of two.
#[inline]
fn probes(text: Quoted, len: usize) -> impl Iterator<Item = Slot> {
    let first = place(text, len);
    (first..first + PROBES).map(move |at| Slot::new(at & len.wrapping_sub(1)))
}

/// The words of a text and the quote behind it.
fn as_quoted(text: &[u8]) -> Quoted {
    let mut words = [0; 4];
    for (word, eight) in words.iter_mut().zip(text.chunks(8)) {
        *word = eight.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    }
    if let Some(word) = words.get_mut(text.len() / 8) {
        *word |= u64::from(b'"') << (text.len() % 8 * 8);
    }
    words
}

#[inline]
fn intern(text: &[u8], strings: &mut Interner) -> Option<StrId> {
    let (id, is_repaired) = strings.intern_bytes(text);
    (!is_repaired).then_some(id)
}

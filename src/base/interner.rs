//! Strings kept once each, in one arena.
//!
//! The hash of a string is computed once per call; a hit compares bytes and never validates UTF-8, since what is in the
//! arena was validated when it came in. Symbols are dense, so what is computed once per distinct string fits in a column.

use hashbrown::HashTable;

use super::hash::hash_bytes;
use super::len_u32;

crate::define_index!(
    /// A string of one interner. 0 is the empty string.
    pub StrId
);

impl StrId {
    /// The empty string.
    pub const EMPTY: Self = Self(0);
}

/// The arena and the table over it.
#[derive(Clone, Debug)]
pub struct Interner {
    arena: String,
    /// Where each string ends in the arena; it starts where the one before ends.
    ends: Vec<u32>,
    /// The low half of each string's hash: filters probes, and lets the table grow without reading the arena.
    hashes: Vec<u32>,
    table: HashTable<u32>,
}

impl Default for Interner {
    fn default() -> Self {
        let mut new = Self { arena: String::new(), ends: Vec::new(), hashes: Vec::new(), table: HashTable::new() };
        new.intern("");
        new
    }
}

impl Interner {
    /// The symbol of `text`.
    #[inline]
    pub fn intern(&mut self, text: &str) -> StrId {
        match self.find_or_hash(text.as_bytes()) {
            Ok(id) => id,
            Err(hash) => self.add(text, hash),
        }
    }

    /// The symbol of bytes that should be UTF-8; what is not is replaced by U+FFFD, and `true` comes back beside the symbol.
    #[inline]
    pub fn intern_bytes(&mut self, bytes: &[u8]) -> (StrId, bool) {
        match self.find_or_hash(bytes) {
            Ok(id) => (id, false),
            Err(hash) => match str::from_utf8(bytes) {
                Ok(text) => (self.add(text, hash), false),
                Err(_) => (self.intern(&String::from_utf8_lossy(bytes)), true),
            },
        }
    }

    /// The symbol of `text`, if it has one.
    pub fn find(&self, text: &str) -> Option<StrId> {
        self.find_or_hash(text.as_bytes()).ok()
    }

    #[inline]
    fn find_or_hash(&self, bytes: &[u8]) -> Result<StrId, u64> {
        let hash = widen(hash_bytes(bytes));
        let found = self.table.find(hash, |&raw| {
            self.hashes.get(raw as usize).is_some_and(|&low| widen(low) == hash) && self.bytes_at(raw) == bytes
        });
        found.map(|&raw| StrId(raw)).ok_or(hash)
    }

    #[cold]
    fn add(&mut self, text: &str, hash: u64) -> StrId {
        // 32-bit offsets: an arena past 4 GiB does not fit wasm's memory. Natively the rest reads as empty text.
        if len_u32(self.arena.len() + text.len()) == u32::MAX {
            return StrId::EMPTY;
        }
        let raw = len_u32(self.ends.len());
        self.arena.push_str(text);
        self.ends.push(len_u32(self.arena.len()));
        #[expect(clippy::cast_possible_truncation, reason = "`widen` made it from 32 bits; these are they")]
        self.hashes.push(hash as u32);
        let hashes = &self.hashes;
        self.table.insert_unique(hash, raw, |&raw| hashes.get(raw as usize).copied().map_or(0, widen));
        StrId(raw)
    }

    #[inline]
    fn bytes_at(&self, raw: u32) -> &[u8] {
        self.get(StrId(raw)).as_bytes()
    }

    /// The text of a symbol; empty for one of another interner that is out of range here.
    #[inline]
    pub fn get(&self, id: StrId) -> &str {
        let at = id.0 as usize;
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(0) };
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.arena.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Distinct strings, the empty one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never: the empty string is always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets the texts that came last, down to so many; whoever remembers their symbols must forget them, too.
    pub fn truncate(&mut self, len: usize) {
        while len.max(1) < self.ends.len() {
            let (raw, hash) = (len_u32(self.ends.len() - 1), self.hashes.pop().map_or(0, widen));
            self.ends.pop();
            if let Ok(entry) = self.table.find_entry(hash, |&known| known == raw) {
                entry.remove();
            }
        }
        self.arena.truncate(self.ends.last().map_or(0, |&end| end as usize));
    }

    /// All symbols with their texts, in order of first coming.
    pub fn iter(&self) -> impl Iterator<Item = (StrId, &str)> {
        (0..len_u32(self.ends.len())).map(|raw| (StrId(raw), self.get(StrId(raw))))
    }

    /// All texts one after the other, and where each ends.
    pub fn parts(&self) -> (&str, &[u32]) {
        (&self.arena, &self.ends)
    }

    /// From what [`parts`](Self::parts) gave, if it fits together. The symbols have their texts, but no text is found.
    pub fn from_parts(arena: String, ends: Vec<u32>) -> Option<Self> {
        let is_end = |&end: &u32| arena.is_char_boundary(end as usize);
        (ends.first() == Some(&0) && ends.is_sorted() && ends.iter().all(is_end)).then(|| Self {
            arena,
            ends,
            hashes: Vec::new(),
            table: HashTable::new(),
        })
    }

    /// Bytes of text.
    pub fn text_bytes(&self) -> usize {
        self.arena.len()
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.arena.capacity() + self.ends.capacity() * 4 + self.hashes.capacity() * 4 + self.table.allocation_size()
    }

    /// Gives back what was reserved for growth.
    pub fn shrink(&mut self) {
        self.arena.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.hashes.shrink_to_fit();
        let hashes = &self.hashes;
        self.table.shrink_to_fit(|&raw| hashes.get(raw as usize).copied().map_or(0, widen));
    }
}

/// Spreads a 32-bit hash over 64 bits: the table takes its control bits from the top and its bucket from the bottom.
#[inline]
fn widen(low: u32) -> u64 {
    (low as u64) << 32 | low as u64
}

#[cfg(test)]
mod tests {
    use super::{Interner, StrId};

    #[test]
    fn each_text_has_one_symbol() {
        let mut strings = Interner::default();
        let ids: Vec<_> = (0..1000).map(|n| strings.intern(&n.to_string())).collect();
        assert_eq!(strings.intern(""), StrId::EMPTY);
        assert_eq!(strings.len(), 1001);
        for (n, &id) in ids.iter().enumerate() {
            assert_eq!(strings.get(id), n.to_string());
            assert_eq!(strings.intern(&n.to_string()), id);
        }
    }

    #[test]
    fn broken_text_is_repaired_and_told() {
        let mut strings = Interner::default();
        let (id, repaired) = strings.intern_bytes(b"a\xffb");
        assert!(repaired);
        assert_eq!(strings.get(id), "a\u{fffd}b");
        assert!(!strings.intern_bytes("a\u{fffd}b".as_bytes()).1);
    }
}

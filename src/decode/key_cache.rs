//! Symbols of the texts that come again and again: attribute keys, names of spans and events.
//!
//! A small direct-mapped table in front of the interner. A text of up to 32 bytes is compared as four words, without reading the
//! arena; a longer one goes straight to the interner. The words cover every byte, so a hit is always right.

use crate::base::{Interner, StrId};

/// The table. It belongs to one interner.
#[derive(Clone, Debug)]
pub(super) struct KeyCache {
    entries: Box<[Entry]>,
    /// By how much a hash is shifted so that what is left of it is a place in the table.
    shift: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    words: Words,
    id: StrId,
}

/// All bytes of a text of up to 32, as two words that may overlap, and its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    first: u128,
    last: u128,
    len: u32,
}

impl KeyCache {
    /// For keys and names: an export has a few hundred, and 512 entries of 48 bytes stay in the first-level cache.
    pub(super) fn for_keys() -> Self {
        Self::with_bits(9)
    }

    /// For values: few enough that what often comes again stays near, whatever comes once in between.
    pub(super) fn for_values() -> Self {
        Self::with_bits(10)
    }

    fn with_bits(bits: u32) -> Self {
        // An entry of length 0 with words of 0 stands for the empty text, whose symbol is 0: right from the start.
        Self { entries: vec![Entry::default(); 1 << bits].into_boxed_slice(), shift: 64 - bits }
    }

    /// The symbol of bytes that should be UTF-8; `true` beside it where some had to be replaced.
    #[inline]
    pub(super) fn intern_bytes(&mut self, strings: &mut Interner, bytes: &[u8]) -> (StrId, bool) {
        let Some(words) = Words::of(bytes) else { return strings.intern_bytes(bytes) };
        let Some(entry) = self.entries.get_mut(words.slot(self.shift)) else { return strings.intern_bytes(bytes) };
        if entry.words == words {
            return (entry.id, false);
        }
        let (id, is_repaired) = strings.intern_bytes(bytes);
        // A repaired text is told each time, so it must miss each time.
        if !is_repaired {
            *entry = Entry { words, id };
        }
        (id, is_repaired)
    }
}

impl Words {
    #[inline]
    fn of(bytes: &[u8]) -> Option<Self> {
        let len = crate::base::len_u32(bytes.len());
        let (first, last) = if let (Some(first), Some(last)) = (bytes.first_chunk::<16>(), bytes.last_chunk::<16>()) {
            if 32 < len {
                return None;
            }
            (u128::from_le_bytes(*first), u128::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (u128::from(u64::from_le_bytes(*first)), u128::from(u64::from_le_bytes(*last)))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (u128::from(u32::from_le_bytes(*first)), u128::from(u32::from_le_bytes(*last)))
        } else {
            (bytes.iter().fold(0, |word, &byte| word << 8 | u128::from(byte)), 0)
        };
        Some(Self { first, last, len })
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a hash is made of the halves")]
    fn slot(self, shift: u32) -> usize {
        let (a, b) = (self.first as u64, (self.first >> 64) as u64);
        let (c, d) = (self.last as u64, (self.last >> 64) as u64);
        let mixed = a ^ b.rotate_left(17) ^ c.rotate_left(31) ^ d.rotate_left(47) ^ u64::from(self.len);
        // The upper bits of a product depend on all bits of the factor.
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::KeyCache;
    use crate::base::Interner;

    #[test]
    fn gives_what_the_interner_gives() {
        let (mut cache, mut strings) = (KeyCache::for_keys(), Interner::default());
        let long = "http.request.header.x-forwarded-for.and.more";
        let texts: Vec<String> = (0..3000)
            .map(|n| format!("{}{}", long.get(..n % 45).unwrap(), n % 7))
            .chain([String::new(), "\0".into(), "\0\0".into()])
            .collect();
        for text in texts.iter().chain(&texts) {
            let (id, is_repaired) = cache.intern_bytes(&mut strings, text.as_bytes());
            assert!(!is_repaired);
            assert_eq!(strings.get(id), text);
        }
        for _ in 0..2 {
            assert!(cache.intern_bytes(&mut strings, b"a\xff").1);
        }
    }
}

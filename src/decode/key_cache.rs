//! Symbols of the texts that come again and again: attribute keys, names of spans and events.
//!
//! A small direct-mapped table in front of the interner. A text of up to 32 bytes is compared as four words, without reading the
//! arena; a longer one goes straight to the interner. The words cover every byte, so a hit is always right.

use crate::base::{Interner, StrId};

/// Distinct keys and names of an export are a few hundred; 512 entries of 40 bytes stay in the first-level cache.
const ENTRIES: usize = 512;

/// The table. It belongs to one interner.
#[derive(Clone, Debug)]
pub(super) struct KeyCache {
    entries: Box<[Entry]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    words: [u64; 4],
    len: usize,
    id: StrId,
}

impl Default for KeyCache {
    fn default() -> Self {
        // An entry of length 0 with words of 0 stands for the empty text, whose symbol is 0: right from the start.
        Self { entries: vec![Entry::default(); ENTRIES].into_boxed_slice() }
    }
}

impl KeyCache {
    /// The symbol of bytes that should be UTF-8; `true` beside it where some had to be replaced.
    #[inline]
    pub(super) fn intern_bytes(&mut self, strings: &mut Interner, bytes: &[u8]) -> (StrId, bool) {
        let Some(words) = words(bytes) else { return strings.intern_bytes(bytes) };
        let Some(entry) = self.entries.get_mut(slot(words, bytes.len())) else { return strings.intern_bytes(bytes) };
        if entry.words == words && entry.len == bytes.len() {
            return (entry.id, false);
        }
        let (id, is_repaired) = strings.intern_bytes(bytes);
        // A repaired text is told each time, so it must miss each time.
        if !is_repaired {
            *entry = Entry { words, len: bytes.len(), id };
        }
        (id, is_repaired)
    }
}

#[inline]
fn slot(words: [u64; 4], len: usize) -> usize {
    let [a, b, c, d] = words;
    let mixed = a ^ b.rotate_left(17) ^ c.rotate_left(31) ^ d.rotate_left(47) ^ len as u64;
    // The upper bits of a product depend on all bits of the factor; nine of them are 512.
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as usize
}

/// All bytes of a text of up to 32, as words that overlap.
#[inline]
fn words(bytes: &[u8]) -> Option<[u64; 4]> {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let (a, d) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        if len <= 16 {
            return Some([a, 0, 0, d]);
        }
        if 32 < len {
            return None;
        }
        let b = bytes.get(8..16).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        let c = bytes.get(len - 16..len - 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        return Some([a, b, c, d]);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return Some([u64::from(u32::from_le_bytes(*first)), 0, 0, u64::from(u32::from_le_bytes(*last))]);
    }
    let mut word = 0;
    for &byte in bytes {
        word = word << 8 | u64::from(byte);
    }
    Some([word, 0, 0, 0])
}

#[cfg(test)]
mod tests {
    use super::KeyCache;
    use crate::base::Interner;

    #[test]
    fn gives_what_the_interner_gives() {
        let (mut cache, mut strings) = (KeyCache::default(), Interner::default());
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

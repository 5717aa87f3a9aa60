//! Stretches of text that are looked for ahead, compared as words: a few instructions, whatever their length.

use crate::decode::json::{Cursor, quotes_and_backslashes};

/// Up to `8 * N` bytes to be found ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern<const N: usize> {
    /// The bytes, zeros behind them.
    words: [u64; N],
    masks: [u64; N],
    len: usize,
}

impl<const N: usize> Pattern<N> {
    /// Matches nothing.
    pub(super) const NONE: Self = Self { words: [1; N], masks: [0; N], len: 0 };

    /// Matches these bytes; nothing, where they are too many.
    pub(super) const fn new(text: &[u8]) -> Self {
        if N * 8 < text.len() {
            return Self::NONE;
        }
        let (mut words, mut masks) = ([0; N], [0; N]);
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

    /// Matches these bytes from now on.
    #[cold]
    pub(super) fn learn(&mut self, text: &[u8]) {
        *self = Self::new(text);
    }

    /// How many bytes it matches.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether the bytes ahead begin with it.
    #[inline]
    pub(super) fn matches(&self, ahead: &[u64; N]) -> bool {
        is_same(ahead, &self.words, &self.masks)
    }

    /// Takes it, if it is ahead.
    #[inline]
    pub(super) fn take(&self, cursor: &mut Cursor<'_>) -> bool {
        let found = cursor.words().is_some_and(|ahead| self.matches(&ahead));
        if found {
            cursor.at += self.len;
        }
        found
    }
}

/// A text of up to 31 bytes with the quote behind it, as words; zeros follow.
pub(super) type Quoted = [u64; 4];

/// What leaves the first so many bytes of words.
static MASKS: [Quoted; size_of::<Quoted>() + 1] = {
    let mut masks = [[0; 4]; size_of::<Quoted>() + 1];
    let (mut rest, mut len): (&mut [Quoted], _) = (&mut masks, 0);
    while let Some((mask, longer)) = rest.split_first_mut() {
        let ones = [0xff; size_of::<Quoted>()];
        *mask = Pattern::new(ones.split_at(len).0).masks;
        (rest, len) = (longer, len + 1);
    }
    masks
};

/// Whether the bytes ahead begin with the first `len` of a text.
#[inline]
pub(super) fn begins_with(ahead: &Quoted, text: &Quoted, len: usize) -> bool {
    MASKS.get(len).is_some_and(|masks| is_same(ahead, text, masks))
}

/// Whether what the masks leave of the bytes ahead is these words. No branch: LLVM makes it a few wide instructions.
#[inline]
fn is_same<const N: usize>(ahead: &[u64; N], words: &[u64; N], masks: &[u64; N]) -> bool {
    let mut differing = 0;
    for ((word, mask), ahead) in words.iter().zip(masks).zip(ahead) {
        differing |= ahead & mask ^ word;
    }
    differing == 0
}

/// The text that is ahead, and its length without the quote; `None` where it is long or escaped.
#[inline]
pub(super) fn quoted(mut ahead: Quoted) -> Option<(Quoted, usize)> {
    let len = plain_len(&ahead)?;
    for (word, mask) in ahead.iter_mut().zip(MASKS.get(len + 1)?) {
        *word &= mask;
    }
    Some((ahead, len))
}

/// A place in a table of so many, a power of two of up to 65,536.
#[inline]
pub(super) fn place([first, second, third, fourth]: Quoted, len: usize) -> usize {
    let mixed = first ^ second.rotate_left(17) ^ third.rotate_left(31) ^ fourth.rotate_left(47);
    // The upper bits of a product depend on all bits of the factor.
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize & len.wrapping_sub(1)
}

/// Where the first quote is, if no backslash comes before it.
#[inline]
fn plain_len(words: &Quoted) -> Option<usize> {
    let mut len = 0;
    for &word in words {
        let (quotes, backslashes) = quotes_and_backslashes(word);
        if quotes | backslashes != 0 {
            let is_quote = quotes.trailing_zeros() < backslashes.trailing_zeros();
            return is_quote.then(|| len + (quotes.trailing_zeros() / 8) as usize);
        }
        len += 8;
    }
    None
}

//! A set of row numbers as plain bits.

/// A set of numbers below a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BitSet {
    words: Vec<u64>,
    len: usize,
}

impl BitSet {
    /// No number below `len` is in it.
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// The bound.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the bound is 0.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether `at` is in it.
    #[inline]
    pub fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Adds `at`; false if it was in already or is out of bounds.
    #[inline]
    pub fn insert(&mut self, at: usize) -> bool {
        if self.len <= at {
            return false;
        }
        let Some(word) = self.words.get_mut(at / 64) else { return false };
        let bit = 1 << (at % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// How many are in it.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many below `at` are in it.
    pub fn rank(&self, at: usize) -> usize {
        let whole: usize = self.words.iter().take(at / 64).map(|word| word.count_ones() as usize).sum();
        let rest = self.words.get(at / 64).map_or(0, |word| (word & ((1 << (at % 64)) - 1)).count_ones() as usize);
        whole + rest
    }

    /// The least member at or above `from`.
    pub fn next(&self, from: usize) -> Option<usize> {
        let mut at = from / 64;
        let mut word = self.words.get(at)? & (u64::MAX << (from % 64));
        loop {
            if word != 0 {
                return Some(at * 64 + word.trailing_zeros() as usize);
            }
            at += 1;
            word = *self.words.get(at)?;
        }
    }

    /// The greatest member below `before`.
    pub fn previous(&self, before: usize) -> Option<usize> {
        let before = before.min(self.len);
        let mut at = before / 64;
        let mut word = self.words.get(at).map_or(0, |word| word & ((1 << (before % 64)) - 1));
        loop {
            if word != 0 {
                return Some(at * 64 + 63 - word.leading_zeros() as usize);
            }
            at = at.checked_sub(1)?;
            word = *self.words.get(at)?;
        }
    }

    /// The members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.next(0), |&at| self.next(at + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::BitSet;

    #[test]
    fn walks_both_ways_over_word_borders() {
        let mut set = BitSet::new(200);
        for at in [0, 63, 64, 65, 127, 128, 199] {
            assert!(set.insert(at));
            assert!(!set.insert(at));
        }
        assert!(!set.insert(200));
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 65, 127, 128, 199]);
        assert_eq!(set.count(), 7);
        assert_eq!(set.rank(65), 3);
        assert_eq!(set.next(66), Some(127));
        assert_eq!(set.previous(64), Some(63));
        assert_eq!(set.previous(200), Some(199));
        assert_eq!(set.previous(0), None);
        assert_eq!(set.next(200), None);
    }
}

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

    /// Every number below `len` is in it.
    pub fn full(len: usize) -> Self {
        let mut new = Self { words: vec![u64::MAX; len.div_ceil(64)], len };
        if let Some(last) = new.words.last_mut().filter(|_| !len.is_multiple_of(64)) {
            *last = (1 << (len % 64)) - 1;
        }
        new
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

    /// Adds all from `start` up to before `end`.
    pub fn insert_range(&mut self, start: usize, end: usize) {
        let end = end.min(self.len);
        let mut at = start;
        while at < end {
            let until = end.min((at / 64 + 1) * 64);
            let ones = if until - at == 64 { u64::MAX } else { ((1 << (until - at)) - 1) << (at % 64) };
            if let Some(word) = self.words.get_mut(at / 64) {
                *word |= ones;
            }
            at = until;
        }
    }

    /// Takes `at` out.
    #[inline]
    pub fn remove(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// Adds what is in another.
    pub fn union(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Keeps what is in another, too.
    pub fn intersect(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Takes out what is in another.
    pub fn subtract(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    /// Whether none is in it.
    pub fn is_clear(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Those of which something holds; it is asked in ascending order.
    #[inline]
    #[must_use]
    pub fn filtered(&self, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut words = Vec::with_capacity(self.words.len());
        for (at, &word) in self.words.iter().enumerate() {
            let (mut left, mut kept) = (word, 0);
            if word == u64::MAX {
                for bit in 0..64 {
                    kept |= u64::from(holds(at * 64 + bit)) << bit;
                }
                left = 0;
            }
            while left != 0 {
                let bit = left.trailing_zeros();
                kept |= u64::from(holds(at * 64 + bit as usize)) << bit;
                left &= left - 1;
            }
            words.push(kept);
        }
        Self { words, len: self.len }
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

    #[test]
    fn is_a_set() {
        for len in [0, 1, 63, 64, 65, 200] {
            let full = BitSet::full(len);
            assert_eq!(full.iter().collect::<Vec<_>>(), (0..len).collect::<Vec<_>>());
            let (third, even) = (full.filtered(|at| at % 3 == 0), full.filtered(|at| at % 2 == 0));
            let (mut both, mut either, mut rest) = (third.clone(), third.clone(), third.clone());
            both.intersect(&even);
            either.union(&even);
            rest.subtract(&even);
            assert_eq!(both, full.filtered(|at| at % 6 == 0));
            assert_eq!(either, full.filtered(|at| at % 2 == 0 || at % 3 == 0));
            assert_eq!(rest, third.filtered(|at| at % 2 == 1));
            rest.subtract(&third);
            assert!(rest.is_clear());
            for (start, end) in [(0, len), (3, 64), (60, 130), (64, 128), (5, 5), (100, 900)] {
                let mut range = BitSet::new(len);
                range.insert_range(start, end);
                assert_eq!(range, full.filtered(|at| start <= at && at < end));
                range.remove(64);
                assert!(!range.has(64));
            }
        }
    }
}

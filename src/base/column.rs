//! Columns addressed by one index type each, ranges of such indices, and sparse columns for what is rare.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use super::len_u32;
use super::order::sort_few_by_key;

/// A `u32` index into one table. Made by [`define_index!`](crate::define_index).
pub trait Idx: Copy + Ord {
    /// From its number.
    fn from_u32(raw: u32) -> Self;
    /// Its number.
    fn to_u32(self) -> u32;
    /// Its number, for slices.
    #[inline]
    fn usize(self) -> usize {
        self.to_u32() as usize
    }
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column<I, T> {
    rows: Vec<T>,
    index: PhantomData<fn(I) -> I>,
}

impl<I, T> Default for Column<I, T> {
    fn default() -> Self {
        Self { rows: Vec::new(), index: PhantomData }
    }
}

impl<I: Idx, T> Column<I, T> {
    /// Takes a vector as a column.
    pub fn from_vec(rows: Vec<T>) -> Self {
        Self { rows, index: PhantomData }
    }

    /// An empty column with room for `rows`.
    pub fn with_capacity(rows: usize) -> Self {
        Self::from_vec(Vec::with_capacity(rows))
    }

    /// Appends a row and returns its index.
    #[inline]
    pub fn push(&mut self, row: T) -> I {
        let idx = I::from_u32(len_u32(self.rows.len()));
        self.rows.push(row);
        idx
    }

    /// Rows.
    #[inline]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The index that the next pushed row gets.
    #[inline]
    pub fn end(&self) -> I {
        I::from_u32(len_u32(self.rows.len()))
    }

    /// Drops rows from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.rows.truncate(len);
    }

    /// The rows as a slice.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        &self.rows
    }

    /// The rows as a slice.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.rows
    }

    /// The vector underneath.
    pub fn into_vec(self) -> Vec<T> {
        self.rows
    }

    /// The vector underneath, for bulk appends.
    #[inline]
    pub fn vec_mut(&mut self) -> &mut Vec<T> {
        &mut self.rows
    }

    /// The row, where there is one. (Not named `get`: clippy would take every typed index for a raw one.)
    #[inline]
    pub fn row(&self, idx: I) -> Option<&T> {
        self.rows.get(idx.usize())
    }

    /// The rows of a range; empty if it lies outside.
    #[inline]
    pub fn slice(&self, range: IdxRange<I>) -> &[T] {
        self.rows.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// Indices and rows.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.rows.iter().enumerate().map(|(at, row)| (I::from_u32(len_u32(at)), row))
    }

    /// All indices.
    pub fn range(&self) -> IdxRange<I> {
        IdxRange::new(0, len_u32(self.rows.len()))
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<T>()
    }
}

impl<I: Idx, T: Copy> Column<I, T> {
    /// The column with its rows in another order: row `n` of the result is row `order[n]` of this one.
    #[must_use]
    pub fn gather(&self, order: &[u32]) -> Self {
        Self::from_vec(order.iter().filter_map(|&old| self.rows.get(old as usize).copied()).collect())
    }
}

#[expect(clippy::indexing_slicing, reason = "the typed index is what makes a wrong row unlikely; out of range is a bug of ours")]
mod typed_indexing {
    use super::{Column, Idx, Index, IndexMut};

    impl<I: Idx, T> Index<I> for Column<I, T> {
        type Output = T;
        #[inline]
        fn index(&self, idx: I) -> &T {
            &self.rows[idx.usize()]
        }
    }

    impl<I: Idx, T> IndexMut<I> for Column<I, T> {
        #[inline]
        fn index_mut(&mut self, idx: I) -> &mut T {
            &mut self.rows[idx.usize()]
        }
    }
}

/// Rows `start..end` of one table.
#[derive(Debug)]
pub struct IdxRange<I> {
    /// First row.
    pub start: u32,
    /// Row after the last.
    pub end: u32,
    index: PhantomData<fn(I) -> I>,
}

impl<I> Clone for IdxRange<I> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}
impl<I> Copy for IdxRange<I> {}
impl<I> PartialEq for IdxRange<I> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.end) == (other.start, other.end)
    }
}
impl<I> Eq for IdxRange<I> {}
impl<I> Default for IdxRange<I> {
    fn default() -> Self {
        Self { start: 0, end: 0, index: PhantomData }
    }
}

impl<I: Idx> IdxRange<I> {
    /// Rows `start..end`; empty where `end` is not above `start`.
    #[inline]
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end: end.max(start), index: PhantomData }
    }

    /// Rows.
    #[inline]
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }

    /// Whether the row is in it.
    #[inline]
    pub fn contains(self, idx: I) -> bool {
        (self.start..self.end).contains(&idx.to_u32())
    }

    /// The first row.
    #[inline]
    pub fn first(self) -> Option<I> {
        (!self.is_empty()).then(|| I::from_u32(self.start))
    }

    /// The rows, in order.
    #[inline]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator {
        (self.start..self.end).map(I::from_u32)
    }

    /// The range; `0..0` where it is empty, so that it does not tell what came before it.
    #[inline]
    #[must_use]
    pub fn settled(self) -> Self {
        if self.is_empty() { Self::default() } else { self }
    }

    /// The range, moved up by `by` rows; an empty one stays.
    #[inline]
    #[must_use]
    pub fn shifted(self, by: u32) -> Self {
        Self::new(self.start.saturating_add(by), self.end.saturating_add(by)).settled()
    }
}

/// A column that few rows have: pairs in ascending order of row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sparse<I, T> {
    pairs: Vec<(I, T)>,
}

impl<I, T> Default for Sparse<I, T> {
    fn default() -> Self {
        Self { pairs: Vec::new() }
    }
}

impl<I: Idx, T: Copy> Sparse<I, T> {
    /// Adds a value for `idx`, which is not below any row that has one.
    #[inline]
    pub fn push(&mut self, idx: I, value: T) {
        self.pairs.push((idx, value));
    }

    /// The value of a row.
    pub fn get(&self, idx: I) -> Option<T> {
        let at = self.pairs.binary_search_by(|(row, _)| row.cmp(&idx)).ok()?;
        self.pairs.get(at).map(|&(_, value)| value)
    }

    /// Rows that have a value.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no row has one.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (I, T)> + '_ {
        self.pairs.iter().copied()
    }

    /// Drops pairs from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.pairs.truncate(len);
    }

    /// Makes a column of pairs in any order; of several values for one row the first stays.
    pub fn from_unsorted(mut pairs: Vec<(I, T)>) -> Self {
        sort_few_by_key(&mut pairs, |&(row, _)| row);
        pairs.dedup_by_key(|&mut (row, _)| row);
        Self { pairs }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.pairs.capacity() * size_of::<(I, T)>()
    }
}

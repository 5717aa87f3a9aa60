//! A compression, or UTF-16, around what a source holds: what waits in front of it, and what came out of it.

use super::inflate::{Inflater, MIN_ROOM};

/// A layer's buffer: two zstd blocks, and small enough for a cache.
pub(super) const BUFFER: usize = 2 * MIN_ROOM;

/// One layer of a source.
pub(super) struct Layer {
    pub(super) inflater: Inflater,
    /// What was looked at before this layer was known; read first.
    pub(super) preface: Vec<u8>,
    /// Bytes of `preface` that were read.
    pub(super) preface_read: usize,
    pub(super) out: Vec<u8>,
    /// Bytes of `out` that wait for the next layer: `waiting.0..waiting.1`.
    pub(super) waiting: (usize, usize),
    /// More comes out without more going in.
    pub(super) is_full: bool,
    /// What is wrong behind the bytes in `out`: told once those are read, since what they are may end the reading.
    pub(super) damage: Option<&'static str>,
    /// Bytes that went in and came out in all.
    pub(super) taken: u64,
    pub(super) total: u64,
}

impl Layer {
    /// Begins with what was looked at so far.
    pub(super) fn new(inflater: Inflater, preface: Vec<u8>) -> Self {
        Self {
            inflater,
            preface,
            preface_read: 0,
            out: vec![0; BUFFER],
            waiting: (0, 0),
            is_full: false,
            damage: None,
            taken: 0,
            total: 0,
        }
    }
}

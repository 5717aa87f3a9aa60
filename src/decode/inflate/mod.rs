//! Compressed bytes pushed in, plain bytes handed out, in pieces of bounded size.
//!
//! A stream is a row of gzip members or of zstd frames, as `cat` makes them. One that is damaged costs itself: what came
//! before the damage has been handed out, and reading goes on with the next member or frame that can be found.

mod gzip;
mod utf16;
mod zstd;

use gzip::Gzip;
use utf16::Utf16;
pub(super) use zstd::{Frames, MAGIC as ZSTD_MAGIC, Zstd};

/// The least room that a step must be given: a zstd block is 128 KiB at most, and is handed out whole.
pub(super) const MIN_ROOM: usize = 128 << 10;

/// Inflated bytes per byte of the source. A span has 24 bytes of random ids in about 600 bytes of JSON, so OTLP compresses to a
/// twenty-fifth at best; logs without ids to a hundredth or so. Deflate ends at 1 : 1,032, zstd and layers far beyond.
pub(super) const MAX_RATIO: u64 = 500;
/// The ratio is not looked at before so much came out; it is read in a tenth of a second.
const RATIO_FROM: u64 = 64 << 20;
/// Inflated bytes in all: ten times what a browser's memory could hold as spans.
const MAX_INFLATED: u64 = 16 << 30;

/// Whether `read` bytes that became `inflated` are an attack rather than a file.
pub(super) fn is_bomb(read: u64, inflated: u64) -> bool {
    MAX_INFLATED < inflated || (RATIO_FROM < inflated && read.saturating_mul(MAX_RATIO) < inflated)
}

/// How far a step got.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Bytes taken from the input.
    pub consumed: usize,
    /// Bytes written to the output.
    pub produced: usize,
    /// More output waits, whether or not there is more input.
    pub is_full: bool,
    /// What is wrong with the stream at this point. The step after it looks for the next member or frame.
    pub damage: Option<&'static str>,
}

/// A decompressor, or another transformation of a stream.
pub(super) enum Inflater {
    /// gzip members.
    Gzip(Gzip),
    /// zstd frames.
    Zstd(Box<Zstd>),
    /// UTF-16 to UTF-8.
    Utf16(Utf16),
}

impl Inflater {
    /// For gzip.
    pub(super) fn gzip() -> Self {
        Self::Gzip(Gzip::default())
    }

    /// For zstd.
    pub(super) fn zstd() -> Self {
        Self::Zstd(Box::new(Zstd::new(Frames::Many)))
    }

    /// For UTF-16 in either byte order.
    pub(super) fn utf16(order: ByteOrder) -> Self {
        Self::Utf16(Utf16::new(order))
    }

    /// What it is called.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Gzip(_) => "gzip",
            Self::Zstd(_) => "zstd",
            Self::Utf16(_) => "UTF-16",
        }
    }

    /// Whether it is a compression.
    pub(super) fn is_compression(&self) -> bool {
        !matches!(self, Self::Utf16(_))
    }

    /// Takes some of `input` and writes some of `output`, which has [`MIN_ROOM`] bytes or more. Either moves on, reports damage,
    /// or needs more input than it is given.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        match self {
            Self::Gzip(gzip) => gzip.step(input, output),
            Self::Zstd(zstd) => zstd.step(input, output),
            Self::Utf16(utf16) => utf16.step(input, output),
        }
    }

    /// What is wrong with the stream if it ends here.
    pub(super) fn damage_at_end(&self) -> Option<&'static str> {
        match self {
            Self::Gzip(gzip) => gzip.damage_at_end(),
            Self::Zstd(zstd) => zstd.damage_at_end(),
            Self::Utf16(utf16) => utf16.damage_at_end(),
        }
    }
}

/// Which byte of two comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    /// The lower.
    Little,
    /// The upper.
    Big,
}

//! A part of the sources: which one is wanted, what fits where not all does, and what was left out.

use serde::{Deserialize, Serialize};

use super::Failure;

/// Which spans to load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Portion {
    /// All.
    #[default]
    All,
    /// The first, in the order of the sources.
    First {
        /// How many.
        spans: u64,
    },
    /// Those that run at some time of a range, its ends included.
    Time {
        /// The first nanosecond.
        from: u64,
        /// The last nanosecond.
        to: u64,
    },
    /// Traces in which a span has status Error, whole. The sources are read twice.
    Errors,
    /// One of so many traces, whole: the same ones each time, and from every source.
    Share {
        /// Of how many.
        one_in: u32,
    },
}

/// Why not all can be loaded, in words and in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// In words.
    pub failure: Failure,
    /// In numbers.
    pub excess: Excess,
}

/// More than fits: how much there is, and how much of it would fit, going by what was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excess {
    /// Bytes of the sources, as stored; those that are known.
    pub sources_bytes: u64,
    /// Bytes of memory that all of them would need, with what is open meanwhile; an estimate.
    pub needed_bytes: u64,
    /// Bytes of memory that there are.
    pub limit_bytes: u64,
    /// Bytes of it that the open data set takes meanwhile.
    pub held_bytes: u64,
    /// Bytes that were read, as stored: the estimate is as sure as these are many. 0 if only the size was looked at.
    pub read_bytes: u64,
    /// Spans that were read.
    pub read_spans: u64,
    /// About so many spans are in the sources; 0 if nothing tells.
    pub spans: u64,
    /// About so many of them fit; rounded down.
    pub spans_fit: u64,
    /// The earliest start that was read; 0 if none.
    pub start: u64,
    /// The latest end that was read; 0 if none.
    pub end: u64,
}

impl Excess {
    /// The largest share of whole traces that fits: one in so many. With a fifth to spare, since traces are of all sizes.
    pub fn fitting_share(&self) -> u32 {
        let most = self.spans_fit.saturating_mul(4);
        let one_in = if most == 0 { 100 } else { self.spans.saturating_mul(5).div_ceil(most).max(2) };
        u32::try_from(one_in).unwrap_or(u32::MAX)
    }
}

/// What is missing from a data set of which only a part was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    /// What was asked for; of several openings the first of a part.
    pub portion: Portion,
    /// Span records that were read and left out.
    pub left_out: u64,
    /// Those of them that were asked for, and no longer fitted into memory.
    pub unfit: u64,
    /// Whether what is loaded of a trace is all that there is of it.
    pub is_whole: bool,
    /// Whether other parts of other sources joined.
    pub is_mixed: bool,
}

//! Trace and span ids, with all their bytes, and the row numbers of spans, traces and services.

use std::fmt;

use crate::base::{Interner, StrId};

crate::define_index!(
    /// A span: its row in the data set (in a batch: its place in the file).
    pub SpanIdx
);
crate::define_index!(
    /// A trace.
    pub TraceIdx
);
crate::define_index!(
    /// A service: a distinct `service.name`.
    pub ServiceIdx
);

/// A trace id. OTLP's is 16 bytes and not all zero; anything else that a file has there is an id all the same, kept as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TraceKey {
    /// None, empty or all zero.
    #[default]
    Missing,
    /// 16 bytes, big-endian.
    Regular(u128),
    /// Irregular: its text.
    Text(StrId),
}

/// A span id. OTLP's is 8 bytes and not all zero; anything else is kept as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanKey {
    /// None, empty or all zero.
    #[default]
    Missing,
    /// 8 bytes, big-endian.
    Regular(u64),
    /// Irregular: its text.
    Text(StrId),
}

impl TraceKey {
    /// From 16 bytes.
    pub fn from_number(number: u128) -> Self {
        if number == 0 { Self::Missing } else { Self::Regular(number) }
    }

    /// 32 lower-case hex digits, the irregular text, or nothing.
    pub fn display(self, strings: &Interner) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Self::Missing => Ok(()),
            Self::Regular(number) => write!(f, "{number:032x}"),
            Self::Text(text) => f.write_str(strings.get(text)),
        })
    }
}

impl SpanKey {
    /// From 8 bytes.
    pub fn from_number(number: u64) -> Self {
        if number == 0 { Self::Missing } else { Self::Regular(number) }
    }

    /// 16 lower-case hex digits, the irregular text, or nothing.
    pub fn display(self, strings: &Interner) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Self::Missing => Ok(()),
            Self::Regular(number) => write!(f, "{number:016x}"),
            Self::Text(text) => f.write_str(strings.get(text)),
        })
    }
}

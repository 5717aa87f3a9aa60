//! The critical path of a trace: the spans, and the parts of them, whose shortening would shorten the trace.

use crate::base::IdxRange;
use crate::model::{Dataset, SpanIdx};

/// Where each span of a trace is on the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CriticalPath {
    /// (span, start, end): absolute times, ascending and disjoint.
    pub parts: Vec<(SpanIdx, u64, u64)>,
    /// Spans that run on after their parent has ended.
    pub outliving: u32,
}

impl CriticalPath {
    /// The path of the trace that has these rows.
    pub fn of(_dataset: &Dataset, _rows: IdxRange<SpanIdx>) -> Self {
        Self::default()
    }
}

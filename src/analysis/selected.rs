//! The part of a data set that is looked at: whole traces, or some spans of them.

use crate::base::{BitSet, Idx as _, IdxRange};
use crate::model::{Dataset, SpanIdx, TraceIdx};

/// Traces, and which of their spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// The traces that hold a selected span, by start.
    pub traces: Vec<TraceIdx>,
    /// The spans; `None`: all spans of the traces. A span of another trace is never in it.
    pub spans: Option<BitSet>,
}

impl Selected {
    /// Everything.
    pub fn all(dataset: &Dataset) -> Self {
        Self { traces: dataset.traces.key.iter().map(|(trace, _)| trace).collect(), spans: None }
    }

    /// A trace.
    pub fn trace(trace: TraceIdx) -> Self {
        Self { traces: vec![trace], spans: None }
    }

    /// Whether a span of one of the traces is selected.
    #[inline]
    pub fn has(&self, span: SpanIdx) -> bool {
        self.spans.as_ref().is_none_or(|spans| spans.has(span.usize()))
    }

    /// How many spans.
    pub fn count(&self, dataset: &Dataset) -> usize {
        match &self.spans {
            Some(spans) => spans.count(),
            None => self.ranges(dataset).map(|rows| rows.len() as usize).sum(),
        }
    }

    /// The rows of each trace, in order.
    pub fn ranges<'a>(&'a self, dataset: &'a Dataset) -> impl Iterator<Item = IdxRange<SpanIdx>> + 'a {
        self.traces.iter().map(|&trace| dataset.traces.spans[trace])
    }

    /// The spans, trace by trace, ascending within each.
    pub fn rows<'a>(&'a self, dataset: &'a Dataset) -> impl Iterator<Item = SpanIdx> + 'a {
        self.ranges(dataset).flat_map(IdxRange::iter).filter(|&span| self.has(span))
    }
}

//! Log records and exemplars: what other signals say about spans.
//!
//! Both name a span by its trace and span id, and neither has an id of its own. In a batch they stand in the order of the file; in
//! a data set by trace, span row and time, so that those of a span are a slice, as are those of a trace. Whatever names no trace
//! is not kept: nothing could ever lead to it.

use super::batch::{Batch, ResourceSlot, ScopeSlot};
use super::ids::{SpanKey, TraceKey};
use super::report::SourceIdx;
use super::spans::{ResourceIdx, ScopeIdx};
use super::value::AttributeIdx;
use crate::base::{Column, IdxRange, Sparse, StrId};

crate::define_index!(
    /// A log record.
    pub LogIdx
);
crate::define_index!(
    /// An exemplar: a measurement that names the span in which it was made.
    pub ExemplarIdx
);
crate::define_index!(
    /// A metric that has exemplars.
    pub MetricIdx
);

/// A log record as the decoder found it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogDraft {
    /// Trace id.
    pub trace: TraceKey,
    /// Span id.
    pub span: SpanKey,
    /// When it happened; 0 is "not set".
    pub time: u64,
    /// When it was collected; 0 is "not set".
    pub observed: u64,
    /// Severity number, 1 to 24; 0 is "not set".
    pub severity: u8,
    /// The severity number, where OpenTelemetry does not know it.
    pub unknown_severity: Option<i32>,
    /// Severity as the source calls it.
    pub severity_text: StrId,
    /// The body: one row without a key, or none.
    pub body: IdxRange<AttributeIdx>,
    /// Attributes.
    pub attributes: IdxRange<AttributeIdx>,
    /// Attributes dropped by the producer.
    pub dropped_attributes: u32,
    /// Flags.
    pub flags: u32,
    /// Event name.
    pub event_name: StrId,
    /// The `ResourceLogs` that it stands in.
    pub resource: ResourceSlot,
    /// The `ScopeLogs` that it stands in.
    pub scope: ScopeSlot,
    /// The source.
    pub source: SourceIdx,
}

/// What was measured, with all its bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Measured {
    /// Not said.
    #[default]
    Nothing,
    /// An integer.
    Int(i64),
    /// A float.
    Double(f64),
}

impl Measured {
    /// As a tag and eight bytes.
    pub(super) fn to_parts(self) -> (u8, u64) {
        match self {
            Self::Nothing => (0, 0),
            Self::Int(number) => (1, number.cast_unsigned()),
            Self::Double(number) => (2, number.to_bits()),
        }
    }

    /// From a tag and eight bytes.
    pub(super) fn from_parts(tag: u8, bits: u64) -> Self {
        match tag {
            1 => Self::Int(bits.cast_signed()),
            2 => Self::Double(f64::from_bits(bits)),
            _ => Self::Nothing,
        }
    }
}

/// An exemplar as the decoder found it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExemplarDraft {
    /// Trace id.
    pub trace: TraceKey,
    /// Span id.
    pub span: SpanKey,
    /// When it was measured; 0 is "not set".
    pub time: u64,
    /// What was measured.
    pub value: Measured,
    /// The attributes that the metric's point does not have.
    pub attributes: IdxRange<AttributeIdx>,
    /// The metric.
    pub metric: MetricIdx,
    /// The `ResourceMetrics` that it stands in.
    pub resource: ResourceSlot,
    /// The source.
    pub source: SourceIdx,
}

/// The table of log records.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    /// Trace id.
    pub trace: Column<LogIdx, TraceKey>,
    /// Span id.
    pub span: Column<LogIdx, SpanKey>,
    /// When it happened; 0 is "not set". Read it through [`Logs::when`].
    pub time: Column<LogIdx, u64>,
    /// When it was collected; 0 is "not set".
    pub observed: Column<LogIdx, u64>,
    /// Severity number; 0 is "not set".
    pub severity: Column<LogIdx, u8>,
    /// Severity as the source calls it.
    pub severity_text: Column<LogIdx, StrId>,
    /// Body: one row without a key, or none.
    pub body: Column<LogIdx, IdxRange<AttributeIdx>>,
    /// Attributes.
    pub attributes: Column<LogIdx, IdxRange<AttributeIdx>>,
    /// Flags.
    pub flags: Column<LogIdx, u32>,
    /// Event name.
    pub event_name: Column<LogIdx, StrId>,
    /// Resource (in a batch: the slot that will know it).
    pub resource: Column<LogIdx, ResourceIdx>,
    /// Scope (in a batch: the slot that will know it).
    pub scope: Column<LogIdx, ScopeIdx>,
    /// Where it came from.
    pub source: Column<LogIdx, SourceIdx>,
    /// Severity numbers that OpenTelemetry does not know.
    pub unknown_severity: Sparse<LogIdx, i32>,
    /// Attributes dropped by the producer, where any were.
    pub dropped_attributes: Sparse<LogIdx, u32>,
}

/// Calls a macro with the names of all columns that every log record has.
macro_rules! for_each_log_column {
    ($call:ident) => {
        $call!(trace, span, time, observed, severity, severity_text, body, attributes, flags, event_name, resource, scope, source)
    };
}

/// The table of exemplars.
#[derive(Clone, Debug, Default)]
pub struct Exemplars {
    /// Trace id.
    pub trace: Column<ExemplarIdx, TraceKey>,
    /// Span id.
    pub span: Column<ExemplarIdx, SpanKey>,
    /// When it was measured; 0 is "not set".
    pub time: Column<ExemplarIdx, u64>,
    /// The type of the value. Read both through [`Exemplars::value`].
    pub(super) value_tag: Column<ExemplarIdx, u8>,
    /// The value's bits.
    pub(super) value_bits: Column<ExemplarIdx, u64>,
    /// The attributes that the metric's point does not have.
    pub attributes: Column<ExemplarIdx, IdxRange<AttributeIdx>>,
    /// The metric.
    pub metric: Column<ExemplarIdx, MetricIdx>,
    /// Resource (in a batch: the slot that will know it).
    pub resource: Column<ExemplarIdx, ResourceIdx>,
    /// Where it came from.
    pub source: Column<ExemplarIdx, SourceIdx>,
    /// Name of each metric.
    pub metric_name: Column<MetricIdx, StrId>,
    /// Unit of each metric.
    pub metric_unit: Column<MetricIdx, StrId>,
}

/// Calls a macro with the names of all columns that every exemplar has.
macro_rules! for_each_exemplar_column {
    ($call:ident) => {
        $call!(trace, span, time, value_tag, value_bits, attributes, metric, resource, source)
    };
}
pub(super) use {for_each_exemplar_column, for_each_log_column};

impl Logs {
    /// The highest severity number that OpenTelemetry knows.
    pub const MAX_SEVERITY: u8 = 24;

    /// Records.
    #[inline]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// When it happened, or else was collected, as the specification asks of readers; 0 where neither is said.
    #[inline]
    pub fn when(&self, log: LogIdx) -> u64 {
        let time = self.time[log];
        if time == 0 { self.observed[log] } else { time }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let mut sum = self.unknown_severity.heap_bytes() + self.dropped_attributes.heap_bytes();
        macro_rules! add {
            ($($column:ident),*) => { $(sum += self.$column.heap_bytes();)* };
        }
        for_each_log_column!(add);
        sum
    }
}

impl Exemplars {
    /// Exemplars.
    #[inline]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// What was measured.
    pub fn value(&self, exemplar: ExemplarIdx) -> Measured {
        Measured::from_parts(self.value_tag[exemplar], self.value_bits[exemplar])
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let mut sum = self.metric_name.heap_bytes() + self.metric_unit.heap_bytes();
        macro_rules! add {
            ($($column:ident),*) => { $(sum += self.$column.heap_bytes();)* };
        }
        for_each_exemplar_column!(add);
        sum
    }
}

impl Batch {
    /// Log records so far.
    pub fn n_logs(&self) -> usize {
        self.logs.len()
    }

    /// Exemplars so far.
    pub fn n_exemplars(&self) -> usize {
        self.exemplars.len()
    }

    /// Adds a log record.
    pub fn push_log(&mut self, draft: &LogDraft) -> LogIdx {
        let logs = &mut self.logs;
        let log = logs.trace.push(draft.trace);
        logs.span.push(draft.span);
        logs.time.push(draft.time);
        logs.observed.push(draft.observed);
        logs.severity.push(draft.severity);
        logs.severity_text.push(draft.severity_text);
        logs.body.push(draft.body.settled());
        logs.attributes.push(draft.attributes.settled());
        logs.flags.push(draft.flags);
        logs.event_name.push(draft.event_name);
        logs.resource.push(ResourceIdx(draft.resource.0));
        logs.scope.push(ScopeIdx(draft.scope.0));
        logs.source.push(draft.source);
        if let Some(number) = draft.unknown_severity {
            logs.unknown_severity.push(log, number);
        }
        if draft.dropped_attributes != 0 {
            logs.dropped_attributes.push(log, draft.dropped_attributes);
        }
        log
    }

    /// Begins a metric, which has no name until [`set_metric`](Self::set_metric).
    pub fn open_metric(&mut self) -> MetricIdx {
        self.exemplars.metric_unit.push(StrId::EMPTY);
        self.exemplars.metric_name.push(StrId::EMPTY)
    }

    /// Says what a metric is called.
    pub fn set_metric(&mut self, metric: MetricIdx, name: StrId, unit: StrId) {
        let Exemplars { metric_name, metric_unit, .. } = &mut self.exemplars;
        for (column, text) in [(metric_name, name), (metric_unit, unit)] {
            if let Some(known) = column.as_mut_slice().get_mut(metric.0 as usize) {
                *known = text;
            }
        }
    }

    /// Adds an exemplar.
    pub fn push_exemplar(&mut self, draft: &ExemplarDraft) -> ExemplarIdx {
        let exemplars = &mut self.exemplars;
        let (tag, bits) = draft.value.to_parts();
        exemplars.span.push(draft.span);
        exemplars.time.push(draft.time);
        exemplars.value_tag.push(tag);
        exemplars.value_bits.push(bits);
        exemplars.attributes.push(draft.attributes.settled());
        exemplars.metric.push(draft.metric);
        exemplars.resource.push(ResourceIdx(draft.resource.0));
        exemplars.source.push(draft.source);
        exemplars.trace.push(draft.trace)
    }
}

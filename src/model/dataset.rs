//! The sealed data set: frozen, ordered, linked.

use super::ids::{ServiceIdx, SpanIdx, SpanKey, TraceIdx, TraceKey};
use super::logs::{ExemplarIdx, Exemplars, LogIdx, Logs};
use super::report::ImportReport;
use super::spans::{Events, LinkIdx, Links, Resources, Scopes, Spans};
use super::value::Attributes;
use crate::base::{Column, FastMap, Idx, IdxRange, Interner, StrId, len_u32};

/// All spans of all sources, each trace a slice of rows in pre-order. Frozen: what is computed from it lives elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// All texts.
    pub strings: Interner,
    /// All attributes.
    pub attributes: Attributes,
    /// The spans: traces by start, in each trace pre-order with siblings by start.
    pub spans: Spans,
    /// Their events.
    pub events: Events,
    /// Their links.
    pub links: Links,
    /// Log records: by trace, span and time; those whose trace is not here come last.
    pub logs: Logs,
    /// Exemplars of metrics, in the same order.
    pub exemplars: Exemplars,
    /// Resources.
    pub resources: Resources,
    /// Instrumentation scopes.
    pub scopes: Scopes,
    /// Services.
    pub services: Services,
    /// Traces, by start, then id.
    pub traces: Traces,
    /// What was read, and what was met.
    pub report: ImportReport,
    /// The span that each link leads to, where it is here; `u32::MAX` where not.
    pub(super) link_target: Column<LinkIdx, SpanIdx>,
    /// (target, linking span), ascending: links the other way.
    pub(super) linked_from: Vec<(SpanIdx, SpanIdx)>,
    /// The trace and the span of each log record, where they are here; `u32::MAX` where not.
    pub(super) log_trace: Column<LogIdx, TraceIdx>,
    pub(super) log_span: Column<LogIdx, SpanIdx>,
    /// The same of each exemplar.
    pub(super) exemplar_trace: Column<ExemplarIdx, TraceIdx>,
    pub(super) exemplar_span: Column<ExemplarIdx, SpanIdx>,
    pub(super) trace_of_key: FastMap<TraceKey, TraceIdx>,
}

/// The service table: by name; the unnamed one, if any span is of it, stands first as `unknown_service`.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// Name; empty for spans whose resource has none.
    pub name: Column<ServiceIdx, StrId>,
    /// Spans.
    pub spans: Column<ServiceIdx, u32>,
    /// The service of each resource.
    pub of_resource: Column<super::spans::ResourceIdx, ServiceIdx>,
}

/// The trace table.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Id.
    pub key: Column<TraceIdx, TraceKey>,
    /// Rows of its spans.
    pub spans: Column<TraceIdx, IdxRange<SpanIdx>>,
    /// The span to name it by: the first root, else the first orphan, else the first row.
    pub root: Column<TraceIdx, SpanIdx>,
    /// Earliest start of a span that has one; 0 if none has.
    pub start: Column<TraceIdx, u64>,
    /// Latest end; the start if none is later.
    pub end: Column<TraceIdx, u64>,
    /// Spans with status Error.
    pub errors: Column<TraceIdx, u32>,
    /// Spans without a parent id.
    pub roots: Column<TraceIdx, u32>,
    /// Spans whose parent is missing.
    pub orphans: Column<TraceIdx, u32>,
    /// Levels.
    pub depth: Column<TraceIdx, u32>,
    /// Where each trace's services stand in `service_list`.
    pub services: Column<TraceIdx, IdxRange<TraceServiceIdx>>,
    /// (service, spans), most spans first.
    pub service_list: Column<TraceServiceIdx, (ServiceIdx, u32)>,
}

crate::define_index!(
    /// A service of a trace.
    pub TraceServiceIdx
);

impl Dataset {
    /// What the service is called of spans whose resource names none.
    pub const UNKNOWN_SERVICE: &str = "unknown_service";

    /// The text of a symbol.
    #[inline]
    pub fn str(&self, id: StrId) -> &str {
        self.strings.get(id)
    }

    /// The service of a span.
    #[inline]
    pub fn service(&self, span: SpanIdx) -> ServiceIdx {
        self.services.of_resource[self.spans.resource[span]]
    }

    /// A service's name as it is shown.
    pub fn service_name(&self, service: ServiceIdx) -> &str {
        match self.services.name.row(service) {
            Some(&name) if name != StrId::EMPTY => self.str(name),
            _ => Self::UNKNOWN_SERVICE,
        }
    }

    /// The trace with this id.
    pub fn find_trace(&self, key: TraceKey) -> Option<TraceIdx> {
        self.trace_of_key.get(&key).copied()
    }

    /// The trace whose id is written so: 32 hex digits of any case, an irregular id's text, or nothing for spans without one.
    pub fn find_trace_by_text(&self, text: &str) -> Option<TraceIdx> {
        let regular = crate::base::text::u128_from_hex(text.as_bytes()).map(TraceKey::from_number);
        let irregular = || if text.is_empty() { Some(TraceKey::Missing) } else { self.strings.find(text).map(TraceKey::Text) };
        self.find_trace(regular.or_else(irregular)?)
    }

    /// The span of a trace with this id.
    pub fn find_span(&self, trace: TraceIdx, key: SpanKey) -> Option<SpanIdx> {
        let rows = *self.traces.spans.row(trace)?;
        let (raw, is_text) = match key {
            SpanKey::Missing => return None,
            SpanKey::Regular(number) => (number, false),
            SpanKey::Text(text) => (u64::from(text.0), true),
        };
        let ids = self.spans.id.slice(rows);
        let hits = rows.iter().zip(ids).filter(|&(_, &id)| id == raw).map(|(span, _)| span);
        hits.into_iter().find(|&span| matches!(self.spans.key(span), SpanKey::Text(_)) == is_text)
    }

    /// The span of a trace whose id is written so.
    pub fn find_span_by_text(&self, trace: TraceIdx, text: &str) -> Option<SpanIdx> {
        let regular = crate::base::text::u64_from_hex(text.as_bytes()).map(SpanKey::from_number);
        let key = regular.or_else(|| self.strings.find(text).map(SpanKey::Text))?;
        self.find_span(trace, key)
    }

    /// The span that a link leads to, where it is here.
    pub fn link_target(&self, link: LinkIdx) -> Option<SpanIdx> {
        self.link_target.row(link).copied().filter(|span| span.0 != u32::MAX)
    }

    /// The spans that link to this one, ascending.
    pub fn linked_from(&self, span: SpanIdx) -> impl ExactSizeIterator<Item = SpanIdx> + '_ {
        let start = self.linked_from.partition_point(|pair| pair.0 < span);
        let end = self.linked_from.partition_point(|pair| pair.0 <= span);
        self.linked_from.get(start..end).unwrap_or_default().iter().map(|pair| pair.1)
    }

    /// The log records of a trace: those of its spans in their order, then those of no span that is here.
    pub fn logs_of_trace(&self, trace: TraceIdx) -> IdxRange<LogIdx> {
        equal_range(&self.log_trace, self.log_trace.range(), trace)
    }

    /// The log records of a span, by time.
    pub fn logs_of_span(&self, span: SpanIdx) -> IdxRange<LogIdx> {
        let Some(&trace) = self.spans.trace.row(span).filter(|_| !self.logs.is_empty()) else { return IdxRange::default() };
        equal_range(&self.log_span, self.logs_of_trace(trace), span)
    }

    /// The trace of a log record, where it is here.
    pub fn trace_of_log(&self, log: LogIdx) -> Option<TraceIdx> {
        self.log_trace.row(log).copied().filter(|trace| trace.0 != u32::MAX)
    }

    /// The span of a log record, where it is here.
    pub fn span_of_log(&self, log: LogIdx) -> Option<SpanIdx> {
        self.log_span.row(log).copied().filter(|span| span.0 != u32::MAX)
    }

    /// The exemplars of a trace: those of its spans in their order, then those of no span that is here.
    pub fn exemplars_of_trace(&self, trace: TraceIdx) -> IdxRange<ExemplarIdx> {
        equal_range(&self.exemplar_trace, self.exemplar_trace.range(), trace)
    }

    /// The exemplars of a span, by time.
    pub fn exemplars_of_span(&self, span: SpanIdx) -> IdxRange<ExemplarIdx> {
        let Some(&trace) = self.spans.trace.row(span).filter(|_| !self.exemplars.is_empty()) else { return IdxRange::default() };
        equal_range(&self.exemplar_span, self.exemplars_of_trace(trace), span)
    }

    /// The span of an exemplar, where it is here.
    pub fn span_of_exemplar(&self, exemplar: ExemplarIdx) -> Option<SpanIdx> {
        self.exemplar_span.row(exemplar).copied().filter(|span| span.0 != u32::MAX)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.strings.heap_bytes()
            + self.attributes.heap_bytes()
            + self.spans.heap_bytes()
            + self.events.heap_bytes()
            + self.links.heap_bytes()
            + self.logs.heap_bytes()
            + self.log_trace.heap_bytes()
            + self.log_span.heap_bytes()
            + self.exemplars.heap_bytes()
            + self.exemplar_trace.heap_bytes()
            + self.exemplar_span.heap_bytes()
            + self.link_target.heap_bytes()
            + self.linked_from.capacity() * size_of::<(SpanIdx, SpanIdx)>()
            + self.trace_of_key.allocation_size()
            + self.traces.heap_bytes()
    }
}

/// The rows of an ascending part of a column that hold a value.
fn equal_range<I: Idx, T: Copy + Ord>(column: &Column<I, T>, part: IdxRange<I>, value: T) -> IdxRange<I> {
    let rows = column.slice(part);
    let before = |limit: usize| part.start + len_u32(limit);
    let start = rows.partition_point(|&row| row < value);
    IdxRange::new(before(start), before(rows.partition_point(|&row| row <= value)))
}

impl Traces {
    /// Traces.
    pub fn len(&self) -> usize {
        self.key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// Latest end less earliest start.
    #[inline]
    pub fn duration(&self, trace: TraceIdx) -> u64 {
        self.end[trace].saturating_sub(self.start[trace])
    }

    fn heap_bytes(&self) -> usize {
        self.key.heap_bytes()
            + self.spans.heap_bytes()
            + self.root.heap_bytes()
            + self.start.heap_bytes()
            + self.end.heap_bytes()
            + self.errors.heap_bytes()
            + self.roots.heap_bytes()
            + self.orphans.heap_bytes()
            + self.depth.heap_bytes()
            + self.services.heap_bytes()
            + self.service_list.heap_bytes()
    }
}

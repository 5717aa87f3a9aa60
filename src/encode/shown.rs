//! What writers see of a data set: every text and id as it may be shown. There is no other way to one.
//!
//! *Invariants.* A writer is given a [`Shown`] and never the data set, whose texts only this file reads. What redaction has not
//! looked at is masked, so that what was forgotten is missing rather than told.

use std::fmt;

use super::notes::Notes;
use super::redact::{KeyVerdict, MASK, Masks};
use super::rows::{LogCursor, SpanRows};
use super::units::LogUnit;
use crate::base::{Idx as _, IdxRange, StrId};
use crate::model::{
    AttributeIdx, Dataset, EventIdx, LinkIdx, LogIdx, ResourceIdx, ScopeIdx, ServiceIdx, SpanIdx, SpanKey, SpanKind, StatusCode,
    TraceIdx, TraceKey, Value,
};

/// A data set through a redaction, or without one.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    dataset: &'a Dataset,
    masks: Option<&'a Masks>,
    notes: Option<&'a Notes>,
}

/// A text that may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// Of a note, which says itself what of it may be shown.
    pub(super) const fn of_note(text: &'a str) -> Self {
        Self(text)
    }

    pub(super) const fn as_str(self) -> &'a str {
        self.0
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// An id that may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id<'a> {
    Missing,
    Trace(u128),
    Span(u64),
    /// Irregular.
    Text(Text<'a>),
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Trace(number) => write!(f, "{number:032x}"),
            Self::Span(number) => write!(f, "{number:016x}"),
            Self::Text(text) => f.write_str(text.0),
        }
    }
}

/// A value that may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ShownValue<'a> {
    Empty,
    String(Text<'a>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(&'a [u8]),
    Array(Entries),
    KvList(Entries),
}

/// Attributes of an owner, or what stands in an array or map. Read with [`Shown::next`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Entries(IdxRange<AttributeIdx>);

impl Entries {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// A span, all but what it has many of.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownSpan<'a> {
    pub(super) trace_id: Id<'a>,
    pub(super) id: Id<'a>,
    pub(super) parent_id: Id<'a>,
    pub(super) trace_state: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) kind: SpanKind,
    /// OTLP's number, also where OpenTelemetry knows it not.
    pub(super) kind_number: i32,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) flags: u32,
    pub(super) status: StatusCode,
    pub(super) status_message: Text<'a>,
    pub(super) attributes: Entries,
    pub(super) events: IdxRange<EventIdx>,
    pub(super) links: IdxRange<LinkIdx>,
    pub(super) dropped_attributes: u32,
    pub(super) dropped_events: u32,
    pub(super) dropped_links: u32,
}

impl ShownSpan<'_> {
    /// End less start, 0 where either is missing or the end comes first.
    pub(super) const fn duration(&self) -> u64 {
        if self.start == 0 { 0 } else { self.end.saturating_sub(self.start) }
    }
}

/// An event.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownEvent<'a> {
    pub(super) time: u64,
    pub(super) name: Text<'a>,
    pub(super) attributes: Entries,
    pub(super) dropped_attributes: u32,
}

/// A link.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownLink<'a> {
    pub(super) trace_id: Id<'a>,
    pub(super) span_id: Id<'a>,
    pub(super) trace_state: Text<'a>,
    pub(super) flags: u32,
    pub(super) attributes: Entries,
    pub(super) dropped_attributes: u32,
}

/// A log record.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownLog<'a> {
    pub(super) trace_id: Id<'a>,
    pub(super) span_id: Id<'a>,
    pub(super) time: u64,
    pub(super) observed: u64,
    /// OTLP's number, also where OpenTelemetry knows it not.
    pub(super) severity: i32,
    pub(super) severity_text: Text<'a>,
    /// A value without a key, or none.
    pub(super) body: Entries,
    pub(super) attributes: Entries,
    pub(super) dropped_attributes: u32,
    pub(super) flags: u32,
    pub(super) event_name: Text<'a>,
}

/// A resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownResource<'a> {
    pub(super) attributes: Entries,
    pub(super) schema_url: Text<'a>,
    pub(super) dropped_attributes: u32,
}

/// An instrumentation scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownScope<'a> {
    pub(super) name: Text<'a>,
    pub(super) version: Text<'a>,
    pub(super) schema_url: Text<'a>,
    pub(super) attributes: Entries,
    pub(super) dropped_attributes: u32,
}

impl<'a> Shown<'a> {
    /// Everything as it is.
    pub const fn plain(dataset: &'a Dataset) -> Self {
        Self { dataset, masks: None, notes: None }
    }

    /// Everything as masks that were prepared for it leave it.
    pub const fn through(dataset: &'a Dataset, masks: &'a Masks) -> Self {
        Self { dataset, masks: Some(masks), notes: None }
    }

    /// The same with pins and notes.
    #[must_use]
    pub const fn with_notes(self, notes: Option<&'a Notes>) -> Self {
        Self { notes, ..self }
    }

    /// The attributes that pins and notes are on a span.
    pub(super) fn notes(&self, at: SpanIdx) -> Vec<(&'static str, ShownValue<'a>)> {
        self.notes.map(|notes| notes.of(at, self.masks.is_some())).unwrap_or_default()
    }

    pub(super) fn span(&self, at: SpanIdx) -> ShownSpan<'a> {
        let spans = &self.dataset.spans;
        let trace = self.dataset.traces.key.row(spans.trace[at]).copied().unwrap_or_default();
        ShownSpan {
            trace_id: self.trace_id(trace),
            id: self.span_id(spans.key(at)),
            parent_id: self.span_id(spans.parent_key(at)),
            trace_state: self.text(spans.trace_state.get(at).unwrap_or_default()),
            name: self.text(spans.name[at]),
            kind: spans.kind[at],
            kind_number: spans.unknown_kind.get(at).unwrap_or(spans.kind[at] as i32),
            start: spans.start[at],
            end: spans.end[at],
            flags: spans.flags[at],
            status: spans.status[at],
            status_message: self.text(spans.status_message.get(at).unwrap_or_default()),
            attributes: Entries(spans.attributes[at]),
            events: spans.events[at],
            links: spans.links[at],
            dropped_attributes: spans.dropped_attributes.get(at).unwrap_or(0),
            dropped_events: spans.dropped_events.get(at).unwrap_or(0),
            dropped_links: spans.dropped_links.get(at).unwrap_or(0),
        }
    }

    pub(super) fn event(&self, at: EventIdx) -> ShownEvent<'a> {
        let events = &self.dataset.events;
        ShownEvent {
            time: events.time[at],
            name: self.text(events.name[at]),
            attributes: Entries(events.attributes[at]),
            dropped_attributes: events.dropped_attributes.get(at).unwrap_or(0),
        }
    }

    pub(super) fn link(&self, at: LinkIdx) -> ShownLink<'a> {
        let links = &self.dataset.links;
        ShownLink {
            trace_id: self.trace_id(links.trace[at]),
            span_id: self.span_id(links.span[at]),
            trace_state: self.text(links.trace_state[at]),
            flags: links.flags[at],
            attributes: Entries(links.attributes[at]),
            dropped_attributes: links.dropped_attributes.get(at).unwrap_or(0),
        }
    }

    pub(super) fn log(&self, at: LogIdx) -> ShownLog<'a> {
        let logs = &self.dataset.logs;
        ShownLog {
            trace_id: self.trace_id(logs.trace[at]),
            span_id: self.span_id(logs.span[at]),
            time: logs.time[at],
            observed: logs.observed[at],
            severity: logs.unknown_severity.get(at).unwrap_or_else(|| logs.severity[at].into()),
            severity_text: self.text(logs.severity_text[at]),
            body: Entries(logs.body[at]),
            attributes: Entries(logs.attributes[at]),
            dropped_attributes: logs.dropped_attributes.get(at).unwrap_or(0),
            flags: logs.flags[at],
            event_name: self.text(logs.event_name[at]),
        }
    }

    pub(super) fn resource(&self, at: ResourceIdx) -> ShownResource<'a> {
        let resources = &self.dataset.resources;
        ShownResource {
            attributes: Entries(resources.attributes[at]),
            schema_url: self.text(resources.schema_url[at]),
            dropped_attributes: resources.dropped_attributes[at],
        }
    }

    pub(super) fn scope(&self, at: ScopeIdx) -> ShownScope<'a> {
        let scopes = &self.dataset.scopes;
        ShownScope {
            name: self.text(scopes.name[at]),
            version: self.text(scopes.version[at]),
            schema_url: self.text(scopes.schema_url[at]),
            attributes: Entries(scopes.attributes[at]),
            dropped_attributes: scopes.dropped_attributes[at],
        }
    }

    /// The entry that stands next, which is taken off; those of dropped keys are passed over.
    pub(super) fn next(&self, entries: &mut Entries) -> Option<(Text<'a>, ShownValue<'a>)> {
        loop {
            let at = entries.0.first()?;
            entries.0 = IdxRange::new(entries.0.start + 1, entries.0.end);
            let key = self.dataset.attributes.key(at);
            let verdict = self.masks.map_or(KeyVerdict::Keep, |masks| masks.verdict(key));
            if verdict != KeyVerdict::Drop {
                return Some((self.text(key), self.value(at, verdict)));
            }
        }
    }

    /// All entries of an owner.
    pub(super) fn entries(&self, mut entries: Entries) -> impl Iterator<Item = (Text<'a>, ShownValue<'a>)> + use<'a> {
        let shown = *self;
        std::iter::from_fn(move || shown.next(&mut entries))
    }

    /// The first value whose key was written so in the data.
    pub(super) fn find(&self, entries: Entries, key: &str) -> Option<ShownValue<'a>> {
        let key = self.dataset.strings.find(key)?;
        let at = entries.0.iter().find(|&at| self.dataset.attributes.key(at) == key)?;
        self.next(&mut Entries(IdxRange::new(at.0, at.0 + 1))).map(|(_, value)| value)
    }

    fn value(&self, at: AttributeIdx, verdict: KeyVerdict) -> ShownValue<'a> {
        let value = self.dataset.attributes.value(at);
        if let Some(masks) = self.masks
            && let Some(mask) = masks.mask_of_value(self.dataset, value, verdict)
        {
            return ShownValue::String(Text(mask));
        }
        match value {
            Value::Empty => ShownValue::Empty,
            Value::String(text) => ShownValue::String(self.text(text)),
            Value::Bool(flag) => ShownValue::Bool(flag),
            Value::Int(number) => ShownValue::Int(number),
            Value::Double(number) => ShownValue::Double(number),
            Value::Bytes(bytes) => ShownValue::Bytes(bytes),
            Value::Array(inner) => ShownValue::Array(Entries(inner)),
            Value::KvList(inner) => ShownValue::KvList(Entries(inner)),
        }
    }

    fn text(&self, id: StrId) -> Text<'a> {
        Text(match self.masks {
            _ if id == StrId::EMPTY => "",
            None => self.dataset.str(id),
            Some(masks) => masks.text(self.dataset, id).unwrap_or(MASK),
        })
    }

    fn trace_id(&self, key: TraceKey) -> Id<'a> {
        match (self.masks.and_then(Masks::ids), key) {
            (_, TraceKey::Missing) => Id::Missing,
            (None, TraceKey::Regular(number)) => Id::Trace(number),
            (None, TraceKey::Text(text)) => Id::Text(self.text(text)),
            (Some(ids), TraceKey::Regular(number)) => Id::Trace(ids.trace(number)),
            (Some(ids), TraceKey::Text(text)) => Id::Trace(ids.trace_text(self.dataset.str(text))),
        }
    }

    fn span_id(&self, key: SpanKey) -> Id<'a> {
        match (self.masks.and_then(Masks::ids), key) {
            (_, SpanKey::Missing) => Id::Missing,
            (None, SpanKey::Regular(number)) => Id::Span(number),
            (None, SpanKey::Text(text)) => Id::Text(self.text(text)),
            (Some(ids), SpanKey::Regular(number)) => Id::Span(ids.span(number)),
            (Some(ids), SpanKey::Text(text)) => Id::Span(ids.span_text(self.dataset.str(text))),
        }
    }

    /// The id of a trace.
    pub(super) fn id_of_trace(&self, trace: TraceIdx) -> Id<'a> {
        self.trace_id(self.dataset.traces.key.row(trace).copied().unwrap_or_default())
    }

    /// The name of the service that a resource is of.
    pub(super) fn service_name(&self, resource: ResourceIdx) -> Text<'a> {
        let resources = &self.dataset.resources;
        let name = resources.service[resource];
        if name == StrId::EMPTY {
            return Text(Dataset::UNKNOWN_SERVICE);
        }
        if self.masks.is_none() {
            return self.text(name);
        }
        // By its key too, under which it stands in the resource.
        match self.find(Entries(resources.attributes[resource]), "service.name") {
            Some(ShownValue::String(text)) => text,
            _ => Text(MASK),
        }
    }

    // Structure: rows and numbers, which tell nothing that was said in words.

    pub(super) fn service(&self, span: SpanIdx) -> ServiceIdx {
        self.dataset.service(span)
    }

    pub(super) fn trace_of(&self, span: SpanIdx) -> TraceIdx {
        self.dataset.spans.trace[span]
    }

    pub(super) fn resource_of(&self, span: SpanIdx) -> ResourceIdx {
        self.dataset.spans.resource[span]
    }

    pub(super) fn scope_of(&self, span: SpanIdx) -> ScopeIdx {
        self.dataset.spans.scope[span]
    }

    pub(super) fn resource_of_log(&self, log: LogIdx) -> ResourceIdx {
        self.dataset.logs.resource[log]
    }

    pub(super) fn scope_of_log(&self, log: LogIdx) -> ScopeIdx {
        self.dataset.logs.scope[log]
    }

    /// What log records stand in order by.
    pub(super) fn place_of_log(&self, log: LogIdx) -> (Option<TraceIdx>, Option<SpanIdx>, u64) {
        (self.dataset.trace_of_log(log), self.dataset.span_of_log(log), self.dataset.logs.when(log))
    }

    /// The log records that go with rows.
    pub(super) fn logs(&self, rows: &SpanRows) -> LogCursor {
        LogCursor::new(self.dataset, rows)
    }

    /// The next of them.
    pub(super) fn log_unit(&self, logs: &mut LogCursor) -> Option<LogUnit> {
        let (logs, is_last_of_trace) = logs.unit(self.dataset)?;
        Some(LogUnit { logs, is_last_of_trace })
    }

    pub(super) fn parent(&self, span: SpanIdx) -> Option<SpanIdx> {
        self.dataset.spans.parent(span)
    }

    pub(super) fn subtree_end(&self, span: SpanIdx) -> SpanIdx {
        SpanIdx::from_u32(self.dataset.spans.subtree_end[span])
    }

    /// The rows of a trace.
    pub(super) fn rows_of(&self, trace: TraceIdx) -> IdxRange<SpanIdx> {
        self.dataset.traces.spans.row(trace).copied().unwrap_or_default()
    }

    /// Start of a trace.
    pub(super) fn trace_start(&self, trace: TraceIdx) -> u64 {
        self.dataset.traces.start.row(trace).copied().unwrap_or(0)
    }

    /// (services, resources, scopes)
    pub(super) fn table_sizes(&self) -> (usize, usize, usize) {
        (self.dataset.services.name.len(), self.dataset.resources.attributes.len(), self.dataset.scopes.name.len())
    }
}

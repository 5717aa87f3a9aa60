//! What decoders write: rows in the order of the file, in columns of their own.
//!
//! A span names its resource and scope through a *slot*, because a document may state them after its spans; the slot learns
//! which one it is when their object is complete. A decoder that runs out of bytes inside a span takes the batch back to
//! the [`Mark`] before it and starts that span again when more have come.

use hashbrown::HashTable;

use super::ids::{SpanIdx, SpanKey, TraceIdx, TraceKey};
use super::logs::{Exemplars, Logs};
use super::portion::Door;
use super::report::SourceIdx;
use super::spans::{
    EventIdx, Events, LinkIdx, Links, ResourceIdx, Resources, ScopeIdx, Scopes, SpanKind, SpanMark, SpanMarks, Spans, StatusCode,
    for_each_dense_column, for_each_sparse_column,
};
use super::value::{AttributeIdx, Attributes, Tag, Value, hash_entries};
use crate::base::{Column, FixedState, IdxRange, Interner, StrId, len_u32};

crate::define_index!(
    /// One `ResourceSpans` of a file.
    pub ResourceSlot
);
crate::define_index!(
    /// One `ScopeSpans` of a file.
    pub ScopeSlot
);

/// A span as the decoder found it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpanDraft {
    /// Trace id.
    pub trace: TraceKey,
    /// Span id.
    pub id: SpanKey,
    /// Parent span id.
    pub parent: SpanKey,
    /// Name.
    pub name: StrId,
    /// Start; 0 is "not set".
    pub start: u64,
    /// End; 0 is "not set".
    pub end: u64,
    /// Kind.
    pub kind: SpanKind,
    /// The kind's number, where OpenTelemetry does not know it.
    pub unknown_kind: Option<i32>,
    /// Status.
    pub status: StatusCode,
    /// Status message.
    pub status_message: StrId,
    /// Trace state.
    pub trace_state: StrId,
    /// Flags.
    pub flags: u32,
    /// Attributes.
    pub attributes: IdxRange<AttributeIdx>,
    /// Events.
    pub events: IdxRange<EventIdx>,
    /// Links.
    pub links: IdxRange<LinkIdx>,
    /// Attributes dropped by the producer.
    pub dropped_attributes: u32,
    /// Events dropped by the producer.
    pub dropped_events: u32,
    /// Links dropped by the producer.
    pub dropped_links: u32,
    /// The `ResourceSpans` that it stands in.
    pub resource: ResourceSlot,
    /// The `ScopeSpans` that it stands in.
    pub scope: ScopeSlot,
    /// The source.
    pub source: SourceIdx,
}

/// A span event as the decoder found it.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventDraft {
    /// Name.
    pub name: StrId,
    /// Time; 0 is "not set".
    pub time: u64,
    /// Attributes.
    pub attributes: IdxRange<AttributeIdx>,
    /// Attributes dropped by the producer.
    pub dropped_attributes: u32,
}

/// A link as the decoder found it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkDraft {
    /// The other's trace id.
    pub trace: TraceKey,
    /// The other's span id.
    pub span: SpanKey,
    /// Trace state.
    pub trace_state: StrId,
    /// Flags.
    pub flags: u32,
    /// Attributes.
    pub attributes: IdxRange<AttributeIdx>,
    /// Attributes dropped by the producer.
    pub dropped_attributes: u32,
}

/// A place to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub(super) spans: usize,
    events: usize,
    links: usize,
    attributes: usize,
    blobs: usize,
    dropped: [usize; 2],
    /// Of resources and scopes; only whole groups go back to them.
    pub(super) slots: [usize; 2],
}

/// What decoders write.
#[derive(Clone, Debug)]
pub struct Batch {
    /// All texts.
    pub strings: Interner,
    /// All attributes.
    pub attributes: Attributes,
    pub(super) spans: Spans,
    pub(super) events: Events,
    pub(super) links: Links,
    pub(super) logs: Logs,
    pub(super) exemplars: Exemplars,
    pub(super) resources: Resources,
    pub(super) scopes: Scopes,
    pub(super) resource_of_slot: Column<ResourceSlot, ResourceIdx>,
    pub(super) scope_of_slot: Column<ScopeSlot, ScopeIdx>,
    pub(super) traces: Column<TraceIdx, TraceKey>,
    trace_table: HashTable<u32>,
    last_trace: (TraceKey, TraceIdx),
    known_resources: HashTable<u32>,
    known_scopes: HashTable<u32>,
    /// The key under which the service stands.
    service_name: StrId,
    /// Who is let in, where not everyone is.
    pub(super) door: Option<Box<Door>>,
}

impl Default for Batch {
    fn default() -> Self {
        let mut strings = Interner::default();
        let service_name = strings.intern("service.name");
        let mut new = Self {
            strings,
            attributes: Attributes::default(),
            spans: Spans::default(),
            events: Events::default(),
            links: Links::default(),
            logs: Logs::default(),
            exemplars: Exemplars::default(),
            resources: Resources::default(),
            scopes: Scopes::default(),
            resource_of_slot: Column::default(),
            scope_of_slot: Column::default(),
            traces: Column::default(),
            trace_table: HashTable::new(),
            last_trace: (TraceKey::Missing, TraceIdx(u32::MAX)),
            known_resources: HashTable::new(),
            known_scopes: HashTable::new(),
            service_name,
            door: None,
        };
        new.intern_resource(IdxRange::default(), StrId::EMPTY, 0);
        new.intern_scope(StrId::EMPTY, StrId::EMPTY, StrId::EMPTY, IdxRange::default(), 0);
        new
    }
}

impl Batch {
    /// Spans so far.
    pub fn n_spans(&self) -> usize {
        self.spans.len()
    }

    /// Events so far: the index that the next one gets.
    #[inline]
    pub fn next_event(&self) -> EventIdx {
        self.events.name.end()
    }

    /// Links so far: the index that the next one gets.
    #[inline]
    pub fn next_link(&self) -> LinkIdx {
        self.links.trace.end()
    }

    /// Adds a span.
    #[inline]
    pub fn push_span(&mut self, draft: &SpanDraft) -> SpanIdx {
        let trace = self.intern_trace(draft.trace);
        let spans = &mut self.spans;
        let mut marks = SpanMarks::default();
        let span = spans.trace.push(trace);
        spans.id.push(raw_id(draft.id, SpanMark::TextId, &mut marks));
        spans.parent_id.push(raw_id(draft.parent, SpanMark::TextParentId, &mut marks));
        if !matches!(draft.id, SpanKey::Regular(_)) {
            marks.add(SpanMark::IrregularId);
        }
        spans.marks.push(marks);
        spans.name.push(draft.name);
        spans.start.push(draft.start);
        spans.end.push(draft.end);
        spans.kind.push(draft.kind);
        spans.status.push(draft.status);
        spans.flags.push(draft.flags);
        spans.resource.push(ResourceIdx(draft.resource.0));
        spans.scope.push(ScopeIdx(draft.scope.0));
        spans.attributes.push(draft.attributes.settled());
        spans.events.push(draft.events.settled());
        spans.links.push(draft.links.settled());
        spans.source.push(draft.source);
        if draft.status_message != StrId::EMPTY {
            spans.status_message.push(span, draft.status_message);
        }
        if draft.trace_state != StrId::EMPTY {
            spans.trace_state.push(span, draft.trace_state);
        }
        if let Some(kind) = draft.unknown_kind {
            spans.unknown_kind.push(span, kind);
        }
        for (column, dropped) in [
            (&mut spans.dropped_attributes, draft.dropped_attributes),
            (&mut spans.dropped_events, draft.dropped_events),
            (&mut spans.dropped_links, draft.dropped_links),
        ] {
            if dropped != 0 {
                column.push(span, dropped);
            }
        }
        span
    }

    /// Adds an event. Those of one span must follow each other.
    #[inline]
    pub fn push_event(&mut self, draft: &EventDraft) -> EventIdx {
        let event = self.events.name.push(draft.name);
        self.events.time.push(draft.time);
        self.events.attributes.push(draft.attributes.settled());
        if draft.dropped_attributes != 0 {
            self.events.dropped_attributes.push(event, draft.dropped_attributes);
        }
        event
    }

    /// Adds a link. Those of one span must follow each other.
    pub fn push_link(&mut self, draft: &LinkDraft) -> LinkIdx {
        let link = self.links.trace.push(draft.trace);
        self.links.span.push(draft.span);
        self.links.flags.push(draft.flags);
        self.links.trace_state.push(draft.trace_state);
        self.links.attributes.push(draft.attributes.settled());
        if draft.dropped_attributes != 0 {
            self.links.dropped_attributes.push(link, draft.dropped_attributes);
        }
        link
    }

    /// Begins a `ResourceSpans`, whose resource is empty until [`set_resource`](Self::set_resource).
    pub fn open_resource(&mut self) -> ResourceSlot {
        self.resource_of_slot.push(ResourceIdx(0))
    }

    /// Says which resource a `ResourceSpans` is about.
    pub fn set_resource(&mut self, slot: ResourceSlot, attributes: IdxRange<AttributeIdx>, schema_url: StrId, dropped: u32) {
        let resource = self.intern_resource(attributes, schema_url, dropped);
        if let Some(known) = self.resource_of_slot.as_mut_slice().get_mut(slot.0 as usize) {
            *known = resource;
        }
    }

    /// The slot of a resource whose attributes were written since the mark, and nothing else: equal ones stand once, and the rows
    /// of one that is known go.
    pub fn settle_resource(&mut self, mark: Mark, attributes: IdxRange<AttributeIdx>) -> ResourceSlot {
        let known = self.resources.attributes.len();
        let resource = self.intern_resource(attributes, StrId::EMPTY, 0);
        if self.resources.attributes.len() == known {
            self.rollback(mark);
        }
        self.resource_of_slot.push(resource)
    }

    /// Begins a `ScopeSpans`, whose scope is empty until [`set_scope`](Self::set_scope).
    pub fn open_scope(&mut self) -> ScopeSlot {
        self.scope_of_slot.push(ScopeIdx(0))
    }

    /// Says which scope a `ScopeSpans` is about.
    pub fn set_scope(
        &mut self,
        slot: ScopeSlot,
        name: StrId,
        version: StrId,
        schema_url: StrId,
        attributes: IdxRange<AttributeIdx>,
        dropped: u32,
    ) {
        let scope = self.intern_scope(name, version, schema_url, attributes, dropped);
        if let Some(known) = self.scope_of_slot.as_mut_slice().get_mut(slot.0 as usize) {
            *known = scope;
        }
    }

    /// A place to go back to with [`rollback`](Self::rollback), as long as no resource or scope is set in between.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark {
            spans: self.spans.len(),
            events: self.events.name.len(),
            links: self.links.trace.len(),
            attributes: self.attributes.len(),
            blobs: self.attributes.blobs.len(),
            dropped: [self.events.dropped_attributes.len(), self.links.dropped_attributes.len()],
            slots: [self.resource_of_slot.len(), self.scope_of_slot.len()],
        }
    }

    /// Drops every row since the mark, but for log records and exemplars, which are added whole. Texts stay, which does no harm.
    pub fn rollback(&mut self, mark: Mark) {
        self.attributes.truncate(mark.attributes, mark.blobs);
        self.events.name.truncate(mark.events);
        self.events.time.truncate(mark.events);
        self.events.attributes.truncate(mark.events);
        self.events.dropped_attributes.truncate(mark.dropped[0]);
        self.links.trace.truncate(mark.links);
        self.links.span.truncate(mark.links);
        self.links.flags.truncate(mark.links);
        self.links.trace_state.truncate(mark.links);
        self.links.attributes.truncate(mark.links);
        self.links.dropped_attributes.truncate(mark.dropped[1]);
        if mark.spans < self.spans.len() {
            let first = SpanIdx(len_u32(mark.spans));
            macro_rules! cut {
                ($($column:ident),*) => { $(self.spans.$column.truncate(mark.spans);)* };
            }
            for_each_dense_column!(cut);
            macro_rules! cut_sparse {
                ($($column:ident),*) => { $(
                    let kept = self.spans.$column.iter().take_while(|&(span, _)| span < first).count();
                    self.spans.$column.truncate(kept);
                )* };
            }
            for_each_sparse_column!(cut_sparse);
        }
    }

    /// Takes over the tables of a data set: their rows become slots of the same numbers.
    pub(super) fn readopt(&mut self, resources: &Resources, scopes: &Scopes, traces: &[TraceKey]) {
        self.service_name = self.strings.intern("service.name");
        self.known_resources.clear();
        self.known_scopes.clear();
        self.resources = Resources::default();
        self.scopes = Scopes::default();
        for (at, &range) in resources.attributes.iter() {
            let resource = self.intern_resource(range, resources.schema_url[at], resources.dropped_attributes[at]);
            self.resource_of_slot.push(resource);
        }
        for (at, &range) in scopes.attributes.iter() {
            let (name, version, url) = (scopes.name[at], scopes.version[at], scopes.schema_url[at]);
            let scope = self.intern_scope(name, version, url, range, scopes.dropped_attributes[at]);
            self.scope_of_slot.push(scope);
        }
        for &key in traces {
            self.intern_trace(key);
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.strings.heap_bytes()
            + self.attributes.heap_bytes()
            + self.spans.heap_bytes()
            + self.events.heap_bytes()
            + self.links.heap_bytes()
            + self.logs.heap_bytes()
            + self.exemplars.heap_bytes()
            + self.traces.heap_bytes()
            + self.trace_table.allocation_size()
            + self.resource_of_slot.heap_bytes()
            + self.scope_of_slot.heap_bytes()
            + self.door_bytes()
    }

    #[inline]
    pub(super) fn intern_trace(&mut self, key: TraceKey) -> TraceIdx {
        // Spans of one trace come together more often than not.
        if self.last_trace.0 == key && self.last_trace.1.0 != u32::MAX {
            return self.last_trace.1;
        }
        let traces = &mut self.traces;
        let hash = hash_trace(key);
        let at = |raw: u32| traces.row(TraceIdx(raw)).copied().unwrap_or_default();
        let trace = if let Some(&raw) = self.trace_table.find(hash, |&raw| at(raw) == key) {
            TraceIdx(raw)
        } else {
            let raw = len_u32(traces.len());
            self.trace_table.insert_unique(hash, raw, |&raw| hash_trace(at(raw)));
            traces.push(key)
        };
        self.last_trace = (key, trace);
        trace
    }

    pub(super) fn intern_resource(&mut self, range: IdxRange<AttributeIdx>, schema_url: StrId, dropped: u32) -> ResourceIdx {
        let hash = hash_entries(&self.attributes, range) ^ u64::from(schema_url.0) << 32 ^ u64::from(dropped);
        let (resources, attributes) = (&mut self.resources, &self.attributes);
        let found = self.known_resources.find(hash, |&raw| {
            let at = ResourceIdx(raw);
            resources.schema_url[at] == schema_url
                && resources.dropped_attributes[at] == dropped
                && attributes.same(resources.attributes[at], range)
        });
        if let Some(&raw) = found {
            return ResourceIdx(raw);
        }
        let service = match attributes.find(range, self.service_name) {
            Some(Value::String(name)) => name,
            _ => StrId::EMPTY,
        };
        resources.attributes.push(range.settled());
        resources.service.push(service);
        resources.schema_url.push(schema_url);
        let resource = resources.dropped_attributes.push(dropped);
        let rehash = |&raw: &u32| {
            let at = ResourceIdx(raw);
            let url = u64::from(resources.schema_url[at].0) << 32;
            hash_entries(attributes, resources.attributes[at]) ^ url ^ u64::from(resources.dropped_attributes[at])
        };
        self.known_resources.insert_unique(hash, resource.0, rehash);
        resource
    }

    pub(super) fn intern_scope(
        &mut self,
        name: StrId,
        version: StrId,
        schema_url: StrId,
        range: IdxRange<AttributeIdx>,
        dropped: u32,
    ) -> ScopeIdx {
        use std::hash::BuildHasher as _;
        let key_of =
            |name: StrId, version: StrId, url: StrId, dropped: u32| FixedState.hash_one((name.0, version.0, url.0, dropped));
        let hash = hash_entries(&self.attributes, range) ^ key_of(name, version, schema_url, dropped);
        let (scopes, attributes) = (&mut self.scopes, &self.attributes);
        let found = self.known_scopes.find(hash, |&raw| {
            let at = ScopeIdx(raw);
            (scopes.name[at], scopes.version[at], scopes.schema_url[at], scopes.dropped_attributes[at])
                == (name, version, schema_url, dropped)
                && attributes.same(scopes.attributes[at], range)
        });
        if let Some(&raw) = found {
            return ScopeIdx(raw);
        }
        scopes.name.push(name);
        scopes.version.push(version);
        scopes.schema_url.push(schema_url);
        scopes.attributes.push(range.settled());
        let scope = scopes.dropped_attributes.push(dropped);
        let rehash = |&raw: &u32| {
            let at = ScopeIdx(raw);
            hash_entries(attributes, scopes.attributes[at])
                ^ key_of(scopes.name[at], scopes.version[at], scopes.schema_url[at], scopes.dropped_attributes[at])
        };
        self.known_scopes.insert_unique(hash, scope.0, rehash);
        scope
    }
}

#[inline]
fn raw_id(key: SpanKey, text: SpanMark, marks: &mut SpanMarks) -> u64 {
    match key {
        SpanKey::Missing => 0,
        SpanKey::Regular(number) => number,
        SpanKey::Text(id) => {
            marks.add(text);
            u64::from(id.0)
        }
    }
}

#[inline]
pub(super) fn hash_trace(key: TraceKey) -> u64 {
    use std::hash::BuildHasher as _;
    match key {
        TraceKey::Missing => 0,
        TraceKey::Regular(number) => FixedState.hash_one(number),
        TraceKey::Text(text) => FixedState.hash_one(text.0),
    }
}

const _: () = assert!(size_of::<Tag>() == 1, "the tag column is a byte a row");

//! A batch appended to another: its symbols mapped, its rows moved up.
//!
//! This is how several sources, or several workers' slices of one source, become one data set.

use super::batch::Batch;
use super::ids::{SpanIdx, SpanKey, TraceIdx, TraceKey};
use super::logs::{LogIdx, MetricIdx};
use super::report::SourceIdx;
use super::spans::{ResourceIdx, ScopeIdx, SpanMark, for_each_sparse_column};
use super::value::{Tag, high, low, payload_from_range};
use crate::base::{Column, StrId, len_u32};

impl Batch {
    /// Takes over all rows of `other`, whose sources are numbered from `first_source` on.
    pub fn append(&mut self, other: &Self, first_source: SourceIdx) {
        let symbols: Column<StrId, StrId> =
            Column::from_vec(other.strings.iter().map(|(_, text)| self.strings.intern(text)).collect());
        let text = |id: StrId| symbols.row(id).copied().unwrap_or_default();
        let moved = Shift {
            attributes: len_u32(self.attributes.len()),
            blobs: len_u32(self.attributes.blobs.len()),
            events: self.events.name.end().0,
            links: self.links.trace.end().0,
        };
        self.append_attributes(other, &text, &moved);
        self.append_events_and_links(other, &text, &moved);

        let resources: Vec<ResourceIdx> = other
            .resources
            .attributes
            .iter()
            .map(|(at, range)| {
                let (url, dropped) = (other.resources.schema_url[at], other.resources.dropped_attributes[at]);
                self.intern_resource(range.shifted(moved.attributes), text(url), dropped)
            })
            .collect();
        let scopes: Vec<ScopeIdx> = other
            .scopes
            .attributes
            .iter()
            .map(|(at, range)| {
                let [name, version, url] =
                    [other.scopes.name[at], other.scopes.version[at], other.scopes.schema_url[at]].map(text);
                self.intern_scope(name, version, url, range.shifted(moved.attributes), other.scopes.dropped_attributes[at])
            })
            .collect();
        let (resource_slots, scope_slots) = (self.resource_of_slot.end().0, self.scope_of_slot.end().0);
        for &resource in other.resource_of_slot.as_slice() {
            self.resource_of_slot.push(resources.get(resource.0 as usize).copied().unwrap_or_default());
        }
        for &scope in other.scope_of_slot.as_slice() {
            self.scope_of_slot.push(scopes.get(scope.0 as usize).copied().unwrap_or_default());
        }

        let first = self.spans.id.end();
        let traces: Column<TraceIdx, TraceIdx> =
            Column::from_vec(other.traces.iter().map(|(_, &key)| self.intern_trace(map_trace(key, &text))).collect());
        let (mine, spans) = (&mut self.spans, &other.spans);
        macro_rules! append_same {
            ($($column:ident),*) => { $(mine.$column.vec_mut().extend_from_slice(spans.$column.as_slice());)* };
        }
        append_same!(id, parent_id, start, end, kind, status, marks, flags);
        macro_rules! append_mapped {
            ($($column:ident: $map:expr),* $(,)?) => { $(
                mine.$column.vec_mut().extend(spans.$column.as_slice().iter().copied().map($map));
            )* };
        }
        append_mapped!(
            trace: |trace| traces.row(trace).copied().unwrap_or_default(),
            name: text,
            resource: |slot| ResourceIdx(slot.0 + resource_slots),
            scope: |slot| ScopeIdx(slot.0 + scope_slots),
            attributes: |range| range.shifted(moved.attributes),
            events: |range| range.shifted(moved.events),
            links: |range| range.shifted(moved.links),
            source: |source| SourceIdx(source.0 + first_source.0),
        );
        for (span, marks) in spans.marks.iter() {
            let row = SpanIdx(span.0 + first.0);
            if marks.has(SpanMark::TextId) {
                mine.id[row] = u64::from(text(StrId(low(spans.id[span]))).0);
            }
            if marks.has(SpanMark::TextParentId) {
                mine.parent_id[row] = u64::from(text(StrId(low(spans.parent_id[span]))).0);
            }
        }
        macro_rules! append_sparse {
            ($($column:ident),*) => { $(
                for (span, value) in spans.$column.iter() {
                    self.spans.$column.push(SpanIdx(span.0 + first.0), Mapped::map(value, &text));
                }
            )* };
        }
        for_each_sparse_column!(append_sparse);
        let slots = Slots { resources: resource_slots, scopes: scope_slots, first_source };
        self.append_logs(other, &text, &moved, &slots);
        self.append_exemplars(other, &text, &moved, &slots);
    }

    fn append_logs(&mut self, other: &Self, text: &impl Fn(StrId) -> StrId, moved: &Shift, slots: &Slots) {
        let (mine, logs) = (&mut self.logs, &other.logs);
        let first = mine.time.end();
        macro_rules! append_mapped {
            ($($column:ident: $map:expr),* $(,)?) => { $(
                mine.$column.vec_mut().extend(logs.$column.as_slice().iter().copied().map($map));
            )* };
        }
        append_mapped!(
            trace: |key| map_trace(key, text),
            span: |key| map_span(key, text),
            time: |time| time,
            observed: |time| time,
            severity: |number| number,
            severity_text: text,
            body: |range| range.shifted(moved.attributes),
            attributes: |range| range.shifted(moved.attributes),
            flags: |flags| flags,
            event_name: text,
            resource: |slot| ResourceIdx(slot.0 + slots.resources),
            scope: |slot| ScopeIdx(slot.0 + slots.scopes),
            source: |source| SourceIdx(source.0 + slots.first_source.0),
        );
        for (log, number) in logs.unknown_severity.iter() {
            mine.unknown_severity.push(LogIdx(log.0 + first.0), number);
        }
        for (log, dropped) in logs.dropped_attributes.iter() {
            mine.dropped_attributes.push(LogIdx(log.0 + first.0), dropped);
        }
    }

    fn append_exemplars(&mut self, other: &Self, text: &impl Fn(StrId) -> StrId, moved: &Shift, slots: &Slots) {
        let (mine, exemplars) = (&mut self.exemplars, &other.exemplars);
        let first_metric = mine.metric_name.end();
        macro_rules! append_mapped {
            ($($column:ident: $map:expr),* $(,)?) => { $(
                mine.$column.vec_mut().extend(exemplars.$column.as_slice().iter().copied().map($map));
            )* };
        }
        append_mapped!(
            trace: |key| map_trace(key, text),
            span: |key| map_span(key, text),
            time: |time| time,
            value_tag: |tag| tag,
            value_bits: |bits| bits,
            attributes: |range| range.shifted(moved.attributes),
            metric: |metric| MetricIdx(metric.0 + first_metric.0),
            resource: |slot| ResourceIdx(slot.0 + slots.resources),
            source: |source| SourceIdx(source.0 + slots.first_source.0),
            metric_name: text,
            metric_unit: text,
        );
    }

    fn append_attributes(&mut self, other: &Self, text: &impl Fn(StrId) -> StrId, moved: &Shift) {
        let (mine, theirs) = (&mut self.attributes, &other.attributes);
        mine.blobs.extend_from_slice(&theirs.blobs);
        mine.key.vec_mut().extend(theirs.key.as_slice().iter().copied().map(text));
        mine.tag.vec_mut().extend_from_slice(theirs.tag.as_slice());
        let rows = theirs.tag.as_slice().iter().zip(theirs.payload.as_slice());
        mine.payload.vec_mut().extend(rows.map(|(&tag, &payload)| match tag {
            Tag::String => u64::from(text(StrId(low(payload))).0),
            Tag::Bytes => payload_from_range(high(payload) + moved.blobs, low(payload)),
            Tag::Array | Tag::KvList => payload_from_range(high(payload) + moved.attributes, low(payload)),
            Tag::Empty | Tag::Bool | Tag::Int | Tag::Double => payload,
        }));
    }

    fn append_events_and_links(&mut self, other: &Self, text: &impl Fn(StrId) -> StrId, moved: &Shift) {
        let (events, links) = (&other.events, &other.links);
        self.events.name.vec_mut().extend(events.name.as_slice().iter().copied().map(text));
        self.events.time.vec_mut().extend_from_slice(events.time.as_slice());
        let ranges = events.attributes.as_slice().iter();
        self.events.attributes.vec_mut().extend(ranges.map(|range| range.shifted(moved.attributes)));
        for (event, dropped) in events.dropped_attributes.iter() {
            self.events.dropped_attributes.push(super::spans::EventIdx(event.0 + moved.events), dropped);
        }
        for (link, &trace) in links.trace.iter() {
            self.links.trace.push(map_trace(trace, text));
            self.links.span.push(map_span(links.span[link], text));
            self.links.flags.push(links.flags[link]);
            self.links.trace_state.push(text(links.trace_state[link]));
            self.links.attributes.push(links.attributes[link].shifted(moved.attributes));
        }
        for (link, dropped) in links.dropped_attributes.iter() {
            self.links.dropped_attributes.push(super::spans::LinkIdx(link.0 + moved.links), dropped);
        }
    }
}

/// How far rows of the other batch move up.
struct Shift {
    attributes: u32,
    blobs: u32,
    events: u32,
    links: u32,
}

/// How far the slots of the other batch move up, and its sources.
struct Slots {
    resources: u32,
    scopes: u32,
    first_source: SourceIdx,
}

fn map_span(key: SpanKey, text: &impl Fn(StrId) -> StrId) -> SpanKey {
    match key {
        SpanKey::Text(id) => SpanKey::Text(text(id)),
        SpanKey::Missing | SpanKey::Regular(_) => key,
    }
}

fn map_trace(key: TraceKey, text: &impl Fn(StrId) -> StrId) -> TraceKey {
    match key {
        TraceKey::Text(id) => TraceKey::Text(text(id)),
        TraceKey::Missing | TraceKey::Regular(_) => key,
    }
}

/// A value of a sparse column, its symbol mapped where it is one.
trait Mapped: Sized {
    fn map(self, text: &impl Fn(StrId) -> StrId) -> Self;
}

impl Mapped for StrId {
    fn map(self, text: &impl Fn(Self) -> Self) -> Self {
        text(self)
    }
}

impl Mapped for u32 {
    fn map(self, _: &impl Fn(StrId) -> StrId) -> Self {
        self
    }
}

impl Mapped for i32 {
    fn map(self, _: &impl Fn(StrId) -> StrId) -> Self {
        self
    }
}

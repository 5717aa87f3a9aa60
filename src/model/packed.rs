//! A batch as bytes, for the way from one worker to another, and as what two batches are compared by.
//!
//! Columns stand one after the other as little-endian numbers, behind a row of counts. What is read is checked throughout, so that
//! every symbol, row and range of a batch that comes of it leads somewhere, whatever the bytes were.

use super::batch::{Batch, ResourceSlot, ScopeSlot};
use super::ids::{SpanIdx, SpanKey, TraceIdx, TraceKey};
use super::logs::{Exemplars, Logs, MetricIdx};
use super::report::SourceIdx;
use super::spans::{EventIdx, LinkIdx, ResourceIdx, ScopeIdx, SpanKind, SpanMark, SpanMarks, StatusCode};
use super::value::{AttributeIdx, Tag, high, low};
use crate::base::{Column, Idx, IdxRange, Interner, Sparse, StrId, len_u32};

/// How many counts come first.
const COUNTS: usize = 15;

impl Batch {
    /// Appends the batch to `out`.
    pub fn pack(&self, out: &mut Vec<u8>) {
        let Self { strings, attributes, spans, events, links, logs, exemplars, resources, scopes, .. } = self;
        let (texts, ends) = strings.parts();
        let counts: [usize; COUNTS] = [
            texts.len(),
            ends.len(),
            attributes.blobs.len(),
            attributes.len(),
            self.traces.len(),
            self.resource_of_slot.len(),
            self.scope_of_slot.len(),
            resources.attributes.len(),
            scopes.attributes.len(),
            spans.len(),
            events.name.len(),
            links.trace.len(),
            logs.len(),
            exemplars.len(),
            exemplars.metric_name.len(),
        ];
        out.reserve(texts.len() + attributes.blobs.len() + attributes.len() * 13 + spans.len() * 100 + events.name.len() * 20);
        put(out, &counts, |&count| len_u32(count).to_le_bytes());
        out.extend_from_slice(texts.as_bytes());
        put(out, ends, |end| end.to_le_bytes());

        out.extend_from_slice(&attributes.blobs);
        put_ids(out, &attributes.key);
        put(out, attributes.tag.as_slice(), |&tag| [tag as u8]);
        put_u64(out, &attributes.payload);

        put(out, self.traces.as_slice(), |&key| bytes_of_trace(key));
        put_ids(out, &self.resource_of_slot);
        put_ids(out, &self.scope_of_slot);
        put_ranges(out, &resources.attributes);
        put_ids(out, &resources.service);
        put_ids(out, &resources.schema_url);
        put_u32(out, &resources.dropped_attributes);
        put_ids(out, &scopes.name);
        put_ids(out, &scopes.version);
        put_ids(out, &scopes.schema_url);
        put_ranges(out, &scopes.attributes);
        put_u32(out, &scopes.dropped_attributes);

        put_ids(out, &spans.trace);
        put_u64(out, &spans.id);
        put_u64(out, &spans.parent_id);
        put_ids(out, &spans.name);
        put_u64(out, &spans.start);
        put_u64(out, &spans.end);
        put(out, spans.kind.as_slice(), |&kind| [kind as u8]);
        put(out, spans.status.as_slice(), |&status| [status as u8]);
        put(out, spans.marks.as_slice(), |marks| marks.0.to_le_bytes());
        put_u32(out, &spans.flags);
        put_ids(out, &spans.resource);
        put_ids(out, &spans.scope);
        put_ranges(out, &spans.attributes);
        put_ranges(out, &spans.events);
        put_ranges(out, &spans.links);
        put_ids(out, &spans.source);
        put_sparse(out, &spans.status_message, |text| text.0);
        put_sparse(out, &spans.trace_state, |text| text.0);
        put_sparse(out, &spans.unknown_kind, i32::cast_unsigned);
        for dropped in [&spans.dropped_attributes, &spans.dropped_events, &spans.dropped_links] {
            put_sparse(out, dropped, |count| count);
        }

        put_ids(out, &events.name);
        put_u64(out, &events.time);
        put_ranges(out, &events.attributes);
        put_sparse(out, &events.dropped_attributes, |count| count);

        put(out, links.trace.as_slice(), |&key| bytes_of_trace(key));
        put(out, links.span.as_slice(), |&key| bytes_of_span(key));
        put_u32(out, &links.flags);
        put_ids(out, &links.trace_state);
        put_ranges(out, &links.attributes);
        put_sparse(out, &links.dropped_attributes, |count| count);
        pack_logs(out, logs);
        pack_exemplars(out, exemplars);
    }

    /// Reads a batch that is all of these bytes. It is one to read from: its tables of what is known are empty.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes);
        let counts: [u32; COUNTS] = input.rows(COUNTS, u32::from_le_bytes)?.try_into().ok()?;
        let [n_texts, n_strings, n_blobs, n_attributes, n_traces, resource_slots, scope_slots, ..] = counts;
        let [.., n_resources, n_scopes, n_spans, n_events, n_links, n_logs, n_exemplars, n_metrics] = counts;
        let mut new = Self::default();
        let texts = str::from_utf8(input.take(n_texts as usize)?).ok()?.to_owned();
        new.strings = Interner::from_parts(texts, input.rows(n_strings as usize, u32::from_le_bytes)?)?;

        let attributes = &mut new.attributes;
        attributes.blobs = input.take(n_blobs as usize)?.to_vec();
        attributes.key = input.ids(n_attributes, n_strings)?;
        let tags = input.take(n_attributes as usize)?;
        attributes.tag = Column::from_vec(tags.iter().map(|&tag| TAGS.get(usize::from(tag)).copied()).collect::<Option<_>>()?);
        attributes.payload = input.u64s(n_attributes)?;
        let leads_somewhere = |(at, &payload): (AttributeIdx, &u64)| match attributes.tag[at] {
            Tag::String => low(payload) < n_strings,
            Tag::Bytes => high(payload).checked_add(low(payload)).is_some_and(|end| end <= n_blobs),
            // What is in a row stands before it: no row is in itself.
            Tag::Array | Tag::KvList => high(payload).checked_add(low(payload)).is_some_and(|end| end <= at.0),
            Tag::Empty | Tag::Bool | Tag::Int | Tag::Double => true,
        };
        if !attributes.payload.iter().all(leads_somewhere) {
            return None;
        }

        new.traces = input.traces(n_traces, n_strings)?;
        new.resource_of_slot = input.ids::<ResourceSlot, ResourceIdx>(resource_slots, n_resources)?;
        new.scope_of_slot = input.ids::<ScopeSlot, ScopeIdx>(scope_slots, n_scopes)?;
        let resources = &mut new.resources;
        resources.attributes = input.ranges(n_resources, n_attributes)?;
        resources.service = input.ids(n_resources, n_strings)?;
        resources.schema_url = input.ids(n_resources, n_strings)?;
        resources.dropped_attributes = input.u32s(n_resources)?;
        let scopes = &mut new.scopes;
        scopes.name = input.ids(n_scopes, n_strings)?;
        scopes.version = input.ids(n_scopes, n_strings)?;
        scopes.schema_url = input.ids(n_scopes, n_strings)?;
        scopes.attributes = input.ranges(n_scopes, n_attributes)?;
        scopes.dropped_attributes = input.u32s(n_scopes)?;

        let spans = &mut new.spans;
        spans.trace = input.ids::<SpanIdx, TraceIdx>(n_spans, n_traces)?;
        spans.id = input.u64s(n_spans)?;
        spans.parent_id = input.u64s(n_spans)?;
        spans.name = input.ids(n_spans, n_strings)?;
        spans.start = input.u64s(n_spans)?;
        spans.end = input.u64s(n_spans)?;
        let kinds = input.take(n_spans as usize)?;
        spans.kind = Column::from_vec(kinds.iter().map(|&kind| SpanKind::from_number(kind.into())).collect::<Option<_>>()?);
        let codes = input.take(n_spans as usize)?;
        spans.status = Column::from_vec(codes.iter().map(|&code| StatusCode::from_number(code.into())).collect::<Option<_>>()?);
        spans.marks = Column::from_vec(input.rows(n_spans as usize, |bytes| SpanMarks(u16::from_le_bytes(bytes)))?);
        let is_text = |(ids, text): (&Column<SpanIdx, u64>, SpanMark)| {
            spans.marks.iter().all(|(span, marks)| !marks.has(text) || ids[span] < u64::from(n_strings))
        };
        if ![(&spans.id, SpanMark::TextId), (&spans.parent_id, SpanMark::TextParentId)].into_iter().all(is_text) {
            return None;
        }
        spans.flags = input.u32s(n_spans)?;
        spans.resource = input.ids(n_spans, resource_slots)?;
        spans.scope = input.ids(n_spans, scope_slots)?;
        spans.attributes = input.ranges(n_spans, n_attributes)?;
        spans.events = input.ranges(n_spans, n_events)?;
        spans.links = input.ranges(n_spans, n_links)?;
        spans.source = input.ids::<SpanIdx, SourceIdx>(n_spans, 1)?;
        spans.status_message = input.sparse(n_spans, n_strings, StrId)?;
        spans.trace_state = input.sparse(n_spans, n_strings, StrId)?;
        spans.unknown_kind = input.sparse(n_spans, u32::MAX, u32::cast_signed)?;
        for dropped in [&mut spans.dropped_attributes, &mut spans.dropped_events, &mut spans.dropped_links] {
            *dropped = input.sparse(n_spans, u32::MAX, |count| count)?;
        }

        let events = &mut new.events;
        events.name = input.ids::<EventIdx, StrId>(n_events, n_strings)?;
        events.time = input.u64s(n_events)?;
        events.attributes = input.ranges(n_events, n_attributes)?;
        events.dropped_attributes = input.sparse(n_events, u32::MAX, |count| count)?;

        let links = &mut new.links;
        links.trace = input.traces::<LinkIdx>(n_links, n_strings)?;
        links.span = input.span_keys::<LinkIdx>(n_links, n_strings)?;
        links.flags = input.u32s(n_links)?;
        links.trace_state = input.ids(n_links, n_strings)?;
        links.attributes = input.ranges(n_links, n_attributes)?;
        links.dropped_attributes = input.sparse(n_links, u32::MAX, |count| count)?;
        let limits = Limits { n_strings, n_attributes, resource_slots, scope_slots };
        new.logs = input.logs(n_logs, &limits)?;
        new.exemplars = input.exemplars(n_exemplars, n_metrics, &limits)?;
        input.0.is_empty().then_some(new)
    }
}

fn pack_logs(out: &mut Vec<u8>, logs: &Logs) {
    put(out, logs.trace.as_slice(), |&key| bytes_of_trace(key));
    put(out, logs.span.as_slice(), |&key| bytes_of_span(key));
    put_u64(out, &logs.time);
    put_u64(out, &logs.observed);
    put(out, logs.severity.as_slice(), |&number| [number]);
    put_ids(out, &logs.severity_text);
    put_ranges(out, &logs.body);
    put_ranges(out, &logs.attributes);
    put_u32(out, &logs.flags);
    put_ids(out, &logs.event_name);
    put_ids(out, &logs.resource);
    put_ids(out, &logs.scope);
    put_ids(out, &logs.source);
    put_sparse(out, &logs.unknown_severity, i32::cast_unsigned);
    put_sparse(out, &logs.dropped_attributes, |count| count);
}

fn pack_exemplars(out: &mut Vec<u8>, exemplars: &Exemplars) {
    put(out, exemplars.trace.as_slice(), |&key| bytes_of_trace(key));
    put(out, exemplars.span.as_slice(), |&key| bytes_of_span(key));
    put_u64(out, &exemplars.time);
    put(out, exemplars.value_tag.as_slice(), |&tag| [tag]);
    put_u64(out, &exemplars.value_bits);
    put_ranges(out, &exemplars.attributes);
    put_ids(out, &exemplars.metric);
    put_ids(out, &exemplars.resource);
    put_ids(out, &exemplars.source);
    put_ids(out, &exemplars.metric_name);
    put_ids(out, &exemplars.metric_unit);
}

/// How many rows there are of what logs and exemplars lead to.
struct Limits {
    n_strings: u32,
    n_attributes: u32,
    resource_slots: u32,
    scope_slots: u32,
}

/// The types of values by number.
const TAGS: [Tag; 8] = [Tag::Empty, Tag::String, Tag::Bool, Tag::Int, Tag::Double, Tag::Bytes, Tag::Array, Tag::KvList];

/// Writes rows of a fixed width.
fn put<T, const WIDTH: usize>(out: &mut Vec<u8>, rows: &[T], bytes: impl Fn(&T) -> [u8; WIDTH]) {
    let start = out.len();
    out.resize(start + rows.len() * WIDTH, 0);
    let (places, _) = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<WIDTH>();
    for (place, row) in places.iter_mut().zip(rows) {
        *place = bytes(row);
    }
}

fn put_ids<I, T: Idx>(out: &mut Vec<u8>, column: &Column<I, T>)
where
    I: Idx,
{
    put(out, column.as_slice(), |id| id.to_u32().to_le_bytes());
}

fn put_u32<I: Idx>(out: &mut Vec<u8>, column: &Column<I, u32>) {
    put(out, column.as_slice(), |number| number.to_le_bytes());
}

fn put_u64<I: Idx>(out: &mut Vec<u8>, column: &Column<I, u64>) {
    put(out, column.as_slice(), |number| number.to_le_bytes());
}

fn put_ranges<I: Idx, J: Idx>(out: &mut Vec<u8>, column: &Column<I, IdxRange<J>>) {
    put(out, column.as_slice(), |range| (u64::from(range.end) << 32 | u64::from(range.start)).to_le_bytes());
}

fn put_sparse<I: Idx, T: Copy>(out: &mut Vec<u8>, column: &Sparse<I, T>, number: impl Fn(T) -> u32) {
    out.extend_from_slice(&len_u32(column.len()).to_le_bytes());
    for (row, value) in column.iter() {
        out.extend_from_slice(&row.to_u32().to_le_bytes());
        out.extend_from_slice(&number(value).to_le_bytes());
    }
}

/// What an id is, and its bytes.
const KEY: usize = 17;

fn bytes_of_key(kind: u8, number: u128) -> [u8; KEY] {
    let mut bytes = [kind; KEY];
    if let Some(place) = bytes.first_chunk_mut() {
        *place = number.to_le_bytes();
    }
    bytes
}

fn bytes_of_trace(key: TraceKey) -> [u8; KEY] {
    match key {
        TraceKey::Missing => bytes_of_key(0, 0),
        TraceKey::Regular(number) => bytes_of_key(1, number),
        TraceKey::Text(text) => bytes_of_key(2, u128::from(text.0)),
    }
}

fn bytes_of_span(key: SpanKey) -> [u8; KEY] {
    match key {
        SpanKey::Missing => bytes_of_key(0, 0),
        SpanKey::Regular(number) => bytes_of_key(1, u128::from(number)),
        SpanKey::Text(text) => bytes_of_key(2, u128::from(text.0)),
    }
}

fn key_from_bytes(bytes: [u8; KEY], n_strings: u32) -> Option<(u8, u128)> {
    let [number @ .., kind] = bytes;
    let number = u128::from_le_bytes(number);
    (kind < 2 || kind == 2 && number < u128::from(n_strings)).then_some((kind, number))
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// Rows of a fixed width.
    fn rows<T, const WIDTH: usize>(&mut self, n: usize, make: impl Fn([u8; WIDTH]) -> T) -> Option<Vec<T>> {
        let (rows, _) = self.take(n.checked_mul(WIDTH)?)?.as_chunks::<WIDTH>();
        Some(rows.iter().map(|&bytes| make(bytes)).collect())
    }

    /// Indices of a table of `limit` rows.
    fn ids<I: Idx, T: Idx>(&mut self, n: u32, limit: u32) -> Option<Column<I, T>> {
        let ids = self.rows(n as usize, |bytes| T::from_u32(u32::from_le_bytes(bytes)))?;
        ids.iter().all(|id| id.to_u32() < limit).then(|| Column::from_vec(ids))
    }

    fn u32s<I: Idx>(&mut self, n: u32) -> Option<Column<I, u32>> {
        self.rows(n as usize, u32::from_le_bytes).map(Column::from_vec)
    }

    fn u64s<I: Idx>(&mut self, n: u32) -> Option<Column<I, u64>> {
        self.rows(n as usize, u64::from_le_bytes).map(Column::from_vec)
    }

    /// Ranges of a table of `limit` rows.
    fn ranges<I: Idx, J: Idx>(&mut self, n: u32, limit: u32) -> Option<Column<I, IdxRange<J>>> {
        let numbers = self.rows(n as usize, u64::from_le_bytes)?;
        let fits = |&range: &u64| low(range) <= high(range) && high(range) <= limit;
        let all_fit = numbers.iter().all(fits);
        all_fit.then(|| Column::from_vec(numbers.into_iter().map(|range| IdxRange::new(low(range), high(range))).collect()))
    }

    fn traces<I: Idx>(&mut self, n: u32, n_strings: u32) -> Option<Column<I, TraceKey>> {
        let keys = self.rows(n as usize, |bytes| match key_from_bytes(bytes, n_strings)? {
            (0, _) => Some(TraceKey::Missing),
            (1, number) => Some(TraceKey::Regular(number)),
            (_, text) => u32::try_from(text).ok().map(|text| TraceKey::Text(StrId(text))),
        })?;
        Some(Column::from_vec(keys.into_iter().collect::<Option<_>>()?))
    }

    fn span_keys<I: Idx>(&mut self, n: u32, n_strings: u32) -> Option<Column<I, SpanKey>> {
        let keys = self.rows(n as usize, |bytes| match key_from_bytes(bytes, n_strings)? {
            (0, _) => Some(SpanKey::Missing),
            (1, number) => u64::try_from(number).ok().map(SpanKey::Regular),
            (_, text) => u32::try_from(text).ok().map(|text| SpanKey::Text(StrId(text))),
        })?;
        Some(Column::from_vec(keys.into_iter().collect::<Option<_>>()?))
    }

    fn logs(&mut self, n: u32, limits: &Limits) -> Option<Logs> {
        let logs = Logs {
            trace: self.traces(n, limits.n_strings)?,
            span: self.span_keys(n, limits.n_strings)?,
            time: self.u64s(n)?,
            observed: self.u64s(n)?,
            severity: Column::from_vec(self.take(n as usize)?.to_vec()),
            severity_text: self.ids(n, limits.n_strings)?,
            body: self.ranges(n, limits.n_attributes)?,
            attributes: self.ranges(n, limits.n_attributes)?,
            flags: self.u32s(n)?,
            event_name: self.ids(n, limits.n_strings)?,
            resource: self.ids(n, limits.resource_slots)?,
            scope: self.ids(n, limits.scope_slots)?,
            source: self.ids(n, 1)?,
            unknown_severity: self.sparse(n, u32::MAX, u32::cast_signed)?,
            dropped_attributes: self.sparse(n, u32::MAX, |count| count)?,
        };
        logs.severity.as_slice().iter().all(|&number| number <= Logs::MAX_SEVERITY).then_some(logs)
    }

    fn exemplars(&mut self, n: u32, n_metrics: u32, limits: &Limits) -> Option<Exemplars> {
        let exemplars = Exemplars {
            trace: self.traces(n, limits.n_strings)?,
            span: self.span_keys(n, limits.n_strings)?,
            time: self.u64s(n)?,
            value_tag: Column::from_vec(self.take(n as usize)?.to_vec()),
            value_bits: self.u64s(n)?,
            attributes: self.ranges(n, limits.n_attributes)?,
            metric: self.ids(n, n_metrics)?,
            resource: self.ids(n, limits.resource_slots)?,
            source: self.ids(n, 1)?,
            metric_name: self.ids::<MetricIdx, StrId>(n_metrics, limits.n_strings)?,
            metric_unit: self.ids(n_metrics, limits.n_strings)?,
        };
        exemplars.value_tag.as_slice().iter().all(|&tag| tag <= 2).then_some(exemplars)
    }

    /// Values of some of `n` rows, ascending; the numbers that they are made of are below `limit`.
    fn sparse<I: Idx, T: Copy>(&mut self, n: u32, limit: u32, make: impl Fn(u32) -> T) -> Option<Sparse<I, T>> {
        let len = u32::from_le_bytes(*self.take(4)?.first_chunk()?);
        let mut column = Sparse::default();
        let mut least = 0;
        for pair in self.rows(len as usize, u64::from_le_bytes)? {
            let (row, number) = (low(pair), high(pair));
            if row < least || n <= row || limit <= number && limit != u32::MAX {
                return None;
            }
            least = row + 1;
            column.push(I::from_u32(row), make(number));
        }
        Some(column)
    }
}

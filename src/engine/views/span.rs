//! All that is known of one span, and texts in full.

use super::{brief, find_span, kind, logs, marks, owned, status};
use crate::base::text::hex_from_bytes;
use crate::base::{Idx as _, IdxRange, len_u32, sort_few_by_key};
use crate::encode::{otlp_json, plain};
use crate::engine::caches::{Caches, TraceTables};
use crate::engine::present;
use crate::model::{AttributeIdx, Dataset, EventIdx, LinkIdx, SpanIdx, Value};
use crate::protocol::{AttributeNode, AttributeValue, EventView, Failure, LinkView, ScopeView, SpanView, TextRequest, TextView};

/// Bytes of a text that a view holds; the rest comes on request.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Bytes of a byte value that a view holds, as hex.
const MAX_BYTES: usize = 1024;

/// Spans that link to one, at most.
const MAX_LINKED_FROM: usize = 100;

/// The details of a span.
pub(in crate::engine) fn span(dataset: &Dataset, caches: &mut Caches, row: u32, log: Option<u32>) -> Result<SpanView, Failure> {
    let span = find_span(dataset, row)?;
    let (spans, resources, scopes) = (&dataset.spans, &dataset.resources, &dataset.scopes);
    let trace = spans.trace[span];
    let tables = TraceTables::of(dataset, caches, trace);
    let (resource, scope) = (spans.resource[span], spans.scope[span]);
    let source = dataset.report.sources.row(spans.source[span]);
    let mut events: Vec<EventIdx> = spans.events[span].iter().collect();
    sort_few_by_key(&mut events, |&event| dataset.events.time[event]);
    Ok(SpanView {
        brief: brief(dataset, span),
        parent_id: spans.parent_key(span).display(&dataset.strings).to_string(),
        parent: spans.parent(span).map(|parent| brief(dataset, parent)),
        kind: kind(spans.kind[span]),
        kind_unknown: spans.unknown_kind.get(span),
        status: status(spans.status[span]),
        status_message: owned(dataset, spans.status_message.get(span).unwrap_or_default()),
        start: spans.start[span],
        end: spans.end[span],
        duration: spans.duration(span),
        self_time: tables.times.self_time.get(tables.at(span)).copied().unwrap_or(0),
        trace_start: dataset.traces.start[trace],
        level: spans.depth[span],
        children: tables.times.children.get(tables.at(span)).copied().unwrap_or(0),
        descendants: spans.below(span).len(),
        marks: marks(spans.marks[span]),
        attributes: nodes(dataset, spans.attributes[span]),
        dropped_attributes: spans.dropped_attributes.get(span).unwrap_or(0),
        events: events.into_iter().map(|event| event_view(dataset, event)).collect(),
        dropped_events: spans.dropped_events.get(span).unwrap_or(0),
        links: spans.links[span].iter().map(|link| link_view(dataset, link)).collect(),
        dropped_links: spans.dropped_links.get(span).unwrap_or(0),
        linked_from: dataset.linked_from(span).take(MAX_LINKED_FROM).map(|from| brief(dataset, from)).collect(),
        linked_from_count: len_u32(dataset.linked_from(span).len()),
        logs: logs::of_span(dataset, span),
        logs_count: dataset.logs_of_span(span).len(),
        exemplars: logs::exemplars_of_span(dataset, span),
        exemplars_count: dataset.exemplars_of_span(span).len(),
        shift: tables.skew.shift(dataset, span),
        trace_state: owned(dataset, spans.trace_state.get(span).unwrap_or_default()),
        flags: spans.flags[span],
        resource: nodes(dataset, resources.attributes[resource]),
        resource_dropped: resources.dropped_attributes[resource],
        resource_schema_url: owned(dataset, resources.schema_url[resource]),
        scope: ScopeView {
            name: owned(dataset, scopes.name[scope]),
            version: owned(dataset, scopes.version[scope]),
            schema_url: owned(dataset, scopes.schema_url[scope]),
            attributes: nodes(dataset, scopes.attributes[scope]),
            dropped: scopes.dropped_attributes[scope],
        },
        source: source.map(|source| source.name.clone()).unwrap_or_default(),
        log: log.and_then(|log| logs::one_of_span(dataset, span, log)),
        coarse_ns: source.map_or(0, |source| source.coarse_ns),
    })
}

/// A text in full.
pub(in crate::engine) fn text(dataset: &Dataset, request: &TextRequest) -> Result<TextView, Failure> {
    let text = match *request {
        TextRequest::Value { node } => {
            let at = AttributeIdx(node);
            if dataset.attributes.len() <= at.usize() {
                return Err(present::no_value(node));
            }
            plain::text_of_value(dataset, at)
        }
        TextRequest::SpanAsOtlpJson { span } => otlp_json::span_document(dataset, find_span(dataset, span)?),
    };
    Ok(TextView { text })
}

fn event_view(dataset: &Dataset, event: EventIdx) -> EventView {
    let events = &dataset.events;
    EventView {
        name: owned(dataset, events.name[event]),
        time: events.time[event],
        attributes: nodes(dataset, events.attributes[event]),
        dropped: events.dropped_attributes.get(event).unwrap_or(0),
    }
}

fn link_view(dataset: &Dataset, link: LinkIdx) -> LinkView {
    let links = &dataset.links;
    LinkView {
        trace_id: links.trace[link].display(&dataset.strings).to_string(),
        span_id: links.span[link].display(&dataset.strings).to_string(),
        target: dataset.link_target(link).map(|target: SpanIdx| brief(dataset, target)),
        trace_state: owned(dataset, links.trace_state[link]),
        flags: links.flags[link],
        attributes: nodes(dataset, links.attributes[link]),
        dropped: links.dropped_attributes.get(link).unwrap_or(0),
    }
}

/// The attribute trees of an owner, in pre-order.
pub(super) fn nodes(dataset: &Dataset, range: IdxRange<AttributeIdx>) -> Vec<AttributeNode> {
    let attributes = &dataset.attributes;
    let mut nodes = Vec::with_capacity(range.len() as usize);
    // What is left of each list that is being walked, with its first row, and whether its rows have positions for keys.
    let mut walked = vec![(range, range.start, false)];
    while let Some((rest, first, is_array)) = walked.last_mut() {
        let Some(at) = rest.first() else {
            walked.pop();
            continue;
        };
        rest.start += 1;
        let key = if *is_array { (at.0 - *first).to_string() } else { owned(dataset, attributes.key(at)) };
        let depth = len_u32(walked.len() - 1);
        let value = attributes.value(at);
        nodes.push(AttributeNode { node: at.0, depth, key, value: value_view(dataset, value) });
        match value {
            Value::Array(inner) => walked.push((inner, inner.start, true)),
            Value::KvList(inner) => walked.push((inner, inner.start, false)),
            _ => {}
        }
    }
    nodes
}

fn value_view(dataset: &Dataset, value: Value<'_>) -> AttributeValue {
    match value {
        Value::Empty => AttributeValue::Empty,
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Int(number) => AttributeValue::Int(number),
        Value::Double(number) => AttributeValue::Double(number),
        Value::Array(range) => AttributeValue::Array { len: range.len() },
        Value::KvList(range) => AttributeValue::KvList { len: range.len() },
        Value::String(id) => {
            let text = dataset.str(id);
            let shown = text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or_default();
            AttributeValue::String { text: shown.to_owned(), bytes: text.len() as u64 }
        }
        Value::Bytes(bytes) => {
            let shown = bytes.get(..bytes.len().min(MAX_BYTES)).unwrap_or_default();
            AttributeValue::Bytes { hex: hex_from_bytes(shown), bytes: bytes.len() as u64 }
        }
    }
}

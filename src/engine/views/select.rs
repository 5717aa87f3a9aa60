//! What a selection selects: the filter's words held against traces, its query and the brushes against traces and spans.

use std::rc::Rc;

use super::find::{Needle, strings_holding};
use super::group::is_member;
use super::query::matched;
use super::trace_id;
use crate::analysis::Selected;
use crate::base::text::hex_digits;
use crate::base::{BitSet, Idx as _, IdxRange, StrId, sort_few};
use crate::engine::caches::Caches;
use crate::model::{AttributeIdx, Dataset, SpanIdx, StatusCode, Tag, TraceIdx, TraceKey};
use crate::protocol::{Brush, Group, Population, Selection};
use crate::traceql::split;

/// The spans of a selection, from the cache if they are there.
pub(in crate::engine) fn select(dataset: &Dataset, caches: &mut Caches, selection: &Selection) -> Rc<Selected> {
    let selection = normal(selection);
    if let Some(selected) = caches.selected.get(&selection) {
        return selected;
    }
    let (words, query) = split(&selection.filter);
    let words: Vec<Word> = words.split_whitespace().map(|word| Word::new(dataset, caches, word)).collect();
    let queried = (!query.is_empty()).then(|| matched(dataset, caches, query));
    let (of_traces, of_spans): (Vec<&Brush>, Vec<&Brush>) =
        selection.brushes.iter().partition(|brush| brush.of == Population::Traces);
    let of_traces: Vec<_> = of_traces.into_iter().map(|brush| (brush, is_member(dataset, caches, brush))).collect();
    let of_spans: Vec<_> = of_spans.into_iter().map(|brush| (brush, is_member(dataset, caches, brush))).collect();

    let lets_trace_through = |trace: TraceIdx| {
        words.iter().all(|word| word.is_in(dataset, trace))
            && of_traces.iter().all(|(brush, is_member)| {
                let traces = &dataset.traces;
                fits(brush, traces.start[trace], traces.duration(trace), traces.errors[trace] != 0)
                    && is_member.has_trace(dataset, trace)
            })
    };
    let lets_span_through = |span: SpanIdx| {
        queried.as_ref().is_none_or(|queried| queried.has(span))
            && of_spans.iter().all(|(brush, is_member)| {
                let spans = &dataset.spans;
                fits(brush, spans.start[span], spans.duration(span), spans.status[span] == StatusCode::Error)
                    && is_member.has_span(span)
            })
    };
    let mut traces = match &queried {
        Some(queried) => queried.traces.clone(),
        None => dataset.traces.key.iter().map(|(trace, _)| trace).collect(),
    };
    traces.retain(|&trace| lets_trace_through(trace));
    let is_of_spans = !of_spans.is_empty() || queried.as_ref().is_some_and(|queried| queried.spans.is_some());
    let spans = is_of_spans.then(|| {
        let mut spans = BitSet::new(dataset.spans.len());
        traces.retain(|&trace| {
            let mut any = false;
            for span in dataset.traces.spans[trace].iter().filter(|&span| lets_span_through(span)) {
                any |= spans.insert(span.usize());
            }
            any
        });
        spans
    });
    caches.selected.put(selection, Selected { traces, spans })
}

/// The same selection, written the one way in which it is kept: neither the order of words nor their case matters, nor what is
/// between them, and a brush that narrows nothing is none. A query stays as it is written.
pub(super) fn normal(selection: &Selection) -> Selection {
    let (words, query) = split(&selection.filter);
    let mut words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    sort_few(&mut words, String::cmp);
    words.dedup();
    if !query.is_empty() {
        words.push(query.to_owned());
    }
    Selection { filter: words.join(" "), brushes: selection.brushes.iter().filter(|brush| narrows(brush)).cloned().collect() }
}

fn narrows(brush: &Brush) -> bool {
    let Brush { of: _, start, duration, errors_only, group } = brush;
    start.is_some() || duration.is_some() || *errors_only || group.as_ref().is_some_and(|group| *group != Group::All)
}

pub(super) fn fits(brush: &Brush, start: u64, duration: u64, failed: bool) -> bool {
    let within = |bounds: Option<(u64, u64)>, value: u64| bounds.is_none_or(|(low, high)| low <= value && value <= high);
    // What has no start has no place in time, nor a duration.
    (start != 0 || brush.start.is_none() && brush.duration.is_none())
        && within(brush.start, start)
        && within(brush.duration, duration)
        && (failed || !brush.errors_only)
}

/// A word of the filter, held against each text once.
struct Word {
    needle: Needle,
    is_hex: bool,
    services: Vec<bool>,
    /// Texts that hold it, by symbol.
    texts: Rc<BitSet>,
    /// Rows of the attribute table whose value holds it, or is the number that it is.
    values: BitSet,
    has_values: bool,
    /// Whether a value of each resource does.
    resources: Vec<bool>,
}

impl Word {
    fn new(dataset: &Dataset, caches: &mut Caches, word: &str) -> Self {
        let needle = Needle::new(word);
        let services = dataset.services.name.iter().map(|(service, _)| needle.is_in(dataset.service_name(service))).collect();
        let texts = strings_holding(dataset, caches, word);
        let number: Option<u64> = word.parse::<i64>().ok().map(i64::cast_unsigned);
        let attributes = &dataset.attributes;
        let mut values = BitSet::new(attributes.tag.len());
        let mut has_values = false;
        for ((at, tag), &payload) in attributes.tag.iter().zip(attributes.payload.as_slice()) {
            let is_in = match tag {
                Tag::String => usize::try_from(payload).is_ok_and(|symbol| texts.has(symbol)),
                Tag::Int => number == Some(payload),
                Tag::Empty | Tag::Bool | Tag::Double | Tag::Bytes | Tag::Array | Tag::KvList => false,
            };
            has_values |= is_in && values.insert(at.usize());
        }
        let has_value = |rows: IdxRange<AttributeIdx>| has_values && rows.iter().any(|at| values.has(at.usize()));
        let resources = dataset.resources.attributes.as_slice().iter().map(|&rows| has_value(rows)).collect();
        let is_hex = needle.is_hex();
        Self { needle, is_hex, services, texts, values, has_values, resources }
    }

    /// Whether it is in the trace's id. Nearly all ids are numbers, so that nearly no word has to be looked for in them.
    fn is_in_id(&self, dataset: &Dataset, trace: TraceIdx) -> bool {
        match dataset.traces.key[trace] {
            TraceKey::Regular(number) => self.is_hex && self.needle.is_in_ascii(&hex_digits(number)),
            TraceKey::Missing | TraceKey::Text(_) => self.needle.is_in(&trace_id(dataset, trace)),
        }
    }

    /// Whether a value of one of the trace's spans, or of a resource of theirs, holds it.
    fn is_in_values(&self, dataset: &Dataset, trace: TraceIdx) -> bool {
        let has_value = |span: SpanIdx| {
            let resource = dataset.spans.resource[span];
            self.resources.get(resource.usize()).copied().unwrap_or(false)
                || dataset.spans.attributes[span].iter().any(|at| self.values.has(at.usize()))
        };
        self.has_values && dataset.traces.spans[trace].iter().any(has_value)
    }

    fn is_in(&self, dataset: &Dataset, trace: TraceIdx) -> bool {
        let services = dataset.traces.service_list.slice(dataset.traces.services[trace]);
        let has_name = |name: &StrId| self.texts.has(name.usize());
        services.iter().any(|(service, _)| self.services.get(service.usize()).copied().unwrap_or(false))
            || dataset.spans.name.slice(dataset.traces.spans[trace]).iter().any(has_name)
            || self.is_in_id(dataset, trace)
            || self.is_in_values(dataset, trace)
    }
}

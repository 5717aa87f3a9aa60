//! What a selection selects: the filter's words held against traces, then the brushes against traces and spans.

use std::rc::Rc;

use super::find::Needle;
use super::group::is_member;
use super::trace_id;
use crate::analysis::Selected;
use crate::base::text::hex_digits;
use crate::base::{BitSet, Idx as _, StrId, sort_few};
use crate::engine::caches::Caches;
use crate::model::{Dataset, SpanIdx, StatusCode, TraceIdx, TraceKey};
use crate::protocol::{Brush, Group, Population, Selection};

/// The spans of a selection, from the cache if they are there.
pub(in crate::engine) fn select(dataset: &Dataset, caches: &mut Caches, selection: &Selection) -> Rc<Selected> {
    let selection = normal(selection);
    if let Some(selected) = caches.selected.get(&selection) {
        return selected;
    }
    let words: Vec<Word> = selection.filter.split_whitespace().map(|word| Word::new(dataset, word)).collect();
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
        of_spans.iter().all(|(brush, is_member)| {
            let spans = &dataset.spans;
            fits(brush, spans.start[span], spans.duration(span), spans.status[span] == StatusCode::Error)
                && is_member.has_span(span)
        })
    };
    let mut traces: Vec<TraceIdx> =
        dataset.traces.key.iter().map(|(trace, _)| trace).filter(|&trace| lets_trace_through(trace)).collect();
    let spans = (!of_spans.is_empty()).then(|| {
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
/// between them, and a brush that narrows nothing is none.
pub(super) fn normal(selection: &Selection) -> Selection {
    let mut words: Vec<String> = selection.filter.split_whitespace().map(str::to_lowercase).collect();
    sort_few(&mut words, String::cmp);
    words.dedup();
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

/// A word of the filter, held against each name once.
struct Word {
    needle: Needle,
    is_hex: bool,
    services: Vec<bool>,
    /// Span names that hold it, by symbol.
    names: BitSet,
}

impl Word {
    fn new(dataset: &Dataset, word: &str) -> Self {
        let needle = Needle::new(word);
        let services = dataset.services.name.iter().map(|(service, _)| needle.is_in(dataset.service_name(service))).collect();
        // Names come again and again; most strings of a data set are no names.
        let mut met = BitSet::new(dataset.strings.len());
        let mut names = BitSet::new(dataset.strings.len());
        for &name in dataset.spans.name.as_slice() {
            if met.insert(name.usize()) && needle.is_in(dataset.str(name)) {
                names.insert(name.usize());
            }
        }
        let is_hex = needle.is_hex();
        Self { needle, is_hex, services, names }
    }

    /// Whether it is in the trace's id. Nearly all ids are numbers, so that nearly no word has to be looked for in them.
    fn is_in_id(&self, dataset: &Dataset, trace: TraceIdx) -> bool {
        match dataset.traces.key[trace] {
            TraceKey::Regular(number) => self.is_hex && self.needle.is_in_ascii(&hex_digits(number)),
            TraceKey::Missing | TraceKey::Text(_) => self.needle.is_in(&trace_id(dataset, trace)),
        }
    }

    fn is_in(&self, dataset: &Dataset, trace: TraceIdx) -> bool {
        let services = dataset.traces.service_list.slice(dataset.traces.services[trace]);
        let has_name = |name: &StrId| self.names.has(name.usize());
        services.iter().any(|(service, _)| self.services.get(service.usize()).copied().unwrap_or(false))
            || dataset.spans.name.slice(dataset.traces.spans[trace]).iter().any(has_name)
            || self.is_in_id(dataset, trace)
    }
}

//! All about a node or an edge: operations, durations, errors, and traces to look at.

use super::{Counted, counts, find_node, node_id, selected, stats, whole};
use crate::analysis::service_map::{Figures, MapCounts, MapEdgeIdx, MapNodeIdx, PartyKind, ServiceMap};
use crate::analysis::{Selected, decade_edges};
use crate::base::{FastMap, StrId, len_u32, sort_by_value, sort_few, sort_few_by_key};
use crate::encode::plain::text_of_value;
use crate::engine::caches::Caches;
use crate::engine::present;
use crate::engine::views::figures::exactness;
use crate::engine::views::{owned, span_id, trace_id};
use crate::model::{AttributeIdx, Dataset, ServiceIdx, SpanIdx, StatusCode, Value};
use crate::protocol::{
    DurationBins, ExampleKind, ExampleTrace, Failure, MapDetailRequest, MapDetailView, MapTarget, NodeId, OperationStats,
};

/// Operations of an answer, at most.
const OPERATIONS_MAX: usize = 50;
/// Types of errors of an answer, at most.
const ERROR_TYPES_MAX: usize = 20;
/// Types of errors that are told apart, at most: messages may all be different.
const ERROR_TYPES_KEPT: usize = 10_000;
/// Longer types of errors are cut.
const ERROR_CHARS_MAX: usize = 200;
/// What failed and does not say how.
const UNKNOWN_ERROR: &str = "unknown";

/// A call of what is asked about.
#[derive(Clone, Copy)]
struct Hit {
    /// The span that measures it for what is asked about.
    span: SpanIdx,
    /// The span that names the operation.
    named: SpanIdx,
    /// The spans that may say why it failed, the callee's first.
    told: [SpanIdx; 2],
    failed: bool,
}

/// All about a node or an edge.
pub(in crate::engine) fn map_detail(
    dataset: &Dataset,
    caches: &mut Caches,
    request: &MapDetailRequest,
) -> Result<MapDetailView, Failure> {
    let counted = Counted::of(dataset, &request.selection, request.trace_id.as_ref())?;
    let whole = whole(dataset, caches);
    let counts = counts(dataset, caches, &whole, &counted);
    let selected = selected(dataset, caches, &counted);
    let (hits, stats_of, callers, callees) = match &request.target {
        MapTarget::Node(id) => {
            let node = find_node(&whole, id)?;
            let hits = hits_of_node(dataset, &whole, &selected, node);
            let (callers, callees) = neighbors(&whole, &counts, node);
            (hits, counts.nodes[node], callers, callees)
        }
        MapTarget::Edge(from, to) => {
            let ends = (find_node(&whole, from)?, find_node(&whole, to)?);
            let edge = whole.find_edge(ends.0, ends.1).ok_or_else(|| present::no_edge(&from.name, &to.name))?;
            (hits_of_edge(dataset, &whole, &selected, edge), counts.edges[edge], Vec::new(), Vec::new())
        }
    };
    let (operations, operation_count) = operations(dataset, &whole, &hits, counts.exact);
    Ok(MapDetailView {
        target: request.target.clone(),
        stats: stats(&stats_of),
        exactness: exactness(counts.exact),
        window: (counts.from, counts.to),
        operations,
        operation_count,
        histogram: histogram(dataset, &hits),
        error_types: error_types(dataset, &hits),
        examples: examples(dataset, &hits),
        callers,
        callees,
        basis: None,
    })
}

/// The calls that a node received; those that a caller made; the entry spans of a service that nothing calls.
fn hits_of_node(dataset: &Dataset, whole: &ServiceMap, selected: &Selected, node: MapNodeIdx) -> Vec<Hit> {
    let party = &whole.nodes[node];
    if party.kind == PartyKind::Service && !party.is_called {
        let entries = selected
            .rows(dataset)
            .filter(|&span| whole.of_service[dataset.service(span)] == node && dataset.spans.parent(span).is_none());
        let failed = |span| dataset.spans.status[span] == StatusCode::Error;
        return entries.map(|span| Hit { span, named: span, told: [span; 2], failed: failed(span) }).collect();
    }
    let is_caller = party.kind == PartyKind::Caller;
    let is_own = |edge: MapEdgeIdx| {
        let route = whole.edges[edge];
        if is_caller { route.from == node } else { route.to == node }
    };
    let calls = selected.calls(dataset, whole).filter(|call| is_own(call.edge));
    calls
        .map(|call| {
            let callee = call.at_callee();
            Hit { span: callee, named: callee, told: [callee, call.span], failed: call.failed }
        })
        .collect()
}

fn hits_of_edge(dataset: &Dataset, whole: &ServiceMap, selected: &Selected, edge: MapEdgeIdx) -> Vec<Hit> {
    let calls = selected.calls(dataset, whole).filter(|call| call.edge == edge);
    calls
        .map(|call| {
            let callee = call.at_callee();
            Hit { span: call.span, named: callee, told: [callee, call.span], failed: call.failed }
        })
        .collect()
}

type Neighbors = Vec<(NodeId, u64)>;

/// Who calls a node and whom it calls, most calls first.
fn neighbors(whole: &ServiceMap, counts: &MapCounts, node: MapNodeIdx) -> (Neighbors, Neighbors) {
    let (mut callers, mut callees) = (Vec::new(), Vec::new());
    for (edge, route) in whole.edges.iter() {
        let calls = counts.edges[edge].calls;
        if calls == 0 {
            continue;
        }
        if route.to == node {
            callers.push((route.from, calls));
        }
        if route.from == node {
            callees.push((route.to, calls));
        }
    }
    let named = |mut nodes: Vec<(MapNodeIdx, u64)>| {
        sort_few_by_key(&mut nodes, |&(node, calls)| (std::cmp::Reverse(calls), node));
        nodes.into_iter().map(|(node, calls)| (node_id(whole, node), calls)).collect()
    };
    (named(callers), named(callees))
}

/// What was called, most total time first, and how many there are.
fn operations(dataset: &Dataset, whole: &ServiceMap, hits: &[Hit], exact: bool) -> (Vec<OperationStats>, u32) {
    let mut numbers: FastMap<(ServiceIdx, StrId), u32> = FastMap::default();
    let mut keys: Vec<(ServiceIdx, StrId)> = Vec::new();
    let mut spans = Vec::with_capacity(hits.len());
    for hit in hits {
        let key = (dataset.service(hit.named), dataset.spans.name[hit.named]);
        let number = *numbers.entry(key).or_insert_with(|| {
            keys.push(key);
            len_u32(keys.len()) - 1
        });
        spans.push((number, hit.span, hit.failed));
    }
    let figures = whole.figures(dataset, keys.len(), &spans, exact);
    let mut all: Vec<(&(ServiceIdx, StrId), &Figures)> = keys.iter().zip(&figures).collect();
    sort_few(&mut all, |(a, of_a), (b, of_b)| {
        let names = || dataset.str(a.1).cmp(dataset.str(b.1));
        of_b.total.cmp(&of_a.total).then(of_b.calls.cmp(&of_a.calls)).then(a.0.cmp(&b.0)).then_with(names)
    });
    let shown = all.iter().take(OPERATIONS_MAX);
    let shown =
        shown.map(|(key, figures)| OperationStats { service: key.0.0, name: owned(dataset, key.1), stats: stats(figures) });
    (shown.collect(), len_u32(keys.len()))
}

/// Bins from a 1, a 2 or a 5 of some decade to the next.
fn histogram(dataset: &Dataset, hits: &[Hit]) -> DurationBins {
    let duration = |hit: &Hit| dataset.spans.duration(hit.span);
    let (Some(least), Some(most)) = (hits.iter().map(duration).min(), hits.iter().map(duration).max()) else {
        return DurationBins::default();
    };
    let edges = decade_edges(least, most);
    let n_bins = edges.len().saturating_sub(1);
    let mut bins = DurationBins { counts: vec![0; n_bins], errors: vec![0; n_bins], edges };
    for hit in hits {
        let at = bins.edges.partition_point(|&edge| edge <= duration(hit)).saturating_sub(1).min(n_bins.saturating_sub(1));
        for (column, adds) in [(&mut bins.counts, true), (&mut bins.errors, hit.failed)] {
            if let Some(count) = column.get_mut(at) {
                *count += u64::from(adds);
            }
        }
    }
    bins
}

/// What failed, most first.
fn error_types(dataset: &Dataset, hits: &[Hit]) -> Vec<(String, u64)> {
    let keys = ErrorKeys::new(dataset);
    let mut counts: FastMap<String, u64> = FastMap::default();
    for hit in hits.iter().filter(|hit| hit.failed) {
        let mut failed = hit.told.into_iter().filter(|&span| dataset.spans.status[span] == StatusCode::Error);
        let told = failed.find_map(|span| keys.of(dataset, span));
        let told = told.unwrap_or_else(|| UNKNOWN_ERROR.to_owned());
        if counts.len() < ERROR_TYPES_KEPT || counts.contains_key(&told) {
            *counts.entry(told).or_default() += 1;
        } else {
            *counts.entry(UNKNOWN_ERROR.to_owned()).or_default() += 1;
        }
    }
    let mut types: Vec<(String, u64)> = counts.into_iter().collect();
    sort_few(&mut types, |a: &(String, u64), b: &(String, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    types.truncate(ERROR_TYPES_MAX);
    types
}

/// Where spans say why they failed: the symbols of semantic conventions, "Recording errors", "gRPC", "HTTP spans".
struct ErrorKeys {
    of_span: Option<StrId>,
    of_exception: Option<StrId>,
    /// Codes, with what is written before them, and the least that is an error.
    codes: [(Option<StrId>, &'static str, i64); 3],
}

impl ErrorKeys {
    fn new(dataset: &Dataset) -> Self {
        let find = |key| dataset.strings.find(key);
        Self {
            of_span: find("error.type"),
            of_exception: find("exception.type"),
            codes: [
                (find("rpc.grpc.status_code"), "gRPC ", 1),
                (find("http.response.status_code"), "HTTP ", 400),
                (find("http.status_code"), "HTTP ", 400),
            ],
        }
    }

    /// The type of a span's error: `error.type`, an exception's type, a status code, or what its status says.
    fn of(&self, dataset: &Dataset, span: SpanIdx) -> Option<String> {
        let spans = &dataset.spans;
        let own = spans.attributes[span];
        let find = |range: crate::base::IdxRange<AttributeIdx>, key: Option<StrId>| {
            let key = key?;
            range.iter().find(|&at| dataset.attributes.key(at) == key)
        };
        let in_events = || {
            let events = &dataset.events.attributes;
            // The last one is what the span ended with.
            events.slice(spans.events[span]).iter().rev().find_map(|&range| find(range, self.of_exception))
        };
        let code = || {
            self.codes.iter().find_map(|&(key, before, least)| {
                let at = find(own, key)?;
                // A code that is fine says nothing about an error.
                let is_fine = match dataset.attributes.value(at) {
                    Value::Int(code) => code < least,
                    _ => false,
                };
                (!is_fine).then(|| format!("{before}{}", text_of_value(dataset, at)))
            })
        };
        let named = find(own, self.of_span).or_else(in_events).map(|at| text_of_value(dataset, at));
        let message = || spans.status_message.get(span).map(|text| owned(dataset, text));
        let text = named.filter(|text| !text.is_empty()).or_else(code).or_else(message)?;
        match text.char_indices().nth(ERROR_CHARS_MAX) {
            Some((end, _)) => Some(format!("{}…", text.get(..end).unwrap_or_default())),
            None => Some(text),
        }
    }
}

/// The fastest, the median, the slowest, and the longest of those that failed. Of several the first counts.
fn examples(dataset: &Dataset, hits: &[Hit]) -> Vec<ExampleTrace> {
    let duration = |span: SpanIdx| dataset.spans.duration(span);
    let spans: Vec<(u64, SpanIdx)> = hits.iter().map(|hit| (duration(hit.span), hit.span)).collect();
    let mut by_duration: Vec<(u64, u32)> = spans.iter().map(|&(long, span)| (long, span.0)).collect();
    sort_by_value(&mut by_duration);
    let median = by_duration.get(spans.len().div_ceil(2).saturating_sub(1)).map(|&(long, span)| (long, SpanIdx(span)));
    let longest =
        |spans: &mut dyn Iterator<Item = (u64, SpanIdx)>| spans.max_by_key(|&(long, span)| (long, std::cmp::Reverse(span)));
    let mut failed = hits.iter().filter(|hit| hit.failed).map(|hit| (duration(hit.span), hit.span));
    let found = [
        (ExampleKind::Fastest, spans.iter().min().copied()),
        (ExampleKind::Median, median),
        (ExampleKind::Slowest, longest(&mut spans.iter().copied())),
        (ExampleKind::Failing, longest(&mut failed)),
    ];
    let found = found.into_iter().filter_map(|(of, found)| found.map(|(duration, span)| (of, duration, span)));
    found
        .map(|(of, duration, span)| ExampleTrace {
            of,
            trace_id: trace_id(dataset, dataset.spans.trace[span]),
            span_id: span_id(dataset, span),
            name: owned(dataset, dataset.spans.name[span]),
            start: dataset.spans.start[span],
            duration,
        })
        .collect()
}

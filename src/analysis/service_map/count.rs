//! Counts the calls of a selection: what each node and each edge come to.

use super::figures::{self, Figures, Sample};
use super::{Call, MapEdgeIdx, MapNodeIdx, PartyKind, ServiceMap};
use crate::analysis::{EXACT_LIMIT, Selected};
use crate::base::{Column, Idx as _};
use crate::model::{Dataset, SpanIdx};

/// The map's figures for a selection.
///
/// A call counts where either of its ends is selected. Edges are measured by the caller's span where there is one; nodes by the
/// callee's span where there is one, as a service's latency is its own. A service that nothing calls counts its spans without a
/// parent. Self time is that of the measuring spans; of a service, that of all its spans; a caller has none.
#[derive(Clone, Debug, Default)]
pub struct MapCounts {
    /// By edge.
    pub edges: Column<MapEdgeIdx, Figures>,
    /// By node: the calls that it received; of a caller, those that it made.
    pub nodes: Column<MapNodeIdx, Figures>,
    /// The selected spans of each node.
    pub spans_of: Column<MapNodeIdx, u64>,
    /// Selected spans.
    pub spans: u64,
    /// Earliest start; 0 if no span has one.
    pub from: u64,
    /// Latest start.
    pub to: u64,
    /// Whether quantiles are exact.
    pub exact: bool,
}

impl MapCounts {
    /// Counts what is selected.
    pub fn new(dataset: &Dataset, map: &ServiceMap, selected: &Selected) -> Self {
        Self::with_limit(dataset, map, selected, EXACT_LIMIT)
    }

    /// Counts with another bound than [`EXACT_LIMIT`].
    pub fn with_limit(dataset: &Dataset, map: &ServiceMap, selected: &Selected, exact_max: usize) -> Self {
        let mut spans_of = Column::from_vec(vec![0_u64; map.nodes.len()]);
        let mut self_of = Column::from_vec(vec![0_u64; map.nodes.len()]);
        let mut entries: Vec<SpanIdx> = Vec::new();
        let (mut n_spans, mut from, mut to) = (0, u64::MAX, 0);
        for span in selected.rows(dataset) {
            let node = map.of_service[dataset.service(span)];
            spans_of[node] += 1;
            self_of[node] = self_of[node].saturating_add(map.self_time[span]);
            n_spans += 1;
            let start = dataset.spans.start[span];
            if start != 0 {
                (from, to) = (from.min(start), to.max(start));
            }
            if !map.nodes[node].is_called && dataset.spans.parent(span).is_none() {
                entries.push(span);
            }
        }

        let (mut of_edges, mut of_nodes) = (Vec::new(), Vec::new());
        for call in selected.calls(dataset, map) {
            let edge = map.edges[call.edge];
            let of_edge = map.sample(dataset, call.edge.to_u32(), call.span, call.failed);
            of_edges.push(of_edge);
            let callee = call.at_callee();
            of_nodes.push(Sample {
                group: edge.to.to_u32(),
                duration: dataset.spans.duration(callee),
                self_time: of_edge.self_time,
                failed: call.failed,
            });
            if map.nodes[edge.from].kind == PartyKind::Caller {
                of_nodes.push(Sample { group: edge.from.to_u32(), self_time: 0, ..of_edge });
            }
        }
        for span in entries {
            let failed = dataset.spans.status[span] == crate::model::StatusCode::Error;
            of_nodes.push(map.sample(dataset, map.of_service[dataset.service(span)].to_u32(), span, failed));
        }

        let exact = of_edges.len().max(of_nodes.len()) <= exact_max;
        let mut nodes: Column<MapNodeIdx, Figures> = Column::from_vec(figures::of_groups(map.nodes.len(), &of_nodes, exact));
        for (node, _) in map.nodes.iter().filter(|(_, party)| party.kind == PartyKind::Service) {
            nodes[node].self_time = self_of[node];
        }
        Self {
            edges: Column::from_vec(figures::of_groups(map.edges.len(), &of_edges, exact)),
            nodes,
            spans_of,
            spans: n_spans,
            from: if from == u64::MAX { 0 } else { from },
            to,
            exact,
        }
    }
}

impl Selected {
    /// The calls of a map that count, in the order of the spans that measure them.
    pub fn calls<'a>(&'a self, dataset: &'a Dataset, map: &'a ServiceMap) -> impl Iterator<Item = &'a Call> + 'a {
        let counts = |call: &&Call| self.has(call.span) || call.callee.is_some_and(|callee| self.has(callee));
        self.ranges(dataset).flat_map(|rows| map.calls_among(rows)).filter(counts)
    }
}

impl ServiceMap {
    fn sample(&self, dataset: &Dataset, group: u32, span: SpanIdx, failed: bool) -> Sample {
        Sample { group, duration: dataset.spans.duration(span), self_time: self.self_time[span], failed }
    }

    /// The figures of some spans that were called, in groups: an operation each, say.
    pub fn figures(&self, dataset: &Dataset, n_groups: usize, spans: &[(u32, SpanIdx, bool)], exact: bool) -> Vec<Figures> {
        let samples: Vec<Sample> = spans.iter().map(|&(group, span, failed)| self.sample(dataset, group, span, failed)).collect();
        figures::of_groups(n_groups, &samples, exact)
    }
}

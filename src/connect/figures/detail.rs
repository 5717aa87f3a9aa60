//! All about a node or an edge of the map: its calls' figures, operations, errors and neighbors, then its histogram.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::basis::Basis;
use super::calls::{Calls, caller, calls, peer, peers, type_of, who_of};
use super::map::{no_node, note_limits};
use super::read::{examples, place, stats, text, whole};
use super::source::{Example, duration_bin, example_columns, source, stats_columns};
use super::{Context, Step};
use crate::analysis::decade_edges;
use crate::base::{len_u32, sort_few_by_key};
use crate::connect::rows::{Row, SqlAnswer};
use crate::connect::sql::text as quoted;
use crate::protocol::{
    DurationBins, Exactness, GroupBy, MapDetailRequest, MapDetailView, MapTarget, NodeId, NodeKind, OperationStats, Population,
    Reply,
};

/// Operations that are read, at most.
const OPERATIONS_MAX: usize = 1000;
/// Operations of an answer, at most.
const SHOWN_MAX: usize = 50;
/// Types of errors that are read, at most.
const ERROR_TYPES_MAX: usize = 1000;
/// Types of errors of an answer, at most.
const ERRORS_SHOWN_MAX: usize = 20;
/// Neighbors, at most.
const NEIGHBORS_MAX: usize = 5000;

/// The answer under way.
#[derive(Debug)]
pub(super) struct DetailFigures {
    request: MapDetailRequest,
    round: Round,
    calls: Calls,
    peers: Option<Calls>,
    /// Which calls are asked about.
    what: What,
    /// Whether they are calls; else the spans of a service that nothing calls.
    is_called: u64,
    view: MapDetailView,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Begin,
    Parts,
    Histogram,
}

/// Calls in a table.
#[derive(Clone, Debug, Default)]
struct What {
    /// The table.
    from: String,
    /// The condition on its rows.
    condition: String,
    /// Columns of the span that measures: duration, start, id, name.
    duration: &'static str,
    start: &'static str,
    span_id: &'static str,
    name: &'static str,
    /// The column of the service that an operation is of.
    service: &'static str,
}

impl DetailFigures {
    pub(super) fn new(request: MapDetailRequest) -> Self {
        let view = MapDetailView {
            target: request.target.clone(),
            stats: crate::protocol::Stats::default(),
            exactness: Exactness::Estimated,
            window: (0, 0),
            operations: Vec::new(),
            operation_count: 0,
            histogram: DurationBins::default(),
            error_types: Vec::new(),
            examples: Vec::new(),
            callers: Vec::new(),
            callees: Vec::new(),
            basis: None,
        };
        Self { request, round: Round::Begin, calls: Calls::default(), peers: None, what: What::default(), is_called: 1, view }
    }

    pub(super) fn next(&mut self, context: Context<'_>, basis: &mut Basis, answers: &[SqlAnswer]) -> Step {
        match self.round {
            Round::Begin => {
                self.round = Round::Parts;
                match self.ask_parts(context, basis) {
                    Ok(questions) => Step::Ask(questions),
                    Err(node) => Step::Failed(no_node(&node)),
                }
            }
            Round::Parts => {
                self.read_parts(basis, answers);
                if self.view.stats.calls == 0 {
                    return self.done();
                }
                self.round = Round::Histogram;
                let edges = decade_edges(self.view.stats.min, self.view.stats.max);
                let What { from, condition, duration, .. } = &self.what;
                let bin = duration_bin(duration, &edges);
                let sql = format!(
                    "SELECT {bin} AS sw_k, COUNT(*) AS sw_n, SUM(sw_f) AS sw_e FROM {from} WHERE {condition} AND sw_l = {} \
                     GROUP BY sw_k ORDER BY sw_k",
                    self.is_called
                );
                let n_bins = edges.len().saturating_sub(1);
                self.view.histogram = DurationBins { edges, counts: vec![0; n_bins], errors: vec![0; n_bins] };
                Step::Ask(vec![(sql, n_bins + 1)])
            }
            Round::Histogram => {
                self.read_histogram(basis, answers);
                self.done()
            }
        }
    }

    fn done(&self) -> Step {
        Step::Done(Reply::MapDetail(Box::new(self.view.clone())))
    }

    fn ask_parts(&mut self, context: Context<'_>, basis: &mut Basis) -> Result<Vec<(String, usize)>, NodeId> {
        let sought = context.sought(&self.request.selection, self.request.trace_id.as_ref());
        self.calls = calls(sought);
        self.peers = peers(sought);
        note_limits(basis, self.peers.is_some());
        basis.remark("Exceptions in events are not looked into on the server: what failed is told by columns alone".to_owned());
        basis.remarks(std::mem::take(&mut self.calls.remarks));
        self.what = self.what()?;
        let What { from, condition, duration, start, span_id, name, service } = &self.what;
        let stats = stats_columns(duration);
        let examples = example_columns(Example { duration, start, span_id, name });
        let window = source(sought, Population::Spans, &GroupBy::Nothing).from;
        let mut questions = vec![
            (format!("SELECT MIN(sw_t) AS sw_from, MAX(sw_t) AS sw_to FROM {window}"), 1),
            (format!("SELECT sw_l, {stats}{examples} FROM {from} WHERE {condition} GROUP BY sw_l ORDER BY sw_l DESC"), 2),
            (
                format!(
                    "SELECT sw_l, {service} AS sw_g, sw_o, {stats} FROM {from} WHERE {condition} \
                     GROUP BY sw_l, {service}, sw_o ORDER BY sw_l DESC, sw_ts DESC, sw_n DESC, sw_g, sw_o"
                ),
                OPERATIONS_MAX,
            ),
            (
                format!(
                    "SELECT sw_l, sw_r, COUNT(*) AS sw_n FROM {from} WHERE {condition} AND sw_f = 1 \
                     GROUP BY sw_l, sw_r ORDER BY sw_l DESC, sw_n DESC, sw_r"
                ),
                ERROR_TYPES_MAX,
            ),
        ];
        if let MapTarget::Node(node) = &self.request.target {
            questions.extend(self.ask_neighbors(node));
        }
        Ok(questions)
    }

    /// Which calls are asked about.
    fn what(&self) -> Result<What, NodeId> {
        let is = |column: &str, value: &str| format!("{column} = {}", quoted(value));
        let at_callee = |from: &Calls, condition: String, service| What {
            from: from.from.clone(),
            condition,
            duration: "sw_c",
            start: "sw_t",
            span_id: "sw_j",
            name: "sw_o",
            service,
        };
        let at_caller = |from: &Calls, condition: String, service| What {
            from: from.from.clone(),
            condition,
            duration: "sw_d",
            start: "sw_s",
            span_id: "sw_i",
            name: "sw_q",
            service,
        };
        let to_peer = |node: &NodeId| {
            let peers = self.peers.as_ref().zip(type_of(node.kind)).ok_or_else(|| node.clone());
            peers.map(|(peers, what)| (peers, format!("{} AND {}", is("sw_w", what), is("sw_z", &node.name))))
        };
        match &self.request.target {
            MapTarget::Node(node) if node.kind == NodeKind::Service => Ok(at_callee(&self.calls, is("sw_z", &node.name), "sw_z")),
            MapTarget::Node(node) if node.kind == NodeKind::Caller => {
                Ok(at_callee(&self.calls, is("sw_w", who_of(node)), "sw_z"))
            }
            MapTarget::Node(node) => to_peer(node).map(|(peers, condition)| at_callee(peers, condition, "sw_a")),
            MapTarget::Edge(from, to) if to.kind == NodeKind::Service => {
                let mut condition = format!("{} AND {}", is("sw_w", who_of(from)), is("sw_z", &to.name));
                if from.kind != NodeKind::Caller {
                    condition = format!("{condition} AND {}", is("sw_a", &from.name));
                }
                Ok(at_caller(&self.calls, condition, "sw_z"))
            }
            MapTarget::Edge(from, to) => {
                let (peers, condition) = to_peer(to)?;
                Ok(at_caller(peers, format!("{condition} AND {}", is("sw_a", &from.name)), "sw_a"))
            }
        }
    }

    fn ask_neighbors(&self, node: &NodeId) -> Vec<(String, usize)> {
        let is = |column: &str, value: &str| format!("{column} = {}", quoted(value));
        let select = |from: &str, condition: String| {
            let sql = format!(
                "SELECT sw_w, sw_a, sw_z, COUNT(*) AS sw_n FROM {from} WHERE sw_l = 1 AND ({condition}) \
                 GROUP BY sw_w, sw_a, sw_z ORDER BY sw_n DESC, sw_w, sw_a, sw_z"
            );
            (sql, NEIGHBORS_MAX)
        };
        let name = &node.name;
        let among_calls = match node.kind {
            NodeKind::Service => Some(format!("{} OR sw_w = 's' AND {}", is("sw_z", name), is("sw_a", name))),
            NodeKind::Caller => Some(is("sw_w", who_of(node))),
            NodeKind::Queue => Some(format!("sw_w = 'q' AND {}", is("sw_a", name))),
            NodeKind::Database | NodeKind::External => None,
        };
        let among_peers = match type_of(node.kind) {
            Some(what) => Some(format!("{} AND {}", is("sw_w", what), is("sw_z", name))),
            None => (node.kind == NodeKind::Service).then(|| is("sw_a", name)),
        };
        // The order in which they are read: calls, peers.
        let nothing = || "1 = 0".to_owned();
        let mut questions = vec![select(&self.calls.from, among_calls.unwrap_or_else(nothing))];
        if let Some((peers, condition)) = self.peers.as_ref().zip(among_peers) {
            questions.push(select(&peers.from, condition));
        }
        questions
    }

    fn read_parts(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) {
        let rows = |at: usize| answers.get(at).map(|answer| answer.rows.as_slice()).unwrap_or_default();
        for (at, what) in [(2, "operations"), (3, "types of errors"), (4, "neighbors"), (5, "neighbors")] {
            basis.note_cut(at, rows(at).len(), what);
        }
        if let Some(row) = rows(0).first() {
            let window = whole(row, "sw_from").zip(whole(row, "sw_to")).filter(|(from, to)| from <= to);
            self.view.window = window.unwrap_or_default();
        }
        // Calls come first; only a service that has none is told of by its other spans.
        let Some(row) = rows(1).first() else { return };
        let (Some(is_called), Some(all)) = (whole(row, "sw_l"), stats(row)) else {
            basis.note_odd();
            return;
        };
        let is_service = matches!(&self.request.target, MapTarget::Node(node) if node.kind == NodeKind::Service);
        if is_called != 1 && !is_service {
            return;
        }
        self.is_called = is_called.min(1);
        self.view.stats = all;
        self.view.examples = examples(row, "");
        let counts = |row: &&Row| whole(row, "sw_l") == Some(is_called);
        self.read_operations(basis, rows(2).iter().filter(counts));
        for row in rows(3).iter().filter(counts) {
            match whole(row, "sw_n") {
                Some(count) => self.view.error_types.push((text(row, "sw_r"), count)),
                None => basis.note_odd(),
            }
        }
        sort_few_by_key(&mut self.view.error_types, |(name, count)| (Reverse(*count), name.clone()));
        self.view.error_types.truncate(ERRORS_SHOWN_MAX);
        if let MapTarget::Node(node) = self.request.target.clone() {
            self.read_neighbors(basis, &node, rows(4), rows(5));
        }
    }

    fn read_operations<'a>(&mut self, basis: &mut Basis, rows: impl Iterator<Item = &'a Row>) {
        let mut operations = Vec::new();
        for row in rows {
            match stats(row) {
                Some(stats) => operations.push((text(row, "sw_g"), text(row, "sw_o"), stats)),
                None => basis.note_odd(),
            }
        }
        self.view.operation_count = len_u32(operations.len());
        sort_few_by_key(&mut operations, |(service, name, stats)| {
            (Reverse(stats.total), Reverse(stats.calls), service.clone(), name.clone())
        });
        operations.truncate(SHOWN_MAX);
        let shown = operations.into_iter();
        self.view.operations =
            shown.map(|(service, name, stats)| OperationStats { service: basis.service(&service), name, stats }).collect();
    }

    fn read_neighbors(&mut self, basis: &mut Basis, node: &NodeId, of_calls: &[Row], of_peers: &[Row]) {
        let (mut callers, mut callees) = (BTreeMap::new(), BTreeMap::new());
        let service = |name: String| NodeId { kind: NodeKind::Service, name };
        let of_calls = of_calls.iter().map(|row| {
            let from = caller(&text(row, "sw_w"), text(row, "sw_a"));
            (row, from, Some(service(text(row, "sw_z"))))
        });
        let of_peers = of_peers.iter().map(|row| {
            let to = peer(&text(row, "sw_w"), text(row, "sw_z"), false);
            (row, Some(service(text(row, "sw_a"))), to)
        });
        for (row, from, to) in of_calls.chain(of_peers) {
            let Some(((from, to), count)) = from.zip(to).zip(whole(row, "sw_n")) else {
                basis.note_odd();
                continue;
            };
            if to == *node {
                *callers.entry(from.clone()).or_insert(0_u64) += count;
            }
            if from == *node {
                *callees.entry(to).or_insert(0_u64) += count;
            }
        }
        let most_first = |all: BTreeMap<NodeId, u64>| {
            let mut all: Vec<(NodeId, u64)> = all.into_iter().collect();
            sort_few_by_key(&mut all, |(node, calls)| (Reverse(*calls), node.clone()));
            all
        };
        (self.view.callers, self.view.callees) = (most_first(callers), most_first(callees));
    }

    fn read_histogram(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) {
        let rows = answers.first().map(|answer| answer.rows.as_slice()).unwrap_or_default();
        let bins = &mut self.view.histogram;
        for row in rows {
            let at = place(row, "sw_k", bins.counts.len());
            let Some((at, (count, errors))) = at.zip(whole(row, "sw_n").zip(whole(row, "sw_e"))) else {
                basis.note_odd();
                continue;
            };
            for (column, sum) in [(&mut bins.counts, count), (&mut bins.errors, errors)] {
                if let Some(slot) = column.get_mut(at) {
                    *slot = slot.saturating_add(sum);
                }
            }
        }
    }
}

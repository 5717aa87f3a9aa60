//! The service map: services and their spans, calls by their ends, and what sends no spans; laid out as the engine lays out its own.

use std::collections::{BTreeMap, BTreeSet};

use super::basis::Basis;
use super::calls::{Calls, caller, calls, peer, peers};
use super::read::{stats, text, whole};
use super::source::stats_columns;
use super::{Context, Step};
use crate::base::len_u32;
use crate::connect::condition::{Columns, Table};
use crate::connect::rows::{Row, SqlAnswer};
use crate::connect::sql::name;
use crate::protocol::{Exactness, Failure, FailureCode, MapEdge, MapNode, MapRequest, MapView, NodeId, NodeKind, Reply, Stats};
use crate::scene::map_layout::{BoxSize, LAYOUT_STEPS, LayoutGraph, box_size, layout, near};

/// Nodes of a map, at most.
const NODES_MAX: usize = 2000;
/// Edges of a map, at most.
const EDGES_MAX: usize = 20_000;
/// Longer names of what is known beside a name are cut.
const DETAIL_CHARS_MAX: usize = 40;
/// The column of a service's programming language.
const LANGUAGE: &str = "service_telemetry_sdk_language";

/// The map under way.
#[derive(Debug)]
pub(super) struct MapFigures {
    request: MapRequest,
    round: Round,
    calls: Calls,
    peers: Option<Calls>,
    nodes: BTreeMap<NodeId, Node>,
    edges: BTreeMap<(NodeId, NodeId), Edge>,
    bounds: (u64, u64),
    spans: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Begin,
    Parts,
    Unions,
}

#[derive(Clone, Debug, Default)]
struct Node {
    service: Option<u32>,
    detail: String,
    stats: Stats,
    spans: u64,
}

#[derive(Clone, Debug, Default)]
struct Edge {
    stats: Stats,
    is_messaging: bool,
}

impl MapFigures {
    pub(super) fn new(request: MapRequest) -> Self {
        Self {
            request,
            round: Round::Begin,
            calls: Calls::default(),
            peers: None,
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            bounds: (0, 0),
            spans: 0,
        }
    }

    pub(super) fn next(&mut self, context: Context<'_>, basis: &mut Basis, answers: &[SqlAnswer]) -> Step {
        match self.round {
            Round::Begin => {
                self.round = Round::Parts;
                Step::Ask(self.ask_parts(context, basis))
            }
            Round::Parts => {
                self.read_parts(basis, answers);
                self.round = Round::Unions;
                let questions = self.ask_unions();
                if questions.is_empty() { self.done(basis) } else { Step::Ask(questions) }
            }
            Round::Unions => {
                self.read_unions(basis, answers);
                self.done(basis)
            }
        }
    }

    fn ask_parts(&mut self, context: Context<'_>, basis: &mut Basis) -> Vec<(String, usize)> {
        let sought = context.sought(&self.request.selection, self.request.trace_id.as_ref());
        self.calls = calls(sought);
        self.peers = peers(sought);
        note_limits(basis, self.peers.is_some());
        basis.remarks(std::mem::take(&mut self.calls.remarks));

        let conditions = sought.spans(&[("", "")]);
        let condition = if conditions.sql.is_empty() { String::new() } else { format!(" WHERE {}", conditions.sql) };
        let language = if Columns(context.columns).has(LANGUAGE) { LANGUAGE } else { "''" };
        let start = Table("").start();
        let from = &self.calls.from;
        let mut questions = vec![
            (
                format!(
                    "SELECT COALESCE(service_name, '') AS sw_g, COUNT(*) AS sw_n, MIN({start}) AS sw_from, MAX({start}) AS sw_to, \
                     MIN({language}) AS sw_y FROM {}{condition} GROUP BY COALESCE(service_name, '') ORDER BY sw_n DESC, sw_g",
                    name(sought.stream)
                ),
                NODES_MAX,
            ),
            (
                format!(
                    "SELECT sw_w, sw_a, sw_z, MIN(sw_y) AS sw_y, MIN(sw_m) AS sw_m, {} FROM {from} WHERE sw_l = 1 \
                     GROUP BY sw_w, sw_a, sw_z ORDER BY sw_n DESC, sw_w, sw_a, sw_z",
                    stats_columns("sw_d")
                ),
                EDGES_MAX,
            ),
            (
                format!(
                    "SELECT sw_z, sw_l, {} FROM {from} GROUP BY sw_z, sw_l ORDER BY sw_l DESC, sw_n DESC, sw_z",
                    stats_columns("sw_c")
                ),
                2 * NODES_MAX,
            ),
        ];
        if let Some(peers) = &self.peers {
            questions.push((
                format!(
                    "SELECT sw_w, sw_a, sw_z, MIN(sw_y) AS sw_y, MIN(sw_m) AS sw_m, {} FROM {} \
                     GROUP BY sw_w, sw_a, sw_z ORDER BY sw_n DESC, sw_w, sw_a, sw_z",
                    stats_columns("sw_d"),
                    peers.from
                ),
                EDGES_MAX,
            ));
        }
        questions
    }

    fn read_parts(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) {
        let rows = |at: usize| answers.get(at).map(|answer| answer.rows.as_slice()).unwrap_or_default();
        for (at, what) in
            ["services", "ways of calls", "services with calls", "ways of calls to what sends no spans"].iter().enumerate()
        {
            basis.note_cut(at, rows(at).len(), what);
        }
        for row in rows(0) {
            if self.read_service(basis, row).is_none() {
                basis.note_odd();
            }
        }
        for row in rows(1) {
            let read = caller(&text(row, "sw_w"), text(row, "sw_a"));
            let to = NodeId { kind: NodeKind::Service, name: text(row, "sw_z") };
            if let Some(queue) = read.as_ref().filter(|from| from.kind == NodeKind::Queue) {
                self.describe(basis, queue, row);
            }
            self.add_edge(basis, read.map(|from| (from, to)), row);
        }
        for row in rows(2) {
            let id = NodeId { kind: NodeKind::Service, name: text(row, "sw_z") };
            match stats(row).zip(whole(row, "sw_l")) {
                // The spans that nothing calls count where there is no call; those of calls come first.
                Some((stats, is_call)) => {
                    let node = self.node(basis, &id);
                    if is_call != 0 || node.stats.calls == 0 {
                        node.stats = stats;
                    }
                }
                None => basis.note_odd(),
            }
        }
        for row in rows(3) {
            let name = text(row, "sw_z");
            let is_service = self.nodes.contains_key(&NodeId { kind: NodeKind::Service, name: name.clone() });
            let from = NodeId { kind: NodeKind::Service, name: text(row, "sw_a") };
            let to = peer(&text(row, "sw_w"), name, is_service);
            if let Some(to) = to.as_ref().filter(|to| to.kind != NodeKind::Service) {
                self.describe(basis, to, row);
            }
            self.add_edge(basis, to.map(|to| (from, to)), row);
        }
        // Of one edge alone a node's figures are the edge's.
        for ((from, to), edge) in &self.edges {
            let merged = if from.kind == NodeKind::Caller { Some(from) } else { (to.kind != NodeKind::Service).then_some(to) };
            if let Some(node) = merged.and_then(|id| self.nodes.get_mut(id)) {
                node.stats = edge.stats;
            }
        }
    }

    fn read_service(&mut self, basis: &mut Basis, row: &Row) -> Option<()> {
        let spans = whole(row, "sw_n")?;
        let (from, to) = whole(row, "sw_from").zip(whole(row, "sw_to")).filter(|(from, to)| from <= to)?;
        let id = NodeId { kind: NodeKind::Service, name: text(row, "sw_g") };
        let detail = text(row, "sw_y").chars().take(DETAIL_CHARS_MAX).collect();
        let node = self.node(basis, &id);
        (node.spans, node.detail) = (spans, detail);
        let service = node.service;
        if let Some(service) = service {
            basis.add_spans(service, spans);
        }
        self.spans = self.spans.saturating_add(spans);
        self.bounds = if self.bounds == (0, 0) { (from, to) } else { (self.bounds.0.min(from), self.bounds.1.max(to)) };
        Some(())
    }

    fn node(&mut self, basis: &mut Basis, id: &NodeId) -> &mut Node {
        self.nodes.entry(id.clone()).or_insert_with(|| Node {
            service: (id.kind == NodeKind::Service).then(|| basis.service(&id.name)),
            ..Node::default()
        })
    }

    /// What is known beside the name of what sends no spans, by the first row that says it.
    fn describe(&mut self, basis: &mut Basis, id: &NodeId, row: &Row) {
        let node = self.node(basis, id);
        if node.detail.is_empty() {
            node.detail = text(row, "sw_y").chars().take(DETAIL_CHARS_MAX).collect();
        }
    }

    fn add_edge(&mut self, basis: &mut Basis, ends: Option<(NodeId, NodeId)>, row: &Row) {
        let Some((ends, stats)) = ends.zip(stats(row)) else {
            basis.note_odd();
            return;
        };
        self.node(basis, &ends.0);
        self.node(basis, &ends.1);
        let is_messaging = whole(row, "sw_m") == Some(1);
        // A service that is called by name as well as by its spans: what its spans say stays.
        self.edges.entry(ends).or_insert(Edge { stats, is_messaging });
    }

    /// Quantiles of several edges together, of callers and of what sends no spans, where there are several.
    fn ask_unions(&self) -> Vec<(String, usize)> {
        let mut met = BTreeSet::new();
        let (mut of_callers, mut of_peers) = (false, false);
        for (from, to) in self.edges.keys() {
            of_callers |= from.kind == NodeKind::Caller && !met.insert(from);
            of_peers |= to.kind != NodeKind::Service && !met.insert(to);
        }
        let mut questions = Vec::new();
        if of_callers {
            let stats = stats_columns("sw_d");
            let sql = format!(
                "SELECT sw_w, {stats} FROM {} WHERE sw_l = 1 AND sw_w IN ('u', 'k') GROUP BY sw_w ORDER BY sw_w",
                self.calls.from
            );
            questions.push((sql, 10));
        }
        if let Some(peers) = self.peers.as_ref().filter(|_| of_peers) {
            let stats = stats_columns("sw_d");
            let sql =
                format!("SELECT sw_w, sw_z, {stats} FROM {} GROUP BY sw_w, sw_z ORDER BY sw_n DESC, sw_w, sw_z", peers.from);
            questions.push((sql, NODES_MAX));
        }
        questions
    }

    fn read_unions(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) {
        for row in answers.iter().flat_map(|answer| &answer.rows) {
            let who = text(row, "sw_w");
            let id = caller(&who, String::new()).filter(|id| id.kind == NodeKind::Caller);
            let id = id.or_else(|| peer(&who, text(row, "sw_z"), false));
            match id.zip(stats(row)) {
                Some((id, stats)) => {
                    if let Some(node) = self.nodes.get_mut(&id) {
                        node.stats = stats;
                    }
                }
                None => basis.note_odd(),
            }
        }
    }

    fn done(&mut self, basis: &mut Basis) -> Step {
        let nodes = std::mem::take(&mut self.nodes);
        let edges = std::mem::take(&mut self.edges);
        let nodes: Vec<(NodeId, Node)> = nodes.into_iter().collect();
        let place = |id: &NodeId| nodes.binary_search_by(|(own, _)| own.cmp(id)).ok();
        let focus = match &self.request.focus {
            None => None,
            Some(focus) => match place(&focus.node) {
                Some(node) => Some((len_u32(node), focus.hops)),
                None => return Step::Failed(no_node(&focus.node)),
            },
        };
        if NODES_MAX < nodes.len() {
            basis.remark(format!("Of {} nodes, the first {NODES_MAX} are drawn", nodes.len()));
        }
        let mut is_drawn: Vec<bool> =
            nodes.iter().enumerate().map(|(at, (id, _))| at < NODES_MAX && !self.request.hidden.contains(&id.kind)).collect();
        let all_edges: Vec<((usize, usize), Edge)> =
            edges.into_iter().filter_map(|((from, to), edge)| Some(((place(&from)?, place(&to)?), edge))).collect();
        let is = |drawn: &[bool], at: usize| drawn.get(at).copied().unwrap_or(false);
        if let Some((node, hops)) = focus {
            let ends = all_edges.iter().filter(|((from, to), _)| is(&is_drawn, *from) && is(&is_drawn, *to));
            let ends: Vec<(u32, u32)> = ends.map(|((from, to), _)| (len_u32(*from), len_u32(*to))).collect();
            for (drawn, near) in is_drawn.iter_mut().zip(near(nodes.len(), &ends, node, hops)) {
                *drawn &= near;
            }
        }
        let all_nodes = len_u32(nodes.len());
        let mut new_place = vec![0_u32; nodes.len()];
        let mut shown = 0;
        for (slot, &drawn) in new_place.iter_mut().zip(&is_drawn) {
            *slot = shown;
            shown += u32::from(drawn);
        }
        let at = |old: usize| new_place.get(old).copied().unwrap_or(0);
        let edges = all_edges.into_iter().filter(|((from, to), _)| is(&is_drawn, *from) && is(&is_drawn, *to));
        let edges: Vec<((u32, u32), Edge)> = edges.map(|((from, to), edge)| ((at(from), at(to)), edge)).collect();
        let nodes = nodes.into_iter().zip(&is_drawn).filter(|(_, drawn)| **drawn).map(|(node, _)| node).collect();
        let mut view = drawn(nodes, edges);
        view.all_nodes = all_nodes;
        (view.from, view.to) = self.bounds;
        view.spans = self.spans;
        Step::Done(Reply::Map(view))
    }
}

/// What cannot be had from a server about calls.
pub(super) fn note_limits(basis: &mut Basis, has_peers: bool) {
    basis.remark("Self times cannot be had from the server".to_owned());
    basis.remark("Links between traces are not followed on the server".to_owned());
    if !has_peers {
        basis.remark("The server does not tell databases, queues and other hosts apart (it does from v0.91 on)".to_owned());
    }
}

/// The map has no such node.
pub(super) fn no_node(id: &NodeId) -> Failure {
    Failure {
        code: FailureCode::NotFound,
        headline: "This is not on the map of the server's spans.".to_owned(),
        detail: format!("node {}", id.name.chars().take(80).collect::<String>()),
        remedy: "Look for it on the whole map.".to_owned(),
    }
}

fn drawn(nodes: Vec<(NodeId, Node)>, edges: Vec<((u32, u32), Edge)>) -> MapView {
    let boxes: Vec<BoxSize> = nodes.iter().map(|(id, node)| box_size(&id.name, &node.detail)).collect();
    let graph = LayoutGraph { boxes, edges: edges.iter().map(|(ends, _)| *ends).collect() };
    let picture = layout(&graph, LAYOUT_STEPS);
    let places = picture.middles.iter().zip(&graph.boxes);
    let nodes = nodes.into_iter().zip(places).map(|((id, node), (&(x, y), size))| MapNode {
        id,
        service: node.service,
        detail: node.detail,
        x,
        y,
        width: size.width,
        height: size.height,
        stats: node.stats,
        spans: node.spans,
    });
    let lines = picture.paths.iter().zip(&picture.is_back);
    let edges = edges.into_iter().zip(lines).map(|(((from, to), edge), (path, &is_back))| MapEdge {
        from,
        to,
        stats: edge.stats,
        is_messaging: edge.is_messaging,
        is_back,
        path: path.clone(),
    });
    MapView {
        nodes: nodes.collect(),
        edges: edges.collect(),
        width: picture.width,
        height: picture.height,
        exactness: Exactness::Estimated,
        hurried: picture.hurried,
        ..MapView::default()
    }
}

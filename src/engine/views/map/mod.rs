//! The service map: its calls found and its picture laid out once, its figures counted for each selection.

mod detail;
mod picture;

pub(in crate::engine) use detail::map_detail;

use std::rc::Rc;

use picture::{Picture, PictureKey};

use super::figures::exactness;
use super::find_trace;
use super::select::{normal, select};
use crate::analysis::Selected;
use crate::analysis::service_map::{Figures, MapCounts, MapNodeIdx, PartyKind, ServiceMap};
use crate::base::{Column, len_u32};
use crate::engine::caches::{Caches, Recent};
use crate::engine::present;
use crate::model::{Dataset, TraceIdx};
use crate::protocol::{Failure, MapEdge, MapNode, MapRequest, MapView, NodeId, NodeKind, Selection, Stats};

/// What is kept of maps.
#[derive(Debug, Default)]
pub(in crate::engine) struct MapCaches {
    /// All calls of the data set.
    whole: Option<Rc<ServiceMap>>,
    /// Figures by what is counted.
    counts: Recent<Counted, MapCounts>,
    /// Pictures by what is drawn.
    pictures: Recent<PictureKey, Picture>,
}

/// What is counted: a selection, or a trace whatever is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Counted {
    Selection(Selection),
    Trace(TraceIdx),
}

impl Counted {
    fn of(dataset: &Dataset, selection: &Selection, trace_id: Option<&String>) -> Result<Self, Failure> {
        Ok(match trace_id {
            Some(trace_id) => Self::Trace(find_trace(dataset, trace_id)?),
            None => Self::Selection(normal(selection)),
        })
    }

    const fn trace(&self) -> Option<TraceIdx> {
        match self {
            Self::Trace(trace) => Some(*trace),
            Self::Selection(_) => None,
        }
    }
}

/// The map.
pub(in crate::engine) fn map(dataset: &Dataset, caches: &mut Caches, request: &MapRequest) -> Result<MapView, Failure> {
    let counted = Counted::of(dataset, &request.selection, request.trace_id.as_ref())?;
    let whole = whole(dataset, caches);
    let focus = match &request.focus {
        Some(focus) => Some((find_node(&whole, &focus.node)?, focus.hops)),
        None => None,
    };
    let counts = counts(dataset, caches, &whole, &counted);
    let key = PictureKey { trace: counted.trace(), hidden: request.hidden.clone(), focus };
    let kept = caches.map.pictures.get(&key);
    let picture = kept.unwrap_or_else(|| {
        let picture = Picture::new(&whole, &counts, &key);
        caches.map.pictures.put(key, picture)
    });
    Ok(view(&whole, &counts, &picture))
}

/// What a picture shows of some figures: positions are the picture's, and what has no figures is left out.
fn view(whole: &ServiceMap, counts: &MapCounts, picture: &Picture) -> MapView {
    let layout = &picture.layout;
    let shown_edges = || {
        let drawn = picture.edges.iter().zip(layout.paths.iter().zip(&layout.is_back));
        drawn.filter(|(edge, _)| counts.edges[**edge].calls != 0)
    };
    let mut is_shown: Column<MapNodeIdx, bool> = Column::from_vec(
        whole.nodes.range().iter().map(|node| counts.spans_of[node] != 0 || counts.nodes[node].calls != 0).collect(),
    );
    for (&edge, _) in shown_edges() {
        // The other end of a call may have nothing of its own in the selection.
        let route = whole.edges[edge];
        is_shown[route.from] = true;
        is_shown[route.to] = true;
    }
    let mut place: Column<MapNodeIdx, u32> = Column::from_vec(vec![u32::MAX; whole.nodes.len()]);
    let mut nodes = Vec::new();
    let drawn = picture.nodes.iter().zip(layout.middles.iter().zip(&picture.sizes));
    for (&node, (&(x, y), size)) in drawn.filter(|(node, _)| is_shown[**node]) {
        place[node] = len_u32(nodes.len());
        let party = &whole.nodes[node];
        nodes.push(MapNode {
            id: node_id(whole, node),
            service: party.service.map(|service| service.0),
            detail: party.detail.clone(),
            x,
            y,
            width: size.width,
            height: size.height,
            stats: stats(&counts.nodes[node]),
            spans: counts.spans_of[node],
        });
    }
    let edges = shown_edges().map(|(&edge, (path, &is_back))| {
        let route = whole.edges[edge];
        MapEdge {
            from: place[route.from],
            to: place[route.to],
            stats: stats(&counts.edges[edge]),
            is_messaging: route.is_messaging,
            is_back,
            path: path.clone(),
        }
    });
    MapView {
        edges: edges.collect(),
        nodes,
        width: layout.width,
        height: layout.height,
        from: counts.from,
        to: counts.to,
        all_nodes: len_u32(whole.nodes.len()),
        spans: counts.spans,
        exactness: exactness(counts.exact),
        hurried: layout.hurried,
        basis: None,
    }
}

/// All calls of the data set, from the cache if they are there.
fn whole(dataset: &Dataset, caches: &mut Caches) -> Rc<ServiceMap> {
    Rc::clone(caches.map.whole.get_or_insert_with(|| Rc::new(ServiceMap::of(dataset))))
}

/// The spans that are counted.
fn selected(dataset: &Dataset, caches: &mut Caches, counted: &Counted) -> Rc<Selected> {
    match counted {
        Counted::Selection(selection) => select(dataset, caches, selection),
        Counted::Trace(trace) => Rc::new(Selected::trace(*trace)),
    }
}

/// The figures, from the cache if they are there.
fn counts(dataset: &Dataset, caches: &mut Caches, whole: &ServiceMap, counted: &Counted) -> Rc<MapCounts> {
    if let Some(counts) = caches.map.counts.get(counted) {
        return counts;
    }
    let selected = selected(dataset, caches, counted);
    caches.map.counts.put(counted.clone(), MapCounts::new(dataset, whole, &selected))
}

fn find_node(whole: &ServiceMap, id: &NodeId) -> Result<MapNodeIdx, Failure> {
    whole.find(party_kind(id.kind), &id.name).ok_or_else(|| present::no_node(&id.name))
}

fn node_id(whole: &ServiceMap, node: MapNodeIdx) -> NodeId {
    let party = &whole.nodes[node];
    NodeId { kind: node_kind(party.kind), name: party.name.clone() }
}

const fn node_kind(kind: PartyKind) -> NodeKind {
    match kind {
        PartyKind::Service => NodeKind::Service,
        PartyKind::Database => NodeKind::Database,
        PartyKind::Queue => NodeKind::Queue,
        PartyKind::External => NodeKind::External,
        PartyKind::Caller => NodeKind::Caller,
    }
}

const fn party_kind(kind: NodeKind) -> PartyKind {
    match kind {
        NodeKind::Service => PartyKind::Service,
        NodeKind::Database => PartyKind::Database,
        NodeKind::Queue => PartyKind::Queue,
        NodeKind::External => PartyKind::External,
        NodeKind::Caller => PartyKind::Caller,
    }
}

const fn stats(figures: &Figures) -> Stats {
    let Figures { calls, errors, p50, p90, p95, p99, min, max, total, self_time } = *figures;
    Stats { calls, errors, p50, p90, p95, p99, min, max, total, self_time }
}

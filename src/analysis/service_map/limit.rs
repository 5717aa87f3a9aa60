//! Puts nodes and edges in order, and joins what is called least where there are too many.

use super::derive::{Found, RawNode};
use super::{Call, MapEdgeIdx, MapNodeIdx, Party, PartyKind, Route, ServiceMap};
use crate::analysis::child_times;
use crate::base::{Column, FastMap, FastSet, Idx as _, StrId, len_u32, sort_few, sort_few_by_key};
use crate::model::{Dataset, ServiceIdx, Value};

/// The map of what was found.
pub(super) fn sealed(dataset: &Dataset, mut found: Found, nodes_max: usize, edges_max: usize) -> ServiceMap {
    // By calls, the most first: what stands late is joined.
    let mut by_calls: Vec<MapNodeIdx> = found.nodes.range().iter().collect();
    sort_few_by_key(&mut by_calls, |&node| (std::cmp::Reverse(found.nodes[node].calls), rank(&found, &found.nodes[node])));
    let mut kept = nodes_max.min(by_calls.len());
    while edges_max < n_edges(&found, &by_calls, kept) && kept != 0 {
        kept /= 2;
    }

    // The node that each becomes, before they are in order.
    let mut parties: Vec<Party> = Vec::with_capacity(kept + 5);
    let mut becomes: Column<MapNodeIdx, usize> = Column::from_vec(vec![0; found.nodes.len()]);
    let languages = languages(dataset);
    let mut n_joined = [0_u64; 5];
    for &node in by_calls.iter().skip(kept) {
        if let Some(count) = n_joined.get_mut(found.nodes[node].kind as usize) {
            *count += 1;
        }
    }
    for &node in by_calls.iter().take(kept) {
        becomes[node] = parties.len();
        parties.push(party(dataset, &found, &languages, &found.nodes[node]));
    }
    for ((kind, what), &count) in KINDS.into_iter().zip(&n_joined) {
        if count == 0 {
            continue;
        }
        for &node in by_calls.iter().skip(kept).filter(|&&node| found.nodes[node].kind == kind) {
            becomes[node] = parties.len();
        }
        parties.push(Party {
            kind,
            name: format!("{count} more {what}"),
            detail: "joined: called least".to_owned(),
            service: None,
            is_called: false,
        });
    }

    let mut order: Vec<usize> = (0..parties.len()).collect();
    let place_of = |at: &usize| parties.get(*at).map(|party| (party.kind, party.name.as_str()));
    sort_few(&mut order, |a, b| place_of(a).cmp(&place_of(b)).then(a.cmp(b)));
    let mut new_place = vec![MapNodeIdx::default(); parties.len()];
    for (place, &at) in order.iter().enumerate() {
        if let Some(slot) = new_place.get_mut(at) {
            *slot = MapNodeIdx(len_u32(place));
        }
    }
    let node_of = |node: MapNodeIdx| new_place.get(becomes[node]).copied().unwrap_or_default();
    let mut parties: Vec<Option<Party>> = parties.into_iter().map(Some).collect();
    let mut nodes: Column<MapNodeIdx, Party> =
        Column::from_vec(order.iter().filter_map(|&at| parties.get_mut(at).and_then(Option::take)).collect());

    let mut routes: Vec<Route> = found
        .edges
        .as_slice()
        .iter()
        .map(|edge| Route { from: node_of(edge.from), to: node_of(edge.to), is_messaging: edge.is_messaging })
        .collect();
    let ends: Vec<(MapNodeIdx, MapNodeIdx)> = routes.iter().map(|route| (route.from, route.to)).collect();
    // One that waits comes first, and is what stays of edges that have become one.
    sort_few_by_key(&mut routes, |route| (route.from, route.to, route.is_messaging));
    routes.dedup_by_key(|route| (route.from, route.to));
    let place: FastMap<(MapNodeIdx, MapNodeIdx), MapEdgeIdx> =
        routes.iter().enumerate().map(|(at, route)| ((route.from, route.to), MapEdgeIdx(len_u32(at)))).collect();
    for route in &routes {
        nodes[route.to].is_called = true;
    }
    let edge_of: Vec<MapEdgeIdx> = ends.iter().map(|ends| place.get(ends).copied().unwrap_or_default()).collect();
    let calls: Vec<Call> = found
        .calls
        .iter()
        .map(|call| Call { edge: edge_of.get(call.edge.usize()).copied().unwrap_or_default(), ..*call })
        .collect();
    let of_service = Column::from_vec(found.of_service.as_slice().iter().map(|&node| node_of(node)).collect());
    found.calls.clear();
    ServiceMap {
        nodes,
        edges: Column::from_vec(routes),
        calls,
        of_service,
        self_time: Column::from_vec(child_times(dataset, dataset.spans.id.range()).self_time),
    }
}

/// Kinds in their order, with what several of a kind are called.
const KINDS: [(PartyKind, &str); 5] = [
    (PartyKind::Service, "services"),
    (PartyKind::Database, "databases"),
    (PartyKind::Queue, "queues"),
    (PartyKind::External, "hosts"),
    (PartyKind::Caller, "callers"),
];

fn rank<'a>(found: &'a Found, node: &RawNode) -> (PartyKind, &'a str) {
    (node.kind, found.names.get(node.name))
}

/// How many edges there are when all but the first `kept` nodes are joined.
fn n_edges(found: &Found, by_calls: &[MapNodeIdx], kept: usize) -> usize {
    if kept == by_calls.len() {
        return found.edges.len();
    }
    let mut becomes: Column<MapNodeIdx, u32> = Column::from_vec(vec![0; found.nodes.len()]);
    for (place, &node) in by_calls.iter().enumerate() {
        // Kinds stand before all nodes that are kept.
        becomes[node] = if place < kept { len_u32(place) + 5 } else { found.nodes[node].kind as u32 };
    }
    let ends = found.edges.as_slice().iter().map(|edge| (becomes[edge.from], becomes[edge.to]));
    ends.collect::<FastSet<_>>().len()
}

fn party(dataset: &Dataset, found: &Found, languages: &Column<ServiceIdx, StrId>, node: &RawNode) -> Party {
    let detail = match node.service {
        Some(service) => dataset.str(languages[service]).chars().take(40).collect(),
        None => found.names.get(node.detail).to_owned(),
    };
    Party { kind: node.kind, name: found.names.get(node.name).to_owned(), detail, service: node.service, is_called: false }
}

/// The programming language of each service, by its first resource that tells (semantic conventions, `telemetry.sdk.language`).
fn languages(dataset: &Dataset) -> Column<ServiceIdx, StrId> {
    let mut languages = Column::from_vec(vec![StrId::EMPTY; dataset.services.name.len()]);
    let Some(key) = dataset.strings.find("telemetry.sdk.language") else { return languages };
    for (resource, &service) in dataset.services.of_resource.iter() {
        let Some(&attributes) = dataset.resources.attributes.row(resource) else { continue };
        if languages[service] == StrId::EMPTY
            && let Some(Value::String(text)) = dataset.attributes.find(attributes, key)
        {
            languages[service] = text;
        }
    }
    languages
}

//! What of the map is drawn, and where. Without a trace it is laid out from all of the data, so a filter moves nothing.

use super::node_kind;
use crate::analysis::service_map::{MapCounts, MapEdgeIdx, MapNodeIdx, ServiceMap};
use crate::base::{Column, Idx as _};
use crate::model::TraceIdx;
use crate::protocol::NodeKind;
use crate::scene::map_layout::{BoxSize, LAYOUT_STEPS, Layout, LayoutGraph, box_size, layout, near};

/// What decides on a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PictureKey {
    /// Only what is in this trace.
    pub(super) trace: Option<TraceIdx>,
    /// Kinds that are left out.
    pub(super) hidden: Vec<NodeKind>,
    /// Only what is so many calls away from a node.
    pub(super) focus: Option<(MapNodeIdx, u32)>,
}

/// A picture.
#[derive(Debug)]
pub(super) struct Picture {
    /// What is drawn, ascending.
    pub(super) nodes: Vec<MapNodeIdx>,
    /// The edges between them, ascending.
    pub(super) edges: Vec<MapEdgeIdx>,
    /// Sizes of the nodes' boxes.
    pub(super) sizes: Vec<BoxSize>,
    /// Where all that is.
    pub(super) layout: Layout,
}

impl Picture {
    /// Lays out what is to be drawn. `counts` are those of the trace, where it is one.
    pub(super) fn new(whole: &ServiceMap, counts: &MapCounts, key: &PictureKey) -> Self {
        let is_of_trace = |edge: MapEdgeIdx| key.trace.is_none() || counts.edges[edge].calls != 0;
        let mut is_drawn: Column<MapNodeIdx, bool> = Column::from_vec(vec![key.trace.is_none(); whole.nodes.len()]);
        if key.trace.is_some() {
            for node in whole.nodes.range().iter() {
                is_drawn[node] = counts.spans_of[node] != 0;
            }
            for (_, route) in whole.edges.iter().filter(|(edge, _)| is_of_trace(*edge)) {
                is_drawn[route.from] = true;
                is_drawn[route.to] = true;
            }
        }
        for (node, party) in whole.nodes.iter() {
            is_drawn[node] &= !key.hidden.contains(&node_kind(party.kind));
        }
        let edges_between = |is_drawn: &Column<MapNodeIdx, bool>| -> Vec<MapEdgeIdx> {
            let edges = whole.edges.iter().filter(|(_, route)| is_drawn[route.from] && is_drawn[route.to]);
            edges.map(|(edge, _)| edge).filter(|&edge| is_of_trace(edge)).collect()
        };
        if let Some((node, hops)) = key.focus {
            let ends: Vec<(u32, u32)> = edges_between(&is_drawn)
                .into_iter()
                .map(|edge| (whole.edges[edge].from.to_u32(), whole.edges[edge].to.to_u32()))
                .collect();
            for (node, is_near) in whole.nodes.range().iter().zip(near(whole.nodes.len(), &ends, node.to_u32(), hops)) {
                is_drawn[node] &= is_near;
            }
        }

        let nodes: Vec<MapNodeIdx> = is_drawn.iter().filter(|(_, is_drawn)| **is_drawn).map(|(node, _)| node).collect();
        let edges = edges_between(&is_drawn);
        let mut place: Column<MapNodeIdx, u32> = Column::from_vec(vec![0; whole.nodes.len()]);
        let mut sizes = Vec::with_capacity(nodes.len());
        for (&node, at) in nodes.iter().zip(0..) {
            place[node] = at;
            sizes.push(box_size(&whole.nodes[node].name, &whole.nodes[node].detail));
        }
        let ends = edges.iter().map(|&edge| (place[whole.edges[edge].from], place[whole.edges[edge].to])).collect();
        let layout = layout(&LayoutGraph { boxes: sizes.clone(), edges: ends }, LAYOUT_STEPS);
        Self { nodes, edges, sizes, layout }
    }
}

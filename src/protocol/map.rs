//! The service map: who calls whom.

use serde::{Deserialize, Serialize};

use super::selection::{DurationBins, Exactness, ExampleTrace, Selection, Stats};
use super::server::ServerBasis;

/// Asks for the map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MapRequest {
    /// What is counted.
    pub selection: Selection,
    /// Of this trace alone, whatever the selection says.
    pub trace_id: Option<String>,
    /// Kinds of nodes that are left out, ascending.
    pub hidden: Vec<NodeKind>,
    /// Only what is near a node.
    pub focus: Option<MapFocus>,
}

/// A node and how far around it one looks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MapFocus {
    /// The node.
    pub node: NodeId,
    /// Calls away from it, in either direction.
    pub hops: u32,
}

/// Names a node across data sets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId {
    /// What it is.
    pub kind: NodeKind,
    /// Its name: of the service, the database, the queue, the host.
    pub name: String,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeKind {
    /// A service that sent spans.
    Service,
    /// A database that a client span names.
    Database,
    /// A queue or topic that a producer or consumer span names.
    Queue,
    /// Another host that a client span names.
    External,
    /// Whoever called the first server span of a trace.
    Caller,
}

impl NodeKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Service, Self::Database, Self::Queue, Self::External, Self::Caller];
}

/// The map, laid out. Positions are CSS pixels at zoom 1, from the top left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapView {
    /// Nodes, in the order of their ids.
    pub nodes: Vec<MapNode>,
    /// Edges, by caller, then callee.
    pub edges: Vec<MapEdge>,
    /// Width of the whole picture.
    pub width: f64,
    /// Height of the whole picture.
    pub height: f64,
    /// Earliest start of what is counted, absolute.
    pub from: u64,
    /// Latest start of what is counted; rates are calls over the time in between.
    pub to: u64,
    /// Nodes of the whole data set, shown or not.
    pub all_nodes: u32,
    /// Spans that were counted.
    pub spans: u64,
    /// How the quantiles were found.
    pub exactness: Exactness,
    /// The layout stopped early, as its time was up: it is whole, and crosses more than it had to.
    pub hurried: bool,
    /// A server's figures; `None`: of the spans that are loaded.
    pub basis: Option<Box<ServerBasis>>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapNode {
    /// Which.
    pub id: NodeId,
    /// Of a service: its position in the data set's services.
    pub service: Option<u32>,
    /// What is known beside its name: `postgresql`, `kafka`, `http`.
    pub detail: String,
    /// Middle of its box.
    pub x: f64,
    /// Middle of its box.
    pub y: f64,
    /// Width of its box, label included.
    pub width: f64,
    /// Height of its box, label included.
    pub height: f64,
    /// The calls that it received; of a service that is not called, its entry spans; of a caller, the calls that it made.
    pub stats: Stats,
    /// The spans that are its own.
    pub spans: u64,
}

/// An edge: calls of one node to another, or to itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapEdge {
    /// Position of the caller in [`MapView::nodes`].
    pub from: u32,
    /// Position of the callee in [`MapView::nodes`].
    pub to: u32,
    /// The calls, by the caller's span where there is one, else by the callee's.
    pub stats: Stats,
    /// Through a queue or a link, so the caller does not wait.
    pub is_messaging: bool,
    /// Runs against the flow of the layers, to close a cycle.
    pub is_back: bool,
    /// The line: its first point, then three points for each cubic Bézier curve that it goes on with.
    pub path: Vec<(f64, f64)>,
}

/// Asks for all about a node or an edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MapDetailRequest {
    /// What is counted.
    pub selection: Selection,
    /// Of this trace alone.
    pub trace_id: Option<String>,
    /// What is asked about.
    pub target: MapTarget,
}

/// A node or an edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MapTarget {
    /// A node.
    Node(NodeId),
    /// An edge, from caller to callee.
    Edge(NodeId, NodeId),
}

/// All about a node or an edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapDetailView {
    /// What it is about.
    pub target: MapTarget,
    /// In all: of a node, its calls as in [`MapNode::stats`].
    pub stats: Stats,
    /// How the quantiles were found.
    pub exactness: Exactness,
    /// Earliest and latest start: rates are over the time in between.
    pub window: (u64, u64),
    /// What was called, most total time first; at most 50.
    pub operations: Vec<OperationStats>,
    /// How many operations there are in all.
    pub operation_count: u32,
    /// Durations.
    pub histogram: DurationBins,
    /// What failed, by the type of the error, most first; at most 20.
    pub error_types: Vec<(String, u64)>,
    /// Traces to look at.
    pub examples: Vec<ExampleTrace>,
    /// Who calls it, with calls; of a node.
    pub callers: Vec<(NodeId, u64)>,
    /// What it calls, with calls; of a node.
    pub callees: Vec<(NodeId, u64)>,
    /// A server's figures; `None`: of the spans that are loaded.
    pub basis: Option<Box<ServerBasis>>,
}

/// An operation and what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStats {
    /// Position in the data set's services.
    pub service: u32,
    /// The span name.
    pub name: String,
    /// Its figures.
    pub stats: Stats,
}

//! The service map: who calls whom, from spans.
//!
//! A call is one span that measures it, an edge, and where there is one the span at the callee's end. A span measures at most
//! one call of an edge, which is what keeps a call that is seen from both ends one call. In the order of the code:
//!
//! | what is there | call | measured by | after |
//! | --- | --- | --- | --- |
//! | client or producer span with a child in another service | service → service | the span | servicegraph connector: a client's and a server's span are paired by parentage; semantic conventions, "Trace: span kind" |
//! | client or producer span with a server child in its own service | service → itself | the span | the same |
//! | span of another kind with a child in another service | service → service | the child | Jaeger's dependency graph: parentage across services is a call, as some producers set no kinds |
//! | client, producer or consumer span with a messaging destination | service → queue, queue → service | the span at that end | semantic conventions, "Messaging spans": `messaging.destination.name`, `messaging.system` |
//! | consumer span that links to a producer's | service → service or queue → service | the consumer | semantic conventions, "Messaging spans", links |
//! | client span of a database | service → database | the span | semantic conventions, "Database client spans"; servicegraph connector's `database_name_attributes` |
//! | other client or producer span that names its peer | service → host | the span | servicegraph connector's virtual nodes: `peer.service`, `db.name`, `db.system`; semantic conventions, `service.peer.name`, `server.address`, `url.full`, `rpc.*` |
//! | server span without a parent | `user` → service | the span | servicegraph connector: virtual node `user` |
//! | server span whose parent is missing; consumer span that nothing leads to | `unknown caller` → service | the span | ours |
//!
//! Where several could hold:
//! - What is instrumented wins: a span that leads into a service is no call of a database, a queue or a host.
//! - A peer that is called as a service here is (`peer.service`, or the address of a Kubernetes service, `name.namespace.svc…`)
//!   is that service: its spans were lost.
//! - Of a client span directly below another one of the same service, as of a database driver below a mapper or of HTTP below
//!   an SDK, the upper one counts where it names a database or a queue, else the lower one.
//! - A consumer span directly below another one of the same service is the same delivery. A client span that receives is a
//!   consumer; one that settles is no call.
//! - A child of a producer is not counted by its links too. A consumer that links to several producers of one service was
//!   called by it once, as there is one span to measure.
//! - A namespace that is a mere number, as Redis has it, names nothing: the address does.
//! - Names from old conventions hold where those from new ones are absent, attribute by attribute.
//!
//! *Passes.* Two over all spans when a data set is first asked about: self times, then calls. After that, for each selection,
//! one over its spans' columns for what is their own, and one over its calls.
//!
//! *Bounds.* At most [`NODES_MAX`] nodes and [`EDGES_MAX`] edges: of what is called least, each kind is joined to one node.

mod conventions;
mod count;
mod derive;
mod figures;
mod limit;

pub use count::MapCounts;
pub use figures::Figures;

use crate::base::Column;
use crate::model::{Dataset, ServiceIdx, SpanIdx};

/// Nodes of a map, at most, but for those that stand for all others of a kind.
pub const NODES_MAX: usize = 2000;
/// Edges of a map, at most.
pub const EDGES_MAX: usize = 20_000;

crate::define_index!(
    /// A node of the service map.
    pub MapNodeIdx
);
crate::define_index!(
    /// An edge of the service map.
    pub MapEdgeIdx
);

/// What a node is. In the order in which nodes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PartyKind {
    /// A service that sent spans.
    Service,
    /// A database.
    Database,
    /// A queue or topic.
    Queue,
    /// A host.
    External,
    /// Whoever calls first.
    Caller,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// What it is.
    pub kind: PartyKind,
    /// Its name; no other node of its kind has it.
    pub name: String,
    /// What is known beside the name.
    pub detail: String,
    /// Of one service alone: which.
    pub service: Option<ServiceIdx>,
    /// Whether anything calls it, in all of the data.
    pub is_called: bool,
}

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The caller.
    pub from: MapNodeIdx,
    /// The callee.
    pub to: MapNodeIdx,
    /// Every call of it goes through a queue or a link.
    pub is_messaging: bool,
}

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The edge.
    pub edge: MapEdgeIdx,
    /// The span that measures it.
    pub span: SpanIdx,
    /// The span at the callee's end, where there is one; it may be the one that measures.
    pub callee: Option<SpanIdx>,
    /// Either of its ends has status Error.
    pub failed: bool,
}

impl Call {
    /// The span that tells how the callee saw it, or else how the caller did.
    #[inline]
    pub fn at_callee(&self) -> SpanIdx {
        self.callee.unwrap_or(self.span)
    }
}

/// All calls of a data set, and what is between them.
#[derive(Clone, Debug, Default)]
pub struct ServiceMap {
    /// By kind, then name.
    pub nodes: Column<MapNodeIdx, Party>,
    /// By caller, then callee.
    pub edges: Column<MapEdgeIdx, Route>,
    /// By the span that measures.
    pub calls: Vec<Call>,
    /// The node of each service.
    pub of_service: Column<ServiceIdx, MapNodeIdx>,
    /// The self time of each span.
    pub self_time: Column<SpanIdx, u64>,
}

impl ServiceMap {
    /// The map of all that is in a data set.
    pub fn of(dataset: &Dataset) -> Self {
        Self::within(dataset, NODES_MAX, EDGES_MAX)
    }

    /// The map with other bounds than [`NODES_MAX`] and [`EDGES_MAX`].
    pub fn within(dataset: &Dataset, nodes_max: usize, edges_max: usize) -> Self {
        limit::sealed(dataset, derive::calls(dataset), nodes_max, edges_max)
    }

    /// The node of this kind and name.
    pub fn find(&self, kind: PartyKind, name: &str) -> Option<MapNodeIdx> {
        let at = self.nodes.as_slice().binary_search_by(|node| (node.kind, node.name.as_str()).cmp(&(kind, name))).ok()?;
        Some(MapNodeIdx(crate::base::len_u32(at)))
    }

    /// The edge between two nodes.
    pub fn find_edge(&self, from: MapNodeIdx, to: MapNodeIdx) -> Option<MapEdgeIdx> {
        let at = self.edges.as_slice().binary_search_by_key(&(from, to), |edge| (edge.from, edge.to)).ok()?;
        Some(MapEdgeIdx(crate::base::len_u32(at)))
    }

    /// The calls that spans of these rows measure.
    pub fn calls_among(&self, rows: crate::base::IdxRange<SpanIdx>) -> &[Call] {
        let start = self.calls.partition_point(|call| call.span.0 < rows.start);
        let end = start + self.calls.get(start..).unwrap_or_default().partition_point(|call| call.span.0 < rows.end);
        self.calls.get(start..end).unwrap_or_default()
    }
}

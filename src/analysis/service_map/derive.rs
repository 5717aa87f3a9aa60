//! Finds the calls: one pass over all spans, in the order of their rows.

use super::conventions::{Conventions, Named, Told};
use super::{MapEdgeIdx, MapNodeIdx, PartyKind};
use crate::base::{Column, FastMap, Interner, StrId};
use crate::model::{Dataset, ServiceIdx, SpanIdx, SpanKey, SpanKind, StatusCode};

/// Longer names of peers are cut: they are for reading.
const NAME_CHARS_MAX: usize = 200;

/// Who calls a server span without a parent.
const USER: &str = "user";
/// Who calls a span whose caller is nowhere.
const UNKNOWN: &str = "unknown caller";

/// A node as it is found.
pub(super) struct RawNode {
    pub(super) kind: PartyKind,
    pub(super) name: StrId,
    pub(super) detail: StrId,
    pub(super) service: Option<ServiceIdx>,
    /// Calls that it takes part in.
    pub(super) calls: u64,
}

/// An edge as it is found.
pub(super) struct RawEdge {
    pub(super) from: MapNodeIdx,
    pub(super) to: MapNodeIdx,
    pub(super) calls: u64,
    pub(super) is_messaging: bool,
    /// The call that was last added to it.
    last: usize,
}

/// What the pass finds.
pub(super) struct Found {
    /// The texts of nodes.
    pub(super) names: Interner,
    pub(super) nodes: Column<MapNodeIdx, RawNode>,
    pub(super) edges: Column<MapEdgeIdx, RawEdge>,
    pub(super) calls: Vec<super::Call>,
    pub(super) of_service: Column<ServiceIdx, MapNodeIdx>,
    by_name: FastMap<(PartyKind, StrId), MapNodeIdx>,
    by_ends: FastMap<(MapNodeIdx, MapNodeIdx), MapEdgeIdx>,
}

/// Finds all calls of a data set.
pub(super) fn calls(dataset: &Dataset) -> Found {
    let mut found = Found {
        names: Interner::default(),
        nodes: Column::default(),
        edges: Column::default(),
        calls: Vec::new(),
        of_service: Column::default(),
        by_name: FastMap::default(),
        by_ends: FastMap::default(),
    };
    for (service, _) in dataset.services.name.iter() {
        let node = found.node(PartyKind::Service, dataset.service_name(service), "", Some(service));
        found.of_service.push(node);
    }
    let mut pass = Pass {
        dataset,
        conventions: Conventions::new(dataset),
        found,
        buffer: String::new(),
        last_told: (SpanIdx(u32::MAX), Told::default()),
    };
    for span in dataset.spans.id.range().iter() {
        pass.visit(span);
    }
    pass.found
}

impl Found {
    /// The node of this kind and name, new if need be.
    fn node(&mut self, kind: PartyKind, name: &str, detail: &str, service: Option<ServiceIdx>) -> MapNodeIdx {
        let name = self.names.intern(name);
        if let Some(&node) = self.by_name.get(&(kind, name)) {
            return node;
        }
        let detail = self.names.intern(detail);
        let node = self.nodes.push(RawNode { kind, name, detail, service, calls: 0 });
        self.by_name.insert((kind, name), node);
        node
    }

    /// A node that is no service.
    fn peer(&mut self, kind: PartyKind, named: &Named<'_>) -> MapNodeIdx {
        match named.name.char_indices().nth(NAME_CHARS_MAX) {
            None => self.node(kind, named.name, cut(named.detail), None),
            Some(_) => self.node(kind, &format!("{}…", cut(named.name)), cut(named.detail), None),
        }
    }

    /// Adds a call, or joins it to the one of this edge that the same span measures already.
    fn add(&mut self, dataset: &Dataset, from: MapNodeIdx, to: MapNodeIdx, way: Way, span: SpanIdx, callee: Option<SpanIdx>) {
        let is_error = |span: SpanIdx| dataset.spans.status[span] == StatusCode::Error;
        let edge = *self
            .by_ends
            .entry((from, to))
            .or_insert_with(|| self.edges.push(RawEdge { from, to, calls: 0, is_messaging: true, last: usize::MAX }));
        let failed = is_error(span) || callee.is_some_and(is_error);
        let route = &mut self.edges[edge];
        route.is_messaging &= way == Way::Messaging;
        if let Some(last) = self.calls.get_mut(route.last).filter(|last| last.span == span) {
            // Of two callees, the one that failed says more.
            if failed && !last.failed {
                last.callee = callee;
            }
            last.failed |= failed;
            return;
        }
        route.last = self.calls.len();
        route.calls += 1;
        self.nodes[from].calls += 1;
        if from != to {
            self.nodes[to].calls += 1;
        }
        self.calls.push(super::Call { edge, span, callee, failed });
    }
}

/// Whether the caller waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Request,
    Messaging,
}

struct Pass<'a> {
    dataset: &'a Dataset,
    conventions: Conventions<'a>,
    found: Found,
    /// Holds names that are put together.
    buffer: String,
    /// What another span tells that was asked last: siblings ask the same of their parent, one after the other.
    last_told: (SpanIdx, Told),
}

impl Pass<'_> {
    fn visit(&mut self, span: SpanIdx) {
        let kind = self.dataset.spans.kind[span];
        match kind {
            SpanKind::Client | SpanKind::Producer => {
                let told = self.told(span);
                if kind == SpanKind::Client && self.conventions.receives(&told) {
                    self.lead_on(span, None);
                    self.consume(span, &told);
                    return;
                }
                self.call(span, &told);
                self.be_called(span);
            }
            SpanKind::Unspecified => {
                let told = self.told(span);
                if told.has_database() && self.dataset.spans.children(span).all(|child| self.node(child) == self.node(span)) {
                    self.reach_out(span, &told, HasInner::Yes);
                }
                self.be_called(span);
            }
            SpanKind::Consumer => {
                let told = self.told(span);
                self.consume(span, &told);
            }
            SpanKind::Internal | SpanKind::Server => self.be_called(span),
        }
    }

    fn told(&self, span: SpanIdx) -> Told {
        self.conventions.told(self.dataset.spans.attributes[span])
    }

    /// What a span tells that others have been asked about, too: a parent, or a producer that is linked to.
    fn told_of(&mut self, other: SpanIdx) -> Told {
        if self.last_told.0 != other {
            self.last_told = (other, self.told(other));
        }
        self.last_told.1
    }

    fn node(&self, span: SpanIdx) -> MapNodeIdx {
        self.found.of_service[self.dataset.service(span)]
    }

    fn kind(&self, span: SpanIdx) -> SpanKind {
        self.dataset.spans.kind[span]
    }

    fn add(&mut self, from: MapNodeIdx, to: MapNodeIdx, way: Way, span: SpanIdx, callee: Option<SpanIdx>) {
        self.found.add(self.dataset, from, to, way, span, callee);
    }

    /// A client or producer span: into services below it, or else to what its attributes name.
    fn call(&mut self, span: SpanIdx, told: &Told) {
        let (leads_on, has_inner) = self.lead_on(span, Some(told));
        if !leads_on && !self.conventions.settles(told) {
            self.reach_out(span, told, has_inner);
        }
    }

    /// Adds the calls of a client or producer span into services below it; consumers are left out where nothing is told.
    /// Says whether there are any, and whether there is a client span directly below.
    fn lead_on(&mut self, span: SpanIdx, told: Option<&Told>) -> (bool, HasInner) {
        let here = self.node(span);
        let dataset = self.dataset;
        let (mut leads_on, mut has_inner) = (false, HasInner::No);
        for child in dataset.spans.children(span) {
            let there = self.node(child);
            match (self.kind(child), told) {
                (SpanKind::Consumer, None) => {}
                (SpanKind::Consumer, Some(told)) => {
                    let queue = self.conventions.destination(told).or_else(|| self.conventions.destination(&self.told(child)));
                    match queue {
                        Some(queue) => {
                            let queue = self.found.peer(PartyKind::Queue, &queue);
                            self.add(here, queue, Way::Messaging, span, None);
                        }
                        None => self.add(here, there, Way::Messaging, span, Some(child)),
                    }
                    leads_on = true;
                }
                (kind, _) if there != here || kind == SpanKind::Server => {
                    self.add(here, there, Way::Request, span, Some(child));
                    leads_on = true;
                }
                (SpanKind::Client | SpanKind::Producer, _) => has_inner = HasInner::Yes,
                _ => {}
            }
        }
        (leads_on, has_inner)
    }

    /// A call of what sends no spans.
    fn reach_out(&mut self, span: SpanIdx, told: &Told, has_inner: HasInner) {
        if self.is_below_named(span) {
            return;
        }
        let here = self.node(span);
        if let Some(queue) = self.conventions.queue(told) {
            let queue = self.found.peer(PartyKind::Queue, &queue);
            self.add(here, queue, Way::Messaging, span, None);
            return;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let peer = if let Some(database) = self.conventions.database(told, &mut buffer) {
            Some(self.found.peer(PartyKind::Database, &database))
        } else if has_inner == HasInner::Yes {
            None
        } else if let Some(service) = self.named_service(told) {
            Some(service)
        } else {
            self.conventions.host(told, &mut buffer).map(|host| self.found.peer(PartyKind::External, &host))
        };
        self.buffer = buffer;
        if let Some(peer) = peer {
            self.add(here, peer, Way::Request, span, None);
        }
    }

    /// The service here that the attributes name.
    fn named_service(&self, told: &Told) -> Option<MapNodeIdx> {
        let find = |name| self.found.names.find(name).and_then(|name| self.found.by_name.get(&(PartyKind::Service, name)));
        self.conventions.services(told).find_map(find).copied()
    }

    /// Whether the span above is of the same service and counts as a call of a database or a queue already.
    fn is_below_named(&mut self, span: SpanIdx) -> bool {
        self.dataset.spans.parent(span).is_some_and(|parent| {
            matches!(self.kind(parent), SpanKind::Client | SpanKind::Producer) && self.node(parent) == self.node(span) && {
                let told = self.told_of(parent);
                told.has_database() || told.has_queue()
            }
        })
    }

    /// A span that is no consumer: called by its parent in another service, or by whoever comes first.
    fn be_called(&mut self, span: SpanIdx) {
        let here = self.node(span);
        if let Some(parent) = self.dataset.spans.parent(span) {
            let there = self.node(parent);
            // Below a client span it is the client's call.
            if there != here && !matches!(self.kind(parent), SpanKind::Client | SpanKind::Producer) {
                self.add(there, here, Way::Request, span, Some(span));
            }
        } else if self.kind(span) == SpanKind::Server {
            let is_root = self.dataset.spans.parent_key(span) == SpanKey::Missing;
            self.enter(span, if is_root { USER } else { UNKNOWN });
        }
    }

    fn enter(&mut self, span: SpanIdx, name: &str) {
        let caller = self.found.node(PartyKind::Caller, name, "", None);
        self.add(caller, self.node(span), Way::Request, span, Some(span));
    }

    /// A span that takes a message.
    fn consume(&mut self, span: SpanIdx, told: &Told) {
        let here = self.node(span);
        let parent = self.dataset.spans.parent(span);
        let parent_kind = parent.map(|parent| self.kind(parent));
        if let Some(parent) = parent.filter(|&parent| self.node(parent) == here) {
            let is_delivery = match self.kind(parent) {
                SpanKind::Consumer => true,
                SpanKind::Client => {
                    let told = self.told_of(parent);
                    self.conventions.receives(&told)
                }
                _ => false,
            };
            if is_delivery {
                return;
            }
        }
        let sender = parent.filter(|_| matches!(parent_kind, Some(SpanKind::Client | SpanKind::Producer)));
        let elsewhere = parent.filter(|&parent| sender.is_none() && self.node(parent) != here);
        let of_sender = sender.map(|sender| self.told_of(sender));
        let of_sender = of_sender.and_then(|told| self.conventions.destination(&told));
        // What the sender names comes first, as its own call goes there.
        if let Some(queue) = of_sender.or_else(|| self.conventions.destination(told)) {
            let queue = self.found.peer(PartyKind::Queue, &queue);
            self.add(queue, here, Way::Messaging, span, Some(span));
            if let Some(parent) = elsewhere {
                self.add(self.node(parent), queue, Way::Messaging, span, None);
            } else if sender.is_none() {
                self.send_unnamed(span, queue);
            }
            return;
        }
        if sender.is_some() {
            return;
        }
        if let Some(parent) = elsewhere {
            self.add(self.node(parent), here, Way::Messaging, span, Some(span));
            return;
        }
        if self.follow_links(span) {
            return;
        }
        if let Some(queue) = self.conventions.queue(told) {
            let queue = self.found.peer(PartyKind::Queue, &queue);
            self.add(queue, here, Way::Messaging, span, Some(span));
        } else if parent.is_none() {
            self.enter(span, UNKNOWN);
        }
    }

    /// Calls of linked producers that name no queue, into the queue that the consumer names.
    fn send_unnamed(&mut self, span: SpanIdx, queue: MapNodeIdx) {
        for link in self.dataset.spans.links[span].iter() {
            if let Some(producer) = self.linked_producer(link)
                && !self.told_of(producer).has_queue()
                && self.dataset.spans.children(producer).next().is_none()
            {
                self.add(self.node(producer), queue, Way::Messaging, span, None);
            }
        }
    }

    /// Calls by the producers that a consumer links to; says whether there are any.
    fn follow_links(&mut self, span: SpanIdx) -> bool {
        let here = self.node(span);
        let mut any = false;
        for link in self.dataset.spans.links[span].iter() {
            let Some(producer) = self.linked_producer(link) else { continue };
            let told = self.told_of(producer);
            let from = match self.conventions.queue(&told) {
                Some(queue) => self.found.peer(PartyKind::Queue, &queue),
                None => self.node(producer),
            };
            self.add(from, here, Way::Messaging, span, Some(span));
            any = true;
        }
        any
    }

    fn linked_producer(&self, link: crate::model::LinkIdx) -> Option<SpanIdx> {
        self.dataset.link_target(link).filter(|&target| self.kind(target) == SpanKind::Producer)
    }
}

/// Whether there is a client span directly below, nearer to the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HasInner {
    Yes,
    No,
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(NAME_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

//! The service map: each rule on a trace made by hand, figures against an oracle that is too simple to be wrong, and pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use spanwise::analysis::service_map::{MapCounts, PartyKind, ServiceMap};
use spanwise::analysis::{Selected, child_times};
use spanwise::engine::{Engine, Outcome};
use spanwise::model::{Dataset, SpanIdx, SpanKey, SpanKind, StatusCode, Value};
use spanwise::protocol::{
    Answer, Brush, DurationBins, Exactness, FailureCode, MapDetailRequest, MapDetailView, MapFocus, MapRequest, MapTarget,
    MapView, NodeId, NodeKind, Reply, Request, Selection,
};

use crate::analysis::Random;
use crate::generate::{self, Plan, Shape};
use crate::notation::dataset;
use crate::read::open_bytes;

/// The edges of a map: ends, calls, those that failed, time in all; `~` where nobody waits. Services stand bare.
fn calls(dataset: &Dataset) -> String {
    let map = ServiceMap::of(dataset);
    let counts = MapCounts::new(dataset, &map, &Selected::all(dataset));
    let mut text = String::from("\n");
    let name = |node| {
        let party = &map.nodes[node];
        match party.kind {
            PartyKind::Service => party.name.clone(),
            kind if party.detail.is_empty() => format!("{kind:?} {}", party.name),
            kind => format!("{kind:?} {} · {}", party.name, party.detail),
        }
    };
    for (edge, route) in map.edges.iter() {
        let figures = counts.edges[edge];
        let arrow = if route.is_messaging { "~>" } else { "->" };
        let failed = if figures.errors == 0 { String::new() } else { format!(" !{}", figures.errors) };
        let total = figures.total / 1_000_000;
        writeln!(text, "{} {arrow} {}  {}×{failed} {total}ms", name(route.from), name(route.to), figures.calls).unwrap();
    }
    text
}

fn check_calls(trace: &str, expected: &str) {
    let found = calls(&dataset(trace));
    assert_eq!(found.trim(), expected.trim(), "\nfound:{found}");
}

#[test]
fn a_call_seen_from_both_ends_is_one_call() {
    check_calls(
        "
trace a1
  frontend  GET /cart          0..120ms  server
    frontend  Cart.get        10..80ms   client
      cart  Cart.get          12..78ms   server
    frontend  Cart.get        81..90ms   client  !error
      cart  Cart.get          82..88ms   server  !error
    frontend  Cart.get        91..100ms  client
      cart  Cart.get          92..98ms   server  !error
",
        "
frontend -> cart  3× !2 88ms
Caller user -> frontend  1× 120ms
",
    );
}

#[test]
fn parentage_across_services_is_a_call_whatever_the_kinds() {
    check_calls(
        "
trace a1
  a  work        0..50ms   internal
    b  work      5..15ms
    b  work     16..20ms   internal
    b  serve    21..24ms   server
    b  ask      25..27ms   client
  a  ask        60..70ms   client
    b  work     61..64ms   internal
    b  work     65..66ms   internal
    c  work     65..66ms
",
        "
a -> b  5× 29ms
a -> c  1× 10ms
",
    );
}

#[test]
fn self_calls_and_cycles() {
    check_calls(
        "
trace a1
  a  GET /          0..90ms  server
    a  GET /self    1..40ms  client
      a  GET /self  2..30ms  server
    a  work        41..42ms  internal
    a  ask b       50..80ms  client
      b  serve     51..79ms  server
        b  ask a   55..70ms  client
          a  serve   56..69ms  server
",
        "
a -> a  1× 39ms
a -> b  1× 30ms
b -> a  1× 15ms
Caller user -> a  1× 90ms
",
    );
}

#[test]
fn entries_have_a_caller_and_jobs_have_none() {
    check_calls(
        "
trace a1
  a  GET /      0..9ms   server
trace a2
  a  GET /      0..8ms   server  ~orphan
trace a3
  a  nightly    0..7ms   internal
trace a4
  a  consume    0..6ms   consumer
trace a5
  a  nightly    0..5ms
",
        "
Caller unknown caller -> a  2× 14ms
Caller user -> a  1× 9ms
",
    );
}

#[test]
fn databases_by_old_names_and_new() {
    check_calls(
        r#"
trace a1
  a  SELECT  0..1ms  client  @db.system.name="postgresql" @db.system="old" @db.namespace="shop" @db.name="older" @server.address="pg"
  a  SELECT  0..2ms  client  @db.system="postgresql" @db.name="shop" !error
  a  GET     0..4ms  client  @db.system="redis" @net.peer.name="cache-1"
  a  GET     0..8ms  client  @db.system="redis" @db.namespace="0" @server.address="cache-1"
  a  GET     0..1ms  client  @db.system="redis" @db.namespace="0"
  a  find    0..1ms  client  @db.system="mongodb"
  a  lookup  0..1ms          @db.system.name="sqlite"
  a  lookup  0..1ms  internal  @db.system.name="sqlite"
  a  empty   0..1ms  client  @db.system.name="" @db.system="mongodb"
"#,
        "
a -> Database cache-1 · redis  2× 12ms
a -> Database mongodb · mongodb  2× 2ms
a -> Database redis/0 · redis  1× 1ms
a -> Database shop · postgresql  2× !1 3ms
a -> Database sqlite · sqlite  1× 1ms
",
    );
}

#[test]
fn hosts_by_old_names_and_new() {
    check_calls(
        r#"
trace a1
  a  GET  0..1ms  client  @service.peer.name="bank" @peer.service="old" @server.address="x"
  a  GET  0..1ms  client  @peer.service="bank" @server.address="x"
  a  GET  0..1ms  client  @server.address="api.bank.example" @server.port=443 @http.request.method="GET"
  a  GET  0..1ms  client  @net.peer.name="api.bank.example" @http.method="GET"
  a  GET  0..1ms  client  @server.address="api.bank.example" @server.port=8443
  a  GET  0..1ms  client  @http.host="h:81"
  a  GET  0..1ms  client  @net.sock.peer.name="sock"
  a  GET  0..1ms  client  @url.full="https://u@full.example:443/a?b" @http.url="http://old"
  a  GET  0..1ms  client  @http.url="http://old.example/"
  a  call  0..1ms  client  @rpc.system="grpc" @rpc.service="shop.Bank"
  a  GET  0..1ms  client  @x=1
  a  GET  0..1ms  server  @server.address="me"
"#,
        "
a -> External api.bank.example · http  2× 2ms
a -> External api.bank.example:8443  1× 1ms
a -> External bank  2× 2ms
a -> External full.example · http  1× 1ms
a -> External h:81  1× 1ms
a -> External old.example · http  1× 1ms
a -> External shop.Bank · grpc  1× 1ms
a -> External sock  1× 1ms
Caller user -> a  1× 1ms
",
    );
}

#[test]
fn a_service_whose_spans_were_lost_is_called_all_the_same() {
    check_calls(
        r#"
trace a1
  a  GET  0..1ms  client  @peer.service="cart"
  a  GET  0..2ms  client  @server.address="cart"
  a  GET  0..4ms  client  @server.address="cart.shop.svc.cluster.local" @server.port=8080
  a  GET  0..8ms  client  @server.address="cart.example"
  cart  job  0..1ms
"#,
        "
a -> cart  3× 7ms
a -> External cart.example  1× 8ms
",
    );
}

#[test]
fn what_is_instrumented_wins() {
    check_calls(
        r#"
trace a1
  a  SELECT    0..5ms  client  @db.system="postgresql" @db.name="shop"
    proxy  SELECT  1..4ms  server
  a  GET       6..9ms  client  @server.address="b"
    b  GET     7..8ms  server
"#,
        "
a -> b  1× 3ms
a -> proxy  1× 5ms
",
    );
}

#[test]
fn of_nested_client_spans_one_counts() {
    check_calls(
        r#"
trace a1
  a  Dynamo.Get    0..9ms  client  @db.system="dynamodb" @server.address="dynamo"
    a  POST        1..8ms  client  @server.address="dynamo.aws"
  a  Orders.find  10..19ms  client  @db.system="postgresql" @db.name="orders"
    a  SELECT     11..18ms  client  @db.system="postgresql" @db.name="orders"
  a  Bank/Charge  20..29ms  client  @rpc.system="grpc" @server.address="bank"
    a  POST       21..28ms  client  @server.address="bank-gateway"
  a  Cart/Get     30..39ms  client  @rpc.system="grpc" @server.address="cart.host"
    a  POST       31..38ms  client  @server.address="cart.host"
      cart  POST  32..37ms  server
"#,
        "
a -> cart  1× 7ms
a -> Database dynamo · dynamodb  1× 9ms
a -> Database orders · postgresql  1× 9ms
a -> External bank-gateway  1× 7ms
",
    );
}

#[test]
fn messages_go_through_their_queue() {
    check_calls(
        r#"
trace a1
  shop  send     0..1ms  producer  @messaging.system="kafka" @messaging.destination.name="orders"
    mail  process  5..9ms  consumer  @messaging.system="kafka" @messaging.destination="orders"
  shop  send    10..12ms  producer  @messaging.system="kafka" @messaging.destination="orders"
    mail  process  15..18ms  consumer
    bill  process  15..16ms  consumer  !error
  shop  work    20..21ms
    mail  process  25..29ms  consumer  @messaging.destination.name="late"
  shop  send    30..31ms  producer  @messaging.system="sqs"
"#,
        "
shop ~> Queue late  1× 4ms
shop ~> Queue orders · kafka  2× 3ms
shop ~> Queue sqs · sqs  1× 1ms
Queue late ~> mail  1× 4ms
Queue orders · kafka ~> bill  1× !1 1ms
Queue orders · kafka ~> mail  2× 7ms
",
    );
}

#[test]
fn links_lead_from_producer_to_consumer() {
    check_calls(
        r#"
trace a1
  shop  send     0..1ms  producer
  shop  send     0..1ms  producer
  ads  send      0..1ms  producer  @messaging.destination.name="clicks"
  ads  work      0..1ms  internal
trace a2
  mail  process  5..9ms  consumer
  | link a1/1
  | link a1/2
  | link a1/3
  | link a1/4
trace a3
  mail  process  5..8ms  consumer  @messaging.destination.name="orders"
  | link a1/1
trace a4
  shop  send     0..1ms  producer
    mail  process  5..7ms  consumer
    | link a4/1
trace a5
  mail  process  5..6ms  consumer
  | link b1/1
"#,
        "
ads ~> Queue clicks  1× 1ms
shop ~> mail  2× 5ms
shop ~> Queue orders  1× 3ms
Queue clicks ~> mail  1× 4ms
Queue orders ~> mail  1× 3ms
Caller unknown caller -> mail  1× 1ms
",
    );
}

#[test]
fn a_delivery_counts_once() {
    check_calls(
        r#"
trace a1
  mail  receive    0..9ms  consumer  @messaging.destination.name="orders"
    mail  process  1..8ms  consumer  @messaging.destination.name="orders"
trace a2
  mail  poll       0..9ms  client  @messaging.system="sqs" @messaging.destination.name="orders" @messaging.operation.type="receive"
    mail  process  1..8ms  consumer  @messaging.destination.name="orders"
    mail  settle   8..9ms  client  @messaging.destination.name="orders" @messaging.operation.type="settle"
"#,
        "Queue orders ~> mail  2× 18ms",
    );
}

#[test]
fn services_of_one_name_are_one_node() {
    let text = "trace a1\n  -  GET  0..9ms  client\n    unknown_service  GET  1..8ms  server\n";
    check_calls(text, "unknown_service -> unknown_service  1× 9ms");
}

#[test]
fn what_is_called_least_is_joined() {
    let mut text = String::from("trace a1\n");
    for host in 0..30 {
        writeln!(text, "  a  GET  0..1ms  client  @server.address=\"h{host:02}\"\n  s{host:02}  job  0..1ms").unwrap();
    }
    text.push_str("  a  GET  0..1ms  client  @server.address=\"h29\"\n");
    let dataset = dataset(&text);
    let map = ServiceMap::within(&dataset, 3, 100);
    let names: Vec<&str> = map.nodes.as_slice().iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["30 more services", "a", "28 more hosts", "h00", "h29"]);
    let counts = MapCounts::new(&dataset, &map, &Selected::all(&dataset));
    let calls: Vec<u64> = counts.edges.as_slice().iter().map(|figures| figures.calls).collect();
    assert_eq!(calls, [28, 1, 2]);
    assert_eq!(counts.spans_of.as_slice(), [30, 31, 0, 0, 0]);
    assert!(ServiceMap::within(&dataset, 100, 8).edges.len() <= 8);
    assert!(ServiceMap::within(&dataset, 0, 0).nodes.len() <= 5);
}

// The oracle.

/// A call: from, to, the span that measures it, the span at the callee's end, whether it failed.
type Naive = (Node, Node, SpanIdx, Option<SpanIdx>, bool);
type Node = (PartyKind, String);

struct Oracle<'a> {
    dataset: &'a Dataset,
    children: Vec<Vec<SpanIdx>>,
}

impl Oracle<'_> {
    fn text(&self, span: SpanIdx, keys: &[&str]) -> Option<String> {
        let own = self.dataset.spans.attributes[span];
        keys.iter().find_map(|key| {
            let mut entries = self.dataset.attributes.entries(own).filter(|(name, _)| self.dataset.str(*name) == *key);
            match entries.next()?.1 {
                Value::String(text) if !self.dataset.str(text).is_empty() => Some(self.dataset.str(text).to_owned()),
                Value::Int(number) => Some(number.to_string()),
                _ => None,
            }
        })
    }

    fn kind(&self, span: SpanIdx) -> SpanKind {
        self.dataset.spans.kind[span]
    }

    fn service(&self, span: SpanIdx) -> Node {
        (PartyKind::Service, self.dataset.service_name(self.dataset.service(span)).to_owned())
    }

    fn parent(&self, span: SpanIdx) -> Option<SpanIdx> {
        self.dataset.spans.parent(span)
    }

    fn destination(&self, span: SpanIdx) -> Option<Node> {
        self.text(span, &["messaging.destination.name", "messaging.destination"]).map(|name| (PartyKind::Queue, name))
    }

    fn queue(&self, span: SpanIdx) -> Option<Node> {
        self.destination(span).or_else(|| self.text(span, &["messaging.system"]).map(|name| (PartyKind::Queue, name)))
    }

    fn sends(&self, span: SpanIdx) -> bool {
        matches!(self.kind(span), SpanKind::Client | SpanKind::Producer)
    }

    fn operates(&self, span: SpanIdx, operations: &[&str]) -> bool {
        let operation = self.text(span, &["messaging.operation.type", "messaging.operation"]);
        self.queue(span).is_some() && operation.is_some_and(|operation| operations.contains(&operation.as_str()))
    }

    fn receives(&self, span: SpanIdx) -> bool {
        self.kind(span) == SpanKind::Consumer
            || self.kind(span) == SpanKind::Client && self.operates(span, &["receive", "process", "deliver"])
    }

    fn database(&self, span: SpanIdx) -> Option<Node> {
        let system = self.text(span, &["db.system.name", "db.system"]);
        let namespace = self.text(span, &["db.namespace", "db.name"]);
        if system.is_none() && namespace.is_none() {
            return None;
        }
        let name = namespace.clone().filter(|name| name.parse::<u64>().is_err());
        let name = name.or_else(|| self.address(span));
        let name = name.or_else(|| namespace.map(|number| system.iter().fold(number, |number, name| format!("{name}/{number}"))));
        Some((PartyKind::Database, name.or(system)?))
    }

    fn address(&self, span: SpanIdx) -> Option<String> {
        self.text(span, &["server.address", "net.peer.name", "net.sock.peer.name", "http.host", "network.peer.address"])
    }

    fn host(&self, span: SpanIdx) -> Option<Node> {
        let peer = self.text(span, &["service.peer.name", "peer.service"]);
        let address = self.address(span);
        let in_cluster = address.clone().filter(|address| address.split('.').nth(2) == Some("svc"));
        let in_cluster = in_cluster.map(|address| address.split('.').next().unwrap().to_owned());
        let names: BTreeSet<_> =
            self.dataset.services.name.iter().map(|(service, _)| self.dataset.service_name(service).to_owned()).collect();
        let service = [peer.clone(), address.clone(), in_cluster].into_iter().flatten().find(|name| names.contains(name));
        if let Some(service) = service {
            return Some((PartyKind::Service, service));
        }
        let with_port = address.map(|address| match self.text(span, &["server.port", "net.peer.port"]).as_deref() {
            None | Some("80" | "443") => address,
            Some(port) => format!("{address}:{port}"),
        });
        Some((PartyKind::External, peer.or(with_port).or_else(|| self.text(span, &["rpc.service"]))?))
    }

    /// The calls that a span measures: an edge at most once.
    fn calls_of(&self, span: SpanIdx) -> Vec<Naive> {
        let here = self.service(span);
        let children = &self.children[span.0 as usize];
        let mut found: Vec<(Node, Node, Option<SpanIdx>)> = Vec::new();
        if self.sends(span) {
            for &child in children {
                let there = self.service(child);
                if self.kind(child) == SpanKind::Consumer {
                    if self.receives(span) {
                        continue;
                    }
                    match self.destination(span).or_else(|| self.destination(child)) {
                        Some(queue) => found.push((here.clone(), queue, None)),
                        None => found.push((here.clone(), there, Some(child))),
                    }
                } else if there != here || self.kind(child) == SpanKind::Server {
                    found.push((here.clone(), there, Some(child)));
                }
            }
        }
        let leads_on = !found.is_empty();
        let is_alone = children.iter().all(|&child| self.service(child) == here);
        let is_inner = self.parent(span).is_some_and(|parent| {
            self.sends(parent)
                && self.service(parent) == here
                && (self.database(parent).is_some() || self.queue(parent).is_some())
        });
        let is_outer = children.iter().any(|&child| self.service(child) == here && self.sends(child));
        let ends = match self.kind(span) {
            SpanKind::Client | SpanKind::Producer if !leads_on && !self.receives(span) && !self.operates(span, &["settle"]) => {
                let outer_host = || self.host(span).filter(|_| !is_outer);
                self.queue(span).or_else(|| self.database(span)).or_else(outer_host)
            }
            SpanKind::Unspecified if is_alone && self.database(span).is_some() => {
                self.queue(span).or_else(|| self.database(span))
            }
            _ => None,
        };
        found.extend(ends.filter(|_| !is_inner).map(|end| (here.clone(), end, None)));

        if self.receives(span) {
            found.extend(self.deliveries(span));
        } else if let Some(parent) = self.parent(span) {
            if self.service(parent) != here && !self.sends(parent) {
                found.push((self.service(parent), here, Some(span)));
            }
        } else if self.kind(span) == SpanKind::Server {
            let is_root = self.dataset.spans.parent_key(span) == SpanKey::Missing;
            found.push((caller(if is_root { "user" } else { "unknown caller" }), here, Some(span)));
        }

        let is_error = |span: SpanIdx| self.dataset.spans.status[span] == StatusCode::Error;
        let mut calls: Vec<Naive> = Vec::new();
        for (from, to, callee) in found {
            let failed = is_error(span) || callee.is_some_and(is_error);
            match calls.iter_mut().find(|call| (&call.0, &call.1) == (&from, &to)) {
                Some(call) if failed && !call.4 => (call.3, call.4) = (callee, true),
                Some(_) => {}
                None => calls.push((from, to, span, callee, failed)),
            }
        }
        calls
    }

    fn deliveries(&self, span: SpanIdx) -> Vec<(Node, Node, Option<SpanIdx>)> {
        let here = self.service(span);
        let parent = self.parent(span);
        let is_same = |other: SpanIdx| self.service(other) == here;
        if parent.is_some_and(|parent| is_same(parent) && self.receives(parent)) {
            return Vec::new();
        }
        let sender = parent.filter(|&parent| self.sends(parent));
        let elsewhere = parent.filter(|&parent| !self.sends(parent) && !is_same(parent));
        let links = self.dataset.spans.links[span].iter().filter_map(|link| self.dataset.link_target(link));
        let producers: Vec<SpanIdx> = links.filter(|&target| self.kind(target) == SpanKind::Producer).collect();
        let to_here = |from: Node| (from, here.clone(), Some(span));
        let queue = sender.and_then(|sender| self.destination(sender)).or_else(|| self.destination(span));
        if let Some(queue) = queue {
            let silent = producers
                .into_iter()
                .filter(|&producer| self.queue(producer).is_none() && self.children[producer.0 as usize].is_empty());
            let senders: Vec<SpanIdx> = match (elsewhere, sender) {
                (Some(parent), _) => vec![parent],
                (None, Some(_)) => Vec::new(),
                (None, None) => silent.collect(),
            };
            let sent = senders.into_iter().map(|sender| (self.service(sender), queue.clone(), None));
            return std::iter::once(to_here(queue.clone())).chain(sent).collect();
        }
        if sender.is_some() {
            return Vec::new();
        }
        if let Some(parent) = elsewhere {
            return vec![to_here(self.service(parent))];
        }
        if !producers.is_empty() {
            let from = |producer| self.queue(producer).unwrap_or_else(|| self.service(producer));
            return producers.into_iter().map(|producer| to_here(from(producer))).collect();
        }
        match (self.queue(span), parent) {
            (Some(queue), _) => vec![to_here(queue)],
            (None, None) => vec![to_here(caller("unknown caller"))],
            (None, Some(_)) => Vec::new(),
        }
    }
}

fn caller(name: &str) -> Node {
    (PartyKind::Caller, name.to_owned())
}

/// Holds calls and figures of a selection to the oracle's.
fn check_against_oracle(dataset: &Dataset, selected: &Selected, what: &str) {
    let all = dataset.spans.id.range();
    let mut children = vec![Vec::new(); all.len() as usize];
    for span in all.iter() {
        if let Some(parent) = dataset.spans.parent(span) {
            children[parent.0 as usize].push(span);
        }
    }
    let oracle = Oracle { dataset, children };
    let mut expected: BTreeMap<(Node, Node), Vec<Naive>> = BTreeMap::new();
    for span in all.iter().filter(|&span| selected.traces.contains(&dataset.spans.trace[span])) {
        for call in oracle.calls_of(span) {
            if selected.has(span) || call.3.is_some_and(|callee| selected.has(callee)) {
                expected.entry((call.0.clone(), call.1.clone())).or_default().push(call);
            }
        }
    }

    let map = ServiceMap::of(dataset);
    let counts = MapCounts::new(dataset, &map, selected);
    let node = |at| (map.nodes[at].kind, map.nodes[at].name.clone());
    let times = child_times(dataset, all).self_time;
    let duration = |span: SpanIdx| dataset.spans.duration(span);
    let mut found = Vec::new();
    for (edge, route) in map.edges.iter().filter(|(edge, _)| counts.edges[*edge].calls != 0) {
        let ends = (node(route.from), node(route.to));
        let calls = expected.get(&ends).unwrap_or_else(|| panic!("{what}: {ends:?} is no edge"));
        let figures = counts.edges[edge];
        assert_eq!(figures.calls, calls.len() as u64, "{what}: {ends:?}");
        assert_eq!(figures.errors, calls.iter().filter(|call| call.4).count() as u64, "{what}: {ends:?}");
        let mut long: Vec<u64> = calls.iter().map(|call| duration(call.2)).collect();
        long.sort_unstable();
        let rank = |percent: usize| long[((long.len() * percent).div_ceil(100)).max(1) - 1];
        assert_eq!([figures.p50, figures.p90, figures.p95, figures.p99], [50, 90, 95, 99].map(rank), "{what}: {ends:?}");
        assert_eq!((figures.min, figures.max), (long[0], long[long.len() - 1]), "{what}: {ends:?}");
        assert_eq!(figures.total, long.iter().sum::<u64>(), "{what}: {ends:?}");
        assert_eq!(figures.self_time, calls.iter().map(|call| times[call.2.0 as usize]).sum::<u64>(), "{what}: {ends:?}");
        found.push(ends);
    }
    assert_eq!(found, expected.keys().cloned().collect::<Vec<_>>(), "{what}");

    for (at, party) in map.nodes.iter() {
        let figures = counts.nodes[at];
        let own = node(at);
        let is_caller = party.kind == PartyKind::Caller;
        let calls = || expected.values().flatten().filter(|call| if is_caller { call.0 == own } else { call.1 == own });
        if party.kind == PartyKind::Service {
            let spans = || selected.rows(dataset).filter(|&span| oracle.service(span) == own);
            assert_eq!(counts.spans_of[at], spans().count() as u64, "{what}: {own:?}");
            assert_eq!(figures.self_time, spans().map(|span| times[span.0 as usize]).sum::<u64>(), "{what}: {own:?}");
            if !party.is_called {
                let entries = spans().filter(|&span| dataset.spans.parent(span).is_none());
                assert_eq!(figures.calls, entries.count() as u64, "{what}: {own:?}");
                continue;
            }
        }
        assert_eq!(figures.calls, calls().count() as u64, "{what}: {own:?}");
        assert_eq!(figures.errors, calls().filter(|call| call.4).count() as u64, "{what}: {own:?}");
        let total: u64 = calls().map(|call| duration(call.3.unwrap_or(call.2))).sum();
        assert_eq!(figures.total, total, "{what}: {own:?}");
    }
}

/// Traces of random shape, kinds, attributes and links.
fn random_traces(seed: u64) -> String {
    const EXTRAS: [&str; 22] = [
        "@db.system=\"redis\" @db.namespace=\"0\"",
        "@db.system.name=\"postgresql\" @db.namespace=\"shop\"",
        "@db.name=\"old\" @server.address=\"h\"",
        "@messaging.system=\"kafka\" @messaging.destination.name=\"t\"",
        "@messaging.destination=\"u\" @messaging.operation=\"receive\"",
        "@messaging.system=\"sqs\"",
        "@messaging.system=\"sqs\" @messaging.operation.type=\"settle\"",
        "@server.address=\"h\" @server.port=8080",
        "@peer.service=\"b\"",
        "@server.address=\"c.ns.svc\" @db.system=\"\"",
        "@rpc.service=\"r.S\" @net.peer.port=9",
        "!error",
        "!error \"gone\"",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "~orphan",
    ];
    let mut random = Random(seed);
    let mut pick = |from: &[&str]| from[usize::try_from(random.below(from.len() as u64)).unwrap()].to_owned();
    let mut text = String::new();
    for trace in 1..=3 {
        writeln!(text, "trace a{trace}").unwrap();
        let mut depth = 0;
        for span in 0..20 {
            let indent = "  ".repeat(depth + 1);
            let service = pick(&["a", "b", "c", "-"]);
            let kind = pick(&["client", "server", "producer", "consumer", "internal", "", "client", "server"]);
            let (start, length, extra) = (pick(&["1", "2", "3", "5"]), pick(&["5ms", "7ms", "9ms", "-"]), pick(&EXTRAS));
            writeln!(text, "{indent}{service}  op{}  {start}ms..{length}  {kind}  {extra}", span % 3).unwrap_or_default();
            if kind == "consumer" {
                for _ in 0..2 {
                    let (to, id) = (pick(&["1", "2", "3"]), pick(&["1", "3", "5", "7", "9", "b", "d", "11"]));
                    writeln!(text, "{indent}| link a{to}/{id}").unwrap();
                }
            }
            depth = usize::try_from(pick(&["0", "1", "2", "3", "4", "5"]).parse::<u64>().unwrap()).unwrap().min(depth + 1);
        }
    }
    text
}

#[test]
fn calls_are_those_of_the_oracle_on_random_traces() {
    let mut met = BTreeSet::new();
    for seed in 0..300 {
        let dataset = dataset(&random_traces(seed));
        let map = ServiceMap::of(&dataset);
        let ends = |at| map.nodes[at].kind;
        met.extend(map.edges.as_slice().iter().map(|edge| (ends(edge.from), ends(edge.to), edge.is_messaging)));
        check_against_oracle(&dataset, &Selected::all(&dataset), &format!("seed {seed}"));
        // One trace, and every third span.
        let trace = dataset.traces.key.range().first().unwrap();
        check_against_oracle(&dataset, &Selected::trace(trace), &format!("seed {seed}, a trace"));
        let mut spans = spanwise::base::BitSet::new(dataset.spans.len());
        for span in (0..dataset.spans.len()).filter(|span| (span + usize::try_from(seed).unwrap()).is_multiple_of(3)) {
            spans.insert(span);
        }
        let some = Selected { spans: Some(spans), ..Selected::all(&dataset) };
        check_against_oracle(&dataset, &some, &format!("seed {seed}, some spans"));
    }
    use PartyKind::{Caller, Database, External, Queue, Service};
    let all = [
        (Service, Service, false),
        (Service, Service, true),
        (Service, Database, false),
        (Service, Queue, true),
        (Service, External, false),
        (Queue, Service, true),
        (Caller, Service, false),
    ];
    assert_eq!(met, BTreeSet::from(all));
}

#[test]
fn counting_takes_no_allocation_a_span() {
    let dataset = shop(20_000, 2);
    let info = allocation_counter::measure(|| {
        let map = ServiceMap::of(&dataset);
        drop(MapCounts::new(&dataset, &map, &Selected::all(&dataset)));
    });
    // Columns that grow, and names of nodes.
    assert!(info.count_total < 400, "{} allocations", info.count_total);
}

#[test]
fn a_multitude_of_hosts_is_a_map_of_some() {
    let mut text = String::from("trace a1\n");
    for host in 0..5000 {
        writeln!(text, "  a  GET  0..1ms  client  @server.address=\"h{host:04}\"").unwrap();
    }
    let mut open = Open::new(dataset(&text));
    let view = open.map(MapRequest::default());
    check_view(&view);
    assert_eq!(view.nodes.len(), spanwise::analysis::service_map::NODES_MAX + 1);
    let joined = node(NodeKind::External, "3001 more hosts");
    assert!(view.nodes.iter().any(|node| node.id == joined && node.stats.calls == 3001));
    let detail = open.detail(MapTarget::Node(joined));
    assert_eq!((detail.stats.calls, detail.callers), (3001, vec![(service("a"), 3001)]));
}

fn shop(spans: usize, seed: u64) -> Dataset {
    open_bytes(&generate::protobuf_framed(&generate::requests(Plan { shape: Shape::Shop, spans, seed })))
}

#[test]
fn calls_are_those_of_the_oracle_in_the_shop() {
    for seed in 0..3 {
        let dataset = shop(1500, seed);
        check_against_oracle(&dataset, &Selected::all(&dataset), &format!("seed {seed}"));
    }
}

#[test]
fn a_sketch_is_as_near_as_it_says() {
    let dataset = shop(20_000, 1);
    let map = ServiceMap::of(&dataset);
    let exact = MapCounts::new(&dataset, &map, &Selected::all(&dataset));
    let sketch = MapCounts::with_limit(&dataset, &map, &Selected::all(&dataset), 1000);
    assert!(exact.exact && !sketch.exact);
    for (edge, of_exact) in exact.edges.iter() {
        let of_sketch = sketch.edges[edge];
        assert_eq!((of_exact.calls, of_exact.min, of_exact.max), (of_sketch.calls, of_sketch.min, of_sketch.max));
        let pairs = [
            (of_exact.p50, of_sketch.p50),
            (of_exact.p90, of_sketch.p90),
            (of_exact.p95, of_sketch.p95),
            (of_exact.p99, of_sketch.p99),
        ];
        for (value, near) in pairs {
            // A hundredth, and the rounding to whole nanoseconds.
            assert!(value.abs_diff(near) <= value / 100 + 1, "{value} is given as {near}");
        }
    }
}

// What the engine answers.

struct Open {
    engine: Engine,
    epoch: u32,
}

impl Open {
    fn new(dataset: Dataset) -> Self {
        let mut engine = Engine::default();
        let epoch = engine.adopt(dataset).epoch;
        Self { engine, epoch }
    }

    fn answer(&mut self, request: Request) -> Answer {
        let mut job = self.engine.begin(self.epoch, request);
        match self.engine.step(&mut job, &|| true) {
            Outcome::Done(answer) => answer,
            outcome => panic!("a question is answered in one step, not {outcome:?}"),
        }
    }

    fn map(&mut self, request: MapRequest) -> MapView {
        match self.answer(Request::Map(request)) {
            Answer::Reply(Reply::Map(view)) => view,
            answer => panic!("{answer:?}"),
        }
    }

    fn detail(&mut self, target: MapTarget) -> MapDetailView {
        let request = MapDetailRequest { selection: Selection::default(), trace_id: None, target };
        match self.answer(Request::MapDetail(request)) {
            Answer::Reply(Reply::MapDetail(view)) => *view,
            answer => panic!("{answer:?}"),
        }
    }

    fn fails(&mut self, request: Request) -> FailureCode {
        match self.answer(request) {
            Answer::Failed(failure) => failure.code,
            answer => panic!("{answer:?}"),
        }
    }
}

fn node(kind: NodeKind, name: &str) -> NodeId {
    NodeId { kind, name: name.to_owned() }
}

fn service(name: &str) -> NodeId {
    node(NodeKind::Service, name)
}

/// The names of the nodes, then the edges.
fn shown(view: &MapView) -> String {
    let name = |at: u32| view.nodes[at as usize].id.name.as_str();
    let nodes: Vec<&str> = view.nodes.iter().map(|node| node.id.name.as_str()).collect();
    let edges: Vec<String> = view.edges.iter().map(|edge| format!("{}-{}", name(edge.from), name(edge.to))).collect();
    format!("{}: {}", nodes.join(" "), edges.join(" "))
}

fn check_view(view: &MapView) {
    assert!(view.nodes.is_sorted_by(|a, b| a.id < b.id), "nodes are out of order");
    assert!(view.edges.is_sorted_by(|a, b| (a.from, a.to) < (b.from, b.to)), "edges are out of order");
    for (at, a) in view.nodes.iter().enumerate() {
        for b in &view.nodes[..at] {
            let apart =
                (a.x - b.x).abs() >= f64::midpoint(a.width, b.width) || (a.y - b.y).abs() >= f64::midpoint(a.height, b.height);
            assert!(apart, "{:?} and {:?} overlap", a.id, b.id);
        }
    }
}

const SHOP: &str = r#"
trace a1
  frontend  GET /cart          0..120ms  server
    frontend  Cart.get        10..80ms   client
      cart  Cart.get          12..78ms   server
        cart  SELECT cart     20..70ms   client  !error "timeout" @db.system="postgresql" @db.name="carts"
        | event 65ms "exception" @exception.type="TimeoutError"
    frontend  send            90..91ms   producer  @messaging.destination.name="seen"
      ads  process           100..130ms  consumer
trace a2
  frontend  GET /            300..310ms  server
    frontend  Cart.get       301..309ms  client  !error @error.type="Refused"
      cart  Cart.get         302..308ms  server  !error
trace a3
  nightly  run               400..500ms
    nightly  push            410..420ms  client  @server.address="backup.example" !error @http.status_code=503
"#;

#[test]
fn the_engine_draws_all_of_it() {
    let mut open = Open::new(dataset(SHOP));
    let view = open.map(MapRequest::default());
    check_view(&view);
    assert_eq!(
        shown(&view),
        "ads cart frontend nightly carts seen backup.example user: cart-carts frontend-cart frontend-seen \
         nightly-backup.example seen-ads user-frontend"
    );
    let nightly = &view.nodes[3];
    assert_eq!((nightly.stats.calls, nightly.stats.total, nightly.stats.self_time), (1, 100_000_000, 100_000_000));
    assert_eq!((nightly.spans, nightly.service, view.spans, view.all_nodes), (2, Some(3), 11, 8));
    assert_eq!((view.from % 1_000_000_000, view.to - view.from), (0, 410_000_000));
    assert_eq!((view.exactness, view.hurried), (Exactness::Exact, false));
    let frontend = &view.nodes[2].stats;
    assert_eq!((frontend.calls, frontend.p50, frontend.max), (2, 10_000_000, 120_000_000));
    // Errors of what is called, seen from either end.
    let cart = &view.edges[1].stats;
    assert_eq!((cart.calls, cart.errors, cart.total), (2, 1, 78_000_000));
}

#[test]
fn kinds_are_hidden_and_nodes_brought_into_focus() {
    let mut open = Open::new(dataset(SHOP));
    let hidden = vec![NodeKind::Database, NodeKind::External, NodeKind::Caller];
    let view = open.map(MapRequest { hidden: hidden.clone(), ..MapRequest::default() });
    assert_eq!(shown(&view), "ads cart frontend nightly seen: frontend-cart frontend-seen seen-ads");
    let mut focus = |name: &str, hops, hidden: &[NodeKind]| {
        let focus = Some(MapFocus { node: service(name), hops });
        shown(&open.map(MapRequest { focus, hidden: hidden.to_vec(), ..MapRequest::default() }))
    };
    assert_eq!(focus("cart", 0, &[]), "cart: ");
    assert_eq!(focus("cart", 1, &[]), "cart frontend carts: cart-carts frontend-cart");
    assert_eq!(focus("cart", 2, &[]), "cart frontend carts seen user: cart-carts frontend-cart frontend-seen user-frontend");
    assert_eq!(focus("cart", u32::MAX, &hidden), "ads cart frontend seen: frontend-cart frontend-seen seen-ads");
    let focus = Some(MapFocus { node: service("nobody"), hops: 1 });
    assert_eq!(open.fails(Request::Map(MapRequest { focus, ..MapRequest::default() })), FailureCode::NotFound);
}

#[test]
fn a_filter_moves_nothing() {
    let mut open = Open::new(dataset(SHOP));
    let whole = open.map(MapRequest::default());
    let errors = Brush { errors_only: true, ..Brush::default() };
    for selection in [
        Selection { filter: "nightly".to_owned(), brushes: Vec::new() },
        Selection { filter: String::new(), brushes: vec![errors] },
        Selection { filter: "no such word".to_owned(), brushes: Vec::new() },
    ] {
        let view = open.map(MapRequest { selection, ..MapRequest::default() });
        check_view(&view);
        assert!(view.nodes.len() < whole.nodes.len());
        assert_eq!((format!("{} {}", view.width, view.height), view.all_nodes), (format!("{} {}", whole.width, whole.height), 8));
        for node in &view.nodes {
            let same = whole.nodes.iter().find(|other| other.id == node.id).unwrap();
            assert!((node.x - same.x).hypot(node.y - same.y) < 1e-9, "{:?} moved", node.id);
        }
    }
    let errors = Brush { errors_only: true, ..Brush::default() };
    let selection = Selection { filter: String::new(), brushes: vec![errors] };
    let view = open.map(MapRequest { selection, ..MapRequest::default() });
    assert_eq!(shown(&view), "cart frontend nightly carts backup.example: cart-carts frontend-cart nightly-backup.example");
}

#[test]
fn a_trace_has_a_map_of_its_own() {
    let mut open = Open::new(dataset(SHOP));
    let trace_id = Some(format!("{:032x}", 0xa2));
    let view = open.map(MapRequest { trace_id, ..MapRequest::default() });
    check_view(&view);
    assert_eq!(shown(&view), "cart frontend user: frontend-cart user-frontend");
    assert!(view.nodes.iter().all(|node| (node.y - view.nodes[0].y).abs() < 1e-9), "three in a row stand in a row");
    let trace_id = Some("ffff".to_owned());
    assert_eq!(open.fails(Request::Map(MapRequest { trace_id, ..MapRequest::default() })), FailureCode::NotFound);
}

#[test]
fn details_of_an_edge() {
    let mut open = Open::new(dataset(SHOP));
    let detail = open.detail(MapTarget::Edge(service("frontend"), service("cart")));
    assert_eq!((detail.stats.calls, detail.stats.errors, detail.stats.total), (2, 1, 78_000_000));
    let operations: Vec<_> = detail.operations.iter().map(|one| (one.name.as_str(), one.stats.calls)).collect();
    assert_eq!((operations, detail.operation_count), (vec![("Cart.get", 2)], 1));
    let ms = 1_000_000;
    assert_eq!(
        detail.histogram,
        DurationBins {
            edges: vec![5 * ms, 10 * ms, 20 * ms, 50 * ms, 100 * ms],
            counts: vec![1, 0, 0, 1],
            errors: vec![1, 0, 0, 0]
        }
    );
    assert_eq!(detail.error_types, [("Refused".to_owned(), 1)]);
    let examples: Vec<String> =
        detail.examples.iter().map(|one| format!("{:?} {} {}", one.of, &one.trace_id[30..], one.duration / ms)).collect();
    assert_eq!(examples, ["Fastest a2 8", "Median a2 8", "Slowest a1 70", "Failing a2 8"]);
    assert!(detail.callers.is_empty() && detail.callees.is_empty());
}

#[test]
fn details_of_nodes() {
    let mut open = Open::new(dataset(SHOP));
    let cart = open.detail(MapTarget::Node(service("cart")));
    assert_eq!(cart.stats.total, 72_000_000, "by the server's own spans");
    assert_eq!((cart.callers, cart.callees), (vec![(service("frontend"), 2)], vec![(node(NodeKind::Database, "carts"), 1)]));
    let errors = |detail: MapDetailView| detail.error_types.iter().map(|one| format!("{} {}", one.0, one.1)).collect::<Vec<_>>();
    assert_eq!(errors(open.detail(MapTarget::Node(node(NodeKind::Database, "carts")))), ["TimeoutError 1"]);
    assert_eq!(errors(open.detail(MapTarget::Node(node(NodeKind::External, "backup.example")))), ["HTTP 503 1"]);
    let nightly = open.detail(MapTarget::Node(service("nightly")));
    assert_eq!((nightly.stats.calls, nightly.operations[0].name.as_str()), (1, "run"));
    let user = open.detail(MapTarget::Node(node(NodeKind::Caller, "user")));
    let names: Vec<_> = user.operations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!((names, user.stats.calls, user.callees.len()), (vec!["GET /cart", "GET /"], 2, 1));

    for target in [
        MapTarget::Node(service("nobody")),
        MapTarget::Node(node(NodeKind::Queue, "cart")),
        MapTarget::Edge(service("cart"), service("frontend")),
        MapTarget::Edge(service("cart"), service("nobody")),
    ] {
        let request = MapDetailRequest { selection: Selection::default(), trace_id: None, target };
        assert_eq!(open.fails(Request::MapDetail(request)), FailureCode::NotFound);
    }
}

#[test]
fn durations_of_any_size_have_a_bin() {
    let end = u64::MAX;
    let text = format!("trace a1 at 1\n  a  GET  0..0ns  server\n  a  GET  0..{}ns  server\n", end - 2);
    let mut open = Open::new(dataset(&text));
    let detail = open.detail(MapTarget::Node(service("a")));
    let bins = detail.histogram;
    assert_eq!((bins.edges[0], *bins.edges.last().unwrap()), (0, end));
    assert!(bins.edges.is_sorted_by(|a, b| a < b));
    assert_eq!(bins.counts.iter().sum::<u64>(), 2);
    assert_eq!(detail.stats.max, end - 2);
}

#[test]
fn details_and_map_agree_in_the_shop() {
    let mut open = Open::new(shop(4000, 5));
    let view = open.map(MapRequest::default());
    check_view(&view);
    for node in &view.nodes {
        let detail = open.detail(MapTarget::Node(node.id.clone()));
        assert_eq!(detail.stats, node.stats, "{:?}", node.id);
        assert_eq!(detail.histogram.counts.iter().sum::<u64>(), node.stats.calls, "{:?}", node.id);
        assert_eq!(detail.histogram.errors.iter().sum::<u64>(), node.stats.errors, "{:?}", node.id);
        let of_operations: u64 = detail.operations.iter().map(|one| one.stats.calls).sum();
        assert_eq!(of_operations, node.stats.calls, "{:?}", node.id);
        let of_errors: u64 = detail.error_types.iter().map(|one| one.1).sum();
        assert_eq!(of_errors, node.stats.errors, "{:?}", node.id);
    }
    for edge in &view.edges {
        let [from, to] = [edge.from, edge.to].map(|at| view.nodes[at as usize].id.clone());
        let detail = open.detail(MapTarget::Edge(from, to));
        assert_eq!(detail.stats, edge.stats);
        assert_eq!(detail.examples.len(), if edge.stats.errors == 0 { 3 } else { 4 });
    }
}

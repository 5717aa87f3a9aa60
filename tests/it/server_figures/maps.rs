//! The service map and what it tells of a node or an edge.

use std::collections::BTreeMap;

use spanwise::protocol::{
    Brush, ExampleKind, MapDetailRequest, MapDetailView, MapFocus, MapRequest, MapTarget, MapView, NodeId, NodeKind, Population,
    Reply, Request, Selection, ServerQuery, Stats,
};

use super::double::{Row, Server};
use super::rows::{captured, dataset, text};
use super::{Both, clean, known};
use crate::selection::Opened;

fn map(both: &mut Both, request: &MapRequest) -> (MapView, MapView) {
    let Reply::Map(found) = both.server.ask(Request::Map(request.clone())) else { panic!("no map") };
    let Reply::Map(expected) = both.engine.ask(Request::Map(request.clone())) else { panic!("no map") };
    clean(found.basis.as_deref(), "map");
    (found, expected)
}

fn nodes(view: &MapView) -> BTreeMap<NodeId, (String, Stats, u64)> {
    view.nodes.iter().map(|node| (node.id.clone(), (node.detail.clone(), known(node.stats), node.spans))).collect()
}

fn edges(view: &MapView) -> BTreeMap<(NodeId, NodeId), (Stats, bool)> {
    let id = |at: u32| view.nodes[at as usize].id.clone();
    view.edges.iter().map(|edge| ((id(edge.from), id(edge.to)), (known(edge.stats), edge.is_messaging))).collect()
}

fn same_map(found: &MapView, expected: &MapView, case: &str) {
    assert_eq!(nodes(found), nodes(expected), "{case}");
    assert_eq!(edges(found), edges(expected), "{case}");
    let rest = |view: &MapView| (view.from, view.to, view.spans, view.width.to_bits(), view.height.to_bits());
    assert_eq!(rest(found), rest(expected), "{case}");
    let places = |view: &MapView| {
        view.nodes.iter().map(|node| (node.id.clone(), (node.x.to_bits(), node.y.to_bits()))).collect::<Vec<_>>()
    };
    assert_eq!(places(found), places(expected), "{case}");
}

/// Whole traces of the captured ones, so that no call has lost its other end.
fn whole_traces() -> Vec<Row> {
    let rows = captured();
    let ids: std::collections::BTreeSet<(&str, &str)> =
        rows.iter().map(|row| (text(row, "trace_id"), text(row, "span_id"))).collect();
    let is_cut = |row: &&Row| {
        let parent = text(row, "reference_parent_span_id");
        !parent.is_empty() && !ids.contains(&(text(row, "trace_id"), parent))
    };
    let cut: std::collections::BTreeSet<&str> = rows.iter().filter(is_cut).map(|row| text(row, "trace_id")).collect();
    rows.iter().filter(|row| !cut.contains(text(row, "trace_id"))).cloned().collect()
}

#[test]
fn the_map_agrees_on_captured_spans() {
    let rows = whole_traces();
    assert!(rows.len() > 700, "{}", rows.len());
    let mut both = Both::new(&rows);
    let (found, expected) = map(&mut both, &MapRequest::default());
    same_map(&found, &expected, "all");
    let kinds = |kind: NodeKind| found.nodes.iter().filter(|node| node.id.kind == kind).count();
    assert!(kinds(NodeKind::Service) == 5 && kinds(NodeKind::Database) >= 3, "{:?}", nodes(&found).keys());
    assert!(kinds(NodeKind::Queue) == 1 && kinds(NodeKind::External) == 1 && kinds(NodeKind::Caller) == 1);
    assert!(found.basis.unwrap().queries <= 6);

    // One trace alone, whatever is selected.
    let trace_id = Some(text(&rows[0], "trace_id").to_owned());
    let nothing = Selection { filter: "no such word".to_owned(), brushes: Vec::new() };
    let (found, expected) = map(&mut both, &MapRequest { trace_id, selection: nothing, ..MapRequest::default() });
    same_map(&found, &expected, "a trace");
}

#[test]
fn the_map_agrees_on_services_where_traces_are_cut() {
    let rows = captured();
    let mut both = Both::new(&rows);
    let (found, expected) = map(&mut both, &MapRequest::default());
    let only_services = |view: &MapView| {
        let nodes = nodes(view).into_iter().filter(|(id, _)| id.kind == NodeKind::Service).collect::<BTreeMap<_, _>>();
        let is = |id: &NodeId| id.kind == NodeKind::Service;
        let edges = edges(view).into_iter().filter(|((from, to), _)| is(from) && is(to)).collect::<BTreeMap<_, _>>();
        (nodes, edges)
    };
    assert_eq!(only_services(&found), only_services(&expected));
}

#[test]
fn a_selection_narrows_the_map_as_it_does_in_the_engine() {
    let rows = whole_traces();
    let mut both = Both::new(&rows);
    let brush = |brush: Brush| Selection { filter: String::new(), brushes: vec![brush] };
    let failed = Brush { errors_only: true, ..Brush::default() };
    let selections = [
        brush(failed.clone()),
        brush(Brush { of: Population::Traces, ..failed }),
        brush(Brush { duration: Some((1_000_000, 50_000_000)), ..Brush::default() }),
        brush(Brush { duration: Some((200_000_000, u64::MAX)), of: Population::Traces, ..Brush::default() }),
        Selection { filter: "payments charge".to_owned(), brushes: Vec::new() },
    ];
    for selection in selections {
        let request = MapRequest { selection, ..MapRequest::default() };
        let (found, expected) = map(&mut both, &request);
        // Where everything is laid out, the engine leaves room for what is not selected; a server knows nothing of that.
        let counted = |view: &MapView| {
            let mut nodes = nodes(view);
            nodes.retain(|_, (_, stats, spans)| stats.calls != 0 || *spans != 0);
            nodes
        };
        assert_eq!(edges(&found), edges(&expected), "{request:?}");
        assert_eq!(counted(&found), counted(&expected), "{request:?}");
        assert_eq!((found.from, found.to, found.spans), (expected.from, expected.to, expected.spans), "{request:?}");
    }
}

#[test]
fn hidden_kinds_and_a_focus_are_honored() {
    let mut both = Both::new(&whole_traces());
    let service = |name: &str| NodeId { kind: NodeKind::Service, name: name.to_owned() };
    for hops in 0..4 {
        for hidden in [vec![], vec![NodeKind::Database], vec![NodeKind::Queue, NodeKind::Caller]] {
            let focus = Some(MapFocus { node: service("payments"), hops });
            let (found, expected) = map(&mut both, &MapRequest { hidden, focus, ..MapRequest::default() });
            same_map(&found, &expected, &format!("{hops} hops"));
        }
    }
    let focus = Some(MapFocus { node: service("no such"), hops: 1 });
    let request = Request::Map(MapRequest { focus, ..MapRequest::default() });
    let failure = both.server.ask_within(super::ALWAYS, ServerQuery::default(), request).unwrap_err();
    assert!(failure.detail.contains("no such"), "{failure:?}");
}

fn detail(both: &mut Both, target: MapTarget) -> (MapDetailView, MapDetailView) {
    let request = MapDetailRequest { selection: Selection::default(), trace_id: None, target };
    let Reply::MapDetail(found) = both.server.ask(Request::MapDetail(request.clone())) else { panic!("no detail") };
    let Reply::MapDetail(expected) = both.engine.ask(Request::MapDetail(request)) else { panic!("no detail") };
    (*found, *expected)
}

#[test]
fn all_about_nodes_and_edges_agrees() {
    let rows = whole_traces();
    let mut both = Both::new(&rows);
    let (view, _) = map(&mut both, &MapRequest::default());
    let id = |at: u32| view.nodes[at as usize].id.clone();
    let targets = view.nodes.iter().map(|node| MapTarget::Node(node.id.clone()));
    let targets = targets.chain(view.edges.iter().map(|edge| MapTarget::Edge(id(edge.from), id(edge.to))));
    for target in targets.collect::<Vec<_>>() {
        let (found, expected) = detail(&mut both, target.clone());
        clean(found.basis.as_deref(), "detail");
        let basis = found.basis.as_ref().unwrap();
        assert!(basis.queries <= 7, "{target:?}");
        let of_engine: Vec<String> =
            both.engine.dataset.services.name.iter().map(|(at, _)| both.engine.dataset.service_name(at).to_owned()).collect();
        let of_server: Vec<String> = basis.services.iter().map(|service| service.name.clone()).collect();
        let operations = |view: &MapDetailView, services: &[String]| {
            let operations =
                view.operations.iter().map(|own| (services[own.service as usize].clone(), own.name.clone(), known(own.stats)));
            let mut operations: Vec<_> = operations.collect();
            operations.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
            operations
        };
        assert_eq!(operations(&found, &of_server), operations(&expected, &of_engine), "{target:?}");
        let examples = |view: &MapDetailView| {
            let told = view.examples.iter().filter(|example| example.of != ExampleKind::Median);
            told.map(|example| (example.of, example.duration, example.span_id.clone(), example.name.clone(), example.start))
                .collect::<Vec<_>>()
        };
        assert_eq!(examples(&found), examples(&expected), "{target:?}");
        let counted = |view: &MapDetailView| {
            let errors: u64 = view.error_types.iter().map(|(_, count)| count).sum();
            (
                known(view.stats),
                view.window,
                view.operation_count,
                view.histogram.clone(),
                errors,
                view.callers.clone(),
                view.callees.clone(),
            )
        };
        assert_eq!(counted(&found), counted(&expected), "{target:?}");
    }
}

#[test]
fn a_stream_without_parents_or_peers_has_a_map_too() {
    let mut rows = captured();
    for row in &mut rows {
        row.retain(|column, _| {
            column != "links"
                && !column.starts_with("infer_")
                && !column.starts_with("reference_")
                && !column.starts_with("messaging_")
        });
    }
    let mut server = Server::new(&rows);
    let Reply::Map(found) = server.ask(Request::Map(MapRequest::default())) else { panic!("no map") };
    assert!(found.nodes.iter().all(|node| matches!(node.id.kind, NodeKind::Service | NodeKind::Caller)));
    let mut engine = Opened::new(dataset(&rows));
    let Reply::Map(expected) = engine.ask(Request::Map(MapRequest::default())) else { panic!("no map") };
    let services = |view: &MapView| nodes(view).into_iter().filter(|(id, _)| id.kind == NodeKind::Service).collect::<Vec<_>>();
    assert_eq!(services(&found), services(&expected));
    assert!(found.basis.unwrap().remarks.join("; ").contains("does not tell databases"));
}

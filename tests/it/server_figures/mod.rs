//! Figures of a server's spans against the engine's of the same spans: whoever asks either gets the same counts, sums, extremes
//! and bins. The server is a double whose SQL engine is `SQLite`; its percentiles are exact, so that these agree too.

mod conditions;
mod double;
mod hostile;
mod maps;
mod rows;

use std::collections::BTreeMap;

use double::{ALWAYS, Row, Server};
use rows::{captured, dataset, number, text};
use spanwise::protocol::{
    Brush, Exactness, ExampleKind, ExampleTrace, Group, GroupBy, LatencyGroup, LatencyRequest, LatencyView, MapRequest,
    Population, RedColumn, RedRequest, RedRow, RedView, Reply, Request, Selection, ServerBasis, ServerQuery, SpanKind, Stats,
    StatusCode,
};

use crate::analysis::Random;
use crate::selection::Opened;

const BY: [fn() -> GroupBy; 7] = [
    || GroupBy::Nothing,
    || GroupBy::Service,
    || GroupBy::Operation,
    || GroupBy::Kind,
    || GroupBy::Status,
    || GroupBy::Attribute("http.route".to_owned()),
    || GroupBy::Attribute("no.such".to_owned()),
];

const KINDS: [SpanKind; 6] =
    [SpanKind::Unspecified, SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];

/// A server and an engine with the same spans.
struct Both {
    server: Server,
    engine: Opened,
}

impl Both {
    fn new(rows: &[Row]) -> Self {
        Self { server: Server::new(rows), engine: Opened::new(dataset(rows)) }
    }

    fn latency(&mut self, request: &LatencyRequest, case: &str) -> LatencyView {
        let Reply::Latency(found) = self.server.ask(Request::Latency(request.clone())) else { panic!("no charts") };
        same_latency(&found, &self.engine.latency(request.clone()), case);
        *found
    }

    fn red(&mut self, request: &RedRequest, case: &str) -> RedView {
        let Reply::Red(found) = self.server.ask(Request::Red(request.clone())) else { panic!("no table") };
        let expected = self.engine.red(request.clone());
        let services = self.engine.dataset.services.name.iter().map(|(service, _)| service);
        let services: Vec<String> = services.map(|service| self.engine.dataset.service_name(service).to_owned()).collect();
        same_red(&found, &expected, &services, case);
        *found
    }
}

/// Without what a server cannot know.
fn known(stats: Stats) -> Stats {
    Stats { self_time: 0, ..stats }
}

fn known_group(group: &LatencyGroup) -> LatencyGroup {
    LatencyGroup { stats: known(group.stats), color: 0, ..group.clone() }
}

fn same_latency(found: &LatencyView, expected: &LatencyView, case: &str) {
    let groups = |view: &LatencyView| {
        let mut groups: Vec<LatencyGroup> = view.groups.iter().map(known_group).collect();
        // Which of equal ones comes first is by their rows, of which a server has no order.
        groups.sort_by_key(|group| (group.group == Group::Other, std::cmp::Reverse(group.stats.calls), group.group.clone()));
        groups
    };
    assert!(found.groups.is_sorted_by(|a, b| a.stats.calls >= b.stats.calls || b.group == Group::Other), "{case}");
    let (a, b) = (groups(found), groups(expected));
    let least = b.iter().filter(|group| group.group != Group::Other).map(|group| group.stats.calls).min();
    for (a, b) in a.iter().zip(&b) {
        // Where some are left out, those that have as many as the last one are any of several.
        if expected.groups.iter().all(|group| group.group != Group::Other)
            || Some(b.stats.calls) > least && b.group != Group::Other
        {
            assert_eq!(a, b, "{case}");
        } else {
            assert_eq!(a.stats.calls, b.stats.calls, "{case}");
        }
    }
    assert_eq!(a.len(), b.len(), "{case}");
    let rest = |view: &LatencyView| LatencyView {
        groups: Vec::new(),
        all: known_group(&view.all),
        exactness: Exactness::Exact,
        basis: None,
        ..view.clone()
    };
    assert_eq!(rest(found), rest(expected), "{case}");
    assert_eq!(found.exactness, Exactness::Estimated, "{case}");
    clean(found.basis.as_deref(), case);
}

/// Nothing was odd or cut.
fn clean(basis: Option<&ServerBasis>, case: &str) {
    let basis = basis.unwrap();
    let odd = basis.remarks.iter().find(|remark| {
        let is_limit = ["cannot be had", "are not followed", "are not looked into", "no column for", "does not tell databases"];
        !is_limit.iter().any(|limit| remark.contains(limit))
    });
    assert_eq!(odd, None, "{case}");
    assert!(basis.queries != 0 && basis.took_millis == 3 * u64::from(basis.queries), "{case}");
}

fn same_red(found: &RedView, expected: &RedView, services: &[String], case: &str) {
    let basis = found.basis.as_ref().unwrap();
    clean(Some(basis), case);
    let name = |row: &RedRow, services: &[String]| services[row.service as usize].clone();
    let of_server: Vec<String> = basis.services.iter().map(|service| service.name.clone()).collect();
    assert_eq!(found.rows.len(), expected.rows.len(), "{case}");
    for (a, b) in found.rows.iter().zip(&expected.rows) {
        assert_eq!((name(a, &of_server), &a.name), (name(b, services), &b.name), "{case}");
        let figures = |row: &RedRow| (known(row.stats), row.spark.clone(), row.spark_errors.clone());
        assert_eq!(figures(a), figures(b), "{case}");
        // A median is no more than an estimate; of equal ones a server has no first row.
        let figure = |example: &ExampleTrace| (example.of, example.duration);
        let told: Vec<_> = b.examples.iter().filter(|example| example.of != ExampleKind::Median).map(figure).collect();
        assert_eq!(a.examples.iter().map(figure).collect::<Vec<_>>(), told, "{case}");
    }
    let rest = |view: &RedView| (view.total, view.matched, view.offset, view.window, known(view.all));
    assert_eq!(rest(found), rest(expected), "{case}");
    assert_eq!(found.exactness, Exactness::Estimated, "{case}");
}

/// Some selection: mostly of what there is.
fn random_selection(rows: &[Row], random: &mut Random) -> Selection {
    let filters = ["", "", "", "web", "CART  a", "get", "a2", "zzz", "Web /x", "über", "'q", "GRÖ", "o'neil"];
    let filter = filters[usize::try_from(random.below(filters.len() as u64)).unwrap()].to_owned();
    // Over loaded spans words are found in values, too, which a server is not asked for.
    let filter = if filter.split_whitespace().any(|word| is_in_a_value(rows, word)) { String::new() } else { filter };
    let brushes = (0..random.below(3)).map(|_| random_brush(rows, random)).collect();
    Selection { filter, brushes }
}

fn is_in_a_value(rows: &[Row], word: &str) -> bool {
    let word = word.to_lowercase();
    let columns = || rows.iter().flat_map(|row| row.iter());
    let is_value = |column: &str| !["service_name", "operation_name", "trace_id", "span_id"].contains(&column);
    columns().any(|(column, value)| is_value(column) && value.to_string().to_lowercase().contains(&word))
}

fn random_brush(rows: &[Row], random: &mut Random) -> Brush {
    let mut any = || &rows[usize::try_from(random.below(rows.len() as u64)).unwrap()];
    let (a, b, c) = (any(), any(), any());
    let long = |row: &Row| number(row, "end_time").saturating_sub(number(row, "start_time"));
    let sorted = |a: u64, b: u64| (a.min(b), a.max(b));
    let start = sorted(number(a, "start_time"), number(b, "start_time"));
    let duration = sorted(long(a), long(b));
    let attribute = c.get("http_route").map(|value| value.as_str().unwrap().to_owned());
    let group = match random.below(9) {
        0 => Some(Group::Service(text(c, "service_name").to_owned())),
        1 => {
            let [service, name] = ["service_name", "operation_name"].map(|column| text(c, column).to_owned());
            Some(Group::Operation { service, name })
        }
        2 => Some(Group::Kind(KINDS[usize::try_from(random.below(6)).unwrap()])),
        3 => {
            Some(Group::Status([StatusCode::Unset, StatusCode::Ok, StatusCode::Error][usize::try_from(random.below(3)).unwrap()]))
        }
        4 => Some(Group::Attribute { key: "http.route".to_owned(), value: attribute }),
        5 => Some(Group::Attribute { key: "no.such".to_owned(), value: None }),
        _ => None,
    };
    Brush {
        of: if random.below(2) == 0 { Population::Spans } else { Population::Traces },
        start: (random.below(3) == 0).then_some(start),
        duration: (random.below(3) == 0).then_some(duration),
        errors_only: random.below(4) == 0,
        group,
    }
}

#[test]
fn charts_agree_on_random_spans() {
    for seed in 0..80 {
        let rows = rows::random(seed);
        let mut both = Both::new(&rows);
        let mut random = Random(seed + 1000);
        for by in BY {
            let request = LatencyRequest {
                selection: random_selection(&rows, &mut random),
                of: if random.below(2) == 0 { Population::Spans } else { Population::Traces },
                by: by(),
                top: if random.below(3) == 0 { 2 } else { 50 },
                time_bins: u32::try_from(random.below(80)).unwrap(),
            };
            both.latency(&request, &format!("seed {seed}: {request:?}"));
        }
    }
}

#[test]
fn charts_agree_on_captured_spans() {
    let rows = captured();
    let mut both = Both::new(&rows);
    for of in [Population::Spans, Population::Traces] {
        for by in BY {
            for (top, time_bins) in [(10, 60), (3, 500)] {
                let request = LatencyRequest { of, by: by(), top, time_bins, ..LatencyRequest::default() };
                let view = both.latency(&request, &format!("{request:?}"));
                let basis = view.basis.unwrap();
                // Bounds, then bins: with groups one more for each, and one for the rest where there is any.
                let has_other = view.groups.iter().any(|group| group.group == Group::Other);
                let expected = if request.by == GroupBy::Nothing { 3 } else { 5 + u32::from(has_other) };
                let is_split = time_bins == 500;
                assert!(basis.queries == expected || is_split && basis.queries == expected + 1, "{request:?}: {}", basis.queries);
            }
        }
    }
}

#[test]
fn the_table_agrees_on_random_spans() {
    for seed in 0..50 {
        let rows = rows::random(seed);
        let mut both = Both::new(&rows);
        let mut random = Random(seed + 2000);
        let columns =
            [RedColumn::Operation, RedColumn::Calls, RedColumn::ErrorShare, RedColumn::P50, RedColumn::Max, RedColumn::Total];
        for sort in columns {
            let request = RedRequest {
                selection: random_selection(&rows, &mut random),
                filter: ["", "", "get", "ÜB"][usize::try_from(random.below(4)).unwrap()].to_owned(),
                sort,
                descending: random.below(2) == 0,
                offset: u32::try_from(random.below(4)).unwrap(),
                limit: u32::try_from(random.below(12)).unwrap(),
                spark_bins: u32::try_from(random.below(30)).unwrap(),
            };
            both.red(&request, &format!("seed {seed}: {request:?}"));
        }
    }
}

#[test]
fn the_table_agrees_on_captured_spans() {
    let rows = captured();
    let mut both = Both::new(&rows);
    let request = RedRequest { descending: true, limit: 100, spark_bins: 24, ..RedRequest::default() };
    let view = both.red(&request, "all");
    assert_eq!(view.all.calls, 1000);
    let basis = view.basis.unwrap();
    assert_eq!(basis.queries, 3);
    // Each service says how many spans it has, and has the color of its name.
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        *counts.entry(text(row, "service_name")).or_default() += 1;
    }
    for service in &basis.services {
        assert_eq!(counts.get(service.name.as_str()), Some(&service.spans));
        assert_eq!(service.color, spanwise::scene::palette::slot_of_text(&service.name));
    }
}

#[test]
fn an_empty_answer_is_an_empty_view() {
    let mut server = Server::new(&captured());
    let before = (1, 2);
    for of in [Population::Spans, Population::Traces] {
        let request = LatencyRequest { of, by: GroupBy::Service, top: 5, time_bins: 60, ..LatencyRequest::default() };
        let Ok(Reply::Latency(view)) = server.ask_within(before, ServerQuery::default(), Request::Latency(request)) else {
            panic!()
        };
        assert_eq!((view.all.stats.calls, view.n_bins, view.groups.len()), (0, 0, 0));
        clean(view.basis.as_deref(), "nothing");
    }
    let Ok(Reply::Red(view)) =
        server.ask_within(before, ServerQuery::default(), Request::Red(RedRequest { limit: 10, ..RedRequest::default() }))
    else {
        panic!()
    };
    assert_eq!((view.total, view.window, view.rows.len()), (0, (0, 0), 0));
    let Ok(Reply::Map(view)) = server.ask_within(before, ServerQuery::default(), Request::Map(MapRequest::default())) else {
        panic!()
    };
    assert_eq!((view.nodes.len(), view.edges.len(), view.all_nodes), (0, 0, 0));
    assert_eq!(ALWAYS.0, 1);
}

//! Traces that a server tells of: in one list with those whose spans are here, held against a slow and obvious list.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use spanwise::engine::{Engine, Outcome};
use spanwise::model::Dataset;
use spanwise::protocol::{
    Answer, Brush, DatasetView, FailureCode, FoundChange, FoundRequest, FoundTrace, Group, LatencyRequest, MapRequest, OpenMode,
    OpenRequest, Origin, Population, Portion, RedRequest, Reply, ReportView, Request, ScatterRequest, ScatterView, Selection,
    Severity, SortColumn, SourceSpec, StatusCode, TraceRow, TracesRequest, TracesView,
};

use super::generate::Random;
use super::selection::random_shop;

const COLUMNS: [SortColumn; 6] =
    [SortColumn::Name, SortColumn::Duration, SortColumn::Spans, SortColumn::Services, SortColumn::Errors, SortColumn::Start];

struct Open {
    engine: Engine,
    view: DatasetView,
}

impl Open {
    fn empty() -> Self {
        let view = Engine::default().adopt(Dataset::default());
        Self { engine: Engine::default(), view: DatasetView { epoch: 0, ..view } }
    }

    fn new(dataset: Dataset) -> Self {
        let mut engine = Engine::default();
        let view = engine.adopt(dataset);
        Self { engine, view }
    }

    fn answer(&mut self, epoch: u32, request: Request) -> Answer {
        let mut job = self.engine.begin(epoch, request);
        loop {
            match self.engine.step(&mut job, &|| true) {
                Outcome::Done(answer) => return answer,
                Outcome::Working(_) => {}
                outcome => panic!("{outcome:?}"),
            }
        }
    }

    fn ask(&mut self, request: Request) -> Reply {
        match self.answer(self.view.epoch, request) {
            Answer::Reply(reply) => reply,
            answer => panic!("{answer:?}"),
        }
    }

    fn opened(&mut self, request: Request) -> &DatasetView {
        let Reply::Opened(view) = self.ask(request) else { panic!("not opened") };
        self.view = view;
        &self.view
    }

    fn found(&mut self, change: FoundChange, traces: &[FoundTrace], applied: &Selection) -> &DatasetView {
        self.opened(Request::Found(FoundRequest { change, traces: traces.to_vec(), applied: applied.clone() }))
    }

    fn add(&mut self, mode: OpenMode, text: String, remarks: &[&str]) -> &DatasetView {
        let remarks = remarks.iter().map(|&remark| remark.to_owned()).collect();
        let source = SourceSpec { name: "x".to_owned(), size_bytes: None, origin: Origin::Text(text), remarks };
        self.opened(Request::Open(OpenRequest { mode, sources: vec![source], memory_bytes: 0, portion: Portion::All }))
    }

    fn window(&mut self, selection: &Selection, sort: SortColumn, descending: bool, offset: u32, limit: u32) -> TracesView {
        let request = TracesRequest { selection: selection.clone(), sort, descending, offset, limit, columns: Vec::new() };
        let Reply::Traces(view) = self.ask(Request::Traces(request)) else { panic!("not traces") };
        view
    }

    fn list(&mut self, selection: &Selection) -> TracesView {
        self.window(selection, SortColumn::Start, false, 0, 4096)
    }

    fn scatter(&mut self, selection: &Selection) -> ScatterView {
        let request = ScatterRequest { selection: selection.clone(), columns: 64, rows: 32 };
        let Reply::Scatter(view) = self.ask(Request::Scatter(request)) else { panic!("not a scatter") };
        view
    }

    fn report(&mut self) -> ReportView {
        let Reply::Report(view) = self.ask(Request::Report) else { panic!("not a report") };
        view
    }

    fn ids(&mut self) -> Vec<String> {
        self.list(&Selection::default()).rows.into_iter().map(|row| row.trace_id).collect()
    }
}

fn told(id: u32, start: u64) -> FoundTrace {
    FoundTrace {
        trace_id: format!("{id:032x}"),
        root_service: "gate".to_owned(),
        root_name: "GET /".to_owned(),
        start,
        duration: 1000,
        spans: Some(3),
        errors: 0,
        services: vec![("gate".to_owned(), 2), ("db".to_owned(), 1)],
    }
}

/// A span as OpenObserve's row.
fn row(trace: u32, service: &str) -> String {
    format!(
        r#"{{"took":1,"hits":[{{"_timestamp":1,"operation_name":"GET /","service_name":"{service}","span_id":"00000000000000b1","start_time":5000,"end_time":6000,"trace_id":"{trace:032x}"}}]}}"#
    )
}

/// A number below another.
fn below(random: &mut Random, limit: usize) -> usize {
    usize::try_from(random.below(limit as u64)).unwrap()
}

fn random_told(random: &mut Random, loaded: &[TraceRow]) -> Vec<FoundTrace> {
    let services = ["cart", "frontend", "zeta", "Ähre", "unknown_service", "", "db"];
    let near = loaded.first().map_or(1_000_000, |row| row.start);
    (0..random.below(40))
        .map(|_| {
            let (later, longer) = (near + random.below(5000), random.below(5_000_000));
            let names: BTreeSet<&str> = (0..random.below(4)).map(|_| random.pick(&services)).collect();
            FoundTrace {
                // Some are told of again, some are loaded already.
                trace_id: match loaded.len() {
                    n if n != 0 && random.chance(200) => loaded[below(random, n)].trace_id.clone(),
                    _ => format!("{:032x}", 1_000_000 + random.below(60)),
                },
                root_service: random.pick(&services).to_owned(),
                root_name: random.pick(&["GET /", "b", "", "GET /cart", "ÄRGER"]).to_owned(),
                start: random.pick(&[0, near, near + 1, later, u64::MAX, u64::MAX - 5]),
                duration: random.pick(&[0, 1, 1000, longer, u64::MAX]),
                spans: random.pick(&[None, Some(1), Some(7), Some(u32::MAX)]),
                errors: random.pick(&[0, 0, 1, 9]),
                services: names.into_iter().map(|name| (name.to_owned(), 1)).collect(),
            }
        })
        .collect()
}

/// What the row of a trace that is told of should be; services by name.
fn expected_row(told: &FoundTrace, view: &DatasetView) -> TraceRow {
    let place = |name: &str| {
        let name = if name.is_empty() { "unknown_service" } else { name };
        let at = view.services.iter().rposition(|service| service.name == name).unwrap_or_else(|| panic!("{name}"));
        u32::try_from(at).unwrap()
    };
    let start = told.start.min(u64::MAX - 1);
    TraceRow {
        trace_id: told.trace_id.clone(),
        root_name: told.root_name.clone(),
        root_service: place(&told.root_service),
        has_root: true,
        start,
        duration: told.duration.min(u64::MAX - 1 - start),
        spans: told.spans.unwrap_or(0),
        errors: told.errors,
        orphans: 0,
        services: told.services.iter().map(|(name, _)| place(name)).collect(),
        service_count: u32::try_from(told.services.len()).unwrap(),
        depth: 0,
        is_loaded: false,
        selected: told.spans.unwrap_or(0),
        cells: Vec::new(),
        coarse_ns: 0,
    }
}

fn naive_order(view: &DatasetView, sort: SortColumn, descending: bool, a: &TraceRow, b: &TraceRow) -> Ordering {
    let service = |row: &TraceRow| view.services[row.root_service as usize].name.clone();
    let ordering = match sort {
        SortColumn::Name => (service(a), &a.root_name).cmp(&(service(b), &b.root_name)),
        SortColumn::Duration => a.duration.cmp(&b.duration),
        SortColumn::Spans => a.spans.cmp(&b.spans),
        SortColumn::Services => a.service_count.cmp(&b.service_count),
        SortColumn::Errors => a.errors.cmp(&b.errors),
        // Traces without a start are always last.
        SortColumn::Start if !descending => a.start.wrapping_sub(1).cmp(&b.start.wrapping_sub(1)),
        SortColumn::Start | SortColumn::Field(_) => a.start.cmp(&b.start),
    };
    let ordering = if descending { ordering.reverse() } else { ordering };
    ordering.then(a.start.wrapping_sub(1).cmp(&b.start.wrapping_sub(1))).then(a.trace_id.cmp(&b.trace_id))
}

#[test]
fn the_list_is_that_of_the_oracle_in_every_order_and_window() {
    for seed in 1..25 {
        let mut random = Random::new(seed);
        let mut open = if seed % 5 == 0 { Open::empty() } else { Open::new(random_shop(seed)) };
        let loaded = if seed % 5 == 0 { Vec::new() } else { open.list(&Selection::default()).rows };
        let mut known: BTreeMap<String, FoundTrace> = BTreeMap::new();
        for _ in 0..4 {
            let traces = random_told(&mut random, &loaded);
            let change = random.pick(&[FoundChange::Replace, FoundChange::Merge, FoundChange::Merge]);
            if change == FoundChange::Replace {
                known.clear();
            }
            known.extend(traces.iter().map(|trace| (trace.trace_id.clone(), trace.clone())));
            let epoch = open.view.epoch;
            let view = open.found(change, &traces, &Selection::default()).clone();
            assert_ne!(view.epoch, epoch);

            // A trace that is loaded is not found any more.
            let mut rows = loaded.clone();
            let is_loaded = |id: &String| loaded.iter().any(|row| row.trace_id == *id);
            let listed = known.iter().filter(|(id, _)| !is_loaded(id));
            rows.extend(listed.map(|(_, trace)| expected_row(trace, &view)));
            let found = rows.iter().filter(|row| !row.is_loaded).count();
            assert_eq!(view.found, found as u64, "seed {seed}");
            for sort in COLUMNS {
                for descending in [false, true] {
                    rows.sort_by(|a, b| naive_order(&view, sort, descending, a, b));
                    let list = open.window(&Selection::default(), sort, descending, 0, 4096);
                    assert_eq!(list.rows, rows, "seed {seed}, {sort:?}, {descending}");
                    assert_eq!((list.matched as usize, list.found as usize, list.unjudged), (rows.len(), found, 0));
                    assert_eq!(list.longest, rows.iter().map(|row| row.duration).max().unwrap_or(0));
                    let (offset, limit) = (below(&mut random, rows.len() + 3), below(&mut random, 9));
                    let window = open.window(
                        &Selection::default(),
                        sort,
                        descending,
                        u32::try_from(offset).unwrap(),
                        u32::try_from(limit).unwrap(),
                    );
                    assert_eq!(window.rows, rows.iter().skip(offset).take(limit).cloned().collect::<Vec<_>>());
                    assert_eq!((window.matched, window.offset as usize), (list.matched, offset.min(rows.len())));
                }
            }
            let scatter = open.scatter(&Selection::default());
            let shown: Vec<&TraceRow> = rows.iter().filter(|row| row.start != 0).collect();
            assert_eq!(scatter.matched as usize, shown.len());
            assert_eq!(scatter.cells.iter().map(|cell| cell.count as usize).sum::<usize>(), shown.len());
            for cell in &scatter.cells {
                let row = shown.iter().find(|row| row.trace_id == cell.trace_id).unwrap();
                assert_eq!((cell.start, cell.duration, cell.service), (row.start, row.duration, row.root_service));
                assert!(cell.column < 64 && cell.row < 32);
            }
        }
    }
}

#[test]
fn services_are_those_of_the_data_then_those_that_are_only_told_of() {
    let mut open = Open::new(random_shop(3));
    let before = open.view.clone();
    let mut traces = [told(1, 10), told(2, 20)];
    traces[0].services = vec![("zz".to_owned(), 1), (before.services[1].name.clone(), 1), ("aa".to_owned(), 4)];
    traces[1].root_service = String::new();
    let view = open.found(FoundChange::Replace, &traces, &Selection::default()).clone();
    let n = before.services.len();
    assert_eq!(view.services[..n], before.services[..], "what was there keeps its place and color");
    let more: Vec<&str> = view.services[n..].iter().map(|service| service.name.as_str()).collect();
    let mut expected = vec!["aa", "db", "gate", "unknown_service", "zz"];
    expected.retain(|name| before.services.iter().all(|service| service.name != *name));
    assert_eq!(more, expected);
    assert!(view.services.iter().all(|service| service.color < 16));
    assert!(view.services[n..].iter().all(|service| service.spans == 0));
    assert_eq!(view.totals, before.totals);
    // Forgotten with the traces.
    let view = open.found(FoundChange::Replace, &[], &Selection::default()).clone();
    assert_eq!((view.services, view.found), (before.services, 0));
}

#[test]
fn a_trace_that_is_loaded_is_no_longer_found() {
    let mut open = Open::empty();
    let view = open.found(FoundChange::Replace, &[told(1, 5000), told(2, 6000)], &Selection::default()).clone();
    assert_eq!((view.found, view.totals.spans, view.services.len()), (2, 0, 2));
    let id = format!("{:032x}", 1);
    assert!(matches!(
        open.answer(view.epoch, Request::Trace { trace_id: id }),
        Answer::Failed(failure) if failure.code == FailureCode::NotFound
    ));

    let view = open.add(OpenMode::Add, row(1, "gate"), &["3 spans are missing."]).clone();
    assert_eq!((view.found, view.totals.spans, view.totals.traces), (1, 1, 1));
    let list = open.list(&Selection::default());
    assert_eq!(list.rows.iter().map(|row| row.is_loaded).collect::<Vec<_>>(), [true, false]);
    assert_eq!((list.matched, list.found), (2, 1));
    // What is told of a trace that is here says nothing new.
    assert_eq!(open.found(FoundChange::Merge, &[told(1, 7000)], &Selection::default()).found, 1);
    assert_eq!(open.ids().len(), 2);
    // What was remarked is in the report.
    let report = open.report();
    let finding = report.findings.iter().find(|finding| finding.kind == "server-limit").unwrap();
    assert_eq!((finding.severity, finding.examples[0].note.as_str()), (Severity::DataLoss, "3 spans are missing."));
    assert_eq!(finding.examples[0].source, "x");

    // Files in the place of everything: nothing of the server stays.
    let view = open.add(OpenMode::Replace, row(9, "other"), &[]).clone();
    assert_eq!((view.found, open.ids().len()), (0, 1));
    assert!(matches!(open.ask(Request::Close), Reply::Closed));
    assert_eq!(open.found(FoundChange::Merge, &[told(4, 1)], &Selection::default()).found, 1);
}

#[test]
fn questions_of_an_older_epoch_are_stale_and_spans_are_computed_once() {
    let mut open = Open::new(random_shop(7));
    let asked = |selection: &Selection| {
        [
            Request::Latency(LatencyRequest { selection: selection.clone(), ..LatencyRequest::default() }),
            Request::Red(RedRequest { selection: selection.clone(), ..RedRequest::default() }),
        ]
    };
    let before: Vec<Reply> = asked(&Selection::default()).into_iter().map(|request| open.ask(request)).collect();
    let old = open.view.epoch;
    open.found(FoundChange::Replace, &[told(1, 5)], &Selection::default());
    let stale = open.answer(old, Request::Report);
    assert!(matches!(stale, Answer::Failed(failure) if failure.code == FailureCode::Stale));
    let after: Vec<Reply> = asked(&Selection::default()).into_iter().map(|request| open.ask(request)).collect();
    assert_eq!(before, after, "figures are of spans that are here");
}

#[test]
fn an_empty_data_set_answers_all_the_same() {
    let mut open = Open::empty();
    open.found(FoundChange::Replace, &[told(1, 5)], &Selection::default());
    for request in [
        Request::Report,
        Request::Latency(LatencyRequest::default()),
        Request::Red(RedRequest::default()),
        Request::Map(MapRequest::default()),
    ] {
        open.ask(request);
    }
}

fn brush(of: Population) -> Brush {
    Brush { of, ..Brush::default() }
}

#[test]
fn a_selection_judges_what_it_can() {
    let mut open = Open::empty();
    let mut traces = [told(0xaaaa_0001, 1000), told(2, 2000), told(3, 0)];
    traces[1].root_service = "shop".to_owned();
    traces[1].services = vec![("shop".to_owned(), 2), ("Kasse".to_owned(), 1)];
    traces[1].root_name = "POST /buy".to_owned();
    traces[1].errors = 1;
    traces[1].duration = 9000;
    open.found(FoundChange::Replace, &traces, &Selection::default());
    let words = |text: &str| Selection { filter: text.to_owned(), brushes: Vec::new() };
    let brushed = |brush: Brush| Selection { filter: String::new(), brushes: vec![brush] };
    let of_traces = || brush(Population::Traces);
    let group = |group: Group| brushed(Brush { group: Some(group), ..of_traces() });
    let operation = |service: &str, name: &str| Group::Operation { service: service.to_owned(), name: name.to_owned() };
    let attribute = || Group::Attribute { key: "k".to_owned(), value: None };
    for (selection, starts, unjudged) in [
        (words(""), vec![1000, 2000, 0], 0),
        (words("KASSE"), vec![2000], 0),
        (words("buy shop"), vec![2000], 0),
        (words("get"), vec![1000, 0], 0),
        (words("aaaa0001"), vec![1000], 0),
        (words("nowhere"), vec![], 0),
        (brushed(Brush { start: Some((1000, 1999)), ..of_traces() }), vec![1000], 0),
        (brushed(Brush { duration: Some((0, 1000)), ..of_traces() }), vec![1000], 0),
        (brushed(Brush { errors_only: true, ..of_traces() }), vec![2000], 0),
        (group(Group::Service("gate".to_owned())), vec![1000, 0], 0),
        (group(operation("shop", "POST /buy")), vec![2000], 0),
        (group(operation("shop", "GET /")), vec![], 0),
        (group(Group::Status(StatusCode::Error)), vec![2000], 0),
        (group(Group::Status(StatusCode::Ok)), vec![], 3),
        (group(attribute()), vec![], 3),
        // What can be judged is judged first.
        (brushed(Brush { group: Some(attribute()), errors_only: true, ..of_traces() }), vec![], 1),
        (brushed(Brush { errors_only: true, ..brush(Population::Spans) }), vec![], 3),
        (
            Selection {
                filter: "shop".to_owned(),
                brushes: vec![
                    Brush { errors_only: true, ..brush(Population::Spans) },
                    Brush { errors_only: true, ..of_traces() },
                ],
            },
            vec![],
            1,
        ),
        // A brush that narrows nothing is none.
        (brushed(brush(Population::Spans)), vec![1000, 2000, 0], 0),
    ] {
        let list = open.list(&selection);
        let found: Vec<u64> = list.rows.iter().map(|row| row.start).collect();
        assert_eq!((found, list.unjudged), (starts, unjudged), "{selection:?}");
        assert_eq!(list.found, list.matched);
    }

    // What the server has applied needs no proof, for the traces that it was applied to.
    let spans = Brush { errors_only: true, duration: Some((5, 6)), ..brush(Population::Spans) };
    let applied = Selection { filter: "deep word".to_owned(), brushes: vec![spans.clone()] };
    open.found(FoundChange::Merge, &[told(5, 5000), told(6, 6000)], &applied);
    let list = open.list(&applied);
    assert_eq!(list.rows.iter().map(|row| row.start).collect::<Vec<_>>(), [5000, 6000]);
    let list = open.list(&brushed(spans.clone()));
    assert_eq!((list.matched, list.unjudged), (2, 3));
    let further = Selection { brushes: vec![spans, Brush { start: Some((0, 5000)), ..of_traces() }], ..applied };
    assert_eq!(open.list(&further).matched, 1);
}

#[test]
fn what_a_server_tells_is_bounded() {
    let mut open = Open::empty();
    let mut odd = told(1, 1);
    odd.root_name = "ü".repeat(5000);
    odd.root_service = "s".repeat(5000);
    odd.services = (0..5000).map(|at| (format!("s{at}"), 1)).collect();
    let mut no_id = told(2, 2);
    for id in ["", "xyz", "00", &"0".repeat(31), &"0".repeat(32), &"g".repeat(32)] {
        no_id.trace_id = id.to_owned();
        assert_eq!(open.found(FoundChange::Replace, std::slice::from_ref(&no_id), &Selection::default()).found, 0, "{id:?}");
    }
    let view = open.found(FoundChange::Replace, &[odd], &Selection::default()).clone();
    assert_eq!((view.found, view.services.len()), (1, 1001));
    let row = open.list(&Selection::default()).rows.remove(0);
    assert_eq!((row.root_name.chars().count(), row.service_count, row.services.len()), (1000, 1000, 12));
    // Of two tellings of one trace the later counts, in one request too; upper case is the same id.
    let mut again = told(0xab, 7);
    again.trace_id = again.trace_id.to_uppercase();
    open.found(FoundChange::Replace, &[told(0xab, 5), again], &Selection::default());
    let rows = open.list(&Selection::default()).rows;
    assert_eq!((rows.len(), rows[0].start, rows[0].trace_id.clone()), (1, 7, format!("{:032x}", 0xab)));
}

//! What a selection selects, against an oracle that holds each span against each part of it; and all views must agree on it.

use std::collections::{BTreeMap, BTreeSet};

use spanwise::base::{IdxRange, StrId};
use spanwise::engine::{Engine, Outcome};
use spanwise::model::{
    AttributeIdx, AttributeWriter, Batch, Dataset, ImportReport, SpanDraft, SpanIdx, SpanKey, SpanKind, StatusCode, TraceIdx,
    TraceKey, Value,
};
use spanwise::protocol::{
    self, Answer, Brush, Condition, Group, GroupBy, KeysRequest, LatencyRequest, LatencyView, Population, QueryChange, RedColumn,
    RedRequest, RedView, Reply, Request, RewriteRequest, ScatterRequest, Selection, SortColumn, TracesRequest,
};

use crate::analysis::Random;
use crate::notation::dataset;

/// An engine with a data set, and the same data set to look into.
pub(crate) struct Opened {
    engine: Engine,
    epoch: u32,
    pub(crate) dataset: Dataset,
}

impl Opened {
    pub(crate) fn new(dataset: Dataset) -> Self {
        let mut engine = Engine::default();
        let epoch = engine.adopt(dataset.clone()).epoch;
        Self { engine, epoch, dataset }
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        let mut job = self.engine.begin(self.epoch, request);
        match self.engine.step(&mut job, &|| true) {
            Outcome::Done(Answer::Reply(reply)) => reply,
            outcome => panic!("{outcome:?}"),
        }
    }

    pub(crate) fn latency(&mut self, request: LatencyRequest) -> LatencyView {
        let Reply::Latency(view) = self.ask(Request::Latency(request)) else { panic!("not charts") };
        *view
    }

    pub(crate) fn red(&mut self, request: RedRequest) -> RedView {
        let Reply::Red(view) = self.ask(Request::Red(request)) else { panic!("not a table") };
        *view
    }

    fn trace_ids(&mut self, selection: &Selection) -> BTreeSet<String> {
        let request = TracesRequest {
            selection: selection.clone(),
            sort: SortColumn::Start,
            descending: false,
            offset: 0,
            limit: 4096,
            columns: Vec::new(),
        };
        let Reply::Traces(view) = self.ask(Request::Traces(request)) else { panic!("not traces") };
        assert_eq!(view.matched as usize, view.rows.len());
        view.rows.into_iter().map(|row| row.trace_id).collect()
    }

    pub(crate) fn rewritten(&mut self, text: &str, condition: Condition, change: QueryChange) -> String {
        let request = RewriteRequest { text: text.to_owned(), condition, change };
        let Reply::Rewritten(text) = self.ask(Request::Rewrite(Box::new(request))) else { panic!("no query") };
        text
    }

    fn keys(&mut self) -> BTreeMap<String, u64> {
        let Reply::Keys(view) = self.ask(Request::Keys(KeysRequest::default())) else { panic!("not keys") };
        assert!(view.keys.is_sorted_by(|a, b| a.1 > b.1 || a.1 == b.1 && a.0 < b.0));
        view.keys.into_iter().collect()
    }
}

/// Some traces of a few services, with little in them that is not odd: no start, no end, an end before the start; attributes of
/// the span or of its resource, of several types that are written alike, or none.
pub(crate) fn random_shop(seed: u64) -> Dataset {
    let mut random = Random(seed);
    let mut batch = Batch::default();
    let mut writer = AttributeWriter::default();
    let intern = |batch: &mut Batch, text: &str| batch.strings.intern(text);
    let [service_name, tier, region, gold, five] =
        ["service.name", "tier", "region", "gold", "5"].map(|text| intern(&mut batch, text));
    let names = ["a", "b", "GET /x"].map(|text| intern(&mut batch, text));
    let resources = [Some("web"), Some("Cart"), Some("unknown_service"), None].map(|service| {
        let slot = batch.open_resource();
        if let Some(service) = service {
            let service = intern(&mut batch, service);
            writer.string(service_name, service);
            match random.below(3) {
                0 => writer.string(tier, gold),
                1 => writer.int(tier, 5),
                _ => {}
            }
            writer.string(region, gold);
        }
        let rows = writer.finish(&mut batch.attributes);
        batch.set_resource(slot, rows, StrId::EMPTY, 0);
        slot
    });
    let scope = batch.open_scope();
    for trace in 1..=1 + random.below(6) {
        for id in 1..=1 + random.below(15) {
            match random.below(6) {
                0 => writer.string(tier, gold),
                1 => writer.string(tier, five),
                2 => writer.int(tier, 5),
                3 => writer.bool(tier, true),
                _ => {}
            }
            if random.below(4) == 0 {
                writer.string(region, five);
                writer.string(region, gold);
            }
            let attributes = writer.finish(&mut batch.attributes);
            let start = if random.below(12) == 0 { 0 } else { 100 + random.below(60) };
            let end = match random.below(12) {
                0 => 0,
                1 => start / 2,
                _ => start.max(100) + random.below(40),
            };
            let any = |random: &mut Random, limit: u64| usize::try_from(random.below(limit)).unwrap();
            batch.push_span(&SpanDraft {
                trace: TraceKey::Regular(u128::from(0xa0 + trace)),
                id: SpanKey::Regular(id),
                parent: SpanKey::from_number(random.below(id)),
                name: names[any(&mut random, 3)],
                start,
                end,
                kind: SpanKind::from_number(random.below(6).cast_signed()).unwrap(),
                status: StatusCode::from_number(random.below(5).cast_signed()).unwrap_or_default(),
                attributes,
                resource: resources[any(&mut random, 4)],
                scope,
                ..SpanDraft::default()
            });
        }
    }
    Dataset::seal(batch, ImportReport::default())
}

pub(crate) const ALL_BY: [fn() -> GroupBy; 7] = [
    || GroupBy::Nothing,
    || GroupBy::Service,
    || GroupBy::Operation,
    || GroupBy::Kind,
    || GroupBy::Status,
    || GroupBy::Attribute("tier".to_owned()),
    || GroupBy::Attribute("no such key".to_owned()),
];

/// Some selection: mostly of what there is.
pub(crate) fn random_selection(dataset: &Dataset, random: &mut Random) -> Selection {
    let filters = ["", "", "", "web", "CART  a", "get", "a2", "zzz", "Web /x"];
    let filter = filters[usize::try_from(random.below(filters.len() as u64)).unwrap()].to_owned();
    let brushes = (0..random.below(3)).map(|_| random_brush(dataset, random)).collect();
    Selection { filter, brushes }
}

fn random_brush(dataset: &Dataset, random: &mut Random) -> Brush {
    let mut range = |from: u64, to: u64| {
        let low = from + random.below(to - from);
        (random.below(3) == 0).then(|| (low, low + random.below(to - low)))
    };
    let (start, duration) = (range(90, 170), range(0, 50));
    let by = ALL_BY[usize::try_from(random.below(7)).unwrap()]();
    let row = u32::try_from(random.below(dataset.spans.len() as u64)).unwrap();
    Brush {
        of: if random.below(2) == 0 { Population::Spans } else { Population::Traces },
        start,
        duration,
        errors_only: random.below(4) == 0,
        group: (random.below(2) == 0).then(|| group_of_span(dataset, &by, SpanIdx(row))),
    }
}

fn text(dataset: &Dataset, value: Value<'_>) -> String {
    match value {
        Value::String(text) => dataset.str(text).to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        value => panic!("no {value:?} was made"),
    }
}

fn find(dataset: &Dataset, rows: IdxRange<AttributeIdx>, key: &str) -> Option<String> {
    let mut entries = dataset.attributes.entries(rows);
    entries.find(|&(own, _)| dataset.str(own) == key).map(|(_, value)| text(dataset, value))
}

/// The group of a span, put into words.
pub(crate) fn group_of_span(dataset: &Dataset, by: &GroupBy, span: SpanIdx) -> Group {
    let spans = &dataset.spans;
    let service = dataset.service_name(dataset.service(span)).to_owned();
    match by {
        GroupBy::Nothing => Group::All,
        GroupBy::Service => Group::Service(service),
        GroupBy::Operation => Group::Operation { service, name: dataset.str(spans.name[span]).to_owned() },
        GroupBy::Kind => Group::Kind(match spans.kind[span] {
            SpanKind::Unspecified => protocol::SpanKind::Unspecified,
            SpanKind::Internal => protocol::SpanKind::Internal,
            SpanKind::Server => protocol::SpanKind::Server,
            SpanKind::Client => protocol::SpanKind::Client,
            SpanKind::Producer => protocol::SpanKind::Producer,
            SpanKind::Consumer => protocol::SpanKind::Consumer,
        }),
        GroupBy::Status => Group::Status(match spans.status[span] {
            StatusCode::Unset => protocol::StatusCode::Unset,
            StatusCode::Ok => protocol::StatusCode::Ok,
            StatusCode::Error => protocol::StatusCode::Error,
        }),
        GroupBy::Attribute(key) => {
            let of_resource = dataset.resources.attributes[spans.resource[span]];
            let value = find(dataset, spans.attributes[span], key).or_else(|| find(dataset, of_resource, key));
            Group::Attribute { key: key.clone(), value }
        }
    }
}

/// The group of a trace.
pub(crate) fn group_of_trace(dataset: &Dataset, by: &GroupBy, trace: TraceIdx) -> Group {
    let any_failed = dataset.traces.spans[trace].iter().any(|span| dataset.spans.status[span] == StatusCode::Error);
    if *by == GroupBy::Status && any_failed {
        return Group::Status(protocol::StatusCode::Error);
    }
    group_of_span(dataset, by, dataset.traces.root[trace])
}

fn by_of(group: &Group) -> GroupBy {
    match group {
        Group::All | Group::Other => GroupBy::Nothing,
        Group::Service(_) => GroupBy::Service,
        Group::Operation { .. } => GroupBy::Operation,
        Group::Kind(_) => GroupBy::Kind,
        Group::Status(_) => GroupBy::Status,
        Group::Attribute { key, .. } => GroupBy::Attribute(key.clone()),
    }
}

/// The selected spans, each held against everything.
pub(crate) fn naive_spans(dataset: &Dataset, selection: &Selection) -> Vec<SpanIdx> {
    let is_selected = |span: &SpanIdx| {
        let trace = dataset.spans.trace[*span];
        selection.filter.split_whitespace().all(|word| has_word(dataset, trace, word))
            && selection.brushes.iter().all(|brush| lets_through(dataset, brush, *span, trace))
    };
    dataset.spans.id.range().iter().filter(is_selected).collect()
}

/// The traces that hold a selected span.
pub(crate) fn naive_traces(dataset: &Dataset, selection: &Selection) -> BTreeSet<TraceIdx> {
    naive_spans(dataset, selection).into_iter().map(|span| dataset.spans.trace[span]).collect()
}

fn has_word(dataset: &Dataset, trace: TraceIdx, word: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(&word.to_lowercase());
    holds(&dataset.traces.key[trace].display(&dataset.strings).to_string())
        || dataset.traces.spans[trace].iter().any(|span| {
            let of_span = dataset.spans.attributes[span].iter();
            let of_resource = dataset.resources.attributes[dataset.spans.resource[span]].iter();
            holds(dataset.service_name(dataset.service(span)))
                || holds(dataset.str(dataset.spans.name[span]))
                || of_span.chain(of_resource).any(|at| match dataset.attributes.value(at) {
                    Value::String(text) => holds(dataset.str(text)),
                    Value::Int(number) => word.parse() == Ok(number),
                    _ => false,
                })
        })
}

fn lets_through(dataset: &Dataset, brush: &Brush, span: SpanIdx, trace: TraceIdx) -> bool {
    let by = brush.group.as_ref().map_or(GroupBy::Nothing, by_of);
    let (start, end, failed, group) = match brush.of {
        Population::Spans => (
            dataset.spans.start[span],
            dataset.spans.end[span],
            dataset.spans.status[span] == StatusCode::Error,
            group_of_span(dataset, &by, span),
        ),
        Population::Traces => {
            let rows = || dataset.traces.spans[trace].iter().filter(|&span| dataset.spans.start[span] != 0);
            let start = rows().map(|span| dataset.spans.start[span]).min().unwrap_or(0);
            let end = rows().map(|span| dataset.spans.end[span].max(dataset.spans.start[span])).max().unwrap_or(0);
            let failed = dataset.traces.spans[trace].iter().any(|span| dataset.spans.status[span] == StatusCode::Error);
            (start, end, failed, group_of_trace(dataset, &by, trace))
        }
    };
    let is_in = |range: Option<(u64, u64)>, value: u64| range.is_none_or(|(from, to)| start != 0 && from <= value && value <= to);
    is_in(brush.start, start)
        && is_in(brush.duration, end.saturating_sub(start))
        && (!brush.errors_only || failed)
        && brush.group.as_ref().is_none_or(|wanted| *wanted == group)
}

#[test]
fn all_views_agree_with_the_oracle_on_what_is_selected() {
    let mut selected_some = 0;
    for seed in 0..200 {
        let mut open = Opened::new(random_shop(seed));
        let mut random = Random(seed);
        for round in 0..6 {
            let selection = random_selection(&open.dataset, &mut random);
            let dataset = open.dataset.clone();
            let case = format!("seed {seed}, round {round}: {selection:?}");
            let spans = naive_spans(&dataset, &selection);
            let traces = naive_traces(&dataset, &selection);
            selected_some += usize::from(!spans.is_empty() && spans.len() < dataset.spans.len());

            let id = |&trace: &TraceIdx| dataset.traces.key[trace].display(&dataset.strings).to_string();
            assert_eq!(open.trace_ids(&selection), traces.iter().map(id).collect(), "{case}");

            let scatter = ScatterRequest { selection: selection.clone(), columns: 10, rows: 10 };
            let Reply::Scatter(scatter) = open.ask(Request::Scatter(scatter)) else { panic!("not a picture") };
            let timed = traces.iter().filter(|&&trace| dataset.traces.start[trace] != 0).count();
            assert_eq!(scatter.matched as usize, timed, "{case}");

            for (of, n) in [(Population::Spans, spans.len()), (Population::Traces, traces.len())] {
                let request = LatencyRequest { selection: selection.clone(), of, ..LatencyRequest::default() };
                let view = open.latency(request);
                assert_eq!(view.all.stats.calls + view.without_start, n as u64, "{case}");
            }

            let red = open.red(RedRequest { selection: selection.clone(), limit: 100, ..RedRequest::default() });
            assert_eq!(red.all.calls, spans.len() as u64, "{case}");
            let mut calls: BTreeMap<(u32, String), u64> = BTreeMap::new();
            for &span in &spans {
                *calls.entry((dataset.service(span).0, dataset.str(dataset.spans.name[span]).to_owned())).or_default() += 1;
            }
            let rows = red.rows.into_iter().map(|row| ((row.service, row.name), row.stats.calls)).collect();
            assert_eq!(calls, rows, "{case}");
        }
    }
    assert!(200 < selected_some, "only {selected_some} selections told anything apart");
}

const SHOP: &str = r#"
trace a1
  web   GET /cart   0..120ms  server  @tier="gold"
    db  SELECT     20..70ms   client  !error  @n=5
trace a2
  web   GET /cart   0..20ms   server  @tier="silver"
    db  SELECT      5..7ms    client  @n="5"
"#;

fn brushed(brush: Brush) -> Selection {
    Selection { filter: String::new(), brushes: vec![brush] }
}

fn attribute(key: &str, value: Option<&str>) -> Group {
    Group::Attribute { key: key.to_owned(), value: value.map(str::to_owned) }
}

#[test]
fn brushes_of_spans_and_of_traces_are_both_held() {
    let dataset = dataset(SHOP);
    let mut open = Opened::new(dataset);
    let counted = |open: &mut Opened, brushes: Vec<Brush>| {
        let selection = Selection { filter: String::new(), brushes };
        let red =
            open.red(RedRequest { selection: selection.clone(), sort: RedColumn::Operation, limit: 10, ..RedRequest::default() });
        let names: Vec<String> = red.rows.iter().map(|row| format!("{} {}", row.name, row.stats.calls)).collect();
        format!("{} of {} traces", names.join(", "), open.trace_ids(&selection).len())
    };
    let gold = Brush { of: Population::Traces, group: Some(attribute("tier", Some("gold"))), ..Brush::default() };
    let five = Brush { group: Some(attribute("n", Some("5"))), ..Brush::default() };
    let quick = Brush { duration: Some((0, 20_000_000)), ..Brush::default() };
    let slow = Brush { of: Population::Traces, duration: Some((20_000_001, u64::MAX)), ..Brush::default() };
    let failed = Brush { errors_only: true, ..Brush::default() };
    assert_eq!(counted(&mut open, vec![gold.clone()]), "SELECT 1, GET /cart 1 of 1 traces");
    assert_eq!(counted(&mut open, vec![five.clone()]), "SELECT 2 of 2 traces");
    assert_eq!(counted(&mut open, vec![five.clone(), gold.clone()]), "SELECT 1 of 1 traces");
    assert_eq!(counted(&mut open, vec![quick.clone()]), "SELECT 1, GET /cart 1 of 1 traces");
    assert_eq!(counted(&mut open, vec![quick, slow]), " of 0 traces");
    assert_eq!(counted(&mut open, vec![failed, five, gold]), "SELECT 1 of 1 traces");
    let other = Brush { group: Some(Group::Other), ..Brush::default() };
    assert_eq!(counted(&mut open, vec![other]), " of 0 traces");
}

#[test]
fn the_same_selection_written_otherwise_is_the_same() {
    let mut open = Opened::new(dataset(SHOP));
    let plain = open.latency(LatencyRequest::default());
    let nothing = [Brush::default(), Brush { of: Population::Traces, group: Some(Group::All), ..Brush::default() }];
    for filter in ["", "  ", "cart WEB cart", "\tweb  Cart"] {
        let selection = Selection { filter: filter.to_owned(), brushes: nothing.to_vec() };
        assert_eq!(open.latency(LatencyRequest { selection, ..LatencyRequest::default() }), plain, "{filter:?}");
    }
    let selection = brushed(Brush { group: Some(attribute("tier", None)), ..Brush::default() });
    assert_eq!(open.latency(LatencyRequest { selection, ..LatencyRequest::default() }).all.stats.calls, 2);
}

#[test]
fn keys_are_counted_once_a_span() {
    for seed in 0..100 {
        let mut open = Opened::new(random_shop(seed));
        let dataset = open.dataset.clone();
        let mut naive: BTreeMap<String, u64> = BTreeMap::new();
        for span in dataset.spans.id.range().iter() {
            let of_resource = dataset.resources.attributes[dataset.spans.resource[span]];
            let both = [dataset.spans.attributes[span], of_resource];
            let keys: BTreeSet<StrId> = both.into_iter().flat_map(|rows| dataset.attributes.key.slice(rows)).copied().collect();
            for key in keys {
                *naive.entry(dataset.str(key).to_owned()).or_default() += 1;
            }
        }
        assert_eq!(open.keys(), naive, "seed {seed}");
    }
}

/// What clicks on charts write into the query selects what the brush does, which is taken away for it.
#[test]
fn what_a_brush_is_written_as_selects_the_same() {
    let mut told = 0;
    for seed in 0..150 {
        let mut open = Opened::new(random_shop(seed));
        let dataset = open.dataset.clone();
        let mut random = Random(seed);
        for round in 0..8 {
            let brush = Brush { start: None, ..random_brush(&dataset, &mut random) };
            let filter = open.rewritten("", Condition::Brush(brush.clone()), QueryChange::Narrow);
            if filter.is_empty() || brush.of == Population::Traces && has_no_words(&brush) {
                continue;
            }
            let case = format!("seed {seed}, round {round}: {brush:?} as {filter}");
            let selection = Selection { filter: String::new(), brushes: vec![brush.clone()] };
            // What has no start has no duration; in a query its duration is 0.
            let has_start = |trace: &TraceIdx| dataset.traces.start[*trace] != 0;
            let traces = naive_traces(&dataset, &selection);
            let id = |trace: &TraceIdx| dataset.traces.key[*trace].display(&dataset.strings).to_string();
            let timed = |ids: BTreeSet<String>| -> BTreeSet<String> {
                let starts: BTreeSet<String> =
                    dataset.traces.key.range().iter().filter(has_start).map(|trace| id(&trace)).collect();
                ids.intersection(&starts).cloned().collect()
            };
            let queried = Selection { filter: filter.clone(), brushes: Vec::new() };
            if brush.of == Population::Traces {
                let ids = open.trace_ids(&queried);
                assert_eq!(timed(ids), timed(traces.iter().map(id).collect()), "{case}");
            } else {
                let n =
                    naive_spans(&dataset, &selection).into_iter().filter(|&span| dataset.spans.start[span] != 0).count() as u64;
                let request = LatencyRequest { selection: queried, of: Population::Spans, ..LatencyRequest::default() };
                assert_eq!(open.latency(request).all.stats.calls, n, "{case}");
                told += usize::from(0 < n && n < dataset.spans.len() as u64);
            }
        }
    }
    assert!(150 < told, "only {told} brushes told anything apart");
}

/// Whether a brush of traces is by a group of which TraceQL knows nothing.
fn has_no_words(brush: &Brush) -> bool {
    match &brush.group {
        Some(Group::Kind(_) | Group::Attribute { .. }) => true,
        Some(Group::Status(status)) => *status != protocol::StatusCode::Error,
        _ => false,
    }
}

/// The calls from one service to another, and all spans but these, against a look at each span and its parent.
#[test]
fn calls_are_written_as_parents_and_children() {
    let mut told = 0;
    for seed in 0..60 {
        let mut open = Opened::new(random_shop(seed));
        let dataset = open.dataset.clone();
        let service = |span: SpanIdx| dataset.service_name(dataset.service(span)).to_owned();
        for (caller, callee) in
            [("web", "Cart"), ("Cart", "web"), ("web", "web"), ("unknown_service", "Cart"), ("Cart", "unknown_service")]
        {
            let is_call = |span: &SpanIdx| {
                service(*span) == callee && dataset.spans.parent(*span).is_some_and(|parent| service(parent) == caller)
            };
            let n = dataset.spans.id.range().iter().filter(is_call).count() as u64;
            let call = Condition::Call(caller.to_owned(), callee.to_owned());
            let mut count = |change| {
                let filter = open.rewritten("", call.clone(), change);
                let request =
                    LatencyRequest { selection: Selection { filter, brushes: Vec::new() }, ..LatencyRequest::default() };
                let view = open.latency(request);
                view.all.stats.calls + view.without_start
            };
            let case = format!("seed {seed}: {caller} → {callee}");
            assert_eq!((count(QueryChange::Narrow), count(QueryChange::Replace)), (n, n), "{case}");
            assert_eq!(count(QueryChange::Exclude), dataset.spans.len() as u64 - n, "{case}");
            told += usize::from(n > 0);
        }
    }
    assert!(60 < told, "only {told} calls");
}

#[test]
fn brushes_and_calls_are_written_shortly() {
    let mut open = Opened::new(random_shop(1));
    let mut check = |brush: Brush, change, want: &str| {
        assert_eq!(open.rewritten("", Condition::Brush(brush), change), want);
    };
    let durations = |from, to| Brush { duration: Some((from, to)), ..Brush::default() };
    let traces = Brush { of: Population::Traces, ..Brush::default() };
    let web = || Some(Group::Service("web".to_owned()));
    check(durations(1_000_000, 4_999_999), QueryChange::Narrow, "{ duration >= 1ms && duration < 5ms }");
    check(durations(1_000_000, 4_999_999), QueryChange::Exclude, "{ !(duration >= 1ms && duration < 5ms) }");
    check(durations(0, 4_999_999), QueryChange::Narrow, "{ duration < 5ms }");
    check(durations(1_000, u64::MAX), QueryChange::Narrow, "{ duration >= 1us }");
    check(
        Brush { duration: Some((1_000_000, 2_000_000)), ..traces.clone() },
        QueryChange::Narrow,
        "{ trace:duration >= 1ms && trace:duration <= 2ms }",
    );
    check(Brush { group: web(), ..Brush::default() }, QueryChange::Exclude, "{ !(resource.service.name = \"web\") }");
    check(Brush { group: web(), ..traces }, QueryChange::Narrow, "{ trace:rootService = \"web\" }");
    // The language has no word for when.
    check(Brush { start: Some((1, 2)), ..Brush::default() }, QueryChange::Narrow, "");
    let call = Condition::Call("web".to_owned(), "db".to_owned());
    let narrowed = open.rewritten("", call.clone(), QueryChange::Narrow);
    assert_eq!(narrowed, r#"{ resource.service.name = "web" } > { resource.service.name = "db" }"#);
    let excluded = open.rewritten("cart { status = error }", call, QueryChange::Exclude);
    assert_eq!(
        excluded,
        r#"cart { !(resource.service.name = "db") } || { resource.service.name = "web" } !> { resource.service.name = "db" } | { status = error }"#
    );
}

//! The analyses over a million spans in 20,000 traces, asked of the engine as the page asks: once with nothing kept, then again
//! with another column or group.

use std::hint::black_box;

use spanwise::engine::{Engine, Outcome};
use spanwise::model::{
    AttributeWriter, Batch, Dataset, ImportReport, ResourceSlot, SpanDraft, SpanKey, SpanKind, StatusCode, TraceKey,
};
use spanwise::protocol::{
    Answer, Brush, FacetsRequest, Group, GroupBy, LatencyRequest, MapRequest, Population, RedColumn, RedRequest, Request,
    Selection, SortColumn, TracesRequest,
};

use super::generate::Random;
use super::milliseconds;

/// How often each thing is measured; the best counts, since whatever else runs can only add.
const ROUNDS: usize = 3;

const TRACES: u64 = 20_000;
const SPANS_PER_TRACE: u64 = 50;

/// What map, table and charts may take together, on one core.
const BUDGET_MS: f64 = 1500.0;

/// A question, how it is answered, and whether it counts towards the budget.
struct Question {
    name: &'static str,
    passes: &'static str,
    in_budget: bool,
    request: Request,
}

pub(super) fn run() {
    let dataset = shop();
    let n_spans = dataset.spans.len();
    println!(
        "\nanalyses of {n_spans} spans in {} traces, best of {ROUNDS} rounds, each on a data set that nothing is known of",
        { dataset.traces.len() }
    );
    println!("{:<44}{:>8}{:>12}   passes over the spans", "", "ms", "M spans/s");
    let questions = questions();
    let mut best = vec![f64::MAX; questions.len()];
    for _ in 0..ROUNDS {
        let mut engine = Engine::default();
        let epoch = engine.adopt(dataset.clone()).epoch;
        for (question, best) in questions.iter().zip(&mut best) {
            let took = milliseconds(|| drop(black_box(ask(&mut engine, epoch, question.request.clone()))));
            *best = best.min(took);
        }
    }
    let mut sum = 0.0;
    for (question, &ms) in questions.iter().zip(&best) {
        println!("{:<44}{ms:>8.1}{:>12.1}   {}", question.name, n_spans as f64 / ms / 1e3, question.passes);
        sum += if question.in_budget { ms } else { 0.0 };
    }
    println!("{:<44}{sum:>8.1}   at most {BUDGET_MS}", "map, table and all charts");
}

fn ask(engine: &mut Engine, epoch: u32, request: Request) -> Outcome {
    let mut job = engine.begin(epoch, request);
    let outcome = engine.step(&mut job, &|| true);
    assert!(matches!(outcome, Outcome::Done(Answer::Reply(_))), "a question is answered in one step, and well");
    outcome
}

fn questions() -> Vec<Question> {
    let red = |sort| RedRequest { sort, descending: true, limit: 100, spark_bins: 60, ..RedRequest::default() };
    let latency = |of, by| LatencyRequest { of, by, top: 10, time_bins: 120, ..LatencyRequest::default() };
    let attribute = |key: &str| GroupBy::Attribute(key.to_owned());
    let brushed = |key: &str, value: &str| {
        let group = Some(Group::Attribute { key: key.to_owned(), value: Some(value.to_owned()) });
        Selection { filter: String::new(), brushes: vec![Brush { group, ..Brush::default() }] }
    };
    let list = |selection: Selection| {
        let columns = Vec::new();
        Request::Traces(TracesRequest { selection, sort: SortColumn::Start, descending: false, offset: 0, limit: 100, columns })
    };
    let facets = |selection: Selection| {
        let attributes = [".http.route", ".http.response.status_code", ".db.system.name", ".user.tier"];
        let attributes = attributes.map(str::to_owned).to_vec();
        Request::Facets(Box::new(FacetsRequest { selection, attributes, limit: 60 }))
    };
    let brush = brushed("http.route", "/route/7");
    let question = |name, passes, in_budget, request| Question { name, passes, in_budget, request };
    vec![
        question("map", "1 to derive, once a data set", true, Request::Map(MapRequest::default())),
        question(
            "table of operations",
            "1, a sort; 3 for operations, self times, critical paths",
            true,
            Request::Red(red(RedColumn::Total)),
        ),
        question("charts, spans", "2, a sort", true, Request::Latency(latency(Population::Spans, GroupBy::Nothing))),
        question(
            "charts, spans by service",
            "2, a sort; 1 for services",
            true,
            Request::Latency(latency(Population::Spans, GroupBy::Service)),
        ),
        question("table, another column", "0", false, Request::Red(red(RedColumn::P99))),
        question(
            "charts, spans by operation",
            "2, a sort",
            false,
            Request::Latency(latency(Population::Spans, GroupBy::Operation)),
        ),
        question(
            "charts, spans by attribute, 40 values",
            "2, a sort; 1 for values",
            false,
            Request::Latency(latency(Population::Spans, attribute("http.route"))),
        ),
        question(
            "charts, spans by attribute, a million values",
            "2, a sort; 1 for values",
            false,
            Request::Latency(latency(Population::Spans, attribute("app.request.id"))),
        ),
        question(
            "charts, traces by service",
            "0, 2 over traces, a sort",
            false,
            Request::Latency(latency(Population::Traces, GroupBy::Service)),
        ),
        question("brush of an attribute, cold", "2", false, list(brushed("user.tier", "gold"))),
        question("brush of an attribute, grouped before", "1", false, list(brush.clone())),
        question(
            "table of the brushed",
            "1, a sort",
            false,
            Request::Red(RedRequest { selection: brush.clone(), ..red(RedColumn::Total) }),
        ),
        question(
            "charts of the brushed",
            "2, a sort",
            false,
            Request::Latency(LatencyRequest { selection: brush.clone(), ..latency(Population::Spans, GroupBy::Service) }),
        ),
        question("facets, four of them attributes, cold", "1 for each", false, facets(Selection::default())),
        question("facets of the brushed", "1 for each over what is selected", false, facets(brush)),
        question("facets of a few", "1 to select", false, facets(brushed("user.id", "77"))),
    ]
}

/// A million spans of 30 services and some hundred operations with 12 attributes each, written as a decoder would.
fn shop() -> Dataset {
    let mut random = Random::new(1);
    let mut batch = Batch::default();
    let mut writer = AttributeWriter::default();
    let texts = |batch: &mut Batch, prefix: &str, n: usize| -> Vec<_> {
        (0..n).map(|at| batch.strings.intern(&format!("{prefix}{at}"))).collect()
    };
    let services = texts(&mut batch, "service-", 30);
    let names = texts(&mut batch, "Operation", 10);
    let queries = texts(&mut batch, "SELECT table", 12);
    let routes = texts(&mut batch, "/route/", 40);
    let hosts = texts(&mut batch, "host-", 60);
    let urls = texts(&mut batch, "/item/", 20_000);
    let keys = [
        "http.route",
        "url.path",
        "http.request.method",
        "http.response.status_code",
        "server.address",
        "network.protocol.version",
        "thread.id",
        "thread.name",
        "user.id",
        "user.tier",
        "app.request.id",
        "db.system.name",
    ]
    .map(|key| batch.strings.intern(key));
    let [get, http, main, gold, silver, postgres] =
        ["GET", "1.1", "main", "gold", "silver", "postgresql"].map(|text| batch.strings.intern(text));
    let service_name = batch.strings.intern("service.name");
    let resources: Vec<ResourceSlot> = services
        .iter()
        .map(|&service| {
            let slot = batch.open_resource();
            writer.string(service_name, service);
            let rows = writer.finish(&mut batch.attributes);
            batch.set_resource(slot, rows, spanwise::base::StrId::EMPTY, 0);
            slot
        })
        .collect();
    let scope = batch.open_scope();
    let index = |number: u64| usize::try_from(number).unwrap();

    for trace in 1..=TRACES {
        let origin = 1_772_442_000_000_000_000 + trace * 180_000_000;
        // Service, start and end of the spans of the trace so far, and whether they call.
        let mut made: Vec<(usize, u64, u64, bool)> = Vec::new();
        for id in 1..=SPANS_PER_TRACE {
            let parent = random.below(id.max(2) - 1);
            let from = made.get(index(parent)).copied();
            let bits = 20 + random.below(12);
            let first = (index(random.below(3)), origin, origin + 1_000_000 + random.below(1 << bits), true);
            let (above, start, end, calls) = from.unwrap_or(first);
            // A server span is in another service than the client span above it, or the first one of its trace.
            let is_server = calls;
            let service = if is_server && from.is_some() { (above * 7 + index(random.below(3))) % 30 } else { above };
            let is_query = !is_server && random.chance(400);
            let length = end - start;
            let at = start + if from.is_some() { random.below(length / 2 + 1) } else { 0 };
            let until = if from.is_some() { at + random.below(end - at + 1) } else { end };
            made.push((service, at, until, !is_server && !is_query));

            let [route, path, method, code, host, protocol, thread, thread_name, user, tier, request, db] = keys;
            writer.string(route, routes[index(random.below(40))]);
            writer.string(path, urls[index(random.below(20_000))]);
            writer.string(method, get);
            let failed = random.chance(15);
            writer.int(code, if failed { 500 } else { 200 });
            writer.string(host, hosts[index(random.below(60))]);
            writer.string(protocol, http);
            writer.int(thread, random.below(64).cast_signed());
            writer.string(thread_name, main);
            writer.int(user, random.below(20_000).cast_signed());
            writer.string(tier, if random.chance(100) { gold } else { silver });
            writer.int(request, (trace * SPANS_PER_TRACE + id).cast_signed());
            if is_query {
                writer.string(db, postgres);
            } else {
                writer.bool(db, false);
            }
            let attributes = writer.finish(&mut batch.attributes);
            batch.push_span(&SpanDraft {
                trace: TraceKey::Regular(u128::from(trace)),
                id: SpanKey::Regular(trace << 32 | id),
                parent: if from.is_some() { SpanKey::Regular(trace << 32 | (parent + 1)) } else { SpanKey::Missing },
                name: if is_query { queries[index(random.below(12))] } else { names[index(random.below(10))] },
                start: at,
                end: until,
                kind: if is_server { SpanKind::Server } else { SpanKind::Client },
                status: if failed { StatusCode::Error } else { StatusCode::Unset },
                attributes,
                resource: resources[service],
                scope,
                ..SpanDraft::default()
            });
        }
    }
    Dataset::seal(batch, ImportReport::default())
}

//! Worked examples: what each query means, by the names of the spans that it matches.

use spanwise::model::{SpanIdx, SpanKind, StatusCode};
use spanwise::traceql::eval::{EvalValue, Evaluator};
use spanwise::traceql::read;

use super::made::{Given, Made, MadeEvent, MadeLink, MadeSpan};

const MS: u64 = 1_000_000;

/// Two traces of a shop: a request that failed below, with a span whose parent is missing, and a trace of two roots.
pub(crate) fn shop() -> Made {
    let service = |name| vec![("service.name", Given::Str(name)), ("cluster", Given::Str("eu"))];
    let span = |id, parent, name, start: u64, took: u64, service| MadeSpan {
        id,
        parent,
        name,
        start: (1000 + start) * MS,
        end: (1000 + start + took) * MS,
        resource: service,
        ..MadeSpan::default()
    };
    Made::of(&[
        MadeSpan {
            kind: SpanKind::Server,
            attributes: vec![("http.status_code", Given::Int(500)), ("http.route", Given::Str("/cart"))],
            ..span(1, 0, "GET /cart", 0, 100, service("frontend"))
        },
        MadeSpan { kind: SpanKind::Client, ..span(2, 1, "call cart", 10, 80, service("frontend")) },
        MadeSpan {
            kind: SpanKind::Server,
            status: StatusCode::Error,
            message: "boom",
            events: vec![MadeEvent {
                name: "exception",
                time: 1050 * MS,
                attributes: vec![("exception.type", Given::Str("Timeout"))],
            }],
            scope: ("otel-go", "1.2", vec![]),
            ..span(3, 2, "GetCart", 20, 60, service("cart"))
        },
        MadeSpan {
            kind: SpanKind::Client,
            attributes: vec![
                ("db.system", Given::Str("postgresql")),
                ("retries", Given::Array(vec![Given::Int(1), Given::Int(2)])),
                ("cluster", Given::Str("us")),
            ],
            ..span(4, 3, "SELECT", 30, 40, service("cart"))
        },
        MadeSpan {
            kind: SpanKind::Internal,
            attributes: vec![("hit", Given::Bool(true)), ("ratio", Given::Float(0.5))],
            ..span(5, 3, "cache", 72, 5, service("cart"))
        },
        MadeSpan {
            kind: SpanKind::Consumer,
            links: vec![MadeLink { trace: 2, span: 1, attributes: vec![("why", Given::Str("batch"))] }],
            ..span(6, 99, "late", 200, 10, service("queue"))
        },
        MadeSpan {
            trace: 2,
            kind: SpanKind::Server,
            attributes: vec![("http.status_code", Given::Int(200))],
            ..span(1, 0, "GET /", 300, 20, service("frontend"))
        },
        MadeSpan { trace: 2, ..span(2, 0, "health", 330, 1, service("frontend")) },
    ])
}

#[test]
fn queries_mean_what_they_say() {
    let made = shop();
    let mut evaluator = Evaluator::new(&made.dataset);
    for (query, expected) in [
        // Filters.
        ("{ }", "GET /cart, call cart, GetCart, SELECT, cache, late, GET /, health"),
        ("{ true }", "GET /cart, call cart, GetCart, SELECT, cache, late, GET /, health"),
        ("{ false }", ""),
        (r#"{ resource.service.name = "frontend" && span.http.status_code >= 500 }"#, "GET /cart"),
        (r#"{ .service.name = "cart" && kind = client }"#, "SELECT"),
        ("{ status = error }", "GetCart"),
        ("{ status != error && duration > 50ms }", "GET /cart, call cart"),
        ("{ duration >= 40ms && duration <= 80ms }", "call cart, GetCart, SELECT"),
        ("{ duration > 0.1s }", ""),
        (r#"{ name =~ "GET.*" }"#, "GET /cart, GET /"),
        (r#"{ name =~ "GET" }"#, ""),
        (r#"{ name !~ "GET.*|.*cart" }"#, "GetCart, SELECT, cache, late, health"),
        (r#"{ statusMessage = "boom" }"#, "GetCart"),
        // A span's own attribute hides its resource's.
        (r#"{ .cluster = "us" }"#, "SELECT"),
        (r#"{ .cluster = "eu" && resource.service.name = "cart" }"#, "GetCart, cache"),
        (r#"{ resource.cluster = "eu" && span.cluster = "us" }"#, "SELECT"),
        // Missing attributes match nothing but `= nil`.
        ("{ span.http.status_code != 500 }", "GET /"),
        ("{ span.http.status_code = nil && kind = server }", "GetCart"),
        ("{ span.http.status_code != nil }", "GET /cart, GET /"),
        ("{ !(span.http.status_code = 500) && kind = server }", "GetCart, GET /"),
        (r#"{ span.db.system !~ "my.*" }"#, "SELECT"),
        // Types.
        (r#"{ span.http.status_code = "500" }"#, ""),
        ("{ span.http.status_code = 500.0 }", "GET /cart"),
        ("{ span.hit }", "cache"),
        ("{ span.hit = true }", "cache"),
        ("{ !span.hit }", ""),
        ("{ span.ratio < 1 }", "cache"),
        // Arrays.
        ("{ span.retries = 2 }", "SELECT"),
        ("{ span.retries != 2 }", ""),
        ("{ span.retries != 3 }", "SELECT"),
        // Arithmetic.
        ("{ span.http.status_code / 100 = 5 }", "GET /cart"),
        ("{ duration * 2 > traceDuration && kind = server }", "GET /"),
        // Events, links, scopes.
        (r#"{ event:name = "exception" }"#, "GetCart"),
        (r#"{ event.exception.type = "Timeout" }"#, "GetCart"),
        ("{ event:timeSinceStart > 20ms }", "GetCart"),
        (r#"{ link.why = "batch" && link:spanID = "0000000000000001" }"#, "late"),
        (r#"{ instrumentation:name = "otel-go" && instrumentation:version = "1.2" }"#, "GetCart"),
        // The trace and the tree.
        (r#"{ rootName = "GET /cart" && kind = consumer }"#, "late"),
        (r#"{ trace:rootService = "frontend" && status = error }"#, "GetCart"),
        (r#"{ trace:id = "00000000000000000000000000000002" }"#, "GET /, health"),
        (r#"{ span:id = "0000000000000006" }"#, "late"),
        ("{ span:childCount = 2 }", "GetCart"),
        ("{ nestedSetParent < 0 }", "GET /cart, GET /, health"),
        // Structure.
        ("{ kind = server } > { kind = client }", "call cart, SELECT"),
        ("{ kind = server } >> { kind = client }", "call cart, SELECT"),
        (r#"{ name = "GET /cart" } >> { }"#, "call cart, GetCart, SELECT, cache"),
        ("{ } < { kind = client }", "call cart"),
        ("{ status = error } << { kind = server }", "GET /cart"),
        (r#"{ name = "SELECT" } ~ { }"#, "cache"),
        (r#"{ name = "GET /" } ~ { }"#, "health"),
        ("{ kind = server } !> { kind = client }", ""),
        (r#"{ name = "GET /cart" } !>> { }"#, "GET /cart, late, GET /, health"),
        (r#"{ name = "GetCart" } &> { name = "cache" }"#, "GetCart, cache"),
        (r#"{ name = "cache" } &~ { }"#, "SELECT, cache"),
        ("{ status = error } !<< { kind = server }", "GetCart, GET /"),
        // Both in one trace.
        (r#"{ status = error } && { span.db.system = "postgresql" }"#, "GetCart, SELECT"),
        (r#"{ status = error } && { name = "health" }"#, ""),
        (r#"{ status = error } || { name = "health" }"#, "GetCart, health"),
        ("{ kind = server } > { kind = client } > { status = error }", "GetCart"),
        // Pipelines.
        ("{ kind = server } | { status = error }", "GetCart"),
        ("{ kind = server } | count() = 1", "GET /"),
        ("{ kind = server } | count() > 1", "GET /cart, GetCart"),
        ("{ } | avg(duration) > 20ms", "GET /cart, call cart, GetCart, SELECT, cache, late"),
        ("{ } | max(duration) < 1 - 3", ""),
        ("max(duration) < 50ms", "GET /, health"),
        ("{ } | by(resource.service.name) | count() > 2", "GetCart, SELECT, cache"),
        ("by(resource.service.name) | count() = 2", "GET /cart, call cart, GET /, health"),
        ("{ } | by(kind) | count() > 1 | coalesce() | count() > 3", "GET /cart, call cart, GetCart, SELECT"),
        ("{ } | by(kind) | { status = error }", "GetCart"),
        ("{ } | select(span.http.route) | { kind = server }", "GET /cart, GetCart, GET /"),
        ("({ kind = server } | count() > 1) && ({ kind = client })", "GET /cart, call cart, GetCart, SELECT"),
        ("({ kind = server }) >> ({ kind = internal })", "cache"),
        ("{ } | sum(span.http.status_code) = 500", "GET /cart, call cart, GetCart, SELECT, cache, late"),
        ("{ } | min(span.nobody) > 0", ""),
    ] {
        let query = read(query).unwrap_or_else(|trouble| panic!("{query}: {trouble}"));
        let matched = evaluator.matched(&made.dataset, &query).unwrap();
        let spans = matched.selected.rows(&made.dataset);
        let names: Vec<&str> = spans.map(|span| made.dataset.str(made.dataset.spans.name[span])).collect();
        assert_eq!(names.join(", "), expected, "{}", query.text.0);
    }
}

#[test]
fn groups_and_columns_come_along() {
    let made = shop();
    let dataset = &made.dataset;
    let mut evaluator = Evaluator::new(dataset);
    let query = read("{ kind != consumer } | by(resource.service.name) | by(status) | select(name, span.http.route)").unwrap();
    let matched = evaluator.matched(dataset, &query).unwrap();
    let shown = |value: &EvalValue| match value {
        EvalValue::String(text) => dataset.str(*text).to_owned(),
        value => format!("{value:?}"),
    };
    let name = |span: &SpanIdx| dataset.str(dataset.spans.name[*span]);
    let groups: Vec<String> = matched
        .groups
        .iter()
        .map(|group| {
            let values: Vec<String> = group.values.iter().map(shown).collect();
            let names: Vec<&str> = group.spans.iter().map(name).collect();
            format!("{} of {}: {}", values.join(" "), group.trace.0, names.join(", "))
        })
        .collect();
    assert_eq!(
        groups,
        [
            "frontend Status(Unset) of 0: GET /cart, call cart",
            "cart Status(Error) of 0: GetCart",
            "cart Status(Unset) of 0: SELECT, cache",
            "frontend Status(Unset) of 1: GET /, health",
        ]
    );
    let columns: Vec<String> = matched.columns.iter().map(spanwise::traceql::print::field).collect();
    assert_eq!(columns, ["name", "span.http.route"]);
}

#[test]
fn a_chain_of_a_hundred_thousand_is_searched() {
    let n = 100_000;
    let mut batch = spanwise::model::Batch::default();
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    let names = ["a", "b"].map(|name| batch.strings.intern(name));
    for id in 1..=n {
        batch.push_span(&spanwise::model::SpanDraft {
            trace: spanwise::model::TraceKey::from_number(1),
            id: spanwise::model::SpanKey::from_number(id),
            parent: spanwise::model::SpanKey::from_number(id - 1),
            name: names[usize::from(id % 1000 == 0)],
            start: id,
            end: 3 * n - id,
            resource,
            scope,
            ..Default::default()
        });
    }
    let dataset = spanwise::model::Dataset::seal(batch, spanwise::model::ImportReport::default());
    let mut evaluator = Evaluator::new(&dataset);
    for (query, expected) in [
        (r#"{ name = "b" } >> { name = "a" }"#, 98_901),
        (r#"{ name = "a" } << { name = "b" }"#, 99),
        (r#"{ name = "b" } > { }"#, 99),
        (r#"{ name = "b" } !>> { }"#, 1000),
        (r#"{ } | by(name) | { } >> { name = "b" }"#, 99),
    ] {
        let matched = evaluator.matched(&dataset, &read(query).unwrap()).unwrap();
        assert_eq!(matched.selected.count(&dataset), expected, "{query}");
    }
}

//! Queries over a million spans of twelve attributes each, on one core, beside a naive program that goes row by row.
//!
//! `cargo bench --bench queries` asks each query of a store that nothing is known of, then again; `-- 100000` of fewer spans.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on should say so"
)]

mod shop;

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use spanwise::engine::{Engine, Outcome};
use spanwise::model::Dataset;
use spanwise::protocol::{FacetsRequest, QueryRequest, Request, Selection};
use spanwise::traceql::eval::Evaluator;
use spanwise::traceql::eval::metrics::{Window, series};
use spanwise::traceql::read;

/// How often each thing is measured; the median counts.
const ROUNDS: usize = 7;

const SPANS_PER_TRACE: u64 = 50;

fn main() {
    let spans = std::env::args().find_map(|argument| argument.parse::<u64>().ok()).unwrap_or(1_000_000);
    let shop = shop::Shop::new(spans / SPANS_PER_TRACE, SPANS_PER_TRACE);
    let dataset = &shop.dataset;
    println!("{} spans, {} attributes; medians of {ROUNDS} rounds in ms\n", dataset.spans.len(), dataset.attributes.len());
    println!("{:<24}{:>8}{:>8}{:>8}{:>8}{:>8}{:>10}", "", "first", "again", "naive", "ratio", "budget", "matched");
    for question in shop::QUESTIONS {
        let query = read(question.query).unwrap();
        let first = median(|| drop(black_box(Evaluator::new(dataset).matched(dataset, &query))));
        let mut evaluator = Evaluator::new(dataset);
        let again = median(|| drop(black_box(evaluator.matched(dataset, &query))));
        let naive = median(|| {
            black_box((question.naive)(&shop.rows));
        });
        let matched = evaluator.matched(dataset, &query).unwrap().selected.count(dataset);
        assert_eq!(matched, (question.naive)(&shop.rows), "{}", question.name);
        let ratio = naive / first;
        println!("{:<24}{first:>8.1}{again:>8.1}{naive:>8.1}{ratio:>8.1}{:>8.0}{matched:>10}", question.name, question.budget);
    }
    let first = dataset.traces.start.as_slice().iter().copied().min().unwrap_or(0);
    let last = dataset.traces.end.as_slice().iter().copied().max().unwrap_or(0);
    let window = Window { start: first, end: last + 1, step: (last - first) / 240 };
    for (name, query) in [
        ("groups", r"{ } | by(resource.service.name) | count() > 4"),
        ("rate by service", "{ } | rate() by (resource.service.name)"),
        ("quantiles", "{ } | quantile_over_time(duration, 0.5, 0.95, 0.99) by (span.region)"),
        ("histogram", "{ } | histogram_over_time(duration)"),
        ("compare", "{ } | compare({ status = error })"),
    ] {
        let query = read(query).unwrap();
        let is_metrics = matches!(query.root, spanwise::traceql::tree::Root::Metrics(_));
        let ask = |evaluator: &mut Evaluator| {
            if is_metrics {
                drop(black_box(series(evaluator, dataset, &query, window)));
            } else {
                drop(black_box(evaluator.matched(dataset, &query)));
            }
        };
        let first = median(|| ask(&mut Evaluator::new(dataset)));
        println!("{name:<24}{first:>8.1}");
    }
    beside_the_box(shop.dataset);
}

/// What the query box and the facets ask while somebody types: once of a data set that nothing is known of, then again.
fn beside_the_box(dataset: Dataset) {
    let mut engine = Engine::default();
    let epoch = engine.adopt(dataset).epoch;
    println!("\n{:<40}{:>8}{:>8}", "beside the box", "first", "again");
    let completion = |text: &str| Request::Query(QueryRequest { text: text.to_owned(), cursor: u32::try_from(text.len()).ok() });
    let facets = |filter: &str| {
        let selection = Selection { filter: filter.to_owned(), brushes: Vec::new() };
        Request::Facets(Box::new(FacetsRequest { selection, attributes: Vec::new(), limit: 100 }))
    };
    for (name, request) in [
        ("completion of keys", completion("{ span.")),
        ("completion of names", completion("{ name = \"")),
        ("completion of a service", completion("{ resource.service.name = \"")),
        ("completion of values", completion("{ span.region = \"")),
        ("facets of all", facets("")),
        ("facets of a query", facets("{ status = error }")),
    ] {
        let mut ask = || {
            let mut job = engine.begin(epoch, request.clone());
            while !matches!(engine.step(&mut job, &|| true), Outcome::Done(_)) {}
        };
        let start = clock();
        ask();
        let first = clock() - start;
        println!("{name:<40}{first:>8.1}{:>8.1}", median(ask));
    }
}

fn median(mut ask: impl FnMut()) -> f64 {
    let mut took: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = clock();
            ask();
            clock() - start
        })
        .collect();
    took.sort_by(f64::total_cmp);
    took[ROUNDS / 2]
}

/// Milliseconds: of this thread on a processor where the system tells, so that whatever else runs does not count; else by the clock.
fn clock() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "benches run natively, where there is a clock")]
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let on_processor = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map(|nanos| nanos / 1e6);
    on_processor.unwrap_or_else(|| BEGIN.elapsed().as_secs_f64() * 1e3)
}

//! The table of operations, against an oracle that goes through all spans for each row.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use spanwise::analysis::{CriticalPath, GroupKey, Grouping, Operations, SKETCH_ERROR_PPM, Selected, SpanTimes};
use spanwise::model::{Batch, Dataset, ImportReport, SpanDraft, SpanIdx, SpanKey, StatusCode, TraceKey};
use spanwise::protocol::{Brush, Exactness, ExampleKind, ExampleTrace, RedColumn, RedRequest, RedRow, RedView, Selection, Stats};

use crate::analysis::Random;
use crate::notation::dataset;
use crate::selection::{Opened, naive_spans, random_selection, random_shop};

const COLUMNS: [RedColumn; 10] = [
    RedColumn::Operation,
    RedColumn::Calls,
    RedColumn::ErrorShare,
    RedColumn::P50,
    RedColumn::P95,
    RedColumn::P99,
    RedColumn::Max,
    RedColumn::Total,
    RedColumn::SelfTime,
    RedColumn::Critical,
];

fn nearest(sorted: &[u64], percent: usize) -> u64 {
    (0..sorted.len()).find(|at| (at + 1) * 100 >= sorted.len() * percent).map_or(0, |at| sorted[at])
}

/// Nanoseconds of a span in which no child of it runs, each looked at.
fn self_time(dataset: &Dataset, span: SpanIdx) -> u64 {
    let spans = &dataset.spans;
    let children: Vec<SpanIdx> = spans.id.range().iter().filter(|&other| spans.parent(other) == Some(span)).collect();
    let is_free = |time: &u64| !children.iter().any(|&child| spans.start[child] <= *time && *time < spans.drawn_end(child));
    (spans.start[span]..spans.drawn_end(span)).filter(is_free).count() as u64
}

fn critical(dataset: &Dataset, span: SpanIdx) -> u64 {
    let rows = dataset.traces.spans[dataset.spans.trace[span]];
    CriticalPath::of(dataset, rows).parts.iter().filter(|part| part.0 == span).map(|part| part.2 - part.1).sum()
}

fn stats(dataset: &Dataset, members: &[SpanIdx]) -> Stats {
    let spans = &dataset.spans;
    let mut durations: Vec<u64> = members.iter().map(|&span| spans.duration(span)).collect();
    durations.sort_unstable();
    Stats {
        calls: members.len() as u64,
        errors: members.iter().filter(|&&span| spans.status[span] == StatusCode::Error).count() as u64,
        p50: nearest(&durations, 50),
        p90: nearest(&durations, 90),
        p95: nearest(&durations, 95),
        p99: nearest(&durations, 99),
        min: durations.first().copied().unwrap_or(0),
        max: durations.last().copied().unwrap_or(0),
        total: durations.iter().sum(),
        self_time: members.iter().map(|&span| self_time(dataset, span)).sum(),
    }
}

/// The rows that there should be, by service's position and name.
fn naive(dataset: &Dataset, selection: &Selection, spark_bins: u32) -> (Vec<RedRow>, (u64, u64), Stats) {
    let spans = &dataset.spans;
    let selected = naive_spans(dataset, selection);
    let starts = || selected.iter().map(|&span| spans.start[span]).filter(|&start| start != 0);
    let window = (starts().min().unwrap_or(0), starts().max().unwrap_or(0));
    let mut operations: BTreeMap<(u32, &str), Vec<SpanIdx>> = BTreeMap::new();
    for &span in &selected {
        operations.entry((dataset.service(span).0, dataset.str(spans.name[span]))).or_default().push(span);
    }
    let width = (window.1 - window.0) / u64::from(spark_bins.max(1)) + 1;
    let rows = operations.into_iter().map(|((service, name), members)| {
        let bins = |only_failed: bool| {
            let in_bin = |bin: u64| {
                let counted = members.iter().filter(|&&span| spans.start[span] != 0);
                let counted = counted.filter(|&&span| !only_failed || spans.status[span] == StatusCode::Error);
                counted.filter(|&&span| (spans.start[span] - window.0) / width == bin).count()
            };
            (0..u64::from(spark_bins)).map(|bin| u32::try_from(in_bin(bin)).unwrap()).collect::<Vec<u32>>()
        };
        RedRow {
            service,
            name: name.to_owned(),
            stats: stats(dataset, &members),
            critical: members.iter().map(|&span| critical(dataset, span)).sum(),
            spark: bins(false),
            spark_errors: bins(true),
            examples: examples(dataset, &members),
        }
    });
    (rows.collect(), window, stats(dataset, &selected))
}

fn examples(dataset: &Dataset, members: &[SpanIdx]) -> Vec<ExampleTrace> {
    let spans = &dataset.spans;
    // Of equal durations the first row.
    let first_of = |duration: Option<u64>, only_failed: bool| {
        let fits = |span: &&SpanIdx| {
            Some(spans.duration(**span)) == duration && (!only_failed || spans.status[**span] == StatusCode::Error)
        };
        members.iter().find(fits).copied()
    };
    let figures = stats(dataset, members);
    let failed = members.iter().filter(|&&span| spans.status[span] == StatusCode::Error);
    let chosen = [
        (ExampleKind::Fastest, first_of(Some(figures.min), false)),
        (ExampleKind::Median, first_of(Some(figures.p50), false)),
        (ExampleKind::Slowest, first_of(Some(figures.max), false)),
        (ExampleKind::Failing, first_of(failed.map(|&span| spans.duration(span)).max(), true)),
    ];
    let example = |(of, span): (ExampleKind, Option<SpanIdx>)| {
        let span = span?;
        Some(ExampleTrace {
            of,
            trace_id: dataset.traces.key[spans.trace[span]].display(&dataset.strings).to_string(),
            span_id: spans.key(span).display(&dataset.strings).to_string(),
            name: dataset.str(spans.name[span]).to_owned(),
            start: spans.start[span],
            duration: spans.duration(span),
        })
    };
    chosen.into_iter().filter_map(example).collect()
}

fn compare(dataset: &Dataset, sort: RedColumn, a: &RedRow, b: &RedRow) -> Ordering {
    let share = |row: &RedRow| row.stats.errors as f64 / row.stats.calls as f64;
    match sort {
        RedColumn::Operation => label(dataset, a).cmp(&label(dataset, b)),
        RedColumn::Calls => a.stats.calls.cmp(&b.stats.calls),
        RedColumn::ErrorShare => share(a).total_cmp(&share(b)),
        RedColumn::P50 => a.stats.p50.cmp(&b.stats.p50),
        RedColumn::P95 => a.stats.p95.cmp(&b.stats.p95),
        RedColumn::P99 => a.stats.p99.cmp(&b.stats.p99),
        RedColumn::Max => a.stats.max.cmp(&b.stats.max),
        RedColumn::Total => a.stats.total.cmp(&b.stats.total),
        RedColumn::SelfTime => a.stats.self_time.cmp(&b.stats.self_time),
        RedColumn::Critical => a.critical.cmp(&b.critical),
    }
}

fn label(dataset: &Dataset, row: &RedRow) -> (String, String) {
    (dataset.service_name(spanwise::model::ServiceIdx(row.service)).to_owned(), row.name.clone())
}

#[test]
fn the_table_is_what_the_oracle_counts() {
    for seed in 0..120 {
        let mut open = Opened::new(random_shop(seed));
        let mut random = Random(seed);
        for round in 0..3 {
            let selection = if round == 0 { Selection::default() } else { random_selection(&open.dataset, &mut random) };
            let spark_bins = u32::try_from(random.below(20)).unwrap();
            let case = format!("seed {seed}: {selection:?}");
            let (rows, window, all) = naive(&open.dataset, &selection, spark_bins);
            let request = RedRequest { selection, spark_bins, limit: 100, ..RedRequest::default() };
            let view = open.red(request.clone());
            assert_eq!((view.total as usize, view.matched as usize), (rows.len(), rows.len()), "{case}");
            assert_eq!((view.window, view.all), (window, all), "{case}");
            assert_eq!(view.critical, rows.iter().map(|row| row.critical).sum::<u64>(), "{case}");
            assert_eq!(view.exactness, Exactness::Exact);
            let mut found = view.rows.clone();
            found.sort_by(|a, b| (a.service, &a.name).cmp(&(b.service, &b.name)));
            assert_eq!(found, rows, "{case}");
            check_orders(&mut open, &request, &rows, &case);
        }
    }
}

/// All columns in both directions, the filter, and windows of it.
fn check_orders(open: &mut Opened, request: &RedRequest, rows: &[RedRow], case: &str) {
    let dataset = open.dataset.clone();
    for sort in COLUMNS {
        for descending in [false, true] {
            // Twins by name keep the order in which they come, which the oracle knows nothing of.
            let key = |row: &RedRow| (label(&dataset, row), row.stats.calls, row.stats.total);
            let mut sorted = rows.to_vec();
            sorted.sort_by_key(|row| label(&dataset, row));
            sorted.sort_by(|a, b| {
                let ordering = compare(&dataset, sort, a, b);
                if descending { ordering.reverse() } else { ordering }
            });
            let view = open.red(RedRequest { sort, descending, ..request.clone() });
            let names = |rows: &[RedRow]| rows.iter().map(|row| label(&dataset, row)).collect::<Vec<_>>();
            assert_eq!(names(&view.rows), names(&sorted), "{sort:?} {descending}, {case}");
            for (offset, limit) in [(0, 2), (1, 3), (5, 1), (100, 5), (0, 0)] {
                let window = open.red(RedRequest { sort, descending, offset, limit, ..request.clone() });
                let slice = view.rows.iter().skip(offset as usize).take(limit as usize).cloned().collect::<Vec<_>>();
                assert_eq!(window.rows.iter().map(key).collect::<Vec<_>>(), slice.iter().map(key).collect::<Vec<_>>(), "{case}");
                assert_eq!(window.rows, slice, "{sort:?} {descending} from {offset}, {case}");
                assert_eq!(window.offset, offset.min(view.matched));
            }
        }
    }
    for filter in ["", " b ", "CART", "/x", "zzz"] {
        let view = open.red(RedRequest { filter: filter.to_owned(), ..request.clone() });
        let text = filter.trim().to_lowercase();
        let holds = |row: &&RedRow| {
            let (service, name) = label(&dataset, row);
            service.to_lowercase().contains(&text) || name.to_lowercase().contains(&text)
        };
        assert_eq!(view.matched as usize, rows.iter().filter(holds).count(), "{filter:?}, {case}");
        assert_eq!(view.rows.len(), view.matched as usize);
        assert!(view.rows.iter().all(|row| holds(&row)), "{filter:?}, {case}");
        assert_eq!(view.total as usize, rows.len(), "{filter:?}, {case}");
    }
}

fn drawn(dataset: &Dataset, view: &RedView) -> String {
    let mut text = String::from("\n");
    let ms = |nanos: u64| nanos / 1_000_000;
    for row in &view.rows {
        let (service, name) = label(dataset, row);
        let RedRow { stats, spark, spark_errors, .. } = row;
        let [p50, max, total, own] = [stats.p50, stats.max, stats.total, stats.self_time].map(ms);
        write!(text, "{service} {name}: {}/{} p50 {p50} max {max} total {total} self {own}", stats.errors, stats.calls).unwrap();
        write!(text, " {spark:?} {spark_errors:?}").unwrap();
        for example in &row.examples {
            write!(text, " {:?}={}/{}", example.of, &example.trace_id[30..], &example.span_id[15..]).unwrap();
        }
        text.push('\n');
    }
    text
}

const SHOP: &str = "
trace a1
  web   GET /cart   0..120ms  server
    db  SELECT     20..70ms   client  !error
trace a2 at 1700000000100000000
  web   GET /cart   0..20ms   server
    db  SELECT      5..7ms    client
    db  SELECT      8ms..-    client
";

#[test]
fn a_shop_in_a_table() {
    let mut open = Opened::new(dataset(SHOP));
    let request = RedRequest { descending: true, limit: 10, spark_bins: 4, ..RedRequest::default() };
    let view = open.red(request.clone());
    assert_eq!(
        drawn(&open.dataset, &view),
        "
web GET /cart: 0/2 p50 20 max 120 total 140 self 88 [1, 0, 0, 1] [0, 0, 0, 0] Fastest=a2/1 Median=a2/1 Slowest=a1/1
db SELECT: 1/3 p50 2 max 50 total 52 self 52 [1, 0, 0, 2] [1, 0, 0, 0] Fastest=a2/3 Median=a2/2 Slowest=a1/2 Failing=a1/2
"
    );
    // Self times are those of the whole trees, also where only some spans are looked at.
    let selection =
        Selection { filter: String::new(), brushes: vec![Brush { duration: Some((1, 20_000_000)), ..Brush::default() }] };
    let view = open.red(RedRequest { selection, ..request });
    assert_eq!(
        drawn(&open.dataset, &view),
        "
web GET /cart: 0/1 p50 20 max 20 total 20 self 18 [1, 0, 0, 0] [0, 0, 0, 0] Fastest=a2/1 Median=a2/1 Slowest=a2/1
db SELECT: 0/1 p50 2 max 2 total 2 self 2 [0, 0, 0, 1] [0, 0, 0, 0] Fastest=a2/2 Median=a2/2 Slowest=a2/2
"
    );
}

#[test]
fn beyond_the_limit_percentiles_are_near() {
    let mut random = Random(5);
    let mut batch = Batch::default();
    let names = ["a", "b"].map(|name| batch.strings.intern(name));
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    for id in 1..=9000 {
        let start = 1 + random.below(1000);
        let bits = 5 + random.below(25);
        batch.push_span(&SpanDraft {
            trace: TraceKey::Regular(u128::from(id % 50)),
            id: SpanKey::Regular(id),
            name: names[usize::from(random.below(3) == 0)],
            start,
            end: start + random.below(1 << bits),
            status: if random.below(10) == 0 { StatusCode::Error } else { StatusCode::Unset },
            resource,
            scope,
            ..SpanDraft::default()
        });
    }
    let dataset = Dataset::seal(batch, ImportReport::default());
    let grouping = Grouping::new(&dataset, dataset.spans.id.range(), GroupKey::Operation, &|_| String::new());
    let own = vec![1; dataset.spans.len()];
    let times = SpanTimes { own: &own, critical: &own };
    let all = Selected::all(&dataset);
    let exact = Operations::new(&dataset, &all, &grouping, times, 9000);
    let sketched = Operations::new(&dataset, &all, &grouping, times, 8999);
    assert!(exact.is_exact && !sketched.is_exact);
    let near = |found: u64, exact: u64| found.abs_diff(exact) * 1_000_000 <= exact * u64::from(SKETCH_ERROR_PPM) + 500_001;
    assert!(near(sketched.percentiles.p99, exact.percentiles.p99));
    for (found, exact_one) in sketched.operations.iter().zip(&exact.operations) {
        assert_eq!((found.member, found.tally, found.critical), (exact_one.member, exact_one.tally, exact_one.critical));
        let (a, b) = (found.percentiles, exact_one.percentiles);
        assert!(near(a.p50, b.p50) && near(a.p90, b.p90) && near(a.p95, b.p95) && near(a.p99, b.p99), "{a:?} for {b:?}");
        let of = |operations: &Operations, operation| operations.examples(&dataset, operation).unwrap();
        let (a, b) = (of(&sketched, found), of(&exact, exact_one));
        assert_eq!((a.fastest, a.slowest, a.failing), (b.fastest, b.slowest, b.failing));
        assert!(near(dataset.spans.duration(a.median), exact_one.percentiles.p50) || a.median == b.median);
        assert_eq!(
            sketched.over_time(&dataset, found, 7),
            exact.over_time(&dataset, exact_one, 7),
            "the order of spans does not show"
        );
    }
}

#[test]
fn hostile_times_and_names_have_bounded_answers() {
    let max = u64::MAX;
    for times in [&[][..], &[(0, 0)], &[(1, max), (1, max), (max, max), (max, 0), (0, max)], &[(max, max)]] {
        let mut batch = Batch::default();
        let (resource, scope) = (batch.open_resource(), batch.open_scope());
        for (&(start, end), id) in times.iter().zip(1_u64..) {
            let (trace, id) = (TraceKey::Missing, SpanKey::Regular(id));
            batch.push_span(&SpanDraft { trace, id, start, end, resource, scope, ..SpanDraft::default() });
        }
        let mut open = Opened::new(Dataset::seal(batch, ImportReport::default()));
        let request = RedRequest { limit: u32::MAX, spark_bins: u32::MAX, ..RedRequest::default() };
        let view = open.red(request);
        assert_eq!(view.rows.len(), usize::from(!times.is_empty()));
        assert_eq!(view.all.calls, times.len() as u64);
        for row in &view.rows {
            assert!(row.spark.len() <= 256);
            let timed = times.iter().filter(|times| times.0 != 0).count();
            assert_eq!(row.spark.iter().sum::<u32>() as usize, timed);
            let slowest = row.examples.iter().find(|example| example.of == ExampleKind::Slowest).unwrap();
            assert_eq!(slowest.duration, row.stats.max);
        }
        if 1 < times.len() {
            assert_eq!((view.all.max, view.all.total), (max - 1, max));
        }
    }
    let mut batch = Batch::default();
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    for id in 1..=20_000 {
        let name = batch.strings.intern(&format!("operation {id:05}"));
        let (trace, span) = (TraceKey::Regular(1), SpanKey::Regular(id));
        batch.push_span(&SpanDraft { trace, id: span, name, start: 5, end: 6, resource, scope, ..SpanDraft::default() });
    }
    let mut open = Opened::new(Dataset::seal(batch, ImportReport::default()));
    let request = RedRequest { limit: u32::MAX, offset: 15_000, ..RedRequest::default() };
    let view = open.red(request);
    assert_eq!((view.total, view.matched, view.rows.len()), (20_000, 20_000, 4096));
    // All equal, so by name.
    assert_eq!(view.rows[0].name, "operation 15001");
}

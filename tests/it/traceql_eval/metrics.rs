//! Metrics: series against sums made the slow way, and worked examples of what is done to them.

use std::collections::BTreeMap;

use spanwise::base::Idx as _;
use spanwise::model::{SpanIdx, StatusCode};
use spanwise::traceql::eval::Evaluator;
use spanwise::traceql::eval::metrics::{Answer, Series, Unit, Window, series as measure};
use spanwise::traceql::read;
use spanwise::traceql::tree::{Field, Intrinsic, Measure, Metrics, MetricsExpr, Pipeline, Query, Root, Spanset, Stage, Written};

use super::super::generate::Random;
use super::made::{self, Made};
use super::oracle::{Oracle, Plain, float, likeness};
use super::worked::shop;
use super::{plain, queries};

const WINDOW: Window = Window { start: 1000, end: 1040, step: 7 };

/// Points by what series are told apart by.
type Lines = BTreeMap<String, Vec<Option<f64>>>;

fn lines(made: &Made, series: &[Series]) -> Lines {
    let key = |series: &Series| {
        let values = series.labels.iter().map(|label| plain(made, label.1.unwrap_or_default())).collect();
        likeness(&Plain::Array(values))
    };
    series.iter().map(|series| (key(series), series.points.clone())).collect()
}

/// The same from plain structures: values of each series and step, and what is made of them.
fn slow(made: &Made, pipeline: &Pipeline, measure: &Measure, by: &[Field]) -> Lines {
    let oracle = Oracle::new(made);
    let field = match measure {
        Measure::Rate | Measure::Count => None,
        Measure::Min(field)
        | Measure::Max(field)
        | Measure::Avg(field)
        | Measure::Sum(field)
        | Measure::Quantiles(field, _)
        | Measure::Histogram(field) => Some(field),
    };
    let steps = usize::try_from(WINDOW.steps()).unwrap();
    let first = |field: &Field, row: usize| {
        oracle.of_field(field, row).into_iter().find(|value| !matches!(value, Plain::Nil)).unwrap_or(Plain::Nil)
    };
    let mut heaps: BTreeMap<String, (Vec<Plain>, Vec<Vec<f64>>)> = BTreeMap::new();
    for row in oracle.spansets(pipeline).iter().flat_map(|set| set.rows.clone()) {
        let start = made.spans[row].start;
        if !(WINDOW.start..WINDOW.end).contains(&start) {
            continue;
        }
        let value = field.map_or(0.0, |field| match first(field, row) {
            value @ (Plain::Int(_) | Plain::Float(_) | Plain::Duration(_)) => float(&value),
            _ => f64::NAN,
        });
        if value.is_nan() {
            continue;
        }
        let labels: Vec<Plain> = by.iter().map(|field| first(field, row)).collect();
        let heap = heaps.entry(likeness(&Plain::Array(labels.clone()))).or_insert_with(|| (labels, vec![Vec::new(); steps]));
        heap.1[usize::try_from((start - WINDOW.start) / WINDOW.step).unwrap()].push(value);
    }
    if heaps.is_empty() && by.is_empty() && field.is_none() {
        heaps.insert(likeness(&Plain::Array(Vec::new())), (Vec::new(), vec![Vec::new(); steps]));
    }
    let mut lines = Lines::new();
    for (labels, mut heap) in heaps.into_values() {
        for values in &mut heap {
            values.sort_by(f64::total_cmp);
        }
        let mut add = |label: Option<f64>, point: &dyn Fn(&Vec<f64>) -> Option<f64>| {
            let labels = labels.iter().cloned().chain(label.map(Plain::Float)).collect();
            lines.insert(likeness(&Plain::Array(labels)), heap.iter().map(point).collect());
        };
        let sum = |values: &Vec<f64>| values.iter().sum::<f64>();
        let any = |values: &Vec<f64>, figure: f64| (!values.is_empty()).then_some(figure);
        match measure {
            Measure::Count => add(None, &|values| Some(values.len() as f64)),
            Measure::Rate => add(None, &|values| Some(values.len() as f64 / 7e-9)),
            Measure::Min(_) => add(None, &|values| values.first().copied()),
            Measure::Max(_) => add(None, &|values| values.last().copied()),
            Measure::Sum(_) => add(None, &|values| any(values, sum(values))),
            Measure::Avg(_) => add(None, &|values| any(values, sum(values) / values.len() as f64)),
            Measure::Quantiles(_, quantiles) => {
                for &quantile in quantiles {
                    // The least value of which so many are not above.
                    add(Some(quantile), &|values| {
                        let reaches = |value: &&f64| {
                            let share = values.iter().filter(|other| other <= value).count() as f64 / values.len() as f64;
                            quantile <= share + 1e-12
                        };
                        values.iter().find(reaches).copied()
                    });
                }
            }
            Measure::Histogram(_) => panic!("histograms have a test of their own"),
        }
    }
    lines
}

fn same(ours: &Lines, theirs: &Lines) -> bool {
    let near = |(a, b): (&Option<f64>, &Option<f64>)| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) || a.total_cmp(b).is_eq(),
        (a, b) => a == b,
    };
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(a, b)| a.0 == b.0 && a.1.len() == b.1.len() && a.1.iter().zip(b.1).all(near))
}

#[test]
fn series_are_what_the_slow_way_sums() {
    let mut filled = 0;
    for seed in 1..=150_u64 {
        let mut random = Random::new(seed + 30_000);
        let made = Made::of(&made::traces(&mut random));
        let mut evaluator = Evaluator::new(&made.dataset);
        for _ in 0..12 {
            let field = |random: &mut Random| match random.below(3) {
                0 => Field::Intrinsic(Intrinsic::Duration),
                1 => Field::Intrinsic(Intrinsic::ChildCount),
                _ => queries::field(random),
            };
            let what = match random.below(7) {
                0 => Measure::Rate,
                1 => Measure::Count,
                2 => Measure::Min(field(&mut random)),
                3 => Measure::Max(field(&mut random)),
                4 => Measure::Avg(field(&mut random)),
                5 => Measure::Sum(field(&mut random)),
                _ => Measure::Quantiles(field(&mut random), vec![0.0, 0.5, 0.95, 1.0]),
            };
            let by: Vec<Field> = (0..random.below(3)).map(|_| queries::field(&mut random)).collect();
            let pipeline = Pipeline { stages: vec![Stage::Spanset(Spanset::Filter(queries::truth(&mut random, 2)))] };
            let theirs = slow(&made, &pipeline, &what, &by);
            let of = MetricsExpr::Series { pipeline, measure: what, by };
            let query =
                Query { root: Root::Metrics(Metrics { of, then: Vec::new() }), hints: Vec::new(), text: Written::default() };
            let answer = measure(&mut evaluator, &made.dataset, &query, WINDOW).unwrap();
            let Answer::Series { series, notes, .. } = answer else { panic!("these are lines") };
            let ours = lines(&made, &series);
            assert!(same(&ours, &theirs), "{}\n{ours:?}\n{theirs:?}", spanwise::traceql::print::text(&query));
            // Everything that the pipeline left is somewhere.
            let matched = evaluator.matched(&made.dataset, &query).unwrap().selected.count(&made.dataset) as u64;
            assert_eq!(notes.spans + notes.outside + notes.without_value, matched);
            filled += u32::from(ours.values().flatten().flatten().any(|&point| point != 0.0));
            for line in &series {
                for &(time, _, span) in &line.exemplars {
                    assert_eq!(time, made.dataset.spans.start[span]);
                    assert!(line.points[usize::try_from((time - WINDOW.start) / WINDOW.step).unwrap()].is_some());
                }
            }
        }
    }
    assert!(400 < filled, "{filled}");
}

/// The series of a query over the shop, in steps of 100 ms, as text.
fn shown(query: &str) -> Result<String, String> {
    let made = shop();
    let dataset = &made.dataset;
    let mut evaluator = Evaluator::new(dataset);
    let window = Window { start: 1_000_000_000, end: 1_400_000_000, step: 100_000_000 };
    let query = read(query).map_err(|trouble| trouble.to_string())?;
    let value = |value: Option<spanwise::traceql::eval::EvalValue>| match value {
        None => "nil".to_owned(),
        Some(value) => value.text(dataset).map_or_else(|| format!("{value:?}"), std::borrow::Cow::into_owned),
    };
    let line = |labels: &[(String, Option<spanwise::traceql::eval::EvalValue>)], points: &[Option<f64>]| {
        let labels: Vec<String> = labels.iter().map(|label| format!("{}={}", label.0, value(label.1))).collect();
        let points: Vec<String> = points.iter().map(|point| point.map_or("-".to_owned(), |point| point.to_string())).collect();
        format!("{}: {}", labels.join(","), points.join(" "))
    };
    let shown = match measure(&mut evaluator, dataset, &query, window).unwrap() {
        Answer::Series { series, unit, .. } => {
            let unit = match unit {
                Unit::None => "",
                Unit::PerSecond => "/s ",
                Unit::Nanoseconds => "ns ",
            };
            series.iter().map(|series| format!("{unit}{}", line(&series.labels, &series.points))).collect::<Vec<_>>().join("; ")
        }
        Answer::Heat { rows, .. } => {
            rows.iter().map(|row| format!("{} {}", row.bucket, line(&row.labels, &row.points))).collect::<Vec<_>>().join("; ")
        }
        Answer::Compare { selected, rest, rows, .. } => {
            let of = |row: &spanwise::traceql::eval::metrics::Compared| {
                let values: Vec<String> =
                    row.values.iter().map(|of| format!("{} {}:{}", value(Some(of.value)), of.selected, of.rest)).collect();
                format!("{} [{}]+{}", spanwise::traceql::print::field(&row.field), values.join(", "), row.values_left_out)
            };
            format!("{selected}:{rest} {}", rows.iter().map(of).collect::<Vec<_>>().join("; "))
        }
    };
    Ok(shown)
}

#[test]
fn metrics_mean_what_they_say() {
    let mut other = Vec::new();
    for (query, expected) in [
        ("{ } | count_over_time()", ": 5 0 1 2"),
        ("{ } | rate()", "/s : 50 0 10 20"),
        ("{ false } | rate()", "/s : 0 0 0 0"),
        (
            "{ } | count_over_time() by (resource.service.name)",
            "resource.service.name=cart: 3 0 0 0; resource.service.name=frontend: 2 0 0 2; resource.service.name=queue: 0 0 1 0",
        ),
        ("{ } | max_over_time(duration)", "ns : 100000000 - 10000000 20000000"),
        ("{ } | min_over_time(duration)", "ns : 5000000 - 10000000 1000000"),
        ("{ } | sum_over_time(duration)", "ns : 285000000 - 10000000 21000000"),
        ("{ } | avg_over_time(span.http.status_code)", ": 500 - - 200"),
        (
            "{ } | quantile_over_time(duration, 0.5, 1.0)",
            "ns p=Float(0.5): 60000000 - 10000000 1000000; ns p=Float(1.0): 100000000 - 10000000 20000000",
        ),
        ("{ } | histogram_over_time(span.http.status_code)", "256 : 0 0 0 1; 512 : 1 0 0 0"),
        // Second stages. What is compared with durations is in seconds.
        ("{ } | max_over_time(duration) > 0.015", "ns : 100000000 - - 20000000"),
        (
            "{ } | count_over_time() by (resource.service.name) | topk(1)",
            "resource.service.name=cart: 3 0 - -; resource.service.name=frontend: - - - 2; resource.service.name=queue: - - 1 -",
        ),
        ("{ } | count_over_time() by (resource.service.name) > 1 | bottomk(1)", "resource.service.name=frontend: 2 - - 2"),
        // Arithmetic.
        ("({ status = error } | count_over_time()) / ({ } | count_over_time()) * 100", ": 20 - 0 0"),
        ("({ } | rate()) * 2", "/s : 100 0 20 40"),
        ("({ } | max_over_time(duration)) / 1000", "ns : 100000 - 10000 20000"),
        ("({ } | sum_over_time(duration)) / ({ } | count_over_time())", "ns : 57000000 - 10000000 10500000"),
        ("({ } | count_over_time() by (kind)) / ({ kind = server } | count_over_time() by (kind))", "kind=Kind(Server): 1 - - 1"),
        // What tells the failed from the rest.
        (
            "{ kind = server } | compare({ status = error }, 1)",
            "1:2 name [GetCart 1:0, GET / 0:1]+1; resource.service.name [cart 1:0, frontend 0:2]+0; status [Status(Error) 1:0, Status(Unset) 0:2]+0; statusMessage [boom 1:0]+0; rootName [GET /cart 1:1]+1; span.http.route [/cart 0:1]+0; span.http.status_code [Int(200) 0:1]+1; kind [Kind(Server) 1:2]+0; resource.cluster [eu 1:2]+0; rootServiceName [frontend 1:2]+0",
        ),
    ] {
        let found = shown(query).unwrap_or_else(|trouble| trouble);
        if found != expected {
            other.push(format!("{query}\n  found    {found}\n  expected {expected}"));
        }
    }
    assert!(other.is_empty(), "\n{}", other.join("\n"));
}

#[test]
fn bounds_are_counted() {
    let spans: Vec<made::MadeSpan> = (1..=30)
        .map(|id| made::MadeSpan {
            id,
            start: 1000 + id,
            end: 1001 + id,
            status: if id % 3 == 0 { StatusCode::Error } else { StatusCode::Ok },
            ..made::MadeSpan::default()
        })
        .collect();
    let made = Made::of(&spans);
    let mut evaluator = Evaluator::new(&made.dataset);
    // A step of a nanosecond over an hour is more steps than there may be: it gets wider.
    let window = Window { start: 1000, end: 1000 + 3_600_000_000_000, step: 1 };
    let query = read("{ } | count_over_time() by (span:id)").unwrap();
    let Answer::Series { window, series, notes, .. } = measure(&mut evaluator, &made.dataset, &query, window).unwrap() else {
        panic!("these are lines")
    };
    assert_eq!((window.step, window.steps()), (360_000_000, 10_000));
    assert_eq!((series.len(), notes.series_left_out, notes.spans), (30, 0, 30));
    let first: Vec<SpanIdx> = series.iter().flat_map(|line| line.exemplars.iter().map(|exemplar| exemplar.2)).collect();
    assert_eq!(first.iter().map(|span| span.usize()).collect::<Vec<_>>(), (0..30).collect::<Vec<_>>());
    // What starts outside is counted, not shown.
    let window = Window { start: 1011, end: 1021, step: 10 };
    let query = read("{ } | max_over_time(span.nobody)").unwrap();
    let Answer::Series { series, notes, .. } = measure(&mut evaluator, &made.dataset, &query, window).unwrap() else {
        panic!("these are lines")
    };
    assert_eq!((series.len(), notes.outside, notes.without_value, notes.spans), (0, 20, 10, 0));
}

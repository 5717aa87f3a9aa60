//! Series of metrics queries, as the page gets them: windows of round steps, counts against those of the list, what narrows them.

use std::collections::BTreeMap;

use spanwise::engine::{Engine, Outcome};
use spanwise::model::SpanIdx;
use spanwise::protocol::{
    Answer, Brush, Condition, FailureCode, Population, QueryChange, Reply, Request, Selection, SeriesAnswer, SeriesRequest,
    SeriesUnit, SeriesView,
};

use crate::analysis::Random;
use crate::notation::dataset;
use crate::selection::{Opened, naive_spans, random_selection, random_shop};

fn series(opened: &mut Opened, selection: Selection, steps: u32) -> SeriesView {
    let Reply::Series(view) = opened.ask(Request::Series(Box::new(SeriesRequest { selection, steps }))) else {
        panic!("no series")
    };
    *view
}

fn filter(text: &str) -> Selection {
    Selection { filter: text.to_owned(), brushes: Vec::new() }
}

fn lines(view: &SeriesView) -> BTreeMap<String, Vec<f64>> {
    let SeriesAnswer::Lines(lines) = &view.answer else { panic!("no lines: {view:?}") };
    let label = |labels: &[(String, String)]| labels.iter().map(|label| label.1.as_str()).collect::<Vec<_>>().join(" ");
    lines.iter().map(|line| (label(&line.labels), line.points.iter().map(|point| point.unwrap_or(-1.0)).collect())).collect()
}

const SHOP: &str = "resource shop  @service.name=\"shop\"
resource db  @service.name=\"db\"
trace a1
  shop  checkout  0..100ms  server  @n=3
    db  SELECT  10ms..11ms  client  !error \"timeout\"
    db  SELECT  30..60ms  client
trace a2
  shop  checkout  0..2s  server  @n=true
    db  INSERT  1100..1101ms  client
";

#[test]
fn spans_are_counted_in_round_steps() {
    let mut opened = Opened::new(dataset(SHOP));
    let view = series(&mut opened, filter("{ } | count_over_time() by (resource.service.name)"), 10);
    assert_eq!((view.step, view.steps, view.start % view.step), (500_000_000, 5, 0));
    let expected = [("db", [2.0, 0.0, 1.0, 0.0, 0.0]), ("shop", [2.0, 0.0, 0.0, 0.0, 0.0])];
    assert_eq!(lines(&view), expected.map(|(name, points)| (name.to_owned(), points.to_vec())).into());
    let rate = series(&mut opened, filter("{ kind = client } | rate()"), 2);
    assert_eq!(
        (rate.unit, rate.step, lines(&rate)),
        (SeriesUnit::PerSecond, 2_000_000_000, [(String::new(), vec![1.5, 0.0])].into())
    );
    // Words and brushes narrow them.
    let words = series(&mut opened, filter("insert { } | count_over_time()"), 1);
    assert_eq!(lines(&words), [(String::new(), vec![2.0])].into());
    let brushes = vec![Brush { of: Population::Spans, errors_only: true, ..Brush::default() }];
    let failed = Selection { brushes, ..filter("{ } | count_over_time()") };
    assert_eq!(lines(&series(&mut opened, failed, 1)), [(String::new(), vec![1.0])].into());
}

#[test]
fn a_line_is_a_condition_that_its_spans_hold() {
    let by = ["resource.service.name", "name, kind", "status", "span.n", ".n, span.region", "span.no.such", "statusMessage"];
    for seed in 0..20 {
        let mut opened = Opened::new(random_shop(seed));
        for by in by {
            let view = series(&mut opened, filter(&format!("{{ }} | count_over_time() by ({by})")), 10);
            let SeriesAnswer::Lines(lines) = &view.answer else { panic!("no lines") };
            for line in lines {
                assert_eq!(line.fields.len(), line.labels.len(), "{line:?}");
                let query = opened.rewritten("", Condition::Fields(line.fields.clone()), QueryChange::Replace);
                let counted: f64 = line.points.iter().flatten().sum();
                let own = series(&mut opened, filter(&format!("{query} | count_over_time()")), 10);
                let spans: f64 = self::lines(&own).values().flatten().sum();
                assert!((counted - spans).abs() < 0.5, "{counted} of {by} are {spans} of {query}");
            }
        }
    }
    let mut opened = Opened::new(dataset(SHOP));
    let view = series(&mut opened, filter("{ } | quantile_over_time(duration, 0.5) by (name)"), 1);
    let SeriesAnswer::Lines(lines) = &view.answer else { panic!("no lines") };
    let mut fields: Vec<_> = lines.iter().map(|line| line.fields.clone()).collect();
    fields.sort();
    let named = |name: &str| vec![("name".to_owned(), name.to_owned())];
    assert_eq!(fields, [named("\"INSERT\""), named("\"SELECT\""), named("\"checkout\"")]);
    let change = Condition::Fields(vec![("name".to_owned(), "\"SELECT\"".to_owned()), ("kind".to_owned(), "client".to_owned())]);
    let rewritten = |change_by| Opened::new(dataset(SHOP)).rewritten("{ status = error } | rate()", change.clone(), change_by);
    assert_eq!(rewritten(QueryChange::Narrow), "{ status = error && name = \"SELECT\" && kind = client } | rate()");
    assert_eq!(rewritten(QueryChange::Exclude), "{ status = error && !(name = \"SELECT\" && kind = client) } | rate()");
}

#[test]
fn exemplars_lead_to_spans_and_values_are_written_as_a_query_has_them() {
    let mut opened = Opened::new(dataset(SHOP));
    let view = series(&mut opened, filter("{ } | quantile_over_time(duration, 0.5, 0.99)"), 4);
    assert_eq!(view.unit, SeriesUnit::Nanoseconds);
    let SeriesAnswer::Lines(found) = &view.answer else { panic!("no lines") };
    assert_eq!(found.iter().map(|line| line.labels[0].1.as_str()).collect::<Vec<_>>(), ["0.5", "0.99"]);
    for exemplar in found.iter().flat_map(|line| &line.exemplars) {
        let trace = opened.dataset.find_trace_by_text(&exemplar.trace_id).unwrap();
        let is_it = |span: SpanIdx| {
            let spans = &opened.dataset.spans;
            let id = spans.key(span).display(&opened.dataset.strings).to_string();
            id == exemplar.span_id && spans.start[span] == exemplar.time
        };
        assert!(opened.dataset.traces.spans[trace].iter().any(is_it), "{exemplar:?}");
    }

    let view = series(&mut opened, filter("{ } | histogram_over_time(duration)"), 1);
    let SeriesAnswer::Heat { edges, cells, series: of } = &view.answer else { panic!("no heatmap") };
    assert!(edges.windows(2).all(|pair| (pair[1] / pair[0] - 2.0).abs() < 1e-12), "{edges:?}");
    assert_eq!((cells.iter().map(|cell| cell.2).sum::<u64>(), *of), (5, 1));

    let view = series(&mut opened, filter("{ } | compare({ status = error })"), 1);
    let SeriesAnswer::Compare(compared) = &view.answer else { panic!("no table") };
    assert_eq!((compared.selected, compared.others), (1, 4));
    let of = |name: &str| compared.attributes.iter().find(|attribute| attribute.name == name).unwrap().values.clone();
    assert_eq!(of("status"), [("error".to_owned(), 1, 0), ("unset".to_owned(), 0, 4)]);
    assert_eq!(of("resource.service.name"), [("\"db\"".to_owned(), 1, 2), ("\"shop\"".to_owned(), 0, 2)]);
    assert_eq!(of("span.n"), [("true".to_owned(), 0, 1), ("3".to_owned(), 0, 1)]);
}

#[test]
fn what_draws_nothing_says_why() {
    let mut engine = Engine::default();
    let epoch = engine.adopt(dataset(SHOP)).epoch;
    for (text, headline) in
        [("{ } | rate(", "cannot be answered"), ("{ }", "cannot be answered"), ("words", "cannot be answered")]
    {
        let request = Request::Series(Box::new(SeriesRequest { selection: filter(text), steps: 10 }));
        let mut job = engine.begin(epoch, request);
        let Outcome::Done(Answer::Failed(failure)) = engine.step(&mut job, &|| true) else { panic!("no failure: {text}") };
        assert_eq!(failure.code, FailureCode::BadQuery);
        assert!(failure.headline.contains(headline), "{failure:?}");
    }
    let mut opened = Opened::new(dataset(SHOP));
    assert_eq!(series(&mut opened, filter("{ name = \"nowhere\" } | rate()"), 10), SeriesView::default());
}

/// All that a selection lets through is in one step or another, whatever the window; but for spans that have no start.
#[test]
fn series_count_what_is_selected() {
    for seed in 1..200 {
        let shop = random_shop(seed);
        let mut selection = random_selection(&shop, &mut Random(seed));
        let spans = naive_spans(&shop, &selection);
        let expected = spans.iter().filter(|&&span| shop.spans.start[span] != 0).count();
        selection.filter.push_str(" { } | count_over_time()");
        let mut opened = Opened::new(shop);
        let view = series(&mut opened, selection.clone(), u32::try_from(seed).unwrap());
        assert!(view.steps <= u32::try_from(seed).unwrap());
        let counted: f64 = lines(&view).values().flatten().sum();
        assert!((counted - expected as f64).abs() < 1e-9, "{counted} of {expected}, seed {seed}: {selection:?}");
    }
}

//! Facets: how many of the selected spans have each value, against a count of them one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use spanwise::model::{AttributeIdx, Dataset, SpanIdx, StatusCode, Value};
use spanwise::protocol::{
    AttributeOwner, Brush, Condition, ConditionValue, Facet, FacetsRequest, FacetsView, Group, GroupBy, QueryChange, Reply,
    Request, Selection,
};

use crate::analysis::Random;
use crate::notation::dataset;
use crate::selection::{Opened, group_of_span, naive_spans, random_selection, random_shop};

fn facets(opened: &mut Opened, selection: &Selection, attributes: &[&str], limit: u32) -> FacetsView {
    let attributes = attributes.iter().map(|text| (*text).to_owned()).collect();
    let request = FacetsRequest { selection: selection.clone(), attributes, limit };
    let Reply::Facets(view) = opened.ask(Request::Facets(Box::new(request))) else { panic!("not facets") };
    view
}

fn text(view: &FacetsView) -> String {
    let mut out = format!("{} spans\n", view.spans);
    for facet in &view.facets {
        let of = match &facet.by {
            GroupBy::Nothing => "duration",
            GroupBy::Service => "service",
            GroupBy::Operation => "operation",
            GroupBy::Kind => "kind",
            GroupBy::Status => "status",
            GroupBy::Attribute(text) => text,
        };
        let values: Vec<String> = facet
            .values
            .iter()
            .map(|value| format!("{} {}/{}", value.name.replace('\u{a0}', " "), value.selected, value.all))
            .collect();
        writeln!(out, "{}", format!("{of} ({}): {}", facet.count, values.join(", ")).trim_end()).unwrap();
    }
    out
}

#[track_caller]
fn check(view: &FacetsView, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(text(view).trim_end(), expected.join("\n"));
}

const TRACES: &str = "resource shop  @service.name=\"shop\"  @region=\"eu\"
resource db  @service.name=\"db\"  @region=\"us\"  @n=3
trace a1
  shop  checkout  0..100ms  server  @n=3  @region=\"eu\"
    db  SELECT  10ms..10500us  client  !error \"timeout\"
    db  SELECT  30..60ms  client  @n=3.0
    db  INSERT  60..65ms  client  !ok  @n=\"3\"
trace a2
  shop  checkout  0..2s  server  @n=true
    db  SELECT  10..11ms  client  @n=3.5  @region=\"eu\"
";

#[test]
fn each_value_with_the_spans_that_have_it() {
    let mut opened = Opened::new(dataset(TRACES));
    let attributes = [".n", "span.n", "resource.region", ".nowhere", "kind", "event.n"];
    check(
        &facets(&mut opened, &Selection::default(), &attributes, 10),
        "6 spans
        service (2): db 4/4, shop 2/2
        operation (3): SELECT 3/3, checkout 2/2, INSERT 1/1
        kind (2): Client 4/4, Server 2/2
        status (3): Unset 4/4, Ok 1/1, Error 1/1
        duration (6): 300 µs – 1 ms 1/1, 1 – 3 ms 1/1, 3 – 10 ms 1/1, 30 – 100 ms 1/1, 100 – 300 ms 1/1, 1 – 3 s 1/1
        .n (4): 3 3/3, 3 1/1, true 1/1, 3.5 1/1
        span.n (4): 3 2/2, 3 1/1, true 1/1, 3.5 1/1
        resource.region (2): us 4/4, eu 2/2
        .nowhere (0):
        kind (0):
        event.n (0):",
    );
    let errors = Selection { brushes: vec![Brush { errors_only: true, ..Brush::default() }], ..Selection::default() };
    check(
        &facets(&mut opened, &errors, &[".n"], 2),
        "1 spans
        service (2): db 1/4, shop 0/2
        operation (3): SELECT 1/3, checkout 0/2
        kind (2): Client 1/4, Server 0/2
        status (3): Error 1/1, Unset 0/4
        duration (6): 300 µs – 1 ms 1/1, 1 – 3 ms 0/1, 3 – 10 ms 0/1, 30 – 100 ms 0/1, 100 – 300 ms 0/1, 1 – 3 s 0/1
        .n (4): 3 1/3, 3 0/1",
    );
    let nothing = Selection { filter: "no such thing".to_owned(), brushes: Vec::new() };
    assert_eq!(facets(&mut opened, &nothing, &[], 10).spans, 0);
}

#[test]
fn a_condition_names_its_value_and_type() {
    let mut opened = Opened::new(dataset(TRACES));
    let view = facets(&mut opened, &Selection::default(), &["span.n", "resource.region"], 10);
    let condition = |facet: usize, value: usize| view.facets[facet].values[value].condition.clone();
    let of = |owner, key: &str, value| Condition::Attribute { owner, key: key.to_owned(), value };
    assert_eq!(condition(0, 0), Condition::Group(Group::Service("db".to_owned())));
    assert_eq!(condition(4, 0), Condition::Duration(300_000, Some(1_000_000)));
    let numbers: Vec<Condition> = view.facets[5].values.iter().map(|value| value.condition.clone()).collect();
    let expected = [
        ConditionValue::Number("3".to_owned()),
        ConditionValue::String("3".to_owned()),
        ConditionValue::Bool(true),
        ConditionValue::Number("3.5".to_owned()),
    ];
    assert_eq!(numbers, expected.map(|value| of(AttributeOwner::Span, "n", value)));
    assert_eq!(condition(6, 1), of(AttributeOwner::Resource, "region", ConditionValue::String("eu".to_owned())));
    assert!(view.facets[0].values.iter().all(|value| value.color.is_some()));
}

#[test]
fn counts_are_those_of_spans_counted_one_by_one() {
    for seed in 0..120 {
        let mut random = Random(seed + 7);
        let mut opened = Opened::new(random_shop(seed));
        let data = opened.dataset.clone();
        for _ in 0..6 {
            let selection = if random.below(4) == 0 { Selection::default() } else { random_selection(&data, &mut random) };
            let view = facets(&mut opened, &selection, &[".tier", "span.tier", "resource.region"], 1000);
            let naive: BTreeSet<SpanIdx> = naive_spans(&data, &selection).into_iter().collect();
            let selected = |span: SpanIdx| naive.contains(&span);
            let spans: Vec<SpanIdx> = data.spans.id.range().iter().collect();
            assert_eq!(view.spans, spans.iter().filter(|span| selected(**span)).count() as u64, "seed {seed} {selection:?}");
            for facet in &view.facets {
                let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
                for &span in &spans {
                    if let Some(value) = value_of(&data, &facet.by, span) {
                        let count = counts.entry(value).or_default();
                        count.0 += u64::from(selected(span));
                        count.1 += 1;
                    }
                }
                let found: BTreeMap<String, (u64, u64)> =
                    facet.values.iter().map(|value| (format!("{:?}", value.condition), (value.selected, value.all))).collect();
                assert_eq!(found, counts, "seed {seed} {:?} {selection:?}", facet.by);
                assert_eq!(facet.count as usize, counts.len());
                assert!(is_in_order(facet), "seed {seed} {facet:?}");
            }
        }
    }
}

fn is_in_order(facet: &Facet) -> bool {
    facet.by == GroupBy::Nothing || facet.values.is_sorted_by_key(|value| std::cmp::Reverse((value.selected, value.all)))
}

/// The condition that holds for a span, put into words.
fn value_of(dataset: &Dataset, by: &GroupBy, span: SpanIdx) -> Option<String> {
    const EDGES: [u64; 4] = [0, 1_000, 3_000, 10_000];
    let condition = match by {
        GroupBy::Nothing => {
            let duration = dataset.spans.duration(span);
            let at = EDGES.iter().rposition(|edge| *edge <= duration)?;
            Condition::Duration(EDGES[at], EDGES.get(at + 1).copied())
        }
        GroupBy::Attribute(text) => {
            let (owner, key) = match text.as_str() {
                ".tier" => (AttributeOwner::Any, "tier"),
                "span.tier" => (AttributeOwner::Span, "tier"),
                _ => (AttributeOwner::Resource, "region"),
            };
            let own = dataset.spans.attributes[span].iter();
            let of_resource = dataset.resources.attributes[dataset.spans.resource[span]].iter();
            let places: Vec<AttributeIdx> = match owner {
                AttributeOwner::Any => own.chain(of_resource).collect(),
                AttributeOwner::Span => own.collect(),
                _ => of_resource.collect(),
            };
            let at = places.into_iter().find(|&at| dataset.str(dataset.attributes.key(at)) == key)?;
            let value = match dataset.attributes.value(at) {
                Value::String(text) => ConditionValue::String(dataset.str(text).to_owned()),
                Value::Int(number) => ConditionValue::Number(number.to_string()),
                Value::Bool(flag) => ConditionValue::Bool(flag),
                value => panic!("no {value:?} was made"),
            };
            Condition::Attribute { owner, key: key.to_owned(), value }
        }
        by => Condition::Group(group_of_span(dataset, by, span)),
    };
    Some(format!("{condition:?}"))
}

fn rewritten(opened: &mut Opened, text: &str, condition: &Condition, change: QueryChange) -> String {
    opened.rewritten(text, condition.clone(), change)
}

/// Whatever is chosen, the query that it becomes selects just the spans that were counted.
fn check_choices(dataset: Dataset, attributes: &[&str]) {
    let mut opened = Opened::new(dataset);
    let view = facets(&mut opened, &Selection::default(), attributes, 1000);
    let values = view.facets.iter().flat_map(|facet| facet.values.iter().map(|value| (&facet.by, value)));
    for (by, value) in values {
        let mut asked = |filter: &str| {
            let narrowed = facets(&mut opened, &Selection { filter: filter.to_owned(), brushes: Vec::new() }, attributes, 1000);
            let facet = narrowed.facets.iter().find(|facet| facet.by == *by).unwrap().clone();
            let same = facet.values.iter().find(|same| same.condition == value.condition).unwrap();
            (narrowed.spans, same.selected, same.chosen, facet.values[0].condition == value.condition)
        };
        let chosen = rewritten(&mut opened_query(), "", &value.condition, QueryChange::Toggle);
        let is_first_or_in_place = |first: bool| first || *by == GroupBy::Nothing;
        let (spans, selected, is_chosen, is_first) = asked(&chosen);
        assert_eq!((spans, selected, is_chosen), (value.all, value.all, true), "{chosen}");
        assert!(is_first_or_in_place(is_first), "{chosen}");
        let excluded = rewritten(&mut opened_query(), "", &value.condition, QueryChange::Exclude);
        let (spans, selected, is_chosen, _) = asked(&excluded);
        assert_eq!((spans, selected, is_chosen), (view.spans - value.all, 0, false), "{excluded}");
        let back = rewritten(&mut opened_query(), &chosen, &value.condition, QueryChange::Toggle);
        assert_eq!(back, "", "{chosen}");
    }
}

/// Any data set will do to change queries with.
fn opened_query() -> Opened {
    Opened::new(dataset("trace a1\n  shop  checkout  0..1ms\n"))
}

#[test]
fn what_is_chosen_selects_the_spans_that_were_counted_and_stands_first() {
    check_choices(dataset(TRACES), &[".n", "span.n", "resource.region"]);
    for seed in 0..12 {
        check_choices(random_shop(seed), &[".tier", "span.tier", "resource.region"]);
    }
}

#[test]
fn a_failed_span_is_one_of_status_error() {
    let mut opened = Opened::new(dataset(TRACES));
    let failed = opened.dataset.spans.status.as_slice().iter().filter(|status| **status == StatusCode::Error).count();
    let view = facets(&mut opened, &Selection::default(), &[], 10);
    let error = view.facets[3].values.iter().find(|value| value.name == "Error").unwrap();
    assert_eq!(error.all, failed as u64);
}

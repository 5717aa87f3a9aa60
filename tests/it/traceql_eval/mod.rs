//! Evaluation of queries: against a slow oracle on random traces and queries, and by worked examples.

mod made;
mod metrics;
mod oracle;
mod queries;
mod speed;
mod worked;

use std::collections::BTreeMap;

use spanwise::base::Idx as _;
use spanwise::model::SpanIdx;
use spanwise::traceql::eval::{EvalValue, Evaluator, Matched, value};
use spanwise::traceql::tree::{Query, Root, Written};

use super::generate::Random;
use made::Made;
use oracle::{Oracle, Plain, by_group, likeness};

/// A value of ours as the oracle has it.
fn plain(made: &Made, value: EvalValue) -> Plain {
    use super::traceql_eval::made::Given;
    let dataset = &made.dataset;
    match value {
        EvalValue::Nil => Plain::Nil,
        EvalValue::Bool(flag) => Plain::Bool(flag),
        EvalValue::Int(number) => Plain::Int(number),
        EvalValue::Float(number) => Plain::Float(number),
        EvalValue::Duration(nanos) => Plain::Duration(nanos),
        EvalValue::Status(status) => Plain::Status(status),
        EvalValue::Kind(kind) => Plain::Kind(kind),
        EvalValue::String(_) => Plain::Text(value.text(dataset).unwrap().into_owned()),
        EvalValue::TraceId(_) | EvalValue::SpanId(_) => Plain::Id(value.text(dataset).unwrap().into_owned()),
        EvalValue::Row(at) => match dataset.attributes.value(at) {
            spanwise::model::Value::Array(rows) => {
                let element = |at| match dataset.attributes.value(at) {
                    spanwise::model::Value::Empty => EvalValue::Nil,
                    spanwise::model::Value::String(text) => EvalValue::String(text),
                    spanwise::model::Value::Bool(flag) => EvalValue::Bool(flag),
                    spanwise::model::Value::Int(number) => EvalValue::Int(number),
                    spanwise::model::Value::Double(number) => EvalValue::Float(number),
                    _ => EvalValue::Row(at),
                };
                Plain::Array(rows.iter().map(|at| plain(made, element(at))).collect())
            }
            spanwise::model::Value::Bytes(_) => Plain::Other(format!("{:?}", Given::Bytes)),
            _ => Plain::Other(format!("{:?}", Given::Map)),
        },
    }
}

fn rows(matched: &Matched) -> Vec<usize> {
    matched.selected.spans.as_ref().unwrap().iter().collect()
}

/// A query and the spans that it was asked of, a row each.
fn shown(made: &Made, query: &Query) -> String {
    let rows: Vec<String> = made.spans.iter().enumerate().map(|(row, span)| format!("{row}: {span:?}")).collect();
    format!("{}\n{}", spanwise::traceql::print::text(query), rows.join("\n"))
}

/// Compares an answer with the oracle's.
fn check(made: &Made, evaluator: &mut Evaluator, query: &Query) -> bool {
    let Root::Spans(pipeline) = &query.root else { panic!("only spans are asked for here") };
    let Ok(matched) = evaluator.matched(&made.dataset, query) else { return false };
    let sets = Oracle::new(made).spansets(pipeline);
    let mut expected: Vec<usize> = sets.iter().flat_map(|set| set.rows.clone()).collect();
    expected.sort_unstable();
    assert_eq!(rows(&matched), expected, "{}", shown(made, query));
    let traces: std::collections::BTreeSet<_> =
        expected.iter().map(|&row| made.dataset.spans.trace[SpanIdx::from_u32(u32::try_from(row).unwrap())]).collect();
    assert_eq!(matched.selected.traces, traces.into_iter().collect::<Vec<_>>());
    if !matched.groups.is_empty() {
        let found: BTreeMap<(usize, String), Vec<usize>> = matched
            .groups
            .iter()
            .map(|group| {
                let values = group.values.iter().map(|&value| plain(made, value)).collect();
                let rows: Vec<usize> = group.spans.iter().map(|span| span.usize()).collect();
                ((rows[0], likeness(&Plain::Array(values))), rows)
            })
            .collect();
        assert_eq!(found, by_group(&sets), "{}", shown(made, query));
    }
    true
}

#[test]
fn queries_give_what_the_slow_way_finds() {
    let (mut answered, mut matching, mut grouped) = (0, 0, 0);
    for seed in 1..=150_u64 {
        let mut random = Random::new(seed);
        let made = Made::of(&made::traces(&mut random));
        let mut evaluator = Evaluator::new(&made.dataset);
        for _ in 0..40 {
            let query = queries::query(&mut random);
            if check(&made, &mut evaluator, &query) {
                answered += 1;
                let matched = evaluator.matched(&made.dataset, &query).unwrap();
                matching += u32::from(!matched.selected.traces.is_empty());
                grouped += u32::from(!matched.groups.is_empty());
            }
        }
    }
    // Only figures of spansets that are grouped differently are not compared.
    assert!(5_000 < answered && 700 < matching && 150 < grouped, "{answered} answered, {matching} matching, {grouped} grouped");
}

#[test]
fn filters_give_what_the_slow_way_finds() {
    use spanwise::traceql::tree::{Pipeline, Spanset, Stage};
    for seed in 1..=100_u64 {
        let mut random = Random::new(seed + 10_000);
        let made = Made::of(&made::traces(&mut random));
        let mut evaluator = Evaluator::new(&made.dataset);
        for _ in 0..80 {
            let stages = vec![Stage::Spanset(Spanset::Filter(queries::truth(&mut random, 0)))];
            let query = Query { root: Root::Spans(Pipeline { stages }), hints: Vec::new(), text: Written::default() };
            assert!(check(&made, &mut evaluator, &query));
        }
    }
}

/// Looked at twice at each level, these would take years.
#[test]
fn what_stands_in_much_is_looked_at_once() {
    let made = Made::of(&made::traces(&mut Random::new(3)));
    let mut evaluator = Evaluator::new(&made.dataset);
    let mut found = |text: &str| evaluator.matched(&made.dataset, &spanwise::traceql::read(text).unwrap()).unwrap().selected;
    let plain = found("{ kind = server }");
    for query in [
        format!("{{ {}(kind = server) }}", "!".repeat(40)),
        format!("{{ {}kind = server{} }}", "(".repeat(40), " = true)".repeat(40)),
        format!("{{ {}kind = server{} }}", "(".repeat(30), " || false)".repeat(30)),
        format!("{{ {}kind = server{} }}", "!!(".repeat(20), " != false)".repeat(20)),
    ] {
        assert!(found(&query) == plain, "{query}");
    }
    found(&format!("{{ {}.a = minInt }}", "!".repeat(41)));
}

#[test]
fn values_are_what_the_slow_way_finds() {
    for seed in 1..=40_u64 {
        let mut random = Random::new(seed + 20_000);
        let made = Made::of(&made::traces(&mut random));
        let oracle = Oracle::new(&made);
        let dataset = &made.dataset;
        for _ in 0..60 {
            let field = queries::field(&mut random);
            let mut values = Vec::new();
            for row in dataset.spans.id.range().iter() {
                let ours = value(dataset, &field, row);
                let theirs = oracle.of_field(&field, row.usize()).into_iter().find(|value| !matches!(value, Plain::Nil));
                assert_eq!(likeness(&plain(&made, ours)), likeness(&theirs.unwrap_or(Plain::Nil)), "{field:?}");
                values.push(ours);
            }
            // The order is total: whatever stands before something is not behind it, and sorting says the same of all pairs.
            values.sort_by(|a, b| a.order(*b, dataset));
            for (at, a) in values.iter().enumerate() {
                for (other, b) in values.iter().enumerate() {
                    assert_eq!(a.order(*b, dataset), b.order(*a, dataset).reverse());
                    assert!(at > other || a.order(*b, dataset).is_le(), "{a:?} {b:?}");
                }
            }
        }
    }
}

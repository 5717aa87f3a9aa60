//! What the query box proposes: keys and values with how many spans have each, against a count of them one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use spanwise::base::IdxRange;
use spanwise::model::{AttributeIdx, Dataset, Value};
use spanwise::protocol::{Proposal, QueryRequest, Reply, Request, TokenClass};

use crate::analysis::Random;
use crate::notation::dataset;
use crate::selection::Opened;

fn proposals(opened: &mut Opened, text: &str) -> Vec<Proposal> {
    let request = QueryRequest { text: text.to_owned(), cursor: u32::try_from(text.len()).ok() };
    let Reply::Query(view) = opened.ask(Request::Query(request)) else { panic!("not a query") };
    view.proposals
}

/// Spans of up to a dozen keys of 14, in `shapes` different sequences, most of whose values vary.
fn random_spans(seed: u64, spans: u64, shapes: u64) -> String {
    let mut random = Random(seed);
    let mut text =
        String::from("resource a  @service.name=\"a\"  @zone=1\nresource b  @service.name=\"b\"  @zone=1  @host=\"x\"\n");
    let shapes: Vec<Vec<u64>> = (0..shapes)
        .map(|_| {
            let mut keys: Vec<u64> = (0..14).filter(|_| random.below(3) != 0).collect();
            if !keys.is_empty() {
                let by = random.below(keys.len() as u64);
                keys.rotate_left(usize::try_from(by).unwrap());
            }
            keys
        })
        .collect();
    for span in 0..spans {
        let service = if random.below(4) == 0 { "b" } else { "a" };
        write!(text, "trace {:x}\n  {service}  call  0..10ms", span + 1).unwrap();
        for key in &shapes[usize::try_from(random.below(shapes.len() as u64)).unwrap()] {
            match key {
                // Some are always the same; of one, in but few spans not.
                0..3 => write!(text, "  @k{key}=\"same\"").unwrap(),
                3 => write!(text, "  @k3={}", u64::from(random.below(500) == 0)).unwrap(),
                4 => write!(text, "  @k4={}", ["1", "true", "\"1\"", "1.5"][usize::try_from(random.below(4)).unwrap()]).unwrap(),
                _ => write!(text, "  @k{key}=\"v{}\"", random.below(1 << key)).unwrap(),
            }
        }
        text.push('\n');
    }
    text
}

/// Each key and value that rows have, as a query writes the value.
fn written(dataset: &Dataset, rows: IdxRange<AttributeIdx>) -> Vec<(String, String)> {
    let value = |at: AttributeIdx| match dataset.attributes.value(at) {
        Value::String(text) => format!("{:?}", dataset.str(text)),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => unreachable!("the notation has no others"),
    };
    rows.iter().map(|at| (dataset.str(dataset.attributes.key(at)).to_owned(), value(at))).collect()
}

fn check(text: &str) {
    let mut opened = Opened::new(dataset(text));
    let mut counts: BTreeMap<(&str, String), BTreeMap<String, u64>> = BTreeMap::new();
    let spans = &opened.dataset.spans;
    for (&own, &resource) in spans.attributes.as_slice().iter().zip(spans.resource.as_slice()) {
        for (scope, rows) in [("span", own), ("resource", opened.dataset.resources.attributes[resource])] {
            for (key, value) in written(&opened.dataset, rows) {
                *counts.entry((scope, key)).or_default().entry(value).or_default() += 1;
            }
        }
    }
    for scope in ["span", "resource"] {
        let expected: BTreeSet<(String, u64, bool)> = counts
            .iter()
            .filter(|((of, _), _)| *of == scope)
            .map(|((_, key), values)| (format!("{scope}.{key}"), values.values().sum(), values.len() > 1))
            .collect();
        let proposed = proposals(&mut opened, &format!("{{ {scope}."));
        let keys: Vec<(String, u64, bool)> = proposed
            .into_iter()
            .filter_map(|proposal| Some((proposal.text, proposal.spans?, proposal.note != "always the same")))
            .collect();
        assert!(keys.is_sorted_by_key(|&(_, count, varies)| (!varies, std::cmp::Reverse(count))), "{keys:?}");
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), expected, "{text}");
    }
    for ((scope, key), values) in &counts {
        let expected: BTreeSet<(&str, u64)> = values.iter().map(|(value, &count)| (value.as_str(), count)).collect();
        let proposed: Vec<Proposal> = proposals(&mut opened, &format!("{{ {scope}.{key} = "))
            .into_iter()
            .filter(|proposal| proposal.spans.is_some() && proposal.class != TokenClass::Attribute)
            .collect();
        assert!(proposed.is_sorted_by_key(|proposal| std::cmp::Reverse(proposal.spans)));
        assert_eq!(proposed.len(), expected.len().min(60), "{scope}.{key}");
        for proposal in &proposed {
            assert!(expected.contains(&(proposal.text.as_str(), proposal.spans.unwrap())), "{proposal:?}");
        }
    }
}

#[test]
fn keys_and_values_with_the_spans_that_have_them() {
    for seed in 0..20 {
        check(&random_spans(seed, 60, 1 + seed % 7));
    }
}

#[test]
fn keys_in_more_sequences_than_are_told_apart() {
    check(&random_spans(7, 6000, 3000));
}

//! OpenObserve's rows, held against the OTLP that they were made from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use spanwise::encode::plain::text_of_value;
use spanwise::model::{AttributeIdx, Dataset, FindingKind, SpanIdx, Value};

use super::dump::{dump, findings};
use super::generate::Random;
use super::read::{File, fixtures_folder, open, open_bytes, report_text};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixtures_folder().join("real/openobserve").join(name)).unwrap()
}

/// What a span says, apart from its attributes, as one line.
fn facts(dataset: &Dataset, span: SpanIdx) -> String {
    let spans = &dataset.spans;
    let strings = &dataset.strings;
    let (events, links) = (&dataset.events, &dataset.links);
    let events: Vec<String> = spans.events[span]
        .iter()
        .map(|at| {
            format!("{} {} {:?}", dataset.str(events.name[at]), events.time[at], texts(dataset, events.attributes[at].iter()))
        })
        .collect();
    let links: Vec<String> = spans.links[span]
        .iter()
        .map(|at| {
            let (trace, id) = (links.trace[at].display(strings), links.span[at].display(strings));
            let (flags, state) = (links.flags[at], dataset.str(links.trace_state[at]));
            format!("{trace} {id} {flags} {state} {:?}", texts(dataset, links.attributes[at].iter()))
        })
        .collect();
    format!(
        "parent={} name={} kind={:?} status={:?} {:?} {}..{} events={events:?} links={links:?}",
        spans.parent_key(span).display(strings),
        dataset.str(spans.name[span]),
        spans.kind[span],
        spans.status[span],
        spans.status_message.get(span).map(|text| dataset.str(text)),
        spans.start[span],
        spans.end[span],
    )
}

/// Scalar attributes as OpenObserve writes their values.
fn texts(dataset: &Dataset, rows: impl Iterator<Item = AttributeIdx>) -> BTreeMap<String, String> {
    // Floats that are very large or small are written in other ways.
    let is_scalar = |at: &AttributeIdx| match dataset.attributes.value(*at) {
        Value::Array(_) | Value::KvList(_) | Value::Empty => false,
        Value::Double(number) => number == 0.0 || (1e-3..1e6).contains(&number.abs()),
        _ => true,
    };
    rows.filter(is_scalar).map(|at| (dataset.str(dataset.attributes.key(at)).to_owned(), text_of_value(dataset, at))).collect()
}

/// How OpenObserve folds a key.
fn folded(key: &str) -> String {
    key.to_lowercase().chars().map(|char| if char.is_alphanumeric() { char } else { '_' }).collect()
}

type Id = (String, String);

fn ids(dataset: &Dataset) -> BTreeMap<Id, SpanIdx> {
    let strings = &dataset.strings;
    let of = |span: SpanIdx| {
        let trace = dataset.traces.key[dataset.spans.trace[span]].display(strings).to_string();
        (trace, dataset.spans.key(span).display(strings).to_string())
    };
    dataset.spans.id.iter().map(|(span, _)| (of(span), span)).collect()
}

/// Holds every span of an answer against its original; gives how many there were, and the keys whose dots did not come back.
fn compare(answer: &Dataset, original: &Dataset, what: &str) -> (usize, BTreeSet<String>) {
    let originals = ids(original);
    let mut lost = BTreeSet::new();
    let mut n_compared = 0;
    for (id, span) in ids(answer) {
        let Some(&before) = originals.get(&id) else { continue };
        n_compared += 1;
        assert_eq!(facts(answer, span), facts(original, before), "{what}: {id:?}");
        let resource = |dataset: &Dataset, span| dataset.resources.attributes[dataset.spans.resource[span]];
        for (found, expected) in [
            (
                texts(answer, answer.spans.attributes[span].iter()),
                texts(original, original.spans.attributes[before].iter()),
            ),
            (texts(answer, resource(answer, span).iter()), texts(original, resource(original, before).iter())),
        ] {
            // Of keys that fold into one, which one is left is chance.
            let clashes = |key: &str| expected.keys().filter(|other| folded(other) == folded(key)).count() != 1;
            for (key, value) in expected.iter().filter(|(key, _)| !clashes(key)) {
                match found.get(key) {
                    Some(text) => assert_eq!(text, value, "{what}: {id:?} {key}"),
                    None => {
                        assert_eq!(found.get(&folded(key)), Some(value), "{what}: {id:?} {key} in {found:?}");
                        lost.insert(key.clone());
                    }
                }
            }
        }
    }
    (n_compared, lost)
}

#[test]
fn rows_say_what_the_spans_said() {
    let original = open_bytes(&fixture("original.otlp.jsonl"));
    for (name, spans) in [("search-trace.json", 30), ("search-trace-orphan.json", 1), ("search-trace-links.json", 7)] {
        let answer = open_bytes(&fixture(name));
        let (n_compared, lost) = compare(&answer, &original, name);
        assert_eq!((n_compared, answer.spans.len()), (spans, spans), "{name}");
        assert_eq!(answer.report.sources.as_slice()[0].format, "OpenObserve JSON");
        assert_eq!(findings(&answer.report).lines().last(), Some("openobserve-flattened 1"), "{name}");
        // Nobody's conventions: how could anyone know.
        let own: Vec<&str> = lost.iter().map(String::as_str).collect();
        assert!(own.iter().all(|key| OWN.contains(key)), "{name}: {own:?}");
    }
}

/// Keys of the fixtures that no convention has.
const OWN: &[&str] = &["checkout.mode", "feature.flags"];

/// A folder with `api/*.body.json` and the OTLP that was sent, `otlp/proto/*.bin`, as `SPANWISE_OPENOBSERVE` names it.
#[test]
fn captures_named_by_the_environment() {
    let Some(folder) = std::env::var_os("SPANWISE_OPENOBSERVE").map(PathBuf::from) else { return };
    let files = |path: &Path, end: &str| {
        let mut files: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.to_str().unwrap().ends_with(end));
        files.sort();
        files
    };
    let mut sent: Vec<Vec<u8>> = files(&folder.join("otlp/proto"), ".bin").iter().map(|path| fs::read(path).unwrap()).collect();
    sent.push(fs::read(folder.join("otlp/otlp-odd.json")).unwrap());
    let sent: Vec<File<'_>> = sent.iter().map(|bytes| File { name: "", bytes }).collect();
    let original = open(&sent, usize::MAX);
    let (mut n_compared, mut n_answers, mut lost) = (0, 0, BTreeSet::new());
    for path in files(&folder.join("api"), ".body.json") {
        let bytes = fs::read(&path).unwrap();
        let answer = open_bytes(&bytes);
        let whole = ["SELECT *", "SELECT%20*"];
        let request = fs::read_to_string(path.to_str().unwrap().replace(".body.json", ".request.txt")).unwrap_or_default();
        if answer.spans.is_empty() || !whole.iter().any(|sql| request.contains(sql)) {
            continue;
        }
        let (n, keys) = compare(&answer, &original, path.to_str().unwrap());
        println!("{}: {} spans, {n} compared\n{}", path.display(), answer.spans.len(), findings(&answer.report));
        n_compared += n;
        n_answers += 1;
        lost.extend(keys);
    }
    println!("{n_answers} answers, {n_compared} spans; no dots for {lost:?}");
    assert!(n_compared > 1000, "{n_compared}");
}

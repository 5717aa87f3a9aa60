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
        Value::Array(_) | Value::KvList(_) | Value::Empty | Value::Bytes(_) => false,
        Value::Double(number) => number == 0.0 || (1e-3..1e6).contains(&number.abs()),
        _ => true,
    };
    let text = |at| match dataset.attributes.value(at) {
        Value::Double(number) => number.to_string(),
        _ => text_of_value(dataset, at),
    };
    rows.filter(is_scalar).map(|at| (dataset.str(dataset.attributes.key(at)).to_owned(), text(at))).collect()
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
            (texts(answer, answer.spans.attributes[span].iter()), texts(original, original.spans.attributes[before].iter())),
            (texts(answer, resource(answer, span).iter()), texts(original, resource(original, before).iter())),
        ] {
            // Of keys that fold into one, which one is left is chance.
            let clashes = |key: &str| expected.keys().filter(|other| folded(other) == folded(key)).count() != 1;
            for (key, value) in expected.iter().filter(|(key, _)| !clashes(key)) {
                if !found.contains_key(key) {
                    lost.insert(key.clone());
                }
                let text = found.get(key).or_else(|| found.get(&folded(key)));
                assert_eq!(text, Some(value), "{what}: {id:?} {key} in {found:?}");
            }
        }
    }
    (n_compared, lost)
}

#[test]
fn rows_say_what_the_spans_said() {
    let original = open_bytes(&fixture("original.otlp.jsonl"));
    for (name, spans) in
        [("search-trace.json", 30), ("search-trace-orphan.json", 1), ("search-trace-links.json", 7), ("odd-spans.json", 6)]
    {
        let answer = open_bytes(&fixture(name));
        let (n_compared, lost) = compare(&answer, &original, name);
        // One of the odd ones was sent in a request of its own, which is not at hand.
        assert_eq!((n_compared, answer.spans.len()), (spans - usize::from(name == "odd-spans.json"), spans), "{name}");
        assert_eq!(answer.report.sources.as_slice()[0].format, "OpenObserve JSON");
        assert_eq!(findings(&answer.report).lines().last(), Some("openobserve-flattened 1"), "{name}");
        // Nobody's conventions: how could anyone know.
        let own: Vec<&str> = lost.iter().map(String::as_str).collect();
        assert!(own.iter().all(|key| OWN.contains(key)), "{name}: {own:?}");
    }
}

/// Keys of the fixtures that no convention has.
const OWN: &[&str] = &[
    "checkout.mode",
    "dash-key",
    "naïve.Ünï",
    "order.lines",
    "payment.3ds",
    "payment.amount",
    "payment.currency",
    "payment.retry",
    "saga.step",
];

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

/// All that is read of some bytes, and all that is said about it.
fn whole(bytes: &[u8], chunk: usize) -> String {
    let dataset = open(&[File { name: "", bytes }], chunk);
    let source = &dataset.report.sources.as_slice()[0];
    format!("{}\n{}\n{}", source.format, report_text(&dataset.report), dump(&dataset))
}

/// The rows of an answer, each as a text.
fn rows(answer: &[u8]) -> Vec<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
    answer["hits"].as_array().unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn rows_read_the_same_in_every_wrapping() {
    let expected = open_bytes(&fixture("search-trace.json"));
    assert_eq!(expected.spans.len(), 30);
    let rows = rows(&fixture("search-trace.json"));
    let answer = |rows: &[String]| format!("{{\"took\":1,\"hits\":[{}],\"total\":{}}}", rows.join(","), rows.len());
    let pretty = |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let pages = format!("{}\n{}{}", answer(&rows[..9]), answer(&rows[9..]), answer(&[]));
    let events = format!(
        "event: search_response_hits\ndata: {{\"hits\":[{}]}}\n\nevent: progress\ndata: {{\"percent\":50}}\n\ndata: {{\"hits\":[{}]}}\n\ndata: [[DONE]]\n",
        rows[..9].join(","),
        rows[9..].join(",")
    );
    for (what, text) in [
        ("an answer", answer(&rows)),
        ("a pretty answer", pretty(&answer(&rows))),
        ("pages", pages),
        ("pretty pages", format!("{}\n\n{}", pretty(&answer(&rows[..3])), pretty(&answer(&rows[3..])))),
        ("an array", format!("[{}]", rows.join(","))),
        ("a pretty array", pretty(&format!("[{}]", rows.join(",")))),
        ("lines", rows.join("\n")),
        ("an event stream", events),
    ] {
        let dataset = open_bytes(text.as_bytes());
        assert_eq!(dump(&dataset), dump(&expected), "{what}");
        assert_eq!(dataset.report.count(FindingKind::Flattened), 1, "{what}");
        assert!(dataset.report.sources.as_slice()[0].format.starts_with("OpenObserve JSON"), "{what}");
        if what != "an event stream" {
            assert_eq!(findings(&dataset.report), findings(&expected.report), "{what}");
        }
        for chunk in [1, 7, 64, 4099] {
            assert_eq!(whole(text.as_bytes(), chunk), whole(text.as_bytes(), usize::MAX), "{what} in pieces of {chunk}");
        }
    }
    // Several files are one data set, each with its own finding.
    let texts = [answer(&rows[..9]), answer(&rows[9..])];
    let files: Vec<File<'_>> = texts.iter().map(|text| File { name: "", bytes: text.as_bytes() }).collect();
    let dataset = open(&files, usize::MAX);
    assert_eq!((dataset.spans.len(), dataset.report.count(FindingKind::Flattened)), (30, 2));
    // Resources that are equal are one.
    assert!(expected.resources.attributes.len() <= 1 + expected.services.name.len(), "{}", expected.resources.attributes.len());
}

#[test]
fn keys_values_and_clashes_are_told_apart() {
    let answer = open_bytes(&fixture("odd-spans.json"));
    let text = dump(&answer);
    for part in [
        // A span's own attribute that looks like a resource's.
        "@service.version=\"span-level\"",
        // Attributes that clash with columns have lost their prefix.
        "@_timestamp=\"5\"",
        "@events=\"attr-events\"",
        "@trace_id=\"attr-trace\"",
        "@span_kind=\"weird\"",
        "@i64=\"-9223372036854775808\"",
        "@naïve_ünï=\"u\"",
        // Of two members with one name the first is the event's.
        "\"ev\" @name=\"clash\" @n=\"1\" @obj={\"k\": \"1\"}",
        "end-before-start",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let report = report_text(&answer.report);
    assert!(report.contains("is not known: service_version"), "{report}");
    assert!(!text.contains("18446744073704551"), "the wrapped duration is nobody's attribute:\n{text}");
}

#[test]
fn kinds_and_statuses_are_read_in_every_form() {
    let row = |columns: &str| {
        format!(
            "{{\"hits\":[{{\"operation_name\":\"a\",\"span_id\":\"00000000000000b1\",{columns},\"trace_id\":\"000000000000000000000000000000a1\"}}]}}"
        )
    };
    for (columns, expected) in [
        (r#""span_kind":"2","start_time":5"#, "Server Unset 5 0"),
        (
            r#""span_kind":2,"span_status":"OK","start_time":"7","end_time":18446744073709551615"#,
            "Server Ok 7 18446744073709551615",
        ),
        (r#""span_kind":"SPAN_KIND_CLIENT","status_code":2"#, "Client Error 0 0"),
        (r#""span_kind":"PRODUCER","span_status":"ERROR","status_code":2"#, "Producer Error 0 0"),
        (r#""span_kind":"","span_status":"UNSET""#, "Unspecified Unset 0 0"),
        (
            r#""span_kind":null,"start_time":null,"service_name":null,"events":null,"links":null,"x":null"#,
            "Unspecified Unset 0 0",
        ),
    ] {
        let dataset = open_bytes(row(columns).as_bytes());
        let (spans, span) = (&dataset.spans, SpanIdx(0));
        let found = format!("{:?} {:?} {} {}", spans.kind[span], spans.status[span], spans.start[span], spans.end[span]);
        assert_eq!(found, expected, "{columns}");
        assert_eq!(dataset.report.count(FindingKind::EnumByName), 0, "names are what OpenObserve writes: {columns}");
        assert!(spans.attributes[span].is_empty(), "{columns}");
    }
    // Values that are no texts stay what they are; texts stay texts.
    let dataset = open_bytes(row(r#""a":1,"b":1.5,"c":true,"d":"1","service_e":7,"f":{"g":["h"]}"#).as_bytes());
    let text = dump(&dataset);
    assert!(text.contains(r#"@a=1 @b=1.5 @c=true @d="1" @f={"g": ["h"]}"#), "{text}");
    assert!(text.contains(r#"@e="7""#), "{text}");
}

#[test]
fn texts_inside_that_are_damaged_cost_only_themselves() {
    let row = |events: &str| {
        let events = serde_json::to_string(events).unwrap();
        format!(
            r#"[{{"_timestamp":1,"events":{events},"links":"[{{\"context\":3}}]","operation_name":"a","span_id":"00000000000000b1","start_time":1,"trace_id":"000000000000000000000000000000a1","z":"kept"}}]"#
        )
    };
    for (events, n_events, kind) in [
        (r#"[{"name":"one","_timestamp":5,"k":"v"},{"name":"two","k":"#, 1, FindingKind::BrokenJson),
        ("not JSON", 0, FindingKind::BrokenJson),
        (r#"{"name":"one"}"#, 0, FindingKind::WrongType),
        (r#"[3,{"name":"one"}]"#, 1, FindingKind::WrongType),
        (r#"[{"name":"one","_timestamp":"soon"}]"#, 1, FindingKind::BadNumber),
    ] {
        let dataset = open_bytes(row(events).as_bytes());
        assert_eq!((dataset.spans.len(), dataset.events.name.len()), (1, n_events), "{events}");
        assert_eq!(dataset.links.trace.len(), 1, "{events}");
        assert_ne!(dataset.report.count(kind), 0, "{events}: {}", report_text(&dataset.report));
        assert!(dump(&dataset).contains("@z=\"kept\""), "{events}");
        assert!(report_text(&dataset.report).contains("byte 1, line 1"), "{}", report_text(&dataset.report));
    }
}

#[test]
fn a_cut_costs_only_what_is_behind_it() {
    let answer = fixture("search-trace-links.json");
    let text = std::str::from_utf8(&answer).unwrap();
    let rows = rows(&answer);
    let mut last = 0;
    for end in (0..=answer.len()).step_by(13).chain([answer.len()]) {
        let dataset = open_bytes(&answer[..end]);
        let n = dataset.spans.len();
        let complete = text[..end].matches("},{\"_timestamp\"").count();
        assert!(n == complete || n == complete + 1, "{end}: {n} spans of {complete} complete rows and more");
        assert!(last <= n, "{end}");
        last = n;
        for chunk in [1, 64] {
            assert_eq!(whole(&answer[..end], chunk), whole(&answer[..end], usize::MAX), "cut at {end}, in pieces of {chunk}");
        }
    }
    assert_eq!(last, rows.len());
}

#[test]
fn damage_in_one_row_leaves_the_others() {
    let answer = fixture("search-trace.json");
    let broken = String::from_utf8(answer).unwrap().replacen("\"operation_name\":\"POST\",", "\"operation_name\":POST,", 1);
    let dataset = open_bytes(broken.as_bytes());
    assert_eq!(dataset.spans.len(), 29, "{}", report_text(&dataset.report));
    assert_eq!(dataset.report.count(FindingKind::BrokenJson), 1);
}

#[test]
fn flipped_bytes_do_no_harm_to_rows() {
    let answer = fixture("odd-spans.json");
    let mut random = Random::new(4);
    for _ in 0..1500 {
        let mut bytes = answer.clone();
        for _ in 0..=random.below(3) {
            let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
            bytes[at] = random.pick(b"{}[]\",:\\\n0a_");
        }
        let dataset = open_bytes(&bytes);
        assert!(dataset.spans.len() <= 6);
    }
}

#[test]
fn what_a_server_says_is_told_in_its_words() {
    let rows = rows(&fixture("search-trace-orphan.json")).join(",");
    let limited = [
        (r#""function_error":["Warn: capped","Please be aware"],"is_partial":true"#, 2, "Please be aware"),
        (r#""function_error":"Query duration is modified \u00e9","is_partial":true"#, 1, "modified é"),
        (r#""is_partial":true"#, 1, "partial"),
        (r#""function_error":[],"is_partial":false"#, 0, ""),
        (r#""function_error":null,"is_partial":null"#, 0, ""),
    ];
    for (members, count, words) in limited {
        for text in [format!("{{\"hits\":[{rows}],{members}}}"), format!("{{{members},\"hits\":[{rows}]}}")] {
            let dataset = open_bytes(text.as_bytes());
            let report = report_text(&dataset.report);
            assert_eq!((dataset.spans.len(), dataset.report.count(FindingKind::ServerLimit)), (1, count), "{text}: {report}");
            assert!(report.contains(words), "{report}");
            assert_eq!(dataset.report.count(FindingKind::SnakeCase), 0, "{report}");
        }
    }
    for (text, words, format) in [
        (
            r#"{"code":20002,"message":"Search stream not found: nosuch","error_detail":""}"#,
            "Search stream not found: nosuch",
            "refusal as JSON",
        ),
        (r#"{"took":5,"hits":[],"total":0,"from":0,"size":10}"#, "none", "OpenObserve JSON"),
        (r#"{"took":5,"hits":[{"trace_id":"00","start_time":1,"spans":[7,0]}],"total":1}"#, "none", "OpenObserve JSON"),
    ] {
        let dataset = open_bytes(text.as_bytes());
        let report = report_text(&dataset.report);
        assert_eq!(findings(&dataset.report), "no-spans-in-answer 1\n", "{text}");
        assert!(report.contains(words), "{report}");
        assert_eq!(dataset.report.sources.as_slice()[0].format, format);
    }
    // A page that failed among those that did not.
    let pages = format!("{{\"hits\":[{rows}]}}\n{{\"code\":429,\"message\":\"slow down\"}}\n");
    let dataset = open_bytes(pages.as_bytes());
    assert_eq!(dataset.spans.len(), 1);
    assert!(report_text(&dataset.report).contains("slow down"));
    assert_eq!(findings(&dataset.report), "no-spans-in-answer 1\norphan 1\nopenobserve-flattened 1\n");
}

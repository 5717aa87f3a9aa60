//! Files with what is known to be true of them: every fixture, and the folder that `SPANWISE_CORPUS` names.
//!
//! `truth.json` beside the files says what an independent program counted, or what was worked out by hand. Every record counts:
//! those kept and those merged together are all that there were.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spanwise::base::StrId;
use spanwise::model::{Dataset, FindingKind, Severity, TraceKey};

use super::dump::{dump, findings};
use super::generate::{Plan, Random, Shape, framed, json_document, json_lines, protobuf, protobuf_framed, requests};
use super::read::{File, fixtures, fixtures_folder, gzip, open, open_bytes, report_text, zstd};
use super::source::root;

/// Truths that are wrong, by the ends of their files' names, and why: found out by hand. What is read of these is held by the fixtures.
const WRONG: [(&str, &str); 18] = [
    ("model_01.json", "the domain model counts nanoseconds, as its twins in microseconds show"),
    ("model_03.json", "the domain model counts nanoseconds"),
    ("fixture_trace.json", "the domain model counts nanoseconds, and writes true as 1"),
    ("log_tags_trace.json", "the domain model counts nanoseconds"),
    ("thrift_batch_01.json", "a batch's process is that of all its spans"),
    ("thrift_batch_01@1d40432d.json", "a batch's process is that of all its spans"),
    ("thrift_single_batch.json", "an annotation's `host` is its endpoint"),
    ("thrift_single_batch@4faf08d6.json", "an annotation's `host` is its endpoint"),
    ("heavy.ndjson", "a transaction without a name is a span all the same"),
    ("transactions_spans_rum.ndjson", "a transaction without a name is a span all the same"),
    ("invalid-event.ndjson", "a transaction without a name is a span all the same"),
    ("initialSpans.json", "`timestamp` and `serviceName` are the start and the service"),
    ("zipkin_v2_flat.json", "`otel.status_code` ERROR is an error: the same spans as OTLP have 360"),
    ("zipkin_v2_flat.json.gz", "`otel.status_code` ERROR is an error: the same spans as OTLP have 360"),
    ("trace_scan_error.json", "what stands before the damage is read"),
    ("out.json", "Python's console output between other lines is read"),
    ("alert_data.jsonl", "rows of SigNoz are spans"),
    ("alert_data@062d7c88.jsonl", "rows of SigNoz are spans"),
];

/// What became of a file with a truth.
enum Verdict {
    Agrees,
    /// A format that is recognized, and not read.
    NotClaimed(String),
    Disagrees(Vec<String>),
}

#[test]
fn corpus_of_fixtures() {
    check_corpus(&fixtures_folder());
}

#[test]
fn corpus_named_by_the_environment() {
    if let Some(folder) = std::env::var_os("SPANWISE_CORPUS") {
        check_corpus(&PathBuf::from(folder));
    }
}

/// Checks every file of a folder that has an entry in its `truth.json`.
fn check_corpus(folder: &Path) {
    let text = fs::read_to_string(folder.join("truth.json")).unwrap();
    let truths: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    // An index beside the truth marks files whose spans nobody counted with a question mark.
    let index = fs::read_to_string(folder.join("INDEX.tsv")).unwrap_or_default();
    let columns = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let uncounted: BTreeSet<String> = columns.filter(|row| row.get(3) == Some(&"?")).map(|row| row[0].to_owned()).collect();
    let mut broken = String::new();
    let mut not_claimed = Vec::new();
    let mut n_agree = 0;
    for (path, truth) in &truths {
        let bytes = fs::read(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let dataset = open(&[File { name: path, bytes: &bytes }], 1 << 20);
        if let Some((_, why)) = WRONG.iter().find(|(end, _)| path.ends_with(end)).filter(|_| folder != fixtures_folder()) {
            not_claimed.push(format!("{path}: its truth is wrong: {why}; {} read", dataset.spans.len()));
            continue;
        }
        if uncounted.contains(path) {
            not_claimed.push(format!("{path}: nobody counted its spans; {} read", dataset.spans.len()));
            continue;
        }
        match judge(path, &dataset, truth) {
            Verdict::Agrees => n_agree += 1,
            Verdict::NotClaimed(what) => not_claimed.push(format!("{path}: {what}")),
            Verdict::Disagrees(facts) => writeln!(broken, "{path}\n    {}", facts.join("\n    ")).unwrap(),
        }
    }
    // Past the capture of test output, so that a green run says it too.
    let mut out = std::io::stderr().lock();
    let counts = format!("{}: {} files, {n_agree} agree, {} not claimed", folder.display(), truths.len(), not_claimed.len());
    writeln!(out, "{counts}").unwrap();
    for line in &not_claimed {
        writeln!(out, "  not claimed: {line}").unwrap();
    }
    drop(out);
    assert!(n_agree != 0, "no file agrees with its truth");
    assert!(broken.is_empty(), "files that disagree with their truth:\n{broken}");
}

fn judge(path: &str, dataset: &Dataset, truth: &Value) -> Verdict {
    let expected = |field: &str| truth[field].as_u64().unwrap_or_else(|| panic!("{path}: no count {field}"));
    let report = &dataset.report;
    let declined = [FindingKind::ForeignFormat, FindingKind::NotTelemetry].iter().any(|&kind| report.count(kind) != 0);
    let is_otlp = path.split('/').any(|part| ["otlp", "collector_", "traps"].iter().any(|start| part.starts_with(start)));
    if declined && dataset.spans.is_empty() && expected("spans") != 0 && !is_otlp {
        let format = report.sources.iter().map(|(_, source)| source.format.clone()).collect::<Vec<_>>().join(", ");
        return Verdict::NotClaimed(format!("{} spans, taken for {format:?}", expected("spans")));
    }
    let mut broken = Vec::new();
    let mut check = |what: &str, found: u64, low: u64, high: u64| {
        if found < low || high < found {
            let expected = if low == high { low.to_string() } else { format!("{low} to {high}") };
            broken.push(format!("{what}: expected {expected}, but found {found}"));
        }
    };
    // Of a line that is cut the truth counts nothing, and we every span that stands whole before the cut.
    let is_cut = report.count(FindingKind::TruncatedTail) != 0 && expected("spans") < dataset.spans.len() as u64;
    if is_cut {
        return Verdict::Agrees;
    }
    let merged = report.count(FindingKind::DuplicateSpan) + report.count(FindingKind::ConflictingSpan);
    // Halves of a shared span have one id in the truth, which counts the second as a duplicate; here they are two spans, one in the other.
    let split = report.count(FindingKind::SharedSpan);
    let kept = dataset.spans.len() as u64;
    let duplicates = expected("duplicates");
    check("records kept and merged", kept + merged, expected("spans"), expected("spans"));
    check("records merged or split", merged + split, duplicates, duplicates);
    check("records by source", report.sources.iter().map(|(_, source)| source.spans).sum(), expected("spans"), expected("spans"));
    check("traces", dataset.traces.len() as u64, expected("traces"), expected("traces"));
    let named = dataset.services.name.as_slice().iter().filter(|&&name| name != StrId::EMPTY).count();
    check("services", named as u64, expected("services"), expected("services"));
    check(
        "max_depth",
        dataset.traces.depth.as_slice().iter().copied().max().unwrap_or(0).into(),
        expected("max_depth"),
        expected("max_depth") + split,
    );
    // The truth counts records; of those that came twice, one is left here.
    let sum = |column: &[u32]| column.iter().map(|&n| u64::from(n)).sum::<u64>();
    let traces = &dataset.traces;
    let unnamed = dataset.spans.resource.iter().filter(|(_, resource)| dataset.resources.service[**resource] == StrId::EMPTY);
    let lose = |what: &str| if duplicates == 0 { expected(what) } else { expected(what).saturating_sub(duplicates) };
    for (what, found) in [
        ("roots", sum(traces.roots.as_slice())),
        ("orphans", sum(traces.orphans.as_slice())),
        ("errors", sum(traces.errors.as_slice())),
        ("spans_without_service", unnamed.count() as u64),
    ] {
        check(what, found, lose(what), expected(what));
    }
    for (what, found) in [("events", dataset.events.name.len() as u64), ("links", dataset.links.trace.len() as u64)] {
        let low = if duplicates == 0 { expected(what) } else { 0 };
        check(what, found, low, expected(what));
    }
    let spans = &dataset.spans;
    let first = spans.start.as_slice().iter().copied().filter(|&time| time != 0).min();
    let last = spans.end.as_slice().iter().copied().filter(|&time| time != 0).max();
    for (what, found) in [("min_start_ns", first), ("max_end_ns", last)] {
        let found = found.map(|time| time.to_string());
        if truth[what].as_str() != found.as_deref() {
            broken.push(format!("{what}: expected {}, but found {found:?}", truth[what]));
        }
    }
    for largest in truth["largest_traces"].as_array().into_iter().flatten().filter(|_| duplicates == 0) {
        broken.extend(check_trace(dataset, largest));
    }
    if broken.is_empty() {
        return Verdict::Agrees;
    }
    broken.push(format!("report: {}", findings(report).trim_end().replace('\n', ", ")));
    Verdict::Disagrees(broken)
}

fn check_trace(dataset: &Dataset, truth: &Value) -> Option<String> {
    let id = truth["trace"].as_str().unwrap_or_default();
    // The truth marks ids that are no hex with `raw:` and writes the others in lower case; the store keeps a text as it is.
    let text = id.strip_prefix("raw:").unwrap_or(id);
    let is_named_so = |key: TraceKey| key.display(&dataset.strings).to_string().eq_ignore_ascii_case(text);
    let Some((trace, _)) = dataset.traces.key.iter().find(|&(_, &key)| is_named_so(key)) else {
        return Some(format!("trace {id} is not there"));
    };
    let found = [
        ("spans", dataset.traces.spans[trace].len()),
        ("depth", dataset.traces.depth[trace]),
        ("errors", dataset.traces.errors[trace]),
        // Here the truth counts the spans without a service as one.
        ("services", dataset.traces.services[trace].len()),
    ];
    let differs = found.iter().find(|(what, found)| truth[what].as_u64() != Some(u64::from(*found)));
    differs.map(|(what, found)| format!("trace {id}: {what}: expected {}, but found {found}", truth[what]))
}

/// Each trap's dump and report as text that people read, under `tests/golden`. `UPDATE_GOLDEN=1` writes them anew.
#[test]
fn traps_give_their_goldens() {
    let mut broken = Vec::new();
    for (path, bytes) in fixtures().iter().filter(|(path, _)| path.starts_with("traps/") || path.contains("/malformed/")) {
        let dataset = open_bytes(bytes);
        let text = format!("{}\n{}", report_text(&dataset.report), shortened(&dump(&dataset)));
        let golden = root().join("tests/golden").join(format!("{path}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(golden.parent().unwrap()).unwrap();
            fs::write(&golden, &text).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected != text {
            broken.push(format!("--- {} ---\nexpected:\n{expected}\nfound:\n{text}", golden.display()));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Goldens are read by people: a value of a megabyte is not.
fn shortened(dump: &str) -> String {
    let short = |line: &str| {
        let kept: String = line.chars().take(1000).collect();
        if kept.len() < line.len() { format!("{kept}… {} bytes\n", line.len()) } else { format!("{line}\n") }
    };
    dump.lines().map(short).collect()
}

/// The gauntlet: however a file's bytes come, what is read is the same.
#[test]
fn fixtures_read_the_same_however_they_come() {
    let mut broken = Vec::new();
    for (path, bytes) in fixtures() {
        let whole = open_bytes(&bytes);
        let (expected, expected_report) = (dump(&whole), report_text(&whole.report));
        let mut check = |how: &str, dataset: &Dataset, inflated_alike: bool| {
            if dump(dataset) != expected {
                broken.push(format!("{path}: other spans when {how}"));
            } else if inflated_alike && report_text(&dataset.report) != expected_report {
                let report = report_text(&dataset.report);
                broken.push(format!("{path}: another report when {how}:\n{report}\ninstead of\n{expected_report}"));
            } else if findings(&dataset.report) != findings(&whole.report) {
                broken.push(format!("{path}: other findings when {how}"));
            }
        };
        check("it has a name", &open(&[File { name: &path, bytes: &bytes }], usize::MAX), true);
        check("it has a wrong name", &open(&[File { name: "x.csv", bytes: &bytes }], usize::MAX), true);
        // A byte at a time is slow work for what is large and plain.
        let chunks: &[usize] = if bytes.len() < 30_000 { &[1, 7, 64, 4096] } else { &[61, 4096] };
        for &chunk in chunks {
            check(&format!("it comes in pieces of {chunk}"), &open(&[File { name: "", bytes: &bytes }], chunk), true);
        }
        // What is packed already, or damaged as a pack, is not packed again.
        if !["gz", "zst"].iter().any(|end| path.ends_with(end)) && !bytes.is_empty() {
            // Of a pack around packed messages the size is told that is larger.
            let inflated = whole.report.sources.as_slice().first().map_or(0, |source| source.bytes_inflated);
            let is_alike = bytes.len() as u64 <= inflated || inflated == 0;
            check("it is gzipped", &open_bytes(&gzip(&bytes)), is_alike);
            check("it is gzipped and comes in pieces", &open(&[File { name: "", bytes: &gzip(&bytes) }], 13), is_alike);
            check("it is packed with zstd", &open(&[File { name: "", bytes: &zstd(&bytes) }], 1000), is_alike);
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// What follows what in a file says nothing about the spans.
#[test]
fn fixtures_read_the_same_in_any_order() {
    let mut broken = Vec::new();
    let mut n_shuffled = 0;
    for (path, bytes) in fixtures() {
        // There a line of metadata says whose the lines after it are.
        if path.contains("elastic-apm") {
            continue;
        }
        let stream = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
        let Ok(mut documents) = stream.collect::<Result<Vec<_>, _>>() else { continue };
        let expected = open_bytes(&bytes);
        // Of two records of one span that say different things, which one is kept may hang on their order.
        let is_told_apart =
            expected.report.count(FindingKind::ConflictingSpan) == 0 && expected.report.count(FindingKind::MissingSpanId) == 0;
        if expected.spans.is_empty() || !is_told_apart {
            continue;
        }
        // Keys come out of `serde_json` in another order, which the attributes of some old formats take over.
        let written = |documents: &[Value]| documents.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let expected = dump(&open_bytes(written(&documents).as_bytes()));
        for seed in 1..4 {
            let mut random = Random::new(seed);
            random.shuffle(&mut documents);
            for document in &mut documents {
                shuffle_spans(document, &mut random);
            }
            n_shuffled += 1;
            if dump(&open_bytes(written(&documents).as_bytes())) != expected {
                broken.push(format!("{path}: other spans when shuffled with seed {seed}"));
            }
        }
    }
    assert!(n_shuffled > 100, "only {n_shuffled} files could be shuffled");
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Puts the arrays that hold resources, scopes and spans into another order, at any depth.
fn shuffle_spans(value: &mut Value, random: &mut Random) {
    const LISTS: [&str; 8] = [
        "resourceSpans",
        "scopeSpans",
        "spans",
        "resource_spans",
        "scope_spans",
        "batches",
        "instrumentationLibrarySpans",
        "instrumentation_library_spans",
    ];
    let Some(object) = value.as_object_mut() else { return };
    for (key, inner) in object.iter_mut() {
        match inner {
            Value::Array(items) if LISTS.contains(&key.as_str()) => {
                random.shuffle(items);
                for item in items {
                    shuffle_spans(item, random);
                }
            }
            Value::Object(_) => shuffle_spans(inner, random),
            _ => {}
        }
    }
}

/// The same spans in every encoding, framing and compression that producers write.
#[test]
fn generated_traces_read_the_same_in_every_encoding() {
    for (shape, spans) in [(Shape::Shop, 600), (Shape::Job, 300), (Shape::Chain, 50), (Shape::Flat, 50)] {
        let requests = requests(Plan { shape, spans, seed: 11 });
        let legacy_json: Vec<u8> = json_lines(&requests)
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .flat_map(|line| framed(&zstd(line)))
            .collect();
        let legacy_proto: Vec<u8> =
            requests.iter().flat_map(|request| framed(&zstd(&protobuf(std::slice::from_ref(request))))).collect();
        let members: Vec<u8> = json_lines(&requests).split_inclusive(|&byte| byte == b'\n').flat_map(gzip).collect();
        let encodings = [
            ("JSON lines", json_lines(&requests)),
            ("a JSON document", json_document(&requests)),
            ("bare protobuf", protobuf(&requests)),
            ("framed protobuf", protobuf_framed(&requests)),
            ("gzip of JSON lines", gzip(&json_lines(&requests))),
            ("gzip of many members", members),
            ("zstd of framed protobuf", zstd(&protobuf_framed(&requests))),
            ("framed zstd of JSON", legacy_json),
            ("framed zstd of protobuf", legacy_proto),
        ];
        let expected = dump(&open_bytes(&encodings[0].1));
        assert!(expected.lines().count() > spans, "{shape:?}: {expected}");
        for (encoding, bytes) in &encodings {
            for chunk in [977, usize::MAX] {
                let dataset = open(&[File { name: "", bytes }], chunk);
                assert_eq!(dataset.report.count_of(Severity::DataLoss), 0, "{shape:?} as {encoding}");
                assert!(dump(&dataset) == expected, "{shape:?} as {encoding} in pieces of {chunk} gives other spans");
            }
        }
    }
}

/// Files opened together are one data set; what came twice is merged and counted.
#[test]
fn overlapping_files_are_one_data_set() {
    let requests = requests(Plan { shape: Shape::Shop, spans: 900, seed: 5 });
    let (first, second) = requests.split_at(requests.len() / 2);
    let all = open_bytes(&json_lines(&requests));
    let files = [json_lines(first), protobuf_framed(second), gzip(&json_lines(&requests))];
    let names = ["a.jsonl", "b.pb", "c.jsonl.gz"];
    let files: Vec<File<'_>> = names.iter().zip(&files).map(|(name, bytes)| File { name, bytes }).collect();
    let together = open(&files, 5000);
    assert_eq!(together.spans.len(), all.spans.len());
    assert_eq!(together.report.count(FindingKind::DuplicateSpan), all.spans.len() as u64);
    assert_eq!(together.report.count(FindingKind::ConflictingSpan), 0);
    let without_marks = |text: String| text.lines().map(|line| line.split("  # ").next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(without_marks(dump(&together)), without_marks(dump(&all)));
}

/// What the page offers to begin with is whole, and shows what a viewer is for.
#[test]
fn built_in_samples_are_read_without_a_loss() {
    let samples = super::source::paths_under(&root().join("public/samples"), "");
    assert!(!samples.is_empty());
    for path in samples {
        let bytes = fs::read(&path).unwrap();
        let dataset = open_bytes(&bytes);
        let name = path.display();
        assert_eq!(dataset.report.count_of(Severity::DataLoss), 0, "{name}: {}", report_text(&dataset.report));
        assert!(1000 < dataset.spans.len() && 10 < dataset.services.name.len(), "{name}");
        let errors: u32 = dataset.traces.errors.as_slice().iter().sum();
        let orphans: u32 = dataset.traces.orphans.as_slice().iter().sum();
        assert!(0 < errors && 0 < orphans && !dataset.links.trace.is_empty() && !dataset.events.name.is_empty(), "{name}");
        let size = bytes.len();
        assert!(size < 300 << 10, "{name} has {size} bytes");
    }
}

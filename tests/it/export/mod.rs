//! What is given back: spans in, a file out, and what comes of that file when it is opened again.

mod engine;
mod foreign;
mod logs;
mod notes;
mod redaction;

use std::io::Read as _;

use spanwise::encode::{Export, Facts, Findings, Format, Masks, Redaction, Shown, SpanRows, Survey, losses};
use spanwise::model::Dataset;

use super::dump::dump;
use super::generate::{Plan, Shape, json_document, requests};
use super::notation;
use super::read::{fixtures, open_bytes};

/// The formats of which nothing is lost; what their losses list must be empty for.
const LOSSLESS: [Format; 4] = [Format::OtlpJson, Format::OtlpJsonLines, Format::OtlpProto, Format::OtlpProtoFramed];

/// Looks at spans as the engine does before it writes them.
fn survey(dataset: &Dataset, rows: &SpanRows, redaction: &Redaction) -> (Masks, Findings) {
    let mut masks = Masks::new(redaction, dataset);
    let mut survey = Survey::new(dataset, &masks);
    // Without any time, it goes on step by step.
    while !survey.step(dataset, rows, &mut masks, &|| false) {}
    assert_eq!(survey.done(), rows.len());
    (masks, survey.finish())
}

fn facts(dataset: &Dataset) -> Facts {
    survey(dataset, &SpanRows::all(dataset), &Redaction::default()).1.facts
}

/// Everything in a format, unpacked again.
fn written(shown: &Shown<'_>, rows: &SpanRows, format: Format, is_gzip: bool) -> Vec<u8> {
    let mut export = Export::new(format, is_gzip, shown);
    let mut out = Vec::new();
    while !export.step(shown, rows, &mut out) {}
    assert!(export.step(shown, rows, &mut out), "it goes on behind its end");
    assert_eq!(export.done(), rows.len());
    if !is_gzip {
        return out;
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(out.as_slice()).read_to_end(&mut plain).unwrap();
    plain
}

/// Everything of a data set as it is.
fn plain(dataset: &Dataset, format: Format) -> Vec<u8> {
    written(&Shown::plain(dataset), &SpanRows::all(dataset), format, false)
}

fn text(dataset: &Dataset, format: Format) -> String {
    String::from_utf8(plain(dataset, format)).unwrap()
}

/// The data set as text, with log records and exemplars, and without what only says how it was read: that spans came twice.
fn told(dataset: &Dataset) -> String {
    let told = dump(dataset).replace(" merged", "").replace("  #\n", "\n");
    let spans = told.lines().map(|line| line.trim_end().trim_end_matches("  #").to_owned());
    spans.chain(logs::lines(dataset)).chain(super::logs::our_exemplars(dataset)).collect::<Vec<_>>().join("\n")
}

/// Writes and reads again in each format of which nothing should be lost.
fn check_round_trips(name: &str, dataset: &Dataset) {
    let expected = told(dataset);
    let facts = facts(dataset);
    for format in LOSSLESS {
        let shown = Shown::plain(dataset);
        let all = SpanRows::all(dataset);
        let bytes = written(&shown, &all, format, false);
        assert!(written(&shown, &all, format, true) == bytes, "{name}: {format:?} is another one when it is packed");
        let again = told(&open_bytes(&bytes));
        let is_equal = again == expected;
        assert_eq!(is_equal, losses(format, &facts).is_empty(), "{name}: {format:?}\n{expected}\n---\n{again}");
    }
}

#[test]
fn lossless_formats_give_equal_data_sets() {
    let mut n = 0;
    for (path, bytes) in fixtures() {
        let dataset = open_bytes(&bytes);
        if !dataset.spans.is_empty() {
            check_round_trips(&path, &dataset);
            n += 1;
        }
    }
    assert!(n > 40, "only {n} fixtures hold spans");
}

#[test]
fn made_up_traffic_comes_back() {
    for (shape, seed) in [(Shape::Shop, 5), (Shape::Job, 6), (Shape::Chain, 7), (Shape::Flat, 8)] {
        let made = requests(Plan { shape, spans: 1500, seed });
        check_round_trips(&format!("{shape:?} {seed}"), &open_bytes(&json_document(&made)));
    }
}

/// A trace with everything that a span can have.
const EVERYTHING: &str = "
resource cart#1  @service.name=\"cart\" @host=\"h 1\" url=\"https://x\" dropped=2
trace a1
  frontend  GET /cart          0..120ms  server
    cart#1  Cart.audit        90..140ms  client
    | event 95ms \"exception\" @exception.type=\"Timeout\" @n=[1, 2.5, {\"k\": null}, b64\"AAE=\"]
    | link a1/1 state=\"k=v\" flags=256 dropped=1 @a=true
    cart#1  \"odd  \\\"name\\u{0}\"        10..80ms   client  !error \"timed, \\\"out\\\"\" @big=9223372036854775807
      db    SELECT cart       20..70ms   kind=9  flags=257 dropped=1,0,3
      -     no service        30ms..-   ~orphan
trace \"short\" at 0
  -  \"\"  -..-  id=- !ok
";

#[test]
fn everything_that_a_span_can_have_comes_back() {
    check_round_trips("everything", &notation::dataset(EVERYTHING));
}

#[test]
fn a_part_is_written_alone() {
    let dataset = notation::dataset(
        "trace a1\n  a  root  0..9ms\n    b  one  1..2ms\n    b  two  3..8ms\n      c  deep  4..5ms\ntrace b2 at 5000\n  a  other  0..1ms\n",
    );
    let check = |rows: SpanRows, names: &[&str]| {
        assert_eq!(rows.len(), names.len() as u64);
        for format in LOSSLESS {
            let again = open_bytes(&written(&Shown::plain(&dataset), &rows, format, false));
            let mut found: Vec<&str> = again.spans.name.as_slice().iter().map(|&name| again.str(name)).collect();
            found.sort_unstable();
            assert_eq!(found, names, "{format:?}");
        }
    };
    let trace = |id: &str| dataset.find_trace_by_text(&format!("{id:0>32}")).unwrap();
    let a1 = dataset.traces.spans[trace("a1")];
    check(SpanRows::range(a1), &["deep", "one", "root", "two"]);
    let two = a1.iter().find(|&span| dataset.str(dataset.spans.name[span]) == "two").unwrap();
    check(SpanRows::range(spanwise::base::IdxRange::new(two.0, dataset.spans.subtree_end[two])), &["deep", "two"]);
    check(SpanRows::of_traces(&dataset, &[trace("b2")]), &["other"]);
    check(SpanRows::of_traces(&dataset, &[trace("a1"), trace("b2")]), &["deep", "one", "other", "root", "two"]);
    check(SpanRows::default(), &[]);
}

#[test]
fn a_line_holds_a_trace() {
    let dataset = open_bytes(&json_document(&requests(Plan { shape: Shape::Shop, spans: 1200, seed: 3 })));
    let text = text(&dataset, Format::OtlpJsonLines);
    assert_eq!(text.lines().count(), dataset.traces.len());
    for line in text.lines() {
        assert_eq!(open_bytes(line.as_bytes()).traces.len(), 1, "{line}");
    }
}

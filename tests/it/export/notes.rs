//! Pins and notes in what is saved: where they belong, only if they are asked for, and hidden as all else is.

use spanwise::engine::{Engine, Outcome};
use spanwise::protocol::{Answer, ExportFormat, ExportNote, ExportRedaction, ExportRequest, ExportScope, Reply, Request};

use super::told;
use crate::notation;
use crate::read::open_bytes;

const DATA: &str = "
trace a1
  web  GET /      0..9ms  server  id=1 @x=1
    db  SELECT    1..2ms  client  id=2
    db  COMMIT    3..8ms  client  id=3 @spanwise.note=\"of an earlier file\" @y=[{\"spanwise.note\": 1}]
trace b2 at 5000
  web  POST /     0..1ms  server  id=4
";

const LOSSLESS: [ExportFormat; 4] =
    [ExportFormat::OtlpJson, ExportFormat::OtlpJsonLines, ExportFormat::OtlpProto, ExportFormat::OtlpProtoFramed];

fn note(trace: &str, span: &str, is_pinned: bool, note: &str) -> ExportNote {
    let span_id = if span.is_empty() { String::new() } else { format!("{span:0>16}") };
    ExportNote { trace_id: format!("{trace:0>32}"), span_id, is_pinned, note: note.to_owned() }
}

fn notes() -> Vec<ExportNote> {
    vec![
        note("a1", "3", true, "slow since\n10.1.2.3, ask jane@example.com"),
        note("a1", "", true, "the checkout"),
        note("b2", "4", true, ""),
        note("a1", "9", true, "of no span here"),
        note("c3", "", false, "of no trace here"),
    ]
}

fn ask(request: Request) -> (Answer, Vec<u8>) {
    let mut engine = Engine::default();
    let epoch = engine.adopt(notation::dataset(DATA)).epoch;
    let mut job = engine.begin(epoch, request);
    let mut bytes = Vec::new();
    loop {
        match engine.step(&mut job, &|| false) {
            Outcome::Working(_) => {}
            Outcome::Passing(_, pieces) => bytes.extend(pieces.concat()),
            Outcome::Handing(answer, pieces) => {
                bytes.extend(pieces.concat());
                return (answer, bytes);
            }
            Outcome::Done(answer) => return (answer, bytes),
            outcome => panic!("{outcome:?}"),
        }
    }
}

fn file(request: &ExportRequest) -> Vec<u8> {
    let (answer, bytes) = ask(Request::Export(Box::new(request.clone())));
    assert!(matches!(answer, Answer::Reply(Reply::Exported(_))), "{answer:?}");
    bytes
}

/// Lines of the file, opened again, with their attributes.
fn check(request: &ExportRequest, expected: &[&str]) {
    for format in LOSSLESS {
        let again = told(&open_bytes(&file(&ExportRequest { format, ..request.clone() })));
        let lines: Vec<&str> = again.lines().filter(|line| line.contains("  id=")).map(str::trim).collect();
        let short: Vec<String> = lines
            .iter()
            .map(|line| {
                let (name, rest) = (line.split("  ").nth(1).unwrap_or_default(), line.split_once("  id=").unwrap().1);
                format!("{name} {}", rest.split_once(' ').map_or("", |(_, attributes)| attributes))
            })
            .collect();
        assert_eq!(short, expected, "{format:?}\n{again}");
    }
}

#[test]
fn they_stand_on_their_spans_and_those_of_a_trace_on_its_root() {
    let request = ExportRequest { notes: notes(), with_notes: true, ..ExportRequest::default() };
    check(
        &request,
        &[
            "POST / @spanwise.pinned=true",
            "GET / @x=1 @spanwise.trace.note=\"the checkout\" @spanwise.trace.pinned=true",
            "SELECT ",
            "COMMIT @y=[{\"spanwise.note\": 1}] @spanwise.note=\"slow since\\n10.1.2.3, ask jane@example.com\" @spanwise.pinned=true",
        ],
    );
    // Of a part, those in it.
    let part = ExportRequest { scope: ExportScope::Trace, trace_id: Some(format!("{:0>32}", "b2")), ..request };
    check(&part, &["POST / @spanwise.pinned=true"]);
}

#[test]
fn without_being_asked_for_they_stay_here() {
    let unasked = ExportRequest { notes: notes(), ..ExportRequest::default() };
    for format in LOSSLESS {
        let request = ExportRequest { format, ..unasked.clone() };
        let plain = file(&ExportRequest { notes: Vec::new(), ..request.clone() });
        assert!(file(&request) == plain, "{format:?}");
        assert!(!String::from_utf8_lossy(&plain).contains("checkout"));
    }
}

#[test]
fn redaction_looks_at_them_too() {
    let redaction = ExportRedaction { personal: true, mask_texts: vec!["Checkout".to_owned()], ..ExportRedaction::default() };
    let request = ExportRequest { notes: notes(), with_notes: true, redaction, ..ExportRequest::default() };
    check(
        &request,
        &[
            "POST / @spanwise.pinned=true",
            "GET / @x=1 @spanwise.trace.note=\"the •••\" @spanwise.trace.pinned=true",
            "SELECT ",
            "COMMIT @y=[{\"spanwise.note\": 1}] @spanwise.note=\"slow since\\n•••, ask •••\" @spanwise.pinned=true",
        ],
    );
    let hashed =
        ExportRequest { redaction: ExportRedaction { ids_key: Some([7; 16]), ..ExportRedaction::default() }, ..request.clone() };
    let with_id = ExportRequest { notes: vec![note("b2", "4", false, "see 0123456789abcdef")], ..hashed };
    let text = String::from_utf8(file(&with_id)).unwrap();
    assert!(text.contains("spanwise.note") && !text.contains("0123456789abcdef"), "{text}");
    let by_key = ExportRedaction {
        drop_keys: vec!["spanwise.trace.*".to_owned()],
        mask_keys: vec!["spanwise.note".to_owned()],
        ..ExportRedaction::default()
    };
    check(
        &ExportRequest { redaction: by_key, ..request },
        &[
            "POST / @spanwise.pinned=true",
            "GET / @x=1",
            "SELECT ",
            "COMMIT @y=[{\"spanwise.note\": \"•••\"}] @spanwise.note=\"•••\" @spanwise.pinned=true",
        ],
    );
}

#[test]
fn a_preview_counts_them_and_tells_what_becomes_of_them() {
    let redaction = ExportRedaction { personal: true, ..ExportRedaction::default() };
    let preview = |format, with_notes| {
        let request =
            ExportRequest { notes: notes(), with_notes, format, redaction: redaction.clone(), ..ExportRequest::default() };
        match ask(Request::PreviewExport(Box::new(request))).0 {
            Answer::Reply(Reply::ExportPreview(preview)) => *preview,
            answer => panic!("{answer:?}"),
        }
    };
    let with = preview(ExportFormat::OtlpProto, true);
    assert_eq!((with.marked, with.losses), (3, Vec::new()));
    let told: Vec<String> =
        with.changes.iter().map(|change| format!("{}: {}", change.place, change.after.as_deref().unwrap_or("nothing"))).collect();
    assert_eq!(told, ["spanwise.note: slow since\n•••, ask •••", "spanwise.note: slow since\n•••, ask •••"]);
    let without = preview(ExportFormat::OtlpProto, false);
    assert_eq!((without.marked, without.changes), (3, Vec::new()));
    let left_out = (3, "pins and notes, for which only OTLP has a place".to_owned());
    assert!(preview(ExportFormat::Csv, true).losses.contains(&left_out));
    assert!(!preview(ExportFormat::Csv, false).losses.contains(&left_out));
}

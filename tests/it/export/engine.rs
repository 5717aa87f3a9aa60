//! The engine's exports: in steps, in pieces, and the same as in one go.

use spanwise::encode::{Format, Shown, SpanRows};
use spanwise::engine::{Engine, Outcome};
use spanwise::model::Dataset;
use spanwise::protocol::{
    Answer, Brush, ExportFormat, ExportPreview, ExportRedaction, ExportRequest, ExportScope, FailureCode, Group, OpenStage,
    Reply, Request, Selection,
};

use super::written;
use crate::generate::{Plan, Shape, json_document, requests};
use crate::notation;
use crate::read::open_bytes;

struct Run {
    answer: Answer,
    pieces: Vec<Vec<u8>>,
    stages: Vec<OpenStage>,
    steps: usize,
}

/// Runs a request with no time at all, so that each step does as little as it can.
fn run(engine: &mut Engine, epoch: u32, request: Request) -> Run {
    let mut job = engine.begin(epoch, request);
    let (mut pieces, mut stages) = (Vec::new(), Vec::new());
    for steps in 1.. {
        match engine.step(&mut job, &|| false) {
            Outcome::Working(progress) => stages.extend(progress.map(|progress| progress.stage)),
            Outcome::Passing(progress, more) => {
                stages.push(progress.stage);
                pieces.extend(more);
            }
            Outcome::Handing(answer, more) => {
                pieces.extend(more);
                return Run { answer, pieces, stages, steps };
            }
            Outcome::Done(answer) => return Run { answer, pieces, stages, steps },
            outcome => panic!("an export waits for nothing, but found {outcome:?}"),
        }
    }
    panic!("it never ends")
}

fn export(engine: &mut Engine, epoch: u32, request: ExportRequest) -> Vec<u8> {
    let run = run(engine, epoch, Request::Export(Box::new(request)));
    let Answer::Reply(Reply::Exported(view)) = run.answer else { panic!("{:?}", run.answer) };
    let bytes = run.pieces.concat();
    assert_eq!(view.bytes, bytes.len() as u64);
    bytes
}

fn preview(engine: &mut Engine, epoch: u32, request: ExportRequest) -> ExportPreview {
    match run(engine, epoch, Request::PreviewExport(Box::new(request))).answer {
        Answer::Reply(Reply::ExportPreview(preview)) => *preview,
        answer => panic!("{answer:?}"),
    }
}

fn shop(spans: usize) -> Dataset {
    open_bytes(&json_document(&requests(Plan { shape: Shape::Shop, spans, seed: 4 })))
}

#[test]
fn pieces_are_the_file() {
    let dataset = shop(9000);
    let expected = written(&Shown::plain(&dataset), &SpanRows::all(&dataset), Format::OtlpJson, false);
    let mut engine = Engine::default();
    let epoch = engine.adopt(dataset).epoch;
    let run = run(&mut engine, epoch, Request::Export(Box::default()));
    assert!(run.pieces.len() > 1 && run.steps > 10, "{} pieces in {} steps", run.pieces.len(), run.steps);
    assert!(run.stages.iter().all(|stage| *stage == OpenStage::Writing));
    assert!(run.pieces.concat() == expected);
}

const TWO: &str = "
trace a1
  web  GET /      0..9ms  server  id=1 @user.email=\"jane@example.com\"
    db  SELECT    1..2ms  client  id=2
    db  COMMIT    3..8ms  client  id=3
trace b2 at 5000
  web  POST /     0..1ms  server  id=4  !error \"for jane@example.com\"
";

fn names(bytes: &[u8]) -> Vec<String> {
    let dataset = open_bytes(bytes);
    let mut names: Vec<String> = dataset.spans.name.as_slice().iter().map(|&name| dataset.str(name).to_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn scopes_are_what_they_say() {
    let mut engine = Engine::default();
    let epoch = engine.adopt(notation::dataset(TWO)).epoch;
    // The trace at 5000 ns comes first.
    let base = ExportRequest {
        span: Some(2),
        trace_id: Some(format!("{:032x}", 0xa1)),
        selection: Selection {
            filter: "web".to_owned(),
            brushes: vec![Brush { group: Some(Group::Service("db".to_owned())), ..Brush::default() }],
        },
        ..ExportRequest::default()
    };
    let choices = preview(&mut engine, epoch, base.clone()).choices;
    for (scope, expected) in [
        (ExportScope::Subtree, vec!["SELECT"]),
        (ExportScope::Trace, vec!["COMMIT", "GET /", "SELECT"]),
        (ExportScope::Traces, vec!["COMMIT", "GET /", "SELECT"]),
        (ExportScope::Spans, vec!["COMMIT", "SELECT"]),
        (ExportScope::Everything, vec!["COMMIT", "GET /", "POST /", "SELECT"]),
    ] {
        let bytes = export(&mut engine, epoch, ExportRequest { scope, ..base.clone() });
        assert_eq!(names(&bytes), expected, "{scope:?}");
        let count = choices.iter().find(|choice| choice.0 == scope).map(|choice| (choice.1, choice.2));
        let traces = if scope == ExportScope::Everything { 2 } else { 1 };
        assert_eq!(count, Some((expected.len() as u64, traces)), "{scope:?}");
    }
    let unasked = preview(&mut engine, epoch, ExportRequest::default()).choices;
    assert_eq!(unasked, [(ExportScope::Everything, 4, 2)]);
}

#[test]
fn a_preview_tells_what_is_lost_and_what_is_hidden() {
    let mut engine = Engine::default();
    let epoch = engine.adopt(notation::dataset(TWO)).epoch;
    let request = ExportRequest {
        format: ExportFormat::Zipkin,
        redaction: ExportRedaction { personal: true, secrets: true, ids_key: Some([1; 16]), ..ExportRedaction::default() },
        ..ExportRequest::default()
    };
    let preview = preview(&mut engine, epoch, request.clone());
    assert_eq!(preview.spans, 4);
    assert_eq!(preview.losses, []);
    assert_eq!(
        preview.rules,
        [("Attributes of people".to_owned(), 1), ("E-mail addresses".to_owned(), 1), ("Ids, hashed".to_owned(), 4)]
    );
    let changes: Vec<String> = preview
        .changes
        .iter()
        .map(|change| format!("{}: {} → {}", change.place, change.before, change.after.as_deref().unwrap_or("nothing")))
        .collect();
    assert_eq!(changes, ["status message: for jane@example.com → for •••", "user.email: jane@example.com → •••"]);
    let bytes = export(&mut engine, epoch, request);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("for •••") && !text.contains("jane"), "{text}");
}

#[test]
fn what_cannot_be_written_fails_in_words() {
    let mut engine = Engine::default();
    let fails = |engine: &mut Engine, epoch, request| match run(engine, epoch, Request::Export(Box::new(request))).answer {
        Answer::Failed(failure) => failure.code,
        answer => panic!("{answer:?}"),
    };
    assert_eq!(fails(&mut engine, 0, ExportRequest::default()), FailureCode::Empty);
    let epoch = engine.adopt(notation::dataset(TWO)).epoch;
    let trace = ExportRequest { scope: ExportScope::Trace, trace_id: Some("gone".to_owned()), ..ExportRequest::default() };
    assert_eq!(fails(&mut engine, epoch, trace), FailureCode::NotFound);
    let span = ExportRequest { scope: ExportScope::Subtree, span: Some(99), ..ExportRequest::default() };
    assert_eq!(fails(&mut engine, epoch, span), FailureCode::NotFound);
    let many = ExportRedaction { mask_texts: vec!["x".to_owned(); 65], ..ExportRedaction::default() };
    assert_eq!(fails(&mut engine, epoch, ExportRequest { redaction: many, ..ExportRequest::default() }), FailureCode::Invalid);
    // Another data set in its place while it is written.
    let mut job = engine.begin(epoch, Request::Export(Box::default()));
    assert!(matches!(engine.step(&mut job, &|| false), Outcome::Working(_)));
    engine.adopt(notation::dataset(TWO));
    let Outcome::Done(Answer::Failed(failure)) = engine.step(&mut job, &|| false) else { panic!("it went on") };
    assert_eq!(failure.code, FailureCode::Stale);
}

//! Imports through the engine's door: bytes in, in pieces and steps, one data set out.

use spanwise::engine::{Engine, Input, Job, Outcome};
use spanwise::protocol::{
    Answer, DatasetView, Failure, FailureCode, OpenMode, OpenRequest, Origin, Portion, Progress, Reply, ReportView, Request,
    SourceSpec,
};

/// One span as an OTLP JSON document.
fn document(trace: u32, span: u32, parent: &str, name: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},
        "scopeSpans":[{{"spans":[{{"traceId":"{trace:032x}","spanId":"{span:016x}","parentSpanId":"{parent}","name":"{name}",
        "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000100"}}]}}]}}]}}"#
    )
}

/// What a source does when it is read.
#[derive(Clone)]
enum Source {
    Whole(String),
    /// Ends with a failure after these bytes.
    Breaks(String),
}

fn file(at: usize, size: Option<u64>) -> SourceSpec {
    SourceSpec {
        name: format!("{at}.json"),
        size_bytes: size,
        origin: Origin::File(u32::try_from(at).unwrap()),
        remarks: Vec::new(),
    }
}

fn request(mode: OpenMode, sources: &[Source]) -> OpenRequest {
    let spec = |(at, source): (usize, &Source)| match source {
        Source::Whole(text) | Source::Breaks(text) => file(at, Some(text.len() as u64)),
    };
    OpenRequest { mode, sources: sources.iter().enumerate().map(spec).collect(), memory_bytes: 0, portion: Portion::All }
}

fn unreadable() -> Failure {
    Failure {
        code: FailureCode::Unreadable,
        headline: "The file is gone.".to_owned(),
        detail: String::new(),
        remedy: String::new(),
    }
}

/// Reads what a job asks for, in pieces of some bytes, and never gives it more time than for one piece of work.
struct Run<'a> {
    sources: &'a [Source],
    piece: usize,
    at: Vec<usize>,
    progress: Vec<Progress>,
}

impl<'a> Run<'a> {
    fn new(sources: &'a [Source], piece: usize) -> Self {
        Self { sources, piece, at: vec![0; sources.len()], progress: Vec::new() }
    }

    fn whole(&mut self, engine: &mut Engine, job: &mut Job) -> Answer {
        self.steps(engine, job, usize::MAX).unwrap()
    }

    fn steps(&mut self, engine: &mut Engine, job: &mut Job, limit: usize) -> Option<Answer> {
        for _ in 0..limit {
            match engine.step(job, &|| false) {
                Outcome::Done(answer) => return Some(answer),
                Outcome::Lending(_) | Outcome::Blocked(_) => panic!("what is small is not shared"),
                Outcome::Calling { .. } | Outcome::Sleeping { .. } | Outcome::Passing(..) | Outcome::Handing(..) => {
                    panic!("an import calls nobody")
                }
                Outcome::Working(progress) => self.progress.extend(progress),
                Outcome::Waiting { source, origin, progress } => {
                    assert_eq!(origin, Origin::File(source));
                    self.progress.extend(progress);
                    engine.input(job, self.next(source as usize));
                }
            }
        }
        None
    }

    fn next(&mut self, source: usize) -> Input {
        let (text, end) = match &self.sources[source] {
            Source::Whole(text) => (text, Input::End),
            Source::Breaks(text) => (text, Input::Broken(unreadable())),
        };
        let rest = &text.as_bytes()[self.at[source]..];
        if rest.is_empty() {
            return end;
        }
        let piece = &rest[..self.piece.min(rest.len())];
        self.at[source] += piece.len();
        Input::Bytes(piece.to_vec())
    }
}

fn open(engine: &mut Engine, mode: OpenMode, sources: &[Source]) -> Answer {
    let mut job = engine.begin(0, Request::Open(request(mode, sources)));
    Run::new(sources, 100).whole(engine, &mut job)
}

fn opened(answer: Answer) -> DatasetView {
    match answer {
        Answer::Reply(Reply::Opened(view)) => view,
        answer => panic!("{answer:?}"),
    }
}

fn failed(answer: Answer) -> Failure {
    match answer {
        Answer::Failed(failure) => failure,
        answer => panic!("{answer:?}"),
    }
}

fn report(engine: &mut Engine, epoch: u32) -> ReportView {
    let mut job = engine.begin(epoch, Request::Report);
    match engine.step(&mut job, &|| true) {
        Outcome::Done(Answer::Reply(Reply::Report(report))) => report,
        outcome => panic!("{outcome:?}"),
    }
}

fn two() -> Vec<Source> {
    vec![Source::Whole(document(1, 1, "", "root")), Source::Whole(document(1, 2, "0000000000000001", "child"))]
}

#[test]
fn several_sources_are_one_data_set_however_they_are_cut() {
    let sources = two();
    let mut views = Vec::new();
    for piece in [1, 7, 64, 1 << 20] {
        let mut engine = Engine::default();
        let mut job = engine.begin(0, Request::Open(request(OpenMode::Replace, &sources)));
        let mut run = Run::new(&sources, piece);
        let mut view = opened(run.whole(&mut engine, &mut job));
        assert!(run.progress.is_sorted_by_key(|progress| progress.bytes), "{:?}", run.progress);
        let last = run.progress.last().unwrap();
        assert_eq!(Some(last.bytes), last.bytes_total);
        assert_eq!((last.bytes, last.spans), (view.totals.bytes, 2));
        view.totals.bytes_stored = 0;
        views.push(view);
    }
    assert_eq!((views[0].totals.spans, views[0].totals.traces, views[0].totals.orphans), (2, 1, 0));
    assert_eq!(views[0].sources, ["0.json", "1.json"]);
    assert_eq!(views[0].services[0].name, "shop");
    assert!(views.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn pasted_text_needs_nobody_to_read_it() {
    let text = document(1, 1, "", "root");
    let source = SourceSpec { name: "pasted text".to_owned(), size_bytes: None, origin: Origin::Text(text), remarks: Vec::new() };
    let request = OpenRequest { mode: OpenMode::Replace, sources: vec![source], memory_bytes: 0, portion: Portion::All };
    let mut engine = Engine::default();
    let mut job = engine.begin(0, Request::Open(request));
    assert_eq!(opened(Run::new(&[], 1).whole(&mut engine, &mut job)).totals.spans, 1);
}

#[test]
fn an_import_that_is_given_up_leaves_everything_as_it_was() {
    let mut engine = Engine::default();
    let before = opened(open(&mut engine, OpenMode::Replace, &two()));
    let sources = [Source::Whole(document(2, 1, "", "other"))];
    for mode in [OpenMode::Replace, OpenMode::Add] {
        let mut job = engine.begin(0, Request::Open(request(mode, &sources)));
        assert_eq!(Run::new(&sources, 50).steps(&mut engine, &mut job, 4), None);
        // The old data set answers meanwhile.
        assert_eq!(report(&mut engine, before.epoch).totals, before.totals);
        drop(job);
        assert_eq!(report(&mut engine, before.epoch).totals, before.totals);
    }
}

#[test]
fn adding_joins_what_is_open() {
    let mut engine = Engine::default();
    let sources = two();
    let first = opened(open(&mut engine, OpenMode::Replace, &sources[1..]));
    assert_eq!((first.totals.spans, first.totals.orphans), (1, 1));
    let both = opened(open(&mut engine, OpenMode::Add, &sources));
    assert_eq!((both.totals.spans, both.totals.orphans, both.totals.merged), (2, 0, 1));
    assert_eq!(both.sources.len(), 3);
    assert_eq!(both.epoch, first.epoch + 1);
    let other = opened(open(&mut engine, OpenMode::Replace, &sources[..1]));
    assert_eq!(other.totals.spans, 1);
}

#[test]
fn what_could_be_read_is_kept() {
    let whole = document(1, 1, "", "root");
    let lines = format!("{}\n{}\n{}", whole.replace('\n', ""), document(1, 2, "", "next").replace('\n', ""), r#"{"resourceSp"#);
    let mut engine = Engine::default();
    let view = opened(open(&mut engine, OpenMode::Replace, &[Source::Breaks(lines), Source::Whole(document(2, 1, "", "other"))]));
    assert_eq!((view.totals.spans, view.totals.traces), (3, 2));
    let report = report(&mut engine, view.epoch);
    let finding = report.findings.iter().find(|finding| finding.kind == "source-unreadable").unwrap();
    assert_eq!((finding.count, finding.examples[0].source.as_str()), (1, "0.json"));
    assert_eq!(finding.examples[0].note, "The file is gone.");
}

#[test]
fn sources_of_which_nothing_can_be_read_fail_with_their_reason() {
    let mut engine = Engine::default();
    let gone = failed(open(&mut engine, OpenMode::Replace, &[Source::Breaks(String::new())]));
    assert_eq!(gone, unreadable());

    let before = opened(open(&mut engine, OpenMode::Replace, &two()));
    let png = Source::Whole("\u{89}PNG\r\n\u{1a}\n and more of what is no telemetry".to_owned());
    let failure = failed(open(&mut engine, OpenMode::Replace, &[png]));
    assert_eq!(failure.code, FailureCode::NothingRead);
    assert!(failure.detail.contains("0.json"), "{}", failure.detail);
    assert_eq!(failed(open(&mut engine, OpenMode::Replace, &[])).code, FailureCode::NothingRead);
    assert_eq!(report(&mut engine, before.epoch).totals, before.totals, "the old data set is gone");
}

/// An archive or a folder may have thousands of files: the report lists some, and says what the others come to.
#[test]
fn a_report_lists_so_many_sources_and_sums_up_the_others() {
    let sources: Vec<Source> = (1..=503).map(|id| Source::Whole(document(1, id, "", "root"))).collect();
    let mut engine = Engine::default();
    let mut job = engine.begin(0, Request::Open(request(OpenMode::Replace, &sources)));
    let view = opened(Run::new(&sources, 1 << 20).whole(&mut engine, &mut job));
    let report = report(&mut engine, view.epoch);
    assert_eq!((report.sources.len(), report.totals.spans), (500, 503));
    let bytes = report.totals.bytes - report.sources.iter().map(|source| source.bytes).sum::<u64>();
    assert_eq!((report.more.count, report.more.spans, report.more.bytes), (3, 3, bytes));
}

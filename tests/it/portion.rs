//! A part of the sources, held against all of them filtered by code that is too simple to be wrong.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::trace::v1::{Span, TracesData};
use spanwise::decode::Import;
use spanwise::engine::{Engine, Input, Outcome};
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport, Part, Portion, SpanIdx, StatusCode};
use spanwise::protocol::{
    self, Answer, DatasetView, Excess, Failure, FailureCode, OpenMode, OpenRequest, OpenStage, Origin, Overflow, Progress, Reply,
    ReportView, Request, SourceSpec,
};

use super::dump::dump;
use super::generate::{Plan, Shape, json_document, json_lines, protobuf, protobuf_framed, requests};
use super::naive::check_forest;
use super::oracle::first_difference;
use super::read::{fixtures, gzip, open_bytes, zstd};

fn shop(spans: usize, seed: u64) -> Vec<TracesData> {
    requests(Plan { shape: Shape::Shop, spans, seed })
}

/// Reads files as one data set, of which a part is kept; as often as it takes.
fn open_part(files: &[&[u8]], chunk: usize, portion: Portion) -> Dataset {
    let mut batch = Batch::of_portion(portion);
    loop {
        let mut report = ImportReport::default();
        for file in files {
            let mut import = Import::new(report.begin_source(""));
            for piece in file.chunks(chunk.max(1)) {
                import.feed(piece, &mut batch, &mut report);
            }
            import.finish(&mut batch, &mut report);
        }
        if !batch.begin_second_pass() {
            batch.tell_part(&mut report);
            return Dataset::seal(batch, report);
        }
    }
}

/// All spans of requests, in their order, with those in front that this is about.
fn spans(requests: &[TracesData]) -> impl Iterator<Item = &Span> {
    requests
        .iter()
        .flat_map(|request| &request.resource_spans)
        .flat_map(|group| &group.scope_spans)
        .flat_map(|group| &group.spans)
}

fn only(requests: &[TracesData], mut is_wanted: impl FnMut(&Span) -> bool) -> Vec<TracesData> {
    let mut requests = requests.to_vec();
    for request in &mut requests {
        for group in &mut request.resource_spans {
            for group in &mut group.scope_spans {
                group.spans.retain(&mut is_wanted);
            }
            group.scope_spans.retain(|group| !group.spans.is_empty());
        }
        request.resource_spans.retain(|group| !group.scope_spans.is_empty());
    }
    requests
}

/// The wanted part of requests. Which traces make up a share is taken from what was kept; that it is a share is tested elsewhere.
fn wanted(requests: &[TracesData], portion: Portion, kept: &Dataset) -> Vec<TracesData> {
    let traces: BTreeSet<Vec<u8>> = match portion {
        Portion::Errors => spans(requests)
            .filter(|span| span.status.as_ref().is_some_and(|status| status.code == 2))
            .map(|span| span.trace_id.clone())
            .collect(),
        Portion::Share { .. } => kept
            .traces
            .key
            .as_slice()
            .iter()
            .map(|key| u128::from_str_radix(&key.display(&kept.strings).to_string(), 16).unwrap().to_be_bytes().to_vec())
            .collect(),
        _ => BTreeSet::new(),
    };
    let mut n = 0;
    only(requests, |span| {
        n += 1;
        match portion {
            Portion::All => true,
            Portion::First { spans } => n <= spans,
            Portion::Time { from, to } => span.start_time_unix_nano <= to && from <= span.end_time_unix_nano,
            Portion::Errors | Portion::Share { .. } => traces.contains(&span.trace_id),
        }
    })
}

fn encodings(requests: &[TracesData]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a JSON document", json_document(requests)),
        ("JSON lines", json_lines(requests)),
        ("protobuf", protobuf(requests)),
        ("framed protobuf", protobuf_framed(requests)),
        ("gzip", gzip(&json_lines(requests))),
        ("zstd", zstd(&protobuf(requests))),
    ]
}

/// The middle third of the time.
fn some_time(requests: &[TracesData]) -> Portion {
    let start = spans(requests).map(|span| span.start_time_unix_nano).min().unwrap();
    let end = spans(requests).map(|span| span.end_time_unix_nano).max().unwrap();
    Portion::Time { from: start + (end - start) / 3, to: end - (end - start) / 3 }
}

#[test]
fn a_part_is_what_a_slow_filter_keeps() {
    let all = shop(1500, 5);
    let n_all = spans(&all).count() as u64;
    let portions = [
        Portion::First { spans: 0 },
        Portion::First { spans: 1 },
        Portion::First { spans: 777 },
        Portion::First { spans: u64::MAX },
        some_time(&all),
        Portion::Errors,
        Portion::Share { one_in: 1 },
        Portion::Share { one_in: 7 },
    ];
    for (encoding, bytes) in encodings(&all) {
        for portion in portions {
            for chunk in [usize::MAX, 611] {
                let part = open_part(&[&bytes], chunk, portion);
                check_forest(&part);
                let wanted = wanted(&all, portion, &part);
                let expected = open_bytes(&json_document(&wanted));
                let difference = first_difference(&dump(&part), &dump(&expected));
                assert_eq!(difference, None, "{encoding}, {portion:?}, in pieces of {chunk}");
                let n_kept = spans(&wanted).count() as u64;
                let left_out = part.report.part.map_or(0, |part| part.left_out);
                assert_eq!(left_out, n_all - n_kept, "{encoding}, {portion:?}");
                assert_eq!(part.report.count(FindingKind::LeftOut), left_out);
                assert_eq!(part.report.sources.as_slice()[0].spans, n_all, "all were read");
                // Resources and scopes of what was left out are not there either.
                assert_eq!(part.resources.attributes.len(), expected.resources.attributes.len(), "{encoding}, {portion:?}");
                assert_eq!(part.scopes.attributes.len(), expected.scopes.attributes.len(), "{encoding}, {portion:?}");
            }
        }
    }
}

#[test]
fn a_share_is_of_whole_traces_the_same_from_every_file() {
    let all = shop(6000, 9);
    let n_traces = spans(&all).map(|span| span.trace_id.clone()).collect::<BTreeSet<_>>().len();
    let keys = |dataset: &Dataset| -> BTreeSet<String> {
        dataset.traces.key.as_slice().iter().map(|key| key.display(&dataset.strings).to_string()).collect()
    };
    let whole = open_part(&[&json_lines(&all)], usize::MAX, Portion::Share { one_in: 4 });
    let kept = keys(&whole);
    assert!((n_traces / 8..n_traces / 2).contains(&kept.len()), "{} of {n_traces}", kept.len());
    assert!(whole.report.part.unwrap().is_whole);
    // Halves of the same traces in two files, in different formats: together they are what the one file has.
    let (front, back) = all.split_at(all.len() / 2);
    let halves = open_part(&[&protobuf(front), &json_document(back)], 5000, Portion::Share { one_in: 4 });
    assert_eq!(first_difference(&dump(&halves), &dump(&whole)), None);
    // A larger share has all traces of a smaller one that divides it.
    assert!(keys(&open_part(&[&protobuf(&all)], usize::MAX, Portion::Share { one_in: 2 })).is_superset(&kept));
}

#[test]
fn ids_that_are_counted_up_are_sampled_evenly() {
    let document = |trace: u32| {
        format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{trace:032x}","spanId":"00000000000000aa"}}]}}]}}]}}"#
        )
    };
    let text: String = (1..=4000).map(document).collect();
    for one_in in [2_u32, 8, 10, 100] {
        let part = open_part(&[text.as_bytes()], usize::MAX, Portion::Share { one_in });
        let (kept, even) = (part.spans.len(), 4000 / one_in as usize);
        assert!((even * 3 / 4..even * 4 / 3).contains(&kept), "1 in {one_in}: {kept}");
    }
}

/// The spans of a data set by what names them, with how many records the source had.
fn rows(dataset: &Dataset, mut is_wanted: impl FnMut(SpanIdx) -> bool) -> Vec<String> {
    let spans = &dataset.spans;
    let mut rows: Vec<String> = (0..spans.len())
        .map(|at| SpanIdx(u32::try_from(at).unwrap()))
        .filter(|&span| is_wanted(span))
        .map(|span| {
            let trace = dataset.traces.key[spans.trace[span]].display(&dataset.strings).to_string();
            let name = dataset.strings.get(spans.name[span]);
            format!("{trace} {} {name} {}–{}", spans.key(span).display(&dataset.strings), spans.start[span], spans.end[span])
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn fixtures_in_part_are_fixtures_filtered() {
    let mut n_checked = 0;
    for (path, bytes) in fixtures() {
        // A part is chosen by the ids that files have, and there one trace has two.
        if path.ends_with("zipkin-short-ids.json") {
            continue;
        }
        let whole = open_bytes(&bytes);
        let records: u64 = whole.report.sources.as_slice().iter().map(|source| source.spans).sum();
        // Which of two records of a span is kept is a question of its own.
        if whole.spans.is_empty() || records != whole.spans.len() as u64 {
            continue;
        }
        n_checked += 1;
        let spans = &whole.spans;
        let failed: BTreeSet<_> = (0..spans.len())
            .map(|at| SpanIdx(u32::try_from(at).unwrap()))
            .filter(|&span| spans.status[span] == StatusCode::Error)
            .map(|span| spans.trace[span])
            .collect();
        let middle = spans.start.as_slice().iter().copied().max().unwrap();
        let touches = |span: SpanIdx| match (spans.start[span], spans.end[span]) {
            (0, end) => middle == end && end != 0,
            (start, end) => start <= middle && middle <= end.max(start),
        };
        for chunk in [usize::MAX, 37] {
            let check = |portion: Portion, expected: Vec<String>| {
                let part = open_part(&[&bytes], chunk, portion);
                let told = part.report.part.map_or(0, |part: Part| part.left_out);
                assert_eq!(rows(&part, |_| true), expected, "{path}, {portion:?}");
                assert_eq!(told + expected.len() as u64, records, "{path}, {portion:?}");
            };
            check(Portion::Time { from: middle, to: middle }, rows(&whole, touches));
            check(Portion::Errors, rows(&whole, |span| failed.contains(&spans.trace[span])));
            check(Portion::Share { one_in: 1 }, rows(&whole, |_| true));
            check(Portion::First { spans: records }, rows(&whole, |_| true));
            // Every trace is in one share of two or not at all, whole.
            let half = open_part(&[&bytes], chunk, Portion::Share { one_in: 2 });
            let in_half: BTreeSet<String> =
                half.traces.key.as_slice().iter().map(|key| key.display(&half.strings).to_string()).collect();
            let of_half =
                |span: SpanIdx| in_half.contains(&whole.traces.key[spans.trace[span]].display(&whole.strings).to_string());
            assert_eq!(rows(&half, |_| true), rows(&whole, of_half), "{path}");
        }
    }
    assert!(n_checked > 40, "{n_checked} fixtures");
}

// --- Through the engine's door ---

#[derive(Clone)]
struct File {
    name: &'static str,
    bytes: Vec<u8>,
}

struct Run {
    answer: Answer,
    progress: Vec<Progress>,
}

fn run(engine: &mut Engine, mode: OpenMode, files: &[File], memory_bytes: u64, portion: protocol::Portion) -> Run {
    let spec = |(at, file): (u32, &File)| SourceSpec {
        name: file.name.to_owned(),
        size_bytes: Some(file.bytes.len() as u64),
        origin: Origin::File(at),
        remarks: vec!["part of it is elsewhere".to_owned()],
    };
    let sources = (0..).zip(files).map(spec).collect();
    let mut job = engine.begin(0, Request::Open(OpenRequest { mode, sources, memory_bytes, portion }));
    let mut progress = Vec::new();
    // By the number that the engine gives a reading: one that is begun again begins at the front.
    let mut readings: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
    loop {
        match engine.step(&mut job, &|| false) {
            Outcome::Done(answer) => return Run { answer, progress },
            Outcome::Working(now) => progress.extend(now),
            Outcome::Waiting { source, origin: Origin::File(at), progress: now } => {
                progress.extend(now);
                let read = readings.entry(source).or_default();
                let rest = &files[at as usize].bytes[*read..];
                let piece = &rest[..rest.len().min(64 << 10)];
                *read += piece.len();
                engine.input(&mut job, if piece.is_empty() { Input::End } else { Input::Bytes(piece.to_vec()) });
            }
            // Nobody helps here.
            Outcome::Lending(_) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
}

fn opened(run: Run) -> DatasetView {
    match run.answer {
        Answer::Reply(Reply::Opened(view)) => view,
        answer => panic!("{answer:?}"),
    }
}

fn failed(run: Run) -> Failure {
    match run.answer {
        Answer::Failed(failure) => failure,
        answer => panic!("{answer:?}"),
    }
}

fn excess(run: Run) -> Excess {
    match run.answer {
        Answer::Reply(Reply::Overflow(overflow)) => overflow.excess,
        answer => panic!("{answer:?}"),
    }
}

fn report(engine: &mut Engine, view: &DatasetView) -> ReportView {
    let mut job = engine.begin(view.epoch, Request::Report);
    match engine.step(&mut job, &|| true) {
        Outcome::Done(Answer::Reply(Reply::Report(report))) => report,
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn what_does_not_fit_is_refused_with_numbers_and_what_they_say_fits() {
    let all = shop(20_000, 11);
    let n_all = spans(&all).count() as u64;
    for (encoding, bytes) in encodings(&all) {
        let file = [File { name: "all", bytes }];
        let size = file[0].bytes.len() as u64;
        let mut engine = Engine::default();
        for limit in [2_000_000, 5_000_000] {
            let found = excess(run(&mut engine, OpenMode::Replace, &file, limit, protocol::Portion::All));
            assert_eq!((found.sources_bytes, found.limit_bytes, found.held_bytes), (size, limit, 0), "{encoding}");
            assert!(limit < found.needed_bytes && found.needed_bytes < 60_000_000, "{encoding}: {found:?}");
            assert!(0 < found.read_bytes && found.read_bytes <= size, "{encoding}: {found:?}");
            assert!(0 < found.start && found.start < found.end, "{encoding}: {found:?}");
            // About as many as there are, and about as many as fit.
            assert!((n_all * 2 / 3..n_all * 3 / 2).contains(&found.spans), "{encoding}: {found:?}");
            assert!((200..found.spans).contains(&found.spans_fit), "{encoding}: {found:?}");

            let first = protocol::Portion::First { spans: found.spans_fit };
            let view = opened(run(&mut engine, OpenMode::Replace, &file, limit, first));
            let part = *view.part.clone().unwrap();
            assert_eq!(view.totals.spans, found.spans_fit, "{encoding}: what was said to fit does");
            assert_eq!((part.portion, part.unfit, part.is_whole, part.is_mixed), (first, 0, false, false));
            assert_eq!(part.left_out + view.totals.spans, n_all);

            let share = protocol::Portion::Share { one_in: found.fitting_share() };
            let empty = &mut Engine::default();
            let view = opened(run(empty, OpenMode::Replace, &file, limit, share));
            assert!(view.part.as_ref().is_some_and(|part| part.unfit == 0 && part.is_whole), "{encoding}: {:?}", view.part);
            engine = Engine::default();
        }
        // And all of it where there is room.
        let view = opened(run(&mut engine, OpenMode::Replace, &file, 0, protocol::Portion::All));
        assert_eq!((view.totals.spans, view.part.as_deref()), (n_all, None));
    }
}

#[test]
fn what_cannot_fit_by_its_size_is_looked_at_and_refused() {
    let bytes = json_lines(&shop(6000, 12));
    let mut engine = Engine::default();
    let spec = |origin| SourceSpec { name: "a".to_owned(), size_bytes: Some(20 << 30), origin, remarks: Vec::new() };
    let request = OpenRequest {
        mode: OpenMode::Replace,
        sources: vec![spec(Origin::File(0))],
        memory_bytes: 1 << 30,
        portion: protocol::Portion::All,
    };
    let mut job = engine.begin(0, Request::Open(request));
    let mut n_fed = 0;
    let overflow = loop {
        match engine.step(&mut job, &|| false) {
            Outcome::Done(Answer::Reply(Reply::Overflow(overflow))) => break overflow,
            Outcome::Waiting { .. } => {
                n_fed += 1;
                engine.input(&mut job, Input::Bytes(bytes.clone()));
            }
            Outcome::Working(_) | Outcome::Lending(_) => {}
            outcome => panic!("{outcome:?}"),
        }
    };
    let Overflow { failure, excess: found } = *overflow;
    assert_eq!(failure.code, FailureCode::MoreThanFits);
    assert_eq!(found.sources_bytes, 20 << 30);
    assert!((1..10).contains(&n_fed) && found.read_bytes < 40 << 20, "after {n_fed} pieces: {found:?}");
    assert!(found.spans_fit < found.spans && 100_000 < found.spans_fit, "{found:?}");
    assert!(failure.detail.contains("21474 MB of files"), "{}", failure.detail);
}

#[test]
fn a_part_that_does_not_fit_stops_where_memory_ends_and_counts_the_rest() {
    let all = shop(20_000, 13);
    let n_all = spans(&all).count() as u64;
    let file = [File { name: "all.jsonl", bytes: json_lines(&all) }];
    let mut engine = Engine::default();
    let view = opened(run(&mut engine, OpenMode::Replace, &file, 3_000_000, protocol::Portion::Share { one_in: 2 }));
    let part = *view.part.clone().unwrap();
    assert_eq!(view.totals.spans + part.left_out, n_all);
    assert!(0 < part.unfit && part.unfit < part.left_out && !part.is_whole, "{part:?}");
    let report = report(&mut engine, &view);
    let count = |kind: &str| report.findings.iter().find(|finding| finding.kind == kind).map_or(0, |finding| finding.count);
    assert_eq!((count("unfit"), count("left-out")), (part.unfit, part.left_out - part.unfit));
    assert_eq!(report.totals, view.totals);
    assert_eq!(report.totals.skipped, part.unfit + 1, "what was wanted is missed, and so is what its server kept");
}

#[test]
fn errors_take_two_passes_and_progress_says_which() {
    let all = shop(6000, 14);
    let (front, back) = all.split_at(all.len() / 2);
    let files = [File { name: "front.json", bytes: json_lines(front) }, File { name: "back.binpb", bytes: protobuf(back) }];
    let mut engine = Engine::default();
    let run = run(&mut engine, OpenMode::Replace, &files, 0, protocol::Portion::Errors);
    let stages: Vec<OpenStage> = run.progress.iter().map(|progress| progress.stage).collect();
    let switch = stages.iter().position(|&stage| stage != OpenStage::Seeking).unwrap();
    assert!(0 < switch && stages[switch..].iter().all(|&stage| stage != OpenStage::Seeking));
    assert!(run.progress[..switch].iter().all(|progress| progress.spans == 0));
    assert_eq!(run.progress[switch].bytes, 0, "the second pass begins at the front");
    let view = opened(run);
    let failing = open_part(&[&json_lines(&all)], usize::MAX, Portion::Errors);
    assert_eq!((view.totals.spans, view.totals.traces), (failing.spans.len() as u64, failing.traces.len() as u64));
    assert!(view.part.as_ref().unwrap().is_whole);
    let report = report(&mut engine, &view);
    assert_eq!(report.sources.iter().map(|source| source.spans).sum::<u64>(), spans(&all).count() as u64);
    let server = report.findings.iter().find(|finding| finding.kind == "server-limit").unwrap();
    assert_eq!(server.count, 2, "what is known of the sources is said once");
}

#[test]
fn pasted_text_can_be_read_twice() {
    let text = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"traceId":"1","spanId":"a","status":{"code":"STATUS_CODE_ERROR"}},{"traceId":"2","spanId":"b"},
        {"traceId":"1","spanId":"c"}]}]}]}"#;
    let source = SourceSpec {
        name: "pasted text".to_owned(),
        size_bytes: None,
        origin: Origin::Text(text.to_owned()),
        remarks: Vec::new(),
    };
    let mut engine = Engine::default();
    let (mode, portion) = (OpenMode::Replace, protocol::Portion::Errors);
    let mut job = engine.begin(0, Request::Open(OpenRequest { mode, sources: vec![source], memory_bytes: 0, portion }));
    let view = loop {
        match engine.step(&mut job, &|| true) {
            Outcome::Done(Answer::Reply(Reply::Opened(view))) => break view,
            Outcome::Working(_) | Outcome::Lending(_) => {}
            outcome => panic!("{outcome:?}"),
        }
    };
    assert_eq!((view.totals.spans, view.part.unwrap().left_out), (2, 1));
}

#[test]
fn a_part_without_a_span_changes_nothing() {
    let mut engine = Engine::default();
    let file = [File { name: "all", bytes: json_lines(&shop(300, 15)) }];
    let before = opened(run(&mut engine, OpenMode::Replace, &file, 0, protocol::Portion::All));
    let nothing = protocol::Portion::Time { from: 1, to: 2 };
    let failure = failed(run(&mut engine, OpenMode::Replace, &file, 0, nothing));
    assert_eq!(failure.code, FailureCode::NothingRead);
    assert_eq!(failure.headline, "No span is in the part that was asked for.");
    assert_eq!(report(&mut engine, &before).totals, before.totals);
    // What is open takes all the memory there is.
    let share = protocol::Portion::Share { one_in: 2 };
    let failure = failed(run(&mut engine, OpenMode::Replace, &file, before.totals.bytes_stored, share));
    assert_eq!(failure.headline, "What is open leaves no memory for more.");
    assert_eq!(report(&mut engine, &before).totals, before.totals);
}

#[test]
fn what_joins_a_part_leaves_it_one() {
    use protocol::Portion as P;
    let all = shop(3000, 16);
    let n_all = spans(&all).count() as u64;
    let (front, back) = all.split_at(all.len() / 2);
    let (front, back) = ([File { name: "front", bytes: protobuf(front) }], [File { name: "back", bytes: json_lines(back) }]);
    let share = P::Share { one_in: 3 };
    let first = P::First { spans: 5 };
    // What is opened first, what joins it; then which portion is told, whether traces are whole, whether it is a mixture.
    for (before, after, told, is_whole, is_mixed) in [
        (share, share, share, true, false),
        (share, P::All, share, false, true),
        (P::All, share, share, false, true),
        (share, first, share, false, true),
        (first, first, first, false, false),
        (P::Errors, P::Errors, P::Errors, false, false),
    ] {
        let mut engine = Engine::default();
        let alone = opened(run(&mut engine, OpenMode::Replace, &front, 0, before));
        let both = opened(run(&mut engine, OpenMode::Add, &back, 0, after));
        let part = both.part.unwrap();
        assert_eq!((part.portion, part.is_whole, part.is_mixed), (told, is_whole, is_mixed), "{before:?}, {after:?}");
        assert_eq!(both.totals.spans + part.left_out, n_all, "{before:?}, {after:?}");
        assert!(alone.part.as_ref().map_or(0, |part| part.left_out) <= part.left_out);
    }
}

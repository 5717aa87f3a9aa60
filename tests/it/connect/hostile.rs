//! Answers as no server should give them: slow, cut at every byte, endless, deep, and inputs out of turn.

use spanwise::connect::Connector;
use spanwise::job::{Head, Input, Outcome};
use spanwise::protocol::{Answer, FailureCode, OpenStage, Reply, Request};

use super::{
    Reaction, access, answer, capture, captured, fetch, fetch_request, fetched, json, run, search, search_request, search_view,
    started,
};
use crate::generate::Random;

#[test]
fn slow_answers_are_the_same_answers() {
    let whole = search(vec![captured("12-latest")]);
    for piece in [1, 2, 7, 1_000] {
        let slow = search(vec![captured("12-latest").in_pieces(piece)]);
        assert_eq!(slow.answer, whole.answer);
        assert_eq!(slow.calls.len(), 1, "one call, however many pieces");
        let read: Vec<u64> = slow.progress.iter().map(|progress| progress.bytes).collect();
        assert!(read.is_sorted() && slow.progress.len() >= capture("12-latest").len() / piece, "{}", slow.progress.len());
        assert_eq!(slow.progress[0].stage, OpenStage::Asking);
        assert_eq!(slow.progress.last().unwrap().stage, OpenStage::Reading);
    }
    let slow = fetch(vec![captured("23-search-trace").in_pieces(1)]);
    assert_eq!(slow.blobs, fetch(vec![captured("23-search-trace")]).blobs);
    let slow = search(vec![captured("90-err-unknown-where-column").in_pieces(1)]);
    assert_eq!(slow.answer, search(vec![captured("90-err-unknown-where-column")]).answer);
}

#[test]
fn every_beginning_of_an_answer_is_refused_and_none_is_half_read() {
    let body = capture("126-latest-huge");
    for end in 0..body.len() {
        let run = search(vec![json(&body[..end])]);
        assert_eq!(run.failure().code, FailureCode::Unreadable, "{end}");
    }
    let body = capture("129-search-huge-page2");
    for end in 0..body.len() {
        let run = fetch(vec![json(&body[..end])]);
        assert_eq!(run.failure().code, FailureCode::Unreadable, "{end}");
        let run = fetch(vec![json(body.clone()).broken_after(end); 3]);
        assert_eq!(run.failure().code, FailureCode::NoServer, "{end}");
    }
    // It says that its pages have five rows, and this one has as many.
    assert_eq!(fetched(&fetch(vec![json(body), captured("27-search-trace-none")])).rows, 5);
}

#[test]
fn flipped_bytes_never_break_anything() {
    let mut random = Random::new(5);
    for name in [
        "12-latest",
        "07-streams-traces",
        "10-stream-schema",
        "51-values-service",
        "129-search-huge-page2",
        "158-range-limited-search",
    ] {
        let body = capture(name);
        for _ in 0..120 {
            let mut body = body.clone();
            for _ in 0..=random.below(4) {
                let at = usize::try_from(random.below(body.len() as u64)).unwrap();
                body[at] = u8::try_from(random.below(256)).unwrap();
            }
            for request in [
                Request::Search(Box::new(search_request())),
                Request::FetchTrace(Box::new(fetch_request())),
                Request::Columns(Box::new(access())),
            ] {
                let run = run(request, |_| json(body.clone()));
                assert!(run.answer != Answer::Cancelled && run.calls.len() < 10);
            }
        }
    }
}

#[test]
fn answers_beyond_all_bounds_are_stopped_while_they_come() {
    // 64 MB of blanks, a piece at a time: nothing is kept of them past the limit.
    let (mut connector, mut job, outcome) = started(Request::Search(Box::new(search_request())));
    assert!(matches!(outcome, Outcome::Calling { .. }), "{outcome:?}");
    connector.input(&mut job, Input::Head(Head { status: 200, ..Head::default() }));
    let piece = vec![b' '; 1 << 20];
    let mut n = 0;
    let answer = loop {
        connector.input(&mut job, Input::Bytes(piece.clone()));
        n += 1;
        match connector.step(&mut job, &|| true) {
            Outcome::Calling { .. } => assert!(n < 70, "it does not end"),
            Outcome::Done(answer) => break answer,
            other => panic!("{other:?}"),
        }
    };
    let Answer::Failed(failure) = answer else { panic!("{answer:?}") };
    assert_eq!((n, failure.code), (65, FailureCode::TooLarge), "{failure:?}");
    assert!(failure.detail.contains("67.1"), "{failure:?}");
}

#[test]
fn an_endless_error_is_read_in_its_beginning_only() {
    let run = search(vec![answer(400, "", "no ".repeat(1 << 20)).in_pieces(1 << 16)]);
    assert!(run.failure().detail.starts_with("400: no no no"), "{}", run.failure().detail);
    assert!(run.progress.len() < 10, "{} pieces were read", run.progress.len());
}

#[test]
fn depth_is_bounded() {
    for body in [
        "[".repeat(100_000),
        format!(r#"{{"hits":{}"#, "[".repeat(100_000)),
        format!(r#"{{"hits":[{}"#, r#"{"a":"#.repeat(100_000)),
    ] {
        for run in [search(vec![json(body.clone())]), fetch(vec![json(body.clone())])] {
            assert_eq!(run.failure().code, FailureCode::Unreadable);
        }
    }
}

#[test]
fn inputs_out_of_turn_change_nothing() {
    let (mut connector, mut job, _) = started(Request::Search(Box::new(search_request())));
    for input in [Input::Awake, Input::Size(9)] {
        connector.input(&mut job, input);
        let Outcome::Calling { number, .. } = connector.step(&mut job, &|| true) else { panic!("it waits on") };
        assert_eq!(number, 0);
    }
    // A second step without anything new asks for the same.
    let Outcome::Calling { number, call, .. } = connector.step(&mut job, &|| true) else { panic!("it waits on") };
    assert!(number == 0 && call.url.contains("latest"));
    connector.input(&mut job, Input::NoAnswer("x".to_owned()));
    let Outcome::Sleeping { millis: 500, .. } = connector.step(&mut job, &|| true) else { panic!("it sleeps") };
    // What is left of the call before does not wake it.
    connector.input(&mut job, Input::Bytes(b"{}".to_vec()));
    connector.input(&mut job, Input::End);
    let Outcome::Sleeping { .. } = connector.step(&mut job, &|| true) else { panic!("it sleeps on") };
    connector.input(&mut job, Input::Awake);
    let Outcome::Calling { number: 1, .. } = connector.step(&mut job, &|| true) else { panic!("it asks again") };
    connector.input(&mut job, Input::Head(Head { status: 200, ..Head::default() }));
    connector.input(&mut job, Input::Bytes(capture("20-latest-none")));
    connector.input(&mut job, Input::End);
    let Outcome::Done(Answer::Reply(Reply::Search(view))) = connector.step(&mut job, &|| true) else { panic!("it is done") };
    assert!(view.traces.is_empty());
    assert_eq!(connector.step(&mut job, &|| true), Outcome::Done(Answer::Cancelled), "an answer is given once");
}

#[test]
fn a_second_head_that_tells_of_an_error_ends_the_first_answer() {
    let (mut connector, mut job, _) = started(Request::Search(Box::new(search_request())));
    let head = |status| Input::Head(Head { status, ..Head::default() });
    for input in [head(200), Input::Bytes(vec![b' '; 1 << 20]), head(400), Input::Bytes(b"x".to_vec())] {
        connector.input(&mut job, input);
    }
    let Outcome::Done(Answer::Failed(failure)) = connector.step(&mut job, &|| true) else { panic!("it is done") };
    assert_eq!(failure.code, FailureCode::BadQuery);
}

#[test]
fn an_answer_without_a_head_is_none() {
    let (mut connector, mut job, _) = started(Request::Columns(Box::new(access())));
    for _ in 0..3 {
        connector.input(&mut job, Input::Bytes(capture("10-stream-schema")));
        connector.input(&mut job, Input::End);
        if let Outcome::Sleeping { .. } = connector.step(&mut job, &|| true) {
            connector.input(&mut job, Input::Awake);
            connector.step(&mut job, &|| true);
        }
    }
    let outcome = connector.step(&mut job, &|| true);
    // The third failure was the last one: whatever came of it has been given already.
    assert_eq!(outcome, Outcome::Done(Answer::Cancelled));
}

#[test]
fn a_job_that_is_dropped_is_gone() {
    let mut connector = Connector;
    for n_inputs in 0..4 {
        let mut job = connector.begin(0, Request::FetchTrace(Box::new(fetch_request())));
        connector.step(&mut job, &|| true);
        let inputs = [
            Input::Head(Head { status: 200, ..Head::default() }),
            Input::Bytes(capture("129-search-huge-page2")[..100].to_vec()),
            Input::NoAnswer(String::new()),
        ];
        for input in inputs.into_iter().take(n_inputs) {
            connector.input(&mut job, input);
            connector.step(&mut job, &|| true);
        }
        drop(job);
        // Nothing is left behind: the next request is answered as ever.
        let run = search(vec![captured("20-latest-none")]);
        assert!(search_view(&run).traces.is_empty());
    }
    let silent = search(vec![Reaction::Silence; 3]);
    assert_eq!(silent.failure().code, FailureCode::NoServer);
}

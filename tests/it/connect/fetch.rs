//! Whole traces: page after page, and never a silent end.

use std::fmt::Write as _;

use serde_json::Value;
use spanwise::job::HttpCall;
use spanwise::protocol::{Answer, FailureCode, FetchTraceRequest, Request};

use super::{Reaction, Run, TRACE, answer, capture, captured, fetch, fetch_request, fetched, in_order, json, run};

/// A page of rows, as wide as the test needs them.
fn page(rows: std::ops::Range<u64>, beside: &str) -> Reaction {
    let mut body = String::from(r#"{"took":1,"hits":["#);
    for row in rows.clone() {
        if row != rows.start {
            body.push(',');
        }
        _ = write!(body, r#"{{"span_id":"{row:016x}"}}"#);
    }
    _ = write!(body, r#"],"size":50000{beside}}}"#);
    json(body)
}

/// What a call asks for: the SQL, the window, and the first row.
fn asked(call: &HttpCall) -> (String, (u64, u64), u64, u64) {
    let body: Value = serde_json::from_str(call.body.as_ref().unwrap()).unwrap();
    let query = &body["query"];
    let number = |key: &str| query[key].as_u64().unwrap();
    (query["sql"].as_str().unwrap().to_owned(), (number("start_time"), number("end_time")), number("from"), number("size"))
}

fn lines(run: &Run) -> Vec<Value> {
    assert_eq!(run.blobs.len(), 1, "one blob");
    let text = std::str::from_utf8(&run.blobs[0]).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_trace_of_one_page_is_one_call() {
    let run = fetch(vec![captured("23-search-trace")]);
    let view = fetched(&run);
    assert_eq!((view.rows, view.pages, view.remarks.len()), (30, 1, 0), "{view:?}");
    let mut expected = capture("23-search-trace");
    expected.push(b'\n');
    assert_eq!(run.blobs, [expected], "byte for byte");
    assert_eq!(run.paths(), ["/api/default/_search?type=traces"]);
    let (sql, window, from, size) = asked(&run.calls[0]);
    assert_eq!(sql, format!("SELECT * FROM \"default\" WHERE trace_id = '{TRACE}' ORDER BY start_time, span_id"));
    assert_eq!((from, size), (0, 50_000));
    // The list knows only the spans inside the window that was searched; the trace may be longer.
    assert_eq!(window, (1795407646680000 - 3_600_000_000, 1795407646720001 + 3_600_000_000));
}

#[test]
fn ids_are_sent_in_lower_case_and_nothing_else_is() {
    let with = |trace_id: &str| FetchTraceRequest { trace_id: trace_id.to_owned(), ..fetch_request() };
    let run_of = |trace_id: &str| run(Request::FetchTrace(Box::new(with(trace_id))), |_| captured("23-search-trace"));
    let run = run_of(" 35F10300EE379C65F21201E4EAA3556C ");
    assert!(asked(&run.calls[0]).0.contains(TRACE));
    for bad in ["", "35f1", "x' OR '1'='1", "35f10300ee379c65f21201e4eaa3556g", "35f10300ee379c65f21201e4eaa3556c0"] {
        let run = run_of(bad);
        assert_eq!((run.failure().code, run.calls.len()), (FailureCode::BadQuery, 0), "{bad}");
    }
}

#[test]
fn paging_goes_on_beyond_the_cap() {
    let run = fetch(vec![
        page(0..50_000, ""),
        page(50_000..100_000, ""),
        page(100_000..100_001, ""),
        json(r#"{"hits":[{"n":100001}]}"#),
    ]);
    let view = fetched(&run);
    assert_eq!((view.rows, view.pages, view.remarks.len()), (100_001, 3, 0), "{view:?}");
    let asks: Vec<u64> = run.calls.iter().take(3).map(|call| asked(call).2).collect();
    assert_eq!(asks, [0, 50_000, 100_000]);
    let windows: Vec<(u64, u64)> = run.calls.iter().map(|call| asked(call).1).collect();
    assert!(windows.iter().all(|window| *window == windows[0]));
    assert_eq!(asked(&run.calls[3]).0, format!("SELECT count(*) AS n FROM \"default\" WHERE trace_id = '{TRACE}'"));
    let lines = lines(&run);
    assert_eq!(lines.iter().map(|page| page["hits"].as_array().unwrap().len()).collect::<Vec<_>>(), [50_000, 50_000, 1]);
    let spans: Vec<u64> = run.progress.iter().map(|progress| progress.spans).collect();
    assert!(spans.is_sorted() && spans.contains(&100_000), "{spans:?}");
    let bytes: Vec<u64> =
        run.progress.iter().filter(|progress| progress.source.contains("for spans")).map(|progress| progress.bytes).collect();
    assert!(bytes.is_sorted() && bytes.last() > bytes.first(), "{bytes:?}");
}

#[test]
fn a_last_page_that_is_just_full_is_found_out() {
    let run = fetch(vec![page(0..50_000, ""), page(0..0, "")]);
    assert_eq!((fetched(&run).rows, fetched(&run).pages, run.calls.len()), (50_000, 1, 2));
    assert_eq!(lines(&run).len(), 1);
}

#[test]
fn a_server_that_gives_less_than_was_asked_for_is_asked_on() {
    // Capped to its default limit, as measured: 1,000 rows, and a warning.
    let capped = r#","function_error":["Warn: results are capped to meet default limit"],"is_partial":true"#;
    let run = fetch(vec![page(0..1_000, capped), page(1_000..1_700, ""), json(r#"{"hits":[{"n":1700}]}"#)]);
    assert_eq!((fetched(&run).rows, fetched(&run).pages), (1_700, 2));
    assert_eq!(asked(&run.calls[1]).2, 1_000);
    assert_eq!(fetched(&run).remarks.len(), 1, "{:?}", fetched(&run).remarks);
    // The same without a word, but for the size that it answers with.
    let short = |rows: std::ops::Range<u64>| {
        let Reaction::Answer(full) = page(rows, "") else { unreachable!() };
        json(String::from_utf8(full.body).unwrap().replace(r#""size":50000"#, r#""size":1000"#))
    };
    let run = fetch(vec![short(0..1_000), short(1_000..1_001), json(r#"{"hits":[{"n":1001}]}"#)]);
    assert_eq!((fetched(&run).rows, fetched(&run).remarks.len()), (1_001, 0));
}

#[test]
fn rows_that_the_server_counts_but_does_not_give_are_missed() {
    let run = fetch(vec![page(0..50_000, ""), page(50_000..69_000, ""), captured("127-search-huge-count")]);
    let remarks = fetched(&run).remarks.join("\n");
    assert!(remarks.contains("70\u{202f}001\u{a0}spans") && remarks.contains("1\u{202f}001 are missing"), "{remarks}");
    for odd in
        [answer(400, "", ""), json("{}"), json(r#"{"hits":[{"n":"x"}]}"#), json(r#"{"hits":[{"n":5}]}"#), Reaction::Silence]
    {
        let run = fetch(vec![page(0..50_000, ""), page(50_000..50_001, ""), odd]);
        assert!(fetched(&run).remarks.is_empty(), "{:?}", fetched(&run).remarks);
    }
}

#[test]
fn what_has_come_is_kept() {
    for (trouble, why) in [
        (vec![answer(400, "", "no more")], "400: no more"),
        (vec![Reaction::Silence; 3], "does not answer"),
        (vec![page(50_000..50_100, "").broken_after(40); 3], "broke off after 40"),
        (vec![json("{\"hits\":[")], "expected spans of a trace"),
        (vec![answer(200, "text/event-stream", "event: progress\n\n")], "stream of events"),
    ] {
        let first = vec![page(0..50_000, "")];
        let run = fetch(first.into_iter().chain(trouble).collect());
        let view = fetched(&run);
        assert_eq!((view.rows, view.pages, lines(&run).len()), (50_000, 1, 1));
        let remarks = view.remarks.join("\n");
        assert!(remarks.contains("from the 50\u{202f}001th on are missing") && remarks.contains(why), "{remarks}");
    }
}

#[test]
fn nothing_that_has_come_is_a_failure() {
    for (trouble, code) in [
        (vec![answer(400, "", "x")], FailureCode::BadQuery),
        (vec![Reaction::Silence; 3], FailureCode::NoServer),
        (vec![captured("23-search-trace").broken_after(5_000); 3], FailureCode::NoServer),
        (vec![answer(200, "text/event-stream", capture("108-err-search-stream-unknown-column"))], FailureCode::BadQuery),
        (vec![answer(200, "text/html", "<html>")], FailureCode::Unreadable),
        (vec![json("[]")], FailureCode::Unreadable),
        (vec![json(r#"{"hits":[1]}"#)], FailureCode::Unreadable),
        (vec![json(r#"{"hits":{}}"#)], FailureCode::Unreadable),
        (vec![json("{}")], FailureCode::Unreadable),
    ] {
        let run = fetch(trouble);
        assert_eq!(run.failure().code, code, "{:?}", run.failure());
        assert!(run.blobs.is_empty());
    }
}

#[test]
fn a_page_that_comes_again_and_again_ends() {
    let mut n = 0;
    let run = run(Request::FetchTrace(Box::new(fetch_request())), |call| {
        n += 1;
        assert!(n < 10, "it does not end");
        if call.body.as_ref().unwrap().contains("count(*)") { json(r#"{"hits":[{"n":50000}]}"#) } else { page(0..50_000, "") }
    });
    assert_eq!((fetched(&run).rows, fetched(&run).pages), (50_000, 1));
    assert!(fetched(&run).remarks[0].contains("again and again"), "{:?}", fetched(&run).remarks);
}

#[test]
fn a_trace_of_unknown_time_is_looked_up() {
    let unknown = FetchTraceRequest { window: None, ..fetch_request() };
    let asked_for = |reactions| run(Request::FetchTrace(Box::new(unknown.clone())), in_order(reactions));
    let index = json(
        r#"{"hits":[{"stream_name":"default","first_us":1000000000000000,"last_us":1000000000000009},{"stream_name":"other","first_us":1,"last_us":2}]}"#,
    );
    let run = asked_for(vec![index.clone(), captured("23-search-trace")]);
    assert_eq!(run.paths(), ["/api/default/_search?type=metadata", "/api/default/_search?type=traces"]);
    assert_eq!(asked(&run.calls[1]).1, (1_000_000_000_000_000 - 3_600_000_000, 1_000_000_000_000_010 + 3_600_000_000));
    assert_eq!(fetched(&run).rows, 30);
    // Rows one by one say the same.
    let run = asked_for(vec![captured("61-trace-list-index"), captured("23-search-trace")]);
    assert_eq!(asked(&run.calls[1]).1, (1795407646689493 - 3_600_000_000, 1795407646704911 + 3_600_000_000));
    // Without an index all time is looked through, in one call.
    for odd in [
        answer(400, "", ""),
        answer(503, "", ""),
        json("7"),
        json(r#"{"hits":[{"stream_name":4}]}"#),
        Reaction::Silence,
        json(r#"{"hits":[]}"#),
    ] {
        let run = asked_for(vec![odd, captured("23-search-trace")]);
        assert_eq!(asked(&run.calls[1]).1, (1, 4_102_444_800_000_000));
        assert_eq!((fetched(&run).rows, run.pauses.len()), (30, 0));
    }
    // What the index says may be wrong.
    let none = || captured("27-search-trace-none");
    let run = asked_for(vec![index.clone(), none(), none(), captured("23-search-trace")]);
    assert_eq!(asked(&run.calls[3]).1, (1, 4_102_444_800_000_000));
    let run = asked_for(vec![index, none(), none(), none()]);
    assert_eq!(run.failure().code, FailureCode::NotFound);
    assert!(run.failure().remedy.contains("it is in other"), "{:?}", run.failure());
}

#[test]
fn a_time_that_does_not_hold_the_trace_is_no_end() {
    let none = || captured("28-search-trace-upper");
    let run = fetch(vec![none(), none(), json(r#"{"hits":[]}"#), captured("23-search-trace")]);
    assert_eq!(fetched(&run).rows, 30);
    let run = fetch(vec![none(), none(), json(r#"{"hits":[]}"#), none()]);
    assert_eq!(run.failure().code, FailureCode::NotFound);
    assert!(run.failure().detail.contains(TRACE), "{:?}", run.failure());
}

#[test]
fn a_stream_that_allows_little_time_is_asked_for_little() {
    let cut = r#","function_error":["Query duration is modified due to query range restriction of 1 hours"],"is_partial":true,"new_start_time":1795407650320001,"new_end_time":1795411246720001"#;
    let run = fetch(vec![page(0..3, cut), page(0..30, "")]);
    assert_eq!((fetched(&run).rows, fetched(&run).pages), (30, 1), "the part that was cut is asked for again");
    assert_eq!(asked(&run.calls[1]).1, (1795407646680000 - 10_000, 1795407646720001 + 10_000));
    assert!(fetched(&run).remarks.is_empty(), "{:?}", fetched(&run).remarks);
    // Where nothing narrower is known, what came is kept and the cut is told.
    let unknown = FetchTraceRequest { window: None, ..fetch_request() };
    let run = super::run(Request::FetchTrace(Box::new(unknown)), in_order(vec![answer(404, "", ""), page(0..3, cut)]));
    assert_eq!((fetched(&run).rows, fetched(&run).remarks.len()), (3, 1));
}

#[test]
fn odd_windows_do_no_harm() {
    for window in [(0, 0), (9, 3), (u64::MAX, u64::MAX), (0, u64::MAX), (4_102_444_800_000_000, 4_102_444_800_000_000)] {
        let request = FetchTraceRequest { window: Some(window), ..fetch_request() };
        let run = run(Request::FetchTrace(Box::new(request)), |_| captured("23-search-trace"));
        let (_, (start, end), ..) = asked(&run.calls[0]);
        assert!(0 < start && start < end && end <= 4_102_444_800_000_000, "{window:?}: {start} to {end}");
    }
}

#[test]
fn streams_with_quotes_stay_names() {
    let mut request = fetch_request();
    request.access.connection.stream = "a\" WHERE 1=1 --".to_owned();
    let run = run(Request::FetchTrace(Box::new(request)), |_| captured("23-search-trace"));
    assert!(asked(&run.calls[0]).0.starts_with("SELECT * FROM \"a\"\" WHERE 1=1 --\" WHERE trace_id = '"));
    assert!(matches!(run.answer, Answer::Reply(_)));
}

//! Pages of traces: exact to the nanosecond, whole, and honest about what is cut.

use spanwise::protocol::{FailureCode, FoundTrace, Reply, Request, SearchRequest, SearchView, ServerQuery, StatusCode};

use super::{Run, WINDOW, answer, captured, in_order, json, run, search, search_request, search_view};

fn view(run: &Run) -> &SearchView {
    search_view(run)
}

#[test]
fn a_page_is_read_exactly() {
    let run = search(vec![captured("12-latest")]);
    let found = view(&run);
    assert_eq!((found.traces.len(), found.received, found.more, found.total, found.cut_to), (10, 10, true, None, None));
    assert!(found.remarks.is_empty() && found.took_millis == 288, "{found:?}");
    assert_eq!(
        found.traces[0],
        FoundTrace {
            trace_id: "0ae1fa324529ea793659e3eb523428e5".to_owned(),
            root_service: "order-worker".to_owned(),
            root_name: "orders.created process".to_owned(),
            start: 1_795_407_656_798_058_435,
            duration: 1_795_407_656_813_996_466 - 1_795_407_656_798_058_435,
            spans: Some(7),
            errors: 0,
            // "mail" is a database: told of as a dependency, it is no service.
            services: vec![("order-worker".to_owned(), 4)],
        }
    );
    assert!(found.traces.is_sorted_by(|a, b| a.start >= b.start), "newest first");
    assert_eq!(
        run.paths(),
        ["/api/default/default/traces/latest?start_time=1795396997841560&end_time=1795407797841560&from=0&size=10"]
    );
}

/// The oracle: numbers as they stand in the text, by a plain search through it.
#[test]
fn all_numbers_are_those_in_the_text() {
    for name in ["12-latest", "13-latest-duration", "14-latest-page2", "137-llm-latest", "132-odd-latest", "126-latest-huge"] {
        let text = String::from_utf8(super::capture(name)).unwrap();
        let numbers = |key: &str| -> Vec<u64> {
            text.match_indices(key)
                .map(|(at, _)| text[at + key.len()..].split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap())
                .collect()
        };
        let (starts, ends) = (numbers("\"start_time\":"), numbers("\"end_time\":"));
        let run = search(vec![captured(name)]);
        let found = view(&run);
        assert_eq!(found.traces.iter().map(|trace| trace.start).collect::<Vec<_>>(), starts, "{name}");
        let durations: Vec<u64> = starts.iter().zip(&ends).map(|(start, end)| end - start).collect();
        assert_eq!(found.traces.iter().map(|trace| trace.duration).collect::<Vec<_>>(), durations, "{name}");
        assert!(!starts.is_empty());
    }
}

#[test]
fn dependencies_are_no_services_but_a_root_is() {
    let run = search(vec![captured("13-latest-duration")]);
    let names = |at: usize| view(&run).traces[at].services.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    // "inventory" is a service and a database, told of as one item of the latter kind: it cannot be known.
    assert_eq!(names(0), ["orders", "frontend", "payments"]);
    assert_eq!(names(2), ["frontend", "payments"]);
    let hit = r#"{"hits":[{"trace_id":"0AE1FA324529EA793659E3EB523428E5","start_time":5,"end_time":9,"spans":[3,1],
        "first_event":{"service_name":"db","operation_name":"q"},
        "service_name":[{"service_name":"db","count":2,"service_type":"database"},{"service_name":"x","count":1,"service_type":""}]}]}"#;
    let run = search(vec![json(hit)]);
    assert_eq!(view(&run).traces[0].services, [("db".to_owned(), 2), ("x".to_owned(), 1)]);
    assert_eq!(view(&run).traces[0].trace_id, "0ae1fa324529ea793659e3eb523428e5");
}

#[test]
fn a_count_that_overflowed_is_not_shown_as_none() {
    let run = search(vec![captured("126-latest-huge")]);
    let trace = &view(&run).traces[0];
    assert_eq!((trace.spans, trace.errors), (None, 0));
    assert_eq!(trace.services, [("huge-svc".to_owned(), 0)]);
    assert!(!view(&run).more, "one of ten");
}

#[test]
fn older_shapes_are_read() {
    let old = r#"{"took":1,"total":1,"from":0,"size":10,"hits":[{"trace_id":"0ae1fa324529ea793659e3eb523428e5",
        "start_time":1795407656798058435,"end_time":1795407656813996466,"duration":15938,"spans":[7,2],
        "first_event":{"_timestamp":1795407656798058,"trace_id":"0ae1fa324529ea793659e3eb523428e5","start_time":1795407656798058435,
            "end_time":1795407656813996466,"duration":15938,"service_name":"worker","operation_name":"process","span_status":"UNSET"},
        "service_name":[{"service_name":"worker","count":4},{"service_name":"api","count":3}]}]}"#;
    let run = search(vec![json(old)]);
    let trace = &view(&run).traces[0];
    assert_eq!(
        (trace.root_service.as_str(), trace.root_name.as_str(), trace.spans, trace.errors),
        ("worker", "process", Some(7), 2)
    );
    assert_eq!(trace.services, [("worker".to_owned(), 4), ("api".to_owned(), 3)]);
    assert_eq!(trace.duration, 15_938_031);
}

#[test]
fn what_cannot_be_read_is_counted() {
    let hits = r#"{"hits":[7, null, {}, {"trace_id":"short","start_time":1}, {"trace_id":"zze1fa324529ea793659e3eb523428e5","start_time":1},
        {"trace_id":"0ae1fa324529ea793659e3eb523428e5"},
        {"trace_id":"0ae1fa324529ea793659e3eb523428e5","start_time":1.5},
        {"trace_id":"0ae1fa324529ea793659e3eb523428e5","start_time":-1},
        {"trace_id":"1ae1fa324529ea793659e3eb523428e5","start_time":"9","duration":2,"spans":"x","service_name":{"a":1},"first_event":[]},
        {"trace_id":"2ae1fa324529ea793659e3eb523428e5","start_time":9,"end_time":8,"duration":18446744073709551,"spans":[4294967296,1]}]}"#;
    let run = search(vec![json(hits)]);
    let found = view(&run);
    assert_eq!((found.received, found.traces.len(), found.more), (10, 2, true), "a full page, whatever is in it");
    assert_eq!((found.traces[0].start, found.traces[0].duration, found.traces[0].spans), (9, 2_000, None));
    assert_eq!((found.traces[1].duration, found.traces[1].spans), (0, Some(u32::MAX)));
    let remarks = found.remarks.join("\n");
    assert!(remarks.contains("8\u{a0}traces in a form that cannot be read"), "{remarks}");
    assert!(remarks.contains("1\u{a0}trace that end"), "{remarks}");
}

#[test]
fn nothing_found_is_an_answer() {
    for name in ["20-latest-none", "98-err-latest-ms-time"] {
        let run = search(vec![captured(name)]);
        assert_eq!((view(&run).traces.len(), view(&run).more, view(&run).remarks.len()), (0, false, 0), "{name}");
    }
}

#[test]
fn a_cut_window_is_told() {
    let run = search(vec![captured("157-range-limited-latest")]);
    assert_eq!(view(&run).cut_to, Some((WINDOW.1 - 3_600_000_000, WINDOW.1)), "the list says it in words only");
    assert_eq!(view(&run).remarks, ["The server says: Query duration is modified due to query range restriction of 1 hours."]);
    let body = r#"{"hits":[],"function_error":["a","a","b."],"is_partial":true,"new_start_time":1795396997841561,"new_end_time":1795407797841560}"#;
    let run = search(vec![json(body)]);
    assert_eq!(view(&run).cut_to, Some((WINDOW.0 + 1, WINDOW.1)));
    assert_eq!(view(&run).remarks, ["The server says: a.", "The server says: b."]);
    let run = search(vec![json(r#"{"hits":[],"is_partial":true,"new_start_time":1,"new_end_time":9999999999999999}"#)]);
    assert_eq!(view(&run).cut_to, None, "a wider window is none that was cut");
    assert!(view(&run).remarks[0].contains("part"), "{:?}", view(&run).remarks);
}

#[test]
fn the_count_is_a_second_question_that_may_fail() {
    let request = SearchRequest { count: true, offset: 20, ..search_request() };
    let asked = |second| run(Request::Search(Box::new(request.clone())), in_order(vec![captured("12-latest"), second]));
    let run = asked(json(r#"{"took":12,"hits":[{"n":326}]}"#));
    assert_eq!((view(&run).total, view(&run).took_millis), (Some(326), 300));
    assert!(run.paths()[0].contains("&from=20&"), "{:?}", run.paths());
    assert_eq!(run.paths()[1], "/api/default/_search?type=traces");
    let body: serde_json::Value = serde_json::from_str(run.calls[1].body.as_ref().unwrap()).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"query": {"sql": "SELECT approx_distinct(trace_id) AS n FROM \"default\"",
            "start_time": WINDOW.0, "end_time": WINDOW.1, "from": 0, "size": 1}})
    );
    for second in [answer(503, "", ""), json("{}"), captured("88-err-bad-sql")] {
        let run = asked(second);
        assert_eq!((view(&run).total, view(&run).traces.len()), (None, 10));
        assert!(view(&run).remarks[0].starts_with("The traces could not be counted"), "{:?}", view(&run).remarks);
    }
}

#[test]
fn conditions_stay_inside_their_parameter() {
    let mut request = search_request();
    request.scope.query = ServerQuery {
        service: "o'brien' OR '1'='1&size=9#".to_owned(),
        status: Some(StatusCode::Error),
        ..ServerQuery::default()
    };
    let run = run(Request::Search(Box::new(request)), in_order(vec![captured("20-latest-none")]));
    assert!(matches!(run.reply(), Reply::Search(_)));
    let path = &run.paths()[0];
    let pairs: Vec<(&str, &str)> = path.split_once('?').unwrap().1.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    assert_eq!(pairs.iter().map(|pair| pair.0).collect::<Vec<_>>(), ["start_time", "end_time", "from", "size", "filter"]);
    assert!(pairs[4].1.contains("%27o%27%27brien%27%27%20OR%20%27%271%27%27%3D%27%271%26size%3D9%23%27"), "{}", pairs[4].1);
}

#[test]
fn windows_and_limits_are_put_right_before_they_are_asked() {
    let with = |window, limit| {
        let mut request = search_request();
        (request.scope.window, request.limit) = (window, limit);
        run(Request::Search(Box::new(request)), |_| captured("20-latest-none"))
    };
    for window in [(5, 5), (9, 3), (0, 0), (u64::MAX, u64::MAX)] {
        let run = with(window, 10);
        assert_eq!((run.failure().code, run.calls.len()), (FailureCode::BadQuery, 0), "{window:?}");
    }
    assert!(with((0, u64::MAX), 0).paths()[0].ends_with("?start_time=1&end_time=4102444800000000&from=0&size=1"));
    assert!(with((1, 2), u32::MAX).paths()[0].ends_with("&size=5000"));
}

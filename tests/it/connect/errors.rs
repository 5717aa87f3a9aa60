//! Failures: what is said of each answer that is none, what is tried again, and that no secret is in any text.

use spanwise::protocol::{Failure, FailureCode, Request, SearchRequest};

use super::{BASIC, PASSWORD, Reaction, access_as, answer, captured, json, run, search, search_request};

fn failure(reaction: Reaction) -> Failure {
    search(vec![reaction]).failure().clone()
}

#[test]
fn each_captured_error_is_told_in_its_own_words() {
    use FailureCode::{BadQuery, Unauthorized};
    for (name, code, detail) in [
        ("76-err-noauth", Unauthorized, "401: Unauthorized Access"),
        ("78-err-wrong-password", Unauthorized, "401: Unauthorized Access"),
        ("80-err-bearer-garbage", Unauthorized, "401: Not Supported"),
        ("155-err-other-org", Unauthorized, "401: Unauthorized Access"),
        ("81-err-unknown-org", BadQuery, "404: Organization not found"),
        ("111-err-unknown-route", BadQuery, "404, without a word about why."),
        ("58-service-graph-topology", BadQuery, "404, without a word about why."),
        ("112-err-method", BadQuery, "405, without a word about why."),
        ("83-err-unknown-stream", BadQuery, "400: Search stream not found: nosuch"),
        ("85-err-latest-unknown-stream", BadQuery, "400: Search stream not found: nosuch"),
        ("86-err-latest-stream-unknown-stream", BadQuery, "400: Search stream not found: nosuch"),
        ("87-err-schema-unknown-stream", BadQuery, "404: stream not found"),
        (
            "88-err-bad-sql",
            BadQuery,
            "400: SQL error: ParserError(\"Expected: an SQL statement, found: SELEC at Line: 1, Column: 1\")",
        ),
        (
            "90-err-unknown-where-column",
            BadQuery,
            "400: Search field not found: Schema error: No field named nope. Valid fields are default._timestamp, default.a_b, \
             default.asgi_event_type, default.attr_duration, default.attr_service_name and 86 more",
        ),
        ("97-err-latest-no-time", BadQuery, "400: start_time is empty"),
        ("99-err-latest-reversed", BadQuery, "400: [file_list] invalid time range"),
        ("101-err-search-zero-time", BadQuery, "400: [file_list] invalid time range"),
        ("103-err-search-reversed", BadQuery, "400: [file_list] invalid time range"),
        ("106-err-search-text-plain", BadQuery, "415: Expected request with `Content-Type: application/json`"),
        ("189-alt-search-413", BadQuery, "413: Failed to buffer the request body: length limit exceeded"),
    ] {
        let found = failure(captured(name));
        assert_eq!((found.code, found.detail.as_str()), (code, detail), "{name}");
        assert!(!found.headline.is_empty() && !found.remedy.is_empty(), "{name}");
    }
    for (name, start) in [
        ("89-err-unknown-column", "400: Search field not found: "),
        ("92-err-unknown-function", "400: Search function not defined: "),
        ("93-err-delete-sql", "400: Search SQL execute error: DELETE operation on table 'default' caused by This feature"),
        ("94-err-latest-bad-filter", "400: "),
        ("95-err-latest-unknown-column", "400: Search field not found: "),
        ("102-err-search-no-time", "422: Failed to deserialize the JSON body"),
        ("104-err-search-float-time", "422: Failed to deserialize the JSON body"),
        ("105-err-search-bad-json", "400: Failed to parse the request body as JSON"),
        ("108-err-search-stream-unknown-column", "400: Search field not found"),
    ] {
        let found = failure(captured(name));
        assert_eq!(found.code, BadQuery, "{name}");
        assert!(found.detail.starts_with(start), "{name}: {}", found.detail);
    }
    // The same status, but what to do is another thing each time.
    let headlines = ["83-err-unknown-stream", "89-err-unknown-column", "92-err-unknown-function", "88-err-bad-sql"]
        .map(|name| failure(captured(name)).headline);
    assert!(headlines.iter().enumerate().all(|(at, one)| !headlines[..at].contains(one)), "{headlines:?}");
}

#[test]
fn texts_of_a_server_are_one_line_of_bounded_length() {
    let found = failure(answer(400, "", format!("a\u{1b}[31m\u{0}b\r\n\n{}", "x".repeat(100_000))));
    assert!(found.detail.starts_with("400: a [31m b xxx") && found.detail.chars().count() < 700, "{}", found.detail);
    assert_eq!(failure(answer(400, "text/html", "<html><body>nginx")).detail, "400: a page of HTML");
    assert_eq!(failure(answer(400, "", b"\xff\xfe".to_vec())).detail, "400: \u{fffd}\u{fffd}");
    assert_eq!(failure(json(r#"{"code":"#)).code, FailureCode::Unreadable);
    assert_eq!(failure(answer(400, "", r#"{"code":40,"message":7}"#)).detail, r#"400: {"code":40,"message":7}"#);
}

#[test]
fn what_passes_is_tried_again_and_nothing_else() {
    let good = || captured("12-latest");
    let busy = |status: u16| answer(status, "", "");
    for (reaction, pauses) in [
        (Reaction::Silence, vec![500]),
        (captured("12-latest").broken_after(100), vec![500]),
        (captured("12-latest").broken_after(0), vec![500]),
        (busy(408), vec![500]),
        (busy(429), vec![500]),
        (busy(429).retry_after(3), vec![3_000]),
        (busy(502), vec![500]),
        (busy(503).retry_after(0), vec![500]),
        (busy(504), vec![500]),
    ] {
        let run = search(vec![reaction, good()]);
        run.reply();
        assert_eq!(run.pauses, pauses);
        assert_eq!(run.calls[0], run.calls[1], "the same call is made again");
    }
    for status in [400, 401, 403, 404, 405, 413, 415, 422, 500, 501, 505] {
        let run = search(vec![busy(status)]);
        assert!(run.pauses.is_empty() && run.failure().code != FailureCode::NoServer, "{status}");
    }
    // Cancelled by somebody, or longer than the server allows: asking again would be against somebody.
    for (status, code) in [(429, 20009), (408, 20010)] {
        let run = search(vec![answer(status, "application/json", format!(r#"{{"code":{code},"message":"m"}}"#))]);
        assert!(run.pauses.is_empty() && run.failure().code == FailureCode::Busy, "{code}");
    }
    let run = search(vec![answer(429, "application/json", r#"{"code":20012,"message":"rate limit"}"#), good()]);
    assert_eq!(run.pauses, [500]);
}

#[test]
fn patience_ends() {
    let run = search(vec![Reaction::Silence, answer(503, "", ""), answer(503, "", "overloaded")]);
    assert_eq!(run.pauses, [500, 1_000]);
    assert_eq!((run.failure().code, run.failure().detail.as_str()), (FailureCode::Busy, "503: overloaded"));
    let told: Vec<&str> = run.progress.iter().map(|progress| progress.source.as_str()).collect();
    assert_eq!(
        told,
        [
            "Asking for traces",
            "Try 2 of 3 begins soon: the server does not answer",
            "Asking for traces",
            "Try 3 of 3 begins soon: the server answered 503",
            "Asking for traces",
            // Once it has begun to answer.
            "Asking for traces"
        ]
    );
    let run = search(vec![Reaction::Silence, Reaction::Silence, Reaction::Silence]);
    assert_eq!((run.failure().code, run.failure().detail.as_str()), (FailureCode::NoServer, "Failed to fetch"));
    let run = search(vec![answer(429, "", "").retry_after(3_600)]);
    assert!(run.pauses.is_empty() && run.failure().remedy.contains("3600 s"), "{:?}", run.failure());
    let run = search(vec![captured("12-latest").broken_after(9); 3]);
    assert_eq!(run.failure().code, FailureCode::NoServer);
    assert!(run.failure().detail.starts_with("the answer broke off after 9"), "{}", run.failure().detail);
}

#[test]
fn no_secret_is_in_any_text() {
    let echo = format!("you sent {BASIC} and {PASSWORD}, that is, {}", BASIC.strip_prefix("Basic ").unwrap());
    let quoted = format!(r#"{{"code":400,"message":"{echo}","error_detail":"{echo}"}}"#);
    let beside = format!(r#"{{"hits":[],"function_error":["{echo}"]}}"#);
    let reactions = [
        answer(400, "", echo.clone()),
        answer(401, "", echo.clone()),
        answer(503, "", echo.clone()),
        answer(400, "application/json", quoted.clone()),
        answer(200, "text/event-stream", format!("event: error\ndata: {quoted}\n\n")),
        json(echo.clone()),
        json(format!(r#"{{"hits":"{PASSWORD}"}}"#)),
        json(beside),
        json(format!(r#"{{"hits":[],"took":"{PASSWORD}"}}"#)),
        Reaction::Silence,
    ];
    let request = |access| {
        let mut request = SearchRequest { count: true, ..search_request() };
        request.scope.access = access;
        request
    };
    let mut n_echoes = 0;
    for reaction in reactions {
        for access in [access_as(super::USER, PASSWORD), access_as("", BASIC)] {
            let connect =
                spanwise::protocol::ConnectRequest { access: access.clone(), page_origin: "http://localhost:3000".to_owned() };
            let fetch = spanwise::protocol::FetchTraceRequest { access: access.clone(), ..super::fetch_request() };
            for request in [
                Request::Search(Box::new(request(access.clone()))),
                Request::Connect(Box::new(connect)),
                Request::FetchTrace(Box::new(fetch)),
                Request::Columns(Box::new(access.clone())),
            ] {
                let run = run(request, |_| reaction.clone());
                let mut seen = run.seen();
                for call in &run.calls {
                    assert!(call.authorization.is_some() || call.url.ends_with("/config") || call.url.ends_with("/healthz"));
                    seen.push_str(&call.url);
                    seen.push_str(call.body.as_deref().unwrap_or_default());
                }
                for secret in [PASSWORD, "cm9vdEBleGFtcGxlLmNvbTpDb21wbGV4cGFzcyMxMjM="] {
                    // Who signs with the header itself has no password for the server to repeat.
                    if secret == PASSWORD && access.credentials.user.is_empty() {
                        continue;
                    }
                    assert!(!seen.contains(secret), "{secret} is in {seen}");
                }
                n_echoes += usize::from(seen.contains("you sent"));
            }
        }
    }
    assert!(n_echoes > 8, "only {n_echoes} answers were repeated at all");
}

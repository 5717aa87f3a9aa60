//! The connection test: what is said of each thing that can be in the way.

use spanwise::job::{CallMode, HttpCall, Method};
use spanwise::protocol::{Access, ConnectRequest, ConnectView, Refusal, RefusalCause, Reply, Request, ServerView};

use super::{BASE, BASIC, PASSWORD, Reaction, Run, USER, access, access_as, answer, capture, captured, json, run};

const ORIGIN: &str = "http://localhost:3000";

fn connect(access: Access, page_origin: &str, server: impl FnMut(&HttpCall) -> Reaction) -> Run {
    run(Request::Connect(Box::new(ConnectRequest { access, page_origin: page_origin.to_owned() })), server)
}

fn server(run: &Run) -> &ServerView {
    match run.reply() {
        Reply::Connect(view) => match &**view {
            ConnectView::Connected(view) => view,
            ConnectView::Refused(refusal) => panic!("{refusal:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn refusal(run: &Run) -> &Refusal {
    match run.reply() {
        Reply::Connect(view) => match &**view {
            ConnectView::Refused(refusal) => refusal,
            ConnectView::Connected(view) => panic!("{view:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// A server that is well, but for what `streams` answers.
fn with_streams(streams: Reaction) -> impl FnMut(&HttpCall) -> Reaction {
    move |call| match call.url.strip_prefix(BASE).unwrap() {
        "/config" => captured("02-config"),
        "/api/organizations" => captured("04-organizations"),
        path if path.ends_with("/streams?type=traces") => streams.clone(),
        path => panic!("{path} was not expected"),
    }
}

/// A server that is well, but for the answers named by their paths.
fn refused_by(streams: Reaction, config: Reaction) -> Refusal {
    let run = connect(access(), ORIGIN, move |call| match call.url.strip_prefix(BASE).unwrap() {
        "/config" => config.clone(),
        "/api/organizations" => captured("04-organizations"),
        _ => streams.clone(),
    });
    refusal(&run).clone()
}

#[test]
fn a_server_says_what_it_has() {
    let run = connect(access(), ORIGIN, with_streams(captured("133-streams-after")));
    let view = server(&run);
    assert_eq!(view.version, "v0.91.5");
    assert_eq!(view.organizations, ["default"]);
    let names: Vec<&str> = view.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(
        names,
        ["casetest", "default", "huge", "llm", "my_stream_1_x", "odd", "tutorial"]
            .map(|name| name)
            .into_iter()
            .filter(|name| names.contains(name))
            .collect::<Vec<_>>()
    );
    assert!(names.contains(&"default") && names.contains(&"huge"), "{names:?}");
    assert!(view.remarks.is_empty(), "{:?}", view.remarks);
    assert_eq!(run.paths(), ["/api/default/streams?type=traces", "/config", "/api/organizations"]);
    assert!(run.calls.iter().all(|call| call.method == Method::Get && call.body.is_none() && call.mode == CallMode::Readable));
    // The version needs no secret, so none is sent.
    let signed: Vec<Option<&str>> =
        run.calls.iter().map(|call| call.authorization.as_ref().map(|secret| secret.0.as_str())).collect();
    assert_eq!(signed, [Some(BASIC), None, Some(BASIC)]);
}

#[test]
fn a_server_that_keeps_its_version_and_organizations_to_itself_is_connected_to() {
    let run = connect(access(), ORIGIN, |call| match call.url.strip_prefix(BASE).unwrap() {
        "/api/default/streams?type=traces" => captured("07-streams-traces"),
        _ => Reaction::Silence,
    });
    let view = server(&run);
    assert_eq!((view.version.as_str(), view.organizations.len(), view.streams.len()), ("", 0, 1));
    assert!(view.remarks.join(" ").contains("version"), "{:?}", view.remarks);
    assert!(run.pauses.is_empty(), "what is not important is asked once");
}

#[test]
fn limits_and_counts_of_streams_are_read() {
    let body = r#"{"list":[
        {"name":"b","stream_type":"traces","stats":{"doc_num":18446744073709551615},"settings":{"max_query_range":24}},
        {"name":"logs","stream_type":"logs"}, {"name":""}, 7, {"name":"a"}]}"#;
    let mut access = access();
    access.connection.stream.clear();
    let run = connect(access, ORIGIN, with_streams(json(body)));
    let streams = &server(&run).streams;
    assert_eq!(
        streams.iter().map(|it| (it.name.as_str(), it.spans, it.max_range_hours)).collect::<Vec<_>>(),
        [("a", 0, 0), ("b", u64::MAX, 24)]
    );
}

#[test]
fn a_base_with_a_prefix_and_a_browser_address_is_understood() {
    let mut access = access();
    access.connection.base = "localhost:5090/o2/web/traces?org_identifier=default".to_owned();
    let run = connect(access, ORIGIN, |call| match call.url.strip_prefix("http://localhost:5090/o2").unwrap() {
        "/config" => captured("184-alt-config"),
        "/api/organizations" => captured("04-organizations"),
        "/api/default/streams?type=traces" => captured("191-alt-streams"),
        path => panic!("{path}"),
    });
    assert!(server(&run).remarks[0].contains("/web"), "{:?}", server(&run).remarks);
}

#[test]
fn an_address_that_is_none_is_said_before_any_call() {
    let mut access = access();
    access.connection.base = format!("https://{USER}:{PASSWORD}@o2.example.com");
    let run = connect(access, ORIGIN, |_| panic!("no call"));
    assert_eq!(refusal(&run).cause, RefusalCause::BadAddress);
    assert!(refusal(&run).detail.contains("fields of their own"), "{:?}", refusal(&run));
    assert!(!run.seen().contains(PASSWORD));
}

#[test]
fn mixed_content_is_said_before_any_call() {
    let mut access = access();
    access.connection.base = "http://o2.example.com:5080".to_owned();
    let run = connect(access.clone(), "https://me.example.com", |_| panic!("no call"));
    assert_eq!(refusal(&run).cause, RefusalCause::MixedContent);
    assert_eq!(refusal(&run).command, "curl -i 'http://o2.example.com:5080/healthz'");
    // This very machine may be asked, and a page from http may ask anybody.
    for (base, origin) in [("http://localhost:5080", "https://me.example.com"), ("http://o2.example.com:5080", ORIGIN)] {
        access.connection.base = base.to_owned();
        let run = connect(access.clone(), origin, |_| Reaction::Silence);
        assert_eq!(refusal(&run).cause, RefusalCause::Unreachable, "{base} from {origin}");
    }
}

#[test]
fn a_closed_door_is_told_from_an_empty_house() {
    let run = connect(access(), ORIGIN, |call| match call.mode {
        CallMode::Readable => Reaction::Silence,
        CallMode::Opaque => captured("01-healthz"),
    });
    let cors = refusal(&run);
    assert_eq!(cors.cause, RefusalCause::Cors);
    assert!(cors.remedy.contains("ZO_CORS_ALLOWED_ORIGINS=http://localhost:3000 "), "{}", cors.remedy);
    assert!(cors.remedy.contains("v0.80"), "{}", cors.remedy);
    assert_eq!(cors.command, "curl -i 'http://127.0.0.1:5080/healthz'");
    assert_eq!(run.paths(), ["/api/default/streams?type=traces", "/healthz"]);
    let opaque = &run.calls[1];
    assert!(opaque.mode == CallMode::Opaque && opaque.authorization.is_none(), "{opaque:?}");
    assert!(run.pauses.is_empty(), "the person waits: the reason is looked for at once");

    let run = connect(access(), ORIGIN, |_| Reaction::Silence);
    let unreachable = refusal(&run);
    assert_eq!(unreachable.cause, RefusalCause::Unreachable);
    assert!(unreachable.detail.contains("Failed to fetch"), "{}", unreachable.detail);
    assert!(unreachable.remedy.contains("certificate"), "{}", unreachable.remedy);
}

#[test]
fn a_page_from_a_file_is_told_of_the_other_setting() {
    let run = connect(access(), "null", |call| match call.mode {
        CallMode::Readable => Reaction::Silence,
        CallMode::Opaque => captured("01-healthz"),
    });
    assert_eq!(refusal(&run).cause, RefusalCause::Cors);
    assert!(refusal(&run).remedy.contains("ZO_WEB_URL= "), "{}", refusal(&run).remedy);
}

#[test]
fn wrong_credentials_are_told_apart() {
    for capture in ["76-err-noauth", "78-err-wrong-password", "155-err-other-org"] {
        let found = refused_by(captured(capture), captured("02-config"));
        assert_eq!(found.cause, RefusalCause::Unauthorized, "{capture}");
        assert!(found.detail.contains("401: Unauthorized Access"), "{}", found.detail);
        assert_eq!(found.command, "curl -i -u 'root@example.com' 'http://127.0.0.1:5080/api/default/streams?type=traces'");
    }
    let unauthorized = |user: &str, secret: &str, capture: &str| {
        let streams = captured(capture);
        refusal(&connect(access_as(user, secret), ORIGIN, with_streams(streams))).clone()
    };
    let bearer = unauthorized("", "abcdef", "80-err-bearer-garbage");
    assert!(bearer.detail.contains("Not Supported") && bearer.remedy.contains("bearer"), "{bearer:?}");
    assert!(bearer.command.contains("$AUTHORIZATION") && !bearer.command.contains("abcdef"), "{}", bearer.command);
    let nobody = unauthorized("", "", "76-err-noauth");
    assert!(nobody.remedy.contains("Type the user"), "{}", nobody.remedy);
    assert_eq!(nobody.command, "curl -i 'http://127.0.0.1:5080/api/default/streams?type=traces'");
    let ingestion = unauthorized(USER, "o2oi_0123456789", "140-token-ingest-search");
    assert!(ingestion.remedy.contains("may only send data"), "{}", ingestion.remedy);
}

#[test]
fn credentials_are_sent_as_the_contract_says() {
    for (user, secret, header) in [
        (USER, PASSWORD, Some(BASIC)),
        (" root@example.com ", PASSWORD, Some(BASIC)),
        ("", "Basic abc=", Some("Basic abc=")),
        ("", "Bearer abc", Some("Bearer abc")),
        ("", " abc\n", Some("Bearer abc")),
        ("", "", None),
        ("u", "", Some("Basic dTo=")),
        ("ü", "ö", Some("Basic w7w6w7Y=")),
    ] {
        let run = connect(access_as(user, secret), ORIGIN, with_streams(captured("07-streams-traces")));
        assert_eq!(run.calls[0].authorization.as_ref().map(|secret| secret.0.as_str()), header, "{user} {secret}");
        server(&run);
    }
    // What no header can carry, and what would be sent as something else.
    for (user, secret) in [("", "a\r\nX-Evil: 1"), ("", "tökèn"), ("a:b", "c"), ("a\nb", "c")] {
        let run = connect(access_as(user, secret), ORIGIN, |_| panic!("no call"));
        assert_eq!(refusal(&run).cause, RefusalCause::Unauthorized, "{user:?} {secret:?}");
    }
}

#[test]
fn commands_are_safe_to_paste() {
    let mut access = access_as("o'brien; rm -rf ~ $(id) `id`", PASSWORD);
    access.connection.org = "it's $HOME".to_owned();
    let run = connect(access, ORIGIN, with_streams(captured("78-err-wrong-password")));
    assert_eq!(
        refusal(&run).command,
        r"curl -i -u 'o'\''brien; rm -rf ~ $(id) `id`' 'http://127.0.0.1:5080/api/it%27s%20%24HOME/streams?type=traces'"
    );
}

#[test]
fn a_missing_organization_is_told_with_those_that_are_there() {
    let found = refused_by(captured("81-err-unknown-org"), captured("02-config"));
    assert_eq!(found.cause, RefusalCause::NoOrganization);
    assert!(found.detail.contains("Organization not found") && found.remedy.contains("default"), "{found:?}");
    let mut unnamed = access();
    unnamed.connection.org.clear();
    let run = connect(unnamed, ORIGIN, |call| {
        assert_eq!(call.url, format!("{BASE}/api/organizations"));
        captured("04-organizations")
    });
    assert_eq!(refusal(&run).cause, RefusalCause::NoOrganization);
    assert!(refusal(&run).remedy.contains("default"));
}

#[test]
fn a_missing_stream_is_told_with_the_names_that_are_like_it() {
    let streams = |names: &[&str]| {
        let list: Vec<String> = names.iter().map(|name| format!(r#"{{"name":"{name}"}}"#)).collect();
        json(format!(r#"{{"list":[{}]}}"#, list.join(",")))
    };
    let missing = |stream: &str, names: &[&str]| {
        let mut access = access();
        stream.clone_into(&mut access.connection.stream);
        refusal(&connect(access, ORIGIN, with_streams(streams(names)))).clone()
    };
    let found = missing("My-Stream.1 x", &["aaa", "stream", "my_stream_1_x"]);
    assert_eq!(found.cause, RefusalCause::NoStream);
    assert!(found.remedy.ends_with("my_stream_1_x, stream, aaa."), "{}", found.remedy);
    let found = missing("defualt", &["zipkin", "default", "other"]);
    assert!(found.remedy.contains(": default, "), "{}", found.remedy);
    let names: Vec<String> = (0..30).map(|n| format!("s{n}")).collect();
    let found = missing("x", &names.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(found.remedy.contains("and 22 more"), "{}", found.remedy);
    assert!(missing("x", &[]).remedy.contains("Send spans first"));
}

#[test]
fn trouble_of_the_server_is_told_by_its_kind() {
    let refused = |status: u16, body: &str| refused_by(answer(status, "text/plain", body), captured("02-config"));
    let found = refused(403, "Unauthorized Access");
    assert_eq!(found.cause, RefusalCause::Forbidden);
    let found = refused(500, r#"{"code":10001,"message":"Internal error"}"#);
    assert_eq!((found.cause, found.detail.contains("500: Internal error.")), (RefusalCause::ServerError, true), "{found:?}");
    assert_eq!(refused(503, "").cause, RefusalCause::ServerError);
    assert_eq!(refused(418, "").cause, RefusalCause::Other);
    let found = refused_by(answer(429, "", "").retry_after(7_000), captured("02-config"));
    assert_eq!(found.cause, RefusalCause::Throttled);
    assert!(found.remedy.contains("7000 s"), "{}", found.remedy);
}

#[test]
fn what_is_no_openobserve_is_called_so() {
    let html = || answer(200, "text/html", "<!doctype html><title>Grafana</title>");
    for (streams, config) in [
        (html(), html()),
        (json("[]"), html()),
        (json(r#"{"status":"ok"}"#), json(r#"{"other":1}"#)),
        (answer(404, "", ""), answer(404, "", "")),
        (answer(405, "", ""), html()),
        (json(""), answer(404, "", "")),
    ] {
        let found = refused_by(streams, config);
        assert_eq!(found.cause, RefusalCause::NotOpenObserve, "{found:?}");
    }
    // Credentials come first, but the doubt is told.
    let found = refused_by(answer(401, "", ""), html());
    assert_eq!(found.cause, RefusalCause::Unauthorized);
    assert!(found.detail.contains("not OpenObserve at all"), "{}", found.detail);
    // A wrong path below an OpenObserve that says its version.
    assert_eq!(refused_by(answer(404, "", ""), captured("02-config")).cause, RefusalCause::NoOrganization);
}

#[test]
fn versions_are_weighed() {
    let with = |version: &str| {
        let config = json(format!(r#"{{"version":"{version}"}}"#));
        connect(access(), ORIGIN, move |call| match call.url.strip_prefix(BASE).unwrap() {
            "/config" => config.clone(),
            "/api/organizations" => captured("04-organizations"),
            _ => captured("07-streams-traces"),
        })
    };
    for old in ["v0.14.7", "v0.10.0-rc1", "0.9.1"] {
        let run = with(old);
        let found = refusal(&run);
        assert!(found.cause == RefusalCause::TooOld && found.detail.contains(old), "{found:?}");
    }
    for (version, is_remarked) in [("v0.15.0", true), ("v0.80.0", true), ("v0.91.5", false), ("v1.0.0", false), ("main", false)] {
        let run = with(version);
        assert_eq!(!server(&run).remarks.is_empty(), is_remarked, "{version}");
    }
}

#[test]
fn a_busy_server_is_asked_again() {
    let mut n = 0;
    let run = connect(access(), ORIGIN, |call| match call.url.strip_prefix(BASE).unwrap() {
        "/config" => captured("02-config"),
        "/api/organizations" => captured("04-organizations"),
        _ => {
            n += 1;
            if n < 3 { answer(503, "", "") } else { captured("07-streams-traces") }
        }
    });
    server(&run);
    assert_eq!(run.pauses, [500, 1000]);
}

#[test]
fn every_captured_form_of_the_settings_is_read() {
    for name in ["02-config", "184-alt-config"] {
        assert!(String::from_utf8(capture(name)).unwrap().contains("v0.91.5"));
    }
}

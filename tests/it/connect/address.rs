//! What was typed as an address, and that no call ever leaves it.

use spanwise::connect::{BadBase, Base};
use spanwise::protocol::{ConnectRequest, Connection, OnServer, RedRequest, Request, ValuesRequest};

use super::{Reaction, access, fetch_request, json, run, scope, search_request};
use crate::generate::Random;

#[test]
fn addresses_become_normal() {
    for (typed, normal) in [
        ("https://o2.example.com", "https://o2.example.com"),
        ("  HTTPS://O2.Example.com:443/ ", "https://o2.example.com"),
        ("http://localhost:5080/", "http://localhost:5080"),
        ("http://host:80", "http://host"),
        ("http://host:443", "http://host:443"),
        ("https://host/o2//deep/", "https://host/o2/deep"),
        ("https://host/o2/%7Eme", "https://host/o2/%7Eme"),
        ("https://host/päth/it's", "https://host/p%C3%A4th/it%27s"),
        ("http://[::1]:5080/o2", "http://[::1]:5080/o2"),
        ("localhost:5080", "http://localhost:5080"),
        ("127.0.0.1:5080/o2", "http://127.0.0.1:5080/o2"),
        ("[::1]:5080", "http://[::1]:5080"),
        ("o2.example.com", "https://o2.example.com"),
        ("http://localhost:5080/web", "http://localhost:5080"),
        ("http://localhost:5080/web/", "http://localhost:5080"),
        ("http://localhost:5080/o2/web/traces?stream=default&org_identifier=default#x", "http://localhost:5080/o2"),
        ("https://host/webby", "https://host/webby"),
    ] {
        let base = Base::parse(typed).unwrap_or_else(|bad| panic!("{typed}: {bad}"));
        assert_eq!(base.as_str(), normal, "{typed}");
        assert_eq!(Base::parse(normal).unwrap().as_str(), normal, "a normal form is its own");
    }
}

#[test]
fn what_is_taken_or_left_out_is_said() {
    let remarks = |typed: &str| Base::parse(typed).unwrap().remarks().join(" ");
    assert_eq!(remarks("https://host/o2"), "");
    assert_eq!(remarks("localhost:5080"), "");
    assert!(remarks("host").contains("https was taken"));
    assert!(remarks("https://host/web/logs").contains("/web"));
}

#[test]
fn what_is_no_address_is_refused_without_repeating_it() {
    for (typed, bad) in [
        ("", BadBase::Empty),
        ("   ", BadBase::Empty),
        ("ftp://host", BadBase::Scheme),
        ("file:///etc/passwd", BadBase::Scheme),
        ("https://root:hunter2@host", BadBase::User),
        ("root:hunter2@host", BadBase::User),
        ("https://host?x=hunter2", BadBase::Query),
        ("https://host/o2#hunter2", BadBase::Query),
        ("https://", BadBase::Host),
        ("https://ho st", BadBase::Host),
        ("https://host\\evil.example", BadBase::Path),
        ("https://[::1", BadBase::Host),
        ("https://[::1]x", BadBase::Host),
        ("https://[hunter2]", BadBase::Host),
        ("https://...", BadBase::Host),
        ("https://host:0", BadBase::Port),
        ("https://host:65536", BadBase::Port),
        ("https://host:+80", BadBase::Port),
        ("javascript:alert(1)", BadBase::Port),
        ("https://host/a/../b", BadBase::Path),
        ("https://host/a/%2E%2e/b", BadBase::Path),
        ("https://host/a%2fb", BadBase::Path),
        ("https://host/a b", BadBase::Path),
        ("https://host/%zz", BadBase::Path),
        ("https://host/a\u{7}b", BadBase::Path),
    ] {
        let found = Base::parse(typed).map(|base| base.as_str().to_owned());
        assert_eq!(found, Err(bad.clone()), "{typed}");
        assert!(!bad.to_string().contains("hunter2"));
    }
}

#[test]
fn this_machine_is_known() {
    for (typed, is_here) in [
        ("http://localhost", true),
        ("http://o2.localhost:5080", true),
        ("http://127.9.0.1", true),
        ("http://[::1]", true),
        ("http://127.evil.example", false),
        ("http://127.0.0.1.example", false),
        ("http://localhost.example", false),
        ("http://10.0.0.1", false),
    ] {
        assert_eq!(Base::parse(typed).unwrap().is_this_machine(), is_here, "{typed}");
    }
}

/// As a browser reads an address: `%2e` is a dot, `\` is `/`, tabs and line breaks are not there, `..` goes up.
fn as_a_browser_does(url: &str) -> (String, Vec<String>) {
    let url: String = url.chars().filter(|letter| !matches!(letter, '\t' | '\n' | '\r')).collect();
    let (scheme, rest) = url.split_once("://").unwrap();
    let rest = rest.split(['?', '#']).next().unwrap().replace('\\', "/");
    let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            ".." => _ = segments.pop(),
            "." => {}
            _ => segments.push(segment.to_owned()),
        }
    }
    (format!("{scheme}://{host}"), segments)
}

#[test]
fn no_name_leads_out_of_the_base() {
    const PARTS: [&str; 22] = [
        "..",
        ".",
        "/",
        "\\",
        "%2e",
        "%2E%2e",
        "%2f",
        "?",
        "#",
        "&",
        "=",
        "@evil.example",
        "//evil.example",
        ":",
        "\n",
        "\0",
        " ",
        "ü",
        "\"",
        "'",
        "a",
        "default",
    ];
    let mut random = Random::new(11);
    let mut n_calls = 0;
    for _ in 0..400 {
        let mut name =
            || -> String { (0..=random.below(4)).map(|_| PARTS[usize::try_from(random.below(22)).unwrap()]).collect() };
        let (org, stream, field) = (name(), name(), name());
        let mut access = access();
        access.connection = Connection { base: "http://127.0.0.1:5080/o2".to_owned(), org, stream };
        let (mut scope, mut search, mut fetch) = (scope(), search_request(), fetch_request());
        (scope.access, search.scope.access, fetch.access) = (access.clone(), access.clone(), access.clone());
        scope.query.service.clone_from(&field);
        search.count = true;
        let connect = ConnectRequest { access: access.clone(), page_origin: "http://localhost:3000".to_owned() };
        for request in [
            Request::Connect(Box::new(connect)),
            Request::Search(Box::new(search)),
            Request::FetchTrace(Box::new(fetch)),
            Request::Columns(Box::new(access.clone())),
            Request::Values(Box::new(ValuesRequest { scope: scope.clone(), field: field.clone() })),
            Request::OnServer(Box::new(OnServer { scope: scope.clone(), request: Request::Red(RedRequest::default()) })),
        ] {
            let run = run(request, |_| json(r#"{"hits":[],"list":[],"schema":[]}"#));
            n_calls += run.calls.len();
            for call in &run.calls {
                let (origin, segments) = as_a_browser_does(&call.url);
                assert_eq!(origin, "http://127.0.0.1:5080", "{}", call.url);
                assert_eq!(segments[0], "o2", "{}", call.url);
                assert!(["api", "config", "healthz"].contains(&segments[1].as_str()), "{}", call.url);
                assert!(call.url.is_ascii() && !call.url.contains(char::is_whitespace), "{}", call.url);
                // Whatever stands in a name stays in its own segment.
                let fixed = [
                    "o2",
                    "api",
                    "streams",
                    "schema",
                    "traces",
                    "latest",
                    "_search",
                    "_values",
                    "organizations",
                    "config",
                    "healthz",
                ];
                assert!(segments.iter().filter(|segment| !fixed.contains(&segment.as_str())).count() <= 2, "{}", call.url);
            }
        }
    }
    assert!(n_calls > 400, "only {n_calls} calls were made");
}

#[test]
fn steps_in_names_are_refused_before_any_call() {
    for name in ["..", ".", "a/b", "a\\b", "a\nb"] {
        let mut request = search_request();
        request.scope.access.connection.org = name.to_owned();
        let run = run(Request::Search(Box::new(request)), |_| Reaction::Silence);
        assert!(run.calls.is_empty(), "{name:?}");
        assert!(run.failure().headline.contains("name"), "{:?}", run.failure());
    }
}

/// The policy of the page holds for what the page itself asks, and says to readers what the code keeps to: servers are asked
/// over http and https, and over nothing else.
#[test]
fn the_policy_lets_through_what_the_code_asks_and_no_more() {
    let page = std::fs::read_to_string("index.html").unwrap();
    let policy = page.split("connect-src ").nth(1).and_then(|rest| rest.split([';', '"']).next()).unwrap();
    let allowed: Vec<&str> = policy.split_whitespace().collect();
    assert_eq!(allowed, ["'self'", "http:", "https:", "data:", "blob:"]);
    for scheme in ["http", "https", "ws", "wss", "ftp", "file", "data", "blob", "javascript", "view-source", "chrome"] {
        let is_network = allowed.contains(&format!("{scheme}:").as_str()) && !matches!(scheme, "data" | "blob");
        assert_eq!(Base::parse(&format!("{scheme}://host/o2")).is_ok(), is_network, "{scheme}");
    }
}

//! The connector against a server that is played: captures of a real one, and whatever else a server may do.

mod address;
mod catalog;
mod check;
mod errors;
mod fetch;
mod hostile;
mod search;

use std::fs;

use spanwise::connect::{Connector, ConnectorJob};
use spanwise::job::{CallMode, Head, HttpCall, Input, Outcome};
use spanwise::protocol::{
    Access, Answer, Connection, Credentials, Failure, FetchTraceRequest, FetchedView, Progress, Reply, Request, SearchRequest,
    SearchView, Secret, ServerScope,
};

use super::read::fixtures_folder;

pub(crate) const BASE: &str = "http://127.0.0.1:5080";
pub(crate) const USER: &str = "root@example.com";
pub(crate) const PASSWORD: &str = "Complexpass#123";
/// The header that the captures were made with.
pub(crate) const BASIC: &str = "Basic cm9vdEBleGFtcGxlLmNvbTpDb21wbGV4cGFzcyMxMjM=";
/// The window of the captures.
pub(crate) const WINDOW: (u64, u64) = (1795396997841560, 1795407797841560);
/// A trace of the captures, of 30 spans.
pub(crate) const TRACE: &str = "35f10300ee379c65f21201e4eaa3556c";

/// What the played server does when it is called.
#[derive(Clone)]
pub(crate) enum Reaction {
    /// It answers.
    Answer(Answered),
    /// It does not.
    Silence,
}

#[derive(Clone, Default)]
pub(crate) struct Answered {
    head: Head,
    body: Vec<u8>,
    /// Bytes that come at once; 0: all of them.
    piece: usize,
    /// After so many bytes it breaks off.
    breaks_after: Option<usize>,
}

pub(crate) fn answer(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Reaction {
    let head = Head { status, content_type: content_type.to_owned(), retry_after_seconds: None };
    Reaction::Answer(Answered { head, body: body.into(), ..Answered::default() })
}

pub(crate) fn json(body: impl Into<Vec<u8>>) -> Reaction {
    answer(200, "application/json", body)
}

/// The answer that a real server gave.
pub(crate) fn captured(name: &str) -> Reaction {
    let status = match name {
        _ if !name.contains("-err-")
            && !name.contains("413")
            && !name.starts_with("155")
            && !name.starts_with("140")
            && !name.starts_with("58") =>
        {
            200
        }
        "76-err-noauth" | "78-err-wrong-password" | "80-err-bearer-garbage" | "140-token-ingest-search" | "155-err-other-org" => {
            401
        }
        "81-err-unknown-org" | "87-err-schema-unknown-stream" | "111-err-unknown-route" | "58-service-graph-topology" => 404,
        "112-err-method" => 405,
        "102-err-search-no-time" | "104-err-search-float-time" => 422,
        "106-err-search-text-plain" => 415,
        "189-alt-search-413" => 413,
        "86-err-latest-stream-unknown-stream" | "108-err-search-stream-unknown-column" | "98-err-latest-ms-time" => 200,
        _ => 400,
    };
    let body = capture(name);
    let content_type = match body.first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'e') => "text/event-stream",
        _ => "text/plain; charset=utf-8",
    };
    answer(status, content_type, body)
}

pub(crate) fn capture(name: &str) -> Vec<u8> {
    let path = fixtures_folder().join("openobserve").join(format!("{name}.body.json"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Reaction {
    pub(crate) fn in_pieces(self, piece: usize) -> Self {
        self.changed(|answered| answered.piece = piece)
    }

    pub(crate) fn broken_after(self, bytes: usize) -> Self {
        self.changed(|answered| answered.breaks_after = Some(bytes))
    }

    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        self.changed(|answered| answered.head.retry_after_seconds = Some(seconds))
    }

    fn changed(self, change: impl FnOnce(&mut Answered)) -> Self {
        match self {
            Self::Answer(mut answered) => {
                change(&mut answered);
                Self::Answer(answered)
            }
            Self::Silence => Self::Silence,
        }
    }
}

/// What came of a request, and all that happened on the way.
pub(crate) struct Run {
    pub(crate) answer: Answer,
    pub(crate) blobs: Vec<Vec<u8>>,
    /// Calls, in order.
    pub(crate) calls: Vec<HttpCall>,
    /// Pauses, milliseconds.
    pub(crate) pauses: Vec<u32>,
    pub(crate) progress: Vec<Progress>,
    /// How the job looked in a log at each step.
    pub(crate) debugs: Vec<String>,
}

impl Run {
    pub(crate) fn reply(&self) -> &Reply {
        match &self.answer {
            Answer::Reply(reply) => reply,
            other => panic!("expected a reply, but found {other:?}"),
        }
    }

    pub(crate) fn failure(&self) -> &Failure {
        match &self.answer {
            Answer::Failed(failure) => failure,
            other => panic!("expected a failure, but found {other:?}"),
        }
    }

    /// Paths and queries of the calls, below the base.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.calls.iter().map(|call| call.url.strip_prefix(BASE).unwrap().to_owned()).collect()
    }

    /// Everything that a person or a log could ever see of it, but the calls themselves.
    pub(crate) fn seen(&self) -> String {
        let calls = format!("{:?}", self.calls);
        format!("{:?}\n{:?}\n{:?}\n{calls}", self.answer, self.progress, self.debugs)
    }
}

/// Runs a request to its end as a worker's host does: a head and the first piece come together, each further piece when it
/// is asked for.
pub(crate) fn run(request: Request, mut server: impl FnMut(&HttpCall) -> Reaction) -> Run {
    let mut connector = Connector;
    let mut job = connector.begin(0, request);
    let mut run = Run {
        answer: Answer::Cancelled,
        blobs: Vec::new(),
        calls: Vec::new(),
        pauses: Vec::new(),
        progress: Vec::new(),
        debugs: Vec::new(),
    };
    let mut now: Option<(u32, Answered, usize)> = None;
    loop {
        let outcome = connector.step(&mut job, &|| true);
        run.debugs.push(format!("{job:?}"));
        match outcome {
            Outcome::Calling { number, call, progress } => {
                run.progress.extend(progress);
                if now.as_ref().is_none_or(|(known, ..)| *known != number) {
                    run.calls.push((*call).clone());
                    match server(&call) {
                        Reaction::Silence => {
                            connector.input(&mut job, Input::NoAnswer("Failed to fetch".to_owned()));
                            continue;
                        }
                        Reaction::Answer(answered) => {
                            let is_opaque = call.mode == CallMode::Opaque;
                            let head = if is_opaque { Head::default() } else { answered.head.clone() };
                            connector.input(&mut job, Input::Head(head));
                            now = Some((number, answered, 0));
                        }
                    }
                }
                let (_, answered, at) = now.as_mut().unwrap();
                connector.input(&mut job, next_piece(answered, at));
            }
            Outcome::Sleeping { millis, progress } => {
                run.progress.extend(progress);
                run.pauses.push(millis);
                connector.input(&mut job, Input::Awake);
            }
            Outcome::Done(answer) => {
                run.answer = answer;
                return run;
            }
            Outcome::Handing(answer, blobs) => {
                (run.answer, run.blobs) = (answer, blobs);
                return run;
            }
            other => panic!("a connector has no use for {other:?}"),
        }
    }
}

fn next_piece(answered: &Answered, at: &mut usize) -> Input {
    let end = answered.breaks_after.unwrap_or(answered.body.len()).min(answered.body.len());
    if *at >= end {
        return if answered.breaks_after.is_some() { Input::NoAnswer("network error".to_owned()) } else { Input::End };
    }
    let piece = if answered.piece == 0 { end - *at } else { answered.piece.min(end - *at) };
    *at += piece;
    Input::Bytes(answered.body[*at - piece..*at].to_vec())
}

/// Plays answers in order; more calls than that are a mistake.
pub(crate) fn in_order(reactions: Vec<Reaction>) -> impl FnMut(&HttpCall) -> Reaction {
    let mut reactions = reactions.into_iter();
    move |call| reactions.next().unwrap_or_else(|| panic!("one call more than expected: {}", call.url))
}

pub(crate) fn access() -> Access {
    access_as(USER, PASSWORD)
}

pub(crate) fn access_as(user: &str, secret: &str) -> Access {
    Access {
        connection: Connection { base: BASE.to_owned(), org: "default".to_owned(), stream: "default".to_owned() },
        credentials: Credentials { user: user.to_owned(), secret: Secret(secret.to_owned()) },
    }
}

pub(crate) fn scope() -> ServerScope {
    ServerScope { access: access(), window: WINDOW, ..ServerScope::default() }
}

pub(crate) fn search_request() -> SearchRequest {
    SearchRequest { scope: scope(), limit: 10, ..SearchRequest::default() }
}

pub(crate) fn search(reactions: Vec<Reaction>) -> Run {
    run(Request::Search(Box::new(search_request())), in_order(reactions))
}

pub(crate) fn search_view(run: &Run) -> &SearchView {
    match run.reply() {
        Reply::Search(view) => view,
        other => panic!("expected traces, but found {other:?}"),
    }
}

pub(crate) fn fetch_request() -> FetchTraceRequest {
    FetchTraceRequest { access: access(), trace_id: TRACE.to_owned(), window: Some((1795407646680000, 1795407646720000)) }
}

pub(crate) fn fetch(reactions: Vec<Reaction>) -> Run {
    run(Request::FetchTrace(Box::new(fetch_request())), in_order(reactions))
}

pub(crate) fn fetched(run: &Run) -> &FetchedView {
    match run.reply() {
        Reply::Fetched(view) => view,
        other => panic!("expected spans, but found {other:?}"),
    }
}

/// A job that has been asked to work until it waits.
pub(crate) fn started(request: Request) -> (Connector, ConnectorJob, Outcome) {
    let mut connector = Connector;
    let mut job = connector.begin(0, request);
    let outcome = connector.step(&mut job, &|| true);
    (connector, job, outcome)
}

//! How a request under way speaks with whoever runs it: it works in steps, and says what it waits for.
//!
//! *Invariants.* Knows no worker, no network and no clock: bytes, answers of servers and passing time come in as [`Input`].

use crate::base::SharedBytes;
use crate::protocol::{Answer, Failure, Origin, Progress, Secret};

/// How a step went.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// There is more to do.
    Working(Option<Progress>),
    /// There is more to do; these bytes of what is asked for go over already, each as a blob, before those that come with the answer.
    Passing(Progress, Vec<Vec<u8>>),
    /// There is more to do, and others may help.
    Lending(Help),
    /// There is more to do once any input comes: what it lent, or what it waited for already.
    Blocked(Option<Progress>),
    /// There is more to do once the next bytes of a source are there.
    Waiting {
        /// The source's number in its request.
        source: u32,
        /// Where the bytes are.
        origin: Origin,
        /// How far it is.
        progress: Option<Progress>,
    },
    /// There is more to do once a server has answered: [`Input::Head`], then [`Input::Bytes`] any number of times, then
    /// [`Input::End`]; or [`Input::NoAnswer`] at any point. The step that follows may ask for the next bytes of the same
    /// call by giving the same number again, or leave it and make another one.
    Calling {
        /// Tells one call of the job from the next.
        number: u32,
        /// The call.
        call: Box<HttpCall>,
        /// How far it is.
        progress: Option<Progress>,
    },
    /// There is more to do after a while: [`Input::Awake`].
    Sleeping {
        /// How long.
        millis: u32,
        /// How far it is.
        progress: Option<Progress>,
    },
    /// It is done.
    Done(Answer),
    /// It is done, and hands over bytes that are too many to stand in an answer; each becomes a blob that comes along.
    Handing(Answer, Vec<Vec<u8>>),
}

/// What a job asks of helpers: other workers of the same program. Without any it goes on alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Help {
    /// To get ready: [`Input::Helpers`] says how many are.
    Wanted,
    /// To read a slice of a source: [`Input::SliceRead`].
    Slice {
        /// Tells one slice of the job from the next.
        number: u32,
        /// What the helper must know of where it stands.
        start: u32,
        /// The slice.
        bytes: SharedBytes,
    },
    /// Nothing more.
    Over,
}

/// What a waiting job is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The size of the source has become known.
    Size(u64),
    /// The next bytes of the source, or of the server's answer.
    Bytes(Vec<u8>),
    /// The source, or the server's answer, has no more.
    End,
    /// The source cannot be read any further.
    Broken(SourceError),
    /// A server answers.
    Head(Head),
    /// A server does not answer, or broke off: what the browser says about it, which is little.
    NoAnswer(String),
    /// The while is over.
    Awake,
    /// So many helpers are ready now.
    Helpers(u32),
    /// What a helper read of a slice; nothing where it failed.
    SliceRead {
        /// The slice's number.
        number: u32,
        /// What it read.
        read: Vec<u8>,
    },
}

/// Why a source cannot be read: what the request comes to, if nothing else can be read either.
pub type SourceError = Failure;

/// A call to a server. It is sent without cookies and without a referrer, and follows no redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpCall {
    /// How.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// The `Authorization` header.
    pub authorization: Option<Secret>,
    /// A body of JSON.
    pub body: Option<String>,
    /// In how far the answer may be read.
    pub mode: CallMode,
}

/// The method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// In how far the answer to a call may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMode {
    /// If the server lets this page read it (CORS).
    Readable,
    /// Not at all: only that something answers ([`Head::status`] 0), whatever it lets pages read.
    Opaque,
}

/// The beginning of a server's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// HTTP status; 0 where it may not be known.
    pub status: u16,
    /// `Content-Type`, where the server lets it be read; else empty.
    pub content_type: String,
    /// `Retry-After` in seconds, where the server lets it be read and it is a number.
    pub retry_after_seconds: Option<u32>,
}

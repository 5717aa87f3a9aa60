//! A server that holds traces: how it is reached, what is sought on it, and what it answered.
//!
//! Times on such a server are microseconds where a field says so; all else is nanoseconds, as everywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Request;
use super::open::ServiceView;
use super::selection::Selection;
use super::trace::StatusCode;

/// A text that is never shown, logged, or written into an address or an export.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An OpenObserve server and what of it is meant. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Connection {
    /// Its address as the person typed it, with a path prefix if it has one: `https://o2.example.com/o2`.
    pub base: String,
    /// The organization's identifier.
    pub org: String,
    /// The trace stream.
    pub stream: String,
}

/// Who asks. With a user: Basic. Without: a secret that begins with `Basic ` or `Bearer ` is sent as it stands, any other
/// as `Bearer`. Neither: no credentials are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The user's name: an e-mail address, or a service account's.
    pub user: String,
    /// The password, or the service account's token.
    pub secret: Secret,
}

/// All that a call needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Where.
    pub connection: Connection,
    /// Who.
    pub credentials: Credentials,
}

/// Asks whether the server can be reached and what it has; an empty stream is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectRequest {
    /// Where and who.
    pub access: Access,
    /// The page's origin, `https://me.example.com`, as the server's list of origins must have it; `null` for a file.
    pub page_origin: String,
}

/// Whether a server could be connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectView {
    /// It can.
    Connected(ServerView),
    /// It cannot.
    Refused(Refusal),
}

/// A server that answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerView {
    /// Its version, `v0.91.5`; empty where it does not say.
    pub version: String,
    /// The trace streams of the organization, by name.
    pub streams: Vec<StreamView>,
    /// The organizations that the user may read, by identifier; empty where the server does not say.
    pub organizations: Vec<String>,
    /// What is worth knowing, as sentences: an old version, a stream that is not there.
    pub remarks: Vec<String>,
}

/// A trace stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamView {
    /// Its name.
    pub name: String,
    /// Spans, by the server's statistics, which lag: 0 says nothing.
    pub spans: u64,
    /// The longest time that one query may span, in hours; 0: no limit.
    pub max_range_hours: u64,
}

/// Why a server cannot be connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What exactly failed.
    pub cause: RefusalCause,
    /// One line.
    pub headline: String,
    /// What was expected and found.
    pub detail: String,
    /// What to do: the setting to change, word by word, where it is one.
    pub remedy: String,
    /// A command that proves from a shell whether the server itself answers; without a secret. Empty where it proves nothing.
    pub command: String,
}

/// The closed list of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalCause {
    /// What was typed is no address.
    BadAddress,
    /// Nothing answers there.
    Unreachable,
    /// It answers, but not to this page.
    Cors,
    /// A page from https may not ask a server on http.
    MixedContent,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404: the organization.
    NoOrganization,
    /// The stream is not there.
    NoStream,
    /// 429.
    Throttled,
    /// 5xx.
    ServerError,
    /// Something answers that is no OpenObserve.
    NotOpenObserve,
    /// Older than what can be asked.
    TooOld,
    /// Anything else, said in the detail.
    Other,
}

impl RefusalCause {
    /// A name for tests and style sheets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadAddress => "bad-address",
            Self::Unreachable => "unreachable",
            Self::Cors => "cors",
            Self::MixedContent => "mixed-content",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NoOrganization => "no-organization",
            Self::NoStream => "no-stream",
            Self::Throttled => "throttled",
            Self::ServerError => "server-error",
            Self::NotOpenObserve => "not-openobserve",
            Self::TooOld => "too-old",
            Self::Other => "other",
        }
    }
}

/// What is sought on a server: which spans a trace must have one of. Empty: any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServerQuery {
    /// Of this service.
    pub service: String,
    /// Of this operation.
    pub operation: String,
    /// Of this status.
    pub status: Option<StatusCode>,
    /// Lasting at least so many nanoseconds.
    pub min_duration: Option<u64>,
    /// Lasting at most so many nanoseconds.
    pub max_duration: Option<u64>,
    /// With these attributes, all of them.
    pub attributes: Vec<AttributeCondition>,
    /// A condition in the server's SQL, beside all others.
    pub sql: String,
}

/// A condition on a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AttributeCondition {
    /// The attribute's key, or the server's column for it.
    pub key: String,
    /// How they compare.
    pub operator: Comparison,
    /// The value.
    pub value: String,
}

/// How an attribute and a value compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `=`.
    #[default]
    Equal,
    /// `!=`, also where it is not there.
    NotEqual,
    /// `>`, as numbers where both are.
    Greater,
    /// `<`, as numbers where both are.
    Less,
    /// The text is in it.
    Contains,
    /// It is there.
    Exists,
}

/// The part of a server that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerScope {
    /// Where and who.
    pub access: Access,
    /// Starts of spans: microseconds since the epoch, the first included, the second not.
    pub window: (u64, u64),
    /// What is sought.
    pub query: ServerQuery,
}

/// Asks for a page of traces, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRequest {
    /// Where.
    pub scope: ServerScope,
    /// What narrows it further.
    pub selection: Selection,
    /// How many traces to pass over.
    pub offset: u32,
    /// How many to give, at most.
    pub limit: u32,
    /// Whether to count all of them too, which is one more query.
    pub count: bool,
}

/// A page of traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchView {
    /// The traces.
    pub traces: Vec<FoundTrace>,
    /// Rows that the server sent, which may be more than traces that could be read.
    pub received: u32,
    /// There may be more after these.
    pub more: bool,
    /// About how many there are in all, if that was asked and the server said.
    pub total: Option<u64>,
    /// The window that the server cut the question down to, microseconds.
    pub cut_to: Option<(u64, u64)>,
    /// What the server said beside its answer, and what was repaired or left out, as sentences.
    pub remarks: Vec<String>,
    /// How long the server took, milliseconds.
    pub took_millis: u64,
}

/// A trace that a server tells of, whose spans are not here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundTrace {
    /// 32 lower-case hex digits.
    pub trace_id: String,
    /// Service of its root, or of its earliest span.
    pub root_service: String,
    /// Name of that span.
    pub root_name: String,
    /// Earliest start, absolute nanoseconds.
    pub start: u64,
    /// Latest end less earliest start, nanoseconds.
    pub duration: u64,
    /// Spans; `None` where the server cannot count so far (65,536 and more).
    pub spans: Option<u32>,
    /// Spans with status Error.
    pub errors: u32,
    /// Its services with their spans, most first.
    pub services: Vec<(String, u32)>,
}

/// Tells the engine of traces that a server has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRequest {
    /// What becomes of those told of before.
    pub change: FoundChange,
    /// The traces.
    pub traces: Vec<FoundTrace>,
    /// The selection that the server applied: what it lets through needs no more proof.
    pub applied: Selection,
}

/// What becomes of the traces that the engine was told of before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FoundChange {
    /// They are forgotten.
    #[default]
    Replace,
    /// They stay; one that is told of again takes the place of its older self.
    Merge,
}

/// Asks for all spans of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchTraceRequest {
    /// Where and who.
    pub access: Access,
    /// 32 hex digits.
    pub trace_id: String,
    /// Where its spans start, microseconds, if that is known.
    pub window: Option<(u64, u64)>,
}

/// All spans of a trace, as the server wrote them: the bytes come along, to be opened as a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedView {
    /// Rows that came, over all pages.
    pub rows: u64,
    /// Pages that they came in.
    pub pages: u32,
    /// What is missing or was odd, as sentences, for the import report.
    pub remarks: Vec<String>,
}

/// Asks for the values of a column, most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValuesRequest {
    /// Where; of its query only the service counts.
    pub scope: ServerScope,
    /// The column: `service_name`, `operation_name`.
    pub field: String,
}

/// What is asked about a server's spans instead of those that are loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnServer {
    /// Where.
    pub scope: ServerScope,
    /// [`Request::Latency`], [`Request::Red`], [`Request::Map`] or [`Request::MapDetail`].
    pub request: Request,
}

/// That figures came from a server, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerBasis {
    /// The services that the figures name, by position: those positions, not the data set's, stand in the answer.
    pub services: Vec<ServiceView>,
    /// How many queries it took.
    pub queries: u32,
    /// How long the server took, milliseconds.
    pub took_millis: u64,
    /// Records that the server read.
    pub scanned: u64,
    /// What the server said beside its answer, what was cut, and what cannot be had from it, as sentences.
    pub remarks: Vec<String>,
}

//! A failure as the page shows it: what went wrong, why, and what to do about it.

use serde::{Deserialize, Serialize};

/// Why a request could not be answered. Made by the engine (and by the link, for a worker that died), nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind, for code to act on.
    pub code: FailureCode,
    /// One line for the reader.
    pub headline: String,
    /// Where, what was expected, what was found; may be empty.
    pub detail: String,
    /// What the reader can do; may be empty.
    pub remedy: String,
}

/// The closed list of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureCode {
    /// No source held anything that Spanwise reads.
    NothingRead,
    /// The sources need more memory than there is; a part of them may fit.
    MoreThanFits,
    /// An answer of a server is larger than is read.
    TooLarge,
    /// A source could not be read at all: gone, refused, not reachable.
    Unreadable,
    /// The trace or span is not in the data set.
    NotFound,
    /// The question is about a data set that is no longer open.
    Stale,
    /// No data set is open.
    Empty,
    /// The worker died.
    Crashed,
    /// Page and worker are of different builds.
    Mismatch,
    /// A server could not be reached, or does not let this page read its answers.
    NoServer,
    /// A server wants other credentials.
    Unauthorized,
    /// A server could not do what was asked: the question is wrong.
    BadQuery,
    /// A server could not answer now; later it may.
    Busy,
    /// What was asked for is more than can be done at once.
    Invalid,
}

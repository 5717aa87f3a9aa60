//! How a request under way speaks with whoever runs it.

use crate::protocol::{Answer, Failure, Origin, Progress};

/// How a step went.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// There is more to do.
    Working(Option<Progress>),
    /// There is more to do once the next bytes of a source are there.
    Waiting {
        /// The source's number in its request.
        source: u32,
        /// Where the bytes are.
        origin: Origin,
        /// How far it is.
        progress: Option<Progress>,
    },
    /// It is done.
    Done(Answer),
}

/// What a waiting job is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The size of the source has become known.
    Size(u64),
    /// The next bytes of the source.
    Bytes(Vec<u8>),
    /// The source has no more.
    End,
    /// The source cannot be read any further.
    Broken(SourceError),
}

/// Why a source cannot be read: what the request comes to, if nothing else can be read either.
pub type SourceError = Failure;

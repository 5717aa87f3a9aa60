//! What the worker's end needs of whoever does the work.

use crate::protocol::{Answer, Epoch, Failure, Origin, Progress, Request};

/// Does the work of requests, in steps.
pub trait Handler {
    /// A request under way. Dropping it gives it up and leaves no trace.
    type Job;

    /// Takes a request on. Does no work yet.
    fn begin(&mut self, epoch: Epoch, request: Request) -> Self::Job;

    /// Works on a job for as long as `has_time` says so, give or take an indivisible piece of work.
    fn step(&mut self, job: &mut Self::Job, has_time: &dyn Fn() -> bool) -> Outcome;

    /// Hands a job what it waited for.
    fn input(&mut self, job: &mut Self::Job, input: Input);
}

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

/// Why a source cannot be read: a failure of code `Unreadable`, for the whole request if it has no other source.
pub type SourceError = Failure;

//! The open data set, and the one door to all that is asked about it: a request in, exactly one answer out.
//!
//! *Invariants.* Knows no worker, no message and no clock: bytes come in through [`Input`], and how long a step may take is
//! asked of whoever runs it.

mod job;

pub use job::{Input, Outcome, SourceError};

use crate::protocol::{Answer, Epoch, Failure, FailureCode, Reply, Request};

/// Answers requests.
#[derive(Debug, Default)]
pub struct Engine {
    epoch: Epoch,
}

/// A request under way.
#[derive(Debug)]
pub struct Job {
    request: Request,
}

impl Engine {
    /// Takes a request on. Does no work yet.
    pub fn begin(&mut self, _epoch: Epoch, request: Request) -> Job {
        Job { request }
    }

    /// Works on a job for as long as `has_time` says so, give or take an indivisible piece of work.
    pub fn step(&mut self, job: &mut Job, _has_time: &dyn Fn() -> bool) -> Outcome {
        Outcome::Done(match job.request {
            Request::Close => {
                self.epoch += 1;
                Answer::Reply(Reply::Closed)
            }
            Request::Crash => crash(),
            _ => Answer::Failed(empty()),
        })
    }

    /// Hands a job what it waited for.
    pub fn input(&mut self, _job: &mut Job, _input: Input) {}
}

#[cold]
fn empty() -> Failure {
    Failure {
        code: FailureCode::Empty,
        headline: "No data is open.".to_owned(),
        detail: String::new(),
        remedy: "Open a trace file first.".to_owned(),
    }
}

#[cold]
#[expect(clippy::panic, reason = "the crash path needs something to test it with")]
fn crash() -> Answer {
    panic!("crashed on request")
}

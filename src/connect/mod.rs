//! Remote sources: OpenObserve. Plans calls, reads answers, goes on page by page.
//!
//! ```text
//!   request ─▶ a Task ─▶ call ─▶ answer ─▶ call ─▶ … ─▶ reply
//!                         ▲ through job::Outcome and job::Input: nothing here fetches
//! ```
//! It runs in a worker of its own, which the page loads when somebody connects: who only opens files never pays for it, and
//! a secret never reaches the worker that reads strangers' files.
//!
//! *Invariants.* Knows no browser, no clock and no open data set. Every call goes to the address that the person typed and to
//! what lies below it ([`Base`]). An answer is as hostile as a file: bounded, and never trusted to be what was asked for.

mod answer;
mod base;
mod catalog;
mod check;
mod client;
mod condition;
mod fetch;
mod figures;
mod rows;
mod search;
mod sql;
mod task;
mod trouble;
mod wire;

pub use base::{BadBase, Base};
pub use task::ConnectorJob;

use crate::job::{Input, Outcome};
use crate::protocol::{Epoch, Request};

/// Answers requests about servers. Holds nothing between them: each brings its own access.
#[derive(Debug, Default)]
pub struct Connector;

impl Connector {
    /// Takes a request on. Does no work yet.
    pub fn begin(&mut self, _: Epoch, request: Request) -> ConnectorJob {
        ConnectorJob::new(request)
    }

    /// Works on a job.
    pub fn step(&mut self, job: &mut ConnectorJob, has_time: &dyn Fn() -> bool) -> Outcome {
        job.step(has_time)
    }

    /// Hands a job what it waited for.
    pub fn input(&mut self, job: &mut ConnectorJob, input: Input) {
        job.input(input);
    }
}

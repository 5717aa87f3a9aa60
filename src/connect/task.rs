//! What a request is worked on with.

use crate::job::{Input, Outcome};
use crate::protocol::{Answer, Request};

/// A request under way. Dropping it gives it up.
#[derive(Debug)]
pub struct ConnectorJob(Request);

impl ConnectorJob {
    pub(super) fn new(request: Request) -> Self {
        Self(request)
    }

    pub(super) fn step(&mut self, _: &dyn Fn() -> bool) -> Outcome {
        Outcome::Done(Answer::Cancelled)
    }

    pub(super) fn input(&mut self, _: Input) {
        _ = &self.0;
    }
}

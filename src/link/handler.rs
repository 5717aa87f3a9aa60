//! What the worker's end needs of whoever does the work.

use crate::connect::{Connector, ConnectorJob};
use crate::engine::{Engine, Job, REHEARSAL_TURNS, rehearse};
use crate::job::{Input, Outcome};
use crate::protocol::{Epoch, Request};

/// Does the work of requests, in steps.
pub trait Handler {
    /// A request under way. Dropping it gives it up and leaves no trace.
    type Job;

    /// Whether it calls servers. Where it does not, its worker holds no code for that.
    const CALLS: bool = false;

    /// Whether it reads what can be shared with helpers. Where it does not, its worker holds no code for that.
    const SHARES: bool = false;

    /// How many times [`rehearse`](Self::rehearse) is worth calling.
    const REHEARSAL_TURNS: u32 = 0;

    /// Goes through what requests will need, so that it is compiled well by then. Whoever works for someone is not asked.
    fn rehearse(_turn: u32) {}

    /// Takes a request on. Does no work yet.
    fn begin(&mut self, epoch: Epoch, request: Request) -> Self::Job;

    /// Works on a job for as long as `has_time` says so, give or take an indivisible piece of work.
    fn step(&mut self, job: &mut Self::Job, has_time: &dyn Fn() -> bool) -> Outcome;

    /// Hands a job what it waited for.
    fn input(&mut self, job: &mut Self::Job, input: Input);

    /// Reads a slice as the helper of another: see [`Help::Slice`](crate::job::Help).
    fn read_slice(_start: u32, _bytes: &[u8]) -> Vec<u8> {
        Vec::new()
    }
}

impl Handler for Engine {
    type Job = Job;

    const SHARES: bool = true;

    const REHEARSAL_TURNS: u32 = REHEARSAL_TURNS;

    fn rehearse(turn: u32) {
        rehearse(turn);
    }

    fn begin(&mut self, epoch: Epoch, request: Request) -> Job {
        Self::begin(self, epoch, request)
    }

    fn step(&mut self, job: &mut Job, has_time: &dyn Fn() -> bool) -> Outcome {
        Self::step(self, job, has_time)
    }

    fn input(&mut self, job: &mut Job, input: Input) {
        Self::input(self, job, input);
    }

    fn read_slice(start: u32, bytes: &[u8]) -> Vec<u8> {
        Self::read_slice(start, bytes)
    }
}

impl Handler for Connector {
    type Job = ConnectorJob;

    const CALLS: bool = true;

    fn begin(&mut self, epoch: Epoch, request: Request) -> ConnectorJob {
        Self::begin(self, epoch, request)
    }

    fn step(&mut self, job: &mut ConnectorJob, has_time: &dyn Fn() -> bool) -> Outcome {
        Self::step(self, job, has_time)
    }

    fn input(&mut self, job: &mut ConnectorJob, input: Input) {
        Self::input(self, job, input);
    }
}

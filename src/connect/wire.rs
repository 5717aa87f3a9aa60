//! Between a request's work and its host: the work is a future that waits for input, the host sees steps.
//!
//! There is no executor: each step polls the future once, and a future that waits says what for.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;

use crate::job::{Input, Outcome};
use crate::protocol::Progress;

/// What the work of one request and its host share.
#[derive(Default)]
pub(super) struct Wire {
    wanted: Cell<Option<Outcome>>,
    inputs: RefCell<VecDeque<Input>>,
    calls: Cell<u32>,
}

impl Wire {
    /// The host's half: what the work waits for now.
    pub(super) fn wanted(&self) -> Option<Outcome> {
        self.wanted.take()
    }

    /// The host's half: hands over what came.
    pub(super) fn push(&self, input: Input) {
        self.inputs.borrow_mut().push_back(input);
    }

    /// The number of a new call. What is left of the one before is forgotten.
    pub(super) fn begin_call(&self) -> u32 {
        self.inputs.borrow_mut().clear();
        let number = self.calls.get();
        self.calls.set(number.wrapping_add(1));
        number
    }

    /// Waits for the next input, for as long as it takes; `wanted` says what is waited for.
    pub(super) async fn input(&self, wanted: impl Fn() -> Outcome) -> Input {
        poll_fn(|_| {
            if let Some(input) = self.inputs.borrow_mut().pop_front() {
                return Poll::Ready(input);
            }
            self.wanted.set(Some(wanted()));
            Poll::Pending
        })
        .await
    }

    /// Waits for time to pass.
    pub(super) async fn sleep(&self, millis: u32, progress: &Progress) {
        self.inputs.borrow_mut().clear();
        while self.input(|| Outcome::Sleeping { millis, progress: Some(progress.clone()) }).await != Input::Awake {}
    }
}

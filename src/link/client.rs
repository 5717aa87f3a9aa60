//! The page's end: numbers requests, keeps the latest of each slot, and settles each request exactly once.

use std::collections::VecDeque;

use super::Slot;
use crate::base::SmallMap;
use crate::protocol::{Answer, Epoch, Failure, FailureCode, FromWorker, Progress, Request, RequestId, ToWorker};

/// The page's end of the wire. What it wants to send is taken with [`Client::next_message`], what became of things with
/// [`Client::next_event`].
#[derive(Debug)]
pub struct Client {
    build: String,
    phase: Phase,
    epoch: Epoch,
    next_id: RequestId,
    /// Requests that are not settled, each with whether it has gone out.
    pending: SmallMap<RequestId, Pending>,
    /// The latest unsettled request of each superseding slot.
    latest: [Option<RequestId>; Slot::COUNT],
    outbox: VecDeque<ToWorker>,
    events: VecDeque<Event>,
}

/// What the page should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The worker is there and of the same build.
    Ready,
    /// The worker is of another build; every request fails from now on.
    Mismatch {
        /// What the worker calls its build.
        theirs: String,
    },
    /// The worker died; every request fails until [`Client::restart`].
    Crashed(Failure),
    /// A request is settled.
    Answer {
        /// The request.
        id: RequestId,
        /// What it came to.
        answer: Answer,
    },
    /// A request is settled without an answer, since a newer one took its slot.
    Dropped {
        /// The request.
        id: RequestId,
    },
    /// A request is being worked on.
    Progress {
        /// The request.
        id: RequestId,
        /// How far it is.
        progress: Progress,
    },
}

#[derive(Debug)]
enum Phase {
    /// The worker has not spoken yet: messages wait in the outbox, since they would be lost.
    Starting,
    Ready,
    /// Dead or foreign: what each request comes to.
    Lost(Failure),
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    slot: Slot,
    sent: bool,
    cancelled: bool,
}

impl Client {
    /// A client of this build whose worker has been started and has not spoken yet.
    pub fn new(build: impl Into<String>) -> Self {
        Self {
            build: build.into(),
            phase: Phase::Starting,
            epoch: 0,
            next_id: 1,
            pending: SmallMap::new(),
            latest: [None; Slot::COUNT],
            outbox: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The data set that later requests are about.
    pub const fn set_epoch(&mut self, epoch: Epoch) {
        self.epoch = epoch;
    }

    /// Whether the worker hears requests now.
    pub const fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// How many requests are not settled.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Asks; in a superseding slot the older request is given up.
    pub fn ask(&mut self, slot: Slot, request: Request) -> RequestId {
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1).max(1);
        if slot.supersedes() {
            let older = self.latest.get_mut(slot as usize).and_then(|latest| latest.replace(id));
            if let Some(older) = older {
                self.withdraw(older);
                if self.pending.remove(&older).is_some() {
                    self.events.push_back(Event::Dropped { id: older });
                }
            }
        }
        self.pending.insert(id, Pending { slot, sent: false, cancelled: false });
        if let Phase::Lost(failure) = &self.phase {
            let answer = Answer::Failed(failure.clone());
            self.settle(id, answer);
            return id;
        }
        self.outbox.push_back(ToWorker::Request { id, epoch: self.epoch, request });
        id
    }

    /// Gives up on a request. It is still answered once: with [`Answer::Cancelled`], or with what was under way already.
    pub fn cancel(&mut self, id: RequestId) {
        if self.withdraw(id) {
            self.settle(id, Answer::Cancelled);
        }
    }

    /// The next message to send, if the worker hears it.
    pub fn next_message(&mut self) -> Option<ToWorker> {
        if !self.is_ready() {
            return None;
        }
        let message = self.outbox.pop_front()?;
        if let ToWorker::Request { id, .. } = &message
            && let Some(pending) = self.pending.get_mut(id)
        {
            pending.sent = true;
        }
        Some(message)
    }

    /// Takes in a message of the worker. Answers to requests that are settled already are dropped here.
    pub fn receive(&mut self, message: FromWorker) {
        match message {
            FromWorker::Ready { build } => self.greet(build),
            FromWorker::Answer { id, answer } => self.settle(id, answer),
            FromWorker::Progress { id, progress } => {
                if self.pending.get(&id).is_some() {
                    self.events.push_back(Event::Progress { id, progress });
                }
            }
            FromWorker::Crashed { message, log } => self.lose(crash(&message, &log)),
        }
    }

    /// The worker ended without a word of its own, or sent what cannot be read.
    pub fn died(&mut self, why: &str) {
        self.lose(crash(why, &[]));
    }

    /// A new worker has been started. Requests asked since the old one died have failed; those from now on wait for it.
    pub fn restart(&mut self) {
        let failure = crash("the worker was replaced", &[]);
        self.fail_all(&failure);
        self.phase = Phase::Starting;
        // The new worker holds no data set.
        self.epoch = 0;
    }

    /// What happened, oldest first.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn greet(&mut self, theirs: String) {
        if !matches!(self.phase, Phase::Starting) {
            return;
        }
        if theirs == self.build {
            self.phase = Phase::Ready;
            self.events.push_back(Event::Ready);
            return;
        }
        let failure = mismatch(&self.build, &theirs);
        self.events.push_back(Event::Mismatch { theirs });
        self.fail_all(&failure);
        self.phase = Phase::Lost(failure);
    }

    fn lose(&mut self, failure: Failure) {
        if matches!(self.phase, Phase::Lost(_)) {
            return;
        }
        self.events.push_back(Event::Crashed(failure.clone()));
        self.fail_all(&failure);
        self.phase = Phase::Lost(failure);
    }

    fn fail_all(&mut self, failure: &Failure) {
        self.outbox.clear();
        while let Some(id) = self.pending.first_key().copied() {
            self.settle(id, Answer::Failed(failure.clone()));
        }
    }

    fn settle(&mut self, id: RequestId, answer: Answer) {
        let Some(pending) = self.pending.remove(&id) else {
            return;
        };
        if let Some(latest) = self.latest.get_mut(pending.slot as usize)
            && *latest == Some(id)
        {
            *latest = None;
        }
        self.events.push_back(Event::Answer { id, answer });
    }

    /// Sees to it that the worker does no more for a request. True if it never heard of it, so that nobody else will answer.
    fn withdraw(&mut self, id: RequestId) -> bool {
        let Some(pending) = self.pending.get_mut(&id) else {
            return false;
        };
        if !pending.sent {
            self.outbox.retain(|message| !matches!(message, ToWorker::Request { id: waiting, .. } if *waiting == id));
            return true;
        }
        if !pending.cancelled {
            pending.cancelled = true;
            self.outbox.push_back(ToWorker::Cancel { id });
        }
        false
    }
}

#[cold]
fn crash(message: &str, log: &[String]) -> Failure {
    let mut detail = message.to_owned();
    if !log.is_empty() {
        detail.push_str("\n\nLast lines of the engine's log:\n");
        detail.push_str(&log.join("\n"));
    }
    Failure {
        code: FailureCode::Crashed,
        headline: "The engine stopped unexpectedly.".to_owned(),
        detail,
        remedy: "Open the files again. If it happens again, the data may need more memory than this browser gives a page; \
            otherwise please report it with the details."
            .to_owned(),
    }
}

#[cold]
fn mismatch(ours: &str, theirs: &str) -> Failure {
    Failure {
        code: FailureCode::Mismatch,
        headline: "The page and its engine are of different versions.".to_owned(),
        detail: format!("expected build {ours} of the engine, but found build {theirs}"),
        remedy: "Reload the page without the cache (Ctrl+Shift+R, on a Mac ⌘⇧R).".to_owned(),
    }
}

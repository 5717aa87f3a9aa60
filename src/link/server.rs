//! The worker's end: a queue of jobs that run in short steps, each answered exactly once.

use std::collections::VecDeque;

use super::Handler;
use crate::job::{Help, HttpCall, Input, Outcome};
use crate::protocol::{Answer, FromWorker, OpenStage, Origin, Progress, RequestId, ToWorker};

/// How long one turn lasts, so that cancels and newer requests are seen soon: half a frame.
pub const STEP_MILLIS: f64 = 8.0;

/// How often a job's progress is told: ten times a second looks alive and costs nothing.
const PROGRESS_MILLIS: f64 = 100.0;

/// The worker's end of the wire, around whoever does the work.
#[derive(Debug)]
pub struct Server<H: Handler> {
    handler: H,
    /// In turn: a job that is not done when its time is up goes to the back.
    tasks: VecDeque<Task<H::Job>>,
    outbox: VecDeque<Output>,
}

/// What the worker's host should do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this to the page.
    Post(FromWorker),
    /// Read the next bytes of a source, and hand them over with [`Server::input`].
    Read {
        /// The request that waits for them.
        id: RequestId,
        /// The source's number in it.
        source: u32,
        /// Where the bytes are.
        origin: Origin,
    },
    /// Send this to the page, and these bytes with it, each as a blob.
    Hand(FromWorker, Vec<Vec<u8>>),
    /// Make a call, or read on in the one of this number, and hand over what comes with [`Server::input`].
    Call {
        /// The request that waits for it.
        id: RequestId,
        /// The call's number in it.
        number: u32,
        /// The call.
        call: Box<HttpCall>,
    },
    /// Hand over [`Input::Awake`] after a while.
    Sleep {
        /// The request that waits for it.
        id: RequestId,
        /// How long.
        millis: u32,
    },
    /// Ask this of helpers, and hand over what comes of it with [`Server::input`].
    Help {
        /// The request that they help with.
        id: RequestId,
        /// What is asked.
        help: Help,
    },
    /// Nothing more will be read for this request, by anyone.
    Stop {
        /// The request.
        id: RequestId,
    },
}

#[derive(Debug)]
struct Task<J> {
    id: RequestId,
    job: J,
    /// Nothing to do until input comes.
    waiting: bool,
    /// It has asked for bytes before, so its host has something to let go of.
    reads: bool,
    /// When progress was told last, and of which stage.
    told: Option<(f64, OpenStage)>,
}

/// Whether the turn goes on after a job.
#[derive(PartialEq, Eq)]
enum Turn {
    GoesOn,
    Over,
}

impl<H: Handler> Server<H> {
    /// A server with nothing to do.
    pub const fn new(handler: H) -> Self {
        Self { handler, tasks: VecDeque::new(), outbox: VecDeque::new() }
    }

    /// Takes in a message of the page.
    pub fn receive(&mut self, message: ToWorker) {
        match message {
            ToWorker::Request { id, epoch, request } => {
                let job = self.handler.begin(epoch, request);
                self.tasks.push_back(Task { id, job, waiting: false, reads: false, told: None });
            }
            ToWorker::Cancel { id } => {
                if let Some(at) = self.tasks.iter().position(|task| task.id == id)
                    && let Some(task) = self.tasks.remove(at)
                {
                    self.finish(&task, Answer::Cancelled);
                }
            }
        }
    }

    /// Takes in what a job waited for; for one that is gone, nothing happens.
    pub fn input(&mut self, id: RequestId, input: Input) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) {
            // A size or a beginning alone leaves it waiting for bytes.
            task.waiting &= matches!(input, Input::Size(_) | Input::Head(_));
            self.handler.input(&mut task.job, input);
        }
    }

    /// Works for one turn. True if there is more to do at once.
    pub fn run(&mut self, now_millis: &dyn Fn() -> f64) -> bool {
        let start = now_millis();
        let has_time = || now_millis() - start < STEP_MILLIS;
        while let Some(at) = self.tasks.iter().position(|task| !task.waiting) {
            let Some(task) = self.tasks.remove(at) else { break };
            // A job that has more to do ends the turn, even early: then what it told goes out before it goes on.
            if self.turn(task, &has_time, now_millis) == Turn::Over || !has_time() {
                break;
            }
        }
        self.tasks.iter().any(|task| !task.waiting)
    }

    /// What to do next.
    pub fn next_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// Whoever does the work.
    pub const fn handler(&self) -> &H {
        &self.handler
    }

    fn turn(&mut self, mut task: Task<H::Job>, has_time: &dyn Fn() -> bool, now_millis: &dyn Fn() -> f64) -> Turn {
        match self.handler.step(&mut task.job, has_time) {
            Outcome::Done(answer) => {
                self.finish(&task, answer);
                Turn::GoesOn
            }
            Outcome::Working(progress) => {
                self.tell(&mut task, progress, now_millis());
                self.tasks.push_back(task);
                Turn::Over
            }
            Outcome::Passing(progress, blobs) => {
                self.outbox.push_back(Output::Hand(FromWorker::Progress { id: task.id, progress }, blobs));
                self.tasks.push_back(task);
                Turn::Over
            }
            Outcome::Handing(answer, blobs) => {
                self.stop(&task);
                self.outbox.push_back(Output::Hand(FromWorker::Answer { id: task.id, answer }, blobs));
                Turn::GoesOn
            }
            Outcome::Lending(help) => {
                task.reads = true;
                self.outbox.push_back(Output::Help { id: task.id, help });
                self.tasks.push_back(task);
                Turn::Over
            }
            Outcome::Blocked(progress) => {
                self.tell(&mut task, progress, now_millis());
                task.waiting = true;
                self.tasks.push_back(task);
                Turn::GoesOn
            }
            Outcome::Waiting { source, origin, progress } => {
                let output = Output::Read { id: task.id, source, origin };
                self.wait(task, progress, now_millis(), output)
            }
            Outcome::Calling { number, call, progress } => {
                let output = Output::Call { id: task.id, number, call };
                self.wait(task, progress, now_millis(), output)
            }
            Outcome::Sleeping { millis, progress } => {
                let output = Output::Sleep { id: task.id, millis };
                self.wait(task, progress, now_millis(), output)
            }
        }
    }

    fn wait(&mut self, mut task: Task<H::Job>, progress: Option<Progress>, now_millis: f64, output: Output) -> Turn {
        self.tell(&mut task, progress, now_millis);
        task.waiting = true;
        task.reads = true;
        self.outbox.push_back(output);
        self.tasks.push_back(task);
        Turn::GoesOn
    }

    fn tell(&mut self, task: &mut Task<H::Job>, progress: Option<Progress>, now_millis: f64) {
        let Some(progress) = progress else {
            return;
        };
        // A new stage is told at once: the one after it may take long.
        let is_news = |(told, stage)| stage != progress.stage || PROGRESS_MILLIS <= now_millis - told;
        if !task.told.is_none_or(is_news) {
            return;
        }
        task.told = Some((now_millis, progress.stage));
        self.outbox.push_back(Output::Post(FromWorker::Progress { id: task.id, progress }));
    }

    fn finish(&mut self, task: &Task<H::Job>, answer: Answer) {
        self.stop(task);
        self.outbox.push_back(Output::Post(FromWorker::Answer { id: task.id, answer }));
    }

    fn stop(&mut self, task: &Task<H::Job>) {
        if task.reads {
            self.outbox.push_back(Output::Stop { id: task.id });
        }
    }
}

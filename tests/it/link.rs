//! The wire under random schedules: every request is settled exactly once, whatever order things happen in.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

use spanwise::link::{
    Client, Event, Handler, Input, Outcome, Output, Server, Slot, decode_from_worker, decode_to_worker, encode_from_worker,
    encode_to_worker,
};
use spanwise::protocol::{
    Answer, Epoch, FailureCode, FromWorker, OpenStage, Origin, Progress, Reply, Request, RequestId, TextRequest, TextView,
    ToWorker,
};

/// Knuth's MMIX generator: enough to shuffle schedules, the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Work of a number of steps that the request names, some of which wait for input. Each step takes 3 ms.
struct Toy<'a> {
    clock: &'a Cell<f64>,
}

struct ToyJob {
    epoch: Epoch,
    steps: u32,
    waits: bool,
    fed: bool,
}

impl Handler for Toy<'_> {
    type Job = ToyJob;

    fn begin(&mut self, epoch: Epoch, request: Request) -> ToyJob {
        let Request::Text(TextRequest::Value { node }) = request else { panic!("the toy only knows one request") };
        ToyJob { epoch, steps: node / 2, waits: node % 2 == 1, fed: false }
    }

    fn step(&mut self, job: &mut ToyJob, has_time: &dyn Fn() -> bool) -> Outcome {
        loop {
            if job.waits && !job.fed {
                return Outcome::Waiting { source: 0, origin: Origin::File(0), progress: None };
            }
            if job.steps == 0 {
                return Outcome::Done(Answer::Reply(Reply::Text(TextView { text: job.epoch.to_string() })));
            }
            job.steps -= 1;
            self.clock.set(self.clock.get() + 3.0);
            if !has_time() {
                return Outcome::Working(None);
            }
        }
    }

    fn input(&mut self, job: &mut ToyJob, _: Input) {
        job.fed = true;
    }
}

const SLOTS: [Slot; 6] = [Slot::Open, Slot::Rows, Slot::Traces, Slot::Span, Slot::Text, Slot::Other];

fn toy_request(steps: u32, waits: bool) -> Request {
    Request::Text(TextRequest::Value { node: steps * 2 + u32::from(waits) })
}

/// Everything between the two ends, as bytes on their way.
struct World<'a> {
    client: Client,
    server: Server<Toy<'a>>,
    clock: &'a Cell<f64>,
    to_worker: VecDeque<Vec<u8>>,
    to_page: VecDeque<Vec<u8>>,
    reads: VecDeque<RequestId>,
    asked: Vec<RequestId>,
    settled: BTreeMap<RequestId, Vec<Event>>,
    /// Answers as the worker gave them.
    answered: BTreeMap<RequestId, u32>,
}

impl<'a> World<'a> {
    fn new(clock: &'a Cell<f64>) -> Self {
        Self {
            client: Client::new("b1"),
            server: Server::new(Toy { clock }),
            clock,
            to_worker: VecDeque::new(),
            to_page: VecDeque::new(),
            reads: VecDeque::new(),
            asked: Vec::new(),
            settled: BTreeMap::new(),
            answered: BTreeMap::new(),
        }
    }

    fn ready(&mut self, build: &str) {
        self.to_page.push_back(encode_from_worker(&FromWorker::Ready { build: build.to_owned() }));
    }

    fn page_sends(&mut self) {
        while let Some(message) = self.client.next_message() {
            self.to_worker.push_back(encode_to_worker(&message));
        }
    }

    fn worker_hears(&mut self) {
        if let Some(bytes) = self.to_worker.pop_front() {
            self.server.receive(decode_to_worker(&bytes).unwrap());
        }
        self.drain_server();
    }

    fn worker_runs(&mut self) {
        let clock = self.clock;
        let before = clock.get();
        self.server.run(&|| clock.get());
        assert!(clock.get() - before < 8.0 + 3.0, "a turn overran its time by more than one piece of work");
        self.drain_server();
    }

    fn drain_server(&mut self) {
        while let Some(output) = self.server.next_output() {
            match output {
                Output::Post(message) => {
                    if let FromWorker::Answer { id, .. } = &message {
                        *self.answered.entry(*id).or_default() += 1;
                    }
                    self.to_page.push_back(encode_from_worker(&message));
                }
                Output::Read { id, .. } => self.reads.push_back(id),
                // What runs here opens sources and calls nobody.
                Output::Hand(..) | Output::Help { .. } | Output::Call { .. } | Output::Sleep { .. } => unreachable!(),
                Output::Stop { id } => self.reads.retain(|waiting| *waiting != id),
            }
        }
    }

    fn host_reads(&mut self) {
        if let Some(id) = self.reads.pop_front() {
            self.server.input(id, Input::End);
        }
    }

    fn page_hears(&mut self) {
        if let Some(bytes) = self.to_page.pop_front() {
            self.client.receive(decode_from_worker(&bytes).unwrap());
        }
        self.drain_client();
    }

    fn drain_client(&mut self) {
        while let Some(event) = self.client.next_event() {
            if let Event::Answer { id, .. } | Event::Dropped { id } = &event {
                self.settled.entry(*id).or_default().push(event.clone());
            }
        }
    }

    fn crash(&mut self) {
        self.to_page.push_back(encode_from_worker(&FromWorker::Crashed {
            message: "index out of bounds".to_owned(),
            log: vec!["rows".to_owned()],
        }));
        // Nothing that was on its way to it, or in it, comes to anything.
        self.to_worker.clear();
        self.reads.clear();
        self.server = Server::new(Toy { clock: self.clock });
    }

    fn settle_everything(&mut self) {
        for _ in 0..100_000 {
            self.page_sends();
            self.worker_hears();
            self.worker_runs();
            self.host_reads();
            self.page_hears();
            if self.client.pending() == 0 && self.to_page.is_empty() && self.to_worker.is_empty() {
                return;
            }
        }
        panic!("requests {} never settled", self.client.pending());
    }
}

#[test]
fn every_request_is_settled_exactly_once() {
    for seed in 0..400 {
        let clock = Cell::new(0.0);
        let mut random = Random(seed);
        let mut world = World::new(&clock);
        let mut live = false;
        for _ in 0..300 {
            match random.below(16) {
                0..4 => {
                    let slot = SLOTS[usize::try_from(random.below(6)).unwrap()];
                    let steps = u32::try_from(random.below(12)).unwrap();
                    let id = world.client.ask(slot, toy_request(steps, random.below(3) == 0));
                    world.asked.push(id);
                }
                4 => {
                    if !world.asked.is_empty() {
                        let at = usize::try_from(random.below(world.asked.len() as u64)).unwrap();
                        world.client.cancel(world.asked[at]);
                    }
                }
                5 if !live => {
                    live = true;
                    world.ready("b1");
                }
                6 if random.below(12) == 0 && live => {
                    world.crash();
                    while !world.to_page.is_empty() {
                        world.page_hears();
                    }
                    world.client.restart();
                    world.ready("b1");
                }
                5..8 => world.page_sends(),
                8..10 => world.worker_hears(),
                10..12 => world.worker_runs(),
                12 => world.host_reads(),
                _ => world.page_hears(),
            }
            world.drain_client();
        }
        if !live {
            world.ready("b1");
        }
        world.settle_everything();
        for id in &world.asked {
            let events = world.settled.get(id).map_or(&[][..], Vec::as_slice);
            assert_eq!(events.len(), 1, "seed {seed}, request {id}: {events:?}");
        }
        assert_eq!(world.settled.len(), world.asked.len(), "seed {seed}: answers to what was never asked");
        assert!(world.answered.values().all(|count| *count == 1), "seed {seed}: the worker answered twice");
    }
}

#[test]
fn a_newer_request_takes_the_slot() {
    let clock = Cell::new(0.0);
    let mut world = World::new(&clock);
    world.ready("b1");
    world.page_hears();
    let old = world.client.ask(Slot::Rows, toy_request(100, false));
    world.page_sends();
    world.worker_hears();
    world.worker_runs();
    let text = world.client.ask(Slot::Text, toy_request(1, false));
    let new = world.client.ask(Slot::Rows, toy_request(1, false));
    world.settle_everything();
    assert_eq!(world.settled[&old], [Event::Dropped { id: old }]);
    assert!(matches!(world.settled[&text][..], [Event::Answer { answer: Answer::Reply(_), .. }]));
    assert!(matches!(world.settled[&new][..], [Event::Answer { answer: Answer::Reply(_), .. }]));
    assert!(clock.get() < 30.0, "the superseded job went on working");
}

#[test]
fn a_request_that_never_left_is_cancelled_at_once() {
    let mut client = Client::new("b1");
    let id = client.ask(Slot::Open, Request::Close);
    client.cancel(id);
    assert_eq!(client.next_event(), Some(Event::Answer { id, answer: Answer::Cancelled }));
    client.receive(FromWorker::Ready { build: "b1".to_owned() });
    assert_eq!(client.next_event(), Some(Event::Ready));
    assert_eq!(client.next_message(), None);
}

#[test]
fn nothing_is_sent_before_the_worker_is_ready() {
    let mut client = Client::new("b1");
    let id = client.ask(Slot::Report, Request::Report);
    assert_eq!(client.next_message(), None);
    client.receive(FromWorker::Ready { build: "b1".to_owned() });
    assert_eq!(client.next_message(), Some(ToWorker::Request { id, epoch: 0, request: Request::Report }));
}

#[test]
fn a_worker_of_another_build_fails_everything() {
    let mut client = Client::new("b1");
    let before = client.ask(Slot::Report, Request::Report);
    client.receive(FromWorker::Ready { build: "b2".to_owned() });
    assert_eq!(client.next_event(), Some(Event::Mismatch { theirs: "b2".to_owned() }));
    assert!(matches!(
        client.next_event(),
        Some(Event::Answer { id, answer: Answer::Failed(failure) }) if id == before && failure.code == FailureCode::Mismatch
    ));
    let after = client.ask(Slot::Report, Request::Report);
    assert!(matches!(client.next_event(), Some(Event::Answer { id, .. }) if id == after));
    assert_eq!(client.next_message(), None);
}

#[test]
fn a_crash_fails_what_is_pending_and_a_restart_works_again() {
    let mut client = Client::new("b1");
    client.set_epoch(7);
    client.receive(FromWorker::Ready { build: "b1".to_owned() });
    let lost = client.ask(Slot::Report, Request::Report);
    assert!(client.next_message().is_some());
    client.receive(FromWorker::Crashed { message: "boom".to_owned(), log: vec!["last words".to_owned()] });
    assert_eq!(client.next_event(), Some(Event::Ready));
    let Some(Event::Crashed(failure)) = client.next_event() else { panic!("no crash") };
    assert_eq!(failure.code, FailureCode::Crashed);
    assert!(failure.detail.starts_with("boom") && failure.detail.ends_with("last words"), "{}", failure.detail);
    assert!(matches!(client.next_event(), Some(Event::Answer { id, .. }) if id == lost));
    client.restart();
    let id = client.ask(Slot::Report, Request::Report);
    client.receive(FromWorker::Ready { build: "b1".to_owned() });
    assert_eq!(client.next_message(), Some(ToWorker::Request { id, epoch: 0, request: Request::Report }));
}

#[test]
fn bytes_of_another_build_are_garbled_not_misread() {
    let bytes = encode_to_worker(&ToWorker::Cancel { id: 300 });
    assert_eq!(decode_to_worker(&bytes), Ok(ToWorker::Cancel { id: 300 }));
    for len in 0..bytes.len() {
        assert!(decode_to_worker(&bytes[..len]).is_err());
    }
    assert!(decode_to_worker(&[bytes.as_slice(), &[0]].concat()).is_err(), "bytes left over");
}

/// Reads, then seals in one long step that asks for no time.
struct TwoStages {
    steps: u32,
}

impl Handler for TwoStages {
    type Job = u32;

    fn begin(&mut self, _: Epoch, _: Request) -> u32 {
        0
    }

    fn step(&mut self, job: &mut u32, _: &dyn Fn() -> bool) -> Outcome {
        *job += 1;
        self.steps += 1;
        let stage = if *job < 3 { OpenStage::Reading } else { OpenStage::Linking };
        let progress = Progress { stage, source: String::new(), bytes: 0, bytes_total: None, spans: 0 };
        if *job < 4 { Outcome::Working(Some(progress)) } else { Outcome::Done(Answer::Reply(Reply::Closed)) }
    }

    fn input(&mut self, _: &mut u32, _: Input) {}
}

#[test]
fn a_new_stage_is_told_before_its_work_begins() {
    let mut server = Server::new(TwoStages { steps: 0 });
    server.receive(ToWorker::Request { id: 1, epoch: 0, request: Request::Close });
    let mut told = Vec::new();
    while server.run(&|| 0.0) {
        while let Some(output) = server.next_output() {
            let Output::Post(FromWorker::Progress { progress, .. }) = output else { panic!("{output:?}") };
            told.push((server.handler().steps, progress.stage));
        }
    }
    assert_eq!(told, [(1, OpenStage::Reading), (3, OpenStage::Linking)]);
}

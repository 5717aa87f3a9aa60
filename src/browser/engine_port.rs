//! The page's port to the engine: starts the worker, sends questions, hands out answers.
//!
//! Callbacks never run inside [`EnginePort::ask`] and its like, so a caller may hold what its callback needs.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, ErrorEvent, Event as DomEvent, File, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::event::{Listener, Passive};
use super::{build, location, marks, storage, words_from_error};
use crate::base::SmallMap;
use crate::link::{Client, Event, Slot, decode_from_worker, encode_to_worker};
use crate::protocol::{Answer, Epoch, Failure, FromWorker, OpenRequest, Origin, Progress, Reply, Request, RequestId, ToWorker};

/// Set while a mismatch has made the page reload, so that it happens once.
const RELOADED: &str = "spanwise-reloaded";

/// A handle on the engine; clones are the same engine.
#[derive(Clone)]
pub struct EnginePort(Rc<Inner>);

/// What becomes of the engine as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortEvent {
    /// It hears questions.
    Ready,
    /// It died. Pending questions have failed; [`EnginePort::restart`] starts it anew, without data.
    Crashed(Failure),
    /// It is of another build than the page, even after reloading once.
    Mismatch,
}

struct Inner {
    /// The worker's program.
    program: Program,
    /// What came along with answers that have not been delivered.
    handed: RefCell<SmallMap<RequestId, Vec<Blob>>>,
    client: RefCell<Client>,
    worker: RefCell<Option<Running>>,
    /// What is to be called for each request that is not settled.
    callbacks: RefCell<SmallMap<RequestId, Callbacks>>,
    /// Files of requests that have not gone out.
    files: RefCell<SmallMap<RequestId, Vec<File>>>,
    on_event: Box<dyn Fn(PortEvent)>,
}

/// The programs that run in workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Holds the open data set.
    Engine,
    /// Talks to servers.
    Connector,
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Connector => "connector",
        }
    }
}

struct Callbacks {
    on_answer: Box<dyn FnOnce(Answer, Vec<Blob>)>,
    on_progress: Option<Rc<dyn Fn(Progress)>>,
}

struct Running {
    worker: Worker,
    _listeners: [Listener; 3],
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl std::fmt::Debug for EnginePort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnginePort").field("client", &self.0.client).finish_non_exhaustive()
    }
}

impl EnginePort {
    /// Starts a worker. `on_event` says when it is ready and when it is lost.
    pub fn start(program: Program, on_event: impl Fn(PortEvent) + 'static) -> Self {
        let port = Self(Rc::new(Inner {
            program,
            handed: RefCell::new(SmallMap::new()),
            client: RefCell::new(Client::new(build::of_page())),
            worker: RefCell::new(None),
            callbacks: RefCell::new(SmallMap::new()),
            files: RefCell::new(SmallMap::new()),
            on_event: Box::new(on_event),
        }));
        port.launch();
        port
    }

    /// Asks; the question waits until the engine is ready. `on_answer` is called once, unless a newer question in the same
    /// slot supersedes this one: then it is never called.
    pub fn ask(&self, slot: Slot, request: Request, on_answer: impl FnOnce(Answer) + 'static) -> RequestId {
        let on_answer = Box::new(|answer, _| on_answer(answer));
        self.send(slot, request, Vec::new(), Callbacks { on_answer, on_progress: None })
    }

    /// Asks for something that takes long, or that hands blobs over.
    pub fn ask_long(
        &self,
        slot: Slot,
        request: Request,
        on_progress: impl Fn(Progress) + 'static,
        on_answer: impl FnOnce(Answer, Vec<Blob>) + 'static,
    ) -> RequestId {
        let callbacks = Callbacks { on_answer: Box::new(on_answer), on_progress: Some(Rc::new(on_progress)) };
        self.send(slot, request, Vec::new(), callbacks)
    }

    /// Opens sources. `files` are those that the request names by number.
    pub fn open(
        &self,
        mut request: OpenRequest,
        files: Vec<File>,
        on_progress: impl Fn(Progress) + 'static,
        on_answer: impl FnOnce(Answer) + 'static,
    ) -> RequestId {
        marks::clear();
        marks::mark(marks::OPEN);
        for source in &mut request.sources {
            // The worker's own address is not the page's.
            if let Origin::Url(address) = &mut source.origin {
                *address = location::resolve(address);
            }
        }
        let on_answer = Box::new(|answer, _| {
            if matches!(answer, Answer::Reply(Reply::Opened(_))) {
                marks::mark(marks::DECODED);
            }
            on_answer(answer);
        });
        let callbacks = Callbacks { on_answer, on_progress: Some(Rc::new(on_progress)) };
        self.send(Slot::Open, Request::Open(request), files, callbacks)
    }

    /// Gives up on a question. It is still answered: with [`Answer::Cancelled`], or with what was under way already.
    pub fn cancel(&self, id: RequestId) {
        self.0.client.borrow_mut().cancel(id);
        self.0.flush();
        self.deliver_soon();
    }

    /// Names the data set that later questions are about.
    pub fn set_epoch(&self, epoch: Epoch) {
        self.0.client.borrow_mut().set_epoch(epoch);
    }

    /// Starts a new worker in place of the old one, without data and with epoch 0.
    pub fn restart(&self) {
        *self.0.worker.borrow_mut() = None;
        self.0.client.borrow_mut().restart();
        self.launch();
        self.deliver_soon();
    }

    fn send(&self, slot: Slot, request: Request, files: Vec<File>, callbacks: Callbacks) -> RequestId {
        let id = self.0.client.borrow_mut().ask(slot, request);
        self.0.callbacks.borrow_mut().insert(id, callbacks);
        if !files.is_empty() {
            self.0.files.borrow_mut().insert(id, files);
        }
        self.0.flush();
        self.deliver_soon();
        id
    }

    fn launch(&self) {
        match launch(self.0.program, &Rc::downgrade(&self.0)) {
            Ok(running) => *self.0.worker.borrow_mut() = Some(running),
            Err(error) => {
                self.0.client.borrow_mut().died(&format!("the worker did not start: {}", words_from_error(&error)));
                self.deliver_soon();
            }
        }
    }

    fn deliver_soon(&self) {
        let inner = Rc::downgrade(&self.0);
        spawn_local(async move {
            if let Some(inner) = inner.upgrade() {
                inner.deliver();
            }
        });
    }
}

fn launch(program: Program, inner: &Weak<Inner>) -> Result<Running, JsValue> {
    let worker = if let Some(worker) = started_early(program) {
        worker
    } else {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(program.name());
        Worker::new_with_options(&build::worker_address(program.name()), &options)?
    };
    let (heard, failed, garbled) = (Weak::clone(inner), Weak::clone(inner), Weak::clone(inner));
    let listeners = [
        Listener::new(&worker, "message", Passive::Yes, move |event: MessageEvent| {
            if let Some(inner) = heard.upgrade() {
                inner.hear(&event.data());
            }
        }),
        // A script that cannot be loaded raises an event without a message.
        Listener::new(&worker, "error", Passive::Yes, move |event: DomEvent| {
            if let Some(inner) = failed.upgrade() {
                let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|message| !message.is_empty());
                inner.lose(&message.unwrap_or_else(|| "its script could not be loaded".to_owned()));
            }
        }),
        Listener::new(&worker, "messageerror", Passive::Yes, move |_: DomEvent| {
            if let Some(inner) = garbled.upgrade() {
                inner.lose("a message of the worker could not be read");
            }
        }),
    ];
    Ok(Running { worker, _listeners: listeners })
}

/// The engine that `public/boot.js` started while the page was loading, the first time that one is wanted. What it has said by
/// then it says again, once whoever asked for it has returned.
fn started_early(program: Program) -> Option<Worker> {
    if program != Program::Engine {
        return None;
    }
    let take: Function = Reflect::get(&js_sys::global(), &JsValue::from_str("takeEngine")).ok()?.dyn_into().ok()?;
    take.call0(&JsValue::UNDEFINED).ok()?.dyn_into().ok()
}

impl Inner {
    fn hear(&self, data: &JsValue) {
        // Bare bytes where nothing comes along: so wrote, and write, workers of any build.
        let parts = if Array::is_array(data) { Array::from(data) } else { Array::of1(data) };
        let bytes = Uint8Array::new(&parts.get(0)).to_vec();
        match decode_from_worker(&bytes) {
            Ok(message) => {
                // What comes ahead with progress comes before what comes with the answer.
                if let FromWorker::Answer { id, .. } | FromWorker::Progress { id, .. } = &message
                    && parts.length() > 1
                    && self.callbacks.borrow().get(id).is_some()
                {
                    let mut handed = self.handed.borrow_mut();
                    let mut blobs = handed.remove(id).unwrap_or_default();
                    blobs.extend(parts.iter().skip(1).map(JsValue::unchecked_into::<Blob>));
                    handed.insert(*id, blobs);
                }
                self.client.borrow_mut().receive(message);
            }
            Err(garbled) => self.client.borrow_mut().died(&garbled.to_string()),
        }
        self.flush();
        self.deliver();
    }

    fn lose(&self, why: &str) {
        self.client.borrow_mut().died(why);
        self.deliver();
    }

    /// Sends what may be sent.
    fn flush(&self) {
        loop {
            let Some(message) = self.client.borrow_mut().next_message() else {
                return;
            };
            let files = match &message {
                ToWorker::Request { id, .. } => self.files.borrow_mut().remove(id).unwrap_or_default(),
                ToWorker::Cancel { .. } => Vec::new(),
            };
            let posted = self.worker.borrow().as_ref().map(|running| post(&running.worker, &message, &files));
            if let Some(Err(error)) = posted {
                self.client.borrow_mut().died(&format!("a message could not be sent: {}", words_from_error(&error)));
            }
        }
    }

    /// Calls back whoever something happened for. Nothing is borrowed while a callback runs, since it may ask again.
    fn deliver(&self) {
        loop {
            let Some(event) = self.client.borrow_mut().next_event() else {
                return;
            };
            match event {
                Event::Ready => {
                    storage::remove_for_tab(RELOADED);
                    (self.on_event)(PortEvent::Ready);
                }
                Event::Mismatch { theirs } => self.mismatch(&theirs),
                Event::Crashed(failure) => {
                    *self.worker.borrow_mut() = None;
                    (self.on_event)(PortEvent::Crashed(failure));
                }
                Event::Dropped { id } => {
                    self.files.borrow_mut().remove(&id);
                    self.handed.borrow_mut().remove(&id);
                    self.callbacks.borrow_mut().remove(&id);
                }
                Event::Answer { id, answer } => {
                    self.files.borrow_mut().remove(&id);
                    let blobs = self.handed.borrow_mut().remove(&id).unwrap_or_default();
                    let callbacks = self.callbacks.borrow_mut().remove(&id);
                    if let Some(callbacks) = callbacks {
                        (callbacks.on_answer)(answer, blobs);
                    }
                }
                Event::Progress { id, progress } => {
                    let on_progress = self.callbacks.borrow().get(&id).and_then(|callbacks| callbacks.on_progress.clone());
                    if let Some(on_progress) = on_progress {
                        on_progress(progress);
                    }
                }
            }
        }
    }

    /// A cache has mixed two builds: loading anew mends that, unless it has been tried.
    fn mismatch(&self, theirs: &str) {
        *self.worker.borrow_mut() = None;
        if storage::get_for_tab(RELOADED).as_deref() != Some(theirs) && storage::set_for_tab(RELOADED, theirs) {
            location::reload();
            return;
        }
        (self.on_event)(PortEvent::Mismatch);
    }
}

/// Posts a message as `[bytes, file, file, …]`; the bytes are moved, not copied.
fn post(worker: &Worker, message: &ToWorker, files: &[File]) -> Result<(), JsValue> {
    let buffer = Uint8Array::from(encode_to_worker(message).as_slice()).buffer();
    let parts = Array::of1(&buffer);
    for file in files {
        parts.push(file);
    }
    worker.post_message_with_transfer(&parts, &Array::of1(&buffer))
}

//! The worker's surroundings: hears the page, reads what jobs wait for, and keeps turns short.
//!
//! Between two turns the worker goes back to its event loop through a message to itself, which unlike a timeout is not
//! held back: so a cancel that the page sends is heard before the next 8 ms of work.

use std::cell::{Cell, RefCell};
use std::panic;
use std::rc::Rc;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, File, MessageChannel, MessageEvent, MessagePort, PromiseRejectionEvent};

use super::event::{Listener, Passive};
use super::helpers::{self, Helpers};
use super::sources::Reader;
use super::{build, log, marks, words_from_error};
use crate::base::SmallMap;
use crate::link::{Handler, Help, Input, Output, Server, decode_to_worker, encode_from_worker};
use crate::protocol::{FromWorker, OpenStage, Origin, Request, RequestId, ToWorker};

/// Between two turns of a rehearsal: the page comes first, and so does the browser's compiler.
const REHEARSAL_PAUSE_MILLIS: u32 = 24;
/// Before the first: by then the page stands.
const REHEARSAL_DELAY_MILLIS: u32 = 600;

/// Serves the page with `handler` until the worker is ended. False where this is no worker.
pub fn serve<H: Handler + 'static>(handler: H) -> bool {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        return false;
    };
    report_panics(&scope);
    let Ok(channel) = MessageChannel::new() else {
        return false;
    };
    let host = Rc::new(Host {
        server: RefCell::new(Server::new(handler)),
        wake: channel.port2(),
        awake: Cell::new(false),
        files: RefCell::new(SmallMap::new()),
        readers: RefCell::new(SmallMap::new()),
        helpers: RefCell::new(SmallMap::new()),
        scope: scope.clone(),
        heard: Cell::new(false),
    });

    let (hearing, turning) = (Rc::clone(&host), Rc::clone(&host));
    let listeners = Listeners {
        _message: Listener::new(&scope, "message", Passive::Yes, move |event: MessageEvent| hearing.hear(&event.data())),
        // What goes wrong in a callback of a promise does not reach the page by itself.
        _rejection: Listener::new(&scope, "unhandledrejection", Passive::Yes, {
            let scope = scope.clone();
            move |event: PromiseRejectionEvent| crash(&scope, words_from_error(&event.reason()))
        }),
        turn: Closure::new(move |_: MessageEvent| turning.turn()),
    };
    channel.port1().set_onmessage(Some(listeners.turn.as_ref().unchecked_ref()));
    LISTENERS.set(Some(listeners));

    post(&scope, &FromWorker::Ready { build: build::of_worker() }, &[]);
    host.rehearse();
    true
}

thread_local! {
    /// Kept for as long as the worker lives.
    static LISTENERS: RefCell<Option<Listeners>> = const { RefCell::new(None) };
}

struct Listeners {
    _message: Listener,
    _rejection: Listener,
    turn: Closure<dyn FnMut(MessageEvent)>,
}

struct Host<H: Handler> {
    server: RefCell<Server<H>>,
    wake: MessagePort,
    /// A turn has been asked for.
    awake: Cell<bool>,
    /// The files that came along with a request.
    files: RefCell<SmallMap<RequestId, Vec<File>>>,
    /// What each request is reading now.
    readers: RefCell<SmallMap<RequestId, (u32, Rc<Reader>)>>,
    /// Who helps with each request.
    helpers: RefCell<SmallMap<RequestId, Rc<Helpers>>>,
    scope: DedicatedWorkerGlobalScope,
    /// The page has asked for something.
    heard: Cell<bool>,
}

impl<H: Handler + 'static> Host<H> {
    /// A message is `[bytes, file, file, …]`; to a helper, a slice.
    fn hear(self: &Rc<Self>, data: &JsValue) {
        self.heard.set(true);
        if H::SHARES
            && let Some((number, start, bytes)) = helpers::slice_from_message(data)
        {
            let read = H::read_slice(start, &bytes);
            let send = |parts: &JsValue, moved: &JsValue| self.scope.post_message_with_transfer(parts, moved);
            // Who asked may be gone.
            let _unsent = helpers::post(number, start, &read, send);
            return;
        }
        let parts = Array::from(data);
        let bytes = Uint8Array::new(&parts.get(0)).to_vec();
        let message = match decode_to_worker(&bytes) {
            Ok(message) => message,
            Err(garbled) => {
                log::line(garbled.to_string());
                return;
            }
        };
        log_message(&message);
        if matches!(message, ToWorker::Request { request: Request::Open(_), .. }) {
            self.mark(marks::OPEN);
        }
        if let ToWorker::Request { id, .. } = &message
            && parts.length() > 1
        {
            let files = parts.iter().skip(1).map(JsValue::unchecked_into).collect();
            self.files.borrow_mut().insert(*id, files);
        }
        self.server.borrow_mut().receive(message);
        self.drain();
        self.ask_for_turn();
    }

    /// Lets the handler rehearse for as long as the page has not asked for anything.
    fn rehearse(self: &Rc<Self>) {
        let host = Rc::clone(self);
        spawn_local(async move {
            if H::REHEARSAL_TURNS != 0 {
                rest(&host.scope, REHEARSAL_DELAY_MILLIS).await;
            }
            for turn in 0..H::REHEARSAL_TURNS {
                rest(&host.scope, REHEARSAL_PAUSE_MILLIS).await;
                if host.heard.get() {
                    return;
                }
                H::rehearse(turn);
            }
        });
    }

    fn turn(self: &Rc<Self>) {
        self.awake.set(false);
        let more = self.server.borrow_mut().run(&js_now_millis);
        self.drain();
        if more {
            self.ask_for_turn();
        }
    }

    fn ask_for_turn(&self) {
        if !self.awake.replace(true) {
            // Posting nothing to a port of our own does not throw.
            let _unthrown = self.wake.post_message(&JsValue::NULL);
        }
    }

    fn drain(self: &Rc<Self>) {
        loop {
            let Some(output) = self.server.borrow_mut().next_output() else {
                return;
            };
            match output {
                Output::Post(message) => {
                    match &message {
                        FromWorker::Answer { id, .. } if self.files.borrow_mut().remove(id).is_some() => {
                            self.mark(marks::DECODED);
                        }
                        FromWorker::Progress { progress, .. } if progress.stage == OpenStage::Linking => {
                            self.mark(marks::LINKING);
                        }
                        _ => {}
                    }
                    post(&self.scope, &message, &[]);
                }
                Output::Hand(message, blobs) => {
                    let blobs: Vec<Blob> = blobs.iter().filter_map(|bytes| blob(bytes)).collect();
                    post(&self.scope, &message, &blobs);
                }
                Output::Read { id, source, origin } => {
                    self.mark(marks::WAITING);
                    self.read(id, source, || match &origin {
                        Origin::File(at) => Reader::of_file(self.file(id, *at)),
                        Origin::Url(address) => Reader::of_address(address.clone()),
                        Origin::Text(text) => Reader::of_text(text.clone()),
                    });
                }
                Output::Call { id, number, call } if H::CALLS => self.read(id, number, || Reader::of_call(call)),
                Output::Sleep { id, millis } if H::CALLS => self.sleep(id, millis),
                Output::Help { id, help } if H::SHARES => self.help(id, help),
                Output::Call { .. } | Output::Sleep { .. } | Output::Help { .. } => {}
                Output::Stop { id } => {
                    if H::SHARES {
                        self.helpers.borrow_mut().remove(&id);
                    }
                    if let Some((_, reader)) = self.readers.borrow_mut().remove(&id) {
                        reader.stop();
                    }
                }
            }
        }
    }

    fn help(self: &Rc<Self>, id: RequestId, help: Help) {
        match help {
            Help::Wanted => {
                let host = Rc::downgrade(self);
                let helpers = Helpers::start(&self.scope, move |input| {
                    if let Some(host) = host.upgrade() {
                        host.server.borrow_mut().input(id, input);
                        host.ask_for_turn();
                    }
                });
                self.helpers.borrow_mut().insert(id, helpers);
            }
            Help::Slice { number, start, bytes } => {
                let helpers = self.helpers.borrow().get(&id).cloned();
                match helpers {
                    Some(helpers) => helpers.give(number, start, &bytes),
                    None => self.server.borrow_mut().input(id, Input::SliceRead { number, read: Vec::new() }),
                }
            }
            Help::Over => {
                self.helpers.borrow_mut().remove(&id);
            }
        }
    }

    fn read(self: &Rc<Self>, id: RequestId, source: u32, open: impl FnOnce() -> Reader) {
        let same = self.readers.borrow().get(&id).filter(|(of, _)| *of == source).map(|(_, reader)| Rc::clone(reader));
        let reader = same.unwrap_or_else(|| {
            let reader = Rc::new(open());
            if let Some((_, left)) = self.readers.borrow_mut().insert(id, (source, Rc::clone(&reader))) {
                // A job may leave a source before its end, where nothing more can come of it.
                left.stop();
            }
            reader
        });
        let host = Rc::clone(self);
        spawn_local(async move {
            let inputs = reader.next().await;
            host.mark(marks::BYTES);
            for input in inputs {
                host.server.borrow_mut().input(id, input);
            }
            host.drain();
            host.ask_for_turn();
        });
    }

    fn sleep(self: &Rc<Self>, id: RequestId, millis: u32) {
        let host = Rc::clone(self);
        spawn_local(async move {
            rest(&host.scope, millis).await;
            host.server.borrow_mut().input(id, Input::Awake);
            host.drain();
            host.ask_for_turn();
        });
    }

    /// Sets a User Timing mark, by which measurements tell the stages of an import apart. The first forgets those of the one before.
    fn mark(&self, name: &str) {
        if !H::CALLS
            && let Some(performance) = self.scope.performance()
        {
            if name == marks::OPEN {
                performance.clear_marks();
            }
            // Throws only for names that the browser reserves.
            let _unthrown = performance.mark(name);
        }
    }

    fn file(&self, id: RequestId, at: u32) -> Option<File> {
        let files = self.files.borrow();
        files.get(&id).and_then(|files| files.get(usize::try_from(at).ok()?)).cloned()
    }
}

/// Waits.
async fn rest(scope: &DedicatedWorkerGlobalScope, millis: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        // Refused only to a worker that is ending.
        let _unset =
            scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, i32::try_from(millis).unwrap_or(i32::MAX));
    });
    _ = JsFuture::from(promise).await;
}

/// A panic says its last words to the page and ends the worker.
fn report_panics(scope: &DedicatedWorkerGlobalScope) {
    thread_local! {
        static SCOPE: RefCell<Option<DedicatedWorkerGlobalScope>> = const { RefCell::new(None) };
    }
    SCOPE.set(Some(scope.clone()));
    panic::set_hook(Box::new(|info| {
        let scope = SCOPE.with(|scope| scope.try_borrow().ok().and_then(|scope| scope.clone()));
        if let Some(scope) = scope {
            crash(&scope, info.to_string());
        }
    }));
}

fn crash(scope: &DedicatedWorkerGlobalScope, message: String) {
    post(scope, &FromWorker::Crashed { message, log: log::lines() }, &[]);
}

/// Bytes that the page passes on without ever holding them itself.
fn blob(bytes: &[u8]) -> Option<Blob> {
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).ok()
}

/// Posts a message as its bytes, or as `[bytes, blob, blob, …]`; the bytes are moved, not copied.
fn post(scope: &DedicatedWorkerGlobalScope, message: &FromWorker, blobs: &[Blob]) {
    let buffer = Uint8Array::from(encode_from_worker(message).as_slice()).buffer();
    let parts = Array::of1(&buffer);
    for blob in blobs {
        parts.push(blob);
    }
    let message = if blobs.is_empty() { buffer.as_ref() } else { parts.as_ref() };
    if let Err(error) = scope.post_message_with_transfer(message, &Array::of1(&buffer)) {
        log::line(format!("a message could not be sent: {}", words_from_error(&error)));
    }
}

/// What was asked, without what was asked about: crash reports are passed on.
fn log_message(message: &ToWorker) {
    let (id, what) = match message {
        ToWorker::Cancel { id } => (id, "cancel"),
        ToWorker::Request { id, request, .. } => (
            id,
            match request {
                Request::Open(_) => "open",
                Request::Close => "close",
                Request::Report => "report",
                Request::Traces(_) => "traces",
                Request::Scatter(_) => "scatter",
                Request::Trace { .. } => "trace",
                Request::Rows(_) => "rows",
                Request::Minimap(_) => "minimap",
                Request::Locate(_) => "locate",
                Request::Step(_) => "step",
                Request::Span { .. } => "span",
                Request::Text(_) => "text",
                Request::Map(_) => "map",
                Request::MapDetail(_) => "map detail",
                Request::Latency(_) => "latency",
                Request::Red(_) => "operations",
                Request::Critical(_) => "critical path",
                Request::Flame(_) => "flame graph",
                Request::Table(_) => "span table",
                Request::Legend(_) => "legend",
                Request::Keys(_) => "attribute keys",
                Request::PreviewExport(_) => "preview of an export",
                Request::Export(_) => "export",
                Request::Found(_) => "found traces",
                Request::Connect(_) => "connect",
                Request::Search(_) => "search",
                Request::FetchTrace(_) => "fetch trace",
                Request::Columns(_) => "columns",
                Request::Values(_) => "values",
                Request::OnServer(_) => "figures of a server",
                Request::Crash => "crash",
                Request::Logs(_) => "logs",
                Request::Query(_) => "query",
                Request::Rewrite(_) => "rewritten query",
                Request::Facets(_) => "facets",
                Request::Series(_) => "series",
                Request::Resolve(_) => "resolve",
            },
        ),
    };
    log::line(format!("{id} {what}"));
}

fn js_now_millis() -> f64 {
    // Whole milliseconds that may jump when the clock is set would do for turns, but the finer clock is there.
    thread_local! {
        static PERFORMANCE: Option<web_sys::Performance> = js_sys::global()
            .dyn_into::<DedicatedWorkerGlobalScope>()
            .ok()
            .and_then(|scope| scope.performance());
    }
    PERFORMANCE.with(|performance| performance.as_ref().map_or_else(js_sys::Date::now, web_sys::Performance::now))
}

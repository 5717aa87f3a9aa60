//! Reading the bytes of a source in the worker, piece by piece: a file, an address, a text.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use gloo_net::http;
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, AbortSignal, File, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials,
    RequestMode, RequestRedirect,
};

use super::files::bytes_from_size;
use super::words_from_error;
use crate::link::{CallMode, Head, HttpCall, Input, Method, SourceError};
use crate::protocol::{Failure, FailureCode, Secret};

/// Bytes per piece of a file: large enough that asking costs nothing, small enough that two of them weigh nothing.
const SLICE_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

/// Bytes of each of the two buffers that a file is read through, over and over: memory that was used before costs nothing, while
/// the first use of a new page of it costs more than the reading.
const BUFFER_BYTES: u32 = 1 << 20;

/// Reads one source.
pub(super) struct Reader {
    /// What comes next; taken out while it is being awaited.
    state: RefCell<State>,
    stopped: Cell<bool>,
    /// Tells the network that nothing more is wanted.
    abort: Option<AbortController>,
}

enum State {
    File {
        file: File,
        at: f64,
        /// The piece at `at`, asked for while the one before it was being decoded.
        ahead: Option<Promise>,
    },
    /// A file whose browser fills buffers of ours.
    Buffered(Buffered),
    Address(String),
    Call(Box<HttpCall>),
    Answer(ReadableStreamDefaultReader),
    Stream(ReadableStreamDefaultReader),
    Text(String),
    Broken(SourceError),
    /// Nothing more comes.
    Over,
}

impl Reader {
    pub(super) fn of_file(file: Option<File>) -> Self {
        Self::new(match file {
            None => State::Broken(no_file()),
            Some(file) => match Buffered::open(&file) {
                Some(buffered) => State::Buffered(buffered),
                None => State::File { file, at: 0.0, ahead: None },
            },
        })
    }

    pub(super) fn of_address(address: String) -> Self {
        Self::new(State::Address(address))
    }

    pub(super) fn of_call(call: Box<HttpCall>) -> Self {
        Self::new(State::Call(call))
    }

    pub(super) fn of_text(text: String) -> Self {
        Self::new(State::Text(text))
    }

    fn new(state: State) -> Self {
        Self { state: RefCell::new(state), stopped: Cell::new(false), abort: AbortController::new().ok() }
    }

    /// Reads no more.
    pub(super) fn stop(&self) {
        self.stopped.set(true);
        if let Some(abort) = &self.abort {
            abort.abort();
        }
    }

    /// What comes next; nothing after [`Reader::stop`]. One call at a time.
    pub(super) async fn next(&self) -> Vec<Input> {
        let signal = self.abort.as_ref().map(AbortController::signal);
        let (state, inputs) = match self.state.replace(State::Over) {
            State::File { file, at, ahead } => read_file(file, at, ahead).await,
            State::Buffered(buffered) => buffered.read().await,
            State::Address(address) => fetch(&address, signal.as_ref()).await,
            State::Stream(reader) => read_stream(reader, Vec::new()).await,
            State::Call(call) => self::call(&call, signal.as_ref()).await,
            State::Answer(reader) => read_answer(reader, Vec::new()).await,
            State::Text(text) => (State::Over, vec![Input::Bytes(text.into_bytes())]),
            State::Broken(error) => (State::Over, vec![Input::Broken(error)]),
            State::Over => (State::Over, vec![Input::End]),
        };
        if self.stopped.get() {
            return Vec::new();
        }
        self.state.replace(state);
        inputs
    }
}

/// A stream of bytes into buffers of ours, two of which are under way at a time.
struct Buffered {
    reader: JsValue,
    read: Function,
    ahead: VecDeque<Promise>,
    at: f64,
    size: f64,
}

impl Buffered {
    /// `None` where the browser's files cannot be read that way.
    fn open(file: &File) -> Option<Self> {
        let property = |of: &JsValue, name| Reflect::get(of, &JsValue::from_str(name)).ok();
        let method = |of: &JsValue, name| property(of, name)?.dyn_into::<Function>().ok();
        let stream = method(file, "stream")?.call0(file).ok()?;
        let options = Object::new();
        Reflect::set(&options, &JsValue::from_str("mode"), &JsValue::from_str("byob")).ok()?;
        let reader = method(&stream, "getReader")?.call1(&stream, &options).ok()?;
        let read = method(&reader, "read")?;
        let mut new = Self { reader, read, ahead: VecDeque::new(), at: 0.0, size: file.size() };
        for _ in 0..2 {
            new.ask(&Uint8Array::new_with_length(BUFFER_BYTES))?;
        }
        Some(new)
    }

    fn ask(&mut self, buffer: &Uint8Array) -> Option<()> {
        self.ahead.push_back(self.read.call1(&self.reader, buffer).ok()?.unchecked_into());
        Some(())
    }

    async fn read(mut self) -> (State, Vec<Input>) {
        let (at, size) = (self.at, self.size);
        let broken = |error: &JsValue| (State::Over, vec![Input::Broken(unreadable_file(error, at, size))]);
        let Some(ahead) = self.ahead.pop_front() else { return (State::Over, vec![Input::End]) };
        let read = match JsFuture::from(ahead).await {
            Ok(read) => read,
            Err(error) => return broken(&error),
        };
        let Some(bytes) = value_of(&read).filter(|bytes| bytes.length() != 0) else {
            if at < size {
                return broken(&JsValue::from_str("it has become shorter"));
            }
            return (State::Over, vec![Input::End]);
        };
        let piece = bytes.to_vec();
        self.at += f64::from(bytes.length());
        if self.ask(&Uint8Array::new(&bytes.buffer())).is_none() {
            return broken(&JsValue::from_str("its stream has closed"));
        }
        (State::Buffered(self), vec![Input::Bytes(piece)])
    }
}

/// What a reader of a stream has read; `None` at the end.
fn value_of(read: &JsValue) -> Option<Uint8Array> {
    Reflect::get(read, &JsValue::from_str("value")).ok().and_then(|value| value.dyn_into().ok())
}

async fn read_file(file: File, at: f64, ahead: Option<Promise>) -> (State, Vec<Input>) {
    let size = file.size();
    let Some(piece) = ahead.or_else(|| slice(&file, at, size)) else {
        return (State::Over, vec![Input::End]);
    };
    let bytes = match JsFuture::from(piece).await {
        Ok(buffer) => Uint8Array::new(&buffer),
        Err(error) => return (State::Over, vec![Input::Broken(unreadable_file(&error, at, size))]),
    };
    let at = at + f64::from(bytes.length());
    if bytes.length() == 0 {
        return (State::Over, vec![Input::Broken(unreadable_file(&JsValue::from_str("it has become shorter"), at, size))]);
    }
    let ahead = slice(&file, at, size);
    (State::File { file, at, ahead }, vec![Input::Bytes(bytes.to_vec())])
}

/// Asks for the piece at `at`; `None` at the end.
fn slice(file: &File, at: f64, size: f64) -> Option<Promise> {
    if at >= size {
        return None;
    }
    let end = (at + SLICE_BYTES).min(size);
    file.slice_with_f64_and_f64(at, end).ok().map(|piece| piece.array_buffer())
}

async fn fetch(address: &str, signal: Option<&AbortSignal>) -> (State, Vec<Input>) {
    let broken = |error| (State::Over, vec![Input::Broken(error)]);
    let response = match http::Request::get(address).abort_signal(signal).send().await {
        Ok(response) => response,
        Err(error) => return broken(unreachable(address, &error.to_string())),
    };
    if !response.ok() {
        return broken(refused(address, response.status(), &response.status_text()));
    }
    let Some(reader) = response.body().map(|body| body.get_reader()) else {
        return (State::Over, vec![Input::End]);
    };
    // Where the transport compressed the body, the length is not that of the bytes that come.
    let headers = response.headers();
    let length = headers.get("content-length").filter(|_| headers.get("content-encoding").is_none());
    let size = length.and_then(|length| length.parse().ok()).map(Input::Size);
    read_stream(reader.unchecked_into(), size.into_iter().collect()).await
}

/// Without cookies, which would win over the header; without a redirect, which could lead anywhere.
async fn call(call: &HttpCall, signal: Option<&AbortSignal>) -> (State, Vec<Input>) {
    let over = |why: String| (State::Over, vec![Input::NoAnswer(why)]);
    let mut request = match call.method {
        Method::Get => http::Request::get(&call.url),
        Method::Post => http::Request::post(&call.url),
    };
    request = request
        .credentials(RequestCredentials::Omit)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .cache(RequestCache::NoStore)
        .abort_signal(signal);
    request = match call.mode {
        CallMode::Readable => request.redirect(RequestRedirect::Error),
        // The standard allows nothing but following here; nothing of the answer is read, and no secret is sent.
        CallMode::Opaque => request.mode(RequestMode::NoCors),
    };
    if let Some(Secret(authorization)) = &call.authorization {
        request = request.header("authorization", authorization);
    }
    let request = match &call.body {
        None => request.build(),
        Some(body) => request.header("content-type", "application/json").body(body.as_str()),
    };
    let response = match request {
        Ok(request) => request.send().await,
        Err(error) => Err(error),
    };
    let response = match response {
        Ok(response) => response,
        Err(error) => return over(error.to_string()),
    };
    let headers = response.headers();
    let head = Head {
        status: response.status(),
        content_type: headers.get("content-type").unwrap_or_default(),
        retry_after_seconds: headers.get("retry-after").and_then(|seconds| seconds.trim().parse().ok()),
    };
    let inputs = vec![Input::Head(head)];
    match response.body() {
        None => (State::Over, inputs.into_iter().chain([Input::End]).collect()),
        Some(body) => read_answer(body.get_reader().unchecked_into(), inputs).await,
    }
}

async fn read_answer(reader: ReadableStreamDefaultReader, inputs: Vec<Input>) -> (State, Vec<Input>) {
    let (state, mut inputs) = read_stream(reader, inputs).await;
    // To a call, an answer that breaks off is one that did not come.
    if let Some(Input::Broken(error)) = inputs.last() {
        let why = error.detail.clone();
        inputs.pop();
        inputs.push(Input::NoAnswer(why));
    }
    let state = match state {
        State::Stream(reader) => State::Answer(reader),
        state => state,
    };
    (state, inputs)
}

async fn read_stream(reader: ReadableStreamDefaultReader, mut inputs: Vec<Input>) -> (State, Vec<Input>) {
    let read = match JsFuture::from(reader.read()).await {
        Ok(read) => read,
        Err(error) => {
            inputs.push(Input::Broken(cut_short(&error)));
            return (State::Over, inputs);
        }
    };
    let Some(bytes) = value_of(&read) else {
        inputs.push(Input::End);
        return (State::Over, inputs);
    };
    inputs.push(Input::Bytes(bytes.to_vec()));
    (State::Stream(reader), inputs)
}

#[cold]
fn no_file() -> SourceError {
    unreadable("The file did not reach the engine.", String::new(), "Open it again.")
}

#[cold]
fn unreadable_file(error: &JsValue, at: f64, size: f64) -> SourceError {
    let detail = format!(
        "expected {} bytes, but reading ended at byte {}: {}",
        bytes_from_size(size),
        bytes_from_size(at),
        words_from_error(error)
    );
    unreadable(
        "The file could not be read to its end.",
        detail,
        "It may have been changed, moved or deleted meanwhile, or its drive is gone: open it again.",
    )
}

#[cold]
fn unreachable(address: &str, error: &str) -> SourceError {
    unreadable(
        "The address could not be reached.",
        format!("{error}, at {address}"),
        "Either nothing answers there, or its server does not let this page read it (it must send \
            Access-Control-Allow-Origin). Download the file and drop it here instead.",
    )
}

#[cold]
fn refused(address: &str, status: u16, text: &str) -> SourceError {
    let remedy = match status {
        401 | 403 => "It wants permission that this page does not have. Download the file and drop it here instead.",
        404 | 410 => "Check the address: nothing is there.",
        _ => "Try again later, or download the file and drop it here instead.",
    };
    unreadable("The server refused.", format!("expected a file, but found HTTP status {status} {text}, at {address}"), remedy)
}

#[cold]
fn cut_short(error: &JsValue) -> SourceError {
    unreadable(
        "The download was cut short.",
        words_from_error(error),
        "Try again, or download the file and drop it here instead.",
    )
}

#[cold]
fn unreadable(headline: &str, detail: String, remedy: &str) -> SourceError {
    Failure { code: FailureCode::Unreadable, headline: headline.to_owned(), detail, remedy: remedy.to_owned() }
}

//! Runs in a real browser: the worker's port against workers that are made up, and what the page needs of its surroundings.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should say so")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use spanwise::browser::engine_port::Program;
use spanwise::browser::event::{Listener, Passive};
use spanwise::browser::frame::{self, Repaint};
use spanwise::browser::theme::{self, Theme};
use spanwise::browser::{EnginePort, PortEvent, build, document, files, location, marks, storage, window};
use spanwise::link::Slot;
use spanwise::protocol::{Answer, FailureCode, OpenMode, Origin, Reply, Request};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, BlobPropertyBag, Event, File, Url};

wasm_bindgen_test_configure!(run_in_browser);

async fn sleep(millis: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        window().unwrap().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis).unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

/// Waits until something is so, for two seconds at most.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..200 {
        if what() {
            return;
        }
        sleep(10).await;
    }
    assert!(what(), "it never came to be");
}

/// Has the page take a script for its engine, or the usual address for `None`.
fn set_engine(script: Option<&str>) {
    let document = document().unwrap();
    let meta = document.query_selector("meta[name=spanwise-engine]").unwrap().unwrap_or_else(|| {
        let meta = document.create_element("meta").unwrap();
        meta.set_attribute("name", "spanwise-engine").unwrap();
        document.head().unwrap().append_child(&meta).unwrap();
        meta
    });
    let address = script.map(|script| {
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&script.into()), &options).unwrap();
        Url::create_object_url_with_blob(&blob).unwrap()
    });
    meta.set_attribute("content", address.as_deref().unwrap_or("")).unwrap();
}

/// A worker of some build that answers every request after a while, unless it is cancelled before.
fn answering(build: &str) -> String {
    format!(
        r#"
        const build = new TextEncoder().encode("{build}");
        postMessage(Uint8Array.of(0, build.length, ...build).buffer);
        const late = new Map();
        onmessage = ({{ data: [buffer, ...files] }}) => {{
            const [what, id] = new Uint8Array(buffer);
            const answer = (...answer) => postMessage(Uint8Array.of(1, id, ...answer).buffer);
            if (what === 0) late.set(id, setTimeout(() => answer(0, 2), 50));
            if (what === 1 && late.has(id)) {{ clearTimeout(late.get(id)); answer(2); }}
        }};
        "#
    )
}

/// What became of a port and its questions.
#[derive(Clone, Default)]
struct Heard {
    events: Rc<RefCell<Vec<PortEvent>>>,
    answers: Rc<RefCell<Vec<(&'static str, Answer)>>>,
}

impl Heard {
    fn start(&self) -> EnginePort {
        let events = Rc::clone(&self.events);
        EnginePort::start(Program::Engine, move |event| events.borrow_mut().push(event))
    }

    fn answer(&self, name: &'static str) -> impl FnOnce(Answer) + use<> {
        let answers = Rc::clone(&self.answers);
        move |answer| answers.borrow_mut().push((name, answer))
    }

    fn n_answers(&self) -> usize {
        self.answers.borrow().len()
    }
}

#[wasm_bindgen_test]
async fn questions_wait_for_the_engine_and_are_answered_once() {
    set_engine(Some(&answering(&build::of_page())));
    let heard = Heard::default();
    let port = heard.start();
    port.ask(Slot::Rows, Request::Report, heard.answer("superseded before it left"));
    port.ask(Slot::Rows, Request::Report, heard.answer("rows"));
    port.ask(Slot::Text, Request::Report, heard.answer("text"));
    let cancelled = port.ask(Slot::Text, Request::Report, heard.answer("cancelled"));
    until(|| heard.events.borrow().len() == 1).await;
    assert_eq!(*heard.events.borrow(), [PortEvent::Ready]);
    port.ask(Slot::Span, Request::Report, heard.answer("superseded on its way"));
    port.ask(Slot::Span, Request::Report, heard.answer("span"));
    port.cancel(cancelled);
    assert_eq!(heard.n_answers(), 0, "a callback ran inside a call");
    until(|| heard.n_answers() == 4).await;
    sleep(100).await;
    let mut answers = heard.answers.borrow().clone();
    answers.sort_by_key(|(name, _)| *name);
    let reply = Answer::Reply(Reply::Closed);
    assert_eq!(answers, [("cancelled", Answer::Cancelled), ("rows", reply.clone()), ("span", reply.clone()), ("text", reply)]);
}

#[wasm_bindgen_test]
async fn an_engine_that_cannot_be_loaded_is_a_failure_and_can_be_replaced() {
    set_engine(None);
    let heard = Heard::default();
    let port = heard.start();
    port.ask(Slot::Report, Request::Report, heard.answer("lost"));
    until(|| heard.n_answers() == 1).await;
    assert!(matches!(heard.events.borrow()[0], PortEvent::Crashed(_)));
    let is_crashed = |answer: &Answer| matches!(answer, Answer::Failed(failure) if failure.code == FailureCode::Crashed);
    assert!(is_crashed(&heard.answers.borrow()[0].1));
    port.ask(Slot::Report, Request::Report, heard.answer("asked of the dead"));
    until(|| heard.n_answers() == 2).await;
    assert!(is_crashed(&heard.answers.borrow()[1].1));

    set_engine(Some(&answering(&build::of_page())));
    port.restart();
    port.ask(Slot::Report, Request::Report, heard.answer("alive"));
    until(|| heard.n_answers() == 3).await;
    assert_eq!(heard.answers.borrow()[2], ("alive", Answer::Reply(Reply::Closed)));
}

#[wasm_bindgen_test]
async fn a_panic_reaches_the_page_with_its_last_lines() {
    let words = r#"
        const text = (s) => [s.length, ...new TextEncoder().encode(s)];
        postMessage(Uint8Array.of(0, ...text("BUILD")).buffer);
        onmessage = () => postMessage(Uint8Array.of(3, ...text("boom at here"), 1, ...text("1 rows")).buffer);
    "#;
    set_engine(Some(&words.replace("BUILD", &build::of_page())));
    let heard = Heard::default();
    let port = heard.start();
    port.ask(Slot::Report, Request::Report, heard.answer("lost"));
    until(|| heard.n_answers() == 1).await;
    let events = heard.events.borrow();
    let [PortEvent::Ready, PortEvent::Crashed(failure)] = events.as_slice() else { panic!("{events:?}") };
    assert!(failure.detail.starts_with("boom at here") && failure.detail.ends_with("1 rows"), "{}", failure.detail);
}

#[wasm_bindgen_test]
async fn an_engine_of_another_build_is_told_once_reloading_has_been_tried() {
    // Without this the page would load anew, which would end the tests.
    storage::set_for_tab("spanwise-reloaded", "another");
    set_engine(Some(&answering("another")));
    let heard = Heard::default();
    let port = heard.start();
    port.ask(Slot::Report, Request::Report, heard.answer("foreign"));
    until(|| heard.n_answers() == 1).await;
    assert_eq!(*heard.events.borrow(), [PortEvent::Mismatch]);
    storage::remove_for_tab("spanwise-reloaded");
}

#[wasm_bindgen_test]
async fn work_for_a_frame_happens_once() {
    let painted = Rc::new(Cell::new(0));
    let counter = Rc::clone(&painted);
    let repaint = Repaint::new(move |_| counter.set(counter.get() + 1));
    for _ in 0..5 {
        repaint.request();
    }
    let after = Rc::new(Cell::new(0));
    let (seen, before) = (Rc::clone(&after), Rc::clone(&painted));
    frame::next(move |_| seen.set(before.get()));
    until(|| after.get() != 0).await;
    assert_eq!((painted.get(), after.get()), (1, 1));
    repaint.request();
    until(|| painted.get() == 2).await;
    repaint.request();
    drop(repaint);
    sleep(50).await;
    assert_eq!(painted.get(), 2, "it was painted though nobody holds it");
}

#[wasm_bindgen_test]
fn a_listener_hears_as_long_as_it_lives() {
    let target = document().unwrap();
    let count = Rc::new(Cell::new(0));
    let counter = Rc::clone(&count);
    let listener = Listener::new(&target, "spanwise-test", Passive::Yes, move |_: Event| counter.set(counter.get() + 1));
    target.dispatch_event(&Event::new("spanwise-test").unwrap()).unwrap();
    drop(listener);
    target.dispatch_event(&Event::new("spanwise-test").unwrap()).unwrap();
    assert_eq!(count.get(), 1);
}

#[wasm_bindgen_test]
fn the_address_changes_behind_the_hash_alone() {
    let address = || window().unwrap().location().href().unwrap();
    let before = address();
    let base = before.split('#').next().unwrap().to_owned();
    location::push("#/trace/a%20b?span=1");
    assert_eq!((address(), location::hash().as_str()), (format!("{base}#/trace/a%20b?span=1"), "#/trace/a%20b?span=1"));
    location::replace("/traces");
    assert_eq!(location::hash(), "#/traces");
    location::replace("");
    assert_eq!(address(), base);
    assert!(location::resolve("samples/shop.json").ends_with("/samples/shop.json"));
    assert_eq!(location::resolve("https://example.org/x"), "https://example.org/x");
}

#[wasm_bindgen_test]
fn storage_keeps_and_forgets() {
    assert_eq!(storage::get("spanwise-test"), None);
    assert!(storage::set("spanwise-test", "1"));
    assert_eq!(storage::get("spanwise-test").as_deref(), Some("1"));
    assert_eq!(storage::get_for_tab("spanwise-test"), None);
    storage::remove("spanwise-test");
    assert_eq!(storage::get("spanwise-test"), None);
}

#[wasm_bindgen_test]
fn a_theme_is_chosen_and_remembered() {
    let root = document().unwrap().document_element().unwrap();
    theme::choose(Theme::Dark);
    assert_eq!((theme::chosen(), theme::is_dark()), (Theme::Dark, true));
    assert_eq!(root.get_attribute("data-theme").as_deref(), Some("dark"));
    theme::choose(Theme::System);
    assert_eq!((theme::chosen(), root.get_attribute("data-theme")), (Theme::System, None));
    root.set_attribute("style", "--spanwise-test: 4px").unwrap();
    assert_eq!(theme::token("--spanwise-test").as_deref(), Some("4px"));
    assert_eq!(theme::token("--spanwise-none"), None);
}

#[wasm_bindgen_test]
fn marks_stand_once() {
    let count = |name| window().unwrap().performance().unwrap().get_entries_by_name(name).length();
    marks::mark(marks::OPEN);
    marks::mark(marks::OPEN);
    marks::mark_first(marks::READY);
    marks::mark_first(marks::READY);
    assert_eq!((count(marks::OPEN), count(marks::READY)), (1, 1));
    marks::clear();
    assert_eq!((count(marks::OPEN), count(marks::READY)), (0, 0));
}

#[wasm_bindgen_test]
fn picked_files_become_one_request() {
    let file = |name: &str, text: &str| File::new_with_str_sequence(&js_sys::Array::of1(&JsValue::from_str(text)), name).unwrap();
    let picked = |path: &str, text: &str| files::Picked { path: path.to_owned(), file: file("x", text) };
    let (request, files) = files::request(OpenMode::Add, vec![picked("a/1.json", "12"), picked("a/2.json", "345")]);
    let sources: Vec<_> = request.sources.iter().map(|source| (source.name.as_str(), source.size_bytes)).collect();
    assert_eq!(sources, [("a/1.json", Some(2)), ("a/2.json", Some(3))]);
    assert_eq!(request.sources[1].origin, Origin::File(1));
    assert_eq!(files[1].unchecked_ref::<Blob>().size(), 3.0);
}

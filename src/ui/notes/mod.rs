//! Pins and notes on spans and traces: kept on this device, shown where their spans and traces are, and written along when these are saved.
//!
//! What edits and lists them is in the page's second part.

mod editor;
mod list;

pub use list::first_line;

use std::cell::{Cell, OnceCell};

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlElement};

use crate::browser::event::{Listener, Passive};
use crate::browser::{document, storage, window};
use crate::notes::{Entry, Notebook};
use crate::protocol::ExportNote;
use crate::scene::format;

use super::later;
use super::parts::{Glyph, Icon};
use super::reactive::show;
use super::state::{AppState, Manner};

/// Where they are kept; another form of them would be another key.
const KEY: &str = "spanwise-notes-1";
/// Characters of a note that its mark shows.
const HINT_CHARS: usize = 300;

/// What is marked, or can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The trace's id.
    pub trace_id: String,
    /// The span's id; empty: the trace itself.
    pub span_id: String,
    /// What it is called.
    pub name: String,
}

/// Beside the page's state, which is handed around by value and as large as it may be.
#[derive(Clone, Copy)]
struct State {
    book: RwSignal<Notebook>,
    /// The trace and span whose note is being written.
    editing: RwSignal<Option<(String, String)>>,
}

thread_local! {
    static STATE: OnceCell<State> = const { OnceCell::new() };
    /// The browser keeps what it is told to.
    static IS_KEPT: Cell<bool> = const { Cell::new(true) };
}

/// Reads what is kept. Called in `App`, which is there as long as the page is.
pub fn start() {
    let state = state();
    // Another tab has changed it.
    let listener = window().map(|window| {
        Listener::new(&window, "storage", Passive::Yes, move |_: Event| state.book.set(kept().unwrap_or_default()))
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));
}

fn state() -> State {
    STATE.with(|state| {
        *state.get_or_init(|| State { book: RwSignal::new(kept().unwrap_or_default()), editing: RwSignal::new(None) })
    })
}

fn kept() -> Option<Notebook> {
    storage::get(KEY).map(|text| Notebook::decode(&text))
}

/// What is marked of a span, or of a trace; reactive.
fn entry(subject: &Subject) -> Option<Entry> {
    state().book.with(|book| book.get(&subject.trace_id, &subject.span_id).cloned())
}

/// What is marked in a trace; reactive.
pub fn of_trace(trace_id: &str) -> Vec<Entry> {
    state().book.with(|book| book.of_trace(trace_id).cloned().collect())
}

/// Some of what is marked, the newest first; reactive.
pub fn newest(most: usize) -> Vec<Entry> {
    state().book.with(|book| book.newest().take(most).cloned().collect())
}

/// All of it as it is written along; reactive.
pub fn to_export() -> Vec<ExportNote> {
    let note = |entry: &Entry| ExportNote {
        trace_id: entry.trace_id.clone(),
        span_id: entry.span_id.clone(),
        is_pinned: entry.is_pinned,
        note: entry.note.clone(),
    };
    state().book.with(|book| book.newest().map(note).collect())
}

/// Pins it, or no longer.
pub fn toggle_pin(app: AppState, subject: Subject) {
    let before = untrack(|| entry(&subject)).unwrap_or_default();
    let is_pinned = !before.is_pinned;
    let name = subject.name.clone();
    if change(app, subject, is_pinned, before.note) {
        app.announce(if is_pinned { format!("Pinned: {name}") } else { format!("No longer pinned: {name}") }, Manner::Shown);
    }
}

/// Writes a note on it.
fn write(app: AppState, subject: &Subject, note: String) {
    let is_pinned = untrack(|| entry(subject)).is_some_and(|entry| entry.is_pinned);
    change(app, subject.clone(), is_pinned, note);
}

/// Puts the keyboard into the box for a note on it.
pub fn edit(subject: &Subject) {
    state().editing.set(Some((subject.trace_id.clone(), subject.span_id.clone())));
    // A box that is there already; another one takes the keyboard when it comes.
    let found = document().and_then(|document| document.get_element_by_id(id_of(subject)));
    if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        // It is on the page, so it can be focused.
        _ = found.focus();
    }
}

/// Names the box of a trace's note, and of a span's.
const fn id_of(subject: &Subject) -> &'static str {
    if subject.span_id.is_empty() { "trace-note" } else { "span-note" }
}

/// Changes what is marked of it, and keeps that. False where there was something to be said about it.
fn change(app: AppState, subject: Subject, is_pinned: bool, note: String) -> bool {
    let Subject { trace_id, span_id, name } = subject;
    // What another tab has kept meanwhile stays.
    let mut book = if IS_KEPT.get() { kept() } else { None }.unwrap_or_else(|| state().book.get_untracked());
    let dropped = book.put(Entry { trace_id, span_id, name, is_pinned, note });
    let was_kept = IS_KEPT.replace(storage::set(KEY, &book.encode()));
    state().book.set(book);
    if was_kept && !IS_KEPT.get() {
        app.announce(
            "The browser does not keep pins and notes: its storage is full or closed. They are here until you leave.",
            Manner::Shown,
        );
        return false;
    }
    if dropped > 0 {
        let oldest =
            if dropped == 1 { "oldest was".to_owned() } else { format!("{} oldest were", format::count(dropped as u64)) };
        let words = format!("There is no more room for pins and notes: the {oldest} dropped.");
        app.announce(words, Manner::Shown);
        return false;
    }
    true
}

/// The button that pins, and says whether it is.
pub fn pin_button(app: AppState, subject: Subject, what: &'static str) -> AnyView {
    let of = subject.clone();
    let is_pinned = Memo::new(move |_| entry(&of).is_some_and(|entry| entry.is_pinned));
    view! {
        <button
            class="button button--quiet button--icon"
            type="button"
            aria-label=format!("Pin the {what}")
            title=format!("Pin the {what} (p)")
            aria-pressed=move || if is_pinned.get() { "true" } else { "false" }
            on:click=move |_| toggle_pin(app, subject.clone())
        >
            <Icon glyph=Glyph::Pin/>
        </button>
    }
    .into_any()
}

/// The button that leads to the note.
pub fn note_button(subject: Subject, what: &'static str) -> AnyView {
    view! {
        <button
            class="button button--quiet button--icon"
            type="button"
            aria-label=format!("Note on the {what}")
            title=format!("Write a note on the {what}")
            on:click=move |_| edit(&subject)
        >
            <Icon glyph=Glyph::Note/>
        </button>
    }
    .into_any()
}

/// The note, where there is one or one is being written.
pub fn note(app: AppState, subject: Subject) -> AnyView {
    let of = subject.clone();
    let is_open = Memo::new(move |_| {
        let is_edited = state().editing.with(|editing| {
            editing.as_ref().is_some_and(|(trace_id, span_id)| *trace_id == of.trace_id && *span_id == of.span_id)
        });
        is_edited || entry(&of).is_some_and(|entry| !entry.note.is_empty())
    });
    show(move || {
        let subject = subject.clone();
        is_open.get().then(|| later::with_it(move || editor::note_box(app, &subject)))
    })
}

/// The sign on a row that is marked.
pub fn row_mark(entry: &Entry) -> AnyView {
    let hint: String = entry.note.chars().take(HINT_CHARS).collect();
    let (glyph, words) = match (entry.is_pinned, hint.is_empty()) {
        (true, true) => (Glyph::Pin, "Pinned".to_owned()),
        (true, false) => (Glyph::Pin, format!("Pinned. {hint}")),
        (false, _) => (Glyph::Note, format!("Note: {hint}")),
    };
    sign(glyph, words)
}

/// The sign on a row of the list, if the trace or a span in it is marked; reactive.
pub fn list_mark(trace_id: &str) -> Option<AnyView> {
    state().book.with(|book| match book.get(trace_id, "") {
        Some(entry) => Some(row_mark(entry)),
        None => match book.of_trace(trace_id).count() as u64 {
            0 => None,
            marked => Some(sign(Glyph::Pin, format!("{} with a pin or note", format::counted(marked, "span")))),
        },
    })
}

fn sign(glyph: Glyph, words: String) -> AnyView {
    let title = words.clone();
    view! {
        <span class="note-mark" title=title>
            <Icon glyph/>
            <span class="visually-hidden">{words}</span>
        </span>
    }
    .into_any()
}

/// The list of what is marked, where anything is.
pub fn pinned_menu(app: AppState) -> AnyView {
    let is_any = Memo::new(move |_| state().book.with(|book| !book.is_empty()));
    show(move || is_any.get().then(|| later::with_it(move || list::marked(app))))
}

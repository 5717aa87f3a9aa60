//! What is marked, as a list to get back to it.

use leptos::prelude::*;

use crate::notes::MAX_ENTRIES;
use crate::route::Reference;
use crate::ui::jump;
use crate::ui::parts::{Menu, MenuOption};
use crate::ui::state::AppState;

use super::newest;

/// Characters that stand for a note.
const NOTE_CHARS: usize = 24;

/// The list, behind a button.
#[inline(never)]
pub(super) fn marked(app: AppState) -> AnyView {
    let options = Memo::new(move |_| {
        let option = |entry: crate::notes::Entry| {
            let what = if entry.span_id.is_empty() { "trace" } else { "span" };
            MenuOption { note: first_line(&entry.note, what), value: (entry.trace_id, entry.span_id), words: entry.name }
        };
        newest(MAX_ENTRIES).into_iter().map(option).collect::<Vec<_>>()
    });
    view! {
        <Menu
            id="pinned-menu"
            label="Pins and notes"
            face=Signal::derive(move || format!("Pinned: {}", options.with(Vec::len)))
            options=options.into()
            current=Signal::stored(None)
            on_open=Callback::new(|()| {})
            on_choose=Callback::new(move |(trace_id, span_id): (String, String)| {
                let span_id = (!span_id.is_empty()).then_some(span_id);
                jump::to(app, Reference { trace_id: Some(trace_id), span_id });
            })
        />
    }
    .into_any()
}

/// How a note begins; without one, what it would be on.
pub fn first_line(note: &str, what: &str) -> String {
    let line = note.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    if line.is_empty() {
        return what.to_owned();
    }
    match line.char_indices().nth(NOTE_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

//! The box for a note. What is typed is kept as soon as it rests, and when the box goes away.

use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::browser::document;
use crate::notes::MAX_NOTE_CHARS;
use crate::ui::reactive::effect;
use crate::ui::state::AppState;

use super::{Subject, entry, id_of, state, write};

/// How long typing rests before it is kept.
const REST: Duration = Duration::from_millis(300);

/// What was typed and is not kept yet.
#[derive(Default)]
struct Draft {
    note: Option<String>,
    timer: Option<TimeoutHandle>,
}

/// The box.
#[inline(never)]
pub(super) fn note_box(app: AppState, subject: &Subject) -> AnyView {
    let area = NodeRef::<html::Textarea>::new();
    let draft = StoredValue::new_local(Draft::default());
    let (of, key) = (subject.clone(), (subject.trace_id.clone(), subject.span_id.clone()));
    let keep = move || {
        let note = draft.try_update_value(|draft| {
            if let Some(timer) = draft.timer.take() {
                timer.clear();
            }
            draft.note.take()
        });
        if let Some(note) = note.flatten() {
            write(app, &of, note);
        }
    };
    let keep = StoredValue::new_local(keep);
    let keep = move || {
        if let Some(keep) = keep.try_get_value() {
            keep();
        }
    };
    // While it is typed the box is what counts; after that, what is kept, which another tab may change.
    let kept = {
        let of = subject.clone();
        Memo::new(move |_| entry(&of).map(|entry| entry.note).unwrap_or_default())
    };
    effect(move |_| {
        let kept = kept.get();
        let Some(area) = area.get() else {
            return;
        };
        let is_typed = document().and_then(|document| document.active_element()).is_some_and(|active| active == **area);
        if !is_typed && area.value() != kept {
            area.set_value(&kept);
        }
    });
    // Somebody asked for it: the keyboard is meant for it.
    let asked = state().editing.with_untracked(|editing| editing.as_ref() == Some(&key));
    effect(move |again| {
        if let Some(area) = area.get().filter(|_| asked && !again) {
            // It is on the page, so it can be focused.
            _ = area.focus();
        }
    });
    on_cleanup(keep);
    let typed = move |event| {
        let note = event_target_value(&event);
        draft.update_value(|draft| {
            if let Some(timer) = draft.timer.take() {
                timer.clear();
            }
            draft.note = Some(note);
            draft.timer = set_timeout_with_handle(keep, REST).ok();
        });
    };
    let focused = move |_| state().editing.set(Some(key.clone()));
    let left = move |_| {
        keep();
        state().editing.set(None);
    };
    let pressed = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            // Out of the box, and no further.
            event.prevent_default();
            event.stop_propagation();
            if let Some(area) = area.get_untracked() {
                // It has the focus, so it can lose it.
                _ = area.blur();
            }
        }
    };
    let (label, hint) = if subject.span_id.is_empty() {
        ("Note on the trace", "What is to be known about this trace. Kept on this device.")
    } else {
        ("Note on the span", "What is to be known about this span. Kept on this device.")
    };
    view! {
        <textarea
            id=id_of(subject)
            class="field note-box"
            aria-label=label
            placeholder=hint
            rows="2"
            maxlength=MAX_NOTE_CHARS.to_string()
            node_ref=area
            on:input=typed
            on:focus=focused
            on:blur=left
            on:keydown=pressed
        ></textarea>
    }
    .into_any()
}

//! Dropping and pasting anywhere, at any time.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast as _;
use web_sys::{ClipboardEvent, DragEvent, Element, Window};

use crate::browser::event::{Listener, Passive};
use crate::browser::{clipboard, files, window};
use crate::protocol::OpenMode;

use super::actions;
use super::keys::is_field;
use super::parts::{Glyph, Icon};
use super::state::{AppState, use_app};

/// What lies over the page while something is dragged over it; it also hears drops and pastes.
#[component]
pub fn DropOverlay() -> impl IntoView {
    let app = use_app();
    let dragging = RwSignal::new(false);
    let aimed = RwSignal::new(OpenMode::Replace);
    let listeners = StoredValue::new_local(window().map(|window| listen(app, &window, dragging, aimed)));
    on_cleanup(move || listeners.set_value(None));
    move || {
        dragging
            .get()
            .then(|| {
                let can_add = app.dataset.with(Option::is_some);
                view! {
                    <div class="drop-overlay" aria-hidden="true">
                        {half(aimed, OpenMode::Replace, if can_add { "Drop to replace what is open" } else { "Drop to open" })}
                        {can_add.then(|| half(aimed, OpenMode::Add, "Drop to add to what is open"))}
                    </div>
                }
            })
            .into_any()
    }
}

fn half(aimed: RwSignal<OpenMode>, mode: OpenMode, words: &'static str) -> impl IntoView {
    let name = mode_name(mode);
    let hit = move || (aimed.get() == mode).to_string();
    view! {
        <div class="drop-overlay__half" data-mode=name data-hit=hit>
            <Icon glyph=Glyph::Files />
            <p class="drop-overlay__words">{words}</p>
        </div>
    }
}

const fn mode_name(mode: OpenMode) -> &'static str {
    match mode {
        OpenMode::Replace => "replace",
        OpenMode::Add => "add",
    }
}

/// The half that is under the pointer.
fn mode_under(event: &DragEvent) -> OpenMode {
    let over_add = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| element.closest("[data-mode=add]").ok().flatten())
        .is_some();
    if over_add { OpenMode::Add } else { OpenMode::Replace }
}

fn carries_something(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|transfer| {
        files::carries_files(&transfer) || transfer.types().iter().any(|kind| kind.as_string().as_deref() == Some("text/plain"))
    })
}

fn listen(app: AppState, window: &Window, dragging: RwSignal<bool>, aimed: RwSignal<OpenMode>) -> [Listener; 4] {
    [
        Listener::new(window, "dragover", Passive::No, move |event: DragEvent| {
            if carries_something(&event) {
                // Without this the browser would not drop here, but go to the file.
                event.prevent_default();
                let mode = mode_under(&event);
                if !dragging.get_untracked() {
                    dragging.set(true);
                }
                if aimed.get_untracked() != mode {
                    aimed.set(mode);
                }
            }
        }),
        Listener::new(window, "dragleave", Passive::Yes, move |event: DragEvent| {
            // Going from element to element leaves one for another; leaving the window leaves for none.
            if event.related_target().is_none() {
                dragging.set(false);
            }
        }),
        Listener::new(window, "drop", Passive::No, move |event: DragEvent| {
            event.prevent_default();
            dragging.set(false);
            dropped(app, &event);
        }),
        Listener::new(window, "paste", Passive::No, move |event: ClipboardEvent| {
            let in_field =
                event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|element| is_field(&element));
            if !in_field {
                event.prevent_default();
                pasted(app, &event);
            }
        }),
    ]
}

fn dropped(app: AppState, event: &DragEvent) {
    let Some(transfer) = event.data_transfer() else {
        return;
    };
    let mode = mode_under(event);
    if !files::carries_files(&transfer) {
        if let Some(text) = files::dropped_text(&transfer) {
            actions::open_text(app, text, mode);
        }
        return;
    }
    let files = files::dropped(&transfer);
    spawn_local(async move { actions::open_files(app, files.await, mode) });
}

fn pasted(app: AppState, event: &ClipboardEvent) {
    let (files, text) = clipboard::pasted(event);
    let mode = app.open_mode.get_untracked();
    match text {
        _ if !files.is_empty() => actions::open_files(app, files, mode),
        Some(text) => actions::open_text(app, text, mode),
        None => {}
    }
}

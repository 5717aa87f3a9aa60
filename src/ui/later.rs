//! Views whose code comes in the page's second part: they are shown once it is there.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Event;

use crate::browser::event::{Listener, Passive};
use crate::browser::{later, window};
use crate::protocol::{Failure, FailureCode};

use super::failure_panel::FailureNote;
use super::reactive::{show, soon};

/// Where the page's second part is; no part of the page's state, of which most has nothing to do with it.
#[derive(Clone, Copy)]
struct Part(RwSignal<Later>);

/// Makes the signal of it. Call it once, in `App`.
pub fn provide() {
    let part = Part(RwSignal::new(Later::default()));
    provide_context(part);
    // `public/boot.js` says when it has loaded the part by itself.
    let listener = window()
        .map(|window| Listener::new(&window, "spanwise:complete", Passive::Yes, move |_: Event| part.0.set(Later::There)));
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Later {
    /// Not here, as far as is known.
    #[default]
    Away,
    /// All views can be shown.
    There,
    /// It could not be loaded, with why.
    Failed(String),
}

/// A view of the second part. Until that is there, a word that it is coming, or that it cannot be had.
pub fn once_there(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    gate(Box::new(view), |part, later| Some(pending(part, later)))
}

/// A part of the second part that goes with a view of it, which says what there is to say.
pub fn with_it(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    gate(Box::new(view), |_, _| None)
}

/// A part of the second part that is there from the start, and waits until that comes by itself. Each is made in a task of its own, also
/// where they come together.
pub fn in_time(view: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    let view = Arc::new(view);
    let view = move || {
        let view = Arc::clone(&view);
        soon(move || view())
    };
    await_part(Box::new(view), |_, _| None)
}

fn gate(view: Box<dyn Fn() -> AnyView + Send>, otherwise: fn(Part, Later) -> Option<AnyView>) -> AnyView {
    if let Some(part) = use_context::<Part>().filter(|_| !later::is_there()) {
        load(part);
    }
    await_part(view, otherwise)
}

fn await_part(view: Box<dyn Fn() -> AnyView + Send>, otherwise: fn(Part, Later) -> Option<AnyView>) -> AnyView {
    let part = use_context::<Part>().filter(|_| !later::is_there());
    let Some(part) = part else {
        return view();
    };
    show(move || match part.0.get() {
        Later::There => untrack(&view),
        later => otherwise(part, later).into_any(),
    })
}

fn load(part: Part) {
    spawn_local(async move {
        let came = match later::load().await {
            Ok(()) => Later::There,
            Err(error) => Later::Failed(error),
        };
        if part.0.with_untracked(|later| *later != came) {
            part.0.set(came);
        }
    });
}

fn pending(part: Part, later: Later) -> AnyView {
    let Later::Failed(detail) = later else {
        return view! { <p class="later" role="status">"Loading this view"</p> }.into_any();
    };
    let failure = Failure {
        code: FailureCode::Unreadable,
        headline: "This view could not be loaded.".to_owned(),
        detail,
        remedy: "It comes from where the page came from: look whether that can be reached. If the page has been published anew, reload it."
            .to_owned(),
    };
    let again = move |_| {
        part.0.set(Later::Away);
        load(part);
    };
    view! {
        <FailureNote failure>
            <button class="button button--primary" type="button" on:click=again>
                "Try again"
            </button>
        </FailureNote>
    }
    .into_any()
}

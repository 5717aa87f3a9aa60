//! Views whose code comes in the page's second part: they are shown once it is there.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser::later;
use crate::protocol::{Failure, FailureCode};

use super::failure_panel::FailureNote;
use super::reactive::show;
use super::state::AppState;

/// Where the page's second part is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Later {
    /// Not here, as far as is known.
    #[default]
    Away,
    /// All views can be shown.
    There,
    /// It could not be loaded, with why.
    Failed(String),
}

/// A view of the second part. Until that is there, a word that it is coming, or that it cannot be had.
pub fn once_there(app: AppState, view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    gate(app, Box::new(view), Box::new(move |later| Some(pending(app, later))))
}

/// A part of the second part that goes with a view of it, which says what there is to say.
pub fn with_it(app: AppState, view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    gate(app, Box::new(view), Box::new(|_| None))
}

fn gate(
    app: AppState,
    view: Box<dyn Fn() -> AnyView + Send>,
    otherwise: Box<dyn Fn(Later) -> Option<AnyView> + Send>,
) -> AnyView {
    if is_there(app) {
        return view();
    }
    load(app);
    show(move || match app.later.get() {
        Later::There => untrack(&view),
        later => otherwise(later).into_any(),
    })
}

fn is_there(app: AppState) -> bool {
    if app.later.with_untracked(|later| *later != Later::There) && later::is_there() {
        app.later.set(Later::There);
    }
    app.later.with_untracked(|later| *later == Later::There)
}

fn load(app: AppState) {
    spawn_local(async move {
        let came = match later::load().await {
            Ok(()) => Later::There,
            Err(error) => Later::Failed(error),
        };
        if app.later.with_untracked(|later| *later != came) {
            app.later.set(came);
        }
    });
}

fn pending(app: AppState, later: Later) -> AnyView {
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
        app.later.set(Later::Away);
        load(app);
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

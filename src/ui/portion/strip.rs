//! What is missing, over each view that shows a part as if it were all.

use leptos::prelude::*;

use crate::route::View;
use crate::ui::reactive::show;
use crate::ui::state::{AppState, use_app};

use super::{reload, words};

/// The strip, which is there only while a part is loaded.
#[component]
pub fn PartStrip() -> impl IntoView {
    let app = use_app();
    let note = Memo::new(move |_| note(app));
    show(move || {
        note.get().map(|(what, meaning)| {
            view! {
                <section class="part-strip" aria-label="A part is loaded" data-testid="part">
                    <p class="part-strip__what">{what}</p>
                    <p class="part-strip__meaning">{meaning}</p>
                    <button class="button button--small" type="button" on:click=move |_| reload(app)>
                        "Load differently…"
                    </button>
                </section>
            }
        })
    })
}

/// What is loaded, and what that means for the view.
fn note(app: AppState) -> Option<(String, &'static str)> {
    let dataset = app.dataset.get()?;
    let part = dataset.part.as_deref()?;
    let (view, on_server) = app.route.with(|route| (route.view, app.basis.on_server.get()));
    let meaning = match view {
        View::Start | View::OpenObserve | View::Report => return None,
        // The server counts all that it has.
        View::Map | View::Latency if on_server => return None,
        View::Map | View::Latency | View::Flame => "Rates, counts and times are of this part.",
        View::Traces | View::Trace if part.is_whole => "",
        View::Traces => "Traces may be incomplete.",
        View::Trace => "This trace may be incomplete.",
    };
    Some((words::loaded(app, &dataset, part), meaning))
}

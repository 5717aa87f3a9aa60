//! Facets: what there is of each kind among the spans that are looked at, with counts; a click narrows the query to it.
//!
//! The frame is there with the page; what is in it comes with the page's second part, in its time.

mod list;
mod state;
mod words;

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::ui::later;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::show;

pub use state::{provide, toggle};

/// Names the panel for the button that shows it.
const PANEL_ID: &str = "facets";

/// Names the button, which gets the keyboard back.
const TOGGLE_ID: &str = "facets-toggle";

/// The button that shows the panel, or takes it away.
#[component]
pub fn FacetsToggle() -> impl IntoView {
    let state = state::state();
    let is_open = move || state.open.get().to_string();
    view! {
        <button
            id=TOGGLE_ID
            class="button button--quiet facets-toggle"
            type="button"
            aria-expanded=is_open
            aria-controls=PANEL_ID
            title="What there is of each kind (F)"
            on:click=move |_| toggle()
        >
            "Facets"
        </button>
    }
    .into_any()
}

/// The panel.
#[component]
pub fn Facets() -> impl IntoView {
    let state = state::state();
    show(move || state.open.get().then(frame))
}

fn frame() -> AnyView {
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.default_prevented() && state::is_over_the_page() {
            event.prevent_default();
            event.stop_propagation();
            state::close();
        }
    };
    let content = if state::state().is_wanted.get_untracked() {
        later::once_there(|| list::facet_list().into_any())
    } else {
        later::in_time(|| list::facet_list().into_any())
    };
    view! {
        <aside id=PANEL_ID class="facets" data-testid="facets" aria-label="Facets" on:keydown=key>
            <header class="facets__head">
                <h2 class="facets__title">"Facets"</h2>
                <button
                    class="button button--quiet button--icon"
                    type="button"
                    aria-label="Close the facets"
                    title="Close (F)"
                    on:click=move |_| state::close()
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </header>
            <div class="facets__content" tabindex="-1">{content}</div>
        </aside>
    }
    .into_any()
}

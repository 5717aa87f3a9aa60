//! The box that filters what all views but the trace page show: by words, or by a query.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::link::Slot;
use crate::route::reference;
use crate::ui::actions;
use crate::ui::jump;
use crate::ui::later;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::query::assist::assist;
use crate::ui::query::{QueryBox, kind};
use crate::ui::reactive::effect;
use crate::ui::state::use_app;

/// Names the box for the key that goes to it.
pub const FILTER_ID: &str = "trace-filter";

/// The box.
#[component]
pub fn FilterBox() -> impl IntoView {
    let app = use_app();
    let commit = Callback::new(move |text: String| {
        if app.route.with_untracked(|route| route.selection.filter != text) {
            actions::filter_traces(app, &text);
        }
    });
    let query = QueryBox::new(NodeRef::new(), Slot::Query, "filter-proposals", commit);
    let filter = Memo::new(move |_| app.route.with(|route| route.selection.filter.clone()));
    // Going back and forward changes the filter from outside, and so do clicks.
    effect(move |_| {
        // What a query is proposed depends on the data.
        app.dataset.track();
        query.follow(app, &filter.get());
    });
    kind::follow(query);
    let key = move |event: KeyboardEvent| {
        if query.takes(&event) {
            return;
        }
        match event.key().as_str() {
            "Escape" => {
                if let Some(input) = query.input.get_untracked() {
                    input.set_value("");
                    query.ask(app, true);
                    // The box is on the page, so it can lose the focus.
                    _ = input.blur();
                }
            }
            "ArrowDown" | "Enter" => {
                event.prevent_default();
                // 16 digits may be the beginning of an id, by which the list is filtered.
                let named =
                    query.input.get_untracked().and_then(|input| reference(&input.value())).filter(|named| !named.is_vague());
                match named.filter(|_| event.key() == "Enter") {
                    Some(named) => jump::to(app, named),
                    None if query.view.with_untracked(|view| view.trouble.is_some()) => query.ask(app, true),
                    None => super::grid::focus(),
                }
            }
            _ => {}
        }
    };
    view! {
        <div class="filter" class:filter--query=move || query.view.with(|view| !view.tokens.is_empty())>
            <Icon glyph=Glyph::Search />
            <label class="visually-hidden" for=FILTER_ID>
                "Filter traces by service, name, value or trace id, or by a TraceQL query"
            </label>
            <input
                id=FILTER_ID
                class="field filter__input"
                class:filter__input--painted=move || query.painted.get()
                type="text"
                role="combobox"
                data-testid="query"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder="Search, or query: { status = error }"
                aria-autocomplete="list"
                aria-expanded=move || query.is_open().to_string()
                aria-controls=query.list_id
                aria-activedescendant=move || query.active_id()
                aria-invalid=move || query.view.with(|view| view.trouble.is_some()).to_string()
                node_ref=query.input
                on:input=move |_| query.typed(app)
                on:click=move |_| query.ask(app, false)
                on:keydown=key
                on:focus=move |_| query.focused.set(true)
                on:blur=move |_| query.focused.set(false)
            />
            <kbd class="filter__key" aria-hidden="true">
                "f"
            </kbd>
            {later::in_time(move || assist(app, query, true))}
        </div>
    }
    .into_any()
}

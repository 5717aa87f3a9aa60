//! The box that filters the trace list.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::route::reference;
use crate::ui::actions;
use crate::ui::jump;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::effect;
use crate::ui::state::use_app;

/// Names the box for the key that goes to it.
pub const FILTER_ID: &str = "trace-filter";

/// Typing rests for this long before the list follows: two quick letters are one question.
const REST: Duration = Duration::from_millis(80);

/// The box.
#[component]
pub fn FilterBox() -> impl IntoView {
    let app = use_app();
    let input = NodeRef::<html::Input>::new();
    let waiting: Rc<Cell<Option<TimeoutHandle>>> = Rc::default();
    let waiting = StoredValue::new_local(waiting);
    on_cleanup(move || {
        if let Some(timer) = waiting.with_value(|waiting| waiting.take()) {
            timer.clear();
        }
    });

    let filter = Memo::new(move |_| app.route.with(|route| route.selection.filter.clone()));
    // Going back and forward changes the filter from outside; typing does too, and must not move the cursor.
    effect(move |_| {
        let filter = filter.get();
        if let Some(input) = input.get()
            && input.value() != filter
        {
            input.set_value(&filter);
        }
    });
    let typed = move || {
        let follow = move || {
            if let Some(input) = input.get_untracked() {
                actions::filter_traces(app, &input.value());
            }
        };
        let timer = set_timeout_with_handle(follow, REST).ok();
        if let Some(older) = waiting.with_value(|waiting| waiting.replace(timer)) {
            older.clear();
        }
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            if let Some(input) = input.get_untracked() {
                input.set_value("");
                actions::filter_traces(app, "");
                // The box is on the page, so it can lose the focus.
                _ = input.blur();
            }
        }
        "ArrowDown" | "Enter" => {
            event.prevent_default();
            // 16 digits may be the beginning of an id, by which the list is filtered.
            let named = input.get_untracked().and_then(|input| reference(&input.value())).filter(|named| !named.is_vague());
            match named.filter(|_| event.key() == "Enter") {
                Some(named) => jump::to(app, named),
                None => super::grid::focus(),
            }
        }
        _ => {}
    };
    view! {
        <label class="filter">
            <Icon glyph=Glyph::Search />
            <span class="visually-hidden">"Filter traces by service, name or trace id"</span>
            <input
                id=FILTER_ID
                class="field filter__input"
                type="search"
                autocomplete="off"
                spellcheck="false"
                placeholder="Filter by service, name or trace id"
                node_ref=input
                on:input=move |_| typed()
                on:keydown=key
            />
            <kbd class="filter__key" aria-hidden="true">
                "f"
            </kbd>
        </label>
    }
    .into_any()
}

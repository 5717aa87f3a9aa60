//! The list of what may come next.

use leptos::prelude::*;
use web_sys::{KeyboardEvent, MouseEvent};

use super::paint::class;
use crate::protocol::Proposal;
use crate::scene::format;
use crate::ui::query::QueryBox;
use crate::ui::state::AppState;

/// The list.
pub(super) fn list(app: AppState, query: QueryBox) -> AnyView {
    let rows = query.view.with(|view| {
        let rows = view.proposals.iter().enumerate().map(|(at, proposal)| row(app, query, at, proposal));
        rows.collect_view()
    });
    view! {
        <ul id=query.list_id class="query__proposals" role="listbox" aria-label="What may come next">
            {rows}
        </ul>
        <p class="query__keys" aria-hidden="true">
            <kbd>"Tab"</kbd>
            " takes the first"
            <kbd>"↑↓"</kbd>
            " chooses"
            <kbd>"Esc"</kbd>
            " closes"
        </p>
    }
    .into_any()
}

fn row(app: AppState, query: QueryBox, at: usize, proposal: &Proposal) -> AnyView {
    let is_active = move || query.active.get() == Some(at);
    let spans = proposal.spans.map(|spans| view! { <span class="query__count">{format::counted(spans, "span")}</span> });
    // The field keeps the focus.
    let pressed = move |event: MouseEvent| {
        event.prevent_default();
        accept(app, query, at);
    };
    view! {
        <li
            id=format!("{}-{at}", query.list_id)
            class="query__proposal"
            role="option"
            aria-selected=move || is_active().to_string()
            on:mousedown=pressed
        >
            <span class=format!("query__proposed {}", class(proposal.class))>{proposal.text.trim().to_owned()}</span>
            <span class="query__note">{proposal.note.clone()}</span>
            {spans}
        </li>
    }
    .into_any()
}

/// Writes a proposal into the field.
fn accept(app: AppState, query: QueryBox, at: usize) {
    let Some((text, proposal)) =
        query.view.with_untracked(|view| view.proposals.get(at).map(|proposal| (view.text.clone(), proposal.clone())))
    else {
        return;
    };
    let (start, end) = (proposal.start as usize, proposal.end as usize);
    let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else {
        return;
    };
    query.write(app, &format!("{before}{}{after}", proposal.text), start + proposal.cursor as usize);
}

/// Does what a key does in the list; false if it does nothing.
pub(super) fn act(app: AppState, query: QueryBox, event: &KeyboardEvent) -> bool {
    if event.is_composing() {
        return false;
    }
    let is_open = untrack(|| query.is_open());
    let count = query.view.with_untracked(|view| view.proposals.len());
    let active = query.active.get_untracked();
    match (event.key().as_str(), is_open) {
        (" ", _) if event.ctrl_key() => {
            query.wanted.set(true);
            query.asked.set(true);
            query.ask(app, false);
        }
        ("ArrowDown", true) => query.active.set(Some(active.map_or(0, |at| (at + 1) % count))),
        ("ArrowUp", true) => query.active.set(Some(active.map_or(count - 1, |at| (at + count - 1) % count))),
        ("Enter", true) if active.is_some() => accept(app, query, active.unwrap_or(0)),
        ("Tab", true) if !event.shift_key() && !event.ctrl_key() => accept(app, query, active.unwrap_or(0)),
        ("Escape", true) => query.wanted.set(false),
        _ => return false,
    }
    event.prevent_default();
    event.stop_propagation();
    if let Some(at) = query.active.get_untracked()
        && let Some(row) =
            crate::browser::document().and_then(|document| document.get_element_by_id(&format!("{}-{at}", query.list_id)))
    {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
    true
}

//! The trace list: a filter, the picture of duration over time, and a table of which only the rows in view exist.

pub mod filter;
pub mod grid;
pub mod row;
pub mod scatter;

use leptos::prelude::*;

use crate::scene::format;

use super::export;
use super::notes;
use super::parts::{Glyph, Icon};
use super::selection_chips::SelectionChips;
use super::state::use_app;
use filter::FilterBox;
use grid::Grid;
use scatter::Scatter;

/// The page.
#[component]
pub fn TracesPage() -> impl IntoView {
    let app = use_app();
    let count = move || {
        let all = app.dataset.with(|dataset| dataset.as_ref().map_or(0, |dataset| dataset.totals.traces + dataset.found));
        let shown = app.list.rows.with(|rows| rows.latest().map(|view| (u64::from(view.matched), u64::from(view.unjudged))));
        match shown {
            Some((matched, unjudged)) if unjudged > 0 => format!(
                "{} of {}; {} on the server cannot be judged from here",
                format::count(matched),
                format::counted(all, "trace"),
                format::count(unjudged)
            ),
            Some((matched, _)) if matched != all => format!("{} of {}", format::count(matched), format::counted(all, "trace")),
            Some(_) | None => format::counted(all, "trace"),
        }
    };
    view! {
        <div class="traces fill">
            <div class="traces__tools">
                <h1 class="visually-hidden">"Traces"</h1>
                <FilterBox />
                <SelectionChips />
                <p class="traces__count" aria-live="polite">
                    {count}
                </p>
                {notes::pinned_menu(app)}
                <button
                    class="button button--quiet button--icon"
                    type="button"
                    aria-label="Export traces"
                    title="Export (x)"
                    on:click=move |_| export::show(app, None)
                >
                    <Icon glyph=Glyph::Save />
                </button>
            </div>
            <Scatter />
            <Grid />
        </div>
    }
    .into_any()
}

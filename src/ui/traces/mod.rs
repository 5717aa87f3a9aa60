//! The trace list: a filter, the picture of duration over time, and a table of which only the rows in view exist.

mod columns;
pub mod filter;
pub mod grid;
mod leaving;
pub mod row;
pub mod scatter;

use leptos::prelude::*;

use crate::scene::format;

use super::columns::list_columns_menu;
use super::export;
use super::facets::{Facets, FacetsToggle};
use super::later;
use super::notes;
use super::parts::{Glyph, Icon};
use super::query::kind;
use super::query::series::series_card;
use super::reactive::show;
use super::selection_chips::SelectionChips;
use super::state::use_app;
use filter::FilterBox;
use grid::Grid;
use scatter::Scatter;

/// The page.
#[component]
pub fn TracesPage() -> impl IntoView {
    let app = use_app();
    // A metrics query has a picture of its own.
    let is_metrics = kind::is_metrics(app);
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
                <FacetsToggle />
                <SelectionChips />
                <p class="traces__count" aria-live="polite">
                    {count}
                </p>
                {later::in_time(move || list_columns_menu(app))}
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
            <div class="traces__body">
                <Facets />
                <div class="traces__main">
                    {show(move || if is_metrics.get() { later::with_it(move || series_card(app)) } else { view! { <Scatter /> }.into_any() })}
                    <Grid />
                </div>
            </div>
        </div>
    }
    .into_any()
}

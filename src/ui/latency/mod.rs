//! The latency page: four charts of what is selected, and the table of operations.

mod card;
mod export;
mod group_by;
mod legend;
mod look;
mod page;
mod red;
mod toolbar;

use leptos::prelude::*;

use crate::charts::{ChartKind, HeatBy};
use crate::protocol::{Exactness, GroupBy, LatencyView, Population};
use crate::route::HeatColor;
use crate::scene::format;
use crate::ui::reactive::show;

use super::actions;
use super::commands::{self, Coloring, Command};
use super::failure_panel::FailureNote;
use super::remote::Remote;
use super::selection_chips::SelectionChips;
use super::state::use_app;
use super::traces::filter::FilterBox;
use card::chart_card;
use legend::legend;
use page::Page;
use red::red_table;
use toolbar::toolbar;

pub(in crate::ui) use card::{tip, watch_size};
pub(in crate::ui) use export::menu;
pub(in crate::ui) use look::{font as font_of, read as read_look};

/// The page.
#[component]
pub fn LatencyPage() -> impl IntoView {
    let app = use_app();
    let page = Page::new(app);
    page.ask();
    look::follow(page);
    offer(page);

    let is_loading = move || page.charts.with(Remote::is_loading).to_string();
    view! {
        <div class="latency" data-loading=is_loading>
            <h1 class="visually-hidden">"Latency"</h1>
            <div class="latency__tools">
                <FilterBox />
                <SelectionChips />
                <p class="latency__count" aria-live="polite">
                    {show(move || counted(page))}
                </p>
            </div>
            {toolbar(page)}
            <div class="latency__progress" aria-hidden="true"></div>
            {show(move || {
                let failure = page.charts.with(|charts| charts.failure().cloned());
                failure.map(|failure| view! { <FailureNote failure>""</FailureNote> })
            })}
            {legend(page)}
            {charts(page)}
            {red_table(page)}
        </div>
    }
    .into_any()
}

/// Offers what the tools above the charts choose.
fn offer(page: Page) {
    let can = move |command| {
        untrack(|| match command {
            Command::GroupBy(by) => page.by() != by.map_or(GroupBy::Nothing, Coloring::group_by),
            Command::Count(of) => page.of() != of,
            Command::Heat(color) => (page.heat() == HeatBy::ErrorShare) != (color == HeatColor::ErrorShare),
            _ => false,
        })
    };
    let act = move |command| match command {
        Command::GroupBy(by) => page.group_by(by.map_or(GroupBy::Nothing, Coloring::group_by)),
        Command::Count(of) => page.count(of),
        Command::Heat(color) => page.color_heat(color),
        _ => {}
    };
    commands::offer(can, act);
}

/// The charts, or why there are none.
fn charts(page: Page) -> AnyView {
    // Nothing is put in the charts' place before it is known that there is nothing.
    let is_empty = Memo::new(move |_| page.charts.with(|charts| charts.latest().is_some_and(|view| is_empty(view))));
    let charts = move || {
        if is_empty.get() {
            return nothing(page);
        }
        view! {
            <div class="latency__charts">
                {chart_card(page, ChartKind::Histogram)}
                {chart_card(page, ChartKind::Heatmap)}
                {chart_card(page, ChartKind::Percentiles)}
                {chart_card(page, ChartKind::Rate)}
            </div>
            {show(move || footnotes(page))}
        }
        .into_any()
    };
    charts.into_any()
}

fn is_empty(view: &LatencyView) -> bool {
    view.all.stats.calls == 0 || view.n_bins == 0
}

/// What stands in the charts' place where nothing is counted.
fn nothing(page: Page) -> AnyView {
    let app = page.app();
    let selects = app.route.with(|route| !route.selection.is_all());
    let without_start = page.view().map_or(0, |view| view.without_start);
    let words = if selects {
        "Nothing matches the filter and the selection."
    } else if without_start > 0 {
        "No span of what was opened has a start, so there is no time to draw."
    } else {
        "There is no span in what was opened. The import report says what was found."
    };
    let button = selects.then(|| {
        view! {
            <button class="button" type="button" on:click=move |_| actions::clear_selection(app)>
                "Show all"
            </button>
        }
    });
    view! {
        <div class="latency__nothing" role="status">
            <p>{words}</p>
            {button}
        </div>
    }
    .into_any()
}

/// How much is counted.
fn counted(page: Page) -> String {
    let of = page.of();
    let totals = page.app().dataset.with(|dataset| dataset.as_ref().map(|dataset| dataset.totals));
    let (all, noun) = match of {
        Population::Spans => (totals.map_or(0, |totals| totals.spans), "span"),
        Population::Traces => (totals.map_or(0, |totals| totals.traces), "trace"),
    };
    match page.view().map(|view| view.all.stats.calls) {
        // Nobody knows here how many a server has in all.
        Some(counted) if page.app().basis.on_server.get() => format::counted(counted, noun),
        Some(counted) if counted != all => format!("{} of {}", format::count(counted), format::counted(all, noun)),
        Some(_) | None => format::counted(all, noun),
    }
}

/// How the figures were made, and what they leave out.
fn footnotes(page: Page) -> Option<AnyView> {
    let view = page.view()?;
    let noun = match page.of() {
        Population::Spans => "span",
        Population::Traces => "trace",
    };
    let exact = match view.exactness {
        Exactness::Estimated => "Percentiles are the server’s estimates (t-digest).".to_owned(),
        Exactness::Exact => "Percentiles are exact (nearest rank).".to_owned(),
        Exactness::Sketch { error_ppm } => format!(
            "Percentiles are estimated by a sketch (DDSketch): each is within {} of the exact value.",
            format::percent(u64::from(error_ppm), 1_000_000)
        ),
    };
    let without_start = (view.without_start > 0)
        .then(|| format!(" {} without a start: not in the charts.", format::counted(view.without_start, noun)));
    let without_end = (view.without_end > 0)
        .then(|| format!(" {} without an end: counted as lasting no time.", format::counted(view.without_end, noun)));
    Some(view! { <p class="latency__notes">{exact} {without_start} {without_end}</p> }.into_any())
}

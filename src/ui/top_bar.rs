//! The bar on top: where one is, what is open, and the page's own settings.

use leptos::prelude::*;

use crate::browser::theme::Theme;
use crate::protocol::DatasetView;
use crate::route::View;
use crate::scene::format;
use crate::ui::reactive::show;

use super::actions;
use super::parts::{Glyph, Icon};
use super::state::{AppState, Sheet, TimeZone, use_app};

/// The bar.
#[component]
pub fn TopBar() -> impl IntoView {
    let app = use_app();
    let with_server =
        Memo::new(move |_| app.server.connection().is_some() || app.route.with(|route| route.view == View::OpenObserve));
    view! {
        <header class="top-bar">
            <button class="top-bar__brand" type="button" aria-label="Spanwise, start page" on:click=move |_| actions::go(app, View::Start)>
                <Icon glyph=Glyph::Logo />
                <span class="top-bar__name">"Spanwise"</span>
            </button>
            <nav class="top-bar__views" aria-label="Views">
                {show(move || app.dataset.with(Option::is_some).then(|| TABS.map(|(view, words)| tab(app, view, words)).collect_view()))}
                {show(move || with_server.get().then(|| tab(app, View::OpenObserve, "OpenObserve")))}
            </nav>
            {show(move || app.dataset.get().map(|dataset| summary(app, &dataset)))}
            <div class="top-bar__tools">
                <button class="button" type="button" title="Open files, a folder, text or an address (o)" on:click=move |_| actions::show_open(app)>
                    <Icon glyph=Glyph::Files />
                    <span class="top-bar__label">"Open"</span>
                </button>
                {zone_button(app)} {theme_button(app)}
                <button
                    class="button button--quiet button--icon"
                    type="button"
                    aria-label="All commands"
                    title="All commands; a trace or span by its id (Ctrl K)"
                    on:click=move |_| actions::toggle_sheet(app, Sheet::Palette)
                >
                    <Icon glyph=Glyph::Search />
                </button>
                <button
                    class="button button--quiet button--icon"
                    type="button"
                    aria-label="Help: keys"
                    title="Keys (?)"
                    on:click=move |_| actions::toggle_sheet(app, Sheet::Help)
                >
                    <Icon glyph=Glyph::Help />
                </button>
            </div>
        </header>
    }
    .into_any()
}

const TABS: [(View, &str); 4] =
    [(View::Traces, "Traces"), (View::Map, "Map"), (View::Latency, "Latency"), (View::Flame, "Flame graph")];

fn tab(app: AppState, view: View, words: &'static str) -> impl IntoView {
    let current = move || (app.route.with(|route| route.view) == view).then_some("page");
    view! {
        <button class="top-bar__tab" type="button" aria-current=current on:click=move |_| actions::go(app, view)>
            {words}
        </button>
    }
}

/// What is open, in one line; the door to the import report.
fn summary(app: AppState, dataset: &DatasetView) -> AnyView {
    let totals = dataset.totals;
    let current = move || (app.route.with(|route| route.view) == View::Report).then_some("page");
    let state = if totals.skipped > 0 {
        Some((
            Glyph::Warning,
            "load-report__state load-report__state--lost",
            format!("{} skipped", format::count(totals.skipped)),
        ))
    } else if totals.repaired > 0 {
        Some((Glyph::Info, "load-report__state", format!("{} repaired", format::count(totals.repaired))))
    } else {
        None
    };
    let (errors_shown, services, errors) =
        (totals.errors > 0, format::counted(totals.services, "service"), format::counted(totals.errors, "error"));
    let name = if dataset.sources.is_empty() { "OpenObserve".to_owned() } else { source_name(&dataset.sources) };
    let loaded = (!dataset.sources.is_empty()).then(|| {
        view! {
            <span class="load-report__count">{format::counted(totals.traces, "trace")}</span>
            <span class="load-report__count">{format::counted(totals.spans, "span")}</span>
            <span class="load-report__count load-report__count--minor">{services}</span>
        }
    });
    let found = (dataset.found > 0).then(|| {
        view! { <span class="load-report__count">{format!("{} found", format::counted(dataset.found, "trace"))}</span> }
    });
    view! {
        <button
            class="load-report"
            type="button"
            title=format!("{}\nShow the import report", dataset.sources.iter().take(12).cloned().collect::<Vec<_>>().join("\n"))
            aria-current=current
            data-testid="load-report"
            data-spans=totals.spans.to_string()
            data-traces=totals.traces.to_string()
            data-services=totals.services.to_string()
            data-errors=totals.errors.to_string()
            data-roots=totals.roots.to_string()
            data-orphans=totals.orphans.to_string()
            data-events=totals.events.to_string()
            data-links=totals.links.to_string()
            data-repaired=totals.repaired.to_string()
            data-skipped=totals.skipped.to_string()
            on:click=move |_| actions::go(app, View::Report)
        >
            <span class="load-report__source">{name}</span>
            {loaded}
            {found}
            {errors_shown.then(|| view! { <span class="load-report__count load-report__count--errors">{errors}</span> })}
            {state
                .map(|(glyph, class, words)| {
                    view! {
                        <span class=class>
                            <Icon glyph />
                            <span class="load-report__words">{words}</span>
                        </span>
                    }
                })}
        </button>
    }
    .into_any()
}

fn source_name(sources: &[String]) -> String {
    match sources {
        [] => String::new(),
        [only] => only.rsplit('/').find(|part| !part.is_empty()).unwrap_or(only).to_owned(),
        all => format::counted(all.len() as u64, "source"),
    }
}

fn zone_button(app: AppState) -> AnyView {
    let next = move || match app.time_zone.get() {
        TimeZone::Local => TimeZone::Utc,
        TimeZone::Utc => TimeZone::Local,
    };
    let words = move || match app.time_zone.get() {
        TimeZone::Local => "Local",
        TimeZone::Utc => "UTC",
    };
    let title = move || match app.time_zone.get() {
        TimeZone::Local => "Times are local. Show them in UTC",
        TimeZone::Utc => "Times are in UTC. Show them in local time",
    };
    view! {
        <button class="button button--quiet top-bar__zone" type="button" title=title on:click=move |_| actions::set_time_zone(app, next())>
            <span class="visually-hidden">"Time zone: "</span>
            {words}
        </button>
    }
    .into_any()
}

fn theme_button(app: AppState) -> AnyView {
    let next = move || match app.theme.get() {
        Theme::System => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::System,
    };
    let glyph = move || match app.theme.get() {
        Theme::System => Glyph::System,
        Theme::Light => Glyph::Sun,
        Theme::Dark => Glyph::Moon,
    };
    let label = move || format!("Theme: {}", app.theme.get().name());
    view! {
        <button
            class="button button--quiet button--icon"
            type="button"
            aria-label=label
            title=move || format!("Theme: {}. Switch to {}", app.theme.get().name(), next().name())
            on:click=move |_| actions::set_theme(app, next())
        >
            {show(move || view! { <Icon glyph=glyph() /> })}
        </button>
    }
    .into_any()
}

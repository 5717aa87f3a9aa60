//! What has come of the search so far: counted, with what the server kept back, and the ways on.

use leptos::prelude::*;

use crate::protocol::Failure;
use crate::scene::format::{self, TimeDigits};
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::show;
use crate::ui::selection_chips::SelectionChips;
use crate::ui::state::AppState;
use crate::ui::traces::filter::FilterBox;

use super::state::Search;
use super::{connection, live, search};

/// The strip.
pub(super) fn view(app: AppState) -> AnyView {
    let words = move || app.server.search().with(|search| search.as_ref().map(words).unwrap_or_default());
    // As memos, so that a page that arrives takes no button away from under the keyboard.
    let stage = Memo::new(move |_| {
        let stage = |search: &Search| (search.request.is_some(), search.last.more && search.failure.is_none());
        app.server.search().with(|search| search.as_ref().map(stage).unwrap_or_default())
    });
    let lines = Memo::new(move |_| lines(app));
    let failure =
        Memo::new(move |_| app.server.search().with(|search| search.as_ref().and_then(|search| search.failure.clone())));
    let acts = move || {
        let (words, act): (_, fn(AppState)) = match stage.get() {
            (true, _) => ("Cancel", search::cancel),
            (false, true) => ("Load more", search::more),
            (false, false) => return ().into_any(),
        };
        view! {
            <button class="button" type="button" on:click=move |_| act(app)>
                {words}
            </button>
        }
        .into_any()
    };
    let is_there = Memo::new(move |_| app.server.search().with(Option::is_some) || app.dataset.with(Option::is_some));
    let tools = move || {
        let shown = is_there.get().then(|| {
            view! {
                <FilterBox />
                <SelectionChips />
            }
        });
        shown.into_any()
    };
    view! {
        <div class="server__strip">
            <p class="server__count" role="status" data-testid="search-status">
                {words}
            </p>
            {acts} {tools}
        </div>
        {show(move || notes(app, lines.get()))}
        {show(move || failure.get().map(|failure| failed(app, failure)))}
    }
    .into_any()
}

fn words(search: &Search) -> String {
    let Search { found, last, request, failure, .. } = search;
    let found = u64::from(*found);
    match (request.is_some(), found) {
        (true, 0) => "Searching…".to_owned(),
        (true, _) => format!("{} so far…", format::count(found)),
        (false, 0) if failure.is_some() => String::new(),
        (false, 0) => "No traces found".to_owned(),
        (false, _) => {
            let total = last.total.filter(|total| *total > found);
            let total = total.map(|total| format!(" · about {} in this range", format::count(total))).unwrap_or_default();
            let s = if found == 1 { "" } else { "s" };
            format!("{} trace{s} found, newest first{total}", format::count(found))
        }
    }
}

/// What the server kept back or said.
fn lines(app: AppState) -> Vec<String> {
    let (mut lines, cut_to) = app
        .server
        .search()
        .with(|search| search.as_ref().map(|search| (search.last.remarks.clone(), search.last.cut_to)).unwrap_or_default());
    if let Some((from, to)) = cut_to {
        let [from, to] = [from, to].map(|micros| {
            let nanos = micros.saturating_mul(1_000);
            format::absolute(nanos, app.zone_offset_minutes(nanos), TimeDigits::Seconds)
        });
        lines.insert(0, format!("The server cut the time range down to its limit: {from} – {to}"));
    }
    lines
}

/// These as a list, with what has become of new traces coming in by themselves.
fn notes(app: AppState, lines: Vec<String>) -> Option<AnyView> {
    let (live_words, stopped) = app.server.live().with(|live| (live.words.clone(), !live.on));
    let live_line = (!live_words.is_empty()).then(|| {
        let way_on = stopped.then(|| {
            view! {
                <button class="button button--small" type="button" on:click=move |_| live::resume(app)>
                    "Go on"
                </button>
            }
        });
        view! {
            <li class="server__note" data-testid="live-note">
                <Icon glyph=Glyph::Warning />
                <span>{live_words}</span>
                {way_on}
            </li>
        }
    });
    if lines.is_empty() && live_line.is_none() {
        return None;
    }
    let lines: Vec<_> = lines
        .into_iter()
        .map(|line| {
            view! {
                <li class="server__note">
                    <Icon glyph=Glyph::Warning />
                    <span>{line}</span>
                </li>
            }
        })
        .collect();
    Some(view! { <ul class="server__notes" aria-live="polite" data-testid="search-notes">{lines} {live_line}</ul> }.into_any())
}

fn failed(app: AppState, failure: Failure) -> AnyView {
    let Failure { code: _, headline, detail, remedy } = failure;
    let again = view! {
        <p class="server__remedy">
            <button class="button" type="button" on:click=move |_| search::more(app)>
                "Try again"
            </button>
        </p>
    };
    connection::trouble("search-problem", "search", [headline, detail, remedy], again.into_any())
}

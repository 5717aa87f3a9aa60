//! New traces by themselves: while the page is looked at, the newest page of the search is asked for again and again.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser::document;
use crate::link::Slot;
use crate::protocol::{Answer, FoundChange, Reply, Request, SearchView};
use crate::scene::format;
use crate::ui::reactive::effect;
use crate::ui::state::{AppState, Manner};

use super::range::{is_up_to_now, now_nanos};
use super::state::Search;
use super::{fields, place, search};

/// Name the box and the choice in the page.
pub(super) const LIVE: &str = "server-live";
pub(super) const EVERY: &str = "server-every";

const INTERVALS: [(&str, &str); 4] = [("5", "5 s"), ("10", "10 s"), ("30", "30 s"), ("60", "1 min")];

/// It stops after so many failures in a row, and never waits longer than this.
const FAILURES: u32 = 5;
const LONGEST_SECONDS: u32 = 300;
/// Pages that one refresh asks for at most, where more came in than fits on one.
const PAGES: u32 = 5;

type Timer = StoredValue<Option<TimeoutHandle>, LocalStorage>;

/// The box and the choice.
pub(super) fn controls(app: AppState) -> AnyView {
    let live = app.server.live();
    let options = INTERVALS.map(|(value, words)| {
        let selected = move || live.with(|live| live.seconds.to_string() == value);
        view! {
            <option value=value prop:selected=selected>
                {words}
            </option>
        }
    });
    let can = Memo::new(move |_| app.route.with(|route| is_up_to_now(&route.server)));
    let title = move || if can.get() { "New traces come in by themselves" } else { "For a range up to now: Last …" };
    view! {
        <div class="server__live" title=title>
            <label class="server__tick">
                <input
                    id=LIVE
                    type="checkbox"
                    prop:checked=move || live.with(|live| live.on)
                    disabled=move || !can.get()
                />
                "Live"
            </label>
            <label for=EVERY>"every"</label>
            <select id=EVERY class="field">
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// The reader changed one of them.
pub(super) fn changed(app: AppState) {
    let (on, seconds) = (fields::is_ticked(LIVE), fields::value(EVERY).parse().unwrap_or(10));
    app.server.live().update(|live| {
        if on && !live.on {
            live.failures = 0;
            live.words.clear();
        }
        live.on = on;
        live.seconds = seconds;
    });
}

/// Goes on after it stopped.
pub(super) fn resume(app: AppState) {
    app.server.live().update(|live| {
        live.on = true;
        live.failures = 0;
        live.words.clear();
    });
}

/// Runs it for as long as the page is there.
pub(super) fn run(app: AppState) {
    let timer: Timer = StoredValue::new_local(None);
    let seconds = Memo::new(move |_| app.server.live().with(|live| live.on.then_some(live.seconds)));
    effect(move |_| plan(app, timer, seconds.get()));
    on_cleanup(move || plan(app, timer, None));
}

/// The next time, instead of the one that was planned.
fn plan(app: AppState, timer: Timer, seconds: Option<u32>) {
    let next = seconds.and_then(|seconds| {
        set_timeout_with_handle(move || refresh(app, timer, 0), Duration::from_secs(u64::from(seconds))).ok()
    });
    // A timer that is gone went with the page.
    match timer.try_update_value(|timer| std::mem::replace(timer, next)) {
        Some(older) => older.iter().for_each(TimeoutHandle::clear),
        None => next.iter().for_each(TimeoutHandle::clear),
    }
}

/// Asks for the newest traces, from `offset` on.
fn refresh(app: AppState, timer: Timer, offset: u32) {
    let usual = app.server.live().with_untracked(|live| live.on.then_some(live.seconds));
    let is_seen = document().is_some_and(|document| !document.hidden());
    let request = app.server.search().with_untracked(|search| {
        let is_over = |search: &&Search| search.request.is_none() && (search.received > 0 || search.failure.is_none());
        let search = search.as_ref().filter(is_over).filter(|search| is_up_to_now(&search.address))?;
        let mut request = search::page(search, offset);
        request.scope.window = search.address.range.window(now_nanos());
        Some((search.number, request))
    });
    let Some((number, request)) = request.filter(|_| is_seen && usual.is_some()) else {
        return plan(app, timer, usual);
    };
    app.server.ask(app, Slot::Other, Request::Search(Box::new(request)), move |answer| {
        let search = app.server.search().get_untracked().filter(|search| search.number == number);
        let usual = app.server.live().with_untracked(|live| live.on.then_some(live.seconds));
        let (Some(search), Some(seconds)) = (search, usual) else {
            return plan(app, timer, usual);
        };
        let SearchView { traces, more, .. } = match answer {
            Answer::Reply(Reply::Search(view)) => *view,
            Answer::Failed(failure) => return plan(app, timer, failed(app, &failure.headline, seconds)),
            Answer::Cancelled | Answer::Reply(_) => return plan(app, timer, usual),
        };
        let new = search::unknown(app, &traces);
        // Not one was known: what came in since the last time may go on below.
        let goes_on = more && !traces.is_empty() && new.len() == traces.len();
        let is_last = offset.saturating_add(search::PAGE) >= PAGES * search::PAGE;
        let words = if goes_on && is_last { "Live: more came in than was asked for. Search again to see all." } else { "" };
        app.server.live().update(|live| {
            live.failures = 0;
            words.clone_into(&mut live.words);
        });
        search::count(app);
        if !new.is_empty() {
            app.announce(format!("{} came in", format::counted(new.len() as u64, "new trace")), Manner::Quiet);
        }
        place::hand_on(app, FoundChange::Merge, traces, search.selection, new, move || {
            if goes_on && !is_last {
                refresh(app, timer, offset.saturating_add(search::PAGE));
            } else {
                plan(app, timer, usual);
            }
        });
    });
}

/// Waits twice as long each time, and gives up in the end.
fn failed(app: AppState, headline: &str, seconds: u32) -> Option<u32> {
    let mut wait = None;
    app.server.live().update(|live| {
        live.failures = live.failures.saturating_add(1);
        if live.failures >= FAILURES {
            live.on = false;
            live.words = format!("Live has stopped after {FAILURES} failures: {headline}");
            return;
        }
        let longer = seconds.saturating_mul(1 << live.failures.min(8)).min(LONGEST_SECONDS);
        live.words = format!("Live: retrying in {longer} s. {headline}");
        wait = Some(longer);
    });
    wait
}

//! The page that searches a server: the connection, what is sought, what has come of it, and the traces.

use leptos::prelude::*;

use crate::route::{ServerAddress, View};
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, use_app};
use crate::ui::traces::grid::Grid;
use crate::ui::traces::scatter::Scatter;

use super::form::Form;
use super::state::Connected;
use super::{connect, connection, live, search, strip};

/// A selection rests for this long before the search follows it.
const REST: std::time::Duration = std::time::Duration::from_millis(400);

/// The page.
#[component]
pub fn OpenObservePage() -> impl IntoView {
    let app = use_app();
    let form = Form::new(app);
    follow_address(app, form);
    follow_selection(app);
    live::run(app);
    let has_traces = Memo::new(move |_| {
        app.dataset.with(|dataset| dataset.as_ref().is_some_and(|dataset| dataset.totals.spans > 0 || dataset.found > 0))
    });
    let traces = move || {
        if has_traces.get() {
            view! {
                <Scatter />
                <Grid />
            }
            .into_any()
        } else {
            view! { <p class="server__nothing">{show(move || nothing(app))}</p> }.into_any()
        }
    };
    view! {
        <div class="server">
            <h1 class="visually-hidden">"OpenObserve"</h1>
            {connection::view(app, form)}
            {form.view()}
            {strip::view(app)}
            {traces}
        </div>
    }
    .into_any()
}

/// What to do where there are no traces.
fn nothing(app: AppState) -> &'static str {
    let search =
        app.server.search().with(|search| search.as_ref().map(|search| (search.request.is_some(), search.failure.is_some())));
    match (app.server.connected().get(), search) {
        (Connected::Yes(..), Some((true, _))) => "Searching…",
        (Connected::Yes(..), Some((false, true))) => "",
        (Connected::Yes(..), Some((false, false))) => {
            "No trace in this range matches. Take a longer time range, or fewer conditions."
        }
        (Connected::Yes(..), None) => "Choose what to look for, and press Search.",
        (Connected::Trying(_), _) => "Connecting…",
        (Connected::No | Connected::Refused(..), _) => {
            "Once a server is connected, its newest traces stand here. A trace that you open is fetched with all its spans."
        }
    }
}

/// The address says what is sought: at first, when the form writes it, and when the reader goes back.
fn follow_address(app: AppState, form: Form) {
    let address = Memo::new(move |_| app.route.with(|route| (route.view == View::OpenObserve).then(|| route.server.clone())));
    Effect::new(move |before: Option<Option<ServerAddress>>| {
        let address = address.get()?;
        // Another connection alone leaves what is being typed as it is.
        let is_known = before.flatten().is_some_and(|before| before.range == address.range && before.query == address.query);
        if !is_known {
            form.fill(&address);
        }
        if untrack(|| connect::follow(app, &address)) {
            connection::ask_for_secret(app, address.connection.clone());
        }
        Some(address)
    });
}

/// The server applies what narrows all views, so a search follows it.
fn follow_selection(app: AppState) {
    let timer: StoredValue<Option<TimeoutHandle>, LocalStorage> = StoredValue::new_local(None);
    let plan = move |next: Option<TimeoutHandle>| {
        if let Some(older) = timer.try_update_value(|timer| std::mem::replace(timer, next)).flatten() {
            older.clear();
        }
    };
    let selection = Memo::new(move |_| app.route.with(|route| route.selection.clone()));
    effect(move |_| {
        let selection = selection.get();
        let is_other =
            app.server.search().with_untracked(|search| search.as_ref().is_some_and(|search| search.selection != selection));
        plan(is_other.then(|| set_timeout_with_handle(move || search::start(app), REST).ok()).flatten());
    });
    on_cleanup(move || plan(None));
}

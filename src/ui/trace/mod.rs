//! One trace: its heading, the minimap, the waterfall (or a flame graph, or a table), and a span's details beside it.

mod clocks;
mod colors;
mod commands;
mod critical;
mod flame_mode;
mod fold;
mod gestures;
mod header;
mod keys;
mod log_row;
mod logs;
mod marks;
mod minimap;
mod paint;
mod span;
mod stage;
mod state;
mod table;
mod toolbar;
mod waterfall;

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::browser::event::{Listener, Passive};
use crate::browser::window;
use crate::link::Slot;
use crate::protocol::{Failure, FailureCode, Reply, Request, TraceView};
use crate::route::{TraceMode, View};
use crate::ui::actions;
use crate::ui::fetch;
use crate::ui::later;
use crate::ui::palette;
use crate::ui::reactive::{effect, show, soon};
use crate::ui::remote::Remote;
use crate::ui::state::{AppState, use_app};

use colors::legend;
use critical::critical_panel;
use flame_mode::{flame_graph, flame_mode};
use header::header;
use logs::log_list;
use minimap::minimap;
use span::span_panel;
use state::TraceState;
use table::span_table;
use toolbar::toolbar;
use waterfall::waterfall;

/// The page of the trace that the route names.
#[component]
pub fn TracePage() -> impl IntoView {
    let app = use_app();
    let trace_id = Memo::new(move |_| app.route.with(|route| route.trace.trace_id.clone()));
    let epoch = Memo::new(move |_| app.dataset.with(|dataset| dataset.as_ref().map(|dataset| dataset.epoch)));
    move || {
        // Another trace, or the same of another data set, is another page: nothing of the old one stays.
        // (A memo that is only tracked is not computed, and counts as changed when it is.)
        let (trace_id, _) = (trace_id.get(), epoch.get());
        trace_view(app, trace_id)
    }
}

fn trace_view(app: AppState, trace_id: String) -> AnyView {
    let heading = RwSignal::new(Remote::<TraceView>::Idle);
    app.ask_into(Slot::Trace, Request::Trace { trace_id: trace_id.clone() }, heading, |reply| match reply {
        Reply::Trace(view) => Some(view),
        _ => None,
    });
    let body = move || {
        heading.with(|heading| match (heading.latest(), heading.failure()) {
            // Only the heading decides which page there is; the parts follow their own signals.
            (Some(trace), _) => untrack(|| loaded(app, Arc::clone(trace))),
            (None, Some(failure)) => {
                if failure.code == FailureCode::NotFound {
                    // Its progress stands above.
                    untrack(|| fetch::fetch_once(app, &trace_id));
                }
                missing(app, failure, &trace_id)
            }
            (None, None) => view! { <p class="trace__wait" role="status">"Opening the trace"</p> }.into_any(),
        })
    };
    view! { <div class="trace fill">{body}</div> }.into_any()
}

fn missing(app: AppState, failure: &Failure, trace_id: &str) -> AnyView {
    let unknown = failure.code == FailureCode::NotFound;
    let server = app.server.connection().filter(|_| unknown);
    let (headline, remedy) = match &server {
        _ if !unknown => (failure.headline.clone(), failure.remedy.clone()),
        Some(_) if app.import.with(Option::is_some) => {
            return view! { <p class="trace__wait" role="status">"Fetching the trace from the server"</p> }.into_any();
        }
        Some(connection) => (
            "This trace is neither here nor on the server.".to_owned(),
            format!(
                "It is not in stream {} of {}, as far as its spans can be looked for there.",
                connection.stream, connection.base
            ),
        ),
        None => (
            "This trace is not among the open data.".to_owned(),
            "The address may come from another file. Open that file, or go back to the traces that are here.".to_owned(),
        ),
    };
    let again = server.map(|_| {
        let trace_id = trace_id.to_owned();
        view! {
            <button class="button" type="button" on:click=move |_| fetch::fetch(app, &trace_id)>"Ask the server again"</button>
        }
    });
    view! {
        <section class="trace__missing" role="alert">
            <h1>{headline}</h1>
            <p><code>{trace_id.to_owned()}</code></p>
            <p>{remedy}</p>
            <button class="button" type="button" on:click=move |_| actions::go(app, View::Traces)>"Back to the traces"</button>
            {again}
        </section>
    }
    .into_any()
}

fn loaded(app: AppState, trace: Arc<TraceView>) -> AnyView {
    let root = trace.root_service;
    let title = format!(
        "{} {}",
        app.dataset.with_untracked(|dataset| {
            dataset
                .as_ref()
                .and_then(|dataset| dataset.services.get(root as usize))
                .map_or_else(String::new, |service| service.name.clone())
        }),
        trace.root_name
    );
    app.title.set(Some(title.trim().to_owned()));
    palette::note_visit(&trace.trace_id, title.trim());
    let state = TraceState::new(app, trace);
    let find_box = NodeRef::<html::Input>::new();

    let keys = window().map(|window| {
        Listener::new(&window, "keydown", Passive::No, move |event: KeyboardEvent| {
            keys::pressed(state, &event);
        })
    });
    let keys = StoredValue::new_local(keys);
    on_cleanup(move || keys.set_value(None));
    commands::offer(state, find_box);

    let graph = flame_graph(state);
    follow_address(state);

    view! {
        {header(state)}
        <div class="trace__map">
            {soon(move || minimap(state).into_any())}
        </div>
        {soon(move || toolbar(state, find_box, graph).into_any())}
        {legend(state)}
        {critical_panel(state)}
        <div class="trace__body" style:--span-panel-width=move || format!("{}px", state.detail_css_px.get())>
            {show(move || match state.mode().get() {
                TraceMode::Waterfall => soon(move || waterfall(state).into_any()),
                TraceMode::Flame => later::once_there(move || flame_mode(graph).into_any()),
                TraceMode::Table => later::once_there(move || span_table(state).into_any()),
                TraceMode::Logs => later::once_there(move || log_list(state).into_any()),
            })}
            {soon(move || span_panel(state).into_any())}
        </div>
    }
    .into_any()
}

/// What comes with the address, at first and when the reader goes back and forward.
fn follow_address(state: TraceState) {
    let app = state.app();
    let range = Memo::new(move |_| app.route.with(|route| route.trace.range));
    effect(move |again| {
        let range = range.get();
        if again {
            state.follow_range(range);
        }
    });
    let span_id = Memo::new(move |_| app.route.with(|route| route.trace.span_id.clone()));
    effect(move |_| {
        let wanted = span_id.get();
        let now = state.selected.with_untracked(|selected| selected.as_ref().map(|selected| selected.span_id.clone()));
        if wanted == now {
            return;
        }
        match wanted {
            Some(span_id) => state.go_to(Some(span_id), 0),
            None => state.selected.set(None),
        }
    });
}

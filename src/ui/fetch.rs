//! A trace that is on the connected server and not here: all its spans are fetched, and join the open data.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::link::Slot;
use crate::protocol::{Access, Answer, FailureCode, FetchTraceRequest, FetchedView, Reply, Request};
use crate::route::View;

use super::actions;
use super::sources::{Content, Opened, Source};
use super::state::{AppState, Import};

/// Goes to a trace, or to a span of it, wherever it is. Where nothing is open yet, the server is asked at once.
pub fn go_anywhere(app: AppState, trace_id: &str, span_id: Option<&str>) {
    match span_id {
        Some(span_id) => actions::go_span(app, trace_id, span_id),
        None => actions::go_trace(app, trace_id),
    }
    if app.dataset.with_untracked(Option::is_none) {
        fetch_once(app, trace_id);
    }
}

/// Fetches a trace that is not here, unless that has been tried just now.
pub fn fetch_once(app: AppState, trace_id: &str) {
    if app.basis.asked.with_value(|asked| asked.trace_id.as_deref() != Some(trace_id)) {
        fetch(app, trace_id);
    }
}

/// Fetches a trace; nothing without a server to ask.
pub fn fetch(app: AppState, trace_id: &str) {
    let Some(access) = app.server.access() else {
        return;
    };
    app.basis.asked.update_value(|asked| asked.trace_id = Some(trace_id.to_owned()));
    app.failure.set(None);
    let what = format!("trace {trace_id}");
    app.import.set(Some(Import {
        request: None,
        what: what.clone(),
        address: Some(access.connection.base.clone()),
        progress: None,
        on_server: true,
    }));
    let name = format!("{}/{}: {what}", access.connection.org, access.connection.stream);
    let request = FetchTraceRequest { window: window(app, &access), access, trace_id: trace_id.to_owned() };
    let id = app.server.ask_long(
        app,
        Slot::FetchTrace,
        Request::FetchTrace(Box::new(request)),
        move |progress| actions::note_progress(app, progress),
        move |answer, blobs| match (answer, blobs.into_iter().next()) {
            (Answer::Reply(Reply::Fetched(FetchedView { remarks, .. })), Some(blob)) => {
                // To those who read it, a blob is a file without a name.
                let content = Content::File(blob.unchecked_into());
                let opened = Opened { sources: vec![Source { name, content, remarks }], ..Opened::default() };
                actions::add(app, opened);
            }
            (Answer::Failed(failure), _) => {
                app.import.set(None);
                // That it is not there either stands on the page of the trace already.
                if failure.code != FailureCode::NotFound || app.dataset.with_untracked(Option::is_none) {
                    actions::fail(app, failure);
                } else {
                    app.announce("The server does not have this trace.", super::state::Manner::Quiet);
                }
            }
            (Answer::Cancelled | Answer::Reply(_), _) => app.import.set(None),
        },
    );
    actions::note_request(app, id);
}

/// When the trace's spans started, if the last search found it: then the server need not look everywhere.
fn window(app: AppState, access: &Access) -> Option<(u64, u64)> {
    let same = app.server.search().with_untracked(|search| search.as_ref().is_some_and(|search| search.scope.access == *access));
    let trace_id = app.route.with_untracked(|route| (route.view == View::Trace).then(|| route.trace.trace_id.clone()))?;
    app.list.rows.with_untracked(|rows| {
        let rows = rows.latest().filter(|_| same)?;
        let row = rows.rows.iter().find(|row| row.trace_id == trace_id)?;
        Some((row.start / 1_000, row.start.saturating_add(row.duration) / 1_000 + 1))
    })
}

//! Going to the trace or span that an id or a header names, wherever it is; or saying that it is nowhere here.

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Answer, Reply, Request, ResolveRequest};
use crate::route::Reference;

use super::actions;
use super::fetch;
use super::state::{AppState, Manner};

/// Goes there.
pub fn to(app: AppState, named: Reference) {
    if app.dataset.with_untracked(Option::is_none) {
        return elsewhere(app, &named);
    }
    let request = ResolveRequest { trace_id: named.trace_id.clone(), span_id: named.span_id.clone() };
    app.ask(Slot::Other, Request::Resolve(request), move |answer| {
        let Answer::Reply(Reply::Resolved(found)) = answer else {
            return;
        };
        match (found.trace_id, found.span_id) {
            (Some(trace_id), Some(span_id)) => actions::go_span(app, &trace_id, &span_id),
            (Some(trace_id), None) => {
                actions::go_trace(app, &trace_id);
                if let Some(span_id) = &named.span_id {
                    app.announce(format!("Its trace is here, but span {span_id} is not in it."), Manner::Shown);
                }
            }
            (None, _) => elsewhere(app, &named),
        }
    });
}

/// What is not here may be on the server; and where nothing is open yet, in what is opened next.
fn elsewhere(app: AppState, named: &Reference) {
    let nothing_open = app.dataset.with_untracked(Option::is_none);
    let whole = named.trace_id.as_ref().filter(|id| id.len() == 32);
    if let Some(trace_id) = whole.filter(|_| nothing_open || app.server.access().is_some()) {
        return fetch::go_anywhere(app, trace_id, named.span_id.as_deref());
    }
    let data = if nothing_open { "Nothing is open" } else { "Not in the open data" };
    let words = match named {
        Reference { trace_id: Some(id), span_id: None } if named.is_vague() => format!("{data}: no span or trace {id}."),
        Reference { trace_id: Some(id), .. } => format!("{data}: no trace {id}."),
        Reference { span_id: Some(id), .. } => format!("{data}: no span {id}."),
        Reference { .. } => return,
    };
    app.announce(words, Manner::Shown);
}

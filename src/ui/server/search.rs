//! A search: page after page from the server, each handed on to the engine, which has one list of all that is known.

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Answer, FoundChange, FoundTrace, Reply, Request, SearchRequest, SearchView, ServerScope};
use crate::ui::state::{AppState, Manner};

use super::place;
use super::range::now_nanos;
use super::state::Search;

/// Traces on a page.
pub(super) const PAGE: u32 = 100;
/// Traces that a search goes on to by itself, and that "load more" adds.
const BATCH: u32 = 500;

/// Searches for what the address says, anew; nothing without a connection.
pub(super) fn start(app: AppState) {
    let Some(access) = app.server.access() else {
        return;
    };
    cancel(app);
    let (address, selection) = app.route.with_untracked(|route| (route.server.clone(), route.selection.clone()));
    let number = app.server.search().with_untracked(|search| search.as_ref().map_or(0, |search| search.number.wrapping_add(1)));
    let window = address.range.window(now_nanos());
    let scope = ServerScope { access, window, query: address.query.clone() };
    app.server.live().update(|live| {
        live.failures = 0;
        live.words.clear();
    });
    app.server.search().set(Some(Search {
        number,
        address,
        scope,
        selection,
        received: 0,
        wanted: BATCH,
        found: 0,
        last: SearchView::default(),
        request: None,
        failure: None,
    }));
    ask(app);
}

/// Goes on where the search stopped.
pub(super) fn more(app: AppState) {
    app.server.search().update(|search| {
        if let Some(search) = search {
            search.wanted = search.received.saturating_add(BATCH);
            search.failure = None;
        }
    });
    ask(app);
}

/// Stops; what has been found stays.
pub(super) fn cancel(app: AppState) {
    let request = app.server.search().with_untracked(|search| search.as_ref().and_then(|search| search.request));
    if let Some(request) = request {
        app.server.cancel(request);
        // A page may have come already and be on its way into the list: no other follows it.
        update(app, |search| search.request = None);
    }
}

/// The request for a page of a search.
pub(super) fn page(search: &Search, offset: u32) -> SearchRequest {
    let (scope, selection) = (search.scope.clone(), search.selection.clone());
    SearchRequest { scope, selection, offset, limit: PAGE, count: false }
}

/// Asks for the next page.
fn ask(app: AppState) {
    let next = app.server.search().with_untracked(|search| {
        let search = search.as_ref()?;
        Some((search.number, SearchRequest { count: search.received == 0, ..page(search, search.received) }))
    });
    let Some((number, request)) = next else {
        return;
    };
    let id = app.server.ask(app, Slot::Search, Request::Search(Box::new(request)), move |answer| arrive(app, number, answer));
    app.server.search().update(|search| {
        if let Some(search) = search {
            search.request = Some(id);
        }
    });
}

fn arrive(app: AppState, number: u32, answer: Answer) {
    let is_current = app.server.search().with_untracked(|search| search.as_ref().is_some_and(|search| search.number == number));
    if !is_current {
        return;
    }
    let mut view = match answer {
        Answer::Reply(Reply::Search(view)) => *view,
        Answer::Failed(failure) => {
            app.announce(failure.headline.clone(), Manner::Quiet);
            return update(app, |search| {
                search.request = None;
                search.failure = Some(failure);
            });
        }
        Answer::Cancelled | Answer::Reply(_) => return update(app, |search| search.request = None),
    };
    let traces = std::mem::take(&mut view.traces);
    let is_first = app.server.search().with_untracked(|search| search.as_ref().is_none_or(|search| search.received == 0));
    if is_first {
        app.server.update_known(Vec::clear);
    }
    _ = unknown(app, &traces);
    let found = known(app);
    let mut goes_on = false;
    update(app, |search| {
        search.received = search.received.saturating_add(view.received);
        search.found = found;
        goes_on = view.more && view.received > 0 && search.received < search.wanted;
        let before = std::mem::take(&mut search.last);
        view.total = view.total.or(before.total);
        view.cut_to = view.cut_to.or(before.cut_to);
        for remark in before.remarks {
            if !view.remarks.contains(&remark) {
                view.remarks.push(remark);
            }
        }
        search.last = view;
    });
    let change = if is_first { FoundChange::Replace } else { FoundChange::Merge };
    let applied = app.server.search().with_untracked(|search| search.as_ref().map(|search| search.selection.clone()));
    place::hand_on(app, change, traces, applied.unwrap_or_default(), Vec::new(), move || {
        let is_current = app
            .server
            .search()
            .with_untracked(|search| search.as_ref().is_some_and(|search| search.number == number && search.request.is_some()));
        match (is_current, goes_on) {
            (true, true) => ask(app),
            (true, false) => update(app, |search| search.request = None),
            (false, _) => {}
        }
    });
}

fn update(app: AppState, change: impl FnOnce(&mut Search)) {
    app.server.search().update(|search| {
        if let Some(search) = search {
            change(search);
        }
    });
}

/// Those of the traces that were not known; from now on they are.
pub(super) fn unknown(app: AppState, traces: &[FoundTrace]) -> Vec<FoundTrace> {
    let mut new = Vec::new();
    app.server.update_known(|known| {
        for trace in traces {
            // An id that is none is taken for known: it can be listed, but not told from others.
            if let Ok(id) = u128::from_str_radix(&trace.trace_id, 16)
                && let Err(at) = known.binary_search(&id)
            {
                known.insert(at, id);
                new.push(trace.clone());
            }
        }
    });
    new
}

/// Says anew how many traces the search has found.
pub(super) fn count(app: AppState) {
    update(app, |search| search.found = known(app));
}

fn known(app: AppState) -> u32 {
    let mut count = 0;
    app.server.update_known(|known| count = known.len());
    u32::try_from(count).unwrap_or(u32::MAX)
}

//! Handing traces that a server tells of to the engine, and showing the list that comes of it without losing the reader's place.

use std::sync::Arc;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{
    Answer, DatasetView, Failure, FoundChange, FoundRequest, FoundTrace, Reply, Request, Selection, SortColumn, TraceRow,
    TracesRequest,
};
use crate::ui::remote::Remote;
use crate::ui::state::AppState;
use crate::ui::windowed;

/// Rows that are asked for above the first one in view, and in all.
const ABOVE: u32 = 60;
const ROWS: u32 = 240;

/// Hands traces on. `new` are those among them that the list does not have yet: what comes in above the reader's place
/// moves that place down. `then` is called once the engine has them.
pub(super) fn hand_on(
    app: AppState,
    change: FoundChange,
    traces: Vec<FoundTrace>,
    applied: Selection,
    new: Vec<FoundTrace>,
    then: impl FnOnce() + 'static,
) {
    let then: Box<dyn FnOnce()> = Box::new(then);
    app.ask(Slot::Other, Request::Found(FoundRequest { change, traces, applied }), move |answer| match answer {
        Answer::Reply(Reply::Opened(dataset)) => {
            arrive(app, dataset, new);
            then();
        }
        Answer::Failed(failure) => fail(app, failure),
        Answer::Reply(_) | Answer::Cancelled => {}
    });
}

fn fail(app: AppState, failure: Failure) {
    app.server.search().update(|search| {
        if let Some(search) = search {
            search.request = None;
            search.failure = Some(failure);
        }
    });
}

/// Services are named by their position, which a new one changes: the rows of the new data set take the place of the old
/// ones in the same moment as the data set itself, so that nothing flickers or is called by another's name.
fn arrive(app: AppState, dataset: DatasetView, new: Vec<FoundTrace>) {
    let Some(port) = app.port.get_value() else {
        return;
    };
    port.set_epoch(dataset.epoch);
    if dataset.totals.spans == 0 && dataset.found == 0 && dataset.sources.is_empty() {
        app.list.rows.set(Remote::Idle);
        app.dataset.set(None);
        return;
    }
    let (selection, list) = app.route.with_untracked(|route| (route.selection.clone(), route.list.clone()));
    let row_css_px = windowed::row_css_px();
    let first = move || row_from(app.list.top.get_untracked() / row_css_px);
    let offset = first().saturating_sub(ABOVE);
    let request = Request::Traces(TracesRequest {
        selection,
        sort: list.sort,
        descending: list.descending,
        offset,
        limit: ROWS.saturating_add(u32::try_from(new.len()).unwrap_or(0)),
        columns: list.columns,
    });
    app.ask(Slot::Other, request, move |answer| {
        // Another data set has come since: it brings rows of its own.
        let is_newest = app.dataset.with_untracked(|shown| shown.as_ref().is_none_or(|shown| shown.epoch < dataset.epoch));
        if !is_newest {
            return;
        }
        let (first, active) = (first(), app.list.active.get_untracked());
        let above = |row: u32| {
            let anchor = row_at(app, row)?;
            let before = |trace: &&FoundTrace| {
                let (theirs, own) = (key_of_found(list.sort, trace), key_of_row(list.sort, &anchor));
                if list.descending { theirs > own } else { theirs < own }
            };
            u32::try_from(new.iter().filter(before).count()).ok()
        };
        // Who looks at the top wants to see what comes in there.
        let shift = if first > 0 { above(first).unwrap_or(0) } else { 0 };
        let active = active.map(|active| active.saturating_add(above(active).unwrap_or(shift)));
        if let Answer::Reply(Reply::Traces(view)) = answer {
            app.list.rows.set(Remote::Ready(Arc::new(view)));
        }
        app.list.top.update(|top| *top += f64::from(shift) * row_css_px);
        app.list.active.set(active);
        app.dataset.set(Some(Arc::new(dataset)));
    });
}

/// The row at a place of the list, if it is here.
fn row_at(app: AppState, index: u32) -> Option<TraceRow> {
    app.list.rows.with_untracked(|rows| {
        let view = rows.latest()?;
        view.rows.get(usize::try_from(index.checked_sub(view.offset)?).ok()?).cloned()
    })
}

fn key_of_row(column: SortColumn, row: &TraceRow) -> u64 {
    key(column, [row.start, row.duration, u64::from(row.spans), u64::from(row.service_count), u64::from(row.errors)])
}

fn key_of_found(column: SortColumn, trace: &FoundTrace) -> u64 {
    let spans = u64::from(trace.spans.unwrap_or(0));
    key(column, [trace.start, trace.duration, spans, trace.services.len() as u64, u64::from(trace.errors)])
}

/// What a list is sorted by. Among names nobody counts: the place stays by its number there.
fn key(column: SortColumn, [start, duration, spans, services, errors]: [u64; 5]) -> u64 {
    match column {
        SortColumn::Start => start,
        SortColumn::Duration => duration,
        SortColumn::Spans => spans,
        SortColumn::Services => services,
        SortColumn::Errors => errors,
        SortColumn::Name | SortColumn::Field(_) => 0,
    }
}

fn row_from(row: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float to an integer saturates")]
    let row = row as u32;
    row
}

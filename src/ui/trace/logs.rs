//! The trace's log records as a table by time: only the rows in view exist, and only those around them are asked for.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::link::Slot;
use crate::protocol::{Answer, LogLevel, LogRow, LogsRequest, Reply, Request};
use crate::scene::format::{self, TimeDigits};
use crate::scene::{RowSpan, ScrollMap};
use crate::ui::failure_panel::FailureNote;
use crate::ui::parts::ServiceDot;
use crate::ui::reactive::{effect, show};
use crate::ui::remote::Remote;
use crate::ui::windowed::Windowed;

use super::state::TraceState;

/// Rows that are asked for above and below those in view.
const AHEAD_ROWS: u32 = 60;

const COLUMNS: [&str; 5] = ["Time", "Severity", "Service", "Message", "Span"];

/// The levels that can be the least, with their words.
const LEAST: [(LogLevel, &str); 6] = [
    (LogLevel::Unspecified, "All severities"),
    (LogLevel::Debug, "Debug and up"),
    (LogLevel::Info, "Info and up"),
    (LogLevel::Warn, "Warn and up"),
    (LogLevel::Error, "Error and up"),
    (LogLevel::Fatal, "Fatal"),
];

/// What narrows the list, beside the text sought.
pub(super) fn log_tools(state: TraceState) -> impl IntoView {
    let chosen = move || state.app().route.with(|route| route.trace.least);
    let choose = move |event| {
        let value = event_target_value(&event);
        let least = LEAST.iter().find(|(_, words)| *words == value).map_or(LogLevel::Unspecified, |&(level, _)| level);
        state.app().route.update(|route| route.trace.least = least);
    };
    let value = move || LEAST.iter().find(|&&(level, _)| level == chosen()).map_or("", |&(_, words)| words);
    view! {
        <label class="log-tools">
            <span class="visually-hidden">"Least severity"</span>
            <select class="field" data-testid="log-severity" on:change=choose prop:value=value>
                {LEAST.map(|(_, words)| view! { <option value=words>{words}</option> }).collect_view()}
            </select>
        </label>
    }
}

/// The table.
pub(super) fn log_list(state: TraceState) -> impl IntoView {
    let matched = Memo::new(move |_| state.logs().with(|logs| logs.latest().map_or(0, |view| view.matched)));
    let windowed = Windowed::new(matched, RwSignal::new(0.0));
    let active = RwSignal::new(None::<u32>);
    ask_for_rows(state, windowed, active);
    let active_id = move || {
        let active = active.get()?;
        let drawn = windowed.drawn();
        (drawn.first <= active && active < drawn.end).then(|| row_id(active))
    };
    let pressed = move |event: KeyboardEvent| {
        if act(state, windowed, active, &event.key()) {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    view! {
        <div
            class="log-list"
            role="grid"
            data-testid="log-list"
            aria-label="Log records of the trace"
            aria-rowcount=move || matched.get().saturating_add(1).to_string()
            aria-colcount="5"
            aria-busy=move || if state.logs().with(Remote::is_loading) { "true" } else { "false" }
            aria-activedescendant=active_id
            tabindex="0"
            node_ref=windowed.element
            on:scroll=move |_| windowed.scrolled()
            on:keydown=pressed
        >
            <div class="log-list__heads" role="row" aria-rowindex="1">
                {COLUMNS.map(|words| view! { <div role="columnheader" class="log-list__head">{words}</div> }).collect_view()}
            </div>
            <div class="log-list__rows" role="rowgroup" style:height=move || format!("{}px", windowed.map.with(ScrollMap::spacer_css_px))>
                <For
                    each=move || {
                        let drawn = windowed.drawn();
                        drawn.first..drawn.end
                    }
                    key=|index| *index
                    children=move |index| one_row(state, windowed, active, index)
                />
            </div>
            {show(move || nothing(state))}
        </div>
    }
}

fn row_id(index: u32) -> String {
    format!("log-row-{index}")
}

fn row_at(state: TraceState, index: u32) -> Option<LogRow> {
    state.logs().with(|rows| {
        let view = rows.latest()?;
        view.rows.get(index.checked_sub(view.offset)? as usize).cloned()
    })
}

fn one_row(state: TraceState, windowed: Windowed, active: RwSignal<Option<u32>>, index: u32) -> impl IntoView {
    let row = Memo::new(move |_| row_at(state, index));
    let span_id = move || row.with(|row| row.as_ref()?.span.as_ref().map(|span| span.span_id.clone()));
    let is_selected = move || {
        let shown = state.selected.with(|selected| selected.as_ref().map(|selected| selected.span_id.clone()));
        shown.is_some() && span_id() == shown
    };
    let content = move || {
        row.with(|row| match row {
            Some(row) => cells(state, row),
            None => view! { <div class="log-list__pending" role="gridcell" aria-label="Not there yet"></div> }.into_any(),
        })
    };
    view! {
        <div
            id=row_id(index)
            class="log-list__row"
            role="row"
            data-testid="log-row"
            data-span-id=span_id
            data-level=move || row.with(|row| row.as_ref().map(|row| (row.level as u8).to_string()))
            data-active=move || (active.get() == Some(index)).then_some("")
            aria-rowindex=index.saturating_add(2).to_string()
            aria-selected=move || if is_selected() { "true" } else { "false" }
            style:transform=move || windowed.place(index)
            on:click=move |_| choose(state, active, index)
        >
            {show(content)}
        </div>
    }
}

fn cells(state: TraceState, row: &LogRow) -> AnyView {
    let app = state.app();
    let (time, start) = (row.time, state.trace.with_value(|trace| trace.start));
    let absolute = move || {
        let offset = app.zone_offset_minutes(time);
        format!("{} {}", format::absolute(time, offset, TimeDigits::Nanos), format::utc_offset(offset))
    };
    let dot = row.service.map(|service| view! { <ServiceDot color=app.service_color(service)/> });
    let span = row.span.as_ref().map_or_else(String::new, |span| span.name.clone());
    let severity = if row.severity.is_empty() { "none".to_owned() } else { row.severity.clone() };
    view! {
        <div role="gridcell" class="log-list__cell log-list__cell--time" title=absolute>{when(time, start)}</div>
        <div role="gridcell" class="log-list__cell log-list__severity">{severity}</div>
        <div role="gridcell" class="log-list__cell" title=row.service_name.clone()>
            {dot}
            <span class="log-list__words">{row.service_name.clone()}</span>
        </div>
        <div role="gridcell" class="log-list__cell" title=row.words.clone()>
            <span class="log-list__words">{row.words.clone()}</span>
        </div>
        <div role="gridcell" class="log-list__cell" title=span>
            <span class="log-list__words">{span.clone()}</span>
        </div>
    }
    .into_any()
}

/// A time as an offset from another, which it may be before.
pub(super) fn when(time: u64, start: u64) -> String {
    if time == 0 {
        "no time".to_owned()
    } else if time >= start {
        format::offset(time - start)
    } else {
        format!("−{}", format::duration(start - time))
    }
}

/// The keyboard is there; the span that the record is of is shown.
fn choose(state: TraceState, active: RwSignal<Option<u32>>, index: u32) {
    active.set(Some(index));
    if let Some(span) = untrack(|| row_at(state, index)).and_then(|row| row.span) {
        state.show_span(&span.span_id);
    }
}

/// Does what a key does in the list. False if it does nothing.
fn act(state: TraceState, windowed: Windowed, active: RwSignal<Option<u32>>, key: &str) -> bool {
    let map = windowed.map.get_untracked();
    let now = active.get_untracked();
    let to = match key {
        "Enter" | " " => match now {
            Some(now) => {
                choose(state, active, now);
                return true;
            }
            None => map.row_by_key("Home", None),
        },
        key => map.row_by_key(key, now),
    };
    let Some(to) = to else {
        return false;
    };
    windowed.reveal(to);
    active.set(Some(to));
    true
}

/// What stands in the place of rows where there are none.
fn nothing(state: TraceState) -> Option<AnyView> {
    state.logs().with(|rows| {
        if let Some(failure) = rows.failure() {
            let failure = failure.clone();
            return Some(view! { <FailureNote failure>""</FailureNote> }.into_any());
        }
        let view = rows.latest()?;
        (view.matched == 0).then(|| {
            let words = if view.total == 0 { "This trace has no log records." } else { "No log record matches." };
            view! { <p class="log-list__nothing" role="status">{words}</p> }.into_any()
        })
    })
}

/// Asks for the rows around those in view, unless they are there or under way.
fn ask_for_rows(state: TraceState, windowed: Windowed, active: RwSignal<Option<u32>>) {
    let filter = Memo::new(move |_| {
        let least = state.app().route.with(|route| route.trace.least);
        (state.find.with(|find| find.text.clone()), least)
    });
    let asked: StoredValue<Option<(LogsRequest, RowSpan)>> = StoredValue::new(None);
    effect(move |_| {
        let (find, least) = filter.get();
        let visible = windowed.visible.get();
        // Before the first answer nobody knows how many rows there are.
        let page = windowed.map.with(|map| map.page_rows().saturating_add(2));
        let wanted = RowSpan { first: visible.first, end: visible.end.max(visible.first.saturating_add(page)) };
        let known = windowed.map.with_untracked(|map| map.rows);
        let needed = RowSpan { first: visible.first, end: visible.end.min(known.max(visible.first)) };
        let span = wanted.widened(AHEAD_ROWS, u32::MAX);
        let question = LogsRequest { trace_id: state.trace_id(), find, least, ..LogsRequest::default() };
        let enough = asked.with_value(|asked| {
            asked.as_ref().is_some_and(|(same, span)| *same == question && (span.covers(needed) || span.covers(wanted)))
        });
        if enough {
            return;
        }
        let is_other = asked.with_value(|asked| asked.as_ref().is_some_and(|(same, _)| *same != question));
        if is_other {
            windowed.top.set(0.0);
            active.set(None);
        }
        asked.set_value(Some((question.clone(), span)));
        state.logs().update(|rows| *rows = rows.loading());
        let request = LogsRequest { offset: span.first, limit: span.len(), ..question.clone() };
        state.app().ask(Slot::Logs, Request::Logs(request), move |answer| {
            let is_awaited = asked.try_with_value(|asked| asked.as_ref().is_some_and(|(same, _)| *same == question));
            if is_awaited != Some(true) {
                return;
            }
            match answer {
                Answer::Reply(Reply::Logs(view)) => state.logs().set(Remote::Ready(Arc::new(view))),
                Answer::Failed(failure) => state.logs().update(|rows| *rows = rows.failed(failure)),
                Answer::Reply(_) | Answer::Cancelled => state.logs().update(|rows| *rows = rows.settled()),
            }
        });
    });
}

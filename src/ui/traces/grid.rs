//! The table of traces: only the rows in view exist, and only those around them are asked for.
//!
//! [`Windowed`] says what is where.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use crate::browser::event::{Listener, Passive};
use crate::browser::{document, frame, marks, window};
use crate::link::Slot;
use crate::protocol::{Epoch, Reply, Request, Selection, SortColumn, TraceRow, TracesRequest};
use crate::route::{ListAddress, column_name, field_words, width_of};
use crate::scene::{RowSpan, ScrollMap};
use crate::ui::actions;
use crate::ui::columns::list_head_menu;
use crate::ui::commands::{self, Command};
use crate::ui::failure_panel::FailureNote;
use crate::ui::keys;
use crate::ui::later;
use crate::ui::notes::{self, Subject};
use crate::ui::parts::{ColumnEdge, Glyph, Icon};
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, use_app};
use crate::ui::windowed::Windowed;

use super::columns::{self, USUAL};
use super::leaving;
use super::row;

/// Names the table for what goes to it.
pub(super) const GRID_ID: &str = "trace-list";

/// Rows that are asked for above and below those in view.
const AHEAD_ROWS: u32 = 60;

/// What the rows are a window of.
#[derive(Clone, Debug, Default, PartialEq)]
struct Query {
    epoch: Epoch,
    selection: Selection,
    list: ListAddress,
}

/// The table.
#[component]
pub fn Grid() -> impl IntoView {
    let app = use_app();
    let matched = Memo::new(move |_| app.list.rows.with(|rows| rows.latest().map_or(0, |view| view.matched)));
    let windowed = Windowed::new(matched, app.list.top);
    let Windowed { map, visible, .. } = windowed;
    ask_for_rows(app, visible, map);
    listen_to_keys(app, map);
    offer_pin(app);
    mark_when_painted(app);
    columns::follow_widths(app, windowed.element);

    let added = Memo::new(move |_| app.route.with(|route| route.list.columns.clone()));
    let active_id = move || {
        let active = app.list.active.get()?;
        let drawn = windowed.drawn();
        (drawn.first..drawn.end).contains(&active).then(|| row_id(active))
    };
    let busy = move || app.list.rows.with(|rows| rows.is_loading() && rows.latest().is_none()).to_string();
    view! {
        <div
            id=GRID_ID
            class="trace-list"
            role="grid"
            aria-label="Traces"
            aria-rowcount=move || (matched.get().saturating_add(1)).to_string()
            aria-colcount=move || added.with(|added| USUAL.len().saturating_add(added.len()).to_string())
            aria-busy=busy
            aria-activedescendant=active_id
            tabindex="0"
            node_ref=windowed.element
            on:scroll=move |_| windowed.scrolled()
        >
            <div class="trace-list__heads" role="row" aria-rowindex="1">
                {USUAL.map(|(column, words, class)| head(app, column, words.to_owned(), class, column_name(column).to_owned())).collect_view()}
                {show(move || added.with(|added| added.iter().zip(0..).map(|(text, at)| added_head(app, text, at)).collect_view()))}
            </div>
            <div class="trace-list__rows" role="rowgroup" style:height=move || format!("{}px", map.with(ScrollMap::spacer_css_px))>
                <For
                    each=move || {
                        let drawn = windowed.drawn();
                        drawn.first..drawn.end
                    }
                    key=|index| *index
                    children=move |index| one_row(app, windowed, index)
                />
            </div>
            {show(move || nothing(app))}
        </div>
    }
    .into_any()
}

/// Puts the focus on the table, at its first row if the keyboard was at none.
pub fn focus() {
    let grid = document().and_then(|document| document.get_element_by_id(GRID_ID));
    if let Some(grid) = grid.and_then(|grid| grid.dyn_into::<HtmlElement>().ok()) {
        // It can be focused, as it has a tabindex.
        _ = grid.focus();
    }
}

fn row_id(index: u32) -> String {
    format!("trace-row-{index}")
}

/// A column's head. `name` is what its width goes by.
fn head(app: AppState, column: SortColumn, words: String, class: &'static str, name: String) -> AnyView {
    let direction = move || app.route.with(|route| (route.list.sort == column).then_some(route.list.descending));
    let sorted = move || match direction() {
        None => "none",
        Some(true) => "descending",
        Some(false) => "ascending",
    };
    let glyph = move || {
        direction().map(|descending| {
            let glyph = if descending { Glyph::ChevronDown } else { Glyph::ChevronUp };
            view! { <Icon glyph /> }
        })
    };
    let tools = match column {
        SortColumn::Field(_) => {
            let text = name.clone();
            Some(later::in_time(move || list_head_menu(app, &text)))
        }
        _ => None,
    };
    let own = name.clone();
    let width = Signal::derive(move || app.route.with(|route| width_of(&route.list.widths, &own)));
    let on_width = Callback::new(move |css_px| actions::resize_column(app, &name, css_px));
    view! {
        <div role="columnheader" aria-sort=sorted class=class>
            <button class="trace-list__sort" type="button" on:click=move |_| actions::sort_traces(app, column)>
                <span class="trace-list__words">{words.clone()}</span>
                {show(glyph)}
            </button>
            {tools}
            <ColumnEdge words width on_width />
        </div>
    }
    .into_any()
}

fn added_head(app: AppState, text: &str, at: u8) -> AnyView {
    head(app, SortColumn::Field(at), field_words(text).to_owned(), "trace-list__head", text.to_owned())
}

fn one_row(app: AppState, windowed: Windowed, index: u32) -> impl IntoView {
    let row: Memo<Option<(TraceRow, u64)>> = Memo::new(move |_| {
        app.list.rows.with(|rows| {
            let view = rows.latest()?;
            let at = usize::try_from(index.checked_sub(view.offset)?).ok()?;
            view.rows.get(at).map(|row| (row.clone(), view.longest))
        })
    });
    let trace_id = move || row.with(|row| row.as_ref().map(|(row, _)| row.trace_id.clone()));
    let clicked = move |event: MouseEvent| {
        let on_link = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .is_some_and(|element| element.closest("a").ok().flatten().is_some());
        app.list.active.set(Some(index));
        // The link goes there by itself.
        if !on_link && let Some(trace_id) = trace_id() {
            actions::go_trace(app, &trace_id);
        }
    };
    let content = move || {
        row.with(|row| match row {
            Some((row, longest)) => row::cells(app, row, *longest),
            None => view! { <div class="trace-list__pending" role="gridcell" aria-label="Not there yet"></div> }.into_any(),
        })
    };
    view! {
        <div
            id=row_id(index)
            class="trace-list__row"
            role="row"
            data-testid="trace-row"
            data-trace-id=trace_id
            aria-rowindex=index.saturating_add(2).to_string()
            aria-selected=move || (app.list.active.get() == Some(index)).to_string()
            style:transform=move || windowed.place(index)
            on:click=clicked
        >
            {content}
        </div>
    }
}

/// What stands in the place of rows where there are none.
fn nothing(app: AppState) -> Option<AnyView> {
    app.list.rows.with(|rows| {
        if let Some(failure) = rows.failure() {
            let failure = failure.clone();
            return Some(view! { <FailureNote failure>""</FailureNote> }.into_any());
        }
        let view = rows.latest()?;
        if view.matched > 0 {
            return None;
        }
        let filtered = app.route.with(|route| !route.selection.is_all());
        let (words, way_on) = if filtered {
            ("No trace matches the filter and the selection.", Some("Show all traces"))
        } else {
            ("There is no span in what was opened. The import report says what was found.", None)
        };
        let button = way_on.map(|words| {
            view! {
                <button class="button" type="button" on:click=move |_| actions::clear_selection(app)>
                    {words}
                </button>
            }
        });
        Some(view! { <div class="trace-list__nothing" role="status"><p>{words}</p>{button}</div> }.into_any())
    })
}

/// Asks for the rows around those in view, unless they are there or under way.
fn ask_for_rows(app: AppState, visible: Memo<RowSpan>, map: Memo<ScrollMap>) {
    let query = Memo::new(move |_| {
        let (selection, list) = app.route.with(|route| (route.selection.clone(), route.list.clone()));
        // How wide a column is asks for nothing.
        Query { epoch: app.epoch(), selection, list: ListAddress { widths: Vec::new(), ..list } }
    });
    let asked: StoredValue<Option<(Query, RowSpan)>> = StoredValue::new(None);
    // A data set of the same number as the one before it is another one all the same: the rows are gone then.
    let is_there = move || app.list.rows.with_untracked(|rows| rows.latest().is_some() || rows.is_loading());
    effect(move |_| {
        let query = query.get();
        app.dataset.track();
        let visible = visible.get();
        // Before the first answer nobody knows how many rows there are.
        let page = map.with(|map| map.page_rows().saturating_add(2));
        let wanted = RowSpan { first: visible.first, end: visible.end.max(visible.first.saturating_add(page)) };
        let known = map.with_untracked(|map| map.rows);
        let needed = RowSpan { first: visible.first, end: visible.end.min(known.max(visible.first)) };
        let enough = asked.with_value(|asked| {
            asked.as_ref().is_some_and(|(same, span)| *same == query && (span.covers(needed) || span.covers(wanted)))
        });
        if query.epoch == 0 || (enough && is_there()) {
            return;
        }
        let span = wanted.widened(AHEAD_ROWS, u32::MAX);
        let request = TracesRequest {
            selection: query.selection.clone(),
            sort: query.list.sort,
            descending: query.list.descending,
            offset: span.first,
            limit: span.len(),
            columns: query.list.columns.clone(),
        };
        leaving::expect(asked.with_value(|asked| {
            let before = asked.as_ref().map(|(before, _)| before);
            before.is_some_and(|before| {
                before.epoch == query.epoch && before.selection != query.selection && before.list.is_same_list(&query.list)
            })
        }));
        asked.set_value(Some((query, span)));
        app.ask_into(Slot::Traces, Request::Traces(request), app.list.rows, |reply| match reply {
            Reply::Traces(view) => {
                leaving::replace(&view);
                Some(view)
            }
            _ => None,
        });
    });
}

fn listen_to_keys(app: AppState, map: Memo<ScrollMap>) {
    let listener = window().map(|window| {
        Listener::new(&window, "keydown", Passive::No, move |event: KeyboardEvent| {
            if keys::is_for_the_page(&event) && act(app, &map.get_untracked(), &event) {
                event.prevent_default();
            }
        })
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));
}

/// Does what a key does in the list. False if it does nothing.
fn act(app: AppState, map: &ScrollMap, event: &KeyboardEvent) -> bool {
    let on_control = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.closest("button, a, summary").ok().flatten().is_some());
    let active = app.list.active.get_untracked();
    let to = match event.key().as_str() {
        "Enter" if !on_control => {
            let trace_id = active.and_then(|active| trace_id_at(app, active));
            if let Some(trace_id) = &trace_id {
                actions::go_trace(app, trace_id);
            }
            return trace_id.is_some();
        }
        key => map.row_by_key(key, active),
    };
    let Some(to) = to else {
        return false;
    };
    app.list.active.set(Some(to));
    app.list.top.update(|top| *top = map.revealing(to, *top));
    focus();
    true
}

/// The row that the keyboard is at can be pinned.
fn offer_pin(app: AppState) {
    let can = move |command| command == Command::Pin && active_subject(app).is_some();
    let act = move |_| {
        if let Some(subject) = active_subject(app) {
            notes::toggle_pin(app, subject);
        }
    };
    commands::offer(can, act);
}

fn active_subject(app: AppState) -> Option<Subject> {
    let active = app.list.active.get_untracked()?;
    app.list.rows.with_untracked(|rows| {
        let view = rows.latest()?;
        let row = view.rows.get(usize::try_from(active.checked_sub(view.offset)?).ok()?)?;
        let name = format!("{} {}", untrack(|| app.service_name(row.root_service)), row.root_name);
        Some(Subject { trace_id: row.trace_id.clone(), span_id: String::new(), name })
    })
}

fn trace_id_at(app: AppState, index: u32) -> Option<String> {
    app.list.rows.with_untracked(|rows| {
        let view = rows.latest()?;
        let at = usize::try_from(index.checked_sub(view.offset)?).ok()?;
        view.rows.get(at).map(|row| row.trace_id.clone())
    })
}

/// Tells measurements when the first rows are on the screen: after the frame that paints them.
fn mark_when_painted(app: AppState) {
    effect(move |_| {
        if app.list.rows.with(|rows| rows.latest().is_some()) {
            frame::next(|_| frame::next(|_| marks::mark_first(marks::READY)));
        }
    });
}

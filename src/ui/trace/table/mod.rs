//! The trace's spans as a table: sorted by any column, any attribute a column, grouped by one or two keys. Only the rows in view
//! exist, and only those around them are asked for.

mod cells;
mod columns;
mod csv;
mod tools;

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, KeyboardEvent};

use crate::browser::event::{Listener, Passive};
use crate::browser::window;
use crate::link::Slot;
use crate::protocol::{GroupBy, Reply, Request, TableColumn, TableRequest, TableRow};
use crate::route::{TableAddress, set_width, table_column_name, width_of};
use crate::scene::{RowSpan, ScrollMap};
use crate::ui::columns::{HeadAct, head_menu};
use crate::ui::failure_panel::FailureNote;
use crate::ui::keys;
use crate::ui::parts::{ColumnEdge, Glyph, Icon};
use crate::ui::reactive::{effect, show};
use crate::ui::windowed::Windowed;

use super::state::TraceState;

pub(super) use tools::table_tools;

/// Rows that are asked for above and below those in view.
const AHEAD_ROWS: u32 = 60;

/// What is fixed for all rows that are on the screen.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shape {
    columns: Arc<[TableColumn]>,
    group: Vec<GroupBy>,
}

/// What the rows on the screen answer.
#[derive(Clone, Copy)]
struct Table {
    /// Behind a handle, as it is large and this is passed by value everywhere.
    state: StoredValue<TraceState, LocalStorage>,
    windowed: Windowed,
    address: Memo<TableAddress>,
    /// The columns of the rows that are there: those of the answer, not yet those just asked for.
    shape: RwSignal<Shape>,
    active: RwSignal<Option<u32>>,
}

impl Table {
    fn state(self) -> TraceState {
        self.state.get_value()
    }
}

/// The table.
pub(super) fn span_table(state: TraceState) -> impl IntoView {
    let address = Memo::new(move |_| state.app().route.with(|route| route.trace.table.clone()));
    let matched = Memo::new(move |_| state.table().with(|table| table.latest().map_or(0, |view| view.matched)));
    let windowed = Windowed::new(matched, RwSignal::new(0.0));
    let table = Table {
        state: StoredValue::new_local(state),
        windowed,
        address,
        shape: RwSignal::default(),
        active: RwSignal::new(None),
    };
    ask_for_rows(table);
    listen_to_keys(table);
    on_cleanup(move || {
        // Another table may be shown when this one is gone for a while.
        _ = state.table().try_set(crate::ui::remote::Remote::Idle);
    });

    let shape = table.shape;
    let widths = Memo::new(move |_| shape.with(|shape| address.with(|address| columns::tracks(&shape.columns, &address.widths))));
    let active_id = move || {
        let active = table.active.get()?;
        let drawn = windowed.drawn();
        (drawn.first <= active && active < drawn.end).then(|| row_id(active))
    };
    let heads = move || {
        let shape = shape.get();
        shape.columns.iter().map(|column| head(table, column, &shape.group)).collect_view()
    };
    view! {
        <div
            class="span-table"
            role="grid"
            data-testid="span-table"
            aria-label="Spans as a table"
            aria-rowcount=move || matched.get().saturating_add(1).to_string()
            aria-colcount=move || shape.with(|shape| shape.columns.len().to_string())
            aria-busy=move || if state.table().with(crate::ui::remote::Remote::is_loading) { "true" } else { "false" }
            aria-activedescendant=active_id
            tabindex="0"
            style:--columns=move || widths.with(|(tracks, _)| tracks.clone())
            style:--least=move || widths.with(|(_, least)| least.clone())
            node_ref=windowed.element
            on:scroll=move |_| windowed.scrolled()
        >
            <div class="span-table__heads" role="row" aria-rowindex="1">
                {heads}
            </div>
            <div class="span-table__rows" role="rowgroup" style:height=move || format!("{}px", windowed.map.with(ScrollMap::spacer_css_px))>
                <For
                    each=move || {
                        let drawn = windowed.drawn();
                        drawn.first..drawn.end
                    }
                    key=|index| *index
                    children=move |index| one_row(table, index)
                />
            </div>
            {show(move || nothing(table))}
        </div>
    }
}

fn row_id(index: u32) -> String {
    format!("span-row-{index}")
}

fn head(table: Table, column: &TableColumn, group: &[GroupBy]) -> AnyView {
    let words = columns::words(column, group);
    let own = column.clone();
    let direction =
        Memo::new(move |_| table.address.with(|address| (columns::sort(address) == own).then_some(address.descending)));
    let sorted = move || match direction.get() {
        None => "none",
        Some(true) => "descending",
        Some(false) => "ascending",
    };
    let glyph = move || {
        direction.get().map(|descending| {
            let glyph = if descending { Glyph::ChevronDown } else { Glyph::ChevronUp };
            view! { <Icon glyph /> }
        })
    };
    let own = column.clone();
    let sort = move |_| sort_by(table, &own);
    let own = column.clone();
    let tools = match column {
        TableColumn::Attribute(text) | TableColumn::Field(text) => {
            Some(head_menu(text, move |act| change_column(table, &own, act)))
        }
        _ => None,
    };
    let name = table_column_name(column);
    let own = name.clone();
    let width = Signal::derive(move || table.address.with(|address| width_of(&address.widths, &own)));
    let on_width = Callback::new(move |css_px| {
        table.state().app().route.update(|route| set_width(&mut route.trace.table.widths, &name, css_px));
    });
    let class = if columns::is_number(column) { "span-table__head span-table__head--number" } else { "span-table__head" };
    view! {
        <div role="columnheader" aria-sort=sorted class=class>
            <button class="span-table__sort" type="button" title=format!("Sort by {words}") on:click=sort>
                <span class="span-table__words">{words.clone()}</span>
                {glyph}
            </button>
            {tools}
            <ColumnEdge words width on_width />
        </div>
    }
    .into_any()
}

/// By that column; by the same again, the other way round. Names read from A to Z; of all else the most is wanted first.
fn sort_by(table: Table, column: &TableColumn) {
    table.windowed.top.set(0.0);
    table.state().app().route.update(|route| {
        let address = &mut route.trace.table;
        let same = columns::sort(address) == *column;
        address.descending = if same { !address.descending } else { columns::is_number(column) };
        address.sort = Some(column.clone());
    });
}

/// Moves a column that was added, or takes it away.
fn change_column(table: Table, column: &TableColumn, act: HeadAct) {
    table.state().app().route.update(|route| {
        let address = &mut route.trace.table;
        let Some(at) = address.added.iter().position(|known| known == column) else {
            return;
        };
        if act.apply(&mut address.added, at) {
            set_width(&mut address.widths, &table_column_name(column), None);
            if address.sort.as_ref() == Some(column) {
                (address.sort, address.descending) = (None, true);
            }
        }
    });
}

fn row_at(table: Table, index: u32) -> Option<TableRow> {
    table.state().table().with_untracked(|rows| {
        let view = rows.latest()?;
        let at = usize::try_from(index.checked_sub(view.offset)?).ok()?;
        view.rows.get(at).cloned()
    })
}

fn one_row(table: Table, index: u32) -> impl IntoView {
    let Table { windowed, shape, .. } = table;
    let state = table.state();
    let row: Memo<Option<TableRow>> = Memo::new(move |_| {
        state.table().with(|rows| {
            let view = rows.latest()?;
            let at = usize::try_from(index.checked_sub(view.offset)?).ok()?;
            view.rows.get(at).cloned()
        })
    });
    let span_id = move || row.with(|row| row.as_ref().map(|row| row.span_id.clone()));
    let is_selected = move || {
        let shown = state.selected.with(|selected| selected.as_ref().map(|selected| selected.span_id.clone()));
        // A group is not the span that stands for it.
        let of_spans = shape.with(|shape| shape.group.is_empty());
        if of_spans && shown.is_some() { span_id() == shown } else { table.active.get() == Some(index) }
    };
    let content = move || {
        row.with(|row| match row {
            Some(row) => shape.with(|shape| cells::cells(state.app(), &shape.columns, row, state.duration())),
            None => view! { <div class="span-table__pending" role="gridcell" aria-label="Not there yet"></div> }.into_any(),
        })
    };
    view! {
        <div
            id=row_id(index)
            class="span-table__row"
            role="row"
            data-span-id=span_id
            data-active=move || (table.active.get() == Some(index)).then_some("")
            aria-rowindex=index.saturating_add(2).to_string()
            aria-selected=move || if is_selected() { "true" } else { "false" }
            style:transform=move || windowed.place(index)
            on:click=move |_| choose(table, index)
        >
            {content}
        </div>
    }
}

/// The keyboard is there, and the span's details are shown; a group's are those of its longest span.
fn choose(table: Table, index: u32) {
    table.active.set(Some(index));
    if let Some(row) = row_at(table, index) {
        table.state().show_span(&row.span_id);
    }
}

/// What stands in the place of rows where there are none.
fn nothing(table: Table) -> Option<AnyView> {
    table.state().table().with(|rows| {
        if let Some(failure) = rows.failure() {
            let failure = failure.clone();
            return Some(view! { <FailureNote failure>""</FailureNote> }.into_any());
        }
        let view = rows.latest()?;
        (view.matched == 0).then(|| {
            let words = if view.total == 0 { "This trace has no spans." } else { "No span matches." };
            view! { <p class="span-table__nothing" role="status">{words}</p> }.into_any()
        })
    })
}

/// Asks for the rows around those in view, unless they are there or under way.
fn ask_for_rows(table: Table) {
    let Table { windowed, address, shape, .. } = table;
    let state = table.state();
    let filter = Memo::new(move |_| state.find.with(|find| find.text.clone()));
    let asked: StoredValue<Option<(TableRequest, RowSpan)>> = StoredValue::new(None);
    effect(move |_| {
        let (filter, address) = (filter.get(), address.get());
        state.adjusted().track();
        let visible = windowed.visible.get();
        // Before the first answer nobody knows how many rows there are.
        let page = windowed.map.with(|map| map.page_rows().saturating_add(2));
        let wanted = RowSpan { first: visible.first, end: visible.end.max(visible.first.saturating_add(page)) };
        let known = windowed.map.with_untracked(|map| map.rows);
        let needed = RowSpan { first: visible.first, end: visible.end.min(known.max(visible.first)) };
        let span = wanted.widened(AHEAD_ROWS, u32::MAX);
        let question = columns::request(state, &address, filter, 0, 0);
        let enough = asked.with_value(|asked| {
            asked.as_ref().is_some_and(|(same, span)| *same == question && (span.covers(needed) || span.covers(wanted)))
        });
        if enough {
            return;
        }
        let is_new = asked.with_value(|asked| asked.as_ref().is_none_or(|(same, _)| *same != question));
        if is_new && asked.with_value(Option::is_some) {
            windowed.top.set(0.0);
            table.active.set(None);
        }
        let request = TableRequest { offset: span.first, limit: span.len(), ..question.clone() };
        asked.set_value(Some((question.clone(), span)));
        if state.table().try_update(|rows| *rows = rows.loading()).is_none() {
            return;
        }
        state.app().ask(Slot::Table, Request::Table(request), move |answer| {
            use crate::protocol::Answer;
            // The columns change in the same moment as their cells.
            let is_awaited = asked.try_with_value(|asked| asked.as_ref().is_some_and(|(same, _)| *same == question));
            if is_awaited != Some(true) {
                return;
            }
            match answer {
                Answer::Reply(Reply::Table(view)) => {
                    let next = Shape { columns: Arc::from(question.columns.as_slice()), group: question.group.clone() };
                    if shape.with_untracked(|shape| *shape != next) {
                        // Cells of the old columns are not read by the new ones.
                        state.table().set(crate::ui::remote::Remote::Idle);
                        shape.set(next);
                    }
                    state.table().set(crate::ui::remote::Remote::Ready(Arc::new(view)));
                }
                Answer::Failed(failure) => state.table().update(|rows| *rows = rows.failed(failure)),
                Answer::Reply(_) | Answer::Cancelled => state.table().update(|rows| *rows = rows.settled()),
            }
        });
    });
}

fn listen_to_keys(table: Table) {
    let listener = window().map(|window| {
        Listener::new(&window, "keydown", Passive::No, move |event: KeyboardEvent| {
            if keys::is_for_the_page(&event) && act(table, &event) {
                event.prevent_default();
            }
        })
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));
}

/// Does what a key does in the table. False if it does nothing.
fn act(table: Table, event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let within = |selector: &str| target.as_ref().is_some_and(|target| target.closest(selector).ok().flatten().is_some());
    if event.shift_key() || within("[data-testid=span-detail], [role=slider], [role=separator], [role=dialog]") {
        return false;
    }
    let on_control = within("button, a, summary");
    let map = table.windowed.map.get_untracked();
    let active = table.active.get_untracked();
    let to = match event.key().as_str() {
        "Enter" | " " if !on_control => match active {
            Some(active) => {
                choose(table, active);
                return true;
            }
            None => map.row_by_key("Home", None),
        },
        key => map.row_by_key(key, active),
    };
    let Some(to) = to else {
        return false;
    };
    table.windowed.reveal(to);
    table.windowed.focus();
    table.active.set(Some(to));
    // While the details are open they follow the keyboard.
    if table.state().detail_open.get_untracked() && table.state().selected.with_untracked(Option::is_some) {
        choose(table, to);
    }
    true
}

//! Above the span table: what it is grouped by, which attributes are columns, and the way out of it as a file.

use leptos::prelude::*;

use crate::protocol::{GroupBy, TableColumn};
use crate::route::{COLUMNS_MAX, TableAddress, attribute_field};
use crate::scene::format;
use crate::ui::columns::field_options;
use crate::ui::parts::{Menu, MenuOption};
use crate::ui::trace::colors::{by_options, by_words};
use crate::ui::trace::state::TraceState;

use super::columns::group_keys;
use super::csv;

/// The tools.
pub(in crate::ui::trace) fn table_tools(state: TraceState) -> impl IntoView {
    let table = Memo::new(move |_| state.app().route.with(|route| route.trace.table.clone()));
    let keys = Memo::new(move |_| table.with(group_keys));
    let busy = RwSignal::new(None::<u32>);
    let is_grouped = move || keys.with(|keys| !keys.is_empty());
    let second = move || is_grouped().then(|| group_menu(state, keys, 1));
    let column_menu = move || (!is_grouped()).then(|| column_menu(state, table));
    let export_words = move || match busy.get() {
        None => "CSV".to_owned(),
        Some(rows) => format!("{} …", format::counted(u64::from(rows), "row")),
    };
    view! {
        <div class="trace-tools__group" role="group" aria-label="Table">
            {group_menu(state, keys, 0)}
            {second}
            {column_menu}
            <button
                type="button"
                class="button button--quiet"
                title="Save all rows as a CSV file, at most 200 000"
                disabled=move || busy.get().is_some()
                on:click=move |_| csv::export(state, busy)
            >
                {export_words}
            </button>
        </div>
    }
}

fn change(state: TraceState, change: impl FnOnce(&mut TableAddress)) {
    state.app().route.update(|route| change(&mut route.trace.table));
}

fn group_menu(state: TraceState, keys: Memo<Vec<GroupBy>>, level: usize) -> impl IntoView {
    let by = move || keys.with(|keys| keys.get(level).cloned().unwrap_or_default());
    let first = level == 0;
    let options = move || {
        let none = MenuOption {
            value: GroupBy::Nothing,
            words: if first { "Nothing: a row is a span" } else { "Nothing more" }.to_owned(),
            note: String::new(),
        };
        // By the same twice would say nothing.
        let outer = keys.with(|keys| keys.first().cloned()).filter(|_| !first);
        std::iter::once(none)
            .chain(by_options(state).into_iter().filter(|option| Some(&option.value) != outer.as_ref()))
            .collect()
    };
    let face = move || match by() {
        GroupBy::Nothing => if first { "Group by" } else { "then by" }.to_owned(),
        by => format!("{} {}", if first { "Group:" } else { "then" }, by_words(&by)),
    };
    let choose = move |by: GroupBy| {
        change(state, |table| {
            let mut keys = group_keys(table);
            match (by, level < keys.len()) {
                (GroupBy::Nothing, _) => keys.truncate(level),
                (by, true) => {
                    if let Some(key) = keys.get_mut(level) {
                        *key = by;
                    }
                }
                (by, false) => keys.push(by),
            }
            keys.dedup();
            // Other columns: what it was sorted by may not be among them.
            (table.group, table.sort, table.descending) = (keys, None, true);
        });
    };
    view! {
        <Menu
            id=if first { "group-menu" } else { "group-menu-2" }
            label=if first { "Group by" } else { "Then by" }
            face=Signal::derive(face)
            options=Signal::derive(options)
            current=Signal::derive(move || Some(by()))
            on_open=Callback::new(move |()| state.want_keys())
            on_choose=Callback::new(choose)
        />
    }
}

fn column_menu(state: TraceState, table: Memo<TableAddress>) -> impl IntoView {
    // An attribute is the span's, or else its resource's: the scope that a key has by itself.
    let column = |text: &str| match text.strip_prefix('.').filter(|key| attribute_field(key) == text) {
        Some(key) => TableColumn::Attribute(key.to_owned()),
        None => TableColumn::Field(text.to_owned()),
    };
    let options = move || {
        let shown = table.with(|table| table.added.clone());
        if shown.len() >= COLUMNS_MAX {
            return Vec::new();
        }
        state.keys().with(|keys| field_options(keys, |text| shown.contains(&column(text))))
    };
    let choose = move |text: String| {
        change(state, |table| {
            let column = column(&text);
            if table.added.len() < COLUMNS_MAX && !table.added.contains(&column) {
                table.added.push(column);
            }
        });
    };
    view! {
        <Menu
            id="column-menu"
            label="Attribute as a column"
            face=Signal::stored("Column".to_owned())
            options=Signal::derive(options)
            current=Signal::stored(None)
            on_open=Callback::new(move |()| state.want_keys())
            on_choose=Callback::new(choose)
        />
    }
}

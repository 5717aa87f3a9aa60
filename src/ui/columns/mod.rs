//! Columns that are added to a table: the menu of what could be one, and what a head's own menu does to it.

mod head_menu;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{KeysRequest, KeysView, Reply, Request, SortColumn};
use crate::route::{COLUMNS_MAX, ListAddress, attribute_field, set_width};
use crate::scene::format;
use crate::ui::parts::{Menu, MenuOption};
use crate::ui::remote::Remote;
use crate::ui::state::AppState;

pub use head_menu::{HeadAct, head_menu};

/// What spans have without attributes, as a query has it, and in words.
const INTRINSICS: [(&str, &str); 14] = [
    ("name", "span name"),
    ("kind", "span kind"),
    ("status", "status code"),
    ("statusMessage", "status message"),
    ("duration", "span duration"),
    ("span:childCount", "direct children"),
    ("span:id", "span id"),
    ("span:parentID", "parent's id"),
    ("rootName", "root's name"),
    ("rootServiceName", "root's service"),
    ("event:name", "first event"),
    ("link:traceID", "first link's trace"),
    ("instrumentation:name", "instrumentation scope"),
    ("instrumentation:version", "its version"),
];

/// What can be a column: what spans have without attributes, then the keys of their attributes.
pub fn field_options(keys: &Remote<KeysView>, is_shown: impl Fn(&str) -> bool) -> Vec<MenuOption<String>> {
    let intrinsics = INTRINSICS.iter().map(|&(text, words)| MenuOption {
        value: text.to_owned(),
        words: text.to_owned(),
        note: words.to_owned(),
    });
    let keys = keys.latest().map(|view| view.keys.as_slice()).unwrap_or_default();
    let attributes = keys.iter().map(|(key, spans)| MenuOption {
        value: attribute_field(key),
        words: key.clone(),
        note: format::count_short(*spans),
    });
    intrinsics.chain(attributes).filter(|option| !is_shown(&option.value)).collect()
}

/// The menu of columns above the trace list.
#[inline(never)]
pub fn list_columns_menu(app: AppState) -> AnyView {
    let keys = RwSignal::new(Remote::<KeysView>::Idle);
    let shown = Memo::new(move |_| app.route.with(|route| route.list.columns.clone()));
    let options = move || {
        let shown = shown.get();
        if shown.len() >= COLUMNS_MAX {
            return Vec::new();
        }
        keys.with(|keys| field_options(keys, |text| shown.iter().any(|known| known == text)))
    };
    let ask = move |()| {
        let request = Request::Keys(KeysRequest { trace_id: None });
        app.ask_into(Slot::Keys, request, keys, |reply| match reply {
            Reply::Keys(view) => Some(view),
            _ => None,
        });
    };
    let choose = move |text: String| {
        change(app, |list| {
            if list.columns.len() < COLUMNS_MAX && !list.columns.contains(&text) {
                list.columns.push(text);
            }
        });
    };
    view! {
        <Menu
            id="list-columns-menu"
            label="Add a column"
            face=Signal::stored("Columns".to_owned())
            options=Signal::derive(options)
            current=Signal::stored(None)
            on_open=Callback::new(ask)
            on_choose=Callback::new(choose)
        />
    }
    .into_any()
}

/// The menu in the head of a column that was added to the trace list.
#[inline(never)]
pub fn list_head_menu(app: AppState, text: &str) -> AnyView {
    let own = text.to_owned();
    head_menu(text, move |act| {
        change(app, |list| {
            let Some(at) = list.columns.iter().position(|known| *known == own) else {
                return;
            };
            let sorted = match list.sort {
                SortColumn::Field(at) => list.columns.get(usize::from(at)).cloned(),
                _ => None,
            };
            if act.apply(&mut list.columns, at) {
                set_width(&mut list.widths, &own, None);
            }
            // Its place says what is sorted by.
            if let Some(sorted) = sorted {
                let at = list.columns.iter().position(|known| *known == sorted).and_then(|at| u8::try_from(at).ok());
                if let Some(at) = at {
                    list.sort = SortColumn::Field(at);
                } else {
                    (list.sort, list.descending) = (SortColumn::Start, true);
                }
            }
        });
    })
}

/// Changes the columns of the list. Cells of the old ones are not read under the heads of the new ones.
fn change(app: AppState, change: impl FnOnce(&mut ListAddress)) {
    app.list.rows.update(|rows| {
        if let Some(view) = rows.latest() {
            let mut view = view.as_ref().clone();
            for row in &mut view.rows {
                row.cells.clear();
            }
            *rows = Remote::Ready(std::sync::Arc::new(view));
        }
    });
    app.route.update(|route| change(&mut route.list));
}

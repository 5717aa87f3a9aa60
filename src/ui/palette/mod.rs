//! The command palette: everything that can be done and everywhere one can go, by typing a part of its name. The list itself is in the
//! page's second part.

mod items;
mod list;

use std::cell::RefCell;

use leptos::prelude::*;

use super::actions;
use super::later;
use super::parts::SheetFrame;
use super::state::{Sheet, use_app};

/// Traces that are remembered as visited.
const VISITS: usize = 8;

/// A trace that was visited.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Visit {
    trace_id: String,
    title: String,
}

thread_local! {
    /// The latest first.
    static VISITED: RefCell<Vec<Visit>> = const { RefCell::new(Vec::new()) };
}

/// Remembers that a trace is looked at.
pub fn note_visit(trace_id: &str, title: &str) {
    VISITED.with_borrow_mut(|visits| {
        visits.retain(|visit| visit.trace_id != trace_id);
        visits.insert(0, Visit { trace_id: trace_id.to_owned(), title: title.to_owned() });
        visits.truncate(VISITS);
    });
}

fn visited() -> Vec<Visit> {
    VISITED.with_borrow(Clone::clone)
}

/// The palette, while it is shown.
#[component]
pub fn PaletteSheet() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| app.sheet.get() == Some(Sheet::Palette));
    view! {
        <SheetFrame open title="Commands" is_bare=true on_close=move |()| actions::close_sheet_of(app, Sheet::Palette)>
            {later::once_there(move || list::palette(app))}
        </SheetFrame>
    }
    .into_any()
}

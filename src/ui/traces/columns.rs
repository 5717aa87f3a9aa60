//! The columns of the trace list: those that there always are, then those that were added; and how wide each is.

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlElement;

use crate::protocol::SortColumn;
use crate::route::{column_name, width_of};
use crate::ui::reactive::effect;
use crate::ui::state::AppState;

/// The usual columns: what each is sorted by, what it is called, its class.
pub(super) const USUAL: [(SortColumn, &str, &str); 6] = [
    (SortColumn::Name, "Trace", "trace-list__head"),
    (SortColumn::Duration, "Duration", "trace-list__head"),
    (SortColumn::Spans, "Spans", "trace-list__head trace-list__head--number"),
    (SortColumn::Services, "Services", "trace-list__head"),
    (SortColumn::Errors, "Errors", "trace-list__head trace-list__head--number"),
    (SortColumn::Start, "Start", "trace-list__head"),
];

/// An added column's width where it was not chosen: the least, and it takes a part of what is left.
const ADDED_CSS_PX: u16 = 140;

/// Hands the widths that were chosen and the tracks of added columns to the style sheet, as properties of the table.
pub(super) fn follow_widths(app: AppState, table: NodeRef<html::Div>) {
    let shape = Memo::new(move |_| app.route.with(|route| (route.list.columns.clone(), route.list.widths.clone())));
    effect(move |_| {
        let Some(table) = table.get() else {
            return;
        };
        let (added, widths) = shape.get();
        for (column, ..) in USUAL {
            let name = column_name(column);
            set(&table, &format!("--w-{name}"), width_of(&widths, name).map(|css_px| format!("{css_px}px")));
        }
        let (mut tracks, mut least) = (Vec::new(), 0);
        for column in &added {
            let chosen = width_of(&widths, column);
            least += u32::from(chosen.unwrap_or(ADDED_CSS_PX));
            tracks.push(match chosen {
                Some(css_px) => format!("{css_px}px"),
                None => format!("minmax({ADDED_CSS_PX}px, 0.5fr)"),
            });
        }
        set(&table, "--added", (!added.is_empty()).then(|| tracks.join(" ")));
        set(&table, "--w-added", (!added.is_empty()).then(|| format!("{least}px")));
    });
}

fn set(element: &HtmlElement, name: &str, value: Option<String>) {
    // Throws for read-only style declarations only.
    let _unthrown = match value {
        Some(value) => element.style().set_property(name, &value),
        None => element.style().remove_property(name).map(|_| ()),
    };
}

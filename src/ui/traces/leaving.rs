//! When fewer traces match than before, those that leave are seen to: the old rows stay over the new ones for a moment, and those that
//! match no more turn grey. It is a picture only: the list is the new one at once, to whoever reads it or acts on it.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::set_timeout;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use crate::base::FastSet;
use crate::browser::{document, theme};
use crate::protocol::TracesView;

use super::grid::GRID_ID;

/// The class of the picture.
const GHOST: &str = "trace-list__ghost";

thread_local! {
    /// The question under way is for other traces than are shown.
    static IS_NARROWED: Cell<bool> = const { Cell::new(false) };
}

/// Says whether the question under way is for other traces than are shown, in the same order.
pub(super) fn expect(is_narrowed: bool) {
    IS_NARROWED.set(is_narrowed);
}

/// Called with the rows that take the place of those on the screen, right before they do.
pub(super) fn replace(view: &TracesView) {
    if IS_NARROWED.replace(false) && view.offset == 0 && view.matched > 0 {
        // Without a picture nothing is lost.
        _ = show(view);
    }
}

fn show(view: &TracesView) -> Option<()> {
    // The build writes it the shorter way.
    let calm = theme::token("--calm")?;
    let seconds = match calm.strip_suffix("ms") {
        Some(millis) => millis.parse::<f64>().ok()? / 1000.0,
        None => calm.strip_suffix('s')?.parse().ok()?,
    };
    let calm = Duration::try_from_secs_f64(seconds).ok()?;
    let grid = document()?.get_element_by_id(GRID_ID)?.dyn_into::<HtmlElement>().ok()?;
    if calm.is_zero() || grid.scroll_top() != 0 {
        return None;
    }
    if let Some(older) = grid.query_selector(&format!(".{GHOST}")).ok()? {
        older.remove();
    }
    let rows: HtmlElement = grid.query_selector(".trace-list__rows").ok()??.dyn_into().ok()?;
    let staying: FastSet<&str> = view.rows.iter().map(|row| row.trace_id.as_str()).collect();
    let ghost: HtmlElement = rows.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    let pictures = ghost.query_selector_all(".trace-list__row").ok()?;
    let mut any_leaves = false;
    for row in (0..pictures.length()).filter_map(|at| pictures.item(at)?.dyn_into::<Element>().ok()) {
        let leaves = row.get_attribute("data-trace-id").is_some_and(|id| !staying.contains(id.as_str()));
        any_leaves |= leaves;
        become_picture(&row, leaves);
    }
    if !any_leaves {
        return None;
    }
    become_picture(&ghost, false);
    ghost.set_attribute("aria-hidden", "true").ok()?;
    ghost.set_attribute("inert", "").ok()?;
    ghost.set_class_name(&format!("trace-list__rows {GHOST}"));
    let height = grid.client_height() - rows.offset_top();
    ghost.style().set_property("height", &format!("{height}px")).ok()?;
    grid.append_child(&ghost).ok()?;
    set_timeout(move || ghost.remove(), calm);
    Some(())
}

/// Takes away what would make it found as a row.
fn become_picture(element: &Element, leaves: bool) {
    for name in ["id", "role", "data-testid", "data-trace-id", "aria-rowindex", "aria-selected"] {
        // Taking away what is not there throws nothing.
        _ = element.remove_attribute(name);
    }
    if leaves {
        // The name is valid, so this does not throw.
        _ = element.set_attribute("data-leaving", "");
    }
}

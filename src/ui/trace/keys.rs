//! The keys by which one moves about a trace. What is a command stands in [`super::commands`]. Where text is typed, keys are text.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, KeyboardEvent};

use crate::browser::document;
use crate::protocol::{FlameLayout, Row};
use crate::route::TraceMode;
use crate::ui::actions;
use crate::ui::acts::{self, Subject};

use super::state::TraceState;
use super::toolbar::focus_grid;

/// Where the focus is, as far as keys care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Focus {
    /// Text is typed there.
    Text,
    /// A control that answers to Enter and space itself.
    Control,
    /// The details, which scroll by arrows.
    Detail,
    /// The waterfall, or nothing.
    Page,
}

fn focus_of(event: &KeyboardEvent) -> Focus {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return Focus::Page;
    };
    let within = |selector: &str| target.closest(selector).ok().flatten().is_some();
    if within("input:not([type=checkbox]), textarea, select, [contenteditable]") {
        Focus::Text
    } else if within("[data-testid=span-detail]") {
        Focus::Detail
    } else if within("button, a, summary, [role=slider], [role=separator], dialog") {
        Focus::Control
    } else {
        Focus::Page
    }
}

/// Handles a key, if it means anything here.
pub(super) fn pressed(state: TraceState, event: &KeyboardEvent) {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    if state.app().sheet.with_untracked(Option::is_some) {
        return;
    }
    let focus = focus_of(event);
    let key = event.key();
    if focus == Focus::Text {
        return;
    }
    let mode = state.mode().get_untracked();
    if key == "Escape" {
        // Out of a frame first, which the flame graph sees to.
        let is_of_frame = mode == TraceMode::Flame && focus != Focus::Detail && is_in_frame(state);
        if !is_of_frame && close(state) {
            event.prevent_default();
        }
        return;
    }
    if mode != TraceMode::Waterfall {
        return;
    }
    let handled = match (key.as_str(), focus) {
        ("j", _) | ("ArrowDown", Focus::Page | Focus::Control) => step_rows(state, 1),
        ("k", _) | ("ArrowUp", Focus::Page | Focus::Control) => step_rows(state, -1),
        ("ArrowLeft", Focus::Page) if event.shift_key() => pan(state, -0.2),
        ("ArrowRight", Focus::Page) if event.shift_key() => pan(state, 0.2),
        ("ArrowLeft", Focus::Page) => left(state),
        ("ArrowRight", Focus::Page) => right(state),
        ("PageDown", Focus::Page) => step_rows(state, page(state)),
        ("PageUp", Focus::Page) => step_rows(state, -page(state)),
        ("Home", Focus::Page) => step_to(state, 0),
        ("End", Focus::Page) => step_to(state, u32::MAX),
        ("Enter" | " ", Focus::Page) => open(state),
        _ => false,
    };
    if handled {
        event.prevent_default();
    }
}

fn is_in_frame(state: TraceState) -> bool {
    let whole = state.range.get_untracked().is_whole(state.duration());
    state.app().route.with_untracked(|route| {
        let flame = &route.trace.flame;
        flame.root.is_some() || (!whole && flame.layout == FlameLayout::Time)
    })
}

fn pan(state: TraceState, fraction: f64) -> bool {
    state.pan_by_fraction(fraction);
    true
}

fn page(state: TraceState) -> i64 {
    state.stage.get().map_or(10, |stage| i64::from(stage.map.get().page_rows()))
}

fn step_rows(state: TraceState, by: i64) -> bool {
    let Some(stage) = state.stage.get() else {
        return false;
    };
    let to = match state.position() {
        Some(position) => i64::from(position) + by,
        // Nothing is selected yet: begin with what is on the screen.
        None => i64::from(state.shown.get_untracked().first),
    };
    let last = i64::from(stage.map.get().rows) - 1;
    step_to(state, u32::try_from(to.clamp(0, last.max(0))).unwrap_or(0))
}

fn step_to(state: TraceState, position: u32) -> bool {
    let Some(stage) = state.stage.get() else {
        return false;
    };
    let Some(last) = stage.map.get().rows.checked_sub(1) else {
        return true;
    };
    focus_grid(state);
    state.select_position(position.min(last));
    true
}

/// Folds; what is folded already goes to its parent.
fn left(state: TraceState) -> bool {
    let Some((row, position)) = state.selected_row() else {
        return step_rows(state, 0);
    };
    if row.expanded == Some(true) {
        state.toggle(&row, position);
    } else if let Some(parent) = parent_position(state, &row, position) {
        return step_to(state, parent);
    } else if row.level > 1 {
        // It is further up than the rows that are there.
        match row.log {
            Some(_) => state.go_to(None, row.span),
            None => state.go_to_parent(row.span),
        }
    }
    true
}

/// The row above that is one level up, if it is among the rows that are there.
fn parent_position(state: TraceState, row: &Row, position: u32) -> Option<u32> {
    state.window.with_untracked(|window| {
        (window.offset..position).rev().find(|&above| window.row(above).is_some_and(|above| above.level < row.level))
    })
}

/// Unfolds; what is unfolded already goes to its first child.
fn right(state: TraceState) -> bool {
    match state.selected_row() {
        None => return step_rows(state, 0),
        Some((row, position)) => match row.expanded {
            Some(false) => state.toggle(&row, position),
            Some(true) => return step_to(state, position.saturating_add(1)),
            None => {}
        },
    }
    true
}

fn open(state: TraceState) -> bool {
    match state.selected_row() {
        Some((row, position)) if row.group.is_some() => state.toggle(&row, position),
        Some(_) => state.detail_open.set(true),
        None => return step_rows(state, 0),
    }
    true
}

/// Closes the details, then clears the selection.
fn close(state: TraceState) -> bool {
    if state.detail_open.get_untracked() {
        state.detail_open.set(false);
        focus_grid(state);
        return true;
    }
    if state.selected.with_untracked(Option::is_some) {
        state.selected.set(None);
        actions::select_span(state.app(), None);
        return true;
    }
    false
}

/// Shows what can be done with the selected span, beside its row.
pub(super) fn acts_of_selected(state: TraceState) {
    let Some((row, position)) = state.selected_row() else {
        return;
    };
    let element = document().and_then(|document| document.get_element_by_id(&format!("row-{position}")));
    let rect = element.map(|element| element.get_bounding_client_rect());
    let at = rect.map_or((0.0, 0.0), |rect| (rect.left() + 40.0, rect.bottom()));
    acts_of_row(state, &row, at);
}

/// Shows what can be done with a row.
pub(super) fn acts_of_row(state: TraceState, row: &Row, at: (f64, f64)) {
    acts::open(Subject::of_span(&state.app().service_name(row.service), &row.name, row.kind, row.status), at);
}

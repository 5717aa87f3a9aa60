//! The keys of the trace page. Where text is typed, single keys are text.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, KeyboardEvent};

use crate::protocol::{FlameLayout, Row, Step, StepDirection};
use crate::route::TraceMode;
use crate::ui::actions;
use crate::ui::export;
use crate::ui::flame::focus_search;

use super::state::TraceState;
use super::toolbar::{focus_grid, selected, toggle_log_rows};

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
pub(super) fn pressed(state: TraceState, find_box: NodeRef<html::Input>, event: &KeyboardEvent) {
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
    if let Some(handled) = pressed_in_any_mode(state, find_box, mode, &key, focus) {
        if handled {
            event.prevent_default();
        }
        return;
    }
    if mode != TraceMode::Waterfall {
        return;
    }
    let handled = match (key.as_str(), focus) {
        ("e", _) => step(state, Step::Error, StepDirection::Next),
        ("E", _) => step(state, Step::Error, StepDirection::Previous),
        ("n", _) => step(state, Step::Found, StepDirection::Next),
        ("N", _) => step(state, Step::Found, StepDirection::Previous),
        ("l", _) if state.trace.with_value(|trace| trace.logs > 0) => {
            toggle_log_rows(state);
            true
        }
        ("z", _) => {
            if let Some((row, _)) = state.selected_row() {
                state.zoom_to_row(&row);
            }
            true
        }
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

/// The keys that mean the same however the trace is shown; `None` for all others.
fn pressed_in_any_mode(
    state: TraceState,
    find_box: NodeRef<html::Input>,
    mode: TraceMode,
    key: &str,
    focus: Focus,
) -> Option<bool> {
    match key {
        // Out of a frame first, which the flame graph sees to; and it has no place for the critical path.
        "Escape" if mode == TraceMode::Flame && focus != Focus::Detail && is_in_frame(state) => Some(false),
        "c" | "0" if mode == TraceMode::Flame => Some(false),
        "Escape" => Some(close(state)),
        "1" => Some(show_as(state, TraceMode::Waterfall)),
        "2" => Some(show_as(state, TraceMode::Flame)),
        "3" => Some(show_as(state, TraceMode::Table)),
        "4" if state.trace.with_value(|trace| trace.logs > 0) => Some(show_as(state, TraceMode::Logs)),
        "c" => {
            state.toggle_critical();
            Some(true)
        }
        "f" | "F" if mode == TraceMode::Flame => {
            focus_search();
            Some(true)
        }
        "f" | "F" => {
            if let Some(find_box) = find_box.get_untracked() {
                let _unthrown = find_box.focus();
                find_box.select();
            }
            Some(true)
        }
        "x" => {
            export::show(state.app(), selected(state));
            Some(true)
        }
        "0" => {
            state.fit();
            Some(true)
        }
        "+" | "=" => {
            zoom(state, 0.5);
            Some(true)
        }
        "-" | "_" => {
            zoom(state, 2.0);
            Some(true)
        }
        _ => None,
    }
}

fn show_as(state: TraceState, mode: TraceMode) -> bool {
    state.set_mode(mode);
    true
}

fn is_in_frame(state: TraceState) -> bool {
    let whole = state.range.get_untracked().is_whole(state.duration());
    state.app().route.with_untracked(|route| {
        let flame = &route.trace.flame;
        flame.root.is_some() || (!whole && flame.layout == FlameLayout::Time)
    })
}

fn step(state: TraceState, what: Step, direction: StepDirection) -> bool {
    state.step(what, direction);
    true
}

/// About the selected span where it is on the screen, else about the middle.
fn zoom(state: TraceState, factor: f64) {
    let range = state.range.get_untracked();
    let fraction = state
        .selected_row()
        .map(|(row, _)| row.start.saturating_add(row.duration / 2))
        .filter(|&middle| range.from() <= middle && middle <= range.to())
        .map_or(0.5, |middle| (middle - range.from()) as f64 / range.nanos() as f64);
    state.zoom_about(fraction, factor);
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

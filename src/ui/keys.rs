//! The keys that work everywhere, and the list of all keys for the help sheet.

use leptos::prelude::WithUntracked as _;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, KeyboardEvent};

use crate::browser::document;
use crate::route::View;

use super::actions;
use super::export;
use super::state::{AppState, Sheet};

/// Some keys that belong together.
#[derive(Clone, Copy, Debug)]
pub struct KeyGroup {
    /// Where they work.
    pub title: &'static str,
    /// Keys, and what they do.
    pub keys: &'static [(&'static [&'static str], &'static str)],
}

/// All keys.
pub const KEY_GROUPS: &[KeyGroup] = &[
    KeyGroup {
        title: "Everywhere",
        keys: &[
            (&["?"], "This help"),
            (&["o"], "Open files"),
            (&["Ctrl V"], "Open what is in the clipboard"),
            (&["x"], "Export what is shown"),
            (&["u"], "Up: from a trace to the list"),
            (&["Esc"], "Close what lies on top"),
        ],
    },
    KeyGroup {
        title: "Trace list",
        keys: &[
            (&["↑", "↓", "j", "k"], "Previous, next trace"),
            (&["Page ↑", "Page ↓"], "A page up, down"),
            (&["Home", "End"], "First, last trace"),
            (&["Enter"], "Open the trace"),
            (&["f", "/"], "Filter"),
        ],
    },
    KeyGroup {
        title: "Charts",
        keys: &[
            (&["←", "→", "↑", "↓"], "Read the chart bin by bin"),
            (&["Shift →"], "Extend the region"),
            (&["Enter"], "Select the region"),
            (&["f", "/"], "Filter"),
        ],
    },
    KeyGroup {
        title: "Trace",
        keys: &[
            (&["↑", "↓", "j", "k"], "Previous, next span"),
            (&["←", "→"], "Fold, unfold; to the parent, to the first child"),
            (&["Enter"], "Details of the span"),
            (&["f"], "Find in the trace"),
            (&["n", "N"], "Next, previous match"),
            (&["e", "E"], "Next, previous error"),
            (&["z"], "Zoom to the span"),
            (&["+", "-"], "Zoom in, out"),
            (&["Shift ←", "Shift →"], "Earlier, later"),
            (&["0"], "Fit the whole trace"),
            (&["1", "2", "3", "4"], "As waterfall, flame graph, table, log records"),
            (&["c"], "The critical path, with its breakdown"),
            (&["l"], "Log records as rows under their spans"),
        ],
    },
    KeyGroup {
        title: "Flame graph",
        keys: &[
            (&["↑", "↓"], "To the parent, to the widest child"),
            (&["←", "→"], "Previous, next frame on the level"),
            (&["Enter"], "Zoom to the frame"),
            (&["Esc"], "Zoom out to the frame above"),
            (&["/"], "Highlight frames by name"),
            (&["0"], "Show the whole graph"),
        ],
    },
    KeyGroup {
        title: "Service map",
        keys: &[
            (&["←", "→", "↑", "↓"], "To the nearest node that way"),
            (&["Enter"], "Details of the node"),
            (&["/"], "Find a node"),
            (&["f"], "Filter"),
            (&["+", "-"], "Zoom in, out"),
            (&["0"], "Fit the whole map"),
        ],
    },
];

/// Whether a key was pressed on the page itself: not in a field, not with a modifier, not under a sheet.
pub fn is_for_the_page(event: &KeyboardEvent) -> bool {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
        return false;
    }
    let in_field = event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|element| is_field(&element));
    !in_field && !is_sheet_open()
}

/// Whether an element takes text.
pub fn is_field(element: &Element) -> bool {
    let editable = "input, textarea, select, [contenteditable]:not([contenteditable=false])";
    element.closest(editable).ok().flatten().is_some()
}

fn is_sheet_open() -> bool {
    document().is_some_and(|document| document.query_selector("dialog[open]").ok().flatten().is_some())
}

/// Does what a key does everywhere. False if it does nothing.
pub fn act(app: AppState, key: &str) -> bool {
    match key {
        "?" => actions::toggle_sheet(app, Sheet::Help),
        "o" => actions::show_open(app),
        "x" => export::show(app, None),
        "u" if app.route.with_untracked(|route| route.view) != View::Start => {
            actions::go(app, View::Traces);
        }
        _ => return false,
    }
    true
}

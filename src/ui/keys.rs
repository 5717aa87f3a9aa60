//! Which keys are the page's: what they do stands in [`super::commands`].

use wasm_bindgen::JsCast as _;
use web_sys::{Element, KeyboardEvent};

use crate::browser::document;

/// Whether a key was pressed on the page itself: not in a field, not with a modifier, not under a sheet.
pub fn is_for_the_page(event: &KeyboardEvent) -> bool {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
        return false;
    }
    let in_field = event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|element| {
        // Boxes that are ticked take no text.
        is_field(&element) && !element.matches("input[type=checkbox]").unwrap_or(false)
    });
    !in_field && !is_sheet_open()
}

/// Whether it is the key that shows all commands: anywhere, also where text is typed.
pub fn is_for_the_palette(event: &KeyboardEvent) -> bool {
    let is_chord = (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key();
    is_chord && !event.default_prevented() && event.key().eq_ignore_ascii_case("k")
}

/// Whether an element takes text.
pub fn is_field(element: &Element) -> bool {
    let editable = "input, textarea, select, [contenteditable]:not([contenteditable=false])";
    element.closest(editable).ok().flatten().is_some()
}

fn is_sheet_open() -> bool {
    document().is_some_and(|document| document.query_selector("dialog[open]").ok().flatten().is_some())
}

//! Whether the facets are shown, and what they show: made once, so that it is there again when the list is.

use std::cell::OnceCell;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use crate::browser::{document, frame, storage, window};
use crate::protocol::{FacetsView, KeysView};
use crate::ui::remote::Remote;

use super::TOGGLE_ID;

/// Where it is kept whether they are shown, and which are folded.
const OPEN_KEY: &str = "spanwise-facets";
const FOLDED_KEY: &str = "spanwise-facets-folded";

/// Below this the panel lies over the page, and is closed at first. `style/views/facets.css` has the same.
const NARROW_CSS_PX: f64 = 900.0;

/// What the panel goes by.
#[derive(Clone, Copy)]
pub(super) struct FacetsState {
    /// It is shown.
    pub open: RwSignal<bool>,
    /// Somebody asked for it: it does not wait until the page rests.
    pub is_wanted: RwSignal<bool>,
    /// What is in it.
    pub view: RwSignal<Remote<FacetsView>>,
    /// The attribute keys that there are, once they were asked for.
    pub keys: RwSignal<Remote<KeysView>>,
    /// The facets that are folded, by what they are called in the storage.
    pub folded: RwSignal<Vec<String>>,
}

thread_local! {
    /// Beside the page's state, which is handed around by value and as large as it may be.
    static STATE: OnceCell<FacetsState> = const { OnceCell::new() };
}

/// Makes the signals. Call it once, in `App`, which they live as long as.
pub fn provide() {
    _ = state();
}

pub(super) fn state() -> FacetsState {
    STATE.with(|state| {
        *state.get_or_init(|| FacetsState {
            open: RwSignal::new(!is_narrow() && storage::get(OPEN_KEY).as_deref() != Some("closed")),
            is_wanted: RwSignal::new(false),
            view: RwSignal::new(Remote::Idle),
            keys: RwSignal::new(Remote::Idle),
            folded: RwSignal::new(
                storage::get(FOLDED_KEY).map(|folded| folded.lines().map(str::to_owned).collect()).unwrap_or_default(),
            ),
        })
    })
}

/// Shows the panel, or takes it away.
pub fn toggle() {
    if state().open.get_untracked() {
        close();
    } else {
        state().is_wanted.set(true);
        state().open.set(true);
        remember("open");
    }
}

/// Takes the panel away; the keyboard goes to the button that shows it.
pub(super) fn close() {
    state().open.set(false);
    remember("closed");
    frame::next(|_| {
        let Some(document) = document() else {
            return;
        };
        let is_lost = document.active_element().is_none_or(|element| element.tag_name().eq_ignore_ascii_case("body"));
        let button = document.get_element_by_id(TOGGLE_ID).and_then(|button| button.dyn_into::<HtmlElement>().ok());
        if let Some(button) = button.filter(|_| is_lost) {
            // It is on the page, so it can be focused.
            _ = button.focus();
        }
    });
}

/// Folds a facet, or unfolds it.
pub(super) fn fold(name: &str) {
    state().folded.update(|folded| match folded.iter().position(|known| known == name) {
        Some(at) => _ = folded.remove(at),
        None => folded.push(name.to_owned()),
    });
    storage::set(FOLDED_KEY, &state().folded.with_untracked(|folded| folded.join("\n")));
}

/// Whether the panel lies over the page.
pub(super) fn is_over_the_page() -> bool {
    is_narrow()
}

fn is_narrow() -> bool {
    let width = window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
    width.is_some_and(|width| width < NARROW_CSS_PX)
}

/// What was chosen on a narrow screen is not meant for a wide one.
fn remember(choice: &str) {
    if !is_narrow() {
        storage::set(OPEN_KEY, choice);
    }
}

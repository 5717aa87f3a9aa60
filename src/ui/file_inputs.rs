//! The two inputs behind every Open button: files, and a whole folder.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlInputElement};

use crate::browser::{document, files};
use crate::ui::reactive::effect;

use super::actions;
use super::state::{AppState, use_app};

/// The id of the input for files.
const FILES: &str = "open-files";
/// The id of the input for a folder.
const FOLDER: &str = "open-folder";

/// The inputs, which are always there and never seen.
#[component]
pub fn FileInputs() -> impl IntoView {
    let app = use_app();
    let folder = NodeRef::<html::Input>::new();
    effect(move |_| {
        if let Some(folder) = folder.get() {
            // No standard names this attribute, all browsers know it.
            _ = folder.set_attribute("webkitdirectory", "");
        }
    });
    view! {
        <div hidden>
            <input id=FILES type="file" multiple aria-label="Files to open" on:change=move |event| picked(app, &event) />
            <input
                id=FOLDER
                type="file"
                aria-label="Folder to open"
                node_ref=folder
                on:change=move |event| picked(app, &event)
            />
        </div>
    }
    .into_any()
}

fn picked(app: AppState, event: &Event) {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return;
    };
    let files = input.files().map(|list| files::from_list(&list)).unwrap_or_default();
    // Forgotten at once, so that picking the same file again is a change.
    input.set_value("");
    if !files.is_empty() {
        actions::open_files(app, files, app.open_mode.get_untracked());
    }
}

/// Lets the reader pick files.
pub fn pick_files() {
    click(FILES);
}

/// Lets the reader pick a folder.
pub fn pick_folder() {
    click(FOLDER);
}

fn click(id: &str) {
    let input = document().and_then(|document| document.get_element_by_id(id));
    if let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) {
        input.click();
    }
}

//! Wasm only: the browser, without decisions.
//!
//! What the page and the worker need of their surroundings: the worker's port, files, fetch, the one frame loop, storage,
//! the address bar. Which question to ask, what a file means and what is drawn is decided elsewhere.
//!
//! *Invariants.* No Leptos, no engine. Nothing here panics on what a browser refuses: it answers `None`, does nothing, or
//! makes a failure that says so.

pub mod build;
#[cfg(feature = "page")]
pub mod canvas;
pub mod clipboard;
pub mod download;
pub mod engine_port;
pub mod event;
pub mod files;
pub mod frame;
mod helpers;
#[cfg(feature = "page")]
pub mod later;
pub mod location;
pub mod log;
pub mod marks;
pub mod observe;
pub mod picture;
pub mod random;
mod sources;
#[cfg(feature = "page")]
pub mod standalone;
pub mod storage;
pub mod theme;
pub mod worker;

pub use engine_port::{EnginePort, PortEvent};

use wasm_bindgen::JsValue;
use web_sys::{Document, Window};

/// The page's window; `None` in a worker.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The page's document; `None` in a worker.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// What JavaScript threw, in words.
fn words_from_error(error: &JsValue) -> String {
    use wasm_bindgen::JsCast as _;
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => format!("{}: {}", String::from(error.name()), String::from(error.message())),
        None => error.as_string().unwrap_or_else(|| "unknown error".to_owned()),
    }
}

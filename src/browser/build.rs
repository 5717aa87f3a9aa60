//! Which build this is, as the page knows it and as the worker knows it, and where the worker is.
//!
//! The two are separate files that a cache may mix, so each carries the build id itself: the page in
//! `<meta name="spanwise-build">`, the worker in the global `SPANWISE_BUILD` that its loader sets. The worker's address,
//! relative to the page, is in `<meta name="spanwise-engine">`. All are written by `tools/postbuild.mjs`, over everything that
//! was built; where they are missing, the crate's version and the name that Trunk gives stand in.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The page's build.
pub fn of_page() -> String {
    meta("meta[name=spanwise-build]").unwrap_or_else(version)
}

/// The address of the worker's script.
pub fn engine_address() -> String {
    super::location::resolve(&meta("meta[name=spanwise-engine]").unwrap_or_else(|| "engine_loader.js".to_owned()))
}

/// The worker's build.
pub fn of_worker() -> String {
    Reflect::get(&js_sys::global(), &JsValue::from_str("SPANWISE_BUILD"))
        .ok()
        .and_then(|id| id.as_string())
        .filter(|id| !id.is_empty())
        .unwrap_or_else(version)
}

fn meta(selector: &str) -> Option<String> {
    let meta = super::document()?.query_selector(selector).ok()??;
    meta.get_attribute("content").filter(|content| !content.is_empty())
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

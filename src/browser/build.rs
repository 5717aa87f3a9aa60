//! Which build this is, as the page knows it and as the worker knows it, and where the worker is.
//!
//! The two are separate files that a cache may mix, so each carries the build id itself: the page in
//! `<meta name="spanwise-build">`, a worker in the global `SPANWISE_BUILD` that its loader sets. The workers' addresses,
//! relative to the page, are in `<meta name="spanwise-engine">` and its like. All are written by `tools/postbuild.mjs`, over everything that
//! was built; where they are missing, the crate's version and the name that Trunk gives stand in.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The page's build.
pub fn of_page() -> String {
    meta("meta[name=spanwise-build]").unwrap_or_else(version)
}

/// The address of a worker's script; `name` is its program's.
pub fn worker_address(name: &str) -> String {
    super::location::resolve(&meta(&format!("meta[name=spanwise-{name}]")).unwrap_or_else(|| format!("{name}_loader.js")))
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

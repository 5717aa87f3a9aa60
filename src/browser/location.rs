//! The address bar: reading it, writing it, and hearing when the reader moves through history.

use wasm_bindgen::JsValue;
use web_sys::{Event, Location, Url, UrlSearchParams};

use super::event::{Listener, Passive};
use super::{document, window};

/// The part from `#` on, empty if there is none. Percent signs are as they stand in the address.
pub fn hash() -> String {
    location().and_then(|location| location.hash().ok()).unwrap_or_default()
}

/// The part from `?` to `#`, empty if there is none.
pub fn search() -> String {
    location().and_then(|location| location.search().ok()).unwrap_or_default()
}

/// Scheme, host and port of the page, as servers' lists of origins have it; `null` for a file.
pub fn origin() -> String {
    location().and_then(|location| location.origin().ok()).unwrap_or_default()
}

/// The values of a parameter in the part from `?` on, decoded.
pub fn params(name: &str) -> Vec<String> {
    let Ok(params) = UrlSearchParams::new_with_str(&search()) else {
        return Vec::new();
    };
    params.get_all(name).iter().filter_map(|value| value.as_string()).collect()
}

/// Changes the part from `#` on, as a new step in history.
pub fn push(hash: &str) {
    if let (Some(history), Some(address)) = (window().and_then(|window| window.history().ok()), with_hash(hash)) {
        // A browser refuses when there are too many in a short time; the page itself is right all the same.
        let _refused = history.push_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// Changes the part from `#` on in place.
pub fn replace(hash: &str) {
    if let (Some(history), Some(address)) = (window().and_then(|window| window.history().ok()), with_hash(hash)) {
        let _refused = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// Changes the part from `?` to `#` in place, without loading the page anew; empty takes it away.
pub fn replace_search(search: &str) {
    let (Some(location), Some(history)) = (location(), window().and_then(|window| window.history().ok())) else {
        return;
    };
    if let (Ok(mut address), Ok(hash)) = (location.pathname(), location.hash()) {
        address.push_str(search);
        address.push_str(&hash);
        let _refused = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// Calls `moved` when the reader goes back or forward, or edits the address. Not called for [`push`] and [`replace`].
pub fn on_move(moved: impl Fn() + 'static) -> Option<Listener> {
    // Editing the part from `#` on raises this event as well.
    Some(Listener::new(&window()?.into(), "popstate", Passive::Yes, move |_: Event| moved()))
}

/// Loads the page anew.
pub fn reload() {
    if let Some(location) = location() {
        let _refused = location.reload();
    }
}

/// The address that a relative one means on this page.
pub fn resolve(address: &str) -> String {
    let base = document().and_then(|document| document.base_uri().ok().flatten());
    base.and_then(|base| Url::new_with_base(address, &base).ok()).map_or_else(|| address.to_owned(), |url| url.href())
}

/// The whole address with another hash. A bare `#…` would be resolved against `<base>`, and lose `index.html`.
fn with_hash(hash: &str) -> Option<String> {
    let location = location()?;
    let mut address = location.pathname().ok()?;
    address.push_str(&location.search().ok()?);
    if !hash.is_empty() && !hash.starts_with('#') {
        address.push('#');
    }
    address.push_str(hash);
    Some(address)
}

fn location() -> Option<Location> {
    window().map(|window| window.location())
}

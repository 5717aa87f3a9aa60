//! A program's second part, which neither its start nor a first file needs. The build cuts it off (`tools/split.mjs`) and lets the program's
//! script load it; a program that was not split has all there is.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::words_from_error;

/// Whether nothing is left to load.
pub fn is_there() -> bool {
    loader().is_none_or(|loader| Reflect::get(&loader, &JsValue::from_str("isThere")).is_ok_and(|is| is.is_truthy()))
}

/// Loads the second part, or waits for it if it is on its way. After a failure it may be tried again.
pub async fn load() -> Result<(), String> {
    let Some(loader) = loader() else {
        return Ok(());
    };
    let coming = loader.call0(&JsValue::UNDEFINED).map(JsValue::unchecked_into::<Promise>);
    match coming {
        Ok(coming) => JsFuture::from(coming).await.map(|_| ()).map_err(|error| words_from_error(&error)),
        Err(error) => Err(words_from_error(&error)),
    }
}

fn loader() -> Option<Function> {
    Reflect::get(&js_sys::global(), &JsValue::from_str("loadLater")).ok()?.dyn_into().ok()
}

//! One HTML file of this page and of data, which opens from disk. `public/standalone.js` makes it; `public/standalone-start.js` starts
//! from it.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use super::words_from_error;

/// Whether such a file can be made here: not by one of its kind, nor by a page that is being developed.
pub fn is_offered() -> bool {
    maker().is_some()
}

/// Makes one of what the blobs hold, one after the other, which it will open under `name`.
pub fn make(blobs: &[Blob], name: &str) -> Result<impl Future<Output = Result<Blob, String>> + use<>, String> {
    let maker = maker().ok_or("this page is such a file itself")?;
    let parts: Array = blobs.iter().collect();
    let made = Blob::new_with_blob_sequence(&parts)
        .and_then(|data| maker.call2(&JsValue::UNDEFINED, &data, &JsValue::from_str(name)))
        .map_err(|error| words_from_error(&error))?;
    Ok(async {
        let file = JsFuture::from(made.unchecked_into::<Promise>()).await.map_err(|error| words_from_error(&error))?;
        file.dyn_into().map_err(|other| format!("it came to {other:?}"))
    })
}

/// What this page has in it to open, if it is such a file.
pub fn taken() -> Option<File> {
    let name = JsValue::from_str("spanwiseFile");
    let file = Reflect::get(&js_sys::global(), &name).ok()?.dyn_into().ok()?;
    // Once.
    let _gone = Reflect::delete_property(&js_sys::global(), &name);
    Some(file)
}

fn maker() -> Option<Function> {
    Reflect::get(&js_sys::global(), &JsValue::from_str("makeStandalone")).ok()?.dyn_into().ok()
}

//! One HTML file of this page and of data, which opens from disk. `public/standalone.js` makes it; `public/standalone-start.js` starts
//! from it.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use super::{download, words_from_error};

/// Whether such a file can be made here: not by one of its kind, nor by a page that is being developed.
pub fn is_offered() -> bool {
    maker().is_some()
}

/// Makes one of data that this page would open under `data_name`, and offers it under `name` to save.
pub async fn save(data: &[u8], data_name: &str, name: &str) -> Result<(), String> {
    let maker = maker().ok_or("this page is such a file itself")?;
    let parts = Array::of1(&Uint8Array::from(data));
    let made = Blob::new_with_u8_array_sequence(&parts)
        .and_then(|data| maker.call2(&JsValue::UNDEFINED, &data, &JsValue::from_str(data_name)))
        .map_err(|error| words_from_error(&error))?;
    let file = JsFuture::from(made.unchecked_into::<Promise>()).await.map_err(|error| words_from_error(&error))?;
    if download::blob(name, file.unchecked_ref()) { Ok(()) } else { Err("the browser refused to save the file".to_owned()) }
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

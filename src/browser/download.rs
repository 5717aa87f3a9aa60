//! Handing the reader a file.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlCanvasElement, Url};

use super::{document, window};

/// How long the bytes stay reachable: a browser may take its time to begin saving.
const REVOKE_MILLIS: i32 = 60_000;

/// Offers text as a file to save. False if the browser refuses.
pub fn text(name: &str, media_type: &str, text: &str) -> bool {
    bytes(name, media_type, text.as_bytes())
}

/// Offers bytes as a file to save. False if the browser refuses.
pub fn bytes(name: &str, media_type: &str, bytes: &[u8]) -> bool {
    offer(name, media_type, bytes).is_some()
}

/// Offers a file that is there. False if the browser refuses.
pub fn blob(name: &str, blob: &Blob) -> bool {
    offer_blob(name, blob).is_some()
}

/// Offers what several blobs hold, one after the other, as a file to save. False if the browser refuses.
pub fn blobs(name: &str, media_type: &str, blobs: &[Blob]) -> bool {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts: Array = blobs.iter().collect();
    let whole = Blob::new_with_blob_sequence_and_options(&parts, &options).ok();
    whole.and_then(|blob| offer_blob(name, &blob)).is_some()
}

/// Offers what is on a canvas as a PNG to save, and says whether the browser did.
pub fn canvas_png(canvas: &HtmlCanvasElement, name: &str, done: impl FnOnce(bool) + 'static) {
    let name = name.to_owned();
    let encoded = Closure::once_into_js(move |blob: Option<Blob>| {
        done(blob.and_then(|blob| offer_blob(&name, &blob)).is_some());
    });
    // Throws only for a canvas with foreign pictures on it.
    let _unthrown = canvas.to_blob(encoded.unchecked_ref());
}

fn offer(name: &str, media_type: &str, bytes: &[u8]) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    offer_blob(name, &blob)
}

fn offer_blob(name: &str, blob: &Blob) -> Option<()> {
    let address = Url::create_object_url_with_blob(blob).ok()?;
    let anchor = document()?.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    anchor.set_href(&address);
    anchor.set_download(name);
    anchor.click();
    let revoke = Closure::once_into_js(move || {
        let _gone = Url::revoke_object_url(&address);
    });
    window()?.set_timeout_with_callback_and_timeout_and_arguments_0(revoke.unchecked_ref(), REVOKE_MILLIS).ok()?;
    Some(())
}

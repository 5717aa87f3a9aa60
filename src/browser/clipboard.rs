//! The clipboard.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ClipboardEvent, Document, HtmlTextAreaElement};

use super::files::{Picked, from_list};
use super::{document, window};

/// Puts text on the clipboard, then says whether that worked.
pub fn copy_text(text: &str, on_done: impl FnOnce(bool) + 'static) {
    if let Some(written) = write_text(text) {
        spawn_local(async move { on_done(JsFuture::from(written).await.is_ok()) });
        return;
    }
    on_done(document().is_some_and(|document| copy_by_selection(&document, text).is_some()));
}

/// What a paste brought: files, or else the text.
pub fn pasted(event: &ClipboardEvent) -> (Vec<Picked>, Option<String>) {
    let Some(transfer) = event.clipboard_data() else {
        return (Vec::new(), None);
    };
    let files = transfer.files().map(|files| from_list(&files)).unwrap_or_default();
    let text = transfer.get_data("text/plain").ok().filter(|text| !text.is_empty());
    (files, text)
}

/// Hands over the clipboard's text, or `None` where the browser or the reader refuses.
pub fn read_text(on_done: impl FnOnce(Option<String>) + 'static) {
    let Some(read) = start_read() else {
        on_done(None);
        return;
    };
    spawn_local(async move { on_done(JsFuture::from(read).await.ok().and_then(|text| text.as_string())) });
}

fn start_read() -> Option<Promise> {
    let navigator = window()?.navigator();
    let clipboard = Reflect::get(&navigator, &JsValue::from_str("clipboard")).ok().filter(JsValue::is_object)?;
    let read = Reflect::get(&clipboard, &JsValue::from_str("readText")).ok()?.dyn_into::<Function>().ok()?;
    read.call0(&clipboard).ok()?.dyn_into().ok()
}

/// `None` where the page was not served securely: such a page has no clipboard, whatever the types say.
fn write_text(text: &str) -> Option<Promise> {
    let navigator = window()?.navigator();
    let clipboard = Reflect::get(&navigator, &JsValue::from_str("clipboard")).ok().filter(JsValue::is_object)?;
    let write = Reflect::get(&clipboard, &JsValue::from_str("writeText")).ok()?.dyn_into::<Function>().ok()?;
    write.call1(&clipboard, &JsValue::from_str(text)).ok()?.dyn_into().ok()
}

/// The old way, which needs a selection to copy.
fn copy_by_selection(document: &Document, text: &str) -> Option<()> {
    let focused = document.active_element();
    let area = document.create_element("textarea").ok()?.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_value(text);
    area.set_class_name("visually-hidden");
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = Reflect::get(document, &JsValue::from_str("execCommand"))
        .ok()
        .and_then(|command| command.dyn_into::<Function>().ok())
        .and_then(|command| command.call1(document, &JsValue::from_str("copy")).ok())
        .is_some_and(|done| done.is_truthy());
    area.remove();
    if let Some(focused) = focused.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // The element was focused a moment ago; if it cannot be now, nothing is lost.
        let _refused = focused.focus();
    }
    copied.then_some(())
}

//! Hearing when an element's size changes.

use js_sys::Array;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// Watches an element's size until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it stops watching"]
pub struct ResizeWatch {
    observer: ResizeObserver,
    /// Keeps the function callable.
    _closure: Closure<dyn FnMut(Array)>,
}

impl ResizeWatch {
    /// Calls `changed` after the element's size has changed, and once at first.
    pub fn new(element: &Element, changed: impl Fn() + 'static) -> Option<Self> {
        let closure = Closure::<dyn FnMut(Array)>::new(move |_: Array| changed());
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _closure: closure })
    }
}

impl Drop for ResizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

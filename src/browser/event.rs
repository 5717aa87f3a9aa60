//! Listening to the browser's events for as long as a value lives.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::convert::FromWasmAbi;
use web_sys::{AddEventListenerOptions, EventTarget};

/// Hears an event until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it stops listening"]
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    function: js_sys::Function,
    /// Keeps the function callable.
    _closure: Box<dyn std::fmt::Debug>,
}

/// Whether a listener may call `preventDefault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passive {
    /// It never does, so that scrolling need not wait for it.
    Yes,
    /// It may.
    No,
}

impl Listener {
    /// Calls `heard` on each event `name` of `target`. `E` is the event's type, which the name implies.
    pub fn new<E: FromWasmAbi + 'static>(
        target: &EventTarget,
        name: &'static str,
        passive: Passive,
        heard: impl FnMut(E) + 'static,
    ) -> Self {
        let closure = Closure::<dyn FnMut(E)>::new(heard);
        let function = closure.as_ref().unchecked_ref::<js_sys::Function>().clone();
        let options = AddEventListenerOptions::new();
        options.set_passive(passive == Passive::Yes);
        // Adding a listener throws for no argument that can be passed here.
        let _unthrown = target.add_event_listener_with_callback_and_add_event_listener_options(name, &function, &options);
        Self { target: target.clone(), name, function, _closure: Box::new(closure) }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _unthrown = self.target.remove_event_listener_with_callback(self.name, &self.function);
    }
}

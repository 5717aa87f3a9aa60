//! What follows signals, compiled once: Leptos would compile its machinery anew for each closure that it is given, which is a
//! good part of the page's size. Boxed, all closures are of one type to it.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlElement;

use crate::browser::frame;
use crate::browser::observe::ResizeWatch;

/// A part of a view that is made anew whenever what it read changes.
pub fn show<V: IntoView + 'static>(mut view: impl FnMut() -> V + Send + 'static) -> AnyView {
    boxed(Box::new(move || view().into_any()))
}

/// A part of a view that is made right after this task, in one of its own: a large view in one go would hold the page up.
pub fn soon(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let is_due = RwSignal::new(false);
    set_timeout(move || _ = is_due.try_set(true), Duration::ZERO);
    show(move || is_due.get().then(|| untrack(&view)))
}

/// The same once what stands already is painted: what is laid out in one frame with it would hold the page up.
pub fn after_paint(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let is_due = RwSignal::new(false);
    frame::next(move |_| set_timeout(move || _ = is_due.try_set(true), Duration::ZERO));
    show(move || is_due.get().then(|| untrack(&view)))
}

/// Runs now, and again whenever what it read changes; it is told whether it is again.
pub fn effect(run: impl FnMut(bool) + 'static) {
    start(Box::new(run));
}

/// Calls `changed` with the element once the browser has laid it out, and after each change of its size. To ask for a size any sooner
/// would lay the whole page out in the task that makes the element, and again when the rest of it is there.
pub fn on_size(element: NodeRef<html::Div>, changed: impl Fn(&HtmlElement) + Clone + 'static) {
    let watch = StoredValue::new_local(None::<ResizeWatch>);
    on_cleanup(move || watch.set_value(None));
    effect(move |_| {
        let Some(element) = element.get() else {
            return;
        };
        let (watched, changed) = (element.clone(), changed.clone());
        watch.set_value(ResizeWatch::new(&element, move || changed(&watched)));
    });
}

fn boxed(view: Box<dyn FnMut() -> AnyView + Send>) -> AnyView {
    view.into_any()
}

fn start(mut run: Box<dyn FnMut(bool)>) {
    Effect::new(move |before: Option<()>| run(before.is_some()));
}

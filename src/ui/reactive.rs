//! What follows signals, compiled once: Leptos would compile its machinery anew for each closure that it is given, which is a
//! good part of the page's size. Boxed, all closures are of one type to it.

use std::time::Duration;

use leptos::prelude::*;

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

/// Runs now, and again whenever what it read changes; it is told whether it is again.
pub fn effect(run: impl FnMut(bool) + 'static) {
    start(Box::new(run));
}

fn boxed(view: Box<dyn FnMut() -> AnyView + Send>) -> AnyView {
    view.into_any()
}

fn start(mut run: Box<dyn FnMut(bool)>) {
    Effect::new(move |before: Option<()>| run(before.is_some()));
}

//! A sheet over the page: the browser's own modal dialog, which keeps the focus inside and gives it back.

use crate::ui::reactive::{effect, show};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlDialogElement, MouseEvent};

use super::{Glyph, Icon};

/// A sheet. Its content is there only while it is open.
#[component]
pub fn SheetFrame(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// What it is called.
    #[prop(into)]
    title: Signal<&'static str>,
    /// Without a heading: what is in it says what it is.
    #[prop(optional)]
    is_bare: bool,
    /// Called when the reader wants it gone.
    #[prop(into)]
    on_close: Callback<()>,
    /// What is in it.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move |_| {
        let Some(dialog) = dialog.get() else {
            return;
        };
        match (open.get(), dialog.open()) {
            // Throws only if it is not on the page, which it is.
            (true, false) => _ = dialog.show_modal(),
            (false, true) => dialog.close(),
            (true, true) | (false, false) => {}
        }
    });
    // A click beside the sheet hits the dialog itself, since its content fills it.
    let clicked = move |event: MouseEvent| {
        let beside = event.target().is_some_and(|target| target.dyn_ref::<HtmlDialogElement>().is_some());
        if beside {
            on_close.run(());
        }
    };
    // The browser tells it in a task of its own, by when the sheet may have been asked for again.
    let closed = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            on_close.run(());
        }
    };
    let head = (!is_bare).then(|| {
        view! {
            <header class="sheet__head">
                <h2 class="sheet__title">{title}</h2>
                <button class="button button--quiet button--icon" type="button" aria-label="Close" on:click=move |_| on_close.run(())>
                    <Icon glyph=Glyph::Close />
                </button>
            </header>
        }
    });
    let class = if is_bare { "sheet sheet--bare" } else { "sheet" };
    view! {
        <dialog class=class aria-label=title node_ref=dialog on:close=closed on:click=clicked>
            <div class="sheet__body">
                {head}
                <div class="sheet__content">{show(move || open.get().then(|| children()))}</div>
            </div>
        </dialog>
    }
    .into_any()
}

//! A button that opens a list to choose from, with a box that narrows it. The list lies over the page in the browser's own
//! top layer, which closes it by Escape or a click beside it and gives the focus back.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::browser::{document, window};
use crate::ui::reactive::show;

use super::{Glyph, Icon};

/// What is listed at most; the rest is found by typing.
const LISTED: usize = 100;
/// Width and height of the list at most, to keep it in the window.
const LIST_CSS_PX: (f64, f64) = (300.0, 380.0);

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuOption<T> {
    /// What is chosen.
    pub value: T,
    /// What it is called.
    pub words: String,
    /// What stands beside it.
    pub note: String,
}

/// The button and its list.
#[component]
pub fn Menu<T: Clone + PartialEq + Send + Sync + 'static>(
    /// Names the list in the page.
    #[prop(into)]
    id: String,
    /// What is chosen here.
    label: &'static str,
    /// What is written on the button.
    #[prop(into)]
    face: Signal<String>,
    /// What there is.
    options: Signal<Vec<MenuOption<T>>>,
    /// What is chosen now.
    current: Signal<Option<T>>,
    /// Called when the list opens: what it shows may have to be asked for.
    on_open: Callback<()>,
    /// Called with what the reader chose.
    on_choose: Callback<T>,
) -> impl IntoView {
    let button = NodeRef::<html::Button>::new();
    let list = NodeRef::<html::Div>::new();
    let open = RwSignal::new(false);
    let needle = RwSignal::new(String::new());
    let toggled = move |_: Event| {
        let Some(list) = list.get_untracked() else {
            return;
        };
        let is_open = list.matches(":popover-open").unwrap_or(false);
        if is_open {
            if let Some(button) = button.get_untracked() {
                place(&list, &button);
            }
            on_open.run(());
        } else {
            // Not when it opens, which is told late: what is typed by then is meant.
            needle.set(String::new());
            if let Some(input) =
                list.query_selector("input").ok().flatten().and_then(|input| input.dyn_into::<HtmlInputElement>().ok())
            {
                input.set_value("");
            }
        }
        open.set(is_open);
    };
    let choose = move |value: T| {
        on_choose.run(value);
        if let Some(list) = list.get_untracked() {
            // Throws where it is hidden already.
            let _hidden = list.hide_popover();
        }
        if let Some(button) = button.get_untracked() {
            // It is on the page, so it can be focused.
            _ = button.focus();
        }
    };
    let rows = move || {
        let needle = needle.get().trim().to_lowercase();
        let current = current.get();
        options.with(|options| {
            let matching: Vec<&MenuOption<T>> =
                options.iter().filter(|option| needle.is_empty() || option.words.to_lowercase().contains(&needle)).collect();
            let more = matching.len().saturating_sub(LISTED);
            let rows: Vec<_> = matching
                .into_iter()
                .take(LISTED)
                .map(|option| {
                    let value = option.value.clone();
                    let is_current = current.as_ref() == Some(&option.value);
                    view! {
                        <li>
                            <button
                                class="menu__option"
                                type="button"
                                aria-pressed=if is_current { "true" } else { "false" }
                                on:click=move |_| choose(value.clone())
                            >
                                <span class="menu__words">{option.words.clone()}</span>
                                <span class="menu__note">{option.note.clone()}</span>
                            </button>
                        </li>
                    }
                })
                .collect();
            let none = rows.is_empty().then(|| view! { <li class="menu__more">"Nothing of that name"</li> });
            let more = (more > 0).then(|| view! { <li class="menu__more">{format!("{more} more: type to narrow")}</li> });
            view! {
                {rows}
                {none}
                {more}
            }
        })
    };
    view! {
        <button class="button button--quiet menu__button" type="button" popovertarget=id.clone() aria-haspopup="dialog" aria-label=move || format!("{label}: {}", face.get()) node_ref=button>
            <span class="menu__face">{face}</span>
            <Icon glyph=Glyph::ChevronDown />
        </button>
        <div
            id=id
            class="menu"
            popover="auto"
            role="dialog"
            aria-label=label
            tabindex="-1"
            node_ref=list
            on:toggle=toggled
            on:keydown=move |event| keydown(list, &event)
        >
            // Always there: the browser gives it the keyboard as it opens the list, so that no key is lost.
            <input
                class="field menu__box"
                type="search"
                autofocus="autofocus"
                autocomplete="off"
                spellcheck="false"
                placeholder="Type to narrow"
                aria-label=format!("Narrow: {label}")
                on:input=move |event| needle.set(event_target_value(&event))
            />
            {show(move || open.get().then(|| view! { <ul class="menu__list" aria-label=label>{rows}</ul> }))}
        </div>
    }
    .into_any()
}

/// Below the button, inside the window.
pub fn place(list: &HtmlElement, button: &HtmlElement) {
    let rect = button.get_bounding_client_rect();
    let inner = |length: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
        length.ok().and_then(|length| length.as_f64()).unwrap_or(f64::MAX)
    };
    let (width, height) =
        window().map_or((f64::MAX, f64::MAX), |window| (inner(window.inner_width()), inner(window.inner_height())));
    let left = rect.left().min(width - LIST_CSS_PX.0 - 8.0).max(8.0);
    let top = (rect.bottom() + 4.0).min(height - LIST_CSS_PX.1 - 8.0).max(8.0);
    for (name, css_px) in [("--menu-left", left), ("--menu-top", top)] {
        // Throws for read-only style declarations only.
        let _unthrown = list.style().set_property(name, &format!("{css_px:.0}px"));
    }
}

/// Arrows move through the list, Enter in the box takes the first; nothing of it reaches the page below.
fn keydown(list: NodeRef<html::Div>, event: &KeyboardEvent) {
    event.stop_propagation();
    let (Some(list), Some(active)) = (list.get_untracked(), document().and_then(|document| document.active_element())) else {
        return;
    };
    let Ok(buttons) = list.query_selector_all(".menu__option") else {
        return;
    };
    let at = |index: u32| buttons.item(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let here = (0..buttons.length()).find(|&index| at(index).is_some_and(|button| Element::from(button) == active));
    let to = match (event.key().as_str(), here) {
        ("ArrowDown", None) => at(0),
        ("ArrowDown", Some(here)) => at(here.saturating_add(1)),
        ("ArrowUp", Some(0)) => list.query_selector("input").ok().flatten().and_then(|input| input.dyn_into().ok()),
        ("ArrowUp", Some(here)) => at(here.saturating_sub(1)),
        ("Enter", None) => {
            if let Some(first) = at(0) {
                first.click();
            }
            None
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(to) = to {
        // It is on the page, so it can be focused.
        _ = to.focus();
    }
}

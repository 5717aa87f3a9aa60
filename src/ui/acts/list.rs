//! The list of what can be done with a value.

use leptos::html;
use leptos::prelude::*;
use web_sys::{HtmlElement, KeyboardEvent};

use super::{Subject, wanted};
use crate::browser::{document, frame, window};
use crate::link::Slot;
use crate::protocol::{Answer, QueryChange, Reply, Request, RewriteRequest};
use crate::route::View;
use crate::ui::actions;
use crate::ui::parts::Segments;
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, Manner};

/// Width and height of the list at most, to keep it in the window.
const LIST_CSS_PX: (f64, f64) = (320.0, 340.0);

/// The list, which lies in the browser's top layer while it is wanted.
#[inline(never)]
pub fn acts(app: AppState) -> AnyView {
    let list = NodeRef::<html::Div>::new();
    let chosen = RwSignal::new(0_usize);
    effect(move |_| {
        let Some(at) = wanted().with(|wanted| wanted.as_ref().map(|wanted| wanted.at)) else {
            return;
        };
        chosen.set(0);
        // The list is made in this turn, and placed in the next.
        frame::next(move |_| {
            if let Some(list) = list.get_untracked() {
                place(&list, at);
                // Throws where it is shown already.
                let _shown = list.show_popover();
                if let Some(first) = list.query_selector("[role=menuitem]").ok().flatten()
                    && let Ok(first) = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(first)
                {
                    // It is on the page, so it can be focused.
                    _ = first.focus();
                }
            }
        });
    });
    let toggled = move |_: web_sys::Event| {
        let is_open = list.get_untracked().is_some_and(|list| list.matches(":popover-open").unwrap_or(false));
        if !is_open {
            wanted().set(None);
        }
    };
    view! {
        <div id="acts" class="acts" popover="auto" role="dialog" aria-label="What can be done with it" node_ref=list on:toggle=toggled on:keydown=move |event| keydown(list, &event)>
            {show(move || {
                wanted()
                    .get()
                    .map(|wanted| {
                        let subjects = wanted.subjects;
                        let options: Vec<(usize, &'static str)> =
                            subjects.iter().enumerate().filter_map(|(at, subject)| Some((at, short(&subject.field)?))).collect();
                        let choice = (options.len() > 1)
                            .then(|| {
                                view! {
                                    <Segments label="Of the span" options current=chosen.into() on_choose=Callback::new(move |at| chosen.set(at)) />
                                }
                            });
                        let of = show(move || subjects.get(chosen.get()).map(|subject| items(app, list, subject)));
                        view! { {choice} {of} }
                    })
            })}
        </div>
    }
    .into_any()
}

/// What a subject of several is called.
fn short(field: &str) -> Option<&'static str> {
    match field {
        "resource.service.name" => Some("Service"),
        "name" => Some("Operation"),
        "kind" => Some("Kind"),
        "status" => Some("Status"),
        _ => None,
    }
}

fn items(app: AppState, list: NodeRef<html::Div>, subject: &Subject) -> AnyView {
    let Subject { field, value, condition, by } = subject.clone();
    let in_trace = app.route.with_untracked(|route| route.view == View::Trace);
    let item = move |words: &'static str, act: Box<dyn Fn()>| {
        let act = StoredValue::new_local(act);
        let clicked = move |_| {
            act.with_value(|act| act());
            if let Some(list) = list.get_untracked() {
                // Throws where it is hidden already.
                let _hidden = list.hide_popover();
            }
        };
        view! {
            <button class="acts__item" type="button" role="menuitem" on:click=clicked>
                {words}
            </button>
        }
        .into_any()
    };
    let narrow = |words, change| {
        let condition = condition.clone();
        item(
            words,
            Box::new(move || {
                actions::narrow(app, condition.clone(), change);
                if app.route.with_untracked(|route| !route.view.is_of_selection()) {
                    actions::go(app, View::Traces);
                }
            }),
        )
    };
    let mut items: Vec<AnyView> = Vec::new();
    if in_trace {
        let condition = condition.clone();
        items.push(item(
            "Find in this trace",
            Box::new(move || {
                with_query(app, &condition, move |text| app.route.update(|route| route.trace.find.text = text));
            }),
        ));
    }
    items.push(narrow("Filter traces by it", QueryChange::Narrow));
    items.push(narrow("Exclude it", QueryChange::Exclude));
    if let Some(by) = by {
        let for_charts = by.clone();
        items.push(item(
            "Group latency by it",
            Box::new(move || {
                app.route.update(|route| {
                    *route = route.at_view(View::Latency);
                    route.latency.by.clone_from(&for_charts);
                });
            }),
        ));
        if in_trace {
            items.push(item(
                "Color bars by it",
                Box::new(move || app.route.update(|route| route.trace.colors.by.clone_from(&by))),
            ));
        }
    }
    let for_list = field.clone();
    items.push(item(
        "Add as column to the trace list",
        Box::new(move || {
            app.route.update(|route| {
                if !route.list.columns.contains(&for_list) {
                    route.list.columns.push(for_list.clone());
                }
            });
            app.announce(format!("The trace list has a column {for_list}"), Manner::Shown);
        }),
    ));
    items.push(item(
        "Copy as query",
        Box::new(move || with_query(app, &condition, move |text| actions::copy_text(app, "Query", &text))),
    ));
    view! {
        <p class="acts__subject">
            <code class="acts__field">{field}</code>
            <span class="acts__value">{value}</span>
        </p>
        <div class="acts__items" role="menu">{items}</div>
    }
    .into_any()
}

/// Hands on what a condition is as a query of its own.
fn with_query(app: AppState, condition: &crate::protocol::Condition, then: impl FnOnce(String) + 'static) {
    let request = RewriteRequest { text: String::new(), condition: condition.clone(), change: QueryChange::Replace };
    app.ask(Slot::Other, Request::Rewrite(Box::new(request)), move |answer| {
        if let Answer::Reply(Reply::Rewritten(text)) = answer {
            then(text);
        }
    });
}

/// Beside where it was asked for, inside the window.
fn place(list: &HtmlElement, (x, y): (f64, f64)) {
    let inner = |length: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
        length.ok().and_then(|length| length.as_f64()).unwrap_or(f64::MAX)
    };
    let (width, height) =
        window().map_or((f64::MAX, f64::MAX), |window| (inner(window.inner_width()), inner(window.inner_height())));
    let left = x.min(width - LIST_CSS_PX.0 - 8.0).max(8.0);
    let top = y.min(height - LIST_CSS_PX.1 - 8.0).max(8.0);
    for (name, css_px) in [("--acts-left", left), ("--acts-top", top)] {
        // Throws for read-only style declarations only.
        let _unthrown = list.style().set_property(name, &format!("{css_px:.0}px"));
    }
}

/// Arrows move through the list; nothing of it reaches the page below.
fn keydown(list: NodeRef<html::Div>, event: &KeyboardEvent) {
    event.stop_propagation();
    let step: i64 = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    event.prevent_default();
    let (Some(list), Some(active)) = (list.get_untracked(), document().and_then(|document| document.active_element())) else {
        return;
    };
    let Ok(items) = list.query_selector_all("[role=menuitem]") else {
        return;
    };
    let at = |index: i64| {
        let index = u32::try_from(index.rem_euclid(i64::from(items.length()).max(1))).unwrap_or(0);
        items.item(index).and_then(|node| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(node).ok())
    };
    let here = (0..i64::from(items.length())).find(|&index| at(index).is_some_and(|item| web_sys::Element::from(item) == active));
    if let Some(to) = at(here.map_or(0, |here| here + step)) {
        // It is on the page, so it can be focused.
        _ = to.focus();
    }
}

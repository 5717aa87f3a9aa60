//! The choice of what is told apart: a few kinds, or any attribute, found by typing.

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::browser::frame;
use crate::link::Slot;
use crate::protocol::{GroupBy, KeysRequest, KeysView, Reply, Request};
use crate::scene::format;
use crate::ui::reactive::effect;
use crate::ui::remote::Remote;

use super::page::Page;

/// Names the list of keys for the field that they are offered in.
const KEYS_ID: &str = "latency-attribute-keys";
const ATTRIBUTE: &str = "attribute";

/// The choice.
pub(super) fn group_choice(page: Page) -> AnyView {
    // The attribute is being chosen: nothing is grouped by it yet.
    let choosing = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let keys = RwSignal::new(Remote::<KeysView>::Idle);
    let attribute = Memo::new(move |_| match page.by() {
        GroupBy::Attribute(key) => Some(key),
        _ => None,
    });
    let wants_keys = Memo::new(move |_| choosing.get() || attribute.with(Option::is_some));
    effect(move |_| {
        page.app().dataset.track();
        if !wants_keys.get() || page.app().epoch() == 0 {
            return;
        }
        let request = Request::Keys(KeysRequest { trace_id: None });
        page.app().ask_into(Slot::Keys, request, keys, |reply| match reply {
            Reply::Keys(view) => Some(view),
            _ => None,
        });
    });
    let value = move || {
        if choosing.get() {
            return ATTRIBUTE;
        }
        name(&page.by())
    };
    let changed = move |event| {
        let value = event_target_value(&event);
        choosing.set(value == ATTRIBUTE);
        match KINDS.iter().find(|(_, name, _)| *name == value) {
            Some((by, ..)) => page.group_by(by.clone()),
            None => frame::next(move |_| {
                if let Some(input) = input.try_get_untracked().flatten() {
                    // It is on the page, so it can be focused.
                    _ = input.focus();
                }
            }),
        }
    };
    let choose = move || {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let key = input.value().trim().to_owned();
        if !key.is_empty() {
            choosing.set(false);
            page.group_by(GroupBy::Attribute(key));
        }
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            choose();
        }
    };
    let options = move || {
        keys.with(|keys| {
            let keys = keys.latest().map_or(&[][..], |view| &view.keys);
            keys.iter()
                .map(|(key, spans)| {
                    let words = format::counted(*spans, "span");
                    view! { <option value=key.clone()>{words}</option> }
                })
                .collect_view()
        })
    };
    let field = move || {
        wants_keys.get().then(|| {
            view! {
                <input
                    class="field latency__key"
                    type="text"
                    list=KEYS_ID
                    aria-label="Attribute to group by"
                    placeholder="Attribute key"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || attribute.get().unwrap_or_default()
                    node_ref=input
                    on:change=move |_| choose()
                    on:keydown=key
                />
                <datalist id=KEYS_ID>{options}</datalist>
            }
        })
    };
    view! {
        <div class="latency__tool">
            <label class="latency__tool">
                <span class="latency__label">"Group by"</span>
                <select class="field" on:change=changed prop:value=value>
                    {KINDS.iter().map(|(_, name, words)| view! { <option value=*name>{*words}</option> }).collect_view()}
                    <option value=ATTRIBUTE>"Attribute…"</option>
                </select>
            </label>
            {field}
        </div>
    }
    .into_any()
}

const KINDS: [(GroupBy, &str, &str); 5] = [
    (GroupBy::Nothing, "nothing", "None"),
    (GroupBy::Service, "service", "Service"),
    (GroupBy::Operation, "operation", "Operation"),
    (GroupBy::Kind, "kind", "Kind"),
    (GroupBy::Status, "status", "Status"),
];

fn name(by: &GroupBy) -> &'static str {
    KINDS.iter().find_map(|(known, name, _)| (known == by).then_some(*name)).unwrap_or(ATTRIBUTE)
}

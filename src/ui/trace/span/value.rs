//! One value: shown as it is, folded where it is long, laid out where that helps, and always only as text.

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Answer, AttributeNode, AttributeValue, Reply, Request, TextRequest, TextView};
use crate::scene::format;
use crate::scene::text::{LAYOUT_BYTES_MAX, is_query_key, is_web_address, layout_json, layout_sql, looks_like_json};
use crate::ui::actions;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::show;
use crate::ui::state::Manner;

use super::{Panel, copy_request};

/// Longer texts are folded after so many characters, or lines.
const FOLD_CHARS: usize = 600;
const FOLD_LINES: usize = 12;

/// A value as the text that it is, where it is one value.
pub(super) fn plain_text(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::String { text, .. } => Some(text.clone()),
        AttributeValue::Bool(value) => Some(value.to_string()),
        AttributeValue::Int(value) => Some(value.to_string()),
        AttributeValue::Double(value) => Some(double_text(*value)),
        AttributeValue::Bytes { hex, .. } => Some(hex.clone()),
        AttributeValue::Array { .. } | AttributeValue::KvList { .. } | AttributeValue::Empty => None,
    }
}

/// The shortest text that reads back as the same double; huge and tiny ones with an exponent.
fn double_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        format!("{value:?}")
    }
}

/// The value and what can be done with it.
pub(super) fn value_view(panel: Panel, node: AttributeNode, kind: &'static str) -> AnyView {
    match node.value.clone() {
        AttributeValue::String { text, bytes } => {
            let whole = text.len() as u64 >= bytes;
            view! { <Text panel node=node.node key=node.key text bytes whole kind/> }.into_any()
        }
        AttributeValue::Bytes { hex, bytes } => {
            let whole = hex.len() as u64 / 2 >= bytes;
            let size = format::bytes(bytes);
            view! {
                <span class="attributes__size">{size}</span>
                <Text panel node=node.node key=node.key text=hex bytes whole kind/>
            }
            .into_any()
        }
        AttributeValue::Empty => view! {
            <span class="attributes__none">"no value"</span>
            <span class="attributes__type">{kind}</span>
        }
        .into_any(),
        AttributeValue::Array { .. } | AttributeValue::KvList { .. } => {
            view! { <CopyValue panel node=node.node known=None kind/> }.into_any()
        }
        value @ (AttributeValue::Bool(_) | AttributeValue::Int(_) | AttributeValue::Double(_)) => {
            let text = plain_text(&value).unwrap_or_default();
            view! {
                <span class="attributes__scalar">{text.clone()}</span>
                <CopyValue panel node=node.node known=Some(text) kind/>
            }
            .into_any()
        }
    }
}

/// Says of what type a value is, and copies it; asks the engine for it where the page has only a part.
#[component]
fn CopyValue(panel: Panel, node: u32, known: Option<String>, kind: &'static str) -> impl IntoView {
    let app = panel.state.app();
    let copy = move |_| match &known {
        Some(text) => actions::copy_text(app, "Value", text),
        None => copy_request(app, "Value", TextRequest::Value { node }),
    };
    view! {
        <span class="attributes__type">{kind}</span>
        <button class="copy" type="button" aria-label="Copy the value" title="Copy the value" on:click=copy>
            <Icon glyph=Glyph::Copy/>
        </button>
    }
}

/// A text, which may be long, JSON, SQL, or an address.
#[component]
fn Text(panel: Panel, node: u32, key: String, text: String, bytes: u64, whole: bool, kind: &'static str) -> impl IntoView {
    let app = panel.state.app();
    let is_query = is_query_key(&key);
    let is_json = looks_like_json(&text) && text.len() <= LAYOUT_BYTES_MAX && whole;
    let address = is_web_address(&text).then(|| text.clone());
    let known = whole.then(|| text.clone());
    let unfolded = RwSignal::new(false);
    let laid_out = RwSignal::new(is_query);
    let text = RwSignal::new(text);
    let is_whole = RwSignal::new(whole);
    let shown = Memo::new(move |_| {
        let laid = text.with(|text| match (laid_out.get(), is_query) {
            (true, true) => layout_sql(text),
            (true, false) if is_json => layout_json(text),
            (true | false, _) => text.clone(),
        });
        if unfolded.get() { (laid, false) } else { folded(&laid) }
    });
    let is_cut = move || shown.with(|(_, cut)| *cut) || (!is_whole.get() && !unfolded.get());
    let unfold = move |_| {
        unfolded.set(true);
        if is_whole.get_untracked() {
            return;
        }
        app.ask(Slot::Text, Request::Text(TextRequest::Value { node }), move |answer| match answer {
            Answer::Reply(Reply::Text(TextView { text: all })) => {
                // The span may not be shown any more.
                _ = is_whole.try_set(true);
                _ = text.try_set(all);
            }
            Answer::Failed(failure) => app.announce(failure.headline, Manner::Shown),
            Answer::Reply(_) | Answer::Cancelled => {}
        });
    };
    let lays_out = is_json || is_query;
    let layout_label = if is_query { "Lines" } else { "Pretty" };
    view! {
        <span class="attributes__text" data-code=lays_out.then_some("") data-long=move || unfolded.get().then_some("")>
            {show(move || shown.with(|(text, _)| text.clone()))}
            {show(move || is_cut().then_some("…"))}
        </span>
        <span class="attributes__actions">
            {show(move || {
                is_cut()
                    .then(|| {
                        view! {
                            <button class="button button--small" type="button" on:click=unfold>
                                {format!("Show all {}", format::bytes(bytes))}
                            </button>
                        }
                    })
            })}
            {lays_out
                .then(|| {
                    view! {
                        <button
                            class="button button--small"
                            type="button"
                            aria-pressed=move || if laid_out.get() { "true" } else { "false" }
                            on:click=move |_| laid_out.update(|laid_out| *laid_out = !*laid_out)
                        >
                            {layout_label}
                        </button>
                    }
                })}
            {address
                .map(|address| {
                    view! {
                        <a class="attributes__open" href=address target="_blank" rel="noopener noreferrer">
                            "Open"
                            <span class="visually-hidden">" this address in a new tab"</span>
                        </a>
                    }
                })}
            <CopyValue panel node known kind/>
        </span>
    }
}

/// The first part of a long text, and whether anything was left out.
fn folded(text: &str) -> (String, bool) {
    let mut lines = 0;
    for (chars, (at, letter)) in text.char_indices().enumerate() {
        lines += usize::from(letter == '\n');
        if chars >= FOLD_CHARS || lines >= FOLD_LINES {
            return (text.get(..at).unwrap_or_default().to_owned(), true);
        }
    }
    (text.to_owned(), false)
}

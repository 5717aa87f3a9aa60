//! The tools above the map: what is counted, what is shown of it, how, and as which file.

use leptos::html;
use leptos::prelude::*;
use web_sys::{Event, KeyboardEvent};

use crate::protocol::NodeKind;
use crate::route::MapMeasure;
use crate::scene::format;
use crate::ui::actions;
use crate::ui::basis::{basis_choice, basis_of};
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::show;
use crate::ui::selection_chips::SelectionChips;
use crate::ui::state::AppState;
use crate::ui::traces::filter::FilterBox;

use super::picture::found;
use super::words::{kind_words, measure_words, name_of};
use super::{MapState, acts, export};

/// Names the box for the key that goes to it.
pub(super) const FIND_ID: &str = "map-find";

/// How far around a node one looks.
const HOPS: [(u32, &str); 4] = [(1, "1 call"), (2, "2 calls"), (3, "3 calls"), (acts::ALL_HOPS, "any number of calls")];

/// The tools.
pub(super) fn tools(state: MapState) -> impl IntoView {
    let app = state.app();
    let of_trace = Memo::new(move |_| app.route.with(|route| route.map.trace_id.clone()));
    let what = move || match of_trace.get() {
        Some(trace_id) => trace_chip(app, &trace_id).into_any(),
        None => view! { <FilterBox /> <SelectionChips /> }.into_any(),
    };
    let count = move || {
        app.map.view().with(|view| {
            view.latest().map(|view| {
                let (shown, all) = (view.nodes.len() as u64, u64::from(view.all_nodes));
                let nodes = if shown < all {
                    format!("{} of {}", format::count(shown), format::counted(all, "node"))
                } else {
                    format::counted(shown, "node")
                };
                format!("{nodes}, {}, {}", format::counted(view.edges.len() as u64, "edge"), format::counted(view.spans, "span"))
            })
        })
    };
    let basis = Signal::derive(move || app.map.view().with(|view| basis_of(view, |view| view.basis.as_deref())));
    let as_table = Memo::new(move |_| app.route.with(|route| route.map.as_table));
    view! {
        <div class="map-tools">
            <h1 class="visually-hidden">"Service map"</h1>
            <div class="map-tools__row">
                {what}
                <p class="map-tools__count" aria-live="polite">{count}</p>
            </div>
            {basis_choice(app, basis)}
            <div class="map-tools__row">
                {show(move || (!as_table.get()).then(|| find(state)))}
                {show(move || (!as_table.get()).then(|| measures(app)))}
                {kinds(app)}
                {focus(app)}
                <div class="map-tools__end">
                    <div class="map-tools__switch" role="group" aria-label="Shown as">
                        {[(false, "Map"), (true, "Table")].map(|(table, words)| view! {
                            <button
                                class="button"
                                type="button"
                                aria-pressed=move || (as_table.get() == table).to_string()
                                on:click=move |_| acts::set_table(app, table)
                            >
                                {words}
                            </button>
                        }).collect_view()}
                    </div>
                    {show(move || if as_table.get() { export::table_buttons(state).into_any() } else { export::picture_buttons(state).into_any() })}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Says which trace alone is on the map, with the ways to it and back to all.
fn trace_chip(app: AppState, trace_id: &str) -> impl IntoView + use<> {
    let short: String = trace_id.chars().take(12).collect();
    let dots = if trace_id.chars().count() > 12 { "…" } else { "" };
    let shown = if trace_id.is_empty() { "without id".to_owned() } else { format!("{short}{dots}") };
    let trace_id = trace_id.to_owned();
    view! {
        <div class="map-tools__trace" data-testid="map-trace">
            <button
                class="button"
                type="button"
                title="Back to the trace"
                on:click=move |_| actions::go_trace(app, &trace_id)
            >
                <Icon glyph=Glyph::Back />
                "Trace "
                <code>{shown}</code>
            </button>
            <button class="button button--quiet" type="button" on:click=move |_| acts::leave_trace(app)>
                "Map of all traces"
            </button>
        </div>
    }
}

fn find(state: MapState) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let turn = StoredValue::new(0_usize);
    let matches = Memo::new(move |_| {
        state.drawn.with(|drawn| drawn.as_ref().map(|drawn| found(&drawn.view, &state.needle.get())).unwrap_or_default())
    });
    let typed = move |event: Event| {
        turn.set_value(0);
        state.needle.set(event_target_value(&event));
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            state.needle.set(String::new());
            if let Some(input) = input.get_untracked() {
                // The box is on the page, so it can lose the focus.
                _ = input.blur();
            }
        }
        "Enter" => {
            let found = matches.get_untracked();
            let at = turn.get_value();
            if let (Some(stage), Some(&node)) = (state.stage.get_value(), found.get(at % found.len().max(1))) {
                stage.center(node);
                turn.set_value(at.wrapping_add(1));
            }
        }
        "ArrowDown" => {
            if let (Some(stage), Some(&node)) = (state.stage.get_value(), matches.get_untracked().first()) {
                event.prevent_default();
                stage.center(node);
                stage.focus(node);
            }
        }
        _ => {}
    };
    let count = move || {
        let sought = state.needle.with(|needle| !needle.trim().is_empty());
        sought.then(|| matches.with(|matches| format::count(matches.len() as u64)))
    };
    view! {
        <label class="map-find">
            <Icon glyph=Glyph::Search />
            <span class="visually-hidden">"Find a node; Enter brings it to the middle"</span>
            <input
                id=FIND_ID
                class="field map-find__input"
                type="text"
                autocomplete="off"
                spellcheck="false"
                placeholder="Find a node"
                node_ref=input
                prop:value=move || state.needle.get()
                on:input=typed
                on:keydown=key
            />
            <span class="map-find__count" aria-live="polite">{count}</span>
            <kbd class="map-find__key" aria-hidden="true">"/"</kbd>
        </label>
    }
}

fn measures(app: AppState) -> impl IntoView {
    let size = Memo::new(move |_| app.route.with(|route| route.map.size));
    let color = Memo::new(move |_| app.route.with(|route| route.map.color));
    let menu = move |words: &'static str, now: Memo<MapMeasure>, without: Option<MapMeasure>, set: fn(AppState, MapMeasure)| {
        let chosen = move |event: Event| {
            let name = event_target_value(&event);
            if let Some((measure, _)) = MapMeasure::ALL.into_iter().find(|(_, known)| *known == name) {
                set(app, measure);
            }
        };
        let options = MapMeasure::ALL.into_iter().filter(|(measure, _)| Some(*measure) != without).map(|(measure, name)| {
            view! {
                <option value=name prop:selected=move || now.get() == measure>{measure_words(measure)}</option>
            }
        });
        view! {
            <label class="map-tools__measure">
                <span>{words}</span>
                <select class="field" on:change=chosen>{options.collect_view()}</select>
            </label>
        }
    };
    view! {
        {menu("Size", size, Some(MapMeasure::Identity), acts::set_size)}
        {menu("Color", color, None, acts::set_color)}
    }
}

/// A box for each kind of node that there is, or that is hidden.
fn kinds(app: AppState) -> impl IntoView {
    let hidden = Memo::new(move |_| app.route.with(|route| route.map.hidden.clone()));
    let there = Memo::new(move |_| {
        let shown: Vec<NodeKind> = app
            .map
            .view()
            .with(|view| view.latest().map(|view| view.nodes.iter().map(|node| node.id.kind).collect()).unwrap_or_default());
        let hidden = hidden.get();
        NodeKind::ALL.into_iter().filter(|kind| shown.contains(kind) || hidden.contains(kind)).collect::<Vec<_>>()
    });
    move || {
        let kinds = there.get();
        (kinds.len() > 1).then(|| {
            let boxes = kinds.into_iter().map(|kind| {
                view! {
                    <label class="map-tools__kind">
                        <input
                            type="checkbox"
                            prop:checked=move || hidden.with(|hidden| !hidden.contains(&kind))
                            on:change=move |event| acts::show_kind(app, kind, event_target_checked(&event))
                        />
                        {kind_words(kind)}
                    </label>
                }
            });
            view! {
                <fieldset class="map-tools__kinds">
                    <legend class="visually-hidden">"Kinds of nodes that are shown"</legend>
                    {boxes.collect_view()}
                </fieldset>
            }
        })
    }
}

/// What is near a node: how far, and the way back to all.
fn focus(app: AppState) -> impl IntoView {
    let focus = Memo::new(move |_| app.route.with(|route| route.map.focus.clone()));
    move || {
        focus.get().map(|focus| {
            let (name, hops, node) = (name_of(&focus.node), focus.hops, focus.node.clone());
            let chosen = move |event: Event| {
                acts::focus(app, node.clone(), event_target_value(&event).parse().unwrap_or(1));
            };
            let options = HOPS.map(|(count, words)| {
                view! { <option value=count.to_string() selected=count == hops>{words}</option> }
            });
            view! {
                <div class="map-tools__focus" data-testid="map-focus">
                    <label class="map-tools__measure">
                        <span>"Within"</span>
                        <select class="field" on:change=chosen>{options.collect_view()}</select>
                        <span>"of "<strong>{name}</strong></span>
                    </label>
                    <button
                        class="button button--quiet button--icon"
                        type="button"
                        aria-label="Show the whole map"
                        title="Show the whole map"
                        on:click=move |_| acts::unfocus(app)
                    >
                        <Icon glyph=Glyph::Close />
                    </button>
                </div>
            }
        })
    }
}

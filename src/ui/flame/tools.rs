//! Beside a flame graph: how it is laid out, what is sought, and the way back up.

use leptos::html;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlInputElement, KeyboardEvent};

use crate::browser::document;
use crate::protocol::{FlameFrame, FlameLayout};
use crate::scene::format;
use crate::ui::acts::list::{on_key, on_menu};
use crate::ui::parts::{Glyph, Icon, Segments, ServiceDot};
use crate::ui::reactive::{effect, show};

use super::state::FlameGraph;
use super::words;

/// How long a reader pauses before what was typed is sought.
const TYPING_MILLIS: u64 = 160;
/// Ancestors that are named; the ones in the middle of a longer way are left out.
const CRUMBS_MAX: usize = 8;
/// Frames in the table.
const LISTED: usize = 50;

/// Names the search box for the key that goes to it.
const SEARCH_ID: &str = "flame-find";

/// Puts the keyboard into the search box.
pub fn focus_search() {
    let input = document().and_then(|document| document.get_element_by_id(SEARCH_ID));
    if let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) {
        // The box is on the page, so it can be focused.
        _ = input.focus();
        input.select();
    }
}

/// The tools.
pub fn flame_tools(graph: FlameGraph) -> impl IntoView {
    let layouts = graph.home.layouts.iter().map(|&(layout, words)| (layout, words)).collect::<Vec<_>>();
    view! {
        <div class="flame__tools">
            <Segments
                label="Layout"
                options=layouts
                current=Signal::derive(move || graph.layout())
                on_choose=Callback::new(move |layout| graph.set_layout(layout))
            />
            {search(graph)}
            <button
                type="button"
                class="button button--quiet"
                title="Show the whole graph (0)"
                disabled=move || !graph.is_zoomed()
                on:click=move |_| graph.zoom_reset()
            >
                "Reset zoom"
            </button>
            <p class="flame__sum">{show(move || sum(graph))}</p>
        </div>
    }
}

fn search(graph: FlameGraph) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let sought = Memo::new(move |_| graph.home.address.with(|address| address.find.clone()));
    let timer = StoredValue::new(None::<TimeoutHandle>);
    // Going back and forward changes the text from outside; typing does too, and must not move the cursor.
    effect(move |_| {
        let sought = sought.get();
        if let Some(input) = input.get()
            && timer.with_value(Option::is_none)
            && input.value() != sought
        {
            input.set_value(&sought);
        }
    });
    let stop = move || {
        timer.try_update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
    };
    on_cleanup(stop);
    let seek = move || {
        stop();
        if let Some(input) = input.get_untracked() {
            graph.set_find(input.value());
        }
    };
    let typed = move |_| {
        stop();
        let later = set_timeout_with_handle(seek, std::time::Duration::from_millis(TYPING_MILLIS)).ok();
        timer.set_value(later);
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => seek(),
        "Escape" => {
            event.prevent_default();
            event.stop_propagation();
            if let Some(input) = input.get_untracked() {
                if input.value().is_empty() {
                    // It has the focus, so it can lose it.
                    _ = input.blur();
                }
                input.set_value("");
            }
            seek();
        }
        _ => {}
    };
    let count = move || {
        if sought.with(String::is_empty) {
            return String::new();
        }
        graph.shown.with(|shown| {
            shown.as_ref().filter(|shown| sought.with(|sought| *sought == shown.request.find)).map_or_else(String::new, |shown| {
                let found = format::counted(u64::from(shown.view.found), "frame");
                match (shown.view.found, shown.request.root) {
                    (0, _) => "no match".to_owned(),
                    (_, None) => {
                        format!("{found}, {} of the width", format::percent(shown.view.found_width, shown.view.whole))
                    }
                    // They are counted in all of the graph, of which this is a part.
                    (_, Some(_)) => format!("{found} in all, {} wide", format::duration(shown.view.found_width)),
                }
            })
        })
    };
    // In a trace it is what all its views seek.
    let label = if graph.home.has_examples { "Highlight frames by service or name" } else { "Highlight spans by text or query" };
    view! {
        <search class="flame__search">
            <input
                id=SEARCH_ID
                class="field flame__find"
                type="search"
                data-testid="flame-find"
                placeholder=if graph.home.has_examples { "Highlight frames" } else { "Highlight spans" }
                aria-label=label
                autocomplete="off"
                spellcheck="false"
                node_ref=input
                on:input=typed
                on:keydown=key
            />
            <span class="flame__found" role="status">
                {count}
            </span>
        </search>
    }
}

/// How much is in it, and what its widths do not tell.
fn sum(graph: FlameGraph) -> String {
    graph.shown.with(|shown| {
        let Some(view) = shown.as_ref().map(|shown| &shown.view) else {
            return String::new();
        };
        let mut parts = vec![format::counted(view.spans, "span")];
        if graph.home.has_examples {
            parts.push(format::counted(u64::from(view.traces), "trace"));
        }
        parts.push(format::duration(view.whole));
        if view.squeezed > 0 {
            parts.push(format!("{} narrowed: their calls ran side by side", format::counted(u64::from(view.squeezed), "frame")));
        }
        parts.join(" · ")
    })
}

/// The way from the whole to the frame that fills the width.
pub(super) fn crumbs(graph: FlameGraph) -> impl IntoView {
    move || {
        let shown = graph.shown.get()?;
        let root = shown.request.root?;
        let here = shown.view.frames.iter().find(|frame| frame.id == root && !frame.is_many).cloned();
        let ancestors = &shown.view.ancestors;
        let left_out = ancestors.len().saturating_sub(CRUMBS_MAX);
        let half = if left_out > 0 { CRUMBS_MAX / 2 } else { ancestors.len() };
        let first: Vec<AnyView> = ancestors.iter().take(half).map(|frame| crumb(graph, frame.clone())).collect();
        let middle = (left_out > 0).then(|| view! { <li class="flame__gap">{format!("{left_out} more")}</li> });
        let last: Vec<AnyView> = ancestors.iter().skip(half + left_out).map(|frame| crumb(graph, frame.clone())).collect();
        let here = here.map(|frame| {
            view! {
                <li aria-current="location" class="flame__here">
                    {words::title(&graph.app().service_name(frame.service), &frame)}
                </li>
            }
        });
        Some(view! {
            <nav class="flame__crumbs" aria-label="Frames above">
                <ol>
                    <li>
                        <button class="flame__crumb" type="button" on:click=move |_| graph.zoom_reset()>
                            "All"
                        </button>
                    </li>
                    {first}
                    {middle}
                    {last}
                    {here}
                </ol>
            </nav>
        })
    }
}

fn crumb(graph: FlameGraph, frame: FlameFrame) -> AnyView {
    let app = graph.app();
    let name = words::title(&app.service_name(frame.service), &frame);
    view! {
        <li>
            <button class="flame__crumb" type="button" on:click=move |_| graph.zoom_to(&frame)>
                <ServiceDot color=app.service_color(frame.service) />
                <span class="flame__crumb-name">{name}</span>
            </button>
        </li>
    }
    .into_any()
}

/// The frames with the most self time as a table: what the picture shows, for those who read.
pub(super) fn list(graph: FlameGraph) -> impl IntoView {
    let open = RwSignal::new(false);
    let rows = move || {
        let shown = graph.shown.get()?;
        let view = &shown.view;
        let mut frames: Vec<&FlameFrame> = view.frames.iter().filter(|frame| !frame.is_many).collect();
        frames.sort_by_key(|frame| (std::cmp::Reverse(frame.self_time), frame.lane, frame.start));
        let is_time = shown.request.layout == FlameLayout::Time;
        let rows: Vec<AnyView> =
            frames.into_iter().take(LISTED).map(|frame| listed(graph, frame.clone(), view.whole, is_time)).collect();
        Some(rows)
    };
    let example = move || graph.home.has_examples.then(|| view! { <th scope="col">"Longest span"</th> });
    view! {
        <section class="flame__list">
            <button
                class="flame__list-toggle"
                type="button"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <Icon glyph=Glyph::ChevronRight />
                "Frames in view with the most self time"
            </button>
            {show(move || {
                open.get()
                    .then(|| {
                        view! {
                            <div class="flame__table" tabindex="0" role="region" aria-label="Frames with the most self time">
                                <table>
                                    <thead>
                                        <tr>
                                            <th scope="col">"Frame"</th>
                                            <th scope="col" class="flame__number">"Spans"</th>
                                            <th scope="col" class="flame__number">"Errors"</th>
                                            <th scope="col" class="flame__number">"Total"</th>
                                            <th scope="col" class="flame__number">"Self"</th>
                                            <th scope="col" class="flame__number">"Share"</th>
                                            {example()}
                                        </tr>
                                    </thead>
                                    <tbody>{rows}</tbody>
                                </table>
                            </div>
                        }
                    })
            })}
        </section>
    }
}

fn listed(graph: FlameGraph, frame: FlameFrame, whole: u64, is_time: bool) -> AnyView {
    let app = graph.app();
    let service = app.service_name(frame.service);
    let share = format::percent(if is_time { frame.self_time } else { frame.width }, whole);
    let example = graph.home.has_examples.then(|| {
        let (trace_id, span_id) = (frame.trace_id.clone(), frame.span_id.clone());
        view! {
            <td>
                <button class="flame__crumb" type="button" on:click=move |_| crate::ui::actions::go_span(app, &trace_id, &span_id)>
                    "Open its trace"
                </button>
            </td>
        }
    });
    let name = frame.name.clone();
    let (count, errors) = (format::count(u64::from(frame.count)), format::count(u64::from(frame.errors)));
    let (total, own) = (format::duration(frame.total), format::duration(frame.self_time));
    let color = app.service_color(frame.service);
    let subject = StoredValue::new(frame.clone());
    let subjects = move || subject.with_value(|frame| words::subjects_of(graph, frame));
    view! {
        <tr on:contextmenu=move |event| on_menu(&event, subjects()) on:keydown=move |event| on_key(&event, subjects)>
            <th scope="row">
                <button class="flame__crumb" type="button" on:click=move |_| graph.zoom_to(&frame)>
                    <ServiceDot color />
                    <span class="flame__crumb-name">{format!("{service} {name}")}</span>
                </button>
            </th>
            <td class="flame__number">{count}</td>
            <td class="flame__number">{errors}</td>
            <td class="flame__number">{total}</td>
            <td class="flame__number">{own}</td>
            <td class="flame__number">{share}</td>
            {example}
        </tr>
    }
    .into_any()
}

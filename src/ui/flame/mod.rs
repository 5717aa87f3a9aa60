//! Flame graphs: the page of many traces merged by path, and the graph itself, which the trace page shows too.

mod graph;
mod paint;
mod stage;
pub mod state;
mod tools;
mod words;

use leptos::prelude::*;

use crate::protocol::{FlameLayout, FlameSource};
use crate::ui::actions;
use crate::ui::acts::list::funnel;
use crate::ui::failure_panel::FailureNote;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::{effect, show};
use crate::ui::selection_chips::SelectionChips;
use crate::ui::state::{AppState, use_app};
use crate::ui::traces::filter::FilterBox;

use state::{FlameGraph, FlameHome};

pub use tools::{flame_tools, focus_search};

/// Of many traces there is no one order of time.
const LAYOUTS: &[(FlameLayout, &str)] = &[(FlameLayout::Total, "Total time"), (FlameLayout::SelfTime, "Self time")];

/// The page.
#[component]
pub fn FlamePage() -> impl IntoView {
    let app = use_app();
    let selection = Memo::new(move |_| app.route.with(|route| route.selection.clone()));
    let address = Memo::new(move |_| app.route.with(|route| route.flame.clone()));
    let home = FlameHome {
        source: Signal::derive(move || FlameSource::Selection(selection.get())),
        address: address.into(),
        layouts: LAYOUTS,
        time: None,
        go: Callback::new(move |(address, _)| app.route.update(|route| route.flame = address)),
        pick: Callback::new(|_| {}),
        picked: Signal::stored(None),
        has_examples: true,
        adjusted: Signal::stored(false),
    };
    let graph = FlameGraph::new(app, home);
    // A frame's number is of one graph: what is selected now has other frames.
    Effect::new(move |before: Option<crate::protocol::Selection>| {
        let now = selection.get();
        let zoomed = app.route.with_untracked(|route| route.flame.root.is_some());
        if before.is_some_and(|before| before != now) && zoomed {
            app.route.update(|route| route.flame.root = None);
        }
        now
    });
    effect(move |again| {
        app.dataset.track();
        if again {
            graph.renew();
        }
    });
    view! {
        <div class="flame fill">
            <div class="flame__top">
                <h1 class="visually-hidden">"Flame graph"</h1>
                <FilterBox />
                <SelectionChips />
            </div>
            {flame_tools(graph)}
            {flame_view(graph)}
        </div>
    }
    .into_any()
}

/// A flame graph without its tools.
pub fn flame_view(graph: FlameGraph) -> AnyView {
    view! {
        {tools::crumbs(graph)}
        <div class="flame__body">
            {graph::graph_view(graph)}
            {show(move || example(graph))}
            {show(move || nothing(graph))}
        </div>
        {tools::list(graph)}
    }
    .into_any()
}

/// The frame that the keyboard is at or that fills the width, and the way to the trace of its longest span.
fn example(graph: FlameGraph) -> Option<AnyView> {
    let frame = graph.focus.get().filter(|frame| graph.home.has_examples && !frame.is_many)?;
    let app = graph.app();
    let layout = graph.layout();
    let whole = graph.shown.with(|shown| shown.as_ref().map_or(0, |shown| shown.view.whole));
    let facts = words::facts(&frame, layout, whole);
    let title = words::title(&app.service_name(frame.service), &frame);
    let label = format!("Filter, exclude or group by {title}");
    let own = frame.clone();
    let acts = funnel(label, move || words::subjects_of(graph, &own));
    let (trace_id, span_id) = (frame.trace_id.clone(), frame.span_id.clone());
    Some(
        view! {
            <section class="flame__example" aria-label="Frame">
                <p class="flame__example-title">{title}</p>
                <dl class="flame__facts">
                    {facts
                        .into_iter()
                        .map(|(name, value)| {
                            view! {
                                <div>
                                    <dt>{name}</dt>
                                    <dd>{value}</dd>
                                </div>
                            }
                        })
                        .collect_view()}
                </dl>
                <button
                    class="button button--small"
                    type="button"
                    title="Open the trace of the longest of these spans, at that span"
                    on:click=move |_| actions::go_span(app, &trace_id, &span_id)
                >
                    "Example: the longest span"
                </button>
                {acts}
                <button
                    class="button button--quiet button--icon"
                    type="button"
                    aria-label="Close"
                    on:click=move |_| {
                        graph.focus.set(None);
                        graph.stage.repaint();
                    }
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </section>
        }
        .into_any(),
    )
}

/// What stands in the graph's place where there are no frames.
fn nothing(graph: FlameGraph) -> Option<AnyView> {
    if let Some(failure) = graph.failure.get() {
        let reset = move |_| {
            graph.failure.set(None);
            graph.zoom_reset();
            graph.renew();
        };
        return Some(
            view! {
                <div class="flame__nothing">
                    <FailureNote failure>
                        <button class="button" type="button" on:click=reset>
                            "Show the whole graph"
                        </button>
                    </FailureNote>
                </div>
            }
            .into_any(),
        );
    }
    let lanes =
        graph.shown.with(|shown| shown.as_ref().filter(|shown| shown.view.frames.is_empty()).map(|shown| shown.view.lanes))?;
    if lanes > 0 {
        let words = "Frames down here are narrower than a pixel: zoom into one above.";
        return Some(view! { <p class="flame__hint" role="status">{words}</p> }.into_any());
    }
    let app = graph.app();
    let words = if app.route.with(|route| route.view.is_of_selection() && !route.selection.is_all()) {
        "No span matches the filter and the selection."
    } else {
        "There is no span to be drawn."
    };
    let button = app.route.with(|route| route.view.is_of_selection() && !route.selection.is_all()).then(|| show_all(app));
    Some(view! { <div class="flame__nothing" role="status"><p>{words}</p>{button}</div> }.into_any())
}

fn show_all(app: AppState) -> impl IntoView {
    view! {
        <button class="button" type="button" on:click=move |_| actions::clear_selection(app)>
            "Show all traces"
        </button>
    }
}

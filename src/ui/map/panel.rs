//! All about a node or an edge, beside the map; on narrow screens below it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{
    Exactness, ExampleKind, ExampleTrace, MapDetailRequest, MapDetailView, MapTarget, NodeId, NodeKind, Reply, Request,
    Selection, Stats,
};
use crate::scene::format;
use crate::ui::actions;
use crate::ui::acts::list::funnel;
use crate::ui::parts::{Glyph, Icon, ServiceDot};
use crate::ui::reactive::{effect, show};
use crate::ui::remote::Remote;
use crate::ui::state::AppState;

use super::histogram::histogram;
use super::words::{kind_word, name_of, rate_words};
use super::{MapState, acts};

/// The panel, while something is selected.
pub(super) fn panel(state: MapState) -> impl IntoView {
    let app = state.app();
    let detail: RwSignal<Remote<MapDetailView>> = RwSignal::new(Remote::Idle);
    let request = Memo::new(move |_| {
        app.route.with(|route| {
            let map = &route.map;
            let selection = if map.trace_id.is_some() { Selection::default() } else { route.selection.clone() };
            map.target.clone().map(|target| MapDetailRequest { selection, trace_id: map.trace_id.clone(), target })
        })
    });
    effect(move |_| {
        let request = request.get();
        if let Some(request) = request
            && app.has_figures()
        {
            app.ask_into(Slot::MapDetail, Request::MapDetail(request), detail, |reply| match reply {
                Reply::MapDetail(view) => Some(*view),
                _ => None,
            });
        }
    });
    let target = Memo::new(move |_| app.route.with(|route| route.map.target.clone()));
    move || {
        target.get().map(|target| {
            let heading = heading(app, &target);
            view! {
                <aside class="map-panel" data-testid="map-detail" aria-label="Details of the map">
                    <div class="map-panel__scroll" tabindex="0">
                        {heading}
                        {show(move || content(app, detail, &target))}
                    </div>
                </aside>
            }
        })
    }
}

fn heading(app: AppState, target: &MapTarget) -> AnyView {
    let close = view! {
        <button
            class="button button--quiet button--icon"
            type="button"
            aria-label="Close the details"
            title="Close (Esc)"
            on:click=move |_| acts::select(app, None)
        >
            <Icon glyph=Glyph::Close />
        </button>
    };
    match target {
        MapTarget::Node(id) => {
            let (name, kind) = (name_of(id), kind_word(id.kind));
            view! {
                <header class="map-panel__head">
                    <div class="map-panel__line">
                        <h2 class="map-panel__name">{dot(app, id)} {name}</h2>
                        {close}
                    </div>
                    <p class="map-panel__kind">{kind}</p>
                    {actions_of(app, target)}
                </header>
            }
            .into_any()
        }
        MapTarget::Edge(from, to) => view! {
            <header class="map-panel__head">
                <div class="map-panel__line">
                    <h2 class="map-panel__name">{dot(app, from)} {name_of(from)} <span class="map-panel__arrow">" → "</span> {dot(app, to)} {name_of(to)}</h2>
                    {close}
                </div>
                <p class="map-panel__kind">"Calls from one to the other"</p>
                {actions_of(app, target)}
            </header>
        }
        .into_any(),
    }
}

fn actions_of(app: AppState, target: &MapTarget) -> AnyView {
    // Services that were joined into one node are no service.
    let is_one = match target {
        MapTarget::Node(id) => id.kind != NodeKind::Service || position_of(app, id).is_some(),
        MapTarget::Edge(from, to) => {
            [from, to].into_iter().all(|id| id.kind != NodeKind::Service || position_of(app, id).is_some())
        }
    };
    let own = StoredValue::new(target.clone());
    let subjects = move || own.with_value(acts::subjects_of);
    let filter = (is_one && !subjects().is_empty()).then(|| {
        let (title, label) = match target {
            MapTarget::Node(id) => ("Narrow all views to it, by the query", format!("Filter, exclude or group by {}", name_of(id))),
            MapTarget::Edge(from, to) => {
                ("Narrow all views to these calls, by the query", format!("Filter or exclude calls from {} to {}", name_of(from), name_of(to)))
            }
        };
        let button = view! {
            <button class="button" type="button" title=title on:click=move |_| own.with_value(|target| acts::filter_to(app, target))>
                "Filter to this"
            </button>
        };
        (button.into_any(), funnel(label, subjects))
    });
    let (filter, more) = filter.unzip();
    let focus = match target {
        MapTarget::Node(id) => Some(id.clone()),
        MapTarget::Edge(..) => None,
    };
    let focus = focus.map(|id| {
        view! {
            <button class="button" type="button" title="Show only what calls this and what it calls" on:click=move |_| acts::focus(app, id.clone(), 1)>
                "Focus"
            </button>
        }
    });
    (filter.is_some() || focus.is_some())
        .then(|| view! { <div class="map-panel__actions">{filter} {focus} {more}</div> })
        .into_any()
}

/// The dot of a service; nothing for what is none.
fn dot(app: AppState, id: &NodeId) -> Option<impl IntoView + use<>> {
    let color = app.service_color(position_of(app, id)?);
    Some(view! { <ServiceDot color /> })
}

/// The position of a node among the services, if it is one.
fn position_of(app: AppState, id: &NodeId) -> Option<u32> {
    if id.kind != NodeKind::Service {
        return None;
    }
    let position = app.dataset.with(|dataset| dataset.as_ref()?.services.iter().position(|service| service.name == id.name))?;
    u32::try_from(position).ok()
}

fn content(app: AppState, detail: RwSignal<Remote<MapDetailView>>, target: &MapTarget) -> AnyView {
    detail.with(|remote| {
        if let Some(failure) = remote.failure() {
            return view! {
                <div class="map-panel__empty" role="alert">
                    <p>{failure.headline.clone()}</p>
                    <p>{failure.remedy.clone()}</p>
                </div>
            }
            .into_any();
        }
        match remote.latest().filter(|view| view.target == *target) {
            Some(view) => untrack(|| filled(app, view)),
            None => view! { <p class="map-panel__empty">"Counting"</p> }.into_any(),
        }
    })
}

fn filled(app: AppState, view: &Arc<MapDetailView>) -> AnyView {
    let stats = view.stats;
    if stats.calls == 0 && view.callers.is_empty() && view.callees.is_empty() {
        return view! { <p class="map-panel__empty">"No call of it is among what is selected."</p> }.into_any();
    }
    let (callers, callees) = match &view.target {
        MapTarget::Node(_) => (
            ends(app, "Callers", &view.callers, &view.target, End::Caller),
            ends(app, "Calls", &view.callees, &view.target, End::Callee),
        ),
        MapTarget::Edge(from, to) => (ends(app, "From", &[(from.clone(), stats.calls)], &view.target, End::Itself), {
            ends(app, "To", &[(to.clone(), stats.calls)], &view.target, End::Itself)
        }),
    };
    view! {
        {red(&stats, view.window, view.exactness)}
        <section class="map-panel__part">
            <h3>"Durations"</h3>
            {histogram(&view.histogram, &stats)}
            {durations(&stats)}
        </section>
        {examples(app, &view.examples)}
        {errors(&view.error_types, stats.errors)}
        {operations(app, view)}
        {callers}
        {callees}
    }
    .into_any()
}

/// Rate, errors, duration: the three that matter most.
fn red(stats: &Stats, window: (u64, u64), exactness: Exactness) -> impl IntoView + use<> {
    let share = format::percent(stats.errors, stats.calls);
    let failed = (stats.errors > 0).then_some("");
    let inexact = match exactness {
        Exactness::Exact => None,
        Exactness::Estimated => {
            Some(view! { <p class="map-panel__small">{"Quantiles are the server’s estimates.".to_owned()}</p> })
        }
        Exactness::Sketch { error_ppm } => {
            let words = format!("Quantiles are within {} of the exact ones.", format::percent(u64::from(error_ppm), 1_000_000));
            Some(view! { <p class="map-panel__small">{words}</p> })
        }
    };
    view! {
        <dl class="map-red">
            <div>
                <dt>"Rate"</dt>
                <dd>{rate_words(stats, window)}</dd>
                <dd class="map-red__more">{format::counted(stats.calls, "call")}</dd>
            </div>
            <div data-failing=failed>
                <dt>"Errors"</dt>
                <dd>{share}</dd>
                <dd class="map-red__more">{format::counted(stats.errors, "error")}</dd>
            </div>
            <div>
                <dt>"p95"</dt>
                <dd>{format::duration(stats.p95)}</dd>
                <dd class="map-red__more">"median " {format::duration(stats.p50)}</dd>
            </div>
        </dl>
        {inexact}
    }
}

fn durations(stats: &Stats) -> impl IntoView + use<> {
    let facts = [
        ("p50", stats.p50),
        ("p90", stats.p90),
        ("p95", stats.p95),
        ("p99", stats.p99),
        ("Shortest", stats.min),
        ("Longest", stats.max),
        ("Total", stats.total),
        ("Self", stats.self_time),
    ];
    let facts = facts.map(|(name, nanos)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd title=format::duration_exact(nanos)>{format::duration(nanos)}</dd>
            </div>
        }
    });
    view! { <dl class="map-facts">{facts.into_iter().collect_view()}</dl> }
}

fn examples(app: AppState, examples: &[ExampleTrace]) -> Option<impl IntoView + use<>> {
    let rows: Vec<_> = examples
        .iter()
        .map(|example| {
            let words = match example.of {
                ExampleKind::Fastest => "Fastest",
                ExampleKind::Median => "Median",
                ExampleKind::Slowest => "Slowest",
                ExampleKind::Failing => "Failing",
            };
            let (trace_id, span_id) = (example.trace_id.clone(), example.span_id.clone());
            view! {
                <li>
                    <button
                        class="map-example"
                        type="button"
                        data-testid="map-example"
                        data-failing=(example.of == ExampleKind::Failing).then_some("")
                        title="Open the trace at this span"
                        on:click=move |_| actions::go_span(app, &trace_id, &span_id)
                    >
                        <span class="map-example__of">{words}</span>
                        <span class="map-example__name">{example.name.clone()}</span>
                        <span>{format::duration(example.duration)}</span>
                        <Icon glyph=Glyph::ChevronRight />
                    </button>
                </li>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="map-panel__part">
                <h3>"Example traces"</h3>
                <ul class="map-panel__list">{rows}</ul>
            </section>
        }
    })
}

fn errors(types: &[(String, u64)], all: u64) -> Option<impl IntoView + use<>> {
    let rows: Vec<_> = types
        .iter()
        .map(|(name, count)| {
            let name = if name.is_empty() { "without a type".to_owned() } else { name.clone() };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td>{format::count(*count)}</td>
                    <td>{format::percent(*count, all)}</td>
                </tr>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="map-panel__part">
                <h3>"Errors by type"</h3>
                <table class="map-figures">
                    <thead class="visually-hidden">
                        <tr><th scope="col">"Type"</th><th scope="col">"Errors"</th><th scope="col">"Share"</th></tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
    })
}

fn operations(app: AppState, view: &MapDetailView) -> Option<impl IntoView + use<>> {
    let (operations, all) = (&view.operations, view.operation_count);
    let several = operations.iter().any(|operation| operations.first().is_some_and(|first| first.service != operation.service));
    let rows: Vec<_> = operations
        .iter()
        .map(|operation| {
            let stats = operation.stats;
            let service = several.then(|| {
                let (name, color) = app.service_in(view.basis.as_deref(), operation.service);
                view! { <ServiceDot color name=name /> " " }
            });
            let share = if stats.errors == 0 { "–".to_owned() } else { format::percent(stats.errors, stats.calls) };
            view! {
                <tr>
                    <th scope="row">{service}{operation.name.clone()}</th>
                    <td>{format::count(stats.calls)}</td>
                    <td data-failing=(stats.errors > 0).then_some("")>{share}</td>
                    <td title=format::duration_exact(stats.p95)>{format::duration(stats.p95)}</td>
                </tr>
            }
        })
        .collect();
    let shown = rows.len() as u64;
    let rest = u64::from(all).saturating_sub(shown);
    let more = (rest > 0).then(|| {
        let words = format!("and {}, with less time in all", format::counted(rest, "further operation"));
        view! { <p class="map-panel__small">{words}</p> }
    });
    (shown > 0).then(|| {
        view! {
            <section class="map-panel__part">
                <h3>"Operations"</h3>
                <table class="map-figures">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Calls"</th>
                            <th scope="col">"Errors"</th>
                            <th scope="col">"p95"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
                {more}
            </section>
        }
    })
}

/// Which end of an edge a list is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Caller,
    Callee,
    /// The node itself is what one goes to.
    Itself,
}

fn ends(app: AppState, title: &'static str, list: &[(NodeId, u64)], of: &MapTarget, end: End) -> Option<AnyView> {
    let rows: Vec<_> = list
        .iter()
        .map(|(id, calls)| {
            let to = match (of, end) {
                (MapTarget::Node(own), End::Caller) => MapTarget::Edge(id.clone(), own.clone()),
                (MapTarget::Node(own), End::Callee) => MapTarget::Edge(own.clone(), id.clone()),
                (MapTarget::Node(_) | MapTarget::Edge(..), _) => MapTarget::Node(id.clone()),
            };
            let go = id.clone();
            let calls = (end != End::Itself).then(|| {
                view! {
                    <button
                        class="map-end__calls"
                        type="button"
                        title="All about these calls"
                        on:click=move |_| acts::select(app, Some(to.clone()))
                    >
                        {format::counted(*calls, "call")}
                    </button>
                }
            });
            view! {
                <li class="map-end">
                    <button class="map-end__name" type="button" on:click=move |_| acts::select(app, Some(MapTarget::Node(go.clone())))>
                        {dot(app, id)}
                        <span>{name_of(id)}</span>
                    </button>
                    {calls}
                </li>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="map-panel__part">
                <h3>{title}</h3>
                <ul class="map-panel__list">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

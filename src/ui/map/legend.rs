//! What sizes, widths, colors and forms mean.

use leptos::prelude::*;

use crate::browser::window;
use crate::protocol::NodeKind;
use crate::route::MapMeasure;
use crate::scene::map_view::{LEVELS, Paint, Scale, icon_path};

use super::MapState;
use super::words::{kind_words, measure_words, paint};

/// The legend.
pub(super) fn legend(state: MapState) -> impl IntoView {
    let app = state.app();
    let measures = Memo::new(move |_| app.route.with(|route| (route.map.size, route.map.color)));
    let body = move || {
        let (size, color) = measures.get();
        let drawn = state.drawn.get()?;
        let scene = &drawn.scene;
        let kinds: Vec<NodeKind> =
            NodeKind::ALL.into_iter().filter(|kind| scene.nodes.iter().any(|node| node.kind == *kind)).collect();
        let any = |is: fn(&crate::scene::map_view::EdgeMark) -> bool| scene.edges.iter().any(is);
        Some(view! {
            <dl class="map-legend__list">
                {sizes(size, scene.node_size.as_ref(), scene.edge_size.as_ref())}
                {colors(color, scene.node_color.as_ref())}
            </dl>
            <ul class="map-legend__forms">
                {(kinds.len() > 1).then(|| kinds.iter().map(|kind| form(*kind)).collect_view())}
                {any(|edge| edge.is_messaging).then(|| line("messaging", "through a queue or a link: the caller does not wait"))}
                {any(|edge| edge.errors > 0.0).then(|| line("errors", "red part: share of errors"))}
            </ul>
        })
    };
    // On a phone it would hide what it explains.
    let is_wide =
        window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64()).is_none_or(|width| width > 900.0);
    view! {
        <details class="map-legend" open=is_wide>
            <summary class="map-legend__title">"Legend"</summary>
            {body}
        </details>
    }
}

fn sizes(measure: MapMeasure, nodes: Option<&Scale>, edges: Option<&Scale>) -> Option<impl IntoView + use<>> {
    let (nodes, edges) = (nodes?.largest(), edges.map(Scale::largest).unwrap_or_default());
    Some(view! {
        <dt>"Size"</dt>
        <dd>
            <svg class="map-legend__sizes" viewBox="0 0 44 16" aria-hidden="true">
                <circle cx="5" cy="8" r="3" />
                <circle cx="18" cy="8" r="5" />
                <circle cx="35" cy="8" r="7" />
            </svg>
            <span>
                {measure_words(measure)}
                <span class="map-legend__most">{format!(" by area, up to {nodes}")}</span>
            </span>
        </dd>
        <dt>"Width"</dt>
        <dd>
            <svg class="map-legend__sizes" viewBox="0 0 44 16" aria-hidden="true">
                <path d="M1 8L43 5.2V10.8Z" />
            </svg>
            <span>
                {measure_words(measure)}
                <span class="map-legend__most">{format!(" up to {edges}")}</span>
            </span>
        </dd>
    })
}

fn colors(measure: MapMeasure, scale: Option<&Scale>) -> impl IntoView + use<> {
    let body = match scale {
        None => view! { <span>"Which service it is"</span> }.into_any(),
        Some(scale) => {
            let (least, most) = scale.ends();
            let swatches = (0..=LEVELS).map(|level| {
                view! { <span class="map-legend__swatch" style:--paint=paint(Paint::Level(level))></span> }
            });
            view! {
                <span class="map-legend__ramp" aria-hidden="true">{swatches.collect_view()}</span>
                <span>
                    {measure_words(measure)}
                    <span class="map-legend__most">{format!(": none, then {least} – {most}")}</span>
                </span>
            }
            .into_any()
        }
    };
    view! {
        <dt>"Color"</dt>
        <dd>{body}</dd>
    }
}

fn form(kind: NodeKind) -> impl IntoView {
    let outline = match kind {
        NodeKind::Service | NodeKind::Caller => "M0 -6A6 6 0 1 1 0 6A6 6 0 1 1 0 -6Z",
        NodeKind::Database => "M-5 -4A5 2 0 0 1 5 -4V4A5 2 0 0 1 -5 4Z",
        NodeKind::Queue => "M-6 -4H6V4H-6Z",
        NodeKind::External => "M6 0L3 5.2H-3L-6 0L-3 -5.2H3Z",
    };
    view! {
        <li>
            <svg class="map-legend__form" viewBox="-8 -8 16 16" aria-hidden="true">
                <path d=outline />
                <path class="map-legend__icon" d=icon_path(kind, 6.0) />
            </svg>
            {kind_words(kind)}
        </li>
    }
}

fn line(what: &'static str, words: &'static str) -> impl IntoView {
    view! {
        <li>
            <svg class="map-legend__line" viewBox="0 0 22 8" aria-hidden="true" data-line=what>
                <path d="M1 4H21" />
                <path class="map-legend__part" d="M14 4H21" />
            </svg>
            {words}
        </li>
    }
}

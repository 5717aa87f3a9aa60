//! The map as a picture: nodes and edges as SVG, what is said of what the pointer is at, the zoom buttons and the legend.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos::svg;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, FocusEvent, WheelEvent};

use crate::browser::event::{Listener, Passive};
use crate::browser::frame;
use crate::browser::observe::ResizeWatch;
use crate::protocol::{MapEdge, MapNode, MapTarget, MapView, NodeKind};
use crate::scene::format;
use crate::scene::map_view::{
    EdgeMark, LabelBox, NodeMark, RateUnit, SMALL, brief_duration, edge_name, place_labels, text_width,
};
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::{effect, show};

use super::gestures::Gestures;
use super::legend::legend;
use super::stage::{Detail, Hit, Stage, place};
use super::{Drawn, MapState, acts, words};

/// The view rests when it has not moved for this long; then labels are placed.
const REST: Duration = Duration::from_millis(120);
/// Figures at edges, at most; more would be a carpet.
const LABELS_MAX: usize = 160;

/// What is said about what the pointer or the focus is at.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tip {
    hit: Hit,
    at: (f64, f64),
}

/// Figures at an edge.
#[derive(Clone, Debug, PartialEq)]
struct EdgeLabel {
    area: LabelBox,
    text: String,
}

/// What changes over the picture while it is looked at. `Copy`.
#[derive(Clone, Copy)]
struct Over {
    state: MapState,
    tip: RwSignal<Option<Tip>>,
    labels: RwSignal<Vec<EdgeLabel>>,
}

/// The picture.
pub(super) fn picture(state: MapState) -> AnyView {
    let app = state.app();
    let holder = NodeRef::<html::Div>::new();
    let drawing = NodeRef::<svg::Svg>::new();
    let world = NodeRef::<svg::G>::new();
    let over = Over { state, tip: RwSignal::new(None), labels: RwSignal::new(Vec::new()) };

    effect(move |_| {
        if let (Some(drawing), Some(world), Some(holder)) = (drawing.get(), world.get(), holder.get()) {
            start(over, drawing.unchecked_into(), world.unchecked_into(), &holder);
        }
    });
    on_cleanup(move || state.stage.set_value(None));

    let label = move || {
        state.drawn.with(|drawn| {
            drawn.as_ref().map_or_else(String::new, |drawn| {
                format!(
                    "Service map: {}, {}. Arrow keys go from node to node; the same data is there as a table.",
                    format::counted(drawn.view.nodes.len() as u64, "node"),
                    format::counted(drawn.view.edges.len() as u64, "edge")
                )
            })
        })
    };
    let zoom = move |factor: f64| {
        if let Some(stage) = state.stage.get_value() {
            stage.zoom(factor, None);
        }
    };
    let fit = move |_| {
        if let Some(stage) = state.stage.get_value()
            && let Some(port) = stage.fitting()
        {
            stage.glide(port);
        }
    };
    view! {
        <div class="map-picture" node_ref=holder>
            <svg class="map-picture__svg" data-testid="service-map" role="group" aria-label=label node_ref=drawing>
                <g node_ref=world>
                    {show(move || state.drawn.get().map(|drawn| marks(&drawn)))}
                    <g class="map-labels" aria-hidden="true">
                        {show(move || over.labels.get().into_iter().map(edge_label).collect_view())}
                    </g>
                </g>
            </svg>
            {show(move || over.tip.get().and_then(|tip| tooltip(over, tip)))}
            {legend(state)}
            <div class="map-zoom" role="group" aria-label="Zoom">
                {show(move || app.map.any_moved().get().then(|| view! {
                    <button class="button" type="button" title="Put all nodes back where the layout has them" on:click=move |_| acts::reset_layout(app)>
                        "Reset layout"
                    </button>
                }))}
                <button class="button button--icon" type="button" aria-label="Zoom out" title="Zoom out (-)" on:click=move |_| zoom(1.0 / 1.4)>
                    <Icon glyph=Glyph::ZoomOut />
                </button>
                <button class="button button--icon" type="button" aria-label="Zoom in" title="Zoom in (+)" on:click=move |_| zoom(1.4)>
                    <Icon glyph=Glyph::ZoomIn />
                </button>
                <button class="button" type="button" title="Show the whole map (0)" on:click=fit>
                    "Fit"
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// Ties the elements to the stage, once they are there.
fn start(over: Over, svg: Element, world: Element, holder: &web_sys::HtmlElement) {
    let state = over.state;
    let stage = Stage::new(svg, world, state.app().map);
    state.stage.set_value(Some(Rc::clone(&stage)));
    watch_size(&stage, holder);
    label_when_at_rest(over, &stage);
    listen(over, &stage);
    follow(over, &stage);
}

fn watch_size(stage: &Rc<Stage>, holder: &web_sys::HtmlElement) {
    let measured = holder.clone();
    let weak = Rc::downgrade(stage);
    let measure = move || {
        let Some(stage) = weak.upgrade() else {
            return;
        };
        let now = (f64::from(measured.client_width()), f64::from(measured.client_height()));
        let before = stage.size.replace(now);
        if before != now && before.0 > 0.0 {
            // What is in the middle stays there.
            stage.go(stage.port().panned((now.0 - before.0) / 2.0, (now.1 - before.1) / 2.0));
        }
    };
    measure();
    let watch = StoredValue::new_local(ResizeWatch::new(holder, measure));
    on_cleanup(move || watch.set_value(None));
}

fn label_when_at_rest(over: Over, stage: &Rc<Stage>) {
    let timer: Rc<Cell<Option<TimeoutHandle>>> = Rc::default();
    let held = StoredValue::new_local(Rc::clone(&timer));
    on_cleanup(move || {
        if let Some(timer) = held.with_value(|timer| timer.take()) {
            timer.clear();
        }
    });
    stage.on_rest(move || {
        let timeout = set_timeout_with_handle(move || over.place_labels(), REST).ok();
        if let Some(older) = timer.replace(timeout) {
            older.clear();
        }
    });
}

fn listen(over: Over, stage: &Rc<Stage>) {
    let gestures = Gestures::new(over.state, Rc::clone(stage), move |hit, at| over.point(hit, at));
    let mut listeners = Vec::new();
    let svg = stage.svg.clone();
    let own = gestures.clone();
    listeners.push(Listener::new(&svg, "wheel", Passive::No, move |event: WheelEvent| own.wheel(&event)));
    let own = gestures.clone();
    listeners.push(Listener::new(&svg, "pointerdown", Passive::Yes, move |event| own.down(&event)));
    let own = gestures.clone();
    listeners.push(Listener::new(&svg, "pointermove", Passive::Yes, move |event| own.moved(&event)));
    let own = gestures.clone();
    listeners.push(Listener::new(&svg, "pointerup", Passive::Yes, move |event| own.up(&event)));
    let own = gestures.clone();
    listeners.push(Listener::new(&svg, "pointercancel", Passive::Yes, move |_: web_sys::PointerEvent| own.cancel()));
    let own = gestures.clone();
    listeners.push(Listener::new(&svg, "pointerleave", Passive::Yes, move |_: web_sys::PointerEvent| own.left()));
    let own = gestures.clone();
    listeners.push(Listener::new(&svg, "contextmenu", Passive::No, move |event| own.menu(&event)));
    listeners.push(Listener::new(&svg, "click", Passive::Yes, move |event| gestures.click(&event)));
    let weak = Rc::downgrade(stage);
    listeners.push(Listener::new(&svg, "focusin", Passive::Yes, move |event: FocusEvent| {
        let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let (Some(stage), Some(element)) = (weak.upgrade(), element) {
            over.focused(&stage, &element);
        }
    }));
    listeners.push(Listener::new(&svg, "focusout", Passive::Yes, move |_: FocusEvent| over.point(None, (0.0, 0.0))));
    let listeners = StoredValue::new_local(listeners);
    on_cleanup(move || listeners.set_value(Vec::new()));
}

/// What is drawn, sought and selected goes onto the picture.
fn follow(over: Over, stage: &Rc<Stage>) {
    let state = over.state;
    let app = state.app();
    let latest: Rc<RefCell<Option<Arc<Drawn>>>> = Rc::default();
    let target = Memo::new(move |_| app.route.with(|route| route.map.target.clone()));
    let key = move || {
        app.route.with_untracked(|route| format!("{:?} {:?} {:?}", route.map.trace_id, route.map.focus, route.map.hidden))
    };
    let own = Rc::clone(stage);
    effect(move |_| {
        let Some(drawn) = state.drawn.get() else {
            return;
        };
        // The elements are there once the view has been put on the page, which it is before the next paint.
        *latest.borrow_mut() = Some(drawn);
        let (latest, stage) = (Rc::clone(&latest), Rc::clone(&own));
        frame::next(move |_| {
            if let Some(drawn) = latest.take() {
                over.tip.set(None);
                stage.adopt(&drawn, key());
                stage.mark(target.get_untracked().as_ref());
                over.light_found(&stage);
            }
        });
    });
    let own = Rc::clone(stage);
    effect(move |_| {
        let target = target.get();
        own.mark(target.as_ref());
        if let Some(MapTarget::Node(id)) = &target
            && let Some(at) = own.position(id)
        {
            let stage = Rc::clone(&own);
            // The panel takes its room first.
            frame::next(move |_| frame::next(move |_| stage.reveal(at)));
        }
    });
    let own = Rc::clone(stage);
    effect(move |_| {
        state.needle.track();
        over.light_found(&own);
    });
}

impl Over {
    /// The pointer, or the focus, is at something else now.
    fn point(self, hit: Option<Hit>, at: (f64, f64)) {
        let Some(stage) = self.state.stage.get_value() else {
            return;
        };
        // A view that is gone has no signals, which `try_set` forgives.
        _ = self.tip.try_set(hit.map(|hit| Tip { hit, at }));
        if let Some(hit) = hit {
            let (nodes, edges) = stage.around(hit);
            stage.light(&nodes, &edges);
            self.place_labels_of(&stage, &edges, false);
        } else {
            self.light_found(&stage);
            self.place_labels();
        }
    }

    fn focused(self, stage: &Stage, element: &Element) {
        // A click focuses too; there the pointer says what is meant.
        let by_keyboard = element.matches(":focus-visible").unwrap_or(false);
        if let (true, Some(Hit::Node(node))) = (by_keyboard, Stage::hit_of(element)) {
            stage.set_active(node);
            let at = stage.middle(node).map(|middle| stage.screen(middle)).unwrap_or_default();
            self.point(Some(Hit::Node(node)), at);
        }
    }

    /// Lights the nodes whose names hold what is sought.
    fn light_found(self, stage: &Stage) {
        let found = found(&stage.view(), &self.state.needle.get_untracked());
        stage.light(&found, &[]);
    }

    /// Puts figures at the edges on the screen, where there is room; those with the most calls first.
    fn place_labels(self) {
        let Some(stage) = self.state.stage.get_value() else {
            return;
        };
        if self.tip.try_get_untracked().flatten().is_some() {
            return;
        }
        if stage.detail() != Detail::Near {
            self.set_labels(Vec::new());
            return;
        }
        let (port, (width, height)) = (stage.port(), stage.size.get());
        let ((left, top), (right, bottom)) = (port.map_from_screen((0.0, 0.0)), port.map_from_screen((width, height)));
        let mut edges: Vec<usize> = {
            let scene = stage.scene.borrow();
            let on_screen = |edge: &EdgeMark| {
                let (x, y) = edge.curve.at(0.5);
                (left..=right).contains(&x) && (top..=bottom).contains(&y)
            };
            scene.edges.iter().enumerate().filter(|(_, edge)| on_screen(edge)).map(|(at, _)| at).collect()
        };
        let view = stage.view();
        edges.sort_by_key(|&at| std::cmp::Reverse(view.edges.get(at).map_or(0, |edge| edge.stats.calls)));
        edges.truncate(LABELS_MAX);
        self.place_labels_of(&stage, &edges, true);
    }

    fn place_labels_of(self, stage: &Stage, edges: &[usize], sorted: bool) {
        let view = stage.view();
        if stage.detail() == Detail::Far {
            self.set_labels(Vec::new());
            return;
        }
        let mut edges = edges.to_vec();
        if !sorted {
            edges.sort_by_key(|&at| std::cmp::Reverse(view.edges.get(at).map_or(0, |edge| edge.stats.calls)));
            edges.truncate(LABELS_MAX);
        }
        let unit = words::rate_unit(&view);
        let scene = stage.scene.borrow();
        let nodes: Vec<LabelBox> = scene.nodes.iter().map(|node| node.area).collect();
        let texts: Vec<(&EdgeMark, String)> = edges
            .iter()
            .filter_map(|&at| scene.edges.get(at).zip(view.edges.get(at)))
            .map(|(mark, edge)| (mark, edge_figures(unit, edge)))
            .collect();
        let lines = texts.iter().map(|(mark, text)| (&mark.curve, text_width(text) * SMALL + 8.0));
        let places = place_labels(lines, &nodes);
        let labels =
            places.into_iter().zip(&texts).filter_map(|(area, (_, text))| Some(EdgeLabel { area: area?, text: text.clone() }));
        self.set_labels(labels.collect());
    }

    fn set_labels(self, labels: Vec<EdgeLabel>) {
        if self.labels.try_with_untracked(|before| *before != labels) == Some(true) {
            self.labels.set(labels);
        }
    }
}

/// The nodes whose names hold all words that are sought.
pub(super) fn found(view: &MapView, needle: &str) -> Vec<usize> {
    let wanted: Vec<String> = needle.split_whitespace().map(str::to_lowercase).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let matches = |node: &MapNode| {
        let name = format!("{} {}", node.id.name, node.detail).to_lowercase();
        wanted.iter().all(|word| name.contains(word))
    };
    view.nodes.iter().enumerate().filter(|(_, node)| matches(node)).map(|(at, _)| at).collect()
}

fn edge_figures(unit: RateUnit, edge: &MapEdge) -> String {
    format!("{} · {}", words::rate_on(unit, edge.stats.calls), brief_duration(edge.stats.p95))
}

fn marks(drawn: &Drawn) -> AnyView {
    let view = &drawn.view;
    let edges = drawn.scene.edges.iter().zip(&view.edges).enumerate().map(|(at, (mark, edge))| edge_view(view, at, mark, edge));
    let nodes = drawn.scene.nodes.iter().zip(&view.nodes).enumerate().map(|(at, (mark, node))| node_view(at, mark, node));
    view! {
        <g class="map-edges" aria-hidden="true">{edges.collect_view()}</g>
        <g>{nodes.collect_view()}</g>
    }
    .into_any()
}

fn node_view(at: usize, mark: &NodeMark, node: &MapNode) -> impl IntoView + use<> {
    let is_service = node.id.kind == NodeKind::Service;
    let (width, height) = (mark.area.width, mark.area.height);
    // What is written on the card comes first, as whoever speaks to the page says what they see.
    let written = format!("{} {}", mark.label, mark.detail);
    let whole = if mark.label == node.id.name { String::new() } else { format!(", {}", words::name_of(&node.id)) };
    let label = format!("{}{whole}, {}: {}", written.trim_end(), words::kind_word(node.id.kind), words::figures(&node.stats));
    let icon = (!mark.icon.is_empty()).then(|| view! { <path class="map-node__icon" d=mark.icon.clone() /> });
    let errors = (!mark.errors.is_empty()).then(|| view! { <path class="map-node__errors" d=mark.errors.clone() /> });
    let detail = (!mark.detail.is_empty()).then(|| {
        view! {
            <text class="map-node__detail" x=mark.label_x y=mark.label_y + 14.5>
                {format!(" {}", mark.detail)}
            </text>
        }
    });
    view! {
        <g
            class="map-node"
            data-at=format!("n{at}")
            data-service=is_service.then(|| node.id.name.clone())
            data-node=(!is_service).then(|| node.id.name.clone())
            data-kind=words::kind_word(node.id.kind)
            role="button"
            tabindex="-1"
            aria-label=label
            transform=place(mark.area.x, mark.area.y)
            style:--paint=words::paint(mark.paint)
        >
            <rect class="map-node__card" x=-width / 2.0 y=-height / 2.0 width=width height=height rx="8" />
            <g transform=place(mark.disc_x, 0.0)>
                <path class="map-node__disc" d=mark.outline.clone() />
                {icon}
                {errors}
            </g>
            <text class="map-node__label" x=mark.label_x y=mark.label_y>
                {mark.label.clone()}
            </text>
            {detail}
        </g>
    }
}

fn edge_view(view: &MapView, at: usize, mark: &EdgeMark, edge: &MapEdge) -> impl IntoView + use<> {
    let errors = (mark.errors > 0.0).then(|| {
        let dashes = format!("0 {:.1} 100", 100.0 * (1.0 - mark.errors));
        view! { <path class="map-edge__errors" d=mark.outline.clone() pathLength="100" stroke-dasharray=dashes /> }
    });
    view! {
        <g
            class="map-edge"
            data-at=format!("e{at}")
            data-edge=edge_name(view, edge)
            data-messaging=mark.is_messaging.then_some("")
            data-failing=(mark.errors > 0.0).then_some("")
            style:--paint=words::paint(mark.paint)
            style:--width=format!("{:.2}", mark.width)
        >
            <path class="map-edge__line" d=mark.outline.clone() />
            {errors}
            <path class="map-edge__head" d=mark.head.clone() />
        </g>
    }
}

fn edge_label(label: EdgeLabel) -> impl IntoView {
    let LabelBox { x, y, width, height } = label.area;
    view! {
        <g transform=place(x, y)>
            <rect class="map-labels__ground" x=-width / 2.0 y=-height / 2.0 width=width height=height rx="3" />
            <text class="map-labels__text" y="3.5" text-anchor="middle">
                {label.text}
            </text>
        </g>
    }
}

fn tooltip(over: Over, tip: Tip) -> Option<AnyView> {
    let stage = over.state.stage.get_value()?;
    let view = stage.view();
    let (title, detail, stats) = match tip.hit {
        Hit::Node(at) => {
            let node = view.nodes.get(at)?;
            let kind = words::kind_word(node.id.kind);
            let detail = if node.detail.is_empty() { kind.to_owned() } else { format!("{kind} · {}", node.detail) };
            (words::name_of(&node.id), detail, node.stats)
        }
        Hit::Edge(at) => {
            let edge = view.edges.get(at)?;
            let title = format!("{} → {}", words::name_at(&view, edge.from), words::name_at(&view, edge.to));
            let detail = if edge.is_messaging { "Through a queue or a link: the caller does not wait" } else { "Calls" };
            (title, detail.to_owned(), edge.stats)
        }
    };
    // A node's stands below or above its card, where its neighbors are not; an edge's beside the pointer.
    let (width, height) = stage.size.get();
    let edge = if tip.at.1 > height * 0.6 { "above" } else { "below" };
    let ((x, y), side) = match tip.hit {
        Hit::Node(at) => {
            let area = stage.scene.borrow().nodes.get(at)?.area;
            let down = area.height / 2.0 * if edge == "above" { -1.0 } else { 1.0 };
            let (x, y) = stage.screen((area.x, area.y + down));
            let side = if x < 150.0 {
                "right"
            } else if x > width - 150.0 {
                "left"
            } else {
                "middle"
            };
            ((x, y), side)
        }
        Hit::Edge(_) => (tip.at, if tip.at.0 > width / 2.0 { "left" } else { "right" }),
    };
    let errors = (stats.errors > 0).then(|| {
        let words = format!("{} failed, {}", format::count(stats.errors), format::percent(stats.errors, stats.calls));
        view! { <p class="map-tip__errors">{words}</p> }
    });
    let calls = format!("{} · {}", format::counted(stats.calls, "call"), words::rate_on(words::rate_unit(&view), stats.calls));
    let durations = (stats.calls > 0).then(|| {
        let words = format!("p50 {} · p95 {}", format::duration(stats.p50), format::duration(stats.p95));
        view! { <p>{words}</p> }
    });
    Some(
        view! {
            <div
                class="map-tip"
                aria-hidden="true"
                data-side=side
                data-edge=edge
                style:--x=format!("{x:.0}px")
                style:--y=format!("{y:.0}px")
            >
                <p class="map-tip__name">{title}</p>
                <p class="map-tip__detail">{detail}</p>
                <p>{calls}</p>
                {durations}
                {errors}
            </div>
        }
        .into_any(),
    )
}

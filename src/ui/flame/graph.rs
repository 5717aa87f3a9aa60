//! The flame graph itself: lanes of frames on one canvas in a scrolling view, by pointer and by keyboard.

use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

use crate::browser::event::{Listener, Passive};
use crate::browser::frame::{self, Repaint};
use crate::browser::observe::ResizeWatch;
use crate::browser::{theme, window};
use crate::protocol::FlameLayout;
use crate::scene::{FlameStep, Grip, RangeDrag, TimeRange, TimeScale};
use crate::ui::acts::{self, list::on_menu};
use crate::ui::canvas::Board;
use crate::ui::commands::{self, Command};
use crate::ui::keys;
use crate::ui::parts::ServiceDot;
use crate::ui::reactive::{effect, show};

use super::paint;
use super::stage::{FlameStage, set_number};
use super::state::FlameGraph;
use super::tools::focus_search;
use super::words::{self, subjects_of};

/// A press that moves less than this is a click.
const CLICK_CSS_PX: f64 = 4.0;
/// How far a line of a wheel goes, in browsers that count lines.
const LINE_CSS_PX: f64 = 40.0;
/// How much closer a wheel's hundred pixels zoom: by e to this.
const WHEEL_ZOOM: f64 = 0.22;
/// Half the width that the tooltip takes at most, so that it stays in view.
const TIP_CSS_PX: f64 = 330.0;

/// A press under way.
#[derive(Clone, Copy)]
struct Press {
    x: f64,
    scale: TimeScale,
    before: TimeRange,
    /// On the ruler: draws a part of time to zoom to. Else drags time along.
    draws: bool,
    moved: bool,
}

/// The graph.
pub(super) fn graph_view(graph: FlameGraph) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let spacer = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let ruler = NodeRef::<html::Canvas>::new();
    let head = NodeRef::<html::Div>::new();
    let watch = StoredValue::new_local(None::<ResizeWatch>);
    let press = StoredValue::new(None::<Press>);
    let dragged = StoredValue::new(false);

    effect(move |_| {
        let (Some(scroller), Some(spacer), Some(canvas), Some(ruler)) = (scroller.get(), spacer.get(), canvas.get(), ruler.get())
        else {
            return;
        };
        let (Some(canvas), Some(ruler)) = (Board::new(canvas), Board::new(ruler)) else {
            return;
        };
        let elements: [HtmlElement; 2] = [scroller.clone().into(), spacer.into()];
        let stage = Rc::new(FlameStage::new(elements, [canvas, ruler], Repaint::new(move |_| paint::paint_frame(graph))));
        graph.stage.set(Rc::clone(&stage));
        stage.dress();
        stage.measure();
        watch.set_value(ResizeWatch::new(&scroller, move || {
            if let Some(stage) = graph.stage.get() {
                stage.measure();
            }
        }));
        stage.repaint.request();
    });
    let system = StoredValue::new_local(theme::on_system_change(move || dress(graph)));
    effect(move |_| {
        graph.app().theme.track();
        dress(graph);
    });
    // What is asked for is found out while painting.
    effect(move |_| {
        graph.home.address.track();
        graph.home.adjusted.track();
        graph.home.source.track();
        if let Some(time) = graph.home.time {
            time.range.track();
        }
        graph.home.picked.track();
        graph.hover.set(None);
        graph.stage.repaint();
    });
    let keys = window().map(|window| {
        Listener::new(&window, "keydown", Passive::No, move |event: KeyboardEvent| {
            if keys::is_for_the_page(&event) && pressed(graph, scroller, &event) {
                event.prevent_default();
            }
        })
    });
    let keys = StoredValue::new_local(keys);
    commands::offer(move |command| can(graph, command), move |command| run(graph, command));
    on_cleanup(move || {
        watch.set_value(None);
        system.set_value(None);
        keys.set_value(None);
        graph.stage.clear();
    });

    let hovered = move |event: PointerEvent| {
        let Some(stage) = graph.stage.get() else {
            return;
        };
        let (x, y) = stage.place(event.client_x(), event.client_y());
        if let Some(now) = press.get_value() {
            drag(graph, press, head, now, x, &event);
            return;
        }
        let found = stage.frame_at((x, y)).filter(|_| event.pointer_type() != "touch");
        stage.pointer_x.set(Some(x));
        graph.hover.set(found.map(|found| (found, x, y)));
        stage.repaint.request();
    };
    let left = move |_| {
        graph.hover.set(None);
        if let Some(stage) = graph.stage.get() {
            stage.pointer_x.set(None);
            stage.repaint.request();
        }
    };
    let down = move |event: &PointerEvent, draws: bool| {
        dragged.set_value(false);
        let (Some(stage), Some(time)) = (graph.stage.get(), time_of(graph)) else {
            return;
        };
        let (x, _) = stage.place(event.client_x(), event.client_y());
        let (width, _, _) = stage.size.get();
        if event.button() == 0 && x <= width {
            let before = time.range.get_untracked();
            press.set_value(Some(Press { x, scale: TimeScale::new(before, 0.0, width), before, draws, moved: false }));
        }
    };
    let up = move |event: PointerEvent| {
        let (Some(now), Some(stage)) = (press.get_value(), graph.stage.get()) else {
            return;
        };
        press.set_value(None);
        dragged.set_value(now.moved);
        show_selecting(head, None);
        if let (true, true, Some(time)) = (now.moved, now.draws, time_of(graph)) {
            let (x, _) = stage.place(event.client_x(), event.client_y());
            time.set.run(RangeDrag::new(Grip::New, now.scale, now.x, now.before, time.duration).range_at(x));
        }
    };
    let clicked = move |event: MouseEvent| {
        if dragged.get_value() {
            return;
        }
        let Some(stage) = graph.stage.get() else {
            return;
        };
        if let Some(frame) = stage.frame_at(stage.place(event.client_x(), event.client_y())) {
            graph.set_focus(frame.clone());
            graph.home.pick.run(frame.clone());
            graph.zoom_to(&frame);
        }
    };
    let announced = move || graph.focus.with(|focus| focus.as_ref().map(|frame| graph.words(frame)));
    let label = move || match graph.layout() {
        FlameLayout::Time => "Flame graph in time order",
        FlameLayout::Total => "Flame graph by total time",
        FlameLayout::SelfTime => "Flame graph by self time",
    };
    view! {
        <div class="flame__stage" data-stale=move || graph.stale.get().then_some("")>
            <div class="flame__head" node_ref=head>
                <canvas
                    class="flame__ruler"
                    aria-hidden="true"
                    node_ref=ruler
                    data-draws=move || time_of_now(graph).then_some("")
                    on:pointerdown=move |event| down(&event, true)
                    on:pointermove=hovered
                    on:pointerup=up
                    on:pointercancel=move |_| press.set_value(None)
                    on:pointerleave=left
                ></canvas>
                <div class="flame__selecting" aria-hidden="true"></div>
            </div>
            <div
                class="flame__graph"
                role="application"
                aria-roledescription="flame graph"
                aria-label=label
                aria-describedby="flame-keys"
                tabindex="0"
                data-testid="flame-graph"
                data-frames=move || graph.shown.with(|shown| shown.as_ref().map(|shown| shown.view.frames.len().to_string()))
                data-lanes=move || graph.shown.with(|shown| shown.as_ref().map(|shown| shown.view.lanes.to_string()))
                aria-busy=move || if graph.stale.get() { "true" } else { "false" }
                node_ref=scroller
                on:scroll=move |_| graph.stage.repaint()
                on:wheel=move |event| wheel(graph, &event)
                on:pointerdown=move |event| down(&event, false)
                on:pointermove=hovered
                on:pointerup=up
                on:pointercancel=move |_| press.set_value(None)
                on:pointerleave=left
                on:click=clicked
                on:contextmenu=move |event| menu(graph, &event)
            >
                <div class="flame__spacer" node_ref=spacer>
                    <div class="flame__viewport">
                        <canvas class="flame__frames" aria-hidden="true" node_ref=canvas></canvas>
                    </div>
                </div>
            </div>
            <p id="flame-keys" class="visually-hidden">
                "Arrow keys move between frames: up to the parent, down to the widest child, left and right on the same level. Enter zooms, Escape zooms out, A filters or excludes."
            </p>
            <p class="visually-hidden" aria-live="polite" data-testid="flame-focus">
                {announced}
            </p>
            {show(move || tip(graph))}
        </div>
    }
}

/// What can be done with the frame under the pointer; with Shift the browser's own menu comes.
fn menu(graph: FlameGraph, event: &MouseEvent) {
    let found = graph.stage.get().and_then(|stage| stage.frame_at(stage.place(event.client_x(), event.client_y())));
    if let Some(frame) = found.filter(|frame| !event.shift_key() && !frame.is_many) {
        graph.set_focus(frame.clone());
        graph.hover.set(None);
        on_menu(event, subjects_of(graph, &frame));
    }
}

/// The same by the keyboard, below the frame that it is at.
fn offer(graph: FlameGraph) {
    let Some((frame, stage)) = graph.focus.get_untracked().zip(graph.stage.get()) else {
        return;
    };
    let place = stage.corner_of(&frame).unwrap_or_default();
    let rect = stage.scroller.get_bounding_client_rect();
    acts::open(subjects_of(graph, &frame), (rect.left() + place.0, rect.top() + place.1));
}

fn dress(graph: FlameGraph) {
    // The style sheet has a new theme's colors in force only after its attribute is set.
    frame::next(move |_| {
        if let Some(stage) = graph.stage.get() {
            stage.dress();
            stage.repaint.request();
        }
    });
}

/// The part of time that can be zoomed, where time is laid out.
fn time_of(graph: FlameGraph) -> Option<super::state::TimeWindow> {
    graph.home.time.filter(|_| untrack(|| graph.layout()) == FlameLayout::Time)
}

fn time_of_now(graph: FlameGraph) -> bool {
    graph.home.time.is_some() && graph.layout() == FlameLayout::Time
}

fn drag(
    graph: FlameGraph,
    press: StoredValue<Option<Press>>,
    head: NodeRef<html::Div>,
    now: Press,
    x: f64,
    event: &PointerEvent,
) {
    let Some(time) = time_of(graph) else {
        return;
    };
    if !now.moved && (x - now.x).abs() < CLICK_CSS_PX {
        return;
    }
    if !now.moved {
        press.set_value(Some(Press { moved: true, ..now }));
        graph.hover.set(None);
        if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            // Fails if the pointer is gone already, which ends the drag anyway.
            let _gone = element.set_pointer_capture(event.pointer_id());
        }
    }
    if now.draws {
        show_selecting(head, Some((now.x.min(x), now.x.max(x))));
    } else {
        time.set.run(now.before.panned(-now.scale.nanos_from_distance(x - now.x), time.duration));
    }
}

fn show_selecting(head: NodeRef<html::Div>, extent: Option<(f64, f64)>) {
    let (left, right) = extent.unwrap_or_default();
    if let Some(head) = head.get_untracked() {
        set_number(&head, "--flame-selecting-left", left);
        set_number(&head, "--flame-selecting-width", right - left);
    }
}

fn wheel(graph: FlameGraph, event: &WheelEvent) {
    let Some(stage) = graph.stage.get() else {
        return;
    };
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => LINE_CSS_PX,
        WheelEvent::DOM_DELTA_PAGE => stage.map.get().viewport_css_px,
        _ => 1.0,
    };
    let (across, down) = (event.delta_x() * unit, event.delta_y() * unit);
    let (width, _, _) = stage.size.get();
    if let Some(time) = time_of(graph) {
        let range = time.range.get_untracked();
        let scale = TimeScale::new(range, 0.0, width);
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            event.prevent_default();
            let (x, _) = stage.place(event.client_x(), event.client_y());
            // A pinch on a touch pad comes as small steps with ctrl, a wheel as steps of a hundred or so.
            let pace = if down.abs() < 30.0 { WHEEL_ZOOM * 4.0 } else { WHEEL_ZOOM };
            let factor = (down / 100.0 * pace).clamp(-1.0, 1.0).exp();
            time.set.run(range.zoomed(scale.fraction_from_x(x), factor, time.duration));
            return;
        }
        let sideways = if event.shift_key() && across == 0.0 { down } else { across };
        if event.shift_key() || across.abs() > down.abs() {
            event.prevent_default();
            time.set.run(range.panned(scale.nanos_from_distance(sideways), time.duration));
            return;
        }
    }
    // A proportional scrollbar would make one step of the wheel many lanes.
    if stage.map.get().is_mapped() && !event.ctrl_key() {
        event.prevent_default();
        stage.scroll_by(down);
    }
}

/// Does what a key does in the graph. False if it does nothing.
fn pressed(graph: FlameGraph, scroller: NodeRef<html::Div>, event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let within = |selector: &str| target.as_ref().is_some_and(|target| target.closest(selector).ok().flatten().is_some());
    // What scrolls by itself, or answers to keys itself.
    if within("[data-testid=span-detail], [role=slider], [role=separator], [role=dialog], table") {
        return false;
    }
    let on_control = within("button, a, summary");
    let step = |step: FlameStep| {
        if let Some(scroller) = scroller.get_untracked() {
            // It has a tabindex, so it can be focused.
            _ = scroller.focus();
        }
        graph.step(step);
        true
    };
    match event.key().as_str() {
        _ if event.shift_key() => false,
        "ArrowUp" => step(FlameStep::Parent),
        "ArrowDown" => step(FlameStep::Child),
        "ArrowLeft" => step(FlameStep::Previous),
        "ArrowRight" => step(FlameStep::Next),
        "Enter" if !on_control => match graph.focus.get_untracked() {
            Some(frame) => {
                graph.home.pick.run(frame.clone());
                graph.zoom_to(&frame);
                true
            }
            None => step(FlameStep::Child),
        },
        "Escape" | "Backspace" if graph.is_zoomed_untracked() => {
            graph.zoom_out();
            true
        }
        _ => false,
    }
}

fn can(graph: FlameGraph, command: Command) -> bool {
    match command {
        Command::Highlight => true,
        Command::FitFlame => graph.is_zoomed_untracked(),
        Command::Acts => graph.focus.with_untracked(|focus| focus.as_ref().is_some_and(|frame| !frame.is_many)),
        Command::Layout(layout) => {
            graph.home.layouts.iter().any(|(offered, _)| *offered == layout) && untrack(|| graph.layout()) != layout
        }
        _ => false,
    }
}

fn run(graph: FlameGraph, command: Command) {
    match command {
        Command::Highlight => focus_search(),
        Command::FitFlame => graph.zoom_reset(),
        Command::Acts => offer(graph),
        Command::Layout(layout) => graph.set_layout(layout),
        _ => {}
    }
}

/// What is under the pointer, in words.
fn tip(graph: FlameGraph) -> Option<AnyView> {
    let (frame, x, y) = graph.hover.get()?;
    let app = graph.app();
    let shown = graph.shown.get_untracked()?;
    let (width, height, _) = graph.stage.get()?.size.get();
    let facts = words::facts(&frame, shown.request.layout, shown.view.whole);
    let service = (!frame.is_many).then(|| {
        view! {
            <p class="flame__tip-service">
                <ServiceDot color=app.service_color(frame.service) />
                {app.service_name(frame.service)}
            </p>
        }
    });
    let title = if frame.is_many { words::title("", &frame) } else { frame.name.clone() };
    let left = x.min(width - TIP_CSS_PX.min(width)).max(0.0);
    // Below the pointer, or above it where the view ends.
    let above = y > height * 0.6;
    Some(
        view! {
            <div
                class="flame__tip"
                data-above=above.then_some("")
                style:--flame-x=format!("{left:.0}px")
                style:--flame-y=format!("{y:.0}px")
                aria-hidden="true"
            >
                <p class="flame__tip-title">{title}</p>
                {service}
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
            </div>
        }
        .into_any(),
    )
}

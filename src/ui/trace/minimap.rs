//! The whole trace as a small picture, with the range on the screen as a frame that can be dragged.

use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use crate::browser::frame::{self, Repaint};
use crate::browser::observe::ResizeWatch;
use crate::link::Slot;
use crate::protocol::{MinimapRequest, MinimapView, Reply, Request};
use crate::scene::{Grip, RangeDrag, TimeRange, TimeScale, format, grip_at};
use crate::ui::canvas::{self, Board, Palette};
use crate::ui::reactive::effect;
use crate::ui::remote::Remote;

use super::gestures;
use super::state::TraceState;

/// Cells are at least this wide, and at least this high, in CSS pixels.
const CELL_WIDTH: f64 = 2.0;
const CELL_HEIGHT: f64 = 2.0;
/// The strip below the picture, where errors are marked.
const NOTCH: f64 = 5.0;
/// Few spans do not become blocks.
const CELL_HEIGHT_MAX: f64 = 5.0;

/// The minimap.
pub(super) fn minimap(state: TraceState) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let picture = RwSignal::new(Remote::<MinimapView>::Idle);
    let width = RwSignal::new(0.0);
    let drag = StoredValue::new(None::<RangeDrag>);
    let watch = StoredValue::new_local(None::<ResizeWatch>);
    let repaint = StoredValue::new_local(None::<Repaint>);
    let duration = state.duration();

    effect(move |_| {
        let (Some(element), Some(canvas)) = (root.get(), canvas.get()) else {
            return;
        };
        let Some(board) = Board::new(canvas) else {
            return;
        };
        let board = Rc::new(board);
        let painted = element.clone();
        repaint.set_value(Some(Repaint::new(move |_| {
            let size = (f64::from(painted.client_width()), f64::from(painted.client_height()));
            if let Some(Some(picture)) = picture.try_with_untracked(|remote| remote.latest().cloned()) {
                let palette = Palette::read(&painted);
                paint_minimap(&board, &palette, &picture, size);
            }
        })));
        // It tells the first size, too, once the page is laid out.
        let watched = element.clone();
        watch.set_value(ResizeWatch::new(&element, move || {
            _ = width.try_set(f64::from(watched.client_width()));
        }));
    });
    // The picture is asked for again only when the width has changed by much: it is stretched meanwhile.
    let columns = Memo::new(move |_| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width in pixels")]
        let columns = (width.get() / CELL_WIDTH / 32.0).round() as u32 * 32;
        columns.min(1024)
    });
    effect(move |_| {
        let columns = columns.get();
        // Before it has a width the page is not laid out, and to ask for its height would do that.
        if columns == 0 {
            return;
        }
        let height = root.get_untracked().map_or(0.0, |root| f64::from(root.client_height()));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a height in pixels")]
        let lanes = ((height - NOTCH) / CELL_HEIGHT) as u32;
        let trace_id = state.heading().trace_id.clone();
        let request = Request::Minimap(MinimapRequest {
            trace_id,
            columns,
            lanes: lanes.clamp(8, 64),
            color: state.colors().with(|colors| colors.by.clone()),
            adjusted: state.adjusted().get(),
        });
        state.app().ask_into(Slot::Minimap, request, picture, |reply| match reply {
            Reply::Minimap(view) => Some(view),
            _ => None,
        });
    });
    effect(move |_| {
        picture.track();
        width.track();
        state.app().theme.track();
        // The style sheet has a new theme's colors in force only after its attribute is set.
        frame::next(move |_| {
            if let Some(Some(repaint)) = repaint.try_get_value() {
                repaint.request();
            }
        });
    });
    on_cleanup(move || watch.set_value(None));

    let scale =
        move |element: &web_sys::Element| TimeScale::new(TimeRange::whole(duration), 0.0, f64::from(element.client_width()));
    let down = move |event: PointerEvent| {
        let Some(element) = root.get_untracked() else {
            return;
        };
        if event.button() != 0 {
            return;
        }
        event.prevent_default();
        let x = gestures::x_in(&element, event.client_x());
        let scale = scale(&element);
        let before = state.range.get_untracked();
        drag.set_value(Some(RangeDrag::new(grip_at(x, &scale, before), scale, x, before, duration)));
        gestures::capture(&event);
    };
    let moved = move |event: PointerEvent| {
        let Some(element) = root.get_untracked() else {
            return;
        };
        let x = gestures::x_in(&element, event.client_x());
        if let Some(drag) = drag.get_value() {
            state.set_range(drag.range_at(x));
            return;
        }
        let grip = match grip_at(x, &scale(&element), state.range.get_untracked()) {
            Grip::From | Grip::To => "edge",
            Grip::Middle => "middle",
            Grip::New => "new",
        };
        // Throws for names that are no attribute's only.
        let _unthrown = element.set_attribute("data-grip", grip);
    };
    let up = move |_: PointerEvent| drag.set_value(None);
    let fraction = move |offset: u64| offset as f64 / duration.max(1) as f64 * 100.0;
    let percent = move |offset: u64| format!("{:.4}%", fraction(offset));
    let is_whole = move || state.range.get().is_whole(duration);

    view! {
        <div
            class="minimap"
            node_ref=root
            data-whole=move || is_whole().then_some("")
            style:--minimap-from=move || percent(state.range.get().from())
            style:--minimap-to=move || percent(state.range.get().to())
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=up
            on:dblclick=move |_| state.fit()
        >
            <canvas class="minimap__picture" node_ref=canvas aria-hidden="true"></canvas>
            <div class="minimap__shade minimap__shade--before" aria-hidden="true"></div>
            <div class="minimap__shade minimap__shade--after" aria-hidden="true"></div>
            <div class="minimap__frame" aria-hidden="true"></div>
            <Handle state edge=Edge::From/>
            <Handle state edge=Edge::To/>
        </div>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    From,
    To,
}

/// An edge of the range, which keys move as well.
#[component]
fn Handle(state: TraceState, edge: Edge) -> impl IntoView {
    let duration = state.duration();
    let at = move || {
        let range = state.range.get();
        match edge {
            Edge::From => range.from(),
            Edge::To => range.to(),
        }
    };
    let (label, class) = match edge {
        Edge::From => ("Start of the range shown", "minimap__handle minimap__handle--from"),
        Edge::To => ("End of the range shown", "minimap__handle minimap__handle--to"),
    };
    let keydown = move |event: KeyboardEvent| {
        let range = state.range.get_untracked();
        let now = match edge {
            Edge::From => range.from(),
            Edge::To => range.to(),
        };
        let step = (range.nanos() / 50).max(1);
        let step = if event.shift_key() { step.saturating_mul(5) } else { step };
        let page = (duration / 10).max(1);
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now.saturating_sub(step),
            "ArrowRight" | "ArrowUp" => now.saturating_add(step),
            "PageDown" => now.saturating_sub(page),
            "PageUp" => now.saturating_add(page),
            "Home" => 0,
            "End" => duration,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        // An edge moved by keys stops at the other one.
        let range = match edge {
            Edge::From => TimeRange::between(to.min(range.to() - 1), range.to(), duration),
            Edge::To => TimeRange::between(range.from(), to.max(range.from() + 1), duration),
        };
        state.set_range(range);
    };
    view! {
        <div
            role="slider"
            tabindex="0"
            aria-label=label
            aria-orientation="horizontal"
            aria-valuemin="0"
            aria-valuemax=duration.max(1).to_string()
            aria-valuenow=move || at().to_string()
            aria-valuetext=move || format::duration(at())
            on:keydown=keydown
            class=class
        ></div>
    }
}

fn paint_minimap(board: &Board, palette: &Palette, picture: &MinimapView, (width, height): (f64, f64)) {
    canvas::prepare(board, width, height, canvas::pixel_ratio());
    let MinimapView { columns, lanes, density, color, error } = picture;
    if *columns == 0 || *lanes == 0 {
        return;
    }
    let context = &board.context;
    let cell_width = width / f64::from(*columns);
    let lane_height = ((height - NOTCH) / f64::from(*lanes)).min(CELL_HEIGHT_MAX);
    let mut error_ends = Vec::new();
    // Neighbors of one look are one rectangle: a quiet trace is a few hundred of them.
    for (lane, cells) in density.chunks(*columns as usize).enumerate() {
        let first = lane * *columns as usize;
        let look = |column: usize| {
            let at = first + column;
            let amount = density.get(at).copied().unwrap_or(0);
            (amount > 0).then(|| {
                let failed = error.get(at).is_some_and(|&error| error > 0);
                (color.get(at).copied().unwrap_or(0), amount / 32, failed)
            })
        };
        let mut column = 0;
        while column < cells.len() {
            let Some(run) = look(column) else {
                column += 1;
                continue;
            };
            let mut end = column + 1;
            while end < cells.len() && look(end) == Some(run) {
                end += 1;
            }
            let (slot, amount, failed) = run;
            let (x, width) = (column as f64 * cell_width, (end - column) as f64 * cell_width);
            let (y, height) = (lane as f64 * lane_height, (lane_height - 0.5).max(1.0));
            context.set_fill_style_str(palette.slot(slot));
            context.set_global_alpha(0.3 + 0.1 * f64::from(amount));
            context.fill_rect(x, y, width, height);
            if failed {
                context.set_fill_style_str(&palette.error);
                context.set_global_alpha(1.0);
                context.fill_rect(x, y + height / 2.0, width, height / 2.0);
                if look(end).is_none_or(|(_, _, failed)| !failed) {
                    error_ends.push(end);
                }
            }
            column = end;
        }
    }
    context.set_global_alpha(1.0);
    // Errors once more as notches along the bottom, where they end: form beside color, not to be missed in a dense picture.
    error_ends.sort_unstable();
    error_ends.dedup();
    context.set_fill_style_str(&palette.error);
    for column in error_ends {
        let x = column as f64 * cell_width;
        context.begin_path();
        context.move_to(x, height - NOTCH);
        context.line_to(x - 3.0, height);
        context.line_to(x + 3.0, height);
        context.close_path();
        context.fill();
    }
}

//! Draws a flame graph's boxes. All geometry comes from `scene`, all colors from the style sheet's tokens.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::CanvasRenderingContext2d as Context;

use crate::protocol::{FlameFrame, FlameLayout};
use crate::scene::{FlameBox, RowSpan, Ruler, TimeRange, TimeScale, flame_boxes, format};
use crate::ui::canvas::{self, Palette, fill_text};

use super::stage::{Drawn, FlameStage};
use super::state::FlameGraph;

/// Height of the ruler.
pub(super) const RULER_CSS_PX: f64 = 24.0;
/// How much of a service's color is on its frames: enough to tell it, and any text is read on it.
const TINT_ALPHA: f64 = 0.42;
/// The same under the pointer.
const TINT_HOVER_ALPHA: f64 = 0.66;
/// What does not match while something is sought.
const DIM_ALPHA: f64 = 0.12;
/// The edge of a frame in its service's full color.
const EDGE_CSS_PX: f64 = 3.0;
/// Frames need to be this wide for it.
const EDGE_FROM_CSS_PX: f64 = 12.0;
/// Air around texts.
const TEXT_AIR_CSS_PX: f64 = 5.0;
/// Texts need boxes at least this wide.
const TEXT_FROM_CSS_PX: f64 = 26.0;
/// Distance between the lines of a hatching.
const HATCH_CSS_PX: f64 = 5.0;

/// Everything that happens once per frame: where the lanes are, which to ask for, their boxes.
pub(super) fn paint_frame(graph: FlameGraph) {
    let Some(stage) = graph.stage.get() else {
        return;
    };
    let (width, height, ratio) = stage.size.get();
    let Some(shown) = graph.shown.try_get_untracked() else {
        return;
    };
    if width < 1.0 {
        return;
    }
    if let Some(shown) = &shown {
        stage.set_lanes(shown.view.lanes);
    }
    let lanes = stage.lanes();
    let map = stage.map.get();
    let in_view = map.visible(lanes.top);
    // Before the first answer nobody knows how many lanes there are.
    let page = map.page_rows().saturating_add(2);
    let visible = if shown.is_some() { in_view } else { RowSpan { first: 0, end: page } };
    graph.want(visible, width);
    canvas::prepare(&stage.board, width, height, ratio);
    canvas::prepare(&stage.ruler, width, RULER_CSS_PX, ratio);
    let Some(shown) = shown else {
        return;
    };
    let scale = graph.scale(&shown, width);
    let boxes = flame_boxes(&shown.view.frames, &scale, &lanes);
    let palette = stage.palette.borrow();
    palette.use_font(&stage.ruler.context);
    // A frame that fills the width begins at 0, wherever in the whole graph it stands.
    let own = match shown.request.layout {
        FlameLayout::Time => scale,
        FlameLayout::Total | FlameLayout::SelfTime => TimeScale::new(TimeRange::whole(shown.view.whole), 0.0, width),
    };
    let ruler = Ruler::new(&own, |label| canvas::text_width(&stage.ruler.context, label));
    let pointer = stage.pointer_x.get().map(|x| (x, format::duration(own.nanos_from_x(x))));
    canvas::paint_ruler(&stage.ruler.context, &palette, &ruler, pointer, [0.0, width, RULER_CSS_PX]);
    let focus = graph.focus.get_untracked();
    let hover = graph.hover.with_untracked(|hover| hover.as_ref().map(|(frame, _, _)| frame.clone()));
    let picked = graph.home.picked.get_untracked();
    graph.app().dataset.with_untracked(|dataset| {
        let slot = |service: u32| {
            dataset.as_ref().and_then(|dataset| dataset.services.get(service as usize)).map_or(u8::MAX, |service| service.color)
        };
        let context = &stage.board.context;
        palette.use_font(context);
        context.set_text_baseline("middle");
        context.set_line_width(1.0);
        context.set_fill_style_str(&palette.faint);
        for tick in &ruler.major {
            context.fill_rect(tick.x.round(), 0.0, 1.0, height);
        }
        for found in &boxes {
            let Some(frame) = shown.view.frames.get(found.frame) else {
                continue;
            };
            let is_at = |at: Option<&FlameFrame>| at.is_some_and(|at| is_same(at, frame));
            let ring = if !frame.is_many && picked.as_ref() == Some(&frame.span_id) {
                Some(palette.accent.as_str())
            } else {
                is_at(focus.as_ref()).then_some(palette.ink.as_str())
            };
            let look = Look {
                slot: slot(frame.service),
                seeking: !shown.request.find.is_empty(),
                hovered: is_at(hover.as_ref()),
                ring,
                is_time: shown.request.layout == FlameLayout::Time,
            };
            paint_box(context, &palette, &stage, frame, found, look);
        }
    });
    stage.drawn.replace(Drawn { boxes, shown: Some(Arc::clone(&shown)) });
}

fn is_same(a: &FlameFrame, b: &FlameFrame) -> bool {
    a.lane == b.lane && a.start == b.start && a.is_many == b.is_many && a.id == b.id
}

#[derive(Clone, Copy)]
struct Look<'a> {
    slot: u8,
    seeking: bool,
    hovered: bool,
    /// The color of the ring around it, where the keyboard is or what is selected.
    ring: Option<&'a str>,
    is_time: bool,
}

fn paint_box(context: &Context, palette: &Palette, stage: &FlameStage, frame: &FlameFrame, found: &FlameBox, look: Look<'_>) {
    let (left, width) = (found.extent.left, found.extent.width());
    let height = stage.map.get().row_css_px - 1.0;
    let (top, middle) = (found.top, found.top + height / 2.0);
    let dim = look.seeking && !frame.found;
    // The ground first, so that grid lines do not shine through. There may be thousands of narrow ones, where none is seen.
    if width >= EDGE_FROM_CSS_PX {
        context.set_fill_style_str(&palette.surface);
        context.fill_rect(left, top, width, height);
    }
    if frame.is_many {
        context.set_fill_style_str(&palette.strong);
        context.set_global_alpha(match (dim, width < EDGE_FROM_CSS_PX) {
            (true, _) => DIM_ALPHA,
            // As dark as a hatching is on the whole.
            (false, true) => 0.5,
            (false, false) => 0.3,
        });
        context.fill_rect(left, top, width, height);
        context.set_global_alpha(1.0);
        if width >= EDGE_FROM_CSS_PX {
            hatch(context, palette, [left, top, width, height]);
        }
    } else if look.seeking && frame.found {
        context.set_fill_style_str(&palette.found);
        context.fill_rect(left, top, width, height);
    } else {
        context.set_fill_style_str(palette.slot(look.slot));
        context.set_global_alpha(match (dim, look.hovered) {
            (true, _) => DIM_ALPHA,
            (false, true) => TINT_HOVER_ALPHA,
            // Without room for an edge, the color itself has to be told.
            (false, false) if width < EDGE_FROM_CSS_PX => TINT_HOVER_ALPHA,
            (false, false) => TINT_ALPHA,
        });
        context.fill_rect(left, top, width, height);
        context.set_global_alpha(1.0);
    }
    if !frame.is_many && width >= EDGE_FROM_CSS_PX && !found.cut_left {
        context.set_fill_style_str(palette.slot(look.slot));
        context.set_global_alpha(if dim { DIM_ALPHA * 3.0 } else { 1.0 });
        context.fill_rect(left, top, EDGE_CSS_PX, height);
        context.set_global_alpha(1.0);
    }
    if frame.errors > 0 {
        paint_errors(context, palette, frame, [left, top, width, height]);
    }
    if width >= TEXT_FROM_CSS_PX {
        paint_text(context, palette, stage, frame, [left, width, middle], dim, look);
    }
    if let Some(ring) = look.ring {
        context.set_stroke_style_str(ring);
        context.set_line_width(2.0);
        context.stroke_rect(left + 1.0, top + 1.0, (width - 2.0).max(1.0), height - 2.0);
        context.set_line_width(1.0);
    }
}

/// A line along the lower edge, as long as the share that failed, and a notch in the corner: form beside color.
fn paint_errors(context: &Context, palette: &Palette, frame: &FlameFrame, [left, top, width, height]: [f64; 4]) {
    let share = f64::from(frame.errors) / f64::from(frame.count.max(1));
    context.set_fill_style_str(&palette.error);
    context.fill_rect(left, top + height - 3.0, (width * share.min(1.0)).max(width.min(6.0)), 3.0);
    if width >= 12.0 && !frame.is_many {
        let right = left + width;
        context.begin_path();
        context.move_to(right - 7.0, top);
        context.line_to(right, top);
        context.line_to(right, top + 7.0);
        context.close_path();
        context.fill();
    }
}

fn paint_text(
    context: &Context,
    palette: &Palette,
    stage: &FlameStage,
    frame: &FlameFrame,
    [left, width, middle]: [f64; 3],
    dim: bool,
    look: Look<'_>,
) {
    let advances = stage.advances.borrow();
    let x = left + TEXT_AIR_CSS_PX + if frame.is_many { 0.0 } else { EDGE_CSS_PX - 1.0 };
    let room = left + width - TEXT_AIR_CSS_PX - x;
    let many = frame.is_many.then(|| format::counted(u64::from(frame.count), "span"));
    let name = many.as_deref().unwrap_or(&frame.name);
    let Some(text) = advances.fit(name, room) else {
        return;
    };
    let used = advances.width(&text);
    if frame.is_many {
        // On the hatching nothing would be read.
        context.set_fill_style_str(&palette.surface);
        context.fill_rect(x - 3.0, middle - 7.0, used + 6.0, 14.0);
    }
    context.set_fill_style_str(if dim || frame.is_many { &palette.muted } else { &palette.ink });
    fill_text(context, &text, x, middle);
    if frame.is_many || dim {
        return;
    }
    let count = if look.is_time || frame.count < 2 {
        String::new()
    } else {
        format!("×{} · ", format::count_short(u64::from(frame.count)))
    };
    let figures = format!("{count}{}", format::duration(frame.total));
    let figures_width = advances.width(&figures);
    if used + 12.0 + figures_width <= room {
        context.set_fill_style_str(&palette.ink);
        context.set_global_alpha(0.72);
        fill_text(context, &figures, x + used + 10.0, middle);
        context.set_global_alpha(1.0);
    }
}

fn hatch(context: &Context, palette: &Palette, [left, top, width, height]: [f64; 4]) {
    context.save();
    context.begin_path();
    context.rect(left, top, width, height);
    context.clip();
    context.set_stroke_style_str(&palette.strong);
    context.begin_path();
    // From a place that does not move with the box, so that neighbors are one pattern.
    let mut x = ((left - height) / HATCH_CSS_PX).floor() * HATCH_CSS_PX;
    while x < left + width {
        context.move_to(x, top + height);
        context.line_to(x + height, top);
        x += HATCH_CSS_PX;
    }
    context.stroke();
    context.restore();
}

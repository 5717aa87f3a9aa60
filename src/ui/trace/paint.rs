//! Draws what a frame shows onto the canvases: guides and bars of the visible rows, and the ruler.
//!
//! All geometry comes from `scene`, all colors from the style sheet's tokens.

use std::f64::consts::TAU;

use wasm_bindgen::JsCast as _;
use web_sys::CanvasRenderingContext2d as Context;
use web_sys::HtmlElement;

use crate::browser::{document, window};
use crate::protocol::{Mark, Row, StatusCode};
use crate::scene::{
    BarShape, BarSpan, Beyond, Extent, Ground, GuideRow, Indent, LabelPlace, MIN_BAR_CSS_PX, Ruler, TimeScale, format,
    guides_below, place_label,
};

use super::stage::Board;

/// Palette slots of `style/tokens.css`.
const SLOTS: usize = 16;
/// How much of a service's color is left where its span's children ran.
const BUSY_ALPHA: f64 = 0.38;
/// Names begin this far from the left edge; guides run below the middle of the fold toggle.
pub(super) const NAME_AIR_CSS_PX: f64 = 8.0;
const TOGGLE_CSS_PX: f64 = 16.0;

/// What canvases draw with, as the style sheet has it now.
#[derive(Clone, Debug, Default)]
pub(super) struct Palette {
    services: Vec<String>,
    ink: String,
    muted: String,
    line: String,
    faint: String,
    strong: String,
    surface: String,
    error: String,
    accent: String,
    /// Text on a service's color.
    on_service: String,
    /// The font of labels: `11px system-ui`.
    font: String,
}

impl Palette {
    /// Reads the tokens as they are in force on `element`. A canvas cannot resolve them itself.
    pub(super) fn read(element: &HtmlElement) -> Self {
        let probe = document()
            .and_then(|document| document.create_element("span").ok())
            .and_then(|probe| probe.dyn_into::<HtmlElement>().ok());
        let Some(probe) = probe else {
            return Self::default();
        };
        probe.set_class_name("waterfall__probe");
        if element.append_child(&probe).is_err() {
            return Self::default();
        }
        let style = window().and_then(|window| window.get_computed_style(&probe).ok().flatten());
        let color = |token: &str| {
            let set = probe.style().set_property("color", &format!("var({token})"));
            style.as_ref().filter(|_| set.is_ok()).and_then(|style| style.get_property_value("color").ok()).unwrap_or_default()
        };
        let text = |property: &str| style.as_ref().and_then(|style| style.get_property_value(property).ok()).unwrap_or_default();
        let palette = Self {
            services: (0..SLOTS).map(|slot| color(&format!("--service-{slot}"))).collect(),
            ink: color("--ink"),
            muted: color("--ink-muted"),
            line: color("--line"),
            faint: color("--line-faint"),
            strong: color("--line-strong"),
            surface: color("--surface"),
            error: color("--error"),
            accent: color("--accent"),
            on_service: color("--on-service"),
            font: format!("{} {}", text("font-size"), text("font-family")),
        };
        probe.remove();
        palette
    }

    /// The color of a palette slot.
    pub(super) fn service(&self, slot: u8) -> &str {
        self.services.get(usize::from(slot) % SLOTS).map_or("", String::as_str)
    }

    /// Sets the font of labels, so that they can be measured.
    pub(super) fn use_font(&self, context: &Context) {
        context.set_font(&self.font);
    }

    /// The color of errors.
    pub(super) fn error(&self) -> &str {
        &self.error
    }
}

/// Gives a canvas the size of its element on this screen, and clears it. Units are CSS pixels from here on.
pub(super) fn prepare(board: &Board, width: f64, height: f64, ratio: f64) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a screen has fewer pixels than a u32 counts")]
    let device = |css_px: f64| (css_px * ratio).round() as u32;
    let (device_width, device_height) = (device(width), device(height));
    let Board { canvas, context } = board;
    if canvas.width() != device_width || canvas.height() != device_height {
        canvas.set_width(device_width);
        canvas.set_height(device_height);
    }
    // Only a singular matrix is refused, and a ratio is never 0.
    let _unthrown = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
}

/// What a frame of the waterfall shows.
pub(super) struct Frame<'a> {
    /// The rows on the screen, from the first.
    pub rows: &'a [Row],
    /// Where the first one's top is: at most 0.
    pub first_y: f64,
    /// Height of a row.
    pub row_height: f64,
    /// Width of the name column.
    pub names: f64,
    /// All of it.
    pub width: f64,
    /// All of it.
    pub height: f64,
    /// Time across the bars column.
    pub scale: TimeScale,
    /// How names are indented.
    pub indent: Indent,
    /// Palette slot of a service.
    pub slot: &'a dyn Fn(u32) -> u8,
    /// Which of the rows is selected.
    pub selected: Option<usize>,
    /// Where the pointer is, if it is over the bars.
    pub pointer_x: Option<f64>,
}

impl Frame<'_> {
    /// Draws guides, grid lines, bars and labels.
    pub(super) fn paint_rows(&self, context: &Context, palette: &Palette, ruler: &Ruler) {
        context.set_line_width(1.0);
        self.paint_guides(context, palette);
        context.save();
        context.begin_path();
        context.rect(self.names, 0.0, self.width - self.names, self.height);
        context.clip();
        context.set_fill_style_str(&palette.faint);
        for tick in &ruler.major {
            context.fill_rect(tick.x.round(), 0.0, 1.0, self.height);
        }
        if let Some(selected) = self.selected {
            // Grid lines would cut through the ring around the row that has the focus.
            context.clear_rect(self.names, self.row_y(selected), self.width - self.names, self.row_height);
        }
        context.set_font(&palette.font);
        context.set_text_baseline("middle");
        let view = Extent { left: self.names + 2.0, right: self.width - 2.0 };
        for (at, row) in self.rows.iter().enumerate() {
            self.paint_bar(context, palette, row, self.row_y(at), view);
        }
        if let Some(x) = self.pointer_x {
            context.set_global_alpha(0.6);
            context.set_fill_style_str(&palette.accent);
            context.fill_rect(x.round(), 0.0, 1.0, self.height);
            context.set_global_alpha(1.0);
        }
        context.restore();
    }

    fn row_y(&self, at: usize) -> f64 {
        self.first_y + at as f64 * self.row_height
    }

    fn guide_x(&self, level: u32) -> f64 {
        (NAME_AIR_CSS_PX + self.indent.x_from_level(level) + TOGGLE_CSS_PX / 2.0).floor() + 0.5
    }

    fn paint_guides(&self, context: &Context, palette: &Palette) {
        let rows: Vec<GuideRow> = self.rows.iter().map(|row| GuideRow { level: row.level, guides: row.guides }).collect();
        // The levels left of the base have slid out of sight; those at the limit would all be one line.
        let first_level = self.indent.base.max(1);
        context.set_stroke_style_str(&palette.line);
        context.begin_path();
        for (at, row) in self.rows.iter().enumerate() {
            let top = self.row_y(at);
            let bottom = top + self.row_height;
            let middle = (top + self.row_height / 2.0).floor() + 0.5;
            for parent in first_level..row.level {
                let x = self.guide_x(parent);
                let child = parent + 1;
                if child < row.level && self.indent.x_from_level(child) >= self.indent.limit {
                    continue;
                }
                let goes_on = guides_below(&rows, at, child);
                if child == row.level {
                    context.move_to(x, top);
                    context.line_to(x, if goes_on { bottom } else { middle });
                    let to = self.guide_x(row.level);
                    let short = if row.expanded.is_some() { TOGGLE_CSS_PX / 2.0 } else { 0.0 };
                    if to - short > x {
                        context.move_to(x, middle);
                        context.line_to(to - short, middle);
                    }
                } else if goes_on {
                    context.move_to(x, top);
                    context.line_to(x, bottom);
                }
            }
        }
        context.stroke();
    }

    fn paint_bar(&self, context: &Context, palette: &Palette, row: &Row, y: f64, view: Extent) {
        let group_nanos = row.group.map(|group| group.end.saturating_sub(row.start));
        let span =
            BarSpan { start: row.start, duration: group_nanos.unwrap_or(row.duration), busy: &row.busy, events: &row.events };
        let shape = BarShape::new(&span, &self.scale, view);
        let height = (self.row_height * 0.46).round().max(8.0);
        let top = (y + (self.row_height - height) / 2.0).round();
        let color = palette.service((self.slot)(row.service));
        let failed = row.status == StatusCode::Error || row.group.is_some_and(|group| group.errors > 0);
        match shape.bar {
            Ok(bar) => {
                context.set_fill_style_str(color);
                if row.group.is_some() {
                    paint_stack(context, bar, top, height);
                    // Where no member ran, the stack is thin.
                    if bar.width() > MIN_BAR_CSS_PX {
                        context.set_fill_style_str(&palette.surface);
                        context.set_global_alpha(1.0 - BUSY_ALPHA);
                        for idle in &shape.own {
                            context.fill_rect(idle.left, top, idle.width(), height);
                        }
                        context.set_global_alpha(1.0);
                    }
                } else {
                    if shape.own.iter().map(|own| own.width()).sum::<f64>() < bar.width() - 0.5 {
                        context.set_global_alpha(BUSY_ALPHA);
                        rounded(context, bar, top, height);
                        context.set_global_alpha(1.0);
                    }
                    for own in &shape.own {
                        rounded(context, *own, top, height);
                    }
                }
                if failed {
                    // A line below the bar: errors are told by form as well as by color.
                    context.set_fill_style_str(&palette.error);
                    context.fill_rect(bar.left, top + height + 1.0, bar.width().max(6.0), 2.0);
                }
                if row.marks.has(Mark::Unfinished) {
                    paint_open_end(context, bar.right, top, height);
                }
                self.paint_events(context, palette, &shape, top, height);
                paint_label(context, palette, row, &shape, y + self.row_height / 2.0, view);
            }
            Err(beyond) => {
                paint_beyond(context, palette, beyond, view, y + self.row_height / 2.0);
                self.paint_events(context, palette, &shape, top, height);
            }
        }
    }

    fn paint_events(&self, context: &Context, palette: &Palette, shape: &BarShape, top: f64, height: f64) {
        if shape.ticks.is_empty() {
            return;
        }
        let air = ((self.row_height - height) / 2.0 - 1.0).clamp(1.0, 4.0);
        for &x in &shape.ticks {
            let x = x.round();
            // A light seam on both sides keeps the tick apart from a bar of any color.
            context.set_fill_style_str(&palette.surface);
            context.set_global_alpha(0.75);
            context.fill_rect(x - 1.25, top - air, 2.5, height + 2.0 * air);
            context.set_global_alpha(1.0);
            context.set_fill_style_str(&palette.ink);
            context.fill_rect(x - 0.5, top - air, 1.0, height + 2.0 * air);
            context.begin_path();
            if context.arc(x, top - air + 0.5, 1.75, 0.0, TAU).is_ok() {
                context.fill();
            }
        }
    }
}

/// Draws the ruler, `height` high, with its base line at the bottom.
pub(super) fn paint_ruler(
    context: &Context,
    palette: &Palette,
    ruler: &Ruler,
    pointer: Option<(f64, String)>,
    [left, right, height]: [f64; 3],
) {
    context.save();
    context.begin_path();
    context.rect(left, 0.0, right - left, height);
    context.clip();
    context.set_font(&palette.font);
    context.set_text_baseline("middle");
    context.set_fill_style_str(&palette.strong);
    for &x in &ruler.minor {
        context.fill_rect(x.round(), height - 4.0, 1.0, 4.0);
    }
    let middle = height / 2.0 - 1.0;
    let mut free_from = left;
    for tick in &ruler.major {
        context.set_fill_style_str(&palette.strong);
        context.fill_rect(tick.x.round(), height - 8.0, 1.0, 8.0);
        let width = text_width(context, &tick.label);
        // The last label would be cut by the edge: it goes to the left of its tick, if there is room.
        let x = if tick.x + 4.0 + width > right { tick.x - 4.0 - width } else { tick.x + 4.0 };
        if x >= free_from {
            context.set_fill_style_str(&palette.muted);
            fill_text(context, &tick.label, x, middle);
            free_from = x + width + 8.0;
        }
    }
    if let Some((x, label)) = pointer {
        let width = text_width(context, &label) + 10.0;
        let x_label = (x - width / 2.0).clamp(left, (right - width).max(left));
        context.set_fill_style_str(&palette.accent);
        rounded(context, Extent { left: x_label, right: x_label + width }, 2.0, height - 6.0);
        context.set_fill_style_str(&palette.surface);
        fill_text(context, &label, x_label + 5.0, middle);
    }
    context.restore();
}

/// How wide a text is drawn.
pub(super) fn text_width(context: &Context, text: &str) -> f64 {
    context.measure_text(text).map_or(0.0, |metrics| metrics.width())
}

fn fill_text(context: &Context, text: &str, x: f64, y: f64) {
    // Throws for no text and no position.
    let _unthrown = context.fill_text(text, x, y);
}

fn rounded(context: &Context, extent: Extent, top: f64, height: f64) {
    let width = extent.width();
    if width < 5.0 {
        context.fill_rect(extent.left, top, width, height);
        return;
    }
    context.begin_path();
    if context.round_rect_with_f64(extent.left, top, width, height, 2.0).is_ok() {
        context.fill();
    }
}

/// A group looks like what it is: several bars, one on the other.
fn paint_stack(context: &Context, bar: Extent, top: f64, height: f64) {
    for (shift, alpha) in [(-4.0, 0.35), (-2.0, 0.6)] {
        context.set_global_alpha(alpha);
        rounded(context, bar, top + shift, height);
    }
    context.set_global_alpha(1.0);
    rounded(context, bar, top, height);
}

/// How far a bar without an end frays out.
const OPEN_END_CSS_PX: f64 = 12.0;

/// A span without an end frays out.
fn paint_open_end(context: &Context, x: f64, top: f64, height: f64) {
    for step in 0..3 {
        let step = f64::from(step);
        context.set_global_alpha(0.7 - 0.2 * step);
        context.fill_rect(x + 2.0 + step * 4.0, top, 2.0, height);
    }
    context.set_global_alpha(1.0);
}

/// An arrow at the edge behind which the bar is.
fn paint_beyond(context: &Context, palette: &Palette, beyond: Beyond, view: Extent, middle: f64) {
    let (tip, back) = match beyond {
        Beyond::Left => (view.left + 3.0, view.left + 8.0),
        Beyond::Right => (view.right - 3.0, view.right - 8.0),
    };
    context.set_fill_style_str(&palette.strong);
    context.begin_path();
    context.move_to(tip, middle);
    context.line_to(back, middle - 4.0);
    context.line_to(back, middle + 4.0);
    context.close_path();
    context.fill();
}

fn paint_label(context: &Context, palette: &Palette, row: &Row, shape: &BarShape, middle: f64, view: Extent) {
    let mut around = shape.clone();
    if row.marks.has(Mark::Unfinished)
        && let Ok(bar) = &mut around.bar
    {
        bar.right += OPEN_END_CSS_PX;
    }
    let whole = duration_words(row);
    let short = duration_label(row);
    // All that is to be said stands beside the bar if there is room, the duration alone beside it or on it.
    for text in [&whole, &short] {
        let place = place_label(&around, text_width(context, text), view);
        match place {
            LabelPlace::Right(x) | LabelPlace::Left(x) => {
                context.set_fill_style_str(&palette.muted);
                fill_text(context, text, x, middle);
                return;
            }
            LabelPlace::Inside(x, ground) if *text == short => {
                context.set_fill_style_str(match ground {
                    Ground::Own => &palette.on_service,
                    Ground::Busy => &palette.ink,
                });
                fill_text(context, text, x, middle);
                return;
            }
            LabelPlace::Inside(..) | LabelPlace::Nowhere => {}
        }
    }
}

/// The duration as it is written beside a bar.
fn duration_label(row: &Row) -> String {
    match row.group {
        Some(group) => format!("{} in all", format::duration(group.total)),
        None if row.marks.has(Mark::Unfinished) => "no end".to_owned(),
        None => format::duration(row.duration),
    }
}

/// The same with all that there is to say.
pub(super) fn duration_words(row: &Row) -> String {
    let short = duration_label(row);
    match row.group {
        Some(group) => {
            format!("{short}, p50 {}, p95 {}", format::duration(group.p50), format::duration(group.p95))
        }
        None => short,
    }
}

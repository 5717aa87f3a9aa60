//! Draws what a frame shows onto the canvases: guides and bars of the visible rows, and the ruler.
//!
//! All geometry comes from `scene`, all colors from the style sheet's tokens.

use std::f64::consts::TAU;

use web_sys::CanvasRenderingContext2d as Context;

use crate::protocol::{LogLevel, Mark, Row, StatusCode};
use crate::scene::{
    BarShape, BarSpan, Beyond, Extent, Ground, GuideRow, Indent, LabelPlace, MIN_BAR_CSS_PX, Ruler, TimeScale, format,
    guides_below, parts_of_bar, place_label, ticks_by_weight,
};
use crate::ui::canvas::{Palette, fill_text, rounded, text_width};

/// How much of a service's color is left where its span's children ran.
const BUSY_ALPHA: f64 = 0.38;
/// How much of the ground covers what is off the critical path, while that is drawn.
const OFF_PATH_ALPHA: f64 = 0.55;
/// How far a group's stack rises above its bar.
const STACK_CSS_PX: f64 = 4.0;
/// Names begin this far from the left edge; guides run below the middle of the fold toggle.
pub(super) const NAME_AIR_CSS_PX: f64 = 8.0;
const TOGGLE_CSS_PX: f64 = 16.0;

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
    /// Whether the critical path is drawn.
    pub critical: bool,
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
            match &row.log {
                Some(log) if log.is_timed => self.paint_log(context, palette, (row.start, log.level), self.row_y(at), view),
                Some(_) => {}
                None => self.paint_bar(context, palette, row, self.row_y(at), view),
            }
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
        let mut shape = BarShape::new(&span, &self.scale, view);
        let height = (self.row_height * 0.46).round().max(8.0);
        let top = (y + (self.row_height - height) / 2.0).round();
        let color = palette.slot(row.color);
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
                if self.critical {
                    self.paint_critical(context, palette, row, bar, top, height);
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
                if row.shift != 0 {
                    paint_dashes(context, palette, bar, top);
                }
                shape.ticks.extend(self.paint_records(context, palette, row, view, top, height));
                paint_label(context, palette, row, &shape, y + self.row_height / 2.0, view);
            }
            Err(beyond) => {
                paint_beyond(context, palette, beyond, view, y + self.row_height / 2.0);
                self.paint_events(context, palette, &shape, top, height);
                self.paint_records(context, palette, row, view, top, height);
            }
        }
    }

    /// A log record on a row of its own: a diamond in the color of its level, or an arrow to where it is.
    fn paint_log(&self, context: &Context, palette: &Palette, (time, level): (u64, LogLevel), y: f64, view: Extent) {
        const HALF_CSS_PX: f64 = 4.0;
        let (x, middle) = (self.scale.x_from_nanos(time), y + self.row_height / 2.0);
        if x < view.left || view.right < x {
            let beyond = if x < view.left { Beyond::Left } else { Beyond::Right };
            paint_beyond(context, palette, beyond, view, middle);
            return;
        }
        context.set_fill_style_str(palette.level(level as usize));
        context.begin_path();
        context.move_to(x, middle - HALF_CSS_PX);
        context.line_to(x + HALF_CSS_PX, middle);
        context.line_to(x, middle + HALF_CSS_PX);
        context.line_to(x - HALF_CSS_PX, middle);
        context.close_path();
        context.fill();
    }

    /// Log records hang below the bar in the color of their level, exemplars stand on it as open rings; where they are comes back.
    fn paint_records(&self, context: &Context, palette: &Palette, row: &Row, view: Extent, top: f64, height: f64) -> Vec<f64> {
        let bottom = top + height + 1.5;
        let mut at = Vec::new();
        for (x, level) in ticks_by_weight(row.logs.iter().map(|&(time, level)| (time, level as u8)), &self.scale, view) {
            let x = x.round();
            context.set_fill_style_str(&palette.surface);
            context.fill_rect(x - 1.5, top + height / 2.0, 3.0, height / 2.0 + 2.0);
            context.set_fill_style_str(palette.level(usize::from(level)));
            context.fill_rect(x - 0.5, top + height / 2.0, 1.0, height / 2.0 + 1.0);
            context.begin_path();
            context.move_to(x, bottom - 3.0);
            context.line_to(x + 3.0, bottom + 1.5);
            context.line_to(x - 3.0, bottom + 1.5);
            context.close_path();
            context.fill();
            at.push(x);
        }
        context.set_line_width(1.5);
        for (x, _) in ticks_by_weight(row.exemplars.iter().map(|&time| (time, 0)), &self.scale, view) {
            for (style, radius) in [(&palette.surface, 4.0), (&palette.ink, 2.75)] {
                context.set_stroke_style_str(style);
                context.begin_path();
                if context.arc(x, top + height / 2.0, radius, 0.0, TAU).is_ok() {
                    context.stroke();
                }
            }
            at.push(x);
        }
        context.set_line_width(1.0);
        at
    }

    /// A line along the lower edge where the span is on the critical path; what is not steps back.
    fn paint_critical(&self, context: &Context, palette: &Palette, row: &Row, bar: Extent, top: f64, height: f64) {
        let parts = parts_of_bar(&row.critical, row.start, &self.scale, bar);
        context.set_fill_style_str(&palette.surface);
        context.set_global_alpha(OFF_PATH_ALPHA);
        let mut from = bar.left;
        for part in parts.iter().copied().chain([Extent { left: bar.right, right: bar.right }]) {
            if part.left > from {
                context.fill_rect(from, top - STACK_CSS_PX, part.left - from, height + STACK_CSS_PX);
            }
            from = from.max(part.right);
        }
        context.set_global_alpha(1.0);
        for part in parts {
            // A seam keeps the line apart from a bar of any color.
            context.set_fill_style_str(&palette.surface);
            context.fill_rect(part.left, top + height - 4.0, part.width(), 1.0);
            context.set_fill_style_str(&palette.ink);
            context.fill_rect(part.left, top + height - 3.0, part.width(), 3.0);
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

/// A dashed line along the upper edge: not where the file has it.
fn paint_dashes(context: &Context, palette: &Palette, bar: Extent, top: f64) {
    const DASH_CSS_PX: f64 = 3.0;
    context.set_fill_style_str(&palette.ink);
    let mut x = bar.left;
    while x < bar.right {
        context.fill_rect(x, top - 2.0, DASH_CSS_PX.min(bar.right - x), 1.5);
        x += 2.0 * DASH_CSS_PX;
    }
}

/// A group looks like what it is: several bars, one on the other.
fn paint_stack(context: &Context, bar: Extent, top: f64, height: f64) {
    for (shift, alpha) in [(-STACK_CSS_PX, 0.35), (-STACK_CSS_PX / 2.0, 0.6)] {
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

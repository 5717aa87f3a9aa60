//! What the page's canvases share: the style sheet's colors, crispness on any screen, texts and rounded bars.
//!
//! All colors come from the style sheet's tokens; geometry is `scene`'s.

use wasm_bindgen::JsCast as _;
use web_sys::CanvasRenderingContext2d as Context;
use web_sys::{HtmlCanvasElement, HtmlElement};

use crate::browser::{theme, window};
use crate::scene::{Extent, Ruler};

use super::state::palette_color;

/// Palette slots of `style/tokens.css`.
pub const SLOTS: usize = 16;

/// Levels of log records, as many as `style/tokens.css` has colors for.
const LEVELS: usize = 7;

/// The color of a palette slot as a reference to its token; past the last one, that of what has none.
pub fn slot_color(slot: u8) -> &'static str {
    if usize::from(slot) < SLOTS { palette_color(slot) } else { "var(--line-strong)" }
}

/// A canvas and what it is drawn with.
pub struct Board {
    /// The element.
    pub canvas: HtmlCanvasElement,
    /// What draws on it.
    pub context: Context,
}

impl Board {
    /// A canvas that can be drawn on.
    pub fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into::<Context>().ok()?;
        Some(Self { canvas, context })
    }
}

/// Device pixels per CSS pixel.
pub fn pixel_ratio() -> f64 {
    window().map_or(1.0, |window| window.device_pixel_ratio()).max(0.1)
}

/// What canvases draw with, as the style sheet has it now.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    services: Vec<String>,
    levels: Vec<String>,
    /// Text.
    pub ink: String,
    /// Secondary text.
    pub muted: String,
    /// Lines.
    pub line: String,
    /// Lines that step back.
    pub faint: String,
    /// Lines that bound, and what has no color of its own.
    pub strong: String,
    /// What is drawn on.
    pub surface: String,
    /// Errors.
    pub error: String,
    /// What was found, as if marked with a pen.
    pub found: String,
    /// What can be acted on.
    pub accent: String,
    /// Text on a service's color.
    pub on_service: String,
    /// The font of labels: `11px system-ui`.
    pub font: String,
}

impl Palette {
    /// Reads the tokens as they are in force on `element`. A canvas cannot resolve them itself.
    pub fn read(element: &HtmlElement) -> Self {
        const TOKENS: [&str; 10] = [
            "--ink",
            "--ink-muted",
            "--line",
            "--line-faint",
            "--line-strong",
            "--surface",
            "--error",
            "--found",
            "--accent",
            "--on-service",
        ];
        let services = (0..SLOTS).map(|slot| format!("--service-{slot}"));
        let levels = (0..LEVELS).map(|level| format!("--level-{level}"));
        let tokens = TOKENS.into_iter().map(str::to_owned).chain(services).chain(levels);
        let Some(resolved) = theme::resolve(element, "waterfall__probe", tokens) else {
            return Self::default();
        };
        let mut colors = resolved.colors.into_iter();
        let mut next = || colors.next().unwrap_or_default();
        Self {
            ink: next(),
            muted: next(),
            line: next(),
            faint: next(),
            strong: next(),
            surface: next(),
            error: next(),
            found: next(),
            accent: next(),
            on_service: next(),
            services: (0..SLOTS).map(|_| next()).collect(),
            levels: (0..LEVELS).map(|_| next()).collect(),
            font: format!("{} {}", resolved.font_size, resolved.font_family),
        }
    }

    /// The color of a log record's level.
    pub fn level(&self, level: usize) -> &str {
        self.levels.get(level).map_or(&self.strong, String::as_str)
    }

    /// The color of a palette slot; past the last one, that of what has none.
    pub fn slot(&self, slot: u8) -> &str {
        self.services.get(usize::from(slot)).map_or(&self.strong, String::as_str)
    }

    /// Sets the font of labels, so that they can be measured.
    pub fn use_font(&self, context: &Context) {
        context.set_font(&self.font);
    }
}

/// Gives a canvas the size of its element on this screen, and clears it. Units are CSS pixels from here on.
pub fn prepare(board: &Board, width: f64, height: f64, ratio: f64) {
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

/// How wide a text is drawn.
pub fn text_width(context: &Context, text: &str) -> f64 {
    context.measure_text(text).map_or(0.0, |metrics| metrics.width())
}

/// Draws a text.
pub fn fill_text(context: &Context, text: &str, x: f64, y: f64) {
    // Throws for no text and no position.
    let _unthrown = context.fill_text(text, x, y);
}

/// Fills a stretch of a lane, its corners rounded where there is room.
pub fn rounded(context: &Context, extent: Extent, top: f64, height: f64) {
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

/// Draws the ruler, `height` high, with its base line at the bottom.
pub fn paint_ruler(
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

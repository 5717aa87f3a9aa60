//! A canvas as a drawing backend of plotters, in CSS pixels on any screen.
//!
//! The canvas has the screen's own pixels and is scaled by their ratio, so lines and texts are as crisp as the page's.

use std::fmt;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CanvasRenderingContext2d, Event, HtmlCanvasElement};

use super::event::{Listener, Passive};
use super::{document, window, words_from_error};

/// What plotters' font sizes are divided by to be those of browsers; its SVG backend does the same.
const TEXT_SCALE: f64 = 1.24;

/// Device pixels per CSS pixel.
pub fn pixel_ratio() -> f64 {
    window().map_or(1.0, |window| window.device_pixel_ratio()).max(0.1)
}

/// Calls `changed` once the ratio is another one: after a zoom of the page, or on another screen.
pub fn on_ratio_change(changed: impl Fn() + 'static) -> Option<Listener> {
    let query = window()?.match_media(&format!("(resolution: {}dppx)", pixel_ratio())).ok().flatten()?;
    Some(Listener::new(&query, "change", Passive::Yes, move |_: Event| changed()))
}

/// The width of texts in a font, `11px sans-serif`. A canvas that is on no page measures them.
pub fn text_measure(font: &str) -> impl Fn(&str) -> f64 + use<> {
    let context = document()
        .and_then(|document| document.create_element("canvas").ok())
        .and_then(|canvas| context_of(canvas.unchecked_ref::<HtmlCanvasElement>()));
    if let Some(context) = &context {
        context.set_font(font);
    }
    move |text| context.as_ref().and_then(|context| context.measure_text(text).ok()).map_or(0.0, |metrics| metrics.width())
}

/// Red, green and blue of colors in any form that style sheets know, as this screen shows them.
///
/// `light-dark()` and `oklch()` are the style engine's to resolve; what they come to is read from pixels that are painted with them.
pub fn colors(colors: &[String]) -> Vec<(u8, u8, u8)> {
    try_colors(colors).unwrap_or_else(|| vec![(0, 0, 0); colors.len()])
}

fn try_colors(colors: &[String]) -> Option<Vec<(u8, u8, u8)>> {
    let canvas = document()?.create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
    let width = u32::try_from(colors.len()).ok()?.max(1);
    canvas.set_width(width);
    canvas.set_height(1);
    let context = context_of(&canvas)?;
    for (at, color) in colors.iter().enumerate() {
        context.set_fill_style_str(color);
        context.fill_rect(at as f64, 0.0, 1.0, 1.0);
    }
    let pixels = context.get_image_data(0.0, 0.0, f64::from(width), 1.0).ok()?.data();
    let rgb = |pixel: &[u8]| match *pixel {
        [red, green, blue, _] => (red, green, blue),
        _ => (0, 0, 0),
    };
    Some(pixels.chunks(4).take(colors.len()).map(rgb).collect())
}

fn context_of(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

/// A canvas that plotters draws on.
#[derive(Debug)]
pub struct CanvasBackend {
    context: CanvasRenderingContext2d,
    size: (u32, u32),
}

impl CanvasBackend {
    /// Gives a canvas `size` CSS pixels at `ratio`, and clears it. `None` if the browser gives it no context.
    pub fn new(canvas: &HtmlCanvasElement, size: (u32, u32), ratio: f64) -> Option<Self> {
        let context = context_of(canvas)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a screen has fewer pixels than a u32 counts"
        )]
        let device = |css_px: u32| (f64::from(css_px) * ratio).round() as u32;
        let (width, height) = (device(size.0), device(size.1));
        if canvas.width() != width || canvas.height() != height {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        // Only a singular matrix is refused, and a ratio is never 0.
        let _unthrown = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, f64::from(size.0), f64::from(size.1));
        context.set_line_join("round");
        context.set_line_cap("round");
        Some(Self { context, size })
    }

    fn fill_with(&self, color: BackendColor) {
        self.context.set_fill_style_str(&css(color));
    }

    fn stroke_with<S: BackendStyle>(&self, style: &S) {
        self.context.set_stroke_style_str(&css(style.color()));
        self.context.set_line_width(f64::from(style.stroke_width()));
    }

    fn trace(&self, path: impl IntoIterator<Item = BackendCoord>) {
        self.context.begin_path();
        for (at, (x, y)) in path.into_iter().enumerate() {
            let (x, y) = (f64::from(x), f64::from(y));
            if at == 0 {
                self.context.move_to(x, y);
            } else {
                self.context.line_to(x, y);
            }
        }
    }
}

/// Eight hex digits behind a hash: red, green, blue, opacity.
fn css(color: BackendColor) -> String {
    let (red, green, blue) = color.rgb;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
    let alpha = (color.alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
    format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}")
}

/// What the canvas threw.
#[derive(Debug)]
pub struct CanvasError(String);

impl fmt::Display for CanvasError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CanvasError {}

fn thrown(error: &JsValue) -> DrawingErrorKind<CanvasError> {
    DrawingErrorKind::DrawingError(CanvasError(words_from_error(error)))
}

type Drawn = Result<(), DrawingErrorKind<CanvasError>>;

impl DrawingBackend for CanvasBackend {
    type ErrorType = CanvasError;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.fill_with(color);
        self.context.fill_rect(f64::from(x), f64::from(y), 1.0, 1.0);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let [left, top, right, bottom] = [from.0, from.1, to.0, to.1].map(f64::from);
        if fill {
            self.fill_with(style.color());
            self.context.fill_rect(left, top, right - left, bottom - top);
        } else {
            self.stroke_with(style);
            self.context.stroke_rect(left, top, right - left, bottom - top);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.stroke_with(style);
        self.trace(path);
        self.context.stroke();
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.fill_with(style.color());
        self.trace(path);
        self.context.close_path();
        self.context.fill();
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        self.context.begin_path();
        let circle = self.context.arc(f64::from(x), f64::from(y), f64::from(radius), 0.0, std::f64::consts::TAU);
        circle.map_err(|error| thrown(&error))?;
        if fill {
            self.fill_with(style.color());
            self.context.fill();
        } else {
            self.stroke_with(style);
            self.context.stroke();
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let weight = if matches!(style.style(), FontStyle::Bold) { "bold " } else { "" };
        let font = style.family();
        self.context.set_font(&format!("{weight}{:.2}px {}", style.size() / TEXT_SCALE, font.as_str()));
        self.context.set_text_align(match style.anchor().h_pos {
            HPos::Left => "left",
            HPos::Center => "center",
            HPos::Right => "right",
        });
        self.context.set_text_baseline(match style.anchor().v_pos {
            VPos::Top => "top",
            VPos::Center => "middle",
            VPos::Bottom => "bottom",
        });
        self.fill_with(style.color());
        self.context.fill_text(text, f64::from(x), f64::from(y)).map_err(|error| thrown(&error))
    }
}

//! Pictures as files, and colors as numbers: what only a canvas can tell.

use std::fmt::Write as _;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use super::{document, download};

/// How much finer than CSS pixels a saved picture is.
const FINENESS: f64 = 2.0;
/// The longest side and the area that every browser's canvas takes.
const SIDE_MAX: f64 = 16_000.0;
const AREA_MAX: f64 = 64_000_000.0;

/// Draws an SVG document of that size in CSS pixels, and offers it as a PNG file. `done` hears whether that came to anything.
pub fn save_png(name: &'static str, svg: &str, size: (f64, f64), done: impl FnOnce(bool) + 'static) {
    let svg = svg.to_owned();
    wasm_bindgen_futures::spawn_local(async move {
        done(png(&svg, size).await.is_some_and(|bytes| download::bytes(name, "image/png", &bytes)));
    });
}

async fn png(svg: &str, (width, height): (f64, f64)) -> Option<Vec<u8>> {
    let fineness = FINENESS.min(SIDE_MAX / width.max(height)).min((AREA_MAX / (width * height).max(1.0)).sqrt());
    let options = BlobPropertyBag::new();
    options.set_type("image/svg+xml");
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(svg.as_bytes())), &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&address);
    let decoded = JsFuture::from(image.decode()).await;
    let _gone = Url::revoke_object_url(&address);
    decoded.ok()?;

    let (canvas, context) = canvas()?;
    canvas.set_width(device(width * fineness));
    canvas.set_height(device(height * fineness));
    let (across, down) = (f64::from(canvas.width()), f64::from(canvas.height()));
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, across, down).ok()?;
    let blob = JsFuture::from(js_sys::Promise::new(&mut |done, _| {
        let give = Closure::once_into_js(move |blob: wasm_bindgen::JsValue| {
            let _unthrown = done.call1(&wasm_bindgen::JsValue::UNDEFINED, &blob);
        });
        // Throws only for a canvas that holds what it must not give away, which this one does not.
        let _unthrown = canvas.to_blob_with_type(give.unchecked_ref(), "image/png");
    }))
    .await
    .ok()?;
    let blob: Blob = blob.dyn_into().ok()?;
    let bytes = JsFuture::from(blob.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&bytes).to_vec())
}

fn device(css_px: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by what a canvas takes")]
    let device = css_px.round().max(1.0) as u32;
    device
}

fn canvas() -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas: HtmlCanvasElement = document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    // Where pixels are read back, they had better not lie on the graphics card.
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"willReadFrequently".into(), &wasm_bindgen::JsValue::TRUE).ok()?;
    let context = canvas.get_context_with_context_options("2d", &options).ok()??.dyn_into().ok()?;
    Some((canvas, context))
}

/// Reads colors of any notation that the browser knows.
#[derive(Debug)]
pub struct ColorReader {
    context: CanvasRenderingContext2d,
}

impl ColorReader {
    /// A reader; `None` where there is no canvas.
    pub fn new() -> Option<Self> {
        let (canvas, context) = canvas()?;
        canvas.set_width(1);
        canvas.set_height(1);
        Some(Self { context })
    }

    /// The color as red, green and blue in hexadecimal, as every program reads it.
    pub fn hex(&self, color: &str) -> Option<String> {
        self.context.set_fill_style_str(color);
        self.context.fill_rect(0.0, 0.0, 1.0, 1.0);
        let data = self.context.get_image_data(0.0, 0.0, 1.0, 1.0).ok()?.data();
        let mut text = "#".to_owned();
        for channel in data.iter().take(3) {
            // Writing to a string cannot fail.
            _ = write!(text, "{channel:02x}");
        }
        Some(text)
    }
}

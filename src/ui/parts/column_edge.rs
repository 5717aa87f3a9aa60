//! The edge between a column's head and the next one's: dragged, or moved by keys, it makes the column wider or narrower.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, KeyboardEvent, PointerEvent};

use crate::route::WIDTH_CSS_PX;

/// How far a key moves the edge, and with Shift.
const STEPS_CSS_PX: (f64, f64) = (8.0, 64.0);

/// The edge. It stands in the head that it ends.
#[component]
pub fn ColumnEdge(
    /// What the column is called.
    words: String,
    /// How wide the column was made; `None`: as wide as it is by itself.
    width: Signal<Option<u16>>,
    /// Called with how wide it is to be; `None`: as wide as it is by itself.
    on_width: Callback<Option<u16>>,
) -> impl IntoView {
    let mut label = words;
    label.insert_str(0, "Width of ");
    let grip = StoredValue::new(None::<f64>);
    let moved = move |event: PointerEvent| {
        if let Some(grip) = grip.get_value() {
            on_width.run(Some(whole(f64::from(event.client_x()) - grip)));
        }
    };
    let pressed = move |event: PointerEvent| {
        let Some(edge) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        event.prevent_default();
        grip.set_value(Some(f64::from(event.client_x()) - head_css_px(&edge)));
        // Fails if the pointer is gone already, which ends the drag anyway.
        let _gone = edge.set_pointer_capture(event.pointer_id());
    };
    let key = move |event: KeyboardEvent| {
        let now = |event: &Event| {
            let edge = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
            edge.map_or(0.0, |edge| head_css_px(&edge))
        };
        let step = if event.shift_key() { STEPS_CSS_PX.1 } else { STEPS_CSS_PX.0 };
        match event.key().as_str() {
            "ArrowLeft" => on_width.run(Some(whole(now(&event) - step))),
            "ArrowRight" => on_width.run(Some(whole(now(&event) + step))),
            "Home" | "Enter" => on_width.run(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <span
            class="column-edge"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label=label
            aria-valuemin=WIDTH_CSS_PX.0.to_string()
            aria-valuemax=WIDTH_CSS_PX.1.to_string()
            aria-valuenow=move || width.get().unwrap_or(0).to_string()
            aria-valuetext=move || width.get().map_or_else(|| "by itself".to_owned(), |css_px| format!("{css_px} pixels"))
            title="Drag to resize, double-click to fit"
            on:pointerdown=pressed
            on:pointermove=moved
            on:pointerup=move |_| grip.set_value(None)
            on:pointercancel=move |_| grip.set_value(None)
            on:dblclick=move |_| on_width.run(None)
            on:keydown=key
        ></span>
    }
    .into_any()
}

/// How wide the head is that an edge ends.
fn head_css_px(edge: &Element) -> f64 {
    edge.parent_element().map_or(0.0, |head| head.get_bounding_client_rect().width())
}

fn whole(css_px: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, which is what is wanted")]
    let css_px = css_px.round() as u16;
    css_px.clamp(WIDTH_CSS_PX.0, WIDTH_CSS_PX.1)
}

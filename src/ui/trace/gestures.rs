//! Wheel and pointer over the bars and the ruler: zooming, panning, scrolling, drawing a range.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, PointerEvent, WheelEvent};

use crate::scene::{Grip, RangeDrag, TimeRange, TimeScale};

use super::stage::{Stage, set_number};
use super::state::TraceState;

/// A press that moves less than this is a click.
const CLICK_CSS_PX: f64 = 4.0;
/// How far a line of a wheel goes, in browsers that count lines.
const LINE_CSS_PX: f64 = 40.0;
/// How much closer a wheel's hundred pixels zoom: by e to this.
const WHEEL_ZOOM: f64 = 0.22;

/// A press under way.
#[derive(Clone, Copy)]
struct Press {
    pointer: i32,
    kind: Kind,
    start_x: f64,
    x: f64,
    scale: TimeScale,
    before: TimeRange,
    moved: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// On the bars: drags the view along.
    Pan,
    /// On the ruler: draws a range to zoom to.
    Draw,
}

/// Presses under way. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Gestures {
    state: TraceState,
    press: StoredValue<Option<Press>>,
    /// A second finger, with where it was put down: two fingers zoom.
    second: StoredValue<Option<(i32, f64, f64)>>,
    /// The press that has just ended was a drag, so the click that follows is none.
    dragged: StoredValue<bool>,
}

impl Gestures {
    pub(super) fn new(state: TraceState) -> Self {
        Self { state, press: StoredValue::new(None), second: StoredValue::new(None), dragged: StoredValue::new(false) }
    }

    /// Whether the click that is being handled ends a drag.
    pub(super) fn was_drag(self) -> bool {
        self.dragged.get_value()
    }

    fn names(self, stage: &Stage) -> f64 {
        stage.names_width(self.state.names_css_px.get_untracked())
    }

    fn scale(self, stage: &Stage) -> TimeScale {
        stage.scale(self.state.range.get_untracked(), self.names(stage))
    }

    pub(super) fn wheel(self, event: &WheelEvent) {
        let Some(stage) = self.state.stage.get() else {
            return;
        };
        let unit = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => LINE_CSS_PX,
            WheelEvent::DOM_DELTA_PAGE => stage.map.get().viewport_css_px,
            _ => 1.0,
        };
        let (across, down) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            event.prevent_default();
            let scale = self.scale(&stage);
            let fraction = scale.fraction_from_x(x_in(&stage.scroller, event.client_x()));
            // A pinch on a touch pad comes as small steps with ctrl, a wheel as steps of a hundred or so.
            let pace = if down.abs() < 30.0 { WHEEL_ZOOM * 4.0 } else { WHEEL_ZOOM };
            self.state.zoom_about(fraction, (down / 100.0 * pace).clamp(-1.0, 1.0).exp());
            return;
        }
        let sideways = if event.shift_key() && across == 0.0 { down } else { across };
        if event.shift_key() || across.abs() > down.abs() {
            event.prevent_default();
            let scale = self.scale(&stage);
            let range = self.state.range.get_untracked();
            let range = range.panned(scale.nanos_from_distance(sideways), self.state.duration());
            self.state.set_range(range);
            return;
        }
        // A proportional scrollbar would make one step of the wheel many rows.
        if stage.map.get().is_mapped() {
            event.prevent_default();
            stage.scroll_by(down);
        }
    }

    pub(super) fn down(self, event: &PointerEvent) {
        self.dragged.set_value(false);
        let Some(stage) = self.state.stage.get() else {
            return;
        };
        let x = x_in(&stage.scroller, event.client_x());
        // On the scrollbar, or on the names: not a press on the bars.
        if event.button() != 0 || x < self.names(&stage) || x > stage.size.get().width {
            return;
        }
        if self.press.get_value().is_some_and(|press| press.pointer != event.pointer_id()) {
            self.second.set_value(Some((event.pointer_id(), x, x)));
            return;
        }
        self.press.set_value(Some(Press {
            pointer: event.pointer_id(),
            kind: Kind::Pan,
            start_x: x,
            x,
            scale: self.scale(&stage),
            before: self.state.range.get_untracked(),
            moved: false,
        }));
    }

    pub(super) fn moved(self, event: &PointerEvent) {
        let Some(stage) = self.state.stage.get() else {
            return;
        };
        let x = x_in(&stage.scroller, event.client_x());
        let over_bars = x >= self.names(&stage) && x <= stage.size.get().width;
        let pointer_x = (over_bars && event.pointer_type() != "touch").then_some(x);
        if stage.pointer_x.replace(pointer_x) != pointer_x {
            stage.repaint.request();
        }
        let Some(mut press) = self.press.get_value() else {
            return;
        };
        if let Some((pointer, from, _)) = self.second.get_value()
            && pointer == event.pointer_id()
        {
            self.second.set_value(Some((pointer, from, x)));
        } else if press.pointer == event.pointer_id() {
            press.x = x;
        } else {
            return;
        }
        if !press.moved && (x - press.start_x).abs() < CLICK_CSS_PX && self.second.get_value().is_none() {
            return;
        }
        if !press.moved {
            press.moved = true;
            capture(event);
        }
        self.press.set_value(Some(press));
        let duration = self.state.duration();
        let range = match self.second.get_value() {
            // What was between the fingers stays between them.
            Some((_, from, to)) => {
                let (apart_before, apart) = ((from - press.start_x).abs(), (to - press.x).abs());
                let middle = f64::midpoint(from, press.start_x);
                let shift = f64::midpoint(to, press.x) - middle;
                press
                    .before
                    .zoomed(press.scale.fraction_from_x(middle), apart_before.max(8.0) / apart.max(8.0), duration)
                    .panned(-press.scale.nanos_from_distance(shift), duration)
            }
            None => press.before.panned(-press.scale.nanos_from_distance(press.x - press.start_x), duration),
        };
        self.state.set_range(range);
    }

    pub(super) fn up(self, event: &PointerEvent) {
        let Some(press) = self.press.get_value() else {
            return;
        };
        self.dragged.set_value(press.moved);
        if press.pointer == event.pointer_id() || self.second.get_value().is_some() {
            self.press.set_value(None);
            self.second.set_value(None);
        }
    }

    pub(super) fn left(self) {
        if let Some(stage) = self.state.stage.get()
            && stage.pointer_x.take().is_some()
        {
            stage.repaint.request();
        }
    }

    pub(super) fn cancel(self) {
        self.press.set_value(None);
        self.second.set_value(None);
        if let Some(stage) = self.state.stage.get() {
            show_selecting(&stage, None);
        }
    }

    pub(super) fn ruler_down(self, event: &PointerEvent) {
        let Some(stage) = self.state.stage.get() else {
            return;
        };
        let x = x_in(&stage.scroller, event.client_x());
        if event.button() != 0 || x < self.names(&stage) {
            return;
        }
        capture(event);
        self.press.set_value(Some(Press {
            pointer: event.pointer_id(),
            kind: Kind::Draw,
            start_x: x,
            x,
            scale: self.scale(&stage),
            before: self.state.range.get_untracked(),
            moved: false,
        }));
    }

    pub(super) fn ruler_move(self, event: &PointerEvent) {
        let (Some(stage), Some(mut press)) = (self.state.stage.get(), self.press.get_value()) else {
            return;
        };
        press.x = x_in(&stage.scroller, event.client_x());
        press.moved = press.moved || (press.x - press.start_x).abs() >= CLICK_CSS_PX;
        self.press.set_value(Some(press));
        if press.moved && press.kind == Kind::Draw {
            let (from, to) = (press.start_x.min(press.x), press.start_x.max(press.x));
            show_selecting(&stage, Some((from.max(self.names(&stage)), to.min(stage.size.get().width))));
        }
    }

    pub(super) fn ruler_up(self, _event: &PointerEvent) {
        let (Some(stage), Some(press)) = (self.state.stage.get(), self.press.get_value()) else {
            return;
        };
        self.press.set_value(None);
        show_selecting(&stage, None);
        if press.moved && press.kind == Kind::Draw {
            let drag = RangeDrag::new(Grip::New, press.scale, press.start_x, press.before, self.state.duration());
            self.state.set_range(drag.range_at(press.x));
        }
    }
}

/// Shows the range that is being drawn on the ruler, as long as it is.
fn show_selecting(stage: &Stage, extent: Option<(f64, f64)>) {
    let (left, right) = extent.unwrap_or_default();
    let Some(head) = stage.ruler.canvas.parent_element() else {
        return;
    };
    if let Ok(head) = head.dyn_into() {
        set_number(&head, "--waterfall-selecting-left", left);
        set_number(&head, "--waterfall-selecting-width", right - left);
    }
}

/// Keeps hearing the pointer wherever it goes.
pub(super) fn capture(event: &PointerEvent) {
    if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
        // Fails if the pointer is gone already, which ends the drag anyway.
        let _gone = element.set_pointer_capture(event.pointer_id());
    }
}

/// Where a pointer is inside an element.
pub(super) fn x_in(element: &Element, client_x: i32) -> f64 {
    f64::from(client_x) - element.get_bounding_client_rect().left()
}

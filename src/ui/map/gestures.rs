//! Wheel and pointer over the picture: zooming, panning, dragging a node, pointing at something, choosing it.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, MouseEvent, PointerEvent, WheelEvent};

use super::MapState;
use super::acts;
use super::stage::{Hit, Stage};

/// A press that moves less than this is a click.
const CLICK_CSS_PX: f64 = 4.0;
/// How far a line of a wheel goes, in browsers that count lines.
const LINE_CSS_PX: f64 = 40.0;
/// How much closer a wheel's hundred pixels zoom: by e to this.
const WHEEL_ZOOM: f64 = 0.22;

#[derive(Clone, Copy)]
struct Finger {
    pointer: i32,
    at: (f64, f64),
}

#[derive(Clone, Copy, Default)]
struct Press {
    first: Option<Finger>,
    /// Two fingers zoom.
    second: Option<Finger>,
    /// Where the press began.
    start: (f64, f64),
    /// The node under it, and how far that was dragged before.
    node: Option<(usize, (f64, f64))>,
    moved: bool,
}

/// Told what the pointer has come to, and where it is on the screen.
type OnPoint = dyn Fn(Option<Hit>, (f64, f64));

/// Presses under way.
#[derive(Clone)]
pub(super) struct Gestures {
    state: MapState,
    stage: Rc<Stage>,
    press: Rc<Cell<Press>>,
    /// The press that has just ended was a drag, so the click that follows is none.
    was_drag: Rc<Cell<bool>>,
    /// What the pointer is at.
    pointed: Rc<Cell<Option<Hit>>>,
    on_point: Rc<OnPoint>,
}

impl Gestures {
    /// `on_point` is called when the pointer comes to something else, with its place on the screen.
    pub(super) fn new(state: MapState, stage: Rc<Stage>, on_point: impl Fn(Option<Hit>, (f64, f64)) + 'static) -> Self {
        Self { state, stage, press: Rc::default(), was_drag: Rc::default(), pointed: Rc::default(), on_point: Rc::new(on_point) }
    }

    pub(super) fn wheel(&self, event: &WheelEvent) {
        event.prevent_default();
        let unit = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => LINE_CSS_PX,
            WheelEvent::DOM_DELTA_PAGE => self.stage.size.get().1,
            _ => 1.0,
        };
        let (across, down) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.shift_key() || across.abs() > down.abs() {
            let sideways = if across == 0.0 { down } else { across };
            self.stage.go(self.stage.port().panned(-sideways, 0.0));
            return;
        }
        // A pinch on a touch pad comes as small steps with ctrl, a wheel as steps of a hundred or so.
        let pace = if event.ctrl_key() && down.abs() < 30.0 { WHEEL_ZOOM * 4.0 } else { WHEEL_ZOOM };
        self.stage.zoom((-down / 100.0 * pace).clamp(-1.0, 1.0).exp(), Some(self.place(event)));
    }

    pub(super) fn down(&self, event: &PointerEvent) {
        self.was_drag.set(false);
        if event.button() != 0 {
            return;
        }
        let at = self.place(event);
        let finger = Finger { pointer: event.pointer_id(), at };
        let mut press = self.press.get();
        if press.first.is_some_and(|first| first.pointer != finger.pointer) {
            press.second = Some(finger);
            press.node = None;
            press.moved = true;
        } else {
            let node = match element_of(event).as_ref().and_then(Stage::hit_of) {
                Some(Hit::Node(at)) => Some((at, self.stage.offset(at))),
                Some(Hit::Edge(_)) | None => None,
            };
            press = Press { first: Some(finger), second: None, start: at, node, moved: false };
        }
        self.press.set(press);
    }

    pub(super) fn moved(&self, event: &PointerEvent) {
        let at = self.place(event);
        let mut press = self.press.get();
        let Some(first) = press.first else {
            self.point(event, at);
            return;
        };
        let is_first = first.pointer == event.pointer_id();
        if !press.moved && (at.0 - press.start.0).hypot(at.1 - press.start.1) < CLICK_CSS_PX {
            return;
        }
        if !press.moved {
            press.moved = true;
            capture(&self.stage.svg, event);
            self.tell(None, at);
        }
        match (press.second, press.node) {
            (Some(second), _) => {
                let (before, now) = if is_first { (first.at, at) } else { (second.at, at) };
                let still = if is_first { second.at } else { first.at };
                pinch(&self.stage, still, before, now);
            }
            (None, Some((node, (x, y)))) => {
                let zoom = self.stage.port().zoom;
                self.stage.drag(node, (x + (at.0 - press.start.0) / zoom, y + (at.1 - press.start.1) / zoom));
                self.state.app().map.any_moved().set(true);
            }
            (None, None) => self.stage.go(self.stage.port().panned(at.0 - first.at.0, at.1 - first.at.1)),
        }
        if is_first {
            press.first = Some(Finger { at, ..first });
        } else if let Some(second) = press.second.filter(|second| second.pointer == event.pointer_id()) {
            press.second = Some(Finger { at, ..second });
        }
        self.press.set(press);
    }

    pub(super) fn up(&self, event: &PointerEvent) {
        let press = self.press.get();
        self.was_drag.set(press.moved);
        let ended = |finger: Option<Finger>| finger.is_some_and(|finger| finger.pointer == event.pointer_id());
        if ended(press.first) || ended(press.second) {
            self.press.set(Press::default());
        }
    }

    pub(super) fn cancel(&self) {
        self.press.set(Press::default());
    }

    pub(super) fn left(&self) {
        if self.press.get().first.is_none() {
            self.tell(None, (0.0, 0.0));
        }
    }

    pub(super) fn click(&self, event: &MouseEvent) {
        if self.was_drag.replace(false) {
            return;
        }
        let hit = element_of(event).as_ref().and_then(Stage::hit_of).or_else(|| self.stage.edge_near(self.place(event)));
        if let Some(Hit::Node(node)) = hit {
            self.stage.set_active(node);
        }
        acts::select(self.state.app(), hit.and_then(|hit| self.stage.target_of(hit)));
    }

    /// What can be done with what is there; with Shift the browser's own menu comes.
    pub(super) fn menu(&self, event: &MouseEvent) {
        let hit = element_of(event).as_ref().and_then(Stage::hit_of).or_else(|| self.stage.edge_near(self.place(event)));
        let target = hit.filter(|_| !event.shift_key()).and_then(|hit| self.stage.target_of(hit));
        if let Some(target) = target {
            event.prevent_default();
            self.cancel();
            self.tell(None, (0.0, 0.0));
            acts::select(self.state.app(), Some(target.clone()));
            acts::offer(self.state.app(), &target, (f64::from(event.client_x()), f64::from(event.client_y())));
        }
    }

    fn point(&self, event: &PointerEvent, at: (f64, f64)) {
        if event.pointer_type() == "touch" {
            return;
        }
        let hit = element_of(event).as_ref().and_then(Stage::hit_of).or_else(|| self.stage.edge_near(at));
        self.tell(hit, at);
    }

    fn tell(&self, hit: Option<Hit>, at: (f64, f64)) {
        if self.pointed.replace(hit) != hit {
            (self.on_point)(hit, at);
        }
    }

    /// Where a pointer is in the picture.
    fn place(&self, event: &MouseEvent) -> (f64, f64) {
        let frame = self.stage.svg.get_bounding_client_rect();
        (f64::from(event.client_x()) - frame.left(), f64::from(event.client_y()) - frame.top())
    }
}

/// What was between the fingers stays between them; one of them is still.
fn pinch(stage: &Stage, still: (f64, f64), before: (f64, f64), now: (f64, f64)) {
    let apart = |a: (f64, f64)| (a.0 - still.0).hypot(a.1 - still.1).max(8.0);
    let middle = |a: (f64, f64)| (f64::midpoint(a.0, still.0), f64::midpoint(a.1, still.1));
    let (from, to) = (middle(before), middle(now));
    stage.go(stage.port().zoomed(apart(now) / apart(before), from).panned(to.0 - from.0, to.1 - from.1));
}

fn element_of(event: &MouseEvent) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

/// Keeps hearing the pointer wherever it goes.
fn capture(element: &Element, event: &PointerEvent) {
    // Fails if the pointer is gone already, which ends the drag anyway.
    let _gone = element.set_pointer_capture(event.pointer_id());
}

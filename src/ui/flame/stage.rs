//! A flame graph's elements, and what moves with every frame: where it is scrolled to, and the one repaint.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use web_sys::HtmlElement;

use crate::browser::frame::Repaint;
use crate::protocol::FlameFrame;
use crate::scene::{Advances, FlameBox, FlameLanes, ScrollMap, flame_frame_at};
use crate::ui::canvas::{self, Board, Palette};

use super::state::Shown;

/// Height of a lane, with a pixel of air below.
const LANE_CSS_PX: f64 = 21.0;
/// The same where all lanes have room, and under a finger.
const LANE_ROOMY_CSS_PX: f64 = 29.0;
/// Rows of the page that are at least this high are made for fingers.
const COARSE_FROM_CSS_PX: f64 = 34.0;
/// How near a pointer must be to a box that is narrower than itself.
const REACH_CSS_PX: f64 = 3.0;

/// The elements.
pub(super) struct FlameStage {
    /// What scrolls.
    pub(super) scroller: HtmlElement,
    /// As high as the lanes are together, or as a browser can bear.
    pub(super) spacer: HtmlElement,
    /// The frames.
    pub(super) board: Board,
    /// The ruler above them.
    pub(super) ruler: Board,
    /// What they are drawn with.
    pub(super) palette: RefCell<Palette>,
    /// How wide letters are.
    pub(super) advances: RefCell<Advances>,
    /// Width and height of the view, and device pixels per CSS pixel.
    pub(super) size: Cell<(f64, f64, f64)>,
    /// Lanes are this high, at least.
    lane_least: f64,
    /// Lanes and where they are.
    pub(super) map: Cell<ScrollMap>,
    top: Cell<f64>,
    scroll_top: Cell<i32>,
    /// Where the pointer is.
    pub(super) pointer_x: Cell<Option<f64>>,
    /// What is drawn, for finding what is under the pointer.
    pub(super) drawn: RefCell<Drawn>,
    /// Draws.
    pub(super) repaint: Repaint,
}

/// What is drawn.
#[derive(Default)]
pub(super) struct Drawn {
    /// The boxes.
    pub(super) boxes: Vec<FlameBox>,
    /// What they are of.
    pub(super) shown: Option<Arc<Shown>>,
}

impl FlameStage {
    /// A stage that has not been measured yet.
    pub(super) fn new([scroller, spacer]: [HtmlElement; 2], [board, ruler]: [Board; 2], repaint: Repaint) -> Self {
        let lane = crate::browser::theme::token("--row-height")
            .and_then(|height| height.trim_end_matches("px").parse().ok())
            .filter(|height: &f64| *height >= COARSE_FROM_CSS_PX)
            .map_or(LANE_CSS_PX, |_| LANE_ROOMY_CSS_PX);
        Self {
            scroller,
            spacer,
            board,
            ruler,
            palette: RefCell::default(),
            advances: RefCell::default(),
            size: Cell::new((0.0, 0.0, 1.0)),
            lane_least: lane,
            map: Cell::new(ScrollMap { rows: 0, row_css_px: lane, viewport_css_px: 0.0 }),
            top: Cell::new(0.0),
            scroll_top: Cell::new(0),
            pointer_x: Cell::new(None),
            drawn: RefCell::default(),
            repaint,
        }
    }

    /// Takes over the element's size.
    pub(super) fn measure(&self) {
        let (width, height) = (f64::from(self.scroller.client_width()), f64::from(self.scroller.client_height()));
        self.size.set((width, height, canvas::pixel_ratio()));
        set_number(&self.spacer, "--flame-height", height);
        let map = self.map.get();
        self.set_map(ScrollMap { viewport_css_px: height, row_css_px: self.lane(map.rows, height), ..map });
        self.scroll_to(self.top.get());
    }

    /// A shallow graph has room for high lanes.
    fn lane(&self, lanes: u32, height: f64) -> f64 {
        if f64::from(lanes) * LANE_ROOMY_CSS_PX <= height { LANE_ROOMY_CSS_PX } else { self.lane_least }
    }

    /// Takes over the colors and the font.
    pub(super) fn dress(&self) {
        let palette = Palette::read(&self.scroller);
        palette.use_font(&self.board.context);
        self.advances.replace(Advances::measure(|text| canvas::text_width(&self.board.context, text)));
        self.palette.replace(palette);
    }

    /// Takes over how many lanes there are.
    pub(super) fn set_lanes(&self, lanes: u32) {
        let map = self.map.get();
        let map = ScrollMap { rows: lanes, row_css_px: self.lane(lanes, map.viewport_css_px), ..map };
        if map != self.map.get() {
            self.set_map(map);
            self.scroll_to(self.top.get());
        }
    }

    fn set_map(&self, map: ScrollMap) {
        self.map.set(map);
        set_number(&self.spacer, "--flame-content", map.spacer_css_px());
    }

    /// The lanes as they are in view.
    pub(super) fn lanes(&self) -> FlameLanes {
        let seen = self.scroller.scroll_top();
        if (seen - self.scroll_top.get()).abs() > 1 {
            self.scroll_top.set(seen);
            self.top.set(self.map.get().top_from_scroll(f64::from(seen)));
        }
        let (_, height, _) = self.size.get();
        FlameLanes { lane_css_px: self.map.get().row_css_px, top: self.top.get(), height }
    }

    /// Scrolls to a position in the lanes' own pixels.
    pub(super) fn scroll_to(&self, top: f64) {
        let map = self.map.get();
        let top = map.clamp_top(top);
        self.top.set(top);
        #[expect(clippy::cast_possible_truncation, reason = "at most eight million")]
        let scroll_top = map.scroll_from_top(top).round() as i32;
        if self.scroller.scroll_top() != scroll_top {
            self.scroller.set_scroll_top(scroll_top);
        }
        // The browser may stop short of it, and that is no scrolling by the reader.
        self.scroll_top.set(self.scroller.scroll_top());
        self.repaint.request();
    }

    /// Scrolls by a distance.
    pub(super) fn scroll_by(&self, css_px: f64) {
        self.scroll_to(self.top.get() + css_px);
    }

    /// Where a pointer is in the view.
    pub(super) fn place(&self, client_x: i32, client_y: i32) -> (f64, f64) {
        let rect = self.scroller.get_bounding_client_rect();
        (f64::from(client_x) - rect.left(), f64::from(client_y) - rect.top())
    }

    /// The frame that is drawn at a place of the view.
    pub(super) fn frame_at(&self, place: (f64, f64)) -> Option<FlameFrame> {
        let drawn = self.drawn.borrow();
        let at = flame_frame_at(&drawn.boxes, &self.lanes(), place, REACH_CSS_PX)?;
        drawn.shown.as_ref()?.view.frames.get(at).cloned()
    }

    /// The lower left corner of a frame as it is drawn, in the view.
    pub(super) fn corner_of(&self, frame: &FlameFrame) -> Option<(f64, f64)> {
        let drawn = self.drawn.borrow();
        let at = super::state::position_of(&drawn.shown.as_ref()?.view.frames, frame)?;
        let found = drawn.boxes.iter().find(|found| found.frame == at)?;
        Some((found.extent.left.max(0.0), found.top + self.map.get().row_css_px))
    }
}

/// Hands a length in CSS pixels to the style sheet.
pub(super) fn set_number(element: &HtmlElement, name: &str, css_px: f64) {
    // Throws for read-only style declarations only.
    let _unthrown = element.style().set_property(name, &format!("{css_px}px"));
}

/// Holds the stage once it is mounted. `Copy`, as all that the state holds.
#[derive(Clone, Copy)]
pub(super) struct StageSlot(StoredValue<Option<Rc<FlameStage>>, LocalStorage>);

impl Default for StageSlot {
    fn default() -> Self {
        Self(StoredValue::new_local(None))
    }
}

impl StageSlot {
    /// It is mounted.
    pub(super) fn set(self, stage: Rc<FlameStage>) {
        self.0.set_value(Some(stage));
    }

    /// It is no longer mounted.
    pub(super) fn clear(self) {
        self.0.try_update_value(|stage| *stage = None);
    }

    /// The stage, while it is mounted.
    pub(super) fn get(self) -> Option<Rc<FlameStage>> {
        self.0.try_get_value().flatten()
    }

    /// Asks for a repaint in the next frame.
    pub(super) fn repaint(self) {
        if let Some(stage) = self.get() {
            stage.repaint.request();
        }
    }

    /// Brings a lane into view.
    pub(super) fn reveal(self, lane: u32) {
        if let Some(stage) = self.get() {
            let top = stage.map.get().revealing(lane, stage.lanes().top);
            stage.scroll_to(top);
        }
    }
}

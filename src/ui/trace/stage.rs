//! The waterfall's elements and what moves with every frame: where it is scrolled to, and the one repaint.
//!
//! Rows and bars stand in a viewport that sticks to the top of the scrolling element, and both are placed in the same
//! frame from the same position; so bars never trail their rows, and what is on the screen stays until there is better.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use web_sys::HtmlElement;

use crate::browser::frame::Repaint;
use crate::browser::theme;
use crate::scene::{ScrollMap, TimeRange, TimeScale};
use crate::ui::canvas::{self, Board, Palette};

use super::state::Reveal;

/// Air between the edges of the bars column and the first and last moment.
pub(super) const BAR_AIR_CSS_PX: f64 = 10.0;
/// Neither the names nor the bars get narrower than this.
const NAMES_MIN_CSS_PX: f64 = 96.0;
const BARS_MIN_CSS_PX: f64 = 120.0;

/// The elements.
pub(super) struct Stage {
    /// The waterfall as a whole.
    pub root: HtmlElement,
    /// The treegrid, which scrolls.
    pub scroller: HtmlElement,
    /// As high as the rows are together, or as a browser can bear.
    pub spacer: HtmlElement,
    /// Holds the rows.
    pub layer: HtmlElement,
    /// Bars and guides.
    pub bars: Board,
    /// The ruler above them.
    pub ruler: Board,
    pub palette: RefCell<Palette>,
    pub size: Cell<Size>,
    /// Rows and where they are.
    pub map: Cell<ScrollMap>,
    top: Cell<f64>,
    /// The element's own position as it was set or seen last.
    scroll_top: Cell<i32>,
    /// Where the pointer is over the bars, for the line that follows it.
    pub pointer_x: Cell<Option<f64>>,
    pub repaint: Repaint,
}

/// Sizes in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    /// Of the viewport, the scrollbar not counted.
    pub width: f64,
    /// Of the viewport.
    pub height: f64,
    /// Of a row.
    pub row: f64,
    /// Device pixels per CSS pixel.
    pub ratio: f64,
}

impl Stage {
    pub(super) fn new([root, scroller, spacer, layer]: [HtmlElement; 4], [bars, ruler]: [Board; 2], repaint: Repaint) -> Self {
        Self {
            root,
            scroller,
            spacer,
            layer,
            bars,
            ruler,
            palette: RefCell::new(Palette::default()),
            size: Cell::new(Size { row: 28.0, ratio: 1.0, ..Size::default() }),
            map: Cell::new(ScrollMap { rows: 0, row_css_px: 28.0, viewport_css_px: 0.0 }),
            top: Cell::new(0.0),
            scroll_top: Cell::new(0),
            pointer_x: Cell::new(None),
            repaint,
        }
    }

    /// Looks how large it is, and how high rows are.
    pub(super) fn measure(&self) {
        let row = theme::token("--row-height")
            .and_then(|height| height.trim_end_matches("px").parse().ok())
            .filter(|height: &f64| *height >= 8.0)
            .unwrap_or(28.0);
        self.resize(Size {
            width: f64::from(self.scroller.client_width()),
            height: f64::from(self.scroller.client_height()),
            row,
            ratio: canvas::pixel_ratio(),
        });
    }

    /// Takes over sizes that have changed. The first row stays where it is.
    fn resize(&self, size: Size) {
        let before = self.map.get();
        let (row, below) = before.first_row(self.top.get());
        self.size.set(size);
        set_number(&self.spacer, "--waterfall-height", size.height);
        self.set_map(ScrollMap { row_css_px: size.row, viewport_css_px: size.height, ..before });
        let grown = size.row / before.row_css_px;
        self.scroll_to(f64::from(row) * size.row + below * grown);
    }

    /// Takes over how many rows there are.
    pub(super) fn set_total(&self, rows: u32) {
        let map = ScrollMap { rows, ..self.map.get() };
        if map != self.map.get() {
            self.set_map(map);
            self.scroll_to(self.top.get());
        }
    }

    fn set_map(&self, map: ScrollMap) {
        self.map.set(map);
        set_number(&self.spacer, "--waterfall-content", map.spacer_css_px());
    }

    /// The position, after whatever scrolling the browser has done by itself.
    pub(super) fn follow_scroll(&self) -> f64 {
        let seen = self.scroller.scroll_top();
        if (seen - self.scroll_top.get()).abs() > 1 {
            self.scroll_top.set(seen);
            self.top.set(self.map.get().top_from_scroll(f64::from(seen)));
        }
        self.top.get()
    }

    /// Scrolls to a position in the rows' own pixels.
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

    /// Brings a row on the screen.
    pub(super) fn reveal(&self, position: u32, how: Reveal) {
        if self.size.get().width < 1.0 {
            self.measure();
        }
        let map = self.map.get();
        let nearest = map.revealing(position, self.top.get());
        let near = (nearest - self.top.get()).abs() <= map.row_css_px * 2.0;
        let top = match how {
            Reveal::Center if !near => map.centering(position),
            Reveal::Center | Reveal::Nearest => nearest,
        };
        self.scroll_to(top);
    }

    /// Where the bars column begins: the width that the reader wants, within what there is.
    pub(super) fn names_width(&self, wanted: f64) -> f64 {
        names_width(wanted, self.size.get().width)
    }

    /// The scale of the bars column.
    pub(super) fn scale(&self, range: TimeRange, names: f64) -> TimeScale {
        TimeScale::new(range, names + BAR_AIR_CSS_PX, self.size.get().width - names - 2.0 * BAR_AIR_CSS_PX)
    }
}

/// Hands a length in CSS pixels to the style sheet.
pub(super) fn set_number(element: &HtmlElement, name: &str, css_px: f64) {
    // Throws for read-only style declarations only.
    let _unthrown = element.style().set_property(name, &format!("{css_px}px"));
}

/// The width of the name column in a waterfall of this width.
pub(super) fn names_width(wanted: f64, whole: f64) -> f64 {
    // On a narrow screen names and bars share what there is.
    let most = (whole - BARS_MIN_CSS_PX).min(whole * 0.6).max(NAMES_MIN_CSS_PX);
    wanted.clamp(NAMES_MIN_CSS_PX, most).round()
}

/// Holds the stage once it is mounted. `Copy`, as all that the state holds.
#[derive(Clone, Copy)]
pub(super) struct StageSlot(StoredValue<Option<Rc<Stage>>, LocalStorage>);

impl Default for StageSlot {
    fn default() -> Self {
        Self(StoredValue::new_local(None))
    }
}

impl StageSlot {
    pub(super) fn set(self, stage: Rc<Stage>) {
        self.0.set_value(Some(stage));
    }

    /// It is no longer mounted.
    pub(super) fn clear(self) {
        self.0.try_update_value(|stage| *stage = None);
    }

    /// The stage, while it is mounted.
    pub(super) fn get(self) -> Option<Rc<Stage>> {
        self.0.try_get_value().flatten()
    }

    /// Asks for a repaint in the next frame.
    pub(super) fn repaint(self) {
        if let Some(stage) = self.get() {
            stage.repaint.request();
        }
    }

    pub(super) fn set_total(self, rows: u32) {
        if let Some(stage) = self.get() {
            stage.set_total(rows);
        }
    }

    pub(super) fn reveal(self, position: u32, how: Reveal) {
        if let Some(stage) = self.get() {
            stage.reveal(position, how);
        }
    }
}

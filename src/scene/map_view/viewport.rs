//! Which part of the map is on the screen: zoom and shift, and how gestures change them.

use std::fmt::Write as _;

/// The furthest away: a thousand nodes in a column are on the screen.
pub const ZOOM_MIN: f64 = 0.03;
/// The closest.
pub const ZOOM_MAX: f64 = 4.0;
/// Fitting makes a small map no larger than this: three nodes are not a poster.
const FIT_MAX: f64 = 1.4;
/// Room around what is fitted.
const AIR_CSS_PX: f64 = 28.0;

/// A point of the map is on the screen at `point * zoom + (x, y)`, from the top left of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Screen pixels per map pixel.
    pub zoom: f64,
    /// Where the map's left edge is on the screen.
    pub x: f64,
    /// Where the map's top edge is on the screen.
    pub y: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { zoom: 1.0, x: 0.0, y: 0.0 }
    }
}

impl Viewport {
    /// Shows all of `bounds` (left, top, right, bottom) in a picture of that size.
    #[must_use]
    pub fn fit(bounds: (f64, f64, f64, f64), width: f64, height: f64) -> Self {
        let (left, top, right, bottom) = bounds;
        let (across, down) = ((right - left).max(1.0), (bottom - top).max(1.0));
        let room = |size: f64| (size - 2.0 * AIR_CSS_PX).max(size * 0.5).max(1.0);
        let zoom = (room(width) / across).min(room(height) / down).clamp(ZOOM_MIN, FIT_MAX);
        Self { zoom, x: 0.0, y: 0.0 }.centered((f64::midpoint(left, right), f64::midpoint(top, bottom)), width, height)
    }

    /// The same zoom, with a point of the map in the middle of the picture.
    #[must_use]
    pub fn centered(self, point: (f64, f64), width: f64, height: f64) -> Self {
        Self { zoom: self.zoom, x: width / 2.0 - point.0 * self.zoom, y: height / 2.0 - point.1 * self.zoom }
    }

    /// Closer by `factor`; what is at `at` on the screen stays there.
    #[must_use]
    pub fn zoomed(self, factor: f64, at: (f64, f64)) -> Self {
        let zoom = if factor.is_finite() { (self.zoom * factor).clamp(ZOOM_MIN, ZOOM_MAX) } else { self.zoom };
        let (x, y) = self.map_from_screen(at);
        Self { zoom, x: at.0 - x * zoom, y: at.1 - y * zoom }
    }

    /// Shifted by so much of the screen.
    #[must_use]
    pub fn panned(self, right: f64, down: f64) -> Self {
        Self { zoom: self.zoom, x: self.x + right, y: self.y + down }
    }

    /// Moved just so far that a part of `bounds` stays in a picture of that size: nobody loses the map.
    #[must_use]
    pub fn kept(self, bounds: (f64, f64, f64, f64), width: f64, height: f64) -> Self {
        let within = |shift: f64, from: f64, to: f64, size: f64| {
            let seen = (size * 0.2).min((to - from) * self.zoom * 0.5);
            let (least, most) = (seen - to * self.zoom, size - seen - from * self.zoom);
            if least <= most { shift.clamp(least, most) } else { shift }
        };
        let (left, top, right, bottom) = bounds;
        Self { zoom: self.zoom, x: within(self.x, left, right, width), y: within(self.y, top, bottom, height) }
    }

    /// What is at that place of the screen.
    pub fn map_from_screen(self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.x) / self.zoom, (y - self.y) / self.zoom)
    }

    /// Where that is on the screen.
    pub fn screen_from_map(self, (x, y): (f64, f64)) -> (f64, f64) {
        (x * self.zoom + self.x, y * self.zoom + self.y)
    }

    /// As SVG's transform.
    pub fn transform(self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        _ = write!(text, "translate({:.2} {:.2}) scale({:.4})", self.x, self.y, self.zoom);
        text
    }
}

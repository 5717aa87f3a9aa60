//! The service map's geometry: what is drawn where and how large, what a pointer meets, and how the view moves over it.
//!
//! The engine places boxes and lines. Here each box becomes a card with a disc, whose area carries a measure, and a label, and each line becomes
//! an arrow. All of it is data, so that the page, the exported picture and the tests read the same.
//!
//! *Invariants.* Positions are CSS pixels at zoom 1, in the engine's own system; only [`Viewport`] knows the screen.

mod csv;
mod curve;
mod labels;
mod marks;
mod measure;
mod svg;
mod viewport;

pub use csv::{edges_csv, nodes_csv};
pub use curve::Curve;
pub use labels::{LABEL_LINE_CSS_PX, LabelBox, SMALL, fitted, fitted_at, place_labels, text_width};
pub use marks::{EdgeMark, MapScene, NodeMark, Offsets, Paint, Shape, edge_name, icon_path};
pub use measure::{Figure, LEVELS, RateUnit, Scale, brief_duration, rate, value_of};
pub use svg::{Palette, map_svg};
pub use viewport::{Viewport, ZOOM_MAX, ZOOM_MIN};

/// A direction of the arrow keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// ←
    Left,
    /// →
    Right,
    /// ↑
    Up,
    /// ↓
    Down,
}

/// The point that one comes to from `from` by going that way: the nearest, where going aside costs twice as much as going on.
pub fn next_in(points: &[(f64, f64)], from: usize, direction: Direction) -> Option<usize> {
    let &(x, y) = points.get(from)?;
    let cost = |&(to_x, to_y): &(f64, f64)| {
        let (right, down) = (to_x - x, to_y - y);
        let (on, aside) = match direction {
            Direction::Left => (-right, down),
            Direction::Right => (right, down),
            Direction::Up => (-down, right),
            Direction::Down => (down, right),
        };
        // What is nearly level with this point is not further that way.
        (on > 1.0).then_some(on + 2.0 * aside.abs())
    };
    points
        .iter()
        .enumerate()
        .filter(|&(at, _)| at != from)
        .filter_map(|(at, point)| cost(point).map(|cost| (at, cost)))
        .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
        .map(|(at, _)| at)
}

//! The lines of edges: curves between the layers, straight within them; loops above their boxes.

use super::crossings::{ItemIdx, Rows};
use super::place::Placed;
use super::{BoxIdx, BoxSize, ROW_GAP};
use crate::base::Column;

/// How far below the middle of a box a line that leads back is tied to it, in terms of its height: it does not lie on the
/// line there.
const BACK_SHARE: f64 = 0.3;
/// How far from its corner a loop is tied to a box.
const LOOP_INSET: f64 = 14.0;
/// How wide a loop is at the box.
const LOOP_WIDTH: f64 = 28.0;

/// The lines of all edges, from caller to callee.
pub(super) fn paths(
    rows: &Rows,
    placed: &Placed,
    sizes: &Column<BoxIdx, BoxSize>,
    ends: &[(BoxIdx, BoxIdx)],
    is_back: &[bool],
) -> Vec<Vec<(f64, f64)>> {
    let middle = |node: BoxIdx| {
        let item = ItemIdx(node.0);
        let (left, right) = placed.sides(item);
        (f64::midpoint(left, right), placed.y[item])
    };
    let mut paths = Vec::with_capacity(ends.len());
    for ((&(from, to), &is_back), bends) in ends.iter().zip(is_back).zip(&rows.bends) {
        if from == to {
            paths.push(self_loop(middle(from), sizes[from]));
            continue;
        }
        // From the left, whichever way it leads.
        let (start, end) = if is_back { (to, from) } else { (from, to) };
        let tied = |node: BoxIdx| if is_back { sizes[node].height * BACK_SHARE } else { 0.0 };
        let ((x, y), (end_x, end_y)) = (middle(start), middle(end));
        let mut line = Line { points: vec![(x + sizes[start].width / 2.0, y + tied(start))] };
        // A box may be narrower than its layer.
        line.straight((placed.sides(ItemIdx(start.0)).1, y + tied(start)));
        for bend in bends.iter() {
            let (left, right) = placed.sides(bend);
            let y = placed.y[bend];
            line.curve((left, y));
            line.straight((right, y));
        }
        line.curve((placed.sides(ItemIdx(end.0)).0, end_y + tied(end)));
        line.straight((end_x - sizes[end].width / 2.0, end_y + tied(end)));
        if is_back {
            line.points.reverse();
        }
        paths.push(line.points);
    }
    paths
}

/// A line under way. Read backwards, its points are the same line backwards.
struct Line {
    points: Vec<(f64, f64)>,
}

impl Line {
    fn last(&self) -> (f64, f64) {
        self.points.last().copied().unwrap_or_default()
    }

    /// Leaves and arrives horizontally.
    fn curve(&mut self, to: (f64, f64)) {
        let from = self.last();
        let x = f64::midpoint(from.0, to.0);
        self.points.extend([(x, from.1), (x, to.1), to]);
    }

    /// Nothing, where there is no way to go.
    fn straight(&mut self, to: (f64, f64)) {
        let from = self.last();
        if (to.0 - from.0).abs() < 0.5 {
            return;
        }
        let between = |share: f64| (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
        self.points.extend([between(1.0 / 3.0), between(2.0 / 3.0), to]);
    }
}

/// Out at the top of the box and in again, to the left, in the room between rows.
fn self_loop((x, y): (f64, f64), size: BoxSize) -> Vec<(f64, f64)> {
    let top = y - size.height / 2.0;
    let right = x + size.width / 2.0 - LOOP_INSET;
    let left = right - LOOP_WIDTH;
    // A cubic curve reaches three quarters of the way to its handles.
    let above = top - (ROW_GAP - 4.0) / 0.75;
    vec![(right, top), (right + 8.0, above), (left - 8.0, above), (left, top)]
}

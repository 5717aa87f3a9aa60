//! The line of an edge: from box to box, drawn, measured, and met by a pointer.

use std::fmt::Write as _;

use super::labels::LabelBox;

type Point = (f64, f64);

/// Straight parts that a Bézier curve is taken for when it is measured.
const PARTS: u32 = 12;
/// Room between a box and the tip of an arrow.
const GAP_CSS_PX: f64 = 2.0;

/// A line of cubic Bézier curves: the first point, then three for each curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    points: Vec<Point>,
}

impl Curve {
    /// The engine's line between two boxes. `shifts` are how far its ends were dragged from where the engine put them; what lies between is bent
    /// along. `head` is room that is left before the end, for the arrowhead. A line of no use (too short, or not numbers) becomes
    /// one from side to side.
    pub fn new(path: &[Point], from: &LabelBox, to: &LabelBox, shifts: (Point, Point), head: f64) -> Self {
        let whole = path.len().saturating_sub((path.len() + 2) % 3);
        let usable = path.len() >= 4 && path.iter().all(|point| point.0.is_finite() && point.1.is_finite());
        let mut points =
            if usable { shifted(path.get(..whole).unwrap_or_default(), shifts) } else { from_side_to_side(from, to) };
        make_room(&mut points, head + GAP_CSS_PX);
        Self { points }
    }

    /// As SVG's path data.
    pub fn outline(&self) -> String {
        let mut path = String::new();
        let Some((start, rest)) = self.points.split_first() else {
            return path;
        };
        // Writing to a string cannot fail.
        _ = write!(path, "M{:.1} {:.1}", start.0, start.1);
        for curve in rest.chunks_exact(3) {
            path.push('C');
            for (at, (x, y)) in curve.iter().enumerate() {
                let space = if at == 0 { "" } else { " " };
                _ = write!(path, "{space}{x:.1} {y:.1}");
            }
        }
        path
    }

    /// The arrowhead at the end, as SVG's path data.
    pub fn head(&self, length: f64, half_width: f64) -> String {
        let Some((&end, before)) = self.points.split_last() else {
            return String::new();
        };
        let (dx, dy) = before.iter().rev().find_map(|&point| direction(point, end)).unwrap_or((1.0, 0.0));
        let tip = (end.0 + dx * length, end.1 + dy * length);
        let (left, right) =
            ((end.0 - dy * half_width, end.1 + dx * half_width), (end.0 + dy * half_width, end.1 - dx * half_width));
        // The notch lets the line run into the head without a seam.
        let notch = (end.0 + dx * length * 0.25, end.1 + dy * length * 0.25);
        format!(
            "M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
            tip.0, tip.1, left.0, left.1, notch.0, notch.1, right.0, right.1
        )
    }

    /// The point at that share of the length, 0 to 1.
    pub fn at(&self, share: f64) -> Point {
        let line = self.flat();
        let lengths: Vec<f64> = line.windows(2).map(pair_length).collect();
        let mut rest = lengths.iter().sum::<f64>() * share.clamp(0.0, 1.0);
        for (pair, length) in line.windows(2).zip(lengths) {
            if let &[a, b] = pair
                && rest <= length
            {
                let part = if length > 0.0 { rest / length } else { 0.0 };
                return (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part);
            }
            rest -= length;
        }
        line.last().copied().unwrap_or_default()
    }

    /// How far a point is from the line.
    pub fn distance(&self, point: Point) -> f64 {
        self.flat()
            .windows(2)
            .map(|pair| if let &[a, b] = pair { distance_to_part(point, a, b) } else { f64::INFINITY })
            .fold(f64::INFINITY, f64::min)
    }

    /// Left, top, right and bottom of a box that the line lies in.
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        self.points
            .iter()
            .fold((f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY), |(left, top, right, bottom), &(x, y)| {
                (left.min(x), top.min(y), right.max(x), bottom.max(y))
            })
    }

    fn flat(&self) -> Vec<Point> {
        let mut line: Vec<Point> = self.points.first().copied().into_iter().collect();
        for curve in self.points.windows(4).step_by(3) {
            if let &[a, b, c, d] = curve {
                line.extend((1..=PARTS).map(|part| bezier(a, b, c, d, f64::from(part) / f64::from(PARTS))));
            }
        }
        line
    }
}

/// Takes so much off the end of a line.
fn make_room(points: &mut Vec<Point>, room: f64) {
    // A last part that is shorter than that becomes one with the part before it, or the line would turn back.
    while let &[.., from, _, _, end] = points.as_slice()
        && points.len() > 4
        && (end.0 - from.0).hypot(end.1 - from.1) < room * 2.0
    {
        points.truncate(points.len() - 3);
        if let [.., control, joint] = points.as_mut_slice() {
            *control = (control.0 + end.0 - joint.0, control.1 + end.1 - joint.1);
            *joint = end;
        }
    }
    if let Some((end, before)) = points.split_last_mut()
        && let Some((dx, dy)) = before.iter().rev().find_map(|&point| direction(point, *end))
    {
        *end = (end.0 - dx * room, end.1 - dy * room);
        // A handle that the end has come to, or past, goes back as far, or the line would end backwards.
        if let Some(control) = before.last_mut()
            && (end.0 - control.0) * dx + (end.1 - control.1) * dy < room
        {
            *control = (control.0 - dx * room, control.1 - dy * room);
        }
    }
}

fn shifted(path: &[Point], ((from_x, from_y), (to_x, to_y)): (Point, Point)) -> Vec<Point> {
    let last = (path.len() - 1) as f64;
    let by_share = |(at, &(x, y)): (usize, &Point)| {
        let share = at as f64 / last;
        (x + from_x * (1.0 - share) + to_x * share, y + from_y * (1.0 - share) + to_y * share)
    };
    path.iter().enumerate().map(by_share).collect()
}

fn from_side_to_side(from: &LabelBox, to: &LabelBox) -> Vec<Point> {
    let start = (from.x + from.width / 2.0, from.y);
    let end = (to.x - to.width / 2.0, to.y);
    let middle = f64::midpoint(start.0, end.0);
    vec![start, (middle, start.1), (middle, end.1), end]
}

fn direction(from: Point, to: Point) -> Option<Point> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    (length > 1e-6).then(|| (dx / length, dy / length))
}

fn bezier(start: Point, out: Point, back: Point, end: Point, at: f64) -> Point {
    let rest = 1.0 - at;
    let shares = [rest * rest * rest, 3.0 * rest * rest * at, 3.0 * rest * at * at, at * at * at];
    let points = [start, out, back, end];
    points.iter().zip(shares).fold((0.0, 0.0), |(x, y), (point, share)| (x + point.0 * share, y + point.1 * share))
}

fn pair_length(pair: &[Point]) -> f64 {
    if let &[a, b] = pair { (b.0 - a.0).hypot(b.1 - a.1) } else { 0.0 }
}

fn distance_to_part(point: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let square = dx * dx + dy * dy;
    let share = if square > 0.0 { (((point.0 - a.0) * dx + (point.1 - a.1) * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    (point.0 - a.0 - share * dx).hypot(point.1 - a.1 - share * dy)
}

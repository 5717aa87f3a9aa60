//! What a drag on the minimap or the ruler comes to: moving the range, moving one edge of it, or drawing a new one.

use super::{TimeRange, TimeScale};

/// How near to an edge a pointer takes hold of it.
const HANDLE_CSS_PX: f64 = 6.0;

/// What the pointer took hold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grip {
    /// The left edge.
    From,
    /// The right edge.
    To,
    /// The range itself.
    Middle,
    /// Empty ground: a new range is drawn.
    New,
}

/// What is under the pointer at `x`, on a scale that shows the whole trace. A whole range cannot be moved, so dragging on it draws.
pub fn grip_at(x: f64, scale: &TimeScale, range: TimeRange) -> Grip {
    let from = scale.x_from_nanos(range.from());
    let to = scale.x_from_nanos(range.to());
    let (near_from, near_to) = ((x - from).abs(), (x - to).abs());
    // A very narrow range is all edge: inside it the middle third still moves it.
    let reach = HANDLE_CSS_PX.min(((to - from) / 3.0).max(1.0));
    let outside = HANDLE_CSS_PX;
    let from_reach = if x < from { outside } else { reach };
    let to_reach = if x > to { outside } else { reach };
    if near_from <= from_reach && near_from <= near_to {
        Grip::From
    } else if near_to <= to_reach {
        Grip::To
    } else if from < x && x < to && range != scale.range {
        Grip::Middle
    } else {
        Grip::New
    }
}

/// A drag under way. Each position is computed from where the drag began, so no rounding adds up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeDrag {
    grip: Grip,
    scale: TimeScale,
    start_x: f64,
    before: TimeRange,
    duration: u64,
}

impl RangeDrag {
    /// Begins at `x` with `before` as the range.
    pub const fn new(grip: Grip, scale: TimeScale, start_x: f64, before: TimeRange, duration: u64) -> Self {
        Self { grip, scale, start_x, before, duration }
    }

    /// What was taken hold of.
    pub const fn grip(&self) -> Grip {
        self.grip
    }

    /// The range with the pointer at `x`. An edge dragged past the other one takes its place.
    pub fn range_at(&self, x: f64) -> TimeRange {
        let at = self.scale.nanos_from_x(x);
        match self.grip {
            Grip::From => TimeRange::between(at, self.before.to(), self.duration),
            Grip::To => TimeRange::between(self.before.from(), at, self.duration),
            Grip::Middle => self.before.panned(self.scale.nanos_from_distance(x - self.start_x), self.duration),
            Grip::New => TimeRange::between(self.scale.nanos_from_x(self.start_x), at, self.duration),
        }
    }
}

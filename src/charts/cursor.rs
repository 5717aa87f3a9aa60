//! The keyboard's place in a chart: a bin, or a region that grows from one.

use super::chart::{Cells, Chart};

/// A bin, and the one that a region began at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Where the region began; the same as `head` without one.
    pub anchor: (u32, u32),
    /// Where the cursor is: bins across and up.
    pub head: (u32, u32),
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// So many bins across and up.
    By(i32, i32),
    /// To the first bin across.
    First,
    /// To the last one.
    Last,
}

impl Cursor {
    /// At the bin where most is.
    pub fn start(chart: &Chart<'_>) -> Self {
        let cells = chart.busiest();
        let at = (cells.x.0, cells.y.0);
        Self { anchor: at, head: at }
    }

    /// After a key; with `grown`, the region grows to where the cursor goes.
    #[must_use]
    pub fn moved(self, chart: &Chart<'_>, step: Move, grown: bool) -> Self {
        let (x, y) = self.head;
        let (last_x, last_y) = (chart.x.count.saturating_sub(1), chart.rows().saturating_sub(1));
        let head = match step {
            Move::By(across, up) => (x.saturating_add_signed(across).min(last_x), y.saturating_add_signed(up).min(last_y)),
            Move::First => (0, y),
            Move::Last => (last_x, y),
        };
        Self { anchor: if grown { self.anchor } else { head }, head }
    }

    /// The region.
    pub fn cells(self) -> Cells {
        Cells::one(self.anchor.0, self.anchor.1).with(Cells::one(self.head.0, self.head.1))
    }
}

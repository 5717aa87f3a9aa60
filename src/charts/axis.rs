//! Bins along an axis: where each is, which one is at a pixel, and where a duration stands among them.

/// Bins of one width along a stretch of pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bins {
    /// How many; at least 1 wherever something is drawn.
    pub count: u32,
    /// Where the first one begins, CSS pixels.
    pub from: f64,
    /// Where the last one ends; before `from` on an axis that goes up.
    pub to: f64,
}

impl Bins {
    /// Where an edge is, counted from 0; fractions are within a bin.
    pub fn edge(&self, edge: f64) -> f64 {
        self.from + (self.to - self.from) * edge / f64::from(self.count.max(1))
    }

    /// The bin at a pixel: the first or last one beyond the ends.
    pub fn nearest(&self, css_px: f64) -> u32 {
        let width = self.to - self.from;
        if width == 0.0 {
            return 0;
        }
        let at = (css_px - self.from) / width * f64::from(self.count);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, and is cut to the bins")]
        let at = at.floor().max(0.0) as u32;
        at.min(self.count.saturating_sub(1))
    }

    /// Where the bins from `first` to `last` are: the smaller pixel first.
    pub fn stretch(&self, first: u32, last: u32) -> (f64, f64) {
        let (a, b) = (self.edge(f64::from(first)), self.edge(f64::from(last) + 1.0));
        (a.min(b), a.max(b))
    }
}

/// Bins of durations: of one width each, and logarithmic inside.
#[derive(Clone, Copy, Debug)]
pub struct DurationAxis<'a> {
    /// Edges, ascending, one more than bins.
    pub edges: &'a [u64],
    /// Where they are.
    pub bins: Bins,
}

impl DurationAxis<'_> {
    /// Where a duration is; what is beyond the edges is at the ends.
    pub fn place(&self, duration: u64) -> f64 {
        let above = self.edges.partition_point(|&edge| edge <= duration);
        let Some(bin) = above.checked_sub(1) else {
            return self.bins.from;
        };
        let (Some(&low), Some(&high)) = (self.edges.get(bin), self.edges.get(bin + 1)) else {
            return self.bins.to;
        };
        let (low, high, value) = ((low.max(1) as f64).ln(), (high.max(1) as f64).ln(), (duration.max(1) as f64).ln());
        let within = if high > low { (value - low) / (high - low) } else { 0.0 };
        self.bins.edge(bin as f64 + within)
    }
}

/// Moves labels apart: each `(middle, width)` in ascending order of middles, all within `from..to`, with `gap` between neighbors. Gives the
/// left ends. Labels stay as near to their places as there is room; where there is none for all, the first ones overlap.
pub fn spread(labels: &[(f64, f64)], from: f64, to: f64, gap: f64) -> Vec<f64> {
    let mut placed = Vec::with_capacity(labels.len());
    let mut free = from;
    for &(middle, width) in labels {
        let left = (middle - width / 2.0).max(free);
        placed.push(left);
        free = left + width + gap;
    }
    // Whatever was pushed over the end comes back, and pushes those before it.
    let mut end = to;
    for (left, &(_, width)) in placed.iter_mut().zip(labels).rev() {
        *left = left.min(end - width);
        end = *left - gap;
    }
    placed
}

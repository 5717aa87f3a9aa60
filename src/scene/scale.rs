//! The visible range of a trace, and the mapping between its nanoseconds and CSS pixels.
//!
//! The range is two whole nanoseconds, so zooming and panning are integer steps that can be written into an address and
//! read back; the mapping subtracts in integers first, so a bar does not tremble however late in the trace the view is.

/// A stretch of a trace: offsets from its start in nanoseconds, `from < to` always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    from: u64,
    to: u64,
}

impl TimeRange {
    /// The whole of a trace that lasts `duration`; a trace without duration gets one nanosecond to stand in.
    pub fn whole(duration: u64) -> Self {
        Self { from: 0, to: duration.max(1) }
    }

    /// The range between two offsets in either order, kept inside a trace of `duration` and at least a nanosecond long.
    pub fn between(a: u64, b: u64, duration: u64) -> Self {
        let end = duration.max(1);
        let from = a.min(b).min(end - 1);
        Self { from, to: a.max(b).min(end).max(from + 1) }
    }

    /// Left edge.
    pub const fn from(self) -> u64 {
        self.from
    }

    /// Right edge.
    pub const fn to(self) -> u64 {
        self.to
    }

    /// How long it is; never 0.
    pub const fn nanos(self) -> u64 {
        self.to - self.from
    }

    /// Whether it shows all of a trace of `duration`.
    pub fn is_whole(self, duration: u64) -> bool {
        self == Self::whole(duration)
    }

    /// Zooms by `factor` (below 1: closer) so that the moment at `fraction` of the width stays where it is.
    ///
    /// A factor that would round to no change moves by one nanosecond, so the closest zoom is always reached.
    #[must_use]
    pub fn zoomed(self, fraction: f64, factor: f64, duration: u64) -> Self {
        let whole = Self::whole(duration);
        let old = self.nanos();
        let wanted = nanos_from_f64(old as f64 * factor.clamp(1e-6, 1e6));
        let stepped = if factor < 1.0 {
            wanted.min(old - 1)
        } else if factor > 1.0 {
            wanted.max(old.saturating_add(1))
        } else {
            old
        };
        let new = stepped.clamp(1, whole.nanos());
        let fraction = fraction.clamp(0.0, 1.0);
        let (bigger, smaller) = (old.max(new), old.min(new));
        let moved = nanos_from_f64((bigger - smaller) as f64 * fraction);
        let from = if new < old { self.from.saturating_add(moved) } else { self.from.saturating_sub(moved) };
        Self::placed(from, new, whole)
    }

    /// Moves by `nanos` (positive: later), stopping at the ends of the trace; the length stays.
    #[must_use]
    pub fn panned(self, nanos: i64, duration: u64) -> Self {
        let whole = Self::whole(duration);
        Self::placed(self.from.saturating_add_signed(nanos), self.nanos().min(whole.nanos()), whole)
    }

    /// The range of a span. One without duration gets two nanoseconds on each side.
    pub fn around(start: u64, span_nanos: u64, duration: u64) -> Self {
        let air = if span_nanos == 0 { 2 } else { 0 };
        Self::between(start.saturating_sub(air), start.saturating_add(span_nanos).saturating_add(air), duration)
    }

    const fn placed(from: u64, nanos: u64, whole: Self) -> Self {
        let latest = whole.to - nanos;
        let from = if from > latest { latest } else { from };
        Self { from, to: from + nanos }
    }
}

/// Nanoseconds of a range on a stretch of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeScale {
    /// What is shown.
    pub range: TimeRange,
    /// Where `range.from()` is, in CSS pixels.
    pub left: f64,
    /// How wide the range is, in CSS pixels; at least 1.
    pub width: f64,
}

impl TimeScale {
    /// The range over `width` pixels from `left` on.
    pub const fn new(range: TimeRange, left: f64, width: f64) -> Self {
        Self { range, left, width: width.max(1.0) }
    }

    /// Pixels per nanosecond.
    pub fn css_px_per_nano(&self) -> f64 {
        self.width / self.range.nanos() as f64
    }

    /// Where a moment is; may be outside the view.
    pub fn x_from_nanos(&self, offset: u64) -> f64 {
        let from_edge =
            if offset >= self.range.from { (offset - self.range.from) as f64 } else { -((self.range.from - offset) as f64) };
        self.left + from_edge * self.css_px_per_nano()
    }

    /// The moment at a pixel, to the nearest nanosecond; never before the start of the trace.
    pub fn nanos_from_x(&self, x: f64) -> u64 {
        let nanos = (x - self.left) / self.css_px_per_nano();
        if nanos >= 0.0 {
            self.range.from.saturating_add(nanos_from_f64(nanos))
        } else {
            self.range.from.saturating_sub(nanos_from_f64(-nanos))
        }
    }

    /// How many nanoseconds a distance in pixels is, signed.
    pub fn nanos_from_distance(&self, css_px: f64) -> i64 {
        let nanos = (css_px / self.css_px_per_nano()).round();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float to an integer saturates, which is what a drag past the end should do"
        )]
        let whole = nanos as i64;
        whole
    }

    /// Where in the width a pixel is: 0 at the left edge, 1 at the right, clamped.
    pub fn fraction_from_x(&self, x: f64) -> f64 {
        ((x - self.left) / self.width).clamp(0.0, 1.0)
    }
}

/// Rounds; negative and NaN become 0, too large the largest.
fn nanos_from_f64(nanos: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to an integer saturates, which is what is wanted at both ends"
    )]
    let whole = nanos.round() as u64;
    whole
}

//! One row's bar: where it is, which parts of it are the span's own work, its events, and where its duration can be written.
//!
//! ```text
//!  name column │        view.left                                   view.right
//!              │            ┌─self─┬──busy───┬self┐
//!              │            │██████│░░░░░░░░░│████│ 12.3 ms
//!              │            └──────┴─────────┴──|─┘            | event
//! ```

use super::TimeScale;

/// Narrowest bar that is drawn: an instant must still be seen.
pub const MIN_BAR_CSS_PX: f64 = 2.0;
/// Air between a bar and its label.
const LABEL_GAP_CSS_PX: f64 = 6.0;
/// Air kept between a label and an event tick.
const TICK_AIR_CSS_PX: f64 = 3.0;
/// What the arithmetic may be off by: an edge this near to the view's is not cut.
const SLACK_CSS_PX: f64 = 0.01;
/// Events nearer than this are one tick.
const MERGE_CSS_PX: f64 = 1.0;

/// A horizontal stretch, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// Left edge.
    pub left: f64,
    /// Right edge, not before the left one.
    pub right: f64,
}

impl Extent {
    /// How wide it is.
    pub fn width(self) -> f64 {
        self.right - self.left
    }

    /// The part of it inside `other`, if any of it is.
    fn clipped(self, other: Self) -> Option<Self> {
        let left = self.left.max(other.left);
        let right = self.right.min(other.right);
        (left < right).then_some(Self { left, right })
    }
}

/// What is known of a span's time, for its bar.
#[derive(Clone, Copy, Debug)]
pub struct BarSpan<'a> {
    /// Offset of the start from the trace's start.
    pub start: u64,
    /// Nanoseconds.
    pub duration: u64,
    /// Where children were running: offsets from the span's start, ascending and disjoint.
    pub busy: &'a [(u64, u64)],
    /// Offsets of events from the trace's start.
    pub events: &'a [u64],
}

/// A bar that is not in the view at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// It ended before the view begins.
    Left,
    /// It starts after the view ends.
    Right,
}

/// A bar, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct BarShape {
    /// What is seen of the bar, widened to [`MIN_BAR_CSS_PX`], or where to look for it.
    pub bar: Result<Extent, Beyond>,
    /// It begins left of the view.
    pub cut_left: bool,
    /// It ends right of the view.
    pub cut_right: bool,
    /// The parts of the bar in which no child was running; at least a third of a pixel wide, ascending.
    pub own: Vec<Extent>,
    /// Events in view, ascending.
    pub ticks: Vec<f64>,
}

impl BarShape {
    /// Lays a span out on `scale`, seen through `view`.
    pub fn new(span: &BarSpan<'_>, scale: &TimeScale, view: Extent) -> Self {
        let true_start = scale.x_from_nanos(span.start);
        let true_end = scale.x_from_nanos(span.start.saturating_add(span.duration));
        // What is too short to be seen is widened to the right, or to the left at the right edge of the view.
        let start = if true_start <= view.right + SLACK_CSS_PX {
            true_start.min(true_end.max(view.right) - MIN_BAR_CSS_PX)
        } else {
            true_start
        };
        let end = true_end.max(start + MIN_BAR_CSS_PX);
        let ticks = ticks(span.events, scale, view);
        let whole = Extent { left: start, right: end };
        let Some(bar) = whole.clipped(view) else {
            let beyond = if start >= view.right { Beyond::Right } else { Beyond::Left };
            return Self { bar: Err(beyond), cut_left: false, cut_right: false, own: Vec::new(), ticks };
        };
        let mut own = Vec::with_capacity(span.busy.len() + 1);
        let mut push = |left: f64, right: f64| {
            if let Some(part) = (Extent { left, right }).clipped(view)
                && part.width() >= 1.0 / 3.0
            {
                own.push(part);
            }
        };
        if end > true_end {
            // Too short to show what is inside it.
            push(start, end);
        } else {
            let mut from = start;
            for &(busy_start, busy_end) in span.busy {
                push(from, scale.x_from_nanos(span.start.saturating_add(busy_start)));
                from = scale.x_from_nanos(span.start.saturating_add(busy_end));
            }
            push(from, end);
        }
        Self { bar: Ok(bar), cut_left: start < view.left - SLACK_CSS_PX, cut_right: end > view.right + SLACK_CSS_PX, own, ticks }
    }
}

impl BarShape {
    /// The parts of the bar in which children were running, ascending.
    pub fn busy_in_view(&self) -> impl Iterator<Item = Extent> {
        let ends = self.bar.ok().map(|bar| (bar.left, bar.right));
        let starts = ends.map(|(left, _)| left).into_iter().chain(self.own.iter().map(|own| own.right));
        let stops = self.own.iter().map(|own| own.left).chain(ends.map(|(_, right)| right));
        starts.zip(stops).map(|(left, right)| Extent { left, right }).filter(|part| part.width() >= 1.0 / 3.0)
    }
}

/// Parts of a span, given as offsets from its start, where they are seen on its bar: ascending, at least a pixel wide so that
/// the shortest is seen, and joined where they touch.
pub fn parts_of_bar(parts: &[(u64, u64)], start: u64, scale: &TimeScale, bar: Extent) -> Vec<Extent> {
    let mut seen: Vec<Extent> = Vec::with_capacity(parts.len());
    for &(from, to) in parts {
        let left = scale.x_from_nanos(start.saturating_add(from));
        let right = scale.x_from_nanos(start.saturating_add(to)).max(left + 1.0);
        let Some(part) = (Extent { left, right }).clipped(bar) else {
            continue;
        };
        match seen.last_mut() {
            Some(last) if part.left <= last.right => last.right = last.right.max(part.right),
            _ => seen.push(part),
        }
    }
    seen
}

fn ticks(events: &[u64], scale: &TimeScale, view: Extent) -> Vec<f64> {
    let mut xs: Vec<f64> =
        events.iter().map(|&event| scale.x_from_nanos(event)).filter(|&x| view.left <= x && x <= view.right).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup_by(|later, kept| *later - *kept < MERGE_CSS_PX);
    xs
}

/// Where moments in view are, ascending, each with the most of its weight; those that are too near to be told apart are one.
pub fn ticks_by_weight(times: impl Iterator<Item = (u64, u8)>, scale: &TimeScale, view: Extent) -> Vec<(f64, u8)> {
    let at = |(time, weight)| (scale.x_from_nanos(time), weight);
    let mut seen: Vec<(f64, u8)> = times.map(at).filter(|&(x, _)| view.left <= x && x <= view.right).collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    seen.dedup_by(|later, kept| {
        let is_near = later.0 - kept.0 < MERGE_CSS_PX;
        if is_near {
            kept.1 = kept.1.max(later.1);
        }
        is_near
    });
    seen
}

/// Where the duration is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LabelPlace {
    /// After the bar, from this x on.
    Right(f64),
    /// Before the bar, from this x on.
    Left(f64),
    /// On the bar, from this x on.
    Inside(f64, Ground),
    /// There is no room that it would not take from something else.
    Nowhere,
}

/// What is under a label on a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The span's own work.
    Own,
    /// Children running.
    Busy,
}

/// Finds room for a label of `width` pixels: after the bar, before it, on a part of it that is all of one kind, or none. It
/// never covers a tick, nor where own work and children's meet, and never leaves the view.
pub fn place_label(shape: &BarShape, width: f64, view: Extent) -> LabelPlace {
    let Ok(bar) = shape.bar else {
        return LabelPlace::Nowhere;
    };
    let free = |left: f64| {
        left >= view.left
            && left + width <= view.right
            && !shape.ticks.iter().any(|&x| left - TICK_AIR_CSS_PX < x && x < left + width + TICK_AIR_CSS_PX)
    };
    let right = bar.right + LABEL_GAP_CSS_PX;
    if !shape.cut_right && free(right) {
        return LabelPlace::Right(right);
    }
    let left = bar.left - LABEL_GAP_CSS_PX - width;
    if !shape.cut_left && free(left) {
        return LabelPlace::Left(left);
    }
    let inside = |part: Extent| {
        let at = part.left + LABEL_GAP_CSS_PX;
        (at + width + LABEL_GAP_CSS_PX <= part.right && free(at)).then_some(at)
    };
    if let Some(at) = shape.busy_in_view().find_map(inside) {
        return LabelPlace::Inside(at, Ground::Busy);
    }
    if let Some(at) = shape.own.iter().copied().find_map(inside) {
        return LabelPlace::Inside(at, Ground::Own);
    }
    LabelPlace::Nowhere
}

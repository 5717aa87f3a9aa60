//! A flame graph's frames as boxes: where each is, what can be written on it, what is under the pointer, and which is next to which.
//!
//! ```text
//!  lane 0 │ frontend GET /cart                        │
//!  lane 1 │ cart Cart.get            │▒▒│ cart Cart.au…│     ▒ many narrow frames together
//!  lane 2 │ db SELECT     │          │  │
//! ```

use std::borrow::Cow;

use super::{Extent, TimeScale};
use crate::protocol::FlameFrame;

/// Narrowest box that is drawn.
const MIN_BOX_CSS_PX: f64 = 1.0;
/// Boxes wider than this keep a pixel of air to their right.
const AIR_FROM_CSS_PX: f64 = 3.0;
/// The air.
const AIR_CSS_PX: f64 = 1.0;
/// What ends a text that does not fit.
const ELLIPSIS: char = '…';
/// Letters of a cut text, at least: one letter says nothing.
const LETTERS_MIN: usize = 2;

/// A frame's place on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlameBox {
    /// Position among the frames.
    pub frame: usize,
    /// Left and right edge, inside the view.
    pub extent: Extent,
    /// Top edge; the first box may begin above the view.
    pub top: f64,
    /// It begins left of the view.
    pub cut_left: bool,
    /// It ends right of the view.
    pub cut_right: bool,
}

/// Lanes of one height in a view that is scrolled down by some of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlameLanes {
    /// Height of a lane, CSS pixels.
    pub lane_css_px: f64,
    /// How far the view is scrolled down, CSS pixels.
    pub top: f64,
    /// Height of the view, CSS pixels.
    pub height: f64,
}

impl FlameLanes {
    /// Top edge of a lane in the view.
    pub fn y_from_lane(&self, lane: u32) -> f64 {
        f64::from(lane) * self.lane_css_px - self.top
    }

    /// The lane at a height of the view; above the first one there is none.
    pub fn lane_from_y(&self, y: f64) -> Option<u32> {
        let lane = ((y + self.top) / self.lane_css_px).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates past the last lane, where nothing is"
        )]
        (lane >= 0.0).then_some(lane as u32)
    }
}

/// The boxes of the frames that are in view, in the frames' order.
pub fn flame_boxes(frames: &[FlameFrame], scale: &TimeScale, lanes: &FlameLanes) -> Vec<FlameBox> {
    let (view_left, view_right) = (scale.left, scale.left + scale.width);
    let mut boxes = Vec::with_capacity(frames.len());
    for (at, frame) in frames.iter().enumerate() {
        let top = lanes.y_from_lane(frame.lane);
        if top + lanes.lane_css_px <= 0.0 || top >= lanes.height {
            continue;
        }
        let left = scale.x_from_nanos(frame.start);
        let right = scale.x_from_nanos(frame.start.saturating_add(frame.width));
        // An instant at the right edge is drawn to the left of it.
        let left = if left >= view_right && left <= view_right + 0.01 { view_right - MIN_BOX_CSS_PX } else { left };
        let right = if right - left > AIR_FROM_CSS_PX { right - AIR_CSS_PX } else { right.max(left + MIN_BOX_CSS_PX) };
        if right <= view_left || left >= view_right {
            continue;
        }
        boxes.push(FlameBox {
            frame: at,
            extent: Extent { left: left.max(view_left), right: right.min(view_right) },
            top,
            cut_left: left < view_left - 0.5,
            cut_right: right > view_right + 0.5,
        });
    }
    boxes
}

/// The frame under a point: the box there, or the nearest narrow one within `reach` pixels of it on the same lane.
pub fn flame_frame_at(boxes: &[FlameBox], lanes: &FlameLanes, (x, y): (f64, f64), reach: f64) -> Option<usize> {
    let apart = |found: &FlameBox| (found.extent.left - x).max(x - found.extent.right).max(0.0);
    boxes
        .iter()
        .filter(|found| found.top <= y && y < found.top + lanes.lane_css_px)
        .map(|found| (apart(found), found.frame))
        .filter(|&(apart, _)| apart <= reach)
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, frame)| frame)
}

/// Where to go from a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlameStep {
    /// To the frame above that it is part of.
    Parent,
    /// To the widest frame right below.
    Child,
    /// To the one before on its lane.
    Previous,
    /// To the one after on its lane.
    Next,
}

/// The frame next to the one at `at`. Frames stand by lane, then from the left.
pub fn flame_neighbor(frames: &[FlameFrame], at: usize, step: FlameStep) -> Option<usize> {
    let from = frames.get(at)?;
    let on_lane = |lane: u32| {
        let first = frames.partition_point(|frame| frame.lane < lane);
        let end = frames.partition_point(|frame| frame.lane <= lane);
        first..end
    };
    let end_of = |frame: &FlameFrame| frame.start.saturating_add(frame.width);
    match step {
        FlameStep::Previous => {
            at.checked_sub(1).filter(|&before| frames.get(before).is_some_and(|frame| frame.lane == from.lane))
        }
        FlameStep::Next => at.checked_add(1).filter(|&after| frames.get(after).is_some_and(|frame| frame.lane == from.lane)),
        FlameStep::Parent => {
            // Where siblings run side by side their lanes stand between a frame and its parent.
            let holds = |frame: &FlameFrame| frame.start <= from.start && end_of(frame) >= end_of(from);
            let overlaps = |frame: &FlameFrame| frame.start <= from.start && end_of(frame) > from.start;
            let nearest = |test: &dyn Fn(&FlameFrame) -> bool| {
                (0..on_lane(from.lane).start).rev().find(|&at| frames.get(at).is_some_and(test))
            };
            // What runs on after its parent is not within it; then what it begins in is its parent.
            nearest(&holds).or_else(|| nearest(&overlaps)).or_else(|| on_lane(from.lane).start.checked_sub(1))
        }
        FlameStep::Child => {
            let inside =
                |frame: &FlameFrame| from.start <= frame.start && frame.start < end_of(from).max(from.start.saturating_add(1));
            let below = on_lane(from.lane).end;
            let first = frames.iter().skip(below).find(|frame| inside(frame))?;
            on_lane(first.lane)
                .filter_map(|at| frames.get(at).filter(|frame| inside(frame)).map(|frame| (at, frame.width)))
                // The first of the widest.
                .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
                .map(|(at, _)| at)
        }
    }
}

/// How wide letters are in the font that boxes are written with. Kerning is left out: a text is a hair narrower than its sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advances {
    ascii: Vec<f64>,
    other: f64,
}

impl Advances {
    /// Measures each letter of ASCII once. All others are taken to be as wide as a wide one, so that no text runs over.
    pub fn measure(width_of: impl Fn(&str) -> f64) -> Self {
        let ascii = (0_u8..128).map(|letter| width_of(char::from(letter).encode_utf8(&mut [0; 4]))).collect();
        Self { ascii, other: width_of("一").max(width_of("W")) }
    }

    fn of(&self, letter: char) -> f64 {
        usize::try_from(u32::from(letter)).ok().and_then(|at| self.ascii.get(at)).copied().unwrap_or(match letter {
            // As wide as a letter in most fonts, and written by us alone.
            ELLIPSIS => self.other * 0.85,
            _ => self.other,
        })
    }

    /// How wide a text is.
    pub fn width(&self, text: &str) -> f64 {
        text.chars().map(|letter| self.of(letter)).sum()
    }

    /// The text, or its beginning and an ellipsis, in `room` pixels; `None` if too little of it would be left.
    pub fn fit<'a>(&self, text: &'a str, room: f64) -> Option<Cow<'a, str>> {
        let ellipsis = self.of(ELLIPSIS);
        let mut used = 0.0;
        let mut cut = 0;
        let mut letters = 0;
        for (at, letter) in text.char_indices() {
            let width = self.of(letter);
            if used + width > room {
                let short = text.get(..cut).unwrap_or_default().trim_end();
                return (letters >= LETTERS_MIN && !short.is_empty()).then(|| Cow::Owned(format!("{short}{ELLIPSIS}")));
            }
            used += width;
            if used + ellipsis <= room {
                cut = at + letter.len_utf8();
                letters += 1;
            }
        }
        (!text.is_empty()).then_some(Cow::Borrowed(text))
    }
}

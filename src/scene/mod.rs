//! Geometry without a screen: time to pixels and back, ticks, bars, labels, indents, scrolling, and what a drag comes to.
//!
//! *Invariants.* Times are `u64` nanosecond offsets from the start of the trace until the last moment; a difference is taken
//! in integers before it becomes an `f64`, so what stands near the left edge of the view is exact at any zoom. Positions
//! are CSS pixels. Nothing here knows a canvas, an element or a color.

pub mod axis;
mod bar;
mod flame;
pub mod format;
mod fuzzy;
mod indent;
pub mod map_layout;
pub mod map_view;
mod minimap;
pub mod palette;
pub mod parse;
mod ruler;
mod scale;
mod scroll;
pub mod text;

pub use bar::{
    BarShape, BarSpan, Beyond, Extent, Ground, LabelPlace, MIN_BAR_CSS_PX, parts_of_bar, place_label, ticks_by_weight,
};
pub use flame::{Advances, FlameBox, FlameLanes, FlameStep, flame_boxes, flame_frame_at, flame_neighbor};
pub use fuzzy::fuzzy_score;
pub use indent::{GuideRow, Indent, guides_below};
pub use minimap::{Grip, RangeDrag, grip_at};
pub use ruler::{Ruler, Tick};
pub use scale::{TimeRange, TimeScale};
pub use scroll::{RowSpan, SPACER_CAP_CSS_PX, ScrollMap};

//! Flame graphs: a trace with time across, or like spans of many traces joined by the path of operations that leads to them.

mod chart;
mod merged;

pub use chart::FlameChart;
pub use merged::{FrameIdx, MergedFlame, MergedFrame, Widths};

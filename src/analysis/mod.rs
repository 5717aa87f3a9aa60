//! Data set → derived tables: never stored in it, cached by the engine.
//!
//! Everything is one pass over a trace's rows, or over a span's children; nothing recurses.

mod busy;
mod critical_path;
mod flame;
mod grouping;
mod groups;
mod latency;
mod quantile;
mod red;
mod selected;
mod self_time;
pub mod service_map;
mod skew;

pub use busy::{busy, busy_shifted, thin_out};
pub use critical_path::CriticalPath;
pub use flame::{FlameChart, FrameIdx, MergedFlame, MergedFrame, Widths};
pub use grouping::{
    AttributeHome, GroupKey, Grouping, SpanGroup, SpanGroupIdx, attribute_of, find_value, service_of_group, trace_status,
    value_of,
};
pub use groups::{GROUP_MIN, Group, GroupIdx, Groups, groups};
pub use latency::{
    Latency, LatencyCall, LatencyCount, LatencyFigures, LatencyPlan, MAX_TOP, TimeBins, decade_edges, duration_edges, latency,
};
pub use quantile::{EXACT_LIMIT, Percentiles, Quantiles, SKETCH_ERROR_PPM, Tally, nearest_rank};
pub use red::{Examples, Operation, OperationSpanIdx, Operations, SpanTimes};
pub use selected::Selected;
pub use self_time::{ChildTimes, child_times, child_times_moved};
pub use skew::{ClockPair, Skew};

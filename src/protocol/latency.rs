//! Latency over time and by group, and the table of operations.

use serde::{Deserialize, Serialize};

use super::selection::{Exactness, ExampleTrace, Group, GroupBy, Population, Selection, Stats};
use super::server::ServerBasis;

/// Asks for the latency charts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LatencyRequest {
    /// What is counted.
    pub selection: Selection,
    /// Spans or traces.
    pub of: Population,
    /// What is told apart.
    pub by: GroupBy,
    /// Groups that are told apart, at most; the rest are one, [`Group::Other`].
    pub top: u32,
    /// Bins of time, about.
    pub time_bins: u32,
}

/// The latency charts' figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyView {
    /// Left edge of the first bin of time, absolute; a round time.
    pub start: u64,
    /// Width of a bin of time, nanoseconds; 0 where nothing is counted.
    pub step: u64,
    /// Bins of time.
    pub n_bins: u32,
    /// Earliest and latest start of what is counted.
    pub window: (u64, u64),
    /// Edges of the bins of durations: shared by all histograms and the heatmap.
    pub edges: Vec<u64>,
    /// How quantiles were found.
    pub exactness: Exactness,
    /// All of them together.
    pub all: LatencyGroup,
    /// The groups, most counted first, [`Group::Other`] last; empty where nothing is told apart.
    pub groups: Vec<LatencyGroup>,
    /// How many groups there are, shown or not.
    pub group_count: u32,
    /// Cells of the heatmap that hold something, by time, then by duration.
    pub heat: Vec<HeatCell>,
    /// Left out of all charts: no start.
    pub without_start: u64,
    /// Counted as lasting no time: no end, or an end before the start.
    pub without_end: u64,
    /// A server's figures; `None`: of the spans that are loaded.
    pub basis: Option<Box<ServerBasis>>,
}

/// One group of the charts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyGroup {
    /// Which.
    pub group: Group,
    /// A palette slot: of the service where there is one, else given in order.
    pub color: u8,
    /// Its figures.
    pub stats: Stats,
    /// By bin of duration; the edges are those of the view.
    pub counts: Vec<u64>,
    /// Those that failed, by bin of duration.
    pub errors: Vec<u64>,
    /// By bin of time.
    pub over_time: Vec<TimeBin>,
}

/// What began in a bin of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeBin {
    /// How many.
    pub count: u64,
    /// Those that failed.
    pub errors: u64,
    /// Median duration; meaningless where `count` is 0.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
}

/// A cell of the heatmap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeatCell {
    /// Bin of time.
    pub time: u32,
    /// Bin of duration.
    pub duration: u32,
    /// How many.
    pub count: u64,
    /// Those that failed.
    pub errors: u64,
}

/// Asks for a window of the table of operations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RedRequest {
    /// What is counted.
    pub selection: Selection,
    /// Text that must be in a row's service or name; case does not matter.
    pub filter: String,
    /// What to sort by.
    pub sort: RedColumn,
    /// Largest first.
    pub descending: bool,
    /// First row of the window.
    pub offset: u32,
    /// Rows in the window, at most.
    pub limit: u32,
    /// Points of each sparkline, at most.
    pub spark_bins: u32,
}

/// The columns of the table of operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RedColumn {
    /// Service, then name.
    Operation,
    /// Calls; rate sorts alike.
    Calls,
    /// Share of the calls that failed.
    ErrorShare,
    /// Median.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// The longest.
    Max,
    /// Sum of durations.
    #[default]
    Total,
    /// Sum of self times.
    SelfTime,
    /// Time on critical paths.
    Critical,
}

/// A window of the table of operations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedView {
    /// Operations in the selection.
    pub total: u32,
    /// Those that the filter leaves.
    pub matched: u32,
    /// First row of the window.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<RedRow>,
    /// Earliest and latest start: rates are over the time in between.
    pub window: (u64, u64),
    /// Figures of all operations in the selection together.
    pub all: Stats,
    /// Nanoseconds of selected spans on the critical paths of their traces.
    pub critical: u64,
    /// How quantiles were found.
    pub exactness: Exactness,
    /// A server's figures; `None`: of the spans that are loaded.
    pub basis: Option<Box<ServerBasis>>,
}

/// An operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedRow {
    /// Position in the data set's services.
    pub service: u32,
    /// The span name.
    pub name: String,
    /// Its figures.
    pub stats: Stats,
    /// Nanoseconds on critical paths.
    pub critical: u64,
    /// Calls over the window, evenly binned.
    pub spark: Vec<u32>,
    /// Failed ones, likewise.
    pub spark_errors: Vec<u32>,
    /// Traces to look at.
    pub examples: Vec<ExampleTrace>,
}

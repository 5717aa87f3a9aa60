//! Clocks of a trace's processes that seem to be apart.

use serde::{Deserialize, Serialize};

use super::SpanBrief;

/// Two processes whose clocks seem to be apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPairView {
    /// The one nearer to the root.
    pub parent: ProcessView,
    /// The other.
    pub child: ProcessView,
    /// What must be added to the other's times for its clock to agree with the first's, nanoseconds.
    pub offset: i64,
    /// The least that would put every call inside its parent, where calls bound it.
    pub low: Option<i64>,
    /// The most.
    pub high: Option<i64>,
    /// No offset suits all calls: this is the median of what would center each.
    pub is_uncertain: bool,
    /// Calls between the two.
    pub calls: u32,
    /// Those that stick out of their parents.
    pub outside: u32,
    /// The first of these.
    pub proof: Vec<SpanBrief>,
}

/// A process, as far as its resource tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessView {
    /// Position in the data set's services.
    pub service: u32,
    /// What tells it from others of its service: `service.instance.id`, `host.name` and their like; empty if nothing does.
    pub instance: String,
}

//! Which trace and span of the open data set is meant by ids from elsewhere.

use serde::{Deserialize, Serialize};

/// Asks for what ids mean. At least one of them is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveRequest {
    /// 32 lower-case hex digits, or 16: a trace's id of 64 bits, or a span's if no `span_id` is there. Or an irregular id's text.
    pub trace_id: Option<String>,
    /// 16 lower-case hex digits, or an irregular id's text; empty means none.
    pub span_id: Option<String>,
}

/// What ids mean here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedView {
    /// The trace's id as other views name it; `None`: it is not here.
    pub trace_id: Option<String>,
    /// The span's id as other views name it; `None`: none was asked for, or it is not in that trace.
    pub span_id: Option<String>,
}

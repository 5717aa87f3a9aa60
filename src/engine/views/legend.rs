//! What the colors of a trace mean.

use super::find_trace;
use super::group::{color, group_rows, name};
use crate::base::len_u32;
use crate::base::sort_few_by_key;
use crate::model::Dataset;
use crate::protocol::{Failure, GroupBy, LegendRequest, LegendView};

/// Entries of a legend, at most.
const MAX_ENTRIES: usize = 40;

/// The legend.
pub(in crate::engine) fn legend(dataset: &Dataset, palette: &[u8], request: &LegendRequest) -> Result<LegendView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    // Rows that are not told apart are in their services' colors.
    let by = if request.by == GroupBy::Nothing { GroupBy::Service } else { request.by.clone() };
    let grouping = group_rows(dataset, dataset.traces.spans[trace], &by);
    let mut groups = grouping.groups.as_slice().to_vec();
    sort_few_by_key(&mut groups, |group| (std::cmp::Reverse(group.spans), group.first));
    let entries = groups.iter().take(MAX_ENTRIES);
    Ok(LegendView {
        entries: entries
            .map(|&group| (name(dataset, &by, group.first), color(dataset, palette, &by, group), group.spans))
            .collect(),
        count: len_u32(groups.len()),
    })
}

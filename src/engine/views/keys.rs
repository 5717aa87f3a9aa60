//! The attribute keys that spans and their resources have.

use super::find_trace;
use super::owned;
use crate::base::{Column, Idx as _, StrId};
use crate::model::{Dataset, ResourceIdx};
use crate::protocol::{Failure, KeysRequest, KeysView};

/// Keys in an answer, at most.
const MAX_KEYS: usize = 500;

/// The keys.
pub(in crate::engine) fn keys(dataset: &Dataset, request: &KeysRequest) -> Result<KeysView, Failure> {
    let rows = match &request.trace_id {
        None => dataset.spans.id.range(),
        Some(trace_id) => dataset.traces.spans[find_trace(dataset, trace_id)?],
    };
    let mut spans: Vec<u64> = vec![0; dataset.strings.len()];
    let mut of_resource: Column<ResourceIdx, u64> = Column::from_vec(vec![0; dataset.resources.attributes.len()]);
    let mut add = |keys: &[StrId], count: u64| {
        for key in keys {
            if let Some(spans) = spans.get_mut(key.usize()) {
                *spans += count;
            }
        }
    };
    for span in rows.iter() {
        add(dataset.attributes.key.slice(dataset.spans.attributes[span]), 1);
        of_resource[dataset.spans.resource[span]] += 1;
    }
    for (resource, &count) in of_resource.iter() {
        add(dataset.attributes.key.slice(dataset.resources.attributes[resource]), count);
    }
    let met = spans.iter().zip(0..).filter(|(count, _)| **count != 0);
    let mut keys: Vec<(String, u64)> = met.map(|(&count, key)| (owned(dataset, StrId(key)), count)).collect();
    keys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    keys.truncate(MAX_KEYS);
    Ok(KeysView { keys })
}

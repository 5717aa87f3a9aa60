//! The attribute keys that spans and their resources have.

use super::find_trace;
use super::owned;
use crate::base::{BitSet, Column, Idx as _, IdxRange, StrId, sort_few};
use crate::model::{AttributeIdx, Dataset, ResourceIdx};
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
    // The last owner that had each key, from 1: one that has it twice has it.
    let mut last: Vec<u32> = vec![0; dataset.strings.len()];
    let mut owner = 0;
    let mut add = |attributes: IdxRange<AttributeIdx>, count: u64, but_not: &dyn Fn(StrId) -> bool| {
        owner += 1;
        for &key in dataset.attributes.key.slice(attributes) {
            if let (Some(spans), Some(last)) = (spans.get_mut(key.usize()), last.get_mut(key.usize()))
                && *last != owner
                && !but_not(key)
            {
                *last = owner;
                *spans += count;
            }
        }
    };
    // What a resource has, each of its spans has.
    let mut of_resource: Column<ResourceIdx, u64> = Column::from_vec(vec![0; dataset.resources.attributes.len()]);
    for span in rows.iter() {
        of_resource[dataset.spans.resource[span]] += 1;
    }
    let mut resource_keys = BitSet::new(dataset.strings.len());
    for (resource, &count) in of_resource.iter().filter(|(_, count)| **count != 0) {
        let attributes = dataset.resources.attributes[resource];
        add(attributes, count, &|_| false);
        for key in dataset.attributes.key.slice(attributes) {
            resource_keys.insert(key.usize());
        }
    }
    for span in rows.iter() {
        let resource = dataset.resources.attributes[dataset.spans.resource[span]];
        let is_counted = |key: StrId| resource_keys.has(key.usize()) && dataset.attributes.key.slice(resource).contains(&key);
        add(dataset.spans.attributes[span], 1, &is_counted);
    }
    let met = spans.iter().zip(0..).filter(|(count, _)| **count != 0);
    let mut keys: Vec<(String, u64)> = met.map(|(&count, key)| (owned(dataset, StrId(key)), count)).collect();
    sort_few(&mut keys, |a: &(String, u64), b: &(String, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    keys.truncate(MAX_KEYS);
    Ok(KeysView { keys })
}

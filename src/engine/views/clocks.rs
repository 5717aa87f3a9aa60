//! The clocks of a trace's processes, where they seem to be apart.

use super::{brief, owned};
use crate::engine::caches::TraceTables;
use crate::model::{Dataset, ResourceIdx, Value};
use crate::protocol::{ClockPairView, ProcessView};

/// Pairs that are told of, at most.
const MAX_PAIRS: usize = 50;

/// What tells one process of a service from another, in the order in which it is asked for.
const INSTANCE_KEYS: [&str; 6] =
    ["service.instance.id", "k8s.pod.name", "container.id", "host.name", "net.host.name", "process.pid"];

/// The pairs whose clocks seem to be apart.
pub(super) fn clocks(dataset: &Dataset, tables: &TraceTables) -> Vec<ClockPairView> {
    let view = |pair: &crate::analysis::ClockPair| ClockPairView {
        parent: process(dataset, pair.parent),
        child: process(dataset, pair.child),
        offset: pair.offset,
        low: pair.low,
        high: pair.high,
        is_uncertain: pair.is_uncertain,
        calls: pair.calls,
        outside: pair.outside,
        proof: pair.proof.iter().map(|&span| brief(dataset, span)).collect(),
    };
    tables.skew.pairs.iter().take(MAX_PAIRS).map(view).collect()
}

fn process(dataset: &Dataset, resource: ResourceIdx) -> ProcessView {
    let attributes = dataset.resources.attributes.row(resource).copied().unwrap_or_default();
    let value = |key: &&str| match dataset.attributes.find(attributes, dataset.strings.find(key)?)? {
        Value::String(text) => Some(owned(dataset, text)),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    };
    ProcessView {
        service: dataset.services.of_resource.row(resource).map_or(0, |service| service.0),
        instance: INSTANCE_KEYS.iter().find_map(value).unwrap_or_default(),
    }
}

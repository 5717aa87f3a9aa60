//! The attribute keys that there are, by whose they are, with how much they tell.

use crate::base::{Idx as _, IdxRange, StrId, len_u32, sort_few_by_key};
use crate::model::{AttributeIdx, Dataset};
use crate::traceql::tree::Scope;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: StrId,
    /// Whose it is: never `Any` nor a parent's.
    pub(super) scope: Scope,
    /// Spans that have it; of events, links and instrumentation scopes: how many of these.
    pub(super) count: u64,
    /// It has more than one value: a condition on it tells spans apart.
    pub(super) varies: bool,
}

/// The keys: those that tell spans apart first, then those that most have.
#[derive(Debug, Default)]
pub(in crate::engine) struct KeyTable {
    pub(super) keys: Vec<Key>,
}

/// What is known of a key while they are counted.
#[derive(Clone, Copy)]
struct Tally {
    name: StrId,
    count: u64,
    first: (u8, u64),
    varies: bool,
}

impl KeyTable {
    /// One pass over all attributes.
    pub(super) fn of(dataset: &Dataset) -> Self {
        let mut of_resource = vec![0_u64; dataset.resources.attributes.len()];
        let mut of_scope = vec![0_u64; dataset.scopes.attributes.len()];
        for (&resource, &scope) in dataset.spans.resource.as_slice().iter().zip(dataset.spans.scope.as_slice()) {
            for (counts, at) in [(&mut of_resource, resource.usize()), (&mut of_scope, scope.usize())] {
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
            }
        }
        let ones = std::iter::repeat(1);
        let mut keys = Vec::new();
        // Where a text is tallied as a key, from 1: few texts are keys, so what is tallied stays together.
        let mut places = vec![0_u32; dataset.strings.len()];
        let mut add = |scope: Scope, owners: &mut dyn Iterator<Item = (IdxRange<AttributeIdx>, u64)>| {
            let mut tallies: Vec<Tally> = Vec::new();
            for (rows, weight) in owners.filter(|&(_, weight)| weight != 0) {
                for at in rows.iter() {
                    let name = dataset.attributes.key(at);
                    let value = (dataset.attributes.tag[at] as u8, dataset.attributes.payload[at]);
                    let Some(place) = places.get_mut(name.usize()) else { continue };
                    if let Some(tally) = tallies.get_mut((*place as usize).wrapping_sub(1)) {
                        tally.varies |= tally.first != value;
                        tally.count += weight;
                    } else {
                        tallies.push(Tally { name, count: weight, first: value, varies: false });
                        *place = len_u32(tallies.len());
                    }
                }
            }
            for Tally { name, count, varies, .. } in tallies {
                if let Some(place) = places.get_mut(name.usize()) {
                    *place = 0;
                }
                keys.push(Key { name, scope, count, varies });
            }
        };
        let spans = dataset.spans.attributes.as_slice().iter().copied();
        add(Scope::Span, &mut spans.zip(ones.clone()));
        add(Scope::Resource, &mut dataset.resources.attributes.as_slice().iter().copied().zip(of_resource));
        add(Scope::Instrumentation, &mut dataset.scopes.attributes.as_slice().iter().copied().zip(of_scope));
        add(Scope::Event, &mut dataset.events.attributes.as_slice().iter().copied().zip(ones.clone()));
        add(Scope::Link, &mut dataset.links.attributes.as_slice().iter().copied().zip(ones));
        let place = |key: &Key| (!key.varies, std::cmp::Reverse(key.count), len_u32(key.scope as usize), key.name);
        sort_few_by_key(&mut keys, place);
        Self { keys }
    }
}

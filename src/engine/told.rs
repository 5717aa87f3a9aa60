//! Traces that a server tells of, beside the data set: their summaries, since their spans are elsewhere.
//!
//! One whose spans have been loaded is not listed any more; it is kept all the same, so that it comes back when the data goes.

use super::palette;
use crate::base::text::u128_from_hex;
use crate::base::{FastMap, Idx as _, Interner, StrId, len_u32, sort_few};
use crate::model::{Dataset, TraceIdx, TraceKey};
use crate::protocol::{FoundChange, FoundRequest, FoundTrace, Selection};

/// How many are kept; of more, the earliest go.
const MAX_TOLD: usize = 1_000_000;
/// How much is kept of a name, in characters.
const MAX_NAME: usize = 1000;
/// How many services are kept of a trace.
const MAX_SERVICES: usize = 1000;

/// The traces.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// By start, then id, as in the data set.
    traces: Vec<ToldTrace>,
    /// Those whose spans are not here.
    pub(super) listed: Vec<u32>,
    names: Interner,
    /// Positions among the services of the data set and then `extra`, by name.
    position: Vec<u32>,
    /// The services that only these traces name, by name.
    extra: Vec<StrId>,
    /// What servers let through.
    applied: Vec<Selection>,
}

/// The place of a trace among others, as in the data set: by start, those without one last, then by id.
pub(super) fn place_of(start: u64, key: TraceKey) -> (u64, TraceKey) {
    (start.wrapping_sub(1), key)
}

/// A trace.
#[derive(Clone, Debug)]
pub(super) struct ToldTrace {
    /// Its id.
    pub(super) key: TraceKey,
    /// Earliest start.
    pub(super) start: u64,
    /// Latest end less earliest start.
    pub(super) duration: u64,
    /// Service of its root.
    pub(super) service: StrId,
    /// Name of its root.
    pub(super) name: StrId,
    /// Spans; 0 where that is not known.
    pub(super) spans: u32,
    /// Spans with status Error.
    pub(super) errors: u32,
    /// Its services, most spans first.
    pub(super) services: Vec<StrId>,
    /// Which selection it was sought with.
    applied: u32,
}

impl Told {
    /// Takes in what a server tells.
    pub(super) fn take(&mut self, request: &FoundRequest) {
        if request.change == FoundChange::Replace {
            *self = Self::default();
        }
        let known = self.applied.iter().position(|applied| *applied == request.applied);
        let applied = len_u32(known.unwrap_or(self.applied.len()));
        if known.is_none() {
            self.applied.push(request.applied.clone());
        }
        let mut place: FastMap<TraceKey, TraceIdx> =
            self.traces.iter().zip(0..).map(|(trace, at)| (trace.key, TraceIdx(at))).collect();
        for told in &request.traces {
            // What is no id cannot be asked for.
            let key = u128_from_hex(told.trace_id.as_bytes()).map_or(TraceKey::Missing, TraceKey::from_number);
            if key == TraceKey::Missing {
                continue;
            }
            let trace = self.trace(key, told, applied);
            let at = place.entry(key).or_insert(TraceIdx(len_u32(self.traces.len()))).usize();
            match self.traces.get_mut(at) {
                Some(older) => *older = trace,
                None => self.traces.push(trace),
            }
        }
        sort_few(&mut self.traces, |a, b| place_of(a.start, a.key).cmp(&place_of(b.start, b.key)));
        self.traces.drain(..self.traces.len().saturating_sub(MAX_TOLD));
    }

    fn trace(&mut self, key: TraceKey, told: &FoundTrace, applied: u32) -> ToldTrace {
        let mut kept = |text: &str, none: &str| {
            let end = text.char_indices().nth(MAX_NAME).map_or(text.len(), |(end, _)| end);
            let text = text.get(..end).unwrap_or_default();
            self.names.intern(if text.is_empty() { none } else { text })
        };
        // A server may say anything; the end must be a time.
        let start = told.start.min(u64::MAX - 1);
        ToldTrace {
            key,
            start,
            duration: told.duration.min(u64::MAX - 1 - start),
            service: kept(&told.root_service, Dataset::UNKNOWN_SERVICE),
            name: kept(&told.root_name, ""),
            spans: told.spans.unwrap_or(0),
            errors: told.errors,
            services: told.services.iter().take(MAX_SERVICES).map(|(name, _)| kept(name, Dataset::UNKNOWN_SERVICE)).collect(),
            applied,
        }
    }

    /// Takes over which of the traces and services the data set has; gives the palette slots of all services.
    pub(super) fn settle(&mut self, dataset: &Dataset) -> Vec<u8> {
        let is_here = |trace: &ToldTrace| dataset.find_trace(trace.key).is_some();
        self.listed = self.traces.iter().zip(0..).filter(|(trace, _)| !is_here(trace)).map(|(_, at)| at).collect();
        const UNUSED: u32 = u32::MAX;
        const EXTRA: u32 = u32::MAX - 1;
        let own = dataset.services.name.as_slice();
        let mut position = vec![UNUSED; self.names.len()];
        let mut extra = Vec::new();
        for trace in self.listed.iter().filter_map(|&at| self.traces.get(at as usize)) {
            for &service in trace.services.iter().chain([&trace.service]) {
                let Some(slot) = position.get_mut(service.usize()).filter(|slot| **slot == UNUSED) else { continue };
                let name = self.names.get(service);
                *slot = match own.binary_search_by(|&own| dataset.str(own).cmp(name)) {
                    Ok(at) => len_u32(at),
                    Err(_) if name == Dataset::UNKNOWN_SERVICE && own.first() == Some(&StrId::EMPTY) => 0,
                    Err(_) => {
                        extra.push(service);
                        EXTRA
                    }
                };
            }
        }
        sort_few(&mut extra, |&a, &b| self.names.get(a).cmp(self.names.get(b)));
        for (at, service) in extra.iter().enumerate() {
            if let Some(slot) = position.get_mut(service.usize()) {
                *slot = len_u32(own.len() + at);
            }
        }
        (self.position, self.extra) = (position, extra);
        palette::slots(dataset, self.extra_names())
    }

    /// The services that only these traces name, by name.
    pub(super) fn extra_names(&self) -> impl Iterator<Item = &str> {
        self.extra.iter().map(|&name| self.names.get(name))
    }

    /// A trace.
    pub(super) fn get(&self, at: u32) -> Option<&ToldTrace> {
        self.traces.get(at as usize)
    }

    /// A name.
    pub(super) fn name(&self, id: StrId) -> &str {
        self.names.get(id)
    }

    /// The position of a service.
    pub(super) fn position(&self, service: StrId) -> u32 {
        self.position.get(service.usize()).copied().unwrap_or_default()
    }

    /// The selection that a trace was sought with.
    pub(super) fn applied(&self, trace: &ToldTrace) -> Option<&Selection> {
        self.applied.get(trace.applied as usize)
    }
}

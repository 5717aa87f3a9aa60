//! Traces as the list and the picture above it see them, whether their spans are here or a server tells of them.

use crate::base::len_u32;
use crate::engine::Both;
use crate::engine::told::place_of;
use crate::model::{TraceIdx, TraceKey};
use crate::protocol::TraceRow;

/// Services named in a row, at most: as many dots as fit.
const MAX_SERVICES: usize = 12;

/// A trace.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) enum Listed {
    /// Its spans are here.
    Loaded(TraceIdx),
    /// A server tells of it.
    Told(u32),
}

impl Default for Listed {
    fn default() -> Self {
        Self::Loaded(TraceIdx::default())
    }
}

impl<'a> Both<'a> {
    pub(super) fn key(self, trace: Listed) -> TraceKey {
        match trace {
            Listed::Loaded(trace) => self.dataset.traces.key[trace],
            Listed::Told(at) => self.told.get(at).map_or(TraceKey::Missing, |told| told.key),
        }
    }

    /// Its place among the others.
    pub(super) fn place(self, trace: Listed) -> (u64, TraceKey) {
        place_of(self.start(trace), self.key(trace))
    }

    #[inline]
    pub(super) fn start(self, trace: Listed) -> u64 {
        match trace {
            Listed::Loaded(trace) => self.dataset.traces.start[trace],
            Listed::Told(at) => self.told.get(at).map_or(0, |told| told.start),
        }
    }

    #[inline]
    pub(super) fn duration(self, trace: Listed) -> u64 {
        match trace {
            Listed::Loaded(trace) => self.dataset.traces.duration(trace),
            Listed::Told(at) => self.told.get(at).map_or(0, |told| told.duration),
        }
    }

    pub(super) fn spans(self, trace: Listed) -> u32 {
        match trace {
            Listed::Loaded(trace) => self.dataset.traces.spans[trace].len(),
            Listed::Told(at) => self.told.get(at).map_or(0, |told| told.spans),
        }
    }

    pub(super) fn services(self, trace: Listed) -> u32 {
        match trace {
            Listed::Loaded(trace) => self.dataset.traces.services[trace].len(),
            Listed::Told(at) => self.told.get(at).map_or(0, |told| len_u32(told.services.len())),
        }
    }

    #[inline]
    pub(super) fn errors(self, trace: Listed) -> u32 {
        match trace {
            Listed::Loaded(trace) => self.dataset.traces.errors[trace],
            Listed::Told(at) => self.told.get(at).map_or(0, |told| told.errors),
        }
    }

    /// What [`names`](Self::names) depends on: whether a server tells of it, and the numbers of the root's service and name.
    pub(super) fn root(self, trace: Listed) -> (bool, u32, u32) {
        match trace {
            Listed::Loaded(trace) => {
                let root = self.dataset.traces.root[trace];
                (false, self.dataset.service(root).0, self.dataset.spans.name[root].0)
            }
            Listed::Told(at) => self.told.get(at).map_or((true, 0, 0), |told| (true, told.service.0, told.name.0)),
        }
    }

    /// The root's service and name.
    pub(super) fn names(self, trace: Listed) -> (&'a str, &'a str) {
        match trace {
            Listed::Loaded(trace) => {
                let root = self.dataset.traces.root[trace];
                let service = self.dataset.service(root);
                (self.dataset.service_name(service), self.dataset.str(self.dataset.spans.name[root]))
            }
            Listed::Told(at) => match self.told.get(at) {
                Some(told) => (self.told.name(told.service), self.told.name(told.name)),
                None => ("", ""),
            },
        }
    }

    /// The row of a trace.
    pub(super) fn row(self, trace: Listed) -> TraceRow {
        let mut row = TraceRow {
            trace_id: self.id(trace),
            root_name: self.names(trace).1.to_owned(),
            root_service: 0,
            has_root: true,
            start: self.start(trace),
            duration: self.duration(trace),
            spans: self.spans(trace),
            errors: self.errors(trace),
            orphans: 0,
            services: Vec::new(),
            service_count: self.services(trace),
            depth: 0,
            is_loaded: false,
            selected: self.spans(trace),
            cells: Vec::new(),
            coarse_ns: 0,
        };
        match trace {
            Listed::Loaded(trace) => {
                let traces = &self.dataset.traces;
                let services = traces.service_list.slice(traces.services[trace]);
                row.root_service = self.dataset.service(traces.root[trace]).0;
                row.has_root = traces.roots[trace] != 0;
                row.orphans = traces.orphans[trace];
                row.services = services.iter().take(MAX_SERVICES).map(|(service, _)| service.0).collect();
                row.depth = traces.depth[trace];
                row.is_loaded = true;
                let source = self.dataset.spans.source[traces.root[trace]];
                row.coarse_ns = self.dataset.report.sources.row(source).map_or(0, |source| source.coarse_ns);
            }
            Listed::Told(at) => {
                if let Some(told) = self.told.get(at) {
                    row.root_service = self.told.position(told.service);
                    row.services = told.services.iter().take(MAX_SERVICES).map(|&name| self.told.position(name)).collect();
                }
            }
        }
        row
    }

    /// The id of a trace, as it is written.
    pub(super) fn id(self, trace: Listed) -> String {
        self.key(trace).display(&self.dataset.strings).to_string()
    }
}

//! The Trace Event Format of Chrome ("Trace Event Format", document of the Chromium project), which Perfetto opens.
//!
//! A process for each service, in it as many threads as it takes for slices to nest: spans of a trace that overlap without one
//! holding the other stand beside each other, and a thread of one trace is free for the next one once it has ended. Calls from one
//! service to another are flow arrows. Times are microseconds since the first start, with nanoseconds behind the point, as
//! absolute ones would not fit into a double. What has no start cannot be placed, and is left out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;

use super::json::JsonWriter;
use super::shown::{Shown, ShownSpan};
use super::units::Unit;
use super::values;
use crate::base::{BitSet, FastMap, Idx as _, IdxRange};
use crate::model::{ServiceIdx, SpanIdx, SpanKind, StatusCode};

/// Threads of a service in a trace that are looked at for room, at most; a new one is cheaper than to look at all.
const LOOKED_AT: usize = 32;

/// Slices, with what they need beside them.
pub(super) struct Chrome {
    json: JsonWriter,
    has_begun: bool,
    /// Where time begins; 0 until a start is met.
    origin: u64,
    /// Services that are named already.
    named: BitSet,
    pools: FastMap<ServiceIdx, Pool>,
    /// The trace at hand: its rows, and the thread of each, 0 where it has none.
    rows: IdxRange<SpanIdx>,
    threads: Vec<u32>,
}

/// The threads of a service.
#[derive(Default)]
struct Pool {
    /// Those that are free at a time, the earliest first.
    free: BinaryHeap<Reverse<(u64, u32)>>,
    made: u32,
}

impl Pool {
    fn take(&mut self, now: u64) -> u32 {
        if let Some(&Reverse((from, thread))) = self.free.peek()
            && from <= now
        {
            self.free.pop();
            return thread;
        }
        self.made += 1;
        self.made
    }
}

/// A thread during a trace: the ends of what is open in it, innermost last.
struct Lane {
    thread: u32,
    open: Vec<u64>,
    /// When the last of it ends.
    end: u64,
}

impl Lane {
    /// Takes a slice in, if it nests. Slices come by start.
    fn takes(&mut self, start: u64, end: u64) -> bool {
        while self.open.last().is_some_and(|&last| last <= start) {
            self.open.pop();
        }
        let nests = self.open.last().is_none_or(|&last| end <= last);
        if nests {
            self.open.push(end);
            self.end = self.end.max(end);
        }
        nests
    }
}

/// Nanoseconds since the origin, written as microseconds.
#[derive(Clone, Copy)]
struct Micros {
    time: u64,
    origin: u64,
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.time.abs_diff(self.origin);
        let sign = if self.time < self.origin { "-" } else { "" };
        write!(f, "{sign}{}.{:03}", nanos / 1000, nanos % 1000)
    }
}

impl Chrome {
    pub(super) fn new(shown: &Shown<'_>) -> Self {
        let (services, ..) = shown.table_sizes();
        Self {
            json: JsonWriter::compact(),
            has_begun: false,
            origin: 0,
            named: BitSet::new(services),
            pools: FastMap::default(),
            rows: IdxRange::default(),
            threads: Vec::new(),
        }
    }

    pub(super) fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        self.begin();
        if unit.is_first_of_trace {
            self.place(shown, unit);
        }
        unit.spans.iter().for_each(|&span| self.span(shown, unit, span));
        self.json.drain_into(out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.begin();
        self.json.close();
        self.json.key("displayTimeUnit");
        self.json.string("ns");
        self.json.key("otherData");
        self.json.open_object();
        self.json.key("origin_unix_nano");
        self.json.quoted(self.origin);
        self.json.close();
        self.json.close();
        self.json.end_line();
        self.json.drain_into(out);
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.json.open_object();
            self.json.key("traceEvents");
            self.json.open_array();
        }
    }

    /// Gives each span of a trace a thread.
    fn place(&mut self, shown: &Shown<'_>, unit: &Unit<'_>) {
        self.rows = shown.rows_of(unit.trace);
        self.threads.clear();
        self.threads.resize(self.rows.len() as usize, 0);
        let start = shown.trace_start(unit.trace);
        if self.origin == 0 {
            self.origin = start;
        }
        let mut order: Vec<(u64, Reverse<u64>, SpanIdx)> = Vec::new();
        for at in unit.rows.within(self.rows) {
            let span = shown.span(at);
            if span.start != 0 {
                order.push((span.start, Reverse(span.end.max(span.start)), at));
            }
        }
        crate::base::sort_short(&mut order, Ord::cmp);
        let mut lanes: FastMap<ServiceIdx, Vec<Lane>> = FastMap::default();
        for (from, Reverse(to), at) in order {
            let service = shown.service(at);
            let of_service = lanes.entry(service).or_default();
            let of_parent = shown.parent(at).filter(|&parent| shown.service(parent) == service).map(|parent| self.thread(parent));
            // Beneath its parent where it can; else where there is room.
            let first = of_service.len().saturating_sub(LOOKED_AT);
            let recent = of_service.get_mut(first..).unwrap_or_default();
            let by_parent = recent.iter().position(|lane| Some(lane.thread) == of_parent);
            let found = by_parent
                .filter(|&lane| recent.get_mut(lane).is_some_and(|lane| lane.takes(from, to)))
                .or_else(|| recent.iter_mut().position(|lane| lane.takes(from, to)));
            let known = found.and_then(|lane| recent.get(lane)).map(|lane| lane.thread);
            let thread = known.unwrap_or_else(|| self.pools.entry(service).or_default().take(start));
            if known.is_none() {
                of_service.push(Lane { thread, open: vec![to], end: to });
            }
            if let Some(slot) = self.threads.get_mut((at.0 - self.rows.start) as usize) {
                *slot = thread;
            }
        }
        // Each service by itself, so that the order in which they come does not matter.
        for (service, lanes) in lanes {
            let pool = self.pools.entry(service).or_default();
            pool.free.extend(lanes.iter().map(|lane| Reverse((lane.end, lane.thread))));
        }
    }

    fn thread(&self, span: SpanIdx) -> u32 {
        span.0.checked_sub(self.rows.start).and_then(|at| self.threads.get(at as usize)).copied().unwrap_or(0)
    }

    fn span(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, at: SpanIdx) {
        let span = shown.span(at);
        let (service, thread) = (shown.service(at), self.thread(at));
        if thread == 0 {
            return;
        }
        if self.named.insert(service.usize()) {
            self.event("M", "process_name", service, 0, None);
            self.json.key("args");
            self.json.open_object();
            self.json.key("name");
            self.json.string(shown.service_name(shown.resource_of(at)).as_str());
            self.json.close();
            self.json.close();
        }
        self.event("X", span.name.as_str(), service, thread, Some(span.start));
        self.json.key("dur");
        self.json.bare(Micros { time: span.duration(), origin: 0 });
        arguments(&mut self.json, shown, &span);
        self.json.close();
        for event in span.events.iter().map(|event| shown.event(event)) {
            self.event("i", event.name.as_str(), service, thread, Some(event.time));
            self.json.key("s");
            self.json.string("t");
            self.json.key("args");
            values::json_object(&mut self.json, shown, event.attributes);
            self.json.close();
        }
        if let Some(parent) = shown.parent(at)
            && shown.service(parent) != service
            && unit.rows.has(parent)
            && self.thread(parent) != 0
        {
            self.arrow(shown, parent, at, span.start);
        }
    }

    /// From within a slice to the beginning of another one.
    fn arrow(&mut self, shown: &Shown<'_>, from: SpanIdx, to: SpanIdx, start: u64) {
        let parent = shown.span(from);
        let leaves = start.clamp(parent.start, parent.end.max(parent.start));
        for (phase, span, time) in [("s", from, leaves), ("f", to, start)] {
            self.event(phase, "call", shown.service(span), self.thread(span), Some(time));
            self.json.key("id");
            self.json.bare(to.0);
            if phase == "f" {
                self.json.key("bp");
                self.json.string("e");
            }
            self.json.close();
        }
    }

    /// Begins an event; whoever asked for it ends it.
    fn event(&mut self, phase: &str, name: &str, service: ServiceIdx, thread: u32, time: Option<u64>) {
        let json = &mut self.json;
        json.open_object();
        json.key("ph");
        json.string(phase);
        json.key("name");
        json.string(name);
        json.key("cat");
        json.string("span");
        json.key("pid");
        json.bare(service.0.saturating_add(1));
        json.key("tid");
        json.bare(thread);
        if let Some(time) = time {
            json.key("ts");
            json.bare(Micros { time, origin: self.origin });
        }
    }
}

fn arguments(json: &mut JsonWriter, shown: &Shown<'_>, span: &ShownSpan<'_>) {
    json.key("args");
    json.open_object();
    for (key, id) in [("trace_id", span.trace_id), ("span_id", span.id), ("parent_span_id", span.parent_id)] {
        json.key(key);
        json.string(&id.to_string());
    }
    let kind = match span.kind {
        SpanKind::Unspecified => "",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    };
    let status = match span.status {
        StatusCode::Unset => "",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    };
    for (key, text) in [("kind", kind), ("status", status), ("status_message", span.status_message.as_str())] {
        if !text.is_empty() {
            json.key(key);
            json.string(text);
        }
    }
    json.key("attributes");
    values::json_object(json, shown, span.attributes);
    json.close();
}

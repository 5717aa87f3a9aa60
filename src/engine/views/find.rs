//! Finding text in a trace, and in the names of all traces.
//!
//! A text is held against each distinct string once; what is left for a row is to look up its symbols. Upper and lower case
//! are alike, by Unicode's simple rules.

use std::fmt::Write as _;
use std::rc::Rc;

use super::query::matched;
use crate::base::{BitSet, Idx as _, IdxRange, StrId, len_u32};
use crate::engine::caches::Caches;
use crate::model::{AttributeIdx, Dataset, SpanIdx, SpanKey, TraceIdx, Value};
use crate::traceql::split;

/// The least number of hex digits that are looked for in span ids: fewer are in every other id by chance.
const MIN_ID_DIGITS: usize = 6;

/// The spans of a trace that match.
#[derive(Debug)]
pub(in crate::engine) struct Found {
    /// By their place in the trace.
    pub(in crate::engine) spans: BitSet,
    /// How many.
    pub(in crate::engine) count: u32,
}

/// A text to look for.
pub(super) struct Needle {
    lower: String,
    is_ascii: bool,
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let is_ascii = lower.is_ascii();
        Self { lower, is_ascii }
    }

    /// Whether the text is in `haystack`.
    pub(super) fn is_in(&self, haystack: &str) -> bool {
        if haystack.is_ascii() {
            self.is_ascii && self.is_in_ascii(haystack.as_bytes())
        } else {
            haystack.to_lowercase().contains(&self.lower)
        }
    }

    /// The same in a text that is ASCII, for a needle that is, too.
    pub(super) fn is_in_ascii(&self, haystack: &[u8]) -> bool {
        let Some((&first, rest)) = self.lower.as_bytes().split_first() else { return true };
        memchr::memchr2_iter(first, first.to_ascii_uppercase(), haystack)
            .any(|at| haystack.get(at + 1..at + 1 + rest.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest)))
    }

    pub(super) fn is_hex(&self) -> bool {
        self.lower.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Whether it could be in a number as it is written.
    fn is_numeric(&self) -> bool {
        self.lower.bytes().all(|byte| byte.is_ascii_digit() || b".-+e".contains(&byte))
    }
}

/// The strings that hold a text.
pub(super) fn strings_holding(dataset: &Dataset, caches: &mut Caches, text: &str) -> Rc<BitSet> {
    if let Some(holding) = caches.holding.get(&text.to_owned()) {
        return holding;
    }
    let needle = Needle::new(text);
    let mut holding = BitSet::new(dataset.strings.len());
    for (id, string) in dataset.strings.iter() {
        if needle.is_in(string) {
            holding.insert(id.usize());
        }
    }
    caches.holding.put(text.to_owned(), holding)
}

/// The spans of a trace in which a text is; `None` where none is sought.
pub(super) fn found(dataset: &Dataset, caches: &mut Caches, trace: TraceIdx, text: &str) -> Option<Rc<Found>> {
    if text.is_empty() {
        return None;
    }
    let key = (trace, text.to_owned());
    if let Some(found) = caches.found.get(&key) {
        return Some(found);
    }
    // As in the filter of all views: words, a query, or words before a query.
    let (words, query) = split(text);
    let (words, queried) = if query.is_empty() { (text, None) } else { (words, Some(matched(dataset, caches, query))) };
    let is_of_query =
        |span: SpanIdx| queried.as_ref().is_none_or(|queried| queried.spans.as_ref().is_none_or(|spans| spans.has(span.usize())));
    let mut search = Search::new(dataset, caches, words);
    let has_logs = !dataset.logs_of_trace(trace).is_empty();
    let rows = dataset.traces.spans.row(trace).copied().unwrap_or_default();
    let mut spans = BitSet::new(rows.len() as usize);
    for (at, span) in rows.iter().enumerate() {
        if !is_of_query(span) {
            continue;
        }
        if search.is_in_span(span) || has_logs && dataset.logs_of_span(span).iter().any(|log| search.is_in_log(log)) {
            spans.insert(at);
        }
    }
    let count = len_u32(spans.count());
    Some(caches.found.put(key, Found { spans, count }))
}

pub(super) struct Search<'a> {
    pub(super) dataset: &'a Dataset,
    needle: Needle,
    /// Symbols of the strings that hold it.
    strings: Rc<BitSet>,
    /// Whether each service's name holds it.
    services: Vec<bool>,
    /// Whether `false` and `true` hold it.
    flags: [bool; 2],
    /// Room for a number as it is written.
    written: String,
    pending: Vec<IdxRange<AttributeIdx>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(dataset: &'a Dataset, caches: &mut Caches, text: &str) -> Self {
        let needle = Needle::new(text);
        let is_in_name = |service| needle.is_in(dataset.service_name(service));
        Self {
            dataset,
            strings: strings_holding(dataset, caches, text),
            services: dataset.services.name.iter().map(|(service, _)| is_in_name(service)).collect(),
            flags: [needle.is_in("false"), needle.is_in("true")],
            needle,
            written: String::new(),
            pending: Vec::new(),
        }
    }

    fn is_in_span(&mut self, span: SpanIdx) -> bool {
        let spans = &self.dataset.spans;
        self.has(spans.name[span])
            || self.services.get(self.dataset.service(span).usize()).copied().unwrap_or(false)
            || self.is_in_id(spans.key(span))
            || spans.status_message.get(span).is_some_and(|message| self.has(message))
            || self.is_in_attributes(spans.attributes[span])
            || spans.events[span].iter().any(|event| {
                let events = &self.dataset.events;
                self.has(events.name[event]) || self.is_in_attributes(events.attributes[event])
            })
    }

    pub(super) fn has(&self, id: StrId) -> bool {
        self.strings.has(id.usize())
    }

    fn is_in_id(&mut self, key: SpanKey) -> bool {
        match key {
            SpanKey::Missing => false,
            SpanKey::Text(text) => self.has(text),
            SpanKey::Regular(number) => {
                (MIN_ID_DIGITS..=16).contains(&self.needle.lower.len())
                    && self.needle.is_hex()
                    && self.is_in_written(|out| write!(out, "{number:016x}"))
            }
        }
    }

    pub(super) fn is_in_attributes(&mut self, range: IdxRange<AttributeIdx>) -> bool {
        self.pending.clear();
        self.pending.push(range);
        while let Some(range) = self.pending.pop() {
            for at in range.iter() {
                if self.has(self.dataset.attributes.key(at)) || self.is_in_value(self.dataset.attributes.value(at)) {
                    return true;
                }
            }
        }
        false
    }

    fn is_in_value(&mut self, value: Value<'_>) -> bool {
        match value {
            Value::String(text) => self.has(text),
            Value::Bool(flag) => self.flags.get(usize::from(flag)).copied().unwrap_or(false),
            Value::Int(number) => self.needle.is_numeric() && self.is_in_written(|out| write!(out, "{number}")),
            Value::Double(number) => self.needle.is_numeric() && self.is_in_written(|out| write!(out, "{number}")),
            Value::Array(range) | Value::KvList(range) => {
                self.pending.push(range);
                false
            }
            Value::Bytes(_) | Value::Empty => false,
        }
    }

    fn is_in_written(&mut self, write: impl FnOnce(&mut String) -> std::fmt::Result) -> bool {
        self.written.clear();
        write(&mut self.written).is_ok() && self.written.contains(&self.needle.lower)
    }
}

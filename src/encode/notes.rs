//! Pins and notes of whoever saves spans, written along as attributes of the spans that they are on. Those of a trace stand on its root.
//!
//! *Invariants.* What redaction has not looked at is masked, as everywhere.

use super::redact::{MASK, Masks};
use super::rows::SpanRows;
use super::shown::{ShownValue, Text};
use crate::base::{FastMap, sort_few};
use crate::model::{Dataset, SpanIdx, SpanKey};

/// What is on a span.
const NOTE: &str = "spanwise.note";
const PINNED: &str = "spanwise.pinned";
/// What is on the trace whose root it is.
const TRACE_NOTE: &str = "spanwise.trace.note";
const TRACE_PINNED: &str = "spanwise.trace.pinned";

/// A pin or a note, as ids of the data set name its place.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// The trace's id.
    pub trace_id: &'a str,
    /// The span's id; empty: it is on the trace.
    pub span_id: &'a str,
    /// It is pinned.
    pub is_pinned: bool,
    /// The note; empty if there is none.
    pub note: &'a str,
}

/// Marks at the rows that they are on.
#[derive(Debug, Default)]
pub struct Notes {
    /// By row.
    entries: Vec<Own>,
    marked: u64,
}

/// An attribute that is none of the data's.
#[derive(Debug)]
struct Own {
    span: SpanIdx,
    key: &'static str,
    /// `None`: that it is pinned.
    note: Option<String>,
    shown: Seen,
}

/// What redaction made of it.
#[derive(Debug)]
enum Seen {
    Unseen,
    Clean,
    Masked(String),
    Dropped,
}

impl Own {
    /// As it may be shown; `None`: not at all.
    fn value(&self, is_redacted: bool) -> Option<ShownValue<'_>> {
        Some(match (&self.shown, &self.note) {
            (Seen::Dropped, _) => return None,
            (Seen::Masked(text), _) => ShownValue::String(Text::of_note(text)),
            (Seen::Unseen, _) if is_redacted => ShownValue::String(Text::of_note(MASK)),
            (Seen::Unseen | Seen::Clean, Some(note)) => ShownValue::String(Text::of_note(note)),
            (Seen::Unseen | Seen::Clean, None) => ShownValue::Bool(true),
        })
    }
}

impl Notes {
    /// Finds the rows of marks; those of other data, and of rows that are not written, are passed over.
    pub fn find<'a>(dataset: &Dataset, rows: &SpanRows, marks: impl Iterator<Item = Mark<'a>>) -> Self {
        let mut by_trace: FastMap<&str, Vec<Mark<'a>>> = FastMap::default();
        let mut traces: Vec<&str> = Vec::new();
        for mark in marks {
            let of_trace = by_trace.entry(mark.trace_id).or_default();
            if of_trace.is_empty() {
                traces.push(mark.trace_id);
            }
            of_trace.push(mark);
        }
        let mut new = Self::default();
        for id in traces {
            let Some(trace) = dataset.find_trace_by_text(id) else { continue };
            let mut wanted: FastMap<SpanKey, Mark<'a>> = FastMap::default();
            for mark in by_trace.get(id).into_iter().flatten() {
                if mark.span_id.is_empty() {
                    new.add(dataset.traces.root[trace], rows, mark, [TRACE_PINNED, TRACE_NOTE]);
                } else if let Some(key) = key_of(dataset, mark.span_id) {
                    wanted.insert(key, *mark);
                }
            }
            // One walk over the trace, however many of its spans are marked.
            for span in dataset.traces.spans.row(trace).copied().unwrap_or_default().iter().filter(|_| !wanted.is_empty()) {
                if let Some(mark) = wanted.get(&dataset.spans.key(span)) {
                    new.add(span, rows, mark, [PINNED, NOTE]);
                }
            }
        }
        sort_few(&mut new.entries, |a, b| (a.span, a.key).cmp(&(b.span, b.key)));
        new
    }

    fn add(&mut self, span: SpanIdx, rows: &SpanRows, mark: &Mark<'_>, [pinned, note]: [&'static str; 2]) {
        if !rows.has(span) {
            return;
        }
        self.marked += 1;
        if mark.is_pinned {
            self.entries.push(Own { span, key: pinned, note: None, shown: Seen::Unseen });
        }
        if !mark.note.is_empty() {
            self.entries.push(Own { span, key: note, note: Some(mark.note.to_owned()), shown: Seen::Unseen });
        }
    }

    /// Spans and traces that are marked.
    pub const fn marked(&self) -> u64 {
        self.marked
    }

    /// Lets redaction look at all of it. `hit` is told what is hidden: by which rules, as bits, under which key, and how it reads before
    /// and after.
    pub(super) fn look(&mut self, masks: &mut Masks, mut hit: impl FnMut(u64, &str, &str, Option<&str>)) {
        for own in &mut self.entries {
            let text = own.note.as_deref().unwrap_or("true");
            let (after, rules) = masks.prepare_own(own.key, text, own.note.is_some());
            if rules != 0 {
                hit(rules, own.key, text, after.as_deref());
            }
            own.shown = match after {
                None => Seen::Dropped,
                Some(after) if after == text => Seen::Clean,
                Some(after) => Seen::Masked(after),
            };
        }
    }

    /// What is written on a span, by key.
    pub(super) fn of(&self, span: SpanIdx, is_redacted: bool) -> Vec<(&'static str, ShownValue<'_>)> {
        let from = self.entries.partition_point(|own| own.span < span);
        let of_span = self.entries.get(from..).unwrap_or_default().iter().take_while(|own| own.span == span);
        of_span.filter_map(|own| own.value(is_redacted).map(|value| (own.key, value))).collect()
    }
}

fn key_of(dataset: &Dataset, id: &str) -> Option<SpanKey> {
    match crate::base::text::u64_from_hex(id.as_bytes()) {
        Some(number) => Some(SpanKey::from_number(number)),
        None => dataset.strings.find(id).map(SpanKey::Text),
    }
}

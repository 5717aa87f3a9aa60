//! What a leaf is read with: where it stands, where it goes, and how its texts become symbols.

use super::super::key_cache::KeyCache;
use super::signal::Signal;
use crate::base::StrId;
use crate::model::{Batch, Example, FindingKind, ImportReport, SourceIdx};

/// Where a leaf stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) source: SourceIdx,
    /// Byte offset of the leaf's first byte.
    pub(super) offset: u64,
    /// Numbers of the `ResourceSpans`, of the `ScopeSpans` in it, and of the span in that.
    pub(super) numbers: [u64; 3],
    /// How many of these there are at this place.
    pub(super) depth: usize,
    /// What its elements are.
    pub(super) signal: Signal,
}

impl Place {
    /// An example of a finding `within` bytes into the leaf.
    pub(super) fn example(&self, within: usize, field: &str, note: &str) -> Example {
        let [resource, scope, span] = self.numbers;
        let (of, elements) = match self.signal {
            Signal::Span => ("Spans", "spans"),
            Signal::Log => ("Logs", "logRecords"),
            Signal::Metric => ("Metrics", "metrics"),
            Signal::Profile => ("Profiles", "profiles"),
        };
        let mut path = match self.depth {
            0 => String::new(),
            1 => format!("resource{of}[{resource}]"),
            2 => format!("resource{of}[{resource}].scope{of}[{scope}]"),
            _ => format!("resource{of}[{resource}].scope{of}[{scope}].{elements}[{span}]"),
        };
        if !field.is_empty() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(field);
        }
        Example { source: self.source, offset: Some(self.offset + within as u64), line: None, path, note: note.to_owned() }
    }
}

/// What reading a leaf needs.
pub(super) struct Context<'b> {
    pub(super) batch: &'b mut Batch,
    pub(super) report: &'b mut ImportReport,
    pub(super) keys: &'b mut KeyCache,
    pub(super) values: &'b mut KeyCache,
    pub(super) place: Place,
    /// The leaf.
    pub(super) all: &'b [u8],
}

impl Context<'_> {
    /// The symbol of a text that comes again and again.
    #[inline]
    pub(super) fn key(&mut self, text: &[u8], field: &'static str) -> StrId {
        let (id, is_repaired) = self.keys.intern_bytes(&mut self.batch.strings, text);
        if is_repaired {
            self.note(FindingKind::BadText, text, field, "not UTF-8");
        }
        id
    }

    /// The symbol of any other text.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8], field: &'static str) -> StrId {
        let (id, is_repaired) = self.values.intern_bytes(&mut self.batch.strings, text);
        if is_repaired {
            self.note(FindingKind::BadText, text, field, "not UTF-8");
        }
        id
    }

    /// Counts a finding at `here`, a part of the leaf.
    #[cold]
    pub(super) fn note(&mut self, kind: FindingKind, here: &[u8], field: &'static str, note: &'static str) {
        self.note_many(kind, 1, here, field, note);
    }

    #[cold]
    pub(super) fn note_many(&mut self, kind: FindingKind, count: u64, here: &[u8], field: &'static str, note: &'static str) {
        let within = here.as_ptr().addr().wrapping_sub(self.all.as_ptr().addr());
        let within = if within <= self.all.len() { within } else { 0 };
        self.report.add_many(kind, count, || self.place.example(within, field, note));
    }

    /// Counts a message that breaks at `here`.
    #[cold]
    pub(super) fn broken(&mut self, here: &[u8], field: &'static str) {
        self.note(FindingKind::BrokenProtobuf, here, field, "expected a field, but found a tag, number or length that cannot be");
    }

    /// Counts a field whose value is not of its type.
    #[cold]
    pub(super) fn wrong_type(&mut self, here: &[u8], field: &'static str) {
        self.note(FindingKind::WrongType, here, field, "the wire type is not that of the field");
    }
}

//! What a span (or resource, or scope) was found to have, held back until it is complete: one that has to be read again when more
//! bytes have come must not be told twice.

use crate::model::FindingKind;

/// A finding in waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) kind: FindingKind,
    pub(super) count: u64,
    /// Where in the window.
    pub(super) at: usize,
    /// The field, for the path.
    pub(super) field: &'static str,
    /// What was expected, and what was found.
    pub(super) text: &'static str,
}

/// The findings in waiting, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    waiting: Vec<Note>,
}

impl Notes {
    /// As many examples of a kind as the report would take.
    const MAX_OF_A_KIND: usize = 8;

    #[cold]
    pub(super) fn add(&mut self, kind: FindingKind, at: usize, field: &'static str, text: &'static str) {
        self.add_many(kind, 1, at, field, text);
    }

    #[cold]
    pub(super) fn add_many(&mut self, kind: FindingKind, count: u64, at: usize, field: &'static str, text: &'static str) {
        let known = self.waiting.iter().filter(|waiting| waiting.kind == kind).count();
        let last = self.waiting.iter_mut().rfind(|waiting| waiting.kind == kind);
        match last {
            Some(last) if Self::MAX_OF_A_KIND <= known => last.count += count,
            _ => self.waiting.push(Note { kind, count, at, field, text }),
        }
    }

    /// Puts all of them at one place, and drops those of a kind.
    pub(super) fn gather(&mut self, at: usize, without: FindingKind) {
        self.waiting.retain(|note| note.kind != without);
        for note in &mut self.waiting {
            note.at = at;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Drops those from `len` on. (Where a kind had too many already, the last of them keeps a count that is too high by what is
    /// dropped: there are eight examples of it in one leaf.)
    pub(super) fn truncate(&mut self, len: usize) {
        self.waiting.truncate(len);
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = Note> + '_ {
        self.waiting.drain(..)
    }
}

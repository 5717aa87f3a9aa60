//! Pins and notes: what a person marks in the data, as the device keeps it from visit to visit.
//!
//! One text holds all of it, a line for each span or trace that is marked, the least recently changed first:
//! `pinned⇥trace id⇥span id⇥name⇥note`, with tabs, line breaks and backslashes escaped. What is too much drops the oldest, and whoever
//! puts something in is told how many.
//!
//! *Invariants.* Knows no storage and no clock. `decode(&book.encode())` is `book`, and no text is too odd to be decoded.

use std::fmt::Write as _;

/// Spans and traces that are marked, at most.
pub const MAX_ENTRIES: usize = 1000;
/// Characters of a note, at most.
pub const MAX_NOTE_CHARS: usize = 4000;
/// Characters of a name, at most: it is there to be recognized.
const MAX_NAME_CHARS: usize = 200;
/// Bytes of all of it, at most. Browsers keep about 5 MB for a site, as two bytes a character.
const MAX_BYTES: usize = 2 << 20;

/// A span or a trace that is marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The trace's id, as addresses have it.
    pub trace_id: String,
    /// The span's id; empty: it is the trace that is marked.
    pub span_id: String,
    /// What it was called when it was marked: the data may not be open when it is listed.
    pub name: String,
    /// To be found again.
    pub is_pinned: bool,
    /// What was written on it; empty: nothing.
    pub note: String,
}

impl Entry {
    /// Whether nothing is marked.
    pub const fn is_void(&self) -> bool {
        !self.is_pinned && self.note.is_empty()
    }

    fn bytes(&self) -> usize {
        // Two marks, four tabs and a line break, if nothing is escaped.
        self.trace_id.len() + self.span_id.len() + self.name.len() + self.note.len() + 7
    }
}

/// All that is marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notebook {
    /// The least recently changed first.
    entries: Vec<Entry>,
}

impl Notebook {
    /// Reads what was kept. Lines that say nothing are passed over.
    pub fn decode(text: &str) -> Self {
        let mut book = Self::default();
        for line in text.lines() {
            let mut fields = line.split('\t').map(unescaped);
            let mut field = || fields.next().unwrap_or_default();
            let is_pinned = field() == "1";
            let entry = Entry { is_pinned, trace_id: field(), span_id: field(), name: field(), note: field() };
            book.put(entry);
        }
        book
    }

    /// All of it as a text to be kept.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            let [trace, span, name, note] = [&entry.trace_id, &entry.span_id, &entry.name, &entry.note].map(|text| escaped(text));
            // Writing to a string cannot fail.
            writeln!(text, "{}\t{trace}\t{span}\t{name}\t{note}", u8::from(entry.is_pinned)).unwrap_or_default();
        }
        text
    }

    /// What is marked, the most recently changed first.
    pub fn newest(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// How much is marked.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is marked in a trace: its spans, and itself.
    pub fn of_trace<'a>(&'a self, trace_id: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.trace_id == trace_id)
    }

    /// What is marked of a span; of the trace where the span's id is empty.
    pub fn get(&self, trace_id: &str, span_id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.trace_id == trace_id && entry.span_id == span_id)
    }

    /// Puts an entry in the place of the one for the same span or trace; a void one takes that away. Gives how many of the oldest
    /// were dropped for it.
    pub fn put(&mut self, mut entry: Entry) -> usize {
        self.entries.retain(|other| other.trace_id != entry.trace_id || other.span_id != entry.span_id);
        shorten(&mut entry.note, MAX_NOTE_CHARS);
        shorten(&mut entry.name, MAX_NAME_CHARS);
        if entry.note.trim().is_empty() {
            entry.note.clear();
        }
        if entry.is_void() {
            return 0;
        }
        self.entries.push(entry);
        let mut bytes: usize = self.entries.iter().map(Entry::bytes).sum();
        let excess = |left: usize, bytes: usize| 1 < left && (MAX_ENTRIES < left || MAX_BYTES < bytes);
        let mut dropped = 0;
        for oldest in &self.entries {
            if !excess(self.entries.len() - dropped, bytes) {
                break;
            }
            bytes -= oldest.bytes();
            dropped += 1;
        }
        self.entries.drain(..dropped);
        dropped
    }
}

fn shorten(text: &mut String, chars: usize) {
    if let Some((end, _)) = text.char_indices().nth(chars) {
        text.truncate(end);
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some(other)) => out.push(other),
            (c, _) => out.push(c),
        }
    }
    out
}

//! Writes JSON piece by piece, without a tree of values: with two spaces of indent for people, without any space for files.

use std::fmt::Write as _;

/// What is open, innermost last.
#[derive(Clone, Copy)]
struct Level {
    close: char,
    is_empty: bool,
}

/// A JSON text in the making. The caller keeps keys inside objects and balances `open` and `close`.
#[derive(Default)]
pub(super) struct JsonWriter {
    text: String,
    levels: Vec<Level>,
    /// A key was written and its value comes next.
    after_key: bool,
    /// Without spaces and line breaks.
    is_compact: bool,
}

impl JsonWriter {
    /// One that writes neither spaces nor line breaks.
    pub(super) fn compact() -> Self {
        Self { is_compact: true, ..Self::default() }
    }

    /// Moves what is written so far to `out`; what is open stays open.
    pub(super) fn drain_into(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text.as_bytes());
        self.text.clear();
    }

    /// A line break between two documents; nothing is open.
    pub(super) fn end_line(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn open_object(&mut self) {
        self.open('{', '}');
    }

    pub(super) fn open_array(&mut self) {
        self.open('[', ']');
    }

    fn open(&mut self, open: char, close: char) {
        self.before_value();
        self.text.push(open);
        self.levels.push(Level { close, is_empty: true });
    }

    pub(super) fn close(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        if !level.is_empty {
            self.new_line();
        }
        self.text.push(level.close);
    }

    /// How many objects and arrays are open.
    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    pub(super) fn key(&mut self, key: &str) {
        self.before_value();
        push_string(&mut self.text, key);
        self.text.push_str(if self.is_compact { ":" } else { ": " });
        self.after_key = true;
    }

    pub(super) fn string(&mut self, text: &str) {
        self.before_value();
        push_string(&mut self.text, text);
    }

    /// A number, `true`, `false` or `null`, as it stands.
    pub(super) fn bare(&mut self, token: impl std::fmt::Display) {
        self.before_value();
        // Writing to a string cannot fail.
        write!(self.text, "{token}").unwrap_or_default();
    }

    /// In quotes, what needs no escapes.
    pub(super) fn quoted(&mut self, token: impl std::fmt::Display) {
        self.before_value();
        write!(self.text, "\"{token}\"").unwrap_or_default();
    }

    pub(super) fn finish(mut self) -> String {
        while !self.levels.is_empty() {
            self.close();
        }
        self.text
    }

    fn before_value(&mut self) {
        if std::mem::take(&mut self.after_key) {
            return;
        }
        let Some(level) = self.levels.last_mut() else { return };
        if !std::mem::replace(&mut level.is_empty, false) {
            self.text.push(',');
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if self.is_compact {
            return;
        }
        self.text.push('\n');
        for _ in 0..self.levels.len() {
            self.text.push_str("  ");
        }
    }
}

fn push_string(text: &mut String, value: &str) {
    text.push('"');
    let mut rest = value;
    // Most texts have nothing to escape and are copied whole.
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, 0..=0x1f | b'"' | b'\\' | 0xe2)) {
        let Some((plain, special)) = rest.split_at_checked(at) else { break };
        text.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('"') => text.push_str("\\\""),
            Some('\\') => text.push_str("\\\\"),
            Some('\n') => text.push_str("\\n"),
            Some('\r') => text.push_str("\\r"),
            Some('\t') => text.push_str("\\t"),
            // Also what would end a line in JavaScript, should the text be pasted there.
            Some(c @ ('\0'..='\x1f' | '\u{2028}' | '\u{2029}')) => write!(text, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            Some(c) => text.push(c),
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text.push('"');
}

//! Writes JSON with two spaces of indent, without a tree of values.

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
}

impl JsonWriter {
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
        self.text.push_str(": ");
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
        self.text.push('\n');
        for _ in 0..self.levels.len() {
            self.text.push_str("  ");
        }
    }
}

fn push_string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // Also what would end a line in JavaScript, should the text be pasted there.
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => write!(text, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            _ => text.push(c),
        }
    }
    text.push('"');
}

//! What is wrong with a query: where, what stands there, and what could stand there instead.

use std::fmt;
use std::ops::Range;

/// How far a query came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is not of the language.
    Parse,
    /// It is of the language, and means nothing.
    Validate,
    /// It means something that is not answered yet.
    Unsupported,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How far the query came.
    pub stage: Stage,
    /// Bytes of the query's text, on the bounds of characters.
    pub at: Range<usize>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What stands there; empty at the end of the query.
    pub token: String,
    /// What is wrong.
    pub message: String,
    /// What could stand there, each in words.
    pub expected: Vec<String>,
}

impl Trouble {
    /// Trouble with some bytes of a text.
    #[cold]
    pub fn new(text: &str, stage: Stage, at: Range<usize>, message: String, expected: Vec<String>) -> Self {
        let start = on_bound(text, at.start);
        let end = on_bound(text, at.end).max(start);
        let before = text.get(..start).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let line = count(before.matches('\n').count()).saturating_add(1);
        let column = count(before.rsplit('\n').next().unwrap_or_default().chars().count()).saturating_add(1);
        let token = text.get(start..end).unwrap_or_default().to_owned();
        Self { stage, at: start..end, line, column, token, message, expected }
    }
}

/// The last bound of a character that is not after an offset.
fn on_bound(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&offset| text.is_char_boundary(offset)).unwrap_or(0)
}

/// `a`, `a or b`, `a, b or c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}: {}", self.line, self.column, self.message)?;
        if !self.expected.is_empty() {
            write!(out, "; expected {}", listed(&self.expected))?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

//! The table of `compare()`: how the values of an attribute differ between the selection and the rest.

use std::borrow::Cow;

use crate::protocol::{CompareAttribute, CompareView};

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareRow<'a> {
    /// As a query has it.
    pub literal: &'a str,
    /// To be read.
    pub words: Cow<'a, str>,
    /// Spans of the selection, and their share of it.
    pub selected: (u64, f64),
    /// Other spans, and their share of them.
    pub others: (u64, f64),
}

impl CompareRow<'_> {
    /// How much more of the selection has it than of the rest; negative where it is less.
    pub fn difference(&self) -> f64 {
        self.selected.1 - self.others.1
    }
}

/// The values of an attribute, those that differ most first.
pub fn compare_rows<'a>(view: &CompareView, attribute: &'a CompareAttribute) -> Vec<CompareRow<'a>> {
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let rows = attribute.values.iter().map(|(literal, selected, others)| CompareRow {
        literal,
        words: unquoted(literal).map_or(Cow::Borrowed(literal.as_str()), Cow::Owned),
        selected: (*selected, share(*selected, view.selected)),
        others: (*others, share(*others, view.others)),
    });
    let mut rows: Vec<CompareRow<'_>> = rows.collect();
    rows.sort_by(|a, b| b.difference().abs().total_cmp(&a.difference().abs()));
    rows
}

/// What stands between quotes; `None` without them, and for escapes that only the language knows.
fn unquoted(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('`') {
        return raw.strip_suffix('`').map(str::to_owned);
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => text.push(match letters.next()? {
                same @ ('"' | '\\') => same,
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => return None,
            }),
            letter => text.push(letter),
        }
    }
    Some(text)
}

//! The table of `compare()`: how the values of an attribute differ between the selection and the rest, and what a value means as a query.

use std::borrow::Cow;

use crate::protocol::{AttributeOwner, CompareAttribute, CompareView, Condition, ConditionValue};

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

/// What having a value means, where it is an attribute's.
pub fn compare_condition(name: &str, literal: &str) -> Option<Condition> {
    let owners = [
        (".", AttributeOwner::Any),
        ("span.", AttributeOwner::Span),
        ("resource.", AttributeOwner::Resource),
        ("event.", AttributeOwner::Event),
        ("link.", AttributeOwner::Link),
        ("instrumentation.", AttributeOwner::Scope),
    ];
    let (owner, key) = owners.into_iter().find_map(|(prefix, owner)| Some((owner, name.strip_prefix(prefix)?)))?;
    let key = if key.contains(['"', '`']) { unquoted(key)? } else { key.to_owned() };
    let value = match literal {
        "nil" => return None,
        "true" => ConditionValue::Bool(true),
        "false" => ConditionValue::Bool(false),
        literal if literal.starts_with(['"', '`']) => ConditionValue::String(unquoted(literal)?),
        literal if literal.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
            ConditionValue::Number(literal.to_owned())
        }
        literal => ConditionValue::String(literal.to_owned()),
    };
    Some(Condition::Attribute { owner, key, value })
}

/// The same as a query, for what is no attribute.
pub fn compare_query(name: &str, literal: &str) -> String {
    format!("{{ {name} = {literal} }}")
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

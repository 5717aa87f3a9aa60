//! From text to tokens. Never fails: what begins nothing is a token of its own that says so.

mod number;
mod string;

use std::ops::Range;

use super::tree::{Field, Literal, Scope};
use super::words::{self, CONSTANTS, SCOPED_INTRINSICS, SCOPES, SIGNS, Sign, WORDS, Word};

/// A token, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Bytes of the text.
    pub at: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A constant.
    Literal(Literal),
    /// An attribute or an intrinsic.
    Field(Field),
    /// A word that does something.
    Word(Word),
    /// A word that the language does not know: a hint's name, or a mistake.
    Name,
    /// An operator or a bracket.
    Sign(Sign),
    /// Nothing of the language, and why.
    Unknown(&'static str),
}

/// What was read from the beginning of a text: so many bytes, as this.
struct Read {
    n_bytes: usize,
    kind: TokenKind,
}

/// The tokens of a text, in order, white space left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let Read { n_bytes, kind } = token(rest);
        // One character at least, so that this ends.
        let n_bytes = n_bytes.max(rest.chars().next().map_or(1, char::len_utf8));
        tokens.push(Token { at: start..start + n_bytes, kind });
        rest = rest.get(n_bytes..).unwrap_or_default().trim_start();
    }
    tokens
}

fn token(rest: &str) -> Read {
    let Some(first) = rest.chars().next() else { return unknown(0, "") };
    match first {
        '"' => string::quoted(rest),
        '`' => string::raw(rest),
        '\'' => unknown(single_quoted(rest), "a string stands in double quotes"),
        '0'..='9' => number::number(rest),
        '.' => attribute(rest, 1, Scope::Any),
        _ if first == '_' || first.is_alphabetic() => word(rest),
        _ => match SIGNS.iter().find(|(text, _)| rest.starts_with(text)) {
            Some((text, sign)) => Read { n_bytes: text.len(), kind: TokenKind::Sign(*sign) },
            None => unknown(first.len_utf8(), "no sign of the language"),
        },
    }
}

fn unknown(n_bytes: usize, why: &'static str) -> Read {
    Read { n_bytes, kind: TokenKind::Unknown(why) }
}

/// Bytes of a text in single quotes, on its line; one if it has no end.
fn single_quoted(rest: &str) -> usize {
    let line = rest.lines().next().unwrap_or_default();
    line.get(1..).and_then(|inner| inner.find('\'')).map_or(1, |at| at + 2)
}

fn name_len(rest: &str) -> usize {
    rest.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(rest.len())
}

fn word(rest: &str) -> Read {
    let n_bytes = name_len(rest);
    let (name, after) = rest.split_at_checked(n_bytes).unwrap_or((rest, ""));
    if after.starts_with('.')
        && let Some((prefix, scope)) = SCOPES.iter().find(|(prefix, _)| *prefix != "." && rest.starts_with(prefix))
    {
        return attribute(rest, prefix.len(), *scope);
    }
    if let Some(member) = after.strip_prefix(':')
        && SCOPED_INTRINSICS.iter().any(|(text, _)| text.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))
    {
        let n_bytes = n_bytes + 1 + name_len(member);
        let full = rest.get(..n_bytes).unwrap_or_default();
        return match SCOPED_INTRINSICS.iter().find(|(text, _)| *text == full) {
            Some((_, intrinsic)) => Read { n_bytes, kind: TokenKind::Field(Field::Intrinsic(*intrinsic)) },
            None => unknown(n_bytes, "no intrinsic has this name"),
        };
    }
    let kind = if let Some((_, literal)) = CONSTANTS.iter().find(|(text, _)| *text == name) {
        TokenKind::Literal(literal.clone())
    } else if let Some(intrinsic) = words::intrinsic(name) {
        TokenKind::Field(Field::Intrinsic(intrinsic))
    } else if let Some((_, word)) = WORDS.iter().find(|(text, _)| *text == name) {
        TokenKind::Word(*word)
    } else {
        TokenKind::Name
    };
    Read { n_bytes, kind }
}

/// Whether a character ends a key that is not in quotes.
pub fn ends_key(char: char) -> bool {
    char.is_whitespace() || "{}()=~!<>&|^,".contains(char)
}

/// An attribute whose key begins after some bytes.
fn attribute(rest: &str, key_at: usize, scope: Scope) -> Read {
    let mut key = String::new();
    let mut is_quoted = false;
    let mut tail = rest.get(key_at..).unwrap_or_default();
    while let Some(char) = tail.chars().next() {
        if char == '"' {
            is_quoted = true;
            match string::key_part(tail, &mut key) {
                Ok(n_bytes) => tail = tail.get(n_bytes..).unwrap_or_default(),
                Err(n_bytes) => {
                    let n_bytes = rest.len() - tail.len() + n_bytes;
                    return unknown(
                        n_bytes,
                        "a part of a key in quotes ends with a quote, and has no escapes but `\\\"` and `\\\\`",
                    );
                }
            }
        } else if ends_key(char) {
            break;
        } else {
            key.push(char);
            tail = tail.get(char.len_utf8()..).unwrap_or_default();
        }
    }
    let n_bytes = rest.len() - tail.len();
    if key.is_empty() && !is_quoted {
        return unknown(n_bytes, "an attribute has a key");
    }
    let field = if scope == Scope::Parent { words::of_parent(key, is_quoted) } else { Field::Attribute(scope, key) };
    Read { n_bytes, kind: TokenKind::Field(field) }
}

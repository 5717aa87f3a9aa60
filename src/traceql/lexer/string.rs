//! Texts in quotes: strings with the escapes of Go, raw strings, and parts of keys.

use super::{Read, TokenKind, unknown};
use crate::traceql::tree::Literal;

/// A string in double quotes, as Go writes it.
pub(super) fn quoted(rest: &str) -> Read {
    let Some(end) = end_of_quoted(rest) else {
        let line = rest.find('\n').unwrap_or(rest.len());
        return unknown(line, "a string ends with a quote, on the line it began on");
    };
    let inner = rest.get(1..end).unwrap_or_default();
    match unescaped(inner) {
        Some(text) => Read { n_bytes: end + 1, kind: TokenKind::Literal(Literal::String(text)) },
        None => unknown(end + 1, "a string has no escapes but Go's, and is UTF-8"),
    }
}

/// Where the quote is that ends a string on its line.
fn end_of_quoted(rest: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return None,
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// A string without Go's escapes; nothing if one is wrong, or the bytes they make are not UTF-8.
fn unescaped(inner: &str) -> Option<String> {
    if !inner.contains('\\') {
        return Some(inner.to_owned());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let first = escape.chars().next()?;
        let after = escape.get(first.len_utf8()..).unwrap_or_default();
        // The digits of an escape by number, and what comes after them.
        let number = |digits: &str, radix: u32| {
            digits.bytes().all(|digit| char::from(digit).is_digit(radix)).then(|| u32::from_str_radix(digits, radix).ok())?
        };
        let (n_digits, radix, digits) = match first {
            'x' => (2, 16, after),
            'u' => (4, 16, after),
            'U' => (8, 16, after),
            '0'..='7' => (3, 8, escape),
            _ => (0, 0, after),
        };
        let (digits, after) = digits.split_at_checked(n_digits)?;
        rest = after;
        match first {
            'x' | '0'..='7' => bytes.push(u8::try_from(number(digits, radix)?).ok()?),
            'u' | 'U' => {
                let char = char::from_u32(number(digits, radix)?)?;
                bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            '\\' | '"' => bytes.push(u8::try_from(first).ok()?),
            _ => return None,
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

/// A string in backquotes: nothing in it is an escape, and carriage returns are left out, as in Go.
pub(super) fn raw(rest: &str) -> Read {
    match rest.get(1..).and_then(|inner| inner.split_once('`')) {
        Some((inner, _)) => Read { n_bytes: inner.len() + 2, kind: TokenKind::Literal(Literal::String(inner.replace('\r', ""))) },
        None => unknown(rest.len(), "a string in backquotes ends with a backquote"),
    }
}

/// A part of a key, from its opening quote on, added to the key: its bytes with the quotes, or the bytes up to what is wrong with it.
pub(super) fn key_part(rest: &str, key: &mut String) -> Result<usize, usize> {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok(at + 1),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => key.push(escaped),
                Some((at, char)) => return Err(at + char.len_utf8()),
                None => return Err(rest.len()),
            },
            _ => key.push(char),
        }
    }
    Err(rest.len())
}

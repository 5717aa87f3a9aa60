//! Percent-encoding of what goes into an address, and back. Reading never fails.

use std::fmt::Write as _;

/// Encodes all but letters, digits and `-._~`, so that the text can stand anywhere in a hash.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Decodes `%XX`; a `%` that is followed by anything else stands for itself, and what is not UTF-8 is replaced.
pub fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%'
            && let Some(([high, low], after)) = after.split_first_chunk()
            && let Some(value) = hex_digit(*high).zip(hex_digit(*low))
        {
            out.push(value.0 * 16 + value.1);
            rest = after;
        } else {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The keys and values of a query, decoded; `+` is a space there, as forms write it.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key), decode(&value.replace('+', " ")))
    })
}

/// A query being written; what is empty is left out.
#[derive(Default)]
pub(super) struct Query(String);

impl Query {
    pub(super) fn text(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.push(key, &encode(value));
        }
    }

    pub(super) fn number(&mut self, key: &str, value: u64) {
        self.push(key, &value.to_string());
    }

    fn push(&mut self, key: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(key);
        self.0.push('=');
        self.0.push_str(value);
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

//! Ids in the place of ids: the same for the same within an export, and no way back without its key.

use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::base::text::{hex_digits, u64_from_hex, u128_from_hex};

/// Hashes ids under a key that is drawn for one export and then forgotten.
#[derive(Clone, Copy)]
pub(in crate::encode) struct IdHasher {
    keyed: SipHasher24,
}

/// What is hashed, so that a trace and a span of the same digits do not come to the same.
#[derive(Clone, Copy)]
enum Domain {
    Trace = 1,
    TraceText = 2,
    Span = 3,
    SpanText = 4,
}

impl IdHasher {
    pub(super) fn new(key: &[u8; 16]) -> Self {
        Self { keyed: SipHasher24::new_with_key(key) }
    }

    /// Never all zero, which would be no id.
    fn hash(&self, domain: Domain, bytes: &[u8]) -> (u64, u64) {
        let mut hasher = self.keyed;
        hasher.write_u8(domain as u8);
        hasher.write(bytes);
        let hash = hasher.finish128();
        (hash.h1.max(1), hash.h2)
    }

    pub(in crate::encode) fn trace(&self, number: u128) -> u128 {
        let (high, low) = self.hash(Domain::Trace, &number.to_be_bytes());
        u128::from(high) << 64 | u128::from(low)
    }

    pub(in crate::encode) fn trace_text(&self, text: &str) -> u128 {
        let (high, low) = self.hash(Domain::TraceText, text.as_bytes());
        u128::from(high) << 64 | u128::from(low)
    }

    pub(in crate::encode) fn span(&self, number: u64) -> u64 {
        self.hash(Domain::Span, &number.to_be_bytes()).0
    }

    pub(in crate::encode) fn span_text(&self, text: &str) -> u64 {
        self.hash(Domain::SpanText, text.as_bytes()).0
    }

    /// What takes the place of hex digits in a text, if they are as many as an id has.
    pub(super) fn of_digits(&self, digits: &[u8]) -> Option<String> {
        if let Some(number) = u128_from_hex(digits) {
            return Some(String::from_utf8_lossy(&hex_digits(self.trace(number))).into_owned());
        }
        u64_from_hex(digits).map(|number| format!("{:016x}", self.span(number)))
    }
}

//! UTF-16 to UTF-8, a piece at a time. Lone surrogates become U+FFFD.

use super::{ByteOrder, Progress};

/// The transcoder.
pub(in crate::decode) struct Utf16 {
    order: ByteOrder,
    /// The first byte of a unit whose second has not come.
    half: Option<u8>,
    /// A leading surrogate whose trailing one has not come.
    leading: Option<u16>,
    is_started: bool,
}

impl Utf16 {
    pub(super) fn new(order: ByteOrder) -> Self {
        Self { order, half: None, leading: None, is_started: false }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut progress = Progress::default();
        for &byte in input {
            // A unit makes six bytes at most: a lone surrogate before it and itself.
            if output.len() < progress.produced + 6 {
                progress.is_full = true;
                return progress;
            }
            progress.consumed += 1;
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let unit = match self.order {
                ByteOrder::Little => u16::from_le_bytes([first, byte]),
                ByteOrder::Big => u16::from_be_bytes([first, byte]),
            };
            if !std::mem::replace(&mut self.is_started, true) && unit == 0xfeff {
                continue;
            }
            let leading = self.leading.take();
            if (0xd800..0xdc00).contains(&unit) {
                self.leading = Some(unit);
                if leading.is_some() {
                    put(char::REPLACEMENT_CHARACTER, output, &mut progress.produced);
                }
                continue;
            }
            for decoded in char::decode_utf16([leading, Some(unit)].into_iter().flatten()) {
                put(decoded.unwrap_or(char::REPLACEMENT_CHARACTER), output, &mut progress.produced);
            }
        }
        progress
    }

    pub(super) fn damage_at_end(&self) -> Option<&'static str> {
        (self.half.is_some() || self.leading.is_some()).then_some("the UTF-16 text breaks off inside a character")
    }
}

fn put(decoded: char, output: &mut [u8], at: &mut usize) {
    if let Some(room) = output.get_mut(*at..*at + decoded.len_utf8()) {
        *at += decoded.encode_utf8(room).len();
    }
}

//! The cursor: tokens of JSON, read in place.

use memchr::memchr2;

use super::skip::Skipper;

/// Why a value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The bytes end first.
    End,
    /// They are not JSON.
    Broken(Expected),
}

/// What should have stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Any value.
    Value,
    /// A key, or the end of the object.
    Key,
    /// The colon after a key.
    Colon,
    /// A comma, or the end of the object.
    ObjectGoesOn,
    /// A comma, or the end of the array.
    ArrayGoesOn,
}

impl Expected {
    /// As a fragment of a sentence.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::Key => "a key",
            Self::Colon => "`:`",
            Self::ObjectGoesOn => "`,` or `}`",
            Self::ArrayGoesOn => "`,` or `]`",
        }
    }
}

/// The text of a string between its quotes, escapes as they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Raw<'a> {
    /// The bytes.
    pub(crate) bytes: &'a [u8],
    /// Whether there is a backslash among them.
    pub(crate) escaped: bool,
}

/// Reads tokens of `bytes` from `at` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Where the next token is looked for; after an error, where it was met.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Reads no further than `limit` bytes.
    #[inline]
    pub(crate) fn within(bytes: &'a [u8], at: usize, limit: usize) -> Self {
        Self::new(bytes.get(..at.saturating_add(limit)).unwrap_or(bytes), at)
    }

    /// Skips white space and gives the byte there, which stays.
    #[inline]
    pub(crate) fn token(&mut self) -> Result<u8, Stop> {
        match self.bytes.get(self.at) {
            Some(&byte) if b' ' < byte => Ok(byte),
            _ => self.token_after_space(),
        }
    }

    fn token_after_space(&mut self) -> Result<u8, Stop> {
        // Indented documents are half white space: eight at a time.
        loop {
            while let Some(eight) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
                if *eight != [b' '; 8] {
                    break;
                }
                self.at += 8;
            }
            match self.bytes.get(self.at) {
                None => return Err(Stop::End),
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(&byte) => return Ok(byte),
            }
        }
    }

    /// Whether the next bytes are exactly these; if so they are taken.
    #[inline]
    pub(crate) fn take<const N: usize>(&mut self, literal: &[u8; N]) -> bool {
        let found = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) == Some(literal);
        if found {
            self.at += N;
        }
        found
    }

    /// The same for bytes that are not known beforehand.
    #[inline]
    pub(crate) fn take_all(&mut self, bytes: &[u8]) -> bool {
        let found = self.rest().starts_with(bytes);
        if found {
            self.at += bytes.len();
        }
        found
    }

    /// The bytes between two places.
    #[inline]
    pub(crate) fn between(&self, from: usize, to: usize) -> &'a [u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// The bytes from here on.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next `8 * N` bytes as words; `None` near the end of the window.
    #[inline]
    pub(crate) fn words<const N: usize>(&self) -> Option<[u64; N]> {
        let bytes = self.rest().get(..N * 8)?;
        let mut words = [0; N];
        for (word, eight) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        }
        Some(words)
    }

    /// The string whose opening quote is here.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Raw<'a>, Stop> {
        let start = self.at + 1;
        let end = find_special(self.bytes, start).ok_or(Stop::End)?;
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Raw { bytes: self.between(start, end), escaped: false });
        }
        self.escaped_string(start, end)
    }

    /// The rest of a string without escapes whose opening quote was taken; `None`, and nothing taken, where it is another.
    #[inline]
    pub(crate) fn plain_string_rest(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        let end = find_special(self.bytes, start)?;
        if self.bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        Some(self.between(start, end))
    }

    /// The digits that are here, up to nineteen, which is what 64 bits surely hold, if `end` comes after them; it stays.
    #[inline]
    pub(crate) fn digits_to(&mut self, end: u8) -> Option<u64> {
        let mut number = 0;
        for (n, &byte) in self.rest().iter().take(20).enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                number = number * 10 + u64::from(digit);
            } else if byte == end && n != 0 {
                self.at += n;
                return Some(number);
            } else {
                return None;
            }
        }
        None
    }

    #[cold]
    fn escaped_string(&mut self, start: usize, mut backslash: usize) -> Result<Raw<'a>, Stop> {
        loop {
            let next = find_special(self.bytes, backslash + 2).ok_or(Stop::End)?;
            if self.bytes.get(next) == Some(&b'"') {
                self.at = next + 1;
                return Ok(Raw { bytes: self.between(start, next), escaped: true });
            }
            backslash = next;
        }
    }

    /// The next key of an object, the cursor then standing before its value; `None` once the object has ended. `begun` is false
    /// before the first call, which finds the cursor behind the `{`.
    #[inline]
    pub(crate) fn next_key(&mut self, begun: &mut bool) -> Result<Option<Raw<'a>>, Stop> {
        let mut byte = self.token()?;
        if *begun && byte == b',' {
            self.at += 1;
            byte = self.token()?;
        } else if *begun && byte != b'}' {
            return Err(Stop::Broken(Expected::ObjectGoesOn));
        }
        *begun = true;
        match byte {
            b'"' => {}
            b'}' => {
                self.at += 1;
                return Ok(None);
            }
            _ => return Err(Stop::Broken(Expected::Key)),
        }
        let key = self.string()?;
        if self.token()? != b':' {
            return Err(Stop::Broken(Expected::Colon));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// The first byte of an array's next element, the cursor then standing there; `None` once the array has ended. `begun` is
    /// false before the first call, which finds the cursor behind the `[`.
    #[inline]
    pub(crate) fn next_element(&mut self, begun: &mut bool) -> Result<Option<u8>, Stop> {
        let mut byte = self.token()?;
        if *begun && byte == b',' {
            self.at += 1;
            byte = self.token()?;
        } else if *begun && byte != b']' {
            return Err(Stop::Broken(Expected::ArrayGoesOn));
        }
        *begun = true;
        if byte == b']' {
            self.at += 1;
            return Ok(None);
        }
        Ok(Some(byte))
    }

    /// The number, `true`, `false`, `null`, `NaN` or `Infinity` that is here.
    pub(crate) fn scalar(&mut self) -> Result<&'a [u8], Stop> {
        let rest = self.rest();
        let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b'{' | b'[' | b'"' | ..=b' ');
        let text = rest.get(..rest.iter().position(is_end).ok_or(Stop::End)?).unwrap_or_default();
        if !is_scalar(text) {
            return Err(Stop::Broken(Expected::Value));
        }
        self.at += text.len();
        Ok(text)
    }

    /// Skips a value, of any depth and kind.
    pub(crate) fn skip_value(&mut self) -> Result<(), Stop> {
        match self.token()? {
            b'{' | b'[' | b'"' => {
                self.at = Skipper::default().skip(self.bytes, self.at).ok_or(Stop::End)?;
                Ok(())
            }
            _ => self.scalar().map(|_| ()),
        }
    }
}

fn is_scalar(text: &[u8]) -> bool {
    match text.first() {
        Some(b'0'..=b'9' | b'-' | b'+' | b'.') => {
            text == b"-Infinity" || text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
        }
        _ => matches!(text, b"true" | b"false" | b"null" | b"NaN" | b"Infinity"),
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the zero bytes of a word; the lowest mark is exact.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Marks the quotes and the backslashes of a word; the lowest mark of either is exact.
#[inline]
pub(crate) fn quotes_and_backslashes(word: u64) -> (u64, u64) {
    (zero_bytes(word ^ (ONES * b'"' as u64)), zero_bytes(word ^ (ONES * b'\\' as u64)))
}

/// The first quote or backslash from `at` on.
#[inline]
fn find_special(bytes: &[u8], mut at: usize) -> Option<usize> {
    // Most strings are short: a call that sets up wide registers would cost more than they do.
    for _ in 0..8 {
        let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) else { break };
        let (quotes, backslashes) = quotes_and_backslashes(u64::from_le_bytes(*eight));
        let hits = quotes | backslashes;
        if hits != 0 {
            return Some(at + (hits.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    Some(at + memchr2(b'"', b'\\', bytes.get(at..)?)?)
}

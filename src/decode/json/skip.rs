//! Skips a value of any size and depth in constant memory, stopping and going on at any byte.

use memchr::memmem::find;
use memchr::{memchr, memchr2};

/// Where the skipping of one value stands. Brackets are counted, not matched: what is skipped is not looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skipper {
    depth: u64,
    in_string: bool,
    after_backslash: bool,
}

impl Skipper {
    /// Goes on from `at`, at first the opening bracket or quote; where the value ends, or `None` if these bytes do not hold its end.
    pub(crate) fn skip(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        if self.after_backslash && at < bytes.len() {
            self.after_backslash = false;
            at += 1;
        }
        loop {
            if self.in_string {
                at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
                if bytes.get(at) == Some(&b'"') {
                    at += 1;
                    self.in_string = false;
                    if self.depth == 0 {
                        return Some(at);
                    }
                } else if at + 1 < bytes.len() {
                    at += 2;
                    continue;
                } else {
                    self.after_backslash = true;
                    return None;
                }
            }
            let rest = bytes.get(at..)?;
            at += rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))?;
            match bytes.get(at)? {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                _ => self.depth = self.depth.saturating_sub(1),
            }
            at += 1;
            if self.depth == 0 && !self.in_string {
                return Some(at);
            }
        }
    }
}

/// Where a line break is that `{` or `[` follows directly, from `from` on.
pub(crate) fn find_document_line(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        from += memchr(b'\n', bytes.get(from..)?)?;
        if matches!(bytes.get(from + 1), Some(b'{' | b'[')) {
            return Some(from);
        }
        from += 1;
    }
}

/// The most that the beginning of an object may take which [`find_object_with`] finds.
pub(crate) const MAX_BEGINNING: usize = 64;

/// Whether line breaks may stand in what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineBreaks {
    May,
    MayNot,
}

/// The first object from `from` on that begins with one of these keys, with at most [`MAX_BEGINNING`] bytes up to its colon.
pub(crate) fn find_object_with(bytes: &[u8], mut from: usize, keys: &[&[u8]], breaks: LineBreaks) -> Option<usize> {
    // What all keys begin with leads to them.
    let shared = |key: &&[u8], first: &[u8]| key.iter().zip(first).take_while(|(a, b)| a == b).count();
    let first = *keys.first()?;
    let common = first.get(..keys.iter().map(|key| shared(key, first)).min()?)?;
    let longest = keys.iter().map(|key| key.len()).max()?;
    loop {
        let at = from + find(bytes.get(from..)?, common)?;
        let gap = bytes.get(from..at)?.iter().rev().take(MAX_BEGINNING - longest).take_while(|byte| match byte {
            b' ' | b'\t' => true,
            b'\n' | b'\r' => matches!(breaks, LineBreaks::May),
            _ => false,
        });
        let open = at.checked_sub(gap.count() + 1).filter(|&open| from <= open && bytes.get(open) == Some(&b'{'));
        let rest = bytes.get(at..)?;
        if let Some(open) = open.filter(|_| keys.iter().any(|key| rest.starts_with(key))) {
            return Some(open);
        }
        from = at + 1;
    }
}

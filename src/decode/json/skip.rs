//! Skips a value of any size and depth in constant memory, stopping and going on at any byte.

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

//! Looking at bytes of text: what the matchers share.

/// Where something was found: from, and up to.
pub(super) type Ranges = Vec<(usize, usize)>;

/// The byte there; 0 beyond the end.
pub(super) fn at(text: &[u8], place: usize) -> u8 {
    text.get(place).copied().unwrap_or(0)
}

/// The byte before a place; 0 before the first.
pub(super) fn before(text: &[u8], place: usize) -> u8 {
    place.checked_sub(1).map_or(0, |place| at(text, place))
}

/// A letter, a digit or an underscore.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What tokens of authentication are made of (RFC 9110, `token68`), and what base64url and lists of parameters have besides.
pub(super) const fn is_token(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'-' | b'.' | b'~' | b'+' | b'/' | b'=' | b':' | b'%' | b'|' | b'!' | b'$')
}

/// The first place from `from` on whose byte does not fit.
pub(super) fn take_while(text: &[u8], from: usize, fits: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from.min(text.len()) + rest.iter().take_while(|&&byte| fits(byte)).count()
}

/// Where the name that ends there begins, and the byte before it.
pub(super) fn word_before(text: &[u8], end: usize) -> (usize, u8) {
    let head = text.get(..end).unwrap_or_default();
    let len = head.iter().rev().take_while(|&&byte| is_word(byte) || matches!(byte, b'-' | b'.')).count();
    let start = end - len;
    (start, before(text, start))
}

/// Ranges in order, those that overlap or touch as one.
pub(super) fn merged(mut ranges: Ranges) -> Ranges {
    crate::base::sort_few(&mut ranges, Ord::cmp);
    let mut merged: Ranges = Vec::with_capacity(ranges.len());
    for (start, end) in ranges {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

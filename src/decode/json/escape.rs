//! Escapes in strings.

/// Appends `raw` to `text` with its escapes resolved. `true` where that took a guess: lone surrogates become U+FFFD, and an
/// escape that JSON does not know stays as it stands.
pub(crate) fn unescape(raw: &[u8], text: &mut Vec<u8>) -> bool {
    let mut guessed = false;
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        text.extend_from_slice(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some((&letter, tail)) = rest.split_first() else {
            text.push(b'\\');
            return true;
        };
        rest = tail;
        match letter {
            b'"' | b'\\' | b'/' => text.push(letter),
            b'n' => text.push(b'\n'),
            b't' => text.push(b'\t'),
            b'r' => text.push(b'\r'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'u' => {
                let (char, used) = code_unit(rest);
                guessed |= char.is_none();
                rest = rest.get(used..).unwrap_or_default();
                text.extend_from_slice(char.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => {
                guessed = true;
                text.extend_from_slice(&[b'\\', letter]);
            }
        }
    }
    text.extend_from_slice(rest);
    guessed
}

/// The character whose `\u` was just read, and how many bytes its digits (and its second half) take.
fn code_unit(rest: &[u8]) -> (Option<char>, usize) {
    let Some(first) = four_digits(rest) else { return (None, 0) };
    if !(0xd800..0xdc00).contains(&first) {
        return (char::from_u32(first), 4);
    }
    let second = rest.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(four_digits);
    match second {
        Some(second @ 0xdc00..0xe000) => (char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)), 10),
        _ => (None, 4),
    }
}

fn four_digits(rest: &[u8]) -> Option<u32> {
    rest.get(..4)?.iter().try_fold(0, |sum, &digit| Some(sum << 4 | u32::from(crate::base::text::hex_digit(digit)?)))
}

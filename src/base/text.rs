//! Bytes and numbers as text, both ways: hex, base64.

/// The value of a hex digit of either case.
#[inline]
pub fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// 16 hex digits as a number.
pub fn u64_from_hex(hex: &[u8]) -> Option<u64> {
    if hex.len() != 16 {
        return None;
    }
    hex.iter().try_fold(0, |sum: u64, &digit| Some(sum << 4 | u64::from(hex_digit(digit)?)))
}

/// 32 hex digits as a number.
pub fn u128_from_hex(hex: &[u8]) -> Option<u128> {
    if hex.len() != 32 {
        return None;
    }
    let (high, low) = hex.split_at(16);
    Some(u128::from(u64_from_hex(high)?) << 64 | u128::from(u64_from_hex(low)?))
}

/// A number as 32 lower-case hex digits, in ASCII.
pub fn hex_digits(number: u128) -> [u8; 32] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    let mut digits = [0; 32];
    for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(number.to_be_bytes()) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    digits
}

/// Lower-case hex of bytes.
pub fn hex_from_bytes(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|nibble| DIGITS.get(usize::from(nibble))).collect()
}

/// Decodes base64 in the standard or the URL-safe alphabet, with or without padding; `None` if it is neither.
pub fn bytes_from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = text.len() - text.iter().rev().take(2).take_while(|&&byte| byte == b'=').count();
    let digits = text.get(..unpadded)?;
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut bits, mut n_bits) = (0_u32, 0);
    for &digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        n_bits += 6;
        if 8 <= n_bits {
            n_bits -= 8;
            #[expect(clippy::cast_possible_truncation, reason = "the low byte is what is meant")]
            bytes.push((bits >> n_bits) as u8);
        }
    }
    Some(bytes)
}

/// Standard base64 with padding.
pub fn base64_from_bytes(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().chain(&[0, 0]).take(3).fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        for place in 0..4 {
            let digit = if place <= group.len() { DIGITS.get((bits >> (18 - 6 * place) & 63) as usize) } else { Some(&b'=') };
            text.extend(digit.map(|&digit| char::from(digit)));
        }
    }
    text
}

/// The byte of a text at which so many UTF-16 units have gone by, as browsers count; the end, where there are fewer.
pub fn byte_of_utf16(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (at, character) in text.char_indices() {
        if left < character.len_utf16() {
            return at;
        }
        left -= character.len_utf16();
    }
    text.len()
}

/// How many UTF-16 units go before a byte of a text.
pub fn utf16_of_byte(text: &str, byte: usize) -> u32 {
    let units = text.char_indices().take_while(|&(at, _)| at < byte).map(|(_, character)| character.len_utf16());
    super::len_u32(units.sum())
}

/// How many bytes two texts begin with alike, up to a whole character.
pub fn common_prefix(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::{
        base64_from_bytes, byte_of_utf16, bytes_from_base64, common_prefix, hex_digits, hex_from_bytes, u64_from_hex,
        u128_from_hex, utf16_of_byte,
    };

    #[test]
    fn base64_round_trips_in_both_alphabets() {
        for len in 0..20_u8 {
            let bytes: Vec<u8> = (0..len).map(|n| n.wrapping_mul(97) ^ 0xfb).collect();
            let text = base64_from_bytes(&bytes);
            assert_eq!(bytes_from_base64(text.as_bytes()), Some(bytes.clone()), "{text}");
            let bare = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            assert_eq!(bytes_from_base64(bare.as_bytes()), Some(bytes));
        }
        assert_eq!(base64_from_bytes(b"hello"), "aGVsbG8=");
        assert_eq!(bytes_from_base64(b"a"), None);
        assert_eq!(bytes_from_base64(b"a*aa"), None);
    }

    #[test]
    fn hex_is_exact_in_length() {
        assert_eq!(u64_from_hex(b"00000000000000fF"), Some(255));
        assert_eq!(u64_from_hex(b"0000000000000ff"), None);
        assert_eq!(u64_from_hex(b"000000000000000g"), None);
        assert_eq!(u128_from_hex(b"80000000000000000000000000000001"), Some(1 << 127 | 1));
        assert_eq!(hex_from_bytes(&[0, 0xab, 0xff]), "00abff");
        for number in [0, 1 << 127 | 1, u128::MAX, 0x0123_4567_89ab_cdef_0fed_cba9_8765_4321] {
            assert_eq!(hex_digits(number), format!("{number:032x}").as_bytes());
        }
    }

    #[test]
    fn places_in_a_text_are_those_of_the_browser() {
        let text = "aé😀z";
        let places: Vec<(u32, usize)> = (0..8).map(|units| (units, byte_of_utf16(text, units))).collect();
        assert_eq!(places, [(0, 0), (1, 1), (2, 3), (3, 3), (4, 7), (5, 8), (6, 8), (7, 8)]);
        let back: Vec<u32> = [0, 1, 3, 7, 8].map(|byte| utf16_of_byte(text, byte)).to_vec();
        assert_eq!(back, [0, 1, 2, 4, 5]);
        assert_eq!((common_prefix("aéx", "aéy"), common_prefix("é", "è"), common_prefix("", "a")), (3, 0, 0));
    }
}

//! Numbers: decimal text to integers, exactly.

/// A decimal number, read as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    /// Its value, cut toward zero; the extreme of the type where it is out of range.
    pub(crate) value: i128,
    /// Whether it was written with digits alone.
    pub(crate) plain: bool,
    /// Whether nothing was cut off.
    pub(crate) exact: bool,
}

/// Reads a decimal number with or without sign, fraction and exponent, and with white space around it.
pub(crate) fn decimal(text: &[u8]) -> Option<Decimal> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let mut mantissa: u128 = 0;
    // Digits past what 128 bits hold change nothing that fits a 64-bit field; their places do.
    let (mut dropped_places, mut dropped_digits) = (0_i64, false);
    let (mut fraction_places, mut in_fraction, mut any) = (0_i64, false, false);
    let mut rest = digits;
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'0'..=b'9' => {
                any = true;
                let digit = u128::from(byte - b'0');
                match mantissa.checked_mul(10).and_then(|ten| ten.checked_add(digit)) {
                    Some(more) if dropped_places == 0 => mantissa = more,
                    _ => {
                        dropped_places += 1;
                        dropped_digits |= digit != 0;
                    }
                }
                fraction_places += i64::from(in_fraction);
            }
            b'.' if !in_fraction => in_fraction = true,
            b'e' | b'E' if any => break,
            _ => return None,
        }
        rest = tail;
    }
    if !any {
        return None;
    }
    let exponent = match rest.split_first() {
        None => 0,
        Some((_, digits)) => exponent(digits)?,
    };
    let shift = exponent.saturating_add(dropped_places).saturating_sub(fraction_places);
    let (magnitude, remainder) = shifted(mantissa, shift);
    let magnitude = i128::try_from(magnitude).unwrap_or(i128::MAX);
    Some(Decimal {
        value: if negative { -magnitude } else { magnitude },
        plain: !in_fraction && rest.is_empty(),
        exact: !remainder && !dropped_digits,
    })
}

/// `mantissa` × 10^`shift`, and whether a remainder was cut off; the largest number where it is out of range.
fn shifted(mantissa: u128, shift: i64) -> (u128, bool) {
    if mantissa == 0 || shift == 0 {
        return (mantissa, false);
    }
    let power = u32::try_from(shift.unsigned_abs()).ok().and_then(|shift| 10_u128.checked_pow(shift));
    match (power, shift < 0) {
        (Some(power), true) => (mantissa / power, !mantissa.is_multiple_of(power)),
        (Some(power), false) => (mantissa.saturating_mul(power), false),
        (None, true) => (0, true),
        (None, false) => (u128::MAX, false),
    }
}

fn exponent(digits: &[u8]) -> Option<i64> {
    let (negative, digits) = match digits.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let magnitude = digits.iter().try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(i64::from(byte - b'0')))
    })?;
    Some(if negative { -magnitude } else { magnitude })
}

/// One to nineteen digits and nothing else: what nearly every number is.
#[inline]
pub(crate) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || 19 < text.len() {
        return None;
    }
    let mut sum = 0_u64;
    let mut rest = text;
    while let Some((eight, tail)) = rest.split_first_chunk::<8>() {
        sum = sum * 100_000_000 + eight_digits(*eight)?;
        rest = tail;
    }
    for &byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if 9 < digit {
            return None;
        }
        sum = sum * 10 + u64::from(digit);
    }
    Some(sum)
}

/// Eight digits at once: pairs, then fours, then all.
#[inline]
fn eight_digits(eight: [u8; 8]) -> Option<u64> {
    let word = u64::from_le_bytes(eight);
    let values = word ^ 0x3030_3030_3030_3030;
    if (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = (pairs >> 16 & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    Some(low.wrapping_add(high) >> 32)
}

/// Sixteen hex digits of any case.
#[inline]
pub(crate) fn hex16(digits: &[u8; 16]) -> Option<u64> {
    let (high, low) = digits.split_first_chunk::<8>()?;
    Some(eight_hex(*high)? << 32 | eight_hex(*low.first_chunk()?)?)
}

/// Eight hex digits at once: each byte is checked and turned into its value, then neighbors join.
#[inline]
fn eight_hex(eight: [u8; 8]) -> Option<u64> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_be_bytes(eight);
    let lower = word | (ONES * 0x20);
    // With all bytes below 128, `byte + (128 - bound)` has its high bit set exactly from the bound on.
    let from = |bytes: u64, bound: u8| (bytes & !HIGHS).wrapping_add(ONES * (128 - bound as u64));
    let is_digit = from(word, b'0') & !from(word, b'9' + 1);
    let is_letter = from(lower, b'a') & !from(lower, b'f' + 1);
    if ((is_digit | is_letter) & !word) & HIGHS != HIGHS {
        return None;
    }
    let nibbles = (word & (ONES * 15)) + (word >> 6 & ONES) * 9;
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    Some((pairs | pairs >> 16) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::{Decimal, decimal, digits, hex16};

    #[test]
    fn digits_are_exact_or_refused() {
        for number in [0, 7, 99_999_999, 100_000_000, 1_544_712_660_000_000_001, 9_999_999_999_999_999_999] {
            assert_eq!(digits(number.to_string().as_bytes()), Some(number));
        }
        assert_eq!(digits(b"0000000000000000042"), Some(42));
        for bad in ["", "1a345678", "12345678:", "1234567/", "-1", "18446744073709551615", "12 45678"] {
            assert_eq!(digits(bad.as_bytes()), None, "{bad}");
        }
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut text = *b"11111111";
                text[place] = byte;
                assert_eq!(digits(&text).is_some(), byte.is_ascii_digit(), "{text:?}");
                let mut text = *b"1111111111111111";
                text[place + 3] = byte;
                assert_eq!(hex16(&text), crate::base::text::u64_from_hex(&text), "{text:?}");
            }
        }
        assert_eq!(hex16(b"0123456789aBcDeF"), Some(0x0123_4567_89ab_cdef));
    }

    #[test]
    fn decimals_are_exact_where_they_can_be() {
        let read = |text: &str| decimal(text.as_bytes()).map(|Decimal { value, plain, exact }| (value, plain, exact));
        assert_eq!(read("1.7e18"), Some((1_700_000_000_000_000_000, false, true)));
        assert_eq!(read("1700000000000000001.0"), Some((1_700_000_000_000_000_001, false, true)));
        assert_eq!(read(" +007 "), Some((7, true, true)));
        assert_eq!(read("-9223372036854775808"), Some((i128::from(i64::MIN), true, true)));
        assert_eq!(read("0.5"), Some((0, false, false)));
        assert_eq!(read("1e400"), Some((i128::MAX, false, true)));
        assert_eq!(read("1e-400"), Some((0, false, false)));
        assert_eq!(read("0e999999999999999999999"), Some((0, false, true)));
        let long = format!("{}{}", "1".repeat(19), "0".repeat(40));
        assert_eq!(read(&format!("{long}e-40")), Some((1_111_111_111_111_111_111, false, true)));
        for bad in ["", "-", "1e", "1.2.3", "e5", "1x", "0x1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}

//! Times of formats that do not count nanoseconds: made of decimal digits, never of floating-point numbers.

/// A decimal number of units as nanoseconds, and whether no digit was lost; `None` where it is no number, negative, or past 64 bits.
pub(super) fn scaled(text: &[u8], unit_ns: u64) -> Option<(u64, bool)> {
    let text = text.trim_ascii();
    let (digits, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => {
            let exponent = str::from_utf8(text.get(at + 1..)?).ok()?;
            (text.get(..at)?, exponent.parse::<i32>().ok()?)
        }
        None => (text, 0),
    };
    let digits = digits.strip_prefix(b"+").unwrap_or(digits);
    let (mut mantissa, mut places, mut in_fraction, mut any, mut is_exact) = (0_u128, exponent, false, false, true);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                any = true;
                let more = mantissa.checked_mul(10).and_then(|ten| ten.checked_add(u128::from(byte - b'0')));
                match more {
                    // 30 digits hold any time there is down to its last nanosecond.
                    Some(more) if mantissa < 10_u128.pow(30) => {
                        mantissa = more;
                        places = places.checked_sub(i32::from(in_fraction))?;
                    }
                    _ => {
                        is_exact &= byte == b'0';
                        places = places.checked_add(i32::from(!in_fraction))?;
                    }
                }
            }
            b'.' if !in_fraction => in_fraction = true,
            _ => return None,
        }
    }
    if !any {
        return None;
    }
    if mantissa == 0 {
        return Some((0, is_exact));
    }
    let mut ns = mantissa.checked_mul(u128::from(unit_ns))?;
    let power = 10_u128.checked_pow(places.unsigned_abs());
    if places < 0 {
        let power = power.unwrap_or(u128::MAX);
        is_exact &= ns.is_multiple_of(power);
        ns /= power;
    } else {
        ns = ns.checked_mul(power?)?;
    }
    Some((u64::try_from(ns).ok()?, is_exact))
}

/// Nanoseconds since the Unix epoch of a date and time as RFC 3339 has it: `2022-04-27T23:53:11.533109Z`, also with a space for the `T`,
/// with an offset, or with none, which is taken for UTC. The year 1, which Go writes for "not set", is 0.
pub(super) fn rfc3339(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.iter().try_fold(0_i64, |sum, &byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    };
    let stands = |at: usize, of: &[u8]| text.get(at).is_some_and(|byte| of.contains(byte));
    if !(stands(4, b"-") && stands(7, b"-") && stands(10, b"Tt ") && stands(13, b":") && stands(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || 24 < hour || 59 < minute || 60 < second {
        return None;
    }
    let mut at = 19;
    let mut nanos = 0;
    if stands(at, b".,") {
        let mut unit = 100_000_000;
        at += 1;
        while let Some(byte) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
            nanos += i64::from(byte - b'0') * unit;
            unit /= 10;
            at += 1;
        }
    }
    let zone = text.get(at..)?.trim_ascii_start();
    let offset = match zone {
        b"" | b"Z" | b"z" | b"UTC" | b"+0000 UTC" => 0,
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let two =
                |a: u8, b: u8| (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'));
            let minutes = match rest {
                [] => 0,
                [b':', m1, m2] | [m1, m2] => two(*m1, *m2)?,
                _ => return None,
            };
            let seconds = two(*h1, *h2)? * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let days = days_from_civil(year, month, day);
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    if seconds < 0 {
        // Only "not set" lies before the epoch.
        return (year <= 1).then_some(0);
    }
    u64::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(nanos)).ok()
}

/// Days since 1970-01-01 of the Gregorian calendar, by Howard Hinnant's `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{rfc3339, scaled};

    #[test]
    fn decimal_times_keep_every_digit() {
        assert_eq!(scaled(b"1544712660000000", 1000), Some((1_544_712_660_000_000_000, true)));
        assert_eq!(scaled(b"1480000000.1234567", 1_000_000_000), Some((1_480_000_000_123_456_700, true)));
        assert_eq!(scaled(b"1.5e9", 1_000_000_000), Some((1_500_000_000_000_000_000, true)));
        assert_eq!(scaled(b"0.0001", 1000), Some((0, false)));
        assert_eq!(scaled(b"0", 1), Some((0, true)));
        assert_eq!(scaled(b"18446744073709551615", 1), Some((u64::MAX, true)));
        for none in [&b"18446744073709551616"[..], b"-1", b"", b"1.2.3", b"x", b"1e99", b"1e"] {
            assert_eq!(scaled(none, 1), None, "{none:?}");
        }
    }

    #[test]
    fn dates_are_nanoseconds_since_the_epoch() {
        assert_eq!(rfc3339(b"1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(rfc3339(b"2022-04-27T23:53:11.533109Z"), Some(1_651_103_591_533_109_000));
        assert_eq!(rfc3339(b"2022-04-28T01:53:11.533109+02:00"), Some(1_651_103_591_533_109_000));
        assert_eq!(rfc3339(b"2000-02-29 12:00:00.000000001"), Some(951_825_600_000_000_001));
        assert_eq!(rfc3339(b"0001-01-01T00:00:00Z"), Some(0));
        assert_eq!(rfc3339(b"2022-13-01T00:00:00Z"), None);
        assert_eq!(rfc3339(b"yesterday"), None);
    }
}

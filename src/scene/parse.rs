//! How durations and times that people type are read: to the nanosecond, and never through a float.

use std::fmt;

use super::format::{GROUP_SPACE, UNIT_SPACE};

const SECOND: u64 = 1_000_000_000;
const DAY_SECONDS: i64 = 86_400;
/// A day has fewer digits of nanoseconds than these.
const FRACTION_DIGITS: usize = 18;

/// Units, each with its nanoseconds. Both characters for micro are in use.
const UNITS: [(&str, u64); 15] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("sec", SECOND),
    ("m", 60 * SECOND),
    ("min", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 24 * 3_600 * SECOND),
    ("seconds", SECOND),
    ("minutes", 60 * SECOND),
    ("hours", 3_600 * SECOND),
    ("days", 24 * 3_600 * SECOND),
];

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDuration {
    /// It does not begin with a number.
    Number,
    /// A number has no unit, or one that is not known.
    Unit,
    /// It is longer than 584 years.
    TooLong,
}

impl fmt::Display for NoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "Expected a number and its unit: 1.5ms, 200 ms, 2s",
            Self::Unit => "Expected a unit after the number: ns, µs, ms, s, min, h or d",
            Self::TooLong => "Expected less than 584 years",
        })
    }
}

/// A duration in nanoseconds: `1.5ms`, `200 ms`, `2s`, `1 min 3.2 s`, `1 000.25 µs`, `0`. What is less than a nanosecond is cut off.
///
/// # Errors
/// Why the text is none.
pub fn duration(text: &str) -> Result<u64, NoDuration> {
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(NoDuration::Number);
    }
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let (nanos, after) = part(rest)?;
        sum = sum.checked_add(nanos).ok_or(NoDuration::TooLong)?;
        rest = after.trim_start();
    }
    Ok(sum)
}

/// A number and its unit, and what comes after them.
fn part(text: &str) -> Result<(u64, &str), NoDuration> {
    // Spaces between digits group them.
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || is_group_space(c))).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !number.contains(|c: char| c.is_ascii_digit()) || fraction.contains('.') {
        return Err(NoDuration::Number);
    }
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let unit = unit.to_lowercase();
    let nanos = UNITS.iter().find_map(|&(name, nanos)| (name == unit).then_some(nanos)).ok_or(NoDuration::Unit)?;
    let whole = digits(whole).try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(digit));
    let (part, scale) = digits(fraction)
        .take(FRACTION_DIGITS)
        .fold((0_u128, 1_u128), |(part, scale), digit| (part * 10 + u128::from(digit), scale * 10));
    let below = u64::try_from(part * u128::from(nanos) / scale).unwrap_or(0);
    let sum = whole.and_then(|whole| whole.checked_mul(nanos)?.checked_add(below)).ok_or(NoDuration::TooLong)?;
    Ok((sum, rest))
}

fn is_group_space(c: char) -> bool {
    matches!(c, ' ' | GROUP_SPACE | UNIT_SPACE)
}

fn digits(text: &str) -> impl Iterator<Item = u64> {
    text.chars().filter_map(|c| c.to_digit(10)).map(u64::from)
}

/// What a calendar and a clock show, as nanoseconds since the epoch if they were those of UTC: `2026-11-23T06:12:33.25`, to the
/// minute or finer, with a `T` or a space between. `None` for what is no such time, or lies before 1970.
pub fn civil(text: &str) -> Option<u64> {
    let (date, time) = text.trim().split_once(['T', ' '])?;
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut time = time.splitn(3, ':').map(number);
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().unwrap_or(Some(0))?);
    let fits = (1_970..=2_500).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || hour > 23 || minute > 59 || second > 59 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Howard Hinnant's days_from_civil: years start in March, so that the leap day is a year's last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let seconds = days * DAY_SECONDS + hour * 3_600 + minute * 60 + second;
    let nanos = digits(fraction).chain(std::iter::repeat(0)).take(9).fold(0, |nanos, digit| nanos * 10 + digit);
    u64::try_from(seconds).ok()?.checked_mul(SECOND)?.checked_add(nanos)
}

/// As [`civil`], where clocks are ahead of UTC by the minutes that `offset_minutes` says for a time.
pub fn civil_at(text: &str, offset_minutes: impl Fn(u64) -> i32) -> Option<u64> {
    let shown = civil(text)?;
    let less = |offset: i32| shown.checked_add_signed(i64::from(offset) * -60 * SECOND.cast_signed());
    // The offset is known for times of UTC alone; next to a change of clocks the first guess may be on its wrong side.
    let guess = less(offset_minutes(shown))?;
    less(offset_minutes(guess))
}

fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

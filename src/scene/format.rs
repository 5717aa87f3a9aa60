//! How numbers are written for readers: durations, counts, bytes, times. Integer arithmetic to the last digit.
//!
//! Number and unit are joined by a no-break space, groups of digits by a narrow one, so that neither wraps and columns of
//! them align with tabular figures.

use std::fmt::Write as _;

/// Between a number and its unit.
pub const UNIT_SPACE: char = '\u{a0}';
/// Between groups of three digits.
pub const GROUP_SPACE: char = '\u{202f}';

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration to four figures, in the unit that fits it: `567 ns`, `1.234 ms`, `12.34 s`, `1 min 3.2 s`, `2 h 05 min`, `3 d 04 h`.
pub fn duration(nanos: u64) -> String {
    if nanos < MICRO {
        return format!("{nanos}{UNIT_SPACE}ns");
    }
    for (unit_nanos, unit, limit) in [(MICRO, "µs", MILLI), (MILLI, "ms", SECOND), (SECOND, "s", MINUTE)] {
        if nanos >= limit {
            continue;
        }
        let (number, rounded) = figures(nanos, unit_nanos, 4);
        // 999.96 µs rounds up to the next unit's first value, which that unit writes.
        if rounded < limit {
            return format!("{number}{UNIT_SPACE}{unit}");
        }
        return duration(limit);
    }
    if nanos < HOUR {
        let (_, rounded) = fixed(nanos, SECOND, 1);
        if rounded < HOUR {
            let (seconds, _) = fixed(rounded % MINUTE, SECOND, 1);
            return format!("{}{UNIT_SPACE}min {seconds}{UNIT_SPACE}s", rounded / MINUTE);
        }
    }
    if nanos < DAY {
        let rounded = nanos.saturating_add(MINUTE / 2) / MINUTE;
        if rounded < 24 * 60 {
            return format!("{}{UNIT_SPACE}h {:02}{UNIT_SPACE}min", rounded / 60, rounded % 60);
        }
    }
    let hours = nanos.saturating_add(HOUR / 2) / HOUR;
    format!("{}{UNIT_SPACE}d {:02}{UNIT_SPACE}h", hours / 24, hours % 24)
}

/// A duration with all its digits: `1.234567 ms`, `63.000000001 s`.
pub fn duration_exact(nanos: u64) -> String {
    let (unit_nanos, unit) = match nanos {
        0..MICRO => (1, "ns"),
        MICRO..MILLI => (MICRO, "µs"),
        MILLI..SECOND => (MILLI, "ms"),
        SECOND.. => (SECOND, "s"),
    };
    let mut text = count(nanos / unit_nanos);
    let rest = nanos % unit_nanos;
    if rest > 0 {
        let width = unit_nanos.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push(UNIT_SPACE);
    text.push_str(unit);
    text
}

/// An offset from the start of what is shown: `+1.234 ms`, `0 ns`.
pub fn offset(nanos: u64) -> String {
    if nanos == 0 { format!("0{UNIT_SPACE}ns") } else { format!("+{}", duration(nanos)) }
}

/// `value / unit` with so many decimals, rounded half up; and what it was rounded to.
fn fixed(value: u64, unit: u64, decimals: u32) -> (String, u64) {
    let step = unit / 10_u64.pow(decimals);
    let steps = value.saturating_add(step / 2) / step;
    let scale = 10_u64.pow(decimals);
    let width = decimals as usize;
    if decimals == 0 {
        return (steps.to_string(), steps.saturating_mul(step));
    }
    (format!("{}.{:0width$}", steps / scale, steps % scale), steps.saturating_mul(step))
}

/// `value / unit` to so many figures, of which one at least is a decimal; and what it was rounded to.
fn figures(value: u64, unit: u64, figures: u32) -> (String, u64) {
    for whole in 1..figures {
        let (text, rounded) = fixed(value, unit, figures - whole);
        if rounded < unit.saturating_mul(10_u64.pow(whole)) || whole + 1 == figures {
            return (text, rounded);
        }
    }
    fixed(value, unit, 0)
}

/// A whole number with its digits in groups: `1 234 567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len());
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(GROUP_SPACE);
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 span`, `1 234 spans`. The plural is the singular with an s.
pub fn counted(number: u64, singular: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{}{UNIT_SPACE}{singular}{s}", count(number))
}

/// A count in little room, to three figures: `999`, `12.3k`, `4.56M`.
pub fn count_short(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    let (text, suffix) = scaled(number, &["k", "M", "G", "T"]);
    format!("{text}{suffix}")
}

/// A size in bytes, in decimal units as file managers and download pages write it: `512 B`, `12.3 kB`, `1.20 GB`.
pub fn bytes(number: u64) -> String {
    if number < 1_000 {
        return format!("{number}{UNIT_SPACE}B");
    }
    let (text, unit) = scaled(number, &["kB", "MB", "GB", "TB"]);
    format!("{text}{UNIT_SPACE}{unit}")
}

/// A number of a thousand or more to three figures, in the first unit (each a thousand of the one before) that keeps it below a thousand.
fn scaled<'a>(number: u64, units: &[&'a str]) -> (String, &'a str) {
    let mut scale = 1;
    let mut written = (String::new(), "");
    for &unit in units {
        scale *= 1_000;
        let (mut text, mut rounded) = figures(number, scale, 3);
        if rounded >= scale * 100 {
            (text, rounded) = fixed(number, scale, 0);
        }
        written = (text, unit);
        if rounded < scale * 1_000 {
            break;
        }
    }
    written
}

/// A share of a whole in percent: `12 %`, `0.4 %`, `< 0.1 %`.
pub fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return format!("0{UNIT_SPACE}%");
    }
    let per_mille = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    if per_mille == 0 {
        return format!("<{UNIT_SPACE}0.1{UNIT_SPACE}%");
    }
    if per_mille >= 100 {
        return format!("{}{UNIT_SPACE}%", (per_mille + 5) / 10);
    }
    format!("{}.{}{UNIT_SPACE}%", per_mille / 10, per_mille % 10)
}

/// How many digits of a second a time is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeDigits {
    /// To the second.
    Seconds,
    /// Three digits.
    Millis,
    /// Six digits, in groups.
    Micros,
    /// Nine digits, in groups.
    Nanos,
}

impl TimeDigits {
    /// All digits that a time from a source has which counts in this unit of nanoseconds; 0 is as good as 1. No digit of the time
    /// itself is left out.
    pub const fn of_unit(unit_ns: u32, unix_nanos: u64) -> Self {
        let unit = unit_ns as u64;
        if SECOND <= unit && unix_nanos.is_multiple_of(SECOND) {
            Self::Seconds
        } else if MILLI <= unit && unix_nanos.is_multiple_of(MILLI) {
            Self::Millis
        } else if MICRO <= unit && unix_nanos.is_multiple_of(MICRO) {
            Self::Micros
        } else {
            Self::Nanos
        }
    }
}

/// What a source that counts in this unit of nanoseconds is said to give, if that is less than all digits.
pub const fn unit_words(unit_ns: u32) -> Option<&'static str> {
    match unit_ns as u64 {
        0..MICRO => None,
        MICRO..MILLI => Some("The source gives microseconds"),
        MILLI..SECOND => Some("The source gives milliseconds"),
        SECOND.. => Some("The source gives seconds"),
    }
}

/// An absolute time: `2026-11-23 06:12:33.123 456 789`, as clocks show it that are `offset_minutes` ahead of UTC.
pub fn absolute(unix_nanos: u64, offset_minutes: i32, digits: TimeDigits) -> String {
    let local = Civil::from_unix(unix_nanos, offset_minutes);
    format!("{} {}", local.date(), local.time(digits))
}

/// As [`absolute`], without the date.
pub fn time_of_day(unix_nanos: u64, offset_minutes: i32, digits: TimeDigits) -> String {
    Civil::from_unix(unix_nanos, offset_minutes).time(digits)
}

/// The date alone: `2026-11-23`.
pub fn date(unix_nanos: u64, offset_minutes: i32) -> String {
    Civil::from_unix(unix_nanos, offset_minutes).date()
}

/// An offset from UTC: `UTC`, `UTC+02:00`, `UTC−03:30`.
pub fn utc_offset(offset_minutes: i32) -> String {
    let sign = match offset_minutes {
        0 => return "UTC".to_owned(),
        1.. => '+',
        _ => '−',
    };
    let minutes = offset_minutes.unsigned_abs();
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A time as calendars and clocks have it.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    second_of_day: i64,
    nanos: u64,
}

impl Civil {
    fn from_unix(unix_nanos: u64, offset_minutes: i32) -> Self {
        let seconds = (unix_nanos / SECOND).cast_signed() + i64::from(offset_minutes) * 60;
        let days = seconds.div_euclid(86_400);
        // Howard Hinnant's civil_from_days: years start in March, so that the leap day is a year's last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            second_of_day: seconds.rem_euclid(86_400),
            nanos: unix_nanos % SECOND,
        }
    }

    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn time(&self, digits: TimeDigits) -> String {
        let second = self.second_of_day;
        let mut text = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        let nanos = self.nanos;
        // Writing to a string cannot fail.
        match digits {
            TimeDigits::Seconds => {}
            TimeDigits::Millis => _ = write!(text, ".{:03}", nanos / MILLI),
            TimeDigits::Micros => _ = write!(text, ".{:03}{GROUP_SPACE}{:03}", nanos / MILLI, nanos / MICRO % 1000),
            TimeDigits::Nanos => {
                _ = write!(text, ".{:03}{GROUP_SPACE}{:03}{GROUP_SPACE}{:03}", nanos / MILLI, nanos / MICRO % 1000, nanos % 1000);
            }
        }
        text
    }
}

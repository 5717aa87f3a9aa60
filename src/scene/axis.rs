//! Where the axes of a chart over absolute time and over duration are labelled.

use super::format::{TimeDigits, UNIT_SPACE, date, duration, time_of_day};

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Steps that clocks and calendars make readable.
const STEPS: [u64; 31] = [
    MICRO,
    10 * MICRO,
    100 * MICRO,
    MILLI,
    2 * MILLI,
    5 * MILLI,
    10 * MILLI,
    20 * MILLI,
    50 * MILLI,
    100 * MILLI,
    200 * MILLI,
    500 * MILLI,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    7 * DAY,
    30 * DAY,
];

/// A place on an axis with its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisTick {
    /// Absolute time, or duration, in nanoseconds.
    pub at: u64,
    /// What is written there.
    pub label: String,
}

/// Times between `start` and `end` at which clocks show round figures that are `offset_minutes` ahead of UTC; about `most` of them,
/// never more. The first is written with its date where the others show only the time of day.
pub fn time_ticks(start: u64, end: u64, most: u32, offset_minutes: i32) -> Vec<AxisTick> {
    let length = end.saturating_sub(start);
    let most = u64::from(most.max(1));
    let step = STEPS.into_iter().find(|step| length / step < most).unwrap_or_else(|| {
        // Beyond the table, whole months of 30 days.
        let days = length / most / (30 * DAY) + 1;
        days.saturating_mul(30 * DAY)
    });
    // Counted on the local clock, so that noon is a round figure in every zone.
    let shift = i128::from(offset_minutes) * i128::from(MINUTE);
    let local_start = i128::from(start) + shift;
    let first = -(-local_start).div_euclid(i128::from(step)) * i128::from(step) - shift;
    let Ok(first) = u64::try_from(first) else {
        return Vec::new();
    };
    let digits = if step < SECOND { TimeDigits::Millis } else { TimeDigits::Seconds };
    let mut ticks = Vec::new();
    let mut at = first;
    while at <= end {
        let label = if step >= DAY {
            date(at, offset_minutes)
        } else {
            let mut time = time_of_day(at, offset_minutes, digits);
            if step >= MINUTE {
                // Nothing but zeros.
                time.truncate("00:00".len());
            }
            time
        };
        ticks.push(AxisTick { at, label });
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    ticks
}

/// The powers of ten (of a nanosecond, a second, …) between `shortest` and `longest`, at most `most` of them, evenly thinned.
pub fn decade_ticks(shortest: u64, longest: u64, most: usize) -> Vec<AxisTick> {
    let mut decades = Vec::new();
    let mut at: u64 = 1;
    loop {
        if at >= shortest && at <= longest {
            decades.push(AxisTick { at, label: decade_label(at) });
        }
        match at.checked_mul(10) {
            Some(next) if next <= longest => at = next,
            Some(_) | None => break,
        }
    }
    let every = decades.len().div_ceil(most.max(1)).max(1);
    decades.into_iter().step_by(every).collect()
}

/// `10 ms` rather than `10.00 ms`: what is on an axis is exact.
fn decade_label(nanos: u64) -> String {
    let text = duration(nanos);
    match text.split_once('.') {
        Some((whole, rest)) => {
            let unit = rest.trim_start_matches('0');
            format!("{whole}{unit}")
        }
        None => text,
    }
}

/// Units of durations; what is written on an axis is in the largest that fits.
const UNITS: [(u64, &str); 7] =
    [(1, "ns"), (MICRO, "µs"), (MILLI, "ms"), (SECOND, "s"), (MINUTE, "min"), (HOUR, "h"), (DAY, "d")];

/// Figures of a unit that are marked, in tenths of it: the more room there is, the further down.
const LEVELS: [&[u64]; 5] = [
    &[10, 1_000],
    &[10, 100, 1_000],
    &[10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
    &[
        10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 500, 600, 800, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 6_000,
        8_000,
    ],
    &[],
];

/// Durations between `shortest` and `longest` that a person would mark on a logarithmic axis, ascending, at most `most` of them: `1 ms`,
/// `2 ms`, `5 ms` where there is room, powers of ten where there is less, `1.2 ms` and `1.3 ms` where the range is narrow.
pub fn duration_ticks(shortest: u64, longest: u64, most: usize) -> Vec<AxisTick> {
    if most == 0 || longest < shortest {
        return Vec::new();
    }
    let mut best = decade_ticks(shortest, longest, most);
    for figures in LEVELS {
        let mut found = Vec::new();
        for (at, (unit, name)) in UNITS.into_iter().enumerate() {
            // Up to the next unit's first.
            let limit = UNITS.get(at + 1).map_or(u64::MAX, |&(next, _)| next);
            let mut mark = |tenths: u64| {
                let value = u128::from(unit) * u128::from(tenths) / 10;
                if let Ok(value) = u64::try_from(value)
                    && value < limit
                    && (shortest..=longest).contains(&value)
                    && (unit > 1 || tenths.is_multiple_of(10))
                {
                    let (whole, tenth) = (tenths / 10, tenths % 10);
                    let number = if tenth == 0 { whole.to_string() } else { format!("{whole}.{tenth}") };
                    found.push(AxisTick { at: value, label: format!("{number}{UNIT_SPACE}{name}") });
                }
            };
            match figures {
                // Tenths to ten, whole ones to a hundred, tens to a thousand.
                [] => (10..100).chain((100..1_000).step_by(10)).chain((1_000..10_000).step_by(100)).for_each(&mut mark),
                figures => figures.iter().copied().for_each(&mut mark),
            }
        }
        if found.len() > most {
            break;
        }
        if found.len() >= best.len() {
            best = found;
        }
    }
    best
}

/// Round numbers from 0 up to and with `highest`, evenly spaced, at most `most` of them after the 0.
pub fn count_ticks(highest: u64, most: u64) -> Vec<u64> {
    let most = most.max(1);
    let mut step: u64 = 1;
    // 1, 2, 5, 10, 20, …
    for factor in [2, 5, 10].into_iter().cycle() {
        if highest / step <= most {
            break;
        }
        let decade = 10_u64.pow(step.ilog10());
        step = decade.saturating_mul(factor);
    }
    (0..=highest / step).map(|times| times * step).collect()
}

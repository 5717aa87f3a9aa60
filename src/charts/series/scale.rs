//! The axis of values: where it begins and ends, where it is marked, and how values are written.

use crate::protocol::SeriesUnit;
use crate::scene::axis::duration_ticks;
use crate::scene::format::{self, UNIT_SPACE};

use super::super::draw::{fitting, short_count};

/// Durations that are so many times as long as the shortest are told apart on a logarithmic axis alone.
const DECADES_APART: f64 = 100.0;
/// Beyond this a value is at the end of the axis: differences of what is below it are finite.
const FAR: f64 = 1e300;
/// Nearer to 0 than this is 0.
const NEAR: f64 = 1e-300;
/// Heights that a mark of an even and of a logarithmic axis takes.
const EVEN_CSS_PX: f64 = 34.0;
const LOG_CSS_PX: f64 = 22.0;
/// Whole numbers up to here are exact.
const EXACT: f64 = 1e15;
/// From this on marks are written short.
const SHORT: f64 = 1e4;

const SECOND: f64 = 1e9;
const DAY: f64 = 86_400.0 * SECOND;
/// Steps past five seconds that clocks make readable, seconds.
const CLOCK: [f64; 14] =
    [10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0];

/// Where values stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueScale {
    /// At the bottom; its logarithm on a logarithmic axis.
    low: f64,
    /// On top, likewise.
    high: f64,
    /// Where the bottom is, CSS pixels.
    bottom: f64,
    /// Where the top is.
    top: f64,
    /// Distance of two marks; 0 on a logarithmic axis.
    step: f64,
    unit: SeriesUnit,
}

impl ValueScale {
    /// For values from `low` to `high`: with 0 in it, or logarithmic where durations are far apart.
    pub(super) fn around(low: f64, high: f64, unit: SeriesUnit, (bottom, top): (f64, f64)) -> Self {
        let (low, high) = (low.clamp(-FAR, FAR), high.clamp(-FAR, FAR));
        if unit == SeriesUnit::Nanoseconds && low > NEAR && high / low > DECADES_APART {
            let air = (high.ln() - low.ln()) * 0.06;
            return Self { low: low.ln() - air, high: high.ln() + air, bottom, top, step: 0.0, unit };
        }
        let (low, mut high) = (low.min(0.0), high.max(0.0));
        if high - low < NEAR {
            // A second of which nothing is known has a height, too.
            high = if unit == SeriesUnit::Nanoseconds { 1_000.0 } else { 1.0 };
        }
        let most = f64::from(fitting(bottom - top, EVEN_CSS_PX));
        let raw = (high - low) / most;
        let step = if unit == SeriesUnit::Nanoseconds { duration_step(raw) } else { round_step(raw) };
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, bottom, top, step, unit }
    }

    /// From one value to another, logarithmic and without air; both are above 0.
    pub(super) fn between(low: f64, high: f64, unit: SeriesUnit, (bottom, top): (f64, f64)) -> Self {
        let (low, high) = (low.clamp(NEAR, FAR).ln(), high.clamp(NEAR, FAR).ln());
        Self { low, high: high.max(low + 1e-6), bottom, top, step: 0.0, unit }
    }

    /// Whether it is logarithmic.
    pub fn is_log(&self) -> bool {
        self.step == 0.0
    }

    /// Where a value is; what is beyond the ends is at them.
    pub fn place(&self, value: f64) -> f64 {
        let value = if self.is_log() { value.clamp(NEAR, FAR).ln() } else { value };
        let share = (value - self.low) / (self.high - self.low);
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self.bottom + (self.top - self.bottom) * share
    }

    /// Round values with their labels, ascending.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        if self.is_log() {
            return self.log_ticks();
        }
        let (first, last) = ((self.low / self.step).round(), (self.high / self.step).round());
        // Few by how the step was chosen; and where floats fail, still few.
        let count = fitting((last - first).clamp(0.0, 64.0), 1.0);
        (0..=count).map(|at| (first + f64::from(at)) * self.step).map(|value| (value, self.mark(value))).collect()
    }

    fn log_ticks(&self) -> Vec<(f64, String)> {
        let (low, high) = (self.low.exp(), self.high.exp());
        let most = fitting(self.bottom - self.top, LOG_CSS_PX) as usize;
        // Rounding must not lose a mark at an end.
        let (low, high) = (low * (1.0 - 1e-9), high * (1.0 + 1e-9));
        if self.unit == SeriesUnit::Nanoseconds {
            let ticks = duration_ticks(nanos(low.ceil()), nanos(high.floor()), most).into_iter();
            return ticks.map(|tick| (tick.at as f64, tick.label)).collect();
        }
        number_ticks(low, high, most).into_iter().map(|value| (value, number_mark(value, value))).collect()
    }

    fn mark(&self, value: f64) -> String {
        match self.unit {
            SeriesUnit::Nanoseconds => duration_mark(value),
            SeriesUnit::None | SeriesUnit::PerSecond => number_mark(value, self.step),
        }
    }
}

/// The first of 1, 2, 5, 10, 20, … (and 0.5, 0.2, …) that is not below.
fn round_step(raw: f64) -> f64 {
    let decade = 10_f64.powf(raw.max(NEAR).log10().floor());
    // A logarithm that is off by its last digit does not skip a step.
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * decade >= raw * (1.0 - 1e-9)).unwrap_or(10.0);
    factor * decade
}

fn duration_step(raw: f64) -> f64 {
    if raw <= 5.0 * SECOND {
        return round_step(raw);
    }
    let clock = CLOCK.into_iter().map(|seconds| seconds * SECOND).find(|&step| step >= raw);
    clock.unwrap_or_else(|| round_step(raw / DAY) * DAY)
}

/// 1, 10, 100, …, and 2 and 5 of each where there is room; thinned evenly where there is little.
fn number_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let mut best = Vec::new();
    for factors in [&[1.0][..], &[1.0, 2.0, 5.0]] {
        let (first, last) = (low.log10().floor().max(-300.0), high.log10().ceil().min(300.0));
        let mut found = Vec::new();
        let mut decade = first;
        while decade <= last {
            found.extend(factors.iter().map(|factor| factor * 10_f64.powf(decade)));
            decade += 1.0;
        }
        found.retain(|value| (low..=high).contains(value));
        if found.len() > most && !best.is_empty() {
            break;
        }
        best = found;
    }
    let every = best.len().div_ceil(most.max(1)).max(1);
    best.into_iter().step_by(every).collect()
}

fn nanos(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let nanos = value.round() as u64;
    nanos
}

/// A minus is as wide as a digit.
fn signed(value: f64, text: String) -> String {
    if value < 0.0 { format!("−{text}") } else { text }
}

/// `1.5 s`, `2 min`, `1 h 30 min`: what is on an axis is exact.
fn duration_mark(value: f64) -> String {
    let size = value.abs();
    if size < NEAR {
        return "0".to_owned();
    }
    if size < 1.0 {
        return signed(value, format!("{}{UNIT_SPACE}ns", number(size)));
    }
    let whole = nanos(size);
    if size < 60.0 * SECOND {
        return signed(value, format::duration_exact(whole));
    }
    let seconds = whole / 1_000_000_000;
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{UNIT_SPACE}{unit}")).collect();
    signed(value, parts.join(" "))
}

/// A number with as many decimals as the step between two of them has.
fn number_mark(value: f64, step: f64) -> String {
    let size = value.abs();
    if size < NEAR {
        return "0".to_owned();
    }
    let text = if size >= EXACT || step < 1e-4 {
        trimmed_exponent(&format!("{size:.1e}"))
    } else if size >= SHORT {
        short_count(nanos(size))
    } else {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 4: smaller steps have exponents")]
        let decimals = (-step.log10().floor()).clamp(0.0, 4.0) as usize;
        if decimals == 0 { format::count(nanos(size)) } else { trimmed(&format!("{size:.decimals$}")) }
    };
    signed(value, text)
}

/// `1.0e15` is `1e15`.
fn trimmed_exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{}e{exponent}", trimmed(digits)),
        None => text.to_owned(),
    }
}

/// Without zeros at the end of decimals.
fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

/// A number to four figures; whole ones to the last digit.
fn number(size: f64) -> String {
    if size >= EXACT {
        return trimmed_exponent(&format!("{size:.3e}"));
    }
    if size >= 1_000.0 || size.fract() == 0.0 {
        return format::count(nanos(size));
    }
    if size < 1e-3 {
        return trimmed_exponent(&format!("{size:.2e}"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 6")]
    let decimals = (3.0 - size.log10().floor()).clamp(0.0, 6.0) as usize;
    trimmed(&format!("{size:.decimals$}"))
}

/// A value in words: `12.5/s`, `1.234 ms`, `1 234`.
pub fn value_words(value: f64, unit: SeriesUnit) -> String {
    let size = value.abs();
    if !size.is_finite() {
        return "–".to_owned();
    }
    let text = match unit {
        SeriesUnit::None => number(size),
        SeriesUnit::PerSecond => format!("{}/s", number(size)),
        SeriesUnit::Nanoseconds if size < 1.0 => format!("{}{UNIT_SPACE}ns", number(size)),
        SeriesUnit::Nanoseconds => format::duration(nanos(size)),
    };
    signed(value, text)
}

/// What stands beside the heading of the axis; durations have their units in each label.
pub fn unit_words(unit: SeriesUnit) -> &'static str {
    match unit {
        SeriesUnit::PerSecond => "per second",
        SeriesUnit::None | SeriesUnit::Nanoseconds => "",
    }
}

//! What sizes, widths and colors carry, and on which scale.

use crate::protocol::Stats;
use crate::scene::format;

/// Steps of a color scale above "none".
pub const LEVELS: u8 = 5;

/// A figure that can be read off the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Calls.
    Calls,
    /// Share of the calls that failed.
    ErrorShare,
    /// 95th percentile of the duration, nanoseconds.
    P95,
    /// Sum of durations, nanoseconds.
    Total,
    /// Sum of self times, nanoseconds.
    SelfTime,
}

/// The figure of some calls. Only for drawing: a count past 2⁵³ is rounded.
pub fn value_of(stats: &Stats, figure: Figure) -> f64 {
    match figure {
        Figure::Calls => stats.calls as f64,
        Figure::ErrorShare if stats.calls == 0 => 0.0,
        Figure::ErrorShare => (stats.errors as f64 / stats.calls as f64).min(1.0),
        Figure::P95 => stats.p95 as f64,
        Figure::Total => stats.total as f64,
        Figure::SelfTime => stats.self_time as f64,
    }
}

/// From the least to the most of a figure, as sizes and levels of color.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Of what.
    pub figure: Figure,
    /// The least that is not zero.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// Where the levels of an error share begin: healthy, a trace of errors, worth a look, bad, broken.
const SHARE_STEPS: [f64; 4] = [0.01, 0.05, 0.2, 0.5];

impl Scale {
    /// The scale over all that is shown.
    pub fn over<'a>(figure: Figure, all: impl Iterator<Item = &'a Stats>) -> Self {
        let values = all.map(|stats| value_of(stats, figure)).filter(|value| *value > 0.0);
        let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        Self { figure, least: if least.is_finite() { least } else { 0.0 }, most }
    }

    /// Size as a share of the largest, 0 to 1: an area (so a radius, or a width) that grows with the figure.
    pub fn size(&self, stats: &Stats) -> f64 {
        let value = value_of(stats, self.figure);
        if value <= 0.0 {
            0.0
        } else if self.least >= self.most {
            // All are alike: none of them stands out.
            0.5
        } else {
            (value / self.most).clamp(0.0, 1.0).sqrt()
        }
    }

    /// Level of color: 0 for none of it, then 1 to [`LEVELS`]. An error share has fixed steps, since 1 % of errors is as bad next to 2 % as
    /// next to 50 %; all else is spread evenly over the orders of magnitude that there are.
    pub fn level(&self, stats: &Stats) -> u8 {
        let value = value_of(stats, self.figure);
        if value <= 0.0 {
            return 0;
        }
        if self.figure == Figure::ErrorShare {
            return SHARE_STEPS.iter().zip(1..).take_while(|(step, _)| value >= **step).last().map_or(1, |(_, level)| level + 1);
        }
        let span = (self.most / self.least).ln();
        if span <= 0.0 {
            return LEVELS;
        }
        let steps = ((value / self.least).ln() / span * f64::from(LEVELS)).floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a few levels")]
        let level = steps.clamp(0.0, f64::from(LEVELS - 1)) as u8;
        level + 1
    }

    /// What the ends of the scale stand for, in words: of the colors the first and the last level.
    pub fn ends(&self) -> (String, String) {
        match self.figure {
            Figure::ErrorShare => (format!("<{0}1{0}%", format::UNIT_SPACE), format!("≥{0}50{0}%", format::UNIT_SPACE)),
            Figure::Calls => (format::count_short(whole(self.least)), format::count_short(whole(self.most))),
            Figure::P95 | Figure::Total | Figure::SelfTime => {
                (format::duration(whole(self.least)), format::duration(whole(self.most)))
            }
        }
    }

    /// What the largest size stands for, in words.
    pub fn largest(&self) -> String {
        match self.figure {
            Figure::ErrorShare => {
                let per_million = whole(self.most * 1_000_000.0);
                format::percent(per_million, 1_000_000)
            }
            Figure::Calls | Figure::P95 | Figure::Total | Figure::SelfTime => self.ends().1,
        }
    }
}

fn whole(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, which is what is wanted")]
    let whole = value.round() as u64;
    whole
}

/// What rates are written per: one for all that stands side by side, so that a longer number is a larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateUnit {
    /// The time in which the calls were, nanoseconds.
    window: u64,
    seconds: u32,
    name: &'static str,
}

impl RateUnit {
    /// The unit in which the largest of some rates is a readable number: per second, per minute or per hour.
    pub fn for_most(calls: u64, window: u64) -> Self {
        let per_second = calls as f64 * 1e9 / window.max(1) as f64;
        let (seconds, name) = match per_second {
            1.0.. => (1, "s"),
            0.016_666.. => (60, "min"),
            _ => (3600, "h"),
        };
        Self { window, seconds, name }
    }

    /// So many calls as a rate: `12.3/s`. Nothing where no time passed.
    pub fn rate(self, calls: u64) -> Option<String> {
        if self.window == 0 {
            return None;
        }
        let unit = self.name;
        let value = calls as f64 * 1e9 / self.window as f64 * f64::from(self.seconds);
        Some(match value {
            1000.0.. => format!("{}/{unit}", format::count_short(whole(value))),
            100.0.. => format!("{value:.0}/{unit}"),
            10.0.. => format!("{value:.1}/{unit}"),
            _ if calls == 0 => format!("0/{unit}"),
            0.01.. => format!("{value:.2}/{unit}"),
            _ => format!("<{}0.01/{unit}", format::UNIT_SPACE),
        })
    }
}

/// Calls over a time, in the unit that fits them.
pub fn rate(calls: u64, window: u64) -> Option<String> {
    RateUnit::for_most(calls, window).rate(calls)
}

/// A duration in little room, to two or three figures: `1.2 s`, `12 ms`, `120 µs`.
pub fn brief_duration(nanos: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s"), (60_000_000_000, "min")];
    let Some((unit, name)) = UNITS.into_iter().rev().find(|(unit, _)| nanos >= *unit) else {
        return format!("{nanos}{}ns", format::UNIT_SPACE);
    };
    // 9.95 is 10, not 10.0.
    let tenths = (u128::from(nanos) * 10 + u128::from(unit) / 2) / u128::from(unit);
    let text = if tenths < 100 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        ((u128::from(nanos) + u128::from(unit) / 2) / u128::from(unit)).to_string()
    };
    format!("{text}{}{name}", format::UNIT_SPACE)
}

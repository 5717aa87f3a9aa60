//! The ruler: where ticks stand and what they say.
//!
//! Steps are round in the unit that a reader thinks in (1, 2, 5 of ns, µs, ms and s; then minutes, hours and days as clocks
//! have them). All labels of a ruler are in one unit and count from the start of the trace; the step is chosen so that the
//! widest label fits between two ticks, so none can overlap.

use super::TimeScale;
use super::format::{GROUP_SPACE, UNIT_SPACE};

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Steps past ten seconds, with how many parts the minor ticks cut them into.
const CLOCK_STEPS: [(u64, u64); 16] = [
    (10 * SECOND, 5),
    (20 * SECOND, 4),
    (30 * SECOND, 3),
    (MINUTE, 6),
    (2 * MINUTE, 4),
    (5 * MINUTE, 5),
    (10 * MINUTE, 5),
    (15 * MINUTE, 3),
    (30 * MINUTE, 3),
    (HOUR, 6),
    (2 * HOUR, 4),
    (6 * HOUR, 6),
    (12 * HOUR, 6),
    (DAY, 4),
    (2 * DAY, 4),
    (5 * DAY, 5),
];

/// Room between two labels.
const GAP_CSS_PX: f64 = 16.0;
/// Minor ticks nearer than this are left out.
const MINOR_CSS_PX: f64 = 5.0;

/// A labelled tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Offset from the start of the trace.
    pub nanos: u64,
    /// Where it stands.
    pub x: f64,
    /// What it says.
    pub label: String,
}

/// The ticks of a view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruler {
    /// Labelled ones, from left to right.
    pub major: Vec<Tick>,
    /// The small ones between them.
    pub minor: Vec<f64>,
}

impl Ruler {
    /// Ticks for a scale; `label_css_px` says how wide a label is drawn.
    pub fn new(scale: &TimeScale, label_css_px: impl Fn(&str) -> f64) -> Self {
        let range = scale.range;
        let px = scale.css_px_per_nano();
        let last = range.to();
        let mut step = Step::FIRST;
        // At most 57 decimal steps (19 decades of u64) and the clock's: the loop ends by itself.
        while let Some(next) = step.next() {
            // The last value has the most digits before the point, and all have the same after it.
            let widest = label_css_px(&label(last - last % step.nanos, step.nanos, last)).max(label_css_px(&label(
                (last - last % step.nanos).saturating_sub(step.nanos),
                step.nanos,
                last,
            )));
            if step.nanos as f64 * px >= widest + GAP_CSS_PX {
                break;
            }
            step = next;
        }
        let first = range.from() - range.from() % step.nanos;
        let mut ruler = Self::default();
        let minor_step = step.nanos / step.parts;
        let minor_shown = minor_step > 0 && step.nanos.is_multiple_of(step.parts) && minor_step as f64 * px >= MINOR_CSS_PX;
        let mut at = first;
        loop {
            if at >= range.from() && at <= last {
                ruler.major.push(Tick { nanos: at, x: scale.x_from_nanos(at), label: label(at, step.nanos, last) });
            }
            if minor_shown {
                for part in 1..step.parts {
                    let minor = at.saturating_add(minor_step * part);
                    if minor >= range.from() && minor <= last {
                        ruler.minor.push(scale.x_from_nanos(minor));
                    }
                }
            }
            match at.checked_add(step.nanos) {
                Some(next) if next <= last => at = next,
                _ => break,
            }
        }
        ruler
    }
}

/// Distance between two labelled ticks.
#[derive(Clone, Copy)]
struct Step {
    nanos: u64,
    /// Minor ticks cut it into this many parts.
    parts: u64,
}

impl Step {
    const FIRST: Self = Self { nanos: 1, parts: 1 };

    /// The next longer one, up to years; `None` past that.
    fn next(self) -> Option<Self> {
        if self.nanos < 5 * SECOND {
            let mut unit = 1;
            while unit * 10 <= self.nanos {
                unit *= 10;
            }
            let (nanos, parts) = match self.nanos / unit {
                1 => (2 * unit, 4),
                2 => (5 * unit, 5),
                _ => (10 * unit, 5),
            };
            // 2 ns has no four parts: halves do.
            let parts = if nanos.is_multiple_of(parts) { parts } else { 2 };
            return Some(Self { nanos, parts });
        }
        if let Some(&(nanos, parts)) = CLOCK_STEPS.iter().find(|(nanos, _)| *nanos > self.nanos) {
            return Some(Self { nanos, parts });
        }
        let nanos = self.nanos.checked_mul(2)?;
        Some(Self { nanos, parts: 4 })
    }
}

/// What a tick says: its offset in the unit that suits `last`, with as many decimals as `step` needs.
fn label(nanos: u64, step: u64, last: u64) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    match last {
        0..MICRO => format!("{nanos}{UNIT_SPACE}ns"),
        MICRO..MILLI => format!("{}{UNIT_SPACE}µs", decimal(nanos, MICRO, step)),
        MILLI..SECOND => format!("{}{UNIT_SPACE}ms", decimal(nanos, MILLI, step)),
        SECOND..MINUTE => format!("{}{UNIT_SPACE}s", decimal(nanos, SECOND, step)),
        _ => clock(nanos, step),
    }
}

/// `nanos / unit` without rounding, decimals grouped by three so that nine of them can be read.
fn decimal(nanos: u64, unit: u64, step: u64) -> String {
    let mut text = (nanos / unit).to_string();
    let mut rest = nanos % unit;
    let mut needed = step % unit;
    if needed == 0 && rest == 0 {
        return text;
    }
    text.push('.');
    let mut place = unit;
    let mut digits = 0;
    while place > 1 && (needed > 0 || rest > 0) {
        place /= 10;
        if digits > 0 && digits % 3 == 0 {
            text.push(GROUP_SPACE);
        }
        let digit = u8::try_from(rest / place).unwrap_or(0);
        text.push(char::from(b'0' + digit));
        rest %= place;
        needed %= place;
        digits += 1;
    }
    text
}

/// `1 h 2 min 3.5 s`, without the parts that are 0.
fn clock(nanos: u64, step: u64) -> String {
    let parts = [(nanos / DAY, "d"), (nanos % DAY / HOUR, "h"), (nanos % HOUR / MINUTE, "min")];
    let mut text = String::new();
    for (count, unit) in parts {
        if count > 0 {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&count.to_string());
            text.push(UNIT_SPACE);
            text.push_str(unit);
        }
    }
    let rest = nanos % MINUTE;
    if rest > 0 || text.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&decimal(rest, SECOND, step));
        text.push(UNIT_SPACE);
        text.push('s');
    }
    text
}

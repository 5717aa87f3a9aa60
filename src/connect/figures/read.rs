//! Reads the cells of rows: a number is one only if it is whole where it has to be, and neither negative nor too large.

use super::source::{EXAMPLES, PERCENTILES};
use crate::connect::rows::{Cell, Row};
use crate::protocol::{ExampleKind, ExampleTrace, Stats};

/// Longer texts are cut: a name is for reading.
const TEXT_CHARS_MAX: usize = 4096;

/// The whole numbers up to which a double has no gaps.
const EXACT_DOUBLE: f64 = 9_007_199_254_740_992.0;

/// A whole number that is not negative. A decimal may come as text, and any number as a double that is whole.
pub(super) fn whole(row: &Row, column: &str) -> Option<u64> {
    match row.get(column)? {
        Cell::Integer(number) => u64::try_from(*number).ok(),
        Cell::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT_DOUBLE => nanos(*number),
        Cell::Text(text) => text.parse().ok(),
        Cell::Float(_) | Cell::Bool(_) => None,
    }
}

/// A number of nanoseconds that was estimated, rounded.
fn estimated(row: &Row, column: &str) -> Option<u64> {
    match row.get(column)? {
        Cell::Float(number) => nanos(number.round()),
        _ => whole(row, column),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 2^63")]
fn nanos(number: f64) -> Option<u64> {
    (0.0..9.3e18).contains(&number).then_some(number as u64)
}

/// A position in a list of so many.
pub(super) fn place(row: &Row, column: &str, n: usize) -> Option<usize> {
    whole(row, column).and_then(|at| usize::try_from(at).ok()).filter(|&at| at < n)
}

/// A text; empty where there is none.
pub(super) fn text(row: &Row, column: &str) -> String {
    match row.get(column) {
        Some(Cell::Text(text)) => cut(text),
        Some(Cell::Integer(number)) => number.to_string(),
        Some(Cell::Float(number)) => number.to_string(),
        Some(Cell::Bool(flag)) => flag.to_string(),
        None => String::new(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

/// The figures of a row that [`stats_columns`](super::source::stats_columns) asked for; `None` where its counts make no sense.
pub(super) fn stats(row: &Row) -> Option<Stats> {
    let calls = whole(row, "sw_n")?;
    if calls == 0 {
        return Some(Stats::default());
    }
    let errors = whole(row, "sw_e")?;
    let (min, max) = (whole(row, "sw_lo")?, whole(row, "sw_hi")?);
    let seconds = u128::from(whole(row, "sw_ts")?) * 1_000_000_000 + u128::from(whole(row, "sw_tn")?);
    if calls < errors || max < min {
        return None;
    }
    let [p50, p90, p95, p99] = percentiles(row, min, max);
    let total = u64::try_from(seconds).unwrap_or(u64::MAX);
    Some(Stats { calls, errors, p50, p90, p95, p99, min, max, total, self_time: 0 })
}

/// The percentiles of a row, which lie between the extremes and ascend, whatever was estimated.
pub(super) fn percentiles(row: &Row, min: u64, max: u64) -> [u64; 4] {
    let mut least = min;
    PERCENTILES.map(|(column, _)| {
        let value = estimated(row, column).unwrap_or(least).clamp(least, max.max(least));
        least = value;
        value
    })
}

/// The spans of a row that [`example_columns`](super::source::example_columns) asked for.
pub(super) fn examples(row: &Row, name: &str) -> Vec<ExampleTrace> {
    let example = |(column, of): (&str, ExampleKind)| {
        let Some(Cell::Text(text)) = row.get(column) else { return None };
        let mut parts = text.splitn(5, '/');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let (duration, start) = (number()?, number()?);
        let [trace_id, span_id] = [parts.next()?, parts.next()?].map(str::to_owned);
        let own = parts.next().filter(|own| !own.is_empty()).map_or_else(|| name.to_owned(), cut);
        // The longest is looked for by the greatest text: its start counts down, so that of equal ones the first is found.
        let start = if of == ExampleKind::Fastest { start } else { i64::MAX.unsigned_abs().checked_sub(start)? };
        (!trace_id.is_empty()).then_some(ExampleTrace { of, trace_id, span_id, name: own, start, duration })
    };
    EXAMPLES.into_iter().filter_map(example).collect()
}

#[cfg(test)]
mod tests {
    use super::{percentiles, stats, whole};
    use crate::connect::rows::{Cell, Row};

    fn row(cells: &[(&str, Cell)]) -> Row {
        Row(cells.iter().map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect())
    }

    #[test]
    fn a_count_is_a_whole_number() {
        let cases = [
            (Cell::Integer(7), Some(7)),
            (Cell::Integer(-1), None),
            (Cell::Integer(i128::from(u64::MAX)), Some(u64::MAX)),
            (Cell::Integer(i128::MAX), None),
            (Cell::Float(7.0), Some(7)),
            (Cell::Float(7.5), None),
            (Cell::Float(-7.0), None),
            (Cell::Float(f64::NAN), None),
            (Cell::Float(f64::INFINITY), None),
            (Cell::Float(1e300), None),
            (Cell::Text("12".to_owned()), Some(12)),
            (Cell::Text("-12".to_owned()), None),
            (Cell::Text(String::new()), None),
            (Cell::Bool(true), None),
        ];
        for (cell, expected) in cases {
            assert_eq!(whole(&row(&[("n", cell.clone())]), "n"), expected, "{cell:?}");
        }
    }

    #[test]
    fn estimates_stay_within_what_is_known() {
        let odd = row(&[
            ("sw_p50", Cell::Float(f64::NAN)),
            ("sw_p90", Cell::Float(40.6)),
            ("sw_p95", Cell::Integer(-3)),
            ("sw_p99", Cell::Integer(i128::MAX)),
        ]);
        assert_eq!(percentiles(&odd, 10, 50), [10, 41, 41, 41]);
        let high = row(&[("sw_p50", Cell::Integer(99))]);
        assert_eq!(percentiles(&high, 10, 50), [50, 50, 50, 50]);
    }

    #[test]
    fn counts_that_make_no_sense_are_none() {
        let cells = |n: i128, e: i128, lo: i128, hi: i128| {
            let names = ["sw_n", "sw_e", "sw_lo", "sw_hi", "sw_ts", "sw_tn"];
            row(&names.into_iter().zip([n, e, lo, hi, 1, 5].map(Cell::Integer)).collect::<Vec<_>>())
        };
        assert_eq!(stats(&cells(2, 1, 3, 4)).map(|stats| (stats.calls, stats.total)), Some((2, 1_000_000_005)));
        for odd in [cells(2, 3, 3, 4), cells(2, 1, 4, 3), cells(-2, 1, 3, 4), cells(2, -1, 3, 4), Row::default()] {
            assert_eq!(stats(&odd), None, "{odd:?}");
        }
        assert_eq!(stats(&row(&[("sw_n", Cell::Integer(0))])).map(|stats| stats.calls), Some(0));
    }
}

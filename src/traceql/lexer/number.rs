//! Numbers and durations. A duration is a number, or several, each with its unit right behind it.

use super::{Read, TokenKind, unknown};
use crate::traceql::tree::Literal;

/// Units in nanoseconds. The first ones stand in this order, with whole numbers, as Prometheus has it; the rest are Go's alone.
const UNITS: [(&str, u64); 11] = [
    ("y", 365 * 86_400_000_000_000),
    ("w", 7 * 86_400_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ns", 1),
];

/// Of the units, those before this one are not Go's.
const FIRST_OF_GO: usize = 3;

/// Of the units, those before this one are Prometheus'.
const END_OF_PROMETHEUS: usize = 7;

/// Digits of a fraction that can matter: a year in nanoseconds has 17.
const MAX_FRACTION: usize = 18;

fn n_digits(rest: &str) -> usize {
    rest.bytes().take_while(u8::is_ascii_digit).count()
}

/// A number or a duration.
pub(super) fn number(rest: &str) -> Read {
    let mut n_bytes = n_digits(rest);
    let after = |n_bytes: usize| rest.get(n_bytes..).unwrap_or_default();
    let mut is_float = false;
    if after(n_bytes).starts_with('.') {
        is_float = true;
        n_bytes += 1 + n_digits(after(n_bytes + 1));
    }
    if let Some(exponent) = after(n_bytes).strip_prefix(['e', 'E']) {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if n_digits(digits) > 0 {
            is_float = true;
            n_bytes += 1 + exponent.len() - digits.len() + n_digits(digits);
        }
    }
    // Letters right behind a number belong to it.
    let tail = after(n_bytes);
    let n_tail = tail.find(|char: char| char != '_' && char != '.' && !char.is_alphanumeric()).unwrap_or(tail.len());
    let text = rest.get(..n_bytes + n_tail).unwrap_or_default();
    let read = |literal| Read { n_bytes: text.len(), kind: TokenKind::Literal(literal) };
    if n_tail > 0 {
        match duration(text) {
            Some(nanos) => read(Literal::Duration(nanos)),
            None => unknown(text.len(), "neither a number nor a duration"),
        }
    } else if is_float {
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => read(Literal::Float(float)),
            _ => unknown(text.len(), "more than a number can be"),
        }
    } else {
        match text.parse() {
            Ok(int) => read(Literal::Int(int)),
            Err(_) => unknown(text.len(), "more than a whole number can be"),
        }
    }
}

/// A duration in nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let mut sum: u128 = 0;
    let mut rest = text;
    let (mut is_go, mut is_prometheus) = (true, true);
    let mut last = None;
    while !rest.is_empty() {
        let (whole, after) = rest.split_at_checked(n_digits(rest))?;
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at_checked(n_digits(after))?,
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let unit_len = after.find(|char: char| char == '.' || char.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_len)?;
        let index = UNITS.iter().position(|(text, _)| *text == unit)?;
        let nanos = u128::from(UNITS.get(index)?.1);
        is_go &= FIRST_OF_GO <= index;
        is_prometheus &= index < END_OF_PROMETHEUS && last.is_none_or(|last| last < index) && fraction.is_empty();
        last = Some(index);
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fraction = fraction.get(..fraction.len().min(MAX_FRACTION))?;
        let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
        let part: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        // At most 2^64 * 2^55 and 10^18 * 2^55, so that a sum of them is bounded by the text's length long before 2^128.
        sum = sum.checked_add(u128::from(whole) * nanos + part * nanos / scale)?;
        rest = after;
    }
    if is_go || is_prometheus { i64::try_from(sum).ok() } else { None }
}

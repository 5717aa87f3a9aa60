//! Calculating with constants.

use crate::traceql::tree::{Arithmetic, Literal};
use crate::traceql::words::Sign;

/// The arithmetic of a sign.
pub(super) const fn arithmetic(sign: Sign) -> Option<Arithmetic> {
    Some(match sign {
        Sign::Plus => Arithmetic::Add,
        Sign::Minus => Arithmetic::Sub,
        Sign::Star => Arithmetic::Mul,
        Sign::Slash => Arithmetic::Div,
        Sign::Percent => Arithmetic::Mod,
        Sign::Caret => Arithmetic::Power,
        _ => return None,
    })
}

/// A number with the other sign; nothing if it is none, or does not fit.
pub(super) fn negative(number: &Literal) -> Option<Literal> {
    match number {
        Literal::Int(int) => int.checked_neg().map(Literal::Int),
        Literal::Duration(nanos) => nanos.checked_neg().map(Literal::Duration),
        Literal::Float(float) => Some(Literal::Float(-float)),
        _ => None,
    }
}

/// What two numbers come to; nothing if one of them is none, or the result does not fit, or divides by zero.
///
/// Whole numbers stay whole, and so do durations where the result is one; anything else is a float, durations being nanoseconds.
pub(super) fn calculated(left: &Literal, by: Arithmetic, right: &Literal) -> Option<Literal> {
    use Literal::{Duration, Float, Int};
    match (left, right) {
        (Int(a), Int(b)) if by != Arithmetic::Power || 0 <= *b => whole(*a, by, *b).map(Int),
        (Duration(a), Duration(b)) if matches!(by, Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mod) => duration(*a, by, *b),
        (Duration(a), Int(b)) if by != Arithmetic::Power => duration(*a, by, *b),
        (Int(a), Duration(b)) if matches!(by, Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mul) => duration(*a, by, *b),
        _ => {
            let (a, b) = (float(left)?, float(right)?);
            let result = match by {
                Arithmetic::Add => a + b,
                Arithmetic::Sub => a - b,
                Arithmetic::Mul => a * b,
                Arithmetic::Div => a / b,
                Arithmetic::Mod => a % b,
                Arithmetic::Power => a.powf(b),
            };
            result.is_finite().then_some(Float(result))
        }
    }
}

/// A number as a float.
pub(super) const fn float(number: &Literal) -> Option<f64> {
    match number {
        Literal::Int(int) | Literal::Duration(int) => Some(*int as f64),
        Literal::Float(float) => Some(*float),
        _ => None,
    }
}

fn whole(a: i64, by: Arithmetic, b: i64) -> Option<i64> {
    match by {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Sub => a.checked_sub(b),
        Arithmetic::Mul => a.checked_mul(b),
        Arithmetic::Div => a.checked_div(b),
        Arithmetic::Mod => a.checked_rem(b),
        Arithmetic::Power => a.checked_pow(u32::try_from(b).ok()?),
    }
}

fn duration(a: i64, by: Arithmetic, b: i64) -> Option<Literal> {
    // The least of all cannot be written.
    whole(a, by, b).filter(|nanos| *nanos != i64::MIN).map(Literal::Duration)
}

//! Numbers of three kinds, compared and calculated without losing digits of 64-bit integers.

use std::cmp::Ordering;

use super::super::tree::Arithmetic;

/// A number as a query knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Nanoseconds.
    Duration(i64),
}

impl Number {
    /// As a float, for means and charts.
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(number) | Self::Duration(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    const fn is_duration(self) -> bool {
        matches!(self, Self::Duration(_))
    }

    const fn whole(self) -> Option<i64> {
        match self {
            Self::Int(number) | Self::Duration(number) => Some(number),
            Self::Float(_) => None,
        }
    }

    /// How two numbers stand to each other by value; NaN to none.
    #[inline]
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a) | Self::Duration(a), Self::Int(b) | Self::Duration(b)) => Some(a.cmp(&b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
            (Self::Int(a) | Self::Duration(a), Self::Float(b)) => int_to_float(a, b),
            (Self::Float(a), Self::Int(b) | Self::Duration(b)) => int_to_float(b, a).map(Ordering::reverse),
        }
    }

    /// The same in a total order: NaN last.
    pub(super) fn order(self, other: Self) -> Ordering {
        let is_nan = |number: Self| matches!(number, Self::Float(float) if float.is_nan());
        self.compare(other).unwrap_or_else(|| is_nan(self).cmp(&is_nan(other)))
    }

    /// Less zero.
    pub(super) fn negative(self) -> Self {
        match self {
            Self::Int(number) => number.checked_neg().map_or(Self::Float(-(number as f64)), Self::Int),
            Self::Duration(number) => number.checked_neg().map_or(Self::Float(-(number as f64)), Self::Duration),
            Self::Float(number) => Self::Float(-number),
        }
    }

    /// The outcome of a calculation. Integers give integers, and what exceeds them a float; a whole number is never divided by 0.
    pub(super) fn calculate(self, by: Arithmetic, other: Self) -> Option<Self> {
        let (Some(a), Some(b)) = (self.whole(), other.whole()) else {
            return Some(Self::Float(floats(self.float(), by, other.float())));
        };
        let durations = usize::from(self.is_duration()) + usize::from(other.is_duration());
        let exact = match by {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Sub => a.checked_sub(b),
            Arithmetic::Mul => a.checked_mul(b),
            Arithmetic::Div | Arithmetic::Mod if b == 0 => return None,
            // Half of 3 ns is 1.5 ns.
            Arithmetic::Div if durations != 0 => None,
            Arithmetic::Div => a.checked_div(b),
            Arithmetic::Mod => Some(a.checked_rem(b).unwrap_or(0)),
            Arithmetic::Power => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        };
        let is_duration = match by {
            Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mod => durations != 0,
            Arithmetic::Mul => durations == 1,
            Arithmetic::Div | Arithmetic::Power => false,
        };
        Some(match exact {
            Some(number) if is_duration => Self::Duration(number),
            Some(number) => Self::Int(number),
            None => Self::Float(floats(a as f64, by, b as f64)),
        })
    }
}

fn floats(a: f64, by: Arithmetic, b: f64) -> f64 {
    match by {
        Arithmetic::Add => a + b,
        Arithmetic::Sub => a - b,
        Arithmetic::Mul => a * b,
        Arithmetic::Div => a / b,
        Arithmetic::Mod => a % b,
        Arithmetic::Power => a.powf(b),
    }
}

/// How an integer stands to a float, by the exact value of both.
fn int_to_float(int: i64, float: f64) -> Option<Ordering> {
    /// 2^63, the first float above every integer.
    const ABOVE: f64 = (1_u64 << 63) as f64;
    if float.is_nan() {
        return None;
    }
    if float >= ABOVE {
        return Some(Ordering::Less);
    }
    if float < -ABOVE {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the bounds")]
    let order = int.cmp(&(whole as i64));
    // Of the same whole part, what is behind the point decides.
    Some(order.then_with(|| whole.partial_cmp(&float).unwrap_or(Ordering::Equal)))
}

#[cfg(test)]
mod tests {
    use super::{Arithmetic, Number, Ordering};

    #[test]
    fn integers_and_floats_compare_by_value() {
        let (int, two_to_63) = (Number::Int, (1_u64 << 63) as f64);
        let float = Number::Float;
        for (a, b, order) in [
            (int(1), float(1.0), Some(Ordering::Equal)),
            (int(1), float(1.5), Some(Ordering::Less)),
            (int(-1), float(-1.5), Some(Ordering::Greater)),
            (int(2), float(1.5), Some(Ordering::Greater)),
            (int(i64::MAX), float(two_to_63), Some(Ordering::Less)),
            (int(i64::MIN), float(-two_to_63), Some(Ordering::Equal)),
            (int(9_007_199_254_740_993), float(9_007_199_254_740_992.0), Some(Ordering::Greater)),
            (int(0), float(f64::NAN), None),
            (int(0), float(f64::NEG_INFINITY), Some(Ordering::Greater)),
            (Number::Duration(5), int(5), Some(Ordering::Equal)),
        ] {
            assert_eq!(a.compare(b), order, "{a:?} {b:?}");
            assert_eq!(b.compare(a), order.map(Ordering::reverse), "{b:?} {a:?}");
        }
    }

    #[test]
    fn calculates_exactly_where_it_can() {
        let (int, two_to_63) = (Number::Int, (1_u64 << 63) as f64);
        for (a, by, b, outcome) in [
            (int(7), Arithmetic::Div, int(2), Some(int(3))),
            (int(7), Arithmetic::Div, int(0), None),
            (int(7), Arithmetic::Mod, int(0), None),
            (int(i64::MIN), Arithmetic::Mod, int(-1), Some(int(0))),
            (int(i64::MAX), Arithmetic::Add, int(1), Some(Number::Float(two_to_63))),
            (int(2), Arithmetic::Power, int(10), Some(int(1024))),
            (int(2), Arithmetic::Power, int(-1), Some(Number::Float(0.5))),
            (Number::Duration(3), Arithmetic::Div, int(2), Some(Number::Float(1.5))),
            (Number::Duration(3), Arithmetic::Mul, int(2), Some(Number::Duration(6))),
            (Number::Duration(i64::MAX), Arithmetic::Sub, Number::Duration(1), Some(Number::Duration(i64::MAX - 1))),
            (int(7), Arithmetic::Mul, Number::Float(0.5), Some(Number::Float(3.5))),
        ] {
            assert_eq!(a.calculate(by, b), outcome, "{a:?} {by:?} {b:?}");
        }
    }
}

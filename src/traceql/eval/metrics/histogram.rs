//! Buckets that double: how many values of each step are in which.

use super::super::number::Number;

/// The least power of two that is told apart, for floats.
const LEAST: i32 = -30;
/// 2^64 is above every integer; floats beyond it are in its bucket.
const MOST: i32 = 64;

/// Counts by bucket and step.
#[derive(Debug, Default)]
pub(super) struct Buckets(Vec<(i32, Vec<u32>)>);

impl Buckets {
    /// How many there can be.
    pub(super) const MOST: usize = (MOST - LEAST) as usize + 1;

    /// Counts a value; false if it is in none, as it is negative or not a number.
    pub(super) fn add(&mut self, value: Number, step: usize, steps: usize) -> bool {
        let Some(power) = power(value) else { return false };
        let at = match self.0.binary_search_by_key(&power, |bucket| bucket.0) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (power, vec![0; steps]));
                at
            }
        };
        if let Some(count) = self.0.get_mut(at).and_then(|bucket| bucket.1.get_mut(step)) {
            *count += 1;
        }
        true
    }

    /// The greatest value of each bucket, ascending, and the counts by step.
    pub(super) fn rows(self) -> impl Iterator<Item = (f64, Vec<u32>)> {
        self.0.into_iter().map(|(power, counts)| (2_f64.powi(power), counts))
    }
}

/// The power of two that is the least not below a value. Tempo leaves out what is below 2; here 0 and 1 are in the bucket up to 1.
fn power(value: Number) -> Option<i32> {
    match value {
        Number::Int(number) | Number::Duration(number) => {
            let number = u64::try_from(number).ok()?;
            Some(number.checked_sub(1).map_or(0, |less| 64 - less.leading_zeros().cast_signed()))
        }
        Number::Float(number) if number > 0.0 => {
            #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a float is within -1100 and 1100")]
            let near = number.log2().ceil() as i32;
            // The logarithm is rounded; the powers are not.
            let exact = if 2_f64.powi(near) < number {
                near + 1
            } else if number <= 2_f64.powi(near - 1) {
                near - 1
            } else {
                near
            };
            Some(exact.clamp(LEAST, MOST))
        }
        Number::Float(number) => (number == 0.0).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::{Number, power};

    #[test]
    fn buckets_end_with_their_power() {
        for (number, bucket) in
            [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (1 << 40, 40), ((1 << 40) + 1, 41), (i64::MAX, 63)]
        {
            assert_eq!(power(Number::Int(number)), Some(bucket), "{number}");
            assert_eq!(power(Number::Duration(number)), Some(bucket), "{number}");
        }
        for (number, bucket) in [(0.0, 0), (0.5, -1), (0.6, 0), (1.0, 0), (1.1, 1), (1e300, 64), (1e-300, -30), (1025.0, 11)] {
            assert_eq!(power(Number::Float(number)), Some(bucket), "{number}");
        }
        assert_eq!(power(Number::Int(-1)), None);
        assert_eq!(power(Number::Float(f64::NAN)), None);
    }
}

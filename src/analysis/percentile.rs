//! Percentiles by nearest rank: always a value that was measured, never one in between.

use crate::base::sort_numbers;

/// The least value that at least `percent` of the values do not exceed; 0 if there is none. Reorders the values.
pub fn nearest_rank(values: &mut [u64], percent: u32) -> u64 {
    let rank = (values.len() * percent.min(100) as usize).div_ceil(100).max(1);
    if values.len() < rank {
        return 0;
    }
    sort_numbers(values);
    values.get(rank - 1).copied().unwrap_or_default()
}

//! Sorting what is sorted rarely, or in small numbers, with little code.
//!
//! The library's sorts are compiled anew for each type and each comparison, some 7 kB every time, which a page pays for at its
//! first visit. Here there is one for all, over places: slower by a call for each comparison.

use std::cmp::Ordering;

use super::len_u32;

/// Below this, comparing is faster than counting digits.
const RADIX_FROM: usize = 4096;
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 6;

/// Sorts by a comparison; what is equal keeps its order.
pub fn sort_few<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let order = places(len_u32(items.len()), &|a, b| match (items.get(a as usize), items.get(b as usize)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    let mut unsorted: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| unsorted.get_mut(at as usize).and_then(Option::take)));
}

/// Sorts lists of which nearly all are short, in place; what is equal keeps its order.
pub fn sort_short<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    const SHORT: usize = 24;
    if SHORT < items.len() {
        return sort_few(items, compare);
    }
    for end in 1..items.len() {
        let mut at = end;
        while let Some([before, after]) = at.checked_sub(1).and_then(|before| items.get(before..=at))
            && compare(before, after) == Ordering::Greater
        {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Sorts by a key; what is equal keeps its order.
pub fn sort_few_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_few(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts numbers.
#[inline(never)]
pub fn sort_numbers(numbers: &mut [u64]) {
    numbers.sort_unstable();
}

/// Sorts pairs by their values; those of equal values keep their order.
///
/// By radix, least digit first: a pass for each eleven bits in which the values differ, which for durations are four.
pub fn sort_by_value(pairs: &mut Vec<(u64, u32)>) {
    if pairs.len() < RADIX_FROM {
        pairs.sort_by_key(|pair| pair.0);
        return;
    }
    let digit =
        |value: u64, at: usize| usize::try_from(value >> (DIGIT_BITS as usize * at) & ((1 << DIGIT_BITS) - 1)).unwrap_or(0);
    let mut counts = vec![0_u32; DIGITS << DIGIT_BITS];
    for &(value, _) in pairs.iter() {
        for at in 0..DIGITS {
            if let Some(count) = counts.get_mut(at << DIGIT_BITS | digit(value, at)) {
                *count += 1;
            }
        }
    }
    let n_pairs = len_u32(pairs.len());
    let mut sorted = vec![(0, 0); pairs.len()];
    for (at, counts) in counts.chunks_mut(1 << DIGIT_BITS).enumerate() {
        if counts.contains(&n_pairs) {
            continue;
        }
        let mut next = 0;
        for count in counts.iter_mut() {
            let first = next;
            next += *count;
            *count = first;
        }
        for &pair in pairs.iter() {
            let Some(slot) = counts.get_mut(digit(pair.0, at)) else { continue };
            if let Some(place) = sorted.get_mut(*slot as usize) {
                *place = pair;
            }
            *slot += 1;
        }
        std::mem::swap(pairs, &mut sorted);
    }
}

/// The places from 0 below `len` in the order of what stands there.
#[inline(never)]
fn places(len: u32, compare: &dyn Fn(u32, u32) -> Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..len).collect();
    places.sort_by(|&a, &b| compare(a, b));
    places
}

#[cfg(test)]
mod tests {
    use super::{sort_few, sort_few_by_key, sort_short};

    #[test]
    fn sorts_as_the_library_does() {
        let mut number = 1_u32;
        for len in 0..200 {
            let mut items: Vec<(u32, String)> = (0..len)
                .map(|at| {
                    number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (number >> 28, at.to_string())
                })
                .collect();
            let mut short = items.clone();
            let mut same = items.clone();
            let mut theirs = items.clone();
            theirs.sort_by_key(|item| item.0);
            sort_few_by_key(&mut items, |item| item.0);
            assert_eq!(items, theirs);
            sort_short(&mut short, |a, b| a.0.cmp(&b.0));
            assert_eq!(short, theirs);
            same.reverse();
            theirs = same.clone();
            theirs.sort_by(|a, b| b.1.cmp(&a.1));
            sort_few(&mut same, |a, b| b.1.cmp(&a.1));
            assert_eq!(same, theirs);
        }
    }
}

//! Sorting what is sorted rarely, or in small numbers, with little code.
//!
//! The library's sorts are compiled anew for each type and each comparison, some 7 kB every time, which a page pays for at its
//! first visit. Here there is one for all, over places: slower by a call for each comparison.

use std::cmp::Ordering;

use super::len_u32;

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

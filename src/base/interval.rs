//! Half-open intervals of `u64`: their union, and how much of it there is.

/// Joins intervals that stand in order of their starts, in place: what is left is ascending, disjoint and not touching.
pub fn merge_sorted(intervals: &mut Vec<(u64, u64)>) {
    let mut kept = 0_usize;
    for at in 0..intervals.len() {
        let Some(&(start, end)) = intervals.get(at) else { break };
        if end <= start {
            continue;
        }
        match kept.checked_sub(1).and_then(|last| intervals.get_mut(last)) {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => {
                if let Some(slot) = intervals.get_mut(kept) {
                    *slot = (start, end);
                }
                kept += 1;
            }
        }
    }
    intervals.truncate(kept);
}

/// The length of the union of intervals that come in order of their starts, each clipped to `within`.
pub fn covered(within: (u64, u64), intervals: impl Iterator<Item = (u64, u64)>) -> u64 {
    let mut total = 0;
    let mut reached = within.0;
    for (start, end) in intervals {
        let start = start.max(reached);
        let end = end.min(within.1);
        if start < end {
            total += end - start;
            reached = end;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::{covered, merge_sorted};

    #[test]
    fn unions() {
        let mut intervals = vec![(0, 5), (3, 4), (4, 8), (8, 9), (12, 12), (20, 25)];
        assert_eq!(covered((1, 22), intervals.iter().copied()), 10);
        merge_sorted(&mut intervals);
        assert_eq!(intervals, [(0, 9), (20, 25)]);
    }
}

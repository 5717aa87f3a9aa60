//! Whether sources fit into memory, asked before it is too late: running out of memory kills a worker.

use crate::protocol::Excess;

/// What 32-bit WebAssembly can address.
const ADDRESSABLE_BYTES: u64 = 4 << 30;

/// What is left free of it: the program, the stack, answers under way, the pieces of files that are being read.
const HEADROOM_BYTES: u64 = 256 << 20;

/// Bytes of memory per byte of a source, at the very least. JSON is the wordiest of what is read, and its columns take a third
/// of it (a span of 500 bytes of JSON becomes about 170); growing columns are copied, which takes as much again for a moment.
/// A compressed source takes far more, but that is only known when it is read.
const LEAST_PER_BYTE: f64 = 0.3;

/// How much the columns take at their fullest, in terms of what they take while they are written: a column that grows is
/// copied into one of twice the size, and sealing orders columns one by one.
const PEAK: f64 = 2.0;

/// The share of the sources that must have been read before the rest is judged by it, and the bytes of columns: less says little.
const JUDGED_FROM_SHARE: f64 = 0.05;
const JUDGED_FROM_BYTES: u64 = 64 << 20;

/// What is looked at of sources that cannot fit by their size alone, to say how much of them would.
const FIRST_LOOK_BYTES: u64 = 8 << 20;

/// By how much an early estimate must lie over the limit: texts that are met for the first time make it too high.
const EARLY_MARGIN: f64 = 2.0;

/// What a device that says how much memory it has may hold; 0 says nothing.
pub(super) fn limit(memory_bytes: u64) -> u64 {
    let addressable = ADDRESSABLE_BYTES - HEADROOM_BYTES;
    if memory_bytes == 0 { addressable } else { addressable.min(memory_bytes) }
}

/// How far reading is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Bytes read, as stored.
    pub(super) read: u64,
    /// Bytes in all, where known.
    pub(super) total: Option<u64>,
    /// Bytes of those sources whose size is known.
    pub(super) known: u64,
    /// Spans so far.
    pub(super) spans: u64,
    /// Bytes of columns so far.
    pub(super) columns: u64,
    /// Bytes of the data set that is open meanwhile.
    pub(super) held: u64,
}

/// Whether what is there already is too much.
pub(super) fn is_full(reading: Reading, limit: u64) -> bool {
    limit < scaled(reading.columns, PEAK).saturating_add(reading.held)
}

/// By how much what is being read cannot fit, judged by what was read so far; `None` if it may.
pub(super) fn excess(reading: Reading, limit: u64) -> Option<Excess> {
    let Reading { read, total, known, spans, columns, held } = reading;
    let whole = total.unwrap_or(known).max(read);
    let share = if whole == 0 { 1.0 } else { read as f64 / whole as f64 };
    let needed = if read == 0 { 0 } else { scaled(columns, PEAK / share) }.saturating_add(held);
    // What the size alone says, however densely spans stand in it.
    let least = scaled(whole, LEAST_PER_BYTE).saturating_add(held);
    let is_looked_at = FIRST_LOOK_BYTES.min(limit / 64) <= columns || FIRST_LOOK_BYTES <= read;
    let is_judged = read < whole && JUDGED_FROM_BYTES.min(limit / 16) <= columns;
    let margin = if share < JUDGED_FROM_SHARE { EARLY_MARGIN } else { 1.0 };
    let is_excess =
        is_full(reading, limit) || limit < least && is_looked_at && read < whole || is_judged && scaled(limit, margin) < needed;
    is_excess.then(|| Excess {
        sources_bytes: whole,
        needed_bytes: needed.max(least),
        limit_bytes: limit,
        held_bytes: held,
        read_bytes: read,
        read_spans: spans,
        spans: if read == 0 { 0 } else { about(scaled(spans, 1.0 / share)) },
        spans_fit: fitting(reading, limit),
        ..Excess::default()
    })
}

/// About how many spans fit, in two digits, rounded down. Columns double: between two doublings nothing is sure.
fn fitting(reading: Reading, limit: u64) -> u64 {
    let room = limit.saturating_sub(reading.held);
    let mut spans = reading.spans;
    let mut needed = scaled(reading.columns, PEAK).max(1);
    while spans != 0 && room < needed {
        (spans, needed) = (spans / 2, needed / 2);
    }
    while spans != 0 && needed <= room / 2 {
        (spans, needed) = (spans * 2, needed * 2);
    }
    about(spans)
}

/// A number in two digits, rounded down.
fn about(number: u64) -> u64 {
    let mut unit = 1;
    while 100 <= number / unit {
        unit *= 10;
    }
    number / unit * unit
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate; the cast saturates")]
fn scaled(bytes: u64, factor: f64) -> u64 {
    (bytes as f64 * factor) as u64
}

#[cfg(test)]
mod tests {
    use super::{Reading, about, excess, is_full, limit};

    const READING: Reading =
        Reading { read: 100 << 20, total: Some(1 << 30), known: 1 << 30, spans: 600_000, columns: 100 << 20, held: 0 };

    #[test]
    fn a_device_holds_what_it_says_and_no_more_than_can_be_addressed() {
        assert_eq!(limit(0), 3840 << 20);
        assert_eq!(limit(2_000_000_000), 2_000_000_000);
        assert_eq!(limit(64 << 30), 3840 << 20);
    }

    #[test]
    fn sizes_alone_refuse_nothing_until_a_piece_was_read() {
        let unread = Reading { read: 0, total: Some(20 << 30), known: 20 << 30, spans: 0, columns: 0, held: 0 };
        assert_eq!(excess(unread, limit(0)), None);
        let looked_at = Reading { read: 30 << 20, spans: 60_000, columns: 10 << 20, ..unread };
        let found = excess(looked_at, limit(0)).unwrap();
        assert_eq!(found.needed_bytes / 1_000_000, 14_316);
        assert_eq!((found.spans, found.spans_fit), (40_000_000, 7_600_000));
        // Half of that may fit.
        assert_eq!(excess(Reading { total: Some(5 << 30), known: 5 << 30, ..looked_at }, limit(0)), None);
    }

    #[test]
    fn judges_by_what_was_read() {
        assert_eq!(excess(READING, 4 << 30), None);
        let found = excess(READING, 2_000_000_000).unwrap();
        assert_eq!((found.read_bytes, found.sources_bytes, found.spans), (100 << 20, 1 << 30, 6_100_000));
        // 100 MiB of columns are 200 at their fullest, and eight times that fits.
        assert_eq!(found.spans_fit, 4_800_000);
        // Too early to say.
        assert_eq!(excess(Reading { read: 10 << 20, spans: 60_000, columns: 10 << 20, ..READING }, 1 << 30), None);
        // Not early any more.
        let unknown = Reading { total: None, known: 0, ..READING };
        assert!(excess(unknown, 150 << 20).is_some() && is_full(unknown, 150 << 20));
        assert_eq!(excess(unknown, 150 << 20).unwrap().spans_fit, 300_000);
        // What is open takes its part.
        assert_eq!(excess(Reading { held: 140 << 20, ..unknown }, 150 << 20).unwrap().spans_fit, 18_000);
    }

    #[test]
    fn about_is_two_digits() {
        assert_eq!([0, 7, 99, 100, 1999, 123_456].map(about), [0, 7, 99, 100, 1900, 120_000]);
    }
}

//! Whether sources fit into memory, asked before it is too late: running out of memory kills a worker.

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

/// What a device that says how much memory it has may hold; 0 says nothing.
pub(super) fn limit(memory_bytes: u64) -> u64 {
    let addressable = ADDRESSABLE_BYTES - HEADROOM_BYTES;
    if memory_bytes == 0 { addressable } else { addressable.min(memory_bytes) }
}

/// Why sources of this size cannot fit beside what is held already; `None` if they may.
pub(super) fn refuse_unread(sources_bytes: u64, held_bytes: u64, limit: u64) -> Option<String> {
    let needed = scaled(sources_bytes, LEAST_PER_BYTE).saturating_add(held_bytes);
    (limit < needed).then(|| {
        format!(
            "expected at most {} of memory to be needed, but {} of files need {} at least",
            megabytes(limit),
            megabytes(sources_bytes),
            megabytes(needed)
        )
    })
}

/// How far reading is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Bytes read, as stored.
    pub(super) read: u64,
    /// Bytes in all, where known.
    pub(super) total: Option<u64>,
    /// Bytes of columns so far.
    pub(super) columns: u64,
    /// Bytes of the data set that is open meanwhile.
    pub(super) held: u64,
}

/// Why what is being read cannot fit, judged by what was read so far; `None` if it may.
pub(super) fn refuse_read(reading: Reading, limit: u64) -> Option<String> {
    let Reading { read, total, columns, held } = reading;
    let now = scaled(columns, PEAK).saturating_add(held);
    if limit < now {
        return Some(format!(
            "expected at most {} of memory to be needed, but {} of files need {} already",
            megabytes(limit),
            megabytes(read),
            megabytes(now)
        ));
    }
    let total = total.filter(|&total| read < total && JUDGED_FROM_BYTES <= columns)?;
    let share = read as f64 / total as f64;
    if share < JUDGED_FROM_SHARE {
        return None;
    }
    let needed = scaled(columns, PEAK / share).saturating_add(held);
    (limit < needed).then(|| {
        format!(
            "expected at most {} of memory to be needed, but {} of files would need {}, going by the first {}",
            megabytes(limit),
            megabytes(total),
            megabytes(needed),
            megabytes(read)
        )
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate; the cast saturates")]
fn scaled(bytes: u64, factor: f64) -> u64 {
    (bytes as f64 * factor) as u64
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::{Reading, limit, refuse_read, refuse_unread};

    #[test]
    fn refuses_what_cannot_fit_and_nothing_else() {
        assert_eq!(limit(0), 3840 << 20);
        assert_eq!(limit(2_000_000_000), 2_000_000_000);
        assert_eq!(refuse_unread(10 << 30, 0, limit(0)), None);
        let why = refuse_unread(20 << 30, 0, limit(0)).unwrap();
        assert_eq!(why, "expected at most 4026 MB of memory to be needed, but 21474 MB of files need 6442 MB at least");
    }

    #[test]
    fn judges_by_what_was_read() {
        let reading = Reading { read: 100 << 20, total: Some(1 << 30), columns: 100 << 20, held: 0 };
        assert_eq!(refuse_read(reading, 4 << 30), None);
        assert!(refuse_read(reading, 2_000_000_000).unwrap().contains("going by the first 104 MB"));
        // Too early to say.
        assert_eq!(refuse_read(Reading { read: 10 << 20, columns: 10 << 20, ..reading }, 1 << 30), None);
        // Not early any more.
        assert!(refuse_read(Reading { total: None, ..reading }, 150 << 20).unwrap().contains("already"));
    }
}

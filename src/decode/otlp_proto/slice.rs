//! Beginning and ending between two `ResourceSpans`, or between two messages: at both, nothing of what comes after depends on what
//! came before, but for sums.

use super::OtlpProtoReader;
use super::signal::Signal;

/// A slice as its reader sums it up.
pub(in crate::decode) const SUMS: usize = 5;

impl OtlpProtoReader {
    /// Whether it stands between two fields of the outermost message as a new reader does.
    pub(in crate::decode) fn is_between(&self) -> bool {
        // An element that does not tell what it is is taken for what the one before was.
        self.to_boundary() == Some(0) && self.signal == Signal::Span
    }

    /// How far the next such place is, if that is known.
    pub(in crate::decode) fn to_boundary(&self) -> Option<u64> {
        let [_, end, _] = self.ends;
        match self.depth {
            _ if self.is_lost => None,
            0 if self.carry.is_empty() && self.groups.is_empty() => Some(self.skip),
            0 => None,
            _ => end.checked_sub(self.offset + self.carry.len() as u64),
        }
    }

    /// What it read so far.
    pub(in crate::decode) fn sums(&self) -> [u64; SUMS] {
        [self.spans, self.log_records, self.metric_points, self.profiles, self.place.numbers[0]]
    }

    /// Passes over a slice of so many bytes that comes to this.
    pub(in crate::decode) fn jump(&mut self, len: u64, sums: [u64; SUMS]) {
        let [spans, log_records, metric_points, profiles, resources] = sums;
        self.offset += len;
        self.spans += spans;
        self.log_records += log_records;
        self.metric_points += metric_points;
        self.profiles += profiles;
        self.place.numbers[0] += resources;
    }
}

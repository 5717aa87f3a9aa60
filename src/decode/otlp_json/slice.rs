//! Beginning and ending in the middle of a text: a slice of it is read by a reader of its own, and the reader of the whole passes
//! over the slice if it stands where the other began, and the other ended as it began.
//!
//! There are two such places: after a line break between two documents, and after an element of `resourceSpans`. At both, nothing
//! of what comes after depends on what came before, but for sums.

use super::outline::Frame;
use super::{JsonLayout, OtlpJsonReader, State, count_lines};
use crate::model::SourceIdx;

/// A slice as its reader sums it up.
pub(in crate::decode) const SUMS: usize = 11;

impl OtlpJsonReader {
    /// A reader that begins in the middle: in a list of resources, or else between two lines.
    pub(in crate::decode) fn of_slice(in_list: bool) -> Self {
        let mut reader = Self::new(SourceIdx(0));
        // The byte before is asked for.
        reader.window.push(before(in_list));
        (reader.at, reader.counted) = (1, 1);
        (reader.is_otlp, reader.layout, reader.state) = (true, JsonLayout::Lines, State::Between);
        if in_list {
            reader.state = State::Inside;
            reader.frames.push(Frame::of_resources());
            reader.document.has_objects = true;
            reader.document.has_telemetry = true;
            reader.document.has_content = true;
        }
        reader
    }

    /// Whether it stands where [`of_slice`](Self::of_slice) begins.
    pub(in crate::decode) fn is_between(&self, in_list: bool) -> bool {
        let is_place = match self.state {
            State::Between => !in_list,
            State::Inside => in_list && self.frames.last().is_some_and(Frame::is_in_resources),
            _ => false,
        };
        let is_clean = self.is_otlp && !self.is_damaged && self.text.is_none() && self.skipped.is_empty() && self.rows == 0;
        is_place
            && is_clean
            && (in_list || self.layout != JsonLayout::Empty)
            && self.at == self.window.len()
            && self.window.last() == Some(&before(in_list))
    }

    /// What a slice comes to, if it ends as it began.
    pub(in crate::decode) fn sums(&self, in_list: bool) -> Option<[u64; SUMS]> {
        let Self { document, frames, parts, .. } = self;
        // What is one for the whole source was not asked for: the slot of spans without a resource, and a server's refusal.
        let is_own = self.bare.is_none() && self.refusal.is_none() && frames.len() == usize::from(in_list);
        if !is_own || !self.is_between(in_list) {
            return None;
        }
        Some([
            self.lines_so_far(),
            self.last_line,
            u64::from(self.is_lines),
            self.spans,
            self.log_records,
            self.metric_points,
            document.metric_points,
            document.profiles,
            u64::from(document.has_old_names),
            u64::from(parts.snake_case),
            frames.last().map_or(0, |frame| frame.n),
        ])
    }

    /// Passes over a slice of so many bytes that comes to this.
    pub(in crate::decode) fn jump(&mut self, in_list: bool, len: u64, sums: &[u64; SUMS]) {
        let &[lines, last_line, is_lines, spans, logs, points, own_points, profiles, old_names, snake_case, n] = sums;
        if last_line != 0 {
            self.last_line = self.lines_so_far() + last_line;
            self.is_lines &= is_lines != 0;
            self.layout = if self.is_lines { JsonLayout::Lines } else { JsonLayout::Concatenated };
        }
        self.base += len;
        self.lines += lines;
        self.spans += spans;
        self.log_records += logs;
        self.metric_points += points;
        if in_list && let Some(frame) = self.frames.last_mut() {
            frame.n += n;
            let document = &mut self.document;
            document.metric_points += own_points;
            document.profiles += profiles;
            document.has_old_names |= old_names != 0;
            self.parts.snake_case |= snake_case != 0;
        }
    }

    fn lines_so_far(&self) -> u64 {
        self.lines + count_lines(self.window.get(self.counted..).unwrap_or_default())
    }
}

fn before(in_list: bool) -> u8 {
    if in_list { b'}' } else { b'\n' }
}

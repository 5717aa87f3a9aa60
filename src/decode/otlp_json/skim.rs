//! What a portion asks of a span before it is read: its trace, times and status. All else is passed over, and nothing is written.

use super::leaf::Leaf;
use super::span::Telling;
use super::{Io, OtlpJsonReader};
use crate::decode::json::{Cursor, Stop};
use crate::model::{Glimpse, TraceKey};

/// What an object is that may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A span in its list.
    List,
    /// A span without any envelope, if it is one.
    Bare,
    /// A row of OpenObserve, if it is one.
    Row,
}

/// The members of a span of OTLP, each with its `snake_case` name, or the columns of a row.
struct Names {
    trace: [&'static [u8]; 2],
    id: [&'static [u8]; 2],
    start: [&'static [u8]; 2],
    end: [&'static [u8]; 2],
    status: [&'static [u8]; 2],
    /// What else only a span has.
    telling: &'static [u8],
}

const OTLP: Names = Names {
    trace: [b"traceId", b"trace_id"],
    id: [b"spanId", b"span_id"],
    start: [b"startTimeUnixNano", b"start_time_unix_nano"],
    end: [b"endTimeUnixNano", b"end_time_unix_nano"],
    status: [b"status"; 2],
    telling: b"",
};

const ROW: Names = Names {
    trace: [b"trace_id"; 2],
    id: [b"span_id"; 2],
    start: [b"start_time"; 2],
    end: [b"end_time"; 2],
    status: [b"span_status", b"status_code"],
    telling: b"operation_name",
};

impl Leaf<'_, '_> {
    fn skim(&mut self, as_row: bool, telling: &mut Telling) -> Result<Glimpse, Stop> {
        let names = if as_row { &ROW } else { &OTLP };
        let mut glimpse = Glimpse::default();
        let mut trace = TraceKey::Missing;
        self.cursor.at += 1;
        let mut begun = false;
        while let Some(raw) = self.cursor.next_key(&mut begun)? {
            let key = Self::key_bytes(raw, &mut self.parts.scratch);
            if names.trace.contains(&key) {
                trace = self.trace_id("")?;
                telling.has_trace_id = true;
            } else if names.start.contains(&key) {
                glimpse.start = self.time("")?;
                telling.has_start = true;
            } else if names.end.contains(&key) {
                glimpse.end = self.time("")?;
            } else if names.status.contains(&key) {
                if as_row {
                    glimpse.status = self.status_code()?;
                } else {
                    self.skim_status(&mut glimpse)?;
                }
            } else {
                telling.has_span_id |= names.id.contains(&key);
                telling.has_start |= names.telling == key;
                self.cursor.skip_value()?;
            }
        }
        glimpse.trace = self.batch.name_of(trace);
        Ok(glimpse)
    }

    fn skim_status(&mut self, glimpse: &mut Glimpse) -> Result<(), Stop> {
        if !self.enter_object("")? {
            return Ok(());
        }
        let mut begun = false;
        while let Some(raw) = self.cursor.next_key(&mut begun)? {
            if Self::key_bytes(raw, &mut self.parts.scratch) == b"code" {
                glimpse.status = self.status_code()?;
            } else {
                self.cursor.skip_value()?;
            }
        }
        Ok(())
    }
}

impl OtlpJsonReader {
    /// Where the object at `at` ends, if it is a span that the portion leaves out. One that cannot be told is not passed over, and
    /// the reader of spans says why.
    #[inline(never)]
    pub(super) fn passed_over(&mut self, io: &mut Io<'_>, at: usize, limit: usize, place: Place) -> Option<usize> {
        let n_texts = io.batch.strings.len();
        let mut telling = Telling::default();
        let mut leaf = Leaf { cursor: Cursor::within(io.window, at, limit), batch: &mut *io.batch, parts: &mut self.parts };
        let outcome = leaf.skim(place == Place::Row, &mut telling);
        let end = leaf.cursor.at;
        // An irregular trace id was a text for this moment; what is odd is told by the reader of spans that are kept.
        io.batch.strings.truncate(n_texts);
        self.parts.clear();
        let is_span = place == Place::List || telling.is_span();
        let is_left_out = outcome.is_ok_and(|glimpse| is_span && io.batch.turns_away(&glimpse));
        self.spans += u64::from(is_left_out);
        is_left_out.then_some(end)
    }
}

//! Log records, and the exemplars of metric points.
//!
//! Only what names a trace is kept, so that is looked for before anything is written: a file of logs without traces takes no
//! memory, not even for its texts.

use super::keys::Level;
use super::known::Owner;
use super::leaf::{Leaf, Parts};
use super::span::{members, next_member};
use super::{Io, OtlpJsonReader};
use crate::decode::json::{Cursor, Stop};
use crate::model::{ExemplarDraft, FindingKind, LogDraft, Logs, Measured, TraceKey};

members!(LogMember {
    Time b"timeUnixNano" or b"time_unix_nano",
    Observed b"observedTimeUnixNano" or b"observed_time_unix_nano",
    SeverityNumber b"severityNumber" or b"severity_number",
    SeverityText b"severityText" or b"severity_text",
    Body b"body",
    Attributes b"attributes",
    Dropped b"droppedAttributesCount" or b"dropped_attributes_count",
    Flags b"flags",
    TraceId b"traceId" or b"trace_id",
    SpanId b"spanId" or b"span_id",
    EventName b"eventName" or b"event_name",
});

members!(PointMember {
    Exemplars b"exemplars",
});

members!(ExemplarMember {
    Attributes b"filteredAttributes" or b"filtered_attributes",
    Time b"timeUnixNano" or b"time_unix_nano",
    AsDouble b"asDouble" or b"as_double",
    AsInt b"asInt" or b"as_int",
    SpanId b"spanId" or b"span_id",
    TraceId b"traceId" or b"trace_id",
});

impl Leaf<'_, '_> {
    /// The trace that the object here names, and a time of it; the cursor stays. What is met on the way is not told.
    pub(super) fn skim_record(&mut self) -> Result<(TraceKey, u64), Stop> {
        let start = self.cursor.at;
        let n_notes = self.parts.notes.len();
        let (mut trace, mut time, mut observed) = (TraceKey::Missing, 0, 0);
        self.cursor.at += 1;
        let mut begun = false;
        while let Some(raw) = self.cursor.next_key(&mut begun)? {
            match Self::key_bytes(raw, &mut self.parts.scratch) {
                b"traceId" | b"trace_id" => trace = self.trace_id("")?,
                b"timeUnixNano" | b"time_unix_nano" => time = self.time("")?,
                b"observedTimeUnixNano" | b"observed_time_unix_nano" => observed = self.time("")?,
                _ => self.cursor.skip_value()?,
            }
        }
        self.parts.notes.truncate(n_notes);
        self.cursor.at = start;
        Ok((trace, if time == 0 { observed } else { time }))
    }

    /// The log record whose `{` is here: `draft` knows where it stands, and learns the rest.
    pub(super) fn log(&mut self, draft: &mut LogDraft) -> Result<(), Stop> {
        self.cursor.at += 1;
        let mut begun = false;
        while let Some(member) = next_member!(self, begun, LogMember) {
            match member {
                LogMember::Time => draft.time = self.time("timeUnixNano")?,
                LogMember::Observed => draft.observed = self.time("observedTimeUnixNano")?,
                LogMember::SeverityNumber => (draft.severity, draft.unknown_severity) = self.severity()?,
                LogMember::SeverityText => draft.severity_text = self.name("severityText")?,
                LogMember::Body => draft.body = self.body()?,
                LogMember::Attributes => draft.attributes = self.attributes("attributes", Owner::Event)?,
                LogMember::Dropped => draft.dropped_attributes = self.dropped("droppedAttributesCount")?,
                LogMember::Flags => draft.flags = self.small("flags")?,
                LogMember::TraceId => draft.trace = self.trace_id("traceId")?,
                LogMember::SpanId => draft.span = self.span_id("spanId")?,
                LogMember::EventName => draft.event_name = self.name("eventName")?,
                LogMember::Unknown => self.cursor.skip_value()?,
            }
        }
        Ok(())
    }

    /// A severity number, and the number where OpenTelemetry does not know it.
    fn severity(&mut self) -> Result<(u8, Option<i32>), Stop> {
        const FIELD: &str = "severityNumber";
        const NAMES: [&[u8]; 25] = [
            b"UNSPECIFIED",
            b"TRACE",
            b"TRACE2",
            b"TRACE3",
            b"TRACE4",
            b"DEBUG",
            b"DEBUG2",
            b"DEBUG3",
            b"DEBUG4",
            b"INFO",
            b"INFO2",
            b"INFO3",
            b"INFO4",
            b"WARN",
            b"WARN2",
            b"WARN3",
            b"WARN4",
            b"ERROR",
            b"ERROR2",
            b"ERROR3",
            b"ERROR4",
            b"FATAL",
            b"FATAL2",
            b"FATAL3",
            b"FATAL4",
        ];
        let Some(number) = self.enum_number(FIELD, b"SEVERITY_NUMBER_", &NAMES)? else { return Ok((0, None)) };
        match u8::try_from(number) {
            Ok(severity) if severity <= Logs::MAX_SEVERITY => Ok((severity, None)),
            _ => {
                self.note(FindingKind::UnknownEnum, FIELD, "a number that OpenTelemetry does not know");
                Ok((0, i32::try_from(number).ok()))
            }
        }
    }

    /// The exemplars of the metric point whose `{` is here, after those in `exemplars`; `draft` knows where they stand.
    pub(super) fn point(&mut self, draft: ExemplarDraft, exemplars: &mut Vec<ExemplarDraft>) -> Result<(), Stop> {
        self.cursor.at += 1;
        let mut begun = false;
        while let Some(member) = next_member!(self, begun, PointMember) {
            if member == PointMember::Unknown {
                self.cursor.skip_value()?;
            } else if self.enter_array("exemplars")? {
                let mut begun = false;
                while let Some(byte) = self.cursor.next_element(&mut begun)? {
                    if byte == b'{' {
                        self.exemplar(draft, exemplars)?;
                    } else {
                        self.wrong_type(byte, "exemplars", "expected an object")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn exemplar(&mut self, mut draft: ExemplarDraft, exemplars: &mut Vec<ExemplarDraft>) -> Result<(), Stop> {
        let (trace, time) = self.skim_record()?;
        if trace == TraceKey::Missing {
            self.note(FindingKind::ExemplarWithoutTrace, "exemplars", "no trace id");
            return self.cursor.skip_value();
        }
        if self.batch.turns_away_record(trace, time) {
            return self.cursor.skip_value();
        }
        self.cursor.at += 1;
        let mut begun = false;
        while let Some(member) = next_member!(self, begun, ExemplarMember) {
            match member {
                ExemplarMember::Attributes => {
                    draft.attributes = self.attributes("exemplars.filteredAttributes", Owner::Link)?;
                }
                ExemplarMember::Time => draft.time = self.time("exemplars.timeUnixNano")?,
                ExemplarMember::AsDouble => {
                    if let Some(number) = self.double("exemplars.asDouble")? {
                        draft.value = Measured::Double(number);
                    }
                }
                ExemplarMember::AsInt => {
                    if let Some(number) = self.int("exemplars.asInt")? {
                        draft.value = Measured::Int(number);
                    }
                }
                ExemplarMember::SpanId => draft.span = self.span_id("exemplars.spanId")?,
                ExemplarMember::TraceId => draft.trace = self.trace_id("exemplars.traceId")?,
                ExemplarMember::Unknown => self.cursor.skip_value()?,
            }
        }
        exemplars.push(draft);
        Ok(())
    }
}

impl OtlpJsonReader {
    /// The log record at the cursor.
    pub(super) fn log<'a>(&mut self, io: &mut Io<'a>, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
        let mark = io.batch.mark();
        let n_texts = io.batch.strings.len();
        let start = cursor.at;
        let mut leaf = Leaf { cursor: *cursor, batch: &mut *io.batch, parts: &mut self.parts };
        let skimmed = leaf.skim_record();
        cursor.at = leaf.cursor.at;
        let is_kept = match &skimmed {
            Ok((trace, _)) if *trace == TraceKey::Missing => {
                self.parts.notes.add(FindingKind::LogWithoutTrace, start, "", "no trace id");
                false
            }
            Ok((trace, time)) => !io.batch.turns_away_record(*trace, *time),
            Err(_) => false,
        };
        // An irregular trace id was a text for this moment.
        io.batch.strings.truncate(n_texts);
        let outcome = match skimmed {
            Err(stop) => Err(stop),
            Ok(_) if is_kept => {
                let (resource, scope, source) = (self.resource, self.scope, self.source);
                let mut draft = LogDraft { resource, scope, source, ..LogDraft::default() };
                let mut leaf = Leaf { cursor: *cursor, batch: &mut *io.batch, parts: &mut self.parts };
                let outcome = leaf.log(&mut draft);
                cursor.at = leaf.cursor.at;
                outcome.map(|()| _ = io.batch.push_log(&draft))
            }
            Ok(_) => cursor.skip_value(),
        };
        if outcome.is_err() {
            io.batch.rollback(mark);
            self.parts.clear();
            return outcome;
        }
        self.log_records += 1;
        self.end_record(io, cursor);
        Ok(())
    }

    /// The metric point at the cursor.
    pub(super) fn point<'a>(&mut self, io: &mut Io<'a>, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
        let mark = io.batch.mark();
        let draft = ExemplarDraft { resource: self.resource, source: self.source, ..ExemplarDraft::default() };
        self.exemplars.clear();
        let mut leaf = Leaf { cursor: *cursor, batch: &mut *io.batch, parts: &mut self.parts };
        let outcome = leaf.point(draft, &mut self.exemplars);
        cursor.at = leaf.cursor.at;
        if outcome.is_err() {
            io.batch.rollback(mark);
            self.parts.clear();
            return outcome;
        }
        if !self.exemplars.is_empty()
            && let Some(frame) = self.frames.iter_mut().rfind(|frame| frame.level == Level::Metric)
        {
            let metric = *frame.metric.get_or_insert_with(|| io.batch.open_metric());
            for exemplar in self.exemplars.drain(..) {
                io.batch.push_exemplar(&ExemplarDraft { metric, ..exemplar });
            }
        }
        self.document.metric_points += 1;
        self.metric_points += 1;
        self.end_record(io, cursor);
        Ok(())
    }

    /// A log record or metric point was read.
    fn end_record(&mut self, io: &mut Io<'_>, cursor: &Cursor<'_>) {
        if self.parts.dropped != 0 {
            let dropped = std::mem::take(&mut self.parts.dropped);
            self.parts.notes.add_many(FindingKind::DroppedByProducer, dropped, cursor.at, "", "");
        }
        self.document.has_objects = true;
        self.begin_in_frame();
        self.at = cursor.at;
        self.tell_notes(io, "");
    }
}

//! Log records, and the exemplars of metrics: read where they name a trace, which is looked for first.

use super::leaf::{Leaf, enum_number};
use super::place::Context;
use super::wire::{self, FIXED32, FIXED64, LEN, VARINT, tag};
use crate::base::StrId;
use crate::model::{ExemplarDraft, FindingKind, LogDraft, Logs, Measured, MetricIdx, SpanKey, TraceKey};

mod log {
    use super::{FIXED32, FIXED64, LEN, VARINT, tag};
    pub(super) const TIME: u32 = tag(1, FIXED64);
    pub(super) const SEVERITY: u32 = tag(2, VARINT);
    pub(super) const SEVERITY_TEXT: u32 = tag(3, LEN);
    pub(super) const BODY: u32 = tag(5, LEN);
    pub(super) const ATTRIBUTE: u32 = tag(6, LEN);
    pub(super) const DROPPED: u32 = tag(7, VARINT);
    pub(super) const FLAGS: u32 = tag(8, FIXED32);
    pub(super) const TRACE_ID: u32 = tag(9, LEN);
    pub(super) const SPAN_ID: u32 = tag(10, LEN);
    pub(super) const OBSERVED: u32 = tag(11, FIXED64);
    pub(super) const EVENT_NAME: u32 = tag(12, LEN);
}

mod exemplar {
    use super::{FIXED64, LEN, tag};
    pub(super) const TIME: u32 = tag(2, FIXED64);
    pub(super) const AS_DOUBLE: u32 = tag(3, FIXED64);
    pub(super) const SPAN_ID: u32 = tag(4, LEN);
    pub(super) const TRACE_ID: u32 = tag(5, LEN);
    pub(super) const AS_INT: u32 = tag(6, FIXED64);
    pub(super) const ATTRIBUTE: u32 = tag(7, LEN);
}

mod metric {
    use super::{LEN, tag};
    pub(super) const NAME: u32 = tag(1, LEN);
    pub(super) const UNIT: u32 = tag(3, LEN);
    /// The points of a gauge, a sum or a histogram.
    pub(super) const POINT: u32 = tag(1, LEN);

    /// Which field of a metric's points are their exemplars, by the field of the metric.
    pub(super) fn exemplars(data: u32) -> Option<u32> {
        const GAUGE: u32 = tag(5, LEN);
        const SUM: u32 = tag(7, LEN);
        const HISTOGRAM: u32 = tag(9, LEN);
        const EXPONENTIAL_HISTOGRAM: u32 = tag(10, LEN);
        Some(match data {
            GAUGE | SUM => tag(5, LEN),
            HISTOGRAM => tag(8, LEN),
            EXPONENTIAL_HISTOGRAM => tag(11, LEN),
            _ => return None,
        })
    }
}

/// Whether a log record is to be kept; if not, that is told or counted.
pub(super) fn wants_log(context: &mut Context<'_>) -> bool {
    let [trace, time, observed] = skim(context.all, [log::TRACE_ID, log::TIME, log::OBSERVED]);
    wants(context, trace, if time.is_none_or(is_unset) { observed } else { time }, FindingKind::LogWithoutTrace, context.all, "")
}

/// Whether what names this trace is to be kept; if not, that is told or counted.
fn wants(
    context: &mut Context<'_>,
    trace: Option<&[u8]>,
    time: Option<&[u8]>,
    without: FindingKind,
    here: &[u8],
    field: &'static str,
) -> bool {
    let Some(trace) = trace.filter(|id| !is_unset(id)) else {
        context.note(without, here, field, "no trace id");
        return false;
    };
    if !context.batch.is_choosy() {
        return true;
    }
    let time = time.and_then(|time| time.try_into().ok()).map_or(0, u64::from_le_bytes);
    let key = match trace.try_into() {
        Ok(bytes) => TraceKey::from_number(u128::from_be_bytes(bytes)),
        // A text for this moment. What is left out may leave it behind.
        Err(_) => TraceKey::Text(context.batch.strings.intern(&crate::base::text::hex_from_bytes(trace))),
    };
    !context.batch.turns_away_record(key, time)
}

fn is_unset(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

/// The last values of some fields of a message, up to where it breaks.
fn skim<const N: usize>(message: &[u8], wanted: [u32; N]) -> [Option<&[u8]>; N] {
    let mut found = [None; N];
    let mut rest = message;
    while let Some(tag) = wire::read_tag(&mut rest) {
        let before = rest;
        if wire::skip(&mut rest, tag).is_none() {
            break;
        }
        let value = match tag.wire_type() {
            LEN => wire::bytes(&mut { before }),
            _ => before.get(..before.len() - rest.len()),
        };
        if let Some(at) = wanted.iter().position(|&wanted| wanted == tag.0)
            && let Some(place) = found.get_mut(at)
        {
            *place = value;
        }
    }
    found
}

/// The fields of a message of one tag.
fn each(message: &[u8], wanted: impl Fn(u32) -> bool) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = message;
    std::iter::from_fn(move || {
        loop {
            let tag = wire::read_tag(&mut rest)?;
            if wanted(tag.0) {
                return Some((tag.0, wire::bytes(&mut rest)?));
            }
            wire::skip(&mut rest, tag)?;
        }
    })
}

/// The exemplars of a metric, in order.
fn exemplars(metric: &[u8]) -> impl Iterator<Item = &[u8]> {
    each(metric, |tag| metric::exemplars(tag).is_some()).flat_map(|(data, points)| {
        let field = metric::exemplars(data).unwrap_or_default();
        each(points, |tag| tag == metric::POINT)
            .flat_map(move |(_, point)| each(point, move |tag| tag == field))
            .map(|(_, one)| one)
    })
}

/// Whether a metric has any exemplar.
pub(super) fn has_exemplars(metric: &[u8]) -> bool {
    exemplars(metric).next().is_some()
}

impl Leaf<'_> {
    /// Reads a log record; `draft` knows where it stands. One that breaks off is kept with what came before, if that has its trace.
    pub(super) fn log(mut self, mut draft: LogDraft) {
        let mut rest = self.context.all;
        let mut body = None;
        if self.log_fields(&mut rest, &mut draft, &mut body).is_none() {
            self.context.broken(rest, "");
        }
        let Self { mut context, writers } = self;
        context.tell_repeated_key(&writers.span, "attributes");
        draft.attributes = writers.span.finish(&mut context.batch.attributes);
        if let Some(body) = body {
            context.lone_value(&mut writers.inner, body);
            draft.body = writers.inner.finish(&mut context.batch.attributes);
        }
        context.batch.push_log(&draft);
    }

    fn log_fields<'a>(&mut self, rest: &mut &'a [u8], draft: &mut LogDraft, body: &mut Option<&'a [u8]>) -> Option<()> {
        while !rest.is_empty() {
            let before = *rest;
            let tag = wire::read_tag(rest)?;
            match tag.0 {
                log::TIME => draft.time = wire::fixed64(rest)?,
                log::SEVERITY => self.severity(draft, wire::varint(rest)?, before),
                log::SEVERITY_TEXT => draft.severity_text = self.context.key(wire::bytes(rest)?, "severityText"),
                log::BODY => *body = Some(wire::bytes(rest)?),
                log::ATTRIBUTE => self.context.attribute(&mut self.writers.span, wire::bytes(rest)?),
                log::DROPPED => (draft.dropped_attributes, *rest) = self.dropped(rest, "droppedAttributesCount")?,
                log::FLAGS => draft.flags = wire::fixed32(rest)?,
                log::TRACE_ID => draft.trace = self.trace_id(wire::bytes(rest)?),
                log::SPAN_ID => draft.span = self.span_id(wire::bytes(rest)?),
                log::OBSERVED => draft.observed = wire::fixed64(rest)?,
                log::EVENT_NAME => draft.event_name = self.context.key(wire::bytes(rest)?, "eventName"),
                // 4 was the name of OTLP before 0.9.
                _ if tag.field() == 4 => wire::skip(rest, tag)?,
                _ => *rest = self.other(rest, before, tag, 12)?,
            }
        }
        Some(())
    }

    fn severity(&mut self, draft: &mut LogDraft, number: u64, here: &[u8]) {
        let number = enum_number(number);
        (draft.severity, draft.unknown_severity) = match u8::try_from(number) {
            Ok(severity) if severity <= Logs::MAX_SEVERITY => (severity, None),
            _ => {
                self.context.note(FindingKind::UnknownEnum, here, "severityNumber", "a number that OpenTelemetry does not know");
                (0, Some(number))
            }
        };
    }

    /// Reads the exemplars of a metric; `draft` knows where they stand. What is broken about the metric ends them: the rest of it is
    /// only counted.
    pub(super) fn metric(mut self, mut draft: ExemplarDraft) {
        const FIELD: &str = "exemplars";
        let all = self.context.all;
        let mut metric: Option<MetricIdx> = None;
        for exemplar in exemplars(all) {
            let [trace, time] = skim(exemplar, [exemplar::TRACE_ID, exemplar::TIME]);
            if !wants(&mut self.context, trace, time, FindingKind::ExemplarWithoutTrace, exemplar, FIELD) {
                continue;
            }
            draft.metric = *metric.get_or_insert_with(|| self.context.batch.open_metric());
            let mut one = draft;
            let mut rest = exemplar;
            if self.exemplar_fields(&mut rest, &mut one).is_none() {
                self.context.broken(rest, FIELD);
            }
            self.context.tell_repeated_key(&self.writers.inner, "exemplars.filteredAttributes");
            one.attributes = self.writers.inner.finish(&mut self.context.batch.attributes);
            self.context.batch.push_exemplar(&one);
        }
        if let Some(metric) = metric {
            let texts = skim(all, [metric::NAME, metric::UNIT]);
            let [name, unit] = texts.map(|text| text.map_or(StrId::EMPTY, |text| self.context.key(text, "name")));
            self.context.batch.set_metric(metric, name, unit);
        }
    }

    fn exemplar_fields(&mut self, rest: &mut &[u8], draft: &mut ExemplarDraft) -> Option<()> {
        (draft.trace, draft.span) = (TraceKey::Missing, SpanKey::Missing);
        while !rest.is_empty() {
            let before = *rest;
            let tag = wire::read_tag(rest)?;
            match tag.0 {
                exemplar::TIME => draft.time = wire::fixed64(rest)?,
                exemplar::AS_DOUBLE => draft.value = Measured::Double(f64::from_bits(wire::fixed64(rest)?)),
                exemplar::AS_INT => draft.value = Measured::Int(wire::fixed64(rest)?.cast_signed()),
                exemplar::SPAN_ID => draft.span = self.span_id(wire::bytes(rest)?),
                exemplar::TRACE_ID => draft.trace = self.trace_id(wire::bytes(rest)?),
                exemplar::ATTRIBUTE => self.context.attribute(&mut self.writers.inner, wire::bytes(rest)?),
                // 1 were the labels of OTLP before 0.9.
                _ if tag.field() == 1 => wire::skip(rest, tag)?,
                _ => *rest = self.other(rest, before, tag, 7)?,
            }
        }
        Some(())
    }
}

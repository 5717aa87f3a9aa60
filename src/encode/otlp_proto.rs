//! OTLP protobuf (opentelemetry-proto, `trace/v1/trace.proto`, `common/v1/common.proto`, `resource/v1/resource.proto`): one
//! `TracesData`, the same bytes as an `ExportTraceServiceRequest`. Its `resource_spans` may come in any number, so that messages
//! stay small, however many spans there are. Read back, it gives equal spans; but an id that is no bytes written in hex becomes
//! the bytes of its text, which are counted.
//!
//! A message is of one signal, and log records read as spans are damage. So they have no place in one message, but in a stream of them
//! (the collector's file exporter, `format: proto`: each with its length as four bytes, the high one first), behind all spans.

use super::proto::ProtoWriter;
use super::shown::{Entries, Id, Shown, ShownValue};
use super::units::{LogUnit, Unit, by_resource_and_scope, logs_by_resource_and_scope};
use crate::base::len_u32;
use crate::base::text::hex_digit;
use crate::model::{EventIdx, LinkIdx, LogIdx, ResourceIdx, ScopeIdx, SpanIdx, StatusCode};

/// Spans as `resource_spans`, log records as `resource_logs`.
pub(super) struct OtlpProto {
    proto: ProtoWriter,
    /// Whether each unit is a message with its length in front.
    is_framed: bool,
}

impl OtlpProto {
    pub(super) fn new(is_framed: bool) -> Self {
        Self { proto: ProtoWriter::default(), is_framed }
    }

    pub(super) fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        let sorted = by_resource_and_scope(shown, unit.spans);
        groups(&mut self.proto, shown, &sorted, span_message);
        self.end_unit(out);
    }

    pub(super) fn logs(&mut self, shown: &Shown<'_>, unit: LogUnit, out: &mut Vec<u8>) {
        let sorted = logs_by_resource_and_scope(shown, unit.logs);
        groups(&mut self.proto, shown, &sorted, log_message);
        self.end_unit(out);
    }

    fn end_unit(&mut self, out: &mut Vec<u8>) {
        if self.is_framed {
            out.extend_from_slice(&len_u32(self.proto.len()).to_be_bytes());
        }
        self.proto.drain_into(out);
    }
}

/// `resource_spans` or `resource_logs`, which are alike but for what stands in them.
fn groups<I: Copy>(
    proto: &mut ProtoWriter,
    shown: &Shown<'_>,
    sorted: &[(ResourceIdx, ScopeIdx, I)],
    write: impl Fn(&mut ProtoWriter, &Shown<'_>, I),
) {
    for of_resource in sorted.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(resource, ..)) = of_resource.first() else { continue };
        let resource = shown.resource(resource);
        proto.open(1);
        proto.open(1);
        attributes(proto, shown, 1, resource.attributes, &[]);
        proto.count(2, resource.dropped_attributes);
        proto.close();
        for of_scope in of_resource.chunk_by(|a, b| a.1 == b.1) {
            let Some(&(_, scope, _)) = of_scope.first() else { continue };
            let scope = shown.scope(scope);
            proto.open(2);
            proto.open(1);
            proto.text(1, scope.name.as_str());
            proto.text(2, scope.version.as_str());
            attributes(proto, shown, 3, scope.attributes, &[]);
            proto.count(4, scope.dropped_attributes);
            proto.close();
            for &(.., element) in of_scope {
                write(proto, shown, element);
            }
            proto.text(3, scope.schema_url.as_str());
            proto.close();
        }
        proto.text(3, resource.schema_url.as_str());
        proto.close();
    }
}

/// A `LogRecord` (opentelemetry-proto, `logs/v1/logs.proto`).
fn log_message(proto: &mut ProtoWriter, shown: &Shown<'_>, log: LogIdx) {
    let log = shown.log(log);
    proto.open(2);
    // Also where it is 0: readers tell by it that this is no span.
    proto.fixed64(1, log.time);
    if log.severity != 0 {
        proto.number(2, i64::from(log.severity).cast_unsigned());
    }
    proto.text(3, log.severity_text.as_str());
    list(proto, shown, 5, false, log.body, &[]);
    attributes(proto, shown, 6, log.attributes, &[]);
    proto.count(7, log.dropped_attributes);
    flags(proto, 8, log.flags);
    id(proto, 9, log.trace_id);
    id(proto, 10, log.span_id);
    if log.observed != 0 {
        proto.fixed64(11, log.observed);
    }
    proto.text(12, log.event_name.as_str());
    proto.close();
}

fn span_message(proto: &mut ProtoWriter, shown: &Shown<'_>, span: SpanIdx) {
    let own = shown.notes(span);
    let span = shown.span(span);
    proto.open(2);
    id(proto, 1, span.trace_id);
    id(proto, 2, span.id);
    proto.text(3, span.trace_state.as_str());
    id(proto, 4, span.parent_id);
    proto.text(5, span.name.as_str());
    // An enum is an `int32`, whose sign goes through all 64 bits.
    proto.number(6, i64::from(span.kind_number).cast_unsigned());
    proto.fixed64(7, span.start);
    proto.fixed64(8, span.end);
    attributes(proto, shown, 9, span.attributes, &own);
    proto.count(10, span.dropped_attributes);
    span.events.iter().for_each(|event| event_message(proto, shown, event));
    proto.count(12, span.dropped_events);
    span.links.iter().for_each(|link| link_message(proto, shown, link));
    proto.count(14, span.dropped_links);
    if span.status != StatusCode::Unset || !span.status_message.is_empty() {
        proto.open(15);
        proto.text(2, span.status_message.as_str());
        proto.count(3, span.status as u32);
        proto.close();
    }
    flags(proto, 16, span.flags);
    proto.close();
}

fn event_message(proto: &mut ProtoWriter, shown: &Shown<'_>, event: EventIdx) {
    let event = shown.event(event);
    proto.open(11);
    proto.fixed64(1, event.time);
    proto.text(2, event.name.as_str());
    attributes(proto, shown, 3, event.attributes, &[]);
    proto.count(4, event.dropped_attributes);
    proto.close();
}

fn link_message(proto: &mut ProtoWriter, shown: &Shown<'_>, link: LinkIdx) {
    let link = shown.link(link);
    proto.open(13);
    id(proto, 1, link.trace_id);
    id(proto, 2, link.span_id);
    proto.text(3, link.trace_state.as_str());
    attributes(proto, shown, 4, link.attributes, &[]);
    proto.count(5, link.dropped_attributes);
    flags(proto, 6, link.flags);
    proto.close();
}

fn flags(proto: &mut ProtoWriter, field: u32, flags: u32) {
    if flags != 0 {
        proto.fixed32(field, flags);
    }
}

fn id(proto: &mut ProtoWriter, field: u32, id: Id<'_>) {
    match id {
        Id::Missing => {}
        Id::Trace(number) => proto.bytes(field, &number.to_be_bytes()),
        Id::Span(number) => proto.bytes(field, &number.to_be_bytes()),
        Id::Text(text) => match bytes_from_hex(text.as_str().as_bytes()) {
            Some(bytes) => proto.bytes(field, &bytes),
            None => proto.bytes(field, text.as_str().as_bytes()),
        },
    }
}

fn bytes_from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(hex_digit(high)? << 4 | hex_digit(low)?)).collect()
}

/// The list of attributes, arrays and maps within them from a stack of lists that wait. Behind them and in place of those with the
/// same keys stand `own`.
fn attributes(proto: &mut ProtoWriter, shown: &Shown<'_>, field: u32, entries: Entries, own: &[(&str, ShownValue<'_>)]) {
    list(proto, shown, field, true, entries, own);
}

/// Entries with keys or values without them, each as the field.
fn list(
    proto: &mut ProtoWriter,
    shown: &Shown<'_>,
    field: u32,
    has_keys: bool,
    entries: Entries,
    own: &[(&str, ShownValue<'_>)],
) {
    // (entries to write, their field, whether they have keys, how deep the writer is when they are done)
    let mut pending = vec![(entries, field, has_keys, proto.depth())];
    while let Some((entries, field, has_keys, depth)) = pending.last_mut() {
        let Some((key, value)) = shown.next(entries) else {
            let depth = *depth;
            while depth < proto.depth() {
                proto.close();
            }
            pending.pop();
            continue;
        };
        let (field, has_keys, is_outermost) = (*field, *has_keys, pending.len() == 1);
        if is_outermost && own.iter().any(|(own, _)| *own == key.as_str()) {
            continue;
        }
        let outside = proto.depth();
        proto.open(field);
        if has_keys {
            proto.text(1, key.as_str());
            proto.open(2);
        }
        let (inner, field, has_keys) = match value {
            ShownValue::Array(inner) => (inner, 5, false),
            ShownValue::KvList(inner) => (inner, 6, true),
            scalar => {
                scalar_value(proto, scalar);
                while outside < proto.depth() {
                    proto.close();
                }
                continue;
            }
        };
        proto.open(field);
        pending.push((inner, 1, has_keys, outside));
    }
    for &(key, value) in own {
        proto.open(field);
        proto.text(1, key);
        proto.open(2);
        scalar_value(proto, value);
        proto.close();
        proto.close();
    }
}

/// Of a choice the field is written also where it holds 0 or nothing: it tells which.
fn scalar_value(proto: &mut ProtoWriter, value: ShownValue<'_>) {
    match value {
        ShownValue::String(text) => proto.bytes(1, text.as_str().as_bytes()),
        ShownValue::Bool(flag) => proto.number(2, u64::from(flag)),
        ShownValue::Int(number) => proto.number(3, number.cast_unsigned()),
        ShownValue::Double(number) => proto.fixed64(4, number.to_bits()),
        ShownValue::Bytes(bytes) => proto.bytes(7, bytes),
        ShownValue::Empty | ShownValue::Array(_) | ShownValue::KvList(_) => {}
    }
}

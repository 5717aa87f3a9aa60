//! Writes spans in a format, piece by piece: whoever asks takes the bytes as they come, and may stop at any time.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::chrome::Chrome;
use super::csv::Csv;
use super::jaeger::Jaeger;
use super::mermaid::Mermaid;
use super::otlp_json::OtlpJson;
use super::otlp_proto::OtlpProto;
use super::rows::{Cursor, LogCursor, SpanRows};
use super::shown::Shown;
use super::units::{LogUnit, Unit};
use super::zipkin::Zipkin;
use crate::model::SpanIdx;

/// What spans are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OTLP JSON, one document.
    OtlpJson,
    /// OTLP JSON, a document a line, each of a trace.
    OtlpJsonLines,
    /// OTLP protobuf, one message of spans.
    OtlpProto,
    /// OTLP protobuf, messages with their lengths in front.
    OtlpProtoFramed,
    /// Jaeger JSON.
    Jaeger,
    /// Zipkin JSON, version 2.
    Zipkin,
    /// Chrome's trace events.
    Chrome,
    /// A table of spans.
    Csv,
    /// A sequence diagram.
    Mermaid,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::OtlpJson,
        Self::OtlpJsonLines,
        Self::OtlpProto,
        Self::OtlpProtoFramed,
        Self::Jaeger,
        Self::Zipkin,
        Self::Chrome,
        Self::Csv,
        Self::Mermaid,
    ];

    /// Whether it wants traces apart.
    const fn keeps_traces_apart(self) -> bool {
        matches!(self, Self::OtlpJsonLines | Self::Jaeger | Self::Chrome | Self::Mermaid)
    }

    /// Whether log records have a place in it.
    pub(super) const fn has_logs(self) -> bool {
        matches!(self, Self::OtlpJson | Self::OtlpJsonLines | Self::OtlpProtoFramed)
    }
}

enum Writer {
    OtlpJson(OtlpJson),
    OtlpProto(OtlpProto),
    Jaeger(Jaeger),
    Zipkin(Zipkin),
    Chrome(Box<Chrome>),
    Csv(Csv),
    Mermaid(Box<Mermaid>),
}

/// An export under way.
pub struct Export {
    format: Format,
    writer: Writer,
    gzip: Option<GzEncoder<Vec<u8>>>,
    cursor: Cursor,
    unit: Vec<SpanIdx>,
    /// What is left of the log records, once all spans are written.
    logs: Option<LogCursor>,
    /// What is written and not compressed yet.
    plain: Vec<u8>,
    /// The trace of the unit before.
    last_trace: Option<crate::model::TraceIdx>,
    done: u64,
    is_over: bool,
}

impl Export {
    /// Before the first span.
    pub fn new(format: Format, is_gzip: bool, shown: &Shown<'_>) -> Self {
        let writer = match format {
            Format::OtlpJson => Writer::OtlpJson(OtlpJson::new(false)),
            Format::OtlpJsonLines => Writer::OtlpJson(OtlpJson::new(true)),
            Format::OtlpProto => Writer::OtlpProto(OtlpProto::new(false)),
            Format::OtlpProtoFramed => Writer::OtlpProto(OtlpProto::new(true)),
            Format::Jaeger => Writer::Jaeger(Jaeger::new()),
            Format::Zipkin => Writer::Zipkin(Zipkin::new()),
            Format::Chrome => Writer::Chrome(Box::new(Chrome::new(shown))),
            Format::Csv => Writer::Csv(Csv::default()),
            Format::Mermaid => Writer::Mermaid(Box::default()),
        };
        Self {
            format,
            writer,
            gzip: is_gzip.then(|| GzEncoder::new(Vec::new(), Compression::new(6))),
            cursor: Cursor::default(),
            unit: Vec::new(),
            logs: None,
            plain: Vec::new(),
            last_trace: None,
            done: 0,
            is_over: false,
        }
    }

    /// Spans that are written.
    pub const fn done(&self) -> u64 {
        self.done
    }

    /// Writes a few hundred spans or log records to `out`; true once all is written.
    pub fn step(&mut self, shown: &Shown<'_>, rows: &SpanRows, out: &mut Vec<u8>) -> bool {
        if self.is_over {
            return true;
        }
        let trace_of = |span| shown.trace_of(span);
        self.cursor.unit(rows, self.format.keeps_traces_apart().then_some(&trace_of), &mut self.unit);
        if let Some(&first) = self.unit.first() {
            let trace = shown.trace_of(first);
            let mut ahead = self.cursor;
            let unit = Unit {
                spans: &self.unit,
                trace,
                is_first_of_trace: self.last_trace.replace(trace) != Some(trace),
                is_last_of_trace: ahead.next(rows).is_none_or(|next| shown.trace_of(next) != trace),
                rows,
            };
            self.done += self.unit.len() as u64;
            self.writer.unit(shown, &unit, &mut self.plain);
        } else if let Some(unit) = self.log_unit(shown, rows) {
            self.writer.logs(shown, unit, &mut self.plain);
        } else {
            self.writer.end(&mut self.plain);
            self.is_over = true;
        }
        self.compress(out);
        self.is_over
    }

    /// The next log records, where the format has a place for them.
    fn log_unit(&mut self, shown: &Shown<'_>, rows: &SpanRows) -> Option<LogUnit> {
        if !self.format.has_logs() {
            return None;
        }
        shown.log_unit(self.logs.get_or_insert_with(|| shown.logs(rows)))
    }

    fn compress(&mut self, out: &mut Vec<u8>) {
        let Some(gzip) = &mut self.gzip else {
            out.append(&mut self.plain);
            return;
        };
        // Into a vector nothing fails.
        gzip.write_all(&self.plain).unwrap_or_default();
        self.plain.clear();
        if self.is_over {
            gzip.try_finish().unwrap_or_default();
        }
        out.append(gzip.get_mut());
    }
}

impl Writer {
    fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        match self {
            Self::OtlpJson(writer) => writer.unit(shown, unit, out),
            Self::OtlpProto(writer) => writer.unit(shown, unit, out),
            Self::Jaeger(writer) => writer.unit(shown, unit, out),
            Self::Zipkin(writer) => writer.unit(shown, unit, out),
            Self::Chrome(writer) => writer.unit(shown, unit, out),
            Self::Csv(writer) => writer.unit(shown, unit, out),
            Self::Mermaid(writer) => writer.unit(shown, unit, out),
        }
    }

    /// Writes log records, in those formats that have a place for them.
    fn logs(&mut self, shown: &Shown<'_>, unit: LogUnit, out: &mut Vec<u8>) {
        match self {
            Self::OtlpJson(writer) => writer.logs(shown, unit, out),
            Self::OtlpProto(writer) => writer.logs(shown, unit, out),
            Self::Jaeger(_) | Self::Zipkin(_) | Self::Chrome(_) | Self::Csv(_) | Self::Mermaid(_) => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::OtlpJson(writer) => writer.end(out),
            Self::OtlpProto(_) => {}
            Self::Jaeger(writer) => writer.end(out),
            Self::Zipkin(writer) => writer.end(out),
            Self::Chrome(writer) => writer.end(out),
            Self::Csv(writer) => writer.end(out),
            Self::Mermaid(writer) => writer.end(out),
        }
    }
}

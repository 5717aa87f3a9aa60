//! Spans as CSV (RFC 4180: a header, lines that end in CR LF, quotes around what has commas, quotes or line breaks in it). Times
//! are whole nanoseconds; attributes are JSON objects.

use std::fmt::Write as _;

use super::json::JsonWriter;
use super::shown::{Entries, Shown};
use super::units::Unit;
use super::values;
use crate::model::{SpanIdx, SpanKind, StatusCode};

/// The columns.
const HEADER: &str = "trace_id,span_id,parent_span_id,service,name,kind,start_unix_nano,end_unix_nano,duration_nano,status,\
    status_message,scope_name,scope_version,trace_state,flags,events,links,attributes,resource\r\n";

/// Lines under a header.
#[derive(Default)]
pub(super) struct Csv {
    text: String,
    has_begun: bool,
}

impl Csv {
    pub(super) fn unit(&mut self, shown: &Shown<'_>, unit: &Unit<'_>, out: &mut Vec<u8>) {
        self.begin();
        unit.spans.iter().for_each(|&span| self.line(shown, span));
        self.drain_into(out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.begin();
        self.drain_into(out);
    }

    fn drain_into(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text.as_bytes());
        self.text.clear();
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.text.push_str(HEADER);
        }
    }

    fn line(&mut self, shown: &Shown<'_>, at: SpanIdx) {
        let span = shown.span(at);
        let resource = shown.resource_of(at);
        let scope = shown.scope(shown.scope_of(at));
        for id in [span.trace_id, span.id, span.parent_id] {
            self.cell(&id.to_string());
            self.comma();
        }
        let kind = match span.kind {
            SpanKind::Unspecified => "",
            SpanKind::Internal => "internal",
            SpanKind::Server => "server",
            SpanKind::Client => "client",
            SpanKind::Producer => "producer",
            SpanKind::Consumer => "consumer",
        };
        let status = match span.status {
            StatusCode::Unset => "unset",
            StatusCode::Ok => "ok",
            StatusCode::Error => "error",
        };
        self.cells(&[shown.service_name(resource).as_str(), span.name.as_str(), kind]);
        // What is not set is left empty.
        for time in [Some(span.start).filter(|&start| start != 0), Some(span.end).filter(|&end| end != 0)] {
            self.number(time);
        }
        self.number((span.start != 0 && span.start <= span.end).then(|| span.duration()));
        self.cells(&[
            status,
            span.status_message.as_str(),
            scope.name.as_str(),
            scope.version.as_str(),
            span.trace_state.as_str(),
        ]);
        for count in [span.flags, span.events.len(), span.links.len()] {
            self.number(Some(u64::from(count)));
        }
        self.object(shown, span.attributes);
        self.comma();
        self.object(shown, shown.resource(resource).attributes);
        self.text.push_str("\r\n");
    }

    fn object(&mut self, shown: &Shown<'_>, entries: Entries) {
        if entries.is_empty() {
            return;
        }
        let mut json = JsonWriter::compact();
        values::json_object(&mut json, shown, entries);
        self.cell(&json.finish());
    }

    fn number(&mut self, number: Option<u64>) {
        if let Some(number) = number {
            write!(self.text, "{number}").unwrap_or_default();
        }
        self.comma();
    }

    fn cells(&mut self, cells: &[&str]) {
        for cell in cells {
            self.cell(cell);
            self.comma();
        }
    }

    fn comma(&mut self) {
        self.text.push(',');
    }

    fn cell(&mut self, cell: &str) {
        if !cell.contains([',', '"', '\n', '\r']) {
            self.text.push_str(cell);
            return;
        }
        self.text.push('"');
        for (number, part) in cell.split('"').enumerate() {
            if number != 0 {
                self.text.push_str("\"\"");
            }
            self.text.push_str(part);
        }
        self.text.push('"');
    }
}

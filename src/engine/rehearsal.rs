//! A rehearsal: a made-up export is read, sealed and asked about before a real one comes.
//!
//! A browser compiles WebAssembly quickly at first, and well only what has run for a while: the first file would be read by code
//! several times as slow as what reads the second. While a person still looks for that file there is time to change that. Each
//! turn has an engine of its own, so nothing of it stays.

use std::fmt::Write as _;

use super::Engine;
use crate::decode::Import;
use crate::model::{Batch, Dataset, ImportReport};
use crate::protocol::{Find, Fold, GroupBy, MinimapRequest, Request, RowsRequest, Selection, SortColumn, TracesRequest};

/// How many turns it takes until all that matters is compiled well. Each is a few milliseconds long.
pub const REHEARSAL_TURNS: u32 = 24;

/// Spans of one turn, all of one trace.
const SPANS: u32 = 96;
/// The start of the trace, in nanoseconds.
const START: u64 = 1_700_000_000_000_000_000;

/// What each span has, besides a text of its own.
const NUMBERS: [&str; 4] = ["http.response.status_code", "server.port", "thread.id", "http.response.body.size"];
const TEXTS: [(&str, &str); 5] = [
    ("http.request.method", "GET"),
    ("url.path", "/cart/items"),
    ("server.address", "cart.example.com"),
    ("user_agent.original", "curl/8.9.1"),
    ("code.function.name", "app.cart.CartService.items"),
];

/// Takes one turn.
pub fn rehearse(turn: u32) {
    let mut engine = Engine::default();
    for bytes in [json(turn).into_bytes(), protobuf(turn)] {
        engine.adopt(read(&bytes));
    }
    let trace_id = format!("{:032x}", trace(turn));
    let (find, color) = (Find::default(), GroupBy::Nothing);
    for request in [
        Request::Traces(TracesRequest {
            selection: Selection::default(),
            sort: SortColumn::Duration,
            descending: true,
            offset: 0,
            limit: 40,
            columns: Vec::new(),
        }),
        Request::Trace { trace_id: trace_id.clone() },
        Request::Minimap(MinimapRequest {
            trace_id: trace_id.clone(),
            columns: 400,
            lanes: 20,
            color: color.clone(),
            adjusted: false,
        }),
        Request::Rows(RowsRequest { trace_id, fold: Fold::default(), find, color, adjusted: false, offset: 0, limit: 40 }),
    ] {
        // Answers are as good as ever; there is nobody to give them to.
        drop(engine.answer(engine.epoch, &request));
    }
}

fn read(bytes: &[u8]) -> Dataset {
    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut import = Import::new(report.begin_source(""));
    import.feed(bytes, &mut batch, &mut report);
    import.finish(&mut batch, &mut report);
    Dataset::seal(batch, report)
}

fn trace(turn: u32) -> u128 {
    u128::from(turn) + 1
}

/// A span's id, the one of its parent, start and end: a tree of four children each.
fn span(number: u32) -> (u64, u64, u64, u64) {
    let id = |number: u32| (u64::from(number) + 1) * 0x0101_0101;
    let parent = if number == 0 { 0 } else { id((number - 1) / 4) };
    let start = START + u64::from(number) * 1_000;
    (id(number), parent, start, START + 1_000_000 - u64::from(number) * 1_000)
}

fn name(number: u32) -> &'static str {
    if number.is_multiple_of(3) { "GET /cart/items" } else { "SELECT items" }
}

/// An export of a turn's spans as a line of JSON.
fn json(turn: u32) -> String {
    let mut text = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"scope":{"name":"app"},"spans":["#.to_owned();
    for number in 0..SPANS {
        let (id, parent, start, end) = span(number);
        if number != 0 {
            text.push(',');
        }
        let mut put = |arguments: std::fmt::Arguments<'_>| _ = text.write_fmt(arguments);
        put(format_args!(r#"{{"traceId":"{:032x}","spanId":"{id:016x}","#, trace(turn)));
        if parent != 0 {
            put(format_args!(r#""parentSpanId":"{parent:016x}","#));
        }
        put(format_args!(
            r#""flags":257,"name":"{}","kind":2,"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","#,
            name(number)
        ));
        put(format_args!(r#""attributes":[{{"key":"session.id","value":{{"stringValue":"{turn}-{number}"}}}}"#));
        for (key, value) in TEXTS {
            put(format_args!(r#",{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#));
        }
        for key in NUMBERS {
            put(format_args!(r#",{{"key":"{key}","value":{{"intValue":"{number}"}}}}"#));
        }
        put(format_args!(r#"],"events":[{{"timeUnixNano":"{end}","name":"done"}}],"status":{{}}}}"#));
    }
    text.push_str("]}]}]}\n");
    text
}

/// The same as protobuf.
fn protobuf(turn: u32) -> Vec<u8> {
    let mut scope_spans = Vec::new();
    put(&mut scope_spans, 1, &text_field(1, "app"));
    for number in 0..SPANS {
        let (id, parent, start, end) = span(number);
        let mut span = Vec::new();
        put(&mut span, 1, &trace(turn).to_be_bytes());
        put(&mut span, 2, &id.to_be_bytes());
        if parent != 0 {
            put(&mut span, 4, &parent.to_be_bytes());
        }
        put(&mut span, 5, name(number).as_bytes());
        span.extend([6 << 3, 2]);
        for (field, time) in [(7, start), (8, end)] {
            span.push(field << 3 | 1);
            span.extend(time.to_le_bytes());
        }
        put(&mut span, 9, &attribute("session.id", &text_field(1, &format!("{turn}-{number}"))));
        for (key, value) in TEXTS {
            put(&mut span, 9, &attribute(key, &text_field(1, value)));
        }
        for key in NUMBERS {
            let mut value = vec![3 << 3];
            varint(&mut value, number);
            put(&mut span, 9, &attribute(key, &value));
        }
        let mut event = vec![1 << 3 | 1];
        event.extend(end.to_le_bytes());
        event.extend(text_field(2, "done"));
        put(&mut span, 11, &event);
        put(&mut scope_spans, 2, &span);
    }
    let mut resource = Vec::new();
    put(&mut resource, 1, &attribute("service.name", &text_field(1, "cart")));
    let mut resource_spans = Vec::new();
    put(&mut resource_spans, 1, &resource);
    put(&mut resource_spans, 2, &scope_spans);
    let mut traces_data = Vec::new();
    put(&mut traces_data, 1, &resource_spans);
    traces_data
}

fn attribute(key: &str, value: &[u8]) -> Vec<u8> {
    let mut attribute = text_field(1, key);
    put(&mut attribute, 2, value);
    attribute
}

fn text_field(field: u8, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, field, text.as_bytes());
    out
}

/// A field with a length.
fn put(out: &mut Vec<u8>, field: u8, content: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, crate::base::len_u32(content.len()));
    out.extend_from_slice(content);
}

fn varint(out: &mut Vec<u8>, mut number: u32) {
    while 0x7f < number {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::{SPANS, json, protobuf, read};

    #[test]
    fn both_exports_hold_the_same_trace_without_a_flaw() {
        let sets = [read(json(3).as_bytes()), read(&protobuf(3))];
        for dataset in &sets {
            assert_eq!(dataset.spans.len(), SPANS as usize);
            assert_eq!(dataset.report.findings().map(|(kind, finding)| (kind, finding.count)).collect::<Vec<_>>(), []);
            assert_eq!((dataset.traces.len(), dataset.traces.depth.as_slice()), (1, [5].as_slice()));
        }
        let [json, protobuf] = sets;
        assert_eq!(json.attributes.len(), protobuf.attributes.len());
        assert_eq!(json.spans.start, protobuf.spans.start);
        assert_eq!(json.strings.len(), protobuf.strings.len());
    }
}

//! Budgets as counts, which hold on any machine: bytes a span, allocations a span, the peak while reading.

use allocation_counter::measure;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};
use spanwise::decode::Import;
use spanwise::model::{Batch, Dataset, ImportReport, Portion};

use super::generate::{Plan, Shape, json_document, json_lines, protobuf, protobuf_framed, requests};
use super::read::{File, gzip, open, zstd};

/// Enough spans that fixed costs do not show, few enough for a debug build.
const SPANS: usize = 20_000;

/// Reads in pieces of a megabyte, as the worker does, and says what that allocated.
fn read_counted(bytes: &[u8]) -> (Dataset, allocation_counter::AllocationInfo) {
    let mut dataset = None;
    let info = measure(|| dataset = Some(open(&[File { name: "", bytes }], 1 << 20)));
    (dataset.unwrap(), info)
}

/// A file in each encoding, with its size when it is inflated.
fn encodings(requests: &[TracesData]) -> Vec<(&'static str, Vec<u8>, usize)> {
    let (lines, proto) = (json_lines(requests), protobuf(requests));
    let compressed = [("JSON lines, gzip", gzip(&lines), lines.len()), ("protobuf, zstd", zstd(&proto), proto.len())];
    let plain = [
        ("a JSON document", json_document(requests)),
        ("JSON lines", lines),
        ("protobuf", proto),
        ("framed protobuf", protobuf_framed(requests)),
    ];
    let plain = plain.into_iter().map(|(encoding, bytes)| (encoding, bytes.clone(), bytes.len()));
    plain.chain(compressed).collect()
}

#[test]
fn memory_keeps_to_the_design_whatever_the_encoding() {
    let requests = requests(Plan { shape: Shape::Shop, spans: SPANS, seed: 1 });
    let wire = protobuf(&requests).len();
    for (encoding, bytes, inflated) in encodings(&requests) {
        let (dataset, info) = read_counted(&bytes);
        let index = dataset.spans.heap_bytes() / dataset.spans.len();
        assert!(index <= 200, "{encoding}: {index} bytes a span for the index");
        let whole = dataset.heap_bytes();
        assert!(whole * 10 <= wire * 12, "{encoding}: a store of {whole} bytes for {wire} bytes of protobuf");
        // What the store says of itself is what is really held.
        let held = usize::try_from(info.bytes_current).unwrap();
        assert!(held.abs_diff(whole) * 20 < whole, "{encoding}: the store counts {whole} bytes, and {held} are held");
        let peak = info.bytes_max as f64 / inflated as f64;
        assert!(peak <= 2.5, "{encoding}: a peak of {peak} times the file");
        let each = info.count_total as f64 / dataset.spans.len() as f64;
        // Resources and scopes that come again, and arrays in them, are the rest.
        assert!(each < 0.25, "{encoding}: {each} allocations a span");
    }
}

/// Spans of which every text is met once, ten to a resource of a few services, each in a trace of four.
fn spans_of_unique_texts(n: u64) -> [(&'static str, Vec<u8>); 2] {
    let text = |key: &str, value: String| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue(value)) }),
        ..KeyValue::default()
    };
    let (mut lines, mut framed_messages) = (Vec::new(), Vec::new());
    for first in (0..n).step_by(10) {
        let span = |at: u64| Span {
            trace_id: u128::from(at / 4 + 1).to_be_bytes().to_vec(),
            span_id: (at + 1).to_be_bytes().to_vec(),
            name: format!("name {at}"),
            start_time_unix_nano: 1_700_000_000_000_000_000 + at,
            end_time_unix_nano: 1_700_000_000_000_100_000 + at,
            attributes: vec![text("user.id", format!("user {at}")), text("url.full", format!("https://shop.example/order/{at}"))],
            events: vec![Event { name: format!("event {at}"), ..Event::default() }],
            status: Some(Status { message: format!("message {at}"), code: 1 }),
            ..Span::default()
        };
        let service = format!("service {}", first / 10 % 7);
        let resource = Resource { attributes: vec![text("service.name", service)], ..Resource::default() };
        let scope_spans = vec![ScopeSpans { spans: (first..first + 10).map(span).collect(), ..ScopeSpans::default() }];
        let request = [TracesData {
            resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }],
        }];
        lines.extend(json_lines(&request));
        framed_messages.extend(protobuf_framed(&request));
    }
    [("JSON lines", lines), ("framed protobuf", framed_messages)]
}

#[test]
fn what_is_left_out_takes_no_memory() {
    for (encoding, bytes) in spans_of_unique_texts(200_000) {
        let read = |portion: Portion| {
            let mut dataset = None;
            let info = measure(|| {
                let (mut batch, mut report) = (Batch::of_portion(portion), ImportReport::default());
                let mut import = Import::new(report.begin_source(""));
                for piece in bytes.chunks(1 << 20) {
                    import.feed(piece, &mut batch, &mut report);
                }
                import.finish(&mut batch, &mut report);
                batch.tell_part(&mut report);
                dataset = Some(Dataset::seal(batch, report));
            });
            (dataset.unwrap(), info)
        };
        let (whole, all) = read(Portion::All);
        let (part, some) = read(Portion::Share { one_in: 100 });
        let share = part.spans.len() as f64 / whole.spans.len() as f64;
        assert!((0.007..0.013).contains(&share), "{encoding}: {share}");
        let held = some.bytes_current as f64 / all.bytes_current as f64;
        assert!(held < share * 1.3, "{encoding}: {held} of the memory is held for {share} of the spans");
        // Beside what is kept there are the reader's own tables, and the pieces of the file that it takes in.
        let most = u64::try_from(some.bytes_current).unwrap() * 3 + (3 << 20);
        assert!(some.bytes_max < most, "{encoding}: a peak of {} bytes, expected at most {most}", some.bytes_max);
    }
}

#[test]
fn shapes_do_not_cost_more_than_size() {
    for shape in [Shape::Chain, Shape::Flat] {
        let bytes = protobuf(&requests(Plan { shape, spans: SPANS, seed: 3 }));
        let (dataset, info) = read_counted(&bytes);
        assert!(info.count_total < 2000, "{shape:?}: {} allocations", info.count_total);
        assert!(dataset.heap_bytes() / dataset.spans.len() < 400, "{shape:?}: {} bytes", dataset.heap_bytes());
    }
}

//! Budgets as counts, which hold on any machine: bytes a span, allocations a span, the peak while reading.

use allocation_counter::measure;
use spanwise::model::Dataset;

use super::generate::{Plan, Shape, json_lines, protobuf, requests};
use super::read::{File, open};

/// Enough spans that fixed costs do not show, few enough for a debug build.
const SPANS: usize = 20_000;

/// Reads in pieces of a megabyte, as the worker does, and says what that allocated.
fn read_counted(bytes: &[u8]) -> (Dataset, allocation_counter::AllocationInfo) {
    let mut dataset = None;
    let info = measure(|| dataset = Some(open(&[File { name: "", bytes }], 1 << 20)));
    (dataset.unwrap(), info)
}

#[test]
fn the_store_is_no_larger_than_the_protobuf_by_a_fifth() {
    let requests = requests(Plan { shape: Shape::Shop, spans: SPANS, seed: 1 });
    let wire = protobuf(&requests).len();
    for bytes in [json_lines(&requests), protobuf(&requests)] {
        let (dataset, info) = read_counted(&bytes);
        let index = dataset.spans.heap_bytes() / dataset.spans.len();
        assert!(index <= 200, "{index} bytes a span for the index");
        let whole = dataset.heap_bytes();
        assert!(whole * 10 <= wire * 12, "a store of {whole} bytes for {wire} bytes of protobuf");
        // What the store says of itself is what is really held.
        let held = usize::try_from(info.bytes_current).unwrap();
        assert!(held.abs_diff(whole) * 20 < whole, "the store counts {whole} bytes, and {held} are held");
    }
}

#[test]
fn reading_takes_no_allocation_a_span() {
    let requests = requests(Plan { shape: Shape::Shop, spans: SPANS, seed: 2 });
    for bytes in [json_lines(&requests), protobuf(&requests)] {
        let (dataset, info) = read_counted(&bytes);
        let each = info.count_total as f64 / dataset.spans.len() as f64;
        // Resources and scopes that come again, and arrays in them, are the rest.
        assert!(each < 0.25, "{each} allocations a span");
        let peak = info.bytes_max as f64 / bytes.len() as f64;
        assert!(peak <= 2.5, "a peak of {peak} times the file");
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

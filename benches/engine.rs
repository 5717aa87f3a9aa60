//! The native benchmarks, in one table: decoding with the sealed store included, against the oracle's typed decode of the same
//! bytes in the same run; then the analyses, over a million spans in 20,000 traces.
//!
//! `cargo bench --bench engine` for 100,000 spans to decode, `cargo bench --bench engine -- 20000` for another number;
//! `-- decode` or `-- analyses` for one half of it. Ratios can be compared between machines, times cannot.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on should say so"
)]

mod analyses;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/generate.rs"]
mod generate;

use std::hint::black_box;
use std::time::Instant;

use allocation_counter::{AllocationInfo, measure};
use generate::{Plan, Shape};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message as _;
use spanwise::decode::Import;
use spanwise::model::{Batch, Dataset, ImportReport};

/// How often each thing is measured; the median counts.
const ROUNDS: usize = 5;

fn main() {
    let is_asked_for = |part: &str| {
        let mut parts = std::env::args().filter(|argument| ["decode", "analyses"].contains(&argument.as_str())).peekable();
        parts.peek().is_none() || parts.any(|argument| argument == part)
    };
    if is_asked_for("decode") {
        decoding(std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000));
    }
    if is_asked_for("analyses") {
        analyses::run();
    }
}

fn decoding(spans: usize) {
    let requests = generate::requests(Plan { shape: Shape::Shop, spans, seed: 1 });
    let protobuf = generate::protobuf(&requests);
    let lines = generate::json_lines(&requests);
    println!("{spans} spans of a shop, {ROUNDS} rounds, medians; the store is sealed in our times, the oracle only decodes\n");
    println!(
        "{:<26}{:>8}{:>9}{:>8}{:>11}{:>8}{:>7}{:>10}{:>13}{:>11}",
        "", "MB", "ms", "MB/s", "oracle ms", "MB/s", "ratio", "at least", "allocs/span", "peak/file"
    );
    let typed_json = |bytes: &[u8]| {
        let all = serde_json::Deserializer::from_slice(bytes).into_iter().collect::<Result<Vec<TracesData>, _>>().unwrap();
        black_box(all);
    };
    let typed_document = |bytes: &[u8]| drop(black_box(serde_json::from_slice::<TracesData>(bytes).unwrap()));
    let typed_protobuf = |bytes: &[u8]| drop(black_box(TracesData::decode(bytes).unwrap()));
    let mut json_store = None;
    for (name, bytes, oracle, at_least) in [
        ("OTLP JSON, lines", &lines, Some(&typed_json as &dyn Fn(&[u8])), "3.0"),
        ("OTLP JSON, one document", &generate::json_document(&requests), Some(&typed_document), "3.0"),
        ("OTLP protobuf", &protobuf, Some(&typed_protobuf), "2.0"),
        ("OTLP protobuf, framed", &generate::protobuf_framed(&requests), None, ""),
        ("OTLP JSON lines, gzip", &gzip(&lines), None, ""),
        ("OTLP protobuf, zstd", &zstd(&protobuf), None, ""),
    ] {
        let (ms, info, dataset) = ours(bytes);
        let megabytes = bytes.len() as f64 / 1e6;
        print!("{name:<26}{megabytes:>8.1}{ms:>9.0}{:>8.0}", megabytes / ms * 1e3);
        match oracle {
            Some(oracle) => {
                let theirs = median(|| oracle(bytes));
                print!("{theirs:>11.0}{:>8.0}{:>7.1}{at_least:>10}", megabytes / theirs * 1e3, theirs / ms);
            }
            None => print!("{:>11}{:>8}{:>7}{:>10}", "", "", "", ""),
        }
        let peak = info.bytes_max as f64 / bytes.len() as f64;
        println!("{:>13.2}{peak:>11.2}", info.count_total as f64 / dataset.spans.len() as f64);
        json_store.get_or_insert(dataset);
    }
    let dataset = json_store.unwrap();
    let per_span = |bytes: usize| bytes as f64 / dataset.spans.len() as f64;
    println!("\nthe store, in bytes a span (budget: 200 for the index; the whole at most 1.2 of the protobuf)");
    for (name, bytes) in [
        ("index (spans)", dataset.spans.heap_bytes()),
        ("events and links", dataset.events.heap_bytes() + dataset.links.heap_bytes()),
        ("attributes", dataset.attributes.heap_bytes()),
        ("strings", dataset.strings.heap_bytes()),
        ("in all", dataset.heap_bytes()),
        ("the protobuf", protobuf.len()),
    ] {
        println!("{name:<26}{:>8.1}", per_span(bytes));
    }
    println!("{:<26}{:>8.2}", "store / protobuf", dataset.heap_bytes() as f64 / protobuf.len() as f64);
}

/// Reads and seals: the median time, what one more run allocates, and the data set.
fn ours(bytes: &[u8]) -> (f64, AllocationInfo, Dataset) {
    let ms = median(|| drop(black_box(read(bytes))));
    let mut dataset = None;
    let info = measure(|| dataset = Some(read(bytes)));
    (ms, info, dataset.unwrap())
}

/// As the worker does it: a megabyte at a time.
fn read(bytes: &[u8]) -> Dataset {
    let mut batch = Batch::default();
    let mut report = ImportReport::default();
    let mut import = Import::new(report.begin_source("bench"));
    for piece in bytes.chunks(1 << 20) {
        import.feed(piece, &mut batch, &mut report);
    }
    import.finish(&mut batch, &mut report);
    Dataset::seal(batch, report)
}

fn median(run: impl Fn()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| milliseconds(&run)).collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn milliseconds(run: impl FnOnce()) -> f64 {
    #[expect(clippy::disallowed_methods, reason = "benches run natively, where there is a clock")]
    let begin = Instant::now();
    run();
    begin.elapsed().as_secs_f64() * 1e3
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    structured_zstd::encoding::compress_to_vec(bytes, structured_zstd::encoding::CompressionLevel::Fastest)
}

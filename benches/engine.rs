//! The native benchmarks in two parts: decoding with the sealed store included, against the oracle's typed decode of the same
//! bytes in the same run; then the analyses, over a million spans in 20,000 traces. `benches/stages.rs` has the single stages.
//!
//! `cargo bench --bench engine` decodes 10,000 and 100,000 spans, `cargo bench --bench engine -- 20000` other numbers;
//! `-- decode` or `-- analyses` for one half of it; `-- decode rows` for the rows alone, with tabs between, as `tools/bench.mjs` reads them.
//! Ratios can be compared between machines, times cannot.
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
mod read;
mod sets;

use std::hint::black_box;
use std::time::Instant;

use allocation_counter::{AllocationInfo, measure};
use generate::{Plan, Shape};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message as _;
use read::open;
use sets::{Encoding, Packing};
use spanwise::model::Dataset;

/// How often each thing is measured; the median counts.
const ROUNDS: usize = 5;

/// Beyond so many spans the oracle's types take more memory than many machines have.
const ORACLE_SPANS: usize = 200_000;

const GZIP: Packing = Packing::Gzip(flate2::Compression::new(6));

fn main() {
    let is_asked_for = |part: &str| {
        let mut parts = std::env::args().filter(|argument| ["decode", "analyses"].contains(&argument.as_str())).peekable();
        parts.peek().is_none() || parts.any(|argument| argument == part)
    };
    if is_asked_for("decode") {
        let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
        let are_rows_wanted = std::env::args().any(|argument| argument == "rows");
        for &spans in if sizes.is_empty() { &[10_000, 100_000][..] } else { &sizes } {
            decoding(spans, are_rows_wanted);
        }
    }
    if is_asked_for("analyses") {
        analyses::run();
    }
}

/// What is measured of a set.
struct Row {
    name: &'static str,
    bytes: usize,
    ms: f64,
    /// The oracle's time, and the ratio that is to be held.
    oracle: Option<(f64, f64)>,
    allocs: u64,
    peak: u64,
}

fn decoding(spans: usize, are_rows_wanted: bool) {
    let typed_json = |bytes: &[u8]| {
        let all = serde_json::Deserializer::from_slice(bytes).into_iter().collect::<Result<Vec<TracesData>, _>>().unwrap();
        black_box(all);
    };
    let typed_document = |bytes: &[u8]| drop(black_box(serde_json::from_slice::<TracesData>(bytes).unwrap()));
    let typed_protobuf = |bytes: &[u8]| drop(black_box(TracesData::decode(bytes).unwrap()));
    let mut store = None;
    let mut rows = Vec::new();
    let mut protobuf_bytes = 0;
    for (name, encoding, packing, oracle, at_least) in [
        ("OTLP JSON, lines", Encoding::JsonLines, Packing::Plain, Some(&typed_json as &dyn Fn(&[u8])), 3.0),
        ("OTLP JSON, one document", Encoding::Json, Packing::Plain, Some(&typed_document), 3.0),
        ("OTLP protobuf", Encoding::Protobuf, Packing::Plain, Some(&typed_protobuf), 2.0),
        ("OTLP protobuf, framed", Encoding::Framed, Packing::Plain, None, 0.0),
        ("OTLP JSON lines, gzip", Encoding::JsonLines, GZIP, None, 0.0),
        ("OTLP protobuf, zstd", Encoding::Protobuf, Packing::Zstd, None, 0.0),
    ] {
        let mut bytes = Vec::new();
        sets::write(Plan { shape: Shape::Shop, spans, seed: 1 }, encoding, packing, &mut bytes).unwrap();
        let (ms, info, dataset) = ours(&bytes);
        let oracle = oracle.filter(|_| spans <= ORACLE_SPANS).map(|oracle| (median(|| oracle(&bytes)), at_least));
        rows.push(Row { name, bytes: bytes.len(), ms, oracle, allocs: info.count_total, peak: info.bytes_max });
        if (encoding, packing) == (Encoding::Protobuf, Packing::Plain) {
            protobuf_bytes = bytes.len();
        }
        store.get_or_insert(dataset);
    }
    let dataset = store.unwrap();
    if are_rows_wanted {
        for row in &rows {
            let oracle = row.oracle.map_or(String::new(), |(ms, _)| ms.to_string());
            let Row { name, bytes, ms, allocs, peak, .. } = row;
            println!("{name}\t{}\t{bytes}\t{ms}\t{oracle}\t{allocs}\t{peak}\t{}", dataset.spans.len(), dataset.heap_bytes());
        }
    } else {
        print_table(&rows, &dataset);
        print_store(&dataset, protobuf_bytes);
    }
}

fn print_table(rows: &[Row], dataset: &Dataset) {
    let spans = dataset.spans.len() as f64;
    println!("{spans} spans of a shop, {ROUNDS} rounds, medians; the store is sealed in our times, the oracle only decodes\n");
    println!(
        "{:<26}{:>8}{:>9}{:>8}{:>9}{:>11}{:>8}{:>7}{:>10}{:>13}{:>11}",
        "", "MB", "ms", "MB/s", "ns/span", "oracle ms", "MB/s", "ratio", "at least", "allocs/span", "peak/file"
    );
    for Row { name, bytes, ms, oracle, allocs, peak } in rows {
        let megabytes = *bytes as f64 / 1e6;
        print!("{name:<26}{megabytes:>8.1}{ms:>9.0}{:>8.0}{:>9.0}", megabytes / ms * 1e3, ms * 1e6 / spans);
        match oracle {
            Some((theirs, at_least)) => {
                print!("{theirs:>11.0}{:>8.0}{:>7.1}{at_least:>10.1}", megabytes / theirs * 1e3, theirs / ms);
            }
            None => print!("{:>11}{:>8}{:>7}{:>10}", "", "", "", ""),
        }
        println!("{:>13.2}{:>11.2}", *allocs as f64 / spans, *peak as f64 / *bytes as f64);
    }
}

fn print_store(dataset: &Dataset, protobuf_bytes: usize) {
    let per_span = |bytes: usize| bytes as f64 / dataset.spans.len() as f64;
    println!("\nthe store, in bytes a span (budget: 200 for the index; the whole at most 1.2 of the protobuf)");
    for (name, bytes) in [
        ("index (spans)", dataset.spans.heap_bytes()),
        ("events and links", dataset.events.heap_bytes() + dataset.links.heap_bytes()),
        ("attributes", dataset.attributes.heap_bytes()),
        ("strings", dataset.strings.heap_bytes()),
        ("in all", dataset.heap_bytes()),
        ("the protobuf", protobuf_bytes),
    ] {
        println!("{name:<26}{:>8.1}", per_span(bytes));
    }
    println!("{:<26}{:>8.2}\n", "store / protobuf", dataset.heap_bytes() as f64 / protobuf_bytes as f64);
}

/// Reads and seals: the median time, what one more run allocates, and the data set.
fn ours(bytes: &[u8]) -> (f64, AllocationInfo, Dataset) {
    let ms = median(|| drop(black_box(open(bytes))));
    let mut dataset = None;
    let info = measure(|| dataset = Some(open(bytes)));
    (ms, info, dataset.unwrap())
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

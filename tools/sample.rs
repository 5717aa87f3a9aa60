//! Writes made-up traces to standard output: `cargo run --release --example sample -- shop 6000 1 json-lines`.
//!
//! Shapes are `shop`, `job`, `chain` and `flat`; encodings are `json-lines`, `json`, `protobuf` and `protobuf-framed`, each
//! also as `….gz` and `….zst`. The files in `public/samples/` and those that the browser benches open come from here.
#![expect(clippy::indexing_slicing, clippy::print_stderr, reason = "a tool of the workbench")]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/generate.rs"]
mod generate;
#[path = "../benches/sets.rs"]
mod sets;

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use generate::{Plan, Shape};
use sets::{Encoding, Packing};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((plan, encoding, packing)) = asked_for(&arguments) else {
        eprintln!("usage: sample shop|job|chain|flat <spans> <seed> json|json-lines|protobuf|protobuf-framed[.gz|.zst]");
        return ExitCode::FAILURE;
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    if let Err(error) = sets::write(plan, encoding, packing, &mut out).and_then(|()| out.flush()) {
        eprintln!("cannot write: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn asked_for(arguments: &[String]) -> Option<(Plan, Encoding, Packing)> {
    let [shape, spans, seed, encoding] = arguments else { return None };
    let shape = match shape.as_str() {
        "shop" => Shape::Shop,
        "job" => Shape::Job,
        "chain" => Shape::Chain,
        "flat" => Shape::Flat,
        _ => return None,
    };
    let (encoding, packing) = match encoding.split_once('.') {
        None => (encoding.as_str(), Packing::Plain),
        Some((encoding, "gz")) => (encoding, Packing::Gzip(flate2::Compression::best())),
        Some((encoding, "zst")) => (encoding, Packing::Zstd),
        Some(_) => return None,
    };
    let encoding = match encoding {
        "json-lines" => Encoding::JsonLines,
        "json" => Encoding::Json,
        "protobuf" => Encoding::Protobuf,
        "protobuf-framed" => Encoding::Framed,
        _ => return None,
    };
    Some((Plan { shape, spans: spans.parse().ok()?, seed: seed.parse().ok()? }, encoding, packing))
}

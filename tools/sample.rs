//! Writes made-up traces to standard output: `cargo run --release --example sample -- shop 6000 1 json-lines`.
//!
//! Shapes are `shop`, `job`, `chain` and `flat`; encodings are `json-lines`, `json`, `protobuf` and `protobuf-framed`, each
//! also as `….gz`. The files in `public/samples/` and those that the browser benches open come from here.
#![expect(clippy::indexing_slicing, clippy::print_stderr, reason = "a tool of the workbench")]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/generate.rs"]
mod generate;

use std::io::Write as _;
use std::process::ExitCode;

use generate::{Plan, Shape};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(bytes) = bytes(&arguments) else {
        eprintln!("usage: sample shop|job|chain|flat <spans> <seed> json|json-lines|protobuf|protobuf-framed[.gz]");
        return ExitCode::FAILURE;
    };
    if let Err(error) = std::io::stdout().lock().write_all(&bytes) {
        eprintln!("cannot write: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn bytes(arguments: &[String]) -> Option<Vec<u8>> {
    let [shape, spans, seed, encoding] = arguments else { return None };
    let shape = match shape.as_str() {
        "shop" => Shape::Shop,
        "job" => Shape::Job,
        "chain" => Shape::Chain,
        "flat" => Shape::Flat,
        _ => return None,
    };
    let requests = generate::requests(Plan { shape, spans: spans.parse().ok()?, seed: seed.parse().ok()? });
    let (encoding, is_gzip) = encoding.strip_suffix(".gz").map_or((encoding.as_str(), false), |encoding| (encoding, true));
    let bytes = match encoding {
        "json-lines" => generate::json_lines(&requests),
        "json" => generate::json_document(&requests),
        "protobuf" => generate::protobuf(&requests),
        "protobuf-framed" => generate::protobuf_framed(&requests),
        _ => return None,
    };
    if !is_gzip {
        return Some(bytes);
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&bytes).ok()?;
    encoder.finish().ok()
}

//! Writes made-up traces to standard output: `cargo run --release --example sample -- shop 6000 1 json-lines`.
//!
//! Shapes are `shop`, `job`, `chain` and `flat`; encodings are `json-lines`, `json`, `protobuf` and `protobuf-framed`, each
//! also as `….gz` and `….zst`. The files in `public/samples/` and those that the browser benches open come from here. Requests are
//! written as they are made, so a million spans take no more memory than a thousand.
#![expect(clippy::indexing_slicing, clippy::print_stderr, reason = "a tool of the workbench")]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/generate.rs"]
mod generate;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use flate2::write::GzEncoder;
use generate::{Plan, Shape};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use structured_zstd::encoding::{CompressionLevel, StreamingEncoder};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((plan, encoding, packing)) = asked_for(&arguments) else {
        eprintln!("usage: sample shop|job|chain|flat <spans> <seed> json|json-lines|protobuf|protobuf-framed[.gz|.zst]");
        return ExitCode::FAILURE;
    };
    if let Err(error) = write(plan, encoding, packing, BufWriter::new(io::stdout().lock())) {
        eprintln!("cannot write: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Json,
    JsonLines,
    Protobuf,
    Framed,
}

#[derive(Clone, Copy)]
enum Packing {
    None,
    Gzip,
    Zstd,
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
        None => (encoding.as_str(), Packing::None),
        Some((encoding, "gz")) => (encoding, Packing::Gzip),
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

fn write(plan: Plan, encoding: Encoding, packing: Packing, mut out: impl Write) -> io::Result<()> {
    match packing {
        Packing::None => write_requests(plan, encoding, &mut out)?,
        Packing::Gzip => {
            let mut encoder = GzEncoder::new(&mut out, flate2::Compression::best());
            write_requests(plan, encoding, &mut encoder)?;
            encoder.finish()?;
        }
        Packing::Zstd => {
            let mut encoder = StreamingEncoder::new(&mut out, CompressionLevel::Fastest);
            write_requests(plan, encoding, &mut encoder)?;
            encoder.finish()?;
        }
    }
    out.flush()
}

fn write_requests(plan: Plan, encoding: Encoding, out: &mut dyn Write) -> io::Result<()> {
    let mut outcome = Ok(());
    let mut is_first = true;
    generate::send_requests(plan, &mut |request| {
        if outcome.is_ok() {
            outcome = write_request(&[request], encoding, is_first, out);
            is_first = false;
        }
    });
    outcome?;
    if encoding == Encoding::Json { out.write_all(DOCUMENT[1]) } else { Ok(()) }
}

/// What stands around the groups of spans in a JSON document.
const DOCUMENT: [&[u8]; 2] = [b"{\"resourceSpans\":[", b"]}"];

fn write_request(request: &[TracesData], encoding: Encoding, is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    match encoding {
        Encoding::JsonLines => out.write_all(&generate::json_lines(request)),
        Encoding::Protobuf => out.write_all(&generate::protobuf(request)),
        Encoding::Framed => out.write_all(&generate::protobuf_framed(request)),
        Encoding::Json => {
            // All requests become one document: the next goes on inside the list that the first began.
            let document = generate::json_document(request);
            let groups = document.strip_prefix(DOCUMENT[0]).and_then(|rest| rest.strip_suffix(DOCUMENT[1]));
            if is_first {
                out.write_all(DOCUMENT[0])?;
            } else if groups.is_some() {
                out.write_all(b",")?;
            }
            out.write_all(groups.unwrap_or_default())
        }
    }
}

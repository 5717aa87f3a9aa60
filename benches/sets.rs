//! The encodings of made-up traces, written request by request: a million spans take no more memory than a thousand.
//!
//! Benches and `tools/sample.rs` share this file.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use structured_zstd::encoding::{CompressionLevel, StreamingEncoder};

use super::generate::{self, Plan};

/// How spans are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// One JSON document.
    Json,
    /// A JSON document for each request, one a line.
    JsonLines,
    /// One bare message.
    Protobuf,
    /// A message for each request, behind its length.
    Framed,
}

/// How that is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not at all.
    Plain,
    /// As gzip.
    Gzip(Compression),
    /// As zstd.
    Zstd,
}

/// What stands around the groups of spans in a JSON document.
const DOCUMENT: [&[u8]; 2] = [b"{\"resourceSpans\":[", b"]}"];

/// Writes the traces of a plan.
pub(crate) fn write(plan: Plan, encoding: Encoding, packing: Packing, out: &mut dyn Write) -> io::Result<()> {
    match packing {
        Packing::Plain => write_requests(plan, encoding, out),
        Packing::Gzip(level) => {
            let mut encoder = GzEncoder::new(out, level);
            write_requests(plan, encoding, &mut encoder)?;
            encoder.finish().map(drop)
        }
        Packing::Zstd => {
            let mut encoder = StreamingEncoder::new(out, CompressionLevel::Fastest);
            write_requests(plan, encoding, &mut encoder)?;
            encoder.finish().map(drop)
        }
    }
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

//! What fuzzing found: files of which something was told that depended on where their bytes were cut into pieces.

use spanwise::decode::Import;
use spanwise::model::{Batch, Dataset, ImportReport};

use super::read::{fixtures, report_text};

/// The pieces that each file was first read differently in, in turn and again from the start; and what all are read in.
const FOUND: [(&str, [usize; 3]); 13] = [
    ("gzip-behind-noise.gz", [6, 10, 8558]),
    ("damaged-block.zst", [3, 35, 7501]),
    ("unknown-method.gz", [1, 41, 4193]),
    ("framed-json-cut.bin", [4, 148, 1019]),
    ("gzip-four-times.gz", [5, 111, 6239]),
    ("framed-rows-broken.bin", [3, 46, 5731]),
    ("frame-behind-noise.zst", [6, 210, 5547]),
    ("xray-not-utf8.json", [5, 107, 170]),
    ("jaeger-in-protobuf.bin", [7, 80, 1519]),
    ("datadog-lists-broken.json", [2, 248, 58]),
    ("framed-json-broken.bin", [3, 179, 1032]),
    ("framed-in-zstd.zst", [4, 108, 6]),
    ("framed-known-inside.bin", [5, 17, 351]),
];
const ALWAYS: [&[usize]; 6] = [&[1], &[2, 1], &[3], &[16, 1, 7], &[61], &[512, 5]];

fn read(bytes: &[u8], sizes: &[usize]) -> (Batch, ImportReport) {
    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut import = Import::new(report.begin_source("x"));
    let mut rest = bytes;
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(size.min(rest.len()));
        import.feed(piece, &mut batch, &mut report);
        rest = after;
    }
    import.finish(&mut batch, &mut report);
    (batch, report)
}

fn packed(batch: &Batch) -> Vec<u8> {
    let mut out = Vec::new();
    batch.pack(&mut out);
    out
}

#[test]
fn what_was_read_differently_in_pieces_is_read_the_same() {
    let files: Vec<_> =
        fixtures().into_iter().filter_map(|(path, bytes)| Some((path.strip_prefix("cuts/")?.to_owned(), bytes))).collect();
    assert_eq!(files.len(), FOUND.len(), "each file has its pieces here");
    let mut broken = Vec::new();
    for (path, bytes) in &files {
        let found = FOUND.iter().find(|(name, _)| name == path).map(|(_, sizes)| sizes.as_slice());
        let (whole, report) = read(bytes, &[bytes.len()]);
        for sizes in ALWAYS.into_iter().chain([found.unwrap_or_else(|| panic!("{path} has no pieces"))]) {
            let (cut, cut_report) = read(bytes, sizes);
            if cut_report != report {
                let texts = (report_text(&report), report_text(&cut_report));
                broken.push(format!("{path} in pieces of {sizes:?}:\n{}\ninstead of\n{}", texts.1, texts.0));
            } else if packed(&cut) != packed(&whole) {
                broken.push(format!("{path} in pieces of {sizes:?}: other spans"));
            }
        }
        let report = Dataset::seal(whole, report).report;
        for (kind, finding) in report.findings() {
            for example in &finding.examples {
                let source = &report.sources[example.source];
                let size = source.bytes.max(source.bytes_inflated);
                if example.offset.is_some_and(|offset| size < offset) {
                    broken.push(format!("{path}: {kind:?} at {example:?} of {source:?}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

//! Files read as the engine reads them, in pieces of any size, and what was met on the way as text.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use spanwise::decode::Import;
use spanwise::model::{Batch, Dataset, ImportReport};

use super::source::{paths_under, root};

/// A file to open.
pub(crate) struct File<'a> {
    /// Its name; may be empty, since nothing may depend on it.
    pub(crate) name: &'a str,
    /// What is in it.
    pub(crate) bytes: &'a [u8],
}

/// Opens files as one data set, each fed in pieces of `chunk` bytes.
pub(crate) fn open(files: &[File<'_>], chunk: usize) -> Dataset {
    let mut batch = Batch::default();
    let mut report = ImportReport::default();
    for file in files {
        let source = report.begin_source(file.name);
        let mut import = Import::new(source);
        for piece in file.bytes.chunks(chunk.max(1)) {
            import.feed(piece, &mut batch, &mut report);
        }
        import.finish(&mut batch, &mut report);
    }
    Dataset::seal(batch, report)
}

/// Opens one file without a name, in one piece.
pub(crate) fn open_bytes(bytes: &[u8]) -> Dataset {
    open(&[File { name: "", bytes }], usize::MAX)
}

/// What was met, with every example; the file's own size and name left out.
pub(crate) fn report_text(report: &ImportReport) -> String {
    let mut out = String::new();
    for (kind, finding) in report.findings() {
        writeln!(out, "{} {} ({:?})", kind.slug(), finding.count, kind.severity()).unwrap();
        for example in &finding.examples {
            out.push_str("  ");
            for (what, number) in [("byte", example.offset), ("line", example.line)] {
                if let Some(number) = number {
                    write!(out, "{what} {number}, ").unwrap();
                }
            }
            writeln!(out, "{}: {}", example.path, example.note).unwrap();
        }
    }
    for (_, source) in report.sources.iter() {
        let (spans, logs, points) = (source.spans, source.log_records, source.metric_points);
        writeln!(out, "source: {} bytes inflated, {spans} spans, {logs} logs, {points} points", source.bytes_inflated).unwrap();
    }
    out
}

/// The folder of the fixtures.
pub(crate) fn fixtures_folder() -> PathBuf {
    root().join("tests/fixtures")
}

/// Every file that somebody could open: path from the folder of fixtures, and bytes. What a server answers is not among them.
pub(crate) fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = fixtures_folder();
    let is_fixture = |path: &String| !["README.md", "truth.json"].contains(&path.as_str()) && !path.starts_with("openobserve/");
    paths_under(&folder, "")
        .into_iter()
        .map(|path| relative(&path, &folder))
        .filter(is_fixture)
        .map(|path| {
            let bytes = fs::read(folder.join(&path)).unwrap();
            (path, bytes)
        })
        .collect()
}

/// A path as truth.json writes it.
pub(crate) fn relative(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/")
}

/// Gzip, at a quick level.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Zstandard, at a quick level.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    structured_zstd::encoding::compress_to_vec(bytes, structured_zstd::encoding::CompressionLevel::Fastest)
}

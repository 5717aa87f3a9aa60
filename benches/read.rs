//! A source read as the worker reads it, a megabyte at a time. Benches share this file.

use spanwise::decode::Import;
use spanwise::model::{Batch, Dataset, ImportReport};

/// As much as the worker gets of a file in one go, at most.
pub(crate) const PIECE: usize = 1 << 20;

/// The batch that comes of it, and the report.
pub(crate) fn build(bytes: &[u8]) -> (Batch, ImportReport) {
    let mut batch = Batch::default();
    let mut report = ImportReport::default();
    let mut import = Import::new(report.begin_source("bench"));
    for piece in bytes.chunks(PIECE) {
        import.feed(piece, &mut batch, &mut report);
    }
    import.finish(&mut batch, &mut report);
    (batch, report)
}

/// The data set that comes of it.
pub(crate) fn open(bytes: &[u8]) -> Dataset {
    let (batch, report) = build(bytes);
    Dataset::seal(batch, report)
}

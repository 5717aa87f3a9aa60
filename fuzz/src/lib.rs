//! What each target does with its bytes. Any panic, overflow or broken promise is a finding.

use std::sync::OnceLock;

use spanwise::decode::otlp_json::OtlpJsonReader;
use spanwise::decode::{Import, read_slice};
use spanwise::link as wire;
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport};
use spanwise::route::Route;
use spanwise::traceql::eval::Evaluator;
use spanwise::traceql::eval::metrics::{Window, series};
use spanwise::traceql::{self, Trouble, edit, print};

/// Any file: detection, every layer and reader. What is read does not depend on how the bytes come, and offsets lie within.
pub fn import(data: &[u8]) {
    let (whole, report) = read(data, &[data.len()]);
    // The places of the cuts come from the bytes, so that a seed is a plain file.
    let seed = data.iter().fold(data.len(), |seed, &byte| seed.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let sizes = [1 + seed % 7, 1 + seed / 7 % 300, 1 + seed / 2100 % 9000];
    let (cut, cut_report) = read(data, &sizes);
    let packed = |batch: &Batch| {
        let mut out = Vec::new();
        batch.pack(&mut out);
        out
    };
    // Where a bomb is put down depends on how much came out at once.
    if report.count(FindingKind::ExpansionBomb) == 0 {
        assert_eq!(report, cut_report, "another report in pieces of {sizes:?}");
        assert!(packed(&whole) == packed(&cut), "other spans in pieces of {sizes:?}");
    }
    let dataset = Dataset::seal(whole, report);
    for (kind, finding) in dataset.report.findings() {
        for example in &finding.examples {
            let source = &dataset.report.sources[example.source];
            let size = source.bytes.max(source.bytes_inflated);
            assert!(example.offset.is_none_or(|offset| offset <= size), "{kind:?} at {example:?} of {source:?}");
        }
    }
}

fn read(data: &[u8], sizes: &[usize]) -> (Batch, ImportReport) {
    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut import = Import::new(report.begin_source("x"));
    let mut rest = data;
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(size.clamp(1, rest.len()));
        import.feed(piece, &mut batch, &mut report);
        rest = after;
    }
    import.finish(&mut batch, &mut report);
    (batch, report)
}

/// An archive; the checksums of a tar's headers are put right, or few mutations would get past them.
pub fn archive(data: &[u8]) {
    let mut bytes = data.to_vec();
    for block in bytes.chunks_exact_mut(512).filter(|block| &block[257..262] == b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    import(&bytes);
}

/// A gzip member's content.
pub fn gzip(data: &[u8]) {
    import(&[b"\x1f\x8b\x08\0\0\0\0\0\0\x03", data].concat());
}

/// A zstd frame.
pub fn zstd(data: &[u8]) {
    import(&[b"\x28\xb5\x2f\xfd", data].concat());
}

/// UTF-16.
pub fn utf16(data: &[u8]) {
    import(&[b"\xff\xfe", data].concat());
}

/// Messages with their lengths in front: the fuzzer's, cut at each NUL.
pub fn framed(data: &[u8]) {
    let mut bytes = Vec::new();
    for message in data.split(|&byte| byte == b'\n') {
        bytes.extend(u32::try_from(message.len()).unwrap_or(0).to_be_bytes());
        bytes.extend(message);
    }
    import(&bytes);
}

/// OTLP JSON, past detection.
pub fn otlp_json(data: &[u8]) {
    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut reader = OtlpJsonReader::with_limit(report.begin_source("x"), 4000);
    for piece in data.chunks(1 + data.len() % 61) {
        reader.feed(piece, &mut batch, &mut report);
    }
    reader.finish(&mut batch, &mut report);
    Dataset::seal(batch, report);
}

/// The fields of a span, in messages that are sound around it.
pub fn otlp_proto(data: &[u8]) {
    let mut message = data.to_vec();
    for tag in [0x12, 0x12, 0x0a] {
        let mut outer = vec![tag];
        let mut len = message.len();
        while 0x7f < len {
            outer.push((len & 0x7f) as u8 | 0x80);
            len >>= 7;
        }
        outer.push(len as u8);
        outer.extend(message);
        message = outer;
    }
    import(&message);
}

/// A slice of a source, as helpers read it; and what they answer.
pub fn slice(data: &[u8]) {
    let Some((start, bytes)) = data.split_first_chunk::<4>() else { return };
    let read = read_slice(u32::from_le_bytes(*start), bytes);
    packed(&read);
}

/// A packed batch: what is accepted can be sealed.
pub fn packed(data: &[u8]) {
    if let Some(batch) = Batch::unpack(data) {
        let mut report = ImportReport::default();
        report.begin_source("x");
        Dataset::seal(batch, report);
    }
}

/// What crosses the wire, in both directions: what is accepted is written and read again as the same.
pub fn wire(data: &[u8]) {
    if let Ok(message) = wire::decode_to_worker(data) {
        let written = wire::encode_to_worker(&message);
        let again = wire::decode_to_worker(&written).map(|message| wire::encode_to_worker(&message));
        assert_eq!(again.as_ref(), Ok(&written));
    }
    if let Ok(message) = wire::decode_from_worker(data) {
        let written = wire::encode_from_worker(&message);
        let again = wire::decode_from_worker(&written).map(|message| wire::encode_from_worker(&message));
        assert_eq!(again.as_ref(), Ok(&written));
    }
}

/// An address: what is shown for it has an address that shows the same.
pub fn route(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let route = Route::parse(&text);
    let again = Route::parse(&route.to_hash());
    assert_eq!(again.to_hash(), route.to_hash());
}

/// What queries are asked of.
static SPANS: OnceLock<Dataset> = OnceLock::new();

/// What somebody types into the box of queries.
pub fn traceql(data: &[u8]) {
    let text = String::from_utf8_lossy(data.get(..2048).unwrap_or(data));
    let (words, query) = traceql::split(&text);
    assert!(text.contains(words) && text.contains(query));
    // The places of the cursor come from the bytes, so that a seed is a plain query.
    let seed = data.iter().fold(data.len(), |seed, &byte| seed.wrapping_mul(31).wrapping_add(usize::from(byte)));
    for cursor in [0, seed % 7, seed / 7 % 2048, text.len() / 2, text.len()] {
        let wanted = traceql::complete(&text, cursor);
        assert!(text.get(wanted.replace.clone()).is_some(), "{wanted:?} at {cursor} of {text:?}");
    }
    let parsed = match traceql::parse(&text) {
        Ok(parsed) => parsed,
        Err(trouble) => return lies_within(&text, &trouble),
    };
    let printed = print::text(&parsed);
    let again = traceql::parse(&printed);
    assert_eq!(again.as_ref(), Ok(&parsed), "{text:?} is written {printed:?}");
    for condition in [".fuzz = 1", ".a || .b = 2"] {
        let narrowed = edit::narrowed(&text, condition);
        assert!(traceql::parse(&narrowed).is_ok(), "{text:?} with {condition}: {narrowed:?}");
        assert!(edit::has(&narrowed, condition), "{narrowed:?} has no {condition}");
        let without = edit::without(&narrowed, condition);
        assert!(without.is_empty() || traceql::parse(&without).is_ok(), "{narrowed:?} without {condition}: {without:?}");
    }
    if let Err(trouble) = traceql::check(&parsed) {
        assert_eq!(again.map(|again| traceql::check(&again).map_err(|it| it.stage)), Ok(Err(trouble.stage)));
        return lies_within(&text, &trouble);
    }
    let dataset = SPANS.get_or_init(|| {
        let (batch, report) = read(include_bytes!("../../tests/fixtures/traps/everything.json"), &[usize::MAX]);
        Dataset::seal(batch, report)
    });
    let mut evaluator = Evaluator::new(dataset);
    match evaluator.matched(dataset, &parsed) {
        Ok(matched) => assert!(matched.selected.traces.len() <= dataset.spans.len()),
        Err(trouble) => lies_within(&text, &trouble),
    }
    let start = 1_700_000_000_000_000_000;
    if let Err(trouble) = series(&mut evaluator, dataset, &parsed, Window { start, end: start + 1_000_000_000, step: 10_000_000 })
    {
        lies_within(&text, &trouble);
    }
}

fn lies_within(text: &str, trouble: &Trouble) {
    assert_eq!(text.get(trouble.at.clone()), Some(trouble.token.as_str()), "{trouble:?} in {text:?}");
    assert!(!trouble.message.is_empty(), "{trouble:?} in {text:?}");
}

//! The way from raw bytes to a data set: what each kind of bytes is taken for, what compression and damage do to it.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use spanwise::decode::Import;
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport, Source};
use structured_zstd::encoding::{CompressionLevel, compress_slice_to_vec};

use super::dump::{dump, findings};
use super::generate::{Plan, Random, Shape, framed, json_document, json_lines, protobuf, protobuf_framed, requests};

/// Reads bytes given in chunks.
pub(crate) fn import_chunks<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Dataset {
    let mut batch = Batch::default();
    let mut report = ImportReport::default();
    let mut import = Import::new(report.begin_source("test"));
    for chunk in chunks {
        import.feed(chunk, &mut batch, &mut report);
    }
    import.finish(&mut batch, &mut report);
    Dataset::seal(batch, report)
}

/// Reads bytes given whole.
pub(crate) fn import(bytes: &[u8]) -> Dataset {
    import_chunks([bytes])
}

/// What the report says of the one source.
pub(crate) fn source(dataset: &Dataset) -> &Source {
    dataset.report.sources.as_slice().first().unwrap()
}

/// Everything that was read and met, as text.
fn told(dataset: &Dataset) -> String {
    let source = source(dataset);
    let mut out = dump(dataset);
    let counts = (source.spans, source.log_records, source.metric_points);
    writeln!(out, "{} {} {} {counts:?}", source.format, source.bytes, source.bytes_inflated).unwrap();
    out.push_str(&findings(&dataset.report));
    out
}

/// Compares what two ways of reading told, and shows the first line that differs.
fn assert_same(ours: &str, theirs: &str, case: &str) {
    for (at, (a, b)) in ours.lines().zip(theirs.lines()).enumerate() {
        assert!(a == b, "{case}: line {at}:\n{a}\n{b}");
    }
    assert_eq!(ours.lines().count(), theirs.lines().count(), "{case}: lines");
}

fn count(dataset: &Dataset, kind: FindingKind) -> u64 {
    dataset.report.count(kind)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_slice_to_vec(bytes, CompressionLevel::Fastest)
}

/// A frame without content: magic number, length, anything.
fn skippable(len: u8) -> Vec<u8> {
    let mut frame = vec![0x53, 0x2a, 0x4d, 0x18, len, 0, 0, 0];
    frame.extend((0..len).map(|n| n ^ 0x28));
    frame
}

/// A request for each resource of each request.
fn shop(spans: usize) -> Vec<TracesData> {
    let requests = requests(Plan { shape: Shape::Shop, spans, seed: 11 });
    let resources = requests.into_iter().flat_map(|request| request.resource_spans);
    resources.map(|resource| TracesData { resource_spans: vec![resource] }).collect()
}

#[test]
fn every_wrapping_gives_the_same_spans() {
    let requests = shop(400);
    let (lines, document, bare) = (json_lines(&requests), json_document(&requests), protobuf(&requests));
    let framed_messages = protobuf_framed(&requests);
    let messages: Vec<Vec<u8>> = requests.iter().map(|request| protobuf(std::slice::from_ref(request))).collect();
    let json_messages: Vec<Vec<u8>> = requests.iter().map(|request| json_document(std::slice::from_ref(request))).collect();
    let utf16 = |to_bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        let text = format!("{mark}{}", str::from_utf8(&lines).unwrap());
        text.encode_utf16().flat_map(to_bytes).collect()
    };
    let half = lines.len() / 2;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("OTLP JSON lines", lines.clone()),
        ("OTLP JSON", document.clone()),
        ("OTLP JSON lines", [b"\xef\xbb\xbf", &lines[..]].concat()),
        ("OTLP JSON lines", [b"\n\r\n  ", &lines[..]].concat()),
        ("OTLP JSON lines, UTF-16", utf16(u16::to_le_bytes, "\u{feff}")),
        ("OTLP JSON lines, UTF-16", utf16(u16::to_be_bytes, "\u{feff}")),
        ("OTLP JSON lines, UTF-16", utf16(u16::to_le_bytes, "")),
        ("OTLP JSON lines, UTF-16, gzip", gzip(&utf16(u16::to_be_bytes, ""))),
        ("OTLP protobuf", bare.clone()),
        ("OTLP protobuf, length-prefixed", framed_messages.clone()),
        ("OTLP protobuf, gzip", gzip(&bare)),
        ("OTLP protobuf, length-prefixed, zstd", zstd(&framed_messages)),
        ("OTLP JSON lines, gzip", gzip(&lines)),
        // Members and frames one after the other, cut anywhere; zeros after them, as tape programs leave.
        ("OTLP JSON lines, gzip", [gzip(&lines[..half]), gzip(&lines[half..]), vec![0; 700]].concat()),
        (
            "OTLP JSON lines, zstd",
            [skippable(9), zstd(&lines[..half]), skippable(40), zstd(&lines[half..]), skippable(0)].concat(),
        ),
        ("OTLP JSON, gzip, zstd, gzip", gzip(&zstd(&gzip(&document)))),
        (
            "OTLP protobuf, length-prefixed, zstd per message",
            messages.iter().flat_map(|message| framed(&zstd(message))).collect(),
        ),
        (
            "OTLP JSON, length-prefixed, zstd per message",
            json_messages.iter().flat_map(|message| framed(&zstd(message))).collect(),
        ),
        ("OTLP JSON, length-prefixed", json_messages.iter().flat_map(|message| framed(message)).collect()),
        // Messages without fields, before and between.
        ("OTLP protobuf, length-prefixed", [vec![0; 8], framed_messages.clone(), vec![0; 4]].concat()),
    ];
    let expected = dump(&import(&bare));
    assert!(400 < expected.lines().count());
    for (format, bytes) in cases {
        let dataset = import(&bytes);
        assert_eq!(source(&dataset).format, format);
        assert_same(&dump(&dataset), &expected, format);
        assert_eq!(source(&dataset).bytes, bytes.len() as u64, "{format}");
        let unexpected: Vec<_> = dataset
            .report
            .findings()
            .filter(|(kind, _)| kind.severity() == spanwise::model::Severity::DataLoss)
            .map(|(kind, finding)| (kind, &finding.examples))
            .collect();
        assert!(unexpected.is_empty(), "{format}: {unexpected:?}");
        for chunk in [1, 7, 64, 4096] {
            let case = format!("{format} in chunks of {chunk}");
            assert_same(&told(&import_chunks(bytes.chunks(chunk))), &told(&dataset), &case);
        }
    }
}

#[test]
fn steps_are_bounded_and_lose_nothing() {
    let requests = shop(3000);
    let bytes = gzip(&zstd(&json_lines(&requests)));
    let mut batch = Batch::default();
    let mut report = ImportReport::default();
    let mut import = Import::new(report.begin_source("test"));
    let mut rest = &bytes[..];
    let mut steps = 1;
    while import.step(&mut rest, &mut batch, &mut report) {
        steps += 1;
    }
    assert!(rest.is_empty());
    import.finish(&mut batch, &mut report);
    let dataset = Dataset::seal(batch, report);
    assert_same(&dump(&dataset), &dump(&self::import(&protobuf(&requests))), "by steps");
    let inflated = source(&dataset).bytes_inflated;
    assert!(inflated >> 20 <= steps, "{inflated} bytes in {steps} steps");
}

#[test]
fn a_cut_compressed_file_gives_all_that_came_before() {
    let requests = shop(2000);
    let lines = json_lines(&requests);
    for packed in [gzip(&lines), zstd(&lines), gzip(&zstd(&lines))] {
        let dataset = import(&packed[..packed.len() * 3 / 4]);
        assert!(count(&dataset, FindingKind::BrokenCompression) != 0);
        let share = source(&dataset).spans * 100 / 2000;
        assert!((50..100).contains(&share), "{share} % of the spans");
    }
}

#[test]
fn a_damaged_member_or_frame_costs_itself() {
    let requests = shop(3000);
    let all = import(&protobuf(&requests));
    let lines = json_lines(&requests);
    let mut ends: Vec<usize> = (1..10).map(|n| lines.len() * n / 10).collect();
    for end in &mut ends {
        *end += lines[*end..].iter().position(|&byte| byte == b'\n').unwrap() + 1;
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let parts: Vec<&[u8]> = starts.zip(ends.iter().copied().chain([lines.len()])).map(|(from, to)| &lines[from..to]).collect();
    for pack in [gzip, zstd] {
        let mut packed: Vec<Vec<u8>> = parts.iter().map(|part| pack(part)).collect();
        let middle = packed[4].len() / 2;
        packed[4][middle..middle + 40].fill(0xff);
        let bytes = packed.concat();
        let dataset = import(&bytes);
        assert!(count(&dataset, FindingKind::BrokenCompression) != 0);
        let share = source(&dataset).spans * 100 / source(&all).spans;
        assert!((85..100).contains(&share), "{share} % of the spans");
        for chunk in [1, 100] {
            assert_same(&told(&import_chunks(bytes.chunks(chunk))), &told(&dataset), &format!("chunks of {chunk}"));
        }
    }
}

#[test]
fn a_damaged_message_costs_itself() {
    let requests = shop(600);
    let messages: Vec<Vec<u8>> = requests.iter().map(|request| protobuf(std::slice::from_ref(request))).collect();
    assert!(8 < messages.len());
    let in_json: Vec<Vec<u8>> = requests.iter().map(|request| json_document(std::slice::from_ref(request))).collect();
    let spans_of = |at: usize| source(&import(&messages[at])).spans;
    let total: u64 = (0..messages.len()).map(spans_of).sum();
    let plain: Vec<Vec<u8>> = messages.iter().map(|message| framed(message)).collect();
    let packed: Vec<Vec<u8>> = messages.iter().map(|message| framed(&zstd(message))).collect();
    let packed_json: Vec<Vec<u8>> = in_json.iter().map(|message| framed(&zstd(message))).collect();
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 6] = [
        ("a length of a billion", |message| message[..4].copy_from_slice(&1_000_000_000_u32.to_be_bytes())),
        ("a length beyond belief", |message| message[..4].copy_from_slice(&[0xff; 4])),
        ("a length of seven", |message| message[..4].copy_from_slice(&7_u32.to_be_bytes())),
        ("a length that is short by one", |message| message[3] = message[3].wrapping_sub(1)),
        ("a message that begins with nonsense", |message| message[4..12].fill(0xff)),
        ("a message cut in half", |message| message.truncate(message.len() / 2)),
    ];
    for (name, damage) in damages {
        for at in [0, 3, messages.len() - 1] {
            for (kind, whole) in [("plain", &plain), ("zstd", &packed), ("zstd of JSON", &packed_json)] {
                let mut damaged = whole.clone();
                damage(&mut damaged[at]);
                let bytes = damaged.concat();
                let dataset = import(&bytes);
                let found = source(&dataset).spans;
                // A message that lacks its end takes as many bytes from those after it; zstd frames notice.
                let taken = if name.ends_with("half") && kind == "plain" { total / 10 } else { 0 };
                assert!(total - spans_of(at) - taken <= found, "{name} in message {at}, {kind}: {found} of {total} spans");
                let is_told: bool = dataset.report.count_of(spanwise::model::Severity::DataLoss) != 0;
                assert!(is_told, "{name} in message {at}, {kind}");
                for chunk in [1, 50, 3000] {
                    let case = format!("{name} in message {at}, {kind}, in chunks of {chunk}");
                    assert_same(&told(&import_chunks(bytes.chunks(chunk))), &told(&dataset), &case);
                }
            }
        }
    }
}

#[test]
fn a_json_message_that_is_cut_takes_nothing_of_the_next() {
    let requests = shop(60);
    let messages: Vec<Vec<u8>> = requests.iter().map(|request| json_document(std::slice::from_ref(request))).collect();
    let (first, rest) = messages.split_first().unwrap();
    let spans: u64 = rest.iter().map(|message| source(&import(message)).spans).sum();
    let rest: Vec<u8> = rest.iter().flat_map(|message| framed(message)).collect();
    for end in (1..first.len()).step_by(first.len() / 400 + 1) {
        let bytes = [framed(&first[..end]), rest.clone()].concat();
        let dataset = import(&bytes);
        assert!(spans <= source(&dataset).spans, "cut at {end}: {} of {spans} spans", source(&dataset).spans);
        let is_told = dataset.report.count_of(spanwise::model::Severity::DataLoss) != 0;
        assert!(is_told || end < 8, "cut at {end}");
        assert_same(&told(&import_chunks(bytes.chunks(113))), &told(&dataset), &format!("cut at {end}, in chunks"));
    }
}

#[test]
fn bombs_are_defused() {
    // White space for ever: JSON so far.
    let piece = zstd(&vec![b' '; 16 << 20]);
    let bomb = [zstd(b"{"), piece.repeat(64)].concat();
    let dataset = import(&gzip(&bomb));
    assert_eq!(count(&dataset, FindingKind::ExpansionBomb), 1);
    assert!(source(&dataset).bytes_inflated < 100 << 20);
    let message = [zstd(b"{"), piece.repeat(64)].concat();
    assert_eq!(count(&import(&framed(&zstd(&message))), FindingKind::ExpansionBomb), 0, "nothing takes a frame in a frame apart");
    let stream: Vec<u8> = (0..200).flat_map(|_| framed(&zstd(&[&b"{\"a\":\""[..], &vec![b' '; 1 << 20]].concat()))).collect();
    let dataset = import(&stream);
    assert_eq!(count(&dataset, FindingKind::ExpansionBomb), 1);
    assert!(source(&dataset).bytes_inflated < 100 << 20);
}

#[test]
fn layers_end_somewhere() {
    let spans = json_lines(&shop(50));
    let three = gzip(&gzip(&gzip(&spans)));
    assert!(50 <= source(&import(&three)).spans);
    let four = gzip(&three);
    let dataset = import(&four);
    assert_eq!((source(&dataset).spans, count(&dataset, FindingKind::NestedTooDeep)), (0, 1));
}

#[test]
fn what_is_not_telemetry_is_named() {
    let mut random = Random::new(5);
    let noise: Vec<u8> = std::iter::once(0x9c).chain((0..5000).map(|_| u8::try_from(random.below(256)).unwrap())).collect();
    let cases: Vec<(Vec<u8>, FindingKind, &str)> = vec![
        (Vec::new(), FindingKind::EmptySource, "white space"),
        (b" \r\n\t ".to_vec(), FindingKind::EmptySource, "white space"),
        (gzip(b""), FindingKind::EmptySource, "white space"),
        (gzip(b"\n\n"), FindingKind::EmptySource, "white space"),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), FindingKind::ForeignFormat, "7-Zip archive"),
        (gzip(b"PAR1............"), FindingKind::ForeignFormat, "Parquet"),
        (b"<!DOCTYPE html><title>404</title>".to_vec(), FindingKind::ForeignFormat, "HTML page"),
        (b"name,start,end\na,1,2\n".to_vec(), FindingKind::NotTelemetry, "text"),
        (b"just some words".to_vec(), FindingKind::NotTelemetry, "text"),
        (b"{\"a\": 1}".to_vec(), FindingKind::NotTelemetry, "JSON"),
        (noise, FindingKind::NotTelemetry, "9c"),
        (
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11".to_vec(),
            FindingKind::NotTelemetry,
            "0102030405060708090a0b0c0d0e0f10",
        ),
    ];
    for (bytes, kind, note) in cases {
        let dataset = import(&bytes);
        let found: Vec<_> = dataset.report.findings().map(|(kind, finding)| (kind, finding.examples[0].note.clone())).collect();
        let [(first, text)] = &found[..] else { panic!("{note}: {found:?}") };
        assert_eq!(*first, kind, "{note}");
        assert!(text.contains(note), "{text:?} names {note}");
        for chunk in [1, 5] {
            let again = import_chunks(bytes.chunks(chunk));
            assert_eq!(findings(&again.report), findings(&dataset.report), "{note} in chunks of {chunk}");
        }
    }
}

#[test]
fn no_bytes_at_all_can_break_it() {
    let requests = shop(60);
    let lines = json_lines(&requests);
    let bare = protobuf(&requests);
    let messages: Vec<u8> = requests.iter().flat_map(|request| framed(&zstd(&protobuf(std::slice::from_ref(request))))).collect();
    let mut random = Random::new(3);
    for (kind, whole) in [gzip(&lines), zstd(&lines), bare, protobuf_framed(&requests), messages].into_iter().enumerate() {
        let step = whole.len() / 150 + 1;
        for cut in (0..whole.len()).step_by(step) {
            import(&whole[..cut]);
            import(&whole[cut..]);
        }
        for round in 0..150 {
            let mut damaged = whole.clone();
            for _ in 0..=random.below(3) {
                let at = usize::try_from(random.below(damaged.len() as u64)).unwrap();
                damaged[at] ^= 1 << random.below(8);
            }
            let chunk = 1 + usize::try_from(random.below(500)).unwrap();
            let case = format!("{kind}, damage {round}, chunks of {chunk}");
            assert_same(&told(&import_chunks(damaged.chunks(chunk))), &told(&import(&damaged)), &case);
        }
    }
}

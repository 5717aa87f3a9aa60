//! Hostile sizes: what is too large, too deep or too many is told, takes bounded memory, and costs nothing that stands beside it.
//!
//! Files are made while they are read. `SPANWISE_HOSTILE=full` makes them as large as the worst that is known; without it they
//! are as small as still goes the same way, since `cargo test` is a debug build.

use std::fmt::Write as _;
use std::io::Write as _;

use allocation_counter::{AllocationInfo, measure};
use spanwise::decode::Import;
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport};

use super::pack::{TarAs, ZIP_END, ZipAs, pax, tar_blocks, tar_header, tar_member, zip_header, zip_member};
use super::read::{report_text, zstd};

const MIB: u64 = 1 << 20;

/// How many of what would be `full`.
fn size(full: u64, quick: u64) -> u64 {
    if std::env::var("SPANWISE_HOSTILE").is_ok_and(|size| size == "full") { full } else { quick }
}

/// Reads what is sent piece by piece, and counts what that allocates.
fn read(name: &str, send: impl FnOnce(&mut dyn FnMut(&[u8]))) -> (Dataset, AllocationInfo) {
    let mut dataset = None;
    let info = measure(|| {
        let (mut batch, mut report) = (Batch::default(), ImportReport::default());
        let mut import = Import::new(report.begin_source(name));
        send(&mut |bytes| {
            for piece in bytes.chunks(256 << 10) {
                import.feed(piece, &mut batch, &mut report);
            }
        });
        import.finish(&mut batch, &mut report);
        dataset = Some(Dataset::seal(batch, report));
    });
    (dataset.unwrap(), info)
}

/// That so many spans are kept, that this was met, and that no more than this was held.
fn check(what: &str, (dataset, info): &(Dataset, AllocationInfo), spans: usize, met: &[(FindingKind, u64)], most: u64) {
    let report = report_text(&dataset.report);
    assert_eq!(dataset.spans.len(), spans, "{what}: {report}");
    for &(kind, count) in met {
        assert_eq!(dataset.report.count(kind), count, "{what}: {kind:?}: {report}");
    }
    assert!(info.bytes_max <= most, "{what}: a peak of {} MiB, expected at most {}", info.bytes_max >> 20, most >> 20);
}

fn span(number: u64, rest: &str) -> String {
    format!("{{\"traceId\":\"{:032x}\",\"spanId\":\"{number:016x}\",\"name\":\"n\"{rest}}}", 1)
}

const OPEN: &str = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[";
const CLOSE: &str = "]}]}]}";

fn document(number: u64) -> String {
    format!("{OPEN}{}{CLOSE}\n", span(number, ""))
}

/// Sends `n` bytes of one kind.
fn send_many(send: &mut dyn FnMut(&[u8]), piece: &[u8], n: u64) {
    let block = piece.repeat((64 << 10) / piece.len());
    let times = n / piece.len() as u64;
    let in_block = (block.len() / piece.len()) as u64;
    for _ in 0..times / in_block {
        send(&block);
    }
    for _ in 0..times % in_block {
        send(piece);
    }
}

/// A span's attribute with a text of `n` bytes, between two other spans.
#[test]
fn one_long_text() {
    let n = size(500 * MIB, 70 * MIB);
    let json = read("x", |send| {
        let [before, after] = [1, 3].map(|number| span(number, ""));
        let long = span(2, ",\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"#\"}}]");
        let (head, tail) = long.split_once('#').unwrap();
        send(format!("{OPEN}{before},{head}").as_bytes());
        send_many(send, b"x", n);
        send(format!("{tail},{after}{CLOSE}").as_bytes());
    });
    check("JSON", &json, 2, &[(FindingKind::TooLarge, 1)], 200 * MIB);
    let proto = read("x", |send| {
        let small = |number: u8| [&[0x12, 28, 0x0a, 16][..], &[7; 16], &[0x12, 8], &[number; 8]].concat();
        let key = [&[0x0a, 1, b'k', 0x12][..]].concat();
        let field = |tag: u8, len: u64| [vec![tag], varint(len)].concat();
        // From the inside out: text, value, attribute, span.
        let value = field(0x0a, n);
        let value_len = value.len() as u64 + n;
        let attribute = [key, varint(value_len)].concat();
        let attribute_len = attribute.len() as u64 + value_len;
        let in_span = [small(2)[2..].to_vec(), field(0x4a, attribute_len)].concat();
        let span_len = in_span.len() as u64 + attribute_len;
        let in_scope = [small(1), field(0x12, span_len)].concat();
        let scope_len = in_scope.len() as u64 + span_len + small(3).len() as u64;
        let in_resource = field(0x12, scope_len);
        send(&field(0x0a, in_resource.len() as u64 + scope_len));
        for part in [in_resource, in_scope, in_span, attribute, value] {
            send(&part);
        }
        send_many(send, b"x", n);
        send(&small(3));
    });
    check("protobuf", &proto, 2, &[(FindingKind::TooLarge, 1)], 16 * MIB);
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while 0x7f < number {
        out.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
    out
}

/// Brackets in brackets, where a value stands, where nothing is expected, and where they never end.
#[test]
fn nested_ten_million_deep() {
    let depth = size(10_000_000, 400_000);
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"arrayValue\":{\"values\":[", "]}}")] {
        let inner = if open.starts_with("{\"a") && close == "}" { "1" } else { "" };
        let bytes = depth * (open.len() + close.len()) as u64;
        let within = read("x", |send| {
            let head = ",\"attributes\":[{\"key\":\"k\",\"value\":";
            let long = span(2, &format!("{head}#}}]"));
            let (head, tail) = long.split_once('#').unwrap();
            send(format!("{OPEN}{},{head}", span(1, "")).as_bytes());
            send_many(send, open.as_bytes(), depth * open.len() as u64);
            send(inner.as_bytes());
            send_many(send, close.as_bytes(), depth * close.len() as u64);
            send(format!("{tail},{}{CLOSE}", span(3, "")).as_bytes());
        });
        // A span over the limit is left out, another's value alone.
        let kept = if bytes < 64 * MIB { 3 } else { 2 };
        check(&format!("{open} in a value"), &within, kept, &[], 20 * MIB + 3 * bytes.min(64 * MIB));
        let told = [FindingKind::TooDeep, FindingKind::TooLarge, FindingKind::WrongType];
        // Keys that nobody knows are no error in OTLP.
        let is_told = open.starts_with("{\"a\"") || told.iter().any(|&kind| within.0.report.count(kind) != 0);
        assert!(is_told, "{open}: {}", report_text(&within.0.report));
        let outside = read("x", |send| {
            send(document(1).as_bytes());
            send(b"{\"other\":");
            send_many(send, open.as_bytes(), depth * open.len() as u64);
            send(inner.as_bytes());
            send_many(send, close.as_bytes(), depth * close.len() as u64);
            send(b"}\n");
            send(document(2).as_bytes());
        });
        check(&format!("{open} outside"), &outside, 2, &[], 20 * MIB + 2 * bytes / 8);
        let endless = read("x", |send| {
            send(document(1).as_bytes());
            send_many(send, open.as_bytes(), depth * open.len() as u64);
        });
        check(&format!("{open} without end"), &endless, 1, &[], 20 * MIB + 2 * bytes);
    }
}

/// Lengths that promise more than there is.
#[test]
fn lengths_that_lie() {
    for length in [u64::from(u32::MAX), 1 << 40, 1 << 63, u64::MAX] {
        for tags in [&[0x0a_u8][..], &[0x0a, 40, 0x12], &[0x0a, 40, 0x12, 38, 0x12]] {
            let whole = [&[0x0a, 34, 0x12, 32, 0x12, 30, 0x12, 8][..], &[2; 8], &[0x0a, 16], &[1; 16], &[0x30, 1]].concat();
            let bytes = [whole, tags.to_vec(), varint(length), vec![b'x'; 200]].concat();
            let outcome = read("x", |send| send(&bytes));
            check(&format!("{length} behind {tags:?}"), &outcome, 1, &[], MIB);
            let count = |kind| outcome.0.report.count(kind);
            assert!(
                count(FindingKind::TruncatedTail) + count(FindingKind::BrokenProtobuf) != 0,
                "{}",
                report_text(&outcome.0.report)
            );
        }
    }
    // In front of messages.
    let message = [&[0x0a, 34, 0x12, 32, 0x12, 30, 0x12, 8][..], &[2; 8], &[0x0a, 16], &[1; 16], &[0x30, 1]].concat();
    let framed = [&36_u32.to_be_bytes()[..], &message, &u32::MAX.to_be_bytes(), &message].concat();
    check("in front", &read("x", |send| send(&framed)), 1, &[], 2 * MIB);
    // In a zip and in a tar, of a member that is not there.
    let zip = [zip_member("a", document(1).as_bytes(), ZipAs::Stored), zip_header("b", 0, 0, 0, |_| [u32::MAX - 1; 2])].concat();
    check("in a zip", &read("x", |send| send(&zip)), 1, &[(FindingKind::BrokenCompression, 1)], 4 * MIB);
    for size in [1 << 40, u64::MAX / 2, u64::MAX] {
        let tar = [tar_member("a", document(1).as_bytes(), TarAs::Gnu), tar_header(b"b", b'0', size, TarAs::Gnu)].concat();
        check("in a tar", &read("x", |send| send(&tar)), 1, &[(FindingKind::BrokenCompression, 1)], 4 * MIB);
    }
}

#[test]
fn many_attributes_keys_and_resources() {
    let n = size(100_000, 100_000);
    let outcome = read("x", |send| {
        let mut list = String::new();
        for at in 0..n {
            write!(list, "{}{{\"key\":\"key {at}\",\"value\":{{\"intValue\":\"{at}\"}}}}", if at == 0 { "" } else { "," })
                .unwrap();
        }
        send(format!("{OPEN}{},{}{CLOSE}", span(1, &format!(",\"attributes\":[{list}]")), span(2, "")).as_bytes());
    });
    check("attributes of one span", &outcome, 2, &[], 64 * MIB);
    assert_eq!(outcome.0.spans.attributes.as_slice().iter().map(|range| range.len()).max(), u32::try_from(n).ok());
    let n = size(1_000_000, 50_000);
    let outcome = read("x", |send| {
        for at in 0..n {
            let attribute = format!(",\"attributes\":[{{\"key\":\"key {at}\",\"value\":{{\"boolValue\":true}}}}]");
            send(format!("{OPEN}{}{CLOSE}\n", span(at + 1, &attribute)).as_bytes());
        }
    });
    check("keys", &outcome, usize::try_from(n).unwrap(), &[], 16 * MIB + n * 900);
    let outcome = read("x", |send| {
        for at in 0..n {
            let open = OPEN.replacen(
                "[{",
                &format!("[{{\"resource\":{{\"attributes\":[{{\"key\":\"pod\",\"value\":{{\"stringValue\":\"pod {at}\"}}}}]}},"),
                1,
            );
            send(format!("{open}{}{CLOSE}\n", span(at + 1, "")).as_bytes());
        }
    });
    check("resources", &outcome, usize::try_from(n).unwrap(), &[], 16 * MIB + n * 1100);
}

/// Gzip, as small as it gets: a bomb inflates to a thousand times its size.
fn gzip_best(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bombs_in_archives() {
    let zeros = gzip_best(&vec![b' '; 64 << 20]);
    // Ten bytes of header and eight of checksum and length go.
    let deflated = &zeros[10..zeros.len() - 8];
    let header = |name: &str| zip_header(name, 8, 8, 0, |_| [0, 0]);
    let bombs = size(300, 20);
    let good = zip_member("a", document(1).as_bytes(), ZipAs::Deflated);
    let plain = read("x", |send| {
        send(&good);
        for _ in 0..bombs {
            send(&[&header("b"), deflated, b"PK\x07\x08", &[0; 12]].concat());
        }
        send(ZIP_END);
    });
    check("members that inflate", &plain, 1, &[(FindingKind::ExpansionBomb, 1)], 8 * MIB);
    let nested = read("x", |send| {
        send(&good);
        send(&zip_member("b.json.gz.gz", &gzip_best(&zeros.repeat(usize::try_from(bombs).unwrap())), ZipAs::Deflated));
        send(ZIP_END);
    });
    check("gzip in gzip in a zip", &nested, 1, &[(FindingKind::ExpansionBomb, 2)], 8 * MIB);
    let frames = zstd(&vec![b' '; 8 << 20]).repeat(usize::try_from(bombs).unwrap() * 8);
    let packed = read("x", |send| {
        send(&tar_member("a", document(1).as_bytes(), TarAs::Pax));
        send(&tar_member("b.zst", &frames, TarAs::Pax));
        send(&[0; 1024]);
    });
    // The member tells, and so does the archive that it is in.
    check("zstd in a tar", &packed, 1, &[(FindingKind::ExpansionBomb, 2)], 24 * MIB);
}

#[test]
fn many_members_and_long_names() {
    let n = size(65_535, 10_400);
    let outcome = read("x", |send| {
        for at in 1..=n {
            send(&zip_member(&format!("{at}.json"), document(at).as_bytes(), ZipAs::Stored));
            send(&zip_member(&format!("{at}.txt"), b"no", ZipAs::Stored));
        }
        send(ZIP_END);
    });
    check(
        "members",
        &outcome,
        10_000,
        &[(FindingKind::TooManyMembers, 2 * (n - 10_000) + 1), (FindingKind::SkippedMember, 9_999)],
        24 * MIB,
    );
    let name = "n".repeat(1 << 20);
    let records = pax("path", &name);
    let outcome = read("x", |send| {
        send(&zip_member(&"z".repeat(65_535), document(1).as_bytes(), ZipAs::Stored));
        send(ZIP_END);
    });
    check("a long name in a zip", &outcome, 1, &[], 4 * MIB);
    assert!(outcome.0.report.sources.iter().all(|(_, source)| source.name.len() < 400));
    let outcome = read("x", |send| {
        for (kind, bytes) in [(b'x', records.as_bytes()), (b'L', name.as_bytes())] {
            send(&tar_header(b"long", kind, bytes.len() as u64, TarAs::Gnu));
            send(&tar_blocks(bytes));
            send(&tar_member(&format!("after {kind}"), document(kind.into()).as_bytes(), TarAs::Gnu));
        }
        send(&[0; 1024]);
    });
    check("long names in a tar", &outcome, 2, &[(FindingKind::BrokenCompression, 2)], 4 * MIB);
}

/// What sends a value, piece by piece.
type Sends<'a> = &'a dyn Fn(&mut dyn FnMut(&[u8]));

/// The same in formats that are not OTLP, where a span is read whole: a text too long, values too many, brackets too deep.
#[test]
fn what_is_too_large_in_a_foreign_span() {
    let span = |number: u64, tags: &str| {
        format!(
            "{{\"traceID\":\"{:032x}\",\"spanID\":\"{number:016x}\",\"operationName\":\"n\",\"startTime\":1,\"duration\":1,\"tags\":[{tags}],\"processID\":\"p\"}}",
            1
        )
    };
    let jaeger = |value: Sends<'_>| {
        read("x", |send| {
            let long = span(2, "{\"key\":\"k\",\"type\":\"string\",\"value\":#}");
            let (head, tail) = long.split_once('#').unwrap();
            send(format!("{{\"data\":[{{\"traceID\":\"{:032x}\",\"spans\":[{},{head}", 1, span(1, "")).as_bytes());
            value(send);
            let processes = "\"processes\":{\"p\":{\"serviceName\":\"s\",\"tags\":[]}}";
            send(format!("{tail},{}],{processes}}}]}}", span(3, "")).as_bytes());
        })
    };
    let n = size(500 * MIB, 70 * MIB);
    let text = jaeger(&|send| {
        send(b"\"");
        send_many(send, b"x", n);
        send(b"\"");
    });
    check("a text", &text, 2, &[(FindingKind::TooLarge, 1)], 220 * MIB);
    let n = size(100_000_000, 4_300_000);
    let values = jaeger(&|send| {
        send(b"[");
        send_many(send, b"1,", 2 * n);
        send(b"1]");
    });
    check("values", &values, 2, &[(FindingKind::TooLarge, 1)], 330 * MIB);
    let n = size(30_000_000, 4_300_000);
    let deep = jaeger(&|send| {
        send_many(send, b"[", n);
        send_many(send, b"]", n);
    });
    check("brackets", &deep, 2, &[(FindingKind::TooLarge, 1)], 420 * MIB);
    let outside = read("x", |send| {
        send(format!("{{\"data\":[{{\"spans\":[{}],\"other\":", span(1, "")).as_bytes());
        send_many(send, b"[", n);
        send_many(send, b"]", n);
        send(b"}]}");
    });
    check("brackets beside spans", &outside, 1, &[], 8 * MIB);
    // In a document that stands in a text.
    let segment = "{\\\"trace_id\\\":\\\"1-58406520-a006649127e371903a2de979\\\",\\\"id\\\":\\\"70de5b6f19ff9a0a\\\",\\\"name\\\":\\\"n\\\",\
        \\\"start_time\\\":1.0,\\\"end_time\\\":2.0,\\\"metadata\\\":[#1]}";
    let (head, tail) = segment.split_once('#').unwrap();
    let xray = read("x", |send| {
        send(format!("{{\"Traces\":[{{\"Id\":\"1-58406520-a006649127e371903a2de979\",\"Segments\":[{{\"Id\":\"a\",\"Document\":\"{head}").as_bytes());
        send_many(send, b"1,", 9_000_000);
        send(format!("{tail}\"}},{{\"Id\":\"b\",\"Document\":\"{head}{tail}\"}}]}}]}}").as_bytes());
    });
    check("an X-Ray document", &xray, 1, &[(FindingKind::TooLarge, 1)], 330 * MIB);
}

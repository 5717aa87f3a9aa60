//! Archives: what is in them is read as if it stood alone, whatever is around it; what is damaged or declined is told.

use spanwise::model::{Dataset, Example, FindingKind, Severity};

use super::dump::dump;
use super::generate::{Plan, Random, Shape, json_lines, protobuf, requests};
use super::pack::{
    TAR_WAYS, TarAs, ZIP_END, ZIP_WAYS, ZipAs, deflate, pax, tar, tar_blocks, tar_header, tar_member, tar_sum, zip, zip_header,
    zip_member,
};
use super::read::{File, fixtures, gzip, open, open_bytes, report_text, zstd};

fn spans(seed: u64) -> Vec<u8> {
    json_lines(&requests(Plan { shape: Shape::Shop, spans: 60, seed }))
}

/// Name, format and spans of each source.
fn sources(dataset: &Dataset) -> Vec<String> {
    let line = |source: &spanwise::model::Source| format!("{}: {}: {}", source.name, source.format, source.spans);
    dataset.report.sources.as_slice().iter().map(line).collect()
}

/// Format and spans of what is read by itself.
fn alone(bytes: &[u8]) -> String {
    let dataset = open_bytes(bytes);
    let source = &dataset.report.sources.as_slice()[0];
    format!("{}: {}", source.format, source.spans)
}

/// Kinds and notes of what was met, without those about spans.
fn met(dataset: &Dataset) -> Vec<String> {
    let about_archives = |kind: FindingKind| {
        kind.severity() == Severity::DataLoss || matches!(kind, FindingKind::SkippedMember | FindingKind::EmptySource)
    };
    let kinds = dataset.report.findings().filter(|(kind, _)| about_archives(*kind));
    kinds
        .flat_map(|(kind, finding)| {
            let name = |example: &Example| dataset.report.sources[example.source].name.clone();
            finding.examples.iter().map(move |example| format!("{}: {}: {}", kind.slug(), name(example), example.note))
        })
        .collect()
}

fn named(name: &str, bytes: &[u8], chunk: usize) -> Dataset {
    open(&[File { name, bytes }], chunk)
}

/// Every fixture comes out of every archive as it went in.
#[test]
fn fixtures_read_the_same_in_archives() {
    let mut broken = Vec::new();
    let mut n_read = 0;
    for (at, (path, bytes)) in fixtures().into_iter().enumerate() {
        let alone = open_bytes(&bytes);
        // What is skipped in an archive, and what is too deep in one, is tested below.
        if alone.spans.is_empty() || 400_000 < bytes.len() {
            continue;
        }
        // Damage inside a compression has another place inside another.
        let damage = alone.report.findings().find(|(kind, _)| *kind == FindingKind::BrokenCompression);
        let is_inside = |example: &Example| example.offset.is_some_and(|offset| offset < bytes.len() as u64);
        if damage.is_some_and(|(_, finding)| finding.examples.iter().any(is_inside)) {
            continue;
        }
        n_read += 1;
        let (expected, expected_report) = (dump(&alone), report_text(&alone.report));
        let files: [(&str, &[u8]); 1] = [(&path, &bytes)];
        let (zip_way, tar_way) = (ZIP_WAYS[at % ZIP_WAYS.len()], TAR_WAYS[at % TAR_WAYS.len()]);
        let packed = [
            (format!("zip {zip_way:?}"), zip(&files, zip_way)),
            (format!("tar {tar_way:?}"), tar(&files, tar_way)),
            ("tar.gz".to_owned(), gzip(&tar(&files, tar_way))),
            ("tar.zst in a zip".to_owned(), zip(&[("in.tar.zst", &zstd(&tar(&files, tar_way)))], zip_way)),
            ("zip in a zip in a tar".to_owned(), tar(&[("a.zip", &zip(&[("b.zip", &zip(&files, zip_way))], zip_way))], tar_way)),
        ];
        for (how, packed) in packed {
            let chunks: &[usize] = if packed.len() < 20_000 { &[1, 700, usize::MAX] } else { &[4096] };
            for &chunk in chunks {
                let dataset = named("", &packed, chunk);
                if dump(&dataset) != expected {
                    broken.push(format!("{path} in {how} in pieces of {chunk}: other spans\n{}", report_text(&dataset.report)));
                    break;
                }
                let kinds = |report: &str| {
                    report
                        .lines()
                        .filter(|line| !line.starts_with("source: 0") && !line.contains(" 0 spans, 0 logs, 0 points"))
                        // A compression that breaks off does so at the end of its source, which is as long as it is packed.
                        .map(|line| line.split_once("stream breaks off").map_or(line, |_| "  breaks off").to_owned())
                        .collect::<Vec<_>>()
                };
                if kinds(&report_text(&dataset.report)) != kinds(&expected_report) {
                    let report = report_text(&dataset.report);
                    broken.push(format!("{path} in {how} in pieces of {chunk}: {report}\ninstead of\n{expected_report}"));
                    break;
                }
            }
        }
    }
    assert!(n_read > 100, "only {n_read} files were packed");
    assert!(broken.is_empty(), "{}\n{}", broken.len(), broken[..broken.len().min(3)].join("\n"));
}

#[test]
fn each_member_is_a_source_and_what_is_no_telemetry_is_counted() {
    let (a, b, c) = (spans(1), spans(2), protobuf(&requests(Plan { shape: Shape::Job, spans: 30, seed: 3 })));
    let inner = tar(&[("c.pb", &c), ("notes.md", b"# Notes")], TarAs::Gnu);
    let long = format!("{}/{}.json", "folder".repeat(12), "name".repeat(20));
    for zip_way in ZIP_WAYS {
        for tar_way in TAR_WAYS {
            // Before 1988 a name had 100 bytes.
            let long = if tar_way == TarAs::Old { &long[..99] } else { long.as_str() };
            let files: Vec<(&str, &[u8])> = vec![
                ("README.md", b"# Traces\nSee {braces} and [brackets].\n"),
                ("empty.json", b""),
                ("data/a.jsonl", &a),
                ("__MACOSX/data/._a.jsonl", b"\0\x05\x16\x07"),
                ("data/.DS_Store", b"\0\0\0\x01Bud1"),
                (long, &b),
                ("page.html", b"<!doctype html><title>no</title>"),
                ("inner.tar", &inner),
                ("package.json", b"{\"name\": \"shop\", \"version\": \"1.0.0\"}"),
            ];
            let all = zip(&files, zip_way);
            let dataset = named("all.zip", &all, 1000);
            let lines = |name: &str| {
                vec![
                    format!("{name} › data/a.jsonl: {}", alone(&a)),
                    format!("{name} › {long}: {}", alone(&b)),
                    format!("{name} › inner.tar: tar archive: 0"),
                    format!("{name} › inner.tar › c.pb: {}", alone(&c)),
                ]
            };
            let whole = [vec!["all.zip: zip archive: 0".to_owned()], lines("all.zip")].concat();
            // Zstd in a zip is a frame like any other.
            let found: Vec<_> = sources(&dataset).into_iter().map(|line| line.replace(", zstd", "")).collect();
            assert_eq!(found, whole, "{zip_way:?}");
            assert_eq!(dataset.report.count(FindingKind::SkippedMember), 7, "{zip_way:?}");
            assert_eq!(dataset.report.count_of(Severity::DataLoss), 0, "{zip_way:?}: {}", report_text(&dataset.report));
            assert!(
                met(&dataset).contains(&"skipped-member: all.zip: README.md: no telemetry".to_owned()),
                "{:?}",
                met(&dataset)
            );
            // (A frame of zstd that holds nothing is not nothing.)
            assert!(met(&dataset).iter().any(|line| line.starts_with("skipped-member: all.zip: empty.json: ")), "{zip_way:?}");
            let dataset = named("all.tgz", &gzip(&tar(&files, tar_way)), 777);
            let whole = [vec!["all.tgz: tar archive, gzip: 0".to_owned()], lines("all.tgz")].concat();
            assert_eq!(sources(&dataset), whole, "{tar_way:?}");
            assert_eq!(dataset.report.count(FindingKind::SkippedMember), 7, "{tar_way:?}");
            assert_eq!(dataset.report.count_of(Severity::DataLoss), 0, "{tar_way:?}: {}", report_text(&dataset.report));
        }
    }
}

#[test]
fn archives_without_telemetry_say_so() {
    let text: &[(&str, &[u8])] = &[("a.txt", b"some words"), ("b.txt", b"")];
    for (bytes, expected) in [
        (zip(text, ZipAs::Deflated), "not-telemetry: x: expected telemetry in the zip archive, but found none in its 2 members"),
        (tar(text, TarAs::Gnu), "not-telemetry: x: expected telemetry in the tar archive, but found none in its 2 members"),
        (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(), "empty-source: x: found a zip archive without members"),
        (zip(&[], ZipAs::Stored), "not-telemetry: x: expected JSON or protobuf, but found the bytes"),
    ] {
        let dataset = named("x", &bytes, 100);
        assert!(dataset.spans.is_empty());
        assert_eq!(dataset.report.sources.len(), 1);
        assert!(met(&dataset).iter().any(|line| line.starts_with(expected)), "{expected}: {:?}", met(&dataset));
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_kept() {
    let (a, b) = (spans(1), spans(2));
    let expected = dump(&open(&[File { name: "", bytes: &a }, File { name: "", bytes: &b }], usize::MAX));
    let packed = deflate(b"secret");
    let length = u32::try_from(packed.len()).unwrap();
    let odd = |method, flags| [zip_header("odd", method, flags, 7, |_| [length, 6]), packed.clone()].concat();
    // A jar's and a tool's: what announces a descriptor and is not read has no known end.
    let endless = [zip_header("odd", 8, 9, 0, |_| [0, 0]), packed.clone()].concat();
    for (member, why) in [
        (odd(8, 1), "expected it without a password, but found it encrypted"),
        (endless, "expected it without a password, but found it encrypted"),
        (odd(9, 0), "expected deflate, but found Deflate64"),
        (odd(12, 0), "expected deflate, but found bzip2"),
        (odd(14, 0), "expected deflate, but found LZMA"),
        (odd(95, 0), "expected deflate, but found xz"),
        (odd(77, 0), "expected deflate, but found an unknown method"),
    ] {
        let bytes = [zip_member("a", &a, ZipAs::Streamed), member, zip_member("b", &b, ZipAs::Stored), ZIP_END.to_vec()].concat();
        for chunk in [1, 100, usize::MAX] {
            let dataset = named("x", &bytes, chunk);
            assert_eq!(met(&dataset), [format!("unread-member: x: odd: {why}")]);
            assert_eq!(dump(&dataset), expected);
        }
    }
    let mut old = tar_header(b"odd", b'S', 1000, TarAs::Gnu);
    old[482] = 1;
    tar_sum(&mut old);
    let maps = [vec![1; 512], vec![0; 512]].concat();
    let mut more = maps;
    more[504] = 1;
    let old = [old, more, vec![b'x'; 1024]].concat();
    let records = [pax("GNU.sparse.major", "1"), pax("path", "odd")].concat();
    let new = [
        tar_header(b"PaxHeaders/x", b'x', records.len() as u64, TarAs::Pax),
        tar_blocks(records.as_bytes()),
        tar_member("GNUSparseFile/odd", b"xxxx", TarAs::Ustar),
    ];
    for member in [old, new.concat()] {
        let bytes = [tar_member("a", &a, TarAs::Gnu), member, tar_member("b", &b, TarAs::Pax), vec![0; 1024]].concat();
        for chunk in [1, 100, usize::MAX] {
            let dataset = named("x", &bytes, chunk);
            assert_eq!(met(&dataset), ["unread-member: x: odd: expected a plain file, but found a sparse one"]);
            assert_eq!(dump(&dataset), expected);
        }
    }
}

#[test]
fn links_folders_and_devices_are_skipped() {
    let a = spans(1);
    let odd: Vec<u8> = [(&b"dir/"[..], b'5'), (b"link", b'2'), (b"hard", b'1'), (b"fifo", b'6'), (b"old/", 0)]
        .iter()
        .flat_map(|&(name, kind)| tar_header(name, kind, 0, TarAs::Ustar))
        .collect();
    let global = pax("comment", "0123456789");
    let global =
        [tar_header(b"pax_global_header", b'g', global.len() as u64, TarAs::Pax), tar_blocks(global.as_bytes())].concat();
    let far = tar_header(b"far", b'1', 1 << 40, TarAs::Gnu);
    let bytes = [global, odd, far, tar_member("a", &a, TarAs::Ustar), vec![0; 1024]].concat();
    for chunk in [1, 511, usize::MAX] {
        let dataset = named("x", &bytes, chunk);
        assert_eq!(dump(&dataset), dump(&open_bytes(&a)));
        assert_eq!(dataset.report.count(FindingKind::SkippedMember), 6);
        assert_eq!(dataset.report.count_of(Severity::DataLoss), 0, "{}", report_text(&dataset.report));
    }
    let zipped = [zip_member("dir/", b"", ZipAs::Stored), zip_member("dir/a", &a, ZipAs::Streamed), ZIP_END.to_vec()].concat();
    assert_eq!(met(&named("x", &zipped, 9)), ["skipped-member: x: dir/: a folder"]);
}

/// A descriptor's signature in the content of a stored member ends it only where all that it says is so.
#[test]
fn a_stored_member_without_a_length_ends_where_its_descriptor_fits() {
    let inner = zip(&[("in.json", &spans(4))], ZipAs::StoredStreamed);
    let tricks = b"{\"a\":\"PK\x07\x08PK\x07\x08PK\x07\x08\0\0\0\0PK\x07\x08\"}";
    let a = spans(1);
    let files: [(&str, &[u8]); 4] = [("tricks", tricks), ("inner.zip", &inner), ("none", b""), ("a", &a)];
    let bytes = zip(&files, ZipAs::StoredStreamed);
    for chunk in [1, 2, 3, 5, 17, 1000, usize::MAX] {
        let dataset = named("x", &bytes, chunk);
        assert_eq!(sources(&dataset).len(), 4, "{chunk}: {:?} {:?}", sources(&dataset), met(&dataset));
        assert_eq!(dataset.report.count_of(Severity::DataLoss), 0, "{chunk}: {:?}", met(&dataset));
    }
}

#[test]
fn damage_costs_what_it_hits() {
    let (a, b, c) = (spans(1), spans(2), spans(3));
    let files: [(&str, &[u8]); 3] = [("a", &a), ("b", &b), ("c", &c)];
    let counts = [&a, &b, &c].map(|bytes| open_bytes(bytes).spans.len() as u64);
    let mut random = Random::new(7);
    let packed = ZIP_WAYS.map(|way| (format!("{way:?}"), zip(&files, way))).into_iter();
    let packed: Vec<_> = packed.chain(TAR_WAYS.map(|way| (format!("{way:?}"), tar(&files, way)))).collect();
    for (way, bytes) in &packed {
        // A cut keeps all that stands before it.
        for _ in 0..20 {
            let cut = 1 + usize::try_from(random.below(bytes.len() as u64 - 1)).unwrap();
            let dataset = named("x", &bytes[..cut], 1 + usize::try_from(random.below(5000)).unwrap());
            let kept: u64 = dataset.report.sources.iter().map(|(_, source)| source.spans).sum();
            let share = |n: usize| bytes.len() * n / 3;
            // Members are of about the same length.
            let whole: u64 = (1..4).filter(|&n| share(n) + share(1) / 4 < cut).map(|n| counts[n - 1]).sum();
            assert!(whole <= kept, "{way} cut at {cut} of {}: {kept}, expected {whole}: {:?}", bytes.len(), met(&dataset));
            let is_told = dataset.report.count_of(Severity::DataLoss) != 0;
            assert!(is_told || bytes.len() - 1024 <= cut || cut < 600, "{way} cut at {cut} of {}", bytes.len());
        }
    }
    // A member that is damaged in the middle costs no other one.
    for way in [ZipAs::Stored, ZipAs::Deflated, ZipAs::Streamed] {
        let [first, mut second, third] = [("a", &a), ("b", &b), ("c", &c)].map(|(name, bytes)| zip_member(name, bytes, way));
        let middle = second.len() / 2;
        second[middle..middle + 40].fill(b'#');
        let bytes = [first, second, third, ZIP_END.to_vec()].concat();
        let dataset = named("x", &bytes, 100);
        let kept = |name: &str| {
            let mut sources = dataset.report.sources.iter().map(|(_, source)| source);
            sources.find(|source| source.name == format!("x › {name}")).map(|source| source.spans)
        };
        assert_eq!(kept("a"), Some(counts[0]), "{way:?}: {:?}", met(&dataset));
        // Where nothing tells a stream's length, damage may run on into what follows.
        assert!(way == ZipAs::Streamed || kept("c") == Some(counts[2]), "{way:?}: {:?}", met(&dataset));
        assert!(dataset.report.count(FindingKind::BrokenCompression) != 0, "{way:?}: {:?}", met(&dataset));
    }
    let [first, second, third] = [("a", &a), ("b", &b), ("c", &c)].map(|(name, bytes)| tar_member(name, bytes, TarAs::Ustar));
    let mut broken = second;
    broken[..512].fill(b'#');
    let dataset = named("x", &[first, broken, third, vec![0; 1024]].concat(), 100);
    assert_eq!(sources(&dataset)[1..], [format!("x › a: {}", alone(&a)), format!("x › c: {}", alone(&c))]);
    assert_eq!(dataset.report.count(FindingKind::BrokenCompression), 1, "{:?}", met(&dataset));
}

#[test]
fn archives_in_archives_end_somewhere() {
    let a = spans(1);
    let mut bytes = zip(&[("a", &a)], ZipAs::Deflated);
    for depth in 2..6 {
        bytes = if depth % 2 == 0 { tar(&[("in", &bytes)], TarAs::Gnu) } else { zip(&[("in", &bytes)], ZipAs::Streamed) };
        let dataset = named("x", &bytes, 100);
        let is_read = !dataset.spans.is_empty();
        assert_eq!(is_read, depth <= 3, "{depth}: {:?}", met(&dataset));
        assert_eq!(dataset.report.count(FindingKind::NestedTooDeep), u64::from(!is_read), "{depth}: {:?}", met(&dataset));
    }
}

//! Damage on every run: prefixes and flipped bytes of every fixture. Never a panic, always an offset within the input, and
//! what stands before a cut is never lost to it.

use spanwise::decode::otlp_json::OtlpJsonReader;
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport};

use super::generate::Random;
use super::naive::check_forest;
use super::read::{File, fixtures, gzip, open};

/// Bytes read in all by each of the tests below, give or take a file.
const BUDGET: usize = 24 << 20;

#[test]
fn a_cut_costs_nothing_that_came_before_it() {
    let mut broken = Vec::new();
    let mut n_cuts = 0;
    let fixtures = fixtures();
    for (path, bytes) in &fixtures {
        let share = BUDGET / fixtures.len();
        let mut random = Random::new(bytes.len() as u64);
        let cuts: Vec<usize> = if bytes.len() * bytes.len() / 2 < share {
            (0..bytes.len()).collect()
        } else {
            let mut cuts: Vec<_> =
                (0..(2 * share / bytes.len()).clamp(4, 400)).map(|_| below(&mut random, bytes.len())).collect();
            cuts.sort_unstable();
            cuts
        };
        let mut most = 0;
        for cut in cuts {
            n_cuts += 1;
            let dataset = open(&[File { name: "", bytes: &bytes[..cut] }], 1 + below(&mut random, 5000));
            check_sane(path, &format!("cut at {cut}"), &dataset);
            // Each byte more can only bring records. (What is damaged by itself may read as something else when cut.)
            let records: u64 = dataset.report.sources.iter().map(|(_, source)| source.spans).sum();
            if records < most && !path.contains("malformed") && !path.contains("damaged") {
                broken.push(format!("{path}: {records} records when cut at {cut}, but {most} in a shorter part"));
                break;
            }
            most = most.max(records);
        }
    }
    assert!(n_cuts > 3000, "only {n_cuts} cuts");
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn flipped_bytes_are_survived() {
    let mut n_flips = 0;
    let fixtures = fixtures();
    for (path, bytes) in fixtures.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let rounds = (BUDGET / fixtures.len() / bytes.len()).clamp(3, 60);
        for seed in 0..rounds as u64 {
            n_flips += 1;
            let mut random = Random::new(seed + 1);
            let mut damaged = bytes.clone();
            for _ in 0..=random.below(4) {
                let at = below(&mut random, damaged.len());
                match random.below(5) {
                    0 => damaged[at] ^= 1 << random.below(8),
                    1 => damaged[at] = [b'"', b'\\', b'{', b'}', b'[', 0, 0xff, 0x7f][below(&mut random, 8)],
                    2 => drop(damaged.remove(at)),
                    3 => damaged.insert(at, b'x'),
                    _ => {
                        let end = (at + below(&mut random, 40)).min(damaged.len());
                        damaged.drain(at..end);
                    }
                }
                if damaged.is_empty() {
                    break;
                }
            }
            let dataset = open(&[File { name: "", bytes: &damaged }], 1 + below(&mut random, 5000));
            check_sane(path, &format!("flipped with seed {seed}"), &dataset);
        }
    }
    assert!(n_flips > 1500, "only {n_flips} files were damaged");
}

#[test]
fn noise_is_survived() {
    let starts: [&[u8]; 9] = [
        b"",
        b"{",
        b"[",
        b"{\"resourceSpans\":[",
        b"\x0a",
        b"\x00\x00\x00\x40\x0a",
        b"\x1f\x8b\x08\x00",
        b"\x28\xb5\x2f\xfd",
        b"\xff\xfe",
    ];
    for seed in 0..600_u64 {
        let mut random = Random::new(seed + 77);
        let mut bytes = starts[below(&mut random, starts.len())].to_vec();
        let alphabet: &[u8] = if random.chance(500) { b"{}[]\":,\\ntu0.e- \n" } else { b"" };
        for _ in 0..random.below(600) {
            bytes.push(if alphabet.is_empty() {
                u8::try_from(random.below(256)).unwrap()
            } else {
                alphabet[below(&mut random, alphabet.len())]
            });
        }
        let dataset = open(&[File { name: "", bytes: &bytes }], 1 + below(&mut random, 100));
        check_sane("noise", &format!("seed {seed}"), &dataset);
    }
}

#[test]
fn what_is_too_large_is_left_out_and_told() {
    let span = |name: &str| format!("{{\"traceId\":\"{:032x}\",\"spanId\":\"{:016x}\",\"name\":\"{name}\"}}", 1, name.len());
    let big = span(&"x".repeat(100_000));
    let text = format!("{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{},{big},{}]}}]}}]}}", span("a"), span("bc"));
    for chunk in [100, 5000, usize::MAX] {
        let (mut batch, mut report) = (Batch::default(), ImportReport::default());
        let mut reader = OtlpJsonReader::with_limit(report.begin_source("big"), 10_000);
        for piece in text.as_bytes().chunks(chunk.min(text.len())) {
            reader.feed(piece, &mut batch, &mut report);
        }
        reader.finish(&mut batch, &mut report);
        assert_eq!(report.count(FindingKind::TooLarge), 1, "in pieces of {chunk}");
        assert_eq!(Dataset::seal(batch, report).spans.len(), 2, "what stands beside it is read, in pieces of {chunk}");
    }
}

/// A gigabyte of nothing in a few kilobytes: reading stops long before, and says so.
#[test]
fn a_bomb_is_put_down() {
    let blanks = gzip(&vec![b' '; 64 << 20]);
    let bomb = gzip(&[gzip(b"{\"resourceSpans\":["), blanks.repeat(16)].concat());
    assert!(bomb.len() < 1 << 18, "{}", bomb.len());
    let dataset = open(&[File { name: "bomb", bytes: &bomb }], 1000);
    assert_eq!(dataset.report.count(FindingKind::ExpansionBomb), 1);
    assert!(dataset.spans.is_empty());
}

fn below(random: &mut Random, limit: usize) -> usize {
    usize::try_from(random.below(limit as u64)).unwrap()
}

/// What is true of every data set, whatever it was read from.
fn check_sane(path: &str, how: &str, dataset: &Dataset) {
    for (kind, finding) in dataset.report.findings() {
        assert!(finding.examples.len() as u64 <= finding.count, "{path}, {how}: {kind:?}");
        for example in &finding.examples {
            let source = &dataset.report.sources[example.source];
            let size = source.bytes.max(source.bytes_inflated);
            assert!(example.offset.is_none_or(|offset| offset <= size), "{path}, {how}: {kind:?} at {example:?} of {source:?}");
            assert!(example.line.is_none_or(|line| 1 <= line && line <= size + 1), "{path}, {how}: {kind:?} at {example:?}");
        }
    }
    let merged = dataset.report.count(FindingKind::DuplicateSpan) + dataset.report.count(FindingKind::ConflictingSpan);
    let records: u64 = dataset.report.sources.iter().map(|(_, source)| source.spans).sum();
    assert_eq!(dataset.spans.len() as u64 + merged, records, "{path}, {how}: kept and merged are not all records");
    check_forest(dataset);
}

/// A document that is passed over is told where it begins, also once its beginning is read and gone.
#[test]
fn a_document_passed_over_is_where_it_begins() {
    let span = "{\"traceID\":\"1\",\"spanID\":\"2\",\"operationName\":\"n\",\"startTime\":1,\"duration\":1}";
    let kept = format!("{{\"data\":[{{\"traceID\":\"1\",\"spans\":[{span}],\"processes\":{{}}}}]}}\n");
    let empty =
        format!("\n{{\"data\":[{{\"traceID\":\"1\",\"spans\":[],\"more\":\"{}\"}},\n{{\"spans\":[]}}]}}\n", "x".repeat(5000));
    let text = [kept.as_str(), &empty, &kept, &empty].concat();
    let places = |chunk: usize| {
        let dataset = open(&[File { name: "", bytes: text.as_bytes() }], chunk);
        assert_eq!(dataset.spans.len(), 1, "in pieces of {chunk}");
        let findings = dataset.report.findings().find(|(kind, _)| *kind == FindingKind::SkippedDocument);
        let examples = findings.map(|(_, finding)| finding.examples.clone()).unwrap_or_default();
        examples.iter().map(|example| (example.offset, example.line)).collect::<Vec<_>>()
    };
    let starts = [kept.len() + 1, 2 * kept.len() + empty.len() + 1].map(|at| Some(at as u64));
    let expected = vec![(starts[0], Some(3)), (starts[1], Some(7))];
    for chunk in [usize::MAX, 1, 7, 300] {
        assert_eq!(places(chunk), expected, "in pieces of {chunk}");
    }
}

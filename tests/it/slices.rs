//! One source read by several at once: whatever the cuts, and in whatever order helpers answer, fail or lie, it is what one reads.

use std::fmt::Write as _;

use opentelemetry_proto::tonic::trace::v1::TracesData;
use spanwise::decode::{Advance, Import, Sizes, Slice, read_slice};
use spanwise::model::{Batch, ImportReport};

use super::generate::{Plan, Random, Shape, framed, joined, json_document, json_lines, protobuf, protobuf_framed, requests};
use super::read::{fixtures, gzip, report_text, zstd};

/// What came of a source.
struct Read {
    packed: Vec<u8>,
    report: String,
    format: String,
    /// How much of it was read by the one who joins, and how much by others.
    here: usize,
}

impl Read {
    fn of(batch: &Batch, report: &ImportReport, here: usize) -> Self {
        let mut packed = Vec::new();
        batch.pack(&mut packed);
        let source = report.sources.as_slice().first().unwrap();
        // How far a stream was read when its damage showed depends on the pieces that it came in.
        let place = |line: &str| line.rsplit_once(": damaged gzip").map_or(line, |(_, note)| note).to_owned();
        let report = report_text(report).lines().map(place).collect::<Vec<_>>().join("\n");
        Self { packed, report, format: format!("{} {}", source.format, source.bytes), here }
    }
}

fn below(random: &mut Random, limit: usize) -> usize {
    usize::try_from(random.below(limit as u64)).unwrap()
}

fn byte(random: &mut Random) -> u8 {
    random.next().to_le_bytes()[0]
}

/// By one reader.
fn alone(bytes: &[u8]) -> Read {
    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut import = Import::new(report.begin_source("x"));
    for piece in bytes.chunks(1 << 20) {
        import.feed(piece, &mut batch, &mut report);
    }
    import.finish(&mut batch, &mut report);
    Read::of(&batch, &report, bytes.len())
}

/// How helpers behave, in permille.
#[derive(Clone, Copy)]
struct Helpers {
    fail: u64,
    garble: u64,
}

const GOOD: Helpers = Helpers { fail: 0, garble: 0 };
const BAD: Helpers = Helpers { fail: 300, garble: 300 };

/// By several, under a schedule that the seed makes.
fn together(bytes: &[u8], seed: u64, least: usize, helpers: Helpers) -> Read {
    let mut random = Random::new(seed);
    let random = &mut random;
    let (mut batch, mut report) = (Batch::default(), ImportReport::default());
    let mut import = Import::new(report.begin_source("x"));
    let mut lent: Vec<Slice> = Vec::new();
    let mut here = 0;
    let n_helpers = 1 + u32::try_from(random.below(4)).unwrap();
    let size = |random: &mut Random| {
        let least = 1 + below(random, least);
        Sizes { least, most: least * (2 + below(random, 4)) }
    };
    // Helpers may come late.
    if random.chance(700) {
        import.share(n_helpers, size(random));
    }
    let answer = |import: &mut Import, lent: &mut Vec<Slice>, random: &mut Random| {
        let Some(at) = below(random, lent.len() + 1).checked_sub(1) else { return };
        let slice = lent.swap_remove(at);
        let mut read = if random.chance(helpers.fail) { Vec::new() } else { read_slice(slice.start, &slice.bytes) };
        if random.chance(helpers.garble) && !read.is_empty() {
            match random.below(3) {
                0 => read.truncate(below(random, read.len())),
                _ => {
                    for _ in 0..=random.below(8) {
                        // What the sums say is believed; all that must lead somewhere is not.
                        let from = read.len().min(12 * 8);
                        let at = from + below(random, (read.len() - from).max(1));
                        if let Some(place) = read.get_mut(at) {
                            *place = byte(random);
                        }
                    }
                }
            }
        }
        import.take_back(slice.number, read);
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let piece = 1 + below(random, least * 3);
        let (mut piece, after) = rest.split_at(piece.min(rest.len()));
        rest = after;
        import.share(n_helpers, size(random));
        let mut has_more = true;
        while has_more {
            while let Some(slice) = import.lend() {
                lent.push(slice);
            }
            if random.chance(500) {
                answer(&mut import, &mut lent, random);
            }
            if import.is_full() || random.chance(100) {
                match import.advance(&mut batch, &mut report) {
                    Advance::By(by) => here += usize::try_from(by).unwrap(),
                    Advance::Blocked => answer(&mut import, &mut lent, random),
                    Advance::Done => {}
                }
            }
            if !import.is_full() {
                has_more = import.step(&mut piece, &mut batch, &mut report);
            }
        }
    }
    import.end();
    loop {
        lent.extend(import.lend());
        match import.advance(&mut batch, &mut report) {
            Advance::By(by) => here += usize::try_from(by).unwrap(),
            Advance::Blocked => answer(&mut import, &mut lent, random),
            Advance::Done => break,
        }
    }
    import.finish(&mut batch, &mut report);
    Read::of(&batch, &report, here)
}

/// Checks that several read a source as one does; how much of it the one who joins had to read.
fn check(name: &str, bytes: &[u8], seeds: u64, least: usize) -> f64 {
    let expected = alone(bytes);
    let mut here = 0;
    for seed in 0..seeds {
        let read = together(bytes, seed, least, GOOD);
        assert_eq!(read.report, expected.report, "{name}, seed {seed}");
        assert_eq!(read.format, expected.format, "{name}, seed {seed}");
        assert!(read.packed == expected.packed, "{name}, seed {seed}: {}", difference(&read.packed, &expected.packed));
        here += read.here;
        // A garbled answer may say something else than the slice does, but never lead astray.
        let read = together(bytes, seed, least, Helpers { garble: 0, ..BAD });
        assert!(read.packed == expected.packed && read.report == expected.report, "{name}, seed {seed}, with failures");
        together(bytes, seed, least, BAD);
    }
    here as f64 / (bytes.len() as u64 * seeds) as f64
}

fn difference(a: &[u8], b: &[u8]) -> String {
    let mut out = format!("{} and {} bytes", a.len(), b.len());
    let at = a.iter().zip(b).position(|(a, b)| a != b);
    let counts =
        |bytes: &[u8]| -> Vec<u32> { bytes.as_chunks().0.iter().take(12).map(|&count| u32::from_le_bytes(count)).collect() };
    write!(out, ", from {at:?} on; counts {:?} and {:?}", counts(a), counts(b)).unwrap();
    out
}

fn pretty(json: &[u8], indent: &'static str) -> Vec<u8> {
    let value: serde_json::Value = serde_json::from_slice(json).unwrap();
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    serde::Serialize::serialize(&value, &mut serializer).unwrap();
    out
}

#[test]
fn every_shape_in_every_form_is_what_one_reader_makes() {
    for (seed, shape) in [Shape::Shop, Shape::Job, Shape::Chain, Shape::Flat].into_iter().enumerate() {
        let requests = requests(Plan { shape, spans: 1500, seed: seed as u64 });
        let document = json_document(&requests);
        let forms: [(&str, Vec<u8>); 9] = [
            ("lines", json_lines(&requests)),
            ("document", document.clone()),
            ("pretty document", pretty(&document, "  ")),
            ("document without indent", pretty(&document, "")),
            ("protobuf", protobuf(&requests)),
            ("framed", protobuf_framed(&requests)),
            ("one message, framed", framed(&protobuf(&[joined(&requests)]))),
            ("lines, gzip", gzip(&json_lines(&requests))),
            ("framed, zstd", zstd(&protobuf_framed(&requests))),
        ];
        for (form, bytes) in forms {
            check(&format!("{shape:?}, {form}"), &bytes, 4, 60_000);
        }
    }
}

/// The same spans in each form that can be cut, none of them compressed.
fn plain_forms(requests: &[TracesData], indent: &'static str) -> [(&'static str, Vec<u8>); 5] {
    let document = json_document(requests);
    [
        ("lines", json_lines(requests)),
        ("pretty document", pretty(&document, indent)),
        ("document", document),
        ("protobuf", protobuf(requests)),
        ("framed", protobuf_framed(requests)),
    ]
}

#[test]
fn helpers_take_work_off_the_one_who_joins() {
    let requests = requests(Plan { shape: Shape::Shop, spans: 5000, seed: 9 });
    for (form, bytes) in plain_forms(&requests, "  ") {
        let here = check(form, &bytes, 4, bytes.len() / 6);
        assert!(here < 0.8, "{form}: {here} of it was read in one place");
    }
}

#[test]
fn every_fixture_is_what_one_reader_makes() {
    for (name, bytes) in fixtures() {
        check(&name, &bytes, 3, 1 + bytes.len() / 4);
    }
}

#[test]
fn what_only_looks_like_a_place_to_cut_costs_nothing_but_time() {
    let requests = requests(Plan { shape: Shape::Shop, spans: 600, seed: 3 });
    let lines = String::from_utf8(json_lines(&requests)).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let odd = [
        // A beginning in a text, and in what nobody asks for.
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","name":"},{\"resource\":{}","attributes":[]}]}],"more":[{"a":{}},{"resource":{}},{"resource":{}}]}]}"#,
        // A document that is a resource, and a span without anything around it: both have slots of their own.
        r#"{"resource":{"attributes":[]},"scopeSpans":[{"spans":[{"traceId":"03","spanId":"04","name":"bare"}]}]}"#,
        r#"{"traceId":"00000000000000000000000000000005","spanId":"0000000000000006","name":"alone","startTimeUnixNano":"1"}"#,
        // Other signals, refusals, logs of a program, damage, and a text sequence.
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{}]}]}]}"#,
        r#"{"code":500,"message":"no"}"#,
        "12:00 started {\"a\":1}",
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"07","spanId"}]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"08""#,
        "\u{1e}{\"resourceSpans\":[]}",
        "",
        "[{\"resourceSpans\":[]},",
        "{\"resourceSpans\":[]}]",
    ];
    for (at, odd) in odd.iter().enumerate() {
        // Early, in the middle, again and again.
        for every in [lines.len(), 2, 1] {
            let mut text = String::new();
            for (n, line) in lines.iter().take(12).enumerate() {
                text += line;
                text += if at % 2 == 0 { "\n" } else { "\r\n" };
                if n % every == every / 2 {
                    text += odd;
                    text += "\n";
                }
            }
            check(&format!("odd line {at}, every {every}"), text.as_bytes(), 4, text.len() / 6);
            let joined = format!(
                "{{\"resourceSpans\":[{}]}}",
                text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(",\n")
            );
            check(&format!("odd element {at}, every {every}"), joined.as_bytes(), 2, text.len() / 6);
        }
    }
}

#[test]
fn damage_in_the_middle_is_told_where_it_is() {
    let requests = requests(Plan { shape: Shape::Shop, spans: 800, seed: 4 });
    let packed = [("gzip", gzip(&json_lines(&requests)))];
    for (form, bytes) in plain_forms(&requests, " ").into_iter().chain(packed) {
        let mut random = Random::new(bytes.len() as u64);
        for _ in 0..6 {
            let mut damaged = bytes.clone();
            for _ in 0..=random.below(4) {
                let at = below(&mut random, damaged.len());
                damaged[at] = byte(&mut random);
            }
            if random.chance(300) {
                damaged.truncate(below(&mut random, damaged.len()));
            }
            check(&format!("damaged {form}"), &damaged, 2, bytes.len() / 8);
        }
    }
}

#[test]
fn a_packed_batch_is_read_back_or_refused() {
    let bytes = json_lines(&requests(Plan { shape: Shape::Shop, spans: 60, seed: 5 }));
    let packed = alone(&bytes).packed;
    let again = |bytes: &[u8]| {
        Batch::unpack(bytes).map(|batch| {
            let mut joined = Batch::default();
            joined.append(&batch, spanwise::model::SourceIdx(0));
            let mut out = Vec::new();
            joined.pack(&mut out);
            out
        })
    };
    assert!(again(&packed).is_some_and(|again| again == packed));
    assert!(Batch::unpack(&[]).is_none() && Batch::unpack(&[packed.as_slice(), &[0]].concat()).is_none());
    let mut random = Random::new(6);
    for len in (0..packed.len()).step_by(97) {
        assert!(Batch::unpack(&packed[..len]).is_none(), "cut at {len}");
    }
    for _ in 0..3000 {
        let mut garbled = packed.clone();
        let at = below(&mut random, garbled.len());
        garbled[at] = byte(&mut random);
        again(&garbled);
    }
}

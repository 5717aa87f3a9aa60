//! What each stage of opening a file takes natively, with throughput and peak memory: read, inflate, scan, build, seal, first list,
//! first waterfall.
//!
//! `cargo bench --bench stages` for 10,000 and 100,000 spans; `SPANS=1000000` in the environment for other numbers, by commas.
//! `-- seal` for one stage.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot go on should say so")]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/generate.rs"]
mod generate;
mod read;
mod sets;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use generate::{Plan, Shape};
use read::{PIECE, build, open};
use sets::{Encoding, Packing};
use spanwise::engine::{Engine, Outcome};
use spanwise::model::Dataset;
use spanwise::protocol::{
    Answer, Find, Fold, GroupBy, MinimapRequest, Reply, Request, RowsRequest, Selection, SortColumn, TracesRequest,
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A set of spans in a form.
#[derive(Clone, Copy)]
struct Set {
    name: &'static str,
    shape: Shape,
    encoding: Encoding,
    packing: Packing,
    spans: usize,
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9} {}", self.spans, self.name)
    }
}

const GZIP: Packing = Packing::Gzip(flate2::Compression::new(6));

fn sizes() -> Vec<usize> {
    let asked = std::env::var("SPANS").unwrap_or_default();
    let sizes: Vec<usize> = asked.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    if sizes.is_empty() { vec![10_000, 100_000] } else { sizes }
}

fn sets(of: &[(&'static str, Encoding, Packing)]) -> Vec<Set> {
    let shape = Shape::Shop;
    let sets = sizes()
        .into_iter()
        .flat_map(|spans| of.iter().map(move |&(name, encoding, packing)| Set { name, shape, encoding, packing, spans }));
    sets.collect()
}

fn all() -> Vec<Set> {
    sets(&[
        ("JSON", Encoding::Json, Packing::Plain),
        ("JSON lines", Encoding::JsonLines, Packing::Plain),
        ("protobuf", Encoding::Protobuf, Packing::Plain),
        ("protobuf, framed", Encoding::Framed, Packing::Plain),
        ("JSON lines, gzip", Encoding::JsonLines, GZIP),
        ("protobuf, zstd", Encoding::Protobuf, Packing::Zstd),
    ])
}

fn packed() -> Vec<Set> {
    all().into_iter().filter(|set| set.packing != Packing::Plain).collect()
}

fn documents() -> Vec<Set> {
    sets(&[("JSON", Encoding::Json, Packing::Plain)])
}

fn stores() -> Vec<Set> {
    sets(&[("protobuf", Encoding::Protobuf, Packing::Plain)])
}

fn traces() -> Vec<Set> {
    stores().into_iter().map(|set| Set { name: "one trace", shape: Shape::Job, ..set }).collect()
}

/// The bytes of a set, made once; one after another is asked for, so only the last is held.
fn bytes(set: Set) -> &'static [u8] {
    static MADE: Mutex<BTreeMap<String, &'static [u8]>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(set.to_string()).or_insert_with(|| {
        let mut bytes = Vec::new();
        sets::write(Plan { shape: set.shape, spans: set.spans, seed: 1 }, set.encoding, set.packing, &mut bytes).unwrap();
        bytes.leak()
    })
}

fn counted<'a, 'b>(bencher: Bencher<'a, 'b>, set: Set, bytes: usize) -> Bencher<'a, 'b> {
    bencher.counter(BytesCount::new(bytes)).counter(ItemsCount::new(set.spans))
}

/// The floor: the file's bytes, read in pieces, and nothing made of them.
#[divan::bench(args = all(), sample_count = 5, sample_size = 1)]
fn a_read(bencher: Bencher<'_, '_>, set: &Set) {
    let bytes = bytes(*set);
    let path = std::env::temp_dir().join(format!("spanwise-stages-{}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    counted(bencher, *set, bytes.len()).bench_local(|| drain(File::open(&path).unwrap()));
    std::fs::remove_file(&path).unwrap();
}

/// Compression taken off.
#[divan::bench(args = packed(), sample_count = 5, sample_size = 1)]
fn b_inflate(bencher: Bencher<'_, '_>, set: &Set) {
    let bytes = bytes(*set);
    counted(bencher, *set, bytes.len()).bench_local(|| match set.packing {
        Packing::Zstd => drain(structured_zstd::decoding::StreamingDecoder::new(bytes)),
        Packing::Gzip(_) | Packing::Plain => drain(flate2::read::MultiGzDecoder::new(bytes)),
    });
}

fn drain(mut reader: impl Read) {
    let mut piece = vec![0; PIECE];
    while reader.read(black_box(&mut piece)).unwrap() != 0 {}
}

/// The same JSON behind a key that says nothing to us: read through to its end, and nothing kept.
#[divan::bench(args = documents(), sample_count = 5, sample_size = 1)]
fn c_scan(bencher: Bencher<'_, '_>, set: &Set) {
    let skipped = [br#"{"resourceSpans":[],"unknown":"#, bytes(*set), b"}"].concat();
    counted(bencher, *set, skipped.len()).bench_local(|| assert_eq!(build(&skipped).0.n_spans(), 0));
}

/// All of that, and batches made of it.
#[divan::bench(args = all(), sample_count = 5, sample_size = 1)]
fn d_build(bencher: Bencher<'_, '_>, set: &Set) {
    let bytes = bytes(*set);
    counted(bencher, *set, bytes.len()).bench_local(|| build(bytes));
}

/// Batches put in order and linked.
#[divan::bench(args = stores(), sample_count = 5, sample_size = 1)]
fn e_seal(bencher: Bencher<'_, '_>, set: &Set) {
    let bytes = bytes(*set);
    counted(bencher, *set, bytes.len())
        .with_inputs(|| build(bytes))
        .bench_local_values(|(batch, report)| Dataset::seal(batch, report));
}

/// The first window of the list.
#[divan::bench(args = stores(), sample_count = 5, sample_size = 1)]
fn f_first_list(bencher: Bencher<'_, '_>, set: &Set) {
    let dataset = sealed(*set);
    bencher
        .counter(ItemsCount::new(set.spans))
        .with_inputs(|| opened(&dataset))
        .bench_local_values(|(mut engine, epoch)| (ask(&mut engine, epoch, list()), engine));
}

/// Heading, first rows and picture of a trace that holds all spans.
#[divan::bench(args = traces(), sample_count = 5, sample_size = 1)]
fn g_first_waterfall(bencher: Bencher<'_, '_>, set: &Set) {
    let dataset = sealed(*set);
    let (mut engine, epoch) = opened(&dataset);
    let Reply::Traces(view) = ask(&mut engine, epoch, list()) else { return };
    let trace_id = view.rows.first().map(|row| row.trace_id.clone()).unwrap_or_default();
    bencher.counter(ItemsCount::new(set.spans)).with_inputs(|| opened(&dataset)).bench_local_values(|(mut engine, epoch)| {
        let rows = RowsRequest {
            trace_id: trace_id.clone(),
            fold: Fold::default(),
            find: Find::default(),
            color: GroupBy::Nothing,
            adjusted: false,
            offset: 0,
            limit: 100,
        };
        let minimap =
            MinimapRequest { trace_id: trace_id.clone(), columns: 600, lanes: 24, color: GroupBy::Nothing, adjusted: false };
        let trace = Request::Trace { trace_id: trace_id.clone() };
        for request in [trace, Request::Rows(rows), Request::Minimap(minimap)] {
            black_box(ask(&mut engine, epoch, request));
        }
        engine
    });
}

fn sealed(set: Set) -> Dataset {
    open(bytes(set))
}

fn opened(dataset: &Dataset) -> (Engine, u32) {
    let mut engine = Engine::default();
    let epoch = engine.adopt(dataset.clone()).epoch;
    (engine, epoch)
}

fn list() -> Request {
    let selection = Selection::default();
    Request::Traces(TracesRequest {
        selection,
        sort: SortColumn::Start,
        descending: false,
        offset: 0,
        limit: 100,
        columns: Vec::new(),
    })
}

fn ask(engine: &mut Engine, epoch: u32, request: Request) -> Reply {
    let mut job = engine.begin(epoch, request);
    match engine.step(&mut job, &|| true) {
        Outcome::Done(Answer::Reply(reply)) => reply,
        outcome => unreachable!("a question is answered in one step, and well, not {outcome:?}"),
    }
}

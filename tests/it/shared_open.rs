//! A large source through the engine's door, read with helpers that answer whenever they like, fail, or are never there.

use spanwise::engine::{Engine, Help, Input, Job, Outcome};
use spanwise::protocol::{Answer, DatasetView, OpenMode, OpenRequest, Origin, Portion, Reply, Request, SourceSpec};

use super::generate::{Plan, Random, Shape, json_lines, protobuf_framed, requests};
use super::read::gzip;

/// How a run went.
#[derive(Debug, Default)]
struct Run {
    lent: usize,
    /// Slices that were lent and not answered, at most.
    in_flight: usize,
    wanted: usize,
    over: usize,
}

fn begin(engine: &mut Engine, bytes: &[u8]) -> Job {
    let size_bytes = Some(bytes.len() as u64);
    let spec = SourceSpec { name: "a".to_owned(), size_bytes, origin: Origin::File(0), remarks: Vec::new() };
    engine.begin(
        0,
        Request::Open(OpenRequest { mode: OpenMode::Replace, sources: vec![spec], memory_bytes: 0, portion: Portion::All }),
    )
}

/// Steps a job under a schedule that the seed makes, to its end or for some steps.
fn run(engine: &mut Engine, job: &mut Job, bytes: &[u8], helpers: u32, seed: u64, steps: usize) -> (Run, Option<DatasetView>) {
    let mut random = Random::new(seed);
    let mut run = Run::default();
    // What will be answered at some time, in any order.
    let mut waiting: Vec<Input> = Vec::new();
    let mut lent = 0;
    let mut at = 0;
    for _ in 0..steps {
        let mut is_blocked = false;
        match engine.step(job, &|| false) {
            Outcome::Done(Answer::Reply(Reply::Opened(view))) => return (run, Some(view)),
            Outcome::Waiting { .. } => {
                assert!(!waiting.iter().any(|input| matches!(input, Input::Bytes(_) | Input::End)), "it asked twice");
                let piece = &bytes[at..bytes.len().min(at + (1 << 20))];
                at += piece.len();
                waiting.push(if piece.is_empty() { Input::End } else { Input::Bytes(piece.to_vec()) });
                // Nothing else may be done before some input comes.
                is_blocked = true;
            }
            Outcome::Working(_) => {}
            Outcome::Blocked(_) => is_blocked = true,
            Outcome::Lending(Help::Wanted) => {
                run.wanted += 1;
                if helpers != 0 {
                    waiting.push(Input::Helpers(helpers));
                }
            }
            Outcome::Lending(Help::Slice { number, start, bytes }) => {
                run.lent += 1;
                lent += 1;
                run.in_flight = run.in_flight.max(lent);
                let read = if random.chance(100) { Vec::new() } else { Engine::read_slice(start, &bytes) };
                waiting.push(Input::SliceRead { number, read });
            }
            Outcome::Lending(Help::Over) => run.over += 1,
            outcome => panic!("{outcome:?}"),
        }
        assert!(!is_blocked || !waiting.is_empty(), "it waits for nothing");
        while is_blocked || !waiting.is_empty() && random.chance(200) {
            let at = usize::try_from(random.below(waiting.len() as u64)).unwrap();
            let input = waiting.swap_remove(at);
            lent -= usize::from(matches!(input, Input::SliceRead { .. }));
            engine.input(job, input);
            is_blocked = false;
        }
    }
    (run, None)
}

fn open(bytes: &[u8], helpers: u32, seed: u64) -> (Run, DatasetView, String) {
    let mut engine = Engine::default();
    let mut job = begin(&mut engine, bytes);
    let (run, view) = run(&mut engine, &mut job, bytes, helpers, seed, usize::MAX);
    let view = view.unwrap();
    let mut job = engine.begin(view.epoch, Request::Report);
    let report = engine.step(&mut job, &|| true);
    (run, view, format!("{report:?}"))
}

#[test]
fn a_large_source_is_shared_and_comes_out_the_same() {
    let requests = requests(Plan { shape: Shape::Shop, spans: 40_000, seed: 1 });
    let (lines, frames) = (json_lines(&requests), protobuf_framed(&requests));
    assert!(16 << 20 < lines.len());
    for (form, bytes) in [("lines", lines.clone()), ("frames", frames), ("gzip", gzip(&lines))] {
        let (alone, view, report) = open(&bytes, 0, 0);
        assert_eq!((alone.wanted, alone.lent, alone.over), (1, 0, 1), "{form}");
        for helpers in [1, 3] {
            let (shared, same_view, same_report) = open(&bytes, helpers, u64::from(helpers));
            assert_eq!((&same_view, &same_report), (&view, &report), "{form}, {helpers} helpers");
            assert_eq!((shared.wanted, shared.over), (1, 1));
            assert!(shared.lent != 0 && shared.in_flight <= 2 * helpers as usize, "{form}: {shared:?}");
        }
    }
    // Given up in the middle, it leaves nothing.
    let mut engine = Engine::default();
    let mut job = begin(&mut engine, &lines);
    let (given_up, view) = run(&mut engine, &mut job, &lines, 2, 5, 60);
    assert!(given_up.lent != 0 && view.is_none(), "{given_up:?}");
    drop(job);
    let mut job = begin(&mut engine, &lines);
    assert!(run(&mut engine, &mut job, &lines, 2, 6, usize::MAX).1.is_some());
}

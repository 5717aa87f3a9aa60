//! Clocks that are apart: planted offsets are found again, and where there are none, none are.

use std::fmt::Write as _;

use spanwise::analysis::Skew;
use spanwise::engine::{Engine, Outcome};
use spanwise::model::{Dataset, SpanIdx, TraceIdx};
use spanwise::protocol::{
    Answer, CriticalRequest, FlameFrame, FlameLayout, FlameRequest, FlameSource, Reply, Request, TableCell, TableColumn,
    TableRequest,
};

use super::generate::Random;
use super::read::open_bytes;

/// A span of a process whose clock is off.
struct Span {
    process: usize,
    parent: usize,
    kind: u8,
    start: u64,
    end: u64,
}

const BASE: u64 = 1_700_000_000_000_000_000;
const CLIENT: u8 = 3;
const SERVER: u8 = 2;
const PRODUCER: u8 = 4;
const CONSUMER: u8 = 5;

/// The file in which each process writes times by its own clock.
fn file(spans: &[Span], off: &[i64]) -> Vec<u8> {
    let mut groups = String::new();
    for (process, &off) in off.iter().enumerate() {
        let mut list = String::new();
        for (id, span) in spans.iter().enumerate().filter(|(_, span)| span.process == process) {
            let at = |time: u64| (BASE + time).checked_add_signed(off).unwrap();
            let parent = if span.parent == id { String::new() } else { format!("{:016x}", span.parent + 1) };
            write!(
                list,
                r#"{}{{"traceId":"{:032x}","spanId":"{:016x}","parentSpanId":"{parent}","name":"s{id}","kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}"}}"#,
                if list.is_empty() { "" } else { "," },
                1,
                id + 1,
                span.kind,
                at(span.start),
                at(span.end)
            )
            .unwrap();
        }
        write!(
            groups,
            r#"{}{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"p{process}"}}}}]}},"scopeSpans":[{{"spans":[{list}]}}]}}"#,
            if groups.is_empty() { "" } else { "," }
        )
        .unwrap();
    }
    format!(r#"{{"resourceSpans":[{groups}]}}"#).into_bytes()
}

fn skew(dataset: &Dataset) -> Skew {
    Skew::of(dataset, dataset.traces.spans[TraceIdx(0)])
}

/// Calls from process to process, all of them inside their parents by a true clock. Process 0 has the root.
fn calls(random: &mut Random, processes: usize, n: usize) -> Vec<Span> {
    let mut spans = vec![Span { process: 0, parent: 0, kind: SERVER, start: 0, end: 1_000_000_000 }];
    for _ in 0..n {
        let above = usize::try_from(random.below(spans.len() as u64)).unwrap();
        let (start, end) = (spans[above].start, spans[above].end);
        let room = end - start;
        if spans[above].kind == CLIENT || room < 2_000 {
            continue;
        }
        let from = start + random.below(room / 4);
        let to = end - random.below(room / 4);
        let process = usize::try_from(random.below(processes as u64)).unwrap();
        let client = spans.len();
        spans.push(Span { process: spans[above].process, parent: above, kind: CLIENT, start: from, end: to });
        let wire = (to - from) / 10;
        let (from, to) = (from + 1 + random.below(wire), to - 1 - random.below(wire));
        spans.push(Span { process, parent: client, kind: SERVER, start: from, end: to });
    }
    spans
}

/// How many calls between processes stick out by what each says about itself, or would if times were moved.
fn outside(dataset: &Dataset, skew: Option<&Skew>) -> usize {
    let spans = &dataset.spans;
    let shift = |span: SpanIdx| skew.map_or(0, |skew| i128::from(skew.shift(dataset, span)));
    let sticks_out = |span: &SpanIdx| {
        let Some(above) = spans.parent(*span) else { return false };
        let at = |time: u64, span: SpanIdx| i128::from(time) + shift(span);
        spans.resource[above] != spans.resource[*span]
            && (at(spans.start[*span], *span) < at(spans.start[above], above)
                || at(spans.end[above], above) < at(spans.end[*span], *span))
    };
    spans.id.range().iter().filter(sticks_out).count()
}

#[test]
fn planted_offsets_are_found_again() {
    let mut n_pairs = 0;
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let random = &mut random;
        let processes = 2 + usize::try_from(random.below(4)).unwrap();
        let spans = calls(random, processes, 60);
        let off: Vec<i64> = (0..processes)
            .map(|process| {
                let far = i64::try_from(random.below(5_000_000_000)).unwrap() - 2_500_000_000;
                if process == 0 || random.chance(300) { 0 } else { far }
            })
            .collect();
        let dataset = open_bytes(&file(&spans, &off));
        let skew = skew(&dataset);
        let name = |resource| dataset.str(dataset.resources.service[resource]).trim_start_matches('p').parse::<usize>().unwrap();
        for pair in &skew.pairs {
            n_pairs += 1;
            // What puts the second's times on the first's clock.
            let planted = off[name(pair.parent)] - off[name(pair.child)];
            assert!(!pair.is_uncertain, "seed {seed}: {pair:?}");
            assert!(
                pair.low.is_none_or(|low| low <= planted) && pair.high.is_none_or(|high| planted <= high),
                "seed {seed}: {pair:?}"
            );
            let tolerance = pair.high.unwrap() - pair.low.unwrap();
            assert!((pair.offset - planted).abs() <= tolerance, "seed {seed}: planted {planted}, {pair:?}");
            assert!(0 < pair.outside && pair.outside <= pair.calls, "seed {seed}: {pair:?}");
            let proof = usize::try_from(pair.outside).unwrap().min(20);
            assert_eq!(pair.proof.len(), proof, "seed {seed}: {pair:?}");
        }
        if skew.pairs.is_empty() {
            assert_eq!(outside(&dataset, None), 0, "seed {seed}");
        }
        // With two clocks one offset decides all; what circles of more add up to need not suit every pair.
        if processes == 2 {
            assert_eq!(outside(&dataset, Some(&skew)), 0, "seed {seed}: {skew:?}");
        }
        let root = dataset.traces.root[TraceIdx(0)];
        assert_eq!(skew.shift(&dataset, root), 0);
    }
    assert!(150 < n_pairs, "{n_pairs} pairs");
}

#[test]
fn clocks_that_agree_are_left_alone() {
    for seed in 0..50 {
        let spans = calls(&mut Random::new(seed), 4, 60);
        let dataset = open_bytes(&file(&spans, &[0; 4]));
        assert_eq!(skew(&dataset), Skew::default(), "seed {seed}");
    }
    // One clock for all, however wrong.
    let spans = calls(&mut Random::new(1), 3, 60);
    assert_eq!(skew(&open_bytes(&file(&spans, &[-77_000_000; 3]))), Skew::default());
}

#[test]
fn what_waits_for_nothing_proves_nothing() {
    let root = || Span { process: 0, parent: 0, kind: SERVER, start: 1000, end: 5000 };
    let call = |kind, start, end| Span { process: 1, parent: 1, kind, start, end };
    let sent = |kind| Span { process: 0, parent: 0, kind, start: 1000, end: 2000 };
    let told = |spans: &[Span]| {
        let dataset = open_bytes(&file(spans, &[0, 0]));
        let skew = skew(&dataset);
        let line = |pair: &spanwise::analysis::ClockPair| {
            format!(
                "{:+} {:?}..{:?} {} of {}{}",
                pair.offset,
                pair.low,
                pair.high,
                pair.outside,
                pair.calls,
                if pair.is_uncertain { "?" } else { "" }
            )
        };
        skew.pairs.iter().map(line).collect::<Vec<_>>().join("; ")
    };
    // A consumer runs whenever it likes.
    assert_eq!(told(&[root(), sent(PRODUCER), call(CONSUMER, 9000, 9500)]), "");
    assert_eq!(told(&[root(), sent(CLIENT), call(CONSUMER, 500, 700)]), "");
    assert_eq!(told(&[root(), sent(PRODUCER), call(SERVER, 9000, 9500)]), "");
    // A server does not.
    assert_eq!(told(&[root(), sent(CLIENT), call(SERVER, 9000, 9500)]), "-7750 Some(-8000)..Some(-7500) 1 of 1");
    // One that is longer than its caller's patience may end later, and not begin earlier.
    assert_eq!(told(&[root(), sent(CLIENT), call(SERVER, 1500, 9500)]), "");
    assert_eq!(told(&[root(), sent(CLIENT), call(SERVER, 500, 9500)]), "+500 Some(500)..None 1 of 1");
    // Some say so and some otherwise: with as many that fit as they are, nothing is said; else the middle of all.
    assert_eq!(told(&[root(), sent(CLIENT), call(SERVER, 1100, 1900), call(SERVER, 500, 900)]), "");
    assert_eq!(
        told(&[root(), sent(CLIENT), call(SERVER, 1100, 1900), call(SERVER, 500, 900), call(SERVER, 2500, 2900)]),
        "+0 Some(500)..Some(-900) 2 of 3?"
    );
    // What has no end proves nothing either.
    assert_eq!(told(&[root(), sent(CLIENT), call(SERVER, 500, 0)]), "");
}

/// What the engine tells of a trace, by the names of its spans: self time, time on the critical path, absolute start, and the frame in
/// the flame graph.
fn told(dataset: &Dataset, adjusted: bool) -> Vec<String> {
    let mut engine = Engine::default();
    let epoch = engine.adopt(dataset.clone()).epoch;
    let mut ask = |request: Request| {
        let mut job = engine.begin(epoch, request);
        match engine.step(&mut job, &|| true) {
            Outcome::Done(Answer::Reply(reply)) => reply,
            outcome => panic!("{outcome:?}"),
        }
    };
    let trace_id = format!("{:032x}", 1);
    let start = dataset.traces.start[TraceIdx(0)];
    let columns = [TableColumn::Name, TableColumn::SelfTime, TableColumn::Critical, TableColumn::Start];
    let request = TableRequest {
        trace_id: trace_id.clone(),
        filter: String::new(),
        group: Vec::new(),
        columns: columns.to_vec(),
        sort: TableColumn::Name,
        descending: false,
        offset: 0,
        limit: 1000,
        adjusted,
    };
    let Reply::Table(table) = ask(Request::Table(request)) else { panic!("not a table") };
    let cell = |cell: &TableCell| match cell {
        TableCell::Text(text) => text.clone(),
        TableCell::Duration(nanos) => nanos.to_string(),
        TableCell::Offset(nanos) => (nanos + start).to_string(),
        other => panic!("{other:?}"),
    };
    let mut lines: Vec<String> = table.rows.iter().map(|row| row.cells.iter().map(cell).collect::<Vec<_>>().join(" ")).collect();
    for layout in [FlameLayout::Time, FlameLayout::SelfTime] {
        let request = FlameRequest {
            source: FlameSource::Trace { trace_id: trace_id.clone() },
            layout,
            root: None,
            from: 0,
            to: 0,
            columns: 16_384,
            first_lane: 0,
            lanes: 500,
            find: String::new(),
            adjusted,
        };
        let Reply::Flame(view) = ask(Request::Flame(request)) else { panic!("not a flame graph") };
        let line = |frame: &FlameFrame| format!("{layout:?} {} {}", frame.name, frame.self_time);
        let mut frames: Vec<String> = view.frames.iter().filter(|frame| !frame.is_many).map(line).collect();
        frames.sort_unstable();
        if layout == FlameLayout::SelfTime {
            lines.extend(frames);
        }
        // No lane holds two spans at a time, by whichever clocks.
        for pair in view.frames.windows(2).filter(|pair| pair[0].lane == pair[1].lane) {
            assert!(pair[0].start + pair[0].width <= pair[1].start, "{layout:?}: {pair:?}");
        }
    }
    let Reply::Critical(path) = ask(Request::Critical(CriticalRequest { trace_id, limit: 1000, adjusted })) else {
        panic!("no path")
    };
    lines.push(format!("path {} in {} spans, {} outlive", path.total, path.spans, path.outliving));
    lines
}

/// With adjusted times all is as if the file had had those times.
#[test]
fn views_by_adjusted_clocks_are_those_of_a_file_with_such_times() {
    let mut n_moved = 0;
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let random = &mut random;
        let spans = calls(random, 3, 30);
        let off: Vec<i64> = (0..3)
            .map(|process| if process == 0 { 0 } else { i64::try_from(random.below(2_000_000_000)).unwrap() - 1_000_000_000 })
            .collect();
        let dataset = open_bytes(&file(&spans, &off));
        let found = skew(&dataset);
        let mut moved = off.clone();
        for span in dataset.spans.id.range().iter() {
            let name = dataset.str(dataset.resources.service[dataset.spans.resource[span]]);
            let process: usize = name.trim_start_matches('p').parse().unwrap();
            moved[process] = off[process] + found.shift(&dataset, span);
        }
        n_moved += usize::from(moved != off);
        let as_if = open_bytes(&file(&spans, &moved));
        assert_eq!(told(&dataset, true), told(&as_if, false), "seed {seed}");
        if moved != off {
            assert_ne!(told(&dataset, false), told(&dataset, true), "seed {seed}");
        }
    }
    assert!(20 < n_moved, "{n_moved}");
}

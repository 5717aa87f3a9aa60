//! Flame graphs against a recursion that merges like spans, and against what lanes promise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use spanwise::analysis::{FlameChart, FrameIdx, MergedFlame, Selected, Widths, child_times};
use spanwise::base::{BitSet, Idx as _};
use spanwise::engine::{Engine, Outcome};
use spanwise::model::{Dataset, SpanIdx, StatusCode};
use spanwise::protocol::{Answer, FlameFrame, FlameLayout, FlameRequest, FlameSource, FlameView, Reply, Request, Selection};

use crate::analysis::{Random, random_trace};
use crate::notation::dataset;

const MS: u64 = 1_000_000;

/// Some traces with few services and names, and spans that fail, overlap, outlive their parents, or have no length.
fn random_traces(seed: u64) -> Dataset {
    let mut random = Random(seed);
    let mut text = String::new();
    for trace in 1..=1 + random.below(5) {
        writeln!(text, "trace {trace:x}").unwrap();
        let mut depth = 0;
        for _ in 0..=random.below(20) {
            let (service, name) = (random.below(2), random.below(3));
            let (start, length) = (random.below(60), random.below(30));
            let status = if random.below(4) == 0 { "  !error" } else { "" };
            let indent = " ".repeat(2 + usize::try_from(depth).unwrap() * 2);
            writeln!(text, "{indent}s{service}  n{name}  {start}..{}ms{status}", start + length).unwrap();
            depth = random.below(depth + 2);
        }
    }
    dataset(&text)
}

/// Every span, or those whose number is not divisible by three.
fn selected(dataset: &Dataset, all: bool) -> Selected {
    let mut selected = Selected::all(dataset);
    if !all {
        let mut spans = BitSet::new(dataset.spans.len());
        dataset.spans.id.range().iter().filter(|span| span.0 % 3 != 0).for_each(|span| assert!(spans.insert(span.usize())));
        selected.traces.retain(|&trace| dataset.traces.spans[trace].iter().any(|span| spans.has(span.usize())));
        selected.spans = Some(spans);
    }
    selected
}

/// Merges like spans of some siblings, writes a line for each path with a selected span, and tells the sums of self time.
fn merge(dataset: &Dataset, selected: &Selected, siblings: &[SpanIdx], lane: usize, out: &mut String) -> u64 {
    let spans = &dataset.spans;
    let mut alike: BTreeMap<(&str, &str), Vec<SpanIdx>> = BTreeMap::new();
    for &span in siblings {
        let key = (dataset.service_name(dataset.service(span)), dataset.str(spans.name[span]));
        alike.entry(key).or_default().push(span);
    }
    let self_times = child_times(dataset, spans.id.range()).self_time;
    let mut sum = 0;
    for ((service, name), members) in alike {
        let children: Vec<SpanIdx> =
            spans.id.range().iter().filter(|&span| spans.parent(span).is_some_and(|parent| members.contains(&parent))).collect();
        let own: Vec<SpanIdx> = members.into_iter().filter(|&span| selected.has(span)).collect();
        let mut below = String::new();
        let self_time: u64 = own.iter().map(|span| self_times[span.usize()]).sum();
        let width = self_time + merge(dataset, selected, &children, lane + 1, &mut below);
        if own.is_empty() && below.is_empty() {
            continue;
        }
        let total: u64 = own.iter().map(|&span| spans.duration(span)).sum();
        let errors = own.iter().filter(|&&span| spans.status[span] == StatusCode::Error).count();
        let longest = own.iter().copied().rev().max_by_key(|&span| spans.duration(span)).filter(|_| total != 0);
        let longest = longest.map_or_else(|| "any".to_owned(), |span| span.0.to_string());
        writeln!(out, "{lane} {service} {name}: {} × {total}, self {self_time}, wide {width}, {errors} !, {longest}", own.len())
            .unwrap();
        out.push_str(&below);
        sum += width;
    }
    sum
}

#[test]
fn merging_is_that_of_the_recursion() {
    for seed in 0..300 {
        let dataset = random_traces(seed);
        for all in [true, false] {
            let selected = selected(&dataset, all);
            let of_traces = |span: &SpanIdx| selected.traces.contains(&dataset.spans.trace[*span]);
            let top = dataset.spans.id.range().iter().filter(|&span| dataset.spans.parent(span).is_none());
            let top: Vec<SpanIdx> = top.filter(of_traces).collect();
            let mut expected = String::new();
            let whole = merge(&dataset, &selected, &top, 0, &mut expected);
            let flame = MergedFlame::of(&dataset, &selected);
            let mut out = String::new();
            for (idx, frame) in flame.frames.iter() {
                let (service, name) = (dataset.service_name(frame.service), dataset.str(frame.name));
                let longest = if frame.total == 0 { "any".to_owned() } else { frame.longest.0.to_string() };
                let (count, total, self_time) = (frame.count, frame.total, frame.self_time);
                let width = flame.place(idx, Widths::SelfTime).1;
                writeln!(
                    out,
                    "{} {service} {name}: {count} × {total}, self {self_time}, wide {width}, {} !, {longest}",
                    frame.lane, frame.errors
                )
                .unwrap();
            }
            assert_eq!(out, expected, "seed {seed}");
            assert_eq!(flame.width(Widths::SelfTime), whole, "seed {seed}");
            assert_eq!(flame.spans, selected.rows(&dataset).count() as u64);
        }
    }
}

#[test]
fn frames_stand_side_by_side_within_the_frame_above() {
    for seed in 0..300 {
        let dataset = random_traces(seed);
        let flame = MergedFlame::of(&dataset, &selected(&dataset, seed % 2 == 0));
        for widths in [Widths::Total, Widths::SelfTime] {
            let mut squeezed = 0;
            let mut below: BTreeMap<Option<FrameIdx>, Vec<FrameIdx>> = BTreeMap::new();
            for (idx, _) in flame.frames.iter() {
                below.entry(flame.parent(idx)).or_default().push(idx);
            }
            // What a frame adds up to, whatever room there is.
            let wanted = |idx: FrameIdx| -> u64 {
                let mut sum = 0;
                let mut rest = vec![idx];
                while let Some(idx) = rest.pop() {
                    let frame = &flame.frames[idx];
                    let children = || below.get(&Some(idx)).into_iter().flatten().copied();
                    match widths {
                        Widths::Total if frame.count != 0 => sum += frame.total,
                        Widths::Total => rest.extend(children()),
                        Widths::SelfTime => {
                            sum += frame.self_time;
                            rest.extend(children());
                        }
                    }
                }
                sum
            };
            for (parent, children) in &below {
                let (from, width) = parent.map_or((0, flame.width(widths)), |parent| flame.place(parent, widths));
                let room = parent.map_or(width, wanted);
                let sum: u64 = children.iter().map(|&child| wanted(child)).sum();
                let mut reached = from;
                for &child in children {
                    let (start, own) = flame.place(child, widths);
                    assert_eq!(start, reached, "seed {seed}: a gap");
                    reached = start + own;
                    squeezed += u32::from(own < wanted(child));
                    // Its share of what there is, to the nanosecond.
                    let share = u128::from(width) * u128::from(wanted(child)) / u128::from(room.max(sum).max(1));
                    assert!(u128::from(own).abs_diff(share) <= 1, "seed {seed}: {own} for {share}");
                }
                assert!(reached <= from + width, "seed {seed}");
                if room <= sum {
                    assert_eq!(reached, from + width, "seed {seed}: children that have no room fill what there is");
                }
            }
            assert_eq!(squeezed, if widths == Widths::Total { flame.squeezed } else { 0 }, "seed {seed}");
        }
    }
}

#[test]
fn a_lane_holds_one_span_at_a_time() {
    for seed in 0..500 {
        let dataset = random_trace(seed);
        let (spans, rows) = (&dataset.spans, dataset.spans.id.range());
        let chart = FlameChart::of(&dataset, rows);
        let mut met = 0;
        for lane in 0..chart.lanes() {
            let in_lane: Vec<SpanIdx> = chart.in_lane(lane).iter().map(|&at| SpanIdx(at)).collect();
            assert!(!in_lane.is_empty(), "seed {seed}: lane {lane} is empty");
            met += in_lane.len();
            for pair in in_lane.windows(2) {
                assert!(spans.drawn_end(pair[0]) <= spans.start[pair[1]], "seed {seed}: {pair:?} overlap in lane {lane}");
            }
            assert!(in_lane.iter().all(|span| chart.lane_of(span.0) == lane));
        }
        assert_eq!(met, spans.len());
        for span in rows.iter() {
            let band = chart.lane_of(span.0)..chart.lane_of(span.0) + chart.height_of(span.0);
            assert!(spans.below(span).iter().all(|below| band.contains(&chart.lane_of(below.0))), "seed {seed}");
            let above = spans.parent(span).map(|parent| chart.lane_of(parent.0));
            assert!(above.is_none_or(|above| above < chart.lane_of(span.0)), "seed {seed}");
        }
    }
}

struct Open {
    engine: Engine,
    epoch: u32,
    services: Vec<String>,
}

impl Open {
    fn new(dataset: &Dataset) -> Self {
        let mut engine = Engine::default();
        let services = dataset.services.name.iter().map(|(service, _)| dataset.service_name(service).to_owned()).collect();
        let epoch = engine.adopt(dataset.clone()).epoch;
        Self { engine, epoch, services }
    }

    fn view(&mut self, request: FlameRequest) -> FlameView {
        let mut job = self.engine.begin(self.epoch, Request::Flame(request));
        match self.engine.step(&mut job, &|| true) {
            Outcome::Done(Answer::Reply(Reply::Flame(view))) => view,
            outcome => panic!("{outcome:?}"),
        }
    }

    fn text(&self, frames: &[FlameFrame]) -> String {
        let mut out = String::new();
        for frame in frames {
            let FlameFrame { lane, start, width, count, errors, .. } = frame;
            let service = &self.services[frame.service as usize];
            let (start, end) = (*start as f64 / MS as f64, (start + width) as f64 / MS as f64);
            write!(out, "{lane}  {start}..{end} {service} {}", if frame.is_many { "…" } else { &frame.name }).unwrap();
            let marks = [(*errors != 0).then(|| format!(" {errors}!")), frame.found.then(|| " found".to_owned())];
            writeln!(out, " ×{count}{}", marks.into_iter().flatten().collect::<String>()).unwrap();
        }
        out
    }
}

fn request(layout: FlameLayout) -> FlameRequest {
    FlameRequest {
        source: FlameSource::Trace { trace_id: "000000000000000000000000000000a1".to_owned() },
        layout,
        root: None,
        from: 0,
        to: 0,
        columns: 1000,
        first_lane: 0,
        lanes: 100,
        find: String::new(),
        adjusted: false,
    }
}

#[track_caller]
fn check(out: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(out.trim_end(), expected.join("\n"));
}

const TRACE: &str = "trace a1
  shop  checkout  0..100ms
    cart  cart  5..40ms
      db  query  10..20ms  !error
    bank  bank  20..90ms
      bank  audit  80..150ms
    shop  stock  45..80ms
      db  query  50..70ms
  shop  later  120..130ms  ~orphan
trace a2
  shop  checkout  0..50ms
    cart  cart  5..10ms
    cart  cart  10..20ms
";

#[test]
fn time_is_drawn_in_lanes() {
    let mut open = Open::new(&dataset(TRACE));
    let view = open.view(FlameRequest { find: "AU".to_owned(), ..request(FlameLayout::Time) });
    check(
        &open.text(&view.frames),
        "0  0..100 shop checkout ×1
        1  5..40 cart cart ×1
        1  45..80 shop stock ×1
        2  10..20 db query ×1 1!
        2  50..70 db query ×1
        3  20..90 bank bank ×1
        4  80..150 bank audit ×1 found
        5  120..130 shop later ×1",
    );
    assert_eq!((view.whole, view.origin, view.lanes, view.traces, view.spans), (150 * MS, 0, 6, 1, 8));
    assert_eq!((view.found, view.found_width), (1, 70 * MS));
    // What is found within what is found counts once.
    let view = open.view(FlameRequest { find: "bank".to_owned(), ..request(FlameLayout::Time) });
    assert_eq!((view.found, view.found_width), (2, 130 * MS));
}

/// What the list's query matched goes into a trace as what is sought, and is marked there in all layouts.
#[test]
fn a_query_finds_spans_and_the_frames_that_hold_them() {
    let mut open = Open::new(&dataset(TRACE));
    let found = |open: &mut Open, request: FlameRequest| {
        let view = open.view(request);
        let frames: Vec<_> =
            view.frames.iter().filter(|frame| frame.found).map(|frame| (frame.lane, frame.name.clone())).collect();
        assert_eq!(view.found as usize, frames.len());
        frames
    };
    let failed = vec![(2, "query".to_owned())];
    for layout in [FlameLayout::Time, FlameLayout::Total, FlameLayout::SelfTime] {
        // Of two frames of one name, the one whose span failed.
        assert_eq!(
            found(&mut open, FlameRequest { find: "{ status = error }".to_owned(), ..request(layout) }),
            failed,
            "{layout:?}"
        );
        let below = r#"{ name = "cart" } > { }"#.to_owned();
        assert_eq!(found(&mut open, FlameRequest { find: below, ..request(layout) }), failed, "{layout:?}");
    }
    let source = FlameSource::Selection(Selection { filter: "{ duration < 15ms }".to_owned(), brushes: Vec::new() });
    let merged = |find: &str| FlameRequest { source: source.clone(), find: find.to_owned(), ..request(FlameLayout::Total) };
    let of_cart = vec![(1, "cart".to_owned())];
    assert_eq!(found(&mut open, merged("{ duration < 10ms }")), of_cart);
    assert_eq!(found(&mut open, merged("CART { duration <= 10ms }")), of_cart);
    assert_eq!(found(&mut open, merged("{ duration > 1s }")), []);
    // What is not selected is not found.
    assert_eq!(found(&mut open, merged("{ duration = 35ms }")), []);
}

#[test]
fn a_span_fills_the_width() {
    let mut open = Open::new(&dataset(TRACE));
    let all = open.view(request(FlameLayout::Time)).frames;
    let bank = all.iter().find(|frame| frame.name == "bank").unwrap();
    let view = open.view(FlameRequest { root: Some(bank.id), find: "shop".to_owned(), ..request(FlameLayout::Time) });
    check(&open.text(&view.frames), "0  20..90 bank bank ×1\n1  80..150 bank audit ×1");
    check(&open.text(&view.ancestors), "0  0..100 shop checkout ×1 found");
    assert_eq!((view.whole, view.origin, view.lanes, view.found, view.found_width), (70 * MS, 20 * MS, 2, 3, 70 * MS));
    let view = open.view(FlameRequest { root: Some(bank.id), from: 95 * MS, to: 140 * MS, ..request(FlameLayout::Time) });
    check(&open.text(&view.frames), "1  80..150 bank audit ×1");
    let view = open.view(FlameRequest { from: 42 * MS, to: 48 * MS, first_lane: 1, lanes: 1, ..request(FlameLayout::Time) });
    check(&open.text(&view.frames), "1  45..80 shop stock ×1");
    // An address of other data.
    assert_eq!(open.view(FlameRequest { root: Some(99), ..request(FlameLayout::Time) }).frames, all);
}

#[test]
fn traces_are_merged_by_path() {
    let mut open = Open::new(&dataset(TRACE));
    let source = FlameSource::Selection(Selection::default());
    let merged = |layout| FlameRequest { source: source.clone(), find: "cart".to_owned(), ..request(layout) };
    let view = open.view(merged(FlameLayout::Total));
    check(
        &open.text(&view.frames),
        "0  0..150 shop checkout ×2
        0  150..160 shop later ×1
        1  0..67.741935 bank bank ×1
        1  67.741935..116.129032 cart cart ×3 found
        1  116.129032..150 shop stock ×1
        2  0..67.741935 bank audit ×1
        2  67.741935..77.419354 db query ×1 1!
        2  116.129032..135.48387 db query ×1",
    );
    assert_eq!((view.whole, view.lanes, view.traces, view.spans), (160 * MS, 3, 2, 11));
    assert_eq!((view.found, view.found_width, view.squeezed), (1, 48_387_097, 6));
    // Many traces have no time in common.
    assert_eq!(open.view(merged(FlameLayout::Time)), view);

    let cart = view.frames.iter().find(|frame| frame.name == "cart").unwrap();
    assert_eq!((cart.total, cart.self_time), (50 * MS, 40 * MS));
    let by_self = open.view(merged(FlameLayout::SelfTime));
    check(
        &open.text(&by_self.frames),
        "0  0..265 shop checkout ×2
        0  265..275 shop later ×1
        1  0..130 bank bank ×1
        1  130..180 cart cart ×3 found
        1  180..215 shop stock ×1
        2  0..70 bank audit ×1
        2  130..140 db query ×1 1!
        2  180..200 db query ×1",
    );
}

#[test]
fn neighbors_that_are_too_narrow_are_drawn_as_one() {
    for seed in 0..100 {
        let dataset = random_trace(seed);
        let mut open = Open::new(&dataset);
        let source = FlameSource::Trace { trace_id: "00000000000000000000000000000001".to_owned() };
        let fine = open.view(FlameRequest { source: source.clone(), columns: 10_000, ..request(FlameLayout::Time) });
        for columns in [1, 4, 7, 20] {
            let view = open.view(FlameRequest { source: source.clone(), columns, ..request(FlameLayout::Time) });
            for lane in 0..view.lanes {
                let of_lane = |view: &FlameView| -> (u32, u64, u64, u32) {
                    let frames = view.frames.iter().filter(|frame| frame.lane == lane);
                    frames.fold((0, 0, 0, 0), |sum, frame| {
                        (sum.0 + frame.count, sum.1 + frame.total, sum.2 + frame.self_time, sum.3 + frame.errors)
                    })
                };
                assert_eq!(of_lane(&view), of_lane(&fine), "seed {seed}: nothing gets lost");
                let n_frames = view.frames.iter().filter(|frame| frame.lane == lane).count();
                assert!(n_frames <= columns as usize * 2 + 1, "seed {seed}: {n_frames} frames in {columns} columns");
            }
            for frame in view.frames.iter().filter(|frame| frame.is_many) {
                assert!(1 < frame.count && frame.name.is_empty());
            }
        }
    }
}

#[test]
fn hostile_times_are_drawn() {
    let huge = u64::MAX - crate::notation::ORIGIN;
    let text = format!(
        "trace a1\n  a  a  0ns..{huge}ns\n    a  b  0ns..{huge}ns\n    a  b  0ns..{huge}ns\n    a  c  5ms..-\n    a  d  -..-\n"
    );
    let mut open = Open::new(&dataset(&text));
    for layout in [FlameLayout::Time, FlameLayout::Total, FlameLayout::SelfTime] {
        for (from, to, columns) in [(0, 0, 0), (u64::MAX, 1, 1), (u64::MAX, u64::MAX, u32::MAX), (5, u64::MAX, 100)] {
            for root in [None, Some(0), Some(3), Some(u32::MAX)] {
                let view = open.view(FlameRequest { from, to, columns, root, lanes: u32::MAX, ..request(layout) });
                assert!(view.frames.iter().all(|frame| frame.start.checked_add(frame.width).is_some()));
            }
        }
    }
    let view = open.view(FlameRequest { first_lane: u32::MAX, lanes: u32::MAX, ..request(FlameLayout::Time) });
    assert!(view.frames.is_empty());
}

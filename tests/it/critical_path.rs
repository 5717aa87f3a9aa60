//! The critical path against the textbook's recursion, one nanosecond at a time, and as the page is told of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use spanwise::analysis::CriticalPath;
use spanwise::engine::{Engine, Outcome};
use spanwise::model::{Batch, Dataset, ImportReport, SpanDraft, SpanIdx, SpanKey, TraceKey};
use spanwise::protocol::{
    Answer, CriticalRequest, CriticalView, Find, Fold, GroupBy, GroupFold, Reply, Request, Row, RowsRequest,
};

use crate::analysis::random_trace;
use crate::notation::{ORIGIN, dataset};

fn path_of(dataset: &Dataset) -> CriticalPath {
    CriticalPath::of(dataset, dataset.spans.id.range())
}

fn ask(dataset: &Dataset, request: Request) -> Reply {
    let mut engine = Engine::default();
    let epoch = engine.adopt(dataset.clone()).epoch;
    let mut job = engine.begin(epoch, request);
    match engine.step(&mut job, &|| true) {
        Outcome::Done(Answer::Reply(reply)) => reply,
        outcome => panic!("{outcome:?}"),
    }
}

fn view(dataset: &Dataset, trace_id: &str) -> CriticalView {
    match ask(dataset, Request::Critical(CriticalRequest { trace_id: trace_id.to_owned(), limit: 100, adjusted: false })) {
        Reply::Critical(view) => view,
        reply => panic!("{reply:?}"),
    }
}

/// The parts of the first trace in whole milliseconds.
fn text(dataset: &Dataset) -> String {
    let rows = dataset.traces.spans.as_slice()[0];
    let path = CriticalPath::of(dataset, rows);
    let mut out = String::new();
    for (span, from, to) in path.parts {
        let ms = |time: u64| (time - ORIGIN) / 1_000_000;
        writeln!(out, "{}..{} {}", ms(from), ms(to), dataset.str(dataset.spans.name[span])).unwrap();
    }
    write!(out, "outliving {}", path.outliving).unwrap();
    out
}

#[track_caller]
fn check(trace: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(text(&dataset(trace)), expected.join("\n"));
}

#[test]
fn the_last_child_to_finish_blocks() {
    check(
        "trace a1
  shop  checkout  0..100ms
    shop  cart  5..40ms
    shop  stock  6..60ms
    shop  bank  60..90ms
      bank  charge  65..80ms",
        "0..6 checkout
        6..60 stock
        60..65 bank
        65..80 charge
        80..90 bank
        90..100 checkout
        outliving 0",
    );
}

#[test]
fn a_child_that_still_ran_when_the_next_one_began_did_not_hold_it_up() {
    check(
        "trace a1
  shop  checkout  0..100ms
    shop  a  10..50ms
    shop  b  40..90ms
    shop  c  20..40ms",
        "0..20 checkout
        20..40 c
        40..90 b
        90..100 checkout
        outliving 0",
    );
}

#[test]
fn what_outlives_its_parent_is_clipped_with_all_below_it() {
    check(
        "trace a1
  shop  checkout  10..100ms
    shop  early  5..30ms
    mail  send  80..300ms
      smtp  connect  85..95ms
      smtp  deliver  95..290ms
      smtp  after  150..280ms
    mail  late  100..200ms",
        "10..30 early
        30..80 checkout
        80..85 send
        85..95 connect
        95..100 deliver
        outliving 2",
    );
}

#[test]
fn several_roots_are_those_of_a_forest_with_gaps_that_are_nobodys() {
    check(
        "trace a1
  shop  one  0..10ms
  shop  two  5..30ms  ~orphan
  shop  three  50..90ms
    shop  inner  60..70ms
  shop  four  60..80ms",
        "5..30 two
        50..60 three
        60..70 inner
        70..90 three
        outliving 0",
    );
}

#[test]
fn a_span_whose_time_is_not_known_is_looked_through() {
    check(
        "trace a1
  shop  root  0..100ms
    shop  unfinished  10ms..-
      shop  inner  20..40ms
        shop  backwards  30..25ms
          shop  innermost  30..35ms
    shop  instant  50..50ms
      shop  after instant  50..60ms",
        "0..20 root
        20..30 inner
        30..35 innermost
        35..40 inner
        40..100 root
        outliving 1",
    );
}

#[test]
fn of_children_that_end_together_the_first_to_start_is_taken() {
    check(
        "trace a1
  shop  root  0..10ms
    shop  short  4..8ms
    shop  long  2..8ms
    shop  same  2..8ms",
        "0..2 root
        2..8 long
        8..10 root
        outliving 0",
    );
}

/// The textbook's recursion, each nanosecond of the path with its span.
struct Naive<'a> {
    dataset: &'a Dataset,
    path: BTreeMap<u64, SpanIdx>,
}

impl Naive<'_> {
    fn is_timed(&self, span: SpanIdx) -> bool {
        let spans = &self.dataset.spans;
        spans.start[span] != 0 && spans.end[span] != 0 && spans.start[span] <= spans.end[span]
    }

    /// The children, and in the place of those without a time their own.
    fn children(&self, parent: Option<SpanIdx>) -> Vec<SpanIdx> {
        let all = self.dataset.spans.id.range().iter();
        let direct = all.filter(|&span| self.dataset.spans.parent(span) == parent);
        direct.flat_map(|span| if self.is_timed(span) { vec![span] } else { self.children(Some(span)) }).collect()
    }

    fn walk(&mut self, span: Option<SpanIdx>, from: u64, to: u64) {
        let spans = &self.dataset.spans;
        let clipped = |child: SpanIdx| (spans.start[child].max(from), spans.end[child].min(to), child);
        let children: Vec<_> = self.children(span).into_iter().map(clipped).filter(|(start, end, _)| start < end).collect();
        let mut time = to;
        while from < time {
            let latest =
                children.iter().filter(|child| child.1 <= time).max_by_key(|child| (child.1, std::cmp::Reverse(child.2)));
            let reached = latest.map_or(from, |child| child.1);
            if let Some(span) = span {
                for nanosecond in reached..time {
                    assert!(self.path.insert(nanosecond, span).is_none());
                }
            }
            let Some(&(start, end, child)) = latest else { break };
            self.walk(Some(child), start, end);
            time = start;
        }
    }
}

#[test]
fn it_is_the_textbooks() {
    for seed in 0..1000 {
        let dataset = random_trace(seed);
        let mut naive = Naive { dataset: &dataset, path: BTreeMap::new() };
        naive.walk(None, 0, u64::MAX);
        let path = path_of(&dataset);
        let nanoseconds = path.parts.iter().flat_map(|&(span, from, to)| (from..to).map(move |time| (time, span)));
        assert!(nanoseconds.eq(naive.path), "seed {seed}");
    }
}

#[test]
fn parts_are_in_order_and_within_their_spans() {
    for seed in 0..1000 {
        let dataset = random_trace(seed);
        let spans = &dataset.spans;
        let path = path_of(&dataset);
        assert!(path.parts.windows(2).all(|pair| pair[0].2 <= pair[1].1), "seed {seed}");
        for &(span, from, to) in &path.parts {
            assert!(spans.start[span] <= from && from < to && to <= spans.drawn_end(span), "seed {seed}");
        }
        let trace = spans.trace[SpanIdx(0)];
        assert!(path.total() <= dataset.traces.duration(trace), "seed {seed}");
        let mut of_spans: Vec<_> =
            spans.id.range().iter().flat_map(|span| path.parts_of(span).map(move |(from, to)| (from, to, span))).collect();
        of_spans.sort_unstable();
        assert!(of_spans.into_iter().eq(path.parts.iter().map(|&(span, from, to)| (from, to, span))), "seed {seed}");
        assert_eq!(path.total(), spans.id.range().iter().map(|span| path.time_of(span)).sum::<u64>(), "seed {seed}");
        if dataset.traces.roots[trace] == 1
            && dataset.traces.orphans[trace] == 0
            && spans.drawn_end(SpanIdx(0)) != spans.start[SpanIdx(0)]
        {
            assert_eq!(path.total(), spans.duration(SpanIdx(0)), "seed {seed}: the path of one root is as long as the root");
        }
        assert_eq!(path.parts_of(SpanIdx(u32::MAX)).count(), 0);
    }
}

/// A trace with spans of these parents (0: none) and times.
fn generated(spans: impl Iterator<Item = (u64, u64, u64)>) -> Dataset {
    let mut batch = Batch::default();
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    for (id, (parent, start, end)) in (1..).zip(spans) {
        batch.push_span(&SpanDraft {
            trace: TraceKey::Regular(1),
            id: SpanKey::Regular(id),
            parent: SpanKey::from_number(parent),
            start,
            end,
            resource,
            scope,
            ..SpanDraft::default()
        });
    }
    Dataset::seal(batch, ImportReport::default())
}

#[test]
fn deep_and_wide_traces_are_walked() {
    let deep = generated((0..100_000).map(|n| (n, 1 + n, 1_000_000 - n)));
    let path = path_of(&deep);
    assert_eq!((path.parts.len(), path.total()), (199_999, 999_999));
    let wide = generated((0..100_000).map(|n| if n == 0 { (0, 1, 1_000_000) } else { (1, n * 3, n * 3 + 2) }));
    let path = path_of(&wide);
    assert_eq!((path.parts.len(), path.total()), (199_999, 999_999));
    let far = generated([(0, 1, u64::MAX), (1, u64::MAX - 1, u64::MAX), (1, 0, u64::MAX)].into_iter());
    assert_eq!(path_of(&far).total(), u64::MAX - 1);
}

#[test]
fn it_is_told_by_operation_and_service() {
    let dataset = dataset(
        "trace a1
  shop  checkout  0..100ms  id=01
    bank  charge  10..30ms  id=02
    bank  charge  30..80ms  id=03
      shop  checkout  40..50ms  id=04
    mail  send  95..400ms  id=05",
    );
    let view = view(&dataset, "000000000000000000000000000000a1");
    let names: Vec<&str> = dataset.services.name.iter().map(|(service, _)| dataset.service_name(service)).collect();
    let ms = |time: u64| time / 1_000_000;
    let mut out = format!("{} of {} ms, {} spans, outliving {}\n", ms(view.total), ms(view.duration), view.spans, view.outliving);
    for row in &view.operations {
        writeln!(out, "{} {}: {} ms, {}, {}", names[row.service as usize], row.name, ms(row.time), row.spans, row.span_id)
            .unwrap();
    }
    for &(service, time) in &view.services {
        writeln!(out, "{}: {} ms", names[service as usize], ms(time)).unwrap();
    }
    assert_eq!(
        out,
        "100 of 400 ms, 5 spans, outliving 1
bank charge: 60 ms, 2, 0000000000000003
shop checkout: 35 ms, 2, 0000000000000001
mail send: 5 ms, 1, 0000000000000005
bank: 60 ms
shop: 35 ms
mail: 5 ms
"
    );
    assert_eq!(view.operation_count, 3);
}

fn rows(dataset: &Dataset, groups: GroupFold) -> Vec<Row> {
    let request = RowsRequest {
        adjusted: false,
        trace_id: "000000000000000000000000000000a1".to_owned(),
        fold: Fold { groups, ..Fold::default() },
        find: Find::default(),
        color: GroupBy::Nothing,
        offset: 0,
        limit: 1000,
    };
    match ask(dataset, Request::Rows(request)) {
        Reply::Rows(view) => view.rows,
        reply => panic!("{reply:?}"),
    }
}

#[test]
fn rows_show_where_they_are_on_it() {
    let calls = |name: &str, count: u64| -> String {
        let lines: Vec<String> = (0..count).map(|n| format!("    db  {name}  {}..{}ms\n", 10 + n * 10, 18 + n * 10)).collect();
        lines.concat()
    };
    let queries = calls("SELECT", 5);
    let dataset = dataset(&format!("trace a1\n  shop  checkout  5..100ms\n{queries}"));
    let critical = |rows: &[Row]| -> Vec<Vec<(u64, u64)>> {
        let ms = |&(from, to): &(u64, u64)| (from / 1_000_000, to / 1_000_000);
        rows.iter().map(|row| row.critical.iter().map(ms).collect()).collect()
    };
    let own = vec![(0, 5), (13, 15), (23, 25), (33, 35), (43, 45), (53, 95)];
    let open = critical(&rows(&dataset, GroupFold::Open));
    assert_eq!(open[0], own);
    assert!(open[1..].iter().all(|parts| *parts == [(0, 8)]));
    let folded = critical(&rows(&dataset, GroupFold::Folded));
    assert_eq!(folded, [own, vec![(0, 8), (10, 18), (20, 28), (30, 38), (40, 48)]]);
    let many = calls("SELECT", 500);
    let many = crate::notation::dataset(&format!("trace a1\n  shop  checkout  5..9000ms\n{many}"));
    assert_eq!(rows(&many, GroupFold::Open)[0].critical.len(), 64);
}

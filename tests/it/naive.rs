//! The tree found the slow and obvious way: parents by looking at every span, depth by walking up, self time by asking of every
//! moment whether a child covers it.

use std::collections::{BTreeMap, BTreeSet};

use spanwise::analysis::child_times;
use spanwise::model::{Batch, Dataset, FindingKind, ImportReport, SpanDraft, SpanIdx, SpanKey, SpanMark, TraceKey};

use super::generate::Random;

/// A span, as far as the tree is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    trace: u128,
    id: u64,
    parent: u64,
    start: u64,
    end: u64,
}

fn seal(rows: &[Row]) -> Dataset {
    let mut batch = Batch::default();
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    for row in rows {
        batch.push_span(&SpanDraft {
            trace: TraceKey::from_number(row.trace),
            id: SpanKey::from_number(row.id),
            parent: SpanKey::from_number(row.parent),
            start: row.start,
            end: row.end,
            resource,
            scope,
            ..SpanDraft::default()
        });
    }
    Dataset::seal(batch, ImportReport::default())
}

/// Where a span stands in the forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    parent: Option<u64>,
    depth: u32,
    is_orphan: bool,
    is_cut: bool,
}

/// The forest of one trace, whose ids are distinct: from id to place.
fn naive_forest(rows: &[Row]) -> BTreeMap<u64, Place> {
    let row_of = |id: u64| rows.iter().find(|row| row.id == id && id != 0);
    let climb = |row: &Row| row_of(row.parent).filter(|parent| parent.id != row.id);
    // The members of each circle: whoever meets himself on the way up. The earliest of them is where it is cut.
    let mut cut = BTreeSet::new();
    for row in rows {
        let mut circle = vec![row];
        let mut above = climb(row);
        while let Some(next) = above {
            if next.id == row.id {
                cut.extend(circle.iter().min_by_key(|row| (row.start, row.id)).map(|row| row.id));
                break;
            }
            if circle.iter().any(|seen| seen.id == next.id) {
                break;
            }
            circle.push(next);
            above = climb(next);
        }
    }
    let parent = |row: &Row| if cut.contains(&row.id) { None } else { climb(row) };
    let place = |row: &Row| {
        let above = std::iter::successors(parent(row), |above| parent(above));
        Place {
            parent: parent(row).map(|parent| parent.id),
            depth: 1 + u32::try_from(above.count()).unwrap(),
            is_orphan: row.parent != 0 && row_of(row.parent).is_none(),
            is_cut: cut.contains(&row.id),
        }
    };
    rows.iter().map(|row| (row.id, place(row))).collect()
}

/// What holds for every sealed data set: the columns of the tree agree with each other.
pub(crate) fn check_forest(dataset: &Dataset) {
    let spans = &dataset.spans;
    let mut expected_start = 0;
    for (trace, &rows) in dataset.traces.spans.iter() {
        assert_eq!(rows.start, expected_start, "traces are slices, one after another");
        assert!(!rows.is_empty());
        expected_start = rows.end;
        // The rows that the walk is below now.
        let mut open: Vec<SpanIdx> = Vec::new();
        for span in rows.iter() {
            assert_eq!(spans.trace[span], trace);
            while open.last().is_some_and(|&above| spans.subtree_end[above] <= span.0) {
                open.pop();
            }
            assert_eq!(spans.parent(span), open.last().copied(), "the parent is the row that the walk is below");
            assert_eq!(spans.depth[span] as usize, open.len() + 1);
            let end = open.last().map_or(rows.end, |&above| spans.subtree_end[above]);
            assert!(span.0 < spans.subtree_end[span] && spans.subtree_end[span] <= end, "subtrees nest");
            open.push(span);
        }
    }
    assert_eq!(expected_start as usize, spans.len());
}

/// Seals the rows in several orders and compares everything with what the slow way finds.
fn check_rows(rows: &[Row], random: &mut Random) {
    let mut rows = rows.to_vec();
    let mut seen: Option<Vec<(u64, u128)>> = None;
    for _ in 0..3 {
        random.shuffle(&mut rows);
        let dataset = seal(&rows);
        check_forest(&dataset);
        let spans = &dataset.spans;
        let order: Vec<(u64, u128)> = spans
            .trace
            .iter()
            .map(|(span, &trace)| {
                let TraceKey::Regular(trace) = dataset.traces.key[trace] else { panic!("all ids are regular here") };
                (spans.id[span], trace)
            })
            .collect();
        // The order of arrival cannot be seen in the result.
        assert_eq!(seen.get_or_insert_with(|| order.clone()), &order);
        let traces: BTreeSet<u128> = rows.iter().map(|row| row.trace).collect();
        assert_eq!(dataset.traces.len(), traces.len());
        for id in traces {
            let of_trace: Vec<Row> = rows.iter().filter(|row| row.trace == id).copied().collect();
            let trace = dataset.find_trace(TraceKey::from_number(id)).unwrap();
            let forest = naive_forest(&of_trace);
            assert_eq!(dataset.traces.spans[trace].len() as usize, of_trace.len());
            assert_eq!(dataset.traces.depth[trace], forest.values().map(|place| place.depth).max().unwrap());
            assert_eq!(dataset.traces.roots[trace] as usize, of_trace.iter().filter(|row| row.parent == 0).count());
            assert_eq!(dataset.traces.orphans[trace] as usize, forest.values().filter(|place| place.is_orphan).count());
            for span in dataset.traces.spans[trace].iter() {
                let place = forest[&spans.id[span]];
                assert_eq!(
                    spans.parent(span).map(|parent| spans.id[parent]),
                    place.parent,
                    "span {:x} of {of_trace:x?}",
                    spans.id[span]
                );
                assert_eq!(spans.depth[span], place.depth);
                assert_eq!(spans.marks[span].has(SpanMark::Orphan), place.is_orphan);
                assert_eq!(spans.marks[span].has(SpanMark::CycleCut), place.is_cut);
                assert_eq!(spans.marks[span].has(SpanMark::SelfParent), spans.id[span] == spans.parent_id[span]);
                let starts: Vec<_> = spans.children(span).map(|child| (spans.start[child], spans.id[child])).collect();
                assert!(starts.is_sorted(), "siblings stand by start: {starts:?}");
            }
            let times = child_times(&dataset, dataset.traces.spans[trace]);
            for (span, &self_time) in dataset.traces.spans[trace].iter().zip(&times.self_time) {
                assert_eq!(self_time, naive_self_time(&dataset, span), "self time of {:x} in {of_trace:x?}", spans.id[span]);
            }
        }
    }
}

/// Counts the moments in which no child runs. Times in these tests are small enough for that.
fn naive_self_time(dataset: &Dataset, span: SpanIdx) -> u64 {
    let spans = &dataset.spans;
    let children: Vec<_> = spans.children(span).collect();
    let runs = |at: u64| children.iter().any(|&child| spans.start[child] <= at && at < spans.drawn_end(child));
    (spans.start[span]..spans.drawn_end(span)).filter(|&at| !runs(at)).count() as u64
}

#[test]
fn forests_are_what_the_slow_way_finds() {
    for seed in 0..300_u64 {
        let mut random = Random::new(seed + 1);
        let n = 1 + random.below(24);
        let n_traces = 1 + random.below(3);
        // How wild it is: circles and strangers are common in some forests and absent from others.
        let wildness = [0, 100, 400][usize::try_from(seed % 3).unwrap()];
        let mut rows: Vec<Row> = Vec::new();
        for number in 1..=n {
            let trace = u128::from(1 + random.below(n_traces));
            let start = random.below(40);
            let parent = match random.below(1000) {
                die if die < wildness => 1 + random.below(n + 3),
                die if die < wildness + 100 => 0,
                _ => random.below(number),
            };
            let end = if random.chance(900) { start + random.below(30) } else { start.saturating_sub(5) };
            rows.push(Row { trace, id: number, parent, start: start + 1, end: end + 1 });
        }
        check_rows(&rows, &mut random);
    }
}

#[test]
fn odd_shapes_are_what_the_slow_way_finds() {
    let row = |id: u64, parent: u64, start: u64| Row { trace: 1, id, parent, start, end: start + 5 };
    let mut random = Random::new(9);
    // A circle with a tail and a branch; two circles; a span that is its own parent, with a child.
    check_rows(&[row(1, 3, 4), row(2, 1, 2), row(3, 2, 3), row(4, 2, 5), row(5, 4, 6)], &mut random);
    check_rows(&[row(1, 2, 7), row(2, 1, 7), row(3, 4, 1), row(4, 3, 2), row(5, 3, 1)], &mut random);
    check_rows(&[row(1, 1, 4), row(2, 1, 2), row(3, 99, 1), row(4, 0, 1)], &mut random);
    // The same ids in two traces know nothing of each other.
    check_rows(&[row(1, 0, 1), Row { trace: 2, ..row(1, 2, 1) }, Row { trace: 2, ..row(2, 0, 3) }, row(2, 1, 2)], &mut random);
}

#[test]
fn records_that_came_twice_are_kept_once() {
    let mut random = Random::new(3);
    let first = Row { trace: 1, id: 7, parent: 0, start: 10, end: 20 };
    let mut rows = vec![first, first, Row { end: 0, ..first }, Row { end: 35, ..first }, Row { id: 8, parent: 7, ..first }];
    for _ in 0..10 {
        random.shuffle(&mut rows);
        let dataset = seal(&rows);
        check_forest(&dataset);
        assert_eq!(dataset.spans.len(), 2);
        assert_eq!(dataset.spans.end.as_slice().first(), Some(&35), "the later end is the more complete record");
        let counts = [FindingKind::DuplicateSpan, FindingKind::ConflictingSpan].map(|kind| dataset.report.count(kind));
        assert_eq!(counts.iter().sum::<u64>(), 3);
        assert!(dataset.spans.marks.as_slice().iter().any(|marks| marks.has(SpanMark::Merged)));
    }
}

#[test]
fn a_chain_and_a_crowd_of_a_hundred_thousand() {
    let n = 100_000_u64;
    let mut random = Random::new(4);
    for is_chain in [true, false] {
        let parent = |id: u64| if is_chain { id - 1 } else { u64::from(id != 1) };
        let mut rows: Vec<Row> = (1..=n).map(|id| Row { trace: 1, id, parent: parent(id), start: id, end: 3 * n - id }).collect();
        random.shuffle(&mut rows);
        let dataset = seal(&rows);
        check_forest(&dataset);
        assert!(dataset.spans.id.as_slice().iter().copied().eq(1..=n), "rows stand in pre-order");
        let depth = if is_chain { n } else { 2 };
        assert_eq!(u64::from(dataset.traces.depth.as_slice()[0]), depth);
        let times = child_times(&dataset, dataset.traces.spans.as_slice()[0]);
        // The first child starts one later than the first span, and the last to end does so one earlier.
        assert_eq!(times.self_time[0], 2);
        assert_eq!(times.children[0], if is_chain { 1 } else { u32::try_from(n - 1).unwrap() });
    }
    // And a circle of all of them.
    let rows: Vec<Row> = (1..=n).map(|id| Row { trace: 1, id, parent: id % n + 1, start: id, end: 3 * n }).collect();
    let dataset = seal(&rows);
    check_forest(&dataset);
    assert_eq!(dataset.report.count(FindingKind::ParentCycle), 1);
    assert_eq!(u64::from(dataset.traces.depth.as_slice()[0]), n);
}

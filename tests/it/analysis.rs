//! Derived tables against quadratic oracles that are too simple to be wrong.

use spanwise::analysis::{GROUP_MIN, busy, child_times, groups, nearest_rank, thin_out};
use spanwise::base::IdxRange;
use spanwise::model::{Batch, Dataset, ImportReport, SpanDraft, SpanIdx, SpanKey, TraceKey};

use crate::notation::dataset;

/// Knuth's MMIX generator: the same forest on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A trace of random shape with few names, short times, and spans without start or end.
pub(crate) fn random_trace(seed: u64) -> Dataset {
    let mut random = Random(seed);
    let mut batch = Batch::default();
    let names = ["a", "b", "c"].map(|name| batch.strings.intern(name));
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    let n = 1 + random.below(60);
    for id in 1..=n {
        let start = random.below(50);
        batch.push_span(&SpanDraft {
            trace: TraceKey::Regular(1),
            id: SpanKey::Regular(id),
            parent: SpanKey::from_number(random.below(id)),
            name: names[usize::try_from(random.below(3)).unwrap()],
            start,
            end: random.below(4) * (start + random.below(40)) / 2,
            resource,
            scope,
            ..SpanDraft::default()
        });
    }
    Dataset::seal(batch, ImportReport::default())
}

fn all_rows(dataset: &Dataset) -> IdxRange<SpanIdx> {
    dataset.spans.id.range()
}

fn children(dataset: &Dataset, span: SpanIdx) -> Vec<SpanIdx> {
    all_rows(dataset).iter().filter(|&other| dataset.spans.parent(other) == Some(span)).collect()
}

/// Whether any child runs in the nanosecond that begins at `time`.
fn is_covered(dataset: &Dataset, span: SpanIdx, time: u64) -> bool {
    let spans = &dataset.spans;
    children(dataset, span).iter().any(|&child| spans.start[child] <= time && time < spans.drawn_end(child))
}

#[test]
fn self_time_is_what_no_child_covers() {
    for seed in 0..300 {
        let dataset = random_trace(seed);
        let times = child_times(&dataset, all_rows(&dataset));
        for (at, span) in all_rows(&dataset).iter().enumerate() {
            let run = dataset.spans.start[span]..dataset.spans.drawn_end(span);
            let naive = run.filter(|&time| !is_covered(&dataset, span, time)).count() as u64;
            assert_eq!(times.self_time[at], naive, "seed {seed}, row {at}");
            assert_eq!(times.children[at] as usize, children(&dataset, span).len(), "seed {seed}, row {at}");
        }
    }
}

#[test]
fn busy_intervals_are_where_children_run() {
    for seed in 0..300 {
        let dataset = random_trace(seed);
        for span in all_rows(&dataset).iter() {
            let start = dataset.spans.start[span];
            let busy = busy(&dataset, span, 1000);
            assert!(busy.windows(2).all(|pair| pair[0].1 < pair[1].0), "seed {seed}: {busy:?} touch or are out of order");
            for time in start..dataset.spans.drawn_end(span) {
                let offset = time - start;
                let is_busy = busy.iter().any(|&(from, to)| from <= offset && offset < to);
                assert_eq!(is_busy, is_covered(&dataset, span, time), "seed {seed}, row {}, offset {offset}", span.0);
            }
        }
    }
}

#[test]
fn groups_are_like_siblings_of_some_number() {
    for seed in 0..300 {
        let dataset = random_trace(seed);
        let found = groups(&dataset, all_rows(&dataset));
        let like = |a: SpanIdx, b: SpanIdx| {
            let spans = &dataset.spans;
            spans.parent_key(a) == spans.parent_key(b) && spans.name[a] == spans.name[b]
        };
        for span in all_rows(&dataset).iter() {
            let alike: Vec<SpanIdx> = all_rows(&dataset).iter().filter(|&other| like(span, other)).collect();
            let members = found.of(span).map(|group| found.members(group)).unwrap_or_default();
            if GROUP_MIN as usize <= alike.len() {
                assert_eq!(members, alike, "seed {seed}, row {}", span.0);
                assert_eq!(found.groups[found.of(span).unwrap()].first, alike[0]);
            } else {
                assert_eq!(found.of(span), None, "seed {seed}, row {}", span.0);
            }
        }
    }
}

#[test]
fn orphans_of_one_parent_are_siblings() {
    let text = |parent: &str| format!("  db  SELECT  0..1ms  parent=\"{parent}\"\n").repeat(5);
    let dataset = dataset(&format!("trace a1\n{}{}", text("00000000000000aa"), text("00000000000000bb")));
    let found = groups(&dataset, all_rows(&dataset));
    assert_eq!(found.groups.len(), 2);
}

#[test]
fn percentiles_are_measured_values() {
    for n in 0..40_u64 {
        let mut random = Random(n);
        let mut values: Vec<u64> = (0..n).map(|_| random.below(1000)).collect();
        for percent in [0, 1, 50, 95, 99, 100] {
            values.sort_unstable();
            let found = nearest_rank(&values, percent);
            let enough = |value: &&u64| {
                let at_most = values.iter().filter(|other| *other <= value).count() as u64;
                at_most * 100 >= n * u64::from(percent)
            };
            assert_eq!(found, values.iter().find(enough).copied().unwrap_or(0), "{percent} % of {values:?}");
        }
    }
}

#[test]
fn thinning_keeps_the_widest_gaps() {
    let mut intervals = vec![(0, 1), (2, 3), (10, 11), (12, 13), (30, 31)];
    thin_out(&mut intervals, 3);
    assert_eq!(intervals, [(0, 3), (10, 13), (30, 31)]);
    thin_out(&mut intervals, 1);
    assert_eq!(intervals, [(0, 31)]);
    let mut many: Vec<(u64, u64)> = (0..1000).map(|at| (at * at, at * at + 1)).skip(2).collect();
    thin_out(&mut many, 64);
    assert_eq!(many.len(), 64);
    assert_eq!(many[0].0, 4);
    assert_eq!(many[63], (999 * 999, 999 * 999 + 1));
}

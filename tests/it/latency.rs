//! The latency charts' figures, against an oracle that sorts and counts each bin anew; sketches against exact values.

use std::fmt::Write as _;

use spanwise::analysis::{
    Latency, LatencyCall, LatencyPlan, Percentiles, Quantiles, SKETCH_ERROR_PPM, SpanGroupIdx, TimeBins, duration_edges, latency,
};
use spanwise::base::sort_by_value;
use spanwise::model::{
    AttributeWriter, Batch, Dataset, ImportReport, SpanDraft, SpanIdx, SpanKey, SpanMark, StatusCode, TraceIdx, TraceKey,
};
use spanwise::protocol::{
    Exactness, Group, GroupBy, LatencyGroup, LatencyRequest, LatencyView, Population, Selection, Stats, TimeBin,
};

use crate::analysis::Random;
use crate::notation::dataset;
use crate::selection::{ALL_BY, Opened, group_of_span, group_of_trace, naive_spans, naive_traces, random_selection, random_shop};

/// The least value that so many of the values do not exceed.
fn nearest(sorted: &[u64], percent: usize) -> u64 {
    let enough = |at: &usize| (at + 1) * 100 >= sorted.len() * percent;
    (0..sorted.len()).find(enough).map_or(0, |at| sorted[at])
}

/// A span or a trace as the oracle sees it.
#[derive(Clone, Debug)]
struct Seen {
    start: u64,
    duration: u64,
    failed: bool,
    has_end: bool,
    group: Group,
}

fn seen(dataset: &Dataset, request: &LatencyRequest) -> Vec<Seen> {
    let spans = &dataset.spans;
    let has_end = |span: SpanIdx| spans.end[span] != 0 && spans.start[span] <= spans.end[span];
    match request.of {
        Population::Spans => naive_spans(dataset, &request.selection)
            .into_iter()
            .map(|span| Seen {
                start: spans.start[span],
                duration: if spans.start[span] == 0 { 0 } else { spans.end[span].saturating_sub(spans.start[span]) },
                failed: spans.status[span] == StatusCode::Error,
                has_end: has_end(span),
                group: group_of_span(dataset, &request.by, span),
            })
            .collect(),
        Population::Traces => naive_traces(dataset, &request.selection)
            .into_iter()
            .map(|trace: TraceIdx| {
                let rows = || dataset.traces.spans[trace].iter();
                let timed = || rows().filter(|&span| spans.start[span] != 0);
                let start = timed().map(|span| spans.start[span]).min().unwrap_or(0);
                let end = timed().map(|span| spans.end[span].max(spans.start[span])).max().unwrap_or(0);
                Seen {
                    start,
                    duration: end - start,
                    failed: rows().any(|span| spans.status[span] == StatusCode::Error),
                    has_end: start < end || rows().any(has_end),
                    group: group_of_trace(dataset, &request.by, trace),
                }
            })
            .collect(),
    }
}

fn check_group(view: &LatencyView, group: &LatencyGroup, members: &[&Seen], case: &str) {
    let sorted = |members: &[&Seen]| {
        let mut durations: Vec<u64> = members.iter().map(|seen| seen.duration).collect();
        durations.sort_unstable();
        durations
    };
    let failed = |members: &[&Seen]| members.iter().filter(|seen| seen.failed).count() as u64;
    let durations = sorted(members);
    let stats = Stats {
        calls: members.len() as u64,
        errors: failed(members),
        p50: nearest(&durations, 50),
        p90: nearest(&durations, 90),
        p95: nearest(&durations, 95),
        p99: nearest(&durations, 99),
        min: durations.first().copied().unwrap_or(0),
        max: durations.last().copied().unwrap_or(0),
        total: durations.iter().sum(),
        self_time: group.stats.self_time,
    };
    assert_eq!(group.stats, stats, "{case}");
    assert!(stats.self_time <= stats.total, "{case}");

    let n_edges = view.edges.len();
    for (at, edges) in view.edges.windows(2).enumerate() {
        let is_last = at + 2 == n_edges;
        let in_bin =
            |seen: &Seen| edges[0] <= seen.duration && (seen.duration < edges[1] || is_last && seen.duration == edges[1]);
        let members: Vec<&Seen> = members.iter().copied().filter(|seen| in_bin(seen)).collect();
        assert_eq!((group.counts[at], group.errors[at]), (members.len() as u64, failed(&members)), "bin {at}, {case}");
    }
    assert_eq!(group.counts.len(), n_edges.saturating_sub(1), "{case}");
    assert_eq!(group.over_time.len(), view.n_bins as usize, "{case}");
    for (at, bin) in (0_u64..).zip(&group.over_time) {
        let members: Vec<&Seen> = members.iter().copied().filter(|seen| (seen.start - view.start) / view.step == at).collect();
        let durations = sorted(&members);
        let naive = TimeBin {
            count: members.len() as u64,
            errors: failed(&members),
            p50: nearest(&durations, 50),
            p90: nearest(&durations, 90),
            p95: nearest(&durations, 95),
            p99: nearest(&durations, 99),
        };
        assert_eq!(*bin, naive, "bin of time {at}, {case}");
    }
}

#[test]
fn charts_are_what_the_oracle_counts() {
    for seed in 0..150 {
        let mut open = Opened::new(random_shop(seed));
        let mut random = Random(seed);
        for (round, by) in ALL_BY.iter().enumerate() {
            let request = LatencyRequest {
                selection: if round % 2 == 0 { Selection::default() } else { random_selection(&open.dataset, &mut random) },
                of: if random.below(2) == 0 { Population::Spans } else { Population::Traces },
                by: by(),
                top: 1 + u32::try_from(random.below(4)).unwrap(),
                time_bins: u32::try_from(random.below(60)).unwrap(),
            };
            let view = open.latency(request.clone());
            let case = format!("seed {seed}: {request:?}");
            let all = seen(&open.dataset, &request);
            let timed: Vec<&Seen> = all.iter().filter(|seen| seen.start != 0).collect();
            assert_eq!(view.without_start, (all.len() - timed.len()) as u64, "{case}");
            assert_eq!(view.without_end, timed.iter().filter(|seen| !seen.has_end).count() as u64, "{case}");
            assert_eq!(view.exactness, Exactness::Exact);
            if timed.is_empty() {
                assert_eq!((view.step, view.n_bins, view.window), (0, 0, (0, 0)), "{case}");
            } else {
                let starts = || timed.iter().map(|seen| seen.start);
                assert_eq!(view.window, (starts().min().unwrap(), starts().max().unwrap()), "{case}");
                assert_eq!(view.start % view.step, 0, "{case}");
            }
            check_group(&view, &view.all, &timed, &case);
            check_groups(&view, &request, &timed, &case);
            check_heat(&view, &timed, &case);
            assert_eq!(open.latency(request.clone()), view, "{case}");
        }
    }
}

fn check_groups(view: &LatencyView, request: &LatencyRequest, timed: &[&Seen], case: &str) {
    if request.by == GroupBy::Nothing {
        assert_eq!((view.groups.len(), view.group_count), (0, 0), "{case}");
        return;
    }
    let mut names: Vec<&Group> = timed.iter().map(|seen| &seen.group).collect();
    names.sort();
    names.dedup();
    // Two services may show as `unknown_service`: one that is called so, and one without a name.
    let mut shown: Vec<&Group> = view.groups.iter().map(|group| &group.group).collect();
    shown.sort();
    let has_twins = shown.windows(2).any(|pair| pair[0] == pair[1]) || names.len() < view.group_count as usize;
    if has_twins {
        return;
    }
    assert_eq!(view.group_count as usize, names.len(), "{case}");
    let told_apart = names.len().min(request.top as usize);
    let others = usize::from(told_apart < names.len());
    assert_eq!(view.groups.len(), told_apart + others, "{case}");
    for (at, group) in view.groups.iter().enumerate() {
        let is_other = at == told_apart;
        assert_eq!(group.group == Group::Other, is_other, "{case}");
        let is_shown = |name: &Group| view.groups.iter().any(|group| group.group == *name);
        let is_member = |seen: &&&Seen| if is_other { !is_shown(&seen.group) } else { seen.group == group.group };
        let members: Vec<&Seen> = timed.iter().filter(is_member).copied().collect();
        check_group(view, group, &members, case);
    }
    let (named, rest) = view.groups.split_at(told_apart);
    assert!(named.is_sorted_by(|a, b| b.stats.calls <= a.stats.calls), "{case}");
    // No group among the rest is larger than one that is shown.
    if let (Some(last), Some(_)) = (named.last(), rest.first()) {
        for name in &names {
            let calls = timed.iter().filter(|seen| seen.group == **name).count() as u64;
            assert!(calls <= last.stats.calls || named.iter().any(|group| group.group == **name), "{case}");
        }
    }
}

fn check_heat(view: &LatencyView, timed: &[&Seen], case: &str) {
    assert!(view.heat.is_sorted_by(|a, b| (a.time, a.duration) < (b.time, b.duration)), "{case}");
    let (mut count, mut errors) = (0, 0);
    for cell in &view.heat {
        let at = cell.duration as usize;
        let is_last = at + 2 == view.edges.len();
        let in_cell = |seen: &&&Seen| {
            (seen.start - view.start) / view.step == u64::from(cell.time)
                && view.edges[at] <= seen.duration
                && (seen.duration < view.edges[at + 1] || is_last && seen.duration == view.edges[at + 1])
        };
        assert_ne!(cell.count, 0, "{case}");
        assert_eq!(cell.count, timed.iter().filter(in_cell).count() as u64, "{case}");
        assert_eq!(cell.errors, timed.iter().filter(in_cell).filter(|seen| seen.failed).count() as u64, "{case}");
        count += cell.count;
        errors += cell.errors;
    }
    assert_eq!((count, errors), (view.all.stats.calls, view.all.stats.errors), "{case}");
}

#[test]
fn a_shop_by_operation() {
    let mut open = Opened::new(dataset(
        "
trace a1
  web   GET /cart   0..120ms  server
    db  SELECT     20..70ms   client  !error
trace a2 at 1700000003000000000
  web   GET /cart   0..20ms   server
    db  SELECT      5..7ms    client
    db  SELECT      8ms..-    client
    db  UPDATE      9..9ms    client
    db  ping        -..10ms   client
",
    ));
    let request = LatencyRequest { by: GroupBy::Operation, top: 2, time_bins: 5, ..LatencyRequest::default() };
    let view = open.latency(request);
    let mut text = String::from("\n");
    writeln!(text, "{} bins of {} ms, {} groups", view.n_bins, view.step / 1_000_000, view.group_count).unwrap();
    writeln!(text, "without start {}, without end {}", view.without_start, view.without_end).unwrap();
    for group in std::iter::once(&view.all).chain(&view.groups) {
        let name = match &group.group {
            Group::Operation { service, name } => format!("{service} {name}"),
            group => format!("{group:?}"),
        };
        let counts: Vec<String> = group.over_time.iter().map(|bin| format!("{}/{}", bin.errors, bin.count)).collect();
        let ms = |nanos: u64| nanos / 1_000_000;
        let (stats, counts) = (group.stats, counts.join(" "));
        let [p50, p99, max, own] = [stats.p50, stats.p99, stats.max, stats.self_time].map(ms);
        writeln!(text, "{name}: {} calls, p50 {p50} p99 {p99} max {max} self {own} ms; {counts}", stats.calls).unwrap();
    }
    assert_eq!(
        text,
        "
4 bins of 1000 ms, 3 groups
without start 1, without end 1
All: 6 calls, p50 2 p99 120 max 120 self 140 ms; 1/2 0/0 0/0 0/4
db SELECT: 3 calls, p50 2 p99 50 max 50 self 52 ms; 1/1 0/0 0/0 0/2
web GET /cart: 2 calls, p50 20 p99 120 max 120 self 88 ms; 0/1 0/0 0/0 0/1
Other: 1 calls, p50 0 p99 0 max 0 self 0 ms; 0/0 0/0 0/0 0/1
"
    );
}

#[test]
fn groups_in_one_picture_have_colors_of_their_own() {
    let spans: Vec<String> = (0..12).map(|at| format!("  web  op{at}  0..1ms  @key=\"{at}\"\n")).collect();
    let spans = spans.concat();
    let mut open = Opened::new(dataset(&format!("trace a1\n{spans}  web  op  0..1ms\n")));
    for by in [GroupBy::Operation, GroupBy::Attribute("key".to_owned())] {
        let view = open.latency(LatencyRequest { by, top: 12, ..LatencyRequest::default() });
        let mut colors: Vec<u8> = view.groups.iter().map(|group| group.color).filter(|color| *color != u8::MAX).collect();
        let n_named = view.groups.iter().filter(|group| group.group != Group::Other).count();
        colors.sort_unstable();
        colors.dedup();
        assert!(n_named <= colors.len() + 1, "{colors:?} for {n_named} groups");
        assert_eq!(view.groups.last().unwrap().color, u8::MAX);
    }
}

#[test]
fn bins_of_time_are_round() {
    const S: u64 = 1_000_000_000;
    const DAY: u64 = 86_400 * S;
    let noon = 1_772_452_800 * S;
    let cases = [
        (noon, noon, 60),
        (noon, noon + 90, 60),
        (noon, noon + S / 10, 60),
        (noon + 7 * S, noon + 20 * S, 60),
        (noon, noon + 3600 * S, 120),
        (noon, noon + 3600 * S, 60),
        (noon, noon + DAY, 100),
        (noon, noon + 400 * DAY, 100),
        (1, u64::MAX, 500),
        (1, u64::MAX, 0),
        (u64::MAX, u64::MAX, 500),
    ];
    let mut text = String::from("\n");
    for (first, last, about) in cases {
        let bins = TimeBins::covering(first, last, about);
        assert!(bins.start <= first && bins.start.is_multiple_of(bins.step) && first - bins.start < bins.step);
        assert_eq!((bins.of(first), bins.of(last)), (0, bins.n - 1));
        let step = match bins.step {
            step if DAY <= step => format!("{} d", step / DAY),
            step if S <= step => format!("{} s", step / S),
            step => format!("{step} ns"),
        };
        writeln!(text, "{about} for {:e} s: {} of {step}", (last - first) as f64 / 1e9, bins.n).unwrap();
    }
    assert_eq!(
        text,
        "
60 for 0e0 s: 1 of 1 s
60 for 9e-8 s: 46 of 2 ns
60 for 1e-1 s: 51 of 2000000 ns
60 for 1.3e1 s: 27 of 500000000 ns
120 for 3.6e3 s: 61 of 60 s
60 for 3.6e3 s: 31 of 120 s
100 for 8.64e4 s: 97 of 900 s
100 for 3.456e7 s: 81 of 5 d
500 for 1.8446744073709553e10 s: 428 of 500 d
0 for 1.8446744073709553e10 s: 3 of 100000 d
500 for 0e0 s: 1 of 1 s
"
    );
}

#[test]
fn edges_of_durations_are_preferred_numbers() {
    let show = |shortest: u64, longest: u64, has_zero: bool| {
        let edges = duration_edges(shortest, longest, has_zero);
        let ends: Vec<String> = match edges.as_slice() {
            [first, second, third, .., last_but_one, last] => {
                let low = [first, second, third].map(u64::to_string);
                low.into_iter().chain(["…".to_owned(), last_but_one.to_string(), last.to_string()]).collect()
            }
            few => few.iter().map(u64::to_string).collect(),
        };
        format!("{} bins: {}", edges.len() - 1, ends.join(" "))
    };
    // 10 µs to 1 s: ten a decade. 1 ms to 50 ms: more. 3 µs to an hour: fewer.
    assert_eq!(show(10_000, 1_000_000_000, false), "50 bins: 10000 12500 16000 … 800000000 1000000000");
    assert_eq!(show(1_000_000, 50_000_000, true), "35 bins: 0 1000000 1120000 … 45000000 50000000");
    assert_eq!(show(3000, 3_600_000_000_000, false), "55 bins: 3000 5000 7000 … 3000000000000 5000000000000");
    assert_eq!(show(1, u64::MAX, true), "59 bins: 0 1 2 … 10000000000000000000 18446744073709551615");
    // Ones that differ little are in bins of equal width.
    assert_eq!(show(100_000_000, 101_000_000, false), "20 bins: 100000000 100050000 100100000 … 100950000 101000000");
    assert_eq!(show(5_000_000, 5_000_000, false), "1 bins: 5000000 5000500");
    assert_eq!(show(u64::MAX, 0, true), "1 bins: 0 1");
    assert_eq!(show(1, 1, false), "1 bins: 1 2");
    assert_eq!(show(u64::MAX, u64::MAX, true), "2 bins: 0 18446400000000000000 18446744073709551615");

    let mut random = Random(1);
    for _ in 0..3000 {
        let mut any = || (random.below(1 << 31) << 33 | random.below(1 << 31)) >> random.below(64);
        let (a, b) = (any().max(1), any());
        let (shortest, longest) = (a.min(b).max(1), a.max(b));
        let edges = duration_edges(shortest, longest, false);
        assert!(edges.is_sorted_by(|a, b| a < b), "{shortest} to {longest}: {edges:?}");
        assert!(edges[0] <= shortest && longest <= *edges.last().unwrap(), "{shortest} to {longest}: {edges:?}");
        assert!((2..=120).contains(&edges.len()), "{shortest} to {longest}: {} edges", edges.len());
        if shortest.saturating_mul(4) < longest && 100 < shortest {
            assert!((20..=100).contains(&edges.len()), "{shortest} to {longest}: {} edges", edges.len());
        }
    }
}

#[test]
fn sorting_by_digits_is_sorting() {
    for (n, bits) in [(0, 1), (10, 20), (5000, 1), (5000, 10), (20_000, 34), (6000, 64), (5000, 0)] {
        let mut random = Random(n);
        let any = |random: &mut Random| {
            (random.below(1 << 31) << 33 | random.below(1 << 31) << 2) & (u64::MAX.checked_shr(64 - bits).unwrap_or(0))
        };
        let pairs: Vec<(u64, u32)> = (0..n).zip(0..).map(|(_, at)| (any(&mut random), at)).collect();
        let (mut ours, mut theirs) = (pairs.clone(), pairs);
        sort_by_value(&mut ours);
        theirs.sort_by_key(|pair| pair.0);
        assert_eq!(ours, theirs, "{n} of {bits} bits");
    }
}

/// Whether a percentile is as near to the exact one as it is said to be.
fn is_near(found: u64, exact: u64) -> bool {
    u128::from(found.abs_diff(exact)) * 1_000_000 <= u128::from(exact) * u128::from(SKETCH_ERROR_PPM) + 500_001
}

fn check_near(found: Percentiles, exact: Percentiles, case: &str) {
    let pairs = [(found.p50, exact.p50), (found.p90, exact.p90), (found.p95, exact.p95), (found.p99, exact.p99)];
    for (found, exact) in pairs {
        assert!(is_near(found, exact), "{case}: {found} for {exact}");
    }
}

#[test]
fn sketches_are_as_near_as_they_say() {
    type Shape = fn(&mut Random) -> u64;
    let mut random = Random(7);
    let shapes: [(&str, Shape); 7] = [
        ("even", |random| random.below(1_000_000)),
        ("small", |random| random.below(30)),
        ("over all of u64", |random| (random.below(1 << 31) << 33 | random.below(1 << 31) << 2 | 1 << 63) >> random.below(64)),
        ("all the same", |_| 123_456_789),
        ("all zero", |_| 0),
        ("half zero", |random| random.below(2) * random.below(1 << 30)),
        ("the largest there is", |_| u64::MAX),
    ];
    for (name, shape) in shapes {
        for n in [1, 2, 100, 1024, 1025, 1500, 20_000] {
            let values: Vec<u64> = (0..n).map(|_| shape(&mut random)).collect();
            let mut sketched = Quantiles::sketched(1);
            for &value in &values {
                sketched.push(0, value);
            }
            let mut sorted = values;
            sorted.sort_unstable();
            let exact = Percentiles::of_sorted(&sorted);
            assert_eq!(exact.p95, nearest(&sorted, 95));
            check_near(sketched.of(0), exact, &format!("{n} values, {name}"));
            if n <= 1024 {
                assert_eq!(sketched.of(0), exact, "{n} values, {name}");
            }
            let mut swept = Quantiles::exact([sorted.len().try_into().unwrap()]);
            for &value in &sorted {
                swept.push(0, value);
            }
            assert_eq!(swept.of(0), exact, "{n} values, {name}");
        }
    }
    assert_eq!(Quantiles::sketched(1).of(0), Percentiles::default());
    assert_eq!(Quantiles::exact([0]).of(0), Percentiles::default());
}

fn plan(exact_limit: usize) -> LatencyPlan {
    LatencyPlan { time_bins: 10, groups: 40, top: 3, exact_limit }
}

#[test]
fn beyond_the_limit_only_percentiles_differ_and_little() {
    let mut random = Random(3);
    let calls: Vec<LatencyCall> = (0..30_000)
        .map(|_| {
            let bits = 10 + random.below(20);
            let duration = random.below(1 << bits);
            let group = SpanGroupIdx(u32::try_from(random.below(5) * random.below(5)).unwrap());
            LatencyCall {
                start: 1 + random.below(1000),
                duration,
                self_time: duration / 2,
                failed: random.below(9) == 0,
                has_end: true,
                group,
            }
        })
        .collect();
    let exact = latency(|| calls.iter().copied(), plan(calls.len()));
    let sketched = latency(|| calls.iter().copied(), plan(calls.len() - 1));
    assert!(exact.is_exact && !sketched.is_exact);
    let figures = |found: &Latency| {
        let groups = found.groups.iter().map(|(_, figures)| figures.clone());
        std::iter::once(found.all.clone()).chain(groups).collect::<Vec<_>>()
    };
    let mut blanked = sketched.clone();
    for (found, exact) in figures(&sketched).iter().zip(figures(&exact)) {
        check_near(found.percentiles, exact.percentiles, "in all");
        for (at, (found, exact)) in found.over_time.iter().zip(&exact.over_time).enumerate() {
            assert_eq!(found.0, exact.0);
            check_near(found.1, exact.1, &format!("bin {at}"));
        }
    }
    // All else is the same.
    blanked.is_exact = true;
    let mut other = exact;
    for found in [&mut blanked, &mut other] {
        let all = std::iter::once(&mut found.all).chain(found.groups.iter_mut().map(|(_, figures)| figures));
        for figures in all {
            figures.percentiles = Percentiles::default();
            figures.over_time.iter_mut().for_each(|cell| cell.1 = Percentiles::default());
        }
    }
    assert_eq!(blanked, other);
}

/// A data set of spans with these starts and ends, each in a trace of its own, with a value of `key` of its own.
fn times(times: &[(u64, u64)]) -> Dataset {
    let mut batch = Batch::default();
    let mut writer = AttributeWriter::default();
    let key = batch.strings.intern("key");
    let (resource, scope) = (batch.open_resource(), batch.open_scope());
    for (&(start, end), id) in times.iter().zip(1_u64..) {
        writer.int(key, id.cast_signed());
        let attributes = writer.finish(&mut batch.attributes);
        let trace = TraceKey::Regular(u128::from(id));
        let draft =
            SpanDraft { trace, id: SpanKey::Regular(id), start, end, attributes, resource, scope, ..SpanDraft::default() };
        batch.push_span(&draft);
    }
    Dataset::seal(batch, ImportReport::default())
}

#[test]
fn hostile_times_have_bounded_answers() {
    let max = u64::MAX;
    let cases: [&[(u64, u64)]; 9] = [
        &[],
        &[(0, 0)],
        &[(0, max)],
        &[(1, max)],
        &[(max, max)],
        &[(1, max), (1, max), (max, max), (max, 0), (1, 0)],
        &[(5, 5), (5, 5)],
        &[(1, 2), (max - 1, max)],
        &[(10, 5), (7, 0)],
    ];
    for case in cases {
        let mut open = Opened::new(times(case));
        for of in [Population::Spans, Population::Traces] {
            for time_bins in [0, 1, 500, u32::MAX] {
                for by in [GroupBy::Nothing, GroupBy::Attribute("key".to_owned())] {
                    let request = LatencyRequest { of, by, time_bins, top: u32::MAX, selection: Selection::default() };
                    let view = open.latency(request);
                    let timed = case.iter().filter(|times| times.0 != 0).count() as u64;
                    assert_eq!((view.all.stats.calls, view.without_start), (timed, case.len() as u64 - timed), "{case:?}");
                    assert_eq!(view.all.counts.iter().sum::<u64>(), timed, "{case:?}");
                    assert_eq!(view.all.over_time.iter().map(|bin| bin.count).sum::<u64>(), timed, "{case:?}");
                    assert!(view.n_bins <= 500 && view.edges.len() <= 120, "{case:?}");
                    let longest = case.iter().filter(|times| times.0 != 0).map(|times| times.1.saturating_sub(times.0)).max();
                    assert_eq!(view.all.stats.max, longest.unwrap_or(0), "{case:?}");
                }
            }
        }
        // No start, no mark of an end that is missed.
        let dataset = &open.dataset;
        let marked = dataset.spans.id.range().iter().filter(|&span| dataset.spans.marks[span].has(SpanMark::NoStart)).count();
        assert_eq!(marked, case.iter().filter(|times| times.0 == 0).count());
    }
}

#[test]
fn values_without_number_are_counted_and_the_shown_are_few() {
    let n = 100_000;
    let many: Vec<(u64, u64)> = (1..=n).map(|at| (at, at + at % 1000)).collect();
    let mut open = Opened::new(times(&many));
    let by = GroupBy::Attribute("key".to_owned());
    let view = open.latency(LatencyRequest { by, top: u32::MAX, time_bins: u32::MAX, ..LatencyRequest::default() });
    assert_eq!((u64::from(view.group_count), view.groups.len()), (n, 51));
    let other = view.groups.last().unwrap();
    assert_eq!((&other.group, other.stats.calls), (&Group::Other, n - 50));
    // Of equally many the first come first.
    let first = Group::Attribute { key: "key".to_owned(), value: Some("1".to_owned()) };
    assert_eq!(view.groups[0].group, first);
}

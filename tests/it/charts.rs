//! Charts: goldens of what is drawn, and the rules that drawing, pointing and brushing share.
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made-up figures are small")]

use std::fs;

use spanwise::charts::{
    Bins, Cells, Chart, ChartKind, Cursor, DurationAxis, Figures, Frame, Heading, HeatBy, Look, Move, chart_csv, picture_height,
    ramp, rate_words, rate_words_like, record, spread, summary, svg,
};
use spanwise::protocol::{Group, HeatCell, LatencyGroup, LatencyView, Population, Stats, TimeBin};
use spanwise::scene::format::UNIT_SPACE;

use super::source::root;

const KINDS: [(ChartKind, &str); 4] = [
    (ChartKind::Histogram, "histogram"),
    (ChartKind::Heatmap, "heatmap"),
    (ChartKind::Percentiles, "percentiles"),
    (ChartKind::Rate, "rate"),
];
/// 2026-11-23 06:00:00 UTC.
const START: u64 = 1_795_413_600_000_000_000;
const MINUTE: u64 = 60_000_000_000;

/// Spans of an hour as (start, duration, failed): steady, with a slow stretch in it in which some fail.
fn spans(n: u64) -> Vec<(u64, u64, bool)> {
    let mut seed = 7_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    (0..n)
        .map(|at| {
            let start = START + at * 60 * MINUTE / n;
            let slow = (30..40).contains(&((start - START) / MINUTE));
            let mut duration = 800_000 + random() % 2_000_000 + (random() % 100).pow(3) * 12;
            if slow {
                duration *= 6;
            }
            (start, duration, slow && random() % 4 == 0)
        })
        .collect()
}

fn rank(sorted: &[u64], percent: usize) -> u64 {
    let at = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(at - 1).copied().unwrap_or(0)
}

/// The figures of some spans, counted one by one.
fn group(spans: &[(u64, u64, bool)], edges: &[u64], n_bins: u32, step: u64) -> LatencyGroup {
    let mut all: Vec<u64> = spans.iter().map(|span| span.1).collect();
    all.sort_unstable();
    let bin_of = |duration: u64| (edges.partition_point(|&edge| edge <= duration) - 1).min(edges.len() - 2);
    let mut made = LatencyGroup {
        stats: Stats {
            calls: spans.len() as u64,
            errors: spans.iter().filter(|span| span.2).count() as u64,
            p50: rank(&all, 50),
            p90: rank(&all, 90),
            p95: rank(&all, 95),
            p99: rank(&all, 99),
            min: rank(&all, 0),
            max: rank(&all, 100),
            total: all.iter().sum(),
            self_time: 0,
        },
        counts: vec![0; edges.len() - 1],
        errors: vec![0; edges.len() - 1],
        ..LatencyGroup::default()
    };
    let mut times: Vec<Vec<(u64, bool)>> = vec![Vec::new(); n_bins as usize];
    for &(start, duration, failed) in spans {
        made.counts[bin_of(duration)] += 1;
        made.errors[bin_of(duration)] += u64::from(failed);
        times[((start - START) / step) as usize].push((duration, failed));
    }
    made.over_time = times
        .into_iter()
        .map(|mut bin| {
            bin.sort_unstable();
            let durations: Vec<u64> = bin.iter().map(|one| one.0).collect();
            TimeBin {
                count: bin.len() as u64,
                errors: bin.iter().filter(|one| one.1).count() as u64,
                p50: rank(&durations, 50),
                p90: rank(&durations, 90),
                p95: rank(&durations, 95),
                p99: rank(&durations, 99),
            }
        })
        .collect();
    made
}

/// Edges from 512 µs to 131 ms, four to a doubling.
fn edges() -> Vec<u64> {
    (0..=32).map(|at| (512_000.0 * 2_f64.powf(f64::from(at) / 4.0)).round() as u64).collect()
}

fn view(n: u64, n_groups: u64) -> LatencyView {
    let (edges, n_bins, step) = (edges(), 30, 2 * MINUTE);
    let spans = spans(n);
    let all = group(&spans, &edges, n_bins, step);
    let mut heat: Vec<HeatCell> = Vec::new();
    for &(start, duration, failed) in &spans {
        let at = (((start - START) / step) as u32, (edges.partition_point(|&edge| edge <= duration) - 1).min(31) as u32);
        let found = heat.iter().position(|cell| (cell.time, cell.duration) == at).unwrap_or_else(|| {
            heat.push(HeatCell { time: at.0, duration: at.1, count: 0, errors: 0 });
            heat.len() - 1
        });
        heat[found].count += 1;
        heat[found].errors += u64::from(failed);
    }
    heat.sort_by_key(|cell| (cell.time, cell.duration));
    let groups = (0..n_groups)
        .map(|part| {
            let own: Vec<_> =
                spans.iter().enumerate().filter(|(at, _)| *at as u64 % n_groups == part).map(|(_, span)| *span).collect();
            let color = if part + 1 == n_groups { u8::MAX } else { part as u8 };
            LatencyGroup { group: Group::Service(format!("service-{part}")), color, ..group(&own, &edges, n_bins, step) }
        })
        .collect();
    LatencyView {
        start: START,
        step,
        n_bins,
        window: (spans[0].0, spans[spans.len() - 1].0),
        edges,
        all,
        groups,
        group_count: n_groups as u32,
        heat,
        ..LatencyView::default()
    }
}

fn names(view: &LatencyView) -> Vec<String> {
    view.groups
        .iter()
        .map(|group| match &group.group {
            Group::Service(name) => name.clone(),
            _ => String::new(),
        })
        .collect()
}

/// Plain colors, told apart in a golden by their numbers.
fn look() -> Look {
    Look {
        surface: (255, 255, 255),
        ink: (20, 20, 30),
        muted: (90, 90, 100),
        faint: (235, 235, 240),
        line: (200, 200, 210),
        plain: (70, 110, 200),
        error: (200, 40, 40),
        other: (150, 150, 150),
        quantiles: [(30, 120, 140), (90, 90, 190), (150, 60, 160), (190, 60, 60)],
        heat: vec![(225, 235, 250), (60, 110, 200), (20, 20, 80)],
        failed: vec![(220, 225, 230), (200, 40, 40)],
        groups: vec![(70, 110, 200), (120, 160, 60), (180, 80, 140)],
        font: "sans-serif".to_owned(),
    }
}

/// As wide as most letters are.
fn measure(text: &str) -> f64 {
    text.chars().count() as f64 * 6.0
}

const FRAME: Frame = Frame { width: 640, height: 240, top: 0, bottom: 0, offset_minutes: 60 };

fn figures<'a>(view: &'a LatencyView, names: &'a [String]) -> Figures<'a> {
    Figures { view, of: Population::Spans, heat: HeatBy::Count, names }
}

fn check_golden(name: &str, text: &str, broken: &mut Vec<String>) {
    let golden = root().join("tests/golden/charts").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, text).unwrap();
    }
    if fs::read_to_string(&golden).unwrap_or_default() != text {
        broken.push(format!("{} differs", golden.display()));
    }
}

/// What is drawn, byte for byte. `UPDATE_GOLDEN=1` writes them anew; look at them in a browser then.
#[test]
fn charts_are_drawn_as_their_goldens() {
    let mut broken = Vec::new();
    for (groups, suffix) in [(0, ""), (3, "-by-service")] {
        let view = view(4_000, groups);
        let names = names(&view);
        for (kind, name) in KINDS {
            let (top, bottom) = picture_height(FRAME.width, names.len());
            let frame = Frame { top, bottom, height: FRAME.height + top + bottom, ..FRAME };
            let chart = Chart::new(kind, figures(&view, &names), frame).unwrap();
            let heading = Heading { title: format!("The {name}"), subtitle: "4 000 spans".to_owned() };
            let drawn = svg(&chart, &heading, &look(), &measure).unwrap();
            check_golden(&format!("{name}{suffix}.svg"), &drawn, &mut broken);
        }
    }
    let view = view(4_000, 0);
    let failed = Figures { heat: HeatBy::ErrorShare, ..figures(&view, &[]) };
    let chart = Chart::new(ChartKind::Heatmap, failed, Frame { top: 40, ..FRAME }).unwrap();
    check_golden("heatmap-failed.svg", &svg(&chart, &Heading::default(), &look(), &measure).unwrap(), &mut broken);
    let narrow = Frame { width: 340, height: 200, top: 40, ..FRAME };
    let chart = Chart::new(ChartKind::Histogram, figures(&view, &[]), narrow).unwrap();
    check_golden("histogram-narrow.svg", &svg(&chart, &Heading::default(), &look(), &measure).unwrap(), &mut broken);
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn a_picture_has_no_names_that_break_it() {
    let mut view = view(100, 2);
    view.groups[0].group = Group::Service("<b>&\u{0}\u{1b}\u{ffff}\"".to_owned());
    let names = names(&view);
    let chart = Chart::new(ChartKind::Rate, figures(&view, &names), Frame { bottom: 40, ..FRAME }).unwrap();
    let drawn = svg(&chart, &Heading::default(), &look(), &measure).unwrap();
    assert!(drawn.contains("&lt;b&gt;&amp;\u{fffd}\u{fffd}\u{fffd}&quot;"), "{drawn}");
    assert!(!drawn.chars().any(|letter| letter.is_control() && letter != '\n'));
}

/// Every pixel of a chart lies in the bin that is drawn there, and a brush of bins selects what was counted in them.
#[test]
fn a_brush_selects_what_its_bins_count() {
    let spans = spans(4_000);
    let view = view(4_000, 0);
    for (kind, name) in KINDS {
        let chart = Chart::new(kind, figures(&view, &[]), FRAME).unwrap();
        for (a, b) in [((0, 0), (0, 0)), ((3, 2), (7, 11)), ((12, 5), (12, 30)), ((0, 0), (29, 31))] {
            let cells = Cells::one(a.0, a.1.min(chart.rows() - 1)).with(Cells::one(b.0, b.1.min(chart.rows() - 1)));
            let brush = chart.brush(cells);
            let inside = |value: u64, range: Option<(u64, u64)>| range.is_none_or(|(from, to)| (from..=to).contains(&value));
            let selected: Vec<_> =
                spans.iter().filter(|span| inside(span.0, brush.start) && inside(span.1, brush.duration)).collect();
            let failed = selected.iter().filter(|span| span.2).count();
            assert_eq!(chart.counted(cells), (selected.len() as u64, failed as u64), "{name} {cells:?}");
            // The middle of what is drawn is in it, its corners lie on its edges.
            let at = chart.bounds(cells);
            let middle = chart.cell_at(f64::midpoint(at.left, at.right), f64::midpoint(at.top, at.bottom));
            assert_eq!(cells.with(middle), cells, "{name}");
            let corners = chart.cell_at(at.left + 0.01, at.bottom - 0.01).with(chart.cell_at(at.right - 0.01, at.top + 0.01));
            assert_eq!(corners, cells, "{name}");
        }
        assert_eq!(chart.counted(Cells::one(0, 0).with(Cells::one(chart.x.count, chart.rows()))).0, 4_000, "{name}");
    }
}

#[test]
fn the_last_bin_of_durations_has_its_upper_edge() {
    let view = view(100, 0);
    let chart = Chart::new(ChartKind::Histogram, figures(&view, &[]), FRAME).unwrap();
    let edges = &view.edges;
    assert_eq!(chart.duration_range(Cells::one(0, 0)), Some((edges[0], edges[1] - 1)));
    assert_eq!(chart.duration_range(Cells::one(31, 0)), Some((edges[31], edges[32])));
    assert_eq!(chart.duration_range(Cells::one(32, 0)), None);
}

#[test]
fn durations_stand_between_their_edges() {
    let edges = [0, 1, 10, 1_000, u64::MAX];
    let axis = DurationAxis { edges: &edges, bins: Bins { count: 4, from: 0.0, to: 400.0 } };
    for (duration, expected) in [(0, 0.0), (1, 100.0), (10, 200.0), (100, 250.0), (1_000, 300.0), (u64::MAX, 400.0)] {
        assert!((axis.place(duration) - expected).abs() < 0.001, "{duration}: {}", axis.place(duration));
    }
    let many: Vec<f64> = (0..64).map(|bit| axis.place(1_u64 << bit)).collect();
    assert!(many.is_sorted(), "{many:?}");
}

#[test]
fn labels_are_spread_and_stay_inside() {
    assert_eq!(spread(&[(50.0, 20.0), (100.0, 20.0)], 0.0, 200.0, 4.0), [40.0, 90.0]);
    assert_eq!(spread(&[(50.0, 20.0), (51.0, 20.0), (52.0, 20.0)], 0.0, 200.0, 4.0), [40.0, 64.0, 88.0]);
    assert_eq!(spread(&[(190.0, 40.0), (199.0, 40.0)], 0.0, 200.0, 4.0), [116.0, 160.0]);
    assert_eq!(spread(&[(0.0, 40.0)], 0.0, 200.0, 4.0), [0.0]);
}

#[test]
fn the_cursor_moves_grows_and_stops_at_the_ends() {
    let view = view(4_000, 0);
    let chart = Chart::new(ChartKind::Heatmap, figures(&view, &[]), FRAME).unwrap();
    let start = Cursor::start(&chart);
    let most = view.heat.iter().map(|cell| cell.count).max().unwrap();
    assert_eq!(chart.counted(start.cells()).0, most);
    let grown = start.moved(&chart, Move::By(1, 0), true).moved(&chart, Move::By(0, -1), true);
    assert_eq!(grown.anchor, start.anchor);
    let size = grown.cells();
    assert_eq!((size.x.1 - size.x.0, size.y.1 - size.y.0), (1, 1));
    assert!(grown.moved(&chart, Move::By(1, 0), false).cells().is_one());
    assert_eq!(start.moved(&chart, Move::By(-99, 99), false).head, (0, 31));
    assert_eq!(start.moved(&chart, Move::Last, false).head.0, 29);
    assert_eq!(start.moved(&chart, Move::First, false).head.0, 0);
}

fn plain(text: &str) -> String {
    text.replace([UNIT_SPACE, '\u{202f}'], " ")
}

#[test]
fn readouts_and_summaries_say_what_is_drawn() {
    let view = view(4_000, 3);
    let names = names(&view);
    let mut said = Vec::new();
    for by_group in [false, true] {
        let mut view = view.clone();
        if !by_group {
            view.groups.clear();
        }
        for (kind, name) in KINDS {
            let chart = Chart::new(kind, figures(&view, &names), FRAME).unwrap();
            said.push(format!("{name}: {}", plain(&summary(&chart))));
            said.push(format!("  {}", plain(&chart.readout(chart.busiest()).words())));
            let region = Cells::one(14, 0).with(Cells::one(18, chart.rows() - 1));
            said.push(format!("  {}", plain(&chart.readout(region).words())));
        }
    }
    let mut broken = Vec::new();
    check_golden("words.txt", &format!("{}\n", said.join("\n")), &mut broken);
    assert!(broken.is_empty(), "\n{}\n{}", broken.join("\n"), said.join("\n"));
}

#[test]
fn csv_has_all_figures_exactly() {
    let view = view(4_000, 3);
    let names = names(&view);
    for (kind, name) in KINDS {
        let chart = Chart::new(kind, figures(&view, &names), FRAME).unwrap();
        let text = chart_csv(&chart);
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "{name}");
        let mut lines = text.lines();
        let heads: Vec<&str> = lines.next().unwrap().split(',').collect();
        let count = heads.iter().position(|head| *head == "count").unwrap();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        assert!(rows.iter().all(|row| row.len() == heads.len()), "{name}");
        let sum = |group: Option<&str>| -> u64 {
            rows.iter()
                .filter(|row| group.is_none_or(|group| row[0] == group))
                .map(|row| row[count].parse::<u64>().unwrap())
                .sum()
        };
        if kind == ChartKind::Heatmap {
            assert_eq!(sum(None), 4_000);
        } else {
            assert_eq!(sum(Some("all")), 4_000, "{name}");
            assert_eq!(sum(Some("service-0")) + sum(Some("service-1")) + sum(Some("service-2")), 4_000, "{name}");
        }
    }
    assert_eq!(record(["a", "b,c", "d \"e\"", "f\ng", ""]), "a,\"b,c\",\"d \"\"e\"\"\",\"f\ng\",\r\n");
}

#[test]
fn rates_are_in_the_unit_that_fits() {
    const SECOND: u64 = 1_000_000_000;
    for (count, nanos, expected) in [
        (0, 0, "–"),
        (100, SECOND, "100/s"),
        (12_345, SECOND, "12345/s"),
        (125, 10 * SECOND, "12.5/s"),
        (125, 100 * SECOND, "1.25/s"),
        (50, 100 * SECOND, "30.0/min"),
        (1, 3_600 * SECOND, "1.00/h"),
        (0, SECOND, "0.00/h"),
    ] {
        assert_eq!(rate_words(count, nanos).replace('\u{202f}', ""), expected);
    }
    assert_eq!(rate_words_like(3, 3_600 * SECOND, 3_600), "<\u{a0}0.01/s");
    assert_eq!(rate_words_like(90, 3_600 * SECOND, 60), "1.50/min");
    assert!(rate_words(u64::MAX, 1).ends_with("/s"));
}

#[test]
fn colors_are_mixed_along_a_ramp() {
    let stops = [(0, 0, 0), (100, 50, 200), (200, 100, 0)];
    for (share, expected) in
        [(-1.0, (0, 0, 0)), (0.25, (50, 25, 100)), (0.5, (100, 50, 200)), (1.0, (200, 100, 0)), (9.0, (200, 100, 0))]
    {
        assert_eq!(ramp(&stops, share), expected);
    }
    assert_eq!(ramp(&[], 0.5), (0, 0, 0));
    assert_eq!(ramp(&stops, f64::NAN), (0, 0, 0));
}

/// Whatever the engine may answer, something is drawn, or nothing: never a panic.
#[test]
fn odd_figures_are_drawn_all_the_same() {
    let odd = |edges: Vec<u64>, start: u64, step: u64, n_bins: u32, duration: u64| {
        let n = edges.len().saturating_sub(1);
        let stats =
            Stats { calls: 1, p50: duration, p90: duration, p95: duration, p99: duration, max: duration, ..Stats::default() };
        let bin = TimeBin { count: 1, errors: 0, p50: duration, p90: duration, p95: duration, p99: duration };
        let over_time = (0..n_bins).map(|at| if at == 0 { bin } else { TimeBin::default() }).collect();
        let all = LatencyGroup { stats, counts: vec![1; n], errors: vec![0; n], over_time, ..LatencyGroup::default() };
        let heat =
            vec![HeatCell { time: 0, duration: 0, count: 1, errors: 1 }, HeatCell { time: 9, duration: 99, count: 0, errors: 0 }];
        LatencyView { start, step, n_bins, edges, all, heat, ..LatencyView::default() }
    };
    let views = [
        LatencyView::default(),
        odd(vec![0, 1], 0, 1, 1, 0),
        odd(vec![0, u64::MAX], u64::MAX, u64::MAX, 3, u64::MAX),
        odd(vec![5, 5, 5], u64::MAX - 3, 1, 2, 5),
        odd(vec![7], 0, 1, 1, 7),
        odd(vec![1_000_000, 1_100_000], START, 1, 4_000, 1_050_000),
    ];
    let mut n_drawn = 0;
    for view in &views {
        for (kind, _) in KINDS {
            for (width, height) in [(0, 0), (90, 90), (400, 200), (4_000, 100)] {
                for offset_minutes in [-720, 0, 840] {
                    let frame = Frame { width, height, top: 0, bottom: 0, offset_minutes };
                    let Some(chart) = Chart::new(kind, figures(view, &[]), frame) else { continue };
                    let drawn = svg(&chart, &Heading::default(), &look(), &measure).unwrap();
                    assert!(drawn.starts_with("<svg"));
                    let cells = Cursor::start(&chart).moved(&chart, Move::Last, true).cells();
                    let words = [chart.readout(cells).words(), summary(&chart), chart_csv(&chart)].concat();
                    assert!(!words.is_empty());
                    n_drawn += 1;
                }
            }
        }
    }
    assert!(n_drawn > 50, "{n_drawn}");
    assert!(Chart::new(ChartKind::Rate, figures(&views[0], &[]), FRAME).is_none());
}

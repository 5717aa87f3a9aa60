//! The service map's geometry: views in, pictures and figures as text out.

use std::collections::BTreeMap;

use spanwise::protocol::{MapEdge, MapNode, MapView, NodeId, NodeKind, Stats};
use spanwise::scene::map_view::{
    Curve, Direction, Figure, LabelBox, MapScene, Offsets, Paint, Palette, RateUnit, Scale, Shape, Viewport, ZOOM_MAX, ZOOM_MIN,
    brief_duration, edge_name, edges_csv, fitted, map_svg, next_in, nodes_csv, place_labels, rate, text_width,
};

use super::generate::Random;

const MS: u64 = 1_000_000;

fn stats(calls: u64, errors: u64, p95: u64) -> Stats {
    Stats { calls, errors, p50: p95 / 2, p90: p95, p95, p99: p95, min: 1, max: p95, total: calls * p95, self_time: calls }
}

fn node(kind: NodeKind, name: &str, (x, y): (f64, f64), stats: Stats) -> MapNode {
    let service = (kind == NodeKind::Service).then_some(0);
    let id = NodeId { kind, name: name.to_owned() };
    MapNode { id, service, detail: String::new(), x, y, width: 120.0, height: 32.0, spans: stats.calls, stats }
}

/// From the right of one box to the left of another, as the layout draws it.
fn edge(view: &MapView, from: u32, to: u32, stats: Stats) -> MapEdge {
    let (a, b) = (&view.nodes[from as usize], &view.nodes[to as usize]);
    let (start, end) = ((a.x + 60.0, a.y), (b.x - 60.0, b.y));
    let middle = f64::midpoint(start.0, end.0);
    let path = vec![start, (middle, start.1), (middle, end.1), end];
    MapEdge { from, to, stats, is_messaging: false, is_back: false, path }
}

/// A caller, two services and a database; the last call of three fails.
fn shop() -> MapView {
    let mut view = MapView {
        nodes: vec![
            node(NodeKind::Service, "cart", (360.0, 40.0), stats(100, 0, 20 * MS)),
            node(NodeKind::Service, "frontend", (100.0, 100.0), stats(400, 4, 80 * MS)),
            node(NodeKind::Database, "redis", (620.0, 40.0), stats(25, 5, 2 * MS)),
        ],
        width: 700.0,
        height: 160.0,
        from: 1_700_000_000_000_000_000,
        to: 1_700_000_010_000_000_000,
        all_nodes: 3,
        spans: 525,
        ..MapView::default()
    };
    let edges = vec![edge(&view, 1, 0, stats(100, 0, 20 * MS)), edge(&view, 0, 2, stats(25, 5, 2 * MS))];
    view.edges = edges;
    view
}

const BY_CALLS: Shape = Shape { size: Some(Figure::Calls), color: None };

fn scene(view: &MapView, shape: Shape) -> MapScene {
    MapScene::new(view, shape, &Offsets::default(), &|_| 3)
}

#[test]
fn areas_grow_with_the_figure_and_the_largest_is_the_most() {
    let view = shop();
    let scene = scene(&view, BY_CALLS);
    let [cart, frontend, redis] = [0, 1, 2].map(|at: usize| scene.nodes[at].radius);
    assert!(frontend > cart && cart > redis, "{frontend} {cart} {redis}");
    // A quarter of the calls is half of the radius, above the least.
    let least = 0.42 * frontend;
    assert!(((cart - least) / (frontend - least) - 0.5).abs() < 1e-9);
    assert!((scene.edges[0].width / 4.5 - 1.0).abs() < 1e-9);
    assert_eq!(scene.node_size.unwrap().largest(), "400");
    assert_eq!(scene.nodes[1].paint, Paint::Service(3));
    assert_eq!(scene.nodes[2].paint, Paint::Plain);
}

#[test]
fn levels_of_color_say_little_and_much() {
    let all = [stats(0, 0, 0), stats(10, 0, MS), stats(10, 0, 10 * MS), stats(10, 0, 100 * MS)];
    let scale = Scale::over(Figure::P95, all.iter());
    assert_eq!(all.map(|stats| scale.level(&stats)), [0, 1, 3, 5]);
    assert_eq!(scale.ends(), ("1.000\u{a0}ms".to_owned(), "100.0\u{a0}ms".to_owned()));
    let shares = [(100, 0), (1000, 1), (100, 1), (100, 5), (100, 20), (100, 50), (100, 100)];
    let scale = Scale::over(Figure::ErrorShare, all.iter());
    assert_eq!(shares.map(|(calls, errors)| scale.level(&stats(calls, errors, 1))), [0, 1, 2, 3, 4, 5, 5]);
    // All alike: all the most of a color, none large; nothing at all: none.
    let same = [stats(7, 0, MS); 3];
    let alike = Scale::over(Figure::Calls, same.iter());
    assert_eq!((alike.level(&same[0]), alike.size(&same[0]).to_bits()), (5, 0.5_f64.to_bits()));
    let none = Scale::over(Figure::Calls, [].iter());
    assert_eq!((none.level(&stats(0, 0, 0)), none.size(&stats(0, 0, 0)).to_bits()), (0, 0.0_f64.to_bits()));
}

#[test]
fn figures_of_any_size_give_sizes_levels_and_words() {
    let mut random = Random::new(7);
    let mut figure = || match random.below(4) {
        0 => 0,
        1 => random.below(1000),
        2 => u64::MAX - random.below(3),
        _ => random.below(u64::MAX),
    };
    for _ in 0..500 {
        let all: Vec<Stats> = (0..5)
            .map(|_| Stats {
                calls: figure(),
                errors: figure(),
                p95: figure(),
                total: figure(),
                self_time: figure(),
                ..Stats::default()
            })
            .collect();
        for shown in [Figure::Calls, Figure::ErrorShare, Figure::P95, Figure::Total, Figure::SelfTime] {
            let scale = Scale::over(shown, all.iter());
            for stats in &all {
                assert!((0.0..=1.0).contains(&scale.size(stats)), "{shown:?} {stats:?}");
                assert!(scale.level(stats) <= 5);
            }
            assert!(!scale.largest().is_empty() && !scale.ends().0.is_empty());
        }
    }
}

#[test]
fn an_edge_ends_before_the_box_with_room_for_its_head() {
    let from = LabelBox { x: 0.0, y: 0.0, width: 100.0, height: 30.0 };
    let to = LabelBox { x: 300.0, y: 50.0, width: 100.0, height: 30.0 };
    let path = [(50.0, 0.0), (150.0, 0.0), (150.0, 50.0), (250.0, 50.0)];
    let curve = Curve::new(&path, &from, &to, ((0.0, 0.0), (0.0, 0.0)), 8.0);
    assert_eq!(curve.outline(), "M50.0 0.0C150.0 0.0 150.0 50.0 240.0 50.0");
    assert_eq!(curve.head(8.0, 3.0), "M248.0 50.0L240.0 53.0L242.0 50.0L240.0 47.0Z");
    // Dragging an end bends the line along and leaves the other end where it was.
    let dragged = Curve::new(&path, &from, &to, ((0.0, 0.0), (30.0, -50.0)), 8.0);
    assert_eq!(dragged.outline(), "M50.0 0.0C160.0 -16.7 170.0 16.7 270.1 1.5");
    // A last part that is shorter than the head becomes one with the part before it: the line never turns back.
    let short = [(50.0, 0.0), (140.0, 0.0), (140.0, 50.0), (246.0, 50.0), (247.0, 50.0), (249.0, 50.0), (250.0, 50.0)];
    let curve = Curve::new(&short, &from, &to, ((0.0, 0.0), (0.0, 0.0)), 8.0);
    assert_eq!(curve.outline(), "M50.0 0.0C140.0 0.0 144.0 50.0 240.0 50.0");
    assert_eq!(curve.head(8.0, 3.0), "M248.0 50.0L240.0 53.0L242.0 50.0L240.0 47.0Z");
    // Nor does it where the last part is a little longer.
    let longer = [(50.0, 0.0), (140.0, 0.0), (140.0, 50.0), (223.0, 50.0), (232.0, 50.0), (241.0, 50.0), (250.0, 50.0)];
    let curve = Curve::new(&longer, &from, &to, ((0.0, 0.0), (0.0, 0.0)), 8.0);
    assert_eq!(curve.outline(), "M50.0 0.0C140.0 0.0 140.0 50.0 223.0 50.0C232.0 50.0 231.0 50.0 240.0 50.0");
    assert_eq!(curve.head(8.0, 3.0), "M248.0 50.0L240.0 53.0L242.0 50.0L240.0 47.0Z");
    // What is no line becomes one.
    for broken in [&path[..0], &path[..3], &[(f64::NAN, 0.0); 4]] {
        let curve = Curve::new(broken, &from, &to, ((0.0, 0.0), (0.0, 0.0)), 8.0);
        assert_eq!(curve.outline(), "M50.0 0.0C150.0 0.0 150.0 50.0 240.0 50.0");
    }
}

/// The nearest of many points of the curve, by its formula.
fn naive_distance(points: &[(f64, f64); 4], to: (f64, f64)) -> f64 {
    let at = |t: f64| {
        let u = 1.0 - t;
        let mix = |of: fn(&(f64, f64)) -> f64| {
            u.powi(3) * of(&points[0])
                + 3.0 * u * u * t * of(&points[1])
                + 3.0 * u * t * t * of(&points[2])
                + t.powi(3) * of(&points[3])
        };
        (mix(|point| point.0), mix(|point| point.1))
    };
    (0..=2000).map(|step| at(f64::from(step) / 2000.0)).map(|(x, y)| (x - to.0).hypot(y - to.1)).fold(f64::INFINITY, f64::min)
}

#[test]
fn distances_to_a_curve_are_those_of_its_formula() {
    let mut random = Random::new(11);
    let mut number = || random.below(4000) as f64 / 10.0;
    for _ in 0..200 {
        let path = [(number(), number()), (number(), number()), (number(), number()), (number(), number())];
        let point = (number(), number());
        let nowhere = LabelBox::default();
        // Without a head only the gap is missing at the end.
        let curve = Curve::new(&path, &nowhere, &nowhere, ((0.0, 0.0), (0.0, 0.0)), 0.0);
        let (naive, found) = (naive_distance(&path, point), curve.distance(point));
        assert!((naive - found).abs() < 12.0, "{path:?} {point:?}: {naive} {found}");
        let (left, top, right, bottom) = curve.bounds();
        for share in [0.0, 0.3, 0.5, 1.0] {
            let (x, y) = curve.at(share);
            assert!((left - 1e-6..=right + 1e-6).contains(&x) && (top - 1e-6..=bottom + 1e-6).contains(&y));
        }
    }
}

#[test]
fn a_pointer_meets_the_nearest_edge_within_reach() {
    let view = shop();
    let scene = scene(&view, BY_CALLS);
    let (x, y) = scene.edges[1].curve.at(0.5);
    assert_eq!(scene.edge_near((x, y + 3.0), 6.0), Some(1));
    let (x, y) = scene.edges[0].curve.at(0.4);
    assert_eq!(scene.edge_near((x, y), 6.0), Some(0));
    assert_eq!(scene.edge_near((360.0, 150.0), 6.0), None);
    assert_eq!(scene.edges_of(0).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_dragged_node_takes_its_edges_along_and_no_others() {
    let view = shop();
    let mut dragged = scene(&view, BY_CALLS);
    let before = dragged.clone();
    let mut offsets: Offsets = BTreeMap::new();
    offsets.insert(view.nodes[2].id.clone(), (40.0, 60.0));
    assert_eq!(dragged.dragged(&view, 2, &offsets), [1]);
    assert_eq!(dragged.edges[0], before.edges[0]);
    assert_ne!(dragged.edges[1], before.edges[1]);
    // Drawn anew, it is the same.
    assert_eq!(dragged, MapScene::new(&view, BY_CALLS, &offsets, &|_| 3));
}

#[test]
fn labels_stand_clear_of_nodes_and_of_each_other() {
    let mut random = Random::new(5);
    let mut number = |most: u64| random.below(most) as f64;
    let mut picks = Random::new(6);
    let mut pick = || usize::try_from(picks.below(12)).unwrap();
    let mut n_placed = 0;
    for _ in 0..60 {
        let nodes: Vec<LabelBox> =
            (0..12).map(|_| LabelBox { x: number(900), y: number(600), width: 90.0, height: 32.0 }).collect();
        let curves: Vec<Curve> = (0..15)
            .map(|_| {
                let (a, b) = (&nodes[pick()], &nodes[pick()]);
                Curve::new(&[], a, b, ((0.0, 0.0), (0.0, 0.0)), 8.0)
            })
            .collect();
        let placed = place_labels(curves.iter().map(|curve| (curve, 80.0)), &nodes);
        assert_eq!(placed.len(), curves.len());
        let found: Vec<LabelBox> = placed.into_iter().flatten().collect();
        n_placed += found.len();
        for (at, label) in found.iter().enumerate() {
            assert!(!nodes.iter().any(|node| node.meets(label)));
            assert!(!found[..at].iter().any(|other| other.meets(label)));
        }
    }
    assert!(n_placed > 100, "{n_placed}");
}

#[test]
fn names_are_cut_in_the_middle_to_what_fits() {
    assert_eq!(fitted("checkout", 100.0), "checkout");
    assert_eq!(fitted("recommendation-service-eu-west", 110.0), "recommend…west");
    assert_eq!(fitted("two\nlines\t", 100.0), "two lines ");
    for (text, width) in
        [("", 0.0), ("a", 0.0), ("名前のとても長いサービス", 60.0), ("🛒🛒🛒🛒🛒🛒", 50.0), (&"x".repeat(100_000), 80.0)]
    {
        let cut = fitted(text, width);
        assert!(cut == "…" || text_width(&cut) <= width, "{cut} in {width}");
        assert!(cut.chars().count() <= 400);
    }
}

#[test]
fn arrow_keys_go_to_the_nearest_that_way() {
    let points = [(0.0, 0.0), (100.0, 10.0), (60.0, 90.0), (-50.0, 0.0), (0.0, 200.0), (0.0, 0.0)];
    assert_eq!(next_in(&points, 0, Direction::Right), Some(1));
    assert_eq!(next_in(&points, 0, Direction::Left), Some(3));
    assert_eq!(next_in(&points, 0, Direction::Down), Some(4));
    assert_eq!(next_in(&points, 0, Direction::Up), None);
    assert_eq!(next_in(&points, 4, Direction::Up), Some(0));
    assert_eq!(next_in(&points, 9, Direction::Up), None);
}

#[test]
fn zooming_keeps_what_is_under_the_pointer() {
    let port = Viewport::fit((0.0, 0.0, 1000.0, 500.0), 800.0, 600.0);
    let ((left, top), (right, bottom)) = (port.screen_from_map((0.0, 0.0)), port.screen_from_map((1000.0, 500.0)));
    assert!(left >= 0.0 && top >= 0.0 && right <= 800.0 && bottom <= 600.0);
    let mut random = Random::new(3);
    let mut zoomed = port;
    for _ in 0..300 {
        let at = (random.below(800) as f64, random.below(600) as f64);
        let before = zoomed.map_from_screen(at);
        zoomed = zoomed.zoomed(0.5 + random.below(200) as f64 / 100.0, at);
        let after = zoomed.map_from_screen(at);
        assert!((before.0 - after.0).abs() < 1e-6 && (before.1 - after.1).abs() < 1e-6);
        assert!((ZOOM_MIN..=ZOOM_MAX).contains(&zoomed.zoom));
    }
    assert_eq!(port.zoomed(f64::NAN, (1.0, 1.0)).zoom.to_bits(), port.zoom.to_bits());
    // However far it is thrown, a part of it stays on the screen.
    for throw in [(1e9, 0.0), (-1e9, 1e9), (0.0, -1e9)] {
        let kept = port.panned(throw.0, throw.1).kept((0.0, 0.0, 1000.0, 500.0), 800.0, 600.0);
        let ((left, top), (right, bottom)) = (kept.screen_from_map((0.0, 0.0)), kept.screen_from_map((1000.0, 500.0)));
        assert!(left < 800.0 && top < 600.0 && right > 0.0 && bottom > 0.0, "{kept:?}");
    }
    assert_eq!(Viewport { zoom: 1.5, x: 2.0, y: -3.25 }.transform(), "translate(2.00 -3.25) scale(1.5000)");
}

#[test]
fn rates_and_durations_are_short() {
    let second = 1_000_000_000;
    let rates: Vec<_> =
        [(0, second), (5, 2 * second), (30, 600 * second), (1, 86_400 * second), (1_234_567, second), (1, 400_000 * second)]
            .map(|(calls, nanos)| rate(calls, nanos).unwrap())
            .into();
    assert_eq!(rates, ["0/h", "2.50/s", "3.00/min", "0.04/h", "1.23M/s", "<\u{a0}0.01/h"]);
    assert_eq!(rate(5, 0), None);
    // Side by side all are written per the same.
    let unit = RateUnit::for_most(600, 300 * second);
    assert_eq!([600, 5, 0].map(|calls| unit.rate(calls).unwrap()), ["2.00/s", "0.02/s", "0/s"]);
    let brief: Vec<_> =
        [0, 999, 1_000, 9_949_000, 9_951_000, 12_400_000, 1_500_000_000, 600_000_000_000, u64::MAX].map(brief_duration).into();
    assert_eq!(brief.join("|").replace('\u{a0}', " "), "0 ns|999 ns|1.0 µs|9.9 ms|10 ms|12 ms|1.5 s|10 min|307445735 min");
}

#[test]
fn tables_are_csv_with_exact_numbers() {
    let mut view = shop();
    view.nodes[0].id.name = "say \"hi\", \r\n=1".to_owned();
    view.nodes[0].stats.total = u64::MAX;
    let nodes = nodes_csv(&view);
    let mut lines = nodes.split("\r\n");
    assert_eq!(
        lines.next().unwrap(),
        "kind,name,detail,spans,calls,errors,p50_ns,p90_ns,p95_ns,p99_ns,min_ns,max_ns,total_ns,self_ns,from_unix_ns,to_unix_ns"
    );
    assert_eq!(lines.next().unwrap(), "service,\"say \"\"hi\"\", ");
    assert_eq!(
        lines.next().unwrap(),
        "=1\",,100,100,0,10000000,20000000,20000000,20000000,1,20000000,18446744073709551615,100,1700000000000000000,1700000010000000000"
    );
    let edges = edges_csv(&view);
    assert!(edges.ends_with("\r\n"));
    assert_eq!(edges.split("\r\n").last(), Some(""));
    assert!(edges.contains("service,frontend,service,\"say"));
}

fn palette() -> Palette {
    let name = |text: &str| text.to_owned();
    Palette {
        ground: name("GROUND"),
        card: name("CARD"),
        border: name("BORDER"),
        ink: name("INK"),
        muted: name("MUTED"),
        line: name("LINE"),
        plain: name("PLAIN"),
        icon: name("ICON"),
        error: name("ERROR"),
        services: vec![name("S0"), name("S1"), name("S2"), name("S3")],
        levels: vec![name("L0")],
    }
}

/// Compares with a file under `tests/golden`. `UPDATE_GOLDEN=1` writes it anew.
fn check_golden(name: &str, text: &str) {
    let path = super::source::root().join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} differs; UPDATE_GOLDEN=1 writes it anew. It is now:\n{text}");
}

#[test]
fn the_saved_picture_stands_alone() {
    let mut view = shop();
    view.edges[0].is_messaging = true;
    let (text, size) = map_svg(&scene(&view, BY_CALLS), &palette(), "3 nodes & 2 edges");
    check_golden("scene/map.svg", &text);
    assert_eq!(size, (704.0, 184.0));
    view.nodes[0].id.name = "<script>\u{1}&\"".to_owned();
    let (text, _) = map_svg(&scene(&view, BY_CALLS), &palette(), "</svg>");
    assert!(text.contains("&lt;script&gt; &amp;&quot;") && !text.contains("<script"));
    assert_eq!(text.matches("</svg>").count(), 1);
    // Nothing to draw is a picture too.
    let (text, _) = map_svg(&MapScene::default(), &palette(), "nothing");
    assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
}

#[test]
fn edges_are_named_by_their_ends() {
    let view = shop();
    assert_eq!(view.edges.iter().map(|edge| edge_name(&view, edge)).collect::<Vec<_>>(), ["frontend→cart", "cart→redis"]);
}

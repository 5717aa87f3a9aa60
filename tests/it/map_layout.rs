//! The service map's layout: nothing overlaps, the same graph is the same picture, and the work has a bound.

use spanwise::scene::map_layout::{BoxSize, LAYOUT_STEPS, Layout, LayoutGraph, box_size, layout};

use crate::analysis::Random;

fn graph(names: &[&str], edges: &[(u32, u32)]) -> LayoutGraph {
    LayoutGraph { boxes: names.iter().map(|name| box_size(name, "")).collect(), edges: edges.to_vec() }
}

/// A mesh of services as they are: few in front, each calls some that come later, now and then one that came before.
fn mesh(n: u64, seed: u64) -> LayoutGraph {
    let mut random = Random(seed);
    let mut edges = Vec::new();
    for from in 0..n {
        for _ in 0..=random.below(3) {
            let is_back = random.below(20) == 0;
            let to = if is_back { random.below(from + 1) } else { (from + 1 + random.below(n / 4 + 2)).min(n - 1) };
            let edge = (u32::try_from(from).unwrap(), u32::try_from(to).unwrap());
            if !edges.contains(&edge) {
                edges.push(edge);
            }
        }
    }
    let boxes = (0..n).map(|node| box_size(&"service".repeat(1 + usize::try_from(node % 4).unwrap()), "")).collect();
    LayoutGraph { boxes, edges }
}

/// The left, top, right and bottom of a box.
fn sides(layout: &Layout, sizes: &[BoxSize], at: usize) -> (f64, f64, f64, f64) {
    let ((x, y), size) = (layout.middles[at], sizes[at]);
    (x - size.width / 2.0, y - size.height / 2.0, x + size.width / 2.0, y + size.height / 2.0)
}

/// Boxes do not overlap and are inside the picture; lines begin and end at their boxes.
fn check_layout(graph: &LayoutGraph, layout: &Layout) {
    let all: Vec<_> = (0..graph.boxes.len()).map(|at| sides(layout, &graph.boxes, at)).collect();
    for (at, a) in all.iter().enumerate() {
        assert!(a.0 >= 0.0 && a.1 >= 0.0 && a.2 <= layout.width && a.3 <= layout.height, "{a:?} is outside");
        for b in &all[..at] {
            assert!(a.2 < b.0 || b.2 < a.0 || a.3 < b.1 || b.3 < a.1, "{a:?} and {b:?} overlap");
        }
    }
    for ((&(from, to), path), &is_back) in graph.edges.iter().zip(&layout.paths).zip(&layout.is_back) {
        assert!(path.len() >= 4 && path.len() % 3 == 1, "{path:?} is no row of curves");
        let (first, last) = (path[0], path[path.len() - 1]);
        let (a, b) = (all[from as usize], all[to as usize]);
        if from == to {
            let is_top = |y: f64| (y - a.1).abs() < 0.01;
            assert!(is_top(first.1) && is_top(last.1) && path.iter().all(|point| point.1 >= 0.0), "{path:?} leaves {a:?}");
        } else {
            let (out, into) = if is_back { (a.0, b.2) } else { (a.2, b.0) };
            assert!((first.0 - out).abs() < 0.01 && (last.0 - into).abs() < 0.01, "{path:?} from {a:?} to {b:?}");
            assert!(a.1 < first.1 && first.1 < a.3 && b.1 < last.1 && last.1 < b.3, "{path:?} from {a:?} to {b:?}");
        }
    }
}

/// A point of each line's curves every few pixels, but for its ends.
fn points(path: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for curve in 0..path.len() / 3 {
        let handles = [0, 1, 2, 3].map(|at| path[curve * 3 + at]);
        for step in 1..16 {
            let far = f64::from(step) / 16.0;
            let near = 1.0 - far;
            let shares = [near * near * near, 3.0 * near * near * far, 3.0 * near * far * far, far * far * far];
            let sum = |axis: fn(&(f64, f64)) -> f64| handles.iter().zip(shares).map(|(handle, share)| axis(handle) * share).sum();
            points.push((sum(|handle| handle.0), sum(|handle| handle.1)));
        }
    }
    points
}

/// Lines do not run over boxes of others.
fn check_lines(graph: &LayoutGraph, layout: &Layout) {
    for (&(from, to), path) in graph.edges.iter().zip(&layout.paths) {
        for at in 0..graph.boxes.len() {
            if at == from as usize || at == to as usize {
                continue;
            }
            let (left, top, right, bottom) = sides(layout, &graph.boxes, at);
            let over = points(path).into_iter().find(|&(x, y)| left < x && x < right && top < y && y < bottom);
            assert!(over.is_none(), "{from} → {to} runs over {at} at {over:?}");
        }
    }
}

#[test]
fn callers_stand_left_of_callees() {
    let graph = graph(&["user", "frontend", "cart", "redis"], &[(0, 1), (1, 2), (2, 3), (1, 3)]);
    let layout = layout(&graph, LAYOUT_STEPS);
    check_layout(&graph, &layout);
    check_lines(&graph, &layout);
    let lines: Vec<String> = layout.middles.iter().map(|(x, y)| format!("{x} {y}")).collect();
    assert_eq!(lines, ["76 71", "270 71", "464 48", "648 73"].map(str::to_owned).to_vec());
    assert_eq!(layout.is_back, [false; 4]);
    assert!(!layout.hurried);
}

#[test]
fn cycles_and_self_calls_are_drawn() {
    let graph = graph(&["a", "b", "c"], &[(0, 0), (0, 1), (1, 2), (2, 0), (1, 1)]);
    let layout = layout(&graph, LAYOUT_STEPS);
    check_layout(&graph, &layout);
    assert_eq!(layout.is_back, [false, false, false, true, false]);
}

#[test]
fn there_and_back_are_two_lines() {
    let graph = graph(&["a", "b"], &[(0, 1), (1, 0)]);
    let layout = layout(&graph, LAYOUT_STEPS);
    check_layout(&graph, &layout);
    let distance = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let (there, back) = (points(&layout.paths[0]), points(&layout.paths[1]));
    assert!(there.iter().all(|&a| back.iter().all(|&b| distance(a, b) > 4.0)), "{there:?} and {back:?} lie on each other");
}

#[test]
fn parts_are_packed_side_by_side() {
    let names = ["a"; 40];
    let graph = graph(&names, &[(0, 1), (2, 3)]);
    let layout = layout(&graph, LAYOUT_STEPS);
    check_layout(&graph, &layout);
    assert!(layout.width < layout.height * 4.0 && layout.height < layout.width * 2.0, "{} × {}", layout.width, layout.height);
}

#[test]
fn nothing_is_a_picture_too() {
    assert_eq!(layout(&LayoutGraph::default(), LAYOUT_STEPS), Layout::default());
}

#[test]
fn no_two_boxes_overlap_and_lines_go_around() {
    for seed in 0..60 {
        let graph = mesh(1 + seed % 47, seed);
        let layout = layout(&graph, LAYOUT_STEPS);
        check_layout(&graph, &layout);
        check_lines(&graph, &layout);
        assert!(!layout.hurried, "seed {seed}");
    }
}

#[test]
fn the_same_graph_is_the_same_picture() {
    let graph = mesh(120, 7);
    assert_eq!(layout(&graph, LAYOUT_STEPS), layout(&graph, LAYOUT_STEPS));
}

#[test]
fn a_picture_in_a_hurry_is_whole() {
    let graph = mesh(120, 7);
    let hurried = layout(&graph, 1);
    check_layout(&graph, &hurried);
    check_lines(&graph, &hurried);
    assert!(hurried.hurried);
}

#[test]
fn a_mesh_of_1200_services_is_laid_out_within_the_budget() {
    let graph = mesh(1200, 3);
    let n_back = graph.edges.iter().filter(|(from, to)| to <= from).count();
    assert!(n_back > 30, "only {n_back} edges close cycles");
    #[expect(clippy::disallowed_methods, reason = "a clock, for whoever reads the output; nothing is decided by it")]
    let begin = std::time::Instant::now();
    let layout = layout(&graph, LAYOUT_STEPS);
    println!("{} edges, {} steps, {:?}", graph.edges.len(), layout.steps, begin.elapsed());
    assert!(!layout.hurried && layout.steps < LAYOUT_STEPS, "{} steps", layout.steps);
    check_layout(&graph, &layout);
    // Of the edges that had to be turned, none was turned without need.
    assert!(layout.is_back.iter().filter(|is_back| **is_back).count() <= n_back);
}

#[test]
fn shapes_of_bad_will_end_too() {
    let star: Vec<(u32, u32)> = (1..1500).map(|to| (0, to)).collect();
    let chain: Vec<(u32, u32)> = (1..1500).map(|to| (to - 1, to)).collect();
    let ring: Vec<(u32, u32)> = (0..1500).map(|at| (at, (at + 1) % 1500)).collect();
    let dense: Vec<(u32, u32)> = (0..100).flat_map(|from| (0..100).map(move |to| (from, to))).collect();
    for edges in [star, chain, ring, dense] {
        let n = edges.iter().map(|edge| edge.0.max(edge.1) + 1).max().unwrap();
        let graph = LayoutGraph { boxes: vec![BoxSize { width: 100.0, height: 32.0 }; n as usize], edges };
        check_layout(&graph, &layout(&graph, LAYOUT_STEPS));
    }
    // An edge out of nowhere is drawn nowhere.
    let graph = LayoutGraph { boxes: vec![BoxSize { width: 100.0, height: 32.0 }], edges: vec![(0, 7)] };
    assert_eq!(layout(&graph, LAYOUT_STEPS).paths, [Vec::new()]);
}

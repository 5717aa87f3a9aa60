//! The service map's layout: boxes in layers from left to right, callers before callees, and lines that go around them.
//!
//! In steps, each its own file, after Sugiyama, Tagawa and Toda ("Methods for Visual Understanding of Hierarchical System
//! Structures", 1981):
//! 1. `layers`: edges that close cycles are turned around (Eades, Lin and Smyth's heuristic), then each node gets a layer.
//! 2. `crossings`: long edges get a bend in each layer that they pass; layers are put in an order with few crossings.
//! 3. `place`: each layer's boxes and bends are drawn towards their neighbors, as near as order and sizes allow.
//! 4. `lines`: edges become cubic Bézier curves between the layers, and straight lines within them.
//!
//! What is not connected is laid out by itself and packed onto shelves. The same graph gives the same picture; work is counted,
//! so where it stops does not depend on the machine. Nothing recurses.

mod crossings;
mod layers;
mod lines;
mod place;

use crate::base::{Column, len_u32, sort_few};

/// Work that saving crossings may take, in visits of a node or an edge: about a second's.
pub const LAYOUT_STEPS: u64 = 12_000_000;

/// Room between boxes above one another; the loop of a self-call fits in.
const ROW_GAP: f64 = 24.0;
/// Room between bends above one another.
const BEND_GAP: f64 = 10.0;
/// Room between layers, for curves.
const LAYER_GAP: f64 = 96.0;
/// Room around the picture, and between parts of it that are not connected.
const MARGIN: f64 = 32.0;
/// How wide the picture is to be, in terms of its height, as far as packing decides.
const ASPECT: f64 = 1.6;

crate::define_index!(
    /// A box.
    pub BoxIdx
);

/// A box's size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxSize {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// What is laid out.
#[derive(Clone, Debug, Default)]
pub struct LayoutGraph {
    /// The boxes. Their order decides wherever nothing else does.
    pub boxes: Vec<BoxSize>,
    /// Edges: each pair at most once.
    pub edges: Vec<(u32, u32)>,
}

/// A layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Middles of the boxes.
    pub middles: Vec<(f64, f64)>,
    /// Lines of the edges: a point, then three for each cubic Bézier curve.
    pub paths: Vec<Vec<(f64, f64)>>,
    /// Whether each edge runs against the layers.
    pub is_back: Vec<bool>,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// The steps were used up before there was no crossing left to save.
    pub hurried: bool,
    /// The steps that were taken.
    pub steps: u64,
}

/// The size of a box with a label of one line, or of two.
pub fn box_size(name: &str, detail: &str) -> BoxSize {
    const WIDEST: f64 = 248.0;
    const NARROWEST: f64 = 88.0;
    // An icon and padding on its left, padding on its right.
    const AROUND: f64 = 48.0;
    let width = AROUND + text_width(name, 7.4).max(text_width(detail, 6.2));
    BoxSize { width: width.clamp(NARROWEST, WIDEST).ceil(), height: if detail.is_empty() { 32.0 } else { 44.0 } }
}

/// About the width of a text, where a usual letter has this one; more than 64 letters are not looked at.
fn text_width(text: &str, letter: f64) -> f64 {
    text.chars().take(64).map(|c| if u32::from(c) < 0x1100 { letter } else { letter * 1.8 }).sum()
}

/// The nodes that are at most so many edges away from a node, in either direction.
pub fn near(n_nodes: usize, edges: &[(u32, u32)], from: u32, hops: u32) -> Vec<bool> {
    let mut is_near = vec![false; n_nodes];
    let at = |node: u32| usize::try_from(node).unwrap_or(usize::MAX);
    if let Some(start) = is_near.get_mut(at(from)) {
        *start = true;
    }
    // No way is longer than there are nodes.
    for _ in 0..hops.min(u32::try_from(n_nodes).unwrap_or(u32::MAX)) {
        let is = |node: u32| is_near.get(at(node)).copied().unwrap_or(false);
        let next = edges.iter().filter(|(from, to)| is(*from) != is(*to));
        let next: Vec<u32> = next.map(|&(from, to)| if is(from) { to } else { from }).collect();
        if next.is_empty() {
            break;
        }
        for node in next {
            if let Some(slot) = is_near.get_mut(at(node)) {
                *slot = true;
            }
        }
    }
    is_near
}

/// What work is left.
struct Budget {
    left: u64,
}

impl Budget {
    /// Takes work off; false when it is more than is left.
    fn take(&mut self, steps: usize) -> bool {
        let steps = steps as u64;
        let fits = steps <= self.left;
        self.left = self.left.saturating_sub(steps);
        fits
    }
}

/// Lays a graph out. Edges whose ends are no boxes are drawn nowhere.
pub fn layout(graph: &LayoutGraph, steps: u64) -> Layout {
    let boxes: Column<BoxIdx, BoxSize> = Column::from_vec(graph.boxes.clone());
    let mut whole = Layout {
        middles: vec![(0.0, 0.0); graph.boxes.len()],
        paths: vec![Vec::new(); graph.edges.len()],
        is_back: vec![false; graph.edges.len()],
        ..Layout::default()
    };
    let mut budget = Budget { left: steps };
    let mut parts: Vec<Part> =
        components(graph).into_iter().map(|part| laid_out(&boxes, part, &mut budget, &mut whole)).collect();
    pack(&mut parts, &mut whole);
    for part in &parts {
        for (&node, &(x, y)) in part.nodes.iter().zip(&part.middles) {
            if let Some(middle) = whole.middles.get_mut(node as usize) {
                *middle = (x + part.at.0, y + part.at.1);
            }
        }
        for (&edge, path) in part.edges.iter().zip(&part.paths) {
            if let Some(slot) = whole.paths.get_mut(edge as usize) {
                *slot = path.iter().map(|(x, y)| (x + part.at.0, y + part.at.1)).collect();
            }
        }
    }
    whole.steps = steps - budget.left;
    whole
}

/// A connected part of the graph.
#[derive(Default)]
struct Part {
    /// Its nodes, ascending.
    nodes: Vec<u32>,
    /// Its edges, ascending.
    edges: Vec<u32>,
    /// The ends of its edges, as places in `nodes`.
    ends: Vec<(BoxIdx, BoxIdx)>,
    middles: Vec<(f64, f64)>,
    paths: Vec<Vec<(f64, f64)>>,
    size: (f64, f64),
    at: (f64, f64),
}

/// The connected parts, by their first nodes.
fn components(graph: &LayoutGraph) -> Vec<Part> {
    let n = graph.boxes.len();
    let is_inside = |&&(from, to): &&(u32, u32)| (from as usize) < n && (to as usize) < n;
    // Union by the least member, with paths halved.
    let mut above: Column<BoxIdx, BoxIdx> = Column::from_vec((0..len_u32(n)).map(BoxIdx).collect());
    let top = |above: &mut Column<BoxIdx, BoxIdx>, mut at: BoxIdx| {
        while above[at] != at {
            let next = above[above[at]];
            above[at] = next;
            at = next;
        }
        at
    };
    for &(from, to) in graph.edges.iter().filter(is_inside) {
        let (a, b) = (top(&mut above, BoxIdx(from)), top(&mut above, BoxIdx(to)));
        above[a.max(b)] = a.min(b);
    }
    let mut part_of: Column<BoxIdx, usize> = Column::from_vec(vec![0; n]);
    let mut place: Column<BoxIdx, BoxIdx> = Column::from_vec(vec![BoxIdx(0); n]);
    let mut parts: Vec<Part> = Vec::new();
    for node in above.range().iter() {
        let first = top(&mut above, node);
        if first == node {
            part_of[node] = parts.len();
            parts.push(Part::default());
        }
        part_of[node] = part_of[first];
        if let Some(part) = parts.get_mut(part_of[node]) {
            place[node] = BoxIdx(len_u32(part.nodes.len()));
            part.nodes.push(node.0);
        }
    }
    for (edge, &(from, to)) in graph.edges.iter().enumerate().filter(|(_, ends)| is_inside(ends)) {
        if let Some(part) = parts.get_mut(part_of[BoxIdx(from)]) {
            part.edges.push(len_u32(edge));
            part.ends.push((place[BoxIdx(from)], place[BoxIdx(to)]));
        }
    }
    parts
}

/// Lays out a part by itself.
fn laid_out(boxes: &Column<BoxIdx, BoxSize>, mut part: Part, budget: &mut Budget, whole: &mut Layout) -> Part {
    let sizes: Column<BoxIdx, BoxSize> = Column::from_vec(part.nodes.iter().map(|&node| boxes[BoxIdx(node)]).collect());
    let layered = layers::layers(sizes.len(), &part.ends);
    for (&edge, &is_back) in part.edges.iter().zip(&layered.is_back) {
        if let Some(slot) = whole.is_back.get_mut(edge as usize) {
            *slot = is_back;
        }
    }
    let (rows, is_whole) = crossings::rows(&layered, &part.ends, budget);
    whole.hurried |= !is_whole;
    let placed = place::placed(&rows, &sizes);
    part.middles = placed.middles(&rows, sizes.len());
    part.paths = lines::paths(&rows, &placed, &sizes, &part.ends, &layered.is_back);
    part.size = (placed.width, placed.height);
    part
}

/// Puts parts on shelves: the tallest first, each shelf as long as the picture is to be wide.
fn pack(parts: &mut [Part], whole: &mut Layout) {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let size = |at: usize| parts.get(at).map_or((0.0, 0.0), |part| part.size);
    sort_few(&mut order, |&a, &b| size(b).1.total_cmp(&size(a).1).then(size(b).0.total_cmp(&size(a).0)).then(a.cmp(&b)));
    let area: f64 = parts.iter().map(|part| (part.size.0 + MARGIN) * (part.size.1 + MARGIN)).sum();
    let widest = parts.iter().map(|part| part.size.0).fold(0.0, f64::max);
    let shelf = widest.max((area * ASPECT).sqrt());
    let (mut x, mut y, mut tallest, mut width) = (MARGIN, MARGIN, 0.0_f64, 0.0_f64);
    for at in order {
        let Some(part) = parts.get_mut(at) else { continue };
        if MARGIN + shelf < x + part.size.0 && x > MARGIN {
            (x, y, tallest) = (MARGIN, y + tallest + MARGIN, 0.0);
        }
        part.at = (x, y);
        x += part.size.0 + MARGIN;
        width = width.max(x);
        tallest = tallest.max(part.size.1);
    }
    if !parts.is_empty() {
        (whole.width, whole.height) = (width, y + tallest + MARGIN);
    }
}

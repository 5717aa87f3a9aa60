//! The map as marks: for each node a disc, for each edge a line, with everything that depends on the chosen measures.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::fmt::Write as _;

use crate::protocol::{MapEdge, MapNode, MapView, NodeId, NodeKind, Stats};

use super::curve::Curve;
use super::labels::{LabelBox, SMALL, fitted, fitted_at};
use super::measure::{Figure, Scale};

/// Where the middle of the disc is, from the left edge of the box.
const DISC_CSS_PX: f64 = 20.0;
/// Where the label begins, and what it leaves free at the right edge.
const LABEL_CSS_PX: f64 = 37.0;
const LABEL_AIR_CSS_PX: f64 = 9.0;
/// The largest disc: its ring fits into a box of one line.
const RADIUS_CSS_PX: f64 = 11.5;
/// The smallest as a share of the largest: it still holds its icon.
const SMALLEST: f64 = 0.42;
/// Widths of edges.
const EDGE_LEAST_CSS_PX: f64 = 1.0;
const EDGE_MOST_CSS_PX: f64 = 4.5;
/// The least part of a ring or an edge that an error takes: one in a million is seen too.
const ERROR_LEAST: f64 = 0.05;

/// How far nodes were dragged from where the engine put them.
pub type Offsets = BTreeMap<NodeId, (f64, f64)>;

/// What a mark is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// A slot of the services' palette.
    Service(u8),
    /// A level of the color scale, 0 for none.
    Level(u8),
    /// Nothing that is told apart by color.
    Plain,
}

/// What is chosen to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What sizes and widths carry; `None`: all are alike.
    pub size: Option<Figure>,
    /// What colors carry; `None`: which service it is.
    pub color: Option<Figure>,
}

/// A node as it is drawn: a card with a disc and a label.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeMark {
    /// What it is.
    pub kind: NodeKind,
    /// Its card.
    pub area: LabelBox,
    /// Middle of its disc, from the middle of the card.
    pub disc_x: f64,
    /// Radius of its disc.
    pub radius: f64,
    /// What it is filled with.
    pub paint: Paint,
    /// The disc, in the form of its kind, as path data around its middle.
    pub outline: String,
    /// The lines in it that say what it is, around its middle; empty for a service.
    pub icon: String,
    /// The part of the ring around it that stands for errors, around its middle; empty where there are none.
    pub errors: String,
    /// The name, as far as it fits.
    pub label: String,
    /// What is known beside the name, as far as it fits; empty where nothing is.
    pub detail: String,
    /// Where name and detail begin, from the middle of the card.
    pub label_x: f64,
    /// Baseline of the name, from the middle of the card.
    pub label_y: f64,
}

/// An edge as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeMark {
    /// Position of the caller.
    pub from: usize,
    /// Position of the callee.
    pub to: usize,
    /// The line.
    pub curve: Curve,
    /// The line as path data.
    pub outline: String,
    /// The arrowhead as path data.
    pub head: String,
    /// Width of the line.
    pub width: f64,
    /// What it is drawn with.
    pub paint: Paint,
    /// The part of the line, from its end, that stands for errors: 0 to 1.
    pub errors: f64,
    /// The caller does not wait.
    pub is_messaging: bool,
}

/// All that is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapScene {
    /// Nodes, in the order of the view.
    pub nodes: Vec<NodeMark>,
    /// Edges, in the order of the view.
    pub edges: Vec<EdgeMark>,
    /// What sizes of nodes mean.
    pub node_size: Option<Scale>,
    /// What widths of edges mean.
    pub edge_size: Option<Scale>,
    /// What colors mean: of nodes.
    pub node_color: Option<Scale>,
    /// What colors mean: of edges.
    pub edge_color: Option<Scale>,
}

impl MapScene {
    /// Draws a view. `slot_of` gives a service's slot in the palette.
    pub fn new(view: &MapView, shape: Shape, offsets: &Offsets, slot_of: &dyn Fn(u32) -> u8) -> Self {
        // A caller's figures are of the calls that it made; beside what services received they would dwarf everything.
        let node_stats = || view.nodes.iter().map(|node| &node.stats);
        let edge_stats = || view.edges.iter().map(|edge| &edge.stats);
        let mut scene = Self {
            nodes: Vec::with_capacity(view.nodes.len()),
            edges: Vec::with_capacity(view.edges.len()),
            node_size: shape.size.map(|figure| Scale::over(figure, node_stats())),
            edge_size: shape.size.map(|figure| Scale::over(figure, edge_stats())),
            node_color: shape.color.map(|figure| Scale::over(figure, node_stats())),
            edge_color: shape.color.map(|figure| Scale::over(figure, edge_stats())),
        };
        for node in &view.nodes {
            let shift = offsets.get(&node.id).copied().unwrap_or_default();
            let paint = match (&scene.node_color, node.service) {
                (Some(scale), _) => Paint::Level(scale.level(&node.stats)),
                (None, Some(service)) => Paint::Service(slot_of(service)),
                (None, None) => Paint::Plain,
            };
            scene.nodes.push(node_mark(node, scene.node_size.as_ref(), paint, shift));
        }
        for edge in &view.edges {
            let mark = scene.edge_mark(view, edge, offsets);
            scene.edges.push(mark);
        }
        scene
    }

    fn edge_mark(&self, view: &MapView, edge: &MapEdge, offsets: &Offsets) -> EdgeMark {
        let (from, to) = (edge.from as usize, edge.to as usize);
        let area = |at: usize| self.nodes.get(at).map_or_else(LabelBox::default, |node| node.area);
        let shift = |at: usize| view.nodes.get(at).and_then(|node| offsets.get(&node.id)).copied().unwrap_or_default();
        let width = self.edge_size.as_ref().map_or(EDGE_LEAST_CSS_PX * 1.5, |scale| {
            EDGE_LEAST_CSS_PX + (EDGE_MOST_CSS_PX - EDGE_LEAST_CSS_PX) * scale.size(&edge.stats)
        });
        let (length, half) = (6.0 + width * 1.1, 2.6 + width * 0.7);
        let curve = Curve::new(&edge.path, &area(from), &area(to), (shift(from), shift(to)), length);
        EdgeMark {
            from,
            to,
            outline: curve.outline(),
            head: curve.head(length, half),
            curve,
            width,
            paint: self.edge_color.as_ref().map_or(Paint::Plain, |scale| Paint::Level(scale.level(&edge.stats))),
            errors: error_part(&edge.stats),
            is_messaging: edge.is_messaging,
        }
    }

    /// Draws a node anew that is being dragged, and its edges: the positions of the edges that have changed.
    pub fn dragged(&mut self, view: &MapView, at: usize, offsets: &Offsets) -> Vec<usize> {
        if let (Some(node), Some(mark)) = (view.nodes.get(at), self.nodes.get_mut(at)) {
            let (dx, dy) = offsets.get(&node.id).copied().unwrap_or_default();
            mark.area.x = node.x + dx;
            mark.area.y = node.y + dy;
        }
        let changed: Vec<usize> = (0..view.edges.len())
            .filter(|&edge| self.edges.get(edge).is_some_and(|mark| mark.from == at || mark.to == at))
            .collect();
        for &position in &changed {
            if let Some(edge) = view.edges.get(position) {
                let mark = self.edge_mark(view, edge, offsets);
                if let Some(place) = self.edges.get_mut(position) {
                    *place = mark;
                }
            }
        }
        changed
    }

    /// Left, top, right and bottom of all that is drawn; `None` where nothing is.
    pub fn bounds(&self) -> Option<(f64, f64, f64, f64)> {
        let nodes = self.nodes.iter().map(|node| {
            let (across, down) = (node.area.width / 2.0, node.area.height / 2.0);
            (node.area.x - across, node.area.y - down, node.area.x + across, node.area.y + down)
        });
        let join = |a: (f64, f64, f64, f64), b: (f64, f64, f64, f64)| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3));
        nodes.chain(self.edges.iter().map(|edge| edge.curve.bounds())).filter(|bounds| bounds.0.is_finite()).reduce(join)
    }

    /// The edge that comes nearest to a point, if it does within `reach`.
    pub fn edge_near(&self, point: (f64, f64), reach: f64) -> Option<usize> {
        let is_by = |edge: &EdgeMark| {
            let (left, top, right, bottom) = edge.curve.bounds();
            (left - reach..=right + reach).contains(&point.0) && (top - reach..=bottom + reach).contains(&point.1)
        };
        self.edges
            .iter()
            .enumerate()
            .filter(|(_, edge)| is_by(edge))
            .map(|(at, edge)| (at, edge.curve.distance(point) - edge.width / 2.0))
            .filter(|&(_, distance)| distance <= reach)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(at, _)| at)
    }

    /// The edges of a node.
    pub fn edges_of(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges.iter().enumerate().filter(move |(_, edge)| edge.from == node || edge.to == node).map(|(at, _)| at)
    }
}

fn node_mark(node: &MapNode, size: Option<&Scale>, paint: Paint, shift: (f64, f64)) -> NodeMark {
    let share = size.map_or(0.5, |scale| scale.size(&node.stats));
    let radius = RADIUS_CSS_PX * (SMALLEST + (1.0 - SMALLEST) * share);
    let room = (node.width - LABEL_CSS_PX - LABEL_AIR_CSS_PX).max(0.0);
    let has_detail = !node.detail.is_empty() && node.height >= 40.0;
    NodeMark {
        kind: node.id.kind,
        area: LabelBox { x: node.x + shift.0, y: node.y + shift.1, width: node.width, height: node.height },
        disc_x: DISC_CSS_PX - node.width / 2.0,
        radius,
        paint,
        outline: outline(node.id.kind, radius),
        icon: icon_path(node.id.kind, radius),
        errors: error_arc(&node.stats, radius + 2.6),
        label: fitted(shown_name(&node.id), room),
        detail: if has_detail { fitted_at(&node.detail, room, SMALL) } else { String::new() },
        label_x: LABEL_CSS_PX - node.width / 2.0,
        label_y: if has_detail { -2.5 } else { 4.2 },
    }
}

/// The name, or a word where there is none.
fn shown_name(id: &NodeId) -> &str {
    match (id.name.trim().is_empty(), id.kind) {
        (false, _) => &id.name,
        (true, NodeKind::Caller) => "callers",
        (true, NodeKind::Service) => "(no name)",
        (true, NodeKind::Database) => "database",
        (true, NodeKind::Queue) => "queue",
        (true, NodeKind::External) => "external",
    }
}

/// An edge in words: `cart→redis`.
pub fn edge_name(view: &MapView, edge: &MapEdge) -> String {
    let name = |at: u32| view.nodes.get(at as usize).map_or("", |node| shown_name(&node.id));
    format!("{}→{}", name(edge.from), name(edge.to))
}

fn error_part(stats: &Stats) -> f64 {
    if stats.errors == 0 || stats.calls == 0 {
        return 0.0;
    }
    (stats.errors as f64 / stats.calls as f64).clamp(ERROR_LEAST, 1.0)
}

/// From the top, clockwise.
fn error_arc(stats: &Stats, r: f64) -> String {
    let part = error_part(stats);
    if part <= 0.0 {
        return String::new();
    }
    if part >= 0.999 {
        return circle(r);
    }
    let (sin, cos) = (part * TAU).sin_cos();
    let large = u8::from(part > 0.5);
    format!("M0 {:.2}A{r:.2} {r:.2} 0 {large} 1 {:.2} {:.2}", -r, r * sin, -r * cos)
}

fn circle(r: f64) -> String {
    format!("M0 {:.2}A{r:.2} {r:.2} 0 1 1 0 {r:.2}A{r:.2} {r:.2} 0 1 1 0 {:.2}Z", -r, -r)
}

/// The form of a kind: a service is a disc, a database a cylinder, a queue a lane, another host a hexagon.
fn outline(kind: NodeKind, r: f64) -> String {
    match kind {
        NodeKind::Service | NodeKind::Caller => circle(r),
        NodeKind::Database => {
            let (w, top, bottom, lid) = (r * 0.82, -r * 0.66, r * 0.66, r * 0.3);
            format!(
                "M{:.2} {top:.2}A{w:.2} {lid:.2} 0 0 1 {w:.2} {top:.2}V{bottom:.2}A{w:.2} {lid:.2} 0 0 1 {:.2} {bottom:.2}Z",
                -w, -w
            )
        }
        NodeKind::Queue => {
            let (w, h, c) = (r, r * 0.68, r * 0.3);
            format!(
                "M{:.2} {:.2}H{:.2}A{c:.2} {c:.2} 0 0 1 {w:.2} {:.2}V{:.2}A{c:.2} {c:.2} 0 0 1 {:.2} {h:.2}H{:.2}A{c:.2} {c:.2} 0 0 1 {:.2} {:.2}V{:.2}A{c:.2} {c:.2} 0 0 1 {:.2} {:.2}Z",
                -w + c,
                -h,
                w - c,
                -h + c,
                h - c,
                w - c,
                -w + c,
                -w,
                h - c,
                -h + c,
                -w + c,
                -h
            )
        }
        NodeKind::External => {
            let mut path = String::new();
            for corner in 0..6_u8 {
                let (sin, cos) = (f64::from(corner) / 6.0 * TAU).sin_cos();
                // Writing to a string cannot fail.
                _ = write!(path, "{}{:.2} {:.2}", if corner == 0 { "M" } else { "L" }, r * cos, r * sin);
            }
            path.push('Z');
            path
        }
    }
}

/// The lines in a node that say what it is, for a node of that radius, around its middle. A service has none.
pub fn icon_path(kind: NodeKind, r: f64) -> String {
    match kind {
        NodeKind::Service => String::new(),
        NodeKind::Database => {
            let (w, top, lid) = (r * 0.82, -r * 0.66, r * 0.3);
            format!("M{:.2} {top:.2}A{w:.2} {lid:.2} 0 0 0 {w:.2} {top:.2}", -w)
        }
        NodeKind::Queue => {
            let (h, step) = (r * 0.28, r * 0.42);
            format!("M{:.2} {:.2}V{h:.2}M0 {:.2}V{h:.2}M{step:.2} {:.2}V{h:.2}", -step, -h, -h, -h)
        }
        NodeKind::External => {
            let (a, b) = (r * 0.32, r * 0.08);
            format!("M{:.2} {a:.2}L{a:.2} {:.2}M{:.2} {:.2}H{a:.2}V{b:.2}", -a, -a, -b, -a)
        }
        NodeKind::Caller => {
            let (head, y, w) = (r * 0.24, r * 0.22, r * 0.46);
            format!(
                "M0 {:.2}A{head:.2} {head:.2} 0 1 1 0 {:.2}A{head:.2} {head:.2} 0 1 1 0 {:.2}M{:.2} {:.2}A{w:.2} {w:.2} 0 0 1 {w:.2} {:.2}",
                -y - 2.0 * head + y * 0.6,
                -y + y * 0.6,
                -y - 2.0 * head + y * 0.6,
                -w,
                y + r * 0.28,
                y + r * 0.28
            )
        }
    }
}

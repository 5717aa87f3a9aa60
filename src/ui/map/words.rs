//! The map's measures and kinds in words.

use crate::protocol::{MapView, NodeId, NodeKind, Stats};
use crate::route::MapMeasure;
use crate::scene::format;
use crate::scene::map_view::{Figure, Paint, RateUnit, rate};
use crate::ui::state::palette_color;

/// The figure behind a measure; none behind identity.
pub(super) const fn figure(measure: MapMeasure) -> Option<Figure> {
    match measure {
        MapMeasure::Calls => Some(Figure::Calls),
        MapMeasure::ErrorShare => Some(Figure::ErrorShare),
        MapMeasure::P95 => Some(Figure::P95),
        MapMeasure::Total => Some(Figure::Total),
        MapMeasure::SelfTime => Some(Figure::SelfTime),
        MapMeasure::Identity => None,
    }
}

/// A measure in a menu.
pub(super) const fn measure_words(measure: MapMeasure) -> &'static str {
    match measure {
        MapMeasure::Calls => "Calls",
        MapMeasure::ErrorShare => "Error share",
        MapMeasure::P95 => "p95 duration",
        MapMeasure::Total => "Total time",
        MapMeasure::SelfTime => "Self time",
        MapMeasure::Identity => "Service",
    }
}

/// A kind of node, as a word for one of them.
pub(super) const fn kind_word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Service => "Service",
        NodeKind::Database => "Database",
        NodeKind::Queue => "Queue",
        NodeKind::External => "External host",
        NodeKind::Caller => "Caller",
    }
}

/// A kind of node, as a word for all of them.
pub(super) const fn kind_words(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Service => "Services",
        NodeKind::Database => "Databases",
        NodeKind::Queue => "Queues",
        NodeKind::External => "External",
        NodeKind::Caller => "Callers",
    }
}

/// Letters of a name that are shown where there is room for all; a megabyte in a name is no name.
const NAME_LETTERS: usize = 240;

/// A node's name, or what it is where it has none.
pub(super) fn name_of(id: &NodeId) -> String {
    if id.name.trim().is_empty() {
        return format!("({})", kind_word(id.kind).to_lowercase());
    }
    match id.name.char_indices().nth(NAME_LETTERS) {
        Some((end, _)) => format!("{}…", id.name.get(..end).unwrap_or_default()),
        None => id.name.clone(),
    }
}

/// The name of the node at a position.
pub(super) fn name_at(view: &MapView, at: u32) -> String {
    view.nodes.get(at as usize).map_or_else(String::new, |node| name_of(&node.id))
}

/// A mark's color, as a reference to its token.
pub(super) fn paint(paint: Paint) -> &'static str {
    const LEVELS: [&str; 6] = [
        "var(--map-level-0)",
        "var(--map-level-1)",
        "var(--map-level-2)",
        "var(--map-level-3)",
        "var(--map-level-4)",
        "var(--map-level-5)",
    ];
    match paint {
        Paint::Service(slot) => palette_color(slot),
        Paint::Level(level) => LEVELS.get(usize::from(level)).copied().unwrap_or("var(--map-level-5)"),
        Paint::Plain => "var(--map-plain)",
    }
}

/// The figures of some calls in one line, for screen readers: `1 204 calls, 2.1 % errors, p95 120 ms`.
pub(super) fn figures(stats: &Stats) -> String {
    let mut words = format::counted(stats.calls, "call");
    if stats.errors > 0 {
        words.push_str(", ");
        words.push_str(&format::percent(stats.errors, stats.calls));
        words.push_str(" errors");
    }
    if stats.calls > 0 {
        words.push_str(", p95 ");
        words.push_str(&format::duration(stats.p95));
    }
    words
}

/// What rates on the map are written per.
pub(super) fn rate_unit(view: &MapView) -> RateUnit {
    let most = view.edges.iter().map(|edge| edge.stats.calls).max().unwrap_or_default();
    RateUnit::for_most(most, view.to.saturating_sub(view.from))
}

/// Calls as a rate on the map, or how many where no time passed.
pub(super) fn rate_on(unit: RateUnit, calls: u64) -> String {
    unit.rate(calls).unwrap_or_else(|| format::counted(calls, "call"))
}

/// Calls over the time in which they were, or how many where that is no time.
pub(super) fn rate_words(stats: &Stats, window: (u64, u64)) -> String {
    rate(stats.calls, window.1.saturating_sub(window.0)).unwrap_or_else(|| format::counted(stats.calls, "call"))
}

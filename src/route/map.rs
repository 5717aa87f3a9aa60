//! The service map's part of the address.

use super::percent::{self, Query};
use crate::protocol::{MapFocus, MapTarget, NodeId, NodeKind};

/// What the service map shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapAddress {
    /// The map of this trace alone.
    pub trace_id: Option<String>,
    /// Kinds of nodes that are left out, ascending.
    pub hidden: Vec<NodeKind>,
    /// What is near a node.
    pub focus: Option<MapFocus>,
    /// The node or edge whose details are shown.
    pub target: Option<MapTarget>,
    /// What colors carry.
    pub color: MapMeasure,
    /// What sizes of nodes and widths of edges carry.
    pub size: MapMeasure,
    /// As a table.
    pub as_table: bool,
}

impl Default for MapAddress {
    /// Sizes by calls; colors are those that services have in all views.
    fn default() -> Self {
        Self {
            trace_id: None,
            hidden: Vec::new(),
            focus: None,
            target: None,
            color: MapMeasure::Identity,
            size: MapMeasure::Calls,
            as_table: false,
        }
    }
}

/// What can be read off the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MapMeasure {
    /// Calls.
    #[default]
    Calls,
    /// Share of the calls that failed.
    ErrorShare,
    /// 95th percentile of the duration.
    P95,
    /// Sum of durations.
    Total,
    /// Sum of self times.
    SelfTime,
    /// Which service it is: colors only.
    Identity,
}

impl MapMeasure {
    /// All of them, with their names in an address.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Calls, "calls"),
        (Self::ErrorShare, "errors"),
        (Self::P95, "p95"),
        (Self::Total, "total"),
        (Self::SelfTime, "self"),
        (Self::Identity, "service"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find_map(|&(measure, name)| (measure == self).then_some(name)).unwrap_or_default()
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find_map(|&(measure, known)| (known == name).then_some(measure))
    }
}

const KIND_NAMES: [(NodeKind, &str); 5] = [
    (NodeKind::Service, "service"),
    (NodeKind::Database, "database"),
    (NodeKind::Queue, "queue"),
    (NodeKind::External, "external"),
    (NodeKind::Caller, "caller"),
];

impl MapAddress {
    /// Whether going from here to there is no step of its own.
    pub(super) fn is_same_place(&self, next: &Self) -> bool {
        self.trace_id == next.trace_id && self.focus == next.focus && self.as_table == next.as_table
    }

    pub(super) fn read(&mut self, key: &str, value: &str) {
        match key {
            "trace" => self.trace_id = Some(value.to_owned()),
            "hide" => {
                self.hidden =
                    KIND_NAMES.iter().filter(|(_, name)| value.split(',').any(|part| part == *name)).map(|pair| pair.0).collect();
            }
            "focus" => {
                let (hops, node) = value.split_once('~').unwrap_or(("1", value));
                self.focus = node_id(node).map(|node| MapFocus { node, hops: hops.parse().unwrap_or(1) });
            }
            "at" => {
                self.target = match value.split_once('~') {
                    Some((from, to)) => node_id(from).zip(node_id(to)).map(|(from, to)| MapTarget::Edge(from, to)),
                    None => node_id(value).map(MapTarget::Node),
                };
            }
            "color" => self.color = MapMeasure::from_name(value).unwrap_or(self.color),
            // Which service it is has no size.
            "size" => {
                self.size = MapMeasure::from_name(value).filter(|measure| *measure != MapMeasure::Identity).unwrap_or(self.size);
            }
            "as" => self.as_table = value == "table",
            _ => {}
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        query.text("trace", self.trace_id.as_deref().unwrap_or_default());
        let hidden: Vec<&str> = KIND_NAMES.iter().filter(|(kind, _)| self.hidden.contains(kind)).map(|(_, name)| *name).collect();
        query.text("hide", &hidden.join(","));
        if let Some(focus) = &self.focus {
            query.text("focus", &format!("{}~{}", focus.hops, node_text(&focus.node)));
        }
        match &self.target {
            None => {}
            Some(MapTarget::Node(node)) => query.text("at", &node_text(node)),
            Some(MapTarget::Edge(from, to)) => query.text("at", &format!("{}~{}", node_text(from), node_text(to))),
        }
        let Self { color, size, .. } = Self::default();
        if self.color != color {
            query.text("color", self.color.name());
        }
        if self.size != size {
            query.text("size", self.size.name());
        }
        if self.as_table {
            query.text("as", "table");
        }
    }
}

fn node_text(node: &NodeId) -> String {
    let kind = KIND_NAMES.iter().find_map(|&(kind, name)| (kind == node.kind).then_some(name)).unwrap_or_default();
    format!("{kind}:{}", percent::encode(&node.name).replace('~', "%7E"))
}

fn node_id(text: &str) -> Option<NodeId> {
    let (kind, name) = text.split_once(':')?;
    let kind = KIND_NAMES.iter().find_map(|&(known, named)| (named == kind).then_some(known))?;
    Some(NodeId { kind, name: percent::decode(name) })
}

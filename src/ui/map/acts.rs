//! What the reader can do with the map. Event handlers call these and hold no logic of their own.

use leptos::prelude::*;

use crate::protocol::{Condition, Group, GroupBy, MapFocus, MapTarget, NodeId, NodeKind, QueryChange, Selection};
use crate::route::MapMeasure;
use crate::ui::acts::list::write;
use crate::ui::acts::{Subject, open};
use crate::ui::state::{AppState, Manner};

use super::words::{kind_word, name_of};

/// Calls away from a node that are all there are.
pub(super) const ALL_HOPS: u32 = u32::MAX;

/// Shows all about a node or an edge, or nothing.
pub(super) fn select(app: AppState, target: Option<MapTarget>) {
    if app.route.with_untracked(|route| route.map.target != target) {
        app.route.update(|route| route.map.target = target);
    }
}

/// Shows only what is near a node.
pub(super) fn focus(app: AppState, node: NodeId, hops: u32) {
    app.route.update(|route| route.map.focus = Some(MapFocus { node, hops }));
}

/// Shows what is far as well.
pub(super) fn unfocus(app: AppState) {
    app.route.update(|route| route.map.focus = None);
}

/// Leaves a kind of nodes out, or takes it in again.
pub(super) fn show_kind(app: AppState, kind: NodeKind, shown: bool) {
    app.route.update(|route| {
        let hidden = &mut route.map.hidden;
        hidden.retain(|other| *other != kind);
        if !shown {
            hidden.push(kind);
            hidden.sort_unstable();
        }
    });
}

/// Chooses what sizes and widths carry.
pub(super) fn set_size(app: AppState, measure: MapMeasure) {
    app.route.update(|route| route.map.size = measure);
}

/// Chooses what colors carry.
pub(super) fn set_color(app: AppState, measure: MapMeasure) {
    app.route.update(|route| route.map.color = measure);
}

/// Chooses between picture and tables.
pub(super) fn set_table(app: AppState, as_table: bool) {
    app.route.update(|route| route.map.as_table = as_table);
}

/// From the map of one trace to that of all.
pub(super) fn leave_trace(app: AppState) {
    app.route.update(|route| {
        route.map.trace_id = None;
        route.map.target = None;
    });
}

/// Nothing is left out any more.
pub(super) fn show_all(app: AppState) {
    app.route.update(|route| {
        route.map.hidden.clear();
        route.map.focus = None;
        if route.map.trace_id.is_none() {
            route.selection = Selection::default();
        }
    });
    app.list.rewind();
}

/// What a node or an edge is, as far as a query can be about it.
pub(super) fn subjects_of(target: &MapTarget) -> Vec<Subject> {
    let subject = match target {
        MapTarget::Node(id) => match id.kind {
            NodeKind::Service => Subject {
                field: "resource.service.name".to_owned(),
                value: id.name.clone(),
                condition: Condition::Group(Group::Service(id.name.clone())),
                by: Some(GroupBy::Service),
            },
            NodeKind::Database | NodeKind::Queue | NodeKind::External => plain(
                format!("spans that call a {}", kind_word(id.kind).to_lowercase()),
                name_of(id),
                Condition::Peer(None, id.clone()),
            ),
            NodeKind::Caller => return Vec::new(),
        },
        MapTarget::Edge(from, to) => {
            let condition = match (from.kind, to.kind) {
                (NodeKind::Service, NodeKind::Service) => Condition::Call(from.name.clone(), to.name.clone()),
                (NodeKind::Service, NodeKind::Database | NodeKind::Queue | NodeKind::External) => {
                    Condition::Peer(Some(from.name.clone()), to.clone())
                }
                (NodeKind::Queue, NodeKind::Service) => Condition::Peer(Some(to.name.clone()), from.clone()),
                _ => return Vec::new(),
            };
            plain("calls".to_owned(), format!("{} → {}", name_of(from), name_of(to)), condition)
        }
    };
    vec![subject]
}

fn plain(field: String, value: String, condition: Condition) -> Subject {
    Subject { field, value, condition, by: None }
}

/// Opens what can be done with a node or an edge.
pub(super) fn offer(app: AppState, target: &MapTarget, at: (f64, f64)) {
    let subjects = subjects_of(target);
    if subjects.is_empty() {
        app.announce("There is no word in TraceQL for this: no span says so.", Manner::Shown);
    }
    open(subjects, at);
}

/// Writes a service, or calls, into the query of all views. The map of one trace is left, as nothing narrows that.
pub(super) fn filter_to(app: AppState, target: &MapTarget) {
    if let Some(subject) = subjects_of(target).first() {
        write(app, &subject.condition, QueryChange::Narrow);
    }
}

/// All nodes go back to where the layout put them.
pub(super) fn reset_layout(app: AppState) {
    app.map.moved().update_value(std::collections::BTreeMap::clear);
    app.map.any_moved().set(false);
    app.map.resets().update(|resets| *resets = resets.wrapping_add(1));
}

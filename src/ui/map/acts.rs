//! What the reader can do with the map. Event handlers call these and hold no logic of their own.

use leptos::prelude::*;

use crate::protocol::{Brush, Group, MapFocus, MapTarget, NodeId, NodeKind, Selection};
use crate::route::MapMeasure;
use crate::ui::actions;
use crate::ui::state::AppState;

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

/// Narrows all views to a service. The map of one trace is left, as nothing narrows that.
pub(super) fn filter_to(app: AppState, service: &str) {
    app.route.update(|route| route.map.trace_id = None);
    actions::add_brush(app, Brush { group: Some(Group::Service(service.to_owned())), ..Brush::default() });
}

/// All nodes go back to where the layout put them.
pub(super) fn reset_layout(app: AppState) {
    app.map.moved().update_value(std::collections::BTreeMap::clear);
    app.map.any_moved().set(false);
    app.map.resets().update(|resets| *resets = resets.wrapping_add(1));
}

//! The keys of the map's page.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::browser::event::{Listener, Passive};
use crate::browser::{document, window};
use crate::protocol::MapTarget;
use crate::scene::map_view::{Direction, next_in};
use crate::ui::acts::list::below_focus;
use crate::ui::commands::{self, Command};
use crate::ui::keys;

use super::MapState;
use super::acts;
use super::stage::{Hit, Stage};
use super::tools::FIND_ID;

/// Hears keys while the page is there.
pub(super) fn listen(state: MapState) {
    let listener = window().map(|window| {
        Listener::new(&window, "keydown", Passive::No, move |event: KeyboardEvent| {
            if keys::is_for_the_page(&event) && act(state, &event) {
                event.prevent_default();
            }
        })
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || listener.set_value(None));
    commands::offer(move |command| can(state, command), move |command| run(state, command));
}

fn can(state: MapState, command: Command) -> bool {
    let has_picture = || state.stage.try_get_value().flatten().is_some();
    match command {
        Command::FindNode | Command::ZoomIn | Command::ZoomOut | Command::FitMap => has_picture(),
        Command::MapAll => state
            .app()
            .route
            .with_untracked(|route| !route.map.hidden.is_empty() || route.map.focus.is_some() || !route.selection.is_all()),
        Command::MapAsTable(as_table) => state.app().route.with_untracked(|route| route.map.as_table != as_table),
        Command::Acts => meant(state).is_some(),
        _ => false,
    }
}

fn run(state: MapState, command: Command) {
    match command {
        Command::MapAsTable(as_table) => return acts::set_table(state.app(), as_table),
        Command::MapAll => return acts::show_all(state.app()),
        Command::Acts => {
            if let Some(target) = meant(state) {
                acts::offer(state.app(), &target, below_focus());
            }
            return;
        }
        _ => {}
    }
    let Some(stage) = state.stage.get_value() else {
        return;
    };
    match command {
        Command::FindNode => focus_field(FIND_ID),
        Command::ZoomIn => stage.zoom(1.4, None),
        Command::ZoomOut => stage.zoom(1.0 / 1.4, None),
        Command::FitMap => {
            if let Some(port) = stage.fitting() {
                stage.glide(port);
            }
        }
        _ => {}
    }
}

/// The node that has the focus, or else what the panel is about.
fn meant(state: MapState) -> Option<MapTarget> {
    let focused = document().and_then(|document| document.active_element()).as_ref().and_then(Stage::hit_of);
    let stage = state.stage.try_get_value().flatten();
    let of_focus = focused.and_then(|hit| stage?.target_of(hit));
    of_focus.or_else(|| state.app().route.with_untracked(|route| route.map.target.clone()))
}

/// Does what a key does on the page. False if it does nothing.
fn act(state: MapState, event: &KeyboardEvent) -> bool {
    let stage = state.stage.get_value();
    let node = event.target().and_then(|target| target.dyn_into::<Element>().ok()).as_ref().and_then(Stage::hit_of);
    match (event.key().as_str(), stage) {
        ("Escape", stage) => {
            let was_open = state.app().route.with_untracked(|route| route.map.target.is_some());
            acts::select(state.app(), None);
            if let Some(stage) = stage.filter(|_| was_open && is_focus_lost_with_panel()) {
                stage.focus(stage.active.get());
            }
            was_open
        }
        (key, Some(stage)) => node.is_some_and(|hit| act_on_node(state, &stage, hit, key)),
        (_, None) => false,
    }
}

fn act_on_node(state: MapState, stage: &Stage, hit: Hit, key: &str) -> bool {
    let Hit::Node(node) = hit else {
        return false;
    };
    let direction = match key {
        "ArrowLeft" => Direction::Left,
        "ArrowRight" => Direction::Right,
        "ArrowUp" => Direction::Up,
        "ArrowDown" => Direction::Down,
        "Enter" | " " => {
            acts::select(state.app(), stage.target_of(hit));
            return true;
        }
        _ => return false,
    };
    let points: Vec<(f64, f64)> = stage.scene.borrow().nodes.iter().map(|mark| (mark.area.x, mark.area.y)).collect();
    if let Some(next) = next_in(&points, node, direction) {
        stage.focus(next);
        stage.reveal(next);
    }
    true
}

/// Whether closing the panel leaves the focus nowhere.
fn is_focus_lost_with_panel() -> bool {
    document().and_then(|document| document.active_element()).is_none_or(|element| {
        element.tag_name().eq_ignore_ascii_case("body") || element.closest("[data-testid=map-detail]").ok().flatten().is_some()
    })
}

fn focus_field(id: &str) {
    let input =
        document().and_then(|document| document.get_element_by_id(id)).and_then(|input| input.dyn_into::<HtmlElement>().ok());
    if let Some(input) = &input {
        // It is on the page, so it can be focused.
        _ = input.focus();
    }
}

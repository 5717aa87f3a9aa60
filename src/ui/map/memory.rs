//! What is remembered of the map while other views are shown: the way back finds it as it was.

use leptos::prelude::*;

use crate::protocol::MapView;
use crate::scene::map_view::{Offsets, Viewport};
use crate::ui::remote::Remote;

/// The map's part of the state. `Copy`.
#[derive(Clone, Copy)]
pub struct MapMemory {
    /// The map that is shown.
    pub view: RwSignal<Remote<MapView>>,
    /// Which nodes were dragged, and how far.
    pub moved: StoredValue<Offsets>,
    /// Whether any was.
    pub any_moved: RwSignal<bool>,
    /// How often all went back to where the engine put them.
    pub resets: RwSignal<u32>,
    /// What part of the map is on the screen, and of which map.
    pub port: StoredValue<Option<(String, Viewport)>>,
}

impl Default for MapMemory {
    fn default() -> Self {
        Self {
            view: RwSignal::new(Remote::Idle),
            moved: StoredValue::new(Offsets::default()),
            any_moved: RwSignal::new(false),
            resets: RwSignal::new(0),
            port: StoredValue::new(None),
        }
    }
}

impl MapMemory {
    /// Another data set is another map. Where nodes were dragged stays: those of the same name are most often the same.
    pub fn clear(self) {
        self.view.set(Remote::Idle);
        self.port.set_value(None);
    }
}

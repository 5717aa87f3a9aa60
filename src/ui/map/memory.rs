//! What is remembered of the map while other views are shown: the way back finds it as it was.

use leptos::prelude::*;

use crate::protocol::MapView;
use crate::scene::map_view::{Offsets, Viewport};
use crate::ui::remote::Remote;

/// The map's part of the state. `Copy`, and small: it is a handle.
#[derive(Clone, Copy)]
pub struct MapMemory(StoredValue<Parts>);

#[derive(Clone, Copy)]
struct Parts {
    view: RwSignal<Remote<MapView>>,
    moved: StoredValue<Offsets>,
    any_moved: RwSignal<bool>,
    resets: RwSignal<u32>,
    port: StoredValue<Option<(String, Viewport)>>,
}

impl Default for MapMemory {
    fn default() -> Self {
        Self(StoredValue::new(Parts {
            view: RwSignal::new(Remote::Idle),
            moved: StoredValue::new(Offsets::default()),
            any_moved: RwSignal::new(false),
            resets: RwSignal::new(0),
            port: StoredValue::new(None),
        }))
    }
}

impl MapMemory {
    /// The map that is shown.
    pub fn view(self) -> RwSignal<Remote<MapView>> {
        self.0.get_value().view
    }

    /// Which nodes were dragged, and how far.
    pub fn moved(self) -> StoredValue<Offsets> {
        self.0.get_value().moved
    }

    /// Whether any was.
    pub fn any_moved(self) -> RwSignal<bool> {
        self.0.get_value().any_moved
    }

    /// How often all went back to where the engine put them.
    pub fn resets(self) -> RwSignal<u32> {
        self.0.get_value().resets
    }

    /// What part of the map is on the screen, and of which map.
    pub fn port(self) -> StoredValue<Option<(String, Viewport)>> {
        self.0.get_value().port
    }

    /// Another data set is another map. Where nodes were dragged stays: those of the same name are most often the same.
    pub fn clear(self) {
        self.view().set(Remote::Idle);
        self.port().set_value(None);
    }
}

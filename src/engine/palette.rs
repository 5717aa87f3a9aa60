//! A color for each service: the same each time for the same data, and mostly the same for the same name in any data.

pub use crate::scene::palette::SLOTS;
pub(super) use crate::scene::palette::{FreeSlots, NONE, slot_of_group, slot_of_text};

use crate::model::Dataset;

/// The slot of each service.
///
/// A name's hash chooses its slot. Services that meet there go on to the next free slot, in order of their names; once all
/// slots are taken, the hash alone decides.
pub(super) fn slots(dataset: &Dataset) -> Vec<u8> {
    let mut free = FreeSlots::default();
    dataset.services.name.iter().map(|(service, _)| free.take(slot_of_text(dataset.service_name(service)))).collect()
}

//! A color for each service: the same each time for the same data, and mostly the same for the same name in any data.

pub use crate::scene::palette::SLOTS;
pub(super) use crate::scene::palette::{FreeSlots, NONE, slot_of_group, slot_of_text};

use crate::model::Dataset;

/// The slot of each service of the data set, then of each name in `more`.
///
/// A name's hash chooses its slot. Services that meet there go on to the next free slot, in order of their names; once all
/// slots are taken, the hash alone decides.
pub(super) fn slots<'a>(dataset: &'a Dataset, more: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut free = FreeSlots::default();
    let names = dataset.services.name.iter().map(|(service, _)| dataset.service_name(service));
    names.chain(more).map(|name| free.take(slot_of_text(name))).collect()
}

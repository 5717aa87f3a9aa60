//! A color for each service: the same each time for the same data, and mostly the same for the same name in any data.

use crate::model::{Dataset, ServiceIdx};

/// Slots of the palette (`--service-0` and on).
pub const SLOTS: usize = 16;

/// No slot: what is told apart by something that it does not have.
pub(super) const NONE: u8 = u8::MAX;

/// The slot that a text alone decides.
pub(super) fn slot_of_text(text: &str) -> u8 {
    u8::try_from(hash(text) % SLOTS).unwrap_or(0)
}

/// The slot of each service of the data set, then of each name in `more`.
///
/// A name's hash chooses its slot. Services that meet there go on to the next free slot, in order of their names; once all
/// slots are taken, the hash alone decides.
pub(super) fn slots<'a>(dataset: &Dataset, more: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut taken = [false; SLOTS];
    let names = dataset.services.name.iter().map(|(service, _): (ServiceIdx, _)| dataset.service_name(service));
    let mut slots: Vec<u8> = names.map(|name| slot(name, &mut taken)).collect();
    slots.extend(more.map(|name| slot(name, &mut taken)));
    slots
}

fn slot(name: &str, taken: &mut [bool; SLOTS]) -> u8 {
    let home = hash(name) % SLOTS;
    let free = (0..SLOTS).map(|step| (home + step) % SLOTS).find(|&slot| !taken.get(slot).copied().unwrap_or(true));
    let slot = free.unwrap_or(home);
    if let Some(taken) = taken.get_mut(slot) {
        *taken = true;
    }
    u8::try_from(slot).unwrap_or(0)
}

/// FNV-1a: written down here, since a hash that changed with a crate would change everybody's colors. Its upper half is
/// folded in, as its lowest bits alone spread short names badly.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::{SLOTS, slot};

    #[test]
    fn sixteen_services_have_sixteen_colors() {
        let mut taken = [false; SLOTS];
        let mut slots: Vec<u8> = (0..SLOTS).map(|at| slot(&format!("service-{at}"), &mut taken)).collect();
        slots.sort_unstable();
        assert_eq!(slots, (0..16).collect::<Vec<u8>>());
        assert!(slot("one more", &mut taken) < 16);
    }

    #[test]
    fn a_name_keeps_its_slot() {
        assert_eq!(slot("checkout", &mut [false; SLOTS]), slot("checkout", &mut [false; SLOTS]));
    }
}

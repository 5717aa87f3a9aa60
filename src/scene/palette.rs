//! Palette slots: which color a name has, the same each time and mostly the same in any data. What it looks like is not known here.

use crate::protocol::Group;

/// Slots of the palette (`--service-0` and on).
pub const SLOTS: usize = 16;

/// No slot: what is told apart by something that it does not have.
pub const NONE: u8 = u8::MAX;

/// The slot that a text alone decides.
pub fn slot_of_text(text: &str) -> u8 {
    u8::try_from(hash(text) % SLOTS).unwrap_or(0)
}

/// The slot that a group has wherever it is drawn.
pub fn slot_of_group(group: &Group) -> u8 {
    match group {
        Group::Attribute { value: None, .. } | Group::All | Group::Other => NONE,
        Group::Attribute { value: Some(text), .. } | Group::Service(text) => slot_of_text(text),
        Group::Operation { service, name } => slot_of_text(&format!("{service} {name}")),
        Group::Kind(kind) => *kind as u8 * 3 + 1,
        Group::Status(status) => *status as u8 * 5 + 3,
    }
}

/// Slots of one picture: each keeps the one that it has everywhere, unless an earlier one has it; then the next free one is its.
/// Once all are taken, the first choice stands.
#[derive(Debug, Default)]
pub struct FreeSlots {
    taken: [bool; SLOTS],
}

impl FreeSlots {
    /// Takes a slot, this one if it is free. No slot stays none.
    pub fn take(&mut self, home: u8) -> u8 {
        if home == NONE {
            return home;
        }
        let home = usize::from(home) % SLOTS;
        let free = (0..SLOTS).map(|step| (home + step) % SLOTS).find(|&slot| !self.taken.get(slot).copied().unwrap_or(true));
        let slot = free.unwrap_or(home);
        if let Some(taken) = self.taken.get_mut(slot) {
            *taken = true;
        }
        u8::try_from(slot).unwrap_or(0)
    }
}

/// FNV-1a: written down here, since a hash that changed with a crate would change everybody's colors. Its upper half is
/// folded in, as its lowest bits alone spread short names badly.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::{FreeSlots, slot_of_text};

    #[test]
    fn sixteen_services_have_sixteen_colors() {
        let mut free = FreeSlots::default();
        let mut slots: Vec<u8> = (0..16).map(|at| free.take(slot_of_text(&format!("service-{at}")))).collect();
        slots.sort_unstable();
        assert_eq!(slots, (0..16).collect::<Vec<u8>>());
        assert!(free.take(slot_of_text("one more")) < 16);
    }

    #[test]
    fn a_name_keeps_its_slot() {
        let slots = ["checkout", "cart", "frontend", ""].map(slot_of_text);
        assert_eq!(slots, ["checkout", "cart", "frontend", ""].map(|name| FreeSlots::default().take(slot_of_text(name))));
    }
}

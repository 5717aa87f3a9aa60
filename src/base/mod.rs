//! What could have been in std: index newtypes and their columns, the interner, bit sets, hashing, intervals.
//!
//! *Invariants.* Nothing here knows OpenTelemetry, bytes on disk, clocks or screens.

mod bits;
mod column;
mod hash;
mod interner;
mod interval;
mod order;
mod shared_bytes;
mod small_map;
pub mod text;

pub use bits::BitSet;
pub use column::{Column, Idx, IdxRange, Sparse};
pub use hash::{FastMap, FastSet, FixedState, hash_bytes, hash_u64};
pub use interner::{Interner, StrId};
pub use interval::{covered, merge_sorted};
pub use order::{sort_by_value, sort_few, sort_few_by_key, sort_numbers, sort_short};
pub use shared_bytes::SharedBytes;
pub use small_map::SmallMap;

/// Defines a `u32` index into one table, so that an index into another does not compile in its place.
#[macro_export]
macro_rules! define_index {
    ($(#[$meta:meta])* $vis:vis $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name($vis u32);

        impl $crate::base::Idx for $name {
            #[inline]
            fn from_u32(raw: u32) -> Self {
                Self(raw)
            }
            #[inline]
            fn to_u32(self) -> u32 {
                self.0
            }
        }
    };
}

/// The length of a table as a `u32`. Tables end at `u32::MAX` rows, which no 32-bit memory holds; the clamp is never met.
#[inline]
pub fn len_u32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

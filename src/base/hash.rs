//! Hash maps without a random seed, so that the same input always takes the same path, and the hashes under them.
//!
//! Tables are bounded by the input's size, so a file made to collide slows its own load and nothing else.

use std::hash::{BuildHasher, Hasher as _};

use foldhash::fast::FixedState as Foldhash;

/// Makes hashers that all start from the same state.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedState;

impl BuildHasher for FixedState {
    type Hasher = foldhash::fast::FoldHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        STATE.build_hasher()
    }
}

static STATE: Foldhash = Foldhash::with_seed(0x5eed_5ba4);

/// A hash map. Its order must not be shown to anyone.
pub type FastMap<K, V> = hashbrown::HashMap<K, V, FixedState>;
/// A hash set. Its order must not be shown to anyone.
pub type FastSet<K> = hashbrown::HashSet<K, FixedState>;

/// A 32-bit hash of bytes.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    let mut hasher = STATE.build_hasher();
    hasher.write(bytes);
    fold(hasher.finish())
}

/// A 64-bit hash of a number.
#[inline]
pub fn hash_u64(number: u64) -> u64 {
    let mut hasher = STATE.build_hasher();
    hasher.write_u64(number);
    hasher.finish()
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the upper half is folded in first")]
fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

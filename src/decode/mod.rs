//! Bytes → batches and findings.
//!
//! [`Import`] reads one source: it finds out what the bytes are, takes compression off, and hands what is inside to the reader of
//! its format, all in pieces of bounded size. An archive holds several sources, each of which is read so.
//!
//! A large source can be shared: [`Import::lend`] gives slices of it away, which [`read_slice`] reads in other workers.
//!
//! *Invariants.* Nothing here fails on content: what can be repaired is repaired and counted, what cannot is skipped and
//! counted, and a damaged tail never costs what came before it. Nothing recurses over data. The result does not depend on how
//! the bytes were cut into pieces, nor on who read them.

mod archive;
mod detect;
mod foreign;
mod framing;
mod import;
mod inflate;
mod json;
mod key_cache;
mod layer;
mod openobserve;
pub mod otlp_json;
mod otlp_proto;
mod slices;

/// How deep arrays and maps may stand in each other, as protobuf readers have it.
const MAX_DEPTH: usize = 64;

pub use import::Import;
pub use slices::{Advance, SIZES, Sizes, Slice, read_slice};

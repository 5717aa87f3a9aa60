//! The one integration crate.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so; the in-tests switches do not reach helper functions"
)]

mod analysis;
mod axis;
mod dump;
mod engine;
mod floors;
mod format;
mod link;
mod notation;
mod open;
mod otlp_json;
mod route;
mod scene;
mod source;
mod tidy;

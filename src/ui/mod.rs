//! Wasm only: the page, in Leptos.
//!
//! [`state`] holds what is shown, [`actions`] is all that the reader can do, the rest draws. Nothing here decodes, counts or
//! decides what a file means: the engine is asked, and answers with views of [`crate::protocol`].
//!
//! *Invariants.* Shared signals are made in `App`, once. Effects touch only the outside: address, title, storage, canvas.
//! Untrusted text is only ever text.

pub mod actions;
pub mod acts;
pub mod app;
pub mod basis;
pub mod canvas;
pub mod columns;
pub mod commands;
pub mod drop_overlay;
pub mod export;
pub mod facets;
pub mod failure_panel;
pub mod fetch;
pub mod file_inputs;
pub mod flame;
pub mod help;
pub mod import_strip;
pub mod jump;
pub mod keys;
pub mod latency;
pub mod later;
pub mod map;
pub mod notes;
pub mod notices;
pub mod open_sheet;
pub mod palette;
pub mod parts;
pub mod portion;
pub mod query;
pub mod reactive;
pub mod remote;
pub mod report;
pub mod samples;
pub mod selection_chips;
pub mod server;
pub mod sources;
pub mod start;
pub mod state;
pub mod top_bar;
pub mod trace;
pub mod traces;
pub mod windowed;

pub use app::mount;
pub use remote::Remote;
pub use state::{AppState, Import, Manner, Notice, Phase, Sheet, TimeZone, palette_color, use_app};

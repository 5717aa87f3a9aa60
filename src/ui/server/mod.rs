//! A connected server: what is known of it, and the door to the worker that talks to it.

pub mod state;

pub use state::{Connected, ServerState};

//! A connected server: what is known of it, the door to the worker that talks to it, and the page that searches it.

mod conditions;
mod connect;
mod connection;
pub mod fields;
mod form;
mod live;
pub mod page;
mod place;
mod range;
pub mod saved;
mod search;
pub mod state;
mod strip;

pub use page::OpenObservePage;
pub use state::{Connected, ServerState};

//! Both ends of the wire: the page's request table and the worker's queue, without either's browser.
//!
//! ```text
//!   page                                        worker
//!   Client ──ToWorker──▶ bytes ──▶ bytes ──ToWorker──▶ Server ──▶ a Handler, stepped
//!     ▲                                                  │
//!     └── Event ◀─FromWorker── bytes ◀── bytes ◀─────────┘
//! ```
//! Each request that the [`Client`] numbers is settled exactly once: by one [`Event::Answer`], or by one [`Event::Dropped`]
//! where a newer request took its [`Slot`]. The [`Server`] answers each request that it hears exactly once, whatever
//! order cancels, input and time come in.
//!
//! *Invariants.* No browser, no clock of its own, no file: time and bytes come in as arguments, so all of this runs
//! natively under seeded schedules.

mod client;
mod handler;
mod server;
mod slot;
mod wire;

/// What a [`Handler`] is given and gives.
pub use crate::job::{CallMode, Head, Help, HttpCall, Input, Method, Outcome, SourceError};
pub use client::{Client, Event};
pub use handler::Handler;
pub use server::{Output, STEP_MILLIS, Server};
pub use slot::Slot;
pub use wire::{Garbled, decode_from_worker, decode_to_worker, encode_from_worker, encode_to_worker};

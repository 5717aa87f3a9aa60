//! Model → bytes: what is shown, given back.
//!
//! *Invariants.* Knows neither files nor the screen. What is lossless reads back as an equal data set.

mod json;
pub mod otlp_json;
pub mod plain;

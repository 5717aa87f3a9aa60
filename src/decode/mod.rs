//! Bytes → batches and findings.

mod json;
pub mod otlp_json;

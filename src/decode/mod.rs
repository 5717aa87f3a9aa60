//! Bytes → batches and findings.

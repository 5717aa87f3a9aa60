//! TraceQL: Grafana Tempo's query language, over a sealed data set.
//!
//! *Invariants.* A query is a text, a tree, a checked tree and a set of rows; nothing here knows the wire or the screen.

pub mod tree;

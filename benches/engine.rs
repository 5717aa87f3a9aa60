//! The native benchmarks.

fn main() {}

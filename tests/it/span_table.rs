//! The span table.

//! TraceQL: Grafana Tempo's query language, over a sealed data set.
//!
//! A text becomes tokens ([`lexer`]), then a tree ([`parse()`]); [`check()`] says whether the tree means anything, and
//! [`mod@print`] writes it again. [`edit`] and [`complete()`] serve the box in which the text is written.
//!
//! *Invariants.* A query is a text, a tree, a checked tree and a set of rows; nothing here knows the wire or the screen.

mod check;
mod complete;
pub mod edit;
pub mod eval;
pub mod lexer;
mod parser;
pub mod print;
pub mod regex;
mod split;
pub mod tree;
mod trouble;
pub mod words;

pub use check::check;
pub use complete::{Wanted, Wants, complete};
pub use parser::{MAX_BYTES, MAX_DEPTH, parse};
pub use split::split;
pub use tree::Query;
pub use trouble::{Stage, Trouble};

/// Parses and checks a query.
pub fn read(text: &str) -> Result<Query, Trouble> {
    let query = parse(text)?;
    check(&query)?;
    Ok(query)
}

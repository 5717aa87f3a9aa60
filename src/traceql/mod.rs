//! TraceQL: Grafana Tempo's query language, over a sealed data set.
//!
//! A text becomes tokens ([`lexer`]), then a tree ([`mod@parse`]); [`mod@check`] says whether the tree means anything, and [`print`]
//! writes it again. [`edit`] and [`mod@complete`] serve the box in which the text is written.
//!
//! *Invariants.* A query is a text, a tree, a checked tree and a set of rows; nothing here knows the wire or the screen.

mod check;
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
pub use split::split;
pub use parser::{MAX_BYTES, MAX_DEPTH, parse};
pub use tree::Query;
pub use trouble::{Stage, Trouble};

/// Parses and checks a query.
pub fn read(text: &str) -> Result<Query, Trouble> {
    let query = parse(text)?;
    check(&query)?;
    Ok(query)
}

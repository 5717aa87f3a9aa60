//! JSON text: a cursor that reads tokens where they stand, a skipper that can stop anywhere, exact decimals, escapes.
//!
//! *Invariants.* No tree of values, no recursion, no allocation but the caller's scratch buffer. Strict where a mistake would be
//! taken for data, lenient where it cannot be: trailing commas, control characters in strings, `NaN` and `Infinity`.

mod cursor;
mod escape;
pub(crate) mod number;
mod skip;

pub(crate) use cursor::{Cursor, Expected, Raw, Stop, quotes_and_backslashes};
pub(crate) use escape::unescape;
pub(crate) use skip::{LineBreaks, MAX_BEGINNING, Skipper, find_document_line, find_object_with};

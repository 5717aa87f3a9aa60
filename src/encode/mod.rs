//! Model → bytes: what is shown, given back.
//!
//! ```text
//!   rows ─▶ Survey ─▶ Masks, losses, what redaction changes
//!     └───▶ Export ─▶ writer of a format ─▶ gzip ─▶ pieces
//!              Shown ──┘  the only way to a text or an id
//! ```
//! *Invariants.* Knows neither files nor the screen. What is lossless reads back as an equal data set; what is not says so first.
//! No writer sees the data set itself: each is handed a [`Shown`], which redaction stands before.

mod chrome;
mod csv;
mod export;
mod jaeger;
mod json;
mod losses;
mod mermaid;
mod notes;
pub mod otlp_json;
mod otlp_proto;
pub mod plain;
mod proto;
mod redact;
mod rows;
mod shown;
mod survey;
mod units;
mod values;
mod zipkin;

pub use export::{Export, Format};
pub use losses::{Loss, losses};
pub use notes::{Mark, Notes};
pub use redact::{MASK, MAX_RULES, Masks, Redaction, Rule};
pub use rows::SpanRows;
pub use shown::Shown;
pub use survey::{Change, Facts, Findings, MAX_EXAMPLES, Place, Survey};

//! What is sought as one condition of SQL.

use crate::protocol::{Selection, ServerQuery, StatusCode};

/// A condition, and what of the question it leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// SQL; empty: none.
    pub(super) sql: String,
    /// What cannot be said in it, as sentences.
    pub(super) remarks: Vec<String>,
}

/// The condition on a span, whose columns stand after `alias`.
pub(super) fn conditions(query: &ServerQuery, _selection: &Selection, _columns: &[String], alias: &str) -> Conditions {
    let column = |name: &str| if alias.is_empty() { name.to_owned() } else { format!("{alias}.{name}") };
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut parts = Vec::new();
    if !query.service.is_empty() {
        parts.push(format!("{} = {}", column("service_name"), text(&query.service)));
    }
    if !query.operation.is_empty() {
        parts.push(format!("{} = {}", column("operation_name"), text(&query.operation)));
    }
    if query.status == Some(StatusCode::Error) {
        parts.push(format!("{} = 'ERROR'", column("span_status")));
    }
    Conditions { sql: parts.join(" AND "), remarks: Vec::new() }
}

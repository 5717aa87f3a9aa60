//! What facets are called, and which there are at first.

use crate::protocol::GroupBy;
use crate::route::field_words;

/// Attributes that have a facet where nothing else was chosen, if any span has them.
pub(super) const USUAL: [&str; 8] = [
    ".http.response.status_code",
    ".http.status_code",
    ".http.route",
    ".db.system",
    ".db.system.name",
    ".rpc.method",
    ".messaging.system",
    ".error.type",
];

/// What a facet is called.
pub(super) fn title(by: &GroupBy) -> &str {
    match by {
        GroupBy::Nothing => "Duration",
        GroupBy::Service => "Service",
        GroupBy::Operation => "Operation",
        GroupBy::Kind => "Kind",
        GroupBy::Status => "Status",
        GroupBy::Attribute(text) => field_words(text),
    }
}

//! Which column of a stream an attribute has become.
//!
//! Keys are folded: lower case, and each character that is no letter or digit is `_`. A resource's attribute has `service_`
//! before it. A span's attribute that would hit a fixed column, or one of a resource, has `attr_` before it.

use super::Table;
use crate::connect::sql::name;

/// The columns that every span has, whatever its attributes, and whether they are numbers.
const FIXED: [(&str, bool); 19] = [
    ("_timestamp", true),
    ("duration", true),
    ("end_time", true),
    ("events", false),
    ("flags", true),
    ("infer_service_name", false),
    ("infer_service_system", false),
    ("infer_service_type", false),
    ("links", false),
    ("operation_name", false),
    ("reference_parent_span_id", false),
    ("reference_parent_trace_id", false),
    ("reference_ref_type", false),
    ("service_name", false),
    ("span_id", false),
    ("span_kind", false),
    ("span_status", false),
    ("start_time", true),
    ("status_code", true),
];

/// The columns of a stream; none at all: they are not known.
#[derive(Clone, Copy, Debug)]
pub(in crate::connect) struct Columns<'a>(pub(in crate::connect) &'a [String]);

impl Columns<'_> {
    /// Whether there is a column of this name.
    pub(in crate::connect) fn has(self, column: &str) -> bool {
        self.0.iter().any(|own| own == column)
    }

    /// A span's parent id as SQL, NULL where there is none; no span of a stream may have had one.
    pub(in crate::connect) fn parent(self, table: Table<'_>) -> String {
        if self.0.is_empty() || self.has("reference_parent_span_id") {
            table.column("reference_parent_span_id")
        } else {
            "NULLIF('', '')".to_owned()
        }
    }

    /// The value of an attribute as SQL, a text: the span's, or else its resource's; NULL where neither is there. `None`: the
    /// stream has no column of this name.
    pub(in crate::connect) fn value(self, key: &str, table: Table<'_>) -> Option<String> {
        let mut found: Vec<String> = Vec::new();
        for column in self.candidates(key) {
            let is_number = FIXED.iter().any(|&(fixed, is_number)| fixed == column && is_number);
            let column = table.column(&name(&column));
            found.push(if is_number { format!("CAST({column} AS VARCHAR)") } else { column });
        }
        match found.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("COALESCE({})", several.join(", "))),
        }
    }

    /// The columns that may hold an attribute, the span's before the resource's.
    fn candidates(self, key: &str) -> Vec<String> {
        let folded = fold(key);
        if key == "service.name" {
            return vec!["service_name".to_owned()];
        }
        if self.0.is_empty() {
            return vec![folded];
        }
        let own = format!("attr_{folded}");
        let is_fixed = is_fixed(&folded);
        let takes_folded = if is_fixed { key == folded } else { !(self.has(&own) && folded.starts_with("service_")) };
        let of_resource = format!("service_{folded}");
        let of_resource = (!is_fixed && of_resource != "service_name").then_some(of_resource);
        let all = [(!is_fixed || key != folded).then_some(own), takes_folded.then_some(folded), of_resource];
        all.into_iter().flatten().filter(|column| self.has(column)).collect()
    }
}

fn is_fixed(column: &str) -> bool {
    FIXED.iter().any(|&(fixed, _)| fixed == column) || column == "trace_id" || column == "status_message"
}

/// A key as the server writes it.
fn fold(key: &str) -> String {
    key.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Columns, Table};

    #[test]
    fn keys_find_their_columns() {
        let names = "duration attr_duration http_route service_name service_region region service_service_version service_version \
                     service_x attr_service_x trace_id größe";
        let columns: Vec<String> = names.split(' ').map(str::to_owned).collect();
        let cases = [
            ("http.route", "\"http_route\""),
            ("HTTP-Route", "\"http_route\""),
            ("http_route", "\"http_route\""),
            ("region", "COALESCE(\"region\", \"service_region\")"),
            // Written so by a span, or else by its resource.
            ("service.version", "COALESCE(\"service_version\", \"service_service_version\")"),
            ("service.name", "\"service_name\""),
            ("service.x", "\"attr_service_x\""),
            // The server's own column, and an attribute of that name.
            ("duration", "CAST(\"duration\" AS VARCHAR)"),
            ("Duration", "\"attr_duration\""),
            ("trace_id", "\"trace_id\""),
            ("Größe", "\"größe\""),
            ("name", ""),
            ("nope", ""),
            ("a\"; DROP", ""),
        ];
        for (key, expected) in cases {
            assert_eq!(Columns(&columns).value(key, Table("")).unwrap_or_default(), expected, "{key}");
        }
        assert_eq!(Columns(&[]).value("a\"b.c", Table("p")).as_deref(), Some("p.\"a_b_c\""));
        assert_eq!(Columns(&columns).parent(Table("c")), "NULLIF('', '')");
    }
}

//! Calls, as tables in SQL: those between services, by who is whose parent, and those of what sends no spans.
//!
//! Which span is a call of what, and which span measures it, is as in the analysis of loaded spans (`analysis::service_map`), as
//! far as a join of spans with their parents tells. Not told: links, spans that were ingested twice (they count twice), several
//! servers below one client span (each counts), and names that only the analysis makes up of attributes.
//!
//! | column | what it holds |
//! | --- | --- |
//! | `sw_w` | who calls: `s` a service, `u` the user, `k` an unknown caller, `q` a queue; among peers what is called: its type |
//! | `sw_a` | the caller's name |
//! | `sw_z` | the callee's name |
//! | `sw_l` | 1 for a call; 0 for a span without a parent that is none |
//! | `sw_y` | what is known beside the name of what sends no spans |
//! | `sw_m` | 1 where it goes through a queue |
//! | `sw_f` | 1 where it failed, at either end |
//! | `sw_d`, `sw_s`, `sw_i`, `sw_q` | duration, start, span id and name of the span that measures it |
//! | `sw_c`, `sw_t`, `sw_j`, `sw_o` | the same of the span at the callee's end; it names the operation |
//! | `sw_r` | why it failed |

use std::fmt::Write as _;

use crate::connect::condition::{Columns, Sought, Table};
use crate::connect::sql::name;
use crate::protocol::{NodeId, NodeKind, SpanKind};

/// Who calls a server span without a parent.
const USER: &str = "user";
/// Who calls a span whose caller is nowhere.
const UNKNOWN: &str = "unknown caller";

/// The column of the queue's name.
const DESTINATION: &str = "messaging_destination_name";

/// The column of the queue's system.
const SYSTEM: &str = "messaging_system";

/// Longer types of errors are cut.
const ERROR_CHARS_MAX: usize = 200;

/// A table of calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// What stands after `FROM`.
    pub(super) from: String,
    /// What the condition leaves out.
    pub(super) remarks: Vec<String>,
}

/// Calls of services: each span that another service's span is the parent of, that comes out of a queue, or that nothing leads to.
pub(super) fn calls(sought: Sought<'_>) -> Calls {
    let (child, parent) = (Table("c"), Table("p"));
    let columns = Columns(sought.columns);
    let parent_id = columns.parent(child);
    let kind = |table: Table<'_>, kinds: &[SpanKind]| table.is_kind(kinds);
    let sends = kind(parent, &[SpanKind::Client, SpanKind::Producer]);
    let (serves, takes) = (kind(child, &[SpanKind::Server]), kind(child, &[SpanKind::Consumer]));
    // A comparison of services of which one is not there is none.
    let elsewhere = "c.service_name <> p.service_name";
    let queue = columns.has(DESTINATION).then(|| format!("COALESCE(p.{DESTINATION}, c.{DESTINATION})"));
    let queue = queue.unwrap_or_else(|| "NULLIF('', '')".to_owned());
    let system = if columns.has(SYSTEM) { format!("COALESCE(c.{SYSTEM}, '')") } else { "''".to_owned() };
    let is_queued = format!("{takes} AND {queue} IS NOT NULL");
    let is_there = "p.span_id IS NOT NULL";
    let unlinked = if columns.has("links") { "(c.links IS NULL OR c.links IN ('', '[]'))" } else { "1 = 1" };
    let again = format!("{takes} AND {} AND c.service_name = p.service_name", kind(parent, &[SpanKind::Consumer]));
    let is_call = format!(
        "CASE WHEN {again} THEN 0 WHEN {is_queued} THEN 1 \
         WHEN {is_there} AND {takes} THEN CASE WHEN {sends} OR {elsewhere} THEN 1 ELSE 0 END \
         WHEN {is_there} THEN CASE WHEN {elsewhere} OR ({sends} AND {serves}) THEN 1 ELSE 0 END \
         WHEN {serves} THEN 1 WHEN {takes} AND {unlinked} THEN 1 ELSE 0 END"
    );
    let who = format!(
        "CASE WHEN {is_queued} THEN 'q' WHEN {is_there} THEN 's' \
         WHEN ({parent_id} IS NULL OR {parent_id} = '') AND {serves} THEN 'u' ELSE 'k' END"
    );
    let caller = format!("CASE WHEN {is_queued} THEN {queue} ELSE COALESCE(p.service_name, '') END");
    let measured = |of_parent: &str, of_child: &str| {
        format!("CASE WHEN {is_queued} THEN {of_child} WHEN {sends} THEN {of_parent} ELSE {of_child} END")
    };
    let failed = format!(
        "CASE WHEN c.span_status = 'ERROR' THEN 1 WHEN {is_queued} THEN 0 WHEN {sends} AND p.span_status = 'ERROR' THEN 1 ELSE 0 END"
    );
    let why =
        format!("CASE WHEN c.span_status = 'ERROR' THEN {} ELSE {} END", error_type(columns, child), error_type(columns, parent));
    let named = |table: Table<'_>| format!("COALESCE({}, '')", table.column("operation_name"));
    let conditions = sought.spans(&[("c", ""), ("p", &sends)]);
    let stream = name(sought.stream);
    let mut from = format!(
        "(SELECT c.trace_id AS trace_id, {who} AS sw_w, {caller} AS sw_a, COALESCE(c.service_name, '') AS sw_z, {is_call} AS sw_l, \
         {system} AS sw_y, CASE WHEN {takes} THEN 1 ELSE 0 END AS sw_m, {failed} AS sw_f, {} AS sw_d, {} AS sw_s, {} AS sw_i, {} AS sw_q, \
         {} AS sw_c, {} AS sw_t, c.span_id AS sw_j, {} AS sw_o, {why} AS sw_r \
         FROM {stream} AS c LEFT JOIN {stream} AS p ON {parent_id} = p.span_id AND c.trace_id = p.trace_id \
         WHERE ({is_call} = 1 OR p.span_id IS NULL)",
        measured(&parent.duration(), &child.duration()),
        measured(&parent.start(), &child.start()),
        measured("p.span_id", "c.span_id"),
        measured(&named(parent), &named(child)),
        child.duration(),
        child.start(),
        named(child),
    );
    if !conditions.sql.is_empty() {
        _ = write!(from, " AND {}", conditions.sql);
    }
    from.push_str(") AS sw");
    Calls { from, remarks: conditions.remarks }
}

/// Calls of what sends no spans, as the server infers it; `None` where it does not.
pub(super) fn peers(sought: Sought<'_>) -> Option<Calls> {
    let columns = Columns(sought.columns);
    if !columns.has("infer_service_name") || !columns.has("infer_service_type") {
        return None;
    }
    let span = Table("");
    let system = if columns.has("infer_service_system") { "COALESCE(infer_service_system, '')" } else { "''" };
    let conditions = sought.spans(&[("", "")]);
    let stream = name(sought.stream);
    let (duration, start) = (span.duration(), span.start());
    let operation = "COALESCE(operation_name, '')";
    let mut from = format!(
        "(SELECT trace_id, CASE WHEN infer_service_type IN ('database', 'queue') THEN infer_service_type ELSE 'external' END AS sw_w, \
         COALESCE(service_name, '') AS sw_a, infer_service_name AS sw_z, {system} AS sw_y, 1 AS sw_l, \
         CASE WHEN infer_service_type = 'queue' THEN 1 ELSE 0 END AS sw_m, {} AS sw_f, \
         {duration} AS sw_d, {start} AS sw_s, span_id AS sw_i, {operation} AS sw_q, \
         {duration} AS sw_c, {start} AS sw_t, span_id AS sw_j, {operation} AS sw_o, {} AS sw_r \
         FROM {stream} WHERE infer_service_name IS NOT NULL AND infer_service_name <> ''",
        span.failed(),
        error_type(columns, span),
    );
    if columns.has("reference_parent_span_id") {
        // A call that arrives in a service here is one of that service.
        _ = write!(
            from,
            " AND span_id NOT IN (SELECT reference_parent_span_id FROM {stream} WHERE reference_parent_span_id IS NOT NULL AND {})",
            span.is_kind(&[SpanKind::Server])
        );
    }
    if !conditions.sql.is_empty() {
        _ = write!(from, " AND {}", conditions.sql);
    }
    from.push_str(") AS sw");
    Some(Calls { from, remarks: conditions.remarks })
}

/// Why a span failed, as far as its columns say: events are not looked into.
fn error_type(columns: Columns<'_>, table: Table<'_>) -> String {
    let column = |column: &str| columns.has(column).then(|| format!("NULLIF({}, '')", table.column(column)));
    let mut ways: Vec<String> = ["error_type", "exception_type"].into_iter().filter_map(column).collect();
    for (code, before, fine) in [
        ("rpc_grpc_status_code", "gRPC ", "('', '0')"),
        // Three digits of which the first is 4 or 5, and nothing else, is an error.
        ("http_response_status_code", "HTTP ", ""),
        ("http_status_code", "HTTP ", ""),
    ] {
        if columns.has(code) {
            let code = table.column(code);
            let is_fine = if fine.is_empty() {
                format!("substr({code}, 1, 1) IN ('', '1', '2', '3')")
            } else {
                format!("{code} IN {fine}")
            };
            ways.push(format!("CASE WHEN {is_fine} THEN NULLIF('', '') ELSE '{before}' || {code} END"));
        }
    }
    ways.extend(column("status_message"));
    ways.push("'unknown'".to_owned());
    format!("substr(COALESCE({}), 1, {ERROR_CHARS_MAX})", ways.join(", "))
}

/// The node that calls, by `sw_w` and `sw_a` of a call.
pub(super) fn caller(who: &str, name: String) -> Option<NodeId> {
    let (kind, name) = match who {
        "s" => (NodeKind::Service, name),
        "q" => (NodeKind::Queue, name),
        "u" => (NodeKind::Caller, USER.to_owned()),
        "k" => (NodeKind::Caller, UNKNOWN.to_owned()),
        _ => return None,
    };
    Some(NodeId { kind, name })
}

/// What stands in `sw_w` for calls by a node, or of a peer; `None` for a service that is called.
pub(super) fn who_of(node: &NodeId) -> &'static str {
    match node.kind {
        NodeKind::Service => "s",
        NodeKind::Queue => "q",
        NodeKind::Caller if node.name == USER => "u",
        NodeKind::Caller => "k",
        NodeKind::Database | NodeKind::External => "",
    }
}

/// The peer that is called, by `sw_w` and `sw_z`. A name that a service here has means that service.
pub(super) fn peer(what: &str, name: String, is_service: bool) -> Option<NodeId> {
    let kind = match what {
        "database" => NodeKind::Database,
        "queue" => NodeKind::Queue,
        "external" if is_service => NodeKind::Service,
        "external" => NodeKind::External,
        _ => return None,
    };
    Some(NodeId { kind, name })
}

/// The type of a peer.
pub(super) const fn type_of(kind: NodeKind) -> Option<&'static str> {
    match kind {
        NodeKind::Database => Some("database"),
        NodeKind::Queue => Some("queue"),
        NodeKind::External => Some("external"),
        NodeKind::Service | NodeKind::Caller => None,
    }
}

//! What clicks make of a query: the condition that they mean, and the query with it.

use super::literal_text;
use crate::base::{FastSet, StrId};
use crate::model::{Dataset, Tag};
use crate::protocol::{
    AttributeOwner, Brush, Condition, ConditionValue, Group, NodeId, NodeKind, Population, QueryChange, RewriteRequest, SpanKind,
    StatusCode,
};
use crate::traceql::print::{self, quoted};
use crate::traceql::tree::{Field, Literal, Scope};
use crate::traceql::{edit, parse, split};

/// The query, changed. What stands in it stays as it is written.
#[inline(never)]
pub(in crate::engine) fn rewritten(dataset: &Dataset, request: &RewriteRequest) -> String {
    let RewriteRequest { text, condition, change } = request;
    let (words, query) = split(text);
    // What cannot be read cannot be added to either.
    let query = if parse(query).is_ok() { query } else { "" };
    if let Condition::Call(caller, callee) = condition {
        let (caller, callee) = (service(caller), service(callee));
        let query = match change {
            QueryChange::Replace => return format!("{{ {caller} }} > {{ {callee} }}"),
            QueryChange::Toggle | QueryChange::Narrow => edit::joined(query, &format!("{{ {caller} }} > {{ {callee} }}")),
            // A span of another service, or one that is not called so.
            QueryChange::Exclude => edit::preceded(query, &format!("{{ !({callee}) }} || {{ {caller} }} !> {{ {callee} }}")),
        };
        return format!("{words} {query}").trim().to_owned();
    }
    let condition = match condition {
        Condition::Peer(caller, node) => {
            // What no attribute says is nothing to change a query by.
            let Some(peer) = peer_text(dataset, node) else { return text.clone() };
            caller.iter().map(|caller| service(caller)).chain([peer]).collect::<Vec<_>>().join(" && ")
        }
        condition => condition_text(condition),
    };
    let query = match change {
        QueryChange::Replace => return format!("{{ {condition} }}"),
        QueryChange::Toggle if edit::has(query, &condition) => edit::without(query, &condition),
        QueryChange::Toggle | QueryChange::Narrow => edit::narrowed(query, &condition),
        QueryChange::Exclude => edit::narrowed(query, &format!("!({condition})")),
    };
    // A query for everything is none.
    let query = if matches!(query.trim(), "{ }" | "{}" | "{ true }") { "" } else { query.trim() };
    format!("{words} {query}").trim().to_owned()
}

/// A condition as it stands in braces.
pub(in crate::engine) fn condition_text(condition: &Condition) -> String {
    match condition {
        Condition::Group(group) => group_text(group),
        Condition::Attribute { owner, key, value } => {
            let field = field(*owner, key);
            match value {
                ConditionValue::String(text) => format!("{field} = {}", quoted(text)),
                ConditionValue::Number(number) => format!("{field} = {number}"),
                ConditionValue::Bool(flag) => format!("{field} = {flag}"),
                ConditionValue::Any => format!("{field} != nil"),
            }
        }
        Condition::Fields(fields) => {
            let equal: Vec<String> = fields.iter().map(|(field, literal)| format!("{field} = {literal}")).collect();
            if equal.is_empty() { "true".to_owned() } else { equal.join(" && ") }
        }
        Condition::Duration(from, to) => match to {
            Some(to) if *from == 0 => format!("duration < {}", nanos(*to)),
            Some(to) => format!("duration >= {} && duration < {}", nanos(*from), nanos(*to)),
            None => format!("duration >= {}", nanos(*from)),
        },
        Condition::Trace(id) => format!("trace:id = {}", quoted(id)),
        Condition::Brush(brush) => brush_text(brush),
        // `rewritten` says it of two spans, or of what the data set has.
        Condition::Call(..) | Condition::Peer(..) => "true".to_owned(),
    }
}

fn root_service(name: &str) -> String {
    let named = format!("trace:rootService = {}", quoted(name));
    if name == Dataset::UNKNOWN_SERVICE { format!("(trace:rootService = \"\" || {named})") } else { named }
}

/// Attributes that name a node which is no service, as the service map reads them (`analysis::service_map`). A mere system is left out: it
/// names what has no other name, and all the rest of that system, too.
const fn peer_keys(kind: NodeKind) -> &'static [&'static str] {
    match kind {
        NodeKind::Service | NodeKind::Caller => &[],
        NodeKind::Database => {
            &["db.namespace", "db.name", "server.address", "net.peer.name", "net.sock.peer.name", "network.peer.address"]
        }
        NodeKind::Queue => &["messaging.destination.name", "messaging.destination"],
        NodeKind::External => &[
            "service.peer.name",
            "peer.service",
            "server.address",
            "net.peer.name",
            "net.sock.peer.name",
            "http.host",
            "network.peer.address",
            "rpc.service",
        ],
    }
}

/// Naming a node, by those attributes that do so in the data set.
fn peer_text(dataset: &Dataset, node: &NodeId) -> Option<String> {
    let attributes = &dataset.attributes;
    let named = |name: &str| {
        let symbol = dataset.strings.find(name)?;
        let known: Vec<(&str, StrId)> =
            peer_keys(node.kind).iter().filter_map(|&key| Some((key, dataset.strings.find(key)?))).collect();
        let values = attributes.tag.as_slice().iter().zip(attributes.payload.as_slice()).zip(attributes.key.as_slice());
        // One pass for all keys: the name is a value of few attributes.
        let naming: FastSet<StrId> = values
            .filter(|((tag, payload), _)| **tag == Tag::String && **payload == u64::from(symbol.0))
            .map(|(_, key)| *key)
            .collect();
        let keys = known.into_iter().filter(|(_, key)| naming.contains(key)).map(|(key, _)| key);
        let one = |key: &str| format!("{} = {}", field(AttributeOwner::Any, key), quoted(name));
        let all: Vec<String> = keys.map(one).collect();
        match all.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            _ => Some(format!("({})", all.join(" || "))),
        }
    };
    named(&node.name).or_else(|| {
        let (host, port) = node.name.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok())?;
        let port_key = ["server.port", "net.peer.port"].into_iter().find(|key| dataset.strings.find(key).is_some())?;
        Some(format!("{} && {} = {port}", named(host)?, field(AttributeOwner::Any, port_key)))
    })
}

fn nanos(nanos: u64) -> String {
    literal_text(Literal::Duration(i64::try_from(nanos).unwrap_or(i64::MAX)))
}

/// What a brush lets through, but for its time. What the language has no word for lets everything through.
fn brush_text(brush: &Brush) -> String {
    let Brush { of, start: _, duration, errors_only, group } = brush;
    let field = match of {
        Population::Spans => "duration",
        Population::Traces => "trace:duration",
    };
    let mut parts = Vec::new();
    if let Some((from, to)) = *duration {
        if from > 0 {
            parts.push(format!("{field} >= {}", nanos(from)));
        }
        // Edges of bins are round, but the last one's is what took longest.
        let below = to.checked_add(1).map(|below| format!("{field} < {}", nanos(below)));
        let up_to = format!("{field} <= {}", nanos(to));
        parts.extend(below.map(|below| if below.len() < up_to.len() { below } else { up_to }));
    }
    if *errors_only {
        parts.push("status = error".to_owned());
    }
    match (of, group) {
        (_, None | Some(Group::All | Group::Other)) => {}
        (Population::Spans, Some(group)) => parts.push(group_text(group)),
        (Population::Traces, Some(Group::Service(name))) => parts.push(root_service(name)),
        (Population::Traces, Some(Group::Operation { service, name })) => {
            parts.push(format!("{} && trace:rootName = {}", root_service(service), quoted(name)));
        }
        (Population::Traces, Some(Group::Status(StatusCode::Error))) => parts.push("status = error".to_owned()),
        (Population::Traces, Some(Group::Kind(_) | Group::Status(_) | Group::Attribute { .. })) => {}
    }
    if parts.is_empty() { "true".to_owned() } else { parts.join(" && ") }
}

fn group_text(group: &Group) -> String {
    match group {
        Group::All | Group::Other => "true".to_owned(),
        Group::Service(name) => service(name),
        Group::Operation { service: name, name: operation } => format!("{} && name = {}", service(name), quoted(operation)),
        Group::Kind(kind) => format!("kind = {}", kind_word(*kind)),
        Group::Status(status) => format!("status = {}", status_word(*status)),
        Group::Attribute { key, value: None } => format!("{} = nil", field(AttributeOwner::Any, key)),
        // A group is named by a text, whatever its value is; a number and a text that reads like one are in one group.
        Group::Attribute { key, value: Some(value) } => {
            let field = field(AttributeOwner::Any, key);
            let text = format!("{field} = {}", quoted(value));
            if value.parse::<i64>().is_ok() || matches!(value.as_str(), "true" | "false") {
                format!("({field} = {value} || {text})")
            } else {
                text
            }
        }
    }
}

/// Spans without a service name are known by that.
fn service(name: &str) -> String {
    if name == Dataset::UNKNOWN_SERVICE {
        // Some say so themselves, and some say nothing.
        return format!("(.service.name = nil || resource.service.name = {})", quoted(name));
    }
    format!("resource.service.name = {}", quoted(name))
}

fn field(owner: AttributeOwner, key: &str) -> String {
    let scope = match owner {
        AttributeOwner::Any => Scope::Any,
        AttributeOwner::Span => Scope::Span,
        AttributeOwner::Resource => Scope::Resource,
        AttributeOwner::Event => Scope::Event,
        AttributeOwner::Link => Scope::Link,
        AttributeOwner::Scope => Scope::Instrumentation,
    };
    print::field(&Field::Attribute(scope, key.to_owned()))
}

const fn kind_word(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified => "unspecified",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

const fn status_word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}

//! What clicks make of a query: the condition that they mean, and the query with it.

use super::literal_text;
use crate::protocol::{
    AttributeOwner, Condition, ConditionValue, Group, QueryChange, RewriteRequest, SpanKind, StatusCode,
};
use crate::traceql::print::{self, quoted};
use crate::traceql::tree::{Field, Literal, Scope};
use crate::traceql::{edit, parse, split};

/// The query, changed. What stands in it stays as it is written.
#[inline(never)]
pub(in crate::engine) fn rewritten(request: &RewriteRequest) -> String {
    let RewriteRequest { text, condition, change } = request;
    let condition = condition_text(condition);
    let (words, query) = split(text);
    // What cannot be read cannot be added to either.
    let query = if parse(query).is_ok() { query } else { "" };
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
        Condition::Duration(from, to) => {
            let nanos = |nanos: u64| literal_text(Literal::Duration(i64::try_from(nanos).unwrap_or(i64::MAX)));
            match to {
                Some(to) if *from == 0 => format!("duration < {}", nanos(*to)),
                Some(to) => format!("duration >= {} && duration < {}", nanos(*from), nanos(*to)),
                None => format!("duration >= {}", nanos(*from)),
            }
        }
        Condition::Trace(id) => format!("trace:id = {}", quoted(id)),
    }
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
    if name == crate::model::Dataset::UNKNOWN_SERVICE {
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

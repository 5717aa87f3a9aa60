//! A selection in an address: `q=` the filter, one `b=` for each brush.
//!
//! A brush is written as its parts, joined by `~`: `spans` or `traces`, `t<from>-<to>` its times, `d<from>-<to>` its durations, `e`
//! errors only, and its group: `service:cart`, `op:cart:GET%20%2F`, `kind:2`, `status:2`, `attr:key:value`, `attr:key`.

use super::percent::{self, Query};
use crate::protocol::{Brush, Group, GroupBy, Population, Selection, SpanKind, StatusCode};

/// Brushes in an address, at most: nobody narrows further, and an address is no place for data.
const BRUSHES_MAX: usize = 12;

/// Takes in a pair of the query; false if it is about something else.
pub(super) fn read(selection: &mut Selection, key: &str, value: &str) -> bool {
    match key {
        "q" => value.clone_into(&mut selection.filter),
        "b" if selection.brushes.len() < BRUSHES_MAX => selection.brushes.extend(brush(value)),
        "b" => {}
        _ => return false,
    }
    true
}

/// Adds it to a query.
pub(super) fn write(selection: &Selection, query: &mut Query) {
    query.text("q", &selection.filter);
    for brush in selection.brushes.iter().take(BRUSHES_MAX) {
        query.text("b", &text_of(brush));
    }
}

fn text_of(brush: &Brush) -> String {
    let mut parts = vec![population_name(brush.of).to_owned()];
    if let Some((from, to)) = brush.start {
        parts.push(format!("t{from}-{to}"));
    }
    if let Some((from, to)) = brush.duration {
        parts.push(format!("d{from}-{to}"));
    }
    if brush.errors_only {
        parts.push("e".to_owned());
    }
    parts.extend(brush.group.as_ref().and_then(group_text));
    parts.join("~")
}

fn brush(text: &str) -> Option<Brush> {
    let mut parts = text.split('~');
    let mut brush = Brush { of: population(parts.next()?)?, ..Brush::default() };
    for part in parts {
        match part.split_at_checked(1) {
            Some(("e", "")) => brush.errors_only = true,
            Some(("t", range)) if range.starts_with(|first: char| first.is_ascii_digit()) => brush.start = interval(range),
            Some(("d", range)) if range.starts_with(|first: char| first.is_ascii_digit()) => brush.duration = interval(range),
            _ => brush.group = group(part),
        }
    }
    Some(brush)
}

fn interval(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to).then_some((from, to))
}

/// Its name in an address.
pub(super) fn population_name(of: Population) -> &'static str {
    match of {
        Population::Spans => "spans",
        Population::Traces => "traces",
    }
}

/// The one with that name.
pub(super) fn population(name: &str) -> Option<Population> {
    match name {
        "spans" => Some(Population::Spans),
        "traces" => Some(Population::Traces),
        _ => None,
    }
}

/// Encoded twice, here and by the query: `~` and `:` in a name are not to be taken for ours.
fn escaped(text: &str) -> String {
    percent::encode(text).replace('~', "%7E")
}

fn group_text(group: &Group) -> Option<String> {
    Some(match group {
        Group::All | Group::Other => return None,
        Group::Service(name) => format!("service:{}", escaped(name)),
        Group::Operation { service, name } => format!("op:{}:{}", escaped(service), escaped(name)),
        Group::Kind(kind) => format!("kind:{}", *kind as u8),
        Group::Status(status) => format!("status:{}", *status as u8),
        Group::Attribute { key, value: Some(value) } => format!("attr:{}:{}", escaped(key), escaped(value)),
        Group::Attribute { key, value: None } => format!("attr:{}", escaped(key)),
    })
}

fn group(text: &str) -> Option<Group> {
    let mut parts = text.split(':');
    let kind = parts.next()?;
    let first = percent::decode(parts.next()?);
    let second = parts.next().map(percent::decode);
    Some(match (kind, second) {
        ("service", None) => Group::Service(first),
        ("op", Some(name)) => Group::Operation { service: first, name },
        ("kind", None) => Group::Kind(KINDS.into_iter().find(|kind| (*kind as u8).to_string() == first)?),
        ("status", None) => Group::Status(STATUSES.into_iter().find(|status| (*status as u8).to_string() == first)?),
        ("attr", value) => Group::Attribute { key: first, value },
        _ => return None,
    })
}

const KINDS: [SpanKind; 6] =
    [SpanKind::Unspecified, SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
const STATUSES: [StatusCode; 3] = [StatusCode::Unset, StatusCode::Ok, StatusCode::Error];

/// What is grouped by: `service`, `operation`, `kind`, `status`, `attr:<key>`; empty for nothing.
pub(super) fn group_by_text(by: &GroupBy) -> String {
    match by {
        GroupBy::Nothing => String::new(),
        GroupBy::Service => "service".to_owned(),
        GroupBy::Operation => "operation".to_owned(),
        GroupBy::Kind => "kind".to_owned(),
        GroupBy::Status => "status".to_owned(),
        GroupBy::Attribute(key) => format!("attr:{key}"),
    }
}

/// What is grouped by, from its text; nothing, where it is not understood.
pub(super) fn group_by(text: &str) -> GroupBy {
    match text {
        "service" => GroupBy::Service,
        "operation" => GroupBy::Operation,
        "kind" => GroupBy::Kind,
        "status" => GroupBy::Status,
        _ => text.strip_prefix("attr:").map_or(GroupBy::Nothing, |key| GroupBy::Attribute(key.to_owned())),
    }
}

//! A frame in words: for screen readers, the tooltip, the table and queries.

use crate::protocol::{Condition, FlameFrame, FlameLayout, Group, GroupBy};
use crate::scene::format;
use crate::ui::acts::Subject;

use super::state::FlameGraph;

/// What there is to say of a frame, in one sentence.
pub(super) fn sentence(service: &str, frame: &FlameFrame, layout: FlameLayout, whole: u64) -> String {
    let mut parts = vec![title(service, frame)];
    parts.extend(facts(frame, layout, whole).into_iter().map(|(name, value)| format!("{name} {value}")));
    parts.join(", ")
}

/// What it is.
pub(super) fn title(service: &str, frame: &FlameFrame) -> String {
    if frame.is_many {
        return format!("{}, too narrow to be drawn apart", format::counted(u64::from(frame.count), "span"));
    }
    format!("{service} {}", frame.name)
}

/// Its figures, with their names.
pub(super) fn facts(frame: &FlameFrame, layout: FlameLayout, whole: u64) -> Vec<(&'static str, String)> {
    let one = layout == FlameLayout::Time && !frame.is_many;
    let mut facts = Vec::with_capacity(7);
    if !one {
        facts.push(("Spans", format::count(u64::from(frame.count))));
    }
    facts.push((if one { "Duration" } else { "Total" }, format::duration(frame.total)));
    facts.push(("Self", format::duration(frame.self_time)));
    if frame.count > 1 && !frame.is_many {
        facts.push(("Mean", format::duration(frame.total / u64::from(frame.count))));
    }
    if one {
        facts.push(("Start", format::offset(frame.start)));
    }
    facts.push(("Share of width", format::percent(frame.width, whole)));
    if frame.errors > 0 {
        let words = if one { "yes".to_owned() } else { format::count(u64::from(frame.errors)) };
        facts.push((if one { "Error" } else { "Errors" }, words));
    }
    facts
}

/// What a query can be about: its operation and its service; nothing, where it is many.
pub(super) fn subjects_of(graph: FlameGraph, frame: &FlameFrame) -> Vec<Subject> {
    if frame.is_many {
        return Vec::new();
    }
    let service = graph.app().service_name(frame.service);
    let subject = |field: &str, value: &str, group: Group, by: GroupBy| Subject {
        field: field.to_owned(),
        value: value.to_owned(),
        condition: Condition::Group(group),
        by: Some(by),
    };
    let operation = Group::Operation { service: service.clone(), name: frame.name.clone() };
    vec![
        subject("name", &frame.name, operation, GroupBy::Operation),
        subject("resource.service.name", &service, Group::Service(service.clone()), GroupBy::Service),
    ]
}

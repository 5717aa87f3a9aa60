//! Groups of spans in the page's words: which a span is in, what each is called, and its color.

use std::rc::Rc;

use super::{kind, owned, status};
use crate::analysis::{GroupKey, Grouping, SpanGroup, SpanGroupIdx, attribute_of, service_of_group, trace_status};
use crate::base::{Idx as _, IdxRange};
use crate::encode::plain::text_of_value;
use crate::engine::caches::Caches;
use crate::engine::palette;
use crate::model::{self, Dataset, SpanIdx, TraceIdx};
use crate::protocol::{Brush, Group, GroupBy};

/// The groups of all spans, from the cache if they are there.
pub(super) fn grouping(dataset: &Dataset, caches: &mut Caches, by: &GroupBy) -> Rc<Grouping> {
    if let Some(grouping) = caches.groupings.get(by) {
        return grouping;
    }
    let grouping = group_rows(dataset, dataset.spans.id.range(), by);
    caches.groupings.put(by.clone(), grouping)
}

/// The groups of the spans of some rows.
pub(super) fn group_rows(dataset: &Dataset, rows: IdxRange<SpanIdx>, by: &GroupBy) -> Grouping {
    Grouping::new(dataset, rows, key(dataset, by), &|at| text_of_value(dataset, at))
}

/// In the terms of the analysis.
pub(super) fn key(dataset: &Dataset, by: &GroupBy) -> GroupKey {
    match by {
        GroupBy::Nothing => GroupKey::Nothing,
        GroupBy::Service => GroupKey::Service,
        GroupBy::Operation => GroupKey::Operation,
        GroupBy::Kind => GroupKey::Kind,
        GroupBy::Status => GroupKey::Status,
        GroupBy::Attribute(key) => GroupKey::Attribute(dataset.strings.find(key)),
    }
}

/// What a group is called, by any span of it.
pub(super) fn name(dataset: &Dataset, by: &GroupBy, member: SpanIdx) -> Group {
    let service = || dataset.service_name(dataset.service(member)).to_owned();
    match by {
        GroupBy::Nothing => Group::All,
        GroupBy::Service => Group::Service(service()),
        GroupBy::Operation => Group::Operation { service: service(), name: owned(dataset, dataset.spans.name[member]) },
        GroupBy::Kind => Group::Kind(kind(dataset.spans.kind[member])),
        GroupBy::Status => Group::Status(status(dataset.spans.status[member])),
        GroupBy::Attribute(key) => {
            let at = dataset.strings.find(key).and_then(|key| attribute_of(dataset, member, key));
            Group::Attribute { key: key.clone(), value: at.map(|at| text_of_value(dataset, at)) }
        }
    }
}

/// A group's palette slot: its service's, or one that its name alone decides.
pub(super) fn color(dataset: &Dataset, services: &[u8], by: &GroupBy, group: SpanGroup) -> u8 {
    if *by == GroupBy::Nothing {
        return services.get(dataset.service(group.first).usize()).copied().unwrap_or(0);
    }
    if let Some(service) = service_of_group(dataset, key(dataset, by), group).filter(|_| *by == GroupBy::Service) {
        return services.get(service.usize()).copied().unwrap_or(0);
    }
    match name(dataset, by, group.first) {
        Group::Attribute { value: None, .. } | Group::All | Group::Other => palette::NONE,
        Group::Attribute { value: Some(text), .. } | Group::Service(text) => palette::slot_of_text(&text),
        Group::Operation { service, name } => palette::slot_of_text(&format!("{service} {name}")),
        Group::Kind(kind) => kind as u8 * 3 + 1,
        Group::Status(status) => status as u8 * 5 + 3,
    }
}

/// The colors of a trace's spans.
#[derive(Debug)]
pub(in crate::engine) struct Coloring {
    grouping: Grouping,
    /// Palette slots, by group.
    slots: Vec<u8>,
}

impl Coloring {
    /// The palette slot of a span.
    pub(super) fn of(&self, span: SpanIdx) -> u8 {
        self.slots.get(self.grouping.of(span).usize()).copied().unwrap_or(palette::NONE)
    }
}

/// The colors of a trace's spans, from the cache if they are there. Not told apart means: by service.
pub(super) fn coloring(dataset: &Dataset, services: &[u8], caches: &mut Caches, trace: TraceIdx, by: &GroupBy) -> Rc<Coloring> {
    let by = if *by == GroupBy::Nothing { GroupBy::Service } else { by.clone() };
    let key = (trace, by);
    if let Some(coloring) = caches.colorings.get(&key) {
        return coloring;
    }
    let rows = dataset.traces.spans.row(trace).copied().unwrap_or_default();
    let grouping = group_rows(dataset, rows, &key.1);
    let slots = grouping.groups.as_slice().iter().map(|&group| color(dataset, services, &key.1, group)).collect();
    caches.colorings.put(key, Coloring { grouping, slots })
}

/// Which spans and traces a brush's group holds.
pub(super) struct Membership {
    group: Option<Group>,
    by: GroupBy,
    grouping: Option<(Rc<Grouping>, Option<SpanGroupIdx>)>,
}

/// The members of a brush's group.
pub(super) fn is_member(dataset: &Dataset, caches: &mut Caches, brush: &Brush) -> Membership {
    let by = brush.group.as_ref().map_or(GroupBy::Nothing, by_of);
    let grouping = brush.group.as_ref().filter(|group| **group != Group::All).map(|group| {
        let grouping = grouping(dataset, caches, &by);
        let found =
            grouping.groups.iter().find(|(_, candidate)| name(dataset, &by, candidate.first) == *group).map(|(idx, _)| idx);
        (grouping, found)
    });
    Membership { group: brush.group.clone(), by, grouping }
}

/// What a group is a group by.
fn by_of(group: &Group) -> GroupBy {
    match group {
        Group::All | Group::Other => GroupBy::Nothing,
        Group::Service(_) => GroupBy::Service,
        Group::Operation { .. } => GroupBy::Operation,
        Group::Kind(_) => GroupBy::Kind,
        Group::Status(_) => GroupBy::Status,
        Group::Attribute { key, .. } => GroupBy::Attribute(key.clone()),
    }
}

impl Membership {
    pub(super) fn has_span(&self, span: SpanIdx) -> bool {
        self.grouping.as_ref().is_none_or(|(grouping, wanted)| *wanted == Some(grouping.of(span)))
    }

    /// A trace is of the group that its root is of; its status is Error where any span's is.
    pub(super) fn has_trace(&self, dataset: &Dataset, trace: TraceIdx) -> bool {
        if self.by == GroupBy::Status {
            return self.group == Some(Group::Status(status_of(trace_status(dataset, trace))));
        }
        self.has_span(dataset.traces.root[trace])
    }
}

fn status_of(code: model::StatusCode) -> crate::protocol::StatusCode {
    status(code)
}

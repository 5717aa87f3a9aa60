//! Groups of spans in the page's words: which a span is in, what each is called, and its color.

use std::rc::Rc;

use super::{kind, owned, status};
use crate::analysis::{GroupKey, Grouping, SpanGroup, SpanGroupIdx, attribute_of, service_of_group, trace_status};
use crate::base::{BitSet, Idx as _, IdxRange};
use crate::encode::plain::text_of_value;
use crate::engine::caches::Caches;
use crate::engine::palette;
use crate::model::{Dataset, SpanIdx, TraceIdx, Value};
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
    palette::slot_of_group(&name(dataset, by, group.first))
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

/// The group of each trace: its root's; by status, Error where any span failed.
pub(super) fn trace_groups(dataset: &Dataset, by: &GroupBy, grouping: &Grouping) -> impl Fn(TraceIdx) -> SpanGroupIdx {
    let by_status = *by == GroupBy::Status;
    let mut of_status = [SpanGroupIdx::default(); 3];
    for (idx, group) in grouping.groups.iter().filter(|_| by_status) {
        if let Some(slot) = of_status.get_mut(dataset.spans.status[group.first] as usize) {
            *slot = idx;
        }
    }
    move |trace| {
        if by_status {
            of_status.get(trace_status(dataset, trace) as usize).copied().unwrap_or_default()
        } else {
            grouping.of(dataset.traces.root[trace])
        }
    }
}

/// Which spans and traces a brush's group holds.
pub(super) struct Membership {
    /// `None`: all.
    group: Option<Group>,
    /// The groups of all spans, and which of them are meant: services without a name share theirs with one of that name.
    grouping: Option<(Rc<Grouping>, BitSet)>,
}

/// The members of a brush's group.
pub(super) fn is_member(dataset: &Dataset, caches: &mut Caches, brush: &Brush) -> Membership {
    let group = brush.group.clone().filter(|group| *group != Group::All);
    let grouping = group.as_ref().map(|group| {
        let grouping = grouping(dataset, caches, &by_of(group));
        let is_named = named(dataset, group);
        let mut meant = BitSet::new(grouping.groups.len());
        for (idx, _) in grouping.groups.iter().filter(|(_, candidate)| is_named(candidate.first)) {
            meant.insert(idx.usize());
        }
        (grouping, meant)
    });
    Membership { group, grouping }
}

/// Whether a span is of a group, as [`name`] would call it; texts are not written for it where they need not be.
fn named<'a>(dataset: &'a Dataset, group: &'a Group) -> impl Fn(SpanIdx) -> bool + 'a {
    let (key, wanted) = match group {
        Group::Attribute { key, value } => (dataset.strings.find(key), value.as_deref()),
        _ => (None, None),
    };
    let symbol = wanted.and_then(|text| dataset.strings.find(text));
    move |member| {
        let service = || dataset.service_name(dataset.service(member));
        match group {
            Group::All => true,
            Group::Other => false,
            Group::Service(text) => service() == text,
            Group::Operation { service: text, name } => dataset.str(dataset.spans.name[member]) == name && service() == text,
            Group::Kind(wanted) => kind(dataset.spans.kind[member]) == *wanted,
            Group::Status(wanted) => status(dataset.spans.status[member]) == *wanted,
            Group::Attribute { .. } => match key.and_then(|key| attribute_of(dataset, member, key)) {
                None => wanted.is_none(),
                Some(at) => match dataset.attributes.value(at) {
                    Value::String(text) => symbol == Some(text),
                    _ => wanted == Some(text_of_value(dataset, at).as_str()),
                },
            },
        }
    }
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
    #[inline]
    pub(super) fn has_span(&self, span: SpanIdx) -> bool {
        self.grouping.as_ref().is_none_or(|(grouping, meant)| meant.has(grouping.of(span).usize()))
    }

    /// A trace is of the group that its root is of; its status is Error where any span's is.
    pub(super) fn has_trace(&self, dataset: &Dataset, trace: TraceIdx) -> bool {
        match self.group {
            Some(Group::Status(wanted)) => status(trace_status(dataset, trace)) == wanted,
            _ => self.has_span(dataset.traces.root[trace]),
        }
    }
}

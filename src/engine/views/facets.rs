//! The facets of a selection: the values that spans have, and how many of the selected spans have each.
//!
//! Which value a span has does not depend on what is selected: it is found once, and counting is a pass over numbers.

use std::cmp::Reverse;
use std::rc::Rc;

use super::field::{Wanted, text_cell};
use super::query::condition_text;
use super::select::select;
use super::{kind, owned, status, usize_of};
use crate::analysis::{AttributeHome, GroupKey, Grouping, Selected, SpanGroup, value_of};
use crate::base::{FastMap, FastSet, Idx as _, IdxRange, StrId, len_u32};
use crate::encode::plain::text_of_value;
use crate::engine::caches::{Caches, Recent};
use crate::model::{Dataset, ServiceIdx, SpanIdx, SpanKind, StatusCode, Value};
use crate::protocol::{
    AttributeOwner, Condition, ConditionValue, Facet, FacetValue, FacetsRequest, FacetsView, Group, GroupBy, TableCell,
};
use crate::traceql::{edit, split};

/// Attributes that have a facet, at most.
const MAX_ATTRIBUTES: usize = 24;

/// Values of a facet in an answer, at most.
const MAX_VALUES: u32 = 2000;

/// What is kept of facets.
#[derive(Debug, Default)]
pub(in crate::engine) struct FacetCaches {
    /// The groups of all spans that the last request needed.
    groupings: Vec<(GroupKey, Rc<Grouping>)>,
    /// How many of all spans are of each service, kind, status and range of durations.
    all: Option<Rc<[Vec<u32>; 4]>>,
    views: Recent<FacetsRequest, FacetsView>,
}

/// The facets.
#[inline(never)]
pub(in crate::engine) fn facets(dataset: &Dataset, palette: &[u8], caches: &mut Caches, request: &FacetsRequest) -> FacetsView {
    if let Some(view) = caches.facets.views.get(request) {
        return FacetsView::clone(&view);
    }
    let selected = select(dataset, caches, &request.selection);
    let runs = runs(dataset, &selected);
    let everything = [dataset.spans.id.range()];
    let is_all = runs == everything;
    let FacetCaches { groupings, all, .. } = &mut caches.facets;
    let plain = [Told::Service, Told::Kind, Told::Status, Told::Duration];
    let all = Rc::clone(all.get_or_insert_with(|| Rc::new(plain.map(|told| told.count(dataset, &everything)))));
    let spans = selected.count(dataset) as u64;
    let (_, query) = split(&request.selection.filter);
    let sheet = Sheet { dataset, palette, query, spans, limit: usize_of(request.limit.min(MAX_VALUES)) };

    let [of_service, of_kind, of_status, of_duration] = &*all;
    let counted = |told: Told, all: &[u32]| {
        let selected = if is_all { all.to_vec() } else { told.count(dataset, &runs) };
        values(&selected, all.iter().copied())
    };
    let mut before = std::mem::take(groupings);
    let mut grouped = |key: GroupKey| {
        let at = before.iter().position(|(kept, _)| *kept == key);
        let grouping = match at {
            Some(at) => before.swap_remove(at).1,
            None => Rc::new(Grouping::new(dataset, dataset.spans.id.range(), key, &|_| String::new())),
        };
        groupings.push((key, Rc::clone(&grouping)));
        grouping
    };
    let operations = grouped(GroupKey::Operation);
    let group_of = |number: u32| operations.groups.as_slice().get(usize_of(number)).copied();
    let (mut of_service, mut of_operation) =
        (counted(Told::Service, of_service), of_groups(&operations, &runs, is_all, |_| true));
    // Services without a name are called as one may be that has one: they are told apart by their names.
    if let Some(twin) = twin(dataset) {
        join(&mut of_service, |service| (service == twin.0).then_some(0), |service| (service == 0).then_some(0));
        let name_of = |number: u32, service: u32| {
            let group = group_of(number).filter(|group| dataset.service(group.first).0 == service)?;
            Some(dataset.spans.name[group.first].0)
        };
        join(&mut of_operation, |number| name_of(number, twin.0), |number| name_of(number, 0));
    }
    let mut facets = vec![
        sheet.facet(GroupBy::Service, of_service, |service| Some(sheet.service(ServiceIdx(service)))),
        sheet.facet(GroupBy::Operation, of_operation, |number| Some(sheet.operation(group_of(number)?))),
        sheet.facet(GroupBy::Kind, counted(Told::Kind, of_kind), kind_named),
        sheet.facet(GroupBy::Status, counted(Told::Status, of_status), status_named),
        sheet.durations(&counted(Told::Duration, of_duration)),
    ];
    for text in request.attributes.iter().take(MAX_ATTRIBUTES) {
        let by = GroupBy::Attribute(text.clone());
        let Some((home, Some(key))) = Wanted::new(dataset, text).home() else {
            facets.push(Facet { by, values: Vec::new(), count: 0 });
            continue;
        };
        let groups = grouped(GroupKey::Exact(home, key));
        let named = |group: SpanGroup| sheet.attribute(home, key, group);
        let has_value = |group: SpanGroup| is_compared(dataset, home, key, group.first);
        facets.push(sheet.facet(by, of_groups(&groups, &runs, is_all, has_value), |group| {
            groups.groups.as_slice().get(usize_of(group)).and_then(|group| named(*group))
        }));
    }
    let view = FacetsView { facets, spans };
    caches.facets.views.put(request.clone(), view.clone());
    view
}

/// What tells spans apart without having to be looked for.
#[derive(Clone, Copy)]
enum Told {
    Service,
    Kind,
    Status,
    Duration,
}

impl Told {
    /// How many spans of some rows are of each.
    fn count(self, dataset: &Dataset, runs: &[IdxRange<SpanIdx>]) -> Vec<u32> {
        let spans = &dataset.spans;
        match self {
            Self::Service => {
                let mut of_resource = vec![0; dataset.resources.attributes.len()];
                tally(runs, &mut of_resource, |span| spans.resource[span].to_u32());
                let mut counts = vec![0; dataset.services.name.len()];
                for (service, count) in dataset.services.of_resource.as_slice().iter().zip(of_resource) {
                    if let Some(sum) = counts.get_mut(service.usize()) {
                        *sum += count;
                    }
                }
                counts
            }
            Self::Kind => counted(runs, KINDS.len(), |span| spans.kind[span] as u32),
            Self::Status => counted(runs, STATUSES.len(), |span| spans.status[span] as u32),
            Self::Duration => counted(runs, RANGES.len(), |span| range_of(spans.duration(span))),
        }
    }
}

fn counted(runs: &[IdxRange<SpanIdx>], len: usize, number: impl Fn(SpanIdx) -> u32) -> Vec<u32> {
    let mut counts = vec![0; len];
    tally(runs, &mut counts, number);
    counts
}

fn tally(runs: &[IdxRange<SpanIdx>], counts: &mut [u32], number: impl Fn(SpanIdx) -> u32) {
    for span in runs.iter().flat_map(|run| run.iter()) {
        if let Some(count) = counts.get_mut(usize_of(number(span))) {
            *count += 1;
        }
    }
}

/// The selected rows, as runs of such as follow each other.
fn runs(dataset: &Dataset, selected: &Selected) -> Vec<IdxRange<SpanIdx>> {
    let mut runs: Vec<IdxRange<SpanIdx>> = Vec::new();
    let mut add = |start: u32, end: u32| match runs.last_mut() {
        Some(last) if last.end == start => last.end = end,
        _ => runs.push(IdxRange::new(start, end)),
    };
    match &selected.spans {
        None => selected.ranges(dataset).for_each(|rows| add(rows.start, rows.end)),
        Some(spans) => spans.iter().map(len_u32).for_each(|row| add(row, row + 1)),
    }
    runs
}

/// A value by its number, and how many spans have it.
#[derive(Clone, Copy)]
struct Counted {
    number: u32,
    selected: u32,
    all: u32,
}

/// Those that any span has.
fn values(selected: &[u32], all: impl Iterator<Item = u32>) -> Vec<Counted> {
    let pairs = all.zip(selected).zip(0..);
    pairs.filter(|((all, _), _)| *all != 0).map(|((all, &selected), number)| Counted { number, selected, all }).collect()
}

/// The service that is called as those without a name are, where there are both.
fn twin(dataset: &Dataset) -> Option<ServiceIdx> {
    let names = &dataset.services.name;
    names.row(ServiceIdx(0)).filter(|name| **name == StrId::EMPTY)?;
    names.range().iter().skip(1).find(|&service| dataset.service_name(service) == Dataset::UNKNOWN_SERVICE)
}

/// Joins values that are called alike: each of the one kind with that of the other that has the same number, if there is one.
fn join(values: &mut Vec<Counted>, of_one: impl Fn(u32) -> Option<u32>, of_other: impl Fn(u32) -> Option<u32>) {
    let mut others: FastMap<u32, (u32, u32)> = FastMap::default();
    for value in values.iter() {
        if let Some(number) = of_other(value.number) {
            others.insert(number, (value.selected, value.all));
        }
    }
    let mut joined: FastSet<u32> = FastSet::default();
    for value in values.iter_mut() {
        if let Some(number) = of_one(value.number)
            && let Some((selected, all)) = others.get(&number)
        {
            value.selected += selected;
            value.all += all;
            joined.insert(number);
        }
    }
    values.retain(|value| of_other(value.number).is_none_or(|number| !joined.contains(&number)));
}

fn of_groups(
    grouping: &Grouping,
    runs: &[IdxRange<SpanIdx>],
    is_all: bool,
    has_value: impl Fn(SpanGroup) -> bool,
) -> Vec<Counted> {
    let groups = grouping.groups.as_slice();
    let all = || groups.iter().map(|group| group.spans);
    let selected = if is_all { all().collect() } else { counted(runs, groups.len(), |span| grouping.of(span).to_u32()) };
    let mut values = values(&selected, all());
    // Spans without a value are a group as well: the only one.
    values.retain(|value| groups.get(usize_of(value.number)).is_some_and(|&group| has_value(group)));
    values
}

/// Whether a span has a value there that a query can ask for.
fn is_compared(dataset: &Dataset, home: AttributeHome, key: StrId, span: SpanIdx) -> bool {
    value_of(dataset, span, home, key).is_some_and(|at| {
        let value = dataset.attributes.value(at);
        matches!(value, Value::String(_) | Value::Int(_) | Value::Double(_) | Value::Bool(_))
    })
}

/// A condition, what it is called, and its color.
type Named = (Condition, String, Option<u8>);

/// What facets are written from.
struct Sheet<'a> {
    dataset: &'a Dataset,
    palette: &'a [u8],
    query: &'a str,
    /// Selected spans.
    spans: u64,
    limit: usize,
}

fn kind_named(number: u32) -> Option<Named> {
    let kind = kind(*KINDS.get(usize_of(number))?);
    Some((Condition::Group(Group::Kind(kind)), kind.word().to_owned(), None))
}

fn status_named(number: u32) -> Option<Named> {
    let status = status(*STATUSES.get(usize_of(number))?);
    Some((Condition::Group(Group::Status(status)), status.word().to_owned(), None))
}

impl Sheet<'_> {
    fn facet(&self, by: GroupBy, mut values: Vec<Counted>, named: impl Fn(u32) -> Option<Named>) -> Facet {
        let count = len_u32(values.len());
        let rank = |value: &Counted| (Reverse(value.selected), Reverse(value.all), value.number);
        if self.limit < values.len() {
            // Of a million values nearly none is shown.
            values.select_nth_unstable_by_key(self.limit, rank);
            values.truncate(self.limit);
        }
        values.sort_unstable_by_key(rank);
        let mut values: Vec<FacetValue> =
            values.iter().filter_map(|value| Some(self.value(*value, named(value.number)?))).collect();
        values.sort_by_key(|value| !value.chosen);
        Facet { by, values, count }
    }

    /// Durations stay in their order.
    fn durations(&self, values: &[Counted]) -> Facet {
        let values = values.iter().filter_map(|value| {
            let at = usize_of(value.number);
            let (from, name) = RANGES.get(at)?;
            let to = RANGES.get(at + 1).map(|(to, _)| *to);
            Some(self.value(*value, (Condition::Duration(*from, to), (*name).to_owned(), None)))
        });
        let values: Vec<FacetValue> = values.collect();
        Facet { by: GroupBy::Nothing, count: len_u32(values.len()), values }
    }

    fn value(&self, value: Counted, (condition, name, color): Named) -> FacetValue {
        // What stands in the query is true of all that it selects.
        let may_stand = !self.query.is_empty() && u64::from(value.selected) == self.spans;
        let chosen = may_stand && edit::has(self.query, &condition_text(&condition));
        FacetValue { condition, name, color, selected: value.selected.into(), all: value.all.into(), chosen }
    }

    fn slot(&self, service: ServiceIdx) -> Option<u8> {
        self.palette.get(service.usize()).copied()
    }

    fn service(&self, service: ServiceIdx) -> Named {
        let name = self.dataset.service_name(service).to_owned();
        (Condition::Group(Group::Service(name.clone())), name, self.slot(service))
    }

    fn operation(&self, group: SpanGroup) -> Named {
        let service = self.dataset.service(group.first);
        let name = owned(self.dataset, self.dataset.spans.name[group.first]);
        let group = Group::Operation { service: self.dataset.service_name(service).to_owned(), name: name.clone() };
        (Condition::Group(group), name, self.slot(service))
    }

    fn attribute(&self, home: AttributeHome, key: StrId, group: SpanGroup) -> Option<Named> {
        let at = value_of(self.dataset, group.first, home, key)?;
        let text = text_of_value(self.dataset, at);
        let name = match text_cell(&text) {
            TableCell::Text(name) => name,
            _ => String::new(),
        };
        let value = match self.dataset.attributes.value(at) {
            Value::String(_) => ConditionValue::String(text),
            Value::Int(_) | Value::Double(_) => ConditionValue::Number(text),
            Value::Bool(flag) => ConditionValue::Bool(flag),
            Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => return None,
        };
        let owner = match home {
            AttributeHome::Either => AttributeOwner::Any,
            AttributeHome::Span => AttributeOwner::Span,
            AttributeHome::Resource => AttributeOwner::Resource,
        };
        Some((Condition::Attribute { owner, key: owned(self.dataset, key), value }, name, None))
    }
}

/// In the order of their numbers.
const KINDS: [SpanKind; 6] =
    [SpanKind::Unspecified, SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
const STATUSES: [StatusCode; 3] = [StatusCode::Unset, StatusCode::Ok, StatusCode::Error];

/// Ranges of durations: where each begins, in nanoseconds, and what it is called. Two to a decade up to seconds, which is as near as
/// anybody looks at first.
const RANGES: [(u64, &str); 20] = [
    (0, "under 1\u{a0}µs"),
    (1_000, "1 – 3\u{a0}µs"),
    (3_000, "3 – 10\u{a0}µs"),
    (10_000, "10 – 30\u{a0}µs"),
    (30_000, "30 – 100\u{a0}µs"),
    (100_000, "100 – 300\u{a0}µs"),
    (300_000, "300\u{a0}µs – 1\u{a0}ms"),
    (1_000_000, "1 – 3\u{a0}ms"),
    (3_000_000, "3 – 10\u{a0}ms"),
    (10_000_000, "10 – 30\u{a0}ms"),
    (30_000_000, "30 – 100\u{a0}ms"),
    (100_000_000, "100 – 300\u{a0}ms"),
    (300_000_000, "300\u{a0}ms – 1\u{a0}s"),
    (1_000_000_000, "1 – 3\u{a0}s"),
    (3_000_000_000, "3 – 10\u{a0}s"),
    (10_000_000_000, "10 – 30\u{a0}s"),
    (30_000_000_000, "30\u{a0}s – 1\u{a0}min"),
    (60_000_000_000, "1 – 3\u{a0}min"),
    (180_000_000_000, "3 – 10\u{a0}min"),
    (600_000_000_000, "10\u{a0}min or longer"),
];

/// The number of the range that a duration is in.
fn range_of(nanos: u64) -> u32 {
    len_u32(RANGES.partition_point(|(from, _)| *from <= nanos)).saturating_sub(1)
}

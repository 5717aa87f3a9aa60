//! Where a field's values are: keys looked up once, then read span by span.

use super::super::tree::{Field, Intrinsic, Scope};
use super::value::{EvalValue, child_count, nested_set};
use crate::base::{IdxRange, StrId, len_u32};
use crate::model::{AttributeIdx, Dataset, SpanIdx, SpanMark};

/// A field of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nobody has it.
    Nobody,
    /// An attribute of the span.
    Span(StrId),
    /// One of its resource.
    Resource(StrId),
    /// One of the span, or else of its resource.
    Any(StrId),
    /// One of its events.
    Event(StrId),
    /// One of its links.
    Link(StrId),
    /// One of its instrumentation scope.
    Instrumentation(StrId),
    /// Something that needs no attribute.
    Intrinsic(Intrinsic),
}

impl Source {
    pub(super) fn new(dataset: &Dataset, field: &Field) -> Self {
        let (scope, key) = match field {
            Field::Attribute(scope, key) => (*scope, key),
            Field::Intrinsic(Intrinsic::Parent) | Field::OfParent(_) => return Self::Nobody,
            Field::Intrinsic(intrinsic) => return Self::Intrinsic(*intrinsic),
        };
        let Some(key) = dataset.strings.find(key) else { return Self::Nobody };
        match scope {
            Scope::Any => Self::Any(key),
            Scope::Span => Self::Span(key),
            Scope::Resource => Self::Resource(key),
            Scope::Event => Self::Event(key),
            Scope::Link => Self::Link(key),
            Scope::Instrumentation => Self::Instrumentation(key),
            Scope::Parent | Scope::ParentSpan | Scope::ParentResource => Self::Nobody,
        }
    }

    /// Whether a span can have several values.
    pub(super) const fn has_many(self) -> bool {
        matches!(
            self,
            Self::Event(_)
                | Self::Link(_)
                | Self::Intrinsic(
                    Intrinsic::EventName | Intrinsic::EventTimeSinceStart | Intrinsic::LinkTraceId | Intrinsic::LinkSpanId
                )
        )
    }

    /// The value of a span; of several the first.
    pub(super) fn first(self, dataset: &Dataset, span: SpanIdx) -> EvalValue {
        if self.has_many() {
            let mut first = EvalValue::Nil;
            self.any(dataset, span, &mut |value| {
                first = value;
                true
            });
            return first;
        }
        self.one(dataset, span)
    }

    /// Whether something holds for a value of a span. Of what spans have once, it is asked of nothing but that.
    pub(super) fn any(self, dataset: &Dataset, span: SpanIdx, holds: &mut dyn FnMut(EvalValue) -> bool) -> bool {
        let mut meets = |value: EvalValue| !value.is_nil() && holds(value);
        let events = || dataset.spans.events[span].iter();
        let links = || dataset.spans.links[span].iter();
        match self {
            Self::Event(key) => events().any(|event| meets(of_rows(dataset, dataset.events.attributes[event], key))),
            Self::Link(key) => links().any(|link| meets(of_rows(dataset, dataset.links.attributes[link], key))),
            Self::Intrinsic(Intrinsic::EventName) => events().any(|event| meets(EvalValue::String(dataset.events.name[event]))),
            Self::Intrinsic(Intrinsic::EventTimeSinceStart) => {
                let start = dataset.spans.start[span];
                events().any(|event| meets(EvalValue::Duration(difference(dataset.events.time[event], start))))
            }
            Self::Intrinsic(Intrinsic::LinkTraceId) => links().any(|link| meets(EvalValue::TraceId(dataset.links.trace[link]))),
            Self::Intrinsic(Intrinsic::LinkSpanId) => links().any(|link| meets(EvalValue::SpanId(dataset.links.span[link]))),
            _ => meets(self.one(dataset, span)),
        }
    }

    /// The value of what spans have once.
    fn one(self, dataset: &Dataset, span: SpanIdx) -> EvalValue {
        let spans = &dataset.spans;
        match self {
            Self::Nobody | Self::Event(_) | Self::Link(_) => EvalValue::Nil,
            Self::Span(key) => of_rows(dataset, spans.attributes[span], key),
            Self::Resource(key) => of_rows(dataset, dataset.resources.attributes[spans.resource[span]], key),
            Self::Any(key) => match of_rows(dataset, spans.attributes[span], key) {
                EvalValue::Nil => of_rows(dataset, dataset.resources.attributes[spans.resource[span]], key),
                own => own,
            },
            Self::Instrumentation(key) => of_rows(dataset, dataset.scopes.attributes[spans.scope[span]], key),
            Self::Intrinsic(intrinsic) => of_intrinsic(dataset, intrinsic, span),
        }
    }
}

/// The first row of a range that has this key and a value.
#[inline]
pub(super) fn find(dataset: &Dataset, rows: IdxRange<AttributeIdx>, key: StrId) -> Option<AttributeIdx> {
    let at = dataset.attributes.key.slice(rows).iter().position(|&own| own == key)?;
    let found = AttributeIdx(rows.start + len_u32(at));
    if dataset.attributes.tag.row(found).is_some_and(|&tag| tag != crate::model::Tag::Empty) {
        return Some(found);
    }
    let is_it = |&at: &AttributeIdx| dataset.attributes.key(at) == key && !EvalValue::of_attribute(dataset, at).is_nil();
    IdxRange::<AttributeIdx>::new(found.0 + 1, rows.end).iter().find(is_it)
}

#[inline]
fn of_rows(dataset: &Dataset, rows: IdxRange<AttributeIdx>, key: StrId) -> EvalValue {
    find(dataset, rows, key).map_or(EvalValue::Nil, |at| EvalValue::of_attribute(dataset, at))
}

/// How far a moment is behind another.
fn difference(at: u64, start: u64) -> i64 {
    let size = i64::try_from(at.abs_diff(start)).unwrap_or(i64::MAX);
    if at < start { -size } else { size }
}

pub(super) fn of_intrinsic(dataset: &Dataset, intrinsic: Intrinsic, span: SpanIdx) -> EvalValue {
    let spans = &dataset.spans;
    let trace = spans.trace[span];
    match intrinsic {
        Intrinsic::Duration => EvalValue::duration(spans.duration(span)),
        Intrinsic::Name => EvalValue::String(spans.name[span]),
        Intrinsic::Status => EvalValue::Status(spans.status[span]),
        Intrinsic::StatusMessage => EvalValue::String(spans.status_message.get(span).unwrap_or_default()),
        Intrinsic::Kind => EvalValue::Kind(spans.kind[span]),
        Intrinsic::SpanId => EvalValue::SpanId(spans.key(span)),
        Intrinsic::ParentId => EvalValue::SpanId(spans.parent_key(span)),
        Intrinsic::ChildCount => EvalValue::Int(child_count(dataset, span)),
        Intrinsic::TraceId => EvalValue::TraceId(dataset.traces.key[trace]),
        Intrinsic::TraceDuration => EvalValue::duration(dataset.traces.duration(trace)),
        Intrinsic::RootName => EvalValue::String(spans.name[dataset.traces.root[trace]]),
        Intrinsic::RootService => EvalValue::String(dataset.resources.service[spans.resource[dataset.traces.root[trace]]]),
        Intrinsic::InstrumentationName => EvalValue::String(dataset.scopes.name[spans.scope[span]]),
        Intrinsic::InstrumentationVersion => EvalValue::String(dataset.scopes.version[spans.scope[span]]),
        Intrinsic::NestedSetLeft => EvalValue::Int(nested_set(dataset, span).0),
        Intrinsic::NestedSetRight => EvalValue::Int(nested_set(dataset, span).1),
        Intrinsic::NestedSetParent => EvalValue::Int(match spans.parent(span) {
            Some(parent) => nested_set(dataset, parent).0,
            // -1 is Tempo's word for roots, and 0 for a span of which it does not know where it belongs.
            None if spans.parent_id[span] == 0 && !spans.marks[span].has(SpanMark::TextParentId) => -1,
            None => 0,
        }),
        Intrinsic::Parent
        | Intrinsic::EventName
        | Intrinsic::EventTimeSinceStart
        | Intrinsic::LinkTraceId
        | Intrinsic::LinkSpanId => EvalValue::Nil,
    }
}

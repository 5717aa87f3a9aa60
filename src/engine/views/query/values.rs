//! The values that a field has, as a query writes them, with how many spans have each.

use std::rc::Rc;

use super::literal_text;
use crate::base::{FastMap, Idx as _, IdxRange, StrId, len_u32, sort_few};
use crate::engine::caches::Caches;
use crate::model::{AttributeIdx, Dataset, Value};
use crate::protocol::TokenClass;
use crate::traceql::print;
use crate::traceql::tree::{Field, Intrinsic, Literal, Scope};

/// Different values that are told apart, at most: a list is not read further.
const MAX_VALUES: usize = 20_000;
/// Bytes of a text that is proposed, at most.
const MAX_BYTES: usize = 300;

/// A value as a query writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Known {
    pub(super) text: String,
    pub(super) class: TokenClass,
    /// Spans that have it; of events, links and instrumentation scopes: how many of these.
    pub(super) count: u64,
}

/// The values of a field, those of most spans first.
#[derive(Debug)]
pub(in crate::engine) struct KnownValues(pub(super) Vec<Known>);

/// The values of a field; none where it has no end of them, as a duration has.
pub(super) fn values(dataset: &Dataset, caches: &mut Caches, field: &Field) -> Rc<KnownValues> {
    if let Some(known) = caches.values.get(field) {
        return known;
    }
    let mut counts = Counts { texts: vec![0; dataset.strings.len()], seen: Vec::new(), others: FastMap::default() };
    match field {
        Field::Attribute(scope, key) => {
            if let Some(key) = dataset.strings.find(key) {
                attribute_values(dataset, *scope, key, &mut counts);
            }
        }
        Field::Intrinsic(intrinsic) => intrinsic_values(dataset, *intrinsic, &mut counts),
        Field::OfParent(_) => {}
    }
    let mut known: Vec<Known> = counts.into_iter().filter_map(|(value, count)| value.known(dataset, count)).collect();
    sort_few(&mut known, |a: &Known, b: &Known| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
    caches.values.put(field.clone(), KnownValues(known))
}

/// A value, so that equal ones are one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Text(StrId),
    Int(i64),
    Double(u64),
    Bool(bool),
    Service(u32),
}

impl Counted {
    fn known(self, dataset: &Dataset, count: u64) -> Option<Known> {
        let string = |text: &str| (text.len() <= MAX_BYTES).then(|| (print::quoted(text), TokenClass::String));
        let (text, class) = match self {
            Self::Text(text) => string(dataset.str(text))?,
            Self::Service(service) => string(dataset.service_name(crate::model::ServiceIdx(service)))?,
            Self::Int(number) => (literal_text(Literal::Int(number)), TokenClass::Number),
            Self::Double(bits) => {
                let number = f64::from_bits(bits);
                (number.is_finite()).then(|| (literal_text(Literal::Float(number)), TokenClass::Number))?
            }
            Self::Bool(flag) => (flag.to_string(), TokenClass::Word),
        };
        Some(Known { text, class, count })
    }
}

/// How many have each value, while they are counted.
struct Counts {
    /// Of each text, which are the most: at its place.
    texts: Vec<u64>,
    /// The texts that some have.
    seen: Vec<StrId>,
    others: FastMap<Counted, u64>,
}

impl Counts {
    fn add(&mut self, value: Counted, weight: u64) {
        if weight == 0 {
            return;
        }
        let is_full = self.seen.len() + self.others.len() >= MAX_VALUES;
        let Counted::Text(text) = value else {
            if !is_full || self.others.contains_key(&value) {
                *self.others.entry(value).or_insert(0) += weight;
            }
            return;
        };
        let Some(count) = self.texts.get_mut(text.usize()) else { return };
        if *count == 0 {
            if is_full {
                return;
            }
            self.seen.push(text);
        }
        *count += weight;
    }

    fn into_iter(self) -> impl Iterator<Item = (Counted, u64)> {
        let Self { texts, seen, others } = self;
        let texts = seen.into_iter().map(move |text| (Counted::Text(text), texts.get(text.usize()).copied().unwrap_or(0)));
        texts.chain(others)
    }
}

fn attribute_values(dataset: &Dataset, scope: Scope, key: StrId, counts: &mut Counts) {
    let attributes = &dataset.attributes;
    let mut of = |rows: IdxRange<AttributeIdx>, weight: u64| {
        let Some(place) = attributes.key.slice(rows).iter().position(|&other| other == key) else { return false };
        let at = AttributeIdx(rows.start + len_u32(place));
        let value = match attributes.value(at) {
            Value::String(text) => Counted::Text(text),
            Value::Int(number) => Counted::Int(number),
            Value::Double(number) => Counted::Double(number.to_bits()),
            Value::Bool(flag) => Counted::Bool(flag),
            Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => return true,
        };
        counts.add(value, weight);
        true
    };
    let spans = &dataset.spans;
    match scope {
        Scope::Any => {
            for (&own, &resource) in spans.attributes.as_slice().iter().zip(spans.resource.as_slice()) {
                if !of(own, 1) {
                    of(dataset.resources.attributes[resource], 1);
                }
            }
        }
        Scope::Span => {
            for &own in spans.attributes.as_slice() {
                of(own, 1);
            }
        }
        Scope::Resource => {
            let mut weights = vec![0_u64; dataset.resources.attributes.len()];
            for &resource in spans.resource.as_slice() {
                if let Some(weight) = weights.get_mut(resource.usize()) {
                    *weight += 1;
                }
            }
            for (&rows, &weight) in dataset.resources.attributes.as_slice().iter().zip(&weights) {
                of(rows, weight);
            }
        }
        Scope::Instrumentation => {
            for &scope in spans.scope.as_slice() {
                of(dataset.scopes.attributes[scope], 1);
            }
        }
        Scope::Event => {
            for &rows in dataset.events.attributes.as_slice() {
                of(rows, 1);
            }
        }
        Scope::Link => {
            for &rows in dataset.links.attributes.as_slice() {
                of(rows, 1);
            }
        }
        Scope::Parent | Scope::ParentSpan | Scope::ParentResource => {}
    }
}

fn intrinsic_values(dataset: &Dataset, intrinsic: Intrinsic, counts: &mut Counts) {
    let spans = &dataset.spans;
    let mut texts = |texts: &mut dyn Iterator<Item = StrId>| {
        for text in texts {
            counts.add(Counted::Text(text), 1);
        }
    };
    match intrinsic {
        Intrinsic::Name => texts(&mut spans.name.as_slice().iter().copied()),
        Intrinsic::StatusMessage => texts(&mut spans.status_message.iter().map(|(_, text)| text)),
        Intrinsic::EventName => texts(&mut dataset.events.name.as_slice().iter().copied()),
        Intrinsic::InstrumentationName => texts(&mut spans.scope.as_slice().iter().map(|&scope| dataset.scopes.name[scope])),
        Intrinsic::InstrumentationVersion => {
            texts(&mut spans.scope.as_slice().iter().map(|&scope| dataset.scopes.version[scope]));
        }
        Intrinsic::RootName => {
            for (trace, &root) in dataset.traces.root.iter() {
                counts.add(Counted::Text(spans.name[root]), dataset.traces.spans[trace].len().into());
            }
        }
        Intrinsic::RootService => {
            for (trace, &root) in dataset.traces.root.iter() {
                counts.add(Counted::Service(dataset.service(root).0), dataset.traces.spans[trace].len().into());
            }
        }
        // Of these there are words, or no end.
        Intrinsic::Duration
        | Intrinsic::Status
        | Intrinsic::Kind
        | Intrinsic::Parent
        | Intrinsic::SpanId
        | Intrinsic::ParentId
        | Intrinsic::ChildCount
        | Intrinsic::TraceId
        | Intrinsic::TraceDuration
        | Intrinsic::EventTimeSinceStart
        | Intrinsic::LinkTraceId
        | Intrinsic::LinkSpanId
        | Intrinsic::NestedSetLeft
        | Intrinsic::NestedSetRight
        | Intrinsic::NestedSetParent => {}
    }
}

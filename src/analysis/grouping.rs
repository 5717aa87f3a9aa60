//! Spans told apart: by service, operation, kind, status, or the value of an attribute.
//!
//! Each span's group is a small number, so whoever counts by group indexes a table. An attribute is the span's own or else its
//! resource's; values are alike where they are written alike, and spans without the attribute are a group of their own.

use crate::base::{Column, FastMap, Idx as _, IdxRange, StrId, len_u32};
use crate::model::{AttributeIdx, Dataset, ResourceIdx, ServiceIdx, SpanIdx, StatusCode, Tag, TraceIdx, Value};

/// What makes spans alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKey {
    /// Nothing: all are one.
    Nothing,
    /// The service.
    Service,
    /// The service and the span name.
    Operation,
    /// The span kind.
    Kind,
    /// The status code.
    Status,
    /// The value of the attribute with this key; `None`: a key that no span has.
    Attribute(Option<StrId>),
    /// The value of the attribute with this key, as a query compares values: texts with texts, numbers by what they are worth. Bytes,
    /// arrays and maps are compared with nothing: they are alike to those without.
    Exact(AttributeHome, StrId),
}

/// Whose attribute is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeHome {
    /// The span's, or else its resource's.
    Either,
    /// The span's.
    Span,
    /// Its resource's.
    Resource,
}

crate::define_index!(
    /// A group of spans that are alike.
    pub SpanGroupIdx
);

/// The group of each span of some rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    first_row: u32,
    /// By row, from the first.
    of_row: Vec<SpanGroupIdx>,
    /// The first span of each group, in order of first coming, and how many there are.
    pub groups: Column<SpanGroupIdx, SpanGroup>,
}

/// Spans that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanGroup {
    /// The first of them.
    pub first: SpanIdx,
    /// How many.
    pub spans: u32,
}

impl Grouping {
    /// Groups the spans of `rows`. `write` gives an attribute's value as text.
    pub fn new(dataset: &Dataset, rows: IdxRange<SpanIdx>, key: GroupKey, write: &dyn Fn(AttributeIdx) -> String) -> Self {
        let mut grouping =
            Self { first_row: rows.start, of_row: Vec::with_capacity(rows.len() as usize), groups: Column::default() };
        let spans = &dataset.spans;
        match key {
            GroupKey::Nothing | GroupKey::Attribute(None) => grouping.number(rows, |_| 0),
            GroupKey::Service => grouping.number(rows, |span| dataset.service(span).to_u32()),
            GroupKey::Kind => grouping.number(rows, |span| spans.kind[span] as u32),
            GroupKey::Status => grouping.number(rows, |span| spans.status[span] as u32),
            GroupKey::Operation => {
                let mut numbers: FastMap<u64, u32> = FastMap::default();
                grouping.number(rows, |span| {
                    let operation = u64::from(dataset.service(span).to_u32()) << 32 | u64::from(spans.name[span].to_u32());
                    let next = len_u32(numbers.len());
                    *numbers.entry(operation).or_insert(next)
                });
            }
            GroupKey::Attribute(Some(key)) => {
                let mut values = Values {
                    dataset,
                    write,
                    count: 0,
                    of_resource: Column::from_vec(vec![None; dataset.resources.attributes.len()]),
                    of_symbol: FastMap::default(),
                    of_integer: FastMap::default(),
                    of_payload: FastMap::default(),
                    of_text: FastMap::default(),
                };
                grouping.number(rows, |span| values.number(span, key));
            }
            GroupKey::Exact(home, key) => {
                let mut numbers: FastMap<(u8, u64), u32> = FastMap::default();
                let mut of_value = |at: Option<AttributeIdx>| {
                    let next = len_u32(numbers.len()) + 1;
                    compared(dataset, at).map_or(0, |value| *numbers.entry(value).or_insert(next))
                };
                let of_resource: Vec<u32> = match home {
                    AttributeHome::Span => Vec::new(),
                    AttributeHome::Either | AttributeHome::Resource => {
                        let attributes = dataset.resources.attributes.as_slice();
                        attributes.iter().map(|&rows| of_value(find_value(dataset, rows, key))).collect()
                    }
                };
                grouping.number(rows, |span| {
                    let own =
                        (home != AttributeHome::Resource).then(|| find_value(dataset, spans.attributes[span], key)).flatten();
                    match own {
                        Some(at) => of_value(Some(at)),
                        None => of_resource.get(spans.resource[span].usize()).copied().unwrap_or(0),
                    }
                });
            }
        }
        grouping
    }

    /// Groups spans by numbers that are alike where they are. Numbers are small: tables are as long as the largest.
    fn number(&mut self, rows: IdxRange<SpanIdx>, mut number: impl FnMut(SpanIdx) -> u32) {
        const UNMET: SpanGroupIdx = SpanGroupIdx(u32::MAX);
        let mut of_number: Vec<SpanGroupIdx> = Vec::new();
        for span in rows.iter() {
            let number = number(span) as usize;
            if of_number.len() <= number {
                of_number.resize(number + 1, UNMET);
            }
            let Some(group) = of_number.get_mut(number) else { continue };
            if *group == UNMET {
                *group = self.groups.push(SpanGroup { first: span, spans: 0 });
            }
            self.groups[*group].spans += 1;
            self.of_row.push(*group);
        }
    }

    /// The group of a span; the first one for a span of other rows.
    #[inline]
    pub fn of(&self, span: SpanIdx) -> SpanGroupIdx {
        self.of_row.get(span.to_u32().wrapping_sub(self.first_row) as usize).copied().unwrap_or_default()
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.of_row.capacity() * size_of::<SpanGroupIdx>() + self.groups.heap_bytes()
    }
}

/// The attribute of a span with this key, of its own or else of its resource.
#[inline]
pub fn attribute_of(dataset: &Dataset, span: SpanIdx, key: StrId) -> Option<AttributeIdx> {
    find(dataset, dataset.spans.attributes[span], key).or_else(|| {
        find(dataset, dataset.resources.attributes.row(dataset.spans.resource[span]).copied().unwrap_or_default(), key)
    })
}

#[inline]
fn find(dataset: &Dataset, rows: IdxRange<AttributeIdx>, key: StrId) -> Option<AttributeIdx> {
    let at = dataset.attributes.key.slice(rows).iter().position(|&own| own == key)?;
    Some(AttributeIdx(rows.start + len_u32(at)))
}

/// The attribute of a span with this key and a value, where it is meant to be: as a query finds it.
#[inline]
pub fn value_of(dataset: &Dataset, span: SpanIdx, home: AttributeHome, key: StrId) -> Option<AttributeIdx> {
    let own = || find_value(dataset, dataset.spans.attributes[span], key);
    let of_resource = || {
        let rows = dataset.resources.attributes.row(dataset.spans.resource[span]).copied().unwrap_or_default();
        find_value(dataset, rows, key)
    };
    match home {
        AttributeHome::Either => own().or_else(of_resource),
        AttributeHome::Span => own(),
        AttributeHome::Resource => of_resource(),
    }
}

/// The first of some attributes that has this key and a value.
#[inline]
pub fn find_value(dataset: &Dataset, rows: IdxRange<AttributeIdx>, key: StrId) -> Option<AttributeIdx> {
    let has_value = |at: AttributeIdx| dataset.attributes.tag.row(at).is_some_and(|&tag| tag != Tag::Empty);
    let found = find(dataset, rows, key)?;
    if has_value(found) {
        return Some(found);
    }
    IdxRange::new(found.0 + 1, rows.end).iter().find(|&at| dataset.attributes.key(at) == key && has_value(at))
}

/// What a query compares of a value, equal where it finds values equal; `None` of what it compares with nothing.
#[inline]
fn compared(dataset: &Dataset, at: Option<AttributeIdx>) -> Option<(u8, u64)> {
    /// Integers up to here are doubles as well.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    Some(match dataset.attributes.value(at?) {
        Value::String(symbol) => (0, symbol.to_u32().into()),
        Value::Int(number) => (1, number.cast_unsigned()),
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within what integers hold")]
        Value::Double(number) if number.fract() == 0.0 && number.abs() <= EXACT => (1, (number as i64).cast_unsigned()),
        Value::Double(number) => (2, number.to_bits()),
        Value::Bool(flag) => (3, flag.into()),
        Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => return None,
    })
}

/// Whether any span of the trace failed, else what its root says of itself.
pub fn trace_status(dataset: &Dataset, trace: TraceIdx) -> StatusCode {
    if dataset.traces.errors[trace] != 0 { StatusCode::Error } else { dataset.spans.status[dataset.traces.root[trace]] }
}

/// Numbers for values, equal where values are written alike; 0 is none.
struct Values<'a> {
    dataset: &'a Dataset,
    write: &'a dyn Fn(AttributeIdx) -> String,
    /// How many numbers are given.
    count: u32,
    of_resource: Column<ResourceIdx, Option<u32>>,
    /// Texts are the same where their symbols are, so they need not be looked at again.
    of_symbol: FastMap<StrId, u32>,
    /// Integers, and texts that are what one is written like: neither is written to be compared.
    of_integer: FastMap<i64, u32>,
    /// What is written need not be written again for the same bits.
    of_payload: FastMap<(Tag, u64), u32>,
    /// What is written as no text of the data set is.
    of_text: FastMap<String, u32>,
}

impl Values<'_> {
    #[inline]
    fn number(&mut self, span: SpanIdx, key: StrId) -> u32 {
        let dataset = self.dataset;
        let own = dataset.spans.attributes[span];
        if let Some(at) = dataset.attributes.key.slice(own).iter().position(|&own| own == key) {
            return self.of_value(AttributeIdx(own.start + len_u32(at)));
        }
        let resource = dataset.spans.resource[span];
        if let Some(number) = self.of_resource[resource] {
            return number;
        }
        let number = attribute_of(dataset, span, key).map_or(0, |at| self.of_value(at));
        self.of_resource[resource] = Some(number);
        number
    }

    #[inline]
    fn of_value(&mut self, at: AttributeIdx) -> u32 {
        match self.dataset.attributes.value(at) {
            Value::String(symbol) => self.of_symbol(symbol),
            Value::Int(number) => given(&mut self.count, self.of_integer.entry(number).or_default()),
            _ => self.of_written(at),
        }
    }

    #[inline]
    fn of_symbol(&mut self, symbol: StrId) -> u32 {
        if let Some(&number) = self.of_symbol.get(&symbol) {
            return number;
        }
        let mut none = 0;
        let slot = match integer(self.dataset.str(symbol)) {
            Some(number) => self.of_integer.entry(number).or_default(),
            None => &mut none,
        };
        let number = given(&mut self.count, slot);
        self.of_symbol.insert(symbol, number);
        number
    }

    fn of_written(&mut self, at: AttributeIdx) -> u32 {
        let attributes = &self.dataset.attributes;
        let tag = attributes.tag.row(at).copied().unwrap_or_default();
        let payload = attributes.payload.row(at).copied().unwrap_or_default();
        // The payload of bytes, arrays and maps says where they are, not what: each is written.
        let is_plain = !matches!(tag, Tag::Bytes | Tag::Array | Tag::KvList);
        if is_plain && let Some(&number) = self.of_payload.get(&(tag, payload)) {
            return number;
        }
        let text = (self.write)(at);
        let number = match self.dataset.strings.find(&text) {
            Some(symbol) => self.of_symbol(symbol),
            None => match integer(&text) {
                Some(number) => given(&mut self.count, self.of_integer.entry(number).or_default()),
                None => given(&mut self.count, self.of_text.entry(text).or_default()),
            },
        };
        if is_plain {
            self.of_payload.insert((tag, payload), number);
        }
        number
    }
}

/// The integer that is written just like this.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', ..] => true,
        _ => false,
    };
    // The sign and the first digit are as they should be; what follows is for the parser to judge.
    text.parse().ok().filter(|_| is_plain)
}

/// The number in a slot, which gets the next one if it has none.
#[inline]
const fn given(count: &mut u32, slot: &mut u32) -> u32 {
    if *slot == 0 {
        *count += 1;
        *slot = *count;
    }
    *slot
}

/// The service of a group's spans, where spans of one service only can be in it.
pub fn service_of_group(dataset: &Dataset, key: GroupKey, group: SpanGroup) -> Option<ServiceIdx> {
    matches!(key, GroupKey::Service | GroupKey::Operation).then(|| dataset.service(group.first))
}

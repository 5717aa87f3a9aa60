//! Spans told apart: by service, operation, kind, status, or the value of an attribute.
//!
//! Each span's group is a small number, so whoever counts by group indexes a table. An attribute is the span's own or else its
//! resource's; values are alike where they are written alike, and spans without the attribute are a group of their own.

use crate::base::{Column, FastMap, Idx as _, IdxRange, StrId, len_u32};
use crate::model::{AttributeIdx, Dataset, ResourceIdx, ServiceIdx, SpanIdx, StatusCode, Tag, TraceIdx};

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
        let mut numbers: FastMap<(u32, u64), SpanGroupIdx> = FastMap::default();
        let mut values = Values {
            dataset,
            write,
            of_resource: FastMap::default(),
            of_payload: FastMap::default(),
            of_text: FastMap::default(),
        };
        let spans = &dataset.spans;
        for span in rows.iter() {
            let alike = match key {
                GroupKey::Nothing => (0, 0),
                GroupKey::Service => (dataset.service(span).to_u32(), 0),
                GroupKey::Operation => (dataset.service(span).to_u32(), u64::from(spans.name[span].to_u32())),
                GroupKey::Kind => (spans.kind[span] as u32, 0),
                GroupKey::Status => (spans.status[span] as u32, 0),
                GroupKey::Attribute(key) => (key.map_or(0, |key| values.number(span, key)), 0),
            };
            let group = *numbers.entry(alike).or_insert_with(|| grouping.groups.push(SpanGroup { first: span, spans: 0 }));
            grouping.groups[group].spans += 1;
            grouping.of_row.push(group);
        }
        grouping
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
    let find = |rows: IdxRange<AttributeIdx>| {
        let at = dataset.attributes.key.slice(rows).iter().position(|&own| own == key)?;
        Some(AttributeIdx(rows.start + len_u32(at)))
    };
    find(dataset.spans.attributes[span])
        .or_else(|| find(dataset.resources.attributes.row(dataset.spans.resource[span]).copied().unwrap_or_default()))
}

/// Whether any span of the trace failed, else what its root says of itself.
pub fn trace_status(dataset: &Dataset, trace: TraceIdx) -> StatusCode {
    if dataset.traces.errors[trace] != 0 { StatusCode::Error } else { dataset.spans.status[dataset.traces.root[trace]] }
}

/// Numbers for values, equal where values are written alike; 0 is none.
struct Values<'a> {
    dataset: &'a Dataset,
    write: &'a dyn Fn(AttributeIdx) -> String,
    of_resource: FastMap<ResourceIdx, u32>,
    /// What is written need not be written again for the same bits.
    of_payload: FastMap<(Tag, u64), u32>,
    of_text: FastMap<String, u32>,
}

impl Values<'_> {
    fn number(&mut self, span: SpanIdx, key: StrId) -> u32 {
        let dataset = self.dataset;
        let own = dataset.spans.attributes[span];
        if let Some(at) = dataset.attributes.key.slice(own).iter().position(|&own| own == key) {
            return self.of_value(AttributeIdx(own.start + len_u32(at)));
        }
        let resource = dataset.spans.resource[span];
        if let Some(&number) = self.of_resource.get(&resource) {
            return number;
        }
        let number = attribute_of(dataset, span, key).map_or(0, |at| self.of_value(at));
        self.of_resource.insert(resource, number);
        number
    }

    fn of_value(&mut self, at: AttributeIdx) -> u32 {
        let attributes = &self.dataset.attributes;
        let tag = attributes.tag.row(at).copied().unwrap_or_default();
        let payload = attributes.payload.row(at).copied().unwrap_or_default();
        // The payload of bytes, arrays and maps says where they are, not what: each is written.
        let is_plain = !matches!(tag, Tag::Bytes | Tag::Array | Tag::KvList);
        if is_plain && let Some(&number) = self.of_payload.get(&(tag, payload)) {
            return number;
        }
        let next = len_u32(self.of_text.len()) + 1;
        let number = *self.of_text.entry((self.write)(at)).or_insert(next);
        if is_plain {
            self.of_payload.insert((tag, payload), number);
        }
        number
    }
}

/// The service of a group's spans, where spans of one service only can be in it.
pub fn service_of_group(dataset: &Dataset, key: GroupKey, group: SpanGroup) -> Option<ServiceIdx> {
    matches!(key, GroupKey::Service | GroupKey::Operation).then(|| dataset.service(group.first))
}

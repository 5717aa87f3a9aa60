//! The columns of spans: what a cell shows, and how rows are sorted by it.

use crate::analysis::attribute_of;
use crate::base::{Idx as _, StrId};
use crate::engine::caches::TraceTables;
use crate::engine::views::field::{FieldValue, Wanted, text_cell as text};
use crate::engine::views::sortable::{Texts, ranks, sorted_by_value, symbol_ranks};
use crate::engine::views::{kind, span_id, status};
use crate::model::{Dataset, ServiceIdx, SpanIdx, SpanKey, SpanKind, StatusCode};
use crate::protocol::{TableCell, TableColumn};

/// The spans of a trace as rows.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) tables: &'a TraceTables,
}

impl Columns<'_> {
    /// What a cell shows.
    pub(super) fn cell(self, column: &TableColumn, span: SpanIdx) -> TableCell {
        let (dataset, spans) = (self.dataset, &self.dataset.spans);
        let duration = |nanos: Option<u64>| nanos.map_or(TableCell::Empty, TableCell::Duration);
        match column {
            TableColumn::Service => text(dataset.service_name(dataset.service(span))),
            TableColumn::Name => text(dataset.str(spans.name[span])),
            TableColumn::Kind => self.kind(span).map_or(TableCell::Empty, text),
            TableColumn::Status => match (status_name(spans.status[span]), spans.status_message.get(span)) {
                (None, None) => TableCell::Empty,
                (Some(name), None) => text(name),
                (name, Some(message)) => text(&format!("{}: {}", name.unwrap_or("Unset"), dataset.str(message))),
            },
            TableColumn::Start => self.start(span).map_or(TableCell::Empty, TableCell::Offset),
            TableColumn::Duration => duration(self.duration(span)),
            TableColumn::SelfTime => duration(self.duration(span).map(|_| self.self_time(span))),
            TableColumn::Critical => duration(Some(self.tables.critical.time_of(span))),
            TableColumn::Depth => TableCell::Count(spans.depth[span].into()),
            TableColumn::Children => TableCell::Count(self.children(span)),
            TableColumn::Events => TableCell::Count(spans.events[span].len().into()),
            TableColumn::SpanId => match spans.key(span) {
                SpanKey::Missing => TableCell::Empty,
                SpanKey::Regular(_) | SpanKey::Text(_) => text(&span_id(dataset, span)),
            },
            TableColumn::Attribute(key) => {
                let at = dataset.strings.find(key).and_then(|key| attribute_of(dataset, span, key));
                at.map_or(TableCell::Empty, |at| FieldValue::Attribute(at).cell(dataset))
            }
            TableColumn::Field(text) => {
                Wanted::new(dataset, text).of(dataset, span).map_or(TableCell::Empty, |value| value.cell(dataset))
            }
            TableColumn::Group(_)
            | TableColumn::Count
            | TableColumn::Errors
            | TableColumn::Total
            | TableColumn::P50
            | TableColumn::P95
            | TableColumn::Max => TableCell::Empty,
        }
    }

    /// The rows in order of a column. Each is a span to be sorted by, and the row's number.
    pub(super) fn order(self, column: &TableColumn, rows: &[(SpanIdx, u32)], descending: bool) -> Vec<u32> {
        let (dataset, spans) = (self.dataset, &self.dataset.spans);
        match column {
            TableColumn::Service => {
                let ranks = service_ranks(dataset);
                sorted(rows, descending, |span| ranks.get(dataset.service(span).usize()).copied())
            }
            TableColumn::Name => {
                let ranks = symbol_ranks(dataset, rows.iter().map(|&(span, _)| spans.name[span]));
                sorted(rows, descending, |span| ranks.get(spans.name[span].usize()).copied())
            }
            TableColumn::Kind => sorted(rows, descending, |span| self.kind(span)),
            TableColumn::Status => {
                let message = |span| spans.status_message.get(span);
                let ranks = symbol_ranks(dataset, rows.iter().filter_map(|&(span, _)| message(span)));
                sorted(rows, descending, |span| {
                    let rank = message(span).map(|message| ranks.get(message.usize()).copied());
                    let name = status_name(spans.status[span]);
                    (name.is_some() || rank.is_some()).then(|| (name.unwrap_or("Unset"), rank))
                })
            }
            TableColumn::Start => sorted(rows, descending, |span| self.start(span)),
            TableColumn::Duration => sorted(rows, descending, |span| self.duration(span)),
            TableColumn::SelfTime => sorted(rows, descending, |span| self.duration(span).map(|_| self.self_time(span))),
            TableColumn::Critical => sorted(rows, descending, |span| Some(self.tables.critical.time_of(span))),
            TableColumn::Depth => sorted(rows, descending, |span| Some(spans.depth[span])),
            TableColumn::Children => sorted(rows, descending, |span| Some(self.children(span))),
            TableColumn::Events => sorted(rows, descending, |span| Some(spans.events[span].len())),
            TableColumn::SpanId => {
                let irregular = |span| match spans.key(span) {
                    SpanKey::Text(id) => Some(id),
                    SpanKey::Missing | SpanKey::Regular(_) => None,
                };
                let ranks = symbol_ranks(dataset, rows.iter().filter_map(|&(span, _)| irregular(span)));
                // Regular ids, which are all equally long, then the others.
                sorted(rows, descending, |span| match spans.key(span) {
                    SpanKey::Missing => None,
                    SpanKey::Regular(id) => Some((0, id)),
                    SpanKey::Text(id) => Some((1, ranks.get(id.usize()).copied().unwrap_or(0).into())),
                })
            }
            TableColumn::Attribute(key) => self.order_by_attribute(dataset.strings.find(key), rows, descending),
            TableColumn::Field(text) => self.order_by_field(text, rows, descending),
            TableColumn::Group(_)
            | TableColumn::Count
            | TableColumn::Errors
            | TableColumn::Total
            | TableColumn::P50
            | TableColumn::P95
            | TableColumn::Max => rows.iter().map(|&(_, row)| row).collect(),
        }
    }

    /// The rows in order of the operations of their spans.
    pub(super) fn order_by_operation(self, rows: &[(SpanIdx, u32)], descending: bool) -> Vec<u32> {
        let (dataset, names) = (self.dataset, &self.dataset.spans.name);
        let services = service_ranks(dataset);
        let ranks = symbol_ranks(dataset, rows.iter().map(|&(span, _)| names[span]));
        sorted(rows, descending, |span| {
            Some((services.get(dataset.service(span).usize()).copied(), ranks.get(names[span].usize()).copied()))
        })
    }

    /// The rows in order of a field, which may have values of any type.
    fn order_by_field(self, text: &str, rows: &[(SpanIdx, u32)], descending: bool) -> Vec<u32> {
        let wanted = Wanted::new(self.dataset, text);
        let mut texts = Texts::new(self.dataset);
        let values = rows.iter().map(|&(span, row)| {
            let value = wanted.of(self.dataset, span);
            (value.and_then(|value| value.sortable(&mut texts)), row)
        });
        let values = values.collect();
        texts.sorted(values, descending)
    }

    fn order_by_attribute(self, key: Option<StrId>, rows: &[(SpanIdx, u32)], descending: bool) -> Vec<u32> {
        let mut texts = Texts::new(self.dataset);
        let values = rows.iter().map(|&(span, row)| {
            let at = key.and_then(|key| attribute_of(self.dataset, span, key));
            (at.and_then(|at| texts.attribute(at)), row)
        });
        let values = values.collect();
        texts.sorted(values, descending)
    }

    pub(super) fn kind(self, span: SpanIdx) -> Option<&'static str> {
        let of = self.dataset.spans.kind[span];
        (of != SpanKind::Unspecified).then(|| kind(of).word())
    }

    /// From the trace's start; none where the span has no start.
    fn start(self, span: SpanIdx) -> Option<u64> {
        let is_known = self.dataset.spans.start[span] != 0;
        is_known.then(|| self.tables.start_of(self.dataset, span).saturating_sub(self.tables.start))
    }

    /// None where start or end is missing.
    fn duration(self, span: SpanIdx) -> Option<u64> {
        let spans = &self.dataset.spans;
        (spans.start[span] != 0 && spans.end[span] != 0).then(|| spans.duration(span))
    }

    pub(super) fn self_time(self, span: SpanIdx) -> u64 {
        self.tables.times.self_time.get(self.tables.at(span)).copied().unwrap_or(0)
    }

    fn children(self, span: SpanIdx) -> u64 {
        self.tables.times.children.get(self.tables.at(span)).copied().unwrap_or(0).into()
    }
}

/// A status as it is shown; unset is none.
pub(super) fn status_name(code: StatusCode) -> Option<&'static str> {
    (code != StatusCode::Unset).then(|| status(code).word())
}

/// The place of each service by its name.
fn service_ranks(dataset: &Dataset) -> Vec<u32> {
    let services = &dataset.services.name;
    ranks(services.len(), services.range().iter().map(|service| service.0), |service| dataset.service_name(ServiceIdx(service)))
}

/// The rows in order of what their spans are sorted by.
fn sorted<K: Ord>(rows: &[(SpanIdx, u32)], descending: bool, key: impl Fn(SpanIdx) -> Option<K>) -> Vec<u32> {
    sorted_by_value(rows.iter().map(|&(span, row)| (key(span), row)), descending)
}

//! The columns of spans: what a cell shows, and how rows are sorted by it.

use crate::analysis::attribute_of;
use crate::base::{BitSet, FastMap, Idx as _, StrId, len_u32, sort_few};
use crate::encode::plain::text_of_value;
use crate::engine::caches::TraceTables;
use crate::engine::views::{span_id, usize_of};
use crate::model::{AttributeIdx, Dataset, ServiceIdx, SpanIdx, SpanKey, SpanKind, StatusCode, Value};
use crate::protocol::{TableCell, TableColumn};

/// Characters of a text in a cell, at most: the span's own panel shows all of it.
const MAX_CHARS: usize = 500;

/// The spans of a trace as rows.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) tables: &'a TraceTables,
}

/// What a value is sorted by: numbers, then texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sortable {
    /// By its double, then, as those are further apart than integers beyond 2^53, by the integer.
    Number(u64, i64),
    /// The text's number, then its place among the others.
    Text(u32),
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
                at.map_or(TableCell::Empty, |at| attribute_cell(dataset, at))
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

    fn order_by_attribute(self, key: Option<StrId>, rows: &[(SpanIdx, u32)], descending: bool) -> Vec<u32> {
        let dataset = self.dataset;
        let mut texts = Texts { dataset, written: Vec::new(), number_of: FastMap::default() };
        let mut values: Vec<(Option<Sortable>, u32)> = Vec::with_capacity(rows.len());
        for &(span, row) in rows {
            let at = key.and_then(|key| attribute_of(dataset, span, key));
            values.push((at.and_then(|at| texts.sortable(at)), row));
        }
        let ranks = texts.ranks(values.iter().filter_map(|(value, _)| match value {
            Some(Sortable::Text(number)) => Some(*number),
            Some(Sortable::Number(..)) | None => None,
        }));
        for (value, _) in &mut values {
            if let Some(Sortable::Text(number)) = value {
                *number = ranks.get(usize_of(*number)).copied().unwrap_or(0);
            }
        }
        sorted_by_value(values.into_iter(), descending)
    }

    pub(super) fn kind(self, span: SpanIdx) -> Option<&'static str> {
        match self.dataset.spans.kind[span] {
            SpanKind::Unspecified => None,
            SpanKind::Internal => Some("Internal"),
            SpanKind::Server => Some("Server"),
            SpanKind::Client => Some("Client"),
            SpanKind::Producer => Some("Producer"),
            SpanKind::Consumer => Some("Consumer"),
        }
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
pub(super) fn status_name(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::Unset => None,
        StatusCode::Ok => Some("Ok"),
        StatusCode::Error => Some("Error"),
    }
}

/// A text, cut where it is too long for a cell.
pub(super) fn text(text: &str) -> TableCell {
    TableCell::Text(match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    })
}

fn attribute_cell(dataset: &Dataset, at: AttributeIdx) -> TableCell {
    match dataset.attributes.value(at) {
        Value::Empty => TableCell::Empty,
        Value::Int(number) => TableCell::Int(number),
        Value::Double(number) => TableCell::Double(number),
        Value::String(symbol) => text(dataset.str(symbol)),
        Value::Bool(_) | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => text(&text_of_value(dataset, at)),
    }
}

/// Texts by number: the data set's own, then what is written here.
struct Texts<'a> {
    dataset: &'a Dataset,
    written: Vec<String>,
    number_of: FastMap<String, u32>,
}

impl Texts<'_> {
    fn sortable(&mut self, at: AttributeIdx) -> Option<Sortable> {
        Some(match self.dataset.attributes.value(at) {
            Value::Empty => return None,
            Value::Int(number) => Sortable::Number(ordered(number as f64), number),
            #[expect(clippy::cast_possible_truncation, reason = "only doubles that are integers share their place with one")]
            Value::Double(number) => Sortable::Number(ordered(number), number as i64),
            Value::String(symbol) => Sortable::Text(symbol.0),
            Value::Bool(_) | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => {
                Sortable::Text(self.number(text_of_value(self.dataset, at)))
            }
        })
    }

    fn number(&mut self, text: String) -> u32 {
        if let Some(symbol) = self.dataset.strings.find(&text) {
            return symbol.0;
        }
        let next = len_u32(self.dataset.strings.len() + self.written.len());
        *self.number_of.entry(text).or_insert_with_key(|text| {
            self.written.push(text.clone());
            next
        })
    }

    /// The place of each text among those that are used.
    fn ranks(&self, used: impl Iterator<Item = u32>) -> Vec<u32> {
        let n_own = self.dataset.strings.len();
        let get = |number: u32| match usize_of(number).checked_sub(n_own) {
            None => self.dataset.str(StrId(number)),
            Some(at) => self.written.get(at).map_or("", String::as_str),
        };
        ranks(n_own + self.written.len(), used, get)
    }
}

/// Doubles in order as numbers in order, with both zeros alike and NaN last.
fn ordered(number: f64) -> u64 {
    if number.is_nan() {
        return u64::MAX;
    }
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The place of each service by its name.
fn service_ranks(dataset: &Dataset) -> Vec<u32> {
    let services = &dataset.services.name;
    ranks(services.len(), services.range().iter().map(|service| service.0), |service| dataset.service_name(ServiceIdx(service)))
}

/// The place of each symbol among those that are used.
fn symbol_ranks(dataset: &Dataset, used: impl Iterator<Item = StrId>) -> Vec<u32> {
    ranks(dataset.strings.len(), used.map(|symbol| symbol.0), |number| dataset.str(StrId(number)))
}

/// The place of each text that is used, by number, among all of these.
fn ranks<'a>(n_texts: usize, used: impl Iterator<Item = u32>, get: impl Fn(u32) -> &'a str) -> Vec<u32> {
    let mut met = BitSet::new(n_texts);
    let mut texts: Vec<(&str, u32)> = Vec::new();
    for number in used {
        if met.insert(usize_of(number)) {
            texts.push((get(number), number));
        }
    }
    sort_few(&mut texts, Ord::cmp);
    let mut ranks = vec![0; n_texts];
    for (rank, (_, number)) in (0..).zip(texts) {
        if let Some(slot) = ranks.get_mut(usize_of(number)) {
            *slot = rank;
        }
    }
    ranks
}

/// The rows in order of what their spans are sorted by.
fn sorted<K: Ord>(rows: &[(SpanIdx, u32)], descending: bool, key: impl Fn(SpanIdx) -> Option<K>) -> Vec<u32> {
    sorted_by_value(rows.iter().map(|&(span, row)| (key(span), row)), descending)
}

/// The rows in order of their values; those without one come last. Rows come in ascending order.
pub(super) fn sorted_by_value<K: Ord>(rows: impl Iterator<Item = (Option<K>, u32)>, descending: bool) -> Vec<u32> {
    let (mut present, mut missing) = (Vec::with_capacity(rows.size_hint().0), Vec::new());
    for (value, row) in rows {
        match value {
            Some(value) => present.push((value, row)),
            None => missing.push(row),
        }
    }
    // Equal values stay in the order of their rows.
    sort_few(&mut present, |a, b| if descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) });
    present.into_iter().map(|(_, row)| row).chain(missing).collect()
}

//! Fields of spans by name, as a query names them: attributes with their scope, and intrinsics. For columns.

use super::both::Listed;
use super::sortable::{Sortable, Texts};
use super::{kind, status};
use crate::analysis::{AttributeHome, Selected, find_value, value_of};
use crate::base::{IdxRange, StrId};
use crate::encode::plain::text_of_value;
use crate::model::{AttributeIdx, Dataset, SpanIdx, SpanKey, TraceIdx, TraceKey, Value};
use crate::protocol::TableCell;
use crate::scene::format;
use crate::traceql::eval::{EvalValue, value};
use crate::traceql::parse;
use crate::traceql::tree::{Field, Intrinsic, Pipeline, Root, Scope, Stage};

/// Characters of a text in a cell, at most: the span's own panel shows all of it.
const MAX_CHARS: usize = 500;

/// Columns in an answer, at most.
pub(super) const MAX_COLUMNS: usize = 40;

/// A field that is looked for in many spans.
pub(super) struct Wanted {
    field: Option<Field>,
    /// Of an attribute, its key, where any has it.
    key: Option<StrId>,
}

/// What a span has there.
pub(super) enum FieldValue<'a> {
    /// An attribute.
    Attribute(AttributeIdx),
    /// A text of the data set.
    Symbol(StrId),
    /// Another text.
    Text(&'a str),
    /// A text that is written here.
    Written(String),
    /// A number.
    Int(i64),
    /// Nanoseconds.
    Duration(u64),
}

/// What a text names; nothing, where it names nothing or more than one thing.
pub(super) fn read(text: &str) -> Option<Field> {
    let query = parse(&format!("{{ }} | select({text})")).ok()?;
    let Root::Spans(Pipeline { stages }) = query.root else { return None };
    match <[Stage; 2]>::try_from(stages) {
        Ok([_, Stage::Select(fields)]) => <[Field; 1]>::try_from(fields).ok().map(|[field]| field),
        _ => None,
    }
}

impl Wanted {
    pub(super) fn new(dataset: &Dataset, text: &str) -> Self {
        let field = read(text);
        let key = match &field {
            Some(Field::Attribute(_, key)) => dataset.strings.find(key),
            Some(Field::Intrinsic(_) | Field::OfParent(_)) | None => None,
        };
        Self { field, key }
    }

    /// The attribute's home and key, where it is one that many spans can be told apart by.
    pub(super) fn home(&self) -> Option<(AttributeHome, Option<StrId>)> {
        let home = match self.field.as_ref()? {
            Field::Attribute(Scope::Any, _) => AttributeHome::Either,
            Field::Attribute(Scope::Span, _) => AttributeHome::Span,
            Field::Attribute(Scope::Resource, _) => AttributeHome::Resource,
            Field::Attribute(..) | Field::Intrinsic(_) | Field::OfParent(_) => return None,
        };
        Some((home, self.key))
    }

    /// What a span has there; of several events or links, the first that has it.
    pub(super) fn of<'a>(&self, dataset: &'a Dataset, span: SpanIdx) -> Option<FieldValue<'a>> {
        match self.field.as_ref()? {
            Field::Attribute(scope, _) => attribute(dataset, span, *scope, self.key?).map(FieldValue::Attribute),
            field @ Field::Intrinsic(intrinsic) => of_intrinsic(dataset, span, field, *intrinsic),
            Field::OfParent(_) => None,
        }
    }
}

fn attribute(dataset: &Dataset, span: SpanIdx, scope: Scope, key: StrId) -> Option<AttributeIdx> {
    let spans = &dataset.spans;
    let first = |rows: IdxRange<AttributeIdx>| find_value(dataset, rows, key);
    match scope {
        Scope::Any => value_of(dataset, span, AttributeHome::Either, key),
        Scope::Span => value_of(dataset, span, AttributeHome::Span, key),
        Scope::Resource => value_of(dataset, span, AttributeHome::Resource, key),
        Scope::Event => spans.events[span].iter().find_map(|event| first(dataset.events.attributes[event])),
        Scope::Link => spans.links[span].iter().find_map(|link| first(dataset.links.attributes[link])),
        Scope::Instrumentation => first(*dataset.scopes.attributes.row(spans.scope[span])?),
        Scope::Parent | Scope::ParentSpan | Scope::ParentResource => None,
    }
}

/// What needs no attribute: as a query finds it, in words that the page has for it.
fn of_intrinsic<'a>(dataset: &'a Dataset, span: SpanIdx, field: &Field, intrinsic: Intrinsic) -> Option<FieldValue<'a>> {
    let spans = &dataset.spans;
    // What has no start or no end has no duration, which a query takes for none at all.
    if intrinsic == Intrinsic::Duration && (spans.start[span] == 0 || spans.end[span] == 0) {
        return None;
    }
    if intrinsic == Intrinsic::RootService {
        let root = dataset.traces.root[spans.trace[span]];
        return Some(FieldValue::Text(dataset.service_name(dataset.service(root))));
    }
    match value(dataset, field, span) {
        EvalValue::Nil
        | EvalValue::String(StrId::EMPTY)
        | EvalValue::SpanId(SpanKey::Missing)
        | EvalValue::TraceId(TraceKey::Missing) => None,
        EvalValue::String(symbol) => Some(FieldValue::Symbol(symbol)),
        EvalValue::Int(number) => Some(FieldValue::Int(number)),
        EvalValue::Duration(nanos) => u64::try_from(nanos).ok().map(FieldValue::Duration),
        EvalValue::SpanId(id) => Some(FieldValue::Written(id.display(&dataset.strings).to_string())),
        EvalValue::TraceId(id) => Some(FieldValue::Written(id.display(&dataset.strings).to_string())),
        EvalValue::Row(at) => Some(FieldValue::Attribute(at)),
        EvalValue::Bool(flag) => Some(FieldValue::Text(if flag { "true" } else { "false" })),
        EvalValue::Float(number) => Some(FieldValue::Written(number.to_string())),
        EvalValue::Status(code) => Some(FieldValue::Text(status(code).word())),
        EvalValue::Kind(of) => Some(FieldValue::Text(kind(of).word())),
    }
}

impl FieldValue<'_> {
    /// As a cell of a table of spans.
    pub(super) fn cell(&self, dataset: &Dataset) -> TableCell {
        match self {
            Self::Attribute(at) => match dataset.attributes.value(*at) {
                Value::Empty => TableCell::Empty,
                Value::Int(number) => TableCell::Int(number),
                Value::Double(number) => TableCell::Double(number),
                Value::String(symbol) => text_cell(dataset.str(symbol)),
                Value::Bool(_) | Value::Bytes(_) | Value::Array(_) | Value::KvList(_) => text_cell(&text_of_value(dataset, *at)),
            },
            Self::Symbol(symbol) => text_cell(dataset.str(*symbol)),
            Self::Text(text) => text_cell(text),
            Self::Written(text) => text_cell(text),
            Self::Int(number) => TableCell::Int(*number),
            Self::Duration(nanos) => TableCell::Duration(*nanos),
        }
    }

    /// As it is read.
    pub(super) fn text(&self, dataset: &Dataset) -> String {
        match self.cell(dataset) {
            TableCell::Empty => String::new(),
            TableCell::Text(text) => text,
            TableCell::Count(number) => format::count(number),
            TableCell::Duration(nanos) | TableCell::Offset(nanos) => format::duration(nanos),
            TableCell::Int(number) => number.to_string(),
            TableCell::Double(number) => number.to_string(),
        }
    }

    /// What it is sorted by.
    pub(super) fn sortable(&self, texts: &mut Texts<'_>) -> Option<Sortable> {
        match self {
            Self::Attribute(at) => texts.attribute(*at),
            Self::Symbol(symbol) => Some(Sortable::Text(symbol.0)),
            Self::Text(text) => Some(texts.text(text)),
            Self::Written(text) => Some(texts.text(text)),
            Self::Int(number) => Some(Sortable::int(*number)),
            Self::Duration(nanos) => Some(Sortable::int(i64::try_from(*nanos).unwrap_or(i64::MAX))),
        }
    }
}

/// A text, cut where it is too long for a cell.
pub(super) fn text_cell(text: &str) -> TableCell {
    TableCell::Text(match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    })
}

/// Of some columns, what a trace's first selected span shows that has a value there.
#[inline(never)]
pub(super) fn cells(dataset: &Dataset, selected: &Selected, trace: TraceIdx, columns: &[String]) -> Vec<String> {
    let shown = |column: &String| {
        let wanted = Wanted::new(dataset, column);
        first(dataset, selected, trace, &wanted).map_or_else(String::new, |value| value.text(dataset))
    };
    columns.iter().take(MAX_COLUMNS).map(shown).collect()
}

/// Places of traces in order of a column; those without a value come last, and of equal ones the earlier comes first.
#[inline(never)]
pub(super) fn order(dataset: &Dataset, selected: &Selected, order: &[Listed], column: &str, descending: bool) -> Vec<u32> {
    let wanted = Wanted::new(dataset, column);
    let mut texts = Texts::new(dataset);
    let mut values = Vec::with_capacity(order.len());
    for (&trace, at) in order.iter().zip(0..) {
        let value = match trace {
            Listed::Loaded(trace) => first(dataset, selected, trace, &wanted),
            Listed::Told(_) => None,
        };
        values.push((value.and_then(|value| value.sortable(&mut texts)), at));
    }
    texts.sorted(values, descending)
}

fn first<'a>(dataset: &'a Dataset, selected: &Selected, trace: TraceIdx, wanted: &Wanted) -> Option<FieldValue<'a>> {
    let rows = dataset.traces.spans.row(trace).copied().unwrap_or_default();
    rows.iter().filter(|&span| selected.has(span)).find_map(|span| wanted.of(dataset, span))
}

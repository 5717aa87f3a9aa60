//! Fields of spans by name, as a query names them: attributes with their scope, and intrinsics. For columns.

use super::both::Listed;
use super::sortable::{Sortable, Texts};
use super::{span_id, trace_id};
use crate::analysis::{AttributeHome, Selected, find_value, value_of};
use crate::base::{IdxRange, StrId};
use crate::encode::plain::text_of_value;
use crate::model::{AttributeIdx, Dataset, SpanIdx, SpanKey, SpanKind, StatusCode, TraceIdx, Value};
use crate::protocol::TableCell;
use crate::scene::format;
use crate::traceql::tree::{Field, Intrinsic, Scope};

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
    /// A number of things.
    Count(u64),
    /// Nanoseconds.
    Duration(u64),
}

/// What a text names; nothing, where it names nothing.
pub(super) fn read(text: &str) -> Option<Field> {
    let attribute = |scope, key: &str| {
        let quoted = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        let key = quoted.map_or_else(|| key.to_owned(), |key| key.replace("\\\"", "\"").replace("\\\\", "\\"));
        (!key.is_empty()).then_some(Field::Attribute(scope, key))
    };
    let intrinsic = INTRINSICS.iter().find(|(names, _)| names.contains(&text)).map(|&(_, intrinsic)| Field::Intrinsic(intrinsic));
    intrinsic.or_else(|| {
        let (scope, key) = SCOPES.iter().find_map(|&(prefix, scope)| Some((scope, text.strip_prefix(prefix)?)))?;
        attribute(scope, key)
    })
}

const SCOPES: [(&str, Scope); 6] = [
    (".", Scope::Any),
    ("span.", Scope::Span),
    ("resource.", Scope::Resource),
    ("event.", Scope::Event),
    ("link.", Scope::Link),
    ("instrumentation.", Scope::Instrumentation),
];

const INTRINSICS: [(&[&str], Intrinsic); 21] = [
    (&["duration", "span:duration"], Intrinsic::Duration),
    (&["name", "span:name"], Intrinsic::Name),
    (&["status", "span:status"], Intrinsic::Status),
    (&["statusMessage", "span:statusMessage"], Intrinsic::StatusMessage),
    (&["kind", "span:kind"], Intrinsic::Kind),
    (&["span:id"], Intrinsic::SpanId),
    (&["span:parentID"], Intrinsic::ParentId),
    (&["childCount", "span:childCount"], Intrinsic::ChildCount),
    (&["trace:id"], Intrinsic::TraceId),
    (&["traceDuration", "trace:duration"], Intrinsic::TraceDuration),
    (&["rootName", "trace:rootName"], Intrinsic::RootName),
    (&["rootServiceName", "trace:rootService"], Intrinsic::RootService),
    (&["event:name"], Intrinsic::EventName),
    (&["event:timeSinceStart"], Intrinsic::EventTimeSinceStart),
    (&["link:traceID"], Intrinsic::LinkTraceId),
    (&["link:spanID"], Intrinsic::LinkSpanId),
    (&["instrumentation:name"], Intrinsic::InstrumentationName),
    (&["instrumentation:version"], Intrinsic::InstrumentationVersion),
    (&["nestedSetLeft"], Intrinsic::NestedSetLeft),
    (&["nestedSetRight"], Intrinsic::NestedSetRight),
    (&["nestedSetParent"], Intrinsic::NestedSetParent),
];

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
            Field::Intrinsic(intrinsic) => of_intrinsic(dataset, span, *intrinsic),
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

fn of_intrinsic(dataset: &Dataset, span: SpanIdx, intrinsic: Intrinsic) -> Option<FieldValue<'_>> {
    let spans = &dataset.spans;
    let symbol = |symbol: StrId| (symbol != StrId::EMPTY).then_some(FieldValue::Symbol(symbol));
    let id = |key: SpanKey| match key {
        SpanKey::Missing => None,
        key => Some(FieldValue::Written(key.display(&dataset.strings).to_string())),
    };
    let trace = spans.trace[span];
    let root = dataset.traces.root[trace];
    match intrinsic {
        Intrinsic::Duration => {
            (spans.start[span] != 0 && spans.end[span] != 0).then(|| FieldValue::Duration(spans.duration(span)))
        }
        Intrinsic::Name => symbol(spans.name[span]),
        Intrinsic::Status => Some(FieldValue::Text(match spans.status[span] {
            StatusCode::Unset => "Unset",
            StatusCode::Ok => "Ok",
            StatusCode::Error => "Error",
        })),
        Intrinsic::StatusMessage => spans.status_message.get(span).map(FieldValue::Symbol),
        Intrinsic::Kind => Some(FieldValue::Text(match spans.kind[span] {
            SpanKind::Unspecified => "Unspecified",
            SpanKind::Internal => "Internal",
            SpanKind::Server => "Server",
            SpanKind::Client => "Client",
            SpanKind::Producer => "Producer",
            SpanKind::Consumer => "Consumer",
        })),
        Intrinsic::SpanId => match spans.key(span) {
            SpanKey::Missing => None,
            _ => Some(FieldValue::Written(span_id(dataset, span))),
        },
        Intrinsic::ParentId => id(spans.parent_key(span)),
        Intrinsic::ChildCount => Some(FieldValue::Count(spans.children(span).count() as u64)),
        Intrinsic::TraceId => Some(FieldValue::Written(trace_id(dataset, trace))),
        Intrinsic::TraceDuration => Some(FieldValue::Duration(dataset.traces.duration(trace))),
        Intrinsic::RootName => symbol(spans.name[root]),
        Intrinsic::RootService => Some(FieldValue::Text(dataset.service_name(dataset.service(root)))),
        Intrinsic::EventName => spans.events[span].first().and_then(|event| symbol(dataset.events.name[event])),
        Intrinsic::EventTimeSinceStart => {
            let time = dataset.events.time[spans.events[span].first()?];
            (time != 0 && spans.start[span] != 0).then(|| FieldValue::Duration(time.saturating_sub(spans.start[span])))
        }
        Intrinsic::LinkTraceId => {
            let key = dataset.links.trace[spans.links[span].first()?];
            Some(FieldValue::Written(key.display(&dataset.strings).to_string()))
        }
        Intrinsic::LinkSpanId => id(dataset.links.span[spans.links[span].first()?]),
        Intrinsic::InstrumentationName => symbol(*dataset.scopes.name.row(spans.scope[span])?),
        Intrinsic::InstrumentationVersion => symbol(*dataset.scopes.version.row(spans.scope[span])?),
        Intrinsic::Parent | Intrinsic::NestedSetLeft | Intrinsic::NestedSetRight | Intrinsic::NestedSetParent => None,
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
            Self::Count(number) => TableCell::Count(*number),
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
            Self::Count(number) | Self::Duration(number) => Some(Sortable::count(*number)),
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

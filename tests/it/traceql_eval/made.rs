//! Made-up traces for queries: orphans, several roots, circles, attributes that are missing, irregular, of several types and in arrays.

use spanwise::base::{Idx as _, IdxRange, StrId};
use spanwise::model::{
    AttributeIdx, AttributeWriter, Batch, Dataset, EventDraft, ImportReport, LinkDraft, SpanDraft, SpanIdx, SpanKey, SpanKind,
    StatusCode, TraceKey,
};

use super::super::generate::Random;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    Empty,
    Str(&'static str),
    Int(i64),
    Float(f64),
    Bool(bool),
    Bytes,
    Map,
    Array(Vec<Self>),
}

pub(crate) type Attributes = Vec<(&'static str, Given)>;

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct MadeEvent {
    pub(crate) name: &'static str,
    pub(crate) time: u64,
    pub(crate) attributes: Attributes,
}

/// A link.
#[derive(Clone, Debug)]
pub(crate) struct MadeLink {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) attributes: Attributes,
}

/// A span as a plain structure.
#[derive(Clone, Debug)]
pub(crate) struct MadeSpan {
    pub(crate) trace: u128,
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) name: &'static str,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) kind: SpanKind,
    pub(crate) status: StatusCode,
    pub(crate) message: &'static str,
    pub(crate) attributes: Attributes,
    pub(crate) resource: Attributes,
    pub(crate) scope: (&'static str, &'static str, Attributes),
    pub(crate) events: Vec<MadeEvent>,
    pub(crate) links: Vec<MadeLink>,
}

impl Default for MadeSpan {
    fn default() -> Self {
        Self {
            trace: 1,
            id: 1,
            parent: 0,
            name: "",
            start: 1000,
            end: 1010,
            kind: SpanKind::Unspecified,
            status: StatusCode::Unset,
            message: "",
            attributes: Vec::new(),
            resource: Vec::new(),
            scope: ("", "", Vec::new()),
            events: Vec::new(),
            links: Vec::new(),
        }
    }
}

/// Spans of a data set, and what they were made of, by row.
pub(crate) struct Made {
    pub(crate) dataset: Dataset,
    pub(crate) spans: Vec<MadeSpan>,
}

impl Made {
    pub(crate) fn of(spans: &[MadeSpan]) -> Self {
        let mut batch = Batch::default();
        let mut writer = AttributeWriter::default();
        for span in spans {
            let resource = batch.open_resource();
            let rows = written(&mut batch, &mut writer, &span.resource);
            batch.set_resource(resource, rows, StrId::default(), 0);
            let scope = batch.open_scope();
            let (name, version) = (batch.strings.intern(span.scope.0), batch.strings.intern(span.scope.1));
            let rows = written(&mut batch, &mut writer, &span.scope.2);
            batch.set_scope(scope, name, version, StrId::default(), rows, 0);
            let attributes = written(&mut batch, &mut writer, &span.attributes);
            let first_event = batch.next_event();
            for event in &span.events {
                let attributes = written(&mut batch, &mut writer, &event.attributes);
                let name = batch.strings.intern(event.name);
                batch.push_event(&EventDraft { name, time: event.time, attributes, dropped_attributes: 0 });
            }
            let first_link = batch.next_link();
            for link in &span.links {
                let attributes = written(&mut batch, &mut writer, &link.attributes);
                let (trace, span) = (TraceKey::from_number(link.trace), SpanKey::from_number(link.span));
                batch.push_link(&LinkDraft { trace, span, attributes, ..LinkDraft::default() });
            }
            let draft = SpanDraft {
                trace: TraceKey::from_number(span.trace),
                id: SpanKey::from_number(span.id),
                parent: SpanKey::from_number(span.parent),
                name: batch.strings.intern(span.name),
                start: span.start,
                end: span.end,
                kind: span.kind,
                status: span.status,
                status_message: batch.strings.intern(span.message),
                attributes,
                events: IdxRange::new(first_event.to_u32(), batch.next_event().to_u32()),
                links: IdxRange::new(first_link.to_u32(), batch.next_link().to_u32()),
                resource,
                scope,
                ..SpanDraft::default()
            };
            batch.push_span(&draft);
        }
        let dataset = Dataset::seal(batch, ImportReport::default());
        let made = |row: SpanIdx| {
            let TraceKey::Regular(trace) = dataset.traces.key[dataset.spans.trace[row]] else {
                panic!("all ids are regular here")
            };
            spans.iter().find(|span| span.trace == trace && span.id == dataset.spans.id[row]).unwrap().clone()
        };
        let spans = dataset.spans.id.range().iter().map(made).collect();
        Self { dataset, spans }
    }
}

fn written(batch: &mut Batch, writer: &mut AttributeWriter, attributes: &Attributes) -> IdxRange<AttributeIdx> {
    for (key, value) in attributes {
        write(batch, writer, key, value);
    }
    writer.finish(&mut batch.attributes)
}

fn write(batch: &mut Batch, writer: &mut AttributeWriter, key: &str, value: &Given) {
    let key = batch.strings.intern(key);
    match value {
        Given::Empty => writer.empty(key),
        Given::Str(text) => {
            let text = batch.strings.intern(text);
            writer.string(key, text);
        }
        Given::Int(number) => writer.int(key, *number),
        Given::Float(number) => writer.double(key, *number),
        Given::Bool(flag) => writer.bool(key, *flag),
        Given::Bytes => writer.bytes(&mut batch.attributes, key, b"ab"),
        Given::Map => {
            writer.open_map(key);
            let inner = batch.strings.intern("inner");
            writer.int(inner, 1);
            writer.close(&mut batch.attributes);
        }
        Given::Array(values) => {
            writer.open_array(key);
            for value in values {
                write(batch, writer, "", value);
            }
            writer.close(&mut batch.attributes);
        }
    }
}

pub(crate) const NAMES: [&str; 4] = ["GET /", "query", "publish", "Query"];
pub(crate) const KEYS: [&str; 4] = ["a", "b", "http.status_code", "service.name"];
pub(crate) const TEXTS: [&str; 5] = ["x", "y", "xy", "", "\u{e9}"];
pub(crate) const INTS: [i64; 7] = [0, 1, 2, 500, i64::MAX, i64::MIN, 9_007_199_254_740_993];
pub(crate) const FLOATS: [f64; 6] = [0.0, 1.0, 1.5, 500.5, 9_007_199_254_740_992.0, f64::NAN];

fn given(random: &mut Random, depth: u32) -> Given {
    match random.below(if depth == 0 { 20 } else { 16 }) {
        0..=5 => Given::Str(random.pick(&TEXTS)),
        6..=9 => Given::Int(random.pick(&INTS)),
        10..=11 => Given::Float(random.pick(&FLOATS)),
        12..=13 => Given::Bool(random.chance(500)),
        14 => Given::Empty,
        15 if random.chance(500) => Given::Bytes,
        15 => Given::Map,
        _ => Given::Array((0..random.below(4)).map(|_| given(random, depth + 1)).collect()),
    }
}

fn attributes(random: &mut Random, most: u64) -> Attributes {
    let mut found = Attributes::new();
    for _ in 0..random.below(most + 1) {
        let key = random.pick(&KEYS);
        if !found.iter().any(|(known, _)| *known == key) {
            found.push((key, given(random, 0)));
        }
    }
    found
}

/// Some traces. How wild their trees are goes with the seed.
pub(crate) fn traces(random: &mut Random) -> Vec<MadeSpan> {
    let wildness = random.pick(&[0, 100, 400]);
    let resources: Vec<_> = (0..3).map(|_| attributes(random, 2)).collect();
    let mut spans = Vec::new();
    for trace in 1..=1 + random.below(4) {
        let n = 1 + random.below(12);
        for id in 1..=n {
            let start = 1000 + random.below(40);
            let parent = match random.below(1000) {
                die if die < wildness => 1 + random.below(n + 3),
                die if die < wildness + 150 => 0,
                _ => random.below(id),
            };
            let events = (0..random.below(3))
                .map(|_| MadeEvent {
                    name: random.pick(&["exception", "retry"]),
                    time: 990 + random.below(60),
                    attributes: attributes(random, 1),
                })
                .collect();
            let links = (0..random.below(2))
                .map(|_| MadeLink {
                    trace: u128::from(1 + random.below(3)),
                    span: 1 + random.below(4),
                    attributes: attributes(random, 1),
                })
                .collect();
            spans.push(MadeSpan {
                trace: u128::from(trace),
                id,
                parent,
                name: random.pick(&NAMES),
                start,
                end: if random.chance(900) { start + random.below(30) } else { start - 5 },
                kind: random.pick(&[SpanKind::Unspecified, SpanKind::Server, SpanKind::Client]),
                status: random.pick(&[StatusCode::Unset, StatusCode::Ok, StatusCode::Error]),
                message: random.pick(&["", "", "x"]),
                attributes: attributes(random, 4),
                resource: resources[usize::try_from(random.below(3)).unwrap()].clone(),
                scope: (random.pick(&["", "lib"]), random.pick(&["", "1"]), attributes(random, 1)),
                events,
                links,
            });
        }
    }
    random.shuffle(&mut spans);
    spans
}

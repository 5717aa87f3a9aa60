//! OTLP protobuf against its oracle: prost into opentelemetry-proto's own types, field by field; and what prost would refuse.

use std::fmt::Write as _;

use opentelemetry_proto::tonic::common::v1::any_value::Value as OracleValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};
use prost::Message as _;
use spanwise::base::text::hex_from_bytes;
use spanwise::base::{IdxRange, StrId};
use spanwise::model::{AttributeIdx, Dataset, FindingKind, SpanIdx, Value};

use super::generate::{Plan, Random, Shape, framed, protobuf, requests};
use super::import::{import, import_chunks, source};

// --- Both sides as text, a line a span, sorted ---

fn oracle_lines(data: &TracesData) -> Vec<String> {
    let mut lines = Vec::new();
    for resource_spans in &data.resource_spans {
        let none = Resource::default();
        let resource = resource_spans.resource.as_ref().unwrap_or(&none);
        let about = format!(
            "resource {} {} {:?}",
            oracle_attributes(&resource.attributes),
            resource.dropped_attributes_count,
            resource_spans.schema_url
        );
        for scope_spans in &resource_spans.scope_spans {
            let none = InstrumentationScope::default();
            let scope = scope_spans.scope.as_ref().unwrap_or(&none);
            let about = format!(
                "{about} scope {:?} {:?} {} {} {:?}",
                scope.name,
                scope.version,
                oracle_attributes(&scope.attributes),
                scope.dropped_attributes_count,
                scope_spans.schema_url
            );
            lines.extend(scope_spans.spans.iter().map(|span| format!("{} {about}", oracle_span(span))));
        }
    }
    lines.sort();
    lines
}

fn oracle_span(span: &Span) -> String {
    let status = span.status.clone().unwrap_or_default();
    let mut out = format!(
        "{} {} {} {:?} kind {} {}..{} flags {} status {} {:?} dropped {} {} {} {:?} {}",
        oracle_id(&span.trace_id),
        oracle_id(&span.span_id),
        oracle_id(&span.parent_span_id),
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.flags,
        if (0..=2).contains(&status.code) { status.code } else { 0 },
        status.message,
        span.dropped_attributes_count,
        span.dropped_events_count,
        span.dropped_links_count,
        span.trace_state,
        oracle_attributes(&span.attributes)
    );
    for event in &span.events {
        let (name, time) = (&event.name, event.time_unix_nano);
        let dropped = event.dropped_attributes_count;
        write!(out, " event {name:?} {time} {dropped} {}", oracle_attributes(&event.attributes)).unwrap();
    }
    for link in &span.links {
        let (trace, span) = (oracle_id(&link.trace_id), oracle_id(&link.span_id));
        let (state, flags, dropped) = (&link.trace_state, link.flags, link.dropped_attributes_count);
        let attributes = oracle_attributes(&link.attributes);
        write!(out, " link {trace} {span} {state:?} {flags} {dropped} {attributes}").unwrap();
    }
    out
}

/// An id of zeros is none.
pub(crate) fn oracle_id(bytes: &[u8]) -> String {
    if bytes.iter().all(|&byte| byte == 0) { String::new() } else { hex_from_bytes(bytes) }
}

pub(crate) fn oracle_attributes(attributes: &[KeyValue]) -> String {
    let entries: Vec<_> = attributes
        .iter()
        .map(|entry| format!("{:?}={}", entry.key, oracle_value(entry.value.as_ref().and_then(|value| value.value.as_ref()))))
        .collect();
    format!("{{{}}}", entries.join(" "))
}

pub(crate) fn oracle_value(value: Option<&OracleValue>) -> String {
    match value {
        None | Some(OracleValue::StringValueStrindex(_)) => "-".to_owned(),
        Some(OracleValue::StringValue(text)) => format!("{text:?}"),
        Some(OracleValue::BoolValue(flag)) => flag.to_string(),
        Some(OracleValue::IntValue(number)) => number.to_string(),
        Some(OracleValue::DoubleValue(number)) => format!("f{:016x}", number.to_bits()),
        Some(OracleValue::BytesValue(bytes)) => format!("x{}", hex_from_bytes(bytes)),
        Some(OracleValue::ArrayValue(array)) => {
            let values: Vec<_> = array.values.iter().map(|value| oracle_value(value.value.as_ref())).collect();
            format!("[{}]", values.join(" "))
        }
        Some(OracleValue::KvlistValue(list)) => oracle_attributes(&list.values),
    }
}

fn our_lines(dataset: &Dataset) -> Vec<String> {
    let rows = 0..u32::try_from(dataset.spans.len()).unwrap();
    let mut lines: Vec<String> = rows.map(|row| our_span(dataset, SpanIdx(row))).collect();
    lines.sort();
    lines
}

fn our_span(dataset: &Dataset, span: SpanIdx) -> String {
    let (spans, strings) = (&dataset.spans, &dataset.strings);
    let text = |id: StrId| strings.get(id);
    let kind = spans.unknown_kind.get(span).unwrap_or(spans.kind[span] as i32);
    let mut out = format!(
        "{} {} {} {:?} kind {kind} {}..{} flags {} status {} {:?} dropped {} {} {} {:?} {}",
        dataset.traces.key[spans.trace[span]].display(strings),
        spans.key(span).display(strings),
        spans.parent_key(span).display(strings),
        text(spans.name[span]),
        spans.start[span],
        spans.end[span],
        spans.flags[span],
        spans.status[span] as u8,
        text(spans.status_message.get(span).unwrap_or_default()),
        spans.dropped_attributes.get(span).unwrap_or(0),
        spans.dropped_events.get(span).unwrap_or(0),
        spans.dropped_links.get(span).unwrap_or(0),
        text(spans.trace_state.get(span).unwrap_or_default()),
        our_attributes(dataset, spans.attributes[span])
    );
    for at in spans.events[span].iter() {
        let (name, time) = (text(dataset.events.name[at]), dataset.events.time[at]);
        let dropped = dataset.events.dropped_attributes.get(at).unwrap_or(0);
        write!(out, " event {name:?} {time} {dropped} {}", our_attributes(dataset, dataset.events.attributes[at])).unwrap();
    }
    for at in spans.links[span].iter() {
        let links = &dataset.links;
        let (trace, span) = (links.trace[at].display(strings), links.span[at].display(strings));
        let (state, flags) = (text(links.trace_state[at]), links.flags[at]);
        let dropped = links.dropped_attributes.get(at).unwrap_or(0);
        write!(out, " link {trace} {span} {state:?} {flags} {dropped} {}", our_attributes(dataset, links.attributes[at]))
            .unwrap();
    }
    let (resource, scope) = (spans.resource[span], spans.scope[span]);
    let (resources, scopes) = (&dataset.resources, &dataset.scopes);
    write!(
        out,
        " resource {} {} {:?} scope {:?} {:?} {} {} {:?}",
        our_attributes(dataset, resources.attributes[resource]),
        resources.dropped_attributes[resource],
        text(resources.schema_url[resource]),
        text(scopes.name[scope]),
        text(scopes.version[scope]),
        our_attributes(dataset, scopes.attributes[scope]),
        scopes.dropped_attributes[scope],
        text(scopes.schema_url[scope])
    )
    .unwrap();
    out
}

pub(crate) fn our_attributes(dataset: &Dataset, rows: IdxRange<AttributeIdx>) -> String {
    let entries: Vec<_> = dataset
        .attributes
        .entries(rows)
        .map(|(key, value)| format!("{:?}={}", dataset.strings.get(key), our_value(dataset, value)))
        .collect();
    format!("{{{}}}", entries.join(" "))
}

pub(crate) fn our_value(dataset: &Dataset, value: Value<'_>) -> String {
    match value {
        Value::Empty => "-".to_owned(),
        Value::String(text) => format!("{:?}", dataset.strings.get(text)),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => format!("f{:016x}", number.to_bits()),
        Value::Bytes(bytes) => format!("x{}", hex_from_bytes(bytes)),
        Value::Array(rows) => {
            let values: Vec<_> = dataset.attributes.entries(rows).map(|(_, value)| our_value(dataset, value)).collect();
            format!("[{}]", values.join(" "))
        }
        Value::KvList(rows) => our_attributes(dataset, rows),
    }
}

#[track_caller]
fn assert_agrees(dataset: &Dataset, data: &TracesData) {
    let (ours, theirs) = (our_lines(dataset), oracle_lines(data));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), theirs.len());
}

#[track_caller]
fn assert_same_lines(ours: &Dataset, theirs: &Dataset, case: &str) {
    for (a, b) in our_lines(ours).iter().zip(&our_lines(theirs)) {
        assert_eq!(a, b, "{case}");
    }
    assert_eq!(ours.spans.len(), theirs.spans.len(), "{case}");
}

// --- Data with everything in it ---

/// Spans in which every field is set to odd values now and then, each with an id of its own.
fn odd_data(random: &mut Random, spans: u64) -> TracesData {
    let mut data = TracesData::default();
    for at in 0..spans {
        if data.resource_spans.is_empty() || random.chance(150) {
            let resource = (!random.chance(200)).then(|| Resource {
                attributes: odd_attributes(random),
                dropped_attributes_count: odd_count(random),
                ..Resource::default()
            });
            let schema_url = odd_text(random);
            data.resource_spans.push(ResourceSpans { resource, schema_url, scope_spans: Vec::new() });
        }
        let scopes = &mut data.resource_spans.last_mut().unwrap().scope_spans;
        if scopes.is_empty() || random.chance(200) {
            let scope = (!random.chance(200)).then(|| InstrumentationScope {
                name: odd_text(random),
                version: odd_text(random),
                attributes: odd_attributes(random),
                dropped_attributes_count: odd_count(random),
            });
            scopes.push(ScopeSpans { scope, schema_url: odd_text(random), spans: Vec::new() });
        }
        scopes.last_mut().unwrap().spans.push(odd_span(random, at + 1));
    }
    data
}

fn odd_span(random: &mut Random, id: u64) -> Span {
    let many = |random: &mut Random| if random.chance(700) { 0 } else { random.below(4) };
    Span {
        trace_id: u128::from(1 + random.below(9)).to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        trace_state: if random.chance(800) { String::new() } else { odd_text(random) },
        parent_span_id: if random.chance(300) { Vec::new() } else { random.below(id).to_be_bytes().to_vec() },
        flags: if random.chance(500) { 0x101 } else { u32::try_from(random.below(1 << 32)).unwrap() },
        name: odd_text(random),
        kind: i32::try_from(random.below(8)).unwrap() - i32::from(random.chance(50)) * 9,
        start_time_unix_nano: if random.chance(50) { 0 } else { random.next() },
        end_time_unix_nano: if random.chance(50) { 0 } else { random.next() },
        attributes: odd_attributes(random),
        dropped_attributes_count: odd_count(random),
        events: (0..many(random))
            .map(|_| Event {
                time_unix_nano: random.next(),
                name: odd_text(random),
                attributes: odd_attributes(random),
                dropped_attributes_count: odd_count(random),
            })
            .collect(),
        dropped_events_count: odd_count(random),
        links: (0..many(random))
            .map(|_| Link {
                trace_id: [vec![7; 16], vec![0; 16], vec![], vec![1; 5]][usize::try_from(random.below(4)).unwrap()].clone(),
                span_id: [vec![7; 8], vec![0; 8], vec![], vec![1; 12]][usize::try_from(random.below(4)).unwrap()].clone(),
                trace_state: odd_text(random),
                attributes: odd_attributes(random),
                dropped_attributes_count: odd_count(random),
                flags: u32::try_from(random.below(1 << 32)).unwrap(),
            })
            .collect(),
        dropped_links_count: odd_count(random),
        status: (!random.chance(400))
            .then(|| Status { message: odd_text(random), code: i32::try_from(random.below(5)).unwrap() }),
    }
}

pub(crate) fn odd_attributes(random: &mut Random) -> Vec<KeyValue> {
    let count = if random.chance(20) { 60 } else { random.below(6) };
    (0..count).map(|_| KeyValue { key: odd_text(random), value: odd_value(random, 0), ..KeyValue::default() }).collect()
}

pub(crate) fn odd_value(random: &mut Random, depth: u64) -> Option<AnyValue> {
    let few = |random: &mut Random| random.below(4);
    // Ever fewer arrays and maps, the deeper they would stand.
    let value = match random.below(10 - 2 * depth.min(4)) {
        0 => return None,
        1 => OracleValue::IntValue(random.next().cast_signed() >> random.below(64)),
        2 => OracleValue::DoubleValue([0.5, -0.0, f64::NAN, f64::INFINITY, 1e300][usize::try_from(random.below(5)).unwrap()]),
        3 => OracleValue::BoolValue(random.chance(500)),
        4 => OracleValue::BytesValue((0..random.below(40)).map(|_| random.next().to_le_bytes()[0]).collect()),
        5 => OracleValue::ArrayValue(ArrayValue {
            values: (0..few(random)).map(|_| odd_value(random, depth + 1).unwrap_or_default()).collect(),
        }),
        6 => OracleValue::KvlistValue(KeyValueList {
            values: (0..few(random))
                .map(|_| KeyValue { key: odd_text(random), value: odd_value(random, depth + 1), ..KeyValue::default() })
                .collect(),
        }),
        _ => OracleValue::StringValue(odd_text(random)),
    };
    Some(AnyValue { value: Some(value) })
}

pub(crate) fn odd_text(random: &mut Random) -> String {
    let text =
        random.pick(&["", "a", "GET", "http.request.method", "größe", "\u{1f980}\0\n\"", "service.name", "x".repeat(300).leak()]);
    if random.chance(500) { text.to_owned() } else { format!("{text}{}", random.below(99)) }
}

pub(crate) fn odd_count(random: &mut Random) -> u32 {
    if random.chance(850) { 0 } else { u32::try_from(random.below(1 << 32)).unwrap() }
}

#[test]
fn agrees_with_the_oracle_on_every_field() {
    for seed in 0..60 {
        let data = odd_data(&mut Random::new(seed), 30);
        let bytes = data.encode_to_vec();
        let dataset = import(&bytes);
        assert_agrees(&dataset, &data);
        assert_eq!(source(&dataset).spans, 30);
        assert_eq!(dataset.report.count(FindingKind::BrokenProtobuf), 0);
        for chunk in [1, 7, 64, 1000] {
            assert_same_lines(&import_chunks(bytes.chunks(chunk)), &dataset, &format!("seed {seed} in chunks of {chunk}"));
        }
    }
    for shape in [Shape::Shop, Shape::Job, Shape::Chain, Shape::Flat] {
        let bytes = protobuf(&requests(Plan { shape, spans: 2000, seed: 4 }));
        assert_agrees(&import(&bytes), &TracesData::decode(&bytes[..]).unwrap());
    }
}

// --- The same messages written in other ways ---

/// A field of an encoded message: its tag and its value, as they stand.
struct Field {
    number: u64,
    bytes: Vec<u8>,
    /// The value of a length-delimited field.
    inner: Option<Vec<u8>>,
}

fn varint(bytes: &mut &[u8]) -> u64 {
    prost::encoding::decode_varint(bytes).unwrap()
}

fn put_varint(out: &mut Vec<u8>, number: u64) {
    prost::encoding::encode_varint(number, out);
}

fn fields(message: &[u8]) -> Vec<Field> {
    let mut rest = message;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let before = rest;
        let tag = varint(&mut rest);
        let mut inner = None;
        match tag & 7 {
            0 => drop(varint(&mut rest)),
            1 => rest = &rest[8..],
            2 => {
                let len = usize::try_from(varint(&mut rest)).unwrap();
                inner = Some(rest[..len].to_vec());
                rest = &rest[len..];
            }
            5 => rest = &rest[4..],
            other => panic!("wire type {other}"),
        }
        fields.push(Field { number: tag >> 3, bytes: before[..before.len() - rest.len()].to_vec(), inner });
    }
    fields
}

fn put_message(out: &mut Vec<u8>, number: u64, message: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, message.len() as u64);
    out.extend_from_slice(message);
}

/// Which messages stand in the length-delimited field `number` of a message of this type.
fn type_of(parent: &str, number: u64) -> Option<&'static str> {
    Some(match (parent, number) {
        ("TracesData", 1) => "ResourceSpans",
        ("ResourceSpans", 1) => "Resource",
        ("ResourceSpans", 2) => "ScopeSpans",
        ("ScopeSpans", 1) => "Scope",
        ("ScopeSpans", 2) => "Span",
        ("Span", 11) => "Event",
        ("Span", 13) => "Link",
        ("Span", 15) => "Status",
        ("Resource" | "Map", 1) | ("Scope" | "Event", 3) | ("Link", 4) | ("Span", 9) => "KeyValue",
        ("KeyValue", 2) | ("Array", 1) => "AnyValue",
        ("AnyValue", 5) => "Array",
        ("AnyValue", 6) => "Map",
        _ => return None,
    })
}

/// Writes a message again, with its fields in another order (those of one number keep theirs) and unknown ones in between.
fn rewrite(random: &mut Random, name: &str, message: &[u8]) -> Vec<u8> {
    let mut fields = fields(message);
    let mut numbers: Vec<u64> = fields.iter().map(|field| field.number).collect();
    random.shuffle(&mut numbers);
    let mut out = Vec::new();
    for number in numbers {
        if random.chance(100) {
            put_unknown(random, &mut out);
        }
        let at = fields.iter().position(|field| field.number == number).unwrap();
        let field = fields.remove(at);
        match (type_of(name, number), &field.inner) {
            (Some(inner_name), Some(inner)) => put_message(&mut out, number, &rewrite(random, inner_name, inner)),
            _ => out.extend_from_slice(&field.bytes),
        }
    }
    if random.chance(100) {
        put_unknown(random, &mut out);
    }
    out
}

fn put_unknown(random: &mut Random, out: &mut Vec<u8>) {
    let number = [20, 99, 1001, 70_000, (1 << 29) - 1][usize::try_from(random.below(5)).unwrap()];
    match random.below(5) {
        0 => {
            put_varint(out, number << 3);
            put_varint(out, random.next());
        }
        1 => {
            put_varint(out, number << 3 | 1);
            out.extend([0xff; 8]);
        }
        2 => put_message(out, number, &vec![0xff; usize::try_from(random.below(300)).unwrap()]),
        3 => {
            // A group with a group in it.
            for tag in [number << 3 | 3, 5 << 3 | 3, 1 << 3, 0, 5 << 3 | 4, 2 << 3 | 2, 1, 0xff, number << 3 | 4] {
                if tag == 0xff || tag == 0 {
                    out.push(0x7f);
                } else {
                    put_varint(out, tag);
                }
            }
        }
        _ => {
            put_varint(out, number << 3 | 5);
            out.extend([0xff; 4]);
        }
    }
}

#[test]
fn order_and_unknown_fields_do_not_matter() {
    for seed in 100..160 {
        let mut random = Random::new(seed);
        let data = odd_data(&mut random, 12);
        let bytes = rewrite(&mut random, "TracesData", &data.encode_to_vec());
        // The oracle has to read it too, or the test is wrong.
        assert_eq!(oracle_lines(&TracesData::decode(&bytes[..]).unwrap()), oracle_lines(&data), "seed {seed}");
        // Behind its length, so that an odd first field cannot hide what it is.
        let dataset = import(&framed(&[&bytes[..], &TracesData::default().encode_to_vec()].concat()));
        if dataset.spans.is_empty() {
            // An unknown field came first of all: without a second message the bytes look like nothing.
            continue;
        }
        assert_agrees(&dataset, &data);
        assert_eq!(dataset.report.count(FindingKind::BrokenProtobuf), 0, "seed {seed}");
    }
}

#[test]
fn parts_of_one_message_join() {
    let attribute = |key: &str| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(OracleValue::BoolValue(true)) }),
        ..KeyValue::default()
    };
    let resource = |key: &str| Resource { attributes: vec![attribute(key)], ..Resource::default() }.encode_to_vec();
    let scope = |name: &str, key: &str| {
        InstrumentationScope { name: name.to_owned(), attributes: vec![attribute(key)], ..InstrumentationScope::default() }
            .encode_to_vec()
    };
    let mut span = odd_span(&mut Random::new(1), 5).encode_to_vec();
    put_message(&mut span, 5, b"the name that counts");
    put_message(&mut span, 15, &Status { message: "late".to_owned(), code: 0 }.encode_to_vec());
    let mut scope_spans = Vec::new();
    put_message(&mut scope_spans, 1, &scope("one", "a"));
    put_message(&mut scope_spans, 2, &span);
    put_message(&mut scope_spans, 1, &scope("", "b"));
    put_message(&mut scope_spans, 1, &scope("two", "c"));
    let mut resource_spans = Vec::new();
    put_message(&mut resource_spans, 1, &resource("x"));
    put_message(&mut resource_spans, 2, &scope_spans);
    put_message(&mut resource_spans, 3, b"https://late");
    put_message(&mut resource_spans, 1, &resource("y"));
    let mut bytes = Vec::new();
    put_message(&mut bytes, 1, &resource_spans);
    assert_agrees(&import(&bytes), &TracesData::decode(&bytes[..]).unwrap());
    // Before 0.19 the same messages stood in field 1000.
    let old: Vec<u8> = fields(&resource_spans).iter().fold(Vec::new(), |mut out, field| {
        put_message(&mut out, if field.number == 2 { 1000 } else { field.number }, field.inner.as_ref().unwrap());
        out
    });
    let mut old_bytes = Vec::new();
    put_message(&mut old_bytes, 1, &old);
    assert_same_lines(&import(&old_bytes), &import(&bytes), "old");
}

// --- What the oracle refuses or does not see ---

/// One span with these bytes after it in its message, in a whole of two spans.
fn with_span(tail: &[u8]) -> Vec<u8> {
    let mut random = Random::new(8);
    let odd = [odd_span(&mut random, 1).encode_to_vec(), tail.to_vec()].concat();
    let plain = Span { trace_id: vec![2; 16], span_id: vec![2; 8], name: "plain".to_owned(), ..Span::default() };
    let mut scope_spans = Vec::new();
    put_message(&mut scope_spans, 2, &odd);
    put_message(&mut scope_spans, 2, &plain.encode_to_vec());
    let mut resource_spans = Vec::new();
    put_message(&mut resource_spans, 1, &[]);
    put_message(&mut resource_spans, 2, &scope_spans);
    let mut bytes = Vec::new();
    put_message(&mut bytes, 1, &resource_spans);
    bytes
}

fn message(number: u64, inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_message(&mut out, number, inner);
    out
}

#[test]
fn what_is_wrong_in_a_span_costs_little() {
    let deep = |levels: usize| {
        let mut value = message(1, b"deep");
        for _ in 0..levels {
            value = message(5, &message(1, &value));
        }
        message(9, &[message(1, b"k"), message(2, &value)].concat())
    };
    let cases: Vec<(&str, Vec<u8>, FindingKind)> = vec![
        ("a text that is not UTF-8", message(5, b"caf\xe9"), FindingKind::BadText),
        ("a key twice", [message(9, &message(1, b"key")), message(9, &message(1, b"key"))].concat(), FindingKind::RepeatedKey),
        ("65 levels", deep(65), FindingKind::TooDeep),
        ("100,000 levels", deep(100_000), FindingKind::TooDeep),
        ("an unknown kind", vec![6 << 3, 77], FindingKind::UnknownEnum),
        ("an unknown status code", message(15, &[3 << 3, 9]), FindingKind::UnknownEnum),
        ("a time as a varint", vec![7 << 3, 1], FindingKind::WrongType),
        ("a count as a text", message(10, b"three"), FindingKind::WrongType),
        ("dropped attributes", vec![10 << 3, 3], FindingKind::DroppedByProducer),
        ("a length beyond the span", vec![5 << 3 | 2, 200], FindingKind::BrokenProtobuf),
        ("tag 0", vec![0, 0], FindingKind::BrokenProtobuf),
        ("a varint without end", vec![6 << 3, 0xff, 0xff], FindingKind::BrokenProtobuf),
        ("a wire type that does not exist", vec![6 << 3 | 6], FindingKind::BrokenProtobuf),
        ("a group without end", vec![99 << 3 & 0x7f | 0x80 | 3, 6], FindingKind::BrokenProtobuf),
        ("an event that breaks", message(11, &[0xff]), FindingKind::BrokenProtobuf),
        ("a link that breaks", message(13, &[1 << 3 | 2, 99]), FindingKind::BrokenProtobuf),
        ("a status that breaks", message(15, &[2 << 3 | 2, 99]), FindingKind::BrokenProtobuf),
        ("an attribute that breaks", message(9, &[1 << 3 | 2, 99]), FindingKind::BrokenProtobuf),
        ("a value that breaks", message(9, &message(2, &[0xff, 0xff])), FindingKind::BrokenProtobuf),
        ("an array that breaks", message(9, &message(2, &message(5, &[0xff]))), FindingKind::BrokenProtobuf),
    ];
    let before = import(&with_span(&[]));
    for (name, tail, kind) in cases {
        let bytes = with_span(&tail);
        let dataset = import(&bytes);
        assert_eq!(dataset.spans.len(), 2, "{name}");
        let more = dataset.report.count(kind) - before.report.count(kind);
        assert!(more != 0, "{name}: {kind:?}");
        let example = dataset.report.findings().find(|(found, _)| *found == kind).unwrap().1.examples.last().unwrap();
        assert!(example.path.starts_with("resourceSpans[0].scopeSpans[0].spans[0]"), "{name}: {}", example.path);
        assert_same_lines(&import_chunks(bytes.chunks(3)), &dataset, name);
    }
    assert_eq!(import(&with_span(&deep(64))).report.count(FindingKind::TooDeep), 0);
}

#[test]
fn ids_of_any_length_are_ids() {
    let ids: [(&[u8], &str); 5] =
        [(&[], ""), (&[0; 16], ""), (&[0; 3], ""), (&[0xab, 1], "ab01"), (&[9; 20], "0909090909090909090909090909090909090909")];
    for (id, text) in ids {
        let dataset = import(&with_span(&message(1, id)));
        let found = dataset.traces.key.as_slice().iter().any(|key| key.display(&dataset.strings).to_string() == text);
        assert!(found, "{text:?}");
        // The last one counts; without ids at all a span is still a span.
        let bare = import(&with_span(&[message(1, id), message(2, id)].concat()));
        assert_eq!(bare.spans.len(), 2);
    }
}

#[test]
fn damage_around_spans_costs_the_smallest_message() {
    let mut random = Random::new(77);
    let data = odd_data(&mut random, 40);
    let total = 40;
    let bytes = data.encode_to_vec();
    let outer = fields(&bytes);
    assert!(4 < outer.len());
    // The first tag of one ResourceSpans becomes impossible: the others stay.
    for at in 0..outer.len() {
        let mut damaged = Vec::new();
        for (n, field) in outer.iter().enumerate() {
            let mut inner = field.inner.clone().unwrap();
            if n == at {
                inner.splice(..0, [0]);
            }
            put_message(&mut damaged, 1, &inner);
        }
        let lost: usize = data.resource_spans[at].scope_spans.iter().map(|scope| scope.spans.len()).sum();
        let dataset = import(&damaged);
        if at == 0 {
            continue; // What it is can then not be told.
        }
        assert_eq!(dataset.spans.len(), total - lost, "{at}");
        assert_eq!(dataset.report.count(FindingKind::BrokenProtobuf), 1);
    }
    // A tag that cannot be: what follows is found again.
    for at in 1..outer.len() - 1 {
        let before: usize = outer[..at].iter().map(|field| field.bytes.len()).sum();
        let mut damaged = bytes.clone();
        damaged[before] = 7;
        let spans_of = |resource: &ResourceSpans| resource.scope_spans.iter().map(|scope| scope.spans.len()).sum::<usize>();
        let dataset = import(&damaged);
        assert!(total - spans_of(&data.resource_spans[at]) <= dataset.spans.len(), "{at}: {}", dataset.spans.len());
        assert!(dataset.report.count(FindingKind::BrokenProtobuf) != 0);
        for chunk in [1, 9, 100] {
            assert_same_lines(&import_chunks(damaged.chunks(chunk)), &dataset, &format!("{at} in chunks of {chunk}"));
        }
    }
    // One byte would be a line feed.
    for cut in 2..bytes.len() {
        let dataset = import(&bytes[..cut]);
        let whole = TracesData::decode(&bytes[..cut]).is_ok();
        let told = [FindingKind::TruncatedTail, FindingKind::BrokenProtobuf, FindingKind::NotTelemetry];
        let n_told: u64 = told.iter().map(|&kind| dataset.report.count(kind)).sum();
        assert_eq!(n_told == 0, whole, "cut at {cut}");
    }
    let before_last = import(&bytes[..bytes.len() - 1]);
    assert!(total - 1 <= before_last.spans.len());
}

#[test]
fn logs_and_metrics_are_told_apart() {
    let text = |number: u64, text: &str| message(number, text.as_bytes());
    let fixed = |number: u64| [&[u8::try_from(number << 3 | 1).unwrap()][..], &[1; 8]].concat();
    let export = |elements: &[Vec<u8>]| {
        let scope: Vec<u8> = elements.iter().flat_map(|element| message(2, element)).collect();
        let resource = [message(1, &message(1, &text(1, "service.name"))), message(2, &scope)].concat();
        message(1, &resource)
    };
    let log = [fixed(1), vec![2 << 3, 9], text(3, "INFO"), message(5, &text(1, "hello"))].concat();
    let late_log = [vec![2 << 3, 9], message(5, &text(1, "hello")), fixed(11)].concat();
    let point = || message(1, &fixed(3));
    let gauge = [text(1, "queue"), text(3, "1"), message(5, &[point(), point()].concat())].concat();
    let sum = [text(1, "a name of 16 byt"), text(2, "8 bytes."), message(7, &[point(), vec![2 << 3, 2]].concat())].concat();
    let histogram = [text(1, "latency"), message(9, &point())].concat();
    let cases = [
        ("logs", vec![log.clone(), late_log], (2, 0)),
        ("metrics", vec![gauge, sum, histogram], (0, 4)),
        ("one log", vec![log], (1, 0)),
        ("nothing", vec![], (0, 0)),
    ];
    for (name, elements, (logs, points)) in cases {
        let bytes = export(&elements);
        for bytes in [bytes.clone(), framed(&bytes)] {
            let dataset = import(&bytes);
            let source = source(&dataset);
            assert_eq!((source.spans, source.log_records, source.metric_points), (0, logs, points), "{name}");
            assert_eq!(dataset.report.count(FindingKind::LogWithoutTrace), logs, "{name}");
            assert_eq!(dataset.report.count(FindingKind::MetricPoints), points, "{name}");
            assert_eq!(dataset.report.count_of(spanwise::model::Severity::DataLoss), 0, "{name}");
        }
    }
}

#[test]
fn flipped_bits_never_break_it() {
    let mut random = Random::new(9);
    let bytes = odd_data(&mut random, 25).encode_to_vec();
    for round in 0..600 {
        let mut damaged = bytes.clone();
        for _ in 0..=random.below(4) {
            let at = usize::try_from(random.below(damaged.len() as u64)).unwrap();
            damaged[at] ^= 1 << random.below(8);
        }
        let chunk = 1 + usize::try_from(random.below(300)).unwrap();
        assert_same_lines(&import_chunks(damaged.chunks(chunk)), &import(&damaged), &format!("round {round}"));
    }
}

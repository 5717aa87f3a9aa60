//! The oracle: OTLP's own types, decoded by prost and by `serde_json`, put into the store the slow and obvious way.
//!
//! Every OTLP fixture is read both ways, and each field compared through the dump. Where the oracle cannot read a file at all,
//! `tests/golden/oracle-refuses.txt` says so: there it is stricter than the specification, or the file is damaged.

use std::io::Read as _;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{Span, TracesData};
use prost::Message as _;
use spanwise::base::{IdxRange, StrId};
use spanwise::model::{
    AttributeIdx, AttributeWriter, Batch, Dataset, EventDraft, FindingKind, ImportReport, LinkDraft, ResourceSlot, ScopeSlot,
    SpanDraft, SpanKey, SpanKind, StatusCode, TraceKey,
};

use super::dump::dump;
use super::generate::{Plan, Shape, json_lines, protobuf, requests};
use super::read::{fixtures, open_bytes};
use super::source::root;

/// The data set of typed requests.
pub(crate) fn dataset(requests: &[TracesData]) -> Dataset {
    let mut store = Store::default();
    for request in requests {
        store.request(request);
    }
    Dataset::seal(store.batch, ImportReport::default())
}

#[derive(Default)]
struct Store {
    batch: Batch,
    writer: AttributeWriter,
}

impl Store {
    fn request(&mut self, request: &TracesData) {
        for group in &request.resource_spans {
            let resource = self.batch.open_resource();
            let url = self.text(&group.schema_url);
            let found = group.resource.clone().unwrap_or_default();
            let rows = self.attributes(&found.attributes);
            self.batch.set_resource(resource, rows, url, found.dropped_attributes_count);
            for group in &group.scope_spans {
                let scope = self.batch.open_scope();
                let url = self.text(&group.schema_url);
                let found = group.scope.clone().unwrap_or_default();
                let (name, version) = (self.text(&found.name), self.text(&found.version));
                let rows = self.attributes(&found.attributes);
                self.batch.set_scope(scope, name, version, url, rows, found.dropped_attributes_count);
                for span in &group.spans {
                    self.span(span, resource, scope);
                }
            }
        }
    }

    fn span(&mut self, span: &Span, resource: ResourceSlot, scope: ScopeSlot) {
        let status = span.status.clone().unwrap_or_default();
        let attributes = self.attributes(&span.attributes);
        let first_event = self.batch.next_event();
        for event in &span.events {
            let name = self.text(&event.name);
            let attributes = self.attributes(&event.attributes);
            let dropped_attributes = event.dropped_attributes_count;
            self.batch.push_event(&EventDraft { name, time: event.time_unix_nano, attributes, dropped_attributes });
        }
        let first_link = self.batch.next_link();
        for link in &span.links {
            let draft = LinkDraft {
                trace: self.trace_key(&link.trace_id),
                span: self.span_key(&link.span_id),
                trace_state: self.text(&link.trace_state),
                flags: link.flags,
                attributes: self.attributes(&link.attributes),
                dropped_attributes: link.dropped_attributes_count,
            };
            self.batch.push_link(&draft);
        }
        let kind = SpanKind::from_number(span.kind.into());
        let draft = SpanDraft {
            trace: self.trace_key(&span.trace_id),
            id: self.span_key(&span.span_id),
            parent: self.span_key(&span.parent_span_id),
            name: self.text(&span.name),
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano,
            kind: kind.unwrap_or_default(),
            unknown_kind: kind.is_none().then_some(span.kind),
            status: StatusCode::from_number(status.code.into()).unwrap_or_default(),
            status_message: self.text(&status.message),
            trace_state: self.text(&span.trace_state),
            flags: span.flags,
            attributes,
            events: IdxRange::new(first_event.0, self.batch.next_event().0),
            links: IdxRange::new(first_link.0, self.batch.next_link().0),
            dropped_attributes: span.dropped_attributes_count,
            dropped_events: span.dropped_events_count,
            dropped_links: span.dropped_links_count,
            resource,
            scope,
            ..SpanDraft::default()
        };
        self.batch.push_span(&draft);
    }

    fn text(&mut self, text: &str) -> StrId {
        self.batch.strings.intern(text)
    }

    /// 16 bytes are a number, none are none, anything else is kept as the text of its hex digits.
    fn trace_key(&mut self, bytes: &[u8]) -> TraceKey {
        match <[u8; 16]>::try_from(bytes) {
            Ok(bytes) => TraceKey::from_number(u128::from_be_bytes(bytes)),
            Err(_) if bytes.iter().all(|&byte| byte == 0) => TraceKey::Missing,
            Err(_) => TraceKey::Text(self.text(&hex(bytes))),
        }
    }

    fn span_key(&mut self, bytes: &[u8]) -> SpanKey {
        match <[u8; 8]>::try_from(bytes) {
            Ok(bytes) => SpanKey::from_number(u64::from_be_bytes(bytes)),
            Err(_) if bytes.iter().all(|&byte| byte == 0) => SpanKey::Missing,
            Err(_) => SpanKey::Text(self.text(&hex(bytes))),
        }
    }

    fn attributes(&mut self, attributes: &[KeyValue]) -> IdxRange<AttributeIdx> {
        self.entries(attributes);
        self.writer.finish(&mut self.batch.attributes)
    }

    fn entries(&mut self, attributes: &[KeyValue]) {
        for attribute in attributes {
            let key = self.text(&attribute.key);
            self.value(key, attribute.value.as_ref());
        }
    }

    fn value(&mut self, key: StrId, value: Option<&AnyValue>) {
        match value.and_then(|value| value.value.as_ref()) {
            None => self.writer.empty(key),
            Some(Any::StringValue(text)) => {
                let text = self.text(text);
                self.writer.string(key, text);
            }
            Some(Any::BoolValue(flag)) => self.writer.bool(key, *flag),
            Some(Any::IntValue(number)) => self.writer.int(key, *number),
            Some(Any::DoubleValue(number)) => self.writer.double(key, *number),
            Some(Any::BytesValue(bytes)) => self.writer.bytes(&mut self.batch.attributes, key, bytes),
            Some(Any::ArrayValue(array)) => {
                self.writer.open_array(key);
                for value in &array.values {
                    self.value(StrId::EMPTY, Some(value));
                }
                self.writer.close(&mut self.batch.attributes);
            }
            Some(Any::KvlistValue(list)) => {
                self.writer.open_map(key);
                self.entries(&list.values);
                self.writer.close(&mut self.batch.attributes);
            }
            Some(other) => panic!("a value of the profiles signal: {other:?}"),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    spanwise::base::text::hex_from_bytes(bytes)
}

/// What the oracle makes of a file.
fn typed(bytes: &[u8]) -> Result<Vec<TracesData>, String> {
    let bytes = unpacked(bytes)?;
    if bytes.first() == Some(&0x0a)
        && let Ok(request) = TracesData::decode(bytes.as_slice())
    {
        return Ok(vec![request]);
    }
    let content = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    if content.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[".contains(byte)) {
        let stream = serde_json::Deserializer::from_slice(content).into_iter();
        return stream.collect::<Result<_, _>>().map_err(|error| error.to_string());
    }
    if content.first() == Some(&0) {
        return frames(content)?
            .iter()
            .flat_map(|frame| typed(frame).map_or_else(|e| vec![Err(e)], |all| all.into_iter().map(Ok).collect()))
            .collect();
    }
    TracesData::decode(content).map(|request| vec![request]).map_err(|error| error.to_string())
}

fn frames(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut all = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let len = u32::from_be_bytes(*len) as usize;
        let frame = rest.get(..len).ok_or("the last message is cut")?;
        all.push(frame.to_vec());
        bytes = &rest[len..];
    }
    if bytes.is_empty() { Ok(all) } else { Err("the last length is cut".to_owned()) }
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut inner = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut inner).map_err(|error| error.to_string())?;
    } else if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let mut decoder = structured_zstd::decoding::StreamingDecoder::new(bytes);
        decoder.read_to_end(&mut inner).map_err(|error| error.to_string())?;
    } else {
        return Ok(bytes.to_vec());
    }
    unpacked(&inner)
}

#[test]
fn fixtures_agree_with_the_oracle_in_each_field() {
    let mut broken = Vec::new();
    let mut refused = String::new();
    let mut n_compared = 0;
    for (path, bytes) in fixtures() {
        let ours = open_bytes(&bytes);
        // The oracle knows no names from before OTLP 0.19, and passes over what stands under them.
        let is_foreign = ours.report.sources.iter().any(|(_, source)| source.has_short_ids);
        if ours.spans.is_empty() || ours.report.count(FindingKind::OldNames) != 0 || is_foreign {
            continue;
        }
        match typed(&bytes) {
            Err(error) => refused.extend([format!("{path}: {error}\n")]),
            Ok(requests) => {
                n_compared += 1;
                let (ours, theirs) = (dump(&ours), dump(&dataset(&requests)));
                broken.extend(first_difference(&ours, &theirs).map(|difference| format!("{path}: {difference}")));
                // And once more through each encoding.
                // (By our own writer in JSON's case: serde_json makes `null` of numbers that are none.)
                for (how, bytes) in [("JSON", json_lines(&requests)), ("protobuf", protobuf(&requests))] {
                    let again = dump(&open_bytes(&bytes));
                    broken.extend(first_difference(&again, &theirs).map(|difference| format!("{path} as {how}: {difference}")));
                }
            }
        }
    }
    assert!(n_compared > 40, "only {n_compared} files were compared");
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    let golden = root().join("tests/golden/oracle-refuses.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &refused).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&golden).unwrap_or_default(), refused);
}

/// Whatever the collector packed them in, these are the same spans. (Two of the files hold `"NaN"`, which the oracle refuses.)
#[test]
fn the_collectors_files_agree_with_each_other() {
    let is_whole = |path: &str| {
        path.starts_with("sdk/") && !["damaged", "head", "console", "zipkin"].iter().any(|other| path.contains(other))
    };
    let dumps: Vec<_> = fixtures()
        .iter()
        .filter(|(path, _)| is_whole(path))
        .map(|(path, bytes)| (path.clone(), dump(&open_bytes(bytes))))
        .collect();
    assert_eq!(dumps.len(), 6);
    for (path, other) in &dumps {
        let difference = first_difference(other, &dumps[0].1);
        assert!(difference.is_none(), "{path} against {}: {}", dumps[0].0, difference.unwrap());
    }
}

#[test]
fn generated_traces_agree_with_the_oracle() {
    for (shape, seed) in [(Shape::Shop, 1), (Shape::Shop, 2), (Shape::Job, 3), (Shape::Chain, 4), (Shape::Flat, 5)] {
        let requests = requests(Plan { shape, spans: 1500, seed });
        let theirs = dump(&dataset(&requests));
        for bytes in [json_lines(&requests), protobuf(&requests)] {
            let difference = first_difference(&dump(&open_bytes(&bytes)), &theirs);
            assert!(difference.is_none(), "{shape:?}, seed {seed}: {}", difference.unwrap());
        }
    }
}

/// The first line in which two dumps differ.
pub(crate) fn first_difference(ours: &str, theirs: &str) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let mut lines = ours.lines().zip(theirs.lines()).enumerate();
    let differing = lines.find(|(_, (ours, theirs))| ours != theirs);
    Some(differing.map_or_else(
        || format!("{} lines against {}", ours.lines().count(), theirs.lines().count()),
        |(at, (ours, theirs))| format!("line {}:\n  ours   {ours}\n  theirs {theirs}", at + 1),
    ))
}

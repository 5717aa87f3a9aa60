//! The same spans twice: as rows of a server, and as a data set of the engine.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use serde_json::{Value, json};
use spanwise::base::StrId;
use spanwise::model::{AttributeWriter, Batch, Dataset, ImportReport, SpanDraft, SpanKey, SpanKind, StatusCode, TraceKey};

use super::double::Row;
use crate::analysis::Random;
use crate::read::fixtures_folder;

/// When the random ones begin.
pub(crate) const ORIGIN: u64 = 1_795_407_600_000_000_000;

/// Columns that are no attributes.
const FIXED: [&str; 18] = [
    "_timestamp",
    "duration",
    "end_time",
    "events",
    "flags",
    "infer_service_name",
    "infer_service_system",
    "infer_service_type",
    "links",
    "operation_name",
    "reference_parent_span_id",
    "service_name",
    "span_id",
    "span_kind",
    "span_status",
    "start_time",
    "status_code",
    "trace_id",
];

/// Keys of semantic conventions, whose dots are put back.
const KEYS: [&str; 12] = [
    "db.name",
    "db.system",
    "error.type",
    "http.method",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "http.status_code",
    "messaging.destination.name",
    "messaging.system",
    "server.address",
    "url.full",
];

/// Rows that a real server answered with.
pub(crate) fn captured() -> Vec<Row> {
    let packed = fs::read(fixtures_folder().join("openobserve/rows.jsonl.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Some traces of a few services, of any shape and odd in all ways that a server lets in.
pub(crate) fn random(seed: u64) -> Vec<Row> {
    let mut random = Random(seed);
    let mut rows = Vec::new();
    for trace in 1..=1 + random.below(7) {
        let origin = ORIGIN + random.below(60_000_000_000);
        let mut is_rootless = false;
        for id in 1..=1 + random.below(20) {
            let any = |random: &mut Random, texts: &[&str]| {
                texts[usize::try_from(random.below(texts.len() as u64)).unwrap()].to_owned()
            };
            let bits = (random.below(36), random.below(34));
            let start = origin + random.below(1 << bits.0);
            let end = match random.below(12) {
                0 => start - random.below(1000),
                1 => start,
                _ => start + random.below(1 << bits.1),
            };
            let mut row = Row::new();
            let status = any(&mut random, &["UNSET", "UNSET", "OK", "ERROR"]);
            let kind = any(&mut random, &["0", "1", "2", "3", "SPAN_KIND_SERVER", "4", "5"]);
            let texts = [
                ("trace_id", format!("{:032x}", 0xa0 + trace)),
                ("span_id", format!("{id:016x}")),
                ("operation_name", any(&mut random, &["a", "b", "GET /x", "it's; \"q\" --", "Größe"])),
                ("service_name", any(&mut random, &["web", "Cart", "ÜBER", "o'neil"])),
                ("span_kind", kind),
                ("span_status", status),
            ];
            row.extend(texts.map(|(name, text)| (name.to_owned(), json!(text))));
            // A first span whose parent is nowhere is the earliest of all: without a root, that is what a server takes for it.
            let is_orphan = id == 1 && random.below(4) == 0;
            let (start, end) = if is_orphan { (origin - 1, end.max(origin)) } else { (start, end) };
            // As the server counts: it wraps where the end is before the start.
            let micros = end.wrapping_sub(start) / 1000;
            let parent = match random.below(id) {
                _ if is_orphan => 0xff,
                0 if is_rootless => 1,
                parent => parent,
            };
            is_rootless |= is_orphan;
            if parent != 0 {
                row.insert("reference_parent_span_id".to_owned(), json!(format!("{parent:016x}")));
            }
            for (name, number) in [("start_time", start), ("end_time", end), ("_timestamp", start / 1000), ("duration", micros)] {
                row.insert(name.to_owned(), json!(number));
            }
            if random.below(2) == 0 {
                row.insert("http_route".to_owned(), json!(any(&mut random, &["gold", "5", "12.5", "", "-", "+"])));
            }
            rows.push(row);
        }
    }
    rows
}

pub(crate) fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn number(row: &Row, column: &str) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or(0)
}

/// The data set of the same spans.
pub(crate) fn dataset(rows: &[Row]) -> Dataset {
    let mut batch = Batch::default();
    let mut writer = AttributeWriter::default();
    let mut resources = BTreeMap::new();
    let scope = batch.open_scope();
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap_or(0);
    for row in rows {
        let service = (text(row, "service_name"), text(row, "service_telemetry_sdk_language"));
        let resource = *resources.entry(service).or_insert_with(|| {
            let slot = batch.open_resource();
            for (key, value) in [("service.name", service.0), ("telemetry.sdk.language", service.1)] {
                if !value.is_empty() {
                    let (key, value) = (batch.strings.intern(key), batch.strings.intern(value));
                    writer.string(key, value);
                }
            }
            let attributes = writer.finish(&mut batch.attributes);
            batch.set_resource(slot, attributes, StrId::EMPTY, 0);
            slot
        });
        for (column, value) in
            row.iter().filter(|(column, _)| !FIXED.contains(&column.as_str()) && !column.starts_with("service_"))
        {
            let key = KEYS.iter().find(|key| key.replace('.', "_") == *column).copied().unwrap_or(column);
            let (key, value) = (batch.strings.intern(key), batch.strings.intern(value.as_str().unwrap()));
            writer.string(key, value);
        }
        let attributes = writer.finish(&mut batch.attributes);
        let kind = KINDS.iter().position(|forms| forms.contains(&text(row, "span_kind"))).unwrap();
        let name = batch.strings.intern(text(row, "operation_name"));
        batch.push_span(&SpanDraft {
            trace: TraceKey::Regular(u128::from_str_radix(text(row, "trace_id"), 16).unwrap()),
            id: SpanKey::from_number(hex(text(row, "span_id"))),
            parent: SpanKey::from_number(hex(text(row, "reference_parent_span_id"))),
            name,
            start: number(row, "start_time"),
            end: number(row, "end_time"),
            kind: SpanKind::from_number(i64::try_from(kind).unwrap()).unwrap(),
            status: match text(row, "span_status") {
                "ERROR" => StatusCode::Error,
                "OK" => StatusCode::Ok,
                _ => StatusCode::Unset,
            },
            attributes,
            resource,
            scope,
            ..SpanDraft::default()
        });
    }
    Dataset::seal(batch, ImportReport::default())
}

const KINDS: [&[&str]; 6] = [&["0"], &["1"], &["2", "SPAN_KIND_SERVER"], &["3"], &["4"], &["5"]];

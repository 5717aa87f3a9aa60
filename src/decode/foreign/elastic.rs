//! Elastic APM: what agents send (intake version 2: a line of metadata, then events), and the documents that Elasticsearch keeps.
//!
//! Sources: elastic/apm-data `input/elasticapm/docs/spec/v2/*.json`, elastic/apm `docs/`; documents: the APM data model, "trace.id", "transaction.id", "span.id".
//!
//! | Elastic | here |
//! | --- | --- |
//! | `transaction` | a span: server where `type` is `request`, consumer where it is `messaging` |
//! | `span` | a span: client where `type` begins with `db`, `external`, `messaging` or `storage`; a span's `start` (milliseconds after its transaction) is used where it has no `timestamp` and its transaction came before |
//! | `timestamp` | microseconds |
//! | `duration` | milliseconds with a fraction |
//! | `outcome` `failure` | status error |
//! | `metadata.service`, `.system`, `.process`, `.cloud`, `.labels` | the resource, by the conventions where they have a name for it |
//! | `context`, `type`, `result`, … | attributes under their own names, and HTTP's and databases' by the conventions |
//! | `links` | links |
//! | `error` events, `metricset`, `log` | counted and left out |

use super::pen::{Id, Pen, span_id, trace_id};
use super::tape::{Item, Kind};
use super::{Format, Level, Step, time};
use crate::base::{FastMap, IdxRange, StrId};
use crate::model::{FindingKind, ResourceSlot, SpanDraft, SpanKind, StatusCode};

/// Transactions whose starts are remembered for their spans.
const MAX_TRANSACTIONS: usize = 1 << 20;

/// Reads events and documents of Elastic APM.
#[derive(Default)]
pub(super) struct Elastic {
    resource: Option<ResourceSlot>,
    /// When the transactions began that were met, by their ids.
    starts: FastMap<Vec<u8>, u64>,
}

impl Format for Elastic {
    fn name(&self) -> &'static str {
        "Elastic APM JSON"
    }

    fn coarse_ns(&self) -> u32 {
        1000
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"span\"", b"\"transaction\"", b"\"metadata\"", b"\"_index\"", b"\"_source\""]
    }

    fn step(&self, level: Level, key: &[u8], first: u8) -> Step {
        match (level, key, first) {
            // An answer of a search has its hits in `hits.hits`; an event is small, and read whole.
            (0 | 2, _, b'{') => Step::Leaf(0),
            (0, _, b'[') => Step::Enter(2),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, _leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        if let Some(hits) = item.path(&["hits", "hits"]) {
            hits.elements().for_each(|hit| Self::document(hit, pen));
        } else if item.get("_source").is_some() || item.get("processor").is_some() {
            Self::document(item, pen);
        } else if let Some(metadata) = item.get("metadata") {
            self.resource = Some(pen.resource(|pen| resource(metadata, pen)));
        } else if let Some(event) = item.get_any(&["transaction", "span"]) {
            let is_transaction = item.get("transaction").is_some();
            let resource = *self.resource.get_or_insert_with(|| pen.resource(|_| {}));
            self.event(event, is_transaction, resource, pen);
        } else if item.get_any(&["error", "metricset", "log"]).is_some() {
            pen.note(FindingKind::Unmapped, item, "error, metricset, log", "an event that is no span");
        } else {
            pen.note(FindingKind::SkippedDocument, item, "", "expected an event of Elastic APM");
        }
    }
}

impl Elastic {
    /// A span of intake.
    fn event(&mut self, item: Item<'_>, is_transaction: bool, resource: ResourceSlot, pen: &mut Pen<'_>) {
        let trace = trace_id(item.get("trace_id"));
        let transaction = item.get("transaction_id").map(Item::text).unwrap_or_default();
        let start = match (item.get("timestamp"), item.get("start")) {
            (Some(at), _) => pen.time(at, 1000, "timestamp"),
            (None, Some(after)) => {
                self.starts.get(&*transaction).map_or(0, |start| start.saturating_add(pen.time(after, 1_000_000, "start")))
            }
            (None, None) => 0,
        };
        let duration = item.get("duration").map_or(0, |time| milliseconds(time));
        let end = if start == 0 { 0 } else { start.saturating_add(duration) };
        if is_transaction && start != 0 && self.starts.len() < MAX_TRANSACTIONS {
            let id = item.get("id").map(Item::text).unwrap_or_default();
            self.starts.insert(id.into_owned(), start);
        }
        let parent = span_id(item.get_any(if is_transaction { &["parent_id"] } else { &["parent_id", "transaction_id"] }));
        let status = status_of(item.get("outcome"));
        let of = Of { trace, id: span_id(item.get("id")), parent, name: item.get("name"), start, end, status, resource };
        write(item, is_transaction, &of, None, pen);
    }

    /// A span of Elasticsearch.
    fn document(hit: Item<'_>, pen: &mut Pen<'_>) {
        let source = hit.get("_source").unwrap_or(hit);
        let at = |path: &str| dotted(source, path);
        let is_transaction = at("processor.event").is_some_and(|event| event.is("transaction")) || at("span.id").is_none();
        let group = if is_transaction { "transaction" } else { "span" };
        let (Some(trace), Some(id)) = (at("trace.id"), at(&format!("{group}.id"))) else {
            pen.note(FindingKind::SkippedDocument, hit, "", "expected `trace.id` and `span.id` or `transaction.id`");
            return;
        };
        let start = match at("timestamp.us") {
            Some(us) => pen.time(us, 1000, "timestamp.us"),
            None => at("@timestamp").map_or(0, |time| pen.rfc3339(time, "@timestamp")),
        };
        let duration = at(&format!("{group}.duration.us")).map_or(0, |us| pen.time(us, 1000, "duration.us"));
        let resource = pen.resource(|pen| {
            for (path, key) in RESOURCE {
                if let Some(value) = at(path) {
                    let key = pen.known(key);
                    pen.attribute(key, value, path);
                }
            }
        });
        let end = start.saturating_add(duration);
        let of = Of {
            trace: trace_id(Some(trace)),
            id: span_id(Some(id)),
            parent: span_id(at("parent.id")),
            name: at(&format!("{group}.name")),
            start,
            end,
            status: status_of(at("event.outcome")),
            resource,
        };
        match source.get(group) {
            Some(item) => write(item, is_transaction, &of, Some(source), pen),
            None => write(source, is_transaction, &of, None, pen),
        }
    }
}

/// A member by its path, whose parts may stand nested, or as one key with dots.
fn dotted<'a>(item: Item<'a>, path: &str) -> Option<Item<'a>> {
    let parts: Vec<&str> = path.split('.').collect();
    item.get(path).or_else(|| item.path(&parts)).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        item.get(first)?.get(rest)
    })
}

/// What intake's metadata and documents say of the resource.
const RESOURCE: [(&str, &str); 15] = [
    ("service.name", "service.name"),
    ("service.version", "service.version"),
    ("service.environment", "deployment.environment.name"),
    ("service.node.configured_name", "service.instance.id"),
    ("service.node.name", "service.instance.id"),
    ("service.language.name", "telemetry.sdk.language"),
    ("service.agent.name", "telemetry.sdk.name"),
    ("service.agent.version", "telemetry.sdk.version"),
    ("agent.name", "telemetry.sdk.name"),
    ("agent.version", "telemetry.sdk.version"),
    ("system.hostname", "host.name"),
    ("host.hostname", "host.name"),
    ("process.pid", "process.pid"),
    ("cloud.provider", "cloud.provider"),
    ("cloud.region", "cloud.region"),
];

fn resource(metadata: Item<'_>, pen: &mut Pen<'_>) {
    for (path, key) in RESOURCE {
        if let Some(value) = dotted(metadata, path) {
            let key = pen.known(key);
            pen.attribute(key, value, path);
        }
    }
    pen.members(metadata.get("labels"), "labels");
}

/// What documents without nesting begin those names with that have a place of their own.
const SAID_FLAT: [&[u8]; 13] = [
    b"trace.",
    b"parent.",
    b"timestamp.",
    b"@timestamp",
    b"processor.",
    b"service.",
    b"span.id",
    b"span.name",
    b"span.duration",
    b"transaction.id",
    b"transaction.name",
    b"transaction.duration",
    b"event.outcome",
];

struct Of<'a> {
    trace: Id<'a>,
    id: Id<'a>,
    parent: Id<'a>,
    name: Option<Item<'a>>,
    start: u64,
    end: u64,
    status: StatusCode,
    resource: ResourceSlot,
}

/// Writes a span; `around` is the document that it stands in.
fn write(item: Item<'_>, is_transaction: bool, of: &Of<'_>, around: Option<Item<'_>>, pen: &mut Pen<'_>) {
    if !pen.lets_in(&of.trace, of.start, of.end, of.status) {
        return;
    }
    let kind_text = item.get("type").map(Item::text).unwrap_or_default();
    let begins = |what: &str| kind_text.starts_with(what.as_bytes());
    let kind = match is_transaction {
        true if begins("request") || begins("page-load") => SpanKind::Server,
        true if begins("messaging") => SpanKind::Consumer,
        false if begins("messaging") => SpanKind::Producer,
        false if ["db", "external", "storage"].into_iter().any(begins) => SpanKind::Client,
        _ => SpanKind::Internal,
    };
    let first_link = pen.batch.next_link();
    for link in item.get("links").into_iter().flat_map(Item::elements) {
        pen.link(&trace_id(link.get("trace_id")), &span_id(link.get("span_id")));
    }
    let links = IdxRange::new(first_link.0, pen.batch.next_link().0);
    const TAKEN: [&[u8]; 10] = [
        b"id",
        b"trace_id",
        b"parent_id",
        b"transaction_id",
        b"name",
        b"timestamp",
        b"start",
        b"duration",
        b"links",
        b"stacktrace",
    ];
    for (key, value) in item.entries() {
        let name = key.text();
        let is_said = || SAID_FLAT.iter().any(|said| name.starts_with(said));
        if TAKEN.contains(&&*name) || value.is_null() || around.is_none() && is_said() {
            continue;
        }
        if *name == *b"context" {
            context(value, pen);
            continue;
        }
        let key = pen.text(key, "span");
        pen.attribute(key, value, "span");
    }
    const SAID: [&[u8]; 10] =
        [b"span", b"transaction", b"trace", b"parent", b"timestamp", b"@timestamp", b"processor", b"service", b"agent", b"event"];
    for (key, value) in around.into_iter().flat_map(Item::entries) {
        if !SAID.contains(&&*key.text()) && !value.is_null() {
            let key = pen.text(key, "_source");
            pen.attribute(key, value, "_source");
        }
    }
    if let Some(stack) = item.get("stacktrace") {
        pen.note(FindingKind::Unmapped, stack, "stacktrace", "left out");
    }
    let draft = SpanDraft {
        trace: pen.trace_key(&of.trace),
        id: pen.span_key(&of.id),
        parent: pen.span_key(&of.parent),
        name: of.name.filter(|name| name.kind() == Kind::String).map_or(StrId::EMPTY, |name| pen.text(name, "name")),
        start: of.start,
        end: of.end,
        kind,
        status: of.status,
        attributes: pen.attributes(),
        links,
        resource: of.resource,
        scope: pen.scope(StrId::EMPTY, StrId::EMPTY),
        ..SpanDraft::default()
    };
    pen.span(&draft);
}

/// A context: by the conventions where they have a name for it; its other members under their own.
fn context(item: Item<'_>, pen: &mut Pen<'_>) {
    const KNOWN: [(&[&str], &str); 8] = [
        (&["http", "url"], "url.full"),
        (&["http", "method"], "http.request.method"),
        (&["http", "status_code"], "http.response.status_code"),
        (&["request", "method"], "http.request.method"),
        (&["request", "url", "full"], "url.full"),
        (&["response", "status_code"], "http.response.status_code"),
        (&["db", "statement"], "db.query.text"),
        (&["db", "type"], "db.system.name"),
    ];
    for (path, key) in KNOWN {
        if let Some(value) = item.path(path) {
            let key = pen.known(key);
            pen.attribute(key, value, "context");
        }
    }
    for (key, value) in item.entries() {
        let name = key.text();
        if matches!(&*name, b"tags" | b"labels") {
            pen.members(Some(value), "context.tags");
        } else if !value.is_null() {
            let key = pen.bytes(&[b"context.", &*name].concat());
            pen.attribute(key, value, "context");
        }
    }
}

fn status_of(outcome: Option<Item<'_>>) -> StatusCode {
    match outcome {
        Some(outcome) if outcome.is("failure") => StatusCode::Error,
        _ => StatusCode::Unset,
    }
}

fn milliseconds(item: Item<'_>) -> u64 {
    time::scaled(&item.text(), 1_000_000).map_or(0, |(ns, _)| ns)
}

//! A shop of many spans with a dozen attributes each, as a store and as plain rows, and questions with their naive answers.

use spanwise::base::StrId;
use spanwise::model::{AttributeWriter, Batch, Dataset, ImportReport, SpanDraft, SpanKey, SpanKind, StatusCode, TraceKey};

/// A value as a naive program would keep it.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(String),
    Int(i64),
    Flag(bool),
}

/// A span as a naive program would keep it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) parent: Option<usize>,
    pub(crate) duration: u64,
    pub(crate) kind: SpanKind,
    pub(crate) attributes: Vec<(String, Cell)>,
    pub(crate) service: String,
}

impl Row {
    fn text(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == key).and_then(|(_, value)| match value {
            Cell::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    fn int(&self, key: &str) -> Option<i64> {
        self.attributes.iter().find(|(own, _)| own == key).and_then(|(_, value)| match value {
            Cell::Int(number) => Some(*number),
            _ => None,
        })
    }
}

/// Spans both ways.
pub(crate) struct Shop {
    pub(crate) dataset: Dataset,
    pub(crate) rows: Vec<Row>,
}

/// A query, and how a naive program answers it: how many spans.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) query: &'static str,
    /// Milliseconds that a million spans may take.
    pub(crate) budget: f64,
    pub(crate) naive: fn(&[Row]) -> usize,
}

pub(crate) const QUESTIONS: &[Question] = &[
    Question {
        name: "two conditions",
        query: r#"{ span.http.status_code >= 500 && span.region = "eu-1" }"#,
        budget: 60.0,
        naive: |rows| {
            let holds =
                |row: &&Row| row.int("http.status_code").is_some_and(|code| code >= 500) && row.text("region") == Some("eu-1");
            rows.iter().filter(holds).count()
        },
    },
    Question {
        name: "service and duration",
        query: r#"{ resource.service.name = "service-3" && duration > 40ms }"#,
        budget: 60.0,
        naive: |rows| rows.iter().filter(|row| row.service == "service-3" && row.duration > 40_000_000).count(),
    },
    Question {
        name: "regular expression",
        query: r#"{ span.http.url =~ ".*/item/[0-9]*7.*" }"#,
        budget: 250.0,
        naive: |rows| {
            let regex = spanwise::traceql::regex::compile(".*/item/[0-9]*7.*").unwrap();
            rows.iter().filter(|row| row.text("http.url").is_some_and(|url| regex.is_match(url))).count()
        },
    },
    Question {
        name: "descendants",
        query: "{ kind = server && duration > 40ms } >> { kind = client }",
        budget: 100.0,
        naive: |rows| {
            let is_a = |row: &Row| row.kind == SpanKind::Server && row.duration > 40_000_000;
            let has_a = |row: &&Row| {
                let mut above = row.parent;
                while let Some(at) = above {
                    if is_a(&rows[at]) {
                        return true;
                    }
                    above = rows[at].parent;
                }
                false
            };
            rows.iter().filter(|row| row.kind == SpanKind::Client).filter(has_a).count()
        },
    },
    Question {
        name: "children",
        query: r#"{ span.region = "eu-1" } > { status = error }"#,
        budget: 100.0,
        naive: |rows| {
            let is_child = |row: &&Row| row.parent.is_some_and(|at| rows[at].text("region") == Some("eu-1"));
            rows.iter().filter(|row| row.int("http.status_code") == Some(500)).filter(is_child).count()
        },
    },
];

impl Shop {
    /// So many traces of so many spans each.
    pub(crate) fn new(traces: u64, spans: u64) -> Self {
        let mut batch = Batch::default();
        let mut writer = AttributeWriter::default();
        let service_name = batch.strings.intern("service.name");
        let services: Vec<_> = (0..12)
            .map(|at| {
                let slot = batch.open_resource();
                let name = batch.strings.intern(&format!("service-{at}"));
                writer.string(service_name, name);
                let rows = writer.finish(&mut batch.attributes);
                batch.set_resource(slot, rows, StrId::default(), 0);
                slot
            })
            .collect();
        let scope = batch.open_scope();
        let mut rows = Vec::new();
        let mut number = 0x9e37_79b9_u64;
        for trace in 1..=traces {
            for id in 1..=spans {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let die = number >> 33;
                let parent = if id == 1 { 0 } else { (id / 2).max(id.saturating_sub(1 + die % 4)) };
                let kind = [SpanKind::Server, SpanKind::Client, SpanKind::Internal][(die % 3) as usize];
                let duration = die % 50_000_000;
                let code = if die.is_multiple_of(17) { 500 } else { 200 };
                let service = (die / 7 % 12) as usize;
                let cells = [
                    ("http.method", Cell::Text(["GET", "PUT", "POST"][(die % 3) as usize].to_owned())),
                    ("http.status_code", Cell::Int(code)),
                    ("http.url", Cell::Text(format!("https://shop.example/item/{}?page={}", die % 5000, die % 4))),
                    ("http.route", Cell::Text(format!("/route/{}", die % 40))),
                    ("net.peer.port", Cell::Int((die % 60_000).cast_signed())),
                    ("region", Cell::Text(format!("eu-{}", die / 3 % 4))),
                    ("cached", Cell::Flag(die.is_multiple_of(2))),
                    ("user.id", Cell::Text(format!("user-{}", die % 20_000))),
                    ("retries", Cell::Int((die % 5).cast_signed())),
                    ("thread.id", Cell::Int((die % 64).cast_signed())),
                    ("db.rows", Cell::Int((die % 1000).cast_signed())),
                    ("feature", Cell::Text(format!("flag-{}", die % 9))),
                ];
                for (key, cell) in &cells {
                    let key = batch.strings.intern(key);
                    match cell {
                        Cell::Text(text) => {
                            let text = batch.strings.intern(text);
                            writer.string(key, text);
                        }
                        Cell::Int(number) => writer.int(key, *number),
                        Cell::Flag(flag) => writer.bool(key, *flag),
                    }
                }
                let attributes = writer.finish(&mut batch.attributes);
                let start = 1_700_000_000_000_000_000 + trace * 1_000_000_000 + id * 1_000;
                let name = batch.strings.intern(["get", "put", "post"][(die % 3) as usize]);
                batch.push_span(&SpanDraft {
                    trace: TraceKey::from_number(trace.into()),
                    id: SpanKey::from_number(id),
                    parent: SpanKey::from_number(parent),
                    name,
                    start,
                    end: start + duration,
                    kind,
                    status: if code == 500 { StatusCode::Error } else { StatusCode::Unset },
                    attributes,
                    resource: services[service],
                    scope,
                    ..SpanDraft::default()
                });
                let first = usize::try_from((trace - 1) * spans).unwrap();
                rows.push(Row {
                    parent: (parent != 0).then(|| first + usize::try_from(parent).unwrap() - 1),
                    duration,
                    kind,
                    attributes: cells.into_iter().map(|(key, cell)| (key.to_owned(), cell)).collect(),
                    service: format!("service-{service}"),
                });
            }
        }
        Self { dataset: Dataset::seal(batch, ImportReport::default()), rows }
    }
}

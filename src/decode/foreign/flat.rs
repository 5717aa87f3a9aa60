//! Spans as flat rows: tables of `SigNoz`, Data Prepper and `OpenSearch`, New Relic, Splunk, Sumo Logic, Grafana's data frames, and CSV of any of them.
//!
//! What a column means is told by its name without case and punctuation: `traceID`, `trace_id`, `trace.id` and `TraceId` are one. Units: a name that says its
//! unit has it (`durationInNanos`, `duration.ms`, `StartTimeUnixNano`); a time that does not is of the unit that puts it between 1980 and 2200, a duration of the unit of its row's times,
//! or of microseconds where these are dates. Dates are RFC 3339, durations also ISO 8601 (`PT0.8S`).
//!
//! Objects under `resource`, `resources`, `resourceAttributes`, `serviceTags` are the resource; under `attributes`, `tags`, `spanAttributes` the span's attributes, also as
//! lists of `key` and `value`; `events` and `logs`, `links` and `references` are what they are called. All other columns are attributes under their own names.
//!
//! Splunk's traces (what *Download trace* saves, and the same from `/v2/apm/trace`) are rows in a list or a line each; kind and errors stand in their tags as in Jaeger's, whose
//! model they came in. Sumo Logic's rows (`/v1/tracing/traces/<id>/spans`) do not name their trace, which only the address does: they are of the one without an id.
//!
//! Sources: `SigNoz` `tests/integration/testdata` and its API; opensearch-project/data-prepper `docs/trace_analytics.md`; New Relic's "Trace API: New Relic format"; Grafana
//! `public/app/plugins/datasource/tempo/resultTransformer.ts` and `packages/grafana-data/src/types/trace.ts` (milliseconds);
//! dev.splunk.com "Download APM traces" (`durationMicros`, ISO 8601 of microseconds, `parentId` "null"), OpenTelemetry's "OpenTelemetry to Jaeger Transformation" for `span.kind` and `error`;
//! Sumo Logic's API, `TraceSpanDetail` and `getSpans` (`startedAt`, `duration` in nanoseconds, `spanPage`).

use std::borrow::Cow;

use super::pen::{Id, Pen, id_of_text};
use super::tape::{Item, Kind};
use super::{Format, Level, Step, time};
use crate::base::{IdxRange, StrId};
use crate::model::{FindingKind, SpanDraft, SpanKind, StatusCode};

const ROW: u8 = 0;
const FRAME: u8 = 1;

/// What rows are called, and where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    SigNoz,
    DataPrepper,
    NewRelic,
    Splunk,
    SumoLogic,
    /// A frame of Grafana: columns, not rows.
    Frame,
    Csv,
}

/// Reads rows.
pub(super) struct Flat {
    table: Table,
    /// The coarsest unit of times that was met, in nanoseconds.
    coarse_ns: u64,
}

impl Flat {
    pub(super) fn new(table: Table) -> Self {
        Self { table, coarse_ns: if table == Table::Splunk { 1000 } else { 0 } }
    }
}

impl Format for Flat {
    fn name(&self) -> &'static str {
        match self.table {
            Table::SigNoz => "SigNoz spans",
            Table::DataPrepper => "Data Prepper spans",
            Table::NewRelic => "New Relic spans",
            Table::Splunk => "Splunk spans",
            Table::SumoLogic => "Sumo Logic spans",
            Table::Frame => "Grafana data frame",
            Table::Csv => "CSV of spans",
        }
    }

    fn coarse_ns(&self) -> u32 {
        if self.coarse_ns <= 1 { 0 } else { u32::try_from(self.coarse_ns).unwrap_or(u32::MAX) }
    }

    fn first_keys(&self) -> &'static [&'static [u8]] {
        &[b"\"traceId\"", b"\"trace_id\"", b"\"traceID\"", b"\"trace.id\"", b"\"timestamp\"", b"\"schema\""]
    }

    fn step(&self, level: Level, key: &[u8], first: u8) -> Step {
        if self.table == Table::Frame {
            return match (key, first) {
                (b"schema" | b"data" | b"fields", _) if level == 1 => Step::Skip,
                // A frame is read whole: its columns are apart. The wrappers around frames are entered.
                (_, b'{') if level == 0 || level == 2 => Step::Leaf(FRAME),
                (b"results" | b"frames" | b"series" | b"response", _) | (_, b'[') => Step::Enter(2),
                _ => Step::Skip,
            };
        }
        match (level, key, first) {
            (0 | 2, b"", b'[') => Step::Enter(2),
            // A row a line, or a wrapper with a list: told apart when it is read.
            (0 | 2, b"", b'{') => Step::Leaf(ROW),
            _ => Step::Skip,
        }
    }

    fn leaf(&mut self, leaf: u8, item: Item<'_>, pen: &mut Pen<'_>) {
        if leaf == FRAME {
            self.frames(item, pen);
            return;
        }
        // New Relic's lists have a part that is common to all of their rows.
        let common = item.path(&["common", "attributes"]);
        // Wrappers of a few names hold lists of rows.
        let mut waiting = vec![item];
        while let Some(item) = waiting.pop() {
            let list = match item.kind() {
                Kind::Array => Some(item),
                _ => item
                    .get_any(&["spans", "hits", "data", "result", "rows", "_source", "spanPage"])
                    .filter(|list| matches!(list.kind(), Kind::Array | Kind::Object)),
            };
            match list {
                Some(list) if list.kind() == Kind::Array => {
                    let from = waiting.len();
                    waiting.extend(list.elements());
                    if let Some(new) = waiting.get_mut(from..) {
                        new.reverse();
                    }
                }
                Some(inner) => waiting.push(inner),
                None => {
                    let mut columns: Vec<_> = item.members().collect();
                    if self.table == Table::NewRelic {
                        // There what a span is stands among its attributes, too.
                        let inner = item.get("attributes");
                        columns.retain(|(name, _)| **name != *b"attributes");
                        columns.extend(inner.into_iter().chain(common).flat_map(Item::members));
                    }
                    if self.table == Table::Splunk {
                        // It says that this is a span.
                        columns.retain(|(name, _)| **name != *b"objectType");
                    }
                    self.row(item, &columns, 1000, pen);
                }
            }
        }
    }
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Trace,
    Span,
    Parent,
    Name,
    Service,
    /// A time, and its unit where the name says it: nanoseconds.
    Start(u64),
    End(u64),
    Duration(u64),
    Kind,
    Status,
    Message,
    TraceState,
    ScopeName,
    ScopeVersion,
    Dropped(usize),
    Resource,
    Attributes,
    Events,
    Links,
    Attribute,
}

impl Role {
    fn of(name: &[u8]) -> Self {
        let plain: Vec<u8> = name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
        match &*plain {
            b"traceid" => Self::Trace,
            b"spanid" | b"id" | b"guid" => Self::Span,
            b"parentid" | b"parentspanid" | b"parentguid" => Self::Parent,
            b"name" | b"operationname" | b"operation" | b"spanname" => Self::Name,
            b"servicename" | b"service" | b"entityname" | b"podname" => Self::Service,
            b"starttimeunixnano" | b"starttimens" | b"startns" | b"startnanos" => Self::Start(1),
            b"starttime" | b"startedat" | b"timestamp" | b"start" | b"timestampms" => Self::Start(0),
            b"endtimeunixnano" | b"endtimens" | b"endns" => Self::End(1),
            b"endtime" | b"end" => Self::End(0),
            b"durationinnanos" | b"durationnano" | b"durationns" | b"durationnanos" => Self::Duration(1),
            b"durationus" | b"durationmicros" => Self::Duration(1000),
            b"durationms" | b"durationmillis" => Self::Duration(1_000_000),
            b"duration" => Self::Duration(0),
            b"kind" | b"spankind" => Self::Kind,
            b"statuscode" | b"status" | b"statuscodestring" => Self::Status,
            b"statusmessage" => Self::Message,
            b"tracestate" => Self::TraceState,
            b"instrumentationlibraryname" | b"scopename" | b"otelscopename" => Self::ScopeName,
            b"instrumentationlibraryversion" | b"scopeversion" | b"otelscopeversion" => Self::ScopeVersion,
            b"droppedattributescount" => Self::Dropped(0),
            b"droppedeventscount" => Self::Dropped(1),
            b"droppedlinkscount" => Self::Dropped(2),
            b"resource" | b"resources" | b"resourceattributes" | b"servicetags" | b"resourcetagsmap" | b"processtags" => {
                Self::Resource
            }
            b"attributes" | b"tags" | b"spanattributes" | b"tagsmap" => Self::Attributes,
            b"events" | b"logs" => Self::Events,
            b"links" | b"references" => Self::Links,
            _ => Self::Attribute,
        }
    }
}

/// A time and the unit that it was counted in, in nanoseconds; 0 of a date.
fn time_of(item: Item<'_>, unit: u64, pen: &mut Pen<'_>) -> (u64, u64) {
    let text = item.text();
    if text.is_empty() {
        return (0, 0);
    }
    if text.get(4) == Some(&b'-') {
        return (pen.rfc3339(item, "time"), 0);
    }
    let unit = if unit == 0 { unit_of(&text) } else { unit };
    (pen.time(item, unit, "time"), unit)
}

/// The unit, in nanoseconds, that puts a number between 1980 and 2200.
fn unit_of(number: &[u8]) -> u64 {
    let seconds = time::scaled(number, 1_000_000_000).map(|(ns, _)| ns / 1_000_000_000);
    match seconds {
        Some(at) if at < 10_000_000_000 => 1_000_000_000,
        _ => match time::scaled(number, 1).map_or(0, |(ns, _)| ns) {
            at if at < 10_000_000_000_000 => 1_000_000,
            at if at < 10_000_000_000_000_000 => 1000,
            _ => 1,
        },
    }
}

/// `PT1H2M0.8S` in nanoseconds.
fn iso_duration(text: &[u8]) -> Option<u64> {
    let mut rest = text.strip_prefix(b"PT")?;
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        let unit: u64 = match rest.get(end)? {
            b'H' => 3_600_000_000_000,
            b'M' => 60_000_000_000,
            b'S' => 1_000_000_000,
            _ => return None,
        };
        sum = sum.checked_add(time::scaled(rest.get(..end)?, unit)?.0)?;
        rest = rest.get(end + 1..)?;
    }
    Some(sum)
}

fn id(item: Item<'_>, n_hex: usize) -> Id<'_> {
    let text = item.text();
    // `root` is what some tables write for no parent.
    if matches!(&*text, b"root" | b"null" | b"nil" | b"None") {
        Id::Missing
    } else {
        id_of_text(text, n_hex, if n_hex == 32 { 24 } else { 12 })
    }
}

impl Flat {
    /// A row; `unit` is that of durations whose names do not say theirs, where times are dates.
    fn row(&mut self, at: Item<'_>, columns: &[(Cow<'_, [u8]>, Item<'_>)], unit: u64, pen: &mut Pen<'_>) {
        let roles: Vec<Role> = columns.iter().map(|(name, _)| Role::of(name)).collect();
        let all = || roles.iter().copied().zip(columns).filter(|(_, (_, value))| !value.is_null());
        let find = |role: Role| all().find(|(of, _)| *of == role).map(|(_, (_, value))| *value);
        let is_nameless = self.table == Table::SumoLogic && find(Role::Name).is_some();
        let (trace, Some(span)) = (find(Role::Trace), find(Role::Span)) else {
            pen.note(FindingKind::SkippedDocument, at, "", "expected a row with a span id");
            return;
        };
        if trace.is_none() && !is_nameless {
            pen.note(FindingKind::SkippedDocument, at, "", "expected a row with a trace id and a span id");
            return;
        }
        let trace = trace.map(|trace| id(trace, 32)).unwrap_or_default();
        let (mut start, mut end, mut counted) = (0, 0, 0);
        for (role, (_, value)) in all() {
            match role {
                Role::Start(unit) if start == 0 => (start, counted) = time_of(*value, unit, pen),
                Role::End(unit) if end == 0 => end = time_of(*value, unit, pen).0,
                _ => {}
            }
        }
        let duration = all().find_map(|(role, (_, value))| match role {
            Role::Duration(said) => {
                let unit = if said != 0 {
                    said
                } else if self.table == Table::SumoLogic {
                    1
                } else if counted == 0 || self.table == Table::Csv {
                    unit
                } else {
                    counted
                };
                iso_duration(&value.text()).or_else(|| time::scaled(&value.text(), unit).map(|(ns, _)| ns))
            }
            _ => None,
        });
        if end == 0 {
            end = start.saturating_add(duration.unwrap_or(0));
        }
        self.coarse_ns = self.coarse_ns.max(counted);
        // Where they have no column, tags say them.
        let tag = |name: &str| if self.table == Table::Splunk { find(Role::Attributes)?.get(name) } else { None };
        let of_tags = || match tag("otel.status_code").map(status_of) {
            None if tag("error").is_some_and(|error| *error.text() == *b"true") => StatusCode::Error,
            said => said.unwrap_or_default(),
        };
        let status = find(Role::Status).map_or_else(of_tags, |value| status_of(value));
        if !pen.lets_in(&trace, start, end, status) {
            return;
        }
        let resource = pen.resource(|pen| {
            let mut is_named = false;
            for (role, (name, value)) in all() {
                match role {
                    Role::Service if value.kind() == Kind::Object => {
                        if let Some(name) = value.get("name") {
                            pen.string("service.name", &name.text());
                        }
                    }
                    Role::Service => {
                        if !is_named {
                            pen.string("service.name", &value.text());
                            is_named = true;
                        }
                        if name.eq_ignore_ascii_case(b"podname") {
                            pen.string("k8s.pod.name", &value.text());
                        }
                    }
                    Role::Resource => pairs(*value, "resource", pen),
                    _ => {}
                }
            }
        });
        let text = |role: Role, pen: &mut Pen<'_>| find(role).map_or(StrId::EMPTY, |value| pen.text(value, "text"));
        let (scope_name, scope_version) = (text(Role::ScopeName, pen), text(Role::ScopeVersion, pen));
        let scope = pen.scope(scope_name, scope_version);
        let first_event = pen.batch.next_event();
        let lists = |of: Role| all().filter(move |(role, _)| *role == of).flat_map(|(_, (_, value))| value.elements());
        for event in lists(Role::Events) {
            Self::event(event, pen);
        }
        let events = IdxRange::new(first_event.0, pen.batch.next_event().0);
        let first_link = pen.batch.next_link();
        for link in lists(Role::Links) {
            let (to_trace, to_span) =
                (link.get_any(&["traceId", "traceID", "trace_id"]), link.get_any(&["spanId", "spanID", "span_id"]));
            if let Some(attributes) = link.get_any(&["attributes", "tags"]) {
                pairs(attributes, "links", pen);
            }
            let (to_trace, to_span) =
                (to_trace.map(|to| id(to, 32)).unwrap_or_default(), to_span.map(|to| id(to, 16)).unwrap_or_default());
            pen.link(&to_trace, &to_span);
        }
        let links = IdxRange::new(first_link.0, pen.batch.next_link().0);
        for (role, (name, value)) in all() {
            match role {
                Role::Attributes => pairs(*value, "attributes", pen),
                // There it is a name.
                Role::Resource if self.table == Table::SumoLogic && value.kind() == Kind::String => {
                    let key = pen.bytes(name);
                    pen.attribute(key, *value, "row");
                }
                Role::Attribute if !(value.kind() == Kind::String && value.raw().bytes.is_empty()) => {
                    let key = pen.bytes(name);
                    pen.attribute(key, *value, "row");
                }
                _ => {}
            }
        }
        let [dropped_attributes, dropped_events, dropped_links] =
            [0, 1, 2].map(|which| find(Role::Dropped(which)).map_or(0, |value| pen.small(value, "dropped")));
        let (trace_state, name) = (text(Role::TraceState, pen), text(Role::Name, pen));
        let message = find(Role::Message).or_else(|| find(Role::Status)?.get("message")).filter(|message| !message.is_null());
        let status_message = message.map_or(StrId::EMPTY, |message| pen.text(message, "text"));
        let draft = SpanDraft {
            trace: pen.trace_key(&trace),
            id: pen.span_key(&id(span, 16)),
            parent: find(Role::Parent).map(|parent| pen.span_key(&id(parent, 16))).unwrap_or_default(),
            name,
            start,
            end,
            kind: find(Role::Kind).or_else(|| tag("span.kind")).map(kind_of).unwrap_or_default(),
            status,
            status_message,
            trace_state,
            attributes: pen.attributes(),
            events,
            links,
            dropped_attributes,
            dropped_events,
            dropped_links,
            resource,
            scope,
            ..SpanDraft::default()
        };
        pen.span(&draft);
    }

    fn event(event: Item<'_>, pen: &mut Pen<'_>) {
        if event.kind() == Kind::String {
            let name = pen.text(event, "logs");
            return pen.event(0, name);
        }
        let mut name = event.get("name").map_or(StrId::EMPTY, |name| pen.text(name, "events.name"));
        let time = event.get_any(&["timeUnixNano", "time", "timestamp"]).map_or(0, |time| time_of(time, 0, pen).0);
        for field in event.get("fields").into_iter().flat_map(Item::elements) {
            match (field.get("key"), field.get("value")) {
                (Some(key), Some(value)) if key.is("event") && name == StrId::EMPTY => name = pen.text(value, "logs.fields"),
                (Some(key), Some(value)) => {
                    let key = pen.text(key, "logs.fields");
                    pen.attribute(key, value, "logs.fields");
                }
                _ => {}
            }
        }
        for (key, value) in event.get("fields").into_iter().flat_map(Item::entries) {
            if *key.text() == *b"event" && name == StrId::EMPTY {
                name = pen.text(value, "logs.fields");
            } else {
                let key = pen.text(key, "logs.fields");
                pen.attribute(key, value, "logs.fields");
            }
        }
        if let Some(attributes) = event.get("attributes") {
            pairs(attributes, "events.attributes", pen);
        }
        pen.event(time, name);
    }

    /// Frames: `{"schema": {"fields": […]}, "data": {"values": [[…], …]}}`, and the older `{"fields": [{"name": …, "values": […]}, …]}`.
    fn frames(&mut self, item: Item<'_>, pen: &mut Pen<'_>) {
        let mut waiting = vec![item];
        while let Some(item) = waiting.pop() {
            let inner = ["results", "frames", "series", "response"].into_iter().filter_map(|name| item.get(name));
            let from = waiting.len();
            waiting.extend(inner);
            if item.kind() == Kind::Array {
                waiting.extend(item.elements());
            } else if item.get("schema").is_none() && item.get("fields").is_none() {
                waiting.extend(item.members().map(|(_, value)| value).filter(|value| value.path(&["frames"]).is_some()));
            }
            if let Some(new) = waiting.get_mut(from..) {
                new.reverse();
            }
            let fields = item.path(&["schema", "fields"]).or_else(|| item.get("fields"));
            let Some(fields) = fields else { continue };
            let names: Vec<Cow<'_, [u8]>> =
                fields.elements().map(|field| field.get("name").map(Item::text).unwrap_or_default()).collect();
            let mut columns: Vec<Box<dyn Iterator<Item = Item<'_>> + '_>> = match item.path(&["data", "values"]) {
                Some(values) => {
                    values.elements().map(|column| Box::new(column.elements()) as Box<dyn Iterator<Item = _>>).collect()
                }
                None => fields
                    .elements()
                    .map(|field| {
                        let values = field.get("values");
                        let values = values.map(|values| values.get("buffer").unwrap_or(values));
                        Box::new(values.into_iter().flat_map(Item::elements)) as Box<dyn Iterator<Item = _>>
                    })
                    .collect(),
            };
            loop {
                let row: Vec<_> =
                    names.iter().zip(&mut columns).filter_map(|(name, column)| Some((name.clone(), column.next()?))).collect();
                if row.is_empty() {
                    break;
                }
                self.row(item, &row, 1_000_000, pen);
            }
        }
    }
}

/// Writes the members of an object, or `key` and `value` of a list, as attributes. What holds them may be a text of JSON, which stays one.
fn pairs(item: Item<'_>, path: &str, pen: &mut Pen<'_>) {
    pen.members(Some(item), path);
    for pair in item.elements() {
        if let (Some(key), Some(value)) = (pair.get("key"), pair.get("value")) {
            let key = pen.text(key, path);
            pen.attribute(key, value, path);
        }
    }
}

fn kind_of(item: Item<'_>) -> SpanKind {
    let text = item.text().to_ascii_uppercase();
    match text.strip_prefix(b"SPAN_KIND_").unwrap_or(&text) {
        b"1" | b"INTERNAL" => SpanKind::Internal,
        b"2" | b"SERVER" => SpanKind::Server,
        b"3" | b"CLIENT" => SpanKind::Client,
        b"4" | b"PRODUCER" => SpanKind::Producer,
        b"5" | b"CONSUMER" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

fn status_of(item: Item<'_>) -> StatusCode {
    let item = item.get("code").unwrap_or(item);
    let text = item.text().to_ascii_uppercase();
    match text.strip_prefix(b"STATUS_CODE_").unwrap_or(&text) {
        b"1" | b"OK" => StatusCode::Ok,
        b"2" | b"ERROR" => StatusCode::Error,
        _ => StatusCode::Unset,
    }
}

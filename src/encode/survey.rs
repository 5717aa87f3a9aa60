//! One walk over what is going to be written: it prepares the masks, counts what each rule hides, and what formats cannot hold.

use super::notes::Notes;
use super::redact::{KeyVerdict, Masks};
use super::rows::{Cursor, LogCursor, SpanRows};
use crate::base::{BitSet, Idx as _, IdxRange, StrId, sort_few};
use crate::model::{
    AttributeIdx, Dataset, EventIdx, LinkIdx, LogIdx, ResourceIdx, ScopeIdx, SpanIdx, SpanKey, SpanKind, StatusCode, TraceKey,
    Value,
};

/// Examples that are kept of what rules hide, at most.
pub const MAX_EXAMPLES: usize = 60;
/// Of one rule.
const MAX_EXAMPLES_OF_RULE: usize = 4;
/// Characters of an example, at most.
const EXAMPLE_CHARS: usize = 120;

/// What there is of what some format cannot hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Spans.
    pub spans: u64,
    /// Traces.
    pub traces: u64,
    /// Spans whose start or end is no whole microsecond.
    pub fine_span_times: u64,
    /// Events whose time is no whole microsecond.
    pub fine_event_times: u64,
    /// Spans with a start and no end.
    pub unfinished: u64,
    /// Spans without a start.
    pub no_start: u64,
    /// Spans that end before they start.
    pub end_before_start: u64,
    /// Spans that start and end in the same microsecond.
    pub brief: u64,
    /// Spans with a trace state.
    pub trace_state: u64,
    /// Spans with flags.
    pub flags: u64,
    /// Events.
    pub events: u64,
    /// Events with attributes.
    pub event_attributes: u64,
    /// Events that say how many of their attributes were dropped.
    pub event_dropped: u64,
    /// Events with an attribute called `event`, which Jaeger takes for their name.
    pub event_named: u64,
    /// Links.
    pub links: u64,
    /// Links with attributes, a trace state, flags or a count of dropped attributes.
    pub rich_links: u64,
    /// Spans whose scope has a name or version.
    pub scoped: u64,
    /// Spans whose scope has attributes, a schema URL or a count of dropped attributes.
    pub rich_scopes: u64,
    /// Spans whose resource has a schema URL or a count of dropped attributes.
    pub rich_resources: u64,
    /// Spans whose resource has attributes besides the service's name.
    pub resource_attributes: u64,
    /// Values of spans and their resources that are no texts.
    pub typed: u64,
    /// Arrays and maps among values, in resources and scopes once for each.
    pub nested: u64,
    /// Empty values.
    pub empty: u64,
    /// Bytes.
    pub bytes: u64,
    /// Values that JSON has no number for: not a number, infinite.
    pub not_finite: u64,
    /// Attributes whose key came before in the same list.
    pub repeated_keys: u64,
    /// Attributes whose keys mean something else to a format: `error`, `span.kind`, `otel.*`.
    pub reserved_keys: u64,
    /// Spans one of whose ids is irregular.
    pub irregular_ids: u64,
    /// Spans one of whose ids is irregular and no hex of whole bytes.
    pub text_ids: u64,
    /// Links one of whose ids is no hex of whole bytes.
    pub text_link_ids: u64,
    /// Log records that go with the spans.
    pub logs: u64,
    /// Of those, the ones one of whose ids is no hex of whole bytes.
    pub text_log_ids: u64,
    /// Exemplars that belong to the spans.
    pub exemplars: u64,
    /// Spans without a span id or trace id.
    pub missing_ids: u64,
    /// Spans of no kind.
    pub no_kind: u64,
    /// Spans of kind internal.
    pub internal: u64,
    /// Spans of a kind that OpenTelemetry does not know.
    pub unknown_kind: u64,
    /// Status messages of spans that did not fail.
    pub calm_messages: u64,
    /// Status messages without a status.
    pub unset_messages: u64,
    /// Spans that say how many attributes, events or links were dropped.
    pub dropped: u64,
    /// Spans whose ids are hashed.
    pub ids_hashed: u64,
}

/// What a rule does, on an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule's place among the rules.
    pub rule: usize,
    /// Where it stands.
    pub place: Place,
    /// The key that a value stands under; else empty.
    pub key: String,
    /// As it was, shortened.
    pub before: String,
    /// As it will be, shortened; `None`: not at all.
    pub after: Option<String>,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A span's name.
    SpanName,
    /// A status message.
    StatusMessage,
    /// A trace state.
    TraceState,
    /// An event's name.
    EventName,
    /// A scope's name, version or schema URL, or the schema URL of a resource.
    Scope,
    /// An attribute's key.
    Key,
    /// An attribute's value.
    Value,
    /// What a log record says: its body, or what its severity is called.
    Log,
}

/// What the walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What formats cannot hold.
    pub facts: Facts,
    /// By rule: the places where it hides something.
    pub hits: Vec<u64>,
    /// Examples, of each rule the first few.
    pub changes: Vec<Change>,
}

/// The walk, in steps.
#[derive(Debug)]
pub struct Survey {
    cursor: Cursor,
    /// What is left of the log records, once all spans were looked at.
    logs: Option<LogCursor>,
    done: u64,
    last_trace: Option<u32>,
    resources: BitSet,
    scopes: BitSet,
    findings: Findings,
    n_examples: Vec<usize>,
}

impl Survey {
    /// Before the first row.
    pub fn new(dataset: &Dataset, masks: &Masks) -> Self {
        let n_rules = masks.rules().len();
        Self {
            cursor: Cursor::default(),
            logs: None,
            done: 0,
            last_trace: None,
            resources: BitSet::new(dataset.resources.attributes.len()),
            scopes: BitSet::new(dataset.scopes.name.len()),
            findings: Findings { hits: vec![0; n_rules], ..Findings::default() },
            n_examples: vec![0; n_rules],
        }
    }

    /// Looks at spans and their log records while there is time. True once all were looked at.
    pub fn step(&mut self, dataset: &Dataset, rows: &SpanRows, masks: &mut Masks, has_time: &dyn Fn() -> bool) -> bool {
        const BETWEEN_LOOKS: usize = 64;
        loop {
            for _ in 0..BETWEEN_LOOKS {
                let Some(span) = self.cursor.next(rows) else { return self.logs(dataset, rows, masks, has_time) };
                Walk { survey: self, dataset, masks: &mut *masks }.span(span);
                self.done += 1;
            }
            if !has_time() {
                return false;
            }
        }
    }

    fn logs(&mut self, dataset: &Dataset, rows: &SpanRows, masks: &mut Masks, has_time: &dyn Fn() -> bool) -> bool {
        let mut logs = self.logs.take().unwrap_or_else(|| {
            self.findings.facts.exemplars = rows.exemplars(dataset);
            LogCursor::new(dataset, rows)
        });
        while let Some((unit, _)) = logs.unit(dataset) {
            unit.iter().for_each(|log| Walk { survey: self, dataset, masks: &mut *masks }.log(log));
            if !has_time() {
                self.logs = Some(logs);
                return false;
            }
        }
        true
    }

    /// Looks at pins and notes that are written along.
    pub fn look_at_notes(&mut self, notes: &mut Notes, masks: &mut Masks) {
        notes.look(masks, |rules, key, before, after| self.hit(rules, Place::Value, key, before, after));
    }

    fn hit(&mut self, rules: u64, place: Place, key: &str, before: &str, after: Option<&str>) {
        let Self { findings, n_examples, .. } = self;
        for (rule, (hits, n)) in findings.hits.iter_mut().zip(n_examples).enumerate() {
            if rules >> rule & 1 == 0 {
                continue;
            }
            *hits += 1;
            if MAX_EXAMPLES_OF_RULE <= *n || MAX_EXAMPLES <= findings.changes.len() {
                continue;
            }
            let change = Change { rule, place, key: shortened(key), before: shortened(before), after: after.map(shortened) };
            if !findings.changes.contains(&change) {
                *n += 1;
                findings.changes.push(change);
            }
        }
    }

    /// Spans that were looked at.
    pub const fn done(&self) -> u64 {
        self.done
    }

    /// What was found.
    pub fn finish(self) -> Findings {
        self.findings
    }
}

struct Walk<'a> {
    survey: &'a mut Survey,
    dataset: &'a Dataset,
    masks: &'a mut Masks,
}

/// Of whom attributes are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Span,
    Event,
    Link,
    Resource,
    Scope,
    /// A log record, or its resource or scope where no span has it: of these formats other than OTLP know nothing.
    Log,
    LogBody,
}

impl Owner {
    /// Whether formats other than OTLP have a place for its attributes.
    const fn is_counted(self) -> bool {
        matches!(self, Self::Span | Self::Event | Self::Resource)
    }
}

impl Walk<'_> {
    fn facts(&mut self) -> &mut Facts {
        &mut self.survey.findings.facts
    }

    fn span(&mut self, span: SpanIdx) {
        let dataset = self.dataset;
        let spans = &dataset.spans;
        let trace = spans.trace[span];
        if self.survey.last_trace.replace(trace.0) != Some(trace.0) {
            self.facts().traces += 1;
        }
        self.resource_of_span(span);
        self.scope_of_span(span);
        let key = dataset.traces.key.row(trace).copied().unwrap_or_default();
        self.ids(key, spans.key(span), spans.parent_key(span));
        self.text(spans.name[span], Place::SpanName, StrId::EMPTY);
        let message = spans.status_message.get(span).unwrap_or_default();
        self.text(message, Place::StatusMessage, StrId::EMPTY);
        let state = spans.trace_state.get(span).unwrap_or_default();
        self.text(state, Place::TraceState, StrId::EMPTY);
        let (start, end) = (spans.start[span], spans.end[span]);
        let is_hashed = self.masks.ids().is_some();
        let facts = self.facts();
        facts.spans += 1;
        facts.ids_hashed += u64::from(is_hashed);
        facts.fine_span_times += u64::from(!start.is_multiple_of(1000) || !end.is_multiple_of(1000));
        facts.no_start += u64::from(start == 0);
        facts.unfinished += u64::from(start != 0 && end == 0);
        facts.end_before_start += u64::from(end != 0 && end < start);
        facts.brief += u64::from(start != 0 && end >= start && end / 1000 == start / 1000);
        facts.trace_state += u64::from(state != StrId::EMPTY);
        facts.flags += u64::from(spans.flags[span] != 0);
        facts.no_kind += u64::from(spans.kind[span] == SpanKind::Unspecified && spans.unknown_kind.get(span).is_none());
        facts.unknown_kind += u64::from(spans.unknown_kind.get(span).is_some());
        facts.internal += u64::from(spans.kind[span] == SpanKind::Internal);
        facts.calm_messages += u64::from(message != StrId::EMPTY && spans.status[span] != StatusCode::Error);
        facts.unset_messages += u64::from(message != StrId::EMPTY && spans.status[span] == StatusCode::Unset);
        let dropped = [&spans.dropped_attributes, &spans.dropped_events, &spans.dropped_links];
        facts.dropped += u64::from(dropped.iter().any(|column| column.get(span).is_some_and(|count| count != 0)));
        self.attributes(spans.attributes[span], Owner::Span);
        spans.events[span].iter().for_each(|event| self.event(event));
        spans.links[span].iter().for_each(|link| self.link(link));
    }

    fn ids(&mut self, trace: TraceKey, id: SpanKey, parent: SpanKey) {
        let dataset = self.dataset;
        let (mut irregular, mut text) = (false, false);
        let texts = [trace_text(trace), span_text(id), span_text(parent)];
        for id in texts.into_iter().flatten() {
            irregular = true;
            text |= !is_hex(dataset.str(id));
            self.masks.prepare_id(dataset, id);
        }
        let is_hashed = self.masks.ids().is_some();
        let facts = self.facts();
        facts.irregular_ids += u64::from(irregular && !is_hashed);
        facts.text_ids += u64::from(text && !is_hashed);
        facts.missing_ids += u64::from(trace == TraceKey::Missing || id == SpanKey::Missing);
    }

    fn resource_of_span(&mut self, span: SpanIdx) {
        let dataset = self.dataset;
        let (resource, resources) = (dataset.spans.resource[span], &dataset.resources);
        let (attributes, url) = (resources.attributes[resource], resources.schema_url[resource]);
        self.resource(resource, Owner::Resource);
        let service = u32::from(resources.service[resource] != StrId::EMPTY);
        let facts = self.facts();
        facts.rich_resources += u64::from(url != StrId::EMPTY || resources.dropped_attributes[resource] != 0);
        facts.resource_attributes += u64::from(service < attributes.len());
    }

    fn resource(&mut self, resource: ResourceIdx, owner: Owner) {
        let resources = &self.dataset.resources;
        if self.survey.resources.insert(resource.usize()) {
            self.attributes(resources.attributes[resource], owner);
            self.text(resources.schema_url[resource], Place::Scope, StrId::EMPTY);
            self.text(resources.service[resource], Place::Value, StrId::EMPTY);
        }
    }

    fn scope_of_span(&mut self, span: SpanIdx) {
        let dataset = self.dataset;
        let (scope, scopes) = (dataset.spans.scope[span], &dataset.scopes);
        let (name, version, url) = (scopes.name[scope], scopes.version[scope], scopes.schema_url[scope]);
        self.scope(scope);
        let is_rich = url != StrId::EMPTY || !scopes.attributes[scope].is_empty() || scopes.dropped_attributes[scope] != 0;
        let facts = self.facts();
        facts.scoped += u64::from(name != StrId::EMPTY || version != StrId::EMPTY);
        facts.rich_scopes += u64::from(is_rich);
    }

    fn scope(&mut self, scope: ScopeIdx) {
        let scopes = &self.dataset.scopes;
        if self.survey.scopes.insert(scope.usize()) {
            self.attributes(scopes.attributes[scope], Owner::Scope);
            for text in [scopes.name[scope], scopes.version[scope], scopes.schema_url[scope]] {
                self.text(text, Place::Scope, StrId::EMPTY);
            }
        }
    }

    fn log(&mut self, log: LogIdx) {
        let dataset = self.dataset;
        let logs = &dataset.logs;
        self.resource(logs.resource[log], Owner::Log);
        self.scope(logs.scope[log]);
        let text = self.loose_ids(logs.trace[log], logs.span[log]);
        self.text(logs.event_name[log], Place::EventName, StrId::EMPTY);
        self.text(logs.severity_text[log], Place::Log, StrId::EMPTY);
        self.attributes(logs.body[log], Owner::LogBody);
        self.attributes(logs.attributes[log], Owner::Log);
        let facts = self.facts();
        facts.logs += 1;
        facts.text_log_ids += u64::from(text);
    }

    /// Ids that name something elsewhere; whether one is no hex of whole bytes, and stays so.
    fn loose_ids(&mut self, trace: TraceKey, span: SpanKey) -> bool {
        let mut text = false;
        for id in [trace_text(trace), span_text(span)].into_iter().flatten() {
            text |= !is_hex(self.dataset.str(id));
            self.masks.prepare_id(self.dataset, id);
        }
        text && self.masks.ids().is_none()
    }

    fn event(&mut self, event: EventIdx) {
        let events = &self.dataset.events;
        self.text(events.name[event], Place::EventName, StrId::EMPTY);
        let attributes = events.attributes[event];
        let facts = self.facts();
        facts.events += 1;
        facts.event_attributes += u64::from(!attributes.is_empty());
        facts.event_dropped += u64::from(events.dropped_attributes.get(event).is_some_and(|count| count != 0));
        facts.fine_event_times += u64::from(!events.time[event].is_multiple_of(1000));
        self.attributes(attributes, Owner::Event);
    }

    fn link(&mut self, link: LinkIdx) {
        let dataset = self.dataset;
        let links = &dataset.links;
        let text = self.loose_ids(links.trace[link], links.span[link]);
        let state = links.trace_state[link];
        self.text(state, Place::TraceState, StrId::EMPTY);
        let attributes = links.attributes[link];
        let is_rich = state != StrId::EMPTY
            || links.flags[link] != 0
            || !attributes.is_empty()
            || links.dropped_attributes.get(link).is_some_and(|count| count != 0);
        let facts = self.facts();
        facts.links += 1;
        facts.rich_links += u64::from(is_rich);
        facts.text_link_ids += u64::from(text);
        self.attributes(attributes, Owner::Link);
    }

    /// A list of attributes, with what is in arrays and maps from a stack of lists that wait.
    fn attributes(&mut self, range: IdxRange<AttributeIdx>, owner: Owner) {
        if range.is_empty() {
            return;
        }
        if owner.is_counted() {
            self.keys(range, owner);
        }
        let mut pending = Vec::new();
        let mut next = Some((range, true, StrId::EMPTY));
        while let Some((rows, is_top, outer)) = next {
            for row in rows.iter() {
                let key = self.dataset.attributes.key(row);
                if let Some(inner) = self.attribute(row, key, if is_top { key } else { outer }, is_top, owner) {
                    pending.push((inner, false, if is_top { key } else { outer }));
                }
            }
            next = pending.pop();
        }
    }

    /// An attribute; gives what is in it, if that is looked at.
    fn attribute(
        &mut self,
        row: AttributeIdx,
        key: StrId,
        under: StrId,
        is_top: bool,
        owner: Owner,
    ) -> Option<IdxRange<AttributeIdx>> {
        let dataset = self.dataset;
        let value = dataset.attributes.value(row);
        let place = if owner == Owner::LogBody { Place::Log } else { Place::Value };
        let (verdict, rule) = self.masks.prepare_key(dataset, key);
        if verdict == KeyVerdict::Drop {
            self.hit_by_key(row, key, rule, None);
            return None;
        }
        self.text(key, Place::Key, StrId::EMPTY);
        let rules = self.masks.prepare_value(dataset, value, verdict);
        if verdict == KeyVerdict::Mask {
            let after = self.masks.mask_of_value(dataset, value, verdict).map(str::to_owned);
            // An empty value has nothing to hide.
            if let Some(after) = after {
                self.hit_by_key(row, key, rule, Some(&after));
            } else {
                self.count_value(value, is_top, owner);
            }
            return None;
        }
        if rules != 0 {
            let before = super::plain::text_of_value(dataset, row);
            self.hit(rules, place, dataset.str(under), &before, Some(super::redact::MASK));
            return None;
        }
        if self.masks.mask_of_value(dataset, value, verdict).is_some() {
            return None;
        }
        self.count_value(value, is_top, owner);
        match value {
            Value::String(text) => {
                self.text(text, place, under);
                None
            }
            Value::Array(inner) | Value::KvList(inner) => Some(inner),
            Value::Empty | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Bytes(_) => None,
        }
    }

    fn count_value(&mut self, value: Value<'_>, is_top: bool, owner: Owner) {
        if !owner.is_counted() || !is_top {
            return;
        }
        let facts = self.facts();
        let is_tag = owner != Owner::Event;
        match value {
            Value::Array(_) | Value::KvList(_) => facts.nested += 1,
            Value::Empty => facts.empty += 1,
            Value::Bytes(_) => facts.bytes += 1,
            Value::Double(number) if !number.is_finite() => facts.not_finite += 1,
            Value::String(_) | Value::Bool(_) | Value::Int(_) | Value::Double(_) => {}
        }
        facts.typed += u64::from(is_tag && !matches!(value, Value::String(_)));
    }

    fn keys(&mut self, range: IdxRange<AttributeIdx>, owner: Owner) {
        let dataset = self.dataset;
        let keys = dataset.attributes.key.slice(range);
        let mut sorted = keys.to_vec();
        sort_few(&mut sorted, Ord::cmp);
        let repeated = sorted.windows(2).filter(|pair| matches!(pair, [a, b] if a == b)).count();
        let is_reserved = |key: &&StrId| match owner {
            Owner::Span => super::losses::is_reserved(dataset.str(**key)),
            _ => false,
        };
        let reserved = keys.iter().filter(is_reserved).count();
        let named = owner == Owner::Event && keys.iter().any(|&key| dataset.str(key) == "event");
        let facts = self.facts();
        facts.repeated_keys += repeated as u64;
        facts.reserved_keys += reserved as u64;
        facts.event_named += u64::from(named);
    }

    fn text(&mut self, id: StrId, place: Place, key: StrId) {
        if id == StrId::EMPTY {
            return;
        }
        let rules = self.masks.prepare_text(self.dataset, id);
        if rules != 0 {
            let dataset = self.dataset;
            let after = self.masks.text(dataset, id).map(str::to_owned);
            self.hit(rules, place, dataset.str(key), dataset.str(id), after.as_deref());
        }
    }

    fn hit_by_key(&mut self, row: AttributeIdx, key: StrId, rule: u8, after: Option<&str>) {
        let before = super::plain::text_of_value(self.dataset, row);
        self.hit(1 << rule, Place::Value, self.dataset.str(key), &before, after);
    }

    fn hit(&mut self, rules: u64, place: Place, key: &str, before: &str, after: Option<&str>) {
        self.survey.hit(rules, place, key, before, after);
    }
}

/// Whether a text is how bytes that are no regular id are read from protobuf.
fn is_hex(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

const fn trace_text(key: TraceKey) -> Option<StrId> {
    if let TraceKey::Text(text) = key { Some(text) } else { None }
}

const fn span_text(key: SpanKey) -> Option<StrId> {
    if let SpanKey::Text(text) = key { Some(text) } else { None }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(EXAMPLE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

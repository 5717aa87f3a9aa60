//! A trace's log records as a list, and those of a span in full; exemplars of a span.

use super::find::{Needle, Search};
use super::span::nodes;
use super::{brief, find_trace, owned, usize_of};
use crate::base::{StrId, len_u32, sort_by_value};
use crate::encode::plain;
use crate::engine::caches::Caches;
use crate::model::{Dataset, ExemplarIdx, LogIdx, Measured, ResourceIdx, SpanIdx, TraceIdx};
use crate::protocol::{AttributeValue, ExemplarView, Failure, LogLevel, LogRow, LogView, LogsRequest, LogsView};

/// Rows in a window, at most.
const MAX_ROWS: u32 = 4096;

/// Log records and exemplars in a span's details, at most; all of them stand in the trace's list.
const MAX_OF_SPAN: usize = 200;

/// Letters of a body that a row shows.
const MAX_WORDS: usize = 300;

/// Kept: the records of a trace that match, by time.
#[derive(Debug, Default)]
pub(in crate::engine) struct LogList {
    logs: Vec<LogIdx>,
    levels: Vec<u32>,
}

/// Trace, text sought and least level.
pub(in crate::engine) type LogListKey = (TraceIdx, String, LogLevel);

/// The window.
pub(in crate::engine) fn logs(dataset: &Dataset, caches: &mut Caches, request: &LogsRequest) -> Result<LogsView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    let key = (trace, request.find.clone(), request.least);
    let list = if let Some(list) = caches.logs.get(&key) {
        list
    } else {
        let list = matching(dataset, caches, trace, request);
        caches.logs.put(key, list)
    };
    let offset = request.offset.min(len_u32(list.logs.len()));
    let shown = list.logs.iter().skip(usize_of(offset)).take(usize_of(request.limit.min(MAX_ROWS)));
    Ok(LogsView {
        total: dataset.logs_of_trace(trace).len(),
        matched: len_u32(list.logs.len()),
        levels: list.levels.clone(),
        offset,
        rows: shown.map(|&log| row(dataset, log)).collect(),
    })
}

fn matching(dataset: &Dataset, caches: &mut Caches, trace: TraceIdx, request: &LogsRequest) -> LogList {
    let all = dataset.logs_of_trace(trace);
    let mut levels = vec![0; LogLevel::ALL.len()];
    for log in all.iter() {
        if let Some(count) = levels.get_mut(level(dataset, log) as usize) {
            *count += 1;
        }
    }
    let mut search = (!request.find.is_empty()).then(|| Search::new(dataset, caches, &request.find));
    let needle = Needle::new(&request.find);
    let mut is_wanted = |log: LogIdx| {
        request.least <= level(dataset, log)
            && search.as_mut().is_none_or(|search| {
                search.is_in_log(log)
                    || needle.is_in(service_name(dataset, dataset.logs.resource[log]))
                    || needle.is_in(&severity_words(dataset, log))
            })
    };
    let mut rows: Vec<(u64, u32)> = all.iter().filter(|&log| is_wanted(log)).map(|log| (dataset.logs.when(log), log.0)).collect();
    sort_by_value(&mut rows);
    LogList { logs: rows.into_iter().map(|(_, log)| LogIdx(log)).collect(), levels }
}

fn row(dataset: &Dataset, log: LogIdx) -> LogRow {
    let logs = &dataset.logs;
    let resource = logs.resource[log];
    LogRow {
        time: logs.when(log),
        level: level(dataset, log),
        severity: severity_words(dataset, log),
        service_name: service_name(dataset, resource).to_owned(),
        service: service_of(dataset, resource),
        words: words(dataset, log),
        span: dataset.span_of_log(log).map(|span| brief(dataset, span)),
    }
}

/// The beginning of a record's body, or else its event name, on one line.
pub(super) fn words(dataset: &Dataset, log: LogIdx) -> String {
    let logs = &dataset.logs;
    let body = logs.body[log].first().map(|at| plain::text_of_value(dataset, at)).unwrap_or_default();
    let text = if body.is_empty() { dataset.str(logs.event_name[log]) } else { &body };
    text.chars().take(MAX_WORDS).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// The level of a record.
pub(super) fn level(dataset: &Dataset, log: LogIdx) -> LogLevel {
    LogLevel::of(dataset.logs.severity[log])
}

/// The source's word for the severity, or else the specification's short name: `INFO`, `INFO2`.
pub(super) fn severity_words(dataset: &Dataset, log: LogIdx) -> String {
    const NAMES: [&str; 7] = ["", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let text = dataset.str(dataset.logs.severity_text[log]);
    let severity = dataset.logs.severity[log];
    if !text.is_empty() || severity == 0 {
        return text.to_owned();
    }
    let name = NAMES.get(level(dataset, log) as usize).copied().unwrap_or_default();
    match (severity - 1) % 4 {
        0 => name.to_owned(),
        more => format!("{name}{}", more + 1),
    }
}

fn service_name(dataset: &Dataset, resource: ResourceIdx) -> &str {
    match dataset.resources.service.row(resource) {
        Some(&name) if name != StrId::EMPTY => dataset.str(name),
        _ => Dataset::UNKNOWN_SERVICE,
    }
}

/// The service of a resource, if any span is of it.
fn service_of(dataset: &Dataset, resource: ResourceIdx) -> Option<u32> {
    let &service = dataset.services.of_resource.row(resource)?;
    (dataset.services.name.row(service) == dataset.resources.service.row(resource)).then_some(service.0)
}

/// The log records of a span, the first of them in full.
pub(super) fn of_span(dataset: &Dataset, span: SpanIdx) -> Vec<LogView> {
    dataset.logs_of_span(span).iter().take(MAX_OF_SPAN).map(|log| in_full(dataset, span, log)).collect()
}

/// A log record of a span, if it is one.
pub(super) fn one_of_span(dataset: &Dataset, span: SpanIdx, log: u32) -> Option<LogView> {
    let log = Some(LogIdx(log)).filter(|&log| dataset.logs_of_span(span).contains(log));
    log.map(|log| in_full(dataset, span, log))
}

fn in_full(dataset: &Dataset, span: SpanIdx, log: LogIdx) -> LogView {
    let logs = &dataset.logs;
    let own = dataset.spans.resource[span];
    LogView {
        time: logs.time[log],
        observed: logs.observed[log],
        level: level(dataset, log),
        severity: logs.unknown_severity.get(log).unwrap_or_else(|| logs.severity[log].into()),
        severity_words: severity_words(dataset, log),
        service_name: if service_name(dataset, logs.resource[log]) == service_name(dataset, own) {
            String::new()
        } else {
            service_name(dataset, logs.resource[log]).to_owned()
        },
        event_name: owned(dataset, logs.event_name[log]),
        body: nodes(dataset, logs.body[log]),
        attributes: nodes(dataset, logs.attributes[log]),
        dropped: logs.dropped_attributes.get(log).unwrap_or(0),
        scope: dataset.scopes.name.row(logs.scope[log]).map(|&name| owned(dataset, name)).unwrap_or_default(),
    }
}

/// The exemplars of a span.
pub(super) fn exemplars_of_span(dataset: &Dataset, span: SpanIdx) -> Vec<ExemplarView> {
    let table = &dataset.exemplars;
    let view = |at: ExemplarIdx| ExemplarView {
        metric: table.metric_name.row(table.metric[at]).map(|&name| owned(dataset, name)).unwrap_or_default(),
        unit: table.metric_unit.row(table.metric[at]).map(|&unit| owned(dataset, unit)).unwrap_or_default(),
        value: match table.value(at) {
            Measured::Nothing => AttributeValue::Empty,
            Measured::Int(number) => AttributeValue::Int(number),
            Measured::Double(number) => AttributeValue::Double(number),
        },
        time: table.time[at],
        attributes: nodes(dataset, table.attributes[at]),
    };
    dataset.exemplars_of_span(span).iter().take(MAX_OF_SPAN).map(view).collect()
}

/// Log records of a span as ticks: offsets from a time, with their levels; of very many, some that are spread evenly.
pub(super) fn ticks(dataset: &Dataset, span: SpanIdx, from: u64, shift: i64, most: usize) -> Vec<(u64, LogLevel)> {
    let range = dataset.logs_of_span(span);
    let stride = usize_of(range.len()).div_ceil(most).max(1);
    let timed = range.iter().filter(|&log| dataset.logs.when(log) != 0).step_by(stride);
    timed.map(|log| (moved(dataset.logs.when(log), shift).saturating_sub(from), level(dataset, log))).collect()
}

/// Exemplars of a span as ticks.
pub(super) fn exemplar_ticks(dataset: &Dataset, span: SpanIdx, from: u64, shift: i64, most: usize) -> Vec<u64> {
    let range = dataset.exemplars_of_span(span);
    let stride = usize_of(range.len()).div_ceil(most).max(1);
    let timed = range.iter().map(|at| dataset.exemplars.time[at]).filter(|&time| time != 0).step_by(stride);
    timed.map(|time| moved(time, shift).saturating_sub(from)).collect()
}

/// A time by another clock.
pub(super) fn moved(time: u64, shift: i64) -> u64 {
    time.saturating_add_signed(shift)
}

impl Search<'_> {
    /// Whether the text is in a log record.
    pub(super) fn is_in_log(&mut self, log: LogIdx) -> bool {
        let logs = &self.dataset.logs;
        self.has(logs.severity_text[log])
            || self.has(logs.event_name[log])
            || self.is_in_attributes(logs.body[log])
            || self.is_in_attributes(logs.attributes[log])
    }
}

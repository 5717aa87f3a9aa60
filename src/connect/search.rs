//! A page of the traces that a server has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::{self, Body, integer};
use super::catalog;
use super::client::{Client, Patience, Question};
use super::condition::{Conditions, conditions};
use super::rows::{Cell, SqlQuery};
use super::sql::{self, Asking};
use super::trouble::Trouble;
use crate::base::text::u128_from_hex;
use crate::protocol::{Failure, FoundTrace, SearchRequest, SearchView};
use crate::scene::format;

/// Traces on one page, at most.
const MAX_LIMIT: u32 = 5_000;

/// Asks for a page, and for the count of all if that is wanted.
pub(super) async fn search(client: &Client, request: &SearchRequest) -> Result<SearchView, Failure> {
    page(client, request).await.map_err(|trouble| trouble.failure())
}

async fn page(client: &Client, request: &SearchRequest) -> Result<SearchView, Trouble> {
    let query = &request.scope.query;
    let window = answer::window(request.scope.window)?;
    // Which attributes have a column is only of interest where some are named.
    let columns = if query.attributes.is_empty() && request.selection.is_all() {
        Vec::new()
    } else {
        catalog::columns(client).await.unwrap_or_default()
    };
    let Conditions { sql: condition, remarks: left_out } = conditions(query, &request.selection, &columns, "");
    let limit = request.limit.clamp(1, MAX_LIMIT);

    let (start, end) = (window.0.to_string(), window.1.to_string());
    let (from, size) = (request.offset.to_string(), limit.to_string());
    let path = ["api", &client.org, &client.stream, "traces", "latest"];
    let mut pairs = vec![("start_time", start.as_str()), ("end_time", &end), ("from", &from), ("size", &size)];
    if !condition.is_empty() {
        pairs.push(("filter", &condition));
    }
    let bytes = client.ask(Question::get(&path, &pairs, "traces")).await?;
    let body: Body<Vec<Value>> = answer::read(client, &bytes, "a list of traces")?;
    let beside = body.beside(client, window);

    let mut view = SearchView {
        received: u32::try_from(body.hits.len()).unwrap_or(u32::MAX),
        cut_to: beside.cut_to,
        remarks: left_out,
        took_millis: beside.took_millis,
        ..SearchView::default()
    };
    view.more = limit <= view.received;
    view.remarks.extend(beside.remarks);
    let mut reversed = 0;
    for hit in &body.hits {
        view.traces.extend(found(hit, &mut reversed));
    }
    let skipped = body.hits.len() - view.traces.len();
    if skipped != 0 {
        view.remarks
            .push(format!("The server told of {} in a form that cannot be read.", format::counted(skipped as u64, "trace")));
    }
    if reversed != 0 {
        let traces = format::counted(reversed, "trace");
        view.remarks.push(format!("The server told of {traces} that end before they start; 0 is shown as their duration."));
    }
    if request.count {
        count(client, &condition, window, &mut view).await;
    }
    Ok(view)
}

/// Counts all traces; that it cannot be done is worth a remark, but no failure.
async fn count(client: &Client, condition: &str, window: (u64, u64), view: &mut SearchView) {
    let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
    let sql = format!("SELECT approx_distinct(trace_id) AS n FROM {}{condition}", sql::name(&client.stream));
    let query = SqlQuery { sql, window, size: 1 };
    let asking = Asking { patience: Patience::None, what: "the number of traces", before: (0, 0) };
    match sql::ask(client, &query, asking).await {
        Ok(answer) => {
            view.took_millis = view.took_millis.saturating_add(answer.took_millis);
            view.total = match answer.rows.first().and_then(|row| row.get("n")) {
                Some(&Cell::Integer(n)) => u64::try_from(n).ok(),
                _ => None,
            };
        }
        Err(trouble) => view.remarks.push(format!("The traces could not be counted: {}.", trouble.brief())),
    }
}

/// A trace that the server tells of, if it can be read. `reversed` counts those that end before they start.
fn found(hit: &Value, reversed: &mut u64) -> Option<FoundTrace> {
    let trace_id = hit.get("trace_id")?.as_str().and_then(trace_id)?;
    let start = hit.get("start_time").and_then(integer)?;
    let duration = match hit.get("end_time").and_then(integer) {
        Some(end) if start <= end => end - start,
        Some(_) => {
            *reversed += 1;
            0
        }
        // In microseconds: less exact, but better than none.
        None => hit.get("duration").and_then(integer).unwrap_or(0).saturating_mul(1_000),
    };
    let first = |name: &str| {
        hit.get("first_event").and_then(|event| event.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (root_service, root_name) = (first("service_name"), first("operation_name"));
    let spans = |at: usize| {
        let count = hit.get("spans").and_then(|spans| spans.get(at)).and_then(integer);
        count.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    };
    // No trace is without spans: the server counts to 65,535, and says 0 from there on.
    let n_spans = spans(0).filter(|&spans| spans != 0);
    let errors = spans(1).unwrap_or(0);
    let services = services(hit.get("service_name"), &root_service);
    Some(FoundTrace { trace_id, root_service, root_name, start, duration, spans: n_spans, errors, services })
}

/// The services of a trace with their spans, most first. What a service calls that is none itself stands among them, too.
fn services(value: Option<&Value>, root: &str) -> Vec<(String, u32)> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for item in value.and_then(Value::as_array).into_iter().flatten() {
        let name = item.as_str().or_else(|| item.get("service_name").and_then(Value::as_str)).unwrap_or_default();
        let is_inferred = item.get("service_type").and_then(Value::as_str).is_some_and(|kind| !kind.is_empty());
        // A service whose name a dependency bears as well is told of as that dependency.
        if name.is_empty() || (is_inferred && name != root) {
            continue;
        }
        let count = item.get("count").and_then(integer).map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX));
        let spans = counts.entry(name).or_insert(0);
        *spans = spans.saturating_add(count);
    }
    let mut services: Vec<(String, u32)> = counts.into_iter().map(|(name, spans)| (name.to_owned(), spans)).collect();
    services.sort_by(|(name_a, spans_a), (name_b, spans_b)| spans_b.cmp(spans_a).then_with(|| name_a.cmp(name_b)));
    services
}

/// A trace id as it is stored: 32 hex digits in lower case.
pub(super) fn trace_id(text: &str) -> Option<String> {
    let text = text.trim();
    u128_from_hex(text.as_bytes()).map(|_| text.to_ascii_lowercase())
}

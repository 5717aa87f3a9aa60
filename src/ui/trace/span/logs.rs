//! Log records of a span, and the exemplars that mark it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::protocol::{AttributeValue, ExemplarView, LogView, SpanView};
use crate::scene::format;
use crate::ui::trace::logs::when;

use super::attributes::{Nodes, attribute_list};
use super::value::plain_text;
use super::{Panel, dropped};

/// The log records, by time.
pub(super) fn span_logs(panel: Panel, span: &Arc<SpanView>) -> AnyView {
    if span.logs.is_empty() {
        return ().into_any();
    }
    let items = span.logs.iter().map(|log| log_view(panel, span, log)).collect_view();
    let rest = u64::from(span.logs_count).saturating_sub(span.logs.len() as u64);
    view! {
        <ol class="span-logs">{items}</ol>
        {more(rest, "log record", "All of them are in the trace's list.")}
    }
    .into_any()
}

/// The log record that was chosen in the waterfall, before all that is of its span.
pub(super) fn log_record(panel: Panel, span: &SpanView) -> Option<AnyView> {
    let record = log_view(panel, span, span.log.as_ref()?);
    Some(
        view! {
            <section class="span-record" data-testid="log-detail" aria-label="Log record">
                <ol class="span-logs">{record}</ol>
            </section>
        }
        .into_any(),
    )
}

fn log_view(panel: Panel, span: &SpanView, log: &LogView) -> AnyView {
    let time = if log.time == 0 { log.observed } else { log.time };
    let body = log.body.first().and_then(|node| plain_text(&node.value));
    // A body that is a map or an array is laid out as attributes are.
    let tree = if body.is_some() { Vec::new() } else { log.body.clone() };
    let severity = if log.severity_words.is_empty() { "no severity".to_owned() } else { log.severity_words.clone() };
    let about = [log.service_name.as_str(), log.event_name.as_str(), log.scope.as_str()];
    let about = about.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <li class="span-log" data-level=(log.level as u8).to_string()>
            <div class="span-log__head">
                <span class="span-log__severity" title=format!("Severity number {}", log.severity)>{severity}</span>
                <span class="span-log__about">{about}</span>
                <span class="span-log__time" title=format!("{} in the trace", when(time, span.trace_start))>
                    {when(time, span.start)}
                </span>
            </div>
            {body.map(|body| view! { <p class="span-log__body">{body}</p> })}
            {attribute_list(panel, &Nodes::new(&tree, None))}
            {attribute_list(panel, &Nodes::new(&log.attributes, None))}
            {dropped(log.dropped, "attribute")}
        </li>
    }
    .into_any()
}

/// The exemplars, by time.
pub(super) fn span_exemplars(panel: Panel, span: &Arc<SpanView>) -> AnyView {
    if span.exemplars.is_empty() {
        return ().into_any();
    }
    let items = span.exemplars.iter().map(|exemplar| exemplar_view(panel, span, exemplar)).collect_view();
    let rest = u64::from(span.exemplars_count).saturating_sub(span.exemplars.len() as u64);
    view! {
        <ol class="span-logs">{items}</ol>
        {more(rest, "measurement", "")}
    }
    .into_any()
}

fn exemplar_view(panel: Panel, span: &SpanView, exemplar: &ExemplarView) -> AnyView {
    let value = match &exemplar.value {
        AttributeValue::Empty => "no value".to_owned(),
        value => plain_text(value).unwrap_or_default(),
    };
    // A unit of UCUM; 1 and what stands in braces are counts of something.
    let unit = exemplar.unit.trim_matches(|letter| letter == '{' || letter == '}');
    let unit = if unit == "1" { String::new() } else { unit.to_owned() };
    view! {
        <li class="span-log">
            <div class="span-log__head">
                <span class="span-log__metric">{exemplar.metric.clone()}</span>
                <span class="span-log__time" title=format!("{} in the trace", when(exemplar.time, span.trace_start))>
                    {when(exemplar.time, span.start)}
                </span>
            </div>
            <p class="span-log__body">{format!("{value} {unit}").trim().to_owned()}</p>
            {attribute_list(panel, &Nodes::new(&exemplar.attributes, None))}
        </li>
    }
    .into_any()
}

fn more(rest: u64, what: &str, where_to: &str) -> Option<impl IntoView + use<>> {
    let words = format!("{} more. {where_to}", format::counted(rest, what));
    (rest > 0).then(|| view! { <p class="span-section__words">{words}</p> })
}

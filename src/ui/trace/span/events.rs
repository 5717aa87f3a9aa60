//! Events of a span, exceptions among them as what they are.

use std::sync::Arc;

use leptos::prelude::*;

use crate::protocol::{AttributeNode, AttributeOwner, AttributeValue, EventView, SpanView};
use crate::scene::format::{self, TimeDigits};
use crate::ui::actions;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::show;

use super::attributes::{Nodes, attribute_list};
use super::{Panel, dropped};

/// Events shown at first.
const SHOWN: usize = 100;

/// The events, by time.
pub(super) fn event_list(panel: Panel, span: Arc<SpanView>) -> impl IntoView {
    let shown = RwSignal::new(SHOWN);
    let count = span.events.len();
    let items = move || span.events.iter().take(shown.get()).map(|event| event_view(panel, &span, event)).collect_view();
    (count > 0).then(|| {
        view! {
            <ol class="span-events">{items}</ol>
            {show(move || {
                (shown.get() < count)
                    .then(|| {
                        view! {
                            <button class="button" type="button" on:click=move |_| shown.set(count)>
                                {format!("Show all {}", format::counted(count as u64, "event"))}
                            </button>
                        }
                    })
            })}
        }
    })
}

fn event_view(panel: Panel, span: &SpanView, event: &EventView) -> AnyView {
    let app = panel.state.app();
    let EventView { name, time, attributes, dropped: dropped_count } = event;
    let time = *time;
    let when = if time == 0 {
        "no time".to_owned()
    } else if time >= span.start {
        format::offset(time - span.start)
    } else {
        format!("−{}", format::duration(span.start - time))
    };
    let in_trace =
        (time >= span.trace_start && time > 0).then(|| format!("{} in the trace", format::offset(time - span.trace_start)));
    let unit = span.coarse_ns;
    let absolute = move || {
        let offset = app.zone_offset_minutes(time);
        let digits = TimeDigits::of_unit(unit, time);
        let mut words = format!("{} {}", format::absolute(time, offset, digits), format::utc_offset(offset));
        if let Some(unit) = format::unit_words(unit) {
            words = format!("{words}. {unit}");
        }
        words
    };
    let exception = (name == "exception").then(|| exception_view(panel, attributes));
    let rest: Vec<AttributeNode> = if exception.is_some() {
        attributes.iter().filter(|node| !is_exception_part(node)).cloned().collect()
    } else {
        attributes.clone()
    };
    let is_exception = exception.is_some();
    view! {
        <li class="span-event" data-exception=is_exception.then_some("")>
            <div class="span-event__head">
                <span class="span-event__name">{name.clone()}</span>
                <span class="span-event__time" title=absolute>{when}</span>
                {in_trace.map(|words| view! { <span class="span-event__more">{words}</span> })}
            </div>
            {exception}
            {attribute_list(panel, &Nodes::new(&rest, Some(AttributeOwner::Event)))}
            {dropped(*dropped_count, "attribute")}
        </li>
    }
    .into_any()
}

const EXCEPTION_PARTS: [&str; 3] = ["exception.type", "exception.message", "exception.stacktrace"];

fn is_exception_part(node: &AttributeNode) -> bool {
    node.depth == 0
        && EXCEPTION_PARTS.contains(&node.key.as_str())
        // What the engine shortened keeps its row, where the rest of it can be had.
        && matches!(&node.value, AttributeValue::String { text, bytes } if text.len() as u64 >= *bytes)
}

fn exception_view(panel: Panel, attributes: &[AttributeNode]) -> AnyView {
    let app = panel.state.app();
    let part = |key: &str| {
        attributes.iter().find(|node| node.key == key && is_exception_part(node)).and_then(|node| match &node.value {
            AttributeValue::String { text, .. } => Some(text.clone()),
            _ => None,
        })
    };
    let [kind, message, trace] = EXCEPTION_PARTS.map(part);
    let lines = trace.as_deref().map_or(0, |trace| trace.lines().count());
    view! {
        <div class="exception">
            <p class="exception__what">
                {kind.map(|kind| view! { <strong class="exception__type">{kind}</strong> })}
                " "
                {message.map(|message| view! { <span class="exception__message">{message}</span> })}
            </p>
            {trace
                .map(|trace| {
                    let copied = trace.clone();
                    view! {
                        <details class="exception__trace" open=lines <= 6>
                            <summary>{format!("Stack trace, {}", format::counted(lines as u64, "line"))}</summary>
                            <div class="exception__lines">
                                <pre tabindex="0" aria-label="Stack trace">{trace}</pre>
                                <button
                                    class="copy"
                                    type="button"
                                    aria-label="Copy the stack trace"
                                    title="Copy the stack trace"
                                    on:click=move |_| actions::copy_text(app, "Stack trace", &copied)
                                >
                                    <Icon glyph=Glyph::Copy/>
                                </button>
                            </div>
                        </details>
                    }
                })}
        </div>
    }
    .into_any()
}

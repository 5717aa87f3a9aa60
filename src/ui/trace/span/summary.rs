//! The facts of a span that are no attributes.

use leptos::prelude::*;

use crate::protocol::{Mark, SpanBrief, SpanView, StatusCode};
use crate::scene::format::{self, TimeDigits};
use crate::ui::actions;
use crate::ui::parts::{Glyph, Icon, ServiceDot};
use crate::ui::state::AppState;

use super::Panel;
use crate::ui::reactive::show;
use crate::ui::trace::clocks::signed;
use crate::ui::trace::logs::when;
use crate::ui::trace::marks;
use crate::ui::trace::state::TraceState;

/// The facts.
pub(super) fn summary(panel: Panel, span: &SpanView) -> impl IntoView + use<> {
    let state = panel.state;
    let app = state.app();
    let status = match span.status {
        StatusCode::Unset => ("unset", "Not set"),
        StatusCode::Ok => ("ok", "Ok"),
        StatusCode::Error => ("error", "Error"),
    };
    let message = span.status_message.clone();
    let (start, end, trace_start) = (span.start, span.end, span.trace_start);
    let shift = span.shift;
    let unfinished = span.marks.has(Mark::Unfinished);
    let span_id = span.brief.span_id.clone();
    let id_to_copy = span_id.clone();
    let unit = span.coarse_ns;
    let at = move |time: u64| {
        if time == 0 {
            return "not set".to_owned();
        }
        let offset = app.zone_offset_minutes(time);
        let digits = TimeDigits::of_unit(unit, time);
        format!("{} {}", format::absolute(time, offset, digits), format::utc_offset(offset))
    };
    let unit_words = format::unit_words(unit);
    let relative = |time: u64| (time >= trace_start && time > 0).then(|| format::offset(time - trace_start));
    let share = format::percent(span.self_time, span.duration);
    let kind = span.kind_unknown.map_or_else(|| span.kind.word().to_owned(), |number| format!("Unknown ({number})"));
    let children = if span.descendants > span.children {
        format!("{}, {} below in all", format::count(u64::from(span.children)), format::count(u64::from(span.descendants)))
    } else {
        format::count(u64::from(span.children))
    };
    let flags = (span.flags != 0).then(|| flag_words(span.flags));
    let trace_state = span.trace_state.clone();
    let source = span.source.clone();
    let signs: Vec<_> = marks::in_set(span.marks)
        .map(|mark| {
            let words = marks::words(mark);
            view! {
                <li class="span-mark">
                    <strong>{words.short}</strong>
                    " "
                    {words.meaning}
                </li>
            }
        })
        .collect();
    view! {
        <dl class="span-facts">
            <div>
                <dt>"Duration"</dt>
                <dd title=format::duration_exact(span.duration)>
                    {if unfinished { "no end".to_owned() } else { format::duration(span.duration) }}
                </dd>
            </div>
            <div>
                <dt>"Self time"</dt>
                <dd title=format::duration_exact(span.self_time)>
                    {format::duration(span.self_time)} " "
                    {(span.duration > 0).then(|| view! { <span class="span-facts__more">{share.clone()}</span> })}
                </dd>
            </div>
            <div class="span-facts__wide">
                <dt>"Start"</dt>
                <dd>
                    {relative(start)} " "
                    <span class="span-facts__more" title=unit_words>{show(move || at(start))}</span>
                </dd>
            </div>
            {show(move || adjusted(state, (start, trace_start), shift))}
            <div class="span-facts__wide">
                <dt>"End"</dt>
                <dd>
                    {relative(end)} " "
                    <span class="span-facts__more" title=unit_words>{show(move || at(end))}</span>
                </dd>
            </div>
            <div>
                <dt>"Status"</dt>
                <dd class="span-facts__status" data-status=status.0>{status.1}</dd>
            </div>
            <div>
                <dt>"Kind"</dt>
                <dd>{kind}</dd>
            </div>
            {(!message.is_empty())
                .then(|| {
                    view! {
                        <div class="span-facts__wide">
                            <dt>"Message"</dt>
                            <dd class="span-facts__message" data-status=status.0>{message.clone()}</dd>
                        </div>
                    }
                })}
            <div class="span-facts__wide">
                <dt>"Span id"</dt>
                <dd>
                    <code>{if span_id.is_empty() { "none".to_owned() } else { span_id }}</code>
                    <button
                        class="copy"
                        type="button"
                        aria-label="Copy the span id"
                        title="Copy the span id"
                        on:click=move |_| actions::copy_text(app, "Span id", &id_to_copy)
                    >
                        <Icon glyph=Glyph::Copy/>
                    </button>
                </dd>
            </div>
            <div class="span-facts__wide">
                <dt>"Parent"</dt>
                <dd>{parent(state, span)}</dd>
            </div>
            <div>
                <dt>"Children"</dt>
                <dd>{children}</dd>
            </div>
            <div>
                <dt>"Level"</dt>
                <dd>{format::count(u64::from(span.level))}</dd>
            </div>
            {flags.map(|flags| view! { <div class="span-facts__wide"><dt>"Flags"</dt><dd>{flags}</dd></div> })}
            {(!trace_state.is_empty())
                .then(|| {
                    view! {
                        <div class="span-facts__wide">
                            <dt>"Trace state"</dt>
                            <dd><code>{trace_state.clone()}</code></dd>
                        </div>
                    }
                })}
            {(!source.is_empty())
                .then(|| {
                    view! {
                        <div class="span-facts__wide">
                            <dt>"Source"</dt>
                            <dd class="span-facts__source">{source.clone()}</dd>
                        </div>
                    }
                })}
        </dl>
        {(!signs.is_empty()).then(|| view! { <ul class="span-marks" aria-label="What is odd about this span">{signs}</ul> })}
    }
}

/// Where the span is drawn instead, while times are adjusted.
fn adjusted(state: TraceState, (start, trace_start): (u64, u64), shift: i64) -> Option<AnyView> {
    (shift != 0 && start != 0 && state.adjusted().get()).then(|| {
        let words = format!("{}, moved by {}", when(start.saturating_add_signed(shift), trace_start), signed(shift));
        view! {
            <div class="span-facts__wide" data-testid="adjusted-start">
                <dt>"Adjusted start"</dt>
                <dd>{words}</dd>
            </div>
        }
        .into_any()
    })
}

fn parent(state: TraceState, span: &SpanView) -> AnyView {
    match &span.parent {
        Some(parent) => brief_link(state, parent),
        None if span.parent_id.is_empty() => view! { <span class="span-facts__more">"none: a root"</span> }.into_any(),
        None => view! {
            <code>{span.parent_id.clone()}</code>
            " "
            <span class="span-facts__more">"not among the spans that were read"</span>
        }
        .into_any(),
    }
}

/// A span that can be gone to, in this trace or in another.
pub(super) fn brief_link(state: TraceState, brief: &SpanBrief) -> AnyView {
    let app = state.app();
    let SpanBrief { trace_id, span_id, span, name, service } = brief.clone();
    let service_name = app.service_name(service);
    let here = state.trace.with_value(|trace| trace.trace_id == trace_id);
    let go = move |_| {
        if here {
            state.go_to(None, span);
        } else {
            go_to_other(app, &trace_id, &span_id);
        }
    };
    view! {
        <button class="span-link" type="button" on:click=go>
            <ServiceDot color=app.service_color(service)/>
            <span class="span-link__name">{name}</span>
            <span class="span-link__service">{service_name}</span>
            {(!here).then(|| view! { <span class="span-link__elsewhere">"another trace"</span> })}
        </button>
    }
    .into_any()
}

fn go_to_other(app: AppState, trace_id: &str, span_id: &str) {
    actions::go_span(app, trace_id, span_id);
}

/// OTLP's flags: the lower 8 bits are W3C's, of which the first says that the trace was sampled; bits 8 and 9 tell
/// whether the parent is in another process, and whether that is known.
fn flag_words(flags: u32) -> String {
    let mut words = vec![format!("0x{flags:08x}")];
    if flags & 1 != 0 {
        words.push("sampled".to_owned());
    }
    if flags & 2 != 0 {
        words.push("random trace id".to_owned());
    }
    match (flags & 0x100 != 0, flags & 0x200 != 0) {
        (true, true) => words.push("parent is remote".to_owned()),
        (true, false) => words.push("parent is local".to_owned()),
        (false, _) => {}
    }
    words.join(", ")
}

//! All that is known of one span, beside the waterfall.

mod attributes;
mod events;
mod links;
mod logs;
mod summary;
mod value;

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Answer, AttributeNode, AttributeOwner, Reply, Request, SpanView, StatusCode, TextRequest, TextView};
use crate::scene::format;
use crate::ui::actions;
use crate::ui::acts;
use crate::ui::export;
use crate::ui::notes::{self, Subject};
use crate::ui::parts::{Glyph, Icon, ServiceDot};
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, Manner};

use attributes::{Nodes, at_button, attribute_list};
use events::event_list;
use links::link_list;
use logs::{log_record, span_exemplars, span_logs};
use summary::summary;

use super::gestures;
use super::state::TraceState;
use super::toolbar::focus_grid;

/// The narrowest panel.
const PANEL_MIN_CSS_PX: f64 = 280.0;

/// What outlives the span that is shown: the filter, and which sections are closed.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    state: TraceState,
    needle: RwSignal<String>,
    closed: RwSignal<Vec<&'static str>>,
}

/// The panel, while it is open and a span is selected.
pub(super) fn span_panel(state: TraceState) -> impl IntoView {
    let panel = Panel { state, needle: RwSignal::new(String::new()), closed: RwSignal::new(Vec::new()) };
    let shown = Memo::new(move |_| {
        if state.detail_open.get() {
            state.selected.with(|selected| selected.as_ref().map(|selected| (selected.span, selected.log)))
        } else {
            None
        }
    });
    effect(move |_| {
        let Some((span, log)) = shown.get() else {
            return;
        };
        state.app().ask_into(Slot::Span, Request::Span { span, log }, state.detail, |reply| match reply {
            Reply::Span(view) => Some(*view),
            _ => None,
        });
    });
    let is_open = Memo::new(move |_| shown.get().is_some());
    move || {
        is_open.get().then(|| {
            view! {
                <PanelSplitter state/>
                <aside class="span-panel" data-testid="span-detail" aria-label="Span details">
                    <div class="span-panel__scroll" tabindex="0">
                        {show(move || content(panel))}
                    </div>
                </aside>
            }
        })
    }
}

/// The edge between waterfall and details.
#[component]
fn PanelSplitter(state: TraceState) -> impl IntoView {
    let drag = StoredValue::new(None::<f64>);
    let width = move || state.detail_css_px.get();
    let set = move |css_px: f64| {
        let whole = crate::browser::window()
            .and_then(|window| window.inner_width().ok())
            .and_then(|width| width.as_f64())
            .unwrap_or(1280.0);
        state.set_detail_width(css_px.clamp(PANEL_MIN_CSS_PX, (whole * 0.7).max(PANEL_MIN_CSS_PX)));
    };
    view! {
        <div
            class="span-splitter"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label="Width of the details"
            aria-valuenow=move || format!("{:.0}", width())
            aria-valuemin="280"
            aria-valuemax="1600"
            on:pointerdown=move |event| {
                drag.set_value(Some(f64::from(event.client_x()) + width()));
                gestures::capture(&event);
            }
            on:pointermove=move |event| {
                if let Some(grip) = drag.get_value() {
                    set(grip - f64::from(event.client_x()));
                }
            }
            on:pointerup=move |_| drag.set_value(None)
            on:pointercancel=move |_| drag.set_value(None)
            on:keydown=move |event| {
                let step = if event.shift_key() { 64.0 } else { 16.0 };
                match event.key().as_str() {
                    "ArrowLeft" => set(width() + step),
                    "ArrowRight" => set(width() - step),
                    "Home" => set(f64::from(u16::MAX)),
                    "End" => set(0.0),
                    _ => return,
                }
                event.prevent_default();
                event.stop_propagation();
            }
        ></div>
    }
}

fn content(panel: Panel) -> AnyView {
    let state = panel.state;
    state.detail.with(|remote| match (remote.latest(), remote.failure()) {
        (_, Some(failure)) => view! {
            <div class="span-panel__empty" role="alert">
                <p>{failure.headline.clone()}</p>
                <p>{failure.remedy.clone()}</p>
            </div>
        }
        .into_any(),
        (Some(span), None) => untrack(|| span_view(panel, span)),
        (None, None) => view! { <p class="span-panel__empty">"Loading the span"</p> }.into_any(),
    })
}

fn span_view(panel: Panel, span: &Arc<SpanView>) -> AnyView {
    let state = panel.state;
    let app = state.app();
    let row = span.brief.span;
    let name = span.brief.name.clone();
    let service = span.brief.service;
    let failed = span.status == StatusCode::Error;
    let filter_box = NodeRef::<html::Input>::new();
    let close = move |_| {
        state.detail_open.set(false);
        focus_grid(state);
    };
    let sections = sections(panel, span);
    let subjects = StoredValue::new(acts::Subject::of_span(&app.service_name(service), &name, span.kind, span.status));
    let subject = Subject {
        trace_id: span.brief.trace_id.clone(),
        span_id: span.brief.span_id.clone(),
        name: format!("{} {name}", app.service_name(service)),
    };
    // Nothing could find a span again that has no id.
    let can_mark = !subject.span_id.is_empty();
    let marks = can_mark.then(|| {
        let (to_pin, to_note) = (subject.clone(), subject.clone());
        view! { {notes::pin_button(app, to_pin, "span")} {notes::note_button(to_note, "span")} }
    });
    view! {
        <header class="span-head">
            <div class="span-head__line">
                <h2 class="span-head__name" data-error=failed.then_some("")>{name}</h2>
                {marks}
                <button class="button button--quiet button--icon" type="button" aria-label="Close the details" title="Close (Esc)" on:click=close>
                    <Icon glyph=Glyph::Close/>
                </button>
            </div>
            <p class="span-head__service">
                <ServiceDot color=app.service_color(service)/>
                <span>{app.service_name(service)}</span>
            </p>
        </header>
        {can_mark.then(|| notes::note(app, subject))}
        {log_record(panel, span)}
        {summary(panel, span)}
        <div class="span-tools">
            <input
                class="field span-tools__filter"
                type="text"
                placeholder="Filter keys and values"
                aria-label="Filter keys and values"
                autocomplete="off"
                spellcheck="false"
                node_ref=filter_box
                prop:value=move || panel.needle.get()
                on:input=move |event| panel.needle.set(event_target_value(&event))
            />
            <button
                class="button button--quiet button--icon"
                type="button"
                aria-haspopup="menu"
                aria-label="Filter by this span's service, operation, kind or status"
                title="Filter, exclude, group by service, operation, kind, status (a)"
                on:click=move |event| {
                    let at = at_button(&event).unwrap_or_default();
                    acts::open(subjects.get_value(), at);
                }
            >
                <Icon glyph=Glyph::Funnel/>
            </button>
            <button
                class="button"
                type="button"
                title="Copy this span as an OTLP JSON document"
                on:click=move |_| copy_request(app, "Span as OTLP JSON", TextRequest::SpanAsOtlpJson { span: row })
            >
                <Icon glyph=Glyph::Copy/>
                "OTLP JSON"
            </button>
            <button
                class="button"
                type="button"
                title="Export this span and all below it"
                on:click=move |_| export::show_span(app, row)
            >
                <Icon glyph=Glyph::Save/>
                "Export"
            </button>
        </div>
        {sections}
    }
    .into_any()
}

fn sections(panel: Panel, span: &Arc<SpanView>) -> impl IntoView + use<> {
    let SpanView { attributes, events, links, linked_from_count, resource, scope, .. } = &**span;
    let (for_events, for_links) = (Arc::clone(span), Arc::clone(span));
    let (logs, exemplars) = (span_logs(panel, span), span_exemplars(panel, span));
    let [n_logs, n_exemplars] = [span.logs_count, span.exemplars_count].map(|count| count as usize);
    let attribute_nodes = Nodes::new(attributes, Some(AttributeOwner::Span));
    let resource_nodes = Nodes::new(resource, Some(AttributeOwner::Resource));
    let scope_nodes = Nodes::new(&scope.attributes, Some(AttributeOwner::Scope));
    let link_count = links.len() + *linked_from_count as usize;
    let scope_name = format!("{} {}", scope.name, scope.version).trim().to_owned();
    let scope_count = usize::from(!scope_name.is_empty()) + top_level(&scope.attributes);
    let scope_name = (!scope_name.is_empty()).then(|| view! { <p class="span-section__words">{scope_name}</p> });
    let [no_attributes, no_events, no_links] = [
        dropped(span.dropped_attributes, "attribute"),
        dropped(span.dropped_events, "event"),
        dropped(span.dropped_links, "link"),
    ];
    let [no_resource, no_scope] = [span.resource_dropped, scope.dropped].map(|count| dropped(count, "attribute"));
    let [resource_schema, scope_schema] = [&span.resource_schema_url, &scope.schema_url].map(|url| schema(url));
    view! {
        <Section panel title="Attributes" count=top_level(attributes)>
            {attribute_list(panel, &attribute_nodes)}
            {no_attributes}
        </Section>
        <Section panel title="Events" count=events.len()>
            {event_list(panel, for_events)}
            {no_events}
        </Section>
        {(n_logs > 0).then(|| view! { <Section panel title="Logs" count=n_logs>{logs}</Section> })}
        {(n_exemplars > 0).then(|| view! { <Section panel title="Metrics" count=n_exemplars>{exemplars}</Section> })}
        <Section panel title="Links" count=link_count>
            {link_list(panel, &for_links)}
            {no_links}
        </Section>
        <Section panel title="Resource" count=top_level(resource)>
            {attribute_list(panel, &resource_nodes)}
            {no_resource}
            {resource_schema}
        </Section>
        <Section panel title="Scope" count=scope_count>
            {scope_name}
            {attribute_list(panel, &scope_nodes)}
            {no_scope}
            {scope_schema}
        </Section>
    }
}

/// A part of the details, which the reader can close. What is empty says so in one word.
#[component]
fn Section(panel: Panel, title: &'static str, count: usize, children: Children) -> impl IntoView {
    let open = panel.closed.with_untracked(|closed| !closed.contains(&title));
    let details = NodeRef::<html::Details>::new();
    let toggled = move |_| {
        let Some(open) = details.get_untracked().map(|details| details.open()) else {
            return;
        };
        panel.closed.update(|closed| {
            closed.retain(|closed| *closed != title);
            if !open {
                closed.push(title);
            }
        });
    };
    view! {
        <details class="span-section" open=open node_ref=details on:toggle=toggled data-empty=(count == 0).then_some("")>
            <summary class="span-section__title">
                <h3>{title}</h3>
                <span class="span-section__count">
                    {if count == 0 { "none".to_owned() } else { format::count(count as u64) }}
                </span>
            </summary>
            <div class="span-section__body">{children()}</div>
        </details>
    }
}

fn top_level(nodes: &[AttributeNode]) -> usize {
    nodes.iter().filter(|node| node.depth == 0).count()
}

fn dropped(count: u32, what: &str) -> impl IntoView + use<> {
    let words = format!("{} dropped by the producer", format::counted(u64::from(count), what));
    (count > 0).then(|| view! { <p class="span-section__dropped">{words}</p> })
}

fn schema(url: &str) -> impl IntoView + use<> {
    let url = url.to_owned();
    (!url.is_empty()).then(|| view! { <p class="span-section__schema">"Schema " <code>{url}</code></p> })
}

/// Asks the engine for a text and puts it on the clipboard.
fn copy_request(app: AppState, what: &'static str, request: TextRequest) {
    app.ask(Slot::Text, Request::Text(request), move |answer| match answer {
        Answer::Reply(Reply::Text(TextView { text })) => actions::copy_text(app, what, &text),
        Answer::Failed(failure) => app.announce(failure.headline, Manner::Shown),
        Answer::Reply(_) | Answer::Cancelled => {}
    });
}

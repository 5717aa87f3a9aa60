//! The heading of a trace: what it is, when it was, how much is in it, and what is odd about it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::protocol::{Mark, TraceView};
use crate::route::View;
use crate::scene::format::{self, TimeDigits};
use crate::ui::actions;
use crate::ui::notes;
use crate::ui::parts::{Glyph, Icon, ServiceDot};
use crate::ui::portion;
use crate::ui::reactive::show;
use crate::ui::state::TimeZone;

use super::clocks::clocks;
use super::commands::trace_subject;
use super::marks;
use super::state::TraceState;

/// Services that are named before "and 5 more".
const SERVICES_SHOWN: usize = 12;

/// The heading.
pub(super) fn header(state: TraceState) -> impl IntoView {
    let app = state.app();
    let trace = state.heading();
    let id = trace.trace_id.clone();
    let (id_to_copy, id_of_map) = (id.clone(), id.clone());
    let start = trace.start;
    let start_words = move || {
        if start == 0 {
            return "no start".to_owned();
        }
        let offset = app.zone_offset_minutes(start);
        format!("{} {}", format::absolute(start, offset, TimeDigits::Millis), format::utc_offset(offset))
    };
    let swap_zone = move |_| {
        let zone = match app.time_zone.get_untracked() {
            TimeZone::Local => TimeZone::Utc,
            TimeZone::Utc => TimeZone::Local,
        };
        actions::set_time_zone(app, zone);
    };
    let errors = u64::from(trace.errors);
    let root_service = trace.root_service;
    view! {
        <header class="trace-head">
            <div class="trace-head__line">
                <button
                    class="button button--quiet button--icon"
                    type="button"
                    on:click=move |_| actions::go(app, View::Traces)
                    aria-label="Back to the traces"
                    title="Back to the traces"
                >
                    <Icon glyph=Glyph::Back/>
                </button>
                <h1 class="trace-head__title">
                    <span class="trace-head__service">
                        <ServiceDot color=app.service_color(root_service)/>
                        {app.service_name(root_service)}
                    </span>
                    " "
                    <span class="trace-head__name">{trace.root_name.clone()}</span>
                </h1>
                <div class="trace-head__tools">
                    {notes::pin_button(app, trace_subject(state), "trace")}
                    {notes::note_button(trace_subject(state), "trace")}
                </div>
                <button
                    class="button trace-head__map"
                    type="button"
                    title="The services of this trace, and who calls whom"
                    on:click=move |_| actions::go_trace_map(app, &id_of_map)
                >
                    "Map"
                </button>
                <button
                    class="trace-head__id"
                    type="button"
                    title="Copy the trace id"
                    on:click=move |_| actions::copy_text(app, "Trace id", &id_to_copy)
                >
                    <span class="visually-hidden">"Copy trace id "</span>
                    <code>{id}</code>
                    <Icon glyph=Glyph::Copy/>
                </button>
            </div>
            <dl class="trace-head__facts">
                <div>
                    <dt>"Duration"</dt>
                    <dd title=format::duration_exact(trace.duration)>{format::duration(trace.duration)}</dd>
                </div>
                <div>
                    <dt>"Start"</dt>
                    <dd>
                        <button class="trace-head__zone" type="button" on:click=swap_zone title="Switch between local time and UTC">
                            {start_words}
                        </button>
                    </dd>
                </div>
                {fact("Spans", u64::from(trace.spans))}
                {fact("Services", trace.services.len() as u64)}
                <div class="trace-head__errors" data-some=(errors > 0).then_some("")>
                    <dt>"Errors"</dt>
                    <dd>{format::count(errors)}</dd>
                </div>
                {fact("Depth", u64::from(trace.depth))}
                {(trace.events > 0).then(|| fact("Events", u64::from(trace.events)))}
                {(trace.logs > 0).then(|| fact("Logs", u64::from(trace.logs)))}
                {(trace.links > 0).then(|| fact("Links", u64::from(trace.links)))}
            </dl>
            {notes::note(app, trace_subject(state))}
            <Services state trace=Arc::clone(&trace)/>
            {clocks(state, &trace)}
            <Warnings trace cut=portion::may_be_cut(app)/>
        </header>
    }
}

fn fact(name: &'static str, count: u64) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{format::count(count)}</dd>
        </div>
    }
}

/// The services of the trace, in their colors, those with the most spans first.
#[component]
fn Services(state: TraceState, trace: Arc<TraceView>) -> impl IntoView {
    let app = state.app();
    let all = RwSignal::new(false);
    let services = trace.services.clone();
    let more = services.len().saturating_sub(SERVICES_SHOWN);
    let chips = move || {
        let shown = if all.get() { services.len() } else { SERVICES_SHOWN };
        services
            .iter()
            .take(shown)
            .map(|&(service, spans)| {
                let words = format!("{}: {}", app.service_name(service), format::counted(u64::from(spans), "span"));
                view! {
                    <li class="service-chip" title=words>
                        <ServiceDot color=app.service_color(service)/>
                        <span class="service-chip__name">{app.service_name(service)}</span>
                        <span class="service-chip__count">{format::count_short(u64::from(spans))}</span>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <ul class="trace-head__services" aria-label="Services" tabindex="0">
            {chips}
            {show(move || {
                (more > 0 && !all.get())
                    .then(|| {
                        view! {
                            <li>
                                <button class="service-chip service-chip--more" type="button" on:click=move |_| all.set(true)>
                                    {format!("{more} more")}
                                </button>
                            </li>
                        }
                    })
            })}
        </ul>
    }
}

/// What is odd about the trace, in words.
#[component]
fn Warnings(trace: Arc<TraceView>, cut: bool) -> impl IntoView {
    let mut warnings = Vec::new();
    if cut {
        warnings.push((
            "May be incomplete".to_owned(),
            "Only a part of the data is loaded, and not by whole traces: spans of this trace may have been left out.",
        ));
    }
    if trace.roots == 0 {
        warnings.push((
            "The root is missing".to_owned(),
            "No span of this trace is without a parent: what called its first spans was not read.",
        ));
    }
    for (mark, &count) in Mark::ALL.into_iter().zip(&trace.marked) {
        if count > 0 && marks::shown_as_warning(mark) {
            let words = marks::words(mark);
            let what =
                if count == 1 { words.short.to_owned() } else { format!("{} {}", format::count(u64::from(count)), words.many) };
            warnings.push((what, words.meaning));
        }
    }
    let items: Vec<_> = warnings
        .into_iter()
        .map(|(what, meaning)| {
            view! {
                <li class="trace-head__warning">
                    <details>
                        <summary>{what}</summary>
                        <p>{meaning}</p>
                    </details>
                </li>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <ul class="trace-head__warnings" aria-label="What is odd about this trace">
                {items}
            </ul>
        }
    })
}

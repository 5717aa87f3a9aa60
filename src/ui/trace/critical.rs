//! Where the time of the trace goes: the critical path by service and operation.

use std::sync::Arc;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{CriticalRequest, CriticalRow, CriticalView, Reply, Request};
use crate::route::TraceMode;
use crate::scene::format;
use crate::ui::parts::{Glyph, Icon, ServiceDot};
use crate::ui::reactive::{effect, show};
use crate::ui::remote::Remote;

use super::state::TraceState;

/// Operations that are listed.
const OPERATIONS: u32 = 50;
/// Services with a name of their own under the bar.
const SERVICES: usize = 12;

/// The toggle.
pub(super) fn critical_toggle(state: TraceState) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button button--quiet"
            aria-pressed=move || if state.colors().with(|colors| colors.critical) { "true" } else { "false" }
            title="Draw the critical path on the bars, and break it down (c)"
            on:click=move |_| state.toggle_critical()
        >
            "Critical path"
        </button>
    }
}

/// The breakdown, while the path is drawn. A flame graph has no place for it.
pub(super) fn critical_panel(state: TraceState) -> impl IntoView {
    let open = Memo::new(move |_| state.colors().with(|colors| colors.critical) && state.mode().get() != TraceMode::Flame);
    let view = RwSignal::new(Remote::<CriticalView>::Idle);
    let asked = StoredValue::new(None::<bool>);
    effect(move |_| {
        let adjusted = state.adjusted().get();
        if open.get() && asked.get_value() != Some(adjusted) {
            asked.set_value(Some(adjusted));
            let request = Request::Critical(CriticalRequest { trace_id: state.trace_id(), limit: OPERATIONS, adjusted });
            state.app().ask_into(Slot::Critical, request, view, |reply| match reply {
                Reply::Critical(view) => Some(view),
                _ => None,
            });
        }
    });
    move || {
        open.get().then(|| {
            view! {
                <section class="critical" data-testid="critical-path" aria-label="Critical path">
                    {show(move || view.with(|view| match (view.latest(), view.failure()) {
                        (Some(path), _) => untrack(|| breakdown(state, path)),
                        (None, Some(failure)) => view! { <p class="critical__note" role="alert">{failure.headline.clone()}</p> }.into_any(),
                        (None, None) => view! { <p class="critical__note" role="status">"Walking back the critical path"</p> }.into_any(),
                    }))}
                </section>
            }
        })
    }
}

fn breakdown(state: TraceState, path: &Arc<CriticalView>) -> AnyView {
    let app = state.app();
    let sum = format!(
        "{} of {} in {}",
        format::duration(path.total),
        format::duration(path.duration),
        format::counted(u64::from(path.spans), "span")
    );
    let total = path.total;
    let stripes: Vec<_> = path
        .services
        .iter()
        .filter(|(_, time)| *time > 0)
        .map(|&(service, time)| {
            let words = format!("{}: {}, {}", app.service_name(service), format::percent(time, total), format::duration(time));
            view! { <span class="critical__stripe" style:--share=share(time, total) style:--swatch=app.service_color(service) title=words></span> }
        })
        .collect();
    let services: Vec<_> = path
        .services
        .iter()
        .take(SERVICES)
        .map(|&(service, time)| {
            view! {
                <li class="critical__service">
                    <ServiceDot color=app.service_color(service)/>
                    <span class="critical__name">{app.service_name(service)}</span>
                    <span class="critical__percent">{format::percent(time, total)}</span>
                </li>
            }
        })
        .collect();
    let more_services = path.services.len().saturating_sub(SERVICES);
    let more_services = (more_services > 0).then(|| view! { <li class="critical__more">{format!("{more_services} more")}</li> });
    let longest = path.operations.first().map_or(1, |row| row.time.max(1));
    let operations: Vec<_> = path.operations.iter().map(|row| operation(state, row, total, longest)).collect();
    let more = u64::from(path.operation_count).saturating_sub(path.operations.len() as u64);
    let more = (more > 0).then(|| {
        view! { <li class="critical__more">{format!("{} with less time", format::counted(more, "more operation"))}</li> }
    });
    let outliving = path.outliving;
    view! {
        <header class="critical__head">
            <h2 class="critical__title">"Critical path"</h2>
            <p class="critical__sum">{sum}</p>
            {definition(outliving)}
            <button
                class="button button--quiet button--icon"
                type="button"
                aria-label="Hide the critical path"
                title="Hide the critical path (c)"
                on:click=move |_| state.toggle_critical()
            >
                <Icon glyph=Glyph::Close/>
            </button>
        </header>
        <div class="critical__bar" aria-hidden="true">
            {stripes}
        </div>
        <ul class="critical__services" aria-label="Services on the critical path">
            {services}
            {more_services}
        </ul>
        <ul class="critical__operations" aria-label="Operations on the critical path">
            {operations}
            {more}
        </ul>
    }
    .into_any()
}

/// A part of a whole for the style sheet: a number from 0 to 1.
fn share(part: u64, whole: u64) -> String {
    format!("{:.5}", part as f64 / whole.max(1) as f64)
}

fn operation(state: TraceState, row: &CriticalRow, total: u64, longest: u64) -> impl IntoView + use<> {
    let app = state.app();
    let CriticalRow { service, name, time, spans, span_id } = row.clone();
    let words = format!("Go to the span of {} {name} with the most time on the path", app.service_name(service));
    let counted = (spans > 1).then(|| format!("×{}", format::count(u64::from(spans))));
    view! {
        <li>
            <button class="critical__operation" type="button" title=words on:click=move |_| state.go_to(Some(span_id.clone()), 0)>
                <ServiceDot color=app.service_color(service)/>
                <span class="critical__name">
                    {name}
                    " "
                    <span class="critical__of">{app.service_name(service)}</span>
                    {counted.map(|counted| view! { <span class="critical__count">{counted}</span> })}
                </span>
                <span class="critical__track" style:--share=share(time, longest) style:--swatch=app.service_color(service) aria-hidden="true"></span>
                <span class="critical__percent">{format::percent(time, total)}</span>
                <span class="critical__time">{format::duration(time)}</span>
            </button>
        </li>
    }
}

/// How the path is found, and what it leaves out.
fn definition(outliving: u32) -> impl IntoView {
    let outliving_words = match outliving {
        0 => "Here no span outlives its parent.".to_owned(),
        1 => "Here 1 span outlives its parent.".to_owned(),
        many => format!("Here {} spans outlive their parents.", format::count(u64::from(many))),
    };
    view! {
        <details class="critical__how">
            <summary>"What is this?"</summary>
            <p>
                "The parts of spans whose shortening would shorten the trace. Read backwards from the end of a span: of its children that have ended by then, "
                "the one that finished last is what it waited for, so the path is that child's until the child began, and goes on from there; "
                "what no such child covers is the span's own time. "
                "A child that runs on after its parent has ended was waited for up to that end at most, and takes no part in the path beyond it. "
                {outliving_words}
            </p>
        </details>
    }
}

//! Clocks that seem to be apart: a quiet notice, its proof, and the switch to times as they would be if the clocks agreed.

use leptos::prelude::*;

use crate::protocol::{ClockPairView, ProcessView, TraceView};
use crate::scene::format;
use crate::ui::parts::ServiceDot;

use super::state::TraceState;

/// The notice, where there is anything to tell.
pub(super) fn clocks(state: TraceState, trace: &TraceView) -> Option<AnyView> {
    let app = state.app();
    let first = trace.clocks.first()?;
    let outside: u64 = trace.clocks.iter().map(|pair| u64::from(pair.outside)).sum();
    let name = |process: &ProcessView| app.service_name(process.service);
    let others = match trace.clocks.len() - 1 {
        0 => String::new(),
        others => format!(", and {} more", format::counted(others as u64, "pair")),
    };
    let run = if outside == 1 { "runs outside its parent" } else { "run outside their parents" };
    let words = format!(
        "{} {run}: the clocks of {} and {} may differ by {}{others}",
        format::counted(outside, "span"),
        name(&first.parent),
        name(&first.child),
        format::duration(first.offset.unsigned_abs())
    );
    let pairs: Vec<_> = trace.clocks.iter().map(|pair| pair_view(state, pair)).collect();
    let adjusted = state.adjusted();
    Some(
        view! {
            <section class="trace-clocks" data-testid="clocks" aria-label="Clocks">
                <details class="trace-clocks__notice">
                    <summary>{words}</summary>
                    <p>
                        "What a span waits for cannot begin before it, nor end after it. The offsets below would put such spans inside "
                        "their parents; they are estimates, and the times of the file are what is shown unless you switch."
                    </p>
                    <ul class="trace-clocks__pairs">{pairs}</ul>
                </details>
                <button
                    class="button"
                    type="button"
                    data-testid="adjust-clocks"
                    aria-pressed=move || if adjusted.get() { "true" } else { "false" }
                    title="Show the trace as it would be if the clocks agreed: waterfall, minimap, critical path, flame graph and table"
                    on:click=move |_| state.toggle_adjusted()
                >
                    "Adjusted times"
                </button>
            </section>
        }
        .into_any(),
    )
}

/// An offset with its sign.
pub(super) fn signed(nanos: i64) -> String {
    let sign = if nanos < 0 { "−" } else { "+" };
    format!("{sign}{}", format::duration(nanos.unsigned_abs()))
}

fn pair_view(state: TraceState, pair: &ClockPairView) -> AnyView {
    let app = state.app();
    let process = |process: &ProcessView| {
        let instance = process.instance.clone();
        view! {
            <ServiceDot color=app.service_color(process.service)/>
            " "
            {app.service_name(process.service)}
            " "
            {(!instance.is_empty()).then(|| view! { <code>{instance.clone()}</code> })}
        }
    };
    let bounds = match (pair.low, pair.high) {
        (Some(low), Some(high)) if low <= high => format!("anything from {} to {} would do", signed(low), signed(high)),
        (Some(low), Some(high)) => {
            format!("uncertain: some spans need {} or more, others {} or less", signed(low), signed(high))
        }
        (Some(low), None) => format!("{} or more would do", signed(low)),
        (None, Some(high)) => format!("{} or less would do", signed(high)),
        (None, None) => String::new(),
    };
    let counts =
        format!("{} of {} outside", format::count(u64::from(pair.outside)), format::counted(u64::from(pair.calls), "call"));
    let proof: Vec<_> = pair
        .proof
        .iter()
        .map(|span| {
            let span_id = span.span_id.clone();
            view! {
                <button class="trace-clocks__span" type="button" on:click=move |_| state.show_span(&span_id)>
                    {span.name.clone()}
                </button>
            }
        })
        .collect();
    view! {
        <li class="trace-clocks__pair" data-uncertain=pair.is_uncertain.then_some("")>
            <p>
                {process(&pair.parent)}
                " and "
                {process(&pair.child)}
                ": "
                <strong>{signed(pair.offset)}</strong>
                {format!(" for the second; {bounds}. {counts}:")}
            </p>
            <div class="trace-clocks__proof">{proof}</div>
        </li>
    }
    .into_any()
}

//! Links to other spans, and from them.

use leptos::prelude::*;

use crate::protocol::{AttributeOwner, LinkView, SpanView};
use crate::scene::format;
use crate::ui::actions;

use super::attributes::{Nodes, attribute_list};
use super::summary::brief_link;
use super::{Panel, dropped};

/// Both directions.
pub(super) fn link_list(panel: Panel, span: &SpanView) -> impl IntoView + use<> {
    let state = panel.state;
    let to: Vec<_> = span.links.iter().map(|link| link_view(panel, link)).collect();
    let from: Vec<_> =
        span.linked_from.iter().map(|brief| view! { <li class="span-event">{brief_link(state, brief)}</li> }).collect();
    let more = u64::from(span.linked_from_count).saturating_sub(span.linked_from.len() as u64);
    view! {
        {(!to.is_empty())
            .then(|| {
                view! {
                    <h4 class="span-section__part">"To"</h4>
                    <ul class="span-events">{to}</ul>
                }
            })}
        {(!from.is_empty())
            .then(|| {
                view! {
                    <h4 class="span-section__part">"From"</h4>
                    <ul class="span-events">{from}</ul>
                    {(more > 0).then(|| view! { <p class="span-section__dropped">{format!("and {} more", format::count(more))}</p> })}
                }
            })}
    }
}

/// What is not here may be on the connected server.
fn fetchable(panel: Panel, trace_id: &str, span_id: &str) -> Option<AnyView> {
    let app = panel.state.app();
    app.server.connection()?;
    let (trace_id, span_id) = (trace_id.to_owned(), span_id.to_owned());
    let go = move |_| actions::go_span(app, &trace_id, &span_id);
    Some(view! { " " <button class="button" type="button" on:click=go>"Look on the server"</button> }.into_any())
}

fn link_view(panel: Panel, link: &LinkView) -> AnyView {
    let LinkView { trace_id, span_id, target, trace_state, flags: _, attributes, dropped: dropped_count } = link;
    let head = match target {
        Some(brief) => brief_link(panel.state, brief),
        None => view! {
            <p class="span-event__missing">
                "Span " <code>{span_id.clone()}</code> " of trace " <code>{trace_id.clone()}</code>
                ", not among the spans that were read"
                {fetchable(panel, trace_id, span_id)}
            </p>
        }
        .into_any(),
    };
    let trace_state = trace_state.clone();
    view! {
        <li class="span-event">
            {head}
            {(!trace_state.is_empty())
                .then(|| view! { <p class="span-section__schema">"Trace state " <code>{trace_state}</code></p> })}
            {attribute_list(panel, &Nodes::new(attributes, Some(AttributeOwner::Link)))}
            {dropped(*dropped_count, "attribute")}
        </li>
    }
    .into_any()
}

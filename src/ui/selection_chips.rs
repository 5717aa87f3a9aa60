//! What narrows all views, as chips: each says what it lets through, and takes itself away.

use leptos::prelude::*;

use crate::protocol::{Brush, Group, Population, SpanKind, StatusCode};
use crate::scene::format::{self, TimeDigits};

use super::actions;
use super::parts::{Glyph, Icon};
use super::state::{AppState, use_app};

/// The chips; nothing where nothing is brushed.
#[component]
pub fn SelectionChips() -> impl IntoView {
    let app = use_app();
    let brushes = Memo::new(move |_| app.route.with(|route| route.selection.brushes.clone()));
    move || {
        let brushes = brushes.get();
        (!brushes.is_empty()).then(|| {
            let all = (brushes.len() > 1).then(|| {
                view! {
                    <li>
                        <button class="button button--quiet" type="button" on:click=move |_| actions::clear_brushes(app)>
                            "Remove all"
                        </button>
                    </li>
                }
            });
            view! {
                <ul class="chips" aria-label="Selection">
                    {brushes.into_iter().map(|brush| chip(app, brush)).collect_view()} {all}
                </ul>
            }
        })
    }
}

fn chip(app: AppState, brush: Brush) -> impl IntoView {
    let words = Memo::new({
        let brush = brush.clone();
        move |_| words(app, &brush)
    });
    view! {
        <li>
            <button
                class="chip"
                type="button"
                data-testid="selection-chip"
                title="Take this away from the selection"
                on:click=move |_| actions::remove_brush(app, &brush)
            >
                <span class="visually-hidden">"Remove from the selection: "</span>
                <span class="chip__words">{words}</span>
                <Icon glyph=Glyph::Close />
            </button>
        </li>
    }
}

/// What a brush lets through, in words; reactive.
fn words(app: AppState, brush: &Brush) -> String {
    let mut parts = Vec::new();
    if let Some((from, to)) = brush.start {
        let offset = app.zone_offset_minutes(from);
        let digits = if to - from < 10_000_000_000 { TimeDigits::Millis } else { TimeDigits::Seconds };
        parts.push(format!("{} – {}", format::absolute(from, offset, digits), format::time_of_day(to, offset, digits)));
    }
    if let Some((from, to)) = brush.duration {
        parts.push(if to == u64::MAX {
            format!("{} or longer", format::duration(from))
        } else {
            format!("{} – {}", format::duration(from), format::duration(to))
        });
    }
    if brush.errors_only {
        parts.push("with errors".to_owned());
    }
    parts.extend(brush.group.as_ref().map(group_words));
    let of = match brush.of {
        Population::Spans => "Spans",
        Population::Traces => "Traces",
    };
    format!("{of}: {}", parts.join(", "))
}

/// A group in words, as charts, legends and tables have it.
pub fn group_words(group: &Group) -> String {
    match group {
        Group::All => "all".to_owned(),
        Group::Service(name) => name.clone(),
        Group::Operation { service, name } => format!("{service} {name}"),
        Group::Kind(kind) => kind_words(*kind).to_owned(),
        Group::Status(status) => status_words(*status).to_owned(),
        Group::Attribute { key, value: Some(value) } => format!("{key} = {value}"),
        Group::Attribute { key, value: None } => format!("no {key}"),
        Group::Other => "other".to_owned(),
    }
}

/// A span kind in OpenTelemetry's word.
pub fn kind_words(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified => "Unspecified",
        SpanKind::Internal => "Internal",
        SpanKind::Server => "Server",
        SpanKind::Client => "Client",
        SpanKind::Producer => "Producer",
        SpanKind::Consumer => "Consumer",
    }
}

/// A status code in OpenTelemetry's word.
pub fn status_words(status: StatusCode) -> &'static str {
    match status {
        StatusCode::Unset => "Unset",
        StatusCode::Ok => "Ok",
        StatusCode::Error => "Error",
    }
}

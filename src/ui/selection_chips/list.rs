//! The chips themselves.

use leptos::prelude::*;

use super::group_words;
use crate::protocol::{Brush, Population};
use crate::scene::format::{self, TimeDigits};
use crate::ui::actions;
use crate::ui::acts::list::{funnel, of_brush};
use crate::ui::parts::{Glyph, Icon};
use crate::ui::state::AppState;

/// The chips.
#[inline(never)]
pub fn chips(app: AppState) -> AnyView {
    let brushes = Memo::new(move |_| app.route.with(|route| route.selection.brushes.clone()));
    let chips = move || {
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
    };
    chips.into_any()
}

fn chip(app: AppState, brush: Brush) -> AnyView {
    let words = Memo::new({
        let brush = brush.clone();
        move |_| brush_words(app, &brush)
    });
    let label = format!("Write into the query: {}", words.get_untracked());
    let acts = {
        let brush = brush.clone();
        funnel(label, move || vec![of_brush(app, &brush)])
    };
    view! {
        <li class="chips__entry">
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
            {acts}
        </li>
    }
    .into_any()
}

/// What a brush lets through, in words; reactive.
pub(in crate::ui) fn brush_words(app: AppState, brush: &Brush) -> String {
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

//! The lines' names, with what they came to last: a click shows a line alone, with Shift it hides it; its funnel writes it into the query.

use leptos::prelude::*;
use web_sys::MouseEvent;

use super::plot::Plot;
use crate::charts::{label_words, last_values};
use crate::protocol::SeriesAnswer;
use crate::ui::acts::list::{funnel, of_fields, on_key, on_menu};
use crate::ui::reactive::show;
use crate::ui::state::palette_color;

/// Entries, at most; the list can be scrolled.
const ENTRIES_MAX: usize = 100;

/// The legend; nothing where there is one line without a name.
pub(super) fn legend(plot: Plot) -> AnyView {
    show(move || {
        let view = plot.view()?;
        let SeriesAnswer::Lines(lines) = &view.answer else {
            return None;
        };
        if lines.iter().all(|line| line.labels.is_empty()) {
            return None;
        }
        let values = last_values(&view);
        let entries = lines.iter().zip(values).take(ENTRIES_MAX).map(|(line, (_, value))| {
            let label = label_words(&line.labels);
            entry(plot, label, value, palette_color(line.color), &line.fields)
        });
        let more = lines.len().saturating_sub(ENTRIES_MAX);
        let more = (more > 0).then(|| view! { <li class="chart-legend__entry">{format!("{more} more")}</li> });
        Some(
            view! {
                <ul class="chart-legend series__legend" aria-label="Series">
                    {entries.collect_view()} {more}
                </ul>
            }
            .into_any(),
        )
    })
}

fn entry(plot: Plot, label: String, value: String, color: &'static str, fields: &[(String, String)]) -> AnyView {
    let is_shown = {
        let label = label.clone();
        move || plot.shown.with(|shown| shown.has(&label)).to_string()
    };
    let clicked = {
        let label = label.clone();
        move |event: MouseEvent| {
            plot.shown.update(|shown| *shown = if event.shift_key() { shown.toggled(&label) } else { shown.isolated(&label) });
        }
    };
    // None where no query can say what the line is.
    let own: Vec<_> = (!fields.is_empty()).then(|| of_fields(fields, &label)).into_iter().collect();
    let has_acts = !own.is_empty();
    let own = StoredValue::new(own);
    let subjects = move || own.get_value();
    let acts = has_acts.then(|| funnel(format!("Filter, exclude or color by {label}"), subjects));
    view! {
        <li
            class="chart-legend__item"
            on:contextmenu=move |event| on_menu(&event, subjects())
            on:keydown=move |event| on_key(&event, subjects)
        >
            <button
                class="chart-legend__entry chart-legend__entry--button series__entry"
                type="button"
                title="Click: show it alone. Shift and click: hide it."
                aria-pressed=is_shown
                on:click=clicked
            >
                <span class="service-dot" style:--service=color aria-hidden="true"></span>
                <span class="chart-legend__name">{label}</span>
                <span class="chart-legend__count">{value}</span>
            </button>
            {acts}
        </li>
    }
    .into_any()
}

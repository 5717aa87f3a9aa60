//! What a metrics query draws, on a card above the list: lines, a heatmap, or the table of `compare()`.

mod compare;
mod files;
mod legend;
mod plot;

use leptos::prelude::*;

use super::kind::kind_of_filter;
use crate::charts::{self, series_is_empty};
use crate::link::Slot;
use crate::protocol::{QueryKind, Reply, Request, SeriesAnswer, SeriesRequest, SeriesView};
use crate::ui::failure_panel::FailureNote;
use crate::ui::reactive::{effect, show};
use crate::ui::remote::Remote;
use crate::ui::state::AppState;
use plot::Plot;

/// A step takes so many pixels.
const STEP_CSS_PX: u32 = 6;
/// Steps that are asked for; in tens, so that dragging the window's edge does not ask at each pixel.
const STEPS_MIN: u32 = 20;
const STEPS_MAX: u32 = 240;
/// What the axes take of the width.
const AXES_CSS_PX: u32 = 72;

/// What the card shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// The picture, or the place for it.
    Picture,
    /// The table of `compare()`.
    Table,
    /// That there is nothing.
    Nothing,
    /// Why there is nothing, which the note above says.
    Failure,
}

/// The card.
#[inline(never)]
pub fn series_card(app: AppState) -> AnyView {
    let data: RwSignal<Remote<SeriesView>> = RwSignal::new(Remote::Idle);
    let plot = Plot::new(app, data);
    ask(plot);
    let shows = Memo::new(move |_| {
        data.with(|data| match (data.latest(), data.failure()) {
            (_, Some(_)) => Shows::Failure,
            (Some(view), None) if series_is_empty(view) => Shows::Nothing,
            (Some(view), None) if matches!(view.answer, SeriesAnswer::Compare(_)) => Shows::Table,
            (Some(_) | None, None) => Shows::Picture,
        })
    });
    let body = move || match shows.get() {
        Shows::Picture => plot::picture(plot),
        Shows::Table => show(move || plot.view().map(|view| compare::table(app, &view))),
        Shows::Nothing => view! {
            <p class="series__nothing" role="status">
                "There is nothing to draw: no span goes into the series."
            </p>
        }
        .into_any(),
        Shows::Failure => ().into_any(),
    };
    view! {
        <figure
            class="chart series"
            data-testid="query-series"
            data-loading=move || data.with(Remote::is_loading).to_string()
            data-series=move || plot.view().map(|view| count(&view).to_string())
        >
            <header class="chart__head">
                <h2 class="chart__title">"Series of the query"</h2>
                <p class="chart__hint">{move || plot.view().map(|view| hint(&view))}</p>
                {show(move || (shows.get() != Shows::Failure).then(|| files::menu_of(plot)))}
            </header>
            {show(move || {
                let failure = data.with(|data| data.failure().cloned());
                failure.map(|failure| view! { <FailureNote failure>""</FailureNote> })
            })}
            {show(body)}
            {show(move || (shows.get() == Shows::Picture).then(|| legend::legend(plot)))}
            {show(move || remarks(plot))}
        </figure>
    }
    .into_any()
}

/// Asks for the series whenever what they are of, or the room for them, changes.
fn ask(plot: Plot) {
    let app = plot.app();
    let kind = kind_of_filter(app);
    let selection = Memo::new(move |_| app.route.with(|route| route.selection.clone()));
    let steps = Memo::new(move |_| match plot.size.get().0 {
        0 => 0,
        width => (width.saturating_sub(AXES_CSS_PX) / STEP_CSS_PX / 10 * 10).clamp(STEPS_MIN, STEPS_MAX),
    });
    effect(move |_| {
        let (selection, steps) = (selection.get(), steps.get());
        if steps == 0 || app.epoch() == 0 || kind.get() != Some(QueryKind::Metrics) {
            return;
        }
        let request = Request::Series(Box::new(SeriesRequest { selection, steps }));
        app.ask_into(Slot::Series, request, plot.data, |reply| match reply {
            Reply::Series(view) => Some(*view),
            _ => None,
        });
    });
}

fn count(view: &SeriesView) -> usize {
    match &view.answer {
        SeriesAnswer::Lines(lines) => lines.len(),
        SeriesAnswer::Heat { .. } => 1,
        SeriesAnswer::Compare(compared) => compared.attributes.len(),
    }
}

/// What the values are, and by what the lines are told apart.
fn hint(view: &SeriesView) -> String {
    let unit = charts::unit_words(view.unit);
    let keys = match &view.answer {
        SeriesAnswer::Lines(lines) => lines.first().map(|line| line.labels.iter().map(|(key, _)| key.as_str()).collect()),
        SeriesAnswer::Heat { .. } | SeriesAnswer::Compare(_) => None,
    };
    let by = match keys.unwrap_or_else(Vec::new).join(", ") {
        keys if keys.is_empty() => keys,
        keys => format!("by {keys}"),
    };
    let step = match &view.answer {
        SeriesAnswer::Compare(_) => String::new(),
        SeriesAnswer::Lines(_) | SeriesAnswer::Heat { .. } => {
            format!("steps of {}", crate::scene::format::duration_exact(view.step))
        }
    };
    [[unit, &by].join(" ").trim().to_owned(), step].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What was left out, and other remarks.
fn remarks(plot: Plot) -> Option<AnyView> {
    let view = plot.view()?;
    let mut remarks = view.remarks.clone();
    if let SeriesAnswer::Heat { series, .. } = &view.answer
        && *series > 1
    {
        remarks.push(format!("{series} series are added up."));
    }
    let left_out = plot.with_chart(|chart| chart.left_out).unwrap_or(0);
    if left_out > 0 {
        let drawn = charts::LINES_MAX;
        remarks.push(format!("Drawn are the {drawn} series that reach highest; the other {left_out} are in the CSV figures."));
    }
    let remarks = remarks.into_iter().map(|remark| view! { <li>{remark}</li> }).collect_view();
    Some(view! { <ul class="series__remarks">{remarks}</ul> }.into_any())
}

//! The picture: axes, lines or cells, spans that show values; and what pointer and keys read of it.

use std::fmt::Write as _;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use crate::charts::{self, DrawnExemplar, Frame, HEAT_LEVELS, SeriesChart, Shown};
use crate::protocol::{SeriesAnswer, SeriesView};
use crate::scene::format;
use crate::ui::actions;
use crate::ui::latency::{tip, watch_size};
use crate::ui::reactive::show;
use crate::ui::remote::Remote;
use crate::ui::state::{AppState, palette_color};

/// The readout stands this far from the pointer.
const TIP_AIR_CSS_PX: f64 = 14.0;
/// Rows of the table for whoever does not see the picture.
const ROWS_MAX: usize = 100;
/// Names what describes the picture.
const SUMMARY_ID: &str = "series-values";

/// The picture's own state. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Plot {
    /// Beside the rest, for its size.
    app: StoredValue<AppState, LocalStorage>,
    /// The engine's answer.
    pub data: RwSignal<Remote<SeriesView>>,
    /// Of the stage, in CSS pixels.
    pub size: RwSignal<(u32, u32)>,
    /// Which lines are.
    pub shown: RwSignal<Shown>,
    /// Where the pointer is on the stage.
    pointer: RwSignal<Option<(f64, f64)>>,
    /// The step that the keyboard is at.
    cursor: RwSignal<Option<u32>>,
    /// The span that the focus goes to, or is at.
    current: RwSignal<usize>,
    /// Whether it is there.
    is_in: RwSignal<bool>,
}

impl Plot {
    pub(super) fn new(app: AppState, data: RwSignal<Remote<SeriesView>>) -> Self {
        Self {
            app: StoredValue::new_local(app),
            data,
            size: RwSignal::new((0, 0)),
            shown: RwSignal::new(Shown::default()),
            pointer: RwSignal::new(None),
            cursor: RwSignal::new(None),
            current: RwSignal::new(0),
            is_in: RwSignal::new(false),
        }
    }

    /// The page's state.
    pub(super) fn app(self) -> AppState {
        self.app.get_value()
    }

    /// The newest answer; reactive.
    pub(super) fn view(self) -> Option<Arc<SeriesView>> {
        self.data.with(|data| data.latest().cloned())
    }

    /// The chart as it is laid out now, if there is one; reactive.
    pub(super) fn with_chart<T>(self, read: impl FnOnce(&SeriesChart<'_>) -> T) -> Option<T> {
        let (width, height) = self.size.get();
        self.with_chart_in(Frame { width, height, ..Frame::default() }, read)
    }

    /// The same in another frame.
    pub(super) fn with_chart_in<T>(self, frame: Frame, read: impl FnOnce(&SeriesChart<'_>) -> T) -> Option<T> {
        let view = self.view()?;
        let offset_minutes = self.app().zone_offset_minutes(view.start);
        let frame = Frame { offset_minutes, ..frame };
        self.shown.with(|shown| SeriesChart::new(&view, shown, frame).map(|chart| read(&chart)))
    }

    /// What is read: a span that the pointer or the focus is at, or else a step; reactive.
    fn target(self) -> Option<Target> {
        if self.is_in.get() {
            return Some(Target::Exemplar(self.current.get()));
        }
        match (self.pointer.get(), self.cursor.get()) {
            (Some((x, y)), _) => self
                .with_chart(|chart| match chart.exemplar_at(x, y) {
                    Some(at) => Some(Target::Exemplar(at)),
                    None => chart.step_at(x, y).map(Target::Step),
                })
                .flatten(),
            (None, step) => step.map(Target::Step),
        }
    }
}

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Step(u32),
    Exemplar(usize),
}

/// The stage.
pub(super) fn picture(plot: Plot) -> AnyView {
    let stage = NodeRef::<html::Div>::new();
    watch_size(stage, plot.size);
    let target = Memo::new(move |_| plot.target());
    let summary = move || {
        let view = plot.view();
        view.map_or_else(
            || "Loading".to_owned(),
            |view| charts::series_summary(&view, plot.app().zone_offset_minutes(view.start)),
        )
    };
    // Only what the keyboard does is said: the pointer's readout would never stop.
    let said = move || {
        let step = plot.cursor.get()?;
        plot.with_chart(|chart| chart.readout(step).words())
    };
    let all_hidden = move || plot.shown.with(|shown| *shown != Shown::default()) && plot.with_chart(|_| ()).is_none();
    view! {
        <div
            class="chart__stage series__stage"
            tabindex="0"
            role="application"
            aria-roledescription="chart"
            aria-label="Series of the query. Arrow keys read it step by step."
            aria-describedby=SUMMARY_ID
            data-near=move || matches!(target.get(), Some(Target::Exemplar(_))).to_string()
            node_ref=stage
            on:pointermove=move |event| plot.pointer.set(place(stage, &event))
            on:pointerdown=move |event| plot.pointer.set(place(stage, &event))
            on:pointerleave=move |_| plot.pointer.set(None)
            on:click=move |event| click(plot, stage, &event)
            on:keydown=move |event| key(plot, &event)
            on:blur=move |_| plot.cursor.set(None)
        >
            <svg class="series__picture" role="img" aria-label=summary>
                {show(move || plot.with_chart(figures))}
            </svg>
            {show(move || plot.with_chart(|chart| points(plot, stage, chart)))}
            {show(move || target.get().and_then(|target| overlay(plot, target)))}
            {show(move || all_hidden().then(|| everything_again(plot)))}
        </div>
        <div id=SUMMARY_ID class="visually-hidden">
            {show(move || plot.view().map(|view| values_table(&view)))}
        </div>
        <p class="visually-hidden" aria-live="polite">
            {said}
        </p>
    }
    .into_any()
}

fn place(stage: NodeRef<html::Div>, event: &MouseEvent) -> Option<(f64, f64)> {
    let bounds = stage.get_untracked()?.get_bounding_client_rect();
    Some((f64::from(event.client_x()) - bounds.left(), f64::from(event.client_y()) - bounds.top()))
}

/// Opens the span that is meant.
fn click(plot: Plot, stage: NodeRef<html::Div>, event: &MouseEvent) {
    let Some((x, y)) = place(stage, event) else {
        return;
    };
    if let Some(at) = untrack(|| plot.with_chart(|chart| chart.exemplar_at(x, y))).flatten() {
        open(plot, at);
    }
}

/// Opens the trace of a span, at the span.
fn open(plot: Plot, at: usize) {
    let ids = untrack(|| {
        plot.with_chart(|chart| {
            let drawn = chart.exemplars().into_iter().nth(at)?;
            let exemplar = drawn.line.exemplars.get(drawn.at)?;
            Some((exemplar.trace_id.clone(), exemplar.span_id.clone()))
        })
    });
    if let Some((trace_id, span_id)) = ids.flatten() {
        actions::go_span(plot.app(), &trace_id, &span_id);
    }
}

/// Moves the cursor, lets go.
fn key(plot: Plot, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let before = plot.cursor.get_untracked();
    let last = untrack(|| plot.view()).map_or(0, |view| view.steps.saturating_sub(1));
    let next = match event.key().as_str() {
        "ArrowLeft" => before.map_or(last, |step| step.saturating_sub(1)),
        "ArrowRight" => before.map_or(0, |step| step.saturating_add(1).min(last)),
        "Home" => 0,
        "End" => last,
        "Escape" => {
            if before.is_some() {
                event.prevent_default();
                event.stop_propagation();
                plot.cursor.set(None);
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    plot.pointer.set(None);
    plot.cursor.set(Some(next));
}

/// Axes, and what they are of.
fn figures(chart: &SeriesChart<'_>) -> AnyView {
    let plot = chart.plot;
    let values = chart.value_marks().into_iter().map(|mark| {
        view! {
            <line class="series__grid" x1=plot.left x2=plot.right y1=mark.place y2=mark.place />
            <text class="series__label" x=plot.left - 8.0 y=mark.label_place text-anchor="end" dominant-baseline="middle">
                {mark.label}
            </text>
        }
    });
    let times = chart.time_marks().into_iter().map(|mark| {
        view! {
            <line class="series__grid" x1=mark.place x2=mark.place y1=plot.top y2=plot.bottom + 4.0 />
            <text class="series__label" x=mark.label_place y=plot.bottom + 15.0 text-anchor="middle">
                {mark.label}
            </text>
        }
    });
    // The first line on top.
    let lines = chart.lines().into_iter().rev().map(|drawn| {
        let color = palette_color(drawn.line.color);
        let (dots, runs): (Vec<_>, Vec<_>) = drawn.runs.iter().partition(|run| run.len() == 1);
        let path: String = runs.into_iter().map(|run| charts::path_text(run)).collect();
        let dots = dots.into_iter().flatten().map(|&(x, y)| {
            view! { <circle class="series__dot" style:--service=color cx=x cy=y r="2.5" /> }
        });
        view! {
            <path class="series__line" style:--service=color d=path />
            {dots.collect_view()}
        }
    });
    view! {
        <g aria-hidden="true">
            {values.collect_view()} {times.collect_view()} {cells(chart)}
            <line class="series__grid series__grid--base" x1=plot.left x2=plot.right y1=plot.bottom y2=plot.bottom />
            {lines.collect_view()}
        </g>
    }
    .into_any()
}

/// The cells of a heatmap: a path for each color.
fn cells(chart: &SeriesChart<'_>) -> Vec<AnyView> {
    let cells = chart.cells();
    if cells.is_empty() {
        return Vec::new();
    }
    let mut paths = vec![String::new(); usize::from(HEAT_LEVELS)];
    for cell in &cells {
        let at = cell.bounds;
        // Seams only where there is room for them.
        let seam = if at.right - at.left >= 4.0 { 1.0 } else { 0.0 };
        if let Some(path) = paths.get_mut(usize::from(cell.level)) {
            let (right, bottom) = (at.right - seam, (at.bottom - seam).max(at.top + 1.0));
            // Writing to a string cannot fail.
            _ = write!(path, "M{:.1} {:.1}H{right:.1}V{bottom:.1}H{:.1}Z", at.left, at.top, at.left);
        }
    }
    let path =
        |(level, path): (usize, String)| view! { <path class="series__cells" data-level=level.to_string() d=path /> }.into_any();
    paths.into_iter().enumerate().map(path).collect()
}

/// The spans that show values, one of which can have the focus, and what a heatmap's colors mean.
fn points(plot: Plot, stage: NodeRef<html::Div>, chart: &SeriesChart<'_>) -> AnyView {
    let exemplars = chart.exemplars();
    let count = exemplars.len();
    if plot.current.get_untracked() >= count {
        plot.current.set(0);
    }
    // The one that had the focus is gone, and is not blurred for it everywhere.
    if plot.is_in.get_untracked() {
        plot.is_in.set(false);
    }
    let point = |(at, drawn): (usize, DrawnExemplar<'_>)| {
        let words = chart.exemplar_readout(at).map(|readout| readout.words()).unwrap_or_default();
        view! {
            <button
                class="series__point"
                type="button"
                role="link"
                aria-label=format!("Span, {words}. Opens its trace.")
                tabindex=move || if plot.current.get() == at { "0" } else { "-1" }
                data-at=at.to_string()
                style:--service=palette_color(drawn.line.color)
                style:--x=format!("{:.1}px", drawn.x)
                style:--y=format!("{:.1}px", drawn.y)
                on:click=move |event| {
                    event.stop_propagation();
                    open(plot, at);
                }
                on:focus=move |_| {
                    plot.current.set(at);
                    plot.is_in.set(true);
                }
                on:blur=move |_| {
                    // It may be gone with the whole card.
                    _ = plot.is_in.try_set(false);
                }
                on:keydown=move |event| point_key(stage, at, count, &event)
            ></button>
        }
    };
    let points: Vec<_> = exemplars.into_iter().enumerate().map(point).collect();
    let ramp = matches!(chart.view.answer, SeriesAnswer::Heat { .. }).then(|| {
        let swatches = (0..HEAT_LEVELS).map(|level| view! { <i class="series__swatch" data-level=level.to_string()></i> });
        view! {
            <p class="series__ramp">
                "1" <span class="series__swatches">{swatches.collect_view()}</span> {format::counted(chart.most(), "span")}
            </p>
        }
    });
    view! {
        {(count > 0).then(|| view! { <div class="series__points" role="group" aria-label="Spans that show values">{points}</div> })}
        {ramp}
    }
    .into_any()
}

/// From span to span.
fn point_key(stage: NodeRef<html::Div>, at: usize, count: usize, event: &KeyboardEvent) {
    let next = match event.key().as_str() {
        "ArrowLeft" => at.saturating_sub(1),
        "ArrowRight" => at.saturating_add(1).min(count.saturating_sub(1)),
        "Home" => 0,
        "End" => count.saturating_sub(1),
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let stage: Option<Element> = stage.get_untracked().map(Into::into);
    let found = stage.and_then(|stage| stage.query_selector(&format!("[data-at=\"{next}\"]")).ok().flatten());
    if let Some(point) = found.and_then(|point| point.dyn_into::<HtmlElement>().ok()) {
        // It is on the page, so it can be focused.
        _ = point.focus();
    }
}

/// What is read, marked, with its readout beside it.
fn overlay(plot: Plot, target: Target) -> Option<AnyView> {
    let px = |css_px: f64| format!("{css_px:.1}px");
    let (x, readout, bounds, dots) = plot
        .with_chart(|chart| match target {
            Target::Step(step) => {
                let dots: Vec<_> = chart.dots(step).into_iter().map(|(x, y, line)| (x, y, line.color)).collect();
                Some((chart.middle(step), chart.readout(step), chart.plot, dots))
            }
            Target::Exemplar(at) => {
                let drawn = chart.exemplars().into_iter().nth(at)?;
                Some((drawn.x, chart.exemplar_readout(at)?, chart.plot, Vec::new()))
            }
        })
        .flatten()?;
    // On the side where there is room.
    let on_left = x > f64::from(plot.size.get().0) / 2.0;
    let tip_x = if on_left { x - TIP_AIR_CSS_PX } else { x + TIP_AIR_CSS_PX };
    let tip_y = plot.pointer.get().map_or(bounds.top, |(_, y)| y);
    let dots = dots.into_iter().map(|(x, y, color)| {
        view! { <i class="series__mark" style:--service=palette_color(color) style:--x=px(x) style:--y=px(y)></i> }
    });
    let height = px(bounds.bottom - bounds.top);
    Some(
        view! {
            <div class="chart__over" aria-hidden="true">
                <div class="series__cross" style:--x=px(x) style:--y=px(bounds.top) style:--height=height></div>
                {dots.collect_view()}
                {tip(&readout, on_left, px(tip_x), px(tip_y))}
            </div>
        }
        .into_any(),
    )
}

/// The way back, where every line is hidden.
fn everything_again(plot: Plot) -> AnyView {
    view! {
        <p class="series__hidden">
            "No line is shown. "
            <button class="button button--small" type="button" on:click=move |_| plot.shown.set(Shown::default())>
                "Show all"
            </button>
        </p>
    }
    .into_any()
}

/// The last values, for whoever does not see the picture.
fn values_table(view: &SeriesView) -> AnyView {
    let values = charts::last_values(view);
    let more = values.len().saturating_sub(ROWS_MAX);
    let rows = values.into_iter().take(ROWS_MAX).map(|(label, value)| {
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td>{value}</td>
            </tr>
        }
    });
    let more = (more > 0).then(|| format!("And {more} more."));
    view! {
        <table>
            <caption>"Last values"</caption>
            <thead>
                <tr>
                    <th scope="col">"Series"</th>
                    <th scope="col">"Last value"</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {more}
    }
    .into_any()
}

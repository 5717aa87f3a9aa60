//! A chart on its card: the canvas, what lies over it, and what pointer and keys do.
//!
//! The picture is drawn when its figures, its size or its colors change. What follows the pointer are elements above it, so that
//! moving draws nothing anew. Pointer, keyboard and picture read the same [`Chart`], laid out from the same figures.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent};

use crate::browser::canvas::{CanvasBackend, text_measure};
use crate::browser::frame::Repaint;
use crate::charts::{self, Bounds, Cells, Chart, ChartKind, Cursor, Figures, Frame, Move, Readout};
use crate::protocol::{Brush, Condition};
use crate::ui::actions;
use crate::ui::acts::{self, list::of_brush};
use crate::ui::reactive::{effect, on_size, show};
use crate::ui::state::palette_color;

use super::export::export_menu;
use super::look;
use super::page::Page;

/// The readout stands this far from the pointer.
const TIP_AIR_CSS_PX: f64 = 14.0;

/// A chart's own state. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Card {
    pub page: Page,
    pub kind: ChartKind,
    /// Of the stage, in CSS pixels.
    pub size: RwSignal<(u32, u32)>,
    /// Where the pointer is on the stage.
    pointer: RwSignal<Option<(f64, f64)>>,
    /// Where a drag began.
    drag: RwSignal<Option<Cells>>,
    /// Where the keyboard is.
    cursor: RwSignal<Option<Cursor>>,
    /// The region whose acts were opened last.
    offered: RwSignal<Option<(Cells, Brush)>>,
}

impl Card {
    /// The chart as it is laid out now, if there is one; reactive.
    pub(super) fn with_chart<T>(self, read: impl FnOnce(&Chart<'_>) -> T) -> Option<T> {
        let (width, height) = self.size.get();
        self.with_chart_in(Frame { width, height, ..Frame::default() }, read)
    }

    /// The same figures in another frame.
    pub(super) fn with_chart_in<T>(self, frame: Frame, read: impl FnOnce(&Chart<'_>) -> T) -> Option<T> {
        let view = self.page.view()?;
        let names = self.page.names.get();
        let offset_minutes = self.page.app().zone_offset_minutes(view.start);
        let figures = Figures { view: &view, of: self.page.of(), heat: self.page.heat(), names: &names };
        Chart::new(self.kind, figures, Frame { offset_minutes, ..frame }).map(|chart| read(&chart))
    }

    /// What is pointed at: the region whose acts are open, the drag's, the bin under the pointer, or the keyboard's region; reactive.
    fn region(self) -> Option<Cells> {
        if let Some((cells, brush)) = self.offered.get() {
            let is_open = acts::wanted().with(|wanted| {
                let subject = wanted.as_ref().and_then(|wanted| wanted.subjects.first());
                subject.is_some_and(|subject| matches!(&subject.condition, Condition::Brush(of) if *of == brush))
            });
            if is_open {
                return Some(cells);
            }
        }
        let drag = self.drag.get();
        match (self.pointer.get(), self.cursor.get()) {
            (Some((x, y)), _) => self
                .with_chart(|chart| match drag {
                    Some(from) => Some(from.with(chart.cell_at(x, y))),
                    None => chart.is_near(x, y).then(|| chart.cell_at(x, y)),
                })
                .flatten(),
            (None, Some(cursor)) => Some(cursor.cells()),
            (None, None) => None,
        }
    }

    /// What selects a region, if anything is in it.
    fn brush_of(self, cells: Cells) -> Option<Brush> {
        untrack(|| self.with_chart(|chart| (chart.counted(cells).0 > 0).then(|| chart.brush(cells))).flatten())
    }

    /// Opens what can be done with the region that is pointed at. False where there is none.
    fn offer(self, at: (f64, f64)) -> bool {
        let Some((cells, brush)) = untrack(|| self.region()).and_then(|cells| Some((cells, self.brush_of(cells)?))) else {
            return false;
        };
        let subject = of_brush(self.page.app(), &brush);
        self.offered.set(Some((cells, brush)));
        acts::open(vec![subject], at);
        true
    }

    /// Selects a region, if anything is in it.
    fn brush(self, cells: Cells) {
        let brush = self.brush_of(cells);
        self.cursor.set(None);
        self.pointer.set(None);
        if let Some(brush) = brush {
            actions::add_brush(self.page.app(), brush);
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self.kind {
            ChartKind::Histogram => "Durations",
            ChartKind::Heatmap => "Durations over time",
            ChartKind::Percentiles => "Percentiles over time",
            ChartKind::Rate => "Rate and errors over time",
        }
    }

    fn test_id(self) -> &'static str {
        match self.kind {
            ChartKind::Histogram => "chart-histogram",
            ChartKind::Heatmap => "chart-heatmap",
            ChartKind::Percentiles => "chart-percentiles",
            ChartKind::Rate => "chart-rate",
        }
    }

    fn summary_id(self) -> String {
        format!("{}-summary", self.test_id())
    }
}

/// A chart.
pub(super) fn chart_card(page: Page, kind: ChartKind) -> AnyView {
    let card = Card {
        page,
        kind,
        size: RwSignal::new((0, 0)),
        pointer: RwSignal::new(None),
        drag: RwSignal::new(None),
        cursor: RwSignal::new(None),
        offered: RwSignal::new(None),
    };
    let stage = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    watch_size(stage, card.size);
    repaint(card, canvas);

    let summary = Memo::new(move |_| card.with_chart(charts::summary).unwrap_or_default());
    let region = Memo::new(move |_| card.region());
    let hint = move || {
        let by_group = page.view().is_some_and(|view| !view.groups.is_empty());
        match kind {
            ChartKind::Percentiles if by_group => "p95 of each group",
            _ => "",
        }
    };
    // Only what the keyboard does is said: the pointer's readout would never stop.
    let said = move || {
        card.cursor.get()?;
        region.get().and_then(|cells| card.with_chart(|chart| chart.readout(cells).words()))
    };
    let count = move || page.view().map(|view| view.all.stats.calls.to_string());
    let errors = move || page.view().map(|view| view.all.stats.errors.to_string());
    let groups = move || page.view().map(|view| view.groups.len().to_string());
    view! {
        <figure class="chart">
            <header class="chart__head">
                <h2 class="chart__title">{card.title()}</h2>
                <p class="chart__hint">{hint}</p>
                {export_menu(card)}
            </header>
            <div
                class="chart__stage"
                tabindex="0"
                role="application"
                aria-roledescription="chart"
                aria-label=format!("{}. Arrow keys read it bin by bin, Shift extends, Enter selects, A filters or excludes.", card.title())
                aria-describedby=card.summary_id()
                data-testid=card.test_id()
                data-count=count
                data-errors=errors
                data-groups=groups
                data-drag=move || card.drag.get().map(|_| "")
                node_ref=stage
                on:pointerdown=move |event| down(card, stage, &event)
                on:pointermove=move |event| card.pointer.set(place(stage, &event))
                on:pointerup=move |event| up(card, stage, &event)
                on:pointercancel=move |_| let_go(card)
                on:pointerleave=move |_| {
                    if card.drag.get_untracked().is_none() {
                        card.pointer.set(None);
                    }
                }
                on:contextmenu=move |event| menu(card, &event)
                on:keydown=move |event| key(card, stage, &event)
                on:blur=move |_| card.cursor.set(None)
            >
                <canvas class="chart__canvas" role="img" aria-label=move || format!("{}: {}", card.title(), summary.get()) node_ref=canvas></canvas>
                {show(move || region.get().and_then(|cells| overlay(card, cells)))}
            </div>
            <figcaption id=card.summary_id() class="visually-hidden">
                {summary}
            </figcaption>
            <p class="visually-hidden" aria-live="polite">
                {said}
            </p>
        </figure>
    }
    .into_any()
}

fn place(stage: NodeRef<html::Div>, event: &PointerEvent) -> Option<(f64, f64)> {
    let bounds = stage.get_untracked()?.get_bounding_client_rect();
    Some((f64::from(event.client_x()) - bounds.left(), f64::from(event.client_y()) - bounds.top()))
}

fn down(card: Card, stage: NodeRef<html::Div>, event: &PointerEvent) {
    let at = place(stage, event);
    card.pointer.set(at);
    card.cursor.set(None);
    let Some((x, y)) = at.filter(|_| event.button() == 0) else {
        return;
    };
    let cell = untrack(|| card.with_chart(|chart| chart.is_near(x, y).then(|| chart.cell_at(x, y))).flatten());
    if cell.is_some() {
        card.drag.set(cell);
        if let Some(stage) = stage.get_untracked() {
            let stage: &Element = &stage;
            // Throws for a pointer that is gone already: then there is no drag to follow.
            _ = stage.set_pointer_capture(event.pointer_id());
        }
    }
}

fn up(card: Card, stage: NodeRef<html::Div>, event: &PointerEvent) {
    let (from, at) = (card.drag.get_untracked(), place(stage, event));
    card.drag.set(None);
    let Some((from, (x, y))) = from.zip(at) else {
        return;
    };
    if let Some(to) = untrack(|| card.with_chart(|chart| chart.cell_at(x, y))) {
        card.brush(from.with(to));
    }
}

fn let_go(card: Card) {
    card.drag.set(None);
    card.pointer.set(None);
}

/// What can be done with the region; with Shift the browser's own menu comes.
fn menu(card: Card, event: &MouseEvent) {
    let at = (f64::from(event.client_x()), f64::from(event.client_y()));
    if !event.shift_key() && card.offer(at) {
        event.prevent_default();
    }
}

/// The same by the keyboard, beside the region: where most is, if there is none yet.
fn offer_by_key(card: Card, stage: NodeRef<html::Div>) -> bool {
    if card.cursor.get_untracked().is_none() {
        card.pointer.set(None);
        card.cursor.set(untrack(|| card.with_chart(Cursor::start)));
    }
    let corner = untrack(|| card.region().and_then(|cells| card.with_chart(|chart| chart.bounds(cells))));
    let Some((stage, bounds)) = stage.get_untracked().zip(corner) else {
        return false;
    };
    let frame = stage.get_bounding_client_rect();
    card.offer((frame.left() + bounds.right + 4.0, frame.top() + bounds.top))
}

/// Moves the cursor, brushes, lets go.
fn key(card: Card, stage: NodeRef<html::Div>, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let up_and_down = card.kind == ChartKind::Heatmap;
    let step = match event.key().as_str() {
        "ArrowLeft" => Move::By(-1, 0),
        "ArrowRight" => Move::By(1, 0),
        "ArrowUp" if up_and_down => Move::By(0, 1),
        "ArrowDown" if up_and_down => Move::By(0, -1),
        "Home" => Move::First,
        "End" => Move::Last,
        "a" => {
            if offer_by_key(card, stage) {
                event.prevent_default();
                event.stop_propagation();
            }
            return;
        }
        "Enter" | " " => {
            if let Some(cursor) = card.cursor.get_untracked() {
                event.prevent_default();
                card.brush(cursor.cells());
            }
            return;
        }
        "Escape" => {
            if card.cursor.get_untracked().is_some() || card.drag.get_untracked().is_some() {
                event.prevent_default();
                event.stop_propagation();
                card.cursor.set(None);
                let_go(card);
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    card.pointer.set(None);
    let before = card.cursor.get_untracked();
    let grown = event.shift_key();
    let next = untrack(|| {
        card.with_chart(|chart| match before {
            Some(cursor) => cursor.moved(chart, step, grown),
            // The first key shows where the cursor is.
            None => Cursor::start(chart),
        })
    });
    card.cursor.set(next);
}

/// What is pointed at, framed, with its readout beside it.
fn overlay(card: Card, cells: Cells) -> Option<AnyView> {
    let (bounds, readout, plot) = card.with_chart(|chart| (chart.bounds(cells), chart.readout(cells), chart.plot))?;
    let px = |css_px: f64| format!("{css_px:.1}px");
    let (width, height) = card.size.get();
    let Bounds { left, top, right, bottom } = bounds;
    let point = card.pointer.get().unwrap_or_else(|| (f64::midpoint(left, right), f64::midpoint(top, bottom)));
    // On the side where there is room, and never over the edge of the stage.
    let on_left = point.0 > f64::from(width) / 2.0;
    let x = if on_left { left.min(point.0) - TIP_AIR_CSS_PX } else { right.max(point.0) + TIP_AIR_CSS_PX };
    let y = point.1.clamp(plot.top, f64::from(height));
    let cross = (card.kind == ChartKind::Heatmap).then(|| {
        view! {
            <div class="chart__cross" style:--left=px(plot.left) style:--top=px(top) style:--width=px(plot.right - plot.left) style:--height=px(bottom - top)></div>
        }
    });
    Some(
        view! {
            <div class="chart__over" aria-hidden="true">
                <div class="chart__cross" style:--left=px(left) style:--top=px(plot.top) style:--width=px(right - left) style:--height=px(plot.bottom - plot.top)></div>
                {cross}
                <div
                    class="chart__region"
                    data-drag=card.drag.get().map(|_| "")
                    style:--left=px(left)
                    style:--top=px(top)
                    style:--width=px(right - left)
                    style:--height=px(bottom - top)
                ></div>
                {tip(&readout, on_left, px(x), px(y))}
            </div>
        }
        .into_any(),
    )
}

/// A readout beside a place.
pub(in crate::ui) fn tip(readout: &Readout, on_left: bool, x: String, y: String) -> AnyView {
    let rows = readout.rows.iter().map(|row| {
        let dot = row.color.map(|slot| {
            let color = if slot == u8::MAX { "var(--chart-other)" } else { palette_color(slot) };
            view! { <span class="service-dot" style:--service=color></span> }
        });
        view! {
            <dt class="chart__label">
                {dot}
                <span class="chart__words">{row.label.clone()}</span>
            </dt>
            <dd class="chart__value" data-error=row.is_error.then_some("")>
                {row.value.clone()}
            </dd>
        }
    });
    let side = if on_left { "left" } else { "right" };
    view! {
        <div class="chart__tip" data-side=side style:--x=x style:--y=y>
            <p class="chart__where">{readout.title.clone()}</p>
            <dl class="chart__rows">{rows.collect_view()}</dl>
        </div>
    }
    .into_any()
}

/// Follows the size of a stage.
pub(in crate::ui) fn watch_size(stage: NodeRef<html::Div>, size: RwSignal<(u32, u32)>) {
    on_size(stage, move |stage| {
        let now = (stage.client_width().unsigned_abs(), stage.client_height().unsigned_abs());
        if size.try_get_untracked().is_some_and(|before| before != now) {
            size.set(now);
        }
    });
}

/// Draws the picture, at most once per frame, whenever anything that it is made of changes.
fn repaint(card: Card, canvas: NodeRef<html::Canvas>) {
    let work = StoredValue::new_local(None::<Repaint>);
    on_cleanup(move || work.set_value(None));
    effect(move |_| {
        let Some(canvas) = canvas.get() else {
            return;
        };
        work.set_value(Some(Repaint::new(move |_| {
            let size = card.size.try_get_untracked();
            let look = card.page.look.try_get_untracked().flatten();
            let (Some(size), Some(look)) = (size, look) else {
                return;
            };
            let Some(backend) = CanvasBackend::new(&canvas, size, card.page.ratio.get_untracked()) else {
                return;
            };
            let measure = text_measure(&look::font(&look));
            // A canvas refuses nothing that a chart draws; and an empty one is what a refusal leaves.
            _ = untrack(|| card.with_chart(|chart| charts::draw(chart, backend, &look, &measure)));
        })));
    });
    let counted = Memo::new(move |_| (card.page.of(), card.page.heat()));
    let drawn = move || {
        card.size.track();
        card.page.charts.track();
        card.page.names.track();
        counted.track();
        card.page.look.track();
        card.page.ratio.track();
        card.page.app().time_zone.track();
    };
    effect(move |_| {
        drawn();
        canvas.track();
        if let Some(work) = work.try_get_value().flatten() {
            work.request();
        }
    });
}

/// What pictures are drawn with, once the style sheet was read.
pub(super) fn look_now(card: Card) -> Option<Arc<charts::Look>> {
    card.page.look.get_untracked()
}

//! The waterfall: a treegrid of which only the visible rows exist, with their bars on one canvas over them.

use std::rc::Rc;

use leptos::attr::custom::custom_attribute;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, MouseEvent};

use crate::browser::frame::{self, Repaint};
use crate::browser::observe::ResizeWatch;
use crate::browser::{marks as timing, theme};
use crate::notes::Entry;
use crate::protocol::{Row, StatusCode};
use crate::scene::{Indent, RowSpan, Ruler, format};
use crate::ui::canvas::{self, Board, Palette, slot_color};
use crate::ui::notes;
use crate::ui::reactive::{effect, show};

use super::clocks::signed;
use super::gestures::{self, Gestures};
use super::keys;
use super::log_row::log_row;
use super::marks;
use super::paint::{self, Frame};
use super::stage::{Stage, set_number};
use super::state::{Reveal, Selected, TraceState};

/// Height of the ruler.
const RULER_CSS_PX: f64 = 26.0;

/// The waterfall and its ruler.
pub(super) fn waterfall(state: TraceState) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let grid = NodeRef::<html::Div>::new();
    let spacer = NodeRef::<html::Div>::new();
    let layer = NodeRef::<html::Div>::new();
    let bars = NodeRef::<html::Canvas>::new();
    let ruler = NodeRef::<html::Canvas>::new();
    let watches = StoredValue::new_local(None::<[ResizeWatch; 1]>);
    let gestures = Gestures::new(state);

    effect(move |_| {
        let (Some(root), Some(grid), Some(spacer), Some(layer), Some(bars), Some(ruler)) =
            (root.get(), grid.get(), spacer.get(), layer.get(), bars.get(), ruler.get())
        else {
            return;
        };
        let (Some(bars), Some(ruler)) = (Board::new(bars), Board::new(ruler)) else {
            return;
        };
        let elements: [HtmlElement; 4] = [root.into(), grid.clone().into(), spacer.into(), layer.into()];
        let stage = Rc::new(Stage::new(elements, [bars, ruler], Repaint::new(move |_| paint_frame(state))));
        state.stage.set(Rc::clone(&stage));
        // It tells the first size, too, once the page is laid out: to ask here would lay it out in this task, which is long.
        let watch = ResizeWatch::new(&grid, move || {
            if let Some(stage) = state.stage.get() {
                stage.measure();
                stage.repaint.request();
            }
        });
        watches.set_value(watch.map(|watch| [watch]));
        // Another view was shown meanwhile, and whatever was folded, sought or selected there holds here.
        if state.window.with_untracked(|window| window.generation > 0) {
            stage.set_total(state.window.with_untracked(|window| window.total));
            state.renew();
            state.relocate(Some(Reveal::Center));
        }
    });

    // Another theme has other colors; the style sheet has them in force only after the attribute is set.
    let system = StoredValue::new_local(theme::on_system_change(move || repaint_colors(state)));
    effect(move |_| {
        state.app().theme.track();
        repaint_colors(state);
    });
    on_cleanup(move || {
        watches.set_value(None);
        system.set_value(None);
        state.stage.clear();
    });

    // What the address says is folded, sought or colored by decides how rows are. The first run is what the page began with.
    let sought = Memo::new(move |_| {
        (state.fold.get(), state.find.get(), state.colors().with(|colors| colors.by.clone()), state.adjusted().get())
    });
    effect(move |again| {
        sought.with(|_| ());
        if again {
            state.renew();
        }
    });

    let critical = Memo::new(move |_| state.colors().with(|colors| colors.critical));
    effect(move |_| {
        critical.track();
        state.stage.repaint();
    });

    let active = Memo::new(move |_| {
        let position = state.selected.with(|selected| selected.as_ref().and_then(|at| at.position))?;
        let shown = state.shown.get();
        (shown.first <= position && position < shown.end).then(|| format!("row-{position}"))
    });
    let total = Memo::new(move |_| state.window.with(|window| window.total));

    view! {
        <div class="waterfall" node_ref=root>
            <div class="waterfall__head">
                <canvas
                    class="waterfall__ruler"
                    node_ref=ruler
                    aria-hidden="true"
                    on:pointerdown=move |event| gestures.ruler_down(&event)
                    on:pointermove=move |event| gestures.ruler_move(&event)
                    on:pointerup=move |event| gestures.ruler_up(&event)
                    on:pointercancel=move |_| gestures.cancel()
                    on:dblclick=move |_| state.fit()
                ></canvas>
                <span class="waterfall__heading" aria-hidden="true">
                    "Spans"
                </span>
                <div class="waterfall__selecting" aria-hidden="true"></div>
            </div>
            <div
                class="waterfall__grid"
                role="treegrid"
                data-testid="waterfall"
                tabindex="0"
                aria-label="Spans of the trace"
                aria-rowcount=move || total.get().to_string()
                aria-colcount="2"
                aria-activedescendant=move || active.get()
                aria-busy=move || if state.stale.get() { "true" } else { "false" }
                node_ref=grid
                on:scroll=move |_| state.stage.repaint()
                on:wheel=move |event| gestures.wheel(&event)
                on:pointerdown=move |event| gestures.down(&event)
                on:pointermove=move |event| gestures.moved(&event)
                on:pointerup=move |event| gestures.up(&event)
                on:pointercancel=move |_| gestures.cancel()
                on:pointerleave=move |_| gestures.left()
                on:click=move |event| clicked(state, gestures, &event)
                on:dblclick=move |event| double_clicked(state, &event)
                on:contextmenu=move |event| context_menu(state, &event)
            >
                <div class="waterfall__spacer" role="presentation" node_ref=spacer>
                    <div class="waterfall__viewport" role="presentation">
                        <div class="waterfall__rows" role="presentation" node_ref=layer>
                            {show(move || rows_view(state))}
                        </div>
                        <canvas class="waterfall__bars" aria-hidden="true" node_ref=bars></canvas>
                        <div class="waterfall__overlay" aria-hidden="true"></div>
                        {show(move || nothing_view(state))}
                    </div>
                </div>
            </div>
            <NamesSplitter state/>
        </div>
    }
}

/// In place of rows, when there are none.
fn nothing_view(state: TraceState) -> Option<AnyView> {
    let none = state.window.with(|window| window.generation > 0 && window.total == 0);
    let seeking = state.find.with(|find| find.only && !find.text.is_empty());
    none.then(|| {
        let words = if seeking { "No span matches." } else { "This trace has no spans." };
        view! { <p class="waterfall__nothing">{words}</p> }.into_any()
    })
}

/// The edge between names and bars.
#[component]
fn NamesSplitter(state: TraceState) -> impl IntoView {
    let drag = StoredValue::new(None::<f64>);
    let within = move |css_px: f64| state.stage.get().map_or(css_px, |stage| stage.names_width(css_px));
    let width = move || within(state.names_css_px.get());
    let set = move |css_px: f64| state.set_names_width(within(css_px));
    view! {
        <div
            class="waterfall__splitter"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label="Width of the name column"
            aria-valuenow=move || format!("{:.0}", width())
            aria-valuemin="96"
            aria-valuemax="1200"
            on:pointerdown=move |event| {
                drag.set_value(Some(f64::from(event.client_x()) - width()));
                gestures::capture(&event);
            }
            on:pointermove=move |event| {
                if let Some(grip) = drag.get_value() {
                    set(f64::from(event.client_x()) - grip);
                }
            }
            on:pointerup=move |_| drag.set_value(None)
            on:pointercancel=move |_| drag.set_value(None)
            on:keydown=move |event| {
                let step = if event.shift_key() { 64.0 } else { 16.0 };
                match event.key().as_str() {
                    "ArrowLeft" => set(width() - step),
                    "ArrowRight" => set(width() + step),
                    "Home" => set(0.0),
                    "End" => set(f64::from(u16::MAX)),
                    _ => return,
                }
                event.prevent_default();
                event.stop_propagation();
            }
        ></div>
    }
}

fn repaint_colors(state: TraceState) {
    frame::next(move |_| {
        if let Some(stage) = state.stage.get() {
            stage.palette.replace(Palette::read(&stage.scroller));
            stage.repaint.request();
        }
    });
}

/// Everything that happens once per frame: where the rows are, which are on the screen, their bars, and which to ask for.
fn paint_frame(state: TraceState) {
    let (Some(stage), Some(range)) = (state.stage.get(), state.range.try_get_untracked()) else {
        return;
    };
    let size = stage.size.get();
    if size.width < 1.0 {
        return;
    }
    let top = stage.follow_scroll();
    let map = stage.map.get();
    let visible = map.visible(top);
    let window = state.window.get_untracked();
    let there = window.span();
    let shown =
        RowSpan { first: visible.first.max(there.first), end: visible.end.min(there.end).max(visible.first.max(there.first)) };
    // Where nothing of what should be seen is there yet, what was seen before stays until it is.
    let shown = if shown.is_empty() && map.rows > 0 {
        let before = state.shown.get_untracked();
        if there.covers(before) {
            before
        } else {
            RowSpan { first: there.first, end: there.end.min(there.first + visible.len()) }
        }
    } else {
        shown
    };
    let held = shown.first < visible.first || shown.first >= visible.end.max(1);
    let first_y = if held { 0.0 } else { f64::from(shown.first) * map.row_css_px - top };
    let names = stage.names_width(state.names_css_px.get_untracked());
    let rows = rows_in(&window.rows, window.offset, shown);
    let indent = Indent::fit(rows.iter().map(|row| row.level), names);
    if state.shown.get_untracked() != shown {
        state.shown.set(shown);
    }
    if state.indent.get_untracked() != indent {
        state.indent.set(indent);
    }
    set_number(&stage.layer, "--waterfall-first", first_y);
    set_number(&stage.root, "--waterfall-names", names);

    let selected = state.selected.with_untracked(|selected| selected.as_ref().and_then(|at| at.position));
    let palette = stage.palette.borrow();
    let scale = stage.scale(range, names);
    canvas::prepare(&stage.ruler, size.width, RULER_CSS_PX, size.ratio);
    palette.use_font(&stage.ruler.context);
    let ruler = Ruler::new(&scale, |label| canvas::text_width(&stage.ruler.context, label));
    let pointer = stage.pointer_x.get();
    let pointer_label = pointer.map(|x| (x, pointer_words(scale.nanos_from_x(x), range.nanos())));
    canvas::paint_ruler(&stage.ruler.context, &palette, &ruler, pointer_label, [names, size.width, RULER_CSS_PX]);
    canvas::prepare(&stage.bars, size.width, size.height, size.ratio);
    let frame = Frame {
        rows,
        first_y,
        row_height: size.row,
        names,
        width: size.width,
        height: size.height,
        scale,
        indent,
        critical: state.colors().with_untracked(|colors| colors.critical),
        selected: selected.filter(|at| shown.first <= *at).map(|at| (at - shown.first) as usize),
        pointer_x: pointer,
    };
    frame.paint_rows(&stage.bars.context, &palette, &ruler);
    drop(palette);
    if !rows.is_empty() {
        // The frame after this one begins when this one is on the screen.
        frame::next(|_| timing::mark_first(timing::WATERFALL));
    }
    state.want_rows(visible);
}

/// The moment under the pointer, to the digits that a pixel can tell.
fn pointer_words(nanos: u64, range: u64) -> String {
    if range < 100_000 { format::duration_exact(nanos) } else { format::duration(nanos) }
}

fn rows_in(rows: &[Row], offset: u32, span: RowSpan) -> &[Row] {
    let first = span.first.saturating_sub(offset) as usize;
    let end = span.end.saturating_sub(offset) as usize;
    rows.get(first..end.min(rows.len())).unwrap_or_default()
}

/// The rows on the screen. One closure for all of them: the same places are filled with other rows while scrolling, and
/// only what differs is written.
fn rows_view(state: TraceState) -> Vec<AnyView> {
    let shown = state.shown.get();
    let indent = state.indent.get();
    let sought = state.find.with(|find| !find.text.is_empty());
    let marked = state.marked().get();
    let mark_of =
        |row: &Row| marked.iter().find(|mark| row.group.is_none() && mark.span_id == row.span_id && !mark.span_id.is_empty());
    state.selected.with(|selected| {
        state.window.with(|window| {
            (shown.first..shown.end)
                .filter_map(|position| {
                    let row = window.row(position)?;
                    Some(row_view(state, row, position, indent, (selected.as_ref(), sought, mark_of(row))))
                })
                .collect()
        })
    })
}

/// What is particular about a row: whether it is selected or sought, and what is marked of it.
type Standing<'a> = (Option<&'a Selected>, bool, Option<&'a Entry>);

fn row_view(state: TraceState, row: &Row, position: u32, indent: Indent, (selected, sought, mark): Standing<'_>) -> AnyView {
    let is_selected = selected.is_some_and(|selected| selected.is_at(row));
    if let Some(log) = &row.log {
        return log_row(row, log, position, indent, is_selected);
    }
    let errors = row.group.map_or(0, |group| group.errors);
    let failed = row.status == StatusCode::Error || errors > 0;
    let hidden_errors = if row.expanded == Some(false) && row.group.is_none() { row.errors_below } else { 0 };
    let service = state.app().service_name(row.service);
    let signs: Vec<_> = marks::in_set(row.marks)
        .filter(|&mark| marks::shown_on_rows(mark))
        .map(|mark| {
            let words = marks::words(mark);
            view! {
                <span class="waterfall__mark" title=format!("{}: {}", words.short, words.meaning)>
                    <span aria-hidden="true">{words.sign}</span>
                    <span class="visually-hidden">{words.short}</span>
                </span>
            }
        })
        .collect();
    let toggle = match row.expanded {
        Some(true) => "open",
        Some(false) => "closed",
        None => "none",
    };
    let count = row.group.map(|group| format!("×{}", format::count(u64::from(group.count))));
    let folded = (row.expanded == Some(false) && row.group.is_none() && row.descendants > 0)
        .then(|| format::count_short(u64::from(row.descendants)));
    let error_words = if errors > 0 { format!("{} with errors", format::count(u64::from(errors))) } else { "Error".to_owned() };
    // The one attribute of ARIA that the macro does not know.
    let level = custom_attribute("aria-level", row.level.to_string());
    view! {
        <div
            class="waterfall__row"
            role="row"
            id=format!("row-{position}")
            data-span-id=row.span_id.clone()
            data-position=position.to_string()
            data-error=failed.then_some("")
            data-shifted=(row.shift != 0).then_some("")
            data-group=row.group.is_some().then_some("")
            data-found=(sought && row.found).then_some("")
            data-dim=(sought && !row.found).then_some("")
            aria-rowindex=(u64::from(position) + 1).to_string()
            aria-expanded=row.expanded.map(|open| if open { "true" } else { "false" })
            aria-selected=if is_selected { "true" } else { "false" }
            {..level}
        >
            <div
                class="waterfall__name"
                role="gridcell"
                style:--waterfall-indent=format!("{}px", indent.x_from_level(row.level))
            >
                <span class="waterfall__toggle" data-toggle=toggle aria-hidden="true"></span>
                {indent
                    .tells_level()
                    .then(|| {
                        view! {
                            <span class="waterfall__level" title=format!("Level {}", row.level) aria-hidden="true">
                                {row.level}
                            </span>
                        }
                    })}
                <span
                    class="waterfall__dot"
                    style:--waterfall-service=slot_color(row.color)
                    aria-hidden="true"
                ></span>
                {failed
                    .then(|| {
                        view! {
                            <span class="waterfall__error" title=error_words.clone()>
                                <span aria-hidden="true">"!"</span>
                                <span class="visually-hidden">{error_words.clone()}</span>
                            </span>
                        }
                    })}
                <span class="waterfall__text" title=format!("{service}: {}", row.name)>
                    <span class="waterfall__title">{row.name.clone()}</span>
                    {count.map(|count| view! { <span class="waterfall__count">{count}</span> })}
                    <span class="waterfall__service">{service.clone()}</span>
                </span>
                {mark.map(notes::row_mark)}
                {signs}
                {(row.shift != 0)
                    .then(|| {
                        let words = format!("Adjusted by {}", signed(row.shift));
                        view! {
                            <span class="waterfall__mark" title=words>
                                <span aria-hidden="true">"≈"</span>
                                <span class="visually-hidden">{words.clone()}</span>
                            </span>
                        }
                    })}
                {(hidden_errors > 0)
                    .then(|| {
                        let words = format!("{} below", format::counted(u64::from(hidden_errors), "error"));
                        view! {
                            <span class="waterfall__below" title=words>
                                <span aria-hidden="true">{format!("!{}", format::count_short(u64::from(hidden_errors)))}</span>
                                <span class="visually-hidden">{words.clone()}</span>
                            </span>
                        }
                    })}
                {folded
                    .map(|folded| {
                        view! {
                            <span class="waterfall__folded" title=format!("{} folded", format::counted(u64::from(row.descendants), "span"))>
                                {folded}
                            </span>
                        }
                    })}
            </div>
            <div class="waterfall__bar" role="gridcell">
                <span class="visually-hidden">
                    {format!("{}, at {}{}", paint::duration_words(row), format::offset(row.start), log_words(row))}
                </span>
            </div>
        </div>
    }
    .into_any()
}

/// What its ticks say.
fn log_words(row: &Row) -> String {
    let mut words = String::new();
    for (count, what) in [(row.logs.len(), "log record"), (row.exemplars.len(), "measurement")] {
        if count != 0 {
            words.push_str(", ");
            words.push_str(&format::counted(count as u64, what));
        }
    }
    words
}

/// The row that an event is on, and whether it is on the fold toggle.
pub(super) fn row_at(state: TraceState, event: &MouseEvent) -> Option<(Row, u32, bool)> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let position: u32 = target.closest("[role=row]").ok()??.get_attribute("data-position")?.parse().ok()?;
    let row = state.window.with_untracked(|window| window.row(position).cloned())?;
    let on_toggle = target.has_attribute("data-toggle");
    Some((row, position, on_toggle))
}

fn clicked(state: TraceState, gestures: Gestures, event: &MouseEvent) {
    if gestures.was_drag() {
        return;
    }
    let Some((row, position, on_toggle)) = row_at(state, event) else {
        return;
    };
    if on_toggle && row.expanded.is_some() {
        state.toggle(&row, position);
        return;
    }
    state.select_row(&row, position);
    state.stage.reveal(position, Reveal::Nearest);
    // A group has no details of its own; a click opens it, as nothing else would come of it.
    if row.group.is_some() {
        if event.detail() < 2 {
            state.toggle(&row, position);
        }
    } else {
        state.detail_open.set(true);
    }
}

fn double_clicked(state: TraceState, event: &MouseEvent) {
    let over_bars = state.stage.get().is_some_and(|stage| {
        let x = f64::from(event.client_x()) - stage.scroller.get_bounding_client_rect().left();
        x > stage.names_width(state.names_css_px.get_untracked())
    });
    let Some((row, position, on_toggle)) = row_at(state, event) else {
        return;
    };
    if over_bars {
        state.zoom_to_row(&row);
    } else if !on_toggle && row.group.is_none() {
        state.toggle(&row, position);
    }
}

/// On a bar, what can be done with its span; on names, the browser's own menu, which copies text.
fn context_menu(state: TraceState, event: &MouseEvent) {
    let on_bar = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.closest(".waterfall__bar").ok().flatten().is_some());
    if let Some((row, position, _)) = row_at(state, event).filter(|_| on_bar && !event.shift_key()) {
        event.prevent_default();
        state.select_row(&row, position);
        keys::acts_of_row(state, &row, (f64::from(event.client_x()), f64::from(event.client_y())));
    }
}

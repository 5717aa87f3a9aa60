//! The list of what can be done with a value.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use super::{Subject, open, wanted};
use crate::browser::{document, frame, window};
use crate::link::Slot;
use crate::protocol::{
    Answer, Brush, Condition, Group, GroupBy, Population, QueryChange, Reply, Request, RewriteRequest, StatusCode,
};
use crate::route::{HistoryStep, View};
use crate::ui::actions;
use crate::ui::parts::{Glyph, Icon, Segments};
use crate::ui::reactive::{effect, show};
use crate::ui::selection_chips::{group_words, list::brush_words};
use crate::ui::state::{AppState, Manner};

/// Width and height of the list at most, to keep it in the window.
const LIST_CSS_PX: (f64, f64) = (320.0, 340.0);

/// The list, which lies in the browser's top layer while it is wanted.
#[inline(never)]
pub fn acts(app: AppState) -> AnyView {
    let list = NodeRef::<html::Div>::new();
    let chosen = RwSignal::new(0_usize);
    effect(move |_| {
        let Some(at) = wanted().with(|wanted| wanted.as_ref().map(|wanted| wanted.at)) else {
            return;
        };
        chosen.set(0);
        // The list is made in this turn, and placed in the next.
        frame::next(move |_| {
            if let Some(list) = list.get_untracked() {
                place(&list, at);
                // Throws where it is shown already.
                let _shown = list.show_popover();
                if let Some(first) = list.query_selector("[role=menuitem]").ok().flatten()
                    && let Ok(first) = first.dyn_into::<HtmlElement>()
                {
                    // It is on the page, so it can be focused.
                    _ = first.focus();
                }
            }
        });
    });
    let toggled = move |_: web_sys::Event| {
        let is_open = list.get_untracked().is_some_and(|list| list.matches(":popover-open").unwrap_or(false));
        if !is_open {
            wanted().set(None);
        }
    };
    view! {
        <div id="acts" class="acts" popover="auto" role="dialog" aria-label="What can be done with it" node_ref=list on:toggle=toggled on:keydown=move |event| keydown(list, &event)>
            {show(move || {
                wanted()
                    .get()
                    .map(|wanted| {
                        let subjects = wanted.subjects;
                        let options: Vec<(usize, &'static str)> =
                            subjects.iter().enumerate().filter_map(|(at, subject)| Some((at, short(&subject.field)?))).collect();
                        let choice = (options.len() > 1)
                            .then(|| {
                                view! {
                                    <Segments label="Of the span" options current=chosen.into() on_choose=Callback::new(move |at| chosen.set(at)) />
                                }
                            });
                        let of = show(move || subjects.get(chosen.get()).map(|subject| items(app, list, subject)));
                        view! { {choice} {of} }
                    })
            })}
        </div>
    }
    .into_any()
}

/// What a subject of several is called.
fn short(field: &str) -> Option<&'static str> {
    match field {
        "resource.service.name" => Some("Service"),
        "name" => Some("Operation"),
        "kind" => Some("Kind"),
        "status" => Some("Status"),
        _ => None,
    }
}

fn items(app: AppState, list: NodeRef<html::Div>, subject: &Subject) -> AnyView {
    let Subject { field, value, condition, by } = subject.clone();
    let in_trace = app.route.with_untracked(|route| route.view == View::Trace);
    let item = move |words: &'static str, act: Box<dyn Fn()>| {
        let act = StoredValue::new_local(act);
        let clicked = move |_| {
            act.with_value(|act| act());
            if let Some(list) = list.get_untracked() {
                // Throws where it is hidden already.
                let _hidden = list.hide_popover();
            }
        };
        view! {
            <button class="acts__item" type="button" role="menuitem" on:click=clicked>
                {words}
            </button>
        }
        .into_any()
    };
    let narrow = |words, change| {
        let condition = condition.clone();
        item(words, Box::new(move || write(app, &condition, change)))
    };
    let written = Written::of(&condition);
    let region = match &condition {
        Condition::Brush(brush) if brush.group.is_none() => Some(brush.clone()),
        _ => None,
    };
    let mut items: Vec<AnyView> = Vec::new();
    if in_trace {
        let condition = condition.clone();
        items.push(item(
            "Find in this trace",
            Box::new(move || {
                with_query(app, &condition, move |text| app.route.update(|route| route.trace.find.text = text));
            }),
        ));
    }
    if let Some(brush) = region.clone().filter(|brush| !is_chip(app, brush)) {
        items.push(item("Zoom in on it", Box::new(move || actions::add_brush(app, brush.clone()))));
    }
    match written {
        Written::Whole => {
            items.push(narrow("Filter traces by it", QueryChange::Narrow));
            items.push(narrow("Exclude it", QueryChange::Exclude));
        }
        Written::WithoutTime => {
            items.push(narrow("Filter traces by it", QueryChange::Narrow));
            items.push(narrow("Exclude its durations", QueryChange::Exclude));
        }
        Written::Not => {}
    }
    if let Some(by) = by {
        let for_charts = by.clone();
        items.push(item(
            "Group latency by it",
            Box::new(move || {
                app.route.update(|route| {
                    *route = route.at_view(View::Latency);
                    route.latency.by.clone_from(&for_charts);
                });
            }),
        ));
        let words = if in_trace { "Color bars by it" } else { "Color the bars of traces by it" };
        let color = move || {
            app.route.update(|route| route.trace.colors.by.clone_from(&by));
            if !in_trace {
                app.announce("The bars of traces are colored by it.", Manner::Shown);
            }
        };
        items.push(item(words, Box::new(color)));
    }
    let is_field = match &condition {
        Condition::Fields(fields) => fields.len() == 1,
        condition => region.is_none() && !matches!(condition, Condition::Call(..)),
    };
    if is_field {
        let for_list = field.clone();
        items.push(item(
            "Add as column to the trace list",
            Box::new(move || {
                app.route.update(|route| {
                    if !route.list.columns.contains(&for_list) {
                        route.list.columns.push(for_list.clone());
                    }
                });
                app.announce(format!("The trace list has a column {for_list}"), Manner::Shown);
            }),
        ));
    }
    if written != Written::Not {
        let copy = move || with_query(app, &condition, move |text| actions::copy_text(app, "Query", &text));
        items.push(item("Copy as query", Box::new(copy)));
    }
    if let Condition::Brush(brush) = &subject.condition
        && is_chip(app, brush)
    {
        let brush = brush.clone();
        items.push(item("Remove from the selection", Box::new(move || actions::remove_brush(app, &brush))));
    }
    let note = match written {
        Written::Whole => None,
        Written::WithoutTime => Some("TraceQL has no word for when a span began: the time stays a chip beside the query."),
        Written::Not if region.is_some() => {
            Some("TraceQL has no word for when a span began: only a chip beside the query narrows to it.")
        }
        Written::Not => Some("TraceQL has no word for this of a trace: only a chip beside the query narrows to it."),
    };
    view! {
        <p class="acts__subject">
            <code class="acts__field">{field}</code>
            <span class="acts__value">{value}</span>
        </p>
        <div class="acts__items" role="menu">{items}</div>
        {note.map(|note| view! { <p class="acts__note">{note}</p> })}
    }
    .into_any()
}

/// How much of a condition a query can say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Whole,
    /// All but when it began.
    WithoutTime,
    Not,
}

impl Written {
    fn of(condition: &Condition) -> Self {
        let Condition::Brush(brush) = condition else {
            return Self::Whole;
        };
        let is_said = match (brush.of, &brush.group) {
            (_, Some(Group::All | Group::Other))
            | (
                Population::Traces,
                Some(Group::Kind(_) | Group::Attribute { .. } | Group::Status(StatusCode::Ok | StatusCode::Unset)),
            ) => false,
            (_, Some(_)) => true,
            (_, None) => brush.duration.is_some() || brush.errors_only,
        };
        match (is_said, brush.start) {
            (true, None) => Self::Whole,
            (true, Some(_)) => Self::WithoutTime,
            (false, _) => Self::Not,
        }
    }
}

/// Whether it narrows all views already.
fn is_chip(app: AppState, brush: &Brush) -> bool {
    app.route.with_untracked(|route| route.selection.brushes.contains(brush))
}

/// Puts a condition into the query. A chip that says the same goes, but for its time.
pub(in crate::ui) fn write(app: AppState, condition: &Condition, change: QueryChange) {
    let text = app.route.with_untracked(|route| route.selection.filter.clone());
    let condition = condition.clone();
    let request = RewriteRequest { text: text.clone(), condition: condition.clone(), change };
    app.ask(Slot::Other, Request::Rewrite(Box::new(request)), move |answer| {
        let Answer::Reply(Reply::Rewritten(written)) = answer else {
            return;
        };
        if written == text {
            app.announce("The query says so already, or has no word for it.", Manner::Shown);
            return;
        }
        let before = app.route.get_untracked();
        if let Condition::Brush(brush) = &condition {
            let was_chip = is_chip(app, brush);
            actions::remove_brush(app, brush);
            // What is excluded is so at all times, unless a time was chosen.
            if brush.start.is_some() && (was_chip || change == QueryChange::Narrow) {
                actions::add_brush(app, Brush { of: brush.of, start: brush.start, ..Brush::default() });
            }
        }
        // The map of one trace is left, as nothing narrows that.
        app.route.update(|route| route.map.trace_id = None);
        if !before.view.is_of_selection() {
            actions::go(app, View::Traces);
        }
        // A step is undone by Back: one of several parts is one already.
        if app.route.with_untracked(|route| before.history_step(route) == HistoryStep::Push) {
            actions::filter_traces(app, &written);
        } else {
            actions::write_query(app, &written);
        }
    });
}

/// What a brush lets through.
pub(in crate::ui) fn of_brush(app: AppState, brush: &Brush) -> Subject {
    let (field, by) = match &brush.group {
        None | Some(Group::All | Group::Other) => {
            let field = match (brush.duration, brush.of) {
                (None, _) if brush.errors_only => "status",
                (None, _) => "start",
                (Some(_), Population::Spans) => "duration",
                (Some(_), Population::Traces) => "trace:duration",
            };
            (field.to_owned(), None)
        }
        Some(Group::Service(_)) => ("resource.service.name".to_owned(), Some(GroupBy::Service)),
        Some(Group::Operation { .. }) => ("name".to_owned(), Some(GroupBy::Operation)),
        Some(Group::Kind(_)) => ("kind".to_owned(), Some(GroupBy::Kind)),
        Some(Group::Status(_)) => ("status".to_owned(), Some(GroupBy::Status)),
        Some(Group::Attribute { key, .. }) => (format!(".{key}"), Some(GroupBy::Attribute(key.clone()))),
    };
    let value = match &brush.group {
        Some(group) if brush.start.is_none() && brush.duration.is_none() && !brush.errors_only => group_words(group),
        _ => untrack(|| brush_words(app, brush)),
    };
    Subject { field, value, condition: Condition::Brush(brush.clone()), by }
}

/// What the spans of a series have; `words` is what the series is called.
pub(in crate::ui) fn of_fields(fields: &[(String, String)], words: &str) -> Subject {
    let by = match fields {
        [(field, _)] => match field.as_str() {
            "resource.service.name" => Some(GroupBy::Service),
            "kind" | "span:kind" => Some(GroupBy::Kind),
            "status" | "span:status" => Some(GroupBy::Status),
            field => ["span.", "resource.", "."]
                .into_iter()
                .find_map(|scope| field.strip_prefix(scope))
                .filter(|key| !key.starts_with(['"', '`']))
                .map(|key| GroupBy::Attribute(key.to_owned())),
        },
        _ => None,
    };
    let field = fields.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>().join(", ");
    Subject { field, value: words.to_owned(), condition: Condition::Fields(fields.to_vec()), by }
}

/// A button that opens what can be done with something.
pub(in crate::ui) fn funnel(label: String, subjects: impl Fn() -> Vec<Subject> + 'static) -> AnyView {
    let clicked = move |event: MouseEvent| {
        event.stop_propagation();
        let rect = event
            .current_target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .map(|button| button.get_bounding_client_rect());
        let at = rect.map_or_else(|| at_pointer(&event), |rect| (rect.left(), rect.bottom() + 4.0));
        open(subjects(), at);
    };
    view! {
        <button class="acts-open" type="button" aria-haspopup="menu" aria-label=label title="Filter, exclude, group (a)" on:click=clicked>
            <Icon glyph=Glyph::Funnel />
        </button>
    }
    .into_any()
}

/// Opens what can be done with something where the pointer asked for it; with Shift the browser's own menu comes.
pub(in crate::ui) fn on_menu(event: &MouseEvent, subjects: Vec<Subject>) {
    if !event.shift_key() && !subjects.is_empty() {
        event.prevent_default();
        event.stop_propagation();
        open(subjects, at_pointer(event));
    }
}

/// The same by the key that stands for it, below what has the focus.
pub(in crate::ui) fn on_key(event: &KeyboardEvent, subjects: impl FnOnce() -> Vec<Subject>) {
    if event.key() == "a" && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
        event.prevent_default();
        event.stop_propagation();
        open(subjects(), below_focus());
    }
}

fn at_pointer(event: &MouseEvent) -> (f64, f64) {
    (f64::from(event.client_x()), f64::from(event.client_y()))
}

/// Below what has the focus.
pub(in crate::ui) fn below_focus() -> (f64, f64) {
    let active = document().and_then(|document| document.active_element());
    active.map_or((0.0, 0.0), |active| {
        let rect = active.get_bounding_client_rect();
        (rect.left() + rect.width().min(40.0), rect.bottom())
    })
}

/// Hands on what a condition is as a query of its own.
fn with_query(app: AppState, condition: &Condition, then: impl FnOnce(String) + 'static) {
    let request = RewriteRequest { text: String::new(), condition: condition.clone(), change: QueryChange::Replace };
    app.ask(Slot::Other, Request::Rewrite(Box::new(request)), move |answer| match answer {
        Answer::Reply(Reply::Rewritten(text)) if !text.is_empty() => then(text),
        _ => app.announce("A query has no word for it.", Manner::Shown),
    });
}

/// Beside where it was asked for, inside the window.
fn place(list: &HtmlElement, (x, y): (f64, f64)) {
    let inner = |length: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
        length.ok().and_then(|length| length.as_f64()).unwrap_or(f64::MAX)
    };
    let (width, height) =
        window().map_or((f64::MAX, f64::MAX), |window| (inner(window.inner_width()), inner(window.inner_height())));
    let left = x.min(width - LIST_CSS_PX.0 - 8.0).max(8.0);
    let top = y.min(height - LIST_CSS_PX.1 - 8.0).max(8.0);
    for (name, css_px) in [("--acts-left", left), ("--acts-top", top)] {
        // Throws for read-only style declarations only.
        let _unthrown = list.style().set_property(name, &format!("{css_px:.0}px"));
    }
}

/// Arrows move through the list; nothing of it reaches the page below.
fn keydown(list: NodeRef<html::Div>, event: &KeyboardEvent) {
    event.stop_propagation();
    let step: i64 = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    event.prevent_default();
    let (Some(list), Some(active)) = (list.get_untracked(), document().and_then(|document| document.active_element())) else {
        return;
    };
    let Ok(items) = list.query_selector_all("[role=menuitem]") else {
        return;
    };
    let at = |index: i64| {
        let index = u32::try_from(index.rem_euclid(i64::from(items.length()).max(1))).unwrap_or(0);
        items.item(index).and_then(|node| node.dyn_into::<HtmlElement>().ok())
    };
    let here = (0..i64::from(items.length())).find(|&index| at(index).is_some_and(|item| Element::from(item) == active));
    if let Some(to) = at(here.map_or(0, |here| here + step)) {
        // It is on the page, so it can be focused.
        _ = to.focus();
    }
}

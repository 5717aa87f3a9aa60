//! Above the waterfall: finding, folding, zooming.

use leptos::html;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::protocol::{Find, GroupFold, Step, StepDirection};
use crate::route::TraceMode;
use crate::scene::format;
use crate::ui::export;
use crate::ui::flame::flame_tools;
use crate::ui::flame::state::FlameGraph;
use crate::ui::later;
use crate::ui::parts::{Glyph, Icon, Segments};
use crate::ui::reactive::{effect, show};

use super::colors::color_menu;
use super::critical::critical_toggle;
use super::fold;
use super::logs::log_tools;
use super::state::TraceState;
use super::table::table_tools;

/// How long a reader pauses before what was typed is sought.
const TYPING_MILLIS: u64 = 160;
/// Levels that the menu offers to fold to.
const LEVELS: [u32; 6] = [1, 2, 3, 4, 6, 10];

/// The ways to show a trace, with their words.
const MODES: [(TraceMode, &str); 4] = [
    (TraceMode::Waterfall, "Waterfall"),
    (TraceMode::Flame, "Flame graph"),
    (TraceMode::Table, "Table"),
    (TraceMode::Logs, "Logs"),
];

/// The tools: how the trace is shown, and what goes with that.
pub(super) fn toolbar(state: TraceState, find_box: NodeRef<html::Input>, graph: FlameGraph) -> impl IntoView {
    let tools = move || match state.mode().get() {
        TraceMode::Waterfall => view! {
            <FindBox state find_box/>
            <div class="trace-tools__rest">
                <div class="trace-tools__group">
                    {color_menu(state)}
                    {critical_toggle(state)}
                </div>
                <FoldTools state/>
                <ZoomTools state/>
            </div>
        }
        .into_any(),
        TraceMode::Table => view! {
            <FindBox state find_box/>
            <div class="trace-tools__rest">
                {later::with_it(move || table_tools(state).into_any())}
                {critical_toggle(state)}
            </div>
        }
        .into_any(),
        TraceMode::Logs => view! {
            <FindBox state find_box/>
            <div class="trace-tools__rest">{later::with_it(move || log_tools(state).into_any())}</div>
        }
        .into_any(),
        TraceMode::Flame => later::with_it(move || flame_tools(graph).into_any()),
    };
    // An address may name what there is nothing of.
    let has_logs = state.trace.with_value(|trace| trace.logs > 0) || state.mode().get_untracked() == TraceMode::Logs;
    let modes = MODES.into_iter().filter(|&(mode, _)| has_logs || mode != TraceMode::Logs).collect();
    view! {
        <div class="trace-tools" role="toolbar" aria-label="Trace">
            <Segments
                label="Show as"
                options=modes
                current=Signal::derive(move || state.mode().get())
                on_choose=Callback::new(move |mode| state.set_mode(mode))
            />
            {tools}
            <button
                type="button"
                class="button button--quiet button--icon"
                aria-label="Export this trace"
                title="Export this trace (x)"
                on:click=move |_| export::show(state.app(), selected(state))
            >
                <Icon glyph=Glyph::Save/>
            </button>
        </div>
    }
}

/// The row of the selected span.
pub(super) fn selected(state: TraceState) -> Option<u32> {
    state.selected.with_untracked(|selected| selected.as_ref().map(|selected| selected.span))
}

#[component]
fn FindBox(state: TraceState, find_box: NodeRef<html::Input>) -> impl IntoView {
    let typed = RwSignal::new(state.find.with_untracked(|find| find.text.clone()));
    let timer = StoredValue::new(None::<TimeoutHandle>);
    // Going back or forward brings another text; what is being typed is not overwritten by its own echo.
    effect(move |_| {
        let text = state.find.with(|find| find.text.clone());
        if timer.with_value(Option::is_none) && typed.with_untracked(|typed| *typed != text) {
            typed.set(text);
        }
    });
    let seek = move || {
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        let Some(text) = typed.try_get_untracked() else {
            return;
        };
        let only = state.find.with_untracked(|find| find.only);
        state.set_find(Find { text, only });
    };
    let on_input = move |event| {
        typed.set(event_target_value(&event));
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = set_timeout_with_handle(seek, std::time::Duration::from_millis(TYPING_MILLIS)).ok();
        });
    };
    let on_keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            seek();
            let direction = if event.shift_key() { StepDirection::Previous } else { StepDirection::Next };
            state.step(Step::Found, direction);
        }
        "Escape" => {
            event.prevent_default();
            event.stop_propagation();
            if typed.with_untracked(String::is_empty) {
                focus_grid(state);
            } else {
                typed.set(String::new());
                seek();
            }
        }
        "ArrowDown" => {
            event.prevent_default();
            focus_grid(state);
        }
        _ => {}
    };
    let sought = move || state.find.with(|find| !find.text.is_empty());
    let count = move || {
        if !sought() {
            return String::new();
        }
        if state.mode().get() == TraceMode::Table {
            let matched = state.table().with(|table| table.latest().map(|view| (view.matched, view.total)));
            return matched.map_or_else(String::new, of_all);
        }
        if state.mode().get() == TraceMode::Logs {
            let matched = state.logs().with(|logs| logs.latest().map(|view| (view.matched, view.total)));
            return matched.map_or_else(String::new, of_all);
        }
        let found = state.window.with(|window| window.found);
        match state.walk.get() {
            Some(walk) if walk.total > 0 => of_all((walk.ordinal, walk.total)),
            _ if found == 0 => "no match".to_owned(),
            _ => format::counted(u64::from(found), "span"),
        }
    };
    view! {
        <search class="trace-find">
            <div class="trace-find__field">
            <input
                class="field trace-find__box"
                type="text"
                data-testid="find"
                placeholder="Find in trace"
                aria-label="Find in this trace: names, services, attributes, events, logs, ids"
                autocomplete="off"
                spellcheck="false"
                node_ref=find_box
                prop:value=move || typed.get()
                on:input=on_input
                on:keydown=on_keydown
            />
            <span class="trace-find__count" role="status">{count}</span>
            </div>
            {show(move || (state.mode().get() == TraceMode::Waterfall).then(|| find_steps(state)))}
        </search>
    }
}

/// So many of so many.
fn of_all((some, all): (u32, u32)) -> String {
    format!("{} of {}", format::count(u64::from(some)), format::count(u64::from(all)))
}

/// From match to match, and what does not match out of the way. A table shows nothing else anyway.
fn find_steps(state: TraceState) -> impl IntoView {
    let sought = move || state.find.with(|find| !find.text.is_empty());
    let toggle_only = move |_| {
        let find = state.find.get_untracked();
        state.set_find(Find { only: !find.only, ..find });
    };
    view! {
        <button
                type="button"
                class="button button--quiet button--icon"
                aria-label="Previous match"
                title="Previous match (N)"
                disabled=move || !sought()
                on:click=move |_| state.step(Step::Found, StepDirection::Previous)
            >
                <Icon glyph=Glyph::ChevronUp/>
            </button>
            <button
                type="button"
                class="button button--quiet button--icon"
                aria-label="Next match"
                title="Next match (n)"
                disabled=move || !sought()
                on:click=move |_| state.step(Step::Found, StepDirection::Next)
            >
                <Icon glyph=Glyph::ChevronDown/>
            </button>
            <button
                type="button"
                class="button button--quiet"
                aria-pressed=move || if state.find.with(|find| find.only) { "true" } else { "false" }
                title="Show only what matches, with its ancestors"
                on:click=toggle_only
            >
                "Only matches"
            </button>
    }
}

/// Puts the keyboard into the waterfall.
pub(super) fn focus_grid(state: TraceState) {
    if let Some(stage) = state.stage.get() {
        // An element that is there can be focused.
        let _unthrown = stage.scroller.focus();
    }
}

/// Gives log records rows, or takes them away.
pub(super) fn toggle_log_rows(state: TraceState) {
    state.refold(|now| fold::with_logs(now, !now.logs));
}

#[component]
fn FoldTools(state: TraceState) -> impl IntoView {
    let groups_folded = move || {
        let auto = state.trace.with_value(|trace| trace.groups_fold);
        match state.fold.with(|fold| fold.groups) {
            GroupFold::Auto => auto,
            GroupFold::Folded => true,
            GroupFold::Open => false,
        }
    };
    let swap_groups = move |_| {
        let groups = if groups_folded() { GroupFold::Open } else { GroupFold::Folded };
        state.refold(|now| fold::to_groups(now, groups));
    };
    let (errors, logs) = state.trace.with_value(|trace| (trace.errors, trace.logs));
    let depth = state.trace.with_value(|trace| trace.depth);
    let choose_level = move |event| {
        let value = event_target_value(&event);
        let level = value.parse::<u32>().ok();
        state.refold(|now| fold::to_level(now, level));
    };
    let level_value = move || state.fold.with(|fold| fold.level.map_or_else(|| "all".to_owned(), |level| level.to_string()));
    view! {
        <div class="trace-tools__group" role="group" aria-label="Folding">
            <label class="trace-tools__levels">
                <span class="visually-hidden">"Levels that are open"</span>
                <select class="field" on:change=choose_level prop:value=level_value>
                    <option value="all">"All levels"</option>
                    {LEVELS
                        .into_iter()
                        .filter(|&level| level < depth)
                        .map(|level| {
                            let words = if level == 1 { "Roots only".to_owned() } else { format!("To level {level}") };
                            view! { <option value=level.to_string()>{words}</option> }
                        })
                        .collect_view()}
                </select>
            </label>
            <button
                type="button"
                class="button button--quiet button--icon"
                aria-label="Fold all"
                title="Fold all"
                on:click=move |_| state.refold(|now| fold::to_level(now, Some(1)))
            >
                <Icon glyph=Glyph::FoldAll/>
            </button>
            <button
                type="button"
                class="button button--quiet button--icon"
                aria-label="Unfold all"
                title="Unfold all"
                on:click=move |_| state.refold(fold::all_open)
            >
                <Icon glyph=Glyph::UnfoldAll/>
            </button>
            <button
                type="button"
                class="button button--quiet"
                aria-pressed=move || if groups_folded() { "true" } else { "false" }
                title="Fold many like siblings into one row"
                on:click=swap_groups
            >
                "Groups"
            </button>
            {(logs > 0)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button button--quiet"
                            data-testid="log-rows"
                            aria-pressed=move || if state.fold.with(|fold| fold.logs) { "true" } else { "false" }
                            title="Give log records rows of their own, under their spans (l)"
                            on:click=move |_| toggle_log_rows(state)
                        >
                            "Log rows"
                        </button>
                    }
                })}
            {(errors > 0)
                .then(|| {
                    view! {
                        <button
                type="button"
                            class="button button--quiet trace-tools__errors"
                            title="Next error (e)"
                            on:click=move |_| state.step(Step::Error, StepDirection::Next)
                        >
                            "Next error"
                        </button>
                    }
                })}
        </div>
    }
}

#[component]
fn ZoomTools(state: TraceState) -> impl IntoView {
    let duration = state.duration();
    let is_whole = move || state.range.get().is_whole(duration);
    let shown = move || {
        let range = state.range.get();
        if range.is_whole(duration) { "all".to_owned() } else { format::duration(range.nanos()) }
    };
    view! {
        <div class="trace-tools__group" role="group" aria-label="Zoom">
            <span class="trace-tools__range" title="The stretch of time on the screen">{shown}</span>
            <button
                type="button"
                class="button button--quiet button--icon"
                aria-label="Zoom out"
                title="Zoom out (−)"
                disabled=is_whole
                on:click=move |_| state.zoom_about(0.5, 2.0)
            >
                <Icon glyph=Glyph::ZoomOut/>
            </button>
            <button
                type="button"
                class="button button--quiet button--icon"
                aria-label="Zoom in"
                title="Zoom in (+)"
                disabled=move || state.range.get().nanos() <= 1
                on:click=move |_| state.zoom_about(0.5, 0.5)
            >
                <Icon glyph=Glyph::ZoomIn/>
            </button>
            <button
                type="button"
                class="button button--quiet"
                title="Show all of the trace (0)"
                disabled=is_whole
                on:click=move |_| state.fit()
            >
                "Fit"
            </button>
        </div>
    }
}

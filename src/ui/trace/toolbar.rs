//! Above the waterfall: finding, folding, zooming.

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::link::Slot;
use crate::protocol::{Find, GroupFold, Step, StepDirection};
use crate::route::TraceMode;
use crate::scene::format;
use crate::ui::export;
use crate::ui::flame::flame_tools;
use crate::ui::flame::state::FlameGraph;
use crate::ui::later;
use crate::ui::parts::{Glyph, Icon, Segments};
use crate::ui::query::QueryBox;
use crate::ui::query::assist::assist;
use crate::ui::reactive::{effect, show};

use super::colors::color_menu;
use super::critical::critical_toggle;
use super::fold;
use super::logs::log_tools;
use super::state::TraceState;
use super::table::table_tools;

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
    let app = state.app();
    let commit = Callback::new(move |text: String| {
        let only = state.find.with_untracked(|find| find.only);
        state.set_find(Find { text, only });
    });
    let query = QueryBox::new(find_box, Slot::FindQuery, "find-proposals", commit);
    // Going back or forward brings another text, and so do clicks.
    let text = Memo::new(move |_| state.find.with(|find| find.text.clone()));
    effect(move |_| query.follow(app, &text.get()));
    let on_keydown = move |event: KeyboardEvent| {
        if query.takes(&event) {
            return;
        }
        match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                query.commit(app);
                let direction = if event.shift_key() { StepDirection::Previous } else { StepDirection::Next };
                state.step(Step::Found, direction);
            }
            "Escape" => {
                event.prevent_default();
                event.stop_propagation();
                let input = find_box.get_untracked().filter(|input| !input.value().is_empty());
                match input {
                    None => focus_grid(state),
                    Some(input) => {
                        input.set_value("");
                        query.commit(app);
                    }
                }
            }
            "ArrowDown" => {
                event.prevent_default();
                focus_grid(state);
            }
            _ => {}
        }
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
        <search class="trace-find" class:trace-find--query=move || query.view.with(|view| !view.tokens.is_empty())>
            <div class="trace-find__field">
            <input
                class="field trace-find__box"
                class:filter__input--painted=move || query.painted.get()
                type="text"
                role="combobox"
                data-testid="find"
                placeholder="Find in trace"
                aria-label="Find in this trace: names, services, attributes, events, logs, ids, or a TraceQL query"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-autocomplete="list"
                aria-expanded=move || query.is_open().to_string()
                aria-controls=query.list_id
                aria-activedescendant=move || query.active_id()
                aria-invalid=move || query.view.with(|view| view.trouble.is_some()).to_string()
                node_ref=find_box
                on:input=move |_| query.typed(app)
                on:click=move |_| query.ask(app, false)
                on:keydown=on_keydown
                on:focus=move |_| query.focused.set(true)
                on:blur=move |_| query.focused.set(false)
            />
            {later::in_time(move || assist(app, query, false))}
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

/// Whether like siblings are one row; reactive.
pub(super) fn are_groups_folded(state: TraceState) -> bool {
    match state.fold.with(|fold| fold.groups) {
        GroupFold::Auto => state.trace.with_value(|trace| trace.groups_fold),
        GroupFold::Folded => true,
        GroupFold::Open => false,
    }
}

/// Gives log records rows, or takes them away.
pub(super) fn toggle_log_rows(state: TraceState) {
    state.refold(|now| fold::with_logs(now, !now.logs));
}

#[component]
fn FoldTools(state: TraceState) -> impl IntoView {
    let swap_groups = move |_| {
        let groups = if untrack(|| are_groups_folded(state)) { GroupFold::Open } else { GroupFold::Folded };
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
                aria-pressed=move || if are_groups_folded(state) { "true" } else { "false" }
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

//! What can be done with a trace: offered to keys and to the palette while its page is there.

use leptos::html;
use leptos::prelude::*;

use crate::protocol::{Find, GroupBy, GroupFold, Step, StepDirection};
use crate::route::TraceMode;
use crate::ui::actions;
use crate::ui::commands::{self, Coloring, Command};
use crate::ui::export;
use crate::ui::flame::focus_search;
use crate::ui::notes::{self, Subject};
use crate::ui::state::Manner;

use super::fold;
use super::keys::acts_of_selected;
use super::state::TraceState;
use super::toolbar::{are_groups_folded, selected, toggle_log_rows};

/// Offers it.
pub(super) fn offer(state: TraceState, find_box: NodeRef<html::Input>) {
    commands::offer(move |command| can(state, command), move |command| act(state, find_box, command));
}

fn can(state: TraceState, command: Command) -> bool {
    let Some(mode) = state.mode().try_get_untracked() else {
        return false;
    };
    let is_waterfall = mode == TraceMode::Waterfall;
    let is_sought = || state.find.with_untracked(|find| !find.text.is_empty());
    let has_selected = || state.selected.with_untracked(Option::is_some);
    match command {
        Command::Export
        | Command::Find
        | Command::ZoomIn
        | Command::ZoomOut
        | Command::TraceMap
        | Command::CopyTraceId
        | Command::Pin
        | Command::PinTrace
        | Command::NoteOnTrace => true,
        Command::ShowAs(TraceMode::Logs) => mode != TraceMode::Logs && state.trace.with_value(|trace| trace.logs > 0),
        Command::ShowAs(other) => mode != other,
        // A flame graph has no place for the one, and shows all in its own way.
        Command::Critical | Command::FitTrace => mode != TraceMode::Flame,
        Command::NextFound | Command::PreviousFound | Command::OnlyFound => is_waterfall && is_sought(),
        Command::NextError
        | Command::PreviousError
        | Command::FoldAll
        | Command::UnfoldAll
        | Command::Groups
        | Command::ColorBy(_) => is_waterfall,
        Command::FoldTo(level) => is_waterfall && level < state.trace.with_value(|trace| trace.depth),
        Command::LogRows => is_waterfall && state.trace.with_value(|trace| trace.logs > 0),
        Command::Clocks => state.trace.with_value(|trace| !trace.clocks.is_empty()),
        Command::ZoomToSpan | Command::Acts => is_waterfall && has_selected(),
        Command::Details | Command::NoteOnSpan | Command::ExportSpan | Command::CopySpanId => span_subject(state).is_some(),
        Command::Deselect => has_selected(),
        _ => false,
    }
}

fn act(state: TraceState, find_box: NodeRef<html::Input>, command: Command) {
    let app = state.app();
    match command {
        Command::Export => export::show(app, selected(state)),
        Command::Find => focus_find(state, find_box),
        Command::ZoomIn => zoom(state, 0.5),
        Command::ZoomOut => zoom(state, 2.0),
        Command::TraceMap => actions::go_trace_map(app, &state.trace_id()),
        Command::CopyTraceId => actions::copy_text(app, "Trace id", &state.trace_id()),
        Command::Pin => pin(state),
        Command::PinTrace => notes::toggle_pin(app, trace_subject(state)),
        Command::NoteOnTrace => notes::edit(&trace_subject(state)),
        Command::ShowAs(mode) => state.set_mode(mode),
        Command::Critical => state.toggle_critical(),
        Command::FitTrace => state.fit(),
        Command::Acts => acts_of_selected(state),
        Command::LogRows => toggle_log_rows(state),
        Command::NextFound => state.step(Step::Found, StepDirection::Next),
        Command::PreviousFound => state.step(Step::Found, StepDirection::Previous),
        Command::OnlyFound => {
            let find = state.find.get_untracked();
            state.set_find(Find { only: !find.only, ..find });
        }
        Command::NextError => state.step(Step::Error, StepDirection::Next),
        Command::PreviousError => state.step(Step::Error, StepDirection::Previous),
        Command::FoldAll => state.refold(|now| fold::to_level(now, Some(1))),
        Command::FoldTo(level) => state.refold(|now| fold::to_level(now, Some(level))),
        Command::UnfoldAll => state.refold(fold::all_open),
        Command::Groups => {
            let groups = if untrack(|| are_groups_folded(state)) { GroupFold::Open } else { GroupFold::Folded };
            state.refold(|now| fold::to_groups(now, groups));
        }
        Command::ColorBy(coloring) => {
            let by = match coloring {
                // The service is what an address that says nothing means.
                Coloring::Service => GroupBy::Nothing,
                coloring => coloring.group_by(),
            };
            state.legend_open().set(true);
            app.route.update(|route| route.trace.colors.by = by);
        }
        Command::Clocks => state.toggle_adjusted(),
        Command::ZoomToSpan => {
            if let Some((row, _)) = state.selected_row() {
                state.zoom_to_row(&row);
            }
        }
        Command::NoteOnSpan => {
            if let Some(subject) = span_subject(state) {
                state.detail_open.set(true);
                notes::edit(&subject);
            }
        }
        Command::Details => state.detail_open.update(|open| *open = !*open),
        Command::ExportSpan => {
            if let Some(span) = selected(state) {
                export::show_span(app, span);
            }
        }
        Command::CopySpanId => {
            if let Some(subject) = span_subject(state) {
                actions::copy_text(app, "Span id", &subject.span_id);
            }
        }
        Command::Deselect => {
            state.selected.set(None);
            actions::select_span(app, None);
        }
        _ => {}
    }
}

fn focus_find(state: TraceState, find_box: NodeRef<html::Input>) {
    if state.mode().get_untracked() == TraceMode::Flame {
        return focus_search();
    }
    if let Some(find_box) = find_box.get_untracked() {
        let _unthrown = find_box.focus();
        find_box.select();
    }
}

/// About the selected span where it is on the screen, else about the middle.
fn zoom(state: TraceState, factor: f64) {
    let range = state.range.get_untracked();
    let fraction = state
        .selected_row()
        .map(|(row, _)| row.start.saturating_add(row.duration / 2))
        .filter(|&middle| range.from() <= middle && middle <= range.to())
        .map_or(0.5, |middle| (middle - range.from()) as f64 / range.nanos() as f64);
    state.zoom_about(fraction, factor);
}

fn pin(state: TraceState) {
    let app = state.app();
    match span_subject(state) {
        Some(subject) => notes::toggle_pin(app, subject),
        None if state.selected.with_untracked(Option::is_some) => {
            app.announce("This row stands for several spans: unfold it to pin one of them.", Manner::Shown);
        }
        None => notes::toggle_pin(app, trace_subject(state)),
    }
}

/// The trace, as what can be pinned.
pub(super) fn trace_subject(state: TraceState) -> Subject {
    let trace = state.heading();
    let name = format!("{} {}", untrack(|| state.app().service_name(trace.root_service)), trace.root_name);
    Subject { trace_id: trace.trace_id.clone(), span_id: String::new(), name }
}

/// The selected span, as what can be pinned; a group is none, nor is a span without an id.
fn span_subject(state: TraceState) -> Option<Subject> {
    let selected = state.selected.get_untracked().filter(|selected| !selected.group && !selected.span_id.is_empty())?;
    let named = |service: u32, name: &str| format!("{} {name}", untrack(|| state.app().service_name(service)));
    // As its details have it, or else its row, which may not be there.
    let name = state.detail.with_untracked(|detail| {
        detail.latest().filter(|view| view.brief.span == selected.span).map(|view| named(view.brief.service, &view.brief.name))
    });
    let name = name.or_else(|| {
        let (row, _) = state.selected_row().filter(|(row, _)| row.span == selected.span)?;
        Some(named(row.service, &row.name))
    });
    let name = name.unwrap_or_else(|| format!("span {}", selected.span_id));
    Some(Subject { trace_id: state.trace_id(), span_id: selected.span_id, name })
}

//! Where the keyboard is, and how it gets elsewhere: to rows, spans, matches and errors; and what is folded on the way.

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{
    Answer, Find, Fold, LocateRequest, LocateView, Reply, Request, Row, Step, StepDirection, StepRequest, StepView,
};
use crate::ui::actions;
use crate::ui::state::Manner;
use crate::ui::trace::fold;

use super::{Reveal, Selected, TraceState, Walk};

impl TraceState {
    /// Moves the selection to a row that is there.
    pub(in crate::ui::trace) fn select_row(self, row: &Row, position: u32) {
        self.want_position(None);
        self.set_selected(Selected {
            span: row.span,
            span_id: row.span_id.clone(),
            group: row.group.is_some(),
            log: row.log.as_ref().map(|log| log.log),
            position: Some(position),
        });
    }

    /// Moves the selection to a position, whether its row is there or not yet.
    pub(in crate::ui::trace) fn select_position(self, position: u32) {
        let row = self.window.with_untracked(|window| {
            let newest = Some(window.generation) == self.generation();
            if newest { window.row(position).cloned() } else { None }
        });
        self.stage.reveal(position, Reveal::Nearest);
        if let Some(row) = row {
            self.select_row(&row, position);
        } else {
            self.want_position(Some(position));
            self.stage.repaint();
        }
    }

    pub(super) fn set_selected(self, selected: Selected) {
        let span_id = selected.span_id.clone();
        self.selected.set(Some(selected));
        if self.app().route.with_untracked(|route| route.trace.span_id.as_deref() != Some(&*span_id)) {
            actions::select_span(self.app(), Some(&span_id));
        }
        self.stage.repaint();
    }

    /// Where the keyboard is, or will be once the row is there.
    pub(in crate::ui::trace) fn position(self) -> Option<u32> {
        self.errands
            .with_value(|errands| errands.wanted_position)
            .or_else(|| self.selected.with_untracked(|selected| selected.as_ref().and_then(|selected| selected.position)))
    }

    /// The selected row, if it is there.
    pub(in crate::ui::trace) fn selected_row(self) -> Option<(Row, u32)> {
        let position = self.position()?;
        let row = self.window.with_untracked(|window| window.row(position).cloned())?;
        Some((row, position))
    }

    /// Goes to a span by its id, or by its row in the data set, unfolding what hides it.
    pub(in crate::ui::trace) fn go_to(self, span_id: Option<String>, span: u32) {
        let request = Request::Locate(LocateRequest {
            trace_id: self.trace_id(),
            span_id,
            span,
            fold: self.fold.get_untracked(),
            find: self.find.get_untracked(),
            log: None,
        });
        self.app().ask(Slot::Locate, request, move |answer| match answer {
            Answer::Reply(Reply::Locate(located)) if self.generation().is_some() => {
                self.arrive(located);
            }
            Answer::Failed(_) => {
                self.app().announce("That span is not among the spans that were read.", Manner::Shown);
            }
            Answer::Reply(_) | Answer::Cancelled => {}
        });
    }

    /// Goes to a span's parent, wherever that is.
    pub(in crate::ui::trace) fn go_to_parent(self, span: u32) {
        self.app().ask(Slot::Other, Request::Span { span, log: None }, move |answer| {
            if let Answer::Reply(Reply::Span(view)) = answer
                && let Some(parent) = view.parent
                && self.generation().is_some()
            {
                self.go_to(None, parent.span);
            }
        });
    }

    pub(super) fn arrive(self, located: LocateView) {
        let LocateView { span, fold, position, log: _ } = located;
        let fold_changes = self.fold.with_untracked(|now| *now != fold);
        self.want_reveal(position, Reveal::Center);
        if fold_changes {
            self.write_fold(fold);
        } else {
            self.settle_wishes();
        }
        let position = Some(position);
        self.set_selected(Selected { span: span.span, span_id: span.span_id, group: false, log: None, position });
    }

    /// Finds out anew where the selection is, after rows above it have come or gone. What is folded away has no place.
    pub(in crate::ui::trace) fn relocate(self, reveal: Option<Reveal>) {
        let Some(selected) = self.selected.get_untracked() else {
            return;
        };
        let asked_fold = self.fold.get_untracked();
        let request = Request::Locate(LocateRequest {
            trace_id: self.trace_id(),
            span_id: None,
            span: selected.span,
            fold: asked_fold.clone(),
            find: self.find.get_untracked(),
            log: selected.log,
        });
        self.app().ask(Slot::Locate, request, move |answer| {
            let Answer::Reply(Reply::Locate(LocateView { span, fold, position, log })) = answer else {
                return;
            };
            let Some(Some(mut now)) = self.selected.try_get_untracked() else {
                return;
            };
            if now.span != span.span || now.log != selected.log {
                return;
            }
            // A record without a row hands over to its span.
            now.log = log;
            now.position = (fold == asked_fold).then_some(position);
            if let (Some(position), Some(reveal)) = (now.position, reveal) {
                self.want_reveal(position, reveal);
                self.settle_wishes();
            }
            self.selected.set(Some(now));
            self.stage.repaint();
        });
    }

    /// Opens or closes a row.
    pub(in crate::ui::trace) fn toggle(self, row: &Row, position: u32) {
        if row.expanded.is_none() {
            return;
        }
        let fold = fold::toggled(&self.fold.get_untracked(), row.span, row.group.is_some());
        self.write_fold(fold);
        let Some(selected) = self.selected.get_untracked() else {
            return;
        };
        let closing = row.expanded == Some(true);
        let below = row.span < selected.span && selected.span <= row.span.saturating_add(row.descendants);
        if closing && below {
            self.select_row(row, position);
        } else if selected.position.is_none_or(|selected| selected > position) {
            self.relocate(None);
        }
    }

    /// Changes what is folded as a whole.
    pub(in crate::ui::trace) fn refold(self, change: impl FnOnce(&Fold) -> Fold) {
        let fold = change(&self.fold.get_untracked());
        if self.fold.with_untracked(|now| *now != fold) {
            self.write_fold(fold);
            self.relocate(Some(Reveal::Nearest));
        }
    }

    pub(super) fn write_fold(self, fold: Fold) {
        self.app().route.update(|route| route.trace.fold = fold);
    }

    /// Changes what is sought.
    pub(in crate::ui::trace) fn set_find(self, find: Find) {
        if self.find.with_untracked(|now| *now == find) {
            return;
        }
        self.walk.set(None);
        let rows_change = find.only || self.find.with_untracked(|now| now.only);
        self.app().route.update(|route| route.trace.find = find);
        if rows_change {
            self.relocate(Some(Reveal::Nearest));
        }
    }

    /// Goes to the next or previous match or error.
    pub(in crate::ui::trace) fn step(self, step: Step, direction: StepDirection) {
        let find = self.find.get_untracked();
        if step == Step::Found && find.text.is_empty() {
            return;
        }
        let request = Request::Step(StepRequest {
            trace_id: self.trace_id(),
            step,
            direction,
            from: self.selected.with_untracked(|selected| selected.as_ref().map(|selected| selected.span)),
            find,
            fold: self.fold.get_untracked(),
        });
        self.app().ask(Slot::Step, request, move |answer| {
            if let Answer::Reply(Reply::Step(view)) = answer
                && self.generation().is_some()
            {
                self.receive_step(step, view);
            }
        });
    }

    pub(super) fn receive_step(self, step: Step, view: StepView) {
        let StepView { total, ordinal, at } = view;
        let what = match step {
            Step::Found => "Match",
            Step::Error => "Error",
        };
        if step == Step::Found {
            self.walk.set(Some(Walk { ordinal, total }));
        }
        let Some(located) = at else {
            let none = match step {
                Step::Found => "No span matches.",
                Step::Error => "No span of this trace has an error.",
            };
            self.app().announce(none, Manner::Shown);
            return;
        };
        let manner = match step {
            Step::Found => Manner::Quiet,
            Step::Error => Manner::Shown,
        };
        self.app().announce(format!("{what} {ordinal} of {total}: {}", located.span.name), manner);
        self.arrive(located);
    }
}

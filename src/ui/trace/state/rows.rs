//! Which rows there are: asking for them, and what waits for them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Answer, Reply, Request, Row, RowsRequest, RowsView};
use crate::scene::RowSpan;

use super::{Asked, TraceState, Window};

/// No rows are asked for beyond the visible ones times this, on each side.
const OVERSCAN: u32 = 2;

impl TraceState {
    /// What is folded or sought has changed: what is on the screen stays until the new rows are there.
    pub(in crate::ui::trace) fn renew(self) {
        self.errands.update_value(|errands| {
            errands.generation = errands.generation.wrapping_add(1);
            errands.wanted_position = None;
        });
        self.stage.repaint();
    }

    /// Asks for the rows around `visible`, unless they are there or on their way.
    pub(in crate::ui::trace) fn want_rows(self, visible: RowSpan) {
        let Some((generation, asked)) = self.errands.try_with_value(|errands| (errands.generation, errands.asked)) else {
            return;
        };
        if asked.is_some_and(|asked| asked.generation == generation) {
            return;
        }
        let (current, covered, total) = self.window.with_untracked(|window| {
            // Half of what is asked for beyond the screen is used up before more is asked for.
            let reach = visible.widened(visible.len().max(8) * OVERSCAN / 2, window.total);
            (window.generation == generation, window.span().covers(reach), window.total)
        });
        if current && covered {
            return;
        }
        let total = if current { total } else { u32::MAX };
        let asked = visible.widened(visible.len().max(40) * OVERSCAN, total);
        let Some(number) = self.errands.try_update_value(|errands| {
            errands.ask_count = errands.ask_count.wrapping_add(1);
            errands.asked = Some(Asked { number: errands.ask_count, generation });
            errands.ask_count
        }) else {
            return;
        };
        self.stale.set(!current);
        let request = Request::Rows(RowsRequest {
            trace_id: self.trace_id(),
            fold: self.fold.get_untracked(),
            find: self.find.get_untracked(),
            color: self.colors().with_untracked(|colors| colors.by.clone()),
            adjusted: self.adjusted().get_untracked(),
            offset: asked.first,
            limit: asked.len(),
        });
        self.app().ask(Slot::Rows, request, move |answer| self.receive_rows(number, generation, answer));
    }

    pub(super) fn receive_rows(self, number: u32, generation: u32, answer: Answer) {
        // The page may have gone on to another trace.
        let is_awaited = self.errands.try_update_value(|errands| {
            let is_awaited = errands.asked.is_some_and(|asked| asked.number == number);
            if is_awaited {
                errands.asked = None;
            }
            is_awaited
        });
        if is_awaited != Some(true) {
            return;
        }
        match answer {
            Answer::Reply(Reply::Rows(RowsView { total, offset, rows, found })) => {
                self.stale.set(false);
                self.stage.set_total(total);
                // The rows asked for are past the end: there are fewer now. What is on the screen stays until they are asked
                // for where they are.
                if !rows.is_empty() || total == 0 {
                    self.window.set(Window { generation, total, offset, rows: Arc::from(rows), found });
                    self.settle_wishes();
                }
                self.stage.repaint();
            }
            Answer::Reply(_) | Answer::Failed(_) | Answer::Cancelled => {}
        }
    }

    /// Scrolls and selects as was wished before the rows were there. Rows of an older question fulfill nothing.
    pub(super) fn settle_wishes(self) {
        let generation = self.generation();
        if self.window.with_untracked(|window| Some(window.generation) != generation) {
            return;
        }
        self.find_selected();
        let Some((reveal, position)) =
            self.errands.try_update_value(|errands| (errands.wanted_reveal.take(), errands.wanted_position))
        else {
            return;
        };
        if let Some((position, reveal)) = reveal {
            self.stage.reveal(position, reveal);
        }
        if let Some(position) = position
            && let Some(row) = self.window.with_untracked(|window| window.row(position).cloned())
        {
            self.select_row(&row, position);
        }
    }

    /// A selection whose place was not known may be among the rows that have come.
    fn find_selected(self) {
        let lost = self.selected.get_untracked().filter(|selected| selected.position.is_none());
        let Some(mut selected) = lost else {
            return;
        };
        let position = self.window.with_untracked(|window| {
            let same = |row: &Row| selected.is_at(row);
            let at = window.rows.iter().position(same)?;
            Some(window.offset.saturating_add(u32::try_from(at).ok()?))
        });
        if position.is_some() {
            selected.position = position;
            self.selected.set(Some(selected));
        }
    }
}

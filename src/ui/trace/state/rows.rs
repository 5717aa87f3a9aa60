//! Which rows there are: asking for them, and what waits for them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{Answer, Reply, Request, RowsRequest, RowsView};
use crate::scene::RowSpan;

use super::{Asked, TraceState, Window};

/// No rows are asked for beyond the visible ones times this, on each side.
const OVERSCAN: u32 = 2;

impl TraceState {
    /// What is folded or sought has changed: what is on the screen stays until the new rows are there.
    pub(in crate::ui::trace) fn renew(self) {
        self.generation.update_value(|generation| *generation = generation.wrapping_add(1));
        self.wanted_position.set_value(None);
        self.stage.repaint();
    }

    /// Asks for the rows around `visible`, unless they are there or on their way.
    pub(in crate::ui::trace) fn want_rows(self, visible: RowSpan) {
        let generation = self.generation.get_value();
        if self.asked.get_value().is_some_and(|asked| asked.generation == generation) {
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
        let number = self.ask_count.get_value().wrapping_add(1);
        self.ask_count.set_value(number);
        self.asked.set_value(Some(Asked { number, generation }));
        let request = Request::Rows(RowsRequest {
            trace_id: self.trace_id(),
            fold: self.fold.get_untracked(),
            find: self.find.get_untracked(),
            offset: asked.first,
            limit: asked.len(),
        });
        self.app.ask(Slot::Rows, request, move |answer| self.receive_rows(number, generation, answer));
    }

    pub(super) fn receive_rows(self, number: u32, generation: u32, answer: Answer) {
        // The page may have gone on to another trace.
        if self.asked.try_get_value().flatten().is_none_or(|asked| asked.number != number) {
            return;
        }
        self.asked.set_value(None);
        match answer {
            Answer::Reply(Reply::Rows(RowsView { total, offset, rows, found })) => {
                let newest = generation == self.generation.get_value();
                // Fewer rows than before: the window asked for is past the end, so it is asked for again at the end.
                if newest && rows.is_empty() && total > 0 {
                    self.stage.set_total(total);
                }
                self.window.set(Window { generation, total, offset, rows: Arc::new(rows), found });
                self.stage.set_total(total);
                if newest {
                    self.settle_wishes();
                }
                self.stage.repaint();
            }
            Answer::Reply(_) | Answer::Failed(_) | Answer::Cancelled => {}
        }
    }

    pub(super) fn settle_wishes(self) {
        if let Some((position, reveal)) = self.wanted_reveal.get_value() {
            self.wanted_reveal.set_value(None);
            self.stage.reveal(position, reveal);
        }
        if let Some(position) = self.wanted_position.get_value() {
            let row = self.window.with_untracked(|window| window.row(position).cloned());
            if let Some(row) = row {
                self.wanted_position.set_value(None);
                self.select_row(&row, position);
            }
        }
    }
}

//! The part of the trace that is on the screen, and how it gets into the address and out of it.

use leptos::leptos_dom::helpers::set_timeout_with_handle;
use leptos::prelude::*;

use crate::protocol::Row;
use crate::route::{FlameAddress, OffsetRange};
use crate::scene::TimeRange;
use crate::ui::actions;

use super::TraceState;

/// How long the range rests before it is written into the address: browsers refuse when there are too many writes.
const RANGE_REST_MILLIS: u64 = 250;

impl TraceState {
    /// Shows a part of the trace; the address follows when it rests.
    pub(in crate::ui::trace) fn set_range(self, range: TimeRange) {
        if self.range.get_untracked() == range {
            return;
        }
        self.range.set(range);
        self.stage.repaint();
        self.stop_range_timer();
        let later = set_timeout_with_handle(move || self.write_range(), std::time::Duration::from_millis(RANGE_REST_MILLIS));
        self.errands.update_value(|errands| errands.range_timer = later.ok());
    }

    pub(super) fn write_range(self) {
        let Some(range) = self.range.try_get_untracked() else {
            return;
        };
        let whole = range.is_whole(self.duration());
        let offsets = (!whole).then(|| OffsetRange { from: range.from(), to: range.to() });
        self.errands.update_value(|errands| errands.written_range = offsets);
        if self.app().route.with_untracked(|route| route.trace.range) != offsets {
            actions::zoom(self.app(), offsets);
        }
    }

    /// Goes to a place in the flame graph, and to a part of time with it: one step, which Back undoes as a whole.
    pub(in crate::ui::trace) fn go_in_flame(self, address: FlameAddress, range: Option<TimeRange>) {
        self.stop_range_timer();
        let range = range.unwrap_or_else(|| self.range.get_untracked());
        let whole = range.is_whole(self.duration());
        let offsets = (!whole).then(|| OffsetRange { from: range.from(), to: range.to() });
        self.errands.update_value(|errands| errands.written_range = offsets);
        self.range.set(range);
        self.app().route.update(|route| {
            route.trace.flame = address;
            route.trace.range = offsets;
        });
    }

    /// Takes over a range that came with the address: by going back or forward, or by editing it.
    pub(in crate::ui::trace) fn follow_range(self, address: Option<OffsetRange>) {
        if self.errands.with_value(|errands| errands.written_range == address) {
            return;
        }
        self.errands.update_value(|errands| errands.written_range = address);
        self.stop_range_timer();
        let range = range_from_address(address, self.duration());
        if self.range.get_untracked() != range {
            self.range.set(range);
            self.stage.repaint();
        }
    }

    pub(super) fn stop_range_timer(self) {
        self.errands.update_value(|errands| {
            if let Some(timer) = errands.range_timer.take() {
                timer.clear();
            }
        });
    }

    /// Zooms about a moment, given as a fraction of the view's width.
    pub(in crate::ui::trace) fn zoom_about(self, fraction: f64, factor: f64) {
        self.set_range(self.range.get_untracked().zoomed(fraction, factor, self.duration()));
    }

    /// Moves the view by a fraction of its length.
    pub(in crate::ui::trace) fn pan_by_fraction(self, fraction: f64) {
        let range = self.range.get_untracked();
        let step = range.nanos() as f64 * fraction;
        #[expect(clippy::cast_possible_truncation, reason = "saturates, as a pan past the end should")]
        let nanos = step.round() as i64;
        let nanos = if nanos == 0 && step != 0.0 { if step > 0.0 { 1 } else { -1 } } else { nanos };
        self.set_range(range.panned(nanos, self.duration()));
    }

    /// Shows all of the trace.
    pub(in crate::ui::trace) fn fit(self) {
        self.set_range(TimeRange::whole(self.duration()));
    }

    /// Zooms to a row: a group as a whole.
    pub(in crate::ui::trace) fn zoom_to_row(self, row: &Row) {
        let nanos = row.group.map_or(row.duration, |group| group.end.saturating_sub(row.start));
        self.set_range(TimeRange::around(row.start, nanos, self.duration()));
    }
}

pub(super) fn range_from_address(address: Option<OffsetRange>, duration: u64) -> TimeRange {
    address.map_or_else(|| TimeRange::whole(duration), |range| TimeRange::between(range.from, range.to, duration))
}

//! What the trace page knows: made once per trace, read by all its parts.
//!
//! Fold, find, zoom and selection live in the route; what is here beside it is what moves faster than an address should
//! (the range while it is dragged) and what the engine answered.

mod rows;
mod select;
mod zoom;

use std::sync::Arc;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::browser::storage;
use crate::link::Slot;
use crate::notes::Entry;
use crate::protocol::{Find, Fold, KeysRequest, KeysView, LogsView, Reply, Request, Row, SpanView, TableView, TraceView};
use crate::route::{OffsetRange, TraceColors, TraceMode};
use crate::scene::{Indent, RowSpan, TimeRange, format};
use crate::ui::notes;
use crate::ui::parts::MenuOption;
use crate::ui::remote::Remote;
use crate::ui::state::AppState;

use super::stage::StageSlot;

/// Where the widths of the name column and of the detail panel are kept.
const NAMES_KEY: &str = "spanwise-names-width";
const DETAIL_KEY: &str = "spanwise-detail-width";
/// Widths in pixels as long as the reader has not chosen any.
const NAMES_CSS_PX: f64 = 380.0;
const DETAIL_CSS_PX: f64 = 440.0;
/// A window of rows as it came from the engine.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// The question that it answers: see [`TraceState::generation`].
    pub generation: u32,
    /// Rows in all.
    pub total: u32,
    /// First row of the window.
    pub offset: u32,
    /// The rows.
    pub rows: Arc<[Row]>,
    /// Spans that match the text sought.
    pub found: u32,
}

impl Window {
    /// Which rows are in it.
    pub(super) fn span(&self) -> RowSpan {
        let len = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        RowSpan { first: self.offset, end: self.offset.saturating_add(len) }
    }

    /// The row at a position among all rows.
    pub(super) fn row(&self, position: u32) -> Option<&Row> {
        self.rows.get(position.checked_sub(self.offset)? as usize)
    }
}

/// The span that the keyboard is at and whose details are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selected {
    /// Its row in the data set.
    pub span: u32,
    /// Its id.
    pub span_id: String,
    /// The row stands for a group.
    pub group: bool,
    /// The log record of that span that the row stands for.
    pub log: Option<u32>,
    /// Where it is among the visible rows; `None` while that is not known, or if it is folded away.
    pub position: Option<u32>,
}

impl Selected {
    /// Whether it is this row.
    pub(super) fn is_at(&self, row: &Row) -> bool {
        let log = row.log.as_ref().map(|log| log.log);
        row.span == self.span && row.group.is_some() == self.group && log == self.log
    }
}

/// Where a search or a walk from error to error is: the third of 17.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    /// From 1; 0 if it has not begun.
    pub ordinal: u32,
    /// How many there are.
    pub total: u32,
}

/// The trace page's state. `Copy`, so that closures take it freely.
#[derive(Clone, Copy)]
pub(super) struct TraceState {
    /// The page's; behind a handle, as it is large and this is passed by value everywhere.
    app: StoredValue<AppState, LocalStorage>,
    /// The heading; it does not change while this state lives.
    pub trace: StoredValue<Arc<TraceView>>,
    /// The rows that are there.
    pub window: RwSignal<Window>,
    /// The rows that are on the screen.
    pub shown: RwSignal<RowSpan>,
    /// Their indent.
    pub indent: RwSignal<Indent>,
    /// The part of the trace that is on the screen.
    pub range: RwSignal<TimeRange>,
    /// Where the keyboard is.
    pub selected: RwSignal<Option<Selected>>,
    /// Whether the details are open.
    pub detail_open: RwSignal<bool>,
    /// The details.
    pub detail: RwSignal<Remote<SpanView>>,
    /// What is folded.
    pub fold: Memo<Fold>,
    /// What is sought.
    pub find: Memo<Find>,
    views: StoredValue<Views>,
    /// Where the search is.
    pub walk: RwSignal<Option<Walk>>,
    /// Width of the name column, as the reader wants it.
    pub names_css_px: RwSignal<f64>,
    /// Width of the detail panel, as the reader wants it.
    pub detail_css_px: RwSignal<f64>,
    /// Under way longer than it should: the rows on the screen are old.
    pub stale: RwSignal<bool>,
    /// The elements, and where they are scrolled to.
    pub stage: StageSlot,
    errands: StoredValue<Errands>,
}

/// What goes beyond the waterfall; behind one handle, as the state is passed by value everywhere.
#[derive(Clone, Copy)]
struct Views {
    mode: Memo<TraceMode>,
    colors: Memo<TraceColors>,
    legend_open: RwSignal<bool>,
    keys: RwSignal<Remote<KeysView>>,
    table: RwSignal<Remote<TableView>>,
    logs: RwSignal<Remote<LogsView>>,
    adjusted: Memo<bool>,
    marked: Memo<Vec<Entry>>,
}

/// What is under way, and nothing on the screen depends on.
#[derive(Debug, Default)]
struct Errands {
    /// Grows with each change of what is folded or sought; windows of an older one are shown until a newer one is there.
    generation: u32,
    /// The rows that are on their way.
    asked: Option<Asked>,
    /// Numbers the questions for rows.
    ask_count: u32,
    /// A row to be selected once it is there.
    wanted_position: Option<u32>,
    /// A row to be scrolled to once the rows of the newest generation are there.
    wanted_reveal: Option<(u32, Reveal)>,
    /// Runs until the range has rested.
    range_timer: Option<TimeoutHandle>,
    /// What the address says as far as this page wrote or read it: anything else there came from outside.
    written_range: Option<OffsetRange>,
}

/// Rows that have been asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    number: u32,
    generation: u32,
}

/// How a row is brought on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reveal {
    /// With as little scrolling as needed.
    Nearest,
    /// In the middle, if it is not on the screen.
    Center,
}

impl TraceState {
    pub(super) fn new(app: AppState, trace: Arc<TraceView>) -> Self {
        let address = app.route.with_untracked(|route| route.trace.clone());
        let range = zoom::range_from_address(address.range, trace.duration);
        let stored = |key: &str, otherwise: f64| {
            storage::get(key).and_then(|text| text.parse().ok()).filter(|width: &f64| width.is_finite()).unwrap_or(otherwise)
        };
        let trace_id = trace.trace_id.clone();
        Self {
            app: StoredValue::new_local(app),
            trace: StoredValue::new(trace),
            window: RwSignal::new(Window::default()),
            shown: RwSignal::new(RowSpan::default()),
            indent: RwSignal::new(Indent::fit([], NAMES_CSS_PX)),
            range: RwSignal::new(range),
            selected: RwSignal::new(None),
            detail_open: RwSignal::new(address.span_id.is_some()),
            detail: RwSignal::new(Remote::Idle),
            fold: Memo::new(move |_| app.route.with(|route| route.trace.fold.clone())),
            find: Memo::new(move |_| app.route.with(|route| route.trace.find.clone())),
            views: StoredValue::new(Views {
                mode: Memo::new(move |_| app.route.with(|route| route.trace.mode)),
                colors: Memo::new(move |_| app.route.with(|route| route.trace.colors.clone())),
                legend_open: RwSignal::new(true),
                keys: RwSignal::new(Remote::Idle),
                table: RwSignal::new(Remote::Idle),
                logs: RwSignal::new(Remote::Idle),
                adjusted: Memo::new(move |_| app.route.with(|route| route.trace.adjusted)),
                marked: Memo::new(move |_| notes::of_trace(&trace_id)),
            }),
            walk: RwSignal::new(None),
            names_css_px: RwSignal::new(stored(NAMES_KEY, NAMES_CSS_PX)),
            detail_css_px: RwSignal::new(stored(DETAIL_KEY, DETAIL_CSS_PX)),
            stale: RwSignal::new(false),
            stage: StageSlot::default(),
            errands: StoredValue::new(Errands { generation: 1, written_range: address.range, ..Errands::default() }),
        }
    }

    /// The page's state.
    pub(super) fn app(self) -> AppState {
        self.app.get_value()
    }

    /// How the trace is shown.
    pub(super) fn mode(self) -> Memo<TraceMode> {
        self.views.get_value().mode
    }

    /// What bars are colored by, and whether the critical path is drawn.
    pub(super) fn colors(self) -> Memo<TraceColors> {
        self.views.get_value().colors
    }

    /// Whether it is shown what the colors mean.
    pub(super) fn legend_open(self) -> RwSignal<bool> {
        self.views.get_value().legend_open
    }

    /// The rows of the span table that are there.
    pub(super) fn table(self) -> RwSignal<Remote<TableView>> {
        self.views.get_value().table
    }

    /// The log records that are there.
    pub(super) fn logs(self) -> RwSignal<Remote<LogsView>> {
        self.views.get_value().logs
    }

    /// Whether times are shown as they would be if the clocks agreed.
    pub(super) fn adjusted(self) -> Memo<bool> {
        self.views.get_value().adjusted
    }

    /// What the reader has marked in the trace.
    pub(super) fn marked(self) -> Memo<Vec<Entry>> {
        self.views.get_value().marked
    }

    /// Shows such times, or those of the file again.
    pub(super) fn toggle_adjusted(self) {
        self.app().route.update(|route| route.trace.adjusted = !route.trace.adjusted);
    }

    /// The attribute keys of the trace, once somebody wants to choose one.
    pub(super) fn keys(self) -> RwSignal<Remote<KeysView>> {
        self.views.get_value().keys
    }

    /// Which question the rows must answer; `None` once the page has gone on to another trace.
    fn generation(self) -> Option<u32> {
        self.errands.try_with_value(|errands| errands.generation)
    }

    fn want_reveal(self, position: u32, reveal: Reveal) {
        self.errands.update_value(|errands| errands.wanted_reveal = Some((position, reveal)));
    }

    fn want_position(self, position: Option<u32>) {
        self.errands.update_value(|errands| errands.wanted_position = position);
    }

    /// The heading.
    pub(super) fn heading(self) -> Arc<TraceView> {
        self.trace.get_value()
    }

    /// How long the trace is.
    pub(super) fn duration(self) -> u64 {
        self.trace.with_value(|trace| trace.duration)
    }

    /// The trace's id, as questions name it.
    pub(super) fn trace_id(self) -> String {
        self.trace.with_value(|trace| trace.trace_id.clone())
    }

    /// Shows the trace in another way.
    pub(super) fn set_mode(self, mode: TraceMode) {
        if self.mode().get_untracked() != mode {
            self.app().route.update(|route| route.trace.mode = mode);
        }
    }

    /// Draws the critical path, or no longer.
    pub(super) fn toggle_critical(self) {
        self.app().route.update(|route| route.trace.colors.critical = !route.trace.colors.critical);
    }

    /// Asks for the attribute keys, unless they are there.
    pub(super) fn want_keys(self) {
        if self.keys().with_untracked(|keys| keys.latest().is_some() || keys.is_loading()) {
            return;
        }
        let request = Request::Keys(KeysRequest { trace_id: Some(self.trace_id()) });
        self.app().ask_into(Slot::Keys, request, self.keys(), |reply| match reply {
            Reply::Keys(view) => Some(view),
            _ => None,
        });
    }

    /// The attribute keys, to choose from.
    pub(super) fn attribute_options<T>(self, value: fn(String) -> T) -> Vec<MenuOption<T>> {
        self.keys().with(|keys| {
            let keys = keys.latest().map(|view| view.keys.as_slice()).unwrap_or_default();
            let option = |(key, spans): &(String, u64)| MenuOption {
                value: value(key.clone()),
                words: key.clone(),
                note: format::count_short(*spans),
            };
            keys.iter().map(option).collect()
        })
    }

    /// Selects a span and opens its details.
    pub(super) fn show_span(self, span_id: &str) {
        self.detail_open.set(true);
        self.go_to(Some(span_id.to_owned()), 0);
    }

    /// Sets the width of the name column, and keeps it.
    pub(super) fn set_names_width(self, css_px: f64) {
        let css_px = css_px.round();
        self.names_css_px.set(css_px);
        storage::set(NAMES_KEY, &css_px.to_string());
        self.stage.repaint();
    }

    /// Sets the width of the detail panel, and keeps it.
    pub(super) fn set_detail_width(self, css_px: f64) {
        let css_px = css_px.round();
        self.detail_css_px.set(css_px);
        storage::set(DETAIL_KEY, &css_px.to_string());
    }
}

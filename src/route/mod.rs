//! The address of what is shown: to and from the URL's hash, versioned.
//!
//! `#/openobserve?base=…&org=…&stream=…&last=…`, `#/traces?v=1&q=cart&sort=duration&dir=desc`, `#/map?…`, `#/latency?…`, `#/flame?…`, `#/trace/<trace id>?v=1&span=<span id>&from=<ns>&to=<ns>&find=…&fold=…`.
//! Reading never fails: what is not known falls back to the nearest view that exists, with a [`Note`] that says so. The
//! data itself is never in the address.
//!
//! *Invariants.* Knows no browser. `Route::parse(&route.to_hash())` shows the same as `route`.

mod columns;
mod flame;
mod fold;
mod latency;
mod map;
mod percent;
mod reference;
mod selection;
mod server;
mod trace_views;

use crate::protocol::{Find, Fold, LogLevel, Selection, SortColumn};

pub use columns::{COLUMNS_MAX, WIDTH_CSS_PX, Widths, attribute_field, field_words, set_width, width_of};
pub use flame::FlameAddress;
pub use latency::{HeatColor, LatencyAddress};
pub use map::{MapAddress, MapMeasure};
pub use reference::{Reference, reference};
pub use server::{ServerAddress, ServerRange, comparison_from_name, comparison_name};
pub use trace_views::{TableAddress, TraceColors, TraceMode, table_column_name};

pub use percent::{decode as percent_decode, encode as percent_encode};

/// The version that addresses are written in. A newer one is read as far as it is understood.
pub const VERSION: u32 = 1;

/// Stands for the trace whose spans have no trace id.
const NO_ID: &str = "-";

/// What is shown. The parts of views that are not shown keep what they had, so that going back to the list finds its
/// filter again; only the part of the view that is shown goes into the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Which view.
    pub view: View,
    /// What all views but the trace page show.
    pub selection: Selection,
    /// Attributes that have a facet, as a query has them; none chosen: the usual ones.
    pub facets: Option<Vec<String>>,
    /// The trace list.
    pub list: ListAddress,
    /// The service map.
    pub map: MapAddress,
    /// The latency charts.
    pub latency: LatencyAddress,
    /// The flame graph of many traces.
    pub flame: FlameAddress,
    /// The trace page.
    pub trace: TraceAddress,
    /// The search on a server.
    pub server: ServerAddress,
    /// Map and charts show the server's figures, not those of the spans that are loaded.
    pub on_server: bool,
    /// What could not be understood in the address that this was read from.
    pub note: Option<Note>,
}

/// The views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// What this is, and opening files.
    #[default]
    Start,
    /// The trace list.
    Traces,
    /// The service map.
    Map,
    /// Latency as charts, and the table of operations.
    Latency,
    /// The flame graph of many traces.
    Flame,
    /// One trace.
    Trace,
    /// The import report.
    Report,
    /// Searching a server.
    OpenObserve,
}

/// What the trace list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAddress {
    /// What it is sorted by.
    pub sort: SortColumn,
    /// Largest first.
    pub descending: bool,
    /// Further columns: attributes and intrinsics, as a query has them.
    pub columns: Vec<String>,
    /// Columns whose width was chosen: the usual ones by their names in an address, the others as a query has them.
    pub widths: Widths,
}

impl Default for ListAddress {
    /// The newest first.
    fn default() -> Self {
        Self { sort: SortColumn::Start, descending: true, columns: Vec::new(), widths: Widths::new() }
    }
}

/// Before a field that is sorted by.
const FIELD: &str = "field:";

impl ListAddress {
    /// A width is no other list.
    pub fn is_same_list(&self, other: &Self) -> bool {
        (self.sort, self.descending, &self.columns) == (other.sort, other.descending, &other.columns)
    }

    fn write(&self, query: &mut percent::Query) {
        query.text("columns", &columns::list_text(self.columns.iter().cloned()));
        if (self.sort, self.descending) != (SortColumn::Start, true) {
            match self.sort {
                SortColumn::Field(at) => {
                    let text = self.columns.get(usize::from(at)).map_or("", String::as_str);
                    query.text("sort", &format!("{FIELD}{text}"));
                }
                usual => query.text("sort", column_name(usual)),
            }
            query.text("dir", if self.descending { "desc" } else { "asc" });
        }
        query.text("w", &columns::widths_text(&self.widths));
    }
}

/// What the trace page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceAddress {
    /// The trace.
    pub trace_id: String,
    /// The span that is selected.
    pub span_id: Option<String>,
    /// The part of the trace that the waterfall is zoomed to; `None`: all of it.
    pub range: Option<OffsetRange>,
    /// What is sought.
    pub find: Find,
    /// What is folded.
    pub fold: Fold,
    /// How the trace is shown.
    pub mode: TraceMode,
    /// What bars are colored by, and whether the critical path is drawn.
    pub colors: TraceColors,
    /// The flame graph of this trace.
    pub flame: FlameAddress,
    /// The span table.
    pub table: TableAddress,
    /// Log records of at least this level.
    pub least: LogLevel,
    /// Times as they would be if the clocks agreed.
    pub adjusted: bool,
}

/// A stretch of a trace, as nanosecond offsets from its start; `from` is below `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    /// Left edge.
    pub from: u64,
    /// Right edge.
    pub to: u64,
}

/// What an address said that could not be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The view that it names does not exist here.
    UnknownView,
    /// It was written by a newer version.
    NewerVersion,
}

/// How a change of what is shown enters the browser's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryStep {
    /// A place of its own, which Back leaves.
    Push,
    /// The same place, seen differently.
    Replace,
}

impl Route {
    /// Reads the URL's hash, with or without its `#`.
    pub fn parse(hash: &str) -> Self {
        let hash = hash.strip_prefix('#').unwrap_or(hash);
        let (path, query) = hash.split_once('?').unwrap_or((hash, ""));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let mut route = Self::default();
        match (segments.next(), segments.next()) {
            (None, _) => {}
            (Some("traces"), _) => route.view = View::Traces,
            (Some("map"), _) => route.view = View::Map,
            (Some("latency"), _) => route.view = View::Latency,
            (Some("flame"), _) => route.view = View::Flame,
            (Some("report"), _) => route.view = View::Report,
            (Some("openobserve"), _) => route.view = View::OpenObserve,
            (Some("trace"), Some(trace_id)) => {
                route.view = View::Trace;
                route.trace.trace_id = if trace_id == NO_ID { String::new() } else { percent::decode(trace_id) };
            }
            (Some(_), _) => {
                route.view = View::Traces;
                route.note = Some(Note::UnknownView);
            }
        }
        let mut from = None;
        let mut to = None;
        let mut sort_field = None;
        for (key, value) in percent::pairs(query) {
            if key == "v" {
                if value.parse::<u32>().is_ok_and(|version| version > VERSION) {
                    route.note = Some(Note::NewerVersion);
                }
                continue;
            }
            let Self { view, selection, facets, list, map, latency, flame, trace, server, on_server, note: _ } = &mut route;
            // The trace page has a `from` and a `to` of its own.
            if *view != View::Trace && server.read(&key, &value) {
                continue;
            }
            if *view != View::Trace && key == "on" {
                *on_server = value == "server";
                continue;
            }
            if view.is_of_selection() && selection::read(selection, &key, &value) {
                continue;
            }
            if view.is_of_selection() && key == "facets" {
                *facets = Some(columns::list(&value).filter(|text| text != NO_FACETS).take(FACETS_MAX).collect());
                continue;
            }
            match (*view, key.as_str()) {
                (View::Traces | View::OpenObserve, "sort") => match value.strip_prefix(FIELD) {
                    Some(field) => sort_field = Some(field.to_owned()),
                    None => list.sort = column_from_name(&value).unwrap_or(list.sort),
                },
                (View::Traces | View::OpenObserve, "columns") => list.columns = columns::list(&value).take(COLUMNS_MAX).collect(),
                (View::Traces | View::OpenObserve, "w") => list.widths = columns::widths(&value),
                (View::Traces | View::OpenObserve, "dir") => list.descending = value != "asc",
                (View::Map, key) => map.read(key, &value),
                (View::Latency, key) => latency.read(key, &value),
                (View::Flame, key) => flame.read(key, &value),
                (View::Trace, "span") if !value.is_empty() => trace.span_id = Some(value),
                (View::Trace, "from") => from = value.parse().ok(),
                (View::Trace, "to") => to = value.parse().ok(),
                (View::Trace, "find") => trace.find.text = value,
                (View::Trace, "only") => trace.find.only = value == "1",
                (View::Trace, "fold") => trace.fold = Fold { logs: trace.fold.logs, ..fold::parse(&value) },
                (View::Trace, key) => trace_views::read(trace, key, &value),
                (View::Start | View::Traces | View::Report | View::OpenObserve, _) => {}
            }
        }
        let sorted = sort_field.and_then(|field| route.list.columns.iter().position(|column| *column == field));
        if let Some(at) = sorted.and_then(|at| u8::try_from(at).ok()) {
            route.list.sort = SortColumn::Field(at);
        }
        route.trace.range = from.zip(to).and_then(|(from, to)| (from < to).then_some(OffsetRange { from, to }));
        route
    }

    /// The hash that shows this, with its `#`.
    pub fn to_hash(&self) -> String {
        let mut query = percent::Query::default();
        let path = match self.view {
            View::Start => return "#/".to_owned(),
            View::Report => "#/report".to_owned(),
            View::Traces => {
                self.write_selection(&mut query);
                self.list.write(&mut query);
                "#/traces".to_owned()
            }
            View::OpenObserve => {
                self.server.write(&mut query);
                self.write_selection(&mut query);
                self.list.write(&mut query);
                "#/openobserve".to_owned()
            }
            View::Map => {
                self.write_selection(&mut query);
                self.map.write(&mut query);
                self.write_server(&mut query);
                "#/map".to_owned()
            }
            View::Latency => {
                self.write_selection(&mut query);
                self.latency.write(&mut query);
                self.write_server(&mut query);
                "#/latency".to_owned()
            }
            View::Flame => {
                self.write_selection(&mut query);
                self.flame.write(&mut query);
                "#/flame".to_owned()
            }
            View::Trace => {
                let trace = &self.trace;
                query.text("span", trace.span_id.as_deref().unwrap_or_default());
                if let Some(range) = trace.range {
                    query.number("from", range.from);
                    query.number("to", range.to);
                }
                query.text("find", &trace.find.text);
                if trace.find.only {
                    query.number("only", 1);
                }
                query.text("fold", &fold::to_text(&trace.fold));
                trace_views::write(trace, &mut query);
                let id = percent::encode(&trace.trace_id);
                format!("#/trace/{}", if id.is_empty() { NO_ID } else { &id })
            }
        };
        query.number("v", u64::from(VERSION));
        format!("{path}{}", query.finish())
    }

    fn write_selection(&self, query: &mut percent::Query) {
        selection::write(&self.selection, query);
        match self.facets.as_deref() {
            None => {}
            Some([]) => query.text("facets", NO_FACETS),
            Some(facets) => query.text("facets", &columns::list_text(facets.iter().cloned())),
        }
    }

    fn write_server(&self, query: &mut percent::Query) {
        if self.on_server {
            query.text("on", "server");
            self.server.write(query);
        }
    }

    /// The same place with only what `address` says about the view that it names: the other views' parts stay.
    #[must_use]
    pub fn gone_to(&self, address: Self) -> Self {
        let Self { view, selection, facets, list, map, latency, flame, trace, server, on_server, note } = address;
        let has = |own: View| view == own;
        Self {
            view,
            selection: if view.is_of_selection() { selection } else { self.selection.clone() },
            facets: if view.is_of_selection() { facets } else { self.facets.clone() },
            list: if has(View::Traces) || has(View::OpenObserve) { list } else { self.list.clone() },
            // A view of loaded spans names no server.
            server: if has(View::OpenObserve) || server.is_named() { server } else { self.server.clone() },
            on_server: if has(View::Map) || has(View::Latency) { on_server } else { self.on_server },
            map: if has(View::Map) { map } else { self.map.clone() },
            latency: if has(View::Latency) { latency } else { self.latency.clone() },
            flame: if has(View::Flame) { flame } else { self.flame.clone() },
            trace: if has(View::Trace) { trace } else { self.trace.clone() },
            note,
        }
    }

    /// How going from here to `next` enters the history: another view, trace or sort order is a step; a filter being
    /// typed, a selection moving, a zoom is not.
    pub fn history_step(&self, next: &Self) -> HistoryStep {
        let same_place = self.view == next.view
            && (!next.view.is_of_selection() || self.selection.brushes == next.selection.brushes)
            && self.on_server == next.on_server
            && match next.view {
                View::Start | View::Report => true,
                View::OpenObserve => self.server == next.server,
                View::Traces => self.list.sort == next.list.sort && self.list.descending == next.list.descending,
                View::Map => self.map.is_same_place(&next.map),
                View::Latency => self.latency.is_same_place(&next.latency),
                View::Flame => self.flame.is_same_place(&next.flame),
                View::Trace => {
                    let (trace, next) = (&self.trace, &next.trace);
                    trace.trace_id == next.trace_id && trace.mode == next.mode && trace.flame.is_same_place(&next.flame)
                }
            };
        if same_place { HistoryStep::Replace } else { HistoryStep::Push }
    }

    /// The trace page of `trace_id`, as it is at first: with what the query found in it marked.
    #[must_use]
    pub fn at_trace(&self, trace_id: &str) -> Self {
        // How bars are colored is a habit of the reader's, and stays.
        let colors = self.trace.colors.clone();
        // Words are looked for in whole traces; a query is about spans.
        let text = if self.selection.filter.contains(['{', '(']) { self.selection.filter.clone() } else { String::new() };
        let find = Find { text, only: false };
        let trace = TraceAddress { trace_id: trace_id.to_owned(), colors, find, ..TraceAddress::default() };
        Self { view: View::Trace, trace, note: None, ..self.clone() }
    }

    /// Another view, as it was when it was last shown.
    #[must_use]
    pub fn at_view(&self, view: View) -> Self {
        Self { view, note: None, ..self.clone() }
    }
}

impl View {
    /// Whether what it shows depends on the selection.
    pub const fn is_of_selection(self) -> bool {
        matches!(self, Self::Traces | Self::Map | Self::Latency | Self::Flame | Self::OpenObserve)
    }
}

/// Stands for no facet of an attribute, which is not the same as the usual ones.
const NO_FACETS: &str = "none";

/// Facets of attributes in an address, at most.
const FACETS_MAX: usize = 24;

const COLUMN_NAMES: [(SortColumn, &str); 6] = [
    (SortColumn::Name, "name"),
    (SortColumn::Duration, "duration"),
    (SortColumn::Spans, "spans"),
    (SortColumn::Services, "services"),
    (SortColumn::Errors, "errors"),
    (SortColumn::Start, "start"),
];

/// The name of a column in an address.
pub fn column_name(column: SortColumn) -> &'static str {
    COLUMN_NAMES.iter().find_map(|&(known, name)| (known == column).then_some(name)).unwrap_or_default()
}

fn column_from_name(name: &str) -> Option<SortColumn> {
    COLUMN_NAMES.iter().find_map(|&(column, known)| (known == name).then_some(column))
}

//! What the reader can do. Event handlers call these and hold no logic of their own.

use leptos::prelude::*;

use crate::browser::files::Picked;
use crate::browser::theme::{self, Theme};
use crate::browser::{clipboard, location, storage};
use crate::link::Slot;
use crate::protocol::{
    Answer, Brush, Condition, DatasetView, Failure, OpenMode, Portion, Progress, QueryChange, Reply, Request, RequestId,
    RewriteRequest, Selection, SortColumn, TracesRequest,
};
use crate::route::{OffsetRange, Route, View, percent_encode, reference, set_width};
use crate::scene::format;

use super::file_inputs;
use super::jump;
use super::portion;
use super::remote::Remote;
use super::samples::Sample;
use super::server::fields;
use super::sources::{Content, Opened, Source};
use super::state::{AppState, Import, Manner, Sheet, TimeZone};

/// Where the choice of the time zone is kept.
const TIME_ZONE_KEY: &str = "spanwise-time-zone";

/// Where to go once an import is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// To the trace list, or to the trace if it is the only one.
    Land,
    /// Nowhere: the address names the place already.
    Stay,
}

/// Opens files.
pub fn open_files(app: AppState, picked: Vec<Picked>, mode: OpenMode) {
    if picked.is_empty() {
        app.announce("There was no file in that.", Manner::Shown);
        return;
    }
    let sources = picked.into_iter().map(Source::from).collect();
    open(app, Opened { sources, ..Opened::default() }, mode);
}

/// Opens what lies at addresses that the reader gave.
pub fn open_addresses(app: AppState, addresses: &[String], mode: OpenMode) {
    let addresses: Vec<String> =
        addresses.iter().map(|address| address.trim().to_owned()).filter(|address| !address.is_empty()).collect();
    if addresses.is_empty() {
        return;
    }
    let params: Vec<String> = addresses.iter().map(|address| format!("url={}", percent_encode(address))).collect();
    let search = format!("?{}", params.join("&"));
    let sources = addresses.into_iter().map(|address| Source {
        name: address.clone(),
        content: Content::Address(address),
        remarks: Vec::new(),
    });
    open(app, Opened { sources: sources.collect(), search, ..Opened::default() }, mode);
}

/// Opens what is in the clipboard, where the browser lets a page read it when a button is pressed.
pub fn paste(app: AppState) {
    clipboard::read_text(move |text| match text {
        Some(text) => open_text(app, text, app.open_mode.get_untracked()),
        None => app.announce("The browser does not let a button read the clipboard: press Ctrl V (⌘ V on a Mac).", Manner::Shown),
    });
}

/// Opens text that was pasted; goes to the trace or span where it is nothing but an id or a header that names one.
pub fn open_text(app: AppState, text: String, mode: OpenMode) {
    if let Some(named) = reference(&text) {
        close_sheet(app);
        jump::to(app, named);
        return;
    }
    if text.trim().is_empty() {
        app.announce("There is no text in the clipboard.", Manner::Shown);
        return;
    }
    let source = Source { name: "pasted text".to_owned(), content: Content::Text(text), remarks: Vec::new() };
    open(app, Opened { sources: vec![source], ..Opened::default() }, mode);
}

/// Opens a built-in sample.
pub fn open_sample(app: AppState, sample: &Sample, mode: OpenMode) {
    let source = Source {
        name: sample.file.rsplit('/').next().unwrap_or(sample.file).to_owned(),
        content: Content::Address(sample.file.to_owned()),
        remarks: Vec::new(),
    };
    let search = format!("?sample={}", sample.name);
    open(app, Opened { sources: vec![source], search, ..Opened::default() }, mode);
}

/// Reads everything again that was open when the engine died, in a new engine.
pub fn reopen(app: AppState) {
    let opened = app.opened.get_value();
    if let Some(port) = app.port.get_value() {
        port.restart();
    }
    if opened.sources.is_empty() {
        app.dataset.set(None);
        app.failure.set(None);
        return;
    }
    import(app, opened, OpenMode::Replace, Then::Stay);
}

/// Gives up on the import under way; the page stays as it was.
pub fn cancel_open(app: AppState) {
    let under_way = app.import.with_untracked(|import| import.as_ref().map(|import| (import.request, import.on_server)));
    match (app.port.get_value(), under_way) {
        (_, Some((Some(request), true))) => app.server.cancel(request),
        (Some(port), Some((Some(request), false))) => port.cancel(request),
        _ => {}
    }
}

/// Takes the panel away that says what failed.
pub fn dismiss_failure(app: AppState) {
    app.failure.set(None);
}

fn open(app: AppState, opened: Opened, mode: OpenMode) {
    let ask = fields::is_ticked(portion::ASK);
    close_sheet(app);
    let nothing_open = app.dataset.with_untracked(Option::is_none);
    let mode = if nothing_open { OpenMode::Replace } else { mode };
    // An address that was followed here, or loaded anew, names a place in the data that is being opened now.
    let place_is_named = nothing_open && app.route.with_untracked(|route| route.view != View::Start);
    let then = if place_is_named || mode == OpenMode::Add { Then::Stay } else { Then::Land };
    if ask {
        return portion::offer(app, opened, mode, then, None);
    }
    import(app, opened, mode, then);
}

/// Reads what was opened.
pub fn import(app: AppState, opened: Opened, mode: OpenMode, then: Then) {
    let Some(port) = app.port.get_value() else {
        return;
    };
    if opened.portion == Portion::All {
        portion::forget(app);
    }
    let (request, files) = opened.request(mode);
    app.failure.set(None);
    app.import.set(Some(Import {
        request: None,
        what: opened.what(),
        address: opened.address(),
        progress: None,
        on_server: false,
    }));
    app.announce(format!("Reading {}", opened.what()), Manner::Quiet);
    let id = port.open(
        request,
        files,
        move |progress| note_progress(app, progress),
        move |answer| match answer {
            Answer::Reply(Reply::Opened(dataset)) => {
                app.opened.update_value(|before| {
                    *before = match mode {
                        OpenMode::Replace => opened,
                        OpenMode::Add => std::mem::take(before).joined(opened),
                    };
                    location::replace_search(&before.search);
                });
                arrive(app, dataset, then);
            }
            Answer::Failed(failure) => {
                app.import.set(None);
                fail(app, failure);
            }
            Answer::Reply(Reply::Overflow(overflow)) => {
                app.import.set(None);
                portion::offer(app, opened, mode, then, Some(overflow.excess));
                fail(app, overflow.failure);
            }
            Answer::Cancelled | Answer::Reply(_) => {
                app.import.set(None);
                app.announce("Cancelled. Nothing was changed.", Manner::Shown);
            }
        },
    );
    note_request(app, id);
}

/// Says how far the import is.
pub fn note_progress(app: AppState, progress: Progress) {
    app.import.update(|import| {
        if let Some(import) = import {
            import.progress = Some(progress);
        }
    });
}

/// Says which request the import is, so that it can be cancelled.
pub fn note_request(app: AppState, id: RequestId) {
    app.import.update(|import| {
        if let Some(import) = import {
            import.request = Some(id);
        }
    });
}

/// Opens what joins the open data, and stays where one is.
pub fn add(app: AppState, opened: Opened) {
    let nothing_open = app.dataset.with_untracked(Option::is_none);
    import(app, opened, if nothing_open { OpenMode::Replace } else { OpenMode::Add }, Then::Stay);
}

/// Puts a data set that has been read on the page.
fn arrive(app: AppState, dataset: DatasetView, then: Then) {
    if let Some(port) = app.port.get_value() {
        port.set_epoch(dataset.epoch);
    }
    if then == Then::Stay {
        show(app, dataset, None);
    } else if dataset.totals.spans == 0 {
        show(app, dataset, Some(app.route.with_untracked(|route| route.at_view(View::Report))));
    } else if dataset.totals.traces == 1 {
        // A list of one would only be in the way.
        let first = TracesRequest {
            selection: Selection::default(),
            sort: SortColumn::Start,
            descending: false,
            offset: 0,
            limit: 1,
            columns: Vec::new(),
        };
        app.ask(Slot::Other, Request::Traces(first), move |answer| {
            let list = Route { view: View::Traces, ..Route::default() };
            let only = match answer {
                Answer::Reply(Reply::Traces(traces)) => traces.rows.into_iter().next(),
                Answer::Reply(_) | Answer::Failed(_) | Answer::Cancelled => None,
            };
            let route = only.map_or_else(|| list.clone(), |row| list.at_trace(&row.trace_id));
            show(app, dataset, Some(route));
        });
    } else {
        show(app, dataset, Some(Route { view: View::Traces, ..Route::default() }));
    }
}

fn show(app: AppState, dataset: DatasetView, route: Option<Route>) {
    let totals = dataset.totals;
    app.failure.set(None);
    // The old rows name services by their place in the old data set.
    app.list.rows.set(Remote::Idle);
    app.list.scatter.set(Remote::Idle);
    app.map.clear();
    if let Some(route) = route {
        app.list.rewind();
        app.route.set(route);
    }
    app.dataset.set(Some(std::sync::Arc::new(dataset)));
    app.import.set(None);
    app.announce(
        format!("Ready: {} in {}", format::counted(totals.spans, "span"), format::counted(totals.traces, "trace")),
        Manner::Quiet,
    );
}

/// Puts a failure on the page.
pub fn fail(app: AppState, failure: Failure) {
    app.announce(failure.headline.clone(), Manner::Quiet);
    app.failure.set(Some(failure));
}

/// Goes to a view, as it was when it was last shown.
pub fn go(app: AppState, view: View) {
    app.sheet.set(None);
    app.route.update(|route| *route = route.at_view(view));
}

/// Goes to a trace.
pub fn go_trace(app: AppState, trace_id: &str) {
    app.route.update(|route| *route = route.at_trace(trace_id));
}

/// Goes to a span, in its trace or in another.
pub fn go_span(app: AppState, trace_id: &str, span_id: &str) {
    app.route.update(|route| {
        if route.view != View::Trace || route.trace.trace_id != trace_id {
            *route = route.at_trace(trace_id);
        }
        route.trace.span_id = Some(span_id.to_owned());
    });
}

/// Goes to the service map of one trace.
pub fn go_trace_map(app: AppState, trace_id: &str) {
    app.route.update(|route| {
        *route = route.at_view(View::Map);
        route.map.trace_id = Some(trace_id.to_owned());
        route.map.target = None;
        route.map.focus = None;
        route.map.as_table = false;
    });
}

/// Selects a span of the trace that is shown, or none.
pub fn select_span(app: AppState, span_id: Option<&str>) {
    app.route.update(|route| route.trace.span_id = span_id.map(str::to_owned));
}

/// Zooms the trace that is shown to a part of it, or to all.
pub fn zoom(app: AppState, range: Option<OffsetRange>) {
    app.route.update(|route| route.trace.range = range);
}

/// Filters the trace list.
pub fn filter_traces(app: AppState, filter: &str) {
    app.list.rewind();
    app.route.update(|route| filter.clone_into(&mut route.selection.filter));
}

/// Writes what a click means into the query.
pub fn narrow(app: AppState, condition: Condition, change: QueryChange) {
    let text = app.route.with_untracked(|route| route.selection.filter.clone());
    app.ask(Slot::Other, Request::Rewrite(Box::new(RewriteRequest { text, condition, change })), move |answer| {
        if let Answer::Reply(Reply::Rewritten(text)) = answer {
            write_query(app, &text);
        }
    });
}

/// Changes the query by a step that Back undoes. What is typed is no such step.
pub fn write_query(app: AppState, text: &str) {
    if app.route.with_untracked(|route| route.selection.filter != text) {
        let hash = app.route.with_untracked(Route::to_hash);
        // What is typed may not have been written yet.
        location::replace(&hash);
        location::push(&hash);
        filter_traces(app, text);
    }
}

/// Narrows what is shown to a region of a chart or to a group, beside what narrows it already.
pub fn add_brush(app: AppState, brush: Brush) {
    app.list.rewind();
    app.route.update(|route| {
        let brushes = &mut route.selection.brushes;
        if !brushes.contains(&brush) {
            brushes.push(brush);
        }
    });
}

/// Takes a brush away again.
pub fn remove_brush(app: AppState, brush: &Brush) {
    app.list.rewind();
    app.route.update(|route| route.selection.brushes.retain(|kept| kept != brush));
}

/// Takes all brushes away; the filter stays.
pub fn clear_brushes(app: AppState) {
    app.list.rewind();
    app.route.update(|route| route.selection.brushes.clear());
}

/// Shows everything again: no filter, no brush.
pub fn clear_selection(app: AppState) {
    app.list.rewind();
    app.route.update(|route| route.selection = Selection::default());
}

/// Sorts the trace list by a column; by the same again, the other way round.
pub fn sort_traces(app: AppState, column: SortColumn) {
    app.list.rewind();
    app.route.update(|route| {
        let list = &mut route.list;
        // Names read from A to Z, and so does what may be a text; of all else the most is wanted first.
        let is_text = matches!(column, SortColumn::Name | SortColumn::Field(_));
        list.descending = if list.sort == column { !list.descending } else { !is_text };
        list.sort = column;
    });
}

/// Makes a column of the trace list wider or narrower, or lets it be as wide as it is by itself.
pub fn resize_column(app: AppState, name: &str, css_px: Option<u16>) {
    app.route.update(|route| set_width(&mut route.list.widths, name, css_px));
}

/// Chooses light, dark, or what the system has.
pub fn set_theme(app: AppState, theme: Theme) {
    theme::choose(theme);
    app.theme.set(theme);
}

/// Chooses the zone that times are written in.
pub fn set_time_zone(app: AppState, zone: TimeZone) {
    storage::set(TIME_ZONE_KEY, zone.name());
    app.time_zone.set(zone);
}

/// The zone that was chosen.
pub fn time_zone_chosen() -> TimeZone {
    storage::get(TIME_ZONE_KEY).map_or_else(TimeZone::default, |name| TimeZone::from_name(&name))
}

/// Copies text, and says so. `what` names it: "Trace id".
pub fn copy_text(app: AppState, what: &'static str, text: &str) {
    clipboard::copy_text(text, move |copied| {
        let words = if copied { format!("{what} copied") } else { format!("{what} was not copied: the browser refused") };
        app.announce(words, Manner::Shown);
    });
}

/// Shows the ways to open something. On the start page they are there already.
pub fn show_open(app: AppState) {
    if app.dataset.with_untracked(Option::is_some) {
        app.sheet.set(Some(Sheet::Open));
    } else {
        file_inputs::pick_files();
    }
}

/// Shows a sheet, or takes it away if it is there.
pub fn toggle_sheet(app: AppState, sheet: Sheet) {
    app.sheet.update(|shown| *shown = if *shown == Some(sheet) { None } else { Some(sheet) });
}

/// Whether what is picked next replaces what is open or joins it.
pub fn set_open_mode(app: AppState, mode: OpenMode) {
    app.open_mode.set(mode);
}

/// Takes away that sheet, if it is the one that is shown.
pub fn close_sheet_of(app: AppState, sheet: Sheet) {
    if app.sheet.get_untracked() == Some(sheet) {
        close_sheet(app);
    }
}

/// Takes away what lies over the page.
pub fn close_sheet(app: AppState) {
    app.open_mode.set(OpenMode::Replace);
    app.sheet.set(None);
}

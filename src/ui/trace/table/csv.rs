//! The span table as a CSV file: all rows, fetched a page at a time.

use leptos::prelude::*;

use crate::browser::download;
use crate::link::Slot;
use crate::protocol::{Answer, GroupBy, Reply, Request, TableCell, TableColumn, TableRequest, TableRow};
use crate::scene::format;
use crate::ui::selection_chips::group_words;
use crate::ui::state::Manner;
use crate::ui::trace::state::TraceState;

use super::columns;

/// Rows in a file, at most.
const ROWS_MAX: u32 = 200_000;
/// Rows that are asked for at a time.
const PAGE: u32 = 1000;

/// A file that is being put together.
struct Export {
    request: TableRequest,
    text: String,
    rows: u32,
}

/// Begins: `busy` tells how many rows there are so far, until the file is handed over.
pub(super) fn export(state: TraceState, busy: RwSignal<Option<u32>>) {
    let (table, filter) = state.app().route.with_untracked(|route| (route.trace.table.clone(), route.trace.find.text.clone()));
    let request = columns::request(state, &table, filter, 0, PAGE);
    let mut text = String::new();
    let heads = request.columns.iter().map(|column| head(column, &request.group));
    line(&mut text, heads);
    busy.set(Some(0));
    next(state, busy, Export { request, text, rows: 0 });
}

fn next(state: TraceState, busy: RwSignal<Option<u32>>, mut export: Export) {
    export.request.offset = export.rows;
    let request = Request::Table(export.request.clone());
    state.app().ask(Slot::Other, request, move |answer| {
        // The page may have gone on to another trace.
        if busy.try_get_untracked().flatten().is_none() {
            return;
        }
        let app = state.app();
        match answer {
            Answer::Reply(Reply::Table(view)) => {
                for row in &view.rows {
                    write_row(&mut export, row);
                }
                let done = view.rows.is_empty() || export.rows >= view.matched || export.rows >= ROWS_MAX;
                if !done {
                    busy.set(Some(export.rows));
                    next(state, busy, export);
                    return;
                }
                busy.set(None);
                let saved = download::text("spans.csv", "text/csv", &export.text);
                let rows = format::counted(u64::from(export.rows), "row");
                let words = match (saved, export.rows < view.matched) {
                    (false, _) => "The browser refused to save the file.".to_owned(),
                    (true, true) => format!("{rows} saved: the first of {}", format::count(u64::from(view.matched))),
                    (true, false) => format!("{rows} saved"),
                };
                app.announce(words, Manner::Shown);
            }
            Answer::Failed(failure) => {
                busy.set(None);
                app.announce(failure.headline, Manner::Shown);
            }
            Answer::Reply(_) | Answer::Cancelled => busy.set(None),
        }
    });
}

/// Durations are written in whole nanoseconds, so that nothing is lost.
fn head(column: &TableColumn, group: &[GroupBy]) -> String {
    let words = columns::words(column, group);
    let is_time = matches!(
        column,
        TableColumn::Start
            | TableColumn::Duration
            | TableColumn::SelfTime
            | TableColumn::Critical
            | TableColumn::Total
            | TableColumn::P50
            | TableColumn::P95
            | TableColumn::Max
    );
    if is_time { format!("{words} (ns)") } else { words }
}

fn write_row(export: &mut Export, row: &TableRow) {
    let cells = export.request.columns.iter().zip(&row.cells).map(|(column, cell)| match (column, cell) {
        (TableColumn::Group(at), _) => row.groups.get(usize::from(*at)).map_or_else(String::new, group_words),
        (_, TableCell::Empty) => String::new(),
        (_, TableCell::Text(text)) => text.clone(),
        (_, TableCell::Count(number) | TableCell::Duration(number) | TableCell::Offset(number)) => number.to_string(),
        (_, TableCell::Int(number)) => number.to_string(),
        (_, TableCell::Double(number)) => number.to_string(),
    });
    line(&mut export.text, cells);
    export.rows += 1;
}

/// A line of RFC 4180: what has a comma, a quote or a line break in it stands in quotes.
fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

//! The span table's cells.

use leptos::prelude::*;

use crate::protocol::{TableCell, TableColumn, TableRow};
use crate::scene::format;
use crate::ui::parts::ServiceDot;
use crate::ui::selection_chips::group_words;
use crate::ui::state::AppState;

use super::columns::is_number;

/// A cell as it is read.
pub(super) fn text(cell: &TableCell) -> String {
    match cell {
        TableCell::Empty => String::new(),
        TableCell::Text(text) => text.clone(),
        TableCell::Count(number) => format::count(*number),
        TableCell::Duration(nanos) => format::duration(*nanos),
        TableCell::Offset(nanos) => format::offset(*nanos),
        TableCell::Int(number) => number.to_string(),
        TableCell::Double(number) => number.to_string(),
    }
}

/// A row's cells.
pub(super) fn cells(app: AppState, columns: &[TableColumn], row: &TableRow, duration: u64) -> AnyView {
    let cells: Vec<_> =
        columns.iter().zip(&row.cells).map(|(column, cell)| cell_view(app, column, cell, row, duration)).collect();
    cells.into_any()
}

fn cell_view(app: AppState, column: &TableColumn, cell: &TableCell, row: &TableRow, duration: u64) -> AnyView {
    let group = match column {
        TableColumn::Group(at) => row.groups.get(usize::from(*at)).map(group_words),
        _ => None,
    };
    let words = group.unwrap_or_else(|| text(cell));
    let number = is_number(column)
        || matches!(cell, TableCell::Count(_) | TableCell::Duration(_) | TableCell::Int(_) | TableCell::Double(_));
    let class = if number { "span-table__cell span-table__cell--number" } else { "span-table__cell" };
    let title = match cell {
        TableCell::Duration(nanos) | TableCell::Offset(nanos) => format::duration_exact(*nanos),
        _ => words.clone(),
    };
    let dot = matches!(column, TableColumn::Service).then(|| view! { <ServiceDot color=app.service_color(row.service) /> });
    let bar = match (column, cell) {
        (TableColumn::Duration | TableColumn::Total, TableCell::Duration(nanos)) => Some((*nanos).min(duration)),
        _ => None,
    };
    let bar = bar.map(|nanos| {
        let share = format!("{:.4}", nanos as f64 / duration.max(1) as f64);
        view! { <span class="span-table__bar" style:--share=share aria-hidden="true"></span> }
    });
    let is_empty = words.is_empty();
    let failed = row.has_error && matches!(column, TableColumn::Status | TableColumn::Errors);
    let sign = failed.then(|| view! { <span class="span-table__error" aria-hidden="true">"!"</span> });
    view! {
        <div role="gridcell" title=title data-empty=is_empty.then_some("") class=class>
            {dot}
            {sign}
            <span class="span-table__words">{words}</span>
            {bar}
        </div>
    }
    .into_any()
}

//! Duration over time: the traces that match, binned into cells.

use super::both::Listed;
use super::list::matching;
use super::usize_of;
use crate::base::len_u32;
use crate::engine::Both;
use crate::engine::caches::Caches;
use crate::protocol::{ScatterCell, ScatterRequest, ScatterView};

/// Cells across and down, at most: as many as a large screen has points of 4 pixels.
const MAX_CELLS: u32 = 1024;

#[derive(Clone, Copy, Default)]
struct Cell {
    count: u32,
    errors: u32,
    longest: Listed,
}

/// The picture.
pub(in crate::engine) fn scatter(both: Both<'_>, caches: &mut Caches, request: &ScatterRequest) -> ScatterView {
    let (columns, rows) = (request.columns.clamp(1, MAX_CELLS), request.rows.clamp(1, MAX_CELLS));
    let list = matching(both, caches, &request.selection);
    // A trace none of whose spans has a start has no place in time.
    let shown = || list.order.iter().copied().filter(|&trace| both.start(trace) != 0);
    let Some(start) = shown().map(|trace| both.start(trace)).min() else { return nothing() };
    let end = shown().map(|trace| both.start(trace)).max().unwrap_or(start).max(start.saturating_add(1));
    let shortest = shown().map(|trace| both.duration(trace).max(1)).min().unwrap_or(1);
    let longest = list.longest.max(shortest.saturating_add(1));

    let (low, high) = ((shortest as f64).ln(), (longest as f64).ln());
    let mut cells = vec![Cell::default(); usize_of(columns) * usize_of(rows)];
    let mut matched = 0;
    for trace in shown() {
        let duration = both.duration(trace);
        let column = bin((both.start(trace) - start) as f64 / (end - start) as f64, columns);
        let row = bin(((duration.max(1) as f64).ln() - low) / (high - low), rows);
        let Some(cell) = cells.get_mut(column * usize_of(rows) + row) else { continue };
        if cell.count == 0 || both.duration(cell.longest) < duration {
            cell.longest = trace;
        }
        cell.count += 1;
        cell.errors += u32::from(both.errors(trace) != 0);
        matched += 1;
    }
    let cells = cells.iter().enumerate().filter(|(_, cell)| cell.count != 0).map(|(at, cell)| {
        let row = both.row(cell.longest);
        ScatterCell {
            column: len_u32(at) / rows,
            row: len_u32(at) % rows,
            count: cell.count,
            errors: cell.errors,
            trace_id: row.trace_id,
            name: row.root_name,
            service: row.root_service,
            start: row.start,
            duration: row.duration,
        }
    });
    ScatterView { start, end, shortest, longest, cells: cells.collect(), matched }
}

/// The bin of a share of the whole, of which the last includes the whole.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, and the bound follows")]
fn bin(share: f64, bins: u32) -> usize {
    ((share * f64::from(bins)) as usize).min(usize_of(bins) - 1)
}

const fn nothing() -> ScatterView {
    ScatterView { start: 0, end: 1, shortest: 1, longest: 2, cells: Vec::new(), matched: 0 }
}

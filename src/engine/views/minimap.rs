//! The whole trace, unfolded, as a small density picture.
//!
//! Rows are shared out to lanes in their order, so a lane is a slice of rows, and each is counted with differences: a span adds
//! one where it begins and takes one off after its end. The cost is rows plus cells, however long the spans are.

use std::rc::Rc;

use super::group::{Coloring, coloring};
use super::{find_trace, usize_of};
use crate::base::IdxRange;
use crate::engine::caches::{Caches, TraceTables};
use crate::engine::palette::SLOTS;
use crate::model::{Dataset, SpanIdx, StatusCode};
use crate::protocol::{Failure, MinimapRequest, MinimapView};

/// Cells across and down, at most: a wide screen at full resolution.
const MAX_COLUMNS: u32 = 4096;
const MAX_LANES: u32 = 512;

/// Palette slots, and one for spans that have none.
const WAYS: usize = SLOTS + 1;

/// The picture.
pub(in crate::engine) fn minimap(
    dataset: &Dataset,
    palette: &[u8],
    caches: &mut Caches,
    request: &MinimapRequest,
) -> Result<MinimapView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    let rows = dataset.traces.spans[trace];
    let columns = request.columns.clamp(1, MAX_COLUMNS);
    let lanes = request.lanes.clamp(1, MAX_LANES).min(rows.len());
    let mut painter = Painter {
        dataset,
        tables: TraceTables::by(dataset, caches, trace, request.adjusted),
        coloring: coloring(dataset, palette, caches, trace, &request.color),
        start: dataset.traces.start[trace],
        per_column: dataset.traces.duration(trace).max(1) as f64 / f64::from(columns),
        columns: usize_of(columns),
        changes: vec![0; (usize_of(columns) + 1) * WAYS],
        error_changes: vec![0; usize_of(columns) + 1],
        counts: Vec::new(),
        view: MinimapView { columns, lanes, density: Vec::new(), color: Vec::new(), error: Vec::new() },
    };
    for lane in 0..lanes {
        let border = |lane: u32| rows.start + share(rows.len(), lane, lanes);
        painter.paint(IdxRange::new(border(lane), border(lane + 1)));
    }
    let most = painter.counts.iter().copied().max().unwrap_or(0);
    painter.view.density = painter.counts.iter().map(|&count| density(count, most)).collect();
    Ok(painter.view)
}

/// The first of `n` rows that belongs to a lane.
fn share(n: u32, lane: u32, lanes: u32) -> u32 {
    u32::try_from(u64::from(n) * u64::from(lane) / u64::from(lanes.max(1))).unwrap_or(n)
}

/// By the square root, so that a lone span still shows beside a crowd; never 0 where something is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
fn density(count: i32, most: i32) -> u8 {
    if count <= 0 || most <= 0 {
        return 0;
    }
    ((f64::from(count) / f64::from(most)).sqrt() * 255.0).round().clamp(1.0, 255.0) as u8
}

struct Painter<'a> {
    dataset: &'a Dataset,
    tables: Rc<TraceTables>,
    coloring: Rc<Coloring>,
    start: u64,
    per_column: f64,
    columns: usize,
    /// By column, then palette slot: how many spans more run than in the column before.
    changes: Vec<i32>,
    /// The same for spans with status Error.
    error_changes: Vec<i32>,
    /// By cell: how many spans run.
    counts: Vec<i32>,
    view: MinimapView,
}

impl Painter<'_> {
    fn paint(&mut self, rows: IdxRange<SpanIdx>) {
        self.changes.fill(0);
        self.error_changes.fill(0);
        for span in rows.iter() {
            let (spans, tables) = (&self.dataset.spans, &self.tables);
            let from = self.column(tables.start_of(self.dataset, span).max(self.start));
            let to = self.column(tables.end_of(self.dataset, span).max(self.start)).max(from);
            let slot = usize::from(self.coloring.of(span)).min(SLOTS);
            add(&mut self.changes, from * WAYS + slot, 1);
            add(&mut self.changes, (to + 1) * WAYS + slot, -1);
            if spans.status[span] == StatusCode::Error {
                add(&mut self.error_changes, from, 1);
                add(&mut self.error_changes, to + 1, -1);
            }
        }
        let mut running = [0_i32; WAYS];
        let mut errors = 0;
        for (changes, error_change) in self.changes.chunks_exact(WAYS).zip(&self.error_changes).take(self.columns) {
            for (running, change) in running.iter_mut().zip(changes) {
                *running += change;
            }
            errors += error_change;
            let (slot, _) = (0..).zip(running).max_by_key(|&(slot, count)| (count, std::cmp::Reverse(slot))).unwrap_or((0_u8, 0));
            self.counts.push(running.iter().sum());
            self.view.color.push(slot);
            self.view.error.push(u8::from(0 < errors));
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, and the bound follows")]
    fn column(&self, time: u64) -> usize {
        (((time - self.start) as f64 / self.per_column) as usize).min(self.columns - 1)
    }
}

fn add(changes: &mut [i32], at: usize, change: i32) {
    if let Some(slot) = changes.get_mut(at) {
        *slot += change;
    }
}

//! Batches sealed into a data set: rows ordered, parents found, subtrees measured.
//!
//! ```text
//! rows of the file        by trace, by start        pre-order, with depth and subtree_end
//!  0 b→a  trace 1          2  4 | 1  0  3            2  4 | 1 0 3         row  depth  end
//!  1 a    trace 1                                                          2: a   1    5
//!  2 x    trace 0          duplicates drop out,     parents become rows    3: b   2    4
//!  3 c→a  trace 1          circles are cut                                 4: c   2    5
//!  4 y→x  trace 0
//! ```
//! Everything is a pass over columns or a walk along links kept in columns; nothing recurses. The result depends on what the
//! spans say alone, never on the order in which they came: traces stand by start and id, siblings by start and id.

mod columns;
mod forest;
mod links;
mod logs;
mod short_ids;
mod summary;

use std::cmp::Ordering;

use super::batch::Batch;
use super::dataset::Dataset;
use super::ids::{TraceIdx, TraceKey};
use super::report::{Example, FindingKind, ImportReport};
use super::spans::Spans;
use crate::base::{Column, IdxRange, Interner, len_u32, sort_by_value, sort_short};

crate::define_index!(
    /// A place among the rows of a batch, grouped by trace.
    pub(super) Place
);

impl Dataset {
    /// Seals a batch. What linking finds joins the report.
    pub fn seal(mut batch: Batch, mut report: ImportReport) -> Self {
        for kind in LINKING {
            report.clear(kind);
        }
        short_ids::join(&mut batch, &mut report);
        let traces = order_traces(&batch);
        let forest = forest::link(&batch, &traces, &mut report);
        let trace_keys = traces.iter().map(|&(_, key, _)| key).collect();
        let mut dataset = columns::arrange(batch, &forest, trace_keys);
        dataset.report = report;
        summary::services(&mut dataset);
        summary::traces(&mut dataset, forest.rows_of_trace);
        summary::unnamed_service(&mut dataset);
        links::resolve(&mut dataset);
        logs::resolve(&mut dataset);
        dataset
    }

    /// Takes a data set apart again, so that more can join it: the batch that seals to it, and its report.
    pub fn into_batch(self) -> (Batch, ImportReport) {
        columns::take_apart(self)
    }
}

/// What linking finds, and finds again when more spans join. Merged records are not among them: they are gone.
const LINKING: [FindingKind; 16] = [
    FindingKind::SelfParent,
    FindingKind::ParentCycle,
    FindingKind::EndBeforeStart,
    FindingKind::IrregularTraceId,
    FindingKind::IrregularSpanId,
    FindingKind::MissingTraceId,
    FindingKind::MissingSpanId,
    FindingKind::Orphan,
    FindingKind::SeveralRoots,
    FindingKind::Unfinished,
    FindingKind::NoStart,
    FindingKind::OutsideParent,
    FindingKind::NoService,
    FindingKind::LogOfOtherTrace,
    FindingKind::LogOfMissingSpan,
    FindingKind::ExemplarOfMissingSpan,
];

/// The traces in the order of the data set: (number in the batch, id, spans).
fn order_traces(batch: &Batch) -> Vec<(TraceIdx, TraceKey, u32)> {
    let spans = &batch.spans;
    let mut start: Column<TraceIdx, u64> = Column::from_vec(vec![u64::MAX; batch.traces.len()]);
    let mut count: Column<TraceIdx, u32> = Column::from_vec(vec![0; batch.traces.len()]);
    for (span, &trace) in spans.trace.iter() {
        count[trace] += 1;
        let begins = spans.start[span];
        if begins != 0 {
            start[trace] = start[trace].min(begins);
        }
    }
    let mut order: Vec<(u64, u32)> =
        batch.traces.iter().filter(|&(trace, _)| count[trace] != 0).map(|(trace, _)| (start[trace], trace.0)).collect();
    let key = |trace: u32| batch.traces[TraceIdx(trace)];
    sort_by_start(&mut order, |a, b| compare_keys(key(a), key(b), &batch.strings));
    order.iter().map(|&(_, trace)| (TraceIdx(trace), key(trace), count[TraceIdx(trace)])).collect()
}

/// Sorts rows by their starts, and those of the same start by a comparison.
fn sort_by_start(rows: &mut Vec<(u64, u32)>, compare: impl Fn(u32, u32) -> Ordering) {
    if !rows.is_sorted_by_key(|row| row.0) {
        sort_by_value(rows);
    }
    let mut rest = rows.as_mut_slice();
    while let Some(&(start, _)) = rest.first() {
        let same = rest.iter().take_while(|row| row.0 == start).count();
        let (run, others) = rest.split_at_mut(same);
        if 1 < same {
            let mut sorted = run.to_vec();
            sort_short(&mut sorted, |a, b| compare(a.1, b.1));
            run.copy_from_slice(&sorted);
        }
        rest = others;
    }
}

/// Irregular ids by their text: symbols stand in the order in which texts came.
fn compare_keys(a: TraceKey, b: TraceKey, strings: &Interner) -> Ordering {
    match (a, b) {
        (TraceKey::Text(a), TraceKey::Text(b)) => strings.get(a).cmp(strings.get(b)),
        _ => a.cmp(&b),
    }
}

/// Rows grouped by trace, in the order of the traces.
fn group_by_trace(spans: &Spans, n_batch_traces: usize, traces: &[(TraceIdx, TraceKey, u32)]) -> Column<Place, u32> {
    let mut next: Column<TraceIdx, u32> = Column::from_vec(vec![0; n_batch_traces]);
    let mut end = 0;
    for &(trace, _, count) in traces {
        next[trace] = end;
        end += count;
    }
    let mut grouped: Column<Place, u32> = Column::from_vec(vec![0; spans.len()]);
    for (row, &trace) in spans.trace.iter() {
        grouped[Place(next[trace])] = row.0;
        next[trace] += 1;
    }
    grouped
}

/// A finding about one span, by its ids.
fn about_span(batch: &Batch, row: super::ids::SpanIdx) -> Example {
    let trace = batch.traces[batch.spans.trace[row]];
    Example {
        source: batch.spans.source[row],
        note: format!(
            "span {} \"{}\" of trace {}",
            batch.spans.key(row).display(&batch.strings),
            batch.strings.get(batch.spans.name[row]).chars().take(80).collect::<String>(),
            trace.display(&batch.strings)
        ),
        ..Example::default()
    }
}

/// `start..start + count` for each trace.
fn ranges(counts: impl Iterator<Item = u32>) -> Vec<IdxRange<super::ids::SpanIdx>> {
    let mut start = 0;
    let mut all = Vec::new();
    for count in counts {
        all.push(IdxRange::new(start, start + count));
        start += count;
    }
    debug_assert!(all.len() <= len_u32(all.len()) as usize);
    all
}

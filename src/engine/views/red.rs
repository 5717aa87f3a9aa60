//! The table of operations: rate, errors, duration.
//!
//! Operations are summed up once for a selection, ordered once for a column, and rows are made once they come into a window:
//! so sorting costs a sort of operations, and scrolling the rows that are new.

use std::cmp::Ordering;
use std::rc::Rc;

use super::figures::{exactness, stats};
use super::find::Needle;
use super::group::grouping;
use super::select::{normal, select};
use super::{owned, span_id, trace_id, usize_of};
use crate::analysis::{CriticalPath, EXACT_LIMIT, Operation, Operations, Selected, SpanTimes, child_times};
use crate::base::{BitSet, FastMap, Idx as _, len_u32, sort_few};
use crate::engine::caches::{Caches, Recent};
use crate::model::{Dataset, SpanIdx};
use crate::protocol::{ExampleKind, ExampleTrace, GroupBy, RedColumn, RedRequest, RedRow, RedView, Selection};

/// Rows in a window, and rows that are kept, at most: far more than a screen shows.
const MAX_ROWS: u32 = 4096;

/// Points of a sparkline, at most: more than it is wide.
const MAX_SPARK_BINS: u32 = 256;

/// What is kept of the table.
#[derive(Debug, Default)]
pub(in crate::engine) struct RedCaches {
    operations: Recent<Selection, Operations>,
    orders: Recent<OrderKey, Order>,
    /// Rows as they were answered, by operation, and the selection and the points of sparklines that they are for.
    rows: (Option<(Selection, u32)>, FastMap<u32, RedRow>),
    self_times: Option<Rc<[u64]>>,
    critical: CriticalTimes,
}

/// Selection, filter, column, largest first.
type OrderKey = (Selection, String, RedColumn, bool);

/// Positions of operations that match.
#[derive(Debug)]
struct Order(Vec<u32>);

/// Nanoseconds of each span on the critical path of its trace, for the traces that were asked for.
#[derive(Debug, Default)]
struct CriticalTimes {
    of_span: Vec<u64>,
    done: BitSet,
}

impl CriticalTimes {
    fn fill(&mut self, dataset: &Dataset, selected: &Selected) {
        if self.of_span.is_empty() {
            self.of_span = vec![0; dataset.spans.len()];
            self.done = BitSet::new(dataset.traces.len());
        }
        for &trace in &selected.traces {
            if !self.done.insert(trace.usize()) {
                continue;
            }
            for (span, start, end) in CriticalPath::of(dataset, dataset.traces.spans[trace]).parts {
                if let Some(nanos) = self.of_span.get_mut(span.usize()) {
                    *nanos += end.saturating_sub(start);
                }
            }
        }
    }
}

/// The self time of each span of the data set.
pub(super) fn self_times(dataset: &Dataset, caches: &mut Caches) -> Rc<[u64]> {
    let kept = caches.red.self_times.get_or_insert_with(|| {
        // All rows make whole trees, so all traces are done at once.
        Rc::from(child_times(dataset, dataset.spans.id.range()).self_time)
    });
    Rc::clone(kept)
}

/// A window of the table.
pub(in crate::engine) fn red(dataset: &Dataset, caches: &mut Caches, request: &RedRequest) -> RedView {
    let selection = normal(&request.selection);
    let operations = operations(dataset, caches, &selection);
    let key = (selection.clone(), request.filter.trim().to_lowercase(), request.sort, request.descending);
    let order = caches.red.orders.get(&key).unwrap_or_else(|| {
        let order = order(dataset, &operations, &key.1, request.sort, request.descending);
        caches.red.orders.put(key, order)
    });
    let offset = request.offset.min(len_u32(order.0.len()));
    let window = order.0.iter().skip(usize_of(offset)).take(usize_of(request.limit.min(MAX_ROWS)));
    let spark_bins = request.spark_bins.min(MAX_SPARK_BINS);

    let kept_for = Some((selection, spark_bins));
    let kept = &mut caches.red.rows;
    if kept.0 != kept_for || usize_of(MAX_ROWS) <= kept.1.len() {
        *kept = (kept_for, FastMap::default());
    }
    let rows = window.filter_map(|&at| {
        let operation = operations.operations.get(usize_of(at))?;
        Some(kept.1.entry(at).or_insert_with(|| row(dataset, &operations, operation, spark_bins)).clone())
    });
    RedView {
        total: len_u32(operations.operations.len()),
        matched: len_u32(order.0.len()),
        offset,
        rows: rows.collect(),
        window: operations.window,
        all: stats(&operations.all, operations.percentiles),
        critical: operations.critical,
        exactness: exactness(operations.is_exact),
        basis: None,
    }
}

fn operations(dataset: &Dataset, caches: &mut Caches, selection: &Selection) -> Rc<Operations> {
    if let Some(operations) = caches.red.operations.get(selection) {
        return operations;
    }
    let selected = select(dataset, caches, selection);
    let grouping = grouping(dataset, caches, &GroupBy::Operation);
    let own = self_times(dataset, caches);
    caches.red.critical.fill(dataset, &selected);
    let times = SpanTimes { own: &own, critical: &caches.red.critical.of_span };
    let operations = Operations::new(dataset, &selected, &grouping, times, EXACT_LIMIT);
    caches.red.operations.put(selection.clone(), operations)
}

/// The operations that match, sorted; equal ones by service and name, in either direction.
fn order(dataset: &Dataset, operations: &Operations, filter: &str, sort: RedColumn, descending: bool) -> Order {
    let needle = Needle::new(filter);
    let label = |operation: &Operation| {
        let member = operation.member;
        (dataset.service_name(dataset.service(member)), dataset.str(dataset.spans.name[member]))
    };
    let labelled = operations.operations.iter().zip(0_u32..).map(|(operation, at)| (label(operation), operation, at));
    let matches = |label: &(&str, &str)| filter.is_empty() || needle.is_in(label.0) || needle.is_in(label.1);
    let mut matching: Vec<_> = labelled.filter(|(label, ..)| matches(label)).collect();
    sort_few(&mut matching, |a, b| {
        let ordering = if sort == RedColumn::Operation { a.0.cmp(&b.0) } else { compare(sort, a.1, b.1) };
        // Names may be alike where services are not: what came first then decides.
        if descending { ordering.reverse() } else { ordering }.then_with(|| a.0.cmp(&b.0)).then(a.2.cmp(&b.2))
    });
    Order(matching.into_iter().map(|(.., at)| at).collect())
}

fn compare(sort: RedColumn, a: &Operation, b: &Operation) -> Ordering {
    let by = |key: fn(&Operation) -> u64| key(a).cmp(&key(b));
    match sort {
        RedColumn::Operation => Ordering::Equal,
        RedColumn::Calls => by(|operation| u64::from(operation.tally.count)),
        RedColumn::ErrorShare => {
            // a's errors / a's calls against b's, without a division.
            let product = |errors: u32, calls: u32| u64::from(errors) * u64::from(calls);
            product(a.tally.errors, b.tally.count).cmp(&product(b.tally.errors, a.tally.count))
        }
        RedColumn::P50 => by(|operation| operation.percentiles.p50),
        RedColumn::P95 => by(|operation| operation.percentiles.p95),
        RedColumn::P99 => by(|operation| operation.percentiles.p99),
        RedColumn::Max => by(|operation| operation.tally.max),
        RedColumn::Total => by(|operation| operation.tally.total),
        RedColumn::SelfTime => by(|operation| operation.tally.self_time),
        RedColumn::Critical => by(|operation| operation.critical),
    }
}

fn row(dataset: &Dataset, operations: &Operations, operation: &Operation, spark_bins: u32) -> RedRow {
    let (spark, spark_errors) = operations.over_time(dataset, operation, spark_bins);
    let examples = operations.examples(dataset, operation).map(|examples| {
        let three = [
            (ExampleKind::Fastest, Some(examples.fastest)),
            (ExampleKind::Median, Some(examples.median)),
            (ExampleKind::Slowest, Some(examples.slowest)),
            (ExampleKind::Failing, examples.failing),
        ];
        three.into_iter().filter_map(|(of, span)| Some(example(dataset, of, span?))).collect()
    });
    RedRow {
        service: dataset.service(operation.member).0,
        name: owned(dataset, dataset.spans.name[operation.member]),
        stats: stats(&operation.tally, operation.percentiles),
        critical: operation.critical,
        spark,
        spark_errors,
        examples: examples.unwrap_or_default(),
    }
}

fn example(dataset: &Dataset, of: ExampleKind, span: SpanIdx) -> ExampleTrace {
    let spans = &dataset.spans;
    ExampleTrace {
        of,
        trace_id: trace_id(dataset, spans.trace[span]),
        span_id: span_id(dataset, span),
        name: owned(dataset, spans.name[span]),
        start: spans.start[span],
        duration: spans.duration(span),
    }
}

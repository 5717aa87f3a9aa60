//! Log records and exemplars: found their spans, put in order, and what came from several sources kept once.

use std::hash::{BuildHasher as _, Hasher as _};

use super::super::dataset::Dataset;
use super::super::ids::{SpanIdx, SpanKey, TraceIdx, TraceKey};
use super::super::logs::{ExemplarIdx, Exemplars, LogIdx, Logs, for_each_exemplar_column, for_each_log_column};
use super::super::report::{Example, FindingKind, SourceIdx};
use super::super::value::hash_entries;
use super::links::find_spans;
use crate::base::{Column, FixedState, Idx, Sparse, len_u32, sort_by_value};

/// Not here.
const NOWHERE: u32 = u32::MAX;

/// Puts log records and exemplars under their spans.
pub(super) fn resolve(dataset: &mut Dataset) {
    logs(dataset);
    exemplars(dataset);
}

fn logs(dataset: &mut Dataset) {
    let logs = std::mem::take(&mut dataset.logs);
    if logs.is_empty() {
        return;
    }
    let whereabouts = Whereabouts::of(dataset, logs.trace.as_slice(), logs.span.as_slice());
    let mut order = whereabouts.order(|row| logs.when(LogIdx(row)));
    if 1 < dataset.report.sources.len() {
        let content = LogContent { dataset, logs: &logs };
        let hashes = (0..len_u32(logs.len())).map(|row| content.hash(LogIdx(row)));
        let repeated = repeated(hashes, |a, b| content.same(LogIdx(a), LogIdx(b)), |row| logs.source[LogIdx(row)]);
        drop_rows(&mut order, &repeated);
        let example = |row: u32| about(dataset, logs.source[LogIdx(row)], logs.trace[LogIdx(row)], logs.span[LogIdx(row)]);
        let examples: Vec<Example> = repeated.iter().map(|&row| example(row)).take(1).collect();
        let first = examples.into_iter().next().unwrap_or_default();
        dataset.report.add_many(FindingKind::DuplicateLog, repeated.len() as u64, || first);
    }
    (dataset.log_trace, dataset.log_span) = whereabouts.columns(&order);
    let mut sorted = Logs::default();
    macro_rules! gather {
        ($($column:ident),*) => { $(sorted.$column = logs.$column.gather(&order);)* };
    }
    for_each_log_column!(gather);
    sorted.unknown_severity = renumber(&logs.unknown_severity, &order);
    sorted.dropped_attributes = renumber(&logs.dropped_attributes, &order);
    dataset.logs = sorted;
    tell(
        dataset,
        |dataset, row| {
            let log = LogIdx(row);
            let Some((&trace, &span)) = dataset.log_trace.row(log).zip(dataset.log_span.row(log)) else { return Met::End };
            let kind = match (trace.0, span.0) {
                (NOWHERE, _) => FindingKind::LogOfOtherTrace,
                // A log of a trace as a whole is as it should be.
                (_, NOWHERE) if dataset.logs.span[log] != SpanKey::Missing => FindingKind::LogOfMissingSpan,
                _ => return Met::Fine,
            };
            Met::Odd(kind)
        },
        |dataset, row| {
            let log = LogIdx(row);
            about(dataset, dataset.logs.source[log], dataset.logs.trace[log], dataset.logs.span[log])
        },
    );
}

fn exemplars(dataset: &mut Dataset) {
    let exemplars = std::mem::take(&mut dataset.exemplars);
    if exemplars.is_empty() {
        return;
    }
    let whereabouts = Whereabouts::of(dataset, exemplars.trace.as_slice(), exemplars.span.as_slice());
    let mut order = whereabouts.order(|row| exemplars.time[ExemplarIdx(row)]);
    // The same measurement comes with every export until another takes its place, so once is enough, from one source too.
    let content = ExemplarContent { dataset, exemplars: &exemplars };
    let hashes = (0..len_u32(exemplars.len())).map(|row| content.hash(ExemplarIdx(row)));
    let same = |a, b| content.same(ExemplarIdx(a), ExemplarIdx(b));
    let mut each = 0;
    let repeated = repeated(hashes, same, |_| {
        each += 1;
        SourceIdx(each)
    });
    drop_rows(&mut order, &repeated);
    let first = repeated.first().map(|&row| ExemplarIdx(row));
    let example =
        first.map(|row| about(dataset, exemplars.source[row], exemplars.trace[row], exemplars.span[row])).unwrap_or_default();
    dataset.report.add_many(FindingKind::DuplicateExemplar, repeated.len() as u64, || example);
    (dataset.exemplar_trace, dataset.exemplar_span) = whereabouts.columns(&order);
    let mut sorted = Exemplars::default();
    macro_rules! gather {
        ($($column:ident),*) => { $(sorted.$column = exemplars.$column.gather(&order);)* };
    }
    for_each_exemplar_column!(gather);
    sorted.metric_name = exemplars.metric_name;
    sorted.metric_unit = exemplars.metric_unit;
    dataset.exemplars = sorted;
    tell(
        dataset,
        |dataset, row| match dataset.exemplar_span.row(ExemplarIdx(row)) {
            None => Met::End,
            Some(span) if span.0 == NOWHERE => Met::Odd(FindingKind::ExemplarOfMissingSpan),
            Some(_) => Met::Fine,
        },
        |dataset, row| {
            let (table, row) = (&dataset.exemplars, ExemplarIdx(row));
            about(dataset, table.source[row], table.trace[row], table.span[row])
        },
    );
}

/// What is to be said of a row.
enum Met {
    Fine,
    Odd(FindingKind),
    End,
}

/// Tells of the rows that lead nowhere.
fn tell(dataset: &mut Dataset, judge: impl Fn(&Dataset, u32) -> Met, example: impl Fn(&Dataset, u32) -> Example) {
    for row in 0.. {
        match judge(dataset, row) {
            Met::Fine => {}
            Met::End => return,
            Met::Odd(kind) => {
                let example = if dataset.report.wants_examples(kind) { example(dataset, row) } else { Example::default() };
                dataset.report.add(kind, || example);
            }
        }
    }
}

fn about(dataset: &Dataset, source: SourceIdx, trace: TraceKey, span: SpanKey) -> Example {
    let strings = &dataset.strings;
    let note = format!("span {} of trace {}", span.display(strings), trace.display(strings));
    Example { source, note, ..Example::default() }
}

/// The trace and the span of each row, where they are here.
struct Whereabouts {
    trace: Vec<TraceIdx>,
    span: Vec<SpanIdx>,
}

impl Whereabouts {
    fn of(dataset: &Dataset, traces: &[TraceKey], spans: &[SpanKey]) -> Self {
        let find = |&key: &TraceKey| match key {
            TraceKey::Missing => TraceIdx(NOWHERE),
            key => dataset.find_trace(key).unwrap_or(TraceIdx(NOWHERE)),
        };
        Self { trace: traces.iter().map(find).collect(), span: find_spans(dataset, traces, spans) }
    }

    /// All rows by trace, span and time, else as they came. What belongs to no span comes after the spans of its trace.
    fn order(&self, time: impl Fn(u32) -> u64) -> Vec<u32> {
        let mut rows: Vec<(u64, u32)> = (0..len_u32(self.trace.len())).map(|row| (time(row), row)).collect();
        sort_by_value(&mut rows);
        for (key, row) in &mut rows {
            let at = *row as usize;
            let (trace, span) =
                (self.trace.get(at).map_or(NOWHERE, |trace| trace.0), self.span.get(at).map_or(NOWHERE, |span| span.0));
            *key = u64::from(trace) << 32 | u64::from(span);
        }
        sort_by_value(&mut rows);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// Where the rows of an order belong.
    fn columns<I: Idx>(&self, order: &[u32]) -> (Column<I, TraceIdx>, Column<I, SpanIdx>) {
        let of = |row: &u32| self.trace.get(*row as usize).copied().unwrap_or(TraceIdx(NOWHERE));
        let span_of = |row: &u32| self.span.get(*row as usize).copied().unwrap_or(SpanIdx(NOWHERE));
        (Column::from_vec(order.iter().map(of).collect()), Column::from_vec(order.iter().map(span_of).collect()))
    }
}

/// The rows that stand already in an earlier source, ascending. A record that stands three times in one source and twice in
/// another is there three times: no source says more.
fn repeated(
    hashes: impl Iterator<Item = u64>,
    same: impl Fn(u32, u32) -> bool,
    mut source: impl FnMut(u32) -> SourceIdx,
) -> Vec<u32> {
    let mut rows: Vec<(u64, u32)> = hashes.zip(0..).collect();
    sort_by_value(&mut rows);
    let mut repeated = Vec::new();
    let mut rest = rows.as_slice();
    while let Some(&(hash, first)) = rest.first() {
        let n = rest.iter().take_while(|row| row.0 == hash).count();
        let (run, others) = rest.split_at(n);
        rest = others;
        if n == 1 {
            continue;
        }
        // Rows of one source follow each other. How many of them came from this one, and the most that came from one before.
        let (mut of_this, mut most, mut this) = (0_u32, 0_u32, None);
        for &(_, row) in run {
            // Other content of the same hash is not met by chance, and is kept.
            if !same(first, row) {
                continue;
            }
            let from = source(row);
            if this != Some(from) {
                most = most.max(of_this);
                (of_this, this) = (0, Some(from));
            }
            of_this += 1;
            if of_this <= most {
                repeated.push(row);
            }
        }
    }
    repeated.sort_unstable();
    repeated
}

/// Takes rows out of an order. Those that go are ascending.
fn drop_rows(order: &mut Vec<u32>, gone: &[u32]) {
    if !gone.is_empty() {
        order.retain(|row| gone.binary_search(row).is_err());
    }
}

fn renumber<I: Idx, T: Copy>(column: &Sparse<I, T>, order: &[u32]) -> Sparse<I, T> {
    if column.is_empty() {
        return Sparse::default();
    }
    let mut new = Sparse::default();
    for (at, &old) in (0..).zip(order) {
        if let Some(value) = column.get(I::from_u32(old)) {
            new.push(I::from_u32(at), value);
        }
    }
    new
}

/// Whether two log records say the same.
struct LogContent<'a> {
    dataset: &'a Dataset,
    logs: &'a Logs,
}

impl LogContent<'_> {
    fn facts(&self, log: LogIdx) -> ([u64; 3], [u32; 6]) {
        let logs = self.logs;
        let (time, observed) = (logs.time[log], logs.observed[log]);
        let (resource, scope) = (logs.resource[log].0, logs.scope[log].0);
        let texts = [logs.severity_text[log].0, logs.event_name[log].0];
        (
            [time, observed, logs.severity[log].into()],
            [resource, scope, texts[0], texts[1], logs.flags[log], logs.body[log].len()],
        )
    }

    fn hash(&self, log: LogIdx) -> u64 {
        let attributes = &self.dataset.attributes;
        let mut hasher = FixedState.build_hasher();
        let (long, short) = self.facts(log);
        for number in long {
            hasher.write_u64(number);
        }
        for number in short {
            hasher.write_u32(number);
        }
        hasher.write_u64(hash_key(self.logs.trace[log], self.logs.span[log]));
        hasher.write_u64(hash_entries(attributes, self.logs.body[log]));
        hasher.write_u64(hash_entries(attributes, self.logs.attributes[log]));
        hasher.finish()
    }

    fn same(&self, a: LogIdx, b: LogIdx) -> bool {
        let (logs, attributes) = (self.logs, &self.dataset.attributes);
        self.facts(a) == self.facts(b)
            && (logs.trace[a], logs.span[a]) == (logs.trace[b], logs.span[b])
            && logs.unknown_severity.get(a) == logs.unknown_severity.get(b)
            && logs.dropped_attributes.get(a) == logs.dropped_attributes.get(b)
            && attributes.same(logs.body[a], logs.body[b])
            && attributes.same(logs.attributes[a], logs.attributes[b])
    }
}

/// Whether two exemplars are of the same measurement.
struct ExemplarContent<'a> {
    dataset: &'a Dataset,
    exemplars: &'a Exemplars,
}

impl ExemplarContent<'_> {
    fn facts(&self, row: ExemplarIdx) -> ([u64; 2], [u32; 3], u8) {
        let table = self.exemplars;
        let metric = table.metric[row];
        let texts = [&table.metric_name, &table.metric_unit].map(|column| column.row(metric).map_or(0, |text| text.0));
        ([table.time[row], table.value_bits[row]], [texts[0], texts[1], table.resource[row].0], table.value_tag[row])
    }

    fn hash(&self, row: ExemplarIdx) -> u64 {
        let mut hasher = FixedState.build_hasher();
        let (long, short, _) = self.facts(row);
        for number in long {
            hasher.write_u64(number);
        }
        for number in short {
            hasher.write_u32(number);
        }
        hasher.write_u64(hash_key(self.exemplars.trace[row], self.exemplars.span[row]));
        hasher.write_u64(hash_entries(&self.dataset.attributes, self.exemplars.attributes[row]));
        hasher.finish()
    }

    fn same(&self, a: ExemplarIdx, b: ExemplarIdx) -> bool {
        let table = self.exemplars;
        self.facts(a) == self.facts(b)
            && (table.trace[a], table.span[a]) == (table.trace[b], table.span[b])
            && self.dataset.attributes.same(table.attributes[a], table.attributes[b])
    }
}

fn hash_key(trace: TraceKey, span: SpanKey) -> u64 {
    FixedState.hash_one((trace, span))
}

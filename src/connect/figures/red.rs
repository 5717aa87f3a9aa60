//! The table of operations: all of them at once, sorted and cut here, then the sparklines of those that are shown.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::basis::Basis;
use super::read::{examples, place, stats, text, whole};
use super::source::{Example, Source, example_columns, slot, source, stats_columns, time_bin};
use super::{Context, Step};
use crate::base::{len_u32, sort_few};
use crate::connect::rows::SqlAnswer;
use crate::protocol::{
    Exactness, ExampleTrace, Group, GroupBy, Population, RedColumn, RedRequest, RedRow, RedView, Reply, Stats,
};

/// Operations that are read, at most.
const OPERATIONS_MAX: usize = 5000;
/// Rows in a window, at most.
const MAX_ROWS: u32 = 4096;
/// Points of a sparkline, at most.
const MAX_SPARK_BINS: u32 = 256;
/// Rows that have a sparkline, at most: each is named in the question.
const SPARKS_MAX: usize = 250;
/// Rows more than there are points: of what came in between two questions.
const SPARE_ROWS: usize = 1000;

/// The table under way.
#[derive(Debug)]
pub(super) struct RedTable {
    request: RedRequest,
    source: Source,
    round: Round,
    view: RedView,
    /// Width of a point of a sparkline, nanoseconds.
    width: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Begin,
    Operations,
    Sparks,
}

/// An operation as it was read.
struct Operation {
    service: String,
    name: String,
    stats: Stats,
    examples: Vec<ExampleTrace>,
}

impl RedTable {
    pub(super) fn new(request: RedRequest) -> Self {
        let request =
            RedRequest { limit: request.limit.min(MAX_ROWS), spark_bins: request.spark_bins.min(MAX_SPARK_BINS), ..request };
        let view = RedView { exactness: Exactness::Estimated, ..RedView::default() };
        Self { request, source: Source::default(), round: Round::Begin, view, width: 1 }
    }

    pub(super) fn next(&mut self, context: Context<'_>, basis: &mut Basis, answers: &[SqlAnswer]) -> Step {
        match self.round {
            Round::Begin => {
                let sought = context.sought(&self.request.selection, None);
                self.source = source(sought, Population::Spans, &GroupBy::Operation);
                basis.remarks(std::mem::take(&mut self.source.remarks));
                self.round = Round::Operations;
                Step::Ask(self.ask_operations())
            }
            Round::Operations => {
                self.read_all(basis, answers);
                self.read_operations(basis, answers);
                self.round = Round::Sparks;
                let questions = self.ask_sparks(basis);
                if questions.is_empty() { self.done(basis) } else { Step::Ask(questions) }
            }
            Round::Sparks => {
                self.read_sparks(basis, answers);
                self.done(basis)
            }
        }
    }

    fn done(&mut self, basis: &mut Basis) -> Step {
        basis.remark("Self times and critical paths cannot be had from the server".to_owned());
        Step::Done(Reply::Red(Box::new(std::mem::take(&mut self.view))))
    }

    fn ask_operations(&self) -> Vec<(String, usize)> {
        let (from, stats) = (&self.source.from, stats_columns("sw_d"));
        let examples = example_columns(Example { duration: "sw_d", start: "sw_t", span_id: "span_id", name: "sw_h" });
        vec![
            (format!("SELECT {stats}, MIN(sw_t) AS sw_from, MAX(sw_t) AS sw_to FROM {from}"), 1),
            (
                format!("SELECT sw_g, sw_h, {stats}{examples} FROM {from} GROUP BY sw_g, sw_h ORDER BY sw_n DESC, sw_g, sw_h"),
                OPERATIONS_MAX,
            ),
        ]
    }

    fn read_all(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) {
        let Some(row) = answers.first().and_then(|answer| answer.rows.first()) else { return };
        match stats(row) {
            Some(all) => self.view.all = all,
            None => basis.note_odd(),
        }
        let window = whole(row, "sw_from").zip(whole(row, "sw_to")).filter(|(from, to)| from <= to);
        self.view.window = window.unwrap_or_default();
    }

    fn read_operations(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) {
        let rows = answers.get(1).map(|answer| answer.rows.as_slice()).unwrap_or_default();
        basis.note_cut(1, rows.len(), "operations");
        let mut operations = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(stats) = stats(row) else {
                basis.note_odd();
                continue;
            };
            let (service, name) = (text(row, "sw_g"), text(row, "sw_h"));
            let at = basis.service(&service);
            basis.add_spans(at, stats.calls);
            operations.push(Operation { examples: examples(row, &name), service, name, stats });
        }
        self.view.total = len_u32(operations.len());
        let filter = self.request.filter.trim().to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&filter);
        operations.retain(|operation| filter.is_empty() || holds(&operation.service) || holds(&operation.name));
        self.view.matched = len_u32(operations.len());
        let RedRequest { sort, descending, .. } = self.request;
        sort_few(&mut operations, |a, b| {
            let by_label = (&a.service, &a.name).cmp(&(&b.service, &b.name));
            let ordering = if sort == RedColumn::Operation { by_label } else { compare(sort, &a.stats, &b.stats) };
            if descending { ordering.reverse() } else { ordering }.then(by_label)
        });
        self.view.offset = self.request.offset.min(self.view.matched);
        let window = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let shown = operations.into_iter().skip(window(self.view.offset)).take(window(self.request.limit));
        let bins = window(self.request.spark_bins);
        self.view.rows = shown
            .map(|operation| RedRow {
                service: basis.service(&operation.service),
                name: operation.name,
                stats: operation.stats,
                critical: 0,
                spark: vec![0; bins],
                spark_errors: vec![0; bins],
                examples: operation.examples,
            })
            .collect();
    }

    fn ask_sparks(&mut self, basis: &mut Basis) -> Vec<(String, usize)> {
        let bins = self.request.spark_bins;
        let (from, to) = self.view.window;
        if self.view.rows.is_empty() || bins == 0 || to == 0 {
            return Vec::new();
        }
        if SPARKS_MAX < self.view.rows.len() {
            basis.remark(format!("Only the first {SPARKS_MAX} rows have a line over time"));
        }
        let group = |row: &RedRow| Group::Operation { service: basis.name(row.service).to_owned(), name: row.name.clone() };
        let groups: Vec<Group> = self.view.rows.iter().take(SPARKS_MAX).map(group).collect();
        // Both ends are in the window, so it is a nanosecond longer than their difference.
        self.width = (to - from).checked_div(u64::from(bins)).map_or(1, |width| width.saturating_add(1));
        let (slot, time, table) = (slot(&groups), time_bin(from, self.width), &self.source.from);
        // What is not shown is not counted for each point.
        let sql = format!(
            "SELECT {slot} AS sw_s, {time} AS sw_b, COUNT(*) AS sw_n, SUM(sw_f) AS sw_e FROM {table} \
             WHERE {slot} < {} GROUP BY sw_s, sw_b ORDER BY sw_s, sw_b",
            groups.len()
        );
        vec![(sql, groups.len() * usize::try_from(bins).unwrap_or(0) + SPARE_ROWS)]
    }

    fn read_sparks(&mut self, basis: &mut Basis, answers: &[SqlAnswer]) {
        let rows = answers.first().map(|answer| answer.rows.as_slice()).unwrap_or_default();
        basis.note_cut(0, rows.len(), "points of lines over time");
        let bins = usize::try_from(self.request.spark_bins).unwrap_or(0);
        let mut points: BTreeMap<(usize, usize), (u32, u32)> = BTreeMap::new();
        for row in rows {
            let at = place(row, "sw_s", self.view.rows.len()).zip(place(row, "sw_b", bins));
            let counts = whole(row, "sw_n").zip(whole(row, "sw_e"));
            let Some((at, (count, errors))) = at.zip(counts) else {
                basis.note_odd();
                continue;
            };
            let few = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            points.insert(at, (few(count), few(errors)));
        }
        for ((row, bin), (count, errors)) in points {
            let Some(row) = self.view.rows.get_mut(row) else { continue };
            if let (Some(point), Some(failed)) = (row.spark.get_mut(bin), row.spark_errors.get_mut(bin)) {
                (*point, *failed) = (count, errors);
            }
        }
    }
}

fn compare(sort: RedColumn, a: &Stats, b: &Stats) -> Ordering {
    let by = |key: fn(&Stats) -> u64| key(a).cmp(&key(b));
    match sort {
        RedColumn::Calls => by(|stats| stats.calls),
        RedColumn::ErrorShare => {
            // a's errors / a's calls against b's, without a division.
            let product = |errors: u64, calls: u64| u128::from(errors) * u128::from(calls);
            product(a.errors, b.calls).cmp(&product(b.errors, a.calls))
        }
        RedColumn::P50 => by(|stats| stats.p50),
        RedColumn::P95 => by(|stats| stats.p95),
        RedColumn::P99 => by(|stats| stats.p99),
        RedColumn::Max => by(|stats| stats.max),
        RedColumn::Total => by(|stats| stats.total),
        // There are none: all are equal.
        RedColumn::Operation | RedColumn::SelfTime | RedColumn::Critical => Ordering::Equal,
    }
}

//! What is computed from the open data set and kept: by key, never written back.

use std::rc::Rc;

use super::views::{
    Coloring, FacetCaches, FlameCaches, Found, GroupFacts, KeyTable, KnownValues, LatencyCaches, LogList, LogListKey, MapCaches,
    RedCaches, SeriesCaches, TableCaches, TraceList, Visible,
};
use crate::analysis::{ChildTimes, CriticalPath, Grouping, Groups, Selected, Skew, child_times, child_times_moved, groups};
use crate::base::{BitSet, FastMap, IdxRange, len_u32};
use crate::model::{Dataset, SpanIdx, SpanMarks, StatusCode, TraceIdx};
use crate::protocol::{Fold, GroupBy, Mark, Selection};
use crate::traceql::eval::Evaluator;
use crate::traceql::tree::Field;

/// How many answers of each kind are kept: enough to go back and forth between two states.
const KEPT: usize = 4;

/// Everything kept.
#[derive(Debug, Default)]
pub(super) struct Caches {
    /// The trace list, by filter and order.
    pub(super) lists: Recent<ListKey, TraceList>,
    /// The strings that hold a text, by the text.
    pub(super) holding: Recent<String, BitSet>,
    /// What a trace's views share, by the times of the file or as if the clocks agreed.
    pub(super) traces: Recent<(TraceIdx, bool), TraceTables>,
    /// The spans of a trace that match a text.
    pub(super) found: Recent<(TraceIdx, String), Found>,
    /// The rows of the waterfall.
    pub(super) visible: Recent<VisibleKey, Visible>,
    /// Children's times of spans that have very many of them.
    pub(super) busy: FastMap<(SpanIdx, bool), Vec<(u64, u64)>>,
    /// Summaries of groups, by their first members.
    pub(super) group_facts: FastMap<(SpanIdx, bool), Rc<GroupFacts>>,
    /// The spans that queries match.
    pub(super) matched: Recent<String, Selected>,
    /// What queries are evaluated with, once there has been one.
    evaluator: Option<Box<Evaluator>>,
    /// The attribute keys, once somebody writes a query.
    pub(super) keys: Option<Rc<KeyTable>>,
    /// The values of fields.
    pub(super) values: Recent<Field, KnownValues>,
    /// What selections select.
    pub(super) selected: Recent<Selection, Selected>,
    /// The groups of all spans.
    pub(super) groupings: Recent<GroupBy, Grouping>,
    /// The colors of a trace's spans.
    pub(super) colorings: Recent<(TraceIdx, GroupBy), Coloring>,
    /// The log records of a trace that match.
    pub(super) logs: Recent<LogListKey, LogList>,
    /// What the service map keeps.
    pub(super) map: MapCaches,
    /// What the latency charts keep.
    pub(super) latency: LatencyCaches,
    /// What the table of operations keeps.
    pub(super) red: RedCaches,
    /// What facets keep.
    pub(super) facets: FacetCaches,
    /// What flame graphs keep.
    pub(super) flame: FlameCaches,
    /// What span tables keep.
    pub(super) table: TableCaches,
    /// What metrics queries draw.
    pub(super) series: SeriesCaches,
}

impl Caches {
    /// What queries are evaluated with.
    pub(super) fn evaluator(&mut self, dataset: &Dataset) -> &mut Evaluator {
        self.evaluator.get_or_insert_with(|| Box::new(Evaluator::new(dataset)))
    }
}

/// Selection, column to sort by, what that is called if it is a field, and direction.
pub(super) type ListKey = (Selection, crate::protocol::SortColumn, String, bool);

/// Trace, fold state with the default of groups resolved, and the text sought where only matches are shown.
pub(super) type VisibleKey = (TraceIdx, Fold, Option<String>);

/// The few most recent answers, the newest last.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    entries: Vec<(K, Rc<V>)>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: PartialEq, V> Recent<K, V> {
    /// What is kept under this key.
    pub(super) fn get(&mut self, key: &K) -> Option<Rc<V>> {
        let at = self.entries.iter().position(|(kept, _)| kept == key)?;
        let entry = self.entries.remove(at);
        let value = Rc::clone(&entry.1);
        self.entries.push(entry);
        Some(value)
    }

    /// Keeps a new answer; the oldest goes.
    pub(super) fn put(&mut self, key: K, value: V) -> Rc<V> {
        if self.entries.len() == KEPT {
            self.entries.remove(0);
        }
        let value = Rc::new(value);
        self.entries.push((key, Rc::clone(&value)));
        value
    }
}

/// What the views of a trace share.
#[derive(Debug)]
pub(super) struct TraceTables {
    pub(super) rows: IdxRange<SpanIdx>,
    /// Start of the trace.
    pub(super) start: u64,
    /// Self times and child counts.
    pub(super) times: ChildTimes,
    /// Spans with status Error, from the trace's first row.
    pub(super) errors: BitSet,
    /// How many spans before each row have status Error; one more than there are rows.
    errors_before: Vec<u32>,
    /// Groups of like siblings.
    pub(super) groups: Groups,
    /// The critical path.
    pub(super) critical: CriticalPath,
    /// How far the clocks are apart.
    pub(super) skew: Skew,
    /// Whether times are moved as if the clocks agreed: self times, critical path, and what [`Self::shift`] tells.
    pub(super) is_moved: bool,
    /// Spans per mark, in order of [`Mark::ALL`].
    pub(super) marked: Vec<u32>,
}

impl TraceTables {
    /// The tables of a trace by the times of its files, from the cache if they are there.
    pub(super) fn of(dataset: &Dataset, caches: &mut Caches, trace: TraceIdx) -> Rc<Self> {
        Self::by(dataset, caches, trace, false)
    }

    /// The same as if the clocks agreed, where that is asked for and known to differ.
    pub(super) fn by(dataset: &Dataset, caches: &mut Caches, trace: TraceIdx, adjusted: bool) -> Rc<Self> {
        if !adjusted {
            return caches.traces.get(&(trace, false)).unwrap_or_else(|| {
                let tables = Self::new(dataset, trace);
                caches.traces.put((trace, false), tables)
            });
        }
        if let Some(tables) = caches.traces.get(&(trace, true)) {
            return tables;
        }
        let raw = Self::of(dataset, caches, trace);
        if raw.skew.pairs.is_empty() {
            return raw;
        }
        let mut tables = Self { is_moved: true, ..Self::new(dataset, trace) };
        tables.times = child_times_moved(dataset, tables.rows, &|span| tables.shift(dataset, span));
        tables.critical = CriticalPath::of_moved(dataset, tables.rows, |span| tables.shift(dataset, span));
        caches.traces.put((trace, true), tables)
    }

    fn new(dataset: &Dataset, trace: TraceIdx) -> Self {
        let rows = dataset.traces.spans.row(trace).copied().unwrap_or_default();
        let mut errors = BitSet::new(rows.len() as usize);
        let mut errors_before = Vec::with_capacity(rows.len() as usize + 1);
        let mut marked = vec![0; Mark::ALL.len()];
        let mut n_errors = 0;
        for (at, span) in rows.iter().enumerate() {
            errors_before.push(n_errors);
            if dataset.spans.status[span] == StatusCode::Error {
                errors.insert(at);
                n_errors += 1;
            }
            let SpanMarks(bits) = dataset.spans.marks[span];
            for (mark, count) in Mark::ALL.iter().zip(&mut marked) {
                *count += u32::from(bits >> *mark as u16 & 1);
            }
        }
        errors_before.push(n_errors);
        Self {
            rows,
            start: dataset.traces.start.row(trace).copied().unwrap_or(0),
            times: child_times(dataset, rows),
            errors,
            errors_before,
            groups: groups(dataset, rows),
            critical: CriticalPath::of(dataset, rows),
            skew: Skew::of(dataset, rows),
            is_moved: false,
            marked,
        }
    }

    /// What is added to a span's times.
    pub(super) fn shift(&self, dataset: &Dataset, span: SpanIdx) -> i64 {
        // What has no start has nothing to be moved.
        if self.is_moved && dataset.spans.start[span] != 0 { self.skew.shift(dataset, span) } else { 0 }
    }

    /// A span's start, absolute.
    pub(super) fn start_of(&self, dataset: &Dataset, span: SpanIdx) -> u64 {
        dataset.spans.start[span].saturating_add_signed(self.shift(dataset, span))
    }

    /// Where a span's bar ends, absolute.
    pub(super) fn end_of(&self, dataset: &Dataset, span: SpanIdx) -> u64 {
        dataset.spans.drawn_end(span).saturating_add_signed(self.shift(dataset, span))
    }

    /// The place of a row in the trace.
    pub(super) const fn at(&self, span: SpanIdx) -> usize {
        span.0.saturating_sub(self.rows.start) as usize
    }

    /// The row at a place in the trace.
    pub(super) fn span(&self, at: usize) -> SpanIdx {
        SpanIdx(self.rows.start + len_u32(at))
    }

    /// Spans with status Error among rows of the trace.
    pub(super) fn errors_among(&self, rows: IdxRange<SpanIdx>) -> u32 {
        let before = |row: u32| self.errors_before.get(row.saturating_sub(self.rows.start) as usize).copied().unwrap_or(0);
        before(rows.end).saturating_sub(before(rows.start))
    }
}

//! Evaluation: a checked query over a data set gives a set of rows, a column at a time.
//!
//! A filter is a bit for each span; what is asked of a text is asked of each distinct text once, and of a resource or scope once for
//! all of its spans. Structure is arithmetic on rows. Where the language's page is silent, this does what Tempo does, and otherwise:
//! - a span of several events or links matches where one of them does, for `!=` and `!~` as well;
//! - `a && b` and `a || b` are true or false whatever their sides are; `!x` of what is no boolean is neither;
//! - an id may be written in either case and without leading zeros; a root's `span:parentID` is the empty text;
//! - integer arithmetic that overflows goes on as a float, and division of an integer by zero gives no value;
//! - figures of `count()` are 0 where a pipeline in parentheses leaves nothing of a spanset; other figures are then none.
//!
//! *Invariants.* Recursion follows the tree of the query, which the parser bounds, and never the data.

mod columns;
mod compare;
mod field;
mod filter;
pub mod metrics;
mod number;
mod pipeline;
mod structure;
mod value;

use super::tree::{Field, MetricsExpr, Place, Query, Root};
use super::{Stage, Trouble};
use crate::analysis::Selected;
use crate::base::{BitSet, Idx as _};
use crate::model::{Dataset, SpanIdx, TraceIdx};
use columns::Kept;
use filter::Run;
use pipeline::{State, Units};
pub use value::{EvalValue, value, values};

/// Answers queries of one data set, and keeps what the next one can use.
#[derive(Debug, Default)]
pub struct Evaluator {
    kept: Kept,
}

/// What a query matched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matched {
    /// The traces whose final spanset is not empty, and the spans of it.
    pub selected: Selected,
    /// The spansets, where the query ends grouped: by trace, then by their first span.
    pub groups: Vec<Group>,
    /// What `select()` named; of a metrics query, what it groups by.
    pub columns: Vec<Field>,
}

/// A spanset after `by()`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Its trace.
    pub trace: TraceIdx,
    /// What its spans share: a value for each `by()`, the first first.
    pub values: Vec<EvalValue>,
    /// Its spans, ascending; not empty.
    pub spans: Vec<SpanIdx>,
}

impl Evaluator {
    /// For the queries of a data set. It must not be asked of another.
    pub fn new(_dataset: &Dataset) -> Self {
        Self::default()
    }

    /// The spans that a query matches; of a metrics query, those that go into its series.
    pub fn matched(&mut self, dataset: &Dataset, query: &Query) -> Result<Matched, Trouble> {
        let mut run = Run { dataset, kept: &mut self.kept, within: None };
        let state = match &query.root {
            Root::Spans(pipeline) => run.pipeline(pipeline, State::all(dataset)),
            Root::Metrics(metrics) => {
                let mut state = State { rows: BitSet::new(dataset.spans.len()), ..State::all(dataset) };
                run.spans_of_metrics(&metrics.of, &mut state).map(|()| state)
            }
        };
        state.map(|state| finished(dataset, state)).map_err(|trouble| placed(query, trouble))
    }
}

impl Run<'_> {
    /// Adds the spans that go into series.
    fn spans_of_metrics(&mut self, expr: &MetricsExpr, sum: &mut State) -> Result<(), Trouble> {
        match expr {
            MetricsExpr::Series { pipeline, by, .. } => {
                let all = State::all(self.dataset);
                sum.rows.union(&self.pipeline(pipeline, all)?.rows);
                for field in by {
                    filter::supported(field)?;
                    if !sum.columns.contains(field) {
                        sum.columns.push(field.clone());
                    }
                }
            }
            MetricsExpr::Compare { pipeline, .. } => {
                let all = State::all(self.dataset);
                sum.rows.union(&self.pipeline(pipeline, all)?.rows);
            }
            MetricsExpr::Inner(inner) => self.spans_of_metrics(&inner.of, sum)?,
            MetricsExpr::Number(_) => {}
            MetricsExpr::Both { left, right, .. } => {
                self.spans_of_metrics(left, sum)?;
                self.spans_of_metrics(right, sum)?;
            }
        }
        Ok(())
    }
}

fn finished(dataset: &Dataset, state: State) -> Matched {
    let mut traces = Vec::new();
    let mut next = state.rows.next(0);
    while let Some(at) = next {
        let span = SpanIdx::from_u32(crate::base::len_u32(at));
        let trace = dataset.spans.trace[span];
        traces.push(trace);
        next = state.rows.next((dataset.traces.spans[trace].end as usize).max(at + 1));
    }
    let mut groups = Vec::new();
    if let Units::Groups(of) = &state.units {
        // Groups are numbered by their first spans, so only those that lost all of theirs are to be left out.
        groups =
            of.list.iter().map(|(trace, values)| Group { trace: *trace, values: values.clone(), spans: Vec::new() }).collect();
        for span in state.spans() {
            if let Some(group) = groups.get_mut(state.units.of(dataset, span)) {
                group.spans.push(span);
            }
        }
        groups.retain(|group| !group.spans.is_empty());
    }
    Matched { selected: Selected { traces, spans: Some(state.rows) }, groups, columns: state.columns }
}

/// A query that means something that is not answered.
#[cold]
fn unsupported(message: &str) -> Trouble {
    Trouble::new("", Stage::Unsupported, 0..0, message.to_owned(), Vec::new())
}

/// A part of a query that means nothing; the checker finds it before.
#[cold]
fn invalid(at: Place, message: String) -> Trouble {
    let at = at.start as usize..at.end as usize;
    Trouble { at, ..Trouble::new("", Stage::Validate, 0..0, message, Vec::new()) }
}

/// The trouble with its line and what stands there.
#[cold]
fn placed(query: &Query, trouble: Trouble) -> Trouble {
    Trouble::new(&query.text.0, trouble.stage, trouble.at, trouble.message, trouble.expected)
}

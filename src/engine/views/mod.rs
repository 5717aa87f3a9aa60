//! The answers to questions about the open data set, one file per family.
//!
//! A window costs what is in it: what must be computed over all rows is computed once and kept in the caches.

mod both;
mod clocks;
mod critical;
mod facets;
mod field;
mod figures;
mod find;
mod flame;
mod group;
mod keys;
mod latency;
mod legend;
mod list;
mod locate;
mod logs;
mod map;
mod minimap;
mod query;
mod red;
mod report;
mod resolve;
mod rows;
mod scatter;
mod select;
mod series;
mod sortable;
mod span;
mod step;
mod table;
mod trace;
mod visible;

pub(super) use critical::critical;
pub(super) use facets::{FacetCaches, facets};
pub(super) use find::Found;
pub(super) use flame::{FlameCaches, flame};
pub(super) use group::Coloring;
pub(super) use keys::keys;
pub(super) use latency::{LatencyCaches, latency};
pub(super) use legend::legend;
pub(super) use list::{TraceList, traces};
pub(super) use locate::locate;
pub(super) use logs::{LogList, LogListKey, logs};
pub(super) use map::{MapCaches, map, map_detail};
pub(super) use minimap::minimap;
pub(super) use query::{KeyTable, KnownValues, query, rewritten};
pub(super) use red::{RedCaches, red};
pub(super) use report::{dataset_view, report, totals};
pub(super) use resolve::resolve;
pub(super) use rows::{GroupFacts, rows};
pub(super) use scatter::scatter;
pub(super) use select::select;
pub(super) use series::{SeriesCaches, series};
pub(super) use span::{span, text};
pub(super) use step::step;
pub(super) use table::{TableCaches, table};
pub(super) use trace::trace;
pub(super) use visible::Visible;

use super::present;
use crate::base::StrId;
use crate::model::{self, Dataset, SpanIdx, TraceIdx};
use crate::protocol::{Failure, Mark, Marks, SpanBrief, SpanKind, StatusCode};

/// The trace of this id.
fn find_trace(dataset: &Dataset, trace_id: &str) -> Result<TraceIdx, Failure> {
    dataset.find_trace_by_text(trace_id).ok_or_else(|| present::no_trace(trace_id))
}

/// The span of this row.
fn find_span(dataset: &Dataset, span: u32) -> Result<SpanIdx, Failure> {
    let found = SpanIdx(span);
    dataset.spans.id.row(found).map(|_| found).ok_or_else(|| present::no_span(&span.to_string()))
}

fn trace_id(dataset: &Dataset, trace: TraceIdx) -> String {
    dataset.traces.key[trace].display(&dataset.strings).to_string()
}

fn span_id(dataset: &Dataset, span: SpanIdx) -> String {
    dataset.spans.key(span).display(&dataset.strings).to_string()
}

fn brief(dataset: &Dataset, span: SpanIdx) -> SpanBrief {
    SpanBrief {
        trace_id: trace_id(dataset, dataset.spans.trace[span]),
        span_id: span_id(dataset, span),
        span: span.0,
        name: owned(dataset, dataset.spans.name[span]),
        service: dataset.service(span).0,
    }
}

fn owned(dataset: &Dataset, id: StrId) -> String {
    dataset.str(id).to_owned()
}

fn kind(kind: model::SpanKind) -> SpanKind {
    match kind {
        model::SpanKind::Unspecified => SpanKind::Unspecified,
        model::SpanKind::Internal => SpanKind::Internal,
        model::SpanKind::Server => SpanKind::Server,
        model::SpanKind::Client => SpanKind::Client,
        model::SpanKind::Producer => SpanKind::Producer,
        model::SpanKind::Consumer => SpanKind::Consumer,
    }
}

fn status(status: model::StatusCode) -> StatusCode {
    match status {
        model::StatusCode::Unset => StatusCode::Unset,
        model::StatusCode::Ok => StatusCode::Ok,
        model::StatusCode::Error => StatusCode::Error,
    }
}

/// The model's marks that the wire knows. Their bits are the same, which the tests hold it to.
fn marks(marks: model::SpanMarks) -> Marks {
    Marks(marks.0 & ((1 << Mark::ALL.len()) - 1))
}

/// Column types `usize` from the wire's `u32`.
const fn usize_of(number: u32) -> usize {
    number as usize
}

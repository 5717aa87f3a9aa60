//! The next or previous span of interest, in tree order, round the end.

use super::find::found;
use super::find_trace;
use super::locate::locate_span;
use crate::base::{BitSet, len_u32};
use crate::engine::caches::{Caches, TraceTables};
use crate::model::{Dataset, SpanIdx};
use crate::protocol::{Failure, Step, StepDirection, StepRequest, StepView};

/// The span stepped to.
pub(in crate::engine) fn step(dataset: &Dataset, caches: &mut Caches, request: &StepRequest) -> Result<StepView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    let tables = TraceTables::of(dataset, caches, trace);
    let matches = found(dataset, caches, trace, &request.find.text);
    let interesting = match request.step {
        Step::Error => Some(&tables.errors),
        Step::Found => matches.as_ref().map(|found| &found.spans),
    };
    let from = request.from.map(|row| tables.at(SpanIdx(row)));
    let hit = interesting.and_then(|set| Some((set, next(set, request.direction, from)?)));
    let Some((set, at)) = hit else {
        return Ok(StepView { total: 0, ordinal: 0, at: None });
    };
    Ok(StepView {
        total: len_u32(set.count()),
        ordinal: len_u32(set.rank(at)) + 1,
        at: Some(locate_span(dataset, caches, trace, tables.span(at), &request.fold, &request.find)),
    })
}

fn next(set: &BitSet, direction: StepDirection, from: Option<usize>) -> Option<usize> {
    match direction {
        StepDirection::Next => from.and_then(|from| set.next(from + 1)).or_else(|| set.next(0)),
        StepDirection::Previous => from.and_then(|from| set.previous(from)).or_else(|| set.previous(set.len())),
    }
}

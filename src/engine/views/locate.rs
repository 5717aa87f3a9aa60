//! Where a span stands in the waterfall, and what must be unfolded to see it.

use super::visible::{Folding, Item, Visible, visible};
use super::{brief, find_span, find_trace, usize_of};
use crate::base::{len_u32, sort_few};
use crate::engine::caches::{Caches, TraceTables};
use crate::engine::present;
use crate::model::{Dataset, SpanIdx, TraceIdx};
use crate::protocol::{Failure, Find, Fold, LocateRequest, LocateView};

/// The span's place.
pub(in crate::engine) fn locate(dataset: &Dataset, caches: &mut Caches, request: &LocateRequest) -> Result<LocateView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    let span = match &request.span_id {
        Some(id) => dataset.find_span_by_text(trace, id).ok_or_else(|| present::no_span(id))?,
        None => find_span(dataset, request.span)?,
    };
    if dataset.spans.trace[span] != trace {
        return Err(present::no_span(&request.span.to_string()));
    }
    let mut view = locate_span(dataset, caches, trace, span, &request.fold, &request.find);
    if let Some(log) = request.log {
        let rows = visible(dataset, caches, trace, &view.fold, &request.find);
        // A span's records follow its row.
        let below = rows.rows.get(usize_of(view.position)..).unwrap_or_default().iter().zip(view.position..).skip(1);
        let mut logs = below.map_while(|(row, position)| match row.item() {
            Item::Log(shown) => Some((shown, position)),
            Item::Span(_) | Item::Group(_) => None,
        });
        if let Some((_, position)) = logs.find(|(shown, _)| shown.0 == log) {
            (view.position, view.log) = (position, Some(log));
        }
    }
    Ok(view)
}

/// The place of a span of this trace.
pub(super) fn locate_span(
    dataset: &Dataset,
    caches: &mut Caches,
    trace: TraceIdx,
    span: SpanIdx,
    fold: &Fold,
    find: &Find,
) -> LocateView {
    let rows = visible(dataset, caches, trace, fold, find);
    if rows.only_matches {
        return LocateView { span: brief(dataset, span), fold: fold.clone(), position: nearest(&rows, span), log: None };
    }
    let tables = TraceTables::of(dataset, caches, trace);
    let fold = unfolded(dataset, &tables, span, fold);
    let rows = visible(dataset, caches, trace, &fold, find);
    LocateView { span: brief(dataset, span), position: nearest(&rows, span), fold, log: None }
}

/// The fold state in which a span shows: what is closed above it is opened, nothing else changes.
fn unfolded(dataset: &Dataset, tables: &TraceTables, span: SpanIdx, fold: &Fold) -> Fold {
    let folding = Folding::new(fold, tables);
    let mut spans = Vec::new();
    let mut groups = Vec::new();
    let mut next = Some(span);
    while let Some(at) = next {
        if let Some(group) = folding.group_of(tables, at)
            && !folding.is_group_open(tables, group)
            && let Some(group) = tables.groups.groups.row(group)
        {
            groups.push(group.first.0);
        }
        next = dataset.spans.parent(at);
        if let Some(parent) = next
            && !folding.is_open(dataset, parent)
        {
            spans.push(parent.0);
        }
    }
    let (flipped, flipped_groups) = (toggled(&fold.flipped, spans), toggled(&fold.flipped_groups, groups));
    Fold { level: fold.level, flipped, groups: fold.groups, flipped_groups, logs: fold.logs }
}

/// Rows of either list, but not of both: what was closed by being flipped is opened by being flipped back. The first list may
/// hold a row twice, the second never does.
fn toggled(flipped: &[u32], toggle: Vec<u32>) -> Vec<u32> {
    let mut rows = flipped.to_vec();
    sort_few(&mut rows, u32::cmp);
    rows.dedup();
    rows.extend(toggle);
    sort_few(&mut rows, u32::cmp);
    rows.chunk_by(|a, b| a == b).filter(|same| same.len() == 1).flatten().copied().collect()
}

/// The span's row; where only matches are shown and it is none, the row before which it would stand.
fn nearest(visible: &Visible, span: SpanIdx) -> u32 {
    let exact = visible.rows.iter().position(|row| row.item() == Item::Span(span));
    let after = || {
        let before = |row: &&super::visible::VisibleRow| match row.item() {
            Item::Span(shown) => shown < span,
            Item::Log(_) => true,
            Item::Group(_) => false,
        };
        visible.rows.iter().take_while(before).count().min(visible.rows.len().saturating_sub(1))
    };
    len_u32(exact.unwrap_or_else(after))
}

//! A window of the waterfall.

use std::rc::Rc;

use super::find::{Found, found};
use super::group::{Coloring, coloring};
use super::logs;
use super::visible::{Folding, Item, VisibleRow, visible};
use super::{find_trace, kind, marks, owned, span_id, status, usize_of};
use crate::analysis::{GroupIdx, busy, busy_shifted, nearest_rank, thin_out};
use crate::base::{IdxRange, len_u32, merge_sorted, sort_few, sort_numbers};
use crate::engine::caches::{Caches, TraceTables};
use crate::model::{Dataset, LogIdx, SpanIdx};
use crate::protocol::{Failure, GroupSummary, Marks, Row, RowLog, RowsRequest, RowsView, SpanKind, StatusCode};

/// Rows in a window, at most: far more than a screen shows.
const MAX_ROWS: u32 = 4096;

/// Busy intervals and events of a row, at most: a bar has few pixels to show them.
const MAX_TICKS: usize = 64;

/// Busy intervals of spans with more children than this are kept: they take longer to compute than to look up.
const MANY_CHILDREN: u32 = 1000;

/// What a group's row tells, kept since it takes a pass over all members.
#[derive(Debug)]
pub(in crate::engine) struct GroupFacts {
    summary: GroupSummary,
    /// Earliest start of a member, offset from the trace's start.
    start: u64,
    busy: Vec<(u64, u64)>,
    /// Where any member is on the critical path.
    critical: Vec<(u64, u64)>,
    descendants: u32,
    errors_below: u32,
}

/// The window.
pub(in crate::engine) fn rows(
    dataset: &Dataset,
    palette: &[u8],
    caches: &mut Caches,
    request: &RowsRequest,
) -> Result<RowsView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    let tables = TraceTables::by(dataset, caches, trace, request.adjusted);
    let found = found(dataset, caches, trace, &request.find.text);
    let visible = visible(dataset, caches, trace, &request.fold, &request.find);
    let window = Window {
        dataset,
        folding: Folding::new(&request.fold, &tables),
        tables: &tables,
        found: found.as_deref(),
        only_matches: visible.only_matches,
        coloring: coloring(dataset, palette, caches, trace, &request.color),
    };
    let offset = request.offset.min(len_u32(visible.rows.len()));
    let shown = visible.rows.iter().skip(usize_of(offset)).take(usize_of(request.limit.min(MAX_ROWS)));
    Ok(RowsView {
        total: len_u32(visible.rows.len()),
        offset,
        rows: shown.map(|&row| window.row(caches, row)).collect(),
        found: found.as_ref().map_or(0, |found| found.count),
    })
}

struct Window<'a> {
    dataset: &'a Dataset,
    tables: &'a TraceTables,
    folding: Folding,
    found: Option<&'a Found>,
    only_matches: bool,
    coloring: Rc<Coloring>,
}

impl Window<'_> {
    fn row(&self, caches: &mut Caches, row: VisibleRow) -> Row {
        match row.item() {
            Item::Span(span) => self.span_row(caches, row, span),
            Item::Group(group) => self.group_row(caches, row, group),
            Item::Log(log) => self.log_row(row, log),
        }
    }

    fn span_row(&self, caches: &mut Caches, row: VisibleRow, span: SpanIdx) -> Row {
        let (dataset, tables, spans) = (self.dataset, self.tables, &self.dataset.spans);
        let at = tables.at(span);
        let children = tables.times.children.get(at).copied().unwrap_or(0);
        let below = spans.below(span);
        let has_rows_below = !below.is_empty() || !self.folding.logs_below(dataset, span).is_empty();
        let shift = tables.shift(dataset, span);
        Row {
            span: span.0,
            span_id: span_id(dataset, span),
            name: owned(dataset, spans.name[span]),
            service: dataset.service(span).0,
            level: row.level,
            guides: row.guides,
            start: self.offset(span),
            duration: spans.duration(span),
            self_time: tables.times.self_time.get(at).copied().unwrap_or(0),
            busy: self.busy(caches, span, children),
            critical: self.critical(&[span], tables.start_of(dataset, span)),
            color: self.coloring.of(span),
            events: self.events(span, shift),
            logs: logs::ticks(dataset, span, tables.start, shift, MAX_TICKS),
            exemplars: logs::exemplar_ticks(dataset, span, tables.start, shift, MAX_TICKS),
            shift,
            kind: kind(spans.kind[span]),
            status: status(spans.status[span]),
            marks: marks(spans.marks[span]),
            children,
            descendants: below.len(),
            errors_below: tables.errors_among(below),
            expanded: (has_rows_below && !self.only_matches).then(|| self.folding.is_open(dataset, span)),
            found: self.is_found(span),
            group: None,
            log: None,
        }
    }

    fn log_row(&self, row: VisibleRow, log: LogIdx) -> Row {
        let (dataset, tables) = (self.dataset, self.tables);
        let span = dataset.span_of_log(log).unwrap_or_default();
        let (when, shift) = (dataset.logs.when(log), tables.shift(dataset, span));
        Row {
            span: span.0,
            span_id: span_id(dataset, span),
            name: logs::words(dataset, log),
            service: dataset.service(span).0,
            level: row.level,
            guides: row.guides,
            start: if when == 0 { self.offset(span) } else { logs::moved(when, shift).saturating_sub(tables.start) },
            duration: 0,
            self_time: 0,
            busy: Vec::new(),
            critical: Vec::new(),
            color: self.coloring.of(span),
            events: Vec::new(),
            logs: Vec::new(),
            exemplars: Vec::new(),
            shift,
            kind: SpanKind::Unspecified,
            status: StatusCode::Unset,
            marks: Marks::default(),
            children: 0,
            descendants: 0,
            errors_below: 0,
            expanded: None,
            found: self.is_found(span),
            group: None,
            log: Some(RowLog {
                log: log.0,
                level: logs::level(dataset, log),
                severity: logs::severity_words(dataset, log),
                is_timed: when != 0,
            }),
        }
    }

    fn group_row(&self, caches: &mut Caches, row: VisibleRow, group: GroupIdx) -> Row {
        let (dataset, tables) = (self.dataset, self.tables);
        let members = tables.groups.members(group);
        let first = tables.groups.groups[group].first;
        let facts = self.group_facts(caches, first, members);
        Row {
            span: first.0,
            span_id: span_id(dataset, first),
            name: owned(dataset, dataset.spans.name[first]),
            service: dataset.service(first).0,
            level: row.level,
            guides: row.guides,
            start: facts.start,
            duration: facts.summary.end.saturating_sub(facts.start),
            self_time: 0,
            busy: facts.busy.clone(),
            critical: facts.critical.clone(),
            color: self.coloring.of(first),
            events: Vec::new(),
            logs: Vec::new(),
            exemplars: Vec::new(),
            shift: 0,
            kind: kind(dataset.spans.kind[first]),
            status: if facts.summary.errors == 0 { StatusCode::Unset } else { StatusCode::Error },
            marks: Marks::default(),
            children: facts.summary.count,
            descendants: facts.descendants,
            errors_below: facts.errors_below,
            expanded: Some(self.folding.is_group_open(tables, group)),
            found: members.iter().any(|&member| self.is_found(member)),
            group: Some(facts.summary),
            log: None,
        }
    }

    fn is_found(&self, span: SpanIdx) -> bool {
        self.found.is_some_and(|found| found.spans.has(self.tables.at(span)))
    }

    /// From the trace's start; a span without a start of its own stands there.
    fn offset(&self, span: SpanIdx) -> u64 {
        self.tables.start_of(self.dataset, span).saturating_sub(self.tables.start)
    }

    fn busy(&self, caches: &mut Caches, span: SpanIdx, children: u32) -> Vec<(u64, u64)> {
        let (dataset, tables) = (self.dataset, self.tables);
        let busy = || {
            if tables.is_moved {
                busy_shifted(dataset, span, MAX_TICKS, &|span| tables.shift(dataset, span))
            } else {
                busy(dataset, span, MAX_TICKS)
            }
        };
        if children <= MANY_CHILDREN {
            return busy();
        }
        caches.busy.entry((span, tables.is_moved)).or_insert_with(busy).clone()
    }

    /// Where any of some spans is on the critical path, from an absolute time on that none of them starts before.
    fn critical(&self, of: &[SpanIdx], from: u64) -> Vec<(u64, u64)> {
        let parts = of.iter().flat_map(|&span| self.tables.critical.parts_of(span));
        let mut parts: Vec<(u64, u64)> =
            parts.map(|(start, end)| (start.saturating_sub(from), end.saturating_sub(from))).collect();
        sort_few(&mut parts, Ord::cmp);
        merge_sorted(&mut parts);
        thin_out(&mut parts, MAX_TICKS);
        parts
    }

    /// Offsets of events from the trace's start; of very many, some that are spread evenly.
    fn events(&self, span: SpanIdx, shift: i64) -> Vec<u64> {
        let range = self.dataset.spans.events[span];
        let stride = usize_of(range.len()).div_ceil(MAX_TICKS).max(1);
        let timed = range.iter().map(|event| self.dataset.events.time[event]).filter(|&time| time != 0);
        timed.step_by(stride).map(|time| logs::moved(time, shift).saturating_sub(self.tables.start)).collect()
    }

    fn group_facts(&self, caches: &mut Caches, first: SpanIdx, members: &[SpanIdx]) -> Rc<GroupFacts> {
        let key = (first, self.tables.is_moved);
        if let Some(facts) = caches.group_facts.get(&key) {
            return Rc::clone(facts);
        }
        let facts = Rc::new(self.gather(members));
        caches.group_facts.insert(key, Rc::clone(&facts));
        facts
    }

    fn gather(&self, members: &[SpanIdx]) -> GroupFacts {
        let spans = &self.dataset.spans;
        let mut durations: Vec<u64> = members.iter().map(|&member| spans.duration(member)).collect();
        sort_numbers(&mut durations);
        // A member without a start takes no place in time.
        let timed = || members.iter().copied().filter(|&member| spans.start[member] != 0);
        let start = timed().map(|member| self.offset(member)).min().unwrap_or(0);
        let mut busy: Vec<(u64, u64)> = timed()
            .map(|member| {
                let from = self.offset(member) - start;
                (from, from + spans.duration(member))
            })
            .collect();
        if self.tables.is_moved {
            sort_few(&mut busy, Ord::cmp);
        }
        let end = start + busy.iter().map(|&(_, to)| to).max().unwrap_or(0);
        merge_sorted(&mut busy);
        thin_out(&mut busy, MAX_TICKS);
        let whole = |&member: &SpanIdx| IdxRange::new(member.0, spans.subtree_end[member]);
        GroupFacts {
            summary: GroupSummary {
                count: len_u32(members.len()),
                total: durations.iter().fold(0, |sum, &duration| sum.saturating_add(duration)),
                p50: nearest_rank(&durations, 50),
                p95: nearest_rank(&durations, 95),
                max: nearest_rank(&durations, 100),
                errors: members.iter().map(|&member| self.tables.errors_among(IdxRange::new(member.0, member.0 + 1))).sum(),
                end,
            },
            start,
            busy,
            critical: self.critical(members, self.tables.start + start),
            descendants: members.iter().map(|member| whole(member).len()).sum(),
            errors_below: members.iter().map(|member| self.tables.errors_among(whole(member))).sum(),
        }
    }
}

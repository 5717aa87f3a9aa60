//! Which rows the waterfall has in a fold state, and where its guides run.
//!
//! ```text
//!   level 1   GET /cart                 guides:  1
//!         2   ├ SELECT  (group, open)            1 3      bit n − 1 is set where the row at level n,
//!         3   │ ├ SELECT                         1 3 5    or its ancestor there, has a later sibling
//!         3   │ └ SELECT
//!         2   └ render
//! ```
//! Log records, where they have rows, are the first below their span. An open group gathers its members under a row of its own, one level deeper, at the place of its first member. Where only
//! matches are shown, everything that leads to one is open and there are no groups, so that no fold state hides a match.

use std::rc::Rc;

use super::find::{Found, found};
use super::trace::GROUPS_FOLD_ABOVE;
use crate::analysis::GroupIdx;
use crate::base::{BitSet, IdxRange, len_u32, sort_few};
use crate::engine::caches::{Caches, TraceTables};
use crate::model::{Dataset, LogIdx, SpanIdx, TraceIdx};
use crate::protocol::{Find, Fold, GroupFold};

/// The rows of the waterfall in one state.
#[derive(Debug, Default)]
pub(in crate::engine) struct Visible {
    /// The rows, from the top.
    pub(super) rows: Vec<VisibleRow>,
    /// Whether everything is open because only matches are shown.
    pub(super) only_matches: bool,
}

/// A row of the waterfall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VisibleRow {
    /// A span's row, a group's number with the highest bit set, or a log record's row with the second highest: no memory holds
    /// 2^30 of them.
    item: u32,
    /// Level on the screen, from 1.
    pub(super) level: u32,
    /// As in [`crate::protocol::Row::guides`].
    pub(super) guides: u64,
}

const GROUP: u32 = 1 << 31;
const LOG: u32 = 1 << 30;

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Span(SpanIdx),
    Group(GroupIdx),
    Log(LogIdx),
}

impl VisibleRow {
    pub(super) const fn item(self) -> Item {
        match (self.item & GROUP, self.item & LOG) {
            (0, 0) => Item::Span(SpanIdx(self.item)),
            (0, _) => Item::Log(LogIdx(self.item & !LOG)),
            _ => Item::Group(GroupIdx(self.item & !GROUP)),
        }
    }
}

impl Item {
    const fn packed(self) -> u32 {
        match self {
            Self::Span(span) => span.0,
            Self::Group(group) => group.0 | GROUP,
            Self::Log(log) => log.0 | LOG,
        }
    }
}

/// A fold state, with what is left to a default decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folding {
    /// `groups` is not `Auto`, and the lists are ascending.
    fold: Fold,
}

impl Folding {
    pub(super) fn new(fold: &Fold, tables: &TraceTables) -> Self {
        let mut fold = fold.clone();
        if fold.groups == GroupFold::Auto {
            fold.groups = if GROUPS_FOLD_ABOVE < tables.rows.len() { GroupFold::Folded } else { GroupFold::Open };
        }
        for list in [&mut fold.flipped, &mut fold.flipped_groups] {
            sort_few(list, u32::cmp);
            list.dedup();
        }
        Self { fold }
    }

    /// Whether what is below a span shows.
    pub(super) fn is_open(&self, dataset: &Dataset, span: SpanIdx) -> bool {
        let open_by_default = self.fold.level.is_none_or(|level| dataset.spans.depth[span] < level);
        open_by_default ^ self.fold.flipped.binary_search(&span.0).is_ok()
    }

    /// The log records that have rows under a span while it is open.
    pub(super) fn logs_below(&self, dataset: &Dataset, span: SpanIdx) -> IdxRange<LogIdx> {
        if self.fold.logs { dataset.logs_of_span(span) } else { IdxRange::default() }
    }

    /// The group that a span has its place in, where groups have rows.
    pub(super) fn group_of(&self, tables: &TraceTables, span: SpanIdx) -> Option<GroupIdx> {
        if self.fold.groups == GroupFold::Open { None } else { tables.groups.of(span) }
    }

    /// Whether a group's members show.
    pub(super) fn is_group_open(&self, tables: &TraceTables, group: GroupIdx) -> bool {
        tables.groups.groups.row(group).is_some_and(|group| self.fold.flipped_groups.binary_search(&group.first.0).is_ok())
    }
}

/// The rows of the waterfall, from the cache if they are there.
pub(super) fn visible(dataset: &Dataset, caches: &mut Caches, trace: TraceIdx, fold: &Fold, find: &Find) -> Rc<Visible> {
    let tables = TraceTables::of(dataset, caches, trace);
    let only = find.only.then(|| found(dataset, caches, trace, &find.text)).flatten();
    let folding = Folding::new(fold, &tables);
    let key = match &only {
        Some(_) => (trace, Fold { logs: fold.logs, ..Fold::default() }, Some(find.text.clone())),
        None => (trace, folding.fold.clone(), None),
    };
    if let Some(visible) = caches.visible.get(&key) {
        return visible;
    }
    let kept = only.map(|found| with_ancestors(dataset, &tables, &found));
    let rows = Walk { dataset, tables: &tables, folding: &folding, kept: kept.as_ref() }.rows();
    caches.visible.put(key, Visible { rows, only_matches: kept.is_some() })
}

/// Matches and all above them.
fn with_ancestors(dataset: &Dataset, tables: &TraceTables, found: &Found) -> BitSet {
    let mut kept = BitSet::new(found.spans.len());
    for at in found.spans.iter() {
        let mut next = Some(tables.span(at));
        // Once an ancestor is in, all above it are.
        while let Some(span) = next.filter(|&span| kept.insert(tables.at(span))) {
            next = dataset.spans.parent(span);
        }
    }
    kept
}

struct Walk<'a> {
    dataset: &'a Dataset,
    tables: &'a TraceTables,
    folding: &'a Folding,
    /// The only spans to be shown.
    kept: Option<&'a BitSet>,
}

/// Siblings that are being walked.
struct Frame {
    rest: Rest,
    /// The next of them to be shown, looked up ahead: a row must know whether a sibling follows.
    upcoming: Option<Item>,
    /// The guides of the rows above.
    guides: u64,
}

enum Rest {
    /// Log records of their parent, then spans from one row to another, subtrees skipped.
    Siblings { logs: IdxRange<LogIdx>, next: u32, end: u32 },
    /// Members of a group, from one place on.
    Members { group: GroupIdx, next: usize },
}

impl Walk<'_> {
    fn rows(&self) -> Vec<VisibleRow> {
        let trace = self.tables.rows;
        let mut rows = Vec::new();
        let mut stack = vec![self.frame(Rest::Siblings { logs: IdxRange::default(), next: trace.start, end: trace.end }, 0)];
        while let Some(frame) = stack.last_mut() {
            let Some(item) = frame.upcoming.take() else {
                stack.pop();
                continue;
            };
            frame.upcoming = self.advance(&mut frame.rest);
            let mut guides = frame.guides;
            let has_later_sibling = frame.upcoming.is_some();
            let level = len_u32(stack.len());
            if has_later_sibling && level <= 64 {
                guides |= 1 << (level - 1);
            }
            rows.push(VisibleRow { item: item.packed(), level, guides });
            if let Some(rest) = self.below(item) {
                stack.push(self.frame(rest, guides));
            }
        }
        rows
    }

    fn frame(&self, mut rest: Rest, guides: u64) -> Frame {
        let upcoming = self.advance(&mut rest);
        Frame { rest, upcoming, guides }
    }

    fn below(&self, item: Item) -> Option<Rest> {
        match item {
            Item::Span(span) => {
                let below = self.dataset.spans.below(span);
                let is_open = self.kept.is_some() || self.folding.is_open(self.dataset, span);
                let logs = self.folding.logs_below(self.dataset, span);
                let is_empty = below.is_empty() && logs.is_empty();
                (is_open && !is_empty).then_some(Rest::Siblings { logs, next: below.start, end: below.end })
            }
            Item::Group(group) => self.folding.is_group_open(self.tables, group).then_some(Rest::Members { group, next: 0 }),
            Item::Log(_) => None,
        }
    }

    fn advance(&self, rest: &mut Rest) -> Option<Item> {
        match rest {
            Rest::Members { group, next } => {
                let member = self.tables.groups.members(*group).get(*next).copied();
                *next += 1;
                member.map(Item::Span)
            }
            Rest::Siblings { logs, next, end } => {
                if let Some(log) = logs.first() {
                    logs.start += 1;
                    return Some(Item::Log(log));
                }
                while *next < *end {
                    let span = SpanIdx(*next);
                    *next = self.dataset.spans.subtree_end[span];
                    if let Some(kept) = self.kept {
                        if kept.has(self.tables.at(span)) {
                            return Some(Item::Span(span));
                        }
                        continue;
                    }
                    match self.folding.group_of(self.tables, span) {
                        None => return Some(Item::Span(span)),
                        Some(group) if self.tables.groups.groups[group].first == span => return Some(Item::Group(group)),
                        // Shown under its group, if at all.
                        Some(_) => {}
                    }
                }
                None
            }
        }
    }
}

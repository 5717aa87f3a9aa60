//! Groups of like siblings: same parent, same service, same name, more than a handful.
//!
//! ```text
//!   checkout              members of the group of SELECT: rows 2, 3, 5, 6, 7
//!     SELECT     row 2    what stands in between is not in it, nor is what is below
//!     SELECT     row 3
//!     validate   row 4
//!     SELECT     row 5 …
//! ```
//! Spans at the top are siblings where they name the same parent, be it none or one that is missing.

use crate::base::{Column, IdxRange, StrId, len_u32, sort_few_by_key, sort_short};
use crate::model::{Dataset, ServiceIdx, SpanIdx};

/// The least number of siblings that make a group: five rows are read faster than a summary of them.
pub const GROUP_MIN: u32 = 5;

crate::define_index!(
    /// A group of like siblings.
    pub GroupIdx
);

/// The groups of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// The group of each row; `u32::MAX` for none. In the order of the trace's rows.
    of_row: Vec<u32>,
    /// The groups, by parent, then by first member.
    pub groups: Column<GroupIdx, Group>,
    members: Vec<SpanIdx>,
    first_row: u32,
}

/// Like siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The first of them.
    pub first: SpanIdx,
    /// Where its members stand in the list of all groups' members.
    start: u32,
    end: u32,
}

impl Groups {
    /// The group that a span is in.
    #[inline]
    pub fn of(&self, span: SpanIdx) -> Option<GroupIdx> {
        let at = span.0.checked_sub(self.first_row)?;
        self.of_row.get(at as usize).copied().filter(|&group| group != u32::MAX).map(GroupIdx)
    }

    /// The members of a group, by start.
    pub fn members(&self, group: GroupIdx) -> &[SpanIdx] {
        let range = self.groups.row(group).map(|group| group.start as usize..group.end as usize);
        range.and_then(|range| self.members.get(range)).unwrap_or_default()
    }
}

/// Finds the groups among the rows of a trace.
pub fn groups(dataset: &Dataset, rows: IdxRange<SpanIdx>) -> Groups {
    let spans = &dataset.spans;
    let mut found = Groups { of_row: vec![u32::MAX; rows.len() as usize], first_row: rows.start, ..Groups::default() };
    let kind =
        |span: SpanIdx| Sibling { service: dataset.service(span), name: spans.name[span], parent: spans.parent_id[span], span };
    let mut siblings: Vec<Sibling> = Vec::new();

    let mut next = rows.first();
    while let Some(span) = next.filter(|&span| rows.contains(span)) {
        siblings.push(kind(span));
        next = Some(SpanIdx(spans.subtree_end[span]));
    }
    add(&mut found, &mut siblings);
    for parent in rows.iter() {
        // Most spans have few children: counting up to the limit is cheaper than looking closer.
        if spans.children(parent).nth(GROUP_MIN as usize - 1).is_some() {
            siblings.extend(spans.children(parent).map(kind));
            add(&mut found, &mut siblings);
        }
    }
    found
}

/// A sibling, to be sorted by what makes it like another, then by its place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Sibling {
    service: ServiceIdx,
    name: StrId,
    /// Tells siblings at the top apart; below, it is the same for all.
    parent: u64,
    span: SpanIdx,
}

/// Adds the groups among siblings, and leaves none of these behind.
fn add(found: &mut Groups, siblings: &mut Vec<Sibling>) {
    sort_short(siblings, Ord::cmp);
    let like = |a: &Sibling, b: &Sibling| (a.service, a.name, a.parent) == (b.service, b.name, b.parent);
    let mut runs: Vec<&[Sibling]> = siblings.chunk_by(like).filter(|run| GROUP_MIN <= len_u32(run.len())).collect();
    sort_few_by_key(&mut runs, |run| run.first().map(|sibling| sibling.span));
    for run in runs {
        let Some(first) = run.first() else { continue };
        let start = len_u32(found.members.len());
        found.members.extend(run.iter().map(|sibling| sibling.span));
        let group = found.groups.push(Group { first: first.span, start, end: len_u32(found.members.len()) });
        for sibling in run {
            if let Some(slot) = found.of_row.get_mut((sibling.span.0 - found.first_row) as usize) {
                *slot = group.0;
            }
        }
    }
    siblings.clear();
}

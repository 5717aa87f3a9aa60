//! Structural operators, as sweeps over rows.
//!
//! Rows stand in pre-order and subtrees are ranges, so a row is below an earlier one where that one's range reaches beyond it: the
//! farthest reach so far is all that a sweep keeps.
//!
//! ```text
//!   row        0  1  2  3  4  5      { A } >> { B }
//!   is A          A                  reach after row 1: 4
//!   its end       4                  rows 2 and 3 are below an A, row 4 is not
//! ```
//! Ancestors are the same from behind: a row is above a later one where that stands before its own end. Spans of a missing parent
//! are siblings where they name the same one, and spans without a parent are siblings of each other, as they are in Tempo.

use super::super::tree::{Form, Kin};
use super::pipeline::Units;
use crate::base::{BitSet, FastMap, Idx as _, len_u32};
use crate::model::{Dataset, SpanIdx, SpanMark};

/// The spans that an operator gives for those of A and of B. Only spans of one spanset are related.
pub(super) fn related(dataset: &Dataset, units: &Units, kin: Kin, form: Form, a: &BitSet, b: &BitSet) -> BitSet {
    let mut found = right(dataset, units, kin, a, b);
    match form {
        Form::Right => found,
        Form::Not => {
            let mut rest = b.clone();
            rest.subtract(&found);
            rest
        }
        Form::Union => {
            let inverse = match kin {
                Kin::Child => Kin::Parent,
                Kin::Parent => Kin::Child,
                Kin::Descendant => Kin::Ancestor,
                Kin::Ancestor => Kin::Descendant,
                Kin::Sibling => Kin::Sibling,
            };
            found.union(&right(dataset, units, inverse, b, a));
            found
        }
    }
}

/// Those of B that are so to an A.
fn right(dataset: &Dataset, units: &Units, kin: Kin, a: &BitSet, b: &BitSet) -> BitSet {
    let spans = &dataset.spans;
    let row = |at: usize| SpanIdx::from_u32(len_u32(at));
    match kin {
        Kin::Child => {
            b.filtered(|at| spans.parent(row(at)).is_some_and(|parent| a.has(parent.usize()) && units.are_one(parent, row(at))))
        }
        Kin::Parent => {
            let mut found = BitSet::new(b.len());
            for child in a.iter().map(row) {
                if let Some(parent) = spans.parent(child).filter(|&parent| b.has(parent.usize()) && units.are_one(parent, child))
                {
                    found.insert(parent.usize());
                }
            }
            found
        }
        Kin::Descendant => {
            let mut reach = vec![0; units.sweeps()];
            let mut any = b.clone();
            any.union(a);
            any.filtered(|at| {
                let Some(reach) = reach.get_mut(units.sweep_of(row(at))) else { return false };
                let is_below = len_u32(at) < *reach;
                if a.has(at) {
                    *reach = spans.subtree_end[row(at)].max(*reach);
                }
                is_below && b.has(at)
            })
        }
        Kin::Ancestor => {
            let mut next = vec![u32::MAX; units.sweeps()];
            let mut any = b.clone();
            any.union(a);
            let mut found = BitSet::new(b.len());
            let mut before = any.len();
            while let Some(at) = any.previous(before) {
                before = at;
                let Some(next) = next.get_mut(units.sweep_of(row(at))) else { continue };
                if b.has(at) && *next < spans.subtree_end[row(at)] {
                    found.insert(at);
                }
                if a.has(at) {
                    *next = len_u32(at);
                }
            }
            found
        }
        Kin::Sibling => siblings(dataset, units, a, b),
    }
}

/// Whose child a span is: a row, or the parent that is named but missing, or nobody's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Parent {
    Row(SpanIdx),
    /// By trace and written id, which is a symbol where it is irregular; 0 is none.
    Named(u32, u64, bool),
}

fn siblings(dataset: &Dataset, units: &Units, a: &BitSet, b: &BitSet) -> BitSet {
    let spans = &dataset.spans;
    let family = |span: SpanIdx| {
        let marks = spans.marks[span];
        let parent = match spans.parent(span) {
            Some(parent) => Parent::Row(parent),
            // Where a circle was cut the parent that is named is no parent.
            None if marks.has(SpanMark::SelfParent) || marks.has(SpanMark::CycleCut) => return None,
            None => Parent::Named(spans.trace[span].0, spans.parent_id[span], marks.has(SpanMark::TextParentId)),
        };
        Some((units.sweep_of(span), parent))
    };
    // How many As there are in a family; two are as good as more.
    let mut count: FastMap<(usize, Parent), u8> = FastMap::default();
    for at in a.iter() {
        if let Some(family) = family(SpanIdx::from_u32(len_u32(at))) {
            let count = count.entry(family).or_default();
            *count = count.saturating_add(1);
        }
    }
    b.filtered(|at| {
        let others = family(SpanIdx::from_u32(len_u32(at))).and_then(|family| count.get(&family)).copied().unwrap_or(0);
        u8::from(a.has(at)) < others
    })
}

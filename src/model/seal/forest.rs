//! Parents by id, duplicates merged, circles cut, pre-order.
//!
//! One trace after the other, over columns that are as long as the batch and made once.

use super::super::batch::Batch;
use super::super::ids::{SpanIdx, SpanKey, TraceIdx, TraceKey};
use super::super::report::{FindingKind, ImportReport};
use super::super::spans::{SpanMark, SpanMarks};
use super::{Place, about_span, group_by_trace, ranges, sort_by_start};
use crate::base::{Column, IdxRange, hash_u64, len_u32};

/// No place, no row.
const NONE: Place = Place(u32::MAX);

/// The order and shape of the data set's rows.
pub(super) struct Forest {
    /// The batch's row of each row.
    pub(super) order: Vec<u32>,
    /// Parent row, or `u32::MAX`.
    pub(super) parent: Vec<SpanIdx>,
    /// Level, from 1.
    pub(super) depth: Vec<u32>,
    /// Row after the subtree.
    pub(super) subtree_end: Vec<u32>,
    /// Marks that linking gives, to be joined with the batch's.
    pub(super) marks: Vec<SpanMarks>,
    /// The rows of each trace.
    pub(super) rows_of_trace: Vec<IdxRange<SpanIdx>>,
}

/// Links all traces of a batch.
pub(super) fn link(batch: &Batch, traces: &[(TraceIdx, TraceKey, u32)], report: &mut ImportReport) -> Forest {
    let n = batch.spans.len();
    let mut linker = Linker {
        batch,
        rows: group_by_trace(&batch.spans, batch.traces.len(), traces),
        parent: Column::from_vec(vec![NONE; n]),
        first_child: Column::from_vec(vec![NONE; n]),
        next_sibling: Column::from_vec(vec![NONE; n]),
        marks: Column::from_vec(vec![SpanMarks::default(); n]),
        emitted_at: Column::from_vec(vec![u32::MAX; n]),
        slots: Column::default(),
        by_start: Vec::new(),
        out: Forest {
            order: Vec::with_capacity(n),
            parent: Vec::with_capacity(n),
            depth: Vec::with_capacity(n),
            subtree_end: Vec::with_capacity(n),
            marks: Vec::with_capacity(n),
            rows_of_trace: Vec::new(),
        },
    };
    let mut first = 0;
    let mut counts = Vec::with_capacity(traces.len());
    for &(_, key, count) in traces {
        let before = linker.out.order.len();
        linker.link_trace(first, count, report);
        let kept = linker.out.order.len() - before;
        report_ids(batch, key, linker.out.order.get(before..).unwrap_or_default(), report);
        counts.push(len_u32(kept));
        first += count;
    }
    linker.out.rows_of_trace = ranges(counts.into_iter());
    linker.out
}

fn report_ids(batch: &Batch, key: TraceKey, rows: &[u32], report: &mut ImportReport) {
    let kind = match key {
        TraceKey::Regular(_) => return,
        TraceKey::Missing => FindingKind::MissingTraceId,
        TraceKey::Text(_) => FindingKind::IrregularTraceId,
    };
    for &row in rows {
        report.add(kind, || about_span(batch, SpanIdx(row)));
    }
}

struct Linker<'a> {
    batch: &'a Batch,
    /// The batch's rows, grouped by trace; inside a trace by start.
    rows: Column<Place, u32>,
    parent: Column<Place, Place>,
    first_child: Column<Place, Place>,
    next_sibling: Column<Place, Place>,
    marks: Column<Place, SpanMarks>,
    /// The data set's row, once it has one; `DROPPED` for merged records.
    emitted_at: Column<Place, u32>,
    /// Open addressing over the ids of the trace at hand.
    slots: Column<Slot, IdSlot>,
    /// Start and row of the spans of the trace at hand, while they are put in order.
    by_start: Vec<(u64, u32)>,
    out: Forest,
}

crate::define_index!(
    /// A slot of the id table.
    Slot
);

/// What a slot holds: the id itself beside its place, so that looking for one of a million reads the memory of the table alone.
#[derive(Clone, Copy, Debug)]
struct IdSlot {
    id: u64,
    is_text: bool,
    place: Place,
}

const FREE: IdSlot = IdSlot { id: 0, is_text: false, place: NONE };

impl IdSlot {
    fn new(key: SpanKey, place: Place) -> Self {
        let (id, is_text) = match key {
            SpanKey::Missing => (0, false),
            SpanKey::Regular(number) => (number, false),
            SpanKey::Text(text) => (text.0.into(), true),
        };
        Self { id, is_text, place }
    }
}

const DROPPED: u32 = u32::MAX - 1;

impl Linker<'_> {
    fn link_trace(&mut self, first: u32, count: u32, report: &mut ImportReport) {
        let places = IdxRange::<Place>::new(first, first + count);
        self.sort(places);
        self.index_ids(places, report);
        let roots = self.find_parents(places, report);
        for &root in &roots {
            self.emit(root);
        }
        self.cut_circles(places, report);
    }

    fn row(&self, place: Place) -> SpanIdx {
        SpanIdx(self.rows[place])
    }

    fn key(&self, place: Place) -> SpanKey {
        self.batch.spans.key(self.row(place))
    }

    /// By start, then id, so that the order of the file does not show.
    fn sort(&mut self, places: IdxRange<Place>) {
        let (spans, strings) = (&self.batch.spans, &self.batch.strings);
        let rows = self.rows.as_mut_slice().get_mut(places.start as usize..places.end as usize).unwrap_or_default();
        if rows.is_sorted_by(|&a, &b| spans.start[SpanIdx(a)] < spans.start[SpanIdx(b)]) {
            return;
        }
        self.by_start.clear();
        self.by_start.extend(rows.iter().map(|&row| (spans.start[SpanIdx(row)], row)));
        sort_by_start(&mut self.by_start, |a, b| match (spans.key(SpanIdx(a)), spans.key(SpanIdx(b))) {
            (SpanKey::Text(a), SpanKey::Text(b)) => strings.get(a).cmp(strings.get(b)),
            (a, b) => a.cmp(&b),
        });
        rows.iter_mut().zip(&self.by_start).for_each(|(row, &(_, sorted))| *row = sorted);
    }

    /// Puts the ids of the trace into the table; of records with the same id the most complete stays.
    fn index_ids(&mut self, places: IdxRange<Place>, report: &mut ImportReport) {
        let n_slots = (places.len().max(8) as usize * 2).next_power_of_two();
        let slots = self.slots.vec_mut();
        slots.clear();
        slots.resize(n_slots, FREE);
        for place in places.iter() {
            let key = self.key(place);
            if key == SpanKey::Missing {
                report.add(FindingKind::MissingSpanId, || about_span(self.batch, self.row(place)));
                continue;
            }
            if matches!(key, SpanKey::Text(_)) {
                report.add(FindingKind::IrregularSpanId, || about_span(self.batch, self.row(place)));
            }
            let slot = self.slot_of(key);
            let other = self.slots[slot].place;
            if other == NONE {
                self.slots[slot] = IdSlot::new(key, place);
                continue;
            }
            let (a, b) = (self.row(other), self.row(place));
            let kind = if same_record(self.batch, a, b) { FindingKind::DuplicateSpan } else { FindingKind::ConflictingSpan };
            report.add(kind, || about_span(self.batch, b));
            let (kept, dropped) =
                if completeness(self.batch, a) < completeness(self.batch, b) { (place, other) } else { (other, place) };
            self.slots[slot].place = kept;
            self.marks[kept].add(SpanMark::Merged);
            self.emitted_at[dropped] = DROPPED;
        }
    }

    /// The slot that holds the id, or the free one where it would go.
    fn slot_of(&self, key: SpanKey) -> Slot {
        let sought = IdSlot::new(key, NONE);
        let mask = self.slots.len() - 1;
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is meant")]
        let mut at = hash_u64(sought.id) as usize & mask;
        loop {
            let slot = Slot(len_u32(at));
            let IdSlot { id, is_text, place } = self.slots[slot];
            if place == NONE || (id, is_text) == (sought.id, sought.is_text) {
                return slot;
            }
            at = (at + 1) & mask;
        }
    }

    /// Finds parents and makes the lists of children, by start. The places without a parent come back, by start.
    fn find_parents(&mut self, places: IdxRange<Place>, report: &mut ImportReport) -> Vec<Place> {
        let mut roots = Vec::new();
        let mut n_roots = 0_u32;
        for place in places.iter() {
            if self.emitted_at[place] == DROPPED {
                continue;
            }
            let row = self.row(place);
            let parent_key = self.batch.spans.parent_key(row);
            if parent_key == SpanKey::Missing {
                n_roots += 1;
                if 1 < n_roots {
                    self.marks[place].add(SpanMark::ExtraRoot);
                }
                if n_roots == 2 {
                    report.add(FindingKind::SeveralRoots, || about_span(self.batch, row));
                }
                roots.push(place);
                continue;
            }
            let parent = self.slots[self.slot_of(parent_key)].place;
            if parent == NONE {
                self.marks[place].add(SpanMark::Orphan);
                report.add(FindingKind::Orphan, || about_span(self.batch, row));
                roots.push(place);
            } else if parent == place {
                self.marks[place].add(SpanMark::SelfParent);
                report.add(FindingKind::SelfParent, || about_span(self.batch, row));
                roots.push(place);
            } else {
                self.parent[place] = parent;
            }
        }
        // From the last to the first, each put in front of its siblings: the lists end up by start.
        for place in places.iter().rev() {
            let parent = self.parent[place];
            if parent != NONE {
                self.next_sibling[place] = self.first_child[parent];
                self.first_child[parent] = place;
            }
        }
        roots
    }

    /// Gives rows to a place and all below it, in pre-order.
    fn emit(&mut self, root: Place) {
        let mut place = root;
        let mut depth = 1;
        loop {
            let row = len_u32(self.out.order.len());
            self.emitted_at[place] = row;
            let parent = if place == root { u32::MAX } else { self.emitted_at[self.parent[place]] };
            self.out.order.push(self.rows[place]);
            self.out.parent.push(SpanIdx(parent));
            self.out.depth.push(depth);
            self.out.subtree_end.push(row + 1);
            self.out.marks.push(self.marks[place]);
            if let Some(child) = self.free(self.first_child[place]) {
                place = child;
                depth += 1;
                continue;
            }
            // Up to the next sibling, closing what is complete.
            loop {
                let end = len_u32(self.out.order.len());
                if let Some(slot) = self.out.subtree_end.get_mut(self.emitted_at[place] as usize) {
                    *slot = end;
                }
                if place == root {
                    return;
                }
                if let Some(sibling) = self.free(self.next_sibling[place]) {
                    place = sibling;
                    break;
                }
                place = self.parent[place];
                depth -= 1;
            }
        }
    }

    /// The place, or the next sibling that has no row yet: one that has is where a circle was cut.
    fn free(&self, mut place: Place) -> Option<Place> {
        while place != NONE {
            if self.emitted_at[place] == u32::MAX {
                return Some(place);
            }
            place = self.next_sibling[place];
        }
        None
    }

    /// What no root leads to hangs on a circle. Each is cut at its earliest span, which becomes a root.
    fn cut_circles(&mut self, places: IdxRange<Place>, report: &mut ImportReport) {
        for from in places.iter() {
            if self.emitted_at[from] != u32::MAX {
                continue;
            }
            // Two walkers up the parents, one twice as fast, meet on the circle.
            let (mut slow, mut fast) = (self.parent[from], self.parent[self.parent[from]]);
            while slow != fast {
                slow = self.parent[slow];
                fast = self.parent[self.parent[fast]];
            }
            let mut earliest = slow;
            let mut at = self.parent[slow];
            while at != slow {
                earliest = earliest.min(at);
                at = self.parent[at];
            }
            self.marks[earliest].add(SpanMark::CycleCut);
            report.add(FindingKind::ParentCycle, || about_span(self.batch, self.row(earliest)));
            self.emit(earliest);
        }
    }
}

/// What makes one record of a span better than another: an end, then the later end, then more in it.
fn completeness(batch: &Batch, span: SpanIdx) -> (bool, u64, u32) {
    let spans = &batch.spans;
    let more = spans.attributes[span].len() + spans.events[span].len() + spans.links[span].len();
    (spans.end[span] != 0, spans.end[span], more)
}

/// Whether two records of a span say the same, as far as it takes to call one a copy.
fn same_record(batch: &Batch, a: SpanIdx, b: SpanIdx) -> bool {
    let spans = &batch.spans;
    let head = |span| {
        (spans.parent_key(span), spans.name[span], spans.start[span], spans.end[span], spans.kind[span], spans.status[span])
    };
    head(a) == head(b)
        && spans.events[a].len() == spans.events[b].len()
        && spans.links[a].len() == spans.links[b].len()
        && batch.attributes.same(spans.attributes[a], spans.attributes[b])
}

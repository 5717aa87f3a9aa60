//! Which part of the sources is kept. Each span is judged before anything of it is written, so what is left out takes no memory.
//!
//! Readers ask at their doors: they look for a span's trace, times and status alone, and read the rest only where the span is
//! wanted. Nothing of the others is interned, so there is nothing to take back, but for the resource and scope around them.

use super::batch::{Batch, Mark};
use super::ids::TraceKey;
use super::report::{Example, FindingKind, ImportReport};
use super::spans::StatusCode;
use crate::base::FastSet;

/// Which spans are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Portion {
    /// All of them.
    #[default]
    All,
    /// The first of them, in the order of the sources.
    First {
        /// How many.
        spans: u64,
    },
    /// Those that run at some time of a range, its ends included. One without an end or a start is an instant.
    Time {
        /// The first nanosecond.
        from: u64,
        /// The last nanosecond.
        to: u64,
    },
    /// Traces in which a span has failed, whole.
    Errors,
    /// One of so many traces, whole: the same ones each time, and from every source.
    Share {
        /// Of how many.
        one_in: u32,
    },
}

impl Portion {
    /// Whether a trace is left out or kept as a whole.
    pub fn keeps_traces_whole(self) -> bool {
        matches!(self, Self::All | Self::Errors | Self::Share { .. })
    }
}

/// What was left out of a data set, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What was wanted; of several openings the first that left anything out.
    pub portion: Portion,
    /// Span records that were read and left out.
    pub left_out: u64,
    /// Those of them that were wanted, and no longer fitted into memory.
    pub unfit: u64,
    /// Whether what is kept of a trace is all that there is of it.
    pub is_whole: bool,
    /// Whether other parts of other sources joined.
    pub is_mixed: bool,
}

impl Part {
    /// Of two openings that become one data set. `before` and `after` are `None` where nothing was left out.
    pub(super) fn joined(before: Option<Self>, after: Option<Self>) -> Option<Self> {
        let (Some(mine), Some(theirs)) = (before, after) else {
            // Spans of the same traces may have been left out on the one side.
            return before.or(after).map(|part| Self { is_whole: false, is_mixed: true, ..part });
        };
        let is_same = mine.portion == theirs.portion;
        // Whether a trace has failed was asked of each opening by itself; a share is the same everywhere.
        let is_share = matches!(mine.portion, Portion::Share { .. });
        Some(Self {
            portion: mine.portion,
            left_out: mine.left_out + theirs.left_out,
            unfit: mine.unfit + theirs.unfit,
            is_whole: mine.is_whole && theirs.is_whole && is_same && is_share,
            is_mixed: mine.is_mixed || theirs.is_mixed || !is_same,
        })
    }
}

/// What a trace is known by, whatever was read so far: two are the same if their names are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TraceName(u128);

impl TraceName {
    /// Of a trace id of 16 bytes; 0 is none.
    #[inline]
    pub fn of_number(number: u128) -> Self {
        Self(number)
    }

    /// Of an irregular id.
    pub fn of_text(text: &[u8]) -> Self {
        // FNV-1a: the same on every machine. A text whose hash is another trace's id is not met by chance.
        const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        Self(text.iter().fold(BASIS, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME)))
    }

    /// A fixed hash of it, all of whose bits are as good as random, also where ids are counted up.
    #[expect(clippy::cast_possible_truncation, reason = "a hash is made of the halves")]
    fn hash(self) -> u64 {
        let mut hash = (self.0 as u64) ^ ((self.0 >> 64) as u64).rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // What splitmix64 ends with.
        hash = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
        hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ hash >> 31
    }
}

/// What is asked of a span before it is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Glimpse {
    /// Its trace.
    pub trace: TraceName,
    /// Start; 0 is "not set".
    pub start: u64,
    /// End; 0 is "not set".
    pub end: u64,
    /// Status.
    pub status: StatusCode,
}

impl Glimpse {
    fn touches(self, from: u64, to: u64) -> bool {
        let (start, end) = match (self.start, self.end) {
            (0, 0) => return false,
            (0, end) => (end, end),
            (start, end) => (start, end.max(start)),
        };
        start <= to && from <= end
    }
}

/// Who is let into a batch.
#[derive(Clone, Debug)]
pub(super) struct Door {
    portion: Portion,
    /// The traces in which a span has failed; sought before any is let in.
    failed: FastSet<TraceName>,
    is_seeking: bool,
    /// Memory is full: nobody is let in any more.
    is_full: bool,
    left_out: u64,
    unfit: u64,
    /// Log records and exemplars that were left out.
    records_left_out: u64,
    /// Where the `ResourceSpans` and the `ScopeSpans` at hand began, and how many log records and exemplars there were.
    groups: [Option<(Mark, usize)>; 2],
}

impl Batch {
    /// A batch that takes in no more than this portion.
    pub fn of_portion(portion: Portion) -> Self {
        let mut batch = Self::default();
        if portion != Portion::All {
            batch.door = Some(Box::new(Door {
                portion,
                failed: FastSet::default(),
                is_seeking: portion == Portion::Errors,
                is_full: false,
                left_out: 0,
                unfit: 0,
                records_left_out: 0,
                groups: [None; 2],
            }));
        }
        batch
    }

    /// Whether spans must be judged before they are read.
    #[inline]
    pub fn is_choosy(&self) -> bool {
        self.door.is_some()
    }

    /// Whether a span is left out; then it is counted as such, and must not be added.
    pub fn turns_away(&mut self, glimpse: &Glimpse) -> bool {
        let kept = self.spans.len() as u64;
        let Some(door) = &mut self.door else { return false };
        // A missing trace id is a trace of its own.
        let trace = if glimpse.trace.0 == 0 { TraceName(u128::MAX) } else { glimpse.trace };
        if door.is_seeking {
            if glimpse.status == StatusCode::Error {
                // What cannot be remembered will be missed.
                if door.is_full {
                    door.unfit += 1;
                } else {
                    door.failed.insert(trace);
                }
            }
            return true;
        }
        let is_wanted = match door.portion {
            Portion::All => true,
            Portion::First { spans } => kept < spans,
            Portion::Time { from, to } => glimpse.touches(from, to),
            Portion::Errors => door.failed.contains(&trace),
            Portion::Share { one_in } => trace.hash().is_multiple_of(u64::from(one_in.max(1))),
        };
        let is_left_out = !is_wanted || door.is_full;
        door.left_out += u64::from(is_left_out);
        door.unfit += u64::from(is_left_out && is_wanted);
        is_left_out
    }

    /// Whether a log record or an exemplar is left out; then it is counted as such, and must not be added. Those of spans that are
    /// left out stay where nothing tells before the end.
    pub fn turns_away_record(&mut self, trace: TraceKey, time: u64) -> bool {
        if self.door.is_none() {
            return false;
        }
        let trace = self.name_of(trace);
        let Some(door) = &mut self.door else { return false };
        if door.is_seeking {
            return true;
        }
        let is_wanted = match door.portion {
            Portion::All | Portion::First { .. } => true,
            Portion::Time { from, to } => time == 0 || (from..=to).contains(&time),
            Portion::Errors => door.failed.contains(&trace),
            Portion::Share { one_in } => trace.hash().is_multiple_of(u64::from(one_in.max(1))),
        };
        let is_left_out = !is_wanted || door.is_full;
        door.records_left_out += u64::from(is_left_out);
        is_left_out
    }

    /// Whether this was only the first of two passes over the sources. If so, the second begins.
    pub fn begin_second_pass(&mut self) -> bool {
        match self.door.take() {
            Some(door) if door.is_seeking => {
                *self = Self::default();
                self.door = Some(Box::new(Door { is_seeking: false, is_full: false, ..*door }));
                true
            }
            door => {
                self.door = door;
                false
            }
        }
    }

    /// Whether this is the first of two passes over the sources, in which nothing is kept.
    pub fn is_seeking(&self) -> bool {
        self.door.as_ref().is_some_and(|door| door.is_seeking)
    }

    /// Takes in nothing any more, where only a part was asked for; counting goes on.
    pub fn close(&mut self) {
        if let Some(door) = &mut self.door {
            door.is_full = true;
        }
    }

    /// How many spans were asked for that were not taken in any more.
    pub fn n_unfit(&self) -> u64 {
        self.door.as_ref().map_or(0, |door| door.unfit)
    }

    /// Bytes on the heap that it takes to know who is let in.
    pub(super) fn door_bytes(&self) -> usize {
        self.door.as_ref().map_or(0, |door| door.failed.allocation_size())
    }

    /// Says in the report what was left out.
    pub fn tell_part(&self, report: &mut ImportReport) {
        let Some(door) = self.door.as_deref() else { return };
        let source = report.current_source();
        let note = |note: &str| Example { source, note: note.to_owned(), ..Example::default() };
        report.add_many(FindingKind::RecordLeftOut, door.records_left_out, || note("not in the part that was asked for"));
        if door.left_out == 0 {
            return;
        }
        report.add_many(FindingKind::LeftOut, door.left_out - door.unfit, || note("not in the part that was asked for"));
        report.add_many(FindingKind::Unfit, door.unfit, || note("in the part that was asked for, and too much for the memory"));
        report.part = Some(Part {
            portion: door.portion,
            left_out: door.left_out,
            unfit: door.unfit,
            is_whole: door.unfit == 0 && door.portion.keeps_traces_whole(),
            is_mixed: false,
        });
    }

    /// A `ResourceSpans` (0) or `ScopeSpans` (1) begins, before anything of it is written.
    #[inline]
    pub fn begin_group(&mut self, level: usize) {
        if self.door.is_some() {
            let mark = (self.mark(), self.n_records());
            if let Some(group) = self.door.as_mut().and_then(|door| door.groups.get_mut(level)) {
                *group = Some(mark);
            }
        }
    }

    /// It ends. True where all of its spans were left out: then so is what was written about it, and it must not be described.
    #[inline]
    pub fn drops_group(&mut self, level: usize) -> bool {
        self.door.is_some() && self.drop_empty_group(level)
    }

    #[cold]
    fn drop_empty_group(&mut self, level: usize) -> bool {
        let mark = self.door.as_mut().and_then(|door| door.groups.get_mut(level)).and_then(Option::take);
        let is_empty = |&(mark, records): &(Mark, usize)| mark.spans == self.spans.len() && records == self.n_records();
        let Some((mark, _)) = mark.filter(is_empty) else { return false };
        self.resource_of_slot.truncate(mark.slots[0]);
        self.scope_of_slot.truncate(mark.slots[1]);
        self.rollback(mark);
        true
    }

    fn n_records(&self) -> usize {
        self.n_logs() + self.n_exemplars()
    }

    /// What a trace is known by before it is known to the batch.
    pub fn name_of(&self, trace: TraceKey) -> TraceName {
        match trace {
            TraceKey::Missing => TraceName::default(),
            TraceKey::Regular(number) => TraceName::of_number(number),
            TraceKey::Text(text) => TraceName::of_text(self.strings.get(text).as_bytes()),
        }
    }

    /// Span records so far, their earliest start and their latest end; 0 where none has one.
    pub fn extent(&self) -> (u64, u64) {
        let starts = self.spans.start.as_slice().iter().copied();
        let start = starts.filter(|&start| start != 0).min().unwrap_or(0);
        (start, self.spans.end.as_slice().iter().copied().max().unwrap_or(0).max(start))
    }
}

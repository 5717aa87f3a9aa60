//! What the marks on spans are called, and what they mean for the reader.

use crate::protocol::{Mark, Marks};

/// A mark in words.
pub(super) struct Words {
    /// One sign for the row.
    pub sign: &'static str,
    /// A word or two.
    pub short: &'static str,
    /// The same of many: follows a count.
    pub many: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// A mark in words.
pub(super) fn words(mark: Mark) -> Words {
    let (sign, short, many, meaning) = match mark {
        Mark::Orphan => (
            "⌇",
            "Parent missing",
            "spans whose parent is missing",
            "Its parent is not among the spans that were read; it is drawn as a root. The parent may be in another file, or was never exported.",
        ),
        Mark::SelfParent => {
            ("↺", "Its own parent", "spans that are their own parent", "It names itself as its parent; it is drawn as a root.")
        }
        Mark::CycleCut => (
            "↺",
            "Cycle cut",
            "cycles, cut open",
            "Its ancestors form a circle; the circle is cut open here, so that it can be drawn.",
        ),
        Mark::Merged => (
            "⧉",
            "Came twice",
            "spans that came more than once",
            "Several records had its trace and span id; the most complete one is shown.",
        ),
        Mark::Unfinished => ("⋯", "No end", "spans without an end", "It has no end time; its duration is not known."),
        Mark::EndBeforeStart => (
            "⇄",
            "Ends before it starts",
            "spans that end before they start",
            "Its end is before its start; it is drawn as an instant. The clock was probably set while it ran.",
        ),
        Mark::NoStart => ("⋯", "No start", "spans without a start", "It has no start time; it is drawn where the trace begins."),
        Mark::StartsBeforeParent => (
            "⇤",
            "Starts before its parent",
            "spans that start before their parent",
            "It starts before its parent does: often the clocks of two machines differ.",
        ),
        Mark::EndsAfterParent => (
            "⇥",
            "Ends after its parent",
            "spans that end after their parent",
            "It ends after its parent does: asynchronous work, or the clocks of two machines differ.",
        ),
        Mark::IrregularId => ("#", "Irregular id", "spans with an irregular id", "Its id is not 16 hex digits, or missing."),
        Mark::ExtraRoot => ("⊥", "Another root", "further roots", "Its trace has an earlier root already."),
    };
    Words { sign, short, many, meaning }
}

/// Whether a mark is worth a sign on every row that has it. Work that outlives its parent is common and seen on the bars.
pub(super) const fn shown_on_rows(mark: Mark) -> bool {
    !matches!(mark, Mark::EndsAfterParent | Mark::Merged | Mark::ExtraRoot)
}

/// Whether many of them are worth a warning above the waterfall.
pub(super) const fn shown_as_warning(mark: Mark) -> bool {
    !matches!(mark, Mark::EndsAfterParent)
}

/// The marks of a set, in order.
pub(super) fn in_set(marks: Marks) -> impl Iterator<Item = Mark> {
    Mark::ALL.into_iter().filter(move |&mark| marks.has(mark))
}

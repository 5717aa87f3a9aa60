//! Opening a part of the sources: what the wire calls it, two passes where it takes two, and stopping where memory ends.

use super::memory::{self, Reading};
use super::present;
use crate::model::{self, Batch, ImportReport};
use crate::protocol::{Excess, Overflow, PartView, Portion};

/// A batch that takes in the portion.
pub(super) fn batch_of(portion: Portion) -> Batch {
    Batch::of_portion(match portion {
        Portion::All => model::Portion::All,
        Portion::First { spans } => model::Portion::First { spans },
        Portion::Time { from, to } => model::Portion::Time { from, to },
        Portion::Errors => model::Portion::Errors,
        Portion::Share { one_in } => model::Portion::Share { one_in },
    })
}

/// What is missing from a data set.
pub(super) fn part_view(report: &ImportReport) -> Option<Box<PartView>> {
    report.part.map(|part| {
        Box::new(PartView {
            portion: match part.portion {
                model::Portion::All => Portion::All,
                model::Portion::First { spans } => Portion::First { spans },
                model::Portion::Time { from, to } => Portion::Time { from, to },
                model::Portion::Errors => Portion::Errors,
                model::Portion::Share { one_in } => Portion::Share { one_in },
            },
            left_out: part.left_out,
            unfit: part.unfit,
            is_whole: part.is_whole,
            is_mixed: part.is_mixed,
        })
    })
}

/// Why reading cannot go on, if so. Where all was asked for, what does not fit is refused, with what would; a part is cut where
/// memory ends, and the rest of it is only counted.
pub(super) fn check(batch: &mut Batch, reading: Reading, limit: u64) -> Option<Overflow> {
    if batch.is_choosy() {
        if memory::is_full(reading, limit) {
            batch.close();
        }
        return None;
    }
    let excess = memory::excess(reading, limit)?;
    let (start, end) = batch.extent();
    Some(present::more_than_fits(Excess { start, end, ..excess }))
}

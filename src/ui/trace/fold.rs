//! Changes of what is folded.

use crate::protocol::{Fold, GroupFold};

/// With one span, or one group, the other way round.
pub(super) fn toggled(fold: &Fold, span: u32, group: bool) -> Fold {
    let mut next = fold.clone();
    let rows = if group { &mut next.flipped_groups } else { &mut next.flipped };
    match rows.binary_search(&span) {
        Ok(at) => _ = rows.remove(at),
        Err(at) => rows.insert(at, span),
    }
    next
}

/// With everything open, or with all spans at `level` and deeper closed.
pub(super) fn to_level(fold: &Fold, level: Option<u32>) -> Fold {
    Fold { level, flipped: Vec::new(), ..fold.clone() }
}

/// With every span on a row of its own.
pub(super) fn all_open(fold: &Fold) -> Fold {
    Fold { groups: GroupFold::Open, logs: fold.logs, ..Fold::default() }
}

/// With rows for log records, or without.
pub(super) fn with_logs(fold: &Fold, logs: bool) -> Fold {
    Fold { logs, ..fold.clone() }
}

/// With all groups folded or open.
pub(super) fn to_groups(fold: &Fold, groups: GroupFold) -> Fold {
    Fold { groups, flipped_groups: Vec::new(), ..fold.clone() }
}

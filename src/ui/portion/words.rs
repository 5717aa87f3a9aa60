//! A part of the data in words.

use leptos::prelude::*;

use crate::protocol::{DatasetView, PartView, Portion};
use crate::scene::format::{self, TimeDigits};
use crate::ui::state::AppState;

/// What is loaded of how much, and which part that is: `12 of 100 spans loaded: 1 in 8 traces, whole`; reactive.
pub fn loaded(app: AppState, dataset: &DatasetView, part: &PartView) -> String {
    let spans = dataset.totals.spans;
    let all = format::counted(spans + part.left_out, "span");
    let mut words = format!("{} of {all} loaded: {}", format::count(spans), which(app, part));
    if part.unfit > 0 {
        words.push_str("; then memory was full, and ");
        words.push_str(&format::counted(part.unfit, "span"));
        words.push_str(" of this part did not fit");
    }
    words
}

fn which(app: AppState, part: &PartView) -> String {
    if part.is_mixed {
        return "a part of some files".to_owned();
    }
    match part.portion {
        Portion::All => "all that fits".to_owned(),
        Portion::First { spans } => format!("the first {}", format::count(spans)),
        Portion::Time { from, to } => {
            let [from, to] = [from, to].map(|nanos| format::absolute(nanos, app.zone_offset_minutes(nanos), TimeDigits::Seconds));
            format!("{from} – {to}")
        }
        Portion::Errors => format!("traces with errors{}", whole(part)),
        Portion::Share { one_in } => format!("1 in {} traces{}", format::count(u64::from(one_in)), whole(part)),
    }
}

fn whole(part: &PartView) -> &'static str {
    if part.is_whole { ", whole" } else { "" }
}

/// Whether spans of a trace that is shown may have been left out; reactive.
pub fn may_be_cut(app: AppState) -> bool {
    app.dataset.with(|dataset| dataset.as_ref().and_then(|dataset| dataset.part.as_ref()).is_some_and(|part| !part.is_whole))
}

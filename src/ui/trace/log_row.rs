//! A log record as a row of the waterfall: its severity, when it happened, and what it says.

use leptos::attr::custom::custom_attribute;
use leptos::prelude::*;

use crate::protocol::{Row, RowLog};
use crate::scene::{Indent, format};

/// The row.
pub(super) fn log_row(row: &Row, log: &RowLog, position: u32, indent: Indent, is_selected: bool) -> AnyView {
    let severity = if log.severity.is_empty() { "log".to_owned() } else { log.severity.clone() };
    let when = if log.is_timed { format::offset(row.start) } else { "no time".to_owned() };
    let level = custom_attribute("aria-level", row.level.to_string());
    view! {
        <div
            class="waterfall__row waterfall__row--log"
            role="row"
            id=format!("row-{position}")
            data-span-id=row.span_id.clone()
            data-log=log.log.to_string()
            data-level=(log.level as u8).to_string()
            data-position=position.to_string()
            data-shifted=(row.shift != 0).then_some("")
            aria-rowindex=(u64::from(position) + 1).to_string()
            aria-selected=if is_selected { "true" } else { "false" }
            {..level}
        >
            <div
                class="waterfall__name"
                role="gridcell"
                style:--waterfall-indent=format!("{}px", indent.x_from_level(row.level))
            >
                <span class="waterfall__toggle" data-toggle="none" aria-hidden="true"></span>
                <span class="waterfall__severity">{severity}</span>
                <span class="waterfall__text" title=row.name.clone()>
                    {row.name.clone()}
                </span>
                <span class="waterfall__when">{when}</span>
            </div>
            <div class="waterfall__bar" role="gridcell"></div>
        </div>
    }
    .into_any()
}

//! The table as CSV: all rows that match, exact integers.

use crate::browser::download;
use crate::charts::record;
use crate::link::Slot;
use crate::protocol::{Answer, RedRequest, RedView, Reply, Request};
use crate::ui::actions;
use crate::ui::state::{AppState, Manner};

use super::super::page::Page;

const FILE: &str = "spanwise-operations.csv";

const HEADS: [&str; 18] = [
    "service",
    "operation",
    "calls",
    "errors",
    "p50_nanos",
    "p90_nanos",
    "p95_nanos",
    "p99_nanos",
    "min_nanos",
    "max_nanos",
    "total_nanos",
    "self_nanos",
    "critical_nanos",
    "all_total_nanos",
    "all_self_nanos",
    "all_critical_nanos",
    "window_start_unix_nanos",
    "window_end_unix_nanos",
];

/// Asks for all rows, in the order that is shown, and offers them as a file.
pub(super) fn save(page: Page) {
    let app = page.app();
    let request = leptos::prelude::untrack(|| RedRequest { offset: 0, limit: u32::MAX, spark_bins: 0, ..page.red_request() });
    app.ask(Slot::Other, Request::Red(request), move |answer| match answer {
        Answer::Reply(Reply::Red(view)) => {
            let saved = download::text(FILE, "text/csv;charset=utf-8", &text(app, &view));
            let words = if saved { format!("Saved {FILE}") } else { "The browser did not save the file".to_owned() };
            app.announce(words, Manner::Shown);
        }
        Answer::Failed(failure) => actions::fail(app, failure),
        Answer::Reply(_) | Answer::Cancelled => {}
    });
}

fn text(app: AppState, view: &RedView) -> String {
    let mut text = record(HEADS);
    for row in &view.rows {
        let stats = row.stats;
        let numbers = [
            stats.calls,
            stats.errors,
            stats.p50,
            stats.p90,
            stats.p95,
            stats.p99,
            stats.min,
            stats.max,
            stats.total,
            stats.self_time,
            row.critical,
            view.all.total,
            view.all.self_time,
            view.critical,
            view.window.0,
            view.window.1,
        ];
        let names = [leptos::prelude::untrack(|| app.service_in(view.basis.as_deref(), row.service).0), row.name.clone()];
        text.push_str(&record(names.into_iter().chain(numbers.map(|number| number.to_string()))));
    }
    text
}

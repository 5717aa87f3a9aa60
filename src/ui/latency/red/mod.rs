//! The table of operations: rate, errors, durations, and where the time goes.

mod csv;
mod row;

use std::sync::Arc;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::protocol::{RedColumn, RedView};
use crate::scene::format;
use crate::ui::failure_panel::FailureNote;
use crate::ui::parts::{Glyph, Icon};
use crate::ui::reactive::{effect, show};
use crate::ui::remote::Remote;

use super::page::{Page, ROWS};

/// Typing rests for this long before the table follows.
const REST: Duration = Duration::from_millis(120);

/// A column: what it sorts by, its words, what it says, and whether its cells are numbers.
struct Column {
    sort: Option<RedColumn>,
    words: &'static str,
    title: &'static str,
    is_number: bool,
}

const fn column(sort: Option<RedColumn>, words: &'static str, title: &'static str, is_number: bool) -> Column {
    Column { sort, words, title, is_number }
}

const COLUMNS: [Column; 13] = [
    column(Some(RedColumn::Operation), "Operation", "Service and span name", false),
    column(Some(RedColumn::Calls), "Calls", "Spans of the operation", true),
    column(None, "Rate", "Calls per second, minute or hour of the time that is selected", true),
    column(Some(RedColumn::ErrorShare), "Errors", "Share of the calls that failed", true),
    column(Some(RedColumn::P50), "p50", "Median duration", true),
    column(Some(RedColumn::P95), "p95", "95th percentile of the durations", true),
    column(Some(RedColumn::P99), "p99", "99th percentile of the durations", true),
    column(Some(RedColumn::Max), "Max", "Longest duration", true),
    column(Some(RedColumn::Total), "Total time", "Share of the sum of all durations; spans inside spans count in both", false),
    column(Some(RedColumn::SelfTime), "Self time", "Share of the time in which no child was running", true),
    column(Some(RedColumn::Critical), "Critical", "Share of the time on the critical paths of the traces", true),
    column(None, "Over time", "Calls over the time that is selected; failed ones below", false),
    column(None, "Traces", "Traces that show it: the fastest, the median, the slowest, the longest that failed", false),
];

/// The table.
pub(super) fn red_table(page: Page) -> AnyView {
    let view = Memo::new_with_compare(
        move |_| page.red.with(|red| red.latest().cloned()),
        |a, b| !same(a.and_then(Option::as_ref), b.and_then(Option::as_ref)),
    );
    let is_loading = move || page.red.with(Remote::is_loading).to_string();
    let count = move || {
        view.with(|view| match view {
            Some(view) if view.matched != view.total => {
                format!("{} of {}", format::count(u64::from(view.matched)), format::counted(u64::from(view.total), "operation"))
            }
            Some(view) => format::counted(u64::from(view.total), "operation"),
            None => String::new(),
        })
    };
    let rows = move || {
        view.with(|view| {
            let view = view.as_ref()?;
            Some(view.rows.iter().map(|red| row::row(page, view, red)).collect_view())
        })
    };
    view! {
        <section class="operations" aria-labelledby="operations-title" data-loading=is_loading>
            <header class="operations__head">
                <h2 id="operations-title" class="operations__title">
                    "Operations"
                </h2>
                <p class="operations__count" aria-live="polite">
                    {count}
                </p>
                {filter_field(page)}
                <button class="button button--small" type="button" on:click=move |_| csv::save(page)>
                    "Export CSV"
                </button>
            </header>
            {show(move || {
                let failure = page.red.with(|red| red.failure().cloned());
                failure.map(|failure| view! { <FailureNote failure>""</FailureNote> })
            })}
            <div class="operations__scroll">
                <table class="operations__table" data-testid="red-table">
                    <thead>
                        <tr>{COLUMNS.iter().map(|column| head(page, column)).collect_view()}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {show(move || view.with(|view| view.as_ref().and_then(|view| below(page, view))))}
        </section>
    }
    .into_any()
}

/// Whether two answers are one: compared by where they lie, not by what is in them.
fn same(a: Option<&Arc<RedView>>, b: Option<&Arc<RedView>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn head(page: Page, column: &'static Column) -> AnyView {
    let class = if column.is_number { "operations__column operations__column--number" } else { "operations__column" };
    let Some(sort) = column.sort else {
        return view! {
            <th scope="col" title=column.title class=class>
                {column.words}
            </th>
        }
        .into_any();
    };
    let app = page.app();
    let direction = move || app.route.with(|route| (route.latency.red_sort == sort).then_some(route.latency.red_descending));
    let sorted = move || match direction() {
        None => "none",
        Some(true) => "descending",
        Some(false) => "ascending",
    };
    let glyph = move || {
        direction().map(|descending| {
            let glyph = if descending { Glyph::ChevronDown } else { Glyph::ChevronUp };
            view! { <Icon glyph /> }
        })
    };
    let clicked = move |_| {
        page.rows.set(ROWS);
        app.route.update(|route| {
            let latency = &mut route.latency;
            // Names read from A to Z; of all else the most is wanted first.
            latency.red_descending =
                if latency.red_sort == sort { !latency.red_descending } else { sort != RedColumn::Operation };
            latency.red_sort = sort;
        });
    };
    view! {
        <th scope="col" aria-sort=sorted title=column.title class=class>
            <button class="operations__sort" type="button" on:click=clicked>
                {column.words}
                {glyph}
            </button>
        </th>
    }
    .into_any()
}

/// What stands below the rows: that there are none, or more.
fn below(page: Page, view: &RedView) -> Option<AnyView> {
    if view.total > 0 && view.matched == 0 {
        return Some(
            view! {
                <div class="operations__below" role="status">
                    <p>"No operation has this in its service or name."</p>
                    <button class="button button--small" type="button" on:click=move |_| set_filter(page, "")>
                        "Show all operations"
                    </button>
                </div>
            }
            .into_any(),
        );
    }
    let shown = u32::try_from(view.rows.len()).unwrap_or(u32::MAX);
    (shown < view.matched).then(|| {
        let more = (view.matched - shown).min(2 * ROWS);
        let words = format!("Show {} more", format::count(u64::from(more)));
        let all = format!("{} of {} shown", format::count(u64::from(shown)), format::count(u64::from(view.matched)));
        view! {
            <div class="operations__below">
                <p>{all}</p>
                <button class="button button--small" type="button" on:click=move |_| page.rows.update(|rows| *rows = shown + more)>
                    {words}
                </button>
            </div>
        }
        .into_any()
    })
}

fn set_filter(page: Page, filter: &str) {
    page.rows.set(ROWS);
    page.app().route.update(|route| filter.clone_into(&mut route.latency.red_filter));
}

fn filter_field(page: Page) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    on_cleanup(move || {
        if let Some(timer) = timer.try_get_value().flatten() {
            timer.clear();
        }
    });
    let filter = Memo::new(move |_| page.app().route.with(|route| route.latency.red_filter.clone()));
    // Going back and forward changes the filter from outside; typing does too, and must not move the cursor.
    effect(move |_| {
        let filter = filter.get();
        if let Some(input) = input.get()
            && input.value() != filter
        {
            input.set_value(&filter);
        }
    });
    let typed = move |_| {
        let follow = move || {
            if let Some(input) = input.try_get_untracked().flatten() {
                set_filter(page, &input.value());
            }
        };
        if let Some(older) = timer.get_value() {
            older.clear();
        }
        timer.set_value(set_timeout_with_handle(follow, REST).ok());
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(input) = input.get_untracked()
        {
            input.set_value("");
            set_filter(page, "");
        }
    };
    view! {
        <input
            class="field operations__filter"
            type="search"
            aria-label="Filter operations by service or name"
            placeholder="Filter operations"
            autocomplete="off"
            spellcheck="false"
            node_ref=input
            on:input=typed
            on:keydown=key
        />
    }
    .into_any()
}

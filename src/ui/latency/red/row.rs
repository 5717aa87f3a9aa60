//! A row of the table: an operation's figures, its course, and the traces that show it.

use std::fmt::Write as _;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, MouseEvent};

use crate::charts::rate_words_like;
use crate::protocol::{Brush, ExampleKind, ExampleTrace, Group, Population, RedRow, RedView};
use crate::scene::format::{self, TimeDigits};
use crate::ui::actions;
use crate::ui::acts::list::{funnel, of_brush, on_key, on_menu};
use crate::ui::parts::ServiceDot;
use crate::ui::state::AppState;

use super::super::page::Page;

/// Size of a sparkline.
const SPARK_WIDTH: f64 = 96.0;
const SPARK_HEIGHT: f64 = 18.0;

/// The row.
pub(super) fn row(page: Page, view: &RedView, red: &RedRow) -> AnyView {
    let app = page.app();
    let stats = red.stats;
    let (service, color) = app.service_in(view.basis.as_deref(), red.service);
    let brush = Brush {
        of: Population::Spans,
        group: Some(Group::Operation { service: service.clone(), name: red.name.clone() }),
        ..Brush::default()
    };
    let own = StoredValue::new([
        brush.clone(),
        Brush { of: Population::Spans, group: Some(Group::Service(service.clone())), ..Brush::default() },
    ]);
    let subjects = move || own.with_value(|brushes| brushes.iter().map(|brush| of_brush(app, brush)).collect::<Vec<_>>());
    let title = format!("{service} {}\nShow this operation alone", red.name);
    let clicked = move |event: MouseEvent| {
        let on_other = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .is_some_and(|element| element.closest(".operations__examples, .acts-open").ok().flatten().is_some());
        if !on_other {
            actions::add_brush(app, brush.clone());
        }
    };
    let duration = |nanos: u64| {
        view! {
            <td class="operations__number" title=format::duration_exact(nanos)>
                {format::duration(nanos)}
            </td>
        }
    };
    let share = |part: u64, whole: u64| {
        if view.basis.is_some() {
            return view! {
                <td class="operations__number" title="The server does not know which spans are inside which" data-none="">
                    "–"
                </td>
            }
            .into_any();
        }
        let title = format!("{} of {}", format::duration(part), format::duration(whole));
        view! {
            <td class="operations__number" title=title data-none=(part == 0).then_some("")>
                {format::percent(part, whole)}
            </td>
        }
        .into_any()
    };
    // Against the largest that is shown: the figure beside it has the share of the whole.
    let most = view.rows.iter().map(|row| row.stats.total).max().unwrap_or(0);
    let total = part(stats.total, most);
    let window = view.window.1.saturating_sub(view.window.0);
    let typical = view.all.calls / u64::from(view.total.max(1));
    let errors = if stats.errors == 0 {
        view! { <td class="operations__number" data-none="">"–"</td> }.into_any()
    } else {
        let title = format!("{} of {} failed", format::count(stats.errors), format::counted(stats.calls, "call"));
        view! {
            <td class="operations__number operations__number--errors" title=title>
                {format::percent(stats.errors, stats.calls)}
            </td>
        }
        .into_any()
    };
    view! {
        <tr
            class="operations__row"
            data-testid="red-row"
            data-calls=stats.calls.to_string()
            on:click=clicked
            on:contextmenu=move |event| on_menu(&event, subjects())
            on:keydown=move |event| on_key(&event, subjects)
        >
            <th class="operations__operation" scope="row">
                <div class="operations__cell">
                    <button class="operations__name" type="button" title=title>
                        <ServiceDot color />
                        <span class="operations__service">{service.clone()}</span>
                        <span class="operations__span">{red.name.clone()}</span>
                    </button>
                    {funnel(format!("Filter, exclude or group by {service} {}", red.name), subjects)}
                </div>
            </th>
            <td class="operations__number">{format::count(stats.calls)}</td>
            <td class="operations__number">{rate_words_like(stats.calls, window, typical)}</td>
            {errors}
            {duration(stats.p50)}
            {duration(stats.p95)}
            {duration(stats.p99)}
            {duration(stats.max)}
            <td title=format!("{} of {}", format::duration(stats.total), format::duration(view.all.total))>
                <div class="operations__share">
                    <span class="operations__track" aria-hidden="true">
                        <span class="operations__bar" style:--share=format!("{total:.4}") style:--service=color></span>
                    </span>
                    <span class="operations__figure">{format::percent(stats.total, view.all.total)}</span>
                </div>
            </td>
            {share(stats.self_time, view.all.self_time)}
            {share(red.critical, view.critical)}
            <td>{spark(red)}</td>
            <td class="operations__examples">{examples(app, &service, red)}</td>
        </tr>
    }
    .into_any()
}

fn part(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Calls over time as an area, failed ones as one over it.
fn spark(red: &RedRow) -> AnyView {
    let most = red.spark.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return view! { <span class="operations__flat" aria-hidden="true"></span> }.into_any();
    }
    let label = format!("At most {} in one of {} parts of the time", format::count(u64::from(most)), red.spark.len());
    let failed = red.spark_errors.iter().any(|&errors| errors > 0).then(|| {
        view! { <path class="operations__spark-errors" d=area(&red.spark_errors, most) /> }
    });
    view! {
        <svg class="operations__spark" role="img" aria-label=label viewBox=format!("0 0 {SPARK_WIDTH} {SPARK_HEIGHT}") preserveAspectRatio="none">
            <path class="operations__spark-calls" d=area(&red.spark, most) />
            {failed}
        </svg>
    }
    .into_any()
}

/// Steps from the bottom line up, one for each value.
fn area(values: &[u32], most: u32) -> String {
    let width = SPARK_WIDTH / values.len().max(1) as f64;
    let mut path = format!("M0 {SPARK_HEIGHT}");
    for (at, &value) in values.iter().enumerate() {
        // What is there at all is seen.
        let height = if value == 0 { 0.0 } else { (f64::from(value) / f64::from(most) * SPARK_HEIGHT).max(1.0) };
        let (left, right, y) = (at as f64 * width, (at + 1) as f64 * width, SPARK_HEIGHT - height);
        // Writing to a string cannot fail.
        _ = write!(path, "L{left:.1} {y:.1}L{right:.1} {y:.1}");
    }
    _ = write!(path, "L{SPARK_WIDTH} {SPARK_HEIGHT}Z");
    path
}

/// A button for each example, fastest first.
fn examples(app: AppState, service: &str, red: &RedRow) -> AnyView {
    let buttons = red.examples.iter().map(|example| {
        let ExampleTrace { of, trace_id, span_id, name: _, start, duration } = example.clone();
        let (word, short) = match of {
            ExampleKind::Fastest => ("Fastest", "fast"),
            ExampleKind::Median => ("Median", "median"),
            ExampleKind::Slowest => ("Slowest", "slow"),
            ExampleKind::Failing => ("Failing", "fail"),
        };
        let offset = app.zone_offset_minutes(start);
        let when = format::absolute(start, offset, TimeDigits::Millis);
        let title = format!("{word}: {} at {when}", format::duration(duration));
        let label = format!("{short}: {word} {service} {}, {}", red.name, format::duration(duration));
        view! {
            <button
                class="operations__example"
                type="button"
                title=title
                aria-label=label
                data-failing=(of == ExampleKind::Failing).then_some("")
                on:click=move |_| actions::go_span(app, &trace_id, &span_id)
            >
                {short}
            </button>
        }
    });
    view! { <div class="operations__buttons">{buttons.collect_view()}</div> }.into_any()
}

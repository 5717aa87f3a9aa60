//! The map as two tables, of nodes and of edges: the same figures, sortable, for those who read rather than look.

use std::cmp::Ordering;
use std::sync::Arc;

use leptos::prelude::*;

use crate::protocol::{MapTarget, MapView, Stats};
use crate::scene::format;
use crate::scene::map_view::RateUnit;
use crate::ui::acts::list::{on_key, on_menu};
use crate::ui::parts::{Glyph, Icon};

use super::words::{kind_word, name_of, rate_unit};
use super::{MapState, acts};

/// Rows that are there at first; the rest is one press away.
const ROWS_SHOWN: usize = 200;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Second,
    Calls,
    Rate,
    Errors,
    Share,
    P50,
    P95,
    P99,
    Total,
    SelfTime,
}

const FIGURES: [(Column, &str); 9] = [
    (Column::Calls, "Calls"),
    (Column::Rate, "Rate"),
    (Column::Errors, "Errors"),
    (Column::Share, "Error share"),
    (Column::P50, "p50"),
    (Column::P95, "p95"),
    (Column::P99, "p99"),
    (Column::Total, "Total time"),
    (Column::SelfTime, "Self time"),
];

/// A row of either table.
#[derive(Clone, Debug)]
struct Line {
    target: MapTarget,
    name: String,
    second: String,
    stats: Stats,
}

/// Both tables.
pub(super) fn tables(state: MapState) -> AnyView {
    let view = move || state.drawn.get().map(|drawn| Arc::clone(&drawn.view));
    let nodes = Memo::new_with_compare(move |_| view().map(|view| node_lines(&view)).unwrap_or_default(), other_lines);
    let edges = Memo::new_with_compare(move |_| view().map(|view| edge_lines(&view)).unwrap_or_default(), other_lines);
    let unit = Memo::new(move |_| view().map(|view| rate_unit(&view)));
    view! {
        <div class="map-tables" tabindex="0" role="region" aria-label="The map as tables">
            <Table state lines=nodes unit title="Nodes" first="Name" second="Kind" testid="map-nodes" />
            <Table state lines=edges unit title="Edges" first="Caller" second="Callee" testid="map-edges" />
        </div>
    }
    .into_any()
}

fn other_lines(before: Option<&Arc<[Line]>>, now: Option<&Arc<[Line]>>) -> bool {
    before.zip(now).is_none_or(|(before, now)| !Arc::ptr_eq(before, now))
}

fn node_lines(view: &MapView) -> Arc<[Line]> {
    let line = |node: &crate::protocol::MapNode| Line {
        target: MapTarget::Node(node.id.clone()),
        name: name_of(&node.id),
        second: if node.detail.is_empty() {
            kind_word(node.id.kind).to_owned()
        } else {
            format!("{}, {}", kind_word(node.id.kind), node.detail)
        },
        stats: node.stats,
    };
    view.nodes.iter().map(line).collect()
}

fn edge_lines(view: &MapView) -> Arc<[Line]> {
    let line = |edge: &crate::protocol::MapEdge| {
        let (from, to) = (view.nodes.get(edge.from as usize)?, view.nodes.get(edge.to as usize)?);
        Some(Line {
            target: MapTarget::Edge(from.id.clone(), to.id.clone()),
            name: name_of(&from.id),
            second: name_of(&to.id),
            stats: edge.stats,
        })
    };
    view.edges.iter().filter_map(line).collect()
}

fn compare(column: Column, a: &Line, b: &Line) -> Ordering {
    let by = |of: fn(&Stats) -> u64| of(&a.stats).cmp(&of(&b.stats));
    match column {
        Column::Name => a.name.cmp(&b.name),
        Column::Second => a.second.cmp(&b.second),
        Column::Calls | Column::Rate => by(|stats| stats.calls),
        Column::Errors => by(|stats| stats.errors),
        Column::Share => {
            // a/b against c/d, exactly.
            let cross = |errors: u64, calls: u64| u128::from(errors) * u128::from(calls.max(1));
            cross(a.stats.errors, b.stats.calls).cmp(&cross(b.stats.errors, a.stats.calls))
        }
        Column::P50 => by(|stats| stats.p50),
        Column::P95 => by(|stats| stats.p95),
        Column::P99 => by(|stats| stats.p99),
        Column::Total => by(|stats| stats.total),
        Column::SelfTime => by(|stats| stats.self_time),
    }
}

#[component]
fn Table(
    state: MapState,
    lines: Memo<Arc<[Line]>>,
    unit: Memo<Option<RateUnit>>,
    title: &'static str,
    first: &'static str,
    second: &'static str,
    testid: &'static str,
) -> impl IntoView {
    // The most called come first, as on the map they are the largest.
    let sort = RwSignal::new((Column::Calls, true));
    let all = RwSignal::new(false);
    let press = move |column: Column| {
        sort.update(|(by, descending)| {
            // Names read from A to Z; of all else the most is wanted first.
            *descending = if *by == column { !*descending } else { !matches!(column, Column::Name | Column::Second) };
            *by = column;
        });
    };
    let head = move |column: Column, words: &'static str, is_number: bool| {
        let direction = move || {
            let (by, descending) = sort.get();
            (by == column).then_some(descending)
        };
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
        view! {
            <th scope="col" aria-sort=sorted data-number=is_number.then_some("")>
                <button class="map-table__sort" type="button" on:click=move |_| press(column)>
                    {words}
                    {glyph}
                </button>
            </th>
        }
    };
    let rows = move || {
        let (column, descending) = sort.get();
        let mut lines: Vec<Line> = lines.get().to_vec();
        lines.sort_by(|a, b| {
            let order = compare(column, a, b);
            let order = if descending { order.reverse() } else { order };
            order.then_with(|| a.target.cmp(&b.target))
        });
        let shown = if all.get() { lines.len() } else { ROWS_SHOWN };
        lines.into_iter().take(shown).map(|line| row(state, line, unit.get())).collect_view()
    };
    let count = move || format::count(lines.with(|lines| lines.len()) as u64);
    let more = move || {
        let total = lines.with(|lines| lines.len());
        (total > ROWS_SHOWN && !all.get()).then(|| {
            let words = format!("Show all {}", format::count(total as u64));
            view! { <button class="button" type="button" on:click=move |_| all.set(true)>{words}</button> }
        })
    };
    view! {
        <section class="map-tables__part">
            <table class="map-table" data-testid=testid>
                <caption>{title} " " <span class="map-table__count">{count}</span></caption>
                <thead>
                    <tr>
                        {head(Column::Name, first, false)}
                        {head(Column::Second, second, false)}
                        {FIGURES.map(|(column, words)| head(column, words, true)).into_iter().collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {more}
        </section>
    }
}

fn row(state: MapState, line: Line, unit: Option<RateUnit>) -> impl IntoView {
    let Stats { calls, errors, p50, p95, p99, total, self_time, .. } = line.stats;
    let target = line.target;
    let time = |nanos: u64| view! { <td title=format::duration_exact(nanos)>{format::duration(nanos)}</td> };
    let failing = (errors > 0).then_some("");
    let own = StoredValue::new(target.clone());
    let subjects = move || own.with_value(acts::subjects_of);
    view! {
        <tr on:contextmenu=move |event| on_menu(&event, subjects()) on:keydown=move |event| on_key(&event, subjects)>
            <th scope="row">
                <button
                    class="map-table__name"
                    type="button"
                    title="Show its details"
                    on:click=move |_| acts::select(state.app(), Some(target.clone()))
                >
                    {line.name}
                </button>
            </th>
            <td data-text="">{line.second}</td>
            <td>{format::count(calls)}</td>
            <td>{unit.and_then(|unit| unit.rate(calls)).unwrap_or_else(|| "–".to_owned())}</td>
            <td data-failing=failing>{format::count(errors)}</td>
            <td data-failing=failing>{format::percent(errors, calls)}</td>
            {time(p50)}
            {time(p95)}
            {time(p99)}
            {time(total)}
            {time(self_time)}
        </tr>
    }
}

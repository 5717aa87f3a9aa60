//! What the groups' colors mean; a group that is clicked is what is looked at from then on, and its funnel writes it into the query.

use leptos::prelude::*;

use crate::protocol::{Group, GroupBy};
use crate::scene::format;
use crate::ui::acts::list::{funnel, of_brush, on_key, on_menu};
use crate::ui::state::palette_color;

use super::page::Page;

/// The legend; nothing where nothing is told apart.
pub(super) fn legend(page: Page) -> AnyView {
    let entries = move || {
        let view = page.view()?;
        if view.groups.is_empty() || page.by() == GroupBy::Nothing {
            return None;
        }
        let names = page.names.get();
        let shown = view.groups.iter().filter(|group| group.group != Group::Other).count() as u64;
        let rest = u64::from(view.group_count).saturating_sub(shown);
        let entries = view.groups.iter().zip(names.iter()).map(|(group, name)| {
            let color = if group.color == u8::MAX || group.group == Group::Other {
                "var(--chart-other)"
            } else {
                palette_color(group.color)
            };
            let calls = format::count(group.stats.calls);
            let words = view! {
                <span class="service-dot" style:--service=color aria-hidden="true"></span>
            };
            if group.group == Group::Other {
                let name = format!("{} more", format::count(rest));
                return view! {
                    <li class="chart-legend__entry">
                        {words} <span class="chart-legend__name">{name}</span>
                        <span class="chart-legend__count">{calls}</span>
                    </li>
                }
                .into_any();
            }
            let brushed = group.group.clone();
            let own = StoredValue::new(group.group.clone());
            let subjects = move || vec![of_brush(page.app(), &page.brush_of(own.get_value()))];
            view! {
                <li
                    class="chart-legend__item"
                    on:contextmenu=move |event| on_menu(&event, subjects())
                    on:keydown=move |event| on_key(&event, subjects)
                >
                    <button
                        class="chart-legend__entry chart-legend__entry--button"
                        type="button"
                        title="Show this group alone"
                        on:click=move |_| page.brush_group(brushed.clone())
                    >
                        {words} <span class="chart-legend__name">{name.clone()}</span>
                        <span class="chart-legend__count">{calls}</span>
                    </button>
                    {funnel(format!("Filter, exclude or color by {name}"), subjects)}
                </li>
            }
            .into_any()
        });
        Some(
            view! {
                <ul class="chart-legend" aria-label="Groups">
                    {entries.collect_view()}
                </ul>
            }
            .into_any(),
        )
    };
    entries.into_any()
}

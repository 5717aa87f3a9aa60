//! Above the charts: what is counted, what is told apart, what the heatmap's colors carry.

use leptos::prelude::*;

use crate::charts::HeatBy;
use crate::protocol::Population;
use crate::route::HeatColor;

use super::group_by::group_choice;
use super::page::Page;

/// The tools.
pub(super) fn toolbar(page: Page) -> AnyView {
    view! {
        <div class="latency__bar" role="toolbar" aria-label="Charts">
            <div class="switch" role="group" aria-label="Count">
                {[(Population::Spans, "Spans"), (Population::Traces, "Traces")]
                    .map(|(of, words)| {
                        view! {
                            <button
                                class="switch__option"
                                type="button"
                                aria-pressed=move || (page.of.get() == of).to_string()
                                on:click=move |_| page.count(of)
                            >
                                {words}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            {group_choice(page)}
            <div class="latency__tool">
                <span class="latency__label" id="heat-color">
                    "Heatmap"
                </span>
                <div class="switch" role="group" aria-labelledby="heat-color">
                    {[(HeatBy::Count, HeatColor::Count, "Count"), (HeatBy::ErrorShare, HeatColor::ErrorShare, "Error share")]
                        .map(|(by, color, words)| {
                            view! {
                                <button
                                    class="switch__option"
                                    type="button"
                                    aria-pressed=move || (page.heat.get() == by).to_string()
                                    on:click=move |_| page.color_heat(color)
                                >
                                    {words}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
            </div>
        </div>
    }
    .into_any()
}

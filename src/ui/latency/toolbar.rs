//! Above the charts: what is counted, what is told apart, what the heatmap's colors carry.

use leptos::prelude::*;

use crate::charts::HeatBy;
use crate::protocol::Population;
use crate::route::HeatColor;
use crate::ui::basis::{basis_choice, basis_of};
use crate::ui::parts::Segments;

use super::group_by::group_choice;
use super::page::Page;

/// The tools.
pub(super) fn toolbar(page: Page) -> AnyView {
    let color = Signal::derive(move || match page.heat() {
        HeatBy::Count => HeatColor::Count,
        HeatBy::ErrorShare => HeatColor::ErrorShare,
    });
    view! {
        <div class="latency__bar" role="toolbar" aria-label="Charts">
            <Segments
                label="Count"
                options=vec![(Population::Spans, "Spans"), (Population::Traces, "Traces")]
                current=Signal::derive(move || page.of())
                on_choose=Callback::new(move |of| page.count(of))
            />
            {group_choice(page)}
            <div class="latency__tool">
                <span class="latency__label" aria-hidden="true">
                    "Heatmap"
                </span>
                <Segments
                    label="Heatmap colors"
                    options=vec![(HeatColor::Count, "Count"), (HeatColor::ErrorShare, "Error share")]
                    current=color
                    on_choose=Callback::new(move |color| page.color_heat(color))
                />
            </div>
            {basis_choice(page.app(), Signal::derive(move || page.charts.with(|charts| basis_of(charts, |view| view.basis.as_deref()))))}
        </div>
    }
    .into_any()
}

//! The series as a file: SVG, CSV; or CSV on the clipboard.

use leptos::prelude::*;

use super::plot::Plot;
use crate::browser::canvas::text_measure;
use crate::browser::download;
use crate::charts::{self, Frame, Heading};
use crate::scene::format;
use crate::ui::actions;
use crate::ui::latency::{font_of, menu, read_look};
use crate::ui::state::Manner;

/// Pictures are at least so large.
const LEAST_CSS_PX: (u32, u32) = (640, 260);
const CSV_FILE: &str = "spanwise-series.csv";
const SVG_FILE: &str = "spanwise-series.svg";

/// The menu.
pub(super) fn menu_of(plot: Plot) -> AnyView {
    let picture = move || {
        plot.with_chart(|_| ()).map(|()| {
            view! {
                <button class="export-menu__item" type="button" on:click=move |_| save_picture(plot)>
                    "SVG picture"
                </button>
            }
        })
    };
    let items = view! {
        {picture}
        <button class="export-menu__item" type="button" on:click=move |_| save_figures(plot)>
            "CSV figures"
        </button>
        <button class="export-menu__item" type="button" on:click=move |_| actions::copy_text(plot.app(), "CSV", &csv(plot))>
            "Copy CSV"
        </button>
    };
    menu("Export the series".to_owned(), items.into_any())
}

fn csv(plot: Plot) -> String {
    untrack(|| plot.view()).map(|view| charts::series_csv(&view)).unwrap_or_default()
}

fn save_figures(plot: Plot) {
    say(plot, download::text(CSV_FILE, "text/csv;charset=utf-8", &csv(plot)), CSV_FILE);
}

fn save_picture(plot: Plot) {
    let drawn = untrack(|| {
        let look = read_look()?;
        let measure = text_measure(&font_of(&look));
        let (width, height) = plot.size.get();
        let (width, height) = (width.max(LEAST_CSS_PX.0), height.max(LEAST_CSS_PX.1));
        let lines = plot.with_chart(|chart| chart.lines().len())?;
        let (top, bottom) = charts::picture_height(width, lines);
        let frame = Frame { width, height: height.saturating_add(top).saturating_add(bottom), top, bottom, ..Frame::default() };
        let subtitle = plot.app().route.with(|route| route.selection.filter.clone());
        let title = plot.view().map(|view| format!("Series of the query, steps of {}", format::duration_exact(view.step)))?;
        let heading = Heading { title, subtitle };
        plot.with_chart_in(frame, |chart| charts::series_picture_svg(chart, &heading, &look, &measure).ok()).flatten()
    });
    say(plot, drawn.is_some_and(|text| download::text(SVG_FILE, "image/svg+xml", &text)), SVG_FILE);
}

fn say(plot: Plot, saved: bool, name: &str) {
    let words = if saved { format!("Saved {name}") } else { "The browser did not save the file".to_owned() };
    plot.app().announce(words, Manner::Shown);
}

//! A chart as a file: SVG, PNG at twice the size, CSV.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlCanvasElement, KeyboardEvent};

use crate::browser::canvas::{CanvasBackend, text_measure};
use crate::browser::{document, download};
use crate::charts::{self, Chart, ChartKind, Frame, Heading};
use crate::scene::format::{self, TimeDigits};
use crate::ui::parts::{Glyph, Icon};
use crate::ui::state::Manner;

use super::card::{Card, look_now};
use super::look;

/// Pictures are at least so large, and have so many device pixels per CSS pixel.
const LEAST_CSS_PX: (u32, u32) = (640, 260);
const PNG_RATIO: f64 = 2.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Svg,
    Png,
    Csv,
}

/// The menu.
pub(super) fn export_menu(card: Card) -> AnyView {
    let files = [(FileKind::Svg, "SVG picture"), (FileKind::Png, "PNG picture"), (FileKind::Csv, "CSV figures")];
    let items = files.map(|(kind, words)| {
        view! {
            <button class="export-menu__item" type="button" on:click=move |_| save(card, kind)>
                {words}
            </button>
        }
    });
    menu(format!("Export {}", card.title()), items.collect_view().into_any())
}

/// A button with choices below it, which go away once one is chosen.
pub(in crate::ui) fn menu(label: String, items: AnyView) -> AnyView {
    let details = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    let key = move |event: KeyboardEvent| {
        let open = details.get_untracked().is_some_and(|details| details.open());
        if event.key() == "Escape" && open {
            event.prevent_default();
            event.stop_propagation();
            close();
            if let Some(summary) = details.get_untracked().and_then(|details| details.query_selector("summary").ok().flatten())
                && let Ok(summary) = summary.dyn_into::<web_sys::HtmlElement>()
            {
                // It is on the page, so it can be focused.
                _ = summary.focus();
            }
        }
    };
    // The focus went somewhere else.
    let left = move |event: web_sys::FocusEvent| {
        let inside = event
            .related_target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok())
            .is_some_and(|target| details.get_untracked().is_some_and(|details| details.contains(Some(&target))));
        if !inside {
            close();
        }
    };
    view! {
        <details class="export-menu" node_ref=details on:keydown=key on:focusout=left>
            <summary class="button button--quiet button--small" aria-label=label>
                "Export"
                <Icon glyph=Glyph::ChevronDown />
            </summary>
            <div class="export-menu__items" on:click=move |_| close()>
                {items}
            </div>
        </details>
    }
    .into_any()
}

fn save(card: Card, kind: FileKind) {
    let app = card.page.app();
    let said = move |saved: bool, name: &str| {
        let words = if saved { format!("Saved {name}") } else { "The browser did not save the file".to_owned() };
        app.announce(words, Manner::Shown);
    };
    let name = match card.kind {
        ChartKind::Histogram => "durations",
        ChartKind::Heatmap => "heatmap",
        ChartKind::Percentiles => "percentiles",
        ChartKind::Rate => "rate",
    };
    match kind {
        FileKind::Csv => {
            let file = format!("spanwise-{name}.csv");
            let text = untrack(|| card.with_chart(charts::chart_csv)).unwrap_or_default();
            said(download::text(&file, "text/csv;charset=utf-8", &text), &file);
        }
        FileKind::Svg => {
            let file = format!("spanwise-{name}.svg");
            let text = draw(card, |chart, heading, look, measure| charts::svg(chart, heading, look, measure).ok()).flatten();
            said(text.is_some_and(|text| download::text(&file, "image/svg+xml", &text)), &file);
        }
        FileKind::Png => {
            let file = format!("spanwise-{name}.png");
            let canvas = document()
                .and_then(|document| document.create_element("canvas").ok())
                .and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok());
            let drawn = canvas.as_ref().and_then(|canvas| {
                draw(card, |chart, heading, look, measure| {
                    let size = (chart.frame.width, chart.frame.height);
                    let backend = CanvasBackend::new(canvas, size, PNG_RATIO)?;
                    charts::picture(chart, heading, backend, (look, measure)).ok()
                })
                .flatten()
            });
            match (canvas, drawn) {
                (Some(canvas), Some(())) => {
                    let name = file.clone();
                    download::canvas_png(&canvas, &file, move |saved| said(saved, &name));
                }
                _ => said(false, &file),
            }
        }
    }
}

/// Lays the chart out as a picture of its own, and draws it.
fn draw<T>(card: Card, draw: impl FnOnce(&Chart<'_>, &Heading, &charts::Look, &dyn Fn(&str) -> f64) -> T) -> Option<T> {
    untrack(|| {
        let look = look_now(card)?;
        let measure = text_measure(&look::font(&look));
        let (width, height) = card.size.get();
        let (width, height) = (width.max(LEAST_CSS_PX.0), height.max(LEAST_CSS_PX.1));
        let groups = card.page.names.with(|names| names.len());
        let (top, bottom) = charts::picture_height(width, groups);
        let frame = Frame { width, height: height + top + bottom, top, bottom, ..Frame::default() };
        card.with_chart_in(frame, |chart| draw(chart, &heading(card, chart), &look, &measure))
    })
}

fn heading(card: Card, chart: &Chart<'_>) -> Heading {
    let view = chart.view();
    let offset = chart.frame.offset_minutes;
    let (from, to) = view.window;
    let subtitle = format!(
        "{}, {} to {} ({})",
        format::counted(view.all.stats.calls, chart.figures.noun()),
        format::absolute(from, offset, TimeDigits::Seconds),
        format::absolute(to, offset, TimeDigits::Seconds),
        format::utc_offset(offset)
    );
    Heading { title: card.title().to_owned(), subtitle }
}

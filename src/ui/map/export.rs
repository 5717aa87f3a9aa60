//! The map as a file: the picture as SVG or PNG, the tables as CSV.

use leptos::prelude::*;

use crate::browser::{download, picture, theme};
use crate::scene::format;
use crate::scene::map_view::{LEVELS, Palette, edges_csv, map_svg, nodes_csv};
use crate::ui::parts::{Glyph, Icon};
use crate::ui::state::{AppState, Manner};

use super::MapState;
use super::words::measure_words;

/// Slots of the services' palette in `style/tokens.css`.
const SLOTS: usize = 16;

/// Save the picture.
pub(super) fn picture_buttons(state: MapState) -> impl IntoView {
    view! {
        <button class="button" type="button" title="Save the whole map as SVG" on:click=move |_| save_svg(state)>
            <Icon glyph=Glyph::ChevronDown />
            "SVG"
        </button>
        <button class="button" type="button" title="Save the whole map as PNG, at twice its size" on:click=move |_| save_png(state)>
            <Icon glyph=Glyph::ChevronDown />
            "PNG"
        </button>
    }
}

/// Save the tables.
pub(super) fn table_buttons(state: MapState) -> impl IntoView {
    let save = move |name: &'static str, write: fn(&crate::protocol::MapView) -> String| {
        if let Some(drawn) = state.drawn.get_untracked() {
            said(state.app(), download::text(name, "text/csv", &write(&drawn.view)), name);
        }
    };
    view! {
        <button class="button" type="button" title="Save the table of nodes as CSV" on:click=move |_| save("map-nodes.csv", nodes_csv)>
            <Icon glyph=Glyph::ChevronDown />
            "Nodes CSV"
        </button>
        <button class="button" type="button" title="Save the table of edges as CSV" on:click=move |_| save("map-edges.csv", edges_csv)>
            <Icon glyph=Glyph::ChevronDown />
            "Edges CSV"
        </button>
    }
}

fn said(app: AppState, saved: bool, name: &str) {
    let words = if saved { format!("{name} saved") } else { format!("{name} was not saved: the browser refused") };
    app.announce(words, Manner::Shown);
}

fn save_svg(state: MapState) {
    if let Some((text, _)) = svg_text(state) {
        said(state.app(), download::text("service-map.svg", "image/svg+xml", &text), "service-map.svg");
    }
}

fn save_png(state: MapState) {
    if let Some((text, size)) = svg_text(state) {
        let app = state.app();
        picture::save_png("service-map.png", &text, size, move |saved| said(app, saved, "service-map.png"));
    }
}

/// The picture as it is now, dragged nodes included, and its width and height.
fn svg_text(state: MapState) -> Option<(String, (f64, f64))> {
    let stage = state.stage.get_value()?;
    let palette = palette(&stage.svg)?;
    let scene = stage.scene.borrow();
    let view = stage.view();
    let (size, color) = state.app().route.with_untracked(|route| (route.map.size, route.map.color));
    let mut caption = format!(
        "{}, {}, {}. Size and width: {}, color: {}.",
        format::counted(view.nodes.len() as u64, "node"),
        format::counted(view.edges.len() as u64, "edge"),
        format::counted(view.spans, "span"),
        measure_words(size).to_lowercase(),
        measure_words(color).to_lowercase()
    );
    if scene.edges.iter().any(|edge| edge.errors > 0.0) {
        caption.push_str(" Red: share of errors.");
    }
    Some(map_svg(&scene, &palette, &caption))
}

/// The colors that are in force on the picture, as any viewer understands them.
fn palette(within: &web_sys::Element) -> Option<Palette> {
    let holder = within.parent_element()?;
    let named = [
        "--map-ground",
        "--map-card",
        "--map-border",
        "--ink",
        "--ink-muted",
        "--map-line",
        "--map-plain",
        "--map-icon",
        "--error",
    ];
    let services = (0..SLOTS).map(|slot| format!("--service-{slot}"));
    let levels = (0..=LEVELS).map(|level| format!("--map-level-{level}"));
    let tokens = named.into_iter().map(str::to_owned).chain(services).chain(levels);
    let resolved = theme::resolve(&holder, "visually-hidden", tokens)?;
    let reader = picture::ColorReader::new()?;
    let mut colors = resolved.colors.iter().map(|color| reader.hex(color).unwrap_or_default());
    let mut next = || colors.next().unwrap_or_default();
    let palette = Palette {
        ground: next(),
        card: next(),
        border: next(),
        ink: next(),
        muted: next(),
        line: next(),
        plain: next(),
        icon: next(),
        error: next(),
        services: (0..SLOTS).map(|_| next()).collect(),
        levels: (0..=LEVELS).map(|_| next()).collect(),
    };
    Some(palette)
}

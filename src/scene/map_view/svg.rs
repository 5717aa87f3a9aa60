//! The map as an SVG document that stands alone: no style sheet, no font file, no script; colors as they were on the screen.

use std::fmt::Write as _;

use super::marks::{EdgeMark, MapScene, NodeMark, Paint};

/// Room around the picture.
const AIR_CSS_PX: f64 = 32.0;
/// The line below the picture.
const CAPTION_CSS_PX: f64 = 28.0;

/// Colors as SVG takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// What the map lies on.
    pub ground: String,
    /// Cards.
    pub card: String,
    /// Their edges.
    pub border: String,
    /// Labels.
    pub ink: String,
    /// The caption.
    pub muted: String,
    /// Lines that no color scale is for.
    pub line: String,
    /// Nodes that no color scale is for.
    pub plain: String,
    /// Icons in nodes.
    pub icon: String,
    /// Errors.
    pub error: String,
    /// Services by slot.
    pub services: Vec<String>,
    /// Levels of the color scale, from none.
    pub levels: Vec<String>,
}

impl Palette {
    fn color<'a>(&'a self, paint: Paint, plain: &'a str) -> &'a str {
        let of = |colors: &'a [String], at: u8| {
            let at = usize::from(at).checked_rem(colors.len());
            at.and_then(|at| colors.get(at)).map_or(plain, String::as_str)
        };
        match paint {
            Paint::Service(slot) => of(&self.services, slot),
            Paint::Level(level) => of(&self.levels, level),
            Paint::Plain => plain,
        }
    }
}

/// The whole map at zoom 1, and its width and height. `caption` says what it shows; it is written below, and read out in the picture's place.
pub fn map_svg(scene: &MapScene, palette: &Palette, caption: &str) -> (String, (f64, f64)) {
    let (left, top, right, bottom) = scene.bounds().unwrap_or((0.0, 0.0, 320.0, 40.0));
    let (x, y) = (left - AIR_CSS_PX, top - AIR_CSS_PX);
    let (width, height) = (right - left + 2.0 * AIR_CSS_PX, bottom - top + 2.0 * AIR_CSS_PX + CAPTION_CSS_PX);
    let caption = escaped(caption);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"{x:.1} {y:.1} {width:.1} {height:.1}\" role=\"img\">\n\
         <title>{caption}</title>\n\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{}\"/>\n\
         <g fill=\"none\" stroke-linecap=\"round\">\n",
        palette.ground
    );
    for edge in &scene.edges {
        edge_svg(&mut text, edge, palette);
    }
    // A generic family, which every viewer has.
    text.push_str("</g>\n<g font-family=\"system-ui, sans-serif\" font-size=\"12\">\n");
    for node in &scene.nodes {
        node_svg(&mut text, node, palette);
    }
    // Writing to a string cannot fail.
    _ = write!(
        text,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10.5\" fill=\"{}\">{caption}</text>\n</g>\n</svg>\n",
        left,
        bottom + AIR_CSS_PX + CAPTION_CSS_PX / 2.0,
        palette.muted
    );
    (text, (width.round(), height.round()))
}

fn edge_svg(text: &mut String, edge: &EdgeMark, palette: &Palette) {
    let color = palette.color(edge.paint, &palette.line);
    let dashes = if edge.is_messaging { " stroke-dasharray=\"6 5\"" } else { "" };
    _ = write!(text, "<path d=\"{}\" stroke=\"{color}\" stroke-width=\"{:.2}\"{dashes}/>", edge.outline, edge.width);
    if edge.errors > 0.0 {
        _ = write!(
            text,
            "<path d=\"{}\" stroke=\"{}\" stroke-width=\"{:.2}\" pathLength=\"100\" stroke-dasharray=\"0 {:.1} 100\" stroke-linecap=\"butt\"/>",
            edge.outline,
            palette.error,
            edge.width,
            100.0 * (1.0 - edge.errors)
        );
    }
    let head = if edge.errors > 0.0 { &palette.error } else { color };
    _ = writeln!(text, "<path d=\"{}\" fill=\"{head}\"/>", edge.head);
}

fn node_svg(text: &mut String, node: &NodeMark, palette: &Palette) {
    let color = palette.color(node.paint, &palette.plain);
    let (width, height) = (node.area.width, node.area.height);
    _ = write!(
        text,
        "<g transform=\"translate({:.1} {:.1})\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\" fill=\"{}\" stroke=\"{}\"/>\
         <g transform=\"translate({:.1} 0)\"><path d=\"{}\" fill=\"{color}\"/>",
        node.area.x,
        node.area.y,
        -width / 2.0,
        -height / 2.0,
        palette.card,
        palette.border,
        node.disc_x,
        node.outline
    );
    if !node.icon.is_empty() {
        _ = write!(
            text,
            "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.2\" stroke-linecap=\"round\"/>",
            node.icon, palette.icon
        );
    }
    if !node.errors.is_empty() {
        _ = write!(text, "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.2\"/>", node.errors, palette.error);
    }
    _ = write!(
        text,
        "</g><text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\">{}</text>",
        node.label_x,
        node.label_y,
        palette.ink,
        escaped(&node.label)
    );
    if !node.detail.is_empty() {
        _ = write!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10.5\" fill=\"{}\">{}</text>",
            node.label_x,
            node.label_y + 14.5,
            palette.muted,
            escaped(&node.detail)
        );
    }
    text.push_str("</g>\n");
}

/// Text as XML has it. Control characters, which XML cannot hold at all, become spaces.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

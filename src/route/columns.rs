//! Columns of tables in an address: which there are beside the usual ones, and how wide they are.

use super::percent;
use crate::protocol::TableColumn;

/// Columns in an address, at most: more is no table that anybody reads.
pub const COLUMNS_MAX: usize = 12;

/// Widths in an address, at most: a table has no more columns than that.
const WIDTHS_MAX: usize = 40;

/// A column is neither narrower nor wider than this, in CSS pixels.
pub const WIDTH_CSS_PX: (u16, u16) = (48, 1600);

/// Columns whose width was chosen, by name: CSS pixels.
pub type Widths = Vec<(String, u16)>;

/// An attribute as a query has it, wherever it stands: the span's, or else its resource's.
pub fn attribute_field(key: &str) -> String {
    // What a query reads to the end without quotes.
    let is_plain = |c: char| c.is_alphanumeric() || "_.-/:@#$%".contains(c);
    if !key.is_empty() && key.chars().all(is_plain) {
        return format!(".{key}");
    }
    format!(".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What a field is called where there is little room: without the dot of an attribute.
pub fn field_words(text: &str) -> &str {
    text.strip_prefix('.').filter(|key| !key.is_empty()).unwrap_or(text)
}

/// Sets the width of a column; none: as wide as it is by itself.
pub fn set_width(widths: &mut Widths, name: &str, css_px: Option<u16>) {
    let css_px = css_px.map(|css_px| css_px.clamp(WIDTH_CSS_PX.0, WIDTH_CSS_PX.1));
    match (widths.iter().position(|(known, _)| known == name), css_px) {
        (Some(at), None) => _ = widths.remove(at),
        (Some(at), Some(css_px)) => {
            if let Some((_, width)) = widths.get_mut(at) {
                *width = css_px;
            }
        }
        (None, Some(css_px)) if widths.len() < WIDTHS_MAX => widths.push((name.to_owned(), css_px)),
        (None, _) => {}
    }
}

/// The width of a column, where it was chosen.
pub fn width_of(widths: &Widths, name: &str) -> Option<u16> {
    widths.iter().find_map(|(known, css_px)| (known == name).then_some(*css_px))
}

/// Texts, each encoded for itself, so that a comma in one is not taken for ours.
pub(super) fn list_text(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| percent::encode(&text)).collect::<Vec<_>>().join(",")
}

pub(super) fn list(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(percent::decode).filter(|text| !text.is_empty())
}

pub(super) fn widths_text(widths: &Widths) -> String {
    widths.iter().map(|(name, css_px)| format!("{}~{css_px}", percent::encode(name))).collect::<Vec<_>>().join(",")
}

pub(super) fn widths(text: &str) -> Widths {
    let mut widths = Widths::new();
    for (name, css_px) in text.split(',').filter_map(|part| part.rsplit_once('~')) {
        if let Ok(css_px) = css_px.parse() {
            set_width(&mut widths, &percent::decode(name), Some(css_px));
        }
    }
    widths
}

/// A column that was added to the span table: an attribute by its key, any other field as `field:<text>`.
pub(super) fn added_text(column: &TableColumn) -> Option<String> {
    match column {
        TableColumn::Attribute(key) if key.starts_with("field:") || key.starts_with("attr:") => Some(format!("attr:{key}")),
        TableColumn::Attribute(key) => Some(key.clone()),
        TableColumn::Field(text) => Some(format!("field:{text}")),
        _ => None,
    }
}

pub(super) fn added(text: &str) -> TableColumn {
    match (text.strip_prefix("field:"), text.strip_prefix("attr:")) {
        (Some(text), _) => TableColumn::Field(text.to_owned()),
        (None, Some(key)) => TableColumn::Attribute(key.to_owned()),
        (None, None) => TableColumn::Attribute(text.to_owned()),
    }
}

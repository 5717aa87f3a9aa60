//! Labels: how wide a text is without a screen, what of it fits, and where an edge's figures stand clear of nodes and of each other.

/// Height of a line of a label.
pub const LABEL_LINE_CSS_PX: f64 = 14.0;
/// Size of the small font, in terms of the font of labels.
pub const SMALL: f64 = 0.875;
/// Of the font of labels, on the generous side: digits and lower-case letters are narrower.
const LETTER_CSS_PX: f64 = 6.9;
/// Of letters that are as wide as high.
const WIDE_CSS_PX: f64 = 12.0;

/// About how wide a text is in the font of labels. Never too little for the fonts that pages fall back to.
pub fn text_width(text: &str) -> f64 {
    text.chars().map(letter_width).sum()
}

fn letter_width(letter: char) -> f64 {
    match letter {
        // Marks that stand above or below the letter before them.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 3.9,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 10.5,
        'A'..='Z' => 8.2,
        // Hangul, CJK, full-width forms, emoji.
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f000}'.. => WIDE_CSS_PX,
        _ => LETTER_CSS_PX,
    }
}

/// The text in a font of another size, cut where it is wider than `width`.
pub fn fitted_at(text: &str, width: f64, size: f64) -> String {
    fitted(text, width / size)
}

/// The text, cut in the middle where it is wider than `width`: services of a team differ at their ends as often as at their starts.
pub fn fitted(text: &str, width: f64) -> String {
    // A line is a line, whatever is in the name.
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(400).collect();
    if text_width(&text) <= width {
        return text;
    }
    let room = width - text_width("…");
    let letters: Vec<char> = text.chars().collect();
    let (mut head, mut tail) = (0, letters.len());
    let mut used = 0.0;
    // Two from the front, one from the back, as long as there is room.
    for turn in 0.. {
        let at = if turn % 3 == 2 { tail - 1 } else { head };
        let Some(&letter) = letters.get(at) else {
            break;
        };
        used += letter_width(letter);
        if used > room || head >= tail {
            break;
        }
        if turn % 3 == 2 {
            tail -= 1;
        } else {
            head += 1;
        }
    }
    let mut cut: String = letters.iter().take(head).collect();
    cut.push('…');
    cut.extend(letters.iter().skip(tail));
    cut
}

/// A box around a middle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LabelBox {
    /// Middle.
    pub x: f64,
    /// Middle.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl LabelBox {
    /// Whether they share any point.
    pub fn meets(&self, other: &Self) -> bool {
        (self.x - other.x).abs() * 2.0 < self.width + other.width && (self.y - other.y).abs() * 2.0 < self.height + other.height
    }
}

/// Where along a line a label may stand: its middle at best.
const PLACES: [f64; 9] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];

/// Places for labels on lines, each clear of all `nodes` and of the labels before it; `None` for one that has no such place. `lines` gives
/// each label's width with its line; the most important one comes first.
pub fn place_labels<'a>(lines: impl Iterator<Item = (&'a super::Curve, f64)>, nodes: &[LabelBox]) -> Vec<Option<LabelBox>> {
    let mut placed: Vec<LabelBox> = Vec::new();
    lines
        .map(|(curve, width)| {
            let found = PLACES.iter().find_map(|&share| {
                let (x, y) = curve.at(share);
                let own = LabelBox { x, y, width, height: LABEL_LINE_CSS_PX };
                let clear = !nodes.iter().any(|node| node.meets(&own)) && !placed.iter().any(|other| other.meets(&own));
                clear.then_some(own)
            });
            placed.extend(found);
            found
        })
        .collect()
}

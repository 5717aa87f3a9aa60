//! What charts are drawn with: colors as plain numbers, and a font.

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// Size of all texts in charts.
pub const TEXT_CSS_PX: f64 = 11.0;

/// Colors and font, as the style sheet has them now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Behind everything.
    pub surface: Rgb,
    /// Texts that matter most.
    pub ink: Rgb,
    /// Labels.
    pub muted: Rgb,
    /// Lines behind the figures.
    pub faint: Rgb,
    /// The axes' base lines.
    pub line: Rgb,
    /// What is not told apart.
    pub plain: Rgb,
    /// What failed.
    pub error: Rgb,
    /// Groups that are not shown by themselves.
    pub other: Rgb,
    /// p50, p90, p95, p99.
    pub quantiles: [Rgb; 4],
    /// From few to many.
    pub heat: Vec<Rgb>,
    /// From none that failed to all.
    pub failed: Vec<Rgb>,
    /// The palette's slots.
    pub groups: Vec<Rgb>,
    /// The fonts, best first, as style sheets list them.
    pub font: String,
}

impl Look {
    /// The color of a palette slot; what has none is in the color of the rest.
    pub fn group(&self, slot: u8) -> Rgb {
        if slot == u8::MAX || self.groups.is_empty() {
            return self.other;
        }
        self.groups.get(usize::from(slot) % self.groups.len()).copied().unwrap_or(self.other)
    }
}

/// The color at `share` (0 to 1) of a ramp, mixed from the two stops around it.
pub fn ramp(stops: &[Rgb], share: f64) -> Rgb {
    let Some(last) = stops.len().checked_sub(1) else {
        return Rgb::default();
    };
    let at = share.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the stops")]
    let below = (at.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let mix = at - below as f64;
    let (Some(&from), Some(&to)) = (stops.get(below), stops.get(above)) else {
        return Rgb::default();
    };
    let channel = |from: u8, to: u8| {
        let value = f64::from(from) + (f64::from(to) - f64::from(from)) * mix;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let value = value.round() as u8;
        value
    };
    (channel(from.0, to.0), channel(from.1, to.1), channel(from.2, to.2))
}

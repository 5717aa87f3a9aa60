//! How far names are indented, so that they can be read at any depth.
//!
//! Shallow trees get a roomy step. Where the visible rows are too deep for half of the name column, the indent first slides
//! (the shallowest visible row goes to the left edge), then the step shrinks, then the deepest share one indent; in each of
//! these cases a small number tells the level.

/// Steps per level, roomy to tight. Few, so that names do not creep sideways while scrolling.
const STEPS_CSS_PX: [f64; 4] = [16.0, 12.0, 8.0, 5.0];

/// The indent of the rows on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Indent {
    /// Pixels per level.
    pub step: f64,
    /// The level that has no indent.
    pub base: u32,
    /// The furthest that a name is pushed to the right.
    pub limit: f64,
}

impl Indent {
    /// For the rows at these levels, in a name column of this width.
    pub fn fit(levels: impl IntoIterator<Item = u32>, column_css_px: f64) -> Self {
        let mut shallowest = u32::MAX;
        let mut deepest = 1;
        for level in levels {
            shallowest = shallowest.min(level);
            deepest = deepest.max(level);
        }
        let shallowest = shallowest.min(deepest).max(1);
        let [roomy, tighter, .., tightest] = STEPS_CSS_PX;
        let limit = (column_css_px / 2.0).max(roomy * 2.0);
        let fits = |step: f64, base: u32| f64::from(deepest - base) * step <= limit;
        for step in [roomy, tighter] {
            if fits(step, 1) {
                return Self { step, base: 1, limit };
            }
        }
        let step = STEPS_CSS_PX.into_iter().find(|&step| fits(step, shallowest)).unwrap_or(tightest);
        Self { step, base: shallowest, limit }
    }

    /// Where a row at this level begins.
    pub fn x_from_level(&self, level: u32) -> f64 {
        (f64::from(level.saturating_sub(self.base)) * self.step).min(self.limit)
    }

    /// Whether the indent does not tell the level, so that a number must.
    pub const fn tells_level(&self) -> bool {
        self.base > 1
    }
}

/// What a row says about guides: see `protocol::Row::guides`.
#[derive(Clone, Copy, Debug)]
pub struct GuideRow {
    /// Level; roots are at 1.
    pub level: u32,
    /// Bit n: the ancestor at level n + 1, or the row itself, has a later sibling.
    pub guides: u64,
}

/// Levels whose siblings the bits cannot tell.
const BITS: u32 = u64::BITS;

/// Whether the guide of `level` runs down past row `at` to a later sibling. Past level 64 only what is on the screen is known.
pub fn guides_below(rows: &[GuideRow], at: usize, level: u32) -> bool {
    let Some(row) = rows.get(at) else {
        return false;
    };
    if level <= BITS {
        return level > 0 && row.guides & (1 << (level - 1)) != 0;
    }
    rows.iter().skip(at + 1).find(|later| later.level <= level).is_some_and(|later| later.level == level)
}

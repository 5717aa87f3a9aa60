//! Scrolling over any number of rows of one height.
//!
//! Browsers cap the height of an element (Firefox at about 17.8 million pixels), so a spacer stands for the rows: as high as
//! they are while that is below the cap, and exact; the cap beyond, and then proportional. The position itself is kept in
//! pixels of the rows, so that wheel and keys move by parts of a row however many rows there are.

/// Highest spacer: well below any browser's cap.
pub const SPACER_CAP_CSS_PX: f64 = 8_000_000.0;

/// Rows `first..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowSpan {
    /// First row.
    pub first: u32,
    /// One past the last.
    pub end: u32,
}

impl RowSpan {
    /// How many rows.
    pub const fn len(self) -> u32 {
        self.end - self.first
    }

    /// No rows at all.
    pub const fn is_empty(self) -> bool {
        self.first >= self.end
    }

    /// Whether all of `other` is in it.
    pub const fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.end <= self.end
    }

    /// Widened by `by` rows on both sides, within `total`.
    #[must_use]
    pub fn widened(self, by: u32, total: u32) -> Self {
        Self { first: self.first.saturating_sub(by), end: self.end.saturating_add(by).min(total) }
    }
}

/// Rows in a viewport.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScrollMap {
    /// Rows in all.
    pub rows: u32,
    /// Height of a row, CSS pixels.
    pub row_css_px: f64,
    /// Height of the viewport, CSS pixels.
    pub viewport_css_px: f64,
}

impl ScrollMap {
    /// Height of all rows.
    pub fn content_css_px(&self) -> f64 {
        f64::from(self.rows) * self.row_css_px
    }

    /// Height of the spacer that stands for them.
    pub fn spacer_css_px(&self) -> f64 {
        self.content_css_px().min(SPACER_CAP_CSS_PX)
    }

    /// Whether the scrollbar is proportional, and wheel steps must be applied to the rows' own pixels.
    pub fn is_mapped(&self) -> bool {
        self.content_css_px() > SPACER_CAP_CSS_PX
    }

    /// The largest position.
    pub fn max_top(&self) -> f64 {
        (self.content_css_px() - self.viewport_css_px).max(0.0)
    }

    /// A position kept within the rows.
    pub fn clamp_top(&self, top: f64) -> f64 {
        top.clamp(0.0, self.max_top())
    }

    /// Position in the rows' pixels from an element's `scrollTop`.
    pub fn top_from_scroll(&self, scroll_top: f64) -> f64 {
        if !self.is_mapped() {
            return self.clamp_top(scroll_top);
        }
        self.clamp_top(scroll_top / self.scroll_range() * self.max_top())
    }

    /// The `scrollTop` that shows a position.
    pub fn scroll_from_top(&self, top: f64) -> f64 {
        if !self.is_mapped() {
            return self.clamp_top(top);
        }
        self.clamp_top(top) / self.max_top().max(1.0) * self.scroll_range()
    }

    /// The row at the top edge, and how many pixels of it are above the edge.
    pub fn first_row(&self, top: f64) -> (u32, f64) {
        let top = self.clamp_top(top);
        let row = row_from_f64((top / self.row_css_px).floor()).min(self.rows.saturating_sub(1));
        (row, top - f64::from(row) * self.row_css_px)
    }

    /// The rows of which any part is in view.
    pub fn visible(&self, top: f64) -> RowSpan {
        let (first, _) = self.first_row(top);
        let bottom = self.clamp_top(top) + self.viewport_css_px;
        let end = row_from_f64((bottom / self.row_css_px).ceil()).clamp(first, self.rows);
        RowSpan { first, end }
    }

    /// Rows that fit wholly: what a page key moves by; at least 1.
    pub fn page_rows(&self) -> u32 {
        row_from_f64((self.viewport_css_px / self.row_css_px).floor()).max(2) - 1
    }

    /// The row that a key leads to from the one that is active; `None` of keys that lead nowhere, and where there are no rows.
    pub fn row_by_key(&self, key: &str, active: Option<u32>) -> Option<u32> {
        let last = self.rows.checked_sub(1)?;
        let row = match key {
            "ArrowDown" | "j" => active.map_or(0, |active| active.saturating_add(1)),
            "ArrowUp" | "k" => active.map_or(0, |active| active.saturating_sub(1)),
            "PageDown" => active.unwrap_or(0).saturating_add(self.page_rows()),
            "PageUp" => active.unwrap_or(0).saturating_sub(self.page_rows()),
            "Home" => 0,
            "End" => last,
            _ => return None,
        };
        Some(row.min(last))
    }

    /// The nearest position at which a row, and a row of context on each side, is wholly in view.
    pub fn revealing(&self, row: u32, top: f64) -> f64 {
        let row_top = f64::from(row.min(self.rows.saturating_sub(1))) * self.row_css_px;
        let air = self.row_css_px.min((self.viewport_css_px - self.row_css_px).max(0.0) / 2.0);
        let highest = row_top - air;
        let lowest = row_top + self.row_css_px + air - self.viewport_css_px;
        self.clamp_top(top.min(highest).max(lowest.min(highest)))
    }

    /// The position with a row in the middle of the view.
    pub fn centering(&self, row: u32) -> f64 {
        self.clamp_top((f64::from(row) + 0.5) * self.row_css_px - self.viewport_css_px / 2.0)
    }

    fn scroll_range(&self) -> f64 {
        (self.spacer_css_px() - self.viewport_css_px).max(1.0)
    }
}

fn row_from_f64(row: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to an integer saturates, and both ends are clamped to the rows"
    )]
    let row = row as u32;
    row
}

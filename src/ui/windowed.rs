//! A table of which only the rows in view exist: where it is scrolled to, which rows those are, and where each lies.
//!
//! The rows lie on a spacer as high as all rows are, or as high as browsers allow; [`ScrollMap`] says what is where.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, WheelEvent};

use crate::browser::event::{Listener, Passive};
use crate::browser::frame;
use crate::browser::theme;
use crate::scene::{RowSpan, ScrollMap};
use crate::ui::reactive::{effect, on_size};

/// Rows that exist above and below those in view, so that a short scroll finds them.
const SPARE_ROWS: u32 = 6;
/// A row's height where the style sheet does not say.
const ROW_CSS_PX: f64 = 28.0;

/// The element that scrolls, and what is known of it. Its first child is the head, which stays in view.
#[derive(Clone, Copy)]
pub struct Windowed {
    /// The element.
    pub element: NodeRef<html::Div>,
    /// How far it is scrolled, in pixels of the rows.
    pub top: RwSignal<f64>,
    /// What is where.
    pub map: Memo<ScrollMap>,
    /// The rows of which any part is in view.
    pub visible: Memo<RowSpan>,
    /// Rows that exist above and below those.
    spare: RwSignal<u32>,
}

/// A row's height, as the style sheet has it.
pub fn row_css_px() -> f64 {
    theme::token("--row-height")
        .and_then(|height| height.strip_suffix("px").and_then(|height| height.parse().ok()))
        .unwrap_or(ROW_CSS_PX)
}

impl Windowed {
    /// A table with that many rows, scrolled to `top`.
    pub fn new(rows: Memo<u32>, top: RwSignal<f64>) -> Self {
        let row_css_px = row_css_px();
        let (element, height) = (NodeRef::new(), RwSignal::new(600.0));
        let map = Memo::new(move |_| ScrollMap { rows: rows.get(), row_css_px, viewport_css_px: height.get() });
        let visible = Memo::new(move |_| map.with(|map| map.visible(top.get())));
        let windowed = Self { element, top, map, visible, spare: RwSignal::new(0) };
        windowed.watch_size(height);
        windowed.add_spare_rows(rows);
        windowed.follow_top();
        windowed.listen_to_wheel();
        windowed
    }

    /// The rows that exist.
    pub fn drawn(self) -> RowSpan {
        self.visible.get().widened(self.spare.get(), self.map.with(|map| map.rows))
    }

    /// Takes over where the browser has scrolled to.
    pub fn scrolled(self) {
        let Some(element) = self.element.get_untracked() else {
            return;
        };
        let (map, scroll_top) = (self.map.get_untracked(), f64::from(element.scroll_top()));
        // Where it was put, to the pixel that browsers round to: then the exact position is known already.
        if (map.scroll_from_top(self.top.get_untracked()) - scroll_top).abs() > 1.0 {
            self.top.set(map.top_from_scroll(scroll_top));
        }
    }

    /// Where a row lies on the spacer, for the style sheet. Only with a mapped scroll range does that depend on the position.
    pub fn place(self, index: u32) -> String {
        self.map.with(|map| {
            let own = f64::from(index) * map.row_css_px;
            let at = if map.is_mapped() {
                let top = map.clamp_top(self.top.get());
                map.scroll_from_top(top).round() + own - top
            } else {
                own
            };
            format!("translateY({at}px)")
        })
    }

    /// Brings a row into view.
    pub fn reveal(self, index: u32) {
        let map = self.map.get_untracked();
        self.top.update(|top| *top = map.revealing(index, *top));
    }

    /// Puts the keyboard into it.
    pub fn focus(self) {
        if let Some(element) = self.element.get_untracked() {
            // It has a tabindex, so it can be focused.
            _ = element.focus();
        }
    }

    fn watch_size(self, height: RwSignal<f64>) {
        on_size(self.element, move |element| {
            let head = element
                .first_element_child()
                .and_then(|head| head.dyn_into::<HtmlElement>().ok())
                .map_or(0, |head| head.offset_height());
            let now = f64::from(element.client_height() - head).max(ROW_CSS_PX);
            if height.try_get_untracked().is_some_and(|before| (before - now).abs() > 0.5) {
                height.set(now);
            }
        });
    }

    /// Those come in the frame after the first rows: there is enough to do at once.
    fn add_spare_rows(self, rows: Memo<u32>) {
        effect(move |_| {
            if rows.get() > 0 && self.spare.get_untracked() == 0 {
                frame::next(move |_| _ = self.spare.try_set(SPARE_ROWS));
            }
        });
    }

    /// Scrolls the element to where the table is; most often it is there already.
    fn follow_top(self) {
        // A new element is at its top, and to ask it would lay the page out in the task that makes it.
        let mut was_away = false;
        effect(move |_| {
            let scroll_top = self.map.with(|map| map.scroll_from_top(self.top.get())).round();
            was_away |= scroll_top != 0.0;
            if let Some(element) = self.element.get()
                && was_away
                && (f64::from(element.scroll_top()) - scroll_top).abs() > 1.0
            {
                #[expect(clippy::cast_possible_truncation, reason = "a scroll range is at most some million pixels")]
                element.set_scroll_top(scroll_top as i32);
            }
        });
    }

    /// Where the scrollbar is proportional, a wheel's step would be many rows: it is applied to the rows' own pixels instead.
    fn listen_to_wheel(self) {
        let listener = StoredValue::new_local(None::<Listener>);
        on_cleanup(move || listener.set_value(None));
        effect(move |_| {
            let Some(element) = self.element.get() else {
                return;
            };
            listener.set_value(Some(Listener::new(&element, "wheel", Passive::No, move |event: WheelEvent| {
                let map = self.map.get_untracked();
                if !map.is_mapped() || event.ctrl_key() || event.delta_y() == 0.0 {
                    return;
                }
                event.prevent_default();
                let pixels = match event.delta_mode() {
                    WheelEvent::DOM_DELTA_LINE => event.delta_y() * map.row_css_px,
                    WheelEvent::DOM_DELTA_PAGE => event.delta_y() * map.viewport_css_px,
                    _ => event.delta_y(),
                };
                self.top.update(|top| *top = map.clamp_top(*top + pixels));
            })));
        });
    }
}

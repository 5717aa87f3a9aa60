//! What the page shows: its signals, and the questions that fill them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::browser::canvas::pixel_ratio;
use crate::browser::window;
use crate::charts::{HeatBy, Look};
use crate::link::Slot;
use crate::protocol::{Brush, Group, GroupBy, LatencyRequest, LatencyView, Population, RedRequest, RedView, Reply, Request};
use crate::route::HeatColor;
use crate::ui::actions;
use crate::ui::reactive::effect;
use crate::ui::remote::Remote;
use crate::ui::selection_chips::group_words;
use crate::ui::state::AppState;

/// Groups that are told apart: more colors than that nobody tells apart.
const TOP: u32 = 9;
/// Bins of time on a wide and on a narrow screen.
const TIME_BINS: u32 = 90;
const TIME_BINS_NARROW: u32 = 45;
const NARROW_CSS_PX: f64 = 700.0;
/// Rows of the table at first, and how many more are shown at a time.
pub(super) const ROWS: u32 = 100;
/// Points of a sparkline.
const SPARK_BINS: u32 = 40;

/// The page's state. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// The whole page's; behind a handle, as it is large and this is passed by value everywhere.
    app: StoredValue<AppState, LocalStorage>,
    /// The charts' figures.
    pub charts: RwSignal<Remote<LatencyView>>,
    /// The table's rows.
    pub red: RwSignal<Remote<RedView>>,
    /// How many of them, at most.
    pub rows: RwSignal<u32>,
    /// What the charts are drawn with; `None` until the style sheet was read.
    pub look: RwSignal<Option<Arc<Look>>>,
    /// Device pixels per CSS pixel.
    pub ratio: RwSignal<f64>,
    /// The groups' names, in the view's order.
    pub names: Memo<Arc<[String]>>,
}

impl Page {
    /// The whole page's state.
    pub(super) fn app(self) -> AppState {
        self.app.get_value()
    }

    pub(super) fn new(app: AppState) -> Self {
        let charts = RwSignal::new(Remote::<LatencyView>::Idle);
        let names = Memo::new(move |_| {
            let view = charts.with(|charts| charts.latest().cloned());
            view.iter().flat_map(|view| &view.groups).map(|group| group_words(&group.group)).collect()
        });
        Self {
            app: StoredValue::new_local(app),
            charts,
            red: RwSignal::new(Remote::Idle),
            rows: RwSignal::new(ROWS),
            look: RwSignal::new(None),
            ratio: RwSignal::new(pixel_ratio()),
            names,
        }
    }

    /// The charts' figures, be they old; reactive.
    pub(super) fn view(self) -> Option<Arc<LatencyView>> {
        self.charts.with(|charts| charts.latest().cloned())
    }

    /// What is counted; reactive.
    pub(super) fn of(self) -> Population {
        self.app().route.with(|route| route.latency.of)
    }

    /// What is told apart; reactive.
    pub(super) fn by(self) -> GroupBy {
        self.app().route.with(|route| route.latency.by.clone())
    }

    /// What the heatmap's colors carry; reactive.
    pub(super) fn heat(self) -> HeatBy {
        match self.app().route.with(|route| route.latency.heat) {
            HeatColor::Count => HeatBy::Count,
            HeatColor::ErrorShare => HeatBy::ErrorShare,
        }
    }

    /// Asks for what is shown, and again whenever that changes.
    pub(super) fn ask(self) {
        let app = self.app();
        let width = window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
        let time_bins = if width.is_some_and(|width| width < NARROW_CSS_PX) { TIME_BINS_NARROW } else { TIME_BINS };
        let selection = Memo::new(move |_| app.route.with(|route| route.selection.clone()));
        let of = Memo::new(move |_| self.of());
        let by = Memo::new(move |_| self.by());
        effect(move |_| {
            let request = LatencyRequest { selection: selection.get(), of: of.get(), by: by.get(), top: TOP, time_bins };
            if !app.has_figures() {
                return;
            }
            app.ask_into(Slot::Latency, Request::Latency(request), self.charts, |reply| match reply {
                Reply::Latency(view) => Some(*view),
                _ => None,
            });
        });
        let request = Memo::new(move |_| self.red_request());
        effect(move |_| {
            let request = request.get();
            if !app.has_figures() {
                return;
            }
            app.ask_into(Slot::Red, Request::Red(request), self.red, |reply| match reply {
                Reply::Red(view) => Some(*view),
                _ => None,
            });
        });
        // Other rows begin at the first again.
        effect(move |again| {
            selection.track();
            if again {
                self.rows.set(ROWS);
            }
        });
    }

    /// What the table asks for; reactive.
    pub(super) fn red_request(self) -> RedRequest {
        let limit = self.rows.get();
        self.app().route.with(|route| RedRequest {
            selection: route.selection.clone(),
            filter: route.latency.red_filter.clone(),
            sort: route.latency.red_sort,
            descending: route.latency.red_descending,
            offset: 0,
            limit,
            spark_bins: SPARK_BINS,
        })
    }

    /// What narrows to a group of what is counted here.
    pub(super) fn brush_of(self, group: Group) -> Brush {
        Brush { of: untrack(|| self.of()), group: Some(group), ..Brush::default() }
    }

    /// Narrows what is shown to a group of what is counted here.
    pub(super) fn brush_group(self, group: Group) {
        actions::add_brush(self.app(), self.brush_of(group));
    }

    /// Tells groups apart.
    pub(super) fn group_by(self, by: GroupBy) {
        self.app().route.update(|route| route.latency.by = by);
    }

    /// Chooses what is counted.
    pub(super) fn count(self, of: Population) {
        self.app().route.update(|route| route.latency.of = of);
    }

    /// Chooses what the heatmap's colors carry.
    pub(super) fn color_heat(self, heat: HeatColor) {
        self.app().route.update(|route| route.latency.heat = heat);
    }
}

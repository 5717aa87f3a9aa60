//! The picture above the list: each trace a point, time across, duration up.
//!
//! The engine bins the traces into cells, so that a million of them are some thousand points. All points of a kind are one
//! path: browsers draw that in one go, and the style sheet colors it.

use std::fmt::Write as _;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use web_sys::MouseEvent;

use crate::link::Slot;
use crate::protocol::{Reply, Request, ScatterCell, ScatterRequest, ScatterView};
use crate::scene::axis::{decade_ticks, time_ticks};
use crate::scene::format::{self, TimeDigits};
use crate::ui::actions;
use crate::ui::parts::ServiceDot;
use crate::ui::reactive::{effect, on_size, show};
use crate::ui::state::{AppState, use_app};

/// A cell's side: as large as a point.
const CELL_CSS_PX: f64 = 6.0;
/// Room for the labels of durations on the left, for those of times below, and for points at the other edges.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 22.0;
/// From so many points on they crowd each other.
const CROWD: usize = 800;
/// From so many traces in a point on it is worth telling thin points from thick ones.
const MANY: u32 = 8;
/// How near the pointer must be to a point.
const REACH_CSS_PX: f64 = 14.0;
/// Room that a label of the time axis takes.
const LABEL_CSS_PX: f64 = 96.0;

/// Size of the picture in CSS pixels, and what its edges mean.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Frame {
    width: f64,
    height: f64,
    start: u64,
    end: u64,
    shortest: u64,
    longest: u64,
}

impl Frame {
    fn x(&self, at: u64) -> f64 {
        let inner = self.width - LEFT - RIGHT;
        if self.end <= self.start {
            return LEFT + inner / 2.0;
        }
        LEFT + inner * (at.saturating_sub(self.start) as f64 / (self.end - self.start) as f64).min(1.0)
    }

    fn y(&self, duration: u64) -> f64 {
        let inner = self.height - TOP - BOTTOM;
        let (low, high) = ((self.shortest.max(1) as f64).ln(), (self.longest.max(1) as f64).ln());
        if high <= low {
            return TOP + inner / 2.0;
        }
        let share = ((duration.max(1) as f64).ln() - low) / (high - low);
        TOP + inner * (1.0 - share.clamp(0.0, 1.0))
    }
}

/// A point of the picture.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    x: f64,
    y: f64,
    radius: f64,
    density: Density,
    cell: ScatterCell,
}

/// The picture.
#[component]
pub fn Scatter() -> impl IntoView {
    let app = use_app();
    let holder = NodeRef::<html::Div>::new();
    let size = RwSignal::new((0.0, 0.0));
    on_size(holder, move |holder| {
        let now = (f64::from(holder.client_width()), f64::from(holder.client_height()));
        if size.try_get_untracked().is_some_and(|before| before != now) {
            size.set(now);
        }
    });
    ask(app, size);

    let view = move || app.list.scatter.with(|scatter| scatter.latest().cloned());
    let frame = Memo::new(move |_| {
        let (width, height) = size.get();
        view().filter(|view| width > LEFT + RIGHT && view.matched > 0).map(|view| Frame {
            width,
            height,
            start: view.start,
            end: view.end,
            shortest: view.shortest,
            longest: view.longest,
        })
    });
    let points: Memo<Arc<Vec<Point>>> = Memo::new(move |_| {
        let points = view().zip(frame.get()).map(|(view, frame)| points(&view, &frame));
        Arc::new(points.unwrap_or_default())
    });
    let near: RwSignal<Option<Point>> = RwSignal::new(None);
    let moved = move |event: MouseEvent| {
        let found = nearest(&points.read(), f64::from(event.offset_x()), f64::from(event.offset_y()));
        if near.with_untracked(|near| near != &found) {
            near.set(found);
        }
    };
    let clicked = move |_| {
        if let Some(point) = near.get_untracked() {
            actions::go_trace(app, &point.cell.trace_id);
        }
    };
    let label = move || {
        let matched = view().map_or(0, |view| view.matched);
        format!(
            "Duration over start of {}, as points; the table below holds them all.",
            format::counted(u64::from(matched), "trace")
        )
    };
    // One trace makes no picture.
    let worth_it =
        move || app.dataset.with(|dataset| dataset.as_ref().is_some_and(|dataset| dataset.totals.traces + dataset.found > 1));
    view! {
        <div class="scatter" hidden=move || !worth_it() node_ref=holder>
            <svg
                class="scatter__picture"
                role="img"
                aria-label=label
                data-near=move || near.with(Option::is_some).to_string()
                on:mousemove=moved
                on:mouseleave=move |_| near.set(None)
                on:click=clicked
            >
                {show(move || frame.get().map(|frame| axes(app, &frame)))}
                {[Density::Thin, Density::Medium, Density::Thick].map(|density| view! {
                    <path class="scatter__points" data-density=density.name() d=move || outline(&points.read(), |point| density_radius(point, density)) />
                }).collect_view()}
                <path class="scatter__points scatter__points--errors" d=move || outline(&points.read(), error_radius) />
                {show(move || near.get().map(|point| ring(&point)))}
            </svg>
            {show(move || near.get().map(|point| tooltip(app, &point, size.get().0)))}
        </div>
    }
    .into_any()
}

fn ask(app: AppState, size: RwSignal<(f64, f64)>) {
    let selection = Memo::new(move |_| app.route.with(|route| route.selection.clone()));
    let grid = Memo::new(move |_| {
        let (width, height) = size.get();
        // In steps, so that dragging the window's edge does not ask at each pixel.
        (cells_across((width - LEFT - RIGHT) / 32.0) * 32 * 10 / 60, cells_across((height - TOP - BOTTOM) / CELL_CSS_PX))
    });
    effect(move |_| {
        let (columns, rows) = grid.get();
        let selection = selection.get();
        if columns == 0 || rows == 0 || app.epoch() == 0 {
            return;
        }
        let request = ScatterRequest { selection, columns, rows };
        app.ask_into(Slot::Scatter, Request::Scatter(request), app.list.scatter, |reply| match reply {
            Reply::Scatter(view) => Some(view),
            _ => None,
        });
    });
}

fn cells_across(cells: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, which is what is wanted")]
    let cells = cells.max(0.0) as u32;
    cells
}

fn points(view: &ScatterView, frame: &Frame) -> Vec<Point> {
    let most = view.cells.iter().map(|cell| cell.count).max().unwrap_or(1);
    // Where there is room, points are larger.
    let radius = if view.cells.len() < CROWD { 2.9 } else { 2.1 };
    view.cells
        .iter()
        .map(|cell| Point {
            x: frame.x(cell.start),
            y: frame.y(cell.duration),
            // Area grows with the logarithm: a hundred traces are seen to be more than ten, and hide no neighbor.
            radius: (radius + f64::from(cell.count.max(1).ilog2()) * 0.3).min(CELL_CSS_PX * 0.75),
            density: Density::of(cell.count, most),
            cell: cell.clone(),
        })
        .collect()
}

/// How many traces a point stands for, beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Density {
    Thin,
    Medium,
    Thick,
}

impl Density {
    /// On a logarithmic scale, in thirds of the largest point's.
    fn of(count: u32, most: u32) -> Self {
        if most < MANY {
            return Self::Thick;
        }
        match (f64::from(count.max(1)).ln(), f64::from(most).ln()) {
            (own, all) if own * 3.0 < all => Self::Thin,
            (own, all) if own * 3.0 < all * 2.0 => Self::Medium,
            (_, _) => Self::Thick,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Thin => "thin",
            Self::Medium => "medium",
            Self::Thick => "thick",
        }
    }
}

fn density_radius(point: &Point, density: Density) -> f64 {
    // Under a point that is all errors nothing is to shine through.
    if point.density == density && point.cell.errors < point.cell.count { point.radius } else { 0.0 }
}

/// Errors fill as much of a point as they have part in it, and enough of it to be seen.
fn error_radius(point: &Point) -> f64 {
    match point.cell.errors {
        0 => 0.0,
        errors => (point.radius * (f64::from(errors) / f64::from(point.cell.count)).sqrt()).max(1.3),
    }
}

fn outline(points: &[Point], radius: impl Fn(&Point) -> f64) -> String {
    let mut path = String::new();
    for point in points {
        let (x, y, r) = (point.x, point.y, radius(point));
        if r <= 0.0 {
            continue;
        }
        // Writing to a string cannot fail.
        _ = write!(path, "M{:.1} {y:.1}a{r:.1} {r:.1} 0 1 0 {:.1} 0a{r:.1} {r:.1} 0 1 0 {:.1} 0", x - r, 2.0 * r, -2.0 * r);
    }
    path
}

fn nearest(points: &[Point], x: f64, y: f64) -> Option<Point> {
    let distance = |point: &Point| (point.x - x).hypot(point.y - y);
    points.iter().filter(|point| distance(point) <= REACH_CSS_PX).min_by(|a, b| distance(a).total_cmp(&distance(b))).cloned()
}

fn axes(app: AppState, frame: &Frame) -> AnyView {
    let (right, bottom) = (frame.width - RIGHT, frame.height - BOTTOM);
    let durations = decade_ticks(frame.shortest, frame.longest, 4).into_iter().map(|tick| {
        let y = frame.y(tick.at);
        view! {
            <line class="scatter__line" x1=LEFT x2=right y1=y y2=y />
            <text class="scatter__label" x=LEFT - 8.0 y=y text-anchor="end" dominant-baseline="middle">
                {tick.label}
            </text>
        }
    });
    let most = cells_across((right - LEFT) / LABEL_CSS_PX);
    let times = time_ticks(frame.start, frame.end, most, app.zone_offset_minutes(frame.start)).into_iter().map(|tick| {
        let x = frame.x(tick.at);
        view! {
            <line class="scatter__line" x1=x x2=x y1=TOP y2=bottom />
            <text class="scatter__label" x=x y=bottom + 15.0 text-anchor="middle">
                {tick.label}
            </text>
        }
    });
    view! {
        <g aria-hidden="true">
            {durations.collect_view()} {times.collect_view()}
            <line class="scatter__line scatter__line--base" x1=LEFT x2=right y1=bottom y2=bottom />
        </g>
    }
    .into_any()
}

fn ring(point: &Point) -> impl IntoView + use<> {
    view! { <circle class="scatter__ring" cx=point.x cy=point.y r=point.radius + 3.0 /> }
}

fn tooltip(app: AppState, point: &Point, width: f64) -> AnyView {
    let cell = &point.cell;
    let offset = app.zone_offset_minutes(cell.start);
    let more = (cell.count > 1).then(|| {
        let others = format::counted(u64::from(cell.count - 1), "trace");
        view! { <p class="scatter__more">{format!("and {others} close by, none longer")}</p> }
    });
    let errors = (cell.errors > 0).then(|| {
        let words = if cell.count == 1 {
            "with an error".to_owned()
        } else {
            format!("{} with an error", format::count(u64::from(cell.errors)))
        };
        view! { <p class="scatter__errors">{words}</p> }
    });
    // On the side where there is room.
    let side = if point.x > width / 2.0 { "left" } else { "right" };
    view! {
        <div class="scatter__tip" aria-hidden="true" data-side=side style:--x=format!("{}px", point.x) style:--y=format!("{}px", point.y)>
            <p class="scatter__name">
                <ServiceDot color=app.service_color(cell.service) />
                {app.service_name(cell.service)}
                <strong>{cell.name.clone()}</strong>
            </p>
            <p>
                {format::duration(cell.duration)}
                " at "
                {format::absolute(cell.start, offset, TimeDigits::Millis)}
            </p>
            {errors}
            {more}
        </div>
    }
    .into_any()
}

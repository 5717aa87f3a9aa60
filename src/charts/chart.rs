//! One chart's geometry: which figures are where, which bins are at a point, and what a region of them selects.

use crate::protocol::{Brush, LatencyGroup, LatencyView, Population};

use super::axis::{Bins, DurationAxis};

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChartKind {
    /// How many took how long.
    Histogram,
    /// How many took how long, when.
    Heatmap,
    /// Percentiles over time.
    Percentiles,
    /// Rate and errors over time.
    Rate,
}

/// What the heatmap's colors carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeatBy {
    /// How many.
    #[default]
    Count,
    /// The share that failed.
    ErrorShare,
}

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    /// The engine's answer.
    pub view: &'a LatencyView,
    /// What was counted.
    pub of: Population,
    /// What the heatmap's colors carry.
    pub heat: HeatBy,
    /// Names of the view's groups, in its order.
    pub names: &'a [String],
}

impl Figures<'_> {
    /// What is counted, as a noun.
    pub fn noun(&self) -> &'static str {
        match self.of {
            Population::Spans => "span",
            Population::Traces => "trace",
        }
    }

    /// The groups with their names.
    pub fn groups(&self) -> impl Iterator<Item = (&LatencyGroup, &str)> {
        self.view.groups.iter().zip(self.names.iter().map(String::as_str).chain(std::iter::repeat("")))
    }
}

/// Where a chart is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// CSS pixels across.
    pub width: u32,
    /// CSS pixels down.
    pub height: u32,
    /// Kept free on top, for a heading.
    pub top: u32,
    /// Kept free below, for a legend.
    pub bottom: u32,
    /// How far the reader's clock is ahead of UTC.
    pub offset_minutes: i32,
}

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

/// A region of a chart: bins, the first and the last of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Across.
    pub x: (u32, u32),
    /// Up; all of them (0, 0) where a chart has no bins that way.
    pub y: (u32, u32),
}

impl Cells {
    /// One bin.
    pub const fn one(x: u32, y: u32) -> Self {
        Self { x: (x, x), y: (y, y) }
    }

    /// The smallest region with both in it.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let both = |a: (u32, u32), b: (u32, u32)| (a.0.min(b.0), a.1.max(b.1));
        Self { x: both(self.x, other.x), y: both(self.y, other.y) }
    }

    /// Whether it is one bin.
    pub fn is_one(self) -> bool {
        self.x.0 == self.x.1 && self.y.0 == self.y.1
    }
}

/// A chart, laid out.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// Which picture.
    pub kind: ChartKind,
    /// What is drawn.
    pub figures: Figures<'a>,
    /// Where.
    pub frame: Frame,
    /// The part of the frame that holds the figures.
    pub plot: Bounds,
    /// Bins across: of durations in the histogram, else of time.
    pub x: Bins,
    /// Bins up: of durations, in the heatmap alone.
    pub y: Option<Bins>,
}

/// Room for the labels on the left.
const LEFT: f64 = 54.0;
/// Room for the labels below.
const BELOW: f64 = 20.0;
/// Room on top, where percentiles and legends are written.
const ABOVE: f64 = 24.0;
/// Room on the right, and where lines are named there.
const RIGHT: f64 = 14.0;
const RIGHT_OF_LINES: f64 = 36.0;

impl<'a> Chart<'a> {
    /// Lays a chart out. `None` where there is nothing to draw or no room for it.
    pub fn new(kind: ChartKind, figures: Figures<'a>, frame: Frame) -> Option<Self> {
        let view = figures.view;
        let n_durations = u32::try_from(view.edges.len()).ok()?.checked_sub(1)?;
        if view.n_bins == 0 || view.step == 0 || n_durations == 0 || view.all.stats.calls == 0 {
            return None;
        }
        let right = if kind == ChartKind::Percentiles && view.groups.is_empty() { RIGHT_OF_LINES } else { RIGHT };
        let plot = Bounds {
            left: LEFT,
            top: ABOVE + f64::from(frame.top),
            right: f64::from(frame.width) - right,
            bottom: f64::from(frame.height) - BELOW - f64::from(frame.bottom),
        };
        if plot.right - plot.left < 40.0 || plot.bottom - plot.top < 30.0 {
            return None;
        }
        let across = if kind == ChartKind::Histogram { n_durations } else { view.n_bins };
        let x = Bins { count: across, from: plot.left, to: plot.right };
        let y = (kind == ChartKind::Heatmap).then_some(Bins { count: n_durations, from: plot.bottom, to: plot.top });
        Some(Self { kind, figures, frame, plot, x, y })
    }

    /// The engine's answer.
    pub fn view(&self) -> &'a LatencyView {
        self.figures.view
    }

    /// The axis of durations, where its bins are laid out; the percentiles' axis has a range of its own.
    pub fn durations(&self) -> Option<DurationAxis<'a>> {
        let bins = match self.kind {
            ChartKind::Histogram => self.x,
            ChartKind::Heatmap => self.y?,
            ChartKind::Percentiles | ChartKind::Rate => return None,
        };
        Some(DurationAxis { edges: &self.view().edges, bins })
    }

    /// Where a time is, on the charts over time.
    pub fn x_from_time(&self, at: u64) -> f64 {
        let view = self.view();
        self.x.edge(at.saturating_sub(view.start) as f64 / view.step as f64)
    }

    /// Bins up; 1 where a chart has none that way.
    pub fn rows(&self) -> u32 {
        self.y.map_or(1, |y| y.count)
    }

    /// The bin nearest to a point.
    pub fn cell_at(&self, x: f64, y: f64) -> Cells {
        Cells::one(self.x.nearest(x), self.y.map_or(0, |bins| bins.nearest(y)))
    }

    /// Whether a point is on the figures, or so near that it is meant to be.
    pub fn is_near(&self, x: f64, y: f64) -> bool {
        const REACH: f64 = 6.0;
        let plot = self.plot;
        (plot.left - REACH..=plot.right + REACH).contains(&x) && (plot.top - REACH..=plot.bottom + REACH).contains(&y)
    }

    /// Where a region is drawn; all of the height where a chart has no bins that way.
    pub fn bounds(&self, cells: Cells) -> Bounds {
        let (left, right) = self.x.stretch(cells.x.0, cells.x.1);
        let (top, bottom) = self.y.map_or((self.plot.top, self.plot.bottom), |y| y.stretch(cells.y.0, cells.y.1));
        Bounds { left, top, right, bottom }
    }

    /// The times of a region, first and last nanosecond; `None` in the histogram.
    pub fn times(&self, cells: Cells) -> Option<(u64, u64)> {
        let view = self.view();
        let edge = |bin: u32| view.start.saturating_add(view.step.saturating_mul(u64::from(bin)));
        let from = edge(cells.x.0);
        (self.kind != ChartKind::Histogram).then(|| (from, edge(cells.x.1.saturating_add(1)).saturating_sub(1).max(from)))
    }

    /// The durations of a region, shortest and longest; `None` where a chart has no bins of them.
    pub fn duration_range(&self, cells: Cells) -> Option<(u64, u64)> {
        let (first, last) = match self.kind {
            ChartKind::Histogram => cells.x,
            ChartKind::Heatmap => cells.y,
            ChartKind::Percentiles | ChartKind::Rate => return None,
        };
        let edges = &self.view().edges;
        let from = edges.get(first as usize).copied()?;
        let to = edges.get(last as usize + 1).copied()?;
        // The last bin holds its upper edge too.
        let to = if last as usize + 2 == edges.len() { to } else { to.saturating_sub(1) };
        Some((from, to.max(from)))
    }

    /// What selects a region: whole bins, and nothing beside them.
    pub fn brush(&self, cells: Cells) -> Brush {
        Brush { of: self.figures.of, start: self.times(cells), duration: self.duration_range(cells), ..Brush::default() }
    }

    /// How many are in a region, and how many of them failed.
    pub fn counted(&self, cells: Cells) -> (u64, u64) {
        let view = self.view();
        let within = |(first, last): (u32, u32), at: usize| (first as usize..=last as usize).contains(&at);
        let sum = |(count, errors): (u64, u64), (more, failed): (u64, u64)| (count + more, errors + failed);
        match self.kind {
            ChartKind::Histogram => counted_durations(&view.all, cells.x),
            ChartKind::Heatmap => view
                .heat
                .iter()
                .filter(|cell| within(cells.x, cell.time as usize) && within(cells.y, cell.duration as usize))
                .map(|cell| (cell.count, cell.errors))
                .fold((0, 0), sum),
            ChartKind::Percentiles | ChartKind::Rate => counted_times(&view.all, cells.x),
        }
    }

    /// The bin where most is: where the keyboard begins.
    pub fn busiest(&self) -> Cells {
        let view = self.view();
        let most = |counts: &mut dyn Iterator<Item = u64>| {
            let most = counts.enumerate().max_by_key(|&(at, count)| (count, std::cmp::Reverse(at)));
            most.and_then(|(at, _)| u32::try_from(at).ok()).unwrap_or(0)
        };
        match self.kind {
            ChartKind::Histogram => Cells::one(most(&mut view.all.counts.iter().copied()), 0),
            ChartKind::Heatmap => {
                let most = view.heat.iter().max_by_key(|cell| (cell.count, std::cmp::Reverse((cell.time, cell.duration))));
                most.map_or_else(Cells::default, |cell| Cells::one(cell.time, cell.duration))
            }
            ChartKind::Percentiles => Cells::one(most(&mut view.all.over_time.iter().map(|bin| bin.p95)), 0),
            ChartKind::Rate => Cells::one(most(&mut view.all.over_time.iter().map(|bin| bin.count)), 0),
        }
    }
}

/// How many of a group took so long, and how many of them failed.
pub(super) fn counted_durations(group: &LatencyGroup, (first, last): (u32, u32)) -> (u64, u64) {
    let sum = |counts: &[u64]| counts.iter().take(last as usize + 1).skip(first as usize).sum();
    (sum(&group.counts), sum(&group.errors))
}

/// How many of a group began then, and how many of them failed.
pub(super) fn counted_times(group: &LatencyGroup, (first, last): (u32, u32)) -> (u64, u64) {
    let bins = group.over_time.iter().take(last as usize + 1).skip(first as usize);
    bins.fold((0, 0), |(count, errors), bin| (count + bin.count, errors + bin.errors))
}

//! What a flame graph knows: what it is of, what the engine answered, and where pointer and keyboard are.

use std::sync::Arc;

use crate::link::Slot;
use crate::protocol::{
    Answer, Failure, FailureCode, FlameFrame, FlameLayout, FlameRequest, FlameSource, FlameView, Reply, Request,
};
use crate::route::FlameAddress;
use crate::scene::{FlameStep, RowSpan, TimeRange, TimeScale, flame_neighbor};
use crate::ui::state::{AppState, Manner};
use leptos::prelude::*;

use super::stage::StageSlot;
use super::words;

/// Lanes that are asked for beyond those in view, on each side: that many views of them.
const LANES_AHEAD: u32 = 1;

/// What ties a flame graph to the page that it is on.
#[derive(Clone, Copy)]
pub struct FlameHome {
    /// What it is of.
    pub source: Signal<FlameSource>,
    /// What the address says of it.
    pub address: Signal<FlameAddress>,
    /// The layouts that there are, and how they are called.
    pub layouts: &'static [(FlameLayout, &'static str)],
    /// The part of time that is shown, where time is laid out.
    pub time: Option<TimeWindow>,
    /// Changes the address, and with it the part of time.
    pub go: Callback<(FlameAddress, Option<TimeRange>)>,
    /// A frame was chosen.
    pub pick: Callback<FlameFrame>,
    /// The span that is selected on the page.
    pub picked: Signal<Option<String>>,
    /// Whether its frames lead to the trace of their longest span.
    pub has_examples: bool,
    /// Whether times are shown as they would be if the clocks agreed.
    pub adjusted: Signal<bool>,
}

/// The part of time that is shown.
#[derive(Clone, Copy)]
pub struct TimeWindow {
    /// What is shown.
    pub range: RwSignal<TimeRange>,
    /// Shows another part.
    pub set: Callback<TimeRange>,
    /// All of it.
    pub duration: u64,
}

/// An answer, with the question that it answers.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The question.
    pub request: FlameRequest,
    /// The answer.
    pub view: FlameView,
}

/// A flame graph's state. `Copy`, so that closures take it freely.
#[derive(Clone, Copy)]
pub struct FlameGraph {
    app: StoredValue<AppState, LocalStorage>,
    /// The page that it is on.
    pub home: FlameHome,
    /// What is on the screen: an older answer until the newer one is there.
    pub shown: RwSignal<Option<Arc<Shown>>>,
    /// Why there is no answer.
    pub failure: RwSignal<Option<Failure>>,
    /// Another question than the one that is answered on the screen is under way.
    pub stale: RwSignal<bool>,
    /// Where the keyboard is.
    pub focus: RwSignal<Option<FlameFrame>>,
    /// What is under the pointer, and where that is in the view.
    pub hover: RwSignal<Option<(FlameFrame, f64, f64)>>,
    /// The elements.
    pub(super) stage: StageSlot,
    asked: StoredValue<Option<FlameRequest>>,
}

impl FlameGraph {
    /// The state of a new one.
    pub fn new(app: AppState, home: FlameHome) -> Self {
        Self {
            app: StoredValue::new_local(app),
            home,
            shown: RwSignal::new(None),
            failure: RwSignal::new(None),
            stale: RwSignal::new(false),
            focus: RwSignal::new(None),
            hover: RwSignal::new(None),
            stage: StageSlot::default(),
            asked: StoredValue::new(None),
        }
    }

    /// The page's state.
    pub fn app(self) -> AppState {
        self.app.get_value()
    }

    /// The layout that the address asks for, as far as it can be had here.
    pub fn layout(self) -> FlameLayout {
        let wanted = self.home.address.with(|address| address.layout);
        let has = |layout: FlameLayout| self.home.layouts.iter().any(|(known, _)| *known == layout);
        if has(wanted) { wanted } else { self.home.layouts.first().map_or(FlameLayout::Total, |(first, _)| *first) }
    }

    /// Time across the part that is on the screen.
    pub fn scale(self, shown: &Shown, width: f64) -> TimeScale {
        let range = match (shown.request.layout, self.home.time) {
            (FlameLayout::Time, Some(time)) => time.range.get_untracked(),
            _ => whole_range(&shown.view),
        };
        TimeScale::new(range, 0.0, width)
    }

    /// Asks for the lanes in view, unless they are there or under way.
    pub fn want(self, visible: RowSpan, width: f64) {
        let Some(asked) = self.asked.try_get_value() else {
            return;
        };
        let (address, source) = (self.home.address.get_untracked(), self.home.source.get_untracked());
        let layout = untrack(|| self.layout());
        let page = visible.len().max(1);
        let lanes = visible.widened(page.saturating_mul(LANES_AHEAD), u32::MAX);
        let time = self.home.time.filter(|_| layout == FlameLayout::Time).map(|time| (time.range.get_untracked(), time.duration));
        // Half as much again on both sides, so that a short move finds its frames.
        let window = time.map(|(range, duration)| {
            let air = range.nanos() / 2;
            TimeRange::between(range.from().saturating_sub(air), range.to().saturating_add(air), duration)
        });
        let stretch = time.zip(window).map_or(1.0, |((range, _), window)| window.nanos() as f64 / range.nanos() as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width in pixels")]
        let columns = (width * stretch).round().clamp(1.0, 16_384.0) as u32;
        let request = FlameRequest {
            source,
            layout,
            root: address.root,
            from: window.map_or(0, TimeRange::from),
            to: window.map_or(0, TimeRange::to),
            columns,
            first_lane: lanes.first,
            lanes: lanes.len(),
            find: address.find,
            adjusted: self.home.adjusted.get_untracked(),
        };
        let under_way = self.stale.get_untracked() || self.is_waiting(asked.as_ref());
        if let Some(asked) = &asked
            && is_same_question(asked, &request)
        {
            // One at a time: what is asked for while scrolling is asked for once the answer is there.
            if under_way || covers(asked, visible, time.map(|(range, _)| range), width) {
                return;
            }
        }
        self.ask(request);
    }

    fn is_waiting(self, asked: Option<&FlameRequest>) -> bool {
        let answered = self.shown.with_untracked(|shown| shown.as_ref().map(|shown| shown.request.clone()));
        self.failure.with_untracked(Option::is_none) && asked != answered.as_ref()
    }

    fn ask(self, request: FlameRequest) {
        let same =
            self.shown.with_untracked(|shown| shown.as_ref().is_some_and(|shown| is_same_question(&shown.request, &request)));
        self.stale.set(!same);
        self.asked.set_value(Some(request.clone()));
        self.app().ask(Slot::Flame, Request::Flame(request.clone()), move |answer| self.receive(request, answer));
    }

    fn receive(self, request: FlameRequest, answer: Answer) {
        let is_awaited = self.asked.try_with_value(|asked| asked.as_ref() == Some(&request));
        if is_awaited != Some(true) {
            return;
        }
        match answer {
            Answer::Reply(Reply::Flame(view)) => {
                self.failure.set(None);
                self.stale.set(false);
                self.shown.set(Some(Arc::new(Shown { request, view })));
            }
            Answer::Failed(failure) if failure.code != FailureCode::Stale => {
                self.stale.set(false);
                self.failure.set(Some(failure));
            }
            Answer::Reply(_) | Answer::Failed(_) | Answer::Cancelled => {
                self.stale.set(false);
                self.asked.set_value(None);
            }
        }
        self.stage.repaint();
    }

    /// Forgets what was asked, so that it is asked again: another data set is open.
    pub fn renew(self) {
        self.asked.set_value(None);
        self.failure.set(None);
        self.stage.repaint();
    }

    /// Lets a frame fill the width. Many narrow ones together are seen apart by going to the frame that they are in.
    pub fn zoom_to(self, frame: &FlameFrame) {
        let Some(shown) = self.shown.get_untracked() else {
            return;
        };
        let is_time = shown.request.layout == FlameLayout::Time;
        let range = self.home.time.filter(|_| is_time).map(|time| TimeRange::around(frame.start, frame.width, time.duration));
        let mut address = self.home.address.get_untracked();
        let whole = whole_range(&shown.view);
        if frame.is_many {
            if is_time {
                self.home.go.run((address, range));
                return;
            }
            let parent = position_of(&shown.view.frames, frame)
                .and_then(|at| flame_neighbor(&shown.view.frames, at, FlameStep::Parent))
                .and_then(|at| shown.view.frames.get(at));
            let Some(parent) = parent.filter(|parent| parent.width < whole.nanos() && Some(parent.id) != address.root) else {
                self.app()
                    .announce("These frames are too narrow to be told apart. The filter leaves fewer of them.", Manner::Shown);
                return;
            };
            address.root = Some(parent.id);
        } else {
            address.root = Some(frame.id);
        }
        self.home.go.run((address, range));
    }

    /// Goes to the frame above the one that fills the width.
    pub fn zoom_out(self) {
        let Some(shown) = self.shown.get_untracked() else {
            return;
        };
        match shown.view.ancestors.last() {
            Some(parent) => self.zoom_to(&parent.clone()),
            None => self.zoom_reset(),
        }
    }

    /// Shows all.
    pub fn zoom_reset(self) {
        let mut address = self.home.address.get_untracked();
        address.root = None;
        let range = self.home.time.map(|time| TimeRange::whole(time.duration));
        self.home.go.run((address, range));
    }

    /// Whether it shows a part only.
    pub fn is_zoomed(self) -> bool {
        let in_time = self.home.time.filter(|_| self.layout() == FlameLayout::Time);
        self.home.address.with(|address| address.root.is_some())
            || in_time.is_some_and(|time| !time.range.get().is_whole(time.duration))
    }

    /// The same, without following it.
    pub fn is_zoomed_untracked(self) -> bool {
        untrack(|| self.is_zoomed())
    }

    /// Lays it out in another way. Frames have other numbers then.
    pub fn set_layout(self, layout: FlameLayout) {
        let mut address = self.home.address.get_untracked();
        address.layout = layout;
        address.root = None;
        self.focus.set(None);
        self.home.go.run((address, None));
    }

    /// Seeks a text.
    pub fn set_find(self, find: String) {
        let mut address = self.home.address.get_untracked();
        if address.find != find {
            address.find = find;
            self.home.go.run((address, None));
        }
    }

    /// Moves the keyboard to the next frame that way; at first, to the outermost one in view.
    pub fn step(self, step: FlameStep) {
        let Some(shown) = self.shown.get_untracked() else {
            return;
        };
        let frames = &shown.view.frames;
        let at = self.focus.with_untracked(|focus| focus.as_ref().and_then(|focus| position_of(frames, focus)));
        let to = match at {
            Some(at) => flame_neighbor(frames, at, step),
            None => widest_on_first_lane(frames),
        };
        if let Some(frame) = to.and_then(|to| frames.get(to)) {
            self.set_focus(frame.clone());
        }
    }

    /// Puts the keyboard at a frame, and says which it is.
    pub fn set_focus(self, frame: FlameFrame) {
        self.stage.reveal(frame.lane);
        self.focus.set(Some(frame));
        self.stage.repaint();
    }

    /// A frame in words, as it is said.
    pub fn words(self, frame: &FlameFrame) -> String {
        let app = self.app();
        let shown = self.shown.get_untracked();
        let (layout, whole) = shown.map_or((FlameLayout::Total, 0), |shown| (shown.request.layout, shown.view.whole));
        words::sentence(&app.service_name(frame.service), frame, layout, whole)
    }
}

/// What a graph covers that is not laid out over time.
pub fn whole_range(view: &FlameView) -> TimeRange {
    TimeRange::between(view.origin, view.origin.saturating_add(view.whole), u64::MAX)
}

/// Where a frame of an older answer is in a newer one.
pub fn position_of(frames: &[FlameFrame], frame: &FlameFrame) -> Option<usize> {
    let same = |other: &FlameFrame| {
        other.is_many == frame.is_many
            && if frame.is_many { (other.lane, other.start) == (frame.lane, frame.start) } else { other.id == frame.id }
    };
    frames.iter().position(same)
}

/// Where the keyboard begins.
fn widest_on_first_lane(frames: &[FlameFrame]) -> Option<usize> {
    let lane = frames.first()?.lane;
    let first = frames.iter().take_while(|frame| frame.lane == lane).enumerate();
    first.max_by_key(|(at, frame)| (!frame.is_many, frame.width, std::cmp::Reverse(*at))).map(|(at, _)| at)
}

/// Whether only the window differs.
fn is_same_question(a: &FlameRequest, b: &FlameRequest) -> bool {
    a.layout == b.layout && a.root == b.root && a.find == b.find && a.source == b.source && a.adjusted == b.adjusted
}

/// Whether what was asked for is enough for what is in view, at about the same closeness.
fn covers(asked: &FlameRequest, visible: RowSpan, range: Option<TimeRange>, width: f64) -> bool {
    let lanes = RowSpan { first: asked.first_lane, end: asked.first_lane.saturating_add(asked.lanes) };
    if !lanes.covers(visible) {
        return false;
    }
    let Some(range) = range else {
        return (f64::from(asked.columns) - width).abs() < 1.0;
    };
    let density = f64::from(asked.columns) / asked.to.saturating_sub(asked.from).max(1) as f64;
    let wanted = width / range.nanos() as f64;
    // Asked for at the ends of the trace, the window has no air beyond them.
    asked.from <= range.from() && range.to() <= asked.to && (0.8..1.25).contains(&(density / wanted))
}

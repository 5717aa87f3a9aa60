//! Where every shared fact of the page lives: made once in `App`, read anywhere with [`use_app`].
//!
//! A signal that is made in a view dies with it; what another view may read is therefore made here.

use std::sync::Arc;

use leptos::prelude::*;

use crate::browser::engine_port::EnginePort;
use crate::browser::theme::Theme;
use crate::link::Slot;
use crate::protocol::{
    Answer, DatasetView, Epoch, Failure, FailureCode, OnServer, OpenMode, Progress, Reply, Request, RequestId, ScatterView,
    TracesView,
};
use crate::route::Route;

use super::basis::{Basis, is_figures};
use super::map::memory::MapMemory;
use super::remote::Remote;
use super::server::ServerState;
use super::sources::Opened;

/// The page's state. `Copy`, so that closures take it freely.
#[derive(Clone, Copy)]
pub struct AppState {
    /// What is shown. One effect mirrors it to the address.
    pub route: RwSignal<Route>,
    /// The open data set, in numbers and names.
    pub dataset: RwSignal<Option<Arc<DatasetView>>>,
    /// An import that is under way.
    pub import: RwSignal<Option<Import>>,
    /// Why the last import, or the engine, failed; shown as a panel until it is dismissed.
    pub failure: RwSignal<Option<Failure>>,
    /// Light, dark, or as the system has it.
    pub theme: RwSignal<Theme>,
    /// In which zone absolute times are written.
    pub time_zone: RwSignal<TimeZone>,
    /// What was said last, on the screen for a while and to screen readers.
    pub notice: RwSignal<Option<Notice>>,
    /// Which sheet lies over the page.
    pub sheet: RwSignal<Option<Sheet>>,
    /// What the view that is open calls itself, for the window's title: a trace's root name.
    pub title: RwSignal<Option<String>>,
    /// The engine.
    pub port: StoredValue<Option<EnginePort>, LocalStorage>,
    /// The trace list, kept while a trace is read, so that the way back finds it as it was.
    pub list: ListState,
    /// The service map, kept for the same reason.
    pub map: MapMemory,
    /// The connected server.
    pub server: ServerState,
    /// What map and charts are figures of.
    pub basis: Basis,
    /// Whether what is picked next replaces what is open or joins it.
    pub open_mode: RwSignal<OpenMode>,
    /// What the open data set was read from, to read it again after a crash.
    pub opened: StoredValue<Opened, LocalStorage>,
}

/// The trace list's part of the state.
#[derive(Clone, Copy)]
pub struct ListState {
    /// The rows around those in view.
    pub rows: RwSignal<Remote<TracesView>>,
    /// The picture above them.
    pub scatter: RwSignal<Remote<ScatterView>>,
    /// How far it is scrolled, in pixels of the rows.
    pub top: RwSignal<f64>,
    /// The row that the keyboard is at.
    pub active: RwSignal<Option<u32>>,
}

impl Default for ListState {
    fn default() -> Self {
        Self {
            rows: RwSignal::new(Remote::Idle),
            scatter: RwSignal::new(Remote::Idle),
            top: RwSignal::new(0.0),
            active: RwSignal::new(None),
        }
    }
}

impl ListState {
    /// Back to the first row: the rows are others now.
    pub fn rewind(self) {
        self.top.set(0.0);
        self.active.set(None);
    }
}

/// Where the page is; `document.body.dataset.state` says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is open.
    Empty,
    /// An import is under way.
    Loading,
    /// A data set is open.
    Ready,
    /// The last import, or the engine, failed, and that is on the screen.
    Failed,
}

impl Phase {
    /// As the attribute has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

/// An import that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its request, once it has one.
    pub request: Option<RequestId>,
    /// What is being read, in words: a name, or how many files.
    pub what: String,
    /// Where it is fetched from, if it does not lie on this device.
    pub address: Option<String>,
    /// How far it is, once that is known.
    pub progress: Option<Progress>,
    /// The worker that talks to servers is at it.
    pub on_server: bool,
}

/// In which zone absolute times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeZone {
    /// The device's.
    #[default]
    Local,
    /// UTC.
    Utc,
}

impl TimeZone {
    /// As the storage has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Utc => "utc",
        }
    }

    /// The one with that name.
    pub fn from_name(name: &str) -> Self {
        if name == "utc" { Self::Utc } else { Self::Local }
    }
}

/// Something to say, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Tells one from the next with the same words.
    pub number: u32,
    /// The words.
    pub text: String,
    /// Whether it is shown as well as read out.
    pub manner: Manner,
}

/// How something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// To screen readers alone: the screen shows it already.
    Quiet,
    /// On the screen as well, for a few seconds.
    Shown,
}

/// What lies over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// The keys.
    Help,
    /// Ways to open something.
    Open,
    /// Which part of it to load.
    Portion,
    /// What to save, and as what.
    Export,
    /// All commands.
    Palette,
}

impl AppState {
    /// Makes all signals. Call it once, in `App`.
    pub fn new(route: Route, theme: Theme, time_zone: TimeZone) -> Self {
        let (route, server) = (RwSignal::new(route), ServerState::default());
        Self {
            route,
            dataset: RwSignal::new(None),
            import: RwSignal::new(None),
            failure: RwSignal::new(None),
            theme: RwSignal::new(theme),
            time_zone: RwSignal::new(time_zone),
            notice: RwSignal::new(None),
            sheet: RwSignal::new(None),
            title: RwSignal::new(None),
            list: ListState::default(),
            map: MapMemory::default(),
            server,
            basis: Basis::new(route, server),
            open_mode: RwSignal::new(OpenMode::Replace),
            port: StoredValue::new_local(None),
            opened: StoredValue::new_local(Opened::default()),
        }
    }

    /// Where the page is.
    pub fn phase(self) -> Phase {
        if self.import.with(Option::is_some) {
            Phase::Loading
        } else if self.failure.with(Option::is_some) {
            Phase::Failed
        } else if self.dataset.with(Option::is_some) {
            Phase::Ready
        } else {
            Phase::Empty
        }
    }

    /// The name of a service; reactive.
    pub fn service_name(self, service: u32) -> String {
        self.dataset.with(|dataset| {
            dataset
                .as_ref()
                .and_then(|dataset| dataset.services.get(service as usize))
                .map_or_else(String::new, |service| service.name.clone())
        })
    }

    /// The color of a service, as a reference to its token: `var(--service-3)`; reactive.
    pub fn service_color(self, service: u32) -> &'static str {
        let slot = self.dataset.with(|dataset| {
            dataset.as_ref().and_then(|dataset| dataset.services.get(service as usize)).map_or(0, |service| service.color)
        });
        palette_color(slot)
    }

    /// How far the clocks that times are shown in are ahead of UTC at that time, in minutes; reactive.
    pub fn zone_offset_minutes(self, unix_nanos: u64) -> i32 {
        match self.time_zone.get() {
            TimeZone::Utc => 0,
            TimeZone::Local => local_offset_minutes(unix_nanos),
        }
    }

    /// Says something: to screen readers, and on the screen if `manner` says so.
    pub fn announce(self, text: impl Into<String>, manner: Manner) {
        let number = self.notice.with_untracked(|notice| notice.as_ref().map_or(0, |notice| notice.number.wrapping_add(1)));
        self.notice.set(Some(Notice { number, text: text.into(), manner }));
    }

    /// Asks the engine, and hands the answer to `on_answer`, unless a newer question in the same slot superseded it.
    pub fn ask(self, slot: Slot, request: Request, on_answer: impl FnOnce(Answer) + 'static) {
        let on_server = self.basis.on_server.get_untracked();
        let is_figures = is_figures(&request);
        // Two workers answer figures: an answer of the one that is no longer wanted must not take the place of the other's.
        let on_answer = move |answer| {
            if !is_figures || self.basis.on_server.get_untracked() == on_server {
                on_answer(answer);
            }
        };
        if let Some(scope) = self.basis.scope_for(&request) {
            self.server.ask(self, slot, Request::OnServer(Box::new(OnServer { scope, request })), on_answer);
        } else if let Some(port) = self.port.get_value() {
            port.ask(slot, request, on_answer);
        }
    }

    /// The open data set's generation, 0 if none is open; reactive. Whoever asks the engine reads it, and so asks again
    /// when another data set takes the open one's place.
    pub fn epoch(self) -> Epoch {
        self.dataset.with(|dataset| dataset.as_ref().map_or(0, |dataset| dataset.epoch))
    }

    /// Asks the engine for what `signal` shows. What it shows stays until the answer is there.
    ///
    /// A question about a data set that is gone leaves the signal as it was: whoever asked reads [`Self::epoch`], and asks again when it changes.
    pub fn ask_into<T: Send + Sync + 'static>(
        self,
        slot: Slot,
        request: Request,
        signal: RwSignal<Remote<T>>,
        extract: fn(Reply) -> Option<T>,
    ) {
        let is_turned = self.basis.is_turned(slot, &request);
        let load =
            |remote: &mut Remote<T>| *remote = if is_turned { Remote::Loading { previous: None } } else { remote.loading() };
        if signal.try_update(load).is_none() {
            return;
        }
        self.ask(slot, request, move |answer| {
            // The view that made the signal may be gone by now, which `try_update` forgives.
            _ = signal.try_update(|remote| {
                *remote = match answer {
                    Answer::Reply(reply) => match extract(reply) {
                        Some(value) => Remote::Ready(Arc::new(value)),
                        None => remote.failed(unexpected_reply()),
                    },
                    Answer::Failed(failure) if failure.code == FailureCode::Stale => remote.settled(),
                    Answer::Failed(failure) => remote.failed(failure),
                    Answer::Cancelled => remote.settled(),
                };
            });
        });
    }
}

/// The page's state.
pub fn use_app() -> AppState {
    expect_context::<AppState>()
}

/// A slot of the palette as a reference to its token; `style/tokens.css` has the colors.
pub fn palette_color(slot: u8) -> &'static str {
    const SLOTS: [&str; 16] = [
        "var(--service-0)",
        "var(--service-1)",
        "var(--service-2)",
        "var(--service-3)",
        "var(--service-4)",
        "var(--service-5)",
        "var(--service-6)",
        "var(--service-7)",
        "var(--service-8)",
        "var(--service-9)",
        "var(--service-10)",
        "var(--service-11)",
        "var(--service-12)",
        "var(--service-13)",
        "var(--service-14)",
        "var(--service-15)",
    ];
    SLOTS.get(usize::from(slot) % SLOTS.len()).copied().unwrap_or("var(--service-0)")
}

fn local_offset_minutes(unix_nanos: u64) -> i32 {
    let millis = (unix_nanos / 1_000_000) as f64;
    // JavaScript counts how far UTC is ahead of the clock.
    #[expect(clippy::cast_possible_truncation, reason = "an offset is less than a day of minutes")]
    let behind = js_sys::Date::new(&millis.into()).get_timezone_offset() as i32;
    -behind
}

fn unexpected_reply() -> Failure {
    Failure {
        code: FailureCode::Mismatch,
        headline: "The engine answered another question than was asked".to_owned(),
        detail: String::new(),
        remedy: "Reload the page.".to_owned(),
    }
}

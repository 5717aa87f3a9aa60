//! Loading a part of what was opened: the sheet that offers it, and the strip that says what is missing.

pub mod sheet;
pub mod strip;
mod words;

pub use sheet::PortionSheet;
pub use strip::PartStrip;
pub use words::may_be_cut;

use leptos::prelude::*;

use crate::protocol::{Excess, OpenMode, Portion};

use super::actions::{self, Then};
use super::sources::Opened;
use super::state::{AppState, Sheet};

/// The choice's part of the state.
#[derive(Clone, Copy)]
pub struct PortionState {
    /// What is picked next is asked about before it is read.
    pub ask: RwSignal<bool>,
    /// What the sheet goes by.
    terms: RwSignal<Terms>,
    /// What is read once a part of it is chosen.
    waiting: StoredValue<Option<Waiting>, LocalStorage>,
}

/// What the sheet goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Terms {
    /// How much there is, and how much fits; zeros where that is not known.
    excess: Excess,
    /// It is known that not all fits.
    is_forced: bool,
}

#[derive(Clone, Debug)]
struct Waiting {
    opened: Opened,
    mode: OpenMode,
    then: Then,
}

impl Default for PortionState {
    fn default() -> Self {
        Self { ask: RwSignal::new(false), terms: RwSignal::new(Terms::default()), waiting: StoredValue::new_local(None) }
    }
}

/// Offers to load a part; `excess` is known where not all fits.
pub fn offer(app: AppState, opened: Opened, mode: OpenMode, then: Then, excess: Option<Excess>) {
    let terms = Terms { excess: excess.unwrap_or_default(), is_forced: excess.is_some() };
    put(app, Waiting { opened, mode, then }, terms);
}

/// Offers the last choice again.
pub fn offer_again(app: AppState) {
    app.sheet.set(Some(Sheet::Portion));
}

/// Whether what failed last was offered in parts.
pub fn was_offered(app: AppState) -> bool {
    app.portion.waiting.with_value(Option::is_some)
}

/// All of something else is read: what was offered is no longer of interest.
pub fn forget(app: AppState) {
    app.portion.waiting.set_value(None);
}

/// Offers to load the open data again, another part of it.
fn reload(app: AppState) {
    let opened = app.opened.get_value();
    let excess = app.dataset.with_untracked(|dataset| {
        dataset.as_ref().map(|dataset| Excess {
            spans: dataset.totals.spans + dataset.part.as_ref().map_or(0, |part| part.left_out),
            spans_fit: dataset.totals.spans,
            start: dataset.start.unwrap_or(0),
            end: dataset.end.unwrap_or(0),
            ..Excess::default()
        })
    });
    let waiting = Waiting { opened, mode: OpenMode::Replace, then: Then::Stay };
    put(app, waiting, Terms { excess: excess.unwrap_or_default(), is_forced: false });
}

fn put(app: AppState, waiting: Waiting, terms: Terms) {
    app.portion.waiting.set_value(Some(waiting));
    app.portion.terms.set(terms);
    app.sheet.set(Some(Sheet::Portion));
}

/// Loads a part of what waits for it.
fn load(app: AppState, portion: Portion) {
    actions::close_sheet(app);
    if let Some(Waiting { opened, mode, then }) = app.portion.waiting.get_value() {
        actions::import(app, Opened { portion, ..opened }, mode, then);
    }
}

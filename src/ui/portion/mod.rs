//! Loading a part of what was opened: the sheet that offers it, and the strip that says what is missing.

pub mod sheet;
pub mod strip;
mod words;

pub use sheet::PortionSheet;
pub use strip::PartStrip;
pub use words::{loaded, may_be_cut};

use leptos::prelude::*;

use crate::protocol::{Excess, OpenMode, Portion};

use super::actions::{self, Then};
use super::sources::Opened;
use super::state::{AppState, Sheet};

/// The box that asks for the choice before anything is read, by its name in the page.
pub const ASK: &str = "part-ask";

/// What the sheet goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Terms {
    /// How much there is, and how much fits; zeros where that is not known.
    excess: Excess,
    /// It is known that not all fits.
    is_forced: bool,
}

/// What waits for a choice.
#[derive(Clone, Debug)]
pub struct Waiting {
    opened: Opened,
    mode: OpenMode,
    then: Then,
    terms: Terms,
}

/// Offers to load a part; `excess` is known where not all fits.
pub fn offer(app: AppState, opened: Opened, mode: OpenMode, then: Then, excess: Option<Excess>) {
    let terms = Terms { excess: excess.unwrap_or_default(), is_forced: excess.is_some() };
    put(app, Waiting { opened, mode, then, terms });
}

/// Offers the last choice again.
pub fn offer_again(app: AppState) {
    app.sheet.set(Some(Sheet::Portion));
}

/// Whether what failed last was offered in parts.
pub fn was_offered(app: AppState) -> bool {
    app.opened.with_value(|opened| opened.waiting.is_some())
}

/// All of something else is read: what was offered is no longer of interest.
pub fn forget(app: AppState) {
    app.opened.update_value(|opened| opened.waiting = None);
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
    let terms = Terms { excess: excess.unwrap_or_default(), is_forced: false };
    put(app, Waiting { opened, mode: OpenMode::Replace, then: Then::Stay, terms });
}

fn put(app: AppState, mut waiting: Waiting) {
    // What waited before is no part of it.
    waiting.opened.waiting = None;
    app.opened.update_value(|opened| opened.waiting = Some(Box::new(waiting)));
    app.sheet.set(Some(Sheet::Portion));
}

fn terms(app: AppState) -> Terms {
    app.opened.with_value(|opened| opened.waiting.as_ref().map(|waiting| waiting.terms)).unwrap_or_default()
}

/// Loads a part of what waits for it.
fn load(app: AppState, portion: Portion) {
    actions::close_sheet(app);
    let waiting = app.opened.with_value(|opened| opened.waiting.clone());
    if let Some(Waiting { opened, mode, then, .. }) = waiting.map(|waiting| *waiting) {
        actions::import(app, Opened { portion, ..opened }, mode, then);
    }
}

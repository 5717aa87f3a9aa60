//! A box that takes words or TraceQL. It asks the engine what its text is, and hands on a text that is all right; what helps with
//! writing ([`assist`]: colors, proposals, troubles, kept queries) comes with the page's second part.

pub mod assist;
pub mod kind;
pub mod series;

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::base::text::{byte_of_utf16, utf16_of_byte};
use crate::link::Slot;
use crate::protocol::{Answer, QueryRequest, QueryView, Reply, Request, TokenClass};

use super::state::AppState;

/// Typing rests for this long before what it says is followed: two quick letters are one question.
const REST: Duration = Duration::from_millis(80);

/// The box, what is known of its text, and what helps with it.
#[derive(Clone, Copy)]
pub struct QueryBox {
    /// The field.
    pub input: NodeRef<html::Input>,
    /// What the engine said last.
    pub view: RwSignal<QueryView>,
    /// The keyboard is in it.
    pub focused: RwSignal<bool>,
    /// Which proposal the keyboard is at.
    pub active: RwSignal<Option<usize>>,
    /// Proposals are wanted: something was typed.
    pub wanted: RwSignal<bool>,
    /// They were asked for, so that they are shown behind a query that needs none, too.
    pub asked: RwSignal<bool>,
    /// Its text is drawn by what helps with writing, and not by the field.
    pub painted: RwSignal<bool>,
    /// Names the list of proposals.
    pub list_id: &'static str,
    slot: Slot,
    commit: Callback<String>,
    keys: StoredValue<Option<Callback<KeyboardEvent, bool>>>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl QueryBox {
    /// A box whose text goes to `commit` where it is all right.
    pub fn new(input: NodeRef<html::Input>, slot: Slot, list_id: &'static str, commit: Callback<String>) -> Self {
        let query_box = Self {
            input,
            view: RwSignal::new(QueryView::default()),
            focused: RwSignal::new(false),
            active: RwSignal::new(None),
            wanted: RwSignal::new(false),
            asked: RwSignal::new(false),
            painted: RwSignal::new(false),
            list_id,
            slot,
            commit,
            keys: StoredValue::new(None),
            timer: StoredValue::new(None),
        };
        on_cleanup(move || query_box.stop_waiting());
        query_box
    }

    /// Something was typed: it is followed when typing rests.
    pub fn typed(self, app: AppState) {
        self.wanted.set(true);
        self.asked.set(false);
        self.stop_waiting();
        let timer = set_timeout_with_handle(move || self.ask(app, true), REST).ok();
        self.timer.set_value(timer);
    }

    /// Hands the text on at once, if it is known to be all right.
    pub fn commit(self, app: AppState) {
        let Some(input) = self.input.try_get_untracked().flatten() else {
            return;
        };
        let text = input.value();
        let is_right = self.view.with_untracked(|view| view.text == text && view.trouble.is_none());
        if is_right {
            self.stop_waiting();
            self.commit.run(text);
        } else {
            self.ask(app, true);
        }
    }

    /// Asks what the text is; where it is all right, and `commits`, hands it on.
    pub fn ask(self, app: AppState, commits: bool) {
        self.stop_waiting();
        let Some(input) = self.input.try_get_untracked().flatten() else {
            return;
        };
        let text = input.value();
        // Nobody has to be asked about words.
        if !text.contains(['{', '(']) {
            let view = QueryView { text: text.clone(), ..QueryView::default() };
            self.view.set(view);
            self.active.set(None);
            if commits {
                self.commit.run(text);
            }
            return;
        }
        let cursor = input.selection_start().ok().flatten().map_or(text.len(), |at| byte_of_utf16(&text, at));
        let request = QueryRequest { text: text.clone(), cursor: u32::try_from(cursor).ok() };
        app.ask(self.slot, Request::Query(request), move |answer| {
            let view = match answer {
                Answer::Reply(Reply::Query(view)) => view,
                Answer::Reply(_) | Answer::Failed(_) | Answer::Cancelled => {
                    QueryView { text: text.clone(), ..QueryView::default() }
                }
            };
            let is_right = view.trouble.is_none();
            // The box may be gone by now.
            if self.view.try_set(view).is_none() {
                self.active.set(None);
                if commits && is_right {
                    self.commit.run(text);
                }
            }
        });
    }

    /// Puts a text into the box, with the cursor at a byte of it, and follows it.
    pub fn write(self, app: AppState, text: &str, cursor: usize) {
        let Some(input) = self.input.get_untracked() else {
            return;
        };
        input.set_value(text);
        let at = utf16_of_byte(text, cursor);
        // It is a text field, which has a selection.
        _ = input.set_selection_range(at, at);
        _ = input.focus();
        self.wanted.set(true);
        self.ask(app, true);
    }

    /// A text that came from elsewhere: the address, a click. Typing is not overwritten by its own echo.
    pub fn follow(self, app: AppState, text: &str) {
        let Some(input) = self.input.get() else {
            return;
        };
        if input.value() != text {
            input.set_value(text);
        }
        if self.view.with_untracked(|view| view.text != text) {
            self.ask(app, false);
        }
    }

    /// Lets what helps with writing have a key; true if it took it.
    pub fn takes(self, event: &KeyboardEvent) -> bool {
        self.keys.with_value(|keys| keys.as_ref().is_some_and(|keys| keys.run(event.clone())))
    }

    /// Whether the list of proposals is on the screen.
    pub fn is_open(self) -> bool {
        // What is complete can always go on with an operator, which is of no help.
        let helps = |view: &QueryView| {
            let is_operator = view.proposals.first().is_some_and(|first| first.class == TokenClass::Operator);
            !view.proposals.is_empty() && (self.asked.get() || view.trouble.is_some() || !is_operator)
        };
        self.painted.get() && self.focused.get() && self.wanted.get() && self.view.with(helps)
    }

    /// The proposal that the keyboard is at, by its id in the page.
    pub fn active_id(self) -> Option<String> {
        let at = self.active.get()?;
        self.is_open().then(|| format!("{}-{at}", self.list_id))
    }

    fn stop_waiting(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }
}

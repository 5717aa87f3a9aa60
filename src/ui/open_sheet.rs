//! Ways to open something while something is open.

use leptos::prelude::*;

use crate::protocol::OpenMode;

use super::actions;
use super::parts::SheetFrame;
use super::portion;
use super::start::Ways;
use super::state::{AppState, Sheet, use_app};

/// The sheet.
#[component]
pub fn OpenSheet() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| app.sheet.get() == Some(Sheet::Open));
    view! {
        <SheetFrame open title="Open" on_close=move |()| actions::close_sheet_of(app, Sheet::Open)>
            <fieldset class="choice">
                <legend class="choice__legend">"What becomes of what is open?"</legend>
                {option(app, OpenMode::Replace, "Replace it")} {option(app, OpenMode::Add, "Add to it")}
            </fieldset>
            <div class="choice">
                <label class="choice__option">
                    <input
                        id=portion::ASK
                        type="checkbox"
                    />
                    "Load only a part: ask which"
                </label>
            </div>
            <Ways />
        </SheetFrame>
    }
    .into_any()
}

fn option(app: AppState, mode: OpenMode, words: &'static str) -> impl IntoView {
    view! {
        <label class="choice__option">
            <input
                type="radio"
                name="open-mode"
                prop:checked=move || app.open_mode.get() == mode
                on:change=move |_| actions::set_open_mode(app, mode)
            />
            {words}
        </label>
    }
}

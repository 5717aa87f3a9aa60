//! What went wrong, why, and the way on. Calm: the page under it stays as it was.

use leptos::prelude::*;

use crate::protocol::{Failure, FailureCode};

use super::actions;
use super::parts::{Glyph, Icon};
use super::portion;
use super::state::{AppState, use_app};

/// The panel of the last import, or of the engine.
#[component]
pub fn FailurePanel() -> impl IntoView {
    let app = use_app();
    move || app.failure.get().map(|failure| panel(app, failure)).into_any()
}

fn panel(app: AppState, failure: Failure) -> AnyView {
    let crashed = failure.code == FailureCode::Crashed;
    let can_reopen = app.opened.with_value(|opened| !opened.sources.is_empty());
    let way_on = move || {
        let words = if can_reopen { "Restart and reopen the files" } else { "Restart" };
        view! {
            <button class="button button--primary" type="button" on:click=move |_| actions::reopen(app)>
                {words}
            </button>
        }
    };
    let is_part = matches!(failure.code, FailureCode::MoreThanFits | FailureCode::NothingRead) && portion::was_offered(app);
    let part = move || {
        view! {
            <button class="button button--primary" type="button" on:click=move |_| portion::offer_again(app)>
                "Load a part…"
            </button>
        }
    };
    view! {
        <FailureNote failure>
            {is_part.then(part)}
            {crashed.then(way_on)}
            <button class="button" type="button" on:click=move |_| actions::dismiss_failure(app)>
                "Close"
            </button>
        </FailureNote>
    }
    .into_any()
}

/// A failure in words, with its details to look at and to copy, and whatever buttons lead on.
#[component]
pub fn FailureNote(
    /// What went wrong.
    failure: Failure,
    /// Buttons that lead on.
    children: Children,
) -> impl IntoView {
    let app = use_app();
    let Failure { code, headline, detail, remedy } = failure;
    let whole = format!("{headline}\n{detail}\n{remedy}\n({code:?}, Spanwise {})", env!("CARGO_PKG_VERSION"));
    let has_detail = !detail.is_empty();
    view! {
        <section class="failure" role="alert" data-testid="failure">
            <Icon glyph=Glyph::Error />
            <div class="failure__words">
                <h2 class="failure__headline">{headline}</h2>
                {(!remedy.is_empty()).then(|| view! { <p class="failure__remedy">{remedy}</p> })}
                {has_detail
                    .then(|| {
                        view! {
                            <details class="failure__details">
                                <summary>"Details"</summary>
                                <pre class="failure__detail" tabindex="0">{detail}</pre>
                            </details>
                        }
                    })}
            </div>
            <div class="failure__actions">
                {children()}
                <button class="button button--quiet" type="button" on:click=move |_| actions::copy_text(app, "Details", &whole)>
                    <Icon glyph=Glyph::Copy />
                    "Copy details"
                </button>
            </div>
        </section>
    }
    .into_any()
}

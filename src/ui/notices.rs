//! What the page says in passing: on the screen for a few seconds, and to screen readers.

use std::time::Duration;

use crate::ui::reactive::show;
use leptos::prelude::*;

use super::state::{Manner, Notice, use_app};

/// How long a notice stays: enough to read two lines twice.
const STAY: Duration = Duration::from_secs(5);

/// The place where notices appear. It is always there, since screen readers hear only what changes in a place they know.
#[component]
pub fn Notices() -> impl IntoView {
    let app = use_app();
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(Some(timer)) = before {
            timer.clear();
        }
        let number = app.notice.with(|notice| notice.as_ref().map(|notice| notice.number))?;
        let leave = move || {
            if app.notice.with_untracked(|notice| notice.as_ref().is_some_and(|notice| notice.number == number)) {
                app.notice.set(None);
            }
        };
        set_timeout_with_handle(leave, STAY).ok()
    });
    view! {
        <div class="notices" role="status" aria-live="polite">
            {show(move || app.notice.get().map(note))}
        </div>
    }
    .into_any()
}

fn note(notice: Notice) -> impl IntoView {
    let class = match notice.manner {
        Manner::Quiet => "visually-hidden",
        Manner::Shown => "notices__note",
    };
    view! { <p class=class>{notice.text}</p> }
}

//! The import report: what was read, what was odd about it, and what to do about that.

use leptos::prelude::*;

use super::state::use_app;

/// The page.
#[component]
pub fn ReportPage() -> impl IntoView {
    let _app = use_app();
    view! { <div class="report"></div> }.into_any()
}

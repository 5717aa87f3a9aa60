//! One trace.

use leptos::prelude::*;

/// The page.
#[component]
pub fn TracePage() -> impl IntoView {
    view! { <div class="trace fill"></div> }.into_any()
}

//! The trace list.

use leptos::prelude::*;

/// The page.
#[component]
pub fn TracesPage() -> impl IntoView {
    view! { <div class="traces fill"></div> }.into_any()
}

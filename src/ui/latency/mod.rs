//! The page of the latency.

use leptos::prelude::*;

/// The page.
#[component]
pub fn LatencyPage() -> impl IntoView {
    view! { <h1>"Latency"</h1> }.into_any()
}

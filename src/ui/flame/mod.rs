//! The page of the flame graph.

use leptos::prelude::*;

/// The page.
#[component]
pub fn FlamePage() -> impl IntoView {
    view! { <h1>"Flame graph"</h1> }.into_any()
}

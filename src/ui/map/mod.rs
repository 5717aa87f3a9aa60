//! The page of the service map.

use leptos::prelude::*;

/// The page.
#[component]
pub fn MapPage() -> impl IntoView {
    view! { <h1>"Service map"</h1> }.into_any()
}

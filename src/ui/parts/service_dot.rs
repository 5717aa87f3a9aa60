//! A service as a dot in its color.

use leptos::prelude::*;

/// The dot. The service's name stands beside it, or in its tooltip.
#[component]
pub fn ServiceDot(
    /// The color, as a reference to its token.
    color: &'static str,
    /// The name, where none stands beside it.
    #[prop(optional, into)]
    name: Option<String>,
) -> impl IntoView {
    match name {
        Some(name) => {
            view! { <span class="service-dot" style:--service=color role="img" aria-label=name.clone() title=name></span> }
                .into_any()
        }
        None => view! { <span class="service-dot" style:--service=color aria-hidden="true"></span> }.into_any(),
    }
}

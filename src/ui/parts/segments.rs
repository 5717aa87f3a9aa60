//! A choice of one among few, as buttons in one frame.

use leptos::prelude::*;

/// The choice. The buttons say by `aria-pressed` which one it is.
#[component]
pub fn Segments<T: Copy + PartialEq + Send + Sync + 'static>(
    /// What is chosen.
    label: &'static str,
    /// What there is, in words.
    options: Vec<(T, &'static str)>,
    /// Which one it is.
    current: Signal<T>,
    /// Called when the reader wants another.
    on_choose: Callback<T>,
) -> impl IntoView {
    let buttons = options.into_iter().map(|(value, words)| {
        let pressed = move || if current.get() == value { "true" } else { "false" };
        view! {
            <button class="segments__option" type="button" aria-pressed=pressed on:click=move |_| on_choose.run(value)>
                {words}
            </button>
        }
    });
    view! {
        <div class="segments" role="group" aria-label=label>
            {buttons.collect_view()}
        </div>
    }
    .into_any()
}

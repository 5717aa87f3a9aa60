//! Wasm only: the page, in Leptos.

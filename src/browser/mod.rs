//! Wasm only: the browser, without decisions.

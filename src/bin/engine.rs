//! Starts the worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    // False only where this is not a worker, and then there is nobody to tell.
    spanwise::browser::worker::serve(spanwise::engine::Engine::default());
}

/// Natively there is no worker; the engine is used as a library.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
